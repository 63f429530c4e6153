// SPDX-License-Identifier: Apache-2.0
/*
 * sa_command: every command ends within a bound. A cycle counts unless the command waits in it for one of
 *
 *   a cycle without receive search, the answer of its search, a place in the search (busy; never with sa_cam), a free slot of the AES pipe, H, the use that is
 *   queried, and the frames of the old epoch;
 *
 * a wait ends in the very cycle in which what it waits for is there. So many cycles count at most from command_start to command_done, E = ERASE_CYCLES, G = DRAIN_GUARD,
 * P = GHASH_STAGES, D = MULTIPLIER_DIGIT:
 *
 *   ADD_SA 15 + (128 / D + 3) * (P - 1), DELETE_SA 2 * G + 11 + E, UPDATE_SA 8, QUERY_SA 9, RESET 2 * G + 7 + SA_COUNT * E, any other 5; a command that is started while
 *   the table is erased after rst up to SA_COUNT * E more.
 *
 * Shown by a rank: `left`, the cycles that are still to come at most, falls with each cycle that counts.
 */
`default_nettype none

module command_time_proof #(
    parameter SA_COUNT = 4,
    parameter GHASH_STAGES = 1,
    parameter ERASE_CYCLES = 1,
    parameter DRAIN_GUARD = 12,
    parameter MULTIPLIER_DIGIT = 8
) (
    input wire        clk,
    input wire        rst,
    input wire        command_start,
    input wire [31:0] command_opcode,
    input wire        command_done,
    input wire        search_ready,
    input wire        search_done,
    input wire        h_req_ready,
    input wire        h_rsp_valid,
    input wire        busy,
    input wire        query_done,
    input wire        old_epoch_busy
);

localparam [4:0] SWEEP = 0, IDLE = 1, CHECK = 2, SEARCH = 3, SEARCH_RESULT = 4, FREE = 5, H_REQUEST = 6, H_RESPONSE = 7, POWER = 8, MULTIPLY = 9, ACTIVATE = 10,
    HANDLE = 11, GUARD = 12, DRAIN = 13, ERASE = 14, DONE = 15, PREPARE = 16, REMOVE = 17, QUERY = 18, STAGE = 19, MEANING = 20;
localparam [31:0] ADD_SA = 1, DELETE_SA = 2, UPDATE_SA = 3, RESET = 4, QUERY_SA = 5;

// a multiplication with its start
localparam [19:0] STEPS = 128 / MULTIPLIER_DIGIT;
localparam [19:0] PRODUCT = STEPS + 2;
localparam [19:0] SWEEP_CYCLES = SA_COUNT * ERASE_CYCLES;
localparam [19:0] ADD_BOUND = 15 + (PRODUCT + 1) * (GHASH_STAGES - 1);
localparam [19:0] DELETE_BOUND = 2 * DRAIN_GUARD + 11 + ERASE_CYCLES;
localparam [19:0] UPDATE_BOUND = 8;
localparam [19:0] QUERY_BOUND = 9;
localparam [19:0] RESET_BOUND = 2 * DRAIN_GUARD + 7 + SWEEP_CYCLES;
localparam [19:0] OTHER_BOUND = 5;

reg past_valid = 1'b0;
// a command runs, from the cycle behind its start on
reg running_reg;
// it was started while the table was erased after rst
reg behind_sweep_reg;
reg [31:0] started_reg;
reg [19:0] count_reg;

wire [4:0] state = sa_command.state_reg;
wire [31:0] opcode = sa_command.opcode_reg;
wire [19:0] index = sa_command.index_reg;
wire [19:0] guard = sa_command.guard_reg;
wire [19:0] erase_word = sa_command.erase_word_reg;
wire [19:0] power = sa_command.power_number_reg;
wire [19:0] product_left = sa_command.multiply_inst.left_reg;
wire power_up = sa_command.power_up_reg;
wire all = sa_command.all_reg;
wire [1:0] read_wait = sa_command.read_wait_reg;
wire [19:0] read_left = read_wait[1] ? 1 : read_wait[0] ? 2 : 3;
wire by_handle = opcode == DELETE_SA || opcode == UPDATE_SA || opcode == QUERY_SA;

wire waits = (state == SEARCH && !search_ready) || (state == SEARCH_RESULT && !search_done) || ((state == PREPARE || state == REMOVE) && busy)
    || (state == H_REQUEST && !h_req_ready) || (state == H_RESPONSE && !h_rsp_valid) || (state == QUERY && !query_done)
    || (state == DRAIN && guard == 0 && old_epoch_busy);

// what must pass from a state on, at most
localparam [19:0] FROM_H_RESPONSE = 1 + (GHASH_STAGES - 1) * (PRODUCT + 1) + 3;
localparam [19:0] FROM_PREPARE = 2 + FROM_H_RESPONSE;
localparam [19:0] FROM_SEARCH = 5 + FROM_PREPARE;
wire [19:0] from_erase = (all ? SWEEP_CYCLES : ERASE_CYCLES) + 1;
localparam [19:0] GUARDS = 2 * (DRAIN_GUARD + 1);
localparam [19:0] FROM_REMOVE = 1 + GUARDS + ERASE_CYCLES + 1;
localparam [19:0] FROM_RESET = GUARDS + SWEEP_CYCLES + 1;

function automatic [19:0] from_check(input [31:0] code);
    case (code)
        ADD_SA: from_check = 1 + FROM_SEARCH;
        DELETE_SA: from_check = 4 + FROM_REMOVE;
        UPDATE_SA: from_check = 1 + 3 + 1;
        QUERY_SA: from_check = 1 + 3 + 2;
        RESET: from_check = 1 + FROM_RESET;
        default: from_check = 2;
    endcase
endfunction

function automatic [19:0] bound(input [31:0] code);
    case (code)
        ADD_SA: bound = ADD_BOUND;
        DELETE_SA: bound = DELETE_BOUND;
        UPDATE_SA: bound = UPDATE_BOUND;
        QUERY_SA: bound = QUERY_BOUND;
        RESET: bound = RESET_BOUND;
        default: bound = OTHER_BOUND;
    endcase
endfunction

wire [19:0] sweep_left = (SA_COUNT - 1 - index) * ERASE_CYCLES + ERASE_CYCLES - erase_word;
reg [19:0] left;

always @* begin
    case (state)
        SWEEP: left = sweep_left + (power_up ? 3 + from_check(opcode) : 20'd1);
        IDLE: left = 3 + from_check(opcode);
        STAGE: left = 2 + from_check(opcode);
        MEANING: left = 1 + from_check(opcode);
        CHECK: left = from_check(opcode);
        SEARCH: left = FROM_SEARCH;
        SEARCH_RESULT: left = FROM_SEARCH - 1;
        FREE: left = read_left + FROM_PREPARE;
        PREPARE: left = FROM_PREPARE;
        H_REQUEST: left = 1 + FROM_H_RESPONSE;
        H_RESPONSE: left = FROM_H_RESPONSE;
        POWER: left = (GHASH_STAGES - 1 - power) * (PRODUCT + 1) + 3;
        MULTIPLY: left = (sa_command.multiply_start_reg ? PRODUCT : product_left + 1) + (GHASH_STAGES - 1 - power) * (PRODUCT + 1) + 3;
        ACTIVATE: left = 2;
        HANDLE: left = read_left + (opcode == DELETE_SA ? FROM_REMOVE : opcode == QUERY_SA ? 20'd2 : 20'd1);
        QUERY: left = 2;
        REMOVE: left = FROM_REMOVE;
        GUARD: left = guard + 1 + DRAIN_GUARD + 1 + from_erase;
        DRAIN: left = guard + 1 + from_erase;
        ERASE: left = ERASE_CYCLES - erase_word + 1;
        default: left = 1;
    endcase
end

wire [19:0] allowed = bound(started_reg) + (behind_sweep_reg ? SWEEP_CYCLES : 20'd0);

always @(posedge clk) begin
    past_valid <= 1'b1;
    running_reg <= !rst && (command_start || (running_reg && !command_done));
    if (command_start) begin
        behind_sweep_reg <= state == SWEEP && power_up;
        started_reg <= command_opcode;
        count_reg <= 0;
    end else if (running_reg && !command_done && !waits) begin
        count_reg <= count_reg + 1'b1;
    end
    if (!past_valid) assume (rst);
    // engine_registers: one command at a time
    assume (!(command_start && running_reg));

    if (past_valid && !rst) begin
        if (running_reg) begin
            ends_within_its_bound: assert (count_reg <= allowed);
            the_rank_falls: assert (command_done || count_reg + left <= allowed);
            the_command_that_was_started: assert (started_reg == opcode);
        end
        done_once_and_only_at_the_end: assert (!command_done || running_reg);

        // what these rest on
        a_state_of_a_command: assert (running_reg || state == IDLE || (state == SWEEP && power_up));
        done_behind_its_state: assert (!command_done || (state == IDLE && !sa_command.start_reg));
        starts_or_has_started: assert (!running_reg || command_done
            || sa_command.start_reg == (state == IDLE || (state == SWEEP && power_up)));
        not_started: assert (running_reg || !sa_command.start_reg);
        only_sweep_at_power_up: assert (!power_up || state == SWEEP);
        started_at_power_up: assert (!(running_reg && state == SWEEP && power_up) || behind_sweep_reg);
        known_states: assert (state <= MEANING);
        opcode_is_small: assert (state == IDLE || (state == SWEEP && power_up) || sa_command.opcode_small_reg == (opcode < 8));
        opcode_is_told: assert (state == IDLE || (state == SWEEP && power_up) || state == STAGE || {sa_command.add_reg, sa_command.delete_reg, sa_command.update_reg, sa_command.query_reg, sa_command.reset_reg}
            == {opcode == ADD_SA, opcode == DELETE_SA, opcode == UPDATE_SA, opcode == QUERY_SA, opcode == RESET});
        a_query: assert (state != QUERY || opcode == QUERY_SA);
        no_wait_before: assert (read_wait == 0 || (read_wait[0] && (state == FREE || state == HANDLE)) || state == PREPARE || state == DONE || state == REMOVE || state == QUERY);
        states_of_add: assert (!((state >= SEARCH && state <= ACTIVATE) || state == PREPARE) || opcode == ADD_SA);
        states_by_handle: assert (state != HANDLE || by_handle);
        states_of_delete: assert (!(state == REMOVE || state == ERASE) || (opcode == DELETE_SA && !all));
        states_of_reset: assert (!(state == SWEEP && !power_up) || (opcode == RESET && all));
        all_is_reset: assert (!(state == GUARD || state == DRAIN) || opcode == (all ? RESET : DELETE_SA));
        all_is_set_by_reset: assert (!all || state == IDLE || state == GUARD || state == DRAIN || state == SWEEP || state == DONE);
        guard_counts_down: assert (!(state == GUARD || state == DRAIN) || guard <= DRAIN_GUARD);
        words_of_an_entry: assert (erase_word < ERASE_CYCLES && (erase_word == 0 || state == ERASE || state == SWEEP));
        last_word: assert (ERASE_CYCLES == 1 || sa_command.last_erase_reg == ((state == ERASE || state == SWEEP) && erase_word == ERASE_CYCLES - 1));
        entries: assert (state != SWEEP || index < SA_COUNT);
        powers: assert (!(state == POWER || state == MULTIPLY) || power < GHASH_STAGES);
        a_product_is_under_way: assert (state != MULTIPLY || sa_command.multiply_start_reg
            || (product_left != 0) != sa_command.multiply_inst.done_reg);
        no_other_product: assert (state == MULTIPLY || (product_left == 0 && !sa_command.multiply_start_reg));
        product_or_idle: assert (sa_command.multiply_inst.busy_reg == (product_left != 0));
        product_in_time: assert (product_left <= STEPS);
        product_done_or_not_yet: assert (!sa_command.multiply_inst.done_reg || (state == MULTIPLY && product_left == 0 && !sa_command.multiply_start_reg));

        added_in_its_bound: cover (command_done && opcode == ADD_SA && count_reg == ADD_BOUND);
        deleted_in_its_bound: cover (command_done && opcode == DELETE_SA && count_reg == DELETE_BOUND);
        reset_in_its_bound: cover (command_done && opcode == RESET && count_reg == RESET_BOUND);
        queried_in_its_bound: cover (command_done && opcode == QUERY_SA && count_reg == QUERY_BOUND);
        refused: cover (command_done && opcode == 9 && count_reg == OTHER_BOUND);
        started_early: cover (command_done && behind_sweep_reg && count_reg == DELETE_BOUND + SWEEP_CYCLES - 1);
    end
end

endmodule

bind sa_command command_time_proof #(
    .SA_COUNT(SA_COUNT), .GHASH_STAGES(GHASH_STAGES), .ERASE_CYCLES(ERASE_CYCLES), .DRAIN_GUARD(DRAIN_GUARD),
    .MULTIPLIER_DIGIT(MULTIPLIER_DIGIT)
) time_proof (.*);

`default_nettype wire
