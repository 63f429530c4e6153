# SPDX-License-Identifier: Apache-2.0
"""OIDs in flight: SAs that come, change and go, and requests that are refused, while frames of other SAs run.

What has to be refused, and why, is asked of the reference engine. An SA in the hands of a :class:`Churn` carries no
frames, so the order of requests and frames does not matter for what has to come of either.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter

from models.engine import CommandError, CommandStatus
from models.ndis import (
    AddSaEx,
    DeleteSa,
    NdisStatus,
    UpdateSa,
    add_sa_ex_from_sa,
    read_offload_handle,
    request_from_sa,
)
from models.sa import SecurityAssociation
from tb.jobs.session import Session
from tb.traffic import random_sas
from tb.transport import OffloadRefusedError, OwnedSa

NDIS_STATUS = {
    CommandStatus.DUPLICATE: NdisStatus.INVALID_PARAMETER,
    CommandStatus.TABLE_FULL: NdisStatus.RESOURCES,
    CommandStatus.UNSUPPORTED_ALGORITHM: NdisStatus.NOT_SUPPORTED,
    CommandStatus.UNKNOWN_HANDLE: NdisStatus.INVALID_PARAMETER,
    CommandStatus.SPI_MISMATCH: NdisStatus.INVALID_PARAMETER,
    CommandStatus.NOT_ESN: NdisStatus.INVALID_PARAMETER,
}
"""What the driver has to answer where the reference engine refuses."""

_VARIETY = 12
_STALE_KEPT = 32


class Churn:
    """Requests around the SAs in ``parked``, which carry no frames; ``stale``: handles that were.

    ``counts``: requests by kind. Whatever differs from the reference engine is a mismatch of the scoreboard. Several
    tasks may be in :meth:`work` at once; each SA is in the hands of one of them.
    """

    def __init__(self, session: Session, rng: random.Random) -> None:
        self.session, self.rng = session, rng
        self.parked: list[OwnedSa] = []
        self.stale: list[int] = []
        self.counts: Counter[str] = Counter()

    async def work(self, requests: int, active: list[OwnedSa]) -> None:
        """So many requests, one after the other; ``active``: the SAs that have frames, which must not notice."""
        kinds = (self._add, self._add, self._delete, self._update)
        refused = (self._duplicate, self._unknown_handle, self._wrong_update, self._malformed, self._counters)
        for _ in range(requests):
            await self.rng.choice((*kinds, *refused))(active)

    async def add(self, sa: SecurityAssociation, start_seq: int) -> OwnedSa | None:
        """ADD_SA_EX; None where it has to be refused."""
        session = self.session
        try:
            owned = await session.transport.add_sa(sa, start_seq)
        except OffloadRefusedError as error:
            self._refused("add", sa, error.status, error.reason)
            return None
        self.counts["add"] += 1
        return owned

    async def delete(self, owned: OwnedSa) -> None:
        """DELETE_SA of an SA that has no frames under way."""
        await self.session.transport.delete_sa(owned)
        self.counts["delete"] += 1
        self.stale = [*self.stale[1 - _STALE_KEPT :], owned.handle]

    def _refused(self, kind: str, sa: SecurityAssociation, status: NdisStatus, reason: str) -> None:
        """An ADD_SA_EX ended with ``status``: so it must for the reference engine."""
        reference = self.session.reference
        try:
            reference.delete_sa(reference.add_sa(sa))
            self._mismatch(f"{kind} refused with {status.name} ({reason}), the reference engine takes it")
        except CommandError as error:
            if NDIS_STATUS[error.status] != status:
                self._mismatch(f"{kind} refused with {status.name} ({reason}), not for {error.status.name}")
            self.counts[f"{kind} refused: {error.status.name.lower()}"] += 1

    def _mismatch(self, text: str) -> None:
        self.session.scoreboard.mismatch(f"request: {text}")

    def _take(self, esn: bool | None = None) -> OwnedSa | None:
        """A parked SA (with extended sequence numbers or without), out of ``parked``."""
        fitting = [owned for owned in self.parked if esn is None or owned.sa.esn is esn]
        if not fitting:
            return None
        owned = self.rng.choice(fitting)
        self.parked.remove(owned)
        return owned

    async def _add(self, active: list[OwnedSa]) -> None:
        maximum = self.session.identification.max_key_bits
        outbound, inbound, start_seq = self.rng.choice(random_sas(self.rng, _VARIETY, maximum))
        owned = await self.add(self.rng.choice((outbound, inbound)), start_seq)
        if owned is not None:
            self.parked.append(owned)

    async def _delete(self, active: list[OwnedSa]) -> None:
        owned = self._take()
        if owned is not None:
            await self.delete(owned)

    async def _update(self, active: list[OwnedSa]) -> None:
        owned = self._take(esn=True)
        if owned is None:
            return
        high = self.rng.getrandbits(31)
        status = await self._send_update(owned.handle, owned.sa.spi, high)
        if status != NdisStatus.SUCCESS:
            self._mismatch(f"update of an SA ended with {status.name}")
        self.session.reference.update_sa(owned.handle, owned.sa.spi, high)
        owned.planned = high
        owned.last = high << 32 | self.rng.getrandbits(32)
        owned.next_seq = owned.last + 1
        self.parked.append(owned)
        self.counts["update"] += 1

    async def _send_update(self, handle: int, spi: int, high: int) -> NdisStatus:
        transport = self.session.transport
        image = UpdateSa(handle, spi=spi.to_bytes(4, "big"), sequence_number_high_order=high)
        return await self.session.miniport.update_sa(image.pack(transport.abi), transport.abi)

    async def _duplicate(self, active: list[OwnedSa]) -> None:
        """The SPI and destination of an SA that has frames, with another key."""
        sa = self.rng.choice(active).sa
        await self._refused_add("duplicate", dataclasses.replace(sa, key=self.rng.randbytes(len(sa.key))))

    async def _refused_add(self, kind: str, sa: SecurityAssociation) -> None:
        abi = self.session.transport.abi
        status, answer = await self.session.miniport.add_sa_ex(add_sa_ex_from_sa(sa, abi), abi)
        handle = read_offload_handle(answer, abi)
        if status == NdisStatus.SUCCESS or handle:
            self._mismatch(f"{kind} add ended with {status.name}, handle {handle:#010x}")
        else:
            self._refused(kind, sa, status, self.session.miniport.last_status.name)

    async def _unknown_handle(self, active: list[OwnedSa]) -> None:
        """DELETE_SA of a handle that is no SA's succeeds and takes nothing away; UPDATE_SA of it fails."""
        handle = self.rng.choice((*self.stale[-4:], self.rng.choice(active).handle ^ 1 << self.rng.randrange(16, 32)))
        if self.session.reference.sa(handle) is not None:
            return
        transport = self.session.transport
        status = await self.session.miniport.delete_sa(DeleteSa(handle).pack(transport.abi), transport.abi)
        if status != NdisStatus.SUCCESS:
            self._mismatch(f"delete of an unknown handle ended with {status.name}")
        status = await self._send_update(handle, 0x1234, 1)
        if status != NdisStatus.INVALID_PARAMETER:
            self._mismatch(f"update of an unknown handle ended with {status.name}")
        self.counts["unknown handle"] += 1

    async def _wrong_update(self, active: list[OwnedSa]) -> None:
        """UPDATE_SA of an SA that has frames, refused for its SPI or for want of extended sequence numbers."""
        owned = self.rng.choice(active)
        spi = owned.sa.spi ^ (1 << self.rng.randrange(32) if owned.sa.esn else 0)
        status = await self._send_update(owned.handle, spi, self.rng.getrandbits(32))
        if status != NdisStatus.INVALID_PARAMETER:
            self._mismatch(f"wrong update ended with {status.name}")
        self.counts["wrong update"] += 1

    async def _malformed(self, active: list[OwnedSa]) -> None:
        """An ADD_SA_EX that no engine takes: cut, or a field out of range."""
        rng, abi = self.rng, self.session.transport.abi
        sa = rng.choice(random_sas(rng, 1, self.session.identification.max_key_bits))[rng.randrange(2)]
        assert isinstance(sa, SecurityAssociation)
        image = self._spoilt(request_from_sa(sa)).pack(abi)
        if rng.random() < 0.3:
            image = add_sa_ex_from_sa(sa, abi)[: rng.randrange(len(image) - len(sa.key))]
        status, answer = await self.session.miniport.add_sa_ex(image, abi)
        if status not in (NdisStatus.INVALID_PARAMETER, NdisStatus.INVALID_LENGTH, NdisStatus.NOT_SUPPORTED):
            self._mismatch(f"malformed add ended with {status.name}")
        if len(answer) == len(image) and len(image) > 100 and read_offload_handle(answer, abi):
            self._mismatch("malformed add gave a handle")
        self.counts["malformed add"] += 1

    def _spoilt(self, request: AddSaEx) -> AddSaEx:
        """One field out of range that only the engine knows to be so."""
        first, second = request.sec_assoc
        kind = self.rng.randrange(4)
        if kind == 0:
            return dataclasses.replace(request, sec_assoc=(dataclasses.replace(first, spi=bytes(4)), second))
        if kind == 1:
            return dataclasses.replace(request, sec_assoc=(dataclasses.replace(first, operation=99), second))
        if kind == 2:
            return dataclasses.replace(request, udp_esp_encapsulation=self.rng.randrange(0x10, 0x10000))
        return dataclasses.replace(request, flags=request.flags | 1 << self.rng.randrange(5, 32))

    async def _counters(self, active: list[OwnedSa]) -> None:
        """Reads of counters disturb nothing."""
        await self.session.miniport.counters()
        self.counts["counters read"] += 1
