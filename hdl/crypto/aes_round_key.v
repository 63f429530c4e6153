// SPDX-License-Identifier: Apache-2.0
//
// aes_round_key: the keys of one round for all SAs, and that of the job at hand.
//
// What     Four words of 32 bits for each SA in block RAM. load reads word load_word of SA load_index into the next key,
//          word 0 first; with swap the next key becomes the current one. forget makes both zero.
// Timing   swap at the earliest 5 cycles after the load of word 0; load of the following job from one cycle before that
//          swap on. The current key is on key in the cycle after swap. No forget from the cycle after load of a job on to its last block.
// Order    FIPS-197: word 0 in key[127:96].
// Write    write of word write_address = {index, word}: a read in the same cycle gives either. The contents are undefined
//          after power-up.
// Secrets  the register of the RAM is zero without a load. One forget for both keys, and best for many rounds: registers of many different resets
//          are hard to place in an FPGA.
// Reset    by forget.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_round_key #
(
    // width of an SA index
    parameter INDEX_WIDTH = 6
)
(
    input  wire                   clk,

    input  wire                   write,
    input  wire [INDEX_WIDTH+1:0] write_address,
    input  wire [31:0]            write_data,

    input  wire                   load,
    input  wire [INDEX_WIDTH-1:0] load_index,
    input  wire [1:0]             load_word,
    input  wire                   swap,
    input  wire                   forget,

    output wire [127:0]           key
);

(* ram_style = "block", no_rw_check *) reg [31:0] mem [0:2**(INDEX_WIDTH+2)-1];

reg         read_valid_reg;
reg [31:0]  read_reg;
reg [127:0] next_reg;
reg [127:0] key_reg;

assign key = key_reg;

always @(posedge clk) begin
    if (write) begin
        mem[write_address] <= write_data;
    end
end

always @(posedge clk) begin
    if (!load) begin
        read_reg <= 32'd0;
    end else begin
        read_reg <= mem[{load_index, load_word}];
    end
end

always @(posedge clk) begin
    read_valid_reg <= load;
    if (read_valid_reg) begin
        next_reg <= {next_reg[95:0], read_reg};
    end
    if (swap) begin
        key_reg <= next_reg;
    end
    if (forget) begin
        next_reg <= 128'd0;
        key_reg <= 128'd0;
    end
end

endmodule

`resetall
