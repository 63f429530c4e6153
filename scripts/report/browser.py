# SPDX-License-Identifier: Apache-2.0
"""``make report-check``: opens the page in headless Chromium, as wide as a phone and as wide as a desk.

Headless windows are never narrower than 500 pixels, so that the page stands in a frame of the wanted width, and a
script around that frame measures it. What the page logs is on Chromium's stderr. Exit code 1 if the page is wider than
its window, logs anything, asks for a file or lacks a section; 2 if there is no page or no Chromium.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.report.sections import SOURCES
from tb.command_line import OneLineParser
from tb.sim import BUILD_FOLDER

WIDTHS = (360, 1280)
PAGE = BUILD_FOLDER / "reports" / "index.html"
SHOTS = BUILD_FOLDER / "reports" / "screenshots"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 120
_NARROWEST = 500

_AROUND = """<!doctype html><meta charset="utf-8"><body style="margin:0;overflow:hidden">
<iframe id="page" style="border:0;display:block" width="{width}" height="{height}" srcdoc="{page}"></iframe>
"""
_MEASURE = """<script>
onload = () => {
  const page = document.getElementById("page").contentDocument;
  const root = page.documentElement;
  const height = root.scrollHeight;
  for (const folded of page.querySelectorAll("details")) folded.open = true;
  const inside = e => e.closest(".scroll, svg") && !e.matches(".scroll, svg");
  const wide = [...page.querySelectorAll("body *")].filter(
    e => !inside(e) && e.getBoundingClientRect().right > root.clientWidth + 0.5);
  const found = document.createElement("pre");
  found.id = "found";
  found.textContent = JSON.stringify({
    width: root.clientWidth, needed: root.scrollWidth, height, text: page.body.innerText,
    asked: page.defaultView.performance.getEntriesByType("resource").map(e => e.name),
    wide: wide.slice(0, 3).map(e => e.tagName.toLowerCase() + (e.className ? "." + e.className : "")),
  });
  document.body.append(found);
};
</script>
"""


class BrowserError(Exception):
    """There is no Chromium, or it did not show the page."""


@dataclass(frozen=True)
class Shown:
    """A page as it was laid out.

    needed: the width it takes. height: while all is folded. wide: elements that stand out, the first three.
    asked: the addresses of what it loads.
    """

    width: int
    needed: int
    height: int
    text: str
    wide: Sequence[str]
    asked: Sequence[str]
    console: Sequence[str]

    def problems(self, texts: Iterable[str]) -> list[str]:
        """What is wrong with it, a line each; ``texts``: what it has to hold."""
        lines = [f"{self.width} pixels: {line}" for line in self.console]
        lines += [f"{self.width} pixels: the page asks for {address}" for address in self.asked]
        if self.needed > self.width or self.wide:
            lines.append(f"{self.width} pixels: the page takes {self.needed}; too wide: {', '.join(self.wide)}")
        return lines + [f"{self.width} pixels: no text {text!r}" for text in texts if text not in self.text]


def find_chromium() -> str | None:
    """The program, if there is one."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _run(
    page: str, width: int, height: int, options: Sequence[str], script: str = ""
) -> subprocess.CompletedProcess[str]:
    program = find_chromium()
    if program is None:
        raise BrowserError(f"none of {', '.join(_NAMES)} is installed: sudo apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        around = Path(folder) / "around.html"
        around.write_text(_AROUND.format(width=width, height=height, page=html.escape(page)) + script, encoding="utf-8")
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder}/profile",
            f"--window-size={max(width, _NARROWEST)},{height}",
            # root has no sandbox, nor need of one: the page is ours
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            *options,
            around.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise BrowserError(f"{program} did not end within {_SECONDS} s") from None
    if done.returncode:
        raise BrowserError(f"{program} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done


def show(page: str, width: int) -> Shown:
    """Lay out a page (its HTML) in a window of ``width`` pixels, all that is folded open; BrowserError."""
    done = _run(page, width, 800, ["--dump-dom"], _MEASURE)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    if found is None:
        raise BrowserError(f"no layout in what Chromium says: {done.stdout[-300:]!r}")
    console = re.findall(r"^\[\S+:CONSOLE[^\]]*\] (.*)$", done.stderr, re.MULTILINE)
    return Shown(**json.loads(html.unescape(found[1])), console=console)


def screenshot(page: str, shown: Shown, path: Path, *, dark: bool = False) -> None:
    """A PNG of the whole page, ``shown.width`` wide or what Chromium's narrowest window is."""
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    path.parent.mkdir(parents=True, exist_ok=True)
    _run(page, shown.width, shown.height, [f"--screenshot={path.resolve()}", *scheme])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = OneLineParser(prog="python -m scripts.report.browser", description="checks the page in Chromium")
    parser.add_argument("page", type=Path, nargs="?", default=PAGE, help="default: build/reports/index.html")
    parser.add_argument("--shots", type=Path, default=SHOTS, help="default: build/reports/screenshots")
    options: argparse.Namespace = parser.parse_args(arguments)
    wrong: list[str] = []
    try:
        page = options.page.read_text(encoding="utf-8")
        for width in WIDTHS:
            shown = show(page, width)
            wrong += shown.problems([source.title for source in SOURCES])
            for scheme in ("light", "dark"):
                screenshot(page, shown, options.shots / f"{width}-{scheme}.png", dark=scheme == "dark")
            print(f"{width} pixels: {shown.needed} needed, {shown.height} high, {len(shown.text):,} characters")
    except (OSError, BrowserError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for line in wrong:
        print(f"error: {line}", file=sys.stderr)
    print(f"screenshots: {options.shots}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
