# SPDX-License-Identifier: Apache-2.0
"""The SA shapes of ``make interop`` and what ``ip xfrm`` has to be told about each of them (see docs/interop.md).

Our side is the host above the engine (``OURS``), the other the Linux kernel (``THEIRS``); a tunnel joins one address
behind each of them. Sources: ip-xfrm(8), RFC 4106 section 8.1 and RFC 4543 section 5.3 (key, then salt).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from models.packet import ESP_HEADER, ESP_IV, PORT_NAT_T
from models.sa import UDP_NONE, UDP_TRANSPORT, UDP_TUNNEL, Algorithm, Direction, SecurityAssociation

OURS = {4: ip_address("192.0.2.1").packed, 6: ip_address("2001:db8::1").packed}
THEIRS = {4: ip_address("192.0.2.2").packed, 6: ip_address("2001:db8::2").packed}
OURS_INNER = {4: ip_address("198.51.100.1").packed, 6: ip_address("2001:db8:1::1").packed}
THEIRS_INNER = {4: ip_address("198.51.100.2").packed, 6: ip_address("2001:db8:1::2").packed}

WINDOW = 64
"""Anti-replay window of the kernel in packets."""
_WRAP_START = (1 << 32) - 6
LINK_MTU = 9000
"""Octets of the longest IP packet that the link of the kernel takes."""

PLAIN, ESN, WRAP = "32 bit", "ESN", "ESN wrap"
"""Sequence numbers: of 32 bits, extended from 0, extended across 2^32."""


@dataclass(frozen=True)
class Shape:
    """One kind of SA pair. ``outer``, ``inner``: IP versions (the same in transport mode)."""

    algorithm: Algorithm
    icv_len: int
    tunnel: bool
    outer: int
    inner: int
    udp: bool = False
    sequence: str = PLAIN
    jumbo: bool = False

    @property
    def cipher(self) -> str:
        """Algorithm and ICV, for people."""
        mode = "GMAC" if self.algorithm.gmac else "GCM"
        return f"{mode}-{self.algorithm.key_bits} ICV {self.icv_len}"

    @property
    def path(self) -> str:
        """Mode, addresses and encapsulation, for people."""
        mode = f"tunnel {self.inner}-in-{self.outer}" if self.tunnel else f"transport v{self.outer}"
        return f"{mode}{' UDP' if self.udp else ''}"

    @property
    def name(self) -> str:
        """All of it in one line."""
        return f"{self.cipher}, {self.path}, {self.sequence}{', jumbo' if self.jumbo else ''}"

    def inner_mtu(self, mtu: int) -> int:
        """Octets of the longest IP packet in a tunnel whose ESP packet is not longer than ``mtu`` octets."""
        outer = (20 if self.outer == 4 else 40) + (8 if self.udp else 0)
        # payload, padding and the two octets of the trailer are a multiple of four octets (RFC 4303 section 2.4)
        return (mtu - outer - ESP_HEADER - ESP_IV - self.icv_len) // 4 * 4 - 2

    @property
    def start_seq(self) -> int:
        """64-bit sequence number of the first packet."""
        return _WRAP_START if self.sequence == WRAP else 1

    @property
    def ours(self) -> bytes:
        """Our address that talks through the SA."""
        return OURS_INNER[self.inner] if self.tunnel else OURS[self.outer]

    @property
    def theirs(self) -> bytes:
        """Their address that talks through the SA."""
        return THEIRS_INNER[self.inner] if self.tunnel else THEIRS[self.outer]


@dataclass(frozen=True)
class Pair:
    """Both SAs of a shape as the engine has them."""

    shape: Shape
    outbound: SecurityAssociation
    inbound: SecurityAssociation


def make_pair(shape: Shape, rng: random.Random, spi: int) -> Pair:
    """Fresh keys; SPI ``spi`` to them, ``spi + 1`` to us."""
    udp_type = (UDP_TUNNEL if shape.tunnel else UDP_TRANSPORT) if shape.udp else UDP_NONE

    def sa(direction: Direction, number: int, src: bytes, dst: bytes) -> SecurityAssociation:
        return SecurityAssociation(
            direction=direction,
            algorithm=shape.algorithm,
            spi=number,
            key=rng.randbytes(shape.algorithm.key_octets),
            salt=rng.randbytes(4),
            icv_len=shape.icv_len,
            esn=shape.sequence != PLAIN,
            seq_hi=shape.start_seq >> 32,
            ipv6=shape.outer == 6,
            src=src,
            dst=dst,
            udp_encapsulation=udp_type,
        )

    ours, theirs = OURS[shape.outer], THEIRS[shape.outer]
    return Pair(shape, sa(Direction.OUTBOUND, spi, ours, theirs), sa(Direction.INBOUND, spi + 1, theirs, ours))


# ---- ip xfrm ---------------------------------------------------------------------------------------------------


def _text(address: bytes) -> str:
    return str(ip_address(address))


def state_line(shape: Shape, sa: SecurityAssociation, key: bytes | None = None) -> str:
    """``ip xfrm state add`` of one SA; ``key`` instead of the SA's."""
    assert sa.src is not None and sa.dst is not None
    name = "rfc4543(gcm(aes))" if shape.algorithm.gmac else "rfc4106(gcm(aes))"
    material = (key or sa.key) + sa.salt
    last = shape.start_seq - 1
    words = [
        f"xfrm state add src {_text(sa.src)} dst {_text(sa.dst)} proto esp spi {sa.spi:#x}",
        f"mode {'tunnel' if shape.tunnel else 'transport'} replay-window {WINDOW if sa.esn else 32}",
    ]
    flags = [flag for flag, on in (("af-unspec", shape.tunnel and shape.inner != shape.outer), ("esn", sa.esn)) if on]
    if flags:
        words.append(f"flag {' '.join(flags)}")
    if sa.esn:
        words.append(f"replay-seq {last & 0xFFFFFFFF:#x} replay-oseq {last & 0xFFFFFFFF:#x}")
        words.append(f"replay-seq-hi {last >> 32:#x} replay-oseq-hi {last >> 32:#x}")
    words.append(f"aead {name} 0x{material.hex()} {8 * sa.icv_len}")
    if shape.udp:
        words.append(f"encap espinudp {PORT_NAT_T} {PORT_NAT_T} {_text(bytes(len(sa.src)))}")
    return " ".join(words)


def state_delete_line(sa: SecurityAssociation) -> str:
    """``ip xfrm state delete`` of one SA."""
    assert sa.src is not None and sa.dst is not None
    return f"xfrm state delete src {_text(sa.src)} dst {_text(sa.dst)} proto esp spi {sa.spi:#x}"


def policy_lines(pair: Pair) -> list[str]:
    """Policies that let nothing but ESP pass between the two addresses; any SA of the right addresses will do."""
    shape = pair.shape
    lines = []
    for direction, sa, src, dst in (
        ("in", pair.outbound, shape.ours, shape.theirs),
        ("out", pair.inbound, shape.theirs, shape.ours),
    ):
        assert sa.src is not None and sa.dst is not None
        mode = "tunnel" if shape.tunnel else "transport"
        template = f"tmpl src {_text(sa.src)} dst {_text(sa.dst)} proto esp mode {mode}"
        selector = f"src {_text(src)} dst {_text(dst)}"
        lines.append(f"xfrm policy add dir {direction} {selector} priority 100 {template}")
    return lines


def setup_lines(*pairs: Pair) -> str:
    """Everything of the kernel for these pairs, instead of what it had. They must differ in the outer addresses."""
    lines = ["xfrm state flush", "xfrm policy flush"]
    # neighbour discovery must work before there is ESP
    for kind in (135, 136):
        for direction in ("in", "out"):
            lines.append(
                f"xfrm policy add dir {direction} src ::/0 dst ::/0 proto ipv6-icmp type {kind} priority 1 action allow"
            )
    for pair in pairs:
        if pair.shape.udp and not pair.shape.tunnel:
            # the socket of the encapsulation is asked for a policy before it takes the ESP packet out of the datagram
            ends = f"src {_text(pair.shape.ours)} dst {_text(pair.shape.theirs)}"
            lines.append(f"xfrm policy add dir in {ends} proto udp dport {PORT_NAT_T} priority 1 action allow")
        lines += [state_line(pair.shape, pair.outbound), state_line(pair.shape, pair.inbound), *policy_lines(pair)]
    return "\n".join(lines)


def network_lines() -> str:
    """Addresses and routes of the guest, once."""
    lines = [
        "link set lo up",
        "link set vec0 addrgenmode none",
        f"link set vec0 mtu {LINK_MTU} up",
    ]
    for version, prefix in ((4, 24), (6, 64)):
        nodad = " nodad" if version == 6 else ""
        lines += [
            f"addr add {_text(THEIRS[version])}/{prefix} dev vec0{nodad}",
            f"addr add {_text(THEIRS_INNER[version])}/{32 if version == 4 else 128} dev lo{nodad}",
            f"route add {_text(OURS_INNER[version])} dev vec0 src {_text(THEIRS_INNER[version])}",
        ]
    return "\n".join(lines)


# ---- the matrix ------------------------------------------------------------------------------------------------

_CIPHERS = [(Algorithm.of(False, bits), icv) for bits in (128, 192, 256) for icv in (16, 12, 8)] + [
    (Algorithm.of(True, bits), 16) for bits in (128, 192, 256)
]
_TUNNELS = ((4, 4), (4, 6), (6, 4), (6, 6))
_PATHS = [
    (tunnel, outer, inner, udp)
    for udp in (False, True)
    for tunnel, outer, inner in [*((True, o, i) for o, i in _TUNNELS), (False, 4, 4), (False, 6, 6)]
]
_SEQUENCES = (PLAIN, ESN, WRAP)


def full_matrix() -> list[Shape]:
    """Every cipher on every path with every kind of sequence number, and every path with jumbo frames."""
    shapes = [
        Shape(algorithm, icv, tunnel, outer, inner, udp, sequence)
        for tunnel, outer, inner, udp in _PATHS
        for algorithm, icv in _CIPHERS
        for sequence in _SEQUENCES
    ]
    for number, (tunnel, outer, inner, udp) in enumerate(_PATHS):
        algorithm, icv = _CIPHERS[number % len(_CIPHERS)]
        shapes.append(Shape(algorithm, icv, tunnel, outer, inner, udp, ESN, jumbo=True))
    return shapes


def quick_matrix() -> list[Shape]:
    """Four shapes that have something of everything."""
    return [
        Shape(Algorithm.GCM_256, 16, True, 4, 4),
        Shape(Algorithm.GCM_128, 8, True, 6, 4, udp=True, sequence=WRAP),
        Shape(Algorithm.GMAC_192, 16, False, 6, 6, sequence=ESN),
        Shape(Algorithm.GCM_192, 12, False, 4, 4, jumbo=True),
    ]


def demo_shapes() -> list[Shape]:
    """Of ``make demo``: a tunnel for each IP version, between different outer addresses."""
    return [
        Shape(Algorithm.GCM_256, 16, True, 4, 4, sequence=ESN),
        Shape(Algorithm.GCM_128, 12, True, 6, 6, sequence=ESN),
    ]


def lengths(rng: random.Random, shape: Shape, count: int) -> Sequence[int]:
    """Octets of ``count`` payloads: the shortest, the longest, and random ones between."""
    low, high = 1, 1400
    if shape.udp and not shape.tunnel and shape.outer == 6 and shape.icv_len == 8:
        # Linux 6.1 drops ESP in UDP over IPv6 where the datagram is shorter than 48 octets (xfrm6_udp_encap_rcv
        # compares the length after the IPv6 header with one that counts it): 8 + ESP of 36 with 1 or 2 octets
        low = 3
    if shape.jumbo:
        low, high = 4000, 8800
    values = [low, high, *(rng.randint(low, high) for _ in range(count - 2))]
    rng.shuffle(values)
    return values
