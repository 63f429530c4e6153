# SPDX-License-Identifier: Apache-2.0
"""octet_count for every tkeep, on last beats and on others."""

from __future__ import annotations

from typing import Any

import cocotb
import pytest
from cocotb.triggers import Timer

from tb.sim import SIMULATORS, run_cocotb


def lanes_to_first_hole(tkeep: int) -> int:
    """Lanes from lane 0 up to the first one that is not kept: 0 to 16."""
    return next((lane for lane in range(16) if not tkeep >> lane & 1), 16)


@cocotb.test()
async def every_tkeep(dut: Any) -> None:
    """All 2 * 65536 inputs."""
    for tlast in (0, 1):
        dut.tlast.value = tlast
        for high in range(256):
            dut.tkeep_high.value = high
            await Timer(1, "ns")
            octets = dut.octets.value.to_unsigned()
            for low in range(256):
                tkeep = high << 8 | low
                expected = lanes_to_first_hole(tkeep) if tlast else 16
                assert octets >> 5 * low & 31 == expected, f"tkeep {tkeep:016b}, tlast {tlast}: not {expected}"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_octet_count(sim: str) -> None:
    run_cocotb(
        sim,
        "octet_count_all",
        ["tests/unit/octet_count/octet_count_all.v", "hdl/axis/octet_count.v"],
        "tests.unit.octet_count.test_octet_count",
    )
