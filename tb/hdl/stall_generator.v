// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Says in each cycle whether to stall, at random: with probability rate / 256. The same seed gives the same pattern on every simulator
 * (xorshift32). rate = 0 never stalls. A new seed is taken whenever `seed` changes; random is for other uses (junk in dead lanes).
 */
module stall_generator (
    input  wire        clk,
    input  wire [31:0] seed,
    input  wire [7:0]  rate,
    output wire        stall,
    output wire [31:0] random
);

reg [31:0] state_reg = 32'd1;
reg [31:0] seed_reg = 32'd0;

wire [31:0] step_1 = state_reg ^ (state_reg << 13);
wire [31:0] step_2 = step_1 ^ (step_1 >> 17);
wire [31:0] step_3 = step_2 ^ (step_2 << 5);

assign stall = state_reg[31:24] < rate;
assign random = state_reg;

always @(posedge clk) begin
    seed_reg <= seed;
    // xorshift never leaves 0
    state_reg <= seed != seed_reg ? {seed[31:1], 1'b1} : step_3;
end

endmodule

`resetall
