// SPDX-License-Identifier: Apache-2.0
//
// aes_shift_rows: ShiftRows of AES (FIPS-197, 5.1.2).
//
// Latency  0: wires.
// Order    FIPS-197: octet 0 in [127:120]; a column is four octets side by side.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_shift_rows
(
    input  wire [127:0] s_state,
    output wire [127:0] m_state
);

assign m_state = {
    s_state[127:120], s_state[87:80], s_state[47:40], s_state[7:0],
    s_state[95:88], s_state[55:48], s_state[15:8], s_state[103:96],
    s_state[63:56], s_state[23:16], s_state[111:104], s_state[71:64],
    s_state[31:24], s_state[119:112], s_state[79:72], s_state[39:32]
};

endmodule

`resetall
