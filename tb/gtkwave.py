# SPDX-License-Identifier: Apache-2.0
"""``make waves``: a waveform in GTKWave, with the named groups of tb/waves where it is one of the whole engine.

Shows ``--wave FILE``, else the newest of build/waves. With ``--test`` a test is run first, with waveforms (``--seed``,
and WAVES_FROM and WAVES_TO in nanoseconds), and the newest that it wrote is shown. Where there is no display the
command for elsewhere is printed, which is no error. Exit code 2 where there is no waveform or no such test.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pywellen

from tb.sim import ROOT, WAVES_FOLDER, SimulationError

SAVE_FILE = ROOT / "tb" / "waves" / "ipsec_engine.gtkw"
"""Of waveforms of ipsec_bench; its filters are found from the root of the project."""
_ZOOM = -17.5
"""Measured in GTKWave 3.3.118: 10 points of the screen for a clock cycle of 10 ns, where time is in picoseconds."""
_BEFORE_MARKER_PS = 500_000


def save_file_of(waveform: Path) -> Path | None:
    """The save file for a waveform, by its toplevel; None where there is none. SimulationError for another file."""
    if not waveform.is_file():
        raise SimulationError(f"{waveform}: no such file")
    try:
        toplevels = [scope.name for scope in pywellen.Waveform(str(waveform)).scopes()]
    except Exception as error:  # of no particular type
        raise SimulationError(f"{waveform}: not a waveform ({error})") from error
    return SAVE_FILE if "ipsec_bench" in toplevels else None


def write_save_file(path: Path, waveform: Path, marker_ns: int) -> None:
    """Write a save file for a waveform that opens at a marker, with the filters it needs in the folder beside it."""
    base = save_file_of(waveform)
    text = "[timestart] 0\n*0 0 -1\n" if base is None else base.read_text(encoding="utf-8")
    text = re.sub(r"^\[timestart\].*", f"[timestart] {max(0, marker_ns * 1000 - _BEFORE_MARKER_PS)}", text, flags=re.M)
    text = re.sub(r"^\*\S+ \S+", f"*{_ZOOM:f} {marker_ns * 1000}", text, flags=re.M)
    filters = path.parent / "filters"

    def moved(match: re.Match[str]) -> str:
        source = ROOT / match[2]
        filters.mkdir(exist_ok=True)
        (filters / source.name).write_bytes(source.read_bytes())
        return f"{match[1]} filters/{source.name}"

    path.write_text(re.sub(r"^(\^\d+) (\S+)$", moved, text, flags=re.M), encoding="utf-8")


def view(waveform: Path) -> int:
    """Show a waveform; returns the exit code."""
    save = save_file_of(waveform)
    command = ["gtkwave", os.path.relpath(waveform, ROOT), *([os.path.relpath(save, ROOT)] if save else [])]
    if not os.environ.get("DISPLAY"):
        print(f"no display (DISPLAY is not set), where there is one: {shlex.join(command)}")
        return 0
    if code := subprocess.run([ROOT / "scripts" / "require", "gtkwave"], cwd=ROOT, check=False).returncode:
        return code
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _waveforms(since: float = 0.0) -> list[Path]:
    """Those of build/waves that were written since then, the newest last."""
    times = {path: path.stat().st_mtime for path in WAVES_FOLDER.glob("*.fst")}
    return sorted((path for path in times if times[path] >= since), key=lambda path: times[path])


def _run_test(test: str, seed: str) -> None:
    """Run a test with waveforms; SystemExit if there is no such test. A red one is what waveforms are for."""
    environment = {**os.environ, "WAVES": "1", "FAILURE_KITS": "0"}
    environment.pop("COCOTB_RANDOM_SEED", None)
    if seed != "random":
        environment["COCOTB_RANDOM_SEED"] = seed
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", test]
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode not in (0, 1):
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tb.gtkwave", description="Shows a waveform in GTKWave.")
    parser.add_argument("--wave", type=Path, help="a waveform (default: the newest)")
    parser.add_argument("--test", help="run this test of pytest first, with waveforms")
    parser.add_argument("--seed", default="1", help='of that test, or "random" (default: 1)')
    options = parser.parse_args(arguments)
    started = 0.0
    if options.test:
        started = time.time()
        _run_test(options.test, options.seed)
    waveforms = [options.wave] if options.wave and not options.test else _waveforms(started)
    if options.test:
        # others may write waveforms at the same time: those named after the test's file come last
        own = "_".join(Path(options.test.split("::")[0]).with_suffix("").parts[1:])
        waveforms.sort(key=lambda path: path.name.startswith(own))
    if not waveforms:
        nothing = "no waveform in build/waves: make sim WAVES=1"
        print(
            f"error: TEST={options.test}: ran no simulation" if options.test else f"error: {nothing}", file=sys.stderr
        )
        return 2
    for path in waveforms[:-1] if options.test else []:
        print(f"also written: {os.path.relpath(path, ROOT)}")
    try:
        return view(waveforms[-1])
    except SimulationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
