# SPDX-License-Identifier: Apache-2.0
"""``make interop`` without the kernel: what it shows, and that it is never green by silence."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import tb.interop
from tb.interop import View
from tb.jobs import EVENT_MARK
from tb.sim import ROOT

RECORD = {"kind": "shape", "path": "transport v6", "jumbo": False, "frames": 24, "octets": 23456, "rtt_ms": 31.4}


def _shown(terminal: bool, quiet: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=120, color_system=None)
    events: list[dict[str, Any]] = [
        {"kernel": "6.1.0", "parts": 3},
        {"begin": "first shape"},
        {"end": {**RECORD, "name": "first shape", "errors": []}},
        {"end": {**RECORD, "name": "second shape", "path": "tunnel 4-in-4", "errors": ["lost"]}, "idle_s": 1.5},
    ]
    with View(console, quiet) as view:
        for event in events:
            view.line(EVENT_MARK + json.dumps({"simulated_ms": 2.25, "wall_s": 9.0, **event}))
    return out.getvalue()


def test_view_on_a_terminal() -> None:
    """The SA, frames, octets, errors, round trip, and the simulated clock beside the one on the wall."""
    text = _shown(True, False)
    row = next(line for line in text.splitlines() if "first shape" in line and "23,456" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["first shape", "24", "23,456", "0", "31.4 ms"]
    assert "Linux 6.1.0" in text and "2/3 done, 1 failed" in text and "FAILED second shape: lost" in text
    assert "simulated 2.25 ms in 9.0 s of wall clock (1.5 s idle)" in text


def test_view_elsewhere() -> None:
    """A line for each path, failures at once; nothing at all if quiet."""
    assert _shown(False, False).splitlines() == [
        "1/3 transport v6",
        "FAILED second shape: lost",
        "2/3 tunnel 4-in-4",
    ]
    assert _shown(False, True) == _shown(True, True) == ""


def test_skipped_is_not_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the kernel: the reason, the command to type, exit code 77."""
    (tmp_path / "sh").symlink_to("/bin/sh")
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    assert (ROOT / "scripts" / "require").is_file()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tb.interop.main(["--matrix", "quick"]) == 77
    error = capsys.readouterr().err
    assert error.startswith("skipped: ") and error.count("\n") == 1
    assert "apt-get install user-mode-linux kmod iproute2" in error
