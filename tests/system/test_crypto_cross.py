# SPDX-License-Identifier: Apache-2.0
"""Every algorithm and ICV x IP version and encapsulation x ESN x class of length, in both directions, good and bad."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from typing import Any

import cocotb
import pytest

from models.packet import ParsedEsp, parse_frame
from models.sa import Algorithm, Direction, SecurityAssociation
from tb.jobs.session import Session
from tb.sim import SIMULATORS, run_cocotb
from tb.transport import Frame, OwnedSa, build_frame, wire_frame

BATCH_KINDS = 30
"""An SA of each kind for each direction has to fit into the table."""
EVERY = {"verilator": 1, "icarus": 11}
CRYPTO = [(algorithm, icv) for algorithm in Algorithm for icv in ((16,) if algorithm.gmac else (8, 12, 16))]
KINDS = list(itertools.product(CRYPTO, (False, True), (0, 1), (False, True)))


def protected_octets(rng: random.Random) -> tuple[int, ...]:
    """A length of each class of tb.coverage.length_class."""
    return (
        rng.randrange(2, 16),
        16 * rng.randrange(1, 6),
        16 * rng.randrange(1, 16) + rng.randrange(1, 16),
        16 * rng.randrange(16, 40) + rng.randrange(1, 16),
        16 * rng.randrange(88, 92) + rng.randrange(1, 16),
    )


def frames_of(rng: random.Random, owned: OwnedSa) -> Iterator[bytes]:
    """Of each length a good frame and a bad one: another SPI from the host, a wrong ICV from the wire."""
    for octets in protected_octets(rng):
        for good in (True, False):
            build = wire_frame if owned.sa.inbound else build_frame
            frame = bytearray(build(owned, rng.randbytes(octets - 2), pad_length=0))
            if not good:
                parsed = parse_frame(bytes(frame))
                assert isinstance(parsed, ParsedEsp)
                if owned.sa.inbound:
                    bit = rng.randrange(8 * owned.sa.icv_len)
                    frame[parsed.ip_end - 1 - bit // 8] ^= 1 << bit % 8
                else:
                    frame[parsed.esp + rng.randrange(1, 4)] ^= 1 << rng.randrange(8)
            yield bytes(frame)


@cocotb.test()
async def crypto_cross(dut: Any) -> None:
    """All kinds of SA, a batch at a time; every result compared."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    transport, scoreboard = session.transport, session.scoreboard
    kinds = KINDS[:: int(os.environ["EVERY"])]
    for first in range(0, len(kinds), BATCH_KINDS):
        host: list[Frame] = []
        wire: list[bytes] = []
        for (algorithm, icv_len), ipv6, udp, esn in kinds[first : first + BATCH_KINDS]:
            for direction in Direction:
                high = rng.randrange(1, 1 << 32) if esn else 0
                sa = SecurityAssociation(
                    direction=direction,
                    algorithm=algorithm,
                    spi=rng.randrange(1 << 28, 1 << 32),
                    key=rng.randbytes(algorithm.key_octets),
                    salt=rng.randbytes(4),
                    icv_len=icv_len,
                    esn=esn,
                    seq_hi=high,
                    ipv6=ipv6,
                    udp_encapsulation=udp * rng.choice((1, 2)),
                )
                owned = await transport.add_sa(sa, (high << 32) + rng.randrange(1, 1 << 31))
                if direction is Direction.INBOUND:
                    wire += frames_of(rng, owned)
                else:
                    host += [Frame(frame, owned.handle) for frame in frames_of(rng, owned)]
        rng.shuffle(host)
        rng.shuffle(wire)
        session.bench.set_stalls(rng.choice((0, 40)), rng.randrange(1 << 32))
        receiving = cocotb.start_soon(transport.receive(f"kinds from {first}", wire))
        await transport.transmit(f"kinds from {first}", host)
        await receiving
        await transport.delete_all()
        assert not scoreboard.mismatches, scoreboard.text()
    scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    assert not scoreboard.mismatches, scoreboard.text()
    frames = 5 * len(kinds)
    assert scoreboard.fates["tx_protected"] == scoreboard.fates["rx_decrypted"] == frames
    assert scoreboard.fates["tx_failed_spi_mismatch"] == scoreboard.fates["rx_icv_failed"] == frames


@pytest.mark.parametrize("sim", SIMULATORS)
def test_crypto_cross(sim: str) -> None:
    """All kinds on Verilator, some of each value on Icarus."""
    environment = {"EVERY": str(EVERY[sim])}
    run_cocotb(sim, "ipsec_bench", None, "tests.system.test_crypto_cross", extra_env=environment)
