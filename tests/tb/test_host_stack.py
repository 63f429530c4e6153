# SPDX-License-Identifier: Apache-2.0
"""The host of ``make interop`` without a simulator: two of them talk through the reference engine."""

from __future__ import annotations

import random

import pytest

from models.packet import MAC_A, MAC_B, ParsedEsp, ethernet, internet_checksum, parse_frame
from models.sa import Algorithm
from tb.bench import RxResult
from tb.host_stack import ETHERTYPE_ARP, PROTOCOL_ICMP, HostStack, ReplayWindow
from tb.interop_shapes import ESN, OURS, THEIRS, Shape, full_matrix, lengths, make_pair, setup_lines
from tests.tb.two_hosts import Two, clear


def test_replay_window() -> None:
    window = ReplayWindow(0, esn=False)
    assert not window.accept(0)
    assert [window.accept(number) for number in (1, 3, 2, 3, 2, 100, 37, 36, 100, 99, 37)] == [
        *(True, True, True, False, False, True, True, False, False, True, False)
    ]
    wrapped = ReplayWindow(0xFFFFFFFE, esn=True)
    assert [wrapped.accept(number) for number in (0xFFFFFFFF, 0, 0xFFFFFFFD, 5, 0xFFFFFFFF, 5, 0)] == [
        *(True, True, True, True, False, False, False)
    ]
    assert wrapped.last == (1 << 32) + 5


def test_neighbours() -> None:
    stack = HostStack([*OURS.values()], MAC_B)
    request = bytes.fromhex("0001080006040001") + MAC_B + THEIRS[4] + bytes(6)
    (answer,) = stack.input(clear(ethernet(request + OURS[4], ETHERTYPE_ARP, dst=b"\xff" * 6, src=MAC_B, minimum=60)))
    assert answer.frame.handle == 0 and answer.frame.data[:14] == MAC_B + MAC_A + b"\x08\x06"
    assert answer.frame.data[20:42] == b"\0\2" + MAC_A + OURS[4] + MAC_B + THEIRS[4]
    assert not stack.input(clear(ethernet(request + THEIRS[4], ETHERTYPE_ARP, dst=b"\xff" * 6, src=MAC_B, minimum=60)))

    solicitation = b"\x87\0\0\0\0\0\0\0" + OURS[6] + b"\1\1" + MAC_B
    header = b"\x60\0\0\0\0\x20\x3a\xff" + THEIRS[6] + OURS[6]
    (answer,) = stack.input(clear(ethernet(header + solicitation, 0x86DD, dst=MAC_A, src=MAC_B)))
    packet = answer.frame.data[14:]
    assert packet[:8] == b"\x60\0\0\0\0\x20\x3a\xff" and packet[40] == 136 and packet[44] == 0x60
    assert packet[48:] == OURS[6] + b"\2\1" + MAC_A and packet[24:40] == THEIRS[6]
    assert internet_checksum(packet[8:40] + b"\0\0\0\x20\0\0\0\x3a" + packet[40:]) == 0


SHAPES = [
    Shape(Algorithm.GCM_128, 12, True, 4, 6),
    Shape(Algorithm.GCM_256, 8, True, 6, 4, udp=True),
    Shape(Algorithm.GMAC_192, 16, False, 4, 4, sequence=ESN),
    Shape(Algorithm.GCM_192, 16, False, 6, 6, udp=True),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_echoes(shape: Shape) -> None:
    """Requests and answers through ESP; replays, wrong ICVs and clear packets are refused."""
    two = Two(shape)
    answers: list[tuple[int, int, int, bytes]] = []
    two.ours.on_answer = lambda *answer: answers.append(answer)
    for length in (1, 2, 3, 64, 1400):
        payload = bytes(range(256)) * 6
        two_requests = (
            two.ours.ping(shape.ours, shape.theirs, 7, length, payload[:length]),
            two.ours.udp_echo(shape.ours, shape.theirs, 5000, payload[:length]),
        )
        for request in two_requests:
            wire = two.wire(request)
            assert isinstance(parse_frame(wire), ParsedEsp)
            (answer,) = two.theirs.input(two.arrive(wire))
            assert two.theirs.clear is not None and two.theirs.clear[14:] == request.clear[14:]
            back = two.wire(answer)
            assert two.ours.input(two.arrive(back)) == [] and two.ours.clear is not None
            # once more: a replay; with a wrong ICV: refused before
            assert two.ours.input(two.arrive(back)) == [] and two.ours.clear is None
            assert two.ours.input(two.arrive(back[:-1] + bytes([back[-1] ^ 1]))) == []
        assert answers == [(PROTOCOL_ICMP, 7, length, payload[:length]), (17, 5000, 0, payload[:length])]
        answers.clear()
    assert two.ours.input(clear(answer.clear)) == [] and not answers
    assert two.ours.counters == {"echo_answers": 10, "replayed": 10, "icv_failed": 10, "clear_refused": 1}
    assert two.theirs.counters == {"echo_requests": 10}


def test_no_octets_stop_it() -> None:
    """Whatever comes from the wire."""
    two = Two(SHAPES[0])
    rng = random.Random(9)
    good = two.wire(two.ours.ping(two.shape.ours, two.shape.theirs, 1, 1, b"x"))
    for _ in range(3000):
        frame = bytearray(rng.choice((good, good[14:], rng.randbytes(80))))
        for _ in range(rng.randrange(1, 4)):
            frame[rng.randrange(len(frame))] = rng.randrange(256)
        slot12 = rng.choice((0, 0x10000 | rng.getrandbits(16)))
        inbound = next(iter(two.path.inbound))
        two.ours.input(RxResult(bytes(frame[: rng.randrange(len(frame) + 1)]), rng.choice((0, 1)), slot12, inbound))
        two.ours.input(clear(bytes(frame)))
    assert two.ours.counters["malformed"] > 100


def test_matrix_is_whole() -> None:
    """Every cipher, path and kind of sequence number, the shortest and the longest payload, no key in a policy."""
    shapes = full_matrix()
    assert len(shapes) == len(set(shapes)) == 12 * 12 * 3 + 12
    assert {(shape.cipher, shape.path, shape.sequence) for shape in shapes if not shape.jumbo} == {
        (a.cipher, b.path, c.sequence) for a in shapes for b in shapes for c in shapes[:3]
    }
    rng = random.Random(1)
    assert {1, 1400} <= set(lengths(rng, shapes[0], 4)) and min(lengths(rng, shapes[-1], 4)) >= 4000
    assert setup_lines(make_pair(shapes[0], rng, 0x100)).count("xfrm state add") == 2
