# SPDX-License-Identifier: Apache-2.0
"""sa_hash against a Python dict, with a search in every cycle: churn, full tables, a table too small.

The Verilog side (tb/hdl/sa_hash_bench.v) runs lists of operations and judges the search of every cycle by a copy of
the entries; operations that search are judged by the dict here. HASH_TEST in the environment: the size of
a test.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from tb.sim import SIMULATORS, run_cocotb

BATCH = 64
ADD, DELETE, SEARCH, CLEAR = 1, 2, 3, 4
BASE = 0x0A000000


class Key(NamedTuple):
    """What an entry is found by; digest None: any destination."""

    inbound: int
    ipv6: int
    spi: int
    digest: int | None

    @property
    def group(self) -> tuple[int, int, int]:
        """All but the destination."""
        return self[:3]


def operation(opcode: int, key: Key | None = None, index: int = 0, hit: bool = False) -> int:
    """An operation of sa_hash_bench."""
    if key is None:
        return opcode << 84 | index << 64
    word = (key.digest or 0) | key.spi << 32 | index << 64 | key.ipv6 << 80 | key.inbound << 81
    return word | (key.digest is None) << 82 | hit << 83 | opcode << 84


class Bench:
    """The table: operations in lists, and the dict."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.size = int(dut.SA_COUNT.value)
        self.index_of: dict[Key, int] = {}
        self.groups: dict[tuple[int, int, int], int] = {}
        self.keys: list[Key] = []
        self.free = list(range(self.size))
        self.pending: list[tuple[int, Key | None]] = []
        self.refused = 0

    async def start(self) -> None:
        """Reset and the sweep that follows it."""
        dut = self.dut
        dut.start.value = dut.count.value = dut.operations.value = 0
        dut.rst.value = 1
        await Timer(100, "ns")
        dut.rst.value = 0
        await self.clear()

    async def flush(self) -> None:
        """Run what is pending; an ADD without room is taken back."""
        dut = self.dut
        for first in range(0, len(self.pending), BATCH):
            batch = self.pending[first : first + BATCH]
            dut.operations.value = int.from_bytes(b"".join(word.to_bytes(11, "little") for word, _ in batch), "little")
            dut.count.value = len(batch)
            dut.start.value = 1
            await RisingEdge(dut.done)
            results = int(dut.results.value)
            for number, (_, key) in enumerate(batch):
                if key is not None and not results >> number & 1:
                    self.refused += 1
                    self.forget(key)
            dut.start.value = 0
            await FallingEdge(dut.done)
        self.pending.clear()
        assert int(dut.errors.value) == 0, f"{int(dut.errors.value)} wrong searches"

    def forget(self, key: Key) -> int:
        """Remove from the dict; its entry number, free again."""
        index = self.index_of.pop(key)
        self.groups[key.group] -= 1
        if not self.groups[key.group]:
            del self.groups[key.group]
        self.free.append(index)
        return index

    def may_add(self, key: Key) -> bool:
        """True where the duplicate check of the SA table would let the key in."""
        if key.group not in self.groups:
            return bool(self.free)
        return (
            bool(self.free) and key.digest is not None and not {key, key._replace(digest=None)} & self.index_of.keys()
        )

    def add(self, key: Key) -> None:
        """ADD a key that may be added."""
        index = self.free.pop(random.randrange(len(self.free)) if len(self.free) < 2000 else 0)
        self.index_of[key] = index
        self.groups[key.group] = self.groups.get(key.group, 0) + 1
        self.pending.append((operation(ADD, key, index), key))

    def delete(self, key: Key) -> None:
        """DELETE a key of the table."""
        self.pending.append((operation(DELETE, index=self.forget(key)), None))

    def search(self, key: Key) -> None:
        """Search for a key; digest None: is the group not empty."""
        if key.digest is None:
            found, index = key.group in self.groups, 0
        else:
            number = self.index_of.get(key, self.index_of.get(key._replace(digest=None)))
            found, index = number is not None, number or 0
        self.pending.append((operation(SEARCH, key, index, found), None))

    async def clear(self) -> None:
        """Empty the table."""
        self.index_of.clear()
        self.groups.clear()
        self.free = list(range(self.size))
        self.pending.append((operation(CLEAR), None))
        await self.flush()

    def counts(self) -> dict[str, int]:
        """What the Verilog side counted."""
        names = ("searches", "hits", "moves", "double_hits", "most_overflow", "longest")
        return {name: int(getattr(self.dut, name).value) for name in names}


def some_key(spis: int, digests: int) -> Key:
    """A key out of few, one in ten of any destination."""
    digest = None if random.random() < 0.1 else BASE + random.randrange(digests)
    return Key(random.getrandbits(1), random.getrandbits(1), 0x1000 + random.randrange(spis), digest)


def spread(spi: Callable[[int], int], digest: Callable[[int], int | None]) -> Callable[[int], Key]:
    """Inbound IPv4 keys by number."""
    return lambda number: Key(1, 0, spi(number) & 0xFFFFFFFF, digest(number))


def permuted(number: int) -> int:
    """A number that looks random, another one for each number."""
    return (number * 0x9E3779B1 ^ 0x5DEECE66) & 0xFFFFFFFF


def patterns(base: int) -> dict[str, Callable[[int], Key]]:
    """Keys by number; base moves all of them."""
    return {
        "random": spread(lambda n: permuted(n ^ base), lambda n: permuted(n + base)),
        "random_any": spread(lambda n: permuted(n ^ base), lambda n: None),
        "sequential": spread(lambda n: base + n, lambda n: BASE),
        "sequential_any": spread(lambda n: base + n, lambda n: None),
        "same_low_bits": spread(lambda n: n << 16 | base & 0xFFFF, lambda n: BASE),
        "same_low_bits_any": spread(lambda n: n << 16 | base & 0xFFFF, lambda n: None),
        "same_spi": spread(lambda n: base, lambda n: BASE + n),
        "same_spi_high": spread(lambda n: base, lambda n: n << 16 | 1),
        "grid": spread(lambda n: base + n % 64, lambda n: BASE + n // 64),
        "both": spread(lambda n: base + n, lambda n: BASE + n),
        "all_kinds": lambda n: Key(
            n & 1, n >> 1 & 1, (base + (n >> 2)) & 0xFFFFFFFF, None if n % 3 == 0 else permuted(n)
        ),
    }


async def churn(bench: Bench, operations: int, keys: Callable[[], Key]) -> None:
    """ADD, DELETE and searches in any order; every ADD finds room."""
    present = list(bench.index_of)
    for number in range(operations):
        kind = random.random()
        key = keys()
        if kind < 0.4 and bench.may_add(key):
            bench.add(key)
            present.append(key)
        elif kind < 0.7 and present:
            position = random.randrange(len(present))
            present[position], present[-1] = present[-1], present[position]
            bench.delete(present.pop())
        else:
            bench.search(random.choice(present) if present and random.random() < 0.5 else key)
        if number % 1024 == 1023:
            await bench.flush()
    await bench.flush()
    assert bench.refused == 0


async def search_all(bench: Bench, keys: Iterable[Key]) -> None:
    """Search for each of them, and for its group."""
    for key in keys:
        bench.search(key._replace(digest=permuted(key.spi)) if key.digest is None else key)
        bench.search(key._replace(digest=None))
    await bench.flush()


@cocotb.test()
async def random_churn(dut: Any) -> None:
    """Keys that meet each other: many of one group, any destination after destinations and the other way round."""
    bench = Bench(dut)
    await bench.start()
    operations = int(os.environ["HASH_TEST"])
    pattern = patterns(random.getrandbits(32))["all_kinds"]
    for number in range(int(os.environ.get("HASH_FILL", "0"))):
        bench.add(pattern(number))
    await bench.flush()
    await churn(bench, operations, lambda: some_key(20, 4))
    await churn(bench, operations, lambda: some_key(2 * bench.size, 4))
    await search_all(bench, list(bench.index_of))
    before = list(bench.index_of)
    await bench.clear()
    await search_all(bench, before)
    await churn(bench, operations // 4, lambda: some_key(20, 50))
    counts = bench.counts()
    dut._log.info("%s", counts)
    assert counts["searches"] // 50 < counts["hits"] < counts["searches"] * 49 // 50


@cocotb.test()
async def fill_to_capacity(dut: Any) -> None:
    """The advertised number of entries fits for each pattern of keys; half are replaced, then all erased."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(int(os.environ.get("HASH_SEEDS", "1"))):
        chosen = os.environ.get("HASH_PATTERNS", "").split()
        for name, pattern in patterns(random.getrandbits(32)).items():
            if chosen and name not in chosen:
                continue
            for number in range(bench.size):
                bench.add(pattern(number))
            await bench.flush()
            assert not bench.free and bench.refused == 0, f"{name}: {bench.refused} of {bench.size} had no room"
            sample = random.sample(list(bench.index_of), min(bench.size, 2000))
            await search_all(bench, sample)
            for key in random.sample(list(bench.index_of), bench.size // 2):
                bench.delete(key)
            await search_all(bench, sample)
            for number in range(bench.size, bench.size + bench.size // 2):
                if pattern(number) in bench.index_of or not bench.may_add(pattern(number)):
                    continue
                bench.add(pattern(number))
            await bench.flush()
            assert bench.refused == 0, f"{name}: {bench.refused} had no room the second time"
            await search_all(bench, sample)
            dut._log.info("%s: %s", name, bench.counts())
            await bench.clear()
            await search_all(bench, sample)


@cocotb.test()
async def too_small(dut: Any) -> None:
    """A table with fewer places than entries: moves, overflow and refusals, and not one wrong search."""
    bench = Bench(dut)
    await bench.start()
    for _ in range(int(os.environ["HASH_TEST"])):
        while len(bench.free) > bench.size // 8:
            key = some_key(60, 6)
            if not bench.may_add(key):
                continue
            bench.add(key)
            if random.random() < 0.05:
                await bench.flush()
                if bench.refused:
                    break
        await bench.flush()
        bench.refused = 0
        await search_all(bench, list(bench.index_of) + [some_key(60, 6) for _ in range(20)])
        for key in random.sample(list(bench.index_of), len(bench.index_of) // random.choice((2, 8, 1))):
            bench.delete(key)
        await search_all(bench, list(bench.index_of) + [some_key(60, 6) for _ in range(20)])
    counts = bench.counts()
    dut._log.info("%s", counts)
    assert counts["moves"] > 8 and counts["double_hits"] and counts["most_overflow"] >= 16
    assert counts["longest"] <= 64


MODULE = "tests.unit.sa_hash.test_sa_hash"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_random_churn(sim: str) -> None:
    """1,024 entries (Icarus: 256)."""
    size, operations = {"verilator": (1024, 30000), "icarus": (256, 800)}[sim]
    run_cocotb(sim, "sa_hash_bench", None, MODULE, {"SA_COUNT": size}, "random_churn", {"HASH_TEST": str(operations)})


@pytest.mark.parametrize("sim", SIMULATORS)
def test_fill_to_capacity(sim: str) -> None:
    """1,024 entries, several seeds (Icarus: 256)."""
    size, seeds, chosen = {"verilator": (1024, 4, ""), "icarus": (256, 1, "same_spi all_kinds")}[sim]
    environment = {"HASH_SEEDS": str(seeds), "HASH_PATTERNS": chosen}
    run_cocotb(sim, "sa_hash_bench", None, MODULE, {"SA_COUNT": size}, "fill_to_capacity", environment)


@pytest.mark.skipif("verilator" not in SIMULATORS, reason="too large for Icarus")
@pytest.mark.parametrize("chosen", ["same_spi", "all_kinds"])
def test_fill_65536(chosen: str) -> None:
    """65,536 entries."""
    environment = {"HASH_PATTERNS": chosen}
    run_cocotb("verilator", "sa_hash_bench", None, MODULE, {"SA_COUNT": 65536}, "fill_to_capacity", environment)


@pytest.mark.skipif("verilator" not in SIMULATORS, reason="too large for Icarus")
def test_churn_65536() -> None:
    """65,536 entries, nearly all of them in use."""
    environment = {"HASH_TEST": "50000", "HASH_FILL": "62000"}
    run_cocotb("verilator", "sa_hash_bench", None, MODULE, {"SA_COUNT": 65536}, "random_churn", environment)


@pytest.mark.parametrize("seed", ["32'h0", "32'h9e3779b9", "32'hffffffff"])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_too_small(sim: str, seed: str) -> None:
    """32 places and 16 in each overflow CAM for 128 entries, with several hashes."""
    parameters: dict[str, int | str] = {"SA_COUNT": 128, "BUCKETS_LOG2": 2, "HASH_SEED": seed}
    rounds = {"verilator": "60", "icarus": "4"}[sim]
    run_cocotb(sim, "sa_hash_bench", None, MODULE, parameters, "too_small", {"HASH_TEST": rounds})
