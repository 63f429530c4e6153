# SPDX-License-Identifier: Apache-2.0
"""``make interop`` inside the simulator: the host stack above the engine talks to a Linux kernel through ESP.

The command outside (tb.interop) has started the kernel and hands over two descriptors through the socket
``INTEROP_SOCKET``: the kernel's network (one frame in each datagram) and the terminal of tb.interop_guest. The
simulator sleeps in select() while there is nothing to do. ``INTEROP_MATRIX`` is "quick" or "full",
``INTEROP_ONLY`` a part of the names of the shapes wanted; ``INTEROP_FOLDER`` takes the captures, ``JOB_RESULT`` the
result.

Two tasks move the frames, one for each direction; every frame is compared with the reference engine on its way
(tb.transport), and what the kernel thinks of it is in its answers and in /proc/net/xfrm_stat.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import cocotb
from cocotb.triggers import Combine, Event, Timer

from models.packet import MAC_B, PROTOCOL_UDP, ParsedEsp, parse_frame
from models.sa import Algorithm
from tb.bench import RxResult
from tb.captures import LINKTYPE_ETHERNET, write_capture
from tb.host_stack import ETHERTYPE_ARP, PROTOCOL_ICMP, HostStack, Outgoing, SecurePath
from tb.interop_shapes import (
    ESN,
    EVENT_MARK,
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
from tb.jobs.session import Session, job_file, write_result
from tb.transactors import CLOCK_NS
from tb.transport import OwnedSa
from tb.wireshark import write_keys

_IDLE_SECONDS = 0.010
_IDLE_CYCLES = 20
_BUSY_CYCLES = 100
_BATCH_FRAMES = 64
_COMMAND_SECONDS = 60.0
_BOOT_SECONDS = 60.0
_ECHO_SECONDS = 15.0
_ALIVE_SECONDS = 5.0
_LOST_SECONDS = 0.5
_DRAIN_SECONDS = 0.2
_BAD_FRAMES = 3
# of our echoes: none that a protocol analyser knows
_FIRST_PORT, _PORTS = 50000, 10000
_REKEY_FRAMES = 60
_ETHERTYPE_IPV6 = 0x86DD

Fault = Callable[[bytes], list[bytes]]
"""What becomes of an ESP frame on the wire."""


class InteropError(AssertionError):
    """The two ends do not agree, or one of them says nothing."""


@dataclass
class Logged:
    """A frame on the wire, what the host had for it, and when (seconds since the epoch).

    ``intact``: sent by a good SA, unharmed.
    """

    wire: bytes
    host: bytes
    when: float
    intact: bool


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


class Link:
    """The two descriptors, the engine between the network and the host stack, and the tasks that move the frames."""

    def __init__(self, session: Session, network: socket.socket, terminal: socket.socket) -> None:
        self.session = session
        self.network = network
        self.terminal = terminal
        self.stack = HostStack([*OURS.values(), *OURS_INNER.values()], MAC_B)
        self.stack.on_answer = self._on_answer
        self.queue: deque[Outgoing] = deque()
        self.log: list[Logged] = []
        self.problems: list[str] = []
        self.to_them: Fault | None = None
        self.to_us: Fault | None = None
        self.intact = True
        self.wire_frames = 0
        self.wire_octets = 0
        self.rounds = 0
        self.idle_seconds = 0.0
        self.flows: dict[tuple[int, int], Echoes] = {}
        self._answers: dict[int, dict[str, Any]] = {}
        self._number = 0
        self._text = b""
        self._tick = Event()
        self._work = Event()
        self._sending = False
        self._awake = 0
        self._told = time.monotonic()
        self._failed: BaseException | None = None
        network.setblocking(False)
        terminal.setblocking(False)
        cocotb.start_soon(self._guarded(self._receiver()))
        cocotb.start_soon(self._guarded(self._sender()))

    @contextlib.contextmanager
    def awake(self) -> Iterator[None]:
        """The driver is at work: the simulator must not sleep."""
        self._awake += 1
        try:
            yield
        finally:
            self._awake -= 1

    # ---- tasks -------------------------------------------------------------------------------------------------

    async def _guarded(self, task: Any) -> None:
        try:
            await task
        except (AssertionError, OSError, ValueError) as error:
            self._failed = error
            self._ticked()

    def _ticked(self) -> None:
        self._tick.set()
        self._tick.clear()

    async def _receiver(self) -> None:
        while True:
            busy = bool(self.queue) or self._sending or self._awake > 0
            begin = time.monotonic()
            readable, _, _ = select.select([self.network, self.terminal], [], [], 0 if busy else _IDLE_SECONDS)
            if not readable:
                self.idle_seconds += time.monotonic() - begin
            if self.terminal in readable:
                self._listen()
            elif time.monotonic() - self._told > _ALIVE_SECONDS:
                self._tell({"do": "alive"})
            frames = self._arrived() if self.network in readable else []
            if frames:
                for got, wire in zip(await self.session.transport.receive("wire", frames), frames, strict=True):
                    self._received(got, wire)
                self._work.set()
            else:
                await Timer((_BUSY_CYCLES if busy else _IDLE_CYCLES) * CLOCK_NS, "ns")
            self.rounds += 1
            self._ticked()

    def _arrived(self) -> list[bytes]:
        frames: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while len(frames) < _BATCH_FRAMES:
                frame = self.network.recv(1 << 16)
                frames += self.to_us(frame) if self.to_us and _is_esp(frame) else [frame]
        return frames

    def _received(self, got: RxResult, wire: bytes) -> None:
        counted = got.handle != 0
        answers = self.stack.input(got)
        clear = self.stack.clear
        if not counted and not _may_be_clear(wire):
            self.problems.append(f"from the kernel, not for any SA: {wire[:80].hex()}")
        if clear is not None:
            self._check_hidden(clear, wire, got.handle)
        self._record(wire, clear if clear is not None else got.frame, counted, clear is not None)
        self.queue += answers

    async def _sender(self) -> None:
        while True:
            if not self.queue:
                self._sending = False
                self._work.clear()
                await self._work.wait()
                continue
            self._sending = True
            batch = [self.queue.popleft() for _ in range(min(len(self.queue), _BATCH_FRAMES))]
            results = await self.session.transport.transmit("host", [item.frame for item in batch])
            for item, result in zip(batch, results, strict=True):
                if result.frame is None:
                    self.problems.append(f"the engine did not send: status {result.status}")
                    continue
                handle = item.frame.handle
                if handle:
                    self._check_hidden(item.clear, result.frame, handle)
                elif not _may_be_clear(result.frame):
                    self.problems.append(f"left in clear: {result.frame[:80].hex()}")
                fault = self.to_them if handle else None
                for wire in fault(result.frame) if fault else [result.frame]:
                    self._record(wire, item.clear, handle != 0, fault is None)
                    await self._put(wire)

    async def _put(self, frame: bytes) -> None:
        while True:
            try:
                self.network.send(frame)
                return
            except (BlockingIOError, ConnectionRefusedError):
                await Timer(_IDLE_CYCLES * CLOCK_NS, "ns")
                if not select.select([], [self.network], [], _IDLE_SECONDS)[1]:
                    self._check_failed()

    def _record(self, wire: bytes, host: bytes, counted: bool, intact: bool) -> None:
        self.log.append(Logged(wire, host, time.time(), counted and intact and self.intact))
        if counted:
            self.wire_frames += 1
            self.wire_octets += len(wire)

    def _check_hidden(self, clear: bytes, wire: bytes, handle: int) -> None:
        """Of AES-GCM nothing of the payload may be seen on the wire."""
        owned = self.session.transport.owned.get(handle)
        if owned is not None and not owned.sa.algorithm.gmac and len(clear) > 100 and clear[-32:-16] in wire:
            self.problems.append(f"payload in clear on the wire: {wire[:80].hex()}")

    # ---- the guest ---------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        data = self.terminal.recv(1 << 16)
        if not data:
            raise InteropError("the Linux guest has ended")
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            self._answers[answer.pop("id")] = answer

    def _tell(self, command: dict[str, Any]) -> int:
        self._number += 1
        self._told = time.monotonic()
        data = json.dumps({"id": self._number, **command}).encode() + b"\n"
        self.terminal.setblocking(True)
        self.terminal.sendall(data)
        self.terminal.setblocking(False)
        return self._number

    def _check_failed(self) -> None:
        if self._failed is not None:
            raise self._failed

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait for a condition, at most ``seconds`` of wall clock; returns whether it is true."""
        end = time.monotonic() + seconds
        while not condition():
            self._check_failed()
            if time.monotonic() > end:
                return False
            await self._tick.wait()
        return True

    async def booted(self) -> str:
        """Wait for the guest; returns the version of its kernel."""
        if not await self.until(lambda: 0 in self._answers, _BOOT_SECONDS):
            raise InteropError(f"the Linux guest did not come up within {_BOOT_SECONDS:.0f} s")
        answer = self._answers.pop(0)
        if "error" in answer:
            raise InteropError(f"the Linux guest: {answer['error']}")
        return str(answer["kernel"])

    async def command(self, do: str, **arguments: Any) -> dict[str, Any]:
        """A command of tb.interop_guest; returns its answer. InteropError where it fails."""
        number = self._tell({"do": do, **arguments})
        if not await self.until(lambda: number in self._answers, _COMMAND_SECONDS):
            raise InteropError(f"the Linux guest does not answer {do}")
        answer = self._answers.pop(number)
        if "error" in answer or not answer.get("ok", True):
            raise InteropError(f"the Linux guest, {do}: {answer.get('error') or answer.get('text')}")
        return answer

    # ---- echoes of ours ----------------------------------------------------------------------------------------

    def _on_answer(self, protocol: int, identifier: int, sequence: int, payload: bytes) -> None:
        flow = self.flows.get((protocol, identifier))
        if flow is None:
            self.problems.append(f"an answer to nothing of ours: protocol {protocol}, {identifier}")
        else:
            flow.answer(sequence, payload)

    async def echoes(
        self, shape: Shape, protocol: int, payloads: Iterable[bytes], window: int, seconds: float, pace: float = 0.0
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
            self.queue.append(item)
            self._work.set()
        await self.until(lambda: not flow.waiting, seconds)
        return flow.result()

    async def quiet(self) -> None:
        """Until nothing moves any more."""
        frames = -1
        while frames != len(self.log):
            frames = len(self.log)
            await self.pass_rounds(2)
            await self.until(lambda: not self.queue and not self._sending, _ECHO_SECONDS)

    async def pass_frames(self, count: int) -> int:
        """Until so many ESP frames more were on the wire; returns how many there were in the end."""
        begin = self.wire_frames
        await self.until(lambda: self.wire_frames >= begin + count, _ECHO_SECONDS)
        return self.wire_frames - begin

    async def pass_rounds(self, count: int) -> None:
        """Until the receiver has looked at the network so many times."""
        end = self.rounds + count
        await self.until(lambda: self.rounds >= end, _ECHO_SECONDS)


def _is_esp(frame: bytes) -> bool:
    return isinstance(parse_frame(frame), ParsedEsp)


def _may_be_clear(frame: bytes) -> bool:
    """ARP, neighbour discovery and multicast listener reports: all that is not protected here."""
    ethertype = int.from_bytes(frame[12:14], "big")
    if ethertype != _ETHERTYPE_IPV6:
        return ethertype == ETHERTYPE_ARP
    next_header, at = frame[20], 54
    if next_header == 0:
        next_header, at = frame[54], 54 + 8 + 8 * frame[55]
    return next_header == 58 and frame[at] in range(130, 144)


# ---- the parts of the run --------------------------------------------------------------------------------------


class Interop:
    """The whole run: shapes one after the other, then what must fail, then keys that change under traffic."""

    def __init__(self, session: Session, link: Link, rng: random.Random) -> None:
        self.session = session
        self.link = link
        self.rng = rng
        self.spi = rng.randrange(0x1000, 0xF0000000) & ~1
        self.records: list[dict[str, Any]] = []
        self.keys: list[Pair] = []
        self.began = time.monotonic()

    def pair(self, shape: Shape) -> Pair:
        """Fresh keys and SPIs for a shape."""
        self.spi += 2
        pair = make_pair(shape, self.rng, self.spi)
        self.keys.append(pair)
        return pair

    async def offload(self, pair: Pair) -> tuple[OwnedSa, OwnedSa]:
        """Add both SAs to the engine."""
        transport = self.session.transport
        with self.link.awake():
            outbound = await transport.add_sa(pair.outbound, pair.shape.start_seq)
            return outbound, await transport.add_sa(pair.inbound, pair.shape.start_seq)

    async def connect(self, pair: Pair) -> SecurePath:
        """Both ends get the pair, and nothing else."""
        outbound, inbound = await self.offload(pair)
        await self.link.command("ip", batch=setup_lines(pair))
        path = SecurePath(pair.shape.theirs, pair.shape.tunnel, outbound, {inbound.handle: inbound})
        self.link.stack.paths = {path.peer: path}
        return path

    async def counters(self) -> dict[str, int]:
        """The counters of the engine."""
        with self.link.awake():
            return await self.session.miniport.counters()

    async def disconnect(self) -> None:
        """Neither end has an SA any more."""
        await self.link.quiet()
        self.link.stack.paths = {}
        with self.link.awake():
            await self.session.transport.delete_all()

    def event(self, **fields: Any) -> None:
        """Tell the command outside."""
        wall = time.monotonic() - self.began
        fields |= {
            "simulated_ms": round(self.session.bench.cycles() * CLOCK_NS / 1e6, 3),
            "wall_s": round(wall, 2),
            "idle_s": round(self.link.idle_seconds, 2),
            "total_frames": self.link.wire_frames,
            "total_octets": self.link.wire_octets,
        }
        print(EVENT_MARK + json.dumps(fields), flush=True)

    async def case(self, name: str, about: dict[str, Any], body: Callable[[dict[str, Any]], Any]) -> None:
        """Run one part; whatever goes wrong in it is its result, and the next one follows."""
        link = self.link
        record: dict[str, Any] = {"name": name, **about}
        frames, octets, begin = link.wire_frames, link.wire_octets, time.monotonic()
        mismatches = self.session.scoreboard.mismatches
        self.event(begin=name)
        link.problems.clear()
        errors: list[str] = []
        try:
            await body(record)
        except InteropError as error:
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
        self.event(end=record)

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
                    raise InteropError(f"{name}: {flow}")
            times = [flow["rtt_ms"] for flow in flows.values()]
            record["rtt_ms"] = round(sum(times) / len(times), 3)
            await self.expect_kernel(before, {})
            record["updates"] = self.session.transport.updates - updates
            if record["updates"] != (2 if shape.sequence == WRAP else 0):
                raise InteropError(f"{record['updates']} UPDATE_SA in {shape.name}")

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
            raise InteropError(f"the kernel counts {grown or 'nothing'}, expected {expected or 'nothing'}")

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
            engine, host = await self.counters(), stack.counters.copy()
            payloads = [rng.randbytes(rng.randint(16, 1000)) for _ in range(_BAD_FRAMES)]
            sizes = [rng.randint(16, 1000) for _ in range(_BAD_FRAMES)]
            ours = await link.echoes(shape, PROTOCOL_UDP, payloads, _BAD_FRAMES, _LOST_SECONDS)
            await link.quiet()
            theirs = await link.command(
                "shoot", source=_text(shape.theirs), target=_text(shape.ours), lengths=sizes, seed=rng.getrandbits(32)
            )
            await link.quiet()
            counters = await self.counters()
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
                raise InteropError(f"engine {grown}, host {got}; expected {wanted}, {counted}")
            record["kernel_counts"] = 2 * _BAD_FRAMES if kind == "replayed" else _BAD_FRAMES
            record["engine_counts"] = grown
            # and the SAs are as good as before
            link.to_us = link.to_them = None
            if kind != "wrong key":
                flows = await self.both_ways(shape, 4)
                if any(flow["good"] != 4 for flow in flows.values()):
                    raise InteropError(f"afterwards: {flows}")
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
            per_pair: list[int] = []
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

            async def keys() -> None:
                nonlocal running, old, path
                try:
                    for _ in range(times):
                        per_pair.append(await link.pass_frames(_REKEY_FRAMES))
                        new = self.pair(shape)
                        outbound, inbound = await self.offload(new)
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
                finally:
                    running = False
                    await link.command("stop", name="rekey")

            await _together(we_ask(), kernel_asks(), keys())
            record["flows"], record["rekeys"] = flows, len(per_pair)
            lost = sum(flow["lost"] + flow["bad"] for flow in flows.values())
            if lost or len(per_pair) != times:
                raise InteropError(f"{lost} packets lost in {len(per_pair)} rekeys: {flows}")
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

    # ---- files -------------------------------------------------------------------------------------------------

    def write_captures(self) -> dict[int, bool]:
        """Both sides as pcapng and the keys for Wireshark.

        Returns the numbers of the frames Wireshark can decrypt, with whether they have extended sequence numbers.

        Frame n of ``host.pcapng`` is what the host had for frame n of ``wire.pcapng``, the packet without ESP.
        """
        folder = job_file("INTEROP_FOLDER")
        times = [Fraction(int(entry.when * 1e6), 1_000_000) for entry in self.link.log]
        write_capture(folder / "wire.pcapng", LINKTYPE_ETHERNET, [entry.wire for entry in self.link.log], times)
        write_capture(folder / "host.pcapng", LINKTYPE_ETHERNET, [entry.host for entry in self.link.log], times)
        sas = [sa for pair in self.keys for sa in (pair.outbound, pair.inbound)]
        write_keys(folder, sas)
        readable = {sa.spi: sa.esn for sa in sas if not sa.algorithm.gmac}  # Wireshark knows no AES-GMAC
        numbers: dict[int, bool] = {}
        for number, entry in enumerate(self.link.log, start=1):
            parsed = parse_frame(entry.wire)
            if entry.intact and isinstance(parsed, ParsedEsp) and parsed.spi in readable:
                numbers[number] = readable[parsed.spi]
        return numbers


async def _together(*bodies: Any) -> None:
    """Run coroutines at the same time; the first error of any is raised after all have ended."""
    errors: list[BaseException] = []

    async def guarded(body: Any) -> None:
        try:
            await body
        except (InteropError, AssertionError) as error:
            errors.append(error)

    await Combine(*(cocotb.start_soon(guarded(body)) for body in bodies))
    if errors:
        raise errors[0]


def _text(address: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6 if len(address) == 16 else socket.AF_INET, address)


def _corrupt(rng: random.Random, frame: bytes) -> bytes:
    """One wrong bit in IV, payload, trailer or ICV."""
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    at = rng.randrange(parsed.esp + 8, parsed.ip_end)
    return frame[:at] + bytes([frame[at] ^ 1 << rng.randrange(8)]) + frame[at + 1 :]


def _descriptors() -> tuple[socket.socket, socket.socket]:
    """The network and the terminal, from the command outside."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(os.environ["INTEROP_SOCKET"])
        _, descriptors, _, _ = socket.recv_fds(connection, struct.calcsize("B"), 2)
    return socket.socket(fileno=descriptors[0]), socket.socket(fileno=descriptors[1])


@cocotb.test()
async def linux_peer(dut: object) -> None:
    """The matrix, what must fail, and rekeying, against a live kernel."""
    rng = random.Random(cocotb.RANDOM_SEED)
    quick = os.environ["INTEROP_MATRIX"] == "quick"
    network, terminal = _descriptors()
    session = await Session.start(dut)
    link = Link(session, network, terminal)
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
    run.event(kernel=kernel, parts=parts)
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
        numbers = run.write_captures()
    session.scoreboard.counters(session.reference.statistics, await run.counters())
    failed = [record for record in run.records if record["errors"]]
    with contextlib.suppress(OSError):
        terminal.sendall(b'{"id": 0, "do": "off"}\n')
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
            "simulated_ms": round(session.bench.cycles() * CLOCK_NS / 1e6, 3),
            "wall_s": round(time.monotonic() - run.began, 2),
            "idle_s": round(link.idle_seconds, 2),
            "readable": numbers,
        }
    )
    assert not failed and not session.scoreboard.mismatches, f"{len(failed)} of {len(run.records)} parts failed"
