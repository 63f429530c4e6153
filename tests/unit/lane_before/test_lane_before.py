# SPDX-License-Identifier: Apache-2.0
"""lane_before: which lanes of a beat lie before an octet of its frame, wherever the beat lies to it."""

from __future__ import annotations

from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer

from tb.sim import SIMULATORS, run_cocotb


@cocotb.test()
async def every_octet(dut: Any) -> None:
    """Beats 0, 1 and 2 against octets 16 to 31 of the frame, which are all in beat 1."""
    for stop in range(16, 32):
        dut.stop.value = stop % 16
        for beat in range(3):
            dut.ahead.value = int(beat < stop // 16)
            dut.here.value = int(beat == stop // 16)
            await Timer(1, "ns")
            lanes = int(dut.lanes.value)
            for lane in range(16):
                before = 16 * beat + lane < stop
                assert lanes >> lane & 1 == before, f"lane {lane} of beat {beat}, octet {stop}: lanes {lanes:016b}"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_lane_before(sim: str) -> None:
    run_cocotb(sim, "lane_before", ["hdl/axis/lane_before.v"], "tests.unit.lane_before.test_lane_before")
