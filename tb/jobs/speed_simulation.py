# SPDX-License-Identifier: Apache-2.0
"""How fast frames go through a simulation, inside the simulator, both directions always at the same time.

The same SAs, frames, reference engine and scoreboard on two toplevels: on ``ipsec_bench`` frames go through the
transactors of tb/transactors.py, on ``speed_bench`` through AxiStreamSource and AxiStreamSink of cocotbext-axi. Every
octet of every frame is compared. The clock is made in Verilog on both. Time is that of the processor, and runs from the
first frame handed over to the last one compared; frames are built before that.

Environment: ``JOB_LOADS`` a JSON list of the fields of ``Load``, ``JOB_RESULT`` the file for the result (``loads``,
``mismatches``, ``text``), ``JOB_PLAY`` a folder for what ``speed_bench`` plays without Python (only on ``ipsec_bench``;
may be missing).
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cocotb
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

from models.sa import UDP_NONE, UDP_TRANSPORT, Algorithm, Direction, SecurityAssociation
from tb import engine_registers as regs
from tb.bench import STATUS_SENT, EngineBench, RxResult, TxFrame, TxResult
from tb.jobs.benchmark_simulation import Pair, beats, overhead
from tb.jobs.session import ProgressLines, Session, write_result
from tb.transactors import BEAT_OCTETS, RegisterBus
from tb.transport import Frame, build_frame, wire_frame

KINDS = (
    (Algorithm.GCM_128, 8, False, UDP_NONE),
    (Algorithm.GCM_256, 12, False, UDP_NONE),
    (Algorithm.GCM_192, 8, False, UDP_NONE),
    (Algorithm.GCM_128, 16, False, UDP_TRANSPORT),
    (Algorithm.GCM_256, 16, True, UDP_NONE),
    (Algorithm.GMAC_256, 16, False, UDP_NONE),
)
"""Algorithm, ICV, IPv6, UDP encapsulation of the SAs of each direction."""
DISTINCT_BEATS = 4096
"""Frames of so many beats are built for a load, about; they are sent over and over."""
_LEAST_DISTINCT = 12
_MASK = 0xFFFFFFFF
_SUM_MASK = (1 << 128) - 1


class Load(NamedTuple):
    """Octets of a frame, frames for each direction here, and frames for each direction without Python."""

    octets: int
    frames: int
    bare_frames: int


class RecordedRegisters(RegisterBus):
    """Keeps what is written, for a simulation without Python."""

    def __init__(self, entity: Any, name: str, clock: Any) -> None:
        super().__init__(entity, name, clock)
        self.writes: list[tuple[int, int]] = []

    async def _run(self, accesses: Sequence[tuple[int, int | None]]) -> list[int]:
        self.writes += [(address, value) for address, value in accesses if value is not None]
        return await super()._run(accesses)


class RecordingBench(EngineBench):
    """The usual bench, its register writes recorded."""

    def __init__(self, dut: Any) -> None:
        super().__init__(dut)
        self.registers: RecordedRegisters = RecordedRegisters(dut, "registers", dut.clk)


class AxiStreamBench:
    """The engine of ``speed_bench`` with a cocotbext-axi object at every stream; what Transport needs of a bench."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.registers = RegisterBus(dut, "registers", dut.clk)
        self.tx_source: Any
        self.rx_source: Any
        self.tx_sink: Any
        self.rx_sink: Any
        self.status_sink: Any

    async def start(self) -> None:
        """Reset the engine, then put the streams to work: on Icarus nothing is known before."""
        dut = self.dut
        dut.rst.value = 1
        await ClockCycles(dut.clk, 4)
        dut.rst.value = 0
        await ClockCycles(dut.clk, 4)
        # each frame would be printed
        logging.getLogger("cocotb.speed_bench").setLevel(logging.WARNING)
        self.tx_source, self.rx_source = (
            AxiStreamSource(AxiStreamBus.from_prefix(dut, name), dut.clk) for name in ("s_axis_tx", "s_axis_rx")
        )
        self.tx_sink, self.rx_sink, self.status_sink = (
            AxiStreamSink(AxiStreamBus.from_prefix(dut, name), dut.clk)
            for name in ("m_axis_tx", "m_axis_rx", "m_axis_tx_status")
        )

    def cycles(self) -> int:
        """Clock cycles since the start of the simulation."""
        return int(self.dut.cycle.value)

    def check(self) -> None:
        """Nothing is checked beside the frames."""

    def take_aborted(self) -> list[bytes]:
        """Nothing is aborted: all frames are good."""
        return []

    async def transmit(self, frames: Sequence[TxFrame]) -> list[TxResult]:
        """Send ``frames`` back to back; returns their results, in order."""
        for frame in frames:
            self.tx_source.send_nowait(AxiStreamFrame(frame.data, tuser=frame.tunnel_handle << 32 | frame.handle))
        results = []
        for _ in frames:
            status = (await self.status_sink.recv()).tdata[0]
            data = bytes((await self.tx_sink.recv()).tdata) if status == STATUS_SENT else None
            results.append(TxResult(status, data))
        return results

    async def receive(self, frames: Sequence[bytes]) -> list[RxResult]:
        """Let ``frames`` come from the wire; returns what the host got, in order."""
        for frame in frames:
            self.rx_source.send_nowait(AxiStreamFrame(frame))
        results = []
        for _ in frames:
            frame = await self.rx_sink.recv(compact=False)
            user = frame.tuser[-1]
            data = bytes(octet for octet, keep in zip(frame.tdata, frame.tkeep, strict=True) if keep)
            results.append(RxResult(data, user & _MASK, user >> 32 & _MASK, user >> 64))
        return results


async def _add_pairs(session: Session, rng: random.Random) -> list[Pair]:
    pairs = []
    for number, (algorithm, icv_len, ipv6, udp) in enumerate(KINDS):
        size = 16 if ipv6 else 4
        owned = [
            await session.transport.add_sa(
                SecurityAssociation(
                    direction=direction,
                    algorithm=algorithm,
                    spi=0x1000 + 2 * number + (direction is Direction.INBOUND),
                    key=rng.randbytes(algorithm.key_octets),
                    salt=rng.randbytes(4),
                    icv_len=icv_len,
                    ipv6=ipv6,
                    src=rng.randbytes(size),
                    dst=rng.randbytes(size),
                    udp_encapsulation=udp,
                )
            )
            for direction in Direction
        ]
        pairs.append(Pair(owned[0], owned[1]))
    return pairs


def _frames(rng: random.Random, pairs: Sequence[Pair], octets: int) -> tuple[list[Frame], list[bytes]]:
    """Frames of ``octets`` octets over the SAs in turn that have frames so short."""
    fitting = [pair for pair in pairs if overhead(pair.sa) + 2 <= octets]
    host, wire = [], []
    for number in range(max(_LEAST_DISTINCT, DISTINCT_BEATS // beats(octets))):
        pair = fitting[number % len(fitting)]
        room = octets - overhead(pair.sa) - 2
        host.append(Frame(build_frame(pair.outbound, rng.randbytes(room), pad_length=0), pair.outbound.handle))
        wire.append(wire_frame(pair.inbound, rng.randbytes(room), pad_length=0))
    assert {len(frame.data) for frame in host} | set(map(len, wire)) == {octets}
    return host, wire


def _lines(path: Path, words: Iterable[str]) -> int:
    lines = list(words)
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return len(lines)


def _beat_words(frames: Iterable[tuple[bytes, int]]) -> Iterator[str]:
    for data, handle in frames:
        for at in range(0, len(data), BEAT_OCTETS):
            beat = data[at : at + BEAT_OCTETS]
            last = at + BEAT_OCTETS >= len(data)
            word = handle << 148 | last << 144 | ((1 << len(beat)) - 1) << 128 | int.from_bytes(beat, "little")
            yield f"{word:045x}"


def stream_sum(frames: Iterable[bytes]) -> int:
    """The sum of tb/hdl/speed_bench.v over the beats of ``frames``."""
    total = 0
    for frame in frames:
        for at in range(0, len(frame), BEAT_OCTETS):
            beat = int.from_bytes(frame[at : at + BEAT_OCTETS], "little")
            total = (total << 1 & _SUM_MASK | total >> 127) ^ beat
    return total


class _Play:
    """Writes what ``speed_bench`` plays alone, and what must come of it, into ``folder``."""

    def __init__(self, folder: Path, session: Session, writes: Sequence[tuple[int, int]]) -> None:
        self.folder, self.session = folder, session
        pause = {regs.COMMAND: 1 << 62}
        words = (f"{1 << 63 | pause.get(address, 0) | address << 32 | value:016x}" for address, value in writes)
        self.writes = _lines(folder / "writes.hex", words)

    def add(self, load: Load, host: Sequence[Frame], wire: Sequence[bytes]) -> dict[str, Any]:
        """The plusargs and the last line for a load."""
        octets, total = load.octets, load.bare_frames
        counts = {
            "write_count": self.writes,
            "tx_count": _lines(self.folder / f"{octets}.tx.hex", _beat_words((f.data, f.handle) for f in host)),
            "rx_count": _lines(self.folder / f"{octets}.rx.hex", _beat_words((data, 0) for data in wire)),
        }
        files = {"writes": "writes.hex", "tx": f"{octets}.tx.hex", "rx": f"{octets}.rx.hex"}
        reference = self.session.reference
        sent = [reference.transmit(frame.data, frame.handle).frame or b"" for frame in host]
        received = [reference.receive(frame).frame for frame in wire]
        return {
            "plusargs": [f"+{name}={self.folder / file}" for name, file in files.items()]
            + [f"+{name}={count}" for name, count in counts.items()],
            "frames": total,
            "end": [
                str(total),
                f"{stream_sum(_repeat(sent, total)):x}",
                str(total),
                str(total),
                f"{stream_sum(_repeat(received, total)):x}",
            ],
        }


def _repeat(items: Sequence[Any], count: int) -> list[Any]:
    return list(itertools.islice(itertools.cycle(items), count))


@cocotb.test()
async def speed(dut: Any) -> None:
    """All loads, one after the other."""
    loads = [Load(*numbers) for numbers in json.loads(os.environ["JOB_LOADS"])]
    play_folder = os.environ.get("JOB_PLAY")
    bench: Any = RecordingBench(dut) if hasattr(dut, "tx_source_chunk") else AxiStreamBench(dut)
    session = await Session.start(dut, bench)
    rng = random.Random(cocotb.RANDOM_SEED)
    pairs = await _add_pairs(session, rng)
    play = _Play(Path(play_folder), session, bench.registers.writes) if play_folder else None
    progress = ProgressLines(2 * sum(load.frames for load in loads))
    rows = []
    for load in loads:
        host, wire = _frames(rng, pairs, load.octets)
        progress.say(f"{load.octets} octets")
        name = f"{load.octets} octets"
        begin_cycle, begin = bench.cycles(), time.process_time()
        receiving = cocotb.start_soon(session.transport.receive(name, _repeat(wire, load.frames)))
        await session.transport.transmit(name, _repeat(host, load.frames))
        await receiving
        seconds = time.process_time() - begin
        rows.append(
            {
                "octets": load.octets,
                "frames": 2 * load.frames,
                "cycles": bench.cycles() - begin_cycle,
                "seconds": seconds,
            }
            | ({"play": play.add(load, host, wire)} if play else {})
        )
        progress.advance(2 * load.frames)
    bench.check()
    scoreboard = session.scoreboard
    write_result({"loads": rows, "mismatches": scoreboard.mismatches, "text": scoreboard.text()})
    assert scoreboard.mismatches == 0, scoreboard.text()
