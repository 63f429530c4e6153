// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

/*
 * The engine with a transactor on every port; Python (tb/bench.py) talks to the transactors only. The clock is made here.
 *
 *   tx_source -> s_axis_tx   m_axis_tx -> tx_sink   m_axis_tx_status -> status_sink
 *   rx_source -> s_axis_rx   m_axis_rx -> rx_sink   registers -> s_axil
 */
module ipsec_bench #(
    // parameters of ipsec_engine
    parameter SA_COUNT = 64,
    parameter MAX_KEY_BITS = 256,
    parameter CYCLES_PER_ROUND = 1,
    parameter SBOX_STYLE = 0,
    parameter KEY_STORE = 0,
    parameter TX_ROM_ROUNDS = 0,
    parameter RX_ROM_ROUNDS = 0,
    parameter SHARED_AES = 0,
    parameter GHASH_STAGES = 4,
    parameter GHASH_STYLE = 0,
    parameter EXTRA_REGISTERS = 0,
    parameter RX_STORE_LOG2 = 11,
    // beats of a chunk of the transactors, and of the sink for the status
    parameter CHUNK_BEATS = 512,
    parameter STATUS_BEATS = 192,
    // frames whose cycles the sources keep
    parameter STAMPS = 256,
    // register accesses of a batch
    parameter BATCH = 64
);

reg clk = 1'b0;
reg clk_2x = 1'b0;
reg rst = 1'b1;
// clock cycles since the start of the simulation
reg [31:0] cycle = 32'd0;

generate
    if (SHARED_AES != 0) begin : two_clocks
        // both in one process: edges at the same time are one event
        always begin
            #2.5 clk_2x = 1'b0;
            #2.5 clk_2x = 1'b1;
            clk = 1'b1;
            #2.5 clk_2x = 1'b0;
            #2.5 clk_2x = 1'b1;
            clk = 1'b0;
        end
    end else begin : one_clock
        always #5 clk = !clk;
    end
endgenerate

always @(posedge clk) begin
    cycle <= cycle + 32'd1;
end


/*
 * Set by Python
 */
reg [128*CHUNK_BEATS-1:0] tx_source_chunk = 0;
reg [15:0] tx_source_chunk_beats = 16'd0;
reg tx_source_push = 1'b0;
reg [7:0] tx_source_stall_rate = 8'd0;
reg [31:0] tx_source_seed = 32'd1;
reg [128*CHUNK_BEATS-1:0] rx_source_chunk = 0;
reg [15:0] rx_source_chunk_beats = 16'd0;
reg rx_source_push = 1'b0;
reg [7:0] rx_source_stall_rate = 8'd0;
reg [31:0] rx_source_seed = 32'd1;
reg [7:0] tx_sink_stall_rate = 8'd0;
reg [31:0] tx_sink_seed = 32'd1;
reg [7:0] status_sink_stall_rate = 8'd0;
reg [31:0] status_sink_seed = 32'd1;
reg [7:0] rx_sink_stall_rate = 8'd0;
reg [31:0] rx_sink_seed = 32'd1;
reg [64*BATCH-1:0] registers_request = 0;
reg [7:0] registers_count = 8'd0;
reg registers_start = 1'b0;

/*
 * Read by Python
 */
/* verilator lint_off UNUSEDSIGNAL */ // read through VPI only
wire irq;
wire [31:0] tx_source_consumed;
wire [64*STAMPS-1:0] tx_source_stamps;
wire [31:0] tx_source_frames;
wire [31:0] rx_source_consumed;
wire [64*STAMPS-1:0] rx_source_stamps;
wire [31:0] rx_source_frames;
wire [128*CHUNK_BEATS-1:0] tx_sink_chunk;
wire [CHUNK_BEATS-1:0] tx_sink_marks;
wire [15:0] tx_sink_chunk_beats;
wire tx_sink_ready;
wire [31:0] tx_sink_errors;
wire [128*STATUS_BEATS-1:0] status_sink_chunk;
wire [STATUS_BEATS-1:0] status_sink_marks;
wire [15:0] status_sink_chunk_beats;
wire status_sink_ready;
wire [31:0] status_sink_errors;
wire [128*CHUNK_BEATS-1:0] rx_sink_chunk;
wire [CHUNK_BEATS-1:0] rx_sink_marks;
wire [15:0] rx_sink_chunk_beats;
wire rx_sink_ready;
wire [31:0] rx_sink_errors;
wire [32*BATCH-1:0] registers_result;
wire registers_failed;
wire registers_done;
/* verilator lint_on UNUSEDSIGNAL */

/*
 * Ports of the engine
 */
wire [11:0] s_axil_awaddr;
wire [2:0] s_axil_awprot;
wire s_axil_awvalid;
wire s_axil_awready;
wire [31:0] s_axil_wdata;
wire [3:0] s_axil_wstrb;
wire s_axil_wvalid;
wire s_axil_wready;
wire [1:0] s_axil_bresp;
wire s_axil_bvalid;
wire s_axil_bready;
wire [11:0] s_axil_araddr;
wire [2:0] s_axil_arprot;
wire s_axil_arvalid;
wire s_axil_arready;
wire [31:0] s_axil_rdata;
wire [1:0] s_axil_rresp;
wire s_axil_rvalid;
wire s_axil_rready;
wire [127:0] s_axis_tx_tdata;
wire [15:0] s_axis_tx_tkeep;
wire s_axis_tx_tvalid;
wire s_axis_tx_tready;
wire s_axis_tx_tlast;
wire [63:0] s_axis_tx_tuser;
wire [127:0] m_axis_tx_tdata;
wire [15:0] m_axis_tx_tkeep;
wire m_axis_tx_tvalid;
wire m_axis_tx_tready;
wire m_axis_tx_tlast;
wire m_axis_tx_tuser;
wire [7:0] m_axis_tx_status_tdata;
wire m_axis_tx_status_tvalid;
wire m_axis_tx_status_tready;
wire [127:0] s_axis_rx_tdata;
wire [15:0] s_axis_rx_tkeep;
wire s_axis_rx_tvalid;
wire s_axis_rx_tready;
wire s_axis_rx_tlast;
wire [127:0] m_axis_rx_tdata;
wire [15:0] m_axis_rx_tkeep;
wire m_axis_rx_tvalid;
wire m_axis_rx_tready;
wire m_axis_rx_tlast;
wire [95:0] m_axis_rx_tuser;
/* verilator lint_off UNUSEDSIGNAL */ // frames from the host use 64 bits of it, frames from the wire none
wire [95:0] tx_source_tuser;
wire [95:0] rx_source_tuser;
/* verilator lint_on UNUSEDSIGNAL */

assign s_axis_tx_tuser = tx_source_tuser[63:0];

ipsec_engine #(
    .SA_COUNT(SA_COUNT),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .KEY_STORE(KEY_STORE),
    .TX_ROM_ROUNDS(TX_ROM_ROUNDS),
    .RX_ROM_ROUNDS(RX_ROM_ROUNDS),
    .SHARED_AES(SHARED_AES),
    .GHASH_STAGES(GHASH_STAGES),
    .GHASH_STYLE(GHASH_STYLE),
    .EXTRA_REGISTERS(EXTRA_REGISTERS),
    .RX_STORE_LOG2(RX_STORE_LOG2)
) ipsec_engine_inst (
    .clk(clk),
    .clk_2x(clk_2x),
    .rst(rst),
    .s_axil_awaddr(s_axil_awaddr),
    .s_axil_awprot(s_axil_awprot),
    .s_axil_awvalid(s_axil_awvalid),
    .s_axil_awready(s_axil_awready),
    .s_axil_wdata(s_axil_wdata),
    .s_axil_wstrb(s_axil_wstrb),
    .s_axil_wvalid(s_axil_wvalid),
    .s_axil_wready(s_axil_wready),
    .s_axil_bresp(s_axil_bresp),
    .s_axil_bvalid(s_axil_bvalid),
    .s_axil_bready(s_axil_bready),
    .s_axil_araddr(s_axil_araddr),
    .s_axil_arprot(s_axil_arprot),
    .s_axil_arvalid(s_axil_arvalid),
    .s_axil_arready(s_axil_arready),
    .s_axil_rdata(s_axil_rdata),
    .s_axil_rresp(s_axil_rresp),
    .s_axil_rvalid(s_axil_rvalid),
    .s_axil_rready(s_axil_rready),
    .irq(irq),
    .s_axis_tx_tdata(s_axis_tx_tdata),
    .s_axis_tx_tkeep(s_axis_tx_tkeep),
    .s_axis_tx_tvalid(s_axis_tx_tvalid),
    .s_axis_tx_tready(s_axis_tx_tready),
    .s_axis_tx_tlast(s_axis_tx_tlast),
    .s_axis_tx_tuser(s_axis_tx_tuser),
    .m_axis_tx_tdata(m_axis_tx_tdata),
    .m_axis_tx_tkeep(m_axis_tx_tkeep),
    .m_axis_tx_tvalid(m_axis_tx_tvalid),
    .m_axis_tx_tready(m_axis_tx_tready),
    .m_axis_tx_tlast(m_axis_tx_tlast),
    .m_axis_tx_tuser(m_axis_tx_tuser),
    .m_axis_tx_status_tdata(m_axis_tx_status_tdata),
    .m_axis_tx_status_tvalid(m_axis_tx_status_tvalid),
    .m_axis_tx_status_tready(m_axis_tx_status_tready),
    .s_axis_rx_tdata(s_axis_rx_tdata),
    .s_axis_rx_tkeep(s_axis_rx_tkeep),
    .s_axis_rx_tvalid(s_axis_rx_tvalid),
    .s_axis_rx_tready(s_axis_rx_tready),
    .s_axis_rx_tlast(s_axis_rx_tlast),
    .m_axis_rx_tdata(m_axis_rx_tdata),
    .m_axis_rx_tkeep(m_axis_rx_tkeep),
    .m_axis_rx_tvalid(m_axis_rx_tvalid),
    .m_axis_rx_tready(m_axis_rx_tready),
    .m_axis_rx_tlast(m_axis_rx_tlast),
    .m_axis_rx_tuser(m_axis_rx_tuser)
);

axis_source #(
    .CHUNK_BEATS(CHUNK_BEATS),
    .STAMPS(STAMPS)
) tx_source_inst (
    .clk(clk),
    .rst(rst),
    .cycle(cycle),
    .chunk(tx_source_chunk),
    .chunk_beats(tx_source_chunk_beats),
    .push(tx_source_push),
    .consumed(tx_source_consumed),
    .stamps(tx_source_stamps),
    .frames(tx_source_frames),
    .stall_rate(tx_source_stall_rate),
    .seed(tx_source_seed),
    .m_axis_tdata(s_axis_tx_tdata),
    .m_axis_tkeep(s_axis_tx_tkeep),
    .m_axis_tvalid(s_axis_tx_tvalid),
    .m_axis_tready(s_axis_tx_tready),
    .m_axis_tlast(s_axis_tx_tlast),
    .m_axis_tuser(tx_source_tuser)
);

axis_source #(
    .CHUNK_BEATS(CHUNK_BEATS),
    .STAMPS(STAMPS)
) rx_source_inst (
    .clk(clk),
    .rst(rst),
    .cycle(cycle),
    .chunk(rx_source_chunk),
    .chunk_beats(rx_source_chunk_beats),
    .push(rx_source_push),
    .consumed(rx_source_consumed),
    .stamps(rx_source_stamps),
    .frames(rx_source_frames),
    .stall_rate(rx_source_stall_rate),
    .seed(rx_source_seed),
    .m_axis_tdata(s_axis_rx_tdata),
    .m_axis_tkeep(s_axis_rx_tkeep),
    .m_axis_tvalid(s_axis_rx_tvalid),
    .m_axis_tready(s_axis_rx_tready),
    .m_axis_tlast(s_axis_rx_tlast),
    .m_axis_tuser(rx_source_tuser)
);

axis_sink #(
    .CHUNK_BEATS(CHUNK_BEATS),
    .CONSTANT_USER(0)
) tx_sink_inst (
    .clk(clk),
    .rst(rst),
    .cycle(cycle),
    .chunk(tx_sink_chunk),
    .marks(tx_sink_marks),
    .chunk_beats(tx_sink_chunk_beats),
    .ready(tx_sink_ready),
    .errors(tx_sink_errors),
    .hold(1'b0),
    .stall_rate(tx_sink_stall_rate),
    .seed(tx_sink_seed),
    .s_axis_tdata(m_axis_tx_tdata),
    .s_axis_tkeep(m_axis_tx_tkeep),
    .s_axis_tvalid(m_axis_tx_tvalid),
    .s_axis_tready(m_axis_tx_tready),
    .s_axis_tlast(m_axis_tx_tlast),
    .s_axis_tuser({95'd0, m_axis_tx_tuser})
);

axis_sink #(
    .CHUNK_BEATS(STATUS_BEATS),
    .CONSTANT_USER(0)
) status_sink_inst (
    .clk(clk),
    .rst(rst),
    .cycle(cycle),
    .chunk(status_sink_chunk),
    .marks(status_sink_marks),
    .chunk_beats(status_sink_chunk_beats),
    .ready(status_sink_ready),
    .errors(status_sink_errors),
    .hold(m_axis_tx_tvalid),
    .stall_rate(status_sink_stall_rate),
    .seed(status_sink_seed),
    .s_axis_tdata({120'd0, m_axis_tx_status_tdata}),
    .s_axis_tkeep(16'h0001),
    .s_axis_tvalid(m_axis_tx_status_tvalid),
    .s_axis_tready(m_axis_tx_status_tready),
    .s_axis_tlast(1'b1),
    .s_axis_tuser(96'd0)
);

axis_sink #(
    .CHUNK_BEATS(CHUNK_BEATS),
    .CONSTANT_USER(1)
) rx_sink_inst (
    .clk(clk),
    .rst(rst),
    .cycle(cycle),
    .chunk(rx_sink_chunk),
    .marks(rx_sink_marks),
    .chunk_beats(rx_sink_chunk_beats),
    .ready(rx_sink_ready),
    .errors(rx_sink_errors),
    .hold(1'b0),
    .stall_rate(rx_sink_stall_rate),
    .seed(rx_sink_seed),
    .s_axis_tdata(m_axis_rx_tdata),
    .s_axis_tkeep(m_axis_rx_tkeep),
    .s_axis_tvalid(m_axis_rx_tvalid),
    .s_axis_tready(m_axis_rx_tready),
    .s_axis_tlast(m_axis_rx_tlast),
    .s_axis_tuser(m_axis_rx_tuser)
);

axil_master #(
    .BATCH(BATCH)
) registers_inst (
    .clk(clk),
    .rst(rst),
    .request(registers_request),
    .count(registers_count),
    .start(registers_start),
    .result(registers_result),
    .failed(registers_failed),
    .done(registers_done),
    .m_axil_awaddr(s_axil_awaddr),
    .m_axil_awprot(s_axil_awprot),
    .m_axil_awvalid(s_axil_awvalid),
    .m_axil_awready(s_axil_awready),
    .m_axil_wdata(s_axil_wdata),
    .m_axil_wstrb(s_axil_wstrb),
    .m_axil_wvalid(s_axil_wvalid),
    .m_axil_wready(s_axil_wready),
    .m_axil_bresp(s_axil_bresp),
    .m_axil_bvalid(s_axil_bvalid),
    .m_axil_bready(s_axil_bready),
    .m_axil_araddr(s_axil_araddr),
    .m_axil_arprot(s_axil_arprot),
    .m_axil_arvalid(s_axil_arvalid),
    .m_axil_arready(s_axil_arready),
    .m_axil_rdata(s_axil_rdata),
    .m_axil_rresp(s_axil_rresp),
    .m_axil_rvalid(s_axil_rvalid),
    .m_axil_rready(s_axil_rready)
);

endmodule

`resetall
