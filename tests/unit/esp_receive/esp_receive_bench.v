// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * esp_receive between transactors, with eight fixed SAs. Pulses are counted: counts[32*i +: 32] of frame, decrypted, not_esp, no_sa,
 * icv_failed, syntax_failed, octets, retired in epoch 0, retired in epoch 1, found in epoch 0, found in epoch 1, overflow.
 * hold: the host takes nothing.
 */
module esp_receive_bench #(
    parameter CHUNK_BEATS = 128,
    parameter MAX_KEY_BITS = 128,
    parameter LOOKUP_LATENCY = 5,
    parameter STORE_LOG2 = 9,
    parameter EXTRA_REGISTERS = 0
);

localparam ENTRY = 1 + 1 + 1 + 32 + 3 + 32 + 1 + 2 + 2 + 32 + 256 + 512;

reg clk = 1'b0;
reg rst = 1'b1;
reg [31:0] cycle = 32'd0;

always #5 clk = !clk;

always @(posedge clk) begin
    cycle <= cycle + 32'd1;
end

/*
 * Set by Python
 */
reg enable_ipv4 = 1'b1;
reg enable_ipv6 = 1'b1;
reg hold = 1'b0;
reg [8*ENTRY-1:0] entries = 0;
reg [128*CHUNK_BEATS-1:0] source_chunk = 0;
reg [15:0] source_chunk_beats = 16'd0;
reg source_push = 1'b0;
reg [7:0] source_stall_rate = 8'd0;
reg [31:0] source_seed = 32'd1;
reg [7:0] sink_stall_rate = 8'd0;
reg [31:0] sink_seed = 32'd1;

/* verilator lint_off UNUSEDSIGNAL */ // read through VPI only
wire [31:0] source_consumed;
wire [64*256-1:0] source_stamps;
wire [31:0] source_frames;
wire [95:0] user;
wire [128*CHUNK_BEATS-1:0] sink_chunk;
wire [CHUNK_BEATS-1:0] sink_marks;
wire [15:0] sink_chunk_beats;
wire sink_ready;
wire [31:0] sink_errors;
wire found_valid;
wire [31:0] found_spi;
wire found_ipv6;
reg [32*12-1:0] counts = 0;
/* verilator lint_on UNUSEDSIGNAL */

wire [127:0] in_data;
wire [15:0] in_keep;
wire in_valid;
wire in_ready;
wire in_last;
wire [127:0] out_data;
wire [15:0] out_keep;
wire out_valid;
wire out_ready;
wire out_last;
wire [95:0] out_user;

axis_source #(
    .CHUNK_BEATS(CHUNK_BEATS)
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
    .m_axis_tdata(in_data),
    .m_axis_tkeep(in_keep),
    .m_axis_tvalid(in_valid),
    .m_axis_tready(in_ready),
    .m_axis_tlast(in_last),
    .m_axis_tuser(user)
);

axis_sink #(
    .CHUNK_BEATS(CHUNK_BEATS),
    .CONSTANT_USER(1)
) sink_inst (
    .clk(clk),
    .rst(rst),
    .cycle(cycle),
    .chunk(sink_chunk),
    .marks(sink_marks),
    .chunk_beats(sink_chunk_beats),
    .ready(sink_ready),
    .errors(sink_errors),
    .hold(1'b0),
    .stall_rate(sink_stall_rate),
    .seed(sink_seed),
    .s_axis_tdata(out_data),
    .s_axis_tkeep(out_keep),
    .s_axis_tvalid(out_valid && !hold),
    .s_axis_tready(out_ready),
    .s_axis_tlast(out_last),
    .s_axis_tuser(out_user)
);

wire search_valid;
wire [31:0] search_spi;
wire search_ipv6;
wire search_udp;
/* verilator lint_off UNUSEDSIGNAL */ // the table has no addresses
wire [127:0] search_dst;
wire [127:0] search_src;
/* verilator lint_on UNUSEDSIGNAL */
wire found_hit;
wire [31:0] found_handle;
wire found_epoch;
wire found_gmac;
wire found_esn;
wire [31:0] found_seq_hi;
wire [2:0] found_icv_words;
wire [1:0] found_udp_type;
wire retire_valid;
wire retire_epoch;
wire [2:0] cipher_index;
wire [255:0] cipher_key;
wire [1:0] cipher_key_size;
wire [31:0] cipher_salt;
wire [2:0] hash_index;
wire [511:0] hash_powers;
wire event_frame;
wire event_decrypted;
wire event_not_esp;
wire event_no_sa;
wire event_icv_failed;
wire event_syntax_failed;
wire event_overflow;
wire [13:0] event_octets;

fixed_sa_table #(
    .LATENCY(LOOKUP_LATENCY)
) table_inst (
    .clk(clk),
    .rst(rst),
    .entries(entries),
    .lookup_valid(1'b0),
    .lookup_handle(32'd0),
    .search_valid(search_valid),
    .search_spi(search_spi),
    .search_ipv6(search_ipv6),
    .search_udp(search_udp),
    .found_valid(found_valid),
    .found_hit(found_hit),
    .found_handle(found_handle),
    .found_epoch(found_epoch),
    .found_gmac(found_gmac),
    .found_esn(found_esn),
    .found_seq_hi(found_seq_hi),
    .found_icv_words(found_icv_words),
    .found_spi(found_spi),
    .found_ipv6(found_ipv6),
    .found_udp_type(found_udp_type),
    .cipher_index(cipher_index),
    .cipher_key(cipher_key),
    .cipher_key_size(cipher_key_size),
    .cipher_salt(cipher_salt),
    .hash_index(hash_index),
    .hash_powers(hash_powers)
);

esp_receive #(
    .INDEX_WIDTH(3),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .LOOKUP_LATENCY(LOOKUP_LATENCY),
    .STORE_LOG2(STORE_LOG2),
    .EXTRA_REGISTERS(EXTRA_REGISTERS)
) dut (
    .clk(clk),
    .rst(rst),
    .enable_ipv4(enable_ipv4),
    .enable_ipv6(enable_ipv6),
    .s_axis_rx_tdata(in_data),
    .s_axis_rx_tkeep(in_keep),
    .s_axis_rx_tvalid(in_valid),
    .s_axis_rx_tready(in_ready),
    .s_axis_rx_tlast(in_last),
    .m_axis_rx_tdata(out_data),
    .m_axis_rx_tkeep(out_keep),
    .m_axis_rx_tvalid(out_valid),
    .m_axis_rx_tready(out_ready && !hold),
    .m_axis_rx_tlast(out_last),
    .m_axis_rx_tuser(out_user),
    .search_valid(search_valid),
    .search_spi(search_spi),
    .search_ipv6(search_ipv6),
    .search_udp(search_udp),
    .search_dst(search_dst),
    .search_src(search_src),
    .found_valid(found_valid),
    .found_hit(found_hit),
    .found_handle(found_handle),
    .found_epoch(found_epoch),
    .found_gmac(found_gmac),
    .found_esn(found_esn),
    .found_seq_hi(found_seq_hi),
    .found_icv_words(found_icv_words),
    .found_udp_type(found_udp_type),
    /* verilator lint_off PINCONNECTEMPTY */ // limits are tested with the whole engine
    .usage_index(),
    .usage_hard(1'b0),
    .usage_soft(1'b0),
    .use_valid(),
    .use_count(),
    .use_octets(),
    .use_number(),
    .use_near(),
    .use_handle(),
    .event_limit_failed(),
    /* verilator lint_on PINCONNECTEMPTY */
    .retire_valid(retire_valid),
    .retire_epoch(retire_epoch),
    .cipher_index(cipher_index),
    .cipher_key(cipher_key),
    .cipher_key_size(cipher_key_size),
    .cipher_salt(cipher_salt),
    .key_write(43'd0),
    .aes_result(137'd0),
    /* verilator lint_off PINCONNECTEMPTY */ // the AES pipe is inside; all powers at once
    .aes_request(),
    .hash_read(),
    .hash_power(),
    /* verilator lint_on PINCONNECTEMPTY */
    .hash_index(hash_index),
    .hash_powers(hash_powers),
    .event_frame(event_frame),
    .event_decrypted(event_decrypted),
    .event_not_esp(event_not_esp),
    .event_no_sa(event_no_sa),
    .event_icv_failed(event_icv_failed),
    .event_syntax_failed(event_syntax_failed),
    .event_overflow(event_overflow),
    .event_octets(event_octets)
);

wire found = found_valid && found_hit;
wire [11:0] pulses = {event_overflow, found && found_epoch, found && !found_epoch, retire_valid && retire_epoch,
    retire_valid && !retire_epoch, 1'b0, event_syntax_failed, event_icv_failed, event_no_sa, event_not_esp, event_decrypted, event_frame};
integer i;

always @(posedge clk) begin
    for (i = 0; i < 12; i = i + 1) begin
        counts[32*i +: 32] <= counts[32*i +: 32] + {31'd0, pulses[i]} + (i == 6 ? {18'd0, event_octets} : 32'd0);
    end
    if (rst) begin
        counts <= 0;
    end
end

endmodule

`resetall
