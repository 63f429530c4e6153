# SPDX-License-Identifier: Apache-2.0
"""aes_sbox_composite: all 256 octets against the S-box computed from its definition in FIPS-197."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb
from tests.unit.aes_pipe.test_aes_pipe import sbox_of_the_standard


@cocotb.test()
async def all_octets(dut: Any) -> None:
    """Every octet in every lane, in random order, one set of octets per clock."""
    Clock(dut.clk, 10, "ns").start()
    await FallingEdge(dut.clk)
    sbox = sbox_of_the_standard()
    lanes = [random.sample(range(256), 256) for _ in range(int(dut.LANES.value))]
    stages = deque[bytes](maxlen=max(1, int(dut.REGISTERS.value)))
    for octets in zip(*lanes, strict=True):
        dut.s_bytes.value = int.from_bytes(octets, "big")
        stages.append(bytes(octets))
        await FallingEdge(dut.clk)
        if len(stages) == stages.maxlen:
            got = int(dut.m_bytes.value).to_bytes(len(octets), "big")
            assert got == bytes(sbox[octet] for octet in stages[0])


@pytest.mark.parametrize(("lanes", "registers"), [(1, 0), (20, 0), (20, 1), (16, 4)])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_aes_sbox_composite(sim: str, lanes: int, registers: int) -> None:
    run_cocotb(
        sim,
        "aes_sbox_composite",
        ["hdl/crypto/aes_sbox_composite.v"],
        "tests.unit.aes_sbox_composite.test_aes_sbox_composite",
        {"LANES": lanes, "REGISTERS": registers},
    )
