# SPDX-License-Identifier: Apache-2.0
"""One seed of the regression, inside the simulator: everything at random, everything compared.

In batches: SAs of all kinds take their turns; frames of a host and from the wire run in both directions, most of them
good, the rest wrong in every way that tb.traffic and tb.hostile know; other SAs are added, changed and deleted at the
same time and requests are refused (tb.churn); each batch has its own pattern of idle cycles and back-pressure. Between
batches, sometimes, offloads are switched off and on, or the engine forgets every SA.

Environment: ``JOB_FRAMES`` frames in both directions together, ``JOB_RESULT`` the file for the result. Its ``digest``
is over everything that came out and the clock cycles of every batch: the same for the same seed, frames and build.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from typing import Any

import cocotb

from models.ndis import Abi
from models.packet import ParsedEsp, parse_frame
from tb.bench import RxResult, TxResult
from tb.churn import Churn
from tb.hostile import harmed, noise
from tb.jobs.session import ProgressLines, Session, write_result
from tb.traffic import frames_from_wire, frames_to_send, random_sas
from tb.transactors import FrameSink, FrameSource
from tb.transport import Frame, OwnedSa

SIZES = ((60, 250), (200, 200), (1400, 120), (1400, 120), (9000, 24), (15_800, 8))
"""(octets of a payload at most, frames of a batch for each direction)."""
MOST_REQUESTS = 8
"""Requests of a task that makes them while a batch runs."""
_LONGEST_HARMED = 4000


class _Regression:
    def __init__(self, session: Session, frames: int, rng: random.Random) -> None:
        self.session, self.frames, self.rng = session, frames, rng
        self.churn = Churn(session, rng)
        self.outbound: list[OwnedSa] = []
        self.inbound: list[OwnedSa] = []
        self.done = 0
        self.batches = 0
        self.digest = hashlib.sha256()
        self.progress = ProgressLines(frames)
        session.transport.abi = rng.choice(tuple(Abi))

    async def run(self) -> None:
        """All batches, and the counters at the end; ends early after a mismatch."""
        scoreboard = self.session.scoreboard
        while self.done < self.frames and not scoreboard.mismatches:
            await self._between()
            await self._batch()
        miniport = self.session.miniport
        scoreboard.counters(self.session.reference.statistics, await miniport.counters())
        active = await miniport.sa_active()
        if active != len(self.session.reference.handles):
            scoreboard.mismatch(f"SA_ACTIVE: expected {len(self.session.reference.handles)}, got {active}")
        self.session.bench.check()

    # ---- between batches ---------------------------------------------------------------------------------------

    async def _between(self) -> None:
        """SAs take their turns; sometimes offloads are switched, or every SA is forgotten."""
        rng = self.rng
        if self.batches and rng.random() < 0.04:
            await self._forget_all()
        if rng.random() < 0.1:
            await self.session.transport.enable(*(rng.random() < 0.7 for _ in range(3)))
        else:
            await self.session.transport.enable()
        for owned in [owned for owned in self.churn.parked if rng.random() < 0.5]:
            self.churn.parked.remove(owned)
            (self.inbound if owned.sa.inbound else self.outbound).append(owned)
        for active in (self.outbound, self.inbound):
            for owned in [owned for owned in active if rng.random() < 0.2][: len(active) - 1]:
                active.remove(owned)
                self.churn.parked.append(owned)
        if not self.outbound or not self.inbound:
            full = self.session.identification.sa_count // 2
            await self._first_pairs(rng.choice((full, rng.randrange(1, full + 1))))

    async def _first_pairs(self, count: int) -> None:
        for outbound, inbound, start_seq in random_sas(self.rng, count, self.session.identification.max_key_bits):
            for sa, active in ((outbound, self.outbound), (inbound, self.inbound)):
                owned = await self.churn.add(sa, start_seq)
                if owned is not None:
                    active.append(owned)

    async def _forget_all(self) -> None:
        """The RESET command."""
        session = self.session
        await session.miniport.reset()
        session.reference.reset()
        self.churn.stale += [owned.handle for owned in (*self.outbound, *self.inbound)]
        session.transport.owned.clear()
        for sas in (self.outbound, self.inbound, self.churn.parked):
            sas.clear()
        self.churn.counts["reset"] += 1

    # ---- a batch -----------------------------------------------------------------------------------------------

    async def _batch(self) -> None:
        rng, session = self.rng, self.session
        maximum, most = rng.choice(SIZES)
        most = max(1, int(most / self._stalls()))
        left = self.frames - self.done
        sent = min(rng.randrange(1, most + 1), -(-left // 2))
        received = min(rng.randrange(1, most + 1), max(left - sent, 0))
        host = self._hostile_host(frames_to_send(rng, self.outbound, self.inbound, self.churn.stale, sent, maximum))
        wire = self._hostile_wire(frames_from_wire(rng, self.inbound, received, maximum))
        name = f"batch {self.batches}"
        active = [*self.outbound, *self.inbound]
        requests = [
            cocotb.start_soon(self.churn.work(rng.randrange(1, MOST_REQUESTS + 1), active))
            for _ in range(rng.choice((0, 1, 1, 2)))
        ]
        receiving = cocotb.start_soon(session.transport.receive(f"{name} inbound", wire))
        sent_results = await session.transport.transmit(f"{name} outbound", host)
        received_results = await receiving
        for task in requests:
            await task
        self._note(sent_results, received_results)
        self.batches += 1
        self.done += sent + received
        self.progress.advance(sent + received)

    def _stalls(self) -> float:
        """Another pattern of idle cycles and back-pressure; how many times as long a batch takes."""
        rng, bench = self.rng, self.session.bench
        ports: tuple[FrameSource | FrameSink, ...] = (
            *(bench.tx_source, bench.rx_source),
            *(bench.tx_sink, bench.status_sink, bench.rx_sink),
        )
        kind = rng.randrange(5)
        if kind < 2:
            rates = [0] * len(ports)
        elif kind == 2:
            rates = [rng.randrange(200)] * len(ports)
        elif kind == 3:
            rates = [rng.choice((0, rng.randrange(230))) for _ in ports]
        else:
            rates = [0] * len(ports)
            rates[rng.randrange(len(ports))] = rng.randrange(200, 250)
        for port, rate in zip(ports, rates, strict=True):
            port.set_stall(rate, rng.getrandbits(32))
        return 256 / (256 - max(rates))

    def _hostile_host(self, frames: list[Frame]) -> list[Frame]:
        share = self.rng.choice((0.0, 0.0, 0.1, 0.5))
        return [
            Frame(self._harmed(frame.data), frame.handle, frame.tunnel_handle) if self.rng.random() < share else frame
            for frame in frames
        ]

    def _hostile_wire(self, frames: list[bytes]) -> list[bytes]:
        share = self.rng.choice((0.0, 0.0, 0.1, 0.5))
        return [self._harmed(frame) if self.rng.random() < share else frame for frame in frames]

    def _harmed(self, frame: bytes) -> bytes:
        parsed = parse_frame(frame)
        if isinstance(parsed, ParsedEsp) and parsed.ip_end <= len(frame) <= _LONGEST_HARMED:
            return harmed(self.rng, frame)
        return noise(self.rng)

    def _note(self, sent: list[TxResult], received: list[RxResult]) -> None:
        update = self.digest.update
        for result in sent:
            update(bytes((result.status, result.frame is not None)) + (result.frame or b""))
        for frame in received:
            update(b"%d %d %d " % (frame.slot1, frame.slot12, frame.handle) + frame.frame)
        update(b"%d" % self.session.bench.cycles())

    def result(self, seconds: float) -> dict[str, Any]:
        """What JOB_RESULT holds."""
        scoreboard = self.session.scoreboard
        return {
            "frames": self.done,
            "octets": sum(scoreboard.octets.values()),
            "fates": dict(sorted(scoreboard.fates.items())),
            "requests": dict(sorted(self.churn.counts.items())),
            "updates": self.session.transport.updates,
            "batches": self.batches,
            "cycles": self.session.bench.cycles(),
            "digest": self.digest.hexdigest()[:16],
            "seconds": round(seconds, 3),
            "mismatches": scoreboard.mismatches,
            "texts": scoreboard.texts,
        }


@cocotb.test()
async def regress(dut: Any) -> None:
    """One seed. There is a result after a failure, too."""
    session = await Session.start(dut)
    regression = _Regression(session, int(os.environ["JOB_FRAMES"]), random.Random(cocotb.RANDOM_SEED))
    begin = time.monotonic()
    try:
        await regression.run()
    finally:
        write_result(regression.result(time.monotonic() - begin))
    assert not session.scoreboard.mismatches, session.scoreboard.text()
