# SPDX-License-Identifier: Apache-2.0
"""For tests with a live Linux kernel as the peer: one of them at a time, in a temporary folder that must end empty."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tb.linux_peer import missing_kernel
from tb.sim import BUILD_FOLDER, SIMULATORS


@dataclass(frozen=True)
class PeerPlace:
    """``environment`` for a command, whose processes and temporary files all tell of ``folder``."""

    folder: Path
    environment: dict[str, str]

    def processes(self) -> dict[int, str]:
        """Living processes of the command: number and command line."""
        found = {}
        for path in Path("/proc").glob("[0-9]*"):
            try:
                line = (path / "cmdline").read_bytes()
                if os.fsencode(self.folder) in line + (path / "environ").read_bytes():
                    found[int(path.name)] = line.decode(errors="replace").replace("\0", " ").strip()
            except OSError:
                continue
        return found

    def check_empty(self) -> None:
        """Nothing is left of the command."""
        assert not self.processes()
        assert not list(self.folder.iterdir())


@pytest.fixture
def peer_place() -> Iterator[PeerPlace]:
    """A place for one command with the peer, while no other test has one; skips where the kernel cannot be had."""
    if "verilator" not in SIMULATORS:
        pytest.skip("the peer needs Verilator for its speed (SIM=icarus)")
    # sockets are made in the folder, and their names must be short
    with FileLock(BUILD_FOLDER / "peer.lock"), tempfile.TemporaryDirectory(prefix="peer-test-") as name:
        reason = missing_kernel()
        if reason is not None:
            pytest.skip(reason)
        yield PeerPlace(Path(name), {**os.environ, "TMPDIR": name})
