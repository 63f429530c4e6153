# SPDX-License-Identifier: Apache-2.0
"""The sections of the page: for each, the command that makes its report, and what is to be read from the report.

A reader gets the decoded files in the order of ``Source.files``. What it does not find there is a KeyError, TypeError
or ValueError, of which scripts/report/__main__.py makes one line.
"""

from __future__ import annotations

import re
import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup

from scripts.report.blocks import Block, Cell, Content, Failure, Plots, Table, Text, count, percent, plain_rows
from scripts.report.drawing import Line, octets_plot
from tb.benchmark import BUILDS, CLOCKS_MHZ, MINIMUM_RATIO, findings, gigabits
from tb.speed import AXI, OURS

_SLOWEST = 15
_MESSAGE_LINES = 12
_DIRECTIONS = ("transmit", "receive")


@dataclass(frozen=True)
class Source:
    """Where a section comes from. ``files``: below ``build/``, all of them needed."""

    key: str
    title: str
    command: str
    files: tuple[str, ...]
    read: Callable[..., Content]


# ---- tests ---------------------------------------------------------------------------------------------------------


def _test_name(case: ElementTree.Element) -> str:
    """``tests/unit/ghash/test_ghash.py::test_x[icarus]``."""
    parts = case.attrib.get("classname", "").split(".")
    module = next((n for n, part in enumerate(parts, 1) if part.startswith("test_")), len(parts))
    return "::".join(["/".join(parts[:module]) + ".py", *parts[module:], case.attrib.get("name", "")])


def _failure(name: str, found: ElementTree.Element) -> Failure:
    lines = found.get("message", "").splitlines()
    more = len(lines) - _MESSAGE_LINES
    message = "\n".join([*lines[:_MESSAGE_LINES], *([f"... and {count(more, 'more line')}"] if more > 0 else [])])
    kits = dict.fromkeys(re.findall(r"^(?:E +)?failure kit: (\S+)", found.text or "", re.MULTILINE))
    hints = [f"{kit[max(kit.find('build/failures/'), 0) :]}/replay.sh" for kit in kits]
    return Failure(name, message, [*hints, f".venv/bin/python -m pytest {shlex.quote(name)}"])


def tests(root: ElementTree.Element) -> Content:
    """JUnit XML of pytest."""
    # pytest-xdist leaves empty ones without a name
    cases = [case for case in root.iter("testcase") if case.get("name") or len(case)]
    if not cases:
        raise ValueError("no testcase in it")
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    seconds: defaultdict[str, float] = defaultdict(float)
    failures: list[Failure] = []
    skipped: Counter[str] = Counter()
    times: list[tuple[float, str]] = []
    for case in cases:
        name = _test_name(case)
        folder = "/".join(name.split("/")[:2]) if name.count("/") > 1 else "tests"
        found = {outcome: case.find(outcome) for outcome in ("failure", "error", "skipped")}
        outcome = next((outcome for outcome, element in found.items() if element is not None), "passed")
        element = found.get(outcome)
        if outcome == "skipped" and element is not None:
            skipped[element.get("message", "")] += 1
        elif element is not None:
            failures.append(_failure(name, element))
        totals[folder]["failed" if outcome == "error" else outcome.replace("failure", "failed")] += 1
        seconds[folder] += float(case.attrib["time"])
        times.append((float(case.attrib["time"]), name))
    every: Counter[str] = sum(totals.values(), Counter())
    wall = sum(float(suite.attrib["time"]) for suite in root.iter("testsuite"))
    properties = {entry.attrib["name"]: entry.attrib["value"] for entry in root.iter("property")}
    # what make test itself passes is no selection
    chosen = re.findall(r"(?<!\S)(?:tests/?\S*|-k \S+|SIM=\S+)", properties.get("selection", ""))
    columns = ["folder", "passed", "failed", "skipped", "seconds"]

    def row(name: str, of: Counter[str], took: float) -> list[object]:
        failed = Cell(f"{of['failed']:,}", "bad" if of["failed"] else "dim", number=True)
        return [name, of["passed"], failed, of["skipped"], Cell(f"{took:,.1f}", number=True)]

    rows = [row(name, totals[name], seconds[name]) for name in sorted(totals)]
    rows.append(row("all", every, sum(seconds.values())))
    blocks: list[Block] = [Table("By folder", columns, rows), *failures]
    slowest = [[Cell(f"{took:.1f}", number=True), name] for took, name in sorted(times, reverse=True)[:_SLOWEST]]
    blocks.append(Table(f"The {len(slowest)} slowest tests", ["seconds", "test"], slowest, folded=True))
    if skipped:
        reasons = [[reason, number] for reason, number in skipped.most_common()]
        blocks.append(Table("Skipped", ["reason", "tests"], reasons, folded=True))
    return Content(
        f"{count(every['passed'], 'test')} passed, {every['failed']:,} failed, {every['skipped']:,} skipped"
        f" in {wall:,.0f} s",
        blocks,
        [f"{count(every['failed'], 'test')} failed"] if every["failed"] else [],
        [f"only {' '.join(chosen)}"] if chosen else [],
        {} if chosen else {"tests": every["passed"], "tests_failed": every["failed"], "tests_seconds": wall},
    )


# ---- what ran ------------------------------------------------------------------------------------------------------


def main_job(report: Mapping[str, Any]) -> Content:
    """sim.json."""
    frames = [
        [unit, report[f"transmit_{unit}"], report[f"receive_{unit}"], report[unit]] for unit in ("frames", "octets")
    ]
    facts = [
        ["SAs added", report["sas_added"]],
        ["UPDATE_SA for ESN", report["updates"]],
        ["Linux captures", report["captures"]],
        ["clock cycles", report["cycles"]],
        ["frames per second", Cell(f"{report['frames_per_second']:,.0f}", number=True)],
        ["seed", Cell(str(report["seed"]), number=True)],
        ["mismatches", report["mismatches"]],
    ]
    return Content(
        f"{report['frames']:,} frames on {report['simulator']}, {report['mismatches']:,} mismatches",
        [
            Table("Frames", ["", "transmit", "receive", "together"], frames),
            Table("Run", ["", report["simulator"]], facts),
            _counts("What became of the frames", report["fates"]),
        ],
        ["not every octet was right"] if report["mismatches"] else [],
    )


def regress(report: Mapping[str, Any]) -> Content:
    """regress.json."""
    failed, done, seeds = report["seeds_failed"], report["seeds_done"], report["seeds"]
    blocks: list[Block] = [
        Failure(f"{cause['cause']} ({count(cause['count'], 'seed')})", cause["example"], cause["commands"][:3])
        for cause in report["causes"]
    ]
    facts = [
        ["seeds", Cell(f"{seeds:,} from {report['start']}", number=True)],
        ["frames compared", report["frames"]],
        ["octets", report["octets"]],
        ["clock cycles", report["cycles"]],
        ["frames per second", Cell(f"{report['frames_per_second']:,.0f}", number=True)],
        ["mismatches", report["mismatches"]],
    ]
    blocks += [
        Table("Run", ["", report["simulator"]], facts),
        _counts("What became of the frames", report["fates"]),
        _counts("Requests in flight", report["requests"]),
    ]
    return Content(
        f"{count(done, 'seed')}, {report['frames']:,} frames on {report['simulator']}, {failed:,} failed",
        blocks,
        [f"{count(failed, 'seed')} failed"] if failed else [],
        [f"broken off: {done:,} of {seeds:,} seeds"] if report["partial"] else [],
        {"random_frames": report["frames"], "random_failed": failed},
    )


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    rows = [[name.replace("_", " "), number] for name, number in counts.items()]
    return Table(title, ["", "number"], rows, folded=True)


# ---- how well tested -----------------------------------------------------------------------------------------------

_COVERED = ("bins", "line", "branch", "toggle")


def coverage(report: Mapping[str, Any]) -> Content:
    """coverage.json."""
    total, goals = report["total"], report["goals"]
    below = [kind for kind in _COVERED if (total[kind] or 0) < goals[kind]]
    kinds = _COVERED[1:]
    summary = [[kind, percent(total[kind], goals[kind]), Cell(f"{goals[kind]:g} %", number=True)] for kind in _COVERED]
    features: list[list[object]] = []
    missing: list[list[object]] = []
    for feature in report["features"]:
        share = percent(100 * feature["hit"] / feature["bins"], goals["bins"])
        features.append([feature["name"], feature["hit"], feature["bins"], share, feature["text"]])
        missing += [[feature["name"], name] for name in feature["missing"]]
    modules = [
        [module["file"], *(percent(module[kind], goals[kind]) for kind in kinds)]
        for module in report["modules"].values()
    ]
    blocks: list[Block] = [
        Table("Goals", ["", "reached", "goal"], summary),
        Table("Test plan", ["feature", "hit", "bins", "share", "what"], features, folded=True),
        Table(f"Bins not hit ({len(missing)})", ["feature", "bin"], missing, folded=True)
        if missing
        else Text("Every bin of the plan was hit."),
        Table("Modules", ["file", *kinds], modules, folded=True),
        Text("Every line of every module, with its count", link="coverage/index.html"),
    ]
    return Content(
        ", ".join(f"{kind} {total[kind] or 0:.1f} %" for kind in _COVERED),
        blocks,
        [f"{kind} {total[kind]} % of {goals[kind]:g} %" for kind in below]
        + (["a test failed"] if report["tests_failed"] else []),
        figures={f"coverage_{kind}": total[kind] for kind in _COVERED if total[kind] is not None},
    )


def mutation(report: Mapping[str, Any]) -> Content:
    """mutation.json."""
    goal, every = report["goal"], report["all"]

    def rows(scores: Mapping[str, Mapping[str, Any]], goal: float | None) -> list[list[object]]:
        return [
            [name, score["faults"], score["killed"], score["harmless"], percent(score["score"], goal)]
            for name, score in scores.items()
        ]

    def places(survivors: Iterable[Mapping[str, Any]], *names: str) -> list[list[object]]:
        return [[f"{fault['file']}:{fault['line']}", *(fault[name] for name in names)] for fault in survivors]

    columns = ["", "faults", "found", "harmless", "score"]
    open_ = [fault for fault in report["survivors"] if not fault["harmless"]]
    explained = [fault for fault in report["survivors"] if fault["harmless"]]
    judged = {"all": every, **report["groups"]}
    below = {name: s["score"] for name, s in judged.items() if s["score"] is not None and s["score"] < goal}
    blocks: list[Block] = [Table(f"Groups (goal {goal:g} %)", columns, rows(judged, goal))]
    change = ("kind", "before", "after")
    if open_:
        blocks.append(Table(f"Survivors ({len(open_)})", ["line", *change], places(open_, *change)))
    blocks += [
        Table("Modules", columns, rows(report["modules"], None), folded=True),
        Table("Kinds of faults", columns, rows(report["kinds"], None), folded=True),
        Table(
            f"Harmless faults ({len(explained)})",
            ["line", *change, "reason"],
            places(explained, *change, "harmless"),
            folded=True,
        ),
    ]
    return Content(
        f"{every['killed']:,} of {every['faults']:,} faults found, {count(len(open_), 'survivor')}",
        blocks,
        [f"{name} {score} % of {goal:g} %" for name, score in below.items()],
        [] if report["complete"] else ["broken off: only the faults so far"],
        {"mutation": every["score"]} if every["score"] is not None else {},
    )


# ---- how fast ------------------------------------------------------------------------------------------------------


def _extremes(rows: Iterable[Mapping[str, Any]], name: str, choose: Callable[..., float]) -> dict[int, float]:
    """The smallest or largest of a value for each length of frames, in order; rows of mixed lengths are left out."""
    found: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        if isinstance(row["frame_octets"], int):
            found[row["frame_octets"]].append(row[name])
    return {octets: choose(found[octets]) for octets in sorted(found)}


def benchmark(throughput: Mapping[str, Any], latency: Mapping[str, Any]) -> Content:
    """throughput.json and latency.json."""
    through, late = throughput["rows"], latency["rows"]
    if not through or not late:
        raise ValueError("no rows in it")
    wrong = findings({"throughput": through, "latency": late, "mismatches": 0})
    first = through[0]["build"]
    ours = [row for row in through if row["build"] == first]
    ratio, rate = [], []
    for number, direction in enumerate(_DIRECTIONS):
        lowest = _extremes([row for row in ours if row["direction"] == direction], "ratio", min)
        ratio.append(Line(direction, list(lowest), list(lowest.values()), number))
    octets = [min(ratio[0].x), max(ratio[0].x)]
    ratio.append(Line(f"least allowed, {MINIMUM_RATIO:g}", octets, [MINIMUM_RATIO] * 2, limit=True))
    cycles = _extremes(ours, "cycles_per_frame", max)
    for number, clock in enumerate(CLOCKS_MHZ):
        steps = sorted({*range(int(octets[0]), int(octets[1]), 8), *cycles})
        ideal = [gigabits(size, -(-size // 16), clock) for size in steps]
        rate.append(Line("", steps, ideal, number, ideal=True))
        got = [gigabits(size, needed, clock) for size, needed in cycles.items()]
        rate.append(Line(f"{clock} MHz", list(cycles), got, number, points=True))
    delay = []
    of_first = [row for row in late if row["build"] == first]
    for number, direction in enumerate(_DIRECTIONS):
        highest = _extremes([row for row in of_first if row["direction"] == direction], "max", max)
        delay.append(Line(direction, list(highest), list(highest.values()), number))
    bound = _extremes(of_first, "bound", min)
    delay.append(Line("bound", list(bound), list(bound.values()), limit=True))
    drawings = [
        octets_plot("Lowest ratio to one beat a cycle", "", _nonempty(ratio), low=min(0.99, *ratio[0].y, *ratio[1].y)),
        octets_plot("Highest latency", "cycles", _nonempty(delay), low=0),
        octets_plot("Slowest load, each direction", "Gbit/s", _nonempty(rate), low=0),
    ]
    builds = list(dict.fromkeys(row["build"] for row in through))
    left_out = [name for name in BUILDS if name not in builds]
    summary: list[list[object]] = []
    for build in builds:
        for direction in _DIRECTIONS:
            rows = [row for row in through if (row["build"], row["direction"]) == (build, direction)]
            waits = [row for row in late if (row["build"], row["direction"]) == (build, direction)]
            worst = min(row["ratio"] for row in rows)
            highest_wait = max((row["max"] for row in waits), default=None)
            tone = "bad" if worst < MINIMUM_RATIO else "good"
            lowest_ratio = Cell(f"{worst:.4f}", tone, number=True)
            frames = sum(row["frames"] for row in rows)
            summary.append([build, direction, len(rows), frames, lowest_ratio, highest_wait])
    worst = min(row["ratio"] for row in through)
    longest = max(row["max"] for row in of_first)
    columns = ["build", "direction", "loads", "frames", "lowest ratio", "highest latency"]
    of_latency = ("build", "direction", "shape", "frame_octets", "min", "max", "bound")
    latencies = [[row[name] for name in of_latency] for row in late]
    blocks: list[Block] = [
        Plots(drawings),
        Text(f"Plots: {first} build, on {through[0]['simulator']}; thin lines: the ideal."),
        Table("Builds", columns, summary),
        Table("Latency in cycles", [name.replace("_", " ") for name in of_latency], latencies, folded=True),
    ]
    if wrong:
        blocks.insert(0, Failure(f"{count(len(wrong), 'limit')} missed", "\n".join(wrong[:_MESSAGE_LINES])))
    return Content(
        f"lowest ratio {worst:.4f}, latency at most {longest} cycles, {len(through):,} loads",
        blocks,
        [f"{count(len(wrong), 'limit')} missed"] if wrong else [],
        [f"without the {name} build" for name in left_out],
        {"throughput": worst, "latency": longest},
    )


def _nonempty(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line.x]


def speed(report: Mapping[str, Any]) -> Content:
    """sim_speed.json."""
    rows, targets = report["rows"], report["targets"]
    if not rows:
        raise ValueError("no rows in it")
    table: list[list[object]] = []
    drawings: list[Markup] = []
    for simulator in dict.fromkeys(row["simulator"] for row in rows):
        of = [row for row in rows if row["simulator"] == simulator]
        for row in of:
            for stimulus, rates in row["rates"].items():
                ratio = row["ratios"].get(stimulus)
                names = ("frames_per_second", "cycles_per_second")
                per_second = [Cell(f"{rates[name]:,.0f}", number=True) for name in names]
                ours = None if ratio is None else Cell(f"{ratio:,.2f} x", number=True)
                table.append([simulator, row["frame_octets"], stimulus, *per_second, ours])
        lines = [
            Line(stimulus, [row["frame_octets"] for row in of], [_per_second(row, stimulus) for row in of], number)
            for number, stimulus in enumerate(of[0]["rates"])
        ]
        drawings.append(octets_plot(f"Checked frames on {simulator}", "frames/s", lines, log=True))
    missed = [target for target in targets if not target["reached"]]
    reached = [
        [
            f"{t['simulator']}, {t['octets']} octets, of {t['stimulus']}",
            Cell(f"{t['ratio']:g} x", number=True),
            Cell(f"{t['got']:g} x", "good" if t["reached"] else "bad", number=True),
        ]
        for t in targets
    ]
    blocks: list[Block] = [Table("Targets", ["this testbench to", "target", "reached"], reached)] if targets else []
    columns = ["simulator", "octets", "stimulus", "frames/s", "cycles/s", "this testbench is"]
    blocks += [Plots(drawings), Table("All figures", columns, table, folded=True)]
    figures = {}
    head = f"{count(len(rows), 'length')} of frames"
    for row in rows:
        if (row["simulator"], row["frame_octets"]) == ("verilator", 1504):
            figures = {"speed": _per_second(row, OURS), "speed_axi": row["ratios"][AXI]}
            head = f"{figures['speed']:,.0f} frames/s at 1504 octets, {figures['speed_axi']:.1f} times cocotbext-axi"
    return Content(
        head,
        blocks,
        [f"{target['got']:g} of {target['stimulus']}, target {target['ratio']:g}" for target in missed],
        [] if targets else ["no target was measured"],
        figures,
    )


def _per_second(row: Mapping[str, Any], stimulus: str) -> float:
    return float(row["rates"][stimulus]["frames_per_second"])


# ---- how large -----------------------------------------------------------------------------------------------------

_AREA = ("luts", "flip_flops", "block_rams", "distributed_rams")


def synthesis(report: Mapping[str, Any]) -> Content:
    """synth_check.json."""
    rows: list[list[object]] = []
    figures: dict[str, float] = {}
    for block in report["blocks"]:
        parameters = ", ".join(f"{name}={value}" for name, value in block["parameters"].items())
        state = Cell("checked" if block["check_only"] else "mapped", "good")
        if block["errors"]:
            state = Cell("errors", "bad")
        area = [None if block["check_only"] else block[name] for name in _AREA]
        rows.append([block["top"], *area, state, parameters])
        figure = {"esp_transmit": "luts_transmit", "esp_receive": "luts_receive", "ipsec_engine": "luts_engine"}
        if block["top"] in figure and not block["check_only"]:
            figures.setdefault(figure[block["top"]], block["luts"])
    errors = report["errors"]
    columns = ["block", "LUT4", "flip-flops", "block RAMs", "distributed RAMs", "state", "parameters"]
    blocks: list[Block] = [Failure(count(len(errors), "error"), "\n".join(errors))] if errors else []
    blocks += [Table("Blocks", columns, rows), Text(f"{report['tool']}, {report['flow']}, ECP5, not placed")]
    luts = f", {figures['luts_engine']:,} LUT4 for the engine" if "luts_engine" in figures else ""
    return Content(
        f"{count(len(rows), 'block')}, {count(len(errors), 'error')}{luts}",
        blocks,
        [count(len(errors), "error")] if errors else [],
        [] if report["complete"] else ["not all blocks"],
        figures,
    )


def place_and_route(report: Mapping[str, Any]) -> Content:
    """synth.json: whatever its rows hold; red for a row with errors, or with a target that is not met."""
    lists: dict[str, list[dict[str, Any]]] = {
        name: value
        for name, value in report.items()
        if isinstance(value, list) and value and all(isinstance(entry, dict) and entry for entry in value)
    }
    if not lists:
        raise ValueError("no list of blocks in it")
    blocks: list[Block] = []
    wrong: list[str] = []
    speeds: list[float] = []
    for name, entries in lists.items():
        rows = [_flat(entry) for entry in entries]
        blocks.append(plain_rows(rows, name.replace("_", " ").capitalize()))
        for row in rows:
            speeds += [value for key, value in row.items() if key.lower().startswith("fmax") and _number(value)]
            bad = row.get("errors") or row.get("error") or any(row.get(key) is False for key in ("met", "passed", "ok"))
            wrong += [str(next(iter(row.values())))] if bad else []
    facts = [
        [name.replace("_", " "), str(value)] for name, value in report.items() if isinstance(value, (str, int, float))
    ]
    if facts:
        blocks.append(Table("Run", ["", ""], facts, folded=True))
    fastest = f", lowest Fmax {min(speeds):.1f} MHz" if speeds else ""
    return Content(
        f"{count(sum(map(len, lists.values())), 'row')}{fastest}",
        blocks,
        [f"{name} failed" for name in wrong],
        ["not all blocks"] if report.get("complete") is False else [],
        {"fmax": min(speeds)} if speeds else {},
    )


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _flat(entry: Mapping[str, Any]) -> dict[str, Any]:
    """With the values of objects inside it beside its own."""
    flat: dict[str, Any] = {}
    for name, value in entry.items():
        if isinstance(value, dict):
            flat |= {f"{name} {inner}": inside for inner, inside in value.items()}
        else:
            flat[name] = value
    return flat


SOURCES: Sequence[Source] = (
    Source("tests", "Tests", "make test", ("test-results.xml",), tests),
    Source("main-job", "Main job", "make sim", ("reports/sim.json",), main_job),
    Source("random", "Random regression", "make regress", ("reports/regress.json",), regress),
    Source("coverage", "Coverage", "make coverage", ("reports/coverage/coverage.json",), coverage),
    Source("mutation", "Mutation", "make mutate", ("reports/mutation.json",), mutation),
    Source(
        "throughput",
        "Throughput and latency",
        "make bench",
        ("reports/throughput.json", "reports/latency.json"),
        benchmark,
    ),
    Source("speed", "Simulation speed", "make bench-sim", ("reports/sim_speed.json",), speed),
    Source("synthesis", "Synthesis", "make synth-check", ("reports/synth_check.json",), synthesis),
    Source("place-and-route", "Place and route", "make synth", ("reports/synth.json",), place_and_route),
)
