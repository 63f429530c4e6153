# SPDX-License-Identifier: Apache-2.0
"""Captures and SA files from outside: reading pcap and pcapng, writing pcapng, reading ``NAME.sa.json``.

Whatever is wrong with a file of the user is a :class:`UserFileError`: one line that names the file, and the field and
the value (for key material: its length) where there is one.

Raw IP captures get an Ethernet header in front of every packet, because that is what the engine takes;
:meth:`Capture.strip` removes it from what comes out.
"""

from __future__ import annotations

import binascii
import gzip
import io
import ipaddress
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from scapy.error import Scapy_Exception
from scapy.utils import RawPcapNgWriter, RawPcapReader

from models.packet import (
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    MAC_A,
    MAC_B,
    PROTOCOL_UDP,
    NotEsp,
    internet_checksum,
    parse_frame,
)
from models.sa import UDP_NONE, UDP_TRANSPORT, UDP_TUNNEL, Algorithm, Direction, SecurityAssociation
from models.sa import SecurityAssociationError as _SaError

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW_IP = (12, 101)
"""LINKTYPE_RAW, and DLT_RAW of the systems that write it into files."""
LINKTYPE_IPV4 = 228
LINKTYPE_IPV6 = 229
MAX_FRAME_OCTETS = 0xFFFF
"""The longest packet the library reads whole."""

_ETHERTYPE_OTHER = 0x88B5
"""IEEE 802 local experimental: for raw packets that are neither IPv4 nor IPv6."""
_MAGICS = (b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1")
_MAGIC_NG = b"\x0a\x0d\x0d\x0a"

ALGORITHMS = {
    **{f"rfc4106-gcm-{bits}": Algorithm.of(False, bits) for bits in (128, 192, 256)},
    **{f"rfc4543-gmac-{bits}": Algorithm.of(True, bits) for bits in (128, 192, 256)},
}
"""The names of ``alg`` in an SA file."""


class UserFileError(Exception):
    """A file given by the user cannot be used; the text is one line."""

    def __init__(self, path: str | Path, problem: str) -> None:
        super().__init__(" ".join(f"{path}: {problem}".split()))


# ---------------------------------------------------------------------------------------------------------------
# Captures
# ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Capture:
    """The packets of a capture file as they stand there, their times in seconds, and the link type they all have."""

    path: Path
    linktype: int
    packets: tuple[bytes, ...]
    times: tuple[Fraction, ...]

    @property
    def header_octets(self) -> int:
        """Octets of the Ethernet header that :meth:`frames` adds: 14 for raw IP, else 0."""
        return 0 if self.linktype == LINKTYPE_ETHERNET else 14

    def frames(self) -> list[bytes]:
        """The packets as Ethernet frames."""
        if self.linktype == LINKTYPE_ETHERNET:
            return list(self.packets)
        return [MAC_B + MAC_A + struct.pack(">H", self._ethertype(packet)) + packet for packet in self.packets]

    def strip(self, frame: bytes) -> bytes:
        """A frame of the engine in the form of this capture."""
        return frame[self.header_octets :]

    def _ethertype(self, packet: bytes) -> int:
        if self.linktype == LINKTYPE_IPV4:
            return ETHERTYPE_IPV4
        if self.linktype == LINKTYPE_IPV6:
            return ETHERTYPE_IPV6
        return {4: ETHERTYPE_IPV4, 6: ETHERTYPE_IPV6}.get(packet[0] >> 4, _ETHERTYPE_OTHER)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserFileError(path, error.strerror or str(error)) from error


def _check_complete(path: Path, data: bytes) -> None:
    """UserFileError where the last record of a pcap or the last block of a pcapng is cut off, or a length is wrong."""
    cut = UserFileError(path, "the capture file is cut off or damaged")
    at = 0
    if data[:4] in _MAGICS:
        order = ">" if data[:2] == b"\xa1\xb2" else "<"
        at = 24
        while at < len(data):
            if at + 16 > len(data):
                raise cut
            at += 16 + int(struct.unpack_from(order + "I", data, at + 8)[0])
    else:
        order = "<"
        while at < len(data):
            if at + 12 > len(data):
                raise cut
            if data[at : at + 4] == _MAGIC_NG:
                order = ">" if data[at + 8 : at + 12] == b"\x1a\x2b\x3c\x4d" else "<"
            length = int(struct.unpack_from(order + "I", data, at + 4)[0])
            end = at + length
            if length < 12 or length % 4 or end > len(data) or data[end - 4 : end] != data[at + 4 : at + 8]:
                raise cut
            at = end
    if at != len(data):
        raise cut


def read_capture(path: str | Path) -> Capture:
    """Read a pcap or pcapng file, also one packed with gzip, of Ethernet or raw IP packets; raises UserFileError."""
    path = Path(path)
    data = _read(path)
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise UserFileError(path, f"gzip: {error}") from error
    if not data:
        raise UserFileError(path, "the file is empty")
    if data[:4] not in (*_MAGICS, _MAGIC_NG):
        raise UserFileError(path, "neither pcap nor pcapng")
    if data[:4] in _MAGICS and len(data) < 24:
        raise UserFileError(path, "the capture file is cut off or damaged")
    _check_complete(path, data)
    packets: list[bytes] = []
    times: list[Fraction] = []
    linktypes: set[int] = set()
    try:
        # scapy's annotations know neither file objects nor the metadata of pcapng
        opened: Any = RawPcapReader
        with opened(io.BytesIO(data)) as reader:
            for packet, about in reader:
                if hasattr(about, "tsresol"):
                    linktypes.add(about.linktype)
                    high, low = about.tshigh or 0, about.tslow or 0
                    times.append(Fraction(high << 32 | low, about.tsresol or 1_000_000))
                else:
                    unit = 1_000_000_000 if reader.nano else 1_000_000
                    times.append(about.sec + Fraction(about.usec, unit))
                packets.append(bytes(packet))
            # the upper half of the field holds flags about the FCS
            linktypes |= {interface[0] for interface in getattr(reader, "interfaces", ())}
            if hasattr(reader, "linktype"):
                linktypes.add(reader.linktype & 0xFFFF)
    except (Scapy_Exception, EOFError, struct.error, ValueError) as error:
        raise UserFileError(path, f"not a readable capture: {error}") from error
    if len(linktypes) > 1:
        raise UserFileError(path, f"packets of different link types {sorted(linktypes)} in one file")
    linktype = linktypes.pop() if linktypes else LINKTYPE_ETHERNET
    if linktype not in (LINKTYPE_ETHERNET, *LINKTYPE_RAW_IP, LINKTYPE_IPV4, LINKTYPE_IPV6):
        raise UserFileError(path, f"link type {linktype}: must be Ethernet (1) or raw IP (101, 228, 229, 12)")
    for number, packet in enumerate(packets):
        if not packet:
            raise UserFileError(path, f"packet {number} is empty")
        if len(packet) >= MAX_FRAME_OCTETS:
            raise UserFileError(path, f"packet {number} has {MAX_FRAME_OCTETS} octets or more")
    return Capture(path, linktype, tuple(packets), tuple(times))


def write_capture(path: str | Path, linktype: int, packets: Sequence[bytes], times: Sequence[Fraction] = ()) -> None:
    """Write a pcapng file with one interface; times in seconds, kept to a microsecond. Raises UserFileError."""
    try:
        writer: Any = RawPcapNgWriter(str(path))
        with writer:
            writer.linktype = linktype
            writer.write_header(None)
            for number, packet in enumerate(packets):
                writer.write_packet(packet, sec=times[number] if times else Fraction(0))
    except OSError as error:
        raise UserFileError(path, error.strerror or str(error)) from error


@dataclass(frozen=True)
class SimulatedPacket:
    """An Ethernet frame of the simulation: nanoseconds of simulated time, the port, and a line about it."""

    octets: bytes
    time_ns: int
    interface: str
    comment: str


def write_simulation(path: Path, packets: Sequence[SimulatedPacket]) -> None:
    """Write packets as pcapng, their times to a nanosecond, with an interface for each port."""
    interfaces = sorted({packet.interface.encode() for packet in packets})
    writer: Any = RawPcapNgWriter(str(path))
    with writer:
        # of its own accord the library writes microseconds, and no name of the first interface
        writer.tsresol = 1_000_000_000
        writer.interfaces2id = {name: number for number, name in enumerate(interfaces)}
        writer.header_present = True
        writer._write_block_shb()
        for name in writer.interfaces2id:
            # interface description: if_name (2), if_tsresol (9) of 10^-9 s, end of options
            options = struct.pack("<HH", 2, len(name)) + name + bytes(-len(name) % 4)
            options += struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)
            block = writer.build_block(struct.pack("<I", 1), struct.pack("<HHI", LINKTYPE_ETHERNET, 0, 0), options)
            writer.f.write(block)
        for packet in packets:
            writer._write_packet(
                packet.octets,
                LINKTYPE_ETHERNET,
                sec=Fraction(packet.time_ns, writer.tsresol),
                ifname=packet.interface.encode(),
                comments=[packet.comment.encode()],
            )


# ---------------------------------------------------------------------------------------------------------------
# SA files
# ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SaEntry:
    """One element of ``sas``. ``start_seq``: 64-bit number of the first packet. ``mode``: "tunnel" or "transport".

    ``ipv6`` is None where both addresses are wildcards: then the entry stands for both IP versions.
    """

    index: int
    spi: int
    algorithm: Algorithm
    key: bytes
    salt: bytes
    icv_len: int
    esn: bool
    start_seq: int
    udp_encapsulation: int
    ipv6: bool | None
    src: bytes | None
    dst: bytes | None
    mode: str

    def security_association(self, direction: Direction, ipv6: bool = False) -> SecurityAssociation:
        """The SA in one direction; ``ipv6`` counts only where the entry has no address."""
        return SecurityAssociation(
            direction=direction,
            algorithm=self.algorithm,
            spi=self.spi,
            key=self.key,
            salt=self.salt,
            icv_len=self.icv_len,
            esn=self.esn,
            seq_hi=self.start_seq >> 32 if self.esn else 0,
            ipv6=ipv6 if self.ipv6 is None else self.ipv6,
            src=self.src,
            dst=self.dst,
            udp_encapsulation=self.udp_encapsulation,
        )

    def __repr__(self) -> str:
        return f"SaEntry({self.index}, SPI {self.spi:#010x})"


@dataclass(frozen=True)
class SaFile:
    """An SA file: its entries, and the whole description as it was read (without ``sas``)."""

    path: Path
    entries: tuple[SaEntry, ...]
    description: Mapping[str, Any]


class _Element:
    """One element of ``sas``, field by field."""

    def __init__(self, path: Path, index: int, element: Any) -> None:
        self.path = path
        self.where = f"sas[{index}]"
        if not isinstance(element, dict):
            raise UserFileError(path, f"{self.where}: must be an object")
        self.element = element

    def error(self, name: str, problem: str) -> UserFileError:
        return UserFileError(self.path, f"{self.where}.{name}: {problem}")

    def get(self, name: str, default: Any = None, *, required: bool = False) -> Any:
        value = self.element.get(name)
        if value is None:
            if required:
                raise self.error(name, "missing")
            return default
        return value

    def number(self, name: str, low: int, high: int, default: int | None = None) -> int:
        value = self.get(name, default, required=default is None)
        if isinstance(value, str):
            try:
                value = int(value, 0)
            except ValueError:
                raise self.error(name, f"{value!r} is not a number") from None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(name, f"{value!r} is not a number")
        if not low <= value <= high:
            raise self.error(name, f"{value} is not in {low}..{high}")
        return value

    def flag(self, name: str) -> bool:
        value = self.get(name, False)
        if not isinstance(value, bool):
            raise self.error(name, f"{value!r} is neither true nor false")
        return value

    def octets(self, name: str, count: int, what: str) -> bytes:
        """Hexadecimal octets; an error never shows them."""
        value = self.get(name, required=True)
        if not isinstance(value, str):
            raise self.error(name, "must be a string of hexadecimal digits")
        try:
            octets = bytes.fromhex(value.removeprefix("0x"))
        except (ValueError, binascii.Error):
            raise self.error(name, f"{len(value)} characters that are not hexadecimal octets") from None
        if len(octets) != count:
            raise self.error(name, f"{len(octets)} octets, {what} needs {count}")
        return octets

    def address(self, name: str) -> bytes | None:
        value = self.get(name)
        if value is None:
            return None
        try:
            return ipaddress.ip_address(value if isinstance(value, str) else repr(value)).packed
        except ValueError:
            raise self.error(name, f"{value!r} is not an IP address") from None


def read_sas(path: str | Path) -> SaFile:
    """Read an SA file, the form of the captures' ``NAME.sa.json``; raises UserFileError.

    Needed for each SA: spi, alg, enc_key, salt. icv_len is 16, start_seq 1, esn and udp_encap are false
    where they are missing; a missing src or dst is a wildcard.
    """
    path = Path(path)
    data = _read(path)
    try:
        description = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UserFileError(path, f"not JSON: {error}") from error
    if not isinstance(description, dict) or not isinstance(description.get("sas"), list):
        raise UserFileError(path, "must be an object with a list `sas`")
    entries = tuple(
        _entry(_Element(path, index, element), index, description) for index, element in enumerate(description["sas"])
    )
    return SaFile(path, entries, {name: value for name, value in description.items() if name != "sas"})


def _entry(element: _Element, index: int, description: Mapping[str, Any]) -> SaEntry:
    name = element.get("alg", required=True)
    if not isinstance(name, str) or name not in ALGORITHMS:
        raise element.error("alg", f"unknown algorithm {name!r}, must be one of {', '.join(ALGORITHMS)}")
    algorithm = ALGORITHMS[name]
    spi = element.number("spi", 1, 0xFFFFFFFF)
    key = element.octets("enc_key", algorithm.key_octets, name)
    salt = element.octets("salt", 4, name)
    icv_len = element.number("icv_len", 0, 255, 16)
    esn = element.flag("esn")
    start_seq = element.number("start_seq", 0, 0xFFFFFFFFFFFFFFFF, 1)
    mode = element.get("mode", description.get("mode") or "transport")
    if mode not in ("tunnel", "transport"):
        raise element.error("mode", f"{mode!r} is neither tunnel nor transport")
    udp = UDP_NONE
    if element.flag("udp_encap"):
        udp = UDP_TUNNEL if mode == "tunnel" else UDP_TRANSPORT
    src, dst = element.address("src"), element.address("dst")
    if src is not None and dst is not None and len(src) != len(dst):
        raise element.error("dst", f"{element.get('dst')} and src {element.get('src')} are of different IP versions")
    address = dst if dst is not None else src
    ipv6 = None if address is None else len(address) == 16
    entry = SaEntry(index, spi, algorithm, key, salt, icv_len, esn, start_seq, udp, ipv6, src, dst, mode)
    try:
        entry.security_association(Direction.INBOUND)
    except _SaError as error:
        raise element.error(error.field, str(error).partition(" = ")[2]) from error
    return entry


def ip_versions(entry: SaEntry, frames: Sequence[bytes]) -> list[bool]:
    """The IP versions (True is IPv6) an entry is needed for.

    That of its addresses, or those of the frames with its SPI; IPv4 where nothing tells.
    """
    if entry.ipv6 is not None:
        return [entry.ipv6]
    found = set()
    for frame in frames:
        parsed = parse_frame(frame)
        if not isinstance(parsed, NotEsp) and parsed.spi == entry.spi:
            found.add(parsed.ip_version == 6)
    return sorted(found) or [False]


# ---------------------------------------------------------------------------------------------------------------
# The clear side of a tunnel
# ---------------------------------------------------------------------------------------------------------------


def inner_packet(frame: bytes, icv_len: int) -> bytes:
    """What a decrypted frame carries: the octets between IV and padding. ValueError if the frame is not ESP."""
    parsed = parse_frame(frame)
    if isinstance(parsed, NotEsp):
        raise ValueError(f"not an ESP frame: {parsed.reason.value}")
    trailer = parsed.icv(icv_len) - 2
    return frame[parsed.payload : max(trailer - frame[trailer], parsed.payload)]


def clear_packets(capture: Capture) -> list[bytes]:
    """The IP packets of a clear side, without the IPv6 link-local chatter that never enters the tunnel."""
    packets = [frame[14:] for frame in capture.frames()]
    return [packet for packet in packets if packet[0] >> 4 == 4 or packet[8:10] != b"\xfe\x80"]


def as_on_clear_side(inner: bytes, clear: bytes) -> bytes:
    """``inner`` with the hop count and the checksums that a packet has on the other side of the tunnel gateway.

    The clear side was captured one hop behind: requests have one hop less there, answers had one more (with the IPv4
    header checksum that goes with it), and the UDP checksum of an answer was not filled in yet. Taken over from
    ``clear`` only where the difference is exactly this; every other octet stays for the comparison.
    """
    if len(inner) != len(clear) or inner[0] >> 4 != clear[0] >> 4:
        return inner
    moved = bytearray(inner)
    version = inner[0] >> 4
    hops, protocol, upper = (8, 9, 20) if version == 4 else (7, 6, 40)
    step = clear[hops] - inner[hops]
    if step in (-1, 1):
        moved[hops] = clear[hops]
        if version == 4 and internet_checksum(inner[:20]) == internet_checksum(clear[:20]) == 0:
            moved[10:12] = clear[10:12]
    if step == 1 and inner[protocol] == PROTOCOL_UDP:
        addresses = inner[12:20] if version == 4 else inner[8:40]
        datagram = inner[upper:]
        if internet_checksum(addresses + bytes((0, PROTOCOL_UDP)) + datagram[4:6] + datagram) == 0:
            moved[upper + 6 : upper + 8] = clear[upper + 6 : upper + 8]
    return bytes(moved)
