# SPDX-License-Identifier: Apache-2.0
"""Proves that ports of a design do not depend on others: ``python -m scripts.paths JOB RESULT``.

Goes through the netlist backwards from the ports that must not depend, through gates, and with ``registers`` through
registers and memories too, to all that they are made of. What is not there has no influence, in any state and whatever
the other inputs are; so this proof needs no assumption and no bound.

JOB: ``top``, ``commands`` (of Yosys, to read the design), ``no_paths`` (rows of ``from``, ``to``, ``registers``: names
of ports, or the beginning of names followed by ``*``). RESULT: ``different`` (the paths that are there, or nothing).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pyosys import libyosys

from scripts import stored_results


class PathError(Exception):
    """A name that no port has."""


def sources_of(module: Mapping[str, Any], through_registers: bool) -> dict[Any, set[Any]]:
    """The bits of which each bit is made in one cell."""
    made: dict[Any, set[Any]] = {}
    for cell in module["cells"].values():
        outputs = [pin for pin, direction in cell["port_directions"].items() if direction == "output"]
        inputs = {
            bit
            for pin, bits in cell["connections"].items()
            if cell["port_directions"][pin] == "input"
            for bit in bits
            if not isinstance(bit, str)
        }
        kind = cell["type"]
        registered = "DFF" in kind.upper() or (
            kind.startswith("$mem") and "0" not in cell["parameters"]["RD_CLK_ENABLE"]
        )
        if registered and not through_registers:
            continue
        for pin in outputs:
            for bit in cell["connections"][pin]:
                made.setdefault(bit, set()).update(inputs)
    return made


def ports(module: Mapping[str, Any], direction: str, names: Iterable[str]) -> dict[Any, str]:
    """The bits of the inputs or outputs of these names, with the name of each."""
    found: dict[Any, str] = {}
    known = [name for name, port in module["ports"].items() if port["direction"] == direction]
    for name in names:
        matching = [port for port in known if port == name or (name[-1] == "*" and port.startswith(name[:-1]))]
        if not matching:
            raise PathError(f"error: no {direction} {name}")
        for port in matching:
            found |= dict.fromkeys(module["ports"][port]["bits"], port)
    return found


def paths(module: Mapping[str, Any], rule: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The pairs of ports of ``rule`` between which there is a path."""
    made = sources_of(module, rule.get("registers", False))
    origins = ports(module, "input", rule["from"])
    found = set()
    for target, name in ports(module, "output", rule["to"]).items():
        seen, stack = {target}, [target]
        while stack:
            for bit in made.get(stack.pop(), set()) - seen:
                seen.add(bit)
                stack.append(bit)
        found |= {(origins[bit], name) for bit in seen if bit in origins}
    return found


def main() -> int:
    """Do the job of the command line."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    netlist_file = Path(sys.argv[2]).with_name("netlist.json")
    design = libyosys.Design()
    # each bit on its own but for memories, all outputs of which are taken to be made of all inputs
    for command in [*job["commands"], "simplemap", f"write_json {netlist_file}"]:
        libyosys.run_pass(command, design)
    module = json.loads(netlist_file.read_text(encoding="utf-8"))["modules"][job["top"]]
    found = sorted({path for rule in job["no_paths"] for path in paths(module, rule)})
    text = ", ".join(f"{origin} to {target}" for origin, target in found[:4])
    stored_results.store({"different": text}, Path(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
