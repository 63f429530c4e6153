# SPDX-License-Identifier: Apache-2.0
"""esp_geometry: offsets by the rules of docs/architecture.md, and first and last GHASH blocks by models.crypto."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer

from models.crypto import ghash_input
from tb.sim import SIMULATORS, run_cocotb

LONGEST = (1 << 14) - 33
"""ip_end of the longest packet that is not "longer than any frame"."""


async def check(dut: Any, esp: int, ip_end: int, icv: int, gmac: bool, esn: bool) -> bool:
    """One packet with random octets: every output. Returns whether it is well-formed."""
    spi, seq, seq_hi, iv = (random.randbytes(n) for n in (4, 4, 4, 8))
    for name, value in (
        ("esp_offset", esp),
        ("ip_end", ip_end),
        ("gmac", int(gmac)),
        ("esn", int(esn)),
        ("icv_words", icv // 4),
        *((name, int.from_bytes(octets, "big")) for name, octets in
          (("spi", spi), ("seq", seq), ("seq_hi", seq_hi), ("iv", iv))),
    ):  # fmt: skip
        getattr(dut, name).value = value
    await Timer(1, "ns")

    c0, c1 = esp + 16, ip_end - icv
    where = f"esp {esp}, ip_end {ip_end}, icv {icv}, gmac {gmac}, esn {esn}"
    good = c1 - c0 >= 2 and ip_end != (1 << 14) - 1
    assert int(dut.syntax_error.value) == (not good), where
    if not good:
        return False

    payload = bytes(c1 - c0)
    numbers = spi + seq_hi + seq if esn else spi + seq
    blocks = ghash_input(numbers + iv + payload, b"") if gmac else ghash_input(numbers, payload)
    # where the hashed octets that do not fit into the first block begin
    hash_first = c0 - (4 if gmac and esn else 0)
    got = {name: int(getattr(dut, name).value) for name in (
        "payload_first", "payload_last", "icv_first", "cipher_blocks", "hash_first", "hash_blocks", "first_block",
        "length_block",
    )}  # fmt: skip
    assert got == {
        "payload_first": c0,
        "payload_last": c1 - 1,
        "icv_first": c1,
        "cipher_blocks": 0 if gmac else -(-len(payload) // 16),
        "hash_first": hash_first,
        "hash_blocks": len(blocks) // 16,
        "first_block": int.from_bytes(blocks[:16], "big"),
        "length_block": int.from_bytes(blocks[-16:], "big"),
    }, where
    return True


@cocotb.test()
async def packets(dut: Any) -> None:
    """Every length around the limits at every header offset, then random lengths up to the longest packet."""
    good = bad = 0
    for esp in range(34, 113, 2):
        for icv in (8, 12, 16):
            for octets in (0, 1, 2, 3, 4, random.randrange(5, 60)):
                result = await check(
                    dut, esp, esp + 16 + icv + octets, icv, random.random() < 0.5, random.random() < 0.5
                )
                assert result == (octets >= 2)
                good, bad = good + result, bad + (not result)
            # the packet ends within the ESP header, the IV or the room of the ICV
            bad += not await check(dut, esp, esp + random.randrange(8, 16 + icv), icv, False, False)
    for _ in range(1500):
        esp, icv = random.choice((34, 42, 54, 62, random.randrange(34, 113))), random.choice((8, 12, 16))
        ip_end = random.choice((random.randrange(esp + 16, 1600), random.randrange(1600, LONGEST + 1), LONGEST))
        good += await check(dut, esp, ip_end, icv, random.random() < 0.5, random.random() < 0.5)
        assert not await check(dut, esp, (1 << 14) - 1, icv, random.random() < 0.5, random.random() < 0.5)
    assert good > 1000
    assert bad > 200


@pytest.mark.parametrize("sim", SIMULATORS)
def test_esp_geometry(sim: str) -> None:
    run_cocotb(
        sim,
        "esp_geometry",
        ["hdl/esp/esp_geometry.v"],
        "tests.unit.esp_geometry.test_esp_geometry",
        parameters={"OFFSET_WIDTH": 14},
    )
