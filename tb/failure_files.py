# SPDX-License-Identifier: Apache-2.0
"""The files of a failure kit that come from a recording: first difference, captures, keys, waveform with its marker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pywellen

from models.packet import ParsedEsp, parse_frame
from tb.captures import SimulatedPacket, write_simulation
from tb.gtkwave import write_save_file
from tb.recorder import RecordedFrame, Recording
from tb.sim import CaseResult, WavesWindow
from tb.transactors import BEAT_OCTETS, CLOCK_NS
from tb.wireshark import write_keys

_AROUND_NS = 100 * CLOCK_NS
_BEFORE_FAILURE_NS = 2000 * CLOCK_NS

_PORTS = {"tx_source": "s_axis_tx", "tx_sink": "m_axis_tx", "rx_source": "s_axis_rx", "rx_sink": "m_axis_rx"}
"""Transactors of ipsec_bench, and their ports of the engine."""
_STATUS_PORTS = {"tx_source": "status_sink", "source": "status"}
"""Transactors whose frame n gets word n of another, which sees no frames."""

_LINE = re.compile(r"(?:.*: )?(.+?)(?: \(octet (\d+) of .*?\))?: expected (.*), got (.*)")
"""A difference in the scoreboard's text: field, octet of the frame, expected, got."""


@dataclass(frozen=True)
class Failure:
    """A failed case with what it left behind; ``test``: module and name, ``recording``: None where there is none."""

    test: str
    simulator: str
    seed: int
    result: CaseResult
    recording: Recording | None

    def window(self) -> WavesWindow:
        """The time around the frame of the first difference; else before the difference, or the end of the test."""
        edges = [_edge(cycle) for frame in self._frames() for cycle in frame.cycles or ()]
        if edges:
            start, end = min(edges) - _AROUND_NS, max(edges)
        else:
            end = self._end()[0]
            start = end - _BEFORE_FAILURE_NS
        return WavesWindow(max(self.result.start_ns, start), end + _AROUND_NS)

    def write(self, folder: Path) -> None:
        """Write the files into the kit; those about the waveform if ``waves.fst`` is there."""
        waveform = folder / "waves.fst" if (folder / "waves.fst").is_file() else None
        marker, where = self._marker(waveform)
        packets: dict[RecordedFrame, str] = {}
        if self.recording is not None:
            for name, frames in (("in", self.recording.frames_in), ("out", self.recording.frames_out)):
                packets |= self._write_capture(folder / f"{name}.pcapng", frames)
            spis = {parsed.spi for frame in packets if isinstance(parsed := parse_frame(frame.octets), ParsedEsp)}
            # the latest first: Wireshark takes the first that fits
            write_keys(folder, [sa for sa in reversed(self.recording.sas) if sa.spi in spis])
        if waveform is not None:
            write_save_file(folder / "waves.gtkw", waveform, marker)
        lines = self._first_difference()
        for what, frame in zip(("went in", "came out"), (self._given, self._got), strict=True):
            if frame is not None:
                lines.append((what, f"{_about(frame)}: {packets[frame]}"))
        lines.append(("marker", f"{marker} ns, {where}"))
        text = "".join(f"{name:<11} {value}\n" for name, value in lines)
        (folder / "first_difference.txt").write_text(text, encoding="utf-8")

    @property
    def _given(self) -> RecordedFrame | None:
        return self.recording.given if self.recording is not None else None

    @property
    def _got(self) -> RecordedFrame | None:
        return self.recording.got if self.recording is not None else None

    def _frames(self) -> list[RecordedFrame]:
        return [frame for frame in (self._given, self._got) if frame is not None]

    def _mismatch(self) -> str | None:
        return self.recording.mismatch if self.recording is not None else None

    def _end(self) -> tuple[int, str]:
        """Nanoseconds of the last frame before a difference, which ends the recording, else of the end of the test."""
        if self.recording is not None and self.recording.mismatch is not None:
            edges = [_edge(frame.cycles[1]) for frame in self.recording.frames_out if frame.cycles is not None]
            if edges:
                return max(edges), "the last beat that came out before the difference was seen"
        return self.result.end_ns, "the end of the test"

    def _first_difference(self) -> list[tuple[str, str]]:
        lines = [("test", self.test), ("simulator", self.simulator), ("seed", str(self.seed))]
        mismatch = self._mismatch()
        if mismatch is None:
            failure = (self.result.failure or "failed").splitlines()
            return [*lines, ("difference", "none that the scoreboard saw"), *(("failure", line) for line in failure)]
        head, *differences = mismatch.splitlines()
        lines.append(("frame" if differences else "difference", head))
        for difference in differences or [head]:
            match = _LINE.fullmatch(difference.strip())
            if match is None:
                lines += [("difference", difference.strip())] if differences else []
                continue
            field, offset, expected, got = match.groups()
            lines.append(("field", field))
            if offset is not None:
                lines.append(("offset", offset))
            lines += [("expected", expected), ("got", got)]
        return lines

    def _write_capture(self, path: Path, frames: Sequence[RecordedFrame]) -> dict[RecordedFrame, str]:
        """Write frames as pcapng; returns where each of them is."""
        statuses = {
            (source, frame.number): frame.octets[0]
            for source, sink in _STATUS_PORTS.items()
            for frame in (self.recording.frames_out if self.recording is not None else ())
            if frame.port == sink
        }
        shown = [frame for frame in frames if frame.port not in _STATUS_PORTS.values()]
        shown.sort(key=_time)
        marked = self._frames()
        write_simulation(
            path,
            [
                SimulatedPacket(
                    frame.octets,
                    _time(frame),
                    _PORTS.get(frame.port, frame.port),
                    _comment(frame, statuses.get((frame.port, frame.number)), frame in marked),
                )
                for frame in shown
            ],
        )
        return {frame: f"packet {number} of {path.name}" for number, frame in enumerate(shown, start=1)}

    def _marker(self, waveform: Path | None) -> tuple[int, str]:
        """Nanoseconds of the failing beat, and what that is."""
        frame = self._got or self._given
        if frame is None or frame.cycles is None:
            return self._end()
        first, last = frame.cycles
        beat = -(-len(frame.octets) // BEAT_OCTETS) - 1
        mismatch = self._mismatch() or ""
        if self._got is not None and "length: " not in mismatch:
            # what goes beside a frame is beside its first beat, too
            offset = re.search(r"\(octet (\d+) of", mismatch)
            beat = int(offset[1]) // BEAT_OCTETS if offset else 0
        cycle = first + beat
        if last - first != -(-len(frame.octets) // BEAT_OCTETS) - 1:
            # the port stalled within the frame: only the waveform tells
            exact = _cycle_of_beat(waveform, frame, beat) if waveform is not None else None
            if exact is None:
                return _edge(first), f"cycle {first}: begin of {_about(frame)}; its beat {beat} is not in the waveform"
            cycle = exact
        return _edge(cycle), f"cycle {cycle}: beat {beat} of {_about(frame)}"


def _edge(cycle: int) -> int:
    """Nanoseconds of the clock edge at which the beat of a cycle is taken: clock and count of cycles start at 0."""
    return cycle * CLOCK_NS + CLOCK_NS // 2


def _time(frame: RecordedFrame) -> int:
    return _edge(frame.cycles[0]) if frame.cycles is not None else frame.handed_over


def _about(frame: RecordedFrame) -> str:
    text = f"{_PORTS.get(frame.port, frame.port)} frame {frame.number}"
    if frame.cycles is not None:
        return f"{text}, cycles {frame.cycles[0]} to {frame.cycles[1]}"
    return text if frame.taken else f"{text}, not taken yet"


def _comment(frame: RecordedFrame, status: int | None, differs: bool) -> str:
    text = _about(frame)
    words = [frame.user >> shift & 0xFFFFFFFF for shift in (0, 32, 64)]
    if frame.port == "tx_source":
        text += f", handle {words[0]:#010x}" + (f", tunnel handle {words[1]:#010x}" if words[1] else "")
    elif frame.port == "rx_sink":
        text += f", slot 1 {words[0]:#010x}, slot 12 {words[1]:#010x}, handle {words[2]:#010x}"
    elif frame.port == "tx_sink":
        text += ", aborted" if frame.user & 1 else ""
    elif frame.user:
        text += f", user {frame.user:#x}"
    if status is not None:
        text += f", status {status}"
    return f"{text}: the first difference" if differs else text


def _cycle_of_beat(waveform: Path, frame: RecordedFrame, beat: int) -> int | None:
    """The cycle in which a beat of a frame was taken, from the handshakes; None where the waveform has none."""
    assert frame.cycles is not None
    wanted = {f"ipsec_bench.ipsec_engine_inst.{_PORTS.get(frame.port)}_{name}" for name in ("tvalid", "tready")}
    signals = [
        variable.signal for variable in pywellen.Waveform(str(waveform)).all_vars() if variable.full_name in wanted
    ]
    if len(signals) != len(wanted):
        return None
    for cycle in range(frame.cycles[0], frame.cycles[1] + 1):
        before = 1000 * _edge(cycle) - 1
        if all(str(signal.value_at(before)) == "1" for signal in signals):
            if beat == 0:
                return cycle
            beat -= 1
    return None
