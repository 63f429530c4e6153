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
// Latency  m_valid comes STAGES + 1 cycles after the last block (s_left = 1) of its message.
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
//          complete message, and after the s_first that abandons an incomplete one. m_hash is zero without m_valid, or a
//          sum under way.
// Reset    abandons everything and zeroes every stage.

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

// an incomplete message in the multiplier is abandoned; it is complete
wire         start = s_valid && s_first;
wire         finish = s_valid && s_left <= 1;
wire         many = s_left > STAGES_LEFT;
wire [127:0] product;

// what is in a stage moves on; a stage gets something
wire [STAGES-1:0] move = {STAGES{s_valid}} | drain_reg;
wire [STAGES-1:0] enter = {STAGES{s_valid}} | (drain_reg << 1);

reg  [127:0] x;
reg  [127:0] h;

assign m_valid = m_valid_reg;
assign m_hash = m_hash_reg;

// ---- operands ----

always @* begin : operands
    integer i;

    x = s_block;
    if (feed_reg[STAGES-1] && !s_first) begin
        x = `GHASH_XOR(s_block, product);
    end

    h = s_h_powers[127:0];
    for (i = 1; i < POWERS; i = i + 1) begin
        if (s_left > i[LEFT_WIDTH-1:0]) begin
            h = s_h_powers[128*i +: 128];
        end
    end
end

generate
    if (STYLE != 0) begin : karatsuba
        gf128_karatsuba gf128_karatsuba_inst (
            .clk(clk),
            .rst(rst),
            .s_valid(s_valid),
            .s_x(x),
            .s_h(h),
            .move(move),
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
            .s_valid(s_valid),
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

always @(posedge clk) begin
    feed_reg <= `GHASH_NEXT(feed_reg);
    // an abandoned message is not summed
    sum_reg <= start ? (sum_reg & drain_reg) << 1 : `GHASH_NEXT(sum_reg);
    sum_first_reg <= `GHASH_NEXT(sum_first_reg);
    sum_last_reg <= `GHASH_NEXT(sum_last_reg);
    drain_reg <= start || finish ? {STAGES{1'b1}} : `GHASH_NEXT(drain_reg);

    if (s_valid) begin
        if (s_first) begin
            feed_reg <= {STAGES{1'b0}};
        end
        feed_reg[0] <= many;
        sum_reg[0] <= !many;
        sum_first_reg[0] <= s_first || s_left == STAGES_LEFT;
        sum_last_reg[0] <= finish;
        drain_reg[0] <= finish;
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
