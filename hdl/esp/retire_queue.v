// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Reports frames that no longer use their SA, one per cycle, to the counters of frames in flight. Several may come in one cycle;
 * each belongs to the epoch in which its SA was looked up.
 */
module retire_queue #(
    // frames that may come in one cycle
    parameter INPUTS = 2
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [INPUTS-1:0] s_retire,
    input  wire [INPUTS-1:0] s_epoch,
    output wire              m_valid,
    output wire              m_epoch
);

wire even;
wire odd;

event_queue #(
    .INPUTS(INPUTS)
) even_inst (
    .clk(clk),
    .rst(rst),
    .s_event(s_retire & ~s_epoch),
    .m_ready(1'b1),
    .m_event(even)
);

event_queue #(
    .INPUTS(INPUTS)
) odd_inst (
    .clk(clk),
    .rst(rst),
    .s_event(s_retire & s_epoch),
    .m_ready(!even),
    .m_event(odd)
);

assign m_valid = even || odd;
assign m_epoch = !even;

endmodule

`resetall
