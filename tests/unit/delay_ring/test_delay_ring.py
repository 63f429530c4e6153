# SPDX-License-Identifier: Apache-2.0
"""delay_ring: every word leaves DELAY cycles after it came, in all groups of bits, and is gone 16 cycles later."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb

RING = 16


@cocotb.test()
async def exact_delay(dut: Any) -> None:
    """Random words, and a reset in the middle: behind it the words that come after it leave in their cycle."""
    width, delay = (int(parameter.value) for parameter in (dut.WIDTH, dut.DELAY))
    Clock(dut.clk, 10, "ns").start()
    for _ in range(3):
        words = [random.getrandbits(width) for _ in range(200)]
        for cycle, word in enumerate(words):
            dut.rst.value = int(cycle < 2)
            dut.s_data.value = word
            if cycle >= delay + 2:
                assert int(dut.m_data.value) == words[cycle - delay], f"cycle {cycle}"
            await FallingEdge(dut.clk)


@cocotb.test()
async def nothing_stays(dut: Any) -> None:
    """As many cycles of zeros as the ring has words, and every word is zero."""
    if not cocotb.SIM_NAME.lower().startswith("icarus"):
        return  # no memory to look at
    width = int(dut.WIDTH.value)
    Clock(dut.clk, 10, "ns").start()
    dut.rst.value = 1
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    groups = [dut.group[low] for low in range(0, width, 32)]
    for word in [(1 << width) - 1] * RING + [0] * RING:
        dut.s_data.value = word
        await FallingEdge(dut.clk)
        if word:
            assert any(int(group.mem[place].value) for group in groups for place in range(RING))
    assert not any(int(group.mem[place].value) for group in groups for place in range(RING))


@pytest.mark.parametrize(("width", "delay"), [(16, 2), (130, 9), (130, 11), (33, 16)])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_delay_ring(sim: str, width: int, delay: int) -> None:
    run_cocotb(
        sim,
        "delay_ring",
        ["hdl/axis/delay_ring.v"],
        "tests.unit.delay_ring.test_delay_ring",
        parameters={"WIDTH": width, "DELAY": delay},
    )
