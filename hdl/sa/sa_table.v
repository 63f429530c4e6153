// SPDX-License-Identifier: Apache-2.0
/*
 * The SA table: receive search, transmit lookup, secrets, commands, frames in flight, use and limits.
 *
 * Latency: rx_found_* and tx_found_* come LOOKUP_LATENCY = 4 cycles (6 with EXTRA_REGISTERS) after rx_search_* and tx_lookup_*
 * (found_valid is search_valid, so many cycles later). Secrets: one cycle after their index. Throughput: one search, one lookup and one read
 * of each secret port per cycle; commands never delay them.
 *
 * Receive search hits where a valid inbound SA has the SPI, IP version and UDP encapsulation (rx_search_udp: udp_type not
 * 0), and its destination and its source are wildcards or equal. There is one such SA at most. Transmit lookup hits where
 * the handle is that of a valid outbound SA. Without a hit all other found_* outputs are zero.
 *
 * Each hit counts as a frame in flight of found_epoch until tx_retire_valid (rx_retire_valid) is high for one cycle with
 * that epoch: the datapath retires each frame that hit, exactly once, at the earliest in the cycle of found_valid, when it
 * will read no secret of this SA any more. A hit and its count are one event: after a DELETE_SA a frame either misses, or
 * hits and is waited for.
 *
 * Use and limits: sa_usage, one for each direction. A handle whose SA passed a limit waits in event_handle (0: none) until event_take; event_new
 * is high in the cycle in which one comes.
 *
 * Addresses: block, octet 0 in [127:120], IPv4 in [127:96] with the rest zero. A search for an IPv6 address compares a 32-bit
 * digest first (sa_cam, sa_ram_cam or sa_hash), then the address itself (store).
 *
 * The latency is the same for all SA_COUNT.
 */

`resetall
`default_nettype none

module sa_table #(
  // Entries, 16 to 65536 (65535 of these can be in use)
  parameter SA_COUNT = 64,
  // Most entries that are searched by a CAM (sa_cam, with KEY_STORE sa_ram_cam), at most 256; from there on by sa_hash
  parameter CAM_LIMIT = 256,
  // Longest AES key: 128, 192 or 256
  parameter MAX_KEY_BITS = 256,
  // 1: two register stages more in searches and lookups, for the clock rate of an FPGA
  parameter EXTRA_REGISTERS = 0,
  // 1: the expanded keys lie in the datapath (key_write), the CAM in LUT RAM; 0: the keys lie here, the CAM in registers
  parameter KEY_STORE = 0,
  // Powers of the hash key kept with an SA
  parameter GHASH_STAGES = 4,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT),
  // Chooses the hash of sa_hash
  parameter [31:0] HASH_SEED = 32'h9e3779b9,
  // Powers of the hash key read at once: derived, leave as it is
  parameter POWERS = KEY_STORE != 0 ? 1 : GHASH_STAGES
) (
  input  wire                        clk,
  input  wire                        rst,

  /*
   * Command and staged words, see engine_registers
   */
  input  wire                        command_start,
  input  wire [31:0]                 command_opcode,
  output wire                        command_done,
  output wire [7:0]                  command_status,
  output wire [31:0]                 command_handle,
  output wire [191:0]                command_use,
  output wire [15:0]                 sa_active,
  input  wire [31:0]                 stage_flags,
  input  wire [31:0]                 stage_sa_flags,
  input  wire [31:0]                 stage_options,
  input  wire [31:0]                 stage_operation,
  input  wire [31:0]                 stage_spi,
  input  wire [31:0]                 stage_auth_algorithm,
  input  wire [31:0]                 stage_enc_algorithm,
  input  wire [31:0]                 stage_key_octets,
  input  wire [31:0]                 stage_icv_octets,
  input  wire [31:0]                 stage_seq_hi,
  input  wire [31:0]                 stage_udp_encapsulation,
  input  wire [31:0]                 stage_handle,
  input  wire [31:0]                 stage_salt,
  input  wire [127:0]                stage_src,
  input  wire [127:0]                stage_dst,
  input  wire [255:0]                stage_key,
  input  wire [255:0]                stage_limits,

  output wire                        event_new,
  output wire [31:0]                 event_handle,
  input  wire                        event_take,

  /*
   * H = E_K(0) from a free slot of an AES pipe of the datapath: one request at a time, one response for each. With KEY_STORE the
   * key is that of entry h_req_index
   */
  output wire                        h_req_valid,
  input  wire                        h_req_ready,
  output wire [INDEX_WIDTH-1:0]      h_req_index,
  output wire [255:0]                h_req_key,
  output wire [1:0]                  h_req_key_size,
  input  wire                        h_rsp_valid,
  input  wire [127:0]                h_rsp_block,

  /*
   * KEY_STORE: writes of round keys, see aes_stored_pipe
   */
  output wire [INDEX_WIDTH+39:0]     key_write,

  /*
   * Receive search
   */
  input  wire                        rx_search_valid,
  input  wire [31:0]                 rx_search_spi,
  input  wire                        rx_search_ipv6,
  input  wire                        rx_search_udp,
  input  wire [127:0]                rx_search_dst,
  input  wire [127:0]                rx_search_src,
  output wire                        rx_found_valid,
  output wire                        rx_found_hit,
  output wire [31:0]                 rx_found_handle,
  output wire                        rx_found_epoch,
  output wire                        rx_found_gmac,
  output wire                        rx_found_esn,
  output wire [31:0]                 rx_found_seq_hi,
  output wire [2:0]                  rx_found_icv_words,
  output wire [1:0]                  rx_found_udp_type,
  input  wire                        rx_retire_valid,
  input  wire                        rx_retire_epoch,
  input  wire [INDEX_WIDTH-1:0]      rx_usage_index,
  output wire                        rx_usage_hard,
  output wire                        rx_usage_soft,
  input  wire                        rx_use_valid,
  input  wire                        rx_use_count,
  input  wire [13:0]                 rx_use_octets,
  input  wire [63:0]                 rx_use_number,
  input  wire                        rx_use_near,
  input  wire [31:0]                 rx_use_handle,

  /*
   * Transmit lookup
   */
  input  wire                        tx_lookup_valid,
  input  wire [31:0]                 tx_lookup_handle,
  output wire                        tx_found_valid,
  output wire                        tx_found_hit,
  output wire                        tx_found_epoch,
  output wire                        tx_found_gmac,
  output wire                        tx_found_esn,
  output wire [31:0]                 tx_found_seq_hi,
  output wire [2:0]                  tx_found_icv_words,
  output wire [31:0]                 tx_found_spi,
  output wire                        tx_found_ipv6,
  output wire [1:0]                  tx_found_udp_type,
  output wire                        tx_found_iv_sequence,
  input  wire                        tx_retire_valid,
  input  wire                        tx_retire_epoch,
  input  wire [INDEX_WIDTH-1:0]      tx_usage_index,
  output wire                        tx_usage_hard,
  output wire [63:0]                 tx_usage_highest,
  input  wire                        tx_use_valid,
  input  wire                        tx_use_count,
  input  wire [13:0]                 tx_use_octets,
  input  wire [63:0]                 tx_use_number,
  input  wire                        tx_use_near,
  input  wire [31:0]                 tx_use_handle,

  /*
   * Secrets by entry number (low bits of the handle). With KEY_STORE no key, and one power of H at a time: see sa_store
   */
  input  wire [INDEX_WIDTH-1:0]      tx_cipher_index,
  output wire [255:0]                tx_cipher_key,
  output wire [1:0]                  tx_cipher_key_size,
  output wire [31:0]                 tx_cipher_salt,
  input  wire [INDEX_WIDTH-1:0]      rx_cipher_index,
  output wire [255:0]                rx_cipher_key,
  output wire [1:0]                  rx_cipher_key_size,
  output wire [31:0]                 rx_cipher_salt,
  input  wire                        tx_hash_read,
  input  wire [1:0]                  tx_hash_power,
  input  wire [INDEX_WIDTH-1:0]      tx_hash_index,
  output wire [128*POWERS-1:0]       tx_hash_powers,
  input  wire                        rx_hash_read,
  input  wire [1:0]                  rx_hash_power,
  input  wire [INDEX_WIDTH-1:0]      rx_hash_index,
  output wire [128*POWERS-1:0]       rx_hash_powers
);

// 32 bits of a destination address: IPv4 exactly. The rotations keep prefixes and host parts from cancelling out.
function [31:0] digest(input [127:0] address);
  digest = address[127:96] ^ {address[88:64], address[95:89]} ^ {address[50:32], address[63:51]} ^ {address[12:0], address[31:13]};
endfunction

// an entry number as in a handle
function [15:0] widen(input [INDEX_WIDTH-1:0] index);
  begin
    widen = 16'd0;
    widen[INDEX_WIDTH-1:0] = index;
  end
endfunction

localparam [16:0] ENTRIES = SA_COUNT[16:0];

/*
 * Command
 */

wire                    search_request;
wire                    search_ready = !rx_search_valid;
wire                    search_done;
wire                    search_hit;
wire                    search_same;
wire [INDEX_WIDTH-1:0]  write_index;
wire                    set_valid;
wire                    clear_valid;
wire                    clear_all;
wire                    erase;
wire                    write_sa;
wire                    write_seq_hi;
wire                    write_generation_valid;
wire [15:0]             write_generation;
wire [GHASH_STAGES-1:0] write_hash;
wire [127:0]            write_hash_power;
wire                    sa_inbound;
wire                    sa_ipv6;
wire                    sa_gmac;
wire                    sa_esn;
wire                    sa_iv_sequence;
wire [2:0]              sa_icv_words;
wire [1:0]              sa_udp_type;
wire [127:0]            sa_src;
wire [127:0]            sa_dst;
wire [255:0]            sa_key;
wire [1:0]              sa_key_size;
wire [INDEX_WIDTH-1:0]  read_index;
wire                    read_esn;
wire                    read_inbound;
wire                    query;
wire                    tx_query_done;
wire                    rx_query_done;
wire [191:0]            tx_query_use;
wire [191:0]            rx_query_use;
wire [31:0]             read_spi;
wire [15:0]             read_generation;
wire                    read_valid;
wire                    prepare;
wire                    search_busy;
wire                    search_room;
wire                    sweep;
wire                    erase_keys;
wire [1:0]              erase_word;
wire                    command_h_valid;
wire                    command_h_ready;
wire [INDEX_WIDTH-1:0]  free_index;
wire                    epoch;
wire                    old_epoch_busy;

wire                    sa_src_any;
wire                    sa_dst_any;

sa_command #(
  .SA_COUNT(SA_COUNT),
  .INDEX_WIDTH(INDEX_WIDTH),
  .MAX_KEY_BITS(MAX_KEY_BITS),
  .GHASH_STAGES(GHASH_STAGES),
  .ERASE_CYCLES(KEY_STORE != 0 ? 4 : 1),
  .DRAIN_GUARD(12),
  .MULTIPLIER_DIGIT(KEY_STORE != 0 ? 1 : 8)
) command_inst (
  .clk(clk),
  .rst(rst),
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
  .stage_udp_encapsulation(stage_udp_encapsulation),
  .stage_handle(stage_handle),
  .stage_src(stage_src),
  .stage_dst(stage_dst),
  .stage_key(stage_key),
  .h_req_valid(command_h_valid),
  .h_req_ready(command_h_ready),
  .h_req_key(h_req_key),
  .h_req_key_size(h_req_key_size),
  .h_rsp_valid(h_rsp_valid),
  .h_rsp_block(h_rsp_block),
  .search_request(search_request),
  .search_ready(search_ready),
  .search_done(search_done),
  .search_hit(search_hit),
  .search_same(search_same),
  .write_index(write_index),
  .set_valid(set_valid),
  .clear_valid(clear_valid),
  .clear_all(clear_all),
  .erase(erase),
  .erase_keys(erase_keys),
  .erase_word(erase_word),
  .sweep(sweep),
  .prepare(prepare),
  .busy(search_busy),
  .room(search_room),
  .free_index(free_index),
  .write_sa(write_sa),
  .write_seq_hi(write_seq_hi),
  .write_generation_valid(write_generation_valid),
  .write_generation(write_generation),
  .write_hash(write_hash),
  .write_hash_power(write_hash_power),
  .sa_inbound(sa_inbound),
  .sa_ipv6(sa_ipv6),
  .sa_gmac(sa_gmac),
  .sa_esn(sa_esn),
  .sa_iv_sequence(sa_iv_sequence),
  .sa_icv_words(sa_icv_words),
  .sa_udp_type(sa_udp_type),
  .sa_src(sa_src),
  .sa_dst(sa_dst),
  .sa_src_any(sa_src_any),
  .sa_dst_any(sa_dst_any),
  .sa_key(sa_key),
  .sa_key_size(sa_key_size),
  .read_index(read_index),
  .read_esn(read_esn),
  .read_spi(read_spi),
  .read_generation(read_generation),
  .read_valid(read_valid),
  .query(query),
  .query_done(tx_query_done || rx_query_done),
  .query_use(rx_query_done ? rx_query_use : tx_query_use),
  .epoch(epoch),
  .old_epoch_busy(old_epoch_busy)
);

/*
 * With KEY_STORE: the key is expanded before its H is asked for, and erased with the entry
 */

assign h_req_index = write_index;

generate
  if (KEY_STORE != 0) begin : key_store
    wire                   setup_done;
    wire                   setup_write;
    wire [3:0]             setup_round;
    wire [INDEX_WIDTH-1:0] setup_index;
    wire [1:0]             setup_word;
    wire [31:0]            setup_data;

    reg start_reg;
    reg busy_reg;
    reg expanded_reg;
    // there before expanded_reg
    reg [INDEX_WIDTH+39:0] key_write_reg;

    assign h_req_valid = command_h_valid && expanded_reg;
    assign command_h_ready = h_req_ready && expanded_reg;
    assign key_write = key_write_reg;

    aes_key_setup #(
      .MAX_KEY_BITS(MAX_KEY_BITS),
      .INDEX_WIDTH(INDEX_WIDTH)
    ) key_setup_inst (
      .clk(clk),
      .rst(rst),
      .start(start_reg),
      .index(write_index),
      .key(h_req_key),
      .key_size(h_req_key_size),
      .done(setup_done),
      .write(setup_write),
      .write_round(setup_round),
      .write_index(setup_index),
      .write_word(setup_word),
      .write_data(setup_data)
    );

    always @(posedge clk) begin
      key_write_reg <= erase_keys ? {2'b11, 4'd0, write_index, erase_word, 32'd0}
        : {setup_write, 1'b0, setup_round, setup_index, setup_word, setup_data};
      start_reg <= command_h_valid && !busy_reg && !expanded_reg && !rst;
      busy_reg <= command_h_valid && !setup_done;
      expanded_reg <= (expanded_reg || setup_done) && !(command_h_valid && command_h_ready);
      if (rst) begin
        busy_reg <= 1'b0;
        expanded_reg <= 1'b0;
      end
    end
  end else begin : key_at_hand
    assign h_req_valid = command_h_valid;
    assign command_h_ready = h_req_ready;
    assign key_write = {INDEX_WIDTH+40{1'b0}};
  end
endgenerate

sa_free_list #(
  .SA_COUNT(SA_COUNT),
  .INDEX_WIDTH(INDEX_WIDTH)
) free_list_inst (
  .clk(clk),
  .rst(rst),
  .clear(clear_all),
  .give(erase),
  .index(write_index),
  .take(set_valid),
  .free_index(free_index)
);

/*
 * Cycles 0 and 1 of a search: the CAM, or the hash tables. A command's duplicate search (tag 1) takes a cycle without receive search.
 */

wire                   cam_valid;
wire                   cam_hit;
wire [INDEX_WIDTH-1:0] cam_index;
wire                   cam_command;

wire         asked_valid = rx_search_valid || search_request;
wire [127:0] asked_dst = rx_search_valid ? rx_search_dst : sa_dst;
wire [67:0]  asked_key = {rx_search_valid || sa_inbound, rx_search_valid ? rx_search_ipv6 : sa_ipv6, rx_search_valid ? rx_search_spi : stage_spi,
  digest(asked_dst), !rx_search_valid && sa_dst_any, !rx_search_valid};

wire         search_valid;
wire         search_inbound;
wire         search_ipv6;
wire [31:0]  search_spi;
wire [31:0]  search_digest;
wire         search_any;
wire         search_tag;
wire [256:0] search_rest;  // {udp, dst, src}: what the store confirms

generate
  if (EXTRA_REGISTERS != 0) begin : search_registers
    reg         valid_reg;
    reg [67:0]  key_reg;
    reg [256:0] rest_reg;

    assign search_valid = valid_reg;
    assign {search_inbound, search_ipv6, search_spi, search_digest, search_any, search_tag} = key_reg;
    assign search_rest = rest_reg;

    always @(posedge clk) begin
      valid_reg <= asked_valid && !rst;
      if (asked_valid) begin
        key_reg <= asked_key;
        rest_reg <= {rx_search_udp, asked_dst, rx_search_src};
      end
    end
  end else begin : search_inputs
    assign search_valid = asked_valid;
    assign {search_inbound, search_ipv6, search_spi, search_digest, search_any, search_tag} = asked_key;
    assign search_rest = {rx_search_udp, asked_dst, rx_search_src};
  end
endgenerate

// of the staged words, which keep still
reg [31:0] write_digest_reg;
// direction of the SA that is queried
reg        query_inbound_reg;

wire [31:0] write_digest = write_digest_reg;
wire [31:0] staged_digest = digest(sa_dst);

always @(posedge clk) begin
  write_digest_reg <= staged_digest;
  query_inbound_reg <= read_inbound;
end

generate
  if (SA_COUNT <= CAM_LIMIT && KEY_STORE == 0) begin : cam
    // every entry has its place
    assign search_busy = 1'b0;
    assign search_room = 1'b1;

    /* verilator lint_off UNUSEDSIGNAL */ // what only sa_hash needs
    wire unused = &{1'b0, prepare, sweep};
    /* verilator lint_on UNUSEDSIGNAL */

    /* verilator lint_off PINCONNECTEMPTY */ // sa_valid tells
    sa_cam #(
      .SA_COUNT(SA_COUNT),
      .INDEX_WIDTH(INDEX_WIDTH),
      .TAG_WIDTH(1)
    ) cam_inst (
      .clk(clk),
      .rst(rst),
      .search_valid(search_valid),
      .search_inbound(search_inbound),
      .search_ipv6(search_ipv6),
      .search_spi(search_spi),
      .search_digest(search_digest),
      .search_any(search_any),
      .search_tag(search_tag),
      .result_valid(cam_valid),
      .result_hit(cam_hit),
      .result_index(cam_index),
      .result_tag(cam_command),
      .set_valid(set_valid),
      .clear_valid(clear_valid),
      .clear_all(clear_all),
      .write_index(write_index),
      .write_inbound(sa_inbound),
      .write_ipv6(sa_ipv6),
      .write_spi(stage_spi),
      .write_digest(write_digest),
      .write_dst_any(sa_dst_any),
      .entry_valid()
    );
    /* verilator lint_on PINCONNECTEMPTY */
  end else if (SA_COUNT <= CAM_LIMIT) begin : ram_cam
    assign search_room = 1'b1;

    /* verilator lint_off UNUSEDSIGNAL */ // what only sa_hash needs
    wire unused = &{1'b0, sweep};
    /* verilator lint_on UNUSEDSIGNAL */

    sa_ram_cam #(
      .SA_COUNT(SA_COUNT),
      .INDEX_WIDTH(INDEX_WIDTH),
      .TAG_WIDTH(1)
    ) ram_cam_inst (
      .clk(clk),
      .rst(rst),
      .search_valid(search_valid),
      .search_inbound(search_inbound),
      .search_ipv6(search_ipv6),
      .search_spi(search_spi),
      .search_digest(search_digest),
      .search_any(search_any),
      .search_tag(search_tag),
      .result_valid(cam_valid),
      .result_hit(cam_hit),
      .result_index(cam_index),
      .result_tag(cam_command),
      .prepare(prepare),
      .busy(search_busy),
      .set_valid(set_valid),
      .clear_valid(clear_valid),
      .clear_all(clear_all),
      .write_index(write_index),
      .write_inbound(sa_inbound),
      .write_ipv6(sa_ipv6),
      .write_spi(stage_spi),
      .write_digest(write_digest),
      .write_dst_any(sa_dst_any)
    );
  end else begin : hash
    sa_hash #(
      .SA_COUNT(SA_COUNT),
      .INDEX_WIDTH(INDEX_WIDTH),
      .TAG_WIDTH(1),
      .HASH_SEED(HASH_SEED)
    ) hash_inst (
      .clk(clk),
      .rst(rst),
      .search_valid(search_valid),
      .search_inbound(search_inbound),
      .search_ipv6(search_ipv6),
      .search_spi(search_spi),
      .search_digest(search_digest),
      .search_any(search_any),
      .search_tag(search_tag),
      .result_valid(cam_valid),
      .result_hit(cam_hit),
      .result_index(cam_index),
      .result_tag(cam_command),
      .prepare(prepare),
      .busy(search_busy),
      .room(search_room),
      .set_valid(set_valid),
      .clear_valid(clear_valid),
      .clear_all(clear_all),
      .sweep(sweep),
      .write_index(write_index),
      .write_inbound(sa_inbound),
      .write_ipv6(sa_ipv6),
      .write_spi(stage_spi),
      .write_digest(write_digest),
      .write_dst_any(sa_dst_any)
    );
  end
endgenerate

/*
 * Cycle 2: the memories
 */

reg                    tx_valid_1_reg;
reg                    tx_valid_2_reg;
reg                    tx_valid_3_reg;
reg [31:0]             tx_handle_1_reg;
reg [31:0]             tx_handle_2_reg;
reg [15:0]             tx_generation_3_reg;
reg                    tx_in_range_3_reg;

reg                    rx_valid_3_reg;
reg                    search_1_reg;
reg                    search_2_reg;
reg [256:0]            rx_search_1_reg;  // as search_rest
reg [256:0]            rx_search_2_reg;
reg [256:0]            rx_search_3_reg;
reg                    rx_cam_hit_3_reg;
reg [INDEX_WIDTH-1:0]  rx_index_3_reg;
reg                    command_valid_3_reg;

wire [127:0]           rx_store_src;
wire [127:0]           rx_store_dst;
wire                   rx_store_src_any;
wire                   rx_store_dst_any;
wire                   rx_store_gmac;
wire                   rx_store_esn;
wire [2:0]             rx_store_icv_words;
wire [1:0]             rx_store_udp_type;
wire [31:0]            rx_store_seq_hi;
wire [15:0]            rx_store_generation;
wire                   tx_store_gmac;
wire                   tx_store_esn;
wire [2:0]             tx_store_icv_words;
wire [1:0]             tx_store_udp_type;
wire                   tx_store_iv_sequence;
wire [31:0]            tx_store_spi;
wire                   tx_store_ipv6;
wire                   tx_store_inbound;
wire [31:0]            tx_store_seq_hi;
wire [15:0]            tx_store_generation;

wire [INDEX_WIDTH-1:0] tx_index_2 = tx_handle_2_reg[INDEX_WIDTH-1:0];

wire                   rx_entry_valid;
wire                   tx_entry_valid;

sa_valid #(
  .SA_COUNT(SA_COUNT),
  .INDEX_WIDTH(INDEX_WIDTH)
) valid_inst (
  .clk(clk),
  .rst(rst),
  .hide(clear_all),
  .set(set_valid),
  .clear(clear_valid || erase),
  .write_index(write_index),
  .rx_index(cam_index),
  .rx_valid(rx_entry_valid),
  .tx_index(tx_index_2),
  .tx_valid(tx_entry_valid),
  .command_index(read_index),
  .command_valid(read_valid)
);

sa_store #(
  .SA_COUNT(SA_COUNT),
  .INDEX_WIDTH(INDEX_WIDTH),
  .GHASH_STAGES(GHASH_STAGES),
  .NARROW(KEY_STORE),
  .POWERS(POWERS)
) store_inst (
  .clk(clk),
  .write_index(write_index),
  .erase(erase),
  .erase_power(erase_keys),
  .erase_word(erase_word),
  .write_sa(write_sa),
  .write_src(sa_src),
  .write_dst(sa_dst),
  .write_src_any(sa_src_any),
  .write_dst_any(sa_dst_any),
  .write_gmac(sa_gmac),
  .write_esn(sa_esn),
  .write_icv_words(sa_icv_words),
  .write_udp_type(sa_udp_type),
  .write_iv_sequence(sa_iv_sequence),
  .write_spi(stage_spi),
  .write_ipv6(sa_ipv6),
  .write_inbound(sa_inbound),
  .write_key(sa_key),
  .write_key_size(sa_key_size),
  .write_salt(stage_salt),
  .write_seq_hi_valid(write_seq_hi),
  .write_seq_hi(stage_seq_hi),
  .write_generation_valid(write_generation_valid),
  .write_generation(write_generation),
  .write_hash(write_hash),
  .write_hash_power(write_hash_power),
  .rx_index(cam_index),
  .rx_src(rx_store_src),
  .rx_dst(rx_store_dst),
  .rx_src_any(rx_store_src_any),
  .rx_dst_any(rx_store_dst_any),
  .rx_gmac(rx_store_gmac),
  .rx_esn(rx_store_esn),
  .rx_icv_words(rx_store_icv_words),
  .rx_udp_type(rx_store_udp_type),
  .rx_seq_hi(rx_store_seq_hi),
  .rx_generation(rx_store_generation),
  .tx_index(tx_index_2),
  .tx_gmac(tx_store_gmac),
  .tx_esn(tx_store_esn),
  .tx_icv_words(tx_store_icv_words),
  .tx_udp_type(tx_store_udp_type),
  .tx_iv_sequence(tx_store_iv_sequence),
  .tx_spi(tx_store_spi),
  .tx_ipv6(tx_store_ipv6),
  .tx_inbound(tx_store_inbound),
  .tx_seq_hi(tx_store_seq_hi),
  .tx_generation(tx_store_generation),
  .command_index(read_index),
  .command_esn(read_esn),
  .command_inbound(read_inbound),
  .command_spi(read_spi),
  .command_generation(read_generation),
  .rx_cipher_index(rx_cipher_index),
  .rx_cipher_key(rx_cipher_key),
  .rx_cipher_key_size(rx_cipher_key_size),
  .rx_cipher_salt(rx_cipher_salt),
  .tx_cipher_index(tx_cipher_index),
  .tx_cipher_key(tx_cipher_key),
  .tx_cipher_key_size(tx_cipher_key_size),
  .tx_cipher_salt(tx_cipher_salt),
  .rx_hash_read(rx_hash_read),
  .rx_hash_power(rx_hash_power),
  .rx_hash_index(rx_hash_index),
  .rx_hash_powers(rx_hash_powers),
  .tx_hash_read(tx_hash_read),
  .tx_hash_power(tx_hash_power),
  .tx_hash_index(tx_hash_index),
  .tx_hash_powers(tx_hash_powers)
);

/*
 * Cycle 3: the verdict. With EXTRA_REGISTERS it takes two cycles, after the one at the input of a receive search and one behind the memories of a lookup
 */

wire                rx_judged;
wire                rx_hit;
wire [70:0]         rx_policy;  // {handle, gmac, esn, seq_hi, icv_words, udp_type}
wire                search_dst_same;
wire                tx_judged;
wire                tx_hit;
wire [72:0]         tx_policy;  // {gmac, esn, seq_hi, icv_words, spi, ipv6, udp_type, iv_sequence}

wire rx_udp_same = (rx_store_udp_type != 2'd0) == rx_search_3_reg[256];
wire [70:0] rx_policy_3 = {rx_store_generation, widen(rx_index_3_reg), rx_store_gmac, rx_store_esn, rx_store_seq_hi, rx_store_icv_words, rx_store_udp_type};
wire [72:0] tx_policy_3 = {tx_store_gmac, tx_store_esn, tx_store_seq_hi, tx_store_icv_words, tx_store_spi, tx_store_ipv6, tx_store_udp_type,
  tx_store_iv_sequence};

generate
  if (EXTRA_REGISTERS != 0) begin : judged_later
    // pairs of bits of the addresses that are equal: one LUT behind the memory
    wire [63:0] dst_pairs;
    wire [63:0] src_pairs;

    reg         rx_valid_reg;
    reg         rx_may_hit_reg;
    reg         command_valid_reg;
    reg         cam_hit_reg;
    // the answer of the duplicate search, of which nothing is wanted soon
    reg         search_done_reg;
    reg         search_hit_reg;
    reg         search_dst_same_reg;
    reg [63:0]  dst_same_reg;
    reg         dst_any_reg;
    reg [63:0]  src_same_reg;
    reg         src_any_reg;
    reg [70:0]  rx_policy_reg;

    reg         tx_valid_4_reg;
    reg         tx_may_hit_4_reg;
    reg [15:0]  tx_generation_4_reg;
    reg [15:0]  tx_store_generation_4_reg;
    reg [72:0]  tx_policy_4_reg;
    reg         tx_valid_5_reg;
    reg         tx_hit_5_reg;
    reg [72:0]  tx_policy_5_reg;

    genvar n;
    for (n = 0; n < 64; n = n + 1) begin : pair
      assign dst_pairs[n] = rx_store_dst[2*n +: 2] == rx_search_3_reg[128+2*n +: 2];
      assign src_pairs[n] = rx_store_src[2*n +: 2] == rx_search_3_reg[2*n +: 2];
    end

    assign rx_judged = rx_valid_reg;
    wire        dst_same = dst_any_reg || &dst_same_reg;

    assign search_dst_same = search_dst_same_reg;
    assign rx_hit = rx_valid_reg && rx_may_hit_reg && dst_same && (src_any_reg || &src_same_reg);
    assign rx_policy = rx_policy_reg;
    assign search_done = search_done_reg;
    assign search_hit = search_hit_reg;
    assign tx_judged = tx_valid_5_reg;
    assign tx_hit = tx_valid_5_reg && tx_hit_5_reg;
    assign tx_policy = tx_policy_5_reg;

    always @(posedge clk) begin
      rx_valid_reg <= rx_valid_3_reg && !rst;
      rx_may_hit_reg <= rx_cam_hit_3_reg && rx_entry_valid && rx_udp_same;
      dst_same_reg <= dst_pairs;
      dst_any_reg <= rx_store_dst_any;
      src_same_reg <= src_pairs;
      src_any_reg <= rx_store_src_any;
      rx_policy_reg <= rx_policy_3;
      command_valid_reg <= command_valid_3_reg && !rst;
      cam_hit_reg <= rx_cam_hit_3_reg;
      search_done_reg <= command_valid_reg && !rst;
      search_hit_reg <= cam_hit_reg;
      search_dst_same_reg <= dst_same;

      tx_valid_4_reg <= tx_valid_3_reg && !rst;
      tx_may_hit_4_reg <= tx_in_range_3_reg && tx_entry_valid && !tx_store_inbound;
      tx_generation_4_reg <= tx_generation_3_reg;
      tx_store_generation_4_reg <= tx_store_generation;
      tx_policy_4_reg <= tx_policy_3;
      tx_valid_5_reg <= tx_valid_4_reg && !rst;
      tx_hit_5_reg <= tx_may_hit_4_reg && tx_store_generation_4_reg == tx_generation_4_reg;
      tx_policy_5_reg <= tx_policy_4_reg;
    end
  end else begin : judged_at_once
    wire rx_src_same = rx_store_src_any || rx_store_src == rx_search_3_reg[127:0];

    assign rx_judged = rx_valid_3_reg;
    assign search_dst_same = rx_store_dst_any || rx_store_dst == rx_search_3_reg[255:128];
    assign search_done = command_valid_3_reg;
    assign search_hit = rx_cam_hit_3_reg;
    assign rx_hit = rx_valid_3_reg && rx_cam_hit_3_reg && rx_entry_valid && search_dst_same && rx_src_same && rx_udp_same;
    assign rx_policy = rx_policy_3;
    assign tx_judged = tx_valid_3_reg;
    assign tx_hit = tx_valid_3_reg && tx_in_range_3_reg && tx_entry_valid && !tx_store_inbound && tx_store_generation == tx_generation_3_reg;
    assign tx_policy = tx_policy_3;
  end
endgenerate

assign search_same = sa_dst_any || search_dst_same;

reg        rx_found_valid_reg;
reg [72:0] rx_found_reg;  // {hit, epoch, as rx_policy}
reg        tx_found_valid_reg;
reg [74:0] tx_found_reg;  // {hit, epoch, as tx_policy}

assign rx_found_valid = rx_found_valid_reg;
assign {rx_found_hit, rx_found_epoch, rx_found_handle, rx_found_gmac, rx_found_esn, rx_found_seq_hi, rx_found_icv_words,
  rx_found_udp_type} = rx_found_reg;
assign tx_found_valid = tx_found_valid_reg;
assign {tx_found_hit, tx_found_epoch, tx_found_gmac, tx_found_esn, tx_found_seq_hi, tx_found_icv_words, tx_found_spi,
  tx_found_ipv6, tx_found_udp_type, tx_found_iv_sequence} = tx_found_reg;

always @(posedge clk) begin
  search_1_reg <= search_valid;
  search_2_reg <= search_1_reg;
  rx_valid_3_reg <= cam_valid && !cam_command;
  command_valid_3_reg <= cam_valid && cam_command;
  tx_valid_1_reg <= tx_lookup_valid;
  tx_valid_2_reg <= tx_valid_1_reg;
  tx_valid_3_reg <= tx_valid_2_reg;
  rx_found_valid_reg <= rx_judged;
  tx_found_valid_reg <= tx_judged;

  if (search_valid) rx_search_1_reg <= search_rest;
  if (search_1_reg) rx_search_2_reg <= rx_search_1_reg;
  if (search_2_reg) rx_search_3_reg <= rx_search_2_reg;
  if (cam_valid) begin
    rx_cam_hit_3_reg <= cam_hit;
    rx_index_3_reg <= cam_index;
  end
  if (rx_judged) rx_found_reg <= rx_hit ? {1'b1, epoch, rx_policy} : 73'd0;

  if (tx_lookup_valid) tx_handle_1_reg <= tx_lookup_handle;
  if (tx_valid_1_reg) tx_handle_2_reg <= tx_handle_1_reg;
  if (tx_valid_2_reg) begin
    tx_generation_3_reg <= tx_handle_2_reg[31:16];
    tx_in_range_3_reg <= {1'b0, tx_handle_2_reg[15:0]} < ENTRIES;
  end
  if (tx_judged) tx_found_reg <= tx_hit ? {1'b1, epoch, tx_policy} : 75'd0;

  if (rst) begin
    search_1_reg <= 1'b0;
    search_2_reg <= 1'b0;
    rx_valid_3_reg <= 1'b0;
    command_valid_3_reg <= 1'b0;
    tx_valid_1_reg <= 1'b0;
    tx_valid_2_reg <= 1'b0;
    tx_valid_3_reg <= 1'b0;
    rx_found_valid_reg <= 1'b0;
    tx_found_valid_reg <= 1'b0;
  end
end

/*
 * Use and limits, by direction
 */

// told a cycle after the use
reg [31:0] tx_use_handle_reg;
reg [31:0] rx_use_handle_reg;

wire tx_event_valid;
wire tx_event_ready;
wire rx_event_valid;
wire rx_event_ready;

sa_usage #(
  .SA_COUNT(SA_COUNT),
  .INDEX_WIDTH(INDEX_WIDTH)
) tx_usage_inst (
  .clk(clk),
  .rst(rst),
  .add(write_sa && !sa_inbound),
  .add_index(write_index),
  .add_limits(stage_limits),
  .query(query && !query_inbound_reg),
  .query_index(read_index),
  .query_done(tx_query_done),
  .query_use(tx_query_use),
  .index(tx_usage_index),
  .hard_reached(tx_usage_hard),
  /* verilator lint_off PINCONNECTEMPTY */
  .soft_reached(),  // no metadata goes with a frame to send
  /* verilator lint_on PINCONNECTEMPTY */
  .highest(tx_usage_highest),
  .use_valid(tx_use_valid),
  .use_count(tx_use_count),
  .use_octets(tx_use_octets),
  .use_number(tx_use_number),
  .use_near(tx_use_near),
  .event_valid(tx_event_valid),
  .event_ready(tx_event_ready)
);

sa_usage #(
  .SA_COUNT(SA_COUNT),
  .INDEX_WIDTH(INDEX_WIDTH)
) rx_usage_inst (
  .clk(clk),
  .rst(rst),
  .add(write_sa && sa_inbound),
  .add_index(write_index),
  .add_limits(stage_limits),
  .query(query && query_inbound_reg),
  .query_index(read_index),
  .query_done(rx_query_done),
  .query_use(rx_query_use),
  .index(rx_usage_index),
  .hard_reached(rx_usage_hard),
  .soft_reached(rx_usage_soft),
  /* verilator lint_off PINCONNECTEMPTY */
  .highest(),  // replay is the business of the host
  /* verilator lint_on PINCONNECTEMPTY */
  .use_valid(rx_use_valid),
  .use_count(rx_use_count),
  .use_octets(rx_use_octets),
  .use_number(rx_use_number),
  .use_near(rx_use_near),
  .event_valid(rx_event_valid),
  .event_ready(rx_event_ready)
);

/*
 * Handles of SAs that passed a limit
 */

wire        tx_waiting_valid;
wire [31:0] tx_waiting_handle;
wire        rx_waiting_valid;
wire [31:0] rx_waiting_handle;

// the oldest of them
reg         oldest_valid_reg;
reg [31:0]  oldest_handle_reg;

wire        oldest_ready = !oldest_valid_reg || event_take;

assign event_new = (tx_event_valid && tx_event_ready) || (rx_event_valid && rx_event_ready);
assign event_handle = oldest_handle_reg;

always @(posedge clk) begin
  tx_use_handle_reg <= tx_use_handle;
  rx_use_handle_reg <= rx_use_handle;
  if (oldest_ready) begin
    oldest_valid_reg <= tx_waiting_valid || rx_waiting_valid;
    oldest_handle_reg <= tx_waiting_valid ? tx_waiting_handle : rx_waiting_valid ? rx_waiting_handle : 32'd0;
  end
  if (rst || clear_all) begin
    oldest_valid_reg <= 1'b0;
    oldest_handle_reg <= 32'd0;
  end
end

/* verilator lint_off PINCONNECTEMPTY */ // the level is of no use here
fifo #(
  .WIDTH(32),
  .DEPTH_LOG2(4)
) tx_event_fifo_inst (
  .clk(clk),
  .rst(rst || clear_all),
  .s_valid(tx_event_valid),
  .s_ready(tx_event_ready),
  .s_data(tx_use_handle_reg),
  .m_valid(tx_waiting_valid),
  .m_ready(oldest_ready),
  .m_data(tx_waiting_handle),
  .level()
);

fifo #(
  .WIDTH(32),
  .DEPTH_LOG2(4)
) rx_event_fifo_inst (
  .clk(clk),
  .rst(rst || clear_all),
  .s_valid(rx_event_valid),
  .s_ready(rx_event_ready),
  .s_data(rx_use_handle_reg),
  .m_valid(rx_waiting_valid),
  .m_ready(oldest_ready && !tx_waiting_valid),
  .m_data(rx_waiting_handle),
  .level()
);
/* verilator lint_on PINCONNECTEMPTY */

/*
 * Frames in flight, by direction and epoch
 */

// A frame counts from the cycle after found_valid on, and no longer two cycles after it retires: sa_command waits for what is on its way.
reg        rx_retire_reg;
reg        rx_retire_epoch_reg;
reg        tx_retire_reg;
reg        tx_retire_epoch_reg;
reg [15:0] rx_flight_0_reg;
reg [15:0] rx_flight_1_reg;
reg [15:0] tx_flight_0_reg;
reg [15:0] tx_flight_1_reg;
reg [1:0]  in_flight_reg;  // by epoch

wire rx_counts = rx_found_valid_reg && rx_found_hit;
wire tx_counts = tx_found_valid_reg && tx_found_hit;

// frames in flight, one more, one less or neither
function [15:0] flight(input [15:0] frames, input more, input less);
  begin
    flight = more == less ? frames : frames + {{15{less}}, 1'b1};
  end
endfunction

assign old_epoch_busy = in_flight_reg[!epoch];

always @(posedge clk) begin
  rx_retire_reg <= rx_retire_valid;
  rx_retire_epoch_reg <= rx_retire_epoch;
  tx_retire_reg <= tx_retire_valid;
  tx_retire_epoch_reg <= tx_retire_epoch;
  rx_flight_0_reg <= flight(rx_flight_0_reg, rx_counts && !rx_found_epoch, rx_retire_reg && !rx_retire_epoch_reg);
  rx_flight_1_reg <= flight(rx_flight_1_reg, rx_counts && rx_found_epoch, rx_retire_reg && rx_retire_epoch_reg);
  tx_flight_0_reg <= flight(tx_flight_0_reg, tx_counts && !tx_found_epoch, tx_retire_reg && !tx_retire_epoch_reg);
  tx_flight_1_reg <= flight(tx_flight_1_reg, tx_counts && tx_found_epoch, tx_retire_reg && tx_retire_epoch_reg);
  in_flight_reg[0] <= rx_flight_0_reg != 16'd0 || tx_flight_0_reg != 16'd0;
  in_flight_reg[1] <= rx_flight_1_reg != 16'd0 || tx_flight_1_reg != 16'd0;

  if (rst) begin
    rx_retire_reg <= 1'b0;
    tx_retire_reg <= 1'b0;
    rx_flight_0_reg <= 16'd0;
    rx_flight_1_reg <= 16'd0;
    tx_flight_0_reg <= 16'd0;
    tx_flight_1_reg <= 16'd0;
    in_flight_reg <= 2'b00;
  end
end

endmodule

`resetall
