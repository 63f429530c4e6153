// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Which octet lanes of a beat lie before octet `stop` of its frame, told how the beat itself lies to it. Combinational.
 */
module lane_before (
    // the beat lies before that of the octet
    input  wire        ahead,
    // the octet is in the beat
    input  wire        here,
    // its lane
    input  wire [3:0]  stop,
    // lanes[i]: lane i of this beat lies before it
    output wire [15:0] lanes
);

assign lanes = {16{ahead}} | ({16{here}} & ~(16'hffff << stop));

endmodule

`resetall
