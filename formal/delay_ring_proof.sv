// SPDX-License-Identifier: Apache-2.0
/*
 * delay_ring: what comes in cycle t leaves in cycle t + DELAY, unchanged, but for the DELAY cycles behind a reset.
 */
`default_nettype none

module delay_ring_proof #(
    parameter WIDTH = 4,
    parameter DELAY = 5
) (
    input wire             clk,
    input wire             rst,
    input wire [WIDTH-1:0] s_data
);

wire [WIDTH-1:0] m_data;

delay_ring #(.WIDTH(WIDTH), .DELAY(DELAY)) dut (.*);

reg past_valid = 1'b0;
// what came n + 1 cycles ago, and whether there was no reset since
reg [DELAY-1:0] counts_reg;
reg [WIDTH-1:0] data_reg [0:DELAY-1];

always @(posedge clk) begin
    past_valid <= 1'b1;
    counts_reg <= rst ? 0 : {counts_reg[DELAY-2:0], 1'b1};
    data_reg[0] <= s_data;
    for (int n = 1; n < DELAY; n = n + 1) data_reg[n] <= data_reg[n-1];
    if (!past_valid) assume (rst);

    if (past_valid) begin
        leaves_in_its_cycle: assert (!counts_reg[DELAY-1] || m_data == data_reg[DELAY-1]);
        several_words: cover (counts_reg[DELAY-1] && data_reg[DELAY-1] != data_reg[DELAY-2]);
        after_a_reset: cover (counts_reg[DELAY-1] && $past(rst, DELAY + 1) && $past(past_valid, DELAY + 1));
    end
end

generate
    genvar low, back;

    // the words that have not been read lie in the ring
    for (low = 0; low < WIDTH; low = low + 32) begin : group
        localparam BITS = WIDTH - low < 32 ? WIDTH - low : 32;

        always @(posedge clk) begin
            if (past_valid) begin
                pointers: assert (4'(dut.group[low].write_ptr_reg - dut.group[low].read_ptr_reg) == DELAY - 1);
            end
        end

        for (back = 0; back < DELAY - 1; back = back + 1) begin : word
            wire [3:0] place = dut.group[low].write_ptr_reg - 1 - back;

            always @(posedge clk) begin
                if (past_valid) begin
                    words_are_kept: assert (!counts_reg[back] || dut.group[low].mem[place] == data_reg[back][low +: BITS]);
                end
            end
        end
    end
endgenerate

endmodule

`default_nettype wire
