# SPDX-License-Identifier: Apache-2.0
"""scripts.floorplan: what it refuses, the places it gives to cells, and that it finds the shortest wires."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from scripts import floorplan
from scripts.synth import read_jobs

NAMES = {2: "EBR0", 5: "EBR1", 8: "EBR3"}
"""Of the Bels by column."""


def cell(kind: str, bel: str, *nets: int) -> dict[str, Any]:
    """A cell of a placed netlist with a port for each net."""
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
        "c": cell("DP16KD", "X8/Y12/EBR3", 4, "0"),  # type: ignore[arg-type]
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


def test_places_get_into_the_netlist(tmp_path: Path) -> None:
    source, target = tmp_path / "netlist.json", tmp_path / "placed.json"
    source.write_text(json.dumps(placed()), encoding="utf-8")
    floorplan.give_places(source, {"b": "X8/Y4/EBR3"}, target)
    cells = floorplan.top_cells(json.loads(target.read_text(encoding="utf-8")))
    assert cells["b"]["attributes"]["BEL"] == "X8/Y4/EBR3"
    assert all("BEL" not in cells[name]["attributes"] for name in cells if name != "b")
    target.unlink()
    for name in ("d", "lut_1"):
        with pytest.raises(ValueError, match=f"the netlist has no block RAM {name}"):
            floorplan.give_places(source, {name: "X8/Y4/EBR3"}, target)
    assert not target.exists()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('a = "X1/Y2/SLICEA"', "floorplan test: a = 'X1/Y2/SLICEA' must be a Bel like X10/Y22/EBR0"),
        ("a = 3", "floorplan test: a = 3 must be a Bel like X10/Y22/EBR0"),
        ('b = "X1/Y2/EBR0"\na = "X1/Y2/EBR0"', "floorplan test: a and b are both at X1/Y2/EBR0"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: str, message: str) -> None:
    (tmp_path / "test.toml").write_text(lines + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        floorplan.read("test", tmp_path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    places = {"block.b[1].mem.0": "X8/Y4/EBR3", "block.a.mem.1": "X2/Y12/EBR0"}
    floorplan.write("test", places, tmp_path)
    assert floorplan.read("test", tmp_path) == places


def test_every_floorplan_is_used_and_right() -> None:
    used = {job.floorplan for job in read_jobs() if job.floorplan}
    assert used == {path.stem for path in floorplan.FOLDER.glob("*.toml")}
    for name in used:
        assert floorplan.read(name)
