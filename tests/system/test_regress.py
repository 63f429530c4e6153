# SPDX-License-Identifier: Apache-2.0
"""``make regress`` on the engine: two seeds on both simulators, the same seed twice, Ctrl-C while seeds run."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.report import sections
from tb import regress
from tb.sim import ROOT, SIMULATORS

FRAMES = {"verilator": 1200, "icarus": 12}


def run(tmp_path: Path, sim: str, *arguments: str) -> dict[str, Any]:
    """The report of a regression that passes."""
    report = tmp_path / "regress.json"
    assert regress.main(["--sim", sim, "--report", str(report), *arguments]) == 0
    result: dict[str, Any] = json.loads(report.read_text())
    return result


@pytest.mark.parametrize("sim", SIMULATORS)
def test_two_seeds(sim: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Frames of every fate, requests of every kind on Verilator; a seed again is the same to the last cycle."""
    frames = FRAMES[sim]
    arguments = ("--frames", str(frames), "--jobs", "1")
    first = run(tmp_path, sim, "--seeds", "2", "--start", "5", *arguments)
    assert first["frames"] == 2 * frames and first["seeds_done"] == 2 and not first["partial"]
    assert first["mismatches"] == first["seeds_failed"] == 0 and first["causes"] == []
    if sim == "verilator":
        fates = (
            "rx_decrypted",
            "rx_icv_failed",
            "rx_syntax_failed",
            "rx_unchanged",
            "tx_protected",
            "tx_failed_syntax",
        )
        assert all(first["fates"][fate] > 0 for fate in fates), first["fates"]
        requests = ("add", "delete", "update", "wrong update", "malformed add", "unknown handle")
        assert all(first["requests"][request] > 0 for request in requests), first["requests"]
    one, other = first["runs"]
    assert one["digest"] != other["digest"] and one["cycles"] != other["cycles"]
    capsys.readouterr()
    again = run(tmp_path, sim, "--seed", "6", *arguments)
    same = ("seed", "frames", "cycles", "digest")
    assert [again["runs"][0][name] for name in same] == [other[name] for name in same]
    assert f"digest {other['digest']}" in capsys.readouterr().out


def children(parent: int) -> list[int]:
    """The processes whose parent is ``parent``."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(path.parent.name))
    return found


def test_ctrl_c(tmp_path: Path) -> None:
    """What is done is in the report, which says that it is not all; no simulation goes on."""
    report = tmp_path / "regress.json"
    sim = SIMULATORS[0]
    command = [sys.executable, "-m", "tb.regress", "--sim", sim, "--seeds", "200", "--jobs", "2"]
    command += ["--frames", str(FRAMES[sim] // 4), "--report", str(report)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    assert process.stdout is not None
    for line in process.stdout:
        if re.match(r"[1-9]\d*/200 seeds", line):
            break
    simulations = children(process.pid)
    # as the terminal does: to all of the group
    os.killpg(process.pid, signal.SIGINT)
    try:
        shown, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == regress.EXIT_INTERRUPTED, errors
    result = json.loads(report.read_text())
    assert result["partial"] and 1 <= result["seeds_done"] == len(result["runs"]) < 200
    assert result["seeds_failed"] == 0 and all(run["passed"] for run in result["runs"])
    assert "not complete" in shown and not errors
    assert sections.regress(result).limits == [f"broken off: {result['seeds_done']} of 200 seeds"]
    assert simulations and not any(Path("/proc", str(number)).exists() for number in simulations)
