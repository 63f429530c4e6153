# SPDX-License-Identifier: Apache-2.0
"""fifo against a queue whose words carry the cycle they came in: latency, capacity, level, refused writes, reset."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb


class Bench:
    """Drives one cycle at a time (inputs at the falling edge) and compares every output with the model."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.block_ram = int(dut.BLOCK_RAM.value) != 0
        self.depth = 1 << int(dut.DEPTH_LOG2.value)
        self.width = int(dut.WIDTH.value)
        self.memory: deque[int] = deque()
        """Words that are not on the output register."""
        self.output: int | None = None
        """The output register of the block RAM."""
        self.written = self.read = self.refused = 0

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
        self.memory.clear()
        self.output = None

    @property
    def level(self) -> int:
        """Words inside."""
        return len(self.memory) + (self.output is not None)

    async def step(self, write: bool, ready: bool) -> None:
        """One clock edge with these requests; the outputs before it are compared, then the model moves."""
        dut = self.dut
        head = self.output if self.block_ram else (self.memory[0] if self.memory else None)
        assert int(dut.m_valid.value) == (head is not None)
        if head is not None:
            assert int(dut.m_data.value) == head
        assert int(dut.level.value) == self.level
        room = len(self.memory) < self.depth
        assert int(dut.s_ready.value) == room

        word = random.getrandbits(self.width)
        dut.s_valid.value = int(write)
        dut.s_data.value = word
        dut.m_ready.value = int(ready)
        await FallingEdge(dut.clk)
        self.read += ready and head is not None
        if self.block_ram:
            if ready:
                self.output = None
            if self.output is None and self.memory:
                self.output = self.memory.popleft()
        elif ready and self.memory:
            self.memory.popleft()
        if write and room:
            self.memory.append(word)
        self.written += write and room
        self.refused += write and not room


@cocotb.test()
async def random_traffic(dut: Any) -> None:
    """Phases of every balance between writer and reader; the FIFO gets full and empty, and refuses writes."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(60):
        write, read = random.choice(((0.9, 0.1), (0.1, 0.9), (0.5, 0.5), (1, 1), (1, 0), (0, 1)))
        for _ in range(random.randrange(5, 50)):
            await bench.step(random.random() < write, random.random() < read)
    assert bench.written > 200
    assert bench.refused > 50
    assert bench.read > 200


@cocotb.test()
async def latency_and_throughput(dut: Any) -> None:
    """A word is on the output 1 cycle (block RAM: 2) after its write, and words go through at one per cycle."""
    bench = Bench(dut)
    await bench.start()
    for ready in (False, True):
        await bench.step(True, False)
        for _ in range(int(bench.block_ram)):
            assert int(dut.m_valid.value) == 0
            await bench.step(False, ready)
        assert int(dut.m_valid.value) == 1
        await bench.step(False, True)
        assert int(dut.m_valid.value) == 0
    before = bench.read
    for _ in range(100):
        await bench.step(True, True)
    assert bench.read - before == 100 - 1 - bench.block_ram
    assert bench.refused == 0


@cocotb.test()
async def reset_empties(dut: Any) -> None:
    """What was inside before a reset is gone."""
    for words in range(1, 7):
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


@pytest.mark.parametrize("block_ram", [0, 1])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_fifo(sim: str, block_ram: int) -> None:
    run_cocotb(
        sim,
        "fifo",
        ["hdl/axis/fifo.v"],
        "tests.unit.fifo.test_fifo",
        parameters={"WIDTH": 9, "DEPTH_LOG2": 2, "BLOCK_RAM": block_ram},
    )
