// SPDX-License-Identifier: Apache-2.0
/*
 * Memory of one bank of sa_hash_table: buckets of WAYS entries, read whole, written by entry. For block RAM with two ports.
 *
 * search_data follows search_valid and search_bucket by one cycle, read_data follows read_valid and bucket; both keep still without a new
 * read. A read in the cycle of a write to the same entry gives the old contents. Undefined after power-up.
 */

`resetall
`default_nettype none

module sa_hash_bank #(
  // Bits of an entry
  parameter ENTRY_WIDTH = 84,
  // Entries of a bucket
  parameter WAYS = 4,
  // log2 of the buckets
  parameter BUCKETS_LOG2 = 8
) (
  input  wire                        clk,

  input  wire                        search_valid,
  input  wire [BUCKETS_LOG2-1:0]     search_bucket,
  output wire [WAYS*ENTRY_WIDTH-1:0] search_data,

  input  wire [BUCKETS_LOG2-1:0]     bucket,
  input  wire                        read_valid,
  output wire [WAYS*ENTRY_WIDTH-1:0] read_data,
  input  wire [WAYS-1:0]             write,
  input  wire [ENTRY_WIDTH-1:0]      write_data
);

reg [WAYS*ENTRY_WIDTH-1:0] mem [0:2**BUCKETS_LOG2-1];

reg [WAYS*ENTRY_WIDTH-1:0] search_data_reg;
reg [WAYS*ENTRY_WIDTH-1:0] read_data_reg;

assign search_data = search_data_reg;
assign read_data = read_data_reg;

integer w;

always @(posedge clk) begin
  if (search_valid) search_data_reg <= mem[search_bucket];
  if (read_valid) read_data_reg <= mem[bucket];
  if (write != {WAYS{1'b0}}) begin
    for (w = 0; w < WAYS; w = w + 1) begin
      if (write[w]) mem[bucket][w*ENTRY_WIDTH +: ENTRY_WIDTH] <= write_data;
    end
  end
end

endmodule

`resetall
