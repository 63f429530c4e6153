// SPDX-License-Identifier: Apache-2.0
/*
 * Memories of the SA table, by entry number.
 *
 * Every read is registered: data one cycle after the index, one read per cycle and port. A read in the cycle of a write
 * to the same entry gives the old contents in simulation; in an FPGA that is true of seq_hi alone. Written so that each read port can become a RAM of its own.
 *
 *   match       what a receive search is confirmed with: addresses and wildcards      rx
 *   policy      what a frame is treated with; no secret                               rx, tx, command
 *   generation  upper half of the handle, not erased with the entry                   rx, tx, command
 *   seq_hi      upper half of the sequence number                                     rx, tx
 *   cipher      key, key size, salt                                                   rx, tx
 *   hash        powers of the hash key, H^(s+1) in [128*s +: 128]                     rx, tx
 *
 * write_sa writes match, policy, seq_hi and cipher of entry write_index; write_seq_hi, write_generation and write_hash
 * (one enable for each power) their own memory only. erase overwrites all of them except generation with zeros and goes
 * before every other write. With NARROW powers of the hash key are written and erased a cycle later, from a register that is zero otherwise.
 * The contents of the memories are undefined after power-up: the command engine erases them.
 * Octet order: docs/architecture.md section 2.
 */

`resetall
`default_nettype none

module sa_store #(
  // Entries
  parameter SA_COUNT = 64,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT),
  // Powers of the hash key
  parameter GHASH_STAGES = 4,
  // 1: the key lies expanded elsewhere (rx_cipher_key and tx_cipher_key are zero), and of the powers of the hash key, at most four, one is
  // read at a time; 0: the key is here, and all powers are read at once
  parameter NARROW = 0,
  // Powers read at once: derived, leave as it is
  parameter POWERS = NARROW != 0 ? 1 : GHASH_STAGES
) (
  input  wire                        clk,

  /*
   * Write
   */
  input  wire [INDEX_WIDTH-1:0]      write_index,
  input  wire                        erase,
  // NARROW: erase power erase_word + 1 alone
  input  wire                        erase_power,
  input  wire [1:0]                  erase_word,
  input  wire                        write_sa,
  input  wire [127:0]                write_src,
  input  wire [127:0]                write_dst,
  input  wire                        write_src_any,
  input  wire                        write_dst_any,
  input  wire                        write_gmac,
  input  wire                        write_esn,
  input  wire [2:0]                  write_icv_words,
  input  wire [1:0]                  write_udp_type,
  input  wire                        write_iv_sequence,
  input  wire [31:0]                 write_spi,
  input  wire                        write_ipv6,
  input  wire                        write_inbound,
  input  wire [255:0]                write_key,
  input  wire [1:0]                  write_key_size,
  input  wire [31:0]                 write_salt,
  input  wire                        write_seq_hi_valid,
  input  wire [31:0]                 write_seq_hi,
  input  wire                        write_generation_valid,
  input  wire [15:0]                 write_generation,
  input  wire [GHASH_STAGES-1:0]     write_hash,
  input  wire [127:0]                write_hash_power,

  /*
   * Receive search
   */
  input  wire [INDEX_WIDTH-1:0]      rx_index,
  output wire [127:0]                rx_src,
  output wire [127:0]                rx_dst,
  output wire                        rx_src_any,
  output wire                        rx_dst_any,
  output wire                        rx_gmac,
  output wire                        rx_esn,
  output wire [2:0]                  rx_icv_words,
  output wire [1:0]                  rx_udp_type,
  output wire [31:0]                 rx_seq_hi,
  output wire [15:0]                 rx_generation,

  /*
   * Transmit lookup
   */
  input  wire [INDEX_WIDTH-1:0]      tx_index,
  output wire                        tx_gmac,
  output wire                        tx_esn,
  output wire [2:0]                  tx_icv_words,
  output wire [1:0]                  tx_udp_type,
  output wire                        tx_iv_sequence,
  output wire [31:0]                 tx_spi,
  output wire                        tx_ipv6,
  output wire                        tx_inbound,
  output wire [31:0]                 tx_seq_hi,
  output wire [15:0]                 tx_generation,

  /*
   * Command
   */
  input  wire [INDEX_WIDTH-1:0]      command_index,
  output wire                        command_esn,
  output wire                        command_inbound,
  output wire [31:0]                 command_spi,
  output wire [15:0]                 command_generation,

  /*
   * Secrets
   */
  input  wire [INDEX_WIDTH-1:0]      rx_cipher_index,
  output wire [255:0]                rx_cipher_key,
  output wire [1:0]                  rx_cipher_key_size,
  output wire [31:0]                 rx_cipher_salt,
  input  wire [INDEX_WIDTH-1:0]      tx_cipher_index,
  output wire [255:0]                tx_cipher_key,
  output wire [1:0]                  tx_cipher_key_size,
  output wire [31:0]                 tx_cipher_salt,
  // NARROW: power H^(hash_power+1), zero in the cycle after one without hash_read
  input  wire                        rx_hash_read,
  input  wire [1:0]                  rx_hash_power,
  input  wire [INDEX_WIDTH-1:0]      rx_hash_index,
  output wire [128*POWERS-1:0]       rx_hash_powers,
  input  wire                        tx_hash_read,
  input  wire [1:0]                  tx_hash_power,
  input  wire [INDEX_WIDTH-1:0]      tx_hash_index,
  output wire [128*POWERS-1:0]       tx_hash_powers
);

localparam POLICY_WIDTH = 42;
localparam MATCH_WIDTH = 258;
localparam KEY_WIDTH = NARROW != 0 ? 0 : 256;
localparam CIPHER_WIDTH = 34 + KEY_WIDTH;
localparam HASH_WIDTH = 128*POWERS;

// no_rw_check: a block RAM may give anything for a word that is being written. All but seq_hi are written only while
// their entry is valid for nobody, so that nothing is made of what is read then.
(* no_rw_check *) reg [MATCH_WIDTH-1:0]  match [0:SA_COUNT-1];       // {src_any, dst_any, src, dst}
(* ram_style = "block", no_rw_check *) reg [POLICY_WIDTH-1:0] policy [0:SA_COUNT-1];      // {gmac, esn, icv_words, udp_type, iv_sequence, ipv6, inbound, spi}
reg [31:0]             seq_hi [0:SA_COUNT-1];
(* no_rw_check *) reg [15:0]             generation [0:SA_COUNT-1];
(* no_rw_check *) reg [CIPHER_WIDTH-1:0] cipher [0:SA_COUNT-1];      // {key, key_size, salt}
(* no_rw_check *) reg [HASH_WIDTH-1:0]   hash [0:SA_COUNT*(NARROW != 0 ? 4 : 1)-1];

reg [MATCH_WIDTH-1:0]  rx_match_reg;
reg [6:0]              rx_policy_reg;             // {gmac, esn, icv_words, udp_type}: the rest was searched for
reg [31:0]             rx_seq_hi_reg;
reg [15:0]             rx_generation_reg;
reg [POLICY_WIDTH-1:0] tx_policy_reg;
reg [31:0]             tx_seq_hi_reg;
reg [15:0]             tx_generation_reg;
reg                    command_esn_reg;
reg                    command_inbound_reg;
reg [31:0]             command_spi_reg;
reg [15:0]             command_generation_reg;
reg [CIPHER_WIDTH-1:0] rx_cipher_reg;
reg [CIPHER_WIDTH-1:0] tx_cipher_reg;
reg [HASH_WIDTH-1:0]   rx_hash_reg;
reg [HASH_WIDTH-1:0]   tx_hash_reg;

wire [MATCH_WIDTH-1:0]  match_data = {write_src_any, write_dst_any, write_src, write_dst};
wire [POLICY_WIDTH-1:0] policy_data
  = {write_gmac, write_esn, write_icv_words, write_udp_type, write_iv_sequence, write_ipv6, write_inbound, write_spi};
/* verilator lint_off UNUSEDSIGNAL */ // with NARROW
wire [289:0] whole_cipher = {write_key, write_key_size, write_salt};
/* verilator lint_on UNUSEDSIGNAL */
wire [CIPHER_WIDTH-1:0] cipher_data = whole_cipher[CIPHER_WIDTH-1:0];

assign {rx_src_any, rx_dst_any, rx_src, rx_dst} = rx_match_reg;
assign {rx_gmac, rx_esn, rx_icv_words, rx_udp_type} = rx_policy_reg;
assign rx_seq_hi = rx_seq_hi_reg;
assign rx_generation = rx_generation_reg;
assign {tx_gmac, tx_esn, tx_icv_words, tx_udp_type, tx_iv_sequence, tx_ipv6, tx_inbound, tx_spi} = tx_policy_reg;
assign tx_seq_hi = tx_seq_hi_reg;
assign tx_generation = tx_generation_reg;
assign command_esn = command_esn_reg;
assign command_inbound = command_inbound_reg;
assign command_spi = command_spi_reg;
assign command_generation = command_generation_reg;
assign {rx_cipher_key, rx_cipher_key_size, rx_cipher_salt} = {{290-CIPHER_WIDTH{1'b0}}, rx_cipher_reg};
assign {tx_cipher_key, tx_cipher_key_size, tx_cipher_salt} = {{290-CIPHER_WIDTH{1'b0}}, tx_cipher_reg};
assign rx_hash_powers = rx_hash_reg;
assign tx_hash_powers = tx_hash_reg;

// read
always @(posedge clk) begin
  rx_match_reg <= match[rx_index];
  rx_policy_reg <= policy[rx_index][POLICY_WIDTH-1:35];
  rx_seq_hi_reg <= seq_hi[rx_index];
  rx_generation_reg <= generation[rx_index];
  tx_policy_reg <= policy[tx_index];
  tx_seq_hi_reg <= seq_hi[tx_index];
  tx_generation_reg <= generation[tx_index];
  command_esn_reg <= policy[command_index][POLICY_WIDTH-2];
  command_inbound_reg <= policy[command_index][32];
  command_spi_reg <= policy[command_index][31:0];
  command_generation_reg <= generation[command_index];
  rx_cipher_reg <= cipher[rx_cipher_index];
  tx_cipher_reg <= cipher[tx_cipher_index];
end

// write
always @(posedge clk) begin
  if (erase || write_sa) begin
    match[write_index] <= erase ? {MATCH_WIDTH{1'b0}} : match_data;
    policy[write_index] <= erase ? {POLICY_WIDTH{1'b0}} : policy_data;
    cipher[write_index] <= erase ? {CIPHER_WIDTH{1'b0}} : cipher_data;
  end
  if (erase || write_sa || write_seq_hi_valid) begin
    seq_hi[write_index] <= erase ? 32'd0 : write_seq_hi;
  end
  if (write_generation_valid) generation[write_index] <= write_generation;
end

// powers of the hash key
generate
  if (NARROW != 0) begin : one_power
    // number of the power that is written
    reg [1:0] write_number;
    // the write of the cycle before
    reg                   hash_write_reg;
    reg [INDEX_WIDTH+1:0] hash_address_reg;
    reg [127:0]           hash_data_reg;

    always @* begin : number
      integer k;

      write_number = erase_word;
      for (k = 0; k < GHASH_STAGES; k = k + 1) begin
        if (!erase_power && write_hash[k]) write_number = k[1:0];
      end
    end

    always @(posedge clk) begin
      if (!rx_hash_read) rx_hash_reg <= 128'd0;
      else rx_hash_reg <= hash[{rx_hash_index, rx_hash_power}];
      if (!tx_hash_read) tx_hash_reg <= 128'd0;
      else tx_hash_reg <= hash[{tx_hash_index, tx_hash_power}];
    end

    always @(posedge clk) begin
      hash_write_reg <= erase_power || write_hash != {GHASH_STAGES{1'b0}};
      hash_address_reg <= {write_index, write_number};
      hash_data_reg <= erase_power ? 128'd0 : write_hash_power;
      if (hash_write_reg) hash[hash_address_reg] <= hash_data_reg;
    end
  end else begin : all_powers
    /* verilator lint_off UNUSEDSIGNAL */
    wire unused = &{1'b0, erase_power, erase_word, rx_hash_read, rx_hash_power, tx_hash_read, tx_hash_power};
    /* verilator lint_on UNUSEDSIGNAL */

    always @(posedge clk) begin
      rx_hash_reg <= hash[rx_hash_index];
      tx_hash_reg <= hash[tx_hash_index];
    end

    always @(posedge clk) begin : powers
      integer s;

      if (erase || write_hash != {GHASH_STAGES{1'b0}}) begin
        for (s = 0; s < GHASH_STAGES; s = s + 1) begin
          if (erase || write_hash[s]) begin
            hash[write_index][128*s +: 128] <= erase ? 128'd0 : write_hash_power;
          end
        end
      end
    end
  end
endgenerate

endmodule

`resetall
