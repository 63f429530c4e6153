# SPDX-License-Identifier: Apache-2.0
"""The key figures of every commit that was measured: JSON Lines, a row for each commit (and for changes on top of it).

A figure belongs to the commit that its report names, whenever the page is made. ``build/reports/history.jsonl`` takes
the figures of every ``make report``; ``docs/history.jsonl``, which is committed, those of ``make report RECORD=1``, and
never one that was measured with uncommitted changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.report.blocks import ReportError
from tb.report_file import git


@dataclass(frozen=True)
class Figure:
    """A key figure: its name on the page, how it is written, and whether more of it is better (None: neither)."""

    label: str
    form: str = "{:,.0f}"
    more_is_better: bool | None = None


FIGURES: Mapping[str, Figure] = {
    "tests": Figure("tests passed", more_is_better=True),
    "tests_failed": Figure("tests failed", more_is_better=False),
    "tests_seconds": Figure("make test", "{:,.0f} s", False),
    "random_frames": Figure("random frames"),
    "random_failed": Figure("random seeds failed", more_is_better=False),
    "coverage_bins": Figure("bins of the plan", "{:.1f} %", True),
    "coverage_line": Figure("lines", "{:.1f} %", True),
    "coverage_branch": Figure("branches", "{:.1f} %", True),
    "coverage_toggle": Figure("toggles", "{:.1f} %", True),
    "mutation": Figure("mutation score", "{:.1f} %", True),
    "throughput": Figure("lowest throughput ratio", "{:.4f}", True),
    "latency": Figure("highest latency", "{:.0f} cycles", False),
    "speed": Figure("simulated frames/s, 1504 octets", "{:,.0f}", True),
    "speed_axi": Figure("times cocotbext-axi", "{:.1f} x", True),
    "luts_transmit": Figure("LUT4 of esp_transmit", more_is_better=False),
    "luts_receive": Figure("LUT4 of esp_receive", more_is_better=False),
    "luts_engine": Figure("LUT4 of ipsec_engine", more_is_better=False),
    "fmax": Figure("lowest Fmax", "{:.1f} MHz", True),
}


@dataclass
class Row:
    """What is known of a commit. ``date``: of the commit where git knows it, else of the measurement; ISO 8601, UTC."""

    commit: str
    dirty: bool
    date: str
    figures: dict[str, float] = field(default_factory=dict)


class History:
    """``rows``: by commit and dirty."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, bool], Row] = {}

    @classmethod
    def read(cls, path: Path) -> History:
        """The rows of a file, none if there is no such file; ReportError for a line that is no row."""
        history = cls()
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                row = Row(**json.loads(line))
                row.figures = {str(name): float(value) for name, value in row.figures.items()}
            except (ValueError, TypeError, AttributeError) as error:
                raise ReportError(f"{path}: line {number} is no row of a history ({error})") from None
            history.update([row])
        return history

    def update(self, rows: Iterable[Row]) -> None:
        """Take over the figures of rows, in the place of those that are there."""
        for row in rows:
            self._row(row.commit, row.dirty, row.date).figures.update(row.figures)

    def add(self, made: Mapping[str, Any] | None, figures: Mapping[str, float]) -> None:
        """Put figures into the row of the commit that their report names, if it names one."""
        if made is None or made["commit"] is None or not figures:
            return
        seconds = git("show", "--no-patch", "--format=%ct", made["commit"])
        date = datetime.fromtimestamp(int(seconds), UTC).isoformat() if seconds else made["date"]
        self._row(made["commit"], made["dirty"], date).figures.update(figures)

    def _row(self, commit: str, dirty: bool, date: str) -> Row:
        return self.rows.setdefault((commit, dirty), Row(commit, dirty, date))

    def in_order(self) -> list[Row]:
        """Oldest first; changes on top of a commit after it."""
        return sorted(self.rows.values(), key=lambda row: (row.date, row.dirty))

    def write(self, path: Path) -> None:
        """A line for each row, in order."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(vars(row)) + "\n" for row in self.in_order()), encoding="utf-8")
