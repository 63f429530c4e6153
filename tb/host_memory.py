# SPDX-License-Identifier: Apache-2.0
"""A small host address space: what a driver reaches by pointer, and a fault for every pointer to anywhere else."""

from __future__ import annotations

import bisect

from models.ndis import Abi

_FIRST = {Abi.X64: 0xFFFF_9A00_0000_0000, Abi.X86: 0x8100_0000}
_GAP = 0x40


class HostMemoryFault(Exception):  # noqa: N818 - the name of the event
    """An access that does not lie inside one allocation."""

    def __init__(self, address: int, octets: int) -> None:
        super().__init__(f"{octets} octets at {address:#x}: not inside one allocation")


class HostMemory:
    """Allocations of a 64-bit or 32-bit kernel, with unmapped octets between any two of them.

    Addresses are multiples of 16, never 0, and fit a pointer of ``abi``; each is given once.
    """

    def __init__(self, abi: Abi) -> None:
        self.abi = abi
        self._next = _FIRST[abi]
        self._starts: list[int] = []
        self._blocks: dict[int, bytearray] = {}

    def allocate(self, contents: bytes | int) -> int:
        """The address of a new block that holds ``contents``, or so many zeros."""
        block = bytearray(contents)
        address = self._next
        self._next += len(block) + _GAP + 15 & ~15
        self._starts.append(address)
        self._blocks[address] = block
        return address

    def free(self, address: int) -> None:
        """Overwrite and give back the block that starts at ``address``."""
        block = self._blocks.pop(address)
        block[:] = bytes(len(block))
        self._starts.remove(address)

    def read(self, address: int, octets: int) -> bytes:
        """``octets`` octets from ``address`` on; HostMemoryFault unless they all lie in one block."""
        block, start = self._locate(address, octets)
        return bytes(block[start : start + octets])

    def write(self, address: int, contents: bytes) -> None:
        """Write ``contents`` at ``address``; HostMemoryFault, and nothing written, unless it fits in one block."""
        block, start = self._locate(address, len(contents))
        block[start : start + len(contents)] = contents

    def write_pointer(self, address: int, value: int) -> None:
        """Write a pointer or handle."""
        self.write(address, value.to_bytes(self.abi.value, "little"))

    def read_pointer(self, address: int) -> int:
        """Read a pointer or handle."""
        return int.from_bytes(self.read(address, self.abi.value), "little")

    def _locate(self, address: int, octets: int) -> tuple[bytearray, int]:
        number = bisect.bisect_right(self._starts, address) - 1
        if number >= 0:
            start = self._starts[number]
            block = self._blocks[start]
            if 0 <= octets <= len(block) - (address - start):
                return block, address - start
        raise HostMemoryFault(address, octets)
