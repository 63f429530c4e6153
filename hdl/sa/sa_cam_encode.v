// SPDX-License-Identifier: Apache-2.0
/*
 * Second cycle of a search: from the entries that match, one bit each, to the number of the one that does.
 *
 * Latency: 1 cycle. Throughput: one per cycle. m_hit: any matches. m_index means nothing where none or several do. m_index and m_tag hold without s_valid.
 */

`resetall
`default_nettype none

module sa_cam_encode #(
  // Entries
  parameter SA_COUNT = 64,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT),
  // Width of the tag
  parameter TAG_WIDTH = 1
) (
  input  wire                   clk,
  input  wire                   rst,

  input  wire                   s_valid,
  input  wire [SA_COUNT-1:0]    s_match,
  input  wire [TAG_WIDTH-1:0]   s_tag,

  output wire                   m_valid,
  output wire                   m_hit,
  output wire [INDEX_WIDTH-1:0] m_index,
  output wire [TAG_WIDTH-1:0]   m_tag
);

reg                   m_valid_reg;
reg                   m_hit_reg;
reg [INDEX_WIDTH-1:0] m_index_reg;
reg [TAG_WIDTH-1:0]   m_tag_reg;

assign m_valid = m_valid_reg;
assign m_hit = m_hit_reg;
assign m_index = m_index_reg;
assign m_tag = m_tag_reg;

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

always @(posedge clk) begin
  m_valid_reg <= s_valid;
  if (s_valid) begin
    m_hit_reg <= |s_match;
    m_index_reg <= encode(s_match);
    m_tag_reg <= s_tag;
  end

  if (rst) m_valid_reg <= 1'b0;
end

endmodule

`resetall
