# SPDX-License-Identifier: Apache-2.0
"""axis_sink: the frames it hands over, and that it counts a breach of every rule it is said to check."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb

CHUNK_BEATS = 128
FLUSH_BEATS = CHUNK_BEATS // 2
FLUSH_CYCLES = 16


class Bench:
    """Drives the stream beat by beat and reads the chunks as tb/transactors.py does."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.cycle = 0
        self.toggle = 0
        self.partial = b""
        self.frames: list[tuple[bytes, int, int, int, int]] = []
        """(octets, tuser of the last beat, low 32 bits of the first beat's, first cycle, last cycle)"""
        self.chunk_cycles: list[int] = []

    async def start(self) -> None:
        """Clock and reset."""
        dut = self.dut
        Clock(dut.clk, 10, "ns").start()
        dut.hold.value = 0
        dut.stall_rate.value = 0
        dut.seed.value = random.getrandbits(32)
        dut.s_axis_tvalid.value = 0
        dut.rst.value = 1
        for _ in range(3):
            await FallingEdge(dut.clk)
        dut.rst.value = 0
        self.toggle = int(dut.ready.value)

    async def step(self) -> bool:
        """One cycle; true if the beat on the bus was taken."""
        dut = self.dut
        dut.cycle.value = self.cycle
        taken = int(dut.s_axis_tready.value) == 1
        await FallingEdge(dut.clk)
        self.cycle += 1
        if int(dut.ready.value) != self.toggle:
            self.toggle ^= 1
            self.chunk_cycles.append(self.cycle)
            octets = dut.chunk.value.to_bytes(byteorder="little")
            marks = int(dut.marks.value)
            for beat in range(int(dut.chunk_beats.value)):
                self.partial += octets[16 * beat : 16 * beat + 16]
                if marks >> beat & 1:
                    self.frame(self.partial)
                    self.partial = b""
        return taken

    def frame(self, octets: bytes) -> None:
        """Take one frame of a chunk apart."""
        times, users = octets[-32:-16], octets[-16:]
        length = int.from_bytes(times[:8], "little")
        assert 0 <= len(octets) - 32 - length < 17
        self.frames.append(
            (
                octets[:length],
                int.from_bytes(users[4:], "little"),
                int.from_bytes(users[:4], "little"),
                int.from_bytes(times[8:12], "little"),
                int.from_bytes(times[12:], "little"),
            )
        )

    async def idle(self, cycles: int) -> None:
        """Cycles without a beat, junk on the bus."""
        for _ in range(cycles):
            self.drive(
                0, random.getrandbits(128), random.getrandbits(16), random.getrandbits(1), random.getrandbits(96)
            )
            await self.step()

    def drive(self, valid: int, data: int, keep: int, last: int, user: int) -> None:
        """The bus."""
        dut = self.dut
        dut.s_axis_tvalid.value = valid
        dut.s_axis_tdata.value = data
        dut.s_axis_tkeep.value = keep
        dut.s_axis_tlast.value = last
        dut.s_axis_tuser.value = user

    async def beat(self, data: int, keep: int = 0xFFFF, last: int = 0, user: int = 0) -> int:
        """One beat, held until it is taken; returns the cycle."""
        self.drive(1, data, keep, last, user)
        while not await self.step():
            pass
        return self.cycle - 1

    async def send(self, octets: bytes, users: list[int], gap: float) -> tuple[bytes, int, int, int, int]:
        """A good frame; returns what the sink should hand over."""
        beats = max(1, -(-len(octets) // 16))
        cycles = []
        for index in range(beats):
            while random.random() < gap:
                await self.idle(1)
            part = octets[16 * index : 16 * index + 16]
            keep = (1 << len(part)) - 1
            cycles.append(await self.beat(int.from_bytes(part, "little"), keep, int(index == beats - 1), users[index]))
        return octets, users[beats - 1], users[0] & 0xFFFFFFFF, cycles[0], cycles[-1]

    async def errors(self) -> int:
        """Violations so far."""
        await self.idle(2)
        return int(self.dut.errors.value)


@cocotb.test()
async def frames(dut: Any) -> None:
    """Random frames, longer than a chunk too, with gaps and back-pressure; the time of a frame and of a flush."""
    bench = Bench(dut)
    await bench.start()
    expected = []
    for stall_rate, gap in ((0, 0.0), (150, 0.0), (0, 0.5), (80, 0.2)):
        dut.stall_rate.value = stall_rate
        for _ in range(20):
            length = random.choice((0, 1, 16, 17, 64, random.randrange(500), random.randrange(2000, 4200)))
            user = random.getrandbits(96)
            users = [user & ~0xFFFFFFFF | random.getrandbits(32) for _ in range(length // 16 + 1)]
            expected.append(await bench.send(random.randbytes(length), users, gap))
            if random.random() < 0.1:
                await bench.idle(2 * FLUSH_CYCLES)
    expected.append(await bench.send(b"last", [5], 0.0))
    last = bench.cycle
    await bench.idle(FLUSH_CYCLES + 3)
    assert bench.frames == expected
    assert bench.chunk_cycles[-1] - last in range(FLUSH_CYCLES + 3)
    assert await bench.errors() == 0


@cocotb.test()
async def hand_over(dut: Any) -> None:
    """Back to back: a chunk is given at a frame's end with enough beats since the last such end, or when it is full."""
    bench = Bench(dut)
    await bench.start()
    expected: list[int] = []
    chunk_beats = since = 0
    for length in (*(random.randrange(1, 1200) for _ in range(40)), 16 * 300, 5, 16 * (CHUNK_BEATS - 3), 16 * 61, 1):
        beats = -(-length // 16)
        for beat in range(beats):
            last = beat == beats - 1
            cycle = await bench.beat(0, 0xFFFF, int(last), 0)
            chunk_beats += 3 if last else 1
            since += 3 if last else 1
            in_a_row = bool(expected) and cycle == expected[-1] + 1
            if chunk_beats > CHUNK_BEATS - 3 or (last and since >= FLUSH_BEATS and not in_a_row):
                expected.append(cycle)
                chunk_beats = 0
                since = 0 if last else since
    await bench.idle(3)
    delays = {got - cycle for got, cycle in zip(bench.chunk_cycles, expected, strict=True)}
    assert len(delays) == 1 and max(delays) <= 2, delays
    assert await bench.errors() == 0


@cocotb.test()
async def hold(dut: Any) -> None:
    """What is left over waits for cycles without hold."""
    bench = Bench(dut)
    await bench.start()
    dut.hold.value = 1
    await bench.send(b"one", [0], 0.0)
    await bench.idle(5 * FLUSH_CYCLES)
    assert not bench.frames
    dut.hold.value = 0
    await bench.idle(FLUSH_CYCLES - 1)
    assert not bench.frames
    await bench.idle(4)
    assert len(bench.frames) == 1


@cocotb.test()
async def stall_rate(dut: Any) -> None:
    """Rate 0 is always ready, 128 half of the time."""
    bench = Bench(dut)
    await bench.start()
    for rate in (0, 128):
        dut.stall_rate.value = rate
        await bench.idle(3)
        before = bench.cycle
        for _ in range(200):
            await bench.beat(0, 0xFFFF, 1)
        cycles = bench.cycle - before
        assert cycles == 200 if rate == 0 else 320 < cycles < 480


@cocotb.test()
async def breaches(dut: Any) -> None:
    """Each rule broken once is one error, and good traffic around it is none."""
    bench = Bench(dut)
    await bench.start()
    errors = 0

    async def expect(count: int, what: str) -> None:
        nonlocal errors
        errors += count
        assert await bench.errors() == errors, what
        await bench.send(random.randbytes(40), [random.getrandbits(96)] * 3, 0.3)
        assert await bench.errors() == errors, f"good frame after: {what}"

    await expect(0, "nothing")
    # a cycle in which the sink is not ready
    for what in ("tvalid", "tdata", "tkeep", "tlast", "tuser", "nothing"):
        dut.stall_rate.value = 255
        await bench.idle(6)
        while int(dut.s_axis_tready.value):
            await bench.idle(1)
        bench.drive(1, 5, 0x00FF, 1, 7)
        assert not await bench.step()
        dut.stall_rate.value = 0
        if what == "tvalid":
            await bench.idle(1)
        else:
            data, keep, user = 6 if what == "tdata" else 5, 0x01FF if what == "tkeep" else 0x00FF, 7
            bench.drive(1, data, keep, 0 if what == "tlast" else 1, 8 if what == "tuser" else user)
            # tready may still be low: from here on the beat stays
            while not await bench.step():
                pass
            if what == "tlast":
                # within a frame a beat is full: that is another error
                errors += 1
                await bench.beat(0, 0xFFFF, 1, 7)
        await expect(int(what != "nothing"), f"{what} before tready")

    await bench.beat(0, 0x7FFF, 0)
    await bench.beat(0, 0xFFFF, 1)
    await expect(1, "a beat within a frame that is not full")
    for keep in (0x0002, 0xFFFE, 0x8001, 0x0FF7):
        await bench.beat(0, keep, 1)
        await expect(1, f"tkeep {keep:04x}")
    for lane in range(1, 16):
        await bench.beat(1 << 8 * lane, (1 << lane) - 1, 1)
        await expect(1, f"dead lane {lane}")
    user = random.getrandbits(96)
    await bench.beat(0, 0xFFFF, 0, user)
    await bench.beat(0, 0xFFFF, 0, user)
    await bench.beat(0, 0xFFFF, 1, user ^ 1 << random.randrange(32, 96))
    await expect(int(dut.CONSTANT_USER.value), "tuser within a frame")


@pytest.mark.parametrize("constant_user", [0, 1])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_axis_sink(sim: str, constant_user: int) -> None:
    run_cocotb(
        sim,
        "axis_sink",
        ["tb/hdl/axis_sink.v", "tb/hdl/stall_generator.v"],
        "tests.unit.axis_sink.test_axis_sink",
        testcase=["stall_rate", "breaches"] if constant_user else None,
        parameters={"CONSTANT_USER": constant_user},
    )
