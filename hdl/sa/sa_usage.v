// SPDX-License-Identifier: Apache-2.0
/*
 * What each SA of one direction has been used for, and whether a limit of it is reached: frames, octets, highest sequence number.
 *
 * State: `hard_reached`, `soft_reached`, `highest` belong to the entry whose index was on `index` two cycles before; one entry per cycle. A limit is reached
 * when the use so far is not below it; the frame that comes next is the first that finds it reached.
 * Use: with use_valid the entry of that state is written: one frame more (where use_count), use_octets more, `highest` raised to use_number.
 * Its handle is told once (event_valid, while event_ready), a cycle later: with the first use that finds a limit reached, or has use_near (its
 * number is near the end). Where the queue is full then, a later use tells it.
 * The state of an entry is right if `index` took its value in the cycle of the last use or later. Uses never come in
 * consecutive cycles.
 *
 * add stores the limits of entry add_index, {hard octets, hard packets, soft octets, soft packets}, 0 = none, one cycle later (add_limits keeps still until
 * then), and sets its use to 0 in the next cycle in which no use is written, at the latest two cycles later. The contents are undefined after power-up: each entry is added before it is used.
 * query, held with query_index until query_done, asks for the use of any entry: query_use = {highest, octets, packets} in the cycle of query_done. It takes
 * the read port in a cycle in which `index` did not change and nothing is written, so that the paths lose nothing and no copy of the memory is needed. Where a
 * use came in that cycle, the read is made again.
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
  input  wire                   query,
  input  wire [INDEX_WIDTH-1:0] query_index,
  output wire                   query_done,
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

// no_rw_check: what a block RAM gives for a word that is being written does not count, see fresh_reg; the limits are written before the entry is
// used
(* no_rw_check *) reg [USE_WIDTH-1:0] used [0:SA_COUNT-1];      // {told, highest, octets, packets}
(* no_rw_check *) reg [255:0] limit [0:SA_COUNT-1];

reg [INDEX_WIDTH-1:0] index_1_reg;
reg [INDEX_WIDTH-1:0] index_2_reg;
reg [USE_WIDTH-1:0] read_reg;
reg [255:0] read_limit_reg;
// the entry being read was used or written meanwhile
reg fresh_reg;
// what was read is for the query
reg query_read_reg;
reg [USE_WIDTH-1:0] state_reg;
reg [255:0] state_limit_reg;
// the use of the cycle before (write_reg) or of one before that
reg write_reg;
reg [INDEX_WIDTH-1:0] write_index_reg;
reg write_told_reg;
reg write_tells_reg;
reg [63:0] write_packets_reg;
reg [63:0] write_octets_reg;
reg [63:0] write_highest_reg;
reg [63:0] write_number_reg;
reg write_raise_reg;
reg add_reg;
// 0, no limit, is kept as one that nothing reaches
reg [3:0] no_limit_reg;
reg clear_reg;
reg [INDEX_WIDTH-1:0] clear_index_reg;

wire told = state_reg[192];
wire [63:0] packets = state_reg[63:0];
wire [63:0] octets = state_reg[127:64];

assign highest = state_reg[191:128];
assign soft_reached = packets >= state_limit_reg[63:0] || octets >= state_limit_reg[127:64];
assign hard_reached = packets >= state_limit_reg[191:128] || octets >= state_limit_reg[255:192];
assign event_valid = write_reg && write_tells_reg && !write_told_reg;

wire [USE_WIDTH-1:0] written = {
  write_told_reg || (event_valid && event_ready),
  write_raise_reg ? write_number_reg : write_highest_reg,
  write_octets_reg,
  write_packets_reg
};

// `index` has been read already in the cycle before: its state stays as it is
wire query_read = query && !query_read_reg && index == index_1_reg && !write_reg;

assign query_done = query_read_reg && !write_reg;
assign query_use = read_reg[191:0];

always @(posedge clk) begin
  index_1_reg <= index;
  index_2_reg <= index_1_reg;
  read_reg <= used[query_read ? query_index : index];
  read_limit_reg <= limit[index];
  query_read_reg <= query_read;
  fresh_reg <= (use_valid && index == index_2_reg) || (write_reg && index == write_index_reg);
  if (!query_read_reg || fresh_reg) state_reg <= fresh_reg ? written : read_reg;
  state_limit_reg <= read_limit_reg;

  // where the same entry is looked at in this cycle, it is told in the next one too
  if (event_valid && event_ready) write_told_reg <= 1'b1;
  write_reg <= use_valid;
  if (use_valid) begin
    write_index_reg <= index_2_reg;
    write_told_reg <= told;
    write_tells_reg <= soft_reached || hard_reached || use_near;
    write_packets_reg <= packets + {63'd0, use_count};
    write_octets_reg <= octets + (use_count ? {50'd0, use_octets} : 64'd0);
    write_highest_reg <= highest;
    write_number_reg <= use_number;
    write_raise_reg <= use_count && use_number > highest;
  end

  if (write_reg || clear_reg) used[write_reg ? write_index_reg : clear_index_reg] <= write_reg ? written : {USE_WIDTH{1'b0}};

  if (!write_reg) clear_reg <= 1'b0;
  add_reg <= add;
  no_limit_reg <= {add_limits[255:192] == 64'd0, add_limits[191:128] == 64'd0, add_limits[127:64] == 64'd0, add_limits[63:0] == 64'd0};
  if (add_reg) limit[clear_index_reg] <= add_limits | {{64{no_limit_reg[3]}}, {64{no_limit_reg[2]}}, {64{no_limit_reg[1]}}, {64{no_limit_reg[0]}}};
  if (add) begin
    clear_reg <= 1'b1;
    clear_index_reg <= add_index;
  end

  if (rst) begin
    write_reg <= 1'b0;
    clear_reg <= 1'b0;
    query_read_reg <= 1'b0;
  end
end

endmodule

`resetall
