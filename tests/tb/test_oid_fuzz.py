# SPDX-License-Identifier: Apache-2.0
"""Spoilt images of every request against the OID entry points, on registers without a simulator.

Whatever the octets: a status of the contract, no exception, nothing pending for ever, and the SAs that were there stay
as they are. The examples are the same in every run (hypothesis, derandomized); ``make fuzz`` takes new ones, and more.
"""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.ndis import Abi, AddSa, DeleteSa, NdisStatus, Oid, UpdateSa, request_from_sa
from models.sa import Algorithm, Direction, SecurityAssociation
from tb.ndis_host import NdisHost
from tests.tb.fake import FakeSystem, run

IMAGES_PER_EXAMPLE = 50
EXAMPLES = 220
IMAGES_PER_PART = EXAMPLES * IMAGES_PER_EXAMPLE
PARTS = -(-int(os.environ.get("FUZZ_IMAGES", IMAGES_PER_PART)) // IMAGES_PER_PART)
STATUSES = {
    NdisStatus.SUCCESS,
    NdisStatus.INVALID_PARAMETER,
    NdisStatus.INVALID_LENGTH,
    NdisStatus.NOT_SUPPORTED,
    NdisStatus.RESOURCES,
}
SA = SecurityAssociation(
    Direction.INBOUND, Algorithm.GCM_128, 0x1000, bytes(range(16)), b"salt", dst=bytes((10, 0, 0, 2)), esn=True
)
WITNESS = (0x9E370003, 0x85EB000A)
"""Handles that no spoilt octet or two make of the one in the images: a DELETE_SA of them would be a good one."""
OIDS = (
    Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
    Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
    Oid.TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
    Oid.TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA,
)
VALUES = (0, 1, 2, 3, 16, 20, 0x7F, 0xA9, 0xB0, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
SPOILS = st.tuples(
    st.integers(0, 0x3FFF), st.sampled_from(VALUES) | st.integers(0, 0xFFFFFFFF), st.sampled_from((1, 4))
)
IMAGE = st.tuples(st.sampled_from(OIDS), st.lists(SPOILS, min_size=1, max_size=4), st.none() | st.integers(0, 220))


def image_of(oid: Oid, abi: Abi) -> bytes:
    request = request_from_sa(SA)
    if oid == Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX:
        return request.pack(abi)
    if oid == Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA:
        return AddSa(flags=1, endpoints=request.endpoints, sec_assoc=request.sec_assoc, key=request.key).pack(abi)
    if oid == Oid.TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA:
        return DeleteSa(0x00550000).pack(abi)
    return UpdateSa(0x00550000, spi=SA.spi.to_bytes(4, "big")).pack(abi)


@pytest.mark.parametrize("part", range(PARTS))
@settings(
    derandomize="FUZZ_IMAGES" not in os.environ,
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(st.sampled_from(Abi), st.lists(IMAGE, min_size=IMAGES_PER_EXAMPLE, max_size=IMAGES_PER_EXAMPLE))
def test_spoilt_images(part: int, abi: Abi, images: list[tuple[Oid, list[tuple[int, int, int]], int | None]]) -> None:
    """IMAGES_PER_PART images, in each part others."""

    async def work() -> None:
        system = FakeSystem(sa_count=16)
        registers = system.bench.registers
        registers.latency = 0
        host = NdisHost(system.miniport, abi, spawn=asyncio.ensure_future, event=asyncio.Event)
        await host.initialize()
        witness = [system.bench.engine.add_sa(SA, WITNESS[0]), system.bench.engine.add_sa(_outbound(), WITNESS[1])]
        for oid, spoils, length in images:
            image = bytearray(image_of(oid, abi))
            for where, value, octets in spoils:
                start = where % (len(image) + 1 - octets)
                image[start : start + octets] = (value & (1 << 8 * octets) - 1).to_bytes(octets, "little")
            completion = await host.direct(oid, bytes(image if length is None else image[:length]))
            assert completion.status in STATUSES, completion
            for handle in set(system.bench.engine.handles) - set(witness):
                await system.miniport.delete(handle)  # a lucky image: it is a good one
            assert system.bench.engine.handles == witness, "an SA that was there is gone"
            assert system.bench.engine.sa(witness[0]) == SA and system.bench.engine.sa(witness[1]) == _outbound()
            registers.accesses.clear()

    run(work())


def _outbound() -> SecurityAssociation:
    return SecurityAssociation(Direction.OUTBOUND, Algorithm.GMAC_256, 0x2000, bytes(32), b"SALT")
