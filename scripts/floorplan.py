# SPDX-License-Identifier: Apache-2.0
"""Places of the block RAMs of a big block on the FPGA, and new ones from a placement.

The block RAMs lie in a few rows of the device, and everything else lies around them. nextpnr's placer finds another
arrangement for each small change of a netlist, with a sixth more wire or less; with the block RAMs where a good one had
them it finds that one again. ``scripts/floorplans/*.toml`` holds a place (a Bel of nextpnr) for each block RAM (a cell
of Yosys); ``floorplan`` in a line of ``scripts/synth_blocks.toml`` makes scripts.synth use it.

``python -m scripts.synth --new-floorplan NAME`` places the block, with the floorplan that it has, gives each block RAM
the site at which its own wires are shortest while everything else stays, and writes the floorplan anew. That is an
assignment, ``scipy.optimize.linear_sum_assignment``, repeated as the RAMs have wires among themselves. Where the
arrangement as a whole is not a good one, places are moved by hand first.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
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


def file_of(name: str) -> Path:
    """The file of a floorplan."""
    return FOLDER / f"{name}.toml"


def read(name: str) -> dict[str, str]:
    """The floorplan: cell to Bel. ValueError names a line that is none, and two cells at one Bel."""
    places = tomllib.loads(file_of(name).read_text(encoding="utf-8"))
    cells: dict[str, str] = {}
    for cell, bel in places.items():
        if not isinstance(bel, str) or not re.fullmatch(r"X\d+/Y\d+/EBR[0-3]", bel):
            raise ValueError(f"floorplan {name}: {cell} = {bel!r} must be a Bel like X10/Y22/EBR0")
        if bel in cells:
            raise ValueError(f"floorplan {name}: {cell} and {cells[bel]} are both at {bel}")
        cells[bel] = cell
    return places


def write(name: str, places: Mapping[str, str]) -> None:
    """The file that ``read`` reads."""
    lines = [f'"{cell}" = "{bel}"' for cell, bel in sorted(places.items())]
    note = "# Places of block RAMs: scripts/floorplan.py"
    text = "\n".join(["# SPDX-License-Identifier: Apache-2.0", note, *lines])
    file_of(name).write_text(text + "\n", encoding="utf-8")


def top_module(netlist: Mapping[str, Any]) -> dict[str, Any]:
    """The module at the top of a netlist of Yosys or nextpnr."""
    modules: list[dict[str, Any]] = list(netlist["modules"].values())
    return max(modules, key=lambda module: ("top" in module.get("attributes", {}), len(module["cells"])))


def give_places(netlist: Mapping[str, Any], places: Mapping[str, str]) -> None:
    """Put the Bels into a netlist of Yosys. ValueError names a line without a block RAM."""
    cells = top_module(netlist)["cells"]
    for name, bel in places.items():
        if name not in cells or cells[name]["type"] != BLOCK_RAM:
            raise ValueError(f"floorplan: the netlist has no block RAM {name}")
        cells[name]["attributes"]["BEL"] = bel


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
