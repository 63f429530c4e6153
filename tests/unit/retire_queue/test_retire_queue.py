# SPDX-License-Identifier: Apache-2.0
"""retire_queue: as many pulses of an epoch as frames of it retired, one per cycle, no cycle wasted."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb


@cocotb.test()
async def every_frame_once(dut: Any) -> None:
    """Random frames of both epochs, at rates up to and beyond one per cycle."""
    inputs = int(dut.INPUTS.value)
    Clock(dut.clk, 10, "ns").start()
    dut.rst.value = 1
    dut.s_retire.value = (1 << inputs) - 1
    dut.s_epoch.value = 1
    for _ in range(3):
        await FallingEdge(dut.clk)
    dut.rst.value = 0
    waiting = [0, 0]
    reported = [0, 0]
    for _ in range(60):
        rate = random.choice((0.0, 0.1, 0.5, 1.0))
        for _ in range(random.randrange(1, 50)):
            # pulses are for frames of earlier cycles
            valid = int(dut.m_valid.value)
            assert valid == (sum(waiting) > 0)
            if valid:
                epoch = int(dut.m_epoch.value)
                assert waiting[epoch], f"epoch {epoch} has no frame to report"
                waiting[epoch] -= 1
                reported[epoch] += 1
            retire = [sum(waiting) < 200 and random.random() < rate for _ in range(inputs)]
            epochs = [random.getrandbits(1) for _ in range(inputs)]
            for bit, retired in enumerate(retire):
                waiting[epochs[bit]] += retired
            dut.s_retire.value = sum(flag << bit for bit, flag in enumerate(retire))
            dut.s_epoch.value = sum(flag << bit for bit, flag in enumerate(epochs))
            await FallingEdge(dut.clk)
    assert min(reported) > 100


@pytest.mark.parametrize("sim", SIMULATORS)
def test_retire_queue(sim: str) -> None:
    run_cocotb(
        sim,
        "retire_queue",
        ["hdl/esp/retire_queue.v", "hdl/axis/event_queue.v"],
        "tests.unit.retire_queue.test_retire_queue",
        parameters={"INPUTS": 3},
    )
