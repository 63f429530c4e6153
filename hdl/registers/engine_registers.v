// SPDX-License-Identifier: Apache-2.0
/*
 * Registers of the engine behind clean ports: the generated block, the counters, the command handshake, the interrupt.
 *
 * docs/registers.md (made from ipsec_engine.rdl) is the register map; axil_slave with the generated block answers each AXI4-Lite access
 * within a few cycles, one access at a time, and never stalls on what the engine does.
 *
 * Commands: a write of COMMAND gives command_start for one cycle, two cycles later, with command_opcode. From that cycle
 * to the one with command_done the command is running: staging words cannot be written then, and another write of COMMAND
 * is ignored and sets INTERRUPT_STATUS.COMMAND_IGNORED. With command_done come command_status and command_handle; in the
 * same cycle all staging words are cleared. command_done without a command running is not allowed. command_use, shown in
 * RESULT_*, comes with command_done: {sequence number, octets, packets}, 64 bits each.
 *
 * Words in wire order (stage_spi, stage_src, stage_dst, stage_key, stage_salt): the most significant octet is first on
 * the wire. stage_key and stage_salt have no path to any read data.
 *
 * Counters: each count_* input adds one in each cycle it is high; count_*_octets are added as they are. They are shown
 * one cycle later and wrap. Interrupt lines come from the counters' inputs.
 */

`resetall
`default_nettype none

module engine_registers #(
  // Entries of the SA table
  parameter SA_COUNT = 64,
  // Longest AES key: 128, 192 or 256
  parameter MAX_KEY_BITS = 256,
  // Clock cycles of one AES round
  parameter CYCLES_PER_ROUND = 2,
  // 0: table S-boxes, 1: composite field
  parameter SBOX_STYLE = 0,
  // Stages of the GHASH multiplier
  parameter GHASH_STAGES = 4,
  // Octets of the receive frame store
  parameter RX_STORE_OCTETS = 65536
) (
  input  wire         clk,
  input  wire         rst,

  /*
   * AXI4-Lite slave
   */
  input  wire [11:0]  s_axil_awaddr,
  input  wire [2:0]   s_axil_awprot,
  input  wire         s_axil_awvalid,
  output wire         s_axil_awready,
  input  wire [31:0]  s_axil_wdata,
  input  wire [3:0]   s_axil_wstrb,
  input  wire         s_axil_wvalid,
  output wire         s_axil_wready,
  output wire [1:0]   s_axil_bresp,
  output wire         s_axil_bvalid,
  input  wire         s_axil_bready,
  input  wire [11:0]  s_axil_araddr,
  input  wire [2:0]   s_axil_arprot,
  input  wire         s_axil_arvalid,
  output wire         s_axil_arready,
  output wire [31:0]  s_axil_rdata,
  output wire [1:0]   s_axil_rresp,
  output wire         s_axil_rvalid,
  input  wire         s_axil_rready,

  // Interrupt: high while an enabled bit of INTERRUPT_STATUS is set
  output wire         irq,

  /*
   * Enables, 0 after reset
   */
  output wire         tx_enable,
  output wire         rx_ipv4_enable,
  output wire         rx_ipv6_enable,

  /*
   * Staging window
   */
  output wire [31:0]  stage_flags,
  output wire [31:0]  stage_sa_flags,
  output wire [31:0]  stage_operation,
  output wire [31:0]  stage_spi,
  output wire [31:0]  stage_auth_algorithm,
  output wire [31:0]  stage_enc_algorithm,
  output wire [31:0]  stage_key_octets,
  output wire [31:0]  stage_icv_octets,
  output wire [31:0]  stage_seq_hi,
  output wire [31:0]  stage_udp_encapsulation,
  output wire [31:0]  stage_handle,
  output wire [31:0]  stage_salt,
  output wire [127:0] stage_src,
  output wire [127:0] stage_dst,
  output wire [255:0] stage_key,
  output wire [31:0]  stage_options,
  // limits {hard octets, hard packets, soft octets, soft packets}, 0: none
  output wire [255:0] stage_limits,

  /*
   * Command
   */
  output wire         command_start,
  output wire [31:0]  command_opcode,
  input  wire         command_done,
  input  wire [7:0]   command_status,
  input  wire [31:0]  command_handle,
  input  wire [191:0] command_use,
  input  wire [15:0]  sa_active,

  /*
   * SAs that passed a limit: the oldest handle (0: none), taken with sa_event_take; sa_event_new when one comes
   */
  input  wire         sa_event_new,
  input  wire [31:0]  sa_event_handle,
  output wire         sa_event_take,

  /*
   * Events
   */
  input  wire         count_tx_frames,
  input  wire         count_tx_protected,
  input  wire         count_tx_bypassed,
  input  wire         count_tx_failed_handle,
  input  wire         count_tx_failed_packet,
  input  wire         count_tx_failed_length,
  input  wire         count_tx_failed_limit,
  input  wire         count_tx_failed_sequence,
  input  wire         count_rx_frames,
  input  wire         count_rx_decrypted,
  input  wire         count_rx_not_esp,
  input  wire         count_rx_no_sa,
  input  wire         count_rx_icv_failed,
  input  wire         count_rx_syntax_failed,
  input  wire         count_rx_limit_failed,
  input  wire         count_rx_overflow,
  input  wire [15:0]  count_tx_octets,
  input  wire [15:0]  count_rx_octets
);

/*
 * Commands
 */

wire write_command;  // the cycle in which COMMAND is written

// the cycle after it; no other write comes as soon as that
reg        write_command_reg;
reg        command_start_reg;
reg        command_busy_reg;
reg        command_done_reg;
reg [7:0]  command_status_reg;
reg [31:0] command_handle_reg;
reg [191:0] command_use_reg;  // {sequence number, octets, packets}

wire command_ignored = write_command_reg && command_busy_reg;

assign command_start = command_start_reg;

always @(posedge clk) begin
  write_command_reg <= write_command && !rst;
  command_start_reg <= 1'b0;

  if (write_command_reg && !command_busy_reg) begin
    command_start_reg <= 1'b1;
    command_busy_reg <= 1'b1;
    command_done_reg <= 1'b0;
    command_status_reg <= 8'd0;
    command_handle_reg <= 32'd0;
    command_use_reg <= 192'd0;
  end else if (command_done) begin
    command_busy_reg <= 1'b0;
    command_done_reg <= 1'b1;
    command_status_reg <= command_status;
    command_handle_reg <= command_handle;
    command_use_reg <= command_use;
  end

  if (rst) begin
    command_start_reg <= 1'b0;
    command_busy_reg <= 1'b0;
    command_done_reg <= 1'b0;
    command_status_reg <= 8'd0;
    command_handle_reg <= 32'd0;
    command_use_reg <= 192'd0;
  end
end

/*
 * SAs that passed a limit: a write is known in the cycle after it. Where there is none (handle 0), the one that comes meanwhile is not taken
 */

wire        write_event_take;
wire [31:0] event_taken;
reg         event_take_reg;
reg         sa_event_take_reg;

assign sa_event_take = sa_event_take_reg;

always @(posedge clk) begin
  event_take_reg <= write_event_take && !rst;
  sa_event_take_reg <= event_take_reg && event_taken == sa_event_handle && sa_event_handle[31:16] != 16'd0 && !rst;
end

/*
 * Counters
 */

reg [31:0] tx_frames_reg;
reg [31:0] tx_protected_reg;
reg [31:0] tx_bypassed_reg;
reg [31:0] tx_failed_handle_reg;
reg [31:0] tx_failed_packet_reg;
reg [31:0] tx_failed_length_reg;
reg [31:0] tx_failed_limit_reg;
reg [31:0] tx_failed_sequence_reg;
reg [31:0] rx_frames_reg;
reg [31:0] rx_decrypted_reg;
reg [31:0] rx_not_esp_reg;
reg [31:0] rx_no_sa_reg;
reg [31:0] rx_icv_failed_reg;
reg [31:0] rx_syntax_failed_reg;
reg [31:0] rx_limit_failed_reg;
reg [31:0] rx_overflow_reg;
reg [63:0] tx_octets_reg;
reg [31:0] tx_octets_hi_reg;
// the low half is read a cycle later than that
reg        read_tx_octets_lo_reg;
reg        read_rx_octets_lo_reg;
reg [63:0] rx_octets_reg;
reg [31:0] rx_octets_hi_reg;

wire read_tx_octets_lo;
wire read_rx_octets_lo;

wire tx_failed = count_tx_failed_handle || count_tx_failed_packet || count_tx_failed_length || count_tx_failed_limit
  || count_tx_failed_sequence;
wire rx_failed = count_rx_icv_failed || count_rx_syntax_failed || count_rx_limit_failed;

always @(posedge clk) begin
  if (count_tx_frames) tx_frames_reg <= tx_frames_reg + 32'd1;
  if (count_tx_protected) tx_protected_reg <= tx_protected_reg + 32'd1;
  if (count_tx_bypassed) tx_bypassed_reg <= tx_bypassed_reg + 32'd1;
  if (count_tx_failed_handle) tx_failed_handle_reg <= tx_failed_handle_reg + 32'd1;
  if (count_tx_failed_packet) tx_failed_packet_reg <= tx_failed_packet_reg + 32'd1;
  if (count_tx_failed_length) tx_failed_length_reg <= tx_failed_length_reg + 32'd1;
  if (count_tx_failed_limit) tx_failed_limit_reg <= tx_failed_limit_reg + 32'd1;
  if (count_tx_failed_sequence) tx_failed_sequence_reg <= tx_failed_sequence_reg + 32'd1;
  if (count_rx_frames) rx_frames_reg <= rx_frames_reg + 32'd1;
  if (count_rx_decrypted) rx_decrypted_reg <= rx_decrypted_reg + 32'd1;
  if (count_rx_not_esp) rx_not_esp_reg <= rx_not_esp_reg + 32'd1;
  if (count_rx_no_sa) rx_no_sa_reg <= rx_no_sa_reg + 32'd1;
  if (count_rx_icv_failed) rx_icv_failed_reg <= rx_icv_failed_reg + 32'd1;
  if (count_rx_syntax_failed) rx_syntax_failed_reg <= rx_syntax_failed_reg + 32'd1;
  if (count_rx_limit_failed) rx_limit_failed_reg <= rx_limit_failed_reg + 32'd1;
  if (count_rx_overflow) rx_overflow_reg <= rx_overflow_reg + 32'd1;
  if (count_tx_octets != 16'd0) tx_octets_reg <= tx_octets_reg + {48'd0, count_tx_octets};
  if (count_rx_octets != 16'd0) rx_octets_reg <= rx_octets_reg + {48'd0, count_rx_octets};
  read_tx_octets_lo_reg <= read_tx_octets_lo && !rst;
  read_rx_octets_lo_reg <= read_rx_octets_lo && !rst;
  if (read_tx_octets_lo_reg) tx_octets_hi_reg <= tx_octets_reg[63:32];
  if (read_rx_octets_lo_reg) rx_octets_hi_reg <= rx_octets_reg[63:32];

  if (rst) begin
    tx_frames_reg <= 32'd0;
    tx_protected_reg <= 32'd0;
    tx_bypassed_reg <= 32'd0;
    tx_failed_handle_reg <= 32'd0;
    tx_failed_packet_reg <= 32'd0;
    tx_failed_length_reg <= 32'd0;
    tx_failed_limit_reg <= 32'd0;
    tx_failed_sequence_reg <= 32'd0;
    rx_frames_reg <= 32'd0;
    rx_decrypted_reg <= 32'd0;
    rx_not_esp_reg <= 32'd0;
    rx_no_sa_reg <= 32'd0;
    rx_icv_failed_reg <= 32'd0;
    rx_syntax_failed_reg <= 32'd0;
    rx_limit_failed_reg <= 32'd0;
    rx_overflow_reg <= 32'd0;
    tx_octets_reg <= 64'd0;
    tx_octets_hi_reg <= 32'd0;
    rx_octets_reg <= 64'd0;
    rx_octets_hi_reg <= 32'd0;
  end
end

/*
 * Interrupt
 */

wire [5:0] interrupt_status;
wire [5:0] interrupt_enable;

assign irq = |(interrupt_status & interrupt_enable);

/*
 * Capabilities that depend on parameters: AES_GCM_128, _192, _256 are bits 3, 4, 5 in both words; bit 0 of the
 * encryption algorithms is null encryption, which goes with GMAC.
 */

localparam [31:0] GCM_ALGORITHMS = 32'h08 | (MAX_KEY_BITS >= 192 ? 32'h10 : 32'h00) | (MAX_KEY_BITS >= 256 ? 32'h20 : 32'h00);
// what the 16 bits of SA_ACTIVE count
localparam [31:0] SA_COUNT_VALUE = SA_COUNT > 65535 ? 65535 : SA_COUNT;
localparam [31:0] MAX_KEY_BITS_VALUE = MAX_KEY_BITS;
localparam [31:0] CYCLES_PER_ROUND_VALUE = CYCLES_PER_ROUND;
localparam [31:0] SBOX_STYLE_VALUE = SBOX_STYLE;
localparam [31:0] GHASH_STAGES_VALUE = GHASH_STAGES;
localparam [31:0] RX_STORE_OCTETS_VALUE = RX_STORE_OCTETS;

wire        access_write;
wire        access_read;
wire [8:0]  access_address;
wire [31:0] write_data;
wire [31:0] write_bits;
wire [31:0] read_data;

axil_slave #(
  .ADDRESS_WIDTH(12),
  .BLOCK_WIDTH(9)
) axil_slave_inst (
  .clk(clk),
  .rst(rst),
  .s_axil_awaddr(s_axil_awaddr),
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
  .s_axil_arvalid(s_axil_arvalid),
  .s_axil_arready(s_axil_arready),
  .s_axil_rdata(s_axil_rdata),
  .s_axil_rresp(s_axil_rresp),
  .s_axil_rvalid(s_axil_rvalid),
  .s_axil_rready(s_axil_rready),
  .m_write(access_write),
  .m_read(access_read),
  .m_address(access_address),
  .m_write_data(write_data),
  .m_write_bits(write_bits),
  .m_read_data(read_data)
);

/* verilator lint_off UNUSEDSIGNAL */ // no access has a meaning of its own by its protection bits
wire unused = &{1'b0, s_axil_awprot, s_axil_arprot};
/* verilator lint_on UNUSEDSIGNAL */

/* verilator lint_off PINCONNECTEMPTY */ // the block answers a read in the next cycle, a write at once, and has no errors
ipsec_engine_registers registers_inst (
  .clk(clk),
  .rst(rst),
  .s_cpuif_req(access_write || access_read),
  .s_cpuif_req_is_wr(access_write),
  .s_cpuif_addr(access_address),
  .s_cpuif_wr_data(write_data),
  .s_cpuif_wr_biten(write_bits),
  .s_cpuif_req_stall_wr(),
  .s_cpuif_req_stall_rd(),
  .s_cpuif_rd_ack(),
  .s_cpuif_rd_err(),
  .s_cpuif_rd_data(read_data),
  .s_cpuif_wr_ack(),
  .s_cpuif_wr_err(),
  .hwif_in_build_table_sa_count(SA_COUNT_VALUE[15:0]),
  .hwif_in_build_table_max_key_bits(MAX_KEY_BITS_VALUE[15:0]),
  .hwif_in_build_crypto_cycles_per_round(CYCLES_PER_ROUND_VALUE[7:0]),
  .hwif_in_build_crypto_ghash_stages(GHASH_STAGES_VALUE[7:0]),
  .hwif_in_build_crypto_sbox_style(SBOX_STYLE_VALUE[7:0]),
  .hwif_in_build_store_rx_store_octets(RX_STORE_OCTETS_VALUE),
  .hwif_in_capability_5_authentication_algorithms(GCM_ALGORITHMS),
  .hwif_in_capability_6_encryption_algorithms(GCM_ALGORITHMS | 32'h01),
  .hwif_in_capability_7_sa_offload_capacity(SA_COUNT_VALUE),
  .hwif_out_control_tx_enable(tx_enable),
  .hwif_out_control_rx_ipv4_enable(rx_ipv4_enable),
  .hwif_out_control_rx_ipv6_enable(rx_ipv6_enable),
  .hwif_in_interrupt_status_command_done_hwset(command_done),
  .hwif_out_interrupt_status_command_done(interrupt_status[0]),
  .hwif_out_interrupt_enable_command_done(interrupt_enable[0]),
  .hwif_in_interrupt_status_command_ignored_hwset(command_ignored),
  .hwif_out_interrupt_status_command_ignored(interrupt_status[1]),
  .hwif_out_interrupt_enable_command_ignored(interrupt_enable[1]),
  .hwif_in_interrupt_status_tx_failed_hwset(tx_failed),
  .hwif_out_interrupt_status_tx_failed(interrupt_status[2]),
  .hwif_out_interrupt_enable_tx_failed(interrupt_enable[2]),
  .hwif_in_interrupt_status_rx_overflow_hwset(count_rx_overflow),
  .hwif_out_interrupt_status_rx_overflow(interrupt_status[3]),
  .hwif_out_interrupt_enable_rx_overflow(interrupt_enable[3]),
  .hwif_in_interrupt_status_rx_failed_hwset(rx_failed),
  .hwif_out_interrupt_status_rx_failed(interrupt_status[4]),
  .hwif_out_interrupt_enable_rx_failed(interrupt_enable[4]),
  .hwif_in_interrupt_status_sa_limit_hwset(sa_event_new),
  .hwif_out_interrupt_status_sa_limit(interrupt_status[5]),
  .hwif_out_interrupt_enable_sa_limit(interrupt_enable[5]),
  .hwif_out_stage_options_value(stage_options),
  .hwif_in_stage_options_value_hwclr(command_done),
  .hwif_in_stage_options_value_swwel(command_busy_reg),
  .hwif_out_stage_soft_packets_lo_value(stage_limits[31:0]),
  .hwif_in_stage_soft_packets_lo_value_hwclr(command_done),
  .hwif_in_stage_soft_packets_lo_value_swwel(command_busy_reg),
  .hwif_out_stage_soft_packets_hi_value(stage_limits[63:32]),
  .hwif_in_stage_soft_packets_hi_value_hwclr(command_done),
  .hwif_in_stage_soft_packets_hi_value_swwel(command_busy_reg),
  .hwif_out_stage_soft_octets_lo_value(stage_limits[95:64]),
  .hwif_in_stage_soft_octets_lo_value_hwclr(command_done),
  .hwif_in_stage_soft_octets_lo_value_swwel(command_busy_reg),
  .hwif_out_stage_soft_octets_hi_value(stage_limits[127:96]),
  .hwif_in_stage_soft_octets_hi_value_hwclr(command_done),
  .hwif_in_stage_soft_octets_hi_value_swwel(command_busy_reg),
  .hwif_out_stage_hard_packets_lo_value(stage_limits[159:128]),
  .hwif_in_stage_hard_packets_lo_value_hwclr(command_done),
  .hwif_in_stage_hard_packets_lo_value_swwel(command_busy_reg),
  .hwif_out_stage_hard_packets_hi_value(stage_limits[191:160]),
  .hwif_in_stage_hard_packets_hi_value_hwclr(command_done),
  .hwif_in_stage_hard_packets_hi_value_swwel(command_busy_reg),
  .hwif_out_stage_hard_octets_lo_value(stage_limits[223:192]),
  .hwif_in_stage_hard_octets_lo_value_hwclr(command_done),
  .hwif_in_stage_hard_octets_lo_value_swwel(command_busy_reg),
  .hwif_out_stage_hard_octets_hi_value(stage_limits[255:224]),
  .hwif_in_stage_hard_octets_hi_value_hwclr(command_done),
  .hwif_in_stage_hard_octets_hi_value_swwel(command_busy_reg),
  .hwif_out_stage_flags_value(stage_flags),
  .hwif_in_stage_flags_value_hwclr(command_done),
  .hwif_in_stage_flags_value_swwel(command_busy_reg),
  .hwif_out_stage_sa_flags_value(stage_sa_flags),
  .hwif_in_stage_sa_flags_value_hwclr(command_done),
  .hwif_in_stage_sa_flags_value_swwel(command_busy_reg),
  .hwif_out_stage_operation_value(stage_operation),
  .hwif_in_stage_operation_value_hwclr(command_done),
  .hwif_in_stage_operation_value_swwel(command_busy_reg),
  .hwif_out_stage_spi_octets(stage_spi),
  .hwif_in_stage_spi_octets_hwclr(command_done),
  .hwif_in_stage_spi_octets_swwel(command_busy_reg),
  .hwif_out_stage_authentication_algorithm_value(stage_auth_algorithm),
  .hwif_in_stage_authentication_algorithm_value_hwclr(command_done),
  .hwif_in_stage_authentication_algorithm_value_swwel(command_busy_reg),
  .hwif_out_stage_encryption_algorithm_value(stage_enc_algorithm),
  .hwif_in_stage_encryption_algorithm_value_hwclr(command_done),
  .hwif_in_stage_encryption_algorithm_value_swwel(command_busy_reg),
  .hwif_out_stage_key_octets_value(stage_key_octets),
  .hwif_in_stage_key_octets_value_hwclr(command_done),
  .hwif_in_stage_key_octets_value_swwel(command_busy_reg),
  .hwif_out_stage_icv_octets_value(stage_icv_octets),
  .hwif_in_stage_icv_octets_value_hwclr(command_done),
  .hwif_in_stage_icv_octets_value_swwel(command_busy_reg),
  .hwif_out_stage_sequence_high_value(stage_seq_hi),
  .hwif_in_stage_sequence_high_value_hwclr(command_done),
  .hwif_in_stage_sequence_high_value_swwel(command_busy_reg),
  .hwif_out_stage_udp_encapsulation_value(stage_udp_encapsulation),
  .hwif_in_stage_udp_encapsulation_value_hwclr(command_done),
  .hwif_in_stage_udp_encapsulation_value_swwel(command_busy_reg),
  .hwif_out_stage_handle_value(stage_handle),
  .hwif_in_stage_handle_value_hwclr(command_done),
  .hwif_in_stage_handle_value_swwel(command_busy_reg),
  .hwif_out_stage_salt_octets(stage_salt),
  .hwif_in_stage_salt_octets_hwclr(command_done),
  .hwif_in_stage_salt_octets_swwel(command_busy_reg),
  .hwif_out_stage_src_0_octets(stage_src[127:96]),
  .hwif_in_stage_src_0_octets_hwclr(command_done),
  .hwif_in_stage_src_0_octets_swwel(command_busy_reg),
  .hwif_out_stage_src_1_octets(stage_src[95:64]),
  .hwif_in_stage_src_1_octets_hwclr(command_done),
  .hwif_in_stage_src_1_octets_swwel(command_busy_reg),
  .hwif_out_stage_src_2_octets(stage_src[63:32]),
  .hwif_in_stage_src_2_octets_hwclr(command_done),
  .hwif_in_stage_src_2_octets_swwel(command_busy_reg),
  .hwif_out_stage_src_3_octets(stage_src[31:0]),
  .hwif_in_stage_src_3_octets_hwclr(command_done),
  .hwif_in_stage_src_3_octets_swwel(command_busy_reg),
  .hwif_out_stage_dst_0_octets(stage_dst[127:96]),
  .hwif_in_stage_dst_0_octets_hwclr(command_done),
  .hwif_in_stage_dst_0_octets_swwel(command_busy_reg),
  .hwif_out_stage_dst_1_octets(stage_dst[95:64]),
  .hwif_in_stage_dst_1_octets_hwclr(command_done),
  .hwif_in_stage_dst_1_octets_swwel(command_busy_reg),
  .hwif_out_stage_dst_2_octets(stage_dst[63:32]),
  .hwif_in_stage_dst_2_octets_hwclr(command_done),
  .hwif_in_stage_dst_2_octets_swwel(command_busy_reg),
  .hwif_out_stage_dst_3_octets(stage_dst[31:0]),
  .hwif_in_stage_dst_3_octets_hwclr(command_done),
  .hwif_in_stage_dst_3_octets_swwel(command_busy_reg),
  .hwif_out_stage_key_0_octets(stage_key[255:224]),
  .hwif_in_stage_key_0_octets_hwclr(command_done),
  .hwif_in_stage_key_0_octets_swwel(command_busy_reg),
  .hwif_out_stage_key_1_octets(stage_key[223:192]),
  .hwif_in_stage_key_1_octets_hwclr(command_done),
  .hwif_in_stage_key_1_octets_swwel(command_busy_reg),
  .hwif_out_stage_key_2_octets(stage_key[191:160]),
  .hwif_in_stage_key_2_octets_hwclr(command_done),
  .hwif_in_stage_key_2_octets_swwel(command_busy_reg),
  .hwif_out_stage_key_3_octets(stage_key[159:128]),
  .hwif_in_stage_key_3_octets_hwclr(command_done),
  .hwif_in_stage_key_3_octets_swwel(command_busy_reg),
  .hwif_out_stage_key_4_octets(stage_key[127:96]),
  .hwif_in_stage_key_4_octets_hwclr(command_done),
  .hwif_in_stage_key_4_octets_swwel(command_busy_reg),
  .hwif_out_stage_key_5_octets(stage_key[95:64]),
  .hwif_in_stage_key_5_octets_hwclr(command_done),
  .hwif_in_stage_key_5_octets_swwel(command_busy_reg),
  .hwif_out_stage_key_6_octets(stage_key[63:32]),
  .hwif_in_stage_key_6_octets_hwclr(command_done),
  .hwif_in_stage_key_6_octets_swwel(command_busy_reg),
  .hwif_out_stage_key_7_octets(stage_key[31:0]),
  .hwif_in_stage_key_7_octets_hwclr(command_done),
  .hwif_in_stage_key_7_octets_swwel(command_busy_reg),
  .hwif_out_command_opcode(command_opcode),
  .hwif_out_command_opcode_swmod(write_command),
  .hwif_in_command_status_busy(command_busy_reg),
  .hwif_in_command_status_done(command_done_reg),
  .hwif_in_command_status_code(command_status_reg),
  .hwif_in_result_handle_handle(command_handle_reg),
  .hwif_in_sa_active_count(sa_active),
  .hwif_in_result_packets_lo_value(command_use_reg[31:0]),
  .hwif_in_result_packets_hi_value(command_use_reg[63:32]),
  .hwif_in_result_octets_lo_value(command_use_reg[95:64]),
  .hwif_in_result_octets_hi_value(command_use_reg[127:96]),
  .hwif_in_result_sequence_lo_value(command_use_reg[159:128]),
  .hwif_in_result_sequence_hi_value(command_use_reg[191:160]),
  .hwif_in_sa_event_handle(sa_event_handle),
  .hwif_out_sa_event_take_handle(event_taken),
  .hwif_out_sa_event_take_handle_swmod(write_event_take),
  .hwif_in_tx_frames_count(tx_frames_reg),
  .hwif_in_tx_protected_count(tx_protected_reg),
  .hwif_in_tx_bypassed_count(tx_bypassed_reg),
  .hwif_in_tx_failed_handle_count(tx_failed_handle_reg),
  .hwif_in_tx_failed_packet_count(tx_failed_packet_reg),
  .hwif_in_tx_failed_length_count(tx_failed_length_reg),
  .hwif_in_tx_failed_limit_count(tx_failed_limit_reg),
  .hwif_in_tx_failed_sequence_count(tx_failed_sequence_reg),
  .hwif_in_rx_frames_count(rx_frames_reg),
  .hwif_in_rx_decrypted_count(rx_decrypted_reg),
  .hwif_in_rx_not_esp_count(rx_not_esp_reg),
  .hwif_in_rx_no_sa_count(rx_no_sa_reg),
  .hwif_in_rx_icv_failed_count(rx_icv_failed_reg),
  .hwif_in_rx_syntax_failed_count(rx_syntax_failed_reg),
  .hwif_in_rx_limit_failed_count(rx_limit_failed_reg),
  .hwif_in_rx_overflow_count(rx_overflow_reg),
  .hwif_in_tx_octets_lo_count(tx_octets_reg[31:0]),
  .hwif_out_tx_octets_lo_count_swacc(read_tx_octets_lo),
  .hwif_in_tx_octets_hi_count(tx_octets_hi_reg),
  .hwif_in_rx_octets_lo_count(rx_octets_reg[31:0]),
  .hwif_out_rx_octets_lo_count_swacc(read_rx_octets_lo),
  .hwif_in_rx_octets_hi_count(rx_octets_hi_reg)
);
/* verilator lint_on PINCONNECTEMPTY */

endmodule

`resetall
