# SPDX-License-Identifier: Apache-2.0
"""``make report``: writes ``build/reports/index.html`` out of the reports that other targets left in ``build/``.

The page stands alone: no script, no font, no picture from elsewhere. A section whose report is missing names the
command that makes it; one whose report is not of the commit that is checked out says of which it is. The key figures go
to the history (scripts/report/history.py). Exit code 0 when the page is written, whatever its colour; 1 if RECORD=1
found nothing to record; 2 for a report that can not be read, with one line that names the file, and no page.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jinja2

from scripts.report.blocks import Cell, Content, ReportError, Table
from scripts.report.drawing import sparkline
from scripts.report.history import FIGURES, Figure, History, Row
from scripts.report.origin import Origin, origin_of
from scripts.report.sections import SOURCES, Source
from tb.command_line import OneLineParser
from tb.report_file import HISTORY, git, made_now
from tb.sim import BUILD_FOLDER, ROOT

STATES = {"bad": "failed", "old": "other tree", "part": "in part", "absent": "no report", "good": "passed"}
"""The state of a section and its name on the page, worst first; old: passed, but not on this very commit."""
_MOST_COMMITS = 30


@dataclass(frozen=True)
class Section:
    """A section with what its report says; ``content`` and ``origin`` are None where there is none."""

    source: Source
    content: Content | None
    origin: Origin | None
    missing: Sequence[str] = ()

    @property
    def state(self) -> str:
        """One of ``STATES``."""
        if self.content is None or self.origin is None:
            return "absent"
        if self.content.wrong:
            return "bad"
        if not self.origin.fresh:
            return "old"
        return "part" if self.content.limits else "good"


def _properties(root: ElementTree.Element) -> dict[str, Any] | None:
    """``made`` as tests/conftest.py puts it into the JUnit XML."""
    found = {entry.get("name"): entry.get("value") for entry in root.iter("property")}
    if not {"commit", "dirty", "date"} <= found.keys():
        return None
    commit = found["commit"]
    return {
        "commit": None if commit == "None" else commit,
        "dirty": found["dirty"] == "True",
        "date": found["date"],
    }


def _decode(path: Path) -> tuple[Any, dict[str, Any] | None]:
    """A report and its ``made``; ReportError if it is not what the end of its name says."""
    try:
        if path.suffix == ".xml":
            root = ElementTree.parse(path).getroot()
            return root, _properties(root)
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ElementTree.ParseError) as error:
        raise ReportError(f"{_shown(path)}: {error}") from None
    if not isinstance(report, dict):
        raise ReportError(f"{_shown(path)}: not an object but {json.dumps(report)[:40]}")
    made = report.pop("made", None)
    if made is not None:
        try:
            datetime.fromisoformat(made["date"])
            made = {"commit": made["commit"], "dirty": made["dirty"], "date": made["date"]}
        except (KeyError, TypeError, ValueError) as error:
            raise ReportError(f"{_shown(path)}: made: {_reason(error)}") from None
    return report, made


def _reason(error: Exception) -> str:
    return f"no field {error}" if isinstance(error, KeyError) else str(error)


def _shown(path: Path) -> str:
    """Its name in the project."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)


def read_section(source: Source, build: Path, head: Mapping[str, Any], history: History) -> Section:
    """A section, whose key figures are put into the history; ReportError."""
    paths = [build / name for name in source.files]
    missing = [_shown(path) for path in paths if not path.exists()]
    if missing:
        return Section(source, None, None, missing)
    decoded = [_decode(path) for path in paths]
    try:
        content = source.read(*(report for report, _ in decoded))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        names = ", ".join(map(_shown, paths))
        raise ReportError(f"{names}: not what {source.command} writes: {_reason(error)}") from None
    # of two files the one that was made first
    made = min((made for _, made in decoded), key=lambda made: "" if made is None else str(made["date"]))
    written = datetime.fromtimestamp(min(path.stat().st_mtime for path in paths), UTC)
    if not content.limits:
        history.add(made, content.figures)
    return Section(source, content, origin_of(made, written, head))


# ---- the page ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Course:
    """A key figure over the commits: the newest value, how it differs from the one before, a line of all.

    of: the commit of the value, where it is not the newest one. tone: good, bad or "", of the change. line: empty where
    there is one value only.
    """

    label: str
    of: str
    value: str
    change: str
    tone: str
    line: str


def _courses(rows: Sequence[Row]) -> list[Course]:
    """Of each key figure that has a value."""
    courses = []
    for name, figure in FIGURES.items():
        values = [row.figures.get(name) for row in rows]
        known = [value for value in values if value is not None]
        if known:
            line = sparkline(f"{figure.label}, by commit", values) if len(known) > 1 else ""
            newest = next(row for row in reversed(rows) if name in row.figures)
            of = "" if newest is rows[-1] else newest.commit[:9]
            courses.append(Course(figure.label, of, figure.form.format(known[-1]), *_change(figure, known), line))
    return courses


def _change(figure: Figure, known: Sequence[float]) -> tuple[str, str]:
    if len(known) < 2 or figure.form.format(known[-1]) == figure.form.format(known[-2]):
        return "", ""
    difference = known[-1] - known[-2]
    text = f"{'+' if difference > 0 else '−'}{figure.form.format(abs(difference))}"  # noqa: RUF001
    if figure.more_is_better is None:
        return text, ""
    return text, "good" if (difference > 0) == figure.more_is_better else "bad"


def _commits(rows: Sequence[Row]) -> Table:
    """The newest commits, newest first, with the figures that one of them has."""
    shown = rows[: -_MOST_COMMITS - 1 : -1]
    names = [name for name in FIGURES if any(name in row.figures for row in shown)]

    def cell(row: Row, name: str) -> Cell:
        return Cell(FIGURES[name].form.format(row.figures[name]) if name in row.figures else "", number=True)

    values = [
        [f"{row.commit[:9]}{' + changes' if row.dirty else ''}", row.date[:10], *(cell(row, name) for name in names)]
        for row in shown
    ]
    return Table("Commits that were measured", ["commit", "date", *(FIGURES[name].label for name in names)], values)


def page(sections: Sequence[Section], rows: Sequence[Row], head: Mapping[str, Any]) -> str:
    """The HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    states = [section.state for section in sections]
    return environment.get_template("page.html.jinja").render(
        sections=sections,
        states=STATES,
        counts={state: states.count(state) for state in STATES if state in states},
        head=head,
        subject=git("show", "--no-patch", "--format=%s", "HEAD") or "",
        date=f"{datetime.fromisoformat(head['date']):%Y-%m-%d %H:%M} UTC",
        courses=_courses(rows),
        commits=_commits(rows),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = OneLineParser(prog="make report", description="a page out of the reports in build/")
    parser.add_argument("--build", type=Path, default=BUILD_FOLDER, help="folder of the reports (default: build)")
    parser.add_argument("--history", type=Path, default=HISTORY, help="default: docs/history.jsonl")
    parser.add_argument("--record", action="store_true", help="put the key figures of commits into the history")
    options: argparse.Namespace = parser.parse_args(arguments)
    out = options.build / "reports" / "index.html"
    local = options.build / "reports" / "history.jsonl"
    head = made_now()
    out.unlink(missing_ok=True)
    now = History()
    try:
        recorded, measured = History.read(options.history), History.read(local)
        sections = [read_section(source, options.build, head, now) for source in SOURCES]
    except ReportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    measured.update(now.rows.values())
    measured.write(local)
    clean = [row for row in now.rows.values() if not row.dirty]
    if options.record and clean:
        recorded.update(clean)
        recorded.write(options.history)
    everything = History()
    everything.update([*recorded.rows.values(), *measured.rows.values()])
    out.write_text(page(sections, everything.in_order(), head), encoding="utf-8")
    for section in sections:
        print(f"{section.source.title}: {STATES[section.state]}")
    print(_shown(out))
    if options.record and not clean:
        print("error: RECORD=1: no key figure is of a commit without uncommitted changes", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
