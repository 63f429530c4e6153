# SPDX-License-Identifier: Apache-2.0
"""frame_store against lists of beats: commit, taking back, overflow, order, latency, throughput."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from tb.sim import SIMULATORS, run_cocotb


class Bench:
    """Drives one cycle at a time and compares m_valid, m_data and s_overflow in each."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.depth = 1 << int(dut.DEPTH_LOG2.value)
        self.frame: list[int] = []
        """Beats of the newest frame that are in the store."""
        self.committed: deque[int] = deque()
        self.output: int | None = None
        self.lost = False
        self.read = self.overflows = 0

    async def start(self) -> None:
        """Clock and reset."""
        Clock(self.dut.clk, 10, "ns").start()
        self.dut.rst.value = 1
        for name in ("s_valid", "s_data", "s_last", "s_commit", "m_ready"):
            getattr(self.dut, name).value = 0
        for _ in range(3):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def step(self, ready: bool, beat: bool = False, last: bool = False, keep: bool = True) -> None:
        """One cycle, perhaps with a beat; the last one commits if ``keep`` and no beat of the frame was lost."""
        dut = self.dut
        assert int(dut.m_valid.value) == (self.output is not None)
        if self.output is not None:
            assert int(dut.m_data.value) == self.output
        word = random.getrandbits(16)
        full = len(self.frame) + len(self.committed) == self.depth
        self.lost |= beat and full
        commit = keep and not self.lost
        dut.m_ready.value = int(ready)
        dut.s_valid.value = int(beat)
        dut.s_data.value = word
        dut.s_last.value = int(last)
        dut.s_commit.value = int(commit)
        await Timer(1, "ns")
        assert int(dut.s_overflow.value) == (beat and full)
        await FallingEdge(dut.clk)

        self.overflows += beat and full
        self.read += ready and self.output is not None
        if ready:
            self.output = None
        if self.output is None and self.committed:
            self.output = self.committed.popleft()
        if beat and not full:
            self.frame.append(word)
        if beat and last:
            if commit:
                self.committed += self.frame
            self.frame = []
            self.lost = False


@cocotb.test()
async def random_frames(dut: Any) -> None:
    """Frames of all lengths, some taken back, writers and readers of every speed; the store overflows and recovers."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(40):
        write, read = random.choice(((1, 0.3), (1, 0), (0.5, 0.9), (1, 1), (0.9, 0.6)))
        for _ in range(random.randrange(1, 8)):
            left = random.choice((1, 2, 3, random.randrange(1, bench.depth + 4)))
            keep = random.random() < 0.75
            while left:
                beat = random.random() < write
                left -= beat
                # s_last and s_commit mean nothing without s_valid
                last = left == 0 if beat else random.random() < 0.5
                await bench.step(random.random() < read, beat, last, keep)
        for _ in range(random.choice((0, 2 * bench.depth))):
            await bench.step(random.random() < 0.8)
    assert bench.overflows > 20
    assert bench.read > 200


@cocotb.test()
async def back_to_back(dut: Any) -> None:
    """One beat in and one out per cycle; a frame is seen from 2 cycles after its commit on, and not before."""
    bench = Bench(dut)
    await bench.start()
    for length in (1, 1, 3, 7, 1, 5):
        for index in range(length):
            await bench.step(True, True, index == length - 1)
    await bench.step(True, True, True)
    assert int(dut.m_valid.value) == 1
    for _ in range(bench.depth):
        await bench.step(True)
    assert bench.read == 19
    assert bench.overflows == 0
    await bench.step(True, True, True)
    assert int(dut.m_valid.value) == 0, "too early"
    await bench.step(True)
    assert int(dut.m_valid.value) == 1, "2 cycles after the commit"
    await bench.step(True)


@cocotb.test()
async def a_frame_longer_than_the_store(dut: Any) -> None:
    """It overflows, is taken back, and the store has all its room again."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(3):
        for index in range(2 * bench.depth):
            await bench.step(False, True, index == 2 * bench.depth - 1)
        assert bench.overflows == bench.depth
        bench.overflows = 0
        for index in range(bench.depth):
            await bench.step(False, True, index == bench.depth - 1)
        assert bench.overflows == 0
        for _ in range(bench.depth + 2):
            await bench.step(True)
    assert bench.read == 3 * bench.depth


@pytest.mark.parametrize("sim", SIMULATORS)
def test_frame_store(sim: str) -> None:
    run_cocotb(
        sim,
        "frame_store",
        ["hdl/axis/frame_store.v"],
        "tests.unit.frame_store.test_frame_store",
        parameters={"WIDTH": 16, "DEPTH_LOG2": 4},
    )
