# SPDX-License-Identifier: Apache-2.0
"""The reference engine and a real Linux kernel: each frame of tests/data/captures in both directions."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

import pytest
from scapy.utils import RawPcapReader

from models.engine import ReferenceEngine, TransmitReason
from models.esp import infer_esn
from models.packet import (
    PROTOCOL_IPV4,
    PROTOCOL_IPV6,
    PROTOCOL_UDP,
    ParsedEsp,
    internet_checksum,
    parse_frame,
)
from models.sa import Algorithm, Direction, SecurityAssociation

CAPTURES = Path(__file__).parent.parent / "data" / "captures"
NAMES = sorted(path.name.removesuffix(".sa.json") for path in CAPTURES.glob("*.sa.json"))


def address(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


def security_association(entry: dict[str, Any], direction: Direction) -> SecurityAssociation:
    mode, bits = entry["alg"].split("-")[1:]
    udp = 0 if not entry["udp_encap"] else 2 if entry["mode"] == "tunnel" else 1
    return SecurityAssociation(
        direction=direction,
        algorithm=Algorithm.of(mode == "gmac", int(bits)),
        spi=entry["spi"],
        key=bytes.fromhex(entry["enc_key"]),
        salt=bytes.fromhex(entry["salt"]),
        icv_len=entry["icv_len"],
        esn=entry["esn"],
        seq_hi=entry["start_seq"] >> 32,
        ipv6=":" in entry["dst"],
        src=address(entry["src"]),
        dst=address(entry["dst"]),
        udp_encapsulation=udp,
    )


def frames(name: str) -> list[bytes]:
    with RawPcapReader(str(CAPTURES / name)) as reader:
        return [data for data, _ in reader]


def esp_of(frame: bytes) -> ParsedEsp:
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    return parsed


def test_captures_are_there() -> None:
    assert len(NAMES) == 6
    assert any("gmac" in name for name in NAMES) and any("esnwrap" in name for name in NAMES)


def check_clear_side(inner: list[bytes], name: str) -> None:
    """The decrypted packets against the clear side, which was captured one hop behind the tunnel.

    The hop count there is one less for requests and was one more for answers (with the IPv4 header checksum), and the
    answers' UDP checksums were not yet filled in. Everything else is equal, octet by octet. Link-local chatter that
    never went through the tunnel is left out.
    """
    clear = [frame[14:] for frame in frames(f"{name}.clear.pcap")]
    clear = [packet for packet in clear if packet[0] >> 4 == 4 or packet[8:10] != b"\xfe\x80"]
    for number, (ours, theirs) in enumerate(zip(inner, clear, strict=True)):
        answer = number % 2 == 1
        moved = bytearray(ours)
        if ours[0] >> 4 == 4:
            assert internet_checksum(ours[:20]) == internet_checksum(theirs[:20]) == 0
            moved[8] += 1 if answer else -1
            moved[10:12] = theirs[10:12]
            udp, pseudo = 20, ours[12:20]
            is_udp = ours[9] == PROTOCOL_UDP
        else:
            moved[7] += 1 if answer else -1
            udp, pseudo = 40, ours[8:40]
            is_udp = ours[6] == PROTOCOL_UDP
        if is_udp:
            datagram = ours[udp:]
            header = pseudo + bytes((0, PROTOCOL_UDP)) + datagram[4:6]
            assert internet_checksum(header + datagram) == 0
            if answer:
                moved[udp + 6 : udp + 8] = theirs[udp + 6 : udp + 8]
        assert bytes(moved) == theirs


@pytest.mark.parametrize("name", NAMES)
def test_capture(name: str) -> None:
    description = json.loads((CAPTURES / f"{name}.sa.json").read_text())
    entries = {entry["spi"]: entry for entry in description["sas"]}
    engine = ReferenceEngine()
    inbound = {spi: engine.add_sa(security_association(e, Direction.INBOUND)) for spi, e in entries.items()}
    outbound = {spi: engine.add_sa(security_association(e, Direction.OUTBOUND)) for spi, e in entries.items()}
    last = {spi: entry["start_seq"] - 1 for spi, entry in entries.items()}
    high = {spi: entry["start_seq"] >> 32 for spi, entry in entries.items()}
    updates = 0

    inner: list[bytes] = []
    wire = frames(f"{name}.esp.pcap")
    assert len(wire) == description["captured"] >= 32
    for frame in wire:
        parsed = esp_of(frame)
        spi = parsed.spi
        if entries[spi]["esn"]:
            seq_hi = infer_esn(last[spi], parsed.seq, 64)
            if seq_hi != high[spi]:
                engine.update_sa(inbound[spi], spi, seq_hi)
                engine.update_sa(outbound[spi], spi, seq_hi)
                high[spi] = seq_hi
                updates += 1
            last[spi] = max(last[spi], seq_hi << 32 | parsed.seq)
        result = engine.receive(frame)
        assert result.handle == inbound[spi] and result.slot1 == 2 and result.crypto_status == 0
        assert result.slot12 == 1 << 16 | result.pad_length << 8 | result.next_header
        assert len(result.frame) == len(frame)
        plain_end = parsed.icv(16) - 2 - result.pad_length
        padding = result.frame[plain_end : plain_end + result.pad_length]
        assert padding == bytes(range(1, result.pad_length + 1))
        inner.append(result.frame[parsed.payload : plain_end])
        if description["mode"] == "tunnel":
            assert result.next_header == (PROTOCOL_IPV6 if description["inner"] == 6 else PROTOCOL_IPV4)
        else:
            assert result.next_header == PROTOCOL_UDP

        # the same plaintext out again: the room of the ICV holds anything
        clear = result.frame[: parsed.icv(16)] + bytes(16) + result.frame[parsed.ip_end :]
        sent = engine.transmit(clear, outbound[spi])
        assert sent.reason is TransmitReason.PROTECTED and sent.frame == frame

    assert updates == (2 if "esnwrap" in name else 0)
    if description["mode"] == "tunnel":
        check_clear_side(inner, name)
    else:
        # the echo answers with the octets reversed
        for request, answer in zip(inner[::2], inner[1::2], strict=True):
            assert request[8:] == answer[:7:-1] and request[:2] == answer[2:4] and request[2:4] == answer[:2]
    assert engine.statistics["rx_decrypted"] == engine.statistics["tx_protected"] == len(wire)


@pytest.mark.parametrize("name", NAMES)
def test_capture_with_one_bit_changed(name: str) -> None:
    description = json.loads((CAPTURES / f"{name}.sa.json").read_text())
    engine = ReferenceEngine()
    for entry in description["sas"]:
        engine.add_sa(security_association(entry, Direction.INBOUND))
    for number, frame in enumerate(frames(f"{name}.esp.pcap")[:12]):
        parsed = esp_of(frame)
        changed = bytearray(frame)
        changed[parsed.payload + number] ^= 1 << number % 8
        result = engine.receive(bytes(changed))
        assert result.frame == bytes(changed) and result.slot12 == 0 and result.handle
        assert result.slot1 == (0x00050002 if description["udp_encap"] else 0x00030002)
