# SPDX-License-Identifier: Apache-2.0
"""The quick part of ``make interop``: a live Linux kernel and the engine, four shapes, what must fail, and rekeying.

Skipped, with the reason, where the kernel cannot be had.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

from tb.interop import FOLDER
from tb.sim import ROOT
from tb.wireshark import KEYS
from tests.system.conftest import PeerPlace

COMMAND = [sys.executable, "-m", "tb.interop", "--matrix", "quick", "--quiet"]


def test_quick_matrix(peer_place: PeerPlace) -> None:
    """All parts pass, the counts are plausible, and nothing is left behind."""
    done = subprocess.run(
        COMMAND, cwd=ROOT, env=peer_place.environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((FOLDER / "result.json").read_text())
    kinds = [record["kind"] for record in result["records"]]
    assert kinds == ["shape"] * 4 + ["wrong key", "corrupted", "replayed", "rekey"]
    assert result["passed"] and not result["mismatches"] and result["frames"] > 500
    assert result["updates"] == 2 and result["records"][-1]["rekeys"] == 2
    fates = result["fates"]
    assert fates["rx_icv_failed"] == 6 and fates["rx_decrypted"] > 250 and fates["tx_protected"] > 250
    assert result["host"]["replayed"] == 6 and result["host"]["icv_failed"] == 6
    assert all((FOLDER / name).is_file() for name in ("wire.pcapng", "host.pcapng", KEYS, "sim.log"))
    peer_place.check_empty()


def test_interrupted(peer_place: PeerPlace) -> None:
    """Ctrl-C in the middle: no process and no folder is left."""
    process = subprocess.Popen(
        COMMAND, cwd=ROOT, env=peer_place.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < end:
        lines = peer_place.processes().values()
        if any("linux.uml" in line for line in lines) and any("/simulation " in line for line in lines):
            break
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in errors
    peer_place.check_empty()
