// SPDX-License-Identifier: Apache-2.0
/*
 * Stands for aes_sbox_rom in the proof of aes_stored_round: each octet is looked up in a table of any contents, one cycle later. That the module itself is such
 * a table, and which, is the proof aes_sbox.
 */
`default_nettype none

module aes_sbox_rom #(
    parameter LANES = 16
) (
    input  wire               clk,
    input  wire [8*LANES-1:0] s_bytes,
    output reg  [8*LANES-1:0] m_bytes
);

reg [7:0] sbox [0:255];
wire [8*LANES-1:0] found;

for (genvar lane = 0; lane < LANES; lane = lane + 1) begin : look_up
    assign found[8*lane +: 8] = sbox[s_bytes[8*lane +: 8]];
end

always @(posedge clk) m_bytes <= found;

endmodule

`default_nettype wire
