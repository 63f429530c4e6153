# SPDX-License-Identifier: Apache-2.0
"""Random SAs and frames, good and bad, through every build of the engine; every octet and counter compared."""

from __future__ import annotations

import os
import random
from typing import Any

import cocotb
import pytest

from tb.benchmark import BUILDS
from tb.jobs.session import Session
from tb.sim import SIMULATORS, run_cocotb
from tb.traffic import frames_from_wire, frames_to_send, random_sas

FRAMES = {"verilator": 3000, "icarus": 60}
SAS = {"verilator": 32, "icarus": 6}
BATCH_FRAMES = 250
STALL_RATES = (0, 0, 30, 128, 220)
"""Of 256 cycles; every port has its own pattern."""

PARAMETERS: dict[str, dict[str, int]] = {
    "default": {},
    "pipelined": {"CYCLES_PER_ROUND": 3},
    "hash": {"MAX_KEY_BITS": 128, "SA_COUNT": 1024, "CYCLES_PER_ROUND": 2, "GHASH_STAGES": 8},
    # as for an FPGA
    "stored_keys": BUILDS["stored_keys"],
    "shared_aes": BUILDS["shared_aes"],
}
# composite S-boxes, as for an FPGA; Icarus, which runs them at 250 cycles/s, sees them in the unit tests of aes_pipe
PARAMETERS_OF_VERILATOR = {"hash": {"SBOX_STYLE": 1}}


@cocotb.test()
async def random_frames(dut: Any) -> None:
    """FRAMES frames in each direction over SAS pairs of SAs, in batches, each with other patterns of stalls."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    transport, scoreboard = session.transport, session.scoreboard
    pairs = min(session.identification.sa_count // 2, int(os.environ["SAS"]))
    outbound, inbound = [], []
    for outbound_sa, inbound_sa, start_seq in random_sas(rng, pairs, session.identification.max_key_bits):
        outbound.append(await transport.add_sa(outbound_sa, start_seq))
        inbound.append(await transport.add_sa(inbound_sa, start_seq))
    left = int(os.environ["FRAMES"])
    while left > 0:
        count = min(left, BATCH_FRAMES)
        left -= count
        rate = rng.choice(STALL_RATES)
        session.bench.set_stalls(rate, rng.randrange(1 << 32))
        wire = frames_from_wire(rng, inbound, count)
        host = frames_to_send(rng, outbound, inbound, [], count)
        receiving = cocotb.start_soon(transport.receive(f"{left} before the end", wire))
        await transport.transmit(f"{left} before the end", host)
        await receiving
        assert not scoreboard.mismatches, scoreboard.text()
    scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    assert not scoreboard.mismatches, scoreboard.text()
    dut._log.info("%s in %d cycles", dict(scoreboard.fates), session.bench.cycles())


@pytest.mark.parametrize("build", PARAMETERS)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_random_frames(sim: str, build: str) -> None:
    """Builds that differ from the default one in every parameter."""
    environment = {"FRAMES": str(FRAMES[sim]), "SAS": str(SAS[sim])}
    parameters = PARAMETERS[build] | (PARAMETERS_OF_VERILATOR.get(build, {}) if sim == "verilator" else {})
    module = "tests.system.test_random_frames"
    run_cocotb(sim, "ipsec_bench", None, module, parameters=parameters, extra_env=environment)
