// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Widens one bit per octet lane to eight, for masking a beat. Combinational.
 */
module lane_mask (
    input  wire [15:0]  lanes,
    output wire [127:0] mask
);

assign mask = {
    {8{lanes[15]}}, {8{lanes[14]}}, {8{lanes[13]}}, {8{lanes[12]}},
    {8{lanes[11]}}, {8{lanes[10]}}, {8{lanes[9]}}, {8{lanes[8]}},
    {8{lanes[7]}}, {8{lanes[6]}}, {8{lanes[5]}}, {8{lanes[4]}},
    {8{lanes[3]}}, {8{lanes[2]}}, {8{lanes[1]}}, {8{lanes[0]}}
};

endmodule

`resetall
