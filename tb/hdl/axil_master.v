// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Carries out batches of register accesses on an AXI4-Lite bus, one after the other.
 *
 * Access i of a batch is request[64*i +: 64] = {write, 15'b0, address[15:0], data[31:0]}. start (a toggle, sampled with the clock) takes `count` of them;
 * when all are done, result[32*i +: 32] holds what reads returned, failed whether any response was not OKAY, and the toggle
 * `done` flips one cycle later.
 */
module axil_master #(
    // accesses of a batch
    parameter BATCH = 64,
    parameter ADDRESS_WIDTH = 12
) (
    input  wire                     clk,
    input  wire                     rst,

    input  wire [64*BATCH-1:0]      request,
    input  wire [7:0]               count,
    input  wire                     start,
    output reg  [32*BATCH-1:0]      result,
    output reg                      failed,
    output reg                      done,

    output reg  [ADDRESS_WIDTH-1:0] m_axil_awaddr,
    output wire [2:0]               m_axil_awprot,
    output reg                      m_axil_awvalid,
    input  wire                     m_axil_awready,
    output reg  [31:0]              m_axil_wdata,
    output wire [3:0]               m_axil_wstrb,
    output reg                      m_axil_wvalid,
    input  wire                     m_axil_wready,
    input  wire [1:0]               m_axil_bresp,
    input  wire                     m_axil_bvalid,
    output wire                     m_axil_bready,
    output reg  [ADDRESS_WIDTH-1:0] m_axil_araddr,
    output wire [2:0]               m_axil_arprot,
    output reg                      m_axil_arvalid,
    input  wire                     m_axil_arready,
    input  wire [31:0]              m_axil_rdata,
    input  wire [1:0]               m_axil_rresp,
    input  wire                     m_axil_rvalid,
    output wire                     m_axil_rready
);

reg start_reg;
reg running_reg;
reg waiting_reg;
reg flip_reg;
reg [7:0] index_reg;

/* verilator lint_off UNUSEDSIGNAL */ // 15 bits are spare
wire [63:0] access = request[64*index_reg[5:0] +: 64];
/* verilator lint_on UNUSEDSIGNAL */

assign m_axil_awprot = 3'd0;
assign m_axil_arprot = 3'd0;
assign m_axil_wstrb = 4'hf;
assign m_axil_bready = 1'b1;
assign m_axil_rready = 1'b1;

always @(posedge clk) begin
    start_reg <= start;
    flip_reg <= 1'b0;
    if (flip_reg && !rst) begin
        done <= !done;
    end
    if (start != start_reg) begin
        running_reg <= 1'b1;
        waiting_reg <= 1'b0;
        index_reg <= 8'd0;
        failed <= 1'b0;
    end else if (running_reg) begin
        if (index_reg == count) begin
            running_reg <= 1'b0;
            flip_reg <= 1'b1;
        end else if (!waiting_reg) begin
            waiting_reg <= 1'b1;
            m_axil_awaddr <= access[32 +: ADDRESS_WIDTH];
            m_axil_araddr <= access[32 +: ADDRESS_WIDTH];
            m_axil_wdata <= access[31:0];
            m_axil_awvalid <= access[63];
            m_axil_wvalid <= access[63];
            m_axil_arvalid <= !access[63];
        end else if (m_axil_bvalid || m_axil_rvalid) begin
            waiting_reg <= 1'b0;
            index_reg <= index_reg + 8'd1;
            result[32*index_reg[5:0] +: 32] <= m_axil_rvalid ? m_axil_rdata : 32'd0;
            failed <= failed || (m_axil_bvalid && m_axil_bresp != 2'b00) || (m_axil_rvalid && m_axil_rresp != 2'b00);
        end
    end
    if (m_axil_awready && m_axil_awvalid) begin
        m_axil_awvalid <= 1'b0;
    end
    if (m_axil_wready && m_axil_wvalid) begin
        m_axil_wvalid <= 1'b0;
    end
    if (m_axil_arready && m_axil_arvalid) begin
        m_axil_arvalid <= 1'b0;
    end
    if (rst) begin
        start_reg <= start;
        running_reg <= 1'b0;
        waiting_reg <= 1'b0;
        flip_reg <= 1'b0;
        m_axil_awvalid <= 1'b0;
        m_axil_wvalid <= 1'b0;
        m_axil_arvalid <= 1'b0;
    end
end

initial begin
    done = 1'b0;
    result = 0;
end

endmodule

`resetall
