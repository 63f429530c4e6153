// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Transmit path: encrypts the payload of ESP frames in place and writes the ICV (rules T1 to T8 of docs/architecture.md).
 *
 *   s_axis_tx -> delay_fifo ------------------------> XOR -> delay_line -> ICV insert -> output FIFO -> m_axis_tx
 *      |   \-> SA by handle (tx_lookup) -\             ^  \-> ghash_feeder -> ghash -^
 *      \-> esp_parser -> esp_geometry -> limits (usage) -> job -> keystream -- E(J0) /
 *
 * Every beat leaves EXTRA_INPUT + POP_DELAY + TAG_DELAY + 2 cycles after it came, while the output does not stall: latency is AES latency + GHASH_STAGES + 20
 * (with EXTRA_REGISTERS 32), the same for every frame. Throughput: one beat per cycle, a different SA on each frame.
 * A failed frame is dropped; one whose failure is known only at its end leaves as ciphertext with m_axis_tx_tuser on the last beat. A frame whose
 * ICV is not ready in time (which the schedule rules out) is aborted likewise: fail closed.
 * Dead lanes (tkeep = 0) are never looked at, and leave as zero.
 */
module esp_transmit #(
    parameter SA_COUNT = 64,
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
    // 1: more register stages, for the clock rates of an FPGA
    parameter EXTRA_REGISTERS = 0,
    // powers of the hash key read at once: derived, leave as it is
    parameter POWERS = KEY_STORE != 0 ? 1 : GHASH_STAGES
) (
    input  wire                        clk,
    input  wire                        rst,
    // transmit offload is configured
    input  wire                        enable,

    /*
     * Frames from the host; tuser with the first beat: {slot 11 tunnel handle, slot 1 handle}
     */
    input  wire [127:0]                s_axis_tx_tdata,
    input  wire [15:0]                 s_axis_tx_tkeep,
    input  wire                        s_axis_tx_tvalid,
    output wire                        s_axis_tx_tready,
    input  wire                        s_axis_tx_tlast,
    input  wire [63:0]                 s_axis_tx_tuser,

    /*
     * Frames to the wire; tuser with the last beat: abort, the MAC discards the frame
     */
    output wire [127:0]                m_axis_tx_tdata,
    output wire [15:0]                 m_axis_tx_tkeep,
    output wire                        m_axis_tx_tvalid,
    input  wire                        m_axis_tx_tready,
    output wire                        m_axis_tx_tlast,
    output wire                        m_axis_tx_tuser,

    /*
     * One status for each frame from the host, in order: 0 sent; failed for 1 its handle, 2 its packet, 3 its length, 4 a limit of the SA,
     * 5 its sequence number
     */
    output wire [7:0]                  m_axis_tx_status_tdata,
    output wire                        m_axis_tx_status_tvalid,
    input  wire                        m_axis_tx_status_tready,

    /*
     * SA table
     */
    output wire                        lookup_valid,
    output wire [31:0]                 lookup_handle,
    input  wire                        found_valid,
    input  wire                        found_hit,
    input  wire                        found_epoch,
    input  wire                        found_gmac,
    input  wire                        found_esn,
    input  wire [31:0]                 found_seq_hi,
    input  wire [2:0]                  found_icv_words,
    input  wire [31:0]                 found_spi,
    input  wire                        found_ipv6,
    input  wire [1:0]                  found_udp_type,
    input  wire                        found_iv_sequence,
    output wire                        retire_valid,
    output wire                        retire_epoch,

    // use of the SA, see sa_usage
    output wire [INDEX_WIDTH-1:0]      usage_index,
    input  wire                        usage_hard,
    input  wire [63:0]                 usage_highest,
    output wire                        use_valid,
    output wire                        use_count,
    output wire [13:0]                 use_octets,
    output wire [63:0]                 use_number,
    output wire                        use_near,
    output wire [31:0]                 use_handle,

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
     * E_K(0) for sa_command
     */
    input  wire                        h_req_valid,
    output wire                        h_req_ready,
    input  wire [INDEX_WIDTH-1:0]      h_req_index,
    input  wire [255:0]                h_req_key,
    input  wire [1:0]                  h_req_key_size,
    output wire                        h_rsp_valid,
    output wire [127:0]                h_rsp_block,

    /*
     * Events for the counters, one pulse per frame
     */
    output reg                         event_frame,
    output reg                         event_protected,
    output reg                         event_bypassed,
    output reg                         event_failed_handle,
    output reg                         event_failed_packet,
    output reg                         event_failed_length,
    output reg                         event_failed_limit,
    output reg                         event_failed_sequence,
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
// with KEY_STORE also the time that a job waits for its key, and for that of an h_req before it: see keystream
localparam ROUNDS = MAX_KEY_BITS / 32 + 6;
localparam AES_LATENCY = (SHARED_AES != 0 ? 5 * ROUNDS / 2 + 5 : ROUNDS * CYCLES_PER_ROUND + 1) + (KEY_STORE != 0 ? 8 : 0);
localparam LEFT_WIDTH = GHASH_STAGES < 3 ? 2 : GHASH_STAGES < 7 ? 3 : 4;

// register stages of EXTRA_REGISTERS, in cycles. A lookup that takes two more is still there before the descriptor
localparam EXTRA = EXTRA_REGISTERS != 0 ? 1 : 0;
// between s_axis_tx and all the rest, and s_axis_tx_tready is a register
localparam EXTRA_INPUT = EXTRA;
localparam EXTRA_PARSER = 3 * EXTRA;
// registers behind what comes once for each frame: a frame of one beat takes two cycles
localparam FRAME_STAGE = 3 * EXTRA;
// behind the queues of descriptors and answers, and one for the limits
localparam EXTRA_JUDGE = 2 * EXTRA;
// queue of jobs in block RAM, and a register behind it
localparam EXTRA_JOB = 2 * EXTRA;
// in keystream
localparam EXTRA_CIPHER = EXTRA;
// behind the queue of keystream
localparam EXTRA_KEYSTREAM = EXTRA;
// in ghash
localparam EXTRA_HASH = EXTRA;
// between the XOR of the tag and its rotation
localparam EXTRA_TAG = EXTRA;
// between the delay FIFO and the XOR; no latency: the beats leave the FIFO as much earlier
localparam EXTRA_BEAT = 5 * EXTRA;

// from the XOR to the ICV: feeder 4, ghash GHASH_STAGES + 1, FIFO and rotation 2
localparam TAG_DELAY = GHASH_STAGES + 7 + EXTRA_HASH + EXTRA_TAG;
localparam TAG_DELAY_LOG2 = TAG_DELAY <= 16 ? 4 : 5;
// age of a beat at the XOR: the keystream of the farthest ESP header is ready
localparam POP_DELAY = AES_LATENCY + 11 + EXTRA_PARSER + EXTRA_JUDGE + EXTRA_JOB + EXTRA_CIPHER + EXTRA_KEYSTREAM;
localparam FRAME_FIFO_LOG2 = POP_DELAY + 8 <= 64 ? 6 : 7;
// log2 of the frames between s_axis_tx and the XOR
localparam FRAMES_LOG2 = 5;
// log2 of the frames between s_axis_tx and the judge: what the parser holds and a few more, as a frame is judged sooner than the next one of its length comes
localparam ASKED_LOG2 = 4;
// log2 of the beats that wait at the XOR, with EXTRA_REGISTERS
localparam HEADS_LOG2 = 4;
localparam OUTPUT_LOG2 = 5;
localparam STATUS_LOG2 = 4;

localparam [7:0]
    STATUS_SENT = 8'd0,
    STATUS_FAILED_HANDLE = 8'd1,
    STATUS_FAILED_PACKET = 8'd2,
    STATUS_FAILED_LENGTH = 8'd3,
    STATUS_FAILED_LIMIT = 8'd4,
    STATUS_FAILED_SEQUENCE = 8'd5;

/*
 * Input
 */
wire [4:0] s_octets;
wire input_valid;
wire input_ready;
wire [127:0] input_data;
wire [4:0] input_octets;
wire input_last;
// with the first beat: the SA is looked up; there is none to be
wire input_asks;
wire input_bypass;
wire [31:0] input_handle;
wire frame_fifo_ready;
wire parser_full;

reg input_first_reg;
reg [BEAT_WIDTH-1:0] input_beat_reg;
reg [FRAMES_LOG2-1:0] input_id_reg;
// frames inside, counted from their first beat to their last beat at the XOR
reg [FRAMES_LOG2:0] frames_reg;

wire frames_full = frames_reg[FRAMES_LOG2];
wire input_open = input_valid && !(input_first_reg && (parser_full || frames_full));
wire input_beat = input_open && frame_fifo_ready;
wire input_begin = input_beat && input_first_reg;

wire [31:0] handle = s_axis_tx_tuser[31:0];
wire [31:0] tunnel_handle = s_axis_tx_tuser[63:32];

// length of the frames inside, known once their last beat came
reg [OFFSET_WIDTH-1:0] length_mem [0:2**FRAMES_LOG2-1];
reg [2**FRAMES_LOG2-1:0] ended_reg;

assign input_ready = frame_fifo_ready && !(input_first_reg && (parser_full || frames_full));
assign lookup_valid = input_begin && input_asks;
assign lookup_handle = input_handle;

octet_count octet_count_inst (
    .tkeep(s_axis_tx_tkeep),
    .tlast(s_axis_tx_tlast),
    .octets(s_octets)
);

elastic_register #(
    .WIDTH(128 + 5 + 1 + 2 + 32),
    .STAGE(2 * EXTRA_INPUT)
) input_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(s_axis_tx_tvalid),
    .s_ready(s_axis_tx_tready),
    .s_data({s_axis_tx_tdata, s_octets, s_axis_tx_tlast, enable && handle != 0 && tunnel_handle == 0, handle == 0 && tunnel_handle == 0, handle}),
    .m_valid(input_valid),
    .m_ready(input_ready),
    .m_data({input_data, input_octets, input_last, input_asks, input_bypass, input_handle})
);

always @(posedge clk) begin
    if (input_beat) begin
        input_first_reg <= input_last;
        if (input_first_reg) begin
            ended_reg[input_id_reg] <= 1'b0;
        end
        if (input_last) begin
            length_mem[input_id_reg] <= {input_octets[4] ? input_beat_reg + 1'b1 : input_beat_reg, input_octets[3:0]};
            ended_reg[input_id_reg] <= 1'b1;
            input_id_reg <= input_id_reg + 1'b1;
            input_beat_reg <= 0;
        end else if (!(&input_beat_reg[BEAT_WIDTH-1:1])) begin
            input_beat_reg <= input_beat_reg + 1'b1;
        end
    end
    if (rst_path) begin
        input_first_reg <= 1'b1;
        input_beat_reg <= 0;
        input_id_reg <= 0;
        ended_reg <= 0;
    end
end

/*
 * Parse and look up
 */
wire desc_valid;
wire desc_esp;
wire desc_ipv6;
wire desc_udp;
wire [31:0] desc_spi;
wire [31:0] desc_seq;
wire [63:0] desc_iv;
/* verilator lint_off UNUSEDSIGNAL */ // the host chose the SA: the addresses are not looked at
wire [127:0] desc_src;
wire [127:0] desc_dst;
/* verilator lint_on UNUSEDSIGNAL */
wire [6:0] desc_esp_offset;
wire [OFFSET_WIDTH-1:0] desc_ip_end;

esp_parser #(
    .OFFSET_WIDTH(OFFSET_WIDTH),
    .EXTRA_REGISTERS(EXTRA_REGISTERS)
) esp_parser_inst (
    .clk(clk),
    .rst(rst_esp_parser),
    .s_valid(input_beat),
    .s_data(input_data),
    .s_octets(input_octets),
    .s_last(input_last),
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

wire parsed_valid;
wire parsed_esp;
wire parsed_ipv6;
wire parsed_udp;
wire [31:0] parsed_spi;
wire [31:0] parsed_seq;
wire [63:0] parsed_iv;
wire [6:0] parsed_esp_offset;
wire [OFFSET_WIDTH-1:0] parsed_ip_end;

wire asked_valid;
wire asked_lookup;
wire asked_bypass;
wire [31:0] asked_handle;

wire answer_valid;
wire answer_hit;
wire answer_epoch;
wire answer_gmac;
wire answer_esn;
wire [31:0] answer_seq_hi;
wire [2:0] answer_icv_words;
wire [31:0] answer_spi;
wire answer_ipv6;
wire [1:0] answer_udp_type;
wire answer_iv_sequence;

// the handle at hand was there in the cycle before, with EXTRA_REGISTERS for two: the use of its SA is known in the cycle after this one, and that of the frame
// before is counted
reg [EXTRA:0] asked_stays_reg;
localparam [EXTRA:0] ONE_CYCLE = 1;

// a frame is judged when its descriptor and, if there is one, the answer to its lookup are there; one that is ESP has four beats or more, so
// that asked_stays_reg takes no cycle from the throughput
(* keep *) wire judge = parsed_valid && asked_valid && (!asked_lookup || (answer_valid && (asked_stays_reg[EXTRA] || !parsed_esp)));

// an empty queue holds anything
assign usage_index = asked_valid ? asked_handle[INDEX_WIDTH-1:0] : {INDEX_WIDTH{1'b0}};

always @(posedge clk) begin
    asked_stays_reg <= asked_valid && !judge && !rst_path ? (asked_stays_reg << 1) | ONE_CYCLE : 0;
end

localparam PARSED_WIDTH = 3 + 32 + 32 + 64 + 7 + OFFSET_WIDTH;
localparam ASKED_WIDTH = 2 + 32;
localparam ANSWER_WIDTH = 6 + 32 + 3 + 32 + 2;

/* verilator lint_off PINCONNECTEMPTY */ // all per-frame FIFOs have room for as many frames as are let in
queue #(
    .WIDTH(PARSED_WIDTH),
    .DEPTH_LOG2(ASKED_LOG2),
    .STAGE(EXTRA)
) parsed_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(desc_valid),
    .s_ready(),
    .s_data({desc_esp, desc_ipv6, desc_udp, desc_spi, desc_seq, desc_iv, desc_esp_offset, desc_ip_end}),
    .room(),
    .m_valid(parsed_valid),
    .m_ready(judge),
    .m_data({parsed_esp, parsed_ipv6, parsed_udp, parsed_spi, parsed_seq, parsed_iv, parsed_esp_offset, parsed_ip_end})
);

queue #(
    .WIDTH(ASKED_WIDTH),
    .DEPTH_LOG2(ASKED_LOG2),
    .STAGE(EXTRA)
) asked_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(input_begin),
    .s_ready(),
    .s_data({input_asks, input_bypass, input_handle}),
    .room(),
    .m_valid(asked_valid),
    .m_ready(judge),
    .m_data({asked_lookup, asked_bypass, asked_handle})
);

queue #(
    .WIDTH(ANSWER_WIDTH),
    .DEPTH_LOG2(ASKED_LOG2),
    .STAGE(EXTRA)
) answer_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(found_valid),
    .s_ready(),
    .s_data({found_hit, found_epoch, found_gmac, found_esn, found_ipv6, found_iv_sequence, found_seq_hi, found_icv_words, found_spi,
        found_udp_type}),
    .room(),
    .m_valid(answer_valid),
    .m_ready(judge && asked_lookup),
    .m_data({answer_hit, answer_epoch, answer_gmac, answer_esn, answer_ipv6, answer_iv_sequence, answer_seq_hi, answer_icv_words, answer_spi,
        answer_udp_type})
);
/* verilator lint_on PINCONNECTEMPTY */

/*
 * Judge: what becomes of the frame, and where its parts lie
 */
wire hit = asked_lookup && answer_hit;
wire [63:0] number = {answer_esn ? answer_seq_hi : 32'd0, parsed_seq};
wire [63:0] iv = answer_iv_sequence ? number : parsed_iv;
wire packet_ok = parsed_esp && parsed_spi == answer_spi && parsed_ipv6 == answer_ipv6 && parsed_udp == (answer_udp_type != 0);

wire [OFFSET_WIDTH:0] payload_octets;
wire [OFFSET_WIDTH-1:0] payload_last;
wire [OFFSET_WIDTH-1:0] icv_first;
wire [BEAT_WIDTH-1:0] cipher_blocks;
wire [BEAT_WIDTH:0] hash_blocks;
wire [127:0] first_block;
/* verilator lint_off UNUSEDSIGNAL */ // most of it is always zero
wire [127:0] length_block;
/* verilator lint_on UNUSEDSIGNAL */

esp_geometry #(
    .OFFSET_WIDTH(OFFSET_WIDTH)
) esp_geometry_inst (
    .esp_offset(parsed_esp_offset),
    .ip_end(parsed_ip_end),
    .spi(parsed_spi),
    .seq(parsed_seq),
    .iv(iv),
    .gmac(answer_gmac),
    .esn(answer_esn),
    .seq_hi(answer_seq_hi),
    .icv_words(answer_icv_words),
    /* verilator lint_off PINCONNECTEMPTY */ // looked at one cycle later
    .syntax_error(),
    /* verilator lint_on PINCONNECTEMPTY */
    .payload_octets(payload_octets),
    /* verilator lint_off PINCONNECTEMPTY */ // 16 behind the SPI
    .payload_first(),
    /* verilator lint_on PINCONNECTEMPTY */
    .payload_last(payload_last),
    .icv_first(icv_first),
    .cipher_blocks(cipher_blocks),
    /* verilator lint_off PINCONNECTEMPTY */ // follows from esp_offset
    .hash_first(),
    /* verilator lint_on PINCONNECTEMPTY */
    .hash_blocks(hash_blocks),
    .first_block(first_block),
    .length_block(length_block)
);

reg judged_valid_reg;
reg judged_bypass_reg;
reg judged_hit_reg;
reg judged_packet_ok_reg;
reg judged_epoch_reg;
reg judged_gmac_reg;
reg judged_esn_reg;
reg judged_iv_sequence_reg;
reg [31:0] judged_handle_reg;
reg [63:0] judged_number_reg;
reg [63:0] judged_iv_reg;
reg [BEAT_WIDTH-1:0] judged_blocks_reg;
reg [6:0] judged_esp_offset_reg;
reg [OFFSET_WIDTH:0] judged_octets_reg;
reg [OFFSET_WIDTH-1:0] judged_payload_last_reg;
reg [OFFSET_WIDTH-1:0] judged_icv_first_reg;
reg [OFFSET_WIDTH-1:0] judged_ip_end_reg;
reg judged_too_long_reg;
reg [BEAT_WIDTH:0] judged_hash_blocks_reg;
reg [127:0] judged_first_block_reg;
reg [OFFSET_WIDTH-1:0] judged_aad_octets_reg;
reg [OFFSET_WIDTH-1:0] judged_cipher_octets_reg;
reg [FRAMES_LOG2-1:0] judged_id_reg;

always @(posedge clk) begin
    judged_valid_reg <= judge;
    // of use with judged_valid_reg only
    judged_bypass_reg <= asked_bypass;
    judged_hit_reg <= hit;
    judged_packet_ok_reg <= packet_ok;
    judged_epoch_reg <= answer_epoch;
    judged_gmac_reg <= answer_gmac;
    judged_esn_reg <= answer_esn;
    judged_iv_sequence_reg <= answer_iv_sequence;
    judged_handle_reg <= asked_handle;
    judged_number_reg <= number;
    judged_iv_reg <= iv;
    judged_blocks_reg <= cipher_blocks;
    judged_esp_offset_reg <= parsed_esp_offset;
    judged_octets_reg <= payload_octets;
    judged_payload_last_reg <= payload_last;
    judged_icv_first_reg <= icv_first;
    judged_ip_end_reg <= parsed_ip_end;
    judged_too_long_reg <= &parsed_ip_end;
    judged_hash_blocks_reg <= hash_blocks;
    judged_first_block_reg <= first_block;
    judged_aad_octets_reg <= length_block[64+3 +: OFFSET_WIDTH];
    judged_cipher_octets_reg <= length_block[3 +: OFFSET_WIDTH];
    if (judged_valid_reg) begin
        judged_id_reg <= judged_id_reg + 1'b1;
    end
    if (rst_path) begin
        judged_valid_reg <= 1'b0;
        judged_id_reg <= 0;
    end
end

/*
 * Limits and sequence numbers: what the SA has been used for, this frame counted as soon as a nonce is spent on it
 */
// no room for the trailer, or a packet that is longer than any frame
wire judged_syntax_error = judged_too_long_reg || judged_octets_reg[OFFSET_WIDTH] || judged_octets_reg[OFFSET_WIDTH-1:1] == 0;
wire judged_protect = !judged_bypass_reg && judged_hit_reg && judged_packet_ok_reg && !judged_syntax_error;
wire [2:0] judged_status = judged_bypass_reg ? STATUS_SENT[2:0] : !judged_hit_reg ? STATUS_FAILED_HANDLE[2:0]
    : !judged_packet_ok_reg ? STATUS_FAILED_PACKET[2:0] : judged_syntax_error ? STATUS_FAILED_LENGTH[2:0] : STATUS_SENT[2:0];

localparam LIMIT_WIDTH = 2 + 3 + 5 + 32 + 64 + 64 + BEAT_WIDTH + 7 + 4*OFFSET_WIDTH + BEAT_WIDTH + 1 + 128 + 2*OFFSET_WIDTH + FRAMES_LOG2;

wire limit_valid;
wire limit_allowed;
wire limit_hard;
// the highest number of the SA: the halves that count are all ones; this one is not above it
wire limit_low;
wire limit_high;
wire limit_not_above;
wire [2:0] limit_judged_status;
wire limit_hit;
wire limit_epoch;
wire limit_gmac;
wire limit_esn;
wire limit_iv_sequence;
wire [31:0] limit_handle;
wire [63:0] limit_number;
wire [63:0] limit_iv;
wire [BEAT_WIDTH-1:0] limit_blocks;
wire [6:0] limit_esp_offset;
wire [OFFSET_WIDTH-1:0] limit_octets;
wire [OFFSET_WIDTH-1:0] limit_payload_last;
wire [OFFSET_WIDTH-1:0] limit_icv_first;
wire [OFFSET_WIDTH-1:0] limit_ip_end;
wire [BEAT_WIDTH:0] limit_hash_blocks;
wire [127:0] limit_first_block;
wire [OFFSET_WIDTH-1:0] limit_aad_octets;
wire [OFFSET_WIDTH-1:0] limit_cipher_octets;
wire [FRAMES_LOG2-1:0] limit_id;

elastic_register #(
    .WIDTH(3 + LIMIT_WIDTH),
    .STAGE(EXTRA)
) limit_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(judged_valid_reg),
    /* verilator lint_off PINCONNECTEMPTY */ // never waits
    .s_ready(),
    /* verilator lint_on PINCONNECTEMPTY */
    .s_data({judged_protect, usage_hard, &usage_highest[31:0], &usage_highest[63:32] || !judged_esn_reg,
        judged_number_reg <= usage_highest, judged_status,
        judged_hit_reg, judged_epoch_reg, judged_gmac_reg, judged_esn_reg,
        judged_iv_sequence_reg, judged_handle_reg, judged_number_reg, judged_iv_reg, judged_blocks_reg, judged_esp_offset_reg,
        judged_octets_reg[OFFSET_WIDTH-1:0], judged_payload_last_reg, judged_icv_first_reg, judged_ip_end_reg, judged_hash_blocks_reg,
        judged_first_block_reg, judged_aad_octets_reg, judged_cipher_octets_reg, judged_id_reg}),
    .m_valid(limit_valid),
    .m_ready(1'b1),
    .m_data({limit_allowed, limit_hard, limit_low, limit_high, limit_not_above, limit_judged_status, limit_hit, limit_epoch, limit_gmac, limit_esn,
        limit_iv_sequence, limit_handle, limit_number, limit_iv, limit_blocks, limit_esp_offset,
        limit_octets, limit_payload_last, limit_icv_first, limit_ip_end, limit_hash_blocks,
        limit_first_block, limit_aad_octets, limit_cipher_octets, limit_id})
);

wire [INDEX_WIDTH-1:0] limit_index = limit_handle[INDEX_WIDTH-1:0];
wire limit_used = (limit_low && limit_high) || (limit_iv_sequence && limit_not_above);
wire limit_protect = limit_allowed && !limit_hard && !limit_used;
wire [2:0] limit_status = limit_allowed && limit_hard ? STATUS_FAILED_LIMIT[2:0]
    : limit_allowed && limit_used ? STATUS_FAILED_SEQUENCE[2:0] : limit_judged_status;
wire limit_refused = limit_status != STATUS_SENT[2:0];

assign use_valid = limit_valid && limit_allowed;
assign use_count = limit_protect;
assign use_octets = limit_octets;
assign use_number = limit_number;
assign use_near = (&limit_number[31:28] && !limit_esn) || &limit_number[63:60];
assign use_handle = limit_handle;

wire context_valid;
wire context_hit;
wire context_epoch;
wire context_protect;
wire context_gmac;
wire [2:0] context_status;
// the status is not STATUS_SENT
wire context_refused;
// the IV is made of the sequence number
wire context_iv_write;
wire [63:0] context_iv;
wire [INDEX_WIDTH-1:0] context_index;
wire [6:0] context_esp_offset;
wire context_esn;
wire [OFFSET_WIDTH-1:0] context_payload_last;
wire [OFFSET_WIDTH-1:0] context_icv_first;
wire [OFFSET_WIDTH-1:0] context_ip_end;
wire [BEAT_WIDTH:0] context_hash_blocks;
wire [127:0] context_first_block;
wire [FRAMES_LOG2-1:0] context_id;
wire context_take;

// of length_block only what is not always zero
localparam CONTEXT_WIDTH = 4 + 3 + 2 + 64 + INDEX_WIDTH + 7 + 1 + 3*OFFSET_WIDTH + BEAT_WIDTH + 1 + 128 + 2*OFFSET_WIDTH + FRAMES_LOG2;

wire [OFFSET_WIDTH-1:0] context_aad_octets;
wire [OFFSET_WIDTH-1:0] context_cipher_octets;

/* verilator lint_off PINCONNECTEMPTY */ // room for as many frames as are let in
queue #(
    .WIDTH(CONTEXT_WIDTH),
    // with EXTRA_REGISTERS deep enough to be worth block RAM to synthesis
    .DEPTH_LOG2(FRAMES_LOG2 + EXTRA),
    .BLOCK_RAM(1),
    .STAGE(FRAME_STAGE)
) context_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(limit_valid),
    .s_ready(),
    .s_data({limit_hit, limit_epoch, limit_protect, limit_gmac, limit_status, limit_refused, limit_iv_sequence && limit_protect, limit_iv, limit_index,
        limit_esp_offset, limit_esn, limit_payload_last, limit_icv_first, limit_ip_end,
        limit_hash_blocks, limit_first_block, limit_aad_octets, limit_cipher_octets, limit_id}),
    .room(),
    .m_valid(context_valid),
    .m_ready(context_take),
    .m_data({context_hit, context_epoch, context_protect, context_gmac, context_status, context_refused, context_iv_write, context_iv, context_index,
        context_esp_offset, context_esn, context_payload_last, context_icv_first, context_ip_end,
        context_hash_blocks, context_first_block, context_aad_octets, context_cipher_octets, context_id})
);

wire job_valid;
wire job_ready;
wire [INDEX_WIDTH-1:0] job_index;
wire [63:0] job_iv;
wire [BEAT_WIDTH-1:0] job_blocks;
wire [1:0] job_word;
wire [FRAMES_LOG2-1:0] job_id;
wire [OFFSET_WIDTH-1:0] job_ip_end;

localparam JOB_WIDTH = INDEX_WIDTH + 64 + BEAT_WIDTH + 2 + FRAMES_LOG2 + OFFSET_WIDTH;

queue #(
    .WIDTH(JOB_WIDTH),
    .DEPTH_LOG2(FRAMES_LOG2),
    .BLOCK_RAM(EXTRA),
    .STAGE(EXTRA)
) job_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(limit_valid && limit_protect),
    .s_ready(),
    .s_data({limit_index, limit_iv, limit_blocks, limit_esp_offset[3:2], limit_id, limit_ip_end}),
    .room(),
    .m_valid(job_valid),
    .m_ready(job_ready),
    .m_data({job_index, job_iv, job_blocks, job_word, job_id, job_ip_end})
);
/* verilator lint_on PINCONNECTEMPTY */

/*
 * Keystream
 */
wire active_begin;
wire [FRAMES_LOG2-1:0] active_id;
wire [OFFSET_WIDTH-1:0] active_ip_end;
// the frame of the active job has ended before its packet did
reg kill_reg;

wire keystream_valid;
wire keystream_take;
wire [127:0] keystream_data;
wire keystream_last;
wire j0_valid;
wire j0_take;
wire j0_event;
wire [127:0] j0_block;
/* verilator lint_off UNUSEDSIGNAL */ // receive side only
wire [7:0] j0_pad_length;
wire [7:0] j0_next_header;
/* verilator lint_on UNUSEDSIGNAL */

wire active_ended;
wire [OFFSET_WIDTH-1:0] active_length;
wire active_begun;

/* verilator lint_off PINCONNECTEMPTY */ // never waits
elastic_register #(
    .WIDTH(1 + OFFSET_WIDTH),
    .STAGE(EXTRA)
) active_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(active_begin),
    .s_ready(),
    .s_data({ended_reg[active_id], length_mem[active_id]}),
    .m_valid(active_begun),
    .m_ready(1'b1),
    .m_data({active_ended, active_length})
);
/* verilator lint_on PINCONNECTEMPTY */

always @(posedge clk) begin
    // nothing is known of a job in its first cycle: what is compared here then belongs to the job before, whose id may be the same
    kill_reg <= active_ended && active_length < active_ip_end && !active_begin && !active_begun;
end

wire made_valid;
wire made_ready;
wire [127:0] made_data;
wire made_last;

keystream #(
    .RECEIVE(0),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .KEY_STORE(KEY_STORE),
    .EXTRA_REGISTERS(EXTRA_REGISTERS),
    .ROM_ROUNDS(ROM_ROUNDS),
    .SHARED_AES(SHARED_AES),
    .INDEX_WIDTH(INDEX_WIDTH),
    .BLOCKS_WIDTH(BEAT_WIDTH),
    .USER_WIDTH(FRAMES_LOG2 + OFFSET_WIDTH),
    .JOBS_LOG2(FRAMES_LOG2)
) keystream_inst (
    .clk(clk),
    .rst(rst_keystream),
    .job_valid(job_valid),
    .job_ready(job_ready),
    .job_index(job_index),
    .job_iv(job_iv),
    .job_blocks(job_blocks),
    .job_word(job_word),
    .job_pad_length_octet({OFFSET_WIDTH{1'b0}}),
    .job_user({job_id, job_ip_end}),
    .active_begin(active_begin),
    .active_user({active_id, active_ip_end}),
    .kill(kill_reg),
    .cipher_index(cipher_index),
    .cipher_key(cipher_key),
    .cipher_key_size(cipher_key_size),
    .cipher_salt(cipher_salt),
    .key_write(key_write),
    .aes_request(aes_request),
    .aes_result(aes_result),
    .h_req_valid(h_req_valid),
    .h_req_ready(h_req_ready),
    .h_req_index(h_req_index),
    .h_req_key(h_req_key),
    .h_req_key_size(h_req_key_size),
    .h_rsp_valid(h_rsp_valid),
    .h_rsp_block(h_rsp_block),
    .m_valid(made_valid),
    .m_ready(made_ready),
    .m_data(made_data),
    .m_last(made_last),
    .j0_valid(j0_valid),
    .j0_ready(j0_take),
    .j0_event(j0_event),
    .j0_block(j0_block),
    .j0_pad_length(j0_pad_length),
    .j0_next_header(j0_next_header)
);

elastic_register #(
    .WIDTH(128 + 1),
    .STAGE(2 * EXTRA_KEYSTREAM)
) keystream_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(made_valid),
    .s_ready(made_ready),
    .s_data({made_data, made_last}),
    .m_valid(keystream_valid),
    .m_ready(keystream_take),
    .m_data({keystream_data, keystream_last})
);

/*
 * The beats at the end of the delay, each beside the context of its frame: which octets of it are what
 */
wire line_valid;
wire [127:0] line_data;
wire [4:0] line_octets;
wire line_last;
wire line_take;

delay_fifo #(
    .WIDTH(128 + 5 + 1),
    .DEPTH_LOG2(FRAME_FIFO_LOG2),
    .DELAY(POP_DELAY - EXTRA_BEAT),
    .REGISTER(EXTRA)
) delay_fifo_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(input_open),
    .s_ready(frame_fifo_ready),
    .s_data({input_data, input_octets, input_last}),
    .m_valid(line_valid),
    .m_ready(line_take),
    .m_data({line_data, line_octets, line_last})
);

reg first_reg;
reg [BEAT_WIDTH-1:0] beat_reg;
// one less
reg [BEAT_WIDTH-1:0] beat_before_reg;

wire [OFFSET_WIDTH-1:0] line_length = {line_octets[4] ? beat_reg + 1'b1 : beat_reg, line_octets[3:0]};
wire short_frame = context_protect && line_length < context_ip_end;
wire ends_payload = beat_reg == context_payload_last[OFFSET_WIDTH-1:4];

// four places of the frame, {end of the packet, ICV, payload, IV}: the beat holds the first octet of it
wire [BEAT_WIDTH-1:0] esp_beat = {{BEAT_WIDTH-3{1'b0}}, context_esp_offset[6:4]};
wire behind_esp = beat_before_reg == esp_beat;
wire [3:0] here = {beat_reg == context_ip_end[OFFSET_WIDTH-1:4], beat_reg == context_icv_first[OFFSET_WIDTH-1:4],
    behind_esp, context_esp_offset[3] ? behind_esp : beat_reg == esp_beat};

wire [127:0] iv_stream;
/* verilator lint_off UNUSEDSIGNAL */ // both halves are alike
wire [127:0] iv_rotated;
/* verilator lint_on UNUSEDSIGNAL */

// the IV, where it is made of the sequence number, in the lanes of the frame: twice, as its eight octets lie anywhere among sixteen lanes
octet_reverse iv_reverse_inst (
    .s_data({context_iv, context_iv}),
    .m_data(iv_stream)
);

lane_rotate iv_rotate_inst (
    .s_data(iv_stream),
    .amount({~context_esp_offset[3:2], 2'd2}), // less an offset of 4*n + 2
    .m_data(iv_rotated)
);

// what of its frame goes with a beat
localparam CONSTANT_WIDTH = 3 + INDEX_WIDTH + 7 + 1 + 2*OFFSET_WIDTH + BEAT_WIDTH + 1 + 128 + 2*OFFSET_WIDTH;
// from the first register to the second
localparam RANGE_WIDTH = 128 + 5 + 4 + BEAT_WIDTH + OFFSET_WIDTH + 4 + 64 + 3 + 3 + CONSTANT_WIDTH;

/*
 * Registers that never wait: place, range, mark. The beats come to a queue in front of the XOR, whose room is looked at here. Without EXTRA_REGISTERS there is none
 * of these, and a beat leaves the line when it passes the XOR.
 */
localparam BEATS_AHEAD = 4;

wire place_ready;
wire heads_room;
wire line_next = line_valid && context_valid && (EXTRA == 0 || heads_room);

assign line_take = line_next && (EXTRA != 0 || place_ready);
assign context_take = line_take && line_last;

always @(posedge clk) begin
    if (line_take) begin
        first_reg <= line_last;
        beat_before_reg <= line_last ? {BEAT_WIDTH{1'b1}} : beat_reg;
        if (line_last) begin
            beat_reg <= 0;
        end else if (!(&beat_reg[BEAT_WIDTH-1:1])) begin
            beat_reg <= beat_reg + 1'b1;
        end
    end
    if (rst_path) begin
        first_reg <= 1'b1;
        beat_reg <= 0;
        beat_before_reg <= {BEAT_WIDTH{1'b1}};
    end
end

/*
 * Whether a frame had ended, and how long it was, when its first beat left the line: known when that beat is two registers further on. A frame with a job has three
 * beats or more, so that its context is still there
 */
wire context_ended;
wire [OFFSET_WIDTH-1:0] context_length;
wire range_shorter;

/* verilator lint_off PINCONNECTEMPTY */ // in every cycle
elastic_register #(
    .WIDTH(1 + OFFSET_WIDTH),
    .STAGE(EXTRA)
) length_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(1'b1),
    .s_ready(),
    .s_data({ended_reg[context_id], length_mem[context_id]}),
    .m_valid(),
    .m_ready(1'b1),
    .m_data({context_ended, context_length})
);

elastic_register #(
    .WIDTH(1),
    .STAGE(EXTRA)
) shorter_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(1'b1),
    .s_ready(),
    .s_data(context_ended && context_length < context_ip_end),
    .m_valid(),
    .m_ready(1'b1),
    .m_data(range_shorter)
);
/* verilator lint_on PINCONNECTEMPTY */

wire place_valid;
wire [RANGE_WIDTH-1:0] place_rest;
wire place_last;
wire [3:0] place_here;
wire range_ready;
wire place_take = place_valid && (EXTRA != 0 || range_ready);
// places that lie in a beat before
reg [3:0] passed_reg;

elastic_register #(
    .WIDTH(RANGE_WIDTH + 1 + 4),
    .STAGE(EXTRA)
) place_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(line_next),
    .s_ready(place_ready),
    .s_data({line_last, here, line_data, line_octets, first_reg, short_frame, ends_payload, context_refused, beat_reg, line_length,
        context_ip_end[3:0], iv_rotated[63:0], context_status, context_gmac, context_iv_write, context_protect && !context_gmac,
        context_protect, context_hit, context_epoch, context_index, context_esp_offset, context_gmac && context_esn, context_icv_first, context_payload_last,
        context_hash_blocks, context_first_block, context_aad_octets, context_cipher_octets}),
    .m_valid(place_valid),
    .m_ready(EXTRA != 0 || range_ready),
    .m_data({place_last, place_here, place_rest})
);

always @(posedge clk) begin
    if (place_take) begin
        passed_reg <= place_last ? 4'd0 : passed_reg | place_here;
    end
    if (rst_path) begin
        passed_reg <= 4'd0;
    end
end

wire range_valid;
wire mark_ready;
wire [127:0] range_data;
wire [4:0] range_octets;
wire range_last;
wire range_first;
wire [BEAT_WIDTH-1:0] range_beat;
wire range_short;
wire range_ends_payload;
wire [OFFSET_WIDTH-1:0] range_length;
wire [3:0] range_ahead;
wire [3:0] range_here;
wire [3:0] range_end_lane;
wire [63:0] range_iv;
wire [2:0] range_context_status;
wire range_refused;
wire range_gmac;
wire range_iv_write;
// a job for the cipher was issued
wire range_cipher;
// a job was issued
wire range_job;
wire [CONSTANT_WIDTH-1:0] range_constant;

elastic_register #(
    .WIDTH(RANGE_WIDTH + 1 + 2*4),
    .STAGE(EXTRA)
) range_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(place_valid),
    .s_ready(range_ready),
    .s_data({place_last, ~passed_reg & ~place_here, place_here, place_rest}),
    .m_valid(range_valid),
    .m_ready(EXTRA != 0 || mark_ready),
    .m_data({range_last, range_ahead, range_here, range_data, range_octets, range_first, range_short, range_ends_payload, range_refused, range_beat, range_length,
        range_end_lane, range_iv, range_context_status, range_gmac, range_iv_write, range_cipher, range_constant})
);

/*
 * What is to be done with each beat
 */
assign range_job = range_constant[CONSTANT_WIDTH-1];

// the frame is dropped although a job was issued for it: it was shorter than its packet when its first beat came up
reg late_drop_reg;

wire range_late = range_first ? range_job && range_shorter : late_drop_reg;
wire range_drop = range_refused || range_late;
wire range_protect = range_job && !range_late;
wire range_encrypt = range_cipher && !range_late;
wire [2:0] range_status = !range_job && range_drop ? range_context_status : range_drop || range_short ? STATUS_FAILED_LENGTH[2:0] : STATUS_SENT[2:0];
wire [3:0] range_lane = range_constant[128 + 2*OFFSET_WIDTH + BEAT_WIDTH + 1 + 2*OFFSET_WIDTH + 1 +: 4];
wire [3:0] range_icv_lane = range_constant[128 + 2*OFFSET_WIDTH + BEAT_WIDTH + 1 + OFFSET_WIDTH +: 4];
wire [15:0] before_iv;
wire [15:0] before_payload;
wire [15:0] before_icv;
wire [15:0] before_end;

always @(posedge clk) begin
    if (range_valid && (EXTRA != 0 || mark_ready)) begin
        late_drop_reg <= range_late;
    end
end

lane_before before_iv_inst (
    .ahead(range_ahead[0]),
    .here(range_here[0]),
    .stop({!range_lane[3], range_lane[2:0]}),
    .lanes(before_iv)
);

lane_before before_payload_inst (
    .ahead(range_ahead[1]),
    .here(range_here[1]),
    .stop(range_lane),
    .lanes(before_payload)
);

lane_before before_icv_inst (
    .ahead(range_ahead[2]),
    .here(range_here[2]),
    .stop(range_icv_lane),
    .lanes(before_icv)
);

lane_before before_end_inst (
    .ahead(range_ahead[3]),
    .here(range_here[3]),
    .stop(range_end_lane),
    .lanes(before_end)
);

// what is done to the octets of a frame that is dropped does not matter
// a keystream block begins in the beat
wire begins_block = !range_ahead[1] && (range_ahead[2] || (range_here[2] && range_lane < range_icv_lane));
wire [127:0] iv_mask;

lane_mask iv_mask_inst (
    .lanes(range_iv_write ? before_payload & ~before_iv : 16'h0000),
    .mask(iv_mask)
);

localparam MARK_WIDTH = 128 + 5 + 2 + BEAT_WIDTH + OFFSET_WIDTH + 3 + 9 + 2*16 + CONSTANT_WIDTH;

wire mark_valid;
wire [MARK_WIDTH-1:0] mark;
wire heads_ready;
wire blocked;
wire head_valid;
wire [MARK_WIDTH-1:0] head;
wire [127:0] head_data;
wire [4:0] head_octets;
wire head_last;
wire head_first;
wire [BEAT_WIDTH-1:0] head_beat;
wire [OFFSET_WIDTH-1:0] head_length;
wire [2:0] head_status;
wire head_short;
wire head_gmac;
wire drop;
wire protect;
wire encrypt;
wire head_late;
wire head_hash_end;
wire head_needs_j0;
wire keystream_wanted;
wire [15:0] head_payload_lanes;
wire [15:0] head_icv_lanes;
wire head_job;
wire head_hit;
wire head_epoch;
wire [INDEX_WIDTH-1:0] head_index;
wire [6:0] head_esp_offset;
wire head_gmac_esn;
/* verilator lint_off UNUSEDSIGNAL */ // its lane
wire [OFFSET_WIDTH-1:0] head_icv_first;
/* verilator lint_on UNUSEDSIGNAL */
wire [OFFSET_WIDTH-1:0] head_payload_last;
wire [BEAT_WIDTH:0] head_hash_blocks;
wire [127:0] head_first_block;
wire [OFFSET_WIDTH-1:0] head_aad_octets;
wire [OFFSET_WIDTH-1:0] head_cipher_octets;
wire pop;

elastic_register #(
    .WIDTH(MARK_WIDTH),
    .STAGE(EXTRA)
) mark_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(range_valid),
    .s_ready(mark_ready),
    .s_data({(range_data & ~iv_mask) | ({range_iv, range_iv} & iv_mask), range_octets, range_last, range_first, range_beat, range_length,
        range_status, range_short, range_gmac, range_drop, range_protect, range_encrypt, range_late,
        range_protect && range_ends_payload, range_protect && range_ends_payload && range_gmac, range_encrypt && begins_block,
        before_icv & ~before_payload & {16{range_cipher}}, before_end & ~before_icv & {16{range_job}}, range_constant}),
    .m_valid(mark_valid),
    .m_ready(EXTRA != 0 || heads_ready),
    .m_data(mark)
);

generate
    if (EXTRA != 0) begin : heads
        queue #(
            .WIDTH(MARK_WIDTH),
            .DEPTH_LOG2(HEADS_LOG2),
            .STAGE(1),
            .AHEAD(BEATS_AHEAD)
        ) heads_queue_inst (
            .clk(clk),
            .rst(rst_path),
            .s_valid(mark_valid),
            .s_ready(heads_ready),
            .s_data(mark),
            .room(heads_room),
            .m_valid(head_valid),
            .m_ready(!blocked),
            .m_data(head)
        );
    end else begin : no_queue
        assign heads_ready = !blocked;
        assign heads_room = 1'b1;
        assign head_valid = mark_valid;
        assign head = mark;
    end
endgenerate

assign {head_data, head_octets, head_last, head_first, head_beat, head_length, head_status, head_short, head_gmac, drop, protect, encrypt, head_late,
        head_hash_end, head_needs_j0, keystream_wanted, head_payload_lanes, head_icv_lanes,
        head_job, head_hit, head_epoch, head_index, head_esp_offset, head_gmac_esn, head_icv_first, head_payload_last,
        head_hash_blocks, head_first_block, head_aad_octets, head_cipher_octets} = head;

/*
 * XOR
 */
// the last keystream block of the frame has been taken
reg keystream_done_reg;
// the hashed range of the frame is complete
reg hashed_reg;
// frames that ended early whose keystream is still to be thrown away; beats that need none pass meanwhile
reg [FRAMES_LOG2:0] drain_reg;
reg draining_reg;
reg [127:0] keystream_before_reg;

// for a beat on m_axis_tx, and for a status
wire room;

// the job of a short frame was cut before the end of the frame: what is left of it leaves as zero, and aborted
wire keystream_cut = keystream_wanted && keystream_done_reg;
wire keystream_needed = keystream_wanted && !keystream_cut;

// E(J0) made so far less those promised to frames that passed here: the last hashed beat of a GMAC frame, which waits for no keystream,
// waits for its E(J0) (it does after a gap within the header). That of a GCM frame follows the frame's last keystream block.
reg [FRAMES_LOG2+1:0] j0_ahead_reg;
// none or less
reg j0_missing_reg;

// what everything behind it waits for is kept in two steps; blocked says whether there is a beat or not
(* keep *) wire head_open = room && !(head_needs_j0 && j0_missing_reg);
(* keep *) wire head_fed = !keystream_wanted || keystream_done_reg || (keystream_valid && !draining_reg);
assign blocked = !(head_open && head_fed);

assign pop = head_valid && head_open && head_fed;
assign keystream_take = (head_valid && head_open && keystream_needed && keystream_valid) || draining_reg;

wire frame_leaves = pop && head_last;
wire keystream_done = keystream_done_reg || (keystream_needed && keystream_last);
wire hashed = hashed_reg || head_hash_end;
// a frame that is dropped for its length has its keystream thrown away while its own beats pass
wire drain_late = pop && head_late && !head_gmac && head_first;
wire drain_cut = pop && encrypt && head_last;
wire drain_begin = drain_late || (drain_cut && !keystream_done);
// the next frame does not need keystream in its first beats
wire drain_more;
wire drain_end = draining_reg && keystream_valid && keystream_last;

wire [127:0] payload_mask;
wire [127:0] before_mask;

lane_mask payload_mask_inst (
    .lanes(head_payload_lanes),
    .mask(payload_mask)
);

lane_mask before_mask_inst (
    .lanes(~(16'hffff << head_esp_offset[3:0])),
    .mask(before_mask)
);

wire [127:0] keystream_beat = (keystream_before_reg & before_mask) | (keystream_data & ~before_mask);

reg xor_valid_reg;
reg [127:0] xor_data_reg;
reg [4:0] xor_octets_reg;
reg xor_last_reg;
reg xor_abort_reg;
reg [15:0] xor_icv_lanes_reg;
// there are any
reg xor_icv_reg;
// the frame has a tag, which its last beat throws away
reg xor_tagged_reg;
reg xor_retire_reg;
reg xor_epoch_reg;
// for the feeder
reg [BEAT_WIDTH-1:0] xor_beat_reg;
reg xor_hash_reg;
reg [OFFSET_WIDTH-1:0] xor_hash_first_reg;
reg [OFFSET_WIDTH-1:0] xor_hash_last_reg;
reg [BEAT_WIDTH:0] xor_hash_blocks_reg;
reg [127:0] xor_first_block_reg;
reg [127:0] xor_length_block_reg;
reg [INDEX_WIDTH-1:0] xor_index_reg;

wire [INDEX_WIDTH-1:0] power_index;

assign hash_index = POWERS == GHASH_STAGES ? xor_index_reg : power_index;

always @(posedge clk) begin
    xor_valid_reg <= pop && !drop;
    if (pop) begin
        // stays until the next frame
        xor_index_reg <= head_index;
        keystream_done_reg <= keystream_done && !head_last;
        hashed_reg <= hashed && !head_last;
        if (keystream_needed) begin
            keystream_before_reg <= keystream_data;
        end
    end

    // of use with xor_valid_reg only
    xor_data_reg <= keystream_cut ? head_data & ~payload_mask : head_data ^ (keystream_beat & payload_mask);
    xor_octets_reg <= head_octets;
    xor_last_reg <= head_last;
    xor_abort_reg <= head_last && head_short;
    xor_icv_lanes_reg <= head_icv_lanes;
    xor_icv_reg <= head_icv_lanes != 0;
    xor_tagged_reg <= head_last && protect && hashed;
    xor_retire_reg <= head_last && protect;
    xor_epoch_reg <= head_epoch;
    xor_beat_reg <= head_beat;
    xor_hash_reg <= protect;
    // the same for every beat of a frame
    xor_hash_first_reg <= {{OFFSET_WIDTH-7{1'b0}}, head_esp_offset} + (head_gmac_esn ? 12 : 16);
    xor_hash_last_reg <= head_payload_last;
    xor_hash_blocks_reg <= head_hash_blocks;
    xor_first_block_reg <= head_first_block;
    xor_length_block_reg <= {{64-3-OFFSET_WIDTH{1'b0}}, head_aad_octets, 3'd0, {64-3-OFFSET_WIDTH{1'b0}}, head_cipher_octets, 3'd0};

    event_frame <= frame_leaves;
    event_protected <= frame_leaves && head_job && head_status == STATUS_SENT[2:0];
    event_bypassed <= frame_leaves && !head_job && !drop;
    event_failed_handle <= frame_leaves && head_status == STATUS_FAILED_HANDLE[2:0];
    event_failed_packet <= frame_leaves && head_status == STATUS_FAILED_PACKET[2:0];
    event_failed_length <= frame_leaves && head_status == STATUS_FAILED_LENGTH[2:0];
    event_failed_limit <= frame_leaves && head_status == STATUS_FAILED_LIMIT[2:0];
    event_failed_sequence <= frame_leaves && head_status == STATUS_FAILED_SEQUENCE[2:0];
    event_octets <= frame_leaves ? head_length : 14'd0;
    if (drain_more && !drain_end) begin
        drain_reg <= drain_reg + 1'b1;
        draining_reg <= 1'b1;
    end else if (!drain_more && drain_end) begin
        drain_reg <= drain_reg - 1'b1;
        draining_reg <= drain_reg != 1;
    end
    if (rst_path) begin
        xor_valid_reg <= 1'b0;
        keystream_done_reg <= 1'b0;
        hashed_reg <= 1'b0;
        drain_reg <= 0;
        draining_reg <= 1'b0;
        event_frame <= 1'b0;
        event_protected <= 1'b0;
        event_bypassed <= 1'b0;
        event_failed_handle <= 1'b0;
        event_failed_packet <= 1'b0;
        event_failed_length <= 1'b0;
        event_failed_limit <= 1'b0;
        event_failed_sequence <= 1'b0;
    end
end

wire status_fifo_ready;
wire [STATUS_LOG2:0] status_level;

fifo #(
    .WIDTH(8),
    .DEPTH_LOG2(STATUS_LOG2)
) status_fifo_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(frame_leaves),
    .s_ready(status_fifo_ready),
    .s_data({5'd0, head_status}),
    .m_valid(m_axis_tx_status_tvalid),
    .m_ready(m_axis_tx_status_tready),
    .m_data(m_axis_tx_status_tdata),
    .level(status_level)
);

/*
 * GHASH of the ciphertext
 */
wire block_valid;
wire [127:0] block_data;
wire block_first;
wire [LEFT_WIDTH-1:0] block_left;
wire [128*POWERS-1:0] block_h_powers;
wire hash_valid;
wire [127:0] hash_data;

ghash_feeder #(
    .OFFSET_WIDTH(OFFSET_WIDTH),
    .STAGES(GHASH_STAGES),
    .POWERS(POWERS),
    .INDEX_WIDTH(INDEX_WIDTH),
    .LEFT_WIDTH(LEFT_WIDTH)
) ghash_feeder_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(xor_valid_reg),
    .s_data(xor_data_reg),
    .s_beat(xor_beat_reg),
    .s_last(xor_last_reg),
    .s_hash(xor_hash_reg),
    .s_hash_first(xor_hash_first_reg),
    .s_hash_last(xor_hash_last_reg),
    .s_hash_blocks(xor_hash_blocks_reg),
    .s_first_block(xor_first_block_reg),
    .s_length_block(xor_length_block_reg),
    .s_h_powers(hash_powers),
    .s_index(xor_index_reg),
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
    .m_valid(hash_valid),
    .m_hash(hash_data)
);

/*
 * Tag: GHASH xor E(J0), rotated to the lane of the ICV, held until the last beat of its frame has passed
 */
wire tag_job_valid;
wire tag_job_hashed;
wire [3:0] tag_job_lane;
wire stored_hash_valid;
wire [127:0] stored_hash;

reg tag_valid_reg;
reg [127:0] tag_reg;

wire tag_take;
wire tag_room;
// a frame that ended before its hash was complete has an E(J0) but no hash
wire tag_ready = tag_job_valid && tag_job_hashed && stored_hash_valid && j0_valid;
wire tag_build = tag_ready && tag_room;
wire tag_skip = tag_job_valid && !tag_job_hashed && j0_valid;

assign j0_take = tag_build || tag_skip;

wire tag_job = pop && (head_hash_end || (head_last && head_job && !hashed));

// counted one cycle late: a frame with a job has three beats or more
reg tag_job_reg;
reg tag_job_hashed_reg;
reg [3:0] tag_job_lane_reg;

always @(posedge clk) begin
    tag_job_reg <= tag_job && !rst_path;
    tag_job_hashed_reg <= head_hash_end;
    tag_job_lane_reg <= head_icv_first[3:0];
    if (j0_event && !tag_job_reg) begin
        j0_ahead_reg <= j0_ahead_reg + 1'b1;
        j0_missing_reg <= j0_ahead_reg[FRAMES_LOG2+1];
    end else if (!j0_event && tag_job_reg) begin
        j0_ahead_reg <= j0_ahead_reg - 1'b1;
        j0_missing_reg <= j0_missing_reg || j0_ahead_reg == 1;
    end
    if (rst_path) begin
        j0_ahead_reg <= 0;
        j0_missing_reg <= 1'b1;
    end
end

/* verilator lint_off PINCONNECTEMPTY */ // at most the frames between the XOR and the ICV
fifo #(
    .WIDTH(5),
    .DEPTH_LOG2(4)
) tag_job_fifo_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(tag_job_reg),
    .s_ready(),
    .s_data({tag_job_hashed_reg, tag_job_lane_reg}),
    .m_valid(tag_job_valid),
    .m_ready(tag_build || tag_skip),
    .m_data({tag_job_hashed, tag_job_lane}),
    .level()
);

fifo #(
    .WIDTH(128),
    .DEPTH_LOG2(3)
) hash_fifo_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(hash_valid),
    .s_ready(),
    .s_data(hash_data),
    .m_valid(stored_hash_valid),
    .m_ready(tag_build),
    .m_data(stored_hash),
    .level()
);
/* verilator lint_on PINCONNECTEMPTY */

wire [127:0] tag_stream;
wire [127:0] tag_rotated;

wire turn_valid;
wire [127:0] turn_block;
wire [3:0] turn_lane;
wire turn = turn_valid && (!tag_valid_reg || tag_take);

elastic_register #(
    .WIDTH(128 + 4),
    .STAGE(FRAME_STAGE)
) tag_register_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(tag_ready),
    .s_ready(tag_room),
    .s_data({stored_hash ^ j0_block, -tag_job_lane}),
    .m_valid(turn_valid),
    .m_ready(!tag_valid_reg || tag_take),
    .m_data({turn_block, turn_lane})
);

octet_reverse octet_reverse_inst (
    .s_data(turn_block),
    .m_data(tag_stream)
);

lane_rotate lane_rotate_inst (
    .s_data(tag_stream),
    .amount(turn_lane),
    .m_data(tag_rotated)
);

always @(posedge clk) begin
    if (turn) begin
        tag_reg <= tag_rotated;
        tag_valid_reg <= 1'b1;
    end else if (tag_take) begin
        tag_valid_reg <= 1'b0;
    end
    if (rst_path) begin
        tag_valid_reg <= 1'b0;
    end
end

/*
 * ICV
 */
wire exit_valid;
wire [127:0] exit_data;
wire [4:0] exit_octets;
wire exit_last;
wire exit_abort;
wire [15:0] exit_icv_lanes;
wire exit_icv;
wire exit_tagged;
wire exit_retire;
wire exit_epoch;

delay_line #(
    .WIDTH(128 + 5 + 1 + 1 + 16 + 4),
    .DELAY(TAG_DELAY),
    .DEPTH_LOG2(TAG_DELAY_LOG2)
) delay_line_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(xor_valid_reg),
    .s_data({xor_data_reg, xor_octets_reg, xor_last_reg, xor_abort_reg, xor_icv_lanes_reg, xor_icv_reg, xor_tagged_reg, xor_retire_reg, xor_epoch_reg}),
    .m_valid(exit_valid),
    .m_data({exit_data, exit_octets, exit_last, exit_abort, exit_icv_lanes, exit_icv, exit_tagged, exit_retire, exit_epoch})
);

// an ICV was due and not there: the frame is aborted
reg missing_reg;
wire missing = (missing_reg || (exit_icv && !tag_valid_reg));

assign tag_take = exit_valid && exit_tagged;

always @(posedge clk) begin
    if (exit_valid) begin
        missing_reg <= missing && !exit_last;
    end
    if (rst_path) begin
        missing_reg <= 1'b0;
    end
end

wire [127:0] icv_mask;
wire [127:0] live_mask;
wire [15:0] live_lanes = ~(16'hffff << exit_octets[3:0]) | {16{exit_octets[4]}};

lane_mask icv_mask_inst (
    .lanes(exit_icv_lanes),
    .mask(icv_mask)
);

lane_mask live_mask_inst (
    .lanes(live_lanes),
    .mask(live_mask)
);

wire [127:0] exit_tag = tag_valid_reg ? tag_reg : 128'd0;
wire [127:0] exit_beat = ((exit_data & ~icv_mask) | (exit_tag & icv_mask)) & live_mask;

/* verilator lint_off PINCONNECTEMPTY */ // room is kept by output_count_reg
fifo #(
    .WIDTH(128 + 16 + 2),
    .DEPTH_LOG2(OUTPUT_LOG2)
) output_fifo_inst (
    .clk(clk),
    .rst(rst_path),
    .s_valid(exit_valid),
    .s_ready(),
    .s_data({exit_beat, live_lanes, exit_last, exit_last && (exit_abort || missing)}),
    .m_valid(m_axis_tx_tvalid),
    .m_ready(m_axis_tx_tready),
    .m_data({m_axis_tx_tdata, m_axis_tx_tkeep, m_axis_tx_tlast, m_axis_tx_tuser}),
    .level()
);
/* verilator lint_on PINCONNECTEMPTY */

/*
 * Frames and beats inside; SAs no longer used by a frame
 */
wire output_beat = m_axis_tx_tvalid && m_axis_tx_tready;
wire output_enter = pop && !drop;
wire retire_protected = exit_valid && exit_retire;
wire retire_dropped = frame_leaves && head_hit && !protect;

// beats between the XOR and m_axis_tx
reg [OUTPUT_LOG2:0] output_count_reg;
wire output_room;
wire output_counted;
wire output_uncounted;
wire frame_uncounted;
wire [1:0] retire;
wire [1:0] retire_of;

generate
    if (EXTRA != 0) begin : count_later
        // counted one cycle late and looked at one cycle later: two beats and this one may be under way besides
        reg output_enter_reg;
        reg output_beat_reg;
        reg room_reg;
        reg frame_leaves_reg;
        // whether the keystream of the frame was done is looked at one cycle later
        reg drain_late_reg;
        reg drain_cut_reg;
        reg drain_done_reg;
        reg [1:0] retire_reg;
        reg [1:0] retire_of_reg;
        wire unused = &{1'b0, status_fifo_ready, drain_begin};

        assign output_counted = output_enter_reg;
        assign output_uncounted = output_beat_reg;
        assign output_room = output_count_reg < 2**OUTPUT_LOG2 - 3;
        assign room = room_reg;
        assign frame_uncounted = frame_leaves_reg;
        assign drain_more = drain_late_reg || (drain_cut_reg && !drain_done_reg);
        assign retire = retire_reg;
        assign retire_of = retire_of_reg;

        always @(posedge clk) begin
            output_enter_reg <= output_enter && !rst_path;
            output_beat_reg <= output_beat && !rst_path;
            room_reg <= output_room && status_level < 2**STATUS_LOG2 - 3;
            frame_leaves_reg <= frame_leaves && !rst_path;
            drain_late_reg <= drain_late && !rst_path;
            drain_cut_reg <= drain_cut && !rst_path;
            drain_done_reg <= keystream_done;
            retire_reg <= {retire_protected, retire_dropped} & {2{!rst_path}};
            retire_of_reg <= {exit_epoch, head_epoch};
        end
    end else begin : count_at_once
        wire unused = &{1'b0, status_level};

        assign output_counted = output_enter;
        assign output_uncounted = output_beat;
        assign output_room = !output_count_reg[OUTPUT_LOG2];
        assign room = output_room && (!head_last || status_fifo_ready);
        assign frame_uncounted = frame_leaves;
        assign drain_more = drain_begin;
        assign retire = {retire_protected, retire_dropped};
        assign retire_of = {exit_epoch, head_epoch};
    end
endgenerate

always @(posedge clk) begin
    if (input_begin && !frame_uncounted) begin
        frames_reg <= frames_reg + 1'b1;
    end else if (!input_begin && frame_uncounted) begin
        frames_reg <= frames_reg - 1'b1;
    end
    if (output_counted && !output_uncounted) begin
        output_count_reg <= output_count_reg + 1'b1;
    end else if (!output_counted && output_uncounted) begin
        output_count_reg <= output_count_reg - 1'b1;
    end
    if (rst_path) begin
        frames_reg <= 0;
        output_count_reg <= 0;
    end
end

retire_queue retire_queue_inst (
    .clk(clk),
    .rst(rst_path),
    .s_retire(retire),
    .s_epoch(retire_of),
    .m_valid(retire_valid),
    .m_epoch(retire_epoch)
);

// an index is a part of a handle: the store cannot be asked for an SA it does not have
initial begin
    if (2**INDEX_WIDTH < SA_COUNT) begin
        $display("Error: INDEX_WIDTH is too small for SA_COUNT (instance %m)");
        $finish;
    end
end

endmodule

`resetall
