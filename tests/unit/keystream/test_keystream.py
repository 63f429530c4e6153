# SPDX-License-Identifier: Apache-2.0
"""keystream against AES in Python: order, rotation, trailer octets, rate, latency, credit, kill, E_K(0)."""

from __future__ import annotations

import random
from collections import deque
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from models.crypto import aes_ecb, counter_block
from tb.sim import SIMULATORS, run_cocotb, source_closure


class Job(NamedTuple):
    """A job; ``blocks`` of keystream, 0 for GMAC. ``octets``: payload octets, the last two are the trailer.

    ``word``: that of the first payload octet in its beat; the octet lies in lane ``4 * word + 2``.
    """

    sa: int
    iv: bytes
    octets: int
    gmac: bool
    word: int

    @property
    def blocks(self) -> int:
        """Keystream blocks."""
        return 0 if self.gmac else -(-self.octets // 16)


class Bench:
    """One cycle per step; readers and jobs at random rates; everything that comes out is compared."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.receive = int(dut.RECEIVE.value) != 0
        self.key_octets = (16, 24, 32)[: (int(dut.MAX_KEY_BITS.value) - 64) // 64]
        self.stored = int(dut.KEY_STORE.value) != 0
        rounds = int(dut.MAX_KEY_BITS.value) // 32 + 6
        self.aes_latency = (3 if self.stored else 1) * rounds + 1
        self.key_latency = 5 if self.stored else 0
        self.extra = int(dut.EXTRA_REGISTERS.value)
        self.begun = 0
        """Jobs that became the active one."""
        self.offered = False
        self.h_index = 0
        self.cycle = 0
        self.sas = [(random.randbytes(random.choice(self.key_octets)), random.randbytes(4)) for _ in range(8)]
        self.jobs: deque[Job] = deque()
        self.data: deque[tuple[int, int]] = deque()
        """Expected blocks in lanes, with m_last."""
        self.j0: deque[tuple[int, int | None, int | None]] = deque()
        """Expected E(J0), PadLength, NextHeader octets."""
        self.h: deque[int] = deque()
        self.job_rate = self.data_rate = self.j0_rate = 1.0
        self.h_rate = 0.0
        self.taken: list[int] = []
        """Cycles in which jobs were taken."""
        self.data_cycles: list[int] = []
        self.j0_cycles: list[int] = []
        self.events = 0
        self.h_results = 0
        self.number = 0

    async def start(self) -> None:
        """Clock and reset."""
        dut = self.dut
        Clock(dut.clk, 10, "ns").start()
        entries = 0
        for index, (key, salt) in enumerate(self.sas):
            entry = (len(key) - 16) // 8 << 288 | int.from_bytes(salt, "big") << 256
            entries |= (entry | int.from_bytes(key.ljust(32, b"\0"), "big")) << 290 * index
        dut.table_entries.value = entries
        for name in (
            "job_valid", "job_index", "job_iv", "job_blocks", "job_word", "job_pad_length_octet", "job_user", "kill",
            "h_req_valid", "h_req_key", "h_req_key_size", "h_req_index", "m_ready", "j0_ready", "setup_start",
        ):  # fmt: skip
            getattr(dut, name).value = 0
        dut.rst.value = 1
        for _ in range(3):
            await FallingEdge(dut.clk)
        dut.rst.value = 0
        for index in range(8 if self.stored else 0):
            dut.setup_index.value = index
            dut.setup_start.value = 1
            await FallingEdge(dut.clk)
            dut.setup_start.value = 0
            while not int(dut.setup_done.value):
                await FallingEdge(dut.clk)

    def expect(self, job: Job, blocks: int | None = None) -> None:
        """What a job gives; ``blocks``: it is cut after so many."""
        key, salt = self.sas[job.sa]
        nonce = salt + job.iv
        stream = b"".join(aes_ecb(key, counter_block(nonce, 2 + i)) for i in range(job.blocks))
        count = job.blocks if blocks is None else blocks
        for i in range(count):
            block = stream[16 * i : 16 * i + 16]
            beat = bytes(block[(lane - 4 * job.word - 2) % 16] for lane in range(16))
            self.data.append((int.from_bytes(beat, "little"), int(i == count - 1)))
        pad_length = stream[job.octets - 2] if self.receive and not job.gmac else None
        next_header = stream[job.octets - 1] if self.receive and not job.gmac else None
        self.j0.append((int.from_bytes(aes_ecb(key, counter_block(nonce, 1)), "big"), pad_length, next_header))

    def drive_job(self) -> bool:
        """The next job on the port, or none; true if there is one."""
        dut = self.dut
        # a job that is offered stays until it is taken
        offer = self.offered = bool(self.jobs) and (self.offered or random.random() < self.job_rate)
        dut.job_valid.value = int(offer)
        job = (
            self.jobs[0] if offer else Job(random.randrange(8), random.randbytes(8), random.randrange(2, 99), False, 3)
        )
        dut.job_index.value = job.sa
        dut.job_iv.value = int.from_bytes(job.iv, "big")
        dut.job_blocks.value = job.blocks
        dut.job_word.value = job.word
        dut.job_pad_length_octet.value = job.octets - 2
        dut.job_user.value = (self.number + 1) & 0xFF
        return offer

    async def step(self) -> None:
        """One cycle."""
        dut = self.dut
        offer = self.drive_job()
        data_ready, j0_ready = random.random() < self.data_rate, random.random() < self.j0_rate
        dut.m_ready.value = int(data_ready)
        dut.j0_ready.value = int(j0_ready)
        h_key = random.randbytes(random.choice(self.key_octets))
        h_valid = random.random() < self.h_rate
        if self.stored:
            # one request at a time, its key kept still: as sa_command does
            h_valid = h_valid and not self.h
            self.h_index = self.h_index if self.h else random.randrange(8)
            h_key = self.sas[self.h_index][0]
            dut.h_req_index.value = self.h_index
        dut.h_req_valid.value = int(h_valid)
        dut.h_req_key.value = int.from_bytes(h_key.ljust(32, b"\0"), "big")
        dut.h_req_key_size.value = (len(h_key) - 16) // 8
        await Timer(1, "ns")
        if offer and int(dut.job_ready.value):
            job = self.jobs.popleft()
            self.taken.append(self.cycle)
            self.offered = False
            self.number += 1
            self.taken_job(job)
        if int(dut.m_valid.value) and data_ready:
            assert self.data, "a block nobody asked for"
            block, last = self.data.popleft()
            got = int(dut.m_data.value)
            assert got == block, f"cycle {self.cycle}: {got:032x}, not {block:032x}"
            assert int(dut.m_last.value) == last
            self.data_cycles.append(self.cycle)
        if int(dut.j0_valid.value) and j0_ready:
            assert self.j0, "an E(J0) nobody asked for"
            j0, pad_length, next_header = self.j0.popleft()
            assert int(dut.j0_block.value) == j0
            if pad_length is not None:
                assert int(dut.j0_pad_length.value) == pad_length
                assert int(dut.j0_next_header.value) == next_header
            self.j0_cycles.append(self.cycle)
        self.events += int(dut.j0_event.value)
        self.begun += int(dut.active_begin.value)
        if h_valid and int(dut.h_req_ready.value):
            self.h.append(int.from_bytes(aes_ecb(h_key, bytes(16)), "big"))
        if int(dut.h_rsp_valid.value):
            assert int(dut.h_rsp_block.value) == self.h.popleft()
            self.h_results += 1
        else:
            assert int(dut.h_rsp_block.value) == 0
        await FallingEdge(dut.clk)
        self.cycle += 1

    def taken_job(self, job: Job) -> None:
        """A job was taken: its blocks are expected."""
        self.expect(job)

    async def drain(self) -> None:
        """Until nothing is expected any more, and a while longer."""
        for _ in range(5000):
            if not (self.jobs or self.data or self.j0 or self.h):
                break
            await self.step()
        for _ in range(self.aes_latency + 10):
            await self.step()
        assert not (self.jobs or self.data or self.j0 or self.h), "something is missing"
        assert self.events == self.number


def random_job(longest: int = 200, gmac: float = 0.2) -> Job:
    """A job of 2 to ``longest`` payload octets."""
    octets = random.choice((random.randrange(2, 40), random.randrange(2, longest + 1)))
    return Job(random.randrange(8), random.randbytes(8), octets, random.random() < gmac, random.randrange(4))


@cocotb.test()
async def every_length_and_word(dut: Any) -> None:
    """Payloads of 2 to 50 octets (every place of the trailer) at every word, one block per cycle with no gap."""
    bench = Bench(dut)
    await bench.start()
    jobs = [Job(random.randrange(8), random.randbytes(8), octets, False, octets % 4) for octets in range(2, 51)]
    jobs += [Job(random.randrange(8), random.randbytes(8), octets, False, octets // 16 % 4) for octets in range(18, 82)]
    bench.jobs += jobs
    await bench.drain()
    # n + 1 slots for n blocks; the receive side asks for the block (or the two) of the trailer as well
    for job, start, end in zip(jobs, bench.taken, bench.taken[1:], strict=False):
        trailer = 0 if not bench.receive else 2 if (job.octets - 2) % 16 == 15 else 1
        slots = job.blocks + 1 + trailer
        assert end - start <= max(slots, 5) + 1 if bench.stored else end - start == slots
    first = bench.j0_cycles[0] if bench.receive else bench.data_cycles[0]
    # E(J0) is complete only with the trailer, one slot later, and its FIFO has no register before it (with
    # EXTRA_REGISTERS it is in block RAM as the other)
    extra = bench.extra * (2 if bench.receive else 1)
    assert first - bench.taken[0] == 1 + bench.key_latency + bench.aes_latency + 2 + extra


@cocotb.test()
async def random_jobs(dut: Any) -> None:
    """Readers and writers of all speeds, GMAC among GCM, E_K(0) in the free slots."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(12):
        bench.jobs += [random_job() for _ in range(6)]
        bench.job_rate, bench.data_rate, bench.j0_rate = (random.choice((0.05, 0.3, 1.0)) for _ in range(3))
        bench.h_rate = random.choice((0.0, 0.2, 1.0))
        for _ in range(100):
            await bench.step()
    bench.job_rate = bench.data_rate = bench.j0_rate = 1.0
    bench.h_rate = 0.0
    await bench.drain()
    assert bench.h_results > 5


@cocotb.test()
async def credit_of_data(dut: Any) -> None:
    """The reader of keystream stalls for long: nothing is lost, and the pipe goes on at full speed afterwards."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(3):
        bench.data_rate = 0.0
        bench.jobs += [random_job(600, 0.0) for _ in range(4)]
        for _ in range(150):
            await bench.step()
        assert int(dut.m_valid.value) == 1
        bench.data_rate = 1.0
        before = len(bench.data_cycles)
        await bench.drain()
        cycles = bench.data_cycles[before:]
        # a bubble where J0 and the trailer have their slots, none for want of room
        assert cycles[-1] - cycles[0] <= len(cycles) + 4 * (5 if bench.stored else 3)


@cocotb.test()
async def credit_of_j0(dut: Any) -> None:
    """The reader of E(J0) stalls: after 32 of them no more is issued, and none is lost."""
    bench = Bench(dut)
    await bench.start()
    bench.j0_rate = 0.0
    bench.jobs += [random_job(20, 0.9) for _ in range(80)]
    for _ in range(300):
        await bench.step()
    assert bench.events == 32
    bench.j0_rate = 1.0
    await bench.drain()
    assert len(bench.j0_cycles) == 80


class KillBench(Bench):
    """Cuts every second job or so short, while it is the active one."""

    def taken_job(self, job: Job) -> None:
        """What comes of the job is decided when it is active."""
        self.active = job

    async def run(self, jobs: list[Job]) -> int:
        """One job after the other; returns how many were cut."""
        dut = self.dut
        cut = 0
        for job in jobs:
            self.jobs.append(job)
            while self.jobs:
                await self.step()
            while self.begun < self.number:
                await self.step()
            # block 0 is issued in the cycle after the job became the active one, unless there is no room
            issued = random.randrange(job.blocks + 1)
            for _ in range(issued):
                await self.step()
            if issued < job.blocks:
                assert int(dut.active_user.value) == self.number & 0xFF
                dut.kill.value = 1
                self.expect(job, issued + 1)
                cut += issued + 1 < job.blocks
                await self.step()
                dut.kill.value = 0
            else:
                self.expect(job)
        await self.drain()
        return cut


@cocotb.test()
async def kill(dut: Any) -> None:
    """A killed job issues one more block, marked last, and J0; the next job is whole."""
    bench = KillBench(dut)
    await bench.start()
    assert await bench.run([random_job(160, 0.1) for _ in range(50)]) > 8


@cocotb.test()
async def shortest_jobs(dut: Any) -> None:
    """The jobs of the shortest frames: with stored keys one in four cycles, which is as long as such a frame."""
    bench = Bench(dut)
    await bench.start()
    bench.jobs += [
        Job(random.randrange(8), random.randbytes(8), random.randrange(2, 17), random.random() < 0.3, 2)
        for _ in range(100)
    ]
    await bench.drain()
    assert bench.taken[-1] - bench.taken[0] <= 4 * 99 + 2


@pytest.mark.parametrize(
    ("receive", "max_key_bits", "key_store", "extra_registers"),
    [
        (0, 256, 0, 0),
        (1, 128, 0, 0),
        (0, 256, 1, 0),
        (1, 256, 1, 0),
        (1, 128, 1, 0),
        (0, 256, 1, 1),
        (1, 256, 1, 1),
        (0, 128, 0, 1),
    ],
)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_keystream(sim: str, receive: int, max_key_bits: int, key_store: int, extra_registers: int) -> None:
    cases = ["every_length_and_word", "random_jobs", "credit_of_data", "credit_of_j0", "shortest_jobs"]
    run_cocotb(
        sim,
        "keystream_bench",
        ["tests/unit/keystream/keystream_bench.v", *source_closure("keystream"), "hdl/crypto/aes_key_setup.v"],
        "tests.unit.keystream.test_keystream",
        parameters={
            "RECEIVE": receive,
            "MAX_KEY_BITS": max_key_bits,
            "KEY_STORE": key_store,
            "EXTRA_REGISTERS": extra_registers,
        },
        testcase=cases if receive else [*cases, "kill"],
    )
