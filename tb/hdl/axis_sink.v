// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

/*
 * Takes frames from an AXI4-Stream and hands them to Python in chunks of beats; checks the rules of the stream on every beat.
 *
 * A frame in a chunk is its data beats followed by two beats, of which the last is marked in marks:
 *
 *   {last beat's cycle[31:0], first beat's cycle[31:0], 48'b0, length[15:0]}
 *   {tuser[95:0] of the last beat, tuser[31:0] of the first beat}
 *
 * A chunk is handed over when it is full, at the end of a frame with FLUSH_BEATS beats since the last such end, or when FLUSH_CYCLES cycles have brought
 * nothing new (cycles with `hold` do not count), but never in two cycles in a row: chunk, marks and chunk_beats are set, and the toggle `ready` flips one cycle
 * later, so that whoever waits for it reads settled values.
 *
 * stall_rate / 256 of the cycles are not ready, at random. errors counts violations: tvalid or its payload changed before tready, tkeep of a
 * beat that is not the last not all ones, tkeep with holes, octets in dead lanes (they must be zero), tuser not constant over a frame
 * where CONSTANT_USER is set.
 */
module axis_sink #(
    // beats of a chunk, descriptions included
    parameter CHUNK_BEATS = 128,
    parameter FLUSH_BEATS = CHUNK_BEATS / 2,
    parameter FLUSH_CYCLES = 16,
    parameter CONSTANT_USER = 0
) (
    input  wire                       clk,
    input  wire                       rst,
    input  wire [31:0]                cycle,

    output reg  [128*CHUNK_BEATS-1:0] chunk,
    output reg  [CHUNK_BEATS-1:0]     marks,
    output reg  [15:0]                chunk_beats,
    output reg                        ready,
    output reg  [31:0]                errors,
    input  wire                       hold,
    input  wire [7:0]                 stall_rate,
    input  wire [31:0]                seed,

    input  wire [127:0]               s_axis_tdata,
    input  wire [15:0]                s_axis_tkeep,
    input  wire                       s_axis_tvalid,
    output wire                       s_axis_tready,
    input  wire                       s_axis_tlast,
    input  wire [95:0]                s_axis_tuser
);

localparam INDEX_WIDTH = $clog2(CHUNK_BEATS);

// a memory, so that waveforms are not filled with it
reg [127:0] fill [0:CHUNK_BEATS-1];
reg [CHUNK_BEATS-1:0] fill_marks;
reg [15:0] fill_beats;
// beats since the last frame's end that a chunk was handed over at
reg [15:0] flush_beats;
reg [15:0] idle_cycles;
reg flip_reg;
reg stall_reg;

reg in_frame;
reg [15:0] length;
reg [31:0] first_cycle;
reg [95:0] first_user;
integer i;

// the beat of the cycle before, if it was not taken
reg held_reg;
reg [127:0] held_tdata_reg;
reg [15:0] held_tkeep_reg;
reg held_tlast_reg;
reg [95:0] held_tuser_reg;

wire stall;
/* verilator lint_off UNUSEDSIGNAL */ // the source uses it
wire [31:0] random;
/* verilator lint_on UNUSEDSIGNAL */

stall_generator stall_generator_inst (
    .clk(clk),
    .seed(seed),
    .rate(stall_rate),
    .stall(stall),
    .random(random)
);

assign s_axis_tready = !stall_reg;

wire beat = s_axis_tvalid && s_axis_tready;
wire [127:0] live = {
    {8{s_axis_tkeep[15]}}, {8{s_axis_tkeep[14]}}, {8{s_axis_tkeep[13]}}, {8{s_axis_tkeep[12]}},
    {8{s_axis_tkeep[11]}}, {8{s_axis_tkeep[10]}}, {8{s_axis_tkeep[9]}}, {8{s_axis_tkeep[8]}},
    {8{s_axis_tkeep[7]}}, {8{s_axis_tkeep[6]}}, {8{s_axis_tkeep[5]}}, {8{s_axis_tkeep[4]}},
    {8{s_axis_tkeep[3]}}, {8{s_axis_tkeep[2]}}, {8{s_axis_tkeep[1]}}, {8{s_axis_tkeep[0]}}
};

task violation(input [8*40-1:0] what);
    begin
        errors <= errors + 32'd1;
        $display("%m: AXI4-Stream rule broken in cycle %0d: %0s", cycle, what);
    end
endtask

/* verilator lint_off BLKSEQ */ // a behavioural model: counters move several times within a cycle
always @(posedge clk) begin
    stall_reg <= stall;

    held_reg <= s_axis_tvalid && !s_axis_tready;
    held_tdata_reg <= s_axis_tdata;
    held_tkeep_reg <= s_axis_tkeep;
    held_tlast_reg <= s_axis_tlast;
    held_tuser_reg <= s_axis_tuser;
    if (!rst && held_reg && !s_axis_tvalid) begin
        violation("tvalid fell before tready");
    end else if (!rst && held_reg && (s_axis_tdata !== held_tdata_reg || s_axis_tkeep !== held_tkeep_reg
            || s_axis_tlast !== held_tlast_reg || s_axis_tuser !== held_tuser_reg)) begin
        violation("payload changed before tready");
    end
    if (!rst && s_axis_tvalid === 1'bx) begin
        violation("tvalid is unknown");
    end

    flip_reg <= 1'b0;
    if (flip_reg && !rst) begin
        ready <= !ready;
    end
    if (!hold) begin
        idle_cycles = idle_cycles + 16'd1;
    end

    if (beat && !rst) begin
        if (!s_axis_tlast && s_axis_tkeep !== 16'hffff) begin
            violation("tkeep of a beat within a frame");
        end
        if (((s_axis_tkeep + 16'd1) & s_axis_tkeep) !== 16'd0) begin
            violation("tkeep with holes");
        end
        if ((s_axis_tdata & ~live) !== 128'd0) begin
            violation("octets in dead lanes");
        end
        if (CONSTANT_USER != 0 && in_frame && s_axis_tuser !== first_user) begin
            violation("tuser changed within a frame");
        end
        if (!in_frame) begin
            length = 16'd0;
            first_cycle = cycle;
            first_user = s_axis_tuser;
        end
        in_frame = !s_axis_tlast;
        fill[fill_beats[INDEX_WIDTH-1:0]] = s_axis_tdata;
        fill_beats = fill_beats + 16'd1;
        flush_beats = flush_beats + 16'd1;
        for (i = 0; i < 16; i = i + 1) begin
            length = length + {15'd0, s_axis_tkeep[i]};
        end
        if (s_axis_tlast) begin
            fill[fill_beats[INDEX_WIDTH-1:0]] = {cycle, first_cycle, 48'd0, length};
            fill_beats = fill_beats + 16'd1;
            fill[fill_beats[INDEX_WIDTH-1:0]] = {s_axis_tuser, first_user[31:0]};
            fill_marks[fill_beats[INDEX_WIDTH-1:0]] = 1'b1;
            fill_beats = fill_beats + 16'd1;
            flush_beats = flush_beats + 16'd2;
        end
        idle_cycles = 16'd0;
    end
    // room for a last beat and its two descriptions must remain
    if (fill_beats > CHUNK_BEATS - 3 || (fill_beats != 16'd0 && !flip_reg
            && ((!in_frame && flush_beats >= FLUSH_BEATS) || idle_cycles >= FLUSH_CYCLES))) begin
        for (i = 0; i < {16'd0, fill_beats}; i = i + 1) begin
            chunk[128*i +: 128] = fill[i[INDEX_WIDTH-1:0]];
        end
        marks <= fill_marks;
        chunk_beats <= fill_beats;
        fill_beats = 16'd0;
        fill_marks = 0;
        if (!in_frame) begin
            flush_beats = 16'd0;
        end
        flip_reg <= 1'b1;
    end
    if (rst) begin
        fill_beats = 16'd0;
        fill_marks = 0;
        flush_beats = 16'd0;
        idle_cycles = 16'd0;
        in_frame = 1'b0;
        held_reg <= 1'b0;
        flip_reg <= 1'b0;
        errors <= 32'd0;
        stall_reg <= 1'b0;
    end
end
/* verilator lint_on BLKSEQ */

initial begin
    ready = 1'b0;
    chunk = 0;
end

endmodule

`resetall
