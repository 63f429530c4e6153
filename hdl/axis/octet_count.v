// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Octets of a beat: 16, but for the last beat of a frame the number of lanes from lane 0 up to the first one whose tkeep is 0 (0 to 16).
 * tkeep of other beats, and what lies behind a hole, is ignored. Combinational.
 */
module octet_count (
    input  wire [15:0] tkeep,
    input  wire        tlast,
    output reg  [4:0]  octets
);

// the lowest 0 of tkeep, as a one-hot; none: all ones
wire [16:0] first_zero = {1'b1, ~tkeep} & (~{1'b1, ~tkeep} + 17'd1);

always @* begin
    octets[0] = |(first_zero & 17'h0aaaa);
    octets[1] = |(first_zero & 17'h0cccc);
    octets[2] = |(first_zero & 17'h0f0f0);
    octets[3] = |(first_zero & 17'h0ff00);
    octets[4] = first_zero[16];
    if (!tlast) begin
        octets = 5'd16;
    end
end

endmodule

`resetall
