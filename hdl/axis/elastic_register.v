// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * A register stage between a sender and a receiver, or none.
 *
 * STAGE = 1: a word taken in cycle t is on m_data in t + 1; it moves on in the cycle in which its successor comes, so that one word passes per cycle.
 * s_ready depends on m_ready. With CLOSE_GAPS = 0 it is m_ready: a register without a word is not filled while the receiver waits, and several stages move as
 * one. STAGE = 2: two words, so that s_ready is a register too: m_ready moves the word on m_data and nothing else; latency and rate are those of one.
 * STAGE = 3: as with 2, but for one word in two cycles, with one register and no choice in front of it: s_ready comes in the cycle after the word was taken,
 * so that the sender keeps it until then; a word that waits behind the one on m_data follows it at once. STAGE = 0: wires.
 * Only the valid bits are reset.
 */
module elastic_register #(
    // bits of a word
    parameter WIDTH = 8,
    // 0 to 3, see above
    parameter STAGE = 1,
    // with one register
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
    if (STAGE == 2) begin : two_registers
        reg valid_reg;
        reg [WIDTH-1:0] data_reg;
        // the word behind the one on m_data, and what came last, which is that word
        reg spare_valid_reg;
        reg [WIDTH-1:0] spare_reg;

        assign s_ready = !spare_valid_reg;
        assign m_valid = valid_reg;
        assign m_data = data_reg;

        always @(posedge clk) begin
            if (!spare_valid_reg) begin
                spare_reg <= s_data;
            end
            if (m_ready || !valid_reg) begin
                data_reg <= spare_valid_reg ? spare_reg : s_data;
                valid_reg <= spare_valid_reg || s_valid;
            end
            spare_valid_reg <= valid_reg && !m_ready && (spare_valid_reg || s_valid);
            if (rst) begin
                valid_reg <= 1'b0;
                spare_valid_reg <= 1'b0;
            end
        end
    end else if (STAGE == 3) begin : register_at_half_rate
        reg valid_reg;
        reg [WIDTH-1:0] data_reg;
        // the word on s_data is here already
        reg taken_reg;

        assign s_ready = taken_reg;
        assign m_valid = valid_reg;
        assign m_data = data_reg;

        always @(posedge clk) begin
            taken_reg <= 1'b0;
            if (m_ready || !valid_reg) begin
                data_reg <= s_data;
                valid_reg <= s_valid && !taken_reg;
                taken_reg <= s_valid && !taken_reg;
            end
            if (rst) begin
                valid_reg <= 1'b0;
                taken_reg <= 1'b0;
            end
        end
    end else if (STAGE == 1) begin : register
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
