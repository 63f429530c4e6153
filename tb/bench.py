# SPDX-License-Identifier: Apache-2.0
"""The engine on the bench: frames in, frames and metadata out, registers (toplevel ``tb/hdl/ipsec_bench.v``)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cocotb.triggers import ClockCycles, Event, First, Timer

from tb.transactors import BEAT_OCTETS, CLOCK_NS, FrameSink, FrameSource, ProtocolError, RegisterBus, StreamFrame

STATUS_SENT = 0
"""Value of ``m_axis_tx_status``: the frame left protected, or unchanged for want of a handle."""
STATUS_FAILED_HANDLE = 1
"""No SA for this handle, or transmit offload is off."""
STATUS_FAILED_PACKET = 2
"""Not an ESP packet of this SA."""
STATUS_FAILED_LENGTH = 3
"""The lengths in the packet do not fit the frame."""
STATUS_FAILED_LIMIT = 4
"""A hard limit of the SA is reached."""
STATUS_FAILED_SEQUENCE = 5
"""The sequence numbers are used up, or this one may have been used."""

_PATIENCE_CYCLES = 200_000
# Receive has no back-pressure: what waits in the frame store is kept below its size (2048 beats, some 250 frames).
_RECEIVE_BEATS = 1400
_RECEIVE_FRAMES = 200


@dataclass(frozen=True)
class TxFrame:
    """A frame for the wire with its handles (0 = none): slot 1 and slot 11 of the NET_BUFFER_LIST."""

    data: bytes
    handle: int = 0
    tunnel_handle: int = 0


@dataclass(frozen=True)
class TxResult:
    """What became of a ``TxFrame``: STATUS_*, and the frame on the wire (None unless sent)."""

    status: int
    frame: bytes | None


@dataclass(frozen=True)
class RxResult:
    """A frame for the host with its metadata words: slot 1, slot 12, and the handle of the SA (0 = none)."""

    frame: bytes
    slot1: int
    slot12: int
    handle: int


class EngineBench:
    """The transactors of ``ipsec_bench``.

    ``transmit`` and ``receive`` may run at the same time as two tasks; each of them from one task at a time. Registers
    may be used from any number of tasks.
    """

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.registers = RegisterBus(dut, "registers", dut.clk)
        self.tx_source = FrameSource(dut, "tx_source", dut.clk)
        self.rx_source = FrameSource(dut, "rx_source", dut.clk)
        self.tx_frames: deque[StreamFrame] = deque()
        self.tx_statuses: deque[StreamFrame] = deque()
        self.rx_frames: deque[StreamFrame] = deque()
        self._aborted: list[bytes] = []
        self._came = {"tx": Event(), "rx": Event()}
        self.tx_sink = FrameSink(dut, "tx_sink", dut.clk, self._collector(self.tx_frames, "tx"))
        self.status_sink = FrameSink(dut, "status_sink", dut.clk, self._collector(self.tx_statuses, "tx"))
        self.rx_sink = FrameSink(dut, "rx_sink", dut.clk, self._collector(self.rx_frames, "rx"))

    def _collector(self, queue: deque[StreamFrame], direction: str) -> Any:
        def collect(frame: StreamFrame) -> None:
            queue.append(frame)
            self._came[direction].set()

        return collect

    async def start(self) -> None:
        """Reset the engine. The SA table is erased afterwards; a command written meanwhile waits for that."""
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 4)
        self.dut.rst.value = 0
        await ClockCycles(self.dut.clk, 4)

    def cycles(self) -> int:
        """Clock cycles since the start of the simulation."""
        return int(self.dut.cycle.value)

    def set_stalls(self, rate: int, seed: int = 1) -> None:
        """Make every source idle and every sink not ready in ``rate`` of 256 cycles, each in a pattern of its own."""
        sources: tuple[FrameSource | FrameSink, ...] = (self.tx_source, self.rx_source)
        ports = (*sources, self.tx_sink, self.status_sink, self.rx_sink)
        for number, port in enumerate(ports):
            port.set_stall(rate, seed + 0x1000 * number)

    def check(self) -> None:
        """Raise ProtocolError if any stream broke a rule."""
        for sink in (self.tx_sink, self.status_sink, self.rx_sink):
            sink.check()

    async def _wait(self, direction: str, missing: str) -> None:
        came = self._came[direction]
        came.clear()
        silence = Timer(_PATIENCE_CYCLES * CLOCK_NS, "ns")
        if await First(came.wait(), silence) is silence:
            raise ProtocolError(f"{missing} after {_PATIENCE_CYCLES} cycles of silence")

    async def transmit(self, frames: Sequence[TxFrame]) -> list[TxResult]:
        """Send ``frames`` back to back; returns their results, in order."""
        await self.tx_source.send_frames((frame.data, frame.tunnel_handle << 32 | frame.handle) for frame in frames)
        results: list[TxResult] = []
        while len(results) < len(frames):
            if not self.tx_statuses:
                await self._wait("tx", f"transmit: no status for frame {len(results)}")
                continue
            status = self.tx_statuses.popleft().data[0]
            # a frame that failed may have left in part, marked as aborted on its last beat
            frame: bytes | None = None
            if status == STATUS_SENT:
                while not self.tx_frames or self.tx_frames[0].user & 1:
                    if self.tx_frames:
                        self._aborted.append(self.tx_frames.popleft().data)
                    else:
                        await self._wait("tx", f"transmit: frame {len(results)} has status sent, but did not come")
                frame = self.tx_frames.popleft().data
            results.append(TxResult(status, frame))
        await ClockCycles(self.dut.clk, 64)
        if any(not frame.user & 1 for frame in self.tx_frames):
            raise ProtocolError("transmit: a frame left that has no status")
        self._aborted += [frame.data for frame in self.tx_frames]
        self.tx_frames.clear()
        self.check()
        return results

    def take_aborted(self) -> list[bytes]:
        """What has left of frames whose last beat said abort, since the last call."""
        aborted, self._aborted = self._aborted, []
        return aborted

    async def receive(self, frames: Sequence[bytes]) -> list[RxResult]:
        """Let ``frames`` come from the wire, as fast as the host takes them; returns what the host got, in order."""
        results: list[RxResult] = []
        sent = 0
        beats_inside = 0
        while len(results) < len(frames):
            batch: list[bytes] = []
            while sent < len(frames) and sent - len(results) < _RECEIVE_FRAMES:
                beats = -(-len(frames[sent]) // BEAT_OCTETS) or 1
                if beats_inside and beats_inside + beats > _RECEIVE_BEATS:
                    break
                beats_inside += beats
                batch.append(frames[sent])
                sent += 1
            if batch:
                await self.rx_source.send_frames((frame, 0) for frame in batch)
            if not self.rx_frames:
                await self._wait("rx", f"receive: frame {len(results)} did not come")
            while self.rx_frames:
                frame = self.rx_frames.popleft()
                beats_inside -= -(-len(frames[len(results)]) // BEAT_OCTETS) or 1
                mask = 0xFFFFFFFF
                results.append(
                    RxResult(frame.data, frame.user & mask, frame.user >> 32 & mask, frame.user >> 64 & mask)
                )
                if len(results) == len(frames):
                    break
        if self.rx_frames:
            raise ProtocolError("receive: more frames came out than went in")
        self.check()
        return results
