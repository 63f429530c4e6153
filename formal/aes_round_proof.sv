// SPDX-License-Identifier: Apache-2.0
/*
 * aes_round: the state after each round and the window of key words for the next one are those of FIPS-197, for every state, key and key size, and
 * whatever was in the round before. All rounds of the longest key are checked side by side, each with inputs of its own.
 */
`default_nettype none

module aes_round_proof #(
    parameter MAX_KEY_BITS = 256,
    parameter CYCLES_PER_ROUND = 1,
    parameter SBOX_STYLE = 0,
    parameter FIRST_ROUND = 1,
    parameter ROUNDS = MAX_KEY_BITS / 32 + 6
) (
    input wire                clk,
    input wire [ROUNDS-1:0]   s_valid,
    input wire [127:0]        s_state,
    input wire [255:0]        s_words,
    input wire [1:0]          s_key_size,
    input wire [1:0]          s_user
);

generate
    for (genvar n = FIRST_ROUND; n <= ROUNDS; n = n + 1) begin : round
        aes_round_check #(
            .ROUND(n),
            .MAX_KEY_BITS(MAX_KEY_BITS),
            .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
            .SBOX_STYLE(SBOX_STYLE)
        ) check (
            .s_valid(s_valid[n-1]),
            .*
        );
    end
endgenerate

endmodule

`default_nettype wire
