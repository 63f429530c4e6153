# SPDX-License-Identifier: Apache-2.0
"""``make bench-sim``: every stimulus moves the frames it says, the right octets come out; no time is judged here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from scripts.report import sections
from tb import speed
from tb.jobs.speed_simulation import stream_sum
from tb.sim import SIMULATORS, SimulationError

pytestmark = pytest.mark.skipif("icarus" not in SIMULATORS, reason="builds four times for Verilator: too long here")
EFFORT = speed.Effort(ours=80, axi=80, bare=80, rounds=1)


def test_all_stimuli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Report and table of a short run; the target, which is of another simulator, is not spoken of."""
    monkeypatch.setitem(speed.EFFORTS, "icarus", EFFORT)
    monkeypatch.setattr(speed, "OCTETS", (64, 80))
    report = tmp_path / "reports" / "sim_speed.json"
    assert speed.main(["--sim", "icarus", "--report", str(report)]) == 0
    result = json.loads(report.read_text())
    assert result["targets"] == []
    assert [row["frame_octets"] for row in result["rows"]] == [64, 80]
    for row in result["rows"]:
        assert set(row["rates"]) == {speed.OURS, speed.AXI, speed.BARE} and row["simulator"] == "icarus"
        ours = row["rates"][speed.OURS]["cycles_per_second"]
        for stimulus, ratio in row["ratios"].items():
            assert ratio == pytest.approx(ours / row["rates"][stimulus]["cycles_per_second"], rel=0.01)
    assert sections.speed(result).limits == ["no target was measured"]
    shown = capsys.readouterr().out
    assert "cocotbext-axi" in shown and "no Python" in shown


def test_wrong_octets_without_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """What left without Python is held against the golden model."""
    play = speed._Speed._play

    def other(self: speed._Speed, octets: int, told: dict[str, list[str]]) -> None:
        told["end"][4] = f"{int(told['end'][4], 16) ^ 1:x}"
        play(self, octets, told)

    monkeypatch.setattr(speed._Speed, "_play", other)
    with pytest.raises(SimulationError, match="no Python, 64 octets: expected"):
        speed.measure("icarus", EFFORT, Console(), sizes=(64,))


def test_targets() -> None:
    """A target is held against the row of its simulator and size."""
    row = {"simulator": "verilator", "frame_octets": 1504, "ratios": {speed.AXI: 14.9, speed.BARE: 0.51}}
    reached = {target["stimulus"]: target["reached"] for target in speed.target_results([row])}
    assert reached == {speed.AXI: False, speed.BARE: True}


def test_stream_sum() -> None:
    """Order and place of every octet count."""
    frame = bytes(range(40))
    other = frame[16:32] + frame[:16] + frame[32:]
    assert stream_sum([frame]) != stream_sum([other])
    assert stream_sum([frame[:16]]) == int.from_bytes(frame[:16], "little")
    assert stream_sum([bytes((1,)) + bytes(31)]) == 2
