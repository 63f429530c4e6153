// SPDX-License-Identifier: Apache-2.0
/*
 * engine_registers as an AXI4-Lite slave: valid and payload of a response stay until it is taken, each request gets one response, no response comes without its
 * request, and a response is there within seven cycles of its request while the master takes every one at once.
 */
`default_nettype none

module axil_proof (
    input wire        clk,
    input wire        rst,
    input wire        s_axil_awvalid,
    input wire        s_axil_awready,
    input wire        s_axil_wvalid,
    input wire        s_axil_wready,
    input wire [1:0]  s_axil_bresp,
    input wire        s_axil_bvalid,
    input wire        s_axil_bready,
    input wire        s_axil_arvalid,
    input wire        s_axil_arready,
    input wire [31:0] s_axil_rdata,
    input wire [1:0]  s_axil_rresp,
    input wire        s_axil_rvalid,
    input wire        s_axil_rready
);

reg past_valid = 1'b0;
// requests taken whose response has not been
reg [2:0] aw_reg;
reg [2:0] w_reg;
reg [2:0] ar_reg;
reg was_busy_reg;
// cycles in which the master took what there was, and a request waited for its response
reg [2:0] read_wait_reg;
reg [2:0] write_wait_reg;

wire aw = s_axil_awvalid && s_axil_awready;
wire w = s_axil_wvalid && s_axil_wready;
wire b = s_axil_bvalid && s_axil_bready;
wire ar = s_axil_arvalid && s_axil_arready;
wire r = s_axil_rvalid && s_axil_rready;
wire eager = s_axil_bready && s_axil_rready;

`define SLAVE engine_registers.axil_slave_inst

always @(posedge clk) begin
    past_valid <= 1'b1;
    aw_reg <= rst ? 0 : aw_reg + aw - b;
    w_reg <= rst ? 0 : w_reg + w - b;
    ar_reg <= rst ? 0 : ar_reg + ar - r;
    was_busy_reg <= !rst && (was_busy_reg || (ar_reg == 2 && aw_reg == 1));
    read_wait_reg <= rst || ar_reg == 0 || r || !eager ? 0 : read_wait_reg + 1'b1;
    write_wait_reg <= rst || aw_reg == 0 || w_reg == 0 || b || !eager ? 0 : write_wait_reg + 1'b1;
    if (!past_valid) assume (rst);

    if (past_valid) begin
        if ($past(!rst && s_axil_bvalid && !s_axil_bready)) begin
            b_stays: assert (s_axil_bvalid && s_axil_bresp == $past(s_axil_bresp));
        end
        if ($past(!rst && s_axil_rvalid && !s_axil_rready)) begin
            r_stays: assert (s_axil_rvalid && s_axil_rdata == $past(s_axil_rdata) && s_axil_rresp == $past(s_axil_rresp));
        end
        if ($past(rst)) silent_after_reset: assert (!s_axil_bvalid && !s_axil_rvalid);
        no_write_response_without_request: assert (!s_axil_bvalid || (aw_reg != 0 && w_reg != 0));
        no_read_response_without_request: assert (!s_axil_rvalid || ar_reg != 0);
        responses_are_legal: assert (!s_axil_bresp[0] && !s_axil_rresp[0]);
        read_answered: assert (read_wait_reg <= 6);
        write_answered: assert (write_wait_reg <= 6);

        // what these rest on: each request is in its register or has its response, and one access at a time
        aw_counted: assert (aw_reg == `SLAVE.aw_valid_reg + s_axil_bvalid);
        w_counted: assert (w_reg == `SLAVE.w_valid_reg + s_axil_bvalid);
        ar_counted: assert (ar_reg == `SLAVE.ar_valid_reg + s_axil_rvalid);
        one_at_a_time: assert ($countones({`SLAVE.req_reg, `SLAVE.data_reg, s_axil_bvalid, s_axil_rvalid}) == `SLAVE.busy_reg);
        kind_of_the_response: assert (!s_axil_bvalid && !s_axil_rvalid || s_axil_bvalid == `SLAVE.is_write_reg);
        data_of_a_read: assert (!`SLAVE.data_reg || (!`SLAVE.is_write_reg && `SLAVE.ar_valid_reg));
        access_waits: assert (!`SLAVE.req_reg || (`SLAVE.is_write_reg ? `SLAVE.aw_valid_reg && `SLAVE.w_valid_reg : `SLAVE.ar_valid_reg));

        two_reads_and_a_write: cover (ar_reg == 2 && aw_reg == 1 && w_reg == 1);
        all_answered: cover (was_busy_reg && ar_reg == 0 && aw_reg == 0 && w_reg == 0);
        data_that_waits: cover (s_axil_rvalid && s_axil_rdata != 0 && $past(s_axil_rvalid && !s_axil_rready, 2));
    end
end

endmodule

`undef SLAVE

bind engine_registers axil_proof proof (.*);

`default_nettype wire
