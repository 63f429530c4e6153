// SPDX-License-Identifier: Apache-2.0
/*
 * A value that is anything in every cycle. scripts/formal.py leaves the module empty and its output free.
 */
`default_nettype none

module anything #(
    parameter WIDTH = 1
) (
    output wire [WIDTH-1:0] value
);

endmodule

`default_nettype wire
