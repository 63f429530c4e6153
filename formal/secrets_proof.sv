// SPDX-License-Identifier: Apache-2.0
/*
 * engine_registers twice, side by side, with other secrets: the words written to STAGE_KEY_* and STAGE_SALT differ in any way, all other inputs are the same. Then every output but
 * stage_key and stage_salt is the same in every cycle: no read data, no handshake and no interrupt tells anything of a key or a salt. (A word on its way is not yet a secret
 * or none: where it is written to any other register it must be the same on both sides.)
 */
`default_nettype none

module secrets_proof (
    input wire        clk,
    input wire        rst,
    input wire [31:0] wdata [0:1],
    input wire [11:0] s_axil_awaddr,
    input wire [2:0] s_axil_awprot,
    input wire s_axil_awvalid,
    input wire [3:0] s_axil_wstrb,
    input wire s_axil_wvalid,
    input wire s_axil_bready,
    input wire [11:0] s_axil_araddr,
    input wire [2:0] s_axil_arprot,
    input wire s_axil_arvalid,
    input wire s_axil_rready,
    input wire command_done,
    input wire [7:0] command_status,
    input wire [31:0] command_handle,
    input wire [191:0] command_use,
    input wire [15:0] sa_active,
    input wire sa_event_new,
    input wire [31:0] sa_event_handle,
    input wire count_tx_frames,
    input wire count_tx_protected,
    input wire count_tx_bypassed,
    input wire count_tx_failed_handle,
    input wire count_tx_failed_packet,
    input wire count_tx_failed_length,
    input wire count_tx_failed_limit,
    input wire count_tx_failed_sequence,
    input wire count_rx_frames,
    input wire count_rx_decrypted,
    input wire count_rx_not_esp,
    input wire count_rx_no_sa,
    input wire count_rx_icv_failed,
    input wire count_rx_syntax_failed,
    input wire count_rx_limit_failed,
    input wire count_rx_overflow,
    input wire [15:0] count_tx_octets,
    input wire [15:0] count_rx_octets
);

generate
    for (genvar n = 0; n < 2; n = n + 1) begin : copy
        wire s_axil_awready;
        wire s_axil_wready;
        wire [1:0] s_axil_bresp;
        wire s_axil_bvalid;
        wire s_axil_arready;
        wire [31:0] s_axil_rdata;
        wire [1:0] s_axil_rresp;
        wire s_axil_rvalid;
        wire irq;
        wire tx_enable;
        wire rx_ipv4_enable;
        wire rx_ipv6_enable;
        wire [31:0] stage_flags;
        wire [31:0] stage_sa_flags;
        wire [31:0] stage_operation;
        wire [31:0] stage_spi;
        wire [31:0] stage_auth_algorithm;
        wire [31:0] stage_enc_algorithm;
        wire [31:0] stage_key_octets;
        wire [31:0] stage_icv_octets;
        wire [31:0] stage_seq_hi;
        wire [31:0] stage_udp_encapsulation;
        wire [31:0] stage_handle;
        wire [31:0] stage_salt;
        wire [127:0] stage_src;
        wire [127:0] stage_dst;
        wire [255:0] stage_key;
        wire [31:0] stage_options;
        wire [255:0] stage_limits;
        wire command_start;
        wire [31:0] command_opcode;
        wire sa_event_take;

        engine_registers dut (.s_axil_wdata(wdata[n]), .*);
    end
endgenerate

`define SAME(name) (copy[0].name == copy[1].name)
`define BLOCK dut.registers_inst
`define SLAVE dut.axil_slave_inst

reg past_valid = 1'b0;

// a write that is carried out in this cycle, and of which register
wire write = copy[0].`BLOCK.decoded_req && copy[0].`BLOCK.decoded_req_is_wr;
wire secret = copy[0].`BLOCK.decoded_reg_strb_stage_key_0
    || copy[0].`BLOCK.decoded_reg_strb_stage_key_1
    || copy[0].`BLOCK.decoded_reg_strb_stage_key_2
    || copy[0].`BLOCK.decoded_reg_strb_stage_key_3
    || copy[0].`BLOCK.decoded_reg_strb_stage_key_4
    || copy[0].`BLOCK.decoded_reg_strb_stage_key_5
    || copy[0].`BLOCK.decoded_reg_strb_stage_key_6
    || copy[0].`BLOCK.decoded_reg_strb_stage_key_7
    || copy[0].`BLOCK.decoded_reg_strb_stage_salt;

wire outputs_same = `SAME(s_axil_awready)
    && `SAME(s_axil_wready)
    && `SAME(s_axil_bresp)
    && `SAME(s_axil_bvalid)
    && `SAME(s_axil_arready)
    && `SAME(s_axil_rdata)
    && `SAME(s_axil_rresp)
    && `SAME(s_axil_rvalid)
    && `SAME(irq)
    && `SAME(tx_enable)
    && `SAME(rx_ipv4_enable)
    && `SAME(rx_ipv6_enable)
    && `SAME(stage_flags)
    && `SAME(stage_sa_flags)
    && `SAME(stage_operation)
    && `SAME(stage_spi)
    && `SAME(stage_auth_algorithm)
    && `SAME(stage_enc_algorithm)
    && `SAME(stage_key_octets)
    && `SAME(stage_icv_octets)
    && `SAME(stage_seq_hi)
    && `SAME(stage_udp_encapsulation)
    && `SAME(stage_handle)
    && `SAME(stage_src)
    && `SAME(stage_dst)
    && `SAME(stage_options)
    && `SAME(stage_limits)
    && `SAME(command_start)
    && `SAME(command_opcode)
    && `SAME(sa_event_take);

wire handshake_same = ($countones({copy[0].`SLAVE.req_reg, copy[0].`SLAVE.data_reg, copy[0].s_axil_bvalid, copy[0].s_axil_rvalid}) == copy[0].`SLAVE.busy_reg)
    && (!copy[0].`SLAVE.req_reg || !copy[0].`SLAVE.is_write_reg || copy[0].`SLAVE.w_valid_reg)
    && (!copy[0].`SLAVE.write_reg || copy[0].`SLAVE.req_reg && copy[0].`SLAVE.is_write_reg)
    && (!copy[0].`SLAVE.data_reg || (!copy[0].`SLAVE.is_write_reg && `SAME(`BLOCK.read_select)))
    && (!copy[0].`SLAVE.read_reg || copy[0].`SLAVE.req_reg && !copy[0].`SLAVE.is_write_reg)
    && `SAME(`SLAVE.aw_valid_reg)
    && (!copy[0].`SLAVE.aw_valid_reg || `SAME(`SLAVE.aw_address_reg))
    && `SAME(`SLAVE.w_valid_reg)
    && (!copy[0].`SLAVE.w_valid_reg || `SAME(`SLAVE.w_strobe_reg))
    && `SAME(`SLAVE.ar_valid_reg)
    && (!copy[0].`SLAVE.ar_valid_reg || `SAME(`SLAVE.ar_address_reg))
    && `SAME(`SLAVE.busy_reg)
    && `SAME(`SLAVE.req_reg)
    && `SAME(`SLAVE.is_write_reg)
    && `SAME(`SLAVE.write_reg)
    && `SAME(`SLAVE.read_reg)
    && `SAME(`SLAVE.data_reg)
    && `SAME(`SLAVE.block_reg)
    && (!copy[0].`SLAVE.req_reg || `SAME(`SLAVE.address_reg))
    && `SAME(`SLAVE.b_valid_reg)
    && `SAME(`SLAVE.r_valid_reg)
    && `SAME(`SLAVE.r_data_reg);

wire fields_same = `SAME(`BLOCK.field_storage_command_opcode_value)
    && `SAME(`BLOCK.field_storage_control_rx_ipv4_enable_value)
    && `SAME(`BLOCK.field_storage_control_rx_ipv6_enable_value)
    && `SAME(`BLOCK.field_storage_control_tx_enable_value)
    && `SAME(`BLOCK.field_storage_interrupt_enable_command_done_value)
    && `SAME(`BLOCK.field_storage_interrupt_enable_command_ignored_value)
    && `SAME(`BLOCK.field_storage_interrupt_enable_rx_failed_value)
    && `SAME(`BLOCK.field_storage_interrupt_enable_rx_overflow_value)
    && `SAME(`BLOCK.field_storage_interrupt_enable_sa_limit_value)
    && `SAME(`BLOCK.field_storage_interrupt_enable_tx_failed_value)
    && `SAME(`BLOCK.field_storage_interrupt_status_command_done_value)
    && `SAME(`BLOCK.field_storage_interrupt_status_command_ignored_value)
    && `SAME(`BLOCK.field_storage_interrupt_status_rx_failed_value)
    && `SAME(`BLOCK.field_storage_interrupt_status_rx_overflow_value)
    && `SAME(`BLOCK.field_storage_interrupt_status_sa_limit_value)
    && `SAME(`BLOCK.field_storage_interrupt_status_tx_failed_value)
    && `SAME(`BLOCK.field_storage_sa_event_take_handle_value)
    && `SAME(`BLOCK.field_storage_stage_authentication_algorithm_value_value)
    && `SAME(`BLOCK.field_storage_stage_dst_0_octets_value)
    && `SAME(`BLOCK.field_storage_stage_dst_1_octets_value)
    && `SAME(`BLOCK.field_storage_stage_dst_2_octets_value)
    && `SAME(`BLOCK.field_storage_stage_dst_3_octets_value)
    && `SAME(`BLOCK.field_storage_stage_encryption_algorithm_value_value)
    && `SAME(`BLOCK.field_storage_stage_flags_value_value)
    && `SAME(`BLOCK.field_storage_stage_handle_value_value)
    && `SAME(`BLOCK.field_storage_stage_hard_octets_hi_value_value)
    && `SAME(`BLOCK.field_storage_stage_hard_octets_lo_value_value)
    && `SAME(`BLOCK.field_storage_stage_hard_packets_hi_value_value)
    && `SAME(`BLOCK.field_storage_stage_hard_packets_lo_value_value)
    && `SAME(`BLOCK.field_storage_stage_icv_octets_value_value)
    && `SAME(`BLOCK.field_storage_stage_key_octets_value_value)
    && `SAME(`BLOCK.field_storage_stage_operation_value_value)
    && `SAME(`BLOCK.field_storage_stage_options_value_value)
    && `SAME(`BLOCK.field_storage_stage_sa_flags_value_value)
    && `SAME(`BLOCK.field_storage_stage_sequence_high_value_value)
    && `SAME(`BLOCK.field_storage_stage_soft_octets_hi_value_value)
    && `SAME(`BLOCK.field_storage_stage_soft_octets_lo_value_value)
    && `SAME(`BLOCK.field_storage_stage_soft_packets_hi_value_value)
    && `SAME(`BLOCK.field_storage_stage_soft_packets_lo_value_value)
    && `SAME(`BLOCK.field_storage_stage_spi_octets_value)
    && `SAME(`BLOCK.field_storage_stage_src_0_octets_value)
    && `SAME(`BLOCK.field_storage_stage_src_1_octets_value)
    && `SAME(`BLOCK.field_storage_stage_src_2_octets_value)
    && `SAME(`BLOCK.field_storage_stage_src_3_octets_value)
    && `SAME(`BLOCK.field_storage_stage_udp_encapsulation_value_value);

wire registers_same = `SAME(dut.command_busy_reg)
    && `SAME(dut.command_done_reg)
    && `SAME(dut.command_handle_reg)
    && `SAME(dut.command_start_reg)
    && `SAME(dut.command_status_reg)
    && `SAME(dut.command_use_reg)
    && `SAME(dut.event_take_reg)
    && `SAME(dut.sa_event_take_reg)
    && `SAME(dut.rx_decrypted_reg)
    && `SAME(dut.rx_frames_reg)
    && `SAME(dut.rx_icv_failed_reg)
    && `SAME(dut.rx_limit_failed_reg)
    && `SAME(dut.rx_no_sa_reg)
    && `SAME(dut.rx_not_esp_reg)
    && `SAME(dut.read_rx_octets_lo_reg)
    && `SAME(dut.read_tx_octets_lo_reg)
    && `SAME(dut.rx_octets_hi_reg)
    && `SAME(dut.rx_octets_reg)
    && `SAME(dut.rx_overflow_reg)
    && `SAME(dut.rx_syntax_failed_reg)
    && `SAME(dut.tx_bypassed_reg)
    && `SAME(dut.tx_failed_handle_reg)
    && `SAME(dut.tx_failed_length_reg)
    && `SAME(dut.tx_failed_limit_reg)
    && `SAME(dut.tx_failed_packet_reg)
    && `SAME(dut.tx_failed_sequence_reg)
    && `SAME(dut.tx_frames_reg)
    && `SAME(dut.tx_octets_hi_reg)
    && `SAME(dut.tx_octets_reg)
    && `SAME(dut.tx_protected_reg)
    && `SAME(dut.write_command_reg);

always @(posedge clk) begin
    past_valid <= 1'b1;
    if (!past_valid) assume (rst);
    assume (!write || secret || `SAME(`SLAVE.w_data_reg));

    if (past_valid) begin
        no_output_tells: assert (outputs_same);
        no_handshake_register_tells: assert (handshake_same);
        no_field_tells: assert (fields_same);
        no_register_tells: assert (registers_same);

        keys_differ: cover (copy[0].stage_key[255:224] != copy[1].stage_key[255:224] && copy[0].stage_salt != copy[1].stage_salt);
        read_with_other_keys: cover (copy[0].s_axil_rvalid && copy[0].s_axil_rdata != 0 && copy[0].stage_key != copy[1].stage_key);
    end
end

endmodule

`undef SAME
`undef BLOCK
`undef SLAVE

`default_nettype wire
