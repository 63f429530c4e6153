# SPDX-License-Identifier: Apache-2.0
"""What a section of the page consists of; page.html.jinja says how each looks."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from markupsafe import Markup


class ReportError(Exception):
    """A report that can not be used; the text is one line that names the file."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table. ``tone``: "", good, bad or dim; ``share``: 0 to 1, drawn as a bar."""

    text: str
    tone: str = ""
    number: bool = False
    share: float | None = None


@dataclass(frozen=True)
class Table:
    """``folded``: opened by a click on its title."""

    title: str
    columns: Sequence[str]
    values: Sequence[Sequence[object]]
    folded: bool = False
    kind: ClassVar[str] = "table"

    @functools.cached_property
    def rows(self) -> list[list[Cell]]:
        """The values as cells: whole numbers with commas, fractions as they are, None as nothing."""
        return [[_cell(value) for value in row] for row in self.values]

    @functools.cached_property
    def right(self) -> list[bool]:
        """Whether a column holds numbers."""
        return [any(row[index].number for row in self.rows) for index in range(len(self.columns))]


@dataclass(frozen=True)
class Plots:
    """SVG drawings side by side."""

    drawings: Sequence[Markup]
    kind: ClassVar[str] = "plots"


@dataclass(frozen=True)
class Text:
    """A paragraph, perhaps with a link."""

    text: str
    tone: str = ""
    link: str = ""
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class Failure:
    """What failed: its name, the message as it was printed, commands and files that help."""

    name: str
    message: str
    hints: Sequence[str] = ()
    kind: ClassVar[str] = "failure"


Block = Table | Plots | Text | Failure


@dataclass
class Content:
    """What a report says. ``wrong``: the reasons why it is red; ``limits``: what it does not cover, each a few words.

    ``figures``: those of history.FIGURES that it has.
    """

    headline: str
    blocks: list[Block] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    figures: Mapping[str, float] = field(default_factory=dict)


def _cell(value: object) -> Cell:
    if isinstance(value, Cell):
        return value
    if value is None:
        return Cell("", number=True)
    if isinstance(value, str):
        return Cell(value)
    if isinstance(value, (int, float)):
        return Cell(f"{value:,}", number=True)
    raise TypeError(f"{value!r:.40} is neither a text nor a number")


def percent(value: float | None, goal: float | None = None) -> Cell:
    """A percentage with its bar, red below the goal."""
    if value is None:
        return Cell("", number=True)
    tone = "" if goal is None else "good" if value >= goal else "bad"
    return Cell(f"{value:.1f} %", tone, number=True, share=value / 100)


def count(number: int, what: str) -> str:
    """``1 test``, ``1,234 tests``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def plain_rows(rows: Sequence[Mapping[str, Any]], title: str, folded: bool = False) -> Table:
    """A table of everything in these rows that is a text or a number, whatever its name."""
    columns = list(dict.fromkeys(name for row in rows for name, value in row.items() if _is_plain(value)))

    def value(row: Mapping[str, Any], name: str) -> object:
        found = row.get(name)
        if isinstance(found, bool):
            return Cell("yes" if found else "no", "" if found else "bad")
        return round(found, 3) if isinstance(found, float) else found if _is_plain(found) else None

    return Table(
        title, [name.replace("_", " ") for name in columns], [[value(row, c) for c in columns] for row in rows], folded
    )


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float)) and value != ""
