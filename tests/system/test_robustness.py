# SPDX-License-Identifier: Apache-2.0
"""Whatever comes: noise, cut, glued and damaged frames, any handle, register writes, any stall, a host that stops.

Behind every hostile frame comes a good one, which must be processed as if nothing had been. All frames are compared
with the reference engine, and a watch looks for plaintext in what leaves of frames that are aborted.
"""

from __future__ import annotations

import os
import random
from typing import Any

import cocotb
import pytest
from cocotb.triggers import ClockCycles

from models.engine import TransmitReason
from models.sa import Algorithm, Direction, SecurityAssociation
from tb import engine_registers as regs
from tb.bench import TxFrame
from tb.hostile import harmed, noise
from tb.jobs.session import Session
from tb.sim import SIMULATORS, run_cocotb
from tb.transport import OwnedSa, Run, build_frame, wire_frame

MODULE = "tests.system.test_robustness"
STALL_RATES = (0, 100, 0, 200, 0, 253)
"""Of 256 cycles, for the batches in turn: up to 99 %."""
BATCH_FRAMES = 400
"""Hostile frames of a batch in each direction; fewer where stalls make the frames slow."""
HOSTILE_FRAMES = {"verilator": 16_000, "icarus": 120}
"""Of one simulation, in both directions together."""
PARTS = {"verilator": 2, "icarus": 1}
"""Simulations, each with other frames: 200,000 hostile frames in all."""


class Attack:
    """Makes hostile frames around a set of SAs, each followed by a good one."""

    def __init__(self, rng: random.Random, session: Session) -> None:
        self.rng, self.session = rng, session
        self.outbound: list[OwnedSa] = []
        self.inbound: list[OwnedSa] = []

    async def add_sas(self) -> None:
        """One pair of SAs for each mode that differs in the data path."""
        rng = self.rng
        for algorithm, icv_len, fields in (
            (Algorithm.GCM_128, 8, {}),
            (Algorithm.GCM_256, 16, {"esn": True, "seq_hi": 3, "ipv6": True}),
            (Algorithm.GCM_192, 12, {"udp_encapsulation": 1}),
            (Algorithm.GMAC_256, 16, {}),
        ):
            spi = rng.randrange(256, 1 << 31)
            for direction, owned in ((Direction.OUTBOUND, self.outbound), (Direction.INBOUND, self.inbound)):
                key, salt = rng.randbytes(algorithm.key_octets), rng.randbytes(4)
                arguments: dict[str, Any] = {"spi": spi, "key": key, "salt": salt, "icv_len": icv_len} | fields
                sa = SecurityAssociation(direction, algorithm, **arguments)
                owned.append(await self.session.transport.add_sa(sa, sa.seq_hi << 32 | 1))

    def _payload(self) -> bytes:
        return self.rng.randbytes(self.rng.choice((0, 1, 9, 30, 40, 60, 200)))

    def _layers(self) -> dict[str, Any]:
        return {"vlans": self.rng.choice(((), (), (7,), (0x88A8, 9)))}

    def from_host(self, count: int) -> Run:
        """``count`` hostile frames and as many good ones."""
        rng, run = self.rng, Run(0)
        for number in range(count):
            owned = rng.choice(self.outbound)
            kind = rng.randrange(8)
            handle, tunnel_handle = owned.handle, 0
            if number % 40 == 0:
                # long enough that a part of it has left when its end is missed
                data = build_frame(owned, rng.randbytes(1600))[: rng.randrange(1100, 1500)]
            elif kind == 0:
                data, handle = noise(rng), rng.choice((0, handle, rng.getrandbits(32)))
            else:
                data = build_frame(owned, self._payload(), **self._layers())
                if kind == 1:
                    wrong = (
                        handle ^ 1 << rng.randrange(16, 32),
                        rng.choice(self.inbound).handle,
                        rng.getrandbits(32) | 1,
                    )
                    handle = rng.choice(wrong)
                elif kind == 2:
                    tunnel_handle = rng.getrandbits(32) | 1
                elif kind == 3:
                    handle = rng.choice(self.outbound).handle
                else:
                    data = harmed(rng, data)
            self._plan(run, TxFrame(data, handle, tunnel_handle))
            owned = rng.choice(self.outbound)
            good = TxFrame(build_frame(owned, self._payload(), **self._layers()), owned.handle)
            assert self._plan(run, good) is TransmitReason.PROTECTED
        return run

    def _plan(self, run: Run, frame: TxFrame) -> TransmitReason:
        run.transmit.append(frame)
        run.sent.append(self.session.reference.transmit(frame.data, frame.handle, frame.tunnel_handle))
        return run.sent[-1].reason

    def from_wire(self, count: int) -> Run:
        """``count`` hostile frames and as many good ones."""
        rng, run = self.rng, Run(0)
        reference = self.session.reference
        for _ in range(count):
            if rng.randrange(6) == 0:
                hostile = noise(rng)
            else:
                hostile = harmed(rng, wire_frame(rng.choice(self.inbound), self._payload(), **self._layers()))
            good = wire_frame(rng.choice(self.inbound), self._payload(), **self._layers())
            run.receive += [hostile, good]
            run.received += [reference.receive(hostile), reference.receive(good)]
            assert run.received[-1].slot12, "the good frame is not good"
        return run

    async def write_registers(self, writes: int) -> None:
        """Random words at random addresses, read-only and missing ones too, reads between; no command, no reset."""
        rng, registers = self.rng, self.session.bench.registers
        spared = (regs.COMMAND, regs.CONTROL)
        known = [register.address for register in regs.REGISTERS.values()]
        for _ in range(writes):
            address = rng.choice((4 * rng.randrange(0x400), rng.choice(known)))
            if address not in spared:
                await registers.write(address, rng.getrandbits(32))
            await registers.read(4 * rng.randrange(0x400))


@cocotb.test()
async def hostile_frames(dut: Any) -> None:
    """Batches of hostile frames and register writes, each with other stalls."""
    rng = random.Random(f"{cocotb.RANDOM_SEED} {os.environ['PART']}")
    session = await Session.start(dut)
    attack = Attack(rng, session)
    await attack.add_sas()
    left = int(os.environ["HOSTILE_FRAMES"])
    batch = 0
    while left > 0:
        rate = STALL_RATES[batch % len(STALL_RATES)]
        count = min(BATCH_FRAMES // (10 if rate > 240 else 1), -(-left // 2))
        session.bench.set_stalls(rate, rng.randrange(1, 1 << 32))
        name = f"batch {batch}"
        host, wire = attack.from_host(count), attack.from_wire(count)
        writing = cocotb.start_soon(attack.write_registers(10))
        receiving = cocotb.start_soon(session.transport.receive_run(name, wire))
        await session.transport.transmit_run(name, host)
        await receiving
        await writing
        assert not session.scoreboard.mismatches, session.scoreboard.text()
        left -= 2 * count
        batch += 1
    session.scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    assert not session.scoreboard.mismatches, session.scoreboard.text()
    session.bench.check()
    dut._log.info("%s in %d cycles", dict(session.scoreboard.fates), session.bench.cycles())


@cocotb.test()
async def host_stops(dut: Any) -> None:
    """The host takes next to nothing: frames are dropped whole and counted, and all is well afterwards."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    bench, miniport, reference = session.bench, session.miniport, session.reference
    attack = Attack(rng, session)
    await attack.add_sas()
    store_beats = session.identification.rx_store_octets // 16
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
                frame = wire_frame(rng.choice(attack.inbound), rng.randbytes(octets - 60))
            sent[frame] = len(sent)
        expected = [reference.receive(frame) for frame in sent]
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
        await session.transport.transmit_run(f"after {octets}", attack.from_host(20))
        await session.transport.receive_run(f"after {octets}", attack.from_wire(20))
        assert not session.scoreboard.mismatches, session.scoreboard.text()
        counters = await miniport.counters()
    bench.check()


def _run(sim: str, case: str, part: int = 0) -> None:
    # fewer frames and a smaller frame store for Icarus, for its time
    parameters = {} if sim == "verilator" else {"SA_COUNT": 16, "RX_STORE_LOG2": 8}
    environment = {"HOSTILE_FRAMES": str(HOSTILE_FRAMES[sim]), "PART": str(part)}
    run_cocotb(sim, "ipsec_bench", None, MODULE, parameters, testcase=case, extra_env=environment)


@pytest.mark.parametrize(("sim", "part"), [(sim, part) for sim in SIMULATORS for part in range(PARTS[sim])])
def test_hostile_frames(sim: str, part: int) -> None:
    """Frames that could wedge the engine, each followed by a good one."""
    _run(sim, "hostile_frames", part)


@pytest.mark.parametrize("sim", SIMULATORS)
def test_host_stops(sim: str) -> None:
    """The receive storage overflows and recovers."""
    _run(sim, "host_stops")
