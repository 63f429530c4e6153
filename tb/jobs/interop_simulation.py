# SPDX-License-Identifier: Apache-2.0
"""``make interop`` inside the simulator: the host stack above the engine talks to a Linux kernel through ESP.

``INTEROP_MATRIX`` is "quick" or "full", ``INTEROP_ONLY`` a part of the names of the shapes wanted; ``JOB_RESULT`` takes
the result, the rest of the environment is for tb.jobs.peer_link. Every frame is compared with the reference engine on
its way, and what the kernel thinks of it is in its answers and in /proc/net/xfrm_stat.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import cocotb
from cocotb.triggers import Combine

from models.packet import MAC_B, PROTOCOL_UDP, ParsedEsp, parse_frame
from models.sa import Algorithm
from tb.host_stack import PROTOCOL_ICMP, HostStack, SecurePath
from tb.interop_shapes import (
    ESN,
    OURS,
    OURS_INNER,
    PLAIN,
    WRAP,
    Pair,
    Shape,
    full_matrix,
    lengths,
    make_pair,
    network_lines,
    quick_matrix,
    setup_lines,
    state_delete_line,
    state_line,
)
from tb.jobs.peer_link import Link, PeerError, handed_over
from tb.jobs.session import Session, write_result
from tb.transport import OwnedSa

_ECHO_SECONDS = 15.0
_LOST_SECONDS = 0.5
_DRAIN_SECONDS = 0.2
_BAD_FRAMES = 3
# of our echoes: none that a protocol analyser knows
_FIRST_PORT, _PORTS = 50000, 10000
_REKEY_FRAMES = 30


@dataclass
class Echoes:
    """Echo requests of ours on their way. Of UDP the payload tells the answers apart."""

    protocol: int
    identifier: int
    waiting: dict[bytes | int, tuple[bytes, float]] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    good: int = 0
    bad: int = 0

    def answer(self, sequence: int, payload: bytes) -> None:
        """An answer has come."""
        sent = self.waiting.pop(payload if self.protocol == PROTOCOL_UDP else sequence, None)
        if sent is None or sent[0] != payload:
            self.bad += 1
        else:
            self.good += 1
            self.times.append(time.monotonic() - sent[1])

    def result(self) -> dict[str, Any]:
        """In the form of tb.interop_guest."""
        times = [1000 * value for value in self.times] or [0.0]
        return {
            "sent": self.good + self.bad + len(self.waiting),
            "good": self.good,
            "bad": self.bad,
            "lost": len(self.waiting),
            "rtt_ms": round(sum(times) / len(times), 3),
            "rtt_max_ms": round(max(times), 3),
        }


class EchoLink(Link):
    """A link whose host asks the kernel for echoes."""

    def __init__(self, session: Session, network: int, terminal: int) -> None:
        super().__init__(session, HostStack([*OURS.values(), *OURS_INNER.values()], MAC_B), network, terminal)
        self.stack.on_answer = self._on_answer
        self.flows: dict[tuple[int, int], Echoes] = {}

    def _on_answer(self, protocol: int, identifier: int, sequence: int, payload: bytes) -> None:
        flow = self.flows.get((protocol, identifier))
        if flow is None:
            self.problems.append(f"an answer to nothing of ours: protocol {protocol}, {identifier}")
        else:
            flow.answer(sequence, payload)

    async def echoes(
        self, shape: Shape, protocol: int, payloads: Iterable[bytes], window: int, seconds: float
    ) -> dict[str, Any]:
        """Ask the kernel for echoes, ``window`` on the way at a time; the last answers may take ``seconds``."""
        identifier = _FIRST_PORT + len(self.flows) % _PORTS
        while (protocol, identifier) in self.flows:
            identifier += 1
        flow = self.flows[protocol, identifier] = Echoes(protocol, identifier)
        for sequence, payload in enumerate(payloads):
            key: bytes | int = payload if protocol == PROTOCOL_UDP else sequence & 0xFFFF

            def room(key: bytes | int = key) -> bool:
                return len(flow.waiting) < window and key not in flow.waiting

            if not await self.until(room, seconds):
                break
            flow.waiting[key] = (payload, time.monotonic())
            if protocol == PROTOCOL_UDP:
                item = self.stack.udp_echo(shape.ours, shape.theirs, identifier, payload)
            else:
                item = self.stack.ping(shape.ours, shape.theirs, identifier, sequence & 0xFFFF, payload)
            self.send(item)
        await self.until(lambda: not flow.waiting, seconds)
        return flow.result()


# ---- the parts of the run --------------------------------------------------------------------------------------


class Interop:
    """The whole run: shapes one after the other, then what must fail, then keys that change under traffic."""

    def __init__(self, session: Session, link: EchoLink, rng: random.Random) -> None:
        self.session = session
        self.link = link
        self.rng = rng
        self.spi = rng.randrange(0x1000, 0xF0000000) & ~1
        self.records: list[dict[str, Any]] = []
        self.keys: list[Pair] = []

    def pair(self, shape: Shape) -> Pair:
        """Fresh keys and SPIs for a shape."""
        self.spi += 2
        pair = make_pair(shape, self.rng, self.spi)
        self.keys.append(pair)
        return pair

    async def connect(self, pair: Pair) -> SecurePath:
        """Both ends get the pair, and nothing else."""
        outbound, inbound = await self.link.offload(pair)
        await self.link.command("ip", batch=setup_lines(pair))
        path = SecurePath(pair.shape.theirs, pair.shape.tunnel, outbound, {inbound.handle: inbound})
        self.link.stack.paths = {path.peer: path}
        return path

    async def disconnect(self) -> None:
        """Neither end has an SA any more."""
        await self.link.quiet()
        self.link.stack.paths = {}
        with self.link.awake():
            await self.session.transport.delete_all()

    async def case(self, name: str, about: dict[str, Any], body: Callable[[dict[str, Any]], Any]) -> None:
        """Run one part; whatever goes wrong in it is its result, and the next one follows."""
        link = self.link
        record: dict[str, Any] = {"name": name, **about}
        frames, octets, begin = link.wire_frames, link.wire_octets, time.monotonic()
        mismatches = self.session.scoreboard.mismatches
        link.event(begin=name)
        link.problems.clear()
        errors: list[str] = []
        try:
            await body(record)
        except PeerError as error:
            errors.append(str(error))
        try:
            await self.disconnect()
        finally:
            link.to_them = link.to_us = None
            link.intact = True
        errors += link.problems
        if self.session.scoreboard.mismatches != mismatches:
            errors.append("the engine differs from the reference engine")
        record |= {
            "frames": link.wire_frames - frames,
            "octets": link.wire_octets - octets,
            "seconds": round(time.monotonic() - begin, 3),
            "errors": errors,
        }
        self.records.append(record)
        link.event(end=record)

    # ---- one shape ---------------------------------------------------------------------------------------------

    async def shape(self, shape: Shape, count: int) -> None:
        """Echoes of both kinds in both directions at the same time, every payload compared."""

        async def body(record: dict[str, Any]) -> None:
            link = self.link
            updates = self.session.transport.updates
            await self.connect(self.pair(shape))
            before = await link.command("statistics")
            flows = await self.both_ways(shape, count)
            record["flows"] = flows
            for name, flow in flows.items():
                if flow["bad"] or flow["lost"] or flow["good"] != count:
                    raise PeerError(f"{name}: {flow}")
            times = [flow["rtt_ms"] for flow in flows.values()]
            record["rtt_ms"] = round(sum(times) / len(times), 3)
            await self.expect_kernel(before, {})
            record["updates"] = self.session.transport.updates - updates
            if record["updates"] != (2 if shape.sequence == WRAP else 0):
                raise PeerError(f"{record['updates']} UPDATE_SA in {shape.name}")

        about = {"kind": "shape", "cipher": shape.cipher, "path": shape.path, "sequence": shape.sequence}
        await self.case(shape.name, about | {"jumbo": shape.jumbo}, body)

    async def both_ways(self, shape: Shape, count: int) -> dict[str, dict[str, Any]]:
        """Four flows of ``count`` echoes at the same time; returns what became of each."""
        link, rng = self.link, self.rng
        theirs, ours = _text(shape.theirs), _text(shape.ours)
        flows: dict[str, dict[str, Any]] = {}

        async def kernel_asks(kind: str) -> None:
            flows[f"kernel {kind}"] = await link.command(
                "echo",
                kind=kind,
                source=theirs,
                target=ours,
                lengths=lengths(rng, shape, count),
                seed=rng.getrandbits(32),
                window=4,
                seconds=_ECHO_SECONDS,
            )

        async def we_ask(kind: str, protocol: int) -> None:
            payloads = [rng.randbytes(length) for length in lengths(rng, shape, count)]
            flows[f"engine {kind}"] = await link.echoes(shape, protocol, payloads, 4, _ECHO_SECONDS)

        await _together(
            kernel_asks("icmp"), kernel_asks("udp"), we_ask("icmp", PROTOCOL_ICMP), we_ask("udp", PROTOCOL_UDP)
        )
        return dict(sorted(flows.items()))

    async def expect_kernel(self, before: dict[str, Any], expected: dict[str, int]) -> None:
        """The counters of /proc/net/xfrm_stat went up by this since ``before``, and no other did."""
        after = await self.link.command("statistics")
        grown = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
        if grown != expected:
            raise PeerError(f"the kernel counts {grown or 'nothing'}, expected {expected or 'nothing'}")

    # ---- what must fail ----------------------------------------------------------------------------------------

    async def refused(self, kind: str, shape: Shape) -> None:
        """A wrong key, corrupted or replayed packets: both ends count the same."""
        link, rng, stack = self.link, self.rng, self.link.stack

        async def body(record: dict[str, Any]) -> None:
            link.intact = False
            pair = self.pair(shape)
            await self.connect(pair)
            if kind == "wrong key":
                keys = [rng.randbytes(len(pair.outbound.key)) for _ in range(2)]
                lines = ["xfrm state flush"]
                lines += [
                    state_line(shape, sa, key) for sa, key in zip((pair.outbound, pair.inbound), keys, strict=True)
                ]
                await link.command("ip", batch="\n".join(lines))
            elif kind == "corrupted":
                link.to_us = link.to_them = lambda frame: [_corrupt(rng, frame)]
            else:
                link.to_us = link.to_them = lambda frame: [frame, frame]
            kernel = await link.command("statistics")
            engine, host = await link.counters(), stack.counters.copy()
            payloads = [rng.randbytes(rng.randint(16, 1000)) for _ in range(_BAD_FRAMES)]
            sizes = [rng.randint(16, 1000) for _ in range(_BAD_FRAMES)]
            ours = await link.echoes(shape, PROTOCOL_UDP, payloads, _BAD_FRAMES, _LOST_SECONDS)
            await link.quiet()
            theirs = await link.command(
                "shoot", source=_text(shape.theirs), target=_text(shape.ours), lengths=sizes, seed=rng.getrandbits(32)
            )
            await link.quiet()
            counters = await link.counters()
            grown = {
                name: counters[name] - engine[name] for name in ("RX_DECRYPTED", "RX_ICV_FAILED", "RX_SYNTAX_FAILED")
            }
            host = stack.counters - host
            if kind == "replayed":
                # in each direction the requests of one end and the answers to the other, all of them twice
                await self.expect_kernel(kernel, {"XfrmInStateSeqError": 2 * _BAD_FRAMES})
                wanted = {"RX_DECRYPTED": 4 * _BAD_FRAMES, "RX_ICV_FAILED": 0, "RX_SYNTAX_FAILED": 0}
                counted = {"replayed": 2 * _BAD_FRAMES, "good": 2 * _BAD_FRAMES}
            else:
                await self.expect_kernel(kernel, {"XfrmInStateProtoError": _BAD_FRAMES})
                wanted = {"RX_DECRYPTED": 0, "RX_ICV_FAILED": _BAD_FRAMES, "RX_SYNTAX_FAILED": 0}
                counted = {"icv_failed": _BAD_FRAMES, "lost": 2 * _BAD_FRAMES}
            host["good"], host["lost"] = ours["good"] + theirs["good"], ours["lost"] + theirs["lost"]
            got = {name: host[name] for name in counted}
            if grown != wanted or got != counted:
                raise PeerError(f"engine {grown}, host {got}; expected {wanted}, {counted}")
            record["kernel_counts"] = 2 * _BAD_FRAMES if kind == "replayed" else _BAD_FRAMES
            record["engine_counts"] = grown
            # and the SAs are as good as before
            link.to_us = link.to_them = None
            if kind != "wrong key":
                flows = await self.both_ways(shape, 4)
                if any(flow["good"] != 4 for flow in flows.values()):
                    raise PeerError(f"afterwards: {flows}")
                record["rtt_ms"] = round(sum(flow["rtt_ms"] for flow in flows.values()) / len(flows), 3)

        about = {"kind": kind, "cipher": shape.cipher, "path": shape.path, "sequence": shape.sequence, "jumbo": False}
        await self.case(f"{kind}: {shape.name}", about, body)

    # ---- rekey -------------------------------------------------------------------------------------------------

    async def rekey(self, shape: Shape, times: int) -> None:
        """New SAs while traffic runs both ways, ``times`` times; no packet may be lost."""
        link, rng, transport = self.link, self.rng, self.session.transport

        async def body(record: dict[str, Any]) -> None:
            old = self.pair(shape)
            path = await self.connect(old)
            kernel = await link.command("statistics")
            running = True
            rekeys = 0
            flows: dict[str, dict[str, Any]] = {}

            def payloads() -> Iterable[bytes]:
                while running:
                    yield rng.randbytes(rng.randint(64, 1400))

            async def we_ask() -> None:
                flows["engine udp"] = await link.echoes(shape, PROTOCOL_UDP, payloads(), 6, _ECHO_SECONDS)

            async def kernel_asks() -> None:
                flows["kernel udp"] = await link.command(
                    "stream",
                    name="rekey",
                    kind="udp",
                    source=_text(shape.theirs),
                    target=_text(shape.ours),
                    seed=rng.getrandbits(32),
                    window=6,
                    low=64,
                    high=1400,
                )

            async def carried() -> None:
                """Until both SAs of the pair in use have carried traffic."""
                handles = [path.outbound.handle, *path.inbound]
                if not await link.until(
                    lambda: min(link.frames[handle] for handle in handles) >= _REKEY_FRAMES, _ECHO_SECONDS
                ):
                    raise PeerError(f"{[link.frames[handle] for handle in handles]} frames after {rekeys} rekeys")

            async def keys() -> None:
                nonlocal running, rekeys, old
                try:
                    for _ in range(times):
                        await carried()
                        new = self.pair(shape)
                        outbound, inbound = await link.offload(new)
                        path.inbound[inbound.handle] = inbound
                        # the kernel takes both, and sends with the new one as soon as the old one is away
                        lines = [state_line(shape, new.outbound), state_line(shape, new.inbound)]
                        await link.command("ip", batch="\n".join([*lines, state_delete_line(old.inbound)]))
                        previous_out, path.outbound = path.outbound, outbound
                        previous_in = next(sa for handle, sa in path.inbound.items() if handle != inbound.handle)
                        # what was built or sent with the old pair has to arrive
                        await self.drained(previous_out)
                        with link.awake():
                            await transport.delete_sa(previous_out)
                            await transport.delete_sa(previous_in)
                        del path.inbound[previous_in.handle]
                        path.windows.pop(previous_in.handle, None)
                        await link.command("ip", batch=state_delete_line(old.outbound))
                        old = new
                        rekeys += 1
                    await carried()
                finally:
                    running = False
                    await link.command("stop", name="rekey")

            await _together(we_ask(), kernel_asks(), keys())
            record["flows"], record["rekeys"] = flows, rekeys
            lost = sum(flow["lost"] + flow["bad"] for flow in flows.values())
            if lost or not all(flow["good"] for flow in flows.values()):
                raise PeerError(f"{lost} packets lost in {rekeys} rekeys: {flows}")
            record["rtt_ms"] = round(sum(flow["rtt_ms"] for flow in flows.values()) / len(flows), 3)
            await self.expect_kernel(kernel, {})

        about = {
            "kind": "rekey",
            "cipher": shape.cipher,
            "path": shape.path,
            "sequence": shape.sequence,
            "jumbo": False,
        }
        await self.case(f"rekey under traffic: {shape.name}", about, body)

    async def drained(self, owned: OwnedSa) -> None:
        """Until every frame of an outbound SA has left, and those of the other end's old SA have come for sure."""
        link = self.link
        end = time.monotonic() + _DRAIN_SECONDS
        await link.until(lambda: time.monotonic() > end, _ECHO_SECONDS)
        await link.until(lambda: all(item.frame.handle != owned.handle for item in link.queue), _ECHO_SECONDS)
        await link.pass_rounds(10)


async def _together(*bodies: Any) -> None:
    """Run coroutines at the same time; the first error of any is raised after all have ended."""
    errors: list[BaseException] = []

    async def guarded(body: Any) -> None:
        try:
            await body
        except AssertionError as error:
            errors.append(error)

    await Combine(*(cocotb.start_soon(guarded(body)) for body in bodies))
    if errors:
        raise errors[0]


def _text(address: bytes) -> str:
    return str(ip_address(address))


def _corrupt(rng: random.Random, frame: bytes) -> bytes:
    """One wrong bit in IV, payload, trailer or ICV."""
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    at = rng.randrange(parsed.esp + 8, parsed.ip_end)
    return frame[:at] + bytes([frame[at] ^ 1 << rng.randrange(8)]) + frame[at + 1 :]


@cocotb.test()
async def linux_peer(dut: object) -> None:
    """The matrix, what must fail, and rekeying, against a live kernel."""
    rng = random.Random(cocotb.RANDOM_SEED)
    quick = os.environ["INTEROP_MATRIX"] == "quick"
    session = await Session.start(dut)
    link = EchoLink(session, *handed_over(2))
    kernel = await link.booted()
    run = Interop(session, link, rng)
    only = os.environ["INTEROP_ONLY"]
    shapes = [shape for shape in (quick_matrix() if quick else full_matrix()) if only in shape.name]
    gcm, gmac = Algorithm.GCM_256, Algorithm.GMAC_128
    failing = [Shape(gcm, 16, True, 4, 4)]
    rekeyed = [Shape(gcm, 16, True, 4, 4)]
    if not quick:
        failing += [
            Shape(Algorithm.GCM_128, 8, False, 6, 6, sequence=ESN),
            Shape(gmac, 16, True, 6, 4, sequence=PLAIN),
            Shape(Algorithm.GCM_192, 12, False, 4, 4, udp=True, sequence=ESN),
        ]
        rekeyed += [Shape(Algorithm.GCM_128, 12, False, 6, 6, sequence=ESN), Shape(gmac, 16, True, 4, 6, udp=True)]
    failing = [shape for shape in failing if only in shape.name]
    rekeyed = [shape for shape in rekeyed if only in shape.name]
    kinds = ("wrong key", "corrupted", "replayed")
    parts = len(shapes) + len(kinds) * len(failing) + len(rekeyed)
    link.event(kernel=kernel, parts=parts)
    numbers: dict[int, bool] = {}
    try:
        await link.command("ip", batch=network_lines())
        for shape in shapes:
            await run.shape(shape, 5 if shape.jumbo else 4 if not quick else 12)
        for shape in failing:
            for kind in kinds:
                await run.refused(kind, shape)
        for shape in rekeyed:
            await run.rekey(shape, 2 if quick else 4)
    finally:
        numbers = link.write_captures(run.keys)
    session.scoreboard.counters(session.reference.statistics, await link.counters())
    failed = [record for record in run.records if record["errors"]]
    link.off()
    write_result(
        {
            "kernel": kernel,
            "matrix": os.environ["INTEROP_MATRIX"],
            "records": run.records,
            "failed": len(failed),
            "frames": link.wire_frames,
            "octets": link.wire_octets,
            "sas_added": session.transport.sas_added,
            "updates": session.transport.updates,
            "mismatches": session.scoreboard.mismatches,
            "text": session.scoreboard.text(),
            "fates": dict(sorted(session.scoreboard.fates.items())),
            "host": dict(sorted(link.stack.counters.items())),
            **link.clocks(),
            "readable": numbers,
        }
    )
    assert not failed and not session.scoreboard.mismatches, f"{len(failed)} of {len(run.records)} parts failed"
