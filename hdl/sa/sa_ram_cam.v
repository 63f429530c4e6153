// SPDX-License-Identifier: Apache-2.0
/*
 * The search of sa_cam with the entries in LUT RAM: half of the LUTs in an FPGA and few registers, but an entry takes 67 cycles to be written.
 *
 * Latency: 2 cycles, result_valid follows search_valid. Throughput: one search per cycle, whatever is written. What matches, and what result_index is worth,
 * is as in sa_cam.
 *
 * For each four bits of the key there is a table of 16 words with a bit for each entry: does the entry have these four bits. A search reads a word of each table;
 * the entries whose bits are set in all words match. The bit of a wildcard is set in all words of the digest.
 *
 * Writes: to set entry write_index, which must not be valid, prepare (one cycle), then without busy set_valid (one cycle); write_* must keep still in between.
 * A LUT RAM has one bit of four entries in a word, so that these four are written together, from a copy of their keys in entry_key: for each of the 16 words one entry after
 * the other is compared with it. What is written of the other three is what is there, so that they are found all the time. clear_valid and clear_all at any time, clear_all
 * wins over clear_valid, clear_valid over set_valid. A search of the cycle of set_valid, clear_valid or clear_all sees the entries as they were, one of the next cycle as they are then.
 */

`resetall
`default_nettype none

module sa_ram_cam #(
  // Entries, 16 to 256
  parameter SA_COUNT = 64,
  // Width of an entry number
  parameter INDEX_WIDTH = $clog2(SA_COUNT),
  // Width of the tag
  parameter TAG_WIDTH = 1
) (
  input  wire                   clk,
  input  wire                   rst,

  /*
   * Search
   */
  input  wire                   search_valid,
  input  wire                   search_inbound,
  input  wire                   search_ipv6,
  input  wire [31:0]            search_spi,
  input  wire [31:0]            search_digest,
  input  wire                   search_any,
  input  wire [TAG_WIDTH-1:0]   search_tag,

  output wire                   result_valid,
  output wire                   result_hit,
  output wire [INDEX_WIDTH-1:0] result_index,
  output wire [TAG_WIDTH-1:0]   result_tag,

  /*
   * Write
   */
  input  wire                   prepare,
  output wire                   busy,
  input  wire                   set_valid,
  input  wire                   clear_valid,
  input  wire                   clear_all,
  input  wire [INDEX_WIDTH-1:0] write_index,
  input  wire                   write_inbound,
  input  wire                   write_ipv6,
  input  wire [31:0]            write_spi,
  input  wire [31:0]            write_digest,
  input  wire                   write_dst_any
);

// tables: of {inbound, ipv6, spi}, and of the digest
localparam KEY_TABLES = 9;
localparam TABLES = 17;
localparam KEY_WIDTH = 4 * TABLES;
localparam GROUPS = SA_COUNT / 4;

// what has the tables' four bits each: {digest, inbound, ipv6, spi}
wire [KEY_WIDTH-1:0] search_key = {search_digest, 2'b00, search_inbound, search_ipv6, search_spi};

reg [SA_COUNT-1:0] entry_valid_reg;
(* ram_style = "block", no_rw_check *) reg [KEY_WIDTH:0] entry_key [0:SA_COUNT-1];  // {dst_any, as search_key}

/*
 * Write: a step for each word of the tables and each entry of the group
 */

reg                   busy_reg;
reg [5:0]             step_reg;          // {word, entry of the group}
reg [INDEX_WIDTH-3:0] group_reg;
// the step before: its key is there
reg                   read_valid_reg;
reg [5:0]             read_step_reg;
reg [KEY_WIDTH:0]     read_key_reg;
// the word of each table, its last entry shifted in on top; complete with write_reg
reg [4*TABLES-1:0]    word_reg;
reg                   write_reg;
reg [3:0]             write_word_reg;

assign busy = busy_reg || read_valid_reg || write_reg;

always @(posedge clk) begin : write
  integer t;

  if (prepare) entry_key[write_index] <= {write_dst_any, write_digest, 2'b00, write_inbound, write_ipv6, write_spi};
  read_key_reg <= entry_key[{group_reg, step_reg[1:0]}];

  if (prepare) begin
    busy_reg <= 1'b1;
    step_reg <= 6'd0;
    group_reg <= write_index[INDEX_WIDTH-1:2];
  end else if (busy_reg) begin
    step_reg <= step_reg + 1'b1;
    if (&step_reg) busy_reg <= 1'b0;
  end

  read_valid_reg <= busy_reg;
  read_step_reg <= step_reg;
  for (t = 0; t < TABLES; t = t + 1) begin
    word_reg[4*t +: 4] <= {read_key_reg[4*t +: 4] == read_step_reg[5:2] || (t >= KEY_TABLES && read_key_reg[KEY_WIDTH]), word_reg[4*t+1 +: 3]};
  end
  write_reg <= read_valid_reg && read_step_reg[1:0] == 2'd3;
  write_word_reg <= read_step_reg[5:2];

  if (set_valid) entry_valid_reg[write_index] <= 1'b1;
  if (clear_valid) entry_valid_reg[write_index] <= 1'b0;
  if (clear_all || rst) entry_valid_reg <= {SA_COUNT{1'b0}};

  if (rst) begin
    busy_reg <= 1'b0;
    read_valid_reg <= 1'b0;
    write_reg <= 1'b0;
  end
end

/*
 * Search
 */

reg                   match_valid_reg;
reg [SA_COUNT-1:0]    match_reg;
reg [TAG_WIDTH-1:0]   match_tag_reg;

generate
  genvar g;
  genvar n;

  for (g = 0; g < GROUPS; g = g + 1) begin : group
    // of each entry: has it all the bits
    wire [4*TABLES-1:0] found;
    wire write_here = write_reg && group_reg == g;
    reg [3:0] key_found;
    reg [3:0] digest_found;

    for (n = 0; n < TABLES; n = n + 1) begin : of_four_bits
      (* ram_style = "distributed" *) reg [3:0] mem [0:15];

      assign found[4*n +: 4] = mem[search_key[4*n +: 4]];

      always @(posedge clk) begin
        if (write_here) mem[write_word_reg] <= word_reg[4*n +: 4];
      end
    end

    always @* begin : all_tables
      integer i;

      key_found = 4'hf;
      digest_found = 4'hf;
      for (i = 0; i < TABLES; i = i + 1) begin
        if (i < KEY_TABLES) key_found = key_found & found[4*i +: 4];
        else digest_found = digest_found & found[4*i +: 4];
      end
    end

    always @(posedge clk) begin
      if (search_valid) match_reg[4*g +: 4] <= entry_valid_reg[4*g +: 4] & key_found & (digest_found | {4{search_any}});
    end
  end
endgenerate

always @(posedge clk) begin
  match_valid_reg <= search_valid;
  if (search_valid) match_tag_reg <= search_tag;

  if (rst) match_valid_reg <= 1'b0;
end

sa_cam_encode #(
  .SA_COUNT(SA_COUNT),
  .INDEX_WIDTH(INDEX_WIDTH),
  .TAG_WIDTH(TAG_WIDTH)
) encode_inst (
  .clk(clk),
  .rst(rst),
  .s_valid(match_valid_reg),
  .s_match(match_reg),
  .s_tag(match_tag_reg),
  .m_valid(result_valid),
  .m_hit(result_hit),
  .m_index(result_index),
  .m_tag(result_tag)
);

endmodule

`resetall
