# SPDX-License-Identifier: Apache-2.0
"""``make bench``: throughput and latency of the engine, measured cycle by cycle, beside what is possible.

Writes ``throughput.json``, ``latency.json`` and ``throughput.png`` to ``build/reports``; how things are measured stands
in tb/jobs/benchmark_simulation.py. Exit code 1 where a ratio to one beat per cycle is below 0.999, a frame is late, a
latency is above its bound or not constant, or a frame is not what the reference engine says; 2 for a wrong command
line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tb.progress import JobProgress
from tb.report_file import write_report
from tb.sim import ALL_SIMULATORS, BUILD_FOLDER, SimulationError, build

TOPLEVEL = "ipsec_bench"
JOB = "tb.jobs.benchmark_simulation"
REPORTS = BUILD_FOLDER / "reports"
BUILDS: dict[str, dict[str, int]] = {
    "default": {},
    "pipelined": {"CYCLES_PER_ROUND": 3},
    "pipelined_aes128": {"CYCLES_PER_ROUND": 3, "MAX_KEY_BITS": 128},
    "stored_keys": {
        "KEY_STORE": 1,
        "CYCLES_PER_ROUND": 3,
        "TX_ROM_ROUNDS": 10,
        "RX_ROM_ROUNDS": 10,
        "GHASH_STYLE": 1,
        "EXTRA_REGISTERS": 1,
    },
    "shared_aes": {
        "KEY_STORE": 1,
        "CYCLES_PER_ROUND": 3,
        "SHARED_AES": 1,
        "GHASH_STYLE": 1,
        "EXTRA_REGISTERS": 1,
    },
}
"""Parameters of the engine by the name of the build."""
SETS = ("full", "quick", "smoke", "deepest", "long_packets")
MINIMUM_RATIO = 0.999
CLOCKS_MHZ = (100, 125, 164)
"""Clock rates of the plot, in MHz."""


def run_benchmark(
    simulator: str, build_name: str, which: str, console: Console, *, seed: int | None = None
) -> dict[str, Any]:
    """Build and measure: ``throughput`` and ``latency`` rows, ``mismatches``, ``text``; or SimulationError."""
    with JobProgress(console) as progress:
        built = build(simulator, TOPLEVEL, parameters=BUILDS[build_name], progress=progress.step)
        name = f"benchmark-{simulator}-{build_name}-{os.getpid()}"
        result_file = built.folder / f"{name}.json"
        environment = {"JOB_SET": which, "JOB_RESULT": str(result_file)}
        run = built.run(JOB, extra_env=environment, name=name, seed=seed, line=progress.line, check=False)
    try:
        result: dict[str, Any] = json.loads(result_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        failure = "\n".join(case.failure or "" for case in run.failures) or "no result"
        raise SimulationError(f"{simulator}: no result (seed {run.seed}, log: {run.log})\n{failure}") from None
    result_file.unlink()
    for row in [*result["throughput"], *result["latency"]]:
        row["simulator"], row["build"] = simulator, build_name
    return result


def findings(result: dict[str, Any]) -> list[str]:
    """What is below the limits, one line each."""
    lines = []
    for row in result["throughput"]:
        what = f"{row['build']} {row['direction']}, {row['case']}, {row['frame_octets']} octets, {row['algorithm']}"
        if row["ratio"] < MINIMUM_RATIO:
            lines.append(f"{what}: ratio {row['ratio']:.4f} is below {MINIMUM_RATIO}")
        if row["late"]:
            lines.append(f"{what}: {row['late']} frames came late")
    for row in result["latency"]:
        what = f"{row['build']} {row['direction']}, {row['shape']}, {row['frame_octets']} octets"
        if row["max"] > row["bound"]:
            lines.append(f"{what}: latency {row['max']} is above {row['bound']}")
        if row["min"] != row["max"]:
            lines.append(f"{what}: latency is not constant, {row['loads']}")
    if result["mismatches"]:
        lines.append(result["text"])
    return lines


def gigabits(octets: int, cycles: float, clock_mhz: int) -> float:
    """Gbit/s of Ethernet frames without FCS, preamble and gap."""
    return octets * 8 / cycles * clock_mhz / 1000


def _throughput_table(rows: Sequence[dict[str, Any]], build_name: str) -> Table:
    title = f"Throughput, {build_name} build, both directions together: measured / ideal cycles per frame"
    table = Table(title=title, title_justify="left")
    for column, justify in (("load", "left"), ("octets", "right"), ("algorithm", "left"), ("key", "right")):
        table.add_column(column, justify="right" if justify == "right" else "left")
    for column in ("SAs", "transmit", "ratio", "receive", "ratio"):
        table.add_column(column, justify="right")
    for out, wire in zip(rows[::2], rows[1::2], strict=True):
        cells = [out["case"], str(out["frame_octets"]), out["algorithm"], str(out["key_bits"]), str(out["sas"])]
        for row in (out, wire):
            colour = "red" if row["ratio"] < MINIMUM_RATIO or row["late"] else "green"
            cells += [
                f"{row['cycles_per_frame']:g} / {row['ideal_cycles_per_frame']:g}",
                f"[{colour}]{row['ratio']:.4f}[/]",
            ]
        table.add_row(*cells)
    return table


def _latency_table(rows: Sequence[dict[str, Any]], build_name: str) -> Table:
    table = Table(title=f"Latency in cycles, {build_name} build, over all loads", title_justify="left")
    for column in ("direction", "shape"):
        table.add_column(column)
    for column in ("octets", "min", "max", "bound"):
        table.add_column(column, justify="right")
    for row in rows:
        colour = "red" if row["max"] > row["bound"] else "green"
        cells = (str(row[name]) for name in ("frame_octets", "min"))
        table.add_row(row["direction"], row["shape"], *cells, f"[{colour}]{row['max']}[/]", str(row["bound"]))
    return table


def plot(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Gbit/s against frame size, measured and ideal, at every clock rate of ``CLOCKS_MHZ``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, both_axes = pyplot.subplots(1, 2, figsize=(13, 5.5), sharey=True)
    for axes, direction in zip(both_axes, ("transmit", "receive"), strict=True):
        sizes = [row for row in rows if row["direction"] == direction and row["case"] == "all SAs in turn"]
        octets = [row["frame_octets"] for row in sizes]
        for clock, colour in zip(CLOCKS_MHZ, ("tab:blue", "tab:green", "tab:orange"), strict=True):
            steps = range(min(octets), max(octets) + 1)
            ideal = [gigabits(size, -(-size // 16), clock) for size in steps]
            axes.plot(steps, ideal, color=colour, alpha=0.35, linewidth=1, label=f"ideal, {clock} MHz")
            rates = [gigabits(row["frame_octets"], row["cycles_per_frame"], clock) for row in sizes]
            axes.plot(octets, rates, "o", color=colour, markersize=4, label=f"measured, {clock} MHz")
        axes.set_xscale("log", base=2)
        ticks = (64, 128, 256, 512, 1024, 2048, 4096, 9600)
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.set_xlabel("octets of the frame (without FCS)")
        axes.set_title(f"{direction}, a different SA on every frame")
        axes.grid(alpha=0.3)
    both_axes[0].set_ylabel("Gbit/s of frames, in each direction")
    both_axes[0].set_ylim(bottom=0)
    both_axes[0].legend(loc="lower right", ncols=len(CLOCKS_MHZ), fontsize="small")
    figure.suptitle(
        "IPsec engine: cycles measured in simulation, both directions at once; ideal = one 16-octet beat per cycle"
    )
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tb.benchmark", description=__doc__.splitlines()[0])
    parser.add_argument("--sim", choices=ALL_SIMULATORS, default="verilator", help="simulator (default: verilator)")
    parser.add_argument("--build", choices=BUILDS, action="append", help="measure this build only (default: all)")
    parser.add_argument(
        "--set", choices=SETS[:3], help="rows (default: full of the default build, quick of the others)"
    )
    parser.add_argument("--seed", type=int, help="of the random frames (default: a new one)")
    parser.add_argument("--reports", type=Path, default=REPORTS, help="folder (default: build/reports)")
    options = parser.parse_args(arguments)

    console = Console()
    throughput: list[dict[str, Any]] = []
    latency: list[dict[str, Any]] = []
    wrong: list[str] = []
    for build_name in options.build or BUILDS:
        which = options.set or ("full" if build_name == "default" else "quick")
        try:
            result = run_benchmark(options.sim, build_name, which, console, seed=options.seed)
        except SimulationError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        throughput += result["throughput"]
        latency += result["latency"]
        wrong += findings(result)
        console.print(_throughput_table(result["throughput"], build_name))
        console.print(_latency_table(result["latency"], build_name))
    for name, rows in (("throughput", throughput), ("latency", latency)):
        write_report(options.reports / f"{name}.json", {"rows": rows})
    first = throughput[0]["build"]
    plot([row for row in throughput if row["build"] == first], options.reports / "throughput.png")
    worst = min(throughput, key=lambda row: float(row["ratio"]))
    console.print(
        f"{len(throughput)} rows, {sum(row['frames'] for row in throughput):,} frames; lowest ratio"
        f" {worst['ratio']:.4f} ({worst['build']} {worst['direction']}, {worst['case']}); reports in {options.reports}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
