// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Octets of a beat: 16, but for the last beat of a frame the number of lanes from lane 0 up to the first one whose tkeep is 0 (0 to 16).
 * tkeep of other beats, and what lies behind a hole, is ignored. Combinational.
 */
module octet_count (
    input  wire [15:0] tkeep,
    input  wire        tlast,
    output wire [4:0]  octets
);

// for each four lanes: all are kept; octets up to the first one that is not, if not all are
wire [3:0] whole = {&tkeep[15:12], &tkeep[11:8], &tkeep[7:4], &tkeep[3:0]};
wire [7:0] part;

genvar quarter;
generate
    for (quarter = 0; quarter < 4; quarter = quarter + 1) begin : count
        wire [2:0] kept = tkeep[4*quarter +: 3];

        assign part[2*quarter +: 2] = {kept[0] && kept[1], kept[0] && (!kept[1] || kept[2])};
    end
endgenerate

// the first four that are not all kept
wire [1:0] first = {whole[0] && whole[1], whole[0] && (!whole[1] || whole[2])};

assign octets = &whole || !tlast ? 5'd16 : {1'b0, first, part[2*first +: 2]};

endmodule

`resetall
