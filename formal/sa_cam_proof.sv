// SPDX-License-Identifier: Apache-2.0
/*
 * sa_cam: a search finds, two cycles later, whether any entry matching as the entries were in its cycle, and which one if it is only one. A search in the cycle of a
 * write sees the whole old entry, one in the next cycle the whole new one. The checker keeps a table of its own, written as the header of sa_cam says.
 */
`default_nettype none

module sa_cam_proof #(
    parameter SA_COUNT = 16,
    parameter INDEX_WIDTH = $clog2(SA_COUNT),
    parameter TAG_WIDTH = 2
) (
    input wire                   clk,
    input wire                   rst,
    input wire                   search_valid,
    input wire                   search_inbound,
    input wire                   search_ipv6,
    input wire [31:0]            search_spi,
    input wire [31:0]            search_digest,
    input wire                   search_any,
    input wire [TAG_WIDTH-1:0]   search_tag,
    input wire                   set_valid,
    input wire                   clear_valid,
    input wire                   clear_all,
    input wire [INDEX_WIDTH-1:0] write_index,
    input wire                   write_inbound,
    input wire                   write_ipv6,
    input wire [31:0]            write_spi,
    input wire [31:0]            write_digest,
    input wire                   write_dst_any
);

typedef struct packed {
    logic        inbound;
    logic        ipv6;
    logic [31:0] spi;
    logic [31:0] digest;
    logic        dst_any;
} entry_t;

wire result_valid;
wire result_hit;
wire [INDEX_WIDTH-1:0] result_index;
wire [TAG_WIDTH-1:0] result_tag;
wire [SA_COUNT-1:0] entry_valid;

sa_cam #(.SA_COUNT(SA_COUNT), .TAG_WIDTH(TAG_WIDTH)) dut (.*);

reg past_valid = 1'b0;
entry_t entry_reg [0:SA_COUNT-1];
reg [SA_COUNT-1:0] valid_reg;
reg [SA_COUNT-1:0] matching;
reg same;

// of the searches one and two cycles ago
reg valid_1_reg;
reg valid_2_reg;
reg [SA_COUNT-1:0] matches_1_reg;
reg [SA_COUNT-1:0] matches_2_reg;
reg [TAG_WIDTH-1:0] tag_1_reg;
reg [TAG_WIDTH-1:0] tag_2_reg;

always @* begin
    same = 1'b1;
    for (int i = 0; i < SA_COUNT; i = i + 1) begin
        matching[i] = valid_reg[i] && entry_reg[i].inbound == search_inbound && entry_reg[i].ipv6 == search_ipv6
            && entry_reg[i].spi == search_spi && (search_any || entry_reg[i].dst_any || entry_reg[i].digest == search_digest);
        same = same && (!valid_reg[i] || (dut.entry_key[i] == {entry_reg[i].inbound, entry_reg[i].ipv6, entry_reg[i].spi}
            && dut.entry_digest[i] == entry_reg[i].digest && dut.entry_dst_any_reg[i] == entry_reg[i].dst_any));
    end
end

always @(posedge clk) begin
    past_valid <= 1'b1;
    if (set_valid) entry_reg[write_index] <= '{write_inbound, write_ipv6, write_spi, write_digest, write_dst_any};
    for (int i = 0; i < SA_COUNT; i = i + 1) begin
        if (rst || clear_all || (clear_valid && write_index == i)) valid_reg[i] <= 1'b0;
        else if (set_valid && write_index == i) valid_reg[i] <= 1'b1;
    end
    valid_1_reg <= search_valid && !rst;
    valid_2_reg <= valid_1_reg && !rst;
    matches_1_reg <= matching;
    matches_2_reg <= matches_1_reg;
    tag_1_reg <= search_tag;
    tag_2_reg <= tag_1_reg;
    if (!past_valid) assume (rst);

    if (past_valid) begin
        answers_in_two_cycles: assert (result_valid == valid_2_reg);
        hit_if_any_matches: assert (!result_valid || result_hit == (matches_2_reg != 0));
        the_one_that_matches: assert (!(result_valid && $onehot(matches_2_reg)) || matches_2_reg[result_index]);
        tag_unchanged: assert (!result_valid || result_tag == tag_2_reg);
        valid_entries: assert (entry_valid == valid_reg);
        whole_entries: assert (same);
        first_stage: assert (dut.match_valid_reg == valid_1_reg
            && (!valid_1_reg || (dut.match_reg == matches_1_reg && dut.match_tag_reg == tag_1_reg)));

        hit: cover (result_valid && result_hit && result_index == 5);
        miss_among_valid: cover (result_valid && !result_hit && $countones(valid_reg) == 2);
        search_in_the_cycle_of_a_change: cover (result_valid && result_hit && $past(search_valid && set_valid && !clear_valid, 2)
            && matches_2_reg[$past(write_index, 2)] && $past(valid_reg[write_index]) && !$past(matching[write_index]));
    end
end

endmodule

`default_nettype wire
