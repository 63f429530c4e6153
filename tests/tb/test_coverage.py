# SPDX-License-Identifier: Apache-2.0
"""make coverage: counts of one unit from Verilator, and that what was not reached is told."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from models.engine import ReceiveResult, TransmitReason
from models.ndis import CRYPTO_DONE, SA_DELETE_REQ
from models.packet import esp_frame
from models.sa import Algorithm, Direction, SecurityAssociation
from scripts.coverage import (
    CoverageError,
    Exclusion,
    Feature,
    Plan,
    Point,
    by_module,
    cover_points,
    index_page,
    lcov,
    main,
    merge,
    module_page,
    read_counts,
    read_exclusions,
    result_of,
    show,
)
from tb import coverage
from tb.engine_registers import CommandStatus, Opcode
from tb.sim import ROOT, SIMULATORS, run_cocotb

GOALS = {"bins": 100.0, "line": 95.0, "branch": 95.0, "toggle": 90.0}
SOURCE = ROOT / "hdl" / "axis" / "event_queue.v"


@pytest.mark.skipif("verilator" not in SIMULATORS, reason="Verilator counts")
def test_one_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of fifo reach all its lines, branches and cover points."""
    monkeypatch.setenv("COVERAGE_TO", str(tmp_path / "all"))
    parameters: dict[str, int | str] = {"WIDTH": 9, "DEPTH_LOG2": 2, "BLOCK_RAM": 0}
    arguments = ("verilator", "fifo", ["hdl/axis/fifo.v"], "tests.unit.fifo.test_fifo", parameters)
    run_cocotb(*arguments, name="coverage-all")
    points, bins = merge(tmp_path / "all")
    (module,) = by_module(points, [], ROOT / "hdl")
    assert module.name == "fifo" and not bins
    assert len(module.lines) > 5 and all(module.lines.values())
    assert len(module.branches) > 3 and all(module.branches.values())
    assert all(cover_points(points)[f"fifo.{name}"] for name in ("full", "empty", "full_and_read", "write_and_read"))
    # merging adds: twice the same is twice as much, and nothing is lost that is 0
    twice = merge(tmp_path / "all")[0]
    twice.update(points)
    assert {count for point, count in twice.items()} == {2 * count for count in points.values()}


def _points() -> Counter[Point]:
    file = str(SOURCE)
    return Counter(
        {
            Point(file, 30, 1, "line", "block", "30-31"): 4,
            Point(file, 32, 3, "branch", "if", "32-33"): 0,
            Point(file, 32, 4, "branch", "else", ""): 4,
            Point(file, 15, 2, "toggle", "clk:0->1", ""): 9,
            Point(file, 15, 2, "toggle", "clk:1->0", ""): 0,
            Point("/elsewhere/bench.v", 1, 1, "line", "block", "1"): 0,
            Point("/x/fifo_cover.sv", 1, 1, "user", "full", "1"): 3,
        }
    )


def test_what_is_missing_is_told() -> None:
    """Lines, branches, bits and bins that were not hit count, and stand in every report."""
    (module,) = by_module(_points(), [], ROOT / "hdl")
    assert module.lines == {30: 4, 31: 4, 32: 0, 33: 0}
    feature = Feature("queues", "text", ("tests/unit/fifo",), ("fifo.full", "fifo.empty"))
    plan = Plan(GOALS, (), (), (feature,))
    result = result_of(plan, [module], cover_points(_points()))
    assert result["total"] == {"line": 50.0, "branch": 50.0, "toggle": 50.0, "bins": 50.0}
    assert result["features"][0]["missing"] == ["fifo.empty"]
    out = io.StringIO()
    assert show(Console(file=out, width=100), result) == list(GOALS)
    assert "not hit: fifo.empty" in out.getvalue()
    assert "fifo.empty" in index_page(result) and "fifo.full" not in index_page(result)
    assert "branch if" in module_page(module) and "bit clk:1-&gt;0" in module_page(module)
    text = lcov([module])
    assert "DA:32,0\n" in text and "LF:4\nLH:2\n" in text and "BRF:2\nBRH:1\n" in text

    exclusions = [
        Exclusion("event_queue", "toggle", "^clk", "the clock"),
        Exclusion("fifo", "any", "", "another module"),
    ]
    (module,) = by_module(_points(), exclusions, ROOT / "hdl")
    assert not module.toggles and module.excluded == Counter(toggle=2) and len(module.lines) == 4


def test_counts_of_verilator(tmp_path: Path) -> None:
    """The records of a file; another file is refused."""
    path = tmp_path / "x.dat"
    record = "\x01f\x02/a/b.v\x01l\x027\x01n\x023\x01page\x02v_branch/b\x01o\x02if\x01S\x027-8\x01h\x02top"
    path.write_text(f"# SystemC::Coverage-3\nC '{record}.one' 2\nC '{record}.two' 3\n", encoding="utf-8")
    assert read_counts(path) == {Point("/a/b.v", 7, 3, "branch", "if", "7-8"): 5}
    path.write_text("something else\n", encoding="utf-8")
    with pytest.raises(CoverageError, match=r"x\.dat"):
        read_counts(path)


def test_functional_bins(tmp_path: Path) -> None:
    """What a frame and a command count."""
    counted = coverage.FunctionalCoverage()
    key, salt = bytes(range(16)), bytes(4)
    sa = SecurityAssociation(Direction.OUTBOUND, Algorithm.GCM_128, 0x12345678, key, salt, icv_len=12)
    frame = esp_frame(bytes(30), src=bytes(4), dst=bytes(4), spi=sa.spi, seq=1, iv=bytes(8), icv_len=12, pad_length=0)
    counted.transmit(frame, sa, TransmitReason.PROTECTED)
    counted.receive(frame[:13], None, ReceiveResult(frame[:13], 0, 0, 0, False, 0, 0, 0))
    counted.receive(frame[:13], None, ReceiveResult(frame, CRYPTO_DONE | SA_DELETE_REQ, 0, 0, True, 0, 0, 0))
    counted.command(Opcode.ADD_SA, CommandStatus.DUPLICATE)
    assert set(counted.counts) == {
        "fate/transmit/PROTECTED",
        "layers/transmit/0 tags/IPv4 IHL 5/plain",
        "crypto/transmit/GCM_128 12/IPv4/32 bits/whole blocks/good",
        "fate/receive/UNCHANGED",
        "fate/receive/SUCCESS",
        "fate/receive/SUCCESS with SaDeleteReq",
        "not ESP/receive/NOT_IP",
        "command/ADD_SA/DUPLICATE",
    }
    counted.save(tmp_path)
    counted.save(tmp_path)
    assert merge(tmp_path)[1] == Counter({name: 2 * count for name, count in counted.counts.items()})
    assert [coverage.length_class(n) for n in (2, 15, 16, 240, 241, 257, 1399, 1401)] == [
        *("below a block", "below a block", "whole blocks", "whole blocks"),
        *("below 256", "below 1400", "below 1400", "jumbo"),
    ]


def test_plan_and_exclusions() -> None:
    """Both files can be read, every cover point of the plan is one of tb/cover/ and the other way round."""
    plan = Plan.read()
    points = {name for feature in plan.features for name in feature.bins if "." in name and "/" not in name}
    written = set()
    for path in (ROOT / "tb" / "cover").glob("*.sv"):
        for line in path.read_text(encoding="utf-8").split("\n"):
            name, found, _ = line.partition(": cover property")
            if found:
                written.add(f"{path.stem.removesuffix('_cover')}.{name}")
    assert points == written
    assert plan.goals == GOALS
    assert all(entry.reason for entry in read_exclusions())


def test_wrong_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 2; a plan with a test that does not exist is refused."""
    assert main(["--seeds", "0"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: SEEDS=0 ") and error.count("\n") == 1
    path = tmp_path / "plan.toml"
    path.write_text('feature = []\n[goals]\n[runs]\nonce = ["tests/nothing.py"]\nseeds = []\n', encoding="utf-8")
    with pytest.raises(CoverageError, match=r"no test tests/nothing\.py"):
        Plan.read(path)
