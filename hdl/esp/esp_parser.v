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
 * Three steps:
 *
 *   capture   keeps the first 8 quads of a frame, and beside them what each header says of its successor: kind and position
 *   walk      takes one header per cycle (the IPv6 header in two), as soon as its quad is complete. It looks at kinds, positions and
 *             the number of words that are in, and at nothing else of the frame, and gives the five words at hand to
 *   judge     which checks lengths, versions and ports, collects the fields and says at the end of the walk whether all was right
 *
 * The walk does not know the verdict: behind a header that is wrong it goes on to the end as if the header were right. A frame that is all in never
 * takes more cycles than it has beats: a header whose successor is of no use ends the walk, and so does one whose successor is an ESP header
 * without room for an IV.
 *
 * Latency: descriptor 2 cycles after the last header is taken; 5 cycles after the first beat for IPv4 without options or tags, 12 at the most (but
 * never before the octets are in). EXTRA_REGISTERS = 1: three cycles more, one in front of the capture and two between walk and judge.
 * Throughput: one beat per cycle, any frame size from one beat up.
 * Bad input: anything that is not a whole ESP header inside both frame and IP packet gives m_esp = 0. Packets that end behind octet 16,351
 * by their IP header give m_ip_end = all ones (which is longer than any frame).
 */
module esp_parser #(
    // width of an octet offset in a frame
    parameter OFFSET_WIDTH = 14,
    // 1: a register for the beats, and two between walk and judge
    parameter EXTRA_REGISTERS = 0
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
    // no room for another frame: do not begin one
    output reg                     full,

    /*
     * Descriptors: one per frame, a pulse; the other fields are valid with it only
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

// the last word at which an ESP header may begin, so that its IV ends within the captured octets
localparam [4:0] LAST_POSITION = 5'd27;

// kinds of a header behind the IP header, one bit for each; none of them: the walk ends there
localparam [2:0]
    KIND_NONE = 3'b000,
    KIND_EXTENSION = 3'b001,
    KIND_UDP = 3'b010,
    KIND_ESP = 3'b100;

function [2:0] kind_of;
    input [7:0] protocol;
    begin
        // a case would become a reset of registers
        kind_of = ({3{protocol == PROTO_ESP}} & KIND_ESP) | ({3{protocol == PROTO_UDP}} & KIND_UDP)
            | ({3{protocol == PROTO_HOP_BY_HOP || protocol == PROTO_ROUTING || protocol == PROTO_DESTINATION}} & KIND_EXTENSION);
    end
endfunction

// words that the walk needs of a header, and two; of an IPv6 header it needs both halves
localparam [5:0] NEEDED_IP = 6'd7;

function [5:0] needed_of;
    input [2:0] kind;
    begin
        // 3, 5, 6
        needed_of = {3'd0, kind[1] || kind[2], kind[0] || kind[2], kind[0] || kind[1]};
    end
endfunction

/*
 * The beat at hand
 */
wire beat_valid;
wire [127:0] beat_data;
/* verilator lint_off UNUSEDSIGNAL */ // an odd octet completes no word
wire [4:0] beat_octets;
/* verilator lint_on UNUSEDSIGNAL */
wire beat_last;

generate
    if (EXTRA_REGISTERS != 0) begin : beat_later
        reg valid_reg;
        reg [133:0] beat_reg;

        always @(posedge clk) begin
            valid_reg <= s_valid && !rst;
            beat_reg <= {s_data, s_octets, s_last};
        end

        assign beat_valid = valid_reg;
        assign {beat_data, beat_octets, beat_last} = beat_reg;
    end else begin : beat_now
        assign beat_valid = s_valid;
        assign {beat_data, beat_octets, beat_last} = {s_data, s_octets, s_last};
    end
endgenerate

/*
 * Capture
 *
 * A frame has a slot of 16; only frames of three beats or more, which may hold an IP header, have one of 4 slots for their quads.
 */

wire [127:0] block;

octet_reverse octet_reverse_inst (
    .s_data(beat_data),
    .m_data(block)
);

// a beat of the frame was there, but not the last one
reg in_frame_reg;
// quad that the next beat of the frame completes, saturating behind the captured ones, and one more
reg [3:0] quad_reg;
reg [3:0] after_quad_reg;
// half of it once more, for the many memories
(* keep *) reg [1:0] pair_reg;
reg [3:0] write_slot_reg;
reg [1:0] write_quads_reg;
// octets 2..15 of the beat before
reg [111:0] tail_reg;
// the quad after the last beat is written in the cycle after it
reg flush_reg;
// words of it that are in, and two
reg [2:0] flush_words_reg;

// quads 0, 2, 4, 6 and 1, 3, 5, 7 of each slot: two quads in a row are one read of each
reg [127:0] even_mem [0:15];
reg [127:0] odd_mem [0:15];
// quads 3, 4, 5, 6 of each slot, for the two words of each that may be the first one of an extension header: what follows on the header, see `link`
wire [25:0] links;
reg [25:0] links_mem [0:15];
// {VLAN tags, the frame has a slot for its quads, words of the frame that can be read and two}, when the frame is all in; no words without a slot
reg [8:0] words_mem [0:15];
// {ipv6, kind of the header behind the IP header, none, its end and position or those of the second half of an IPv6 header}
reg [15:0] first_mem [0:15];

wire begin_frame = beat_valid && !in_frame_reg;
wire is_beat_1 = beat_valid && in_frame_reg && quad_reg == 4'd0;

wire write_quad = !quad_reg[3] && (flush_reg || (beat_valid && in_frame_reg));
wire [127:0] quad = {tail_reg, flush_reg ? 16'h0000 : block[127:112]};
wire write_links = write_quad && (quad_reg[2] ? quad_reg[1:0] != 2'd3 : quad_reg[1:0] == 2'd3);

// of the frame that is in write_slot_reg, with this cycle
wire [3:0] live_quads = (flush_reg ? flush_words_reg[2] : beat_valid) ? after_quad_reg : quad_reg;
wire live_captured = (flush_reg || in_frame_reg) && (quad_reg[3:1] != 3'd0 || (quad_reg[0] && beat_valid && !flush_reg));
wire [5:0] live_words = live_captured ? {live_quads, flush_reg ? flush_words_reg[1:0] : 2'd2} : 6'd0;

// VLAN tags of the frame, from the cycle after beat 1 on
reg [1:0] tags_reg;
// Extension headers are of an even number of words, so all of a frame begin at odd words, or all at even ones: behind one tag
wire odd_words = !tags_reg[0];

/*
 * What follows on an extension header: {the next header is ESP and behind the second word, its kind, half its position, half its end};
 * KIND_NONE if it is too deep, too
 */
genvar lane;
generate
    for (lane = 0; lane < 2; lane = lane + 1) begin : link
        // octets 0 and 1 of the header, if it begins in the first or second half of what comes into tail_reg
        wire [15:0] octets = odd_words ? block[79-64*lane -: 16] : block[111-64*lane -: 16];
        reg [2:0] kind_reg;
        reg [7:0] eights_reg;
        // half the position of what is behind the two words that every header has (quad_reg is 3 to 6), and of the next header
        wire [3:0] half = lane == 0 ? {quad_reg[2:0], 1'b1} : {after_quad_reg[2:0], 1'b0};
        wire [3:0] half_next = half + {1'b0, eights_reg[2:0]};
        // the length with which it would be behind LAST_POSITION
        wire [2:0] much = {quad_reg[1] ~^ quad_reg[0], quad_reg[0], lane == 0};
        wire too_deep = eights_reg[7:3] != 5'd0 || eights_reg[2:0] >= much;
        wire [2:0] kind = too_deep ? KIND_NONE : kind_reg;
        // half of {an odd position, what is needed of the next header, and two}
        wire [1:0] needed = kind_reg[2] ? 2'd3 : {kind_reg[1] || odd_words, kind_reg[1] ~^ odd_words};
        wire [4:0] half_end = {1'b0, half} + {2'd0, eights_reg[2:0]} + {3'd0, needed};

        assign links[13*lane +: 13] = {kind[2] && eights_reg == 8'd0, kind, half_next, half_end};

        always @(posedge clk) begin
            if (beat_valid) begin
                kind_reg <= kind_of(octets[15:8]);
                eights_reg <= octets[7:0];
            end
        end
    end
endgenerate

/*
 * What the Ethernet header says, with beat 1, and what the IP header says, one cycle later
 */

function is_tag;
    input [15:0] ethertype;
    begin
        is_tag = ethertype == TPID_8021Q || ethertype == TPID_8021AD;
    end
endfunction

// {ipv6, ipv4}
function [1:0] ip_of;
    input [15:0] ethertype;
    begin
        ip_of = {ethertype == ETHERTYPE_IPV6, ethertype == ETHERTYPE_IPV4};
    end
endfunction

// of the EtherType behind no tag
reg is_tag_0_reg;
reg [1:0] ip_0_reg;
wire is_tag_1 = is_tag_0_reg && is_tag(block[127:112]);
wire [1:0] tags = {is_tag_1, is_tag_0_reg && !is_tag_1};
wire [1:0] ip = is_tag_1 ? ip_of(block[95:80]) : is_tag_0_reg ? ip_of(block[127:112]) : ip_0_reg;

// beat 1 was in the cycle before
reg is_beat_2_reg;
reg ipv6_reg;
reg ipv4_reg;
// of an IP header behind no tag, then behind 0 or 1; and behind 2
reg [3:0] ihl_reg;
reg [2:0] ipv4_kind_reg;
reg [2:0] ipv6_kind_reg;
reg [2:0] ipv4_kind_2_reg;
reg [2:0] ipv6_kind_2_reg;

wire [3:0] ihl = tags_reg[1] ? tail_reg[75:72] : ihl_reg;
wire [2:0] ip_kind = ipv6_reg ? (tags_reg[1] ? ipv6_kind_2_reg : ipv6_kind_reg) : (tags_reg[1] ? ipv4_kind_2_reg : ipv4_kind_reg) & ~KIND_EXTENSION;
wire [2:0] first_kind = ip_kind & {3{ipv6_reg || ipv4_reg}};
wire [4:0] first_position = {3'd0, tags_reg} + {1'b0, ipv6_reg ? 4'd5 : ihl} + 5'd3;
wire [5:0] first_end = {4'd0, tags_reg} + {2'd0, ipv6_reg ? 4'd5 : ihl} + 6'd3 + (ipv6_reg ? NEEDED_IP : needed_of(ip_kind));

always @(posedge clk) begin
    flush_reg <= 1'b0;
    is_beat_2_reg <= is_beat_1;
    if (write_quad) begin
        if (quad_reg[0]) begin
            odd_mem[{write_quads_reg, pair_reg}] <= quad;
        end else begin
            even_mem[{write_quads_reg, pair_reg}] <= quad;
        end
    end
    if (write_links) begin
        links_mem[{write_quads_reg, quad_reg[1:0]}] <= links;
    end
    if (flush_reg) begin
        words_mem[write_slot_reg] <= {tags_reg, live_captured, live_words};
        write_slot_reg <= write_slot_reg + 1'b1;
        write_quads_reg <= write_quads_reg + {1'b0, live_captured};
    end
    if (is_beat_1) begin
        tags_reg <= tags;
        {ipv6_reg, ipv4_reg} <= ip;
        ihl_reg <= is_tag_0_reg ? block[107:104] : ihl_reg;
        ipv4_kind_reg <= kind_of(is_tag_0_reg ? block[39:32] : block[71:64]);
        ipv6_kind_reg <= kind_of(is_tag_0_reg ? block[63:56] : block[95:88]);
        ipv4_kind_2_reg <= kind_of(block[7:0]);
        ipv6_kind_2_reg <= kind_of(block[31:24]);
    end
    if (is_beat_2_reg) begin
        first_mem[write_slot_reg] <= {ipv6_reg, first_kind, first_kind == KIND_NONE, first_end, first_position};
    end
    if (beat_valid) begin
        tail_reg <= block[111:0];
        in_frame_reg <= !beat_last;
        flush_reg <= beat_last;
        flush_words_reg <= beat_octets[4] ? 3'd5 : {1'b0, beat_octets[3:2]} + {2'd0, beat_octets[1]} + 3'd1;
        if (begin_frame) begin
            is_tag_0_reg <= is_tag(block[31:16]);
            ip_0_reg <= ip_of(block[31:16]);
            ihl_reg <= block[11:8];
            quad_reg <= 4'd0;
            after_quad_reg <= 4'd1;
            pair_reg <= 2'd0;
        end else if (!quad_reg[3]) begin
            quad_reg <= after_quad_reg;
            pair_reg <= after_quad_reg[2:1];
            after_quad_reg <= after_quad_reg + 4'd1;
        end
    end
    if (rst) begin
        tags_reg <= 2'd0;
        in_frame_reg <= 1'b0;
        flush_reg <= 1'b0;
        is_beat_2_reg <= 1'b0;
        write_slot_reg <= 4'd0;
        write_quads_reg <= 2'd0;
    end
end

/*
 * Walk: one header per cycle
 */

// one bit for each
localparam [5:0]
    STATE_IP = 6'd1,
    STATE_IPV6_DESTINATION = 6'd2,
    STATE_NONE = 6'd4,
    STATE_EXTENSION = 6'd8,
    STATE_UDP = 6'd16,
    STATE_ESP = 6'd32;

reg [5:0] state_reg;
wire is_ip = (state_reg & STATE_IP) != 6'd0;
wire is_ipv6_destination = (state_reg & STATE_IPV6_DESTINATION) != 6'd0;
wire is_none = (state_reg & STATE_NONE) != 6'd0;
wire is_extension = (state_reg & STATE_EXTENSION) != 6'd0;
wire is_udp = (state_reg & STATE_UDP) != 6'd0;
wire is_esp = (state_reg & STATE_ESP) != 6'd0;

reg [3:0] read_slot_reg;
reg [3:0] next_slot_reg;
reg [1:0] read_quads_reg;
// word at which the header at hand begins; 8 words more are {far_reg, position_reg[2:0]}
reg [4:0] position_reg;
reg [2:0] far_reg;
// the end of what is needed of it, and two
reg [5:0] end_reg;
// extension headers taken, 4 at the most
reg [2:0] extension_headers_reg;
// frames that are all in, less those the walk is through with: -1 if it is through with the one in write_slot_reg
reg signed [4:0] backlog_reg;
// of the frame in read_slot_reg: all in; words_mem
reg ended_reg;
reg captured_reg;
reg [5:0] words_reg;

wire [15:0] first = first_mem[read_slot_reg];
wire first_ipv6 = first[15];
wire [2:0] first_kind_read = first[14:12];
wire first_none = first[11];
wire [5:0] first_end_read = first[10:5];
wire [4:0] first_position_read = first[4:0];
wire [25:0] quad_links = links_mem[{read_quads_reg, position_reg[3:2]}];
wire [12:0] link_read = position_reg[1] ? quad_links[25:13] : quad_links[12:0];
wire [2:0] link_kind = link_read[11:9];

// comparisons, by their sign: carry chains
/* verilator lint_off UNUSEDSIGNAL */ // the low bits of a difference are not looked at
wire [6:0] ahead = {1'b0, words_reg} - {2'd0, position_reg};
wire [6:0] beyond_end = {1'b0, words_reg} - {1'b0, end_reg};
wire [6:0] beyond_far = {1'b0, words_reg} - {1'b0, far_reg, position_reg[2:0]};
/* verilator lint_on UNUSEDSIGNAL */
// the words of the header that are needed are in; seven words of it or behind it are; four; two
wire present = !beyond_end[6];
wire ahead_7 = !beyond_far[6];
wire ahead_4 = !ahead[6] && (ahead[5:3] != 3'd0 || ahead[2:1] == 2'd3);
wire ahead_2 = !ahead[6] && ahead[5:2] != 4'd0;

wire too_many_extension_headers = is_extension && extension_headers_reg[2];
// the ESP header would begin behind LAST_POSITION, which is odd, and no header does
(* keep *) wire at_last = position_reg[4:1] == LAST_POSITION[4:1];
wire udp_too_deep = is_udp && at_last;

// at the end of the walk there is an ESP header, if all headers are right; a short frame may end within the IV: it is ESP all the same (and a
// syntax error)
wire found = (is_extension && ahead_4 && link_read[12] && !too_many_extension_headers) || (is_udp && ahead_4 && !udp_too_deep) || (is_esp && ahead_2);

// The frame is all in, and is not long enough. Behind an extension or UDP header there is no room for SPI, sequence number and IV, nor for
// another such header, SPI and sequence number; if it is of 8 octets and the next one is ESP, SPI and sequence number are in the window.
wire ip_cut_off = ended_reg && (is_ip || is_ipv6_destination);
wire other_cut_off = ended_reg && !is_ip && !is_ipv6_destination;

// What is kept here and below is on its own for the clock rate: Yosys would share logic and make the way to finish, and from it, longer
(* keep *) wire stop = is_none || too_many_extension_headers || udp_too_deep || (is_esp && ended_reg);
wire last = is_esp || (is_ip && first_none);
(* keep *) wire early = present ? last : ip_cut_off;
(* keep *) wire finish = stop || early || (other_cut_off && !ahead_7);
wire take = present || finish;

/*
 * The header with which the walk goes on: behind this one, in the next frame, or still this one
 */
wire [2:0] next_kind = is_extension ? link_kind : is_udp ? KIND_ESP : first_kind_read;
wire [5:0] next_state = is_ip && first_ipv6 ? STATE_IPV6_DESTINATION
    : ({6{next_kind[0]}} & STATE_EXTENSION) | ({6{next_kind[1]}} & STATE_UDP) | ({6{next_kind[2]}} & STATE_ESP)
    | ({6{next_kind == KIND_NONE}} & STATE_NONE);

wire [5:0] link_end = {link_read[4:0], link_kind[2] ~^ position_reg[0]};
wire [4:0] link_position = {link_read[8:5], position_reg[0]};
// ESP is 2 words behind UDP, and what is needed of it ends 6 words behind UDP (with the two of end_reg that is 8, as far_reg)
wire [3:0] behind_udp = position_reg[4:1] + 4'd1;
// the second half of an IPv6 header begins at word 8 to 10 by tags, and what is behind it at 13 to 15, whose end is at 16, 18 or 19 and tags
wire [1:0] behind_ipv6 = position_reg[1:0] + 2'd1;
(* keep *) wire [2:0] behind_ipv6_end = {1'b0, position_reg[1:0]} + {1'b0, first_kind_read[1] || first_kind_read[2], first_kind_read[2]};

// as a sum of products, in two halves: {end, far, position}
(* keep *) wire [13:0] short_place = ({14{is_extension}} & {link_end, {1'b0, link_position[4:3]} + 3'd1, link_position})
    | ({14{is_udp}} & {far_reg, position_reg[2:0], {1'b0, behind_udp[3:2]} + 3'd1, behind_udp, position_reg[0]});
(* keep *) wire [13:0] ip_place = ({14{is_ip}} & {first_end_read, {1'b0, first_position_read[4:3]} + 3'd1, first_position_read})
    | ({14{is_ipv6_destination}} & {3'b010, behind_ipv6_end, 3'd2, 3'b011, behind_ipv6});
// the next frame is all in; or it is the one that comes in
wire next_ended = backlog_reg > 1;
wire [8:0] next_words = words_mem[next_slot_reg];
(* keep *) wire [1:0] finish_tags = next_ended ? next_words[8:7] : tags_reg;
wire [13:0] finish_place = {{4'd0, finish_tags} + 6'd3 + NEEDED_IP, 3'd1, {3'd0, finish_tags} + 5'd3};
// a frame whose IP header is not in yet is the one that comes in
wire [13:0] stay_place = is_ip ? {{4'd0, tags_reg} + 6'd3 + NEEDED_IP, 3'd1, {3'd0, tags_reg} + 5'd3} : {end_reg, far_reg, position_reg};

// unless the walk is through with the frame
(* keep *) wire [5:0] go_state = present ? next_state : state_reg;
(* keep *) wire [13:0] go_place = present ? short_place | ip_place : stay_place;

// what is in of the next frame and, if it goes on, of this one, after this cycle
wire [7:0] live = {flush_reg, live_captured, live_words};
(* keep *) wire [7:0] finish_words = next_ended ? {1'b1, next_words[6:0]} : live & {8{backlog_reg == 1}};
(* keep *) wire [7:0] stay_words = backlog_reg == 0 ? live : {ended_reg, captured_reg, words_reg};
wire [4:0] finish_backlog = flush_reg ? backlog_reg : backlog_reg - 5'sd1;
wire [4:0] stay_backlog = flush_reg ? backlog_reg + 5'sd1 : backlog_reg;

// the walk was through with a frame that has a slot for its quads, in the cycle before
reg release_reg;
// such frames that are all in, less those; -1 as above
reg [2:0] held_reg;
wire hold = flush_reg && live_captured;

always @(posedge clk) begin
    // With the frame that is not all in and the three at the most on the way into backlog_reg there may be 16, and 4 that have a slot for
    // their quads, of which no more than one is on the way.
    full <= backlog_reg[4:3] == 2'b01 || held_reg == 3'd3 || held_reg == 3'd4;
    state_reg <= finish ? STATE_IP : go_state;
    {end_reg, far_reg, position_reg} <= finish ? finish_place : go_place;
    {ended_reg, captured_reg, words_reg} <= finish ? finish_words : stay_words;
    backlog_reg <= finish ? finish_backlog : stay_backlog;
    if (is_ip) begin
        extension_headers_reg <= 3'd0;
    end else if (is_extension && present) begin
        extension_headers_reg <= extension_headers_reg + 3'd1;
    end
    if (finish) begin
        read_slot_reg <= next_slot_reg;
        next_slot_reg <= next_slot_reg + 4'd1;
        read_quads_reg <= read_quads_reg + {1'b0, captured_reg};
    end
    release_reg <= finish && captured_reg;
    if (hold && !release_reg) begin
        held_reg <= held_reg + 3'd1;
    end else if (!hold && release_reg) begin
        held_reg <= held_reg - 3'd1;
    end
    if (rst) begin
        full <= 1'b0;
        state_reg <= STATE_IP;
        end_reg <= NEEDED_IP;
        read_slot_reg <= 4'd0;
        next_slot_reg <= 4'd1;
        read_quads_reg <= 2'd0;
        backlog_reg <= 5'sd0;
        {ended_reg, captured_reg, words_reg} <= 8'd0;
        release_reg <= 1'b0;
        held_reg <= 3'd0;
    end
end

/*
 * Judge: what the walk did, with EXTRA_REGISTERS two cycles later
 */

// {found, ipv6, what the header is, slot of the quads, quad after the first even one, position}
wire [1:0] even_quad = position_reg[4:3] + {1'b0, position_reg[2]};
wire [15:0] walked = {found, first_ipv6, is_ip, is_ipv6_destination, is_extension, is_udp, is_esp, read_quads_reg, even_quad, position_reg};
wire [15:0] seen;
wire [1:0] seen_quads = seen[8:7];
wire [4:0] seen_position = seen[4:0];

wire [127:0] even = even_mem[{seen_quads, seen[6:5]}];
wire [127:0] odd = odd_mem[{seen_quads, seen_position[4:3]}];
wire [127:0] quad_0 = seen_position[2] ? odd : even;
wire [127:0] quad_1 = seen_position[2] ? even : odd;
// five words from the position on
reg [159:0] seen_window;

always @* begin
    case (seen_position[1:0])
        2'd0: seen_window = {quad_0, quad_1[127:96]};
        2'd1: seen_window = {quad_0[95:0], quad_1[127:64]};
        2'd2: seen_window = {quad_0[63:0], quad_1[127:32]};
        default: seen_window = {quad_0[31:0], quad_1};
    endcase
end

wire judge_take;
wire judge_finish;
wire judge_found;
wire judge_ipv6;
wire judge_is_ip;
wire judge_is_ipv6_destination;
wire judge_is_extension;
wire judge_is_udp;
wire judge_is_esp;
wire [4:0] judge_position;
wire [159:0] window;

generate
    if (EXTRA_REGISTERS != 0) begin : judge_later
        reg [1:0] take_reg;
        reg [1:0] finish_reg;
        reg [15:0] seen_reg;
        reg [171:0] judge_reg;

        always @(posedge clk) begin
            take_reg <= rst ? 2'b00 : {take_reg[0], take};
            finish_reg <= rst ? 2'b00 : {finish_reg[0], finish};
            seen_reg <= walked;
            judge_reg <= {seen[15:9], seen_position, seen_window};
        end

        assign seen = seen_reg;
        assign judge_take = take_reg[1];
        assign judge_finish = finish_reg[1];
        assign {judge_found, judge_ipv6, judge_is_ip, judge_is_ipv6_destination, judge_is_extension, judge_is_udp, judge_is_esp, judge_position,
            window} = judge_reg;
    end else begin : judge_now
        assign seen = walked;
        assign judge_take = take;
        assign judge_finish = finish;
        assign {judge_found, judge_ipv6, judge_is_ip, judge_is_ipv6_destination, judge_is_extension, judge_is_udp, judge_is_esp, judge_position,
            window} = {seen[15:9], seen_position, seen_window};
    end
endgenerate

// all headers before this one were right
reg right_reg;
// octets from the header at hand to the end of the IP packet; negative: it begins behind it. By esp_inside a UDP length is not too small, either
reg [16:0] left_reg;
// octet offset of the end of the IP packet
reg [16:0] ip_end_reg;

wire [15:0] length = judge_ipv6 ? window[127:112] : window[143:128];
wire ipv4_right = window[159:156] == 4'd4 && window[155:152] >= 4'd5 && !window[109] && window[108:96] == 13'd0;
wire ipv6_right = window[159:156] == 4'd6 && window[127:112] != 16'd0;

wire udp_right = (window[159:144] == UDP_PORT_ESP || window[143:128] == UDP_PORT_ESP)
    && {1'b0, window[127:112]} == left_reg && window[95:64] != 32'd0;

// the ESP header is the one behind the header of 8 octets that ends the walk
wire behind = !judge_is_esp;
wire esp_inside = !left_reg[16] && (behind ? left_reg[15:4] != 12'd0 : left_reg[15:3] != 13'd0);

// octets of the header at hand
reg [11:0] header;

always @* begin
    case (1'b1)
        judge_is_ip: header = judge_ipv6 ? 12'd0 : {6'd0, window[155:152], 2'b00};
        judge_is_ipv6_destination: header = 12'd0;
        judge_is_extension: header = {1'b0, window[151:144], 3'b000} + 12'd8;
        default: header = 12'd8;
    endcase
end

always @(posedge clk) begin
    m_valid <= judge_finish;
    m_esp <= judge_found && right_reg && esp_inside && (udp_right || !judge_is_udp);
    m_spi <= behind ? window[95:64] : window[159:128];
    m_seq <= behind ? window[63:32] : window[127:96];
    m_iv <= window[95:32];
    m_esp_offset <= {judge_position + (behind ? 5'd2 : 5'd0), 2'b10};
    m_ip_end <= ip_end_reg > MAX_IP_END ? {OFFSET_WIDTH{1'b1}} : ip_end_reg[OFFSET_WIDTH-1:0];
    if (judge_take) begin
        left_reg <= (judge_is_ip ? {1'b0, length} : left_reg) - {5'd0, header};
        if (judge_is_ip) begin
            right_reg <= judge_ipv6 ? ipv6_right : ipv4_right;
            ip_end_reg <= {1'b0, length} + {10'd0, judge_position, 2'b10} + (judge_ipv6 ? 17'd40 : 17'd0);
            m_ipv6 <= judge_ipv6;
            m_udp <= 1'b0;
            m_src <= judge_ipv6 ? {window[95:0], 32'd0} : {window[63:32], 96'd0};
            m_dst <= {window[31:0], 96'd0};
        end
        if (judge_is_ipv6_destination) begin
            m_src[31:0] <= window[159:128];
            m_dst <= window[127:0];
        end
        if (judge_is_udp) begin
            right_reg <= right_reg && udp_right;
            m_udp <= 1'b1;
        end
    end
    if (rst) begin
        m_valid <= 1'b0;
    end
end

endmodule

`resetall
