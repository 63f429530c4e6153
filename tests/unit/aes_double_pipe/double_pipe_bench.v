// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

/*
 * aes_double_pipe for eight SAs, with aes_key_setup that fills it and an input that erases, as sa_table joins them. The clocks are made here.
 */
module double_pipe_bench #(
    parameter MAX_KEY_BITS = 256
) (
    input  wire         rst,

    input  wire         start,
    input  wire [2:0]   index,
    input  wire [255:0] key,
    input  wire [1:0]   key_size,
    output wire         done,

    input  wire         erase,
    input  wire [1:0]   erase_word,

    input  wire         s_valid_0,
    input  wire [2:0]   s_index_0,
    input  wire [2:0]   s_skip_0,
    input  wire [127:0] s_block_0,
    input  wire [7:0]   s_user_0,
    output wire         m_valid_0,
    output wire [127:0] m_block_0,
    output wire [7:0]   m_user_0,

    input  wire         s_valid_1,
    input  wire [2:0]   s_index_1,
    input  wire [2:0]   s_skip_1,
    input  wire [127:0] s_block_1,
    input  wire [7:0]   s_user_1,
    output wire         m_valid_1,
    output wire [127:0] m_block_1,
    output wire [7:0]   m_user_1
);

reg clk = 1'b0;
reg clk_2x = 1'b0;

// both in one process: edges at the same time are one event
always begin
    #2.5 clk_2x = 1'b0;
    #2.5 clk_2x = 1'b1;
    clk = 1'b1;
    #2.5 clk_2x = 1'b0;
    #2.5 clk_2x = 1'b1;
    clk = 1'b0;
end

wire        write;
wire [3:0]  write_round;
wire [2:0]  write_index;
wire [1:0]  write_word;
wire [31:0] write_data;

aes_key_setup #(
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .INDEX_WIDTH(3)
) setup (
    .clk(clk),
    .rst(rst),
    .start(start),
    .index(index),
    .key(key),
    .key_size(key_size),
    .done(done),
    .write(write),
    .write_round(write_round),
    .write_index(write_index),
    .write_word(write_word),
    .write_data(write_data)
);

// from registers on clk, as in the engine
reg [142:0] request_0;
reg [142:0] request_1;

always @(posedge clk) begin
    request_0 <= {s_valid_0, s_index_0, s_skip_0, s_block_0, s_user_0};
    request_1 <= {s_valid_1, s_index_1, s_skip_1, s_block_1, s_user_1};
end

aes_double_pipe #(
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .INDEX_WIDTH(3),
    .USER_WIDTH(8)
) pipe (
    .clk(clk),
    .clk_2x(clk_2x),
    .rst(rst),
    .key_write(erase ? {2'b11, 4'd0, index, erase_word, 32'd0}
        : {write, 1'b0, write_round, write_index, write_word, write_data}),
    .requests({request_1, request_0}),
    .results({m_valid_1, m_block_1, m_user_1, m_valid_0, m_block_0, m_user_0})
);

endmodule

`resetall
