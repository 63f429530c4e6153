# SPDX-License-Identifier: Apache-2.0
"""Plays NDIS above the OID entry points of the driver: makes requests, waits for completions, keeps indications.

It holds the driver to the rules that need no knowledge of a request: a final status is never PENDING, a request is
completed once and only after PENDING, DELETE_SA has only its four results, and nothing of a request or buffer changes
that is not an output.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cocotb.triggers import Event

from models.ndis import (
    OID_REQUEST_BYTES_READ,
    Abi,
    NdisOffload,
    NdisStatus,
    Oid,
    OidRequest,
    RequestType,
)
from tb.host_memory import HostMemory, HostMemoryFault
from tb.miniport import Miniport
from tb.oid import DELETE_STATUSES, OidInterface, Spawn


class ContractError(AssertionError):
    """The driver broke a rule of NDIS."""


@dataclass(frozen=True)
class Completion:
    """How a request ended. ``buffer``: the InformationBuffer afterwards, empty if it is nowhere."""

    status: NdisStatus
    pended: bool
    bytes_read: int
    bytes_needed: int
    buffer: bytes


class NdisHost:
    """NDIS and the memory of its host (``memory``, of ``abi``) on top of the driver ``oids`` of ``miniport``.

    ``indications``: status and octets, oldest first. ``event`` and ``spawn``: of cocotb, or of another event loop.
    """

    def __init__(
        self,
        miniport: Miniport,
        abi: Abi = Abi.X64,
        *,
        pends: bool = True,
        spawn: Spawn | None = None,
        event: Callable[[], Any] = Event,
    ) -> None:
        self.abi = abi
        self.memory = HostMemory(abi)
        self.oids = OidInterface(miniport, self.memory, self._complete, self._indicate, pends=pends)
        if spawn is not None:
            self.oids.spawn = spawn
        self.indications: list[tuple[NdisStatus, bytes]] = []
        self.hardware_capabilities = b""
        self._event = event
        self._waiting: dict[int, tuple[Any, list[NdisStatus]]] = {}
        self._request_ids = itertools.count(0x1000)

    async def initialize(self) -> NdisOffload:
        """Initialise the driver; its report is the answer to queries from now on."""
        self.hardware_capabilities = await self.oids.initialize()
        return NdisOffload.parse(self.hardware_capabilities)

    def query(self, oid: int, length: int) -> tuple[NdisStatus, bytes]:
        """OID_TCP_OFFLOAD_CURRENT_CONFIG and _HARDWARE_CAPABILITIES, which NDIS answers itself."""
        image = self.hardware_capabilities
        if oid == Oid.TCP_OFFLOAD_CURRENT_CONFIG and self.indications:
            image = self.indications[-1][1]
        elif oid not in (Oid.TCP_OFFLOAD_CURRENT_CONFIG, Oid.TCP_OFFLOAD_HARDWARE_CAPABILITIES):
            return NdisStatus.NOT_SUPPORTED, b""
        if length < len(image):
            return NdisStatus.BUFFER_TOO_SHORT, b""
        return NdisStatus.SUCCESS, image

    async def direct(self, oid: int, image: bytes, request_id: int = 0) -> Completion:
        """A direct set request whose InformationBuffer holds ``image``; waits for its end."""
        return await self.direct_at(oid, self.memory.allocate(image), len(image), request_id)

    async def direct_at(self, oid: int, buffer: int, length: int, request_id: int = 0) -> Completion:
        """As :meth:`direct`, with the InformationBuffer at an address of the caller's."""
        return await self._request(self.make(oid, buffer, length, request_id), self.oids.direct_oid_request)

    async def regular(self, oid: int, image: bytes) -> Completion:
        """A regular set request. NDIS serialises them: one at a time."""
        request = self.make(oid, self.memory.allocate(image), len(image))
        return await self._request(request, self.oids.oid_request)

    def make(
        self, oid: int, buffer: int, length: int, request_id: int = 0, kind: int = RequestType.SET_INFORMATION
    ) -> int:
        """The address of a new NDIS_OID_REQUEST."""
        identifier = request_id or next(self._request_ids)
        request = OidRequest(oid, buffer, length, request_type=kind, request_id=identifier, request_handle=0x77)
        return self.memory.allocate(request.pack(self.abi))

    async def direct_request(self, address: int) -> Completion:
        """A direct request from an NDIS_OID_REQUEST of the caller's."""
        return await self._request(address, self.oids.direct_oid_request)

    async def _request(self, address: int, entry: Callable[[int], Any]) -> Completion:
        event = self._event()
        ended: list[NdisStatus] = []
        self._waiting[address] = (event, ended)
        before = self._snapshot(address)
        status: NdisStatus = await entry(address)
        pended = status == NdisStatus.PENDING
        if pended:
            await event.wait()
            status = ended[0]
        elif ended:
            raise ContractError(f"completed with {ended[0].name} and returned {status.name}")
        del self._waiting[address]
        if self.oids.error is not None:
            raise self.oids.error
        return self._judge(address, before, status, pended)

    def _judge(self, address: int, before: bytes, status: NdisStatus, pended: bool) -> Completion:
        after = self._snapshot(address)
        where = OID_REQUEST_BYTES_READ[self.abi]
        if before[:where] != after[:where] or before[where + 8 :] != after[where + 8 :]:
            raise ContractError("a field of NDIS_OID_REQUEST changed that is not an output")
        if status == NdisStatus.PENDING:
            raise ContractError("PENDING is not a final status")
        try:
            request = OidRequest.parse(after, self.abi)
            buffer = self.memory.read(request.information_buffer, request.information_buffer_length)
        except HostMemoryFault:
            buffer = b""
        except ValueError:
            return Completion(status, pended, 0, 0, b"")
        is_delete = request.oid == Oid.TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA
        if is_delete and request.request_type == RequestType.SET_INFORMATION and status not in DELETE_STATUSES:
            raise ContractError(f"DELETE_SA ended with {status.name}")
        return Completion(status, pended, request.bytes_read, request.bytes_needed, buffer)

    def _snapshot(self, address: int) -> bytes:
        """The NDIS_OID_REQUEST, as far as its allocation goes."""
        try:
            size = int.from_bytes(self.memory.read(address + 2, 2), "little")
            return self.memory.read(address, size)
        except HostMemoryFault:
            return b""

    def _complete(self, address: int, status: NdisStatus) -> None:
        if address not in self._waiting:
            raise ContractError(f"a request that is not pending was completed with {status.name}")
        event, ended = self._waiting[address]
        if ended:
            raise ContractError("a request was completed twice")
        ended.append(status)
        event.set()

    def _indicate(self, status: NdisStatus, octets: bytes) -> None:
        self.indications.append((status, octets))
