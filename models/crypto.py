# SPDX-License-Identifier: Apache-2.0
"""AES, GHASH, AES-GCM and AES-GMAC on pycryptodome, for 96-bit nonces and truncated tags.

Source: FIPS-197, NIST SP 800-38D. Octet strings are in wire order; a block read as a number is
big-endian (octet 0 is most significant), as in SP 800-38D.

The scoreboard opens every frame, and ``AES.new(..., MODE_GCM)`` builds four objects for each message
(50 us). :class:`GcmKey` therefore keeps one ECB object and the hash key for each AES key and puts GCM
together from pycryptodome's AES and its compiled GHASH (10 us). The tests hold it equal to MODE_GCM,
to pyca/cryptography and to the published vectors.
"""

from __future__ import annotations

import functools
from typing import Any

from Crypto.Cipher import AES
from Crypto.Cipher import _mode_gcm as _pycryptodome_gcm

_GHASH: Any = _pycryptodome_gcm._GHASH
_GHASH_LIBRARY: Any = _pycryptodome_gcm._ghash_clmul or _pycryptodome_gcm._ghash_portable

_PADDING = tuple(bytes(-n % 16) for n in range(16))
"""Zero octets that complete a block, by ``length & 15``."""

_REDUCTION = 0xE1 << 120
"""x^128 = x^7 + x^2 + x + 1 in the bit order of SP 800-38D section 6.3."""

_MASK_32 = 0xFFFFFFFF


@functools.lru_cache(maxsize=4096)
def _counters(count: int) -> tuple[bytes, ...]:
    """The 32-bit counters 1, 2, ... ``count`` as big-endian octets."""
    return tuple(i.to_bytes(4, "big") for i in range(1, count + 1))


class GcmKey:
    """AES-GCM and AES-GMAC under one AES key of 16, 24 or 32 octets.

    The nonce has 12 octets, the ICV is the first 4 to 16 octets of the tag. ValueError otherwise.
    """

    __slots__ = ("_encrypt", "h")

    def __init__(self, key: bytes) -> None:
        self._encrypt: Any = AES.new(key, AES.MODE_ECB).encrypt
        self.h: bytes = self._encrypt(bytes(16))
        """The hash key H = E_K(0), 16 octets."""

    def _stream(self, nonce: bytes, length: int) -> bytes:
        """E_K(J0), then at least ``length`` octets of keystream."""
        if len(nonce) != 12:
            raise ValueError(f"nonce has {len(nonce)} octets, not 12")
        result: bytes = self._encrypt(nonce + nonce.join(_counters((length + 31) >> 4)))
        return result

    def _tag(self, aad: bytes, ciphertext: bytes, mask: bytes, icv_len: int) -> bytes:
        if not 4 <= icv_len <= 16:
            raise ValueError(f"icv_len = {icv_len}: must be 4..16 octets")
        aad_len, length = len(aad), len(ciphertext)
        data = b"".join(
            (
                aad,
                _PADDING[aad_len & 15],
                ciphertext,
                _PADDING[length & 15],
                (aad_len << 67 | length << 3).to_bytes(16, "big"),
            )
        )
        digest = _GHASH(self.h, _GHASH_LIBRARY).update(data).digest()
        tag = int.from_bytes(digest, "big") ^ int.from_bytes(mask, "big")
        return tag.to_bytes(16, "big")[:icv_len]

    def seal(self, nonce: bytes, aad: bytes, plaintext: bytes, icv_len: int = 16) -> tuple[bytes, bytes]:
        """Encrypt and authenticate: (ciphertext, ICV)."""
        stream = self._stream(nonce, len(plaintext))
        ciphertext = _xor(plaintext, stream[16 : 16 + len(plaintext)])
        return ciphertext, self._tag(aad, ciphertext, stream[:16], icv_len)

    def open(self, nonce: bytes, aad: bytes, ciphertext: bytes, icv: bytes) -> bytes | None:
        """Check the ICV (its length is the length of the ICV given), then decrypt; None if it is wrong."""
        stream = self._stream(nonce, len(ciphertext))
        if self._tag(aad, ciphertext, stream[:16], len(icv)) != icv:
            return None
        return _xor(ciphertext, stream[16 : 16 + len(ciphertext)])

    def gmac(self, nonce: bytes, aad: bytes, icv_len: int = 16) -> bytes:
        """The ICV over ``aad`` alone, nothing encrypted."""
        return self._tag(aad, b"", self._stream(nonce, 0)[:16], icv_len)


def _xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "little") ^ int.from_bytes(b, "little")).to_bytes(len(a), "little")


@functools.lru_cache(maxsize=4096)
def gcm_key(key: bytes) -> GcmKey:
    """The (cached) :class:`GcmKey` of an AES key."""
    return GcmKey(key)


def gcm_seal(key: bytes, nonce: bytes, aad: bytes, plaintext: bytes, icv_len: int = 16) -> tuple[bytes, bytes]:
    """AES-GCM authenticated encryption: (ciphertext, ICV). See :meth:`GcmKey.seal`."""
    return gcm_key(key).seal(nonce, aad, plaintext, icv_len)


def gcm_open(key: bytes, nonce: bytes, aad: bytes, ciphertext: bytes, icv: bytes) -> bytes | None:
    """AES-GCM authenticated decryption: plaintext, or None for a wrong ICV. See :meth:`GcmKey.open`."""
    return gcm_key(key).open(nonce, aad, ciphertext, icv)


def gmac(key: bytes, nonce: bytes, aad: bytes, icv_len: int = 16) -> bytes:
    """AES-GMAC. See :meth:`GcmKey.gmac`."""
    return gcm_key(key).gmac(nonce, aad, icv_len)


def aes_ecb(key: bytes, blocks: bytes) -> bytes:
    """AES forward cipher (FIPS-197) of each 16-octet block; ValueError for another length."""
    return bytes(AES.new(key, AES.MODE_ECB).encrypt(blocks))


def gf128_multiply(x: int, y: int) -> int:
    """Product in GF(2^128), bit order of SP 800-38D section 6.3 (algorithm 1), bit by bit.

    A block is the integer of its 16 octets, big-endian: the coefficient of x^0 is bit 127.
    """
    product = 0
    for bit in range(127, -1, -1):
        if y >> bit & 1:
            product ^= x
        x = x >> 1 ^ (_REDUCTION if x & 1 else 0)
    return product


def hash_powers(h: int, count: int) -> list[int]:
    """[H, H^2, ... H^count], each a 128-bit block as an integer (octet 0 most significant)."""
    powers = [h]
    while len(powers) < count:
        powers.append(gf128_multiply(powers[-1], h))
    return powers


def ghash(h: int, blocks: bytes, start: int = 0) -> int:
    """GHASH (SP 800-38D algorithm 2) of whole 16-octet blocks, written from the definition.

    ``h``, ``start`` (the accumulator before the first block) and the result are 128-bit blocks as
    integers, octet 0 most significant. Slow on purpose: shares no code with pycryptodome.
    """
    if len(blocks) % 16:
        raise ValueError(f"{len(blocks)} octets are not whole blocks of 16")
    y = start
    for i in range(0, len(blocks), 16):
        y = gf128_multiply(y ^ int.from_bytes(blocks[i : i + 16], "big"), h)
    return y


def ghash_input(aad: bytes, ciphertext: bytes) -> bytes:
    """The blocks GCM hashes: AAD and ciphertext, each padded with zeros to 16 octets, then both lengths in bits."""
    return b"".join(
        (
            aad,
            bytes(-len(aad) % 16),
            ciphertext,
            bytes(-len(ciphertext) % 16),
            (8 * len(aad)).to_bytes(8, "big"),
            (8 * len(ciphertext)).to_bytes(8, "big"),
        )
    )


def counter_block(nonce: bytes, counter: int) -> bytes:
    """J0 (counter 1) and its successors for a 96-bit nonce, SP 800-38D section 7.1."""
    if len(nonce) != 12:
        raise ValueError(f"nonce has {len(nonce)} octets, not 12")
    return nonce + (counter & _MASK_32).to_bytes(4, "big")
