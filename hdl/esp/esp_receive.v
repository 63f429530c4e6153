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
 * lies in two blocks; GMAC HASH_DELAY + A + 5; not ESP HASH_DELAY + 5. Two cycles more at the most behind four extension headers. EXTRA_REGISTERS adds 5 to
 * HASH_DELAY (besides what is in LOOKUP_LATENCY), and 12, for a frame that is not ESP 8, to the rest.
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
    // KEY_STORE: 1: the AES pipe is outside (aes_double_pipe), behind aes_request
    parameter SHARED_AES = 0,
    parameter GHASH_STAGES = 4,
    // multiplier of GHASH, see ghash
    parameter GHASH_STYLE = 0,
    // cycles from rx_search to rx_found
    parameter LOOKUP_LATENCY = 5,
    // log2 of the beats in the frame store
    parameter STORE_LOG2 = 11,
    // 1: more register stages, for the clock rates of an FPGA
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
    // SHARED_AES: request and result of aes_double_pipe
    output wire [INDEX_WIDTH+139:0]    aes_request,
    input  wire [136:0]                aes_result,
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

/*
 * Reset: with EXTRA_REGISTERS a register for each part
 */
localparam RESET_STAGES = EXTRA_REGISTERS != 0 ? 1 : 0;
wire rst_esp_parser;
wire rst_keystream;
wire rst_ghash;
wire rst_path;

reset_stage #(
    .STAGES(RESET_STAGES),
    .BRANCHES(4)
) reset_stage_inst (
    .clk(clk),
    .rst(rst),
    .m_rst({rst_esp_parser, rst_keystream, rst_ghash, rst_path})
);

localparam OFFSET_WIDTH = 14;
localparam BEAT_WIDTH = OFFSET_WIDTH - 4;
localparam LEFT_WIDTH = GHASH_STAGES < 3 ? 2 : GHASH_STAGES < 7 ? 3 : 4;
// register stages of EXTRA_REGISTERS, in cycles
localparam EXTRA = EXTRA_REGISTERS != 0 ? 1 : 0;
localparam EXTRA_PARSER = 3 * EXTRA;
// registers behind what comes once for each frame: a frame of one beat takes two cycles
localparam FRAME_STAGE = 3 * EXTRA;
// queue of contexts in block RAM, and a register behind it
localparam EXTRA_CONTEXT = 2 * EXTRA;
// age of a beat when it is hashed: the SA of the frame with the farthest ESP header is known
localparam HASH_DELAY = 11 + LOOKUP_LATENCY + EXTRA_PARSER + EXTRA_CONTEXT;
// Those behind it: 1 until the record, 2 for the queue of jobs in block RAM and a register behind it, 1 behind the queue of E(J0), 3 for the verdict,
// 3 for the release
localparam LINE_LOG2 = 6;
// log2 of the frames between s_axis_rx and the hash: not more than HASH_DELAY and a few cycles bring
localparam LINE_FRAMES_LOG2 = 5;
// log2 of the frames between the hash and the output
localparam FRAMES_LOG2 = 8;
localparam JOBS_LOG2 = 5;
// log2 of the verdicts that wait for their frames to leave
localparam VERDICTS_LOG2 = EXTRA != 0 ? 4 : 5;
// verdicts on the way to that queue; frames on the way to a record
localparam VERDICTS_AHEAD = 1 + 3 * EXTRA;
localparam RECORDS_AHEAD = 5 + 3 * EXTRA;

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
    if (rst_path) begin
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
    .OFFSET_WIDTH(OFFSET_WIDTH),
    .EXTRA_REGISTERS(EXTRA_REGISTERS)
) esp_parser_inst (
    .clk(clk),
    .rst(rst_esp_parser),
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
    .rst(rst_path),
    .s_valid(desc_valid),
    .s_data({desc_esp, search_valid, desc_spi, desc_seq, desc_iv, desc_esp_offset, desc_ip_end}),
    .m_valid(parsed_valid),
    .m_data({parsed_esp, parsed_searched, parsed_spi, parsed_seq, parsed_iv, parsed_esp_offset, parsed_ip_end})
);

wire parsed_hit = parsed_searched && found_hit;
wire [63:0] number = {found_esn ? found_seq_hi : 32'd0, parsed_seq};
// in the last sixteenth of the numbers
wire near = (&number[31:28] && !found_esn) || &number[63:60];

wire [OFFSET_WIDTH:0] payload_octets;
wire [OFFSET_WIDTH-1:0] payload_first;
wire [OFFSET_WIDTH-1:0] payload_last;
wire [OFFSET_WIDTH-1:0] icv_first;
wire [BEAT_WIDTH-1:0] cipher_blocks;
wire [OFFSET_WIDTH-1:0] hash_first;
wire [BEAT_WIDTH:0] hash_blocks;

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
    .payload_octets(payload_octets),
    .payload_first(payload_first),
    .payload_last(payload_last),
    .icv_first(icv_first),
    .cipher_blocks(cipher_blocks),
    .hash_first(hash_first),
    .hash_blocks(hash_blocks),
    /* verilator lint_off PINCONNECTEMPTY */ // made of what the context keeps anyhow
    .syntax_error(),
    .first_block(),
    .length_block()
    /* verilator lint_on PINCONNECTEMPTY */
);

wire context_valid;
wire context_esp;
wire context_hit;
wire context_epoch;
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
wire [31:0] context_spi;
wire context_esn;
wire [OFFSET_WIDTH:0] context_octets;
wire context_take;

// of first_block and length_block only what is not elsewhere
localparam CONTEXT_WIDTH = 6 + 64 + 32 + 3 + 64 + BEAT_WIDTH + 5*OFFSET_WIDTH + BEAT_WIDTH + 1 + 32 + 1 + OFFSET_WIDTH + 1;

/* verilator lint_off PINCONNECTEMPTY */ // room for as many frames as are let in
queue #(
    .WIDTH(CONTEXT_WIDTH),
    // with EXTRA_REGISTERS deep enough to be worth block RAM to synthesis
    .DEPTH_LOG2(LINE_FRAMES_LOG2 + EXTRA),
    .BLOCK_RAM(EXTRA),
    .STAGE(FRAME_STAGE)
) context_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(parsed_valid),
    .s_ready(),
    .s_data({parsed_esp, parsed_hit, found_epoch, found_gmac, found_udp_type == 2'd2,
        near, number, found_handle, found_icv_words, parsed_iv, cipher_blocks,
        payload_first, payload_last, icv_first, parsed_ip_end, hash_first, hash_blocks, parsed_spi, found_esn, payload_octets}),
    .room(),
    .m_valid(context_valid),
    .m_ready(context_take),
    .m_data({context_esp, context_hit, context_epoch, context_gmac, context_tunnel,
        context_near, context_number, context_handle, context_icv_words, context_iv, context_blocks,
        context_payload_first, context_payload_last, context_icv_first, context_ip_end, context_hash_first,
        context_hash_blocks, context_spi, context_esn, context_octets})
);
/* verilator lint_on PINCONNECTEMPTY */

/*
 * The beats at the end of the delay, each beside the context of its frame
 */
wire line_valid;
wire [127:0] line_data;
wire [4:0] line_octets;
wire line_last;
wire pop = line_valid && context_valid;

assign context_take = pop && line_last;

delay_fifo #(
    .WIDTH(128 + 5 + 1),
    .DEPTH_LOG2(LINE_LOG2),
    .DELAY(HASH_DELAY),
    .REGISTER(EXTRA)
) delay_fifo_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(input_beat),
    .s_ready(line_ready),
    .s_data({s_axis_rx_tdata, input_octets, s_axis_rx_tlast}),
    .m_valid(line_valid),
    .m_ready(pop),
    .m_data({line_data, line_octets, line_last})
);

// no room for the trailer, or a packet that is longer than any frame
wire syntax_error = &context_ip_end || context_octets[OFFSET_WIDTH] || context_octets[OFFSET_WIDTH-1:1] == 0;
wire context_crypto = context_hit && !syntax_error;

reg first_reg;
reg [BEAT_WIDTH-1:0] beat_reg;
// one more
reg [BEAT_WIDTH-1:0] beat_next_reg;
// the ICV began in the beat before
reg began_icv_reg;
// the frame found no free record and is not looked at
reg refuse_reg;

wire records_full;
wire refuse = first_reg ? records_full : refuse_reg;
wire [OFFSET_WIDTH-1:0] line_length = {line_octets[4] ? beat_next_reg : beat_reg, line_octets[3:0]};
wire [BEAT_WIDTH-1:0] hash_last_beat = context_payload_last[OFFSET_WIDTH-1:4];
wire [BEAT_WIDTH-1:0] icv_beat_index = context_icv_first[OFFSET_WIDTH-1:4];
wire begins_icv = beat_reg == icv_beat_index;
// PadLength is in the beat before that of the ICV when the ICV begins at lane 0 or 1
wire is_pad_length = context_icv_first[3:1] != 3'd0 ? begins_icv : beat_next_reg == icv_beat_index;
wire [127:0] icv_beat;
wire [127:0] icv_block;

always @(posedge clk) begin
    if (pop) begin
        first_reg <= line_last;
        refuse_reg <= refuse;
        began_icv_reg <= begins_icv && !line_last;
        if (line_last) begin
            beat_reg <= 0;
            beat_next_reg <= 1;
        end else if (!(&beat_reg[BEAT_WIDTH-1:1])) begin
            beat_reg <= beat_next_reg;
            beat_next_reg <= beat_next_reg + 1'b1;
        end
    end
    if (rst_path) begin
        first_reg <= 1'b1;
        beat_reg <= 0;
        beat_next_reg <= 1;
        began_icv_reg <= 1'b0;
    end
end

// the ICV and the encrypted trailer are picked from the passing beats, in block order
lane_rotate lane_rotate_inst (
    .s_data(line_data),
    .amount(context_icv_first[3:0]),
    .m_data(icv_beat)
);

octet_reverse octet_reverse_inst (
    .s_data(icv_beat),
    .m_data(icv_block)
);

/*
 * Hash and store
 */
localparam HEAD_WIDTH = 2*128 + 5 + 2 + BEAT_WIDTH + OFFSET_WIDTH + 6 + 7 + 64 + 32 + 3 + 64 + BEAT_WIDTH + 5*OFFSET_WIDTH + BEAT_WIDTH + 1 + 32 + 1
    + OFFSET_WIDTH;

wire keep_beat;
wire [127:0] head_data;
wire [127:0] head_icv_block;
wire [4:0] head_octets;
wire head_last;
wire head_first;
wire [BEAT_WIDTH-1:0] head_beat;
wire [OFFSET_WIDTH-1:0] head_length;
wire head_is_pad_length;
wire head_ends_payload;
wire head_begins_icv;
wire head_follows_icv;
wire head_hashed;
// the frame is not shorter than its packet
wire head_whole;
wire head_esp;
wire head_hit;
wire head_epoch;
wire head_crypto;
wire head_gmac;
wire head_tunnel;
wire head_near;
wire [63:0] head_number;
wire [31:0] head_handle;
wire [2:0] head_icv_words;
wire [63:0] head_iv;
wire [BEAT_WIDTH-1:0] head_blocks;
wire [OFFSET_WIDTH-1:0] head_payload_first;
wire [OFFSET_WIDTH-1:0] head_payload_last;
wire [OFFSET_WIDTH-1:0] head_icv_first;
wire [OFFSET_WIDTH-1:0] head_pad_length_octet;
wire [OFFSET_WIDTH-1:0] head_hash_first;
wire [BEAT_WIDTH:0] head_hash_blocks;
wire [31:0] head_spi;
wire head_esn;
// between IV and ICV
wire [OFFSET_WIDTH-1:0] head_octets_inside;

elastic_register #(
    .WIDTH(HEAD_WIDTH),
    .STAGE(EXTRA)
) head_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(pop && !refuse),
    /* verilator lint_off PINCONNECTEMPTY */ // never waits
    .s_ready(),
    /* verilator lint_on PINCONNECTEMPTY */
    .s_data({line_data, icv_block, line_octets, line_last, first_reg, beat_reg, line_length,
        is_pad_length, beat_reg == hash_last_beat, begins_icv, began_icv_reg,
        context_crypto && beat_reg >= hash_last_beat, line_length >= context_ip_end,
        context_esp, context_hit, context_epoch, context_crypto, context_gmac, context_tunnel,
        context_near, context_number, context_handle, context_icv_words, context_iv, context_blocks,
        context_payload_first, context_payload_last, context_icv_first, context_payload_last - context_payload_first - 1'b1, context_hash_first,
        context_hash_blocks, context_spi, context_esn, context_octets[OFFSET_WIDTH-1:0]}),
    .m_valid(keep_beat),
    .m_ready(1'b1),
    .m_data({head_data, head_icv_block, head_octets, head_last, head_first, head_beat, head_length,
        head_is_pad_length, head_ends_payload, head_begins_icv, head_follows_icv,
        head_hashed, head_whole,
        head_esp, head_hit, head_epoch, head_crypto, head_gmac, head_tunnel,
        head_near, head_number, head_handle, head_icv_words, head_iv, head_blocks,
        head_payload_first, head_payload_last, head_icv_first, head_pad_length_octet, head_hash_first,
        head_hash_blocks, head_spi, head_esn, head_octets_inside})
);

// a beat of the frame found the store full
reg overflow_reg;

wire store_overflow;
wire overflow = store_overflow || (overflow_reg && !head_first);
wire record = keep_beat && head_last;
wire [1:0] kind = !head_hit ? KIND_PASS : head_crypto && head_whole ? KIND_CRYPTO : KIND_SYNTAX;
wire [63:0] aad_iv = head_gmac ? head_iv : 64'd0;
wire [OFFSET_WIDTH-1:0] aad_octets = head_gmac ? head_octets_inside + (head_esn ? 20 : 16) : head_esn ? 12 : 8;
wire [OFFSET_WIDTH-1:0] cipher_octets = head_gmac ? 0 : head_octets_inside;

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
    if (keep_beat) begin
        overflow_reg <= overflow;
        hash_data_reg <= head_data;
        hash_beat_reg <= head_beat;
        hash_last_beat_reg <= head_last;
        // the same for every beat of a frame
        hash_hash_reg <= head_crypto;
        hash_first_reg <= head_hash_first;
        hash_last_reg <= head_payload_last;
        hash_blocks_reg <= head_hash_blocks;
        hash_first_block_reg <= head_esn ? {head_spi, head_number, aad_iv[63:32]} : {head_spi, head_number[31:0], aad_iv};
        hash_length_block_reg <= {{64-3-OFFSET_WIDTH{1'b0}}, aad_octets, 3'd0, {64-3-OFFSET_WIDTH{1'b0}}, cipher_octets, 3'd0};
        hash_index_reg <= head_handle[INDEX_WIDTH-1:0];
    end
    if (rst_path) begin
        hash_valid_reg <= 1'b0;
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
    .rst(rst_path),
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
    .POWERS(POWERS),
    .EXTRA_REGISTERS(EXTRA_REGISTERS)
) ghash_inst (
    .clk(clk),
    .rst(rst_ghash),
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
localparam STORE_WIDTH = 128 + 5 + 1;

wire kept_valid;
wire [127:0] kept_data;
wire [4:0] kept_octets;
wire kept_last;
wire kept_take;

wire store_queue_valid;
wire store_queue_ready;
wire [STORE_WIDTH-1:0] store_queue_data;

frame_store #(
    .WIDTH(STORE_WIDTH),
    .DEPTH_LOG2(STORE_LOG2)
) frame_store_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(keep_beat),
    .s_data({head_data, head_octets, head_last}),
    .s_last(head_last),
    .s_commit(!overflow),
    .s_overflow(store_overflow),
    .m_valid(store_queue_valid),
    .m_ready(store_queue_ready),
    .m_data(store_queue_data)
);

elastic_register #(
    .WIDTH(STORE_WIDTH),
    .STAGE(2*EXTRA)
) store_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(store_queue_valid),
    .s_ready(store_queue_ready),
    .s_data(store_queue_data),
    .m_valid(kept_valid),
    .m_ready(kept_take),
    .m_data({kept_data, kept_octets, kept_last})
);

/*
 * Record
 */
// octets of the ICV that lie in the beat of its first octet
wire [127:0] icv_head_mask = {128{1'b1}} << {head_icv_first[3:0], 3'b000};

reg [127:0] icv_reg;
reg [7:0] pad_length_reg;
reg [7:0] next_header_reg;

reg record_valid_reg;
reg record_drop_reg;
reg record_crypto_reg;
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
// behind the last octet
reg [OFFSET_WIDTH-1:0] record_payload_end_reg;
reg [OFFSET_WIDTH-1:0] record_length_reg;

always @(posedge clk) begin
    record_valid_reg <= record;
    if (keep_beat && head_crypto) begin
        if (head_is_pad_length) begin
            pad_length_reg <= head_icv_block[15:8];
        end
        if (head_ends_payload) begin
            next_header_reg <= head_icv_block[7:0];
        end
        if (head_begins_icv) begin
            icv_reg <= head_icv_block & icv_head_mask;
        end else if (head_follows_icv) begin
            icv_reg <= icv_reg | (head_icv_block & ~icv_head_mask);
        end
    end
    // looked at with record_valid_reg only
    record_drop_reg <= overflow;
    record_crypto_reg <= kind == KIND_CRYPTO && !overflow;
    record_hashed_reg <= head_hashed;
    record_kind_reg <= kind;
    record_esp_reg <= head_esp;
    record_hit_reg <= head_hit;
    record_epoch_reg <= head_epoch;
    record_gmac_reg <= head_gmac;
    record_tunnel_reg <= head_tunnel;
    record_near_reg <= head_near;
    record_number_reg <= head_number;
    record_handle_reg <= head_handle;
    record_icv_words_reg <= head_icv_words;
    record_payload_first_reg <= head_payload_first;
    record_payload_end_reg <= head_icv_first;
    record_length_reg <= head_length;
    if (rst_path) begin
        record_valid_reg <= 1'b0;
    end
end

wire check_valid;
wire check_drop;
// of KIND_CRYPTO, and not dropped: known one cycle before
wire check_known_crypto;
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
wire [OFFSET_WIDTH-1:0] check_payload_end;
wire [OFFSET_WIDTH-1:0] check_length;
wire check_take;
wire records_room;

localparam CHECK_WIDTH = 5 + 6 + 64 + 32 + 3 + 128 + 16 + 3*OFFSET_WIDTH;

/* verilator lint_off PINCONNECTEMPTY */ // room is kept by records_full
queue #(
    .WIDTH(CHECK_WIDTH),
    .DEPTH_LOG2(FRAMES_LOG2),
    .BLOCK_RAM(1),
    .STAGE(FRAME_STAGE),
    .AHEAD(RECORDS_AHEAD)
) check_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(record_valid_reg),
    .s_ready(),
    .s_data({record_drop_reg, record_crypto_reg, record_hashed_reg, record_kind_reg, record_esp_reg, record_hit_reg, record_epoch_reg,
        record_gmac_reg, record_tunnel_reg, record_near_reg, record_number_reg, record_handle_reg, record_icv_words_reg, icv_reg, pad_length_reg, next_header_reg,
        record_payload_first_reg, record_payload_end_reg, record_length_reg}),
    .room(records_room),
    .m_valid(check_valid),
    .m_ready(check_take),
    .m_data({check_drop, check_known_crypto, check_hashed, check_kind, check_esp, check_hit, check_epoch,
        check_gmac, check_tunnel, check_near, check_number, check_handle, check_icv_words, check_icv, check_pad_length, check_next_header,
        check_payload_first, check_payload_end, check_length})
);
/* verilator lint_on PINCONNECTEMPTY */

assign records_full = !records_room;

/*
 * Keystream
 */
wire job_valid;
wire job_ready;
wire [INDEX_WIDTH-1:0] job_index;
wire [63:0] job_iv;
wire [BEAT_WIDTH-1:0] job_blocks;
wire [1:0] job_word;
wire [OFFSET_WIDTH-1:0] job_pad_length_octet;

wire keystream_valid;
wire keystream_take;
wire [127:0] keystream_data;
wire j0_valid;
wire j0_take;
wire [127:0] j0_block;
wire [7:0] j0_pad_length;
wire [7:0] j0_next_header;

localparam JOB_WIDTH = INDEX_WIDTH + 64 + BEAT_WIDTH + 2 + OFFSET_WIDTH;

/* verilator lint_off PINCONNECTEMPTY */ // never more jobs than records; the last mark and sa_command's slots serve transmit
queue #(
    .WIDTH(JOB_WIDTH),
    .DEPTH_LOG2(FRAMES_LOG2),
    .BLOCK_RAM(EXTRA),
    .STAGE(FRAME_STAGE)
) job_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(record && kind == KIND_CRYPTO && !overflow),
    .s_ready(),
    .s_data({head_handle[INDEX_WIDTH-1:0], head_iv, head_blocks, head_payload_first[3:2], head_pad_length_octet}),
    .room(),
    .m_valid(job_valid),
    .m_ready(job_ready),
    .m_data({job_index, job_iv, job_blocks, job_word, job_pad_length_octet})
);

wire j0_made;
wire j0_ready;
wire [127:0] j0_made_block;
wire [7:0] j0_made_pad_length;
wire [7:0] j0_made_next_header;
wire block_made;
wire block_ready;
wire [127:0] block_made_data;

keystream #(
    .RECEIVE(1),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .KEY_STORE(KEY_STORE),
    .EXTRA_REGISTERS(EXTRA_REGISTERS),
    .ROM_ROUNDS(ROM_ROUNDS),
    .SHARED_AES(SHARED_AES),
    .INDEX_WIDTH(INDEX_WIDTH),
    .BLOCKS_WIDTH(BEAT_WIDTH),
    .USER_WIDTH(1),
    .JOBS_LOG2(JOBS_LOG2)
) keystream_inst (
    .clk(clk),
    .rst(rst_keystream),
    .job_valid(job_valid),
    .job_ready(job_ready),
    .job_index(job_index),
    .job_iv(job_iv),
    .job_blocks(job_blocks),
    .job_word(job_word),
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
    .aes_request(aes_request),
    .aes_result(aes_result),
    .h_req_valid(1'b0),
    .h_req_ready(),
    .h_req_index({INDEX_WIDTH{1'b0}}),
    .h_req_key(256'd0),
    .h_req_key_size(2'd0),
    .h_rsp_valid(),
    .h_rsp_block(),
    .m_valid(block_made),
    .m_ready(block_ready),
    .m_data(block_made_data),
    .m_last(),
    .j0_valid(j0_made),
    .j0_ready(j0_ready),
    .j0_event(),
    .j0_block(j0_made_block),
    .j0_pad_length(j0_made_pad_length),
    .j0_next_header(j0_made_next_header)
);

elastic_register #(
    .WIDTH(128 + 16),
    .STAGE(FRAME_STAGE)
) j0_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(j0_made),
    .s_ready(j0_ready),
    .s_data({j0_made_block, j0_made_pad_length, j0_made_next_header}),
    .m_valid(j0_valid),
    .m_ready(j0_take),
    .m_data({j0_block, j0_pad_length, j0_next_header})
);

elastic_register #(
    .WIDTH(128),
    .STAGE(2*EXTRA)
) keystream_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(block_made),
    .s_ready(block_ready),
    .s_data(block_made_data),
    .m_valid(keystream_valid),
    .m_ready(keystream_take),
    .m_data(keystream_data)
);

/*
 * Verify: the ICV is compared over all its octets at once
 */
wire stored_hash_valid;
wire [127:0] stored_hash;
wire hash_take;

queue #(
    .WIDTH(128),
    .DEPTH_LOG2(FRAMES_LOG2),
    .BLOCK_RAM(1),
    .STAGE(FRAME_STAGE)
) hash_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(ghash_valid),
    .s_ready(),
    .s_data(ghash_data),
    .room(),
    .m_valid(stored_hash_valid),
    .m_ready(hash_take),
    .m_data(stored_hash)
);
/* verilator lint_on PINCONNECTEMPTY */

wire verdict_ready;
wire check_crypto = EXTRA != 0 ? check_known_crypto : check_kind == KIND_CRYPTO && !check_drop;
wire [127:0] icv_mask = {{64{1'b1}}, {32{check_icv_words >= 3'd3}}, {32{check_icv_words >= 3'd4}}};
wire [127:0] difference = (stored_hash ^ j0_block ^ check_icv) & icv_mask;
// of each 4 bits whether there is one
reg [31:0] differs;
integer i;

always @* begin
    for (i = 0; i < 32; i = i + 1) begin
        differs[i] = |difference[4*i +: 4];
    end
end

// cycles that the record has been at hand before this one, up to 2, with EXTRA_REGISTERS 3: then the use of its SA is known, and that of the frame before
// is counted. E(J0) takes longer
reg [1:0] check_age_reg;
localparam [1:0] OLD_ENOUGH = EXTRA != 0 ? 2'd3 : 2'd2;

assign check_take = check_valid && (!check_hashed || stored_hash_valid) && (!check_crypto || (j0_valid && check_age_reg == OLD_ENOUGH))
    && (verdict_ready || (EXTRA == 0 && check_drop));
assign hash_take = check_take && check_hashed;
assign j0_take = check_take && check_crypto;

wire [7:0] pad_length = check_gmac ? check_pad_length : check_pad_length ^ j0_pad_length;
wire [7:0] next_header = check_gmac ? check_next_header : check_next_header ^ j0_next_header;

localparam RESULT_WIDTH = 2 + 2 + 6 + 64 + 32 + 16 + 4*OFFSET_WIDTH;

wire compared_valid;
wire [31:0] compared_differs;
wire [RESULT_WIDTH-1:0] compared_result;
wire compared_crypto = compared_result[RESULT_WIDTH-2];

/* verilator lint_off PINCONNECTEMPTY */ // these never wait: room is kept by verdict_ready
elastic_register #(
    .WIDTH(32 + RESULT_WIDTH),
    .STAGE(EXTRA)
) compared_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(check_take),
    .s_ready(),
    .s_data({differs, check_drop, check_crypto, check_kind, check_esp, check_hit, check_epoch, check_gmac, check_tunnel, check_near, check_handle,
        check_number, pad_length, next_header, check_length, check_payload_end - check_payload_first, check_payload_first, check_payload_end}),
    .m_valid(compared_valid),
    .m_ready(1'b1),
    .m_data({compared_differs, compared_result})
);

wire result_valid;
wire icv_equal;
wire result_drop;
wire result_crypto;
wire [1:0] result_kind;
wire result_esp;
wire result_hit;
wire result_epoch;
wire result_gmac;
wire result_tunnel;
wire result_near;
wire [31:0] result_handle;
wire [63:0] result_number;
wire [7:0] result_pad_length;
wire [7:0] result_next_header;
wire [OFFSET_WIDTH-1:0] result_length;
wire [OFFSET_WIDTH-1:0] result_octets;
wire [OFFSET_WIDTH-1:0] result_payload_first;
wire [OFFSET_WIDTH-1:0] result_payload_end;
wire authentic;

elastic_register #(
    .WIDTH(2 + RESULT_WIDTH),
    .STAGE(EXTRA)
) result_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(compared_valid),
    .s_ready(),
    .s_data({compared_differs == 32'd0, compared_crypto && compared_differs == 32'd0, compared_result}),
    .m_valid(result_valid),
    .m_ready(1'b1),
    .m_data({icv_equal, authentic, result_drop, result_crypto, result_kind, result_esp, result_hit, result_epoch, result_gmac, result_tunnel, result_near,
        result_handle, result_number, result_pad_length, result_next_header, result_length, result_octets, result_payload_first, result_payload_end})
);

// limits that the SA of the result has reached
wire hard_reached;
wire soft_reached;

wire verified = authentic && !hard_reached;
wire [2:0] result_status = result_kind == KIND_SYNTAX ? CRYPTO_INVALID_PACKET_SYNTAX
    : verified || result_kind == KIND_PASS ? CRYPTO_SUCCESS
    : authentic ? CRYPTO_GENERIC_ERROR
    : result_tunnel ? CRYPTO_TUNNEL_ESP_AUTH_FAILED : CRYPTO_TRANSPORT_ESP_AUTH_FAILED;

// slot 12 tells nothing of a frame that was not verified
wire [31:0] result_slot_12 = verified ? {15'd0, 1'b1, result_pad_length, result_next_header} : 32'd0;
wire delete_request = authentic && (hard_reached || soft_reached || result_near);
wire [31:0] result_slot_1 = {13'd0, result_status, 14'd0, result_kind != KIND_PASS, delete_request};

// an empty queue holds anything
wire [INDEX_WIDTH-1:0] check_index = check_valid ? check_handle[INDEX_WIDTH-1:0] : {INDEX_WIDTH{1'b0}};

generate
    if (EXTRA != 0) begin : index_stays
        // that of the cycle before check_take is looked at, that of the cycle after it belongs to use_valid: see sa_usage
        assign usage_index = compared_valid ? compared_result[RESULT_WIDTH-10-32 +: INDEX_WIDTH] : check_index;

        reg hard_reg;
        reg soft_reg;

        assign hard_reached = hard_reg;
        assign soft_reached = soft_reg;

        always @(posedge clk) begin
            hard_reg <= usage_hard;
            soft_reg <= usage_soft;
        end
    end else begin : index_as_it_is
        assign usage_index = check_index;
        assign hard_reached = usage_hard;
        assign soft_reached = usage_soft;
    end
endgenerate

always @(posedge clk) begin
    if (!check_valid || check_take || rst_path) begin
        check_age_reg <= 2'd0;
    end else if (check_age_reg != OLD_ENOUGH) begin
        check_age_reg <= check_age_reg + 1'b1;
    end
    use_valid <= result_valid && authentic && !rst_path;
    use_count <= verified;
    use_octets <= result_octets;
    use_number <= result_number;
    use_near <= result_near;
    use_handle <= result_handle;
end

localparam VERDICT_WIDTH = 4 + 96 + 2*OFFSET_WIDTH;

wire made_valid;
wire made_drop;
wire [VERDICT_WIDTH-1:0] made_verdict;
wire verdict_room;
wire verdict_queue_ready;
wire verdict_valid;
wire verdict_verified;
wire verdict_keystream;
wire verdict_hit;
wire verdict_epoch;
wire [31:0] verdict_handle;
wire [31:0] verdict_slot_12;
wire [31:0] verdict_slot_1;
wire [OFFSET_WIDTH-1:0] verdict_payload_first;
wire [OFFSET_WIDTH-1:0] verdict_payload_end;
wire verdict_take;

elastic_register #(
    .WIDTH(1 + VERDICT_WIDTH),
    .STAGE(EXTRA)
) made_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(result_valid),
    .s_ready(),
    .s_data({result_drop, verified, result_crypto && !result_gmac, result_hit, result_epoch, result_hit ? result_handle : 32'd0,
        result_slot_12, result_slot_1, result_payload_first, result_payload_end}),
    .m_valid(made_valid),
    .m_ready(1'b1),
    .m_data({made_drop, made_verdict})
);
/* verilator lint_on PINCONNECTEMPTY */

queue #(
    .WIDTH(VERDICT_WIDTH),
    .DEPTH_LOG2(VERDICTS_LOG2),
    .BLOCK_RAM(0),
    .STAGE(FRAME_STAGE),
    .AHEAD(VERDICTS_AHEAD)
) verdict_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(made_valid && !made_drop),
    .s_ready(verdict_queue_ready),
    .s_data(made_verdict),
    .room(verdict_room),
    .m_valid(verdict_valid),
    .m_ready(verdict_take),
    .m_data({verdict_verified, verdict_keystream, verdict_hit, verdict_epoch, verdict_handle, verdict_slot_12, verdict_slot_1,
        verdict_payload_first, verdict_payload_end})
);

// with registers behind the comparison the queue is not asked in the cycle in which the verdict comes
assign verdict_ready = EXTRA != 0 ? verdict_room : verdict_queue_ready;

always @(posedge clk) begin
    event_frame <= result_valid && !result_drop && !rst_path;
    event_decrypted <= result_valid && verified && !rst_path;
    event_not_esp <= result_valid && !result_drop && !result_esp && !rst_path;
    event_no_sa <= result_valid && !result_drop && result_esp && !result_hit && !rst_path;
    event_icv_failed <= result_valid && result_crypto && !icv_equal && !rst_path;
    event_syntax_failed <= result_valid && !result_drop && result_kind == KIND_SYNTAX && !rst_path;
    event_limit_failed <= result_valid && authentic && hard_reached && !rst_path;
    event_octets <= result_valid && !result_drop && !rst_path ? result_length : 14'd0;
end

wire [2:0] lost_now = {input_refused, context_take && refuse, result_valid && result_drop};
wire [2:0] lost;

event_queue #(
    .INPUTS(3)
) event_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_event(lost),
    .m_ready(1'b1),
    .m_event(event_overflow)
);

/*
 * Release: the keystream of a frame that failed is thrown away beat by beat
 */
reg [BEAT_WIDTH-1:0] release_beat_reg;
reg [127:0] keystream_before_reg;

// two places of the frame, {ICV, payload}: the beat holds the first octet of it; one before the beat did
wire [1:0] here = {release_beat_reg == verdict_payload_end[OFFSET_WIDTH-1:4], release_beat_reg == verdict_payload_first[OFFSET_WIDTH-1:4]};
reg [1:0] passed_reg;
wire [1:0] ahead = ~passed_reg & ~here;
// a keystream block begins in the beat
wire begins_block = verdict_keystream && !ahead[0] && (ahead[1] || (here[1] && verdict_payload_first[3:0] < verdict_payload_end[3:0]));

wire kept_ready;
wire release_valid;
wire release_ready;
wire [127:0] release_data;
wire [4:0] release_octets;
wire release_last;
wire release_keystream;
wire release_decrypt;
wire [1:0] release_ahead;
wire [1:0] release_here;
wire [3:0] release_lane;
wire [3:0] release_end_lane;
wire [95:0] release_user;
wire release_hit;
wire release_epoch;
wire store_valid;
wire [127:0] store_data;
wire store_last;
wire store_take;
wire keystream_needed;
wire [15:0] payload_lanes;
wire [15:0] live_lanes;
wire [3:0] lane;
wire [95:0] out_user;
wire out_hit;
wire out_epoch;

assign kept_take = kept_valid && verdict_valid && kept_ready;
assign verdict_take = kept_take && kept_last;

elastic_register #(
    .WIDTH(STORE_WIDTH + 2 + 4 + 8 + 96 + 2),
    .STAGE(2*EXTRA)
) release_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(kept_valid && verdict_valid),
    .s_ready(kept_ready),
    .s_data({kept_data, kept_octets, kept_last, begins_block, verdict_verified && verdict_keystream, ahead, here,
        verdict_payload_first[3:0], verdict_payload_end[3:0],
        verdict_handle, verdict_slot_12, verdict_slot_1, verdict_hit, verdict_epoch}),
    .m_valid(release_valid),
    .m_ready(release_ready),
    .m_data({release_data, release_octets, release_last, release_keystream, release_decrypt, release_ahead, release_here,
        release_lane, release_end_lane, release_user, release_hit, release_epoch})
);

wire [15:0] before_payload;
wire [15:0] before_icv;

lane_before before_payload_inst (
    .ahead(release_ahead[0]),
    .here(release_here[0]),
    .stop(release_lane),
    .lanes(before_payload)
);

lane_before before_icv_inst (
    .ahead(release_ahead[1]),
    .here(release_here[1]),
    .stop(release_end_lane),
    .lanes(before_icv)
);

// the sink's ready comes as far as here
elastic_register #(
    .WIDTH(128 + 1 + 1 + 16 + 16 + 4 + 96 + 2),
    .STAGE(2*EXTRA)
) lanes_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(release_valid),
    .s_ready(release_ready),
    .s_data({release_data, release_last, release_keystream, before_icv & ~before_payload & {16{release_decrypt}},
        ~(16'hffff << release_octets[3:0]) | {16{release_octets[4]}}, release_lane, release_user, release_hit, release_epoch}),
    .m_valid(store_valid),
    .m_ready(store_take),
    .m_data({store_data, store_last, keystream_needed, payload_lanes, live_lanes, lane, out_user, out_hit, out_epoch})
);

wire [127:0] payload_mask;
wire [127:0] before_mask;
wire [127:0] live_mask;

lane_mask payload_mask_inst (
    .lanes(payload_lanes),
    .mask(payload_mask)
);

lane_mask before_mask_inst (
    .lanes(~(16'hffff << lane)),
    .mask(before_mask)
);

lane_mask live_mask_inst (
    .lanes(live_lanes),
    .mask(live_mask)
);

wire output_free = !m_axis_rx_tvalid || m_axis_rx_tready;
wire [127:0] keystream_beat = (keystream_before_reg & before_mask) | (keystream_data & ~before_mask);

assign store_take = store_valid && output_free && (!keystream_needed || keystream_valid);
assign keystream_take = store_take && keystream_needed;

always @(posedge clk) begin
    if (output_free) begin
        m_axis_rx_tvalid <= store_take;
    end
    if (store_take) begin
        m_axis_rx_tdata <= (store_data ^ (keystream_beat & payload_mask)) & live_mask;
        m_axis_rx_tkeep <= live_lanes;
        m_axis_rx_tlast <= store_last;
        m_axis_rx_tuser <= out_user;
        if (keystream_needed) begin
            keystream_before_reg <= keystream_data;
        end
    end
    if (kept_take) begin
        passed_reg <= kept_last ? 2'd0 : passed_reg | here;
        if (kept_last) begin
            release_beat_reg <= 0;
        end else if (!(&release_beat_reg[BEAT_WIDTH-1:1])) begin
            release_beat_reg <= release_beat_reg + 1'b1;
        end
    end
    if (rst_path) begin
        m_axis_rx_tvalid <= 1'b0;
        release_beat_reg <= 0;
        passed_reg <= 2'd0;
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
wire retire_dropped = result_valid && result_drop && result_hit;
wire frame_uncounted;
wire [2:0] retire;
wire [2:0] retire_of;

generate
    if (EXTRA != 0) begin : count_later
        reg context_take_reg;
        reg [2:0] lost_reg;
        reg [2:0] retire_reg;
        reg [2:0] retire_of_reg;

        assign frame_uncounted = context_take_reg;
        assign lost = lost_reg;
        assign retire = retire_reg;
        assign retire_of = retire_of_reg;

        always @(posedge clk) begin
            context_take_reg <= context_take && !rst_path;
            lost_reg <= lost_now & {3{!rst_path}};
            retire_reg <= {retire_released, retire_refused, retire_dropped} & {3{!rst_path}};
            retire_of_reg <= {out_epoch_reg, context_epoch, result_epoch};
        end
    end else begin : count_at_once
        assign frame_uncounted = context_take;
        assign lost = lost_now;
        assign retire = {retire_released, retire_refused, retire_dropped};
        assign retire_of = {out_epoch_reg, context_epoch, result_epoch};
    end
endgenerate

always @(posedge clk) begin
    if (input_begin && !frame_uncounted) begin
        line_frames_reg <= line_frames_reg + 1'b1;
    end else if (!input_begin && frame_uncounted) begin
        line_frames_reg <= line_frames_reg - 1'b1;
    end
    if (store_take) begin
        out_hit_reg <= out_hit;
        out_epoch_reg <= out_epoch;
    end
    if (rst_path) begin
        line_frames_reg <= 0;
        out_hit_reg <= 1'b0;
    end
end

retire_queue #(
    .INPUTS(3)
) retire_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_retire(retire),
    .s_epoch(retire_of),
    .m_valid(retire_valid),
    .m_epoch(retire_epoch)
);

endmodule

`resetall
