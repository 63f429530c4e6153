# SPDX-License-Identifier: Apache-2.0
"""esp_parser against models.packet.parse_frame: good, malformed and truncated frames, order, latency, throughput."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.triggers import RisingEdge, Timer

from models.packet import (
    LONGEST_PACKET_END,
    ParsedEsp,
    esp,
    esp_frame,
    ethernet,
    ip_frame,
    ipv4,
    ipv6,
    parse_frame,
)
from models.packet import (
    udp as udp_datagram,
)
from tb.sim import SIMULATORS, run_cocotb, source_closure
from tb.transactors import CLOCK_NS, FrameSource

RECORDS = 128


class Descriptor(NamedTuple):
    """What the parser says of a frame; without ``esp`` nothing else counts."""

    esp: bool
    ipv6: bool = False
    udp: bool = False
    esp_offset: int = 0
    ip_end: int = 0
    spi: int = 0
    seq: int = 0
    iv: bytes = b""
    src: bytes = b""
    dst: bytes = b""


def expected(frame: bytes) -> Descriptor:
    """By the reference parser."""
    parsed = parse_frame(frame)
    if not isinstance(parsed, ParsedEsp):
        return Descriptor(False)
    ip_end = parsed.ip_end if parsed.ip_end <= LONGEST_PACKET_END else (1 << 14) - 1
    # of an IV that is not all in the frame the octets mean nothing
    iv = frame[parsed.esp + 8 : parsed.payload] if parsed.payload <= len(frame) else b""
    return Descriptor(
        True, parsed.ip_version == 6, parsed.udp_encapsulated, parsed.esp, ip_end, parsed.spi, parsed.seq, iv,
        parsed.src.ljust(16, b"\0"), parsed.dst.ljust(16, b"\0"),
    )  # fmt: skip


def cycles_to_descriptor(frame: bytes) -> int | None:
    """Cycles from the first beat of a frame that the parser has for itself to its descriptor; None: not ESP.

    One header is taken per cycle (the IPv6 header in two), each as soon as its octets are in: the parser keeps octets
    16q + 2 .. 16q + 17 together, and they are in with beat q + 1, or one cycle after the last beat.
    """
    parsed = parse_frame(frame)
    if not isinstance(parsed, ParsedEsp):
        return None
    ends = [parsed.ip + 20]
    if parsed.ip_version == 6:
        ends.append(parsed.ip + 40)
        offset = parsed.ip + 40
        while offset < (parsed.udp or parsed.esp):
            ends.append(offset + 4)
            offset += 8 + 8 * frame[offset + 1]
    if parsed.udp:
        ends.append(parsed.udp + 12)
    ends.append(parsed.esp + 16)
    last_beat = (len(frame) - 1) // 16
    taken = 0
    for end in ends:
        taken = max(taken + 1, min((end - 3) // 16 + 1, last_beat + 1))
    return taken + 2


class Bench:
    """Sends frames and compares the descriptors, in order."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.source = FrameSource(dut, "source", dut.clk)
        self.latencies: list[int] = []
        """Cycles from the first beat to the descriptor, of every frame."""

    async def reset(self) -> None:
        """Some cycles of reset."""
        self.dut.source_push.value = 0
        self.dut.rst.value = 1
        for _ in range(4):
            await RisingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def run(self, frames: Sequence[bytes], stall: int = 0) -> int:
        """All frames, ``stall`` / 256 of the cycles idle; returns how many of them are ESP."""
        dut = self.dut
        self.source.set_stall(stall, random.getrandbits(32))
        start = int(dut.records.value)
        self.latencies = []
        task = cocotb.start_soon(self.source.send_frames((frame, 0) for frame in frames))
        found = taken = patience = 0
        while taken < len(frames):
            await Timer(RECORDS // 2 * CLOCK_NS, "ns")
            ready = int(dut.records.value) - start
            assert ready - taken <= RECORDS
            patience = 0 if ready > taken else patience + 1
            assert patience < 200, f"no descriptor for frame {taken} of {len(frames)}"
            if ready == taken:
                continue
            record = str(dut.record.value)
            for number in range(taken, ready):
                assert number < len(frames), "more descriptors than frames"
                got = self.decode(record[512 * (RECORDS - 1 - (start + number) % RECORDS) :][:512])
                wanted = expected(frames[number])
                found += wanted.esp
                if wanted.esp and not wanted.iv:
                    got = got._replace(iv=b"")
                assert got == wanted, f"frame {number}: {frames[number].hex()}"
            taken = ready
        await task
        return found

    def decode(self, bits: str) -> Descriptor:
        """A record of the bench, most significant bit first; octets that mean nothing may be unknown."""
        assert bits[104] in "01", "m_esp is unknown"
        octets = int(bits.translate({ord(unknown): "0" for unknown in "XUZxuz"}), 2).to_bytes(64, "big")
        self.latencies.append(int.from_bytes(octets[4:8], "big") - int.from_bytes(octets[8:12], "big"))
        flags = int.from_bytes(octets[13:16], "big")
        if not flags >> 23:
            return Descriptor(False)
        return Descriptor(
            True, bool(flags >> 22 & 1), bool(flags >> 21 & 1), flags >> 14 & 127, flags & 0x3FFF,
            int.from_bytes(octets[16:20], "big"), int.from_bytes(octets[20:24], "big"), octets[24:32],
            octets[32:48], octets[48:64],
        )  # fmt: skip


def good_frame(extension_headers: int | None = None) -> bytes:
    """ESP below every combination of tags, options, extension headers and UDP; some of them too deep."""
    rng = random
    ipv6 = rng.random() < 0.5 or extension_headers is not None
    octets = 16 if ipv6 else 4
    extra: dict[str, Any] = {}
    if ipv6:
        count = rng.choice((0, 0, 1, 2, 3, 4, 5)) if extension_headers is None else extension_headers
        longest = 6 if extension_headers is not None else rng.choice((6, 6, 14, 30))
        extra["extension_headers"] = [
            (rng.choice((0, 43, 60)), rng.randbytes(rng.randrange(longest + 1))) for _ in range(count)
        ]
    elif rng.random() < 0.5:
        extra["options"] = rng.randbytes(4 * rng.randrange(11))
    tags = [(rng.choice((0x8100, 0x88A8)), rng.getrandbits(16)) for _ in range(rng.choice((0, 0, 1, 2, 2, 3)))]
    return esp_frame(
        rng.randbytes(rng.choice((0, 1, 2, 20, rng.randrange(60)))),
        src=rng.randbytes(octets),
        dst=rng.randbytes(octets),
        spi=rng.choice((0, 1, rng.getrandbits(32), rng.getrandbits(32))),
        seq=rng.getrandbits(32),
        iv=rng.randbytes(8),
        icv_len=rng.choice((8, 12, 16)),
        udp_encapsulation=rng.random() < 0.4,
        src_port=rng.choice((4500, 4500, 4501, rng.getrandbits(16))),
        dst_port=rng.choice((4500, 4500, 4500, 500)),
        vlans=tags if extension_headers is None else tags[:1],
        padding=rng.randbytes(rng.choice((0, 0, 4))),
        **extra,
    )


def bad_frame() -> bytes:
    """A good frame that was cut, or has one to three wrong octets among its headers, or both."""
    frame = bytearray(good_frame())
    if random.random() < 0.4:
        frame = frame[: random.randrange(len(frame) + 1)]
    if random.random() < 0.7:
        for _ in range(random.randrange(1, 4)):
            if len(frame) > 12:
                at = random.randrange(12, min(len(frame), 128))
                frame[at] = random.choice((frame[at] ^ 1 << random.randrange(8), random.getrandbits(8), 0))
    return bytes(frame)


@cocotb.test()
async def good_and_bad_frames(dut: Any) -> None:
    """Thousands of frames at full speed and with gaps."""
    bench = Bench(dut)
    await bench.reset()
    for stall in (0, 100):
        frames = []
        for _ in range(1200):
            choice = random.random()
            if choice < 0.5:
                frames.append(good_frame())
            elif choice < 0.9:
                frames.append(bad_frame())
            else:
                frames.append(random.randbytes(random.choice((1, 14, 15, 16, 17, 33, 34, 60, random.randrange(300)))))
        found = await bench.run(frames, stall)
        assert 300 < found < 900


@cocotb.test()
async def every_truncation(dut: Any) -> None:
    """A frame of every layer, cut after every octet, also to none."""
    bench = Bench(dut)
    await bench.reset()
    src, dst = bytes(range(1, 17)), bytes(range(17, 33))
    common: dict[str, Any] = {"spi": 0x01020304, "seq": 5, "iv": bytes(range(8)), "vlans": [1]}
    frames = []
    for udp in (False, True):
        frames.append(
            esp_frame(b"x" * 30, src=src[:4], dst=dst[:4], udp_encapsulation=udp, options=b"\x01" * 8, **common)
        )
        headers = [(0, b"abcdef"), (60, b"ghijkl" + b"m" * 8)]
        frames.append(
            esp_frame(b"x" * 30, src=src, dst=dst, udp_encapsulation=udp, extension_headers=headers, **common)
        )
    assert await bench.run([frame[:length] for frame in frames for length in range(len(frame) + 1)]) > 150


@cocotb.test()
async def limits(dut: Any) -> None:
    """The deepest ESP header and one word deeper; packet lengths around the longest one."""
    bench = Bench(dut)
    await bench.reset()
    common: dict[str, Any] = {"spi": 7, "seq": 8, "iv": random.randbytes(8)}
    four: dict[str, Any] = {"src": random.randbytes(4), "dst": random.randbytes(4)}
    six: dict[str, Any] = {"src": random.randbytes(16), "dst": random.randbytes(16)}
    frames = []
    for units in range(1, 10):
        for tags in range(3):
            for udp in (False, True):
                for parts in range(1, 5):
                    headers = [(60, bytes(6))] * (parts - 1) + [(60, bytes(8 * units - 2))]
                    frames.append(esp_frame(
                        b"abcd", extension_headers=headers, vlans=[1] * tags, udp_encapsulation=udp, **six, **common
                    ))  # fmt: skip
    # the length field of an extension header that leads far behind the frame, and round the width of any register
    for octet in range(256):
        frame = bytearray(esp_frame(b"abcd", extension_headers=[(60, bytes(6))], **six, **common))
        frame[55] = octet
        frames.append(bytes(frame) + random.randbytes(100))
    for ip_length in (
        *range(60),
        LONGEST_PACKET_END - 15,
        LONGEST_PACKET_END - 14,
        LONGEST_PACKET_END - 13,
        16383,
        16384,
        40000,
        65521,
        65535,
    ):
        frames.append(esp_frame(b"abcd", ip_length=ip_length, **four, **common))
        frames.append(esp_frame(b"abcd", ip_length=max(0, ip_length - 40), **six, **common))
    depths = {parsed.payload for parsed in map(parse_frame, frames) if isinstance(parsed, ParsedEsp)}
    assert 126 <= max(depths) <= 128
    assert await bench.run(frames) > 100


@cocotb.test()
async def not_an_extension_header(dut: Any) -> None:
    """Other protocols whose header, taken for an extension header, would lead to ESP; in IPv4 there is none at all."""
    bench = Bench(dut)
    await bench.reset()
    inner = esp(bytes(20), spi=0x01020304, seq=5, iv=bytes(8), next_header=59)
    frames = []
    for protocol in range(256):
        for next_protocol, upper in ((50, inner), (17, udp_datagram(inner))):
            body = bytes((next_protocol, 0)) + bytes(6) + upper
            frames.append(ip_frame(ipv4(body, bytes(4), bytes(4), protocol)))
            frames.append(ip_frame(ipv6(body, bytes(16), bytes(16), protocol)))
    # ESP itself, IPv6 with hop-by-hop options, routing header and destination options, before ESP and before UDP
    assert await bench.run(frames) == 4 + 2 * 3


@cocotb.test()
async def short_frames_back_to_back(dut: Any) -> None:
    """Frames of 1, 2, 3, ... beats, one beat per cycle: none has to wait."""
    bench = Bench(dut)
    await bench.reset()
    for beats in (1, 2, 3, 4, 5):
        frames = []
        for _ in range(120):
            frame = good_frame() if random.random() < 0.8 else random.randbytes(80)
            frames.append(frame[: max(0, 16 * beats - random.choice((0, 0, random.randrange(16))))])
        await bench.run(frames)
        assert int(dut.waits.value) == 0
    await bench.run([good_frame()[: random.randrange(1, 120)] for _ in range(300)])


@cocotb.test()
async def never_more_cycles_than_beats(dut: Any) -> None:
    """The shortest frames of four extension headers, back to back: the parser keeps up, so receive loses none."""
    bench = Bench(dut)
    await bench.reset()
    frames = [good_frame(extension_headers=4) for _ in range(400)]
    frames = [
        frame[: random.choice((60, 70, 80, 90, 100, 110))] if random.random() < 0.5 else frame for frame in frames
    ]
    # cut within the frame after the headers, so that nothing but headers is in it
    shortest = [
        frame[: parsed.esp + 8] if isinstance(parsed := parse_frame(frame), ParsedEsp) else frame for frame in frames
    ]
    await bench.run(shortest)
    await bench.run(frames, 60)
    # one octet of a header is wrong: the walk goes on behind it, to the end
    spoiled = []
    for frame in frames:
        at = random.randrange(14, 54 + 8 * 5)
        changed = bytes((random.choice((0, 4, 17, 58, frame[at] ^ 1)),)) if at < len(frame) else b""
        spoiled.append(frame[:at] + changed + frame[at + 1 :])
    await bench.run(spoiled)
    assert int(dut.waits.value) == 0


@cocotb.test()
async def latency(dut: Any) -> None:
    """To the cycle, for frames that have the parser for themselves: 2 after the beat that brings the last header.

    With EXTRA_REGISTERS three more.
    """
    extra = 3 * int(dut.EXTRA_REGISTERS.value)
    bench = Bench(dut)
    await bench.reset()
    filler = ethernet(bytes(400), 0x88B5)
    plain = esp_frame(b"x", src=bytes(4), dst=bytes(4), spi=1, seq=1, iv=bytes(8))
    frames = []
    for _ in range(250):
        frames += [good_frame(), filler]
    frames += [plain, filler]
    await bench.run(frames)
    assert int(dut.waits.value) == 0
    assert bench.latencies[-2] == 5 + extra
    checked = 0
    for frame, cycles in zip(frames, bench.latencies, strict=True):
        wanted = cycles_to_descriptor(frame)
        if wanted is not None:
            assert cycles == wanted + extra, f"{cycles} cycles for {frame.hex()}"
            checked += 1
    assert checked > 70


@pytest.mark.parametrize("extra_registers", [0, 1])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_esp_parser(sim: str, extra_registers: int) -> None:
    run_cocotb(
        sim,
        "esp_parser_bench",
        ["tests/unit/esp_parser/esp_parser_bench.v", *source_closure("esp_parser"), *source_closure("axis_source"),
         *source_closure("octet_count")],
        "tests.unit.esp_parser.test_esp_parser",
        parameters={"RECORDS": RECORDS, "EXTRA_REGISTERS": extra_registers},
    )  # fmt: skip
