# SPDX-License-Identifier: Apache-2.0
"""queue, and elastic_register in it: order, latency, no cycle lost, room; refused writes, reset."""

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
    """Drives one cycle at a time (inputs at the falling edge) and compares every output."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.width = int(dut.WIDTH.value)
        self.memory = 1 << int(dut.DEPTH_LOG2.value)
        self.ahead = int(dut.AHEAD.value)
        registers = (0, 1, 2, 1)[int(dut.STAGE.value)]
        self.interval = 2 if int(dut.STAGE.value) == 3 else 1
        """Cycles from word to word."""
        self.entered_at = self.read_at = -2
        """Cycles in which the last word came to the output, and left."""
        block_ram = int(dut.BLOCK_RAM.value)
        self.latency = 1 + block_ram + (registers != 0)
        self.capacity = self.memory + block_ram + registers
        self.cycle = 0
        self.inside: deque[tuple[int, int]] = deque()
        """(cycle written, word)"""
        self.refused = self.passed = 0

    async def start(self) -> None:
        """Clock and reset, with a write that must not get in."""
        Clock(self.dut.clk, 10, "ns").start()
        self.dut.rst.value = 1
        self.dut.s_valid.value = 1
        self.dut.s_data.value = 0
        self.dut.m_ready.value = 0
        for _ in range(3):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0
        self.dut.s_valid.value = 0
        self.inside.clear()

    async def step(self, write: bool, ready: bool) -> None:
        """One clock edge with these requests; the outputs before it are compared."""
        dut = self.dut
        entered = self.cycle
        if self.inside:
            entered = max(self.inside[0][0] + self.latency - 1, self.entered_at + self.interval, self.read_at)
        offered = self.cycle > entered
        assert int(dut.m_valid.value) == offered
        if offered:
            assert int(dut.m_data.value) == self.inside[0][1]
        room = int(dut.s_ready.value) == 1
        assert len(self.inside) < self.capacity if room else len(self.inside) >= self.memory

        word = random.getrandbits(self.width)
        dut.s_valid.value = int(write)
        dut.s_data.value = word
        dut.m_ready.value = int(ready)
        await FallingEdge(dut.clk)
        if offered and ready:
            self.inside.popleft()
            self.entered_at, self.read_at = entered, self.cycle
            self.passed += 1
        if write and room:
            self.inside.append((self.cycle, word))
        self.refused += write and not room
        self.cycle += 1


@cocotb.test()
async def random_traffic(dut: Any) -> None:
    """Phases of every balance between writer and reader; the queue gets full and empty, and refuses writes."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(60):
        write, read = random.choice(((0.9, 0.1), (0.1, 0.9), (0.5, 0.5), (1, 1), (1, 0), (0, 1)))
        for _ in range(random.randrange(5, 50)):
            await bench.step(random.random() < write, random.random() < read)
    assert bench.passed > 200
    assert bench.refused > 50
    while len(bench.inside) < bench.capacity:
        await bench.step(True, False)


@cocotb.test()
async def full_rate(dut: Any) -> None:
    """Words go through at one per cycle (or two), each at its latency, also with words waiting behind."""
    bench = Bench(dut)
    await bench.start()
    for waiting in (0, 3):
        for _ in range(waiting + bench.latency):
            await bench.step(True, False)
        before = bench.passed
        for turn in range(100):
            await bench.step(turn % bench.interval == 0, True)
        # at half rate a word that waits follows the first one at once
        assert 0 <= bench.passed - before - 100 // bench.interval <= bench.interval - 1
        while bench.inside:
            await bench.step(False, True)
    assert bench.refused == 0


@cocotb.test()
async def room_is_early(dut: Any) -> None:
    """A sender whose words come as late as AHEAD allows loses none and fills the memory; a ready reader keeps room."""
    bench = Bench(dut)
    await bench.start()
    await bench.step(False, False)
    most = 0
    for read in (0, 1, 0, 0.7, 0, 1):
        under_way = deque([False] * (bench.ahead - 1))
        for _ in range(80):
            under_way.append(int(dut.room.value) == 1)
            await bench.step(under_way.popleft(), random.random() < read)
            most = max(most, len(bench.inside))
        for word in under_way:
            await bench.step(word, read == 1)
        if read == 1 and bench.interval == 1:
            assert int(dut.room.value) == 1
    assert bench.refused == 0
    assert bench.capacity - 2 <= most


@cocotb.test()
async def reset_empties(dut: Any) -> None:
    """What was inside before a reset is gone."""
    for words in range(1, 9):
        bench = Bench(dut)
        await bench.start()
        for _ in range(words):
            await bench.step(True, False)
        bench = Bench(dut)
        await bench.start()
        for _ in range(10):
            await bench.step(False, True)
        for _ in range(10):
            await bench.step(True, True)


@pytest.mark.parametrize(
    ("block_ram", "stage", "ahead"),
    [(0, 0, 2), (0, 1, 5), (0, 2, 2), (1, 0, 2), (1, 1, 2), (1, 2, 5), (0, 3, 2), (1, 3, 5)],
)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_queue(sim: str, block_ram: int, stage: int, ahead: int) -> None:
    run_cocotb(
        sim,
        "queue",
        source_closure("queue"),
        "tests.unit.queue.test_queue",
        parameters={"WIDTH": 9, "DEPTH_LOG2": 3, "BLOCK_RAM": block_ram, "STAGE": stage, "AHEAD": ahead},
    )
