// SPDX-License-Identifier: Apache-2.0
// Generated from hdl/registers/ipsec_engine.rdl by scripts/generate_registers.py. Do not edit.
// The Verilog is PeakRDL-etana's.

module ipsec_engine_registers (
        input wire clk,
        input wire rst,

        input wire s_cpuif_req,
        input wire s_cpuif_req_is_wr,
        input wire [8:0] s_cpuif_addr,
        input wire [31:0] s_cpuif_wr_data,
        input wire [31:0] s_cpuif_wr_biten,
        output wire s_cpuif_req_stall_wr,
        output wire s_cpuif_req_stall_rd,
        output wire s_cpuif_rd_ack,
        output wire s_cpuif_rd_err,
        output wire [31:0] s_cpuif_rd_data,
        output wire s_cpuif_wr_ack,
        output wire s_cpuif_wr_err,

        input wire [15:0] hwif_in_build_table_sa_count,
        input wire [15:0] hwif_in_build_table_max_key_bits,
        input wire [7:0] hwif_in_build_crypto_cycles_per_round,
        input wire [7:0] hwif_in_build_crypto_ghash_stages,
        input wire [7:0] hwif_in_build_crypto_sbox_style,
        input wire [31:0] hwif_in_build_store_rx_store_octets,
        input wire [31:0] hwif_in_capability_5_authentication_algorithms,
        input wire [31:0] hwif_in_capability_6_encryption_algorithms,
        input wire [31:0] hwif_in_capability_7_sa_offload_capacity,
        output logic hwif_out_control_tx_enable,
        output logic hwif_out_control_rx_ipv4_enable,
        output logic hwif_out_control_rx_ipv6_enable,
        output logic hwif_out_interrupt_status_command_done,
        input wire hwif_in_interrupt_status_command_done_hwset,
        output logic hwif_out_interrupt_status_command_ignored,
        input wire hwif_in_interrupt_status_command_ignored_hwset,
        output logic hwif_out_interrupt_status_tx_failed,
        input wire hwif_in_interrupt_status_tx_failed_hwset,
        output logic hwif_out_interrupt_status_rx_overflow,
        input wire hwif_in_interrupt_status_rx_overflow_hwset,
        output logic hwif_out_interrupt_status_rx_failed,
        input wire hwif_in_interrupt_status_rx_failed_hwset,
        output logic hwif_out_interrupt_status_sa_limit,
        input wire hwif_in_interrupt_status_sa_limit_hwset,
        output logic hwif_out_interrupt_enable_command_done,
        output logic hwif_out_interrupt_enable_command_ignored,
        output logic hwif_out_interrupt_enable_tx_failed,
        output logic hwif_out_interrupt_enable_rx_overflow,
        output logic hwif_out_interrupt_enable_rx_failed,
        output logic hwif_out_interrupt_enable_sa_limit,
        output logic [31:0] hwif_out_stage_options_value,
        input wire hwif_in_stage_options_value_hwclr,
        input wire hwif_in_stage_options_value_swwel,
        output logic [31:0] hwif_out_stage_soft_packets_lo_value,
        input wire hwif_in_stage_soft_packets_lo_value_hwclr,
        input wire hwif_in_stage_soft_packets_lo_value_swwel,
        output logic [31:0] hwif_out_stage_soft_packets_hi_value,
        input wire hwif_in_stage_soft_packets_hi_value_hwclr,
        input wire hwif_in_stage_soft_packets_hi_value_swwel,
        output logic [31:0] hwif_out_stage_soft_octets_lo_value,
        input wire hwif_in_stage_soft_octets_lo_value_hwclr,
        input wire hwif_in_stage_soft_octets_lo_value_swwel,
        output logic [31:0] hwif_out_stage_soft_octets_hi_value,
        input wire hwif_in_stage_soft_octets_hi_value_hwclr,
        input wire hwif_in_stage_soft_octets_hi_value_swwel,
        output logic [31:0] hwif_out_stage_hard_packets_lo_value,
        input wire hwif_in_stage_hard_packets_lo_value_hwclr,
        input wire hwif_in_stage_hard_packets_lo_value_swwel,
        output logic [31:0] hwif_out_stage_hard_packets_hi_value,
        input wire hwif_in_stage_hard_packets_hi_value_hwclr,
        input wire hwif_in_stage_hard_packets_hi_value_swwel,
        output logic [31:0] hwif_out_stage_hard_octets_lo_value,
        input wire hwif_in_stage_hard_octets_lo_value_hwclr,
        input wire hwif_in_stage_hard_octets_lo_value_swwel,
        output logic [31:0] hwif_out_stage_hard_octets_hi_value,
        input wire hwif_in_stage_hard_octets_hi_value_hwclr,
        input wire hwif_in_stage_hard_octets_hi_value_swwel,
        output logic [31:0] hwif_out_stage_flags_value,
        input wire hwif_in_stage_flags_value_hwclr,
        input wire hwif_in_stage_flags_value_swwel,
        output logic [31:0] hwif_out_stage_sa_flags_value,
        input wire hwif_in_stage_sa_flags_value_hwclr,
        input wire hwif_in_stage_sa_flags_value_swwel,
        output logic [31:0] hwif_out_stage_operation_value,
        input wire hwif_in_stage_operation_value_hwclr,
        input wire hwif_in_stage_operation_value_swwel,
        output logic [31:0] hwif_out_stage_spi_octets,
        input wire hwif_in_stage_spi_octets_hwclr,
        input wire hwif_in_stage_spi_octets_swwel,
        output logic [31:0] hwif_out_stage_authentication_algorithm_value,
        input wire hwif_in_stage_authentication_algorithm_value_hwclr,
        input wire hwif_in_stage_authentication_algorithm_value_swwel,
        output logic [31:0] hwif_out_stage_encryption_algorithm_value,
        input wire hwif_in_stage_encryption_algorithm_value_hwclr,
        input wire hwif_in_stage_encryption_algorithm_value_swwel,
        output logic [31:0] hwif_out_stage_key_octets_value,
        input wire hwif_in_stage_key_octets_value_hwclr,
        input wire hwif_in_stage_key_octets_value_swwel,
        output logic [31:0] hwif_out_stage_icv_octets_value,
        input wire hwif_in_stage_icv_octets_value_hwclr,
        input wire hwif_in_stage_icv_octets_value_swwel,
        output logic [31:0] hwif_out_stage_sequence_high_value,
        input wire hwif_in_stage_sequence_high_value_hwclr,
        input wire hwif_in_stage_sequence_high_value_swwel,
        output logic [31:0] hwif_out_stage_udp_encapsulation_value,
        input wire hwif_in_stage_udp_encapsulation_value_hwclr,
        input wire hwif_in_stage_udp_encapsulation_value_swwel,
        output logic [31:0] hwif_out_stage_handle_value,
        input wire hwif_in_stage_handle_value_hwclr,
        input wire hwif_in_stage_handle_value_swwel,
        output logic [31:0] hwif_out_stage_salt_octets,
        input wire hwif_in_stage_salt_octets_hwclr,
        input wire hwif_in_stage_salt_octets_swwel,
        output logic [31:0] hwif_out_stage_src_0_octets,
        input wire hwif_in_stage_src_0_octets_hwclr,
        input wire hwif_in_stage_src_0_octets_swwel,
        output logic [31:0] hwif_out_stage_src_1_octets,
        input wire hwif_in_stage_src_1_octets_hwclr,
        input wire hwif_in_stage_src_1_octets_swwel,
        output logic [31:0] hwif_out_stage_src_2_octets,
        input wire hwif_in_stage_src_2_octets_hwclr,
        input wire hwif_in_stage_src_2_octets_swwel,
        output logic [31:0] hwif_out_stage_src_3_octets,
        input wire hwif_in_stage_src_3_octets_hwclr,
        input wire hwif_in_stage_src_3_octets_swwel,
        output logic [31:0] hwif_out_stage_dst_0_octets,
        input wire hwif_in_stage_dst_0_octets_hwclr,
        input wire hwif_in_stage_dst_0_octets_swwel,
        output logic [31:0] hwif_out_stage_dst_1_octets,
        input wire hwif_in_stage_dst_1_octets_hwclr,
        input wire hwif_in_stage_dst_1_octets_swwel,
        output logic [31:0] hwif_out_stage_dst_2_octets,
        input wire hwif_in_stage_dst_2_octets_hwclr,
        input wire hwif_in_stage_dst_2_octets_swwel,
        output logic [31:0] hwif_out_stage_dst_3_octets,
        input wire hwif_in_stage_dst_3_octets_hwclr,
        input wire hwif_in_stage_dst_3_octets_swwel,
        output logic [31:0] hwif_out_stage_key_0_octets,
        input wire hwif_in_stage_key_0_octets_hwclr,
        input wire hwif_in_stage_key_0_octets_swwel,
        output logic [31:0] hwif_out_stage_key_1_octets,
        input wire hwif_in_stage_key_1_octets_hwclr,
        input wire hwif_in_stage_key_1_octets_swwel,
        output logic [31:0] hwif_out_stage_key_2_octets,
        input wire hwif_in_stage_key_2_octets_hwclr,
        input wire hwif_in_stage_key_2_octets_swwel,
        output logic [31:0] hwif_out_stage_key_3_octets,
        input wire hwif_in_stage_key_3_octets_hwclr,
        input wire hwif_in_stage_key_3_octets_swwel,
        output logic [31:0] hwif_out_stage_key_4_octets,
        input wire hwif_in_stage_key_4_octets_hwclr,
        input wire hwif_in_stage_key_4_octets_swwel,
        output logic [31:0] hwif_out_stage_key_5_octets,
        input wire hwif_in_stage_key_5_octets_hwclr,
        input wire hwif_in_stage_key_5_octets_swwel,
        output logic [31:0] hwif_out_stage_key_6_octets,
        input wire hwif_in_stage_key_6_octets_hwclr,
        input wire hwif_in_stage_key_6_octets_swwel,
        output logic [31:0] hwif_out_stage_key_7_octets,
        input wire hwif_in_stage_key_7_octets_hwclr,
        input wire hwif_in_stage_key_7_octets_swwel,
        output logic [31:0] hwif_out_command_opcode,
        output logic hwif_out_command_opcode_swmod,
        input wire hwif_in_command_status_busy,
        input wire hwif_in_command_status_done,
        input wire [7:0] hwif_in_command_status_code,
        input wire [31:0] hwif_in_result_handle_handle,
        input wire [15:0] hwif_in_sa_active_count,
        input wire [31:0] hwif_in_result_packets_lo_value,
        input wire [31:0] hwif_in_result_packets_hi_value,
        input wire [31:0] hwif_in_result_octets_lo_value,
        input wire [31:0] hwif_in_result_octets_hi_value,
        input wire [31:0] hwif_in_result_sequence_lo_value,
        input wire [31:0] hwif_in_result_sequence_hi_value,
        input wire [31:0] hwif_in_sa_event_handle,
        output logic [31:0] hwif_out_sa_event_take_handle,
        output logic hwif_out_sa_event_take_handle_swmod,
        input wire [31:0] hwif_in_tx_frames_count,
        input wire [31:0] hwif_in_tx_protected_count,
        input wire [31:0] hwif_in_tx_bypassed_count,
        input wire [31:0] hwif_in_tx_failed_handle_count,
        input wire [31:0] hwif_in_tx_failed_packet_count,
        input wire [31:0] hwif_in_tx_failed_length_count,
        input wire [31:0] hwif_in_tx_failed_limit_count,
        input wire [31:0] hwif_in_tx_failed_sequence_count,
        input wire [31:0] hwif_in_tx_octets_lo_count,
        output logic hwif_out_tx_octets_lo_count_swacc,
        input wire [31:0] hwif_in_tx_octets_hi_count,
        input wire [31:0] hwif_in_rx_frames_count,
        input wire [31:0] hwif_in_rx_decrypted_count,
        input wire [31:0] hwif_in_rx_not_esp_count,
        input wire [31:0] hwif_in_rx_no_sa_count,
        input wire [31:0] hwif_in_rx_icv_failed_count,
        input wire [31:0] hwif_in_rx_syntax_failed_count,
        input wire [31:0] hwif_in_rx_limit_failed_count,
        input wire [31:0] hwif_in_rx_overflow_count,
        input wire [31:0] hwif_in_rx_octets_lo_count,
        output logic hwif_out_rx_octets_lo_count_swacc,
        input wire [31:0] hwif_in_rx_octets_hi_count
    );

    //--------------------------------------------------------------------------
    // CPU Bus interface logic
    //--------------------------------------------------------------------------
    logic cpuif_req;
    logic cpuif_req_is_wr;
    logic [8:0] cpuif_addr;
    logic [31:0] cpuif_wr_data;
    logic [31:0] cpuif_wr_biten;
    logic cpuif_req_stall_wr;
    logic cpuif_req_stall_rd;

    logic cpuif_rd_ack;
    logic cpuif_rd_err;
    logic [31:0] cpuif_rd_data;

    logic cpuif_wr_ack;
    logic cpuif_wr_err;

    assign cpuif_req = s_cpuif_req;
    assign cpuif_req_is_wr = s_cpuif_req_is_wr;
    assign cpuif_addr = s_cpuif_addr;
    assign cpuif_wr_data = s_cpuif_wr_data;
    assign cpuif_wr_biten = s_cpuif_wr_biten;
    assign s_cpuif_req_stall_wr = cpuif_req_stall_wr;
    assign s_cpuif_req_stall_rd = cpuif_req_stall_rd;
    assign s_cpuif_rd_ack = cpuif_rd_ack;
    assign s_cpuif_rd_err = cpuif_rd_err;
    assign s_cpuif_rd_data = cpuif_rd_data;
    assign s_cpuif_wr_ack = cpuif_wr_ack;
    assign s_cpuif_wr_err = cpuif_wr_err;

    logic cpuif_req_masked;

    // Read & write latencies are balanced. Stalls not required
    assign cpuif_req_stall_rd = '0;
    assign cpuif_req_stall_wr = '0;
    assign cpuif_req_masked = cpuif_req
                            & !(!cpuif_req_is_wr & cpuif_req_stall_rd)
                            & !(cpuif_req_is_wr & cpuif_req_stall_wr);

    //--------------------------------------------------------------------------
    // Address Decode
    //--------------------------------------------------------------------------
    logic decoded_reg_strb_magic;
    logic decoded_reg_strb_version;
    logic decoded_reg_strb_build_table;
    logic decoded_reg_strb_build_crypto;
    logic decoded_reg_strb_build_store;
    logic decoded_reg_strb_capability_0;
    logic decoded_reg_strb_capability_1;
    logic decoded_reg_strb_capability_2;
    logic decoded_reg_strb_capability_3;
    logic decoded_reg_strb_capability_4;
    logic decoded_reg_strb_capability_5;
    logic decoded_reg_strb_capability_6;
    logic decoded_reg_strb_capability_7;
    logic decoded_reg_strb_control;
    logic decoded_reg_strb_interrupt_status;
    logic decoded_reg_strb_interrupt_enable;
    logic decoded_reg_strb_stage_options;
    logic decoded_reg_strb_stage_soft_packets_lo;
    logic decoded_reg_strb_stage_soft_packets_hi;
    logic decoded_reg_strb_stage_soft_octets_lo;
    logic decoded_reg_strb_stage_soft_octets_hi;
    logic decoded_reg_strb_stage_hard_packets_lo;
    logic decoded_reg_strb_stage_hard_packets_hi;
    logic decoded_reg_strb_stage_hard_octets_lo;
    logic decoded_reg_strb_stage_hard_octets_hi;
    logic decoded_reg_strb_stage_flags;
    logic decoded_reg_strb_stage_sa_flags;
    logic decoded_reg_strb_stage_operation;
    logic decoded_reg_strb_stage_spi;
    logic decoded_reg_strb_stage_authentication_algorithm;
    logic decoded_reg_strb_stage_encryption_algorithm;
    logic decoded_reg_strb_stage_key_octets;
    logic decoded_reg_strb_stage_icv_octets;
    logic decoded_reg_strb_stage_sequence_high;
    logic decoded_reg_strb_stage_udp_encapsulation;
    logic decoded_reg_strb_stage_handle;
    logic decoded_reg_strb_stage_salt;
    logic decoded_reg_strb_stage_src_0;
    logic decoded_reg_strb_stage_src_1;
    logic decoded_reg_strb_stage_src_2;
    logic decoded_reg_strb_stage_src_3;
    logic decoded_reg_strb_stage_dst_0;
    logic decoded_reg_strb_stage_dst_1;
    logic decoded_reg_strb_stage_dst_2;
    logic decoded_reg_strb_stage_dst_3;
    logic decoded_reg_strb_stage_key_0;
    logic decoded_reg_strb_stage_key_1;
    logic decoded_reg_strb_stage_key_2;
    logic decoded_reg_strb_stage_key_3;
    logic decoded_reg_strb_stage_key_4;
    logic decoded_reg_strb_stage_key_5;
    logic decoded_reg_strb_stage_key_6;
    logic decoded_reg_strb_stage_key_7;
    logic decoded_reg_strb_command;
    logic decoded_reg_strb_command_status;
    logic decoded_reg_strb_result_handle;
    logic decoded_reg_strb_sa_active;
    logic decoded_reg_strb_result_packets_lo;
    logic decoded_reg_strb_result_packets_hi;
    logic decoded_reg_strb_result_octets_lo;
    logic decoded_reg_strb_result_octets_hi;
    logic decoded_reg_strb_result_sequence_lo;
    logic decoded_reg_strb_result_sequence_hi;
    logic decoded_reg_strb_sa_event;
    logic decoded_reg_strb_sa_event_take;
    logic decoded_reg_strb_tx_frames;
    logic decoded_reg_strb_tx_protected;
    logic decoded_reg_strb_tx_bypassed;
    logic decoded_reg_strb_tx_failed_handle;
    logic decoded_reg_strb_tx_failed_packet;
    logic decoded_reg_strb_tx_failed_length;
    logic decoded_reg_strb_tx_failed_limit;
    logic decoded_reg_strb_tx_failed_sequence;
    logic decoded_reg_strb_tx_octets_lo;
    logic decoded_reg_strb_tx_octets_hi;
    logic decoded_reg_strb_rx_frames;
    logic decoded_reg_strb_rx_decrypted;
    logic decoded_reg_strb_rx_not_esp;
    logic decoded_reg_strb_rx_no_sa;
    logic decoded_reg_strb_rx_icv_failed;
    logic decoded_reg_strb_rx_syntax_failed;
    logic decoded_reg_strb_rx_limit_failed;
    logic decoded_reg_strb_rx_overflow;
    logic decoded_reg_strb_rx_octets_lo;
    logic decoded_reg_strb_rx_octets_hi;
    logic decoded_req;
    logic decoded_req_is_wr;
    /* verilator lint_off UNUSEDSIGNAL */
    logic [31:0] decoded_wr_data;
    logic [31:0] decoded_wr_biten;
    /* verilator lint_on UNUSEDSIGNAL */

    always @(*) begin
        /* verilator lint_off UNUSEDSIGNAL */
        integer next_cpuif_addr;
        /* verilator lint_on UNUSEDSIGNAL */
        decoded_reg_strb_magic = cpuif_req_masked & (cpuif_addr == 9'h0) & !cpuif_req_is_wr;
        decoded_reg_strb_version = cpuif_req_masked & (cpuif_addr == 9'h4) & !cpuif_req_is_wr;
        decoded_reg_strb_build_table = cpuif_req_masked & (cpuif_addr == 9'h8) & !cpuif_req_is_wr;
        decoded_reg_strb_build_crypto = cpuif_req_masked & (cpuif_addr == 9'hc) & !cpuif_req_is_wr;
        decoded_reg_strb_build_store = cpuif_req_masked & (cpuif_addr == 9'h10) & !cpuif_req_is_wr;
        decoded_reg_strb_capability_0 = cpuif_req_masked & (cpuif_addr == 9'h20) & !cpuif_req_is_wr;
        decoded_reg_strb_capability_1 = cpuif_req_masked & (cpuif_addr == 9'h24) & !cpuif_req_is_wr;
        decoded_reg_strb_capability_2 = cpuif_req_masked & (cpuif_addr == 9'h28) & !cpuif_req_is_wr;
        decoded_reg_strb_capability_3 = cpuif_req_masked & (cpuif_addr == 9'h2c) & !cpuif_req_is_wr;
        decoded_reg_strb_capability_4 = cpuif_req_masked & (cpuif_addr == 9'h30) & !cpuif_req_is_wr;
        decoded_reg_strb_capability_5 = cpuif_req_masked & (cpuif_addr == 9'h34) & !cpuif_req_is_wr;
        decoded_reg_strb_capability_6 = cpuif_req_masked & (cpuif_addr == 9'h38) & !cpuif_req_is_wr;
        decoded_reg_strb_capability_7 = cpuif_req_masked & (cpuif_addr == 9'h3c) & !cpuif_req_is_wr;
        decoded_reg_strb_control = cpuif_req_masked & (cpuif_addr == 9'h40);
        decoded_reg_strb_interrupt_status = cpuif_req_masked & (cpuif_addr == 9'h44);
        decoded_reg_strb_interrupt_enable = cpuif_req_masked & (cpuif_addr == 9'h48);
        decoded_reg_strb_stage_options = cpuif_req_masked & (cpuif_addr == 9'h5c) & cpuif_req_is_wr;
        decoded_reg_strb_stage_soft_packets_lo = cpuif_req_masked & (cpuif_addr == 9'h60) & cpuif_req_is_wr;
        decoded_reg_strb_stage_soft_packets_hi = cpuif_req_masked & (cpuif_addr == 9'h64) & cpuif_req_is_wr;
        decoded_reg_strb_stage_soft_octets_lo = cpuif_req_masked & (cpuif_addr == 9'h68) & cpuif_req_is_wr;
        decoded_reg_strb_stage_soft_octets_hi = cpuif_req_masked & (cpuif_addr == 9'h6c) & cpuif_req_is_wr;
        decoded_reg_strb_stage_hard_packets_lo = cpuif_req_masked & (cpuif_addr == 9'h70) & cpuif_req_is_wr;
        decoded_reg_strb_stage_hard_packets_hi = cpuif_req_masked & (cpuif_addr == 9'h74) & cpuif_req_is_wr;
        decoded_reg_strb_stage_hard_octets_lo = cpuif_req_masked & (cpuif_addr == 9'h78) & cpuif_req_is_wr;
        decoded_reg_strb_stage_hard_octets_hi = cpuif_req_masked & (cpuif_addr == 9'h7c) & cpuif_req_is_wr;
        decoded_reg_strb_stage_flags = cpuif_req_masked & (cpuif_addr == 9'h80) & cpuif_req_is_wr;
        decoded_reg_strb_stage_sa_flags = cpuif_req_masked & (cpuif_addr == 9'h84) & cpuif_req_is_wr;
        decoded_reg_strb_stage_operation = cpuif_req_masked & (cpuif_addr == 9'h88) & cpuif_req_is_wr;
        decoded_reg_strb_stage_spi = cpuif_req_masked & (cpuif_addr == 9'h8c) & cpuif_req_is_wr;
        decoded_reg_strb_stage_authentication_algorithm = cpuif_req_masked & (cpuif_addr == 9'h90) & cpuif_req_is_wr;
        decoded_reg_strb_stage_encryption_algorithm = cpuif_req_masked & (cpuif_addr == 9'h94) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_octets = cpuif_req_masked & (cpuif_addr == 9'h98) & cpuif_req_is_wr;
        decoded_reg_strb_stage_icv_octets = cpuif_req_masked & (cpuif_addr == 9'h9c) & cpuif_req_is_wr;
        decoded_reg_strb_stage_sequence_high = cpuif_req_masked & (cpuif_addr == 9'ha0) & cpuif_req_is_wr;
        decoded_reg_strb_stage_udp_encapsulation = cpuif_req_masked & (cpuif_addr == 9'ha4) & cpuif_req_is_wr;
        decoded_reg_strb_stage_handle = cpuif_req_masked & (cpuif_addr == 9'ha8) & cpuif_req_is_wr;
        decoded_reg_strb_stage_salt = cpuif_req_masked & (cpuif_addr == 9'hac) & cpuif_req_is_wr;
        decoded_reg_strb_stage_src_0 = cpuif_req_masked & (cpuif_addr == 9'hb0) & cpuif_req_is_wr;
        decoded_reg_strb_stage_src_1 = cpuif_req_masked & (cpuif_addr == 9'hb4) & cpuif_req_is_wr;
        decoded_reg_strb_stage_src_2 = cpuif_req_masked & (cpuif_addr == 9'hb8) & cpuif_req_is_wr;
        decoded_reg_strb_stage_src_3 = cpuif_req_masked & (cpuif_addr == 9'hbc) & cpuif_req_is_wr;
        decoded_reg_strb_stage_dst_0 = cpuif_req_masked & (cpuif_addr == 9'hc0) & cpuif_req_is_wr;
        decoded_reg_strb_stage_dst_1 = cpuif_req_masked & (cpuif_addr == 9'hc4) & cpuif_req_is_wr;
        decoded_reg_strb_stage_dst_2 = cpuif_req_masked & (cpuif_addr == 9'hc8) & cpuif_req_is_wr;
        decoded_reg_strb_stage_dst_3 = cpuif_req_masked & (cpuif_addr == 9'hcc) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_0 = cpuif_req_masked & (cpuif_addr == 9'hd0) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_1 = cpuif_req_masked & (cpuif_addr == 9'hd4) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_2 = cpuif_req_masked & (cpuif_addr == 9'hd8) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_3 = cpuif_req_masked & (cpuif_addr == 9'hdc) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_4 = cpuif_req_masked & (cpuif_addr == 9'he0) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_5 = cpuif_req_masked & (cpuif_addr == 9'he4) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_6 = cpuif_req_masked & (cpuif_addr == 9'he8) & cpuif_req_is_wr;
        decoded_reg_strb_stage_key_7 = cpuif_req_masked & (cpuif_addr == 9'hec) & cpuif_req_is_wr;
        decoded_reg_strb_command = cpuif_req_masked & (cpuif_addr == 9'h100) & cpuif_req_is_wr;
        decoded_reg_strb_command_status = cpuif_req_masked & (cpuif_addr == 9'h104) & !cpuif_req_is_wr;
        decoded_reg_strb_result_handle = cpuif_req_masked & (cpuif_addr == 9'h108) & !cpuif_req_is_wr;
        decoded_reg_strb_sa_active = cpuif_req_masked & (cpuif_addr == 9'h10c) & !cpuif_req_is_wr;
        decoded_reg_strb_result_packets_lo = cpuif_req_masked & (cpuif_addr == 9'h110) & !cpuif_req_is_wr;
        decoded_reg_strb_result_packets_hi = cpuif_req_masked & (cpuif_addr == 9'h114) & !cpuif_req_is_wr;
        decoded_reg_strb_result_octets_lo = cpuif_req_masked & (cpuif_addr == 9'h118) & !cpuif_req_is_wr;
        decoded_reg_strb_result_octets_hi = cpuif_req_masked & (cpuif_addr == 9'h11c) & !cpuif_req_is_wr;
        decoded_reg_strb_result_sequence_lo = cpuif_req_masked & (cpuif_addr == 9'h120) & !cpuif_req_is_wr;
        decoded_reg_strb_result_sequence_hi = cpuif_req_masked & (cpuif_addr == 9'h124) & !cpuif_req_is_wr;
        decoded_reg_strb_sa_event = cpuif_req_masked & (cpuif_addr == 9'h128) & !cpuif_req_is_wr;
        decoded_reg_strb_sa_event_take = cpuif_req_masked & (cpuif_addr == 9'h12c) & cpuif_req_is_wr;
        decoded_reg_strb_tx_frames = cpuif_req_masked & (cpuif_addr == 9'h140) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_protected = cpuif_req_masked & (cpuif_addr == 9'h144) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_bypassed = cpuif_req_masked & (cpuif_addr == 9'h148) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_failed_handle = cpuif_req_masked & (cpuif_addr == 9'h14c) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_failed_packet = cpuif_req_masked & (cpuif_addr == 9'h150) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_failed_length = cpuif_req_masked & (cpuif_addr == 9'h154) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_failed_limit = cpuif_req_masked & (cpuif_addr == 9'h158) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_failed_sequence = cpuif_req_masked & (cpuif_addr == 9'h15c) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_octets_lo = cpuif_req_masked & (cpuif_addr == 9'h160) & !cpuif_req_is_wr;
        decoded_reg_strb_tx_octets_hi = cpuif_req_masked & (cpuif_addr == 9'h164) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_frames = cpuif_req_masked & (cpuif_addr == 9'h180) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_decrypted = cpuif_req_masked & (cpuif_addr == 9'h184) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_not_esp = cpuif_req_masked & (cpuif_addr == 9'h188) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_no_sa = cpuif_req_masked & (cpuif_addr == 9'h18c) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_icv_failed = cpuif_req_masked & (cpuif_addr == 9'h190) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_syntax_failed = cpuif_req_masked & (cpuif_addr == 9'h194) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_limit_failed = cpuif_req_masked & (cpuif_addr == 9'h198) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_overflow = cpuif_req_masked & (cpuif_addr == 9'h19c) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_octets_lo = cpuif_req_masked & (cpuif_addr == 9'h1a0) & !cpuif_req_is_wr;
        decoded_reg_strb_rx_octets_hi = cpuif_req_masked & (cpuif_addr == 9'h1a4) & !cpuif_req_is_wr;
    end

    // Pass down signals to next stage
    assign decoded_req = cpuif_req_masked;
    assign decoded_req_is_wr = cpuif_req_is_wr;
    assign decoded_wr_data = cpuif_wr_data;
    assign decoded_wr_biten = cpuif_wr_biten;


    //--------------------------------------------------------------------------
    // Field storage declarations
    //--------------------------------------------------------------------------

    // Field: ipsec_engine_registers.CONTROL.TX_ENABLE
    logic field_storage_control_tx_enable_value;
    logic field_combo_control_tx_enable_next;
    logic field_combo_control_tx_enable_load_next;
    // Field: ipsec_engine_registers.CONTROL.RX_IPV4_ENABLE
    logic field_storage_control_rx_ipv4_enable_value;
    logic field_combo_control_rx_ipv4_enable_next;
    logic field_combo_control_rx_ipv4_enable_load_next;
    // Field: ipsec_engine_registers.CONTROL.RX_IPV6_ENABLE
    logic field_storage_control_rx_ipv6_enable_value;
    logic field_combo_control_rx_ipv6_enable_next;
    logic field_combo_control_rx_ipv6_enable_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_STATUS.COMMAND_DONE
    logic field_storage_interrupt_status_command_done_value;
    logic field_combo_interrupt_status_command_done_next;
    logic field_combo_interrupt_status_command_done_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_STATUS.COMMAND_IGNORED
    logic field_storage_interrupt_status_command_ignored_value;
    logic field_combo_interrupt_status_command_ignored_next;
    logic field_combo_interrupt_status_command_ignored_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_STATUS.TX_FAILED
    logic field_storage_interrupt_status_tx_failed_value;
    logic field_combo_interrupt_status_tx_failed_next;
    logic field_combo_interrupt_status_tx_failed_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_STATUS.RX_OVERFLOW
    logic field_storage_interrupt_status_rx_overflow_value;
    logic field_combo_interrupt_status_rx_overflow_next;
    logic field_combo_interrupt_status_rx_overflow_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_STATUS.RX_FAILED
    logic field_storage_interrupt_status_rx_failed_value;
    logic field_combo_interrupt_status_rx_failed_next;
    logic field_combo_interrupt_status_rx_failed_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_STATUS.SA_LIMIT
    logic field_storage_interrupt_status_sa_limit_value;
    logic field_combo_interrupt_status_sa_limit_next;
    logic field_combo_interrupt_status_sa_limit_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_ENABLE.COMMAND_DONE
    logic field_storage_interrupt_enable_command_done_value;
    logic field_combo_interrupt_enable_command_done_next;
    logic field_combo_interrupt_enable_command_done_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_ENABLE.COMMAND_IGNORED
    logic field_storage_interrupt_enable_command_ignored_value;
    logic field_combo_interrupt_enable_command_ignored_next;
    logic field_combo_interrupt_enable_command_ignored_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_ENABLE.TX_FAILED
    logic field_storage_interrupt_enable_tx_failed_value;
    logic field_combo_interrupt_enable_tx_failed_next;
    logic field_combo_interrupt_enable_tx_failed_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_ENABLE.RX_OVERFLOW
    logic field_storage_interrupt_enable_rx_overflow_value;
    logic field_combo_interrupt_enable_rx_overflow_next;
    logic field_combo_interrupt_enable_rx_overflow_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_ENABLE.RX_FAILED
    logic field_storage_interrupt_enable_rx_failed_value;
    logic field_combo_interrupt_enable_rx_failed_next;
    logic field_combo_interrupt_enable_rx_failed_load_next;
    // Field: ipsec_engine_registers.INTERRUPT_ENABLE.SA_LIMIT
    logic field_storage_interrupt_enable_sa_limit_value;
    logic field_combo_interrupt_enable_sa_limit_next;
    logic field_combo_interrupt_enable_sa_limit_load_next;
    // Field: ipsec_engine_registers.STAGE_OPTIONS.VALUE
    logic [31:0] field_storage_stage_options_value_value;
    logic [31:0] field_combo_stage_options_value_next;
    logic field_combo_stage_options_value_load_next;
    // Field: ipsec_engine_registers.STAGE_SOFT_PACKETS_LO.VALUE
    logic [31:0] field_storage_stage_soft_packets_lo_value_value;
    logic [31:0] field_combo_stage_soft_packets_lo_value_next;
    logic field_combo_stage_soft_packets_lo_value_load_next;
    // Field: ipsec_engine_registers.STAGE_SOFT_PACKETS_HI.VALUE
    logic [31:0] field_storage_stage_soft_packets_hi_value_value;
    logic [31:0] field_combo_stage_soft_packets_hi_value_next;
    logic field_combo_stage_soft_packets_hi_value_load_next;
    // Field: ipsec_engine_registers.STAGE_SOFT_OCTETS_LO.VALUE
    logic [31:0] field_storage_stage_soft_octets_lo_value_value;
    logic [31:0] field_combo_stage_soft_octets_lo_value_next;
    logic field_combo_stage_soft_octets_lo_value_load_next;
    // Field: ipsec_engine_registers.STAGE_SOFT_OCTETS_HI.VALUE
    logic [31:0] field_storage_stage_soft_octets_hi_value_value;
    logic [31:0] field_combo_stage_soft_octets_hi_value_next;
    logic field_combo_stage_soft_octets_hi_value_load_next;
    // Field: ipsec_engine_registers.STAGE_HARD_PACKETS_LO.VALUE
    logic [31:0] field_storage_stage_hard_packets_lo_value_value;
    logic [31:0] field_combo_stage_hard_packets_lo_value_next;
    logic field_combo_stage_hard_packets_lo_value_load_next;
    // Field: ipsec_engine_registers.STAGE_HARD_PACKETS_HI.VALUE
    logic [31:0] field_storage_stage_hard_packets_hi_value_value;
    logic [31:0] field_combo_stage_hard_packets_hi_value_next;
    logic field_combo_stage_hard_packets_hi_value_load_next;
    // Field: ipsec_engine_registers.STAGE_HARD_OCTETS_LO.VALUE
    logic [31:0] field_storage_stage_hard_octets_lo_value_value;
    logic [31:0] field_combo_stage_hard_octets_lo_value_next;
    logic field_combo_stage_hard_octets_lo_value_load_next;
    // Field: ipsec_engine_registers.STAGE_HARD_OCTETS_HI.VALUE
    logic [31:0] field_storage_stage_hard_octets_hi_value_value;
    logic [31:0] field_combo_stage_hard_octets_hi_value_next;
    logic field_combo_stage_hard_octets_hi_value_load_next;
    // Field: ipsec_engine_registers.STAGE_FLAGS.VALUE
    logic [31:0] field_storage_stage_flags_value_value;
    logic [31:0] field_combo_stage_flags_value_next;
    logic field_combo_stage_flags_value_load_next;
    // Field: ipsec_engine_registers.STAGE_SA_FLAGS.VALUE
    logic [31:0] field_storage_stage_sa_flags_value_value;
    logic [31:0] field_combo_stage_sa_flags_value_next;
    logic field_combo_stage_sa_flags_value_load_next;
    // Field: ipsec_engine_registers.STAGE_OPERATION.VALUE
    logic [31:0] field_storage_stage_operation_value_value;
    logic [31:0] field_combo_stage_operation_value_next;
    logic field_combo_stage_operation_value_load_next;
    // Field: ipsec_engine_registers.STAGE_SPI.OCTETS
    logic [31:0] field_storage_stage_spi_octets_value;
    logic [31:0] field_combo_stage_spi_octets_next;
    logic field_combo_stage_spi_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_AUTHENTICATION_ALGORITHM.VALUE
    logic [31:0] field_storage_stage_authentication_algorithm_value_value;
    logic [31:0] field_combo_stage_authentication_algorithm_value_next;
    logic field_combo_stage_authentication_algorithm_value_load_next;
    // Field: ipsec_engine_registers.STAGE_ENCRYPTION_ALGORITHM.VALUE
    logic [31:0] field_storage_stage_encryption_algorithm_value_value;
    logic [31:0] field_combo_stage_encryption_algorithm_value_next;
    logic field_combo_stage_encryption_algorithm_value_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_OCTETS.VALUE
    logic [31:0] field_storage_stage_key_octets_value_value;
    logic [31:0] field_combo_stage_key_octets_value_next;
    logic field_combo_stage_key_octets_value_load_next;
    // Field: ipsec_engine_registers.STAGE_ICV_OCTETS.VALUE
    logic [31:0] field_storage_stage_icv_octets_value_value;
    logic [31:0] field_combo_stage_icv_octets_value_next;
    logic field_combo_stage_icv_octets_value_load_next;
    // Field: ipsec_engine_registers.STAGE_SEQUENCE_HIGH.VALUE
    logic [31:0] field_storage_stage_sequence_high_value_value;
    logic [31:0] field_combo_stage_sequence_high_value_next;
    logic field_combo_stage_sequence_high_value_load_next;
    // Field: ipsec_engine_registers.STAGE_UDP_ENCAPSULATION.VALUE
    logic [31:0] field_storage_stage_udp_encapsulation_value_value;
    logic [31:0] field_combo_stage_udp_encapsulation_value_next;
    logic field_combo_stage_udp_encapsulation_value_load_next;
    // Field: ipsec_engine_registers.STAGE_HANDLE.VALUE
    logic [31:0] field_storage_stage_handle_value_value;
    logic [31:0] field_combo_stage_handle_value_next;
    logic field_combo_stage_handle_value_load_next;
    // Field: ipsec_engine_registers.STAGE_SALT.OCTETS
    logic [31:0] field_storage_stage_salt_octets_value;
    logic [31:0] field_combo_stage_salt_octets_next;
    logic field_combo_stage_salt_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_SRC_0.OCTETS
    logic [31:0] field_storage_stage_src_0_octets_value;
    logic [31:0] field_combo_stage_src_0_octets_next;
    logic field_combo_stage_src_0_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_SRC_1.OCTETS
    logic [31:0] field_storage_stage_src_1_octets_value;
    logic [31:0] field_combo_stage_src_1_octets_next;
    logic field_combo_stage_src_1_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_SRC_2.OCTETS
    logic [31:0] field_storage_stage_src_2_octets_value;
    logic [31:0] field_combo_stage_src_2_octets_next;
    logic field_combo_stage_src_2_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_SRC_3.OCTETS
    logic [31:0] field_storage_stage_src_3_octets_value;
    logic [31:0] field_combo_stage_src_3_octets_next;
    logic field_combo_stage_src_3_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_DST_0.OCTETS
    logic [31:0] field_storage_stage_dst_0_octets_value;
    logic [31:0] field_combo_stage_dst_0_octets_next;
    logic field_combo_stage_dst_0_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_DST_1.OCTETS
    logic [31:0] field_storage_stage_dst_1_octets_value;
    logic [31:0] field_combo_stage_dst_1_octets_next;
    logic field_combo_stage_dst_1_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_DST_2.OCTETS
    logic [31:0] field_storage_stage_dst_2_octets_value;
    logic [31:0] field_combo_stage_dst_2_octets_next;
    logic field_combo_stage_dst_2_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_DST_3.OCTETS
    logic [31:0] field_storage_stage_dst_3_octets_value;
    logic [31:0] field_combo_stage_dst_3_octets_next;
    logic field_combo_stage_dst_3_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_0.OCTETS
    logic [31:0] field_storage_stage_key_0_octets_value;
    logic [31:0] field_combo_stage_key_0_octets_next;
    logic field_combo_stage_key_0_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_1.OCTETS
    logic [31:0] field_storage_stage_key_1_octets_value;
    logic [31:0] field_combo_stage_key_1_octets_next;
    logic field_combo_stage_key_1_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_2.OCTETS
    logic [31:0] field_storage_stage_key_2_octets_value;
    logic [31:0] field_combo_stage_key_2_octets_next;
    logic field_combo_stage_key_2_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_3.OCTETS
    logic [31:0] field_storage_stage_key_3_octets_value;
    logic [31:0] field_combo_stage_key_3_octets_next;
    logic field_combo_stage_key_3_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_4.OCTETS
    logic [31:0] field_storage_stage_key_4_octets_value;
    logic [31:0] field_combo_stage_key_4_octets_next;
    logic field_combo_stage_key_4_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_5.OCTETS
    logic [31:0] field_storage_stage_key_5_octets_value;
    logic [31:0] field_combo_stage_key_5_octets_next;
    logic field_combo_stage_key_5_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_6.OCTETS
    logic [31:0] field_storage_stage_key_6_octets_value;
    logic [31:0] field_combo_stage_key_6_octets_next;
    logic field_combo_stage_key_6_octets_load_next;
    // Field: ipsec_engine_registers.STAGE_KEY_7.OCTETS
    logic [31:0] field_storage_stage_key_7_octets_value;
    logic [31:0] field_combo_stage_key_7_octets_next;
    logic field_combo_stage_key_7_octets_load_next;
    // Field: ipsec_engine_registers.COMMAND.OPCODE
    logic [31:0] field_storage_command_opcode_value;
    logic [31:0] field_combo_command_opcode_next;
    logic field_combo_command_opcode_load_next;
    // Field: ipsec_engine_registers.SA_EVENT_TAKE.HANDLE
    logic [31:0] field_storage_sa_event_take_handle_value;
    logic [31:0] field_combo_sa_event_take_handle_next;
    logic field_combo_sa_event_take_handle_load_next;
    //--------------------------------------------------------------------------
    // Field logic
    //--------------------------------------------------------------------------
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_control_tx_enable_value;
        load_next_c = '0;
        if(decoded_reg_strb_control && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_control_tx_enable_value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end
        field_combo_control_tx_enable_next = next_c;
        field_combo_control_tx_enable_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_control_tx_enable_value <= 1'h0;
        end else if(field_combo_control_tx_enable_load_next) begin
            field_storage_control_tx_enable_value <= field_combo_control_tx_enable_next;
        end
    end
    assign hwif_out_control_tx_enable = field_storage_control_tx_enable_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_control_rx_ipv4_enable_value;
        load_next_c = '0;
        if(decoded_reg_strb_control && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_control_rx_ipv4_enable_value & ~decoded_wr_biten[1:1]) | (decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end
        field_combo_control_rx_ipv4_enable_next = next_c;
        field_combo_control_rx_ipv4_enable_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_control_rx_ipv4_enable_value <= 1'h0;
        end else if(field_combo_control_rx_ipv4_enable_load_next) begin
            field_storage_control_rx_ipv4_enable_value <= field_combo_control_rx_ipv4_enable_next;
        end
    end
    assign hwif_out_control_rx_ipv4_enable = field_storage_control_rx_ipv4_enable_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_control_rx_ipv6_enable_value;
        load_next_c = '0;
        if(decoded_reg_strb_control && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_control_rx_ipv6_enable_value & ~decoded_wr_biten[2:2]) | (decoded_wr_data[2:2] & decoded_wr_biten[2:2]);
            load_next_c = '1;
        end
        field_combo_control_rx_ipv6_enable_next = next_c;
        field_combo_control_rx_ipv6_enable_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_control_rx_ipv6_enable_value <= 1'h0;
        end else if(field_combo_control_rx_ipv6_enable_load_next) begin
            field_storage_control_rx_ipv6_enable_value <= field_combo_control_rx_ipv6_enable_next;
        end
    end
    assign hwif_out_control_rx_ipv6_enable = field_storage_control_rx_ipv6_enable_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_status_command_done_value;
        load_next_c = '0;
        if(hwif_in_interrupt_status_command_done_hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end else if(decoded_reg_strb_interrupt_status && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage_interrupt_status_command_done_value & ~(decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end
        field_combo_interrupt_status_command_done_next = next_c;
        field_combo_interrupt_status_command_done_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_status_command_done_value <= 1'h0;
        end else if(field_combo_interrupt_status_command_done_load_next) begin
            field_storage_interrupt_status_command_done_value <= field_combo_interrupt_status_command_done_next;
        end
    end
    assign hwif_out_interrupt_status_command_done = field_storage_interrupt_status_command_done_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_status_command_ignored_value;
        load_next_c = '0;
        if(hwif_in_interrupt_status_command_ignored_hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end else if(decoded_reg_strb_interrupt_status && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage_interrupt_status_command_ignored_value & ~(decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end
        field_combo_interrupt_status_command_ignored_next = next_c;
        field_combo_interrupt_status_command_ignored_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_status_command_ignored_value <= 1'h0;
        end else if(field_combo_interrupt_status_command_ignored_load_next) begin
            field_storage_interrupt_status_command_ignored_value <= field_combo_interrupt_status_command_ignored_next;
        end
    end
    assign hwif_out_interrupt_status_command_ignored = field_storage_interrupt_status_command_ignored_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_status_tx_failed_value;
        load_next_c = '0;
        if(hwif_in_interrupt_status_tx_failed_hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end else if(decoded_reg_strb_interrupt_status && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage_interrupt_status_tx_failed_value & ~(decoded_wr_data[2:2] & decoded_wr_biten[2:2]);
            load_next_c = '1;
        end
        field_combo_interrupt_status_tx_failed_next = next_c;
        field_combo_interrupt_status_tx_failed_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_status_tx_failed_value <= 1'h0;
        end else if(field_combo_interrupt_status_tx_failed_load_next) begin
            field_storage_interrupt_status_tx_failed_value <= field_combo_interrupt_status_tx_failed_next;
        end
    end
    assign hwif_out_interrupt_status_tx_failed = field_storage_interrupt_status_tx_failed_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_status_rx_overflow_value;
        load_next_c = '0;
        if(hwif_in_interrupt_status_rx_overflow_hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end else if(decoded_reg_strb_interrupt_status && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage_interrupt_status_rx_overflow_value & ~(decoded_wr_data[3:3] & decoded_wr_biten[3:3]);
            load_next_c = '1;
        end
        field_combo_interrupt_status_rx_overflow_next = next_c;
        field_combo_interrupt_status_rx_overflow_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_status_rx_overflow_value <= 1'h0;
        end else if(field_combo_interrupt_status_rx_overflow_load_next) begin
            field_storage_interrupt_status_rx_overflow_value <= field_combo_interrupt_status_rx_overflow_next;
        end
    end
    assign hwif_out_interrupt_status_rx_overflow = field_storage_interrupt_status_rx_overflow_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_status_rx_failed_value;
        load_next_c = '0;
        if(hwif_in_interrupt_status_rx_failed_hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end else if(decoded_reg_strb_interrupt_status && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage_interrupt_status_rx_failed_value & ~(decoded_wr_data[4:4] & decoded_wr_biten[4:4]);
            load_next_c = '1;
        end
        field_combo_interrupt_status_rx_failed_next = next_c;
        field_combo_interrupt_status_rx_failed_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_status_rx_failed_value <= 1'h0;
        end else if(field_combo_interrupt_status_rx_failed_load_next) begin
            field_storage_interrupt_status_rx_failed_value <= field_combo_interrupt_status_rx_failed_next;
        end
    end
    assign hwif_out_interrupt_status_rx_failed = field_storage_interrupt_status_rx_failed_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_status_sa_limit_value;
        load_next_c = '0;
        if(hwif_in_interrupt_status_sa_limit_hwset) begin // HW Set
            next_c = '1;
            load_next_c = '1;
        end else if(decoded_reg_strb_interrupt_status && decoded_req_is_wr) begin // SW write 1 clear
            next_c = field_storage_interrupt_status_sa_limit_value & ~(decoded_wr_data[5:5] & decoded_wr_biten[5:5]);
            load_next_c = '1;
        end
        field_combo_interrupt_status_sa_limit_next = next_c;
        field_combo_interrupt_status_sa_limit_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_status_sa_limit_value <= 1'h0;
        end else if(field_combo_interrupt_status_sa_limit_load_next) begin
            field_storage_interrupt_status_sa_limit_value <= field_combo_interrupt_status_sa_limit_next;
        end
    end
    assign hwif_out_interrupt_status_sa_limit = field_storage_interrupt_status_sa_limit_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_enable_command_done_value;
        load_next_c = '0;
        if(decoded_reg_strb_interrupt_enable && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_interrupt_enable_command_done_value & ~decoded_wr_biten[0:0]) | (decoded_wr_data[0:0] & decoded_wr_biten[0:0]);
            load_next_c = '1;
        end
        field_combo_interrupt_enable_command_done_next = next_c;
        field_combo_interrupt_enable_command_done_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_enable_command_done_value <= 1'h0;
        end else if(field_combo_interrupt_enable_command_done_load_next) begin
            field_storage_interrupt_enable_command_done_value <= field_combo_interrupt_enable_command_done_next;
        end
    end
    assign hwif_out_interrupt_enable_command_done = field_storage_interrupt_enable_command_done_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_enable_command_ignored_value;
        load_next_c = '0;
        if(decoded_reg_strb_interrupt_enable && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_interrupt_enable_command_ignored_value & ~decoded_wr_biten[1:1]) | (decoded_wr_data[1:1] & decoded_wr_biten[1:1]);
            load_next_c = '1;
        end
        field_combo_interrupt_enable_command_ignored_next = next_c;
        field_combo_interrupt_enable_command_ignored_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_enable_command_ignored_value <= 1'h0;
        end else if(field_combo_interrupt_enable_command_ignored_load_next) begin
            field_storage_interrupt_enable_command_ignored_value <= field_combo_interrupt_enable_command_ignored_next;
        end
    end
    assign hwif_out_interrupt_enable_command_ignored = field_storage_interrupt_enable_command_ignored_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_enable_tx_failed_value;
        load_next_c = '0;
        if(decoded_reg_strb_interrupt_enable && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_interrupt_enable_tx_failed_value & ~decoded_wr_biten[2:2]) | (decoded_wr_data[2:2] & decoded_wr_biten[2:2]);
            load_next_c = '1;
        end
        field_combo_interrupt_enable_tx_failed_next = next_c;
        field_combo_interrupt_enable_tx_failed_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_enable_tx_failed_value <= 1'h0;
        end else if(field_combo_interrupt_enable_tx_failed_load_next) begin
            field_storage_interrupt_enable_tx_failed_value <= field_combo_interrupt_enable_tx_failed_next;
        end
    end
    assign hwif_out_interrupt_enable_tx_failed = field_storage_interrupt_enable_tx_failed_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_enable_rx_overflow_value;
        load_next_c = '0;
        if(decoded_reg_strb_interrupt_enable && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_interrupt_enable_rx_overflow_value & ~decoded_wr_biten[3:3]) | (decoded_wr_data[3:3] & decoded_wr_biten[3:3]);
            load_next_c = '1;
        end
        field_combo_interrupt_enable_rx_overflow_next = next_c;
        field_combo_interrupt_enable_rx_overflow_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_enable_rx_overflow_value <= 1'h0;
        end else if(field_combo_interrupt_enable_rx_overflow_load_next) begin
            field_storage_interrupt_enable_rx_overflow_value <= field_combo_interrupt_enable_rx_overflow_next;
        end
    end
    assign hwif_out_interrupt_enable_rx_overflow = field_storage_interrupt_enable_rx_overflow_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_enable_rx_failed_value;
        load_next_c = '0;
        if(decoded_reg_strb_interrupt_enable && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_interrupt_enable_rx_failed_value & ~decoded_wr_biten[4:4]) | (decoded_wr_data[4:4] & decoded_wr_biten[4:4]);
            load_next_c = '1;
        end
        field_combo_interrupt_enable_rx_failed_next = next_c;
        field_combo_interrupt_enable_rx_failed_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_enable_rx_failed_value <= 1'h0;
        end else if(field_combo_interrupt_enable_rx_failed_load_next) begin
            field_storage_interrupt_enable_rx_failed_value <= field_combo_interrupt_enable_rx_failed_next;
        end
    end
    assign hwif_out_interrupt_enable_rx_failed = field_storage_interrupt_enable_rx_failed_value;
    always @(*) begin
        logic next_c;
        logic load_next_c;
        next_c = field_storage_interrupt_enable_sa_limit_value;
        load_next_c = '0;
        if(decoded_reg_strb_interrupt_enable && decoded_req_is_wr) begin // SW write
            next_c = (field_storage_interrupt_enable_sa_limit_value & ~decoded_wr_biten[5:5]) | (decoded_wr_data[5:5] & decoded_wr_biten[5:5]);
            load_next_c = '1;
        end
        field_combo_interrupt_enable_sa_limit_next = next_c;
        field_combo_interrupt_enable_sa_limit_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_interrupt_enable_sa_limit_value <= 1'h0;
        end else if(field_combo_interrupt_enable_sa_limit_load_next) begin
            field_storage_interrupt_enable_sa_limit_value <= field_combo_interrupt_enable_sa_limit_next;
        end
    end
    assign hwif_out_interrupt_enable_sa_limit = field_storage_interrupt_enable_sa_limit_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_options_value_value;
        load_next_c = '0;
        if(hwif_in_stage_options_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_options && decoded_req_is_wr && !(hwif_in_stage_options_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_options_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_options_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_options_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_options_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_options_value_next = next_c;
        field_combo_stage_options_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_options_value_value <= 32'h0;
        end else if(field_combo_stage_options_value_load_next) begin
            field_storage_stage_options_value_value <= field_combo_stage_options_value_next;
        end
    end
    assign hwif_out_stage_options_value = field_storage_stage_options_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_soft_packets_lo_value_value;
        load_next_c = '0;
        if(hwif_in_stage_soft_packets_lo_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_soft_packets_lo && decoded_req_is_wr && !(hwif_in_stage_soft_packets_lo_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_soft_packets_lo_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_soft_packets_lo_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_soft_packets_lo_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_soft_packets_lo_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_soft_packets_lo_value_next = next_c;
        field_combo_stage_soft_packets_lo_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_soft_packets_lo_value_value <= 32'h0;
        end else if(field_combo_stage_soft_packets_lo_value_load_next) begin
            field_storage_stage_soft_packets_lo_value_value <= field_combo_stage_soft_packets_lo_value_next;
        end
    end
    assign hwif_out_stage_soft_packets_lo_value = field_storage_stage_soft_packets_lo_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_soft_packets_hi_value_value;
        load_next_c = '0;
        if(hwif_in_stage_soft_packets_hi_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_soft_packets_hi && decoded_req_is_wr && !(hwif_in_stage_soft_packets_hi_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_soft_packets_hi_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_soft_packets_hi_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_soft_packets_hi_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_soft_packets_hi_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_soft_packets_hi_value_next = next_c;
        field_combo_stage_soft_packets_hi_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_soft_packets_hi_value_value <= 32'h0;
        end else if(field_combo_stage_soft_packets_hi_value_load_next) begin
            field_storage_stage_soft_packets_hi_value_value <= field_combo_stage_soft_packets_hi_value_next;
        end
    end
    assign hwif_out_stage_soft_packets_hi_value = field_storage_stage_soft_packets_hi_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_soft_octets_lo_value_value;
        load_next_c = '0;
        if(hwif_in_stage_soft_octets_lo_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_soft_octets_lo && decoded_req_is_wr && !(hwif_in_stage_soft_octets_lo_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_soft_octets_lo_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_soft_octets_lo_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_soft_octets_lo_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_soft_octets_lo_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_soft_octets_lo_value_next = next_c;
        field_combo_stage_soft_octets_lo_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_soft_octets_lo_value_value <= 32'h0;
        end else if(field_combo_stage_soft_octets_lo_value_load_next) begin
            field_storage_stage_soft_octets_lo_value_value <= field_combo_stage_soft_octets_lo_value_next;
        end
    end
    assign hwif_out_stage_soft_octets_lo_value = field_storage_stage_soft_octets_lo_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_soft_octets_hi_value_value;
        load_next_c = '0;
        if(hwif_in_stage_soft_octets_hi_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_soft_octets_hi && decoded_req_is_wr && !(hwif_in_stage_soft_octets_hi_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_soft_octets_hi_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_soft_octets_hi_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_soft_octets_hi_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_soft_octets_hi_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_soft_octets_hi_value_next = next_c;
        field_combo_stage_soft_octets_hi_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_soft_octets_hi_value_value <= 32'h0;
        end else if(field_combo_stage_soft_octets_hi_value_load_next) begin
            field_storage_stage_soft_octets_hi_value_value <= field_combo_stage_soft_octets_hi_value_next;
        end
    end
    assign hwif_out_stage_soft_octets_hi_value = field_storage_stage_soft_octets_hi_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_hard_packets_lo_value_value;
        load_next_c = '0;
        if(hwif_in_stage_hard_packets_lo_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_hard_packets_lo && decoded_req_is_wr && !(hwif_in_stage_hard_packets_lo_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_hard_packets_lo_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_hard_packets_lo_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_hard_packets_lo_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_hard_packets_lo_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_hard_packets_lo_value_next = next_c;
        field_combo_stage_hard_packets_lo_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_hard_packets_lo_value_value <= 32'h0;
        end else if(field_combo_stage_hard_packets_lo_value_load_next) begin
            field_storage_stage_hard_packets_lo_value_value <= field_combo_stage_hard_packets_lo_value_next;
        end
    end
    assign hwif_out_stage_hard_packets_lo_value = field_storage_stage_hard_packets_lo_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_hard_packets_hi_value_value;
        load_next_c = '0;
        if(hwif_in_stage_hard_packets_hi_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_hard_packets_hi && decoded_req_is_wr && !(hwif_in_stage_hard_packets_hi_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_hard_packets_hi_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_hard_packets_hi_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_hard_packets_hi_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_hard_packets_hi_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_hard_packets_hi_value_next = next_c;
        field_combo_stage_hard_packets_hi_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_hard_packets_hi_value_value <= 32'h0;
        end else if(field_combo_stage_hard_packets_hi_value_load_next) begin
            field_storage_stage_hard_packets_hi_value_value <= field_combo_stage_hard_packets_hi_value_next;
        end
    end
    assign hwif_out_stage_hard_packets_hi_value = field_storage_stage_hard_packets_hi_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_hard_octets_lo_value_value;
        load_next_c = '0;
        if(hwif_in_stage_hard_octets_lo_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_hard_octets_lo && decoded_req_is_wr && !(hwif_in_stage_hard_octets_lo_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_hard_octets_lo_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_hard_octets_lo_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_hard_octets_lo_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_hard_octets_lo_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_hard_octets_lo_value_next = next_c;
        field_combo_stage_hard_octets_lo_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_hard_octets_lo_value_value <= 32'h0;
        end else if(field_combo_stage_hard_octets_lo_value_load_next) begin
            field_storage_stage_hard_octets_lo_value_value <= field_combo_stage_hard_octets_lo_value_next;
        end
    end
    assign hwif_out_stage_hard_octets_lo_value = field_storage_stage_hard_octets_lo_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_hard_octets_hi_value_value;
        load_next_c = '0;
        if(hwif_in_stage_hard_octets_hi_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_hard_octets_hi && decoded_req_is_wr && !(hwif_in_stage_hard_octets_hi_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_hard_octets_hi_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_hard_octets_hi_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_hard_octets_hi_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_hard_octets_hi_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_hard_octets_hi_value_next = next_c;
        field_combo_stage_hard_octets_hi_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_hard_octets_hi_value_value <= 32'h0;
        end else if(field_combo_stage_hard_octets_hi_value_load_next) begin
            field_storage_stage_hard_octets_hi_value_value <= field_combo_stage_hard_octets_hi_value_next;
        end
    end
    assign hwif_out_stage_hard_octets_hi_value = field_storage_stage_hard_octets_hi_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_flags_value_value;
        load_next_c = '0;
        if(hwif_in_stage_flags_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_flags && decoded_req_is_wr && !(hwif_in_stage_flags_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_flags_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_flags_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_flags_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_flags_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_flags_value_next = next_c;
        field_combo_stage_flags_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_flags_value_value <= 32'h0;
        end else if(field_combo_stage_flags_value_load_next) begin
            field_storage_stage_flags_value_value <= field_combo_stage_flags_value_next;
        end
    end
    assign hwif_out_stage_flags_value = field_storage_stage_flags_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_sa_flags_value_value;
        load_next_c = '0;
        if(hwif_in_stage_sa_flags_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_sa_flags && decoded_req_is_wr && !(hwif_in_stage_sa_flags_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_sa_flags_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_sa_flags_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_sa_flags_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_sa_flags_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_sa_flags_value_next = next_c;
        field_combo_stage_sa_flags_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_sa_flags_value_value <= 32'h0;
        end else if(field_combo_stage_sa_flags_value_load_next) begin
            field_storage_stage_sa_flags_value_value <= field_combo_stage_sa_flags_value_next;
        end
    end
    assign hwif_out_stage_sa_flags_value = field_storage_stage_sa_flags_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_operation_value_value;
        load_next_c = '0;
        if(hwif_in_stage_operation_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_operation && decoded_req_is_wr && !(hwif_in_stage_operation_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_operation_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_operation_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_operation_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_operation_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_operation_value_next = next_c;
        field_combo_stage_operation_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_operation_value_value <= 32'h0;
        end else if(field_combo_stage_operation_value_load_next) begin
            field_storage_stage_operation_value_value <= field_combo_stage_operation_value_next;
        end
    end
    assign hwif_out_stage_operation_value = field_storage_stage_operation_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_spi_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_spi_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_spi && decoded_req_is_wr && !(hwif_in_stage_spi_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_spi_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_spi_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_spi_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_spi_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_spi_octets_next = next_c;
        field_combo_stage_spi_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_spi_octets_value <= 32'h0;
        end else if(field_combo_stage_spi_octets_load_next) begin
            field_storage_stage_spi_octets_value <= field_combo_stage_spi_octets_next;
        end
    end
    assign hwif_out_stage_spi_octets = field_storage_stage_spi_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_authentication_algorithm_value_value;
        load_next_c = '0;
        if(hwif_in_stage_authentication_algorithm_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_authentication_algorithm && decoded_req_is_wr && !(hwif_in_stage_authentication_algorithm_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_authentication_algorithm_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_authentication_algorithm_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_authentication_algorithm_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_authentication_algorithm_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_authentication_algorithm_value_next = next_c;
        field_combo_stage_authentication_algorithm_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_authentication_algorithm_value_value <= 32'h0;
        end else if(field_combo_stage_authentication_algorithm_value_load_next) begin
            field_storage_stage_authentication_algorithm_value_value <= field_combo_stage_authentication_algorithm_value_next;
        end
    end
    assign hwif_out_stage_authentication_algorithm_value = field_storage_stage_authentication_algorithm_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_encryption_algorithm_value_value;
        load_next_c = '0;
        if(hwif_in_stage_encryption_algorithm_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_encryption_algorithm && decoded_req_is_wr && !(hwif_in_stage_encryption_algorithm_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_encryption_algorithm_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_encryption_algorithm_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_encryption_algorithm_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_encryption_algorithm_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_encryption_algorithm_value_next = next_c;
        field_combo_stage_encryption_algorithm_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_encryption_algorithm_value_value <= 32'h0;
        end else if(field_combo_stage_encryption_algorithm_value_load_next) begin
            field_storage_stage_encryption_algorithm_value_value <= field_combo_stage_encryption_algorithm_value_next;
        end
    end
    assign hwif_out_stage_encryption_algorithm_value = field_storage_stage_encryption_algorithm_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_octets_value_value;
        load_next_c = '0;
        if(hwif_in_stage_key_octets_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_octets && decoded_req_is_wr && !(hwif_in_stage_key_octets_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_octets_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_octets_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_octets_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_octets_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_octets_value_next = next_c;
        field_combo_stage_key_octets_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_octets_value_value <= 32'h0;
        end else if(field_combo_stage_key_octets_value_load_next) begin
            field_storage_stage_key_octets_value_value <= field_combo_stage_key_octets_value_next;
        end
    end
    assign hwif_out_stage_key_octets_value = field_storage_stage_key_octets_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_icv_octets_value_value;
        load_next_c = '0;
        if(hwif_in_stage_icv_octets_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_icv_octets && decoded_req_is_wr && !(hwif_in_stage_icv_octets_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_icv_octets_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_icv_octets_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_icv_octets_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_icv_octets_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_icv_octets_value_next = next_c;
        field_combo_stage_icv_octets_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_icv_octets_value_value <= 32'h0;
        end else if(field_combo_stage_icv_octets_value_load_next) begin
            field_storage_stage_icv_octets_value_value <= field_combo_stage_icv_octets_value_next;
        end
    end
    assign hwif_out_stage_icv_octets_value = field_storage_stage_icv_octets_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_sequence_high_value_value;
        load_next_c = '0;
        if(hwif_in_stage_sequence_high_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_sequence_high && decoded_req_is_wr && !(hwif_in_stage_sequence_high_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_sequence_high_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_sequence_high_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_sequence_high_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_sequence_high_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_sequence_high_value_next = next_c;
        field_combo_stage_sequence_high_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_sequence_high_value_value <= 32'h0;
        end else if(field_combo_stage_sequence_high_value_load_next) begin
            field_storage_stage_sequence_high_value_value <= field_combo_stage_sequence_high_value_next;
        end
    end
    assign hwif_out_stage_sequence_high_value = field_storage_stage_sequence_high_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_udp_encapsulation_value_value;
        load_next_c = '0;
        if(hwif_in_stage_udp_encapsulation_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_udp_encapsulation && decoded_req_is_wr && !(hwif_in_stage_udp_encapsulation_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_udp_encapsulation_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_udp_encapsulation_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_udp_encapsulation_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_udp_encapsulation_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_udp_encapsulation_value_next = next_c;
        field_combo_stage_udp_encapsulation_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_udp_encapsulation_value_value <= 32'h0;
        end else if(field_combo_stage_udp_encapsulation_value_load_next) begin
            field_storage_stage_udp_encapsulation_value_value <= field_combo_stage_udp_encapsulation_value_next;
        end
    end
    assign hwif_out_stage_udp_encapsulation_value = field_storage_stage_udp_encapsulation_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_handle_value_value;
        load_next_c = '0;
        if(hwif_in_stage_handle_value_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_handle && decoded_req_is_wr && !(hwif_in_stage_handle_value_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_handle_value_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_handle_value_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_handle_value_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_handle_value_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_handle_value_next = next_c;
        field_combo_stage_handle_value_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_handle_value_value <= 32'h0;
        end else if(field_combo_stage_handle_value_load_next) begin
            field_storage_stage_handle_value_value <= field_combo_stage_handle_value_next;
        end
    end
    assign hwif_out_stage_handle_value = field_storage_stage_handle_value_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_salt_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_salt_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_salt && decoded_req_is_wr && !(hwif_in_stage_salt_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_salt_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_salt_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_salt_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_salt_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_salt_octets_next = next_c;
        field_combo_stage_salt_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_salt_octets_value <= 32'h0;
        end else if(field_combo_stage_salt_octets_load_next) begin
            field_storage_stage_salt_octets_value <= field_combo_stage_salt_octets_next;
        end
    end
    assign hwif_out_stage_salt_octets = field_storage_stage_salt_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_src_0_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_src_0_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_src_0 && decoded_req_is_wr && !(hwif_in_stage_src_0_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_src_0_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_src_0_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_src_0_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_src_0_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_src_0_octets_next = next_c;
        field_combo_stage_src_0_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_src_0_octets_value <= 32'h0;
        end else if(field_combo_stage_src_0_octets_load_next) begin
            field_storage_stage_src_0_octets_value <= field_combo_stage_src_0_octets_next;
        end
    end
    assign hwif_out_stage_src_0_octets = field_storage_stage_src_0_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_src_1_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_src_1_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_src_1 && decoded_req_is_wr && !(hwif_in_stage_src_1_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_src_1_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_src_1_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_src_1_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_src_1_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_src_1_octets_next = next_c;
        field_combo_stage_src_1_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_src_1_octets_value <= 32'h0;
        end else if(field_combo_stage_src_1_octets_load_next) begin
            field_storage_stage_src_1_octets_value <= field_combo_stage_src_1_octets_next;
        end
    end
    assign hwif_out_stage_src_1_octets = field_storage_stage_src_1_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_src_2_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_src_2_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_src_2 && decoded_req_is_wr && !(hwif_in_stage_src_2_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_src_2_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_src_2_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_src_2_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_src_2_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_src_2_octets_next = next_c;
        field_combo_stage_src_2_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_src_2_octets_value <= 32'h0;
        end else if(field_combo_stage_src_2_octets_load_next) begin
            field_storage_stage_src_2_octets_value <= field_combo_stage_src_2_octets_next;
        end
    end
    assign hwif_out_stage_src_2_octets = field_storage_stage_src_2_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_src_3_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_src_3_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_src_3 && decoded_req_is_wr && !(hwif_in_stage_src_3_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_src_3_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_src_3_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_src_3_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_src_3_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_src_3_octets_next = next_c;
        field_combo_stage_src_3_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_src_3_octets_value <= 32'h0;
        end else if(field_combo_stage_src_3_octets_load_next) begin
            field_storage_stage_src_3_octets_value <= field_combo_stage_src_3_octets_next;
        end
    end
    assign hwif_out_stage_src_3_octets = field_storage_stage_src_3_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_dst_0_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_dst_0_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_dst_0 && decoded_req_is_wr && !(hwif_in_stage_dst_0_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_dst_0_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_dst_0_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_dst_0_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_dst_0_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_dst_0_octets_next = next_c;
        field_combo_stage_dst_0_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_dst_0_octets_value <= 32'h0;
        end else if(field_combo_stage_dst_0_octets_load_next) begin
            field_storage_stage_dst_0_octets_value <= field_combo_stage_dst_0_octets_next;
        end
    end
    assign hwif_out_stage_dst_0_octets = field_storage_stage_dst_0_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_dst_1_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_dst_1_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_dst_1 && decoded_req_is_wr && !(hwif_in_stage_dst_1_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_dst_1_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_dst_1_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_dst_1_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_dst_1_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_dst_1_octets_next = next_c;
        field_combo_stage_dst_1_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_dst_1_octets_value <= 32'h0;
        end else if(field_combo_stage_dst_1_octets_load_next) begin
            field_storage_stage_dst_1_octets_value <= field_combo_stage_dst_1_octets_next;
        end
    end
    assign hwif_out_stage_dst_1_octets = field_storage_stage_dst_1_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_dst_2_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_dst_2_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_dst_2 && decoded_req_is_wr && !(hwif_in_stage_dst_2_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_dst_2_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_dst_2_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_dst_2_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_dst_2_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_dst_2_octets_next = next_c;
        field_combo_stage_dst_2_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_dst_2_octets_value <= 32'h0;
        end else if(field_combo_stage_dst_2_octets_load_next) begin
            field_storage_stage_dst_2_octets_value <= field_combo_stage_dst_2_octets_next;
        end
    end
    assign hwif_out_stage_dst_2_octets = field_storage_stage_dst_2_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_dst_3_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_dst_3_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_dst_3 && decoded_req_is_wr && !(hwif_in_stage_dst_3_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_dst_3_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_dst_3_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_dst_3_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_dst_3_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_dst_3_octets_next = next_c;
        field_combo_stage_dst_3_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_dst_3_octets_value <= 32'h0;
        end else if(field_combo_stage_dst_3_octets_load_next) begin
            field_storage_stage_dst_3_octets_value <= field_combo_stage_dst_3_octets_next;
        end
    end
    assign hwif_out_stage_dst_3_octets = field_storage_stage_dst_3_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_0_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_key_0_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_0 && decoded_req_is_wr && !(hwif_in_stage_key_0_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_0_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_0_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_0_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_0_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_0_octets_next = next_c;
        field_combo_stage_key_0_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_0_octets_value <= 32'h0;
        end else if(field_combo_stage_key_0_octets_load_next) begin
            field_storage_stage_key_0_octets_value <= field_combo_stage_key_0_octets_next;
        end
    end
    assign hwif_out_stage_key_0_octets = field_storage_stage_key_0_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_1_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_key_1_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_1 && decoded_req_is_wr && !(hwif_in_stage_key_1_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_1_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_1_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_1_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_1_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_1_octets_next = next_c;
        field_combo_stage_key_1_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_1_octets_value <= 32'h0;
        end else if(field_combo_stage_key_1_octets_load_next) begin
            field_storage_stage_key_1_octets_value <= field_combo_stage_key_1_octets_next;
        end
    end
    assign hwif_out_stage_key_1_octets = field_storage_stage_key_1_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_2_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_key_2_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_2 && decoded_req_is_wr && !(hwif_in_stage_key_2_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_2_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_2_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_2_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_2_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_2_octets_next = next_c;
        field_combo_stage_key_2_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_2_octets_value <= 32'h0;
        end else if(field_combo_stage_key_2_octets_load_next) begin
            field_storage_stage_key_2_octets_value <= field_combo_stage_key_2_octets_next;
        end
    end
    assign hwif_out_stage_key_2_octets = field_storage_stage_key_2_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_3_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_key_3_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_3 && decoded_req_is_wr && !(hwif_in_stage_key_3_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_3_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_3_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_3_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_3_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_3_octets_next = next_c;
        field_combo_stage_key_3_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_3_octets_value <= 32'h0;
        end else if(field_combo_stage_key_3_octets_load_next) begin
            field_storage_stage_key_3_octets_value <= field_combo_stage_key_3_octets_next;
        end
    end
    assign hwif_out_stage_key_3_octets = field_storage_stage_key_3_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_4_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_key_4_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_4 && decoded_req_is_wr && !(hwif_in_stage_key_4_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_4_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_4_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_4_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_4_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_4_octets_next = next_c;
        field_combo_stage_key_4_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_4_octets_value <= 32'h0;
        end else if(field_combo_stage_key_4_octets_load_next) begin
            field_storage_stage_key_4_octets_value <= field_combo_stage_key_4_octets_next;
        end
    end
    assign hwif_out_stage_key_4_octets = field_storage_stage_key_4_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_5_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_key_5_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_5 && decoded_req_is_wr && !(hwif_in_stage_key_5_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_5_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_5_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_5_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_5_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_5_octets_next = next_c;
        field_combo_stage_key_5_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_5_octets_value <= 32'h0;
        end else if(field_combo_stage_key_5_octets_load_next) begin
            field_storage_stage_key_5_octets_value <= field_combo_stage_key_5_octets_next;
        end
    end
    assign hwif_out_stage_key_5_octets = field_storage_stage_key_5_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_6_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_key_6_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_6 && decoded_req_is_wr && !(hwif_in_stage_key_6_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_6_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_6_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_6_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_6_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_6_octets_next = next_c;
        field_combo_stage_key_6_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_6_octets_value <= 32'h0;
        end else if(field_combo_stage_key_6_octets_load_next) begin
            field_storage_stage_key_6_octets_value <= field_combo_stage_key_6_octets_next;
        end
    end
    assign hwif_out_stage_key_6_octets = field_storage_stage_key_6_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_stage_key_7_octets_value;
        load_next_c = '0;
        if(hwif_in_stage_key_7_octets_hwclr) begin // HW Clear
            next_c = '0;
            load_next_c = '1;
        end else if(decoded_reg_strb_stage_key_7 && decoded_req_is_wr && !(hwif_in_stage_key_7_octets_swwel)) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_stage_key_7_octets_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_stage_key_7_octets_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_stage_key_7_octets_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_stage_key_7_octets_value[7:0]};
            load_next_c = '1;
        end
        field_combo_stage_key_7_octets_next = next_c;
        field_combo_stage_key_7_octets_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_stage_key_7_octets_value <= 32'h0;
        end else if(field_combo_stage_key_7_octets_load_next) begin
            field_storage_stage_key_7_octets_value <= field_combo_stage_key_7_octets_next;
        end
    end
    assign hwif_out_stage_key_7_octets = field_storage_stage_key_7_octets_value;
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_command_opcode_value;
        load_next_c = '0;
        if(decoded_reg_strb_command && decoded_req_is_wr) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_command_opcode_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_command_opcode_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_command_opcode_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_command_opcode_value[7:0]};
            load_next_c = '1;
        end
        field_combo_command_opcode_next = next_c;
        field_combo_command_opcode_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_command_opcode_value <= 32'h0;
        end else if(field_combo_command_opcode_load_next) begin
            field_storage_command_opcode_value <= field_combo_command_opcode_next;
        end
    end
    assign hwif_out_command_opcode = field_storage_command_opcode_value;
    assign hwif_out_command_opcode_swmod = decoded_reg_strb_command && decoded_req_is_wr && (|(decoded_wr_biten[31:0]));
    always @(*) begin
        logic [31:0] next_c;
        logic load_next_c;
        next_c = field_storage_sa_event_take_handle_value;
        load_next_c = '0;
        if(decoded_reg_strb_sa_event_take && decoded_req_is_wr) begin // SW write
            next_c = {decoded_wr_biten[24] ? decoded_wr_data[31:24] : field_storage_sa_event_take_handle_value[31:24], decoded_wr_biten[16] ? decoded_wr_data[23:16] : field_storage_sa_event_take_handle_value[23:16], decoded_wr_biten[8] ? decoded_wr_data[15:8] : field_storage_sa_event_take_handle_value[15:8], decoded_wr_biten[0] ? decoded_wr_data[7:0] : field_storage_sa_event_take_handle_value[7:0]};
            load_next_c = '1;
        end
        field_combo_sa_event_take_handle_next = next_c;
        field_combo_sa_event_take_handle_load_next = load_next_c;
    end
    always_ff @(posedge clk) begin
        if(rst) begin
            field_storage_sa_event_take_handle_value <= 32'h0;
        end else if(field_combo_sa_event_take_handle_load_next) begin
            field_storage_sa_event_take_handle_value <= field_combo_sa_event_take_handle_next;
        end
    end
    assign hwif_out_sa_event_take_handle = field_storage_sa_event_take_handle_value;
    assign hwif_out_sa_event_take_handle_swmod = decoded_reg_strb_sa_event_take && decoded_req_is_wr && (|(decoded_wr_biten[31:0]));
    assign hwif_out_tx_octets_lo_count_swacc = decoded_reg_strb_tx_octets_lo;
    assign hwif_out_rx_octets_lo_count_swacc = decoded_reg_strb_rx_octets_lo;

    //--------------------------------------------------------------------------
    // Write response
    //--------------------------------------------------------------------------
    assign cpuif_wr_ack = decoded_req & decoded_req_is_wr;
    // Write error: decoded (bad addr/rw) or external mem wr_err from err_support
    assign cpuif_wr_err = '0;

//--------------------------------------------------------------------------
// Readback
//--------------------------------------------------------------------------
    logic readback_external_rd_ack;
    assign readback_external_rd_ack = 0;

    logic readback_external_rd_err;
    assign readback_external_rd_err = '0;

    // Readback mux address
    // When external accesses are present, hold address stable so readback mux can
    // continue selecting the correct external data while waiting for rd_ack.
    logic [127:0] read_select;
    always_ff @(posedge clk) read_select <= 128'd1 << cpuif_addr[8:2];

    logic readback_err;
    logic readback_done;
    logic [31:0] readback_data;
always @(*) begin
        // Icarus limitation: does not support overriding variable lifetime (automatic).
        // A regular block-local temp is sufficient here since logic is purely combinational.
        logic [31:0] readback_data_var;
        readback_data_var = '0;
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[0]}} & (32'h49505345));
        end
        begin
            readback_data_var[15:0] = readback_data_var[15:0] | ({16{read_select[1]}} & (16'h0));
            readback_data_var[23:16] = readback_data_var[23:16] | ({8{read_select[1]}} & (8'h1));
            readback_data_var[31:24] = readback_data_var[31:24] | ({8{read_select[1]}} & (8'h0));
        end
        begin
            readback_data_var[15:0] = readback_data_var[15:0] | ({16{read_select[2]}} & (hwif_in_build_table_sa_count));
            readback_data_var[31:16] = readback_data_var[31:16] | ({16{read_select[2]}} & (hwif_in_build_table_max_key_bits));
        end
        begin
            readback_data_var[7:0] = readback_data_var[7:0] | ({8{read_select[3]}} & (hwif_in_build_crypto_cycles_per_round));
            readback_data_var[15:8] = readback_data_var[15:8] | ({8{read_select[3]}} & (hwif_in_build_crypto_ghash_stages));
            readback_data_var[23:16] = readback_data_var[23:16] | ({8{read_select[3]}} & (hwif_in_build_crypto_sbox_style));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[4]}} & (hwif_in_build_store_rx_store_octets));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[8]}} & (32'h2));
        end
        begin
            readback_data_var[7:0] = readback_data_var[7:0] | ({8{read_select[9]}} & (8'h1));
            readback_data_var[15:8] = readback_data_var[15:8] | ({8{read_select[9]}} & (8'h1));
            readback_data_var[23:16] = readback_data_var[23:16] | ({8{read_select[9]}} & (8'h1));
            readback_data_var[31:24] = readback_data_var[31:24] | ({8{read_select[9]}} & (8'h0));
        end
        begin
            readback_data_var[7:0] = readback_data_var[7:0] | ({8{read_select[10]}} & (8'h1));
            readback_data_var[15:8] = readback_data_var[15:8] | ({8{read_select[10]}} & (8'h0));
            readback_data_var[23:16] = readback_data_var[23:16] | ({8{read_select[10]}} & (8'h1));
            readback_data_var[31:24] = readback_data_var[31:24] | ({8{read_select[10]}} & (8'h1));
        end
        begin
            readback_data_var[7:0] = readback_data_var[7:0] | ({8{read_select[11]}} & (8'h0));
            readback_data_var[15:8] = readback_data_var[15:8] | ({8{read_select[11]}} & (8'h0));
            readback_data_var[23:16] = readback_data_var[23:16] | ({8{read_select[11]}} & (8'h1));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[12]}} & (32'h3));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[13]}} & (hwif_in_capability_5_authentication_algorithms));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[14]}} & (hwif_in_capability_6_encryption_algorithms));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[15]}} & (hwif_in_capability_7_sa_offload_capacity));
        end
        begin
            readback_data_var[0] = readback_data_var[0] | ({1{read_select[16]}} & (field_storage_control_tx_enable_value));
            readback_data_var[1] = readback_data_var[1] | ({1{read_select[16]}} & (field_storage_control_rx_ipv4_enable_value));
            readback_data_var[2] = readback_data_var[2] | ({1{read_select[16]}} & (field_storage_control_rx_ipv6_enable_value));
        end
        begin
            readback_data_var[0] = readback_data_var[0] | ({1{read_select[17]}} & (field_storage_interrupt_status_command_done_value));
            readback_data_var[1] = readback_data_var[1] | ({1{read_select[17]}} & (field_storage_interrupt_status_command_ignored_value));
            readback_data_var[2] = readback_data_var[2] | ({1{read_select[17]}} & (field_storage_interrupt_status_tx_failed_value));
            readback_data_var[3] = readback_data_var[3] | ({1{read_select[17]}} & (field_storage_interrupt_status_rx_overflow_value));
            readback_data_var[4] = readback_data_var[4] | ({1{read_select[17]}} & (field_storage_interrupt_status_rx_failed_value));
            readback_data_var[5] = readback_data_var[5] | ({1{read_select[17]}} & (field_storage_interrupt_status_sa_limit_value));
        end
        begin
            readback_data_var[0] = readback_data_var[0] | ({1{read_select[18]}} & (field_storage_interrupt_enable_command_done_value));
            readback_data_var[1] = readback_data_var[1] | ({1{read_select[18]}} & (field_storage_interrupt_enable_command_ignored_value));
            readback_data_var[2] = readback_data_var[2] | ({1{read_select[18]}} & (field_storage_interrupt_enable_tx_failed_value));
            readback_data_var[3] = readback_data_var[3] | ({1{read_select[18]}} & (field_storage_interrupt_enable_rx_overflow_value));
            readback_data_var[4] = readback_data_var[4] | ({1{read_select[18]}} & (field_storage_interrupt_enable_rx_failed_value));
            readback_data_var[5] = readback_data_var[5] | ({1{read_select[18]}} & (field_storage_interrupt_enable_sa_limit_value));
        end
        begin
            readback_data_var[0] = readback_data_var[0] | ({1{read_select[65]}} & (hwif_in_command_status_busy));
            readback_data_var[1] = readback_data_var[1] | ({1{read_select[65]}} & (hwif_in_command_status_done));
            readback_data_var[15:8] = readback_data_var[15:8] | ({8{read_select[65]}} & (hwif_in_command_status_code));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[66]}} & (hwif_in_result_handle_handle));
        end
        begin
            readback_data_var[15:0] = readback_data_var[15:0] | ({16{read_select[67]}} & (hwif_in_sa_active_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[68]}} & (hwif_in_result_packets_lo_value));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[69]}} & (hwif_in_result_packets_hi_value));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[70]}} & (hwif_in_result_octets_lo_value));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[71]}} & (hwif_in_result_octets_hi_value));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[72]}} & (hwif_in_result_sequence_lo_value));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[73]}} & (hwif_in_result_sequence_hi_value));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[74]}} & (hwif_in_sa_event_handle));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[80]}} & (hwif_in_tx_frames_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[81]}} & (hwif_in_tx_protected_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[82]}} & (hwif_in_tx_bypassed_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[83]}} & (hwif_in_tx_failed_handle_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[84]}} & (hwif_in_tx_failed_packet_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[85]}} & (hwif_in_tx_failed_length_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[86]}} & (hwif_in_tx_failed_limit_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[87]}} & (hwif_in_tx_failed_sequence_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[88]}} & (hwif_in_tx_octets_lo_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[89]}} & (hwif_in_tx_octets_hi_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[96]}} & (hwif_in_rx_frames_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[97]}} & (hwif_in_rx_decrypted_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[98]}} & (hwif_in_rx_not_esp_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[99]}} & (hwif_in_rx_no_sa_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[100]}} & (hwif_in_rx_icv_failed_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[101]}} & (hwif_in_rx_syntax_failed_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[102]}} & (hwif_in_rx_limit_failed_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[103]}} & (hwif_in_rx_overflow_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[104]}} & (hwif_in_rx_octets_lo_count));
        end
        begin
            readback_data_var[31:0] = readback_data_var[31:0] | ({32{read_select[105]}} & (hwif_in_rx_octets_hi_count));
        end
        readback_data = readback_data_var;
        readback_done = decoded_req & ~decoded_req_is_wr;
        readback_err = '0;
    end

    assign cpuif_rd_ack = readback_done;
    assign cpuif_rd_data = readback_data;
    assign cpuif_rd_err = readback_err | readback_external_rd_err;
endmodule
