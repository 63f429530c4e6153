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

wire [OFFSET_WIDTH:0] icv_first_wide = {1'b0, ip_end} - {{OFFSET_WIDTH-4{1'b0}}, icv_words, 2'b00};
wire [OFFSET_WIDTH:0] payload_first_wide = {{OFFSET_WIDTH-6{1'b0}}, esp_offset} + 16;
wire [OFFSET_WIDTH:0] payload_octets = icv_first_wide - payload_first_wide;
wire [OFFSET_WIDTH-1:0] aad_rest = gmac && esn ? 4 : 0;
wire [OFFSET_WIDTH-1:0] hash_octets = payload_octets[OFFSET_WIDTH-1:0] + aad_rest;
wire payload_rest = payload_octets[3:0] != 0;
wire hash_rest = hash_octets[3:0] != 0;

// bit OFFSET_WIDTH is the sign
assign syntax_error = &ip_end || payload_octets[OFFSET_WIDTH] || payload_octets[OFFSET_WIDTH-1:1] == 0;
assign payload_first = payload_first_wide[OFFSET_WIDTH-1:0];
assign icv_first = icv_first_wide[OFFSET_WIDTH-1:0];
assign payload_last = icv_first - 1'b1;
assign cipher_blocks = gmac ? 0 : payload_octets[OFFSET_WIDTH-1:4] + {{OFFSET_WIDTH-5{1'b0}}, payload_rest};
assign hash_first = payload_first - aad_rest;
assign hash_blocks = {1'b0, hash_octets[OFFSET_WIDTH-1:4]} + {{OFFSET_WIDTH-4{1'b0}}, hash_rest} + 2;

wire [63:0] iv_or_zero = gmac ? iv : 64'd0;

assign first_block = esn ? {spi, seq_hi, seq, iv_or_zero[63:32]} : {spi, seq, iv_or_zero};

wire [OFFSET_WIDTH-1:0] aad_octets = (esn ? 12 : 8) + (gmac ? payload_octets[OFFSET_WIDTH-1:0] + 8 : 0);

assign length_block = {
    {64-3-OFFSET_WIDTH{1'b0}}, aad_octets, 3'b000,
    {64-3-OFFSET_WIDTH{1'b0}}, gmac ? {OFFSET_WIDTH{1'b0}} : payload_octets[OFFSET_WIDTH-1:0], 3'b000
};

endmodule

`resetall
