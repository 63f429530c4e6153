// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * One branch of the tree that brings a reset to its registers: m_rst is rst, STAGES cycles later, from registers of its own. Synthesis keeps them apart
 * (keep), so that one branch does not drive what lies far from it. STAGES = 0: a wire.
 *
 * Contract of a tree: all that speaks to each other hangs at the same depth, or nothing may happen until the deepest branch has fallen.
 */
module reset_stage #(
    parameter STAGES = 1
) (
    input  wire clk,
    input  wire rst,
    output wire m_rst
);

generate
    if (STAGES == 0) begin : wires
        wire unused = &{1'b0, clk};

        assign m_rst = rst;
    end else begin : registers
        reg [STAGES-1:0] stages_reg;
        wire [STAGES:0] shifted = {stages_reg, rst};

        assign m_rst = shifted[STAGES];

        // keep: on the process, or equal registers become one
        (* keep *) always @(posedge clk) begin
            stages_reg <= shifted[STAGES-1:0];
        end
    end
endgenerate

endmodule

`resetall
