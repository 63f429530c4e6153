// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Where the parts of an ESP frame lie, and what GHASH sees besides the payload. Combinational.
 *
 *   esp_offset        +8            +16 = payload_first                      icv_first        ip_end
 *   | SPI | sequence  | IV (8)      | payload, padding, trailer (L octets)   | ICV            | Ethernet padding
 *
 * GHASH input: first_block, then the octets hash_first..payload_last in 16-octet blocks (zero filled), then length_block.
 *   GCM (RFC 4106):   first_block = SPI | [seq_hi] | seq | 0,             hash_first = payload_first
 *   GMAC (RFC 4543):  first_block = SPI | seq | IV,                       hash_first = payload_first
 *   GMAC with ESN:    first_block = SPI | seq_hi | seq | IV[0..3],        hash_first = payload_first - 4 (the rest of the IV)
 *
 * syntax_error: no room for the two octets of the trailer, or a packet that is longer than any frame; the other outputs then
 * mean nothing. That ip_end lies within the frame is checked by whoever sees the frame's end.
 */
module esp_geometry #(
    // width of an octet offset in a frame
    parameter OFFSET_WIDTH = 14
) (
    input  wire [6:0]              esp_offset,
    input  wire [OFFSET_WIDTH-1:0] ip_end,
    input  wire [31:0]             spi,
    input  wire [31:0]             seq,
    input  wire [63:0]             iv,
    input  wire                    gmac,
    input  wire                    esn,
    input  wire [31:0]             seq_hi,
    // ICV length in 32-bit words: 2, 3 or 4
    input  wire [2:0]              icv_words,

    output wire                    syntax_error,
    // L; bit OFFSET_WIDTH is the sign
    output wire [OFFSET_WIDTH:0]   payload_octets,
    output wire [OFFSET_WIDTH-1:0] payload_first,
    // inclusive
    output wire [OFFSET_WIDTH-1:0] payload_last,
    output wire [OFFSET_WIDTH-1:0] icv_first,
    // keystream blocks: ceil(L / 16), 0 for GMAC
    output wire [OFFSET_WIDTH-5:0] cipher_blocks,
    output wire [OFFSET_WIDTH-1:0] hash_first,
    // GHASH blocks, first_block and length_block included
    output wire [OFFSET_WIDTH-4:0] hash_blocks,
    output wire [127:0]            first_block,
    output wire [127:0]            length_block
);

wire [OFFSET_WIDTH:0] payload_first_wide = {{OFFSET_WIDTH-6{1'b0}}, esp_offset} + 16;
// payload and ICV, of which the numbers of octets and blocks differ by small numbers: no adder lies behind more than one other
wire [OFFSET_WIDTH:0] span = {1'b0, ip_end} - payload_first_wide;
wire [5:0] icv_octets = {1'b0, icv_words, 2'b00};
wire [5:0] aad_rest = gmac && esn ? 6'd4 : 6'd0;
wire [5:0] cipher_round = 6'd15 - icv_octets;
wire [5:0] hash_round = 6'd47 - icv_octets + aad_rest;
assign payload_octets = span - {{OFFSET_WIDTH-5{1'b0}}, icv_octets};
/* verilator lint_off UNUSEDSIGNAL */ // rounded up to whole blocks
wire [OFFSET_WIDTH:0] cipher_octets = span + {{OFFSET_WIDTH-5{cipher_round[5]}}, cipher_round};
wire [OFFSET_WIDTH:0] hash_octets = span + {{OFFSET_WIDTH-5{1'b0}}, hash_round};
/* verilator lint_on UNUSEDSIGNAL */

assign syntax_error = &ip_end || payload_octets[OFFSET_WIDTH] || payload_octets[OFFSET_WIDTH-1:1] == 0;
assign payload_first = payload_first_wide[OFFSET_WIDTH-1:0];
assign icv_first = ip_end - {{OFFSET_WIDTH-6{1'b0}}, icv_octets};
assign payload_last = ip_end - {{OFFSET_WIDTH-6{1'b0}}, icv_octets | 6'd1};
assign cipher_blocks = gmac ? 0 : cipher_octets[OFFSET_WIDTH-1:4];
assign hash_first = payload_first - {{OFFSET_WIDTH-6{1'b0}}, aad_rest};
assign hash_blocks = hash_octets[OFFSET_WIDTH:4];

wire [63:0] iv_or_zero = gmac ? iv : 64'd0;

assign first_block = esn ? {spi, seq_hi, seq, iv_or_zero[63:32]} : {spi, seq, iv_or_zero};

wire [5:0] gmac_round = (esn ? 6'd20 : 6'd16) - icv_octets;
wire [OFFSET_WIDTH-1:0] aad_octets = gmac ? span[OFFSET_WIDTH-1:0] + {{OFFSET_WIDTH-6{1'b0}}, gmac_round} : esn ? 12 : 8;

assign length_block = {
    {64-3-OFFSET_WIDTH{1'b0}}, aad_octets, 3'b000,
    {64-3-OFFSET_WIDTH{1'b0}}, gmac ? {OFFSET_WIDTH{1'b0}} : payload_octets[OFFSET_WIDTH-1:0], 3'b000
};

endmodule

`resetall
