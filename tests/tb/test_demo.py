# SPDX-License-Identifier: Apache-2.0
"""``make demo`` without root: its errors, what it tells, how it ends."""

from __future__ import annotations

import io
import json
import os
import select
import signal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import tb.demo
import tb.linux_peer
import tb.namespace
from tb.demo import LEAST_MTU, Ending, View, suggestions, tap_lines, tap_mtu
from tb.jobs import EVENT_MARK

ROW = {"name": "GCM-256 ICV 16, tunnel 4-in-4, ESN", "direction": "to Linux", "spi": 4096}
READY = {
    "kernel": "6.1.0",
    "ready": True,
    "iperf3": False,
    "sas": [{**ROW, "frames": 12, "octets": 3456, "errors": 0}, {**ROW, "frames": 1, "octets": 2, "errors": 789}],
    "host": {"from_tap": 4321},
}


@pytest.mark.parametrize("missing", ["root", "device", "kernel"])
def test_skipped(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line with the reason, exit code 77."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000 if missing == "root" else 0)
    monkeypatch.setattr(tb.namespace, "DEVICE", tmp_path / "tun")
    if missing != "device":
        (tmp_path / "tun").touch()
    if missing == "kernel":
        monkeypatch.setattr(tb.demo, "missing_privilege", lambda: None)
        monkeypatch.setattr(tb.demo, "missing_kernel", lambda: "no kernel here")
    assert tb.demo.main([]) == 77
    out, error = capsys.readouterr()
    reason = {
        "root": "need root: sudo make demo",
        "device": "tun cannot be opened: No such",
        "kernel": "no kernel here",
    }
    assert not out and error.startswith("skipped: ") and error.count("\n") == 1 and reason[missing] in error


@pytest.mark.parametrize(
    ("field", "value"), [("--mtu", str(LEAST_MTU - 1)), ("--mtu", "9001"), ("--name", ""), ("--name", "a/b")]
)
def test_bad_options(field: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert tb.demo.main([field, value]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {field} {value}:") and error.count("\n") == 1


def test_device_has_room_for_esp() -> None:
    """The MTU of the device: tunnel headers, padding, ICV and IV fit the packet on the wire; IPv6 can still run."""
    assert tap_mtu(1500) == 1430 and tap_mtu(LEAST_MTU) >= 1280
    lines = tap_lines(1500)
    assert any(" mtu 1430 " in line for line in lines)
    assert "route add 198.51.100.2 dev {tap} src 198.51.100.1" in lines
    assert "address add 2001:db8:1::1/128 dev {tap} nodad" in lines


def test_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert suggestions("here", False)[0] == "ip netns exec here ping 198.51.100.2"
    monkeypatch.setenv("SUDO_USER", "me")
    typed = suggestions("here", True)
    assert all(line.startswith("sudo ip netns exec here ") for line in typed) and "iperf3" in typed[-1]


@pytest.mark.parametrize("terminal", [True, False])
def test_view(terminal: bool) -> None:
    """The table and the commands on a terminal, the commands once elsewhere; ready only once."""
    ready: list[int] = []
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=120, color_system=None)
    with View(console, False, "here", lambda: ready.append(1)) as view:
        view.line("something else")
        view.line(EVENT_MARK + json.dumps(READY))
        view.line(EVENT_MARK + json.dumps({"total_frames": 99, "simulated_ms": 1.5, "wall_s": 8.0}))
    assert ready == [1]
    text = out.getvalue()
    assert "ip netns exec here ping 198.51.100.2" in text and "apt-get install iperf3" in text
    assert text.count("In another terminal") == 1 or terminal
    seen = [word in text for word in ("0x1000", "3,456", "789", "from_tap 4,321", "99 frames", "1.50 ms in 8.0 s")]
    assert all(seen) if terminal else not any(seen)


def _said_stop(ending: Ending, seconds: float) -> bool:
    return bool(select.select([ending.pipe], [], [], seconds)[0])


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_ends_with_the_command(script: str, code: int) -> None:
    ending = Ending()
    assert not _said_stop(ending, 0)
    ending.after(["sh", "-c", script])
    assert _said_stop(ending, 10) and ending.code == code


def test_ends_with_a_signal() -> None:
    """The first one asks the job to end, the second ends it; while things are put away none does harm."""
    ending = Ending()
    ending.running = True
    ending(signal.SIGINT, None)
    assert _said_stop(ending, 0)
    with pytest.raises(KeyboardInterrupt):
        ending(signal.SIGINT, None)
    ending.running = False
    ending(signal.SIGINT, None)


def _result(**changes: Any) -> dict[str, Any]:
    result = {"frames": 1, "octets": 2, "mismatches": 0, "text": "", "problems": [], "simulated_ms": 1.0, "wall_s": 1.0}
    return {**result, "passed": True, **changes}


@pytest.mark.parametrize(
    ("command", "command_code", "signals", "changes", "code"),
    [
        ([], None, 1, {}, 0),
        (["--", "ping"], 0, 0, {}, 0),
        (["--", "ping", "-c", "3"], 3, 0, {}, 3),
        (["--", "ping"], None, 1, {}, 130),
        (["--", "ping"], 0, 0, {"passed": False, "problems": ["left in clear"]}, 1),
        ([], None, 1, {"passed": False, "mismatches": 1, "text": "octet 5 differs"}, 1),
    ],
)
def test_exit_code(
    command: list[str],
    command_code: int | None,
    signals: int,
    changes: dict[str, Any],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """That of the command; but nothing is good where the engine, the host or the kernel was wrong."""

    def run(name: str, mtu: int, words: list[str], console: Console, ending: Ending) -> dict[str, Any]:
        assert words == command[1:]
        ending.code, ending.signals = command_code, signals
        return _result(**changes)

    monkeypatch.setattr(tb.demo, "run_demo", run)
    monkeypatch.setattr(tb.demo, "missing_privilege", lambda: None)
    monkeypatch.setattr(tb.demo, "missing_kernel", lambda: None)
    assert tb.demo.main(command) == code
    out, error = capsys.readouterr()
    assert "1 ESP frames" in (error if command else out) and ("FAILED" in error) is ("passed" in changes)
