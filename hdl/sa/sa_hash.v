// SPDX-License-Identifier: Apache-2.0
/*
 * The search of sa_cam for up to 65,536 entries, in memory: finds the entry of {direction, SPI, IP version, destination digest}.
 *
 * Latency: 2 cycles, result_valid follows search_valid, as sa_cam. Throughput: one search per cycle, whatever is written.
 *
 * Two hash tables, both searched at once:
 *   exact  {direction, IP version, SPI, digest} -> entry number        the SAs with a destination
 *   group  {direction, IP version, SPI} -> {1, entry number}           an SA of any destination: it is alone in its group
 *                                       or {0, how many}               SAs with a destination
 * So SAs that differ in nothing but the destination spread over the exact table like any others, an SA of any destination is found for
 * each destination, and a search with search_any (the duplicate check of such an SA) hits where the group is not empty. What matches,
 * and what result_index is worth, is as in sa_cam.
 *
 * Capacity: SA_COUNT entries fill at most half of the buckets of either table (8 * 2**BUCKETS_LOG2 >= 2 * SA_COUNT). Keys that
 * the hash spreads find a place always, for all practical purposes (docs/architecture.md section 4); of keys made to collide as
 * many fit as two buckets and an overflow CAM hold, and for the next one prepare ends without room: never a wrong search.
 *
 * Writes, one at a time (busy: no write may start): to set entry write_index, prepare (one cycle), then without busy and with room
 * set_valid (one cycle); write_* must keep still in between. prepare moves entries but changes no result. clear_valid
 * removes entry write_index within 60 cycles (busy); until then it may still be found. clear_all makes all results misses from the
 * next cycle on, until all entries were swept: sweep high for write_index = 0 to SA_COUNT-1 in turn. So does rst.
 */

`resetall
`default_nettype none

module sa_hash #(
  // Entries, 257 to 65536
  parameter SA_COUNT = 1024,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT),
  // Width of the tag
  parameter TAG_WIDTH = 1,
  // log2 of the buckets of a bank; less than this makes a table that does not hold SA_COUNT entries
  parameter BUCKETS_LOG2 = $clog2(SA_COUNT) - 2,
  // Chooses the hash
  parameter [31:0] HASH_SEED = 32'h9e3779b9
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
  input  wire                   prepare,
  output wire                   busy,
  output wire                   room,
  input  wire                   set_valid,
  input  wire                   clear_valid,
  input  wire                   clear_all,
  input  wire                   sweep,
  input  wire [INDEX_WIDTH-1:0] write_index,
  input  wire                   write_inbound,
  input  wire                   write_ipv6,
  input  wire [31:0]            write_spi,
  input  wire [31:0]            write_digest,
  input  wire                   write_dst_any
);

localparam integer LAST_ENTRY_VALUE = SA_COUNT - 1;
localparam [INDEX_WIDTH-1:0] LAST_ENTRY = LAST_ENTRY_VALUE[INDEX_WIDTH-1:0];
// counts the entries of a group too
localparam NUMBER_WIDTH = INDEX_WIDTH + 1;

localparam [1:0] STATE_IDLE = 2'd0;
localparam [1:0] STATE_KEY = 2'd1;
localparam [1:0] STATE_PREPARE = 2'd2;
localparam [1:0] STATE_REMOVE = 2'd3;

reg [1:0]  state_reg;
reg        start_reg;
reg        removing_reg;
reg [66:0] key_reg;                    // {dst_any, inbound, ipv6, spi, digest} of the entry to set or to remove
reg [66:0] entry_key_reg;
reg [66:0] entry_key [0:SA_COUNT-1];

wire dst_any = key_reg[66];

/*
 * Tables
 */

wire                    exact_hit;
wire [INDEX_WIDTH-1:0]  exact_index;
wire                    exact_busy;
wire                    exact_room;
wire                    group_hit;
wire                    group_any;
/* verilator lint_off UNUSEDSIGNAL */ // an entry number has one bit less
wire [NUMBER_WIDTH-1:0] group_number;
/* verilator lint_on UNUSEDSIGNAL */
wire                    group_busy;
wire                    group_found;
wire                    group_room;
/* verilator lint_off UNUSEDSIGNAL */ // the kind of a group that changes is known
wire                    group_old_any;
/* verilator lint_on UNUSEDSIGNAL */
wire [NUMBER_WIDTH-1:0] group_old_number;

wire remove = state_reg == STATE_REMOVE;
wire commit = set_valid || remove;
wire group_stays = !dst_any && group_old_number != {{INDEX_WIDTH{1'b0}}, 1'b1};
wire [NUMBER_WIDTH-1:0] group_more = (group_found ? group_old_number : {NUMBER_WIDTH{1'b0}}) + 1'b1;
wire [NUMBER_WIDTH-1:0] group_fewer = group_old_number - 1'b1;

/* verilator lint_off PINCONNECTEMPTY */ // what it says of an SA with a destination follows from the duplicate check
sa_hash_table #(
  .KEY_WIDTH(66),
  .VALUE_WIDTH(INDEX_WIDTH),
  .BUCKETS_LOG2(BUCKETS_LOG2),
  .HASH_SEED(HASH_SEED)
) exact_inst (
  .clk(clk),
  .rst(rst),
  .search_valid(search_valid),
  .search_key({search_inbound, search_ipv6, search_spi, search_digest}),
  .result_hit(exact_hit),
  .result_value(exact_index),
  .prepare(start_reg && !dst_any),
  .key(key_reg[65:0]),
  .busy(exact_busy),
  .found(),
  .room(exact_room),
  .value(),
  .commit(commit && !dst_any),
  .commit_valid(!remove),
  .commit_value(write_index),
  .clear_all(clear_all),
  .clear_valid(sweep),
  .clear_bucket(write_index[BUCKETS_LOG2-1:0])
);
/* verilator lint_on PINCONNECTEMPTY */

sa_hash_table #(
  .KEY_WIDTH(34),
  .VALUE_WIDTH(1 + NUMBER_WIDTH),
  .BUCKETS_LOG2(BUCKETS_LOG2),
  .HASH_SEED(HASH_SEED)
) group_inst (
  .clk(clk),
  .rst(rst),
  .search_valid(search_valid),
  .search_key({search_inbound, search_ipv6, search_spi}),
  .result_hit(group_hit),
  .result_value({group_any, group_number}),
  .prepare(start_reg),
  .key(key_reg[65:32]),
  .busy(group_busy),
  .found(group_found),
  .room(group_room),
  .value({group_old_any, group_old_number}),
  .commit(commit),
  .commit_valid(!remove || group_stays),
  .commit_value(remove ? {1'b0, group_fewer} : dst_any ? {2'b10, write_index} : {1'b0, group_more}),
  .clear_all(clear_all),
  .clear_valid(sweep),
  .clear_bucket(write_index[BUCKETS_LOG2-1:0])
);

/*
 * Search
 */

reg                 hidden_reg;
reg                 valid_1_reg;
reg                 valid_2_reg;
reg                 any_1_reg;
reg                 any_2_reg;
reg [TAG_WIDTH-1:0] tag_1_reg;
reg [TAG_WIDTH-1:0] tag_2_reg;

assign result_valid = valid_2_reg;
assign result_hit = !hidden_reg && (exact_hit || (group_hit && (group_any || any_2_reg)));
assign result_index = exact_index | (group_hit && group_any ? group_number[INDEX_WIDTH-1:0] : {INDEX_WIDTH{1'b0}});
assign result_tag = tag_2_reg;

always @(posedge clk) begin
  valid_1_reg <= search_valid;
  valid_2_reg <= valid_1_reg;
  if (search_valid) begin
    any_1_reg <= search_any;
    tag_1_reg <= search_tag;
  end
  if (valid_1_reg) begin
    any_2_reg <= any_1_reg;
    tag_2_reg <= tag_1_reg;
  end
  if (sweep && write_index == LAST_ENTRY) hidden_reg <= 1'b0;
  if (clear_all || rst) hidden_reg <= 1'b1;

  if (rst) begin
    valid_1_reg <= 1'b0;
    valid_2_reg <= 1'b0;
  end
end

/*
 * Write
 */

assign busy = state_reg != STATE_IDLE;
assign room = group_room && (dst_any || exact_room);

always @(posedge clk) begin
  if (set_valid) entry_key[write_index] <= key_reg;
  if (clear_valid) entry_key_reg <= entry_key[write_index];
end

always @(posedge clk) begin
  start_reg <= 1'b0;

  case (state_reg)
    STATE_IDLE: begin
      removing_reg <= clear_valid;
      if (prepare) begin
        key_reg <= {write_dst_any, write_inbound, write_ipv6, write_spi, write_digest};
        start_reg <= 1'b1;
        state_reg <= STATE_PREPARE;
      end
      if (clear_valid) state_reg <= STATE_KEY;
    end

    STATE_KEY: begin
      key_reg <= entry_key_reg;
      start_reg <= 1'b1;
      state_reg <= STATE_PREPARE;
    end

    STATE_PREPARE: begin
      if (!start_reg && !exact_busy && !group_busy) state_reg <= removing_reg ? STATE_REMOVE : STATE_IDLE;
    end

    STATE_REMOVE: state_reg <= STATE_IDLE;
  endcase

  if (rst) begin
    state_reg <= STATE_IDLE;
    start_reg <= 1'b0;
  end
end

endmodule

`resetall
