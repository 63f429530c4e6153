// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * keystream with a table of eight SAs: salt, key and key size come one cycle after their index, as from sa_store. With KEY_STORE the
 * keys are those that setup expanded before.
 */
module keystream_bench #(
    parameter RECEIVE = 0,
    parameter MAX_KEY_BITS = 256,
    parameter KEY_STORE = 0,
    parameter EXTRA_REGISTERS = 0
) (
    input  wire         clk,
    input  wire         rst,

    // entry i in [290*i +: 290]: {key_size, salt, key}
    input  wire [290*8-1:0] table_entries,

    input  wire         setup_start,
    input  wire [2:0]   setup_index,
    output wire         setup_done,

    input  wire         job_valid,
    output wire         job_ready,
    input  wire [2:0]   job_index,
    input  wire [63:0]  job_iv,
    input  wire [9:0]   job_blocks,
    input  wire [1:0]   job_word,
    input  wire [13:0]  job_pad_length_octet,
    input  wire [7:0]   job_user,
    output wire         active_begin,
    output wire [7:0]   active_user,
    input  wire         kill,

    input  wire         h_req_valid,
    output wire         h_req_ready,
    input  wire [2:0]   h_req_index,
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

wire [289:0] setup_entry = table_entries[290*setup_index +: 290];
wire         write;
wire [3:0]   write_round;
wire [2:0]   write_index;
wire [1:0]   write_word;
wire [31:0]  write_data;

aes_key_setup #(
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .INDEX_WIDTH(3)
) setup (
    .clk(clk),
    .rst(rst),
    .start(setup_start),
    .index(setup_index),
    .key(setup_entry[255:0]),
    .key_size(setup_entry[289:288]),
    .done(setup_done),
    .write(write),
    .write_round(write_round),
    .write_index(write_index),
    .write_word(write_word),
    .write_data(write_data)
);

keystream #(
    .RECEIVE(RECEIVE),
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(KEY_STORE != 0 ? 3 : 1),
    .KEY_STORE(KEY_STORE),
    .ROM_ROUNDS(KEY_STORE != 0 ? 9 : 0),
    .EXTRA_REGISTERS(EXTRA_REGISTERS),
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
    .job_word(job_word),
    .job_pad_length_octet(job_pad_length_octet),
    .job_user(job_user),
    .active_begin(active_begin),
    .active_user(active_user),
    .kill(kill),
    .cipher_index(cipher_index),
    .cipher_key(entry_reg[255:0]),
    .cipher_key_size(entry_reg[289:288]),
    .cipher_salt(entry_reg[287:256]),
    .key_write({write, 1'b0, write_round, write_index, write_word, write_data}),
    /* verilator lint_off PINCONNECTEMPTY */ // the AES pipe is inside
    .aes_request(),
    /* verilator lint_on PINCONNECTEMPTY */
    .aes_result(137'd0),
    .h_req_valid(h_req_valid),
    .h_req_ready(h_req_ready),
    .h_req_index(h_req_index),
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
