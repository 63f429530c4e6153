# SPDX-License-Identifier: Apache-2.0
"""models.crypto against the published vectors, pycryptodome's own GCM and pyca/cryptography."""

from __future__ import annotations

import random

import pytest
from Crypto.Cipher import AES
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models import crypto
from models.vectors import TAG_OCTETS, aad_counts, aes_vectors, esp_vectors, gcm_vectors


def test_cavp_aes() -> None:
    vectors = aes_vectors()
    # GFSbox 7 + 6 + 5, KeySbox 21 + 24 + 16, VarKey 128 + 192 + 256, VarTxt 3 x 128, MMT 3 x 10
    assert len(vectors) == 18 + 61 + 576 + 384 + 30
    assert {len(v.key) for v in vectors} == {16, 24, 32}
    for vector in vectors:
        assert crypto.aes_ecb(vector.key, vector.pt) == vector.ct, vector.id


def test_gcm_vectors_are_complete() -> None:
    vectors = gcm_vectors()
    counts = aad_counts(vectors)
    assert sum(counts.values()) == len(vectors) >= 6900
    # CAVP: 3 key sizes, 2 files, 5 text lengths, 3 tag lengths, 15 each, for every length of AAD
    assert all(counts[octets] >= 3 * 2 * 5 * 3 * 15 for octets in (0, 16, 20, 48, 90))
    assert {(len(v.key), len(v.tag)) for v in vectors} == {(k, t) for k in (16, 24, 32) for t in TAG_OCTETS}
    assert sum(not v.valid for v in vectors) > 1700
    assert len({v.id for v in vectors}) == len(vectors)
    assert esp_vectors() and all(len(v.aad) in (8, 12) for v in esp_vectors())


def test_gcm_vectors() -> None:
    for vector in gcm_vectors():
        plaintext = crypto.gcm_open(vector.key, vector.iv, vector.aad, vector.ct, vector.tag)
        assert plaintext == vector.pt, vector.id
        if vector.pt is not None:
            sealed = crypto.gcm_seal(vector.key, vector.iv, vector.aad, vector.pt, len(vector.tag))
            assert sealed == (vector.ct, vector.tag), vector.id
            if not vector.pt:
                assert crypto.gmac(vector.key, vector.iv, vector.aad, len(vector.tag)) == vector.tag, vector.id


def test_ghash_by_definition_gives_the_tags() -> None:
    checked = 0
    for vector in gcm_vectors()[:: 7 * 5]:
        if not vector.valid or len(vector.tag) != 16:
            continue
        h = int.from_bytes(crypto.aes_ecb(vector.key, bytes(16)), "big")
        digest = crypto.ghash(h, crypto.ghash_input(vector.aad, vector.ct))
        mask = crypto.aes_ecb(vector.key, crypto.counter_block(vector.iv, 1))
        assert (digest ^ int.from_bytes(mask, "big")).to_bytes(16, "big") == vector.tag, vector.id
        checked += 1
    assert checked > 30


def test_random_messages_agree_with_two_libraries() -> None:
    rng = random.Random(1)
    for _ in range(1000):
        key = rng.randbytes(rng.choice((16, 24, 32)))
        nonce, aad = rng.randbytes(12), rng.randbytes(rng.choice((8, 12, rng.randrange(80))))
        text = rng.randbytes(rng.choice((0, 1, 2, 15, 16, 17, rng.randrange(600), 9000)))
        icv_len = rng.choice(TAG_OCTETS)
        cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=icv_len)
        cipher.update(aad)
        expected = cipher.encrypt_and_digest(text)
        assert crypto.gcm_seal(key, nonce, aad, text, icv_len) == expected
        assert AESGCM(key).encrypt(nonce, text, aad) == expected[0] + crypto.gcm_seal(key, nonce, aad, text)[1]
        assert crypto.gcm_open(key, nonce, aad, *expected) == text
        decryptor = Cipher(algorithms.AES(key), modes.GCM(nonce, expected[1], min_tag_length=8)).decryptor()
        decryptor.authenticate_additional_data(aad)
        assert decryptor.update(expected[0]) + decryptor.finalize() == text
        assert crypto.gmac(key, nonce, aad) == AESGCM(key).encrypt(nonce, b"", aad)


def test_every_flipped_bit_of_a_small_message_is_found() -> None:
    rng = random.Random(2)
    key, nonce, aad = rng.randbytes(16), rng.randbytes(12), rng.randbytes(8)
    ciphertext, icv = crypto.gcm_seal(key, nonce, aad, rng.randbytes(5), 8)
    for part in range(4):
        fields = [nonce, aad, ciphertext, icv]
        for bit in range(8 * len(fields[part])):
            changed = bytearray(fields[part])
            changed[bit // 8] ^= 1 << bit % 8
            given = [*fields[:part], bytes(changed), *fields[part + 1 :]]
            assert crypto.gcm_open(key, *given) is None
    with pytest.raises(InvalidTag):
        AESGCM(key).decrypt(nonce, ciphertext + bytes(16), aad)


def test_gf128() -> None:
    one = 1 << 127
    rng = random.Random(3)
    for _ in range(20):
        x, y, z = (rng.getrandbits(128) for _ in range(3))
        assert crypto.gf128_multiply(x, one) == crypto.gf128_multiply(one, x) == x
        assert crypto.gf128_multiply(x, y) == crypto.gf128_multiply(y, x)
        assert crypto.gf128_multiply(x, y ^ z) == crypto.gf128_multiply(x, y) ^ crypto.gf128_multiply(x, z)
    # SP 800-38D section 6.3: x^127 times x is x^7 + x^2 + x + 1
    assert crypto.gf128_multiply(1, 1 << 126) == 0xE1 << 120


def test_powers_of_h_aggregate() -> None:
    rng = random.Random(4)
    h, blocks = rng.getrandbits(128), rng.randbytes(64)
    powers = crypto.hash_powers(h, 4)
    total = 0
    for i in range(4):
        total ^= crypto.gf128_multiply(int.from_bytes(blocks[16 * i : 16 * i + 16], "big"), powers[3 - i])
    assert crypto.ghash(h, blocks) == total
    assert crypto.ghash(h, blocks[16:], crypto.ghash(h, blocks[:16])) == total


def test_refused_arguments() -> None:
    with pytest.raises(ValueError, match="nonce has 11"):
        crypto.gcm_seal(bytes(16), bytes(11), b"", b"")
    with pytest.raises(ValueError, match="icv_len = 3"):
        crypto.gcm_seal(bytes(16), bytes(12), b"", b"", 3)
    with pytest.raises(ValueError, match="icv_len = 17"):
        crypto.gcm_open(bytes(16), bytes(12), b"", b"", bytes(17))
    with pytest.raises(ValueError, match="17 octets"):
        crypto.ghash(1, bytes(17))
    with pytest.raises(ValueError, match="nonce has 13"):
        crypto.counter_block(bytes(13), 1)
