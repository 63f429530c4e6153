// SPDX-License-Identifier: Apache-2.0
//
// gf128_stage: the wide register of a pipeline stage, whose enable may be known a cycle ahead.
//
// What     clear: m_data becomes zero; else load: m_data <= s_data; else it holds.
// AHEAD    1: load belongs to the next cycle. It is registered here, once for SLICE bits of data, so that no wire of the enable goes to
//          hundreds of registers, and no logic lies before it.
// Reset    by clear. One clear for many stages: registers of many different resets are hard to place in an FPGA.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module gf128_stage #
(
    // bits of data
    parameter WIDTH = 128,
    // 1: load comes a cycle before the data
    parameter AHEAD = 0,
    // AHEAD: bits for one copy of load
    parameter SLICE = 128
)
(
    input  wire             clk,

    input  wire             load,
    input  wire             clear,
    input  wire [WIDTH-1:0] s_data,
    output wire [WIDTH-1:0] m_data
);

reg [WIDTH-1:0] m_data_reg;

assign m_data = m_data_reg;

generate
    genvar k;

    if (AHEAD != 0) begin : ahead
        for (k = 0; k < WIDTH; k = k + SLICE) begin : slice
            localparam BITS = WIDTH - k < SLICE ? WIDTH - k : SLICE;

            reg load_reg;

            // keep: on the process, or equal registers become one
            (* keep *) always @(posedge clk) begin
                load_reg <= load;
            end

            always @(posedge clk) begin
                if (clear) begin
                    m_data_reg[k +: BITS] <= {BITS{1'b0}};
                end else if (load_reg) begin
                    m_data_reg[k +: BITS] <= s_data[k +: BITS];
                end
            end
        end
    end else begin : at_once
        always @(posedge clk) begin
            if (clear) begin
                m_data_reg <= {WIDTH{1'b0}};
            end else if (load) begin
                m_data_reg <= s_data;
            end
        end
    end
endgenerate

endmodule

`resetall
