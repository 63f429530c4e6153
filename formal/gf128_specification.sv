// SPDX-License-Identifier: Apache-2.0
/*
 * SP 800-38D, algorithm 1: the product of two blocks in GF(2^128), bit by bit. Bit 127 of a block is the coefficient of x^0.
 */
`default_nettype none

module gf128_specification (
    input  wire [127:0] x,
    input  wire [127:0] y,
    output reg  [127:0] z
);

reg [127:0] v;
integer i;

always @* begin
    z = 128'd0;
    v = y;
    for (i = 0; i < 128; i = i + 1) begin
        if (x[127-i]) z = z ^ v;
        v = (v >> 1) ^ (v[0] ? {8'b11100001, 120'd0} : 128'd0);
    end
end

endmodule

`default_nettype wire
