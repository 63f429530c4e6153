# SPDX-License-Identifier: Apache-2.0
"""Compares what the engine did with what it had to do, octet for octet, and names what differs.

The expectation comes from models.engine. The bench hands over whole lists of results, in order, so a comparison of two
lists is all there is: cocotb-bus's Scoreboard, which pairs monitors with queues, would add a call for each frame.
Frames that agree cost one comparison of two octet strings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from models.engine import ReceiveResult, TransmitReason, TransmitResult
from models.ndis import CRYPTO_DONE, ReceiveHeaderInfo, ReceiveInfo
from models.packet import NotEsp, ParsedEsp, parse_frame
from models.sa import SecurityAssociation
from tb import coverage
from tb.bench import (
    STATUS_FAILED_HANDLE,
    STATUS_FAILED_LENGTH,
    STATUS_FAILED_LIMIT,
    STATUS_FAILED_PACKET,
    STATUS_FAILED_SEQUENCE,
    STATUS_SENT,
    RxResult,
    TxResult,
)

_STATUS = {
    TransmitReason.PROTECTED: STATUS_SENT,
    TransmitReason.BYPASSED: STATUS_SENT,
    TransmitReason.TUNNEL_HANDLE: STATUS_FAILED_HANDLE,
    TransmitReason.UNKNOWN_HANDLE: STATUS_FAILED_HANDLE,
    TransmitReason.INBOUND_SA: STATUS_FAILED_HANDLE,
    TransmitReason.DISABLED: STATUS_FAILED_HANDLE,
    TransmitReason.NOT_ESP: STATUS_FAILED_PACKET,
    TransmitReason.SPI_MISMATCH: STATUS_FAILED_PACKET,
    TransmitReason.IP_VERSION_MISMATCH: STATUS_FAILED_PACKET,
    TransmitReason.ENCAPSULATION_MISMATCH: STATUS_FAILED_PACKET,
    TransmitReason.SYNTAX: STATUS_FAILED_LENGTH,
    TransmitReason.LIMIT: STATUS_FAILED_LIMIT,
    TransmitReason.SEQUENCE: STATUS_FAILED_SEQUENCE,
}
_STATUS_NAMES = {
    STATUS_SENT: "sent",
    STATUS_FAILED_HANDLE: "failed (handle)",
    STATUS_FAILED_PACKET: "failed (packet)",
    STATUS_FAILED_LENGTH: "failed (length)",
    STATUS_FAILED_LIMIT: "failed (limit)",
    STATUS_FAILED_SEQUENCE: "failed (sequence number)",
}

COUNTERS: dict[str, tuple[str, ...]] = {
    "TX_FRAMES": ("tx_frames",),
    "TX_PROTECTED": (TransmitReason.PROTECTED.value,),
    "TX_BYPASSED": (TransmitReason.BYPASSED.value,),
    "TX_FAILED_HANDLE": tuple(reason.value for reason, status in _STATUS.items() if status == STATUS_FAILED_HANDLE),
    "TX_FAILED_PACKET": tuple(reason.value for reason, status in _STATUS.items() if status == STATUS_FAILED_PACKET),
    "TX_FAILED_LENGTH": (TransmitReason.SYNTAX.value,),
    "TX_FAILED_LIMIT": (TransmitReason.LIMIT.value,),
    "TX_FAILED_SEQUENCE": (TransmitReason.SEQUENCE.value,),
    "RX_FRAMES": ("rx_frames",),
    "RX_DECRYPTED": ("rx_decrypted",),
    "RX_NOT_ESP": ("rx_not_esp",),
    "RX_NO_SA": ("rx_no_sa", "rx_disabled"),
    "RX_ICV_FAILED": ("rx_icv_failed",),
    "RX_SYNTAX_FAILED": ("rx_syntax_failed",),
    "RX_LIMIT_FAILED": ("rx_limit_failed",),
}
"""Counter of the engine: the statistics of the reference engine whose sum it must be."""

_SHOWN_OCTETS = 16


def expected_status(reason: TransmitReason) -> int:
    """The value of ``m_axis_tx_status`` for a fate of the reference engine."""
    return _STATUS[reason]


def field_at(frame: bytes, offset: int, icv_len: int | None = None, encrypted: bool = False) -> str:
    """The field of a frame that octet ``offset`` belongs to, with the place inside it, e.g. ``"payload+12"``.

    ``icv_len``: octets of the ICV where the SA is known. Padding is told apart from the payload by the pad length of
    ``frame``, unless it is ``encrypted``.
    """
    for name, start, end in _fields(frame, icv_len, encrypted):
        if start <= offset < end:
            return f"{name}+{offset - start}"
    return f"past the end+{offset - len(frame)}"


def _fields(frame: bytes, icv_len: int | None, encrypted: bool) -> list[tuple[str, int, int]]:
    parsed = parse_frame(frame)
    if isinstance(parsed, NotEsp):
        return [("Ethernet", 0, min(14, len(frame))), ("after the Ethernet header", 14, len(frame))]
    fields = [("Ethernet", 0, parsed.ip), ("IP", parsed.ip, parsed.udp or parsed.esp)]
    if parsed.udp:
        fields.append(("UDP", parsed.udp, parsed.esp))
    fields.append(("ESP header", parsed.esp, parsed.esp + 8))
    fields.append(("IV", parsed.esp + 8, parsed.payload))
    if icv_len is None or parsed.syntax_error(icv_len):
        fields.append(("payload", parsed.payload, parsed.ip_end))
    else:
        icv = parsed.icv(icv_len)
        trailer = icv - 2
        padding = trailer if encrypted else max(trailer - frame[trailer], parsed.payload)
        fields += [
            ("payload", parsed.payload, padding),
            ("padding", padding, trailer),
            ("trailer", trailer, icv),
            ("ICV", icv, parsed.ip_end),
        ]
    fields.append(("after the IP packet", parsed.ip_end, len(frame)))
    return fields


def _spi_of(frame: bytes) -> str:
    parsed = parse_frame(frame)
    return f"SPI {parsed.spi:#010x} sequence {parsed.seq:#010x}" if isinstance(parsed, ParsedEsp) else "not ESP"


def describe_sa(sa: SecurityAssociation | None, handle: int) -> str:
    """One line about an SA, without its secrets."""
    if sa is None:
        return f"handle {handle:#010x} (no SA)" if handle else "no SA"
    esn = f" ESN high {sa.seq_hi:#x}" if sa.esn else ""
    udp = (", ESP", ", UDP transport", ", UDP tunnel")[sa.udp_encapsulation]
    return (
        f"handle {handle:#010x} ({sa.direction.name.lower()} {sa.algorithm.name} ICV {sa.icv_len}"
        f" IPv{6 if sa.ipv6 else 4}{udp} SPI {sa.spi:#010x}{esn})"
    )


def frame_difference(expected: bytes, got: bytes, plain: bytes | None, icv_len: int | None = None) -> str | None:
    """None if equal, else one line: how many octets differ and the first of them by field, offset and value.

    ``plain``: the frame as plaintext, for the names of the fields; None where ``expected`` is encrypted, and stays so.
    """
    if expected == got:
        return None
    if len(expected) != len(got):
        return f"length: expected {len(expected)} octets, got {len(got)}"
    different = [i for i, (a, b) in enumerate(zip(expected, got, strict=True)) if a != b]
    first = different[0]
    end = first + _SHOWN_OCTETS
    names = [field_at(plain or expected, octet, icv_len, plain is None) for octet in (first, different[-1])]
    return (
        f"{names[0]} (octet {first} of {len(expected)}; {len(different)} differ, last {names[1]}):"
        f" expected {expected[first:end].hex(' ')}, got {got[first:end].hex(' ')}"
    )


class Difference(NamedTuple):
    """A mismatch: its text, and the frames it is about as they went in and came out, those very objects."""

    text: str
    given: bytes | None = None
    got: bytes | None = None


@dataclass
class Scoreboard:
    """Collects comparisons. ``mismatches`` counts frames (or counters) that differ, ``texts`` the first of them.

    ``frames``, ``octets``: of both directions, by "transmit" and "receive"; ``fates``: what became of the frames;
    ``first``: the first mismatch.
    """

    text_limit: int = 50
    mismatches: int = 0
    texts: list[str] = field(default_factory=list)
    frames: Counter[str] = field(default_factory=Counter)
    octets: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    first: Difference | None = field(default=None, repr=False)

    def mismatch(self, text: str, given: bytes | None = None, got: bytes | None = None) -> None:
        """Count a mismatch; its text is kept for the first ``text_limit``."""
        self.first = self.first or Difference(text, given, got)
        self.mismatches += 1
        if len(self.texts) < self.text_limit:
            self.texts.append(text)

    def transmit(
        self,
        name: str,
        sent: bytes,
        handle: int,
        sa: SecurityAssociation | None,
        expected: TransmitResult,
        got: TxResult,
    ) -> bool:
        """Compare one frame of the host; True if it is as expected."""
        self.frames["transmit"] += 1
        self.octets["transmit"] += len(sent)
        self.fates[expected.reason.value] += 1
        status = _STATUS[expected.reason]
        if got.status == status and got.frame == expected.frame:
            if recorder := coverage.recorder():
                recorder.transmit(sent, sa, expected.reason)
            return True
        lines: list[str] = []
        if got.status != status:
            lines.append(
                f"status: expected {_STATUS_NAMES[status]} [{expected.reason.name}],"
                f" got {_STATUS_NAMES.get(got.status, str(got.status))}"
            )
        if (got.frame is None) != (expected.frame is None):
            lines.append(
                "frame left, but had to be dropped" if expected.frame is None else "frame dropped, but had to leave"
            )
        elif got.frame is not None and expected.frame is not None:
            difference = frame_difference(expected.frame, got.frame, sent, sa.icv_len if sa else None)
            if difference:
                lines.append(difference)
        self._report("transmit", name, sent, describe_sa(sa, handle), lines, got.frame)
        return False

    def receive(
        self, name: str, wire: bytes, sa: SecurityAssociation | None, expected: ReceiveResult, got: RxResult
    ) -> bool:
        """Compare one frame from the wire; True if it is as expected."""
        self.frames["receive"] += 1
        self.octets["receive"] += len(wire)
        self.fates[_receive_fate(expected)] += 1
        if (
            got.frame == expected.frame
            and got.slot1 == expected.slot1
            and got.slot12 == expected.slot12
            and got.handle == expected.handle
        ):
            if recorder := coverage.recorder():
                recorder.receive(wire, sa, expected)
            return True
        lines: list[str] = []
        if got.handle != expected.handle:
            lines.append(f"handle: expected {expected.handle:#010x}, got {got.handle:#010x}")
        if got.slot1 != expected.slot1:
            lines.append(
                f"slot 1: expected {ReceiveInfo.parse(expected.slot1)}, got {ReceiveInfo.parse(got.slot1)}"
                f" ({expected.slot1:#010x}, {got.slot1:#010x})"
            )
        if got.slot12 != expected.slot12:
            lines.append(
                f"slot 12: expected {ReceiveHeaderInfo.parse(expected.slot12)},"
                f" got {ReceiveHeaderInfo.parse(got.slot12)} ({expected.slot12:#010x}, {got.slot12:#010x})"
            )
        plain = expected.frame if expected.slot12 else None
        difference = frame_difference(expected.frame, got.frame, plain, sa.icv_len if sa else None)
        if difference:
            lines.append(difference)
        self._report("receive", name, wire, describe_sa(sa, expected.handle), lines, got.frame)
        return False

    def equal(self, what: str, expected: bytes, got: bytes | None, icv_len: int | None = None) -> bool:
        """Compare two frames that are not a result of the reference engine, e.g. a kernel's with the engine's."""
        if got is None:
            self.mismatch(f"{what}: no frame")
            return False
        difference = frame_difference(expected, got, expected, icv_len)
        if difference is None:
            return True
        self.mismatch(f"{what}: {difference}", got=got)
        return False

    def counters(self, statistics: Mapping[str, int], counters: Mapping[str, int]) -> bool:
        """Compare the counters of the engine with the statistics of the reference engine."""
        before = self.mismatches
        for name, parts in COUNTERS.items():
            expected = sum(statistics[part] for part in parts) & 0xFFFFFFFF
            if counters[name] != expected:
                self.mismatch(f"counter {name}: expected {expected}, got {counters[name]}")
        for name, direction in (("TX_OCTETS", "transmit"), ("RX_OCTETS", "receive")):
            if counters[name] != self.octets[direction]:
                self.mismatch(f"counter {name}: expected {self.octets[direction]}, got {counters[name]}")
        if counters["RX_OVERFLOW"]:
            self.mismatch(f"counter RX_OVERFLOW: expected 0, got {counters['RX_OVERFLOW']}")
        return self.mismatches == before

    def text(self) -> str:
        """All kept texts, one mismatch after the other; empty without mismatch."""
        if not self.mismatches:
            return ""
        lines = [f"{self.mismatches} mismatches", *self.texts]
        if self.mismatches > len(self.texts):
            lines.append(f"... and {self.mismatches - len(self.texts)} more")
        return "\n".join(lines)

    def _report(
        self, direction: str, name: str, frame: bytes, sa: str, lines: Sequence[str], got: bytes | None
    ) -> None:
        head = f"{direction} {name}: {len(frame)} octets, {_spi_of(frame)}, {sa}"
        self.mismatch("\n  ".join((head, *lines)), frame, got)


def _receive_fate(result: ReceiveResult) -> str:
    if not result.slot1 & CRYPTO_DONE:
        return "rx_unchanged"
    fates = {0: "rx_decrypted", 1: "rx_limit_failed", 6: "rx_syntax_failed"}
    return fates.get(result.crypto_status, "rx_icv_failed")
