# SPDX-License-Identifier: Apache-2.0
"""lane_mask: each lane bit becomes eight bits of the mask, at the place of the lane's octet."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer

from tb.sim import SIMULATORS, run_cocotb


@cocotb.test()
async def lanes_to_octets(dut: Any) -> None:
    """Each lane alone, all but one, none, all, and random sets."""
    single = [1 << lane for lane in range(16)]
    for lanes in [0, 0xFFFF, *single, *(0xFFFF ^ one for one in single), *random.sample(range(1 << 16), 1000)]:
        dut.lanes.value = lanes
        await Timer(1, "ns")
        expected = bytes(0xFF if lanes >> lane & 1 else 0 for lane in range(16))
        assert int(dut.mask.value).to_bytes(16, "little") == expected, f"lanes {lanes:016b}"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_lane_mask(sim: str) -> None:
    run_cocotb(sim, "lane_mask", ["hdl/axis/lane_mask.v"], "tests.unit.lane_mask.test_lane_mask")
