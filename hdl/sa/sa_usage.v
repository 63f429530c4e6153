// SPDX-License-Identifier: Apache-2.0
/*
 * What each SA of one direction has been used for, and whether a limit of it is reached: frames, octets, highest sequence number.
 *
 * State: `hard_reached`, `soft_reached`, `highest` belong to the entry whose index was on `index` two cycles before; one entry per cycle. A limit is reached
 * when the use so far is not below it; the frame that comes next is the first that finds it reached.
 * Use: with use_valid the entry of that state is written: one frame more (where use_count), use_octets more, `highest` raised to use_number.
 * Its handle is then told once (event_valid, while event_ready): with the first use that finds a limit reached, or has use_near (its
 * number is near the end). Where the queue is full then, a later use tells it.
 * The state of an entry is right if `index` took its value in the cycle of the last use or later. Uses never come in
 * consecutive cycles.
 *
 * add stores the limits of entry add_index, {hard octets, hard packets, soft octets, soft packets}, 0 = none, and sets its use to 0 in the next
 * cycle without a use, at the latest two cycles later. The contents are undefined after power-up: each entry is added before it is used.
 * query_use = {highest, octets, packets} one cycle after query_index.
 */

`resetall
`default_nettype none

module sa_usage #(
  // Entries
  parameter SA_COUNT = 64,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT)
) (
  input  wire                   clk,
  input  wire                   rst,

  /*
   * Command
   */
  input  wire                   add,
  input  wire [INDEX_WIDTH-1:0] add_index,
  input  wire [255:0]           add_limits,
  input  wire [INDEX_WIDTH-1:0] query_index,
  output wire [191:0]           query_use,

  /*
   * State of an entry
   */
  input  wire [INDEX_WIDTH-1:0] index,
  output wire                   hard_reached,
  output wire                   soft_reached,
  output wire [63:0]            highest,

  /*
   * Use of this entry
   */
  input  wire                   use_valid,
  input  wire                   use_count,
  input  wire [13:0]            use_octets,
  input  wire [63:0]            use_number,
  input  wire                   use_near,

  output wire                   event_valid,
  input  wire                   event_ready
);

localparam USE_WIDTH = 193;
localparam [63:0] NO_LIMIT = {64{1'b1}};

// no_rw_check: what a block RAM gives for a word that is being written does not count, see fresh_reg and query_fresh_reg; the limits are
// written before the entry is used
(* no_rw_check *) reg [USE_WIDTH-1:0] used [0:SA_COUNT-1];      // {told, highest, octets, packets}
(* no_rw_check *) reg [255:0] limit [0:SA_COUNT-1];

reg [INDEX_WIDTH-1:0] index_1_reg;
reg [INDEX_WIDTH-1:0] index_2_reg;
reg [USE_WIDTH-1:0] read_reg;
reg [255:0] read_limit_reg;
// the entry being read was written meanwhile
reg fresh_reg;
reg [USE_WIDTH-1:0] written_reg;
reg [USE_WIDTH-1:0] state_reg;
reg [255:0] state_limit_reg;
reg [USE_WIDTH-2:0] query_reg;
// the entry queried was written meanwhile
reg query_fresh_reg;
reg clear_reg;
reg [INDEX_WIDTH-1:0] clear_index_reg;

// 0, no limit, is kept as one that nothing reaches
function [63:0] unlimited(input [63:0] value);
  begin
    unlimited = value == 64'd0 ? NO_LIMIT : value;
  end
endfunction

wire told = state_reg[192];
wire [63:0] packets = state_reg[63:0];
wire [63:0] octets = state_reg[127:64];

assign highest = state_reg[191:128];
assign soft_reached = packets >= state_limit_reg[63:0] || octets >= state_limit_reg[127:64];
assign hard_reached = packets >= state_limit_reg[191:128] || octets >= state_limit_reg[255:192];
assign event_valid = use_valid && !told && (soft_reached || hard_reached || use_near);
assign query_use = query_fresh_reg ? written_reg[USE_WIDTH-2:0] : query_reg;

wire [USE_WIDTH-1:0] next_use = {
  told || (event_valid && event_ready),
  use_count && use_number > highest ? use_number : highest,
  use_count ? octets + {50'd0, use_octets} : octets,
  use_count ? packets + 64'd1 : packets
};

wire write = use_valid || clear_reg;

always @(posedge clk) begin
  index_1_reg <= index;
  index_2_reg <= index_1_reg;
  read_reg <= used[index];
  read_limit_reg <= limit[index];
  fresh_reg <= use_valid && index == index_2_reg;
  written_reg <= next_use;
  state_reg <= fresh_reg ? written_reg : read_reg;
  state_limit_reg <= read_limit_reg;
  query_reg <= used[query_index][USE_WIDTH-2:0];
  query_fresh_reg <= use_valid && query_index == index_2_reg;

  if (write) used[use_valid ? index_2_reg : clear_index_reg] <= use_valid ? next_use : {USE_WIDTH{1'b0}};

  if (!use_valid) clear_reg <= 1'b0;
  if (add) begin
    limit[add_index] <= {unlimited(add_limits[255:192]), unlimited(add_limits[191:128]), unlimited(add_limits[127:64]), unlimited(add_limits[63:0])};
    clear_reg <= 1'b1;
    clear_index_reg <= add_index;
  end

  if (rst) clear_reg <= 1'b0;
end

endmodule

`resetall
