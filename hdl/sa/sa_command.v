// SPDX-License-Identifier: Apache-2.0
/*
 * Executes the commands of the host on the SA table: ADD_SA, DELETE_SA, UPDATE_SA, QUERY_SA, RESET.
 *
 * After rst the whole table is erased, one entry in ERASE_CYCLES; a command started meanwhile waits for that. One command runs
 * at a time: command_start (one cycle, with command_opcode) to command_done (one cycle, with command_status, command_handle and
 * command_use). The staged words must keep still from start to done. A start while a command runs is not allowed.
 *
 * ADD_SA    checks the request field by field; the first failure is the status (order and codes: docs/registers.md).
 *           Nothing is written before all checks, the duplicate search and the search of a place have succeeded. The entry is the head
 *           of the free list; past 256 entries the table may also be without a place for this SPI and destination (TABLE_FULL). Then
 *           H = E_K(0) comes from the datapath (h_req/h_rsp), its powers from a serial multiplier, about
 *           128/MULTIPLIER_DIGIT + 4 cycles for each power but the first. All secrets are in place before the entry becomes valid, in one cycle.
 * DELETE_SA clears the entry's valid bit, waits for its removal from the search, then DRAIN_GUARD cycles so that each lookup that still
 *           found it is counted, changes the epoch, waits as long again, and until no frame of the old epoch is in flight, erases the entry, is done.
 * UPDATE_SA writes seq_hi in one cycle; lookups from the next cycle on return it.
 * QUERY_SA  copies the use of the entry, {highest sequence number, octets, packets}, to command_use; else command_use is 0.
 * RESET     as DELETE_SA for all entries at once. Generations go on, so old handles stay unknown.
 *
 * A command that ends leaves no copy of a key or of H here. Bad input gives a status, never a hang; ADD_SA waits as long
 * as the datapath takes for h_req_ready and h_rsp_valid, DELETE_SA and RESET as long as frames are in flight, the duplicate
 * search for a cycle without receive search.
 *
 * Key octets beyond the key length are ignored (taken as zero), as are address words 1 to 3 of an IPv4 SA.
 */

`resetall
`default_nettype none

module sa_command #(
  // Entries of the table, at most 65536 (of which 65535 can be in use: the registers count them in 16 bits)
  parameter SA_COUNT = 64,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT),
  // Longest AES key: 128, 192 or 256
  parameter MAX_KEY_BITS = 256,
  // Powers of the hash key that are stored
  parameter GHASH_STAGES = 4,
  // Cycles of erase_keys for an entry: 1, or 4 where its round keys are stored word by word
  parameter ERASE_CYCLES = 1,
  // Cycles from a lookup at the input of the table until old_epoch_busy tells of it, at least
  parameter DRAIN_GUARD = 12,
  // Bits of the operand that the multiplier of the powers takes in a cycle, see gf128_serial
  parameter MULTIPLIER_DIGIT = 8
) (
  input  wire                    clk,
  input  wire                    rst,

  /*
   * Command and staged words, see engine_registers
   */
  input  wire                    command_start,
  input  wire [31:0]             command_opcode,
  output wire                    command_done,
  output wire [7:0]              command_status,
  output wire [31:0]             command_handle,
  output wire [191:0]            command_use,
  output wire [15:0]             sa_active,

  input  wire [31:0]             stage_flags,
  input  wire [31:0]             stage_sa_flags,
  input  wire [31:0]             stage_options,
  input  wire [31:0]             stage_operation,
  input  wire [31:0]             stage_spi,
  input  wire [31:0]             stage_auth_algorithm,
  input  wire [31:0]             stage_enc_algorithm,
  input  wire [31:0]             stage_key_octets,
  input  wire [31:0]             stage_icv_octets,
  input  wire [31:0]             stage_udp_encapsulation,
  input  wire [31:0]             stage_handle,
  input  wire [127:0]            stage_src,
  input  wire [127:0]            stage_dst,
  input  wire [255:0]            stage_key,

  /*
   * H = E_K(0) from a free slot of an AES pipe of the datapath
   */
  output wire                    h_req_valid,
  input  wire                    h_req_ready,
  output wire [255:0]            h_req_key,
  output wire [1:0]              h_req_key_size,
  input  wire                    h_rsp_valid,
  input  wire [127:0]            h_rsp_block,

  /*
   * Duplicate search through the receive search: granted in a cycle of search_request && search_ready, then
   * search_done once with search_hit, and search_same where the entry found has this destination or is a wildcard
   */
  output wire                    search_request,
  input  wire                    search_ready,
  input  wire                    search_done,
  input  wire                    search_hit,
  input  wire                    search_same,

  /*
   * Writes of one cycle, entry write_index: see sa_cam and sa_store
   */
  output wire [INDEX_WIDTH-1:0]  write_index,
  output wire                    set_valid,
  output wire                    clear_valid,
  output wire                    clear_all,
  output wire                    erase,
  // in the cycles up to and with erase: zero word erase_word of all round keys of the entry
  output wire                    erase_keys,
  output wire [1:0]              erase_word,
  output wire                    sweep,
  output wire                    write_sa,
  output wire                    write_seq_hi,
  output wire                    write_generation_valid,
  output wire [15:0]             write_generation,
  output wire [GHASH_STAGES-1:0] write_hash,
  output wire [127:0]            write_hash_power,

  /*
   * A place in the search for the SA to be written, see sa_hash and sa_ram_cam; wanted with prepare, found without busy and with room. busy also
   * after clear_valid
   */
  output wire                    prepare,
  input  wire                    busy,
  input  wire                    room,

  /*
   * Free entries, see sa_free_list
   */
  input  wire [INDEX_WIDTH-1:0]  free_index,

  /*
   * The SA to be written, made from the staged words
   */
  output wire                    sa_inbound,
  output wire                    sa_ipv6,
  output wire                    sa_gmac,
  output wire                    sa_esn,
  output wire                    sa_iv_sequence,
  output wire [2:0]              sa_icv_words,
  output wire [1:0]              sa_udp_type,
  output wire [127:0]            sa_src,
  output wire [127:0]            sa_dst,
  output wire                    sa_src_any,
  output wire                    sa_dst_any,
  output wire [255:0]            sa_key,
  output wire [1:0]              sa_key_size,

  /*
   * State of entry read_index one cycle later
   */
  output wire [INDEX_WIDTH-1:0]  read_index,
  input  wire                    read_esn,
  input  wire [31:0]             read_spi,
  input  wire [15:0]             read_generation,
  input  wire                    read_valid,

  /*
   * Use of entry read_index: asked for with query, there in the cycle of query_done
   */
  output wire                    query,
  input  wire                    query_done,
  input  wire [191:0]            query_use,

  /*
   * Frames in flight: lookups from now on belong to this epoch; is any frame of the other one left
   */
  output wire                    epoch,
  input  wire                    old_epoch_busy
);

// opcodes
localparam [31:0] ADD_SA = 32'd1;
localparam [31:0] DELETE_SA = 32'd2;
localparam [31:0] UPDATE_SA = 32'd3;
localparam [31:0] RESET = 32'd4;
localparam [31:0] QUERY_SA = 32'd5;

// status codes
localparam [7:0] OK = 8'h00;
localparam [7:0] UNKNOWN_COMMAND = 8'h01;
localparam [7:0] MALFORMED_FLAGS = 8'h10;
localparam [7:0] MALFORMED_OPERATION = 8'h11;
localparam [7:0] MALFORMED_SPI = 8'h12;
localparam [7:0] MALFORMED_UDP = 8'h13;
localparam [7:0] MALFORMED_ALGORITHM = 8'h14;
localparam [7:0] MALFORMED_KEY_LENGTH = 8'h15;
localparam [7:0] MALFORMED_ICV_LENGTH = 8'h16;
localparam [7:0] UNSUPPORTED_OPERATION = 8'h20;
localparam [7:0] UNSUPPORTED_ALGORITHM = 8'h21;
localparam [7:0] UNSUPPORTED_KEY_SIZE = 8'h22;
localparam [7:0] UNSUPPORTED_UDP = 8'h23;
localparam [7:0] DUPLICATE = 8'h30;
localparam [7:0] COLLISION = 8'h31;
localparam [7:0] TABLE_FULL = 8'h32;
localparam [7:0] UNKNOWN_HANDLE = 8'h40;
localparam [7:0] SPI_MISMATCH = 8'h41;
localparam [7:0] NOT_ESN = 8'h42;

// AES_GCM_128, _192, _256: one bit each, the same as authentication (GMAC) and as encryption (GCM) algorithm
localparam [31:0] GCM_128 = 32'h08;
localparam [31:0] GCM_192 = 32'h10;
localparam [31:0] GCM_256 = 32'h20;
localparam [31:0] ENCRYPTION_NONE = 32'h01;

localparam [4:0] STATE_SWEEP = 5'd0;
localparam [4:0] STATE_IDLE = 5'd1;
localparam [4:0] STATE_CHECK = 5'd2;
localparam [4:0] STATE_SEARCH = 5'd3;
localparam [4:0] STATE_SEARCH_RESULT = 5'd4;
localparam [4:0] STATE_FREE = 5'd5;
localparam [4:0] STATE_H_REQUEST = 5'd6;
localparam [4:0] STATE_H_RESPONSE = 5'd7;
localparam [4:0] STATE_POWER = 5'd8;
localparam [4:0] STATE_MULTIPLY = 5'd9;
localparam [4:0] STATE_ACTIVATE = 5'd10;
localparam [4:0] STATE_HANDLE = 5'd11;
localparam [4:0] STATE_GUARD = 5'd12;
localparam [4:0] STATE_DRAIN = 5'd13;
localparam [4:0] STATE_ERASE = 5'd14;
localparam [4:0] STATE_DONE = 5'd15;
localparam [4:0] STATE_PREPARE = 5'd16;
localparam [4:0] STATE_REMOVE = 5'd17;
localparam [4:0] STATE_QUERY = 5'd18;
localparam [4:0] STATE_STAGE = 5'd19;
localparam [4:0] STATE_MEANING = 5'd20;

localparam integer LAST_ERASE_VALUE = ERASE_CYCLES - 1;
localparam [1:0] LAST_ERASE = LAST_ERASE_VALUE[1:0];
localparam GUARD_WIDTH = $clog2(DRAIN_GUARD + 1);
localparam STAGE_WIDTH = $clog2(GHASH_STAGES + 1);
localparam integer LAST_ENTRY_VALUE = SA_COUNT - 1;
localparam [INDEX_WIDTH-1:0] LAST_ENTRY = LAST_ENTRY_VALUE[INDEX_WIDTH-1:0];
localparam integer LAST_POWER_VALUE = GHASH_STAGES - 1;
localparam [STAGE_WIDTH-1:0] LAST_POWER = LAST_POWER_VALUE[STAGE_WIDTH-1:0];
localparam [GHASH_STAGES-1:0] FIRST_POWER = 1;
localparam [16:0] ENTRIES = SA_COUNT[16:0];
localparam integer CAPACITY_VALUE = SA_COUNT > 65535 ? 65535 : SA_COUNT;
localparam [15:0] CAPACITY = CAPACITY_VALUE[15:0];
localparam [GUARD_WIDTH-1:0] GUARD = DRAIN_GUARD[GUARD_WIDTH-1:0];

reg [4:0]              state_reg;
reg                    power_up_reg;       // the sweep after rst, which also sets the generations
reg                    start_reg;          // a command has started and waits for the end of that sweep
reg [31:0]             opcode_reg;
reg                    opcode_small_reg;   // opcode_reg is below 8
reg                    add_reg;            // what opcode_reg is, two cycles later
reg                    delete_reg;
reg                    update_reg;
reg                    query_reg;
reg                    reset_reg;
reg                    check_ok_reg;
reg [7:0]              check_status_reg;   // what the staged words of an ADD_SA are worth, check_ok_reg: OK
reg [7:0]              status_reg;
reg [31:0]             handle_reg;
reg [191:0]            use_reg;
reg                    done_reg;
reg [15:0]             active_reg;
reg                    full_reg;           // active_reg is CAPACITY
reg [INDEX_WIDTH-1:0]  index_reg;          // the entry worked on
reg [15:0]             generation_reg;
reg [127:0]            h_reg;
reg                    power_is_h_reg;     // else it is the last product
reg [STAGE_WIDTH-1:0]  power_number_reg;
reg [GUARD_WIDTH-1:0]  guard_reg;
reg [1:0]              erase_word_reg;
reg                    epoch_reg;
reg                    multiply_start_reg;
reg                    activate_reg;       // the entry becomes valid, in the cycle after STATE_ACTIVATE
reg                    write_seq_hi_reg;   // in the cycle after the handle was found right
reg                    last_erase_reg;     // erase_word_reg is LAST_ERASE: of use where that is not 0
reg                    rst_reg;            // for the hundreds of registers of H alone
reg [1:0]              read_wait_reg;      // cycles that index_reg is known: what is compared belongs to it with the second
reg                    all_reg;            // RESET: all entries

/*
 * Meaning of the staged words
 */

// is more than one bit set
function many(input [7:0] bits);
  begin
    many = (bits[0] && bits[1]) || (bits[2] && bits[3]) || (bits[4] && bits[5]) || (bits[6] && bits[7])
      || (|bits[1:0] && |bits[3:2]) || (|bits[5:4] && |bits[7:6]) || (|bits[3:0] && |bits[7:4]);
  end
endfunction

// what the staged words are, one cycle later: they keep still
reg                    auth_gcm_reg;
reg [3:0]              auth_octet_many_reg;    // in each octet
reg [3:0]              auth_octet_any_reg;
reg                    enc_gcm_reg;
reg                    enc_null_reg;
reg [3:0]              enc_octet_many_reg;
reg [3:0]              enc_octet_any_reg;
reg                    key_octets_small_reg;   // below 64
reg                    icv_octets_16_reg;
reg                    icv_octets_short_reg;
reg                    flags_wrong_reg;
reg                    options_wrong_reg;
reg                    operation_ah_reg;
reg                    operation_esp_reg;
reg                    spi_zero_reg;
reg                    udp_unsupported_reg;
reg                    udp_malformed_reg;
reg [3:0]              src_zero_reg;           // by word of the address
reg [3:0]              dst_zero_reg;

// two cycles later
reg                    auth_none_reg;
reg                    auth_many_reg;
reg                    enc_none_reg;
reg                    enc_many_reg;
reg [1:0]              key_size_reg;
reg                    key_octets_20_reg;
reg                    key_octets_28_reg;
reg                    key_octets_36_reg;

// three cycles later
reg                    algorithm_malformed_reg;
reg                    algorithm_unsupported_reg;
reg                    key_too_long_reg;
reg                    key_octets_right_reg;
reg                    icv_octets_right_reg;

always @(posedge clk) begin
  auth_gcm_reg <= stage_auth_algorithm == GCM_128 || stage_auth_algorithm == GCM_192 || stage_auth_algorithm == GCM_256;
  auth_octet_many_reg <= {many(stage_auth_algorithm[31:24]), many(stage_auth_algorithm[23:16]), many(stage_auth_algorithm[15:8]), many(stage_auth_algorithm[7:0])};
  auth_octet_any_reg <= {|stage_auth_algorithm[31:24], |stage_auth_algorithm[23:16], |stage_auth_algorithm[15:8], |stage_auth_algorithm[7:0]};
  enc_gcm_reg <= stage_enc_algorithm == GCM_128 || stage_enc_algorithm == GCM_192 || stage_enc_algorithm == GCM_256;
  enc_null_reg <= stage_enc_algorithm == ENCRYPTION_NONE;
  enc_octet_many_reg <= {many(stage_enc_algorithm[31:24]), many(stage_enc_algorithm[23:16]), many(stage_enc_algorithm[15:8]), many(stage_enc_algorithm[7:0])};
  enc_octet_any_reg <= {|stage_enc_algorithm[31:24], |stage_enc_algorithm[23:16], |stage_enc_algorithm[15:8], |stage_enc_algorithm[7:0]};
  key_octets_small_reg <= stage_key_octets[31:6] == 26'd0;
  icv_octets_16_reg <= stage_icv_octets == 32'd16;
  icv_octets_short_reg <= stage_icv_octets == 32'd8 || stage_icv_octets == 32'd12;
  flags_wrong_reg <= (stage_flags & ~32'h11) != 32'd0 || (stage_sa_flags & ~32'h1) != 32'd0;
  options_wrong_reg <= (stage_options & ~32'h1) != 32'd0 || (sa_inbound && sa_iv_sequence);
  operation_ah_reg <= stage_operation == 32'd1;
  operation_esp_reg <= stage_operation == 32'd2;
  spi_zero_reg <= stage_spi == 32'd0;
  udp_unsupported_reg <= stage_udp_encapsulation == 32'd4 || stage_udp_encapsulation == 32'd8;
  udp_malformed_reg <= stage_udp_encapsulation[31:2] != 30'd0 || stage_udp_encapsulation[1:0] == 2'd3;
  src_zero_reg <= {stage_src[127:96] == 32'd0, stage_src[95:64] == 32'd0, stage_src[63:32] == 32'd0, stage_src[31:0] == 32'd0};
  dst_zero_reg <= {stage_dst[127:96] == 32'd0, stage_dst[95:64] == 32'd0, stage_dst[63:32] == 32'd0, stage_dst[31:0] == 32'd0};

  auth_none_reg <= auth_octet_any_reg == 4'd0;
  auth_many_reg <= |auth_octet_many_reg || many({4'd0, auth_octet_any_reg});
  enc_none_reg <= enc_octet_any_reg == 4'd0;
  enc_many_reg <= |enc_octet_many_reg || many({4'd0, enc_octet_any_reg});
  key_size_reg <= (auth_gcm_reg ? stage_auth_algorithm[5] : stage_enc_algorithm[5]) ? 2'd2
                : (auth_gcm_reg ? stage_auth_algorithm[4] : stage_enc_algorithm[4]) ? 2'd1 : 2'd0;
  key_octets_20_reg <= key_octets_small_reg && stage_key_octets[5:0] == 6'd20;
  key_octets_28_reg <= key_octets_small_reg && stage_key_octets[5:0] == 6'd28;
  key_octets_36_reg <= key_octets_small_reg && stage_key_octets[5:0] == 6'd36;

  algorithm_malformed_reg <= auth_many_reg || enc_many_reg || enc_none_reg || (auth_none_reg && enc_null_reg) || (!auth_none_reg && enc_gcm_reg);
  algorithm_unsupported_reg <= !(auth_none_reg && enc_gcm_reg) && !(auth_gcm_reg && enc_null_reg);
  key_too_long_reg <= (sa_key_size == 2'd2 && MAX_KEY_BITS < 256) || (sa_key_size == 2'd1 && MAX_KEY_BITS < 192);
  key_octets_right_reg <= sa_key_size == 2'd2 ? key_octets_36_reg : sa_key_size == 2'd1 ? key_octets_28_reg : key_octets_20_reg;
  icv_octets_right_reg <= icv_octets_16_reg || (!sa_gmac && icv_octets_short_reg);
end

assign sa_inbound = stage_flags[0];
assign sa_ipv6 = stage_flags[4];
assign sa_esn = stage_sa_flags[0];
assign sa_iv_sequence = stage_options[0];
assign sa_gmac = auth_gcm_reg;
assign sa_key_size = key_size_reg;
assign sa_icv_words = stage_icv_octets[4:2];
assign sa_udp_type = stage_udp_encapsulation[1:0];
assign sa_src = {stage_src[127:96], sa_ipv6 ? stage_src[95:0] : 96'd0};
assign sa_dst = {stage_dst[127:96], sa_ipv6 ? stage_dst[95:0] : 96'd0};
assign sa_src_any = src_zero_reg[3] && (!sa_ipv6 || &src_zero_reg[2:0]);
assign sa_dst_any = dst_zero_reg[3] && (!sa_ipv6 || &dst_zero_reg[2:0]);
assign sa_key = {
  stage_key[255:128],
  sa_key_size != 2'd0 ? stage_key[127:64] : 64'd0,
  sa_key_size == 2'd2 ? stage_key[63:0] : 64'd0
};

reg [7:0] check_status;

always @* begin
  if (flags_wrong_reg || options_wrong_reg) check_status = MALFORMED_FLAGS;
  else if (!operation_ah_reg && !operation_esp_reg) check_status = MALFORMED_OPERATION;
  else if (operation_ah_reg) check_status = UNSUPPORTED_OPERATION;
  else if (spi_zero_reg) check_status = MALFORMED_SPI;
  else if (udp_unsupported_reg) check_status = UNSUPPORTED_UDP;
  else if (udp_malformed_reg) check_status = MALFORMED_UDP;
  else if (algorithm_malformed_reg) check_status = MALFORMED_ALGORITHM;
  else if (algorithm_unsupported_reg) check_status = UNSUPPORTED_ALGORITHM;
  else if (key_too_long_reg) check_status = UNSUPPORTED_KEY_SIZE;
  else if (!key_octets_right_reg) check_status = MALFORMED_KEY_LENGTH;
  else if (!icv_octets_right_reg) check_status = MALFORMED_ICV_LENGTH;
  else check_status = OK;
end

/*
 * Powers of the hash key
 */

wire         multiply_done;
wire [127:0] multiply_product;
wire [127:0] power = power_is_h_reg ? h_reg : multiply_product;

gf128_serial #(
  .DIGIT(MULTIPLIER_DIGIT)
) multiply_inst (
  .clk(clk),
  .rst(rst),
  .start(multiply_start_reg),
  .clear(done_reg),
  .a(power),
  .b(h_reg),
  /* verilator lint_off PINCONNECTEMPTY */
  .busy(),  // done tells enough
  /* verilator lint_on PINCONNECTEMPTY */
  .done(multiply_done),
  .product(multiply_product)
);

/*
 * Outputs
 */

// what was read of entry index_reg, and, a cycle later, what it means
reg        read_valid_reg;
reg [31:0] read_spi_reg;
reg [15:0] read_generation_reg;
reg        read_esn_reg;
reg        handle_in_range_reg;
reg        handle_known_reg;  // the entry of the staged handle: index in range, valid, generation right
reg        spi_same_reg;
reg        esn_reg;

wire [15:0] handle_index = stage_handle[15:0];
wire [15:0] generation_next = read_generation_reg == 16'hffff ? 16'd1 : read_generation_reg + 16'd1;

always @(posedge clk) begin
  read_valid_reg <= read_valid;
  read_spi_reg <= read_spi;
  read_generation_reg <= read_generation;
  read_esn_reg <= read_esn;
  handle_in_range_reg <= {1'b0, handle_index} < ENTRIES;
  handle_known_reg <= handle_in_range_reg && read_valid_reg && read_generation_reg == stage_handle[31:16];
  spi_same_reg <= read_spi_reg == stage_spi;
  esn_reg <= read_esn_reg;
end

wire handle_ok = state_reg == STATE_HANDLE && read_wait_reg[1] && handle_known_reg;
wire update_ok = handle_ok && update_reg && spi_same_reg && esn_reg;
wire delete_ok = handle_ok && delete_reg;

assign command_done = done_reg;
assign command_status = status_reg;
assign command_handle = handle_reg;
assign command_use = use_reg;
assign sa_active = active_reg;

assign h_req_valid = state_reg == STATE_H_REQUEST;
assign h_req_key = sa_key;
assign h_req_key_size = sa_key_size;

assign search_request = state_reg == STATE_SEARCH;

assign write_index = index_reg;
assign read_index = index_reg;
assign set_valid = activate_reg;
assign write_sa = activate_reg;
assign clear_valid = delete_ok;
assign prepare = state_reg == STATE_FREE && read_wait_reg[1];
assign query = state_reg == STATE_QUERY;
assign clear_all = state_reg == STATE_CHECK && reset_reg;
assign erase_keys = state_reg == STATE_ERASE || state_reg == STATE_SWEEP;
assign erase_word = erase_word_reg;
assign erase = LAST_ERASE == 2'd0 ? erase_keys : last_erase_reg;
assign sweep = state_reg == STATE_SWEEP;
assign write_seq_hi = write_seq_hi_reg;
assign write_generation_valid = activate_reg || (state_reg == STATE_SWEEP && power_up_reg);
assign write_generation = activate_reg ? generation_reg : 16'd0;
assign write_hash = state_reg == STATE_POWER
  ? FIRST_POWER << power_number_reg : {GHASH_STAGES{1'b0}};
assign write_hash_power = power;
assign epoch = epoch_reg;

/*
 * The sequence of a command
 */

// keep: or equal registers become one
(* keep *) always @(posedge clk) begin
  rst_reg <= rst;
end

always @(posedge clk) begin
  done_reg <= 1'b0;
  multiply_start_reg <= 1'b0;
  // from registers: hundreds of RAM inputs hang on each
  activate_reg <= state_reg == STATE_ACTIVATE;
  write_seq_hi_reg <= update_ok;
  last_erase_reg <= erase_keys && erase_word_reg == LAST_ERASE - 1'b1;
  read_wait_reg <= 2'b00;
  erase_word_reg <= erase_keys && !erase ? erase_word_reg + 1'b1 : 2'd0;

  check_status_reg <= check_status;
  check_ok_reg <= check_status == OK;
  full_reg <= active_reg == CAPACITY;
  opcode_small_reg <= opcode_reg[31:3] == 29'd0;
  add_reg <= opcode_small_reg && opcode_reg[2:0] == ADD_SA[2:0];
  delete_reg <= opcode_small_reg && opcode_reg[2:0] == DELETE_SA[2:0];
  update_reg <= opcode_small_reg && opcode_reg[2:0] == UPDATE_SA[2:0];
  query_reg <= opcode_small_reg && opcode_reg[2:0] == QUERY_SA[2:0];
  reset_reg <= opcode_small_reg && opcode_reg[2:0] == RESET[2:0];

  if (command_start) begin
    opcode_reg <= command_opcode;
    start_reg <= 1'b1;
  end

  case (state_reg)
    STATE_SWEEP: begin
      if (erase) begin
        index_reg <= index_reg + 1'b1;
        if (index_reg == LAST_ENTRY) begin
          index_reg <= {INDEX_WIDTH{1'b0}};
          power_up_reg <= 1'b0;
          state_reg <= power_up_reg ? STATE_IDLE : STATE_DONE;
        end
      end
    end

    STATE_IDLE: begin
      if (start_reg) begin
        start_reg <= 1'b0;
        status_reg <= OK;
        handle_reg <= 32'd0;
        use_reg <= 192'd0;
        all_reg <= 1'b0;
        index_reg <= stage_handle[INDEX_WIDTH-1:0];
        state_reg <= STATE_STAGE;
      end
    end

    // two cycles for check_status_reg
    STATE_STAGE: state_reg <= STATE_MEANING;

    STATE_MEANING: state_reg <= STATE_CHECK;

    STATE_CHECK: begin
      if (add_reg) begin
        status_reg <= check_status_reg;
        state_reg <= check_ok_reg ? STATE_SEARCH : STATE_DONE;
      end else if (delete_reg || update_reg || query_reg) begin
        state_reg <= STATE_HANDLE;
      end else if (reset_reg) begin
        active_reg <= 16'd0;
        all_reg <= 1'b1;
        guard_reg <= GUARD;
        state_reg <= STATE_GUARD;
      end else begin
        status_reg <= UNKNOWN_COMMAND;
        state_reg <= STATE_DONE;
      end
    end

    STATE_SEARCH: if (search_ready) state_reg <= STATE_SEARCH_RESULT;

    STATE_SEARCH_RESULT: begin
      if (search_done) begin
        index_reg <= free_index;
        if (search_hit) begin
          status_reg <= search_same ? DUPLICATE : COLLISION;
          state_reg <= STATE_DONE;
        end else if (full_reg) begin
          status_reg <= TABLE_FULL;
          state_reg <= STATE_DONE;
        end else begin
          state_reg <= STATE_FREE;
        end
      end
    end

    // two cycles for the generation that belongs to the free entry
    STATE_FREE: begin
      read_wait_reg <= {read_wait_reg[0], 1'b1};
      if (read_wait_reg[1]) begin
        generation_reg <= generation_next;
        state_reg <= STATE_PREPARE;
      end
    end

    STATE_PREPARE: begin
      if (!busy) begin
        if (!room) status_reg <= TABLE_FULL;
        state_reg <= room ? STATE_H_REQUEST : STATE_DONE;
      end
    end

    STATE_H_REQUEST: if (h_req_ready) state_reg <= STATE_H_RESPONSE;

    STATE_H_RESPONSE: begin
      if (h_rsp_valid) begin
        power_is_h_reg <= 1'b1;
        power_number_reg <= {STAGE_WIDTH{1'b0}};
        state_reg <= STATE_POWER;
      end
    end

    // write the power at hand, then make the next one
    STATE_POWER: begin
      power_number_reg <= power_number_reg + 1'b1;
      if (power_number_reg == LAST_POWER) begin
        state_reg <= STATE_ACTIVATE;
      end else begin
        multiply_start_reg <= 1'b1;
        state_reg <= STATE_MULTIPLY;
      end
    end

    STATE_MULTIPLY: begin
      if (multiply_done && !multiply_start_reg) begin
        power_is_h_reg <= 1'b0;
        state_reg <= STATE_POWER;
      end
    end

    STATE_ACTIVATE: begin
      active_reg <= active_reg + 16'd1;
      handle_reg[31:16] <= generation_reg;
      handle_reg[INDEX_WIDTH-1:0] <= index_reg;  // the bits between are zero since the start
      state_reg <= STATE_DONE;
    end

    STATE_HANDLE: begin
      read_wait_reg <= {read_wait_reg[0], 1'b1};
      if (read_wait_reg[1]) begin
        state_reg <= STATE_DONE;
        if (!handle_known_reg) begin
          status_reg <= UNKNOWN_HANDLE;
        end else if (delete_reg) begin
          active_reg <= active_reg - 16'd1;
          state_reg <= STATE_REMOVE;
        end else if (query_reg) begin
          state_reg <= STATE_QUERY;
        end else if (!spi_same_reg) begin
          status_reg <= SPI_MISMATCH;
        end else if (!esn_reg) begin
          status_reg <= NOT_ESN;
        end
      end
    end

    STATE_QUERY: begin
      if (query_done) begin
        use_reg <= query_use;
        state_reg <= STATE_DONE;
      end
    end

    STATE_REMOVE: begin
      guard_reg <= GUARD;
      if (!busy) state_reg <= STATE_GUARD;
    end

    // lookups that still found the entry are on their way
    STATE_GUARD: begin
      guard_reg <= guard_reg - 1'b1;
      if (guard_reg == {GUARD_WIDTH{1'b0}}) begin
        epoch_reg <= !epoch_reg;
        guard_reg <= GUARD;
        state_reg <= STATE_DRAIN;
      end
    end

    // frames in flight are counted with a delay
    STATE_DRAIN: begin
      if (guard_reg != {GUARD_WIDTH{1'b0}}) begin
        guard_reg <= guard_reg - 1'b1;
      end else if (!old_epoch_busy) begin
        if (all_reg) index_reg <= {INDEX_WIDTH{1'b0}};
        state_reg <= all_reg ? STATE_SWEEP : STATE_ERASE;
      end
    end

    // which also makes the entry free
    STATE_ERASE: if (erase) state_reg <= STATE_DONE;

    STATE_DONE: begin
      done_reg <= 1'b1;
      state_reg <= STATE_IDLE;
    end

    default: state_reg <= STATE_IDLE;
  endcase

  if (rst) begin
    state_reg <= STATE_SWEEP;
    power_up_reg <= 1'b1;
    start_reg <= 1'b0;
    done_reg <= 1'b0;
    active_reg <= 16'd0;
    index_reg <= {INDEX_WIDTH{1'b0}};
    epoch_reg <= 1'b0;
    erase_word_reg <= 2'd0;
    last_erase_reg <= 1'b0;
    activate_reg <= 1'b0;
    write_seq_hi_reg <= 1'b0;
    multiply_start_reg <= 1'b0;
    power_is_h_reg <= 1'b0;
    read_wait_reg <= 2'b00;
  end
  if (rst_reg || state_reg == STATE_DONE) h_reg <= 128'd0;
  else if (state_reg == STATE_H_RESPONSE && h_rsp_valid) h_reg <= h_rsp_block;
end

endmodule

`resetall
