// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Cuts the ciphertext of passing frames into GHASH blocks.
 *
 * Beats come in frame alignment; a block begins at octet hash_first, i.e. at lane r = hash_first mod 16. Each beat is masked to the
 * hashed range and rotated down by r, so that its lanes from r on become the head of a block and those below r the tail of the block
 * before:
 *
 *   beat b     | ....... r=== head of block j ===|
 *   beat b + 1 |= tail =r ........ head of j + 1 |        block j = {head, tail}
 *
 * Order of blocks of a frame: first_block (when beat 2 passes), the data blocks, length_block. At most one block per cycle by construction:
 * hash_first >= 46, so data blocks come out of beats 3 and up, and the last block and length_block of a frame take the
 * slots that beats 0 and 1 of the next frame leave free.
 *
 * Latency from the last beat of the range to length_block on m_: 4 cycles (3 if that beat has no head part). Never stalls; beats may have
 * gaps. A frame that ends before its range does is abandoned: its message never gets its last block, which `ghash` allows. m_h_powers is
 * zero again in the cycle after the last block of a message, or two cycles after an abandoned frame.
 *
 * POWERS = 1: only the power that a block needs is read, by h_read, h_index, h_power: s_h_powers brings it in the next cycle, and
 * zero after a cycle without h_read, and passes to m_h_powers as it comes, beside its block.
 */
module ghash_feeder #(
    // width of an octet offset in a frame
    parameter OFFSET_WIDTH = 14,
    // stages of the GHASH multiplier
    parameter STAGES = 4,
    // powers of H read at once: STAGES, or 1: one for each block
    parameter POWERS = STAGES,
    // width of an SA index
    parameter INDEX_WIDTH = 6,
    // width of m_left
    parameter LEFT_WIDTH = 3
) (
    input  wire                    clk,
    input  wire                    rst,

    /*
     * Beats, stream order; s_last: last of its frame; s_hash: the frame is hashed. The description is taken with the beat of index 0
     */
    input  wire                    s_valid,
    input  wire [127:0]            s_data,
    input  wire [OFFSET_WIDTH-5:0] s_beat,
    input  wire                    s_last,
    input  wire                    s_hash,
    input  wire [OFFSET_WIDTH-1:0] s_hash_first,
    input  wire [OFFSET_WIDTH-1:0] s_hash_last,
    input  wire [OFFSET_WIDTH-4:0] s_hash_blocks,
    input  wire [127:0]            s_first_block,
    input  wire [127:0]            s_length_block,
    // powers of H of the frame, to be valid from the cycle after beat 1 until the next frame's beat 1
    input  wire [128*POWERS-1:0]   s_h_powers,
    // POWERS = 1: the SA of the frame, from its beat 0 until the next frame's; which power of H to read
    input  wire [INDEX_WIDTH-1:0]  s_index,
    output wire                    h_read,
    output wire [INDEX_WIDTH-1:0]  h_index,
    output wire [1:0]              h_power,

    /*
     * Blocks to ghash
     */
    output reg                     m_valid,
    output reg  [127:0]            m_block,
    output reg                     m_first,
    output reg  [LEFT_WIDTH-1:0]   m_left,
    output wire [128*POWERS-1:0]   m_h_powers
);

// "more than STAGES" for ghash
localparam [31:0] MANY = STAGES + 1;

// description of the frame at hand
reg hash_reg;
reg [OFFSET_WIDTH-1:0] hash_first_reg;
reg [OFFSET_WIDTH-1:0] hash_last_reg;
reg [OFFSET_WIDTH-4:0] hash_blocks_reg;
reg [127:0] first_block_reg;
reg [127:0] length_block_next_reg;

wire [15:0] lanes;
wire [127:0] mask;
wire [127:0] rotated;

lane_range #(
    .OFFSET_WIDTH(OFFSET_WIDTH)
) lane_range_inst (
    .beat(s_beat),
    .first(hash_first_reg),
    .last(hash_last_reg),
    .lanes(lanes)
);

lane_mask lane_mask_inst (
    .lanes(lanes),
    .mask(mask)
);

lane_rotate lane_rotate_inst (
    .s_data(s_data & mask),
    .amount(hash_first_reg[3:0]),
    .m_data(rotated)
);

/*
 * Stage 1: masked and rotated beat
 */
reg rotated_valid_reg;
reg [127:0] rotated_reg;
reg [3:0] shift_reg;
// first_block is due
reg open_reg;
// the beat completes a block
reg emit_reg;
// the beat is the last of the range, and leaves a head behind
reg close_reg;
reg close_head_reg;

wire in_range = s_beat >= hash_first_reg[OFFSET_WIDTH-1:4] && s_beat <= hash_last_reg[OFFSET_WIDTH-1:4];

always @(posedge clk) begin
    rotated_valid_reg <= 1'b0;
    open_reg <= 1'b0;
    if (s_valid) begin
        if (s_beat == 0) begin
            hash_reg <= s_hash;
            hash_first_reg <= s_hash_first;
            hash_last_reg <= s_hash_last;
            hash_blocks_reg <= s_hash_blocks;
            first_block_reg <= s_first_block;
            length_block_next_reg <= s_length_block;
        end else if (hash_reg) begin
            open_reg <= s_beat == 2;
            rotated_valid_reg <= in_range;
            rotated_reg <= rotated;
            shift_reg <= hash_first_reg[3:0];
            emit_reg <= s_beat != hash_first_reg[OFFSET_WIDTH-1:4];
            close_reg <= s_beat == hash_last_reg[OFFSET_WIDTH-1:4];
            close_head_reg <= hash_last_reg[3:0] >= hash_first_reg[3:0];
        end
    end
    if (rst) begin
        hash_reg <= 1'b0;
    end
end

/*
 * Stage 2: blocks
 */
wire [127:0] rotated_block;

octet_reverse octet_reverse_inst (
    .s_data(rotated_reg),
    .m_data(rotated_block)
);

// octets 0 .. 15 - r of a block
wire [127:0] head_mask = {128{1'b1}} << {shift_reg, 3'b000};

reg [127:0] head_reg;
reg flush_reg;
reg length_reg;
reg [127:0] length_block_reg;
reg [OFFSET_WIDTH-4:0] left_reg;

wire [OFFSET_WIDTH-4:0] left = open_reg ? hash_blocks_reg : left_reg;
wire [LEFT_WIDTH-1:0] left_saturated = left > MANY[OFFSET_WIDTH-4:0] ? MANY[LEFT_WIDTH-1:0] : left[LEFT_WIDTH-1:0];

generate
    if (POWERS == STAGES) begin : all_powers
        reg [128*STAGES-1:0] h_powers_reg;
        // the frame ended before its range did; one cycle later its powers of H are forgotten
        reg abandon_reg;
        reg abandoned_reg;
        wire unused = &{1'b0, s_index};

        assign m_h_powers = h_powers_reg;
        assign h_read = 1'b0;
        assign h_index = {INDEX_WIDTH{1'b0}};
        assign h_power = 2'd0;

        always @(posedge clk) begin
            abandon_reg <= s_valid && s_last && s_beat != 0 && hash_reg && s_beat < hash_last_reg[OFFSET_WIDTH-1:4];
            abandoned_reg <= abandon_reg;
            if (open_reg && !rst) begin
                h_powers_reg <= s_h_powers;
            // no power of H outlives its message
            end else if ((m_valid && m_left == 1) || abandoned_reg || rst) begin
                h_powers_reg <= 0;
            end
        end
    end else begin : one_power
        localparam [LEFT_WIDTH-1:0] MOST = STAGES[LEFT_WIDTH-1:0];
        localparam [1:0] HIGHEST = STAGES[1:0] - 2'd1;
        reg [INDEX_WIDTH-1:0] index_reg;
        wire unused = s_last;

        assign m_h_powers = s_h_powers;
        // with every block
        assign h_read = open_reg || (rotated_valid_reg ? emit_reg : flush_reg || length_reg);
        assign h_index = open_reg ? s_index : index_reg;
        assign h_power = left_saturated >= MOST ? HIGHEST : left_saturated <= 1 ? 2'd0 : left_saturated[1:0] - 2'd1;

        always @(posedge clk) begin
            if (open_reg) begin
                index_reg <= s_index;
            end
        end
    end
endgenerate

always @(posedge clk) begin
    m_valid <= 1'b0;
    m_first <= open_reg;
    m_left <= left_saturated;
    if (open_reg) begin
        m_valid <= 1'b1;
        m_block <= first_block_reg;
        left_reg <= hash_blocks_reg - 1'b1;
        length_block_reg <= length_block_next_reg;
    end
    if (rotated_valid_reg) begin
        head_reg <= rotated_block & head_mask;
        flush_reg <= close_reg && close_head_reg;
        length_reg <= close_reg && !close_head_reg;
        if (emit_reg) begin
            m_valid <= 1'b1;
            m_block <= head_reg | (rotated_block & ~head_mask);
            left_reg <= left_reg - 1'b1;
        end
    end else if (flush_reg) begin
        m_valid <= 1'b1;
        m_block <= head_reg;
        left_reg <= left_reg - 1'b1;
        flush_reg <= 1'b0;
        length_reg <= 1'b1;
    end else if (length_reg) begin
        m_valid <= 1'b1;
        m_block <= length_block_reg;
        length_reg <= 1'b0;
    end
    if (rst) begin
        m_valid <= 1'b0;
        flush_reg <= 1'b0;
        length_reg <= 1'b0;
    end
end

endmodule

`resetall
