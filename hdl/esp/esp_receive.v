// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Receive path: verifies and decrypts ESP frames in place (rules R1 to R6 of docs/architecture.md).
 *
 *   s_axis_rx -> delay_fifo -> frame_store (ciphertext) ------------------------> XOR, only if verified -> m_axis_rx
 *      |                 \--> ghash_feeder -> ghash -\                             ^
 *      \-> esp_parser -> SA by search -> records -> keystream -- E(J0) -> verify --/
 *
 * The frame store holds ciphertext; keystream is made when the whole frame is in; the XOR is on the output register and
 * happens only for a frame whose ICV compared equal, over all its octets at once, and whose SA is below its hard limits. Plaintext exists nowhere else.
 *
 * Latency from the last beat in to the first beat out, while the output is free, with A = AES latency: GCM HASH_DELAY + A + 6, one more when the trailer
 * lies in two blocks; GMAC HASH_DELAY + A + 5; not ESP HASH_DELAY + 5. Two cycles more at the most behind four extension headers.
 * Throughput: one beat per cycle, a different SA on each frame; a frame that fails costs what one that succeeds costs.
 *
 * The wire is never stalled: s_axis_rx_tready is always 1. A frame for which there is no room (frame store, or MAX_FRAMES of
 * records) is dropped whole and counted. m_axis_rx_tuser, constant over a frame: {handle of the SA or 0, slot 12 word, slot 1 word}.
 */
module esp_receive #(
    parameter INDEX_WIDTH = 6,
    parameter MAX_KEY_BITS = 256,
    parameter CYCLES_PER_ROUND = 1,
    parameter SBOX_STYLE = 0,
    // 1: keys expanded in block RAM (CYCLES_PER_ROUND must be 3), 0: expanded on the way
    parameter KEY_STORE = 0,
    // KEY_STORE: of the last AES rounds so many have their S-boxes in block RAM
    parameter ROM_ROUNDS = 0,
    parameter GHASH_STAGES = 4,
    // multiplier of GHASH, see ghash
    parameter GHASH_STYLE = 0,
    // cycles from rx_search to rx_found
    parameter LOOKUP_LATENCY = 5,
    // log2 of the beats in the frame store
    parameter STORE_LOG2 = 11,
    // 1: more register stages, see above
    parameter EXTRA_REGISTERS = 0,
    // powers of the hash key read at once: derived, leave as it is
    parameter POWERS = KEY_STORE != 0 ? 1 : GHASH_STAGES
) (
    input  wire                        clk,
    input  wire                        rst,
    // receive offload is configured
    input  wire                        enable_ipv4,
    input  wire                        enable_ipv6,

    /*
     * Frames from the wire
     */
    input  wire [127:0]                s_axis_rx_tdata,
    input  wire [15:0]                 s_axis_rx_tkeep,
    input  wire                        s_axis_rx_tvalid,
    output wire                        s_axis_rx_tready,
    input  wire                        s_axis_rx_tlast,

    /*
     * Frames to the host
     */
    output reg  [127:0]                m_axis_rx_tdata,
    output reg  [15:0]                 m_axis_rx_tkeep,
    output reg                         m_axis_rx_tvalid,
    input  wire                        m_axis_rx_tready,
    output reg                         m_axis_rx_tlast,
    output reg  [95:0]                 m_axis_rx_tuser,

    /*
     * SA table
     */
    output wire                        search_valid,
    output wire [31:0]                 search_spi,
    output wire                        search_ipv6,
    output wire                        search_udp,
    output wire [127:0]                search_dst,
    output wire [127:0]                search_src,
    /* verilator lint_off UNUSEDSIGNAL */ // the answer comes a fixed time after the question
    input  wire                        found_valid,
    /* verilator lint_on UNUSEDSIGNAL */
    input  wire                        found_hit,
    input  wire [31:0]                 found_handle,
    input  wire                        found_epoch,
    input  wire                        found_gmac,
    input  wire                        found_esn,
    input  wire [31:0]                 found_seq_hi,
    input  wire [2:0]                  found_icv_words,
    input  wire [1:0]                  found_udp_type,
    output wire                        retire_valid,
    output wire                        retire_epoch,

    // use of the SA, see sa_usage
    output wire [INDEX_WIDTH-1:0]      usage_index,
    input  wire                        usage_hard,
    input  wire                        usage_soft,
    output reg                         use_valid,
    output reg                         use_count,
    output reg  [13:0]                 use_octets,
    output reg  [63:0]                 use_number,
    output reg                         use_near,
    output reg  [31:0]                 use_handle,

    output wire [INDEX_WIDTH-1:0]      cipher_index,
    input  wire [255:0]                cipher_key,
    input  wire [1:0]                  cipher_key_size,
    input  wire [31:0]                 cipher_salt,
    // KEY_STORE: writes of round keys, see aes_stored_pipe
    input  wire [INDEX_WIDTH+39:0]     key_write,
    output wire                        hash_read,
    output wire [1:0]                  hash_power,
    output wire [INDEX_WIDTH-1:0]      hash_index,
    input  wire [128*POWERS-1:0]       hash_powers,

    /*
     * Events for the counters, one pulse per frame
     */
    output reg                         event_frame,
    output reg                         event_decrypted,
    output reg                         event_not_esp,
    output reg                         event_no_sa,
    output reg                         event_icv_failed,
    output reg                         event_syntax_failed,
    output reg                         event_limit_failed,
    output wire                        event_overflow,
    // octets of the frame that event_frame counts, else 0
    output reg  [13:0]                 event_octets
);

localparam OFFSET_WIDTH = 14;
localparam BEAT_WIDTH = OFFSET_WIDTH - 4;
localparam LEFT_WIDTH = GHASH_STAGES < 3 ? 2 : GHASH_STAGES < 7 ? 3 : 4;
// age of a beat when it is hashed: the SA of the frame with the farthest ESP header is known
localparam HASH_DELAY = 11 + LOOKUP_LATENCY;
localparam LINE_LOG2 = 6;
// log2 of the frames between s_axis_rx and the hash: not more than HASH_DELAY and a few cycles bring
localparam LINE_FRAMES_LOG2 = 5;
// log2 of the frames between the hash and the output
localparam FRAMES_LOG2 = 8;
localparam JOBS_LOG2 = 5;

localparam [1:0]
    KIND_PASS = 2'd0,
    KIND_SYNTAX = 2'd1,
    KIND_CRYPTO = 2'd2;

localparam [2:0]
    CRYPTO_SUCCESS = 3'd0,
    CRYPTO_GENERIC_ERROR = 3'd1,
    CRYPTO_TRANSPORT_ESP_AUTH_FAILED = 3'd3,
    CRYPTO_TUNNEL_ESP_AUTH_FAILED = 3'd5,
    CRYPTO_INVALID_PACKET_SYNTAX = 3'd6;

/*
 * Input: a frame that finds no room among the headers being parsed is dropped
 */
wire [4:0] input_octets;
wire parser_full;
reg input_first_reg;
reg input_drop_reg;
// frames between s_axis_rx and the hash
reg [LINE_FRAMES_LOG2:0] line_frames_reg;

wire line_ready;
wire input_full = parser_full || line_frames_reg[LINE_FRAMES_LOG2] || !line_ready;
wire input_drop = input_first_reg ? input_full : input_drop_reg;
wire input_beat = s_axis_rx_tvalid && !input_drop;
wire input_refused = s_axis_rx_tvalid && input_first_reg && input_full;

assign s_axis_rx_tready = 1'b1;

octet_count octet_count_inst (
    .tkeep(s_axis_rx_tkeep),
    .tlast(s_axis_rx_tlast),
    .octets(input_octets)
);

always @(posedge clk) begin
    if (s_axis_rx_tvalid) begin
        input_first_reg <= s_axis_rx_tlast;
        input_drop_reg <= input_drop;
    end
    if (rst) begin
        input_first_reg <= 1'b1;
        input_drop_reg <= 1'b0;
    end
end

/*
 * Parse and search. The description waits for the answer in a delay line
 */
wire desc_valid;
wire desc_esp;
wire desc_ipv6;
wire desc_udp;
wire [31:0] desc_spi;
wire [31:0] desc_seq;
wire [63:0] desc_iv;
wire [127:0] desc_src;
wire [127:0] desc_dst;
wire [6:0] desc_esp_offset;
wire [OFFSET_WIDTH-1:0] desc_ip_end;

esp_parser #(
    .OFFSET_WIDTH(OFFSET_WIDTH)
) esp_parser_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(input_beat),
    .s_data(s_axis_rx_tdata),
    .s_octets(input_octets),
    .s_last(s_axis_rx_tlast),
    .full(parser_full),
    .m_valid(desc_valid),
    .m_esp(desc_esp),
    .m_ipv6(desc_ipv6),
    .m_udp(desc_udp),
    .m_spi(desc_spi),
    .m_seq(desc_seq),
    .m_iv(desc_iv),
    .m_src(desc_src),
    .m_dst(desc_dst),
    .m_esp_offset(desc_esp_offset),
    .m_ip_end(desc_ip_end)
);

assign search_valid = desc_valid && desc_esp && (desc_ipv6 ? enable_ipv6 : enable_ipv4);
assign search_spi = desc_spi;
assign search_ipv6 = desc_ipv6;
assign search_udp = desc_udp;
assign search_dst = desc_dst;
assign search_src = desc_src;

wire parsed_valid;
wire parsed_esp;
wire parsed_searched;
wire [31:0] parsed_spi;
wire [31:0] parsed_seq;
wire [63:0] parsed_iv;
wire [6:0] parsed_esp_offset;
wire [OFFSET_WIDTH-1:0] parsed_ip_end;

delay_line #(
    .WIDTH(2 + 32 + 32 + 64 + 7 + OFFSET_WIDTH),
    .DELAY(LOOKUP_LATENCY),
    .DEPTH_LOG2(3)
) parsed_line_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(desc_valid),
    .s_data({desc_esp, search_valid, desc_spi, desc_seq, desc_iv, desc_esp_offset, desc_ip_end}),
    .m_valid(parsed_valid),
    .m_data({parsed_esp, parsed_searched, parsed_spi, parsed_seq, parsed_iv, parsed_esp_offset, parsed_ip_end})
);

wire parsed_hit = parsed_searched && found_hit;
wire [63:0] number = {found_esn ? found_seq_hi : 32'd0, parsed_seq};
// in the last sixteenth of the numbers
wire near = (&number[31:28] && !found_esn) || &number[63:60];

wire syntax_error;
wire [OFFSET_WIDTH-1:0] payload_first;
wire [OFFSET_WIDTH-1:0] payload_last;
wire [OFFSET_WIDTH-1:0] icv_first;
wire [BEAT_WIDTH-1:0] cipher_blocks;
wire [OFFSET_WIDTH-1:0] hash_first;
wire [BEAT_WIDTH:0] hash_blocks;
wire [127:0] first_block;
wire [127:0] length_block;

esp_geometry #(
    .OFFSET_WIDTH(OFFSET_WIDTH)
) esp_geometry_inst (
    .esp_offset(parsed_esp_offset),
    .ip_end(parsed_ip_end),
    .spi(parsed_spi),
    .seq(parsed_seq),
    .iv(parsed_iv),
    .gmac(found_gmac),
    .esn(found_esn),
    .seq_hi(found_seq_hi),
    .icv_words(found_icv_words),
    .syntax_error(syntax_error),
    .payload_first(payload_first),
    .payload_last(payload_last),
    .icv_first(icv_first),
    .cipher_blocks(cipher_blocks),
    .hash_first(hash_first),
    .hash_blocks(hash_blocks),
    .first_block(first_block),
    .length_block(length_block)
);

wire context_valid;
wire context_esp;
wire context_hit;
wire context_epoch;
wire context_crypto;
wire context_gmac;
wire context_tunnel;
wire context_near;
wire [63:0] context_number;
wire [31:0] context_handle;
wire [2:0] context_icv_words;
wire [63:0] context_iv;
wire [BEAT_WIDTH-1:0] context_blocks;
wire [OFFSET_WIDTH-1:0] context_payload_first;
wire [OFFSET_WIDTH-1:0] context_payload_last;
wire [OFFSET_WIDTH-1:0] context_icv_first;
wire [OFFSET_WIDTH-1:0] context_ip_end;
wire [OFFSET_WIDTH-1:0] context_hash_first;
wire [BEAT_WIDTH:0] context_hash_blocks;
wire [127:0] context_first_block;
wire [127:0] context_length_block;
wire context_take;

/* verilator lint_off PINCONNECTEMPTY */ // room for as many frames as are let in
fifo #(
    .WIDTH(7 + 64 + 32 + 3 + 64 + BEAT_WIDTH + 5*OFFSET_WIDTH + BEAT_WIDTH + 1 + 256),
    .DEPTH_LOG2(LINE_FRAMES_LOG2)
) context_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(parsed_valid),
    .s_ready(),
    .s_data({parsed_esp, parsed_hit, found_epoch, parsed_hit && !syntax_error, found_gmac, found_udp_type == 2'd2,
        near, number, found_handle, found_icv_words, parsed_iv, cipher_blocks,
        payload_first, payload_last, icv_first, parsed_ip_end, hash_first, hash_blocks, first_block, length_block}),
    .m_valid(context_valid),
    .m_ready(context_take),
    .m_data({context_esp, context_hit, context_epoch, context_crypto, context_gmac, context_tunnel,
        context_near, context_number, context_handle, context_icv_words, context_iv, context_blocks,
        context_payload_first, context_payload_last, context_icv_first, context_ip_end, context_hash_first,
        context_hash_blocks, context_first_block, context_length_block}),
    .level()
);
/* verilator lint_on PINCONNECTEMPTY */

/*
 * Hash and store
 */
wire head_valid;
wire [127:0] head_data;
wire [4:0] head_octets;
wire head_last;
wire pop = head_valid && context_valid;

assign context_take = pop && head_last;

delay_fifo #(
    .WIDTH(128 + 5 + 1),
    .DEPTH_LOG2(LINE_LOG2),
    .DELAY(HASH_DELAY)
) delay_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(input_beat),
    .s_ready(line_ready),
    .s_data({s_axis_rx_tdata, input_octets, s_axis_rx_tlast}),
    .m_valid(head_valid),
    .m_ready(pop),
    .m_data({head_data, head_octets, head_last})
);

reg first_reg;
reg [BEAT_WIDTH-1:0] beat_reg;
// the frame found no free record and is not looked at
reg refuse_reg;
// a beat of the frame found the store full
reg overflow_reg;

wire records_full;
wire store_overflow;
wire refuse = first_reg ? records_full : refuse_reg;
wire overflow = store_overflow || (overflow_reg && !first_reg);
wire keep_beat = pop && !refuse;
wire record = keep_beat && head_last;
wire [OFFSET_WIDTH-1:0] head_length = {beat_reg, 4'd0} + {9'd0, head_octets};
wire [BEAT_WIDTH-1:0] hash_last_beat = context_payload_last[OFFSET_WIDTH-1:4];
wire crypto = context_crypto && head_length >= context_ip_end;
wire [1:0] kind = !context_hit ? KIND_PASS : crypto ? KIND_CRYPTO : KIND_SYNTAX;

reg hash_valid_reg;
reg [127:0] hash_data_reg;
reg [BEAT_WIDTH-1:0] hash_beat_reg;
reg hash_last_beat_reg;
reg hash_hash_reg;
reg [OFFSET_WIDTH-1:0] hash_first_reg;
reg [OFFSET_WIDTH-1:0] hash_last_reg;
reg [BEAT_WIDTH:0] hash_blocks_reg;
reg [127:0] hash_first_block_reg;
reg [127:0] hash_length_block_reg;
reg [INDEX_WIDTH-1:0] hash_index_reg;

wire [INDEX_WIDTH-1:0] power_index;

assign hash_index = POWERS == GHASH_STAGES ? hash_index_reg : power_index;

always @(posedge clk) begin
    hash_valid_reg <= keep_beat;
    if (pop) begin
        first_reg <= head_last;
        refuse_reg <= refuse;
        overflow_reg <= overflow;
        if (head_last) begin
            beat_reg <= 0;
        end else if (!(&beat_reg[BEAT_WIDTH-1:1])) begin
            beat_reg <= beat_reg + 1'b1;
        end
    end
    if (keep_beat) begin
        hash_data_reg <= head_data;
        hash_beat_reg <= beat_reg;
        hash_last_beat_reg <= head_last;
        if (first_reg) begin
            hash_hash_reg <= context_crypto;
            hash_first_reg <= context_hash_first;
            hash_last_reg <= context_payload_last;
            hash_blocks_reg <= context_hash_blocks;
            hash_first_block_reg <= context_first_block;
            hash_length_block_reg <= context_length_block;
            hash_index_reg <= context_handle[INDEX_WIDTH-1:0];
        end
    end
    if (rst) begin
        hash_valid_reg <= 1'b0;
        first_reg <= 1'b1;
        beat_reg <= 0;
    end
end

wire block_valid;
wire [127:0] block_data;
wire block_first;
wire [LEFT_WIDTH-1:0] block_left;
wire [128*POWERS-1:0] block_h_powers;
wire ghash_valid;
wire [127:0] ghash_data;

ghash_feeder #(
    .OFFSET_WIDTH(OFFSET_WIDTH),
    .STAGES(GHASH_STAGES),
    .POWERS(POWERS),
    .INDEX_WIDTH(INDEX_WIDTH),
    .LEFT_WIDTH(LEFT_WIDTH)
) ghash_feeder_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(hash_valid_reg),
    .s_data(hash_data_reg),
    .s_beat(hash_beat_reg),
    .s_last(hash_last_beat_reg),
    .s_hash(hash_hash_reg),
    .s_hash_first(hash_first_reg),
    .s_hash_last(hash_last_reg),
    .s_hash_blocks(hash_blocks_reg),
    .s_first_block(hash_first_block_reg),
    .s_length_block(hash_length_block_reg),
    .s_h_powers(hash_powers),
    .s_index(hash_index_reg),
    .h_read(hash_read),
    .h_index(power_index),
    .h_power(hash_power),
    .m_valid(block_valid),
    .m_block(block_data),
    .m_first(block_first),
    .m_left(block_left),
    .m_h_powers(block_h_powers)
);

ghash #(
    .STAGES(GHASH_STAGES),
    .STYLE(GHASH_STYLE),
    .POWERS(POWERS)
) ghash_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(block_valid),
    .s_block(block_data),
    .s_first(block_first),
    .s_left(block_left),
    .s_h_powers(block_h_powers),
    .m_valid(ghash_valid),
    .m_hash(ghash_data)
);

/*
 * Store of ciphertext
 */
wire store_valid;
wire [127:0] store_data;
wire [4:0] store_octets;
wire store_last;
wire store_take;

frame_store #(
    .WIDTH(128 + 5 + 1),
    .DEPTH_LOG2(STORE_LOG2)
) frame_store_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(keep_beat),
    .s_data({head_data, head_octets, head_last}),
    .s_last(head_last),
    .s_commit(!overflow),
    .s_overflow(store_overflow),
    .m_valid(store_valid),
    .m_ready(store_take),
    .m_data({store_data, store_octets, store_last})
);

/*
 * Record: the ICV and the encrypted trailer are picked from the passing beats, in block order
 */
wire [127:0] icv_beat;
wire [127:0] icv_block;

lane_rotate lane_rotate_inst (
    .s_data(head_data),
    .amount(context_icv_first[3:0]),
    .m_data(icv_beat)
);

octet_reverse octet_reverse_inst (
    .s_data(icv_beat),
    .m_data(icv_block)
);

wire [BEAT_WIDTH-1:0] icv_beat_index = context_icv_first[OFFSET_WIDTH-1:4];
// PadLength is in the beat before that of the ICV when the ICV begins at lane 0 or 1
wire [BEAT_WIDTH-1:0] pad_length_beat = icv_beat_index - {{BEAT_WIDTH-1{1'b0}}, context_icv_first[3:1] == 3'd0};
// octets of the ICV that lie in the beat of its first octet
wire [127:0] icv_head_mask = {128{1'b1}} << {context_icv_first[3:0], 3'b000};

reg [127:0] icv_reg;
reg [7:0] pad_length_reg;
reg [7:0] next_header_reg;

reg record_valid_reg;
reg record_drop_reg;
// a hash will come, whatever becomes of the frame
reg record_hashed_reg;
reg [1:0] record_kind_reg;
reg record_esp_reg;
reg record_hit_reg;
reg record_epoch_reg;
reg record_gmac_reg;
reg record_tunnel_reg;
reg record_near_reg;
reg [63:0] record_number_reg;
reg [31:0] record_handle_reg;
reg [2:0] record_icv_words_reg;
reg [OFFSET_WIDTH-1:0] record_payload_first_reg;
reg [OFFSET_WIDTH-1:0] record_payload_last_reg;
reg [OFFSET_WIDTH-1:0] record_length_reg;

always @(posedge clk) begin
    record_valid_reg <= record;
    if (keep_beat && context_crypto) begin
        if (beat_reg == pad_length_beat) begin
            pad_length_reg <= icv_block[15:8];
        end
        if (beat_reg == hash_last_beat) begin
            next_header_reg <= icv_block[7:0];
        end
        if (beat_reg == icv_beat_index) begin
            icv_reg <= icv_block & icv_head_mask;
        end else if (beat_reg == icv_beat_index + 1'b1) begin
            icv_reg <= icv_reg | (icv_block & ~icv_head_mask);
        end
    end
    if (record) begin
        record_drop_reg <= overflow;
        record_hashed_reg <= context_crypto && beat_reg >= hash_last_beat;
        record_kind_reg <= kind;
        record_esp_reg <= context_esp;
        record_hit_reg <= context_hit;
        record_epoch_reg <= context_epoch;
        record_gmac_reg <= context_gmac;
        record_tunnel_reg <= context_tunnel;
        record_near_reg <= context_near;
        record_number_reg <= context_number;
        record_handle_reg <= context_handle;
        record_icv_words_reg <= context_icv_words;
        record_payload_first_reg <= context_payload_first;
        record_payload_last_reg <= context_payload_last;
        record_length_reg <= head_length;
    end
    if (rst) begin
        record_valid_reg <= 1'b0;
    end
end

wire check_valid;
wire check_drop;
wire check_hashed;
wire [1:0] check_kind;
wire check_esp;
wire check_hit;
wire check_epoch;
wire check_gmac;
wire check_tunnel;
wire check_near;
wire [63:0] check_number;
wire [31:0] check_handle;
wire [2:0] check_icv_words;
wire [127:0] check_icv;
wire [7:0] check_pad_length;
wire [7:0] check_next_header;
wire [OFFSET_WIDTH-1:0] check_payload_first;
wire [OFFSET_WIDTH-1:0] check_payload_last;
wire [OFFSET_WIDTH-1:0] check_length;
wire check_take;
wire [FRAMES_LOG2:0] check_level;

// frames with a record, and the one that is being written
assign records_full = check_level >= 2**FRAMES_LOG2 - 4;

fifo #(
    .WIDTH(4 + 6 + 64 + 32 + 3 + 128 + 16 + 3*OFFSET_WIDTH),
    .DEPTH_LOG2(FRAMES_LOG2),
    .BLOCK_RAM(1)
) check_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(record_valid_reg),
    /* verilator lint_off PINCONNECTEMPTY */ // room is kept by records_full
    .s_ready(),
    /* verilator lint_on PINCONNECTEMPTY */
    .s_data({record_drop_reg, record_hashed_reg, record_kind_reg, record_esp_reg, record_hit_reg, record_epoch_reg,
        record_gmac_reg, record_tunnel_reg, record_near_reg, record_number_reg, record_handle_reg, record_icv_words_reg, icv_reg, pad_length_reg, next_header_reg,
        record_payload_first_reg, record_payload_last_reg, record_length_reg}),
    .m_valid(check_valid),
    .m_ready(check_take),
    .m_data({check_drop, check_hashed, check_kind, check_esp, check_hit, check_epoch,
        check_gmac, check_tunnel, check_near, check_number, check_handle, check_icv_words, check_icv, check_pad_length, check_next_header,
        check_payload_first, check_payload_last, check_length}),
    .level(check_level)
);

/*
 * Keystream
 */
wire [OFFSET_WIDTH-1:0] pad_length_octet = context_payload_last - context_payload_first - 1'b1;

wire job_valid;
wire job_ready;
wire [INDEX_WIDTH-1:0] job_index;
wire [63:0] job_iv;
wire [BEAT_WIDTH-1:0] job_blocks;
wire [3:0] job_lane;
wire [OFFSET_WIDTH-1:0] job_pad_length_octet;

wire keystream_valid;
wire keystream_take;
wire [127:0] keystream_data;
wire j0_valid;
wire j0_take;
wire [127:0] j0_block;
wire [7:0] j0_pad_length;
wire [7:0] j0_next_header;

/* verilator lint_off PINCONNECTEMPTY */ // never more jobs than records; the last mark and sa_command's slots serve transmit
fifo #(
    .WIDTH(INDEX_WIDTH + 64 + BEAT_WIDTH + 4 + OFFSET_WIDTH),
    .DEPTH_LOG2(FRAMES_LOG2)
) job_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(record && kind == KIND_CRYPTO && !overflow),
    .s_ready(),
    .s_data({context_handle[INDEX_WIDTH-1:0], context_iv, context_blocks, context_payload_first[3:0], pad_length_octet}),
    .m_valid(job_valid),
    .m_ready(job_ready),
    .m_data({job_index, job_iv, job_blocks, job_lane, job_pad_length_octet}),
    .level()
);

keystream #(
    .RECEIVE(1),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .KEY_STORE(KEY_STORE),
    .ROM_ROUNDS(ROM_ROUNDS),
    .INDEX_WIDTH(INDEX_WIDTH),
    .BLOCKS_WIDTH(BEAT_WIDTH),
    .USER_WIDTH(1),
    .JOBS_LOG2(JOBS_LOG2)
) keystream_inst (
    .clk(clk),
    .rst(rst),
    .job_valid(job_valid),
    .job_ready(job_ready),
    .job_index(job_index),
    .job_iv(job_iv),
    .job_blocks(job_blocks),
    .job_lane(job_lane),
    .job_pad_length_octet(job_pad_length_octet),
    .job_user(1'b0),
    .active_begin(),
    .active_user(),
    .kill(1'b0),
    .cipher_index(cipher_index),
    .cipher_key(cipher_key),
    .cipher_key_size(cipher_key_size),
    .cipher_salt(cipher_salt),
    .key_write(key_write),
    .h_req_valid(1'b0),
    .h_req_ready(),
    .h_req_index({INDEX_WIDTH{1'b0}}),
    .h_req_key(256'd0),
    .h_req_key_size(2'd0),
    .h_rsp_valid(),
    .h_rsp_block(),
    .m_valid(keystream_valid),
    .m_ready(keystream_take),
    .m_data(keystream_data),
    .m_last(),
    .j0_valid(j0_valid),
    .j0_ready(j0_take),
    .j0_event(),
    .j0_block(j0_block),
    .j0_pad_length(j0_pad_length),
    .j0_next_header(j0_next_header)
);

/*
 * Verify: the ICV is compared over all its octets at once
 */
wire stored_hash_valid;
wire [127:0] stored_hash;
wire hash_take;

fifo #(
    .WIDTH(128),
    .DEPTH_LOG2(FRAMES_LOG2),
    .BLOCK_RAM(1)
) hash_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(ghash_valid),
    .s_ready(),
    .s_data(ghash_data),
    .m_valid(stored_hash_valid),
    .m_ready(hash_take),
    .m_data(stored_hash),
    .level()
);
/* verilator lint_on PINCONNECTEMPTY */

wire verdict_ready;
wire check_crypto = check_kind == KIND_CRYPTO && !check_drop;
wire [127:0] icv_mask = {{64{1'b1}}, {32{check_icv_words >= 3'd3}}, {32{check_icv_words >= 3'd4}}};
wire icv_equal = ((stored_hash ^ j0_block ^ check_icv) & icv_mask) == 128'd0;
wire authentic = check_crypto && icv_equal;
wire verified = authentic && !usage_hard;

// cycles that the record has been at hand before this one, up to 2: then the use of its SA is known. E(J0) takes longer
reg [1:0] check_age_reg;

assign check_take = check_valid && (!check_hashed || stored_hash_valid) && (!check_crypto || (j0_valid && check_age_reg[1]))
    && (check_drop || verdict_ready);
assign hash_take = check_take && check_hashed;
assign j0_take = check_take && check_crypto;

wire [2:0] check_status = check_kind == KIND_SYNTAX ? CRYPTO_INVALID_PACKET_SYNTAX
    : verified || check_kind == KIND_PASS ? CRYPTO_SUCCESS
    : authentic ? CRYPTO_GENERIC_ERROR
    : check_tunnel ? CRYPTO_TUNNEL_ESP_AUTH_FAILED : CRYPTO_TRANSPORT_ESP_AUTH_FAILED;

wire [7:0] pad_length = check_gmac ? check_pad_length : check_pad_length ^ j0_pad_length;
wire [7:0] next_header = check_gmac ? check_next_header : check_next_header ^ j0_next_header;

// slot 12 tells nothing of a frame that was not verified
wire [31:0] check_slot_12 = verified ? {15'd0, 1'b1, pad_length, next_header} : 32'd0;
wire delete_request = authentic && (usage_hard || usage_soft || check_near);
wire [31:0] check_slot_1 = {13'd0, check_status, 14'd0, check_kind != KIND_PASS, delete_request};

assign usage_index = check_handle[INDEX_WIDTH-1:0];

always @(posedge clk) begin
    if (!check_valid || check_take || rst) begin
        check_age_reg <= 2'd0;
    end else if (!check_age_reg[1]) begin
        check_age_reg <= check_age_reg + 1'b1;
    end
    use_valid <= check_take && authentic && !rst;
    use_count <= verified;
    use_octets <= check_payload_last - check_payload_first + 1'b1;
    use_number <= check_number;
    use_near <= check_near;
    use_handle <= check_handle;
end

wire verdict_valid;
wire verdict_verified;
wire verdict_keystream;
wire verdict_hit;
wire verdict_epoch;
wire [31:0] verdict_handle;
wire [31:0] verdict_slot_12;
wire [31:0] verdict_slot_1;
wire [OFFSET_WIDTH-1:0] verdict_payload_first;
wire [OFFSET_WIDTH-1:0] verdict_payload_last;
wire verdict_take;

/* verilator lint_off PINCONNECTEMPTY */ // the level is of no use here
fifo #(
    .WIDTH(4 + 96 + 2*OFFSET_WIDTH),
    .DEPTH_LOG2(JOBS_LOG2)
) verdict_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(check_take && !check_drop),
    .s_ready(verdict_ready),
    .s_data({verified, check_crypto && !check_gmac, check_hit, check_epoch, check_hit ? check_handle : 32'd0, check_slot_12, check_slot_1,
        check_payload_first, check_payload_last}),
    .m_valid(verdict_valid),
    .m_ready(verdict_take),
    .m_data({verdict_verified, verdict_keystream, verdict_hit, verdict_epoch, verdict_handle, verdict_slot_12, verdict_slot_1,
        verdict_payload_first, verdict_payload_last}),
    .level()
);
/* verilator lint_on PINCONNECTEMPTY */

always @(posedge clk) begin
    event_frame <= check_take && !check_drop && !rst;
    event_decrypted <= check_take && verified && !rst;
    event_not_esp <= check_take && !check_drop && !check_esp && !rst;
    event_no_sa <= check_take && !check_drop && check_esp && !check_hit && !rst;
    event_icv_failed <= check_take && check_crypto && !icv_equal && !rst;
    event_syntax_failed <= check_take && !check_drop && check_kind == KIND_SYNTAX && !rst;
    event_limit_failed <= check_take && authentic && usage_hard && !rst;
    event_octets <= check_take && !check_drop && !rst ? check_length : 14'd0;
end

event_queue #(
    .INPUTS(3)
) event_queue_inst (
    .clk(clk),
    .rst(rst),
    .s_event({input_refused, context_take && refuse, check_take && check_drop}),
    .m_ready(1'b1),
    .m_event(event_overflow)
);

/*
 * Release: the keystream of a frame that failed is thrown away beat by beat
 */
reg [BEAT_WIDTH-1:0] release_beat_reg;
reg [127:0] keystream_before_reg;

wire [3:0] lane = verdict_payload_first[3:0];
wire [15:0] lanes_before = ~(16'hffff << lane);
wire [15:0] payload_lanes;
wire [15:0] live_lanes = ~(16'hffff << store_octets[3:0]) | {16{store_octets[4]}};
wire [127:0] payload_mask;
wire [127:0] before_mask;
wire [127:0] live_mask;

lane_range #(
    .OFFSET_WIDTH(OFFSET_WIDTH)
) payload_lanes_inst (
    .beat(release_beat_reg),
    .first(verdict_payload_first),
    .last(verdict_payload_last),
    .lanes(payload_lanes)
);

lane_mask payload_mask_inst (
    .lanes(payload_lanes),
    .mask(payload_mask)
);

lane_mask before_mask_inst (
    .lanes(lanes_before),
    .mask(before_mask)
);

lane_mask live_mask_inst (
    .lanes(live_lanes),
    .mask(live_mask)
);

wire keystream_needed = verdict_keystream && release_beat_reg >= verdict_payload_first[OFFSET_WIDTH-1:4]
    && {release_beat_reg, lane} <= verdict_payload_last;
wire output_free = !m_axis_rx_tvalid || m_axis_rx_tready;
wire [127:0] keystream_beat = (keystream_before_reg & before_mask) | (keystream_data & ~before_mask);
wire decrypt = verdict_verified && verdict_keystream;

assign store_take = store_valid && verdict_valid && output_free && (!keystream_needed || keystream_valid);
assign verdict_take = store_take && store_last;
assign keystream_take = store_take && keystream_needed;

always @(posedge clk) begin
    if (output_free) begin
        m_axis_rx_tvalid <= store_take;
    end
    if (store_take) begin
        m_axis_rx_tdata <= (decrypt ? store_data ^ (keystream_beat & payload_mask) : store_data) & live_mask;
        m_axis_rx_tkeep <= live_lanes;
        m_axis_rx_tlast <= store_last;
        m_axis_rx_tuser <= {verdict_handle, verdict_slot_12, verdict_slot_1};
        if (keystream_needed) begin
            keystream_before_reg <= keystream_data;
        end
        if (store_last) begin
            release_beat_reg <= 0;
        end else if (!(&release_beat_reg[BEAT_WIDTH-1:1])) begin
            release_beat_reg <= release_beat_reg + 1'b1;
        end
    end
    if (rst) begin
        m_axis_rx_tvalid <= 1'b0;
        release_beat_reg <= 0;
    end
end

/*
 * Frames between s_axis_rx and the hash; SAs no longer used by a frame
 */
wire input_begin = input_beat && input_first_reg;

// the frame on the output register
reg out_hit_reg;
reg out_epoch_reg;

wire retire_released = m_axis_rx_tvalid && m_axis_rx_tready && m_axis_rx_tlast && out_hit_reg;
wire retire_refused = context_take && refuse && context_hit;
wire retire_dropped = check_take && check_drop && check_hit;

always @(posedge clk) begin
    if (input_begin && !context_take) begin
        line_frames_reg <= line_frames_reg + 1'b1;
    end else if (!input_begin && context_take) begin
        line_frames_reg <= line_frames_reg - 1'b1;
    end
    if (store_take) begin
        out_hit_reg <= verdict_hit;
        out_epoch_reg <= verdict_epoch;
    end
    if (rst) begin
        line_frames_reg <= 0;
        out_hit_reg <= 1'b0;
    end
end

retire_queue #(
    .INPUTS(3)
) retire_queue_inst (
    .clk(clk),
    .rst(rst),
    .s_retire({retire_released, retire_refused, retire_dropped}),
    .s_epoch({out_epoch_reg, context_epoch, check_epoch}),
    .m_valid(retire_valid),
    .m_epoch(retire_epoch)
);

endmodule

`resetall
