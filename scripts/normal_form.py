# SPDX-License-Identifier: Apache-2.0
"""Proves two outputs of a circuit to be the same polynomials over GF(2): ``python -m scripts.normal_form JOB RESULT``.

Every Boolean function is exactly one sum of products of its inputs, its algebraic normal form. The netlist is run cycle
by cycle with such sums in place of bits: the inputs of the checker are variables that stand still, its counter of
cycles is a constant, and what a register holds at first is unknown. In the cycle in which ``done`` is 1, ``result`` and
``specification`` must be equal as sums, and known. This is a complete proof for all inputs and all former contents of
the registers. It suits multipliers in GF(2^n), which SAT solvers do not get through.

JOB: ``top``, ``depth`` (cycles until done, at most), ``commands`` (of Yosys, to read the design). RESULT: ``different``
(the bits that differ, or an empty text).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pyosys import libyosys

from scripts import stored_results

Sum = frozenset[int]
"""Products, each a mask of its variables (0 is the constant 1); each at most once, as 1 + 1 = 0."""
Value = Sum | None
"""None: unknown"""

ZERO: Sum = frozenset()
ONE: Sum = frozenset((0,))
LIMIT = 1_000_000
"""Products of one multiplication: more is a circuit of another kind"""
_TO_GATES = ("memory_map", "dffunmap", "simplemap", "techmap", "simplemap", "opt_clean")


class NormalFormError(Exception):
    """A netlist that this method can not deal with."""


def add(a: Value, b: Value) -> Value:
    """Exclusive or."""
    return None if a is None or b is None else a ^ b


def multiply(a: Value, b: Value) -> Value:
    """And."""
    if a == ZERO or b == ZERO:
        return ZERO
    if a is None or b is None:
        return None
    if len(a) * len(b) > LIMIT:
        raise NormalFormError(f"a product of sums of {len(a)} and {len(b)}")
    product: set[int] = set()
    for one in a:
        product ^= {one | other for other in b} if len(a) == 1 else _times(one, b)
    return frozenset(product)


def _times(one: int, b: Sum) -> set[int]:
    product: set[int] = set()
    for other in b:
        product ^= {one | other}
    return product


class Netlist:
    """The gates of a flat module, by the bit that each drives."""

    def __init__(self, module: Mapping[str, Any]) -> None:
        self.ports: dict[str, list[Any]] = {name: port["bits"] for name, port in module["ports"].items()}
        self.inputs = [
            bit
            for name, port in module["ports"].items()
            if port["direction"] == "input" and name != "clk"
            for bit in port["bits"]
        ]
        cells: dict[Any, tuple[str, dict[str, Any]]] = {}
        self.registers: dict[int, Any] = {}
        for cell in module["cells"].values():
            kind, pins = cell["type"], {pin: bits[0] for pin, bits in cell["connections"].items()}
            if kind == "$_DFF_P_":
                self.registers[pins["Q"]] = pins["D"]
            elif kind != "$scopeinfo":
                cells[pins["Y"]] = (kind, pins)
        self.gates = {bit: _gate(kind, pins, cells) for bit, (kind, pins) in cells.items()}
        self.first: dict[int, Value] = dict.fromkeys(self.registers)
        for net in module["netnames"].values():
            for bit, value in zip(net["bits"], reversed(net["attributes"].get("init", "")), strict=False):
                if bit in self.registers and value in "01":
                    self.first[bit] = ONE if value == "1" else ZERO

    def cycle(self, registers: Mapping[int, Value], targets: list[Any]) -> dict[Any, Value]:
        """The values of ``targets`` and of all that they depend on in a cycle that begins with these registers."""
        values: dict[Any, Value] = {"0": ZERO, "1": ONE, "x": None, **registers}
        for variable, bit in enumerate(self.inputs):
            values[bit] = frozenset((1 << variable,))
        stack = list(targets)
        while stack:
            bit = stack[-1]
            if bit in values:
                stack.pop()
                continue
            if bit not in self.gates:
                raise NormalFormError(f"nothing drives bit {bit}")
            kind, operands = self.gates[bit]
            missing = [operand for operand in operands if operand not in values]
            if missing:
                stack += missing
            else:
                values[bit] = _value(kind, [values[operand] for operand in operands])
        return values


def _gate(kind: str, pins: Mapping[str, Any], cells: Mapping[Any, tuple[str, dict[str, Any]]]) -> tuple[str, list[Any]]:
    """A gate and its operands; an AND that is ``(a | b) & ~(a & b)``, fast in simulation, becomes ``a ^ b``."""
    if kind == "$_AND_":
        for one, other in (("A", "B"), ("B", "A")):
            either, not_both = cells.get(pins[one], ("", {})), cells.get(pins[other], ("", {}))
            both = cells.get(not_both[1]["A"], ("", {})) if not_both[0] == "$_NOT_" else ("", {})
            if (either[0], both[0]) == ("$_OR_", "$_AND_") and set(either[1].values()) - {pins[one]} == set(
                both[1].values()
            ) - {not_both[1]["A"]}:
                return "$_XOR_", [either[1]["A"], either[1]["B"]]
    return kind, [pins[pin] for pin in ("A", "B", "S") if pin in pins]


def _value(kind: str, of: Sequence[Value]) -> Value:
    """What a gate makes of its operands."""
    if kind == "$_XOR_":
        return add(of[0], of[1])
    if kind == "$_XNOR_":
        return add(add(of[0], of[1]), ONE)
    if kind == "$_NOT_":
        return add(of[0], ONE)
    if kind == "$_AND_":
        return multiply(of[0], of[1])
    if kind == "$_OR_":
        return add(multiply(add(of[0], ONE), add(of[1], ONE)), ONE)
    if kind == "$_MUX_":
        if of[2] in (ZERO, ONE):
            return of[0] if of[2] == ZERO else of[1]
        return add(of[0], multiply(of[2], add(of[0], of[1])))
    raise NormalFormError(f"a gate {kind}")


def differences(netlist: Netlist, depth: int) -> str:
    """The bits of ``result`` that are not those of ``specification`` when done is 1; an empty text if all are."""
    registers = netlist.first
    for _ in range(depth + 1):
        values = netlist.cycle(registers, [*netlist.ports["done"], *netlist.registers.values()])
        done = values[netlist.ports["done"][0]]
        if done == ONE:
            result, specification = netlist.ports["result"], netlist.ports["specification"]
            values = netlist.cycle(registers, [*result, *specification])
            pairs = zip(result, specification, strict=True)
            wrong = [n for n, (a, b) in enumerate(pairs) if values[a] is None or values[a] != values[b]]
            return f"bits {', '.join(map(str, wrong[:8]))} of {len(result)}" if wrong else ""
        if done != ZERO:
            return "done depends on the inputs, or on the former contents of the registers"
        registers = {bit: values[data] for bit, data in netlist.registers.items()}
    return f"not done in {depth} cycles"


def main() -> int:
    """Do the job of the command line."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    netlist_file = Path(sys.argv[2]).with_name("netlist.json")
    design = libyosys.Design()
    for command in [*job["commands"], *_TO_GATES, f"write_json {netlist_file}"]:
        libyosys.run_pass(command, design)
    netlist = Netlist(json.loads(netlist_file.read_text(encoding="utf-8"))["modules"][job["top"]])
    stored_results.store({"different": differences(netlist, job["depth"])}, Path(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
