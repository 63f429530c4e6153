// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * First-word-fall-through FIFO, one word in and one word out per cycle.
 *
 * BLOCK_RAM = 0: asynchronous read (distributed RAM), a word written in cycle t is on m_data in t + 1.
 * BLOCK_RAM = 1: registered read (block RAM), in t + 2; holds one word more than 2**DEPTH_LOG2.
 *
 * HOLD: a word is on m_data so many cycles later.
 *
 * A write into a full FIFO is ignored (s_ready is low); users that cannot stall must leave room by `level`, the number of
 * words inside. Only the pointers are reset.
 */
module fifo #(
    // bits of a word
    parameter WIDTH = 8,
    // log2 of the number of words, at least 1
    parameter DEPTH_LOG2 = 4,
    // 0: distributed RAM, 1: block RAM
    parameter BLOCK_RAM = 0,
    // cycles for which a new word is held back, 0 or at least 2
    parameter HOLD = 0
) (
    input  wire                clk,
    input  wire                rst,

    input  wire                s_valid,
    output wire                s_ready,
    input  wire [WIDTH-1:0]    s_data,

    output wire                m_valid,
    input  wire                m_ready,
    output wire [WIDTH-1:0]    m_data,

    output wire [DEPTH_LOG2:0] level
);

localparam [DEPTH_LOG2:0] ALMOST = 2**DEPTH_LOG2 - 1;

// no word is read in the cycle in which it is written
(* no_rw_check *) reg [WIDTH-1:0] mem [0:2**DEPTH_LOG2-1];
reg [DEPTH_LOG2:0] write_ptr_reg;
reg [DEPTH_LOG2:0] read_ptr_reg;

wire [DEPTH_LOG2:0] stored = write_ptr_reg - read_ptr_reg;
// behind the words that may be read
wire [DEPTH_LOG2:0] end_ptr;
// one more may be read in the next cycle
(* keep *) wire grow;
wire [DEPTH_LOG2:0] unread = end_ptr - read_ptr_reg;
// kept, so that no comparison is mixed with `read`, which comes late
(* keep *) wire unread_two = unread == 2;
(* keep *) wire room_for_two = stored == ALMOST - 1'b1;
// unread is not 0; it is more than 1
reg unread_reg;
reg several_reg;
(* keep *) wire read;

// no room; room for one
reg full_reg;
reg almost_reg;
wire write = s_valid && s_ready;

assign s_ready = !full_reg;

always @(posedge clk) begin
    if (write) begin
        mem[write_ptr_reg[DEPTH_LOG2-1:0]] <= s_data;
        write_ptr_reg <= write_ptr_reg + 1'b1;
    end
    if (read) begin
        read_ptr_reg <= read_ptr_reg + 1'b1;
    end
    // without choices, of which Yosys would make enables
    full_reg <= !read && (full_reg || (s_valid && almost_reg));
    almost_reg <= (almost_reg && read == s_valid) || (full_reg && read) || (room_for_two && s_valid && !read);
    unread_reg <= grow || several_reg || (unread_reg && !read);
    several_reg <= (several_reg && !(unread_two && read && !grow)) || (unread_reg && grow && !read);
    if (rst) begin
        write_ptr_reg <= 0;
        read_ptr_reg <= 0;
        full_reg <= 1'b0;
        almost_reg <= 1'b0;
        unread_reg <= 1'b0;
        several_reg <= 1'b0;
    end
end

generate
    if (HOLD != 0) begin : hold
        // words that are held back, one bit for each cycle
        reg [HOLD-1:0] new_reg;
        reg [DEPTH_LOG2:0] end_ptr_reg;

        assign end_ptr = end_ptr_reg;
        assign grow = new_reg[HOLD-1];

        always @(posedge clk) begin
            new_reg <= (new_reg << 1) | {{HOLD-1{1'b0}}, write};
            if (new_reg[HOLD-1]) begin
                end_ptr_reg <= end_ptr_reg + 1'b1;
            end
            if (rst) begin
                new_reg <= 0;
                end_ptr_reg <= 0;
            end
        end
    end else begin : at_once
        assign end_ptr = write_ptr_reg;
        assign grow = write;
    end
endgenerate

generate
    if (BLOCK_RAM != 0) begin : block_ram
        reg [WIDTH-1:0] data_reg;
        reg valid_reg;

        wire next = !valid_reg || m_ready;

        assign read = unread_reg && next;
        assign m_valid = valid_reg;
        assign m_data = data_reg;
        assign level = stored + {{DEPTH_LOG2{1'b0}}, valid_reg};

        always @(posedge clk) begin
            if (next) begin
                data_reg <= mem[read_ptr_reg[DEPTH_LOG2-1:0]];
            end
            valid_reg <= read || (valid_reg && !m_ready);
            if (rst) begin
                valid_reg <= 1'b0;
            end
        end
    end else begin : distributed_ram
        assign read = m_valid && m_ready;
        assign m_valid = unread_reg;
        assign m_data = mem[read_ptr_reg[DEPTH_LOG2-1:0]];
        assign level = stored;
    end
endgenerate

endmodule

`resetall
