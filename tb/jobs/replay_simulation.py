# SPDX-License-Identifier: Apache-2.0
"""A capture through the engine, inside the simulator.

Environment: ``JOB_DIRECTION`` inbound or outbound, ``JOB_SAS`` and ``JOB_IN`` the files of the user, ``JOB_RESULT``
the file for the result: ``{"error": text}`` where the engine cannot take the SAs, else ``records`` (one for each packet
frame in hex in the form of the capture), and ``mismatches`` and ``text`` of the comparison with the reference engine.
"""

from __future__ import annotations

import os
from typing import Any

import cocotb

from models.ndis import HEADER_INFO_SET, ReceiveHeaderInfo, ReceiveInfo
from models.packet import LONGEST_PACKET_END
from models.sa import Direction
from tb.captures import Capture, SaFile, UserFileError, ip_versions, read_capture, read_sas
from tb.jobs.session import ProgressLines, Session, job_file, write_result
from tb.transport import Frame, OffloadRefusedError

LONGEST_FRAME = LONGEST_PACKET_END
"""Octets; the counters of octets are exact up to there."""


@cocotb.test()
async def replay(dut: object) -> None:
    """All SAs of the file in one direction, then all packets of the capture."""
    direction = Direction[os.environ["JOB_DIRECTION"].upper()]
    file = read_sas(job_file("JOB_SAS"))
    capture = read_capture(job_file("JOB_IN"))
    write_result(await replay_on(await Session.start(dut), file, capture, direction))


async def replay_on(session: Session, file: SaFile, capture: Capture, direction: Direction) -> dict[str, Any]:
    """The job on a session; returns its result, see above."""
    try:
        await _add_sas(session, file, capture, direction)
        _check_sizes(session, capture)
    except UserFileError as error:
        return {"error": str(error)}
    progress = ProgressLines(len(capture.packets))
    progress.say(direction.name.lower())
    work = _inbound if direction is Direction.INBOUND else _outbound
    records = await work(session, capture, progress)
    scoreboard = session.scoreboard
    scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    return {"records": records, "mismatches": scoreboard.mismatches, "text": scoreboard.text()}


async def _add_sas(session: Session, file: SaFile, capture: Capture, direction: Direction) -> None:
    frames = capture.frames()
    capability = await session.miniport.capabilities()
    wanted = [(entry, ipv6) for entry in file.entries for ipv6 in ip_versions(entry, frames)]
    if len(wanted) > capability.sa_offload_capacity:
        raise UserFileError(
            file.path, f"sas: {len(wanted)} SAs, but the capacity of the engine is {capability.sa_offload_capacity}"
        )
    for entry, ipv6 in wanted:
        try:
            await session.transport.add_sa(entry.security_association(direction, ipv6), entry.start_seq)
        except OffloadRefusedError as error:
            raise UserFileError(file.path, f"sas[{entry.index}]: {error}") from error


def _check_sizes(session: Session, capture: Capture) -> None:
    limit = min(LONGEST_FRAME, session.identification.rx_store_octets)
    for number, frame in enumerate(capture.frames()):
        if len(frame) > limit:
            raise UserFileError(capture.path, f"packet {number} has {len(frame)} octets, the engine takes {limit}")


async def _inbound(session: Session, capture: Capture, progress: ProgressLines) -> list[dict[str, Any]]:
    results = await session.transport.receive("inbound", capture.frames(), progress.advance)
    records = []
    for index, result in enumerate(results):
        info = ReceiveInfo.parse(result.slot1)
        header = ReceiveHeaderInfo.parse(result.slot12 if result.slot12 & HEADER_INFO_SET else 0)
        records.append(
            {
                "index": index,
                "handle": result.handle,
                "sent": True,
                "crypto_done": info.crypto_done,
                "crypto_status": int(info.crypto_status),
                "next_header": header.next_header,
                "pad_length": header.pad_length,
                "frame": capture.strip(result.frame).hex(),
            }
        )
    return records


async def _outbound(session: Session, capture: Capture, progress: ProgressLines) -> list[dict[str, Any]]:
    frames = []
    for data in capture.frames():
        owned = session.transport.select_outbound(data)
        frames.append(Frame(data, owned.handle if owned else 0))
    results = await session.transport.transmit("outbound", frames, progress.advance)
    return [
        {
            "index": index,
            "handle": frame.handle,
            "sent": result.frame is not None,
            "crypto_done": False,
            "crypto_status": 0,
            "next_header": 0,
            "pad_length": 0,
            "frame": None if result.frame is None else capture.strip(result.frame).hex(),
        }
        for index, (frame, result) in enumerate(zip(frames, results, strict=True))
    ]
