# SPDX-License-Identifier: Apache-2.0
"""Whatever comes: noise, cut and damaged frames, any handle, random register writes, any stall, a host that stops.

After every batch a good frame must still be processed in each direction, and a watch looks through every octet that
left the engine, aborted frames included, for the plaintext of frames that failed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cocotb
import pytest
from cocotb.triggers import ClockCycles

from models.engine import ReferenceEngine
from models.esp import protect
from models.packet import ParsedEsp, esp_frame, parse_frame
from models.sa import Algorithm, SecurityAssociation
from tb import engine_registers as regs
from tb.bench import STATUS_FAILED_HANDLE, STATUS_SENT, EngineBench, RxResult, TxFrame, TxResult
from tb.engine_registers import Opcode
from tb.miniport import Miniport
from tb.sim import SIMULATORS, CocotbTestFailure, run_cocotb, source_closure
from tests.system.common import CRYPTO_DONE_SUCCESS, add, both, mirrored, random_sa, start

MODULE = "tests.system.test_robustness"
PIECE_OCTETS = 8
"""A run of so many octets of a payload is a leak."""
STALL_RATES = (0, 100, 200, 253)
"""Of 256 cycles, for the batches in turn: up to 99 %."""


@dataclass
class Hostile:
    """A frame with what it is made of: ``payload`` is None where nothing about it is confidential."""

    frame: bytes
    handle: int = 0
    tunnel_handle: int = 0
    payload: bytes | None = None


@dataclass
class Watch:
    """Collects every octet of the streams out of the engine."""

    left: list[bytes] = field(default_factory=list)

    def attach(self, bench: EngineBench) -> None:
        """See all frames from now on, as the sinks see them."""
        for sink in (bench.tx_sink, bench.rx_sink):
            sink.add_callback(lambda frame: self.left.append(frame.data))

    def leaks(self, payloads: Iterable[bytes]) -> list[str]:
        """The pieces of ``payloads`` that left."""
        pieces = {p[i : i + PIECE_OCTETS] for p in payloads for i in range(len(p) - PIECE_OCTETS + 1)}
        return [
            f"{data[i : i + PIECE_OCTETS].hex()} at octet {i} of {len(data)}"
            for data in self.left
            for i in range(len(data) - PIECE_OCTETS + 1)
            if data[i : i + PIECE_OCTETS] in pieces
        ]


class Attack:
    """Makes hostile frames around a set of SAs and keeps the reference engine that knows what they deserve."""

    def __init__(self, rng: random.Random, bench: EngineBench, miniport: Miniport) -> None:
        self.rng, self.bench, self.miniport = rng, bench, miniport
        self.reference = ReferenceEngine()
        self.sas: list[tuple[SecurityAssociation, int, int]] = []
        self.number = 0

    async def add_sas(self) -> None:
        """One pair of SAs for each mode that differs in the data path."""
        for fields in (
            {"algorithm": Algorithm.GCM_128, "icv_len": 8},
            {"algorithm": Algorithm.GCM_256, "esn": True, "seq_hi": 3, "ipv6": True},
            {"algorithm": Algorithm.GCM_192, "icv_len": 12, "udp_encapsulation": 1},
            {"algorithm": Algorithm.GMAC_256},
        ):
            sa = random_sa(self.rng, **fields)
            handles = await add(self.miniport, sa), await add(self.miniport, mirrored(sa))
            for which, handle in zip((sa, mirrored(sa)), handles, strict=True):
                self.reference.add_sa(which, handle)
            self.sas.append((sa, *handles))

    def good(self, sa: SecurityAssociation, payload: bytes) -> bytes:
        """ESP-framed plaintext."""
        self.number += 1
        size = 16 if sa.ipv6 else 4
        return esp_frame(
            payload,
            src=b"\x0a" + bytes(size - 2) + b"\1",
            dst=b"\x0a" + bytes(size - 2) + b"\2",
            spi=sa.spi,
            seq=self.number,
            iv=self.number.to_bytes(8, "big"),
            icv_len=sa.icv_len,
            icv=bytes(sa.icv_len),
            udp_encapsulation=sa.udp_encapsulation != 0,
            vlans=self.rng.choice(((), (7,), (0x88A8, 9))),
        )

    def _harm(self, frame: bytes) -> bytes:
        """Cut, flipped, overwritten, or lengthened."""
        rng = self.rng
        kind = rng.randrange(5)
        if kind == 0:
            return frame[: rng.randrange(1, len(frame))]
        if kind == 1:
            return frame + rng.randbytes(rng.randrange(1, 40))
        octets = bytearray(frame)
        if kind == 2:
            at = rng.randrange(12, min(len(octets), 90))
            octets[at : at + 4] = rng.randbytes(4)
            return bytes(octets[: len(frame)])
        for _ in range(1 if kind == 3 else 5):
            octets[rng.randrange(14, len(octets))] ^= 1 << rng.randrange(8)
        return bytes(octets)

    def from_host(self, count: int) -> list[Hostile]:
        """Frames to send. The first one ends long before its packet does, when a part of it has left."""
        rng = self.rng
        hostile: list[Hostile] = []
        while len(hostile) < count:
            sa, inbound, outbound = rng.choice(self.sas)
            payload = rng.randbytes(rng.choice((0, 9, 40, 200, 700)))
            kind = rng.randrange(8)
            if not hostile:
                sa, inbound, outbound = rng.choice(self.sas[:3])
                payload = rng.randbytes(1600)
                frame = self.good(sa, payload)
                hostile.append(Hostile(frame[: rng.randrange(1100, 1500)], outbound, 0, payload))
            elif kind == 0:
                junk = rng.randbytes(rng.choice((1, 2, 15, 16, 17, rng.randrange(1, 300))))
                hostile.append(Hostile(junk, rng.choice((0, outbound, rng.getrandbits(32)))))
            elif kind == 1:
                bad = rng.choice((inbound, outbound ^ 1 << rng.randrange(16, 32), rng.getrandbits(32)))
                hostile.append(Hostile(self.good(sa, payload), bad or 1, 0, payload))
            elif kind == 2:
                hostile.append(Hostile(self.good(sa, payload), outbound, rng.getrandbits(32) | 1, payload))
            elif kind == 3:
                hostile.append(Hostile(self.good(sa, payload), outbound, 0, payload))
            else:
                hostile.append(Hostile(self._harm(self.good(sa, payload)), outbound, 0, payload))
            if sa.algorithm.gmac:
                hostile[-1].payload = None  # GMAC hides nothing
        return hostile

    def from_wire(self, count: int) -> list[Hostile]:
        """Frames from the wire. The first one has a wrong ICV and nothing else."""
        rng = self.rng
        hostile: list[Hostile] = []
        while len(hostile) < count:
            sa, _, _ = rng.choice(self.sas[:3] if not hostile else self.sas)
            payload = rng.randbytes(rng.choice((9, 40, 200, 700)))
            plain = self.good(sa, payload)
            parsed = parse_frame(plain)
            assert isinstance(parsed, ParsedEsp)
            wire = protect(plain, parsed, sa)
            kind = rng.randrange(6)
            if not hostile:
                wire = wire[:-1] + bytes([wire[-1] ^ 1])
            elif kind == 0:
                wire = rng.randbytes(rng.choice((1, 2, 15, 16, 17, rng.randrange(1, 300))))
            elif kind > 1:
                wire = self._harm(wire)
            hostile.append(Hostile(wire, payload=None if sa.algorithm.gmac else payload))
        return hostile

    def judge_sent(self, hostile: Hostile, result: TxResult) -> None:
        """One of two is right: the answer with transmit offload on, or off (registers are written meanwhile)."""
        expected = self.reference.transmit(hostile.frame, hostile.handle, hostile.tunnel_handle)
        if not expected.sent:
            assert result.status != STATUS_SENT, f"sent, but {expected.reason.name}"
        elif result.status == STATUS_SENT:
            assert result.frame == expected.frame
        else:
            assert result.status == STATUS_FAILED_HANDLE and hostile.handle != 0

    def judge_received(self, hostile: Hostile, result: RxResult) -> None:
        """As judge_sent: with receive offload on, or off."""
        expected = self.reference.receive(hostile.frame)
        unchanged = RxResult(hostile.frame, 0, 0, 0)
        full = RxResult(expected.frame, expected.slot1, expected.slot12, expected.handle)
        assert result in (full, unchanged), f"neither {full} nor unchanged: {result}"

    async def write_registers(self, writes: int) -> None:
        """Random words at random addresses, read-only and missing ones too; no command that is one."""
        rng = self.rng
        for _ in range(writes):
            address = rng.choice((4 * rng.randrange(0x400), rng.choice(list(regs.REGISTERS.values())).address))
            value = rng.getrandbits(32)
            if address == regs.COMMAND and value in list(Opcode):
                continue
            await self.bench.registers.write(address, value)
            await self.bench.registers.read(4 * rng.randrange(0x400))

    async def good_frames_work(self) -> None:
        """One frame of each SA in each direction."""
        await self.miniport.set_enables(True, True, True)
        outbound, inbound = [], []
        for sa, _, handle in self.sas:
            frame = self.good(sa, self.rng.randbytes(50))
            outbound.append(Hostile(frame, handle))
            parsed = parse_frame(frame)
            assert isinstance(parsed, ParsedEsp)
            inbound.append(Hostile(protect(frame, parsed, sa)))
        sent, received = await both(
            self.bench, [TxFrame(h.frame, h.handle) for h in outbound], [h.frame for h in inbound]
        )
        for hostile, result in zip(outbound, sent, strict=True):
            assert result.status == STATUS_SENT, "a good frame is not sent any more"
            self.judge_sent(hostile, result)
        for hostile, answer in zip(inbound, received, strict=True):
            assert answer.slot1 == CRYPTO_DONE_SUCCESS, "a good frame is not decrypted any more"
            self.judge_received(hostile, answer)


@cocotb.test()
async def hostile_frames(dut: Any) -> None:
    """Batches of hostile frames and register writes, each with other stalls."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench, miniport = await start(dut)
    attack = Attack(rng, bench, miniport)
    await attack.add_sas()
    watch = Watch()
    watch.attach(bench)
    failures = 0
    for batch in range(int(os.environ["BATCHES"])):
        rate = STALL_RATES[batch % len(STALL_RATES)]
        count = int(os.environ["FRAMES"]) // (8 if rate > 240 else 1)
        bench.set_stalls(rate, rng.randrange(1, 1 << 32))
        watch.left.clear()
        outbound, inbound = attack.from_host(count), attack.from_wire(count)
        writing = cocotb.start_soon(attack.write_registers(count // 2 if batch else 0))
        sent, received = await both(
            bench, [TxFrame(h.frame, h.handle, h.tunnel_handle) for h in outbound], [h.frame for h in inbound]
        )
        await writing
        failed = [h.payload for h, r in zip(outbound, sent, strict=True) if r.status != STATUS_SENT and h.payload]
        failed += [
            h.payload for h, a in zip(inbound, received, strict=True) if a.slot1 != CRYPTO_DONE_SUCCESS and h.payload
        ]
        leaks = watch.leaks(failed)
        assert not leaks, f"plaintext of frames that failed has left: {leaks[:5]}"
        failures += len(failed)
        for hostile, result in zip(outbound, sent, strict=True):
            attack.judge_sent(hostile, result)
        for hostile, answer in zip(inbound, received, strict=True):
            attack.judge_received(hostile, answer)
        bench.set_stalls(0)
        await attack.good_frames_work()
        bench.check()
    dut._log.info("%d confidential frames failed and nothing of them left", failures)


@cocotb.test()
async def host_stops(dut: Any) -> None:
    """The host takes next to nothing: frames are dropped whole and counted, and all is well afterwards."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench, miniport = await start(dut)
    attack = Attack(rng, bench, miniport)
    await attack.add_sas()
    store_beats = (await miniport.identify()).rx_store_octets // 16
    counters = await miniport.counters()
    for octets in (1400, 70, 1):
        beats = octets // 16 + 5
        # more than the store holds, and more than there are records
        count = max(2 * store_beats // beats, 40) if octets > 1 else max(store_beats, 600)
        count = max(count, 330) if octets == 70 else count
        sent: dict[bytes, int] = {}
        while len(sent) < count:
            if octets == 1:
                frame = rng.randbytes(rng.randrange(8, 17))
            else:
                sa = rng.choice(attack.sas)[0]
                plain = attack.good(sa, rng.randbytes(octets - 60))
                parsed = parse_frame(plain)
                assert isinstance(parsed, ParsedEsp)
                frame = protect(plain, parsed, sa)
            sent[frame] = len(sent)
        expected = [attack.reference.receive(frame) for frame in sent]
        by_frame = {answer.frame: index for index, answer in enumerate(expected)}
        bench.rx_sink.set_stall(255, rng.randrange(1, 1 << 32))
        bench.rx_frames.clear()
        arrived = bench.rx_source.frames_taken()
        await bench.rx_source.send_frames((frame, 0) for frame in sent)
        arrived += count
        while bench.rx_source.frames_taken() != arrived:
            await ClockCycles(dut.clk, 200)
        bench.rx_sink.set_stall(0)
        got = -1
        while len(bench.rx_frames) != got:
            got = len(bench.rx_frames)
            await ClockCycles(dut.clk, 400)
        order = []
        for came in bench.rx_frames:
            assert came.data in by_frame, "a frame came out that is none of those that went in"
            order.append(by_frame[came.data])
            answer = expected[order[-1]]
            assert came.user == answer.handle << 64 | answer.slot12 << 32 | answer.slot1
        assert order == sorted(set(order)), "frames out of order or twice"
        before, counters = counters, await miniport.counters()
        overflow = counters["RX_OVERFLOW"] - before["RX_OVERFLOW"]
        assert overflow > 0, f"no overflow with {count} frames of {octets} octets: nothing was tested"
        assert len(order) + overflow == count, f"{len(order)} received, {overflow} dropped, {count} sent"
        assert counters["RX_FRAMES"] - before["RX_FRAMES"] == len(order)
        dut._log.info("%d frames of some %d octets: %d received, %d dropped", count, octets, len(order), overflow)
        bench.rx_frames.clear()
        await attack.good_frames_work()
        counters = await miniport.counters()
    bench.check()


@pytest.mark.parametrize("sim", SIMULATORS)
def test_robustness(sim: str) -> None:
    """Hostile frames, and a host that stops; fewer and with a smaller frame store for Icarus, for its time."""
    verilator = sim == "verilator"
    environment = {"BATCHES": "12", "FRAMES": "160"} if verilator else {"BATCHES": "4", "FRAMES": "16"}
    parameters = {} if verilator else {"SA_COUNT": 16, "RX_STORE_LOG2": 8}
    run_cocotb(sim, "ipsec_bench", None, MODULE, parameters, extra_env=environment)


BROKEN = {
    "frames with a wrong ICV are decrypted": (
        "esp_receive.v",
        "wire decrypt = verdict_verified && verdict_keystream;",
        "wire decrypt = verdict_keystream;",
    ),
    "the end of a cut frame leaves in clear": (
        "esp_transmit.v",
        "xor_data_reg <= keystream_cut ? head_data & ~payload_mask",
        "xor_data_reg <= keystream_cut ? head_data",
    ),
}


@pytest.mark.skipif("icarus" not in SIMULATORS, reason="the broken copies are built for Icarus, which is quick")
@pytest.mark.parametrize("fault", BROKEN)
def test_the_watch_fires(fault: str, tmp_path: Path) -> None:
    """Copies of the RTL with one guard taken out: the watch tells."""
    name, good, bad = BROKEN[fault]
    sources = []
    for path in source_closure("ipsec_bench"):
        if path.name == name:
            text = path.read_text(encoding="utf-8")
            assert text.count(good) == 1, f"{name} has changed: {good}"
            path = tmp_path / name
            path.write_text(text.replace(good, bad), encoding="utf-8")
        sources.append(path)
    with pytest.raises(CocotbTestFailure, match="plaintext of frames that failed has left"):
        run_cocotb(
            "icarus",
            "ipsec_bench",
            sources,
            MODULE,
            {"SA_COUNT": 16},
            testcase="hostile_frames",
            extra_env={"BATCHES": "1", "FRAMES": "2"},
        )
