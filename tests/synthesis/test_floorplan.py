# SPDX-License-Identifier: Apache-2.0
"""scripts.floorplan: what it refuses, the places it gives to cells, LUTs that stay empty, the shortest wires."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts import floorplan
from scripts.floorplan import Blockage, Floorplan
from scripts.synth import CAPACITY, Job, new_floorplan, read_jobs, run_job
from scripts.synth_check import run_yosys

NAMES = {2: "EBR0", 5: "EBR1", 8: "EBR3"}
"""Of the Bels by column."""
BOX = "[[blockage]]\nx = {}\ny = {}\nluts = {}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of floorplans of its own."""
    monkeypatch.setattr("scripts.floorplan.FOLDER", tmp_path)
    return tmp_path


def cell(kind: str, bel: str, *nets: int | str) -> dict[str, Any]:
    """A cell of a placed netlist with a port for each net, or constant."""
    return {
        "type": kind,
        "attributes": {"NEXTPNR_BEL": bel},
        "connections": {f"P{port}": [net] for port, net in enumerate(nets)},
    }


def placed() -> dict[str, Any]:
    """Three block RAMs, each in the column of another one's LUTs; ``a`` and ``b`` share a wire."""
    cells = {
        "a": cell("DP16KD", "X2/Y4/EBR0", 1, 2, 9),
        "b": cell("DP16KD", "X5/Y4/EBR1", 3, 9),
        "c": cell("DP16KD", "X8/Y12/EBR3", 4, "0"),
        "lut_1": cell("TRELLIS_COMB", "X8/Y11/SLICEA.LUT0", 1),
        "lut_2": cell("TRELLIS_COMB", "X8/Y13/SLICEA.LUT1", 2),
        "lut_3": cell("TRELLIS_COMB", "X5/Y13/SLICEA.LUT1", 3),
        "lut_4": cell("TRELLIS_COMB", "X1/Y1/SLICEB.LUT0", 4),
        "constant": {"type": "GND", "attributes": {}, "connections": {}},
    }
    return {"modules": {"LUT4": {"cells": {}}, "top": {"cells": cells}}}


def wires(netlist: dict[str, Any], places: dict[str, str]) -> int:
    """Half the perimeters of the nets of the block RAMs."""
    cells = {name: dict(content) for name, content in netlist["modules"]["top"]["cells"].items()}
    where = {
        name: tuple(int(part[1:]) for part in bel.split("/")[:2])
        for name, content in cells.items()
        if (bel := places.get(name, content["attributes"].get("NEXTPNR_BEL", "")))
    }
    users: dict[int, list[tuple[int, ...]]] = {}
    for name in where:
        for (bit,) in cells[name]["connections"].values():
            if isinstance(bit, int):
                users.setdefault(bit, []).append(where[name])
    return sum(max(v) - min(v) for spots in users.values() for v in zip(*spots, strict=True))


def test_block_rams_go_to_their_wires() -> None:
    netlist = placed()
    places, before, after = floorplan.assign(netlist)
    assert before == wires(netlist, {})
    assert after == wires(netlist, places)
    sites = [f"X{x}/Y{y}/{name}" for x, name in NAMES.items() for y in (4, 12)]
    best = min(wires(netlist, dict(zip("abc", chosen, strict=True))) for chosen in itertools.permutations(sites, 3))
    assert after == best < before
    assert places == {"a": "X8/Y12/EBR3", "b": "X5/Y12/EBR1", "c": "X2/Y4/EBR0"}


def test_places_get_into_the_netlist() -> None:
    netlist = placed()
    floorplan.apply(netlist, Floorplan({"b": "X8/Y4/EBR3"}))
    cells = floorplan.top_module(netlist)["cells"]
    assert cells["b"]["attributes"]["BEL"] == "X8/Y4/EBR3"
    assert all("BEL" not in cells[name]["attributes"] for name in cells if name != "b")
    for name in ("d", "lut_1"):
        with pytest.raises(ValueError, match=f"the netlist has no block RAM {name}"):
            floorplan.apply(netlist, Floorplan({name: "X8/Y4/EBR3"}))


def test_every_tile_with_logic_has_eight_luts() -> None:
    assert 8 * len(floorplan.COLUMNS) * len(floorplan.ROWS) == CAPACITY.luts


def test_blocked_luts() -> None:
    """Rows of block RAMs have none; where two boxes overlap the greater number counts."""
    plan = Floorplan({}, (Blockage((5, 6), (45, 47), 1), Blockage((6, 6), (47, 48), 2), Blockage((6, 7), (48, 48), 1)))
    once = ["X5/Y45", "X5/Y47", "X6/Y45", "X7/Y48"]
    twice = ["X6/Y47", "X6/Y48"]
    expected = [f"{tile}/SLICED.K1" for tile in once + twice] + [f"{tile}/SLICED.K0" for tile in twice]
    assert sorted(plan.blocked()) == sorted(expected)
    netlist = placed()
    floorplan.apply(netlist, plan)
    cells = floorplan.top_module(netlist)["cells"]
    assert [content["attributes"]["BEL"] for content in cells.values() if content["type"] == "LUT4"] == plan.blocked()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('a = "X1/Y2/SLICEA"', "floorplan test: a = 'X1/Y2/SLICEA' must be a Bel like X10/Y22/EBR0"),
        ("a = 3", "floorplan test: a = 3 must be a Bel like X10/Y22/EBR0"),
        ('b = "X1/Y2/EBR0"\na = "X1/Y2/EBR0"', "floorplan test: a and b are both at X1/Y2/EBR0"),
        ("blockage = 3", "floorplan test: blockage = 3 must be a table of x, y and luts"),
        ("[[blockage]]\nx = [2, 3]\nluts = 1", r"floorplan test: blockage = \{'x'.* must be a table of x, y and luts"),
        (BOX.format("[3, 2]", "[2, 2]", 1), r"blockage: x = \[3, 2\] must be the first and the last of 2 to 124"),
        (BOX.format("[2, 125]", "[2, 2]", 1), r"blockage: x = \[2, 125\] must be the first and the last of 2 to 124"),
        (BOX.format("[2, 3]", "[1, 2]", 1), r"blockage: y = \[1, 2\] must be the first and the last of 2 to 93"),
        (BOX.format("[2, 3]", "4", 1), "blockage: y = 4 must be the first and the last of 2 to 93"),
        (BOX.format("[2, 3]", "[2.0, 3]", 1), r"blockage: y = \[2.0, 3\] must be the first and the last of 2 to 93"),
        (BOX.format("[2, 3]", "[2, 2]", 3), "blockage: luts = 3 must be 1 to 2"),
        (BOX.format("[2, 3]", "[2, 2]", 0), "blockage: luts = 0 must be 1 to 2"),
        (BOX.format("[2, 3]", "[2, 2]", "true"), "blockage: luts = True must be 1 to 2"),
    ],
)
def test_a_wrong_line_is_named(folder: Path, lines: str, message: str) -> None:
    (folder / "test.toml").write_text(lines + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        floorplan.read("test")


def test_a_floorplan_is_made_and_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = folder / "scratch.v"
    source.write_text(
        "module scratch(input wire clk, input wire write, input wire [8:0] at, input wire [35:0] d, "
        "output reg [35:0] q);\n"
        "reg [35:0] mem [0:511];\nalways @(posedge clk) begin q <= mem[at]; if (write) mem[at] <= d; end\nendmodule\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("scripts.synth.run_yosys", lambda block, flow: run_yosys(block, flow, folder / "synth"))
    job = Job("scratch", "scratch", sources=[source], minimum_mhz=20.0, floorplan="test")
    floorplan.write("test", Floorplan())
    assert re.fullmatch(
        r"wires of block RAMs [\d,]+ tiles as placed, [\d,]+ with the new floorplan", new_floorplan(job)
    )
    ((name, bel),) = floorplan.read("test").places.items()
    other = next(place for place in ("X51/Y70/EBR1", "X40/Y46/EBR0") if place != bel)
    floorplan.write("test", Floorplan({name: other}))
    open_ground = run_job(job)
    # around the block RAM
    plan = Floorplan({name: other}, (Blockage((30, 60), (40, 80), 2),))
    floorplan.write("test", plan)
    blocked = run_job(job)
    assert open_ground.errors == blocked.errors == []
    assert blocked.routed[0].utilisation == open_ground.routed[0].utilisation
    assert not blocked.routed[0].cached
    found: list[str] = []

    def look(netlist: dict[str, Any]) -> tuple[dict[str, str], int, int]:
        cells = floorplan.top_module(netlist)["cells"]
        found.append(cells[name]["attributes"]["NEXTPNR_BEL"])
        empty = {
            cell["attributes"].get("NEXTPNR_BEL") for cell in cells.values() if not any(cell["connections"].values())
        }
        assert set(plan.blocked()) <= empty
        return {name: bel}, 2, 1

    monkeypatch.setattr("scripts.floorplan.assign", look)
    assert new_floorplan(job) == "wires of block RAMs 2 tiles as placed, 1 with the new floorplan"
    assert found == [other]
    assert floorplan.read("test") == replace(plan, places={name: bel})
    floorplan.write("test", Floorplan({"block.gone": "X2/Y22/EBR0"}))
    assert run_job(job).errors == ["seed 1: floorplan: the netlist has no block RAM block.gone"]
    with pytest.raises(ValueError, match=r"the netlist has no block RAM block\.gone"):
        new_floorplan(job)
    with pytest.raises(ValueError, match=r"not placed \(see .*placed\.log\)"):
        floorplan.write("test", Floorplan())
        new_floorplan(replace(job, minutes=0.001))
    assert floorplan.read("test") == Floorplan()
    assert not list(folder.rglob("placed.json"))
    assert not list(folder.rglob("prepared.json"))


def test_every_floorplan_is_used_and_right() -> None:
    used = {job.floorplan for job in read_jobs() if job.floorplan}
    assert used == {path.stem for path in floorplan.FOLDER.glob("*.toml")}
    for name in used:
        assert floorplan.read(name).places
