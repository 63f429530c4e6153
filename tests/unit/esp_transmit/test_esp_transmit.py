# SPDX-License-Identifier: Apache-2.0
"""esp_transmit with fixed SAs: rules T1 to T5 and T8, latency, a beat per cycle, fail closed, SAs retired once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.triggers import RisingEdge, Timer

from models.esp import protect
from models.packet import ParsedEsp, parse_frame
from models.sa import Direction
from tb.sim import SIMULATORS, run_cocotb, source_closure
from tb.transactors import CLOCK_NS, FrameSink, FrameSource, StreamFrame
from tests.unit.esp_transmit.fixed_sas import (
    EPOCHS,
    disguised,
    handle_of,
    plaintext_frame,
    random_sas,
    random_shape,
    table_entries,
)

MAX_KEY_BITS = 128
LATENCY = (MAX_KEY_BITS // 32 + 6 + 1) + 4 + 20
"""AES latency + GHASH_STAGES + 20 cycles, first beat in to first beat out."""
EXTRA_LATENCY = 12
"""Cycles that EXTRA_REGISTERS adds."""
SENT, FAILED_HANDLE, FAILED_PACKET, FAILED_LENGTH = range(4)
COUNTERS = (
    "frame", "protected", "bypassed", "failed_handle", "failed_packet", "failed_length", "octets",
    "retired_0", "retired_1", "found_0", "found_1",
)  # fmt: skip


class Sent(NamedTuple):
    """A frame from the host, its handles, and what must become of it."""

    data: bytes
    handle: int
    tunnel_handle: int
    status: int
    wire: bytes | None


class Bench:
    """Transactors, table, and the rules."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.sas = random_sas(Direction.OUTBOUND)
        self.out: list[StreamFrame] = []
        self.statuses: list[int] = []
        self.source = FrameSource(dut, "source", dut.clk)
        self.sink = FrameSink(dut, "sink", dut.clk, self.out.append)
        self.status = FrameSink(dut, "status", dut.clk, lambda frame: self.statuses.append(frame.data[0]))

    async def start(self) -> None:
        """Reset and table."""
        dut = self.dut
        dut.rst.value = 1
        dut.source_push.value = 0
        dut.enable.value = 1
        dut.entries.value = table_entries(self.sas)
        self.set_stall(0, 0, 0)
        for _ in range(4):
            await RisingEdge(dut.clk)
        dut.rst.value = 0

    def set_stall(self, source: int, sink: int, status: int) -> None:
        """Shares of 256 of idle and not ready cycles."""
        self.source.set_stall(source, random.getrandbits(32))
        self.sink.set_stall(sink, random.getrandbits(32))
        self.status.set_stall(status, random.getrandbits(32))

    def judge(self, data: bytes, handle: int, tunnel_handle: int = 0, enabled: bool = True) -> Sent:
        """Rules T1 to T5, and T8."""
        status, wire = SENT, data
        index = handle & 0xFFFF
        if handle or tunnel_handle:
            parsed = parse_frame(data)
            if tunnel_handle or not enabled or handle >> 16 != 1 or index >= len(self.sas):
                status = FAILED_HANDLE
            else:
                sa = self.sas[index]
                if (
                    not isinstance(parsed, ParsedEsp)
                    or (parsed.spi, parsed.ip_version == 6) != (sa.spi, sa.ipv6)
                    or parsed.udp_encapsulated != (sa.udp_encapsulation != 0)
                ):
                    status = FAILED_PACKET
                elif parsed.syntax_error(sa.icv_len):
                    status = FAILED_LENGTH
                else:
                    wire = protect(data, parsed, sa)
        return Sent(data, handle, tunnel_handle, status, wire if status == SENT else None)

    def good(self, index: int, payload: int, **shape: Any) -> Sent:
        """A frame that leaves protected."""
        return self.judge(plaintext_frame(self.sas[index], payload, **shape), handle_of(index))

    async def run(self, frames: Sequence[Sent]) -> list[StreamFrame]:
        """Send and compare; returns what came out, aborted frames too."""
        dut = self.dut
        before = self.counters()
        self.out.clear()
        self.statuses.clear()
        await self.source.send_frames((f.data, f.tunnel_handle << 32 | f.handle) for f in frames)
        patience = 0
        while len(self.statuses) < len(frames) and patience < 40:
            count = len(self.statuses)
            await Timer(100 * CLOCK_NS, "ns")
            patience = 0 if len(self.statuses) > count else patience + 1
        await Timer(150 * CLOCK_NS, "ns")
        assert self.statuses == [frame.status for frame in frames]
        whole = [frame.data for frame in self.out if not frame.user & 1]
        assert len(whole) == sum(frame.wire is not None for frame in frames)
        for got, wanted in zip(whole, (frame.wire for frame in frames if frame.wire is not None), strict=True):
            assert wanted is not None
            assert got.hex() == wanted.hex()
        self.sink.check()
        self.status.check()

        now = self.counters()
        counted = {name: now[name] - before[name] for name in COUNTERS}
        statuses = [frame.status for frame in frames]
        hits = [
            f.handle & 7
            for f in frames
            if f.handle and int(dut.enable.value) and not f.tunnel_handle and f.handle >> 3 == 1 << 13
        ]
        for epoch in (0, 1):
            assert counted[f"found_{epoch}"] == sum(EPOCHS[index] == epoch for index in hits)
            assert counted[f"retired_{epoch}"] == counted[f"found_{epoch}"], f"epoch {epoch}"
        assert counted["frame"] == len(frames)
        bypassed = sum(not (frame.handle or frame.tunnel_handle) for frame in frames)
        assert counted["bypassed"] == bypassed
        assert counted["protected"] == statuses.count(SENT) - bypassed
        assert counted["failed_handle"] == statuses.count(FAILED_HANDLE)
        assert counted["failed_packet"] == statuses.count(FAILED_PACKET)
        assert counted["failed_length"] == statuses.count(FAILED_LENGTH)
        assert counted["octets"] == sum(len(frame.data) for frame in frames)
        return list(self.out)

    def counters(self) -> dict[str, int]:
        """Pulses so far."""
        counts = int(self.dut.counts.value)
        return {name: counts >> 32 * i & 0xFFFFFFFF for i, name in enumerate(COUNTERS)}


def beats(octets: int) -> int:
    """Beats of a frame."""
    return max(1, -(-octets // 16))


@cocotb.test()
async def latency_and_throughput(dut: Any) -> None:
    """Nothing stalls: every frame has the same latency, and a frame of n octets takes n/16 cycles."""
    bench = Bench(dut)
    await bench.start()
    frames = []
    for payload in (0, 0, 0, *range(1, 70, 3), 500, 0, 0):
        index = random.randrange(8)
        frames.append(bench.good(index, payload))
        if payload % 5 == 0:
            frames.append(bench.judge(random.randbytes(random.randrange(1, 200)), 0))
    out = await bench.run(frames)
    taken = bench.source.cycles_taken(len(frames))
    latency = LATENCY + int(dut.EXTRA_REGISTERS.value) * EXTRA_LATENCY
    assert [got.first_cycle - first for got, (first, _) in zip(out, taken, strict=True)] == [latency] * len(frames)
    assert [got.last_cycle - last for got, (_, last) in zip(out, taken, strict=True)] == [latency] * len(frames)
    total = sum(beats(len(frame.data)) for frame in frames)
    assert taken[-1][1] - taken[0][0] + 1 == total
    assert out[-1].last_cycle - out[0].first_cycle + 1 == total


@cocotb.test()
async def every_alignment(dut: Any) -> None:
    """Every SA with payloads of many lengths below layers of many shapes, at every stall rate."""
    bench = Bench(dut)
    await bench.start()
    for stalls in ((0, 0, 0), (60, 0, 0), (0, 100, 100), (100, 100, 230)):
        bench.set_stall(*stalls)
        frames = []
        for _ in range(40):
            index = random.randrange(8)
            frames.append(
                bench.good(index, random.choice((0, 1, 2, random.randrange(200))), **random_shape(bench.sas[index]))
            )
        out = await bench.run(frames)
        assert not any(frame.user for frame in out)
    # frames of one beat: they too wait when nobody takes their statuses
    bench.set_stall(0, 0, 250)
    await bench.run([bench.judge(random.randbytes(16), 0) for _ in range(40)])


@cocotb.test()
async def failures(dut: Any) -> None:
    """Bad handles, wrong packets, bad lengths among good frames: dropped whole, and the good ones are not harmed."""
    bench = Bench(dut)
    await bench.start()
    frames = []
    for _ in range(170):
        index = random.randrange(8)
        sa = bench.sas[index]
        data = plaintext_frame(sa, random.randrange(100), **random_shape(sa))
        kind = random.randrange(9)
        handle = handle_of(index)
        if kind == 0:
            frames.append(bench.judge(data, random.choice((handle ^ 0x10000, handle ^ 0x30000, handle | 8, 7))))
        elif kind == 1:
            frames.append(bench.judge(data, random.choice((0, handle)), random.choice((1, handle, 0x80000000))))
        elif kind == 2:
            frames.append(bench.judge(data, handle_of((index + random.randrange(1, 8)) % 8)))
        elif kind == 3:
            frames.append(bench.judge(random.randbytes(random.randrange(1, 100)), handle))
        elif kind == 4:
            frames.append(bench.judge(data[: random.randrange(1, len(data))], handle))
        elif kind == 5:
            length = random.randrange(70, 90 if random.random() < 0.5 else 400)
            data = plaintext_frame(sa, random.randrange(100), ip_length=length)
            # the engine compares the UDP length with the rest of the packet: that is another rule
            frames.append(bench.judge(data, handle))
        elif kind == 6:
            frames.append(bench.judge(data, 0))
        elif kind == 7:
            frames.append(bench.judge(plaintext_frame(disguised(sa), 30), handle))
            assert frames[-1].status == FAILED_PACKET
        else:
            frames.append(bench.judge(data, handle))
    for stalls in ((0, 0, 0), (50, 50, 50)):
        bench.set_stall(*stalls)
        out = await bench.run(frames)
        assert not any(frame.user for frame in out), "a short frame is known before its first beat is due"
    assert {frame.status for frame in frames} == {0, 1, 2, 3}


@cocotb.test()
async def disabled(dut: Any) -> None:
    """Transmit offload off: frames with a handle fail without a lookup, others pass."""
    bench = Bench(dut)
    await bench.start()
    dut.enable.value = 0
    frames = [bench.judge(plaintext_frame(bench.sas[1], 40), handle_of(1) if i % 2 else 0, 0, False) for i in range(10)]
    await bench.run(frames)


@cocotb.test()
async def cut_frames_are_aborted(dut: Any) -> None:
    """A long frame that ends before its packet: what left is ciphertext or zero, and the last beat says abort."""
    bench = Bench(dut)
    await bench.start()
    marker = bytes(range(0xA0, 0xB0))
    frames = []
    for number in range(24):
        index = (0, 1, 3, 4, 6, 7)[number % 6]
        sa = bench.sas[index]
        data = plaintext_frame(sa, 1600, content=marker * 100)
        # longer than what the engine holds even when its output stalls, and shorter than the packet
        frames.append(bench.judge(data[: random.randrange(1100, 1600)], handle_of(index)))
        assert frames[-1].status == FAILED_LENGTH
        frames += [bench.good(random.randrange(8), random.randrange(60)) for _ in range(random.randrange(3))]
    for stalls in ((0, 0, 0), (40, 0, 0), (0, 60, 30)):
        bench.set_stall(*stalls)
        out = await bench.run(frames)
        aborted = [frame for frame in out if frame.user & 1]
        cut = [frame for frame in frames if frame.status == FAILED_LENGTH]
        assert len(aborted) == len(cut)
        for got, sent in zip(aborted, cut, strict=True):
            assert len(got.data) == len(sent.data)
            parsed = parse_frame(sent.data)
            assert isinstance(parsed, ParsedEsp)
            assert got.data[: parsed.payload] == sent.data[: parsed.payload]
            assert marker[:4] not in got.data[parsed.payload :], "plaintext on the wire"


@cocotb.test()
async def no_job_is_cut_for_another_frame(dut: Any) -> None:
    """A long frame, plain frames until its number among those inside comes round, a short frame: it leaves whole."""
    bench = Bench(dut)
    await bench.start()
    frames = []
    for plain in range(28, 36):
        frames.append(bench.good(plain % 8, 1200))
        frames += [bench.judge(random.randbytes(30), 0) for _ in range(plain)]
        frames.append(bench.good(plain % 8, 60))
    for stalls in ((0, 0, 0), (40, 0, 0), (0, 60, 30)):
        bench.set_stall(*stalls)
        await bench.run(frames)


CASES = (
    "latency_and_throughput",
    "every_alignment",
    "failures",
    "disabled",
    "cut_frames_are_aborted",
    "no_job_is_cut_for_another_frame",
)


# one simulation each: the transactors are made once
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_esp_transmit(sim: str, extra: int, case: str) -> None:
    run_cocotb(
        sim,
        "esp_transmit_bench",
        [
            "tests/unit/esp_transmit/esp_transmit_bench.v",
            "tests/unit/esp_transmit/fixed_sa_table.v",
            *source_closure("esp_transmit"),
            *source_closure("axis_source"),
            "tb/hdl/axis_sink.v",
        ],
        "tests.unit.esp_transmit.test_esp_transmit",
        parameters={"MAX_KEY_BITS": MAX_KEY_BITS, "EXTRA_REGISTERS": extra},
        testcase=case,
    )
