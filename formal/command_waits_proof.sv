// SPDX-License-Identifier: Apache-2.0
/*
 * sa_table with sa_cam: what sa_command waits for comes (command_time says what it does with it).
 *
 *   The duplicate search is granted in the first cycle without receive search, and answered three cycles later.
 *   The frames that DELETE_SA and RESET wait for only become fewer: from two cycles behind the change of the epoch on no lookup counts for the old one, each retirement takes
 *   one away, and the wait is over in the cycle after that in which none is left.
 *
 * The datapath retires each frame once that it was told of (retire_queue), so no more of an epoch than were counted.
 */
`default_nettype none

module command_waits_proof (
    input wire        clk,
    input wire        rst,
    input wire        command_start,
    input wire        command_done,
    input wire        rx_search_valid,
    input wire        search_request,
    input wire        search_ready,
    input wire        search_done,
    input wire        cam_valid,
    input wire        cam_command,
    input wire        epoch,
    input wire        old_epoch_busy,
    input wire        rx_retire_reg,
    input wire        rx_retire_epoch_reg,
    input wire        tx_retire_reg,
    input wire        tx_retire_epoch_reg,
    input wire        rx_counts,
    input wire        rx_found_epoch,
    input wire        tx_counts,
    input wire        tx_found_epoch,
    input wire [15:0] rx_flight_0_reg,
    input wire [15:0] rx_flight_1_reg,
    input wire [15:0] tx_flight_0_reg,
    input wire [15:0] tx_flight_1_reg
);

localparam [4:0] SWEEP = 0, IDLE = 1, SEARCH_RESULT = 4, DRAIN = 13, ERASE = 14;

reg past_valid = 1'b0;
reg running_reg;
// cycles since the duplicate search was granted
reg [2:0] search_age_reg;
// frames of the old epoch that were retired since the wait began
reg [17:0] retired_reg;

wire [4:0] state = sa_table.command_inst.state_reg;
wire first = sa_table.cam.cam_inst.match_valid_reg && sa_table.cam.cam_inst.match_tag_reg;
wire second = cam_valid && cam_command;
wire [17:0] old_frames = epoch ? rx_flight_0_reg + tx_flight_0_reg : rx_flight_1_reg + tx_flight_1_reg;
wire draining = state == DRAIN;
wire [3:0] guard = sa_table.command_inst.guard_reg;
// cycles in DRAIN so far
reg [3:0] drained_cycles_reg;
wire rx_old = rx_retire_reg && rx_retire_epoch_reg != epoch;
wire tx_old = tx_retire_reg && tx_retire_epoch_reg != epoch;

always @(posedge clk) begin
    past_valid <= 1'b1;
    running_reg <= !rst && (command_start || (running_reg && !command_done));
    search_age_reg <= search_request && search_ready ? 1 : search_age_reg + (search_age_reg != 7);
    retired_reg <= state != DRAIN && state != ERASE ? 0 : retired_reg + rx_old + tx_old;
    drained_cycles_reg <= draining ? drained_cycles_reg + (drained_cycles_reg != 15) : state == ERASE || state == SWEEP ? drained_cycles_reg : 0;
    if (!past_valid) assume (rst);
    // engine_registers: one command at a time
    assume (!(command_start && running_reg));
    // retire_queue: each frame once
    assume (!(rx_retire_reg && (rx_retire_epoch_reg ? rx_flight_1_reg : rx_flight_0_reg) == 0));
    assume (!(tx_retire_reg && (tx_retire_epoch_reg ? tx_flight_1_reg : tx_flight_0_reg) == 0));

    if (past_valid && !rst) begin
        granted_beside_no_search: assert (!search_request || rx_search_valid || search_ready);
        answered_in_time: assert (state != SEARCH_RESULT || search_age_reg <= 3);
        answer_is_taken: assert (!search_done || state == SEARCH_RESULT);
        drains_only: assert (!(draining && drained_cycles_reg >= 2) || old_frames + $past(rx_old) + $past(tx_old) == $past(old_frames));
        over_when_none_is_left: assert (!(draining && drained_cycles_reg != 0) || old_epoch_busy == ($past(old_frames) != 0));
        guard_is_long_enough: assert (!(state == ERASE || (state == SWEEP && !sa_table.command_inst.power_up_reg && sa_table.command_inst.index_reg == 0)) || drained_cycles_reg >= 4);

        // what these rest on
        found_in_its_epoch: assert (!(rx_counts && $past(!rst)) || rx_found_epoch == $past(epoch));
        found_in_its_epoch_too: assert (!(tx_counts && $past(!rst)) || tx_found_epoch == $past(epoch));
        same_epoch: assert (!(draining && drained_cycles_reg != 0) || epoch == $past(epoch));
        guard_and_cycles: assert (!draining || guard + drained_cycles_reg >= (drained_cycles_reg == 15 ? 0 : 12));
        search_in_one_place: assert ($countones({first, second, search_done}) == (state == SEARCH_RESULT ? 1 : 0));
        place_by_age: assert (state != SEARCH_RESULT || search_age_reg == (first ? 1 : second ? 2 : 3));
        command_runs: assert (running_reg || !sa_table.command_inst.start_reg && (state == IDLE || (state == SWEEP && sa_table.command_inst.power_up_reg)));
        start_waits: assert (!sa_table.command_inst.start_reg || state == IDLE || (state == SWEEP && sa_table.command_inst.power_up_reg));

        answered: cover (search_done && search_age_reg == 3);
        drains: cover (draining && drained_cycles_reg == 3 && retired_reg == 2 && $past(old_epoch_busy));
    end
end

endmodule

bind sa_table command_waits_proof waits_proof (.*);

`default_nettype wire
