# SPDX-License-Identifier: Apache-2.0
"""One security association (SA) of the engine.

Sources: RFC 4303 (SPI, ESN), RFC 4106 sections 4 and 6 (salt, ICV of 8, 12 or 16 octets), RFC 4543
section 3 (GMAC, ICV of 16 octets), docs/architecture.md sections 2 and 4.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Direction(enum.Enum):
    """Which way the frames of an SA travel, seen from the host."""

    OUTBOUND = 0
    INBOUND = 1


class Algorithm(enum.Enum):
    """AES-GCM (RFC 4106) or AES-GMAC (RFC 4543), with the size of the key in bits."""

    GCM_128 = ("gcm", 128)
    GCM_192 = ("gcm", 192)
    GCM_256 = ("gcm", 256)
    GMAC_128 = ("gmac", 128)
    GMAC_192 = ("gmac", 192)
    GMAC_256 = ("gmac", 256)

    @property
    def gmac(self) -> bool:
        """True for AES-GMAC: integrity only, nothing is encrypted."""
        return self.name.startswith("GMAC")

    @property
    def key_bits(self) -> int:
        """Size of the AES key in bits: 128, 192 or 256."""
        return self.value[1]

    @property
    def key_octets(self) -> int:
        """Size of the AES key in octets: 16, 24 or 32."""
        return self.value[1] // 8

    @property
    def key_size(self) -> int:
        """Key size code of the hardware: 0 = 128, 1 = 192, 2 = 256 bits."""
        return (self.value[1] - 128) // 64

    @classmethod
    def of(cls, gmac: bool, key_bits: int) -> Algorithm:
        """The member for a mode and a key size in bits; ValueError if there is none."""
        return cls(("gmac" if gmac else "gcm", key_bits))


UDP_NONE = 0
"""``udp_encapsulation``: plain ESP."""
UDP_TRANSPORT = 1
"""``udp_encapsulation``: ESP in UDP port 4500, transport mode."""
UDP_TUNNEL = 2
"""``udp_encapsulation``: ESP in UDP port 4500, tunnel mode."""


class SecurityAssociationError(ValueError):
    """A field of a :class:`SecurityAssociation` is not acceptable.

    ``field`` names it, ``value`` is what was given (never the key itself: its length).
    """

    def __init__(self, field_name: str, value: object, rule: str) -> None:
        super().__init__(f"{field_name} = {value!r}: {rule}")
        self.field = field_name
        self.value = value


@dataclass(frozen=True, slots=True)
class SaLimits:
    """What an SA may be used for, in frames processed and in octets between IV and ICV; 0 is no limit.

    From the frame on that finds a soft limit reached the engine asks for the deletion of the SA; from the one that
    finds a hard limit reached every frame fails. Raises :class:`SecurityAssociationError` for a value over 64 bits.
    """

    soft_packets: int = 0
    soft_octets: int = 0
    hard_packets: int = 0
    hard_octets: int = 0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if not 0 <= value < 1 << 64:
                raise SecurityAssociationError(name, value, "must be 0..2^64-1")


NO_LIMITS = SaLimits()


@dataclass(frozen=True, slots=True)
class SecurityAssociation:
    """Everything the engine has to know about one SA.

    ``spi``: the number whose most significant octet is first on the wire, never 0 (RFC 4303 section 2.1).
    ``key``: the AES key without salt. ``salt``: 4 octets, first part of the nonce.
    ``icv_len``: octets of the ICV, 8, 12 or 16; GMAC has only 16. ``seq_hi``: high half of the 64-bit
    sequence number, 0 unless ``esn``. ``src``, ``dst``: 4 or 16 octets in wire order; None is a
    wildcard, and an address of zeros becomes None. ``udp_encapsulation``: 0 none, 1 transport, 2 tunnel.
    ``limits``: see :class:`SaLimits`. ``iv_from_sequence`` (outbound): the engine writes the 64-bit sequence number
    into the IV, and sends no number that is not above all before.

    Raises :class:`SecurityAssociationError` for a value out of range.
    """

    direction: Direction
    algorithm: Algorithm
    spi: int
    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    icv_len: int = 16
    esn: bool = False
    seq_hi: int = 0
    ipv6: bool = False
    src: bytes | None = None
    dst: bytes | None = None
    udp_encapsulation: int = UDP_NONE
    limits: SaLimits = NO_LIMITS
    iv_from_sequence: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.direction, Direction):
            raise SecurityAssociationError("direction", self.direction, "must be a Direction")
        if not isinstance(self.algorithm, Algorithm):
            raise SecurityAssociationError("algorithm", self.algorithm, "must be an Algorithm")
        if not 1 <= self.spi <= 0xFFFFFFFF:
            raise SecurityAssociationError("spi", self.spi, "must be 1..0xffffffff")
        if len(self.key) != self.algorithm.key_octets:
            raise SecurityAssociationError(
                "key", f"{len(self.key)} octets", f"{self.algorithm.name} needs {self.algorithm.key_octets}"
            )
        if len(self.salt) != 4:
            raise SecurityAssociationError("salt", f"{len(self.salt)} octets", "must be 4 octets")
        allowed = (16,) if self.algorithm.gmac else (8, 12, 16)
        if self.icv_len not in allowed:
            raise SecurityAssociationError("icv_len", self.icv_len, f"{self.algorithm.name} allows {allowed}")
        if not 0 <= self.seq_hi <= 0xFFFFFFFF:
            raise SecurityAssociationError("seq_hi", self.seq_hi, "must be 0..0xffffffff")
        if self.seq_hi and not self.esn:
            raise SecurityAssociationError("seq_hi", self.seq_hi, "must be 0 without extended sequence numbers")
        if self.udp_encapsulation not in (UDP_NONE, UDP_TRANSPORT, UDP_TUNNEL):
            raise SecurityAssociationError("udp_encapsulation", self.udp_encapsulation, "must be 0, 1 or 2")
        if self.iv_from_sequence and self.direction is Direction.INBOUND:
            raise SecurityAssociationError("iv_from_sequence", True, "must be False for an inbound SA")
        size = 16 if self.ipv6 else 4
        for name in ("src", "dst"):
            address = getattr(self, name)
            if address is None:
                continue
            if len(address) != size:
                raise SecurityAssociationError(name, address, f"must be {size} octets for IPv{6 if self.ipv6 else 4}")
            object.__setattr__(self, name, bytes(address) if any(address) else None)

    @property
    def inbound(self) -> bool:
        """True for an SA of received frames."""
        return self.direction is Direction.INBOUND

    @property
    def last_sequence(self) -> int:
        """The highest sequence number there is: 2^32 - 1, or 2^64 - 1 with extended sequence numbers."""
        return 0xFFFFFFFFFFFFFFFF if self.esn else 0xFFFFFFFF

    def sequence_number(self, seq: int) -> int:
        """The whole number of a frame with ``seq`` (32 bits) on the wire, by the current ``seq_hi``."""
        return self.seq_hi << 32 | seq

    @property
    def icv_words(self) -> int:
        """ICV length code of the hardware: 2, 3 or 4 words of 32 bits."""
        return self.icv_len // 4
