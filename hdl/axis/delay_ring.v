// SPDX-License-Identifier: Apache-2.0
//
// delay_ring: pure delay of every word, for the clock rate of a block RAM.
//
// What     m_data in cycle t is s_data of cycle t - DELAY. The words lie in a ring of memory; every 32 bits have pointers of their own,
//          which are registers that count by themselves: a word is read through one LUT.
// Rate     a word in every cycle, never stalls.
// Secrets  a word is overwritten 16 cycles later.
// Reset    starts the pointers anew: what comes out in the DELAY cycles after it is any word of the ring.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module delay_ring #
(
    // bits of a word
    parameter WIDTH = 8,
    // cycles, 2 to 16
    parameter DELAY = 8
)
(
    input  wire             clk,
    input  wire             rst,

    input  wire [WIDTH-1:0] s_data,
    output wire [WIDTH-1:0] m_data
);

localparam GROUP = 32;
localparam [31:0] DISTANCE = DELAY - 1;

generate
    genvar low;

    for (low = 0; low < WIDTH; low = low + GROUP) begin : group
        localparam BITS = WIDTH - low < GROUP ? WIDTH - low : GROUP;

        (* ram_style = "distributed" *) reg [BITS-1:0] mem [0:15];

        reg [3:0]      write_ptr_reg;
        reg [3:0]      read_ptr_reg;
        reg [BITS-1:0] m_data_reg;

        assign m_data[low +: BITS] = m_data_reg;

        // keep: on the process, or equal registers become one
        (* keep *) always @(posedge clk) begin
            write_ptr_reg <= write_ptr_reg + 1'b1;
            read_ptr_reg <= read_ptr_reg + 1'b1;
            if (rst) begin
                write_ptr_reg <= 4'd0;
                read_ptr_reg <= 4'd0 - DISTANCE[3:0];
            end
        end

        always @(posedge clk) begin
            mem[write_ptr_reg] <= s_data[low +: BITS];
            m_data_reg <= mem[read_ptr_reg];
        end
    end
endgenerate

endmodule

`resetall
