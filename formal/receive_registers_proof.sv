// SPDX-License-Identifier: Apache-2.0
/*
 * esp_receive with EXTRA_REGISTERS: as in receive_release, no beat leaves other than as it was stored, unless the ICV comparison of its frame succeeded and its SA was below
 * its hard limits; the same for what the words beside the frame tell of its trailer. A beat that is offered stays until it is taken.
 *
 * Links again: a record that is taken is compared, its result looks at the limits and its verdict is made, each a cycle later; a verdict finds room in its queue and is
 * followed through it; a beat that is taken with a verdict is followed through two registers to the XOR. A verdict leaves with the last beat of its frame.
 */
`default_nettype none

module receive_registers_proof #(
    // of a verdict: {verified, 3 bits, handle, slot 12, slot 1, 28 bits}
    parameter WIDTH = 128
) (
    input wire             clk,
    input wire             rst_path,
    input wire [127:0]     m_axis_rx_tdata,
    input wire [15:0]      m_axis_rx_tkeep,
    input wire             m_axis_rx_tvalid,
    input wire             m_axis_rx_tready,
    input wire             m_axis_rx_tlast,
    input wire [95:0]      m_axis_rx_tuser,
    // from a frame of the store to its record
    input wire             keep_beat,
    input wire             head_last,
    input wire             overflow,
    input wire             record_valid_reg,
    input wire             record_drop_reg,
    // comparison
    input wire             check_take,
    input wire             check_valid,
    input wire             check_hashed,
    input wire             check_crypto,
    input wire [127:0]     check_icv,
    input wire [2:0]       check_icv_words,
    input wire             stored_hash_valid,
    input wire [127:0]     stored_hash,
    input wire             hash_take,
    input wire             j0_valid,
    input wire [127:0]     j0_block,
    // result
    input wire             compared_valid,
    input wire             compared_crypto,
    input wire [31:0]      compared_differs,
    input wire             result_valid,
    input wire             authentic,
    input wire             usage_hard,
    // verdict
    input wire             made_valid,
    input wire             made_drop,
    input wire [WIDTH-1:0] made_verdict,
    input wire             verdict_room,
    input wire             verdict_queue_ready,
    input wire             verdict_valid,
    input wire             verdict_verified,
    input wire [31:0]      verdict_slot_12,
    input wire             verdict_take,
    // release
    input wire             kept_take,
    input wire             kept_last,
    input wire             store_valid,
    input wire             store_take,
    input wire [127:0]     store_data,
    input wire [15:0]      payload_lanes,
    input wire [127:0]     live_mask,
    input wire [95:0]      out_user,
    input wire             keystream_needed,
    input wire             keystream_valid
);

// places in the words of the registers on the way out, from their low end: {.., payload lanes, 16 + 4 bits, handle, slot 12, slot 1, 2 bits} in front of the
// XOR, {.., decrypt, 12 bits, handle, slot 12, slot 1, 2 bits} behind the store
localparam SLOT_12 = 2 + 32;
localparam LANES = 2 + 96 + 4 + 16;
localparam DECRYPT = 2 + 96 + 4 + 4 + 2 + 2;

reg past_valid = 1'b0;
wire choose_verdict;
wire choose_beat;

anything #(.WIDTH(2)) choose_inst (.value({choose_verdict, choose_beat}));

// the comparison, written again: the first icv_words words of hash ^ E(J0) and of the ICV
wire [127:0] tag = stored_hash ^ j0_block;
wire icv_right = tag[127:64] == check_icv[127:64] && (check_icv_words < 3 || tag[63:32] == check_icv[63:32])
    && (check_icv_words < 4 || tag[31:0] == check_icv[31:0]);

// of the records one, two, three cycles before: whether there was one, whether it was right
reg [2:0] took_reg;
reg [2:0] right_reg;
// limits reached, as seen a cycle behind the record, at its result and at its verdict
reg [1:0] hard_reg;
wire may_release = right_reg[2] && !hard_reg[1];

// one verdict, any, in the queue: a memory with a register behind it, which has the first word of the memory a cycle longer than that
wire push = made_valid && !made_drop;
wire [5:0] held;
wire following;
wire [5:0] front;
wire may_release_followed;
wire followed;
wire word_out;

follow_word #(.WIDTH(1), .COUNT(6)) follow_verdict (
    .rst(rst_path), .in(push), .data(may_release), .out(verdict_take), .choose(choose_verdict), .word(may_release_followed), .*
);

wire queue_valid = esp_receive.verdict_queue_inst.elastic_register_inst.register_at_half_rate.valid_reg;
wire queue_taken = esp_receive.verdict_queue_inst.elastic_register_inst.register_at_half_rate.taken_reg;
wire [4:0] stored = esp_receive.verdict_queue_inst.fifo_inst.stored;
wire [3:0] place = esp_receive.verdict_queue_inst.fifo_inst.read_ptr_reg[3:0] + front[3:0] - queue_valid + queue_taken;
wire [WIDTH-1:0] place_data = queue_valid && front == 0 ? esp_receive.verdict_queue_inst.elastic_register_inst.register_at_half_rate.data_reg
    : esp_receive.verdict_queue_inst.fifo_inst.mem[place];

// one beat, any, in the two registers in front of the XOR, of two words each: {verdict was of a frame that may be altered, tells of the trailer}
wire [2:0] beats;
wire beat_inside;
wire [2:0] beat_front;
wire [1:0] beat_may;
wire beat_followed;
wire beat_out;

follow_word #(.WIDTH(2), .COUNT(3)) follow_beat (
    .clk(clk), .rst(rst_path), .in(kept_take), .data({verdict_verified, verdict_slot_12 != 0}), .out(store_take), .choose(choose_beat),
    .held(beats), .following(beat_inside), .front(beat_front), .word(beat_may), .followed(beat_followed), .word_out(beat_out)
);

wire [1:0] lanes_valid = {esp_receive.lanes_register_inst.two_registers.spare_valid_reg, esp_receive.lanes_register_inst.two_registers.valid_reg};
wire [1:0] release_valid = {esp_receive.release_register_inst.two_registers.spare_valid_reg, esp_receive.release_register_inst.two_registers.valid_reg};
wire [2:0] in_lanes = lanes_valid[0] + lanes_valid[1];
wire [2:0] in_release = release_valid[0] + release_valid[1];
wire at_lanes = beat_front < in_lanes;
wire [2:0] behind = at_lanes ? beat_front : beat_front - in_lanes;
// whether the beat is going to be altered where it is, and what it tells
wire alters = at_lanes ? (behind == 0 ? esp_receive.lanes_register_inst.two_registers.data_reg[LANES +: 16] != 0
        : esp_receive.lanes_register_inst.two_registers.spare_reg[LANES +: 16] != 0)
    : (behind == 0 ? esp_receive.release_register_inst.two_registers.data_reg[DECRYPT]
        : esp_receive.release_register_inst.two_registers.spare_reg[DECRYPT]);
wire [31:0] tells = at_lanes ? (behind == 0 ? esp_receive.lanes_register_inst.two_registers.data_reg[SLOT_12 +: 32]
        : esp_receive.lanes_register_inst.two_registers.spare_reg[SLOT_12 +: 32])
    : (behind == 0 ? esp_receive.release_register_inst.two_registers.data_reg[SLOT_12 +: 32]
        : esp_receive.release_register_inst.two_registers.spare_reg[SLOT_12 +: 32]);

wire [127:0] stored_beat = store_data & live_mask;

always @(posedge clk) begin
    past_valid <= 1'b1;
    took_reg <= rst_path ? 3'd0 : {took_reg[1:0], check_take};
    right_reg <= {right_reg[1:0], check_crypto && icv_right && j0_valid};
    hard_reg <= {hard_reg[0], usage_hard};
    if (!past_valid) assume (rst_path);

    if (past_valid) begin
        // a record is compared, has its result and its verdict
        each_record_once: assert ({made_valid, result_valid, compared_valid} == took_reg);
        compared: assert (!compared_valid || !compared_crypto || compared_differs != 0 || right_reg[0]);
        authentic_only_if_compared: assert (!result_valid || !authentic || right_reg[1]);
        verified_only_if_compared: assert (!made_valid || !made_verdict[WIDTH-1] || may_release);
        trailer_only_if_compared: assert (!made_valid || made_verdict[WIDTH-5-32 -: 32] == 0 || may_release);
        each_record_at_hand: assert (!check_take || (check_valid && verdict_room));
        hash_of_each_hashed_record: assert (hash_take == (check_take && check_hashed) && (!hash_take || stored_hash_valid));
        if ($past(!rst_path && keep_beat && head_last)) begin
            record_for_each_frame: assert (record_valid_reg && record_drop_reg == $past(overflow));
        end else begin
            record_for_frames_only: assert (!record_valid_reg || $past(rst_path));
        end

        // its verdict finds room and leaves as it came
        a_verdict_finds_room: assert (!push || verdict_queue_ready);
        if (word_out) verdict_as_it_was_made: assert (may_release_followed || (!verdict_verified && verdict_slot_12 == 0));
        verdict_leaves_with_its_frame: assert (verdict_take == (kept_take && kept_last));
        a_beat_has_a_verdict: assert (!kept_take || verdict_valid);

        // a beat leaves as its verdict was
        if (beat_out) begin
            altered_only_if_verified: assert (beat_may[1] || payload_lanes == 0);
            told_only_if_verified: assert (beat_may[0] || out_user[63:32] == 0);
        end
        if ($past(!rst_path && store_take)) begin
            comes_to_the_port: assert (m_axis_rx_tvalid && m_axis_rx_tuser == $past(out_user));
            as_stored_without_lanes: assert ($past(payload_lanes != 0) || m_axis_rx_tdata == $past(stored_beat));
        end
        leaves_at_once: assert (!(store_valid && (!keystream_needed || keystream_valid) && m_axis_rx_tready) || store_take);
        if ($past(!rst_path && m_axis_rx_tvalid && !m_axis_rx_tready)) begin
            valid_stays: assert (m_axis_rx_tvalid);
            beat_stays: assert ({m_axis_rx_tdata, m_axis_rx_tkeep, m_axis_rx_tlast, m_axis_rx_tuser}
                == $past({m_axis_rx_tdata, m_axis_rx_tkeep, m_axis_rx_tlast, m_axis_rx_tuser}));
        end

        // what these rest on
        words_are_known: assert (esp_receive.verdict_queue_inst.fifo_inst.unread_reg == (esp_receive.verdict_queue_inst.fifo_inst.unread != 0)
            && esp_receive.verdict_queue_inst.fifo_inst.several_reg == (esp_receive.verdict_queue_inst.fifo_inst.unread > 1));
        room_is_known: assert (esp_receive.verdict_queue_inst.fifo_inst.full_reg == stored[4]
            && esp_receive.verdict_queue_inst.fifo_inst.almost_reg == (stored == 15));
        room_for_those_that_come: assert (stored + took_reg[0] + took_reg[1] + took_reg[2] <= 16 && (!verdict_room || stored <= 12));
        queue_counts: assert (held == stored + queue_valid - queue_taken && (!queue_taken || (queue_valid && stored != 0)));
        followed_is_inside: assert (!following || front < held);
        followed_is_kept: assert (!following || may_release_followed || (!place_data[WIDTH-1] && place_data[WIDTH-5-32 -: 32] == 0));
        registers_count: assert (beats == in_lanes + in_release && (lanes_valid != 2'b10) && (release_valid != 2'b10));
        beat_is_inside: assert (!beat_inside || beat_front < beats);
        beat_is_kept: assert (!beat_inside || ((beat_may[1] || !alters) && (beat_may[0] || tells == 0)));

        released: cover (m_axis_rx_tvalid && $past(beat_out && beat_may[1]) && m_axis_rx_tdata != $past(stored_beat));
        refused: cover (word_out && !may_release_followed && check_take);
        waits: cover (m_axis_rx_tvalid && $past(m_axis_rx_tvalid && !m_axis_rx_tready, 2));
    end
end

endmodule

bind esp_receive receive_registers_proof #(.WIDTH(VERDICT_WIDTH)) registers_proof (.*);

`default_nettype wire
