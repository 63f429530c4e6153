# SPDX-License-Identifier: Apache-2.0
"""What the target ``sim`` of ipsec_esp_engine.core runs: one frame in each direction, then some dozen random ones.

Needs nothing from outside. The first frames, alone in the engine, are what scripts/integration.py draws.
"""

from __future__ import annotations

import random
from typing import Any

import cocotb

from models.sa import Algorithm, Direction, SecurityAssociation
from tb.jobs.session import Session
from tb.traffic import frames_from_wire, frames_to_send, random_sas
from tb.transport import Frame, build_frame, wire_frame

PAIRS = 2
FRAMES = 24
"""Random frames in each direction."""
PAYLOAD = bytes(range(40))
SOURCE, DESTINATION = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))


@cocotb.test()
async def engine(dut: Any) -> None:
    """Octets, status, metadata and counters are those of the golden model."""
    session = await Session.start(dut)
    transport, scoreboard = session.transport, session.scoreboard
    rng = random.Random(1)
    first = [
        await transport.add_sa(
            SecurityAssociation(
                direction, Algorithm.GCM_128, 0x1001, rng.randbytes(16), rng.randbytes(4), dst=DESTINATION
            )
        )
        for direction in (Direction.OUTBOUND, Direction.INBOUND)
    ]
    await transport.transmit("one out", [Frame(build_frame(first[0], PAYLOAD), first[0].handle)])
    await transport.receive("one in", [wire_frame(first[1], PAYLOAD)])
    outbound, inbound = [first[0]], [first[1]]
    for outbound_sa, inbound_sa, start_seq in random_sas(rng, PAIRS, session.identification.max_key_bits):
        outbound.append(await transport.add_sa(outbound_sa, start_seq))
        inbound.append(await transport.add_sa(inbound_sa, start_seq))
    receiving = cocotb.start_soon(transport.receive("in", frames_from_wire(rng, inbound, FRAMES, 400)))
    await transport.transmit("out", frames_to_send(rng, outbound, inbound, [], FRAMES, 400))
    await receiving
    scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    session.bench.check()
    assert not scoreboard.mismatches, scoreboard.text()
