# SPDX-License-Identifier: Apache-2.0
"""The watch finds a piece of a forbidden payload at any alignment, and nothing else."""

from __future__ import annotations

import random

from models.packet import ParsedEsp, esp_frame, parse_frame
from tb.plaintext_watch import PIECE_OCTETS, PlaintextWatch

RNG = random.Random(5)
FRAME = esp_frame(RNG.randbytes(100), src=bytes(4), dst=bytes(4), spi=7, seq=1, iv=bytes(8))


def parsed() -> ParsedEsp:
    result = parse_frame(FRAME)
    assert isinstance(result, ParsedEsp)
    return result


PAYLOAD = FRAME[parsed().payload : parsed().ip_end - 16]


def watch() -> PlaintextWatch:
    result = PlaintextWatch()
    result.forbid(FRAME)
    return result


def test_finds_every_piece() -> None:
    for start in range(len(PAYLOAD) - PIECE_OCTETS + 1):
        for offset in (0, 1, 15):
            leak = bytes(offset) + PAYLOAD[start : start + PIECE_OCTETS] + bytes(3)
            assert watch().find(leak) == offset


def test_finds_nothing_else() -> None:
    assert watch().find(b"") is None
    assert watch().find(RNG.randbytes(2000)) is None
    assert watch().find(bytes(64)) is None
    assert watch().find(FRAME[: parsed().payload]) is None
    assert watch().find(PAYLOAD[: PIECE_OCTETS - 1]) is None


def test_ciphertext_before_zeros_is_no_leak() -> None:
    """The ICV room behind a payload is zero, as is the end of an aborted frame."""
    assert watch().find(bytes(40) + FRAME[parsed().ip_end - 18 : parsed().ip_end - 16] + bytes(40)) is None


def test_headers_are_in_clear() -> None:
    """Padding of an extension header that a forbidden payload holds too is no leak; behind the headers it is."""
    options = bytes.fromhex("3200010400000000")
    result = PlaintextWatch()
    result.forbid(esp_frame(bytes(20) + options, src=bytes(4), dst=bytes(4), spi=7, seq=1, iv=bytes(8)))
    headers = bytes(12) + bytes.fromhex("86dd 60000000 0040 3c40") + bytes(32) + options + bytes(16)
    assert result.find(headers + bytes(40)) is None
    assert result.find(headers + bytes(9) + options + bytes(23)) == len(headers) + 2


def test_a_frame_that_is_not_esp_forbids_nothing() -> None:
    nothing = PlaintextWatch()
    nothing.forbid(FRAME[:20])
    assert nothing.find(FRAME) is None
