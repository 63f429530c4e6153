// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Branches of the tree that brings a reset to its registers: each bit of m_rst is rst, STAGES cycles later, from registers of its own. Synthesis
 * keeps them apart (keep), so that one branch does not drive what lies far from it. STAGES = 0: wires.
 *
 * Contract of a tree: all that speaks to each other hangs at the same depth, or nothing may happen until the deepest branch has fallen.
 */
module reset_stage #(
    parameter STAGES = 1,
    parameter BRANCHES = 1
) (
    input  wire                clk,
    input  wire                rst,
    output wire [BRANCHES-1:0] m_rst
);

generate
    genvar b;

    if (STAGES == 0) begin : wires
        wire unused = &{1'b0, clk};

        assign m_rst = {BRANCHES{rst}};
    end else begin : registers
        for (b = 0; b < BRANCHES; b = b + 1) begin : branch
            reg [STAGES-1:0] stages_reg;
            wire [STAGES:0] shifted = {stages_reg, rst};

            assign m_rst[b] = shifted[STAGES];

            // keep: on the process, or equal registers become one
            (* keep *) always @(posedge clk) begin
                stages_reg <= shifted[STAGES-1:0];
            end
        end
    end
endgenerate

endmodule

`resetall
