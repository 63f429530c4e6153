// SPDX-License-Identifier: Apache-2.0
/*
 * sa_usage: the state that a use is decided by is that of all uses of its SA before. So where a use is let through only with a number above `highest` (rule T7,
 * IV_FROM_SEQUENCE), no number is used twice; and hard_reached holds from the use that reaches a limit on, whatever is used. Any one entry is followed.
 */
`default_nettype none

module sa_usage_proof #(
    parameter SA_COUNT = 4,
    parameter INDEX_WIDTH = $clog2(SA_COUNT)
) (
    input wire                   clk,
    input wire                   rst,
    input wire                   add,
    input wire [INDEX_WIDTH-1:0] add_index,
    input wire [255:0]           add_limits,
    input wire                   query,
    input wire [INDEX_WIDTH-1:0] query_index,
    input wire [INDEX_WIDTH-1:0] index,
    input wire                   use_valid,
    input wire                   use_count,
    input wire [13:0]            use_octets,
    input wire [63:0]            use_number,
    input wire                   use_near,
    input wire                   event_ready
);

wire query_done;
wire [191:0] query_use;
wire hard_reached;
wire soft_reached;
wire [63:0] highest;
wire event_valid;

sa_usage #(.SA_COUNT(SA_COUNT)) dut (.*);

reg past_valid = 1'b0;
wire [INDEX_WIDTH-1:0] entry;
wire [63:0] number;

any_constant #(.WIDTH(INDEX_WIDTH)) entry_inst (.value(entry), .*);
any_constant #(.WIDTH(64)) number_inst (.value(number), .*);

// the SA in the entry, from its ADD_SA on
reg added_reg;
// cycles since then, up to 7
reg [2:0] age_reg;
reg [63:0] packets_reg;
reg [63:0] octets_reg;
reg [63:0] highest_reg;
reg told_reg;
reg [63:0] hard_packets_reg;
reg [63:0] hard_octets_reg;
// the number has been used
reg used_reg;

wire of_entry = use_valid && dut.index_2_reg == entry;
wire settled = added_reg && age_reg == 7;
// a use in the cycle before
reg past_use_reg;
wire add_here = add && add_index == entry;
// a use that is written in this cycle
wire writes = dut.write_reg && dut.write_index_reg == entry;
// its handle is taken in this cycle
wire told_now = writes && event_valid && event_ready;
wire [192:0] state = {told_reg || told_now, highest_reg, octets_reg, packets_reg};

function automatic [63:0] unlimited(input [63:0] limit);
    unlimited = limit == 0 ? 64'hffffffffffffffff : limit;
endfunction

always @(posedge clk) begin
    past_valid <= 1'b1;
    past_use_reg <= use_valid && !rst;
    if (add_here) begin
        added_reg <= 1'b1;
        age_reg <= 0;
        {told_reg, packets_reg, octets_reg, highest_reg, used_reg} <= 0;
        hard_packets_reg <= unlimited(add_limits[191:128]);
        hard_octets_reg <= unlimited(add_limits[255:192]);
    end else if (age_reg != 7) begin
        age_reg <= age_reg + 1'b1;
    end
    if (of_entry) begin
        if (use_count) begin
            packets_reg <= packets_reg + 1'b1;
            octets_reg <= octets_reg + use_octets;
            if (use_number > highest_reg) highest_reg <= use_number;
            if (use_number == number) used_reg <= 1'b1;
        end
    end
    if (told_now && !add_here) told_reg <= 1'b1;
    if (rst) added_reg <= 1'b0;

    if (!past_valid) assume (rst);
    // what sa_usage asks for: uses never in consecutive cycles, no second add within some cycles, none used before it was added
    assume (!(use_valid && past_use_reg));
    assume (!(add && dut.clear_reg) && !(add_here && added_reg && age_reg != 7));
    assume (!of_entry || (settled && !add_here));
    if (past_valid && $past(add)) assume (add_limits == $past(add_limits));
    if (past_valid && $past(query && !query_done && !rst)) assume (query && query_index == $past(query_index));

    if (past_valid && !rst) begin
        if (of_entry) begin
            highest_of_all_before: assert (highest == highest_reg);
            hard_limit_seen: assert (hard_reached == (packets_reg >= hard_packets_reg || octets_reg >= hard_octets_reg));
            // rule T7: the frame goes only where its number is above
            never_twice: assert (!(use_number > highest && use_number == number) || !used_reg);
        end
        told_once: assert (!(told_reg && writes && event_valid));

        // what these rest on
        number_is_below: assert (!(settled && used_reg) || number <= highest_reg);
        use_is_written: assert (dut.write_reg == past_use_reg && (!writes || (settled && dut.written == state)));
        stored: assert (!settled || ((writes ? dut.written : dut.used[entry]) == state));
        pending_clear: assert (!(added_reg && !settled) || (dut.clear_reg && dut.clear_index_reg == entry)
            || age_reg != 0 && dut.used[entry] == 0);
        cleared_in_time: assert (!(dut.clear_reg && dut.clear_index_reg == entry && added_reg) || age_reg == 0 || (age_reg == 1 && !dut.write_reg));
        limits_stored: assert (!added_reg || (age_reg == 0 ? dut.add_reg && dut.clear_index_reg == entry
            && (add_limits[255:128] | {{64{dut.no_limit_reg[3]}}, {64{dut.no_limit_reg[2]}}}) == {hard_octets_reg, hard_packets_reg}
            : dut.limit[entry][255:128] == {hard_octets_reg, hard_packets_reg}));
        limits_stored_once: assert (!(dut.add_reg && dut.clear_index_reg == entry && added_reg) || age_reg == 0);
        fresh_state: assert (!(added_reg && !settled) || {told_reg, highest_reg, octets_reg, packets_reg, used_reg} == 0);
        read: assert (!(added_reg && age_reg >= 4 && dut.index_1_reg == entry)
            || ((dut.fresh_reg ? dut.written : dut.query_read_reg ? dut.state_reg : dut.read_reg) == state
                && dut.read_limit_reg[255:128] == {hard_octets_reg, hard_packets_reg}));
        query_of_an_index_that_stays: assert (!dut.query_read_reg || dut.index_1_reg == dut.index_2_reg);
        query_tells_the_use: assert (!(settled && query_done && $past(query_index) == entry) || query_use == state[191:0]);
        state_of_entry: assert (!(settled && dut.index_2_reg == entry && !past_use_reg)
            || (dut.state_reg == state && dut.state_limit_reg[255:128] == {hard_octets_reg, hard_packets_reg}));

        used_twice_in_a_row: cover (of_entry && use_count && packets_reg == 2 && use_number > highest && used_reg);
        limit_reached: cover (of_entry && hard_reached && packets_reg == 2);
        told: cover (of_entry && told_reg);
    end
end

endmodule

`default_nettype wire
