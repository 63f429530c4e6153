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
 *
 * KEY_STORE = 1: the round keys lie in block RAM (aes_stored_pipe), and those of a job are read while it waits in front of the one that is
 * issued. Its first block comes KEY_LATENCY = 5 cycles later, or 8 behind an h_req; jobs follow each other without a gap, but not faster than
 * every fourth cycle, which no frame is short enough for.
 *
 * SHARED_AES = 1, with KEY_STORE: blocks go out with the index of their SA, to aes_double_pipe, where each round reads the key of its block. Jobs wait as without.
 *
 * EXTRA_REGISTERS = 1: a register in front of the pipe, and both FIFOs in block RAM: everything comes one cycle later, what is on j0_* two.
 */
module keystream #(
    // 1: order of the receive side
    parameter RECEIVE = 0,
    parameter MAX_KEY_BITS = 256,
    parameter CYCLES_PER_ROUND = 1,
    parameter SBOX_STYLE = 0,
    // 1: keys expanded in block RAM (CYCLES_PER_ROUND must be 3, SBOX_STYLE does not count), 0: expanded on the way
    parameter KEY_STORE = 0,
    // KEY_STORE: of the last rounds so many have their S-boxes in block RAM
    parameter ROM_ROUNDS = 0,
    // KEY_STORE: 1: the pipe is outside (aes_double_pipe), behind aes_request
    parameter SHARED_AES = 0,
    // 1: register stages and block RAM for the clock rate of an FPGA
    parameter EXTRA_REGISTERS = 0,
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
     * Jobs. One that is offered stays until it is taken
     */
    input  wire                    job_valid,
    output wire                    job_ready,
    input  wire [INDEX_WIDTH-1:0]  job_index,
    input  wire [63:0]             job_iv,
    // keystream blocks, 0 for GMAC
    input  wire [BLOCKS_WIDTH-1:0] job_blocks,
    // word of the first payload octet in its beat, of which it is octet 2: behind the 14 octets of Ethernet there are whole words before it
    input  wire [1:0]              job_word,
    // receive: payload octet of PadLength (NextHeader is the next one)
    input  wire [BLOCKS_WIDTH+3:0] job_pad_length_octet,
    input  wire [USER_WIDTH-1:0]   job_user,

    // the job that is being issued (from the cycle after active_begin on), and the order to cut it short
    output wire                    active_begin,
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
     * KEY_STORE: writes of round keys, see aes_stored_pipe
     */
    input  wire [INDEX_WIDTH+39:0] key_write,

    /*
     * SHARED_AES: a request to aes_double_pipe, and its result
     */
    output wire [INDEX_WIDTH+139:0] aes_request,
    input  wire [136:0]            aes_result,

    /*
     * E_K(0) for sa_command; KEY_STORE: with the stored key of h_req_index instead of h_req_key
     */
    input  wire                    h_req_valid,
    output wire                    h_req_ready,
    input  wire [INDEX_WIDTH-1:0]  h_req_index,
    input  wire [255:0]            h_req_key,
    // KEY_STORE: as it is until h_rsp_valid
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
localparam EXTRA = EXTRA_REGISTERS != 0 ? 1 : 0;
localparam AES_LATENCY = SHARED_AES != 0 ? 5 * ROUNDS / 2 + 5 : ROUNDS * CYCLES_PER_ROUND + 1;
// covers the way round: issue, pipe, FIFO, credit
localparam LOOP = AES_LATENCY + 8 + EXTRA;
localparam DEPTH_LOG2 = LOOP <= 32 ? 5 : LOOP <= 64 ? 6 : 7;

localparam [1:0] MAX_KEY_SIZE = (MAX_KEY_BITS == 128) ? 2'd0 : (MAX_KEY_BITS == 192) ? 2'd1 : 2'd2;

localparam [1:0]
    KIND_DATA = 2'd0,
    KIND_J0 = 2'd1,
    KIND_TRAILER = 2'd2,
    KIND_H = 2'd3;

/*
 * The next job. With KEY_STORE it waits here while its key is read
 */
localparam JOB_WIDTH = INDEX_WIDTH + 64 + BLOCKS_WIDTH + 2 + BLOCKS_WIDTH + 4 + USER_WIDTH;

wire next_valid;
wire next_ready;
// it is an h_req
wire next_h;
wire [INDEX_WIDTH-1:0] next_index;
wire [63:0] next_iv;
wire [BLOCKS_WIDTH-1:0] next_blocks;
wire [1:0] next_word;
wire [BLOCKS_WIDTH+3:0] next_pad_length_octet;
wire [USER_WIDTH-1:0] next_user;

// for the pipe: read the key of a job, and the job moves on to be issued
wire key_load;
wire [INDEX_WIDTH-1:0] key_load_index;
// there is a job, here or in front of the port: the pipe keeps its keys
wire key_wanted;
wire h_next_ready;

generate
    if (KEY_STORE != 0) begin : wait_for_key
        reg held_reg;
        reg held_h_reg;
        reg [JOB_WIDTH-1:0] held_job_reg;
        // the key of the job here is there
        reg ready_reg;
        // a key has been read for one cycle, ..., for four
        reg [3:0] wait_reg;
        // the key of the job in front of the port is being read already
        reg loaded_reg;

        wire leave = ready_reg && next_ready;
        // the job here moves on in the next cycle for certain, and the load of the one behind it may begin
        wire leaves_next = wait_reg[3] && next_ready;
        wire take = job_valid && !held_reg;
        wire take_h = h_req_valid && !job_valid && !held_reg;
        wire load = job_valid && !loaded_reg && (leaves_next || leave || !held_reg);

        assign {next_index, next_iv, next_blocks, next_word, next_pad_length_octet, next_user} = held_job_reg;
        assign next_valid = ready_reg;
        assign next_h = held_h_reg;
        assign job_ready = !held_reg;
        assign h_next_ready = !job_valid && !held_reg;
        assign key_load = load || take_h;
        assign key_wanted = job_valid || h_req_valid || loaded_reg || held_reg;
        assign key_load_index = job_valid ? job_index : h_req_index;

        always @(posedge clk) begin
            wait_reg <= {wait_reg[2:0], key_load};
            ready_reg <= wait_reg[3] || (ready_reg && !leave);
            loaded_reg <= !take && (load || loaded_reg);
            if (!held_reg) begin
                held_reg <= job_valid || h_req_valid;
                held_h_reg <= !job_valid;
                held_job_reg <= {key_load_index, job_iv, job_blocks, job_word, job_pad_length_octet, job_user};
            end else if (leave) begin
                held_reg <= 1'b0;
            end
            if (rst) begin
                held_reg <= 1'b0;
                ready_reg <= 1'b0;
                loaded_reg <= 1'b0;
                wait_reg <= 4'd0;
            end
        end
    end else begin : at_once
        wire unused = &{1'b0, h_req_index};

        assign next_valid = job_valid;
        assign next_h = 1'b0;
        assign {next_index, next_iv, next_blocks, next_word, next_pad_length_octet, next_user}
            = {job_index, job_iv, job_blocks, job_word, job_pad_length_octet, job_user};
        assign job_ready = next_ready;
        assign h_next_ready = 1'b0;
        assign key_load = 1'b0;
        assign key_load_index = {INDEX_WIDTH{1'b0}};
        assign key_wanted = 1'b0;
    end
endgenerate

/*
 * Issue
 */
reg active_reg;
reg [1:0] kind_reg;
reg [63:0] iv_reg;
// keystream blocks that are left; this is the last; there are none at all
reg [BLOCKS_WIDTH-1:0] left_reg;
reg last_reg;
reg none_reg;
// less the lane of the first payload octet, 4*word + 2: how far the frame's beats are rotated, in words, and two lanes more
reg [1:0] words_reg;
reg [BLOCKS_WIDTH+3:0] pad_length_octet_reg;
// NextHeader lies in the block behind that of PadLength; which is at hand
reg straddles_reg;
reg second_reg;
reg [USER_WIDTH-1:0] user_reg;
// 0-based keystream block to issue next
reg [BLOCKS_WIDTH-1:0] block_reg;
// results on their way or waiting
reg [DEPTH_LOG2:0] data_out_reg;
reg [JOBS_LOG2:0] jobs_out_reg;

wire accept = next_valid && next_ready;
wire data_room = !data_out_reg[DEPTH_LOG2];
wire jobs_room = !jobs_out_reg[JOBS_LOG2];

wire last_data = last_reg || kill;

wire issue = active_reg && (kind_reg == KIND_DATA ? data_room : kind_reg == KIND_J0 ? jobs_room : 1'b1);

// the block at hand is the last of the job, and there is room for it
wire finish = kind_reg == KIND_H || (RECEIVE != 0
    ? (kind_reg == KIND_DATA && data_room && last_data) || (kind_reg == KIND_J0 && jobs_room && none_reg)
    : kind_reg == KIND_J0 && jobs_room);

// E(J0) and what belongs to it is complete with this block
wire complete = RECEIVE != 0
    ? (kind_reg == KIND_J0 ? none_reg : !straddles_reg || second_reg)
    : 1'b1;

wire [31:0] counter = kind_reg == KIND_J0 ? 32'd1 : {{32-BLOCKS_WIDTH{1'b0}}, block_reg} + 32'd2;

// without the way by issue
assign next_ready = !active_reg || finish;
assign active_begin = accept;
assign active_user = user_reg;
assign h_req_ready = KEY_STORE != 0 ? h_next_ready : !active_reg;

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
                second_reg <= !complete;
            end
            default: begin
                block_reg <= block_reg + 1'b1;
                left_reg <= left_reg - 1'b1;
                last_reg <= left_reg == 2;
                if (last_data) begin
                    kind_reg <= KIND_J0;
                end
            end
        endcase
    end
    // whether there is a job or not: what the registers keep without one is not looked at
    if (next_ready) begin
        active_reg <= next_valid;
        kind_reg <= next_h ? KIND_H : RECEIVE != 0 || next_blocks == 0 ? KIND_J0 : KIND_DATA;
        iv_reg <= next_iv;
        left_reg <= next_blocks;
        last_reg <= next_blocks == 1;
        none_reg <= next_blocks == 0;
        words_reg <= ~next_word;
        pad_length_octet_reg <= next_pad_length_octet;
        straddles_reg <= &next_pad_length_octet[3:0];
        second_reg <= 1'b0;
        block_reg <= 0;
    end
    if (accept) begin
        user_reg <= next_user;
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
// lane of PadLength in a block of the trailer
wire [3:0] amount = kind_reg == KIND_TRAILER ? pad_length_octet_reg[3:0] : {words_reg, 2'd2};
wire second = kind_reg == KIND_TRAILER && second_reg;
wire flag = kind_reg == KIND_DATA ? last_data : complete;

wire out_valid;
wire [127:0] out_block;
wire [1:0] out_kind;
wire out_flag;
wire out_second;
wire [3:0] out_amount;

generate
    if (KEY_STORE != 0) begin : stored_keys
        // of the job that is issued; the index was there while the job waited
        reg [INDEX_WIDTH-1:0] index_reg;
        reg [31:0] salt_reg;
        reg [1:0] key_size_reg;
        // rounds of the pipe that the key is too short for
        wire [2:0] skip = {MAX_KEY_SIZE - (kind_reg == KIND_H ? h_req_key_size : key_size_reg), 1'b0};

        wire [INDEX_WIDTH+2:0] key_in = {key_load, key_load_index, accept, key_wanted || active_reg};
        wire [INDEX_WIDTH+2:0] key_control;
        wire [INDEX_WIDTH+139:0] block_in = {
            issue, index_reg, skip, kind_reg == KIND_H ? 128'd0 : {salt_reg, iv_reg, counter}, kind_reg, flag, second, amount
        };
        wire [INDEX_WIDTH+139:0] block;

        assign cipher_index = next_index;

        always @(posedge clk) begin
            if (next_ready) begin
                index_reg <= next_index;
                salt_reg <= next_valid ? cipher_salt : 32'd0;
                key_size_reg <= cipher_key_size;
            end
        end

        if (EXTRA_REGISTERS != 0) begin : registered
            reg [INDEX_WIDTH+2:0] key_in_reg;
            reg [INDEX_WIDTH+139:0] block_in_reg;

            assign key_control = key_in_reg;
            assign block = block_in_reg;

            always @(posedge clk) begin
                key_in_reg <= key_in;
                block_in_reg <= block_in;
                if (rst) begin
                    key_in_reg <= 0;
                    block_in_reg[INDEX_WIDTH+139] <= 1'b0;
                end
            end
        end else begin : at_once
            assign key_control = key_in;
            assign block = block_in;
        end

        if (SHARED_AES != 0) begin : shared_pipe
            wire unused = &{1'b0, cipher_key, h_req_key, h_issue, key_write, key_control};

            assign aes_request = block;
            assign {out_valid, out_block, out_kind, out_flag, out_second, out_amount} = aes_result;
        end else begin : own_pipe
            wire unused = &{1'b0, cipher_key, h_req_key, h_issue, block[INDEX_WIDTH+138:139], aes_result};

            assign aes_request = {INDEX_WIDTH+140{1'b0}};

            aes_stored_pipe #(
                .MAX_KEY_BITS(MAX_KEY_BITS),
                .ROM_ROUNDS(ROM_ROUNDS),
                .INDEX_WIDTH(INDEX_WIDTH),
                .USER_WIDTH(8)
            ) aes_stored_pipe_inst (
                .clk(clk),
                .rst(rst),
                .key_write(key_write),
                .load(key_control[INDEX_WIDTH+2]),
                .load_index(key_control[INDEX_WIDTH+1:2]),
                .swap(key_control[1]),
                .busy(key_control[0]),
                .s_valid(block[INDEX_WIDTH+139]),
                .s_skip(block[138:136]),
                .s_block(block[135:8]),
                .s_user(block[7:0]),
                .m_valid(out_valid),
                .m_block(out_block),
                .m_user({out_kind, out_flag, out_second, out_amount})
            );

            initial begin
                if (CYCLES_PER_ROUND != 3) begin
                    $display("Error: KEY_STORE takes CYCLES_PER_ROUND = 3 (instance %m)");
                    $finish;
                end
            end
        end
    end else begin : keys_on_the_way
        wire unused = &{1'b0, key_write, key_load, key_load_index, key_wanted, aes_result};
        reg [INDEX_WIDTH-1:0] index_reg;

        wire [394:0] block_in = {
            issue || h_issue, active_reg ? {cipher_salt, iv_reg, counter} : 128'd0, active_reg ? cipher_key : h_req_key,
            active_reg ? cipher_key_size : h_req_key_size, active_reg ? kind_reg : KIND_H, flag, second, amount
        };
        wire [394:0] block;

        assign cipher_index = accept ? next_index : index_reg;
        assign aes_request = {INDEX_WIDTH+140{1'b0}};

        always @(posedge clk) begin
            index_reg <= cipher_index;
        end

        if (EXTRA_REGISTERS != 0) begin : registered
            reg [394:0] block_in_reg;

            assign block = block_in_reg;

            always @(posedge clk) begin
                block_in_reg <= (issue || h_issue) && !rst ? block_in : 395'd0;
            end
        end else begin : direct
            assign block = block_in;
        end

        aes_pipe #(
            .MAX_KEY_BITS(MAX_KEY_BITS),
            .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
            .SBOX_STYLE(SBOX_STYLE),
            .USER_WIDTH(8)
        ) aes_pipe_inst (
            .clk(clk),
            .rst(rst),
            .s_valid(block[394]),
            .s_block(block[393:266]),
            .s_key(block[265:10]),
            .s_key_size(block[9:8]),
            .s_user(block[7:0]),
            .m_valid(out_valid),
            .m_block(out_block),
            .m_user({out_kind, out_flag, out_second, out_amount})
        );

        initial begin
            if (SHARED_AES != 0) begin
                $display("Error: SHARED_AES takes KEY_STORE = 1 (instance %m)");
                $finish;
            end
        end
    end
endgenerate

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
    .amount({out_amount[3:2], 2'd2}),
    .m_data(out_rotated)
);

// {NextHeader, PadLength}, from the five lanes that the word of PadLength and the one behind it are in; NextHeader in the second block of a straddling
// trailer, too
wire [39:0] trailer_lanes = {out_rotated[23:0], out_rotated[127:112]};
wire [15:0] trailer = trailer_lanes[{1'b0, out_amount[1:0], 3'd0} +: 16];

wire out_data = out_valid && out_kind == KIND_DATA;
wire data_valid;
wire [128:0] data;

generate
    if (EXTRA_REGISTERS != 0) begin : straight_into_block_ram
        assign data_valid = out_data;
        assign data = {out_flag, out_rotated};
    end else begin : data_register
        reg data_valid_reg;
        reg [128:0] data_reg;

        assign data_valid = data_valid_reg;
        assign data = data_reg;

        always @(posedge clk) begin
            data_valid_reg <= out_data && !rst;
            if (out_valid) begin
                data_reg <= {out_flag, out_rotated};
            end
        end
    end
endgenerate

/* verilator lint_off PINCONNECTEMPTY */ // room is kept by credit, so neither s_ready nor level is looked at
fifo #(
    .WIDTH(129),
    .DEPTH_LOG2(DEPTH_LOG2),
    .BLOCK_RAM(EXTRA)
) data_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(data_valid),
    .s_ready(),
    .s_data(data),
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

wire out_j0 = out_kind == KIND_J0;

always @(posedge clk) begin
    if (out_valid && out_j0) begin
        j0_reg <= out_block;
    end
    if (out_valid && out_kind == KIND_TRAILER && !out_second) begin
        pad_length_reg <= trailer[7:0];
    end
end

assign j0_event = out_valid && out_flag && (out_j0 || out_kind == KIND_TRAILER);

fifo #(
    .WIDTH(144),
    // fewer words would not go into block RAM
    .DEPTH_LOG2(EXTRA != 0 && JOBS_LOG2 < 6 ? 6 : JOBS_LOG2),
    .BLOCK_RAM(EXTRA)
) j0_fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(j0_event),
    .s_ready(),
    .s_data({out_j0 ? out_block : j0_reg, out_second ? pad_length_reg : trailer[7:0], trailer[15:8]}),
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
wire job_issue = issue && kind_reg == KIND_J0;
// what was taken in the cycle before
reg data_take;
reg job_take;

always @(posedge clk) begin
    data_take <= m_valid && m_ready && !rst;
    job_take <= j0_valid && j0_ready && !rst;
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
