// SPDX-License-Identifier: Apache-2.0
/*
 * sa_table with sa_cam: never are two entries valid that one receive search could match. So a search has one answer at most, and no packet has two SAs.
 * This is the duty of sa_command, which searches before it adds; the checker follows any two entries and the search of the command through the pipeline that it
 * shares with receive searches.
 */
`default_nettype none

module sa_unique_proof #(
    parameter INDEX_WIDTH = 4
) (
    input wire         clk,
    input wire         rst,
    input wire         command_start,
    input wire         command_done,
    input wire [31:0]  stage_flags,
    input wire [31:0]  stage_spi,
    input wire [127:0] stage_dst,
    input wire         sa_inbound,
    input wire         sa_ipv6,
    input wire         sa_dst_any,
    input wire [31:0]  write_digest,
    input wire [31:0]  staged_digest,
    input wire         cam_valid,
    input wire         cam_command,
    input wire         cam_hit,
    input wire         search_done,
    input wire         search_hit
);

`define CAM sa_table.cam.cam_inst
`define COMMAND sa_table.command_inst

localparam [4:0] SWEEP = 0, IDLE = 1, SEARCH_RESULT = 4, FREE = 5, ACTIVATE = 10, PREPARE = 16;

reg past_valid = 1'b0;
// a command runs: the staged words keep still
reg running_reg;
wire [INDEX_WIDTH-1:0] one;
wire [INDEX_WIDTH-1:0] other;

any_constant #(.WIDTH(INDEX_WIDTH)) one_inst (.value(one), .*);
any_constant #(.WIDTH(INDEX_WIDTH)) other_inst (.value(other), .*);

wire one_valid = `CAM.entry_valid_reg[one];
wire other_valid = `CAM.entry_valid_reg[other];
wire [33:0] staged_key = {sa_inbound, sa_ipv6, stage_spi};

// would one search match both; would one match the entry and the SA that is staged
wire collide = one_valid && other_valid && `CAM.entry_key[one] == `CAM.entry_key[other]
    && (`CAM.entry_digest[one] == `CAM.entry_digest[other] || `CAM.entry_dst_any_reg[one] || `CAM.entry_dst_any_reg[other]);
wire one_staged = one_valid && `CAM.entry_key[one] == staged_key
    && (`CAM.entry_digest[one] == write_digest || `CAM.entry_dst_any_reg[one] || sa_dst_any);
wire other_staged = other_valid && `CAM.entry_key[other] == staged_key
    && (`CAM.entry_digest[other] == write_digest || `CAM.entry_dst_any_reg[other] || sa_dst_any);

wire [4:0] state = `COMMAND.state_reg;
// after the search of an ADD_SA that found nothing
wire adding = (state >= FREE && state <= ACTIVATE) || state == PREPARE || `COMMAND.activate_reg;
// where the search of the command is
wire first = `CAM.match_valid_reg && `CAM.match_tag_reg;
wire second = cam_valid && cam_command;

always @(posedge clk) begin
    past_valid <= 1'b1;
    running_reg <= !rst && (command_start || (running_reg && !command_done));
    if (!past_valid) assume (rst);
    // engine_registers: one command at a time, the staged words keep still from start to done
    assume (!(command_start && running_reg));
    if (past_valid && $past(running_reg || command_start) && !rst) begin
        assume (stage_flags == $past(stage_flags) && stage_spi == $past(stage_spi) && stage_dst == $past(stage_dst));
    end

    if (past_valid && !rst) begin
        no_two_match_one_search: assert (one == other || !collide);

        // what this rests on
        staged_words_known: assert (!running_reg || (write_digest == staged_digest && `COMMAND.dst_zero_reg
            == {stage_dst[127:96] == 0, stage_dst[95:64] == 0, stage_dst[63:32] == 0, stage_dst[31:0] == 0}));
        nothing_staged_is_there: assert (!adding || (!one_staged && !other_staged));
        search_in_one_place: assert ($countones({first, second, search_done}) == (state == SEARCH_RESULT ? 1 : 0));
        found_in_the_first_stage: assert (!first || ((!one_staged || `CAM.match_reg[one]) && (!other_staged || `CAM.match_reg[other])));
        found_in_the_second_stage: assert (!second || !(one_staged || other_staged) || cam_hit);
        found_in_the_third_stage: assert (!search_done || !(one_staged || other_staged) || search_hit);
        command_runs: assert (running_reg || !`COMMAND.start_reg && (state == IDLE || (state == SWEEP && `COMMAND.power_up_reg)));
        start_waits: assert (!`COMMAND.start_reg || state == IDLE || (state == SWEEP && `COMMAND.power_up_reg));

        searched: cover (search_done && !search_hit);
        added: cover (adding && state == ACTIVATE);
    end
end

endmodule

`undef CAM
`undef COMMAND

bind sa_table sa_unique_proof #(.INDEX_WIDTH(INDEX_WIDTH)) unique_proof (.*);

`default_nettype wire
