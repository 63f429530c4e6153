# SPDX-License-Identifier: Apache-2.0
"""Writes the JSON reports of ``build/reports``, each with the commit and the time that its figures are of."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tb.sim import ROOT

HISTORY = ROOT / "docs" / "history.jsonl"
"""Written from reports: that it has changed does not make a tree another one."""


def git(*arguments: str) -> str | None:
    """What a git command prints about this project, without the newline; None where it fails or there is no git."""
    try:
        # a container of continuous integration may run as another user than the owner of the checkout
        command = ["git", "-c", f"safe.directory={ROOT}"]
        done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def made_now() -> dict[str, Any]:
    """``commit`` (None outside of git), ``dirty`` (the tree differs from it) and ``date`` (ISO 8601, UTC)."""
    changes = git("--no-optional-locks", "status", "--porcelain", "--", ".", f":!{HISTORY.relative_to(ROOT)}")
    return {
        "commit": git("rev-parse", "HEAD"),
        "dirty": bool(changes),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


STARTED = made_now()
"""Of the tree as this process found it: a commit during a long run must not claim its figures."""


def made_of(path: Path) -> dict[str, Any] | None:
    """``made`` of a report that is there, for one that goes on with its figures; None where it can not be told."""
    try:
        made = json.loads(path.read_text(encoding="utf-8"))["made"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return made if isinstance(made, dict) else None


def write_report(path: Path, contents: Mapping[str, Any], made: Mapping[str, Any] | None = STARTED) -> None:
    """Write a report, ``made`` (see ``made_now``) before everything else, and the folder where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"made": made, **contents}, indent=1) + "\n", encoding="utf-8")
