// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Eight SAs for a bench of one direction: found by handle (transmit) or by SPI, IP version and encapsulation (receive).
 *
 * Entry i in entries[ENTRY*i +: ENTRY]: {epoch, gmac, esn, seq_hi, icv_words, spi, ipv6, udp_type, key_size, salt, key, powers of H}; SPI 0:
 * no SA. The handle of entry i is {16'd1, i}. Answers come LATENCY cycles after the question, secrets one cycle after their index.
 */
module fixed_sa_table #(
    parameter LATENCY = 4,
    parameter ENTRY = 1 + 1 + 1 + 32 + 3 + 32 + 1 + 2 + 2 + 32 + 256 + 512
) (
    input  wire               clk,
    input  wire               rst,
    input  wire [8*ENTRY-1:0] entries,

    input  wire               lookup_valid,
    input  wire [31:0]        lookup_handle,
    input  wire               search_valid,
    input  wire [31:0]        search_spi,
    input  wire               search_ipv6,
    input  wire               search_udp,
    output wire               found_valid,
    output wire               found_hit,
    output wire [31:0]        found_handle,
    output wire               found_epoch,
    output wire               found_gmac,
    output wire               found_esn,
    output wire [31:0]        found_seq_hi,
    output wire [2:0]         found_icv_words,
    output wire [31:0]        found_spi,
    output wire               found_ipv6,
    output wire [1:0]         found_udp_type,

    input  wire [2:0]         cipher_index,
    output wire [255:0]       cipher_key,
    output wire [1:0]         cipher_key_size,
    output wire [31:0]        cipher_salt,
    input  wire [2:0]         hash_index,
    output wire [511:0]       hash_powers
);

localparam SECRET = 2 + 32 + 256 + 512;

reg hit;
reg [2:0] index;
/* verilator lint_off UNUSEDSIGNAL */ // half of an entry is policy, the other secret
reg [ENTRY-1:0] entry;
reg [ENTRY-1:0] cipher_reg;
reg [ENTRY-1:0] hash_reg;
/* verilator lint_on UNUSEDSIGNAL */
integer i;

always @* begin
    hit = 1'b0;
    index = lookup_handle[2:0];
    entry = entries[ENTRY*index +: ENTRY];
    if (lookup_valid) begin
        hit = lookup_handle[31:3] == 29'h2000 && entry[SECRET+3 +: 32] != 32'd0;
    end
    if (search_valid) begin
        for (i = 0; i < 8; i = i + 1) begin
            entry = entries[ENTRY*i +: ENTRY];
            if (!hit && search_spi != 32'd0 && entry[SECRET+3 +: 32] == search_spi && entry[SECRET+2] == search_ipv6
                    && (entry[SECRET +: 2] != 2'd0) == search_udp) begin
                hit = 1'b1;
                index = i[2:0];
            end
        end
    end
    entry = entries[ENTRY*index +: ENTRY];
end

localparam ANSWER = 1 + 1 + 3 + ENTRY - SECRET;

reg [ANSWER*LATENCY-1:0] answers_reg = 0;
wire [2:0] found_index;

always @(posedge clk) begin
    answers_reg <= {answers_reg[ANSWER*(LATENCY-1)-1:0], lookup_valid || search_valid, hit, index, entry[ENTRY-1:SECRET]};
    cipher_reg <= entries[ENTRY*cipher_index +: ENTRY];
    hash_reg <= entries[ENTRY*hash_index +: ENTRY];
    if (rst) begin
        answers_reg <= 0;
    end
end

assign {found_valid, found_hit, found_index, found_epoch, found_gmac, found_esn, found_seq_hi, found_icv_words, found_spi, found_ipv6,
    found_udp_type} = answers_reg[ANSWER*LATENCY-1 -: ANSWER];
assign found_handle = {16'd1, 13'd0, found_index};
assign {cipher_key_size, cipher_salt, cipher_key} = cipher_reg[512 +: 290];
assign hash_powers = hash_reg[511:0];

endmodule

`resetall
