# SPDX-License-Identifier: Apache-2.0
"""Throughput and latency of the engine, inside the simulator, both directions always at the same time.

Environment: ``JOB_SET`` full, quick or smoke (how many rows, frames and SAs), ``JOB_RESULT`` the file for the result
(``throughput`` and ``latency`` rows, ``mismatches``, ``text``). Every frame is also compared with the reference engine.

*Throughput.* Sources never idle, sinks are always ready. Ideal: one beat of 16 octets per cycle, so ceil(octets / 16)
cycles for a frame, sent or failed. Steady state begins at frame k, the first one by which ``WARM_UP_BEATS`` beats went
in and frames of the greatest length and, where all lengths are equal, of every SA have left (latency of receive differs
by up to 3 cycles with algorithm and ICV length); it ends with the last frame. Cycles are counted from the
last beat of frame k to the last beat of the last frame, at the input and at the output, and the worse of the two is the
row. A frame that does not leave counts with its beats, because it took them from the input. Receive stores a frame
before it gives it away, so after a short frame the output runs dry while a longer one comes in, and no cycle is lost by
that: a mixed load therefore begins with a frame that is ``PRIMER_OCTETS`` longer than the rest. *Late* is a frame that
came with a gap after the one before it although it was ready longer ago than the bound of the latency.

*Latency.* Transmit: first beat taken to first beat out. Receive: last beat taken to first beat out.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cocotb
from cocotb.triggers import Timer

from models.packet import ParsedEsp, parse_frame
from models.sa import UDP_NONE, UDP_TRANSPORT, UDP_TUNNEL, Algorithm, Direction, SecurityAssociation
from tb.bench import STATUS_SENT, RxResult, TxFrame, TxResult
from tb.jobs.session import ProgressLines, Session, write_result
from tb.transactors import BEAT_OCTETS, CLOCK_NS, ProtocolError, StreamFrame
from tb.transport import OwnedSa, build_frame, wire_frame

WARM_UP_BEATS = 128
"""More than any build of the engine holds in its pipes."""
PRIMER_OCTETS = 512
"""More cycles, at 16 octets each, than latencies of different frames differ by."""
LATENCY_MARGIN = 24
"""Latency is at most that of the AES pipe and this."""
EXTRA_LATENCY = {"transmit": 12, "receive": 19}
"""Cycles that EXTRA_REGISTERS adds."""
IMIX = ((64, 7), (594, 4), (1518, 1))
"""(octets, share) of the simple Internet mix."""

_ESP_OCTETS = 16
_TRAILER_OCTETS = 2
_POLL_CYCLES = 64
_PATIENCE_POLLS = 4000
_MOST_FRAMES = 200
_SMALLEST_PLAIN = 60


@dataclass(frozen=True)
class Pair:
    """An SA for frames to send and one for frames from the wire, alike but for direction, SPI and key."""

    outbound: OwnedSa
    inbound: OwnedSa

    @property
    def sa(self) -> SecurityAssociation:
        """What both have in common, as the outbound one has it."""
        return self.outbound.sa


@dataclass
class Load:
    """Frames of both directions that run together, and what the rows say about them.

    warm_up: frames before the steady state, at least.
    """

    case: str
    frame_octets: int | str
    algorithm: str
    key_bits: int | str
    warm_up: int
    transmit: list[TxFrame] = field(default_factory=list)
    receive: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class Size:
    """How much a set measures. ``beats``: of a load, about; ``pairs``: SAs of each direction at most.

    only: nothing but this (the shape that takes longest; short frames to send of long packets).
    """

    pairs: int
    beats: int
    least_frames: int
    octets: tuple[int, ...]
    latency_octets: tuple[int, ...]
    mixed_frames: int
    every_size: bool
    every_algorithm: bool
    only: str = ""


SETS = {
    "full": Size(
        pairs=32,
        beats=1500,
        least_frames=12,
        octets=(
            *(60, 61, 64, 68, 79, 80, 81, 96, 97, 112, 128, 129, 160, 192, 256, 257, 320, 384, 512, 513, 640, 768),
            *(1024, 1025, 1280, 1500, 1518, 2048, 3000, 4096, 6000, 9018, 9599, 9600),
        ),
        latency_octets=(60, 68, 96, 128, 256, 594, 1518, 9600),
        mixed_frames=240,
        every_size=True,
        every_algorithm=True,
    ),
    "quick": Size(
        pairs=32,
        beats=600,
        least_frames=6,
        octets=(60, 64, 68, 80, 81, 128, 256, 1518, 9600),
        latency_octets=(60, 96, 594, 9600),
        mixed_frames=120,
        every_size=False,
        every_algorithm=True,
    ),
    "smoke": Size(
        pairs=12,
        beats=240,
        least_frames=4,
        octets=(60, 81),
        latency_octets=(68, 96),
        mixed_frames=30,
        every_size=False,
        every_algorithm=False,
    ),
    "deepest": Size(
        pairs=32,
        beats=60,
        least_frames=4,
        octets=(),
        latency_octets=(1600,),
        mixed_frames=0,
        every_size=False,
        every_algorithm=False,
        only="deepest",
    ),
    "long_packets": Size(
        pairs=32,
        beats=60,
        least_frames=4,
        octets=(),
        latency_octets=(1600,),
        mixed_frames=150,
        every_size=False,
        every_algorithm=False,
        only="long_packets",
    ),
}


@cocotb.test()
async def benchmark(dut: object) -> None:
    """All rows of the set."""
    session = await Session.start(dut)
    job = _Benchmark(session, SETS[os.environ["JOB_SET"]], random.Random(cocotb.RANDOM_SEED))
    await job.latency_of_one_sa()
    await job.add_pairs()
    await job.latency_of_full_table()
    for load in job.loads():
        await job.throughput(load)
    scoreboard = session.scoreboard
    scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    write_result(
        {
            "throughput": job.rows,
            "latency": job.latency_rows(),
            "cycles": session.bench.cycles(),
            "mismatches": scoreboard.mismatches,
            "text": scoreboard.text(),
        }
    )
    assert scoreboard.mismatches == 0, scoreboard.text()


def beats(octets: int) -> int:
    """Beats of a frame: the cycles it takes at best."""
    return max(1, -(-octets // BEAT_OCTETS))


def overhead(sa: SecurityAssociation) -> int:
    """Octets of a frame of this SA around payload and trailer, without VLAN tags, options and extension headers."""
    udp = 8 if sa.udp_encapsulation else 0
    return 14 + (40 if sa.ipv6 else 20) + udp + _ESP_OCTETS + sa.icv_len


@dataclass
class _Outcome:
    """A load after its run: cycles of (first, last) beat of each frame at the input, at the output (None: dropped)."""

    taken: list[tuple[int, int]]
    left: list[tuple[int, int] | None]


@dataclass
class _Shape:
    """Frames alike in everything that may matter for latency."""

    name: str
    ipv6: bool
    udp: bool
    octets: int
    arguments: dict[str, Any]
    gmac: bool = False
    icv_len: int = 16
    cycles: dict[tuple[str, str], list[int]] = field(default_factory=dict)


class _Benchmark:
    def __init__(self, session: Session, size: Size, rng: random.Random) -> None:
        self.session = session
        self.size = size
        self.rng = rng
        self.rows: list[dict[str, Any]] = []
        self.pairs: list[Pair] = []
        self.plain: list[Pair] = []
        self.shapes: list[_Shape] = []
        self._spi = 0x1000
        self._turns: dict[int, int] = {}
        self._progress = ProgressLines(0)
        identification = session.identification
        rounds = identification.max_key_bits // 32 + 6
        shared = int(session.bench.dut.SHARED_AES.value) != 0
        self.aes_latency = 5 * rounds // 2 + 5 if shared else rounds * identification.cycles_per_round + 1
        if int(session.bench.dut.KEY_STORE.value):
            # a job waits for its key, and for an E_K(0) before it
            self.aes_latency += 8
        extra = int(session.bench.dut.EXTRA_REGISTERS.value)
        self.bound = {way: self.aes_latency + LATENCY_MARGIN + extra * cycles for way, cycles in EXTRA_LATENCY.items()}
        self.algorithms = [a for a in Algorithm if a.key_bits <= identification.max_key_bits]
        self.gcm = [a for a in self.algorithms if not a.gmac]
        self.gmac = [a for a in self.algorithms if a.gmac]
        self.pair_count = min(size.pairs, identification.sa_count // 2)

    # ---- SAs ---------------------------------------------------------------------------------------------------

    async def _add(self, algorithm: Algorithm, icv_len: int, ipv6: bool, udp: int) -> Pair:
        rng = self.rng
        octets = 16 if ipv6 else 4
        owned = []
        esn = rng.random() < 0.5
        for direction in Direction:
            self._spi += 1
            sa = SecurityAssociation(
                direction=direction,
                algorithm=algorithm,
                spi=self._spi,
                key=rng.randbytes(algorithm.key_octets),
                salt=rng.randbytes(4),
                icv_len=icv_len,
                esn=esn,
                seq_hi=5 if esn else 0,
                ipv6=ipv6,
                src=rng.randbytes(octets),
                dst=rng.randbytes(octets),
                udp_encapsulation=udp,
            )
            owned.append(await self.session.transport.add_sa(sa, start_seq=(5 << 32) + 1000 if esn else 1000))
        return Pair(owned[0], owned[1])

    async def add_pairs(self) -> None:
        """Fill the table: three quarters IPv4 without UDP of all algorithms and ICVs, the rest of other shapes."""
        kinds = [(a, icv) for icv in (8, 16, 12) for a in self.algorithms if icv == 16 or not a.gmac]
        others = [(True, UDP_NONE), (False, UDP_TRANSPORT), (True, UDP_TUNNEL)]
        for number in range(self.pair_count):
            if number < self.pair_count * 3 // 4:
                algorithm, icv_len = kinds[number % len(kinds)]
                self.plain.append(await self._add(algorithm, icv_len, False, UDP_NONE))
            else:
                algorithm = self.gcm[number % len(self.gcm)]
                self.pairs.append(await self._add(algorithm, 16, *others[number % len(others)]))
        self.pairs += self.plain

    def _next(self, pairs: Sequence[Pair], octets: int) -> Pair | None:
        """The next of ``pairs`` whose frames can be so short, another one than last time; None if there is none."""
        for _ in pairs:
            turn = self._turns.get(id(pairs), 0)
            self._turns[id(pairs)] = turn + 1
            pair = pairs[turn % len(pairs)]
            if overhead(pair.sa) + _TRAILER_OCTETS <= octets:
                return pair
        return None

    def _payload(self, sa: SecurityAssociation, octets: int, headers: int = 0) -> bytes:
        return self.rng.randbytes(octets - headers - overhead(sa) - _TRAILER_OCTETS)

    # ---- one run -----------------------------------------------------------------------------------------------

    async def _run(self, name: str, transmit: Sequence[TxFrame], receive: Sequence[bytes]) -> dict[str, _Outcome]:
        """Both directions at once, sources never idle; every frame compared with the reference engine."""
        bench = self.session.bench
        tasks = [
            cocotb.start_soon(
                bench.tx_source.send_frames(
                    (frame.data, frame.tunnel_handle << 32 | frame.handle) for frame in transmit
                )
            ),
            cocotb.start_soon(bench.rx_source.send_frames((frame, 0) for frame in receive)),
        ]
        for task in tasks:
            await task
        polls = 0
        while len(bench.tx_statuses) < len(transmit) or len(bench.rx_frames) < len(receive):
            await Timer(_POLL_CYCLES * CLOCK_NS, "ns")
            polls += 1
            if polls > _PATIENCE_POLLS:
                raise ProtocolError(
                    f"{name}: {len(bench.tx_statuses)} of {len(transmit)} frames have a status,"
                    f" {len(bench.rx_frames)} of {len(receive)} frames came from the wire"
                )
        await Timer(4 * _POLL_CYCLES * CLOCK_NS, "ns")
        bench.check()
        outcome = {"transmit": self._sent(name, transmit), "receive": self._received(name, receive)}
        self._progress.total += len(transmit) + len(receive)
        self._progress.say(name)
        self._progress.advance(len(transmit) + len(receive))
        return outcome

    def _sent(self, name: str, frames: Sequence[TxFrame]) -> _Outcome:
        bench, scoreboard, reference = self.session.bench, self.session.scoreboard, self.session.reference
        left: list[tuple[int, int] | None] = []
        came = [frame for frame in bench.tx_frames if not frame.user & 1]
        position = 0
        for number, frame in enumerate(frames):
            status = bench.tx_statuses.popleft().data[0]
            out: StreamFrame | None = None
            if status == STATUS_SENT and position < len(came):
                out = came[position]
                position += 1
            expected = reference.transmit(frame.data, frame.handle, frame.tunnel_handle)
            result = TxResult(status, out.data if out else None)
            scoreboard.transmit(
                f"{name} {number}", frame.data, frame.handle, reference.sa(frame.handle), expected, result
            )
            left.append((out.first_cycle, out.last_cycle) if out else None)
        bench.tx_frames.clear()
        return _Outcome(bench.tx_source.cycles_taken(len(frames)), left)

    def _received(self, name: str, frames: Sequence[bytes]) -> _Outcome:
        bench, scoreboard, reference = self.session.bench, self.session.scoreboard, self.session.reference
        left: list[tuple[int, int] | None] = []
        mask = 0xFFFFFFFF
        for number, frame in enumerate(frames):
            out = bench.rx_frames.popleft()
            expected = reference.receive(frame)
            result = RxResult(out.data, out.user & mask, out.user >> 32 & mask, out.user >> 64)
            scoreboard.receive(f"{name} {number}", frame, reference.sa(expected.handle), expected, result)
            left.append((out.first_cycle, out.last_cycle))
        return _Outcome(bench.rx_source.cycles_taken(len(frames)), left)

    # ---- throughput --------------------------------------------------------------------------------------------

    def loads(self) -> list[Load]:
        """Every load of the set, in the order of the report."""
        loads = []
        if self.size.only == "deepest":
            return []
        for octets in self.size.octets:
            loads.append(self._fixed("all SAs in turn", octets, self.plain, "mixed", "mixed"))
        if self.size.every_algorithm:
            for algorithm in self.algorithms:
                pairs = [pair for pair in self.plain if pair.sa.algorithm is algorithm]
                for octets in self.size.octets:
                    if any(overhead(pair.sa) + _TRAILER_OCTETS <= octets for pair in pairs):
                        mode = "GMAC" if algorithm.gmac else "GCM"
                        loads.append(self._fixed("one algorithm", octets, pairs, mode, algorithm.key_bits))
            first = self.plain[:1]
            for octets in (64, 1518, 9600):
                bits = first[0].sa.algorithm.key_bits
                loads.append(self._fixed("one SA", octets, first, "GCM", bits))
        if self.size.every_size:
            for start in range(60, 1540, 240):
                sizes = list(range(start, start + 240))
                self.rng.shuffle(sizes)
                name = f"every size {start} to {start + 239}"
                loads.append(self._mixed(name, sizes))
        imix = [octets for octets, share in IMIX for _ in range(share)]
        count = self.size.mixed_frames
        some = [self.rng.choice(imix) for _ in range(count)]
        if self.size.only == "long_packets":
            return [self._mixed("IMIX, long packets", some, 90, self._too_long_out, self._too_long)]
        small = [self.rng.randrange(60, 130) for _ in range(count)]
        loads.append(self._mixed("IMIX", some))
        if self.size.every_size:
            loads.append(self._mixed("60 to 9600 octets", [self.rng.randrange(60, 9601) for _ in range(40)]))
        mixes = [("IMIX", some), ("60 to 129 octets", small)]
        for name, sizes in mixes if self.size.every_algorithm else mixes[1:]:
            for percent in (50, 90):
                what = f"{name}, {percent} % without IPsec"
                loads.append(self._mixed(what, sizes, percent, self._no_ipsec_out, self._no_ipsec_in))
            for percent in (50, 100):
                what = f"{name}, {percent} % unknown handle / bad ICV"
                loads.append(self._mixed(what, sizes, percent, self._unknown_handle, self._bad_icv))
                what = f"{name}, {percent} % syntax error"
                loads.append(self._mixed(what, sizes, percent, self._syntax_error_out, self._syntax_error_in))
        return loads

    def _count(self, octets: int) -> int:
        return max(self.size.least_frames, min(_MOST_FRAMES, self.size.beats // beats(octets)))

    def _fixed(self, case: str, octets: int, pairs: Sequence[Pair], algorithm: str, key_bits: int | str) -> Load:
        load = Load(case, octets, algorithm, key_bits, warm_up=len(pairs))
        for _ in range(len(pairs) + self._count(octets)):
            self._append(load, pairs, octets)
        return load

    def _append(self, load: Load, pairs: Sequence[Pair], octets: int) -> None:
        pair = self._next(pairs, octets)
        if pair is None:
            raise ValueError(f"no SA has frames of {octets} octets")
        load.transmit.append(
            TxFrame(build_frame(pair.outbound, self._payload(pair.sa, octets), pad_length=0), pair.outbound.handle)
        )
        load.receive.append(wire_frame(pair.inbound, self._payload(pair.sa, octets), pad_length=0))

    def _mixed(
        self,
        case: str,
        sizes: Sequence[int],
        percent: int = 0,
        replace_out: Callable[[TxFrame], TxFrame] | None = None,
        replace_in: Callable[[bytes], bytes] | None = None,
    ) -> Load:
        """Frames of these sizes over all SAs in turn, ``percent`` of them replaced."""
        load = Load(case, "mixed", "mixed", "mixed", warm_up=1)
        self._append(load, self.pairs, max(sizes) + PRIMER_OCTETS)
        for octets in sizes:
            self._append(load, self.pairs, octets)
            if self.rng.randrange(100) < percent and replace_out and replace_in:
                load.transmit[-1] = replace_out(load.transmit[-1])
                load.receive[-1] = replace_in(load.receive[-1])
        return load

    def _no_ipsec_out(self, frame: TxFrame) -> TxFrame:
        return TxFrame(self._no_ipsec_in(frame.data))

    def _no_ipsec_in(self, frame: bytes) -> bytes:
        octets = max(len(frame), _SMALLEST_PLAIN)
        return frame[:12] + b"\x08\x06" + self.rng.randbytes(octets - 14)  # ARP, so that nothing is taken for IP

    def _unknown_handle(self, frame: TxFrame) -> TxFrame:
        return TxFrame(frame.data, frame.handle ^ 0x5A5A0000)

    def _bad_icv(self, frame: bytes) -> bytes:
        return frame[:-1] + bytes((frame[-1] ^ 1 << self.rng.randrange(8),))

    def _syntax_error_out(self, frame: TxFrame) -> TxFrame:
        # builds with longer pipes lose cycles for long packets: these have a set of their own
        spoil = self._syntax_error_in if self.session.identification.cycles_per_round == 1 else self._without_room
        return TxFrame(spoil(frame.data), frame.handle)

    def _too_long_out(self, frame: TxFrame) -> TxFrame:
        return TxFrame(self._too_long(frame.data), frame.handle)

    def _syntax_error_in(self, frame: bytes) -> bytes:
        return self._too_long(frame) if self.rng.random() < 0.5 else self._without_room(frame)

    def _without_room(self, frame: bytes) -> bytes:
        """The IP packet ends one octet after the IV; what is left of the frame is padding of the Ethernet frame."""
        parsed = parse_frame(frame)
        assert isinstance(parsed, ParsedEsp)
        return self._longer(frame, parsed, parsed.payload + 1 - parsed.ip_end)

    def _too_long(self, frame: bytes) -> bytes:
        """The IP packet says that it is longer than the frame."""
        parsed = parse_frame(frame)
        assert isinstance(parsed, ParsedEsp)
        return self._longer(frame, parsed, self.rng.choice((1, 20, 500)))

    def _longer(self, frame: bytes, parsed: ParsedEsp, more: int) -> bytes:
        octets = bytearray(frame)
        for at in (parsed.ip + (4 if parsed.ip_version == 6 else 2), parsed.udp + 4 if parsed.udp else 0):
            if at:
                octets[at : at + 2] = (int.from_bytes(octets[at : at + 2], "big") + more).to_bytes(2, "big")
        return bytes(octets)

    async def throughput(self, load: Load) -> None:
        """Run a load; a row for each direction."""
        outcome = await self._run(load.case, load.transmit, load.receive)
        lengths = {"transmit": [len(frame.data) for frame in load.transmit], "receive": list(map(len, load.receive))}
        used = {
            "transmit": len({frame.handle for frame in load.transmit} & set(self.session.transport.owned)),
            "receive": len({p.spi for p in map(parse_frame, load.receive) if isinstance(p, ParsedEsp)}),
        }
        for direction, done in outcome.items():
            windows = [
                (_window(lengths[direction], [last for _, last in done.taken], load.warm_up), "input"),
                (_window(lengths[direction], [cycles and cycles[1] for cycles in done.left], load.warm_up), "output"),
            ]
            found = [(*window, at) for window, at in windows if window]
            frames, ideal, cycles, at = min(found, key=lambda window: window[1] / window[2])
            self.rows.append(
                {
                    "direction": direction,
                    "case": load.case,
                    "frame_octets": load.frame_octets,
                    "algorithm": load.algorithm,
                    "key_bits": load.key_bits,
                    "sas": used[direction],
                    "frames": frames,
                    "cycles": cycles,
                    "cycles_per_frame": round(cycles / frames, 4),
                    "ideal_cycles_per_frame": round(ideal / frames, 4),
                    "ratio": round(ideal / cycles, 6),
                    "measured_at": at,
                    "late": self._late(direction, done),
                }
            )

    def _late(self, direction: str, done: _Outcome) -> int:
        bound = self.bound[direction]
        late = 0
        before: int | None = None
        for (first, last), left in zip(done.taken, done.left, strict=True):
            if left is None:
                continue
            ready = first if direction == "transmit" else last
            late += left[0] - ready > bound and (before is None or left[0] - before > 1)
            before = left[1]
        return late

    # ---- latency -----------------------------------------------------------------------------------------------

    def _latency_shapes(self) -> list[_Shape]:
        extensions = [(0, bytes(6)), (60, bytes(6)), (43, bytes(6)), (60, bytes(6))]
        shapes = []
        for octets in self.size.latency_octets:
            shapes.append(_Shape("IPv4, GCM ICV 8", False, False, octets, {}, icv_len=8))
            if octets >= 68:
                shapes.append(_Shape("IPv4, GCM", False, False, octets, {}))
                shapes.append(_Shape("IPv4, GMAC", False, False, octets, {}, gmac=True))
        middle = max(200, self.size.latency_octets[-1] // 8)
        tags = {"vlans": [(0x88A8, 1), 2]}
        shapes += [
            _Shape("IPv4, 2 VLAN tags, 40 octets of options", False, False, middle, {**tags, "options": b"\1" * 40}),
            _Shape("IPv6", True, False, middle, {}),
            _Shape(
                "IPv6, UDP, 2 VLAN tags, 2 headers", True, True, middle, {**tags, "extension_headers": extensions[:2]}
            ),
            _Shape("IPv4, UDP", False, True, middle, {}),
        ]
        four = {**tags, "extension_headers": extensions}
        deepest = {**tags, "extension_headers": [(0, bytes(14)), *extensions[1:]]}
        # PadLength is the last octet of a block of keystream, NextHeader the first of the next
        split = 127 + (middle - 127) // 16 * 16
        shapes += [
            _Shape("IPv6, 2 VLAN tags, 4 headers", True, False, middle, four),
            _Shape("IPv6, 2 VLAN tags, 4 headers, trailer in two blocks", True, False, split, four),
            _Shape("IPv6, UDP, 2 VLAN tags, 4 headers, ESP at 110", True, True, split + 3, deepest),
        ]
        if self.size.only:
            name = "IPv6, UDP, 2 VLAN tags, 4 headers, ESP at 110, trailer in two blocks"
            return [_Shape(name, True, True, split + 16, deepest)]
        return shapes

    def _frames(self, shape: _Shape, pair: Pair) -> tuple[TxFrame, bytes]:
        extra = 4 * len(shape.arguments.get("vlans", ())) + len(shape.arguments.get("options", b""))
        extra += sum(len(content) + 2 for _, content in shape.arguments.get("extension_headers", ()))
        payload = self._payload(pair.sa, shape.octets, extra)
        out = build_frame(pair.outbound, payload, pad_length=0, **shape.arguments)
        return TxFrame(out, pair.outbound.handle), wire_frame(pair.inbound, payload, pad_length=0, **shape.arguments)

    async def latency_of_one_sa(self) -> None:
        """Single frames through an engine that holds one SA of each direction and nothing else."""
        self.shapes = self._latency_shapes()
        for shape in self.shapes:
            algorithms = self.gmac if shape.gmac else self.gcm
            for algorithm in algorithms if self.size.every_algorithm else algorithms[-1:]:
                udp = UDP_TRANSPORT if shape.udp else UDP_NONE
                pair = await self._add(algorithm, shape.icv_len, shape.ipv6, udp)
                transmit, receive = self._frames(shape, pair)
                self._note(shape, "idle, one SA", await self._run(shape.name, [transmit], [receive]))
                await self.session.transport.delete_all()

    async def latency_of_full_table(self) -> None:
        """Single frames, then frames of one shape back to back, each of another SA, with all SAs in the table."""
        for shape in self.shapes:
            fitting = [
                pair
                for pair in self.pairs
                if pair.sa.ipv6 is shape.ipv6
                and (pair.sa.udp_encapsulation != UDP_NONE) is shape.udp
                and pair.sa.algorithm.gmac is shape.gmac
                and pair.sa.icv_len == shape.icv_len
            ]
            transmit, receive = self._frames(shape, fitting[0])
            self._note(shape, "idle, full table", await self._run(shape.name, [transmit], [receive]))
            count = max(self.size.least_frames, min(40, 4 * self.size.beats // beats(shape.octets)))
            both = [self._frames(shape, fitting[number % len(fitting)]) for number in range(count)]
            outcome = await self._run(shape.name, [out for out, _ in both], [wire for _, wire in both])
            self._note(shape, "back to back, full table", outcome)

    def _note(self, shape: _Shape, load: str, outcome: dict[str, _Outcome]) -> None:
        for direction, done in outcome.items():
            start = 0 if direction == "transmit" else 1
            cycles = shape.cycles.setdefault((direction, load), [])
            for taken, left in zip(done.taken, done.left, strict=True):
                if left is not None:
                    cycles.append(left[0] - taken[start])

    def latency_rows(self) -> list[dict[str, Any]]:
        """A row for each direction and shape; ``loads``: least and most cycles under each load."""
        rows = []
        for direction in ("transmit", "receive"):
            for shape in self.shapes:
                loads = {load: cycles for (way, load), cycles in shape.cycles.items() if way == direction and cycles}
                rows.append(
                    {
                        "direction": direction,
                        "shape": shape.name,
                        "frame_octets": shape.octets,
                        "aes_latency": self.aes_latency,
                        "bound": self.bound[direction],
                        "min": min(map(min, loads.values())),
                        "max": max(map(max, loads.values())),
                        "loads": {load: [min(cycles), max(cycles)] for load, cycles in loads.items()},
                    }
                )
        return rows


def _window(lengths: Sequence[int], ends: Sequence[int | None], warm_up: int) -> tuple[int, int, int] | None:
    """(frames, ideal cycles, cycles) of the steady state; ``ends``: cycle of the last beat of each frame, None: none.

    None where not two frames have an end. ValueError if the load is too short to reach the steady state.
    """
    present = [number for number, end in enumerate(ends) if end is not None]
    if len(present) < 2:
        return None
    longest = max(lengths[number] for number in present)
    gone = 0
    start = None
    for number, octets in enumerate(lengths):
        gone += beats(octets)
        if octets >= longest:
            longest = 0
        if number >= warm_up and gone >= WARM_UP_BEATS and longest == 0 and ends[number] is not None:
            start = number
            break
    if start is None or start >= present[-1]:
        raise ValueError("the load is too short for a steady state")
    first, last = ends[start], ends[present[-1]]
    assert first is not None and last is not None
    ideal = sum(beats(octets) for octets in lengths[start + 1 : present[-1] + 1])
    return present[-1] - start, ideal, last - first
