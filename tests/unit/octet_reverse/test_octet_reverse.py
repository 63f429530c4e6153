# SPDX-License-Identifier: Apache-2.0
"""octet_reverse: octet 0 of a stream beat is its lowest lane, of a block its highest octet."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer

from tb.sim import SIMULATORS, run_cocotb


@cocotb.test()
async def every_bit_and_random(dut: Any) -> None:
    """Each bit alone, then random beats: the same octets, read from the other end."""
    beats = [1 << bit for bit in range(128)] + [random.getrandbits(128) for _ in range(200)]
    for beat in beats:
        dut.s_data.value = beat
        await Timer(1, "ns")
        assert int(dut.m_data.value) == int.from_bytes(beat.to_bytes(16, "little"), "big"), f"{beat:032x}"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_octet_reverse(sim: str) -> None:
    run_cocotb(sim, "octet_reverse", ["hdl/axis/octet_reverse.v"], "tests.unit.octet_reverse.test_octet_reverse")
