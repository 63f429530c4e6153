// SPDX-License-Identifier: Apache-2.0
//
// aes_round: one round of forward AES with its own step of the key expansion (FIPS-197, 5.1 and 5.2).
//
// What     Takes the state before round ROUND and a window of key words, gives the state after the round and the window
//          for the next one. With Nk key words in use (4, 6 or 8), b = 4*(ROUND - 1):
//
//              s_key = {w[b], w[b+1], ..., w[b+Nk-1], 0...}        w[b] in the top 32 bits
//              m_key = {w[b+4], ...,       w[b+Nk+3], 0...}
//
//          The four new words w[b+Nk .. b+Nk+3] need one SubWord at most, whatever Nk:
//
//              Nk = 4            SubWord(RotWord(w[b+3])) in w[b+4]
//              Nk = 6, b%6 == 0  SubWord(RotWord(w[b+5])) in w[b+6]
//                      b%6 == 4  SubWord(RotWord(w[b+7])) in w[b+8], w[b+7] = w[b+1]^w[b]^w[b+5]
//                      b%6 == 2  none
//              Nk = 8, odd round SubWord(RotWord(w[b+7])) in w[b+8];  even round: the same without RotWord and Rcon
//
//          The last round of a key size leaves out MixColumns; later rounds pass the state on unchanged.
// Latency  CYCLES_PER_ROUND cycles for every key size.    Rate: one block per cycle, never stalls.
//          1: everything in one cycle    2: a register behind SubBytes    3: one more (composite field: inside the
//          S-box; table: behind the first, for retiming)
// Order    FIPS-197: s_state[127:120] is octet 0.
// Secrets  Every register of a stage is zero while the stage holds no valid block; the key window is zero from the last
//          round of its key size on.
// Reset    empties the stage.

`resetall
`timescale 1ns / 1ps
`default_nettype none

// Exclusive or of wide vectors. Icarus 11 evaluates ^ bit by bit, but |, & and ~ a machine word at a time: three times
// faster in this form, and the same gates.
`define AES_XOR(a, b) (((a) | (b)) & ~((a) & (b)))

module aes_round #
(
    // number of this round, 1 to MAX_KEY_BITS/32 + 6
    parameter ROUND = 1,
    // longest key: 128, 192 or 256
    parameter MAX_KEY_BITS = 256,
    // pipeline registers in a round: 1, 2 or 3
    parameter CYCLES_PER_ROUND = 1,
    // 0: S-box as a table, 1: S-box in the composite field
    parameter SBOX_STYLE = 0,
    // width of the side band
    parameter USER_WIDTH = 8
)
(
    input  wire                    clk,
    input  wire                    rst,

    input  wire                    s_valid,
    input  wire [127:0]            s_state,
    input  wire [MAX_KEY_BITS-1:0] s_key,
    input  wire [1:0]              s_key_size,
    input  wire [USER_WIDTH-1:0]   s_user,

    output wire                    m_valid,
    output wire [127:0]            m_state,
    output wire [MAX_KEY_BITS-1:0] m_key,
    output wire [1:0]              m_key_size,
    output wire [USER_WIDTH-1:0]   m_user
);

// key sizes that are built, besides 128
localparam USE_192 = (MAX_KEY_BITS >= 192) ? 1 : 0;
localparam USE_256 = (MAX_KEY_BITS >= 256) ? 1 : 0;

// place of this round in the AES-192 schedule: b % 6 is 0, 4, 2 for 0, 1, 2
localparam PHASE_192 = (ROUND - 1) % 3;

// SubBytes and SubWord in the same cycle as the rest
localparam TABLE_DIRECT = (SBOX_STYLE == 0 && CYCLES_PER_ROUND == 1) ? 1 : 0;

// x^(index - 1) in the top octet (FIPS-197, 5.2: Rcon)
function [31:0] rcon;
    input integer index;
    integer i;
    begin
        rcon = 32'h01000000;
        for (i = 1; i < index; i = i + 1) begin
            rcon = {rcon[30:24], 1'b0, 24'd0} ^ (rcon[31] ? 32'h1b000000 : 32'd0);
        end
    end
endfunction

localparam [31:0] RCON_128 = rcon(ROUND);
localparam [31:0] RCON_192 = rcon((PHASE_192 == 0) ? (4 * ROUND + 2) / 6 : (4 * ROUND + 4) / 6);
localparam [31:0] RCON_256 = (ROUND % 2 == 1) ? rcon((ROUND + 1) / 2) : 32'd0;

// The S-box, FIPS-197 table 4, entry 0 first. The only copy of the table.
localparam [2047:0] SBOX = {
    256'h637c777bf26b6fc53001672bfed7ab76ca82c97dfa5947f0add4a2af9ca472c0,
    256'hb7fd9326363ff7cc34a5e5f171d8311504c723c31896059a071280e2eb27b275,
    256'h09832c1a1b6e5aa0523bd6b329e32f8453d100ed20fcb15b6acbbe394a4c58cf,
    256'hd0efaafb434d338545f9027f503c9fa851a3408f929d38f5bcb6da2110fff3d2,
    256'hcd0c13ec5f974417c4a77e3d645d197360814fdc222a908846eeb814de5e0bdb,
    256'he0323a0a4906245cc2d3ac629195e479e7c8376d8dd54ea96c56f4ea657aae08,
    256'hba78252e1ca6b4c6e8dd741f4bbd8b8a703eb5664803f60e613557b986c11d9e,
    256'he1f8981169d98e949b1e87e9ce5528df8ca1890dbfe6426841992d0fb054bb16
};

// Unused with SBOX_STYLE 1. Logic, not block RAM: no block RAM has twenty read ports.
(* rom_style = "logic" *) reg [7:0] sbox [0:255];

integer entry;

initial begin
    for (entry = 0; entry < 256; entry = entry + 1) begin
        sbox[entry] = SBOX[8 * (255 - entry) +: 8];
    end
end

// SubBytes and ShiftRows
function [127:0] substitute;
    input [127:0] state;
    reg [31:0] c0;
    reg [31:0] c1;
    reg [31:0] c2;
    reg [31:0] c3;
    begin
        {c0, c1, c2, c3} = state;
        substitute = {
            {sbox[c0[31:24]], sbox[c1[23:16]], sbox[c2[15:8]], sbox[c3[7:0]]},
            {sbox[c1[31:24]], sbox[c2[23:16]], sbox[c3[15:8]], sbox[c0[7:0]]},
            {sbox[c2[31:24]], sbox[c3[23:16]], sbox[c0[15:8]], sbox[c1[7:0]]},
            {sbox[c3[31:24]], sbox[c0[23:16]], sbox[c1[15:8]], sbox[c2[7:0]]}
        };
    end
endfunction

function [31:0] substitute_word;
    input [31:0] word;
    begin
        substitute_word = {sbox[word[31:24]], sbox[word[23:16]], sbox[word[15:8]], sbox[word[7:0]]};
    end
endfunction

// MixColumns: with r[i] = a[i+1] and t[i] = a[i] ^ a[i+1] in each column, out[i] = x*t[i] ^ r[i] ^ t[i+2]
function [127:0] mix_columns;
    input [127:0] a;
    reg [127:0] r;
    reg [127:0] t;
    reg [127:0] u;
    begin
        r = {a[119:96], a[127:120], a[87:64], a[95:88], a[55:32], a[63:56], a[23:0], a[31:24]};
        t = `AES_XOR(a, r);
        // t[i+2] ^ r[i]
        u = {t[111:96], t[127:112], t[79:64], t[95:80], t[47:32], t[63:48], t[15:0], t[31:16]};
        r = `AES_XOR(u, r);
        // x*t[i]: shift, and 8'h1b for the bit shifted out
        u = (t >> 7) & {16{8'h01}};
        u = u | (u << 1);
        u = u | (u << 3);
        t = (t << 1) & {16{8'hfe}};
        t = `AES_XOR(t, u);
        mix_columns = `AES_XOR(t, r);
    end
endfunction

// the input of SubWord; w0 = w[b], w1 = w[b+1], ...
function [31:0] word_in;
    input [1:0] key_size;
    input [31:0] w0;
    input [31:0] w1;
    input [31:0] w3;
    input [31:0] w5;
    input [31:0] w7;
    begin
        if (USE_256 != 0 && key_size == 2'd2) begin
            word_in = (ROUND % 2 == 1) ? {w7[23:0], w7[31:24]} : w7;
        end else if (USE_192 != 0 && key_size == 2'd1) begin
            word_in = (PHASE_192 == 1) ? w0 ^ w1 ^ w5 : w5;
            word_in = {word_in[23:0], word_in[31:24]};
        end else begin
            word_in = {w3[23:0], w3[31:24]};
        end
    end
endfunction

// the four new words; word is the output of SubWord
function [127:0] new_words;
    input [1:0] key_size;
    input [31:0] w0;
    input [31:0] w1;
    input [31:0] w2;
    input [31:0] w3;
    input [31:0] w5;
    input [31:0] word;
    reg [31:0] n0;
    reg [31:0] n1;
    reg [31:0] n2;
    begin
        if (USE_192 != 0 && key_size == 2'd1) begin
            n0 = w0 ^ ((PHASE_192 == 0) ? word ^ RCON_192 : w5);
            n1 = w1 ^ n0;
            n2 = w2 ^ ((PHASE_192 == 1) ? word ^ RCON_192 : n1);
        end else begin
            n0 = w0 ^ word ^ ((USE_256 != 0 && key_size == 2'd2) ? RCON_256 : RCON_128);
            n1 = w1 ^ n0;
            n2 = w2 ^ n1;
        end
        new_words = {n0, n1, n2, w3 ^ n2};
    end
endfunction

// does a block of this key size still take part in this round (the longest key size always does)
function active;
    input [1:0] key_size;
    begin
        if (key_size == 2'd0 && MAX_KEY_BITS > 128) begin
            active = (ROUND <= 10);
        end else if (key_size == 2'd1 && MAX_KEY_BITS > 192) begin
            active = (ROUND <= 12);
        end else begin
            active = 1'b1;
        end
    end
endfunction

// is there a round after this one for this key size
function more;
    input [1:0] key_size;
    begin
        if (key_size == 2'd0) begin
            more = (ROUND < 10);
        end else if (key_size == 2'd1) begin
            more = (ROUND < 12);
        end else begin
            more = (ROUND < 14);
        end
    end
endfunction

// ---- SubBytes, ShiftRows, SubWord ----

localparam SIDE_WIDTH = MAX_KEY_BITS + 2 + USER_WIDTH;
localparam PAD = 256 - MAX_KEY_BITS;

wire [127:0]            mix_state;      // behind SubBytes and ShiftRows; unchanged in a round the block takes no part in
wire [31:0]             mix_word;       // behind SubWord
wire                    mix_valid;
wire [MAX_KEY_BITS-1:0] mix_key;
wire [1:0]              mix_key_size;
wire [USER_WIDTH-1:0]   mix_user;

// composite field: 16 + 4 S-boxes, {state, word}
wire [159:0] composite;

// the input of SubWord (not used with TABLE_DIRECT)
wire [31:0] key_word;

generate
    if (TABLE_DIRECT != 0) begin : no_key_word
        wire unused_key_word = &{1'b0, key_word};

        assign key_word = 32'd0;
    end else begin : with_key_word
        wire [255:0] window;
        wire unused_window = &{1'b0, window};

        assign window = {s_key, {PAD{1'b0}}};
        assign key_word = word_in(s_key_size, window[255:224], window[223:192], window[159:128], window[95:64], window[31:0]);
    end

    if (SBOX_STYLE != 0) begin : composite_field
        wire [159:0] in;

        assign in = {
            s_state[127:120], s_state[87:80], s_state[47:40], s_state[7:0],
            s_state[95:88], s_state[55:48], s_state[15:8], s_state[103:96],
            s_state[63:56], s_state[23:16], s_state[111:104], s_state[71:64],
            s_state[31:24], s_state[119:112], s_state[79:72], s_state[39:32],
            key_word
        };

        aes_sbox_composite #(
            .LANES(20),
            .REGISTERS((CYCLES_PER_ROUND == 3) ? 1 : 0)
        ) aes_sbox_composite_inst (
            .clk(clk),
            .s_bytes(in),
            .m_bytes(composite)
        );
    end else begin : table_lookup
        assign composite = 160'd0;
    end

    if (CYCLES_PER_ROUND == 1) begin : one_cycle
        assign mix_valid = s_valid;
        assign {mix_key, mix_key_size, mix_user} = {s_key, s_key_size, s_user};
        assign mix_state = active(s_key_size) ? composite[159:32] : s_state;
        assign mix_word = composite[31:0];
    end else begin : registered
        reg                  valid_1_reg;
        reg [SIDE_WIDTH-1:0] side_1_reg;
        reg [127:0]          state_1_reg;
        reg [31:0]           word_1_reg;

        always @(posedge clk) begin
            if (s_valid && !rst) begin
                valid_1_reg <= 1'b1;
                side_1_reg <= {s_key, s_key_size, s_user};
                if (!active(s_key_size) || (SBOX_STYLE != 0 && CYCLES_PER_ROUND == 3)) begin
                    state_1_reg <= s_state;
                end else if (SBOX_STYLE != 0) begin
                    state_1_reg <= composite[159:32];
                end else begin
                    state_1_reg <= substitute(s_state);
                end
                if (SBOX_STYLE != 0) begin
                    word_1_reg <= composite[31:0];
                end else begin
                    word_1_reg <= substitute_word(key_word);
                end
            end else if (valid_1_reg || rst) begin
                valid_1_reg <= 1'b0;
                side_1_reg <= {SIDE_WIDTH{1'b0}};
                state_1_reg <= 128'd0;
                word_1_reg <= 32'd0;
            end
        end

        if (CYCLES_PER_ROUND == 2) begin : two_cycles
            assign mix_valid = valid_1_reg;
            assign {mix_key, mix_key_size, mix_user} = side_1_reg;
            assign mix_state = state_1_reg;
            assign mix_word = word_1_reg;
        end else begin : three_cycles
            reg                  valid_2_reg;
            reg [SIDE_WIDTH-1:0] side_2_reg;
            reg [127:0]          state_2_reg;
            reg [31:0]           word_2_reg;

            always @(posedge clk) begin
                if (valid_1_reg && !rst) begin
                    valid_2_reg <= 1'b1;
                    side_2_reg <= side_1_reg;
                    state_2_reg <= state_1_reg;
                    word_2_reg <= word_1_reg;
                    if (SBOX_STYLE != 0) begin
                        word_2_reg <= composite[31:0];
                    end
                    if (SBOX_STYLE != 0 && active(side_1_reg[USER_WIDTH +: 2])) begin
                        state_2_reg <= composite[159:32];
                    end
                end else if (valid_2_reg || rst) begin
                    valid_2_reg <= 1'b0;
                    side_2_reg <= {SIDE_WIDTH{1'b0}};
                    state_2_reg <= 128'd0;
                    word_2_reg <= 32'd0;
                end
            end

            assign mix_valid = valid_2_reg;
            assign {mix_key, mix_key_size, mix_user} = side_2_reg;
            assign mix_state = state_2_reg;
            assign mix_word = word_2_reg;
        end
    end
endgenerate

// ---- MixColumns, AddRoundKey, next key window ----

reg                    m_valid_reg;
reg [127:0]            m_state_reg;
reg [MAX_KEY_BITS-1:0] m_key_reg;
reg [1:0]              m_key_size_reg;
reg [USER_WIDTH-1:0]   m_user_reg;

assign m_valid = m_valid_reg;
assign m_state = m_state_reg;
assign m_key = m_key_reg;
assign m_key_size = m_key_size_reg;
assign m_user = m_user_reg;

always @(posedge clk) begin : mix
    reg [127:0] state;
    reg [127:0] words;
    // verilator lint_off UNUSEDSIGNAL
    reg [255:0] window;     // its low words are used with longer keys only
    // verilator lint_on UNUSEDSIGNAL
    reg [31:0] word;
    reg [31:0] w0;
    reg [31:0] w1;
    reg [31:0] w2;
    reg [31:0] w3;
    reg [31:0] w4;
    reg [31:0] w5;
    reg [31:0] w6;
    reg [31:0] w7;

    if (mix_valid && !rst) begin
        m_valid_reg <= 1'b1;
        m_key_size_reg <= mix_key_size;
        m_user_reg <= mix_user;

        if (active(mix_key_size)) begin
            {w0, w1, w2, w3, w4, w5, w6, w7} = {mix_key, {PAD{1'b0}}};
            if (TABLE_DIRECT != 0) begin
                state = substitute(s_state);
                word = substitute_word(word_in(mix_key_size, w0, w1, w3, w5, w7));
            end else begin
                state = mix_state;
                word = mix_word;
            end
            if (more(mix_key_size)) begin
                state = mix_columns(state);
            end

            // the round key is w[b+4 .. b+7], and the window slides by four words
            words = new_words(mix_key_size, w0, w1, w2, w3, w5, word);
            if (USE_256 != 0 && mix_key_size == 2'd2) begin
                window = {w4, w5, w6, w7, words};
            end else if (USE_192 != 0 && mix_key_size == 2'd1) begin
                window = {w4, w5, words, 64'd0};
            end else begin
                window = {words, 128'd0};
            end
            m_state_reg <= `AES_XOR(state, window[255:128]);
            m_key_reg <= more(mix_key_size) ? window[255 -: MAX_KEY_BITS] : {MAX_KEY_BITS{1'b0}};
        end else begin
            m_state_reg <= (TABLE_DIRECT != 0) ? s_state : mix_state;
            // the key of a longer block before this one
            m_key_reg <= {MAX_KEY_BITS{1'b0}};
        end
    end else if (m_valid_reg || rst) begin
        m_valid_reg <= 1'b0;
        m_state_reg <= 128'd0;
        m_key_reg <= {MAX_KEY_BITS{1'b0}};
        m_key_size_reg <= 2'd0;
        m_user_reg <= {USER_WIDTH{1'b0}};
    end
end

endmodule

`undef AES_XOR

`resetall
