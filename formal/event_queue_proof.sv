// SPDX-License-Identifier: Apache-2.0
/*
 * event_queue: as many events leave as came, none before it came, one in each cycle in which any waits and m_ready is up.
 */
`default_nettype none

module event_queue_proof #(
    parameter INPUTS = 3,
    parameter WIDTH = 4
) (
    input wire              clk,
    input wire              rst,
    input wire [INPUTS-1:0] s_event,
    input wire              m_ready
);

wire m_event;

event_queue #(.INPUTS(INPUTS), .WIDTH(WIDTH)) dut (.*);

reg past_valid = 1'b0;
// events that came and did not leave
reg [WIDTH+3:0] waiting_reg;
reg was_busy_reg;
wire [WIDTH+3:0] come = $countones(s_event);

always @(posedge clk) begin
    past_valid <= 1'b1;
    waiting_reg <= rst ? 0 : waiting_reg + come - (m_event && m_ready);
    was_busy_reg <= !rst && (was_busy_reg || waiting_reg > 5);
    if (!past_valid) assume (rst);
    // what the user of the queue sees to
    assume (waiting_reg + come < 2**WIDTH);

    if (past_valid) begin
        waits_as_long_as_any: assert (m_event == (waiting_reg != 0));
        counts: assert (dut.waiting_reg == waiting_reg);

        full: cover (waiting_reg == 2**WIDTH - 1);
        empty_again: cover (was_busy_reg && waiting_reg == 0);
    end
end

endmodule

`default_nettype wire
