# SPDX-License-Identifier: Apache-2.0
"""tb/vpi.py: octets into a vector and out of it, widths that are no whole words, unknown bits."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer, ValueChange
from cocotb.types import LogicArray

from tb.sim import SIMULATORS, run_cocotb
from tb.vpi import Vector

PROBE = ["tests/unit/sim/sim_probe.v"]


@cocotb.test()
async def octets_go_both_ways(dut: Any) -> None:
    """What is written is what cocotb reads, and the other way round; a part of a vector too."""
    await Timer(1, "ns")
    size = len(dut.data) // 8
    data, result = Vector(dut.data), Vector(dut.result)
    for turn in range(6):
        octets = random.randbytes(size)
        data.write(octets)
        assert dut.data.value.to_bytes(byteorder="little") == octets
        dut.request.value = 1 - turn % 2
        await ValueChange(dut.acknowledge)
        inverted = bytes(octet ^ 0xFF for octet in octets)
        assert dut.result.value.to_bytes(byteorder="little") == inverted
        assert result.read(size) == inverted
        part = random.randrange(1, size + 1)
        assert result.read(part) == inverted[:part]
        octets = random.randbytes(part)
        data.write(octets)
        assert data.read(part) == octets


@cocotb.test()
async def wrong_use(dut: Any) -> None:
    """More octets than there are, and unknown bits."""
    await Timer(1, "ns")
    size = len(dut.data) // 8
    with pytest.raises(ValueError, match=f"{size + 4} octets for sim_probe.data"):
        Vector(dut.data).write(bytes(size + 4))
    if cocotb.SIM_NAME.lower().startswith("icarus"):
        dut.data.value = LogicArray("X" + "0" * (8 * size - 1))
        await Timer(1, "ns")
        with pytest.raises(ValueError, match="unknown bits"):
            Vector(dut.data).read(size)


@pytest.mark.parametrize("width", [8, 40, 72, 16384])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_vectors(sim: str, width: int) -> None:
    run_cocotb(sim, "sim_probe", PROBE, "tests.unit.vpi.test_vpi", {"WIDTH": width})
