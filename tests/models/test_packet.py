# SPDX-License-Identifier: Apache-2.0
"""Rules P1 to P6, each from both sides, and the builders."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import ESP
from scapy.layers.l2 import Dot1Q, Ether

from models import packet
from models.packet import LONGEST_PACKET_END, NotEsp, NotEspReason, ParsedEsp, esp_frame, parse_frame

V4 = {"src": bytes((10, 0, 0, 1)), "dst": bytes((10, 0, 0, 2))}
V6 = {"src": bytes.fromhex("20010db8" + "00" * 11 + "01"), "dst": bytes.fromhex("20010db8" + "00" * 11 + "02")}
ESP_ARGS: dict[str, Any] = {"spi": 0x11223344, "seq": 0x55667788, "iv": bytes(range(8))}


def build(payload: bytes = b"x" * 30, *, ipv6: bool = False, **arguments: Any) -> bytes:
    return esp_frame(payload, **(V6 if ipv6 else V4) | ESP_ARGS | arguments)


def esp_of(frame: bytes) -> ParsedEsp:
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp), parsed
    assert parsed.spi == ESP_ARGS["spi"] and parsed.seq == ESP_ARGS["seq"]
    assert frame[parsed.esp + 8 : parsed.payload] == ESP_ARGS["iv"]
    return parsed


def reason_of(frame: bytes) -> NotEspReason:
    parsed = parse_frame(frame)
    assert isinstance(parsed, NotEsp), parsed
    return parsed.reason


def cut(frame: bytes, at: int, new: bytes) -> bytes:
    return frame[:at] + new + frame[at + len(new) :]


# ---- P1 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ipv6", [False, True])
@pytest.mark.parametrize(
    "vlans",
    [
        (),
        (5,),
        ((0x88A8, 7),),
        ((0x88A8, 7), (0x8100, 0xFFFF)),
        ((0x8100, 7), (0x8100, 8)),
        ((0x8100, 7), (0x88A8, 8)),
        ((0x88A8, 7), (0x88A8, 8)),
    ],
)
def test_p1_vlan(vlans: Any, ipv6: bool) -> None:
    parsed = esp_of(build(ipv6=ipv6, vlans=vlans))
    assert parsed.vlan_tags == len(vlans)
    assert parsed.ip == 14 + 4 * len(vlans)
    assert parsed.esp == parsed.ip + (40 if ipv6 else 20)
    assert parsed.ip_version == (6 if ipv6 else 4)
    assert parsed.src == (V6 if ipv6 else V4)["src"] and parsed.dst == (V6 if ipv6 else V4)["dst"]


def test_p1_three_tags_or_another_ethertype() -> None:
    assert reason_of(build(vlans=(1, 2, 3))) is NotEspReason.NOT_IP
    assert reason_of(build(vlans=((0x9100, 1),))) is NotEspReason.NOT_IP
    for ethertype in (0x0806, 0x0100, 0x88E5, 0):
        assert reason_of(packet.ethernet(bytes(60), ethertype)) is NotEspReason.NOT_IP


# ---- P2 ------------------------------------------------------------------------------------------------------------


def test_p2_ipv4() -> None:
    good = build()
    for ihl in (6, 8, 15):
        assert esp_of(build(options=bytes(4 * ihl - 20))).esp == 14 + 4 * ihl
    assert reason_of(cut(good, 14, b"\x55")) is NotEspReason.BAD_IP_HEADER
    assert reason_of(cut(good, 14, b"\x65")) is NotEspReason.BAD_IP_HEADER
    for ihl in range(5):
        assert reason_of(cut(good, 14, bytes((0x40 | ihl,)))) is NotEspReason.BAD_IP_HEADER
    assert reason_of(build(ip_length=19)) is NotEspReason.BAD_IP_HEADER
    assert reason_of(build(options=bytes(4), ip_length=23)) is NotEspReason.BAD_IP_HEADER
    assert reason_of(build(ip_length=20)) is NotEspReason.TRUNCATED
    # the header checksum is the host's business
    assert esp_of(cut(good, 24, b"\xff\xff")) == esp_of(good)


def test_p2_ipv6() -> None:
    good = build(ipv6=True)
    assert reason_of(cut(good, 14, b"\x40")) is NotEspReason.BAD_IP_HEADER
    assert reason_of(build(ipv6=True, ip_length=0)) is NotEspReason.BAD_IP_HEADER
    assert esp_of(cut(good, 14, b"\x6f\xff\xff\xff")) == esp_of(good)


# ---- P3 ------------------------------------------------------------------------------------------------------------


def test_p3_fragments() -> None:
    assert reason_of(build(fragment_flags=1)) is NotEspReason.FRAGMENT
    assert reason_of(build(fragment_flags=3)) is NotEspReason.FRAGMENT
    for offset in (1, 0x1000, 0x1FFF):
        assert reason_of(build(fragment_flags=0, fragment_offset=offset)) is NotEspReason.FRAGMENT
    for flags in (0, 2, 4, 6):
        esp_of(build(fragment_flags=flags))
    # an atomic fragment has offset 0 and no more fragments
    assert reason_of(build(ipv6=True, extension_headers=[(44, bytes(6))])) is NotEspReason.FRAGMENT
    assert reason_of(build(ipv6=True, extension_headers=[(60, b""), (44, bytes(6))])) is NotEspReason.FRAGMENT


# ---- P4 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("udp", [False, True])
def test_p4_extension_headers(udp: bool) -> None:
    kinds = (0, 43, 60)
    rng = random.Random(5)
    for count in range(5):
        for _ in range(10):
            headers = [(rng.choice(kinds), b"") for _ in range(count)]
            parsed = esp_of(build(ipv6=True, extension_headers=headers, udp_encapsulation=udp))
            assert parsed.esp == 54 + 8 * count + (8 if udp else 0)
    long = esp_of(build(ipv6=True, extension_headers=[(60, bytes(38)), (0, bytes(6))]))
    assert long.esp == 54 + 40 + 8
    five = [(60, b"")] * 5
    assert reason_of(build(ipv6=True, extension_headers=five, udp_encapsulation=udp)) is NotEspReason.OTHER_PROTOCOL


def test_p4_other_next_headers() -> None:
    good = build(ipv6=True)
    for protocol in (6, 51, 58, 59, 135, 139, 140, 253):
        assert reason_of(cut(good, 20, bytes((protocol,)))) is NotEspReason.OTHER_PROTOCOL
        changed = cut(build(ipv6=True, extension_headers=[(60, b"")]), 54, bytes((protocol,)))
        assert reason_of(changed) is NotEspReason.OTHER_PROTOCOL
    # what is an extension header in IPv6 is just another protocol in IPv4
    for protocol in (0, 43, 44, 60):
        assert reason_of(cut(build(), 23, bytes((protocol,)))) is NotEspReason.OTHER_PROTOCOL


# ---- P5 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ipv6", [False, True])
def test_p5_udp(ipv6: bool) -> None:
    offset = 54 if ipv6 else 34
    for ports in ((4500, 4500), (4500, 1), (60000, 4500)):
        frame = build(ipv6=ipv6, udp_encapsulation=True, src_port=ports[0], dst_port=ports[1])
        parsed = esp_of(frame)
        assert parsed.udp_encapsulated and parsed.udp == offset and parsed.esp == offset + 8
    assert not esp_of(build(ipv6=ipv6)).udp_encapsulated
    other = build(ipv6=ipv6, udp_encapsulation=True, src_port=500, dst_port=4501)
    assert reason_of(other) is NotEspReason.OTHER_UDP
    good = build(ipv6=ipv6, udp_encapsulation=True)
    length = len(good) - offset
    for wrong in (length - 1, length + 1, 0, 8, 15, 16, 65535):
        assert reason_of(build(ipv6=ipv6, udp_encapsulation=True, udp_length=wrong)) is NotEspReason.OTHER_UDP
    assert reason_of(build(ipv6=ipv6, udp_encapsulation=True, spi=0)) is NotEspReason.NON_ESP_MARKER
    # one octet that is not zero is no marker
    for byte in range(4):
        assert isinstance(parse_frame(cut(good, offset + 8 + byte, b"\0")), ParsedEsp)


def test_p5_keepalive() -> None:
    for octets in range(8):
        datagram = packet.udp(b"\xff" * octets)
        frame = packet.ip_frame(packet.ipv4(datagram, V4["src"], V4["dst"], 17))
        assert reason_of(frame) is NotEspReason.KEEPALIVE
    datagram = packet.udp(struct.pack(">II", ESP_ARGS["spi"], ESP_ARGS["seq"]))
    frame = packet.ip_frame(packet.ipv4(datagram, V4["src"], V4["dst"], 17), padding=ESP_ARGS["iv"])
    parsed = esp_of(frame)
    assert all(parsed.syntax_error(icv_len) for icv_len in (8, 12, 16))


def test_p5_other_protocols() -> None:
    for protocol in (1, 6, 41, 51):
        assert reason_of(cut(build(), 23, bytes((protocol,)))) is NotEspReason.OTHER_PROTOCOL


# ---- P6 ------------------------------------------------------------------------------------------------------------


def test_p6_depth() -> None:
    # every header is a multiple of 4 octets, Ethernet has 14: the IV ends at 126 at most, then comes 130
    deep = [(60, bytes(6 + 8 * 6))]
    assert esp_of(build(ipv6=True, extension_headers=deep)).payload == 126
    assert reason_of(build(ipv6=True, extension_headers=deep, vlans=(1,))) is NotEspReason.TOO_DEEP
    fits = build(ipv6=True, extension_headers=[(60, bytes(6 + 8 * 5))], udp_encapsulation=True)
    assert esp_of(fits).payload == 126
    exact = build(options=bytes(40), vlans=(1, 2))
    assert esp_of(exact).payload == 98
    for size in range(40, 70, 8):
        frame = build(ipv6=True, extension_headers=[(60, bytes(6)), (43, bytes(size - 10))])
        expected = 54 + 8 + size - 8 + 16
        if expected <= 128:
            assert esp_of(frame).payload == expected
        else:
            assert reason_of(frame) is NotEspReason.TOO_DEEP


@pytest.mark.parametrize("ipv6", [False, True])
@pytest.mark.parametrize("udp", [False, True])
def test_p6_truncated_anywhere(ipv6: bool, udp: bool) -> None:
    headers = [(0, b""), (60, bytes(14))] if ipv6 else []
    frame = build(ipv6=ipv6, udp_encapsulation=udp, extension_headers=headers, vlans=(9,))
    whole = esp_of(frame)
    for length in range(len(frame)):
        parsed = parse_frame(frame[:length])
        if length < whole.esp + 8:
            assert isinstance(parsed, NotEsp)
        else:
            assert isinstance(parsed, ParsedEsp)
            assert parsed == whole._replace(frame_length=length)
            assert parsed.syntax_error(8)


@pytest.mark.parametrize("ipv6", [False, True])
def test_p6_ip_length_that_ends_inside_the_headers(ipv6: bool) -> None:
    frame = build(ipv6=ipv6)
    header = 0 if ipv6 else 20
    for octets in range(1, 8):
        assert reason_of(build(ipv6=ipv6, ip_length=header + octets)) is NotEspReason.TRUNCATED
    short = esp_of(build(ipv6=ipv6, ip_length=header + 8))
    assert short.ip_end == short.esp + 8 and short.syntax_error(8)
    assert not esp_of(frame).syntax_error(16)


# ---- limits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("icv_len", [8, 12, 16])
def test_syntax(icv_len: int) -> None:
    smallest = build(b"", icv_len=icv_len, pad_length=0)
    parsed = esp_of(smallest)
    assert parsed.icv(icv_len) - parsed.payload == 2
    assert not parsed.syntax_error(icv_len)
    too_small = esp_of(build(b"", icv_len=icv_len, pad_length=0, ip_length=20 + 16 + 1 + icv_len))
    assert too_small.syntax_error(icv_len)
    longer_than_frame = esp_of(smallest[:-1])
    assert longer_than_frame.syntax_error(icv_len)
    padded = esp_of(smallest + bytes(100))
    assert padded.ip_end == parsed.ip_end and not padded.syntax_error(icv_len)


def test_anything_is_parsed_without_an_exception() -> None:
    rng = random.Random(6)
    seeds = [build(), build(ipv6=True, extension_headers=[(0, b""), (43, b"")]), build(udp_encapsulation=True)]
    found = 0
    for _ in range(20000):
        frame = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 5)):
            frame[rng.randrange(min(64, len(frame)))] = rng.choice((0, 0xFF, rng.randrange(256)))
        result = parse_frame(bytes(frame[: rng.randrange(len(frame) + 1)]))
        if isinstance(result, ParsedEsp):
            found += 1
            assert result.esp + 8 <= min(result.ip_end, result.frame_length)
            assert result.payload <= 128
    assert found > 100


# ---- builders, read by scapy ---------------------------------------------------------------------------------------


def test_scapy_reads_what_is_built() -> None:
    frame = Ether(build(vlans=(5,), udp_encapsulation=True, options=b"\x94\x04\0\0"))
    assert frame[Dot1Q].vlan == 5
    assert frame[IP].ihl == 6 and frame[IP].len == len(frame) - 18
    checksum = frame[IP].chksum
    del frame[IP].chksum
    assert Ether(bytes(frame))[IP].chksum == checksum
    assert frame[UDP].sport == frame[UDP].dport == 4500
    assert frame[ESP].spi == ESP_ARGS["spi"] and frame[ESP].seq == ESP_ARGS["seq"]
    frame = Ether(build(ipv6=True))
    assert frame[IPv6].plen == len(frame) - 54 and frame[ESP].spi == ESP_ARGS["spi"]


def test_esp_framing() -> None:
    body = packet.esp(b"abc", spi=1, seq=2, iv=bytes(8), next_header=17, icv_len=12)
    assert body == bytes.fromhex("0000000100000002" + "00" * 8) + b"abc" + bytes((1, 2, 3, 3, 17)) + bytes(12)
    assert packet.esp(b"", spi=1, seq=2, iv=b"", next_header=59, icv_len=8, pad_length=255)[8:12] == b"\1\2\3\4"
    assert packet.esp(b"", spi=1, seq=2, iv=bytes(8), next_header=59, icv=b"ICV").endswith(b"\x02\x3bICV")
    assert len(packet.esp(b"", spi=1, seq=2, iv=bytes(8), next_header=59, alignment=64)) == 16 + 64 + 16


def test_ethernet_padding_and_truncation() -> None:
    assert len(packet.ethernet(b"", 0x0800, minimum=60)) == 60
    assert packet.ethernet(b"a", 0x0800, padding=b"pad").endswith(b"\x08\x00apad")
    assert len(packet.ethernet(bytes(100), 0x0800, truncate=21)) == 21
    assert packet.ip_frame(packet.ipv6(b"", V6["src"], V6["dst"], 59))[12:14] == b"\x86\xdd"


def test_transport_and_tunnel_mode() -> None:
    for inner in (
        packet.ipv4(packet.udp(b"data", src_port=1, dst_port=2), V4["src"], V4["dst"], 17),
        packet.ipv6(packet.udp(b"data", src_port=1, dst_port=2), V6["src"], V6["dst"], 17),
        packet.ipv6(b"data", V6["src"], V6["dst"], 6, extension_headers=[(0, b""), (60, b"")]),
    ):
        upper = packet.ip_protocol_offset(inner)
        for udp in (False, True):
            frame = packet.ip_frame(packet.transport_mode(inner, **ESP_ARGS, udp_encapsulation=udp))
            parsed = esp_of(frame)
            assert parsed.udp_encapsulated == udp
            plain = frame[parsed.payload : parsed.icv(16)]
            assert plain[: len(inner) - upper[1]] == inner[upper[1] :] and plain[-1] == upper[2]
            for outer in (V4, V6):
                frame = packet.ip_frame(
                    packet.tunnel_mode(inner, outer["src"], outer["dst"], **ESP_ARGS, udp_encapsulation=udp)
                )
                parsed = esp_of(frame)
                plain = frame[parsed.payload : parsed.icv(16)]
                assert plain[: len(inner)] == inner and plain[-1] == (4 if inner[0] >> 4 == 4 else 41)
    with pytest.raises(ValueError, match="neither"):
        packet.ip_protocol_offset(b"\x50")


@pytest.mark.parametrize(("end", "error"), [(LONGEST_PACKET_END, False), (LONGEST_PACKET_END + 1, True)])
def test_longest_packet(end: int, error: bool) -> None:
    frame = esp_frame(bytes(end - 68), src=bytes(4), dst=bytes(4), spi=1, seq=1, iv=bytes(8), pad_length=0)
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    assert parsed.ip_end == end == len(frame)
    assert parsed.syntax_error(16) is error
