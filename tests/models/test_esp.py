# SPDX-License-Identifier: Apache-2.0
"""models.esp against scapy's IPsec layer, pyca/cryptography, and the rule of RFC 4303 appendix A."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers import ipsec
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

from models import packet
from models.esp import EspSyntaxError, infer_esn, protect, unprotect
from models.packet import ParsedEsp, parse_frame
from models.sa import Algorithm, Direction, SecurityAssociation

V4 = (bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))
V6 = (bytes.fromhex("20010db8" + "00" * 11 + "01"), bytes.fromhex("20010db8" + "00" * 11 + "02"))
SPI = 0xCAFE0001


def make_sa(rng: random.Random, algorithm: Algorithm, **fields: Any) -> SecurityAssociation:
    key, salt = rng.randbytes(algorithm.key_octets), rng.randbytes(4)
    return SecurityAssociation(Direction.OUTBOUND, algorithm, SPI, key, salt, **fields)


def esp_of(frame: bytes) -> ParsedEsp:
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    return parsed


def inner_packet(rng: random.Random, ipv6: bool) -> bytes:
    src, dst = V6 if ipv6 else V4
    datagram = packet.udp(rng.randbytes(rng.randrange(200)), src_port=7777, dst_port=8888)
    return packet.ipv6(datagram, src, dst, 17) if ipv6 else packet.ipv4(datagram, src, dst, 17)


scapy_association: Any = ipsec.SecurityAssociation


def scapy_class(ip: bytes) -> Any:
    return (IPv6 if ip[0] >> 4 == 6 else IP)(ip)


SHAPES = [
    (algorithm, tunnel, outer6, inner6, udp, esn)
    for algorithm, tunnel, outer6, inner6, udp, esn in itertools.product(
        Algorithm, (False, True), (False, True), (False, True), (False, True), (False, True)
    )
    if tunnel or outer6 == inner6
]


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_scapy_agrees_in_both_directions(algorithm: Algorithm) -> None:
    rng = random.Random(algorithm.name)
    for _, tunnel, outer6, inner6, udp, esn in (shape for shape in SHAPES if shape[0] is algorithm):
        seq_hi = rng.getrandbits(32) | 1 if esn else 0
        sa = make_sa(rng, algorithm, ipv6=outer6, esn=esn, seq_hi=seq_hi, udp_encapsulation=int(udp))
        src, dst = V6 if outer6 else V4
        header = (IPv6 if outer6 else IP)(packet.ipv6(b"", src, dst, 59) if outer6 else packet.ipv4(b"", src, dst, 59))
        peer = scapy_association(
            ipsec.ESP,
            spi=SPI,
            crypt_algo="AES-NULL-GMAC" if algorithm.gmac else "AES-GCM",
            crypt_key=sa.key + sa.salt,
            tunnel_header=header if tunnel else None,
            nat_t_header=UDP(sport=4500, dport=4500) if udp else None,
            esn_en=esn,
            esn=seq_hi,
        )
        inner = inner_packet(rng, inner6)
        # scapy takes a sequence number of 0 as "not given"
        seq, iv = rng.randrange(1, 1 << 32), rng.randbytes(8)
        framing: dict[str, Any] = {"spi": SPI, "seq": seq, "iv": iv, "udp_encapsulation": udp}
        ours = packet.tunnel_mode(inner, src, dst, **framing) if tunnel else packet.transport_mode(inner, **framing)
        plain = packet.ip_frame(ours, minimum=0)
        frame = protect(plain, esp_of(plain), sa)
        theirs = bytes(peer.encrypt(scapy_class(inner), seq_num=seq, iv=iv))
        assert frame[14:] == theirs
        assert bytes(peer.decrypt(scapy_class(frame[14:]))) == inner
        ok, opened, next_header, pad_length = unprotect(frame, esp_of(frame), sa)
        assert ok and opened[: esp_of(frame).icv(16)] == plain[: esp_of(plain).icv(16)]
        assert next_header == (41 if inner6 else 4) if tunnel else 17
        assert pad_length == opened[esp_of(frame).icv(16) - 2] < 4


@pytest.mark.parametrize("icv_len", [8, 12, 16])
@pytest.mark.parametrize("esn", [False, True])
def test_pyca_agrees_for_any_length(icv_len: int, esn: bool) -> None:
    rng = random.Random(icv_len)
    for _ in range(200):
        algorithm = rng.choice([a for a in Algorithm if icv_len == 16 or not a.gmac])
        sa = make_sa(rng, algorithm, icv_len=icv_len, esn=esn, seq_hi=rng.getrandbits(32) if esn else 0)
        iv, seq, tail = rng.randbytes(8), rng.getrandbits(32), rng.randbytes(rng.choice((0, 0, 7)))
        frame = packet.esp_frame(
            rng.randbytes(rng.choice((0, 1, 2, rng.randrange(300)))),
            src=V4[0],
            dst=V4[1],
            spi=SPI,
            seq=seq,
            iv=iv,
            icv_len=icv_len,
            pad_length=rng.choice((None, 0, 1, 255)),
            padding=tail,
        )
        c0, c1 = 50, len(frame) - len(tail) - icv_len
        high = sa.seq_hi.to_bytes(4, "big") if esn else b""
        aad = SPI.to_bytes(4, "big") + high + seq.to_bytes(4, "big")
        if algorithm.gmac:
            tag = AESGCM(sa.key).encrypt(sa.salt + iv, b"", aad + frame[42:c1])
            expected = frame[:c1] + tag + tail
        else:
            sealed = AESGCM(sa.key).encrypt(sa.salt + iv, frame[c0:c1], aad)
            expected = frame[:c0] + sealed[: c1 - c0 + icv_len] + tail
        protected = protect(frame, esp_of(frame), sa)
        assert protected == expected and len(protected) == len(frame)
        result = unprotect(protected, esp_of(protected), sa)
        assert result.ok and result.frame == frame[:c1] + protected[c1:]
        assert (result.next_header, result.pad_length) == (frame[c1 - 1], frame[c1 - 2])


@pytest.mark.parametrize("algorithm", [Algorithm.GCM_128, Algorithm.GMAC_256])
def test_every_protected_octet_matters(algorithm: Algorithm) -> None:
    rng = random.Random(7)
    sa = make_sa(rng, algorithm, esn=True, seq_hi=1)
    frame = packet.esp_frame(b"payload", src=V4[0], dst=V4[1], spi=SPI, seq=1, iv=bytes(8), padding=b"pad")
    protected = protect(frame, esp_of(frame), sa)
    for octet in range(len(protected)):
        changed = bytearray(protected)
        changed[octet] ^= 0x10
        result = unprotect(bytes(changed), esp_of(protected), sa)
        inside = 34 <= octet < len(protected) - 3
        assert result.ok is not inside
        if inside:
            assert result == (False, bytes(changed), 0, 0)
    other = make_sa(random.Random(7), algorithm, esn=True, seq_hi=2)
    assert other.key == sa.key and not unprotect(protected, esp_of(protected), other).ok


def test_syntax_errors() -> None:
    sa = make_sa(random.Random(8), Algorithm.GCM_128)
    frame = packet.esp_frame(b"", src=V4[0], dst=V4[1], spi=SPI, seq=1, iv=bytes(8), pad_length=0)
    assert unprotect(protect(frame, esp_of(frame), sa), esp_of(frame), sa).ok
    for bad in (frame[:-1], packet.esp_frame(b"", src=V4[0], dst=V4[1], spi=SPI, seq=1, iv=bytes(8), icv_len=13)):
        for function in (protect, unprotect):
            with pytest.raises(EspSyntaxError):
                function(bad, esp_of(bad), sa)


# ---- extended sequence numbers -------------------------------------------------------------------------------------


@given(
    st.integers(0, (1 << 64) - (1 << 33)),
    st.integers(1, 1 << 31),
    st.integers(0, (1 << 32) - 1),
)
def test_infer_esn_finds_the_one_number_from_the_window_on(last: int, window: int, ahead: int) -> None:
    """The numbers from the bottom of the window on, 2^32 of them, have each low half once."""
    number = max(last - window + 1, 0) + ahead
    if last - window + 1 < 0 and number > 0xFFFFFFFF:
        return
    assert infer_esn(last, number & 0xFFFFFFFF, window) == number >> 32


@pytest.mark.parametrize(
    ("last", "seq", "window", "high"),
    [
        (0, 1, 64, 0),
        (0, 0xFFFFFFFF, 64, 0),
        (0x1_00000000, 0xFFFFFFFF, 64, 0),
        (0x1_00000000, 0xFFFFFFC1, 64, 0),
        (0x1_00000000, 0xFFFFFFC0, 64, 1),
        (0x0_FFFFFFFF, 0, 64, 1),
        (0x0_FFFFFFFF, 0xFFFFFFC0, 64, 0),
        (0x0_FFFFFFFF, 0xFFFFFFBF, 64, 1),
        (0x1_0000003F, 0, 64, 1),
        (0x1_0000003E, 0xFFFFFFFF, 64, 0),
        (0x5_80000000, 1, 64, 6),
        (0xFFFFFFFF_FFFFFFFF, 5, 64, 0),
    ],
)
def test_infer_esn_cases(last: int, seq: int, window: int, high: int) -> None:
    assert infer_esn(last, seq, window) == high


@pytest.mark.parametrize("window", [0, -1, (1 << 31) + 1])
def test_infer_esn_window(window: int) -> None:
    with pytest.raises(ValueError, match="window"):
        infer_esn(0, 0, window)
