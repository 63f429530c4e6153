# SPDX-License-Identifier: Apache-2.0
"""Remembers what went through the transactors, and writes it down when a cocotb test fails.

The transactors hand over references: a port keeps its latest ``KEPT_FRAMES`` frames, the register bus the SAs that the
engine accepted. Nothing is copied, parsed or written while tests pass. After the first mismatch that the scoreboard
sees nothing more is kept, so that the frames around it are still there when the test ends much later.

cocotb says in its log that a test failed while the simulation stands still where it ended: a handler of that log
writes the recording into the folder that the environment variable ``RECORDINGS`` names (tb.sim sets it).
``read_recording`` is for the process outside.
"""

from __future__ import annotations

import logging
import os
import pickle
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.ndis import SaFlags, SecAssocFlags
from models.sa import Algorithm, Direction, SecurityAssociation
from tb import engine_registers as regs

if TYPE_CHECKING:
    from tb.scoreboard import Scoreboard

KEPT_FRAMES = 1024
"""Of each port: four runs of the transport."""
_KEPT_SAS = 4096

_GCM_BITS = {0x08: 128, 0x10: 192, 0x20: 256}
_STAGED = frozenset(register.address for name, register in regs.REGISTERS.items() if name.startswith("STAGE_"))


@dataclass(frozen=True)
class RecordedFrame:
    """A frame of a port, which has the name of its transactor. ``number``: from 0 since the last reset.

    ``user``: what went beside it (``tuser``). ``cycles``: clock cycles of its first and last beat; None where it was
    not ``taken``, or so long ago that the transactor does not know any more. ``handed_over``: nanoseconds of simulated
    time when a source was given the frame.
    """

    port: str
    number: int
    octets: bytes
    user: int
    cycles: tuple[int, int] | None
    taken: bool = True
    handed_over: int = 0


@dataclass(frozen=True)
class Recording:
    """What a failed test leaves behind.

    ``mismatch``: the scoreboard's text about the first mismatch; ``given``, ``got``: the frames it is about, as they
    went in and came out, where they are known.
    """

    frames_in: tuple[RecordedFrame, ...]
    frames_out: tuple[RecordedFrame, ...]
    sas: tuple[SecurityAssociation, ...]
    mismatch: str | None
    given: RecordedFrame | None
    got: RecordedFrame | None


def read_recording(folder: Path, test: str) -> Recording | None:
    """The recording of a failed test (module and name), None where there is none."""
    path = _path(folder, test)
    if not path.is_file():
        return None
    recording: Recording = pickle.loads(path.read_bytes())
    return recording


def _path(folder: Path, test: str) -> Path:
    name = re.sub(r"[^\w.-]+", "_", test)
    return folder / f"{name}.recording"


class Port:
    """The latest frames of a transactor (a FrameSource or a FrameSink of tb.transactors)."""

    def __init__(self, transactor: Any) -> None:
        self.transactor = transactor
        self.frames: deque[tuple[int, Any]] = deque(maxlen=KEPT_FRAMES)
        self.count = 0

    def add(self, frame: Any) -> None:
        """Remember a frame: of a sink a StreamFrame, of a source ``(octets, tuser, nanoseconds)``."""
        if not RECORDER.stopped():
            self.frames.append((self.count, frame))
        self.count += 1

    def forget(self) -> None:
        """After a reset."""
        self.frames.clear()
        self.count = 0

    def given(self) -> list[RecordedFrame]:
        """What a source was given, with the cycles of the latest frames as the transactor has them."""
        taken = self.transactor.frames_taken()
        cycles = self.transactor.cycles_taken(self.transactor.kept_cycles)
        known = dict(zip(range(taken - len(cycles), taken), cycles, strict=True))
        return [
            RecordedFrame(self.transactor.name, number, octets, user, known.get(number), number < taken, now)
            for number, (octets, user, now) in self.frames
        ]

    def seen(self) -> list[RecordedFrame]:
        """What a sink saw."""
        return [
            RecordedFrame(self.transactor.name, number, frame.data, frame.user, (frame.first_cycle, frame.last_cycle))
            for number, frame in self.frames
        ]


class Recorder:
    """The ports and SAs of the test that is running."""

    def __init__(self) -> None:
        self._folder = os.environ.get("RECORDINGS")
        if self._folder:
            logging.getLogger("cocotb.regression").addHandler(_Failures())
        self.begin()

    def begin(self) -> None:
        """A test begins: forget the one before."""
        self._sources: dict[str, Port] = {}
        self._sinks: dict[str, Port] = {}
        self._staged: dict[int, int] = {}
        self._accepted: deque[dict[int, int]] = deque(maxlen=_KEPT_SAS)
        self._scoreboard: Scoreboard | None = None

    def source(self, transactor: Any) -> Port:
        """The port of a new FrameSource."""
        port = self._sources[transactor.name] = Port(transactor)
        return port

    def sink(self, transactor: Any) -> Port:
        """The port of a new FrameSink."""
        port = self._sinks[transactor.name] = Port(transactor)
        return port

    def watch(self, scoreboard: Scoreboard) -> None:
        """Stop at the first mismatch that ``scoreboard`` sees."""
        self._scoreboard = scoreboard

    def stopped(self) -> bool:
        """Whether there was a mismatch."""
        return self._scoreboard is not None and self._scoreboard.first is not None

    def accesses(self, accesses: Sequence[tuple[int, int | None]], values: Sequence[int]) -> None:
        """Register accesses, ``(address, value)`` with None for a read; ``values``: what reads gave, at their index."""
        for index, (address, value) in enumerate(accesses):
            if value is not None:
                if address in _STAGED:
                    self._staged[address] = value
            elif address == regs.RESULT_HANDLE and values[index]:
                self._accepted.append(dict(self._staged))

    def write(self, test: str) -> None:
        """Write the recording of ``test`` (module and name), which has failed."""
        if not self._folder:
            return
        frames_in = [frame for port in self._sources.values() for frame in port.given()]
        frames_out = [frame for port in self._sinks.values() for frame in port.seen()]
        first = self._scoreboard.first if self._scoreboard is not None else None
        recording = Recording(
            tuple(frames_in),
            tuple(frames_out),
            tuple(_association(staged) for staged in self._accepted),
            first.text if first else None,
            _find(frames_in, first.given if first else None),
            _find(frames_out, first.got if first else None),
        )
        _path(Path(self._folder), test).write_bytes(pickle.dumps(recording))


class _Failures(logging.Handler):
    """Listens to the log of cocotb's regression manager."""

    def emit(self, record: logging.LogRecord) -> None:
        """Start with every test, write at every failure. An error here is shown in the log and hides nothing."""
        try:
            if "%sfailed" in str(record.msg) and isinstance(record.args, tuple):
                RECORDER.write(str(record.args[1]))
            elif "running" in str(record.msg):
                RECORDER.begin()
        except Exception:
            self.handleError(record)


def _find(frames: Sequence[RecordedFrame], octets: bytes | None) -> RecordedFrame | None:
    """The latest frame that is this object, not one that is equal."""
    return next((frame for frame in reversed(frames) if frame.octets is octets), None)


def _association(staged: dict[int, int]) -> SecurityAssociation:
    """The SA of the words that were staged for an ADD_SA that the engine accepted (docs/registers.md)."""

    def octets(addresses: Sequence[int], count: int) -> bytes:
        return b"".join(staged.get(address, 0).to_bytes(4, "big") for address in addresses)[:count]

    encryption = staged[regs.STAGE_ENCRYPTION_ALGORITHM]
    gmac = encryption not in _GCM_BITS
    algorithm = Algorithm.of(gmac, _GCM_BITS[staged[regs.STAGE_AUTHENTICATION_ALGORITHM] if gmac else encryption])
    flags = staged[regs.STAGE_FLAGS]
    ipv6 = bool(flags & SaFlags.IPV6)
    esn = bool(staged[regs.STAGE_SA_FLAGS] & SecAssocFlags.ESN_SA)
    return SecurityAssociation(
        direction=Direction.INBOUND if flags & SaFlags.INBOUND else Direction.OUTBOUND,
        algorithm=algorithm,
        spi=staged[regs.STAGE_SPI],
        key=octets(regs.STAGE_KEY, algorithm.key_octets),
        salt=octets([regs.STAGE_SALT], 4),
        icv_len=staged[regs.STAGE_ICV_OCTETS],
        esn=esn,
        seq_hi=staged[regs.STAGE_SEQUENCE_HIGH] if esn else 0,
        ipv6=ipv6,
        src=octets(regs.STAGE_SRC, 16 if ipv6 else 4),
        dst=octets(regs.STAGE_DST, 16 if ipv6 else 4),
        udp_encapsulation=staged[regs.STAGE_UDP_ENCAPSULATION],
    )


RECORDER = Recorder()
"""Of this simulation."""
