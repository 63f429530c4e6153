// SPDX-License-Identifier: Apache-2.0
/*
 * sa_ram_cam: a search matches entry ENTRY if the entry is valid and has the key of the search as it was in that cycle, whatever is written of other entries meanwhile,
 * and never while it is written itself. The checker keeps the key that prepare gave.
 */
`default_nettype none

module sa_ram_cam_proof #(
    parameter SA_COUNT = 16,
    parameter ENTRY = 5,
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
    input wire                   prepare,
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

localparam GROUP = ENTRY / 4;
localparam PLACE = ENTRY % 4;
localparam TABLES = 17;
localparam KEY_TABLES = 9;
// cycles from prepare to the first without busy
localparam [6:0] DONE = 67;

wire busy;
wire result_valid;
wire result_hit;
wire [INDEX_WIDTH-1:0] result_index;
wire [TAG_WIDTH-1:0] result_tag;

sa_ram_cam #(.SA_COUNT(SA_COUNT), .TAG_WIDTH(TAG_WIDTH)) dut (.*);

reg past_valid = 1'b0;
// cycles since prepare, DONE: nothing is written
reg [6:0] age_reg;
// the entry prepared and not set yet
reg pending_reg;
reg [INDEX_WIDTH-1:0] pending_index_reg;
// ENTRY was prepared; it is valid; its key
reg given_reg;
reg valid_reg;
reg inbound_reg;
reg ipv6_reg;
reg [31:0] spi_reg;
reg [31:0] digest_reg;
reg any_reg;
// does the search match it; of the cycle before
reg match_1_reg;
reg valid_1_reg;
reg [TAG_WIDTH-1:0] tag_1_reg;
reg valid_2_reg;
reg [TAG_WIDTH-1:0] tag_2_reg;

wire [67:0] key = {digest_reg, 2'b00, inbound_reg, ipv6_reg, spi_reg};
wire same = valid_reg && search_inbound == inbound_reg && search_ipv6 == ipv6_reg && search_spi == spi_reg
    && (search_any || any_reg || search_digest == digest_reg);
wire here = pending_reg && pending_index_reg == ENTRY;
wire writing = age_reg != DONE;
wire in_group = dut.group_reg == GROUP;
// the last step whose bits are in word_reg
wire [6:0] shifted = age_reg - 3;
// words of the tables that are written since prepare
wire [6:0] words = !writing ? 16 : age_reg < 7 ? 0 : (age_reg - 3) >> 2;

wire [TABLES-1:0] table_right;
wire [TABLES-1:0] word_right;

generate
    genvar n;
    for (n = 0; n < TABLES; n = n + 1) begin : tables
        reg right;
        always @* begin
            right = 1'b1;
            // while ENTRY itself is written the words behind are anything
            for (int v = 0; v < 16; v = v + 1) begin
                if (!(here && words <= v)) begin
                    right = right && dut.group[GROUP].of_four_bits[n].mem[v][PLACE] == (key[4*n +: 4] == v || (n >= KEY_TABLES && any_reg));
                end
            end
        end
        assign table_right[n] = right;
        assign word_right[n] = dut.word_reg[4*n + 3 - (shifted[1:0] - PLACE)] == (key[4*n +: 4] == shifted[5:2] || (n >= KEY_TABLES && any_reg));
    end
endgenerate

always @(posedge clk) begin
    past_valid <= 1'b1;
    age_reg <= prepare ? 1 : age_reg == DONE ? DONE : age_reg + 1'b1;
    if (prepare) begin
        pending_reg <= 1'b1;
        pending_index_reg <= write_index;
        if (write_index == ENTRY) begin
            given_reg <= 1'b1;
            {inbound_reg, ipv6_reg, spi_reg, digest_reg, any_reg} <= {write_inbound, write_ipv6, write_spi, write_digest, write_dst_any};
        end
    end else if (set_valid) begin
        pending_reg <= 1'b0;
    end
    if (set_valid && write_index == ENTRY) valid_reg <= 1'b1;
    if (clear_all || (clear_valid && write_index == ENTRY)) valid_reg <= 1'b0;
    if (rst) begin
        age_reg <= DONE;
        pending_reg <= 1'b0;
        given_reg <= 1'b0;
        valid_reg <= 1'b0;
    end
    match_1_reg <= same;
    valid_1_reg <= search_valid && !rst;
    tag_1_reg <= search_tag;
    valid_2_reg <= valid_1_reg && !rst;
    tag_2_reg <= tag_1_reg;

    if (!past_valid) assume (rst);
    // what sa_ram_cam asks for: one entry at a time, not valid, from prepare to set_valid; set_valid after busy
    assume (!prepare || (!pending_reg && !set_valid && !clear_valid && !(write_index == ENTRY && valid_reg)));
    assume (!set_valid || (pending_reg && !busy && write_index == pending_index_reg && !clear_valid));

    if (past_valid) begin
        matches_as_it_was: assert (!valid_1_reg || (dut.match_reg[ENTRY] == match_1_reg && dut.match_tag_reg == tag_1_reg));
        answers_in_two_cycles: assert (result_valid == valid_2_reg && dut.match_valid_reg == valid_1_reg);
        hit_where_it_matches: assert (!(result_valid && $past(match_1_reg)) || result_hit);
        its_number: assert (!(result_valid && $past(dut.match_reg) == (1 << ENTRY)) || (result_hit && result_index == ENTRY));
        tag_unchanged: assert (!result_valid || result_tag == tag_2_reg);
        never_valid_while_written: assert (!(here && valid_reg));

        // what these rest on
        busy_as_long: assert (busy == writing);
        steps: assert (age_reg != 0 && age_reg <= DONE && dut.busy_reg == (age_reg <= 64) && (age_reg > 64 || dut.step_reg == age_reg - 1));
        reads: assert (dut.read_valid_reg == (age_reg >= 2 && age_reg <= 65) && (!dut.read_valid_reg || dut.read_step_reg == age_reg - 2));
        writes: assert (dut.write_reg == (age_reg >= 6 && writing && age_reg[1:0] == 2) && (!dut.write_reg || dut.write_word_reg == shifted[5:2]));
        pending_as_long: assert (!writing || pending_reg);
        group_of_it: assert (!writing || dut.group_reg == pending_index_reg[INDEX_WIDTH-1:2]);
        valid_was_given: assert (!(valid_reg || here) || given_reg);
        valid_bit: assert (dut.entry_valid_reg[ENTRY] == valid_reg);
        copy: assert (!given_reg || dut.entry_key[ENTRY] == {any_reg, key});
        read: assert (!(given_reg && in_group && dut.read_valid_reg && dut.read_step_reg[1:0] == PLACE) || dut.read_key_reg == {any_reg, key});
        shifted_in: assert (!(given_reg && in_group && age_reg >= 3 && writing && shifted[1:0] >= PLACE) || &word_right);
        tables_right: assert (!given_reg || &table_right);

        set: cover (valid_1_reg && match_1_reg && !writing);
        neighbour_written: cover (valid_1_reg && match_1_reg && writing && in_group && age_reg == 40);
    end
end

endmodule

`default_nettype wire
