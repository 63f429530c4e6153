// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * aes_stored_pipe for eight SAs, with aes_key_setup that fills it and an input that erases, as sa_table joins them.
 */
module stored_pipe_bench #(
    parameter MAX_KEY_BITS = 256,
    parameter ROM_ROUNDS = 0
) (
    input  wire         clk,
    input  wire         rst,

    input  wire         start,
    input  wire [2:0]   index,
    input  wire [255:0] key,
    input  wire [1:0]   key_size,
    output wire         done,

    input  wire         erase,
    input  wire [1:0]   erase_word,

    input  wire         load,
    input  wire [2:0]   load_index,
    input  wire         swap,
    input  wire         busy,
    input  wire         s_valid,
    input  wire [2:0]   s_skip,
    input  wire [127:0] s_block,
    input  wire [7:0]   s_user,
    output wire         m_valid,
    output wire [127:0] m_block,
    output wire [7:0]   m_user
);

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

aes_stored_pipe #(
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .ROM_ROUNDS(ROM_ROUNDS),
    .INDEX_WIDTH(3),
    .USER_WIDTH(8)
) pipe (
    .clk(clk),
    .rst(rst),
    .key_write(erase ? {2'b11, 4'd0, index, erase_word, 32'd0}
        : {write, 1'b0, write_round, write_index, write_word, write_data}),
    .load(load),
    .load_index(load_index),
    .swap(swap),
    .busy(busy),
    .s_valid(s_valid),
    .s_skip(s_skip),
    .s_block(s_block),
    .s_user(s_user),
    .m_valid(m_valid),
    .m_block(m_block),
    .m_user(m_user)
);

endmodule

`resetall
