# SPDX-License-Identifier: Apache-2.0
"""Tests of tb/sim.py: builds, the cache, waveforms, wide signals, and that a red cocotb test is red in pytest."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import cocotb
import pytest
import pywellen
from cocotb.triggers import Timer, ValueChange

from tb.sim import ROOT, SIMULATORS, CocotbTestFailure, SimulationError, WavesWindow, build, run_cocotb, source_closure

PROBE = ["tests/unit/sim/sim_probe.v"]
MODULE = "tests.unit.sim.test_sim"
OCTETS = 256


@cocotb.test()
async def wide_signal_goes_both_ways(dut: Any) -> None:
    """Octets written into a wide register of the toplevel come back inverted, with the clock made in Verilog."""
    await Timer(1, "ns")
    assert int(dut.WIDTH.value) == len(dut.data) == 8 * OCTETS
    for turn in range(4):
        octets = random.randbytes(OCTETS)
        dut.data.value = int.from_bytes(octets, "little")
        dut.request.value = 1 - turn % 2
        await ValueChange(dut.acknowledge)
        assert dut.result.value.to_bytes(byteorder="little") == bytes(octet ^ 0xFF for octet in octets)


@cocotb.test()
async def wrong_on_purpose(dut: Any) -> None:
    """A test that fails: only run to see the failure surface."""
    await Timer(1, "ns")
    assert int(dut.request.value) == 5, "the request is never five"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_wide_signal(sim: str) -> None:
    result = run_cocotb(
        sim, "sim_probe", PROBE, MODULE, {"WIDTH": 8 * OCTETS}, testcase="wide_signal_goes_both_ways", seed=7
    )
    assert [case.name for case in result.cases if not case.skipped] == ["wide_signal_goes_both_ways"]
    assert "7" in result.log.read_text(encoding="utf-8").splitlines()[0]


@pytest.mark.parametrize("sim", SIMULATORS)
def test_bare(sim: str) -> None:
    """Without cocotb: the toplevel runs alone, its lines come out, and one that does not end is an error."""
    built = build(sim, "sim_probe", PROBE, parameters={"WIDTH": 8}, bare=True)
    lines: list[str] = []
    built.run_bare(["+stop=25"], name="bare", line=lines.append)
    assert "@stopped 25" in lines
    with pytest.raises(SimulationError, match="sim_probe ran over 1 s"):
        built.run_bare([], name="endless", timeout_seconds=1.0)


@pytest.mark.parametrize("sim", SIMULATORS)
def test_failure_surfaces(sim: str) -> None:
    with pytest.raises(CocotbTestFailure) as failure:
        run_cocotb(sim, "sim_probe", PROBE, MODULE, {"WIDTH": 8 * OCTETS}, testcase="wrong_on_purpose", seed=9)
    text = str(failure.value)
    assert "the request is never five" in text
    assert "COCOTB_RANDOM_SEED=9" in text
    assert "test_failure_surfaces" in text


@pytest.mark.parametrize("sim", SIMULATORS)
def test_no_test_is_an_error(sim: str) -> None:
    with pytest.raises(SimulationError):
        run_cocotb(sim, "sim_probe", PROBE, MODULE, {"WIDTH": 8 * OCTETS}, testcase="no_such_test")


@pytest.mark.parametrize("sim", SIMULATORS)
def test_waveform(sim: str) -> None:
    result = run_cocotb(
        sim, "sim_probe", PROBE, MODULE, {"WIDTH": 8 * OCTETS}, testcase="wide_signal_goes_both_ways", waves=True
    )
    assert result.waveform is not None
    # an FST file starts with block type 0 (header) of 329 octets
    assert result.waveform.read_bytes()[:9] == bytes([0]) + (329).to_bytes(8, "big")


@pytest.mark.parametrize(
    ("start", "end", "edges"), [("15", "30", (15, 30)), ("15", "", (15, None)), ("", "20", (0, 20))]
)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_waves_window(
    sim: str, start: str, end: str, edges: tuple[int, int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """WAVES_FROM and WAVES_TO, in nanoseconds; the clock of the probe has an edge every 5."""
    monkeypatch.setenv("WAVES_FROM", start)
    monkeypatch.setenv("WAVES_TO", end)
    result = run_cocotb(
        sim, "sim_probe", PROBE, MODULE, {"WIDTH": 8 * OCTETS}, testcase="wide_signal_goes_both_ways", waves=True
    )
    (clock,) = [v for v in pywellen.Waveform(str(result.waveform)).all_vars() if v.full_name == "sim_probe.clk"]
    times = [time // 1000 for time, _ in clock.tv]
    # Icarus ends a waveform with unknown values at WAVES_TO, Verilator before it
    assert times[0] == edges[0] and (times[-1] > 30 if edges[1] is None else edges[1] - 5 <= times[-1] <= edges[1])


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("x", "", "WAVES_FROM=x: must be a whole number of nanoseconds"),
        ("", "-5", "WAVES_TO=-5: must be a whole number of nanoseconds"),
        ("10", "1e3", "WAVES_TO=1e3: must be a whole number of nanoseconds"),
        ("10", "10", "WAVES_TO=10: must be more than WAVES_FROM=10"),
    ],
)
def test_wrong_window(start: str, end: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAVES_FROM", start)
    monkeypatch.setenv("WAVES_TO", end)
    with pytest.raises(SimulationError, match=text):
        WavesWindow.from_environment()
    with pytest.raises(SimulationError, match=text):
        build(SIMULATORS[0], "sim_probe", PROBE, waves=True)


@pytest.mark.parametrize("sim", SIMULATORS)
def test_cache_follows_contents(sim: str, tmp_path: Path) -> None:
    source = tmp_path / "sim_probe.v"
    source.write_bytes((ROOT / PROBE[0]).read_bytes())
    steps: list[str] = []
    first = build(sim, "sim_probe", [source], parameters={"WIDTH": 64}, progress=steps.append)
    again = build(sim, "sim_probe", [source], parameters={"WIDTH": 64}, progress=steps.append)
    assert first == again
    assert "already" in steps[-1]
    assert build(sim, "sim_probe", [source], parameters={"WIDTH": 72}).folder != first.folder
    source.write_bytes(source.read_bytes() + b"syntax error\n")
    with pytest.raises(SimulationError, match="syntax error"):
        build(sim, "sim_probe", [source], parameters={"WIDTH": 64})


@pytest.mark.parametrize("sim", SIMULATORS)
def test_warning_is_an_error_in_verilator(sim: str, tmp_path: Path) -> None:
    if sim != "verilator":
        return
    source = tmp_path / "narrow.v"
    source.write_text("module narrow(input wire [7:0] a, output wire [3:0] b); assign b = a; endmodule\n")
    with pytest.raises(SimulationError, match="WIDTHTRUNC"):
        build(sim, "narrow", [source])


def test_unknown_names_are_refused() -> None:
    with pytest.raises(SimulationError, match="no file for module"):
        source_closure("no_such_module")
    with pytest.raises(SimulationError, match="no such source file"):
        build("verilator", "sim_probe", ["no/such/file.v"])
    with pytest.raises(SimulationError, match="unknown simulator"):
        build("spice", "sim_probe", PROBE)
