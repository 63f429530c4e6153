# SPDX-License-Identifier: Apache-2.0
"""gf128_multiply and gf128_karatsuba: products, stages that wait and drain, nothing stays.

Without a product the first gives zero; the second keeps what it has until it is told to clear all.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from models.crypto import gf128_multiply
from tb.sim import SIMULATORS, run_cocotb, source_closure
from tests.unit.aes_pipe.test_aes_pipe import registers

OPERANDS = (0, 1, 1 << 127, (1 << 128) - 1)
"""0, x^127, 1 and the sum of all powers."""


class Step(NamedTuple):
    """What is asked of one cycle: new operands or none, and the stages that move on (bit 0: the first)."""

    operands: tuple[int, int] | None
    move: int


class Bench:
    """Drives a step per clock, a product in each stage in mind, and checks the output of every cycle."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.karatsuba = "karatsuba" in str(dut._name)
        self.clear = dut.clear if self.karatsuba else dut.rst
        self.stages = 4 if self.karatsuba else int(dut.STAGES.value)
        # steps that are announced before their operands come
        self.ahead = int(dut.AHEAD.value) if self.karatsuba else 0
        self.announced = deque([Step(None, 0)] * self.ahead)
        self.held: list[int | None] = [None] * self.stages
        self.products = 0

    async def start(self) -> None:
        """Reset."""
        Clock(self.dut.clk, 10, "ns").start()
        self.dut.s_valid.value = self.dut.move.value = self.dut.s_x.value = self.dut.s_h.value = 0
        self.clear.value = 1
        await FallingEdge(self.dut.clk)
        await self.reset()

    async def reset(self) -> None:
        """One clock of reset or clear, whatever else is on the inputs, and those that it takes to be everywhere."""
        self.clear.value = 1
        await FallingEdge(self.dut.clk)
        self.clear.value = 0
        self.dut.s_valid.value = self.dut.move.value = 0
        self.announced = deque([Step(None, 0)] * self.ahead)
        self.held = [None] * self.stages
        for _ in range(self.ahead):
            await FallingEdge(self.dut.clk)
        self.empty()

    async def step(self, step: Step) -> None:
        """One clock, then the output."""
        dut = self.dut
        dut.s_valid.value = int(step.operands is not None)
        # of the last stage of gf128_karatsuba nobody has to know
        dut.move.value = step.move & (7 if self.karatsuba else -1)
        self.announced.append(step)
        now = self.announced.popleft()
        # without operands anything
        dut.s_x.value, dut.s_h.value = now.operands or (random.getrandbits(128), random.getrandbits(128))
        await FallingEdge(dut.clk)
        for k in reversed(range(self.stages)):
            if now.move >> k & 1:
                if k + 1 < self.stages:
                    self.held[k + 1] = self.held[k]
                self.held[k] = None
        if now.operands:
            self.held[0] = gf128_multiply(*now.operands)
        if self.held[-1] is not None or not self.karatsuba:
            expected = self.held[-1] or 0
            assert int(dut.m_product.value) == expected, f"{int(dut.m_product.value):032x}, not {expected:032x}"
        self.products += self.held[-1] is not None

    def empty(self) -> None:
        """No register holds anything (Icarus)."""
        if cocotb.SIM_NAME.lower().startswith("icarus"):
            found = [handle for handle in registers(self.dut) if handle._name not in ("load_reg", "stages_reg")]
            assert len(found) >= self.stages
            for handle in found:
                assert handle.value == 0, handle._path

    def random_step(self, valid: float) -> Step:
        """New operands with this probability; else the stages from one on move, or none."""
        if random.random() < valid:
            return Step((operand(), operand()), (1 << self.stages) - 1)
        return Step(None, (1 << self.stages) - (1 << random.randrange(self.stages + 1)))

    async def drain(self) -> None:
        """Everything moves out, and nothing is left, with a clear where it takes one."""
        for _ in range(self.stages + self.ahead):
            await self.step(Step(None, (1 << self.stages) - 1))
        if self.karatsuba:
            await self.reset()
        self.empty()


def operand() -> int:
    """A random element of the field; often one with a single coefficient."""
    return random.choice((random.getrandbits(128), random.getrandbits(128), 1 << random.randrange(128), *OPERANDS))


async def bench_of(dut: Any) -> Bench:
    """A bench with the DUT out of reset."""
    bench = Bench(dut)
    await bench.start()
    return bench


@cocotb.test()
async def products(dut: Any) -> None:
    """A product per cycle, each STAGES cycles after its operands; the pairs of the plainest operands among them."""
    bench = await bench_of(dut)
    pairs = [(a, b) for a in OPERANDS for b in OPERANDS] + [(operand(), operand()) for _ in range(300)]
    for pair in pairs:
        await bench.step(Step(pair, (1 << bench.stages) - 1))
    await bench.drain()
    assert bench.products == len(pairs)


@cocotb.test()
async def waits_and_drains(dut: Any) -> None:
    """Stages wait for any time, move with a block behind them or without, and keep what they hold meanwhile."""
    bench = await bench_of(dut)
    for valid in (0.9, 0.5, 0.15):
        for _ in range(250):
            await bench.step(bench.random_step(valid))
        await bench.drain()
    assert bench.products > 300


@cocotb.test()
async def reset_empties(dut: Any) -> None:
    """After a reset in the middle nothing is left, and the next product is right."""
    bench = await bench_of(dut)
    for _ in range(20):
        for _ in range(random.randint(1, 2 * bench.stages)):
            await bench.step(bench.random_step(0.6))
        await bench.reset()
        await bench.step(Step((operand(), operand()), (1 << bench.stages) - 1))
        await bench.drain()


@pytest.mark.parametrize(
    ("module", "parameters"),
    [
        *[("gf128_multiply", {"STAGES": stages}) for stages in (1, 2, 4, 8)],
        *[("gf128_karatsuba", {"AHEAD": ahead}) for ahead in (0, 1)],
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())),
)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_gf128_multiply(sim: str, module: str, parameters: dict[str, int]) -> None:
    run_cocotb(sim, module, source_closure(module), "tests.unit.gf128_multiply.test_gf128_multiply", parameters)
