# SPDX-License-Identifier: Apache-2.0
"""reset_stage: the reset of STAGES cycles before."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from tb.sim import SIMULATORS, run_cocotb


@cocotb.test()
async def follows(dut: Any) -> None:
    """Any pattern of reset comes out STAGES cycles later."""
    stages = int(dut.STAGES.value)
    Clock(dut.clk, 10, "ns").start()
    before = [1] * stages
    dut.rst.value = 1
    for _ in range(stages):
        await FallingEdge(dut.clk)
    for _ in range(200):
        level = random.getrandbits(1)
        dut.rst.value = level
        before.append(level)
        await Timer(1, "ns")
        assert int(dut.m_rst.value) == before[-1 - stages]
        await FallingEdge(dut.clk)


@pytest.mark.parametrize("stages", (0, 1, 3))
@pytest.mark.parametrize("sim", SIMULATORS)
def test_reset_stage(sim: str, stages: int) -> None:
    run_cocotb(
        sim,
        "reset_stage",
        ["hdl/axis/reset_stage.v"],
        "tests.unit.reset_stage.test_reset_stage",
        parameters={"STAGES": stages},
    )
