# SPDX-License-Identifier: Apache-2.0
"""Plays the miniport driver of the NIC: NDIS requests on one side, registers on the other.

It takes the *byte images* of the OID structures, checks every length and offset in them (models.ndis), and hands
the fields to the engine as they are: whether an SA is acceptable is the engine's answer, not the driver's. Sources:
NDIS IPsec Task Offload version 2 (OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, _DELETE_SA, _UPDATE_SA) and
docs/registers.md.

Direct OID requests are not serialised by NDIS, so every command holds a lock from its first staged word to its result.
Key octets go to the write-only registers and nowhere else; the driver overwrites its own copies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from cocotb.triggers import Lock

from models.engine import Usage
from models.ndis import (
    ADD_SA_EX_HANDLE,
    Abi,
    AddSa,
    AddSaEx,
    AlgorithmInfo,
    DeleteSa,
    EncryptionAlgorithm,
    ImageError,
    IpsecOffloadV2,
    NdisStatus,
    UpdateSa,
    write_offload_handle,
)
from models.sa import NO_LIMITS, SaLimits
from tb import coverage
from tb import engine_registers as regs
from tb.engine_registers import CommandStatus, Opcode

_log = logging.getLogger(__name__)

_SALT_OCTETS = 4
_KEY_WINDOW_OCTETS = 4 * len(regs.STAGE_KEY)
_ICV_BITS = {64: 8, 96: 12, 128: 16}
_DEFAULT_ICV_OCTETS = 16
_AES_OCTETS = {0x08: 16, 0x10: 24, 0x20: 32}
_IV_FROM_SEQUENCE = 1
_GCM = (EncryptionAlgorithm.AES_GCM_128, EncryptionAlgorithm.AES_GCM_192, EncryptionAlgorithm.AES_GCM_256)

NDIS_STATUS = {
    CommandStatus.OK: NdisStatus.SUCCESS,
    CommandStatus.UNKNOWN_COMMAND: NdisStatus.FAILURE,
    CommandStatus.MALFORMED_FLAGS: NdisStatus.INVALID_PARAMETER,
    CommandStatus.MALFORMED_OPERATION: NdisStatus.INVALID_PARAMETER,
    CommandStatus.MALFORMED_SPI: NdisStatus.INVALID_PARAMETER,
    CommandStatus.MALFORMED_UDP: NdisStatus.INVALID_PARAMETER,
    CommandStatus.MALFORMED_ALGORITHM: NdisStatus.INVALID_PARAMETER,
    CommandStatus.MALFORMED_KEY_LENGTH: NdisStatus.INVALID_PARAMETER,
    CommandStatus.MALFORMED_ICV_LENGTH: NdisStatus.INVALID_PARAMETER,
    CommandStatus.UNSUPPORTED_OPERATION: NdisStatus.NOT_SUPPORTED,
    CommandStatus.UNSUPPORTED_ALGORITHM: NdisStatus.NOT_SUPPORTED,
    CommandStatus.UNSUPPORTED_KEY_SIZE: NdisStatus.NOT_SUPPORTED,
    CommandStatus.UNSUPPORTED_UDP: NdisStatus.NOT_SUPPORTED,
    CommandStatus.DUPLICATE: NdisStatus.INVALID_PARAMETER,
    CommandStatus.COLLISION: NdisStatus.RESOURCES,
    CommandStatus.TABLE_FULL: NdisStatus.RESOURCES,
    CommandStatus.UNKNOWN_HANDLE: NdisStatus.INVALID_PARAMETER,
    CommandStatus.SPI_MISMATCH: NdisStatus.INVALID_PARAMETER,
    CommandStatus.NOT_ESN: NdisStatus.INVALID_PARAMETER,
}
"""The NDIS status a command status of the engine becomes."""

COUNTERS = tuple(
    name
    for name, register in regs.REGISTERS.items()
    if regs.TX_FRAMES <= register.address <= regs.RX_OCTETS_HI and not name.endswith(("_LO", "_HI"))
)
"""The 32-bit counters of the engine by register name; TX_OCTETS and RX_OCTETS have 64 bits."""


Permit = Callable[[], NdisStatus | None]
"""Asked with the lock held, right before a command is staged: None, or the status that ends the request instead."""


def always() -> NdisStatus | None:
    """The permit of a request that nothing can stop."""
    return None


class RegisterBus(Protocol):
    """What the driver needs of a bus: 32-bit registers by byte address."""

    async def read(self, address: int) -> int:
        """The value of a register."""

    async def write(self, address: int, value: int) -> None:
        """Write all 32 bits of a register."""

    async def write_many(self, writes: list[tuple[int, int]]) -> None:
        """Write (address, value) pairs in order."""


class EngineError(Exception):
    """The device does not behave like the engine: wrong identification, or a command that never ends."""


@dataclass(frozen=True)
class Identification:
    """The identification block: version (major, minor, patch) and build parameters."""

    version: tuple[int, int, int]
    sa_count: int
    max_key_bits: int
    cycles_per_round: int
    ghash_stages: int
    sbox_style: int
    rx_store_octets: int


@dataclass(frozen=True)
class SaOptions:
    """What the structures of NDIS do not say of an SA. ``iv_from_sequence``: outbound SAs only, others ignore it."""

    limits: SaLimits = NO_LIMITS
    iv_from_sequence: bool = False


def _word(octets: bytes | bytearray) -> int:
    """Up to four octets in wire order as one staged word."""
    return int.from_bytes(bytes(octets).ljust(4, b"\0"), "big")


class Miniport:
    """The driver of one engine behind ``registers``.

    ``handles``: handles the engine gave and has not taken back, with the SPI (four octets in wire order).
    ``deleted_unknown``: DELETE_SA requests for a handle the engine does not know (answered SUCCESS).
    ``last_status``: why the engine accepted or refused the last command.
    ``lock``: serialises commands; default cocotb's, any asynchronous context manager will do.
    ``spi_host_order``: ``Spi`` is a little-endian number; default: its octets are in wire order.
    ``key_without_salt``: also take an AES key without the four octets of salt, which are then zero.
    ``options``: of the SAs whose ADD_SA brings none of its own; default: no limits, the IV is the packet's.
    """

    def __init__(
        self,
        registers: RegisterBus,
        *,
        lock: AbstractAsyncContextManager[Any] | None = None,
        poll_limit: int = 100_000,
        spi_host_order: bool = False,
        key_without_salt: bool = False,
        options: SaOptions = SaOptions(),
    ) -> None:
        self.registers = registers
        self.spi_host_order = spi_host_order
        self.key_without_salt = key_without_salt
        self.options = options
        self.handles: dict[int, bytes] = {}
        self.deleted_unknown = 0
        self.last_status = CommandStatus.OK
        self._lock: AbstractAsyncContextManager[Any] = Lock() if lock is None else lock
        self._poll_limit = poll_limit

    # ---- initialisation ----------------------------------------------------------------------------------------

    async def identify(self) -> Identification:
        """Read the identification block; EngineError if the magic is not the engine's."""
        magic = await self.registers.read(regs.MAGIC)
        if magic != regs.MAGIC_RESET:
            raise EngineError(f"MAGIC reads {magic:#010x}, not {regs.MAGIC_RESET:#010x}")
        version = await self.registers.read(regs.VERSION)
        table = await self.registers.read(regs.BUILD_TABLE)
        crypto = await self.registers.read(regs.BUILD_CRYPTO)
        return Identification(
            version=(version >> regs.VERSION_MAJOR_SHIFT, version >> regs.VERSION_MINOR_SHIFT & 0xFF, version & 0xFFFF),
            sa_count=table & regs.BUILD_TABLE_SA_COUNT_MASK,
            max_key_bits=table >> regs.BUILD_TABLE_MAX_KEY_BITS_SHIFT,
            cycles_per_round=crypto & regs.BUILD_CRYPTO_CYCLES_PER_ROUND_MASK,
            ghash_stages=crypto >> regs.BUILD_CRYPTO_GHASH_STAGES_SHIFT & 0xFF,
            sbox_style=crypto >> regs.BUILD_CRYPTO_SBOX_STYLE_SHIFT & 0xFF,
            rx_store_octets=await self.registers.read(regs.BUILD_STORE),
        )

    async def capability_image(self) -> bytes:
        """The 32 octets of NDIS_IPSEC_OFFLOAD_V2, little-endian as in host memory."""
        return b"".join([(await self.registers.read(address)).to_bytes(4, "little") for address in regs.CAPABILITY])

    async def capabilities(self) -> IpsecOffloadV2:
        """The capability block, parsed."""
        return IpsecOffloadV2.parse(await self.capability_image())

    async def set_enables(self, transmit: bool, receive_ipv4: bool, receive_ipv6: bool) -> None:
        """Switch the offload of each direction on or off (OID_TCP_OFFLOAD_PARAMETERS, OID_OFFLOAD_ENCAPSULATION)."""
        await self.registers.write(
            regs.CONTROL,
            transmit << regs.CONTROL_TX_ENABLE_SHIFT
            | receive_ipv4 << regs.CONTROL_RX_IPV4_ENABLE_SHIFT
            | receive_ipv6 << regs.CONTROL_RX_IPV6_ENABLE_SHIFT,
        )

    async def counters(self) -> dict[str, int]:
        """All counters by register name, TX_OCTETS and RX_OCTETS as 64-bit numbers."""
        values = {name: await self.registers.read(regs.REGISTERS[name].address) for name in COUNTERS}
        for name in ("TX_OCTETS", "RX_OCTETS"):
            low = await self.registers.read(regs.REGISTERS[f"{name}_LO"].address)
            values[name] = await self.registers.read(regs.REGISTERS[f"{name}_HI"].address) << 32 | low
        return values

    async def sa_active(self) -> int:
        """How many SAs the engine holds."""
        return await self.registers.read(regs.SA_ACTIVE) & regs.SA_ACTIVE_COUNT_MASK

    async def usage(self, handle: int) -> Usage | None:
        """What an SA has been used for since it was added; None if the engine knows no such SA."""
        async with self._lock:
            status = await self._command([(regs.STAGE_HANDLE, handle)], Opcode.QUERY_SA)
            values = []
            for low, high in (
                (regs.RESULT_PACKETS_LO, regs.RESULT_PACKETS_HI),
                (regs.RESULT_OCTETS_LO, regs.RESULT_OCTETS_HI),
                (regs.RESULT_SEQUENCE_LO, regs.RESULT_SEQUENCE_HI),
            ):
                values.append(await self.registers.read(high) << 32 | await self.registers.read(low))
        if status is CommandStatus.UNKNOWN_HANDLE:
            return None
        if status is not CommandStatus.OK:
            raise EngineError(f"QUERY_SA ended with {status.name}")
        return Usage(*values)

    async def take_events(self) -> list[int]:
        """What to do on the interrupt SA_LIMIT: take the handles of SAs that passed a limit, each told once."""
        await self.registers.write(regs.INTERRUPT_STATUS, regs.INTERRUPT_STATUS_SA_LIMIT_MASK)
        handles = []
        while handle := await self.registers.read(regs.SA_EVENT):
            await self.registers.write(regs.SA_EVENT_TAKE, handle)
            handles.append(handle)
        return handles

    # ---- OID requests ------------------------------------------------------------------------------------------

    async def add_sa_ex(
        self, image: bytes | bytearray, abi: Abi | str = Abi.X64, options: SaOptions | None = None
    ) -> tuple[NdisStatus, bytearray]:
        """OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX. ``options``: default those of the driver.

        ``image``: the whole InformationBuffer, not changed. Returns the NDIS status and a copy of the buffer whose
        OffloadHandle is the handle of the SA on success, else NULL; nothing else in it differs.
        """
        abi = _abi(abi)
        answer = bytearray(image)
        if len(answer) >= ADD_SA_EX_HANDLE[abi] + abi.value:
            write_offload_handle(answer, abi, 0)
        try:
            request = AddSaEx.parse(bytes(image), abi)
        except ImageError as error:
            _log.info("ADD_SA_EX refused: %s", error)
            return error.status, answer
        status, handle = await self.add(request, options=options)
        if handle:
            write_offload_handle(answer, abi, handle)
        return status, answer

    async def add(
        self, request: AddSaEx | AddSa, permit: Permit = always, options: SaOptions | None = None
    ) -> tuple[NdisStatus, int]:
        """Offload the SA of a parsed request, whose key is forgotten: NDIS status, and the handle (0: none)."""
        if request.num_ext_hdrs != 1:
            _log.info("ADD_SA refused: bundle of %d", request.num_ext_hdrs)
            request.key = b""
            return NdisStatus.NOT_SUPPORTED, 0
        writes = self._stage_add(request, options or self.options)
        handle = 0
        try:
            async with self._lock:
                refusal = permit()
                if refusal is not None:
                    return refusal, 0
                status = await self._command(writes, Opcode.ADD_SA)
                if status is CommandStatus.OK:
                    handle = await self.registers.read(regs.RESULT_HANDLE)
                    if handle == 0:
                        raise EngineError("ADD_SA succeeded with handle 0")
                    if handle in self.handles:
                        raise EngineError(f"ADD_SA gave handle {handle:#010x} a second time")
                    self.handles[handle] = request.sec_assoc[0].spi
        finally:
            _overwrite(writes)
            request.key = b""
        return NDIS_STATUS[status], handle

    async def delete_sa(self, image: bytes | bytearray, abi: Abi | str = Abi.X64) -> NdisStatus:
        """OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, one element (``Next`` is not followed).

        SUCCESS also for a handle the engine does not know, which is counted in ``deleted_unknown``: no error status
        is legal here. An image that is too short to hold a handle counts there, too.
        """
        try:
            request = DeleteSa.parse(bytes(image), _abi(abi))
        except ImageError as error:
            _log.warning("DELETE_SA of a malformed image: %s", error)
            self.deleted_unknown += 1
            return NdisStatus.SUCCESS
        return await self.delete(request.offload_handle)

    async def delete(self, handle: int, permit: Permit = always) -> NdisStatus:
        """Take the SA of ``handle`` away: SUCCESS, or what ``permit`` says."""
        async with self._lock:
            refusal = permit()
            if refusal is not None:
                return refusal
            if handle >> 32:
                self.deleted_unknown += 1
                return NdisStatus.SUCCESS
            status = await self._command([(regs.STAGE_HANDLE, handle)], Opcode.DELETE_SA)
            if status is CommandStatus.OK:
                self.handles.pop(handle, None)
            elif status is CommandStatus.UNKNOWN_HANDLE:
                self.deleted_unknown += 1
            else:
                raise EngineError(f"DELETE_SA ended with {status.name}")
        return NdisStatus.SUCCESS

    async def update_sa(self, image: bytes | bytearray, abi: Abi | str = Abi.X64) -> NdisStatus:
        """OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA: the high half of the sequence number of one SA."""
        try:
            request = UpdateSa.parse(bytes(image), _abi(abi))
        except ImageError as error:
            _log.info("UPDATE_SA refused: %s", error)
            return error.status
        return await self.update(request)

    async def update(self, request: UpdateSa, permit: Permit = always) -> NdisStatus:
        """Replace the high half of a sequence number: SUCCESS, INVALID_PARAMETER, or what ``permit`` says."""
        writes = [
            (regs.STAGE_HANDLE, request.offload_handle & 0xFFFFFFFF),
            (regs.STAGE_SPI, self._spi(request.spi)),
            (regs.STAGE_SEQUENCE_HIGH, request.sequence_number_high_order),
        ]
        async with self._lock:
            refusal = permit()
            if refusal is not None:
                return refusal
            if request.offload_handle >> 32:
                return NdisStatus.INVALID_PARAMETER
            return NDIS_STATUS[await self._command(writes, Opcode.UPDATE_SA)]

    async def reset(self) -> None:
        """Delete every SA (the RESET command); EngineError if the engine does not say OK."""
        async with self._lock:
            status = await self._command([], Opcode.RESET)
            self.handles.clear()
        if status is not CommandStatus.OK:
            raise EngineError(f"RESET ended with {status.name}")

    def _stage_add(self, request: AddSaEx | AddSa, options: SaOptions) -> list[tuple[int, int]]:
        """The register writes that stage an ADD_SA_EX, key and salt last."""
        element = request.sec_assoc[0]
        info = _key_of(request)
        authentication = element.authentication.identifier
        if element.encryption.identifier in _GCM and authentication == element.encryption.identifier:
            authentication = 0  # combined mode: not used, and it says the same
        key_octets = info.key_length
        material = bytearray(request.key[info.key_offset_bytes : info.key_offset_bytes + key_octets])
        if self.key_without_salt and key_octets == _AES_OCTETS.get(info.identifier):
            key_octets += _SALT_OCTETS
            material += bytes(_SALT_OCTETS)
        # The unit of AdditionalInfo is not documented: octets, unambiguous numbers of bits, 0 = the full ICV.
        icv = _ICV_BITS.get(info.additional_info, info.additional_info) or _DEFAULT_ICV_OCTETS
        size = 16 if request.flags & 0x10 else 4
        source = request.endpoints[:size].ljust(16, b"\0")
        destination = request.endpoints[size : 2 * size].ljust(16, b"\0")
        writes = [
            (regs.STAGE_FLAGS, request.flags),
            (regs.STAGE_SA_FLAGS, element.flags),
            (regs.STAGE_OPTIONS, _IV_FROM_SEQUENCE if options.iv_from_sequence and not request.flags & 1 else 0),
            (regs.STAGE_OPERATION, element.operation),
            (regs.STAGE_SPI, self._spi(element.spi)),
            (regs.STAGE_AUTHENTICATION_ALGORITHM, authentication),
            (regs.STAGE_ENCRYPTION_ALGORITHM, element.encryption.identifier),
            (regs.STAGE_KEY_OCTETS, key_octets),
            (regs.STAGE_ICV_OCTETS, icv),
            (regs.STAGE_SEQUENCE_HIGH, element.sequence_number_high_order),
            (regs.STAGE_UDP_ENCAPSULATION, request.udp_esp_encapsulation),
        ]
        limits = options.limits
        for low, high, limit in (
            (regs.STAGE_SOFT_PACKETS_LO, regs.STAGE_SOFT_PACKETS_HI, limits.soft_packets),
            (regs.STAGE_SOFT_OCTETS_LO, regs.STAGE_SOFT_OCTETS_HI, limits.soft_octets),
            (regs.STAGE_HARD_PACKETS_LO, regs.STAGE_HARD_PACKETS_HI, limits.hard_packets),
            (regs.STAGE_HARD_OCTETS_LO, regs.STAGE_HARD_OCTETS_HI, limits.hard_octets),
        ):
            if limit:
                writes += [(low, limit & 0xFFFFFFFF), (high, limit >> 32)]
        writes += [(address, _word(source[4 * i : 4 * i + 4])) for i, address in enumerate(regs.STAGE_SRC)]
        writes += [(address, _word(destination[4 * i : 4 * i + 4])) for i, address in enumerate(regs.STAGE_DST)]
        if _SALT_OCTETS <= len(material) <= _KEY_WINDOW_OCTETS + _SALT_OCTETS:
            key = material[:-_SALT_OCTETS].ljust(_KEY_WINDOW_OCTETS, b"\0")
            writes += [(address, _word(key[4 * i : 4 * i + 4])) for i, address in enumerate(regs.STAGE_KEY)]
            writes.append((regs.STAGE_SALT, _word(material[-_SALT_OCTETS:])))
            key[:] = bytes(len(key))
        # else no key of the engine has this length: the engine says so from STAGE_KEY_OCTETS, the key is not needed
        material[:] = bytes(len(material))
        return writes

    def _spi(self, octets: bytes) -> int:
        return _word(octets[::-1] if self.spi_host_order else octets)

    # ---- commands ----------------------------------------------------------------------------------------------

    async def _command(self, writes: list[tuple[int, int]], opcode: Opcode) -> CommandStatus:
        """Stage, start, wait for INTERRUPT_STATUS.COMMAND_DONE, return the status. The lock must be held."""
        done = regs.INTERRUPT_STATUS_COMMAND_DONE_MASK
        await self.registers.write_many([*writes, (regs.INTERRUPT_STATUS, done), (regs.COMMAND, opcode)])
        for _ in range(self._poll_limit):
            if await self.registers.read(regs.INTERRUPT_STATUS) & done:
                break
        else:
            raise EngineError(f"{opcode.name} did not end within {self._poll_limit} reads of INTERRUPT_STATUS")
        await self.registers.write(regs.INTERRUPT_STATUS, done)
        word = await self.registers.read(regs.COMMAND_STATUS)
        if word & regs.COMMAND_STATUS_BUSY_MASK or not word & regs.COMMAND_STATUS_DONE_MASK:
            raise EngineError(f"COMMAND_DONE was signalled, but COMMAND_STATUS is {word:#06x}")
        self.last_status = CommandStatus((word & regs.COMMAND_STATUS_CODE_MASK) >> regs.COMMAND_STATUS_CODE_SHIFT)
        if recorder := coverage.recorder():
            recorder.command(opcode, self.last_status)
        return self.last_status


def _abi(abi: Abi | str) -> Abi:
    return abi if isinstance(abi, Abi) else Abi[abi.upper()]


def _key_of(request: AddSaEx | AddSa) -> AlgorithmInfo:
    """The algorithm in use that carries the key: authentication where encryption is null, else encryption."""
    element = request.sec_assoc[0]
    null = element.encryption.identifier == EncryptionAlgorithm.NONE
    return element.authentication if null else element.encryption


def _overwrite(writes: list[tuple[int, int]]) -> None:
    """Forget the staged words."""
    writes[:] = [(address, 0) for address, _ in writes]
