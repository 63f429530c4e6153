# SPDX-License-Identifier: Apache-2.0
"""Plays the TCP/IP stack above the driver: owns the SAs, their sequence numbers and IVs, and all policy.

It builds the ADD_SA_EX, UPDATE_SA and DELETE_SA images for the driver (tb.miniport), builds ESP-framed plaintext,
chooses the SA of a frame to send, and infers the high half of extended sequence numbers (RFC 4303 appendix A2).
The engine holds one high half for each SA, so traffic is cut into *runs*: all frames of a run fit the high halves
the engine has; between two runs every frame has left and UPDATE_SA moves the halves that change.

What has to come out is asked of models.engine, which is kept at the same SAs and handles as the hardware.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from models.engine import CommandError, ReceiveResult, ReferenceEngine, TransmitResult
from models.esp import infer_esn, protect
from models.ndis import (
    Abi,
    DeleteSa,
    NdisStatus,
    UpdateSa,
    add_sa_ex_from_sa,
    read_offload_handle,
)
from models.packet import NotEsp, ParsedEsp, esp_frame, parse_frame
from models.sa import Direction, SecurityAssociation
from tb.bench import STATUS_SENT, RxResult, TxFrame, TxResult
from tb.miniport import Miniport, SaOptions
from tb.plaintext_watch import PlaintextWatch
from tb.scoreboard import Scoreboard

REPLAY_WINDOW = 64
"""Packets of the anti-replay window, RFC 4303 section 3.4.3."""
RUN_FRAMES = 256
"""A run has at most so many frames, to show progress and bound what is in flight."""


class Datapath(Protocol):
    """The frames of an engine: tb.bench.EngineBench, or anything that does the same."""

    async def transmit(self, frames: Sequence[TxFrame]) -> list[TxResult]:
        """Send back to back; results in order."""

    async def receive(self, frames: Sequence[bytes]) -> list[RxResult]:
        """From the wire back to back; results in order."""

    def take_aborted(self) -> list[bytes]:
        """What has left of frames that were aborted, since the last call."""


class OffloadRefusedError(Exception):
    """The driver refused an SA. ``status``: the NDIS status; ``reason``: the engine's."""

    def __init__(self, sa: SecurityAssociation, status: NdisStatus, reason: str) -> None:
        super().__init__(f"SA with SPI {sa.spi:#010x} ({sa.spi}) refused: {reason}")
        self.sa = sa
        self.status = status
        self.reason = reason


class DisagreementError(AssertionError):
    """Engine and reference engine disagree about a command."""


@dataclass
class OwnedSa:
    """An SA of the transport. ``last``: highest 64-bit sequence number seen in traffic (inbound: authenticated).

    ``planned``: the high half that the engine has after all planned runs. ``next_seq``: number of the next frame
    that is built, by this end for an outbound SA, by the other end for an inbound one.
    """

    sa: SecurityAssociation
    handle: int
    last: int
    planned: int
    next_seq: int
    next_iv: int = 1

    def sequence(self) -> int:
        """Take the next 64-bit sequence number (32 bits without ESN)."""
        self.next_seq += 1
        return (self.next_seq - 1) & (0xFFFFFFFFFFFFFFFF if self.sa.esn else 0xFFFFFFFF)

    def iv(self) -> bytes:
        """Take an IV of 8 octets, never the same twice for one key (RFC 4106 section 3.1): a counter."""
        self.next_iv += 1
        return (self.next_iv - 1).to_bytes(8, "big")


@dataclass(frozen=True)
class Frame:
    """A frame to send with the handles of slot 1 and slot 11, 0 = none."""

    data: bytes
    handle: int = 0
    tunnel_handle: int = 0


@dataclass
class Run:
    """Frames between two updates: ``first`` is the index of the first one in the sequence of all frames."""

    first: int
    updates: list[tuple[OwnedSa, int]] = field(default_factory=list)
    transmit: list[TxFrame] = field(default_factory=list)
    receive: list[bytes] = field(default_factory=list)
    sent: list[TransmitResult] = field(default_factory=list)
    received: list[ReceiveResult] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.transmit) + len(self.receive)


Progress = Callable[[int], None]
"""Called with the number of frames that have just been done."""


class Transport:
    """The stack above ``miniport``, its frames through ``datapath``, every result compared in ``scoreboard``."""

    def __init__(
        self,
        miniport: Miniport,
        datapath: Datapath,
        reference: ReferenceEngine,
        scoreboard: Scoreboard,
        abi: Abi = Abi.X64,
    ) -> None:
        self.miniport = miniport
        self.datapath = datapath
        self.reference = reference
        self.scoreboard = scoreboard
        self.abi = abi
        self.owned: dict[int, OwnedSa] = {}
        self.sas_added = 0
        self.updates = 0

    # ---- SAs ---------------------------------------------------------------------------------------------------

    async def enable(self, transmit: bool = True, receive_ipv4: bool = True, receive_ipv6: bool = True) -> None:
        """Switch the offloads on or off in the engine and in the reference."""
        await self.miniport.set_enables(transmit, receive_ipv4, receive_ipv6)
        self.reference.transmit_enabled = transmit
        self.reference.receive_ipv4_enabled = receive_ipv4
        self.reference.receive_ipv6_enabled = receive_ipv6

    async def add_sa(self, sa: SecurityAssociation, start_seq: int = 1) -> OwnedSa:
        """Offload an SA whose first frame has the 64-bit sequence number ``start_seq``; OffloadRefusedError."""
        image = bytearray(add_sa_ex_from_sa(sa, self.abi))
        options = SaOptions(sa.limits, sa.iv_from_sequence)
        status, answer = await self.miniport.add_sa_ex(image, self.abi, options)
        image[:] = bytes(len(image))
        handle = read_offload_handle(answer, self.abi)
        answer[:] = bytes(len(answer))
        if status != NdisStatus.SUCCESS:
            if handle:
                raise DisagreementError(f"ADD_SA_EX failed with {status.name}, but handle {handle:#x} was written")
            raise OffloadRefusedError(sa, status, self.miniport.last_status.name)
        try:
            self.reference.add_sa(sa, handle)
        except CommandError as error:
            raise DisagreementError(f"the engine took an SA that the reference refuses: {error}") from error
        owned = OwnedSa(sa, handle, max(start_seq - 1, 0), sa.seq_hi, start_seq)
        self.owned[handle] = owned
        self.sas_added += 1
        return owned

    async def delete_sa(self, owned: OwnedSa) -> None:
        """Take an SA away from the engine."""
        await self.miniport.delete_sa(DeleteSa(owned.handle).pack(self.abi), self.abi)
        self.reference.delete_sa(owned.handle)
        del self.owned[owned.handle]

    async def delete_all(self) -> None:
        """Take every SA away."""
        for owned in list(self.owned.values()):
            await self.delete_sa(owned)

    async def _update(self, owned: OwnedSa, seq_hi: int) -> None:
        image = UpdateSa(owned.handle, spi=owned.sa.spi.to_bytes(4, "big"), sequence_number_high_order=seq_hi)
        status = await self.miniport.update_sa(image.pack(self.abi), self.abi)
        if status != NdisStatus.SUCCESS:
            raise DisagreementError(f"UPDATE_SA of {owned.handle:#x} failed with {status.name}")
        self.updates += 1

    def select_outbound(self, frame: bytes) -> OwnedSa | None:
        """The outbound SA of an ESP-framed frame, by SPI, IP version and destination; None if there is none."""
        parsed = parse_frame(frame)
        if isinstance(parsed, NotEsp):
            return None
        return self._select(Direction.OUTBOUND, parsed)

    def _select(self, direction: Direction, parsed: ParsedEsp) -> OwnedSa | None:
        for owned in self.owned.values():
            sa = owned.sa
            if (
                sa.spi == parsed.spi
                and sa.direction is direction
                and sa.ipv6 is (parsed.ip_version == 6)
                and sa.dst in (None, parsed.dst)
            ):
                return owned
        return None

    # ---- frames ------------------------------------------------------------------------------------------------

    def plan_transmit(self, frames: Sequence[Frame]) -> Iterator[Run]:
        """Cut frames to send into runs, with what must come of each. The reference engine goes ahead with the plan."""
        run = Run(0)
        for number, frame in enumerate(frames):
            owned = self.owned.get(frame.handle)
            if owned is not None and owned.sa.esn and not owned.sa.inbound:
                parsed = parse_frame(frame.data)
                if isinstance(parsed, ParsedEsp) and parsed.spi == owned.sa.spi:
                    high = infer_esn(owned.last, parsed.seq, REPLAY_WINDOW)
                    owned.last = max(owned.last, high << 32 | parsed.seq)
                    if high != owned.planned:
                        if len(run):
                            yield run
                            run = Run(number)
                        self._plan_update(run, owned, high)
            run.transmit.append(TxFrame(frame.data, frame.handle, frame.tunnel_handle))
            run.sent.append(self.reference.transmit(frame.data, frame.handle, frame.tunnel_handle))
            if len(run) == RUN_FRAMES:
                yield run
                run = Run(number + 1)
        if len(run):
            yield run

    def plan_receive(self, frames: Sequence[bytes]) -> Iterator[Run]:
        """Cut frames from the wire into runs, as :meth:`plan_transmit`.

        The highest authenticated number, which the inference needs, comes from the verdict of the reference engine, so
        that a run need not end after each frame; if the engine's verdict differs, that is a mismatch anyway.
        """
        run = Run(0)
        for number, frame in enumerate(frames):
            parsed = parse_frame(frame)
            owned = None if isinstance(parsed, NotEsp) else self._select(Direction.INBOUND, parsed)
            high = 0
            if owned is not None and owned.sa.esn and isinstance(parsed, ParsedEsp):
                high = infer_esn(owned.last, parsed.seq, REPLAY_WINDOW)
                if high != owned.planned:
                    if len(run):
                        yield run
                        run = Run(number)
                    self._plan_update(run, owned, high)
            expected = self.reference.receive(frame)
            if owned is not None and isinstance(parsed, ParsedEsp) and expected.slot12:
                owned.last = max(owned.last, high << 32 | parsed.seq)
            run.receive.append(frame)
            run.received.append(expected)
            if len(run) == RUN_FRAMES:
                yield run
                run = Run(number + 1)
        if len(run):
            yield run

    def _plan_update(self, run: Run, owned: OwnedSa, high: int) -> None:
        owned.planned = high
        run.updates.append((owned, high))
        self.reference.update_sa(owned.handle, owned.sa.spi, high)

    async def transmit(self, name: str, frames: Sequence[Frame], progress: Progress | None = None) -> list[TxResult]:
        """Send frames through the engine, every result compared. ``name`` says in a mismatch where they are from."""
        results: list[TxResult] = []
        for run in self.plan_transmit(frames):
            results += await self.transmit_run(name, run)
            if progress:
                progress(len(run))
        return results

    async def transmit_run(self, name: str, run: Run) -> list[TxResult]:
        """Send the frames of one run, every result compared."""
        for owned, high in run.updates:
            await self._update(owned, high)
        got = await self.datapath.transmit(run.transmit)
        for index, (frame, expected, result) in enumerate(zip(run.transmit, run.sent, got, strict=True)):
            # the SA as it was in this run: the next one is not planned yet
            sa = self.reference.sa(frame.handle)
            self.scoreboard.transmit(
                f"{name} frame {run.first + index}", frame.data, frame.handle, sa, expected, result
            )
        self._watch(f"{name} frames {run.first} to {run.first + len(run) - 1}", run, got)
        return got

    def _watch(self, name: str, run: Run, got: Sequence[TxResult]) -> None:
        """No payload of a frame that could not be encrypted may be in what has left of aborted frames."""
        aborted = self.datapath.take_aborted()
        if not aborted:
            return
        watch = PlaintextWatch()
        for frame, result in zip(run.transmit, got, strict=True):
            sa = self.reference.sa(frame.handle)
            if result.status != STATUS_SENT and not (sa and sa.algorithm.gmac):
                watch.forbid(frame.data)
        for octets in aborted:
            # GMAC sends its payload in clear by its nature
            owned = self.select_outbound(octets)
            offset = None if owned is not None and owned.sa.algorithm.gmac else watch.find(octets)
            if offset is not None:
                self.scoreboard.mismatch(
                    f"{name}: plaintext left at octet {offset} of an aborted frame: {octets.hex()}"
                )

    async def receive(self, name: str, frames: Sequence[bytes], progress: Progress | None = None) -> list[RxResult]:
        """Let frames come from the wire, every result compared."""
        results: list[RxResult] = []
        for run in self.plan_receive(frames):
            results += await self.receive_run(name, run)
            if progress:
                progress(len(run))
        return results

    async def receive_run(self, name: str, run: Run) -> list[RxResult]:
        """Let the frames of one run come from the wire, every result compared."""
        for owned, high in run.updates:
            await self._update(owned, high)
        got = await self.datapath.receive(run.receive)
        for index, (frame, expected, result) in enumerate(zip(run.receive, run.received, got, strict=True)):
            sa = self.reference.sa(expected.handle)
            self.scoreboard.receive(f"{name} frame {run.first + index}", frame, sa, expected, result)
        return got


def build_frame(owned: OwnedSa, payload: bytes, **shape: Any) -> bytes:
    """ESP-framed plaintext of an outbound SA: its addresses, SPI, next sequence number and IV, ICV room zero.

    ``shape``: further arguments of models.packet.esp_frame; ``src`` and ``dst`` stand in for a wildcard.
    """
    return _build(owned, owned.sequence() & 0xFFFFFFFF, payload, shape)


def wire_frame(owned: OwnedSa, payload: bytes, **shape: Any) -> bytes:
    """What the other end of an inbound SA puts on the wire: as :func:`build_frame`, and protected."""
    sequence = owned.sequence()
    frame = _build(owned, sequence & 0xFFFFFFFF, payload, shape)
    parsed = parse_frame(frame)
    if isinstance(parsed, NotEsp):
        raise ValueError(f"this shape is not an ESP frame: {parsed.reason.value}")
    return protect(frame, parsed, replace(owned.sa, seq_hi=sequence >> 32))


def _build(owned: OwnedSa, seq: int, payload: bytes, shape: dict[str, Any]) -> bytes:
    sa = owned.sa
    size = 16 if sa.ipv6 else 4
    arguments: dict[str, Any] = {
        "src": sa.src or b"\x0a" + bytes(size - 2) + b"\x01",
        "dst": sa.dst or b"\x0a" + bytes(size - 2) + b"\x02",
        "spi": sa.spi,
        "seq": seq,
        "iv": owned.iv(),
        "icv_len": sa.icv_len,
        "udp_encapsulation": sa.udp_encapsulation != 0,
    }
    return esp_frame(payload, **(arguments | shape))


def clear_icv_room(frame: bytes, icv_len: int) -> bytes:
    """The frame with zeros where its ICV is: what the host hands to the engine."""
    parsed = parse_frame(frame)
    if isinstance(parsed, NotEsp):
        return frame
    icv = parsed.icv(icv_len)
    return frame[:icv] + bytes(icv_len) + frame[parsed.ip_end :]
