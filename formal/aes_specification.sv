// SPDX-License-Identifier: Apache-2.0
/*
 * What a round of FIPS-197, 5.1, does behind SubBytes, whose table belongs to the design. Octet r + 4c of a block, the first one on the left, is s[r][c].
 */
`default_nettype none

package aes_specification;

function automatic [7:0] times_x(input [7:0] a);
    times_x = {a[6:0], 1'b0} ^ (a[7] ? 8'h1b : 8'h00);
endfunction

// ShiftRows, MixColumns but in the last round, AddRoundKey
function automatic [127:0] round_behind_substitution(input [127:0] substituted, input last, input [127:0] key);
    reg [7:0] s [0:15];
    reg [7:0] t [0:15];
    for (int i = 0; i < 16; i = i + 1) s[i] = substituted[127 - 8*i -: 8];
    for (int r = 0; r < 4; r = r + 1) for (int c = 0; c < 4; c = c + 1) t[r + 4*c] = s[r + 4*((c + r) % 4)];
    for (int c = 0; c < 4; c = c + 1) begin
        for (int r = 0; r < 4; r = r + 1) begin
            s[r + 4*c] = times_x(t[r + 4*c]) ^ times_x(t[(r + 1) % 4 + 4*c]) ^ t[(r + 1) % 4 + 4*c]
                ^ t[(r + 2) % 4 + 4*c] ^ t[(r + 3) % 4 + 4*c];
            if (last) s[r + 4*c] = t[r + 4*c];
        end
    end
    for (int i = 0; i < 16; i = i + 1) round_behind_substitution[127 - 8*i -: 8] = s[i] ^ key[127 - 8*i -: 8];
endfunction

endpackage

`default_nettype wire
