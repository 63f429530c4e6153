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

wire [33:0] search_key = {search_inbound, search_ipv6, search_spi};

assign entry_valid = entry_valid_reg;

// compare
always @(posedge clk) begin
  match_valid_reg <= search_valid;
  if (search_valid) match_tag_reg <= search_tag;

  if (rst) match_valid_reg <= 1'b0;
end

always @(posedge clk) begin : entries
  integer i;

  if (search_valid) begin
    for (i = 0; i < SA_COUNT; i = i + 1) begin
      match_reg[i] <= entry_valid_reg[i] && entry_key[i] == search_key
        && (entry_digest[i] == search_digest || entry_dst_any_reg[i] || search_any);
    end
  end
end

sa_cam_encode #(
  .SA_COUNT(SA_COUNT),
  .INDEX_WIDTH(INDEX_WIDTH),
  .TAG_WIDTH(TAG_WIDTH)
) encode_inst (
  .clk(clk),
  .rst(rst),
  .s_valid(match_valid_reg),
  .s_match(match_reg),
  .s_tag(match_tag_reg),
  .m_valid(result_valid),
  .m_hit(result_hit),
  .m_index(result_index),
  .m_tag(result_tag)
);

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
