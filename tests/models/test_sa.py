# SPDX-License-Identifier: Apache-2.0
"""Validation of models.sa."""

from __future__ import annotations

from typing import Any

import pytest

from models.sa import Algorithm, Direction, SecurityAssociation, SecurityAssociationError

GOOD: dict[str, Any] = {
    "direction": Direction.INBOUND,
    "algorithm": Algorithm.GCM_128,
    "spi": 0x01020304,
    "key": bytes(range(16)),
    "salt": b"salt",
    "dst": bytes((10, 0, 0, 2)),
}


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_algorithm_codes(algorithm: Algorithm) -> None:
    assert algorithm.key_bits in (128, 192, 256)
    assert algorithm.key_octets * 8 == algorithm.key_bits
    assert algorithm.key_size == {128: 0, 192: 1, 256: 2}[algorithm.key_bits]
    assert Algorithm.of(algorithm.gmac, algorithm.key_bits) is algorithm
    assert algorithm.gmac == algorithm.name.startswith("GMAC")


def test_good() -> None:
    sa = SecurityAssociation(**GOOD)
    assert sa.inbound and sa.icv_words == 4 and sa.src is None
    assert sa.key.hex() not in repr(sa) and repr(sa.key) not in repr(sa)
    assert repr(sa.salt) not in repr(sa)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("direction", 1),
        ("algorithm", "gcm"),
        ("spi", 0),
        ("spi", 1 << 32),
        ("spi", -1),
        ("key", bytes(15)),
        ("key", bytes(24)),
        ("salt", bytes(3)),
        ("icv_len", 4),
        ("icv_len", 14),
        ("seq_hi", 1),
        ("udp_encapsulation", 3),
        ("udp_encapsulation", -1),
        ("src", bytes(16)),
        ("dst", bytes(3)),
    ],
)
def test_bad(field: str, value: Any) -> None:
    with pytest.raises(SecurityAssociationError, match=f"^{field} = ") as error:
        SecurityAssociation(**GOOD | {field: value})
    assert error.value.field == field


def test_error_does_not_show_the_key() -> None:
    with pytest.raises(SecurityAssociationError) as error:
        SecurityAssociation(**GOOD | {"key": b"confidential"})
    assert "confidential" not in str(error.value)


def test_seq_hi_needs_esn() -> None:
    assert SecurityAssociation(**GOOD, esn=True, seq_hi=0xFFFFFFFF).seq_hi == 0xFFFFFFFF
    with pytest.raises(SecurityAssociationError):
        SecurityAssociation(**GOOD, esn=True, seq_hi=1 << 32)


def test_gmac_has_only_an_icv_of_16() -> None:
    for icv_len in (8, 12):
        assert SecurityAssociation(**GOOD | {"icv_len": icv_len}).icv_words == icv_len // 4
        with pytest.raises(SecurityAssociationError, match="icv_len"):
            SecurityAssociation(**GOOD | {"algorithm": Algorithm.GMAC_128, "icv_len": icv_len})


def test_zero_address_is_a_wildcard() -> None:
    sa = SecurityAssociation(**GOOD | {"ipv6": True, "src": bytes(16), "dst": bytes(15) + b"\1"})
    assert sa.src is None and sa.dst == bytes(15) + b"\1"
