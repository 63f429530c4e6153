// SPDX-License-Identifier: Apache-2.0
/*
 * esp_transmit, from the XOR to the wire: beats and status octets that are offered stay until they are taken; every beat that leaves the XOR and every status octet finds
 * room in its queue, so that none is lost; and a beat that waits at the XOR moves on as soon as what it waits for is there: its keystream (E(J0) for the last hashed beat
 * of GMAC), room for the status of its frame. While the sink takes, room in the output costs it HOLD + 1 cycles at the most, where HOLD is the longest time between two
 * beats that leave the delay line while it holds any.
 *
 * The delay line is cut out: no beat leaves it that has not come, one leaves within HOLD cycles while any is inside (delay_line is a proof of its own).
 */
`default_nettype none

module transmit_release_proof (
    input wire         clk,
    input wire         rst,
    input wire [127:0] m_axis_tx_tdata,
    input wire [15:0]  m_axis_tx_tkeep,
    input wire         m_axis_tx_tvalid,
    input wire         m_axis_tx_tready,
    input wire         m_axis_tx_tlast,
    input wire         m_axis_tx_tuser,
    input wire [7:0]   m_axis_tx_status_tdata,
    input wire         m_axis_tx_status_tvalid,
    input wire         m_axis_tx_status_tready,
    // the XOR
    input wire         pop,
    input wire         drop,
    input wire         head_valid,
    input wire         head_last,
    input wire         frame_leaves,
    input wire         keystream_needed,
    input wire         keystream_valid,
    input wire         draining_reg,
    input wire         head_needs_j0,
    input wire         j0_missing_reg,
    input wire         status_fifo_ready,
    input wire         xor_valid_reg,
    // the end of the delay line
    input wire         exit_valid
);

localparam HOLD = 11;
localparam ROOM = 32;

reg past_valid = 1'b0;
// beats in the delay line, and cycles since one left it
reg [6:0] inside_reg;
reg [4:0] hold_reg;
// cycles in which a beat at the XOR waits for nothing but room in the output, while the sink takes
reg [4:0] stuck_reg;

wire waits = (keystream_needed && (!keystream_valid || draining_reg)) || (head_needs_j0 && j0_missing_reg) || (head_last && !status_fifo_ready);
wire stuck = head_valid && !waits && !pop && m_axis_tx_tready;
wire [6:0] level = esp_transmit.output_fifo_inst.stored;
wire [6:0] count = esp_transmit.output_count_reg;

always @(posedge clk) begin
    past_valid <= 1'b1;
    inside_reg <= inside_reg + xor_valid_reg - exit_valid;
    hold_reg <= exit_valid || inside_reg == 0 ? 0 : hold_reg + 1'b1;
    stuck_reg <= stuck ? stuck_reg + 1'b1 : 0;
    if (rst) begin
        inside_reg <= 0;
        hold_reg <= 0;
        stuck_reg <= 0;
    end
    if (!past_valid) assume (rst);
    assume (!exit_valid || (inside_reg != 0 && !rst));
    assume (hold_reg < HOLD);

    if (past_valid) begin
        if ($past(!rst && m_axis_tx_tvalid && !m_axis_tx_tready)) begin
            valid_stays: assert (m_axis_tx_tvalid);
            beat_stays: assert ({m_axis_tx_tdata, m_axis_tx_tkeep, m_axis_tx_tlast, m_axis_tx_tuser}
                == $past({m_axis_tx_tdata, m_axis_tx_tkeep, m_axis_tx_tlast, m_axis_tx_tuser}));
        end
        if ($past(!rst && m_axis_tx_status_tvalid && !m_axis_tx_status_tready)) begin
            status_valid_stays: assert (m_axis_tx_status_tvalid);
            status_stays: assert (m_axis_tx_status_tdata == $past(m_axis_tx_status_tdata));
        end
        room_for_every_beat: assert (!exit_valid || esp_transmit.output_fifo_inst.s_ready);
        room_for_every_status: assert (!frame_leaves || esp_transmit.status_fifo_inst.s_ready);
        one_status_for_a_frame: assert (frame_leaves == (pop && head_last));
        if ($past(!rst && pop && !drop)) every_beat_goes_on: assert (xor_valid_reg);
        else no_other_beat: assert (!xor_valid_reg || $past(rst));
        moves_on_within_the_bound: assert (stuck_reg <= HOLD + 1);

        // what these rest on
        beats_are_counted: assert (count == xor_valid_reg + inside_reg + level && count <= ROOM && level <= ROOM && inside_reg <= ROOM);
        queues_offer: assert (esp_transmit.output_fifo_inst.unread_reg == (esp_transmit.output_fifo_inst.unread != 0)
            && esp_transmit.output_fifo_inst.several_reg == (esp_transmit.output_fifo_inst.unread > 1)
            && esp_transmit.output_fifo_inst.full_reg == esp_transmit.output_fifo_inst.stored[5]
            && esp_transmit.output_fifo_inst.almost_reg == (esp_transmit.output_fifo_inst.stored == 31)
            && esp_transmit.status_fifo_inst.unread_reg == (esp_transmit.status_fifo_inst.unread != 0)
            && esp_transmit.status_fifo_inst.several_reg == (esp_transmit.status_fifo_inst.unread > 1)
            && esp_transmit.status_fifo_inst.almost_reg == (esp_transmit.status_fifo_inst.stored == 15)
            && esp_transmit.status_fifo_inst.full_reg == esp_transmit.status_fifo_inst.stored[4] && esp_transmit.status_fifo_inst.stored <= 16);
        hold_counts: assert (hold_reg == 0 || inside_reg != 0);
        // full of beats in the delay line until one leaves it, which the sink takes
        stuck_behind_the_line: assert (stuck_reg == 0 || count != ROOM || (level == 0 ? stuck_reg <= hold_reg : level == 1 && stuck_reg <= HOLD));

        a_beat_waits: cover (m_axis_tx_tvalid && $past(m_axis_tx_tvalid && !m_axis_tx_tready, 2));
        a_status_waits: cover (m_axis_tx_status_tvalid && $past(m_axis_tx_status_tvalid && !m_axis_tx_status_tready, 2));
        aborted: cover (m_axis_tx_tvalid && m_axis_tx_tuser);
    end
end

endmodule

bind esp_transmit transmit_release_proof transmit_proof (.*);

`default_nettype wire
