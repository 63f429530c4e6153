// SPDX-License-Identifier: Apache-2.0
/*
 * AXI4-Lite slave in front of the generated register block: one access at a time, reads and writes in turn where both wait.
 *
 * Latency: m_write or m_read comes two cycles after the later of address and data, the response a cycle later, that of a read two. All outputs are
 * registers. Throughput: one write in four cycles, one read in five.
 *
 * The block takes a write in the cycle of m_write, and gives the data of a read in the cycle after m_read; m_address and m_write_* are there until then. The two low
 * bits of an address are taken as zero. Addresses past the 2**BLOCK_WIDTH of the block do not reach it: they read as zero. Every access is answered with OKAY.
 */

`resetall
`default_nettype none

module axil_slave #(
  parameter ADDRESS_WIDTH = 12,
  // of the addresses of the block
  parameter BLOCK_WIDTH = 9
) (
  input  wire                     clk,
  input  wire                     rst,

  input  wire [ADDRESS_WIDTH-1:0] s_axil_awaddr,
  input  wire                     s_axil_awvalid,
  output wire                     s_axil_awready,
  input  wire [31:0]              s_axil_wdata,
  input  wire [3:0]               s_axil_wstrb,
  input  wire                     s_axil_wvalid,
  output wire                     s_axil_wready,
  output wire [1:0]               s_axil_bresp,
  output wire                     s_axil_bvalid,
  input  wire                     s_axil_bready,
  input  wire [ADDRESS_WIDTH-1:0] s_axil_araddr,
  input  wire                     s_axil_arvalid,
  output wire                     s_axil_arready,
  output wire [31:0]              s_axil_rdata,
  output wire [1:0]               s_axil_rresp,
  output wire                     s_axil_rvalid,
  input  wire                     s_axil_rready,

  output wire                     m_write,
  output wire                     m_read,
  output wire [BLOCK_WIDTH-1:0]   m_address,
  output wire [31:0]              m_write_data,
  output wire [31:0]              m_write_bits,
  input  wire [31:0]              m_read_data
);

reg                     aw_valid_reg;
reg [ADDRESS_WIDTH-1:2] aw_address_reg;
reg                     w_valid_reg;
reg [31:0]              w_data_reg;
reg [3:0]               w_strobe_reg;
reg                     ar_valid_reg;
reg [ADDRESS_WIDTH-1:2] ar_address_reg;
reg                     busy_reg;      // an access is under way: from before m_write or m_read until its response is taken
reg                     req_reg;       // the cycle of m_write or m_read
reg                     is_write_reg;  // of this access, or the last one
reg [BLOCK_WIDTH-1:2]   address_reg;
reg                     write_reg;     // and the address is one of the block
reg                     read_reg;
reg                     data_reg;      // the cycle after a read, of the block or not
reg                     block_reg;     // that read was one of the block
reg                     b_valid_reg;
reg                     r_valid_reg;
reg [31:0]              r_data_reg;

wire unused = &{1'b0, s_axil_awaddr[1:0], s_axil_araddr[1:0]};

wire write_waits = aw_valid_reg && w_valid_reg;
wire take_write = write_waits && !(ar_valid_reg && is_write_reg);
wire take = !busy_reg && (write_waits || ar_valid_reg);
wire [ADDRESS_WIDTH-1:2] take_address = take_write ? aw_address_reg : ar_address_reg;
wire in_block = take_address[ADDRESS_WIDTH-1:BLOCK_WIDTH] == {ADDRESS_WIDTH-BLOCK_WIDTH{1'b0}};

assign s_axil_awready = !aw_valid_reg;
assign s_axil_wready = !w_valid_reg;
assign s_axil_bresp = 2'b00;
assign s_axil_bvalid = b_valid_reg;
assign s_axil_arready = !ar_valid_reg;
assign s_axil_rdata = r_data_reg;
assign s_axil_rresp = 2'b00;
assign s_axil_rvalid = r_valid_reg;
assign m_write = write_reg;
assign m_read = read_reg;
assign m_address = {address_reg, 2'b00};
assign m_write_data = w_data_reg;
assign m_write_bits = {{8{w_strobe_reg[3]}}, {8{w_strobe_reg[2]}}, {8{w_strobe_reg[1]}}, {8{w_strobe_reg[0]}}};

always @(posedge clk) begin
  // requests
  if (s_axil_awvalid && s_axil_awready) begin
    aw_valid_reg <= 1'b1;
    aw_address_reg <= s_axil_awaddr[ADDRESS_WIDTH-1:2];
  end
  if (s_axil_wvalid && s_axil_wready) begin
    w_valid_reg <= 1'b1;
    w_data_reg <= s_axil_wdata;
    w_strobe_reg <= s_axil_wstrb;
  end
  if (s_axil_arvalid && s_axil_arready) begin
    ar_valid_reg <= 1'b1;
    ar_address_reg <= s_axil_araddr[ADDRESS_WIDTH-1:2];
  end

  // one of them
  req_reg <= take;
  write_reg <= take && take_write && in_block;
  read_reg <= take && !take_write && in_block;
  if (take) begin
    busy_reg <= 1'b1;
    is_write_reg <= take_write;
    address_reg <= take_address[BLOCK_WIDTH-1:2];
  end
  if (req_reg && is_write_reg) begin
    aw_valid_reg <= 1'b0;
    w_valid_reg <= 1'b0;
    b_valid_reg <= 1'b1;
  end
  data_reg <= req_reg && !is_write_reg;
  block_reg <= read_reg;
  if (data_reg) begin
    ar_valid_reg <= 1'b0;
    r_valid_reg <= 1'b1;
    r_data_reg <= block_reg ? m_read_data : 32'd0;
  end

  // responses
  if (b_valid_reg && s_axil_bready) begin
    b_valid_reg <= 1'b0;
    busy_reg <= 1'b0;
  end
  if (r_valid_reg && s_axil_rready) begin
    r_valid_reg <= 1'b0;
    busy_reg <= 1'b0;
  end

  if (rst) begin
    aw_valid_reg <= 1'b0;
    w_valid_reg <= 1'b0;
    w_data_reg <= 32'd0; // it may be of a key
    ar_valid_reg <= 1'b0;
    busy_reg <= 1'b0;
    req_reg <= 1'b0;
    write_reg <= 1'b0;
    read_reg <= 1'b0;
    data_reg <= 1'b0;
    block_reg <= 1'b0;
    is_write_reg <= 1'b0;
    b_valid_reg <= 1'b0;
    r_valid_reg <= 1'b0;
    r_data_reg <= 32'd0;
  end
end

endmodule

`resetall
