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

// ShiftRows
wire [127:0] shifted = {
    s_state[127:120], s_state[87:80], s_state[47:40], s_state[7:0],
    s_state[95:88], s_state[55:48], s_state[15:8], s_state[103:96],
    s_state[63:56], s_state[23:16], s_state[111:104], s_state[71:64],
    s_state[31:24], s_state[119:112], s_state[79:72], s_state[39:32]
};

// MixColumns: with r[i] = a[i+1] and t[i] = a[i] ^ a[i+1] in each column, out[i] = x*t[i] ^ r[i] ^ t[i+2]
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

reg                  valid_1_reg;
reg                  skip_1_reg;
reg [USER_WIDTH-1:0] user_1_reg;
// in the middle of SubBytes: its result in the next cycle
wire [127:0]         substituted;

reg                  valid_2_reg;
reg [USER_WIDTH-1:0] user_2_reg;
reg [127:0]          state_2_reg;

reg                  m_valid_reg;
reg [127:0]          m_state_reg;
reg [USER_WIDTH-1:0] m_user_reg;

assign m_valid = m_valid_reg;
assign m_state = m_state_reg;
assign m_user = m_user_reg;

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
    m_state_reg <= (LAST != 0 ? state_2_reg : mix_columns(state_2_reg)) ^ key;
    if (forget) begin
        m_state_reg <= 128'd0;
    end
end

endmodule

`resetall
