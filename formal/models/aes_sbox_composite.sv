// SPDX-License-Identifier: Apache-2.0
/*
 * Stands for aes_sbox_composite in the proof of aes_round: each octet is looked up in a table of any contents, REGISTER cycles later. That the
 * module itself is such a table, and which, is the proof aes_sbox_composite.
 */
`default_nettype none

module aes_sbox_composite #(
    parameter LANES = 1,
    parameter REGISTER = 0
) (
    input  wire               clk,
    input  wire [8*LANES-1:0] s_bytes,
    output wire [8*LANES-1:0] m_bytes
);

reg [7:0] sbox [0:255];
wire [8*LANES-1:0] found;
reg [8*LANES-1:0] found_reg;

for (genvar lane = 0; lane < LANES; lane = lane + 1) begin : look_up
    assign found[8*lane +: 8] = sbox[s_bytes[8*lane +: 8]];
end

always @(posedge clk) found_reg <= found;

assign m_bytes = REGISTER != 0 ? found_reg : found;

endmodule

`default_nettype wire
