// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * The engine with its streams on plain registers, to measure how fast a simulator runs it (tb/jobs/speed_simulation.py).
 *
 * Without plusargs somebody else drives the registers, beat by beat. With them this module does, and nothing else wakes while frames flow: the fastest
 * that a simulator can go. +writes=, +tx= and +rx= are files for $readmemh, +write_count=, +tx_count= and +rx_count= the number of their lines. The register
 * writes are carried out, then the beats of tx and rx are played over and over, until +frames=N frames are taken in each direction; the simulation ends
 * when the last one has left.
 *
 *   writes    {1'b1, pause, 14'b0, address[15:0], data[31:0]}: an access of axil_master; pause: COMMAND_CYCLES without another one
 *   tx, rx    {handle[31:0], 3'b0, tlast, tkeep[15:0], tdata[127:0]}
 *
 * "@flowing CYCLE" is printed before the first beat, "@ended CYCLE TX_FRAMES TX_SUM RX_FRAMES RX_DECRYPTED RX_SUM" after the last one. A sum is over the beats
 * that left: rotated left by one bit, then XORed with tdata.
 */
module speed_bench #(
    // parameters of ipsec_engine
    parameter SA_COUNT = 64,
    parameter MAX_KEY_BITS = 256,
    // register accesses of a batch
    parameter BATCH = 64,
    // log2 of the most beats of tx and of rx, and of the register writes
    parameter BEATS_LOG2 = 16,
    parameter WRITES_LOG2 = 12
);

reg clk = 1'b0;
reg rst = 1'b1;
// clock cycles since the start of the simulation
reg [31:0] cycle = 32'd0;

always #5 clk = !clk;

/*
 * Set by this module or by Python
 */
reg [64*BATCH-1:0] registers_request = 0;
reg [7:0] registers_count = 8'd0;
reg registers_start = 1'b0;
reg [127:0] s_axis_tx_tdata = 128'd0;
reg [15:0] s_axis_tx_tkeep = 16'd0;
reg s_axis_tx_tvalid = 1'b0;
reg s_axis_tx_tlast = 1'b0;
reg [63:0] s_axis_tx_tuser = 64'd0;
reg m_axis_tx_tready = 1'b1;
reg m_axis_tx_status_tready = 1'b1;
reg [127:0] s_axis_rx_tdata = 128'd0;
reg [15:0] s_axis_rx_tkeep = 16'd0;
reg s_axis_rx_tvalid = 1'b0;
reg s_axis_rx_tlast = 1'b0;
reg m_axis_rx_tready = 1'b1;

/*
 * Read by this module or by Python
 */
/* verilator lint_off UNUSEDSIGNAL */ // read through VPI only
wire irq;
wire [32*BATCH-1:0] registers_result;
wire registers_failed;
wire registers_done;
wire s_axis_tx_tready;
wire s_axis_rx_tready;
wire [127:0] m_axis_tx_tdata;
wire [15:0] m_axis_tx_tkeep;
wire m_axis_tx_tvalid;
wire m_axis_tx_tlast;
wire m_axis_tx_tuser;
wire [7:0] m_axis_tx_status_tdata;
wire m_axis_tx_status_tvalid;
wire [127:0] m_axis_rx_tdata;
wire [15:0] m_axis_rx_tkeep;
wire m_axis_rx_tvalid;
wire m_axis_rx_tlast;
wire [95:0] m_axis_rx_tuser;
/* verilator lint_on UNUSEDSIGNAL */

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

ipsec_engine #(
    .SA_COUNT(SA_COUNT),
    .MAX_KEY_BITS(MAX_KEY_BITS)
) ipsec_engine_inst (
    .clk(clk),
    .clk_2x(1'b0),
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

/*
 * Frames from memory
 */
// longer than any command takes
localparam COMMAND_CYCLES = 32'd250;

reg [63:0] writes [0:2**WRITES_LOG2-1];
reg [179:0] tx_beats [0:2**BEATS_LOG2-1];
reg [179:0] rx_beats [0:2**BEATS_LOG2-1];
reg [8*512-1:0] path;
reg [31:0] frames;
reg [31:0] write_count = 32'd0;
reg [31:0] tx_count = 32'd0;
reg [31:0] rx_count = 32'd0;
reg playing = 1'b0;
reg flowing = 1'b0;
reg [31:0] pause_cycles = COMMAND_CYCLES;
reg [31:0] write_index = 32'd0;
reg [31:0] tx_index = 32'd0;
reg [31:0] rx_index = 32'd0;
reg [31:0] tx_taken = 32'd0;
reg [31:0] rx_taken = 32'd0;
reg [31:0] tx_left = 32'd0;
reg [31:0] rx_left = 32'd0;
reg [31:0] rx_decrypted = 32'd0;
reg [127:0] tx_sum = 128'd0;
reg [127:0] rx_sum = 128'd0;

/* verilator lint_off UNUSEDSIGNAL */ // three bits are spare
wire [179:0] tx_beat = tx_beats[tx_index[BEATS_LOG2-1:0]];
wire [179:0] rx_beat = rx_beats[rx_index[BEATS_LOG2-1:0]];
/* verilator lint_on UNUSEDSIGNAL */
wire [63:0] write = writes[write_index[WRITES_LOG2-1:0]];

initial begin
    if ($value$plusargs("frames=%d", frames)) begin
        if ($value$plusargs("writes=%s", path) && $value$plusargs("write_count=%d", write_count)) begin
            $readmemh(path, writes, 0, write_count - 1);
        end
        if ($value$plusargs("tx=%s", path) && $value$plusargs("tx_count=%d", tx_count)) begin
            $readmemh(path, tx_beats, 0, tx_count - 1);
        end
        if ($value$plusargs("rx=%s", path) && $value$plusargs("rx_count=%d", rx_count)) begin
            $readmemh(path, rx_beats, 0, rx_count - 1);
        end
        playing = 1'b1;
        #40 rst = 1'b0;
    end
end

always @(posedge clk) begin
    cycle <= cycle + 32'd1;
    if (playing && !flowing) begin
        if (pause_cycles != 32'd0) begin
            pause_cycles <= pause_cycles - 32'd1;
        end else if (registers_done == registers_start) begin
            if (write_index != write_count) begin
                registers_request[63:0] <= write;
                registers_count <= 8'd1;
                registers_start <= !registers_start;
                write_index <= write_index + 32'd1;
                pause_cycles <= write[62] ? COMMAND_CYCLES : 32'd0;
            end else begin
                $display("@flowing %0d", cycle);
                $fflush;
                flowing <= 1'b1;
            end
        end
    end
    if (flowing) begin
        if (!s_axis_tx_tvalid || s_axis_tx_tready) begin
            s_axis_tx_tvalid <= tx_taken != frames;
            if (tx_taken != frames) begin
                {s_axis_tx_tuser[31:0], s_axis_tx_tlast, s_axis_tx_tkeep, s_axis_tx_tdata} <= {tx_beat[179:148], tx_beat[144:0]};
                tx_taken <= tx_taken + {31'd0, tx_beat[144]};
                tx_index <= tx_index + 32'd1 == tx_count ? 32'd0 : tx_index + 32'd1;
            end
        end
        if (!s_axis_rx_tvalid || s_axis_rx_tready) begin
            s_axis_rx_tvalid <= rx_taken != frames;
            if (rx_taken != frames) begin
                {s_axis_rx_tlast, s_axis_rx_tkeep, s_axis_rx_tdata} <= rx_beat[144:0];
                rx_taken <= rx_taken + {31'd0, rx_beat[144]};
                rx_index <= rx_index + 32'd1 == rx_count ? 32'd0 : rx_index + 32'd1;
            end
        end
        if (m_axis_tx_tvalid) begin
            tx_sum <= {tx_sum[126:0], tx_sum[127]} ^ m_axis_tx_tdata;
            tx_left <= tx_left + {31'd0, m_axis_tx_tlast};
        end
        if (m_axis_rx_tvalid) begin
            rx_sum <= {rx_sum[126:0], rx_sum[127]} ^ m_axis_rx_tdata;
            rx_left <= rx_left + {31'd0, m_axis_rx_tlast};
            // slot 12 is set in frames that were decrypted
            rx_decrypted <= rx_decrypted + {31'd0, m_axis_rx_tlast && m_axis_rx_tuser[63:32] != 32'd0};
        end
        if (tx_left == frames && rx_left == frames) begin
            $display("@ended %0d %0d %0h %0d %0d %0h", cycle, tx_left, tx_sum, rx_left, rx_decrypted, rx_sum);
            $fflush;
            $finish;
        end
    end
end

endmodule

`resetall
