# SPDX-License-Identifier: Apache-2.0
"""ADD_SA while frames leave back to back: its hash key waits for a gap in the AES pipe, and no frame waits for it."""

from __future__ import annotations

import os
import random
from typing import Any

import cocotb
import pytest

from models.sa import Direction
from tb.benchmark import BUILDS
from tb.jobs.session import Session
from tb.sim import SIMULATORS, run_cocotb
from tb.transport import Frame, build_frame
from tests.system.common import random_sa

FRAMES = {"verilator": 96, "icarus": 32}
OCTETS = 1400
SAS = {"verilator": 20, "icarus": 7}


@cocotb.test()
async def adds_under_load(dut: Any) -> None:
    """Every SA that is added under load works afterwards, and the load takes as long as without."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    transport, bench = session.transport, session.bench
    # a key that is expanded takes 120 cycles more, and the powers of its H 200
    count = int(os.environ["FRAMES"]) * (3 if int(dut.KEY_STORE.value) else 1)
    busy = await transport.add_sa(random_sa(rng, Direction.OUTBOUND, icv_len=16))

    async def load(name: str) -> int:
        frames = [Frame(build_frame(busy, rng.randbytes(OCTETS)), busy.handle) for _ in range(count)]
        start = bench.cycles()
        await transport.transmit(name, frames)
        return bench.cycles() - start

    alone = await load("alone")
    loading = cocotb.start_soon(load("loaded"))
    added = [
        await transport.add_sa(random_sa(rng, Direction.OUTBOUND, icv_len=16)) for _ in range(int(os.environ["SAS"]))
    ]
    assert not loading.done(), "the load was over before the last ADD_SA"
    # the bench looks for results now and then, not in each cycle
    assert await loading <= alone + 300
    await transport.transmit("added", [Frame(build_frame(owned, bytes(40)), owned.handle) for owned in added])
    session.scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    assert not session.scoreboard.mismatches, session.scoreboard.text()


@pytest.mark.parametrize("parameters", [{}, BUILDS["stored_keys"]], ids=["default", "stored_keys"])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_adds_under_load(sim: str, parameters: dict[str, int]) -> None:
    """All cocotb tests of this file."""
    environment = {"FRAMES": str(FRAMES[sim]), "SAS": str(SAS[sim])}
    run_cocotb(sim, "ipsec_bench", None, "tests.system.test_adds_under_load", parameters, extra_env=environment)
