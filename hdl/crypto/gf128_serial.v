// SPDX-License-Identifier: Apache-2.0
//
// gf128_serial: small sequential multiplier in GF(2^128) of GHASH (SP 800-38D, 6.3), for the powers of H.
//
// What     product = a * b. start takes a; b stays as it is from start until done. done is one pulse, and product then holds until the next start or clear.
// Latency  done comes 128/DIGIT + 1 cycles after start (17), and product is valid with it.
// Rate     one multiplication at a time; busy from the cycle after start up to the one before done.
// Order    SP 800-38D: bit 127 of a block is the coefficient of x^0 (drawn in gf128_digit).
// Bad      start while busy abandons the product under way and starts anew; start together with clear does nothing.
// input
// Secrets  clear (one cycle, at any time) abandons the product under way and zeroes the copy of a and product; so
//          does rst. The copy is zero once done.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module gf128_serial #
(
    // bits of a per cycle: 1, 2, 4, 8, 16 or 32
    parameter DIGIT = 8
)
(
    input  wire         clk,
    input  wire         rst,

    input  wire         start,
    input  wire         clear,
    input  wire [127:0] a,
    input  wire [127:0] b,

    output wire         busy,
    output wire         done,
    output wire [127:0] product
);

localparam STEPS = 128 / DIGIT;
localparam COUNT_WIDTH = $clog2(STEPS + 1);
localparam [COUNT_WIDTH-1:0] STEPS_LEFT = STEPS[COUNT_WIDTH-1:0];

reg                   done_reg;
reg                   busy_reg;
reg [COUNT_WIDTH-1:0] left_reg;
reg [127:0]           a_reg;

assign busy = busy_reg;
assign done = done_reg;

gf128_digit #(
    .DIGIT(DIGIT)
) gf128_digit_inst (
    .clk(clk),
    .s_enable(busy_reg),
    .s_clear(start || clear || rst),
    .s_sum(product),
    .s_digit(a_reg[DIGIT-1:0]),
    .s_h(b),
    .m_sum(product)
);

always @(posedge clk) begin
    done_reg <= 1'b0;
    // nothing but zeros follows the last digit, so that it needs no enable
    a_reg <= rst || clear ? 128'd0 : start ? a : a_reg >> DIGIT;

    if (rst || clear) begin
        busy_reg <= 1'b0;
        left_reg <= {COUNT_WIDTH{1'b0}};
    end else if (start) begin
        busy_reg <= 1'b1;
        left_reg <= STEPS_LEFT;
    end else if (busy) begin
        left_reg <= left_reg - 1'b1;
        if (left_reg == 1) begin
            done_reg <= 1'b1;
            busy_reg <= 1'b0;
        end
    end
end

endmodule

`resetall
