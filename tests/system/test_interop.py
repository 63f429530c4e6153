# SPDX-License-Identifier: Apache-2.0
"""The quick part of ``make interop``: a live Linux kernel and the engine, four shapes, what must fail, and rekeying.

Skipped, with the reason, where the kernel cannot be had. One place of the testbench at a time: build/interop is shared.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tb.interop import FOLDER
from tb.linux_peer import missing_kernel
from tb.sim import BUILD_FOLDER, ROOT, SIMULATORS

COMMAND = [sys.executable, "-m", "tb.interop", "--matrix", "quick", "--quiet"]


def _processes(word: str) -> set[int]:
    """Living processes that have ``word`` in their command line."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in path.read_bytes().decode(errors="replace"):
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.fixture
def place() -> FileLock:
    """A lock on build/interop, and the kernel; skips without it."""
    if "verilator" not in SIMULATORS:
        pytest.skip("the peer needs Verilator for its speed (SIM=icarus)")
    lock = FileLock(BUILD_FOLDER / "interop.lock")
    with lock:
        reason = missing_kernel()
    if reason is not None:
        pytest.skip(reason)
    return lock


def test_quick_matrix(place: FileLock, tmp_path: Path) -> None:
    """All parts pass, the counts are plausible, and nothing is left behind."""
    with place:
        environment = {**os.environ, "TMPDIR": str(tmp_path)} if len(str(tmp_path)) < 60 else None
        done = subprocess.run(COMMAND, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stdout + done.stderr
        result = json.loads((FOLDER / "result.json").read_text())
        names = {path.name for path in FOLDER.iterdir()}
    kinds = [record["kind"] for record in result["records"]]
    assert kinds == ["shape"] * 4 + ["wrong key", "corrupted", "replayed", "rekey"]
    assert result["passed"] and not result["mismatches"] and result["frames"] > 500
    assert result["updates"] == 2 and result["records"][-1]["rekeys"] == 2
    fates = result["fates"]
    assert fates["rx_icv_failed"] == 6 and fates["rx_decrypted"] > 250 and fates["tx_protected"] > 250
    assert result["host"]["replayed"] == 6 and result["host"]["icv_failed"] == 6
    assert {"wire.pcapng", "host.pcapng", "esp_sa", "result.json"} <= names
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("linux-peer-")]


def test_interrupted(place: FileLock, tmp_path: Path) -> None:
    """Ctrl-C in the middle: no process and no folder is left."""
    with place:
        before = _processes("linux.uml") | _processes("ipsec_bench")
        environment = {**os.environ, "TMPDIR": str(tmp_path)} if len(str(tmp_path)) < 60 else None
        process = subprocess.Popen(
            COMMAND, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        end = time.monotonic() + 300
        while not _processes("linux.uml") - before and time.monotonic() < end and process.poll() is None:
            time.sleep(0.05)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130 and "interrupted" in errors
        after = _processes(f"interop-{process.pid}") | (_processes("linux.uml") - before)
        assert not after
        assert not [path for path in tmp_path.iterdir() if path.name.startswith("linux-peer-")]
