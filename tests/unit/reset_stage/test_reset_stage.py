# SPDX-License-Identifier: Apache-2.0
"""reset_stage: the reset of STAGES cycles before, on every branch."""

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
    stages, branches = int(dut.STAGES.value), int(dut.BRANCHES.value)
    Clock(dut.clk, 10, "ns").start()
    before = [1] * stages
    dut.rst.value = 1
    # the first edge may be that of the clock's start
    for _ in range(stages + 1):
        await FallingEdge(dut.clk)
    for _ in range(200):
        level = random.getrandbits(1)
        dut.rst.value = level
        before.append(level)
        await Timer(1, "ns")
        assert int(dut.m_rst.value) == before[-1 - stages] * ((1 << branches) - 1)
        await FallingEdge(dut.clk)


@pytest.mark.parametrize(("stages", "branches"), [(0, 2), (1, 1), (1, 4), (3, 1), (3, 2)])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_reset_stage(sim: str, stages: int, branches: int) -> None:
    run_cocotb(
        sim,
        "reset_stage",
        ["hdl/axis/reset_stage.v"],
        "tests.unit.reset_stage.test_reset_stage",
        parameters={"STAGES": stages, "BRANCHES": branches},
    )
