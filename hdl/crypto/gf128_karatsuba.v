// SPDX-License-Identifier: Apache-2.0
//
// gf128_karatsuba: pipelined multiplier in GF(2^128) of GHASH (SP 800-38D, 6.3), half the LUTs of gf128_multiply.
//
// What     m_product = s_x * s_h. Three levels of Karatsuba make 27 products of 16 x 16 bits of one of 128 x 128:
//
//              cycle 1  the 27 pieces of both operands: a digit of the piece's number, base 3, chooses the low half, the
//                       high half or their sum
//              cycle 2  27 products
//              cycle 3  the product of 255 bits
//              cycle 4  reduction modulo x^128 + x^7 + x^2 + x + 1
//
// Latency  4 cycles.    Rate: one product per cycle, never stalls.
// Order    SP 800-38D: bit 127 of a block is the coefficient of x^0 (drawn in gf128_digit).
// Secrets  every register of a stage is zero while the stage holds no valid operands.
// Reset    empties and zeroes all stages.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module gf128_karatsuba (
    input  wire         clk,
    input  wire         rst,

    input  wire         s_valid,
    input  wire [127:0] s_x,
    input  wire [127:0] s_h,

    // zero where there is none
    output wire [127:0] m_product
);

localparam PIECES = 27;

// bit i is the coefficient of x^i
function [127:0] reverse;
    input [127:0] block;
    integer i;
    begin
        for (i = 0; i < 128; i = i + 1) begin
            reverse[i] = block[127 - i];
        end
    end
endfunction

// the sums of both halves of one, three and nine numbers: {sum, high, low} of each
function [191:0] split_128;
    input [127:0] a;
    split_128 = {a[127:64] ^ a[63:0], a};
endfunction

function [95:0] split_64;
    input [63:0] a;
    split_64 = {a[63:32] ^ a[31:0], a};
endfunction

function [47:0] split_32;
    input [31:0] a;
    split_32 = {a[31:16] ^ a[15:0], a};
endfunction

function [16*PIECES-1:0] pieces;
    input [127:0] a;
    reg [191:0] halves;
    reg [287:0] quarters;
    integer i;
    begin
        halves = split_128(a);
        for (i = 0; i < 3; i = i + 1) begin
            quarters[96*i +: 96] = split_64(halves[64*i +: 64]);
        end
        for (i = 0; i < 9; i = i + 1) begin
            pieces[48*i +: 48] = split_32(quarters[32*i +: 32]);
        end
    end
endfunction

function [30:0] multiply_16;
    input [15:0] a;
    input [15:0] b;
    integer i;
    begin
        multiply_16 = 31'd0;
        for (i = 0; i < 16; i = i + 1) begin
            multiply_16 = multiply_16 ^ ({15'd0, a & {16{b[i]}}} << i);
        end
    end
endfunction

// the product of two numbers from those of their pieces, {sum, high, low}
function [62:0] join_32;
    input [92:0] p;
    join_32 = {p[61:31], 32'd0} ^ {16'd0, p[92:62] ^ p[61:31] ^ p[30:0], 16'd0} ^ {32'd0, p[30:0]};
endfunction

function [126:0] join_64;
    input [188:0] p;
    join_64 = {p[125:63], 64'd0} ^ {32'd0, p[188:126] ^ p[125:63] ^ p[62:0], 32'd0} ^ {64'd0, p[62:0]};
endfunction

function [254:0] join_128;
    input [380:0] p;
    join_128 = {p[253:127], 128'd0} ^ {64'd0, p[380:254] ^ p[253:127] ^ p[126:0], 64'd0} ^ {128'd0, p[126:0]};
endfunction

function [254:0] combine;
    input [31*PIECES-1:0] p;
    reg [566:0] quarters;
    reg [380:0] halves;
    integer i;
    begin
        for (i = 0; i < 9; i = i + 1) begin
            quarters[63*i +: 63] = join_32(p[93*i +: 93]);
        end
        for (i = 0; i < 3; i = i + 1) begin
            halves[127*i +: 127] = join_64(quarters[189*i +: 189]);
        end
        combine = join_128(halves);
    end
endfunction

// x^128 = x^7 + x^2 + x + 1; what that leaves above x^127, 7 bits, folds again
function [127:0] reduce;
    input [254:0] p;
    reg [133:0] fold;
    begin
        fold = {7'd0, p[254:128]} ^ {6'd0, p[254:128], 1'b0} ^ {5'd0, p[254:128], 2'd0} ^ {p[254:128], 7'd0};
        reduce = p[127:0] ^ fold[127:0];
        reduce[12:0] = reduce[12:0] ^ {7'd0, fold[133:128]} ^ {6'd0, fold[133:128], 1'b0} ^ {5'd0, fold[133:128], 2'd0}
            ^ {fold[133:128], 7'd0};
    end
endfunction

reg                 valid_1_reg;
reg                 valid_2_reg;
reg                 valid_3_reg;
reg                 valid_4_reg;
reg [16*PIECES-1:0] x_pieces_reg;
reg [16*PIECES-1:0] h_pieces_reg;
reg [31*PIECES-1:0] products_reg;
reg [254:0]         product_reg;
reg [127:0]         m_product_reg;

assign m_product = m_product_reg;

always @(posedge clk) begin : pipeline
    integer i;

    valid_1_reg <= s_valid && !rst;
    valid_2_reg <= valid_1_reg && !rst;
    valid_3_reg <= valid_2_reg && !rst;
    valid_4_reg <= valid_3_reg && !rst;

    if (s_valid && !rst) begin
        x_pieces_reg <= pieces(reverse(s_x));
        h_pieces_reg <= pieces(reverse(s_h));
    end else if (valid_1_reg || rst) begin
        x_pieces_reg <= {16*PIECES{1'b0}};
        h_pieces_reg <= {16*PIECES{1'b0}};
    end

    if (valid_1_reg && !rst) begin
        for (i = 0; i < PIECES; i = i + 1) begin
            products_reg[31*i +: 31] <= multiply_16(x_pieces_reg[16*i +: 16], h_pieces_reg[16*i +: 16]);
        end
    end else if (valid_2_reg || rst) begin
        products_reg <= {31*PIECES{1'b0}};
    end

    if (valid_2_reg && !rst) begin
        product_reg <= combine(products_reg);
    end else if (valid_3_reg || rst) begin
        product_reg <= 255'd0;
    end

    if (valid_3_reg && !rst) begin
        m_product_reg <= reverse(reduce(product_reg));
    end else if (valid_4_reg || rst) begin
        m_product_reg <= 128'd0;
    end
end

endmodule

`resetall
