// SPDX-License-Identifier: Apache-2.0
//
// gf128_digit: one step of a digit-serial multiplication in GF(2^128) of GHASH (SP 800-38D, 6.3), registered.
//
// What     m_sum = s_sum * x^DIGIT + s_digit * s_h   modulo x^128 + x^7 + x^2 + x + 1
//          128/DIGIT steps over the digits of an operand, the one with the highest powers first, multiply it with s_h.
// Order    SP 800-38D: bit 127 of a block is the coefficient of x^0, bit 0 the coefficient of x^127:
//
//              bit    127  126  ...  1     0                bit of s_digit    DIGIT-1  ...  0
//              power  x^0  x^1  ...  x^126 x^127            power             x^0      ...  x^(DIGIT-1)
//
//          so the digit with the highest powers is the lowest one, block[DIGIT-1:0].
// Latency  1 cycle.    Rate: one step per cycle.
// Control  s_clear: m_sum becomes zero; else s_enable: take a step; else m_sum holds.

`resetall
`timescale 1ns / 1ps
`default_nettype none

// Exclusive or of wide vectors. Icarus 11 evaluates ^ bit by bit, but |, & and ~ a machine word at a time: three times
// faster in this form, and the same gates.
`define GF128_XOR(a, b) (((a) | (b)) & ~((a) & (b)))

module gf128_digit #
(
    // bits of the operand in one step, 1 or an even number up to 128
    parameter DIGIT = 32
)
(
    input  wire             clk,

    input  wire             s_enable,
    input  wire             s_clear,
    input  wire [127:0]     s_sum,
    input  wire [DIGIT-1:0] s_digit,
    input  wire [127:0]     s_h,

    output wire [127:0]     m_sum
);

// a product before reduction: bit WIDTH-1 is x^0, bit 0 is x^(127+DIGIT)
localparam WIDTH = 128 + DIGIT;

// pairs of bits
wire [DIGIT+DIGIT%2-1:0] digit;

generate
    if (DIGIT == 1) begin : one_bit
        assign digit = {1'b0, s_digit};
    end else begin : as_it_is
        assign digit = s_digit;
    end
endgenerate

reg [127:0] m_sum_reg;

assign m_sum = m_sum_reg;

always @(posedge clk) begin : step
    reg [WIDTH-1:0] h1;
    reg [WIDTH-1:0] h2;
    reg [WIDTH-1:0] h3;
    reg [WIDTH-1:0] term;
    reg [WIDTH-1:0] octet;
    reg [WIDTH-1:0] product;
    integer i;
    integer j;

    if (s_clear) begin
        m_sum_reg <= 128'd0;
    end else if (s_enable) begin
        product = {{DIGIT{1'b0}}, s_sum};

        // Two bits of the digit at a time choose 0, 1, x or 1 + x times s_h. They are summed octet by octet, and then
        // the octets, so that the tree of sums is not deep.
        h1 = {{DIGIT{1'b0}}, s_h} << 1;
        h2 = {{DIGIT{1'b0}}, s_h} << 2;
        h3 = `GF128_XOR(h1, h2);
        for (i = 0; i < DIGIT; i = i + 8) begin
            octet = {WIDTH{1'b0}};
            for (j = 0; j < 8 && i + j < DIGIT; j = j + 2) begin
                case (digit[i + j +: 2])
                    2'd0: term = {WIDTH{1'b0}};
                    2'd1: term = h1 << j;
                    2'd2: term = h2 << j;
                    default: term = h3 << j;
                endcase
                octet = `GF128_XOR(octet, term);
            end
            octet = octet << i;
            product = `GF128_XOR(product, octet);
        end

        // x^128 = x^7 + x^2 + x + 1: the DIGIT highest powers fold back, and a second time the 7 above x^127
        // that the first fold of a wide digit leaves
        for (i = 0; i < ((DIGIT > 121) ? 2 : 1); i = i + 1) begin
            term = {product[DIGIT-1:0], 128'd0};
            product = {product[WIDTH-1:DIGIT], {DIGIT{1'b0}}};
            product = product ^ term ^ (term >> 1) ^ (term >> 2) ^ (term >> 7);
        end
        m_sum_reg <= product[WIDTH-1:DIGIT];
    end
end

endmodule

`undef GF128_XOR

`resetall
