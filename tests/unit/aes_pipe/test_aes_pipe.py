# SPDX-License-Identifier: Apache-2.0
"""aes_pipe: FIPS-197 and NIST vectors, random blocks, mixed key sizes, gaps, exact latency, nothing left behind."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from models.crypto import aes_ecb
from models.vectors import aes_vectors
from tb.sim import ROOT, SIMULATORS, run_cocotb
from tests.unit import is_netlist

SOURCES = ["hdl/crypto/aes_pipe.v", "hdl/crypto/aes_round.v", "hdl/crypto/aes_sbox_composite.v"]


class Block(NamedTuple):
    """One block through the pipe; all octets in wire order."""

    key: bytes
    plaintext: bytes
    ciphertext: bytes


_PLAIN = bytes.fromhex("00112233445566778899aabbccddeeff")
FIPS_197 = [
    # appendix B
    Block(
        bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"),
        bytes.fromhex("3243f6a8885a308d313198a2e0370734"),
        bytes.fromhex("3925841d02dc09fbdc118597196a0b32"),
    ),
    # appendices C.1, C.2, C.3
    Block(bytes(range(16)), _PLAIN, bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")),
    Block(bytes(range(24)), _PLAIN, bytes.fromhex("dda97ca4864cdfe06eaf70a0ec0d7191")),
    Block(bytes(range(32)), _PLAIN, bytes.fromhex("8ea2b7ca516745bfeafc49904b496089")),
]


def random_block(longest: int) -> Block:
    """A random block under a random key of up to ``longest`` bits."""
    key = random.randbytes(random.choice([bits for bits in (128, 192, 256) if bits <= longest]) // 8)
    plaintext = random.randbytes(16)
    return Block(key, plaintext, aes_ecb(key, plaintext))


class Bench:
    """Drives one input per clock and compares each output: cycle, block and side band."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.key_bits = int(dut.MAX_KEY_BITS.value)
        self.latency = (self.key_bits // 32 + 6) * int(dut.CYCLES_PER_ROUND.value) + 1
        self.cycle = 0
        self.expected: deque[tuple[int, bytes, int]] = deque()

    async def start(self) -> None:
        """Reset."""
        Clock(self.dut.clk, 10, "ns").start()
        self.dut.rst.value = 1
        self.dut.s_valid.value = 0
        for _ in range(3):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def step(self) -> None:
        """One clock; then the outputs of the cycle are compared."""
        await FallingEdge(self.dut.clk)
        self.cycle += 1
        expected = (b"", 0)
        if self.expected and self.expected[0][0] == self.cycle:
            expected = self.expected.popleft()[1:]
        assert int(self.dut.m_valid.value) == bool(expected[0]), f"cycle {self.cycle}"
        got = (int(self.dut.m_block.value).to_bytes(16, "big"), int(self.dut.m_user.value))
        assert got == (expected[0] or bytes(16), expected[1]), f"cycle {self.cycle}"

    async def send(self, block: Block, key_size: int | None = None) -> None:
        """One block; ``key_size`` overrides that of the key. Bits beyond the key are random: they must not matter."""
        user = random.getrandbits(8)
        key = block.key + random.randbytes(32 - len(block.key))
        self.dut.s_valid.value = 1
        self.dut.s_block.value = int.from_bytes(block.plaintext, "big")
        self.dut.s_key.value = int.from_bytes(key, "big")
        self.dut.s_key_size.value = len(block.key) // 8 - 2 if key_size is None else key_size
        self.dut.s_user.value = user
        self.expected.append((self.cycle + self.latency, block.ciphertext, user))
        await self.step()

    async def idle(self, cycles: int) -> None:
        """Clocks without a block, with anything on the other inputs."""
        for _ in range(cycles):
            self.dut.s_valid.value = 0
            self.dut.s_block.value = random.getrandbits(128)
            self.dut.s_key.value = random.getrandbits(256)
            self.dut.s_key_size.value = random.getrandbits(2)
            self.dut.s_user.value = random.getrandbits(8)
            await self.step()

    async def send_all(self, blocks: Sequence[Block], gap: float = 0.0) -> None:
        """All blocks, with gaps, until the pipe is empty again."""
        for block in blocks:
            while random.random() < gap:
                await self.idle(random.choice((1, 1, 2, self.latency)))
            await self.send(block)
        await self.idle(self.latency + 1)
        assert not self.expected


async def bench_of(dut: Any) -> Bench:
    """A bench with the DUT out of reset."""
    bench = Bench(dut)
    await bench.start()
    return bench


@cocotb.test()
async def fips_197(dut: Any) -> None:
    """The examples of the standard, alone and one after the other."""
    bench = await bench_of(dut)
    blocks = [block for block in FIPS_197 if 8 * len(block.key) <= bench.key_bits]
    for block in blocks:
        await bench.send_all([block])
    await bench.send_all(random.choices(blocks, k=20))


@cocotb.test()
async def nist_vectors(dut: Any) -> None:
    """Every CAVP vector (GFSbox, KeySbox, VarKey, VarTxt, MMT) of every key size, shuffled, one per clock."""
    bench = await bench_of(dut)
    blocks = [
        Block(vector.key, vector.pt[i : i + 16], vector.ct[i : i + 16])
        for vector in aes_vectors()
        for i in range(0, len(vector.pt), 16)
        if 8 * len(vector.key) <= bench.key_bits
    ]
    assert len(blocks) > 300
    random.shuffle(blocks)
    await bench.send_all(blocks)


@cocotb.test()
async def random_blocks_and_gaps(dut: Any) -> None:
    """Random keys, sizes and blocks without gaps, then with few and with many."""
    bench = await bench_of(dut)
    for count, gap in ((200, 0.0), (60, 0.1), (60, 0.6)):
        await bench.send_all([random_block(bench.key_bits) for _ in range(count)], gap)


@cocotb.test()
async def key_size_out_of_range(dut: Any) -> None:
    """A key size that is not built is taken as the longest one, and its neighbours are right."""
    bench = await bench_of(dut)
    for key_size in range(bench.key_bits // 64 - 1, 4):
        key, plaintext = random.randbytes(bench.key_bits // 8), random.randbytes(16)
        await bench.send(random_block(bench.key_bits))
        await bench.send(Block(key, plaintext, aes_ecb(key, plaintext)), key_size)
    await bench.send_all([random_block(bench.key_bits)])


def registers(scope: Any) -> Iterator[Any]:
    """All handles below ``scope`` whose name ends in _reg."""
    for handle in scope:
        if handle._name.endswith("_reg"):
            yield handle
        elif isinstance(handle, cocotb.handle.HierarchyObject | cocotb.handle.HierarchyArrayObject):
            yield from registers(handle)


@cocotb.test()
async def no_key_of_a_longer_block(dut: Any) -> None:
    """Behind their last round, blocks of a short key leave no register with the key of a longer block before them."""
    bench = await bench_of(dut)
    if bench.key_bits > 128:
        longest = random.randbytes(bench.key_bits // 8)
        await bench.send(Block(longest, bytes(16), aes_ecb(longest, bytes(16))))
        for _ in range(bench.latency):
            await bench.send(random_block(128))
        if cocotb.SIM_NAME.lower().startswith("icarus"):
            found = [handle for handle in registers(dut) if re.search(r"round\[1\d\].*\.m_key_reg$", handle._path)]
            assert len(found) == bench.key_bits // 32 + 6 - 9
            for handle in found:
                assert handle.value == 0, handle._path
    await bench.send_all([])


@cocotb.test()
async def nothing_stays(dut: Any) -> None:
    """An empty pipe holds no key, state or side band in any register: after the last block, and after a reset."""
    for reset in (False, True):
        bench = await bench_of(dut)
        blocks = [random_block(bench.key_bits) for _ in range(bench.latency + 3)]
        if reset:
            for block in blocks:
                await bench.send(block)
            dut.rst.value = 1
            dut.s_valid.value = 0
            for _ in range(2):
                await FallingEdge(dut.clk)
        else:
            await bench.send_all(blocks)
        if cocotb.SIM_NAME.lower().startswith("icarus") and not is_netlist():
            # the composite S-box's own register follows its input: the S-box of zero
            found = [handle for handle in registers(dut) if handle._name != "inner_reg"]
            assert len(found) > 5 * 10 * int(dut.CYCLES_PER_ROUND.value)
            for handle in found:
                assert handle.value == 0, handle._path
        dut.rst.value = 0


@cocotb.test()
async def key_ends_with_its_last_round(dut: Any) -> None:
    """Behind the last round of its size no key is passed on, while the block itself still travels."""
    bench = await bench_of(dut)
    for key_bits, rounds in ((128, 10), (192, 12), (256, 14)):
        if key_bits > bench.key_bits:
            continue
        key = random.randbytes(key_bits // 8)
        for _ in range(bench.latency + 3):
            plaintext = random.randbytes(16)
            await bench.send(Block(key, plaintext, aes_ecb(key, plaintext)))
        if cocotb.SIM_NAME.lower().startswith("icarus") and not is_netlist():
            assert all(dut.round[r].key.value != 0 for r in range(rounds))
            assert all(dut.round[r].key.value == 0 for r in range(rounds, bench.key_bits // 32 + 7))
    await bench.send_all([])


BUILDS = ((192, 2, 0), (128, 1, 1), (256, 3, 1), (256, 1, 0), (256, 3, 0), (256, 2, 1), (192, 3, 1), (128, 1, 0))
"""MAX_KEY_BITS, CYCLES_PER_ROUND, SBOX_STYLE."""


@pytest.mark.parametrize(("key_bits", "cycles", "style"), BUILDS)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_aes_pipe(sim: str, key_bits: int, cycles: int, style: int) -> None:
    parameters = {"MAX_KEY_BITS": key_bits, "CYCLES_PER_ROUND": cycles, "SBOX_STYLE": style}
    run_cocotb(sim, "aes_pipe", SOURCES, "tests.unit.aes_pipe.test_aes_pipe", parameters)


def sbox_of_the_standard() -> bytes:
    """The S-box from its definition, FIPS-197 5.1.1: the inverse in GF(2^8), then the affine map."""

    def multiply(a: int, b: int) -> int:
        product = 0
        for bit in range(8):
            if b >> bit & 1:
                product ^= a << bit
        for bit in range(14, 7, -1):
            if product >> bit & 1:
                product ^= 0x11B << bit - 8
        return product

    table = []
    for octet in range(256):
        inverse = next((other for other in range(256) if multiply(octet, other) == 1), 0)
        doubled = inverse << 8 | inverse
        table.append(0x63 ^ inverse ^ (doubled >> 7 ^ doubled >> 6 ^ doubled >> 5 ^ doubled >> 4) & 0xFF)
    return bytes(table)


def test_table_is_the_standards() -> None:
    """The table in the Verilog source, entry by entry, against the definition."""
    source = (ROOT / "hdl/crypto/aes_round.v").read_text(encoding="utf-8")
    rows = re.findall(r"256'h([0-9a-f]{64})", source)
    assert bytes.fromhex("".join(rows)) == sbox_of_the_standard()
