# SPDX-License-Identifier: Apache-2.0
"""Progress of a build and of a run on the terminal; plain lines where the output is not a terminal."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from tb.jobs import PROGRESS_MARK

_LINE_SECONDS = 2.0


class JobProgress:
    """A context manager: ``step`` for what is being built, ``line`` for the output of the simulation."""

    def __init__(self, console: Console, unit: str = "frames") -> None:
        self.console = console
        self.unit = unit
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._text = ""
        self._last = 0.0

    def __enter__(self) -> JobProgress:
        if self.console.is_terminal:
            self._progress = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self.console,
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task("", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def step(self, text: str) -> None:
        """A step of the build."""
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=text)
        else:
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def line(self, line: str) -> None:
        """A line of the simulation; only lines of progress are shown."""
        if not line.startswith(PROGRESS_MARK):
            return
        done, total, text = line.removeprefix(PROGRESS_MARK).split(" ", 2)
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=text, completed=int(done), total=int(total))
            return
        now = time.monotonic()
        if text != self._text or now - self._last >= _LINE_SECONDS:
            self._text, self._last = text, now
            self.console.print(f"{done}/{total} {self.unit}: {text}", markup=False, highlight=False, soft_wrap=True)
