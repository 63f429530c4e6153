// SPDX-License-Identifier: Apache-2.0
/*
 * aes_indexed_round beside its specification, FIPS-197, 5.1 (aes_specification): the state five cycles later, with the key and the addend of the last of these cycles, for
 * every state, key and addend; without MixColumns with LAST. aes_indexed_key is cut out: the key is anything.
 */
`default_nettype none

module aes_indexed_round_proof #(
    parameter LAST = 0
) (
    input wire         clk,
    input wire [127:0] s_state,
    input wire [127:0] addend
);

localparam CYCLES = 5;

wire [127:0] m_state;

aes_indexed_round #(
    .LAST(LAST)
) dut (
    .write_clk(clk),
    .write(1'b0),
    .write_index(6'd0),
    .write_word(2'd0),
    .write_data(32'd0),
    .read_valid(1'b0),
    .read_index(6'd0),
    .*
);

reg [127:0] substituted;

// SubBytes looks up the table of the design: what stands in it is another proof
always @* begin
    for (int i = 0; i < 16; i = i + 1) substituted[8*i +: 8] = dut.aes_sbox_composite_inst.sbox[s_state[8*i +: 8]];
end

reg [127:0] state_reg [1:CYCLES];
reg [CYCLES:1] checked_reg = 0;

always @(posedge clk) begin
    state_reg[1] <= aes_specification::round_behind_substitution(substituted, LAST != 0, 128'd0);
    for (int k = 2; k < CYCLES; k = k + 1) state_reg[k] <= state_reg[k-1];
    state_reg[CYCLES] <= state_reg[CYCLES-1] ^ dut.key ^ addend;
    checked_reg <= {checked_reg, 1'b1};

    if (checked_reg[CYCLES]) begin
        the_state_of_the_specification: assert (m_state == state_reg[CYCLES]);

        a_block: cover (m_state != 0 && $past(dut.key) != 0);
        another_behind_it: cover (m_state != $past(m_state) && $past(addend) == 0);
    end
end

endmodule

`default_nettype wire
