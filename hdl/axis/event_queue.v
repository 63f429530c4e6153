// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Lets several events of the same kind that fall into one cycle leave one after the other: m_event is high for one cycle for each (a cycle in which m_ready is high).
 * At most 2**WIDTH - 1 may wait.
 */
module event_queue #(
    // events that may come in one cycle
    parameter INPUTS = 2,
    // width of the count of waiting events
    parameter WIDTH = 8
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [INPUTS-1:0] s_event,
    input  wire              m_ready,
    output wire              m_event
);

reg [WIDTH-1:0] waiting_reg;
// waiting_reg is not 0: no comparison lies before m_event
reg any_reg;
reg [WIDTH-1:0] events;
integer i;

assign m_event = any_reg;

always @* begin
    // small numbers first: one long adder
    events = 0;
    for (i = 0; i < INPUTS; i = i + 1) begin
        events = events + {{WIDTH-1{1'b0}}, s_event[i]};
    end
end

always @(posedge clk) begin
    any_reg <= !rst && (s_event != 0 || waiting_reg[WIDTH-1:1] != 0 || (waiting_reg[0] && !m_ready));
    waiting_reg <= rst ? {WIDTH{1'b0}} : waiting_reg + (events - {{WIDTH-1{1'b0}}, m_event && m_ready});
end

endmodule

`resetall
