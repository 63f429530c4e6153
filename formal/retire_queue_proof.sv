// SPDX-License-Identifier: Apache-2.0
/*
 * retire_queue: each frame is reported once, in its epoch, one in every cycle in which any waits.
 */
`default_nettype none

module retire_queue_proof #(
    parameter INPUTS = 3
) (
    input wire              clk,
    input wire              rst,
    input wire [INPUTS-1:0] s_retire,
    input wire [INPUTS-1:0] s_epoch
);

wire m_valid;
wire m_epoch;

retire_queue #(.INPUTS(INPUTS)) dut (.*);

reg past_valid = 1'b0;
// frames that came and were not reported, by epoch
reg [11:0] even_reg;
reg [11:0] odd_reg;
reg was_busy_reg;
wire [11:0] even_come = $countones(s_retire & ~s_epoch);
wire [11:0] odd_come = $countones(s_retire & s_epoch);

always @(posedge clk) begin
    past_valid <= 1'b1;
    even_reg <= rst ? 0 : even_reg + even_come - (m_valid && !m_epoch);
    odd_reg <= rst ? 0 : odd_reg + odd_come - (m_valid && m_epoch);
    was_busy_reg <= !rst && (was_busy_reg || (even_reg > 1 && odd_reg > 2));
    if (!past_valid) assume (rst);
    // the queues count to 255: fewer frames are in flight
    assume (even_reg + even_come < 256 && odd_reg + odd_come < 256);

    if (past_valid) begin
        reports_whenever_any_waits: assert (m_valid == (even_reg != 0 || odd_reg != 0));
        only_what_came: assert (!m_valid || (m_epoch ? odd_reg != 0 : even_reg != 0));
        any_is_known: assert (dut.even_inst.any_reg == (even_reg != 0) && dut.odd_inst.any_reg == (odd_reg != 0));
        counts: assert (dut.even_inst.waiting_reg == even_reg && dut.odd_inst.waiting_reg == odd_reg);

        all_reported: cover (was_busy_reg && even_reg == 0 && odd_reg == 0);
        odd_waits: cover (odd_reg == 3 && even_reg == 3);
    end
end

endmodule

`default_nettype wire
