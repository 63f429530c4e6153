# SPDX-License-Identifier: Apache-2.0
"""lane_rotate: lane i of the result is lane (i + amount) mod 16, for every amount."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer

from tb.sim import SIMULATORS, run_cocotb


async def check(dut: Any, beat: bytes, amount: int) -> None:
    """One beat (lane 0 first) at one amount."""
    dut.s_data.value = int.from_bytes(beat, "little")
    dut.amount.value = amount
    await Timer(1, "ns")
    expected = bytes(beat[(lane + amount) % 16] for lane in range(16))
    assert int(dut.m_data.value).to_bytes(16, "little") == expected, f"amount {amount}: {beat.hex()}"


@cocotb.test()
async def every_amount(dut: Any) -> None:
    """Every amount with every bit alone and with random beats."""
    for amount in range(16):
        for bit in range(128):
            await check(dut, (1 << bit).to_bytes(16, "little"), amount)
        for _ in range(50):
            await check(dut, random.randbytes(16), amount)


@pytest.mark.parametrize("sim", SIMULATORS)
def test_lane_rotate(sim: str) -> None:
    run_cocotb(sim, "lane_rotate", ["hdl/axis/lane_rotate.v"], "tests.unit.lane_rotate.test_lane_rotate")
