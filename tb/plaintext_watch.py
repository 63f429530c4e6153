# SPDX-License-Identifier: Apache-2.0
"""Looks for plaintext that must never leave: payload of frames that could not be protected.

Frames that leave as a whole are compared octet for octet anyway; this is for the octets of frames that were aborted
after a part of them had left (docs/architecture.md section 3).
"""

from __future__ import annotations

from models.packet import NotEsp, parse_frame

PIECE_OCTETS = 8
"""A run of so many octets of a payload, at any alignment, is a leak."""
_ZEROS = bytes(4)


class PlaintextWatch:
    """Knows payloads and finds them in what left."""

    def __init__(self) -> None:
        self._pieces: set[bytes] = set()

    def forbid(self, frame: bytes) -> None:
        """The payload of this ESP-framed plaintext (what follows the IV, to the end of the packet) must not leave."""
        parsed = parse_frame(frame)
        if not isinstance(parsed, NotEsp):
            payload = frame[parsed.payload : parsed.ip_end]
            pieces = (payload[i : i + PIECE_OCTETS] for i in range(len(payload) - PIECE_OCTETS + 1))
            # aborted frames end in zeros: ciphertext before them may be a piece that ends in zeros, by chance
            self._pieces.update(piece for piece in pieces if not piece.endswith(_ZEROS))

    def find(self, octets: bytes) -> int | None:
        """Offset of the first forbidden piece in the frame ``octets``, None if there is none.

        The headers of an ESP packet, which are always in clear, are not looked at: extension headers hold padding, and
        a payload may hold the same. Octets that are no ESP packet are looked at from the first.
        """
        pieces = self._pieces
        parsed = parse_frame(octets)
        clear = 0 if isinstance(parsed, NotEsp) else parsed.payload
        for offset in range(clear, len(octets) - PIECE_OCTETS + 1):
            if octets[offset : offset + PIECE_OCTETS] in pieces:
                return offset
        return None
