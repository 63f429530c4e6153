# SPDX-License-Identifier: Apache-2.0
"""Of which commit a report is, and what that means beside the commit that is checked out."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tb.report_file import git


@dataclass(frozen=True)
class Origin:
    """``fresh``: of the commit that is checked out, and of nothing else; ``text`` says what it is, ``age`` how old."""

    fresh: bool
    text: str
    age: str


@functools.cache
def _distance(commit: str, head: str) -> str:
    """How far back a commit is, and whether the RTL has changed since."""
    if git("cat-file", "-e", f"{commit}^{{commit}}") is None:
        return "a commit that is not in this repository"
    if git("merge-base", "--is-ancestor", commit, head) is None:
        return "a commit of another branch"
    number = int(git("rev-list", "--count", f"{commit}..{head}") or 0)
    same = git("diff", "--quiet", commit, head, "--", "hdl") is not None
    return f"{number} commit{'' if number == 1 else 's'} ago; hdl/ has {'not ' if same else ''}changed since"


def age(date: datetime, now: datetime) -> str:
    """``2026-11-25 13:40 UTC, 3 hours before this page``."""
    minutes = max(0, round((now - date).total_seconds() / 60))
    number, unit = (minutes, "minute") if minutes < 90 else (round(minutes / 60), "hour")
    if unit == "hour" and number >= 48:
        number, unit = round(number / 24), "day"
    passed = "just" if number == 0 else f"{number} {unit}{'' if number == 1 else 's'}"
    return f"{date.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {passed} before this page"


def origin_of(made: Mapping[str, Any] | None, written: datetime, head: Mapping[str, Any]) -> Origin:
    """The origin of a report with this ``made`` (see tb.report_file; None: it has none).

    written: the time of its file. head: the ``made_now`` of the page.
    """
    now = datetime.fromisoformat(head["date"])
    if made is None or made["commit"] is None:
        return Origin(False, "of an unknown commit", age(written, now))
    when = age(datetime.fromisoformat(made["date"]), now)
    name = made["commit"][:9]
    if made["commit"] != head["commit"]:
        where = _distance(made["commit"], head["commit"] or "HEAD")
        return Origin(False, f"of {name}{' with uncommitted changes' if made['dirty'] else ''}: {where}", when)
    if made["dirty"]:
        return Origin(False, f"of {name} with uncommitted changes", when)
    return Origin(True, f"of this commit, {name}", when)
