# SPDX-License-Identifier: Apache-2.0
"""sa_ram_cam against a Python table: searches in every cycle, while other entries are written and cleared."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb
from tests.unit.sa_cam.test_sa_cam import LATENCY, Key, drive, find, found_as_they_are, random_key, random_keys, start

WRITE_CYCLES = 66
"""in which busy is high"""


async def write(dut: Any, index: int, key: Key) -> None:
    """Set an entry that is not valid; returns when a search finds it."""
    drive(dut, "write", key)
    dut.write_index.value = index
    dut.prepare.value = 1
    await FallingEdge(dut.clk)
    dut.prepare.value = 0
    for _ in range(WRITE_CYCLES):
        assert int(dut.busy.value)
        await FallingEdge(dut.clk)
    assert not int(dut.busy.value)
    dut.set_valid.value = 1
    await FallingEdge(dut.clk)
    dut.set_valid.value = 0


@cocotb.test()
async def random_writes_and_searches(dut: Any) -> None:
    """Results are those of the table before the write of the cycle; an entry that is not set yet is never found."""
    dut.prepare.value = 0
    await start(dut)
    entries: dict[int, Key] = {}
    count = int(dut.SA_COUNT.value)
    expected: list[tuple[int, list[int]] | None] = [None] * LATENCY
    hits = misses = 0
    pending: tuple[int, Key] | None = None
    busy = 0
    for _ in range(9000):
        search = random_key()
        if random.random() < 0.3:
            search = random.choice([*entries.values(), *([pending[1]] if pending else []), search])
        valid = random.random() < 0.8
        tag = random.getrandbits(1)
        drive(dut, "search", search)
        dut.search_valid.value = int(valid)
        dut.search_tag.value = tag
        matching = [index for index, entry in entries.items() if entry.matches(search)]
        expected.append((tag, matching) if valid else None)

        prepare = do_set = do_clear = False
        index = pending[0] if pending else random.randrange(min(count, 12))
        if pending is None and index not in entries:
            key = random_key()
            # what the command engine keeps to: no search without wildcard can match two entries
            if not any(e.matches(key) or key.matches(e) for e in entries.values()):
                prepare, pending, busy = True, (index, key), WRITE_CYCLES + 1
                drive(dut, "write", key)
        elif pending is not None and busy == 0 and random.random() < 0.3:
            do_set = True
        if not do_set and not prepare and entries and random.random() < 0.01:
            do_clear, index = True, random.choice(list(entries))
        do_clear_all = random.random() < 0.0005
        dut.write_index.value = index
        dut.prepare.value = int(prepare)
        dut.set_valid.value = int(do_set)
        dut.clear_valid.value = int(do_clear)
        dut.clear_all.value = int(do_clear_all)
        if do_set:
            assert pending is not None
            entries[pending[0]] = pending[1]
            pending = None
        if do_clear:
            del entries[index]
        if do_clear_all:
            entries.clear()

        await FallingEdge(dut.clk)
        busy -= busy > 0
        assert int(dut.busy.value) == (busy > 0)
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
    """Each entry is found under its number, and not when one bit differs; reset empties all, also in a write."""
    dut.prepare.value = 0
    await start(dut)
    keys = random_keys(int(dut.SA_COUNT.value))
    for index in random.sample(range(len(keys)), len(keys)):
        await write(dut, index, keys[index])
    dut.search_valid.value = 1

    await found_as_they_are(dut, keys)

    # a wildcard in place of one of them; then a reset while an entry is written
    dut.clear_valid.value, dut.write_index.value = 1, 5
    await FallingEdge(dut.clk)
    dut.clear_valid.value = 0
    assert (await find(dut, keys[5]))[0] == 0
    any_destination = keys[5]._replace(wildcard=1)
    await write(dut, 5, any_destination)
    for digest in (0, 0xFFFFFFFF, random.getrandbits(32)):
        assert await find(dut, keys[5]._replace(digest=digest)) == (1, 5)
    assert (await find(dut, keys[5]._replace(spi=keys[5].spi ^ 1)))[0] == 0
    for index in (4, 6, 7):
        assert await find(dut, keys[index]) == (1, index)
        assert await find(dut, keys[index]._replace(digest=keys[index].digest ^ 1, wildcard=1)) == (1, index)
    dut.prepare.value, dut.write_index.value = 1, 5
    await FallingEdge(dut.clk)
    dut.prepare.value = 0
    dut.rst.value = 1
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    dut.search_valid.value = 0
    for _ in range(LATENCY + 1):
        assert int(dut.result_valid.value) == 0
        assert int(dut.busy.value) == 0
        await FallingEdge(dut.clk)
    dut.search_valid.value = 1
    assert (await find(dut, any_destination))[0] == 0
    assert (await find(dut, keys[7]))[0] == 0


@pytest.mark.parametrize("entries", [16, 64])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_sa_ram_cam(sim: str, entries: int) -> None:
    """All cocotb tests of this file."""
    run_cocotb(
        sim=sim,
        toplevel="sa_ram_cam",
        sources=["hdl/sa/sa_ram_cam.v", "hdl/sa/sa_cam_encode.v"],
        test_module="tests.unit.sa_ram_cam.test_sa_ram_cam",
        parameters={"SA_COUNT": entries},
    )
