# SPDX-License-Identifier: Apache-2.0
"""Frames: the parser of rules P1 to P6 of docs/architecture.md, and builders for every shape they talk about.

A frame is the octets of an Ethernet frame without FCS; every offset counts octets from its start.
Sources: IEEE 802.1Q (tags), RFC 791, RFC 8200 section 4 (extension headers), RFC 768, RFC 3948 (ESP in
UDP port 4500, non-ESP marker, keepalive), RFC 4303 section 2 (ESP, padding, trailer), RFC 4106 section 3 (IV).

The builders never check what they build: lengths, fragment fields and checksums can be overridden, so that
malformed frames are as easy as good ones.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence
from typing import NamedTuple

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_IPV6 = 0x86DD
TPID_CUSTOMER = 0x8100
TPID_SERVICE = 0x88A8
PROTOCOL_HOP_BY_HOP = 0
PROTOCOL_IPV4 = 4
PROTOCOL_UDP = 17
PROTOCOL_IPV6 = 41
PROTOCOL_ROUTING = 43
PROTOCOL_FRAGMENT = 44
PROTOCOL_ESP = 50
PROTOCOL_AH = 51
PROTOCOL_DESTINATION_OPTIONS = 60
PORT_NAT_T = 4500

ESP_HEADER = 8
"""Octets of SPI and sequence number."""
ESP_IV = 8
"""Octets of the explicit IV (RFC 4106 section 3.1)."""
PARSED_OCTETS = 128
"""ESP header and IV must end within this many octets of the frame (rule P6)."""
MAX_EXTENSION_HEADERS = 4
"""IPv6 extension headers before ESP or UDP (rule P4)."""

_EXTENSION_HEADERS = (PROTOCOL_HOP_BY_HOP, PROTOCOL_ROUTING, PROTOCOL_DESTINATION_OPTIONS)
_VLAN_TPIDS = (TPID_CUSTOMER.to_bytes(2, "big"), TPID_SERVICE.to_bytes(2, "big"))


LONGEST_PACKET_END = 16351
"""No ESP packet that ends behind this octet of its frame is processed (docs/architecture.md, section 3)."""


class NotEspReason(enum.Enum):
    """Which rule made the parser stop; the engine treats all alike."""

    NOT_IP = "P1: no IPv4 or IPv6 EtherType after at most two VLAN tags"
    BAD_IP_HEADER = "P2: IP version, header length or total length impossible, or jumbogram"
    FRAGMENT = "P3: fragment"
    OTHER_PROTOCOL = "P4, P5: neither ESP nor ESP in UDP, or too many extension headers"
    OTHER_UDP = "P5: UDP, but another port or a length that is not the rest of the packet"
    NON_ESP_MARKER = "P5: IKE, four zero octets after the UDP header"
    KEEPALIVE = "P5: UDP payload too short for SPI and sequence number"
    TOO_DEEP = "P6: ESP header and IV do not end within the first 128 octets"
    TRUNCATED = "P6: a header is outside the IP packet or the frame"


class NotEsp(NamedTuple):
    """The frame is not ESP for the engine."""

    reason: NotEspReason


class ParsedEsp(NamedTuple):
    """Where everything is in an ESP frame (offsets in octets from the start of the frame)."""

    ip_version: int
    """4 or 6."""
    ip: int
    """Offset of the IP header."""
    ip_end: int
    """End of the IP packet by its own length field; may lie past the end of the frame."""
    esp: int
    """Offset of the SPI."""
    payload: int
    """``c0``: offset of the first octet after the IV, ``esp + 16``."""
    udp: int
    """Offset of the UDP header, 0 for plain ESP."""
    vlan_tags: int
    """0, 1 or 2."""
    spi: int
    """First octet on the wire is most significant."""
    seq: int
    """Low 32 bits of the sequence number."""
    src: bytes
    """Source address, 4 or 16 octets."""
    dst: bytes
    """Destination address, 4 or 16 octets."""
    frame_length: int
    """Octets of the frame."""

    @property
    def udp_encapsulated(self) -> bool:
        """True for ESP in UDP."""
        return self.udp != 0

    def icv(self, icv_len: int) -> int:
        """``c1``: offset of an ICV of ``icv_len`` octets, the end of the protected octets."""
        return self.ip_end - icv_len

    def impossible_length(self, icv_len: int) -> bool:
        """IP packet longer than LONGEST_PACKET_END, or no room for the two octets of the trailer: the header tells."""
        return self.ip_end > LONGEST_PACKET_END or self.ip_end - icv_len - self.payload < 2

    def truncated(self) -> bool:
        """The IP packet is longer than the frame: known at its end."""
        return self.ip_end > self.frame_length

    def syntax_error(self, icv_len: int) -> bool:
        """Either of the two."""
        return self.truncated() or self.impossible_length(icv_len)


_NOT_ESP = {reason: NotEsp(reason) for reason in NotEspReason}
_NOT_IP = _NOT_ESP[NotEspReason.NOT_IP]
_BAD_IP_HEADER = _NOT_ESP[NotEspReason.BAD_IP_HEADER]
_FRAGMENT = _NOT_ESP[NotEspReason.FRAGMENT]
_OTHER_PROTOCOL = _NOT_ESP[NotEspReason.OTHER_PROTOCOL]
_OTHER_UDP = _NOT_ESP[NotEspReason.OTHER_UDP]
_NON_ESP_MARKER = _NOT_ESP[NotEspReason.NON_ESP_MARKER]
_KEEPALIVE = _NOT_ESP[NotEspReason.KEEPALIVE]
_TOO_DEEP = _NOT_ESP[NotEspReason.TOO_DEEP]
_TRUNCATED = _NOT_ESP[NotEspReason.TRUNCATED]

_ipv4_fields = struct.Struct(">BxHxxHxB").unpack_from
_esp_fields = struct.Struct(">II").unpack_from
_udp_fields = struct.Struct(">HHH").unpack_from


def parse_frame(frame: bytes) -> ParsedEsp | NotEsp:
    """Rules P1 to P6: find the ESP header of an Ethernet frame of any length (also 0). Never raises."""
    length = len(frame)

    ip = 14
    tags = 0
    ethertype = frame[12:14]
    while ethertype in _VLAN_TPIDS and tags < 2:
        tags += 1
        ethertype = frame[ip + 2 : ip + 4]
        ip += 4

    if ethertype == b"\x08\x00":
        version = 4
        if length < ip + 20:
            return _TRUNCATED
        version_ihl, total_length, fragment, protocol = _ipv4_fields(frame, ip)
        header_length = (version_ihl & 15) * 4
        if version_ihl >> 4 != 4 or header_length < 20 or total_length < header_length:
            return _BAD_IP_HEADER
        if fragment & 0x3FFF:
            return _FRAGMENT
        ip_end = ip + total_length
        offset = ip + header_length
        src = frame[ip + 12 : ip + 16]
        dst = frame[ip + 16 : ip + 20]
    elif ethertype == b"\x86\xdd":
        version = 6
        if length < ip + 40:
            return _TRUNCATED
        payload_length = frame[ip + 4] << 8 | frame[ip + 5]
        if frame[ip] >> 4 != 6 or payload_length == 0:
            return _BAD_IP_HEADER
        ip_end = ip + 40 + payload_length
        offset = ip + 40
        protocol = frame[ip + 6]
        src = frame[ip + 8 : ip + 24]
        dst = frame[ip + 24 : ip + 40]
        headers = 0
        while protocol in _EXTENSION_HEADERS:
            headers += 1
            if headers > MAX_EXTENSION_HEADERS:
                return _OTHER_PROTOCOL
            if offset + 2 > length:
                return _TRUNCATED
            protocol = frame[offset]
            offset += 8 + 8 * frame[offset + 1]
        if protocol == PROTOCOL_FRAGMENT:
            return _FRAGMENT
    else:
        return _NOT_IP

    inside = min(ip_end, length)
    udp = 0
    if protocol == PROTOCOL_ESP:
        if offset + ESP_HEADER > inside:
            return _TRUNCATED
    elif protocol == PROTOCOL_UDP:
        udp = offset
        offset += 8
        if offset > inside:
            return _TRUNCATED
        src_port, dst_port, udp_length = _udp_fields(frame, udp)
        if PORT_NAT_T not in (src_port, dst_port) or udp_length != ip_end - udp:
            return _OTHER_UDP
        if udp_length < 8 + ESP_HEADER:
            return _KEEPALIVE
        if offset + ESP_HEADER > inside:
            return _TRUNCATED
        if frame[offset : offset + 4] == b"\0\0\0\0":
            return _NON_ESP_MARKER
    else:
        return _OTHER_PROTOCOL
    if offset + ESP_HEADER + ESP_IV > PARSED_OCTETS:
        return _TOO_DEEP
    spi, seq = _esp_fields(frame, offset)
    return ParsedEsp(version, ip, ip_end, offset, offset + ESP_HEADER + ESP_IV, udp, tags, spi, seq, src, dst, length)


# ---------------------------------------------------------------------------------------------------------------
# Builders
# ---------------------------------------------------------------------------------------------------------------

MAC_A = bytes.fromhex("020000000001")
MAC_B = bytes.fromhex("020000000002")


def internet_checksum(data: bytes) -> int:
    """The one's complement checksum of RFC 1071 over ``data`` (odd lengths are padded with a zero octet)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(
    payload: bytes,
    ethertype: int,
    *,
    vlans: Sequence[int | tuple[int, int]] = (),
    dst: bytes = MAC_B,
    src: bytes = MAC_A,
    minimum: int = 0,
    padding: bytes = b"",
    truncate: int | None = None,
) -> bytes:
    """An Ethernet II frame without FCS.

    ``vlans``: outermost first, each a TCI (TPID 0x8100) or ``(TPID, TCI)``; any number of them.
    ``padding``: octets after the payload; ``minimum``: then zeros up to this length (60 on a real wire).
    ``truncate``: cut the frame to this many octets at last.
    """
    tags = [(TPID_CUSTOMER, tag) if isinstance(tag, int) else tag for tag in vlans]
    header = dst + src + b"".join(struct.pack(">HH", *tag) for tag in tags) + struct.pack(">H", ethertype)
    frame = header + payload + padding
    frame += bytes(max(0, minimum - len(frame)))
    return frame[:truncate]


def ipv4(
    payload: bytes,
    src: bytes,
    dst: bytes,
    protocol: int,
    *,
    options: bytes = b"",
    tos: int = 0,
    identification: int = 0,
    flags: int = 2,
    fragment_offset: int = 0,
    ttl: int = 64,
    version: int = 4,
    ihl: int | None = None,
    total_length: int | None = None,
    checksum: int | None = None,
) -> bytes:
    """An IPv4 packet. ``flags``: 2 = DF, 1 = MF; ``fragment_offset`` in units of 8 octets.

    ``options`` are padded with end-of-list octets to whole words; ``ihl`` (words), ``total_length`` and
    ``checksum`` are computed unless given.
    """
    options += bytes(-len(options) % 4)
    if ihl is None:
        ihl = 5 + len(options) // 4
    if total_length is None:
        total_length = 20 + len(options) + len(payload)
    header = struct.pack(
        ">BBHHHBBH4s4s",
        (version & 15) << 4 | ihl & 15,
        tos,
        total_length & 0xFFFF,
        identification,
        flags << 13 | fragment_offset,
        ttl,
        protocol,
        0,
        src,
        dst,
    )
    header += options
    if checksum is None:
        checksum = internet_checksum(header)
    return header[:10] + checksum.to_bytes(2, "big") + header[12:] + payload


def ipv6(
    payload: bytes,
    src: bytes,
    dst: bytes,
    next_header: int,
    *,
    extension_headers: Sequence[tuple[int, bytes]] = (),
    traffic_class: int = 0,
    flow_label: int = 0,
    hop_limit: int = 64,
    version: int = 6,
    payload_length: int | None = None,
) -> bytes:
    """An IPv6 packet. ``extension_headers``: in order, each ``(protocol number, content)``.

    The content of an extension header is what follows its next-header and length octets; it is padded to
    whole units of 8 octets (a fragment header, 44, has its reserved octet there instead of a length).
    ``next_header`` is the protocol after the last one. ``payload_length`` is computed unless given.
    """
    chain = b""
    types = [kind for kind, _ in extension_headers] + [next_header]
    for index, (kind, content) in enumerate(extension_headers):
        content += bytes(-(len(content) + 2) % 8)
        units = 0 if kind == PROTOCOL_FRAGMENT else (len(content) + 2) // 8 - 1
        chain += bytes((types[index + 1], units)) + content
    if payload_length is None:
        payload_length = len(chain) + len(payload)
    first = (version & 15) << 28 | traffic_class << 20 | flow_label
    return struct.pack(">IHBB16s16s", first, payload_length & 0xFFFF, types[0], hop_limit, src, dst) + chain + payload


def udp(
    payload: bytes,
    *,
    src_port: int = PORT_NAT_T,
    dst_port: int = PORT_NAT_T,
    length: int | None = None,
    checksum: int = 0,
) -> bytes:
    """A UDP datagram; the checksum is 0 (none) unless given, as RFC 3948 section 2.1 asks for."""
    if length is None:
        length = 8 + len(payload)
    return struct.pack(">HHHH", src_port, dst_port, length & 0xFFFF, checksum) + payload


def esp(
    payload: bytes,
    *,
    spi: int,
    seq: int,
    iv: bytes,
    next_header: int,
    icv_len: int = 16,
    pad_length: int | None = None,
    alignment: int = 4,
    icv: bytes | None = None,
) -> bytes:
    """ESP-framed plaintext, ready for the engine.

    SPI, sequence number, IV, payload, padding, trailer, room for the ICV.

    Padding octets are 1, 2, 3, ... (RFC 4303 section 2.4); their number makes payload and trailer a multiple of
    ``alignment`` octets unless ``pad_length`` is given. ``icv`` fills the room of ``icv_len`` octets, default zeros.
    """
    if pad_length is None:
        pad_length = -(len(payload) + 2) % alignment
    padding = bytes(i & 0xFF for i in range(1, pad_length + 1))
    room = bytes(icv_len) if icv is None else icv
    return struct.pack(">II", spi, seq) + iv + payload + padding + bytes((pad_length, next_header)) + room


def ip_protocol_offset(packet: bytes) -> tuple[int, int, int]:
    """(offset of the octet that names the upper-layer protocol, offset of the upper layer, protocol) of an IP packet.

    IPv6 hop-by-hop, routing and destination options count as part of the header. ValueError if not IP.
    """
    if packet[:1] and packet[0] >> 4 == 4:
        return 9, (packet[0] & 15) * 4, packet[9]
    if packet[:1] and packet[0] >> 4 == 6:
        where, offset = 6, 40
        while packet[where] in _EXTENSION_HEADERS:
            where, offset = offset, offset + 8 + 8 * packet[offset + 1]
        return where, offset, packet[where]
    raise ValueError("neither an IPv4 nor an IPv6 packet")


def with_upper_layer(packet: bytes, protocol: int, upper: bytes) -> bytes:
    """The IP packet with its upper layer replaced: protocol, length and IPv4 header checksum are made to fit."""
    where, offset, _ = ip_protocol_offset(packet)
    header = bytearray(packet[:offset])
    header[where] = protocol
    if header[0] >> 4 == 4:
        struct.pack_into(">H", header, 2, offset + len(upper))
        struct.pack_into(">H", header, 10, 0)
        struct.pack_into(">H", header, 10, internet_checksum(bytes(header)))
    else:
        struct.pack_into(">H", header, 4, offset - 40 + len(upper))
    return bytes(header) + upper


def transport_mode(
    packet: bytes,
    *,
    spi: int,
    seq: int,
    iv: bytes,
    icv_len: int = 16,
    udp_encapsulation: bool = False,
    pad_length: int | None = None,
) -> bytes:
    """An IP packet in transport mode: its upper layer moves into ESP-framed plaintext (RFC 4303 section 3.1.1)."""
    _, offset, protocol = ip_protocol_offset(packet)
    body = esp(packet[offset:], spi=spi, seq=seq, iv=iv, next_header=protocol, icv_len=icv_len, pad_length=pad_length)
    if udp_encapsulation:
        return with_upper_layer(packet, PROTOCOL_UDP, udp(body))
    return with_upper_layer(packet, PROTOCOL_ESP, body)


def tunnel_mode(
    inner: bytes,
    src: bytes,
    dst: bytes,
    *,
    spi: int,
    seq: int,
    iv: bytes,
    icv_len: int = 16,
    udp_encapsulation: bool = False,
    pad_length: int | None = None,
) -> bytes:
    """An IP packet in tunnel mode, ESP-framed plaintext between outer addresses (RFC 4303 section 3.1.2)."""
    next_header = PROTOCOL_IPV4 if inner[0] >> 4 == 4 else PROTOCOL_IPV6
    body = esp(inner, spi=spi, seq=seq, iv=iv, next_header=next_header, icv_len=icv_len, pad_length=pad_length)
    protocol = PROTOCOL_ESP
    if udp_encapsulation:
        body, protocol = udp(body), PROTOCOL_UDP
    return ipv6(body, src, dst, protocol) if len(src) == 16 else ipv4(body, src, dst, protocol)


def ip_frame(
    packet: bytes,
    *,
    vlans: Sequence[int | tuple[int, int]] = (),
    minimum: int = 60,
    padding: bytes = b"",
    truncate: int | None = None,
) -> bytes:
    """An IP packet in an Ethernet frame; the EtherType follows the packet's version. See :func:`ethernet`."""
    ethertype = ETHERTYPE_IPV6 if packet[0] >> 4 == 6 else ETHERTYPE_IPV4
    return ethernet(packet, ethertype, vlans=vlans, minimum=minimum, padding=padding, truncate=truncate)


def esp_frame(
    payload: bytes,
    *,
    src: bytes,
    dst: bytes,
    spi: int,
    seq: int,
    iv: bytes,
    next_header: int = 59,
    icv_len: int = 16,
    pad_length: int | None = None,
    icv: bytes | None = None,
    udp_encapsulation: bool = False,
    udp_length: int | None = None,
    src_port: int = PORT_NAT_T,
    dst_port: int = PORT_NAT_T,
    options: bytes = b"",
    extension_headers: Sequence[tuple[int, bytes]] = (),
    ip_length: int | None = None,
    fragment_flags: int = 2,
    fragment_offset: int = 0,
    vlans: Sequence[int | tuple[int, int]] = (),
    minimum: int = 0,
    padding: bytes = b"",
    truncate: int | None = None,
) -> bytes:
    """A whole frame of ESP-framed plaintext in one call, with every field of the layers below it at hand.

    IPv4 or IPv6 by the length of ``src``; ``options`` is for IPv4, ``extension_headers`` for IPv6.
    ``ip_length`` overrides Total Length or Payload Length. The other arguments are those of :func:`esp`,
    :func:`udp`, :func:`ipv4`, :func:`ipv6` and :func:`ethernet`.
    """
    body = esp(
        payload,
        spi=spi,
        seq=seq,
        iv=iv,
        next_header=next_header,
        icv_len=icv_len,
        pad_length=pad_length,
        icv=icv,
    )
    protocol = PROTOCOL_ESP
    if udp_encapsulation:
        body = udp(body, src_port=src_port, dst_port=dst_port, length=udp_length)
        protocol = PROTOCOL_UDP
    if len(src) == 16:
        packet = ipv6(body, src, dst, protocol, extension_headers=extension_headers, payload_length=ip_length)
        ethertype = ETHERTYPE_IPV6
    else:
        packet = ipv4(
            body,
            src,
            dst,
            protocol,
            options=options,
            flags=fragment_flags,
            fragment_offset=fragment_offset,
            total_length=ip_length,
        )
        ethertype = ETHERTYPE_IPV4
    return ethernet(packet, ethertype, vlans=vlans, minimum=minimum, padding=padding, truncate=truncate)
