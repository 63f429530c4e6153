// SPDX-License-Identifier: Apache-2.0
/*
 * gf128_multiply, or gf128_karatsuba with its four stages: the product of any two operands is there after STAGES cycles, whatever was in the
 * pipeline; that of gf128_multiply is zero in the next cycle.
 */
`default_nettype none

module gf128_multiply_proof #(
    parameter STAGES = 4,
    parameter KARATSUBA = 0
) (
    input  wire         clk,
    input  wire [127:0] a,
    input  wire [127:0] b,
    output wire         done,
    output wire [255:0] result,
    output wire [255:0] specification
);

reg [4:0] cycle_reg = 5'd0;
reg [127:0] before_reg;
wire [127:0] product;
wire [127:0] expected;

generate
    if (KARATSUBA != 0) begin : karatsuba
        gf128_karatsuba dut (
            .clk(clk),
            .clear(1'b0),
            .s_valid(cycle_reg == 1),
            .s_x(a),
            .s_h(b),
            .move(3'h7),
            .m_product(product)
        );
    end else begin : digits
        gf128_multiply #(.STAGES(STAGES)) dut (
            .clk(clk),
            .rst(1'b0),
            .s_valid(cycle_reg == 1),
            .s_x(a),
            .s_h(b),
            .move({STAGES{1'b1}}),
            .m_product(product)
        );
    end
endgenerate

gf128_specification specification_inst (.x(a), .y(b), .z(expected));

always @(posedge clk) begin
    cycle_reg <= cycle_reg + 1'b1;
    before_reg <= product;
end

assign done = cycle_reg == STAGES + 2;
assign result = {before_reg, KARATSUBA != 0 ? 128'd0 : product};
assign specification = {expected, 128'd0};

endmodule

`default_nettype wire
