// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * esp_transmit between transactors, with eight fixed SAs. Pulses are counted: counts[32*i +: 32] of frame, protected, bypassed,
 * failed_handle, failed_packet, failed_length, octets, retired in epoch 0, retired in epoch 1, found in epoch 0, found in epoch 1.
 */
module esp_transmit_bench #(
    parameter CHUNK_BEATS = 128,
    parameter MAX_KEY_BITS = 128,
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
reg enable = 1'b1;
reg [8*ENTRY-1:0] entries = 0;
reg [128*CHUNK_BEATS-1:0] source_chunk = 0;
reg [15:0] source_chunk_beats = 16'd0;
reg source_push = 1'b0;
reg [7:0] source_stall_rate = 8'd0;
reg [31:0] source_seed = 32'd1;
reg [7:0] sink_stall_rate = 8'd0;
reg [31:0] sink_seed = 32'd1;
reg [7:0] status_stall_rate = 8'd0;
reg [31:0] status_seed = 32'd1;

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
wire [128*CHUNK_BEATS-1:0] status_chunk;
wire [CHUNK_BEATS-1:0] status_marks;
wire [15:0] status_chunk_beats;
wire status_ready;
wire [31:0] status_errors;
wire h_req_ready;
wire h_rsp_valid;
wire [127:0] h_rsp_block;
wire [31:0] found_handle;
reg [32*11-1:0] counts = 0;
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
wire out_user;
wire [7:0] state_data;
wire state_valid;
wire state_ready;

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
    .CHUNK_BEATS(CHUNK_BEATS)
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
    .s_axis_tvalid(out_valid),
    .s_axis_tready(out_ready),
    .s_axis_tlast(out_last),
    .s_axis_tuser({95'd0, out_user})
);

axis_sink #(
    .CHUNK_BEATS(CHUNK_BEATS)
) status_inst (
    .clk(clk),
    .rst(rst),
    .cycle(cycle),
    .chunk(status_chunk),
    .marks(status_marks),
    .chunk_beats(status_chunk_beats),
    .ready(status_ready),
    .errors(status_errors),
    .hold(1'b0),
    .stall_rate(status_stall_rate),
    .seed(status_seed),
    .s_axis_tdata({120'd0, state_data}),
    .s_axis_tkeep(16'h0001),
    .s_axis_tvalid(state_valid),
    .s_axis_tready(state_ready),
    .s_axis_tlast(1'b1),
    .s_axis_tuser(96'd0)
);

wire lookup_valid;
wire [31:0] lookup_handle;
wire found_valid;
wire found_hit;
wire found_epoch;
wire found_gmac;
wire found_esn;
wire [31:0] found_seq_hi;
wire [2:0] found_icv_words;
wire [31:0] found_spi;
wire found_ipv6;
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
wire event_protected;
wire event_bypassed;
wire event_failed_handle;
wire event_failed_packet;
wire event_failed_length;
wire [13:0] event_octets;

fixed_sa_table table_inst (
    .clk(clk),
    .rst(rst),
    .entries(entries),
    .lookup_valid(lookup_valid),
    .lookup_handle(lookup_handle),
    .search_valid(1'b0),
    .search_spi(32'd0),
    .search_ipv6(1'b0),
    .search_udp(1'b0),
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

esp_transmit #(
    .SA_COUNT(8),
    .INDEX_WIDTH(3),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .EXTRA_REGISTERS(EXTRA_REGISTERS)
) dut (
    .clk(clk),
    .rst(rst),
    .enable(enable),
    .s_axis_tx_tdata(in_data),
    .s_axis_tx_tkeep(in_keep),
    .s_axis_tx_tvalid(in_valid),
    .s_axis_tx_tready(in_ready),
    .s_axis_tx_tlast(in_last),
    .s_axis_tx_tuser(user[63:0]),
    .m_axis_tx_tdata(out_data),
    .m_axis_tx_tkeep(out_keep),
    .m_axis_tx_tvalid(out_valid),
    .m_axis_tx_tready(out_ready),
    .m_axis_tx_tlast(out_last),
    .m_axis_tx_tuser(out_user),
    .m_axis_tx_status_tdata(state_data),
    .m_axis_tx_status_tvalid(state_valid),
    .m_axis_tx_status_tready(state_ready),
    .lookup_valid(lookup_valid),
    .lookup_handle(lookup_handle),
    .found_valid(found_valid),
    .found_hit(found_hit),
    .found_epoch(found_epoch),
    .found_gmac(found_gmac),
    .found_esn(found_esn),
    .found_seq_hi(found_seq_hi),
    .found_icv_words(found_icv_words),
    .found_spi(found_spi),
    .found_ipv6(found_ipv6),
    .found_udp_type(found_udp_type),
    .found_iv_sequence(1'b0),
    /* verilator lint_off PINCONNECTEMPTY */ // limits are tested with the whole engine
    .usage_index(),
    .usage_hard(1'b0),
    .usage_highest(64'd0),
    .use_valid(),
    .use_count(),
    .use_octets(),
    .use_number(),
    .use_near(),
    .use_handle(),
    .event_failed_limit(),
    .event_failed_sequence(),
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
    .h_req_valid(1'b0),
    .h_req_ready(h_req_ready),
    .h_req_index(3'd0),
    .h_req_key(256'd0),
    .h_req_key_size(2'd0),
    .h_rsp_valid(h_rsp_valid),
    .h_rsp_block(h_rsp_block),
    .event_frame(event_frame),
    .event_protected(event_protected),
    .event_bypassed(event_bypassed),
    .event_failed_handle(event_failed_handle),
    .event_failed_packet(event_failed_packet),
    .event_failed_length(event_failed_length),
    .event_octets(event_octets)
);

wire found = found_valid && found_hit;
wire [10:0] pulses = {found && found_epoch, found && !found_epoch, retire_valid && retire_epoch, retire_valid && !retire_epoch, 1'b0,
    event_failed_length, event_failed_packet, event_failed_handle, event_bypassed, event_protected, event_frame};
integer i;

always @(posedge clk) begin
    for (i = 0; i < 11; i = i + 1) begin
        counts[32*i +: 32] <= counts[32*i +: 32] + {31'd0, pulses[i]} + (i == 6 ? {18'd0, event_octets} : 32'd0);
    end
    if (rst) begin
        counts <= 0;
    end
end

endmodule

`resetall
