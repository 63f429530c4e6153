// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Finds the ESP header of each frame (rules P1 to P6 of docs/architecture.md) and gives one descriptor per frame, in order.
 *
 * It watches a stream that it never stalls: Ethernet II, up to two VLAN tags, IPv4 with options or IPv6 with extension headers, UDP port 4500.
 * After the 14-octet Ethernet header every header is a multiple of four octets long, so headers are addressed in words:
 *
 *   word w    = octets 4w+2 .. 4w+5 of the frame        (the IP header starts at octet 14 + 4*tags = word 3 + tags)
 *   quad q    = words 4q .. 4q+3  = octets 16q+2 .. 16q+17  (complete when beat q + 1 is in)
 *
 * The first 8 quads of a frame are kept in a ring of SLOTS frames. A walker reads five words at any position per cycle and takes one
 * header per cycle (the IPv6 header in two), as soon as its quad is complete. A frame that is all in never takes more cycles than it has beats:
 * a header whose successor is of no use ends the walk, and so does one whose successor is an ESP header without room for an IV.
 *
 * Latency: descriptor 2 cycles after the last header is taken; 5 cycles after the first beat for IPv4 without options or tags, 12 at the most (but
 * never before the octets are in). Throughput: one beat per cycle, any frame size from one beat up.
 * Bad input: anything that is not a whole ESP header inside both frame and IP packet gives m_esp = 0. Packets that end behind octet 16,351
 * by their IP header give m_ip_end = all ones (which is longer than any frame).
 */
module esp_parser #(
    // log2 of the number of frames between their first beat and their descriptor
    parameter SLOTS_LOG2 = 3,
    // width of an octet offset in a frame
    parameter OFFSET_WIDTH = 14
) (
    input  wire                    clk,
    input  wire                    rst,

    /*
     * Frames, watched: a beat passes when s_valid is set
     */
    input  wire                    s_valid,
    input  wire [127:0]            s_data,
    input  wire [4:0]              s_octets,
    input  wire                    s_last,
    // no slot for another frame: do not begin one (at least one free slot is kept in reserve)
    output wire                    full,

    /*
     * Descriptors: one per frame, a pulse
     */
    output reg                     m_valid,
    // 1: an ESP header was found; 0: the other fields mean nothing
    output reg                     m_esp,
    output reg                     m_ipv6,
    // UDP-encapsulated
    output reg                     m_udp,
    output reg  [31:0]             m_spi,
    output reg  [31:0]             m_seq,
    output reg  [63:0]             m_iv,
    output reg  [127:0]            m_src,
    output reg  [127:0]            m_dst,
    // octet offset of the SPI
    output reg  [6:0]              m_esp_offset,
    // octet offset of the end of the IP packet
    output reg  [OFFSET_WIDTH-1:0] m_ip_end
);

localparam SLOTS = 2**SLOTS_LOG2;
// the beat counter of a frame saturates: a packet must end before its last value
localparam [16:0] MAX_IP_END = 2**OFFSET_WIDTH - 33;

localparam [7:0]
    PROTO_HOP_BY_HOP = 8'd0,
    PROTO_UDP = 8'd17,
    PROTO_ROUTING = 8'd43,
    PROTO_ESP = 8'd50,
    PROTO_DESTINATION = 8'd60;

localparam [15:0]
    ETHERTYPE_IPV4 = 16'h0800,
    ETHERTYPE_IPV6 = 16'h86dd,
    TPID_8021Q = 16'h8100,
    TPID_8021AD = 16'h88a8,
    UDP_PORT_ESP = 16'd4500;

localparam [2:0] MAX_EXTENSION_HEADERS = 3'd4;
// the last word at which an ESP header may begin, so that its IV ends within the captured octets
localparam [9:0] LAST_POSITION = 10'd27;

/*
 * Capture: quads, length and network layer of each frame
 */

wire [127:0] block;

octet_reverse octet_reverse_inst (
    .s_data(s_data),
    .m_data(block)
);

// beat of the frame, saturating behind the captured ones
reg [3:0] beat_reg;
reg [SLOTS_LOG2-1:0] write_slot_reg;
// octets 2..15 of the beat before
reg [111:0] tail_reg;
// the quad after the last beat is written in the cycle after it
reg flush_reg;
reg [2:0] flush_quad_reg;
reg flush_store_reg;
reg [SLOTS_LOG2-1:0] flush_slot_reg;
reg [7:0] flush_octets_reg;
// the EtherType behind 0, 1 and 2 tags
reg [15:0] ethertype_0_reg;

// quads 0, 2, 4, 6 and 1, 3, 5, 7 of each slot: two quads in a row are one read of each
reg [127:0] even_mem [0:SLOTS*4-1];
reg [127:0] odd_mem [0:SLOTS*4-1];
// octets of the frame that can be read, saturating at 255
reg [7:0] octets_mem [0:SLOTS-1];
// {ipv6, ipv4, number of tags}
reg [3:0] network_mem [0:SLOTS-1];
reg [SLOTS-1:0] ended_reg;
// octets_mem belongs to the frame that is in the slot now
reg [SLOTS-1:0] readable_reg;

wire is_tag_0 = ethertype_0_reg == TPID_8021Q || ethertype_0_reg == TPID_8021AD;
wire [15:0] ethertype_1 = block[127:112];
wire is_tag_1 = is_tag_0 && (ethertype_1 == TPID_8021Q || ethertype_1 == TPID_8021AD);
wire [15:0] ethertype_2 = block[95:80];
wire [15:0] ethertype = is_tag_1 ? ethertype_2 : is_tag_0 ? ethertype_1 : ethertype_0_reg;
wire [1:0] tags = is_tag_1 ? 2'd2 : is_tag_0 ? 2'd1 : 2'd0;

wire write_quad = flush_reg ? flush_store_reg : (s_valid && beat_reg != 0 && beat_reg <= 4'd8);
wire [SLOTS_LOG2-1:0] quad_slot = flush_reg ? flush_slot_reg : write_slot_reg;
wire [2:0] quad_index = flush_reg ? flush_quad_reg : beat_reg[2:0] - 3'd1;
wire [127:0] quad = {tail_reg, flush_reg ? 16'h0000 : block[127:112]};

// frames begun and not yet described
reg [SLOTS_LOG2:0] frames_reg;
wire begin_frame = s_valid && beat_reg == 0;

assign full = frames_reg >= SLOTS - 1;

always @(posedge clk) begin
    flush_reg <= 1'b0;
    if (write_quad) begin
        if (quad_index[0]) begin
            odd_mem[{quad_slot, quad_index[2:1]}] <= quad;
        end else begin
            even_mem[{quad_slot, quad_index[2:1]}] <= quad;
        end
        octets_mem[quad_slot] <= flush_reg ? flush_octets_reg : {1'b0, quad_index, 4'd0} + 8'd18;
    end else if (flush_reg) begin
        octets_mem[quad_slot] <= flush_octets_reg;
    end
    if (flush_reg) begin
        ended_reg[flush_slot_reg] <= 1'b1;
    end
    if (s_valid) begin
        tail_reg <= block[111:0];
        if (beat_reg == 4'd0) begin
            ethertype_0_reg <= block[31:16];
            network_mem[write_slot_reg] <= 4'd0;
            ended_reg[write_slot_reg] <= 1'b0;
            readable_reg[write_slot_reg] <= 1'b0;
        end
        if (beat_reg == 4'd1) begin
            network_mem[write_slot_reg] <= {ethertype == ETHERTYPE_IPV6, ethertype == ETHERTYPE_IPV4, tags};
            readable_reg[write_slot_reg] <= 1'b1;
        end
        if (s_last) begin
            beat_reg <= 4'd0;
            write_slot_reg <= write_slot_reg + 1'b1;
            flush_reg <= 1'b1;
            flush_store_reg <= beat_reg <= 4'd7;
            flush_quad_reg <= beat_reg[2:0];
            flush_slot_reg <= write_slot_reg;
            flush_octets_reg <= beat_reg >= 4'd9 ? 8'd255 : {beat_reg, 4'd0} + {3'd0, s_octets};
        end else if (beat_reg != 4'd9) begin
            beat_reg <= beat_reg + 4'd1;
        end
    end
    if (rst) begin
        beat_reg <= 4'd0;
        write_slot_reg <= 0;
        flush_reg <= 1'b0;
    end
end

/*
 * Walker: one header per cycle
 */

localparam [1:0]
    STATE_IP = 2'd0,
    STATE_IPV6_DESTINATION = 2'd1,
    STATE_NEXT = 2'd2;

reg [SLOTS_LOG2-1:0] read_slot_reg;
reg [1:0] state_reg;
// word offset of the header at hand
reg [5:0] position_reg;
reg [7:0] protocol_reg;
reg [2:0] extension_headers_reg;
reg ipv6_reg;
reg udp_reg;
reg [127:0] src_reg;
reg [127:0] dst_reg;
reg [16:0] ip_end_reg;

wire [3:0] network = network_mem[read_slot_reg];
wire ended = ended_reg[read_slot_reg];
wire [7:0] octets = (readable_reg[read_slot_reg] || ended) ? octets_mem[read_slot_reg] : 8'd0;

wire [5:0] position = state_reg == STATE_IP ? 6'd3 + {4'd0, network[1:0]} : position_reg;
wire [2:0] window_quad = position[4:2];
wire [1:0] window_even = window_quad[2:1] + {1'b0, window_quad[0]};
wire [127:0] even = even_mem[{read_slot_reg, window_even}];
wire [127:0] odd = odd_mem[{read_slot_reg, window_quad[2:1]}];
wire [127:0] quad_0 = window_quad[0] ? odd : even;
wire [127:0] quad_1 = window_quad[0] ? even : odd;

// five words from `position` on
reg [159:0] window;
always @* begin
    case (position[1:0])
        2'd0: window = {quad_0, quad_1[127:96]};
        2'd1: window = {quad_0[95:0], quad_1[127:64]};
        2'd2: window = {quad_0[63:0], quad_1[127:32]};
        default: window = {quad_0[31:0], quad_1};
    endcase
end

// octet offset of the header at hand, and where words and headers from there end
wire [8:0] offset = {1'b0, position, 2'b10};
wire [8:0] end_of_1 = offset + 9'd4;
wire [8:0] end_of_2 = offset + 9'd8;
wire [8:0] end_of_3 = offset + 9'd12;
wire [8:0] end_of_4 = offset + 9'd16;
wire [8:0] end_of_5 = offset + 9'd20;
wire [8:0] end_of_6 = offset + 9'd24;

wire is_extension = protocol_reg == PROTO_HOP_BY_HOP || protocol_reg == PROTO_ROUTING || protocol_reg == PROTO_DESTINATION;

// octets that must be in before the header at hand can be taken
reg [8:0] needed;
always @* begin
    case (state_reg)
        STATE_NEXT: needed = protocol_reg == PROTO_ESP ? end_of_4 : protocol_reg == PROTO_UDP ? end_of_3 : is_extension ? end_of_1 : 9'd0;
        STATE_IPV6_DESTINATION: needed = end_of_5;
        default: needed = end_of_5;
    endcase
end

wire present = {1'b0, octets} >= needed;
wire work = frames_reg != 0 && (present || ended);

wire [3:0] ip_version = window[159:156];
wire [3:0] ihl = window[155:152];
wire [15:0] ipv4_length = window[143:128];
wire ipv4_fragment = window[109] || window[108:96] != 0;
wire [7:0] ipv4_protocol = window[87:80];
wire [15:0] ipv6_length = window[127:112];
wire [7:0] ipv6_next_header = window[111:104];

wire ipv4_ok = network[2] && ip_version == 4'd4 && ihl >= 4'd5 && ipv4_length >= {10'd0, ihl, 2'b00} && !ipv4_fragment;
wire ipv6_ok = network[3] && ip_version == 4'd6 && ipv6_length != 0;

wire [9:0] extension_end = {4'd0, position} + {1'b0, window[151:144], 1'b0} + 10'd2;
wire [16:0] udp_length = {1'b0, window[127:112]};
// the next header decides: the walk may end with this one
wire [7:0] extension_next = window[159:152];
wire next_is_extension = extension_next == PROTO_HOP_BY_HOP || extension_next == PROTO_ROUTING || extension_next == PROTO_DESTINATION;
wire next_is_known = extension_next == PROTO_ESP || extension_next == PROTO_UDP || next_is_extension;
wire no_extension_more = extension_headers_reg == MAX_EXTENSION_HEADERS - 3'd1;

// behind this header of 8 octets there is an ESP header, but its IV is cut off: SPI and sequence number are in the window
wire cut_off = ended && {1'b0, octets} < end_of_6;
wire cut_off_esp_ok = {1'b0, octets} >= end_of_4 && ip_end_reg >= {8'd0, end_of_4};
wire udp_ok = (window[159:144] == UDP_PORT_ESP || window[143:128] == UDP_PORT_ESP)
    && udp_length == ip_end_reg - {8'd0, offset} && udp_length >= 17'd16 && window[95:64] != 32'd0
    && position + 6'd2 <= LAST_POSITION[5:0];
// a short frame may end within the IV: it is ESP all the same (and a syntax error)
wire esp_ok = {1'b0, octets} >= end_of_2 && ip_end_reg >= {8'd0, end_of_2};

reg finish;
reg finish_esp;
// the ESP header is the one behind this one
reg behind;

always @* begin
    finish = 1'b0;
    finish_esp = 1'b0;
    behind = 1'b0;
    if (work) begin
        case (state_reg)
            STATE_IP: finish = !present || !(ipv4_ok || ipv6_ok);
            STATE_IPV6_DESTINATION: finish = !present;
            default: begin
                if (protocol_reg == PROTO_ESP) begin
                    finish = 1'b1;
                    finish_esp = esp_ok;
                end else if (protocol_reg == PROTO_UDP) begin
                    finish = !present || !udp_ok || cut_off;
                    finish_esp = present && udp_ok && cut_off_esp_ok;
                    behind = 1'b1;
                end else if (is_extension && ipv6_reg) begin
                    finish = !present || extension_end > LAST_POSITION || !next_is_known || (next_is_extension && no_extension_more)
                        || (cut_off && extension_next == PROTO_ESP && window[151:144] == 8'd0);
                    finish_esp = present && extension_end <= LAST_POSITION && extension_next == PROTO_ESP && cut_off_esp_ok;
                    behind = 1'b1;
                end else begin
                    finish = 1'b1;
                end
            end
        endcase
    end
end

always @(posedge clk) begin
    m_valid <= finish;
    if (finish) begin
        m_esp <= finish_esp;
        m_ipv6 <= ipv6_reg;
        m_udp <= udp_reg || (behind && protocol_reg == PROTO_UDP);
        m_src <= src_reg;
        m_dst <= dst_reg;
        m_spi <= behind ? window[95:64] : window[159:128];
        m_seq <= behind ? window[63:32] : window[127:96];
        m_iv <= window[95:32];
        m_esp_offset <= behind ? end_of_2[6:0] : offset[6:0];
        m_ip_end <= ip_end_reg > MAX_IP_END ? {OFFSET_WIDTH{1'b1}} : ip_end_reg[OFFSET_WIDTH-1:0];
        state_reg <= STATE_IP;
        read_slot_reg <= read_slot_reg + 1'b1;
    end else if (work) begin
        case (state_reg)
            STATE_IP: begin
                ipv6_reg <= network[3];
                udp_reg <= 1'b0;
                extension_headers_reg <= 3'd0;
                if (network[3]) begin
                    ip_end_reg <= {8'd0, offset} + 17'd40 + {1'b0, ipv6_length};
                    protocol_reg <= ipv6_next_header;
                    src_reg[127:32] <= window[95:0];
                    position_reg <= position + 6'd5;
                    state_reg <= STATE_IPV6_DESTINATION;
                end else begin
                    ip_end_reg <= {8'd0, offset} + {1'b0, ipv4_length};
                    protocol_reg <= ipv4_protocol;
                    src_reg <= {window[63:32], 96'd0};
                    dst_reg <= {window[31:0], 96'd0};
                    position_reg <= position + {2'd0, ihl};
                    state_reg <= STATE_NEXT;
                end
            end
            STATE_IPV6_DESTINATION: begin
                src_reg[31:0] <= window[159:128];
                dst_reg <= window[127:0];
                position_reg <= position + 6'd5;
                state_reg <= STATE_NEXT;
            end
            default: begin
                if (protocol_reg == PROTO_UDP) begin
                    udp_reg <= 1'b1;
                    protocol_reg <= PROTO_ESP;
                    position_reg <= position + 6'd2;
                end else begin
                    extension_headers_reg <= extension_headers_reg + 3'd1;
                    protocol_reg <= extension_next;
                    position_reg <= extension_end[5:0];
                end
            end
        endcase
    end

    if (begin_frame && !finish) begin
        frames_reg <= frames_reg + 1'b1;
    end else if (!begin_frame && finish) begin
        frames_reg <= frames_reg - 1'b1;
    end

    if (rst) begin
        m_valid <= 1'b0;
        state_reg <= STATE_IP;
        read_slot_reg <= 0;
        frames_reg <= 0;
    end
end

endmodule

`resetall
