// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * lane_range once for every value of `last`, so that a test has to step through `beat` and `first` only.
 *
 * lanes[16*n +: 16]: the lanes for last = n. Combinational.
 */
module lane_range_all #(
    parameter OFFSET_WIDTH = 6
) (
    input  wire [OFFSET_WIDTH-5:0]         beat,
    input  wire [OFFSET_WIDTH-1:0]         first,
    output wire [16*(2**OFFSET_WIDTH)-1:0] lanes
);

genvar n;

generate
    for (n = 0; n < 2**OFFSET_WIDTH; n = n + 1) begin : each_last
        localparam [31:0] LAST = n;

        lane_range #(
            .OFFSET_WIDTH(OFFSET_WIDTH)
        ) lane_range_inst (
            .beat(beat),
            .first(first),
            .last(LAST[OFFSET_WIDTH-1:0]),
            .lanes(lanes[16*n +: 16])
        );
    end
endgenerate

endmodule

`resetall
