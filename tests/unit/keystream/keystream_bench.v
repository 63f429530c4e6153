// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * keystream with a table of eight SAs: salt, key and key size come one cycle after their index, as from sa_store.
 */
module keystream_bench #(
    parameter RECEIVE = 0,
    parameter MAX_KEY_BITS = 256
) (
    input  wire         clk,
    input  wire         rst,

    // entry i in [290*i +: 290]: {key_size, salt, key}
    input  wire [290*8-1:0] table_entries,

    input  wire         job_valid,
    output wire         job_ready,
    input  wire [2:0]   job_index,
    input  wire [63:0]  job_iv,
    input  wire [9:0]   job_blocks,
    input  wire [3:0]   job_lane,
    input  wire [13:0]  job_pad_length_octet,
    input  wire [7:0]   job_user,
    output wire [7:0]   active_user,
    input  wire         kill,

    input  wire         h_req_valid,
    output wire         h_req_ready,
    input  wire [255:0] h_req_key,
    input  wire [1:0]   h_req_key_size,
    output wire         h_rsp_valid,
    output wire [127:0] h_rsp_block,

    output wire         m_valid,
    input  wire         m_ready,
    output wire [127:0] m_data,
    output wire         m_last,
    output wire         j0_valid,
    input  wire         j0_ready,
    output wire         j0_event,
    output wire [127:0] j0_block,
    output wire [7:0]   j0_pad_length,
    output wire [7:0]   j0_next_header
);

wire [2:0] cipher_index;
reg [289:0] entry_reg;

always @(posedge clk) begin
    entry_reg <= table_entries[290*cipher_index +: 290];
end

keystream #(
    .RECEIVE(RECEIVE),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .INDEX_WIDTH(3),
    .BLOCKS_WIDTH(10),
    .USER_WIDTH(8)
) dut (
    .clk(clk),
    .rst(rst),
    .job_valid(job_valid),
    .job_ready(job_ready),
    .job_index(job_index),
    .job_iv(job_iv),
    .job_blocks(job_blocks),
    .job_lane(job_lane),
    .job_pad_length_octet(job_pad_length_octet),
    .job_user(job_user),
    .active_user(active_user),
    .kill(kill),
    .cipher_index(cipher_index),
    .cipher_key(entry_reg[255:0]),
    .cipher_key_size(entry_reg[289:288]),
    .cipher_salt(entry_reg[287:256]),
    .h_req_valid(h_req_valid),
    .h_req_ready(h_req_ready),
    .h_req_key(h_req_key),
    .h_req_key_size(h_req_key_size),
    .h_rsp_valid(h_rsp_valid),
    .h_rsp_block(h_rsp_block),
    .m_valid(m_valid),
    .m_ready(m_ready),
    .m_data(m_data),
    .m_last(m_last),
    .j0_valid(j0_valid),
    .j0_ready(j0_ready),
    .j0_event(j0_event),
    .j0_block(j0_block),
    .j0_pad_length(j0_pad_length),
    .j0_next_header(j0_next_header)
);

endmodule

`resetall
