// SPDX-License-Identifier: Apache-2.0
/*
 * aes_stored_round beside its specification, FIPS-197, 5.1 (aes_specification): the state CYCLES later, with the key of the last of these cycles, for every state, every key and whatever was in
 * the round before; without MixColumns with LAST. Behind forget the state is zero.
 */
`default_nettype none

module aes_stored_round_proof #(
    parameter CYCLES = 3,
    parameter LAST = 0,
    parameter SBOX_STYLE = 1
) (
    input wire         clk,
    input wire         rst,
    input wire         s_valid,
    input wire [127:0] s_state,
    input wire [1:0]   s_user,
    input wire [127:0] key,
    input wire         forget
);

wire m_valid;
wire [127:0] m_state;
wire [1:0] m_user;

aes_stored_round #(
    .LAST(LAST),
    .SBOX_STYLE(SBOX_STYLE),
    .USER_WIDTH(2)
) dut (.s_skip(1'b0), .*);

// SubBytes looks up the table of the design: what stands in it is another proof
generate
    if (SBOX_STYLE == 2) begin : look_up
        function automatic [7:0] substitute(input [7:0] value);
            substitute = dut.block_ram.aes_sbox_rom_inst.sbox[value];
        endfunction
    end else begin : look_up
        function automatic [7:0] substitute(input [7:0] value);
            substitute = dut.composite_field.aes_sbox_composite_inst.sbox[value];
        endfunction
    end
endgenerate

reg [127:0] substituted;
reg [127:0] expected;

always @* begin
    for (int i = 0; i < 16; i = i + 1) substituted[8*i +: 8] = look_up.substitute(s_state[8*i +: 8]);
    expected = aes_specification::round_behind_substitution(substituted, LAST != 0, 128'd0);
end

// AddRoundKey with the last register
reg [127:0] state_reg [1:CYCLES];
reg [2:0] side_reg [1:CYCLES];
reg [CYCLES:1] checked_reg = 0;
reg rst_reg;
reg forget_reg;

always @(posedge clk) begin
    state_reg[1] <= expected;
    side_reg[1] <= s_valid && !rst ? {1'b1, s_user} : 3'd0;
    for (int k = 2; k <= CYCLES; k = k + 1) begin
        state_reg[k] <= state_reg[k-1] ^ (k == CYCLES ? key : 128'd0);
        side_reg[k] <= rst ? 3'd0 : side_reg[k-1];
    end
    checked_reg <= {checked_reg, 1'b1};
    rst_reg <= rst;
    forget_reg <= forget;

    if (checked_reg[CYCLES]) begin
        comes_in_its_cycle: assert (m_valid == side_reg[CYCLES][2]);
        if (m_valid || !rst_reg) begin
            with_its_side_band: assert (m_user == side_reg[CYCLES][1:0]);
        end
        if (m_valid || forget_reg) begin
            the_state_of_the_specification: assert (m_state == (forget_reg ? 128'd0 : state_reg[CYCLES]));
        end

        a_block: cover (m_valid && m_state != 0);
        another_behind_it: cover (m_valid && $past(m_valid) && m_state != $past(m_state));
    end
end

endmodule

`default_nettype wire
