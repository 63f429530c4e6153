# SPDX-License-Identifier: Apache-2.0
"""Plots as SVG that stands in the page: its text is text, and its colours are those of the page, light or dark.

matplotlib draws with stand-in colours, which then become variables of the page's style sheet (page.html.jinja).
"""

from __future__ import annotations

import functools
import html
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

_INK, _GRID, _BAD = "#010101", "#020202", "#030303"
_SERIES = ("#040404", "#050505", "#060606")
_VARIABLES = {
    _INK: "var(--dim)",
    _GRID: "var(--line)",
    _BAD: "var(--bad)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(_SERIES, 1)},
}
_OCTET_TICKS = (64, 128, 256, 512, 1024, 2048, 4096, 9600)


@dataclass(frozen=True)
class Line:
    """Points to draw, joined and marked. ``limit``: a bound, ``ideal``: thin, both unmarked; ``points``: not joined."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int = 0
    limit: bool = False
    ideal: bool = False
    points: bool = False


@functools.cache
def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    pyplot.rcParams.update(
        {
            "text.color": _INK,
            "axes.labelcolor": _INK,
            "axes.edgecolor": _INK,
            "xtick.color": _INK,
            "ytick.color": _INK,
            "svg.fonttype": "none",
            "svg.hashsalt": "report",
            "grid.color": _GRID,
            "font.size": 9.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
        }
    )
    return pyplot


def _svg(figure: Any, label: str) -> Markup:
    written = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    _pyplot().close(figure)
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="\w+?_\d+">', "<g>", text)
    text = re.sub(
        r'(<svg [^>]*?) ?width="[^"]*"', r"\1", re.sub(r'(<svg [^>]*?) ?height="[^"]*"', r"\1", text, count=1)
    )
    text = re.sub(r"(font:[^;\"]*?px)[^;\"]*", r"\1 var(--font)", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    text = re.sub(r"\n\s*", "\n", text)
    return Markup(text.replace("<svg ", f'<svg role="img" aria-label="{html.escape(label)}" ', 1))


def octets_plot(title: str, unit: str, lines: Sequence[Line], *, low: float | None = None, log: bool = False) -> Markup:
    """Something against the length of the frame, in octets, on a logarithmic scale; ``low``: where y begins."""
    figure, axes = _pyplot().subplots(figsize=(4.2, 3.2), layout="constrained")
    for line in lines:
        if line.limit:
            axes.plot(line.x, line.y, "--", color=_BAD, linewidth=1.2, label=line.label)
        elif line.ideal:
            axes.plot(line.x, line.y, color=_SERIES[line.colour], linewidth=1, alpha=0.5, label=line.label)
        else:
            mark = "os^"[line.colour]
            style = {"markersize": 4, "linewidth": 1.2, "color": _SERIES[line.colour]}
            axes.plot(line.x, line.y, mark if line.points else f"{mark}-", label=line.label, **style)
    axes.set_xscale("log", base=2)
    octets = [x for line in lines for x in line.x]
    ticks = [tick for tick in _OCTET_TICKS if min(octets) / 1.4 <= tick <= max(octets) * 1.4]
    axes.set_xticks(ticks, [f"{tick}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("octets of the frame")
    if log:
        axes.set_yscale("log")
    axes.set_title(f"{title} [{unit}]" if unit else title, fontsize=11, loc="left")
    axes.grid()
    axes.set_axisbelow(True)
    if low is not None:
        high = max(y for line in lines for y in line.y)
        axes.set_ylim(low, high + 0.06 * (high - low))
    if not log:
        axes.ticklabel_format(axis="y", useOffset=False)
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    return _svg(figure, title)


def sparkline(label: str, values: Sequence[float | None]) -> Markup:
    """The course of a figure, without axes; its last value has a mark."""
    figure, axes = _pyplot().subplots(figsize=(2.4, 0.5))
    figure.subplots_adjust(0.02, 0.12, 0.98, 0.88)
    axes.set_axis_off()
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    axes.plot(*zip(*known, strict=True), color=_SERIES[0], linewidth=1.6)
    axes.plot(*known[-1], "o", color=_SERIES[0], markersize=4)
    axes.set_xlim(-0.5, len(values) - 0.5)
    low, high = min(value for _, value in known), max(value for _, value in known)
    if math.isclose(low, high):
        axes.set_ylim(low - 1, high + 1)
    return _svg(figure, label)
