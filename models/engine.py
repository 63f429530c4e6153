# SPDX-License-Identifier: Apache-2.0
"""The reference engine: what the hardware has to answer, transaction by transaction.

Source: docs/architecture.md sections 3 (rules P1-P6, T1-T8, R1-R6) and 4 (SA table). Time does not exist here: a
command takes effect between two frames. Storage limits of the receive path (R6) are outside the model.
"""

from __future__ import annotations

import dataclasses
import enum
from typing import NamedTuple

from models.esp import protect, unprotect
from models.ndis import CRYPTO_DONE, HEADER_INFO_SET, SA_DELETE_REQ, CryptoStatus
from models.packet import NotEsp, parse_frame
from models.sa import UDP_TUNNEL, Direction, SecurityAssociation


class CommandStatus(enum.Enum):
    """Why a command failed."""

    DUPLICATE = "an SA with this direction, SPI, IP version and destination exists"
    TABLE_FULL = "no free entry"
    UNSUPPORTED_ALGORITHM = "key size not built in"
    MALFORMED = "request malformed"
    UNKNOWN_HANDLE = "no SA with this handle"
    SPI_MISMATCH = "the SA has another SPI"
    NOT_ESN = "the SA has no extended sequence numbers"


class CommandError(Exception):
    """A command failed and left nothing behind."""

    def __init__(self, status: CommandStatus, detail: str = "") -> None:
        super().__init__(f"{status.name}: {status.value}{f' ({detail})' if detail else ''}")
        self.status = status


class TransmitReason(enum.Enum):
    """What became of a frame to send; the value is the name of its counter."""

    PROTECTED = "tx_protected"
    BYPASSED = "tx_bypassed"
    TUNNEL_HANDLE = "tx_failed_tunnel_handle"
    UNKNOWN_HANDLE = "tx_failed_unknown_handle"
    INBOUND_SA = "tx_failed_inbound_sa"
    DISABLED = "tx_failed_disabled"
    NOT_ESP = "tx_failed_not_esp"
    SPI_MISMATCH = "tx_failed_spi_mismatch"
    IP_VERSION_MISMATCH = "tx_failed_ip_version_mismatch"
    ENCAPSULATION_MISMATCH = "tx_failed_encapsulation_mismatch"
    SYNTAX = "tx_failed_syntax"
    LIMIT = "tx_failed_limit"
    SEQUENCE = "tx_failed_sequence"


class TransmitResult(NamedTuple):
    """``frame`` is None where the frame must not leave (``sent`` false)."""

    sent: bool
    frame: bytes | None
    reason: TransmitReason


class ReceiveResult(NamedTuple):
    """The frame for the host (never None: nothing is dropped) and its metadata, all zero for an untouched frame."""

    frame: bytes
    slot1: int
    slot12: int
    handle: int
    crypto_done: bool
    crypto_status: int
    next_header: int
    pad_length: int


class Usage(NamedTuple):
    """What an SA has been used for: frames, octets between IV and ICV, highest 64-bit sequence number."""

    packets: int
    octets: int
    sequence: int


class _Entry:
    """An SA with its use. ``told``: its handle has been given to ``ReferenceEngine.events``."""

    __slots__ = ("handle", "octets", "packets", "sa", "sequence", "told")

    def __init__(self, handle: int, sa: SecurityAssociation) -> None:
        self.handle = handle
        self.sa = sa
        self.packets = self.octets = self.sequence = 0
        self.told = False

    def reached(self, packets: int, octets: int) -> bool:
        return 0 < packets <= self.packets or 0 < octets <= self.octets

    @property
    def hard(self) -> bool:
        return self.reached(self.sa.limits.hard_packets, self.sa.limits.hard_octets)

    def wants_deletion(self, number: int) -> bool:
        """A limit is reached, or ``number`` lies in the last sixteenth of the sequence numbers."""
        limits = self.sa.limits
        near = number >= (self.sa.last_sequence + 1) // 16 * 15
        return near or self.hard or self.reached(limits.soft_packets, limits.soft_octets)

    def count(self, octets: int, number: int) -> None:
        self.packets += 1
        self.octets += octets
        self.sequence = max(self.sequence, number)


_COUNTERS = (
    "tx_frames",
    *(reason.value for reason in TransmitReason),
    "tx_failed",
    "rx_frames",
    "rx_decrypted",
    "rx_disabled",
    "rx_not_esp",
    "rx_no_sa",
    "rx_icv_failed",
    "rx_syntax_failed",
    "rx_limit_failed",
    "add_sa",
    "add_sa_failed",
    "delete_sa",
    "delete_sa_failed",
    "update_sa",
    "update_sa_failed",
)

_SYNTAX_WORD = CRYPTO_DONE | CryptoStatus.INVALID_PACKET_SYNTAX << 16
_TRANSPORT_FAILED = CryptoStatus.TRANSPORT_ESP_AUTH_FAILED
_TUNNEL_FAILED = CryptoStatus.TUNNEL_ESP_AUTH_FAILED


class ReferenceEngine:
    """An engine of ``sa_count`` entries that supports keys up to ``max_key_bits`` bits.

    Attributes to set at any time: ``transmit_enabled``, ``receive_ipv4_enabled``, ``receive_ipv6_enabled``.
    ``statistics``: counters by name, since the engine was made. ``events``: handles of SAs that passed a limit, each
    once; whoever reads them takes them away.
    """

    def __init__(
        self,
        sa_count: int = 64,
        max_key_bits: int = 256,
        *,
        transmit_enabled: bool = True,
        receive_ipv4_enabled: bool = True,
        receive_ipv6_enabled: bool = True,
    ) -> None:
        if not 1 <= sa_count <= 0x10000:
            raise ValueError(f"sa_count = {sa_count}: must be 1..65536")
        self.sa_count = sa_count
        self.max_key_bits = max_key_bits
        self.transmit_enabled = transmit_enabled
        self.receive_ipv4_enabled = receive_ipv4_enabled
        self.receive_ipv6_enabled = receive_ipv6_enabled
        self.statistics: dict[str, int] = dict.fromkeys(_COUNTERS, 0)
        self.events: list[int] = []
        self._entries: dict[int, _Entry] = {}
        self._by_index: dict[int, _Entry] = {}
        self._generations: dict[int, int] = {}
        # (inbound, ipv6, spi) -> {destination or None: entry}
        self._by_key: dict[tuple[bool, bool, int], dict[bytes | None, _Entry]] = {}
        # spi -> the same inner dictionaries, inbound, by IP version
        self._inbound: dict[int, dict[int, dict[bytes | None, _Entry]]] = {4: {}, 6: {}}

    # ---- commands ----------------------------------------------------------------------------------------------

    def add_sa(self, sa: SecurityAssociation, handle: int | None = None) -> int:
        """Store an SA and return its handle ``generation << 16 | index``, never 0; CommandError if refused.

        The model takes the lowest free index; the generation of an index starts at 1 and steps at each delete,
        past 0xffff to 1. A ``handle`` from outside is used instead; it must name a free index and a
        generation other than 0 (else MALFORMED). Order of the checks: algorithm, duplicate, free entry.
        """
        try:
            result = self._add(sa, handle)
        except CommandError:
            self.statistics["add_sa_failed"] += 1
            raise
        self.statistics["add_sa"] += 1
        return result

    def _add(self, sa: SecurityAssociation, handle: int | None) -> int:
        if not isinstance(sa, SecurityAssociation):
            raise CommandError(CommandStatus.MALFORMED, f"{type(sa).__name__} is not a SecurityAssociation")
        if sa.algorithm.key_bits > self.max_key_bits:
            raise CommandError(CommandStatus.UNSUPPORTED_ALGORITHM, sa.algorithm.name)
        same = self._by_key.get((sa.inbound, sa.ipv6, sa.spi))
        # A wildcard destination collides with every other, so it is always alone.
        if same and (sa.dst is None or sa.dst in same or None in same):
            raise CommandError(CommandStatus.DUPLICATE, f"SPI {sa.spi:#010x}")
        if len(self._by_index) >= self.sa_count:
            raise CommandError(CommandStatus.TABLE_FULL)
        if handle is None:
            index = next(i for i in range(self.sa_count) if i not in self._by_index)
            handle = self._generations.get(index, 1) << 16 | index
        else:
            index = handle & 0xFFFF
            if not 1 <= handle >> 16 <= 0xFFFF or index >= self.sa_count or index in self._by_index:
                raise CommandError(CommandStatus.MALFORMED, f"handle {handle:#x}")
            self._generations[index] = handle >> 16
        entry = _Entry(handle, sa)
        self._entries[handle] = entry
        self._by_index[index] = entry
        same = self._by_key.setdefault((sa.inbound, sa.ipv6, sa.spi), {})
        same[sa.dst] = entry
        if sa.inbound:
            self._inbound[6 if sa.ipv6 else 4][sa.spi] = same
        return handle

    def delete_sa(self, handle: int) -> None:
        """Remove an SA; CommandError UNKNOWN_HANDLE if there is none (for NDIS the driver makes that a SUCCESS)."""
        entry = self._entries.pop(handle, None)
        if entry is None:
            self.statistics["delete_sa_failed"] += 1
            raise CommandError(CommandStatus.UNKNOWN_HANDLE, f"{handle:#x}")
        self._remove(entry)
        self.statistics["delete_sa"] += 1

    def _remove(self, entry: _Entry) -> None:
        index = entry.handle & 0xFFFF
        generation = (entry.handle >> 16) + 1 & 0xFFFF
        self._generations[index] = generation or 1
        del self._by_index[index]
        sa = entry.sa
        key = (sa.inbound, sa.ipv6, sa.spi)
        same = self._by_key[key]
        del same[sa.dst]
        if not same:
            del self._by_key[key]
            if sa.inbound:
                del self._inbound[6 if sa.ipv6 else 4][sa.spi]

    def update_sa(self, handle: int, spi: int, seq_hi: int) -> None:
        """Set the high half of the sequence number.

        CommandError UNKNOWN_HANDLE, SPI_MISMATCH or NOT_ESN, in this order.
        """
        entry = self._entries.get(handle)
        try:
            if entry is None:
                raise CommandError(CommandStatus.UNKNOWN_HANDLE, f"{handle:#x}")
            if entry.sa.spi != spi:
                raise CommandError(CommandStatus.SPI_MISMATCH, f"{spi:#010x} instead of {entry.sa.spi:#010x}")
            if not entry.sa.esn:
                raise CommandError(CommandStatus.NOT_ESN)
            if not 0 <= seq_hi <= 0xFFFFFFFF:
                raise CommandError(CommandStatus.MALFORMED, f"seq_hi {seq_hi:#x}")
        except CommandError:
            self.statistics["update_sa_failed"] += 1
            raise
        entry.sa = dataclasses.replace(entry.sa, seq_hi=seq_hi)
        self.statistics["update_sa"] += 1

    def reset(self) -> None:
        """Forget every SA. The generation of each index that was in use steps, so that old handles miss."""
        for entry in list(self._entries.values()):
            self._remove(entry)
        self._entries.clear()
        self.events.clear()

    def usage(self, handle: int) -> Usage:
        """What the SA has been used for since it was added; CommandError UNKNOWN_HANDLE."""
        entry = self._entries.get(handle)
        if entry is None:
            raise CommandError(CommandStatus.UNKNOWN_HANDLE, f"{handle:#x}")
        return Usage(entry.packets, entry.octets, entry.sequence)

    def _tell(self, entry: _Entry) -> None:
        if not entry.told:
            entry.told = True
            self.events.append(entry.handle)

    def sa(self, handle: int) -> SecurityAssociation | None:
        """The SA behind a handle, with its current ``seq_hi``; None if there is none."""
        entry = self._entries.get(handle)
        return entry.sa if entry else None

    @property
    def handles(self) -> list[int]:
        """The handles of all SAs, in the order of their adding."""
        return list(self._entries)

    # ---- frames ------------------------------------------------------------------------------------------------

    def transmit(self, frame: bytes, handle: int = 0, tunnel_handle: int = 0) -> TransmitResult:
        """Rules T1 to T8: a frame from the host with its slot 1 and slot 11 handles."""
        result = self._transmit(frame, handle, tunnel_handle)
        statistics = self.statistics
        statistics["tx_frames"] += 1
        statistics[result.reason.value] += 1
        if not result.sent:
            statistics["tx_failed"] += 1
        return result

    def _transmit(self, frame: bytes, handle: int, tunnel_handle: int) -> TransmitResult:
        if tunnel_handle:
            return _TX_FAILED[TransmitReason.TUNNEL_HANDLE]
        if not handle:
            return TransmitResult(True, frame, TransmitReason.BYPASSED)
        entry = self._entries.get(handle)
        if entry is None:
            return _TX_FAILED[TransmitReason.UNKNOWN_HANDLE]
        sa = entry.sa
        if sa.direction is Direction.INBOUND:
            return _TX_FAILED[TransmitReason.INBOUND_SA]
        if not self.transmit_enabled:
            return _TX_FAILED[TransmitReason.DISABLED]
        parsed = parse_frame(frame)
        if isinstance(parsed, NotEsp):
            return _TX_FAILED[TransmitReason.NOT_ESP]
        if parsed.spi != sa.spi:
            return _TX_FAILED[TransmitReason.SPI_MISMATCH]
        if (parsed.ip_version == 6) is not sa.ipv6:
            return _TX_FAILED[TransmitReason.IP_VERSION_MISMATCH]
        if (parsed.udp != 0) is (sa.udp_encapsulation == 0):
            return _TX_FAILED[TransmitReason.ENCAPSULATION_MISMATCH]
        if parsed.impossible_length(sa.icv_len):
            return _TX_FAILED[TransmitReason.SYNTAX]
        number = sa.sequence_number(parsed.seq)
        if entry.wants_deletion(number):
            self._tell(entry)
        if entry.hard:
            return _TX_FAILED[TransmitReason.LIMIT]
        if entry.sequence == sa.last_sequence or (sa.iv_from_sequence and number <= entry.sequence):
            return _TX_FAILED[TransmitReason.SEQUENCE]
        # from here on the number is spent, whatever becomes of the frame
        entry.count(parsed.icv(sa.icv_len) - parsed.payload, number)
        if parsed.truncated():
            return _TX_FAILED[TransmitReason.SYNTAX]
        return TransmitResult(True, protect(frame, parsed, sa), TransmitReason.PROTECTED)

    def receive(self, frame: bytes) -> ReceiveResult:
        """Rules R1 to R6: a frame from the wire."""
        statistics = self.statistics
        statistics["rx_frames"] += 1
        parsed = parse_frame(frame)
        if isinstance(parsed, NotEsp):
            statistics["rx_not_esp"] += 1
            return ReceiveResult(frame, 0, 0, 0, False, 0, 0, 0)
        version = parsed.ip_version
        if not (self.receive_ipv4_enabled if version == 4 else self.receive_ipv6_enabled):
            statistics["rx_disabled"] += 1
            return ReceiveResult(frame, 0, 0, 0, False, 0, 0, 0)
        entry = None
        candidates = self._inbound[version].get(parsed.spi)
        if candidates is not None:
            entry = candidates.get(parsed.dst) or candidates.get(None)
        if (
            entry is None
            or (entry.sa.src is not None and entry.sa.src != parsed.src)
            or (entry.sa.udp_encapsulation != 0) is not (parsed.udp != 0)
        ):
            statistics["rx_no_sa"] += 1
            return ReceiveResult(frame, 0, 0, 0, False, 0, 0, 0)
        sa = entry.sa
        if parsed.syntax_error(sa.icv_len):
            statistics["rx_syntax_failed"] += 1
            status = CryptoStatus.INVALID_PACKET_SYNTAX
            return ReceiveResult(frame, _SYNTAX_WORD, 0, entry.handle, True, status, 0, 0)
        ok, out, next_header, pad_length = unprotect(frame, parsed, sa)
        if not ok:
            statistics["rx_icv_failed"] += 1
            status = _TUNNEL_FAILED if sa.udp_encapsulation == UDP_TUNNEL else _TRANSPORT_FAILED
            return ReceiveResult(frame, CRYPTO_DONE | status << 16, 0, entry.handle, True, status, 0, 0)
        number = sa.sequence_number(parsed.seq)
        request = entry.wants_deletion(number)
        if request:
            self._tell(entry)
        done = CRYPTO_DONE | (SA_DELETE_REQ if request else 0)
        if entry.hard:
            statistics["rx_limit_failed"] += 1
            status = CryptoStatus.GENERIC_ERROR
            return ReceiveResult(frame, done | status << 16, 0, entry.handle, True, status, 0, 0)
        entry.count(parsed.icv(sa.icv_len) - parsed.payload, number)
        statistics["rx_decrypted"] += 1
        word = HEADER_INFO_SET | pad_length << 8 | next_header
        return ReceiveResult(out, done, word, entry.handle, True, CryptoStatus.SUCCESS, next_header, pad_length)


_TX_FAILED = {reason: TransmitResult(False, None, reason) for reason in TransmitReason}
