# SPDX-License-Identifier: Apache-2.0
"""Idle sources and stalled sinks, each port alone and all together, change no octet, no metadata and no order."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import cocotb
import pytest

from tb.jobs.session import Session
from tb.sim import SIMULATORS, run_cocotb
from tb.traffic import frames_from_wire, frames_to_send, random_sas

PORTS = ("tx_source", "rx_source", "tx_sink", "status_sink", "rx_sink")
PERCENT = {"verilator": {0: 60, 10: 60, 50: 60, 90: 30, 99: 12}, "icarus": {0: 8, 10: 6, 50: 5, 90: 3, 99: 2}}
"""Percent of the cycles in which a port stands still: frames for each direction and pattern."""
MAXIMUM = {"verilator": 1400, "icarus": 80}
"""Octets of the longest payload."""
PAIRS = 4


@cocotb.test()
async def stalls(dut: Any) -> None:
    """Every rate on every port alone, then on all of them; every result compared with the reference engine."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    transport, scoreboard, bench = session.transport, session.scoreboard, session.bench
    ports = {name: getattr(bench, name) for name in PORTS}
    outbound, inbound = [], []
    for outbound_sa, inbound_sa, start_seq in random_sas(rng, PAIRS, session.identification.max_key_bits):
        outbound.append(await transport.add_sa(outbound_sa, start_seq))
        inbound.append(await transport.add_sa(inbound_sa, start_seq))
    maximum = int(os.environ["MAXIMUM"])
    for percent, frames in json.loads(os.environ["PERCENT"]).items():
        for stalled in (*((name,) for name in PORTS), PORTS) if int(percent) else ((),):
            cycle = bench.cycles()
            for name, port in ports.items():
                port.set_stall(int(percent) * 256 // 100 if name in stalled else 0, rng.randrange(1 << 32))
            name = f"{percent} % on {', '.join(stalled) or 'no port'}:"
            host = frames_to_send(rng, outbound, inbound, [], frames, maximum)
            wire = frames_from_wire(rng, inbound, frames, maximum)
            transmitting = cocotb.start_soon(transport.transmit(name, host))
            await transport.receive(name, wire)
            await transmitting
            assert not scoreboard.mismatches, scoreboard.text()
            # the pattern was there: a stalled port moves a beat in (100 - percent) % of the cycles
            beats = min(sum(-(-len(frame) // 16) for frame in wire), frames)
            least = beats * 100 // (100 - int(percent)) // 2 if stalled == PORTS else 0
            assert bench.cycles() - cycle >= least, name
    bench.set_stalls(0)
    scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    assert not scoreboard.mismatches, scoreboard.text()
    dut._log.info("%s in %d cycles", dict(scoreboard.fates), bench.cycles())


@pytest.mark.parametrize("sim", SIMULATORS)
def test_flow_control(sim: str) -> None:
    """0 to 99 % of the cycles."""
    environment = {"PERCENT": json.dumps(PERCENT[sim]), "MAXIMUM": str(MAXIMUM[sim])}
    run_cocotb(sim, "ipsec_bench", None, "tests.system.test_flow_control", extra_env=environment)
