# SPDX-License-Identifier: Apache-2.0
"""The failure kit: a folder of ``build/failures`` for a failed cocotb test, with what it takes to find out why.

Frames, SAs and the first difference are what tb.recorder kept in the run that failed. Waveforms of every run would take
too much time, so the case is run again, alone, and only the time around the failure is dumped. The same seed makes the
same run; if it fails again everything in the folder is from that run. README.txt of the folder says what is in it.

``python -m tb.failure_kit FOLDER`` is what replay.sh calls: exit code 1 if the case fails again, 0 if it passes, 2 if
the folder is no failure kit. WAVES_FROM and WAVES_TO choose another part of the run for the waveform.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from tb.failure_files import Failure
from tb.progress import JobProgress
from tb.recorder import read_recording
from tb.sim import (
    BUILD_FOLDER,
    ROOT,
    CaseResult,
    CocotbTestFailure,
    RunResult,
    SimulationError,
    WavesWindow,
    build,
)
from tb.wireshark import DECRYPT

FOLDER = BUILD_FOLDER / "failures"
TRACED_KITS = 3
"""So many kits of a process get their waveform at once: an engine that is broken fails a hundred tests."""

_RERUN_SECONDS = 300.0
_NAME_LENGTH = 180
_traced = 0

_README = """{test} failed on {simulator} with seed {seed}.

first_difference.txt   field, offset, expected, got; which frame of which SA
replay.sh              runs this case alone with the same seed and waveforms, and makes these files anew;
                       WAVES_FROM=ns WAVES_TO=ns ./replay.sh dumps another part of the run
open.sh waves          waves.fst in GTKWave: groups in the order of the data path, marker at the failing beat
open.sh in             what went into the engine, in Wireshark (tshark where there is no display)
open.sh out            what came out
sim.log                the log

in.pcapng and out.pcapng have an interface for each port of the engine, and the simulated time. open.sh shows the side
of the wire (s_axis_rx, m_axis_tx), AES-GCM decrypted with the keys of wireshark/esp_sa; "open.sh in host" and "open.sh
out host" show the side of the host (s_axis_tx, m_axis_rx), whose frames are in clear. What it runs:

    XDG_CONFIG_HOME=$PWD tshark {decrypt} \\
        -Y '!({host})' -t e -r out.pcapng
"""

_REPLAY = """#!/bin/sh
# Runs the case of this folder again. A folder that was moved finds the project by PROJECT=.
kit=$(cd "$(dirname "$0")" && pwd) || exit 2
cd "${PROJECT:-$kit/../../..}" || exit 2
[ -f tb/failure_kit.py ] || { echo "error: PROJECT=$PWD: not the project" >&2; exit 2; }
[ -x .venv/bin/python ] || make setup || exit 2
exec .venv/bin/python -m tb.failure_kit "$kit"
"""

_OPEN = """#!/bin/sh
# Usage: open.sh waves | in | out | in host | out host
cd "$(dirname "$0")" || exit 2
case "$*" in
waves)
    [ -n "$DISPLAY" ] || {{ echo 'waves.fst and waves.gtkw are for GTKWave, which needs a display'; exit 0; }}
    exec gtkwave waves.fst waves.gtkw ;;
in | out)
    set -- {decrypt} -Y '!({host})' -t e -r "$1.pcapng" ;;
'in host' | 'out host')
    set -- -Y '{host}' -t e -r "$1.pcapng" ;;
*)
    echo 'usage: open.sh waves | in | out | in host | out host' >&2
    exit 2 ;;
esac
export XDG_CONFIG_HOME="$PWD"
if [ -n "$DISPLAY" ] && command -v wireshark >/dev/null; then exec wireshark "$@"; else exec tshark "$@"; fi
"""

_HOST_SIDE = 'frame.interface_name == "s_axis_tx" || frame.interface_name == "m_axis_rx"'


class NoKitError(Exception):
    """A folder is no failure kit; the text is one line."""


@dataclass(frozen=True)
class Case:
    """What runs a failed case again: case.json. ``sources``: relative to the project, or below ``sources/`` of the kit.

    ``waves_from``, ``waves_to``: of the waveform, in nanoseconds of a run of this case alone.
    """

    simulator: str
    toplevel: str
    sources: list[str] | None
    settings: dict[str, Any]
    test_module: str
    test: str
    seed: int
    environment: dict[str, str]
    plusargs: list[str]
    waves_from: int
    waves_to: int | None

    def failure(self, run: RunResult) -> Failure | None:
        """How this case failed in a run, None if it did not."""
        for result in run.failures:
            if result.name == self.test:
                test = f"{self.test_module}.{self.test}"
                recording = read_recording(run.log.parent, test)
                return Failure(test, self.simulator, self.seed, result, recording)
        return None

    def limited(self, window: WavesWindow) -> Case:
        """With another part of the run in the waveform."""
        return replace(self, waves_from=window.start, waves_to=window.end)

    def save(self, folder: Path) -> None:
        """Write case.json."""
        (folder / "case.json").write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Case:
        """Read case.json; NoKitError."""
        path = folder / "case.json"
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise NoKitError(f"{path}: not of a failure kit ({error})") from error


# ---- making ----------------------------------------------------------------------------------------------------


def add_kits(failure: CocotbTestFailure) -> None:
    """Make the kits of a failure and name them in its text. Whatever goes wrong is one line there and nothing more."""
    for note in make_kits(failure.result):
        failure.add_note(note)


def make_kits(run: RunResult, say: Callable[[str], None] | None = None) -> list[str]:
    """Make a kit for every case that failed in a run; returns where they are, a line or two for each.

    ``say`` is called with every step. Nothing is raised. The environment variable FAILURE_KITS=0 switches kits off.
    """
    if os.environ.get("FAILURE_KITS") == "0":
        return []
    notes = []
    for failed in run.failures:
        try:
            notes.append(_make_kit(run, failed, say))
        except Exception as error:  # must not hide why the test failed
            notes.append(f"no failure kit of {failed.name}: {type(error).__name__}: {error}")
    return notes


def _make_kit(run: RunResult, failed: CaseResult, say: Callable[[str], None] | None) -> str:
    global _traced
    launch = run.launch
    name = re.sub(r"[^\w.-]+", "_", f"{launch.name}.{failed.name}")[-_NAME_LENGTH:].strip("_.")
    folder = FOLDER / f"{name}-{launch.seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    case = Case(
        simulator=launch.build.simulator,
        toplevel=launch.build.toplevel,
        sources=_kept_sources(folder, launch.build.sources),
        settings=dict(launch.build.settings),
        test_module=launch.test_module,
        test=failed.name,
        seed=launch.seed,
        environment=dict(launch.extra_env),
        plusargs=list(launch.plusargs),
        waves_from=0,
        waves_to=None,
    )
    failure = case.failure(run)
    assert failure is not None
    window = failure.window()
    # alone, the case begins at time 0
    end = None if window.end is None else window.end - failed.start_ns
    case = case.limited(WavesWindow(window.start - failed.start_ns, end))
    case.save(folder)
    wireshark = {"decrypt": shlex.join(DECRYPT), "host": _HOST_SIDE}
    readme = _README.format(test=failure.test, simulator=case.simulator, seed=case.seed, **wireshark)
    (folder / "README.txt").write_text(readme, encoding="utf-8")
    for script, text in (("replay.sh", _REPLAY), ("open.sh", _OPEN.format(**wireshark))):
        (folder / script).write_text(text, encoding="utf-8")
        (folder / script).chmod(0o755)
    shutil.copy(run.log, folder / "sim.log")
    failure.write(folder)
    note = f"failure kit: {folder}"
    if _traced == TRACED_KITS:
        return f"{note}\n  replay.sh makes its waveform: this process has made those of {TRACED_KITS} others"
    _traced += 1
    try:
        if not _run_again(folder, case, None, say):
            return f"{note}\n  run again, alone and with waveforms, it did not fail: the files are of the first run"
    except SimulationError as error:
        return f"{note}\n  without a waveform: {str(error).splitlines()[0]}"
    return note


def _kept_sources(folder: Path, sources: Sequence[Path] | None) -> list[str] | None:
    """Names of the sources; those outside of the project are copied into the kit."""
    if sources is None:
        return None
    names = []
    for path in sources:
        if path.is_relative_to(ROOT):
            names.append(str(path.relative_to(ROOT)))
        else:
            (folder / "sources").mkdir(exist_ok=True)
            shutil.copy(path, folder / "sources")
            names.append(f"sources/{path.name}")
    return names


# ---- running again ---------------------------------------------------------------------------------------------


def _run_again(
    folder: Path, case: Case, window: WavesWindow | None, say: Callable[[str], None] | None
) -> Failure | None:
    """Run the case with waveforms; if it fails, make the files of the kit from that run. None if it passes.

    ``window``: of the waveform, where it is not to be the time around the failure. Raises SimulationError.
    """
    sources = case.sources
    if sources is not None:
        sources = [str(folder / name) if name.startswith("sources/") else name for name in sources]
    traced = build(case.simulator, case.toplevel, sources, waves=True, progress=say, **case.settings)
    if say is not None:
        say(f"{case.simulator}: running {case.test}")
    while True:
        shown = window or WavesWindow(case.waves_from, case.waves_to)
        run = traced.run(
            case.test_module,
            testcase=case.test,
            extra_env=case.environment,
            plusargs=case.plusargs,
            name=folder.name,
            seed=case.seed,
            timeout_seconds=_RERUN_SECONDS,
            check=False,
            window=shown,
        )
        assert run.waveform is not None
        failure = case.failure(run)
        if failure is None:
            run.waveform.unlink(missing_ok=True)
            return None
        around = failure.window()
        if window is not None or (shown.start <= around.start and (shown.end or 0) >= (around.end or 0)):
            break
        # alone it fails at another time than after the cases before it
        case = case.limited(around)
        case.save(folder)
    shutil.copy(run.log, folder / "sim.log")
    shutil.move(run.waveform, folder / "waves.fst")
    failure.write(folder)
    return failure


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tb.failure_kit", description="Runs the case of a failure kit.")
    parser.add_argument("folder", type=Path, help="of the failure kit")
    folder = parser.parse_args(arguments).folder.resolve()
    console = Console()
    try:
        case = Case.load(folder)
        window = WavesWindow.from_environment()
        with JobProgress(console) as progress:
            chosen = None if window == WavesWindow() else window
            failure = _run_again(folder, case, chosen, progress.step)
    except (NoKitError, SimulationError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if failure is None:
        print(f"{case.test} passes")
        return 0
    print((folder / "first_difference.txt").read_text(encoding="utf-8"), end="")
    print(f"{case.test} fails again; waveform and captures are new: {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
