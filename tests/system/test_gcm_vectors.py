# SPDX-License-Identifier: Apache-2.0
"""AES-GCM against what others published and computed: NIST CAVP, Project Wycheproof, pyca/cryptography and scapy.

Every published vector with a 96-bit IV and a tag of 8, 12 or 16 octets (models.vectors) goes through the engine's
own AES pipe, GHASH and multiplier (``tb/hdl/gcm_core_bench.v``). Those that can be the inside of an ESP packet (AAD of
8 or 12 octets, two octets of ciphertext or more) go through the whole engine as frames, too. There are few of these,
so pyca/cryptography and scapy's IPsec layer make more: they protect what the engine has to open, and open what the
engine protects.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cocotb
import pytest
from cocotb.triggers import Edge, First, Timer
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scapy.layers import ipsec
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6

from models import packet
from models.ndis import HEADER_INFO_SET, SA_DELETE_REQ
from models.sa import Algorithm, Direction, SecurityAssociation
from models.vectors import GcmVector, esp_vectors, gcm_vectors
from tb.bench import STATUS_SENT, TxFrame
from tb.sim import SIMULATORS, run_cocotb
from tests.system.common import CRYPTO_DONE_AUTH_FAILED, CRYPTO_DONE_SUCCESS, add, mirrored, random_sa, start

ICARUS_SHARE = 12
"""Icarus takes every n-th vector of each class, for its time; Verilator takes all."""
FRAMES_OF_AN_SA = 6
"""Frames in each direction with pyca/cryptography at the other end."""
PROGRAM_WORDS = 1 << 18
"""Words that gcm_core_bench holds."""

V4 = (bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))
V6 = (bytes.fromhex("20010db8" + "00" * 11 + "01"), bytes.fromhex("20010db8" + "00" * 11 + "02"))


# ---------------------------------------------------------------------------------------------- published, core


def vector_class(vector: GcmVector) -> tuple[object, ...]:
    """What makes two vectors alike: lengths of key, AAD, tag and data, and whether it must fail."""
    return len(vector.key), len(vector.aad), len(vector.tag), len(vector.ct), vector.valid


def chosen_vectors(share: int) -> list[GcmVector]:
    """One in ``share`` of each class, rounded up: the same on every run."""
    classes: dict[tuple[object, ...], list[GcmVector]] = {}
    for vector in gcm_vectors():
        classes.setdefault(vector_class(vector), []).append(vector)
    return [vector for members in classes.values() for vector in members[::share]]


def _words(octets: bytes) -> list[str]:
    return [octets[i : i + 16].ljust(16, b"\0").hex() for i in range(0, len(octets), 16)]


def write_program(path: Path, vectors: Iterable[GcmVector]) -> None:
    """The program of gcm_core_bench: each vector opened and, if it is valid, sealed."""
    lines: list[str] = []
    key = b""
    for vector in vectors:
        messages = [(1, vector.ct)]
        if vector.pt is not None:
            messages.append((0, vector.pt))
        for decrypt, data in messages:
            head = (len(vector.key) // 8 - 2) << 125 | (vector.key != key) << 124 | decrypt << 123
            head |= len(vector.tag) << 64 | len(vector.aad) << 32 | len(data)
            key = vector.key
            lines.append(f"{head:032x}")
            lines += _words(key.ljust(32, b"\0"))
            lines += _words(vector.iv) + _words(vector.tag) + _words(vector.aad) + _words(data)
    lines.append(f"{1 << 127:032x}")
    assert len(lines) < PROGRAM_WORDS
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def core_mismatches(path: Path, vectors: Iterable[GcmVector]) -> list[str]:
    """What is wrong in the results of gcm_core_bench for the program of ``vectors``."""
    results = iter(path.read_text(encoding="ascii").split())
    wrong: list[str] = []
    for vector in vectors:
        for expected in (vector.pt, vector.ct) if vector.pt is not None else (None,):
            equal, tag = next(results), next(results)
            data = bytes.fromhex("".join(itertools.islice(results, -(-len(vector.ct) // 16))))
            what = "open" if expected is vector.pt else "seal"
            if equal != f"{vector.valid:032x}":
                wrong.append(f"{what} {vector.id}: ICV {'refused' if vector.valid else 'accepted'}, tag {tag}")
            if vector.valid and not tag.startswith(vector.tag.hex()):
                wrong.append(f"{what} {vector.id}: tag {tag} instead of {vector.tag.hex()}")
            if expected is not None and data != expected.ljust(-len(expected) % 16 + len(expected), b"\0"):
                wrong.append(f"{what} {vector.id}: data {data.hex()} instead of {expected.hex()}")
    if (rest := len(list(results))) != 0:
        wrong.append(f"{rest} words too many")
    return wrong


@cocotb.test()
async def published_core(dut: Any) -> None:
    """The program runs to its end by itself; the results are compared outside."""
    await Timer(30, "ns")
    dut.rst.value = 0
    silence = Timer(25, "ms")
    assert await First(Edge(dut.done), silence) is not silence, "the program does not end"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_published_vectors_core(sim: str, tmp_path: Path) -> None:
    """Every published vector through the AES pipe and GHASH of the engine; what must fail fails."""
    vectors = chosen_vectors(1 if sim == "verilator" else ICARUS_SHARE)
    every = gcm_vectors()
    failing = sum(not vector.valid for vector in vectors)
    print(f"{sim}: {len(vectors)} of {len(every)} published vectors, {failing} of which must fail")
    if len(vectors) < len(every):
        print(f"{sim}: one in {ICARUS_SHARE} of each class for its time; Verilator takes all")
    assert {vector_class(vector) for vector in vectors} == {vector_class(vector) for vector in every}
    write_program(tmp_path / "program", vectors)
    plusargs = [f"+program={tmp_path / 'program'}", f"+results={tmp_path / 'results'}"]
    run_cocotb(
        sim, "gcm_core_bench", None, "tests.system.test_gcm_vectors", testcase="published_core", plusargs=plusargs
    )
    wrong = core_mismatches(tmp_path / "results", vectors)
    assert not wrong, f"{len(wrong)} mismatches:\n" + "\n".join(wrong[:20])


# ---------------------------------------------------------------------------------------------- the whole engine


def _frame_of(vector: GcmVector, inside: bytes, icv: bytes) -> bytes:
    """ESP over IPv4 with the AAD, IV and ``inside`` (payload, padding, trailer) of a vector."""
    body = vector.aad[:4] + vector.aad[-4:] + vector.iv[4:] + inside + icv
    return packet.ip_frame(packet.ipv4(body, *V4, packet.PROTOCOL_ESP), minimum=0)


def _spoiled(wire: bytes, icv_len: int) -> Iterator[bytes]:
    """The frame with an ICV that is special, with each bit of the ICV wrong, with each authenticated octet wrong."""
    icv = len(wire) - icv_len
    for special in (bytes(icv_len), b"\xff" * icv_len, bytes(octet ^ 0xFF for octet in wire[icv:]), wire[icv:][::-1]):
        yield wire[:icv] + special
    bits = [(icv + bit // 8, bit % 8) for bit in range(8 * icv_len)]
    for at, bit in bits + [(at, at % 8) for at in range(14 + 20 + 4, icv)]:
        yield wire[:at] + bytes([wire[at] ^ 1 << bit]) + wire[at + 1 :]


@cocotb.test()
async def published_esp(dut: Any) -> None:
    """The ESP-shaped vectors as frames, both directions; one wrong bit or octet is refused."""
    bench, miniport = await start(dut)
    # no SA has the SPI 0 (RFC 4303 section 2.1): test_published_vectors_core has these, too
    vectors = [vector for vector in esp_vectors() if any(vector.aad[:4])]
    assert vectors
    for vector in vectors:
        esn = len(vector.aad) == 12
        sa = SecurityAssociation(
            Direction.INBOUND,
            Algorithm.of(False, 8 * len(vector.key)),
            int.from_bytes(vector.aad[:4], "big"),
            vector.key,
            vector.iv[:4],
            len(vector.tag),
            esn=esn,
            seq_hi=int.from_bytes(vector.aad[4:8], "big") if esn else 0,
        )
        handles = await add(miniport, sa), await add(miniport, mirrored(sa))
        wire = _frame_of(vector, vector.ct, vector.tag)
        bad = list(_spoiled(wire, len(vector.tag)))[:: int(os.environ["SHARE"])]
        opened, *refused = await bench.receive([wire, *bad])
        if vector.pt is not None:
            assert opened.frame == _frame_of(vector, vector.pt, vector.tag), vector.id
            assert opened.slot1 & ~SA_DELETE_REQ == CRYPTO_DONE_SUCCESS, vector.id
            assert opened.slot12 == HEADER_INFO_SET | vector.pt[-2] << 8 | vector.pt[-1], vector.id
            sealed = await bench.transmit([TxFrame(_frame_of(vector, vector.pt, bytes(len(vector.tag))), handles[1])])
            assert (sealed[0].status, sealed[0].frame) == (STATUS_SENT, wire), vector.id
        else:
            assert (opened.frame, opened.slot1, opened.slot12) == (wire, CRYPTO_DONE_AUTH_FAILED, 0), vector.id
        for sent, result in zip(bad, refused, strict=True):
            assert (result.frame, result.slot1, result.slot12) == (sent, CRYPTO_DONE_AUTH_FAILED, 0), vector.id
        await miniport.reset()
    bench.check()
    dut._log.info("%d published vectors as ESP frames, both directions", len(vectors))


scapy_association: Any = ipsec.SecurityAssociation


def _scapy_packet(octets: bytes) -> Any:
    return (IPv6 if octets[0] >> 4 == 6 else IP)(octets)


class Peer:
    """The other end of an SA, on scapy; ``rng`` makes the packets."""

    def __init__(self, rng: random.Random, sa: SecurityAssociation, tunnel: bool) -> None:
        self.rng, self.sa, self.tunnel = rng, sa, tunnel
        assert sa.icv_len == 16
        src, dst = V6 if sa.ipv6 else V4
        outer = packet.ipv6(b"", src, dst, 59) if sa.ipv6 else packet.ipv4(b"", src, dst, 59)
        self.association = scapy_association(
            ipsec.ESP,
            spi=sa.spi,
            crypt_algo="AES-NULL-GMAC" if sa.algorithm.gmac else "AES-GCM",
            crypt_key=sa.key + sa.salt,
            tunnel_header=_scapy_packet(outer) if tunnel else None,
            nat_t_header=UDP(sport=4500, dport=4500) if sa.udp_encapsulation else None,
            esn_en=sa.esn,
            esn=sa.seq_hi,
        )
        self.payload = 14 + (40 if sa.ipv6 else 20) + (8 if sa.udp_encapsulation else 0) + 16
        """Offset of the first encrypted octet of a frame."""

    def inner(self) -> bytes:
        """A packet to be protected."""
        rng = self.rng
        six = rng.random() < 0.5 if self.tunnel else self.sa.ipv6
        src, dst = V6 if six else V4
        datagram = packet.udp(
            rng.randbytes(rng.choice((0, 1, 17, 64, rng.randrange(200)))), src_port=7777, dst_port=8888
        )
        return packet.ipv6(datagram, src, dst, 17) if six else packet.ipv4(datagram, src, dst, 17)

    def protect(self, inner: bytes, seq: int, iv: bytes) -> bytes:
        """The frame on the wire. scapy takes a sequence number of 0 as "not given"."""
        sealed = bytes(self.association.encrypt(_scapy_packet(inner), seq_num=seq, iv=iv))
        return packet.ip_frame(sealed, minimum=0)

    def open(self, frame: bytes) -> bytes:
        """The packet inside; scapy raises for a wrong ICV."""
        return bytes(self.association.decrypt(_scapy_packet(frame[14:])))

    def plain_frame(self, inner: bytes, seq: int, iv: bytes) -> bytes:
        """The ESP-framed plaintext that the host hands to the engine."""
        framing: dict[str, Any] = {"spi": self.sa.spi, "seq": seq, "iv": iv}
        framing["udp_encapsulation"] = self.sa.udp_encapsulation != 0
        if self.tunnel:
            src, dst = V6 if self.sa.ipv6 else V4
            return packet.ip_frame(packet.tunnel_mode(inner, src, dst, **framing), minimum=0)
        return packet.ip_frame(packet.transport_mode(inner, **framing), minimum=0)


@cocotb.test()
async def scapy_peer(dut: Any) -> None:
    """scapy at the other end: every algorithm, tunnel and transport, IPv4 and IPv6, UDP, ESN."""
    rng = random.Random("scapy")
    bench, miniport = await start(dut)
    shapes = list(itertools.product(Algorithm, *[(False, True)] * 4))
    shapes = sorted(rng.sample(shapes, len(shapes) // int(os.environ["SHARE"])), key=shapes.index)
    batch_size = (await miniport.identify()).sa_count // 2
    frames = 0
    for start_of_batch in range(0, len(shapes), batch_size):
        peers: list[tuple[Peer, int, int]] = []
        for algorithm, tunnel, ipv6, udp, esn in shapes[start_of_batch : start_of_batch + batch_size]:
            sa = random_sa(
                rng,
                algorithm=algorithm,
                esn=esn,
                seq_hi=rng.getrandbits(32) | 1 if esn else 0,
                ipv6=ipv6,
                udp_encapsulation=(2 if tunnel else 1) if udp else 0,
            )
            peers.append((Peer(rng, sa, bool(tunnel)), await add(miniport, sa), await add(miniport, mirrored(sa))))
        cases = [(*peer, peer[0].inner(), rng.randrange(1, 1 << 32), rng.randbytes(8)) for peer in peers]
        wire = [peer.protect(inner, seq, iv) for peer, _, _, inner, seq, iv in cases]
        received = await bench.receive(wire)
        plain = [TxFrame(peer.plain_frame(inner, seq, iv), handle) for peer, _, handle, inner, seq, iv in cases]
        sent = await bench.transmit(plain)
        for (peer, handle, _, inner, _, _), theirs, got, out in zip(cases, wire, received, sent, strict=True):
            assert got.slot1 & ~SA_DELETE_REQ == CRYPTO_DONE_SUCCESS, f"{peer.sa.algorithm.name}: {got.slot1:#x}"
            assert got.handle == handle
            upper = inner if peer.tunnel else inner[40 if inner[0] >> 4 == 6 else 20 :]
            assert got.frame[: peer.payload] == theirs[: peer.payload]
            assert got.frame[peer.payload : peer.payload + len(upper)] == upper
            following = 17 if not peer.tunnel else 41 if inner[0] >> 4 == 6 else 4
            assert got.slot12 & 0xFF == following and got.slot12 & HEADER_INFO_SET
            assert len(theirs) == peer.payload + len(upper) + (got.slot12 >> 8 & 0xFF) + 2 + 16
            assert out.status == STATUS_SENT and out.frame is not None
            assert out.frame == theirs, f"{peer.sa.algorithm.name}: engine and scapy differ"
            assert peer.open(out.frame) == inner
        frames += len(cases)
        await miniport.reset()
    bench.check()
    dut._log.info("scapy: %d frames in each direction", frames)


@cocotb.test()
async def pyca_peer(dut: Any) -> None:
    """pyca/cryptography at the other end: every ICV length, payloads of any length from 0, ESN, GMAC."""
    rng = random.Random("pyca")
    bench, miniport = await start(dut)
    wire: list[bytes] = []
    plain: list[TxFrame] = []
    limits: list[tuple[int, int]] = []
    shapes = [
        (algorithm, icv_len, esn)
        for algorithm, icv_len, esn in itertools.product(Algorithm, (8, 12, 16), (False, True))
        if icv_len == 16 or not algorithm.gmac
    ]
    for algorithm, icv_len, esn in rng.sample(shapes, len(shapes) // int(os.environ["SHARE"])):
        sa = random_sa(rng, algorithm=algorithm, icv_len=icv_len, esn=esn, seq_hi=rng.getrandbits(32) if esn else 0)
        await add(miniport, sa)
        handle = await add(miniport, mirrored(sa))
        spi, high = sa.spi.to_bytes(4, "big"), sa.seq_hi.to_bytes(4, "big") if esn else b""
        for _ in range(FRAMES_OF_AN_SA):
            seq, iv = rng.randbytes(4), rng.randbytes(8)
            inside = rng.randbytes(rng.choice((0, 1, 13, 14, 15, rng.randrange(300)))) + rng.randbytes(2)
            if algorithm.gmac:
                tag = AESGCM(sa.key).encrypt(sa.salt + iv, b"", spi + high + seq + iv + inside)
                sealed = inside + tag
            else:
                sealed = AESGCM(sa.key).encrypt(sa.salt + iv, inside, spi + high + seq)[: len(inside) + icv_len]
            for body, frames in ((sealed, wire), (inside + bytes(icv_len), plain)):
                ip = packet.ipv4(spi + seq + iv + body, *V4, packet.PROTOCOL_ESP)
                frame = packet.ip_frame(ip, minimum=0)
                if frames is wire:
                    wire.append(frame)
                else:
                    plain.append(TxFrame(frame, handle))
            limits.append((50, 50 + len(inside)))
    received = await bench.receive(wire)
    sent = await bench.transmit(plain)
    for (c0, c1), theirs, ours, got, out in zip(limits, wire, plain, received, sent, strict=True):
        # numbers are random: those near their end ask for the deletion of the SA, see test_limits.py
        assert got.slot1 & ~SA_DELETE_REQ == CRYPTO_DONE_SUCCESS
        assert got.frame == theirs[:c0] + ours.data[c0:c1] + theirs[c1:]
        assert got.slot12 == HEADER_INFO_SET | ours.data[c1 - 2] << 8 | ours.data[c1 - 1]
        assert out == (type(out))(STATUS_SENT, theirs)
    # a single wrong bit anywhere that is authenticated
    bad = []
    for frame in wire[:: 4 if len(wire) > 200 else 1]:
        at = rng.randrange(38, len(frame))
        bad.append(frame[:at] + bytes([frame[at] ^ 1 << rng.randrange(8)]) + frame[at + 1 :])
    for frame, got in zip(bad, await bench.receive(bad), strict=True):
        assert (got.frame, got.slot1, got.slot12) == (frame, CRYPTO_DONE_AUTH_FAILED, 0)
    bench.check()
    dut._log.info("pyca/cryptography: %d frames in each direction, %d bad ones", len(wire), len(bad))


@pytest.mark.parametrize("sim", SIMULATORS)
def test_esp_vectors(sim: str) -> None:
    """Published ESP-shaped vectors, and frames of scapy and of pyca/cryptography, through the whole engine."""
    share = 1 if sim == "verilator" else 12
    if share > 1:
        print(f"{sim}: one in {share} SAs with scapy and pyca/cryptography for its time; Verilator takes all")
    run_cocotb(
        sim,
        "ipsec_bench",
        None,
        "tests.system.test_gcm_vectors",
        testcase=["published_esp", "scapy_peer", "pyca_peer"],
        extra_env={"SHARE": str(share)},
    )
