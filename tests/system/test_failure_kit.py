# SPDX-License-Identifier: Apache-2.0
"""Failure kits of what is wrong on purpose: every file is there and right, and replay.sh repeats the failure."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pywellen

from models.packet import ParsedEsp, parse_frame
from tb import failure_kit, regress
from tb.captures import read_capture
from tb.sim import BUILD_FOLDER, ROOT, SIMULATORS, CocotbTestFailure, build, run_cocotb, source_closure
from tb.wireshark import DECRYPT
from tests.system.red_on_purpose import FRAMES, MODULE, PAYLOAD
from tests.system.test_waves import saved_signals, waveform_signals

ICARUS = "icarus" if "icarus" in SIMULATORS else SIMULATORS[0]
"""Builds in a second."""
ICV = 16
FILES = {
    "README.txt", "case.json", "filters", "first_difference.txt", "in.pcapng", "open.sh", "out.pcapng", "replay.sh",
    "sim.log", "waves.fst", "waves.gtkw", "wireshark",
}  # fmt: skip


@pytest.fixture(autouse=True)
def on_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    """These kits lie apart from those of tests that are really red, and do not count."""
    monkeypatch.setattr(failure_kit, "FOLDER", BUILD_FOLDER / "failures-on-purpose")
    monkeypatch.setattr(failure_kit, "_traced", 0)


@dataclass(frozen=True)
class Kit:
    """A failure kit, as far as it can be read."""

    folder: Path

    @classmethod
    def of(cls, failure: CocotbTestFailure) -> Kit:
        """The only kit of a failure."""
        failure_kit.add_kits(failure)
        (note,) = failure.__notes__
        return cls.named(note)

    @classmethod
    def named(cls, text: str) -> Kit:
        """The kit that a text names."""
        match = re.search(r"failure kit: (\S+)", text)
        assert match is not None, text
        return cls(Path(match[1]))

    @property
    def lines(self) -> dict[str, str]:
        """first_difference.txt; where several fields differ, the last of them, which is in the frame."""
        text = (self.folder / "first_difference.txt").read_text(encoding="utf-8")
        return {line[:11].strip(): line[12:] for line in text.splitlines()}

    @property
    def marker_ns(self) -> int:
        """Where the failing beat is."""
        return int(self.lines["marker"].split(" ns")[0])

    def packets(self, name: str) -> tuple[bytes, ...]:
        """The frames of a capture."""
        return read_capture(self.folder / f"{name}.pcapng").packets

    def packet(self, line: str) -> bytes:
        """The frame of a capture that a line of first_difference.txt names."""
        match = re.search(r"packet (\d+) of (in|out)\.pcapng", self.lines[line])
        assert match is not None
        return self.packets(match[2])[int(match[1]) - 1]

    def replay(self, **environment: str) -> tuple[int, str]:
        """Exit code and output of replay.sh."""
        done = subprocess.run(
            [self.folder / "replay.sh"], env={**os.environ, **environment}, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def clock_edges(self) -> list[int]:
        """Their nanoseconds in the waveform."""
        variables = pywellen.Waveform(str(self.folder / "waves.fst")).all_vars()
        return [
            time // 1000 for variable in variables if variable.full_name == "ipsec_bench.clk" for time, _ in variable.tv
        ]


def check_difference(kit: Kit, direction: str) -> None:
    """The difference is the one between the captures: its offset, its octets, its packet."""
    lines = kit.lines
    given, got = kit.packet("went in"), kit.packet("came out")
    offset = int(lines["offset"])
    assert bytes.fromhex(lines["got"]) == got[offset : offset + 16] != bytes.fromhex(lines["expected"])
    parsed = parse_frame(given)
    assert isinstance(parsed, ParsedEsp)
    assert lines["frame"].startswith(direction)
    assert f"SPI {parsed.spi:#010x} sequence {parsed.seq:#010x}, handle 0x000" in lines["frame"]


def check_waveform(kit: Kit, port: str) -> None:
    """A part of the run around the marker, where the first wrong octet is taken; the save file fits to it."""
    edges, marker = kit.clock_edges(), kit.marker_ns
    assert 1000 <= edges[0] < marker < edges[-1] < edges[0] + 10_000
    waveform = kit.folder / "waves.fst"
    prefix = f"ipsec_bench.ipsec_engine_inst.{port}_"
    values: dict[str, Any] = {
        variable.full_name.removeprefix(prefix): variable.signal.value_at(1000 * marker - 1)
        for variable in pywellen.Waveform(str(waveform)).all_vars()
        if variable.full_name.startswith(prefix)
    }
    assert int(values["tvalid"]) == int(values["tready"]) == 1
    lane = int(kit.lines["offset"]) % 16
    octets = int(values["tdata"]).to_bytes(16, "little")[lane:]
    assert octets == bytes.fromhex(kit.lines["got"])[: len(octets)]
    save_file = kit.folder / "waves.gtkw"
    assert f" {1000 * marker} -1" in save_file.read_text(encoding="utf-8")
    signals = saved_signals(save_file)
    assert signals.keys() == saved_signals().keys() <= waveform_signals(waveform)
    filters = {name for name in signals.values() if name}
    assert len(filters) > 5 and all(name.startswith("filters/") and (kit.folder / name).is_file() for name in filters)


def check_tshark(kit: Kit, name: str, plain: dict[int, bytes], good: bool) -> None:
    """tshark finds the inner octets ``plain`` (by sequence number) on the side of the wire, with a good ICV or not."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed (sudo apt-get install tshark)")
    command = ["tshark", "-n", "-r", str(kit.folder / f"{name}.pcapng"), *DECRYPT, "-T", "fields"]
    for field in ("frame.interface_name", "esp.sequence", "esp.contained_data", "esp.icv_good"):
        command += ["-e", field]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(kit.folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    wire = {int(row[1]): row for row in rows if row[0] in ("s_axis_rx", "m_axis_tx")}
    assert {number: bytes.fromhex(row[2]) for number, row in wire.items()} == plain
    assert all((row[3] in ("1", "True")) is good for row in wire.values())


@pytest.mark.parametrize("sim", SIMULATORS)
def test_red_test(sim: str, subtests: pytest.Subtests) -> None:
    """pytest's text names the kit, made by the second case of a run: its files are those of the case run alone."""
    command = [sys.executable, "-m", "pytest", f"tests/system/red_on_purpose.py::test_red[{sim}]"]
    environment = {**os.environ, "COCOTB_RANDOM_SEED": "7"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert "1 of 2 cocotb tests" in done.stdout and "AssertionError: 11 mismatches" in done.stdout
    kit = Kit.named(done.stdout)
    assert f"failure kits (docs/debugging.md) ====\n{kit.folder}\n" in re.sub("=+", "====", done.stdout)
    assert {path.name for path in kit.folder.iterdir()} == FILES
    lines = kit.lines
    assert (lines["test"], lines["simulator"], lines["seed"]) == (f"{MODULE}.disagreement", sim, "7")
    # the reference engine took the ICV for a wrong one
    check_difference(kit, "receive bad frame 0: ")
    text = (kit.folder / "first_difference.txt").read_text(encoding="utf-8")
    assert re.findall("^field +(.*)$", text, re.MULTILINE) == ["slot 1", "slot 12", "payload+0"]
    check_waveform(kit, "m_axis_rx")
    assert len(kit.packets("in")) == len(kit.packets("out")) == FRAMES, "recorded after the first difference"
    with subtests.test("tshark"):
        check_tshark(kit, "in", {n + 1: bytes([n] * PAYLOAD) for n in range(FRAMES)}, good=True)
    # alone, the case starts at time 0
    alone = kit.lines["marker"]
    code, text = kit.replay()
    assert code == 1 and "disagreement fails again" in text and kit.lines["marker"] == alone in text
    shutil.rmtree(kit.folder)


def broken_engine(folder: Path) -> list[Path]:
    """The sources of an engine that inverts the ICVs it makes, one of them in ``folder``."""
    sources = []
    good, bad = "(exit_tag & icv_mask)", "(~exit_tag & icv_mask)"
    for path in source_closure("ipsec_bench"):
        if path.name == "esp_transmit.v":
            text = path.read_text(encoding="utf-8")
            assert text.count(good) == 1, f"{path.name} has changed"
            path = folder / path.name
            path.write_text(text.replace(good, bad), encoding="utf-8")
        sources.append(path)
    return sources


@pytest.fixture
def broken_kit(tmp_path: Path) -> Kit:
    """The kit of that engine."""
    sources = broken_engine(tmp_path)
    with pytest.raises(CocotbTestFailure) as failure:
        run_cocotb(ICARUS, "ipsec_bench", sources, MODULE, testcase="both_ways", seed=3, name="broken-icv")
    kit = Kit.of(failure.value)
    shutil.rmtree(tmp_path)
    return kit


def test_broken_engine(broken_kit: Kit, subtests: pytest.Subtests) -> None:
    """The first difference, the captures, the keys and the waveform of a wrong ICV; replay.sh until it is repaired."""
    kit = broken_kit
    assert {path.name for path in kit.folder.iterdir()} == FILES | {"sources"}
    given = kit.packets("in")
    assert len(given) == len(kit.packets("out")) == FRAMES, "recorded after the first difference"
    lines = kit.lines
    parsed = parse_frame(given[0])
    assert isinstance(parsed, ParsedEsp)
    assert (lines["field"], int(lines["offset"])) == ("ICV+0", parsed.icv(ICV))
    assert kit.packet("went in") == given[0]
    check_difference(kit, "transmit out frame 0: ")
    check_waveform(kit, "m_axis_tx")
    with subtests.test("tshark"):
        check_tshark(kit, "out", {n + 1: bytes([n] * PAYLOAD) for n in range(FRAMES)}, good=False)
    code, text = kit.replay(WAVES_FROM="100", WAVES_TO="400")
    assert code == 1 and "both_ways fails again" in text
    edges = kit.clock_edges()
    assert (edges[0], edges[-1]) == (100, 400)
    assert kit.lines["got"] == lines["got"] and "is not in the waveform" in kit.lines["marker"]
    (source,) = (kit.folder / "sources").iterdir()
    source.write_bytes((ROOT / "hdl" / "esp" / source.name).read_bytes())
    code, text = kit.replay()
    assert code == 0 and "both_ways passes" in text


def test_seed_of_the_regression(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A seed that fails: its kit is in the summary, and holds the difference of that seed."""
    sources = broken_engine(tmp_path)
    monkeypatch.setattr(regress, "build", functools.partial(build, sources=sources))
    report = tmp_path / "regress.json"
    # a seed with few SAs
    arguments = ["--sim", ICARUS, "--seed", "4", "--frames", "2", "--report", str(report)]
    assert regress.main(arguments) == 1
    (cause,) = json.loads(report.read_text(encoding="utf-8"))["causes"]
    assert f"  {cause['kit']}\n" in capsys.readouterr().err
    kit = Kit.named(cause["kit"])
    assert {path.name for path in kit.folder.iterdir()} == FILES | {"sources"}
    assert (kit.lines["test"], kit.lines["seed"]) == (f"{regress.JOB}.regress", "4")
    assert kit.lines["field"] == "ICV+0"
    check_waveform(kit, "m_axis_tx")


def fails(module: str, toplevel: str, sources: list[str] | None, case: str, **environment: str) -> CocotbTestFailure:
    """Run a case that fails."""
    with pytest.raises(CocotbTestFailure) as failure:
        run_cocotb(
            ICARUS, toplevel, sources, module, testcase=case, seed=5, name=f"fails-{case}", extra_env=environment
        )
    return failure.value


def probe_fails() -> CocotbTestFailure:
    """The failure of a case without frames."""
    return fails("tests.unit.sim.test_sim", "sim_probe", ["tests/unit/sim/sim_probe.v"], "wrong_on_purpose")


def test_without_frames() -> None:
    """A case that has no transactors: its message, and the waveform up to its end."""
    kit = Kit.of(probe_fails())
    assert {path.name for path in kit.folder.iterdir()} == FILES - {"in.pcapng", "out.pcapng", "wireshark", "filters"}
    assert kit.lines["difference"] == "none that the scoreboard saw"
    text = (kit.folder / "first_difference.txt").read_text(encoding="utf-8")
    assert "failure     the request is never five" in text
    assert kit.lines["marker"] == "1 ns, the end of the test"


def test_fails_only_once(tmp_path: Path) -> None:
    """Where the second run passes the kit says so, and keeps what there is of the first."""
    failure = fails(MODULE, "ipsec_bench", None, "once", MARK=str(tmp_path / "mark"))
    kit = Kit.of(failure)
    assert "did not fail" in failure.__notes__[0]
    assert {path.name for path in kit.folder.iterdir()} == FILES - {"waves.fst", "waves.gtkw", "filters"}
    assert "failure     only once" in (kit.folder / "first_difference.txt").read_text(encoding="utf-8")


def test_many_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some kits a process makes no more waveforms, and says how to get one."""
    failure = probe_fails()
    monkeypatch.setattr(failure_kit, "_traced", failure_kit.TRACED_KITS)
    kit = Kit.of(failure)
    assert "replay.sh makes its waveform" in failure.__notes__[0] and not (kit.folder / "waves.fst").exists()
    assert kit.replay()[0] == 1 and (kit.folder / "waves.fst").exists()
    code, text = kit.replay(PROJECT="/")
    assert code == 2 and text == "error: PROJECT=/: not the project\n"


def test_no_kit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Kits can be switched off; one that cannot be made is a line beside the failure; any other folder is refused."""
    failure = probe_fails()
    monkeypatch.setenv("FAILURE_KITS", "0")
    failure_kit.add_kits(failure)
    assert not hasattr(failure, "__notes__")
    monkeypatch.delenv("FAILURE_KITS")
    (tmp_path / "file").touch()
    monkeypatch.setattr(failure_kit, "FOLDER", tmp_path / "file")
    failure_kit.add_kits(failure)
    (note,) = failure.__notes__
    assert note.startswith("no failure kit of wrong_on_purpose: NotADirectoryError")
    assert "the request is never five" in str(failure)
    assert failure_kit.main([str(tmp_path)]) == 2
    assert re.fullmatch(r"error: \S+/case\.json: not of a failure kit \(.*\)\n", capsys.readouterr().err)
