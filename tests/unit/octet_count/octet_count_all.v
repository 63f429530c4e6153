// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * octet_count once for every value of tkeep[7:0], so that a test has to step through the upper octet of tkeep and tlast only.
 *
 * octets[5*n +: 5]: the count for tkeep = {tkeep_high, n}. Combinational.
 */
module octet_count_all (
    input  wire [7:0]       tkeep_high,
    input  wire             tlast,
    output wire [5*256-1:0] octets
);

genvar n;

generate
    for (n = 0; n < 256; n = n + 1) begin : each_low
        localparam [31:0] LOW = n;

        octet_count octet_count_inst (
            .tkeep({tkeep_high, LOW[7:0]}),
            .tlast(tlast),
            .octets(octets[5*n +: 5])
        );
    end
endgenerate

endmodule

`resetall
