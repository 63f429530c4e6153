# SPDX-License-Identifier: Apache-2.0
"""Wireshark and tshark decrypt what the testbench captured: the keys in their form, and the options that use them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from pathlib import Path

from models.sa import SecurityAssociation

DECRYPT = ("-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE")
"""For wireshark and tshark; the environment variable XDG_CONFIG_HOME has to name the folder of ``write_keys``."""


KEYS = Path("wireshark") / "esp_sa"
"""The file of the keys, below the folder that is given to ``write_keys``."""


def write_keys(folder: Path, sas: Iterable[SecurityAssociation]) -> Path:
    """Write the keys below ``folder``, where Wireshark finds them if that is its configuration folder; the file."""
    path = folder / KEYS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{_line(sa)}\n" for sa in sas), encoding="utf-8")
    return path


def _line(sa: SecurityAssociation) -> str:
    version = 6 if sa.ipv6 else 4
    source, destination = (str(ipaddress.ip_address(octets)) if octets else "*" for octets in (sa.src, sa.dst))
    if sa.algorithm.gmac:
        return f"# SPI {sa.spi:#010x} from {source} to {destination} is AES-GMAC, which Wireshark does not know"
    return (
        f'"IPv{version}","{source}","{destination}","{sa.spi:#010x}",'
        f'"AES-GCM with {sa.icv_len} octet ICV [RFC4106]","0x{(sa.key + sa.salt).hex()}","NULL",""'
    )
