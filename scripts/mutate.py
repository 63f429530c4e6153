# SPDX-License-Identifier: Apache-2.0
"""Checks the tests: puts faults into the RTL, one at a time, and counts those that are found (``make mutate``).

A fault (scripts/mutants.py) goes into a copy of the tree. If the file still compiles, the tests of its module run there
on Icarus until one fails; a fault that passes them all meets the system tests. What passes those too has survived. The
tests of each module, the faults that are known to be none (with the reason) and the goals stand in
``scripts/mutation.toml``. Writes ``build/reports/mutation.json``. Exit code 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import json
import os
import queue
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from scripts.mutants import Mutant, mutants_of
from tb.jobs import PROGRESS_MARK
from tb.progress import JobProgress
from tb.report_file import STARTED, made_of, write_report
from tb.sim import BUILD_FOLDER, ROOT, SimulationError, hdl_modules, source_closure

TABLE = Path(__file__).with_name("mutation.toml")
REPORT = BUILD_FOLDER / "reports" / "mutation.json"
BASELINE = BUILD_FOLDER / "mutation" / "baseline.json"
VERDICTS = BUILD_FOLDER / "mutation" / "verdicts.json"
TREE = ("hdl", "include", "models", "scripts", "tb", "tests", "docs", "pyproject.toml", "Makefile", "README.md")
"""What the tests need of the project."""
CPU_FACTOR, CPU_SECONDS = 4.0, 10.0
"""A test with a fault may take so many times, and so many seconds more of, the processor time it takes without."""
WALL_FACTOR = 20.0
"""Of the processor time that is allowed: for a simulation that waits for ever."""


class MutationError(Exception):
    """A wrong table or option, or a test that fails without a fault."""


@dataclass(frozen=True)
class Group:
    """A part of the RTL with a score of its own: modules, or the lines of one between two texts."""

    name: str
    modules: tuple[str, ...]
    begin: str = ""
    end: str = ""

    def holds(self, mutant: Mutant) -> bool:
        """Whether a fault lies in this part."""
        if mutant.module not in self.modules:
            return False
        if not self.begin:
            return True
        text = mutant.file.read_text(encoding="ascii")
        return text.index(self.begin) <= mutant.start < text.index(self.end)


@dataclass(frozen=True)
class Plan:
    """``scripts/mutation.toml``."""

    goal: float
    least: int
    """faults of each module, at least (of a group: three times as many)"""
    tests: Mapping[str, Sequence[str]]
    system: Sequence[str]
    groups: Sequence[Group]
    harmless: Sequence[Mapping[str, str]]
    """faults that change nothing that matters: ``module``, ``source`` (the line), ``before``, ``after``, ``reason``,
    and ``kind`` where another fault has the same text"""

    @classmethod
    def read(cls, path: Path = TABLE) -> Plan:
        """The table; MutationError where it does not fit the RTL."""
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        groups = [
            Group(name, tuple(part["modules"]), part.get("begin", ""), part.get("end", ""))
            for name, part in table["groups"].items()
        ]
        plan = cls(table["goal"], table["least"], table["tests"], table["system"], groups, table.get("harmless", []))
        plan.check()
        return plan

    def check(self) -> None:
        """MutationError where the plan does not fit the RTL."""
        for name in [*self.tests, *(module for group in self.groups for module in group.modules)]:
            if name not in hdl_modules():
                raise MutationError(f"{TABLE.name}: no module {name}")
        for entry in self.harmless:
            if entry["module"] not in self.tests:
                raise MutationError(f"{TABLE.name}: harmless: no module {entry['module']}")
            lines = hdl_modules()[entry["module"]].read_text(encoding="ascii").split("\n")
            if entry["source"] not in [line.strip() for line in lines]:
                raise MutationError(f"{TABLE.name}: harmless: no line {entry['source']!r} in {entry['module']}")

    def reason(self, mutant: Mutant) -> str | None:
        """Why this fault is harmless; None if it is not known to be."""
        for entry in self.harmless:
            key = (entry["module"], entry["source"], entry["before"], entry["after"], entry.get("kind", mutant.kind))
            if key == (mutant.module, mutant.source, mutant.before, mutant.after, mutant.kind):
                return entry["reason"]
        return None


def select(plan: Plan, count: int, seed: int, module: str | None) -> dict[str, tuple[int, list[Mutant]]]:
    """For each module how many faults to take, and all its faults in the order to take them; of a seed always the same.

    Every module gets ``plan.least``, every group three times as many (if it has them), the rest goes by size.
    """
    modules = [module] if module else sorted(plan.tests)
    faults: dict[str, list[Mutant]] = {}
    quota: dict[str, int] = {}
    for name in modules:
        faults[name] = mutants_of(hdl_modules()[name])
        random.Random(f"{seed} {name}").shuffle(faults[name])
        quota[name] = min(plan.least, len(faults[name]))
    for group in plan.groups:
        for name in set(group.modules) & set(modules):
            wanted = 3 * plan.least
            inside = [fault for fault in faults[name] if group.holds(fault)][:wanted]
            # those of a part of a module come first
            faults[name] = inside + [fault for fault in faults[name] if fault not in inside]
            quota[name] = max(quota[name], len(inside) + (plan.least if group.begin else 0))
    left = max(0, count - sum(quota.values()))
    room = {name: len(faults[name]) - quota[name] for name in modules}
    total = sum(room.values())
    for name in modules:
        quota[name] += min(room[name], round(left * room[name] / total)) if total else 0
    return {name: (quota[name], faults[name]) for name in modules}


@dataclass
class Verdict:
    """What became of a fault: ``killed`` by a test, ``survived``, or ``discarded`` because it does not compile."""

    mutant: Mutant
    outcome: str


class Tree:
    """A copy of the project to put faults into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__", "build")
        for name in TREE:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy(source, folder / name)

    @contextlib.contextmanager
    def fault(self, mutant: Mutant) -> Iterator[None]:
        """The tree with this fault in it."""
        path = self.folder / mutant.file.relative_to(ROOT)
        text = mutant.file.read_text(encoding="ascii")
        path.write_text(mutant.apply(text), encoding="ascii")
        try:
            yield
        finally:
            path.write_text(text, encoding="ascii")
            shutil.rmtree(self.folder / "build", ignore_errors=True)


class Runner:
    """Runs tests in trees; ``stop`` ends all of them."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._lock = threading.Lock()
        self.stopped = False

    def stop(self) -> None:
        """End what runs, start nothing more."""
        with self._lock:
            self.stopped = True
            for group in self._running:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(group, signal.SIGKILL)

    def run(self, command: Sequence[str], folder: Path, cpu_seconds: float | None) -> tuple[int, float, str]:
        """Exit code (-9 if it ran too long), processor seconds and output; ``cpu_seconds`` limits each process."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
        environment |= {"SIM": "icarus", "NIGHTLY": "1", "COCOTB_RANDOM_SEED": "1", "PYTHONDONTWRITEBYTECODE": "1"}

        def limit() -> None:
            if cpu_seconds is not None:
                resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_seconds) + 1, int(cpu_seconds) + 2))

        with self._lock:
            if self.stopped:
                raise KeyboardInterrupt
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                preexec_fn=limit,
            )
            self._running.add(process.pid)

        def kill() -> None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(WALL_FACTOR * cpu_seconds if cpu_seconds else 3600.0, kill)
        timer.start()
        try:
            assert process.stdout is not None
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            timer.cancel()
            with self._lock:
                self._running.discard(process.pid)
            kill()
        return process.returncode, usage.ru_utime + usage.ru_stime, output

    def tests(self, tree: Tree, tests: Sequence[str], cpu_seconds: float | None) -> tuple[int, float, str]:
        """Run tests until one fails."""
        options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest"]
        return self.run([sys.executable, "-m", "pytest", *options, *tests], tree.folder, cpu_seconds)

    def compiles(self, tree: Tree, module: str) -> bool:
        """Whether Icarus takes the module and what is below it."""
        files = [str(path.relative_to(ROOT)) for path in source_closure(module)]
        command = ["iverilog", "-t", "null", "-g2012", "-DSYNTHESIS", "-s", module, *files]
        return self.run(command, tree.folder, 60.0)[0] == 0


class Judge:
    """Puts a fault into a tree and runs the tests on it. ``seconds``: processor time of each test without a fault."""

    def __init__(
        self, plan: Plan, runner: Runner, trees: queue.SimpleQueue[Tree], seconds: Mapping[str, float]
    ) -> None:
        self.plan = plan
        self.runner = runner
        self.trees = trees
        self.seconds = seconds

    def __call__(self, mutant: Mutant) -> Verdict:
        """What becomes of this fault."""
        tree = self.trees.get()
        try:
            with tree.fault(mutant):
                if not self.runner.compiles(tree, mutant.module):
                    return Verdict(mutant, "discarded")
                for tests in (self.plan.tests[mutant.module], self.plan.system):
                    if tests:
                        limit = CPU_SECONDS + CPU_FACTOR * max(self.seconds[test] for test in tests)
                        if self.runner.tests(tree, tests, limit)[0] != 0:
                            return Verdict(mutant, "killed")
                return Verdict(mutant, "survived")
        finally:
            self.trees.put(tree)


def _one_line(text: str, length: int = 70) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _survivor(mutant: Mutant) -> str:
    place = f"{mutant.file.relative_to(ROOT)}:{mutant.line}"
    return f"survived: {place}: {_one_line(mutant.before)}  ->  {_one_line(mutant.after)}"


def _digest(test: str) -> str:
    """Of all that the processor time of a test depends on."""
    digest = hashlib.sha256()
    own = (ROOT / test.partition("::")[0]).parent
    for folder in (ROOT / "hdl", ROOT / "models", ROOT / "tb", own):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".v", ".sv", ".py"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


def baseline(
    runner: Runner, trees: queue.SimpleQueue[Tree], pool: ThreadPoolExecutor, tests: set[str], progress: JobProgress
) -> dict[str, float]:
    """Processor seconds of each test on the RTL as it is; of an unchanged one they are kept. MutationError if red."""
    kept: dict[str, Any] = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.is_file() else {}
    digests = {test: _digest(test) for test in tests}
    kept = {test: entry for test, entry in kept.items() if entry["digest"] == digests.get(test, entry["digest"])}

    def measure(test: str) -> tuple[str, float]:
        tree = trees.get()
        try:
            code, seconds, output = runner.tests(tree, [test], None)
        finally:
            shutil.rmtree(tree.folder / "build", ignore_errors=True)
            trees.put(tree)
        if code != 0:
            raise MutationError(f"{test} fails without a fault (exit code {code}):\n{output[-3000:]}")
        return test, round(seconds, 2)

    missing = sorted(tests - kept.keys())
    BASELINE.parent.mkdir(parents=True, exist_ok=True)
    for number, future in enumerate(as_completed([pool.submit(measure, test) for test in missing])):
        test, seconds = future.result()
        kept[test] = {"digest": digests[test], "seconds": seconds}
        BASELINE.write_text(json.dumps(kept, indent=1), encoding="utf-8")
        progress.step(f"without a fault: {number + 1}/{len(missing)} {test}")
    return {test: kept[test]["seconds"] for test in tests}


def keep(verdicts: Sequence[Verdict], path: Path = VERDICTS) -> None:
    """Write down what became of each fault, for ``kept``."""
    entries = []
    for verdict in verdicts:
        mutant = dataclasses.asdict(verdict.mutant) | {"file": str(verdict.mutant.file.relative_to(ROOT))}
        entries.append({"outcome": verdict.outcome, "mutant": mutant})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def kept(path: Path = VERDICTS) -> list[Verdict]:
    """What ``keep`` wrote; MutationError without it, or where the RTL is another since then."""
    if not path.is_file():
        raise MutationError("AGAIN=1: no run before this one")
    verdicts = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        mutant = Mutant(**entry["mutant"] | {"file": ROOT / entry["mutant"]["file"]})
        if mutant.file.read_text(encoding="ascii")[mutant.start : mutant.end] != mutant.before:
            raise MutationError(f"AGAIN=1: {mutant.file.relative_to(ROOT)} has changed since the last run")
        verdicts.append(Verdict(mutant, entry["outcome"]))
    return verdicts


def campaign(
    plan: Plan, chosen: Mapping[str, tuple[int, list[Mutant]]], seed: int, jobs: int, progress: JobProgress
) -> tuple[list[Verdict], bool]:
    """Run the faults that ``select`` chose; the verdicts, and whether the run came to its end."""
    total = sum(quota for quota, _ in chosen.values())
    runner = Runner()
    verdicts: list[Verdict] = []
    pool = ThreadPoolExecutor(jobs)
    with tempfile.TemporaryDirectory(prefix="mutation-") as temporary:
        try:
            trees: queue.SimpleQueue[Tree] = queue.SimpleQueue()
            for number in range(jobs):
                trees.put(Tree(Path(temporary) / str(number)))
            tests = {test for name in chosen for test in plan.tests[name]} | set(plan.system)
            judge = Judge(plan, runner, trees, baseline(runner, trees, pool, tests, progress))
            first = [fault for quota, faults in chosen.values() for fault in faults[:quota]]
            spare = {name: faults[quota:] for name, (quota, faults) in chosen.items()}
            # a part of every module early, so that a run that is broken off says something of each
            random.Random(seed).shuffle(first)
            counts: Counter[str] = Counter()
            pending = {pool.submit(judge, mutant) for mutant in first}
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    verdict = future.result()
                    verdicts.append(verdict)
                    counts[verdict.outcome] += 1
                    module_name = verdict.mutant.module
                    if verdict.outcome == "survived" and plan.reason(verdict.mutant) is None:
                        progress.console.print(_survivor(verdict.mutant), markup=False, highlight=False, soft_wrap=True)
                    if verdict.outcome == "discarded" and spare[module_name]:
                        pending.add(pool.submit(judge, spare[module_name].pop(0)))
                text = f"killed {counts['killed']}, survived {counts['survived']}"
                progress.line(f"{PROGRESS_MARK}{counts['killed'] + counts['survived']} {total} {text}")
            return verdicts, True
        except KeyboardInterrupt:
            return verdicts, False
        finally:
            runner.stop()
            pool.shutdown(wait=True, cancel_futures=True)


def _score(plan: Plan, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    killed = sum(verdict.outcome == "killed" for verdict in verdicts)
    survivors = [verdict.mutant for verdict in verdicts if verdict.outcome == "survived"]
    harmless = sum(plan.reason(mutant) is not None for mutant in survivors)
    faults = killed + len(survivors) - harmless
    return {
        "faults": faults,
        "killed": killed,
        "harmless": harmless,
        "score": round(100 * killed / faults, 1) if faults else None,
    }


def report(plan: Plan, verdicts: Sequence[Verdict], seed: int, complete: bool, seconds: float) -> dict[str, Any]:
    """What goes into ``build/reports/mutation.json``; faults known as harmless that survive are none."""
    judged = [verdict for verdict in verdicts if verdict.outcome != "discarded"]
    modules = sorted({verdict.mutant.module for verdict in judged})
    survivors = []
    for verdict in sorted(judged, key=lambda verdict: (str(verdict.mutant.file), verdict.mutant.start)):
        if verdict.outcome == "survived":
            mutant = verdict.mutant
            survivors.append(
                {
                    "file": str(mutant.file.relative_to(ROOT)),
                    "line": mutant.line,
                    "kind": mutant.kind,
                    "source": mutant.source,
                    "before": mutant.before,
                    "after": mutant.after,
                    "harmless": plan.reason(mutant),
                }
            )
    kinds = sorted({verdict.mutant.kind for verdict in judged})
    return {
        "seed": seed,
        "complete": complete,
        "seconds": round(seconds, 1),
        "goal": plan.goal,
        "discarded": len(verdicts) - len(judged),
        "all": _score(plan, judged),
        "modules": {name: _score(plan, [v for v in judged if v.mutant.module == name]) for name in modules},
        "groups": {group.name: _score(plan, [v for v in judged if group.holds(v.mutant)]) for group in plan.groups},
        "kinds": {kind: _score(plan, [v for v in judged if v.mutant.kind == kind]) for kind in kinds},
        "survivors": survivors,
    }


def show(console: Console, result: Mapping[str, Any]) -> None:
    """The scores."""
    table = Table(title=f"Faults found by the fast suite, seed {result['seed']}")
    table.add_column("")
    for name in ("faults", "killed", "harmless", "score"):
        table.add_column(name, justify="right")

    def row(name: str, score: Mapping[str, Any]) -> None:
        percent = "" if score["score"] is None else f"{score['score']:.1f} %"
        table.add_row(name, str(score["faults"]), str(score["killed"]), str(score["harmless"] or ""), percent)

    for name, score in result["modules"].items():
        row(name, score)
    table.add_section()
    for name, score in result["groups"].items():
        row(name, score)
    table.add_section()
    row("all", result["all"])
    console.print(table)


def missed(result: Mapping[str, Any]) -> list[str]:
    """The parts whose score is below the goal."""
    scores = {"all": result["all"], **result["groups"]}
    return [name for name, score in scores.items() if score["score"] is not None and score["score"] < result["goal"]]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit code 1 if a goal is missed, 2 for wrong options, 130 if broken off."""
    parser = argparse.ArgumentParser(prog="make mutate", description="faults in the RTL, and how many the tests find")
    parser.add_argument("--mutants", type=int, default=360, metavar="N", help="faults to try (default %(default)s)")
    parser.add_argument("--module", help="only faults of this module")
    parser.add_argument("--seed", type=int, default=1, help="other faults for another seed (default 1)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="at once (default: all cores)")
    parser.add_argument("--again", action="store_true", help="only the faults that survived the last run")
    options = parser.parse_args(arguments)
    console = Console()
    # also where the shell has switched off the interrupt, as it does for jobs in the background
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        plan = Plan.read()
        if options.mutants < 1 or options.jobs < 1:
            raise MutationError(f"MUTANTS={options.mutants} JOBS={options.jobs}: must be 1 or more")
        if options.module and options.module not in plan.tests:
            raise MutationError(f"MODULE={options.module}: must be one of {', '.join(sorted(plan.tests))}")
        start = time.monotonic()
        before: list[Verdict] = []
        if options.again:
            before = kept()
            survivors = [verdict.mutant for verdict in before if verdict.outcome == "survived"]
            before = [verdict for verdict in before if verdict.outcome != "survived"]
            names = sorted({mutant.module for mutant in survivors})
            again = {name: [mutant for mutant in survivors if mutant.module == name] for name in names}
            chosen = {name: (len(faults), faults) for name, faults in again.items()}
        else:
            chosen = select(plan, options.mutants, options.seed, options.module)
        with JobProgress(console, "faults") as progress:
            verdicts, complete = campaign(plan, chosen, options.seed, options.jobs, progress)
        if not options.again or complete:
            keep([*before, *verdicts])
    except KeyboardInterrupt:
        return 130
    except (MutationError, SimulationError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    result = report(plan, [*before, *verdicts], options.seed, complete, time.monotonic() - start)
    write_report(REPORT, result, made_of(REPORT) if options.again else STARTED)
    show(console, result)
    if not complete:
        console.print("broken off: the figures are of the faults so far")
        return 130
    below = missed(result)
    if below:
        console.print(f"below {plan.goal} %: {', '.join(below)}", highlight=False)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
