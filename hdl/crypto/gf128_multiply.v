// SPDX-License-Identifier: Apache-2.0
//
// gf128_multiply: pipelined multiplier in GF(2^128) of GHASH (SP 800-38D, 6.3).
//
// What     m_product = s_x * s_h. Unrolled digit-serial: stage k multiplies s_h with 128/STAGES bits of s_x and reduces.
// Latency  STAGES cycles, where every stage moves on in every cycle.    Rate: one product per cycle.
// move     bit k - 1: what is in stage k moves on, only with all stages behind it; s_valid only with all.
// Order    SP 800-38D: bit 127 of a block is the coefficient of x^0 (drawn in gf128_digit).
// Secrets  every register of a stage is zero while the stage holds no valid operands.
// Reset    empties and zeroes all stages.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module gf128_multiply #
(
    // pipeline stages: 1, 2, 4 or 8
    parameter STAGES = 4
)
(
    input  wire              clk,
    input  wire              rst,

    input  wire              s_valid,
    input  wire [127:0]      s_x,
    input  wire [127:0]      s_h,
    input  wire [STAGES-1:0] move,

    // zero where there is none
    output wire [127:0]      m_product
);

localparam DIGIT = 128 / STAGES;

generate
    genvar k;

    for (k = 0; k <= STAGES; k = k + 1) begin : stage
        wire         valid;
        wire [127:0] sum;
        // what is left of s_x, next digit lowest
        wire [127:0] x;
        wire [127:0] h;

        if (k == 0) begin : first
            assign valid = s_valid;
            assign sum = 128'd0;
            assign x = s_x;
            assign h = s_h;
        end else begin : next
            reg         valid_reg;
            reg [127:0] x_reg;
            reg [127:0] h_reg;
            wire        enable;
            wire        clear;

            if (k == 1) begin : loaded
                assign enable = stage[k-1].valid && !rst;
            end else begin : passed_on
                assign enable = stage[k-1].valid && move[k-2] && !rst;
            end
            assign clear = (valid_reg && move[k-1]) || rst;

            gf128_digit #(
                .DIGIT(DIGIT)
            ) gf128_digit_inst (
                .clk(clk),
                .s_enable(enable),
                .s_clear(clear && !enable),
                .s_sum(stage[k-1].sum),
                .s_digit(stage[k-1].x[DIGIT-1:0]),
                .s_h(stage[k-1].h),
                .m_sum(sum)
            );

            always @(posedge clk) begin
                if (enable) begin
                    valid_reg <= 1'b1;
                    x_reg <= stage[k-1].x >> DIGIT;
                    h_reg <= stage[k-1].h;
                end else if (clear) begin
                    valid_reg <= 1'b0;
                    x_reg <= 128'd0;
                    h_reg <= 128'd0;
                end
            end

            assign valid = valid_reg;
            assign x = x_reg;
            assign h = h_reg;
        end
    end
endgenerate

assign m_product = stage[STAGES].sum;

wire unused_tail = &{1'b0, stage[STAGES].valid, stage[STAGES].x, stage[STAGES].h};

endmodule

`resetall
