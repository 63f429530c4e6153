# SPDX-License-Identifier: Apache-2.0
"""The host of ``make demo`` without device and simulator: programs, the reference engine, and another host beyond."""

from __future__ import annotations

import random

import pytest

from models.packet import (
    MAC_A,
    MAC_B,
    PROTOCOL_ESP,
    PROTOCOL_FRAGMENT,
    PROTOCOL_UDP,
    ParsedEsp,
    ethernet,
    ip_frame,
    ipv4,
    ipv6,
    parse_frame,
    tunnel_mode,
)
from tb.host_stack import ETHERTYPE_ARP, PROTOCOL_ICMP, PROTOCOL_ICMPV6, HostStack
from tb.interop_shapes import OURS, OURS_INNER, THEIRS, THEIRS_INNER, Shape, demo_shapes, full_matrix
from tb.jobs.peer_link import may_be_clear
from tb.tap_host import TapHost
from tests.tb.two_hosts import Two, clear


class Behind:
    """Programs behind the TAP device (here: one more host stack), the host, and the other end."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.delivered: list[bytes] = []
        self.host = TapHost(OURS.values(), OURS_INNER.values(), MAC_B, self.delivered.append)
        self.two = Two(shape, self.host)
        self.programs = HostStack([*OURS_INNER.values()], MAC_B)

    def request(self, payload: bytes) -> bytes:
        """A frame of the programs."""
        return self.programs.ping(self.shape.ours, self.shape.theirs, 3, 1, payload).frame.data

    def answer(self, payload: bytes) -> bytes:
        """The answer to a request, on the wire."""
        item = self.host.from_tap(self.request(payload))
        assert item is not None
        (answer,) = self.two.theirs.input(self.two.arrive(self.two.wire(item)))
        return self.two.wire(answer)


@pytest.fixture(params=demo_shapes(), ids=lambda shape: shape.path)
def behind(request: pytest.FixtureRequest) -> Behind:
    return Behind(request.param)


def test_there_and_back(behind: Behind) -> None:
    """A request leaves as ESP, its answer reaches the programs as a clear frame for their hardware address."""
    answers: list[bytes] = []
    behind.programs.on_answer = lambda protocol, identifier, sequence, payload: answers.append(payload)
    for length in (1, 40, 1300):
        payload = random.Random(length).randbytes(length)
        item = behind.host.from_tap(behind.request(payload))
        assert item is not None and isinstance(parse_frame(item.frame.data), ParsedEsp)
        assert behind.host.input(behind.two.arrive(behind.answer(payload))) == []
        frame = behind.delivered.pop()
        assert not behind.delivered and frame[:12] == MAC_A + MAC_B
        assert behind.programs.input(clear(frame)) == [] and answers.pop() == payload
    assert behind.host.counters == {"from_tap": 6, "to_tap": 3}


def test_refused_from_the_wire(behind: Behind) -> None:
    """Replayed, with a wrong ICV, in clear, even from an address that has no policy: nothing reaches the programs."""
    wire = behind.answer(b"once")
    behind.host.input(behind.two.arrive(wire[:-1] + bytes([wire[-1] ^ 1])))
    assert not behind.delivered
    behind.host.input(behind.two.arrive(wire))
    assert len(behind.delivered) == 1
    behind.host.input(behind.two.arrive(wire))
    behind.host.input(clear(behind.delivered[0]))
    version = behind.shape.inner
    packet = ipv4(b"", THEIRS[4], OURS_INNER[4], 17) if version == 4 else ipv6(b"", THEIRS[6], OURS_INNER[6], 17)
    behind.host.input(clear(ip_frame(packet)))
    assert len(behind.delivered) == 1
    assert behind.host.counters == {"from_tap": 1, "to_tap": 1, "icv_failed": 1, "replayed": 1, "clear_refused": 2}


def test_refused_from_the_programs(behind: Behind) -> None:
    """What no tunnel is for does not leave: other addresses at either end, no IP, half a packet."""
    ours, theirs = OURS_INNER[4], THEIRS_INNER[4]
    frames = [
        ip_frame(ipv4(b"x", ours, THEIRS[4], 17)),
        ip_frame(ipv4(b"x", OURS[4], theirs, 17)),
        ip_frame(ipv6(b"x", OURS[6], THEIRS_INNER[6], 17)),
        ip_frame(ipv6(b"\x8f", bytes(16), b"\xff\x02" + bytes(13) + b"\x16", PROTOCOL_ICMPV6)),
        ethernet(bytes(28), ETHERTYPE_ARP),
    ]
    for frame in frames:
        assert behind.host.from_tap(frame) is None
    assert behind.host.counters == {"no_policy": len(frames)}
    assert behind.host.from_tap(behind.request(bytes(100))[:-1]) is None
    assert behind.host.counters["malformed"] == 1


def test_no_octets_stop_it(behind: Behind) -> None:
    """Whatever the programs send."""
    rng = random.Random(3)
    good = behind.request(b"good")
    for _ in range(2000):
        frame = bytearray(rng.choice((good, rng.randbytes(90))))
        if rng.randrange(4):
            frame[rng.randrange(12, len(frame))] = rng.randrange(256)
        if rng.randrange(4):
            del frame[rng.randrange(len(frame)) :]
        item = behind.host.from_tap(bytes(frame))
        assert item is None or item.frame.handle
    counters = behind.host.counters
    assert min(counters["malformed"], counters["no_policy"], counters["from_tap"]) > 100


def test_inner_mtu() -> None:
    """The longest packet fits, and one octet more does not, in every tunnel."""
    for shape in {shape for shape in full_matrix() if shape.tunnel}:
        for mtu in (1400, 1499, 1500, 1501, 9000):
            longest = shape.inner_mtu(mtu)
            lengths = [
                len(
                    tunnel_mode(
                        b"\x45" + bytes(octets - 1),
                        OURS[shape.outer],
                        THEIRS[shape.outer],
                        spi=1,
                        seq=1,
                        iv=bytes(8),
                        icv_len=shape.icv_len,
                        udp_encapsulation=shape.udp,
                    )
                )
                for octets in (longest, longest + 1)
            ]
            assert lengths[0] <= mtu < lengths[1], (shape.name, mtu)


def test_what_may_be_clear() -> None:
    """Fragments of an ESP packet are not in clear; fragments of anything else are, and whole packets."""
    four, six = (OURS[4], THEIRS[4]), (OURS[6], THEIRS[6])
    assert may_be_clear(ip_frame(ipv4(bytes(64), *four, PROTOCOL_ESP, flags=1)))
    assert may_be_clear(ip_frame(ipv4(bytes(64), *four, PROTOCOL_ESP, flags=0, fragment_offset=8)))
    assert not may_be_clear(ip_frame(ipv4(bytes(64), *four, PROTOCOL_UDP, flags=1)))
    assert not may_be_clear(ip_frame(ipv4(bytes(64), *four, PROTOCOL_ICMP)))
    fragment = [(PROTOCOL_FRAGMENT, bytes(6))]
    assert may_be_clear(ip_frame(ipv6(bytes(64), *six, PROTOCOL_ESP, extension_headers=fragment)))
    assert not may_be_clear(ip_frame(ipv6(bytes(64), *six, PROTOCOL_UDP, extension_headers=fragment)))
    assert may_be_clear(ip_frame(ipv6(b"\x87" + bytes(23), *six, PROTOCOL_ICMPV6)))
    assert not may_be_clear(ip_frame(ipv6(b"\x80" + bytes(23), *six, PROTOCOL_ICMPV6)))
    assert may_be_clear(ethernet(bytes(28), ETHERTYPE_ARP))
