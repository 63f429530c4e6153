// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Runs lists of operations on sa_hash and searches it in every cycle, whatever the operation does.
 *
 * `start` (rising) runs the first `count` operations of `operations`, then `done` is 1 until `start` is 0. Operation k is in [88*k +: 88]:
 *
 *   [31:0] digest  [63:32] SPI  [79:64] entry number  [80] IPv6  [81] inbound  [82] any destination  [83] a hit is expected
 *   [87:84] 1 add (results[k]: there was room), 2 delete, 3 search (compared with the hit and the entry number expected), 4 clear all
 *
 * All other searches are for what an entry chosen at random holds or last held, each second one with one bit flipped; while an entry
 * moves, for that entry. A copy of the
 * entries, kept here by number, judges each result: an entry that is in the table must be found under its number, an
 * entry that is not must not be found, and a hit must be an entry that matches. `errors` counts what was wrong.
 */
module sa_hash_bench #(
    // entries, a power of two
    parameter SA_COUNT = 1024,
    // log2 of the buckets of a bank
    parameter BUCKETS_LOG2 = $clog2(SA_COUNT) - 2,
    // chooses the hash
    parameter [31:0] HASH_SEED = 32'h9e3779b9,
    // operations in a list
    parameter BATCH = 64
) (
    input  wire                     rst,
    input  wire                     start,
    input  wire [$clog2(BATCH):0]   count,
    input  wire [88*BATCH-1:0]      operations,

    output reg                      done,
    output reg  [BATCH-1:0]         results,
    output reg  [31:0]              errors,
    // what was met, so that a test can tell that it tested something
    output reg  [31:0]              searches,
    output reg  [31:0]              hits,
    // entries that moved, searches that found two copies of an entry, most entries in the overflow CAMs, cycles of the longest write
    output reg  [31:0]              moves,
    output reg  [31:0]              double_hits,
    output reg  [31:0]              most_overflow,
    output reg  [31:0]              longest
);

localparam INDEX_WIDTH = $clog2(SA_COUNT);
localparam integer LAST_ENTRY_VALUE = SA_COUNT - 1;
localparam [INDEX_WIDTH-1:0] LAST_ENTRY = LAST_ENTRY_VALUE[INDEX_WIDTH-1:0];
localparam OPERATION_WIDTH = 88;

localparam [3:0] ADD = 4'd1;
localparam [3:0] DELETE = 4'd2;
localparam [3:0] SEARCH = 4'd3;
localparam [3:0] CLEAR = 4'd4;

// of the copy
localparam [1:0] GONE = 2'd0;
localparam [1:0] THERE = 2'd1;
localparam [1:0] LEAVING = 2'd2;

localparam [3:0] STATE_IDLE = 4'd0;
localparam [3:0] STATE_NEXT = 4'd1;
localparam [3:0] STATE_DO = 4'd2;
localparam [3:0] STATE_PREPARED = 4'd3;
localparam [3:0] STATE_LEAVING = 4'd4;
localparam [3:0] STATE_SWEEP = 4'd5;
localparam [3:0] STATE_WAIT = 4'd6;

reg clk = 1'b0;
always #5 clk = !clk;

/*
 * The operation
 */
reg [3:0] state_reg = STATE_IDLE;
reg [$clog2(BATCH):0] number_reg = 0;
/* verilator lint_off UNUSEDSIGNAL */ // an entry number may have less than 16 bits
reg [OPERATION_WIDTH-1:0] operation_reg = 0;
/* verilator lint_on UNUSEDSIGNAL */
reg [31:0] age_reg = 0;
reg [1:0] wait_reg = 0;
reg [INDEX_WIDTH-1:0] sweep_reg = 0;

wire [3:0] opcode = operation_reg[87:84];
wire [INDEX_WIDTH-1:0] operation_index = operation_reg[64 +: INDEX_WIDTH];
// of the operation: number_reg is already that of the next one
wire [$clog2(BATCH)-1:0] last_number = number_reg[$clog2(BATCH)-1:0] - 1'b1;
wire doing = state_reg == STATE_DO;
wire busy;
wire room;
wire prepare = doing && opcode == ADD;
wire prepared = state_reg == STATE_PREPARED && !busy;
wire set_valid = prepared && room;
wire clear_valid = doing && opcode == DELETE;
wire clear_all = doing && opcode == CLEAR;
wire own_search = doing && opcode == SEARCH;
wire sweep = state_reg == STATE_SWEEP;

/*
 * The copy: {any, inbound, ipv6, spi, digest}
 */
reg [66:0] copy_key [0:SA_COUNT-1];
reg [1:0] copy_state [0:SA_COUNT-1];
reg [INDEX_WIDTH-1:0] gone_reg = 0;

integer i;
integer k;
integer n;
initial begin
    for (n = 0; n < SA_COUNT; n = n + 1) begin
        copy_key[n] = 67'd0;
        copy_state[n] = GONE;
    end
end

/*
 * The search of this cycle
 */
reg [31:0] random_reg = 32'h2545f491;
reg [31:0] random_2_reg = 32'h6c078965;
// an entry that is about to move, or moves, or has just moved: of the exact table, or one of any destination (states 6 to 10)
wire exact_moves = hash_inst.exact_inst.state_reg >= 4'd6 && hash_inst.exact_inst.state_reg <= 4'd10;
wire group_moves = hash_inst.group_inst.state_reg >= 4'd6 && hash_inst.group_inst.state_reg <= 4'd10
    && hash_inst.group_inst.victim_reg[INDEX_WIDTH+1];
reg watch_exact_reg = 1'b0;
reg watch_group_reg = 1'b0;
wire watch = watch_exact_reg || watch_group_reg;
wire [INDEX_WIDTH-1:0] random_index = watch_exact_reg ? hash_inst.exact_inst.victim_reg[INDEX_WIDTH-1:0]
    : watch_group_reg ? hash_inst.group_inst.victim_reg[INDEX_WIDTH-1:0] : random_reg[INDEX_WIDTH-1:0];
wire [66:0] random_key = copy_key[random_index];
wire flip = random_2_reg[0] && !watch;
wire [65:0] flipped = flip ? 66'd1 << random_2_reg[7:1] % 66 : 66'd0;
// any destination: with a digest of the moment
wire [65:0] search_key = own_search ? {operation_reg[81], operation_reg[80], operation_reg[63:0]}
    : {random_key[65:32], random_key[66] ? random_2_reg : random_key[31:0]} ^ flipped;

wire result_valid;
wire result_hit;
wire [INDEX_WIDTH-1:0] result_index;
wire result_tag;

sa_hash #(
    .SA_COUNT(SA_COUNT),
    .INDEX_WIDTH(INDEX_WIDTH),
    .TAG_WIDTH(1),
    .BUCKETS_LOG2(BUCKETS_LOG2),
    .HASH_SEED(HASH_SEED)
) hash_inst (
    .clk(clk),
    .rst(rst),
    .search_valid(!rst),
    .search_inbound(search_key[65]),
    .search_ipv6(search_key[64]),
    .search_spi(search_key[63:32]),
    .search_digest(search_key[31:0]),
    .search_any(own_search && operation_reg[82]),
    .search_tag(own_search),
    .result_valid(result_valid),
    .result_hit(result_hit),
    .result_index(result_index),
    .result_tag(result_tag),
    .prepare(prepare),
    .busy(busy),
    .room(room),
    .set_valid(set_valid),
    .clear_valid(clear_valid),
    .clear_all(clear_all),
    .sweep(sweep),
    .write_index(sweep ? sweep_reg : operation_index),
    .write_inbound(operation_reg[81]),
    .write_ipv6(operation_reg[80]),
    .write_spi(operation_reg[63:32]),
    .write_digest(operation_reg[31:0]),
    .write_dst_any(operation_reg[82])
);

/*
 * What is expected of it, two cycles later
 */
reg [1:0] valid_reg = 0;
reg [65:0] key_1_reg = 0;
reg [65:0] key_2_reg = 0;
reg [INDEX_WIDTH-1:0] index_1_reg = 0;
reg [INDEX_WIDTH-1:0] index_2_reg = 0;
// of the entry chosen: in the table and asked for; or neither there nor leaving
reg must_1_reg = 0;
reg must_2_reg = 0;
reg absent_1_reg = 0;
reg absent_2_reg = 0;
reg own_1_reg = 0;
reg own_2_reg = 0;
reg [INDEX_WIDTH+1:0] expected_1_reg = 0;  // {any, hit, index}
reg [INDEX_WIDTH+1:0] expected_2_reg = 0;
wire expected_any = expected_2_reg[INDEX_WIDTH+1];
wire expected_hit = expected_2_reg[INDEX_WIDTH];
wire [INDEX_WIDTH-1:0] expected_index = expected_2_reg[INDEX_WIDTH-1:0];

wire [66:0] found_key = copy_key[result_index];
wire found_matches = found_key[65:32] == key_2_reg[65:32] && (found_key[66] || found_key[31:0] == key_2_reg[31:0])
    && (copy_state[result_index] != GONE || result_index == gone_reg);
wire must_find = must_2_reg && !(result_hit && result_index == index_2_reg);
wire must_not_find = absent_2_reg && result_hit && result_index == index_2_reg;
wire no_match = result_hit && !found_matches;
wire own_wrong = result_hit != expected_hit || (result_hit && !expected_any && result_index != expected_index);
wire wrong = own_2_reg ? own_wrong : must_find || must_not_find || no_match;

reg [31:0] overflow_count;
always @* begin
    overflow_count = 0;
    for (i = 0; i < 16; i = i + 1) begin
        overflow_count = overflow_count + {31'd0, hash_inst.exact_inst.overflow_valid[i]} + {31'd0, hash_inst.group_inst.overflow_valid[i]};
    end
end

always @(posedge clk) begin
    random_reg <= ((random_reg ^ (random_reg << 13)) ^ ((random_reg ^ (random_reg << 13)) >> 17)) * 32'd5 + 32'd1;
    random_2_reg <= random_2_reg * 32'd1664525 + {random_reg[15:0], 16'h3c6f};

    watch_exact_reg <= exact_moves && !rst;
    watch_group_reg <= group_moves && !rst;
    valid_reg <= {valid_reg[0], !rst};
    key_1_reg <= search_key;
    key_2_reg <= key_1_reg;
    index_1_reg <= random_index;
    index_2_reg <= index_1_reg;
    // clear_all also hides the results of searches under way
    must_1_reg <= copy_state[random_index] == THERE && !flip && !clear_all;
    must_2_reg <= must_1_reg && !clear_all;
    absent_1_reg <= copy_state[random_index] == GONE;
    absent_2_reg <= absent_1_reg;
    own_1_reg <= own_search;
    own_2_reg <= own_1_reg;
    expected_1_reg <= {operation_reg[82], operation_reg[83], operation_index};
    expected_2_reg <= expected_1_reg;

    if (result_valid != valid_reg[1] || (valid_reg[1] && (result_tag != own_2_reg || wrong))) begin
        errors <= errors + 1;
        if (errors < 5) begin
            $display("sa_hash_bench: key %h hit %b index %0d: must find %b (%0d), must not %b, no match %b, own %b wrong %b",
                key_2_reg, result_hit, result_index, must_find, index_2_reg, must_not_find, no_match, own_2_reg, own_wrong);
        end
    end
    if (valid_reg[1]) begin
        searches <= searches + 1;
        if (result_hit) hits <= hits + 1;
        if ((hash_inst.exact_inst.match_0_reg != 0 && hash_inst.exact_inst.match_1_reg != 0)
            || (hash_inst.group_inst.match_0_reg != 0 && hash_inst.group_inst.match_1_reg != 0)) begin
            double_hits <= double_hits + 1;
        end
    end
    if (hash_inst.exact_inst.remove || hash_inst.group_inst.remove) moves <= moves + 1;
    if (overflow_count > most_overflow) most_overflow <= overflow_count;

    if (rst) begin
        errors <= 0;
        searches <= 0;
        hits <= 0;
        moves <= 0;
        double_hits <= 0;
        most_overflow <= 0;
    end
end

/*
 * Operations in turn
 */
always @(posedge clk) begin
    age_reg <= age_reg + 1;
    case (state_reg)
        STATE_IDLE: begin
            number_reg <= 0;
            if (start && !done) begin
                state_reg <= STATE_NEXT;
            end
            if (!start) begin
                done <= 1'b0;
            end
        end

        STATE_NEXT: begin
            operation_reg <= operations[OPERATION_WIDTH*number_reg +: OPERATION_WIDTH];
            number_reg <= number_reg + 1'b1;
            age_reg <= 0;
            wait_reg <= 0;
            sweep_reg <= 0;
            state_reg <= STATE_DO;
            if (number_reg == count) begin
                done <= 1'b1;
                state_reg <= STATE_IDLE;
            end
        end

        STATE_DO: begin
            case (opcode)
                ADD: state_reg <= STATE_PREPARED;
                DELETE: begin
                    copy_state[operation_index] <= LEAVING;
                    state_reg <= STATE_LEAVING;
                end
                CLEAR: begin
                    for (k = 0; k < SA_COUNT; k = k + 1) begin
                        copy_state[k] <= GONE;
                    end
                    state_reg <= STATE_SWEEP;
                end
                default: state_reg <= STATE_NEXT;
            endcase
        end

        STATE_PREPARED: begin
            if (prepared) begin
                results[last_number] <= room;
                if (room) begin
                    copy_key[operation_index] <= {operation_reg[82], operation_reg[81], operation_reg[80], operation_reg[63:0]};
                    copy_state[operation_index] <= THERE;
                end
                if (age_reg > longest) begin
                    longest <= age_reg;
                end
                state_reg <= STATE_NEXT;
            end
        end

        STATE_LEAVING: begin
            if (!busy) begin
                copy_state[operation_index] <= GONE;
                gone_reg <= operation_index;
                if (age_reg > longest) begin
                    longest <= age_reg;
                end
                state_reg <= STATE_WAIT;
            end
        end

        STATE_SWEEP: begin
            sweep_reg <= sweep_reg + 1'b1;
            if (sweep_reg == LAST_ENTRY) begin
                state_reg <= STATE_WAIT;
            end
        end

        // until no result of a search before the end of the operation comes any more
        default: begin
            wait_reg <= wait_reg + 1'b1;
            if (&wait_reg) begin
                state_reg <= STATE_NEXT;
            end
        end
    endcase

    if (rst) begin
        state_reg <= STATE_IDLE;
        done <= 1'b0;
        results <= 0;
        longest <= 0;
    end
end

endmodule

`resetall
