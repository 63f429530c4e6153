// SPDX-License-Identifier: Apache-2.0
//
// aes_stored_pipe: forward AES (FIPS-197), one block per cycle, with expanded keys from block RAM.
//
// What     m_block = E(key of the current job, s_block). The blocks of a job have one key and key size. Beside
//          aes_pipe it takes no logic for the key expansion, and 32 bits of block RAM for each round.
// Jobs     load: from this cycle on, four cycles long, the keys of SA load_index are read for the next job; the next load
//          comes 4 cycles later at the earliest. swap, 5 cycles after its load at the earliest: that job is the current one,
//          s_valid belongs to it from the next cycle on. The following load may come one cycle before swap. busy: at the latest
//          from the load of a job until its last block there is a job.
// Skip     A block with s_skip = n passes by the first n rounds (0, 2 or 4): the keys are stored so that they end with the last
//          round (aes_key_setup), and begin with zeros. Its state passes each two rounds in a delay line.
// Latency  LATENCY = (MAX_KEY_BITS/32 + 6) * 3 + 1 cycles from s_valid to m_valid, for every key size.
// Rate     one block per cycle; there is no ready, the pipe never stalls.
// Order    FIPS-197: block[127:120] is octet 0.
// Write    one word of the round key of an SA, by aes_key_setup, never while the SA has a job.
// Secrets  a key stays until the next one takes its place; LATENCY + 5 cycles after the end of busy every register of a key or state
//          is zero. m_user is zero without m_valid, m_block anything.
// Reset    drops all blocks in the pipe; every register of a key or state is zero six cycles later, unless busy comes. The memories
//          keep their contents.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_stored_pipe #
(
    // longest key: 128, 192 or 256; sets the number of rounds built (10, 12 or 14)
    parameter MAX_KEY_BITS = 256,
    // of the last rounds, at most 10, so many have their S-boxes in block RAM
    parameter ROM_ROUNDS = 0,
    // width of an SA index
    parameter INDEX_WIDTH = 6,
    // width of the side band that travels with the block
    parameter USER_WIDTH = 8
)
(
    input  wire                   clk,
    input  wire                   rst,

    /*
     * Write of a word of an SA's round key: {valid, of all rounds, round[3:0], index, word[1:0], data[31:0]}
     */
    input  wire [INDEX_WIDTH+39:0] key_write,

    /*
     * Key of the next job
     */
    input  wire                   load,
    input  wire [INDEX_WIDTH-1:0] load_index,
    input  wire                   swap,

    /*
     * Block in
     */
    input  wire                   busy,
    input  wire                   s_valid,
    input  wire [2:0]             s_skip,
    input  wire [127:0]           s_block,
    input  wire [USER_WIDTH-1:0]  s_user,

    /*
     * Block out
     */
    output wire                   m_valid,
    output wire [127:0]           m_block,
    output wire [USER_WIDTH-1:0]  m_user
);

localparam ROUNDS = MAX_KEY_BITS / 32 + 6;
// rounds that shorter keys leave out
localparam SKIPPED = ROUNDS - 10;
localparam DEPTH = 3 * ROUNDS;
localparam CONTROL_WIDTH = INDEX_WIDTH + 4;
// rounds that forget by one register
localparam FORGET_ROUNDS = 4;
localparam FORGET_GROUPS = ROUNDS / FORGET_ROUNDS + 1;
// cycles without a job after which every stage is empty
localparam [5:0] EMPTY = DEPTH[5:0];

wire                   write;
wire                   write_all;
wire [3:0]             write_round;
wire [INDEX_WIDTH+1:0] write_address;
wire [31:0]            write_data;

assign {write, write_all, write_round, write_address, write_data} = key_write;

// words 1 to 3 of the key that is being loaded
reg [1:0]             word_reg;
reg [INDEX_WIDTH-1:0] index_reg;

wire                   reading = load || word_reg != 2'd0;
wire [INDEX_WIDTH-1:0] index = load ? load_index : index_reg;

// {load, index, word, swap} of the cycle, and of those before
wire [CONTROL_WIDTH-1:0] control = {reading, index, load ? 2'd0 : word_reg, swap};
reg [CONTROL_WIDTH*DEPTH-1:0] control_reg;
wire [CONTROL_WIDTH*(DEPTH+1)-1:0] controls = {control_reg, control};

// round key of round r in [128*r +: 128]
wire [128*(ROUNDS+1)-1:0] keys;

// cycles since there was a job, at most EMPTY; as many there are
reg [5:0]                idle_reg;
reg                      empty_reg;
wire [FORGET_GROUPS-1:0] forget;

reg                  valid_reg;
reg [127:0]          state_reg;
reg [2:0]            skip_reg;
reg [USER_WIDTH-1:0] user_reg;

always @(posedge clk) begin
    control_reg <= controls[CONTROL_WIDTH*DEPTH-1:0];
    word_reg <= load ? 2'd1 : reading ? word_reg + 1'b1 : 2'd0;
    if (load) begin
        index_reg <= load_index;
    end
    if (busy) begin
        idle_reg <= 6'd0;
    end else if (!empty_reg) begin
        idle_reg <= idle_reg + 1'b1;
    end
    empty_reg <= !busy && (empty_reg || idle_reg == EMPTY);
    if (rst) begin
        control_reg <= {CONTROL_WIDTH*DEPTH{1'b0}};
        word_reg <= 2'd0;
        empty_reg <= 1'b1;
    end

    valid_reg <= s_valid && !rst;
    if (!s_valid) begin
        state_reg <= 128'd0;
        skip_reg <= 3'd0;
        user_reg <= {USER_WIDTH{1'b0}};
    end else begin
        state_reg <= s_block ^ round[0].addend;
        skip_reg <= s_skip;
        user_reg <= s_user;
    end
end

reset_stage #(
    .BRANCHES(FORGET_GROUPS)
) reset_stage_inst (
    .clk(clk),
    .rst(empty_reg && !busy),
    .m_rst(forget)
);

generate
    genvar r;

    for (r = 0; r <= ROUNDS; r = r + 1) begin : round
        // blocks that skip this round and the one before come in behind it; then the key is wanted a cycle earlier
        localparam PASSED = r != 0 && r <= SKIPPED && r % 2 == 0;
        localparam AT = PASSED ? 3 * r - 1 : 3 * r;

        wire                  valid;
        wire [127:0]          state;
        wire [2:0]            skip;
        wire [USER_WIDTH-1:0] user;
        wire [127:0]          addend;

        aes_round_key #(
            .INDEX_WIDTH(INDEX_WIDTH)
        ) aes_round_key_inst (
            .clk(clk),
            .write(write && (write_all || write_round == r)),
            .write_address(write_address),
            .write_data(write_data),
            .load(controls[CONTROL_WIDTH*AT+CONTROL_WIDTH-1]),
            .load_index(controls[CONTROL_WIDTH*AT+3 +: INDEX_WIDTH]),
            .load_word(controls[CONTROL_WIDTH*AT+1 +: 2]),
            .swap(controls[CONTROL_WIDTH*AT]),
            .forget(forget[r/FORGET_ROUNDS]),
            .key(keys[128*r +: 128])
        );

        if (PASSED) begin : passed
            // two rounds, less the cycle of the sum
            reg [511:0] line_reg;
            reg [127:0] sum_reg;

            assign addend = sum_reg;

            always @(posedge clk) begin
                line_reg <= {line_reg[383:0], round[r-2].skip != 3'd0 ? round[r-2].state : 128'd0};
                // the key is zero where a block passes
                sum_reg <= line_reg[511:384] ^ keys[128*r +: 128];
            end
        end else begin : all_take_part
            assign addend = keys[128*r +: 128];
        end

        if (r == 0) begin : first
            assign valid = valid_reg;
            assign state = state_reg;
            assign skip = skip_reg;
            assign user = user_reg;
        end else begin : next
            wire [2:0] skip_before = round[r-1].skip;

            aes_stored_round #(
                .LAST(r == ROUNDS),
                .SBOX_STYLE(r > ROUNDS - ROM_ROUNDS ? 2 : 1),
                .USER_WIDTH(USER_WIDTH + 3)
            ) aes_stored_round_inst (
                .clk(clk),
                .rst(rst),
                .s_valid(round[r-1].valid),
                .s_state(round[r-1].state),
                .s_skip(r <= SKIPPED && skip_before != 3'd0),
                .s_user({(r <= SKIPPED && skip_before != 3'd0) ? skip_before - 1'b1 : 3'd0, round[r-1].user}),
                .key(addend),
                .forget(forget[r/FORGET_ROUNDS]),
                .m_valid(valid),
                .m_state(state),
                .m_user({skip, user})
            );
        end
    end
endgenerate

wire unused_tail = &{1'b0, round[ROUNDS].skip};

assign m_valid = round[ROUNDS].valid;
assign m_block = round[ROUNDS].state;
assign m_user = round[ROUNDS].user;

endmodule

`resetall
