# SPDX-License-Identifier: Apache-2.0
"""gf128_serial: random and single-bit products, exact latency, restart, clear, reset, and nothing left behind."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from models.crypto import gf128_multiply
from tb.sim import SIMULATORS, run_cocotb


def operand() -> int:
    """A random element of the field; often one with a single coefficient."""
    return random.choice((random.getrandbits(128), 1 << random.randrange(128), 0, (1 << 128) - 1))


async def clock(dut: Any) -> None:
    """One clock; ``a`` is anything, and no request is left standing."""
    await FallingEdge(dut.clk)
    dut.start.value = dut.clear.value = dut.rst.value = 0
    dut.a.value = random.getrandbits(128)


async def reset(dut: Any) -> int:
    """Reset; returns the steps of one product."""
    Clock(dut.clk, 10, "ns").start()
    await FallingEdge(dut.clk)
    await clock(dut)
    dut.rst.value = 1
    await clock(dut)
    return 128 // int(dut.DIGIT.value)


async def start(dut: Any, a: int, b: int) -> None:
    """Ask for a product."""
    dut.start.value = 1
    dut.a.value = a
    dut.b.value = b
    await clock(dut)


@cocotb.test()
async def products(dut: Any) -> None:
    """done comes exactly with the last step, the product stays until the next start; new starts at any time later."""
    steps = await reset(dut)
    for _ in range(150):
        a, b = operand(), operand()
        await start(dut, a, b)
        for _ in range(steps):
            assert (int(dut.busy.value), int(dut.done.value)) == (1, 0)
            await clock(dut)
        assert (int(dut.busy.value), int(dut.done.value)) == (0, 1)
        assert int(dut.a_reg.value) == 0
        dut.b.value = random.getrandbits(128)
        for _ in range(random.choice((0, 0, 1, 5))):
            assert int(dut.product.value) == gf128_multiply(a, b), f"{a:032x} * {b:032x}"
            await clock(dut)
            assert (int(dut.busy.value), int(dut.done.value)) == (0, 0)
        assert int(dut.product.value) == gf128_multiply(a, b), f"{a:032x} * {b:032x}"


@cocotb.test()
async def abandoned(dut: Any) -> None:
    """start while busy starts anew; clear and rst (also with start) end it without done and leave no product."""
    steps = await reset(dut)
    for turn in range(60):
        await start(dut, operand(), operand())
        for _ in range(random.randrange(steps)):
            await clock(dut)
        if turn % 3 == 0:
            dut.start.value = 1
        dut.clear.value = int(turn % 2 == 0)
        dut.rst.value = int(turn % 2 == 1)
        await clock(dut)
        for _ in range(steps + 2):
            assert (int(dut.busy.value), int(dut.done.value), int(dut.product.value)) == (0, 0, 0)
            assert int(dut.a_reg.value) == 0
            await clock(dut)

        await start(dut, operand(), operand())
        for _ in range(random.randrange(steps)):
            await clock(dut)
            assert int(dut.done.value) == 0
        a, b = operand(), operand()
        await start(dut, a, b)
        for _ in range(steps):
            assert int(dut.done.value) == 0
            await clock(dut)
        assert (int(dut.done.value), int(dut.product.value)) == (1, gf128_multiply(a, b))


@cocotb.test()
async def clear_wipes(dut: Any) -> None:
    """A product that is ready is gone in the clock after clear; of the operand nothing is left."""
    steps = await reset(dut)
    await start(dut, random.getrandbits(128) | 1, random.getrandbits(128) | 1)
    for _ in range(steps):
        await clock(dut)
    assert int(dut.product.value) != 0
    dut.clear.value = 1
    await clock(dut)
    assert int(dut.product.value) == 0
    assert int(dut.a_reg.value) == 0


@pytest.mark.parametrize("digit", [8, 1, 32])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_gf128_serial(sim: str, digit: int) -> None:
    run_cocotb(
        sim,
        "gf128_serial",
        ["hdl/crypto/gf128_serial.v", "hdl/crypto/gf128_digit.v"],
        "tests.unit.gf128_serial.test_gf128_serial",
        {"DIGIT": digit},
    )
