# SPDX-License-Identifier: Apache-2.0
"""aes_stored_pipe with aes_key_setup: vectors of NIST, jobs as close as they may follow, and what stays of a key."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from models.crypto import aes_ecb
from models.vectors import aes_vectors
from tb.sim import SIMULATORS, run_cocotb, source_closure
from tests.unit.aes_key_bench import INDEXES, KeyBench
from tests.unit.aes_pipe.test_aes_pipe import registers

SUBSTITUTED_ZEROS = int.from_bytes(bytes([0x63] * 16), "big")
"""SubBytes of a state of zeros."""


class Job(NamedTuple):
    """Blocks under the key of one SA."""

    sa: int
    blocks: Sequence[bytes]


class Bench(KeyBench):
    """Drives whole schedules of jobs and checks each result for its cycle, value and side band."""

    def __init__(self, dut: Any) -> None:
        super().__init__(dut)
        self.latency = 3 * self.rounds + 1

    async def start(self) -> None:
        """Reset."""
        Clock(self.dut.clk, 10, "ns").start()
        for name in ("start", "erase", "load", "swap", "busy", "s_valid"):
            getattr(self.dut, name).value = 0
        await self.reset()

    async def reset(self) -> None:
        """Two clocks of reset."""
        self.dut.rst.value = 1
        for _ in range(2):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def run(self, jobs: Sequence[Job], gap: float = 0.0) -> None:
        """The jobs as soon as each may follow, or later with probability ``gap``; blocks of a job likewise.

        Later is so late, too, that the pipe has forgotten all before.
        """
        dut = self.dut

        def wait() -> int:
            return random.choice((1, 2, 5, 30, 2 * self.latency)) if random.random() < gap else 0

        load = swap = block = -9
        loads: dict[int, int] = {}
        swaps: set[int] = set()
        blocks: dict[int, tuple[Job, int]] = {}
        busy: set[int] = set()
        for job in jobs:
            load = max(load + 4, swap - 1, 0) + wait()
            swap = max(load + 5, block) + wait()
            loads[load] = job.sa
            swaps.add(swap)
            block = swap
            for number in range(len(job.blocks)):
                block += 1 + wait()
                blocks[block] = (job, number)
            busy.update(range(load, block + 1))
        expected: dict[int, tuple[int, int]] = {}
        for cycle in range(block + self.latency + 2):
            dut.load.value = int(cycle in loads)
            dut.load_index.value = loads.get(cycle, random.randrange(INDEXES))
            dut.swap.value = int(cycle in swaps)
            dut.busy.value = int(cycle in busy)
            dut.s_valid.value = int(cycle in blocks)
            dut.s_block.value = random.getrandbits(128)
            dut.s_skip.value = random.getrandbits(3)
            dut.s_user.value = user = random.getrandbits(8)
            if cycle in blocks:
                job, number = blocks[cycle]
                key, plaintext = self.keys[job.sa], job.blocks[number]
                dut.s_block.value = int.from_bytes(plaintext, "big")
                dut.s_skip.value = (self.key_bits - 8 * len(key)) // 32
                expected[cycle + self.latency] = (int.from_bytes(aes_ecb(key, plaintext), "big"), user)
            await FallingEdge(dut.clk)
            assert int(dut.m_valid.value) == int(cycle + 1 in expected), f"cycle {cycle}"
            if cycle + 1 in expected:
                assert (int(dut.m_block.value), int(dut.m_user.value)) == expected[cycle + 1], f"cycle {cycle}"
            else:
                assert int(dut.m_user.value) == 0, f"cycle {cycle}"

    def stored(self, index: int) -> list[int]:
        """The words of the round keys of an entry (Icarus)."""
        return [
            int(self.dut.pipe.round[r].aes_round_key_inst.mem[4 * index + word].value)
            for r in range(self.rounds + 1)
            for word in range(4)
        ]


async def bench_of(dut: Any) -> Bench:
    """A bench with the DUT out of reset."""
    bench = Bench(dut)
    await bench.start()
    return bench


@cocotb.test()
async def nist_vectors(dut: Any) -> None:
    """CAVP vectors of every key size, each its own key and job."""
    bench = await bench_of(dut)
    vectors = [vector for vector in aes_vectors() if 8 * len(vector.key) <= bench.key_bits]
    for _ in range(6):
        chosen = random.sample(vectors, INDEXES)
        for index, vector in enumerate(chosen):
            await bench.set_key(index, vector.key)
            assert aes_ecb(vector.key, vector.pt[:16]) == vector.ct[:16]
        await bench.run([Job(index, [vector.pt[:16]]) for index, vector in enumerate(chosen)])


@cocotb.test()
async def jobs_back_to_back_and_with_gaps(dut: Any) -> None:
    """Jobs of one block up, the same SA again and others, as close as they may be and not."""
    bench = await bench_of(dut)
    for gap in (0.0, 0.0, 0.05, 0.4):
        for index in range(INDEXES):
            await bench.set_key(index, bench.random_key())
        jobs = [
            Job(random.randrange(INDEXES), [random.randbytes(16) for _ in range(random.choice((1, 1, 2, 3, 4, 5, 9)))])
            for _ in range(30)
        ]
        await bench.run(jobs, gap)


@cocotb.test()
async def nothing_stays(dut: Any) -> None:
    """Soon after the last job, or a reset in the middle, no register holds key or state; an erased entry is zero."""
    bench = await bench_of(dut)
    for index in range(INDEXES):
        await bench.set_key(index, bench.random_key())
    icarus = cocotb.SIM_NAME.lower().startswith("icarus")
    for reset in (False, True):
        await bench.run([Job(index, [random.randbytes(16)] * 3) for index in range(INDEXES)])
        for _ in range(3):
            await FallingEdge(dut.clk)
        if reset:
            dut.busy.value = 1
            dut.load.value = 1
            dut.swap.value = 1
            dut.s_valid.value = 1
            dut.start.value = 1
            for _ in range(bench.latency + 8):
                await FallingEdge(dut.clk)
            for name in ("load", "swap", "busy", "s_valid", "start"):
                getattr(dut, name).value = 0
            await bench.reset()
            # what is left goes through the S-box of aes_key_setup
            for _ in range(6):
                await FallingEdge(dut.clk)
        if icarus:
            # registers of S-boxes that follow an input of zero, and what is no secret
            plain: tuple[str, ...] = (
                "inner_reg",
                "substituted_reg",
                "new_word_reg",
                "low_reg",
                "high_reg",
                "index_reg",
                "key_size_reg",
                "word_reg",
                "rcon_reg",
            )
            plain = (*plain, "place_reg", "zeros_reg", "control_reg", "idle_reg", "empty_reg", "stages_reg")
            plain = (*plain, "whole_reg", "last_place_reg", "last_word_reg", "zero_reg")
            found = [handle for handle in registers(dut) if handle._name not in plain]
            assert len(found) > 6 * bench.rounds
            for handle in found:
                # behind the S-boxes of a round: what an octet of zero gives
                idle = SUBSTITUTED_ZEROS if handle._name == "state_2_reg" else 0
                assert handle.value == idle, handle._path
    await bench.set_key(5, bench.random_key())
    if icarus:
        before = [bench.stored(index) for index in range(INDEXES)]
        assert sum(map(bool, before[5])) > 4 * 10
        await bench.erase(5)
        assert bench.stored(5) == [0] * 4 * (bench.rounds + 1)
        assert [bench.stored(index) for index in (4, 6)] == [before[index] for index in (4, 6)]


@pytest.mark.parametrize(("key_bits", "rom_rounds"), [(256, 10), (192, 3), (128, 0)])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_aes_stored_pipe(sim: str, key_bits: int, rom_rounds: int) -> None:
    run_cocotb(
        sim,
        "stored_pipe_bench",
        [
            "tests/unit/aes_stored_pipe/stored_pipe_bench.v",
            *source_closure("aes_stored_pipe"),
            "hdl/crypto/aes_key_setup.v",
        ],
        "tests.unit.aes_stored_pipe.test_aes_stored_pipe",
        {"MAX_KEY_BITS": key_bits, "ROM_ROUNDS": rom_rounds},
    )
