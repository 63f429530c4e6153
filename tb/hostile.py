# SPDX-License-Identifier: Apache-2.0
"""Frames that nobody should send: noise, and frames damaged beyond what tb.traffic does to them."""

from __future__ import annotations

import random

from tb.traffic import damaged


def noise(rng: random.Random) -> bytes:
    """Random octets, often around the length of one beat."""
    return rng.randbytes(rng.choice((1, 2, 15, 16, 17, rng.randrange(1, 100), rng.randrange(1, 300))))


def harmed(rng: random.Random, frame: bytes) -> bytes:
    """Damaged once or several times, cut anywhere, followed by noise or by another beginning (a lost tlast)."""
    kind = rng.randrange(6)
    if kind == 0:
        return frame[: rng.randrange(1, len(frame))]
    if kind == 1:
        return frame + rng.randbytes(rng.randrange(1, 40))
    if kind == 2:
        return frame + frame[: rng.randrange(1, len(frame))]
    if kind < 5:
        return damaged(rng, frame)
    octets = bytearray(frame)
    for _ in range(rng.randrange(2, 6)):
        octets[rng.randrange(12, len(octets))] ^= 1 << rng.randrange(8)
    return bytes(octets)
