# SPDX-License-Identifier: Apache-2.0
"""``make demo`` inside the simulator: programs behind a TAP device talk to a Linux kernel through ESP and the engine.

Besides the lines of the kernel the command outside (tb.demo) hands over the TAP device, and a pipe that can be read
when the demo is over. ``JOB_RESULT`` takes the result, the rest of the environment is for tb.jobs.peer_link.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Sequence
from typing import Any

import cocotb

from models.packet import MAC_B
from tb.host_stack import SecurePath
from tb.interop_shapes import OURS, OURS_INNER, Pair, demo_shapes, make_pair, network_lines, setup_lines
from tb.jobs.peer_link import Link, PeerError, handed_over
from tb.jobs.session import Session, write_result
from tb.tap_host import TapHost
from tb.transport import OwnedSa

_EVENT_SECONDS = 0.25
_QUEUED_FRAMES = 128
_KEPT_FRAMES = 20_000
_FIRST_SPI = 0x1000


class Demo:
    """The TAP device, the host above the engine, the link to the kernel."""

    def __init__(self, session: Session, network: int, terminal: int, tap: int, stop: int) -> None:
        self.tap = tap
        self.host = TapHost(OURS.values(), OURS_INNER.values(), MAC_B, self._deliver)
        self.link = Link(session, self.host, network, terminal, _KEPT_FRAMES)
        self.ready = self.stopped = False
        self.link.watched[stop] = lambda: self._stop(stop)
        self.sas: list[tuple[Pair, Sequence[OwnedSa]]] = []

    def _stop(self, stop: int) -> None:
        if not self.ready:
            raise PeerError("stopped before it was ready")
        del self.link.watched[stop]
        self.stopped = True

    def _deliver(self, frame: bytes) -> None:
        try:
            os.write(self.tap, frame)
        except OSError:  # the device is down
            self.host.counters["tap_refused"] += 1

    def _take(self) -> None:
        """From the programs, as long as the engine follows; the rest waits in the device, as before any NIC."""
        try:
            while len(self.link.queue) < _QUEUED_FRAMES:
                item = self.host.from_tap(os.read(self.tap, 1 << 16))
                if item is not None:
                    self.link.send(item)
        except BlockingIOError:
            return

    async def start(self) -> None:
        """Keys, SAs and policies on both ends, then the services of the kernel."""
        link = self.link
        kernel = await link.booted()
        await link.command("ip", batch=network_lines())
        for number, shape in enumerate(demo_shapes()):
            pair = make_pair(shape, random.SystemRandom(), _FIRST_SPI + 2 * number)
            outbound, inbound = await link.offload(pair)
            self.host.paths[shape.theirs] = SecurePath(shape.theirs, shape.tunnel, outbound, {inbound.handle: inbound})
            self.sas.append((pair, (outbound, inbound)))
        await link.command("ip", batch=setup_lines(*(pair for pair, _ in self.sas)))
        offer = await link.command("serve")
        link.watched[self.tap] = self._take
        self.ready = True
        link.event(kernel=kernel, ready=True, **offer, **self.seen())

    def seen(self) -> dict[str, Any]:
        """What was on the wire for each SA, and what the host thought of it."""
        link = self.link
        rows = [
            {
                "name": pair.shape.name,
                "direction": direction,
                "spi": owned.sa.spi,
                "frames": link.frames[owned.handle],
                "octets": link.octets[owned.handle],
                "errors": link.errors[owned.handle],
            }
            for pair, both in self.sas
            for direction, owned in zip(("to Linux", "from Linux"), both, strict=True)
        ]
        return {"sas": rows, "host": dict(sorted(self.host.counters.items()))}

    async def run(self) -> None:
        """Until somebody outside says stop."""
        while not await self.link.until(lambda: self.stopped, _EVENT_SECONDS):
            self.link.event(**self.seen())
        del self.link.watched[self.tap]
        await self.link.close()


@cocotb.test()
async def demo(dut: object) -> None:
    """Frames both ways until the stop, each of them compared with the reference engine; at last all counters."""
    # Ctrl-C on the terminal goes to every process; the command outside says when it is over
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    session = await Session.start(dut)
    run = Demo(session, *handed_over(4))
    link, scoreboard = run.link, session.scoreboard
    await run.start()
    await run.run()
    scoreboard.counters(session.reference.statistics, await link.counters())
    link.write_captures(pair for pair, _ in run.sas)
    link.off()
    write_result(
        {
            "frames": link.wire_frames,
            "octets": link.wire_octets,
            "mismatches": scoreboard.mismatches,
            "text": scoreboard.text(),
            "problems": list(link.problems),
            **run.seen(),
            **link.clocks(),
        }
    )
    assert not scoreboard.mismatches and not link.problems, "the engine, the host or the kernel did what it must not"
