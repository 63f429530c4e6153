// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * One register stage between a sender and a receiver, or none.
 *
 * STAGE = 1: a word taken in cycle t is on m_data in t + 1; it moves on in the cycle in which its successor comes, so that one word passes per cycle.
 * s_ready depends on m_ready. With CLOSE_GAPS = 0 it is m_ready: a register without a word is not filled while the receiver waits, and several stages move as
 * one. STAGE = 0: wires. Only the valid bit is reset.
 */
module elastic_register #(
    // bits of a word
    parameter WIDTH = 8,
    // 1: a register, 0: none
    parameter STAGE = 1,
    parameter CLOSE_GAPS = 1
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             s_valid,
    output wire             s_ready,
    input  wire [WIDTH-1:0] s_data,

    output wire             m_valid,
    input  wire             m_ready,
    output wire [WIDTH-1:0] m_data
);

generate
    if (STAGE != 0) begin : register
        reg valid_reg;
        reg [WIDTH-1:0] data_reg;

        assign s_ready = (CLOSE_GAPS != 0 && !valid_reg) || m_ready;
        assign m_valid = valid_reg;
        assign m_data = data_reg;

        always @(posedge clk) begin
            if (s_ready) begin
                valid_reg <= s_valid;
                data_reg <= s_data;
            end
            if (rst) begin
                valid_reg <= 1'b0;
            end
        end
    end else begin : wires
        wire unused = &{1'b0, clk, rst};

        assign s_ready = m_ready;
        assign m_valid = s_valid;
        assign m_data = s_data;
    end
endgenerate

endmodule

`resetall
