// SPDX-License-Identifier: Apache-2.0
//
// aes_double_pipe: forward AES (FIPS-197) with expanded keys from block RAM for two streams, one block per cycle each, by one pipe at twice
// their clock.
//
// What     m_block = E(key of SA s_index, s_block) of each stream: their blocks enter aes_indexed_pipe in turn.
// Clocks   clk_2x has twice the rate of clk, and a rising edge at each of its rising edges (both from one PLL). Registers of each clock that are read
//          by the other load at these edges only, so that every path between the two has a cycle of clk; but for the one from toggle_reg, which
//          has half of it.
//
//            clk       /~~~~~~~\_______/~~~~~~~\___
//            clk_2x    /~~~\___/~~~\___/~~~\___/~~~
//            second    ________/~~~~~~~\_______/~~~
//            requests  | n             | n + 1
//            taken_reg | n - 1         | n
//            entry_reg | n - 2 | n - 1 | n - 1 | n          of stream 1, 0, 1, 0
//
// Latency  LATENCY = (MAX_KEY_BITS/32 + 6) * 5/2 + 5 cycles of clk from s_valid to m_valid, for every key size.
// Rate     one block per cycle of clk and stream; there is no ready, the pipe never stalls.
// Order    FIPS-197: block[127:120] is octet 0.
// Write    one word of the round key of an SA, by aes_key_setup, on clk, never while the SA has a block in the pipe.
// Secrets  LATENCY cycles after the last block nothing is left of keys and blocks (aes_indexed_pipe). m_block is anything without m_valid.
// Reset    no block in the pipe has an m_valid any more. The memories keep their contents.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_double_pipe #
(
    // longest key: 128, 192 or 256; sets the number of rounds built (10, 12 or 14)
    parameter MAX_KEY_BITS = 256,
    // width of an SA index
    parameter INDEX_WIDTH = 6,
    // width of the side band that travels with the block
    parameter USER_WIDTH = 8,
    // derived, leave them as they are
    parameter REQUEST_WIDTH = INDEX_WIDTH + 132 + USER_WIDTH,
    parameter RESULT_WIDTH = 129 + USER_WIDTH
)
(
    input  wire                       clk,
    input  wire                       clk_2x,
    input  wire                       rst,

    /*
     * Write of a word of an SA's round key, for both streams: {valid, of all rounds, round[3:0], index, word[1:0], data[31:0]}
     */
    input  wire [INDEX_WIDTH+39:0]    key_write,

    /*
     * {s_valid, s_index, s_skip[2:0], s_block[127:0], s_user}, stream 0 in the low half
     */
    input  wire [2*REQUEST_WIDTH-1:0] requests,

    /*
     * {m_valid, m_block[127:0], m_user}, stream 0 in the low half
     */
    output wire [2*RESULT_WIDTH-1:0]  results
);

localparam ROUNDS = MAX_KEY_BITS / 32 + 6;
localparam LATENCY = 5 * ROUNDS / 2 + 5;
localparam ENTRY_WIDTH = REQUEST_WIDTH - USER_WIDTH;

// in the second half of a cycle of clk: toggle_reg turns at its beginning, which is seen half a cycle later
reg toggle_reg;
reg seen_reg;
reg second_reg;

// requests of both streams, and that of each in turn
reg [2*ENTRY_WIDTH-1:0] taken_reg;
reg [ENTRY_WIDTH-1:0]   entry_reg;
// blocks of each in turn, and those of both
wire [127:0]            leaving;
reg [127:0]             leaving_reg;
reg [127:0]             leaving_2_reg;
reg [255:0]             blocks_reg;

always @(posedge clk) begin
    toggle_reg <= !toggle_reg && !rst;
end

always @(posedge clk_2x) begin
    seen_reg <= toggle_reg;
    second_reg <= toggle_reg ^ seen_reg;
    entry_reg <= second_reg ? taken_reg[ENTRY_WIDTH +: ENTRY_WIDTH] : taken_reg[0 +: ENTRY_WIDTH];
    leaving_reg <= leaving;
    leaving_2_reg <= leaving_reg;
    if (second_reg) begin
        taken_reg <= {requests[REQUEST_WIDTH+USER_WIDTH +: ENTRY_WIDTH], requests[USER_WIDTH +: ENTRY_WIDTH]};
        blocks_reg <= {leaving_reg, leaving_2_reg};
    end
end

aes_indexed_pipe #(
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .INDEX_WIDTH(INDEX_WIDTH)
) aes_indexed_pipe_inst (
    .clk(clk_2x),
    .rst(rst),
    .write_clk(clk),
    .key_write(key_write),
    .s_valid(entry_reg[ENTRY_WIDTH-1]),
    .s_index(entry_reg[131 +: INDEX_WIDTH]),
    .s_skip(entry_reg[130:128]),
    .s_block(entry_reg[127:0]),
    .m_block(leaving)
);

generate
    genvar i;

    for (i = 0; i < 2; i = i + 1) begin : stream
        wire                  leaves;
        wire [USER_WIDTH-1:0] user;

        delay_line #(
            .WIDTH(USER_WIDTH),
            .DELAY(LATENCY),
            .DEPTH_LOG2(6)
        ) user_line_inst (
            .clk(clk),
            .rst(rst),
            .s_valid(requests[REQUEST_WIDTH*i + REQUEST_WIDTH-1]),
            .s_data(requests[REQUEST_WIDTH*i +: USER_WIDTH]),
            .m_valid(leaves),
            .m_data(user)
        );

        assign results[RESULT_WIDTH*i +: RESULT_WIDTH] = {leaves, blocks_reg[128*i +: 128], user};
    end
endgenerate

endmodule

`resetall
