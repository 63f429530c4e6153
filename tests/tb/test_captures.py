# SPDX-License-Identifier: Apache-2.0
"""Captures and SA files: every form that is read, and one clear line for everything else."""

from __future__ import annotations

import gzip
import json
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from models.packet import ParsedEsp, ip_frame, ipv4, parse_frame
from models.sa import Algorithm, Direction
from tb.captures import (
    UserFileError,
    as_on_clear_side,
    clear_packets,
    inner_packet,
    ip_versions,
    read_capture,
    read_sas,
    write_capture,
)

CAPTURES = Path(__file__).parent.parent / "data" / "captures"
ESP = CAPTURES / "tun44-rfc4106-gcm-128_icv128.esp.pcap"
IPV4 = ipv4(bytes(30), bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)), 50)
IPV6 = bytes((0x60,)) + bytes(45)


def pcap(
    packets: list[bytes], linktype: int = 1, order: str = "<", magic: int = 0xA1B2C3D4, fraction: int = 5
) -> bytes:
    header = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, linktype)
    records = [struct.pack(order + "IIII", 1000 + n, fraction, len(p), len(p)) + p for n, p in enumerate(packets)]
    return header + b"".join(records)


def written(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "capture with space"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
def test_pcap(tmp_path: Path, order: str, packed: bool) -> None:
    data = pcap([b"\x01" * 20, b"\x02" * 61], order=order)
    capture = read_capture(written(tmp_path, gzip.compress(data) if packed else data))
    assert capture.linktype == 1 and capture.packets == (b"\x01" * 20, b"\x02" * 61)
    assert capture.frames() == list(capture.packets) and capture.strip(b"abc") == b"abc"
    assert capture.times == (1000 + Fraction(5, 10**6), 1001 + Fraction(5, 10**6))


def test_nanosecond_pcap(tmp_path: Path) -> None:
    capture = read_capture(written(tmp_path, pcap([b"x"], magic=0xA1B23C4D)))
    assert capture.times == (1000 + Fraction(5, 10**9),)


@pytest.mark.parametrize(
    ("linktype", "packet", "ethertype"),
    [
        (101, IPV4, "0800"),
        (101, IPV6, "86dd"),
        (12, IPV4, "0800"),
        (228, IPV4, "0800"),
        (229, IPV6, "86dd"),
        (101, b"\x99", "88b5"),
    ],
)
@pytest.mark.parametrize("ng", [False, True])
def test_raw_ip(tmp_path: Path, linktype: int, packet: bytes, ethertype: str, ng: bool) -> None:
    path = written(tmp_path, pcap([packet], linktype))
    if ng:
        write_capture(path, linktype, [packet])
    capture = read_capture(path)
    (frame,) = capture.frames()
    assert capture.linktype == linktype and capture.packets == (packet,)
    assert frame[12:14].hex() == ethertype and frame[14:] == packet and capture.strip(frame) == packet
    if packet is IPV4:
        assert isinstance(parse_frame(frame), ParsedEsp)


def test_pcapng_round_trip(tmp_path: Path) -> None:
    original = read_capture(ESP)
    path = tmp_path / "again.pcapng"
    write_capture(path, 1, original.packets, original.times)
    again = read_capture(path)
    assert (again.linktype, again.packets, again.times) == (1, original.packets, original.times)
    write_capture(path, 101, [])
    assert read_capture(path).packets == () and read_capture(path).linktype == 101


def test_pcapng_with_two_link_types(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    write_capture(one, 1, [bytes(60)])
    write_capture(two, 101, [IPV4])
    with pytest.raises(UserFileError, match="link type"):
        read_capture(written(tmp_path, one.read_bytes() + two.read_bytes()))


GOOD = pcap([bytes(60), bytes(61)])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"hello, this is no capture", "neither pcap nor pcapng"),
        (GOOD[:20], "cut off"),
        (GOOD[:-1], "cut off"),
        (GOOD + b"\0" * 15, "cut off"),
        (GOOD[:24] + b"\xff" * 16, "cut off"),
        (pcap([bytes(60)], 113), "link type 113"),
        (pcap([bytes(60), b""]), "packet 1 is empty"),
        (pcap([bytes(65535)]), "packet 0 has 65535 octets or more"),
        (b"\x1f\x8b\x08\x00broken", "gzip"),
    ],
)
def test_bad_captures(tmp_path: Path, data: bytes, problem: str) -> None:
    path = written(tmp_path, data)
    with pytest.raises(UserFileError) as error:
        read_capture(path)
    assert problem in str(error.value) and str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("cut", [1, 5, 13, 40, 100])
def test_pcapng_cut_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "x.pcapng"
    write_capture(path, 1, [bytes(60)])
    data = path.read_bytes()
    with pytest.raises(UserFileError):
        read_capture(written(tmp_path, data[:-cut]))


def test_unreadable_files(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        for read in (read_capture, read_sas):
            with pytest.raises(UserFileError, match=str(path)):
                read(path)
    with pytest.raises(UserFileError, match="No such file"):
        write_capture(tmp_path / "no" / "folder", 1, [])


# ---- SA files ------------------------------------------------------------------------------------------------------

ELEMENT: dict[str, Any] = {
    "spi": 4097,
    "src": "10.0.0.1",
    "dst": "10.0.0.2",
    "alg": "rfc4106-gcm-128",
    "enc_key": "00112233445566778899aabbccddeeff",
    "salt": "01020304",
    "icv_len": 12,
    "esn": True,
    "start_seq": (5 << 32) + 7,
    "udp_encap": True,
    "mode": "tunnel",
}
SECRET = str(ELEMENT["enc_key"])


def sa_file(tmp_path: Path, document: Any) -> Path:
    path = tmp_path / "my.sa.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_full_entry(tmp_path: Path) -> None:
    (entry,) = read_sas(sa_file(tmp_path, {"sas": [ELEMENT]})).entries
    sa = entry.security_association(Direction.OUTBOUND)
    assert sa.direction is Direction.OUTBOUND and sa.algorithm is Algorithm.GCM_128 and sa.spi == 4097
    assert sa.key.hex() == SECRET and sa.salt == b"\1\2\3\4" and sa.icv_len == 12
    assert sa.esn and sa.seq_hi == 5 and entry.start_seq == (5 << 32) + 7
    assert sa.src == bytes((10, 0, 0, 1)) and sa.dst == bytes((10, 0, 0, 2)) and not sa.ipv6
    assert sa.udp_encapsulation == 2
    assert SECRET not in repr(entry) and "01020304" not in repr(entry)


def test_defaults_and_wildcards(tmp_path: Path) -> None:
    minimal = {name: ELEMENT[name] for name in ("spi", "alg", "enc_key", "salt")}
    elements = [
        minimal,
        minimal | {"src": "2001:db8::1"},
        minimal | {"dst": "10.0.0.2", "src": None, "udp_encap": True},
        minimal | {"spi": "0x1001", "alg": "rfc4543-gmac-128", "start_seq": 1 << 33},
    ]
    entries = read_sas(sa_file(tmp_path, {"sas": elements})).entries
    sas = [entry.security_association(Direction.INBOUND) for entry in entries]
    assert [(sa.ipv6, sa.src is None, sa.dst is None) for sa in sas] == [
        (False, True, True),
        (True, False, True),
        (False, True, False),
        (False, True, True),
    ]
    assert sas[0].icv_len == 16 and not sas[0].esn and entries[0].start_seq == 1
    assert [sa.udp_encapsulation for sa in sas] == [0, 0, 1, 0]
    assert sas[3].spi == 0x1001 and sas[3].algorithm is Algorithm.GMAC_128 and sas[3].seq_hi == 0


def test_ip_version_of_an_entry_without_addresses(tmp_path: Path) -> None:
    minimal = {name: ELEMENT[name] for name in ("spi", "alg", "enc_key", "salt")}
    entry, fixed = read_sas(sa_file(tmp_path, {"sas": [minimal, ELEMENT]})).entries
    four = ip_frame(ipv4((4097).to_bytes(4, "big") + bytes(40), bytes(4), bytes(4), 50))
    six = bytes(12) + b"\x86\xdd" + bytes((0x60, 0, 0, 0, 0, 44, 50, 64)) + bytes(32) + four[34:78]
    assert ip_versions(entry, [four]) == [False] and ip_versions(entry, [six]) == [True]
    assert ip_versions(entry, [six, four, b""]) == [False, True]
    assert ip_versions(entry, []) == [False] and ip_versions(fixed, [six]) == [False]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"alg": "rfc3602-cbc-aes"}, ("sas[1].alg", "unknown algorithm", "rfc3602-cbc-aes")),
        ({"alg": None}, ("sas[1].alg", "missing")),
        ({"alg": 5}, ("sas[1].alg", "5")),
        ({"alg": "rfc4106-gcm-256"}, ("sas[1].enc_key", "16 octets", "rfc4106-gcm-256 needs 32")),
        ({"enc_key": SECRET + "01020304"}, ("sas[1].enc_key", "20 octets", "needs 16")),
        ({"enc_key": "zz" * 16}, ("sas[1].enc_key", "hexadecimal")),
        ({"enc_key": None}, ("sas[1].enc_key", "missing")),
        ({"enc_key": 17}, ("sas[1].enc_key", "string")),
        ({"salt": "0102"}, ("sas[1].salt", "2 octets", "needs 4")),
        ({"spi": 0}, ("sas[1].spi", "0 is not in")),
        ({"spi": 1 << 32}, ("sas[1].spi", "4294967296")),
        ({"spi": True}, ("sas[1].spi", "True")),
        ({"spi": "x"}, ("sas[1].spi", "'x'")),
        ({"spi": None}, ("sas[1].spi", "missing")),
        ({"icv_len": 10}, ("sas[1].icv_len", "10")),
        ({"icv_len": 12, "alg": "rfc4543-gmac-128"}, ("sas[1].icv_len", "12")),
        ({"esn": 1}, ("sas[1].esn", "1")),
        ({"start_seq": 1 << 64}, ("sas[1].start_seq", "18446744073709551616")),
        ({"start_seq": -1}, ("sas[1].start_seq", "-1")),
        ({"udp_encap": "yes"}, ("sas[1].udp_encap", "yes")),
        ({"mode": "beet"}, ("sas[1].mode", "beet")),
        ({"src": "10.0.0.256"}, ("sas[1].src", "10.0.0.256")),
        ({"dst": 7}, ("sas[1].dst", "7")),
        ({"dst": "2001:db8::1"}, ("sas[1].dst", "2001:db8::1", "10.0.0.1")),
    ],
)
def test_bad_entries(tmp_path: Path, change: dict[str, Any], words: tuple[str, ...]) -> None:
    path = sa_file(tmp_path, {"sas": [ELEMENT, ELEMENT | change]})
    with pytest.raises(UserFileError) as error:
        read_sas(path)
    text = str(error.value)
    assert text.startswith(f"{path}: ") and "\n" not in text and SECRET not in text
    for word in words:
        assert word in text


@pytest.mark.parametrize("document", ["{", "[]", '{"sas": {}}', '{"sas": [3]}', "\0", '{"sas": "' + "[" * 10])
def test_bad_documents(tmp_path: Path, document: str) -> None:
    with pytest.raises(UserFileError, match=r"my\.sa\.json: "):
        read_sas(sa_file(tmp_path, document))


# ---- clear side ----------------------------------------------------------------------------------------------------


def test_clear_side_allows_only_what_a_hop_changes() -> None:
    """Hop count, its checksum, the unfinished UDP checksum of an answer; any other octet stays different."""
    clear = clear_packets(read_capture(CAPTURES / "tun44-rfc4106-gcm-128_icv128.clear.pcap"))
    for answer, packet in enumerate(clear[10:12]):
        assert packet[9] == 17 and len(packet) > 28
        inner = bytearray(packet)
        inner[8] += -1 if answer else 1
        inner[10:12] = bytes(2)
        inner[10:12] = checksum(bytes(inner[:20]))
        if answer:
            inner[26:28] = bytes(2)
            inner[26:28] = checksum(bytes(inner[12:20]) + b"\0\x11" + bytes(inner[24:26]) + bytes(inner[20:]))
        assert as_on_clear_side(bytes(inner), packet) == packet != bytes(inner)
        for octet in (1, 3, 12, 21, 28, len(inner) - 1):
            wrong = bytearray(inner)
            wrong[octet] ^= 4
            assert as_on_clear_side(bytes(wrong), packet) != packet
        assert as_on_clear_side(bytes(inner) + b"\0", packet) != packet


def checksum(data: bytes) -> bytes:
    from scapy.utils import checksum as of_scapy

    return int(of_scapy(data)).to_bytes(2, "big")


def test_inner_packet() -> None:
    with pytest.raises(ValueError, match="not an ESP frame"):
        inner_packet(bytes(60), 16)
