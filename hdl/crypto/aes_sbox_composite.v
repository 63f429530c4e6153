// SPDX-License-Identifier: Apache-2.0
//
// aes_sbox_composite: the AES S-box (FIPS-197, 5.1.1) in the composite field GF((2^4)^2).
//
// What     Every octet of m_bytes is SubByte of the octet of s_bytes at the same place: the inverse in GF(2^8) as conjugate
//          times the inverse of the norm, the norm in GF(2^4), its arithmetic in GF(2^2). 49 4-input LUTs for an octet, a
//          quarter of a table. All lanes are computed together, bit plane by bit plane: one wide operation for each gate
//          of the S-box, which simulates ten times faster than an instance for each octet, and compiles so.
// Fields   An octet x is seen as two elements of GF(2^4), h = Tr(x) and l = Tr(c*x), c = 8'h10, by the trace from GF(2^8).
//          A product in GF(2^4) is made of three in GF(2^2), at three points of the projective line over GF(2^2) (the scheme of
//          Karatsuba): h0, h1, h2 are the values of h at these points, two bits a and b each, l0 to l2 those of l.
//          d is x^17, the norm of x, in a basis whose elements need two of the three products; e0 to e2 are the values of 1/d.
//          Every bit of d is a sum of two functions of four bits, every bit of e one function of d's four bits, every p a
//          function of two bits of h or l and two of e, and every bit of h and l a sum of at most five bits of x. Of all pairs
//          of lines, points and scales these have the smallest sum of 4-input functions.
// Spelling The two functions that a bit of d is the sum of share no term with others, and with the register h and l are wires that stay,
//          because Yosys then finds these 49 LUTs.
// Latency  REGISTERS cycles: 0 (combinational), 1 (a register behind h, l and d: four levels of LUTs before it, three behind it)
//          or 4 (registers behind h and l, behind d, behind the products and behind the result: two levels of LUTs before each).
// Rate     LANES octets per cycle.
// Reset    none; the register follows the input, so an idle input of zero leaves nothing of the last octet.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_sbox_composite #
(
    // octets side by side
    parameter LANES = 1,
    // pipeline registers: 0, 1 or 4
    parameter REGISTERS = 0
)
(
    input  wire               clk,
    input  wire [8*LANES-1:0] s_bytes,
    output wire [8*LANES-1:0] m_bytes
);

// {h0, h1, h2, l0, l1, l2}, {a, b} of each: as bit planes
function [12*LANES-1:0] first_half;
    input [8*LANES-1:0] bytes;
    reg [LANES-1:0] s7, s6, s5, s4, s3, s2, s1, s0;
    reg [LANES-1:0] h0a, h0b, h1a, h1b, h2a, h2b;
    reg [LANES-1:0] l0a, l0b, l1a, l1b, l2a, l2b;
    integer i;
    begin
        // verilator unroll_disable
        for (i = 0; i < LANES; i = i + 1) begin
            {s7[i], s6[i], s5[i], s4[i], s3[i], s2[i], s1[i], s0[i]} = bytes[8*i +: 8];
        end
        h0a = s7 ^ s6 ^ s4 ^ s1;
        h0b = s3 ^ s2 ^ s1;
        h1a = s6 ^ s5 ^ s4 ^ s1;
        h1b = s7 ^ s5 ^ s1;
        h2a = s7 ^ s5 ^ s3 ^ s2;
        h2b = s1;
        l0a = s6 ^ s3 ^ s2 ^ s0;
        l0b = s7;
        l1a = s5 ^ s2 ^ s1 ^ s0;
        l1b = s7 ^ s6 ^ s4 ^ s3 ^ s1;
        l2a = s6 ^ s5 ^ s3 ^ s1;
        l2b = s6 ^ s4 ^ s3 ^ s1;
        first_half = {h0a, h0b, h1a, h1b, h2a, h2b, l0a, l0b, l1a, l1b, l2a, l2b};
    end
endfunction

// the norm d
function [4*LANES-1:0] norm;
    input [12*LANES-1:0] inner;
    reg [LANES-1:0] h0a, h0b, h1a, h1b, h2a, h2b;
    reg [LANES-1:0] l0a, l0b, l1a, l1b, l2a, l2b;
    reg [LANES-1:0] d0, d1, d2, d3;
    begin
        {h0a, h0b, h1a, h1b, h2a, h2b, l0a, l0b, l1a, l1b, l2a, l2b} = inner;
        d0 = ((h1a & h1b & ~l1a) | (~h1a & ((h1b | l1a) ^ l1b))) ^ ((l2b & (h2a ^ (l2a & ~h2b))) | (~l2b & (h2b | l2a)));
        d1 = ((h1b & ~l1b & ~h1a) | (~h1b & ((h1a & ~l1b) ^ l1a))) ^ (h2a & ~l2a) ^ (h2b | l2b);
        d2 = ((h0b & ((h0a & ~l0a) ^ l0b)) | (~h0b & (h0a | l0a))) ^ ((h2b & ((l2b & ~h2a) ^ l2a)) | (~h2b & h2a & l2b));
        d3 = ((h0a & ~(l0a ^ (h0b & ~l0b))) | (~h0a & (h0b | l0b))) ^ ((h2a & l2a) ^ (h2b & l2b));
        norm = {d0, d1, d2, d3};
    end
endfunction

// p0 to p12: products of h and l with e, the inverse of the norm
function [13*LANES-1:0] products;
    input [12*LANES-1:0] inner;
    input [4*LANES-1:0] d;
    reg [LANES-1:0] h0a, h0b, h1a, h1b, h2a, h2b;
    reg [LANES-1:0] l0a, l0b, l1a, l1b, l2a, l2b;
    reg [LANES-1:0] d0, d1, d2, d3;
    reg [LANES-1:0] e0a, e0b, e1a, e1b, e2a, e2b;
    reg [LANES-1:0] p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12;
    begin
        {h0a, h0b, h1a, h1b, h2a, h2b, l0a, l0b, l1a, l1b, l2a, l2b} = inner;
        {d0, d1, d2, d3} = d;
        e0a = d0 ^ d1 ^ (d0 & d2) ^ (d0 & d1 & d2) ^ d3 ^ (d1 & d3) ^ (d1 & d2 & d3);
        e0b = d0 ^ d2 ^ (d0 & d2) ^ (d1 & d2) ^ d3 ^ (d0 & d1 & d3) ^ (d0 & d2 & d3) ^ (d1 & d2 & d3);
        e1a = d0 ^ d1 ^ d2 ^ (d0 & d1 & d2) ^ (d1 & d3) ^ (d0 & d2 & d3);
        e1b = d0 ^ (d0 & d2) ^ (d1 & d2) ^ d3 ^ (d0 & d3) ^ (d1 & d3) ^ (d0 & d1 & d3) ^ (d1 & d2 & d3);
        e2a = d1 ^ (d0 & d2) ^ (d1 & d2) ^ (d0 & d1 & d2) ^ d3 ^ (d1 & d3) ^ (d0 & d1 & d3) ^ (d1 & d2 & d3);
        e2b = d0 ^ d1 ^ d2 ^ (d0 & d2) ^ (d0 & d1 & d2) ^ d3 ^ (d0 & d3) ^ (d0 & d2 & d3) ^ (d1 & d2 & d3);
        p0 = (h0a & e0a) ^ (h0b & e0a) ^ (h0b & e0b);
        p1 = (h1a & e1b) ^ (h1b & e1a) ^ (h1b & e1b);
        p2 = (l0a & e0a) ^ (l0b & e0b);
        p3 = (l1a & e1b) ^ (l1b & e1a) ^ (l1b & e1b);
        p4 = (l1a & e1a) ^ (l1a & e1b) ^ (l1b & e1a);
        p5 = (l2a & e2a) ^ (l2a & e2b) ^ (l2b & e2a);
        p6 = (l0a & e0a) ^ (l0a & e0b) ^ (l0b & e0a);
        p7 = (l2a & e2b) ^ (l2b & e2a) ^ (l2b & e2b);
        p8 = (h0a & e0b) ^ (h0b & e0a);
        p9 = (h2a & e2b) ^ (h2b & e2a) ^ (h2b & e2b);
        p10 = (h2a & e2a) ^ (h2a & e2b) ^ (h2b & e2a);
        p11 = (h1a & e1a) ^ (h1a & e1b) ^ (h1b & e1a);
        p12 = (l2a & e2a) ^ (l2b & e2b);
        products = {p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12};
    end
endfunction

// their sums: back in the AES field, behind the affine map
function [8*LANES-1:0] sums;
    input [13*LANES-1:0] terms;
    reg [LANES-1:0] p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12;
    reg [LANES-1:0] m7, m6, m5, m4, m3, m2, m1, m0;
    integer i;
    begin
        {p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12} = terms;
        m0 = ~(p0 ^ p1 ^ p2 ^ p3);
        m1 = ~(p4 ^ p5);
        m2 = p6 ^ p4 ^ p7;
        m3 = p8 ^ p9 ^ p2 ^ p3;
        m4 = p0 ^ p1 ^ p3 ^ p7;
        m5 = ~(p0 ^ p1 ^ p2 ^ p7);
        m6 = ~(p8 ^ p1 ^ p10);
        m7 = p11 ^ p9 ^ p6 ^ p12;
        // verilator unroll_disable
        for (i = 0; i < LANES; i = i + 1) begin
            sums[8*i +: 8] = {m7[i], m6[i], m5[i], m4[i], m3[i], m2[i], m1[i], m0[i]};
        end
    end
endfunction

reg [8*LANES-1:0] bytes_out;

assign m_bytes = bytes_out;

generate
    if (REGISTERS == 1) begin : registered
        (* keep *) wire [12*LANES-1:0] inner = first_half(s_bytes);
        reg [12*LANES-1:0] inner_reg;
        reg [4*LANES-1:0] norm_reg;

        always @(posedge clk) begin
            inner_reg <= inner;
            norm_reg <= norm(inner);
        end

        always @* begin
            bytes_out = sums(products(inner_reg, norm_reg));
        end
    end else if (REGISTERS != 0) begin : every_two_levels
        reg [12*LANES-1:0] inner_reg;
        reg [12*LANES-1:0] inner_2_reg;
        reg [4*LANES-1:0] norm_reg;
        reg [13*LANES-1:0] products_reg;

        always @(posedge clk) begin
            inner_reg <= first_half(s_bytes);
            inner_2_reg <= inner_reg;
            norm_reg <= norm(inner_reg);
            products_reg <= products(inner_2_reg, norm_reg);
            bytes_out <= sums(products_reg);
        end
    end else begin : direct
        wire unused_clk = clk;

        always @* begin
            bytes_out = sums(products(first_half(s_bytes), norm(first_half(s_bytes))));
        end
    end
endgenerate

endmodule

`resetall
