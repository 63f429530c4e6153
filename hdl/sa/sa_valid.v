// SPDX-License-Identifier: Apache-2.0
/*
 * Which entries of the SA table are valid: one bit for each, in a memory with three read ports, data one cycle after the index.
 *
 * set, clear (one of them per cycle, entry write_index) are seen by the reads of the next cycle. hide makes all entries
 * invalid from the next cycle on, until the last entry has been cleared: so does rst, after which the contents are undefined.
 */

`resetall
`default_nettype none

module sa_valid #(
  // Entries
  parameter SA_COUNT = 64,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT)
) (
  input  wire                   clk,
  input  wire                   rst,

  input  wire                   hide,
  input  wire                   set,
  input  wire                   clear,
  input  wire [INDEX_WIDTH-1:0] write_index,

  input  wire [INDEX_WIDTH-1:0] rx_index,
  output wire                   rx_valid,
  input  wire [INDEX_WIDTH-1:0] tx_index,
  output wire                   tx_valid,
  input  wire [INDEX_WIDTH-1:0] command_index,
  output wire                   command_valid
);

localparam integer LAST_ENTRY_VALUE = SA_COUNT - 1;
localparam [INDEX_WIDTH-1:0] LAST_ENTRY = LAST_ENTRY_VALUE[INDEX_WIDTH-1:0];

reg mem [0:SA_COUNT-1];

reg hidden_reg;
reg rx_valid_reg;
reg tx_valid_reg;
reg command_valid_reg;

assign rx_valid = rx_valid_reg && !hidden_reg;
assign tx_valid = tx_valid_reg && !hidden_reg;
assign command_valid = command_valid_reg && !hidden_reg;

always @(posedge clk) begin
  // a read in the cycle in which the last entry is cleared still sees its old bit
  rx_valid_reg <= mem[rx_index];
  tx_valid_reg <= mem[tx_index];
  command_valid_reg <= mem[command_index];
  if (hidden_reg) begin
    rx_valid_reg <= 1'b0;
    tx_valid_reg <= 1'b0;
    command_valid_reg <= 1'b0;
  end
  if (set || clear) mem[write_index] <= set;

  if (clear && write_index == LAST_ENTRY) hidden_reg <= 1'b0;
  if (hide || rst) hidden_reg <= 1'b1;
end

endmodule

`resetall
