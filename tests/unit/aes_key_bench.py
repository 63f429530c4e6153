# SPDX-License-Identifier: Apache-2.0
"""Keys for a pipe of AES with stored keys, by the aes_key_setup of its bench."""

from __future__ import annotations

import random
from typing import Any

from cocotb.triggers import FallingEdge

INDEXES = 8
"""SAs of the benches."""


class KeyBench:
    """The keys of a bench whose ``dut`` has an aes_key_setup, an input that erases, and a pipe for MAX_KEY_BITS."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.key_bits = int(dut.MAX_KEY_BITS.value)
        self.rounds = self.key_bits // 32 + 6
        self.keys: list[bytes] = [b""] * INDEXES

    async def set_key(self, index: int, key: bytes) -> None:
        """Expand ``key`` into entry ``index``."""
        dut = self.dut
        self.keys[index] = key
        dut.start.value = 1
        dut.index.value = index
        dut.key.value = int.from_bytes(key.ljust(32, b"\0"), "big")
        dut.key_size.value = (len(key) - 16) // 8
        await FallingEdge(dut.clk)
        dut.start.value = 0
        dut.key.value = random.getrandbits(256)
        cycles = 1
        while not int(dut.done.value):
            await FallingEdge(dut.clk)
            cycles += 1
        assert cycles == 5 * 4 * (self.rounds + 1) + 1

    async def erase(self, index: int) -> None:
        """Overwrite all round keys of entry ``index``."""
        self.dut.index.value = index
        self.dut.erase.value = 1
        for word in range(4):
            self.dut.erase_word.value = word
            await FallingEdge(self.dut.clk)
        self.dut.erase.value = 0

    def random_key(self) -> bytes:
        """Of any size."""
        return random.randbytes(random.choice([size for size in (16, 24, 32) if 8 * size <= self.key_bits]))
