# SPDX-License-Identifier: Apache-2.0
"""A small host above the driver: answers ARP, neighbour discovery, ICMP echo and UDP echo, and asks for echoes itself.

Packets to an address with a :class:`SecurePath` leave as ESP-framed plaintext with the handle of its SA, and are
taken from there only as the engine delivered them: decrypted, by an SA of this path, with a fresh sequence number
(RFC 4303 section 3.4.3; replay is the host's business). Everything else of such an address is refused and counted.

No simulator in here: frames come in by :meth:`HostStack.input` and the answers are returned.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from models.esp import infer_esn
from models.ndis import CRYPTO_DONE, HEADER_INFO_SET, ReceiveHeaderInfo
from models.packet import (
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    MAC_A,
    PROTOCOL_IPV4,
    PROTOCOL_IPV6,
    PROTOCOL_UDP,
    NotEsp,
    ethernet,
    internet_checksum,
    ip_protocol_offset,
    ipv4,
    ipv6,
    parse_frame,
    transport_mode,
    tunnel_mode,
    udp,
    with_upper_layer,
)
from tb.bench import RxResult
from tb.transport import REPLAY_WINDOW, Frame, OwnedSa

ETHERTYPE_ARP = 0x0806
PROTOCOL_ICMP = 1
PROTOCOL_ICMPV6 = 58
ECHO_PORT = 40007
"""UDP port of the echo service; none that a protocol analyser knows."""

_ECHO_REQUEST = {4: 8, 6: 128}
_ECHO_REPLY = {4: 0, 6: 129}
_SOLICITATION, _ADVERTISEMENT = 135, 136
_ARP_HEADER = bytes.fromhex("000108000604")


class ReplayWindow:
    """The anti-replay window of one inbound SA, RFC 4303 section 3.4.3 and appendix A2: 64 packets."""

    def __init__(self, last: int, esn: bool) -> None:
        self.last = last
        self.esn = esn
        self._seen = 0

    def accept(self, seq: int) -> bool:
        """True, once, for the low half ``seq`` of an authenticated packet; False for a replay or a number too old.

        0 is never a number of a packet (RFC 4303 section 2.2).
        """
        number = (infer_esn(self.last, seq, REPLAY_WINDOW) << 32 if self.esn else 0) | seq
        if number > self.last:
            self._seen = (self._seen << (number - self.last) | 1) & ((1 << REPLAY_WINDOW) - 1)
            self.last = number
            return True
        bit = 1 << (self.last - number)
        if number == 0 or bit >> REPLAY_WINDOW or self._seen & bit:
            return False
        self._seen |= bit
        return True


@dataclass
class SecurePath:
    """How packets to ``peer`` travel: policy and SAs. While keys change more than one inbound SA may be alive.

    ``inbound``: by handle. ``peer`` and the outer addresses of the SAs have 4 or 16 octets in wire order; transport
    mode has no others.
    """

    peer: bytes
    tunnel: bool
    outbound: OwnedSa
    inbound: dict[int, OwnedSa]
    windows: dict[int, ReplayWindow] = field(default_factory=dict)

    def accept(self, handle: int, seq: int) -> bool:
        """The replay check of the inbound SA behind ``handle``."""
        owned = self.inbound[handle]
        window = self.windows.setdefault(handle, ReplayWindow(owned.next_seq - 1, owned.sa.esn))
        return window.accept(seq)


@dataclass(frozen=True)
class Outgoing:
    """A frame for the engine, and the packet it carries before ESP (an Ethernet frame without)."""

    frame: Frame
    clear: bytes


EchoAnswer = Callable[[int, int, int, bytes], None]
"""Called for an answer to an echo of ours: protocol number, identifier or port, sequence number (0 of UDP), payload."""


class HostStack:
    """One host with the hardware address ``mac`` and any number of IP addresses.

    ``counters`` tell what became of frames: ``echo_requests``, ``echo_answers``, ``replayed``, ``icv_failed``,
    ``clear_refused``, ``not_ours``, ``bad_checksum``, ``malformed``. ``on_answer`` gets the answers to our echoes.
    """

    def __init__(self, addresses: list[bytes], peer_mac: bytes, mac: bytes = MAC_A) -> None:
        self.addresses = set(addresses)
        self.mac = mac
        self.peer_mac = peer_mac
        self.paths: dict[bytes, SecurePath] = {}
        self.counters: Counter[str] = Counter()
        self.on_answer: EchoAnswer | None = None
        self.clear: bytes | None = None
        """The clear packet in the last frame that came in decrypted, as an Ethernet frame."""

    # ---- sending -----------------------------------------------------------------------------------------------

    def ping(self, src: bytes, dst: bytes, identifier: int, sequence: int, payload: bytes) -> Outgoing:
        """An ICMP or ICMPv6 echo request."""
        version = 4 if len(dst) == 4 else 6
        body = struct.pack(">BxHHH", _ECHO_REQUEST[version], 0, identifier, sequence) + payload
        return self.send(_icmp(version, src, dst, body))

    def udp_echo(self, src: bytes, dst: bytes, port: int, payload: bytes) -> Outgoing:
        """A datagram from ``port`` to the echo service of ``dst``."""
        return self.send(_udp(src, dst, port, ECHO_PORT, payload))

    def send(self, packet: bytes) -> Outgoing:
        """An IP packet on its way: through ESP where its destination has a secure path."""
        _, dst = ends(packet)
        clear = self._ethernet(packet)
        path = self.paths.get(dst)
        if path is None:
            return Outgoing(Frame(clear), clear)
        owned = path.outbound
        sa = owned.sa
        assert sa.src is not None and sa.dst is not None
        seq = owned.sequence() & 0xFFFFFFFF
        udp_encapsulation = sa.udp_encapsulation != 0
        if path.tunnel:
            packet = tunnel_mode(
                packet,
                sa.src,
                sa.dst,
                spi=sa.spi,
                seq=seq,
                iv=owned.iv(),
                icv_len=sa.icv_len,
                udp_encapsulation=udp_encapsulation,
            )
        else:
            packet = transport_mode(
                packet, spi=sa.spi, seq=seq, iv=owned.iv(), icv_len=sa.icv_len, udp_encapsulation=udp_encapsulation
            )
        return Outgoing(Frame(self._ethernet(packet), owned.handle), clear)

    def _ethernet(self, packet: bytes) -> bytes:
        ethertype = ETHERTYPE_IPV6 if packet[0] >> 4 == 6 else ETHERTYPE_IPV4
        return ethernet(packet, ethertype, dst=self.peer_mac, src=self.mac, minimum=60)

    # ---- receiving ---------------------------------------------------------------------------------------------

    def input(self, got: RxResult) -> list[Outgoing]:
        """A frame from the engine with its metadata; returns the answers. Bad frames are counted, never an error."""
        self.clear = None
        try:
            return self._input(got)
        except (IndexError, ValueError, struct.error):
            self.counters["malformed"] += 1
            return []

    def _input(self, got: RxResult) -> list[Outgoing]:
        frame = got.frame
        ethertype = int.from_bytes(frame[12:14], "big")
        if ethertype == ETHERTYPE_ARP:
            return self._arp(frame)
        if ethertype not in (ETHERTYPE_IPV4, ETHERTYPE_IPV6):
            self.counters["not_ours"] += 1
            return []
        packet = whole_packet(frame[14:])
        path: SecurePath | None = None
        if got.handle:
            path = next((path for path in self.paths.values() if got.handle in path.inbound), None)
            if path is None:
                self.counters["not_ours"] += 1
                return []
            inner = self._decapsulate(got, path)
            if inner is None:
                return []
            packet = inner
            self.clear = self._ethernet(packet)
        return self._packet(packet, path)

    def _decapsulate(self, got: RxResult, path: SecurePath) -> bytes | None:
        """The clear packet, by the metadata of the engine; None if it has to be dropped."""
        if got.slot1 != CRYPTO_DONE or not got.slot12 & HEADER_INFO_SET:
            self.counters["icv_failed"] += 1
            return None
        parsed = parse_frame(got.frame)
        if isinstance(parsed, NotEsp):
            raise ValueError(parsed.reason.value)
        if not path.accept(got.handle, parsed.seq):
            self.counters["replayed"] += 1
            return None
        info = ReceiveHeaderInfo.parse(got.slot12)
        end = parsed.icv(path.inbound[got.handle].sa.icv_len) - 2 - info.pad_length
        payload = got.frame[parsed.payload : end]
        if not path.tunnel:
            return with_upper_layer(got.frame[parsed.ip : parsed.ip_end], info.next_header, payload)
        if info.next_header != (PROTOCOL_IPV4 if payload[0] >> 4 == 4 else PROTOCOL_IPV6):
            raise ValueError(f"next header {info.next_header}")
        return whole_packet(payload)

    def _packet(self, packet: bytes, path: SecurePath | None) -> list[Outgoing]:
        version = packet[0] >> 4
        src, dst = ends(packet)
        _, offset, protocol = ip_protocol_offset(packet)
        if version == 6 and protocol == PROTOCOL_ICMPV6 and path is None:
            if packet[offset] == _SOLICITATION:
                return self._neighbour(src, packet[offset:])
            if packet[offset] in range(130, 144):
                self.counters["not_ours"] += 1  # multicast listeners, routers, and answers we do not need
                return []
        if self.paths.get(src) is not path:
            self.counters["clear_refused"] += 1
            return []
        if dst not in self.addresses:
            self.counters["not_ours"] += 1
            return []
        if version == 4 and internet_checksum(packet[:offset]):
            self.counters["bad_checksum"] += 1
            return []
        return self.upper(packet, path)

    def upper(self, packet: bytes, path: SecurePath | None) -> list[Outgoing]:
        """A packet for one of our addresses, come through ``path``: what is above IP answers."""
        src, dst = ends(packet)
        _, offset, protocol = ip_protocol_offset(packet)
        body = packet[offset:]
        if protocol in (PROTOCOL_ICMP, PROTOCOL_ICMPV6):
            return self._echo(packet[0] >> 4, src, dst, body)
        if protocol == PROTOCOL_UDP:
            return self._udp(src, dst, body)
        self.counters["not_ours"] += 1
        return []

    def _echo(self, version: int, src: bytes, dst: bytes, body: bytes) -> list[Outgoing]:
        pseudo = _pseudo(src, dst, PROTOCOL_ICMPV6, len(body)) if version == 6 else b""
        if internet_checksum(pseudo + body):
            self.counters["bad_checksum"] += 1
            return []
        identifier, sequence = struct.unpack_from(">HH", body, 4)
        if body[0] == _ECHO_REQUEST[version]:
            self.counters["echo_requests"] += 1
            answer = bytes((_ECHO_REPLY[version], 0, 0, 0)) + body[4:]
            return [self.send(_icmp(version, dst, src, answer))]
        if body[0] == _ECHO_REPLY[version]:
            self._answer(PROTOCOL_ICMP, identifier, sequence, body[8:])
        else:
            self.counters["not_ours"] += 1
        return []

    def _udp(self, src: bytes, dst: bytes, body: bytes) -> list[Outgoing]:
        src_port, dst_port, length, checksum = struct.unpack_from(">HHHH", body)
        if checksum and internet_checksum(_pseudo(src, dst, PROTOCOL_UDP, length) + body[:length]):
            self.counters["bad_checksum"] += 1
            return []
        if dst_port == ECHO_PORT:
            self.counters["echo_requests"] += 1
            return [self.send(_udp(dst, src, ECHO_PORT, src_port, body[8:length]))]
        if src_port == ECHO_PORT:
            self._answer(PROTOCOL_UDP, dst_port, 0, body[8:length])
        else:
            self.counters["not_ours"] += 1
        return []

    def _answer(self, protocol: int, identifier: int, sequence: int, payload: bytes) -> None:
        self.counters["echo_answers"] += 1
        if self.on_answer is not None:
            self.on_answer(protocol, identifier, sequence, payload)

    # ---- neighbours --------------------------------------------------------------------------------------------

    def _arp(self, frame: bytes) -> list[Outgoing]:
        """RFC 826: who has one of our addresses?"""
        if frame[14:20] != _ARP_HEADER or frame[20:22] != b"\0\1" or frame[38:42] not in self.addresses:
            self.counters["not_ours"] += 1
            return []
        sender = frame[22:32]
        body = _ARP_HEADER + b"\0\2" + self.mac + frame[38:42] + sender
        answer = ethernet(body, ETHERTYPE_ARP, dst=frame[6:12], src=self.mac, minimum=60)
        self.counters["arp_answers"] += 1
        return [Outgoing(Frame(answer), answer)]

    def _neighbour(self, src: bytes, body: bytes) -> list[Outgoing]:
        """RFC 4861 section 7.2.4: a solicited advertisement for one of our addresses."""
        target = body[8:24]
        if target not in self.addresses or not any(src):
            self.counters["not_ours"] += 1
            return []
        message = bytes((_ADVERTISEMENT, 0, 0, 0)) + b"\x60\0\0\0" + target + b"\2\1" + self.mac
        packet = _icmp(6, target, src, message, hop_limit=255)
        answer = self._ethernet(packet)
        self.counters["nd_answers"] += 1
        return [Outgoing(Frame(answer), answer)]


def ends(packet: bytes) -> tuple[bytes, bytes]:
    """Source and destination address of an IP packet."""
    return (packet[12:16], packet[16:20]) if packet[0] >> 4 == 4 else (packet[8:24], packet[24:40])


def whole_packet(packet: bytes) -> bytes:
    """The IP packet without the Ethernet padding behind it; ValueError if it is cut off or not IP."""
    version = packet[0] >> 4
    length = int.from_bytes(packet[2:4], "big") if version == 4 else 40 + int.from_bytes(packet[4:6], "big")
    if version not in (4, 6) or length > len(packet) or length < 20:
        raise ValueError("not a whole IP packet")
    return packet[:length]


def _pseudo(src: bytes, dst: bytes, protocol: int, length: int) -> bytes:
    """The pseudo header of RFC 768 or RFC 8200 section 8.1; the two have the same sum."""
    return src + dst + struct.pack(">II", length, protocol)


def _icmp(version: int, src: bytes, dst: bytes, body: bytes, hop_limit: int = 64) -> bytes:
    pseudo = _pseudo(src, dst, PROTOCOL_ICMPV6, len(body)) if version == 6 else b""
    body = body[:2] + internet_checksum(pseudo + body).to_bytes(2, "big") + body[4:]
    if version == 4:
        return ipv4(body, src, dst, PROTOCOL_ICMP)
    return ipv6(body, src, dst, PROTOCOL_ICMPV6, hop_limit=hop_limit)


def _udp(src: bytes, dst: bytes, src_port: int, dst_port: int, payload: bytes) -> bytes:
    datagram = udp(payload, src_port=src_port, dst_port=dst_port)
    checksum = internet_checksum(_pseudo(src, dst, PROTOCOL_UDP, len(datagram)) + datagram) or 0xFFFF
    datagram = udp(payload, src_port=src_port, dst_port=dst_port, checksum=checksum)
    if len(src) == 4:
        return ipv4(datagram, src, dst, PROTOCOL_UDP)
    return ipv6(datagram, src, dst, PROTOCOL_UDP)
