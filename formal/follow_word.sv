// SPDX-License-Identifier: Apache-2.0
/*
 * Follows one word through a queue: any one, that which is accepted when `choose` is up for the first time. What holds for it holds for every word.
 *
 * held counts the words in the queue, front those in front of the word. The word must be the one that leaves (word_out) when front is 0.
 */
`default_nettype none

module follow_word #(
    parameter WIDTH = 4,
    // bits of the counts
    parameter COUNT = 4
) (
    input wire              clk,
    input wire              rst,
    input wire              in,
    input wire [WIDTH-1:0]  data,
    input wire              out,
    input wire              choose,

    output reg [COUNT-1:0]  held,
    // the word is in the queue
    output reg              following,
    output reg [COUNT-1:0]  front,
    output reg [WIDTH-1:0]  word,
    // the word has left
    output reg              followed,
    output wire             word_out
);

wire take = in && choose && !following && !followed;

assign word_out = following && out && front == 0;

always @(posedge clk) begin
    held <= held + in - out;
    if (take) begin
        following <= 1'b1;
        front <= held - out;
        word <= data;
    end else if (word_out) begin
        following <= 1'b0;
        followed <= 1'b1;
    end else if (following && out) begin
        front <= front - 1'b1;
    end
    if (rst) begin
        held <= 0;
        following <= 1'b0;
        followed <= 1'b0;
    end
end

endmodule

`default_nettype wire
