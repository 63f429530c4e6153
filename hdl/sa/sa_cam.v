// SPDX-License-Identifier: Apache-2.0
/*
 * Associative memory of the SA table: finds the entry of {direction, SPI, IP version, destination digest}.
 *
 * Latency: 2 cycles, result_valid follows search_valid. Throughput: one search per cycle.
 *
 * An entry matches a search when it is valid, direction, IP version and SPI are equal, and the digests are equal or one
 * side is a wildcard: entry_dst_any (an SA of any destination) or search_any (the duplicate check of such an SA). The
 * caller sees to it that a search without search_any matches one entry at most (it searches before it sets an entry, and
 * sets none that was found). Then result_index is its number; if several match, result_hit is right and result_index
 * means nothing.
 *
 * Writes (one per cycle: set_valid or clear_valid for entry write_index, clear_all for all; clear_all wins over
 * clear_valid, clear_valid over set_valid) take effect in the next cycle: a search of the same cycle sees the whole
 * old entry, one of the next cycle the whole new one. search_tag comes out with the result unchanged.
 */

`resetall
`default_nettype none

module sa_cam #(
  // Entries, 16 to 256
  parameter SA_COUNT = 64,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT),
  // 1: comparators spelt out for 4-input LUTs, two thirds of the logic but slower to simulate
  parameter SMALL = 0,
  // Width of the tag
  parameter TAG_WIDTH = 1
) (
  input  wire                   clk,
  input  wire                   rst,

  /*
   * Search
   */
  input  wire                   search_valid,
  input  wire                   search_inbound,
  input  wire                   search_ipv6,
  input  wire [31:0]            search_spi,
  input  wire [31:0]            search_digest,
  input  wire                   search_any,
  input  wire [TAG_WIDTH-1:0]   search_tag,

  output wire                   result_valid,
  output wire                   result_hit,
  output wire [INDEX_WIDTH-1:0] result_index,
  output wire [TAG_WIDTH-1:0]   result_tag,

  /*
   * Write
   */
  input  wire                   set_valid,
  input  wire                   clear_valid,
  input  wire                   clear_all,
  input  wire [INDEX_WIDTH-1:0] write_index,
  input  wire                   write_inbound,
  input  wire                   write_ipv6,
  input  wire [31:0]            write_spi,
  input  wire [31:0]            write_digest,
  input  wire                   write_dst_any,

  // One bit for each entry
  output wire [SA_COUNT-1:0]    entry_valid
);

reg [SA_COUNT-1:0] entry_valid_reg;
reg [SA_COUNT-1:0] entry_dst_any_reg;
reg [33:0]         entry_key [0:SA_COUNT-1];     // {inbound, ipv6, spi}
reg [31:0]         entry_digest [0:SA_COUNT-1];

reg                   match_valid_reg;
reg [SA_COUNT-1:0]    match_reg;
reg [TAG_WIDTH-1:0]   match_tag_reg;
reg                   result_valid_reg;
reg                   result_hit_reg;
reg [INDEX_WIDTH-1:0] result_index_reg;
reg [TAG_WIDTH-1:0]   result_tag_reg;

wire [33:0] search_key = {search_inbound, search_ipv6, search_spi};

assign result_valid = result_valid_reg;
assign result_hit = result_hit_reg;
assign result_index = result_index_reg;
assign result_tag = result_tag_reg;
assign entry_valid = entry_valid_reg;

// number of the one bit that is set, 0 if none is: an OR of the numbers of all bits that are set
function [INDEX_WIDTH-1:0] encode(input [SA_COUNT-1:0] bits);
  integer k;
  begin
    encode = {INDEX_WIDTH{1'b0}};
    for (k = 0; k < SA_COUNT; k = k + 1) begin
      if (bits[k]) encode = encode | k[INDEX_WIDTH-1:0];
    end
  end
endfunction

// compare
always @(posedge clk) begin
  match_valid_reg <= search_valid;
  if (search_valid) match_tag_reg <= search_tag;

  if (rst) match_valid_reg <= 1'b0;
end

generate
  if (SMALL != 0) begin : spelt_out
    genvar e;
    genvar b;

    for (e = 0; e < SA_COUNT; e = e + 1) begin : entry
      // keep: two bits of both sides are one LUT, which is lost where synthesis looks through it
      (* keep *) wire [16:0] key_same;
      (* keep *) wire [15:0] digest_same;

      for (b = 0; b < 17; b = b + 1) begin : key
        assign key_same[b] = entry_key[e][2*b +: 2] == search_key[2*b +: 2];
      end
      for (b = 0; b < 16; b = b + 1) begin : digest
        assign digest_same[b] = entry_digest[e][2*b +: 2] == search_digest[2*b +: 2];
      end

      always @(posedge clk) begin
        if (search_valid) begin
          match_reg[e] <= entry_valid_reg[e] && &key_same && (&digest_same || entry_dst_any_reg[e] || search_any);
        end
      end
    end
  end else begin : plain
    always @(posedge clk) begin : entries
      integer i;

      if (search_valid) begin
        for (i = 0; i < SA_COUNT; i = i + 1) begin
          match_reg[i] <= entry_valid_reg[i] && entry_key[i] == search_key
            && (entry_digest[i] == search_digest || entry_dst_any_reg[i] || search_any);
        end
      end
    end
  end
endgenerate

// encode
always @(posedge clk) begin
  result_valid_reg <= match_valid_reg;
  if (match_valid_reg) begin
    result_hit_reg <= |match_reg;
    result_index_reg <= encode(match_reg);
    result_tag_reg <= match_tag_reg;
  end

  if (rst) result_valid_reg <= 1'b0;
end

// write
always @(posedge clk) begin
  if (set_valid) begin
    entry_key[write_index] <= {write_inbound, write_ipv6, write_spi};
    entry_digest[write_index] <= write_digest;
    entry_dst_any_reg[write_index] <= write_dst_any;
    entry_valid_reg[write_index] <= 1'b1;
  end
  if (clear_valid) entry_valid_reg[write_index] <= 1'b0;
  if (clear_all || rst) entry_valid_reg <= {SA_COUNT{1'b0}};
end

endmodule

`resetall
