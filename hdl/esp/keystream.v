// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * AES-CTR blocks of GCM for one direction: takes one job per protected frame, in order, and fills a FIFO with keystream that is
 * already rotated into the frame's lanes, and another with E(J0).
 *
 * A job of n keystream blocks takes n + 1 slots of the AES pipe, one per cycle, and the next job follows without a gap:
 *
 *   transmit (RECEIVE = 0):  counter 2 .. n+1, then J0 (the ICV is needed last)
 *   receive  (RECEIVE = 1):  J0, the one or two blocks that hold PadLength and NextHeader, then counter 2 .. n+1
 *
 * where block(counter) = salt | IV | counter and J0 = block(1). Blocks are issued only while the FIFO has room for their
 * results, so nothing ever stalls the pipe. Latency: job taken in cycle t, its first block on the FIFO's output in t + 1 + AES latency + 2.
 * Throughput: one block per cycle.
 *
 * kill (transmit): the frame of the active job turned out to be shorter than its packet. The job issues one more block, marked last, and J0.
 * Slots without a job serve h_req: E_K(0) for a new SA.
 */
module keystream #(
    // 1: order of the receive side
    parameter RECEIVE = 0,
    parameter MAX_KEY_BITS = 256,
    parameter CYCLES_PER_ROUND = 1,
    parameter SBOX_STYLE = 0,
    // width of an SA index
    parameter INDEX_WIDTH = 6,
    // width of a count of blocks
    parameter BLOCKS_WIDTH = 10,
    // width of what travels with a job to active_user
    parameter USER_WIDTH = 1,
    // log2 of the jobs whose E(J0) may wait
    parameter JOBS_LOG2 = 5
) (
    input  wire                    clk,
    input  wire                    rst,

    /*
     * Jobs
     */
    input  wire                    job_valid,
    output wire                    job_ready,
    input  wire [INDEX_WIDTH-1:0]  job_index,
    input  wire [63:0]             job_iv,
    // keystream blocks, 0 for GMAC
    input  wire [BLOCKS_WIDTH-1:0] job_blocks,
    // lane of the first payload octet
    input  wire [3:0]              job_lane,
    // receive: payload octet of PadLength (NextHeader is the next one)
    input  wire [BLOCKS_WIDTH+3:0] job_pad_length_octet,
    input  wire [USER_WIDTH-1:0]   job_user,

    // the job that is being issued, and the order to cut it short
    output wire [USER_WIDTH-1:0]   active_user,
    input  wire                    kill,

    /*
     * Key of the SA, one cycle after its index
     */
    output wire [INDEX_WIDTH-1:0]  cipher_index,
    input  wire [255:0]            cipher_key,
    input  wire [1:0]              cipher_key_size,
    input  wire [31:0]             cipher_salt,

    /*
     * E_K(0) for sa_command
     */
    input  wire                    h_req_valid,
    output wire                    h_req_ready,
    input  wire [255:0]            h_req_key,
    input  wire [1:0]              h_req_key_size,
    output reg                     h_rsp_valid,
    output reg  [127:0]            h_rsp_block,

    /*
     * Keystream, lane i of a beat under lane i; m_last: last block of its job
     */
    output wire                    m_valid,
    input  wire                    m_ready,
    output wire [127:0]            m_data,
    output wire                    m_last,

    /*
     * E(J0), and on the receive side the keystream octets of PadLength and NextHeader
     */
    output wire                    j0_valid,
    input  wire                    j0_ready,
    // an E(J0) enters the FIFO
    output wire                    j0_event,
    output wire [127:0]            j0_block,
    output wire [7:0]              j0_pad_length,
    output wire [7:0]              j0_next_header
);

localparam ROUNDS = MAX_KEY_BITS / 32 + 6;
localparam AES_LATENCY = ROUNDS * CYCLES_PER_ROUND + 1;
// covers the way round: issue, pipe, FIFO, credit
localparam DEPTH_LOG2 = AES_LATENCY + 8 <= 32 ? 5 : AES_LATENCY + 8 <= 64 ? 6 : 7;

localparam [1:0]
    KIND_DATA = 2'd0,
    KIND_J0 = 2'd1,
    KIND_TRAILER = 2'd2,
    KIND_H = 2'd3;

/*
 * Issue
 */
reg active_reg;
reg [1:0] kind_reg;
reg [INDEX_WIDTH-1:0] index_reg;
reg [63:0] iv_reg;
reg [BLOCKS_WIDTH-1:0] blocks_reg;
reg [3:0] lane_reg;
reg [BLOCKS_WIDTH+3:0] pad_length_octet_reg;
reg [USER_WIDTH-1:0] user_reg;
// 0-based keystream block to issue next
reg [BLOCKS_WIDTH-1:0] block_reg;
// results on their way or waiting
reg [DEPTH_LOG2:0] data_out_reg;
reg [JOBS_LOG2:0] jobs_out_reg;

wire accept = job_valid && job_ready;
wire data_room = !data_out_reg[DEPTH_LOG2];
wire jobs_room = !jobs_out_reg[JOBS_LOG2];

wire last_data = block_reg + 1'b1 == blocks_reg || kill;
wire trailer_straddles = &pad_length_octet_reg[3:0];

wire issue = active_reg && (kind_reg == KIND_DATA ? data_room : kind_reg == KIND_J0 ? jobs_room : 1'b1);

// the block at hand is the last of the job
wire finish = RECEIVE != 0
    ? (kind_reg == KIND_DATA ? last_data : kind_reg == KIND_J0 ? blocks_reg == 0 : 1'b0)
    : kind_reg == KIND_J0;

// E(J0) and what belongs to it is complete with this block
wire complete = RECEIVE != 0
    ? (kind_reg == KIND_J0 ? blocks_reg == 0 : !trailer_straddles || block_reg != pad_length_octet_reg[BLOCKS_WIDTH+3:4])
    : 1'b1;

wire [31:0] counter = kind_reg == KIND_J0 ? 32'd1 : {{32-BLOCKS_WIDTH{1'b0}}, block_reg} + 32'd2;

assign job_ready = !active_reg || (issue && finish);
assign cipher_index = accept ? job_index : index_reg;
assign active_user = user_reg;
assign h_req_ready = !active_reg;

always @(posedge clk) begin
    if (issue) begin
        case (kind_reg)
            KIND_J0: begin
                if (RECEIVE != 0) begin
                    kind_reg <= KIND_TRAILER;
                    block_reg <= pad_length_octet_reg[BLOCKS_WIDTH+3:4];
                end
            end
            KIND_TRAILER: begin
                if (complete) begin
                    kind_reg <= KIND_DATA;
                    block_reg <= 0;
                end else begin
                    block_reg <= block_reg + 1'b1;
                end
            end
            default: begin
                block_reg <= block_reg + 1'b1;
                if (last_data) begin
                    kind_reg <= KIND_J0;
                end
            end
        endcase
        if (finish) begin
            active_reg <= 1'b0;
        end
    end
    if (accept) begin
        active_reg <= 1'b1;
        kind_reg <= RECEIVE != 0 || job_blocks == 0 ? KIND_J0 : KIND_DATA;
        index_reg <= job_index;
        iv_reg <= job_iv;
        blocks_reg <= job_blocks;
        lane_reg <= job_lane;
        pad_length_octet_reg <= job_pad_length_octet;
        user_reg <= job_user;
        block_reg <= 0;
    end
    if (rst) begin
        active_reg <= 1'b0;
        user_reg <= 0;
    end
end

/*
 * AES
 */
wire h_issue = h_req_valid && h_req_ready;
wire [3:0] lane_or_octet = kind_reg == KIND_TRAILER ? pad_length_octet_reg[3:0] : lane_reg;
// the second block of a straddling trailer holds NextHeader in its first octet
wire second = kind_reg == KIND_TRAILER && block_reg != pad_length_octet_reg[BLOCKS_WIDTH+3:4];
wire flag = kind_reg == KIND_DATA ? last_data : complete;

wire out_valid;
wire [127:0] out_block;
wire [1:0] out_kind;
wire out_flag;
wire out_second;
wire [3:0] out_lane;

aes_pipe #(
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .USER_WIDTH(8)
) aes_pipe_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(issue || h_issue),
    .s_block(active_reg ? {cipher_salt, iv_reg, counter} : 128'd0),
    .s_key(active_reg ? cipher_key : h_req_key),
    .s_key_size(active_reg ? cipher_key_size : h_req_key_size),
    .s_user({active_reg ? kind_reg : KIND_H, flag, second, lane_or_octet}),
    .m_valid(out_valid),
    .m_block(out_block),
    .m_user({out_kind, out_flag, out_second, out_lane})
);

always @(posedge clk) begin
    h_rsp_valid <= out_valid && out_kind == KIND_H && !rst;
    h_rsp_block <= out_kind == KIND_H ? out_block : 128'd0;
end

/*
 * Keystream: reversed and rotated, then stored
 */
wire [127:0] out_stream;
wire [127:0] out_rotated;

octet_reverse octet_reverse_inst (
    .s_data(out_block),
    .m_data(out_stream)
);

lane_rotate lane_rotate_inst (
    .s_data(out_stream),
    .amount(-out_lane),
    .m_data(out_rotated)
);

reg data_valid_reg;
reg [127:0] data_reg;
reg data_last_reg;

always @(posedge clk) begin
    data_valid_reg <= out_valid && out_kind == KIND_DATA && !rst;
    if (out_valid) begin
        data_reg <= out_rotated;
        data_last_reg <= out_flag;
    end
end

/* verilator lint_off PINCONNECTEMPTY */ // room is kept by credit, so neither s_ready nor level is looked at
fifo #(
    .WIDTH(129),
    .DEPTH_LOG2(DEPTH_LOG2)
) data_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(data_valid_reg),
    .s_ready(),
    .s_data({data_last_reg, data_reg}),
    .m_valid(m_valid),
    .m_ready(m_ready),
    .m_data({m_last, m_data}),
    .level()
);

/*
 * E(J0)
 */
reg [127:0] j0_reg;
reg [7:0] pad_length_reg;

// the octets of a trailer block at PadLength and behind it
wire [7:0] trailer_pad_length = out_block[{~out_lane, 3'b111} -: 8];
wire [7:0] trailer_next_header = out_block[{~out_lane, 3'b111} - 7'd8 -: 8];
wire out_j0 = out_kind == KIND_J0;

always @(posedge clk) begin
    if (out_valid && out_j0) begin
        j0_reg <= out_block;
    end
    if (out_valid && out_kind == KIND_TRAILER && !out_second) begin
        pad_length_reg <= trailer_pad_length;
    end
end

wire [7:0] next_header = out_second ? out_block[127:120] : trailer_next_header;

assign j0_event = out_valid && out_flag && (out_j0 || out_kind == KIND_TRAILER);

fifo #(
    .WIDTH(144),
    .DEPTH_LOG2(JOBS_LOG2)
) j0_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(j0_event),
    .s_ready(),
    .s_data({out_j0 ? out_block : j0_reg, out_second ? pad_length_reg : trailer_pad_length, next_header}),
    .m_valid(j0_valid),
    .m_ready(j0_ready),
    .m_data({j0_block, j0_pad_length, j0_next_header}),
    .level()
);
/* verilator lint_on PINCONNECTEMPTY */

/*
 * Credit
 */
wire data_issue = issue && kind_reg == KIND_DATA;
wire data_take = m_valid && m_ready;
wire job_issue = issue && kind_reg == KIND_J0;
wire job_take = j0_valid && j0_ready;

always @(posedge clk) begin
    if (data_issue && !data_take) begin
        data_out_reg <= data_out_reg + 1'b1;
    end else if (!data_issue && data_take) begin
        data_out_reg <= data_out_reg - 1'b1;
    end
    if (job_issue && !job_take) begin
        jobs_out_reg <= jobs_out_reg + 1'b1;
    end else if (!job_issue && job_take) begin
        jobs_out_reg <= jobs_out_reg - 1'b1;
    end
    if (rst) begin
        data_out_reg <= 0;
        jobs_out_reg <= 0;
    end
end

endmodule

`resetall
