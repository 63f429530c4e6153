// SPDX-License-Identifier: Apache-2.0
/*
 * gf128_serial: the product of any two operands is there 128/DIGIT + 1 cycles after start, with done, whatever was under way before.
 */
`default_nettype none

module gf128_serial_proof #(
    parameter DIGIT = 8
) (
    input  wire         clk,
    input  wire [127:0] a,
    input  wire [127:0] b,
    output wire         done,
    output wire [128:0] result,
    output wire [128:0] specification
);

reg [7:0] cycle_reg = 8'd0;
wire dut_done;
wire [127:0] product;
wire [127:0] expected;

gf128_serial #(.DIGIT(DIGIT)) dut (
    .clk(clk),
    .rst(1'b0),
    .start(cycle_reg == 1),
    .clear(1'b0),
    .a(a),
    .b(b),
    .busy(),
    .done(dut_done),
    .product(product)
);

gf128_specification specification_inst (.x(a), .y(b), .z(expected));

always @(posedge clk) cycle_reg <= cycle_reg + 1'b1;

assign done = cycle_reg == 128 / DIGIT + 2;
assign result = {dut_done, product};
assign specification = {1'b1, expected};

endmodule

`default_nettype wire
