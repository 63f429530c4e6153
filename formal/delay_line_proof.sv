// SPDX-License-Identifier: Apache-2.0
/*
 * delay_line: what comes in cycle t leaves in cycle t + DELAY, unchanged, and nothing else leaves.
 */
`default_nettype none

module delay_line_proof #(
    parameter WIDTH = 4,
    parameter DELAY = 5,
    parameter DEPTH_LOG2 = 3
) (
    input wire             clk,
    input wire             rst,
    input wire             s_valid,
    input wire [WIDTH-1:0] s_data
);

wire m_valid;
wire [WIDTH-1:0] m_data;

delay_line #(.WIDTH(WIDTH), .DELAY(DELAY), .DEPTH_LOG2(DEPTH_LOG2)) dut (.*);

reg past_valid = 1'b0;
// what came n + 1 cycles ago
reg [DELAY-1:0] valid_reg;
reg [WIDTH-1:0] data_reg [0:DELAY-1];
reg [DEPTH_LOG2-1:0] place;
reg kept;
integer i;

// the words that have not been read lie in the ring
always @* begin
    kept = 1'b1;
    for (i = 0; i < DELAY - 1; i = i + 1) begin
        place = dut.write_ptr_reg - 1 - i;
        kept = kept && (!valid_reg[i] || dut.mem[place] == data_reg[i]);
    end
end

always @(posedge clk) begin
    past_valid <= 1'b1;
    valid_reg <= rst ? 0 : {valid_reg[DELAY-2:0], s_valid};
    data_reg[0] <= s_data;
    for (int n = 1; n < DELAY; n = n + 1) data_reg[n] <= data_reg[n-1];
    if (!past_valid) assume (rst);

    if (past_valid) begin
        leaves_in_its_cycle: assert (m_valid == valid_reg[DELAY-1]);
        leaves_unchanged: assert (!m_valid || m_data == data_reg[DELAY-1]);
        valid_bits: assert (dut.valid_reg == valid_reg);
        words_are_kept: assert (kept);

        one_after_the_other: cover (&valid_reg && data_reg[0] != data_reg[1]);
        alone: cover (m_valid && valid_reg == 1 << (DELAY - 1));
        the_ring_has_turned: cover (m_valid && dut.write_ptr_reg == 1 && $past(dut.write_ptr_reg == 0));
    end
end

endmodule

`default_nettype wire
