// SPDX-License-Identifier: Apache-2.0
// Cover points of esp_receive: back-pressure, full stores, verdicts one after the other.

`resetall
`default_nettype none

module esp_receive_cover (
    input wire clk,
    input wire s_axis_rx_tvalid,
    input wire m_axis_rx_tvalid,
    input wire m_axis_rx_tready,
    input wire input_refused,
    input wire store_overflow,
    input wire records_full,
    input wire check_take,
    input wire authentic,
    input wire check_crypto,
    input wire usage_hard,
    input wire event_overflow
);

// the verdict before this one was bad
reg bad_before;
always @(posedge clk) begin
    if (check_take) bad_before <= check_crypto && !authentic;
end

input_idle: cover property (@(posedge clk) !s_axis_rx_tvalid);
output_waits: cover property (@(posedge clk) m_axis_rx_tvalid && !m_axis_rx_tready);
refused_before_parser: cover property (@(posedge clk) input_refused);
no_room_in_store: cover property (@(posedge clk) store_overflow);
records_at_limit: cover property (@(posedge clk) records_full);
counted_as_lost: cover property (@(posedge clk) event_overflow);
good: cover property (@(posedge clk) check_take && authentic);
not_authentic: cover property (@(posedge clk) check_take && check_crypto && !authentic);
authentic_past_limit: cover property (@(posedge clk) check_take && authentic && usage_hard);
good_after_bad: cover property (@(posedge clk) check_take && authentic && bad_before);

endmodule

bind esp_receive esp_receive_cover esp_receive_cover_inst (.*);

`resetall
