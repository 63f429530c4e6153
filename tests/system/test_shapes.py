# SPDX-License-Identifier: Apache-2.0
"""The shape matrix: every combination of layers around ESP, and every shape that the engine must leave alone or refuse.

Three parts, each in both directions, every frame compared octet for octet with the reference engine:

* the matrix: VLAN tags x IP header x encapsulation x algorithm and ICV x ESN x place of the packet's end within a beat
  (so that the payload ends, and the ICV splits, everywhere). Complete on Verilator; on Icarus a set of combinations
  that holds every pair of values of any two axes;
* lengths: payloads from 0 to 9,000 octets, and smallest frames with padding after the packet;
* shapes outside the rules, each with the reason for which the parser must stop.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cocotb
import pytest

from models.esp import protect
from models.packet import (
    PROTOCOL_AH,
    PROTOCOL_ESP,
    NotEsp,
    NotEspReason,
    esp,
    ethernet,
    ip_frame,
    ipv4,
    ipv6,
    parse_frame,
    udp,
)
from models.sa import Algorithm, Direction, SecurityAssociation
from tb.bench import TxFrame
from tb.jobs.session import Session
from tb.sim import SIMULATORS, run_cocotb
from tb.traffic import shortest_frames
from tb.transport import OwnedSa, build_frame
from tests.system.common import both

BATCH_FRAMES = 400
Shape = dict[str, Any]

_C, _S = 0x8100, 0x88A8
TAGS: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    ((_C, 0x0123),),
    ((_S, 0xE456),),
    ((_S, 0x0789), (_C, 0xFABC)),
    ((_C, 0x0DEF), (_S, 0x0012)),
)
KINDS = (0, 43, 60)
"""IPv6 hop-by-hop options, routing header, destination options."""
HEADER = bytes((1, 4, 0, 0, 0, 0))
CHAINS: tuple[tuple[int, ...], ...] = (
    *((), (0,), (43,), (60,), (0, 43), (0, 60), (43, 60), (60, 60)),
    *((0, 43, 60), (0, 60, 43, 60)),
)
IP: tuple[tuple[int, Any], ...] = (*((4, ihl) for ihl in range(5, 16)), *((6, chain) for chain in CHAINS))
UDP = (0, 1)
CRYPTO = (("gcm", 8), ("gcm", 12), ("gcm", 16), ("gmac", 16))
ESN = (False, True)
END = tuple(range(16))
"""Lane of the first octet after the IP packet."""
PADDING = ("none", "zeros", "junk")
AXES: tuple[Sequence[Any], ...] = (TAGS, IP, UDP, CRYPTO, ESN, END)
PAYLOADS = (0, 1, 2, 3, 14, 15, 16, 17, 63, 64, 255, 256, 1000, 1400, 2048, 4095, 8999, 9000)


class Combination(NamedTuple):
    """One point of the matrix."""

    tags: tuple[tuple[int, int], ...]
    ip: tuple[int, Any]
    udp: int
    crypto: tuple[str, int]
    esn: bool
    end: int


class Case(NamedTuple):
    """A frame of plaintext for the SA of this kind; ``reason``: why the engine must not protect it, "" if it must."""

    part: str
    frames: tuple[bytes, bytes]
    pair: tuple[OwnedSa, OwnedSa]
    reason: str = ""


def pairwise(axes: Sequence[Sequence[Any]], seed: int = 1) -> list[tuple[Any, ...]]:
    """Combinations of one value of each axis that hold every pair of values of any two axes; always the same."""
    rng = random.Random(seed)
    columns = list(itertools.combinations(range(len(axes)), 2))
    missing = {(a, i, b, j) for a, b in columns for i in range(len(axes[a])) for j in range(len(axes[b]))}
    rows = []
    while missing:
        a, i, b, j = min(missing)
        best: tuple[int, ...] = ()
        gain = -1
        for _ in range(20):
            row = [rng.randrange(len(axis)) for axis in axes]
            row[a], row[b] = i, j
            new = sum((x, row[x], y, row[y]) in missing for x, y in columns)
            if new > gain:
                best, gain = tuple(row), new
        missing -= {(x, best[x], y, best[y]) for x, y in columns}
        rows.append(tuple(axis[index] for axis, index in zip(axes, best, strict=True)))
    return rows


class Shapes:
    """Makes the cases over one SA of each kind and direction (64 of them)."""

    def __init__(self, session: Session, rng: random.Random) -> None:
        self.session = session
        self.rng = rng
        self.sas: dict[tuple[int, int, tuple[str, int], bool], tuple[OwnedSa, OwnedSa]] = {}

    async def add_sas(self) -> None:
        """An SA pair for every IP version, encapsulation, algorithm and ICV, ESN; key sizes in turn."""
        rng = self.rng
        kinds = itertools.product((4, 6), UDP, CRYPTO, ESN)
        for number, (version, encapsulation, (mode, icv_len), esn) in enumerate(kinds):
            algorithm = Algorithm.of(mode == "gmac", (128, 192, 256)[number % 3])
            octets = 16 if version == 6 else 4
            pair = []
            for direction in Direction:
                high = rng.randrange(1, 1 << 32) if esn else 0
                sa = SecurityAssociation(
                    direction=direction,
                    algorithm=algorithm,
                    spi=rng.randrange(1 << 8, 1 << 32),
                    key=rng.randbytes(algorithm.key_octets),
                    salt=rng.randbytes(4),
                    icv_len=icv_len,
                    esn=esn,
                    seq_hi=high,
                    ipv6=version == 6,
                    src=rng.randbytes(octets),
                    dst=rng.randbytes(octets),
                    udp_encapsulation=(1 + number % 2) * encapsulation,
                )
                pair.append(await self.session.transport.add_sa(sa, (high << 32) + rng.randrange(1, 1 << 31)))
            self.sas[version, encapsulation, (mode, icv_len), esn] = (pair[0], pair[1])

    def _build(self, pair: tuple[OwnedSa, OwnedSa], octets: int, shape: Shape) -> tuple[bytes, bytes]:
        """Plaintext of ``octets`` between IV and ICV for the outbound SA, and one protected for the inbound SA."""
        room = octets - 2
        pad_length = min(room, self.rng.randrange(4))
        payload = self.rng.randbytes(room - pad_length)
        out, wire = (build_frame(owned, payload, pad_length=pad_length, **shape) for owned in pair)
        return out, self._protected(wire, pair[1])

    @staticmethod
    def _protected(frame: bytes, owned: OwnedSa) -> bytes:
        parsed = parse_frame(frame)
        if isinstance(parsed, NotEsp) or parsed.syntax_error(owned.sa.icv_len):
            return frame
        return protect(frame, parsed, owned.sa)

    def matrix(self, combinations: Sequence[Combination]) -> Iterator[Case]:
        """Parts of the matrix; padding after the packet goes through its values in turn."""
        for number, combination in enumerate(combinations):
            tags, (version, header), encapsulation, crypto, esn, end = combination
            pair = self.sas[version, encapsulation, crypto, esn]
            shape: Shape = {"vlans": tags}
            if version == 4:
                shape["options"] = b"\x01" * (4 * (header - 5))
                around = 14 + 4 * header
            else:
                shape["extension_headers"] = [(kind, HEADER) for kind in header]
                around = 54 + 8 * len(header)
            around += 4 * len(tags) + 8 * encapsulation + 16 + crypto[1]
            octets = 2 + (end - around - 2) % 16 + 16 * (number % 3 == 2)
            shape |= self._padding(PADDING[(number + number // 16) % 3])
            frames = self._build(pair, octets, shape)
            for frame in frames:
                parsed = parse_frame(frame)
                assert not isinstance(parsed, NotEsp)
                assert parsed.ip_end % 16 == end
            yield Case("matrix", frames, pair)

    def _padding(self, kind: str) -> Shape:
        if kind == "zeros":
            return {"minimum": 128}
        return {"padding": self.rng.randbytes(self.rng.randrange(1, 40))} if kind == "junk" else {}

    def chains(self, every: int) -> Iterator[Case]:
        """Each ``every``-th of: up to four IPv6 extension headers in any sequence, tags, encapsulation."""
        chains = [chain for length in range(5) for chain in itertools.product(KINDS, repeat=length)]
        for number, (chain, tags, encapsulation) in enumerate(itertools.product(chains, TAGS, UDP)):
            if number % every == 0:
                pair = self.sas[6, encapsulation, CRYPTO[number % 4], ESN[number // 4 % 2]]
                shape = {"vlans": tags, "extension_headers": [(kind, HEADER) for kind in chain]}
                yield Case("extension headers", self._build(pair, self.rng.randrange(2, 64), shape), pair)

    def lengths(self, payloads: Sequence[int]) -> Iterator[Case]:
        """Payload lengths with all kinds of SA; smallest frames with padding after the packet."""
        for payload, pair in itertools.product(payloads, self.sas.values()):
            yield Case("lengths", self._build(pair, payload + 2, {}), pair)
        for octets, pair in itertools.product((2, 3, 4), self.sas.values()):
            for shape in ({"minimum": 60}, {"minimum": 64}, {"padding": self.rng.randbytes(18)}):
                yield Case("minimum size", self._build(pair, octets, shape), pair)

    def outside(self, every: int) -> Iterator[Case]:
        """Shapes that are not ESP for the engine, and ESP with lengths that cannot be."""
        for number, (kind, pair) in enumerate(self.sas.items()):
            version, encapsulation, _, _ = kind
            tags = TAGS[number % len(TAGS)]
            reasons = NotEspReason
            bad: list[tuple[str, str, Shape]] = []
            if version == 4:
                for flags, offset in ((1, 0), (1, 185), (0, 185), (2, 1), (0, 0x1FFF)):
                    bad.append(
                        ("fragment", reasons.FRAGMENT.name, {"fragment_flags": flags, "fragment_offset": offset})
                    )
            else:
                for content in (bytes(6), bytes((0, 1)) + bytes(4), bytes((5, 0xB8)) + bytes(4)):
                    headers = [(44, content)]
                    bad.append(("fragment", reasons.FRAGMENT.name, {"extension_headers": headers}))
                    bad.append(("fragment", reasons.FRAGMENT.name, {"extension_headers": [(0, HEADER), *headers]}))
                bad.append(("5 headers", reasons.OTHER_PROTOCOL.name, {"extension_headers": [(60, HEADER)] * 5}))
                deepest = (128 - 14 - 40 - 4 * len(tags) - 8 * encapsulation - 16) // 8
                for units in (deepest - 1, deepest, deepest + 1, deepest + 9):
                    headers = [(0, HEADER), (60, bytes(8 * units - 10))]
                    reason = "" if units <= deepest else reasons.TOO_DEEP.name
                    bad.append(("deep header", reason, {"extension_headers": headers}))
            for third in (_C, _S):
                bad.append(("3 tags", reasons.NOT_IP.name, {"vlans": [(_C, 1), (_S, 2), (third, 3)]}))
            bad.append(("other TPID", reasons.NOT_IP.name, {"vlans": [(0x9100, 1)]}))
            if encapsulation:
                for length in (-1, 1, 8):
                    bad.append(("UDP length", reasons.OTHER_UDP.name, {"udp_length": 8 + 16 + 40 + length}))
                bad.append(("UDP ports", reasons.OTHER_UDP.name, {"src_port": 4501, "dst_port": 500}))
                bad.append(("UDP source port", "", {"dst_port": 12345}))
                bad.append(("UDP destination port", "", {"src_port": 54321}))
                bad.append(("non-ESP marker", reasons.NON_ESP_MARKER.name, {"spi": 0}))
            for part, reason, shape in bad:
                yield Case(part, self._build(pair, 40 - pair[0].sa.icv_len, {"vlans": tags} | shape), pair, reason)
            yield from self._lengths_that_lie(pair, tags)
            for out, wire in zip(shortest_frames(pair[0]), shortest_frames(pair[1]), strict=True):
                parsed = parse_frame(out)
                assert not isinstance(parsed, NotEsp)
                reason = "SYNTAX" if parsed.syntax_error(pair[0].sa.icv_len) else ""
                yield Case("ESP too short", (out, self._protected(wire, pair[1])), pair, reason)
            if number % every == 0:
                out, wire = self._build(pair, 20, {"vlans": tags})
                for cut in range(1, len(out)):
                    yield Case("truncated", (out[:cut], wire[:cut]), pair, "any")
            yield from self._without_esp(pair, tags)

    def _lengths_that_lie(self, pair: tuple[OwnedSa, OwnedSa], tags: Sequence[tuple[int, int]]) -> Iterator[Case]:
        """IP (and UDP) lengths shorter or longer than what is there."""
        sa = pair[0].sa
        around = (0 if sa.ipv6 else 20) + 8 * (sa.udp_encapsulation != 0) + 16 + sa.icv_len
        for more in (-39, -38, -37, -16, -1, 1, 16, 500, 9000):
            shape: Shape = {"vlans": tags, "ip_length": around + 40 + more}
            if sa.udp_encapsulation:
                shape["udp_length"] = 24 + sa.icv_len + 40 + more
            reason = "SYNTAX" if more > 0 or more < -38 else ""
            yield Case("IP length short" if more < 0 else "IP length long", self._build(pair, 40, shape), pair, reason)

    def _without_esp(self, pair: tuple[OwnedSa, OwnedSa], tags: Sequence[tuple[int, int]]) -> Iterator[Case]:
        """Packets between the addresses of the SA that hold something else."""
        reasons = NotEspReason

        def frame(owned: OwnedSa, kind: str) -> bytes:
            sa = owned.sa
            size = 16 if sa.ipv6 else 4
            src, dst = sa.src or bytes(size), sa.dst or bytes(size)
            body = esp(bytes(20), spi=sa.spi, seq=owned.sequence() & 0xFFFFFFFF, iv=owned.iv(), next_header=59)
            upper, protocol = body, PROTOCOL_ESP
            more: dict[str, Any] = {}
            if kind == "keepalive":
                upper, protocol = udp(b"\xff"), 17
            elif kind == "UDP of 7 octets":
                upper, protocol = udp(body[:7]), 17
            elif kind == "AH":
                protocol = PROTOCOL_AH
            elif kind == "TCP":
                protocol = 6
            elif kind == "IP version":
                more = {"version": 5}
            elif kind == "IP length 0":
                more = {"payload_length" if sa.ipv6 else "total_length": 0}
            packet = ipv6(upper, src, dst, protocol, **more) if sa.ipv6 else ipv4(upper, src, dst, protocol, **more)
            if kind == "IP version" or kind == "EtherType":
                ethertype = 0x0806 if kind == "EtherType" else 0x86DD if sa.ipv6 else 0x0800
                return ethernet(packet, ethertype, vlans=tags)
            return ip_frame(packet, vlans=tags)

        for kind, reason in (
            ("keepalive", reasons.KEEPALIVE),
            ("UDP of 7 octets", reasons.KEEPALIVE),
            ("AH", reasons.OTHER_PROTOCOL),
            ("TCP", reasons.OTHER_PROTOCOL),
            ("IP version", reasons.BAD_IP_HEADER),
            ("IP length 0", reasons.BAD_IP_HEADER),
            ("EtherType", reasons.NOT_IP),
        ):
            yield Case(kind, (frame(pair[0], kind), frame(pair[1], kind)), pair, reason.name)
        if not pair[0].sa.ipv6:
            for ihl in range(5):
                frames = [bytearray(build_frame(owned, bytes(20), vlans=tags)) for owned in pair]
                for octets in frames:
                    octets[14 + 4 * len(tags)] = 0x40 | ihl
                yield Case("IHL below 5", (bytes(frames[0]), bytes(frames[1])), pair, reasons.BAD_IP_HEADER.name)


def _reason(frame: bytes, owned: OwnedSa) -> str:
    parsed = parse_frame(frame)
    if isinstance(parsed, NotEsp):
        return parsed.reason.name
    return "SYNTAX" if parsed.syntax_error(owned.sa.icv_len) else ""


@cocotb.test()
async def shapes(dut: Any) -> None:
    """All parts; the counts go to the file SHAPES_RESULT."""
    rng = random.Random(cocotb.RANDOM_SEED)
    session = await Session.start(dut)
    maker = Shapes(session, rng)
    await maker.add_sas()
    if os.environ["SHAPES_SET"] == "full":
        combinations = [Combination(*values) for values in itertools.product(*AXES)]
        parts = (maker.matrix(combinations), maker.chains(1), maker.lengths(PAYLOADS), maker.outside(1))
    else:
        combinations = [Combination(*values) for values in pairwise(AXES)]
        parts = (maker.matrix(combinations), maker.chains(29), maker.lengths((0, 17)), maker.outside(32))
    counts: Counter[str] = Counter()
    cases = itertools.chain(*parts)
    if os.environ["SHAPES_SET"] != "full":
        long = maker.sas[4, 0, CRYPTO[2], True]
        cases = itertools.chain(cases, [Case("lengths", maker._build(long, 9002, {}), long)])
    while batch := list(itertools.islice(cases, BATCH_FRAMES)):
        await _run(session, batch, counts)
    scoreboard = session.scoreboard
    scoreboard.counters(session.reference.statistics, await session.miniport.counters())
    assert not scoreboard.mismatches, scoreboard.text()
    result = {"cases": dict(counts), "fates": dict(scoreboard.fates), "cycles": session.bench.cycles()}
    Path(os.environ["SHAPES_RESULT"]).write_text(json.dumps(result), encoding="utf-8")


async def _run(session: Session, batch: Sequence[Case], counts: Counter[str]) -> None:
    """A batch in both directions; every result compared, and every reason as intended."""
    for case in batch:
        counts[case.part] += 1
        for frame, owned in zip(case.frames, case.pair, strict=True):
            reason = _reason(frame, owned)
            assert case.reason in (reason, "any"), f"{case.part}: {reason} instead of {case.reason}: {frame.hex()}"
    outbound = [TxFrame(case.frames[0], case.pair[0].handle) for case in batch]
    sent, received = await both(session.bench, outbound, [case.frames[1] for case in batch])
    reference, scoreboard = session.reference, session.scoreboard
    for number, (case, out, wire) in enumerate(zip(batch, sent, received, strict=True)):
        name = f"{case.part} {number}"
        (plain, incoming), (owned, _) = case.frames, case.pair
        scoreboard.transmit(name, plain, owned.handle, owned.sa, reference.transmit(plain, owned.handle), out)
        answer = reference.receive(incoming)
        scoreboard.receive(name, incoming, reference.sa(answer.handle), answer, wire)
    assert not scoreboard.mismatches, scoreboard.text()


@pytest.mark.parametrize("sim", SIMULATORS)
def test_shapes(sim: str, tmp_path: Path) -> None:
    """The whole matrix on Verilator, all pairs of values on Icarus; the counts are part of the test."""
    full = sim == "verilator"
    result_file = tmp_path / "result.json"
    environment = {"SHAPES_SET": "full" if full else "pairs", "SHAPES_RESULT": str(result_file)}
    run_cocotb(sim, "ipsec_bench", None, "tests.system.test_shapes", extra_env=environment)
    result = json.loads(result_file.read_text(encoding="utf-8"))
    print(f"{sim}: {result}")
    cases = result["cases"]
    assert cases["matrix"] == (5 * 21 * 2 * 4 * 2 * 16 if full else len(pairwise(AXES)))
    assert cases["extension headers"] == (121 * 5 * 2 if full else -(-121 * 5 * 2 // 29))
    assert cases["lengths"] == (len(PAYLOADS) * 32 if full else 65)
    assert cases["minimum size"] == 3 * 3 * 32
    assert cases["5 headers"] == 16
    assert cases["ESP too short"] == 4 * 32


def test_every_pair_of_values() -> None:
    """The set for Icarus holds all pairs of values of any two axes, and is much smaller than the matrix."""
    rows = pairwise(AXES)
    for (a, first), (b, second) in itertools.combinations(enumerate(AXES), 2):
        assert {(row[a], row[b]) for row in rows} == set(itertools.product(first, second))
    assert len(rows) < 500
