// SPDX-License-Identifier: Apache-2.0
// Cover points of sa_hash_table: moves, the overflow CAM, no room.

`resetall
`default_nettype none

module sa_hash_table_cover #(
    parameter OVERFLOW = 16
) (
    input wire clk,
    input wire search_valid,
    input wire busy,
    input wire commit,
    input wire commit_valid,
    input wire found,
    input wire room,
    input wire result_hit,
    input wire [OVERFLOW-1:0] overflow_valid,
    input wire [3:0] state_reg
);

search_while_busy: cover property (@(posedge clk) search_valid && busy);
search_and_commit: cover property (@(posedge clk) search_valid && commit);
change: cover property (@(posedge clk) commit && commit_valid && found);
insert: cover property (@(posedge clk) commit && commit_valid && !found);
remove: cover property (@(posedge clk) commit && !commit_valid);
moved: cover property (@(posedge clk) state_reg == 4'd10);
overflow_used: cover property (@(posedge clk) |overflow_valid);
overflow_full: cover property (@(posedge clk) &overflow_valid);
no_room: cover property (@(posedge clk) !busy && state_reg == 4'd0 && !room && !found);
hit: cover property (@(posedge clk) result_hit);

endmodule

bind sa_hash_table sa_hash_table_cover #(.OVERFLOW(OVERFLOW)) sa_hash_table_cover_inst (.*);

`resetall
