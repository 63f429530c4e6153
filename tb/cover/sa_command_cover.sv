// SPDX-License-Identifier: Apache-2.0
// Cover points of sa_command: what waits for what.

`resetall
`default_nettype none

module sa_command_cover (
    input wire clk,
    input wire [4:0] state_reg,
    input wire h_req_valid,
    input wire h_req_ready,
    input wire clear_all,
    input wire set_valid,
    input wire clear_valid
);

waits_for_frames: cover property (@(posedge clk) state_reg == 5'd13 && $past(state_reg) == 5'd13);
hash_key_asked: cover property (@(posedge clk) h_req_valid && h_req_ready);
hash_key_waits: cover property (@(posedge clk) h_req_valid && !h_req_ready);
stored: cover property (@(posedge clk) set_valid);
removed: cover property (@(posedge clk) clear_valid);
all_removed: cover property (@(posedge clk) clear_all);

endmodule

bind sa_command sa_command_cover sa_command_cover_inst (.*);

`resetall
