# SPDX-License-Identifier: Apache-2.0
"""Maps one block for an FPGA in a process of its own: ``python -m scripts.yosys_worker JOB RESULT``.

JOB is a JSON file: ``top``, ``parameters`` (name to integer), ``sources`` (paths), ``flatten``, ``check_only``, and
``flow``: ``ecp5``; ``ecp5_pins``, the same with the ports of the block behind six pins, and the netlist for place and
route in ``netlist.json`` beside RESULT; ``ecp5_pins_pll``, the same with a PLL for both its clocks; ``xc7`` or
``xcup``, ``synth_xilinx`` for its cells alone. Perhaps ``netlist``: a Verilog file to write, whose toplevel is named
``<top>_netlist``. RESULT is the JSON file to write: ``cells`` (module to cell type or submodule to number),
``memories`` (rows of declaration, instance, words, width, mapping), ``seconds`` of processor time, ``megabytes`` of
memory. The messages of Yosys go to standard output. It ends the process with an ``ERROR:`` line at a latch, a
combinational loop, a wire of several drivers or none, and at a cell that is not mapped. Used by scripts.synth_check
and scripts.synth.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from pyosys import libyosys

from scripts import stored_results

SMALLEST_ENABLE = 4
"""Registers with one enable at least that are wired to their CE inputs; for fewer it becomes logic."""

SMALLEST_RESET = 200
"""The same of resets and LSR. The eight registers of a tile share few reset inputs: with a hundred resets of a hundred
registers nextpnr hardly gets through the first legal placement of a device that is full to three quarters."""

DELAY_PS = 3500
"""Six levels of LUTs, as ABC counts: paths shorter than that are mapped for the fewest LUTs."""

PINS = "pins"
"""The module around a block whose ports do not fit the pins of a device."""

DOUBLE_CLOCK = "clk_2x"
"""The port of a block for a clock of twice the rate of ``clk``, with a rising edge at each of its rising edges."""

PLL = """
wire clk;
wire clk_2x;
EHXPLLL #(
    .CLKI_DIV(1), .CLKFB_DIV(2), .FEEDBK_PATH("CLKOP"),
    .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(4), .CLKOP_CPHASE(3), .CLKOP_FPHASE(0),
    .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(8), .CLKOS_CPHASE(7), .CLKOS_FPHASE(0)
) pll (
    .CLKI(clk_in), .CLKFB(clk_2x), .CLKOP(clk_2x), .CLKOS(clk), .RST(1'b0), .STDBY(1'b0),
    .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0),
    .ENCLKOP(1'b0), .ENCLKOS(1'b0)
);
"""
"""Both clocks from the one of the pin, which has the rate of ``clk``."""

ZERO = "1'b0"

PLL_PIN = "clk_in"
"""The pin of the clock in front of PLL."""


def pins(top: str, ports: dict[str, dict[str, Any]], double: bool) -> str:
    """Verilog of a module that shifts the inputs of ``top`` in through one pin and folds its outputs into another.

    Every output is registered as it is and then folded in two registered steps, so that none of the logic before it can
    be left out and no path of the block ends in that of another. ``ports`` as in Yosys' JSON. With ``double`` its
    clocks come from PLL; without, DOUBLE_CLOCK is zero.
    """
    direct = [name for name in ("clk", DOUBLE_CLOCK, "rst") if name in ports]
    widths = {name: (port["direction"], len(port["bits"])) for name, port in ports.items() if name not in direct}
    inputs = sum(width for direction, width in widths.values() if direction == "input")
    outputs = sum(width for direction, width in widths.values() if direction == "output")
    groups = -(-outputs // 16)
    place = {"input": 0, "output": 0}
    connections = [f".{name}({name if double or name != DOUBLE_CLOCK else ZERO})" for name in direct]
    clock, pll = (PLL_PIN, PLL) if double else ("clk", "")
    for name, (direction, width) in widths.items():
        connections.append(f".{name}({direction}s[{place[direction]} +: {width}])")
        place[direction] += width
    return f"""
module {PINS}(input wire {clock}, input wire rst, input wire shift, input wire shift_in, output reg folded);
{pll}reg rst_reg;
reg shift_reg;
reg shift_in_reg;
reg [{inputs - 1}:0] inputs;
wire [{outputs - 1}:0] outputs;
reg [{16 * groups - 1}:0] outputs_reg;
reg [{groups - 1}:0] groups_reg;
integer i;
always @(posedge clk) begin
    rst_reg <= rst;
    shift_reg <= shift;
    shift_in_reg <= shift_in;
    if (shift_reg) inputs <= {{inputs, shift_in_reg}};
    outputs_reg <= outputs;
    for (i = 0; i < {groups}; i = i + 1) groups_reg[i] <= ^outputs_reg[16*i +: 16];
    folded <= ^groups_reg;
end
{top} block ({", ".join(connections).replace(".rst(rst)", ".rst(rst_reg)")});
endmodule
"""


class Flow:
    """One design in Yosys and the steps on it."""

    def __init__(self, job: dict[str, Any], scratch: Path) -> None:
        self.design = libyosys.Design()
        self.top: str = job["top"]
        self.parameters: dict[str, int] = job["parameters"]
        self.sources = [Path(source) for source in job["sources"]]
        self.flatten: bool = job["flatten"]
        self.scratch = scratch

    def run(self, command: str) -> None:
        libyosys.run_pass(command, self.design)

    def read(self) -> None:
        """Elaborate: SystemVerilog through slang, everything else through Yosys' own front end."""
        for source in self.sources:
            if source.suffix == ".sv":
                self.run(f"read_slang --top {source.stem} {source}")
        verilog = " ".join(str(source) for source in self.sources if source.suffix == ".v")
        if verilog:
            self.run(f"read_verilog {verilog}")
        for name, value in self.parameters.items():
            self.run(f"chparam -set {name} {value} {self.top}")
        self.run(f"hierarchy -check -top {self.top}")

    def add_pins(self, double: bool) -> None:
        """Put ``pins`` around the block; it becomes the top."""
        self.run("design -push-copy")
        self.run("proc")
        self.run(f"write_json -selected {self.scratch}")
        self.run("design -pop")
        modules = json.loads(self.scratch.read_text(encoding="utf-8"))["modules"]
        around = self.scratch.with_name(f"{PINS}.v")
        around.write_text(pins(self.top, modules[self.top]["ports"], double), encoding="utf-8")
        self.run("read_verilog -lib +/ecp5/cells_bb.v")
        self.run(f"read_verilog {around}")
        self.top = PINS
        self.run(f"hierarchy -check -top {self.top}")

    def check(self) -> None:
        """Refuse latches, combinational loops (through modules too), wires of several drivers or none."""
        self.run("proc -latches error")
        self.run("design -push-copy")
        self.run("flatten")
        self.run("opt_expr")
        self.run("opt_clean")
        self.run("check -assert -nolatches")
        self.run("design -pop")

    def step(self, labels: str) -> None:
        options = f"-nowidelut -cmp2softlogic{'' if self.flatten else ' -noflatten'}"
        self.run(f"synth_ecp5 -top {self.top} {options} -run {labels}")

    def memories(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The memories of the netlist that are not mapped yet, by (module, instance)."""
        self.run("select t:$mem_v2")
        self.run(f"write_json -selected {self.scratch}")
        self.run("select -clear")
        modules = json.loads(self.scratch.read_text(encoding="utf-8"))["modules"]
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for module, contents in modules.items():
            for cell in contents["cells"].values():
                if cell["type"] != "$mem_v2":
                    continue
                source = cell["attributes"].get("src", "")
                parameters = cell["parameters"]
                instance = parameters["MEMID"].strip().lstrip("\\")
                rows[module, instance] = {
                    "declaration": f"{Path(source.split(':')[0]).stem}.{instance.rsplit('.', 1)[-1]}",
                    "source": source,
                    "module": module,
                    "instance": instance,
                    "words": int(parameters["SIZE"], 2),
                    "width": int(parameters["WIDTH"], 2),
                    "written": int(parameters["WR_PORTS"], 2) > 0,
                }
        return rows

    def cells(self) -> dict[str, dict[str, int]]:
        """Numbers of cells and submodules of each module."""
        self.run(f"tee -q -o {self.scratch} stat -json")
        modules = json.loads(self.scratch.read_text(encoding="utf-8"))["modules"]
        return {name.lstrip("\\"): dict(numbers["num_cells_by_type"]) for name, numbers in modules.items()}

    def map_xilinx(self, family: str) -> dict[str, dict[str, int]]:
        """Map to the cells of a Xilinx family; ``cells`` of the result."""
        self.run(f"synth_xilinx -flatten -noiopad -noclkbuf -family {family} -top {self.top}")
        self.run("delete t:$scopeinfo")
        return self.cells()

    def map(self) -> tuple[dict[str, dict[str, int]], list[dict[str, Any]]]:
        """Map to the cells of the FPGA; ``cells`` and ``memories`` of the result."""
        self.step("begin:map_ram")
        before = self.memories()
        self.step("map_ram:map_ffram")
        after = self.memories()
        for key, row in before.items():
            if key not in after:
                row["mapping"] = "ram"
            else:
                row["mapping"] = "registers" if row["written"] else "logic"
        self.step("map_ffram:map_ffs")
        cells = "-cell $_DFF_?_ 01 -cell $_DFFE_??_ 01 -cell $_SDFF_?P?_ r -cell $_SDFFE_?P??_ r"
        self.run(f"dfflegalize -mince {SMALLEST_ENABLE} -minsrst {SMALLEST_RESET} {cells}")
        self.run(f"scratchpad -set abc9.D {DELAY_PS}")
        self.step("map_ffs:")
        self.run("delete t:$scopeinfo")
        self.run("check -assert -noinit -mapped")
        return self.cells(), list(before.values())


def main() -> int:
    """Run the flow on the job of the command line."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    flow = Flow(job, Path(sys.argv[2]).with_suffix(".part"))
    flow.read()
    with_pins = job["flow"] in ("ecp5_pins", "ecp5_pins_pll")
    if with_pins:
        flow.add_pins(job["flow"] == "ecp5_pins_pll")
    cells: dict[str, dict[str, int]] = {}
    memories: list[dict[str, Any]] = []
    if job["flow"] in ("xc7", "xcup"):
        cells = flow.map_xilinx(job["flow"])
    else:
        flow.check()
        if not job["check_only"]:
            cells, memories = flow.map()
        if with_pins:
            flow.run(f"write_json {Path(sys.argv[2]).with_name('netlist.json')}")
    if "netlist" in job:
        flow.run(f"rename -top {flow.top}_netlist")
        flow.run(f"write_verilog -noattr {job['netlist']}")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    result = {
        "cells": cells,
        "memories": memories,
        "seconds": round(sum(of.ru_utime + of.ru_stime for of in usage), 1),
        "megabytes": max(of.ru_maxrss for of in usage) // 1024,
    }
    stored_results.store(result, Path(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
