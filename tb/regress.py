# SPDX-License-Identifier: Apache-2.0
"""``make regress SEEDS=n``: random SAs, frames, errors and requests in flight, one simulation for each seed.

Every simulation is a process of its own; JOBS of them run at a time, all on one build. What a seed does stands in
tb/jobs/regress_simulation.py; a seed does the same whenever it runs with as many frames. Writes
``build/reports/regress.json``: every seed with its digest, and the failures grouped by cause. The first seed of each
cause gets a failure kit (tb.failure_kit). Ctrl-C keeps what is done.

Exit code 0 if every seed passed; 1 after a failure; 130 after Ctrl-C without one; 2 for a wrong command line.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tb.command_line import OneLineParser
from tb.jobs import PROGRESS_MARK
from tb.main_job import TOPLEVEL
from tb.progress import JobProgress
from tb.report_file import write_report
from tb.sim import ALL_SIMULATORS, BUILD_FOLDER, Build, RunResult, SimulationError, build

JOB = "tb.jobs.regress_simulation"
REPORT = BUILD_FOLDER / "reports" / "regress.json"
SEEDS = 16
FRAMES = {"verilator": 2000, "icarus": 60}
"""Frames of a seed, both directions together."""
SEED_LIMIT = 1 << 31
EXIT_INTERRUPTED = 130

_SECONDS_PER_FRAME = {"verilator": 0.1, "icarus": 10.0}
_LEAST_TIMEOUT_SECONDS = 600.0
_LINE_SECONDS = 5.0
_SHOWN_SEEDS = 20
_RESULT = "result.json"
"""In the folder of the run, which the simulation has as its own."""


@dataclass
class SeedResult:
    """How a seed ended. ``failure``: the text of its first failure, None if it passed; ``job``: what the job wrote.

    ``run``: None if the simulation died.
    """

    seed: int
    failure: str | None
    seconds: float
    run: RunResult | None
    job: dict[str, Any] = field(default_factory=dict)

    @property
    def log(self) -> Path | None:
        """Of the simulation."""
        return self.run.log if self.run else None

    @property
    def frames(self) -> int:
        """Frames that were compared."""
        return int(self.job.get("frames", 0))


# ---- causes --------------------------------------------------------------------------------------------------------

_VARYING = re.compile(
    r"0x[0-9a-fA-F]+|\b[0-9a-f]{2}(?: [0-9a-f]{2})+\b|\b[0-9a-f]{12,}\b|(?<![A-Za-z_])\d+(?:[.,]\d+)*"
)
_EXCEPTION = re.compile(r"^(?:\w+\.)*(\w+): ", re.MULTILINE)
_SCOREBOARD_HEAD = re.compile(r"(transmit|receive) .*: \d+ octets, ")


def cause_of(failure: str) -> str:
    """What went wrong, without the numbers that differ from seed to seed: one line.

    Of a frame that differs, the direction and what differs in it; of an exception, its type and first line; of anything
    else, the first line.
    """
    first, *rest = failure.strip().splitlines()
    _, _, traceback = failure.partition("Traceback (most recent call last):\n")
    if types := _EXCEPTION.findall(traceback):
        first = f"{types[-1]}: {first}"
    if head := _SCOREBOARD_HEAD.match(first):
        details = [line.strip() for line in rest if line.startswith("  ")]
        first = "; ".join([head[1], *details])
    return _VARYING.sub("#", re.sub(r"\s*\((?:seed|log).*", "", first))


@dataclass
class Cause:
    """Seeds that failed in the same way; ``example``: the text of the first; ``kit``: a line or two about its kit."""

    cause: str
    results: list[SeedResult] = field(default_factory=list)
    kit: str | None = None

    @property
    def seeds(self) -> list[int]:
        """The seeds."""
        return [result.seed for result in self.results]

    @property
    def example(self) -> str:
        """What the first said."""
        return self.results[0].failure or ""

    def make_kit(self, say: Callable[[str], None]) -> None:
        """One kit for all: that of the first seed whose simulation came to an end. ``say`` is called with each step."""
        from tb.failure_kit import make_kits  # takes a third of a second

        run = next((result.run for result in self.results if result.run), None)
        self.kit = "\n".join(make_kits(run, say)) or None if run else "no failure kit: the simulation died"


def group(results: Iterable[SeedResult]) -> list[Cause]:
    """The failures by cause, the most frequent first."""
    causes: dict[str, Cause] = {}
    for result in results:
        if result.failure is not None:
            cause = cause_of(result.failure)
            causes.setdefault(cause, Cause(cause)).results.append(result)
    return sorted(causes.values(), key=lambda cause: (-len(cause.seeds), cause.cause))


# ---- running -------------------------------------------------------------------------------------------------------


class Regression:
    """Runs seeds of ``built``; ``results`` grows while they end. ``said`` is called after whatever happens."""

    def __init__(self, built: Build, frames: int, said: Callable[[], None] = lambda: None) -> None:
        self.built, self.frames, self.said = built, frames, said
        self.results: list[SeedResult] = []
        self._lock = threading.Lock()
        self._stopped = False
        self._running: dict[int, subprocess.Popen[str]] = {}
        self._under_way: dict[int, int] = {}

    def frames_done(self) -> int:
        """Frames so far, those of the running seeds too."""
        with self._lock:
            return sum(result.frames for result in self.results) + sum(self._under_way.values())

    def run(self, seeds: Sequence[int], jobs: int) -> bool:
        """Run ``seeds``, ``jobs`` at a time; False after Ctrl-C, and without the seeds that were running then."""
        with ThreadPoolExecutor(jobs) as pool:
            waiting: list[Future[SeedResult | None]] = []
            try:
                waiting.extend(pool.submit(self._seed, seed) for seed in seeds)
                for future in as_completed(waiting):
                    self._note(future)
            except KeyboardInterrupt:
                # what follows is short, and not to be interrupted
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_IGN)
                pool.shutdown(wait=False, cancel_futures=True)
                self._stop()
                noted = {result.seed for result in self.results}
                for future in waiting:
                    if not future.cancelled() and (result := future.result()) and result.seed not in noted:
                        self._note(future)
                return False
        return True

    def _note(self, future: Future[SeedResult | None]) -> None:
        result = future.result()
        if result is None:
            return
        with self._lock:
            self.results.append(result)
            self._under_way.pop(result.seed, None)
        self.said()

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._running.values():
                process.kill()

    def _seed(self, seed: int) -> SeedResult | None:
        """The result of a seed; None if it was stopped."""

        def started(process: subprocess.Popen[str]) -> None:
            with self._lock:
                self._running[seed] = process
                if self._stopped:
                    process.kill()

        def line(text: str) -> None:
            if text.startswith(PROGRESS_MARK):
                with self._lock:
                    self._under_way[seed] = int(text.removeprefix(PROGRESS_MARK).split(" ", 1)[0])
                self.said()

        name = f"regress-{self.built.simulator}-{seed}"
        begin = time.monotonic()
        failure: str | None = None
        run: RunResult | None = None
        try:
            run = self.built.run(
                JOB,
                extra_env={"JOB_FRAMES": str(self.frames), "JOB_RESULT": _RESULT},
                name=name,
                seed=seed,
                line=line,
                started=started,
                timeout_seconds=max(_LEAST_TIMEOUT_SECONDS, self.frames * _SECONDS_PER_FRAME[self.built.simulator]),
                check=False,
            )
            failure = run.failures[0].failure if run.failures else None
        except SimulationError as error:
            failure = str(error)
        finally:
            with self._lock:
                self._running.pop(seed, None)
                stopped = self._stopped
        job: dict[str, Any] = {}
        result_file = self.built.folder / "runs" / name / _RESULT
        if result_file.is_file():
            job = json.loads(result_file.read_text(encoding="utf-8"))
        if stopped and failure is not None:
            return None
        if job.get("texts"):
            failure = job["texts"][0]
        if failure is None and run is not None and not self.built.waves:
            shutil.rmtree(run.log.parent, ignore_errors=True)
        return SeedResult(seed, failure, time.monotonic() - begin, run, job)


class _Live:
    """The line that shows how far the regression is; a line now and then where the output is no terminal."""

    def __init__(self, console: Console, seeds: int, frames: int) -> None:
        self.console, self.seeds, self.frames = console, seeds, frames
        self.regression: Regression | None = None
        self._begin = time.monotonic()
        self._last = 0.0
        self._failed = 0
        self._lock = threading.Lock()
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
        )
        self._task = self._progress.add_task("", total=seeds * frames)

    def __enter__(self) -> _Live:
        if self.console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self) -> None:
        """Something has happened."""
        assert self.regression is not None
        done = self.regression.frames_done()
        with self._lock:
            results = list(self.regression.results)
            failures = [result for result in results if result.failure is not None]
            for result in failures[self._failed :]:
                assert result.failure is not None
                self._print(f"seed {result.seed} failed: {cause_of(result.failure)}")
            self._failed = len(failures)
            text = self._text(done, len(results), len(failures))
            if self.console.is_terminal:
                self._progress.update(self._task, description=text, completed=done)
            elif time.monotonic() - self._last >= _LINE_SECONDS:
                self._last = time.monotonic()
                self._print(text)

    def _text(self, done: int, seeds: int, failures: int) -> str:
        rate = done / max(time.monotonic() - self._begin, 0.001)
        left = (self.seeds * self.frames - done) / rate if rate else 0.0
        eta = time.strftime("%H:%M:%S", time.gmtime(max(left, 0.0)))
        return f"{seeds}/{self.seeds} seeds, {done:,} frames, {failures} failures, {rate:,.0f} frames/s, ETA {eta}"

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


# ---- report --------------------------------------------------------------------------------------------------------


def repeat_command(simulator: str, seed: int, frames: int) -> str:
    """What repeats a seed."""
    return f"make regress SIM={simulator} SEED={seed} FRAMES={frames}"


def report_of(
    regression: Regression,
    seeds: Sequence[int],
    jobs: int,
    seconds: float,
    complete: bool,
    causes: Sequence[Cause],
) -> dict[str, Any]:
    """The contents of regress.json."""
    simulator, frames = regression.built.simulator, regression.frames
    results = sorted(regression.results, key=lambda result: result.seed)
    total = sum(result.frames for result in results)
    return {
        "simulator": simulator,
        "partial": not complete,
        "seeds": len(seeds),
        "start": seeds[0],
        "seeds_done": len(results),
        "seeds_failed": sum(result.failure is not None for result in results),
        "frames_per_seed": frames,
        "frames": total,
        "octets": sum(result.job.get("octets", 0) for result in results),
        "cycles": sum(result.job.get("cycles", 0) for result in results),
        "mismatches": sum(result.job.get("mismatches", 0) for result in results),
        "jobs": jobs,
        "seconds": round(seconds, 1),
        "frames_per_second": round(total / seconds, 1),
        "fates": _sum(result.job.get("fates", {}) for result in results),
        "requests": _sum(result.job.get("requests", {}) for result in results),
        "causes": [
            {
                "cause": cause.cause,
                "count": len(cause.seeds),
                "seeds": cause.seeds,
                "example": cause.example,
                "commands": [repeat_command(simulator, seed, frames) for seed in cause.seeds],
                "kit": cause.kit,
            }
            for cause in causes
        ],
        "runs": [
            {
                "seed": result.seed,
                "passed": result.failure is None,
                "seconds": round(result.seconds, 2),
                **{name: result.job.get(name) for name in ("frames", "cycles", "digest")},
                "log": str(result.log) if result.failure is not None and result.log else None,
            }
            for result in results
        ],
    }


def _sum(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(sorted(total.items()))


def _counts(title: str, counts: dict[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def show(report: dict[str, Any], console: Console) -> None:
    """Tables: what became of the frames, the requests, the failures, the sums."""
    console.print(_counts("What became of the frames", report["fates"]))
    console.print(_counts("Requests in flight", report["requests"]))
    if report["causes"]:
        table = Table(title="Failures by cause", title_justify="left", show_lines=True)
        table.add_column("seeds", justify="right")
        table.add_column("cause")
        table.add_column("repeat the first")
        for cause in report["causes"]:
            table.add_row(str(cause["count"]), cause["cause"], cause["commands"][0])
        console.print(table, markup=False)
    title = f"Regression on {report['simulator']}{', not complete' if report['partial'] else ''}"
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("seeds", f"{report['seeds_done']:,} of {report['seeds']:,}, from {report['start']}")
    for name in ("frames", "octets", "cycles"):
        table.add_row(name, f"{report[name]:,}")
    table.add_row("frames per second", f"{report['frames_per_second']:,}")
    table.add_row("seconds", f"{report['seconds']:,} ({report['jobs']} jobs)")
    colour = "red" if report["seeds_failed"] else "green"
    table.add_row("seeds failed", f"{report['seeds_failed']:,}", style=f"bold {colour}")
    console.print(table)


# ---- the command ---------------------------------------------------------------------------------------------------


def _number(name: str, least: int, below: int = SEED_LIMIT) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not text.isascii() or not text.isdecimal() or not least <= int(text) < below:
            raise argparse.ArgumentTypeError(f"{name}={text}: must be a number from {least} to {below - 1}")
        return int(text)

    return convert


def _start(text: str) -> int:
    return random.SystemRandom().randrange(1, SEED_LIMIT // 2) if text == "random" else _number("START", 0)(text)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = OneLineParser(prog="python -m tb.regress", description=__doc__.splitlines()[0])
    parser.add_argument("--sim", choices=ALL_SIMULATORS, default="verilator", help="simulator (default: verilator)")
    parser.add_argument("--seeds", type=_number("SEEDS", 1), default=SEEDS, help=f"how many (default: {SEEDS})")
    parser.add_argument("--start", type=_start, default=1, help="the first, or random (default: 1)")
    parser.add_argument("--seed", type=_number("SEED", 0), help="only this one")
    parser.add_argument("--jobs", type=_number("JOBS", 1, 1025), help="at a time (default: one for each processor)")
    parser.add_argument(
        "--frames", type=_number("FRAMES", 1), help=f"of each seed, both directions (default: {FRAMES})"
    )
    parser.add_argument("--waves", action="store_true", help="write waveforms, build/waves/regress-SIM-SEED.fst")
    parser.add_argument("--report", type=Path, default=REPORT, help="default: build/reports/regress.json")
    options = parser.parse_args(arguments)
    options.jobs = options.jobs or len(os.sched_getaffinity(0))
    options.frames = options.frames or FRAMES[options.sim]
    if options.seed is not None:
        options.start, options.seeds = options.seed, 1
    if options.start + options.seeds > SEED_LIMIT:
        parser.error(f"SEEDS={options.seeds} from START={options.start}: a seed is below {SEED_LIMIT}")
    return options


@contextlib.contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """SIGTERM is KeyboardInterrupt; afterwards all is as before."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _make_kits(causes: Sequence[Cause], console: Console) -> None:
    """A kit for each cause; Ctrl-C goes on without those that are missing."""
    with contextlib.suppress(KeyboardInterrupt), _terminate_as_interrupt(), JobProgress(console) as progress:
        for cause in causes:
            cause.make_kit(progress.step)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    options = _options(arguments)
    console = Console()
    options.report.unlink(missing_ok=True)
    try:
        with JobProgress(console) as progress:
            built = build(options.sim, TOPLEVEL, waves=options.waves, progress=progress.step)
    except SimulationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted before the first seed", file=sys.stderr)
        return EXIT_INTERRUPTED
    seeds = range(options.start, options.start + options.seeds)
    begin = time.monotonic()
    with _terminate_as_interrupt(), _Live(console, len(seeds), options.frames) as live:
        regression = live.regression = Regression(built, options.frames, live.update)
        complete = regression.run(seeds, options.jobs)
        seconds = time.monotonic() - begin
    causes = group(sorted(regression.results, key=lambda result: result.seed))
    if complete:
        _make_kits(causes, console)
    report = report_of(regression, seeds, options.jobs, seconds, complete, causes)
    write_report(options.report, report)
    show(report, console)
    for cause in report["causes"]:
        print(f"error: {cause['example']}", file=sys.stderr)
        for command in cause["commands"][:_SHOWN_SEEDS]:
            print(f"  again: {command}", file=sys.stderr)
        if cause["kit"]:
            print(f"  {cause['kit']}", file=sys.stderr)
    if options.seed is not None and report["runs"]:
        only = report["runs"][0]
        console.print(f"digest {only['digest']}, {only['cycles']:,} cycles", markup=False, highlight=False)
    if report["seeds_failed"]:
        return 1
    return 0 if complete else EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
