// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Turns a stream beat into a block and back: the one place where the two octet orders meet.
 *
 *   stream  tdata[7:0]     is octet 0   (AXI4-Stream lane 0 is first on the wire)
 *   block   block[127:120] is octet 0   (FIPS-197, SP 800-38D)
 *
 *   stream lane:   15 ........ 1  0        tdata = {o15, ..., o1, o0}
 *   block  octet:   0 ........ 14 15       block = {o0, o1, ..., o15}
 *
 * Combinational; its own inverse.
 */
module octet_reverse (
    input  wire [127:0] s_data,
    output wire [127:0] m_data
);

assign m_data = {
    s_data[7:0],    s_data[15:8],   s_data[23:16],   s_data[31:24],
    s_data[39:32],  s_data[47:40],  s_data[55:48],   s_data[63:56],
    s_data[71:64],  s_data[79:72],  s_data[87:80],   s_data[95:88],
    s_data[103:96], s_data[111:104], s_data[119:112], s_data[127:120]
};

endmodule

`resetall
