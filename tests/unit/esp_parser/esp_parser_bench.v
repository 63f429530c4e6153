// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * esp_parser behind an axis_source; descriptors are kept with the cycles of their frame.
 *
 * Descriptor n is in record[512*(n % RECORDS) +: 512] as soon as `records` is greater than n:
 *   {32'b0, cycle of the descriptor, cycle of the frame's first beat, 8'b0, esp, ipv6, udp, esp_offset, ip_end, spi, seq, iv, src, dst}
 * waits counts the cycles in which a frame wanted to begin and `full` kept it out.
 */
module esp_parser_bench #(
    parameter CHUNK_BEATS = 128,
    // frames whose descriptors are kept, a power of two
    parameter RECORDS = 128,
    // of esp_parser
    parameter EXTRA_REGISTERS = 0
);

reg clk = 1'b0;
reg rst = 1'b1;
reg [31:0] cycle = 32'd0;

always #5 clk = !clk;

always @(posedge clk) begin
    cycle <= cycle + 32'd1;
end

reg [128*CHUNK_BEATS-1:0] source_chunk = 0;
reg [15:0] source_chunk_beats = 16'd0;
reg source_push = 1'b0;
reg [7:0] source_stall_rate = 8'd0;
reg [31:0] source_seed = 32'd1;

/* verilator lint_off UNUSEDSIGNAL */ // read through VPI only
wire [31:0] source_consumed;
wire [64*16-1:0] source_stamps;
wire [31:0] source_frames;
wire [95:0] user;
/* verilator lint_on UNUSEDSIGNAL */

wire [127:0] data;
wire [15:0] keep;
wire valid;
wire ready;
wire last;
wire [4:0] octets;
wire full;
reg first = 1'b1;

axis_source #(
    .CHUNK_BEATS(CHUNK_BEATS),
    .STAMPS(16)
) source_inst (
    .clk(clk),
    .rst(rst),
    .cycle(cycle),
    .chunk(source_chunk),
    .chunk_beats(source_chunk_beats),
    .push(source_push),
    .consumed(source_consumed),
    .stamps(source_stamps),
    .frames(source_frames),
    .stall_rate(source_stall_rate),
    .seed(source_seed),
    .m_axis_tdata(data),
    .m_axis_tkeep(keep),
    .m_axis_tvalid(valid),
    .m_axis_tready(ready),
    .m_axis_tlast(last),
    .m_axis_tuser(user)
);

octet_count octet_count_inst (
    .tkeep(keep),
    .tlast(last),
    .octets(octets)
);

assign ready = !(first && full);

wire desc_valid;
wire desc_esp;
wire desc_ipv6;
wire desc_udp;
wire [31:0] desc_spi;
wire [31:0] desc_seq;
wire [63:0] desc_iv;
wire [127:0] desc_src;
wire [127:0] desc_dst;
wire [6:0] desc_esp_offset;
wire [13:0] desc_ip_end;

esp_parser #(
    .EXTRA_REGISTERS(EXTRA_REGISTERS)
) dut (
    .clk(clk),
    .rst(rst),
    .s_valid(valid && ready),
    .s_data(data),
    .s_octets(octets),
    .s_last(last),
    .full(full),
    .m_valid(desc_valid),
    .m_esp(desc_esp),
    .m_ipv6(desc_ipv6),
    .m_udp(desc_udp),
    .m_spi(desc_spi),
    .m_seq(desc_seq),
    .m_iv(desc_iv),
    .m_src(desc_src),
    .m_dst(desc_dst),
    .m_esp_offset(desc_esp_offset),
    .m_ip_end(desc_ip_end)
);

/* verilator lint_off UNUSEDSIGNAL */ // read through VPI only
reg [512*RECORDS-1:0] record = 0;
reg [31:0] records = 32'd0;
reg [31:0] waits = 32'd0;
/* verilator lint_on UNUSEDSIGNAL */
reg [31:0] begun = 32'd0;
// cycle of the first beat of the frames in the parser
reg [31:0] begin_cycle [0:15];

always @(posedge clk) begin
    if (valid && ready) begin
        first <= last;
        if (first) begin
            begin_cycle[begun[3:0]] <= cycle;
            begun <= begun + 32'd1;
        end
    end
    if (valid && first && full) begin
        waits <= waits + 32'd1;
    end
    if (desc_valid && !rst) begin
        record[512*(records % RECORDS) +: 512] <= {32'd0, cycle, begin_cycle[records[3:0]], 8'd0, desc_esp, desc_ipv6, desc_udp,
            desc_esp_offset, desc_ip_end, desc_spi, desc_seq, desc_iv, desc_src, desc_dst};
        records <= records + 32'd1;
    end
    if (rst) begin
        first <= 1'b1;
        records <= 32'd0;
        waits <= 32'd0;
        begun <= 32'd0;
    end
end

endmodule

`resetall
