// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Rotates a stream beat down by whole octet lanes: lane i of the result is lane (i + amount) mod 16.
 * To rotate up by r, give amount = -r (mod 16). Combinational.
 */
module lane_rotate (
    input  wire [127:0] s_data,
    input  wire [3:0]   amount,
    output wire [127:0] m_data
);

wire [127:0] by_8 = amount[3] ? {s_data[63:0], s_data[127:64]} : s_data;
wire [127:0] by_4 = amount[2] ? {by_8[31:0], by_8[127:32]} : by_8;
wire [127:0] by_2 = amount[1] ? {by_4[15:0], by_4[127:16]} : by_4;

assign m_data = amount[0] ? {by_2[7:0], by_2[127:8]} : by_2;

endmodule

`resetall
