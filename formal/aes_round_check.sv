// SPDX-License-Identifier: Apache-2.0
/*
 * One aes_round beside its specification, written from FIPS-197, 5.1 (aes_specification) and 5.2.
 */
`default_nettype none

module aes_round_check #(
    parameter ROUND = 1,
    parameter MAX_KEY_BITS = 256,
    parameter CYCLES_PER_ROUND = 1,
    parameter SBOX_STYLE = 0
) (
    input wire         clk,
    input wire         s_valid,
    input wire [127:0] s_state,
    input wire [255:0] s_words,
    input wire [1:0]   s_key_size,
    input wire [1:0]   s_user
);

wire m_valid;
wire [127:0] m_state;
wire [MAX_KEY_BITS-1:0] m_key;
wire [1:0] m_key_size;
wire [1:0] m_user;

aes_round #(
    .ROUND(ROUND),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .USER_WIDTH(2)
) dut (.rst(1'b0), .s_key(s_words[255 -: MAX_KEY_BITS]), .*);

// rounds of this key size
wire [3:0] rounds = s_key_size == 2 ? 14 : s_key_size == 1 ? 12 : 10;

// SubBytes looks up the table of the design: what stands in it is another proof
generate
    if (SBOX_STYLE == 0) begin : look_up
        function automatic [7:0] substitute(input [7:0] value);
            substitute = dut.sbox[value];
        endfunction
    end else begin : look_up
        function automatic [7:0] substitute(input [7:0] value);
            substitute = dut.composite_field.aes_sbox_composite_inst.sbox[value];
        endfunction
    end
endgenerate

function automatic [31:0] substitute_word(input [31:0] word);
    substitute_word = {look_up.substitute(word[31:24]), look_up.substitute(word[23:16]),
        look_up.substitute(word[15:8]), look_up.substitute(word[7:0])};
endfunction

// Rcon[i], x^(i-1) in the first octet
function automatic [31:0] rcon(input [3:0] i);
    reg [7:0] power;
    power = 8'd1;
    for (int k = 1; k < 11; k = k + 1) if (k < i) power = aes_specification::times_x(power);
    rcon = {power, 24'd0};
endfunction

// ---- KeyExpansion, four words further, for each Nk ----

localparam FIRST = 4 * (ROUND - 1);
// w[b+4 .. b+7], the round key, and the next window, by key size
wire [127:0] round_key [0:2];
wire [255:0] window [0:2];

generate
    for (genvar size = 0; size < 3; size = size + 1) begin : expansion
        localparam NK = 4 + 2 * size;
        wire [31:0] w [0:NK+3];
        wire [255:0] words;

        for (genvar i = 0; i < NK + 4; i = i + 1) begin : word
            if (i < NK) begin : given
                assign w[i] = s_words[255 - 32*i -: 32];
            end else if ((FIRST + i) % NK == 0) begin : first_of_key
                assign w[i] = w[i-NK] ^ substitute_word({w[i-1][23:0], w[i-1][31:24]}) ^ rcon((FIRST + i) / NK);
            end else if (NK == 8 && (FIRST + i) % NK == 4) begin : middle_of_key
                assign w[i] = w[i-NK] ^ substitute_word(w[i-1]);
            end else begin : other
                assign w[i] = w[i-NK] ^ w[i-1];
            end
            if (i >= 4) assign words[255 - 32*(i-4) -: 32] = w[i];
        end
        if (NK < 8) assign words[255 - 32*NK:0] = 0;
        assign round_key[size] = {w[4], w[5], w[6], w[7]};
        assign window[size] = words;
    end
endgenerate

// ---- the cipher ----

reg [127:0] substituted;
reg [127:0] expected_state;
wire [255:0] expected_window = window[s_key_size];

always @* begin
    for (int i = 0; i < 16; i = i + 1) substituted[8*i +: 8] = look_up.substitute(s_state[8*i +: 8]);
    expected_state = aes_specification::round_behind_substitution(substituted, ROUND == rounds, round_key[s_key_size]);
    // a block of a shorter key passes
    if (ROUND > rounds) expected_state = s_state;
end

// what must come out, CYCLES_PER_ROUND cycles later
reg [127:0] state_reg [1:CYCLES_PER_ROUND];
reg [255:0] window_reg [1:CYCLES_PER_ROUND];
reg [4:0] side_reg [1:CYCLES_PER_ROUND];
reg [CYCLES_PER_ROUND:1] checked_reg = 0;

always @(posedge clk) begin
    state_reg[1] <= s_valid ? expected_state : 128'd0;
    // a round that is not the last of its key size hands on the window, any other zero
    window_reg[1] <= s_valid && ROUND < rounds ? expected_window : 256'd0;
    side_reg[1] <= s_valid ? {1'b1, s_key_size, s_user} : 5'd0;
    for (int k = 2; k <= CYCLES_PER_ROUND; k = k + 1) begin
        state_reg[k] <= state_reg[k-1];
        window_reg[k] <= window_reg[k-1];
        side_reg[k] <= side_reg[k-1];
    end
    checked_reg <= {checked_reg, 1'b1};
end

wire checked = checked_reg[CYCLES_PER_ROUND];

always @(posedge clk) begin
    assume (s_key_size <= (MAX_KEY_BITS == 256 ? 2 : MAX_KEY_BITS == 192 ? 1 : 0));
    // a window holds the words of its key size only, none behind its last round
    assume (s_key_size == 2 || s_words[63:0] == 0);
    assume (s_key_size != 0 || s_words[127:64] == 0);
    assume (ROUND <= rounds || s_words == 0);

    if (checked) begin
        comes_in_its_cycle: assert (m_valid == side_reg[CYCLES_PER_ROUND][4]);
        the_state_of_the_specification: assert (!m_valid || m_state == state_reg[CYCLES_PER_ROUND]);
        the_keys_of_the_specification: assert (!m_valid || m_key == window_reg[CYCLES_PER_ROUND][255 -: MAX_KEY_BITS]);
        the_side_band: assert (!m_valid || {m_key_size, m_user} == side_reg[CYCLES_PER_ROUND][3:0]);

        a_block: cover (m_valid && m_state != 0);
        another_behind_it: cover (m_valid && $past(m_valid) && m_key_size != $past(m_key_size));
    end
end

endmodule

`default_nettype wire
