// SPDX-License-Identifier: Apache-2.0
/*
 * sa_table with sa_cam: what sa_command waits for comes (command_time says what it does with it).
 *
 *   The duplicate search is granted in the first cycle without receive search, and answered three cycles later.
 *   The frames that DELETE_SA and RESET wait for only become fewer: while they wait no lookup counts for the old epoch, each retirement takes one away, and the wait is over
 *   in the cycle in which none is left.
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
    input wire        rx_retire_valid,
    input wire        rx_retire_epoch,
    input wire        tx_retire_valid,
    input wire        tx_retire_epoch,
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
wire rx_old = rx_retire_valid && rx_retire_epoch != epoch;
wire tx_old = tx_retire_valid && tx_retire_epoch != epoch;

always @(posedge clk) begin
    past_valid <= 1'b1;
    running_reg <= !rst && (command_start || (running_reg && !command_done));
    search_age_reg <= search_request && search_ready ? 1 : search_age_reg + (search_age_reg != 7);
    retired_reg <= state != DRAIN && state != ERASE ? 0 : retired_reg + rx_old + tx_old;
    if (!past_valid) assume (rst);
    // engine_registers: one command at a time
    assume (!(command_start && running_reg));
    // retire_queue: each frame once
    assume (!(rx_retire_valid && (rx_retire_epoch ? rx_flight_1_reg : rx_flight_0_reg) == 0));
    assume (!(tx_retire_valid && (tx_retire_epoch ? tx_flight_1_reg : tx_flight_0_reg) == 0));

    if (past_valid && !rst) begin
        granted_beside_no_search: assert (!search_request || rx_search_valid || search_ready);
        answered_in_time: assert (state != SEARCH_RESULT || search_age_reg <= 3);
        answer_is_taken: assert (!search_done || state == SEARCH_RESULT);
        drains_only: assert (!(state == DRAIN && $past(state == DRAIN && !rst)) || old_frames + $past(rx_old) + $past(tx_old) == $past(old_frames));
        over_when_none_is_left: assert (state != DRAIN || old_epoch_busy == (old_frames != 0));

        // what these rest on
        search_in_one_place: assert ($countones({first, second, search_done}) == (state == SEARCH_RESULT ? 1 : 0));
        place_by_age: assert (state != SEARCH_RESULT || search_age_reg == (first ? 1 : second ? 2 : 3));
        command_runs: assert (running_reg || !sa_table.command_inst.start_reg && (state == IDLE || (state == SWEEP && sa_table.command_inst.power_up_reg)));
        start_waits: assert (!sa_table.command_inst.start_reg || state == IDLE || (state == SWEEP && sa_table.command_inst.power_up_reg));

        answered: cover (search_done && search_age_reg == 3);
        drained: cover (state == ERASE && $past(state == DRAIN) && retired_reg == 2);
    end
end

endmodule

bind sa_table command_waits_proof waits_proof (.*);

`default_nettype wire
