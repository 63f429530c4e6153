# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of docs/testplan.toml with coverage on Verilator and says what they did not reach (``make coverage``).

Merges over all runs: the bins that tb/coverage.py counts, the cover points of tb/cover/, and lines, branches and bits
that toggled of every file in hdl/. What docs/coverage_exclusions.toml names is not counted. Writes
``build/reports/coverage/``: ``coverage.json``, ``coverage.info`` (LCOV) and ``index.html`` with a page for each module.
Exit code 1 if a goal of the plan is missed or a test fails.
"""

from __future__ import annotations

import argparse
import html
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from tb.report_file import STARTED, made_of, write_report
from tb.sim import BUILD_FOLDER, ROOT

PLAN = ROOT / "docs" / "testplan.toml"
EXCLUSIONS = ROOT / "docs" / "coverage_exclusions.toml"
COUNTS = BUILD_FOLDER / "coverage"
REPORT = BUILD_FOLDER / "reports" / "coverage"
KINDS = ("line", "branch", "toggle")


class CoverageError(Exception):
    """A wrong plan, or counts that can not be read."""


class Point(NamedTuple):
    """What Verilator counts: kind (line, branch, toggle or user), name (of bit, branch or label), lines of source."""

    file: str
    line: int
    column: int
    kind: str
    name: str
    lines: str


def read_counts(path: Path) -> Counter[Point]:
    """The counts of one simulation, of all instances of a module together; CoverageError if it is no such file."""
    counts: Counter[Point] = Counter()
    with path.open(encoding="utf-8", errors="replace") as text:
        if not text.readline().startswith("# SystemC::Coverage"):
            raise CoverageError(f"{path}: not a file of Verilator's coverage")
        for record in text:
            if not record.startswith("C '"):
                continue
            keys, _, count = record[3:].rpartition("' ")
            fields = dict(part.split("\x02", 1) for part in keys.split("\x01") if "\x02" in part)
            # the page tells a branch from a line in versions that have no kind of its own for it
            kind = fields["page"].partition("/")[0].removeprefix("v_")
            point = Point(fields["f"], int(fields["l"]), int(fields["n"]), kind, fields["o"], fields.get("S", ""))
            counts[point] += int(count)
    return counts


def _ranges(text: str) -> Iterable[int]:
    """The numbers of ``"3-5,9"``."""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


@dataclass
class ModuleCoverage:
    """What was reached of one file: of lines and branches how often, of bits and their directions likewise."""

    file: Path
    lines: dict[int, int] = field(default_factory=dict)
    branches: dict[tuple[int, int, str], int] = field(default_factory=dict)
    toggles: dict[tuple[int, int, str], int] = field(default_factory=dict)
    excluded: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return self.file.stem

    def counts(self, kind: str) -> list[int]:
        """All counts of a kind."""
        if kind == "line":
            return list(self.lines.values())
        return list((self.branches if kind == "branch" else self.toggles).values())


@dataclass(frozen=True)
class Exclusion:
    """An entry of docs/coverage_exclusions.toml."""

    module: str
    kind: str
    pattern: str
    reason: str

    def holds(self, module: str, kind: str, text: str) -> bool:
        """Whether it excludes a line or branch on this line of source, or a bit of this name."""
        return self.module == module and self.kind in (kind, "any") and re.search(self.pattern, text) is not None


def read_exclusions(path: Path = EXCLUSIONS) -> tuple[list[Exclusion], dict[str, str]]:
    """Those of code, and the bins with their reasons; CoverageError for one without a reason."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    entries = [Exclusion(**entry) for entry in table.get("code", [])]
    bins = {entry["name"]: entry["reason"] for entry in table.get("bin", [])}
    for entry in entries:
        if not entry.reason or entry.kind not in (*KINDS, "any"):
            raise CoverageError(f"{path.name}: {entry.module}: needs a reason, and a kind of {', '.join(KINDS)} or any")
    if not all(bins.values()):
        raise CoverageError(f"{path.name}: a bin without a reason")
    return entries, bins


def by_module(counts: Mapping[Point, int], exclusions: Sequence[Exclusion], root: Path) -> list[ModuleCoverage]:
    """Line, branch and toggle coverage of every file below ``root``, in the order of their names."""
    modules: dict[str, ModuleCoverage] = {}
    texts: dict[str, list[str]] = {}
    for point, count in counts.items():
        path = Path(point.file)
        if point.kind not in KINDS or not path.is_relative_to(root):
            continue
        if point.file not in modules:
            modules[point.file] = ModuleCoverage(path)
            texts[point.file] = path.read_text(encoding="utf-8").split("\n")
        module, text = modules[point.file], texts[point.file]

        def excluded(kind: str, where: str, module: ModuleCoverage = module) -> bool:
            found = any(entry.holds(module.name, kind, where) for entry in exclusions)
            module.excluded[kind] += found
            return found

        place = (point.line, point.column, point.name)
        if point.kind == "toggle":
            if not excluded("toggle", point.name):
                module.toggles[place] = module.toggles.get(place, 0) + count
            continue
        if point.kind == "branch" and not excluded("branch", text[point.line - 1]):
            module.branches[place] = module.branches.get(place, 0) + count
        for number in _ranges(point.lines):
            if not excluded("line", text[number - 1]):
                module.lines[number] = max(module.lines.get(number, 0), count)
    return sorted(modules.values(), key=lambda module: module.name)


def cover_points(counts: Mapping[Point, int]) -> Counter[str]:
    """The cover points of tb/cover/ as ``module.label``."""
    points: Counter[str] = Counter()
    for point, count in counts.items():
        if point.kind == "user":
            points[f"{Path(point.file).stem.removesuffix('_cover')}.{point.name}"] += count
    return points


@dataclass(frozen=True)
class Feature:
    """A feature of the plan and its bins."""

    name: str
    text: str
    tests: tuple[str, ...]
    bins: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """docs/testplan.toml."""

    goals: Mapping[str, float]
    once: tuple[str, ...]
    seeds: tuple[str, ...]
    features: tuple[Feature, ...]

    @classmethod
    def read(cls, path: Path = PLAN, without: Iterable[str] = ()) -> Plan:
        """The plan, some bins left out; CoverageError for a test or a bin to leave out that does not exist, a feature
        without bins, a bin named twice.
        """
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        features = []
        for entry in table["feature"]:
            names = ["/".join(values) for values in itertools.product(*entry["bins"])] if "bins" in entry else []
            names += entry.get("points", [])
            features.append(Feature(entry["name"], entry["text"], tuple(entry["tests"]), tuple(names)))
            if not names:
                raise CoverageError(f"{path.name}: {entry['name']} has no bins")
        runs = table["runs"]
        for test in [*runs["once"], *runs["seeds"], *(test for feature in features for test in feature.tests)]:
            if not (ROOT / test.partition("::")[0]).exists():
                raise CoverageError(f"{path.name}: no test {test}")
        twice = [name for name, count in Counter(name for f in features for name in f.bins).items() if count > 1]
        if twice:
            raise CoverageError(f"{path.name}: named twice: {twice[0]}")
        for unknown in set(without) - {name for feature in features for name in feature.bins}:
            raise CoverageError(f"{path.name}: no bin {unknown}")
        features = [replace(f, bins=tuple(name for name in f.bins if name not in without)) for f in features]
        return cls(table["goals"], tuple(runs["once"]), tuple(runs["seeds"]), tuple(features))


def run_tests(tests: Sequence[str], seed: int, jobs: int, folder: Path) -> int:
    """Run tests on Verilator with coverage into ``folder``; pytest's exit code."""
    environment = dict(os.environ) | {
        "NIGHTLY": "1",
        "COVERAGE_TO": str(folder),
        "SIM": "verilator",
        "COCOTB_RANDOM_SEED": str(seed),
    }
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-n", str(jobs), "--dist", "worksteal", *tests]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def merge(folder: Path) -> tuple[Counter[Point], Counter[str]]:
    """All counts of a folder: Verilator's, and the functional ones."""
    points: Counter[Point] = Counter()
    bins: Counter[str] = Counter()
    for path in sorted(folder.glob("*.dat")):
        # not +=, which drops what is 0
        points.update(read_counts(path))
    for path in sorted(folder.glob("functional-*.json")):
        bins.update(json.loads(path.read_text(encoding="utf-8")))
    return points, bins


def percent(counts: Sequence[int]) -> float | None:
    """How many of these were hit; None without any."""
    return round(100 * sum(count > 0 for count in counts) / len(counts), 2) if counts else None


def result_of(plan: Plan, modules: Sequence[ModuleCoverage], bins: Mapping[str, int]) -> dict[str, Any]:
    """What goes into ``coverage.json``."""
    features = []
    for feature in plan.features:
        missing = [name for name in feature.bins if not bins.get(name)]
        features.append(
            {
                "name": feature.name,
                "text": feature.text,
                "tests": feature.tests,
                "bins": len(feature.bins),
                "hit": len(feature.bins) - len(missing),
                "missing": missing,
            }
        )
    total: dict[str, float | None] = {
        kind: percent([count for module in modules for count in module.counts(kind)]) for kind in KINDS
    }
    total["bins"] = percent([bins.get(name, 0) for feature in plan.features for name in feature.bins])
    return {
        "goals": plan.goals,
        "total": total,
        "features": features,
        "modules": {
            module.name: {
                "file": str(module.file.relative_to(ROOT)),
                **{kind: percent(module.counts(kind)) for kind in KINDS},
                "excluded": {kind: count for kind, count in module.excluded.items() if count},
            }
            for module in modules
        },
    }


def lcov(modules: Sequence[ModuleCoverage]) -> str:
    """Lines and branches in the form of LCOV."""
    lines: list[str] = []
    for module in modules:
        lines += ["TN:", f"SF:{module.file.relative_to(ROOT)}"]
        for number, ((line, column, _), count) in enumerate(sorted(module.branches.items())):
            lines.append(f"BRDA:{line},{column},{number},{count}")
        lines.append(f"BRF:{len(module.branches)}")
        lines.append(f"BRH:{sum(count > 0 for count in module.branches.values())}")
        lines += [f"DA:{line},{count}" for line, count in sorted(module.lines.items())]
        lines += [f"LF:{len(module.lines)}", f"LH:{sum(count > 0 for count in module.lines.values())}", "end_of_record"]
    return "".join(f"{line}\n" for line in lines)


_STYLE = """<style>body{font:15px sans-serif;margin:1em}td,th{padding:2px 10px;text-align:right}
td:first-child,th:first-child{text-align:left}pre{font-size:13px}.no{background:#fbb}.part{background:#fe9}
.yes{background:#dfd}summary{cursor:pointer}</style>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta charset="utf-8">"""


def _cell(value: float | None) -> str:
    return "<td></td>" if value is None else f"<td>{value:.1f} %</td>"


def index_page(result: Mapping[str, Any]) -> str:
    """Features with what is missing, and the figures of every module."""
    total = result["total"]
    parts = [f"<!doctype html><title>Coverage</title>{_STYLE}<h1>Coverage</h1><table><tr><th></th>"]
    parts += [f"<th>{name}</th>" for name in ("bins", *KINDS)]
    parts += ["</tr><tr><td>all</td>", *(_cell(total[name]) for name in ("bins", *KINDS)), "</tr><tr><td>goal</td>"]
    parts += [*(_cell(result["goals"][name]) for name in ("bins", *KINDS)), "</tr></table><h2>Features</h2>"]
    for feature in result["features"]:
        parts.append(f"<details><summary>{html.escape(feature['name'])}: {feature['hit']} of {feature['bins']} bins")
        parts.append(f"</summary><p>{html.escape(feature['text'])}<p>{html.escape(', '.join(feature['tests']))}<ul>")
        parts += [f"<li class=no>{html.escape(name)}" for name in feature["missing"]]
        parts.append("</ul></details>")
    parts.append("<h2>Modules</h2><table><tr><th></th><th>line</th><th>branch</th><th>toggle</th></tr>")
    for name, module in result["modules"].items():
        cells = "".join(_cell(module[kind]) for kind in KINDS)
        parts.append(f'<tr><td><a href="{name}.html">{html.escape(module["file"])}</a></td>{cells}</tr>')
    parts.append("</table>")
    return "".join(parts)


def module_page(module: ModuleCoverage) -> str:
    """The source with the count of each line, and beside it the branches not taken and the bits that did not toggle."""
    notes: dict[int, list[str]] = defaultdict(list)
    for kind, counts in (("branch", module.branches), ("bit", module.toggles)):
        for (line, _, name), count in sorted(counts.items()):
            if not count:
                notes[line].append(f"{kind} {name}")
    parts = [f"<!doctype html><title>{module.name}</title>{_STYLE}<h1>{module.name}</h1><pre>"]
    for number, text in enumerate(module.file.read_text(encoding="utf-8").split("\n"), 1):
        executed = module.lines.get(number)
        style = "no" if executed == 0 else "part" if notes[number] else "yes" if executed else ""
        missed = f"   // not: {', '.join(notes[number][:12])}" if notes[number] else ""
        if len(notes[number]) > 12:
            missed += f" and {len(notes[number]) - 12} more"
        shown = "" if executed is None else str(executed)
        parts.append(f'<span class="{style}">{shown:>9} {number:>5}  {html.escape(text + missed)}</span>\n')
    parts.append("</pre>")
    return "".join(parts)


def write_reports(
    result: Mapping[str, Any], modules: Sequence[ModuleCoverage], folder: Path, made: Mapping[str, Any] | None = STARTED
) -> None:
    """All files of ``build/reports/coverage/``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_report(folder / "coverage.json", result, made)
    (folder / "coverage.info").write_text(lcov(modules), encoding="utf-8")
    (folder / "index.html").write_text(index_page(result), encoding="utf-8")
    for module in modules:
        (folder / f"{module.name}.html").write_text(module_page(module), encoding="utf-8")


def show(console: Console, result: Mapping[str, Any]) -> list[str]:
    """Print the figures and what is not hit; returns the goals that are missed."""
    table = Table(title="Coverage of the RTL")
    table.add_column("module")
    for kind in KINDS:
        table.add_column(kind, justify="right")

    def row(name: str, values: Mapping[str, float | None]) -> None:
        cells = [values[kind] for kind in KINDS]
        table.add_row(name, *("" if value is None else f"{value:.1f} %" for value in cells))

    for name, module in result["modules"].items():
        row(name, module)
    table.add_section()
    row("all", result["total"])
    row("goal", result["goals"])
    console.print(table)
    plan = Table(title="Bins of the test plan")
    plan.add_column("feature")
    plan.add_column("hit", justify="right")
    plan.add_column("of", justify="right")
    for feature in result["features"]:
        plan.add_row(feature["name"], str(feature["hit"]), str(feature["bins"]))
    console.print(plan)
    for feature in result["features"]:
        for name in feature["missing"]:
            console.print(f"not hit: {name}", markup=False, highlight=False, soft_wrap=True)
    missed = [name for name, goal in result["goals"].items() if (result["total"][name] or 0.0) < goal]
    for name in missed:
        console.print(
            f"below its goal of {result['goals'][name]} %: {name} ({result['total'][name]} %)", highlight=False
        )
    return missed


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit code 1 if a goal is missed or a test fails, 2 for wrong options or a wrong plan."""
    parser = argparse.ArgumentParser(prog="make coverage", description="what the tests reach of the plan and the RTL")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="runs of the random tests (default 3)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="at once (default: all cores)")
    parser.add_argument("--keep", action="store_true", help="run nothing, report what the last run left")
    options = parser.parse_args(arguments)
    console = Console()
    codes: list[int] = []
    try:
        if options.seeds < 1 or options.jobs < 1:
            raise CoverageError(f"SEEDS={options.seeds} JOBS={options.jobs}: must be 1 or more")
        exclusions, without = read_exclusions()
        plan = Plan.read(without=without)
        if not options.keep:
            shutil.rmtree(COUNTS, ignore_errors=True)
            for seed in range(1, options.seeds + 1):
                tests = [*(plan.once if seed == 1 else ()), *plan.seeds]
                console.print(f"seed {seed}: {len(tests)} entries of the plan", highlight=False)
                codes.append(run_tests(tests, seed, options.jobs, COUNTS))
        points, bins = merge(COUNTS)
        if not points:
            raise CoverageError(f"no counts in {COUNTS.relative_to(ROOT)}")
    except KeyboardInterrupt:
        console.print("broken off: make coverage KEEP=1 reports what there is")
        return 130
    except (CoverageError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    modules = by_module(points, exclusions, ROOT / "hdl")
    result = result_of(plan, modules, bins + cover_points(points))
    result["excluded_bins"] = without
    result["tests_failed"] = any(codes)
    write_reports(result, modules, REPORT, made_of(REPORT / "coverage.json") if options.keep else STARTED)
    missed = show(console, result)
    console.print(f"{(REPORT / 'index.html').relative_to(ROOT)}", highlight=False)
    return 1 if missed or any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
