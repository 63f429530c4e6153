# SPDX-License-Identifier: Apache-2.0
"""axil_master against a slave in Python with random delays: order, results, responses, AXI4-Lite handshakes."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb

BATCH = 8
CHANNELS = ("aw", "w", "ar")


class Slave:
    """Registers behind the bus; one clock per ``step``. ``bad``: addresses that answer SLVERR or DECERR."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.registers: dict[int, int] = {}
        self.bad: dict[int, int] = {}
        self.log: list[tuple[str, int, int]] = []
        self.pending: dict[str, int] = {}
        self.held: dict[str, int] = {}
        self.rate = 1.0

    async def start(self) -> None:
        """Clock and reset."""
        dut = self.dut
        Clock(dut.clk, 10, "ns").start()
        for name in ("request", "count", "start"):
            getattr(dut, name).value = 0
        for name in ("awready", "wready", "bresp", "bvalid", "arready", "rdata", "rresp", "rvalid"):
            getattr(dut, f"m_axil_{name}").value = 0
        dut.rst.value = 1
        for _ in range(3):
            await FallingEdge(dut.clk)
        dut.rst.value = 0

    def payload(self, channel: str) -> int:
        """What the channel carries."""
        return int(getattr(self.dut, f"m_axil_{channel}{'data' if channel == 'w' else 'addr'}").value)

    async def step(self) -> None:
        """One cycle: ready at random, a response when everything of an access has come."""
        dut = self.dut
        chosen = {}
        for channel in CHANNELS:
            valid = int(getattr(dut, f"m_axil_{channel}valid").value)
            if channel in self.held:
                assert valid, f"{channel}valid fell before {channel}ready"
                assert self.payload(channel) == self.held.pop(channel), f"{channel} changed before {channel}ready"
            ready = random.random() < self.rate
            getattr(dut, f"m_axil_{channel}ready").value = int(ready)
            if valid and ready:
                chosen[channel] = self.payload(channel)
            elif valid:
                self.held[channel] = self.payload(channel)
        assert int(dut.m_axil_bready.value) == int(dut.m_axil_rready.value) == 1
        assert int(dut.m_axil_wstrb.value) == 0xF
        write = "aw" in self.pending and "w" in self.pending and random.random() < self.rate
        read = "ar" in self.pending and random.random() < self.rate
        dut.m_axil_bvalid.value = int(write)
        dut.m_axil_rvalid.value = int(read)
        if write:
            address, data = self.pending.pop("aw"), self.pending.pop("w")
            self.log.append(("write", address, data))
            self.registers[address] = data
            dut.m_axil_bresp.value = self.bad.get(address, 0)
        if read:
            address = self.pending.pop("ar")
            self.log.append(("read", address, 0))
            dut.m_axil_rdata.value = self.registers.get(address, 0)
            dut.m_axil_rresp.value = self.bad.get(address, 0)
        if not write:
            dut.m_axil_bresp.value = random.getrandbits(2)
        if not read:
            dut.m_axil_rdata.value = random.getrandbits(32)
            dut.m_axil_rresp.value = random.getrandbits(2)
        for channel, value in chosen.items():
            assert channel not in self.pending, "a second access before the answer to the first"
            self.pending[channel] = value
        assert len({channel == "ar" for channel in self.pending}) < 2, "reads and writes mixed"
        await FallingEdge(dut.clk)


@cocotb.test()
async def batches(dut: Any) -> None:
    """Random batches, with and without errors, empty and full, against a slave of any speed."""
    slave = Slave(dut)
    await slave.start()
    toggle = done = failures = 0
    for number in range(60):
        slave.rate = random.choice((1.0, 0.5, 0.1))
        count = random.choice((0, 1, BATCH, random.randrange(1, BATCH + 1)))
        accesses = [
            (random.getrandbits(1), 4 * random.randrange(8) + 0xA00, random.getrandbits(32)) for _ in range(count)
        ]
        slave.bad = {4 * random.randrange(8) + 0xA00: random.choice((2, 3))} if random.random() < 0.7 else {}
        expected, registers = [], dict(slave.registers)
        for write, address, data in accesses:
            if write:
                registers[address] = data
            else:
                expected.append(registers.get(address, 0))
        request = sum(
            (write << 63 | address << 32 | data) << 64 * i for i, (write, address, data) in enumerate(accesses)
        )
        request |= random.getrandbits(64 * (BATCH - count)) << 64 * count if count < BATCH else 0
        slave.log.clear()
        toggle ^= 1
        dut.request.value = request
        dut.count.value = count
        dut.start.value = toggle
        for _ in range(2000):
            await slave.step()
            if int(dut.done.value) != done:
                break
        done ^= 1
        assert int(dut.done.value) == done, f"batch {number} does not end"
        assert slave.log == [("write", a, d) if w else ("read", a, 0) for w, a, d in accesses]
        result = dut.result.value.to_unsigned()
        reads = [result >> 32 * i & 0xFFFFFFFF for i, (write, _, _) in enumerate(accesses) if not write]
        assert reads == expected
        failed = any(address in slave.bad for _, address, _ in accesses)
        assert int(dut.failed.value) == failed
        failures += failed
        for _ in range(5):
            await slave.step()
            assert int(dut.done.value) == done
    assert failures > 3


@pytest.mark.parametrize("sim", SIMULATORS)
def test_axil_master(sim: str) -> None:
    run_cocotb(
        sim,
        "axil_master",
        ["tb/hdl/axil_master.v"],
        "tests.unit.axil_master.test_axil_master",
        parameters={"BATCH": BATCH, "ADDRESS_WIDTH": 12},
    )
