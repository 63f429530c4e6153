# SPDX-License-Identifier: Apache-2.0
"""ghash: messages back to back and with gaps, each with its own H, abandoned messages, known answers, exact latency."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from models.crypto import aes_ecb, counter_block, ghash, ghash_input, hash_powers
from models.vectors import gcm_vectors
from tb.sim import SIMULATORS, run_cocotb, source_closure
from tests.unit import is_netlist


class Message(NamedTuple):
    """A message for the DUT: H, its blocks, how many of them are sent (fewer: abandoned), and its GHASH."""

    h: int
    blocks: bytes
    sent: int
    expected: int

    @property
    def length(self) -> int:
        """Blocks of the whole message."""
        return len(self.blocks) // 16


class Bench:
    """Drives one input per clock and checks each pulse of m_valid for its cycle and value."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.stages = int(dut.STAGES.value)
        self.latency = self.stages + 1 + int(dut.EXTRA_REGISTERS.value)
        self.cycle = 0
        self.expected: deque[tuple[int, int]] = deque()
        self.hashes = 0

    async def start(self) -> None:
        """Reset."""
        Clock(self.dut.clk, 10, "ns").start()
        self.dut.rst.value = 1
        self.dut.s_valid.value = 0
        for _ in range(3):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def reset(self) -> None:
        """One clock of reset, which is enough."""
        self.dut.rst.value = 1
        self.dut.s_valid.value = 0
        await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0
        assert not int(self.dut.m_valid.value)
        self.cycle += 1
        self.expected.clear()

    async def step(self) -> None:
        """One clock; then the outputs of the cycle are compared."""
        await FallingEdge(self.dut.clk)
        self.cycle += 1
        if int(self.dut.m_valid.value):
            assert self.expected, f"cycle {self.cycle}: a hash nobody asked for"
            cycle, value = self.expected.popleft()
            assert self.cycle == cycle
            got = int(self.dut.m_hash.value)
            assert got == value, f"cycle {cycle}: {got:032x}, not {value:032x}"
            self.hashes += 1
        else:
            assert not self.expected or self.cycle < self.expected[0][0], f"cycle {self.cycle}: no hash"

    async def idle(self, cycles: int) -> None:
        """Clocks without a block, with anything on the other inputs."""
        for _ in range(cycles):
            self.dut.s_valid.value = 0
            self.dut.s_block.value = random.getrandbits(128)
            self.dut.s_first.value = random.getrandbits(1)
            self.dut.s_left.value = random.randrange(self.stages + 2)
            await self.step()

    async def send(self, message: Message, gap: float) -> None:
        """The blocks of a message, each after a gap with this probability; no gap behind the last."""
        powers = hash_powers(message.h, self.stages)
        one_power = int(self.dut.POWERS.value) < self.stages
        self.dut.s_h_powers.value = sum(power << 128 * k for k, power in enumerate(powers)) if not one_power else 0
        for i in range(message.sent):
            while random.random() < gap:
                await self.idle(random.choice((1, 1, 1, 2, 3, self.stages, 2 * self.stages)))
            self.dut.s_valid.value = 1
            self.dut.s_first.value = int(i == 0)
            self.dut.s_left.value = min(message.length - i, self.stages + 1)
            if one_power:
                self.dut.s_h_powers.value = powers[min(message.length - i, self.stages) - 1]
            self.dut.s_block.value = int.from_bytes(message.blocks[16 * i : 16 * i + 16], "big")
            if i == message.length - 1:
                self.expected.append((self.cycle + self.latency, message.expected))
            await self.step()

    async def finish(self, hashes: int) -> None:
        """Idle until the pipe is empty; as many hashes as messages came out and the hash register is empty again."""
        await self.idle(3 * self.stages + 4)
        assert not self.expected
        assert self.hashes == hashes
        assert int(self.dut.m_hash.value) == 0
        if is_netlist():
            return
        if int(self.dut.STYLE.value):
            multiplier = self.dut.karatsuba.gf128_karatsuba_inst
            for name in ("x_pieces", "h_pieces", "products", "product", "m_product"):
                assert not int(getattr(multiplier, name).value), name
            return
        for k in range(1, self.stages + 1):
            stage = self.dut.digits.gf128_multiply_inst.stage[k].next
            assert not any(int(getattr(stage, name).value) for name in ("valid_reg", "x_reg", "h_reg")), k


def random_message(longest: int = 40, abandon: bool = False) -> Message:
    """A message of 1 to ``longest`` random blocks, cut short when ``abandon``."""
    count = random.choice((random.randint(1, 10), random.randint(1, longest)))
    h = random.choice((random.getrandbits(128), random.getrandbits(128), 1 << random.randrange(128)))
    blocks = random.randbytes(16 * count)
    if abandon and count > 1:
        return Message(h, blocks, random.randint(1, count - 1), 0)
    return Message(h, blocks, count, ghash(h, blocks))


async def send_all(dut: Any, messages: Sequence[Message], gap: float, after: float) -> None:
    """Reset, all messages (an idle time of random length between two with probability ``after``), and the end."""
    bench = Bench(dut)
    await bench.start()
    for message in messages:
        await bench.send(message, gap)
        if random.random() < after:
            await bench.idle(random.randint(1, 2 * bench.stages + 2))
    await bench.finish(sum(message.sent == message.length for message in messages))


@cocotb.test()
async def back_to_back(dut: Any) -> None:
    """No gap anywhere, a new H with every message."""
    await send_all(dut, [random_message() for _ in range(40)], gap=0, after=0)


@cocotb.test()
async def every_length_after_every_length(dut: Any) -> None:
    """All pairs of lengths around the number of stages, without a gap."""
    longest = int(dut.STAGES.value) + 2
    lengths = [n for a in range(1, longest + 1) for b in range(1, longest + 1) for n in (a, b)]
    messages = []
    for count in lengths:
        h, blocks = random.getrandbits(128), random.randbytes(16 * count)
        messages.append(Message(h, blocks, count, ghash(h, blocks)))
    await send_all(dut, messages, gap=0, after=0)


@cocotb.test()
async def gaps(dut: Any) -> None:
    """Gaps of random length, inside messages and between them."""
    await send_all(dut, [random_message() for _ in range(15)], gap=0.1, after=0.2)
    for gap in (0.3, 0.7):
        await send_all(dut, [random_message(20) for _ in range(10)], gap=gap, after=0.5)


@cocotb.test()
async def abandoned_messages(dut: Any) -> None:
    """Every second message or so ends early: no hash for it, and no trace in the others."""
    for count, gap in ((60, 0.0), (40, 0.2)):
        messages = [random_message(20, abandon=random.random() < 0.5) for _ in range(count)]
        await send_all(dut, [*messages, random_message(20)], gap=gap, after=gap)


@cocotb.test()
async def reset_abandons(dut: Any) -> None:
    """A reset in the middle of messages: nothing comes out for them, and the next one is right."""
    bench = Bench(dut)
    await bench.start()
    for turn in range(12):
        for _ in range(random.randint(0, 2)):
            await bench.send(random_message(3), gap=0.2)
        # unfinished, or complete with its hash under way
        await bench.send(random_message(20, abandon=turn % 2 == 0), gap=0.2)
        await bench.reset()
        hashes = bench.hashes
        await bench.send(random_message(12), gap=0)
        await bench.finish(hashes + 1)


@cocotb.test()
async def known_answers(dut: Any) -> None:
    """NIST CAVP: the tag of an AES-GCM vector without E(K, J0) is the GHASH of its padded AAD, ciphertext, lengths."""
    messages = []
    for vector in random.sample([v for v in gcm_vectors() if v.valid and len(v.iv) == 12 and len(v.tag) == 16], 120):
        mask = int.from_bytes(aes_ecb(vector.key, counter_block(vector.iv, 1)), "big")
        h = int.from_bytes(aes_ecb(vector.key, bytes(16)), "big")
        blocks = ghash_input(vector.aad, vector.ct)
        messages.append(Message(h, blocks, len(blocks) // 16, int.from_bytes(vector.tag, "big") ^ mask))
    await send_all(dut, messages, gap=0, after=0)


@pytest.mark.parametrize(
    ("stages", "style", "powers", "extra"),
    [
        (1, 0, 1, 0),
        (2, 0, 2, 0),
        (4, 0, 4, 0),
        (8, 0, 8, 0),
        (4, 0, 4, 1),
        (4, 1, 4, 0),
        (4, 1, 1, 0),
        (4, 1, 4, 1),
        (4, 1, 1, 1),
    ],
)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_ghash(sim: str, stages: int, style: int, powers: int, extra: int) -> None:
    run_cocotb(
        sim,
        "ghash",
        source_closure("ghash"),
        "tests.unit.ghash.test_ghash",
        {"STAGES": stages, "STYLE": style, "POWERS": powers, "EXTRA_REGISTERS": extra},
        public_all=True,
    )
