// SPDX-License-Identifier: Apache-2.0
/*
 * Stands for aes_sbox_composite in the proof of aes_round: each octet is looked up in a table of any contents, REGISTERS (0, 1 or 4) cycles later. That the
 * module itself is such a table, and which, is the proof aes_sbox_composite.
 */
`default_nettype none

module aes_sbox_composite #(
    parameter LANES = 1,
    parameter REGISTERS = 0
) (
    input  wire               clk,
    input  wire [8*LANES-1:0] s_bytes,
    output wire [8*LANES-1:0] m_bytes
);

reg [7:0] sbox [0:255];
wire [8*LANES-1:0] found;
reg [8*LANES-1:0] found_reg [1:4];

for (genvar lane = 0; lane < LANES; lane = lane + 1) begin : look_up
    assign found[8*lane +: 8] = sbox[s_bytes[8*lane +: 8]];
end

always @(posedge clk) begin
    found_reg[1] <= found;
    for (int i = 2; i <= 4; i = i + 1) found_reg[i] <= found_reg[i-1];
end

if (REGISTERS != 0) begin : registered
    assign m_bytes = found_reg[REGISTERS];
end else begin : direct
    assign m_bytes = found;
end

endmodule

`default_nettype wire
