# SPDX-License-Identifier: Apache-2.0
"""sa_usage: random uses of random entries against a Python table, adds beside them, a full queue of events."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, RisingEdge

from tb.sim import SIMULATORS, run_cocotb

ENTRIES = 4
MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Entry:
    """An entry: limits (0 = none) and use."""

    soft_packets: int = 0
    soft_octets: int = 0
    hard_packets: int = 0
    hard_octets: int = 0
    packets: int = 0
    octets: int = 0
    highest: int = 0
    told: bool = False

    @property
    def limits(self) -> int:
        """The words of the staging window."""
        return self.hard_octets << 192 | self.hard_packets << 128 | self.soft_octets << 64 | self.soft_packets

    @property
    def soft(self) -> bool:
        return 0 < self.soft_packets <= self.packets or 0 < self.soft_octets <= self.octets

    @property
    def hard(self) -> bool:
        return 0 < self.hard_packets <= self.packets or 0 < self.hard_octets <= self.octets


class Usage:
    """Drives sa_usage as a path does: the index comes, two cycles later its state is there, then it may be used."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.table = [Entry() for _ in range(ENTRIES)]
        self.event = False

    async def start(self) -> None:
        dut = self.dut
        Clock(dut.clk, 10, "ns").start()
        for name in ("add", "add_index", "add_limits", "index", "use_valid", "use_count", "use_octets"):
            getattr(dut, name).value = 0
        dut.query.value = dut.query_index.value = 0
        dut.use_number.value = dut.use_near.value = dut.event_ready.value = 0
        dut.rst.value = 1
        await FallingEdge(dut.clk)
        dut.rst.value = 0
        for index in range(ENTRIES):
            await self.add(index, Entry())

    def offer(self, index: int, entry: Entry) -> None:
        """ADD_SA of an entry, in this cycle."""
        self.dut.add.value = 1
        self.dut.add_index.value = index
        self.dut.add_limits.value = entry.limits
        self.table[index] = entry

    async def add(self, index: int, entry: Entry) -> None:
        """ADD_SA of an entry, done on return."""
        self.offer(index, entry)
        await FallingEdge(self.dut.clk)
        self.dut.add.value = 0
        await FallingEdge(self.dut.clk)
        await FallingEdge(self.dut.clk)

    async def query(self, index: int) -> int:
        """The use of an entry, {highest, octets, packets}, while no use and no other index comes."""
        dut = self.dut
        dut.query.value, dut.query_index.value = 1, index
        for _ in range(5):
            await FallingEdge(dut.clk)
            if int(dut.query_done.value):
                dut.query.value = 0
                return int(dut.query_use.value)
        raise AssertionError("no answer")

    async def state(self, index: int) -> None:
        """Look at an entry, from the cycle of the last use on; on return its state is on the outputs, and right."""
        dut = self.dut
        dut.index.value = index
        await ReadOnly()
        used = int(dut.use_valid.value)
        await FallingEdge(dut.clk)
        assert int(dut.event_valid.value) == (used and self.event)
        dut.use_valid.value = dut.add.value = 0
        await FallingEdge(dut.clk)
        entry = self.table[index]
        state = int(dut.hard_reached.value), int(dut.soft_reached.value), int(dut.highest.value)
        assert state == (entry.hard, entry.soft, entry.highest)

    def use(self, index: int, octets: int, number: int, count: bool, near: bool, ready: bool) -> bool:
        """Use the entry whose state is there in this cycle; True if its handle wants to be told."""
        dut = self.dut
        dut.use_valid.value, dut.use_count.value, dut.use_octets.value = 1, int(count), octets
        dut.use_number.value, dut.use_near.value, dut.event_ready.value = number, int(near), int(ready)
        entry = self.table[index]
        self.event = event = not entry.told and (entry.soft or entry.hard or near)
        if count:
            packets, total = entry.packets + 1 & MASK, entry.octets + octets & MASK
            entry = replace(entry, packets=packets, octets=total, highest=max(entry.highest, number))
        self.table[index] = replace(entry, told=entry.told or (event and ready))
        return event


def some_limits() -> Entry:
    """Limits that a few uses reach, or that are far away, or none."""

    def limit(small: int) -> int:
        return random.choice((0, 0, random.randrange(1, small), random.getrandbits(64)))

    return Entry(limit(8), limit(20000), limit(12), limit(40000))


@cocotb.test()
async def random_uses(dut: Any) -> None:
    """Uses as dense as they come, with ADDs of other entries beside them and a queue that is full at times."""
    usage = Usage(dut)
    await usage.start()
    told = hard = soft = 0
    added = before = -1
    for _ in range(3000):
        index = random.choice([index for index in range(ENTRIES) if index not in (added, before)])
        await usage.state(index)
        entry = usage.table[index]
        hard, soft = hard + entry.hard, soft + entry.soft
        number = random.choice(
            (entry.highest, entry.highest + 1 & MASK, random.getrandbits(64), random.getrandbits(32))
        )
        kind = random.random() < 0.8, random.random() < 0.05, random.random() < 0.6
        told += usage.use(index, random.randrange(2, 1 << 14), number, *kind) and kind[2]
        added, before = -1, added
        if random.random() < 0.2:
            added = random.choice([other for other in range(ENTRIES) if other != index])
            usage.offer(added, some_limits())
    assert told > 50 and hard > 50 and soft > 50, (told, hard, soft)


@cocotb.test()
async def same_entry_again(dut: Any) -> None:
    """The use of a cycle is seen by an index that comes in that cycle: consecutive frames of one SA."""
    usage = Usage(dut)
    await usage.start()
    await usage.add(1, Entry(hard_packets=6, soft_packets=3))
    for number in range(1, 9):
        await usage.state(1)
        usage.use(1, 100, number, number <= 6, False, False)
    await usage.state(1)
    assert usage.table[1].packets == 6


@cocotb.test()
async def query(dut: Any) -> None:
    """A query gives the use of any entry, all 64 bits of it."""
    usage = Usage(dut)
    await usage.start()
    for index in range(ENTRIES):
        await usage.state(index)
        usage.use(index, 1000 + index, 0xFEDCBA9876543210 + index, True, False, False)
        await FallingEdge(dut.clk)
        dut.use_valid.value = 0
    for index in range(ENTRIES):
        assert await usage.query(index) == (0xFEDCBA9876543210 + index) << 128 | (1000 + index) << 64 | 1
    # carries through the whole width
    dut.used[2].value = 0xFFFFFFFF << 64 | 0xFFFFFFFF
    usage.table[2] = Entry(packets=0xFFFFFFFF, octets=0xFFFFFFFF)
    await usage.state(2)
    usage.use(2, 1, 7, True, False, False)
    await FallingEdge(dut.clk)
    dut.use_valid.value = 0
    assert await usage.query(2) == 7 << 128 | 1 << 96 | 1 << 32


@cocotb.test()
async def queries_harm_no_use(dut: Any) -> None:
    """Queries all the time: each answer is the use as it was in a cycle of the query, and every state is right."""
    usage = Usage(dut)
    await usage.start()
    answers = 0
    asked = 0
    uses: list[int] = []

    def use_of(index: int) -> int:
        entry = usage.table[index]
        return entry.highest << 128 | entry.octets << 64 | entry.packets

    async def watch() -> None:
        nonlocal answers, asked
        while True:
            await FallingEdge(dut.clk)
            await ReadOnly()
            uses.append(use_of(asked))
            if int(dut.query_done.value):
                assert int(dut.query_use.value) in uses
                answers += 1
            await RisingEdge(dut.clk)
            if int(dut.query_done.value):
                asked = random.randrange(ENTRIES)
                dut.query_index.value = asked
                uses[:] = [use_of(asked)]

    dut.query.value = 1
    cocotb.start_soon(watch())
    for _ in range(1500):
        index = random.randrange(ENTRIES)
        if random.random() < 0.5:
            await usage.state(random.randrange(ENTRIES))  # looked at, not used
            for _ in range(random.randrange(3)):
                await FallingEdge(dut.clk)
        await usage.state(index)
        usage.use(index, random.randrange(2, 1 << 14), random.getrandbits(32), random.random() < 0.8, False, True)
    assert answers > 300, answers


@pytest.mark.parametrize("sim", SIMULATORS)
def test_sa_usage(sim: str) -> None:
    """All cocotb tests of this file."""
    run_cocotb(
        sim=sim,
        toplevel="sa_usage",
        sources=["hdl/sa/sa_usage.v"],
        test_module="tests.unit.sa_usage.test_sa_usage",
        parameters={"SA_COUNT": ENTRIES},
        public_all=True,
    )
