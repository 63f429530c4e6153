# SPDX-License-Identifier: Apache-2.0
"""delay_line: what comes in cycle t leaves in cycle t + DELAY, for the shortest and the longest delay of its ring."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb


@cocotb.test()
async def exact_delay(dut: Any) -> None:
    """Dense, sparse and random words, and a reset in the middle that forgets what is on its way."""
    delay = int(dut.DELAY.value)
    Clock(dut.clk, 10, "ns").start()
    passed = 0
    for rate in (1.0, 0.1, 0.5, 0.9):
        dut.rst.value = 1
        dut.s_valid.value = 1
        for _ in range(2):
            await FallingEdge(dut.clk)
        dut.rst.value = 0
        line: deque[int | None] = deque([None] * delay)
        for _ in range(400):
            word = random.getrandbits(16)
            valid = random.random() < rate
            dut.s_valid.value = int(valid)
            dut.s_data.value = word
            line.append(word if valid else None)
            expected = line.popleft()
            assert int(dut.m_valid.value) == (expected is not None)
            if expected is not None:
                assert int(dut.m_data.value) == expected
                passed += 1
            await FallingEdge(dut.clk)
    assert passed > 600


@pytest.mark.parametrize(("delay", "depth_log2"), [(2, 4), (16, 4), (5, 3)])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_delay_line(sim: str, delay: int, depth_log2: int) -> None:
    run_cocotb(
        sim,
        "delay_line",
        ["hdl/axis/delay_line.v"],
        "tests.unit.delay_line.test_delay_line",
        parameters={"WIDTH": 16, "DELAY": delay, "DEPTH_LOG2": depth_log2},
    )
