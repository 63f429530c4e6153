# SPDX-License-Identifier: Apache-2.0
"""Places of the block RAMs of a big block on the FPGA, new ones from a placement, and LUTs that stay empty.

The block RAMs lie in a few rows of the device, and everything else lies around them. nextpnr's placer finds another
arrangement for each small change of a netlist, with a sixth more wire or less; with the block RAMs where a good one had
them it finds that one again. ``scripts/floorplans/*.toml`` holds a place (a Bel of nextpnr) for each block RAM (a cell
of Yosys); ``floorplan`` in a line of ``scripts/synth_blocks.toml`` makes scripts.synth use it.

``python -m scripts.synth --new-floorplan NAME`` places the block, with the floorplan that it has, gives each block RAM
the site at which its own wires are shortest while everything else stays, and writes the floorplan anew. That is an
assignment, ``scipy.optimize.linear_sum_assignment``, repeated as the RAMs have wires among themselves. Where the
arrangement as a whole is not a good one, places are moved by hand first.

``[[blockage]]`` in such a file is a placement blockage: in each tile of a box so many LUTs stay empty, by cells without
wires that stand there. nextpnr packs all of the device equally tight, and where the nets are many for their cells
(a CAM) its router runs out of wires; there the cells must lie wider apart.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scipy.optimize import linear_sum_assignment

from tb.sim import ROOT

FOLDER = ROOT / "scripts" / "floorplans"
BLOCK_RAM = "DP16KD"
ROUNDS = 4
"""Assignments one after the other; from the second on little changes."""
COMMON = 3000
"""Nets with more users (the clock) have no place."""
COLUMNS = range(2, 125)
"""of the LFE5U-85F with logic"""
ROWS = tuple(y for y in range(2, 94) if y % 12 != 10)
"""of the LFE5U-85F with logic; the others have block RAMs and multipliers"""
BLOCKED = ("SLICED.K1", "SLICED.K0")
"""LUTs of a tile that can stay empty, in this order: a LUT RAM takes the slices A to C"""
COMB = "TRELLIS_COMB"
"""nextpnr's name for a LUT"""


@dataclass(frozen=True)
class Blockage:
    """A box of tiles, and how many LUTs stay empty in each of them."""

    x: tuple[int, int]
    """first and last column"""
    y: tuple[int, int]
    """first and last row"""
    luts: int

    def lines(self) -> list[str]:
        """Of the file."""
        return ["", "[[blockage]]", f"x = {list(self.x)}", f"y = {list(self.y)}", f"luts = {self.luts}"]


@dataclass(frozen=True)
class Floorplan:
    """What a file of FOLDER holds."""

    places: Mapping[str, str] = field(default_factory=dict)
    """block RAM, a cell of Yosys, to Bel"""
    blockages: tuple[Blockage, ...] = ()
    """where they overlap, the one with most LUTs counts"""

    def blocked(self) -> list[str]:
        """The Bels that stay empty."""
        luts: dict[tuple[int, int], int] = defaultdict(int)
        for blockage in self.blockages:
            for x in range(blockage.x[0], blockage.x[1] + 1):
                for y in range(blockage.y[0], blockage.y[1] + 1):
                    if y in ROWS:
                        luts[x, y] = max(luts[x, y], blockage.luts)
        return [f"X{x}/Y{y}/{bel}" for (x, y), number in sorted(luts.items()) for bel in BLOCKED[:number]]


def file_of(name: str) -> Path:
    """The file of a floorplan."""
    return FOLDER / f"{name}.toml"


def read_blockage(row: Any) -> Blockage:
    """A table of the file; ValueError says what is wrong with it."""
    if not isinstance(row, dict) or set(row) != {"x", "y", "luts"}:
        raise ValueError(f"blockage = {row!r} must be a table of x, y and luts")
    for name, inside in (("x", COLUMNS), ("y", range(ROWS[0], ROWS[-1] + 1))):
        ends = row[name]
        numbers = isinstance(ends, list) and len(ends) == 2 and all(isinstance(end, int) for end in ends)
        if not numbers or ends[0] > ends[1] or ends[0] not in inside or ends[1] not in inside:
            raise ValueError(
                f"blockage: {name} = {ends!r} must be the first and the last of {inside[0]} to {inside[-1]}"
            )
    if type(row["luts"]) is not int or row["luts"] not in range(1, len(BLOCKED) + 1):
        raise ValueError(f"blockage: luts = {row['luts']!r} must be 1 to {len(BLOCKED)}")
    return Blockage((row["x"][0], row["x"][1]), (row["y"][0], row["y"][1]), row["luts"])


def read(name: str) -> Floorplan:
    """The floorplan. ValueError names a line that is wrong, and two cells at one Bel."""
    content = tomllib.loads(file_of(name).read_text(encoding="utf-8"))
    rows = content.pop("blockage", [])
    cells: dict[str, str] = {}
    for cell, bel in content.items():
        if not isinstance(bel, str) or not re.fullmatch(r"X\d+/Y\d+/EBR[0-3]", bel):
            raise ValueError(f"floorplan {name}: {cell} = {bel!r} must be a Bel like X10/Y22/EBR0")
        if bel in cells:
            raise ValueError(f"floorplan {name}: {cell} and {cells[bel]} are both at {bel}")
        cells[bel] = cell
    try:
        return Floorplan(content, tuple(read_blockage(row) for row in (rows if isinstance(rows, list) else [rows])))
    except ValueError as error:
        raise ValueError(f"floorplan {name}: {error}") from None


def write(name: str, plan: Floorplan) -> None:
    """The file that ``read`` reads."""
    lines = ["# SPDX-License-Identifier: Apache-2.0"]
    lines.append("# Places of block RAMs, and LUTs that stay empty: scripts/floorplan.py")
    lines += [f'"{cell}" = "{bel}"' for cell, bel in sorted(plan.places.items())]
    for blockage in plan.blockages:
        lines += blockage.lines()
    file_of(name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def top_module(netlist: Mapping[str, Any]) -> dict[str, Any]:
    """The module at the top of a netlist of Yosys or nextpnr."""
    modules: list[dict[str, Any]] = list(netlist["modules"].values())
    return max(modules, key=lambda module: ("top" in module.get("attributes", {}), len(module["cells"])))


def apply(netlist: Mapping[str, Any], plan: Floorplan) -> None:
    """Put the floorplan into a netlist of Yosys. ValueError names a line without a block RAM."""
    cells = top_module(netlist)["cells"]
    for name, bel in plan.places.items():
        if name not in cells or cells[name]["type"] != BLOCK_RAM:
            raise ValueError(f"floorplan: the netlist has no block RAM {name}")
        cells[name]["attributes"]["BEL"] = bel
    directions = {**dict.fromkeys("ABCD", "input"), "Z": "output"}
    for bel in plan.blocked():
        cells[f"blockage_{bel}"] = {
            "hide_name": 0,
            "type": "LUT4",
            "parameters": {"INIT": f"{0:016b}"},
            "attributes": {"BEL": bel},
            "port_directions": directions,
            "connections": {port: [] for port in directions},
        }


def assign(placed: Mapping[str, Any]) -> tuple[dict[str, str], int, int]:
    """Places for the block RAMs of a placed netlist; the length of their wires before and after, in tiles."""
    cells: dict[str, dict[str, Any]] = top_module(placed)["cells"]
    position: dict[str, tuple[int, int]] = {}
    names: dict[int, str] = {}
    rams: list[str] = []
    on_net: dict[int, set[str]] = defaultdict(set)
    for cell, content in cells.items():
        bel = re.fullmatch(r"X(\d+)/Y(\d+)/(\S+)", content["attributes"].get("NEXTPNR_BEL", ""))
        if not bel:
            continue
        position[cell] = int(bel[1]), int(bel[2])
        if content["type"] == BLOCK_RAM:
            rams.append(cell)
            names[int(bel[1])] = bel[3]  # each column of block RAMs has one name in all rows
        for bits in content["connections"].values():
            for bit in bits:
                if isinstance(bit, int):
                    on_net[bit].add(cell)
    known = set(rams)
    nets_of: dict[str, list[list[str]]] = {ram: [] for ram in rams}
    nets = [sorted(users) for users in on_net.values() if 2 <= len(users) < COMMON and users & known]
    for users in nets:
        for ram in set(users) & known:
            nets_of[ram].append(users)

    def length() -> int:
        total = 0
        for users in nets:
            xs, ys = zip(*(position[cell] for cell in users), strict=True)
            total += max(xs) - min(xs) + max(ys) - min(ys)
        return total

    before = length()
    rows = sorted({position[ram][1] for ram in rams})
    sites = [(x, y) for y in rows for x in sorted(names)]
    for _ in range(ROUNDS):
        costs = []
        for ram in rams:
            boxes = []
            for users in nets_of[ram]:
                xs, ys = zip(*(position[cell] for cell in users if cell != ram), strict=True)
                boxes.append((min(xs), max(xs), min(ys), max(ys)))
            costs.append([sum(max(x, b) - min(x, a) + max(y, d) - min(y, c) for a, b, c, d in boxes) for x, y in sites])
        for ram, site in zip(*linear_sum_assignment(costs), strict=True):
            position[rams[ram]] = sites[site]
    places = {ram: f"X{position[ram][0]}/Y{position[ram][1]}/{names[position[ram][0]]}" for ram in sorted(rams)}
    return places, before, length()
