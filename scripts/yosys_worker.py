# SPDX-License-Identifier: Apache-2.0
"""Maps one block for ECP5 in a process of its own: ``python -m scripts.yosys_worker JOB RESULT``.

JOB is a JSON file: ``top``, ``parameters`` (name to integer), ``sources`` (paths), ``flatten``, ``check_only``, and
perhaps ``netlist``: a Verilog file to write, whose toplevel is named ``<top>_netlist``. RESULT is the JSON file to
write: ``cells`` (module to cell type or submodule to number), ``memories`` (rows of declaration, instance, words,
width, mapping), ``seconds`` of processor time, ``megabytes`` of memory. The messages of Yosys go to standard output. It
ends the process with an ``ERROR:`` line at a latch, a combinational loop, a wire of several drivers or none, and at a
cell that is not mapped. Used by scripts.synth_check.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

from pyosys import libyosys

from scripts import stored_results


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
        self.run(f"synth_ecp5 -top {self.top} -nowidelut {'' if self.flatten else '-noflatten '}-run {labels}")

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
        self.step("map_ffram:")
        self.run("delete t:$scopeinfo")
        self.run("check -assert -noinit -mapped")
        return self.cells(), list(before.values())


def main() -> int:
    """Run the flow on the job of the command line."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    flow = Flow(job, Path(sys.argv[2]).with_suffix(".part"))
    flow.read()
    flow.check()
    cells: dict[str, dict[str, int]] = {}
    memories: list[dict[str, Any]] = []
    if not job["check_only"]:
        cells, memories = flow.map()
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
