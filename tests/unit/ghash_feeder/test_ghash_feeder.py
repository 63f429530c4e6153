# SPDX-License-Identifier: Apache-2.0
"""ghash_feeder against a cut of the frame in Python: every alignment and length, back to back, gaps, short frames."""

from __future__ import annotations

import random
from collections import deque
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb


class Frame(NamedTuple):
    """A frame; the hashed octets are ``first`` .. ``last``. It ends early where ``sent`` does not reach ``last``."""

    octets: bytes
    hashed: bool
    first: int
    last: int
    first_block: int
    length_block: int
    powers: int
    sent: int

    def blocks(self) -> list[int]:
        """All GHASH blocks, big-endian."""
        data = self.octets[self.first : self.last + 1]
        data += bytes(-len(data) % 16)
        cut = [int.from_bytes(data[i : i + 16], "big") for i in range(0, len(data), 16)]
        return [self.first_block, *cut, self.length_block]


class Bench:
    """One beat or gap per cycle; compares the blocks that come out."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.stages = int(dut.STAGES.value)
        self.cycle = 0
        self.expected: deque[tuple[int, int, int, int, int | None, bool]] = deque()
        """(block, first, left, powers, latest cycle in which it may come, may stay away)"""
        self.blocks = 0
        self.powers: list[int] = []
        """What s_h_powers is from the next cycle on."""

    async def start(self) -> None:
        """Clock and reset."""
        Clock(self.dut.clk, 10, "ns").start()
        self.dut.rst.value = 1
        self.dut.s_valid.value = 0
        for _ in range(3):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def step(self) -> None:
        """One clock; then its outputs."""
        await FallingEdge(self.dut.clk)
        self.cycle += 1
        # valid from the cycle after beat 1 on
        self.dut.s_h_powers.value = self.powers.pop() if self.powers else self.dut.s_h_powers.value
        if int(self.dut.m_valid.value):
            block, first = int(self.dut.m_block.value), int(self.dut.m_first.value)
            # a frame that ended early leaves out the rest of its blocks
            while self.expected and self.expected[0][5] and (block, first) != self.expected[0][:2]:
                self.expected.popleft()
            assert self.expected, f"cycle {self.cycle}: a block too many"
            wanted = self.expected.popleft()
            assert f"{block:032x}" == f"{wanted[0]:032x}", f"cycle {self.cycle}, left {wanted[2]}"
            assert first == wanted[1]
            assert int(self.dut.m_left.value) == wanted[2]
            assert int(self.dut.m_h_powers.value) == wanted[3]
            if wanted[4] is not None:
                assert self.cycle == wanted[4], "latency of length_block"
            self.blocks += 1

    async def gap(self) -> None:
        """A cycle without a beat."""
        dut = self.dut
        dut.s_valid.value = 0
        dut.s_data.value = random.getrandbits(128)
        dut.s_beat.value = random.getrandbits(4)
        dut.s_last.value = random.getrandbits(1)
        await self.step()

    async def send(self, frame: Frame, gap: float) -> None:
        """All beats; junk behind the end of the frame, and on the description after beat 0."""
        dut = self.dut
        whole = frame.sent > frame.last
        if frame.hashed:
            blocks = frame.blocks()
            # the blocks that hold the last octet and the lengths never come for a frame that ended early
            for index, block in enumerate(blocks if whole else blocks[:-2]):
                left = min(len(blocks) - index, self.stages + 1)
                self.expected.append((block, int(index == 0), left, frame.powers, None, not whole))
        for beat in range(-(-frame.sent // 16)):
            while random.random() < gap:
                await self.gap()
            octets = frame.octets[16 * beat : 16 * beat + 16]
            octets += random.randbytes(16 - len(octets))
            now = beat == 0
            dut.s_valid.value = 1
            dut.s_data.value = int.from_bytes(octets, "little")
            dut.s_beat.value = beat
            dut.s_last.value = int(beat == -(-frame.sent // 16) - 1)
            dut.s_hash.value = int(frame.hashed) if now else random.getrandbits(1)
            dut.s_hash_first.value = frame.first if now else random.getrandbits(14)
            dut.s_hash_last.value = frame.last if now else random.getrandbits(14)
            dut.s_hash_blocks.value = len(frame.blocks()) if now else random.getrandbits(11)
            dut.s_first_block.value = frame.first_block if now else random.getrandbits(128)
            dut.s_length_block.value = frame.length_block if now else random.getrandbits(128)
            if beat == 1:
                self.powers = [frame.powers]
            if whole and frame.hashed and beat == frame.last // 16:
                # 3 cycles if the beat has no octet of a block that begins in it, else 4
                latency = 4 if frame.last % 16 >= frame.first % 16 else 3
                *same, _, may = self.expected.pop()
                self.expected.append((same[0], same[1], same[2], same[3], self.cycle + latency, may))
            await self.step()

    async def finish(self) -> None:
        """Idle; nothing is missing."""
        for _ in range(8):
            await self.gap()
        assert all(may_be_missing for *_, may_be_missing in self.expected)
        assert int(self.dut.m_h_powers.value) == 0, "powers of H outlive their message"


def random_frame(stages: int, first: int, length: int, tail: int, hashed: bool = True) -> Frame:
    """``length`` hashed octets from ``first`` on, ``tail`` octets behind them."""
    return Frame(
        random.randbytes(first + length + tail),
        hashed,
        first,
        first + length - 1,
        random.getrandbits(128),
        random.getrandbits(128),
        random.getrandbits(128 * stages),
        first + length + tail,
    )


@cocotb.test()
async def every_alignment(dut: Any) -> None:
    """Every word of the first octet with every length up to three blocks, back to back, shortest frames (ICV of 8)."""
    bench = Bench(dut)
    await bench.start()
    count = 0
    for first in range(46, 62, 4):
        for length in (*range(2, 36), 47, 48, 49):
            frame = random_frame(bench.stages, first, length, 8)
            await bench.send(frame, 0)
            count += len(frame.blocks())
    await bench.finish()
    assert not bench.expected
    assert bench.blocks == count


@cocotb.test()
async def mixed_traffic(dut: Any) -> None:
    """Deep headers, long frames, frames that are not hashed and of one beat, gaps anywhere."""
    bench = Bench(dut)
    await bench.start()
    for gap in (0.0, 0.3):
        for _ in range(100):
            hashed = random.random() < 0.7
            frame = random_frame(
                bench.stages, random.randrange(46, 128, 4), random.randrange(2, 200), random.randrange(8, 60), hashed
            )
            if not hashed:
                frame = frame._replace(sent=random.randrange(1, len(frame.octets)))
            await bench.send(frame, gap)
    await bench.finish()
    assert not bench.expected
    assert bench.blocks > 1000


@cocotb.test()
async def frames_that_end_early(dut: Any) -> None:
    """A frame that ends before its range gives no last block, and leaves no trace in the frames behind it."""
    bench = Bench(dut)
    await bench.start()
    for gap in (0.0, 0.3):
        for _ in range(100):
            first, length = random.randrange(46, 128, 4), random.randrange(2, 100)
            if random.random() < 0.5:
                frame = random_frame(bench.stages, first, length, 0)
                # a whole number of beats less than what holds the range
                beats = random.randrange(1, frame.last // 16 + 1)
                frame = frame._replace(sent=16 * beats)
            else:
                frame = random_frame(bench.stages, first, length, 8)
            await bench.send(frame, gap)
    await bench.send(random_frame(bench.stages, 50, 40, 8), 0)
    await bench.finish()
    assert not bench.expected


@pytest.mark.parametrize(("stages", "left_width"), [(4, 3), (1, 2)])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_ghash_feeder(sim: str, stages: int, left_width: int) -> None:
    run_cocotb(
        sim,
        "ghash_feeder",
        None,
        "tests.unit.ghash_feeder.test_ghash_feeder",
        parameters={"OFFSET_WIDTH": 14, "STAGES": stages, "LEFT_WIDTH": left_width},
    )
