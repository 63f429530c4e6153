# SPDX-License-Identifier: Apache-2.0
"""``make replay`` on each capture of a Linux kernel: inbound equals the clear side, outbound the kernel's octets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tb.replay
from models.packet import PROTOCOL_IPV4, PROTOCOL_IPV6, PROTOCOL_UDP, ParsedEsp, parse_frame
from tb.captures import as_on_clear_side, clear_packets, inner_packet, read_capture, write_capture
from tb.sim import SIMULATORS
from tb.transport import clear_icv_room

CAPTURES = Path(__file__).parent.parent / "data" / "captures"
NAMES = sorted(path.name.removesuffix(".sa.json") for path in CAPTURES.glob("*.sa.json"))
PACKETS_OF_ICARUS = 24
"""Of each capture; make sim SIM=icarus takes them whole."""
ICV = 16


def replay(sim: str, direction: str, sas: Path, capture: Path, out: Path) -> list[dict[str, Any]]:
    """Run the command; returns the report. OUT is ``out``."""
    report = out.with_suffix(".json")
    files = {"sas": sas, "in": capture, "out": out, "report": report}
    words = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    assert tb.replay.main(["--sim", sim, "--direction", direction, *words]) == 0
    records: list[dict[str, Any]] = json.loads(report.read_text())
    return records


@pytest.mark.parametrize("sim", SIMULATORS)
@pytest.mark.parametrize("name", NAMES)
def test_capture(name: str, sim: str, tmp_path: Path) -> None:
    sas = CAPTURES / f"{name}.sa.json"
    description = json.loads(sas.read_text())
    captured = CAPTURES / f"{name}.esp.pcap"
    wire = read_capture(captured)
    assert len(wire.packets) == description["captured"] > PACKETS_OF_ICARUS
    if sim == "icarus":
        captured = tmp_path / "captured.pcapng"
        packets, times = wire.packets[:PACKETS_OF_ICARUS], wire.times[:PACKETS_OF_ICARUS]
        write_capture(captured, wire.linktype, packets, times)
        wire = read_capture(captured)
    decrypted = tmp_path / "decrypted.pcapng"
    records = replay(sim, "inbound", sas, captured, decrypted)
    frames = read_capture(decrypted).packets
    assert len(records) == len(frames) == len(wire.packets)
    assert [bytes.fromhex(record["frame"]) for record in records] == list(frames)
    next_header = PROTOCOL_UDP
    if description["mode"] == "tunnel":
        next_header = PROTOCOL_IPV6 if description["inner"] == 6 else PROTOCOL_IPV4
    for record in records:
        assert record["handle"] and record["sent"] and record["crypto_done"] and record["crypto_status"] == 0
        assert record["next_header"] == next_header

    inner = [inner_packet(frame, ICV) for frame in frames]
    if description["mode"] == "tunnel":
        clear = clear_packets(read_capture(CAPTURES / f"{name}.clear.pcap"))[: len(inner)]
        assert [as_on_clear_side(ours, theirs) for ours, theirs in zip(inner, clear, strict=True)] == clear
    else:
        # the echo answers with the octets reversed
        for request, answer in zip(inner[::2], inner[1::2], strict=True):
            assert len(request) >= 8 and request[8:] == answer[:7:-1]

    plain = tmp_path / "plain.pcapng"
    write_capture(plain, wire.linktype, [clear_icv_room(frame, ICV) for frame in frames], wire.times)
    encrypted = tmp_path / "encrypted.pcapng"
    records = replay(sim, "outbound", sas, plain, encrypted)
    again = read_capture(encrypted)
    assert again.packets == wire.packets and again.times == wire.times
    assert all(record["handle"] and record["sent"] for record in records)
    gmac = "gmac" in name
    assert (read_capture(plain).packets[0][:-ICV] == wire.packets[0][:-ICV]) is gmac


@pytest.mark.parametrize("sim", SIMULATORS)
def test_raw_ip_with_forged_and_foreign_packets(sim: str, tmp_path: Path) -> None:
    """Raw IP in, raw IP out; a bad ICV around the ESN wrap changes nothing for the packets after it."""
    name = next(name for name in NAMES if "esnwrap" in name)
    sas = CAPTURES / f"{name}.sa.json"
    packets = [frame[14:] for frame in read_capture(CAPTURES / f"{name}.esp.pcap").packets]
    mixed: list[bytes] = []
    for number, packet in enumerate(packets):
        parsed = parse_frame(bytes(12) + b"\x08\x00" + packet)
        assert isinstance(parsed, ParsedEsp)
        forged = bytearray(packet)
        forged[parsed.esp - 14 + 4 + number % 4] ^= 0x55
        mixed += [packet, bytes(forged), b"\x45" + bytes(number)]
    raw = tmp_path / "raw.pcapng"
    write_capture(raw, 101, mixed)
    out = tmp_path / "out.pcapng"
    records = replay(sim, "inbound", sas, raw, out)
    result = read_capture(out)
    assert result.linktype == 101 and len(result.packets) == len(mixed)
    assert [record["crypto_status"] for record in records] == [0, 3, 0] * len(packets)
    assert [record["crypto_done"] for record in records] == [True, True, False] * len(packets)
    assert [packet for i, packet in enumerate(result.packets) if i % 3] == [p for i, p in enumerate(mixed) if i % 3]


@pytest.mark.parametrize("sim", SIMULATORS)
def test_refused_by_the_engine(sim: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A duplicate SA, and more SAs than the engine holds: one line, exit code 2, no files."""
    capture = CAPTURES / f"{NAMES[0]}.esp.pcap"
    (element, *_) = json.loads((CAPTURES / f"{NAMES[0]}.sa.json").read_text())["sas"]
    for sas, words in (
        ([element, element], ("sas[1]", "DUPLICATE")),
        ([element | {"spi": 256 + n} for n in range(65)], ("65 SAs", "64")),
    ):
        path, out, report = tmp_path / "sas.json", tmp_path / "out.pcapng", tmp_path / "report.json"
        path.write_text(json.dumps({"sas": sas}))
        files = {"sas": path, "in": capture, "out": out, "report": report}
        arguments = [word for name, file in files.items() for word in (f"--{name}", str(file))]
        assert tb.replay.main(["--sim", sim, "--direction", "outbound", *arguments]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and all(word in error for word in words)
        assert not out.exists() and not report.exists()
