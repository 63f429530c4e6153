# SPDX-License-Identifier: Apache-2.0
"""The files of a failure kit from recordings of every kind, without a simulator."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

from scapy.utils import PcapNgReader

from models.engine import ReferenceEngine
from models.packet import esp_frame
from models.sa import Algorithm, Direction, SecurityAssociation
from tb.bench import STATUS_FAILED_HANDLE, TxResult
from tb.captures import read_capture
from tb.failure_files import Failure
from tb.recorder import RecordedFrame, Recording
from tb.scoreboard import Scoreboard
from tb.sim import CaseResult

KEY = bytes(range(16))
SA = SecurityAssociation(Direction.OUTBOUND, Algorithm.GCM_128, 0x1001, KEY, b"salt", icv_len=12)
OTHER = dataclasses.replace(SA, spi=0x2002)
GMAC = dataclasses.replace(
    SA, algorithm=Algorithm.GMAC_128, spi=0x1003, icv_len=16, ipv6=True, src=bytes(15) + b"\1", dst=bytes(15) + b"\2"
)
HANDLE = 0x10003


def frame(spi: int, seq: int) -> bytes:
    """Some ESP frame."""
    return esp_frame(bytes(40), src=bytes(4), dst=bytes(4), spi=spi, seq=seq, iv=bytes(8), icv_len=12)


GIVEN = (
    RecordedFrame("tx_source", 0, frame(0x1001, 1), HANDLE, None, True, 950),
    RecordedFrame("tx_source", 1, frame(0x1001, 2), 5 << 32 | HANDLE, (120, 129)),
    RecordedFrame("tx_source", 2, frame(0x1003, 1), 0, None, False, 2000),
    RecordedFrame("rx_source", 0, b"not an ESP frame", 0, (100, 100)),
)
GOT = (
    RecordedFrame("rx_sink", 0, b"not an ESP frame", 7 << 64 | 3 << 32 | 2, (140, 140)),
    RecordedFrame("status_sink", 0, b"\0", 0, (141, 141)),
    RecordedFrame("status_sink", 1, b"\2", 0, (150, 150)),
    RecordedFrame("tx_sink", 0, frame(0x1001, 1), 1, (145, 149)),
)


def written(folder: Path, **fields: object) -> dict[str, str]:
    """Write the files of a recording; first_difference.txt by names."""
    recording = Recording(GIVEN, GOT, (GMAC, OTHER, SA), None, None, None)
    result = CaseResult("case", 1.0, "AssertionError: two\nlines", False, 100, 9000)
    failure = Failure("module.case", "icarus", 5, result, dataclasses.replace(recording, **fields))  # type: ignore[arg-type]
    failure.write(folder)
    window = failure.window()
    lines = (folder / "first_difference.txt").read_text(encoding="utf-8").splitlines()
    return {line[:11].strip(): line[12:] for line in lines} | {"window": f"{window.start} {window.end}"}


def comments(path: Path) -> list[str]:
    """What the packets of a capture say."""
    with PcapNgReader(str(path)) as reader:
        return [b"".join(packet.comments or []).decode() for packet in reader]


def test_captures_and_keys(tmp_path: Path) -> None:
    """In the order of time, whatever port; status words beside their frames; only keys of SAs that are in there."""
    written(tmp_path)
    assert comments(tmp_path / "in.pcapng") == [
        "s_axis_tx frame 0, handle 0x00010003, status 0",
        "s_axis_rx frame 0, cycles 100 to 100",
        "s_axis_tx frame 1, cycles 120 to 129, handle 0x00010003, tunnel handle 0x00000005, status 2",
        "s_axis_tx frame 2, not taken yet, handle 0x00000000",
    ]
    assert comments(tmp_path / "out.pcapng") == [
        "m_axis_rx frame 0, cycles 140 to 140, slot 1 0x00000002, slot 12 0x00000003, handle 0x00000007",
        "m_axis_tx frame 0, cycles 145 to 149, aborted",
    ]
    assert read_capture(tmp_path / "in.pcapng").times == tuple(Fraction(ns, 10**9) for ns in (950, 1005, 1205, 2000))
    assert (tmp_path / "wireshark" / "esp_sa").read_text(encoding="utf-8") == (
        f'"IPv4","*","*","0x00001001","AES-GCM with 12 octet ICV [RFC4106]","0x{(KEY + b"salt").hex()}","NULL",""\n'
        "# SPI 0x00001003 from ::1 to ::2 is AES-GMAC, which Wireshark does not know\n"
    )


def test_sent_frame_dropped(tmp_path: Path) -> None:
    """A frame that had to leave and did not: where it went in."""
    scoreboard = Scoreboard()
    reference = ReferenceEngine(16, 256)
    reference.add_sa(SA, HANDLE)
    data = GIVEN[1].octets
    scoreboard.transmit(
        "T", data, HANDLE, SA, reference.transmit(data, HANDLE, 0), TxResult(STATUS_FAILED_HANDLE, None)
    )
    scoreboard.mismatch("a later one")
    first = scoreboard.first
    assert first is not None and first.given is data and first.got is None
    lines = written(tmp_path, mismatch=first.text, given=GIVEN[1])
    assert lines["frame"].startswith("transmit T: ") and f"handle {HANDLE:#010x}" in lines["frame"]
    assert lines["field"] == "status" and lines["expected"] == "sent [PROTECTED]" and lines["got"] == "failed (handle)"
    assert lines["difference"] == "frame dropped, but had to leave"
    assert lines["went in"] == "s_axis_tx frame 1, cycles 120 to 129: packet 3 of in.pcapng"
    last_beat = -(-len(data) // 16) - 1
    # ten cycles for fewer beats: it was stalled, and there is no waveform
    where = f"begin of s_axis_tx frame 1, cycles 120 to 129; its beat {last_beat} is not in the waveform"
    assert lines["marker"] == f"1205 ns, cycle 120: {where}"
    assert lines["window"] == "205 2295"
    assert comments(tmp_path / "in.pcapng")[2].endswith(": the first difference")


def test_difference_without_a_frame(tmp_path: Path) -> None:
    """A counter: the last frame that came out before it was seen."""
    lines = written(tmp_path, mismatch="counter TX_FRAMES: expected 3, got 2")
    assert (lines["field"], lines["expected"], lines["got"]) == ("counter TX_FRAMES", "3", "2")
    assert lines["marker"] == "1505 ns, the last beat that came out before the difference was seen"
    assert lines["window"] == "100 2505"


def test_length(tmp_path: Path) -> None:
    """A frame that is too short: its last beat."""
    text = "receive R: 16 octets\n  length: expected 20 octets, got 16"
    lines = written(tmp_path, mismatch=text, given=GIVEN[3], got=GOT[0])
    assert (lines["field"], lines["expected"], lines["got"]) == ("length", "20 octets", "16")
    assert lines["marker"] == "1405 ns, cycle 140: beat 0 of m_axis_rx frame 0, cycles 140 to 140"
    assert lines["window"] == "100 2405"


def test_no_difference(tmp_path: Path) -> None:
    """A test that failed for another reason."""
    lines = written(tmp_path)
    assert (lines["test"], lines["simulator"], lines["seed"]) == ("module.case", "icarus", "5")
    assert lines["difference"] == "none that the scoreboard saw" and lines["failure"] == "lines"
    assert lines["marker"] == "9000 ns, the end of the test" and lines["window"] == "100 10000"
