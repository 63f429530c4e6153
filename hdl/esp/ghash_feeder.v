// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Cuts the ciphertext of passing frames into GHASH blocks.
 *
 * Beats come in frame alignment; a block begins at octet hash_first, i.e. at lane r = hash_first mod 16, which is 2, 6, 10 or 14: behind the
 * 14 octets of Ethernet there are whole words before it (the two low bits of s_hash_first are taken for that). Each beat is masked to the
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
reg [1:0] first_word_reg;
reg [3:0] last_lane_reg;
// the beats before the first and the last one of the range
reg [OFFSET_WIDTH-5:0] before_first_reg;
reg [OFFSET_WIDTH-5:0] before_last_reg;
reg [OFFSET_WIDTH-4:0] hash_blocks_reg;
reg [127:0] first_block_reg;
reg [127:0] length_block_next_reg;

// what the next beat is: all of it is known one beat ahead
reg is_beat_0_reg;
reg is_beat_1_reg;
reg is_beat_2_reg;
reg is_first_reg;
reg is_last_reg;
reg in_range_reg;
// the last beat of the range was there
reg is_past_reg;
// lanes of a rotated beat: those of a tail; of the last beat those that are in the range
reg [15:0] tail_lanes_reg;
reg [15:0] last_lanes_reg;

wire [3:0] first_lane = {first_word_reg, 2'd2};
wire unused_bits = &{1'b0, s_hash_first[1:0]};

wire next_is_first = s_beat == before_first_reg;
wire next_is_last = s_beat == before_last_reg;

/*
 * Rotated by r, lanes 0 .. 15 - r of a beat are the head of a block and the others the tail of the one before. The last octet of the range
 * comes to lane last_rotated, which is one of the head if the last beat has a head part.
 */
wire [3:0] last_rotated = last_lane_reg - first_lane;
wire has_head = last_lane_reg >= first_lane;
wire [15:0] tail_lanes = ~(16'hffff >> first_lane);
wire [15:0] to_last_lanes = 16'hffff >> (~last_rotated);
// of the last beat
wire [15:0] last_lanes = has_head ? to_last_lanes | tail_lanes : to_last_lanes & tail_lanes;

// of the beat at hand, if there are any
wire [15:0] range_lanes = ~(tail_lanes_reg & {16{is_first_reg}}) & (last_lanes_reg | {16{!is_last_reg}});

wire [127:0] rotated;
wire [127:0] range_mask;

lane_rotate lane_rotate_inst (
    .s_data(s_data),
    .amount(first_lane),
    .m_data(rotated)
);

lane_mask range_mask_inst (
    .lanes(range_lanes),
    .mask(range_mask)
);

/*
 * Stage 1: rotated and masked beat
 */
reg rotated_valid_reg;
reg [127:0] rotated_reg;
// first_block is due
reg open_reg;
// the beat completes a block
reg emit_reg;
// the beat is the last of the range, and leaves a head behind
reg close_reg;
reg close_head_reg;

always @(posedge clk) begin
    rotated_valid_reg <= s_valid && in_range_reg;
    rotated_reg <= rotated & range_mask;
    // known before the range begins, two beats behind the description
    tail_lanes_reg <= tail_lanes;
    last_lanes_reg <= last_lanes;
    open_reg <= s_valid && is_beat_2_reg && hash_reg;
    emit_reg <= !is_first_reg;
    close_reg <= is_last_reg;
    close_head_reg <= has_head;
    if (s_valid) begin
        is_beat_0_reg <= s_last;
        is_beat_1_reg <= is_beat_0_reg && !s_last;
        is_beat_2_reg <= is_beat_1_reg && !s_last;
        is_first_reg <= next_is_first;
        is_last_reg <= next_is_last;
        in_range_reg <= !is_beat_0_reg && hash_reg && !s_last && (next_is_first || (in_range_reg && !is_last_reg));
        is_past_reg <= !is_beat_0_reg && (is_past_reg || is_last_reg);
        if (is_beat_0_reg) begin
            hash_reg <= s_hash;
            first_word_reg <= s_hash_first[3:2];
            last_lane_reg <= s_hash_last[3:0];
            before_first_reg <= s_hash_first[OFFSET_WIDTH-1:4] - 1'b1;
            before_last_reg <= s_hash_last[OFFSET_WIDTH-1:4] - 1'b1;
            hash_blocks_reg <= s_hash_blocks;
            first_block_reg <= s_first_block;
            length_block_next_reg <= s_length_block;
        end
    end
    if (rst) begin
        hash_reg <= 1'b0;
        is_beat_0_reg <= 1'b1;
        is_beat_1_reg <= 1'b0;
        is_beat_2_reg <= 1'b0;
        is_last_reg <= 1'b0;
        in_range_reg <= 1'b0;
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

// the beat before, of which the head is of use
reg [127:0] head_reg;
reg flush_reg;
reg length_reg;
// length_block, but first_block with open_reg
reg [127:0] side_block_reg;
reg [OFFSET_WIDTH-4:0] left_reg;

// what each octet of the block comes from: 0 rotated_block, 1 head_reg, 2 side_block_reg, 3 nothing
wire take_side = open_reg || !(rotated_valid_reg || flush_reg);
wire [127:0] block;

genvar octet;
generate
    for (octet = 0; octet < 16; octet = octet + 1) begin : select
        wire [1:0] from = take_side ? 2'd2 : !tail_lanes_reg[octet] ? 2'd1 : rotated_valid_reg ? 2'd0 : 2'd3;

        assign block[120-8*octet +: 8] = from[1] ? side_block_reg[120-8*octet +: 8] & {8{!from[0]}}
            : from[0] ? head_reg[120-8*octet +: 8] : rotated_block[120-8*octet +: 8];
    end
endgenerate

wire [OFFSET_WIDTH-4:0] left = open_reg ? hash_blocks_reg : left_reg;
wire left_is_many = left[OFFSET_WIDTH-4:LEFT_WIDTH] != 0 || left[LEFT_WIDTH-1:0] >= MANY[LEFT_WIDTH-1:0];
wire [LEFT_WIDTH-1:0] left_saturated = left_is_many ? MANY[LEFT_WIDTH-1:0] : left[LEFT_WIDTH-1:0];

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
            abandon_reg <= s_valid && s_last && !is_beat_0_reg && hash_reg && !is_last_reg && !is_past_reg;
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
        wire unused = is_past_reg;

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
    m_block <= block;
    if (s_valid && is_beat_2_reg) begin
        side_block_reg <= first_block_reg;
    end else if (open_reg) begin
        side_block_reg <= length_block_next_reg;
    end
    if (open_reg) begin
        m_valid <= 1'b1;
        left_reg <= hash_blocks_reg - 1'b1;
    end
    if (rotated_valid_reg) begin
        head_reg <= rotated_block;
        flush_reg <= close_reg && close_head_reg;
        length_reg <= close_reg && !close_head_reg;
        if (emit_reg) begin
            m_valid <= 1'b1;
            left_reg <= left_reg - 1'b1;
        end
    end else if (flush_reg) begin
        m_valid <= 1'b1;
        left_reg <= left_reg - 1'b1;
        flush_reg <= 1'b0;
        length_reg <= 1'b1;
    end else if (length_reg) begin
        m_valid <= 1'b1;
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
