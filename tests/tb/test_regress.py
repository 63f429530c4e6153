# SPDX-License-Identifier: Apache-2.0
"""``make regress`` without a simulation: command line, causes of failures, report, what is kept after Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import traceback
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from models.engine import ReceiveResult, TransmitReason, TransmitResult
from tb import failure_kit, regress
from tb.bench import STATUS_FAILED_HANDLE, RxResult, TxResult
from tb.regress import Regression, SeedResult, cause_of, group
from tb.scoreboard import Scoreboard
from tb.sim import Build, CaseResult, Launch, RunResult, SimulationError
from tb.transactors import ProtocolError


def scoreboard_text(seed: int, status: int = STATUS_FAILED_HANDLE) -> str:
    """What the scoreboard says of a frame to send that ended with another status."""
    scoreboard = Scoreboard()
    frame = bytes((seed,)) * (60 + seed)
    expected = TransmitResult(True, frame, TransmitReason.BYPASSED)
    assert not scoreboard.transmit(f"batch {seed} frame {seed}", frame, seed, None, expected, TxResult(status, None))
    return scoreboard.texts[0]


def received_text(seed: int) -> str:
    """What the scoreboard says of a received frame that differs in an octet."""
    scoreboard = Scoreboard()
    frame = bytes(80)
    other = frame[:seed] + b"\xa5" + frame[seed + 1 :]
    expected = ReceiveResult(frame, 0, 0, 0, False, 0, 0, 0)
    assert not scoreboard.receive(f"batch 3 frame {seed}", frame, None, expected, RxResult(other, 0, 0, 0))
    return scoreboard.texts[0]


def exception_text(number: int) -> str:
    """What cocotb says of an exception in a test."""
    text = f"receive: frame {number} did not come"
    try:
        raise ProtocolError(text)
    except ProtocolError:
        return f"{text}\n{traceback.format_exc()}"


def test_causes() -> None:
    """The same failure of another frame, SA, seed or cycle is the same cause; another failure is another one."""
    same = (
        [scoreboard_text(seed) for seed in (1, 2, 77)],
        [received_text(seed) for seed in (20, 31)],
        [exception_text(n) for n in (1, 22)],
        [f"verilator: tb.jobs.x ran over {n} s (log: /a/{n}/sim.log)\n{n} lines" for n in (600, 900)],
        [f"counter RX_FRAMES: expected {n}, got {n + 1}" for n in (5, 1234)],
        [f"request: update of {handle} ended with FAILURE" for handle in ("0x1234abcd", "0x7")],
    )
    causes = [{cause_of(text) for text in texts} for texts in same]
    assert all(len(cause) == 1 for cause in causes), causes
    assert len(set.union(*causes)) == len(same), causes
    assert causes[0] == {
        "transmit; status: expected sent [BYPASSED], got failed (handle); frame dropped, but had to leave"
    }
    assert causes[2] == {"ProtocolError: receive: frame # did not come"}
    assert "counter TX_FRAMES" in cause_of("counter TX_FRAMES: expected 1, got 2")
    assert cause_of(scoreboard_text(5, status=2)) not in causes[0]


def test_group() -> None:
    """The most frequent cause first, its seeds with it; a passed seed has none."""
    texts = {3: "b 1", 4: None, 5: "a 1", 6: "b 2", 7: "b 3"}
    grouped = group(SeedResult(seed, text, 0.0, None) for seed, text in texts.items())
    assert [(cause.cause, cause.seeds, cause.example) for cause in grouped] == [
        ("b #", [3, 6, 7], "b 1"),
        ("a #", [5], "a 1"),
    ]


class FakeBuild:
    """Ends a seed as ``outcome`` says: None passed, a text failed, "hang" never (until it is killed)."""

    simulator = "verilator"
    waves = False

    def __init__(self, folder: Path, outcome: Any) -> None:
        self.folder, self.outcome = folder, outcome
        self.hanging = threading.Semaphore(0)
        self.processes: list[subprocess.Popen[str]] = []

    def run(self, module: str, *, name: str, seed: int, extra_env: dict[str, str], started: Any, **_: Any) -> RunResult:
        """As Build.run."""
        outcome = self.outcome(seed)
        if outcome == "hang":
            process = subprocess.Popen(["sleep", "1000"], text=True)
            self.processes.append(process)
            started(process)
            self.hanging.release()
            raise SimulationError(f"ended with exit code {process.wait()}")
        frames = int(extra_env["JOB_FRAMES"])
        job = {"frames": frames, "octets": 100 * frames, "cycles": seed, "digest": f"{seed:x}", "mismatches": 0}
        job |= {"fates": {"tx_protected": frames}, "requests": {"add": seed}, "texts": []}
        folder = self.folder / "runs" / name
        folder.mkdir(parents=True)
        (folder / extra_env["JOB_RESULT"]).write_text(json.dumps(job))
        log = folder / "sim.log"
        launch = Launch(cast(Build, self), module, name, seed, extra_env, ())
        return RunResult(launch, (CaseResult("regress", 1.0, outcome, False, 0, 1),), 1.0, log, log, None)


def command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, outcome: Any, *arguments: str
) -> tuple[int, dict[str, Any], FakeBuild]:
    """Exit code and report of the command on a fake build."""
    fake = FakeBuild(tmp_path, outcome)
    monkeypatch.setattr(regress, "build", lambda *_, **__: fake)
    monkeypatch.setattr(failure_kit, "make_kits", lambda run, say: [f"failure kit: {run.launch.seed}"])
    report = tmp_path / "reports" / "regress.json"
    code = regress.main([*arguments, "--report", str(report)])
    return code, json.loads(report.read_text()), fake


def test_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sums over the seeds, the failures by cause, for each seed the command that repeats it, for each cause a kit."""

    def outcome(seed: int) -> str | None:
        return {12: "no frame 7", 14: "no frame 9", 15: "other"}.get(seed)

    code, report, _ = command(monkeypatch, tmp_path, outcome, "--seeds", "6", "--start", "10", "--frames", "50")
    assert code == 1 and not report["partial"]
    assert (report["seeds_done"], report["seeds_failed"], report["frames"]) == (6, 3, 300)
    assert report["requests"] == {"add": sum(range(10, 16))} and report["fates"] == {"tx_protected": 300}
    assert [(cause["cause"], cause["count"], sorted(cause["seeds"])) for cause in report["causes"]] == [
        ("no frame #", 2, [12, 14]),
        ("other", 1, [15]),
    ]
    assert [run["seed"] for run in report["runs"]] == list(range(10, 16))
    assert [run["digest"] for run in report["runs"]] == [f"{seed:x}" for seed in range(10, 16)]
    assert [cause["kit"] for cause in report["causes"]] == ["failure kit: 12", "failure kit: 15"]
    folders = {path.name for path in (tmp_path / "runs").iterdir()}
    assert folders == {f"regress-verilator-{seed}" for seed in (12, 14, 15)}, "only what failed leaves its log"
    shown = capsys.readouterr()
    for seed in (12, 14, 15):
        assert f"again: make regress SIM=verilator SEED={seed} FRAMES=50\n" in shown.err
        assert f"seed {seed} failed: " in shown.out
        assert (f"  failure kit: {seed}\n" in shown.err) is (seed != 14)


def test_all_passed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, report, _ = command(monkeypatch, tmp_path, lambda seed: None, "--seed", "99")
    assert code == 0 and report["causes"] == [] and [run["seed"] for run in report["runs"]] == [99]


def test_stop_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """KeyboardInterrupt while a seed runs: the seeds before it are in the report, the running one is killed."""

    def interrupted(futures: Any) -> Any:
        for future in as_completed(futures):
            yield future
            if future.result().seed == 2:
                assert fake[0].hanging.acquire(timeout=10)
                raise KeyboardInterrupt

    fake: list[FakeBuild] = []
    monkeypatch.setattr("tb.regress.as_completed", interrupted)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    build = FakeBuild(tmp_path, lambda seed: "hang" if seed > 2 else None)
    fake.append(build)
    regression = Regression(build, 10)  # type: ignore[arg-type]
    assert regression.run(range(1, 9), 1) is False
    assert sorted(result.seed for result in regression.results) == [1, 2]
    assert all(result.failure is None for result in regression.results)
    assert [process.wait(timeout=10) for process in build.processes] == [-9] * len(build.processes)
    assert len(build.processes) == 1, "no seed begins after that"
    report = regress.report_of(regression, range(1, 9), 1, 1.0, False, [])
    assert report["partial"] and report["seeds_done"] == 2 and report["seeds"] == 8
    regress.show(report, Console(file=(tmp_path / "shown").open("w"), width=100))
    assert "not complete" in (tmp_path / "shown").read_text()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--seeds", "0"], "SEEDS=0"),
        (["--seeds", "x y"], "SEEDS=x y"),
        (["--jobs", "-1"], "JOBS=-1"),
        (["--jobs", "100000"], "JOBS=100000"),
        (["--frames", "1.5"], "FRAMES=1.5"),
        (["--start", "later"], "START=later"),
        (["--seed", "2147483648"], "SEED=2147483648"),
        (["--start", "2147483647", "--seeds", "2"], "START=2147483647"),
        (["--sim", "vcs"], "vcs"),
        (["--speed"], "--speed"),
    ],
)
def test_wrong_command_line(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line that names the value, exit code 2."""
    with pytest.raises(SystemExit) as stopped:
        regress.main(arguments)
    shown = capsys.readouterr()
    assert stopped.value.code == 2 and not shown.out
    assert shown.err.startswith("error: ") and shown.err.count("\n") == 1 and named in shown.err


def test_random_start() -> None:
    """Two nights are not the same."""
    starts = {regress._options(["--start", "random"]).start for _ in range(4)}
    assert len(starts) == 4
