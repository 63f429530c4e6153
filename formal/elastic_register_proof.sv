// SPDX-License-Identifier: Apache-2.0
/*
 * elastic_register with a stage: every word leaves once, unchanged, in order, is offered from the cycle after it was taken, and behind n words leaves in the (n+1)th
 * cycle in which the receiver takes. STAGE = 3 takes a word a cycle before it says so: to a sender that keeps the word until then, once for each word.
 */
`default_nettype none

module elastic_register_proof #(
    parameter WIDTH = 4,
    parameter STAGE = 1,
    parameter CLOSE_GAPS = 1
) (
    input wire             clk,
    input wire             rst,
    input wire             s_valid,
    input wire [WIDTH-1:0] s_data,
    input wire             m_ready,
    input wire             choose
);

localparam COUNT = 2;
localparam [COUNT-1:0] ROOM = STAGE == 2 ? 2 : 1;

wire s_ready;
wire m_valid;
wire [WIDTH-1:0] m_data;

elastic_register #(.WIDTH(WIDTH), .STAGE(STAGE), .CLOSE_GAPS(CLOSE_GAPS)) dut (.*);

wire out = m_valid && m_ready;
// the word is taken
wire in = s_valid && (STAGE == 3 ? !s_ready && (m_ready || !m_valid) : s_ready);
wire [COUNT-1:0] held;
wire following;
wire [COUNT-1:0] front;
wire [WIDTH-1:0] word;
wire followed;
wire word_out;

follow_word #(.WIDTH(WIDTH), .COUNT(COUNT)) follow (.data(s_data), .*);

// the word behind the one on m_data
wire [WIDTH-1:0] second;

generate
    if (STAGE == 2) begin : with_spare
        assign second = dut.two_registers.spare_reg;
    end else begin : one_word
        assign second = 0;
    end
endgenerate

reg past_valid = 1'b0;
// of the word that is followed: the words in front of it when it came, and the cycles since then in which the receiver takes
reg [COUNT-1:0] before_reg;
reg [COUNT-1:0] ready_reg;

always @(posedge clk) begin
    past_valid <= 1'b1;
    if (!following) begin
        before_reg <= held - out;
        ready_reg <= 0;
    end else begin
        ready_reg <= ready_reg + m_ready;
    end
    if (!past_valid) assume (rst);

    if (past_valid) begin
        if (STAGE == 3 && $past(!rst && s_valid && !s_ready)) the_sender_keeps_it: assume (s_valid && s_data == $past(s_data));

        never_more_than_room: assert (held <= ROOM);
        offers_at_once: assert (m_valid == (held != 0));
        in_front_are_words: assert (!following || front < held);
        the_word_is_kept: assert (!following || (front == 0 ? m_data : second) == word);
        the_word_leaves: assert (!word_out || m_data == word);
        leaves_in_its_cycle: assert (!following || ready_reg + front == before_reg);
        takes_while_there_is_room: assert (STAGE != 2 || s_ready == (held < ROOM));
        takes_with_the_receiver: assert (STAGE != 1 || s_ready == (m_ready || (CLOSE_GAPS != 0 && held == 0)));
        says_that_it_took: assert (STAGE != 3 || s_ready == $past(in && !rst));
        if ($past(!rst && m_valid && !m_ready)) begin
            valid_stays: assert (m_valid);
            data_stays: assert (m_data == $past(m_data));
        end

        full: cover (held == ROOM && s_valid && !m_ready);
        full_then_empty: cover (followed && held == 0 && $past(held == ROOM));
        one_after_the_other: cover (word_out && in);
    end
end

endmodule

`default_nettype wire
