# SPDX-License-Identifier: Apache-2.0
"""stall_generator: xorshift32 from the seed, the stated rate, the same pattern again with the same seed."""

from __future__ import annotations

import itertools
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb


def xorshift32(state: int) -> int:
    """The next state (G. Marsaglia, "Xorshift RNGs", triple 13, 17, 5)."""
    state ^= state << 13 & 0xFFFFFFFF
    state ^= state >> 17
    return state ^ (state << 5 & 0xFFFFFFFF)


async def pattern(dut: Any, seed: int, rate: int, cycles: int) -> list[tuple[int, int]]:
    """(random, stall) of ``cycles`` cycles from the one in which ``seed`` is taken on."""
    dut.rate.value = rate
    dut.seed.value = seed
    for _ in range(2):
        await FallingEdge(dut.clk)
    result = []
    for _ in range(cycles):
        result.append((int(dut.random.value), int(dut.stall.value)))
        await FallingEdge(dut.clk)
    return result


@cocotb.test()
async def seed_and_rate(dut: Any) -> None:
    """Sequence and rate for several seeds, also 0; a seed seen before brings its pattern back."""
    Clock(dut.clk, 10, "ns").start()
    cycles = 1200
    await pattern(dut, 1, 0, 1)
    first = await pattern(dut, 7, 64, cycles)
    for rate in (0, 1, 64, 128, 255):
        for seed in (0x12345678, 0, 0xFFFFFFFF):
            got = await pattern(dut, seed, rate, cycles)
            for (state, stall), (following, _) in itertools.pairwise(got):
                assert state != 0
                assert following == xorshift32(state)
                assert rate != 0 or not stall
            share = sum(stall for _, stall in got) / cycles
            assert abs(share - rate / 256) < 0.05, f"rate {rate}: stalls in {share:.2f} of the cycles"
    assert await pattern(dut, 7, 64, cycles) == first
    assert await pattern(dut, 9, 64, cycles) != first


@pytest.mark.parametrize("sim", SIMULATORS)
def test_stall_generator(sim: str) -> None:
    run_cocotb(sim, "stall_generator", ["tb/hdl/stall_generator.v"], "tests.unit.stall_generator.test_stall_generator")
