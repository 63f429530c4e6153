// SPDX-License-Identifier: Apache-2.0
//
// aes_indexed_key: the keys of one round for all SAs in block RAM, and that of any SA in every cycle.
//
// What     key is that of SA read_index three cycles later: one register near the RAM, which takes most of a cycle at the clock rate of the
//          pipe, and one near the round.
// Rate     a key in every cycle.
// Order    FIPS-197: word 0 in key[127:96].
// Write    of one word, on a clock of its own: a read in the same cycle gives either. The contents are undefined after power-up.
// Secrets  key is zero three cycles after a cycle without read_valid.
// Reset    none.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_indexed_key #
(
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
    output wire [127:0]           key
);

generate
    genvar w;

    for (w = 0; w < 4; w = w + 1) begin : word
        localparam [1:0] WORD = w;

        (* ram_style = "block", no_rw_check *) reg [31:0] mem [0:2**INDEX_WIDTH-1];

        reg [31:0] read_reg;
        reg [31:0] read_2_reg;
        reg [31:0] key_reg;

        assign key[32*(3-w) +: 32] = key_reg;

        always @(posedge write_clk) begin
            if (write && write_word == WORD) begin
                mem[write_index] <= write_data;
            end
        end

        always @(posedge clk) begin
            if (!read_valid) begin
                read_reg <= 32'd0;
            end else begin
                read_reg <= mem[read_index];
            end
            read_2_reg <= read_reg;
            key_reg <= read_2_reg;
        end
    end
endgenerate

endmodule

`resetall
