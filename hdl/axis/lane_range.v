// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Which octet lanes of a beat lie in the octet range [first, last] of its frame.
 *
 * Octet o of a frame is lane o mod 16 of beat o div 16. The range is given by its first octet and its LAST octet (inclusive), so that
 * a range that ends at a beat boundary needs no special case; last < first is the empty range only when both lie in
 * different beats or the same beat with crossed lanes (lanes is then zero). Combinational.
 */
module lane_range #(
    // width of an octet offset in a frame
    parameter OFFSET_WIDTH = 14
) (
    // index of the beat in its frame
    input  wire [OFFSET_WIDTH-5:0] beat,
    input  wire [OFFSET_WIDTH-1:0] first,
    input  wire [OFFSET_WIDTH-1:0] last,
    // lanes[i]: lane i of this beat is in the range
    output wire [15:0]             lanes
);

wire [OFFSET_WIDTH-5:0] first_beat = first[OFFSET_WIDTH-1:4];
wire [OFFSET_WIDTH-5:0] last_beat = last[OFFSET_WIDTH-1:4];

wire [15:0] from_first = beat < first_beat ? 16'h0000 : beat != first_beat ? 16'hffff : 16'hffff << first[3:0];
wire [15:0] to_last = beat > last_beat ? 16'h0000 : beat != last_beat ? 16'hffff : 16'hffff >> (~last[3:0]);

assign lanes = from_first & to_last;

endmodule

`resetall
