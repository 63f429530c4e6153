// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Plays frames into an AXI4-Stream, back to back: Python hands over chunks of beats, this module moves them.
 *
 * A frame in the memory is a header beat {tuser[95:0], 16'b0, length[15:0]} and its data beats (tdata lane order, first octet lowest). A chunk is up to
 * CHUNK_BEATS such beats; frames may go on from one chunk to the next. push (a toggle, sampled with the clock) takes the chunk over;
 * consumed counts the beats that were read from the memory, so that the other side knows the room.
 *
 * stall_rate / 256 of the cycles are idle, chosen at random from seed. Dead lanes of a last beat, and all of tdata, tkeep, tlast and tuser while
 * tvalid is low, are random junk; so is tuser after the first beat. A frame of length 0 is one beat with tkeep = 0.
 * A frame begins only when its header is in the memory, and waits for beats that are still to come.
 *
 * frames counts the frames whose last beat was taken; stamps[64*(n % STAMPS) +: 64] = {last beat's cycle[31:0], first beat's cycle[31:0]} of frame n,
 * the cycles in which these beats were taken (as axis_sink has them), for the latest STAMPS frames.
 */
module axis_source #(
    // beats of a chunk
    parameter CHUNK_BEATS = 128,
    // log2 of the beats in the memory
    parameter DEPTH_LOG2 = 13,
    // frames whose cycles are kept, a power of two
    parameter STAMPS = 256
) (
    input  wire                       clk,
    input  wire                       rst,
    input  wire [31:0]                cycle,

    input  wire [128*CHUNK_BEATS-1:0] chunk,
    input  wire [15:0]                chunk_beats,
    input  wire                       push,
    output reg  [31:0]                consumed,
    output reg  [64*STAMPS-1:0]       stamps,
    output reg  [31:0]                frames,
    input  wire [7:0]                 stall_rate,
    input  wire [31:0]                seed,

    output reg  [127:0]               m_axis_tdata,
    output reg  [15:0]                m_axis_tkeep,
    output reg                        m_axis_tvalid,
    input  wire                       m_axis_tready,
    output reg                        m_axis_tlast,
    output reg  [95:0]                m_axis_tuser
);

reg [127:0] mem [0:2**DEPTH_LOG2-1];
reg [DEPTH_LOG2:0] write_ptr;
reg [DEPTH_LOG2:0] read_ptr;
reg push_reg;
// octets of the frame at hand that are still to be sent
reg [15:0] left;
reg in_frame;
// the beat on the bus is not the first of its frame
reg begun_reg;
reg [31:0] first_cycle_reg;
reg [95:0] user;
reg [127:0] live;
integer i;

wire stall;
wire [31:0] random;
wire [127:0] junk = {4{random}};

stall_generator stall_generator_inst (
    .clk(clk),
    .seed(seed),
    .rate(stall_rate),
    .stall(stall),
    .random(random)
);

/* verilator lint_off BLKSEQ */ // a behavioural model: pointers and counters move several times within a cycle
always @(posedge clk) begin
    if (m_axis_tvalid && m_axis_tready) begin
        begun_reg <= !m_axis_tlast;
        if (!begun_reg) begin
            first_cycle_reg <= cycle;
        end
        if (m_axis_tlast) begin
            stamps[64*(frames % STAMPS) +: 64] <= {cycle, begun_reg ? first_cycle_reg : cycle};
            frames <= frames + 32'd1;
        end
    end
    push_reg <= push;
    if (push != push_reg) begin
        for (i = 0; i < {16'd0, chunk_beats}; i = i + 1) begin
            mem[write_ptr[DEPTH_LOG2-1:0]] = chunk[128*i +: 128];
            write_ptr = write_ptr + 1'b1;
        end
    end
    if (!m_axis_tvalid || m_axis_tready) begin
        m_axis_tvalid <= 1'b0;
        m_axis_tdata <= junk;
        m_axis_tkeep <= random[15:0];
        m_axis_tlast <= random[16];
        m_axis_tuser <= {random, random, random};
        if (!stall) begin
            if (!in_frame && write_ptr != read_ptr) begin
                left = mem[read_ptr[DEPTH_LOG2-1:0]][15:0];
                user = mem[read_ptr[DEPTH_LOG2-1:0]][127:32];
                read_ptr = read_ptr + 1'b1;
                in_frame = 1'b1;
                m_axis_tuser <= user;
            end
            if (in_frame && (write_ptr != read_ptr || left == 16'd0)) begin
                m_axis_tvalid <= 1'b1;
                m_axis_tlast <= left <= 16'd16;
                m_axis_tuser <= user;
                user = {random, random, random};
                if (left <= 16'd16) begin
                    live = left == 16'd16 ? {128{1'b1}} : ~({128{1'b1}} << {left[3:0], 3'b000});
                    m_axis_tkeep <= left == 16'd16 ? 16'hffff : ~(16'hffff << left[3:0]);
                    m_axis_tdata <= (mem[read_ptr[DEPTH_LOG2-1:0]] & live) | (junk & ~live);
                    in_frame = 1'b0;
                end else begin
                    m_axis_tkeep <= 16'hffff;
                    m_axis_tdata <= mem[read_ptr[DEPTH_LOG2-1:0]];
                end
                if (left != 16'd0) begin
                    read_ptr = read_ptr + 1'b1;
                end
                left = left <= 16'd16 ? 16'd0 : left - 16'd16;
            end
        end
    end
    consumed <= consumed + {{31-DEPTH_LOG2{1'b0}}, read_ptr - consumed[DEPTH_LOG2:0]};
    if (rst) begin
        write_ptr = 0;
        read_ptr = 0;
        in_frame = 1'b0;
        left = 16'd0;
        m_axis_tvalid <= 1'b0;
        consumed <= 32'd0;
        begun_reg <= 1'b0;
        frames <= 32'd0;
        push_reg <= push;
    end
end
/* verilator lint_on BLKSEQ */

initial begin
    stamps = 0;
end

endmodule

`resetall
