// SPDX-License-Identifier: Apache-2.0
// Cover points of esp_transmit: back-pressure, full queues, failures at the end of a frame.

`resetall
`default_nettype none

module esp_transmit_cover (
    input wire clk,
    input wire s_axis_tx_tvalid,
    input wire s_axis_tx_tready,
    input wire m_axis_tx_tvalid,
    input wire m_axis_tx_tready,
    input wire m_axis_tx_tlast,
    input wire m_axis_tx_tuser,
    input wire m_axis_tx_status_tvalid,
    input wire m_axis_tx_status_tready,
    input wire frames_full,
    input wire frame_fifo_ready,
    input wire output_room,
    input wire range_late,
    input wire drain_begin,
    input wire h_req_valid,
    input wire h_req_ready
);

input_waits: cover property (@(posedge clk) s_axis_tx_tvalid && !s_axis_tx_tready);
input_idle: cover property (@(posedge clk) !s_axis_tx_tvalid && s_axis_tx_tready);
output_waits: cover property (@(posedge clk) m_axis_tx_tvalid && !m_axis_tx_tready);
status_waits: cover property (@(posedge clk) m_axis_tx_status_tvalid && !m_axis_tx_status_tready);
frames_at_limit: cover property (@(posedge clk) frames_full);
line_full: cover property (@(posedge clk) !frame_fifo_ready);
output_full: cover property (@(posedge clk) !output_room);
aborted: cover property (@(posedge clk) m_axis_tx_tvalid && m_axis_tx_tready && m_axis_tx_tlast && m_axis_tx_tuser);
dropped_late: cover property (@(posedge clk) range_late);
keystream_thrown_away: cover property (@(posedge clk) drain_begin);
hash_key_waits: cover property (@(posedge clk) h_req_valid && !h_req_ready);

endmodule

bind esp_transmit esp_transmit_cover esp_transmit_cover_inst (.*);

`resetall
