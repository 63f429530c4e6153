# SPDX-License-Identifier: Apache-2.0
"""The scoreboard: every kind of difference is seen, named by field and offset, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.engine import ReferenceEngine, TransmitReason
from models.packet import esp_frame
from models.sa import Algorithm, Direction, SecurityAssociation
from tb.bench import RxResult, TxResult
from tb.miniport import COUNTERS as ENGINE_COUNTERS
from tb.scoreboard import COUNTERS, Scoreboard, expected_status, field_at, frame_difference
from tests.tb.fake import FakeSystem, run

SA = SecurityAssociation(Direction.INBOUND, Algorithm.GCM_128, 0x1001, bytes(range(16)), b"salt", icv_len=12)
# Ethernet 0-13, VLAN 14-17, IPv4 18-37, UDP 38-45, ESP 46-53, IV 54-61, payload 62-71, padding 72-75, trailer 76-77,
# ICV 78-89, then 3 octets
FRAME = esp_frame(
    bytes(10),
    src=bytes((10, 0, 0, 1)),
    dst=bytes((10, 0, 0, 2)),
    spi=SA.spi,
    seq=1,
    iv=bytes(8),
    icv_len=12,
    pad_length=4,
    udp_encapsulation=True,
    vlans=(5,),
    padding=b"\xaa\xbb\xcc",
)


@pytest.mark.parametrize(
    ("offset", "name"),
    [
        (0, "Ethernet+0"),
        (17, "Ethernet+17"),
        (18, "IP+0"),
        (37, "IP+19"),
        (38, "UDP+0"),
        (46, "ESP header+0"),
        (53, "ESP header+7"),
        (54, "IV+0"),
        (62, "payload+0"),
        (71, "payload+9"),
        (72, "padding+0"),
        (75, "padding+3"),
        (76, "trailer+0"),
        (77, "trailer+1"),
        (78, "ICV+0"),
        (89, "ICV+11"),
        (90, "after the IP packet+0"),
        (92, "after the IP packet+2"),
        (93, "past the end+0"),
    ],
)
def test_fields(offset: int, name: str) -> None:
    assert len(FRAME) == 93
    assert field_at(FRAME, offset, 12) == name


def test_fields_of_other_frames() -> None:
    assert field_at(FRAME, 80) == "payload+18"
    encrypted = FRAME[:76] + b"\xff" + FRAME[77:]
    assert field_at(encrypted, 62, 12) == "padding+0" and field_at(encrypted, 62, 12, encrypted=True) == "payload+0"
    assert (frame_difference(encrypted, FRAME, None, 12) or "").startswith("trailer+0 (octet")
    assert field_at(FRAME[:70], 65, 12) == "payload+3"
    assert field_at(b"\xff" * 40, 20) == "after the Ethernet header+6"
    assert field_at(b"\xff" * 3, 2) == "Ethernet+2"


def test_difference_names_the_first_octet() -> None:
    got = bytearray(FRAME)
    got[64] ^= 0xFF
    got[80] ^= 0x01
    text = frame_difference(FRAME, bytes(got), FRAME, 12)
    assert text is not None
    assert text.startswith("payload+2 (octet 64 of 93; 2 differ, last ICV+2): expected 00 00")
    assert "got ff 00" in text
    assert frame_difference(FRAME, FRAME[:-1], FRAME) == "length: expected 93 octets, got 92"
    assert frame_difference(FRAME, FRAME, FRAME) is None


def test_every_difference_of_a_received_frame() -> None:
    engine = ReferenceEngine()
    handle = engine.add_sa(replace(SA, udp_encapsulation=1))
    expected = engine.receive(FRAME)
    assert expected.handle == handle and expected.crypto_status == 3
    good = RxResult(expected.frame, expected.slot1, expected.slot12, expected.handle)
    scoreboard = Scoreboard()
    assert scoreboard.receive("", FRAME, SA, expected, good) and scoreboard.mismatches == 0
    for wrong, word in (
        (replace(good, frame=FRAME[:30] + b"\xee" + FRAME[31:]), "IP+12"),
        (replace(good, frame=FRAME + b"\0"), "length"),
        (replace(good, slot1=2), "crypto_status=3"),
        (replace(good, slot12=1 << 16), "header_info_set=True"),
        (replace(good, handle=0), "handle: expected"),
    ):
        before = scoreboard.mismatches
        assert not scoreboard.receive("frame 7", FRAME, SA, expected, wrong)
        assert scoreboard.mismatches == before + 1
        assert "frame 7" in scoreboard.texts[-1] and word in scoreboard.texts[-1]
        assert "SPI 0x00001001" in scoreboard.texts[-1] and "GCM_128 ICV 12" in scoreboard.texts[-1]
    assert scoreboard.frames["receive"] == 6 and scoreboard.octets["receive"] == 6 * 93


def test_every_difference_of_a_sent_frame() -> None:
    engine = ReferenceEngine()
    sa = replace(SA, direction=Direction.OUTBOUND, udp_encapsulation=1)
    handle = engine.add_sa(sa)
    expected = engine.transmit(FRAME, handle)
    assert expected.frame is not None
    scoreboard = Scoreboard()
    assert scoreboard.transmit("", FRAME, handle, sa, expected, TxResult(0, expected.frame))
    for wrong, word in (
        (TxResult(0, FRAME), "payload+0"),
        (TxResult(1, expected.frame), "status: expected sent [PROTECTED], got failed (handle)"),
        (TxResult(0, None), "dropped, but had to leave"),
        (TxResult(9, expected.frame), "got 9"),
    ):
        assert not scoreboard.transmit("frame 3", FRAME, handle, sa, expected, wrong)
        assert word in scoreboard.texts[-1]
    unknown = engine.transmit(FRAME, 0x12345)
    assert not scoreboard.transmit("", FRAME, 0x12345, None, unknown, TxResult(1, FRAME))
    assert "frame left, but had to be dropped" in scoreboard.texts[-1]
    assert scoreboard.mismatches == 5 and "5 mismatches" in scoreboard.text()


def test_texts_are_limited_and_hold_no_secrets() -> None:
    scoreboard = Scoreboard(text_limit=2)
    for number in range(5):
        scoreboard.mismatch(f"text {number}")
    assert scoreboard.text().splitlines() == ["5 mismatches", "text 0", "text 1", "... and 3 more"]
    assert Scoreboard().text() == ""
    assert not scoreboard.equal("x", FRAME, None) and not scoreboard.equal("x", FRAME, FRAME[::-1])
    assert scoreboard.equal("x", FRAME, FRAME) and scoreboard.mismatches == 7


def test_counters() -> None:
    """Each counter alone is noticed; all statistics of the frames have their counter."""

    async def work() -> None:
        system = FakeSystem()
        good = await system.miniport.counters()
        statistics = system.reference.statistics
        assert system.scoreboard.counters(statistics, good)
        for name in (*COUNTERS, "TX_OCTETS", "RX_OCTETS", "RX_OVERFLOW"):
            scoreboard = Scoreboard()
            assert not scoreboard.counters(statistics, good | {name: good[name] + 1})
            assert scoreboard.mismatches == 1 and name in scoreboard.texts[0]
        assert set(ENGINE_COUNTERS) == {*COUNTERS, "RX_OVERFLOW"}

    run(work())
    counted = {part for parts in COUNTERS.values() for part in parts}
    assert {reason.value for reason in TransmitReason} <= counted
    assert [expected_status(reason) for reason in (TransmitReason.DISABLED, TransmitReason.SYNTAX)] == [1, 3]
