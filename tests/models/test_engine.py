# SPDX-License-Identifier: Apache-2.0
"""The reference engine: commands, handles, rules T1 to T8 and R1 to R6."""

from __future__ import annotations

import dataclasses
import random
import re
from typing import Any

import pytest

from models.engine import CommandError, CommandStatus, ReferenceEngine, TransmitReason, Usage
from models.esp import protect
from models.packet import ParsedEsp, esp_frame, parse_frame
from models.sa import Algorithm, Direction, SaLimits, SecurityAssociation, SecurityAssociationError

A4, B4, C4 = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)), bytes((10, 0, 0, 3))
A6, B6 = bytes(15) + b"\x0a", bytes(15) + b"\x0b"
SPI = 0x01020304


def make(direction: Direction = Direction.INBOUND, **fields: Any) -> SecurityAssociation:
    arguments: dict[str, Any] = {
        "algorithm": Algorithm.GCM_128,
        "spi": SPI,
        "key": bytes(range(16)),
        "salt": b"salt",
        "dst": B4,
    }
    return SecurityAssociation(direction, **arguments | fields)


def frame_of(payload: bytes = b"payload", **fields: Any) -> bytes:
    arguments: dict[str, Any] = {"src": A4, "dst": B4, "spi": SPI, "seq": 1, "iv": b"12345678", "next_header": 6}
    return esp_frame(payload, **arguments | fields)


def sealed(sa: SecurityAssociation, plain: bytes) -> bytes:
    parsed = parse_frame(plain)
    assert isinstance(parsed, ParsedEsp)
    return protect(plain, parsed, sa)


def refused(status: CommandStatus, function: Any, *arguments: Any) -> None:
    with pytest.raises(CommandError, match=f"^{status.name}: ") as error:
        function(*arguments)
    assert error.value.status is status


# ---- commands ------------------------------------------------------------------------------------------------------


def test_handles() -> None:
    engine = ReferenceEngine(sa_count=4)
    handles = [engine.add_sa(make(spi=spi)) for spi in range(1, 5)]
    assert handles == [0x10000, 0x10001, 0x10002, 0x10003] == engine.handles
    refused(CommandStatus.TABLE_FULL, engine.add_sa, make(spi=9))
    # a duplicate is found before a full table
    refused(CommandStatus.DUPLICATE, engine.add_sa, make(spi=1))
    engine.delete_sa(0x10002)
    engine.delete_sa(0x10001)
    refused(CommandStatus.UNKNOWN_HANDLE, engine.delete_sa, 0x10001)
    assert engine.add_sa(make(spi=7)) == 0x20001
    assert engine.add_sa(make(spi=8)) == 0x20002
    stale = make(spi=7)
    assert engine.sa(0x20001) == stale and engine.sa(0x10001) is None
    for handle in (0, 1, 0x10001, 0x20000, 0x30001, 0x20003, 0x10004, 1 << 40):
        refused(CommandStatus.UNKNOWN_HANDLE, engine.delete_sa, handle)
    assert (engine.statistics["delete_sa"], engine.statistics["delete_sa_failed"]) == (2, 9)


def test_sizes() -> None:
    engine = ReferenceEngine()
    assert engine.sa_count == 64
    for spi in range(1, 65):
        engine.add_sa(make(spi=spi))
    refused(CommandStatus.TABLE_FULL, engine.add_sa, make(spi=65))


def test_generation_wraps_past_zero() -> None:
    engine = ReferenceEngine(sa_count=1)
    engine.add_sa(make(), handle=0xFFFF0000)
    engine.delete_sa(0xFFFF0000)
    assert engine.add_sa(make()) == 0x10000


def test_handle_from_outside() -> None:
    engine = ReferenceEngine(sa_count=8)
    assert engine.add_sa(make(), handle=0x12340005) == 0x12340005
    for bad in (0, 5, 0x10008, 0x99990005, 0x1_0000_0001):
        refused(CommandStatus.MALFORMED, engine.add_sa, make(spi=2), bad)
    assert engine.handles == [0x12340005]
    engine.delete_sa(0x12340005)
    assert engine.add_sa(make(), handle=0x12350005) == 0x12350005
    assert engine.add_sa(make(spi=2)) == 0x10000


def test_refused_requests_leave_nothing() -> None:
    engine = ReferenceEngine(max_key_bits=128)
    refused(
        CommandStatus.UNSUPPORTED_ALGORITHM,
        engine.add_sa,
        make(algorithm=Algorithm.GCM_192, key=bytes(24)),
    )
    refused(CommandStatus.MALFORMED, engine.add_sa, None)
    assert engine.handles == [] and engine.add_sa(make()) == 0x10000
    refused(CommandStatus.DUPLICATE, engine.add_sa, make(key=bytes(16)))
    assert engine.handles == [0x10000] and engine.add_sa(make(spi=5)) == 0x10001
    assert engine.statistics["add_sa"] == 2 and engine.statistics["add_sa_failed"] == 3
    with pytest.raises(ValueError, match="sa_count"):
        ReferenceEngine(sa_count=0)


@pytest.mark.parametrize(
    ("fields", "duplicate"),
    [
        ({}, True),
        ({"src": A4}, True),
        ({"udp_encapsulation": 1}, True),
        ({"algorithm": Algorithm.GMAC_128}, True),
        ({"dst": None}, True),
        ({"dst": bytes(4)}, True),
        ({"dst": C4}, False),
        ({"spi": SPI + 1}, False),
        ({"direction": Direction.OUTBOUND}, False),
        ({"ipv6": True, "dst": B4 + bytes(12)}, False),
        ({"ipv6": True, "dst": None}, False),
    ],
)
def test_duplicates(fields: dict[str, Any], duplicate: bool) -> None:
    for first, second in ((make(), make(**fields)), (make(**fields), make())):
        engine = ReferenceEngine()
        handle = engine.add_sa(first)
        if duplicate:
            refused(CommandStatus.DUPLICATE, engine.add_sa, second)
            engine.delete_sa(handle)
        engine.add_sa(second)


def test_wildcard_collides_with_all_of_several() -> None:
    engine = ReferenceEngine()
    one, two = engine.add_sa(make(dst=B4)), engine.add_sa(make(dst=C4))
    refused(CommandStatus.DUPLICATE, engine.add_sa, make(dst=None))
    engine.delete_sa(one)
    refused(CommandStatus.DUPLICATE, engine.add_sa, make(dst=None))
    engine.delete_sa(two)
    engine.add_sa(make(dst=None))
    refused(CommandStatus.DUPLICATE, engine.add_sa, make(dst=B4))


def test_update() -> None:
    engine = ReferenceEngine()
    esn = engine.add_sa(make(esn=True, seq_hi=1))
    plain = engine.add_sa(make(spi=5))
    refused(CommandStatus.UNKNOWN_HANDLE, engine.update_sa, 0x20000, SPI, 2)
    refused(CommandStatus.SPI_MISMATCH, engine.update_sa, esn, SPI + 1, 2)
    refused(CommandStatus.NOT_ESN, engine.update_sa, plain, 5, 2)
    refused(CommandStatus.SPI_MISMATCH, engine.update_sa, plain, 6, 2)
    refused(CommandStatus.MALFORMED, engine.update_sa, esn, SPI, 1 << 32)
    before = engine.sa(esn)
    assert before is not None and before.seq_hi == 1
    frames = {high: sealed(make(esn=True, seq_hi=high), frame_of()) for high in (1, 2)}
    assert engine.receive(frames[1]).slot1 == 2 and engine.receive(frames[2]).slot1 == 0x00030002
    engine.update_sa(esn, SPI, 2)
    assert engine.receive(frames[1]).slot1 == 0x00030002 and engine.receive(frames[2]).slot1 == 2
    assert engine.sa(esn) == dataclasses.replace(before, seq_hi=2)
    assert engine.statistics["update_sa"] == 1 and engine.statistics["update_sa_failed"] == 5


def test_reset() -> None:
    engine = ReferenceEngine()
    old = engine.add_sa(make())
    engine.reset()
    assert engine.handles == [] and engine.receive(sealed(make(), frame_of())).slot1 == 0
    assert engine.transmit(frame_of(), old).reason is TransmitReason.UNKNOWN_HANDLE
    assert engine.add_sa(make()) == 0x20000


# ---- transmit ------------------------------------------------------------------------------------------------------


def check_transmit(engine: ReferenceEngine, frame: bytes, reason: TransmitReason, *handles: int) -> None:
    before = dict(engine.statistics)
    result = engine.transmit(frame, *handles)
    assert result == (False, None, reason)
    changed = {name: count - before[name] for name, count in engine.statistics.items() if count != before[name]}
    assert changed == {"tx_frames": 1, "tx_failed": 1, reason.value: 1}


def test_t1_bypass() -> None:
    engine = ReferenceEngine(transmit_enabled=False)
    for frame in (frame_of(), b"", b"x", bytes(9000)):
        assert engine.transmit(frame) == (True, frame, TransmitReason.BYPASSED)
    assert engine.statistics["tx_bypassed"] == engine.statistics["tx_frames"] == 4


def test_t2_to_t4() -> None:
    engine = ReferenceEngine()
    handle = engine.add_sa(make(Direction.OUTBOUND))
    inbound = engine.add_sa(make())
    encapsulated = engine.add_sa(make(Direction.OUTBOUND, spi=9, udp_encapsulation=2))
    six = engine.add_sa(make(Direction.OUTBOUND, spi=10, ipv6=True, dst=None))
    good = frame_of()
    check_transmit(engine, good, TransmitReason.TUNNEL_HANDLE, 0, handle)
    check_transmit(engine, good, TransmitReason.TUNNEL_HANDLE, handle, handle)
    check_transmit(engine, good, TransmitReason.UNKNOWN_HANDLE, handle + 0x10000)
    check_transmit(engine, good, TransmitReason.UNKNOWN_HANDLE, handle & 0xFFFF | 0x50000)
    check_transmit(engine, good, TransmitReason.INBOUND_SA, inbound)
    engine.transmit_enabled = False
    check_transmit(engine, good, TransmitReason.DISABLED, handle)
    engine.transmit_enabled = True
    check_transmit(engine, frame_of(fragment_flags=1), TransmitReason.NOT_ESP, handle)
    check_transmit(engine, b"", TransmitReason.NOT_ESP, handle)
    check_transmit(engine, frame_of(spi=SPI + 1), TransmitReason.SPI_MISMATCH, handle)
    check_transmit(engine, frame_of(spi=10), TransmitReason.IP_VERSION_MISMATCH, six)
    check_transmit(engine, frame_of(src=A6, dst=B6), TransmitReason.IP_VERSION_MISMATCH, handle)
    check_transmit(engine, frame_of(udp_encapsulation=True), TransmitReason.ENCAPSULATION_MISMATCH, handle)
    check_transmit(engine, frame_of(spi=9), TransmitReason.ENCAPSULATION_MISMATCH, encapsulated)
    assert engine.transmit(frame_of(spi=9, udp_encapsulation=True), encapsulated).sent
    # addresses are not compared: the host chose the SA
    assert engine.transmit(frame_of(dst=C4), handle).sent


@pytest.mark.parametrize("icv_len", [8, 12, 16])
def test_t5_and_t8(icv_len: int) -> None:
    engine = ReferenceEngine()
    sa = make(Direction.OUTBOUND, icv_len=icv_len)
    handle = engine.add_sa(sa)
    good = frame_of(icv_len=icv_len, padding=b"Ethernet padding")
    check_transmit(engine, good[: -len(b"Ethernet padding") - 1], TransmitReason.SYNTAX, handle)
    check_transmit(engine, frame_of(b"", icv_len=icv_len, ip_length=37 + icv_len), TransmitReason.SYNTAX, handle)
    result = engine.transmit(good, handle)
    assert result.sent and result.frame == sealed(sa, good) != good
    assert result.frame is not None and result.frame.endswith(b"Ethernet padding") and len(result.frame) == len(good)
    assert engine.statistics["tx_protected"] == 1


def test_t6_hard_limits() -> None:
    engine = ReferenceEngine()
    for limits in (SaLimits(hard_packets=2), SaLimits(hard_octets=20), SaLimits(1, 1, 2, 0)):
        handle = engine.add_sa(make(Direction.OUTBOUND, limits=limits))
        for seq in (1, 2):
            assert engine.transmit(frame_of(seq=seq), handle).sent
        check_transmit(engine, frame_of(seq=3), TransmitReason.LIMIT, handle)
        # 7 octets of payload, 3 of padding, 2 of trailer
        assert engine.usage(handle) == Usage(2, 24, 2) and engine.events == [handle]
        # what is wrong with the packet itself is said first
        check_transmit(engine, frame_of(spi=9), TransmitReason.SPI_MISMATCH, handle)
        engine.delete_sa(handle)
        engine.events.clear()
    for name in SaLimits.__slots__:
        with pytest.raises(SecurityAssociationError, match=re.escape(f"{name} = ")):
            SaLimits(**{name: 1 << 64})
    with pytest.raises(SecurityAssociationError, match=r"^iv_from_sequence = True"):
        make(iv_from_sequence=True)


def test_t7_sequence_numbers() -> None:
    engine = ReferenceEngine()
    handle = engine.add_sa(make(Direction.OUTBOUND))
    for seq in (5, 5, 4, 0xEFFFFFFF):
        assert engine.transmit(frame_of(seq=seq), handle).sent
    assert engine.events == []
    assert engine.transmit(frame_of(seq=0xF0000000), handle).sent and engine.events == [handle]
    assert engine.transmit(frame_of(seq=0xFFFFFFFF), handle).sent
    for seq in (0, 6, 0xFFFFFFFF):
        check_transmit(engine, frame_of(seq=seq), TransmitReason.SEQUENCE, handle)
    engine.delete_sa(handle)
    sa = make(Direction.OUTBOUND, esn=True, seq_hi=0xFFFFFFFE, iv_from_sequence=True)
    handle = engine.add_sa(sa)
    result = engine.transmit(frame_of(seq=0xFFFFFFFF, iv=bytes(8)), handle)
    assert result.frame == sealed(sa, frame_of(seq=0xFFFFFFFF, iv=bytes.fromhex("fffffffeffffffff")))
    check_transmit(engine, frame_of(seq=0xFFFFFFFF), TransmitReason.SEQUENCE, handle)
    check_transmit(engine, frame_of(seq=0), TransmitReason.SEQUENCE, handle)
    engine.update_sa(handle, SPI, 0xFFFFFFFF)
    assert engine.transmit(frame_of(seq=0), handle).sent
    # a frame that is cut spends its number, one that can not be does not
    check_transmit(engine, frame_of(seq=1)[:-1], TransmitReason.SYNTAX, handle)
    check_transmit(engine, frame_of(b"", seq=2, ip_length=37), TransmitReason.SYNTAX, handle)
    check_transmit(engine, frame_of(seq=1), TransmitReason.SEQUENCE, handle)
    assert engine.transmit(frame_of(seq=2), handle).sent
    engine.update_sa(handle, SPI, 7)
    check_transmit(engine, frame_of(seq=9), TransmitReason.SEQUENCE, handle)


def test_stale_handle_never_reaches_the_reused_entry() -> None:
    engine = ReferenceEngine(sa_count=1)
    old = engine.add_sa(make(Direction.OUTBOUND))
    engine.delete_sa(old)
    new = engine.add_sa(make(Direction.OUTBOUND))
    assert old != new and old & 0xFFFF == new & 0xFFFF
    check_transmit(engine, frame_of(), TransmitReason.UNKNOWN_HANDLE, old)
    assert engine.transmit(frame_of(), new).sent


# ---- receive -------------------------------------------------------------------------------------------------------


def untouched(engine: ReferenceEngine, frame: bytes, counter: str) -> None:
    before = dict(engine.statistics)
    assert engine.receive(frame) == (frame, 0, 0, 0, False, 0, 0, 0)
    changed = {name: count - before[name] for name, count in engine.statistics.items() if count != before[name]}
    assert changed == {"rx_frames": 1, counter: 1}


def test_r1_no_match() -> None:
    engine = ReferenceEngine()
    sa = make(src=A4)
    handle = engine.add_sa(sa)
    engine.add_sa(make(Direction.OUTBOUND, spi=77))
    good = sealed(sa, frame_of())
    assert engine.receive(good).handle == handle
    untouched(engine, sealed(sa, frame_of(spi=SPI ^ 1)), "rx_no_sa")
    untouched(engine, sealed(sa, frame_of(dst=C4)), "rx_no_sa")
    untouched(engine, sealed(sa, frame_of(src=C4)), "rx_no_sa")
    untouched(engine, sealed(sa, frame_of(udp_encapsulation=True)), "rx_no_sa")
    untouched(engine, sealed(sa, frame_of(src=A6, dst=B6)), "rx_no_sa")
    untouched(engine, sealed(sa, frame_of(spi=77)), "rx_no_sa")
    untouched(engine, frame_of(fragment_flags=1), "rx_not_esp")
    untouched(engine, b"", "rx_not_esp")
    engine.receive_ipv4_enabled = False
    untouched(engine, good, "rx_disabled")
    engine.receive_ipv4_enabled = True
    engine.receive_ipv6_enabled = False
    assert engine.receive(good).handle == handle
    untouched(engine, frame_of(src=A6, dst=B6), "rx_disabled")
    engine.delete_sa(handle)
    untouched(engine, good, "rx_no_sa")


def test_r1_wildcards_and_several_destinations() -> None:
    engine = ReferenceEngine()
    first = engine.add_sa(make(dst=B4))
    second = engine.add_sa(make(dst=C4, key=bytes(16)))
    assert engine.receive(sealed(make(), frame_of())).handle == first
    assert engine.receive(sealed(make(key=bytes(16)), frame_of(dst=C4))).handle == second
    any_destination = engine.add_sa(make(spi=8, dst=None))
    for dst in (A4, B4, C4):
        assert engine.receive(sealed(make(), frame_of(spi=8, dst=dst))).handle == any_destination
    encapsulated = engine.add_sa(make(spi=9, udp_encapsulation=1))
    untouched(engine, sealed(make(), frame_of(spi=9)), "rx_no_sa")
    assert engine.receive(sealed(make(), frame_of(spi=9, udp_encapsulation=True))).handle == encapsulated


def test_r2_syntax() -> None:
    engine = ReferenceEngine()
    handle = engine.add_sa(make())
    for bad in (frame_of()[:-1], frame_of()[:45], frame_of(b"", ip_length=53), frame_of(b"", ip_length=28)):
        result = engine.receive(bad)
        assert result == (bad, 0x00060002, 0, handle, True, 6, 0, 0)
    assert engine.receive(sealed(make(), frame_of(b"", pad_length=0, next_header=0))).slot12 == 0x00010000
    assert engine.statistics["rx_syntax_failed"] == 4 and engine.statistics["rx_decrypted"] == 1


@pytest.mark.parametrize(("udp", "status"), [(0, 3), (1, 3), (2, 5)])
def test_r3_wrong_icv(udp: int, status: int) -> None:
    engine = ReferenceEngine()
    sa = make(udp_encapsulation=udp)
    handle = engine.add_sa(sa)
    bad = sealed(make(key=bytes(16)), frame_of(udp_encapsulation=udp != 0))
    assert engine.receive(bad) == (bad, status << 16 | 2, 0, handle, True, status, 0, 0)
    assert engine.statistics["rx_icv_failed"] == 1


def test_r4_limits() -> None:
    engine = ReferenceEngine()
    sa = make(limits=SaLimits(soft_packets=1, hard_packets=3))
    handle = engine.add_sa(sa)
    wires = [sealed(sa, frame_of(seq=seq)) for seq in range(1, 6)]
    assert [engine.receive(wire).slot1 for wire in wires] == [2, 3, 3, 0x00010003, 0x00010003]
    assert engine.receive(wires[0]) == (wires[0], 0x00010003, 0, handle, True, 1, 0, 0)
    assert engine.usage(handle).packets == 3 and engine.statistics["rx_limit_failed"] == 3
    bad = sealed(make(key=bytes(16)), frame_of())
    assert engine.receive(bad).slot1 == 0x00030002
    assert engine.events == [handle]


@pytest.mark.parametrize("algorithm", [Algorithm.GCM_256, Algorithm.GMAC_192])
def test_r5_success(algorithm: Algorithm) -> None:
    engine = ReferenceEngine()
    sa = make(algorithm=algorithm, key=bytes(algorithm.key_octets), ipv6=True, dst=B6)
    handle = engine.add_sa(sa)
    plain = frame_of(b"ABC", src=A6, dst=B6, pad_length=200, next_header=41, vlans=(1,), padding=b"tail")
    wire = sealed(sa, plain)
    result = engine.receive(wire)
    assert result.frame == plain[:-20] + wire[-20:]
    assert result[1:] == (2, 0x0001C829, handle, True, 0, 41, 200)
    # a replay is the host's business
    assert engine.receive(wire) == result


def test_random_traffic_keeps_its_books() -> None:
    rng = random.Random(9)
    engine = ReferenceEngine(sa_count=16)
    live: dict[int, SecurityAssociation] = {}
    outcomes = 0
    for _ in range(3000):
        action = rng.random()
        if action < 0.1:
            sa = make(rng.choice(list(Direction)), spi=rng.randrange(1, 12), dst=rng.choice((B4, C4, None)))
            expected = any(
                (s.direction, s.spi) == (sa.direction, sa.spi) and (s.dst == sa.dst or None in (s.dst, sa.dst))
                for s in live.values()
            )
            if expected:
                refused(CommandStatus.DUPLICATE, engine.add_sa, sa)
            elif len(live) == 16:
                refused(CommandStatus.TABLE_FULL, engine.add_sa, sa)
            else:
                handle = engine.add_sa(sa)
                assert handle not in live and handle >> 16
                assert handle & 0xFFFF == min(set(range(16)) - {h & 0xFFFF for h in live})
                live[handle] = sa
        elif action < 0.18 and live:
            handle = rng.choice(list(live))
            engine.delete_sa(handle)
            del live[handle]
        else:
            spi, dst = rng.randrange(1, 12), rng.choice((B4, C4))
            plain = frame_of(rng.randbytes(20), spi=spi, dst=dst)
            matching = [handle for handle, s in live.items() if s.inbound and s.spi == spi and s.dst in (None, dst)]
            result = engine.receive(sealed(make(), plain))
            assert [result.handle] == (matching or [0]) and len(matching) <= 1
            assert result.frame[:-16] == (plain[:-16] if matching else result.frame[:-16])
            outcomes += len(matching)
    assert outcomes > 300 and outcomes == engine.statistics["rx_decrypted"]
