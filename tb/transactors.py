# SPDX-License-Identifier: Apache-2.0
"""Python side of the transactors in ``tb/hdl``: frames and register accesses by the chunk, not by the cycle.

The Verilog side moves the beats; Python wakes once for hundreds of them. The classes derive from cocotb-bus, so that
its monitors' callbacks and its scoreboard work with them.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from cocotb.simtime import get_sim_time
from cocotb.triggers import Lock, RisingEdge, Timer, ValueChange
from cocotb.types import LogicArray, Range
from cocotb_bus.drivers import BusDriver
from cocotb_bus.monitors import BusMonitor

from tb.recorder import RECORDER
from tb.vpi import Vector

BEAT_OCTETS = 16
CLOCK_NS = 10
"""Period of the clock in tb/hdl/ipsec_bench.v, in nanoseconds of simulated time."""

_SOURCE_BEATS = 1 << 13
_MAX_FRAME_OCTETS = 0xFFFF
_PADDING = tuple(bytes(-octets % BEAT_OCTETS) for octets in range(BEAT_OCTETS))
# the two beats behind a frame in a chunk of axis_sink: length, cycle of the first and of the last beat, tuser of both
_DESCRIPTION = struct.Struct("<H6xIIIQI")


class ProtocolError(AssertionError):
    """A transactor saw a rule of its bus broken, or an answer that cannot be."""


def _bits(value: bytes | bytearray, octets: int) -> LogicArray:
    """``value``, zero filled to ``octets`` octets, as a vector whose bits 7:0 are its first octet."""
    return LogicArray.from_bytes(
        bytes(value).ljust(octets, b"\0"), Range(8 * octets - 1, "downto", 0), byteorder="little"
    )


def _level(signal: Any) -> int:
    """A toggle as it stands: an earlier test of the same simulation may have left it at 1.

    Not to be asked before the first edge of the clock: until then a register need not have its initial value.
    """
    value = signal.value
    return int(value) if value.is_resolvable else 0


class StreamFrame(NamedTuple):
    """A frame as a sink saw it.

    data: its octets. user: ``tuser`` of the last beat (96 bits). first_user: low 32 bits of the first beat's.
    first_cycle, last_cycle: clock cycles in which the first and last beat were taken.
    """

    data: bytes
    user: int
    first_user: int
    first_cycle: int
    last_cycle: int


class FrameSource(BusDriver):
    """Drives an ``axis_source``: frames go in as ``(octets, tuser)`` and come out back to back.

    A frame has 0 to 65535 octets; ValueError otherwise.
    """

    _signals: ClassVar[list[str]] = [
        "chunk",
        "chunk_beats",
        "push",
        "consumed",
        "stamps",
        "frames",
        "stall_rate",
        "seed",
    ]

    def __init__(self, entity: Any, name: str, clock: Any) -> None:
        super().__init__(entity, name, clock)
        self._chunk = Vector(self.bus.chunk)
        self._chunk_octets = len(self.bus.chunk) // 8
        self.kept_cycles = len(self.bus.stamps) // 64
        self._pushed = 0
        self._lock = Lock()
        self._recorded = RECORDER.source(self)

    def forget(self) -> None:
        """To be called after a reset, which empties the memory of the transactor."""
        self._pushed = 0
        self._recorded.forget()

    def set_stall(self, rate: int, seed: int = 1) -> None:
        """Idle in ``rate`` of 256 cycles, in the pattern of ``seed``."""
        self.bus.stall_rate.value = rate
        self.bus.seed.value = seed

    def frames_taken(self) -> int:
        """Frames whose last beat the engine has taken, modulo 2^32, since reset."""
        return int(self.bus.frames.value)

    def cycles_taken(self, count: int) -> list[tuple[int, int]]:
        """Clock cycles in which the first and the last beat of the latest ``count`` frames were taken, oldest first.

        Fewer where the engine has not taken so many; ValueError for more than the transactor keeps (``kept_cycles``).
        """
        kept = self.kept_cycles
        if count > kept:
            raise ValueError(f"the cycles of {count} frames: only those of {kept} are kept")
        taken = self.frames_taken()
        octets = self.bus.stamps.value.to_bytes(byteorder="little")
        cycles = []
        for number in range(max(0, taken - count), taken):
            stamp = octets[8 * (number % kept) :][:8]
            cycles.append((int.from_bytes(stamp[:4], "little"), int.from_bytes(stamp[4:], "little")))
        return cycles

    async def send_frames(self, frames: Iterable[tuple[bytes, int]]) -> None:
        """Hand over ``frames``; returns when the last one is in the transactor's memory (not yet on the bus)."""
        parts: list[bytes] = []
        now = round(get_sim_time("ns"))
        for data, user in frames:
            length = len(data)
            if length > _MAX_FRAME_OCTETS:
                raise ValueError(f"frame of {length} octets: at most {_MAX_FRAME_OCTETS}")
            parts += ((user << 32 | length).to_bytes(BEAT_OCTETS, "little"), data, _PADDING[length % BEAT_OCTETS])
            self._recorded.add((data, user, now))
        octets = b"".join(parts)
        async with self._lock:
            for start in range(0, len(octets), self._chunk_octets):
                await self._push(octets[start : start + self._chunk_octets])

    async def _push(self, chunk: bytes) -> None:
        beats = len(chunk) // BEAT_OCTETS
        while (self._pushed + beats - int(self.bus.consumed.value)) % (1 << 32) > _SOURCE_BEATS:
            # a beat takes at least a cycle: the memory does not run empty meanwhile
            await Timer(_SOURCE_BEATS // 2 * CLOCK_NS, "ns")
        self._pushed = (self._pushed + beats) % (1 << 32)
        self._chunk.write(chunk)
        self.bus.chunk_beats.value = beats
        self.bus.push.value = 1 - _level(self.bus.push)
        # the next edge takes the chunk; on some simulators it comes after those who wait for it
        await Timer(2 * CLOCK_NS, "ns")


class FrameSink(BusMonitor):
    """Watches an ``axis_sink``; every frame goes to the callbacks as a ``StreamFrame``, in order."""

    _signals: ClassVar[list[str]] = ["chunk", "marks", "chunk_beats", "ready", "errors", "stall_rate", "seed"]

    def __init__(self, entity: Any, name: str, clock: Any, callback: Callable[[StreamFrame], None]) -> None:
        self._partial = bytearray()
        super().__init__(entity, name, clock, callback=callback)
        self._chunk = Vector(self.bus.chunk)
        self._marks = Vector(self.bus.marks)
        self._recorded = RECORDER.sink(self)

    def set_stall(self, rate: int, seed: int = 1) -> None:
        """Not ready in ``rate`` of 256 cycles, in the pattern of ``seed``."""
        self.bus.stall_rate.value = rate
        self.bus.seed.value = seed

    def forget(self) -> None:
        """To be called after a reset: the frame of which only a part has come never ends."""
        self._partial.clear()
        self._recorded.forget()

    def check(self) -> None:
        """Raise ProtocolError if the stream broke a rule (the log says which, and when)."""
        errors = int(self.bus.errors.value)
        if errors:
            raise ProtocolError(f"{self.name}: {errors} breaches of the AXI4-Stream rules, see the log")

    async def _monitor_recv(self) -> None:
        await RisingEdge(self.clock)
        toggle = _level(self.bus.ready)
        while True:
            await ValueChange(self.bus.ready)
            if str(self.bus.ready.value) == str(toggle):
                continue  # Icarus reports the initial value as a change
            toggle ^= 1
            beats = int(self.bus.chunk_beats.value)
            octets = self._chunk.read(beats * BEAT_OCTETS)
            marks = int.from_bytes(self._marks.read(-(-beats // 8)), "little")
            start = 0
            while marks:
                end = (marks & -marks).bit_length() * BEAT_OCTETS
                marks &= marks - 1
                if self._partial:
                    self._partial += octets[start:end]
                    self._recv(self._frame(bytes(self._partial), 0, len(self._partial)))
                    self._partial.clear()
                else:
                    self._recv(self._frame(octets, start, end))
                start = end
            self._partial += octets[start:]

    def _frame(self, octets: bytes, start: int, end: int) -> StreamFrame:
        """The frame whose beats and description are ``octets[start:end]``."""
        length, first_cycle, last_cycle, first_user, low, high = _DESCRIPTION.unpack_from(octets, end - 2 * BEAT_OCTETS)
        return StreamFrame(octets[start : start + length], high << 64 | low, first_user, first_cycle, last_cycle)

    def _recv(self, transaction: StreamFrame) -> None:
        """What the monitor of cocotb-bus does, without its event for each frame."""
        self.stats.received_transactions += 1
        self._recorded.add(transaction)
        for callback in self._callbacks:
            callback(transaction)


class RegisterBus(BusDriver):
    """AXI4-Lite accesses through ``axil_master``: 32-bit registers by byte address.

    Every method may be called from several tasks at once; a batch is never interrupted by another. ProtocolError if
    the bus answers with anything but OKAY.
    """

    _signals: ClassVar[list[str]] = ["request", "count", "start", "result", "failed", "done"]

    def __init__(self, entity: Any, name: str, clock: Any) -> None:
        super().__init__(entity, name, clock)
        self._batch = len(self.bus.request) // 64
        self._lock = Lock()

    async def read(self, address: int) -> int:
        """The register at ``address``."""
        return (await self.read_many([address]))[0]

    async def read_many(self, addresses: Sequence[int]) -> list[int]:
        """The registers at ``addresses``, read in this order."""
        return await self._run([(address, None) for address in addresses])

    async def write(self, address: int, value: int) -> None:
        """Write ``value`` (32 bits) to the register at ``address``."""
        await self._run([(address, value)])

    async def write_many(self, writes: Sequence[tuple[int, int]]) -> None:
        """Write ``(address, value)`` pairs in this order."""
        await self._run(list(writes))

    async def _run(self, accesses: Sequence[tuple[int, int | None]]) -> list[int]:
        results: list[int] = []
        async with self._lock:
            for start in range(0, len(accesses), self._batch):
                results += await self._run_batch(accesses[start : start + self._batch])
        return results

    async def _run_batch(self, accesses: Sequence[tuple[int, int | None]]) -> list[int]:
        request = bytearray()
        for address, value in accesses:
            request += (value or 0).to_bytes(4, "little")
            request += (address | (0 if value is None else 1 << 31)).to_bytes(4, "little")
        self.bus.request.value = _bits(request, 8 * self._batch)
        self.bus.count.value = len(accesses)
        self.bus.start.value = 1 - _level(self.bus.start)
        await ValueChange(self.bus.done)
        # the request may hold key octets: they are not left on the bus of the simulation
        self.bus.request.value = 0
        if int(self.bus.failed.value):
            raise ProtocolError(f"{self.name}: an access was not answered with OKAY")
        values: list[int] = []
        if any(value is None for _, value in accesses):
            result = self.bus.result.value.to_unsigned()
            values = [(result >> 32 * index) & 0xFFFFFFFF for index in range(len(accesses))]
        RECORDER.accesses(accesses, values)
        return values
