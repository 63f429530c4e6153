# SPDX-License-Identifier: Apache-2.0
"""delay_fifo: no word leaves before it is DELAY cycles old, and with a ready reader each leaves at exactly that age."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb, source_closure


class Bench:
    """Drives one cycle at a time; every word is its number, so that order and loss show."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.delay = int(dut.DELAY.value)
        self.depth = 1 << int(dut.DEPTH_LOG2.value)
        self.cycle = 0
        self.number = 0
        self.inside: deque[tuple[int, int]] = deque()
        """(cycle accepted, word)"""
        self.ages: list[int] = []

    async def start(self) -> None:
        """Clock and reset."""
        Clock(self.dut.clk, 10, "ns").start()
        self.dut.rst.value = 1
        self.dut.s_valid.value = 0
        self.dut.m_ready.value = 0
        for _ in range(3):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def step(self, write: bool, ready: bool) -> bool:
        """One cycle; true if a word was accepted."""
        dut = self.dut
        # outputs of this cycle depend on registers only
        if self.inside and self.cycle - self.inside[0][0] >= self.delay:
            assert int(dut.m_valid.value) == 1, f"cycle {self.cycle}: the word of cycle {self.inside[0][0]} is due"
            assert int(dut.m_data.value) == self.inside[0][1]
            if ready:
                self.ages.append(self.cycle - self.inside.popleft()[0])
        else:
            assert int(dut.m_valid.value) == 0, f"cycle {self.cycle}: a word before its age"
        accepted = write and int(dut.s_ready.value) == 1
        if write and not accepted:
            assert len(self.inside) >= self.depth - 1, "not ready although there is room"
        dut.s_valid.value = int(write)
        dut.s_data.value = self.number & 0xFFFF
        dut.m_ready.value = int(ready)
        if accepted:
            self.inside.append((self.cycle, self.number & 0xFFFF))
            self.number += 1
        await FallingEdge(dut.clk)
        self.cycle += 1
        return accepted


@cocotb.test()
async def constant_latency(dut: Any) -> None:
    """A reader that is always ready gets each word DELAY cycles after it came, full speed and with gaps."""
    bench = Bench(dut)
    await bench.start()
    for rate in (1.0, 0.5, 0.05):
        for _ in range(300):
            write = random.random() < rate
            assert await bench.step(write, True) == write, "not ready at full throughput"
    for _ in range(bench.delay + 2):
        await bench.step(False, True)
    assert not bench.inside
    assert len(bench.ages) > 400
    assert set(bench.ages) == {bench.delay}


@cocotb.test()
async def stalls(dut: Any) -> None:
    """A reader that stalls: nothing lost, nothing early, full at its depth; then the latency is back."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(30):
        write, read = random.choice(((0.9, 0.2), (0.2, 0.9), (1, 0), (1, 1), (0, 1)))
        for _ in range(random.randrange(10, 80)):
            await bench.step(random.random() < write, random.random() < read)
    for _ in range(2 * bench.depth):
        await bench.step(True, False)
    assert bench.depth <= len(bench.inside) <= bench.depth + 1 + int(dut.REGISTER.value)
    assert int(dut.s_ready.value) == 0
    for _ in range(bench.depth + bench.delay + 2):
        await bench.step(False, True)
    assert not bench.inside
    bench.ages.clear()
    for _ in range(100):
        await bench.step(True, True)
    assert set(bench.ages) == {bench.delay}


@cocotb.test()
async def reset_empties(dut: Any) -> None:
    """Words inside at a reset are gone, and do not make others look older."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(bench.delay + 3):
        await bench.step(True, False)
    bench = Bench(dut)
    await bench.start()
    for cycle in range(3 * bench.delay):
        await bench.step(cycle % 3 == 0, True)
    for _ in range(bench.delay + 2):
        await bench.step(False, True)
    assert set(bench.ages) == {bench.delay}


@pytest.mark.parametrize(("delay", "depth_log2", "register"), [(3, 2, 0), (21, 5, 0), (5, 3, 1), (21, 5, 1)])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_delay_fifo(sim: str, delay: int, depth_log2: int, register: int) -> None:
    run_cocotb(
        sim,
        "delay_fifo",
        source_closure("delay_fifo"),
        "tests.unit.delay_fifo.test_delay_fifo",
        parameters={"WIDTH": 16, "DEPTH_LOG2": depth_log2, "DELAY": delay, "REGISTER": register},
    )
