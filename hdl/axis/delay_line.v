// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Pure delay: what comes in cycle t leaves in cycle t + DELAY. Never stalls. The words lie in a ring of memory; only the valid bits move.
 */
module delay_line #(
    // bits of a word
    parameter WIDTH = 8,
    // cycles, 2 to 2**DEPTH_LOG2
    parameter DELAY = 8,
    // log2 of the ring
    parameter DEPTH_LOG2 = 4
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             s_valid,
    input  wire [WIDTH-1:0] s_data,

    output wire             m_valid,
    output reg  [WIDTH-1:0] m_data
);

reg [WIDTH-1:0] mem [0:2**DEPTH_LOG2-1];
reg [DELAY-1:0] valid_reg;
reg [DEPTH_LOG2-1:0] write_ptr_reg;

localparam [31:0] DISTANCE = DELAY - 1;

wire [DEPTH_LOG2-1:0] read_ptr = write_ptr_reg - DISTANCE[DEPTH_LOG2-1:0];

assign m_valid = valid_reg[DELAY-1];

always @(posedge clk) begin
    write_ptr_reg <= write_ptr_reg + 1'b1;
    valid_reg <= {valid_reg[DELAY-2:0], s_valid};
    if (s_valid) begin
        mem[write_ptr_reg] <= s_data;
    end
    if (valid_reg[DELAY-2]) begin
        m_data <= mem[read_ptr];
    end
    if (rst) begin
        write_ptr_reg <= 0;
        valid_reg <= 0;
    end
end

endmodule

`resetall
