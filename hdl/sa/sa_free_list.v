// SPDX-License-Identifier: Apache-2.0
/*
 * Numbers of the free entries of the SA table, first freed, first used (which spreads the use of generations). Constant time.
 *
 * give adds index to the list; take removes free_index, which is the head two cycles after the last give or take. clear and rst empty
 * the list. Not more than SA_COUNT numbers may be in it, and take of an empty list is not allowed.
 */

`resetall
`default_nettype none

module sa_free_list #(
  // Entries
  parameter SA_COUNT = 64,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT)
) (
  input  wire                   clk,
  input  wire                   rst,

  input  wire                   clear,
  input  wire                   give,
  input  wire [INDEX_WIDTH-1:0] index,
  input  wire                   take,
  output wire [INDEX_WIDTH-1:0] free_index
);

localparam integer LAST_ENTRY_VALUE = SA_COUNT - 1;
localparam [INDEX_WIDTH-1:0] LAST_ENTRY = LAST_ENTRY_VALUE[INDEX_WIDTH-1:0];

reg [INDEX_WIDTH-1:0] mem [0:SA_COUNT-1];

reg [INDEX_WIDTH-1:0] read_ptr_reg;
reg [INDEX_WIDTH-1:0] write_ptr_reg;
reg [INDEX_WIDTH-1:0] free_index_reg;

assign free_index = free_index_reg;

always @(posedge clk) begin
  free_index_reg <= mem[read_ptr_reg];
  if (give) begin
    mem[write_ptr_reg] <= index;
    write_ptr_reg <= write_ptr_reg == LAST_ENTRY ? {INDEX_WIDTH{1'b0}} : write_ptr_reg + 1'b1;
  end
  if (take) read_ptr_reg <= read_ptr_reg == LAST_ENTRY ? {INDEX_WIDTH{1'b0}} : read_ptr_reg + 1'b1;
  if (clear || rst) begin
    read_ptr_reg <= {INDEX_WIDTH{1'b0}};
    write_ptr_reg <= {INDEX_WIDTH{1'b0}};
  end
end

endmodule

`resetall
