// SPDX-License-Identifier: Apache-2.0
//
// aes_mix_columns: MixColumns of AES (FIPS-197, 5.1.3).
//
// What     With r[i] = a[i+1] and t[i] = a[i] ^ a[i+1] in each column a, m[i] = x*t[i] ^ r[i] ^ t[i+2].
// Latency  0, two levels of 4-input LUTs.
// Order    FIPS-197: octet 0 in [127:120]; a column is four octets side by side.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_mix_columns
(
    input  wire [127:0] s_state,
    output wire [127:0] m_state
);

function [127:0] mix_columns;
    input [127:0] a;
    reg [127:0] r;
    reg [127:0] t;
    reg [127:0] u;
    begin
        r = {a[119:96], a[127:120], a[87:64], a[95:88], a[55:32], a[63:56], a[23:0], a[31:24]};
        t = a ^ r;
        u = (t >> 7) & {16{8'h01}};
        u = u | (u << 1);
        u = u | (u << 3);
        mix_columns = r ^ {t[111:96], t[127:112], t[79:64], t[95:80], t[47:32], t[63:48], t[15:0], t[31:16]}
            ^ ((t << 1) & {16{8'hfe}}) ^ u;
    end
endfunction

assign m_state = mix_columns(s_state);

endmodule

`resetall
