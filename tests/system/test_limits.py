# SPDX-License-Identifier: Apache-2.0
"""Limits of an SA, its sequence numbers and its IVs: what is told, what fails, and that no nonce is used twice.

The expectations are written out here; those of the reference engine are compared besides, frame by frame.
"""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.engine import CommandError, Usage
from models.ndis import CRYPTO_DONE, HEADER_INFO_SET, SA_DELETE_REQ, Abi, CryptoStatus, NdisStatus, request_from_sa
from models.packet import ParsedEsp, parse_frame
from models.sa import Algorithm, Direction, SaLimits
from tb import engine_registers as regs
from tb.bench import (
    STATUS_FAILED_LENGTH,
    STATUS_FAILED_LIMIT,
    STATUS_FAILED_SEQUENCE,
    STATUS_SENT,
    RxResult,
    TxFrame,
    TxResult,
)
from tb.benchmark import BUILDS
from tb.engine_registers import CommandStatus
from tb.jobs.session import Session
from tb.miniport import SaOptions
from tb.sim import SIMULATORS, run_cocotb
from tb.transport import Frame, OwnedSa, Run, build_frame, wire_frame
from tests.system.common import random_sa

MODULE = "tests.system.test_limits"
EVENTS_KEPT = 17
"""Handles that wait for SA_EVENT in each direction."""
DECRYPTED, DECRYPTED_DELETE = CRYPTO_DONE, CRYPTO_DONE | SA_DELETE_REQ
LIMIT_FAILED = CRYPTO_DONE | SA_DELETE_REQ | CryptoStatus.GENERIC_ERROR << 16


class Case:
    """A session with one call for each thing the tests do."""

    def __init__(self, session: Session, rng: random.Random) -> None:
        self.session, self.rng = session, rng

    @classmethod
    async def start(cls, dut: Any, name: str) -> Case:
        return cls(await Session.start(dut), random.Random(f"{cocotb.RANDOM_SEED} {name}"))

    async def add(self, direction: Direction, start_seq: int = 1, **fields: Any) -> OwnedSa:
        """An SA of random key and SPI; ``fields`` as of tests.system.common.random_sa."""
        if fields.get("esn"):
            fields.setdefault("seq_hi", start_seq >> 32)
        return await self.session.transport.add_sa(random_sa(self.rng, direction, **fields), start_seq)

    async def send(self, owned: OwnedSa, count: int = 1, octets: int = 40, **shape: Any) -> list[TxResult]:
        """Send frames of an outbound SA, with the next sequence numbers."""
        frames = [Frame(build_frame(owned, self.rng.randbytes(octets), **shape), owned.handle) for _ in range(count)]
        return await self.session.transport.transmit("sent", frames)

    async def statuses(self, owned: OwnedSa, count: int, octets: int = 40) -> list[int]:
        """The statuses of such frames."""
        return [result.status for result in await self.send(owned, count, octets)]

    async def get(self, owned: OwnedSa, count: int = 1, octets: int = 40) -> list[RxResult]:
        """Receive frames of an inbound SA, with the next sequence numbers; those that fail have to be as they came."""
        wire = [wire_frame(owned, self.rng.randbytes(octets)) for _ in range(count)]
        results = await self.session.transport.receive("received", wire)
        for frame, result in zip(wire, results, strict=True):
            assert (result.frame == frame) is (result.slot1 >> 16 != 0)
            assert bool(result.slot12 & HEADER_INFO_SET) is (result.slot1 >> 16 == 0)
        return results

    async def slots(self, owned: OwnedSa, count: int, octets: int = 40) -> list[int]:
        """The slot 1 words of such frames."""
        return [result.slot1 for result in await self.get(owned, count, octets)]

    async def interrupt(self) -> bool:
        """Whether SA_LIMIT is signalled."""
        return bool(
            await self.session.bench.registers.read(regs.INTERRUPT_STATUS) & regs.INTERRUPT_STATUS_SA_LIMIT_MASK
        )

    async def end(self) -> None:
        """Every use, every event, every counter is that of the reference engine; nothing differed before."""
        session = self.session
        for handle in session.reference.handles:
            assert await session.miniport.usage(handle) == session.reference.usage(handle)
        assert sorted(await session.miniport.take_events()) == sorted(session.reference.events)
        session.scoreboard.counters(session.reference.statistics, await session.miniport.counters())
        assert not session.scoreboard.mismatches, session.scoreboard.text()
        session.bench.check()


def _octets(owned: OwnedSa, frame: bytes) -> int:
    """Octets between IV and ICV."""
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    return parsed.icv(owned.sa.icv_len) - parsed.payload


@cocotb.test()
async def limits_of_packets(dut: Any) -> None:
    """A soft limit of 3 and a hard one of 5: the fourth frame is the first that finds 3 reached, the sixth fails."""
    case = await Case.start(dut, "packets")
    session = case.session
    limits = SaLimits(soft_packets=3, hard_packets=5)
    outbound = await case.add(Direction.OUTBOUND, limits=limits)
    inbound = await case.add(Direction.INBOUND, limits=limits)
    others = await case.add(Direction.OUTBOUND), await case.add(Direction.INBOUND)
    await session.bench.registers.write(regs.INTERRUPT_ENABLE, regs.INTERRUPT_ENABLE_SA_LIMIT_MASK)

    assert await case.statuses(outbound, 3) == [STATUS_SENT] * 3
    assert not await case.interrupt() and not int(dut.irq.value)
    assert await case.statuses(outbound, 1) == [STATUS_SENT]
    assert await case.interrupt() and int(dut.irq.value)
    assert await session.miniport.take_events() == [outbound.handle]
    assert not await case.interrupt() and not int(dut.irq.value)
    assert await case.statuses(outbound, 4) == [STATUS_SENT] + [STATUS_FAILED_LIMIT] * 3
    assert not await case.interrupt(), "a handle was told twice"

    assert await case.slots(inbound, 3) == [DECRYPTED] * 3
    assert not await case.interrupt()
    assert await case.slots(inbound, 1) == [DECRYPTED_DELETE]
    assert await case.interrupt() and await session.miniport.take_events() == [inbound.handle]
    assert await case.slots(inbound, 4) == [DECRYPTED_DELETE] + [LIMIT_FAILED] * 3
    assert not await case.interrupt(), "a handle was told twice"

    assert (await session.miniport.usage(outbound.handle) or Usage(0, 0, 0)).packets == 5
    assert await session.miniport.usage(inbound.handle) == Usage(5, session.reference.usage(inbound.handle).octets, 5)
    counters = await session.miniport.counters()
    assert (counters["TX_FAILED_LIMIT"], counters["RX_LIMIT_FAILED"]) == (3, 3)
    # others go on, and so does a new SA in the place of one that is used up
    for owned in (outbound, inbound):
        await session.transport.delete_sa(owned)
    again = await case.add(Direction.OUTBOUND), await case.add(Direction.INBOUND)
    for sender, receiver in (others, again):
        assert await case.statuses(sender, 8) == [STATUS_SENT] * 8
        assert await case.slots(receiver, 8) == [DECRYPTED] * 8
    session.reference.events.clear()
    await case.end()


@cocotb.test()
async def limits_of_octets(dut: Any) -> None:
    """Octets count between IV and ICV; the frame that begins at or past the limit finds it reached; 64 bits count."""
    case = await Case.start(dut, "octets")
    outbound = await case.add(Direction.OUTBOUND)
    frame = build_frame(outbound, bytes(100))
    each = _octets(outbound, frame)
    assert each == 104
    for soft, hard in ((each * 2, each * 4), (each * 2 - 1, each * 3 + 1), (1, 0), (0, 1), (each * 3, each)):
        limits = SaLimits(soft_octets=soft, hard_octets=hard)
        frames_soft = -(-soft // each) if soft else 99
        frames_hard = -(-hard // each) if hard else 99
        sender = await case.add(Direction.OUTBOUND, limits=limits)
        receiver = await case.add(Direction.INBOUND, limits=limits)
        expected_sent = [STATUS_FAILED_LIMIT if number >= frames_hard else STATUS_SENT for number in range(6)]
        assert await case.statuses(sender, 6, 100) == expected_sent
        expected = [
            LIMIT_FAILED if number >= frames_hard else DECRYPTED_DELETE if number >= frames_soft else DECRYPTED
            for number in range(6)
        ]
        assert await case.slots(receiver, 6, 100) == expected
    for far in (1 << 32, 1 << 48, 1 << 63):
        limits = SaLimits(far, far, far, far)
        sender = await case.add(Direction.OUTBOUND, limits=limits)
        receiver = await case.add(Direction.INBOUND, limits=limits)
        assert await case.statuses(sender, 3) == [STATUS_SENT] * 3
        assert await case.slots(receiver, 3) == [DECRYPTED] * 3
    await case.end()


@cocotb.test()
async def sequence_numbers_near_their_end(dut: Any) -> None:
    """The last sixteenth of the numbers is told; the last number is sent, and nothing after it."""
    case = await Case.start(dut, "sequence")
    for esn, last in ((False, (1 << 32) - 1), (True, (1 << 64) - 1)):
        first_near = (last + 1) // 16 * 15
        sender = await case.add(Direction.OUTBOUND, first_near - 2, esn=esn)
        receiver = await case.add(Direction.INBOUND, first_near - 2, esn=esn)
        if esn:
            # the high half steps with first_near: the transport updates it
            assert first_near & 0xFFFFFFFF == 0
        assert await case.statuses(sender, 2) == [STATUS_SENT] * 2
        assert await case.slots(receiver, 2) == [DECRYPTED] * 2
        assert not await case.interrupt()
        assert await case.statuses(sender, 2) == [STATUS_SENT] * 2
        assert await case.session.miniport.take_events() == [sender.handle]
        assert await case.slots(receiver, 2) == [DECRYPTED_DELETE] * 2
        assert await case.session.miniport.take_events() == [receiver.handle]
        case.session.reference.events.clear()

        end = await case.add(Direction.OUTBOUND, last - 1, esn=esn)
        received = await case.add(Direction.INBOUND, last - 1, esn=esn)
        assert await case.statuses(end, 2) == [STATUS_SENT] * 2
        # what comes after the last number: 0 again, and whatever else
        frames = [Frame(build_frame(end, bytes(20)), end.handle) for _ in range(3)]
        results = await case.session.transport.transmit("after the end", frames)
        assert [result.status for result in results] == [STATUS_FAILED_SEQUENCE] * 3
        # replay, and so the end of the numbers, is the business of the receiving host
        assert await case.slots(received, 2) == [DECRYPTED_DELETE] * 2
        await case.session.miniport.take_events()
        case.session.reference.events.clear()
    assert (await case.session.miniport.counters())["TX_FAILED_SEQUENCE"] == 6
    await case.end()


@cocotb.test()
async def iv_from_sequence(dut: Any) -> None:
    """The IV on the wire is the 64-bit sequence number, whatever the host left there; another library opens it."""
    case = await Case.start(dut, "iv")
    session = case.session
    for number, algorithm in enumerate((*Algorithm, Algorithm.GCM_128)):
        fields: dict[str, Any] = {"algorithm": algorithm, "iv_from_sequence": True, "icv_len": 16}
        start = case.rng.randrange(1, 1 << 32)
        if number % 2:
            fields |= {"esn": True}
            start |= case.rng.randrange(1, 1 << 32) << 32
        for ipv6 in (False, True):
            for udp in (0, 1):
                owned = await case.add(Direction.OUTBOUND, start, ipv6=ipv6, udp_encapsulation=udp, **fields)
                sa = owned.sa
                shapes: list[dict[str, Any]] = [{}, {"vlans": (7,)}, {"vlans": (0x88A8, 9)}]
                for shape in shapes:
                    octets = case.rng.randbytes(case.rng.randrange(0, 90))
                    expected = owned.next_seq
                    frame = build_frame(owned, octets, **shape)
                    (result,) = await session.transport.transmit("iv", [Frame(frame, owned.handle)])
                    assert result.frame is not None
                    parsed = parse_frame(frame)
                    assert isinstance(parsed, ParsedEsp)
                    iv = result.frame[parsed.esp + 8 : parsed.payload]
                    assert iv == expected.to_bytes(8, "big") != frame[parsed.esp + 8 : parsed.payload]
                    head = frame[parsed.esp : parsed.esp + 4] + expected.to_bytes(8, "big")[0 if sa.esn else 4 :]
                    inside = result.frame[parsed.payload : parsed.ip_end]
                    plain = frame[parsed.payload : parsed.icv(16)]
                    if algorithm.gmac:
                        assert inside[:-16] == plain
                        AESGCM(sa.key).decrypt(sa.salt + iv, inside[-16:], head + iv + plain)
                    else:
                        assert AESGCM(sa.key).decrypt(sa.salt + iv, inside, head) == plain
                await session.transport.delete_sa(owned)
    await case.end()


@cocotb.test()
async def no_number_is_used_twice(dut: Any) -> None:
    """IV_FROM_SEQUENCE: equal and lower numbers fail, those of cut frames are spent, UPDATE_SA does not turn back."""
    case = await Case.start(dut, "twice")
    session = case.session
    owned = await case.add(Direction.OUTBOUND, (5 << 32) + 100, esn=True, iv_from_sequence=True)

    async def send_numbers(*numbers: int, cut: int = 0) -> list[int]:
        frames = []
        for number in numbers:
            owned.next_seq = number
            frame = build_frame(owned, bytes(30))
            frames.append(Frame(frame[: len(frame) - cut], owned.handle))
        # all at once: the engine, not the transport, has to know
        reference = session.reference
        expected = [reference.transmit(frame.data, frame.handle, 0) for frame in frames]
        run = Run(0, transmit=[TxFrame(frame.data, frame.handle) for frame in frames], sent=expected)
        return [result.status for result in await session.transport.transmit_run("numbers", run)]

    high = 5 << 32
    sent, failed = STATUS_SENT, STATUS_FAILED_SEQUENCE
    assert await send_numbers(high + 100, high + 100, high + 99, high + 101) == [sent, failed, failed, sent]
    assert await send_numbers(high + 1, high + 200, high + 150, high + 201) == [failed, sent, failed, sent]
    # a frame that ends before its packet does may have left in part: its number is spent
    assert await send_numbers(high + 202, cut=9) == [STATUS_FAILED_LENGTH]
    assert await send_numbers(high + 202, high + 203) == [failed, sent]
    # the low half starts again while the high half stays: every number was used, or may have been
    assert await send_numbers(high + 0, high + 1, high + 2) == [failed] * 3
    await session.transport._update(owned, 6)
    session.reference.update_sa(owned.handle, owned.sa.spi, 6)
    assert await send_numbers((6 << 32) + 0, (6 << 32) + 1) == [sent, sent]
    for back in (5, 0):
        await session.transport._update(owned, back)
        session.reference.update_sa(owned.handle, owned.sa.spi, back)
        assert await send_numbers((back << 32) + 0xF0000000) == [failed]
    # by default the IV is the packet's, and the host's duty
    default = await case.add(Direction.OUTBOUND)
    frame = Frame(build_frame(default, bytes(30)), default.handle)
    results = await session.transport.transmit("again", [frame, frame])
    assert results[0] == results[1] and results[0].status == STATUS_SENT
    await case.end()


@cocotb.test()
async def events_wait_for_the_driver(dut: Any) -> None:
    """More SAs pass a limit than handles can wait: none is lost, each comes once. RESET forgets those that wait."""
    case = await Case.start(dut, "events")
    session = case.session
    limits = SaLimits(soft_packets=1)
    for direction, work in ((Direction.OUTBOUND, case.send), (Direction.INBOUND, case.get)):
        owned = [await case.add(direction, limits=limits) for _ in range(EVENTS_KEPT + 4)]
        for sa in owned:
            await work(sa, 2)
        handles = await session.miniport.take_events()
        assert handles == [sa.handle for sa in owned[:EVENTS_KEPT]]
        assert await session.miniport.take_events() == []
        for sa in owned:
            await work(sa, 1)
        assert await session.miniport.take_events() == [sa.handle for sa in owned[EVENTS_KEPT:]]
        session.reference.events.clear()
    for sa in (await case.add(Direction.OUTBOUND, limits=limits), await case.add(Direction.OUTBOUND, limits=limits)):
        await case.send(sa, 2)
    await session.miniport.reset()
    session.reference.reset()
    session.transport.owned.clear()
    assert await session.miniport.take_events() == []
    await case.end()


@cocotb.test()
async def query_and_refusals(dut: Any) -> None:
    """QUERY_SA of an unknown handle, of a fresh SA in a used place; options the engine does not know are refused."""
    case = await Case.start(dut, "query")
    session = case.session
    owned = await case.add(Direction.OUTBOUND, 77)
    await case.send(owned, 3)
    reference = session.reference.usage(owned.handle)
    assert await session.miniport.usage(owned.handle) == reference == Usage(3, reference.octets, 79)
    for unknown in (0, owned.handle ^ 0x10000, 0xFFFFFFFF):
        assert await session.miniport.usage(unknown) is None
        words = await session.bench.registers.read_many(range(regs.RESULT_HANDLE, regs.SA_EVENT, 4))
        assert words[0] == 0 and not any(words[2:])
    await session.transport.delete_sa(owned)
    assert await session.miniport.usage(owned.handle) is None
    with pytest.raises(CommandError):
        session.reference.usage(owned.handle)
    again = await case.add(Direction.OUTBOUND, 5)
    assert await session.miniport.usage(again.handle) == Usage(0, 0, 0)

    # the driver gives IV_FROM_SEQUENCE to outbound SAs only; the engine refuses it elsewhere, and every other bit
    session.miniport.options = SaOptions(iv_from_sequence=True)
    for direction, expected in ((Direction.INBOUND, 0), (Direction.OUTBOUND, 1)):
        request = request_from_sa(random_sa(case.rng, direction))
        writes = session.miniport._stage_add(request, session.miniport.options)
        assert dict(writes)[regs.STAGE_OPTIONS] == expected
        for wrong in (2, 0x80000001, *((1,) if direction is Direction.INBOUND else ())):
            staged = [(address, wrong if address == regs.STAGE_OPTIONS else value) for address, value in writes]
            async with session.miniport._lock:
                status = await session.miniport._command(staged, regs.Opcode.ADD_SA)
            assert status is CommandStatus.MALFORMED_FLAGS
    image = request_from_sa(random_sa(case.rng, Direction.INBOUND)).pack(Abi.X86)
    answer, _ = await session.miniport.add_sa_ex(image, Abi.X86)
    assert answer is NdisStatus.SUCCESS
    await case.end()


@cocotb.test()
async def limits_of_many_at_once(dut: Any) -> None:
    """Both directions over SAs with random limits, back to back and with pauses, against the reference engine."""
    case = await Case.start(dut, "many")
    session, rng = case.session, case.rng

    def some(maximum: int) -> int:
        return rng.choice((0, rng.randrange(1, maximum), rng.getrandbits(64)))

    owned: dict[Direction, list[OwnedSa]] = {direction: [] for direction in Direction}
    for number in range(10):
        for direction, list_of in owned.items():
            fields: dict[str, Any] = {"limits": SaLimits(some(20), some(2000), some(30), some(3000))}
            if number == 0:
                # a hard limit that a few frames reach, whatever the others are
                fields["limits"] = SaLimits(some(20), some(2000), 0, rng.randrange(1, 200))
            if direction is Direction.OUTBOUND and number % 2:
                fields["iv_from_sequence"] = True
            list_of.append(await case.add(direction, algorithm=rng.choice(list(Algorithm)), icv_len=16, **fields))
    count = 80 if cocotb.SIM_NAME.lower().startswith("icarus") else 200
    for rate in (0, 120):
        session.bench.set_stalls(rate, rng.randrange(1, 1 << 32))
        host = [rng.choice(owned[Direction.OUTBOUND]) for _ in range(count)]
        wire = [rng.choice(owned[Direction.INBOUND]) for _ in range(count)]
        frames = [Frame(build_frame(sa, rng.randbytes(rng.randrange(150))), sa.handle) for sa in host]
        receiving = cocotb.start_soon(
            session.transport.receive("wire", [wire_frame(sa, rng.randbytes(rng.randrange(150))) for sa in wire])
        )
        await session.transport.transmit("host", frames)
        await receiving
    session.bench.set_stalls(0)
    fates = session.scoreboard.fates
    assert min(fates["tx_failed_limit"], fates["rx_limit_failed"]) > count // 40, fates
    await case.end()


@pytest.mark.parametrize("build", ["default", "stored_keys"])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_limits(sim: str, build: str) -> None:
    """All cocotb tests of this file; in the build for an FPGA uses are decided in other cycles."""
    run_cocotb(sim, "ipsec_bench", None, MODULE, BUILDS[build])
