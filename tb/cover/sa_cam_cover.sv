// SPDX-License-Identifier: Apache-2.0
// Cover points of sa_cam: what happens in the same cycle as what, and how many entries are in use.

`resetall
`default_nettype none

module sa_cam_cover #(
    parameter SA_COUNT = 64
) (
    input wire                clk,
    input wire                rst,
    input wire                search_valid,
    input wire                set_valid,
    input wire                clear_valid,
    input wire                clear_all,
    input wire                result_valid,
    input wire                result_hit,
    input wire [SA_COUNT-1:0] entry_valid
);

empty: cover property (@(posedge clk) !rst && search_valid && entry_valid == 0);
some: cover property (@(posedge clk) search_valid && entry_valid != 0 && !(&entry_valid));
full: cover property (@(posedge clk) search_valid && (&entry_valid));
search_and_set: cover property (@(posedge clk) search_valid && set_valid);
search_and_clear: cover property (@(posedge clk) search_valid && clear_valid);
search_and_clear_all: cover property (@(posedge clk) !rst && search_valid && clear_all);
hit: cover property (@(posedge clk) result_valid && result_hit);
miss: cover property (@(posedge clk) result_valid && !result_hit);

endmodule

bind sa_cam sa_cam_cover #(.SA_COUNT(SA_COUNT)) sa_cam_cover_inst (.*);

`resetall
