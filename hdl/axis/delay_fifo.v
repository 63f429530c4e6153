// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * FIFO whose words are not offered before they are DELAY cycles old.
 *
 * A word accepted in cycle t is offered on m_ from cycle t + DELAY on. While the reader keeps up, every word leaves exactly
 * DELAY cycles after it came, which makes the latency of a whole path constant; when the reader stalls it is an
 * ordinary FIFO. One word in and one out per cycle.
 *
 * REGISTER = 1: the same, but what leaves is in a register instead of on the output of the block RAM, and holds one word more.
 */
module delay_fifo #(
    // bits of a word
    parameter WIDTH = 8,
    // log2 of the number of words; 2**DEPTH_LOG2 > DELAY for full throughput
    parameter DEPTH_LOG2 = 6,
    // age in cycles at which a word is offered, at least 3, with REGISTER 5
    parameter DELAY = 16,
    // 1: m_data is a register
    parameter REGISTER = 0
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                s_valid,
    output wire                s_ready,
    input  wire [WIDTH-1:0]    s_data,

    output wire                m_valid,
    input  wire                m_ready,
    output wire [WIDTH-1:0]    m_data
);

// accepted words that are not yet old enough, one bit for each cycle of age
reg [DELAY-2:0] age_reg;
// words inside that are old enough
reg [DEPTH_LOG2+1:0] ripe_reg;

wire stored;
wire accept = s_valid && s_ready;
wire ripe = REGISTER != 0 || ripe_reg != 0;
wire offer = stored && ripe;
wire offer_ready;
wire [WIDTH-1:0] offer_data;
wire take = offer && offer_ready;
/* verilator lint_off UNUSEDSIGNAL */ // the level is of no use here
wire [DEPTH_LOG2:0] level;
/* verilator lint_on UNUSEDSIGNAL */

fifo #(
    .WIDTH(WIDTH),
    .DEPTH_LOG2(DEPTH_LOG2),
    .BLOCK_RAM(1),
    // with REGISTER a word waits in the memory until it is old enough
    .HOLD(REGISTER != 0 ? DELAY - 3 : 0)
) fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(s_valid),
    .s_ready(s_ready),
    .s_data(s_data),
    .m_valid(stored),
    .m_ready(take),
    .m_data(offer_data),
    .level(level)
);

elastic_register #(
    .WIDTH(WIDTH),
    .STAGE(REGISTER)
) elastic_register_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(offer),
    .s_ready(offer_ready),
    .s_data(offer_data),
    .m_valid(m_valid),
    .m_ready(m_ready),
    .m_data(m_data)
);

always @(posedge clk) begin
    age_reg <= {age_reg[DELAY-3:0], accept};
    if (age_reg[DELAY-2] && !take) begin
        ripe_reg <= ripe_reg + 1'b1;
    end else if (!age_reg[DELAY-2] && take) begin
        ripe_reg <= ripe_reg - 1'b1;
    end
    if (rst) begin
        age_reg <= 0;
        ripe_reg <= 0;
    end
end

endmodule

`resetall
