# SPDX-License-Identifier: Apache-2.0
"""make report: sections absent, red, of another commit; reports that are none; the history; the page in Chromium."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from scripts import coverage, mutate
from scripts.mutants import mutants_of
from scripts.report import __main__ as report
from scripts.report import browser
from scripts.report.sections import SOURCES
from tb import report_file
from tb.benchmark import BUILDS
from tb.sim import ROOT

JUNIT = """<testsuites><testsuite name="pytest" errors="0" failures="0" skipped="1" tests="3" time="12.5"><properties>
<property name="commit" value="{commit}"/><property name="dirty" value="False"/>
<property name="date" value="2026-05-01T10:00:00+00:00"/>
<property name="selection" value="SIM= -n auto --junit-xml=build/test-results.xml{selection}"/></properties>
<testcase classname="tests.unit.fifo.test_fifo" name="test_order[icarus]" time="9.0">{failure}</testcase>
<testcase classname="tests.models.test_esp" name="test_esp" time="1.0"/><testcase time="0.001"/>
<testcase classname="tests.tb.test_x" name="test_skipped" time="0.0"><skipped message="no display"/></testcase>
</testsuite></testsuites>"""
FAILURE = """<failure message="assert 1 &lt; &lt;b&gt;0">E   assert 1
E   failure kit: /invented/build/failures/unit_fifo-7
E     replay.sh makes its waveform</failure>"""


class Project:
    """A repository of three commits, the second of which changes hdl/, and the folder of its reports."""

    def __init__(self, root: Path) -> None:
        self.root, self.build, self.history = root, root / "build", root / "docs" / "history.jsonl"
        (root / "hdl").mkdir()
        self._git("init", "--quiet")
        self.commits = []
        for number in range(3):
            (root / ("hdl/a.v" if number == 1 else "README")).write_text(str(number))
            self._git("add", "README", "hdl")
            day = f"2026-05-0{number + 1}T00:00:00+00:00"
            self._git(
                "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", f"Commit {number}", day=day
            )
            self.commits.append(self._git("rev-parse", "HEAD"))
        (root / ".git" / "info" / "exclude").write_text("build\n")

    def _git(self, *arguments: str, day: str = "") -> str:
        environment = os.environ | {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def put(self, name: str, contents: dict[str, Any] | str, commit: int | None = -1, dirty: bool = False) -> None:
        """Write a report of a commit, None: without a word about it."""
        path = self.build / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {"dirty": dirty, "date": "2026-05-03T12:00:00+00:00"}
        if isinstance(contents, dict):
            known = {} if commit is None else {"made": {"commit": self.commits[commit], **made}}
            contents = json.dumps({**known, **contents})
        path.write_text(contents, encoding="utf-8")

    def junit(self, failure: str = "", selection: str = "", commit: int = -1) -> None:
        """Write test-results.xml."""
        text = JUNIT.format(commit=self.commits[commit], failure=failure, selection=selection)
        self.put("test-results.xml", text)

    def put_all(self) -> None:
        """Reports without a fault."""
        self.junit()
        for name, contents in good_reports().items():
            self.put(f"reports/{name}", contents)

    def run(self, *options: str) -> int:
        """``make report``."""
        return report.main(["--build", str(self.build), "--history", str(self.history), *options])

    @property
    def page(self) -> str:
        return (self.build / "reports" / "index.html").read_text(encoding="utf-8")

    def states(self) -> dict[str, str]:
        """The state of each section as the page has it."""
        return dict(re.findall(r'<section id="([\w-]+)" class="(\w+)">', self.page))


SMALL = """{
"sim.json": {"simulator": "verilator", "seed": 7, "sas_added": 90, "updates": 13, "captures": 6, "cycles": 43675,
  "transmit_frames": 512, "receive_frames": 512, "frames": 1024, "transmit_octets": 1, "receive_octets": 2, "octets": 3,
  "frames_per_second": 2229.0, "mismatches": 0, "fates": {"rx_ok": 500}},
"regress.json": {"simulator": "verilator", "partial": false, "seeds": 4, "start": 1, "seeds_done": 4, "seeds_failed": 0,
  "frames": 1200, "octets": 9, "cycles": 9, "mismatches": 0, "frames_per_second": 600.0, "fates": {"rx_ok": 500},
  "requests": {"ADD": 5}, "causes": []},
"sim_speed.json": {
  "rows": [{"simulator": "verilator", "frame_octets": 1504, "ratios": {"cocotbext-axi": 29.0, "no Python": 0.71},
    "rates": {"this testbench": {"frames_per_second": 2255.0, "cycles_per_second": 1e5},
      "no Python": {"frames_per_second": 3000.0, "cycles_per_second": 2e5},
      "cocotbext-axi": {"frames_per_second": 78.0, "cycles_per_second": 3699.0}}}],
  "targets": [{"simulator": "verilator", "octets": 1504, "stimulus": "cocotbext-axi", "ratio": 15.0, "got": 29.0,
    "reached": true}]},
"synth_check.json": {"tool": "pyosys 0.70", "flow": "synth_ecp5 -nowidelut", "complete": true, "errors": [],
  "blocks": [{"top": "esp_transmit", "parameters": {"A": 1}, "check_only": false, "luts": 42801, "flip_flops": 12621,
    "block_rams": 4, "distributed_rams": 9, "errors": []}]},
"synth.json": {"tool": "nextpnr", "complete": true,
  "blocks": [{"block": "esp_transmit", "fmax_mhz": 123.456, "luts": 42801, "met": true, "seeds": {"best": 3}}]}
}"""
"""Reports without a fault: what the page reads of them, and no more."""
ROW = """{"direction": "transmit", "frame_octets": 64, "simulator": "verilator", "build": "default",
  "case": "all SAs in turn", "algorithm": "mixed", "key_bits": "mixed", "sas": 6, "frames": 20, "cycles": 80,
  "cycles_per_frame": 4.0, "ideal_cycles_per_frame": 4.0, "ratio": 1.0, "late": 0,
  "shape": "IPv4, GCM", "bound": 39, "min": 38, "max": 38, "loads": {"idle": [38, 38]}}"""
"""A row of throughput.json and of latency.json at once."""


@functools.cache
def _written() -> str:
    """Reports of coverage and mutation, made by what writes them."""
    hdl = {path.stem: path for path in (ROOT / "hdl").rglob("*.v")}
    plan = mutate.Plan.read()
    faults = mutants_of(hdl["sa_cam"])[:41]
    harmless = next(mutant for mutant in mutants_of(hdl["ghash"]) if plan.reason(mutant))
    verdicts = [mutate.Verdict(mutant, "killed") for mutant in faults[:40]]
    verdicts += [mutate.Verdict(mutant, "survived") for mutant in (faults[40], harmless)]
    covered = coverage.Plan.read(without=coverage.read_exclusions()[1])
    bins = dict.fromkeys((name for feature in covered.features for name in feature.bins), 1)
    module = coverage.ModuleCoverage(hdl["fifo"], {1: 3}, {(1, 2, "if"): 1}, {(3, 4, "q:0->1"): 1})
    return json.dumps(
        {
            "coverage/coverage.json": coverage.result_of(covered, [module], bins) | {"tests_failed": False},
            "mutation.json": mutate.report(plan, verdicts, 1, True, 9.0),
        }
    )


def good_reports() -> dict[str, dict[str, Any]]:
    """A report without a fault of every target that writes JSON, in small."""
    row = json.loads(ROW)
    ways = [{"direction": way, "frame_octets": octets} for octets in (64, 1504) for way in ("transmit", "receive")]
    rows = [row | way | {"build": build} for build in BUILDS for way in ways]
    benchmark = {name: {"rows": rows} for name in ("throughput.json", "latency.json")}
    return json.loads(SMALL) | json.loads(_written()) | benchmark  # type: ignore[no-any-return]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    made = Project(tmp_path)
    monkeypatch.setattr(report_file, "ROOT", tmp_path)
    monkeypatch.setattr(report_file, "HISTORY", made.history)
    return made


def test_every_section(project: Project) -> None:
    """All reports of this commit: all green, every figure there, and nothing that has to be fetched."""
    project.put_all()
    assert project.run() == 0
    page = project.page
    assert project.states() == {source.key: "good" for source in SOURCES}
    for text in (
        *("2 tests passed, 0 failed, 1 skipped", "tests/unit/fifo/test_fifo.py::test_order[icarus]", "no display"),
        *("1,024 frames on verilator, 0 mismatches", "4 seeds, 1,200 frames", "43,675", "hdl/axis/fifo.v"),
        *("Every bin of the plan was hit", "coverage/index.html", "40 of 41 faults found, 1 survivor", "sa_cam"),
        *("Harmless faults (1)", "lowest ratio 1.0000", "Highest latency", "2,255 frames/s at 1504 octets"),
        *("29.0 times cocotbext-axi", "42,801", "pyosys 0.70", "lowest Fmax 123.5 MHz", "seeds best", "Commit 2"),
    ):
        assert text in page, text
    assert page.count(f"of this commit, {project.commits[2][:9]}") == len(SOURCES)
    assert page.count("<svg") == 4 and "#010101" not in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert set(re.findall(r'(?:href|src)="([^#"][^"]*)"', page)) == {"coverage/index.html"}
    assert "<script" not in page and "url(http" not in page and "@import" not in page


def test_absent(project: Project) -> None:
    """Without reports every section says so, and which command makes what is missing."""
    assert project.run() == 0
    assert set(project.states().values()) == {"absent"} and len(project.states()) == len(SOURCES)
    for source in SOURCES:
        assert f"<code>{source.command}</code> makes it." in project.page
        for name in source.files:
            assert name in project.page
    # half of a report is none
    project.put("reports/latency.json", good_reports()["latency.json"])
    assert project.run() == 0 and project.states()["throughput"] == "absent"
    assert "throughput.json" in project.page and "latency.json" not in project.page


def test_red(project: Project) -> None:
    """A fault in each report makes its section red, with what is wrong."""
    reports = good_reports()
    reports["sim.json"]["mismatches"] = 3
    cause = {
        "cause": "status <differs>",
        "count": 1,
        "seeds": [5],
        "example": "seed 5: x",
        "commands": ["make regress SEED=5"],
    }
    reports["regress.json"] |= {"seeds_failed": 1, "causes": [cause]}
    reports["coverage/coverage.json"]["total"]["branch"] = 81.5
    reports["coverage/coverage.json"]["features"][0]["missing"] = ["a/missing/bin"]
    reports["mutation.json"]["groups"]["sa_cam"]["score"] = 50.0
    reports["throughput.json"]["rows"][2]["ratio"] = 0.91
    reports["sim_speed.json"]["targets"][0] |= {"got": 9.0, "reached": False}
    reports["synth_check.json"]["errors"] = ["esp_transmit: a latch"]
    reports["synth.json"]["blocks"][0]["met"] = False
    for name, contents in reports.items():
        project.put(f"reports/{name}", contents)
    project.junit(FAILURE)
    assert project.run() == 0
    assert set(project.states().values()) == {"bad"}
    for text in (
        *("1 test failed", "assert 1 &lt; &lt;b&gt;0", "build/failures/unit_fifo-7/replay.sh", "3 mismatches"),
        *(".venv/bin/python -m pytest &#39;tests/unit/fifo/test_fifo.py::test_order[icarus]&#39;", "1 seed failed"),
        *("make regress SEED=5", "status &lt;differs&gt;", "branch 81.5 % of 95 %", "a/missing/bin"),
        *("sa_cam 50.0 % of 95 %", "ratio 0.9100 is below 0.999", "9 of cocotbext-axi, target 15"),
        *("esp_transmit: a latch", "esp_transmit failed"),
    ):
        assert text in project.page, text


def test_not_of_this_commit(project: Project) -> None:
    """A report of another commit, with changes, in part or without its commit is never green, and says why."""
    project.put_all()
    reports = good_reports()
    project.put("reports/sim.json", reports["sim.json"], commit=0)
    project.put("reports/mutation.json", reports["mutation.json"], commit=1)
    project.put("reports/regress.json", reports["regress.json"], commit=None)
    project.put("reports/synth.json", reports["synth.json"] | {"complete": False}, dirty=True)
    project.put("reports/synth_check.json", reports["synth_check.json"] | {"complete": False})
    project.put("reports/latency.json", reports["latency.json"], commit=None)
    less = [row for row in reports["throughput.json"]["rows"] if row["build"] != "pipelined"]
    project.put("reports/throughput.json", {"rows": less})
    foreign = {"made": {"commit": "f" * 40, "dirty": False, "date": "2026-05-03T12:00:00+00:00"}}
    project.put("reports/sim_speed.json", foreign | reports["sim_speed.json"], commit=None)
    project.junit(selection=" tests/unit/fifo")
    assert project.run() == 0
    assert project.states() == {
        "tests": "part",
        "main-job": "old",
        "random": "old",
        "coverage": "good",
        "mutation": "old",
        "throughput": "old",
        "speed": "old",
        "synthesis": "part",
        "place-and-route": "old",
    }
    for text in (
        f"of {project.commits[0][:9]}: 2 commits ago; hdl/ has changed since",
        f"of {project.commits[1][:9]}: 1 commit ago; hdl/ has not changed since",
        f"of {project.commits[2][:9]} with uncommitted changes",
        "of fffffffff: a commit that is not in this repository",
        *("of an unknown commit", "only tests/unit/fifo", "without the pipelined build"),
    ):
        assert text in project.page, text
    assert project.page.count("In part: not all blocks") == 2


@pytest.mark.parametrize("name", [name for source in SOURCES for name in source.files])
def test_unusable_report(project: Project, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line that names the file, exit code 2, no page: neither a new one nor that of before."""
    if "latency" in name or "throughput" in name:
        for file, contents in good_reports().items():
            if file in ("latency.json", "throughput.json"):
                project.put(f"reports/{file}", contents)
    for text in (
        "{",
        "[1]",
        "{}",
        '{"made": {"commit": 3}}',
        "",
        "<testsuites/>",
        "<a",
        '{"rows": [{}], "targets": []}',
    ):
        page = project.build / "reports" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("of before")
        project.put(name, text)
        assert project.run() == 2, text
        shown = capsys.readouterr()
        assert re.fullmatch(rf"error: .*{re.escape(name)}.*: .+\n", shown.err) and not shown.out, shown
        assert not page.exists()


def test_history(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Each figure is kept for the commit that its report names; RECORD=1 keeps no figure of uncommitted changes."""
    reports = good_reports()
    local = project.build / "reports" / "history.jsonl"

    def rows(path: Path) -> dict[tuple[str, bool], dict[str, float]]:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [line["date"] for line in lines] == sorted(line["date"] for line in lines)
        return {(line["commit"], line["dirty"]): line["figures"] for line in lines}

    project.put("reports/synth.json", reports["synth.json"], dirty=True)
    assert project.run("--record") == 1 and not project.history.exists()
    assert capsys.readouterr().err.startswith("error: RECORD=1: ")
    project.junit(commit=1)
    project.put("reports/mutation.json", reports["mutation.json"], commit=0)
    assert project.run() == 0 and not project.history.exists()
    expected = {
        (project.commits[0], False): {"mutation": 97.6},
        (project.commits[1], False): {"tests": 2, "tests_failed": 0, "tests_seconds": 12.5},
        (project.commits[2], True): {"fmax": 123.456},
    }
    assert rows(local) == expected
    assert project.run("--record") == 0 and rows(project.history) == dict(list(expected.items())[:2])
    # the history alone does not make a tree a changed one
    assert report_file.made_now()["dirty"] is False
    # later figures of a commit join those that are there, and outlive make clean
    shutil.rmtree(project.build)
    project.put("reports/mutation.json", reports["mutation.json"], commit=1)
    assert project.run("--record") == 0
    assert rows(project.history)[project.commits[1], False] == {
        "tests": 2,
        "tests_failed": 0,
        "tests_seconds": 12.5,
    } | {"mutation": 97.6}
    assert f"{project.commits[0][:9]}</td>" in project.page and "mutation score, by commit" in project.page
    project.history.write_text('{"commit": "1"}\n')
    assert project.run() == 2
    assert re.fullmatch(r"error: .*history\.jsonl: line 1 .*\n", capsys.readouterr().err)


def test_reports_say_what_they_are_of(project: Project, tmp_path: Path) -> None:
    """The commit and the time stand before what a report holds; uncommitted changes are noticed."""
    path = tmp_path / "build" / "new" / "x.json"
    report_file.write_report(path, {"rows": [1]}, report_file.made_now())
    found = json.loads(path.read_text())
    assert list(found) == ["made", "rows"]
    assert (found["made"]["commit"], found["made"]["dirty"]) == (project.commits[2], False)
    assert report_file.made_of(path) == found["made"] and report_file.made_of(tmp_path / "none") is None
    (tmp_path / "hdl" / "new.v").write_text("")
    assert report_file.made_now()["dirty"] is True


def test_junit_says_what_it_is_of(tmp_path: Path) -> None:
    """A real run of pytest leaves its commit, its date and what was selected in the XML."""
    path = tmp_path / "results.xml"
    test = "tests/models/test_sa.py::test_algorithm_codes"
    command = [sys.executable, "-m", "pytest", "-q", f"--junit-xml={path}", test]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    root, made = report._decode(path)
    assert made is not None and made["commit"] == report_file.made_now()["commit"] and made["date"] > "2026"
    content = next(source for source in SOURCES if source.key == "tests").read(root)
    assert content.headline.startswith("6 tests passed, 0 failed") and test in content.limits[0] and not content.figures
    assert isinstance(root, ElementTree.Element)


needs_chromium = pytest.mark.skipif(
    browser.find_chromium() is None, reason="no chromium (make report-check installs it and runs this)"
)


@needs_chromium
@pytest.mark.parametrize("width", browser.WIDTHS)
def test_in_chromium(project: Project, width: int) -> None:
    """With a long failure and long names: no wider than the window, nothing logged, every section there."""
    project.put_all()
    project.junit(FAILURE.replace("assert 1", "x" * 500) + f"<system-out>{'y' * 300}</system-out>")
    assert project.run() == 0
    shown = browser.show(project.page, width)
    assert shown.width == shown.needed == width and shown.height > 1000
    assert not shown.problems([source.title for source in SOURCES])


@needs_chromium
def test_chromium_finds_what_is_wrong() -> None:
    """An element that is too wide, an error of a script, something to fetch, a text that is not there."""
    page = """<meta charset="utf-8"><p class="wide" style="width:400px">text</p><script>nothing()</script>
    <img src="http://example.invalid/x.png">"""
    first, second, third, fourth = browser.show(page, 360).problems(["text", "Tests"])
    assert "nothing is not defined" in first and second == "360 pixels: the page asks for http://example.invalid/x.png"
    assert re.fullmatch(r"360 pixels: the page takes 4\d\d; too wide: p.wide(, .*)?", third)
    assert fourth == "360 pixels: no text 'Tests'"
