# SPDX-License-Identifier: Apache-2.0
"""``make waves``: which waveform is shown and how, and one line where there is none or no display."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tb import gtkwave
from tb.gtkwave import SAVE_FILE, main, view, write_save_file
from tb.sim import ROOT, SIMULATORS

TEST = f"tests/unit/sim/test_sim.py::test_wide_signal[{SIMULATORS[-1]}]"


def vcd(path: Path, toplevel: str) -> Path:
    """A waveform of one signal."""
    path.write_text(
        f"$timescale 1ps $end\n$scope module {toplevel} $end\n$var wire 1 ! clk $end\n$upscope $end\n"
        "$enddefinitions $end\n#0\n0!\n#5000\n1!\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def waves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of waveforms, the newer one of the engine, and a gtkwave that prints its arguments."""
    monkeypatch.setattr(gtkwave, "WAVES_FOLDER", tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    os.utime(vcd(tmp_path / "old.fst", "probe"), (1, 1))
    vcd(tmp_path / "new.fst", "ipsec_bench")
    program = tmp_path / "bin" / "gtkwave"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "shown: $*"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return tmp_path


def test_newest(waves: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a display the command for elsewhere is one line."""
    assert main([]) == 0
    shown = f"gtkwave {os.path.relpath(waves / 'new.fst', ROOT)} {os.path.relpath(SAVE_FILE, ROOT)}"
    assert capfd.readouterr().out == f"no display (DISPLAY is not set), where there is one: {shown}\n"


def test_display(waves: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """With a display it is opened; the groups are those of the engine, another toplevel has none."""
    monkeypatch.setenv("DISPLAY", ":0")
    assert main(["--wave", str(waves / "old.fst")]) == 0
    assert capfd.readouterr().out == f"shown: {os.path.relpath(waves / 'old.fst', ROOT)}\n"
    assert view(waves / "new.fst") == 0
    assert capfd.readouterr().out.endswith("new.fst tb/waves/ipsec_engine.gtkw\n")


def test_refused(waves: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 2."""
    (waves / "text").write_text("text", encoding="utf-8")
    assert main(["--wave", str(waves / "none")]) == main(["--wave", str(waves / "text")]) == 2
    assert capfd.readouterr().err.splitlines()[0] == f"error: {waves / 'none'}: no such file"
    (waves / "new.fst").unlink()
    (waves / "old.fst").unlink()
    assert main([]) == 2
    assert capfd.readouterr().err == "error: no waveform in build/waves: make sim WAVES=1\n"


def test_marker(waves: Path) -> None:
    """The save file of a kit opens at the marker; without groups it is nothing else."""
    write_save_file(waves / "a.gtkw", waves / "new.fst", 9395)
    text = (waves / "a.gtkw").read_text(encoding="utf-8")
    assert "\n[timestart] 8895000\n" in text and "\n*-17.500000 9395000 -1 -1" in text
    assert text.count("\n^1 filters/") == SAVE_FILE.read_text(encoding="utf-8").count("\n^1 tb/waves/") > 8
    write_save_file(waves / "b.gtkw", waves / "old.fst", 100)
    assert (waves / "b.gtkw").read_text(encoding="utf-8") == "[timestart] 0\n*-17.500000 100000 -1\n"


def make_waves(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``make waves`` without a display."""
    # a make above this one would have it say which folder it enters and leaves
    spared = ("DISPLAY", "SIM", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    environment = {name: value for name, value in os.environ.items() if name not in spared}
    return subprocess.run(
        ["make", "waves", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_of_a_test() -> None:
    """TEST= and SEED= run a test again and show its waveform; what is no test or has no waveform is exit code 2."""
    done = make_waves(f"TEST={TEST}", "SEED=4", "WAVES_TO=20")
    assert done.returncode == 0, done.stdout + done.stderr
    name = f"build/waves/unit_sim_test_sim.test_wide_signal_{SIMULATORS[-1]}.fst"
    assert done.stdout.splitlines()[-1].endswith(f": gtkwave {name}")
    done = make_waves("TEST=tests/tb/test_gtkwave.py::no_such_test")
    assert done.returncode == 2 and "not found" in done.stdout + done.stderr
    done = make_waves("TEST=tests/tb/test_gtkwave.py::test_marker")
    assert (
        done.returncode == 2 and "error: TEST=tests/tb/test_gtkwave.py::test_marker: ran no simulation" in done.stderr
    )
    done = make_waves(f"TEST={TEST}", "WAVES_TO=soon")
    assert done.returncode == 2 and "WAVES_TO=soon: must be a whole number of nanoseconds" in done.stderr
