# SPDX-License-Identifier: Apache-2.0
"""Random SAs and random frames for the main job: mostly good traffic, and some of everything that can go wrong.

What has to become of a frame is the reference engine's business; here a frame only has to be possible.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from models.packet import (
    NotEsp,
    esp_frame,
    ethernet,
    ip_frame,
    ipv4,
    ipv6,
    parse_frame,
    udp,
)
from models.sa import (
    NO_LIMITS,
    UDP_NONE,
    UDP_TRANSPORT,
    UDP_TUNNEL,
    Algorithm,
    Direction,
    SaLimits,
    SecurityAssociation,
)
from tb.transport import Frame, OwnedSa, build_frame, wire_frame

_ICV_LENGTHS = {algorithm: (16,) if algorithm.gmac else (8, 12, 16) for algorithm in Algorithm}
_WRAP = 1 << 32


def random_sas(
    rng: random.Random, count: int, max_key_bits: int = 256
) -> list[tuple[SecurityAssociation, SecurityAssociation, int]]:
    """``count`` triples (outbound, inbound, start_seq) that go through all algorithms, ICV lengths and IP versions.

    A third has extended sequence numbers; half of these cross 2^32 within a few frames. A fifth has an open source
    or destination; a fifth of the outbound ones makes its IVs of the sequence number; a tenth has limits that
    some dozen frames reach. SPIs are all different.
    """
    shapes = [
        (algorithm, icv_len, version)
        for algorithm in Algorithm
        if algorithm.key_bits <= max_key_bits
        for icv_len in _ICV_LENGTHS[algorithm]
        for version in (4, 6)
    ]
    rng.shuffle(shapes)
    spis = rng.sample(range(0x100, _WRAP), 2 * count)
    triples = []
    for number, (algorithm, icv_len, version) in enumerate(itertools.islice(itertools.cycle(shapes), count)):
        size = 16 if version == 6 else 4
        esn = number % 3 == 0
        start_seq = rng.randrange(1, _WRAP)
        if esn:
            high = rng.randrange(1, 1 << 20)
            start_seq = (high << 32) - rng.randrange(1, 6) if number % 2 else (high << 32) + start_seq // 2 + 100
        udp_encapsulation = (UDP_NONE, UDP_TRANSPORT, UDP_NONE, UDP_TUNNEL)[number % 4]
        pair = []
        for direction, spi in zip((Direction.OUTBOUND, Direction.INBOUND), spis[2 * number :], strict=False):
            pair.append(
                SecurityAssociation(
                    direction=direction,
                    algorithm=algorithm,
                    spi=spi,
                    key=rng.randbytes(algorithm.key_octets),
                    salt=rng.randbytes(4),
                    icv_len=icv_len,
                    esn=esn,
                    seq_hi=start_seq >> 32 if esn else 0,
                    ipv6=version == 6,
                    src=None if rng.random() < 0.2 else _address(rng, size),
                    dst=None if rng.random() < 0.2 else _address(rng, size),
                    udp_encapsulation=udp_encapsulation,
                    limits=_limits(rng) if rng.random() < 0.1 else NO_LIMITS,
                    iv_from_sequence=direction is Direction.OUTBOUND and rng.random() < 0.2,
                )
            )
        triples.append((pair[0], pair[1], start_seq))
    return triples


def _limits(rng: random.Random) -> SaLimits:
    """Limits of frames and octets, each sometimes none."""

    def limit(maximum: int) -> int:
        return rng.randrange(1, maximum) if rng.random() < 0.5 else 0

    return SaLimits(limit(30), limit(6000), limit(60), limit(12000))


def _address(rng: random.Random, size: int) -> bytes:
    return (
        b"\x20\x01\x0d\xb8" + rng.randbytes(12) if size == 16 else bytes((10, *rng.randbytes(2), rng.randrange(1, 255)))
    )


def _payload(rng: random.Random, maximum: int) -> bytes:
    """Random octets; often short, so that every alignment and the shortest frames come up."""
    return rng.randbytes(rng.choice((rng.randrange(0, 64), rng.randrange(0, 256), rng.randrange(0, maximum))))


def _shape(rng: random.Random, sa: SecurityAssociation) -> dict[str, object]:
    """VLAN tags, IP options, extension headers, extra padding, octets after the packet: each sometimes."""
    shape: dict[str, object] = {"next_header": rng.choice((4, 6, 17, 41, 59))}
    if rng.random() < 0.3:
        tags = [rng.randrange(0x10000), (0x88A8, rng.randrange(0x10000))]
        shape["vlans"] = rng.sample(tags, rng.randrange(1, 3))
    if rng.random() < 0.2:
        if sa.ipv6:
            kinds = rng.sample((0, 43, 60), rng.randrange(1, 4))
            shape["extension_headers"] = [(kind, bytes((1, 4, 0, 0, 0, 0))) for kind in kinds]
        else:
            shape["options"] = b"\x01" * rng.randrange(1, 41)
    if rng.random() < 0.2:
        shape["pad_length"] = rng.choice((0, 1, 2, 3, 17, 255))
    if rng.random() < 0.3:
        shape["minimum"] = 60
    elif rng.random() < 0.2:
        shape["padding"] = rng.randbytes(rng.randrange(1, 40))
    return shape


def plain_frame(rng: random.Random) -> bytes:
    """A frame without IPsec: IPv4 or IPv6 with UDP, ARP, IKE, a NAT keepalive, noise."""
    payload = rng.randbytes(rng.randrange(0, 200))
    v4, v6 = (_address(rng, 4), _address(rng, 4)), (_address(rng, 16), _address(rng, 16))
    kind = rng.randrange(6)
    if kind == 0:
        return ip_frame(ipv4(udp(payload, src_port=rng.randrange(1, 4000), dst_port=53), *v4, 17))
    if kind == 1:
        return ip_frame(ipv6(udp(payload, src_port=rng.randrange(1, 4000), dst_port=53), *v6, 17))
    if kind == 2:
        return ethernet(rng.randbytes(28), 0x0806, minimum=60)
    if kind == 3:
        return ip_frame(ipv4(udp(bytes(4) + payload), *v4, 17))
    if kind == 4:
        return ip_frame(ipv4(udp(b"\xff"), *v4, 17))
    return rng.randbytes(rng.randrange(1, 120))


def damaged(rng: random.Random, frame: bytes) -> bytes:
    """One thing about a good frame made wrong, in its octets, its length or its headers."""
    parsed = parse_frame(frame)
    if isinstance(parsed, NotEsp):
        return frame
    octets = bytearray(frame)
    kind = rng.randrange(11)
    if kind == 0:
        octets[rng.randrange(parsed.esp + 4, parsed.ip_end)] ^= 1 << rng.randrange(8)
    elif kind == 1:
        octets[parsed.ip_end - 1 - rng.randrange(8)] ^= 1 << rng.randrange(8)
    elif kind == 2:
        return frame[: rng.randrange(parsed.esp, len(frame))]
    elif kind == 3:
        return frame[: rng.randrange(1, parsed.esp + 36)]
    elif kind == 4:
        at = parsed.ip + (4 if parsed.ip_version == 6 else 2)
        length = int.from_bytes(octets[at : at + 2], "big") + rng.choice((-40, -20, -4, -1, 1, 3, 16, 100, 2000, 40000))
        octets[at : at + 2] = min(max(length, 0), 0xFFFF).to_bytes(2, "big")
    elif kind == 5 and parsed.ip_version == 4:
        octets[parsed.ip + 6] = rng.choice((0x20, 1 << rng.randrange(5)))
    elif kind == 6:
        start = rng.randrange(len(octets))
        octets[start : start + 8] = rng.randbytes(len(octets[start : start + 8]))
    elif kind == 7 and parsed.udp:
        octets[parsed.udp + 4 : parsed.udp + 6] = rng.randbytes(2)
    elif kind == 8 and parsed.udp:
        octets[parsed.esp : parsed.esp + 4] = bytes(4)  # the non-ESP marker
    elif kind == 9 and parsed.udp:
        octets[parsed.udp : parsed.udp + 4] = rng.randbytes(4)
    else:
        octets[parsed.esp + rng.randrange(4)] ^= 1 << rng.randrange(8)
    return bytes(octets)


def frames_to_send(
    rng: random.Random,
    outbound: Sequence[OwnedSa],
    inbound: Sequence[OwnedSa],
    stale_handles: Sequence[int],
    count: int,
    maximum: int = 1400,
) -> list[Frame]:
    """``count`` frames of the host, three quarters of them good ones over all of ``outbound``."""
    frames = []
    for number in range(count):
        owned = outbound[number % len(outbound)] if number < 2 * len(outbound) else rng.choice(outbound)
        data = build_frame(owned, _payload(rng, maximum), **_shape(rng, owned.sa))
        kind = rng.random()
        if kind < 0.75:
            frames.append(Frame(data, owned.handle))
        elif kind < 0.83:
            frames.append(Frame(plain_frame(rng)))
        elif kind < 0.88:
            unknown = [rng.randrange(1, _WRAP), owned.handle ^ 0x10000, rng.choice(inbound).handle, *stale_handles]
            frames.append(Frame(data, rng.choice(unknown)))
        elif kind < 0.90:
            frames.append(Frame(data, owned.handle, rng.choice(outbound).handle))
        elif kind < 0.92:
            frames.append(Frame(plain_frame(rng), owned.handle))
        elif kind < 0.94:
            frames.append(Frame(data, rng.choice(outbound).handle))
        elif kind < 0.96:
            frames.append(Frame(data))
        else:
            frames.append(Frame(damaged(rng, data), owned.handle))
    return frames


def frames_from_wire(rng: random.Random, inbound: Sequence[OwnedSa], count: int, maximum: int = 1400) -> list[bytes]:
    """``count`` frames from the wire, three quarters of them good ones over all of ``inbound``.

    Among the rest: bad ICVs, truncated frames, impossible lengths, fragments, unknown SPIs, other addresses, plain and
    replayed frames, and frames out of order (which the engine must pass: replay is the host's business).
    """
    frames: list[bytes] = []
    while len(frames) < count:
        number = len(frames)
        owned = inbound[number % len(inbound)] if number < 2 * len(inbound) else rng.choice(inbound)
        shape = _shape(rng, owned.sa)
        kind = rng.random()
        if kind < 0.75:
            frames.append(wire_frame(owned, _payload(rng, maximum), **shape))
        elif kind < 0.82:
            frames.append(plain_frame(rng))
        elif kind < 0.84 and frames:
            frames.append(rng.choice(frames[-20:]))
        elif kind < 0.86 and frames:
            frames.insert(len(frames) - 1, wire_frame(owned, _payload(rng, maximum), **shape))
        elif kind < 0.88:
            size = 16 if owned.sa.ipv6 else 4
            shape |= {"src": _address(rng, size), "dst": _address(rng, size)}
            frames.append(wire_frame(owned, _payload(rng, maximum), **shape))
        elif kind < 0.90:
            shape["udp_encapsulation"] = owned.sa.udp_encapsulation == 0
            frames.append(wire_frame(owned, _payload(rng, maximum), **shape))
        else:
            frames.append(damaged(rng, wire_frame(owned, _payload(rng, maximum), **shape)))
    return frames


def shortest_frames(owned: OwnedSa) -> list[bytes]:
    """Frames to send around the limit of rule T5: room for no octet, one octet and two octets between IV and ICV."""
    sa = owned.sa
    frames = []
    for room in (0, 1, 2, 3):
        size = 16 if sa.ipv6 else 4
        src, dst = sa.src or b"\x0a" + bytes(size - 1), sa.dst or b"\x0b" + bytes(size - 1)
        frame = esp_frame(
            b"",
            src=src,
            dst=dst,
            spi=sa.spi,
            seq=owned.sequence() & 0xFFFFFFFF,
            iv=owned.iv(),
            icv_len=sa.icv_len,
            udp_encapsulation=sa.udp_encapsulation != 0,
        )
        parsed = parse_frame(frame)
        assert not isinstance(parsed, NotEsp)
        at = parsed.ip + (4 if sa.ipv6 else 2)
        cut = parsed.icv(sa.icv_len) - parsed.payload - room
        data = bytearray(frame[: parsed.ip_end - cut])
        data[at : at + 2] = (int.from_bytes(data[at : at + 2], "big") - cut).to_bytes(2, "big")
        if parsed.udp:
            length = int.from_bytes(data[parsed.udp + 4 : parsed.udp + 6], "big") - cut
            data[parsed.udp + 4 : parsed.udp + 6] = length.to_bytes(2, "big")
        frames.append(bytes(data))
    return frames
