// SPDX-License-Identifier: Apache-2.0
// Cover points of frame_store: full, a frame that finds no room, one that is thrown away.

`resetall
`default_nettype none

module frame_store_cover (
    input wire clk,
    input wire s_valid,
    input wire s_last,
    input wire s_commit,
    input wire s_overflow,
    input wire full_reg,
    input wire read
);

store_full: cover property (@(posedge clk) full_reg);
no_room: cover property (@(posedge clk) s_valid && s_overflow);
thrown_away: cover property (@(posedge clk) s_valid && s_last && !s_commit);
write_and_read: cover property (@(posedge clk) s_valid && read);

endmodule

bind frame_store frame_store_cover frame_store_cover_inst (.*);

`resetall
