// SPDX-License-Identifier: Apache-2.0
//
// ghash: GHASH of SP 800-38D (6.4), one block per cycle, messages back to back.
//
// What     For the blocks X_1 ... X_m of a message, m_hash = X_1*H^m ^ X_2*H^(m-1) ^ ... ^ X_m*H.
//          Horner with stride STAGES, so that the multiplier may take STAGES cycles:
//
//              T_i = X_i ^ T_(i-STAGES) * H^STAGES                (T_i = X_i for i <= STAGES)
//              m_hash = sum of T_i * H^(m-i+1) over the last min(STAGES, m) blocks
//
//          One product per block: a block with more than STAGES blocks left is multiplied with H^STAGES, and the
//          product goes into the block STAGES further on; a block with s_left = k <= STAGES is multiplied with H^k, and
//          the products are summed. The blocks of a message move through the multiplier with its next block only, so that
//          the product is there when its block is, whatever the gaps; with the last block of the message they drain.
// Latency  m_valid comes STAGES + 1 cycles after the last block (s_left = 1) of its message, with EXTRA_REGISTERS one more.
// Rate     one block per cycle, any gaps between blocks, no gap needed between messages, each with its own H. Messages
//          of one block up. No ready, never stalls. m_valid is one pulse per complete message, in order.
// Order    SP 800-38D: bit 127 of a block is the coefficient of x^0, bit 0 the coefficient of x^127;
//          block[127:120] is octet 0.
// s_left   blocks of the message left, this one included; values above STAGES all mean "more than STAGES", so
//          count in any way and saturate at STAGES + 1.
// Bad      An s_first before the last message had its s_left = 1 abandons that message: no m_valid for it, and no trace
// input    of it in any other. s_left = 0 is taken as 1. A message without s_first, or whose s_left does not go down by
//          one to 1 with each of the last STAGES + 1 blocks, gives a wrong hash; the next message is not harmed.
// Secrets  every register that held a power of H or a product is zero again STAGES + 2 cycles after the last block of a
//          complete message, and after the s_first that abandons an incomplete one. STYLE 1: when the next block took its place,
//          and 11 cycles after the last block of a complete message behind which there is none. With EXTRA_REGISTERS s_h_powers must be
//          zero itself then. m_hash is zero without m_valid, or a sum under way.
// Reset    abandons everything and zeroes every stage; of STYLE 1 up to three cycles later.

`resetall
`timescale 1ns / 1ps
`default_nettype none

// Exclusive or of wide vectors, the form that is fast in Icarus (see gf128_digit).
`define GHASH_XOR(a, b) (((a) | (b)) & ~((a) & (b)))

module ghash #
(
    // pipeline stages of the multiplier and number of powers of H: 1, 2, 4 or 8
    parameter STAGES = 4,
    // multiplier: 0 digit by digit (fastest to simulate), 1 Karatsuba (half the LUTs; STAGES must be 4)
    parameter STYLE = 0,
    // powers of H beside a block: STAGES, of which s_left chooses one, or 1: the one for this block
    parameter POWERS = STAGES,
    // 1: a register behind the inputs, so that all wide registers have their enables from registers (STYLE 1)
    parameter EXTRA_REGISTERS = 0,
    // width of s_left: derived, leave as it is
    parameter LEFT_WIDTH = $clog2(STAGES + 2)
)
(
    input  wire                  clk,
    input  wire                  rst,

    /*
     * Block in
     */
    input  wire                  s_valid,
    input  wire [127:0]          s_block,
    // first block of a message: forget what came before
    input  wire                  s_first,
    input  wire [LEFT_WIDTH-1:0] s_left,
    // {H^STAGES, ..., H^2, H^1}, H^1 in bits 127:0; POWERS = 1: H^min(s_left, STAGES), H^1 where s_left = 0
    input  wire [128*POWERS-1:0] s_h_powers,

    /*
     * Hash out
     */
    output wire                  m_valid,
    output wire [127:0]          m_hash
);

localparam [LEFT_WIDTH-1:0] STAGES_LEFT = STAGES[LEFT_WIDTH-1:0];

// of each block in the multiplier, oldest in the top bit: it moves on without a block behind it, because its message is complete or
// abandoned; its product is fed back; is summed; is the first, the last of its sum
reg [STAGES-1:0] drain_reg;
reg [STAGES-1:0] feed_reg;
reg [STAGES-1:0] sum_reg;
reg [STAGES-1:0] sum_first_reg;
reg [STAGES-1:0] sum_last_reg;

reg         m_valid_reg;
reg [127:0] m_hash_reg;

// the block at hand, and what it is of its message: one before the last STAGES, the first of these, the last one
wire         valid;
wire [127:0] block;
wire         first;
wire         many;
wire         sum_first;
wire         last;
// the product is added to it; its power of H
wire         add;
wire [127:0] h;

// an incomplete message in the multiplier is abandoned; it is complete
wire         start = valid && first;
wire         finish = valid && last;
wire [127:0] product;
wire [127:0] x = add ? `GHASH_XOR(block, product) : block;

// what is in a stage moves on; a stage gets something
wire [STAGES-1:0] move = {STAGES{valid}} | drain_reg;
wire [STAGES-1:0] enter = {STAGES{valid}} | (drain_reg << 1);

reg  [127:0]      s_h;
reg  [STAGES-1:0] next_feed;
reg  [STAGES-1:0] next_drain;

assign m_valid = m_valid_reg;
assign m_hash = m_hash_reg;

// ---- operands ----

always @* begin : operands
    integer i;

    s_h = s_h_powers[127:0];
    for (i = 1; i < POWERS; i = i + 1) begin
        if (s_left > i[LEFT_WIDTH-1:0]) begin
            s_h = s_h_powers[128*i +: 128];
        end
    end
end

generate
    if (EXTRA_REGISTERS != 0) begin : input_register
        reg         valid_reg;
        reg [127:0] block_reg;
        reg         first_reg;
        reg         many_reg;
        reg         first_sum_reg;
        reg         last_reg;
        reg         add_reg;
        reg [127:0] h_reg;

        assign valid = valid_reg;
        assign block = block_reg;
        assign first = first_reg;
        assign many = many_reg;
        assign sum_first = first_sum_reg;
        assign last = last_reg;
        assign add = add_reg;
        assign h = h_reg;

        always @(posedge clk) begin
            valid_reg <= s_valid && !rst;
            block_reg <= s_block;
            first_reg <= s_first;
            many_reg <= s_left > STAGES_LEFT;
            first_sum_reg <= s_first || s_left == STAGES_LEFT;
            last_reg <= s_left <= 1;
            add_reg <= next_feed[STAGES-1] && !s_first;
            h_reg <= s_h;
        end
    end else begin : inputs
        assign valid = s_valid;
        assign block = s_block;
        assign first = s_first;
        assign many = s_left > STAGES_LEFT;
        assign sum_first = s_first || s_left == STAGES_LEFT;
        assign last = s_left <= 1;
        assign add = feed_reg[STAGES-1] && !s_first;
        assign h = s_h;
    end

    if (STYLE != 0) begin : karatsuba
        // a message that is not complete; cycles since its last block, and there were enough for all of them to have left
        reg       open_reg;
        reg [2:0] idle_reg;
        reg       empty_reg;

        always @(posedge clk) begin
            if (s_valid) begin
                open_reg <= s_left > 1;
                idle_reg <= 3'd0;
            end else if (!open_reg) begin
                idle_reg <= idle_reg + 1'b1;
            end
            empty_reg <= !s_valid && (empty_reg || idle_reg == 3'd7);
            if (rst) begin
                open_reg <= 1'b0;
                empty_reg <= 1'b1;
            end
        end

        gf128_karatsuba #(
            .AHEAD(EXTRA_REGISTERS)
        ) gf128_karatsuba_inst (
            .clk(clk),
            .clear(empty_reg && !s_valid),
            .s_valid(EXTRA_REGISTERS != 0 ? s_valid : valid),
            .s_x(x),
            .s_h(h),
            .move(EXTRA_REGISTERS != 0 ? {3{s_valid}} | next_drain[2:0] : move[2:0]),
            .m_product(product)
        );

        initial begin
            if (STAGES != 4) begin
                $display("Error: STYLE 1 takes STAGES = 4 (instance %m)");
                $finish;
            end
        end
    end else begin : digits
        gf128_multiply #(
            .STAGES(STAGES)
        ) gf128_multiply_inst (
            .clk(clk),
            .rst(rst),
            .s_valid(valid),
            .s_x(x),
            .s_h(h),
            .move(move),
            .m_product(product)
        );
    end
endgenerate

// ---- flags of the blocks in the multiplier ----

// those that stay, and those that move up; then the new one
`define GHASH_NEXT(flags) (((flags) & ~move & ~enter) | (((flags) << 1) & enter))

always @* begin
    next_feed = `GHASH_NEXT(feed_reg);
    next_drain = start || finish ? {STAGES{1'b1}} : `GHASH_NEXT(drain_reg);
    if (valid) begin
        if (first) begin
            next_feed = {STAGES{1'b0}};
        end
        next_feed[0] = many;
        next_drain[0] = last;
    end
end

always @(posedge clk) begin
    feed_reg <= next_feed;
    drain_reg <= next_drain;
    // an abandoned message is not summed
    sum_reg <= start ? (sum_reg & drain_reg) << 1 : `GHASH_NEXT(sum_reg);
    sum_first_reg <= `GHASH_NEXT(sum_first_reg);
    sum_last_reg <= `GHASH_NEXT(sum_last_reg);

    if (valid) begin
        sum_reg[0] <= !many;
        sum_first_reg[0] <= sum_first;
        sum_last_reg[0] <= last;
    end

    if (rst) begin
        feed_reg <= {STAGES{1'b0}};
        sum_reg <= {STAGES{1'b0}};
        sum_first_reg <= {STAGES{1'b0}};
        sum_last_reg <= {STAGES{1'b0}};
        drain_reg <= {STAGES{1'b0}};
    end
end

// ---- sum of the last products ----

always @(posedge clk) begin
    m_valid_reg <= 1'b0;

    if (rst) begin
        m_hash_reg <= 128'd0;
    end else if (sum_reg[STAGES-1] && drain_reg[STAGES-1]) begin
        m_valid_reg <= sum_last_reg[STAGES-1];
        m_hash_reg <= sum_first_reg[STAGES-1] ? product : `GHASH_XOR(m_hash_reg, product);
    end else if (m_valid_reg) begin
        m_hash_reg <= 128'd0;
    end
end

endmodule

`undef GHASH_XOR
`undef GHASH_NEXT

`resetall
