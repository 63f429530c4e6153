# SPDX-License-Identifier: Apache-2.0
"""sa_cam against a Python table: every cycle a random search and a random write, latency, wildcards, clear."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb

LATENCY = 2


class Key(NamedTuple):
    """What an entry holds and a search asks for; ``wildcard`` is the entry's dst_any or the search's search_any."""

    inbound: int
    ipv6: int
    spi: int
    digest: int
    wildcard: int

    def matches(self, search: Key) -> bool:
        """True where this entry is found by the search."""
        return self[:3] == search[:3] and (self.digest == search.digest or bool(self.wildcard or search.wildcard))


def random_key() -> Key:
    """A key out of few, so that most searches meet something; single bits of SPI and digest differ."""
    return Key(
        random.getrandbits(1),
        random.getrandbits(1),
        random.choice((0x00000001, 0x80000001, 0x00000003)),
        random.choice((0, 0x0A000001, 0x8A000001, 0x0A000000)),
        int(random.random() < 0.2),
    )


def drive(dut: Any, prefix: str, key: Key) -> None:
    """Put a key on the ports of the search or of the write."""
    getattr(dut, f"{prefix}_inbound").value = key.inbound
    getattr(dut, f"{prefix}_ipv6").value = key.ipv6
    getattr(dut, f"{prefix}_spi").value = key.spi
    getattr(dut, f"{prefix}_digest").value = key.digest
    (dut.search_any if prefix == "search" else dut.write_dst_any).value = key.wildcard


async def start(dut: Any) -> None:
    """Clock and reset; returns after a falling edge with reset off and no request."""
    Clock(dut.clk, 10, "ns").start()
    for name in ("search_valid", "set_valid", "clear_valid", "clear_all", "write_index", "search_tag"):
        getattr(dut, name).value = 0
    drive(dut, "search", Key(0, 0, 0, 0, 0))
    drive(dut, "write", Key(0, 0, 0, 0, 0))
    dut.rst.value = 1
    for _ in range(3):
        await FallingEdge(dut.clk)
    dut.rst.value = 0


def random_keys(count: int) -> list[Key]:
    """Keys that differ, without wildcards."""
    return [Key(i & 1, i >> 1 & 1, random.getrandbits(32), random.getrandbits(32), 0) for i in range(count)]


async def find(dut: Any, key: Key) -> tuple[int, int]:
    """Hit and index of a search; search_valid is high."""
    drive(dut, "search", key)
    for _ in range(LATENCY):
        await FallingEdge(dut.clk)
    return int(dut.result_hit.value), int(dut.result_index.value)


async def found_as_they_are(dut: Any, keys: Sequence[Key]) -> None:
    """Each entry is found under its number, and the last one not when one bit of its key differs."""
    for index, key in enumerate(keys):
        assert await find(dut, key) == (1, index)
    key = keys[-1]
    for bit in range(32):
        assert (await find(dut, key._replace(spi=key.spi ^ 1 << bit)))[0] == 0
        assert (await find(dut, key._replace(digest=key.digest ^ 1 << bit)))[0] == 0
    assert (await find(dut, key._replace(inbound=1 - key.inbound)))[0] == 0
    assert (await find(dut, key._replace(ipv6=1 - key.ipv6)))[0] == 0


@cocotb.test()
async def random_writes_and_searches(dut: Any) -> None:
    """Set, clear and search in the same cycle, all the time: the result is that of the table before the write."""
    await start(dut)
    entries: dict[int, Key] = {}
    count = int(dut.SA_COUNT.value)
    expected: list[tuple[int, list[int]] | None] = [None] * LATENCY
    hits = misses = 0
    for _ in range(2500):
        search = random_key()
        valid = random.random() < 0.8
        tag = random.getrandbits(1)
        drive(dut, "search", search)
        dut.search_valid.value = int(valid)
        dut.search_tag.value = tag
        matching = [index for index, entry in entries.items() if entry.matches(search)]
        expected.append((tag, matching) if valid else None)

        index = random.randrange(count)
        write = random_key()
        # what the command engine keeps to: no search without wildcard can match two entries
        crowded = any(other != index and (e.matches(write) or write.matches(e)) for other, e in entries.items())
        do_set = random.random() < 0.5 and not crowded
        do_clear = not do_set and random.random() < 0.2
        do_clear_all = random.random() < 0.004
        drive(dut, "write", write)
        dut.write_index.value = index
        dut.set_valid.value = int(do_set)
        dut.clear_valid.value = int(do_clear)
        dut.clear_all.value = int(do_clear_all)
        if do_set:
            entries[index] = write
        if do_clear:
            entries.pop(index, None)
        if do_clear_all:
            entries.clear()

        await FallingEdge(dut.clk)
        assert int(dut.entry_valid.value) == sum(1 << i for i in entries)
        due = expected[-LATENCY]
        assert int(dut.result_valid.value) == (due is not None)
        if due is not None:
            assert int(dut.result_tag.value) == due[0]
            assert int(dut.result_hit.value) == bool(due[1]), due
            if len(due[1]) == 1:
                assert int(dut.result_index.value) == due[1][0]
            hits += bool(due[1])
            misses += not due[1]
    assert hits > 300 and misses > 300, (hits, misses)


@cocotb.test()
async def every_entry_and_every_bit(dut: Any) -> None:
    """Each entry is found under its number, and not when one bit of SPI, digest, version or direction differs."""
    await start(dut)
    keys = random_keys(int(dut.SA_COUNT.value))
    dut.set_valid.value = 1
    for index, key in enumerate(keys):
        drive(dut, "write", key)
        dut.write_index.value = index
        await FallingEdge(dut.clk)
    dut.set_valid.value = 0
    dut.search_valid.value = 1

    await found_as_they_are(dut, keys)
    # one clock of reset, in the middle of searches: no result of any of them
    assert int(dut.result_valid.value)
    dut.rst.value = 1
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    dut.search_valid.value = 0
    assert int(dut.entry_valid.value) == 0
    for _ in range(LATENCY + 1):
        assert int(dut.result_valid.value) == 0
        await FallingEdge(dut.clk)


@pytest.mark.parametrize("entries", [16, 64, 256])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_sa_cam(sim: str, entries: int) -> None:
    """All cocotb tests of this file."""
    run_cocotb(
        sim=sim,
        toplevel="sa_cam",
        sources=["hdl/sa/sa_cam.v", "hdl/sa/sa_cam_encode.v"],
        test_module="tests.unit.sa_cam.test_sa_cam",
        parameters={"SA_COUNT": entries},
    )
