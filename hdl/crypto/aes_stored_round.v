// SPDX-License-Identifier: Apache-2.0
//
// aes_stored_round: one round of forward AES (FIPS-197, 5.1) with its round key from a memory of this round.
//
// What     m_state = AddRoundKey(MixColumns(ShiftRows(SubBytes(s_state)))), without MixColumns in the last round. Of a block
//          that skips this round (s_skip) only the side band goes on, and m_state = key.
// Latency  3 cycles: a register inside and one behind SubBytes.    Rate: one block per cycle, never stalls.
// Key      of the job that key_swap made the current one (see aes_round_key), at the time of the third cycle.
// Order    FIPS-197: s_state[127:120] is octet 0.
// Secrets  m_state is zero with forget; the register (or ROM) inside the S-box and the one behind it follow: they hold what an octet of
//          zero gives, then. Without a valid block m_state is anything, and m_user zero.
// Reset    empties the stage. The state has none.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_stored_round #
(
    // no MixColumns
    parameter LAST = 0,
    // S-boxes: 1 in the composite field, 2 in block RAM
    parameter SBOX_STYLE = 1,
    // width of the side band
    parameter USER_WIDTH = 8
)
(
    input  wire                  clk,
    input  wire                  rst,

    input  wire                  s_valid,
    input  wire [127:0]          s_state,
    input  wire                  s_skip,
    input  wire [USER_WIDTH-1:0] s_user,

    input  wire [127:0]          key,
    // no valid block is in the stage, nor was in the last cycles
    input  wire                  forget,

    output wire                  m_valid,
    output wire [127:0]          m_state,
    output wire [USER_WIDTH-1:0] m_user
);

wire [127:0]         shifted;
reg                  valid_1_reg;
reg                  skip_1_reg;
reg [USER_WIDTH-1:0] user_1_reg;
// in the middle of SubBytes: its result in the next cycle
wire [127:0]         substituted;

reg                  valid_2_reg;
reg [USER_WIDTH-1:0] user_2_reg;
reg [127:0]          state_2_reg;
wire [127:0]         mixed;

reg                  m_valid_reg;
reg [127:0]          m_state_reg;
reg [USER_WIDTH-1:0] m_user_reg;

assign m_valid = m_valid_reg;
assign m_state = m_state_reg;
assign m_user = m_user_reg;

aes_shift_rows aes_shift_rows_inst (
    .s_state(s_state),
    .m_state(shifted)
);

aes_mix_columns aes_mix_columns_inst (
    .s_state(state_2_reg),
    .m_state(mixed)
);

generate
    if (SBOX_STYLE == 2) begin : block_ram
        aes_sbox_rom #(
            .LANES(16)
        ) aes_sbox_rom_inst (
            .clk(clk),
            .s_bytes(shifted),
            .m_bytes(substituted)
        );
    end else begin : composite_field
        aes_sbox_composite #(
            .LANES(16),
            .REGISTERS(1)
        ) aes_sbox_composite_inst (
            .clk(clk),
            .s_bytes(shifted),
            .m_bytes(substituted)
        );
    end
endgenerate

always @(posedge clk) begin
    valid_1_reg <= s_valid && !rst;
    if (!s_valid) begin
        skip_1_reg <= 1'b0;
        user_1_reg <= {USER_WIDTH{1'b0}};
    end else begin
        skip_1_reg <= s_skip;
        user_1_reg <= s_user;
    end

    valid_2_reg <= valid_1_reg && !rst;
    user_2_reg <= valid_1_reg ? user_1_reg : {USER_WIDTH{1'b0}};
    if (skip_1_reg) begin
        state_2_reg <= 128'd0;
    end else begin
        state_2_reg <= substituted;
    end

    m_valid_reg <= valid_2_reg && !rst;
    m_user_reg <= valid_2_reg ? user_2_reg : {USER_WIDTH{1'b0}};
    m_state_reg <= (LAST != 0 ? state_2_reg : mixed) ^ key;
    if (forget) begin
        m_state_reg <= 128'd0;
    end
end

endmodule

`resetall
