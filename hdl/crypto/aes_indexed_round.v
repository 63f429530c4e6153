// SPDX-License-Identifier: Apache-2.0
//
// aes_indexed_round: one round of forward AES (FIPS-197, 5.1) for the clock rate of a block RAM, each block with the round key of its own SA.
//
// What     m_state = AddRoundKey(MixColumns(ShiftRows(SubBytes(s_state)))) ^ addend, without MixColumns in the last round.
// Latency  5 cycles, two levels of 4-input LUTs before each register.    Rate: a block in every cycle, never stalls.
// Key      of SA read_index, with read_valid, in the second of these cycles; zero without it. addend as it is in the fifth.
// Order    FIPS-197: s_state[127:120] is octet 0; word 0 of a key is in its bits [127:96].
// Write    of one word, on a clock of its own: a read in the same cycle gives either. The contents are undefined after power-up.
// Secrets  a key is there for its block only, for three cycles; the stages follow their input.
// Reset    none.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_indexed_round #
(
    // no MixColumns
    parameter LAST = 0,
    // width of an SA index
    parameter INDEX_WIDTH = 6
)
(
    input  wire                   clk,

    input  wire                   write_clk,
    input  wire                   write,
    input  wire [INDEX_WIDTH-1:0] write_index,
    input  wire [1:0]             write_word,
    input  wire [31:0]            write_data,

    input  wire                   read_valid,
    input  wire [INDEX_WIDTH-1:0] read_index,

    input  wire [127:0]           s_state,
    input  wire [127:0]           addend,
    output wire [127:0]           m_state
);

wire [127:0] shifted;
wire [127:0] substituted;
wire [127:0] mixed;
wire [127:0] key;
reg [127:0]  m_state_reg;

assign m_state = m_state_reg;

aes_shift_rows aes_shift_rows_inst (
    .s_state(s_state),
    .m_state(shifted)
);

aes_sbox_composite #(
    .LANES(16),
    .REGISTERS(4)
) aes_sbox_composite_inst (
    .clk(clk),
    .s_bytes(shifted),
    .m_bytes(substituted)
);

aes_mix_columns aes_mix_columns_inst (
    .s_state(substituted),
    .m_state(mixed)
);

aes_indexed_key #(
    .INDEX_WIDTH(INDEX_WIDTH)
) aes_indexed_key_inst (
    .clk(clk),
    .write_clk(write_clk),
    .write(write),
    .write_index(write_index),
    .write_word(write_word),
    .write_data(write_data),
    .read_valid(read_valid),
    .read_index(read_index),
    .key(key)
);

always @(posedge clk) begin
    m_state_reg <= (LAST != 0 ? substituted : mixed) ^ key ^ addend;
end

endmodule

`resetall
