// SPDX-License-Identifier: Apache-2.0
/*
 * The S-boxes are SubByte of FIPS-197, 5.1.1, for all 256 octets: the table in aes_round, each lane of aes_sbox_composite, REGISTERS cycles
 * later, and each lane of aes_sbox_rom, one cycle later. The table of the specification is made here from its definition: the inverse in GF(2^8), then the affine map.
 */
`default_nettype none

module aes_sbox_proof #(
    parameter LANES = 20,
    parameter REGISTERS = 0
) (
    input wire               clk,
    input wire [8*LANES-1:0] s_bytes,
    // the lane that is looked at
    input wire [4:0]         lane,
    // the entry of the table that is looked at
    input wire [7:0]         entry
);

function automatic [2047:0] make_table();
    reg [7:0] power;
    reg [7:0] inverse;
    // 3 generates the multiplicative group: the inverse of 3^i is 3^(255-i)
    reg [7:0] powers [0:255];
    power = 8'd1;
    for (int i = 0; i < 256; i = i + 1) begin
        powers[i] = power;
        // times x, plus itself; x^8 = x^4 + x^3 + x + 1
        power = {power[6:0], 1'b0} ^ (power[7] ? 8'h1b : 8'h00) ^ power;
    end
    make_table = 2048'd0;
    make_table[7:0] = 8'h63;
    for (int i = 0; i < 255; i = i + 1) begin
        inverse = powers[255 - i];
        make_table[8 * powers[i] +: 8] = 8'h63 ^ inverse ^ {inverse[6:0], inverse[7]} ^ {inverse[5:0], inverse[7:6]}
            ^ {inverse[4:0], inverse[7:5]} ^ {inverse[3:0], inverse[7:4]};
    end
endfunction

localparam [2047:0] TABLE = make_table();

wire [8*LANES-1:0] m_bytes;

aes_sbox_composite #(.LANES(LANES), .REGISTERS(REGISTERS)) composite (.*);

wire [8*LANES-1:0] rom_bytes;

aes_sbox_rom #(.LANES(LANES)) rom (.clk(clk), .s_bytes(s_bytes), .m_bytes(rom_bytes));

// for its table only
aes_round round (
    .clk(clk),
    .rst(1'b1),
    .s_valid(1'b0),
    .s_state(128'd0),
    .s_key(256'd0),
    .s_key_size(2'd0),
    .s_user(8'd0),
    .m_valid(),
    .m_state(),
    .m_key(),
    .m_key_size(),
    .m_user()
);

wire [7:0] value = s_bytes[8*lane +: 8];
wire [7:0] expected = TABLE[8*value +: 8];
// of the cycle before, ..., of four cycles before
reg [8*4-1:0] expected_reg;
reg [5*4-1:0] lane_reg;
// so many cycles before there are, at most 4
reg [2:0] past_reg = 3'd0;
wire past_valid = past_reg != 3'd0;

// when what is at the output of the composite S-box went in
wire [7:0] composite_expected = REGISTERS == 0 ? expected : expected_reg[8*(REGISTERS == 0 ? 0 : REGISTERS-1) +: 8];
wire [4:0] composite_lane = REGISTERS == 0 ? lane : lane_reg[5*(REGISTERS == 0 ? 0 : REGISTERS-1) +: 5];

// an entry that stays the same
reg [7:0] entry_reg;

always @(posedge clk) begin
    if (past_reg != 3'd4) past_reg <= past_reg + 3'd1;
    expected_reg <= {expected_reg[8*3-1:0], expected};
    lane_reg <= {lane_reg[5*3-1:0], lane};
    if (past_valid) entry_reg <= entry_reg;
    else entry_reg <= entry;

    assume (lane < LANES);
    if (past_valid && past_reg >= REGISTERS) begin
        composite_is_the_table: assert (m_bytes[8*composite_lane +: 8] == composite_expected);
    end
    if (past_valid) begin
        rom_is_the_table: assert (rom_bytes[8*lane_reg[4:0] +: 8] == expected_reg[7:0]);
        table_is_the_table: assert (round.sbox[entry_reg] == TABLE[8*entry_reg +: 8]);

        inverse_of_zero: cover (lane == 3 && value == 0 && expected == 8'h63 && entry_reg == 8'h53 && round.sbox[entry_reg] == 8'hed);
    end
end

endmodule

`default_nettype wire
