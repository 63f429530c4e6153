// SPDX-License-Identifier: Apache-2.0
/*
 * aes_indexed_key: three cycles after a read the key is what was written last to the words of its SA, and zero after a cycle without one. Writes are on the same clock here.
 */
`default_nettype none

module aes_indexed_key_proof (
    input wire        clk,
    input wire        write,
    input wire [1:0]  write_index,
    input wire [1:0]  write_word,
    input wire [31:0] write_data,
    input wire        read_valid,
    input wire [1:0]  read_index
);

wire [127:0] key;

aes_indexed_key #(
    .INDEX_WIDTH(2)
) dut (
    .write_clk(clk),
    .*
);

reg past_valid = 1'b0;
wire [1:0] index;

any_constant #(.WIDTH(2)) index_inst (.clk(clk), .past_valid(past_valid), .value(index));

// the words of the SA that is looked at, as they were written, and which were
reg [127:0] written_reg;
reg [3:0] known_reg = 4'd0;
// of the SA that is looked at
wire [127:0] words;
// of the words that are known
wire [127:0] known;

for (genvar w = 0; w < 4; w = w + 1) begin : word
    assign words[32*(3-w) +: 32] = dut.word[w].mem[index];
    assign known[32*(3-w) +: 32] = {32{known_reg[w]}};
end

// of the cycle before, and of those before: its key is known, or must be zero
reg [2:0] read_reg = 3'd0;
reg [2:0] none_reg = 3'd0;
reg [127:0] expected_reg [0:2];

always @(posedge clk) begin
    past_valid <= 1'b1;
    if (past_valid && write && write_index == index) begin
        known_reg[write_word] <= 1'b1;
        written_reg[32*(3-write_word) +: 32] <= write_data;
    end
    // a read in the cycle of a write may give either
    read_reg <= {
        read_reg, past_valid && read_valid && read_index == index && &known_reg && !(write && write_index == index)
    };
    none_reg <= {none_reg, !read_valid};
    expected_reg[0] <= written_reg;
    expected_reg[1] <= expected_reg[0];
    expected_reg[2] <= expected_reg[1];

    if (past_valid) begin
        words_are_kept: assert ((words & known) == (written_reg & known));
    end
    if (read_reg[2]) the_key_of_its_sa: assert (key == expected_reg[2]);
    if (none_reg[2]) no_key_without_a_read: assert (key == 0);

    a_key: cover (read_reg[2] && key != 0 && &index);
    erased: cover (read_reg[2] && key == 0);
end

endmodule

`default_nettype wire
