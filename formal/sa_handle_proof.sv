// SPDX-License-Identifier: Apache-2.0
/*
 * sa_table: a transmit lookup hits only where its handle is that of the last ADD_SA of its entry, and this SA is valid and outbound, as it was in the
 * third cycle of the lookup; DELETE_SA, UPDATE_SA and QUERY_SA likewise. Generations of an entry go up by one with each ADD_SA, from 0xffff to 1 and never 0, also over RESET: a stale
 * handle is unknown until its entry has been used 65,535 times more. Any one entry is followed.
 */
`default_nettype none

module sa_handle_proof #(
    parameter INDEX_WIDTH = 4
) (
    input wire                   clk,
    input wire                   rst,
    input wire                   command_start,
    input wire                   command_done,
    input wire [31:0]            command_handle,
    input wire [31:0]            stage_handle,
    input wire [31:0]            stage_flags,
    input wire                   set_valid,
    input wire                   clear_valid,
    input wire                   clear_all,
    input wire                   erase,
    input wire                   sa_inbound,
    input wire [INDEX_WIDTH-1:0] write_index,
    input wire                   tx_valid_2_reg,
    input wire [31:0]            tx_handle_2_reg,
    input wire                   tx_hit,
    input wire                   tx_found_valid,
    input wire                   tx_found_hit
);

localparam [4:0] SWEEP = 0, IDLE = 1, CHECK = 2, FREE = 5, PREPARE = 16, ACTIVATE = 10, HANDLE = 11, GUARD = 12, DRAIN = 13, DONE = 15, REMOVE = 17, STAGE = 19;

`define COMMAND sa_table.command_inst

reg past_valid = 1'b0;
wire [INDEX_WIDTH-1:0] entry;

any_constant #(.WIDTH(INDEX_WIDTH)) entry_inst (.clk(clk), .past_valid(past_valid), .value(entry));

// the SA of the entry: is it valid; its generation, of the last one if not; its direction
reg live_reg;
reg [15:0] generation_reg;
reg inbound_reg;
// a command runs: the staged words keep still
reg running_reg;
// the lookup in its fourth cycle: is it of this entry, and may it hit
reg of_entry_reg;
reg may_hit_reg;

wire of_entry = tx_valid_2_reg && tx_handle_2_reg[15:0] == entry;
wire known = live_reg && tx_handle_2_reg[31:16] == generation_reg;
wire [4:0] state = sa_table.command_inst.state_reg;
wire [INDEX_WIDTH-1:0] index = sa_table.command_inst.index_reg;
wire power_up = sa_table.command_inst.power_up_reg;
wire hidden = sa_table.valid_inst.hidden_reg;
wire valid = sa_table.valid_inst.mem[entry];
wire [15:0] stored = sa_table.store_inst.generation[entry];
wire stored_inbound = sa_table.store_inst.policy[entry][32];
wire swept = state == SWEEP && index > entry;
// an ADD_SA between the choice of its entry and the end of it
wire adding = state == PREPARE || (state >= 6 && state <= ACTIVATE);

function automatic [15:0] after(input [15:0] generation);
    after = generation == 16'hffff ? 16'd1 : generation + 16'd1;
endfunction

always @(posedge clk) begin
    past_valid <= 1'b1;
    of_entry_reg <= of_entry;
    may_hit_reg <= known && !inbound_reg;
    running_reg <= !rst && (command_start || (running_reg && !command_done));
    if (set_valid && write_index == entry) begin
        live_reg <= 1'b1;
        generation_reg <= after(generation_reg);
        inbound_reg <= sa_inbound;
    end else if (clear_all || ((clear_valid || erase) && write_index == entry)) begin
        live_reg <= 1'b0;
    end
    if (rst) begin
        live_reg <= 1'b0;
        generation_reg <= 16'd0;
    end

    if (!past_valid) assume (rst);
    // engine_registers: one command at a time, the staged words keep still from start to done
    assume (!(command_start && running_reg));
    if (past_valid && $past(running_reg || command_start) && !rst) begin
        assume (stage_handle == $past(stage_handle));
        assume (stage_flags == $past(stage_flags));
    end

    if (past_valid && !rst) begin
        only_a_known_handle: assert (!(of_entry_reg && tx_hit) || (may_hit_reg && $past(!rst)));
        never_handle_of_generation_0: assert (!live_reg || generation_reg != 0);
        command_of_a_stale_handle: assert (!(sa_table.command_inst.handle_ok && index == entry)
            || (live_reg && stage_handle == {generation_reg, {16-INDEX_WIDTH{1'b0}}, entry}));
        handle_given: assert (!(set_valid && write_index == entry)
            || (state == DONE && sa_table.command_inst.handle_reg == {after(generation_reg), {16-INDEX_WIDTH{1'b0}}, entry}));

        // what these rest on
        hidden_then_not_live: assert (!hidden || !live_reg);
        hidden_in_sweep: assert (!hidden || state == SWEEP || (sa_table.command_inst.all_reg && (state == GUARD || state == DRAIN)));
        sweep_is_hidden: assert (hidden || !(state == SWEEP || (sa_table.command_inst.all_reg && (state == GUARD || state == DRAIN))));
        only_sweep_at_power_up: assert (!power_up || state == SWEEP);
        valid_bit: assert (hidden && !swept || valid == live_reg);
        generation_stored: assert ((power_up && !swept) || stored == generation_reg);
        none_used_at_power_up: assert (!power_up || (generation_reg == 0 && !live_reg));
        direction_stored: assert (!live_reg || stored_inbound == inbound_reg);
        generation_fetched: assert (!(state == FREE && `COMMAND.read_wait_reg[0] && index == entry)
            || sa_table.store_inst.command_generation_reg == generation_reg);
        generation_read: assert (!(state == FREE && `COMMAND.read_wait_reg[1] && index == entry) || `COMMAND.read_generation_reg == generation_reg);
        one_opcode: assert ($onehot0({`COMMAND.add_reg, `COMMAND.delete_reg, `COMMAND.update_reg, `COMMAND.query_reg, `COMMAND.reset_reg}));
        generation_kept: assert (!((adding || set_valid) && index == entry) || sa_table.command_inst.generation_reg == after(generation_reg));
        handle_fetched: assert (!((state == CHECK || state == HANDLE) && index == entry)
            || (sa_table.store_inst.command_generation_reg == generation_reg && sa_table.valid_inst.command_valid_reg == live_reg && !hidden));
        handle_read: assert (!(state == HANDLE && `COMMAND.read_wait_reg[0] && index == entry)
            || (`COMMAND.read_generation_reg == generation_reg && `COMMAND.read_valid_reg == live_reg));
        handle_judged: assert (!(state == HANDLE && `COMMAND.read_wait_reg[1] && index == entry && `COMMAND.handle_known_reg)
            || (live_reg && stage_handle == {generation_reg, {16-INDEX_WIDTH{1'b0}}, entry}));
        index_of_the_handle: assert (!(state == HANDLE || state == STAGE || state == CHECK)
            || index == stage_handle[INDEX_WIDTH-1:0]);
        command_runs: assert (running_reg || !sa_table.command_inst.start_reg && (state == IDLE || (state == SWEEP && power_up)));
        start_waits: assert (!sa_table.command_inst.start_reg || state == IDLE || (state == SWEEP && power_up));
        set_in_done: assert (!set_valid || (state == DONE && running_reg));
        handle_upper_zero: assert (!(adding || state == STAGE || state == CHECK || state == FREE || state == 3 || state == 4) || sa_table.command_inst.handle_reg == 0);
        all_only_in_reset: assert (!sa_table.command_inst.all_reg || state == IDLE || state == GUARD || state == DRAIN || state == SWEEP
            || state == DONE);
        lookup_read: assert (!of_entry_reg || $past(rst) || sa_table.valid_inst.tx_valid_reg == $past(live_reg));

        hit: cover (of_entry_reg && tx_hit);
        miss: cover (of_entry_reg && !tx_hit && !hidden && past_valid);
    end
end

endmodule

`undef COMMAND

bind sa_table sa_handle_proof #(.INDEX_WIDTH(INDEX_WIDTH)) handle_proof (.*);

`default_nettype wire
