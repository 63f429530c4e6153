# SPDX-License-Identifier: Apache-2.0
"""aes_double_pipe with aes_key_setup: vectors of NIST, two streams with another key in each block, what stays of it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.triggers import FallingEdge

from models.crypto import aes_ecb
from models.vectors import aes_vectors
from tb.sim import SIMULATORS, run_cocotb, source_closure
from tests.unit.aes_key_bench import INDEXES, KeyBench
from tests.unit.aes_pipe.test_aes_pipe import registers

STREAMS = 2
NO_SECRET = re.compile(r"\.pipe\.(toggle|seen|second)_reg$|_ptr_reg$|_line_inst\.|\.setup\.")
"""Registers that go round, the side band, and what is not the pipe's."""


class Block(NamedTuple):
    """A block under the key of an SA."""

    sa: int
    block: bytes


class Bench(KeyBench):
    """Drives both streams and checks each result for its cycle, value and side band."""

    def __init__(self, dut: Any) -> None:
        super().__init__(dut)
        # of the pipe, and a register of the bench
        self.latency = 5 * self.rounds // 2 + 5 + 1

    def port(self, name: str, stream: int) -> Any:
        """A port of a stream."""
        return getattr(self.dut, f"{name}_{stream}")

    async def start(self) -> None:
        """Nothing to do, and two clocks of reset."""
        for name in ("start", "erase", "s_valid_0", "s_valid_1"):
            getattr(self.dut, name).value = 0
        await self.reset()

    async def reset(self) -> None:
        """Two clocks of reset."""
        self.dut.rst.value = 1
        for _ in range(2):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def run(self, *streams: Mapping[int, Block]) -> None:
        """The blocks of each stream, by their cycles."""
        expected: list[dict[int, tuple[int, int]]] = [{} for _ in streams]
        for cycle in range(max(max(blocks, default=0) for blocks in streams) + self.latency + 2):
            for stream, blocks in enumerate(streams):
                user = random.getrandbits(8)
                values = {
                    "s_valid": int(cycle in blocks),
                    "s_index": random.randrange(INDEXES),
                    "s_skip": random.getrandbits(3),
                    "s_block": random.getrandbits(128),
                    "s_user": user,
                }
                if cycle in blocks:
                    sa, block = blocks[cycle]
                    skip = (self.key_bits - 8 * len(self.keys[sa])) // 32
                    values |= {"s_index": sa, "s_skip": skip, "s_block": int.from_bytes(block, "big")}
                    result = int.from_bytes(aes_ecb(self.keys[sa], block), "big")
                    expected[stream][cycle + self.latency] = result, user
                for name, value in values.items():
                    self.port(name, stream).value = value
            await FallingEdge(self.dut.clk)
            for stream, results in enumerate(expected):
                valid = int(self.port("m_valid", stream).value)
                assert valid == int(cycle + 1 in results), f"stream {stream}, cycle {cycle}"
                if valid:
                    found = tuple(int(self.port(name, stream).value) for name in ("m_block", "m_user"))
                    assert found == results[cycle + 1], f"stream {stream}, cycle {cycle}"

    async def idle(self, cycles: int) -> None:
        """No blocks for so long."""
        for stream in range(STREAMS):
            for name in ("s_valid", "s_index", "s_skip", "s_block", "s_user"):
                self.port(name, stream).value = 0
        for _ in range(cycles):
            await FallingEdge(self.dut.clk)


async def bench_of(dut: Any) -> Bench:
    """A bench with the DUT out of reset, in the middle of a cycle."""
    bench = Bench(dut)
    await FallingEdge(dut.clk)
    await bench.start()
    return bench


def one_behind_the_other(blocks: Sequence[Block]) -> dict[int, Block]:
    """In every cycle one."""
    return dict(enumerate(blocks))


def random_blocks(count: int, rate: float) -> dict[int, Block]:
    """Of random SAs, in each cycle one by probability ``rate``."""
    cycles = [cycle for cycle in range(count) if random.random() < rate]
    return {cycle: Block(random.randrange(INDEXES), random.randbytes(16)) for cycle in cycles}


@cocotb.test()
async def nist_vectors(dut: Any) -> None:
    """CAVP vectors of every key size, another key in each block, in another order in each stream."""
    bench = await bench_of(dut)
    vectors = [vector for vector in aes_vectors() if 8 * len(vector.key) <= bench.key_bits]
    for _ in range(6):
        chosen = random.sample(vectors, INDEXES)
        for index, vector in enumerate(chosen):
            await bench.set_key(index, vector.key)
            assert aes_ecb(vector.key, vector.pt[:16]) == vector.ct[:16]
        blocks = [Block(index, vector.pt[:16]) for index, vector in enumerate(chosen)]
        await bench.run(*(one_behind_the_other(random.sample(blocks, INDEXES)) for _ in range(STREAMS)))


@cocotb.test()
async def another_key_in_each_block(dut: Any) -> None:
    """Both streams full, with gaps, and either alone."""
    bench = await bench_of(dut)
    for rates in ((1.0, 1.0), (0.5, 0.9), (0.05, 0.3), (1.0, 0.0), (0.0, 1.0)):
        for index in range(INDEXES):
            await bench.set_key(index, bench.random_key())
        await bench.run(*(random_blocks(60, rate) for rate in rates))


@cocotb.test()
async def nothing_stays(dut: Any) -> None:
    """A latency after the last block, or a reset in the middle, all is as before; an erased entry is zero."""
    bench = await bench_of(dut)
    if not cocotb.SIM_NAME.lower().startswith("icarus"):
        return  # no registers to look at

    pipe = dut.pipe.aes_indexed_pipe_inst
    rings = [pipe.round[r].next.passed.delay_ring_inst for r in range(2, bench.rounds - 9, 2)]

    def found() -> dict[str, int]:
        words = {handle._path: handle for handle in registers(dut) if not NO_SECRET.search(handle._path)}
        words |= {word._path: word for ring in rings for low in range(0, 130, 32) for word in ring.group[low].mem}
        return {path: int(word.value) for path, word in words.items()}

    def stored(index: int) -> list[int]:
        rounds = [pipe.round[r].next.aes_indexed_round_inst for r in range(1, bench.rounds + 1)]
        keys = [scope.aes_indexed_key_inst for scope in (pipe, *rounds)]
        return [int(key.word[word].mem[index].value) for key in keys for word in range(4)]

    await bench.idle(2 * bench.latency)
    untouched = found()
    assert len(untouched) > 7 * bench.rounds
    for index in range(INDEXES):
        await bench.set_key(index, bench.random_key())
    for reset in (False, True):
        await bench.run(*(random_blocks(100, 0.8) for _ in range(STREAMS)))
        for stream in range(STREAMS):
            bench.port("s_valid", stream).value = 1
        for _ in range(20):
            await FallingEdge(dut.clk)
        assert found() != untouched
        if reset:
            await bench.reset()
        await bench.idle(bench.latency)
        assert found() == untouched
    before = [stored(index) for index in range(INDEXES)]
    assert sum(map(bool, before[5])) > 4 * 10
    await bench.erase(5)
    assert stored(5) == [0] * 4 * (bench.rounds + 1)
    assert [stored(index) for index in (4, 6)] == [before[index] for index in (4, 6)]


@cocotb.test()
async def crossings_have_a_whole_cycle(dut: Any) -> None:
    """What the other clock reads turns at edges that both clocks have, never between them (scripts.synth)."""
    bench = await bench_of(dut)
    if not cocotb.SIM_NAME.lower().startswith("icarus"):
        return  # no registers to look at
    between: list[list[bool]] = []
    common: list[list[bool]] = []

    async def watch() -> None:
        pipe = dut.pipe
        crossing = (pipe.toggle_reg, pipe.taken_reg, pipe.blocks_reg)
        before = None
        while True:
            # in front of the next edge
            await FallingEdge(dut.clk_2x)
            now = [str(register.value) for register in crossing]
            if before is not None:
                # the edge that was: one of both clocks, if clk is high behind it
                (common if dut.clk.value else between).append([a != b for a, b in zip(before, now, strict=True)])
            before = now

    watcher = cocotb.start_soon(watch())
    for index in range(INDEXES):
        await bench.set_key(index, bench.random_key())
    await bench.run(*(random_blocks(60, 0.8) for _ in range(STREAMS)))
    watcher.cancel()
    assert not any(map(any, between))
    assert all(sum(turns) > 40 for turns in zip(*common, strict=True))


@pytest.mark.parametrize("key_bits", [256, 192, 128])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_aes_double_pipe(sim: str, key_bits: int) -> None:
    run_cocotb(
        sim,
        "double_pipe_bench",
        [
            "tests/unit/aes_double_pipe/double_pipe_bench.v",
            *source_closure("aes_double_pipe"),
            "hdl/crypto/aes_key_setup.v",
        ],
        "tests.unit.aes_double_pipe.test_aes_double_pipe",
        {"MAX_KEY_BITS": key_bits},
    )
