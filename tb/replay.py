# SPDX-License-Identifier: Apache-2.0
"""``make replay``: a capture of the user through the engine.

Inbound: ESP frames in; frames decrypted in place out, all of them. Outbound: ESP-framed plaintext in (header, IV,
payload, padding, trailer, room for the ICV); the frames that were sent out. Every SA of the file is added in the chosen
direction.

Exit code 0; 2 with one line on stderr where the command line or a file is wrong, or the engine refuses an SA; 1 where
the engine itself failed, or differs from the reference engine (then the files are written, they show what it did).
OUT and REPORT are complete or not there: after an error nothing is left of them, and what was there before stays.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from tb.captures import Capture, UserFileError, read_capture, read_sas, write_capture
from tb.command_line import OneLineParser
from tb.main_job import TOPLEVEL
from tb.progress import JobProgress
from tb.sim import ALL_SIMULATORS, BUILD_FOLDER, SimulationError, build

JOB = "tb.jobs.replay_simulation"
DIRECTIONS = ("inbound", "outbound")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = OneLineParser(prog="python -m tb.replay", description=__doc__.splitlines()[0])
    parser.add_argument("--sim", choices=ALL_SIMULATORS, default="verilator", help="simulator (default: verilator)")
    parser.add_argument("--waves", action="store_true", help="write a waveform, build/waves/replay-SIM.fst")
    parser.add_argument("--direction", required=True, help="inbound or outbound")
    parser.add_argument("--sas", type=Path, required=True, help="SAs, the form of NAME.sa.json")
    parser.add_argument("--in", dest="input", type=Path, required=True, help="pcap or pcapng, Ethernet or raw IP")
    parser.add_argument("--out", type=Path, required=True, help="pcapng of what comes out")
    parser.add_argument("--report", type=Path, required=True, help="JSON list, one object for each packet")
    options = parser.parse_args(arguments)
    if options.direction not in DIRECTIONS:
        parser.error(f"DIR={options.direction}: must be inbound or outbound")
    return options


@contextlib.contextmanager
def _complete_or_absent(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Temporary files beside ``paths``, renamed to them at the end; removed instead after any error."""
    partial: list[Path] = []
    try:
        for path in paths:
            try:
                handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            except OSError as error:
                raise UserFileError(path, f"cannot be written: {error.strerror}") from error
            os.close(handle)
            partial.append(Path(name))
        yield partial
        mask = os.umask(0)
        os.umask(mask)
        for temporary, path in zip(partial, paths, strict=True):
            try:
                temporary.chmod(0o666 & ~mask)
                temporary.replace(path)
            except OSError as error:
                raise UserFileError(path, f"cannot be written: {error.strerror}") from error
    finally:
        for temporary in partial:
            temporary.unlink(missing_ok=True)


def _check_outputs(options: argparse.Namespace) -> None:
    """Before anything takes time: OUT and REPORT can be files, and are no input and not the same."""
    named = [("IN", options.input), ("SAS", options.sas), ("OUT", options.out), ("REPORT", options.report)]
    for number, (name, path) in enumerate(named[2:], start=2):
        if path.exists() and not path.is_file():
            raise UserFileError(path, "is there, and not a regular file")
        if not path.parent.is_dir():
            raise UserFileError(path, f"cannot be written: no folder {path.parent}")
        for other_name, other in named[:number]:
            if path.resolve() == other.resolve():
                raise UserFileError(path, f"{name} and {other_name} are the same file")


def simulate(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Build and run the job; returns its result. Raises SimulationError."""
    with JobProgress(console, "packets") as progress, tempfile.TemporaryDirectory() as folder:
        built = build(options.sim, TOPLEVEL, waves=options.waves, progress=progress.step)
        result_file = Path(folder) / "result.json"
        environment = {
            "JOB_DIRECTION": options.direction,
            "JOB_SAS": str(options.sas.resolve()),
            "JOB_IN": str(options.input.resolve()),
            "JOB_RESULT": str(result_file),
        }
        # a folder of its own: two replays may run at the same time
        name = f"replay-{options.sim}" if options.waves else f"replay-{options.sim}-{os.getpid()}"
        run = built.run(JOB, extra_env=environment, name=name, line=progress.line, check=False)
        if not result_file.is_file():
            failure = "\n".join(case.failure or "" for case in run.failures) or "no result"
            raise SimulationError(f"{options.sim}: the replay did not end (log: {run.log})\n{failure}")
        result: dict[str, Any] = json.loads(result_file.read_text(encoding="utf-8"))
        if not options.waves and not run.failures:
            shutil.rmtree(run.log.parent, ignore_errors=True)
        return result


def write_outputs(out: Path, report: Path, capture: Capture, records: Sequence[dict[str, Any]]) -> None:
    """Write OUT (the frames that came out, with the times of the capture) and REPORT, both or none."""
    left = [(bytes.fromhex(r["frame"]), capture.times[r["index"]]) for r in records if r["frame"] is not None]
    with _complete_or_absent((out, report)) as (partial_out, partial_report):
        write_capture(partial_out, capture.linktype, [frame for frame, _ in left], [time for _, time in left])
        try:
            partial_report.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise UserFileError(report, f"cannot be written: {error.strerror}") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    options = _options(arguments)
    console = Console()
    BUILD_FOLDER.mkdir(exist_ok=True)
    try:
        read_sas(options.sas)
        capture = read_capture(options.input)
        _check_outputs(options)
        result = simulate(options, console)
        if "error" in result:
            print(f"error: {result['error']}", file=sys.stderr)
            return 2
        records = result["records"]
        write_outputs(options.out, options.report, capture, records)
    except UserFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except SimulationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    sent = sum(record["frame"] is not None for record in records)
    done = sum(record["crypto_done"] for record in records)
    failed = sum(record["crypto_status"] != 0 for record in records)
    handled = sum(record["handle"] != 0 for record in records)
    if options.direction == "inbound":
        text = f"{len(records)} packets in, {sent} out: {done - failed} decrypted, {failed} failed"
    else:
        text = f"{len(records)} packets in, {sent} out: {handled} with an SA, {len(records) - sent} failed"
    console.print(f"{text} -> {options.out}, {options.report}", markup=False, highlight=False, soft_wrap=True)
    if result["mismatches"]:
        print(f"error: the engine differs from the reference engine: {result['text']}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
