// SPDX-License-Identifier: Apache-2.0
/*
 * frame_store: the reader gets every beat of every committed frame once, unchanged, in order, and none of a frame that was taken back or is not
 * yet committed.
 */
`default_nettype none

module frame_store_proof #(
    parameter WIDTH = 4,
    parameter DEPTH_LOG2 = 2
) (
    input wire             clk,
    input wire             rst,
    input wire             s_valid,
    input wire [WIDTH-1:0] s_data,
    input wire             s_last,
    input wire             s_commit,
    input wire             m_ready,
    input wire             choose
);

localparam COUNT = DEPTH_LOG2 + 2;
localparam [COUNT-1:0] ROOM = 2**DEPTH_LOG2 + 1;

wire s_overflow;
wire m_valid;
wire [WIDTH-1:0] m_data;

frame_store #(.WIDTH(WIDTH), .DEPTH_LOG2(DEPTH_LOG2)) dut (.*);

reg past_valid = 1'b0;
// beats inside of committed frames, and of the frame that is coming
reg [COUNT-1:0] committed_reg;
reg [COUNT-1:0] coming_reg;
// a beat of this frame was lost
reg lost_reg;
// one beat, any: it is inside (its frame may be taken back); its frame is committed; beats in front of it
reg following_reg;
reg kept_reg;
reg [COUNT-1:0] front_reg;
reg [WIDTH-1:0] beat_reg;
reg followed_reg;
reg was_taken_back_reg;
// of the beat: the beats in front of it in the cycle after its commit, and the cycles from then on in which the reader takes
reg [COUNT-1:0] before_reg;
reg [COUNT-1:0] ready_reg;

wire out = m_valid && m_ready;
wire in = s_valid && !s_overflow;
wire back = s_valid && s_last && !s_commit;
wire commit = s_valid && s_last && s_commit;
wire take = in && !back && choose && !following_reg && !followed_reg;
wire beat_out = following_reg && out && front_reg == 0;

always @(posedge clk) begin
    past_valid <= 1'b1;
    committed_reg <= committed_reg - out + (commit ? coming_reg + in : 0);
    coming_reg <= s_valid && s_last ? 0 : coming_reg + in;
    lost_reg <= s_valid && s_last ? 1'b0 : lost_reg || s_overflow;
    if (following_reg && out) front_reg <= front_reg - 1'b1;
    if (take) begin
        following_reg <= 1'b1;
        kept_reg <= commit;
        front_reg <= committed_reg + coming_reg - out;
        beat_reg <= s_data;
    end else if (following_reg && !kept_reg && back) begin
        following_reg <= 1'b0;
        was_taken_back_reg <= 1'b1;
    end else begin
        kept_reg <= kept_reg || commit;
        if (beat_out) begin
            following_reg <= 1'b0;
            followed_reg <= 1'b1;
        end
    end
    if (!following_reg || !kept_reg) begin
        before_reg <= (take ? committed_reg + coming_reg : front_reg) - out;
        ready_reg <= 0;
    end else begin
        ready_reg <= ready_reg + m_ready;
    end
    if (rst) begin
        committed_reg <= 0;
        coming_reg <= 0;
        lost_reg <= 1'b0;
        following_reg <= 1'b0;
        followed_reg <= 1'b0;
        was_taken_back_reg <= 1'b0;
    end
end

wire [DEPTH_LOG2:0] place = dut.read_ptr_reg + front_reg[DEPTH_LOG2:0] - m_valid;
wire [DEPTH_LOG2:0] behind = committed_reg[DEPTH_LOG2:0] - m_valid;

always @(posedge clk) begin
    if (!past_valid) assume (rst);
    // the writer does not commit a frame of which a beat was lost
    if (commit) assume (!lost_reg && !s_overflow);

    if (past_valid) begin
        only_what_is_committed: assert (!m_valid || committed_reg != 0);
        committed_beats: assert (dut.commit_ptr_reg == dut.read_ptr_reg + behind);
        full_is_known: assert (dut.full_reg == (dut.write_ptr_reg == {~dut.read_ptr_reg[DEPTH_LOG2], dut.read_ptr_reg[DEPTH_LOG2-1:0]}));
        coming_beats: assert (dut.write_ptr_reg == dut.commit_ptr_reg + coming_reg[DEPTH_LOG2:0]);
        never_more_than_room: assert (committed_reg <= ROOM && coming_reg <= ROOM
            && committed_reg + coming_reg - m_valid < ROOM);
        overflow_only_if_full: assert (!s_overflow || committed_reg + coming_reg + 1 >= ROOM);
        in_front_are_beats: assert (!following_reg || (kept_reg ? front_reg < committed_reg
            : front_reg >= committed_reg && front_reg < committed_reg + coming_reg));
        the_beat_leaves: assert (!beat_out || (m_data == beat_reg && kept_reg));
        the_beat_is_kept: assert (!following_reg || (m_valid && front_reg == 0 ? m_data : dut.mem[place[DEPTH_LOG2-1:0]]) == beat_reg);
        leaves_within_the_bound: assert (!(following_reg && kept_reg) || ready_reg + front_reg <= before_reg + 1);
        leaves_in_the_last_cycle: assert (!(following_reg && kept_reg && m_ready && ready_reg == before_reg + 1) || beat_out);
        empty_register: assert (!(following_reg && kept_reg && !m_valid) || ready_reg == 0);
        beat_by_beat: assert (!(following_reg && kept_reg) || ready_reg + front_reg >= before_reg);
        if ($past(!rst && m_valid && !m_ready)) begin
            valid_stays: assert (m_valid);
            data_stays: assert (m_data == $past(m_data));
        end
        if ($past(!rst && committed_reg != 0 && !m_valid)) offers_after_a_cycle: assert (m_valid);

        leaves_behind_others: cover (followed_reg && was_taken_back_reg && committed_reg == 2);
        overflow: cover (s_overflow);
        after_an_overflow: cover (followed_reg && $past(back && lost_reg));
    end
end

endmodule

`default_nettype wire
