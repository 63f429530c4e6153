// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Store-and-forward FIFO of beats whose newest frame can be taken back.
 *
 * Beats are written as they come; the reader sees a frame only after its last beat was written with s_commit. A last beat without
 * s_commit takes the whole frame back. A beat that finds the store full is lost and sets s_overflow in the same cycle: the writer must then
 * not commit that frame. Block RAM; a committed beat is readable 2 cycles after its commit; one beat in and one out per cycle.
 */
module frame_store #(
    // bits of a beat
    parameter WIDTH = 134,
    // log2 of the number of beats
    parameter DEPTH_LOG2 = 10
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             s_valid,
    input  wire [WIDTH-1:0] s_data,
    input  wire             s_last,
    // with s_last: keep the frame
    input  wire             s_commit,
    output wire             s_overflow,

    output reg              m_valid,
    input  wire             m_ready,
    output reg  [WIDTH-1:0] m_data
);

// never read and written at once
(* no_rw_check *) reg [WIDTH-1:0] mem [0:2**DEPTH_LOG2-1];
reg [DEPTH_LOG2:0] write_ptr_reg;
reg [DEPTH_LOG2:0] commit_ptr_reg;
reg [DEPTH_LOG2:0] read_ptr_reg;

// the store is full: no subtractor lies before s_overflow
reg full_reg;
// beats inside, if it is not
wire [DEPTH_LOG2-1:0] stored = write_ptr_reg[DEPTH_LOG2-1:0] - read_ptr_reg[DEPTH_LOG2-1:0];
// those of them that are not taken back are all of it
wire committed_full = commit_ptr_reg == {~read_ptr_reg[DEPTH_LOG2], read_ptr_reg[DEPTH_LOG2-1:0]};
wire take_back = s_valid && s_last && !s_commit;
wire read = commit_ptr_reg != read_ptr_reg && (!m_valid || m_ready);

assign s_overflow = s_valid && full_reg;

always @(posedge clk) begin
    if (s_valid) begin
        if (!full_reg) begin
            mem[write_ptr_reg[DEPTH_LOG2-1:0]] <= s_data;
        end
        if (take_back) begin
            write_ptr_reg <= commit_ptr_reg;
        end else if (!full_reg) begin
            write_ptr_reg <= write_ptr_reg + 1'b1;
            if (s_last) begin
                commit_ptr_reg <= write_ptr_reg + 1'b1;
            end
        end
    end
    if (read) begin
        m_data <= mem[read_ptr_reg[DEPTH_LOG2-1:0]];
        read_ptr_reg <= read_ptr_reg + 1'b1;
    end
    full_reg <= !read && (take_back ? committed_full : full_reg || (s_valid && &stored));
    m_valid <= read || (m_valid && !m_ready);
    if (rst) begin
        write_ptr_reg <= 0;
        commit_ptr_reg <= 0;
        read_ptr_reg <= 0;
        full_reg <= 1'b0;
        m_valid <= 1'b0;
    end
end

endmodule

`resetall
