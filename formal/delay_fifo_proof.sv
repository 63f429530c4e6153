// SPDX-License-Identifier: Apache-2.0
/*
 * delay_fifo: every word leaves once, unchanged, in order, not before it is DELAY cycles old and offered from then on as soon as it is the first. Behind n words it leaves
 * in the (n + DELAY)th cycle at the latest in which the reader takes, counted from the cycle after it came.
 */
`default_nettype none

module delay_fifo_proof #(
    parameter WIDTH = 4,
    parameter DEPTH_LOG2 = 2,
    parameter DELAY = 3
) (
    input wire             clk,
    input wire             rst,
    input wire             s_valid,
    input wire [WIDTH-1:0] s_data,
    input wire             m_ready,
    input wire             choose
);

localparam COUNT = DEPTH_LOG2 + 2;
localparam AGE = $clog2(DELAY + 1);

wire s_ready;
wire m_valid;
wire [WIDTH-1:0] m_data;

delay_fifo #(.WIDTH(WIDTH), .DEPTH_LOG2(DEPTH_LOG2), .DELAY(DELAY)) dut (.*);

wire in = s_valid && s_ready;
wire [COUNT-1:0] held;
wire following;
wire [COUNT-1:0] front;
wire [WIDTH-1:0] word;
wire followed;
wire word_out;

follow_word #(.WIDTH(WIDTH), .COUNT(COUNT)) follow (.data(s_data), .out(m_valid && m_ready), .*);

reg past_valid = 1'b0;
// of the word: cycles since it came, up to DELAY
reg [AGE-1:0] age_reg;
reg was_full_reg;
// of the word: the words in front of it when it came, and the cycles since then in which the reader takes
reg [COUNT+AGE-1:0] before_reg;
reg [COUNT+AGE-1:0] ready_reg;

// words that are not ripe, and those of them that came before the word
reg [COUNT-1:0] unripe;
reg [COUNT-1:0] unripe_before;
integer i;

always @* begin
    unripe = 0;
    unripe_before = 0;
    for (i = 0; i < DELAY - 1; i = i + 1) begin
        unripe = unripe + dut.age_reg[i];
        if (i + 1 > age_reg) unripe_before = unripe_before + dut.age_reg[i];
    end
end

wire ripe = age_reg == DELAY;
wire [DEPTH_LOG2:0] place = dut.fifo_inst.read_ptr_reg + front[DEPTH_LOG2:0] - dut.stored;

always @(posedge clk) begin
    past_valid <= 1'b1;
    was_full_reg <= !rst && (was_full_reg || !s_ready);
    age_reg <= !following ? 1 : age_reg + !ripe;
    if (!following) begin
        before_reg <= held - (m_valid && m_ready);
        ready_reg <= 0;
    end else begin
        ready_reg <= ready_reg + m_ready;
    end
    if (!past_valid) assume (rst);

    if (past_valid) begin
        full_is_known: assert (dut.fifo_inst.full_reg == dut.fifo_inst.stored[DEPTH_LOG2]);
        almost_full_is_known: assert (dut.fifo_inst.almost_reg == (dut.fifo_inst.stored == 2**DEPTH_LOG2 - 1));
        words_are_known: assert (dut.fifo_inst.unread_reg == (dut.fifo_inst.unread != 0) && dut.fifo_inst.several_reg == (dut.fifo_inst.unread > 1));
        in_front_are_words: assert (!following || front < held);
        never_more_than_room: assert (held <= 2**DEPTH_LOG2 + 1);
        counts_agree: assert (dut.fifo_inst.level == held[DEPTH_LOG2:0]);
        every_word_has_an_age: assert (dut.ripe_reg <= held && unripe <= held && dut.ripe_reg + unripe == held);
        only_the_newest_is_not_at_hand: assert (dut.stored || held == dut.age_reg[0]);
        not_stored_but_ripe: assert (dut.ripe_reg == 0 || dut.stored);
        age_of_the_word: assert (!following || (age_reg != 0 && age_reg <= DELAY && (ripe || dut.age_reg[age_reg - 1])));
        those_before_are_older: assert (!following || (ripe ? dut.ripe_reg > front : front == dut.ripe_reg + unripe_before));
        the_word_leaves: assert (!word_out || m_data == word);
        the_word_is_kept: assert (!following || (dut.stored && front == 0 ? m_data : dut.fifo_inst.mem[place[DEPTH_LOG2-1:0]]) == word);
        not_before_its_time: assert (!(following && front == 0 && m_valid) || ripe);
        offered_at_its_time: assert (!(following && front == 0 && ripe) || m_valid);
        leaves_within_the_bound: assert (!following || (ripe ? ready_reg + front < before_reg + DELAY : ready_reg < age_reg && front <= before_reg));
        leaves_in_the_last_cycle: assert (!(following && m_ready && ready_reg + 1 == before_reg + DELAY) || word_out);
        if ($past(!rst && m_valid && !m_ready)) begin
            valid_stays: assert (m_valid);
            data_stays: assert (m_data == $past(m_data));
        end

        full_then_empty: cover (was_full_reg && held == 0 && followed);
        leaves_in_time: cover (word_out && ripe && $past(!ripe));
        leaves_late: cover (word_out && held == 3 && $past(ripe));
    end
end

endmodule

`default_nettype wire
