// SPDX-License-Identifier: Apache-2.0
/*
 * A value that is anything and stays the same from the first cycle with past_valid on: what holds for it holds for every value.
 */
`default_nettype none

module any_constant #(
    parameter WIDTH = 1
) (
    input  wire             clk,
    input  wire             past_valid,
    output reg  [WIDTH-1:0] value
);

wire [WIDTH-1:0] first;

anything #(.WIDTH(WIDTH)) first_inst (.value(first));

always @(posedge clk) value <= past_valid ? value : first;

endmodule

`default_nettype wire
