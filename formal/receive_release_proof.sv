// SPDX-License-Identifier: Apache-2.0
/*
 * esp_receive: no beat leaves other than as it was stored, unless the ICV comparison of its frame succeeded and its SA was below its hard limits; the same for what
 * the words beside the frame tell of its trailer. A beat that is offered stays until it is taken.
 *
 * A frame has its verdict by order, so this is shown in links: each frame that the store keeps makes one record that is not dropped; each such record makes one
 * verdict, which is followed from its comparison through the queue; a verdict is taken with the last beat of a frame. That queues and store keep the order are
 * proofs of their own (fifo, frame_store).
 *
 * A frame comes out: its record is judged in the third cycle at the latest in which its hash, its E(J0) and room for a verdict are there, and there is room unless
 * verdicts wait for their frames; a beat of the store with a verdict leaves in the first cycle in which its keystream is there and the sink takes. Keystream, hashes, parser and the other queues are cut out: what they give is anything.
 */
`default_nettype none

module receive_release_proof (
    input wire         clk,
    input wire         rst,
    input wire [127:0] m_axis_rx_tdata,
    input wire [15:0]  m_axis_rx_tkeep,
    input wire         m_axis_rx_tvalid,
    input wire         m_axis_rx_tready,
    input wire         m_axis_rx_tlast,
    input wire [95:0]  m_axis_rx_tuser,
    // links
    input wire         keep_beat,
    input wire         head_last,
    input wire         overflow,
    input wire         record_valid_reg,
    input wire         record_drop_reg,
    input wire         check_take,
    input wire         check_valid,
    input wire         check_drop,
    input wire         check_hashed,
    input wire         record_crypto_reg,
    input wire [1:0]   record_kind_reg,
    input wire [127:0] check_icv,
    input wire [2:0]   check_icv_words,
    input wire         stored_hash_valid,
    input wire [127:0] stored_hash,
    input wire         hash_take,
    input wire         j0_valid,
    input wire [127:0] j0_block,
    input wire         usage_hard,
    input wire         verdict_ready,
    input wire         verdict_valid,
    input wire         verdict_verified,
    input wire [31:0]  verdict_slot_12,
    input wire [31:0]  verdict_slot_1,
    input wire         verdict_take,
    input wire         store_take,
    input wire         store_last,
    input wire [127:0] store_data,
    input wire [127:0] live_mask,
    // what is waited for
    input wire         check_crypto,
    input wire         store_valid,
    input wire         keystream_needed,
    input wire         keystream_valid
);

reg past_valid = 1'b0;
wire choose;

anything #(.WIDTH(1)) choose_inst (.value(choose));

// the comparison, written again: the first icv_words words of hash ^ E(J0) and of the ICV
wire [127:0] tag = stored_hash ^ j0_block;
wire icv_right = tag[127:64] == check_icv[127:64] && (check_icv_words < 3 || tag[63:32] == check_icv[63:32])
    && (check_icv_words < 4 || tag[31:0] == check_icv[31:0]);
wire may_release = check_crypto && icv_right && j0_valid && !usage_hard && !check_drop;
wire push = check_take && !check_drop;

// one verdict, any: did its comparison succeed
wire [5:0] held;
wire following;
wire [5:0] front;
wire may_release_followed;
wire followed;
wire word_out;

follow_word #(.WIDTH(1), .COUNT(6)) follow (
    .in(push), .data(may_release), .out(verdict_take), .word(may_release_followed), .*
);

// where it is in the queue: {verified, 3 bits, handle, slot 12, slot 1, 28 bits}
wire [5:0] place = esp_receive.verdict_queue_inst.fifo_inst.read_ptr_reg + front;
wire [127:0] place_data = esp_receive.verdict_queue_inst.fifo_inst.mem[place[4:0]];
wire [127:0] stored_beat = store_data & live_mask;
// cycles that the first record has been at hand with all that its verdict takes
reg [1:0] judge_reg;

wire judged_next = check_valid && (!check_hashed || stored_hash_valid) && (!check_crypto || j0_valid) && (check_drop || verdict_ready);

always @(posedge clk) begin
    past_valid <= 1'b1;
    judge_reg <= judged_next && !check_take && !rst ? judge_reg + 1'b1 : 2'd0;
    if (!past_valid) assume (rst);

    if (past_valid) begin
        judged_in_the_third_cycle: assert (judge_reg <= 2 && !(judge_reg == 2 && judged_next && !check_take));
        judged_in_time: assert (judge_reg <= esp_receive.check_age_reg);
        room_or_a_verdict: assert (verdict_ready || verdict_valid);
        leaves_at_once: assert (!(store_valid && verdict_valid && (!keystream_needed || keystream_valid) && m_axis_rx_tready) || store_take);
        if ($past(!rst && store_take)) comes_to_the_port: assert (m_axis_rx_tvalid);
        if ($past(!rst && store_take)) begin
            altered_only_if_verified: assert ($past(verdict_verified) || m_axis_rx_tdata == $past(stored_beat));
        end
        if (word_out) begin
            verified_only_if_compared: assert (!verdict_verified || may_release_followed);
            trailer_only_if_compared: assert (verdict_slot_12 == 0 || may_release_followed);
        end
        a_beat_has_a_verdict: assert (!store_take || verdict_valid);
        verdict_leaves_with_its_frame: assert (verdict_take == (store_take && store_last));
        if ($past(!rst && keep_beat && head_last)) begin
            decrypted_only_if_kept_whole: assert (record_crypto_reg == (record_kind_reg == 2 && !record_drop_reg));
            record_for_each_frame: assert (record_valid_reg && record_drop_reg == $past(overflow));
        end else begin
            record_for_frames_only: assert (!record_valid_reg || $past(rst));
        end
        each_record_is_judged_once: assert (!push || (check_valid && verdict_ready));
        hash_of_each_hashed_record: assert (hash_take == (check_take && check_hashed) && (!hash_take || stored_hash_valid));
        if ($past(!rst && m_axis_rx_tvalid && !m_axis_rx_tready)) begin
            valid_stays: assert (m_axis_rx_tvalid);
            beat_stays: assert ({m_axis_rx_tdata, m_axis_rx_tkeep, m_axis_rx_tlast, m_axis_rx_tuser}
                == $past({m_axis_rx_tdata, m_axis_rx_tkeep, m_axis_rx_tlast, m_axis_rx_tuser}));
        end

        // what these rest on
        words_are_known: assert (esp_receive.verdict_queue_inst.fifo_inst.unread_reg == (esp_receive.verdict_queue_inst.fifo_inst.unread != 0)
            && esp_receive.verdict_queue_inst.fifo_inst.several_reg == (esp_receive.verdict_queue_inst.fifo_inst.unread > 1));
        room_is_known: assert (esp_receive.verdict_queue_inst.fifo_inst.full_reg == esp_receive.verdict_queue_inst.fifo_inst.stored[5]
            && esp_receive.verdict_queue_inst.fifo_inst.almost_reg == (esp_receive.verdict_queue_inst.fifo_inst.stored == 31));
        queue_counts: assert (held == esp_receive.verdict_queue_inst.fifo_inst.stored && held <= 32);
        followed_is_inside: assert (!following || front < held);
        followed_is_kept: assert (!following || may_release_followed || (!place_data[127] && place_data[91:60] == 0));

        released: cover (m_axis_rx_tvalid && $past(store_take && verdict_verified) && m_axis_rx_tdata != $past(stored_beat));
        refused: cover (word_out && !may_release_followed && verdict_slot_1[18:16] == 3);
        waits: cover (m_axis_rx_tvalid && $past(m_axis_rx_tvalid && !m_axis_rx_tready, 2));
    end
end

endmodule

bind esp_receive receive_release_proof release_proof (.*);

`default_nettype wire
