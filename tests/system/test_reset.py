# SPDX-License-Identifier: Apache-2.0
"""Reset of the whole engine: what waits at its ports from within the reset goes in behind it, whole and once."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, Timer

from tb import engine_registers as regs
from tb.sim import SIMULATORS, run_cocotb

BEATS = 5
RESET_CYCLES = 4
"""The least with EXTRA_REGISTERS."""


async def frame_through(dut: Any, source: str, sink: str, beats: list[int]) -> list[int]:
    """Offers a frame at once, beat by beat as it is taken; the beats of the first frame that leaves."""
    waiting, left = list(beats), list[int]()
    while True:
        getattr(dut, f"{source}_tvalid").value = int(bool(waiting))
        getattr(dut, f"{source}_tdata").value = waiting[0] if waiting else 0
        getattr(dut, f"{source}_tkeep").value = 0xFFFF
        getattr(dut, f"{source}_tlast").value = int(len(waiting) == 1)
        await Timer(1, "ns")
        if not int(dut.rst.value):
            if waiting and int(getattr(dut, f"{source}_tready").value):
                waiting.pop(0)
            if int(getattr(dut, f"{sink}_tvalid").value):
                left.append(int(getattr(dut, f"{sink}_tdata").value))
                if int(getattr(dut, f"{sink}_tlast").value):
                    return left
        await FallingEdge(dut.clk)


async def read(dut: Any, address: int) -> int:
    """An access that is offered from within the reset."""
    dut.s_axil_araddr.value = address
    dut.s_axil_arvalid.value = 1
    dut.s_axil_rready.value = 1
    while True:
        await Timer(1, "ns")
        taken = not int(dut.rst.value) and int(dut.s_axil_arready.value)
        if not int(dut.rst.value) and int(dut.s_axil_rvalid.value):
            return int(dut.s_axil_rdata.value)
        await FallingEdge(dut.clk)
        if taken:
            dut.s_axil_arvalid.value = 0


@cocotb.test(timeout_time=20, timeout_unit="us")
async def what_waits_goes_in(dut: Any) -> None:
    """Frames of both directions and a read, offered all the time from the first reset on; and again in a second one."""
    Clock(dut.clk, 10, "ns").start()
    for name in ("s_axil_awvalid", "s_axil_wvalid", "s_axil_bready", "s_axil_arprot", "s_axil_awprot"):
        getattr(dut, name).value = 0
    dut.s_axis_tx_tuser.value = 0
    for name in ("m_axis_tx", "m_axis_tx_status", "m_axis_rx"):
        getattr(dut, f"{name}_tready").value = 1
    for _ in range(2):
        dut.rst.value = 1
        sent = [[random.getrandbits(128) for _ in range(BEATS)] for _ in range(2)]
        await FallingEdge(dut.clk)
        tasks = [
            cocotb.start_soon(frame_through(dut, f"s_axis_{name}", f"m_axis_{name}", beats))
            for name, beats in zip(("tx", "rx"), sent, strict=True)
        ]
        reading = cocotb.start_soon(read(dut, regs.VERSION))
        for _ in range(RESET_CYCLES):
            await FallingEdge(dut.clk)
        dut.rst.value = 0
        assert [await task for task in tasks] == sent
        assert await reading == regs.VERSION_RESET
        for _ in range(40):
            await FallingEdge(dut.clk)


@pytest.mark.parametrize("extra_registers", (0, 1))
@pytest.mark.parametrize("sim", SIMULATORS)
def test_reset(sim: str, extra_registers: int) -> None:
    parameters = {"MAX_KEY_BITS": 128, "SA_COUNT": 16, "EXTRA_REGISTERS": extra_registers}
    run_cocotb(sim, "ipsec_engine", None, "tests.system.test_reset", parameters)
