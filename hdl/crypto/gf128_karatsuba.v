// SPDX-License-Identifier: Apache-2.0
//
// gf128_karatsuba: pipelined multiplier in GF(2^128) of GHASH (SP 800-38D, 6.3), half the LUTs of gf128_multiply.
//
// What     m_product = s_x * s_h. Four levels of Karatsuba make 81 products of 8 x 8 bits of one of 128 x 128:
//
//              stage 1  the 81 pieces of both operands: a digit of the piece's number, base 3, chooses the low half, the
//                       high half or their sum
//              stage 2  81 products, joined to 27 of 16 x 16 bits
//              stage 3  the product of 255 bits
//              stage 4  reduction modulo x^128 + x^7 + x^2 + x + 1
//
// Latency  4 cycles, where every stage moves on in every cycle.    Rate: one product per cycle.
// move     bit k - 1: what is in stage k moves on, only with all stages behind it, and the product goes; s_valid only with all.
// AHEAD    1: s_valid, move and clear belong to the next cycle, and so go to the wide registers without logic, see gf128_stage.
// Order    SP 800-38D: bit 127 of a block is the coefficient of x^0 (drawn in gf128_digit).
// Secrets  clear makes all stages zero; there must be no product in them that is still wanted, and no s_valid. Without a product
//          m_product is anything.
// Reset    by clear; nothing else needs one.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module gf128_karatsuba #
(
    // 1: s_valid, move and clear come a cycle before the operands
    parameter AHEAD = 0
)
(
    input  wire         clk,
    input  wire         clear,

    input  wire         s_valid,
    input  wire [127:0] s_x,
    input  wire [127:0] s_h,
    input  wire [2:0]   move,
    output wire [127:0] m_product
);

// of 8 bits; products of 16 x 16 bits
localparam PIECES = 81;
localparam PRODUCTS = 27;

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

// the sums of both halves of 1, 3, 9 and 27 numbers: {sum, high, low} of each
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

function [23:0] split_16;
    input [15:0] a;
    split_16 = {a[15:8] ^ a[7:0], a};
endfunction

function [8*PIECES-1:0] pieces;
    input [127:0] a;
    reg [191:0] halves;
    reg [287:0] quarters;
    reg [431:0] eighths;
    integer i;
    begin
        halves = split_128(a);
        for (i = 0; i < 3; i = i + 1) begin
            quarters[96*i +: 96] = split_64(halves[64*i +: 64]);
        end
        for (i = 0; i < 9; i = i + 1) begin
            eighths[48*i +: 48] = split_32(quarters[32*i +: 32]);
        end
        for (i = 0; i < 27; i = i + 1) begin
            pieces[24*i +: 24] = split_16(eighths[16*i +: 16]);
        end
    end
endfunction

function [14:0] multiply_8;
    input [7:0] a;
    input [7:0] b;
    integer i;
    begin
        multiply_8 = 15'd0;
        for (i = 0; i < 8; i = i + 1) begin
            multiply_8 = multiply_8 ^ ({7'd0, a & {8{b[i]}}} << i);
        end
    end
endfunction

// the product of two numbers from those of their pieces, {sum, high, low}
function [30:0] join_16;
    input [44:0] p;
    join_16 = {p[29:15], 16'd0} ^ {8'd0, p[44:30] ^ p[29:15] ^ p[14:0], 8'd0} ^ {16'd0, p[14:0]};
endfunction

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

function [31*PRODUCTS-1:0] multiply;
    input [8*PIECES-1:0] x;
    input [8*PIECES-1:0] h;
    reg [15*PIECES-1:0] p;
    integer i;
    begin
        for (i = 0; i < PIECES; i = i + 1) begin
            p[15*i +: 15] = multiply_8(x[8*i +: 8], h[8*i +: 8]);
        end
        for (i = 0; i < PRODUCTS; i = i + 1) begin
            multiply[31*i +: 31] = join_16(p[45*i +: 45]);
        end
    end
endfunction

function [254:0] combine;
    input [31*PRODUCTS-1:0] p;
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

wire                   clear_operands;
wire                   clear_products;
wire [8*PIECES-1:0]    x_pieces;
wire [8*PIECES-1:0]    h_pieces;
wire [31*PRODUCTS-1:0] products;
wire [254:0]           product;

reset_stage #(
    .STAGES(AHEAD),
    .BRANCHES(2)
) reset_stage_inst (
    .clk(clk),
    .rst(clear),
    .m_rst({clear_operands, clear_products})
);

gf128_stage #(
    .WIDTH(8*PIECES),
    .AHEAD(AHEAD)
) x_pieces_inst (
    .clk(clk),
    .load(s_valid),
    .clear(clear_operands),
    .s_data(pieces(reverse(s_x))),
    .m_data(x_pieces)
);

gf128_stage #(
    .WIDTH(8*PIECES),
    .AHEAD(AHEAD)
) h_pieces_inst (
    .clk(clk),
    .load(s_valid),
    .clear(clear_operands),
    .s_data(pieces(reverse(s_h))),
    .m_data(h_pieces)
);

gf128_stage #(
    .WIDTH(31*PRODUCTS),
    .AHEAD(AHEAD)
) products_inst (
    .clk(clk),
    .load(move[0]),
    .clear(clear_products),
    .s_data(multiply(x_pieces, h_pieces)),
    .m_data(products)
);

gf128_stage #(
    .WIDTH(255),
    .AHEAD(AHEAD)
) product_inst (
    .clk(clk),
    .load(move[1]),
    .clear(clear_products),
    .s_data(combine(products)),
    .m_data(product)
);

gf128_stage #(
    .WIDTH(128),
    .AHEAD(AHEAD)
) m_product_inst (
    .clk(clk),
    .load(move[2]),
    .clear(clear_products),
    .s_data(reverse(reduce(product))),
    .m_data(m_product)
);

endmodule

`resetall
