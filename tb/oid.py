# SPDX-License-Identifier: Apache-2.0
"""The OID entry points of the miniport driver: NDIS_OID_REQUEST images in host memory, completion, cancel, reset.

Sources: sections 1 and 4 of the contract reference (NDIS direct OID requests, IPsec task offload version 2); what this
driver does where they leave a choice is in docs/contract.md.

A request is read from host memory once, when it arrives. What its image alone decides is answered at once; the rest
is answered by return value (``pends`` false) or by PENDING and a later call of ``on_complete``. Direct requests are
not serialised: each one that pends is a task of its own, and they meet at the lock of ``Miniport``, first come first
served.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import cocotb

from models.ndis import (
    ADD_SA_EX_HANDLE,
    ADD_SA_EX_SIZE,
    ADD_SA_HANDLE,
    ADD_SA_KEY_DATA,
    ADD_SA_NEXT,
    ADD_SA_SIZE,
    DELETE_SA_SIZE,
    OID_REQUEST_BYTES_READ,
    OID_REQUEST_SIZE_1,
    UPDATE_SA_SIZE,
    AddSa,
    AddSaEx,
    DeleteSa,
    Encapsulation,
    ImageError,
    IpsecOffloadV2,
    IpsecV2Parameter,
    NdisOffload,
    NdisStatus,
    OffloadEncapsulation,
    OffloadParameters,
    OffloadSet,
    Oid,
    OidRequest,
    RequestType,
    UpdateSa,
)
from tb.host_memory import HostMemory, HostMemoryFault
from tb.miniport import EngineError, Miniport

_log = logging.getLogger(__name__)

MAX_LIST_ELEMENTS = 4096
"""A longer list is taken for a broken one."""
MAX_BUFFER_OCTETS = 1 << 20
"""No image of these OIDs is longer; a longer InformationBufferLength is INVALID_LENGTH."""

DELETE_STATUSES = frozenset(
    (NdisStatus.SUCCESS, NdisStatus.PENDING, NdisStatus.NOT_ACCEPTED, NdisStatus.REQUEST_ABORTED)
)
"""The only results of OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA."""
UNSUPPORTED_OIDS = frozenset(
    (
        0xFC010202,
        0xFC010203,
        0xFC010205,
        0xFC010206,
        Oid.TCP_OFFLOAD_CURRENT_CONFIG,
        Oid.TCP_OFFLOAD_HARDWARE_CAPABILITIES,
    )
)
"""Known, but not for this driver: IPsec task offload version 1, and what NDIS answers itself."""

DIRECT_OIDS = frozenset(
    (
        Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
        Oid.TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
        Oid.TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA,
        Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
    )
)
REGULAR_OIDS = frozenset((Oid.TCP_OFFLOAD_PARAMETERS, Oid.OFFLOAD_ENCAPSULATION))

Spawn = Callable[[Coroutine[Any, Any, None]], Any]
Work = Callable[[], Coroutine[Any, Any, NdisStatus]]
Indicate = Callable[[NdisStatus, bytes], None]
Complete = Callable[[int, NdisStatus], None]


class UnreadableError(Exception):
    """A list that can not be followed to its end. ``reached``: the addresses of its elements before that."""

    def __init__(self, reached: list[int], reason: str) -> None:
        super().__init__(reason)
        self.reached = reached


@dataclass
class _Pending:
    """A request that is being worked on. ``stop``: the status it is to end with if it has not begun."""

    address: int
    request: OidRequest
    stop: NdisStatus | None = None


@dataclass
class _Configuration:
    """What OFFLOAD_PARAMETERS and OFFLOAD_ENCAPSULATION have set."""

    esp: bool = True
    transmit: bool = True
    ipv4: bool = False
    ipv6: bool = False


@dataclass
class OidInterface:
    """MiniportDirectOidRequest, MiniportOidRequest and their relatives on top of ``miniport``.

    on_complete: NdisMDirectOidRequestComplete, with the address of the request. on_indication: NdisMIndicateStatusEx,
    with the octets of the NDIS_OFFLOAD. spawn: starts a task. ``malformed_deletes``: DELETE_SA images or elements that
    could not be read, answered SUCCESS. ``error``: the first failure of the device, None as long as it works.
    """

    miniport: Miniport
    memory: HostMemory
    on_complete: Complete
    on_indication: Indicate
    spawn: Spawn = cocotb.start_soon
    pends: bool = True
    resetting: bool = False
    removed: bool = False
    malformed_deletes: int = 0
    error: EngineError | None = None
    _configuration: _Configuration = field(default_factory=_Configuration)
    _pending: list[_Pending] = field(default_factory=list)

    # ---- initialisation and configuration ----------------------------------------------------------------------

    async def initialize(self, revision: int = 3) -> bytes:
        """NDIS_OFFLOAD for NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES; send offload is on, receive offload is not."""
        self._configuration = _Configuration()
        await self._configure()
        return await self.current_config(revision)

    async def current_config(self, revision: int = 3) -> bytes:
        """NDIS_OFFLOAD as configured: the capability registers of the engine, or no IPsec while ESP is off."""
        if self._configuration.esp:
            return NdisOffload(await self.miniport.capabilities(), revision=revision).pack()
        off = IpsecOffloadV2(0, ipv6_supported=False, esp=False, transport=False, tunnel=False)
        return NdisOffload(off, revision=revision).pack()

    async def _configure(self) -> None:
        now = self._configuration
        await self.miniport.set_enables(now.esp and now.transmit, now.esp and now.ipv4, now.esp and now.ipv6)

    async def oid_request(self, address: int) -> NdisStatus:
        """MiniportOidRequest: OID_TCP_OFFLOAD_PARAMETERS and OID_OFFLOAD_ENCAPSULATION, always synchronous."""
        accepted = self._accept(address, REGULAR_OIDS)
        if isinstance(accepted, NdisStatus):
            return accepted
        request, image = accepted
        if image is None:
            return NdisStatus.INVALID_PARAMETER
        try:
            if request.oid == Oid.TCP_OFFLOAD_PARAMETERS:
                self._set_parameters(OffloadParameters.parse(image))
            else:
                self._set_encapsulation(OffloadEncapsulation.parse(image))
        except ImageError as error:
            _log.info("OID %#010x refused: %s", request.oid, error)
            return self._finish(address, request, error.status, _needed(error))
        await self._configure()
        self.on_indication(NdisStatus.TASK_OFFLOAD_CURRENT_CONFIG, await self.current_config())
        return self._finish(address, request, NdisStatus.SUCCESS)

    def _set_parameters(self, parameters: OffloadParameters) -> None:
        # IPsecV2IPv4 is for adapters without IPv6. Without AH in the engine, AH means nothing, AH and ESP means ESP.
        if parameters.ipsec_v2 != IpsecV2Parameter.NO_CHANGE:
            self._configuration.esp = parameters.ipsec_v2 in (IpsecV2Parameter.ESP, IpsecV2Parameter.AH_AND_ESP)

    def _set_encapsulation(self, wanted: OffloadEncapsulation) -> None:
        now = self._configuration
        served = False
        answer = {"ipv4": now.ipv4, "ipv6": now.ipv6}
        for version, (enabled, kind, _) in (("ipv4", wanted.ipv4), ("ipv6", wanted.ipv6)):
            if enabled == OffloadSet.ON:
                answer[version] = bool(kind & Encapsulation.IEEE_802_3)
                served |= answer[version]
            elif enabled == OffloadSet.OFF:
                answer[version] = False
                served = True
        changes = {wanted.ipv4[0], wanted.ipv6[0]} - {OffloadSet.NO_CHANGE}
        if changes and not served:
            raise ImageError("EncapsulationType", wanted.ipv4[1], NdisStatus.INVALID_PARAMETER, "only IEEE 802.3")
        now.ipv4, now.ipv6 = answer["ipv4"], answer["ipv6"]
        if changes:
            now.transmit = changes != {OffloadSet.OFF} or now.ipv4 or now.ipv6

    # ---- direct requests ---------------------------------------------------------------------------------------

    async def direct_oid_request(self, address: int) -> NdisStatus:
        """MiniportDirectOidRequest of the NDIS_OID_REQUEST at ``address``: the final status, or PENDING."""
        accepted = self._accept(address, DIRECT_OIDS)
        if isinstance(accepted, NdisStatus):
            return accepted
        request, image = accepted
        pending = _Pending(address, request)
        work: NdisStatus | Work
        if request.oid == Oid.TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA:
            work = self._delete(pending, image)
        else:
            try:
                work = self._prepare(pending, image)
            except ImageError as error:
                _log.info("OID %#010x refused: %s", request.oid, error)
                return self._finish(address, request, error.status, _needed(error))
        if isinstance(work, NdisStatus):
            return self._finish(address, request, work)
        self._pending.append(pending)
        if not self.pends:
            return await self._run(pending, work)
        self.spawn(self._run_and_complete(pending, work))
        return NdisStatus.PENDING

    def cancel_direct_oid_request(self, request_id: int) -> None:
        """MiniportCancelDirectOidRequest: an ADD or UPDATE that has not begun ends with REQUEST_ABORTED.

        DELETE_SA is never cancelled, since it has to succeed; neither is a command the engine has begun.
        """
        for pending in self._pending:
            if pending.request.request_id == request_id and not _is_delete(pending.request):
                pending.stop = NdisStatus.REQUEST_ABORTED

    async def reset(self) -> None:
        """MiniportResetEx: ends what is pending with REQUEST_ABORTED, refuses what comes, deletes every SA."""
        self.resetting = True
        try:
            for pending in self._pending:
                pending.stop = NdisStatus.REQUEST_ABORTED
            while self._pending:
                # a turn of the lock: whoever was before has been served
                await self.miniport.sa_active()
            await self.miniport.reset()
        finally:
            self.resetting = False

    async def surprise_remove(self) -> None:
        """The adapter goes away: the driver deletes every SA itself and accepts nothing any more."""
        self.removed = True
        await self.reset()

    async def _run(self, pending: _Pending, work: Work) -> NdisStatus:
        try:
            status = await work()
        except EngineError as error:
            _log.error("the device failed: %s", error)
            self.error = self.error or error
            status = NdisStatus.REQUEST_ABORTED if _is_delete(pending.request) else NdisStatus.FAILURE
        finally:
            self._pending.remove(pending)
        return self._finish(pending.address, pending.request, status)

    async def _run_and_complete(self, pending: _Pending, work: Work) -> None:
        self.on_complete(pending.address, await self._run(pending, work))

    # ---- what all requests have in common ----------------------------------------------------------------------

    def _accept(self, address: int, oids: frozenset[Oid]) -> NdisStatus | tuple[OidRequest, bytes | None]:
        """The request and its InformationBuffer (None: not readable), or the status that refuses it."""
        memory = self.memory
        try:
            octets = memory.read(address, OID_REQUEST_SIZE_1[memory.abi])
            size = int.from_bytes(octets[2:4], "little")
            if size > len(octets):
                octets = memory.read(address, size)
            request = OidRequest.parse(octets, memory.abi)
        except HostMemoryFault:
            return NdisStatus.INVALID_PARAMETER
        except ImageError as error:
            return error.status
        if self.resetting or self.removed:
            return self._finish(address, request, NdisStatus.NOT_ACCEPTED)
        if request.oid not in oids:
            known = request.oid in UNSUPPORTED_OIDS | DIRECT_OIDS | REGULAR_OIDS
            return self._finish(address, request, NdisStatus.NOT_SUPPORTED if known else NdisStatus.INVALID_OID)
        if request.request_type != RequestType.SET_INFORMATION:
            return self._finish(address, request, NdisStatus.NOT_SUPPORTED)
        if request.information_buffer_length > MAX_BUFFER_OCTETS and not _is_delete(request):
            return self._finish(address, request, NdisStatus.INVALID_LENGTH)
        try:
            return request, memory.read(request.information_buffer, request.information_buffer_length)
        except HostMemoryFault:
            return request, None

    def _finish(self, address: int, request: OidRequest, status: NdisStatus, needed: int = 0) -> NdisStatus:
        """Write BytesRead and BytesNeeded, return the status."""
        read = request.information_buffer_length if status == NdisStatus.SUCCESS else 0
        octets = read.to_bytes(4, "little") + needed.to_bytes(4, "little")
        self.memory.write(address + OID_REQUEST_BYTES_READ[self.memory.abi], octets)
        return status

    def _permit(self, pending: _Pending, adds: bool = False) -> NdisStatus | None:
        """Asked when it is this request's turn at the engine."""
        if pending.stop is not None:
            return pending.stop
        return NdisStatus.NOT_SUPPORTED if adds and not self._configuration.esp else None

    def _prepare(self, pending: _Pending, image: bytes | None) -> NdisStatus | Work:
        request, abi = pending.request, self.memory.abi
        if image is None:
            return NdisStatus.INVALID_PARAMETER
        if request.oid == Oid.TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA:
            _check_length(image, UPDATE_SA_SIZE[abi])
            update = UpdateSa.parse(image, abi)
            return lambda: self.miniport.update(update, lambda: self._permit(pending))
        if request.oid == Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA:
            return self._prepare_list(pending, image)
        if len(image) >= ADD_SA_EX_HANDLE[abi] + abi.value:
            self.memory.write_pointer(request.information_buffer + ADD_SA_EX_HANDLE[abi], 0)
        _check_length(image, ADD_SA_EX_SIZE[abi])
        add = AddSaEx.parse(image, abi)
        where = request.information_buffer + ADD_SA_EX_HANDLE[abi]

        async def add_one() -> NdisStatus:
            return await self._add(pending, [(where, add)])

        return add_one

    # ---- ADD_SA ------------------------------------------------------------------------------------------------

    def _prepare_list(self, pending: _Pending, image: bytes) -> NdisStatus | Work:
        memory = self.memory
        abi = memory.abi
        first = pending.request.information_buffer
        _check_length(image, ADD_SA_SIZE[abi])
        try:
            addresses = self._follow(first, ADD_SA_SIZE[abi])
        except UnreadableError as error:
            for address in error.reached:
                memory.write_pointer(address + ADD_SA_HANDLE[abi], 0)
            _log.info("ADD_SA refused: %s", error)
            return NdisStatus.INVALID_PARAMETER
        elements: list[tuple[int, AddSa | AddSaEx | NdisStatus]] = []
        for address in addresses:
            memory.write_pointer(address + ADD_SA_HANDLE[abi], 0)
            try:
                octets = image if address == first else self._element(address)
                elements.append((address + ADD_SA_HANDLE[abi], AddSa.parse(octets, abi)))
            except ImageError as error:
                elements.append((address + ADD_SA_HANDLE[abi], error.status))
            except HostMemoryFault:
                elements.append((address + ADD_SA_HANDLE[abi], NdisStatus.INVALID_PARAMETER))
        return lambda: self._add(pending, elements)

    def _element(self, address: int) -> bytes:
        """A later element of an ADD_SA list, which may lie anywhere: through the end of its key and its Size."""
        offset = ADD_SA_KEY_DATA[self.memory.abi]
        fixed = self.memory.read(address, offset)
        size = int.from_bytes(fixed[2:4], "little")
        key = int.from_bytes(fixed[-4:], "little")
        return self.memory.read(address, max(ADD_SA_SIZE[self.memory.abi], size, offset + min(key, MAX_BUFFER_OCTETS)))

    def _follow(self, first: int, octets: int) -> list[int]:
        """The addresses of the elements of a list; UnreadableError for a loop, or a pointer to nowhere."""
        reached: list[int] = []
        seen: set[int] = set()
        address = first
        while address:
            if address in seen or len(reached) == MAX_LIST_ELEMENTS:
                raise UnreadableError(reached, f"the list does not end: {address:#x} again, or too many elements")
            try:
                self.memory.read(address, octets)
            except HostMemoryFault as fault:
                raise UnreadableError(reached, str(fault)) from fault
            reached.append(address)
            seen.add(address)
            address = self.memory.read_pointer(address + ADD_SA_NEXT[self.memory.abi])
        return reached

    async def _add(self, pending: _Pending, elements: list[tuple[int, AddSa | AddSaEx | NdisStatus]]) -> NdisStatus:
        """Add one by one; a handle is written as soon as there is one. Nothing stays of a stopped request."""
        added: list[tuple[int, int]] = []
        failure: NdisStatus | None = None
        for where, element in elements:
            if isinstance(element, NdisStatus):
                status, handle = element, 0
            else:
                status, handle = await self.miniport.add(element, lambda: self._permit(pending, adds=True))
            if handle:
                added.append((where, handle))
                self.memory.write_pointer(where, handle)
            else:
                failure = failure or status
        if pending.stop is not None and (self.resetting or len(added) < len(elements)):
            for where, handle in added:
                self.memory.write_pointer(where, 0)
                await self.miniport.delete(handle)
            return pending.stop
        return NdisStatus.SUCCESS if added else failure or NdisStatus.FAILURE

    # ---- DELETE_SA ---------------------------------------------------------------------------------------------

    def _delete(self, pending: _Pending, image: bytes | None) -> NdisStatus | Work:
        """DELETE_SA may not fail: what can not be read is counted, the rest is deleted."""
        abi = self.memory.abi
        if image is None or len(image) < DELETE_SA_SIZE[abi]:
            self.malformed_deletes += 1
            return NdisStatus.SUCCESS
        try:
            addresses = self._follow(pending.request.information_buffer, DELETE_SA_SIZE[abi])
        except UnreadableError as error:
            self.malformed_deletes += 1
            addresses = error.reached
        handles = []
        for address in addresses:
            try:
                size = int.from_bytes(self.memory.read(address + 2, 2), "little")
                octets = self.memory.read(address, max(size, DELETE_SA_SIZE[abi]))
                handles.append(DeleteSa.parse(octets, abi).offload_handle)
            except (HostMemoryFault, ImageError):
                self.malformed_deletes += 1
        return lambda: self._delete_handles(pending, handles)

    async def _delete_handles(self, pending: _Pending, handles: list[int]) -> NdisStatus:
        for handle in handles:
            status = await self.miniport.delete(handle, lambda: self._permit(pending))
            if status != NdisStatus.SUCCESS:
                return status
        return NdisStatus.SUCCESS if pending.stop is None else pending.stop


class _ShortBufferError(ImageError):
    """InformationBufferLength is below the size of the structure: ``needed`` octets."""

    def __init__(self, have: int, needed: int) -> None:
        super().__init__("InformationBufferLength", have, NdisStatus.INVALID_LENGTH, f"needs {needed}")
        self.needed = needed


def _check_length(image: bytes, minimum: int) -> None:
    if len(image) < minimum:
        raise _ShortBufferError(len(image), minimum)


def _needed(error: ImageError) -> int:
    return error.needed if isinstance(error, _ShortBufferError) else 0


def _is_delete(request: OidRequest) -> bool:
    return request.oid == Oid.TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA
