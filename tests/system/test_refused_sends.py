# SPDX-License-Identifier: Apache-2.0
"""Frames to send whose packet is of another kind than their SA, or while transmit offload is off: none leaves."""

from __future__ import annotations

import dataclasses
import itertools
import random
from typing import Any

import cocotb
import pytest

from models.sa import Direction
from tb.jobs.session import Session
from tb.sim import SIMULATORS, run_cocotb
from tb.transport import Frame, build_frame
from tests.system.common import random_sa


@cocotb.test()
async def refused_sends(dut: Any) -> None:
    """Every IP version and encapsulation under an SA of every one, with its SPI; then all of them again, off."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    transport, fates = session.transport, session.scoreboard.fates
    frames = []
    for ipv6, udp in itertools.product((False, True), (0, 1)):
        owned = await transport.add_sa(random_sa(rng, Direction.OUTBOUND, ipv6=ipv6, udp_encapsulation=udp, icv_len=16))
        for other_ipv6, other_udp in itertools.product((False, True), (0, 1)):
            other = dataclasses.replace(owned.sa, ipv6=other_ipv6, udp_encapsulation=other_udp)
            frame = build_frame(dataclasses.replace(owned, sa=other), rng.randbytes(rng.randrange(90)))
            frames += [Frame(frame, owned.handle), Frame(frame)]
    await transport.transmit("on", frames)
    assert (fates["tx_protected"], fates["tx_bypassed"]) == (4, 16)
    assert (fates["tx_failed_ip_version_mismatch"], fates["tx_failed_encapsulation_mismatch"]) == (8, 4)
    await transport.enable(transmit=False)
    await transport.transmit("off", frames)
    assert (fates["tx_failed_disabled"], fates["tx_bypassed"]) == (16, 32)
    await transport.enable()
    await transport.transmit("on again", frames)
    assert fates["tx_protected"] == 8
    session.scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    assert not session.scoreboard.mismatches, session.scoreboard.text()


@pytest.mark.parametrize("sim", SIMULATORS)
def test_refused_sends(sim: str) -> None:
    """All cocotb tests of this file."""
    run_cocotb(sim, "ipsec_bench", None, "tests.system.test_refused_sends")
