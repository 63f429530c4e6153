// SPDX-License-Identifier: Apache-2.0
/*
 * fifo: every word leaves once, unchanged, in the order in which it came, and in time: behind n words in the (n+1)th cycle at the latest in which the reader takes
 * (BLOCK_RAM: in the (n+2)th), counted from the cycle after it came.
 */
`default_nettype none

module fifo_proof #(
    parameter WIDTH = 4,
    parameter DEPTH_LOG2 = 2,
    parameter BLOCK_RAM = 0
) (
    input wire             clk,
    input wire             rst,
    input wire             s_valid,
    input wire [WIDTH-1:0] s_data,
    input wire             m_ready,
    input wire             choose
);

localparam COUNT = DEPTH_LOG2 + 2;
localparam [COUNT-1:0] ROOM = 2**DEPTH_LOG2 + BLOCK_RAM;

wire s_ready;
wire m_valid;
wire [WIDTH-1:0] m_data;
wire [DEPTH_LOG2:0] level;

fifo #(.WIDTH(WIDTH), .DEPTH_LOG2(DEPTH_LOG2), .BLOCK_RAM(BLOCK_RAM)) dut (.*);

wire [COUNT-1:0] held;
wire following;
wire [COUNT-1:0] front;
wire [WIDTH-1:0] word;
wire followed;
wire word_out;

follow_word #(.WIDTH(WIDTH), .COUNT(COUNT)) follow (
    .in(s_valid && s_ready), .data(s_data), .out(m_valid && m_ready), .*
);

reg past_valid = 1'b0;
reg was_full_reg;
// of the word that is followed: the words in front of it when it came, and the cycles since then in which the reader takes
reg [COUNT-1:0] before_reg;
reg [COUNT-1:0] ready_reg;

// where the word is while it is in the memory: behind the register
wire in_register = BLOCK_RAM != 0 && m_valid;
wire [DEPTH_LOG2:0] place = dut.read_ptr_reg + front[DEPTH_LOG2:0] - in_register;

always @(posedge clk) begin
    past_valid <= 1'b1;
    was_full_reg <= !rst && (was_full_reg || held == ROOM);
    if (!following) begin
        before_reg <= held - (m_valid && m_ready);
        ready_reg <= 0;
    end else begin
        ready_reg <= ready_reg + m_ready;
    end
    if (!past_valid) assume (rst);

    if (past_valid) begin
        full_is_known: assert (dut.full_reg == dut.stored[DEPTH_LOG2]);
        almost_full_is_known: assert (dut.almost_reg == (dut.stored == 2**DEPTH_LOG2 - 1));
        words_are_known: assert (dut.unread_reg == (dut.unread != 0) && dut.several_reg == (dut.unread > 1));
        level_counts: assert (level == held[DEPTH_LOG2:0]);
        never_more_than_room: assert (held <= ROOM);
        accepts_while_there_is_room: assert (s_ready || held + (BLOCK_RAM == 0) >= ROOM);
        offers_only_what_is_inside: assert (!m_valid || held != 0);
        in_front_are_words: assert (!following || front < held);
        the_word_leaves: assert (!word_out || m_data == word);
        the_word_is_kept: assert (!following || (in_register && front == 0 ? m_data : dut.mem[place[DEPTH_LOG2-1:0]]) == word);
        leaves_within_the_bound: assert (!following || ready_reg + front <= before_reg + (BLOCK_RAM != 0));
        leaves_in_the_last_cycle: assert (!(following && m_ready && ready_reg == before_reg + (BLOCK_RAM != 0)) || word_out);
        empty_register: assert (!(BLOCK_RAM != 0 && following && !m_valid) || (held == 1 && ready_reg == 0 && before_reg == 0));
        word_by_word: assert (!following || ready_reg + front >= before_reg);
        offers_at_once: assert (BLOCK_RAM != 0 || m_valid == (held != 0));
        if ($past(!rst && m_valid && !m_ready)) begin
            valid_stays: assert (m_valid);
            data_stays: assert (m_data == $past(m_data));
        end
        if ($past(!rst && held != 0 && !m_valid)) offers_after_a_cycle: assert (m_valid);

        full: cover (held == ROOM);
        full_then_empty: cover (was_full_reg && held == 0 && followed);
        word_behind_others: cover (following && front == 2);
    end
end

endmodule

`default_nettype wire
