# SPDX-License-Identifier: Apache-2.0
"""The parts of the testbench put together around one simulated engine."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.engine import ReferenceEngine
from tb.bench import EngineBench
from tb.jobs import PROGRESS_MARK
from tb.miniport import Identification, Miniport
from tb.recorder import RECORDER
from tb.scoreboard import Scoreboard
from tb.transport import Transport


@dataclass
class Session:
    """Bench, driver, stack, reference and scoreboard of one engine, all offloads enabled."""

    bench: EngineBench
    identification: Identification
    miniport: Miniport
    reference: ReferenceEngine
    scoreboard: Scoreboard
    transport: Transport
    started: float = field(default_factory=time.monotonic)

    @classmethod
    async def start(cls, dut: Any, bench: EngineBench | None = None) -> Session:
        """Reset the engine, read what it is, enable it. ``bench``: another one than the usual."""
        bench = bench or EngineBench(dut)
        await bench.start()
        miniport = Miniport(bench.registers)
        identification = await miniport.identify()
        reference = ReferenceEngine(identification.sa_count, identification.max_key_bits)
        scoreboard = Scoreboard()
        RECORDER.watch(scoreboard)
        transport = Transport(miniport, bench, reference, scoreboard)
        await transport.enable()
        return cls(bench, identification, miniport, reference, scoreboard, transport)


class ProgressLines:
    """Prints how many of ``total`` frames are done."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.text = ""

    def say(self, text: str) -> None:
        """What comes now."""
        self.text = text
        self.advance(0)

    def advance(self, frames: int) -> None:
        """So many more frames are done."""
        self.done += frames
        print(f"{PROGRESS_MARK}{self.done} {self.total} {self.text}", flush=True)


def job_file(name: str) -> Path:
    """The file that the environment variable ``name`` holds the path of."""
    return Path(os.environ[name])


def write_result(result: dict[str, Any]) -> None:
    """Hand the result of the job to the command outside (environment variable ``JOB_RESULT``)."""
    job_file("JOB_RESULT").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
