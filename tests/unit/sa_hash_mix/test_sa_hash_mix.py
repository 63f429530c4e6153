# SPDX-License-Identifier: Apache-2.0
"""sa_hash_mix against its description in Python: random keys, single bits, several widths and seeds."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer

from tb.sim import SIMULATORS, run_cocotb


def buckets(key: int, key_width: int, buckets_log2: int, seed: int) -> tuple[int, int]:
    """The two buckets of a key."""
    width = key_width | 1
    ones = (1 << width) - 1

    def rotated(bits: int, by: int) -> int:
        return (bits << by | bits >> width - by) & ones

    seeds = sum(seed << 32 * word for word in range(-(-width // 32))) & ones
    bits = key ^ seeds
    for left, right, inverted, other in ((3, 11, 1, 5), (7, 19, 2, 13)):
        bits ^= rotated(bits, left) ^ rotated(bits, right)
        bits ^= ~rotated(bits, inverted) & rotated(bits, other)
    bits ^= rotated(bits, 5) ^ rotated(bits, 16)
    folded = 0
    while bits:
        folded ^= bits & (1 << 2 * buckets_log2) - 1
        bits >>= 2 * buckets_log2
    return folded & (1 << buckets_log2) - 1, folded >> buckets_log2


@cocotb.test()
async def every_key_has_its_buckets(dut: Any) -> None:
    """Random keys, and keys of one and of all but one bit."""
    width, log2, seed = (int(getattr(dut, name).value) for name in ("KEY_WIDTH", "BUCKETS_LOG2", "HASH_SEED"))
    seed &= 0xFFFFFFFF
    keys = [random.getrandbits(width) for _ in range(200)]
    keys += [flip ^ 1 << bit for bit in range(width) for flip in (0, (1 << width) - 1)]
    for key in keys:
        dut.key.value = key
        await Timer(1, "ns")
        assert (int(dut.bucket_0.value), int(dut.bucket_1.value)) == buckets(key, width, log2, seed), hex(key)


@pytest.mark.parametrize(
    ("key_width", "buckets_log2", "seed"), [(66, 8, 0x9E3779B9), (66, 14, 0), (34, 4, 0xFFFFFFFF), (65, 5, 0x12345678)]
)
@pytest.mark.parametrize("sim", SIMULATORS)
def test_sa_hash_mix(sim: str, key_width: int, buckets_log2: int, seed: int) -> None:
    """The widths of both tables, and others."""
    parameters: dict[str, int | str] = {
        "KEY_WIDTH": key_width,
        "BUCKETS_LOG2": buckets_log2,
        "HASH_SEED": f"32'h{seed:x}",
    }
    run_cocotb(sim, "sa_hash_mix", ["hdl/sa/sa_hash_mix.v"], "tests.unit.sa_hash_mix.test_sa_hash_mix", parameters)
