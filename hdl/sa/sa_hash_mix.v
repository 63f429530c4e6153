// SPDX-License-Identifier: Apache-2.0
/*
 * Hash of sa_hash_table: the two buckets of a key, one in each bank. Combinational, no multiplier.
 *
 * The key, XORed with the seed, goes through two rounds of {each bit XOR two others; each bit XOR (not one AND another)}, one more
 * linear step, and is folded to 2*BUCKETS_LOG2 bits. The AND makes the hash nonlinear: another seed is another hash, not the same one
 * with its buckets renumbered. About six levels of 4-input logic.
 */

`resetall
`default_nettype none

module sa_hash_mix #(
  // Width of the key
  parameter KEY_WIDTH = 66,
  // log2 of the buckets of a bank, at most KEY_WIDTH/2
  parameter BUCKETS_LOG2 = 8,
  // Chooses the hash
  parameter [31:0] HASH_SEED = 32'h9e3779b9
) (
  input  wire [KEY_WIDTH-1:0]    key,
  output wire [BUCKETS_LOG2-1:0] bucket_0,
  output wire [BUCKETS_LOG2-1:0] bucket_1
);

// odd, so that no rotation has a short cycle
localparam WIDTH = KEY_WIDTH | 1;
localparam HASH_WIDTH = 2*BUCKETS_LOG2;
localparam WORDS = (WIDTH + 31) / 32;
localparam FOLDS = (WIDTH + HASH_WIDTH - 1) / HASH_WIDTH;
localparam [32*WORDS-1:0] SEED_WORDS = {WORDS{HASH_SEED}};
localparam [WIDTH-1:0] SEED = SEED_WORDS[WIDTH-1:0];

function [WIDTH-1:0] rotate(input [WIDTH-1:0] bits, input integer by);
  rotate = (bits << by) | (bits >> (WIDTH - by));
endfunction

function [WIDTH-1:0] linear(input [WIDTH-1:0] bits, input integer a, input integer b);
  linear = bits ^ rotate(bits, a) ^ rotate(bits, b);
endfunction

function [WIDTH-1:0] nonlinear(input [WIDTH-1:0] bits, input integer a, input integer b);
  nonlinear = bits ^ (~rotate(bits, a) & rotate(bits, b));
endfunction

// the key below zeros
function [WIDTH-1:0] pad(input [KEY_WIDTH-1:0] bits);
  begin
    pad = {WIDTH{1'b0}};
    pad[KEY_WIDTH-1:0] = bits;
  end
endfunction

function [HASH_WIDTH-1:0] fold(input [WIDTH-1:0] bits);
  reg [FOLDS*HASH_WIDTH-1:0] all;
  integer k;
  begin
    all = {FOLDS*HASH_WIDTH{1'b0}};
    all[WIDTH-1:0] = bits;
    fold = {HASH_WIDTH{1'b0}};
    for (k = 0; k < FOLDS; k = k + 1) fold = fold ^ all[k*HASH_WIDTH +: HASH_WIDTH];
  end
endfunction

wire [WIDTH-1:0] round_1 = nonlinear(linear(pad(key) ^ SEED, 3, 11), 1, 5);
wire [WIDTH-1:0] round_2 = nonlinear(linear(round_1, 7, 19), 2, 13);

assign {bucket_1, bucket_0} = fold(linear(round_2, 5, 16));

endmodule

`resetall
