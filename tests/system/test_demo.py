# SPDX-License-Identifier: Apache-2.0
"""``make demo``: ping and HTTP from a network namespace through the engine to a live Linux kernel.

Skipped, with the reason, where there is no root, no /dev/net/tun, no kernel, or no ping.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest

from models.packet import ParsedEsp, parse_frame
from tb.captures import read_capture
from tb.demo import FOLDER
from tb.interop_services import pattern
from tb.jobs.peer_link import may_be_clear
from tb.namespace import missing_privilege
from tb.sim import ROOT
from tests.system.conftest import PeerPlace

FOUR, SIX = "198.51.100.2", "2001:db8:1::2"
OCTETS = 60_000
FETCH = "import sys, urllib.request as u; sys.stdout.buffer.write(u.urlopen(sys.argv[1], timeout=20).read())"


@pytest.fixture
def name(peer_place: PeerPlace) -> str:
    """Of a namespace for this test; skips where there can be none."""
    reason = missing_privilege()
    if reason is not None:
        pytest.skip(reason)
    if shutil.which("ping") is None:
        pytest.skip("ping is missing: sudo apt-get install iputils-ping")
    return f"ipsec-test-{os.getpid()}"


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout


def _check_gone(name: str, place: PeerPlace) -> None:
    assert name not in _ip("netns", "list")
    place.check_empty()


def test_command(peer_place: PeerPlace, name: str) -> None:
    """A command in the namespace: answers to pings, whole pages, its exit code; only ESP on the wire.

    And iperf3 where it is installed.
    """
    iperf3 = f"iperf3 -c {FOUR} -n 100K >&2 && " if shutil.which("iperf3") else ""
    fetch = f"{shlex.quote(sys.executable)} -c {shlex.quote(FETCH)}"
    script = (
        f"{iperf3}ping -c 3 -i 0.2 -W 5 {FOUR} >&2 && ping -c 3 -i 0.2 -W 5 -s 1300 {SIX} >&2 &&"
        f" {fetch} http://{FOUR}/{OCTETS} && {fetch} 'http://[{SIX}]/{OCTETS}' && exit 7"
    )
    command = [sys.executable, "-m", "tb.demo", "--name", name, "--", "sh", "-c", script]
    done = subprocess.run(command, cwd=ROOT, env=peer_place.environment, capture_output=True, timeout=300, check=False)
    errors = done.stderr.decode()
    assert done.returncode == 7, errors
    page = b"".join(pattern(OCTETS))
    assert done.stdout == page + page
    assert errors.count("3 packets transmitted, 3 received") == 2
    _check_gone(name, peer_place)

    result = json.loads((FOLDER / "result.json").read_text())
    assert result["passed"] and not result["mismatches"] and not result["problems"]
    assert len(result["sas"]) == 4 and all(row["frames"] > 20 and not row["errors"] for row in result["sas"])
    host = result["host"]
    assert host["from_tap"] + host["to_tap"] == result["frames"] == sum(row["frames"] for row in result["sas"])
    wire, clear = (read_capture(FOLDER / f"{side}.pcapng").packets for side in ("wire", "host"))
    others = [frame for frame in wire if not isinstance(parse_frame(frame), ParsedEsp)]
    assert len(wire) - len(others) == result["frames"] and all(may_be_clear(frame) for frame in others)
    assert any(page[:50] in frame for frame in clear) and not any(page[:50] in frame for frame in wire)


def test_until_interrupted(peer_place: PeerPlace, name: str) -> None:
    """Without a command: it says what to type, which works, and Ctrl-C ends it and the programs in the namespace."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "tb.demo", "--name", name],
        cwd=ROOT,
        env=peer_place.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    typed = next((line.split() for line in process.stdout if "ping" in line), None)
    assert typed is not None, process.communicate()
    typed = typed[typed.index("ip") :]
    once = subprocess.run([*typed, "-c", "1", "-W", "5"], capture_output=True, text=True, check=False)
    endless = subprocess.Popen(typed, stdout=subprocess.DEVNULL)
    while str(endless.pid) not in _ip("netns", "pids", name).split():
        assert endless.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert once.returncode == 0, once.stdout + once.stderr
    assert process.returncode == 0 and "0 mismatches" in out, out + errors
    assert endless.wait(5) in (-signal.SIGHUP, -signal.SIGKILL)
    _check_gone(name, peer_place)
