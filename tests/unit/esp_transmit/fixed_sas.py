# SPDX-License-Identifier: Apache-2.0
"""SAs and frames for the benches of esp_transmit and esp_receive (fixed_sa_table.v)."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from models.crypto import gcm_key, hash_powers
from models.packet import esp_frame
from models.sa import Algorithm, Direction, SecurityAssociation

SA_COUNT = 8
STAGES = 4
EPOCHS = (0, 1, 0, 1, 1, 0, 1, 0)
"""Epoch of each SA of the table."""


def handle_of(index: int) -> int:
    """Handle of entry ``index``."""
    return 1 << 16 | index


def random_sas(direction: Direction) -> list[SecurityAssociation]:
    """Eight SAs with 128-bit keys: all ICV lengths, GMAC, ESN, both IP versions, every encapsulation."""
    sas = []
    for index in range(SA_COUNT):
        gmac = index in (2, 5)
        sas.append(
            SecurityAssociation(
                direction=direction,
                algorithm=Algorithm.GMAC_128 if gmac else Algorithm.GCM_128,
                spi=0x100 + index + (random.getrandbits(16) << 16),
                key=random.randbytes(16),
                salt=random.randbytes(4),
                icv_len=16 if gmac else (8, 12, 16)[index % 3],
                esn=index in (1, 2, 6),
                seq_hi=random.getrandbits(32) if index in (1, 2, 6) else 0,
                ipv6=index % 2 == 1,
                udp_encapsulation=(0, 0, 0, 1, 2, 0, 0, 2)[index],
            )
        )
    return sas


def table_entries(sas: list[SecurityAssociation]) -> int:
    """The table as the bench takes it."""
    entries = 0
    for index, sa in enumerate(sas):
        fields = [
            (EPOCHS[index], 1), (sa.algorithm.gmac, 1), (sa.esn, 1), (sa.seq_hi, 32), (sa.icv_len // 4, 3),
            (sa.spi, 32), (sa.ipv6, 1), (sa.udp_encapsulation, 2), (sa.algorithm.key_size, 2),
            (int.from_bytes(sa.salt, "big"), 32), (int.from_bytes(sa.key.ljust(32, b"\0"), "big"), 256),
        ]  # fmt: skip
        powers = hash_powers(int.from_bytes(gcm_key(sa.key).h, "big"), STAGES)
        fields += [(power, 128) for power in reversed(powers)]
        entry = width = 0
        for value, bits in fields:
            entry = entry << bits | int(value)
            width += bits
        entries |= entry << width * index
    return entries


def plaintext_frame(sa: SecurityAssociation, payload: int, **extra: Any) -> bytes:
    """A good frame for ``sa`` with ``payload`` octets inside ESP."""
    octets = 16 if sa.ipv6 else 4
    return esp_frame(
        extra.pop("content", None) or random.randbytes(payload),
        src=random.randbytes(octets),
        dst=random.randbytes(octets),
        spi=sa.spi,
        seq=random.getrandbits(32),
        iv=random.randbytes(8),
        next_header=random.choice((4, 6, 17, 41)),
        icv_len=sa.icv_len,
        udp_encapsulation=sa.udp_encapsulation != 0,
        **extra,
    )


def random_shape(sa: SecurityAssociation) -> dict[str, Any]:
    """Layers around ESP: tags, options or extension headers, Ethernet padding."""
    shape: dict[str, Any] = {
        "vlans": [random.randrange(4096) for _ in range(random.choice((0, 0, 0, 1, 2)))],
        "padding": random.randbytes(random.choice((0, 0, 0, 1, 20))),
        "minimum": random.choice((0, 60)),
    }
    if random.random() < 0.3:
        if sa.ipv6:
            shape["extension_headers"] = [
                (random.choice((0, 43, 60)), random.randbytes(6)) for _ in range(random.randrange(4))
            ]
        else:
            shape["options"] = random.randbytes(4 * random.randrange(11))
    return shape


def disguised(sa: SecurityAssociation) -> SecurityAssociation:
    """The same SPI and key with the other IP version, or UDP encapsulation where the SA has none and vice versa."""
    if random.random() < 0.5:
        return dataclasses.replace(sa, ipv6=not sa.ipv6)
    return dataclasses.replace(sa, udp_encapsulation=0 if sa.udp_encapsulation else 1)
