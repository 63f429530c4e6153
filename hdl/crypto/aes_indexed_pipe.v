// SPDX-License-Identifier: Apache-2.0
//
// aes_indexed_pipe: forward AES (FIPS-197), one block per cycle, each with the key of its own SA: for the clock rate of a block RAM.
//
// What     m_block = E(key of SA s_index, s_block). The expanded keys lie in block RAM, four for each round, and each round reads that of its block.
//          S-boxes in the composite field, in four stages.
// Skip     A block with s_skip = n passes by the first n rounds (0, 2 or 4): the keys are stored so that they end with the last
//          round (aes_key_setup), and begin with zeros. Through the rounds goes a block of zeros instead, whose octets are then equal and known,
//          and behind round n its place is taken by the block, which went along beside, in a ring of memory for every two rounds.
// Latency  LATENCY = (MAX_KEY_BITS/32 + 6) * 5 + 4 cycles, for every key size.
// Rate     one block per cycle; there is no ready, the pipe never stalls.
// Order    FIPS-197: block[127:120] is octet 0.
// Write    one word of the round key of an SA, by aes_key_setup, on a clock of its own, never while the SA has a block in the pipe.
// Secrets  without s_valid no key is read, and a block of zeros goes through the rounds: LATENCY cycles later nothing is left of keys and
//          blocks, all registers hold zero or what the rounds make of it.
// Reset    of the rings alone: a block that is in one does not come out, every other does. The memories keep their contents.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_indexed_pipe #
(
    // longest key: 128, 192 or 256; sets the number of rounds built (10, 12 or 14)
    parameter MAX_KEY_BITS = 256,
    // width of an SA index
    parameter INDEX_WIDTH = 6
)
(
    input  wire                    clk,
    input  wire                    rst,

    /*
     * Write of a word of an SA's round key: {valid, of all rounds, round[3:0], index, word[1:0], data[31:0]}
     */
    input  wire                    write_clk,
    input  wire [INDEX_WIDTH+39:0] key_write,

    /*
     * Block in, and out LATENCY cycles later
     */
    input  wire                    s_valid,
    input  wire [INDEX_WIDTH-1:0]  s_index,
    input  wire [2:0]              s_skip,
    input  wire [127:0]            s_block,
    output wire [127:0]            m_block
);

localparam ROUNDS = MAX_KEY_BITS / 32 + 6;
// rounds that shorter keys leave out
localparam SKIPPED = ROUNDS - 10;
localparam RINGS = SKIPPED / 2;
// cycles of a round
localparam CYCLES = 5;
localparam READ_WIDTH = INDEX_WIDTH + 1;

// what the rounds before make of an octet of zero under keys of zero: S(0), S(S(0)), ...; MixColumns leaves equal octets as they are
function [7:0] passed_octet;
    input [2:0] rounds;
    passed_octet = rounds == 3'd2 ? 8'hfb : 8'h76;
endfunction

wire                   write;
wire                   write_all;
wire [3:0]             write_round;
wire [INDEX_WIDTH-1:0] write_index;
wire [1:0]             write_word;
wire [31:0]            write_data;

assign {write, write_all, write_round, write_index, write_word, write_data} = key_write;

// {valid, index} of the cycle, and of those before
reg [READ_WIDTH*CYCLES*ROUNDS-1:0] read_reg;
wire [READ_WIDTH*(CYCLES*ROUNDS+1)-1:0] reads = {read_reg, s_valid, s_index};

// a block that passes no rounds, until its key is there, and their sum
wire [127:0] key;
reg [127:0]  block_reg;
reg [127:0]  block_2_reg;
reg [127:0]  block_3_reg;
reg [127:0]  state_reg;

always @(posedge clk) begin
    read_reg <= reads[READ_WIDTH*CYCLES*ROUNDS-1:0];
    block_reg <= s_valid && s_skip == 3'd0 ? s_block : 128'd0;
    block_2_reg <= block_reg;
    block_3_reg <= block_2_reg;
    state_reg <= block_3_reg ^ key;
end

aes_indexed_key #(
    .INDEX_WIDTH(INDEX_WIDTH)
) aes_indexed_key_inst (
    .clk(clk),
    .write_clk(write_clk),
    .write(write && (write_all || write_round == 4'd0)),
    .write_index(write_index),
    .write_word(write_word),
    .write_data(write_data),
    .read_valid(s_valid),
    .read_index(s_index),
    .key(key)
);

// {pairs of rounds that are left to pass by, block}, in front of each ring and behind the last; without such a block zero
wire [130*(RINGS+1)-1:0] beside;
// without a ring there is nothing to reset
wire unused = &{1'b0, rst, beside[130*RINGS +: 130]};
reg [129:0]              entering_reg;

assign beside[129:0] = entering_reg;

always @(posedge clk) begin
    entering_reg <= s_valid && s_skip != 3'd0 ? {s_skip[2:1], s_block ^ {16{passed_octet(s_skip)}}} : 130'd0;
end

generate
    genvar r;

    for (r = 0; r <= ROUNDS; r = r + 1) begin : round
        wire [127:0] state;

        if (r == 0) begin : first
            assign state = state_reg;
        end else begin : next
            wire [127:0] addend;

            if (r <= SKIPPED && r % 2 == 0) begin : passed
                wire [129:0] arriving;
                reg [127:0]  addend_reg;
                reg [129:0]  beside_reg;

                assign addend = addend_reg;
                assign beside[130*r/2 +: 130] = beside_reg;

                // the first waits for the key at the entry, too
                delay_ring #(
                    .WIDTH(130),
                    .DELAY(r == 2 ? 2 * CYCLES + 1 : 2 * CYCLES - 1)
                ) delay_ring_inst (
                    .clk(clk),
                    .rst(rst),
                    .s_data(beside[130*(r/2-1) +: 130]),
                    .m_data(arriving)
                );

                always @(posedge clk) begin
                    addend_reg <= arriving[129:128] == 2'd1 ? arriving[127:0] : 128'd0;
                    beside_reg <= arriving[129] ? {2'd1, arriving[127:0]} : 130'd0;
                end
            end else begin : all_take_part
                assign addend = 128'd0;
            end

            aes_indexed_round #(
                .LAST(r == ROUNDS),
                .INDEX_WIDTH(INDEX_WIDTH)
            ) aes_indexed_round_inst (
                .clk(clk),
                .write_clk(write_clk),
                .write(write && (write_all || write_round == r)),
                .write_index(write_index),
                .write_word(write_word),
                .write_data(write_data),
                .read_valid(reads[READ_WIDTH*CYCLES*r + INDEX_WIDTH]),
                .read_index(reads[READ_WIDTH*CYCLES*r +: INDEX_WIDTH]),
                .s_state(round[r-1].state),
                .addend(addend),
                .m_state(state)
            );
        end
    end
endgenerate

assign m_block = round[ROUNDS].state;

endmodule

`resetall
