// SPDX-License-Identifier: Apache-2.0
//
// aes_sbox_rom: the AES S-box (FIPS-197, 5.1.1) in block RAM, two octets for each.
//
// What     Every octet of m_bytes is SubByte of the octet of s_bytes at the same place. Each pair of octets shares a
//          dual-port ROM of 256 words.
// Latency  1 cycle: the register of the ROM.    Rate: LANES octets per cycle.
// Reset    none; an idle input of zero leaves nothing of the last octet.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_sbox_rom #
(
    // octets side by side, even
    parameter LANES = 16
)
(
    input  wire               clk,
    input  wire [8*LANES-1:0] s_bytes,
    output wire [8*LANES-1:0] m_bytes
);

// The table, entry x in [8*x +: 8]. With p running through all powers of x + 1 and q through their inverses, the entry
// of p is the affine map of q; 0 has no inverse and stays 0 before that map.
function [2047:0] table_of;
    input [7:0] affine;
    reg [7:0] p;
    reg [7:0] q;
    integer i;
    begin
        p = 8'h01;
        q = 8'h01;
        table_of = 2048'd0;
        table_of[7:0] = affine;
        for (i = 0; i < 255; i = i + 1) begin
            table_of[8*p +: 8] = affine ^ q ^ {q[6:0], q[7]} ^ {q[5:0], q[7:6]} ^ {q[4:0], q[7:5]} ^ {q[3:0], q[7:4]};
            // p * (x + 1)
            p = p ^ {p[6:0], 1'b0} ^ (p[7] ? 8'h1b : 8'h00);
            // q / (x + 1)
            q = q ^ {q[6:0], 1'b0};
            q = q ^ {q[5:0], 2'b00};
            q = q ^ {q[3:0], 4'b0000};
            q = q ^ (q[7] ? 8'h09 : 8'h00);
        end
    end
endfunction

localparam [2047:0] TABLE = table_of(8'h63);

generate
    genvar k;

    for (k = 0; k < LANES / 2; k = k + 1) begin : pair
        (* rom_style = "block", ram_style = "block" *) reg [7:0] rom [0:255];
        reg [7:0] low_reg;
        reg [7:0] high_reg;
        integer entry;

        initial begin
            for (entry = 0; entry < 256; entry = entry + 1) begin
                rom[entry] = TABLE[8*entry +: 8];
            end
        end

        always @(posedge clk) begin
            low_reg <= rom[s_bytes[16*k +: 8]];
            high_reg <= rom[s_bytes[16*k+8 +: 8]];
        end

        assign m_bytes[16*k +: 16] = {high_reg, low_reg};
    end
endgenerate

endmodule

`resetall
