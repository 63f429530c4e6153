// SPDX-License-Identifier: Apache-2.0
/*
 * Exact-match table: key to value, in two banks of buckets of four entries (one bucket of each bank is the key's own) and an
 * overflow CAM of OVERFLOW entries.
 *
 * Search: one per cycle, whatever else happens; result_hit and result_value two cycles after search_valid. Without a hit the value is 0.
 *
 * Commands, one at a time: prepare (one cycle, with key) looks for the key and, where it is not in the table, for a place for it. busy is
 * high from the next cycle on, for at most 60 cycles. Then, until the next prepare: found and value (the value stored, 0 without),
 * room (found, or there is a place). commit (one cycle, only with room and without busy) writes {commit_valid, key, commit_value} to that
 * place: insert, change or remove. A search sees it from the next cycle on.
 *
 * A place is a free entry in the emptier of the key's two buckets. If both are full, the first of their eight entries
 * whose other bucket has a free entry moves there; if none can, a free entry of the overflow CAM is taken. An entry
 * that moves is copied first and removed in the next cycle: a search finds it once or twice, with the same value.
 *
 * clear_all empties the overflow CAM, clear_valid the buckets clear_bucket of both banks (no command may run). All buckets must be
 * cleared once before the first use.
 */

`resetall
`default_nettype none

module sa_hash_table #(
  // Width of the key, at most 66
  parameter KEY_WIDTH = 66,
  // Width of the value
  parameter VALUE_WIDTH = 16,
  // log2 of the buckets of a bank; the banks hold 8 * 2**BUCKETS_LOG2 entries
  parameter BUCKETS_LOG2 = 8,
  // Entries of the overflow CAM, 16 to 256
  parameter OVERFLOW = 16,
  // Chooses the hash
  parameter [31:0] HASH_SEED = 32'h9e3779b9
) (
  input  wire                    clk,
  input  wire                    rst,

  /*
   * Search
   */
  input  wire                    search_valid,
  input  wire [KEY_WIDTH-1:0]    search_key,
  output wire                    result_hit,
  output wire [VALUE_WIDTH-1:0]  result_value,

  /*
   * Command
   */
  input  wire                    prepare,
  input  wire [KEY_WIDTH-1:0]    key,
  output wire                    busy,
  output wire                    found,
  output wire                    room,
  output wire [VALUE_WIDTH-1:0]  value,
  input  wire                    commit,
  input  wire                    commit_valid,
  input  wire [VALUE_WIDTH-1:0]  commit_value,

  /*
   * Clear
   */
  input  wire                    clear_all,
  input  wire                    clear_valid,
  input  wire [BUCKETS_LOG2-1:0] clear_bucket
);

localparam WAYS = 4;
localparam ENTRY_WIDTH = 1 + KEY_WIDTH + VALUE_WIDTH;  // {valid, key, value}
localparam BUCKET_WIDTH = WAYS*ENTRY_WIDTH;
localparam OVERFLOW_WIDTH = $clog2(OVERFLOW);
localparam CAM_KEY_WIDTH = 66;
localparam integer LAST_OVERFLOW_VALUE = OVERFLOW - 1;
localparam [OVERFLOW_WIDTH-1:0] LAST_OVERFLOW = LAST_OVERFLOW_VALUE[OVERFLOW_WIDTH-1:0];

localparam [3:0] STATE_IDLE = 4'd0;
localparam [3:0] STATE_HASH = 4'd1;
localparam [3:0] STATE_READ = 4'd2;
localparam [3:0] STATE_CHECK = 4'd3;
localparam [3:0] STATE_SCAN = 4'd4;
localparam [3:0] STATE_CHOOSE = 4'd5;
localparam [3:0] STATE_VICTIM = 4'd6;
localparam [3:0] STATE_VICTIM_HASH = 4'd7;
localparam [3:0] STATE_VICTIM_READ = 4'd8;
localparam [3:0] STATE_VICTIM_CHECK = 4'd9;
localparam [3:0] STATE_VICTIM_REMOVE = 4'd10;
localparam [3:0] STATE_READ_AGAIN = 4'd11;
localparam [3:0] STATE_OVERFLOW = 4'd12;

reg [3:0]                state_reg;
reg [KEY_WIDTH-1:0]      key_reg;
reg [BUCKETS_LOG2-1:0]   bucket_0_reg;       // of the key
reg [BUCKETS_LOG2-1:0]   bucket_1_reg;
reg                      found_reg;
reg                      room_reg;
reg [VALUE_WIDTH-1:0]    value_reg;

// the place
reg                      place_overflow_reg;
reg                      place_bank_reg;
reg [1:0]                place_way_reg;
reg [OVERFLOW_WIDTH-1:0] place_entry_reg;

// the entry that may move: which, and what
reg                      victim_bank_reg;
reg [1:0]                victim_way_reg;
reg [ENTRY_WIDTH-1:0]    victim_reg;
reg [BUCKETS_LOG2-1:0]   victim_bucket_reg;  // its other bucket, in the other bank

reg [OVERFLOW_WIDTH-1:0] scan_reg;

reg [KEY_WIDTH-1:0]      overflow_key [0:OVERFLOW-1];
reg [VALUE_WIDTH-1:0]    overflow_value [0:OVERFLOW-1];

wire [OVERFLOW-1:0] overflow_valid;

// a bucket as seen by the command: which entries are valid, and which holds the key
function [WAYS-1:0] valid_ways(input [BUCKET_WIDTH-1:0] data);
  integer k;
  for (k = 0; k < WAYS; k = k + 1) valid_ways[k] = data[k*ENTRY_WIDTH + ENTRY_WIDTH-1];
endfunction

function [WAYS-1:0] equal_ways(input [BUCKET_WIDTH-1:0] data, input [KEY_WIDTH-1:0] wanted);
  integer k;
  for (k = 0; k < WAYS; k = k + 1) begin
    equal_ways[k] = data[k*ENTRY_WIDTH + VALUE_WIDTH +: KEY_WIDTH + 1] == {1'b1, wanted};
  end
endfunction

// the lowest, 0 if there is none
function [1:0] first_way(input [WAYS-1:0] ways);
  first_way = ways[0] ? 2'd0 : ways[1] ? 2'd1 : ways[2] ? 2'd2 : {2{ways[3]}};
endfunction

function [2:0] count_ways(input [WAYS-1:0] ways);
  count_ways = {2'd0, ways[0]} + {2'd0, ways[1]} + {2'd0, ways[2]} + {2'd0, ways[3]};
endfunction

function [WAYS-1:0] one_way(input [1:0] way);
  one_way = {way == 2'd3, way == 2'd2, way == 2'd1, way == 2'd0};
endfunction

// values of the entries chosen: an OR, so that two copies of an entry give its value
function [VALUE_WIDTH-1:0] select_value(input [BUCKET_WIDTH-1:0] data, input [WAYS-1:0] ways);
  integer k;
  begin
    select_value = {VALUE_WIDTH{1'b0}};
    for (k = 0; k < WAYS; k = k + 1) begin
      if (ways[k]) select_value = select_value | data[k*ENTRY_WIDTH +: VALUE_WIDTH];
    end
  end
endfunction

function [OVERFLOW_WIDTH-1:0] first_free(input [OVERFLOW-1:0] used);
  integer k;
  begin
    first_free = {OVERFLOW_WIDTH{1'b0}};
    for (k = OVERFLOW - 1; k >= 0; k = k - 1) begin
      if (!used[k]) first_free = k[OVERFLOW_WIDTH-1:0];
    end
  end
endfunction

/*
 * Banks
 */

wire [BUCKETS_LOG2-1:0] search_bucket_0;
wire [BUCKETS_LOG2-1:0] search_bucket_1;
wire [BUCKET_WIDTH-1:0] search_data_0;
wire [BUCKET_WIDTH-1:0] search_data_1;
wire [BUCKETS_LOG2-1:0] hash_bucket_0;
wire [BUCKETS_LOG2-1:0] hash_bucket_1;
wire [BUCKET_WIDTH-1:0] data_0;
wire [BUCKET_WIDTH-1:0] data_1;

sa_hash_mix #(
  .KEY_WIDTH(KEY_WIDTH),
  .BUCKETS_LOG2(BUCKETS_LOG2),
  .HASH_SEED(HASH_SEED)
) search_mix_inst (
  .key(search_key),
  .bucket_0(search_bucket_0),
  .bucket_1(search_bucket_1)
);

sa_hash_mix #(
  .KEY_WIDTH(KEY_WIDTH),
  .BUCKETS_LOG2(BUCKETS_LOG2),
  .HASH_SEED(HASH_SEED)
) command_mix_inst (
  .key(state_reg == STATE_HASH ? key_reg : victim_reg[VALUE_WIDTH +: KEY_WIDTH]),
  .bucket_0(hash_bucket_0),
  .bucket_1(hash_bucket_1)
);

wire [BUCKET_WIDTH-1:0] victim_data = victim_bank_reg ? data_1 : data_0;
wire [BUCKET_WIDTH-1:0] other_data = victim_bank_reg ? data_0 : data_1;
wire [WAYS-1:0] used_0 = valid_ways(data_0);
wire [WAYS-1:0] used_1 = valid_ways(data_1);
wire [WAYS-1:0] other_used = valid_ways(other_data);
wire other_free = other_used != {WAYS{1'b1}};

wire read_both = state_reg == STATE_READ || state_reg == STATE_READ_AGAIN;
wire read_other = state_reg == STATE_VICTIM_READ;
wire copy = state_reg == STATE_VICTIM_CHECK && other_free;
wire remove = state_reg == STATE_VICTIM_REMOVE;
wire commit_bank = commit && !place_overflow_reg;

// the bucket of the command in each bank: that of the key, or that where the victim goes
wire use_victim_0 = victim_bank_reg && (read_other || copy);
wire use_victim_1 = !victim_bank_reg && (read_other || copy);
wire [BUCKETS_LOG2-1:0] access_bucket_0 = clear_valid ? clear_bucket : use_victim_0 ? victim_bucket_reg : bucket_0_reg;
wire [BUCKETS_LOG2-1:0] access_bucket_1 = clear_valid ? clear_bucket : use_victim_1 ? victim_bucket_reg : bucket_1_reg;

wire [WAYS-1:0] copy_way = copy ? one_way(first_way(~other_used)) : {WAYS{1'b0}};
wire [WAYS-1:0] remove_way = remove ? one_way(victim_way_reg) : {WAYS{1'b0}};
wire [WAYS-1:0] commit_way = commit_bank ? one_way(place_way_reg) : {WAYS{1'b0}};

wire [WAYS-1:0] write_0 = {WAYS{clear_valid}} | (victim_bank_reg ? copy_way : remove_way)
  | (place_bank_reg ? {WAYS{1'b0}} : commit_way);
wire [WAYS-1:0] write_1 = {WAYS{clear_valid}} | (victim_bank_reg ? remove_way : copy_way)
  | (place_bank_reg ? commit_way : {WAYS{1'b0}});
wire [ENTRY_WIDTH-1:0] write_data = commit_bank && commit_valid ? {1'b1, key_reg, commit_value}
  : copy ? victim_reg : {ENTRY_WIDTH{1'b0}};

sa_hash_bank #(
  .ENTRY_WIDTH(ENTRY_WIDTH),
  .WAYS(WAYS),
  .BUCKETS_LOG2(BUCKETS_LOG2)
) bank_0_inst (
  .clk(clk),
  .search_valid(search_valid),
  .search_bucket(search_bucket_0),
  .search_data(search_data_0),
  .bucket(access_bucket_0),
  .read_valid(read_both || (read_other && victim_bank_reg)),
  .read_data(data_0),
  .write(write_0),
  .write_data(write_data)
);

sa_hash_bank #(
  .ENTRY_WIDTH(ENTRY_WIDTH),
  .WAYS(WAYS),
  .BUCKETS_LOG2(BUCKETS_LOG2)
) bank_1_inst (
  .clk(clk),
  .search_valid(search_valid),
  .search_bucket(search_bucket_1),
  .search_data(search_data_1),
  .bucket(access_bucket_1),
  .read_valid(read_both || (read_other && !victim_bank_reg)),
  .read_data(data_1),
  .write(write_1),
  .write_data(write_data)
);

/*
 * Overflow
 */

wire                      cam_valid;
wire                      cam_hit;
wire [OVERFLOW_WIDTH-1:0] cam_index;

// a key below zeros
function [CAM_KEY_WIDTH-1:0] cam_key(input [KEY_WIDTH-1:0] bits);
  begin
    cam_key = {CAM_KEY_WIDTH{1'b0}};
    cam_key[KEY_WIDTH-1:0] = bits;
  end
endfunction

wire [CAM_KEY_WIDTH-1:0] cam_search_key = cam_key(search_key);
wire [CAM_KEY_WIDTH-1:0] cam_write_key = cam_key(key_reg);

/* verilator lint_off PINCONNECTEMPTY */ // no tag is needed
sa_cam #(
  .SA_COUNT(OVERFLOW),
  .INDEX_WIDTH(OVERFLOW_WIDTH),
  .TAG_WIDTH(1)
) overflow_inst (
  .clk(clk),
  .rst(rst),
  .search_valid(search_valid),
  .search_inbound(cam_search_key[65]),
  .search_ipv6(cam_search_key[64]),
  .search_spi(cam_search_key[63:32]),
  .search_digest(cam_search_key[31:0]),
  .search_any(1'b0),
  .search_tag(1'b0),
  .result_valid(cam_valid),
  .result_hit(cam_hit),
  .result_index(cam_index),
  .result_tag(),
  .set_valid(commit && place_overflow_reg && commit_valid),
  .clear_valid(commit && place_overflow_reg && !commit_valid),
  .clear_all(clear_all),
  .write_index(place_entry_reg),
  .write_inbound(cam_write_key[65]),
  .write_ipv6(cam_write_key[64]),
  .write_spi(cam_write_key[63:32]),
  .write_digest(cam_write_key[31:0]),
  .write_dst_any(1'b0),
  .entry_valid(overflow_valid)
);
/* verilator lint_on PINCONNECTEMPTY */

always @(posedge clk) begin
  if (commit && place_overflow_reg) begin
    overflow_key[place_entry_reg] <= key_reg;
    overflow_value[place_entry_reg] <= commit_value;
  end
end

/*
 * Search: read both buckets; compare; choose the value
 */

reg                     search_1_reg;
reg [KEY_WIDTH-1:0]     search_key_1_reg;
reg [WAYS-1:0]          match_0_reg;
reg [WAYS-1:0]          match_1_reg;
reg [BUCKET_WIDTH-1:0]  values_0_reg;  // only the values of it are used
reg [BUCKET_WIDTH-1:0]  values_1_reg;

wire cam_found = cam_valid && cam_hit;

assign result_hit = match_0_reg != {WAYS{1'b0}} || match_1_reg != {WAYS{1'b0}} || cam_found;
assign result_value = select_value(values_0_reg, match_0_reg) | select_value(values_1_reg, match_1_reg)
  | (cam_found ? overflow_value[cam_index] : {VALUE_WIDTH{1'b0}});

always @(posedge clk) begin
  search_1_reg <= search_valid;
  if (search_valid) search_key_1_reg <= search_key;
  if (search_1_reg) begin
    match_0_reg <= equal_ways(search_data_0, search_key_1_reg);
    match_1_reg <= equal_ways(search_data_1, search_key_1_reg);
    values_0_reg <= search_data_0;
    values_1_reg <= search_data_1;
  end
  if (rst) search_1_reg <= 1'b0;
end

/*
 * Command
 */

wire [WAYS-1:0] equal_0 = equal_ways(data_0, key_reg);
wire [WAYS-1:0] equal_1 = equal_ways(data_1, key_reg);
wire last_victim = victim_bank_reg && victim_way_reg == 2'd3;

assign busy = state_reg != STATE_IDLE;
assign found = found_reg;
assign room = room_reg;
assign value = value_reg;

always @(posedge clk) begin
  case (state_reg)
    STATE_HASH: begin
      bucket_0_reg <= hash_bucket_0;
      bucket_1_reg <= hash_bucket_1;
      state_reg <= STATE_READ;
    end

    STATE_READ: state_reg <= STATE_CHECK;

    STATE_CHECK: begin
      value_reg <= select_value(data_0, equal_0) | select_value(data_1, equal_1);
      place_bank_reg <= equal_1 != {WAYS{1'b0}};
      place_way_reg <= first_way(equal_0 | equal_1);
      scan_reg <= {OVERFLOW_WIDTH{1'b0}};
      if (equal_0 != {WAYS{1'b0}} || equal_1 != {WAYS{1'b0}}) begin
        found_reg <= 1'b1;
        room_reg <= 1'b1;
        state_reg <= STATE_IDLE;
      end else begin
        state_reg <= overflow_valid != {OVERFLOW{1'b0}} ? STATE_SCAN : STATE_CHOOSE;
      end
    end

    // is the key in the overflow CAM: one entry per cycle, as its search belongs to the frames
    STATE_SCAN: begin
      scan_reg <= scan_reg + 1'b1;
      if (overflow_valid[scan_reg] && overflow_key[scan_reg] == key_reg) begin
        found_reg <= 1'b1;
        room_reg <= 1'b1;
        value_reg <= overflow_value[scan_reg];
        place_overflow_reg <= 1'b1;
        place_entry_reg <= scan_reg;
        state_reg <= STATE_IDLE;
      end else if (scan_reg == LAST_OVERFLOW) begin
        state_reg <= STATE_CHOOSE;
      end
    end

    STATE_CHOOSE: begin
      victim_bank_reg <= 1'b0;
      victim_way_reg <= 2'd0;
      if (used_0 != {WAYS{1'b1}} || used_1 != {WAYS{1'b1}}) begin
        room_reg <= 1'b1;
        place_bank_reg <= count_ways(used_1) < count_ways(used_0);
        place_way_reg <= count_ways(used_1) < count_ways(used_0) ? first_way(~used_1) : first_way(~used_0);
        state_reg <= STATE_IDLE;
      end else begin
        state_reg <= STATE_VICTIM;
      end
    end

    STATE_VICTIM: begin
      case (victim_way_reg)
        2'd0: victim_reg <= victim_data[0*ENTRY_WIDTH +: ENTRY_WIDTH];
        2'd1: victim_reg <= victim_data[1*ENTRY_WIDTH +: ENTRY_WIDTH];
        2'd2: victim_reg <= victim_data[2*ENTRY_WIDTH +: ENTRY_WIDTH];
        2'd3: victim_reg <= victim_data[3*ENTRY_WIDTH +: ENTRY_WIDTH];
      endcase
      state_reg <= STATE_VICTIM_HASH;
    end

    STATE_VICTIM_HASH: begin
      victim_bucket_reg <= victim_bank_reg ? hash_bucket_0 : hash_bucket_1;
      state_reg <= STATE_VICTIM_READ;
    end

    STATE_VICTIM_READ: state_reg <= STATE_VICTIM_CHECK;

    STATE_VICTIM_CHECK: begin
      place_bank_reg <= victim_bank_reg;
      place_way_reg <= victim_way_reg;
      if (other_free) begin
        state_reg <= STATE_VICTIM_REMOVE;
      end else begin
        {victim_bank_reg, victim_way_reg} <= {victim_bank_reg, victim_way_reg} + 3'd1;
        // the bucket of the key in bank 1 was overwritten by the other buckets of the first four
        state_reg <= last_victim ? STATE_OVERFLOW : !victim_bank_reg && victim_way_reg == 2'd3 ? STATE_READ_AGAIN : STATE_VICTIM;
      end
    end

    STATE_VICTIM_REMOVE: begin
      room_reg <= 1'b1;
      state_reg <= STATE_IDLE;
    end

    STATE_READ_AGAIN: state_reg <= STATE_VICTIM;

    STATE_OVERFLOW: begin
      room_reg <= overflow_valid != {OVERFLOW{1'b1}};
      place_overflow_reg <= 1'b1;
      place_entry_reg <= first_free(overflow_valid);
      state_reg <= STATE_IDLE;
    end

    default: begin
      if (prepare) begin
        key_reg <= key;
        found_reg <= 1'b0;
        room_reg <= 1'b0;
        place_overflow_reg <= 1'b0;
        state_reg <= STATE_HASH;
      end
    end
  endcase

  if (rst) state_reg <= STATE_IDLE;
end

endmodule

`resetall
