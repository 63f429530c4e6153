// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * AES-GCM with any AAD, put together from the engine's aes_pipe, ghash and gf128_serial: H = E_K(0), powers of H, J0 = IV | 1, counters from 2, length
 * block, tag = GHASH xor E(J0), as the paths of the engine do it for ESP. Replays a program from the file +program=PATH and writes +results=PATH;
 * nobody has to wake up meanwhile. The clock is made here; done rises when the results are complete.
 *
 * Program: lines of 32 hexadecimal digits. A message is
 *
 *   {end, key_size[1:0], new_key, decrypt, 27'b0, icv_octets[31:0], aad_octets[31:0], data_octets[31:0]}
 *   key (two words, octet 0 first)   {IV[95:0], 32'b0}   ICV to compare with   AAD in blocks   data in blocks, both zero filled
 *
 * Without new_key, H and its powers of the message before are used. A word with end = 1, or the end of the memory, is the end of the program. Results: of each message
 * {127'b0, ICV equal}, the tag of 16 octets, the data out in blocks.
 */
module gcm_core_bench #(
    // parameters of aes_pipe and ghash
    parameter MAX_KEY_BITS = 256,
    parameter CYCLES_PER_ROUND = 1,
    parameter SBOX_STYLE = 0,
    parameter GHASH_STAGES = 4,
    // words of a program; blocks of a message
    parameter PROGRAM_WORDS = 1 << 18,
    parameter MESSAGE_BLOCKS = 128
);

localparam LEFT_WIDTH = $clog2(GHASH_STAGES + 2);
localparam BLOCK_WIDTH = $clog2(MESSAGE_BLOCKS);

localparam [2:0]
    STATE_IDLE = 3'd0,
    STATE_AES = 3'd1,
    STATE_POWERS = 3'd2,
    STATE_HASH = 3'd3,
    STATE_RESULT = 3'd4;

reg clk = 1'b0;
reg rst = 1'b1;
/* verilator lint_off UNUSEDSIGNAL */ // read through VPI only
reg done = 1'b0;
/* verilator lint_on UNUSEDSIGNAL */

always #5 clk = !clk;

reg [8*1024-1:0] path;
integer results;
reg [127:0] program_mem [0:PROGRAM_WORDS-1];

initial begin
    if ($value$plusargs("program=%s", path)) begin
        $readmemh(path, program_mem);
    end
    results = 0;
    if ($value$plusargs("results=%s", path)) begin
        results = $fopen(path, "w");
    end
end

/*
 * The message at hand
 */
integer pc = 0;
reg [2:0] state_reg;
/* verilator lint_off UNUSEDSIGNAL */ // some bits are spare
reg [127:0] header;
/* verilator lint_on UNUSEDSIGNAL */
reg [255:0] key;
reg [95:0] iv;
reg [127:0] icv;
integer aad_blocks;
integer data_blocks;
integer issued;
integer arrived;
integer hashed;
reg [127:0] stream [0:MESSAGE_BLOCKS-1];
reg [127:0] data [0:MESSAGE_BLOCKS-1];
reg [127:0] j0;
reg [128*GHASH_STAGES-1:0] h_powers;
integer power;
integer i;

wire new_key = header[124];
wire decrypt = header[123];
wire [4:0] icv_octets = header[68:64];
wire [31:0] aad_octets = header[63:32];
wire [31:0] data_octets = header[31:0];

/*
 * AES
 */
reg aes_valid = 1'b0;
reg [127:0] aes_block;
wire aes_out_valid;
wire [127:0] aes_out_block;
wire aes_out_user;

aes_pipe #(
    .MAX_KEY_BITS(MAX_KEY_BITS),
    .CYCLES_PER_ROUND(CYCLES_PER_ROUND),
    .SBOX_STYLE(SBOX_STYLE),
    .USER_WIDTH(1)
) aes_pipe_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(aes_valid),
    .s_block(aes_block),
    .s_key(key),
    .s_key_size(header[126:125]),
    .s_user(1'b1),
    .m_valid(aes_out_valid),
    .m_block(aes_out_block),
    .m_user(aes_out_user)
);

/*
 * Powers of H
 */
reg multiply_start = 1'b0;
reg [127:0] multiply_a;
wire multiply_busy;
wire multiply_done;
wire [127:0] multiply_product;

gf128_serial gf128_serial_inst (
    .clk(clk),
    .rst(rst),
    .start(multiply_start),
    .clear(1'b0),
    .a(multiply_a),
    .b(h_powers[127:0]),
    .busy(multiply_busy),
    .done(multiply_done),
    .product(multiply_product)
);

/*
 * GHASH
 */
reg hash_valid = 1'b0;
reg [127:0] hash_block;
reg hash_first;
reg [LEFT_WIDTH-1:0] hash_left;
wire hash_out_valid;
wire [127:0] hash_out;
integer left;

ghash #(
    .STAGES(GHASH_STAGES)
) ghash_inst (
    .clk(clk),
    .rst(rst),
    .s_valid(hash_valid),
    .s_block(hash_block),
    .s_first(hash_first),
    .s_left(hash_left),
    .s_h_powers(h_powers),
    .m_valid(hash_out_valid),
    .m_hash(hash_out)
);

wire [127:0] tag = hash_out ^ j0;
wire [127:0] icv_mask = ~({128{1'b1}} >> {icv_octets, 3'b000});

// block `index` of the data before and after the keystream; octets behind the end are zero
function [127:0] live(input [127:0] block, input integer index);
    live = index == data_blocks - 1 && data_octets[3:0] != 4'd0 ? block & ~({128{1'b1}} >> {data_octets[3:0], 3'b000}) : block;
endfunction

/* verilator lint_off BLKSEQ */ // a behavioural model: counters move several times within a cycle
always @(posedge clk) begin
    aes_valid <= 1'b0;
    hash_valid <= 1'b0;
    multiply_start <= 1'b0;

    if (aes_out_valid && aes_out_user) begin
        if (arrived == 0 && new_key) begin
            h_powers <= {{128*GHASH_STAGES-128{1'b0}}, aes_out_block};
        end else if (arrived == (new_key ? 1 : 0)) begin
            j0 = aes_out_block;
        end else begin
            stream[arrived[BLOCK_WIDTH-1:0] - (new_key ? 2 : 1)] = aes_out_block;
        end
        arrived = arrived + 1;
    end

    case (state_reg)
        STATE_IDLE: begin
            header = program_mem[pc];
            key = {program_mem[pc+1], program_mem[pc+2]};
            iv = program_mem[pc+3][127:32];
            icv = program_mem[pc+4];
            aad_blocks = (header[63:32] + 32'd15) >> 4;
            data_blocks = (header[31:0] + 32'd15) >> 4;
            issued = 0;
            arrived = 0;
            hashed = 0;
            power = 1;
            if (header[127] || pc >= PROGRAM_WORDS - 4) begin
                if (!done) begin
                    $fclose(results);
                end
                done <= 1'b1;
            end else if (!rst) begin
                for (i = 0; i < data_blocks; i = i + 1) begin
                    data[i[BLOCK_WIDTH-1:0]] = program_mem[pc + 5 + aad_blocks + i];
                end
                state_reg <= STATE_AES;
            end
        end

        // [E(0),] E(J0), keystream: one block per cycle
        STATE_AES: begin
            if (issued < data_blocks + (new_key ? 2 : 1)) begin
                aes_valid <= 1'b1;
                aes_block <= issued == 0 && new_key ? 128'd0 : {iv, issued + (new_key ? 32'd0 : 32'd1)};
                issued = issued + 1;
            end else if (arrived == issued) begin
                for (i = 0; i < data_blocks; i = i + 1) begin
                    stream[i[BLOCK_WIDTH-1:0]] = live(stream[i[BLOCK_WIDTH-1:0]], i) ^ data[i[BLOCK_WIDTH-1:0]];
                end
                state_reg <= new_key && GHASH_STAGES > 1 ? STATE_POWERS : STATE_HASH;
            end
        end

        STATE_POWERS: begin
            if (multiply_done) begin
                for (i = 1; i < GHASH_STAGES; i = i + 1) begin
                    if (power == i) begin
                        h_powers[128*i +: 128] <= multiply_product;
                    end
                end
                power = power + 1;
                if (power == GHASH_STAGES) begin
                    state_reg <= STATE_HASH;
                end else begin
                    multiply_a <= multiply_product;
                    multiply_start <= 1'b1;
                end
            end else if (!multiply_busy && !multiply_start) begin
                multiply_a <= h_powers[127:0];
                multiply_start <= 1'b1;
            end
        end

        STATE_HASH: begin
            left = aad_blocks + data_blocks + 1 - hashed;
            hash_valid <= 1'b1;
            hash_first <= hashed == 0;
            hash_left <= left > GHASH_STAGES ? GHASH_STAGES + 1 : left[LEFT_WIDTH-1:0];
            if (hashed < aad_blocks) begin
                hash_block <= program_mem[pc + 5 + hashed];
            end else if (left > 1) begin
                hash_block <= decrypt ? data[hashed[BLOCK_WIDTH-1:0] - aad_blocks[BLOCK_WIDTH-1:0]]
                    : stream[hashed[BLOCK_WIDTH-1:0] - aad_blocks[BLOCK_WIDTH-1:0]];
            end else begin
                hash_block <= {29'd0, aad_octets, 3'b000, 29'd0, data_octets, 3'b000};
                state_reg <= STATE_RESULT;
            end
            hashed = hashed + 1;
        end

        default: begin
            if (hash_out_valid) begin
                $fwrite(results, "%h\n%h\n", {127'd0, ((tag ^ icv) & icv_mask) == 128'd0}, tag);
                for (i = 0; i < data_blocks; i = i + 1) begin
                    $fwrite(results, "%h\n", stream[i[BLOCK_WIDTH-1:0]]);
                end
                pc = pc + 5 + aad_blocks + data_blocks;
                state_reg <= STATE_IDLE;
            end
        end
    endcase
    if (rst) begin
        state_reg <= STATE_IDLE;
    end
end
/* verilator lint_on BLKSEQ */

endmodule

`resetall
