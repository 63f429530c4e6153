# SPDX-License-Identifier: Apache-2.0
"""The stack: SAs, choice of the SA, sequence numbers, runs between updates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.engine import CommandError
from models.ndis import NdisStatus
from models.packet import ParsedEsp, parse_frame
from models.sa import Algorithm, Direction, SecurityAssociation
from tb.bench import RxResult, TxResult
from tb.engine_registers import CommandStatus
from tb.transport import (
    RUN_FRAMES,
    DisagreementError,
    Frame,
    OffloadRefusedError,
    build_frame,
    clear_icv_room,
    wire_frame,
)
from tests.tb.fake import FakeSystem, run

OUT = SecurityAssociation(
    Direction.OUTBOUND,
    Algorithm.GCM_128,
    0x1001,
    bytes(range(16)),
    b"salt",
    src=bytes((10, 0, 0, 1)),
    dst=bytes((10, 0, 0, 2)),
)
IN = replace(OUT, direction=Direction.INBOUND)


def parsed_of(frame: bytes) -> ParsedEsp:
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    return parsed


def test_built_frames() -> None:
    """Sequence numbers count from start_seq, IVs never repeat, the ICV room is zero, the peer's frame decrypts."""

    async def work() -> None:
        system = FakeSystem()
        await system.transport.enable()
        outbound = await system.transport.add_sa(OUT, 5)
        inbound = await system.transport.add_sa(IN, 5)
        clear = [build_frame(outbound, bytes([n] * 10), next_header=17) for n in range(3)]
        wire = [wire_frame(inbound, bytes([n] * 10), next_header=17) for n in range(3)]
        assert [parsed_of(frame).seq for frame in clear] == [5, 6, 7]
        ivs = {frame[parsed_of(frame).esp + 8 :][:8] for frame in clear}
        assert len(ivs) == 3 and all(frame.endswith(bytes(16)) for frame in clear)
        sent = await system.transport.transmit("", [Frame(frame, outbound.handle) for frame in clear])
        assert [result.frame for result in sent] == wire
        received = await system.transport.receive("", wire)
        assert [clear_icv_room(result.frame, 16) for result in received] == clear
        assert system.scoreboard.mismatches == 0 and system.scoreboard.frames == {"transmit": 3, "receive": 3}

    run(work())


def test_selection_of_the_outbound_sa() -> None:
    async def work() -> None:
        system = FakeSystem()
        other = replace(OUT, dst=bytes((10, 0, 0, 3)))
        wild = replace(OUT, spi=0x2002, src=None, dst=None)
        six = replace(OUT, ipv6=True, src=None, dst=bytes(15) + b"\1")
        owned = [await system.transport.add_sa(sa) for sa in (OUT, other, wild, six, IN)]
        for expected in owned[:4]:
            assert system.transport.select_outbound(build_frame(expected, b"")) is expected
        assert system.transport.select_outbound(build_frame(owned[0], b"", dst=bytes((10, 0, 0, 9)))) is None
        assert system.transport.select_outbound(build_frame(owned[0], b"", spi=0x3003)) is None
        assert system.transport.select_outbound(b"no IP at all") is None

    run(work())


@pytest.mark.parametrize("direction", list(Direction))
def test_crossing_2_to_the_32(direction: Direction) -> None:
    """UPDATE_SA comes between the right two frames, and back again for a frame from before the crossing."""

    async def work() -> None:
        system = FakeSystem()
        await system.transport.enable()
        start = (3 << 32) - 4
        sa = replace(OUT if direction is Direction.OUTBOUND else IN, esn=True, seq_hi=start >> 32)
        owned = await system.transport.add_sa(sa, start)
        assert owned.planned == 2
        if direction is Direction.OUTBOUND:
            frames = [build_frame(owned, b"x" * n) for n in range(8)]
            order = [0, 1, 2, 4, 3, 5, 6, 7]
            await system.transport.transmit("", [Frame(frames[i], owned.handle) for i in order])
            good = system.reference.statistics["tx_protected"]
        else:
            frames = [wire_frame(owned, b"x" * n) for n in range(8)]
            order = [0, 1, 2, 4, 3, 5, 6, 7]
            results = await system.transport.receive("", [frames[i] for i in order])
            good = sum(result.slot1 == 2 for result in results)
        assert good == 8 and system.scoreboard.mismatches == 0
        assert [count for _, count in system.bench.batches] == [3, 1, 1, 3]
        assert system.transport.updates == 3 and owned.planned == 3 and owned.last == (3 << 32) + 3
        stored = system.bench.engine.sa(owned.handle)
        assert stored is not None and stored.seq_hi == 3

    run(work())


def test_forged_frames_do_not_move_the_window() -> None:
    """A forged frame far ahead is tried with the next high half, fails, and changes nothing for the frames after it."""

    async def work() -> None:
        system = FakeSystem()
        await system.transport.enable()
        start = (7 << 32) + 0x80000000
        owned = await system.transport.add_sa(replace(IN, esn=True, seq_hi=7), start)
        good = [wire_frame(owned, bytes(20)) for _ in range(4)]
        at = parsed_of(good[0]).esp + 4
        forged = good[1][:at] + b"\0\0\0\x05" + good[1][at + 4 :]
        results = await system.transport.receive("", [good[0], forged, *good[1:]])
        assert [result.slot1 for result in results] == [2, 0x00030002, 2, 2, 2]
        assert owned.last == start + 3 and system.scoreboard.mismatches == 0

    run(work())


def test_long_traffic_is_cut_into_runs() -> None:
    async def work() -> None:
        system = FakeSystem()
        done: list[int] = []
        frames = [Frame(bytes(20))] * (RUN_FRAMES + 1)
        results = await system.transport.transmit("", frames, done.append)
        assert len(results) == RUN_FRAMES + 1 and done == [RUN_FRAMES, 1]
        assert await system.transport.receive("", []) == []

    run(work())


def test_refused_and_disagreeing() -> None:
    async def work() -> None:
        system = FakeSystem()
        await system.transport.add_sa(OUT)
        with pytest.raises(OffloadRefusedError, match="DUPLICATE") as refused:
            await system.transport.add_sa(OUT)
        assert refused.value.status == NdisStatus.INVALID_PARAMETER and system.transport.sas_added == 1
        # an engine that takes what it must not take
        system.bench.engine.reset()
        with pytest.raises(DisagreementError, match="DUPLICATE"):
            await system.transport.add_sa(OUT)

        system = FakeSystem()
        owned = await system.transport.add_sa(replace(OUT, esn=True), 0xFFFFFFFF)
        frames = [Frame(build_frame(owned, b""), owned.handle) for _ in range(2)]
        system.bench.registers.force = CommandStatus.NOT_ESN
        with pytest.raises(DisagreementError, match="UPDATE_SA"):
            await system.transport.transmit("", frames)

    run(work())


def test_deleted_sas_are_gone() -> None:
    async def work() -> None:
        system = FakeSystem()
        await system.transport.enable()
        owned = await system.transport.add_sa(OUT)
        frame = build_frame(owned, b"")
        await system.transport.delete_all()
        (result,) = await system.transport.transmit("", [Frame(frame, owned.handle)])
        assert result == TxResult(1, None) and not system.bench.engine.handles
        with pytest.raises(CommandError):
            system.reference.delete_sa(owned.handle)

    run(work())


def test_a_broken_engine_is_noticed() -> None:
    async def work() -> None:
        system = FakeSystem()
        await system.transport.enable()
        inbound = await system.transport.add_sa(IN)
        wire = [wire_frame(inbound, bytes(20)) for _ in range(3)]

        def break_second(index: int, result: RxResult) -> RxResult:
            if index != 1:
                return result
            return replace(result, frame=result.frame[:55] + b"\xee" + result.frame[56:])

        system.bench.spoil_receive = break_second
        await system.transport.receive("capture x", wire)
        assert system.scoreboard.mismatches == 1
        (text,) = system.scoreboard.texts
        assert "capture x frame 1" in text and "payload+5" in text and f"{inbound.handle:#010x}" in text

    run(work())
