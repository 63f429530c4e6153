# SPDX-License-Identifier: Apache-2.0
"""Fail closed, and the watch that would tell: frames that cannot be protected, on the engine and on broken copies."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import cocotb
import pytest

from models.sa import Algorithm, Direction, SecurityAssociation
from tb.jobs.session import Session
from tb.sim import SIMULATORS, CocotbTestFailure, run_cocotb, source_closure
from tb.transport import Frame, build_frame, wire_frame

MODULE = "tests.system.test_plaintext_watch"


@cocotb.test()
async def cut_off_frames(dut: Any) -> None:
    """Frames to send that end before their packet does: what leaves is ciphertext and zeros, and is aborted."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    sa = SecurityAssociation(Direction.OUTBOUND, Algorithm.GCM_128, 0x1000, rng.randbytes(16), rng.randbytes(4))
    owned = await session.transport.add_sa(sa)
    whole = [build_frame(owned, rng.randbytes(2000)) for _ in range(16)]
    # longer than the engine's delay, so that the beginning has left when the end is missed
    cut = [Frame(frame[: rng.randrange(1000, 1900)], owned.handle) for frame in whole]
    mixed = [frame for pair in zip(cut, (Frame(frame, owned.handle) for frame in whole), strict=True) for frame in pair]
    await session.transport.transmit("cut off", mixed)
    assert session.scoreboard.fates["tx_failed_syntax"] == session.scoreboard.fates["tx_protected"] == 16
    assert not session.scoreboard.mismatches, session.scoreboard.text()


@cocotb.test()
async def wrong_icv(dut: Any) -> None:
    """Received frames with a wrong ICV come out as they came in."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    sa = SecurityAssociation(Direction.INBOUND, Algorithm.GCM_256, 0x1000, rng.randbytes(32), rng.randbytes(4))
    owned = await session.transport.add_sa(sa)
    frames = [wire_frame(owned, rng.randbytes(rng.randrange(500))) for _ in range(16)]
    frames[::2] = [frame[:-1] + bytes([frame[-1] ^ 1 << rng.randrange(8)]) for frame in frames[::2]]
    await session.transport.receive("wrong ICV", frames)
    assert session.scoreboard.fates["rx_icv_failed"] == session.scoreboard.fates["rx_decrypted"] == 8
    assert not session.scoreboard.mismatches, session.scoreboard.text()


@pytest.mark.parametrize("sim", SIMULATORS)
def test_nothing_leaks(sim: str) -> None:
    run_cocotb(sim, "ipsec_bench", None, MODULE)


BROKEN = {
    "tail of a cut-off frame in clear": (
        "esp_transmit.v",
        "xor_data_reg <= keystream_cut ? head_data & ~payload_mask",
        "xor_data_reg <= keystream_cut ? head_data",
        "cut_off_frames",
        "plaintext left at octet",
    ),
    "cut-off frame not aborted": (
        "esp_transmit.v",
        "xor_abort_reg <= head_last && head_short;",
        "xor_abort_reg <= 1'b0;",
        "cut_off_frames",
        "1 of 1 cocotb tests",
    ),
    "unverified frame decrypted": (
        "esp_receive.v",
        "begins_block, verdict_verified && verdict_keystream, ahead,",
        "begins_block, verdict_keystream, ahead,",
        "wrong_icv",
        "8 mismatches",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_the_watch_fires(fault: str, tmp_path: Path) -> None:
    """A copy of the RTL with one guard taken out is caught (on Icarus where it is there: it builds in a second)."""
    sim = "icarus" if "icarus" in SIMULATORS else SIMULATORS[0]
    name, good, bad, case, message = BROKEN[fault]
    sources = []
    for path in source_closure("ipsec_bench"):
        if path.name == name:
            text = path.read_text(encoding="utf-8")
            assert text.count(good) == 1, f"{name} has changed: {good}"
            path = tmp_path / name
            path.write_text(text.replace(good, bad), encoding="utf-8")
        sources.append(path)
    with pytest.raises(CocotbTestFailure, match=message):
        run_cocotb(sim, "ipsec_bench", sources, MODULE, testcase=case)
