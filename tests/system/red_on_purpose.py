# SPDX-License-Identifier: Apache-2.0
"""Tests that fail, for tests/system/test_failure_kit.py; by its name no run of all tests finds this file."""

from __future__ import annotations

import dataclasses
import os
import random
from pathlib import Path
from typing import Any

import cocotb
import pytest

from models.sa import Algorithm, Direction, SecurityAssociation
from tb.jobs.session import Session
from tb.sim import SIMULATORS, run_cocotb
from tb.transport import Frame, OwnedSa, build_frame, wire_frame

MODULE = "tests.system.red_on_purpose"
FRAMES = 8
PAYLOAD = 300
SOURCE, DESTINATION = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))


async def offload(session: Session, direction: Direction, spi: int) -> OwnedSa:
    """An SA with ports that stall."""
    rng = random.Random(spi)
    key, salt = rng.randbytes(16), rng.randbytes(4)
    session.bench.set_stalls(100)
    sa = SecurityAssociation(direction, Algorithm.GCM_128, spi, key, salt, src=SOURCE, dst=DESTINATION)
    return await session.transport.add_sa(sa)


@cocotb.test()
async def both_ways(dut: Any) -> None:
    """Frames in both directions; red only where the engine is."""
    session = await Session.start(dut)
    outbound = await offload(session, Direction.OUTBOUND, 0x1001)
    inbound = await offload(session, Direction.INBOUND, 0x1002)
    frames = [Frame(build_frame(outbound, bytes([number] * PAYLOAD)), outbound.handle) for number in range(FRAMES)]
    await session.transport.transmit("out", frames)
    await session.transport.receive("in", [wire_frame(inbound, bytes([number] * PAYLOAD)) for number in range(FRAMES)])
    assert not session.scoreboard.mismatches, session.scoreboard.text()


@cocotb.test()
async def disagreement(dut: Any) -> None:
    """After five frames the reference engine gets an SA with another key: red on every engine."""
    session = await Session.start(dut)
    inbound = await offload(session, Direction.INBOUND, 0x1002)
    frames = [wire_frame(inbound, bytes([number] * PAYLOAD)) for number in range(FRAMES)]
    await session.transport.receive("good", frames[:5])
    session.reference.delete_sa(inbound.handle)
    session.reference.add_sa(dataclasses.replace(inbound.sa, key=bytes(16)), inbound.handle)
    await session.transport.receive("bad", frames[5:])
    # what comes after the first difference is of no interest any more
    await session.transport.receive("late", [wire_frame(inbound, bytes(PAYLOAD)) for _ in range(FRAMES)])
    assert not session.scoreboard.mismatches, session.scoreboard.text()


@cocotb.test()
async def once(dut: Any) -> None:
    """Fails in the first run only."""
    await Session.start(dut)
    mark = Path(os.environ["MARK"])
    if not mark.exists():
        mark.touch()
        raise AssertionError("only once")


@pytest.mark.parametrize("sim", SIMULATORS)
def test_red(sim: str) -> None:
    """The second of two cases fails."""
    run_cocotb(sim, "ipsec_bench", None, MODULE, testcase=["both_ways", "disagreement"])
