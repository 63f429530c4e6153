// SPDX-License-Identifier: Apache-2.0
// Cover points of fifo: full and empty, and what comes then.

`resetall
`default_nettype none

module fifo_cover (
    input wire clk,
    input wire s_valid,
    input wire s_ready,
    input wire m_valid,
    input wire m_ready
);

full: cover property (@(posedge clk) !s_ready);
empty: cover property (@(posedge clk) !m_valid);
full_and_read: cover property (@(posedge clk) !s_ready && m_valid && m_ready);
write_and_read: cover property (@(posedge clk) s_valid && s_ready && m_valid && m_ready);

endmodule

bind fifo fifo_cover fifo_cover_inst (.*);

`resetall
