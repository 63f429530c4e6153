// SPDX-License-Identifier: Apache-2.0
//
// aes_key_setup: the key expansion of AES (FIPS-197, 5.2), word by word, into the memories of aes_stored_pipe.
//
// What     start takes a key and the entry it is for; then every word of every round is written once, and done is one pulse.
//          A key of fewer rounds than the pipe has is written behind as many rounds of zeros: its first round key is that
//          of round s_skip of its blocks.
// Latency  done comes 5 * 4 * (MAX_KEY_BITS/32 + 7) + 1 cycles after start.    Rate: one key at a time; start is not allowed meanwhile.
// Order    FIPS-197: key[255:248] is octet 0 of the key; AES-128 uses key[255:128], AES-192 key[255:64], the rest is
//          zero. key_size: 0 = 128, 1 = 192, 2 = 256 bits, at most MAX_KEY_BITS.
// Secrets  the key is zero behind done, and what it leaves in and around the S-box is that of zero three cycles later.
// Reset    abandons the key and zeroes it, a cycle later; what has been written stays.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module aes_key_setup #
(
    // longest key: 128, 192 or 256
    parameter MAX_KEY_BITS = 256,
    // width of an entry number
    parameter INDEX_WIDTH = 6
)
(
    input  wire                   clk,
    input  wire                   rst,

    input  wire                   start,
    input  wire [INDEX_WIDTH-1:0] index,
    input  wire [255:0]           key,
    input  wire [1:0]             key_size,
    output wire                   done,

    output wire                   write,
    output wire [3:0]             write_round,
    output wire [INDEX_WIDTH-1:0] write_index,
    output wire [1:0]             write_word,
    output wire [31:0]            write_data
);

localparam ROUNDS = MAX_KEY_BITS / 32 + 6;
localparam LAST_WORD_VALUE = 4 * ROUNDS + 3;
localparam [5:0] LAST_WORD = LAST_WORD_VALUE[5:0];
localparam [1:0] MAX_KEY_SIZE = (MAX_KEY_BITS == 128) ? 2'd0 : (MAX_KEY_BITS == 192) ? 2'd1 : 2'd2;

reg                   busy_reg;
reg                   done_reg;
// of the five cycles of a word
reg [2:0]             cycle_reg;
reg [INDEX_WIDTH-1:0] index_reg;
reg [1:0]             key_size_reg;
// {round, word} to be written
reg [5:0]             word_reg;
// words of zeros before the key
reg [4:0]             zeros_reg;
// number of the word at hand modulo the words of the key
reg [2:0]             place_reg;
reg [7:0]             rcon_reg;
// the word at hand on top, and those behind it as far as they are known
reg [255:0]           words_reg;
// the word before, rotated where it must be; substituted
reg [31:0]            source_reg;
reg [31:0]            substituted_reg;
reg [31:0]            new_word_reg;
// registered while the word at hand holds still: it takes a multiple of the key, it is the last of the key, of all; it is left out
reg                   whole_reg;
reg                   last_place_reg;
reg                   last_word_reg;
reg                   zero_reg;
// known a cycle ahead, for the hundreds of registers of the key: the next word comes to the top; all words become zero
reg                   take_reg;
reg                   forget_reg;

wire [31:0] first = words_reg[255:224];
wire [31:0] last = key_size_reg == 2'd2 ? words_reg[31:0] : key_size_reg == 2'd1 ? words_reg[95:64] : words_reg[159:128];
wire [2:0]  last_place = key_size_reg == 2'd2 ? 3'd7 : key_size_reg == 2'd1 ? 3'd5 : 3'd3;
wire        whole = place_reg == 3'd0;
wire [31:0] substituted;
wire [31:0] added = whole_reg ? substituted_reg ^ {rcon_reg, 24'd0} : key_size_reg == 2'd2 && place_reg == 3'd4 ? substituted_reg : source_reg;

assign done = done_reg;
assign write = busy_reg && cycle_reg[2];
assign {write_round, write_word} = word_reg;
assign write_index = index_reg;
assign write_data = zero_reg ? 32'd0 : first;

// the words hold still for the cycles that this takes
aes_sbox_composite #(
    .LANES(4),
    .REGISTERS(1)
) aes_sbox_composite_inst (
    .clk(clk),
    .s_bytes(source_reg),
    .m_bytes(substituted)
);

always @(posedge clk) begin
    done_reg <= 1'b0;
    cycle_reg <= busy_reg && !cycle_reg[2] ? cycle_reg + 1'b1 : 3'd0;
    whole_reg <= whole;
    last_place_reg <= place_reg == last_place;
    last_word_reg <= word_reg == LAST_WORD;
    zero_reg <= zeros_reg != 5'd0;
    source_reg <= whole ? {last[23:0], last[31:24]} : last;
    substituted_reg <= substituted;
    new_word_reg <= first ^ added;
    take_reg <= busy_reg && cycle_reg == 3'd3 && !zero_reg;
    forget_reg <= (busy_reg && cycle_reg == 3'd3 && last_word_reg) || rst;
    if (start) begin
        words_reg <= key;
    end else if (forget_reg) begin
        words_reg <= 256'd0;
    end else if (take_reg) begin
        words_reg <= {
            words_reg[223:160],
            words_reg[159:128],
            key_size_reg == 2'd0 ? new_word_reg : words_reg[127:96],
            words_reg[95:64],
            key_size_reg == 2'd1 ? new_word_reg : words_reg[63:32],
            words_reg[31:0],
            new_word_reg
        };
    end

    if (start) begin
        busy_reg <= 1'b1;
        index_reg <= index;
        // the only size, so that the registers of longer keys fall away
        key_size_reg <= MAX_KEY_SIZE == 2'd0 ? 2'd0 : key_size;
        word_reg <= 6'd0;
        // four for each round that this key does not have
        zeros_reg <= {MAX_KEY_SIZE - key_size, 3'd0};
        place_reg <= 3'd0;
        rcon_reg <= 8'h01;
    end else if (write) begin
        word_reg <= word_reg + 1'b1;
        if (zero_reg) begin
            zeros_reg <= zeros_reg - 1'b1;
        end else begin
            place_reg <= last_place_reg ? 3'd0 : place_reg + 1'b1;
            if (whole_reg) begin
                rcon_reg <= {rcon_reg[6:0], 1'b0} ^ (rcon_reg[7] ? 8'h1b : 8'h00);
            end
        end
        if (last_word_reg) begin
            busy_reg <= 1'b0;
            done_reg <= 1'b1;
        end
    end

    if (rst) begin
        busy_reg <= 1'b0;
        done_reg <= 1'b0;
        cycle_reg <= 3'd0;
    end
end

endmodule

`resetall
