# SPDX-License-Identifier: Apache-2.0
"""What a job beside the Linux peer (tb.jobs.peer_link) tells, on the terminal while it runs."""

from __future__ import annotations

import json
from typing import Any, Self

from rich.console import Console, RenderableType
from rich.live import Live

from tb.jobs import EVENT_MARK


class LiveView:
    """A context manager: a live table on a terminal; elsewhere, and with ``quiet``, none.

    ``state`` holds the latest value of everything that events have told.
    """

    def __init__(self, console: Console, quiet: bool) -> None:
        self.console = console
        self.quiet = quiet
        self.state: dict[str, Any] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal and not self.quiet:
            self._live = Live(self.table(), console=self.console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def live(self) -> bool:
        """True while the table is on the terminal."""
        return self._live is not None

    def line(self, line: str) -> None:
        """A line of the simulation."""
        if not line.startswith(EVENT_MARK):
            return
        event = json.loads(line.removeprefix(EVENT_MARK))
        self.state |= event
        self.event(event)
        if self._live is not None:
            self._live.update(self.table())

    def event(self, event: dict[str, Any]) -> None:
        """What the job has just told."""

    def table(self) -> RenderableType:
        """What is to be seen now."""
        raise NotImplementedError

    def print(self, text: str) -> None:
        """A line that stays, above the table where there is one."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def totals(self) -> str:
        """Frames, and the simulated clock against that on the wall."""
        state = self.state
        return (
            f"{state.get('total_frames', 0):,} frames, {state.get('total_octets', 0):,} octets of ESP"
            f"   simulated {state.get('simulated_ms', 0):.2f} ms in {state.get('wall_s', 0):.1f} s of wall clock"
            f" ({state.get('idle_s', 0):.1f} s idle)"
        )
