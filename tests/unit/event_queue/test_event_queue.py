# SPDX-License-Identifier: Apache-2.0
"""event_queue: every event leaves exactly once, one per ready cycle, up to the stated number of waiting ones."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb


async def start(dut: Any) -> None:
    """Clock and reset, with events that must not be counted."""
    Clock(dut.clk, 10, "ns").start()
    dut.rst.value = 1
    dut.s_event.value = (1 << int(dut.INPUTS.value)) - 1
    dut.m_ready.value = 0
    for _ in range(3):
        await FallingEdge(dut.clk)
    dut.rst.value = 0


@cocotb.test()
async def every_event_once(dut: Any) -> None:
    """Random events and readiness; m_event is high exactly while events of earlier cycles wait."""
    inputs, capacity = int(dut.INPUTS.value), (1 << int(dut.WIDTH.value)) - 1
    await start(dut)
    waiting = most = left = 0
    for _ in range(50):
        rate, ready_rate = random.choice(((0.9, 0.3), (0.1, 1), (0, 1), (1, 0), (0.4, 0.5)))
        for _ in range(random.randrange(5, 40)):
            events = [random.random() < rate for _ in range(inputs)]
            if waiting + sum(events) > capacity:
                events = [False] * inputs
            ready = random.random() < ready_rate
            assert int(dut.m_event.value) == (waiting > 0)
            left += ready and waiting > 0
            waiting += sum(events) - (ready and waiting > 0)
            most = max(most, waiting)
            dut.s_event.value = sum(event << bit for bit, event in enumerate(events))
            dut.m_ready.value = int(ready)
            await FallingEdge(dut.clk)
    assert most == capacity
    assert left > 200


@pytest.mark.parametrize("sim", SIMULATORS)
def test_event_queue(sim: str) -> None:
    run_cocotb(
        sim,
        "event_queue",
        ["hdl/axis/event_queue.v"],
        "tests.unit.event_queue.test_event_queue",
        parameters={"INPUTS": 3, "WIDTH": 4},
    )
