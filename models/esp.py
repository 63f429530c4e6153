# SPDX-License-Identifier: Apache-2.0
"""ESP in place: the frame keeps its length, every octet its place.

Sources: RFC 4106 sections 4 and 5 (nonce = salt | IV; AAD = SPI | [high half] | sequence number), RFC 4543
section 3.3 (GMAC: the IV and the payload are authenticated, not encrypted), RFC 4303 section 2.2.1 and
appendix A (extended sequence numbers), docs/architecture.md section 3.
"""

from __future__ import annotations

from typing import NamedTuple

from models.crypto import gcm_key
from models.packet import ParsedEsp
from models.sa import SecurityAssociation


class EspSyntaxError(ValueError):
    """The IP packet is longer than the frame, or has no room for IV, trailer and ICV."""


class Unprotected(NamedTuple):
    """Result of :func:`unprotect`."""

    ok: bool
    """The ICV was right."""
    frame: bytes
    """Decrypted in place if ``ok``, else the frame as it came in."""
    next_header: int
    """Last octet before the ICV; 0 unless ``ok``."""
    pad_length: int
    """The octet before that; 0 unless ``ok``."""


def _icv_offset(parsed: ParsedEsp, sa: SecurityAssociation) -> int:
    """``c1``, the offset of the ICV; EspSyntaxError where the frame is malformed."""
    if parsed.syntax_error(sa.icv_len):
        raise EspSyntaxError(
            f"IP packet ends at {parsed.ip_end}, frame at {parsed.frame_length}, payload starts at "
            f"{parsed.payload}, ICV has {sa.icv_len} octets"
        )
    return parsed.ip_end - sa.icv_len


def nonce(frame: bytes, parsed: ParsedEsp, sa: SecurityAssociation) -> bytes:
    """The 12 octets of the nonce: salt | IV of the frame."""
    return sa.salt + frame[parsed.esp + 8 : parsed.payload]


def with_iv_from_sequence(frame: bytes, parsed: ParsedEsp, sa: SecurityAssociation) -> bytes:
    """The frame with its 64-bit sequence number as IV, octets in wire order: no two frames of a key have the same."""
    number = sa.sequence_number(parsed.seq).to_bytes(8, "big")
    return frame[: parsed.esp + 8] + number + frame[parsed.payload :]


def aad(frame: bytes, parsed: ParsedEsp, sa: SecurityAssociation) -> bytes:
    """SPI | sequence number (8 octets), or SPI | high half | low half (12 octets) with ESN."""
    at = parsed.esp
    if sa.esn:
        return frame[at : at + 4] + sa.seq_hi.to_bytes(4, "big") + frame[at + 4 : at + 8]
    return frame[at : at + 8]


def protect(frame: bytes, parsed: ParsedEsp, sa: SecurityAssociation) -> bytes:
    """The frame with payload, padding and trailer encrypted (GCM) or left (GMAC) and the ICV written into its room.

    The IV is the frame's, or made of the sequence number (``iv_from_sequence``). Octets after the IP packet pass
    unchanged. Raises :class:`EspSyntaxError`.
    """
    c0, c1 = parsed.payload, _icv_offset(parsed, sa)
    if sa.iv_from_sequence:
        frame = with_iv_from_sequence(frame, parsed, sa)
    key = gcm_key(sa.key)
    if sa.algorithm.gmac:
        icv = key.gmac(nonce(frame, parsed, sa), aad(frame, parsed, sa) + frame[parsed.esp + 8 : c1], sa.icv_len)
        return frame[:c1] + icv + frame[parsed.ip_end :]
    ciphertext, icv = key.seal(nonce(frame, parsed, sa), aad(frame, parsed, sa), frame[c0:c1], sa.icv_len)
    return frame[:c0] + ciphertext + icv + frame[parsed.ip_end :]


def unprotect(frame: bytes, parsed: ParsedEsp, sa: SecurityAssociation) -> Unprotected:
    """Check the ICV and decrypt in place; the ICV octets stay as received.

    A wrong ICV gives ``ok`` false and the frame unchanged. Raises :class:`EspSyntaxError`.
    """
    c0, c1 = parsed.payload, _icv_offset(parsed, sa)
    key = gcm_key(sa.key)
    icv = frame[c1 : parsed.ip_end]
    if sa.algorithm.gmac:
        expected = key.gmac(nonce(frame, parsed, sa), aad(frame, parsed, sa) + frame[parsed.esp + 8 : c1], sa.icv_len)
        if expected != icv:
            return Unprotected(False, frame, 0, 0)
        return Unprotected(True, frame, frame[c1 - 1], frame[c1 - 2])
    plaintext = key.open(nonce(frame, parsed, sa), aad(frame, parsed, sa), frame[c0:c1], icv)
    if plaintext is None:
        return Unprotected(False, frame, 0, 0)
    return Unprotected(True, frame[:c0] + plaintext + frame[c1:], plaintext[-1], plaintext[-2])


def infer_esn(last64: int, seq32: int, window: int) -> int:
    """High half of the 64-bit sequence number of a received packet (RFC 4303 appendix A2.2).

    ``last64``: highest sequence number authenticated so far (0 before the first); ``seq32``: the low half on
    the wire; ``window``: size of the anti-replay window in packets, 1 to 2^31. In the first 2^32 numbers nothing
    lies before 0: there the answer is 0. ValueError for a window out of range.
    """
    if not 1 <= window <= 1 << 31:
        raise ValueError(f"window = {window}: must be 1..2^31")
    high, low = last64 >> 32, last64 & 0xFFFFFFFF
    bottom = low - window + 1
    if bottom >= 0:
        return high if seq32 >= bottom else (high + 1) & 0xFFFFFFFF
    return max(high - 1, 0) if seq32 >= bottom + (1 << 32) else high
