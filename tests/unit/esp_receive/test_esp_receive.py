# SPDX-License-Identifier: Apache-2.0
"""esp_receive with fixed SAs: rules R1 to R3, R5, latency, a beat per cycle, overflow, recovery, SAs retired once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.triggers import RisingEdge, Timer

from models.esp import protect, unprotect
from models.ndis import CRYPTO_DONE, HEADER_INFO_SET, SA_DELETE_REQ, CryptoStatus
from models.packet import ParsedEsp, parse_frame
from models.sa import UDP_TUNNEL, Direction
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
LOOKUP_LATENCY = 5
AES_LATENCY = MAX_KEY_BITS // 32 + 6 + 1
HASH_DELAY = 11 + LOOKUP_LATENCY
EXTRA_HASH_DELAY, EXTRA_GCM, EXTRA_NOT_ESP = 5, 12, 8
"""Cycles that EXTRA_REGISTERS adds to HASH_DELAY, and behind it to a frame that is decrypted and one not ESP."""
STORE_BEATS = 512
COUNTERS = (
    "frame", "decrypted", "not_esp", "no_sa", "icv_failed", "syntax_failed", "octets", "retired_0", "retired_1",
    "found_0", "found_1", "overflow",
)  # fmt: skip


class Received(NamedTuple):
    """A frame from the wire, and what the host must get."""

    data: bytes
    host: bytes
    user: int
    """{handle, slot 12, slot 1}"""
    counter: str
    sa: int | None
    """Of the SA."""


def beats(octets: int) -> int:
    """Beats of a frame."""
    return max(1, -(-octets // 16))


class Bench:
    """Transactors, table, and the rules."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.sas = random_sas(Direction.INBOUND)
        self.out: list[StreamFrame] = []
        self.source = FrameSource(dut, "source", dut.clk)
        self.sink = FrameSink(dut, "sink", dut.clk, self.out.append)
        self.enabled = {4: True, 6: True}

    async def start(self) -> None:
        """Reset and table."""
        dut = self.dut
        dut.rst.value = 1
        dut.hold.value = 0
        dut.enable_ipv4.value = int(self.enabled[4])
        dut.enable_ipv6.value = int(self.enabled[6])
        dut.entries.value = table_entries(self.sas)
        self.set_stall(0, 0)
        for _ in range(4):
            await RisingEdge(dut.clk)
        dut.rst.value = 0

    def set_stall(self, source: int, sink: int) -> None:
        """Shares of 256 of idle and not ready cycles."""
        self.source.set_stall(source, random.getrandbits(32))
        self.sink.set_stall(sink, random.getrandbits(32))

    def judge(self, data: bytes) -> Received:
        """Rules R1 to R3, and R5."""
        parsed = parse_frame(data)
        if not isinstance(parsed, ParsedEsp):
            return Received(data, data, 0, "not_esp", None)
        matches = [
            index
            for index, sa in enumerate(self.sas)
            if self.enabled[parsed.ip_version]
            and (sa.spi, sa.ipv6, sa.udp_encapsulation != 0)
            == (parsed.spi, parsed.ip_version == 6, parsed.udp_encapsulated)
        ]
        if not matches:
            return Received(data, data, 0, "no_sa", None)
        index = matches[0]
        sa = self.sas[index]
        slot_1, slot_12, host = int(CRYPTO_DONE), 0, data
        if parsed.syntax_error(sa.icv_len):
            counter, status = "syntax_failed", CryptoStatus.INVALID_PACKET_SYNTAX
        else:
            result = unprotect(data, parsed, sa)
            host = result.frame
            if result.ok:
                counter, status = "decrypted", CryptoStatus.SUCCESS
                # a number in the last sixteenth of its range: the SA wants to be deleted
                slot_1 |= SA_DELETE_REQ * (sa.sequence_number(parsed.seq) >= (sa.last_sequence + 1) // 16 * 15)
                slot_12 = int(HEADER_INFO_SET) | result.pad_length << 8 | result.next_header
            else:
                tunnel = sa.udp_encapsulation == UDP_TUNNEL
                counter = "icv_failed"
                status = CryptoStatus.TUNNEL_ESP_AUTH_FAILED if tunnel else CryptoStatus.TRANSPORT_ESP_AUTH_FAILED
        user = handle_of(index) << 64 | slot_12 << 32 | slot_1 | status << 16
        return Received(data, host, user, counter, index)

    def wire(self, index: int, payload: int, **shape: Any) -> bytes:
        """A good frame as it comes from the wire."""
        data = plaintext_frame(self.sas[index], payload, **shape)
        parsed = parse_frame(data)
        if not isinstance(parsed, ParsedEsp):
            return data
        return protect(data, parsed, self.sas[index])

    async def send(self, frames: Sequence[Received]) -> None:
        """All frames onto the wire, and until the engine has been still for long."""
        await self.source.send_frames((frame.data, 0) for frame in frames)
        quiet, before = 0, (-1, -1)
        while quiet < 3:
            await Timer(100 * CLOCK_NS, "ns")
            now = (len(self.out), self.source.frames_taken())
            quiet, before = (quiet + 1 if now == before else 0), now

    def compare(self, frames: Sequence[Received]) -> None:
        """The host got exactly these frames."""
        for got, wanted in zip(self.out, frames, strict=False):
            assert got.data.hex() == wanted.host.hex(), wanted.counter
            assert f"{got.user:024x}" == f"{wanted.user:024x}", wanted.counter
        assert len(self.out) == len(frames)
        self.sink.check()

    async def run(self, frames: Sequence[Received]) -> list[StreamFrame]:
        """Send and compare, where nothing is lost."""
        self.out.clear()
        before = self.counters()
        await self.send(frames)
        self.compare(frames)
        now = self.counters()
        counted = {name: now[name] - before[name] for name in COUNTERS}
        self.check_retired(counted, frames)
        assert counted["frame"] == len(frames)
        assert counted["overflow"] == 0
        for name in ("decrypted", "not_esp", "no_sa", "icv_failed", "syntax_failed"):
            assert counted[name] == sum(frame.counter == name for frame in frames), name
        assert counted["octets"] == sum(len(frame.data) for frame in frames)
        return list(self.out)

    def check_retired(self, counted: dict[str, int], frames: Sequence[Received] | None = None) -> None:
        """Each frame that found its SA let go of it once, in its epoch."""
        for epoch in (0, 1):
            assert counted[f"retired_{epoch}"] == counted[f"found_{epoch}"], f"epoch {epoch}"
            if frames is not None:
                hits = sum(frame.sa is not None and EPOCHS[frame.sa] == epoch for frame in frames)
                assert counted[f"found_{epoch}"] == hits

    def counters(self) -> dict[str, int]:
        """Pulses so far."""
        counts = int(self.dut.counts.value)
        return {name: counts >> 32 * i & 0xFFFFFFFF for i, name in enumerate(COUNTERS)}


def mixed_frames(bench: Bench, count: int, longest: int = 150) -> list[Received]:
    """Good frames of all SAs, wrong ICVs, wrong lengths, unknown SPIs, and frames that are not ESP."""
    frames = []
    for _ in range(count):
        index = random.randrange(8)
        shape = random_shape(bench.sas[index])
        data = bytearray(bench.wire(index, random.choice((0, 1, 2, random.randrange(longest))), **shape))
        kind = random.randrange(10)
        parsed = parse_frame(bytes(data))
        if not isinstance(parsed, ParsedEsp) or kind == 0:
            data = bytearray(random.randbytes(random.randrange(1, longest)))
        elif kind == 1:
            # SPI excluded: any bit that is authenticated, or of the ICV
            data[random.randrange(parsed.esp + 4, parsed.ip_end)] ^= 1 << random.randrange(8)
        elif kind == 2:
            data = data[: random.randrange(1, len(data))]
        elif kind == 3:
            data[parsed.esp + random.randrange(4)] ^= 1 << random.randrange(8)
        elif kind == 4:
            length = random.choice((random.randrange(40, 100), random.randrange(65536)))
            at = parsed.ip + (2 if parsed.ip_version == 4 else 4)
            data[at : at + 2] = length.to_bytes(2, "big")
        elif kind == 5:
            data = bytearray(plaintext_frame(disguised(bench.sas[index]), 30))
        frames.append(bench.judge(bytes(data)))
    return frames


@cocotb.test()
async def mixed_traffic(dut: Any) -> None:
    """Every verdict among the others, with gaps and back-pressure that the store can bear."""
    bench = Bench(dut)
    await bench.start()
    for stalls in ((0, 0), (150, 100), (30, 10)):
        bench.set_stall(*stalls)
        frames = mixed_frames(bench, 100)
        assert len({frame.counter for frame in frames}) >= 4
        await bench.run(frames)


@cocotb.test()
async def every_wrong_bit_of_an_icv(dut: Any) -> None:
    """Each octet of each ICV length wrong by one bit: the frame comes out as it went in."""
    bench = Bench(dut)
    await bench.start()
    frames = []
    for index in range(8):
        data = bench.wire(index, random.randrange(60))
        parsed = parse_frame(data)
        assert isinstance(parsed, ParsedEsp)
        for octet in range(parsed.icv(bench.sas[index].icv_len), parsed.ip_end):
            wrong = bytearray(data)
            wrong[octet] ^= 1 << random.randrange(8)
            frames.append(bench.judge(bytes(wrong)))
            assert frames[-1].counter == "icv_failed"
            assert frames[-1].host == bytes(wrong)
        frames.append(bench.judge(data))
        assert frames[-1].counter == "decrypted"
    await bench.run(frames)


@cocotb.test()
async def throughput(dut: Any) -> None:
    """Back to back with a ready host: a frame of n octets takes n/16 cycles, whether it verifies or not."""
    bench = Bench(dut)
    await bench.start()
    for wrong in (0.0, 0.5):
        frames = []
        # the first is the longest: behind it nobody waits for a last beat
        for payload in (700, 0, 0, 0, *range(1, 60, 2), 300, 0, 0):
            data = bytearray(bench.wire(random.randrange(8), payload))
            if random.random() < wrong:
                data[-1] ^= 1
            frames.append(bench.judge(bytes(data)))
        out = await bench.run(frames)
        taken = bench.source.cycles_taken(len(frames))
        total = sum(beats(len(frame.data)) for frame in frames)
        assert taken[-1][1] - taken[0][0] + 1 == total
        assert out[-1].last_cycle - out[0].first_cycle + 1 == total


@cocotb.test()
async def latency(dut: Any) -> None:
    """Last beat in to first beat out of frames that have the engine for themselves, right or wrong: one number a kind.

    GMAC waits for one AES block (A + 20 with a lookup of 4 cycles), GCM for the one of its trailer as well, or for two
    (A + 21, A + 22).
    """
    bench = Bench(dut)
    await bench.start()
    extra = int(dut.EXTRA_REGISTERS.value)
    hash_delay = HASH_DELAY + EXTRA_HASH_DELAY * extra
    gcm = hash_delay + AES_LATENCY + 6 + EXTRA_GCM * extra
    for number in range(40):
        index = number % 8
        pad_length = random.randrange(16) if number % 3 else None
        data = bytearray(bench.wire(index, random.randrange(100), pad_length=pad_length))
        if number % 5 == 0:
            data[-1] ^= 1
        frame = bench.judge(bytes(data)) if number % 7 else bench.judge(random.randbytes(70))
        (out,) = await bench.run([frame])
        if frame.sa is None:
            expected = hash_delay + 5 + EXTRA_NOT_ESP * extra
        elif bench.sas[index].algorithm.gmac:
            expected = gcm - 1
        else:
            parsed = parse_frame(frame.data)
            assert isinstance(parsed, ParsedEsp)
            straddles = (parsed.icv(bench.sas[index].icv_len) - parsed.payload) % 16 == 1
            expected = gcm + straddles
        assert out.first_cycle - bench.source.cycles_taken(1)[0][1] == expected, frame.counter


@cocotb.test()
async def overflow(dut: Any) -> None:
    """The host stalls for ever: whole frames are dropped and counted, the others wait; then everything is as before."""
    bench = Bench(dut)
    await bench.start()
    for longest, count in ((600, 150), (8, 700), (1500, 120)):
        bench.out.clear()
        before = bench.counters()
        dut.hold.value = 1
        if longest == 8:
            # not ESP, one beat: the records run out, not the store
            frames = [bench.judge(number.to_bytes(8, "big")) for number in range(count)]
        else:
            frames = mixed_frames(bench, count, longest)
        await bench.send(frames)
        assert not bench.out
        dut.hold.value = 0
        await bench.send([])
        now = bench.counters()
        counted = {name: now[name] - before[name] for name in COUNTERS}
        bench.check_retired(counted)
        assert counted["frame"] == len(bench.out)
        assert counted["overflow"] == len(frames) - len(bench.out) > 0
        # the store and the records were used before anything was dropped
        kept = sum(beats(len(frame.data)) for frame in bench.out)
        assert kept > STORE_BEATS - 110 if longest != 8 else len(bench.out) >= 252
        # those that came are frames of the stimulus, whole and in order
        position = 0
        for got in bench.out:
            while position < len(frames) and (frames[position].host, frames[position].user) != (got.data, got.user):
                position += 1
            assert position < len(frames), "a frame that was not sent, or out of order"
            position += 1
        assert counted["octets"] == sum(len(frame.data) for frame in bench.out)
        await bench.run(mixed_frames(bench, 20))


@cocotb.test()
async def disabled(dut: Any) -> None:
    """Receive offload off for one IP version: its frames pass, those of the other do not."""
    bench = Bench(dut)
    bench.enabled = {4: False, 6: True}
    await bench.start()
    frames = [bench.judge(bench.wire(index, 30)) for index in range(8)] * 2
    assert {frame.counter for frame in frames} == {"no_sa", "decrypted"}
    await bench.run(frames)


# one simulation each: the transactors are made once
@pytest.mark.parametrize(
    "case", ["mixed_traffic", "every_wrong_bit_of_an_icv", "throughput", "latency", "overflow", "disabled"]
)
@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_esp_receive(sim: str, extra: int, case: str) -> None:
    run_cocotb(
        sim,
        "esp_receive_bench",
        [
            "tests/unit/esp_receive/esp_receive_bench.v",
            "tests/unit/esp_transmit/fixed_sa_table.v",
            *source_closure("esp_receive"),
            *source_closure("axis_source"),
            "tb/hdl/axis_sink.v",
        ],
        "tests.unit.esp_receive.test_esp_receive",
        parameters={"MAX_KEY_BITS": MAX_KEY_BITS, "LOOKUP_LATENCY": LOOKUP_LATENCY, "EXTRA_REGISTERS": extra},
        testcase=case,
    )
