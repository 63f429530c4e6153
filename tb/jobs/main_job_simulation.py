# SPDX-License-Identifier: Apache-2.0
"""The main job, inside the simulator: a Linux kernel's frames both ways, then random traffic over many SAs.

Environment: ``JOB_CAPTURES`` the folder with ``NAME.esp.pcap``, ``NAME.sa.json`` and, of tunnels, ``NAME.clear.pcap``;
``JOB_FRAMES`` random frames for each direction; ``JOB_RESULT`` the file for the result.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import cocotb

from models.packet import NotEsp, parse_frame
from models.sa import Direction
from tb.captures import (
    SaEntry,
    as_on_clear_side,
    clear_packets,
    inner_packet,
    read_capture,
    read_sas,
)
from tb.jobs.session import ProgressLines, Session, job_file, write_result
from tb.traffic import frames_from_wire, frames_to_send, random_sas, shortest_frames
from tb.transport import Frame, OwnedSa, clear_icv_room

_STALE_SAS = 2
_PAUSES = 80
"""Of 256 cycles, so many in which a source is idle or a sink not ready."""


@cocotb.test()
async def every_octet(dut: object) -> None:
    """Everything, every octet compared."""
    session = await Session.start(dut)
    folder = job_file("JOB_CAPTURES")
    random_frames = int(os.environ["JOB_FRAMES"])
    names = sorted(path.name.removesuffix(".sa.json") for path in folder.glob("*.sa.json"))
    captured = {name: read_capture(folder / f"{name}.esp.pcap").frames() for name in names}
    progress = ProgressLines(2 * sum(map(len, captured.values())) + 2 * random_frames)
    begin = time.monotonic()
    for name in names:
        progress.say(name)
        await _capture(session, folder, name, captured[name], progress)
    await _random(session, random_frames, progress)
    seconds = time.monotonic() - begin

    scoreboard = session.scoreboard
    scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    frames, octets = scoreboard.frames, scoreboard.octets
    write_result(
        {
            "sas_added": session.transport.sas_added,
            "updates": session.transport.updates,
            "captures": len(names),
            "frames": sum(frames.values()),
            "octets": sum(octets.values()),
            "transmit_frames": frames["transmit"],
            "transmit_octets": octets["transmit"],
            "receive_frames": frames["receive"],
            "receive_octets": octets["receive"],
            "fates": dict(sorted(scoreboard.fates.items())),
            "mismatches": scoreboard.mismatches,
            "cycles": session.bench.cycles(),
            "seconds": round(seconds, 3),
            "frames_per_second": round(sum(frames.values()) / seconds, 1),
            "text": scoreboard.text(),
        }
    )
    assert scoreboard.mismatches == 0, scoreboard.text()


async def _capture(session: Session, folder: Path, name: str, frames: list[bytes], progress: ProgressLines) -> None:
    """Decrypt a capture, compare with its clear side, encrypt it again, compare with the capture."""
    transport, scoreboard = session.transport, session.scoreboard
    file = read_sas(folder / f"{name}.sa.json")
    owned: dict[tuple[int, Direction], OwnedSa] = {}
    entries: dict[int, SaEntry] = {}
    for entry in file.entries:
        entries[entry.spi] = entry
        for direction in Direction:
            owned[entry.spi, direction] = await transport.add_sa(entry.security_association(direction), entry.start_seq)

    received = await transport.receive(f"{name} inbound", frames, progress.advance)
    inner: list[bytes] = []
    again: list[Frame] = []
    for number, (frame, result) in enumerate(zip(frames, received, strict=True)):
        parsed = parse_frame(frame)
        entry_of = None if isinstance(parsed, NotEsp) else entries.get(parsed.spi)
        if entry_of is None or not result.slot12:
            scoreboard.mismatch(f"{name} inbound frame {number}: not decrypted")
            continue
        inner.append(inner_packet(result.frame, entry_of.icv_len))
        plaintext = clear_icv_room(result.frame, entry_of.icv_len)
        again.append(Frame(plaintext, owned[entry_of.spi, Direction.OUTBOUND].handle))

    clear_file = folder / f"{name}.clear.pcap"
    if clear_file.exists():
        clear = clear_packets(read_capture(clear_file))
        if len(clear) != len(inner):
            scoreboard.mismatch(f"{name}: {len(inner)} packets decrypted, {len(clear)} on the clear side")
        for number, (ours, theirs) in enumerate(zip(inner, clear, strict=False)):
            expected, got = theirs, as_on_clear_side(ours, theirs)
            if expected != got:
                scoreboard.mismatch(
                    f"{name} packet {number}: decrypted {got.hex()}, on the clear side {expected.hex()}"
                )

    sent = await transport.transmit(f"{name} outbound", again, progress.advance)
    for number, (frame, result_sent) in enumerate(zip(frames, sent, strict=False)):
        scoreboard.equal(f"{name} outbound frame {number} and the kernel's", frame, result_sent.frame)
    await transport.delete_all()


async def _random(session: Session, count: int, progress: ProgressLines) -> None:
    """Random frames over as many SAs as the engine holds, both directions at once.

    The first half back to back; the second with pauses at every source and sink.
    """
    transport = session.transport
    rng = random.Random(cocotb.RANDOM_SEED)
    pairs = min(32, session.identification.sa_count // 2)
    triples = random_sas(rng, pairs + _STALE_SAS, session.identification.max_key_bits)

    stale: list[int] = []
    for outbound_sa, _, start_seq in triples[pairs:]:
        owned = await transport.add_sa(outbound_sa, start_seq)
        stale.append(owned.handle)
        await transport.delete_sa(owned)
    outbound: list[OwnedSa] = []
    inbound: list[OwnedSa] = []
    for outbound_sa, inbound_sa, start_seq in triples[:pairs]:
        outbound.append(await transport.add_sa(outbound_sa, start_seq))
        inbound.append(await transport.add_sa(inbound_sa, start_seq))

    wire = frames_from_wire(rng, inbound, count)
    host = frames_to_send(rng, outbound, inbound, stale, count)
    for owned in outbound[:6]:
        host[len(host) // 2 : len(host) // 2] = [Frame(frame, owned.handle) for frame in shortest_frames(owned)]
    host = host[:count]
    half = count // 2
    for part, rate in ((slice(None, half), 0), (slice(half, None), _PAUSES)):
        session.bench.set_stalls(rate, rng.randrange(1, 1 << 16))
        text = "with pauses" if rate else "back to back"
        progress.say(f"random frames {text}")
        receive = cocotb.start_soon(transport.receive(f"random inbound {text}", wire[part], progress.advance))
        transmit = cocotb.start_soon(transport.transmit(f"random outbound {text}", host[part], progress.advance))
        await receive
        await transmit
    session.bench.set_stalls(0)
    await transport.delete_all()
    active = await session.miniport.sa_active()
    if active:
        session.scoreboard.mismatch(f"{active} SAs are left after all were deleted")
