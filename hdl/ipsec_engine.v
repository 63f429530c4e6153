// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Inline IPsec (ESP) offload engine: registers, SA table, transmit path, receive path. docs/architecture.md is its contract.
 *
 * One clock (two with SHARED_AES, one the double of the other), synchronous active-high reset. AXI4-Lite for the driver, 128-bit AXI4-Stream for frames (Ethernet without FCS, tdata[7:0] is the
 * first octet), one beat per cycle in each direction, with a different SA on every frame.
 *
 *   s_axis_tx   from the host; tuser with the first beat: {slot 11 tunnel handle[31:0], slot 1 handle[31:0]}
 *   m_axis_tx   to the wire; tuser with the last beat: 1 = abort, the MAC must discard the frame
 *   m_axis_tx_status  one octet for each frame from the host, in order: 0 sent; failed: 1 handle, 2 packet, 3 length, 4 limit, 5 sequence number
 *   s_axis_rx   from the wire; tready is 1 (a frame without room is dropped whole and counted)
 *   m_axis_rx   to the host; tuser, constant over the frame: {handle of the SA or 0, slot 12 word, slot 1 word}
 *
 * With EXTRA_REGISTERS a reset lasts four cycles at least; it takes effect three cycles later, and the inputs are ready from the fifth cycle behind it on.
 * Latency: header of esp_transmit and esp_receive. After reset all enables are 0: frames pass unchanged.
 */
module ipsec_engine #(
    // entries of the SA table, 16 to 65536 (of these, 65535 can be in use): up to 256 in a CAM, above that hashed
    parameter SA_COUNT = 64,
    // chooses the hash of the SA table
    parameter [31:0] HASH_SEED = 32'h9e3779b9,
    // longest AES key: 128, 192 or 256
    parameter MAX_KEY_BITS = 256,
    // cycles of one AES round: 1, 2 or 3 (clock rate for latency; the throughput stays one block per cycle)
    parameter CYCLES_PER_ROUND = 1,
    // S-boxes: 0 table, 1 composite field
    parameter SBOX_STYLE = 0,
    // 1: keys expanded when an SA is added, in block RAM (CYCLES_PER_ROUND must be 3, SBOX_STYLE does not count); 0: expanded on the way
    parameter KEY_STORE = 0,
    // KEY_STORE: of the last AES rounds so many, up to 10, have their S-boxes in block RAM (8 blocks each) instead of the composite field
    parameter TX_ROM_ROUNDS = 0,
    parameter RX_ROM_ROUNDS = 0,
    // KEY_STORE: 1: both directions share one set of AES rounds at twice the clock, clk_2x, with S-boxes in the composite field (aes_double_pipe)
    parameter SHARED_AES = 0,
    // stages of the GHASH multiplier: 1, 2, 4 or 8
    parameter GHASH_STAGES = 4,
    // multiplier of GHASH: 0 digit by digit, 1 Karatsuba (half the LUTs, GHASH_STAGES must be 4)
    parameter GHASH_STYLE = 0,
    // more register stages, for the clock rates of an FPGA: 0 none, 1 a few cycles more of constant latency (esp_transmit and esp_receive say how many)
    parameter EXTRA_REGISTERS = 0,
    // log2 of the 16-octet beats in the receive frame store
    parameter RX_STORE_LOG2 = 11
) (
    input  wire                clk,
    // SHARED_AES: twice the rate of clk, and a rising edge at each of its rising edges; else anything
    input  wire                clk_2x,
    input  wire                rst,

    /*
     * Registers (AXI4-Lite)
     */
    input  wire [11:0]         s_axil_awaddr,
    input  wire [2:0]          s_axil_awprot,
    input  wire                s_axil_awvalid,
    output wire                s_axil_awready,
    input  wire [31:0]         s_axil_wdata,
    input  wire [3:0]          s_axil_wstrb,
    input  wire                s_axil_wvalid,
    output wire                s_axil_wready,
    output wire [1:0]          s_axil_bresp,
    output wire                s_axil_bvalid,
    input  wire                s_axil_bready,
    input  wire [11:0]         s_axil_araddr,
    input  wire [2:0]          s_axil_arprot,
    input  wire                s_axil_arvalid,
    output wire                s_axil_arready,
    output wire [31:0]         s_axil_rdata,
    output wire [1:0]          s_axil_rresp,
    output wire                s_axil_rvalid,
    input  wire                s_axil_rready,

    // high while an enabled bit of INTERRUPT_STATUS is set
    output wire                irq,

    /*
     * Transmit: host to wire
     */
    input  wire [127:0]        s_axis_tx_tdata,
    input  wire [15:0]         s_axis_tx_tkeep,
    input  wire                s_axis_tx_tvalid,
    output wire                s_axis_tx_tready,
    input  wire                s_axis_tx_tlast,
    input  wire [63:0]         s_axis_tx_tuser,
    output wire [127:0]        m_axis_tx_tdata,
    output wire [15:0]         m_axis_tx_tkeep,
    output wire                m_axis_tx_tvalid,
    input  wire                m_axis_tx_tready,
    output wire                m_axis_tx_tlast,
    output wire                m_axis_tx_tuser,
    output wire [7:0]          m_axis_tx_status_tdata,
    output wire                m_axis_tx_status_tvalid,
    input  wire                m_axis_tx_status_tready,

    /*
     * Receive: wire to host
     */
    input  wire [127:0]        s_axis_rx_tdata,
    input  wire [15:0]         s_axis_rx_tkeep,
    input  wire                s_axis_rx_tvalid,
    output wire                s_axis_rx_tready,
    input  wire                s_axis_rx_tlast,
    output wire [127:0]        m_axis_rx_tdata,
    output wire [15:0]         m_axis_rx_tkeep,
    output wire                m_axis_rx_tvalid,
    input  wire                m_axis_rx_tready,
    output wire                m_axis_rx_tlast,
    output wire [95:0]         m_axis_rx_tuser
);

localparam INDEX_WIDTH = $clog2(SA_COUNT);
// of sa_table, for every SA_COUNT
localparam LOOKUP_LATENCY = EXTRA_REGISTERS != 0 ? 6 : 4;
localparam RESET_STAGES = EXTRA_REGISTERS != 0 ? 1 : 0;
// powers of the hash key read at once
localparam POWERS = KEY_STORE != 0 ? 1 : GHASH_STAGES;

/*
 * Control
 */
wire tx_enable;
wire rx_ipv4_enable;
wire rx_ipv6_enable;

/*
 * Commands and staged words
 */
wire [31:0] stage_flags;
wire [31:0] stage_sa_flags;
wire [31:0] stage_options;
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
wire [255:0] stage_limits;
wire command_start;
wire [31:0] command_opcode;
wire command_done;
wire [7:0] command_status;
wire [31:0] command_handle;
wire [191:0] command_use;
wire sa_event_new;
wire [31:0] sa_event_handle;
wire sa_event_take;
wire [15:0] sa_active;

/*
 * SA table to the paths
 */
wire h_req_valid;
wire h_req_ready;
wire [INDEX_WIDTH-1:0] h_req_index;
wire [255:0] h_req_key;
wire [INDEX_WIDTH+39:0] key_write;
wire [INDEX_WIDTH+139:0] tx_aes_request;
wire [INDEX_WIDTH+139:0] rx_aes_request;
wire [136:0] tx_aes_result;
wire [136:0] rx_aes_result;
wire [1:0] h_req_key_size;
wire h_rsp_valid;
wire [127:0] h_rsp_block;
wire rx_search_valid;
wire [31:0] rx_search_spi;
wire rx_search_ipv6;
wire rx_search_udp;
wire [127:0] rx_search_dst;
wire [127:0] rx_search_src;
wire rx_found_valid;
wire rx_found_hit;
wire [31:0] rx_found_handle;
wire rx_found_epoch;
wire rx_found_gmac;
wire rx_found_esn;
wire [31:0] rx_found_seq_hi;
wire [2:0] rx_found_icv_words;
wire [1:0] rx_found_udp_type;
wire rx_retire_valid;
wire rx_retire_epoch;
wire [INDEX_WIDTH-1:0] rx_usage_index;
wire rx_usage_hard;
wire rx_usage_soft;
wire rx_use_valid;
wire rx_use_count;
wire [13:0] rx_use_octets;
wire [63:0] rx_use_number;
wire rx_use_near;
wire [31:0] rx_use_handle;
wire tx_lookup_valid;
wire [31:0] tx_lookup_handle;
wire tx_found_valid;
wire tx_found_hit;
wire tx_found_epoch;
wire tx_found_gmac;
wire tx_found_esn;
wire [31:0] tx_found_seq_hi;
wire [2:0] tx_found_icv_words;
wire [31:0] tx_found_spi;
wire tx_found_ipv6;
wire [1:0] tx_found_udp_type;
wire tx_found_iv_sequence;
wire tx_retire_valid;
wire tx_retire_epoch;
wire [INDEX_WIDTH-1:0] tx_usage_index;
wire tx_usage_hard;
wire [63:0] tx_usage_highest;
wire tx_use_valid;
wire tx_use_count;
wire [13:0] tx_use_octets;
wire [63:0] tx_use_number;
wire tx_use_near;
wire [31:0] tx_use_handle;
wire [INDEX_WIDTH-1:0] tx_cipher_index;
wire [255:0] tx_cipher_key;
wire [1:0] tx_cipher_key_size;
wire [31:0] tx_cipher_salt;
wire [INDEX_WIDTH-1:0] rx_cipher_index;
wire [255:0] rx_cipher_key;
wire [1:0] rx_cipher_key_size;
wire [31:0] rx_cipher_salt;
wire [INDEX_WIDTH-1:0] tx_hash_index;
wire tx_hash_read;
wire [1:0] tx_hash_power;
wire [128*POWERS-1:0] tx_hash_powers;
wire [INDEX_WIDTH-1:0] rx_hash_index;
wire rx_hash_read;
wire [1:0] rx_hash_power;
wire [128*POWERS-1:0] rx_hash_powers;

/*
 * Events
 */
wire count_tx_frames;
wire count_tx_protected;
wire count_tx_bypassed;
wire count_tx_failed_handle;
wire count_tx_failed_packet;
wire count_tx_failed_length;
wire count_tx_failed_limit;
wire count_tx_failed_sequence;
wire count_rx_frames;
wire count_rx_decrypted;
wire count_rx_not_esp;
wire count_rx_no_sa;
wire count_rx_icv_failed;
wire count_rx_syntax_failed;
wire count_rx_limit_failed;
wire count_rx_overflow;
wire [13:0] count_tx_octets;
wire [13:0] count_rx_octets;

/*
 * Reset: with EXTRA_REGISTERS a tree, three registers deep (the third of the paths is theirs); nothing comes in until all is awake
 */
wire rst_root;
wire rst_registers;
wire rst_table;
wire rst_tx;
wire rst_rx;
wire asleep;
wire tx_tready;
wire rx_tready;
wire axil_awready;
wire axil_wready;
wire axil_arready;

assign s_axis_tx_tready = tx_tready && !asleep;
assign s_axis_rx_tready = rx_tready && !asleep;
assign s_axil_awready = axil_awready && !asleep;
assign s_axil_wready = axil_wready && !asleep;
assign s_axil_arready = axil_arready && !asleep;

reset_stage #(
    .STAGES(RESET_STAGES)
) reset_root_inst (
    .clk(clk),
    .rst(rst),
    .m_rst(rst_root)
);

reset_stage #(
    .STAGES(2*RESET_STAGES),
    .BRANCHES(2)
) reset_leaves_inst (
    .clk(clk),
    .rst(rst_root),
    .m_rst({rst_registers, rst_table})
);

// which have one stage more inside
reset_stage #(
    .STAGES(RESET_STAGES),
    .BRANCHES(2)
) reset_paths_inst (
    .clk(clk),
    .rst(rst_root),
    .m_rst({rst_tx, rst_rx})
);

generate
    if (RESET_STAGES != 0) begin : tree
        reset_stage #(
            .STAGES(3)
        ) asleep_inst (
            .clk(clk),
            .rst(rst_root),
            .m_rst(asleep)
        );
    end else begin : no_tree
        assign asleep = 1'b0;
    end
endgenerate

engine_registers #(
    .SA_COUNT(SA_COUNT),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .GHASH_STAGES(GHASH_STAGES),
    .RX_STORE_OCTETS(16 << RX_STORE_LOG2)
) engine_registers_inst (
    .clk(clk),
    .rst(rst_registers),
    .s_axil_awaddr(s_axil_awaddr),
    .s_axil_awprot(s_axil_awprot),
    .s_axil_awvalid(s_axil_awvalid && !asleep),
    .s_axil_awready(axil_awready),
    .s_axil_wdata(s_axil_wdata),
    .s_axil_wstrb(s_axil_wstrb),
    .s_axil_wvalid(s_axil_wvalid && !asleep),
    .s_axil_wready(axil_wready),
    .s_axil_bresp(s_axil_bresp),
    .s_axil_bvalid(s_axil_bvalid),
    .s_axil_bready(s_axil_bready),
    .s_axil_araddr(s_axil_araddr),
    .s_axil_arprot(s_axil_arprot),
    .s_axil_arvalid(s_axil_arvalid && !asleep),
    .s_axil_arready(axil_arready),
    .s_axil_rdata(s_axil_rdata),
    .s_axil_rresp(s_axil_rresp),
    .s_axil_rvalid(s_axil_rvalid),
    .s_axil_rready(s_axil_rready),
    .irq(irq),
    .tx_enable(tx_enable),
    .rx_ipv4_enable(rx_ipv4_enable),
    .rx_ipv6_enable(rx_ipv6_enable),
    .stage_flags(stage_flags),
    .stage_sa_flags(stage_sa_flags),
    .stage_options(stage_options),
    .stage_operation(stage_operation),
    .stage_spi(stage_spi),
    .stage_auth_algorithm(stage_auth_algorithm),
    .stage_enc_algorithm(stage_enc_algorithm),
    .stage_key_octets(stage_key_octets),
    .stage_icv_octets(stage_icv_octets),
    .stage_seq_hi(stage_seq_hi),
    .stage_udp_encapsulation(stage_udp_encapsulation),
    .stage_handle(stage_handle),
    .stage_salt(stage_salt),
    .stage_src(stage_src),
    .stage_dst(stage_dst),
    .stage_key(stage_key),
    .stage_limits(stage_limits),
    .command_start(command_start),
    .command_opcode(command_opcode),
    .command_done(command_done),
    .command_status(command_status),
    .command_handle(command_handle),
    .command_use(command_use),
    .sa_active(sa_active),
    .sa_event_new(sa_event_new),
    .sa_event_handle(sa_event_handle),
    .sa_event_take(sa_event_take),
    .count_tx_frames(count_tx_frames),
    .count_tx_protected(count_tx_protected),
    .count_tx_bypassed(count_tx_bypassed),
    .count_tx_failed_handle(count_tx_failed_handle),
    .count_tx_failed_packet(count_tx_failed_packet),
    .count_tx_failed_length(count_tx_failed_length),
    .count_tx_failed_limit(count_tx_failed_limit),
    .count_tx_failed_sequence(count_tx_failed_sequence),
    .count_rx_frames(count_rx_frames),
    .count_rx_decrypted(count_rx_decrypted),
    .count_rx_not_esp(count_rx_not_esp),
    .count_rx_no_sa(count_rx_no_sa),
    .count_rx_icv_failed(count_rx_icv_failed),
    .count_rx_syntax_failed(count_rx_syntax_failed),
    .count_rx_limit_failed(count_rx_limit_failed),
    .count_rx_overflow(count_rx_overflow),
    .count_tx_octets({2'b00, count_tx_octets}),
    .count_rx_octets({2'b00, count_rx_octets})
);

sa_table #(
    .SA_COUNT(SA_COUNT),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .KEY_STORE(KEY_STORE),
    .EXTRA_REGISTERS(EXTRA_REGISTERS),
    .GHASH_STAGES(GHASH_STAGES),
    .INDEX_WIDTH(INDEX_WIDTH),
    .HASH_SEED(HASH_SEED)
) sa_table_inst (
    .clk(clk),
    .rst(rst_table),
    .command_start(command_start),
    .command_opcode(command_opcode),
    .command_done(command_done),
    .command_status(command_status),
    .command_handle(command_handle),
    .command_use(command_use),
    .sa_active(sa_active),
    .stage_flags(stage_flags),
    .stage_sa_flags(stage_sa_flags),
    .stage_options(stage_options),
    .stage_operation(stage_operation),
    .stage_spi(stage_spi),
    .stage_auth_algorithm(stage_auth_algorithm),
    .stage_enc_algorithm(stage_enc_algorithm),
    .stage_key_octets(stage_key_octets),
    .stage_icv_octets(stage_icv_octets),
    .stage_seq_hi(stage_seq_hi),
    .stage_udp_encapsulation(stage_udp_encapsulation),
    .stage_handle(stage_handle),
    .stage_salt(stage_salt),
    .stage_src(stage_src),
    .stage_dst(stage_dst),
    .stage_key(stage_key),
    .stage_limits(stage_limits),
    .event_new(sa_event_new),
    .event_handle(sa_event_handle),
    .event_take(sa_event_take),
    .h_req_valid(h_req_valid),
    .h_req_ready(h_req_ready),
    .h_req_index(h_req_index),
    .h_req_key(h_req_key),
    .h_req_key_size(h_req_key_size),
    .h_rsp_valid(h_rsp_valid),
    .h_rsp_block(h_rsp_block),
    .key_write(key_write),
    .rx_search_valid(rx_search_valid),
    .rx_search_spi(rx_search_spi),
    .rx_search_ipv6(rx_search_ipv6),
    .rx_search_udp(rx_search_udp),
    .rx_search_dst(rx_search_dst),
    .rx_search_src(rx_search_src),
    .rx_found_valid(rx_found_valid),
    .rx_found_hit(rx_found_hit),
    .rx_found_handle(rx_found_handle),
    .rx_found_epoch(rx_found_epoch),
    .rx_found_gmac(rx_found_gmac),
    .rx_found_esn(rx_found_esn),
    .rx_found_seq_hi(rx_found_seq_hi),
    .rx_found_icv_words(rx_found_icv_words),
    .rx_found_udp_type(rx_found_udp_type),
    .rx_retire_valid(rx_retire_valid),
    .rx_retire_epoch(rx_retire_epoch),
    .rx_usage_index(rx_usage_index),
    .rx_usage_hard(rx_usage_hard),
    .rx_usage_soft(rx_usage_soft),
    .rx_use_valid(rx_use_valid),
    .rx_use_count(rx_use_count),
    .rx_use_octets(rx_use_octets),
    .rx_use_number(rx_use_number),
    .rx_use_near(rx_use_near),
    .rx_use_handle(rx_use_handle),
    .tx_lookup_valid(tx_lookup_valid),
    .tx_lookup_handle(tx_lookup_handle),
    .tx_found_valid(tx_found_valid),
    .tx_found_hit(tx_found_hit),
    .tx_found_epoch(tx_found_epoch),
    .tx_found_gmac(tx_found_gmac),
    .tx_found_esn(tx_found_esn),
    .tx_found_seq_hi(tx_found_seq_hi),
    .tx_found_icv_words(tx_found_icv_words),
    .tx_found_spi(tx_found_spi),
    .tx_found_ipv6(tx_found_ipv6),
    .tx_found_udp_type(tx_found_udp_type),
    .tx_found_iv_sequence(tx_found_iv_sequence),
    .tx_retire_valid(tx_retire_valid),
    .tx_retire_epoch(tx_retire_epoch),
    .tx_usage_index(tx_usage_index),
    .tx_usage_hard(tx_usage_hard),
    .tx_usage_highest(tx_usage_highest),
    .tx_use_valid(tx_use_valid),
    .tx_use_count(tx_use_count),
    .tx_use_octets(tx_use_octets),
    .tx_use_number(tx_use_number),
    .tx_use_near(tx_use_near),
    .tx_use_handle(tx_use_handle),
    .tx_cipher_index(tx_cipher_index),
    .tx_cipher_key(tx_cipher_key),
    .tx_cipher_key_size(tx_cipher_key_size),
    .tx_cipher_salt(tx_cipher_salt),
    .rx_cipher_index(rx_cipher_index),
    .rx_cipher_key(rx_cipher_key),
    .rx_cipher_key_size(rx_cipher_key_size),
    .rx_cipher_salt(rx_cipher_salt),
    .tx_hash_read(tx_hash_read),
    .tx_hash_power(tx_hash_power),
    .tx_hash_index(tx_hash_index),
    .tx_hash_powers(tx_hash_powers),
    .rx_hash_read(rx_hash_read),
    .rx_hash_power(rx_hash_power),
    .rx_hash_index(rx_hash_index),
    .rx_hash_powers(rx_hash_powers)
);

esp_transmit #(
    .SA_COUNT(SA_COUNT),
    .INDEX_WIDTH(INDEX_WIDTH),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .KEY_STORE(KEY_STORE),
    .ROM_ROUNDS(TX_ROM_ROUNDS),
    .SHARED_AES(SHARED_AES),
    .GHASH_STAGES(GHASH_STAGES),
    .GHASH_STYLE(GHASH_STYLE),
    .EXTRA_REGISTERS(EXTRA_REGISTERS)
) esp_transmit_inst (
    .clk(clk),
    .rst(rst_tx),
    .enable(tx_enable),
    .s_axis_tx_tdata(s_axis_tx_tdata),
    .s_axis_tx_tkeep(s_axis_tx_tkeep),
    .s_axis_tx_tvalid(s_axis_tx_tvalid && !asleep),
    .s_axis_tx_tready(tx_tready),
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
    .lookup_valid(tx_lookup_valid),
    .lookup_handle(tx_lookup_handle),
    .found_valid(tx_found_valid),
    .found_hit(tx_found_hit),
    .found_epoch(tx_found_epoch),
    .found_gmac(tx_found_gmac),
    .found_esn(tx_found_esn),
    .found_seq_hi(tx_found_seq_hi),
    .found_icv_words(tx_found_icv_words),
    .found_spi(tx_found_spi),
    .found_ipv6(tx_found_ipv6),
    .found_udp_type(tx_found_udp_type),
    .found_iv_sequence(tx_found_iv_sequence),
    .retire_valid(tx_retire_valid),
    .retire_epoch(tx_retire_epoch),
    .usage_index(tx_usage_index),
    .usage_hard(tx_usage_hard),
    .usage_highest(tx_usage_highest),
    .use_valid(tx_use_valid),
    .use_count(tx_use_count),
    .use_octets(tx_use_octets),
    .use_number(tx_use_number),
    .use_near(tx_use_near),
    .use_handle(tx_use_handle),
    .cipher_index(tx_cipher_index),
    .cipher_key(tx_cipher_key),
    .cipher_key_size(tx_cipher_key_size),
    .cipher_salt(tx_cipher_salt),
    .key_write(key_write),
    .aes_request(tx_aes_request),
    .aes_result(tx_aes_result),
    .hash_read(tx_hash_read),
    .hash_power(tx_hash_power),
    .hash_index(tx_hash_index),
    .hash_powers(tx_hash_powers),
    .h_req_valid(h_req_valid),
    .h_req_ready(h_req_ready),
    .h_req_index(h_req_index),
    .h_req_key(h_req_key),
    .h_req_key_size(h_req_key_size),
    .h_rsp_valid(h_rsp_valid),
    .h_rsp_block(h_rsp_block),
    .event_frame(count_tx_frames),
    .event_protected(count_tx_protected),
    .event_bypassed(count_tx_bypassed),
    .event_failed_handle(count_tx_failed_handle),
    .event_failed_packet(count_tx_failed_packet),
    .event_failed_length(count_tx_failed_length),
    .event_failed_limit(count_tx_failed_limit),
    .event_failed_sequence(count_tx_failed_sequence),
    .event_octets(count_tx_octets)
);

esp_receive #(
    .INDEX_WIDTH(INDEX_WIDTH),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .KEY_STORE(KEY_STORE),
    .ROM_ROUNDS(RX_ROM_ROUNDS),
    .SHARED_AES(SHARED_AES),
    .GHASH_STAGES(GHASH_STAGES),
    .GHASH_STYLE(GHASH_STYLE),
    .LOOKUP_LATENCY(LOOKUP_LATENCY),
    .STORE_LOG2(RX_STORE_LOG2),
    .EXTRA_REGISTERS(EXTRA_REGISTERS)
) esp_receive_inst (
    .clk(clk),
    .rst(rst_rx),
    .enable_ipv4(rx_ipv4_enable),
    .enable_ipv6(rx_ipv6_enable),
    .s_axis_rx_tdata(s_axis_rx_tdata),
    .s_axis_rx_tkeep(s_axis_rx_tkeep),
    .s_axis_rx_tvalid(s_axis_rx_tvalid && !asleep),
    .s_axis_rx_tready(rx_tready),
    .s_axis_rx_tlast(s_axis_rx_tlast),
    .m_axis_rx_tdata(m_axis_rx_tdata),
    .m_axis_rx_tkeep(m_axis_rx_tkeep),
    .m_axis_rx_tvalid(m_axis_rx_tvalid),
    .m_axis_rx_tready(m_axis_rx_tready),
    .m_axis_rx_tlast(m_axis_rx_tlast),
    .m_axis_rx_tuser(m_axis_rx_tuser),
    .search_valid(rx_search_valid),
    .search_spi(rx_search_spi),
    .search_ipv6(rx_search_ipv6),
    .search_udp(rx_search_udp),
    .search_dst(rx_search_dst),
    .search_src(rx_search_src),
    .found_valid(rx_found_valid),
    .found_hit(rx_found_hit),
    .found_handle(rx_found_handle),
    .found_epoch(rx_found_epoch),
    .found_gmac(rx_found_gmac),
    .found_esn(rx_found_esn),
    .found_seq_hi(rx_found_seq_hi),
    .found_icv_words(rx_found_icv_words),
    .found_udp_type(rx_found_udp_type),
    .retire_valid(rx_retire_valid),
    .retire_epoch(rx_retire_epoch),
    .usage_index(rx_usage_index),
    .usage_hard(rx_usage_hard),
    .usage_soft(rx_usage_soft),
    .use_valid(rx_use_valid),
    .use_count(rx_use_count),
    .use_octets(rx_use_octets),
    .use_number(rx_use_number),
    .use_near(rx_use_near),
    .use_handle(rx_use_handle),
    .cipher_index(rx_cipher_index),
    .cipher_key(rx_cipher_key),
    .cipher_key_size(rx_cipher_key_size),
    .cipher_salt(rx_cipher_salt),
    .key_write(key_write),
    .aes_request(rx_aes_request),
    .aes_result(rx_aes_result),
    .hash_read(rx_hash_read),
    .hash_power(rx_hash_power),
    .hash_index(rx_hash_index),
    .hash_powers(rx_hash_powers),
    .event_frame(count_rx_frames),
    .event_decrypted(count_rx_decrypted),
    .event_not_esp(count_rx_not_esp),
    .event_no_sa(count_rx_no_sa),
    .event_icv_failed(count_rx_icv_failed),
    .event_syntax_failed(count_rx_syntax_failed),
    .event_limit_failed(count_rx_limit_failed),
    .event_overflow(count_rx_overflow),
    .event_octets(count_rx_octets)
);

generate
    if (SHARED_AES != 0) begin : shared_aes
        wire rst_aes;

        // as deep as those in the paths
        reset_stage #(
            .STAGES(RESET_STAGES)
        ) reset_aes_inst (
            .clk(clk),
            .rst(rst_tx),
            .m_rst(rst_aes)
        );

        aes_double_pipe #(
            .MAX_KEY_BITS(MAX_KEY_BITS),
            .INDEX_WIDTH(INDEX_WIDTH),
            .USER_WIDTH(8)
        ) aes_double_pipe_inst (
            .clk(clk),
            .clk_2x(clk_2x),
            .rst(rst_aes),
            .key_write(key_write),
            .requests({rx_aes_request, tx_aes_request}),
            .results({rx_aes_result, tx_aes_result})
        );
    end else begin : aes_in_paths
        wire unused = &{1'b0, clk_2x, tx_aes_request, rx_aes_request};

        assign tx_aes_result = 137'd0;
        assign rx_aes_result = 137'd0;
    end
endgenerate

endmodule

`resetall
