# SPDX-License-Identifier: Apache-2.0
"""lane_range against set membership: exhaustive for small offsets, random for the width of the engine."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer

from tb.sim import SIMULATORS, run_cocotb


def lanes_in_range(beat: int, first: int, last: int) -> int:
    """Bit i: octet ``16*beat + i`` of the frame lies in ``first..last``."""
    return sum(1 << lane for lane in range(16) if first <= 16 * beat + lane <= last)


@cocotb.test()
async def exhaustive(dut: Any) -> None:
    """Every beat, first and last of frames of 64 octets, empty ranges too."""
    for beat in range(4):
        for first in range(64):
            dut.beat.value = beat
            dut.first.value = first
            await Timer(1, "ns")
            lanes = dut.lanes.value.to_unsigned()
            for last in range(64):
                got, expected = lanes >> 16 * last & 0xFFFF, lanes_in_range(beat, first, last)
                assert got == expected, f"beat {beat}, {first}..{last}: {got:016b}, not {expected:016b}"


@cocotb.test()
async def wide(dut: Any) -> None:
    """Random ranges of a jumbo frame, at beats around their ends."""
    for _ in range(3000):
        first = random.randrange(1 << 14)
        last = min(first + random.choice((0, 1, 15, 16, random.randrange(1 << 14))), (1 << 14) - 1)
        if random.random() < 0.1:
            first, last = last, first
        beat = random.choice((first, last, random.randrange(1 << 14))) // 16 + random.choice((-1, 0, 0, 1))
        beat %= 1 << 10
        dut.beat.value = beat
        dut.first.value = first
        dut.last.value = last
        await Timer(1, "ns")
        expected = lanes_in_range(beat, first, last)
        assert int(dut.lanes.value) == expected, f"beat {beat}, {first}..{last}: not {expected:016b}"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_lane_range(sim: str) -> None:
    """Every offset of a short frame."""
    run_cocotb(
        sim,
        "lane_range_all",
        ["tests/unit/lane_range/lane_range_all.v", "hdl/axis/lane_range.v"],
        "tests.unit.lane_range.test_lane_range",
        testcase="exhaustive",
    )


@pytest.mark.parametrize("sim", SIMULATORS)
def test_lane_range_wide(sim: str) -> None:
    """Offsets of 14 bits."""
    run_cocotb(
        sim,
        "lane_range",
        ["hdl/axis/lane_range.v"],
        "tests.unit.lane_range.test_lane_range",
        parameters={"OFFSET_WIDTH": 14},
        testcase="wide",
    )
