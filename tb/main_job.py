# SPDX-License-Identifier: Apache-2.0
"""``make sim``: build the engine, run the main job on it, print what it did, write ``build/reports/sim.json``.

Exit code 0 only if every octet, every status and every counter was as expected; 1 after a mismatch (with the text of
the scoreboard) or a failed run; 2 for a wrong command line.
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
from tb.sim import ALL_SIMULATORS, BUILD_FOLDER, ROOT, SimulationError, build

TOPLEVEL = "ipsec_bench"
JOB = "tb.jobs.main_job_simulation"
CAPTURES = ROOT / "tests" / "data" / "captures"
REPORT = BUILD_FOLDER / "reports" / "sim.json"
RANDOM_FRAMES = 300
"""Random frames for each direction."""


def run_main_job(
    simulator: str,
    console: Console,
    *,
    captures: Path = CAPTURES,
    random_frames: int = RANDOM_FRAMES,
    waves: bool = False,
    seed: int | None = None,
    name: str | None = None,
) -> dict[str, Any]:
    """Build and run; returns what the report holds, plus ``text`` (the mismatches), ``waveform`` and ``kits``.

    ``kits``: lines about the failure kits that were made.

    Raises SimulationError where there is no result.
    """
    with JobProgress(console) as progress:
        built = build(simulator, TOPLEVEL, waves=waves, progress=progress.step)
        name = name or f"main-job-{simulator}"
        result_file = built.folder / f"{name}-{os.getpid()}.json"
        result_file.unlink(missing_ok=True)
        environment = {
            "JOB_CAPTURES": str(captures),
            "JOB_FRAMES": str(random_frames),
            "JOB_RESULT": str(result_file),
        }
        run = built.run(JOB, extra_env=environment, name=name, seed=seed, line=progress.line, check=False)
        written = result_file.read_text(encoding="utf-8") if result_file.is_file() else None
        kits: list[str] = []
        if run.failures:
            from tb.failure_kit import make_kits  # takes a third of a second

            kits = make_kits(run, progress.step)
        result_file.unlink(missing_ok=True)
    if written is None:
        failure = "\n".join([*(case.failure or "" for case in run.failures), *kits]) or "no result"
        raise SimulationError(f"{simulator}: the main job did not end (seed {run.seed}, log: {run.log})\n{failure}")
    result: dict[str, Any] = json.loads(written)
    if run.failures and not result["mismatches"]:
        failure = "\n".join([f"{run.failures[0].failure} (seed {run.seed}, log: {run.log})", *kits])
        raise SimulationError(f"{simulator}: {failure}")
    waveform = str(run.waveform) if run.waveform is not None else None
    return {"simulator": simulator, "seed": run.seed, **result, "waveform": waveform, "kits": kits}


def _table(result: dict[str, Any]) -> Table:
    table = Table(title=f"IPsec engine on {result['simulator']}", title_justify="left")
    table.add_column("")
    for column in ("transmit", "receive", "together"):
        table.add_column(column, justify="right")
    for unit in ("frames", "octets"):
        values = (result[f"transmit_{unit}"], result[f"receive_{unit}"], result[unit])
        table.add_row(unit, *(f"{value:,}" for value in values))
    table.add_section()
    table.add_row("SAs added", "", "", f"{result['sas_added']:,}")
    table.add_row("UPDATE_SA for ESN", "", "", f"{result['updates']:,}")
    table.add_row("Linux captures", "", "", f"{result['captures']:,}")
    table.add_row("clock cycles", "", "", f"{result['cycles']:,}")
    table.add_row("frames per second", "", "", f"{result['frames_per_second']:,}")
    table.add_row("seed", "", "", str(result["seed"]))
    table.add_section()
    colour = "red" if result["mismatches"] else "green"
    table.add_row("mismatches", "", "", f"{result['mismatches']:,}", style=f"bold {colour}")
    return table


def _fates(result: dict[str, Any]) -> Table:
    table = Table(title="What became of the frames", title_justify="left", show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    for name, count in result["fates"].items():
        table.add_row(name, f"{count:,}")
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tb.main_job", description=__doc__.splitlines()[0])
    parser.add_argument("--sim", choices=ALL_SIMULATORS, default="verilator", help="simulator (default: verilator)")
    parser.add_argument("--waves", action="store_true", help="write a waveform, build/waves/main-job-SIM.fst")
    parser.add_argument("--seed", type=int, help="of the random frames (default: a new one)")
    parser.add_argument("--frames", type=int, default=RANDOM_FRAMES, help="random frames for each direction")
    parser.add_argument("--report", type=Path, default=REPORT, help="JSON report (default: build/reports/sim.json)")
    options = parser.parse_args(arguments)

    console = Console()
    options.report.unlink(missing_ok=True)
    try:
        result = run_main_job(
            options.sim, console, random_frames=options.frames, waves=options.waves, seed=options.seed
        )
    except SimulationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    text = result.pop("text")
    waveform = result.pop("waveform")
    kits = result.pop("kits")
    write_report(options.report, result)
    console.print(_fates(result))
    console.print(_table(result))
    if waveform:
        console.print(f"waveform: {waveform}", markup=False, highlight=False, soft_wrap=True)
    if result["mismatches"]:
        print("\n".join([text, *kits]), file=sys.stderr)
        print(f"again: .venv/bin/python -m tb.main_job --sim {options.sim} --seed {result['seed']}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
