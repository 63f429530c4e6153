# SPDX-License-Identifier: Apache-2.0
"""axis_source: frames in, beats out; the AXI4-Stream rules, junk where nobody may look, back to back at full speed."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb

CHUNK_BEATS = 8
DEPTH = 64


class Beat(NamedTuple):
    """A beat that was taken, and its cycle."""

    cycle: int
    data: bytes
    keep: int
    last: int
    user: int

    @property
    def octets(self) -> bytes:
        """The octets of the kept lanes."""
        return bytes(octet for lane, octet in enumerate(self.data) if self.keep >> lane & 1)


class Bench:
    """Clocks the transactor; pushes chunks as room allows, collects the beats, and checks that a waiting beat stays."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.cycle = 0
        self.beats: list[Beat] = []
        self.idle: list[Beat] = []
        """What is on the bus while tvalid is low."""
        self.memory = bytearray()
        """Beats not yet pushed."""
        self.pushed = 0
        self.toggle = 0
        self.ready_rate = 1.0
        self.push_rate = 1.0
        self.held: Beat | None = None

    async def start(self) -> None:
        """Clock and reset."""
        dut = self.dut
        Clock(dut.clk, 10, "ns").start()
        for name in ("chunk", "chunk_beats", "push", "stall_rate", "m_axis_tready", "cycle"):
            getattr(dut, name).value = 0
        dut.seed.value = random.getrandbits(32)
        dut.rst.value = 1
        for _ in range(3):
            await FallingEdge(dut.clk)
        dut.rst.value = 0

    def add(self, frames: list[tuple[bytes, int]]) -> None:
        """Frames to play: (octets, tuser)."""
        for data, user in frames:
            self.memory += len(data).to_bytes(4, "little") + user.to_bytes(12, "little")
            self.memory += data + bytes(-len(data) % 16)

    async def step(self) -> None:
        """One cycle."""
        dut = self.dut
        bus = Beat(
            self.cycle,
            int(dut.m_axis_tdata.value).to_bytes(16, "little"),
            int(dut.m_axis_tkeep.value),
            int(dut.m_axis_tlast.value),
            int(dut.m_axis_tuser.value),
        )
        valid = int(dut.m_axis_tvalid.value)
        if self.held is not None:
            assert valid, f"cycle {self.cycle}: tvalid fell before tready"
            assert bus[1:] == self.held[1:], f"cycle {self.cycle}: the beat changed before tready"
        ready = random.random() < self.ready_rate
        self.held = bus if valid and not ready else None
        if valid and ready:
            self.beats.append(bus)
        elif not valid:
            self.idle.append(bus)
        dut.m_axis_tready.value = int(ready)
        dut.cycle.value = self.cycle
        room = DEPTH - (self.pushed - int(dut.consumed.value))
        beats = min(random.randrange(1, CHUNK_BEATS + 1), len(self.memory) // 16, room)
        if beats > 0 and random.random() < self.push_rate:
            chunk = bytes(self.memory[: 16 * beats]) + random.randbytes(16 * (CHUNK_BEATS - beats))
            del self.memory[: 16 * beats]
            self.pushed += beats
            self.toggle ^= 1
            dut.chunk.value = int.from_bytes(chunk, "little")
            dut.chunk_beats.value = beats
            dut.push.value = self.toggle
        await FallingEdge(dut.clk)
        self.cycle += 1

    async def drain(self) -> None:
        """Until every frame has left."""
        quiet = 0
        while quiet < 30:
            before = len(self.beats)
            await self.step()
            quiet = 0 if self.memory or len(self.beats) != before else quiet + 1
        assert int(self.dut.consumed.value) == self.pushed

    def check(self, frames: list[tuple[bytes, int]]) -> list[list[Beat]]:
        """The beats are those of ``frames``; returns them frame by frame."""
        split: list[list[Beat]] = [[]]
        for beat in self.beats:
            split[-1].append(beat)
            if beat.last:
                split.append([])
        assert split.pop() == []
        assert len(split) == len(frames)
        for beats, (data, user) in zip(split, frames, strict=True):
            assert b"".join(beat.octets for beat in beats) == data
            assert beats[0].user == user
            assert all(beat.keep == 0xFFFF for beat in beats[:-1])
            assert beats[-1].keep == (1 << (len(data) - 16 * (len(beats) - 1))) - 1
            assert len(beats) == max(1, -(-len(data) // 16))
        return split


def random_frames(count: int, longest: int = 300) -> list[tuple[bytes, int]]:
    """Frames of 0 octets and up, with random tuser."""
    lengths = [random.choice((0, 1, 15, 16, 17, 32, random.randrange(longest))) for _ in range(count)]
    return [(random.randbytes(length), random.getrandbits(96)) for length in lengths]


@cocotb.test()
async def frames_with_stalls(dut: Any) -> None:
    """Random frames in chunks cut anywhere; random tready, idle cycles, slow pushes: every octet, in order."""
    for stall_rate in (0, 100):
        bench = Bench(dut)
        await bench.start()
        dut.stall_rate.value = stall_rate
        frames = random_frames(80)
        bench.add(frames)
        for ready_rate, push_rate in ((1.0, 1.0), (0.3, 1.0), (1.0, 0.05), (0.7, 0.3)):
            bench.ready_rate, bench.push_rate = ready_rate, push_rate
            for _ in range(150):
                await bench.step()
        await bench.drain()
        split = bench.check(frames)
        assert int(dut.frames.value) == len(frames)
        stamps = dut.stamps.value.to_unsigned()
        for number in range(len(frames) - 16, len(frames)):
            beats = split[number]
            stamp = stamps >> 64 * (number % 16) & (1 << 64) - 1
            assert stamp == beats[-1].cycle << 32 | beats[0].cycle


@cocotb.test()
async def back_to_back(dut: Any) -> None:
    """What is in the memory leaves at one beat per cycle, headers cost nothing."""
    bench = Bench(dut)
    await bench.start()
    bench.ready_rate = 0.0
    frames = random_frames(40, 40)
    bench.add(frames)
    for _ in range(100):
        await bench.step()
    bench.ready_rate = 1.0
    start = bench.cycle
    for _ in range(30):
        await bench.step()
    assert [beat.cycle for beat in bench.beats] == list(range(start, start + 30))
    await bench.drain()
    bench.check(frames)


@cocotb.test()
async def junk(dut: Any) -> None:
    """Dead lanes, tuser after the first beat, and the whole bus while tvalid is low are anything but zero."""
    bench = Bench(dut)
    await bench.start()
    dut.stall_rate.value = 128
    frames = [(bytes(random.randrange(1, 60)), 0) for _ in range(100)]
    bench.add(frames)
    await bench.drain()
    split = bench.check(frames)
    dead = [any(beats[-1].data[len(beats[-1].octets) :]) for beats in split if len(beats[-1].octets) < 12]
    assert sum(dead) > 0.9 * len(dead) > 20
    later = [beat.user != 0 for beats in split for beat in beats[1:]]
    assert sum(later) > 0.9 * len(later) > 20
    assert len({beat[1:] for beat in bench.idle}) > 0.8 * len(bench.idle) > 50
    idle_share = len(bench.idle) / bench.cycle
    assert 0.3 < idle_share < 0.9


@pytest.mark.parametrize("sim", SIMULATORS)
def test_axis_source(sim: str) -> None:
    run_cocotb(
        sim,
        "axis_source",
        ["tb/hdl/axis_source.v", "tb/hdl/stall_generator.v"],
        "tests.unit.axis_source.test_axis_source",
        parameters={"CHUNK_BEATS": CHUNK_BEATS, "DEPTH_LOG2": 6, "STAMPS": 16},
    )
