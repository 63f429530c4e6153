// SPDX-License-Identifier: Apache-2.0
//
// aes_pipe: forward AES (FIPS-197), key-agile, one block per cycle.
//
// What     m_block = E(s_key, s_block). Key and key size travel with the block; the round keys are made on the way, so
//          any mix of keys and key sizes follows without a gap.
// Latency  LATENCY = (MAX_KEY_BITS/32 + 6) * CYCLES_PER_ROUND + 1 cycles from s_valid to m_valid, for every key size.
//          A block of a shorter key waits behind its last round.
// Rate     one block per cycle; there is no ready, the pipe never stalls.
// Order    FIPS-197: block[127:120] is octet 0, key[255:248] is octet 0 of the key. AES-128 uses key[255:128], AES-192
//          key[255:64]; the other bits are not used. s_key_size: 0 = 128, 1 = 192, 2 = 256 bits.
// Bad      a key size above MAX_KEY_BITS, and 3, are taken as MAX_KEY_BITS. (sa_command refuses such an SA before a
// input    block can ask for it.)
// Secrets  a register holding key, state or side band is zero while its stage holds no valid block, and the key is zero
//          behind the last round of its size: an idle pipe holds nothing. m_block and m_user are zero without m_valid.
// Reset    drops all blocks in the pipe and zeroes every stage.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_pipe #
(
    // longest key: 128, 192 or 256; sets the number of rounds built (10, 12 or 14)
    parameter MAX_KEY_BITS = 256,
    // pipeline registers in a round: 1, 2 or 3
    parameter CYCLES_PER_ROUND = 1,
    // S-box: 0 as a table in LUTs (fastest to simulate), 1 in the composite field (fewest LUTs)
    parameter SBOX_STYLE = 0,
    // width of the side band that travels with the block
    parameter USER_WIDTH = 8
)
(
    input  wire                  clk,
    input  wire                  rst,

    /*
     * Block in
     */
    input  wire                  s_valid,
    input  wire [127:0]          s_block,
    input  wire [255:0]          s_key,
    input  wire [1:0]            s_key_size,
    input  wire [USER_WIDTH-1:0] s_user,

    /*
     * Block out
     */
    output wire                  m_valid,
    output wire [127:0]          m_block,
    output wire [USER_WIDTH-1:0] m_user
);

localparam ROUNDS = MAX_KEY_BITS / 32 + 6;
localparam [1:0] MAX_KEY_SIZE = (MAX_KEY_BITS == 128) ? 2'd0 : (MAX_KEY_BITS == 192) ? 2'd1 : 2'd2;

// initial AddRoundKey
reg                    valid_reg;
reg [127:0]            state_reg;
reg [MAX_KEY_BITS-1:0] key_reg;
reg [1:0]              key_size_reg;
reg [USER_WIDTH-1:0]   user_reg;

always @(posedge clk) begin
    if (s_valid && !rst) begin
        valid_reg <= 1'b1;
        state_reg <= s_block ^ s_key[255:128];
        key_reg <= s_key[255 -: MAX_KEY_BITS];
        key_size_reg <= (s_key_size > MAX_KEY_SIZE) ? MAX_KEY_SIZE : s_key_size;
        user_reg <= s_user;
    end else if (valid_reg || rst) begin
        valid_reg <= 1'b0;
        state_reg <= 128'd0;
        key_reg <= {MAX_KEY_BITS{1'b0}};
        key_size_reg <= 2'd0;
        user_reg <= {USER_WIDTH{1'b0}};
    end
end

generate
    genvar r;

    if (MAX_KEY_BITS < 256) begin : short_key
        wire unused_key = &{1'b0, s_key[255-MAX_KEY_BITS:0]};
    end

    for (r = 0; r <= ROUNDS; r = r + 1) begin : round
        wire                    valid;
        wire [127:0]            state;
        wire [MAX_KEY_BITS-1:0] key;
        wire [1:0]              key_size;
        wire [USER_WIDTH-1:0]   user;

        if (r == 0) begin : first
            assign valid = valid_reg;
            assign state = state_reg;
            assign key = key_reg;
            assign key_size = key_size_reg;
            assign user = user_reg;
        end else begin : next
            aes_round #(
                .ROUND(r),
                .MAX_KEY_BITS(MAX_KEY_BITS),
                .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
                .SBOX_STYLE(SBOX_STYLE),
                .USER_WIDTH(USER_WIDTH)
            ) aes_round_inst (
                .clk(clk),
                .rst(rst),
                .s_valid(round[r-1].valid),
                .s_state(round[r-1].state),
                .s_key(round[r-1].key),
                .s_key_size(round[r-1].key_size),
                .s_user(round[r-1].user),
                .m_valid(valid),
                .m_state(state),
                .m_key(key),
                .m_key_size(key_size),
                .m_user(user)
            );
        end
    end
endgenerate

assign m_valid = round[ROUNDS].valid;
assign m_block = round[ROUNDS].state;
assign m_user = round[ROUNDS].user;

wire unused_tail = &{1'b0, round[ROUNDS].key, round[ROUNDS].key_size};

endmodule

`resetall
