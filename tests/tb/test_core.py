# SPDX-License-Identifier: Apache-2.0
"""ipsec_esp_engine.core by FuseSoC, and docs/integration.md: fresh, complete, and the three targets run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts import core, integration
from scripts.yosys_command import commands
from tb.sim import ROOT, SIMULATORS

CORE = integration.CORE.read_text(encoding="utf-8")


def project(folder: Path, change: Callable[[Path], None]) -> Path:
    """A copy of what the core needs, changed."""
    shutil.copytree(ROOT / "hdl", folder / "hdl")
    shutil.copytree(ROOT / "tb" / "hdl", folder / "tb" / "hdl")
    (folder / integration.CORE.name).write_text(CORE, encoding="utf-8")
    change(folder)
    return folder


def replace(file: str, before: str, after: str) -> Callable[[Path], None]:
    """A change of one text in one file."""

    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(before) == 1, before
        (folder / file).write_text(text.replace(before, after), encoding="utf-8")

    return change


def test_files() -> None:
    """All of hdl/, and nothing else of the engine."""
    named = set(re.findall(r"^      - (hdl/\S+?\.s?v)\b", CORE, re.MULTILINE))
    assert named == {str(path.relative_to(ROOT)) for path in (ROOT / "hdl").rglob("*.*v")}


@pytest.mark.skipif("icarus" not in SIMULATORS, reason="the timing diagrams are of Icarus")
def test_fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Core file, tables and timing diagrams are what sources and simulation say; where they are not it is an error."""
    assert integration.main(["--check", "--diagrams"]) == 0, capsys.readouterr().out
    changed = {
        "CORE": CORE.replace("hdl/axis/fifo.v", "hdl/axis/other.v"),
        "DOCUMENT": integration.DOCUMENT.read_text(encoding="utf-8").replace("| `s_axis_tx_tdata` | input | 128 |", ""),
    }
    for name, text in changed.items():
        file = ROOT / "build" / f"stale-{name}"
        file.write_text(text, encoding="utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(integration, name, file)
            assert integration.main(["--check"]) == 1
        assert f"error: build/stale-{name} is not what the sources say" in capsys.readouterr().err
        file.unlink()


def test_ports() -> None:
    """Every port and parameter of the engine is found in its source: as many as commas, and one more."""
    header = re.sub(r"//.*", "", integration.header_of("ipsec_engine"))
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    parameters, ports = code.split(") (")
    assert len(integration.parameters_of("ipsec_engine")) == parameters.count("parameter ") == parameters.count(",") + 1
    assert len(integration.ports_of("ipsec_engine")) == ports.count(",") + 1
    assert {port.width for port in integration.ports_of("ipsec_engine")} >= {1, 8, 12, 16, 32, 64, 96, 128}


def test_lint(tmp_path: Path) -> None:
    """Verilator finds nothing, and a fault in a copy."""
    assert core.run("lint", folder=tmp_path / "good") == 0
    root = project(tmp_path / "bad", replace("hdl/axis/fifo.v", "endmodule", "wire idle = clk;\nendmodule"))
    assert core.run("lint", folder=tmp_path / "built", root=root) != 0


@pytest.mark.skipif("icarus" not in SIMULATORS, reason="the target sim is for Icarus")
def test_sim(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Frames pass through the engine; wrong ICVs are a failure."""
    assert core.run("sim", folder=tmp_path / "good") == 0
    assert "1 cocotb tests, 0 failed" in capfd.readouterr().out
    wrong = replace("hdl/esp/esp_transmit.v", "(exit_tag & icv_mask)", "(~exit_tag & icv_mask)")
    assert core.run("sim", folder=tmp_path / "built", root=project(tmp_path / "bad", wrong)) == 1
    assert "1 cocotb tests, 1 failed" in capfd.readouterr().out


def test_synth(tmp_path: Path) -> None:
    """The target on the CAM alone, which takes seconds; its parameter arrives. (make core TARGET=synth: the engine.)"""
    change = replace(integration.CORE.name, "toplevel: ipsec_engine", "toplevel: sa_cam")
    root = project(tmp_path / "cam", change)
    assert core.run("synth", ["--SA_COUNT=16"], folder=tmp_path / "built", root=root) == 0
    (netlist,) = (tmp_path / "built").rglob("*.json")
    modules = json.loads(netlist.read_text(encoding="utf-8"))["modules"]
    (top,) = (module for module in modules.values() if int(module["attributes"].get("top", "0"), 2))
    flip_flops = sum(cell["type"] == "TRELLIS_FF" for cell in top["cells"].values())
    # 64 entries, the default, have four times as many
    assert 16 * 66 < flip_flops < 2 * 16 * 66


def test_scripts_of_edalize() -> None:
    """Words, braces in braces, several lines; what is not understood reaches Yosys, or is refused here."""
    text = "yosys -import\nset a {b c}\nproc f {x} {\n  read {y z}\n}\n\nf $a"
    assert list(commands(text)) == [
        ["yosys", "-import"],
        ["set", "a", "{b c}"],
        ["proc", "f", "{x}", "{\n  read {y z}\n}"],
        ["f", "$a"],
    ]
