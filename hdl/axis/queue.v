// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * A fifo with a register stage behind it: what leaves does not come from the memory's output. One word in and one out per cycle (STAGE = 3: in two).
 *
 * A word written in cycle t is on m_data in t + 1 (block RAM: t + 2), with registers one cycle later; with them the queue holds as many words more.
 * A write without s_ready is ignored. Only valid bits and pointers are reset.
 *
 * For a sender that cannot stall at once `room` is a register: while it is high, AHEAD words fit that come in this cycle and later, so many as may
 * still come after the sender has seen it low.
 */
module queue #(
    // bits of a word
    parameter WIDTH = 8,
    // log2 of the number of words in the memory
    parameter DEPTH_LOG2 = 4,
    // 0: distributed RAM, 1: block RAM
    parameter BLOCK_RAM = 0,
    // registers behind the memory: 0: none, a fifo; 1; 2: two, and m_ready does not get as far as the memory; 3: nor does it with one, at half of the rate
    parameter STAGE = 1,
    // see room; less than 2**DEPTH_LOG2
    parameter AHEAD = 2
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                s_valid,
    output wire                s_ready,
    input  wire [WIDTH-1:0]    s_data,
    output reg                 room,

    output wire                m_valid,
    input  wire                m_ready,
    output wire [WIDTH-1:0]    m_data
);

wire stored_valid;
wire stored_ready;
wire [WIDTH-1:0] stored_data;
wire [DEPTH_LOG2:0] level;

// a word may come in the cycle in which level is looked at
localparam [31:0] MOST = 2**DEPTH_LOG2 - AHEAD - 1;

fifo #(
    .WIDTH(WIDTH),
    .DEPTH_LOG2(DEPTH_LOG2),
    .BLOCK_RAM(BLOCK_RAM)
) fifo_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(s_valid),
    .s_ready(s_ready),
    .s_data(s_data),
    .m_valid(stored_valid),
    .m_ready(stored_ready),
    .m_data(stored_data),
    .level(level)
);

elastic_register #(
    .WIDTH(WIDTH),
    .STAGE(STAGE)
) elastic_register_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(stored_valid),
    .s_ready(stored_ready),
    .s_data(stored_data),
    .m_valid(m_valid),
    .m_ready(m_ready),
    .m_data(m_data)
);

always @(posedge clk) begin
    room <= level <= MOST[DEPTH_LOG2:0];
end

endmodule

`resetall
