# SPDX-License-Identifier: Apache-2.0
"""Maps the blocks of hdl/ for ECP5 with Yosys (no place and route) and prints what they cost: ``make synth-check``.

The blocks, and how each memory of hdl/ must be mapped, stand in ``scripts/synth_blocks.toml``. It is an error if a
block has a latch, a combinational loop, a wire of several drivers or none, a cell without a counterpart in the FPGA,
or a memory that is mapped in another way than stated there. A block whose sources and options did not change is not
run again (``build/synth/``). Writes ``build/reports/synth_check.json``.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts import stored_results
from tb.report_file import write_report
from tb.sim import BUILD_FOLDER, ROOT, source_closure

TABLE = Path(__file__).with_name("synth_blocks.toml")
WORKER = Path(__file__).with_name("yosys_worker.py")
REPORT = BUILD_FOLDER / "reports" / "synth_check.json"
MAPPINGS = ("block", "distributed", "logic", "registers")
_RAM_CELLS = {"$__TRELLIS_DPR16X4_": "distributed", "$__DP16KD_": "block", "$__PDPW16KD_": "block"}


@dataclass(frozen=True)
class Area:
    """What a module takes of an ECP5."""

    luts: int
    """LUT4, each of the two of a carry cell (CCU2C) included"""
    flip_flops: int
    block_rams: int
    """DP16KD or PDPW16KD, 18 Kbit each"""
    distributed_rams: int
    """TRELLIS_DPR16X4: 16 words of 4 bits in the place of 4 LUTs and their write port"""

    @classmethod
    def of_cells(cls, cells: Mapping[str, int]) -> Area:
        """The area of so many cells of each type."""
        return cls(
            cells.get("LUT4", 0) + 2 * cells.get("CCU2C", 0),
            cells.get("TRELLIS_FF", 0),
            cells.get("DP16KD", 0) + cells.get("PDPW16KD", 0),
            cells.get("TRELLIS_DPR16X4", 0),
        )


@dataclass(frozen=True)
class Block:
    """A module to map, with its parameters."""

    top: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    hierarchical: bool = False
    """keep the modules apart: quicker, a row for each module below, a few LUTs more"""
    quick: bool = False
    """part of the quick set"""
    check_only: bool = False
    """only elaborate and look for latches, loops and drivers: no cost, no memories"""
    netlist: bool = False
    """write the result as Verilog, its toplevel named <top>_netlist"""
    sources: Sequence[Path] = ()
    """the files, if not those of ``tb.sim.source_closure``"""

    @property
    def name(self) -> str:
        parameters = [f"{name}={value}" for name, value in self.parameters.items()]
        return " ".join([self.top, *parameters, *(["(checks)"] if self.check_only else [])])


@dataclass
class Result:
    """What came of mapping a block."""

    block: Block
    area: Area
    modules: list[dict[str, Any]]
    """a row for each module: ``module``, ``instances``, the area of all of them without their submodules"""
    memories: list[dict[str, Any]]
    errors: list[str]
    seconds: float
    """of processor time, when it was run"""
    megabytes: int
    """at most in memory"""
    cached: bool
    netlist: Path | None = None
    """the Verilog file, if the block asks for one"""


def read_table(path: Path = TABLE) -> tuple[list[Block], dict[str, list[str]]]:
    """The blocks and, for each memory ``module.name``, the mappings it may have (some of ``MAPPINGS``)."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    memories = {name: [value] if isinstance(value, str) else list(value) for name, value in table["memories"].items()}
    for name, mappings in memories.items():
        if not mappings or not set(mappings) <= set(MAPPINGS):
            raise ValueError(f"{path.name}: mapping of {name} must be of {', '.join(MAPPINGS)}")
    return [Block(**block) for block in table["blocks"]], memories


def _plain(module: str) -> str:
    """The name of a module as written, from the one Yosys gives to it with its parameters."""
    match = re.match(r"\$paramod(?:\$[0-9a-f]+)?\\(\w+)", module)
    return match[1] if match else module.lstrip("\\")


def _modules(cells: Mapping[str, Mapping[str, int]], top: str) -> tuple[Area, list[dict[str, Any]]]:
    """The area of ``top`` in all, and a row for each module."""
    instances: Counter[str] = Counter()
    queue = [top]
    while queue:
        name = queue.pop()
        instances[name] += 1
        for kind, number in cells[name].items():
            if kind in cells:
                queue += [kind] * number
    total: Counter[str] = Counter()
    rows: dict[str, tuple[int, Counter[str]]] = {}
    for name, number in instances.items():
        own: Counter[str] = Counter()
        for kind, count in cells[name].items():
            if kind not in cells:
                own[kind] += number * count
        total += own
        so_far = rows.get(_plain(name), (0, Counter()))
        rows[_plain(name)] = (so_far[0] + number, so_far[1] + own)
    table = [
        {"module": name, "instances": number, **vars(Area.of_cells(own))}
        for name, (number, own) in sorted(rows.items())
    ]
    return Area.of_cells(total), sorted(table, key=lambda row: -row["luts"])


def _memories(found: Sequence[Mapping[str, Any]], log: str) -> list[dict[str, Any]]:
    """The memories of a block: as found in the netlist, and their mappings from the log of Yosys."""
    mapped = dict(re.findall(r"^mapping memory (\S+) via (\S+)$", log, re.MULTILINE))
    rows = []
    for row in found:
        mapping = row["mapping"]
        if mapping == "ram":
            cell = mapped.get(f"{row['module']}.{row['instance']}", "")
            mapping = _RAM_CELLS.get(cell, cell or "unknown")
        rows.append({**row, "module": _plain(row["module"]), "mapping": mapping})
    # memories that the Verilog front end takes apart before there is a netlist
    for name, place in re.findall(r"Replacing memory \\?(\S+) with list of registers\. See ([^:\s]+)", log):
        rows.append({"declaration": f"{Path(place).stem}.{name}", "instance": name, "mapping": "registers"})
    return rows


def _memory_errors(rows: Sequence[Mapping[str, Any]], stated: Mapping[str, Sequence[str]]) -> list[str]:
    errors = []
    for row in rows:
        name = row["declaration"]
        if "$" in row["instance"].rsplit(".", 1)[-1]:
            # a table that Yosys found in a case statement
            allowed: Sequence[str] = ("logic", "block")
        elif name in stated:
            allowed = stated[name]
        else:
            errors.append(f"memory {name} ({row['mapping']}) is not in {TABLE.name}: state how it must be mapped")
            continue
        if row["mapping"] not in allowed:
            size = f" ({row['words']} x {row['width']} bits)" if "words" in row else ""
            errors.append(
                f"memory {row['instance']}, {name}{size}: mapped to {row['mapping']}, not {' or '.join(allowed)}"
            )
    return sorted(set(errors))


@dataclass(frozen=True)
class Run:
    """What a process of Yosys left in its folder."""

    folder: Path
    """named by the hash of sources, options and the version of Yosys"""
    found: dict[str, Any] | None
    """the result of scripts.yosys_worker, None if it failed"""
    log: str
    cached: bool

    @property
    def reasons(self) -> list[str]:
        """Why it failed."""
        if self.found is not None:
            return []
        lines = self.log.splitlines()
        reasons = [
            line for line in lines if line.startswith(("Warning: found logic loop", "Warning: multiple conflicting"))
        ]
        reasons += [line for line in lines if line.startswith("ERROR:")] or lines[-1:]
        return [*reasons, f"see {os.path.relpath(self.folder / 'yosys.log', ROOT)}"]


def run_yosys(block: Block, flow: str = "ecp5", folder: Path = BUILD_FOLDER / "synth") -> Run:
    """Run ``scripts.yosys_worker`` on ``block``, or take what an equal run left. ``flow`` as there."""
    sources = [Path(source) for source in block.sources] or source_closure(block.top)
    job = {
        "top": block.top,
        "parameters": dict(block.parameters),
        "flow": flow,
        "flatten": not block.hierarchical,
        "check_only": block.check_only,
        "sources": [os.path.relpath(source, ROOT) for source in sources],
    }
    place = stored_results.place(folder, block.top, {**job, "netlist": block.netlist}, [WORKER, *sources], ["pyosys"])
    log_file, result_file = place / "yosys.log", place / stored_results.RESULT
    netlist = place / "netlist.v" if block.netlist else None
    if netlist:
        job["netlist"] = os.path.relpath(netlist, ROOT)

    cached = result_file.is_file()
    if not cached:
        place.mkdir(parents=True, exist_ok=True)
        (place / "job.json").write_text(json.dumps(job, indent=1), encoding="utf-8")
        with log_file.open("w", encoding="utf-8") as log_stream:
            command = [sys.executable, "-m", "scripts.yosys_worker", str(place / "job.json"), str(result_file)]
            done = subprocess.run(command, cwd=ROOT, stdout=log_stream, stderr=subprocess.STDOUT, check=False)
            log_stream.write(f"\nexit code {done.returncode}\n")  # below 0: of the signal that ended it
    log = log_file.read_text(encoding="utf-8", errors="replace")
    found = json.loads(result_file.read_text(encoding="utf-8")) if result_file.is_file() else None
    return Run(place, found, log, cached)


def run_block(block: Block, memories: Mapping[str, Sequence[str]], folder: Path = BUILD_FOLDER / "synth") -> Result:
    """Map ``block``, or take the result of an equal run; check it against the stated ``memories``."""
    run = run_yosys(block, "ecp5", folder)
    if run.found is None:
        return Result(block, Area.of_cells({}), [], [], run.reasons, 0, 0, run.cached)
    found = run.found
    area, modules = _modules(found["cells"], block.top) if found["cells"] else (Area.of_cells({}), [])
    rows = _memories(found["memories"], run.log)
    errors = _memory_errors(rows, memories)
    netlist = run.folder / "netlist.v" if block.netlist else None
    return Result(block, area, modules, rows, errors, found["seconds"], found["megabytes"], run.cached, netlist)


def _area_columns(table: Table) -> None:
    for column in ("LUT4", "flip-flops", "block RAMs", "distributed RAMs"):
        table.add_column(column, justify="right")


def _area_cells(area: Mapping[str, Any]) -> list[str]:
    return [f"{area[name]:,}" for name in ("luts", "flip_flops", "block_rams", "distributed_rams")]


def print_results(results: Sequence[Result], console: Console) -> None:
    """The blocks, then the modules of the blocks that were kept apart."""
    table = Table(title="ECP5, Yosys synth_ecp5 -nowidelut -cmp2softlogic, no small control sets, no place and route")
    table.add_column("block")
    _area_columns(table)
    table.add_column("CPU s", justify="right")
    table.add_column("MB", justify="right")
    table.add_column("")
    for result in results:
        state = "[red]error[/red]" if result.errors else "unchanged" if result.cached else ""
        usage = [f"{result.seconds:.0f}", str(result.megabytes)]
        area = ["", "", "", ""] if result.block.check_only else _area_cells(vars(result.area))
        table.add_row(result.block.name, *area, *usage, state)
    console.print(table)
    for result in results:
        if len(result.modules) > 1:
            table = Table(title=f"{result.block.name}: each module without those below it")
            table.add_column("module")
            table.add_column("instances", justify="right")
            _area_columns(table)
            for row in result.modules:
                table.add_row(row["module"], str(row["instances"]), *_area_cells(row))
            console.print(table)


def main() -> int:
    """Map the blocks of the table, print and write the report; 1 if a block has errors."""
    parser = argparse.ArgumentParser(description="Map the blocks for ECP5 and print what they cost.")
    parser.add_argument("--quick", action="store_true", help="the blocks marked quick only: continuous integration")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="blocks at a time")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="blocks of these modules only")
    arguments = parser.parse_args()
    blocks, memories = read_table()
    tops = {block.top for block in blocks}
    for name in arguments.modules:
        if name not in tops:
            parser.error(f"no block of module {name} in {TABLE.name}")
    chosen = [block for block in blocks if block.quick or not arguments.quick]
    chosen = [block for block in chosen if not arguments.modules or block.top in arguments.modules]

    console = Console(width=None if sys.stdout.isatty() else 140)

    def run(block: Block) -> Result:
        result = run_block(block, memories)
        state = "error" if result.errors else "unchanged" if result.cached else f"{result.seconds:.0f} s"
        console.print(f"{block.name}: {state}", highlight=False)
        return result

    begin = time.monotonic()
    with ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        results = list(pool.map(run, chosen))
    print_results(results, console)

    errors = [f"{result.block.name}: {error}" for result in results for error in result.errors]
    if len(chosen) == len(blocks) and not errors:
        seen = {row["declaration"] for result in results for row in result.memories}
        errors += [f"{TABLE.name}: memory {name} is in no block" for name in memories if name not in seen]
    report = {
        "tool": f"pyosys {importlib.metadata.version('pyosys')}",
        "flow": "synth_ecp5 -nowidelut -cmp2softlogic, no small control sets",
        "complete": len(chosen) == len(blocks),
        "errors": errors,
        "blocks": [
            {
                "block": result.block.name,
                "top": result.block.top,
                "parameters": dict(result.block.parameters),
                "hierarchical": result.block.hierarchical,
                "check_only": result.block.check_only,
                **vars(result.area),
                "seconds": result.seconds,
                "megabytes": result.megabytes,
                "modules": result.modules,
                "memories": result.memories,
                "errors": result.errors,
            }
            for result in results
        ],
    }
    write_report(REPORT, report)
    for error in errors:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
    seconds = time.monotonic() - begin
    console.print(f"{len(results)} blocks in {seconds:.0f} s, {len(errors)} errors; {os.path.relpath(REPORT, ROOT)}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
