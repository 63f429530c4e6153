// SPDX-License-Identifier: Apache-2.0
//
// A toplevel for the tests of tb/sim.py: a clock made in Verilog, and a wide register that is copied on request.
// One cycle after request changes, result = ~data; one cycle later, acknowledge = request. (Not in the same cycle: a
// simulator may wake whoever waits for acknowledge before it has updated result.) With +stop=N it ends after N cycles.
`default_nettype none

module sim_probe #(
    // bits of the wide registers
    parameter WIDTH = 131072
);

    reg clk = 1'b0;
    always #5 clk = !clk;

    /* verilator lint_off UNUSEDSIGNAL */ // read through VPI only
    reg [WIDTH-1:0] data = 0;
    reg             request = 1'b0;
    reg [WIDTH-1:0] result = 0;
    reg             taken = 1'b0;
    reg             acknowledge = 1'b0;
    /* verilator lint_on UNUSEDSIGNAL */
    reg [31:0]      cycles = 32'd0;
    reg [31:0]      stop;

    initial if (!$value$plusargs("stop=%d", stop)) stop = 32'd0;

    always @(posedge clk) begin
        cycles <= cycles + 32'd1;
        taken       <= request;
        acknowledge <= taken;
        if (request != taken) result <= ~data;
        if (stop != 32'd0 && cycles == stop) begin
            $display("@stopped %0d", cycles);
            $finish;
        end
    end

endmodule

`resetall
