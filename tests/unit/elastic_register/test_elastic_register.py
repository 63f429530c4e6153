# SPDX-License-Identifier: Apache-2.0
"""elastic_register: every word leaves once, in order, a cycle later; who waits for whom; wires without a stage."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from tb.sim import SIMULATORS, run_cocotb


class Bench:
    """Drives one cycle at a time and compares handshakes and word with those of a queue."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.stage = int(dut.STAGE.value)
        self.close_gaps = bool(int(dut.CLOSE_GAPS.value))
        self.mask = (1 << int(dut.WIDTH.value)) - 1
        self.inside: deque[int] = deque()
        self.kept: int | None = None
        """At half rate: the word that the sender has to keep, not taken or not yet told that it was."""
        self.copied = False
        """It was taken."""
        self.passed = self.waited = 0

    async def start(self) -> None:
        """Clock and reset, with a sender that does not care."""
        Clock(self.dut.clk, 10, "ns").start()
        self.dut.rst.value = 1
        self.dut.s_valid.value = 1
        self.dut.s_data.value = 0
        self.dut.m_ready.value = 0
        for _ in range(2):
            await FallingEdge(self.dut.clk)
        self.dut.rst.value = 0

    def ready_expected(self, ready: bool) -> bool:
        """``s_ready`` with this ``m_ready``."""
        if self.stage == 2:
            return len(self.inside) < 2
        if self.stage == 3:
            return self.copied
        return ready or (self.stage == 1 and self.close_gaps and not self.inside)

    async def step(self, send: bool, ready: bool) -> bool:
        """One cycle with a new random word, or the kept one; true if it was taken."""
        dut, word = self.dut, random.getrandbits(64) & self.mask
        if self.kept is not None:
            send, word = True, self.kept
        dut.s_valid.value = int(send)
        dut.s_data.value = word
        offered = self.inside[0] if self.inside else word if self.stage == 0 and send else None
        # what leads from one side to the other within a cycle: with the other m_ready first
        for m_ready in (not ready, ready):
            dut.m_ready.value = int(m_ready)
            await Timer(1, "ns")
            assert int(dut.s_ready.value) == self.ready_expected(m_ready), (m_ready, list(self.inside))
            assert int(dut.m_valid.value) == (offered is not None), list(self.inside)
            if offered is not None:
                assert int(dut.m_data.value) == offered
        taken = send and self.ready_expected(ready)
        if self.stage == 3:
            taken = send and not self.copied and (ready or not self.inside)
            self.kept = word if send and not self.copied else None
            self.copied = taken
        if offered is not None and ready:
            self.passed += 1
        self.waited += offered is not None and not ready
        if taken:
            self.inside.append(word)
        if self.inside and offered is not None and ready:
            self.inside.popleft()
        await FallingEdge(dut.clk)
        return taken


@cocotb.test()
async def stalls(dut: Any) -> None:
    """Sender and receiver that stall at random, from hardly ever to nearly always: nothing lost, doubled or early."""
    bench = Bench(dut)
    await bench.start()
    sent = 0
    for send, read in (*((s, r) for s in (0.1, 0.5, 0.9) for r in (0.1, 0.5, 0.9)), (1.0, 0.3), (0.3, 1.0)):
        for _ in range(150):
            sent += await bench.step(random.random() < send, random.random() < read)
    for _ in range(3):
        sent += await bench.step(False, True)
    assert not bench.inside
    assert bench.passed == sent > 300
    assert bench.waited > 300


@cocotb.test()
async def a_word_in_every_cycle(dut: Any) -> None:
    """A receiver that is ready never makes the sender wait, from the first word on and behind a stall; at half rate
    it waits with every other word.
    """
    bench = Bench(dut)
    await bench.start()
    for _ in range(5):
        for _ in range(20):
            await bench.step(True, False)
        # a second register has one word more than it hands on; at half rate none moves up
        await bench.step(bench.stage < 2, True)
        for turn in range(50):
            assert await bench.step(True, True) == (bench.stage != 3 or turn % 2 == 1)


@cocotb.test()
async def reset_empties(dut: Any) -> None:
    """A word inside at a reset is gone, and what comes in the cycle of the reset does not come out."""
    for words in (1, 2, 3):
        bench = Bench(dut)
        await bench.start()
        for _ in range(words):
            await bench.step(True, bench.stage == 1 and not bench.close_gaps)
        bench = Bench(dut)
        await bench.start()
        for _ in range(3):
            await bench.step(False, True)
        assert bench.passed == 0


BUILDS = ((0, 1, 8), (1, 0, 8), (1, 1, 8), (1, 1, 1), (1, 0, 64), (2, 1, 8), (3, 1, 8))
"""STAGE, CLOSE_GAPS, WIDTH."""


@pytest.mark.parametrize(("stage", "close_gaps", "width"), BUILDS)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_elastic_register(sim: str, stage: int, close_gaps: int, width: int) -> None:
    run_cocotb(
        sim,
        "elastic_register",
        ["hdl/axis/elastic_register.v"],
        "tests.unit.elastic_register.test_elastic_register",
        parameters={"WIDTH": width, "STAGE": stage, "CLOSE_GAPS": close_gaps},
    )
