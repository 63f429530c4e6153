# SPDX-License-Identifier: Apache-2.0
"""``make bench-sim``: how fast frames go through a simulation of the engine, beside cocotbext-axi and beside no Python.

Three stimuli take turns, round after round, on the same RTL with the same SAs and frames, both directions at once:

* *this testbench*: toplevel ``ipsec_bench``, whole frames through the transactors, every octet compared with the golden
  model while the time runs;
* *cocotbext-axi*: toplevel ``speed_bench``, AxiStreamSource and AxiStreamSink on the streams, the same comparison;
* *no Python*: ``speed_bench`` plays the frames from memory, built without cocotb, every signal free to be optimised:
  the fastest the simulator can go. What left is compared afterwards, by a sum over all beats.

The best round of each counts. Time is that of the processor, which on an idle machine is that of the clock, and runs
only while frames flow. Ratios are of cycles per second. Writes ``build/reports/sim_speed.json``. Exit code 1 where an
octet is wrong, 2 for a wrong command line; a missed target is said, but is no error.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tb.progress import JobProgress
from tb.report_file import write_report
from tb.sim import ALL_SIMULATORS, BUILD_FOLDER, SimulationError, build

JOB = "tb.jobs.speed_simulation"
REPORT = BUILD_FOLDER / "reports" / "sim_speed.json"
OCTETS = (64, 512, 1504, 9000)
OURS, AXI, BARE = "this testbench", "cocotbext-axi", "no Python"
_BEAT_OCTETS = 16
_LEAST_FRAMES = 2


@dataclass(frozen=True)
class Effort:
    """Cycles of a load under each stimulus, about; ``rounds`` of all three."""

    ours: int
    axi: int
    bare: int
    rounds: int


EFFORTS = {
    "verilator": Effort(ours=64_000, axi=8_000, bare=100_000, rounds=3),
    "icarus": Effort(ours=1_200, axi=1_200, bare=1_500, rounds=2),
}


@dataclass(frozen=True)
class Target:
    """A ratio to reach: of OURS to ``stimulus``, at ``octets``."""

    simulator: str
    octets: int
    stimulus: str
    ratio: float


TARGETS = (Target("verilator", 1504, AXI, 15.0), Target("verilator", 1504, BARE, 0.5))


def _frames(octets: int, cycles: int) -> int:
    return max(_LEAST_FRAMES, cycles // -(-octets // _BEAT_OCTETS))


class _Speed:
    """The three stimuli on one simulator; ``rates``: (stimulus, octets) to the best (frames, cycles) per second."""

    def __init__(self, simulator: str, effort: Effort, sizes: Sequence[int], seed: int, progress: JobProgress) -> None:
        self.simulator, self.effort, self.sizes, self.seed, self.progress = simulator, effort, sizes, seed, progress
        self.ours = build(simulator, "ipsec_bench", progress=progress.step)
        self.axi = build(simulator, "speed_bench", progress=progress.step)
        self.bare = build(simulator, "speed_bench", bare=True, progress=progress.step)
        self.rates: dict[tuple[str, int], tuple[float, float]] = {}

    def run(self, number: int) -> None:
        """One round; SimulationError if anything is wrong in it."""
        say = self.progress.step
        head = f"{self.simulator} round {number + 1}/{self.effort.rounds}"
        with tempfile.TemporaryDirectory() as folder:
            say(f"{head}: {OURS}")
            loads = [
                [octets, _frames(octets, self.effort.ours), _frames(octets, self.effort.bare)] for octets in self.sizes
            ]
            rows = self._cocotb(OURS, self.ours, loads, Path(folder))
            for row in rows:
                say(f"{head}: {BARE}, {row['octets']} octets")
                self._play(row["octets"], row["play"])
        say(f"{head}: {AXI}")
        self._cocotb(AXI, self.axi, [[octets, _frames(octets, self.effort.axi), 0] for octets in self.sizes], None)

    def _note(self, stimulus: str, octets: int, frames: int, cycles: int, seconds: float) -> None:
        best = self.rates.get((stimulus, octets), (0.0, 0.0))
        self.rates[stimulus, octets] = max(best, (frames / seconds, cycles / seconds))

    def _cocotb(self, stimulus: str, built: Any, loads: list[list[int]], play: Path | None) -> list[dict[str, Any]]:
        name = f"speed-{os.getpid()}"
        result_file = built.folder / f"{name}.json"
        environment = {"JOB_LOADS": json.dumps(loads), "JOB_RESULT": str(result_file)}
        if play is not None:
            environment["JOB_PLAY"] = str(play)
        run = built.run(JOB, extra_env=environment, name=name, seed=self.seed, line=self.progress.line, check=False)
        if run.failures:
            text = run.failures[0].failure
            raise SimulationError(f"{self.simulator}, {stimulus}: {text} (seed {run.seed}, log: {run.log})")
        rows: list[dict[str, Any]] = json.loads(result_file.read_text(encoding="utf-8"))["loads"]
        result_file.unlink()
        for row in rows:
            self._note(stimulus, row["octets"], row["frames"], row["cycles"], row["seconds"])
        return rows

    def _play(self, octets: int, play: dict[str, Any]) -> None:
        # the same without a frame, to know what comes before the frames
        _, before = self._run_bare([*play["plusargs"], "+frames=0"])
        marks, seconds = self._run_bare([*play["plusargs"], f"+frames={play['frames']}"])
        last, *got = marks["@ended"]
        if got != play["end"]:
            raise SimulationError(
                f"{self.simulator}, {BARE}, {octets} octets: expected {' '.join(play['end'])}, got {' '.join(got)}"
            )
        # of a short run the difference may be lost in the noise of processor times
        alone = max(seconds - before, seconds / 100)
        self._note(BARE, octets, 2 * play["frames"], int(last) - int(marks["@flowing"][0]), alone)

    def _run_bare(self, plusargs: Sequence[str]) -> tuple[dict[str, list[str]], float]:
        """The lines that begin with @, by their first word, and the seconds of processor time of the whole run."""
        marks: dict[str, list[str]] = {}

        def line(text: str) -> None:
            if text.startswith("@"):
                word, *rest = text.split()
                marks[word] = rest

        begin = _children_seconds()
        self.bare.run_bare(plusargs, name=f"speed-{os.getpid()}", line=line)
        seconds = _children_seconds() - begin
        if not {"@flowing", "@ended"} <= marks.keys():
            raise SimulationError(f"{self.simulator}, {BARE}: the simulation ended before the frames did")
        return marks, seconds


def _children_seconds() -> float:
    """Processor time of all processes that were started here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(
    simulator: str, effort: Effort, console: Console, *, sizes: Sequence[int], seed: int = 1
) -> list[dict[str, Any]]:
    """Build and run all rounds; a row for each size of frames. SimulationError if an octet is wrong or a run fails."""
    with JobProgress(console) as progress:
        speed = _Speed(simulator, effort, sizes, seed, progress)
        for number in range(effort.rounds):
            speed.run(number)
    rows = []
    for octets in sizes:
        rates = {stimulus: speed.rates[stimulus, octets] for stimulus in (OURS, AXI, BARE)}
        rows.append(
            {
                "simulator": simulator,
                "frame_octets": octets,
                "rates": {
                    stimulus: {"frames_per_second": round(frames, 1), "cycles_per_second": round(cycles, 1)}
                    for stimulus, (frames, cycles) in rates.items()
                },
                "ratios": {stimulus: round(rates[OURS][1] / rates[stimulus][1], 3) for stimulus in (AXI, BARE)},
            }
        )
    return rows


def target_results(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every target that ``rows`` say something about, with the ratio that was reached."""
    results = []
    for target in TARGETS:
        for row in rows:
            if (row["simulator"], row["frame_octets"]) == (target.simulator, target.octets):
                got = row["ratios"][target.stimulus]
                results.append(target.__dict__ | {"got": got, "reached": got >= target.ratio})
    return results


def _table(rows: Sequence[dict[str, Any]], effort: Effort) -> Table:
    title = f"Frames through the engine on {rows[0]['simulator']}, best of {effort.rounds} rounds"
    table = Table(title=title, title_justify="left")
    table.add_column("octets", justify="right")
    table.add_column("stimulus")
    for column in ("frames/s", "cycles/s", "this testbench is"):
        table.add_column(column, justify="right")
    for row in rows:
        for stimulus, rates in row["rates"].items():
            ratio = row["ratios"].get(stimulus)
            table.add_row(
                str(row["frame_octets"]) if ratio is None else "",
                stimulus if ratio is None else f"[dim]{stimulus}[/]",
                f"{rates['frames_per_second']:,.0f}",
                f"{rates['cycles_per_second']:,.0f}",
                "" if ratio is None else f"{ratio:.0%}" if stimulus == BARE else f"{ratio:.1f} x",
            )
        table.add_section()
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tb.speed", description=__doc__.splitlines()[0])
    parser.add_argument("--sim", choices=ALL_SIMULATORS, action="append", help="simulator (default: both)")
    parser.add_argument("--seed", type=int, default=1, help="of keys and payloads (default: 1)")
    parser.add_argument("--report", type=Path, default=REPORT, help="default: build/reports/sim_speed.json")
    options = parser.parse_args(arguments)

    console = Console()
    options.report.unlink(missing_ok=True)
    rows: list[dict[str, Any]] = []
    for simulator in options.sim or ALL_SIMULATORS:
        effort = EFFORTS[simulator]
        try:
            measured = measure(simulator, effort, console, sizes=OCTETS, seed=options.seed)
        except SimulationError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        console.print(_table(measured, effort))
        rows += measured
    targets = target_results(rows)
    for target in targets:
        colour, word = ("green", "reached") if target["reached"] else ("red", "missed")
        console.print(
            f"{target['simulator']}, {target['octets']} octets: {target['got']:g} of {target['stimulus']}"
            f" (target {target['ratio']:g}): [{colour}]{word}[/]",
            highlight=False,
            soft_wrap=True,
        )
    write_report(options.report, {"rows": rows, "targets": targets})
    return 0


if __name__ == "__main__":
    sys.exit(main())
