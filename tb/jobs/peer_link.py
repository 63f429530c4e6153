# SPDX-License-Identifier: Apache-2.0
"""Inside the simulator: the engine between a host stack and the network of a Linux kernel (tb.linux_peer).

The command outside has started the kernel and hands over descriptors through the socket ``PEER_SOCKET``: the kernel's
network (one frame in each datagram), the terminal of tb.interop_guest, and what else the job asks for. The simulator
sleeps in select() while there is nothing to do. ``PEER_FOLDER`` takes the captures.

Two tasks move the frames, one for each direction; every frame is compared with the reference engine on its way
(tb.transport).
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cocotb
from cocotb.triggers import Event, Timer

from models.packet import (
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    PROTOCOL_ESP,
    PROTOCOL_FRAGMENT,
    NotEsp,
    NotEspReason,
    ParsedEsp,
    parse_frame,
)
from tb.bench import RxResult
from tb.captures import LINKTYPE_ETHERNET, write_capture
from tb.host_stack import ETHERTYPE_ARP, HostStack, Outgoing
from tb.interop_shapes import Pair
from tb.jobs import EVENT_MARK
from tb.jobs.session import Session, job_file
from tb.transactors import CLOCK_NS
from tb.transport import OwnedSa
from tb.wireshark import write_keys

_IDLE_SECONDS = 0.010
_IDLE_CYCLES = 20
_BUSY_CYCLES = 100
_BATCH_FRAMES = 64
_COMMAND_SECONDS = 60.0
_BOOT_SECONDS = 60.0
_QUIET_SECONDS = 15.0
_ALIVE_SECONDS = 5.0
_ALIVE = -1
_KEPT_PROBLEMS = 20

Fault = Callable[[bytes], list[bytes]]
"""What becomes of an ESP frame on the wire."""


class PeerError(AssertionError):
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


def handed_over(count: int) -> list[int]:
    """Descriptors from the command outside: the network, the terminal, then what it was told to add."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(os.environ["PEER_SOCKET"])
        _, descriptors, _, _ = socket.recv_fds(connection, struct.calcsize("B"), count)
    return descriptors


class Link:
    """The engine between the network and ``stack``, and the tasks that move the frames.

    ``frames``, ``octets`` and ``errors`` count what was on the wire for each handle of the engine, by which SA it
    ever was. ``kept_frames``: how many of the latest frames the captures can have, None for all.
    """

    def __init__(
        self, session: Session, stack: HostStack, network: int, terminal: int, kept_frames: int | None = None
    ) -> None:
        self.session = session
        self.stack = stack
        self.network = socket.socket(fileno=network)
        self.terminal = socket.socket(fileno=terminal)
        self.queue: deque[Outgoing] = deque()
        self.watched: dict[int, Callable[[], None]] = {terminal: self._listen}
        """Descriptors to look at besides the network, and what to do when one can be read."""
        self.log: deque[Logged] = deque(maxlen=kept_frames)
        self.problems: deque[str] = deque(maxlen=_KEPT_PROBLEMS)
        self.to_them: Fault | None = None
        self.to_us: Fault | None = None
        self.intact = True
        self.frames: Counter[int] = Counter()
        self.octets: Counter[int] = Counter()
        self.errors: Counter[int] = Counter()
        self.moved = 0
        self.rounds = 0
        self.began = time.monotonic()
        self.idle_seconds = 0.0
        self._answers: dict[int, dict[str, Any]] = {}
        self._number = 0
        self._text = b""
        self._tick = Event()
        self._work = Event()
        self._sending = False
        self._open = True
        self._awake = 0
        self._told = time.monotonic()
        self._failed: BaseException | None = None
        self.network.setblocking(False)
        self.terminal.setblocking(False)
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

    def send(self, item: Outgoing) -> None:
        """Give a frame of the host to the engine."""
        self.queue.append(item)
        self._work.set()

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
            sources = [self.network.fileno(), *self.watched] if self._open else [*self.watched]
            readable, _, _ = select.select(sources, [], [], 0 if busy else _IDLE_SECONDS)
            if not readable:
                self.idle_seconds += time.monotonic() - begin
            for descriptor in readable:
                if descriptor in self.watched:
                    self.watched[descriptor]()
            if time.monotonic() - self._told > _ALIVE_SECONDS:
                self._tell(_ALIVE, {"do": "alive"})
            frames = self._arrived() if self.network.fileno() in readable else []
            if frames:
                for got, wire in zip(await self.session.transport.receive("wire", frames), frames, strict=True):
                    self._received(got, wire)
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
        answers = self.stack.input(got)
        clear = self.stack.clear
        if not got.handle and not may_be_clear(wire):
            self.problems.append(f"from the kernel, not for any SA: {wire[:80].hex()}")
        if clear is not None:
            self._check_hidden(clear, wire, got.handle)
        elif got.handle:
            self.errors[got.handle] += 1
        self._record(wire, clear if clear is not None else got.frame, got.handle, clear is not None)
        for answer in answers:
            self.send(answer)

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
                handle = item.frame.handle
                if result.frame is None:
                    self.problems.append(f"the engine did not send: status {result.status}")
                    self.errors[handle] += 1
                    continue
                if handle:
                    self._check_hidden(item.clear, result.frame, handle)
                elif not may_be_clear(result.frame):
                    self.problems.append(f"left in clear: {result.frame[:80].hex()}")
                fault = self.to_them if handle else None
                for wire in fault(result.frame) if fault else [result.frame]:
                    self._record(wire, item.clear, handle, fault is None)
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

    def _record(self, wire: bytes, host: bytes, handle: int, intact: bool) -> None:
        self.log.append(Logged(wire, host, time.time(), handle != 0 and intact and self.intact))
        self.moved += 1
        if handle:
            self.frames[handle] += 1
            self.octets[handle] += len(wire)

    def _check_hidden(self, clear: bytes, wire: bytes, handle: int) -> None:
        """Of AES-GCM nothing of the payload may be seen on the wire."""
        owned = self.session.transport.owned.get(handle)
        if owned is not None and not owned.sa.algorithm.gmac and len(clear) > 100 and clear[-32:-16] in wire:
            self.problems.append(f"payload in clear on the wire: {wire[:80].hex()}")

    # ---- the guest ---------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        data = self.terminal.recv(1 << 16)
        if not data:
            raise PeerError("the Linux guest has ended")
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            self._answers[answer.pop("id")] = answer

    def _tell(self, number: int, command: dict[str, Any]) -> None:
        self._told = time.monotonic()
        data = json.dumps({"id": number, **command}).encode() + b"\n"
        self.terminal.setblocking(True)
        self.terminal.sendall(data)
        self.terminal.setblocking(False)

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
            raise PeerError(f"the Linux guest did not come up within {_BOOT_SECONDS:.0f} s")
        answer = self._answers.pop(0)
        if "error" in answer:
            raise PeerError(f"the Linux guest: {answer['error']}")
        return str(answer["kernel"])

    async def command(self, do: str, **arguments: Any) -> dict[str, Any]:
        """A command of tb.interop_guest; returns its answer. PeerError where it fails."""
        self._number += 1
        number = self._number
        self._tell(number, {"do": do, **arguments})
        if not await self.until(lambda: number in self._answers, _COMMAND_SECONDS):
            raise PeerError(f"the Linux guest does not answer {do}")
        answer = self._answers.pop(number)
        if "error" in answer or not answer.get("ok", True):
            raise PeerError(f"the Linux guest, {do}: {answer.get('error') or answer.get('text')}")
        return answer

    def off(self) -> None:
        """The guest may end."""
        with contextlib.suppress(OSError):
            self._tell(_ALIVE, {"do": "off"})

    # ---- waiting -----------------------------------------------------------------------------------------------

    async def quiet(self) -> None:
        """Until nothing moves any more."""
        moved = -1
        while moved != self.moved:
            moved = self.moved
            await self.pass_rounds(2)
            await self.until(lambda: not self.queue and not self._sending, _QUIET_SECONDS)

    async def close(self) -> None:
        """Take nothing more from the network, and wait for what has come."""
        self._open = False
        await self.pass_rounds(2)
        await self.until(lambda: not self.queue and not self._sending, _QUIET_SECONDS)

    async def pass_rounds(self, count: int) -> None:
        """Until the receiver has looked at the network so many times."""
        end = self.rounds + count
        await self.until(lambda: self.rounds >= end, _QUIET_SECONDS)

    # ---- the engine --------------------------------------------------------------------------------------------

    async def offload(self, pair: Pair) -> tuple[OwnedSa, OwnedSa]:
        """Add both SAs of a pair to the engine: outbound, inbound."""
        transport = self.session.transport
        with self.awake():
            outbound = await transport.add_sa(pair.outbound, pair.shape.start_seq)
            return outbound, await transport.add_sa(pair.inbound, pair.shape.start_seq)

    async def counters(self) -> dict[str, int]:
        """The counters of the engine."""
        with self.awake():
            return await self.session.miniport.counters()

    # ---- what was seen -----------------------------------------------------------------------------------------

    @property
    def wire_frames(self) -> int:
        """ESP frames that were on the wire."""
        return self.frames.total()

    @property
    def wire_octets(self) -> int:
        """Their octets."""
        return self.octets.total()

    def clocks(self) -> dict[str, float]:
        """The simulated clock, the one on the wall, and how long the simulator slept."""
        return {
            "simulated_ms": round(self.session.bench.cycles() * CLOCK_NS / 1e6, 3),
            "wall_s": round(time.monotonic() - self.began, 2),
            "idle_s": round(self.idle_seconds, 2),
        }

    def event(self, **fields: Any) -> None:
        """Tell the command outside (tb.live_view)."""
        totals = {"total_frames": self.wire_frames, "total_octets": self.wire_octets}
        print(EVENT_MARK + json.dumps({**fields, **totals, **self.clocks()}), flush=True)

    def write_captures(self, pairs: Iterable[Pair]) -> dict[int, bool]:
        """Both sides as pcapng and the keys of ``pairs`` for Wireshark.

        Returns the numbers of the frames Wireshark can decrypt, with whether they have extended sequence numbers.

        Frame n of ``host.pcapng`` is what the host had for frame n of ``wire.pcapng``, the packet without ESP.
        """
        folder = job_file("PEER_FOLDER")
        times = [Fraction(int(entry.when * 1e6), 1_000_000) for entry in self.log]
        write_capture(folder / "wire.pcapng", LINKTYPE_ETHERNET, [entry.wire for entry in self.log], times)
        write_capture(folder / "host.pcapng", LINKTYPE_ETHERNET, [entry.host for entry in self.log], times)
        sas = [sa for pair in pairs for sa in (pair.outbound, pair.inbound)]
        write_keys(folder, sas)
        readable = {sa.spi: sa.esn for sa in sas if not sa.algorithm.gmac}  # Wireshark knows no AES-GMAC
        numbers: dict[int, bool] = {}
        for number, entry in enumerate(self.log, start=1):
            parsed = parse_frame(entry.wire)
            if entry.intact and isinstance(parsed, ParsedEsp) and parsed.spi in readable:
                numbers[number] = readable[parsed.spi]
        return numbers


def _is_esp(frame: bytes) -> bool:
    return isinstance(parse_frame(frame), ParsedEsp)


def may_be_clear(frame: bytes) -> bool:
    """ARP, neighbour discovery and multicast listener reports: all that is not protected here.

    And fragments of an ESP packet longer than the link: the engine leaves them as they are, the host refuses them.
    """
    ethertype = int.from_bytes(frame[12:14], "big")
    if ethertype == ETHERTYPE_IPV4:
        return frame[23] == PROTOCOL_ESP and parse_frame(frame) == NotEsp(NotEspReason.FRAGMENT)
    if ethertype != ETHERTYPE_IPV6:
        return ethertype == ETHERTYPE_ARP
    next_header, at = frame[20], 54
    if next_header == PROTOCOL_FRAGMENT:
        return frame[54] == PROTOCOL_ESP
    if next_header == 0:
        next_header, at = frame[54], 54 + 8 + 8 * frame[55]
    return next_header == 58 and frame[at] in range(130, 144)
