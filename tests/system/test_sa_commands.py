# SPDX-License-Identifier: Apache-2.0
"""ADD_SA_EX, DELETE_SA and UPDATE_SA as byte images (x64 and x86) through the driver to the whole engine, with traffic.

What is refused leaves nothing behind; a deleted SA is gone with its last frame, key and hash key included; no read of a
register shows a secret; a reset in the middle of traffic is survived.
"""

from __future__ import annotations

import dataclasses
import logging
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cocotb
import pytest
from cocotb.handle import ArrayObject, HierarchyArrayObject, HierarchyObject, LogicObject, PackedObject
from cocotb.triggers import ClockCycles

from models.crypto import aes_ecb, hash_powers
from models.esp import protect
from models.ndis import (
    Abi,
    AddSaEx,
    AlgorithmInfo,
    DeleteSa,
    NdisStatus,
    SecAssoc,
    UpdateSa,
    read_offload_handle,
    request_from_sa,
)
from models.packet import ParsedEsp, esp_frame, parse_frame
from models.sa import Algorithm, Direction, SecurityAssociation
from tb import engine_registers as regs
from tb.bench import STATUS_FAILED_HANDLE, STATUS_SENT, EngineBench, RxResult, TxFrame, TxResult
from tb.benchmark import BUILDS
from tb.engine_registers import CommandStatus
from tb.miniport import Miniport, SaOptions
from tb.sim import SIMULATORS, CocotbTestFailure, run_cocotb, source_closure
from tests.system.common import (
    CRYPTO_DONE_AUTH_FAILED,
    CRYPTO_DONE_SUCCESS,
    add,
    both,
    mirrored,
    random_sa,
    restart,
    start,
)
from tests.unit.aes_pipe.test_aes_pipe import sbox_of_the_standard

MODULE = "tests.system.test_sa_commands"
COMMANDS = 400
"""Of commands_in_any_order."""
LOOKED_AT_WHILE_RUNNING = 12
"""Registers that can be read before an ADD_SA has ended."""
V4 = (bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2)))


def plain(sa: SecurityAssociation, number: int, octets: int = 40) -> bytes:
    """ESP-framed plaintext: sequence number and IV are ``number``."""
    source, destination = (bytes(15) + b"\1", bytes(15) + b"\2") if sa.ipv6 else V4
    return esp_frame(
        random.Random(number).randbytes(octets),
        src=sa.src or source,
        dst=sa.dst or destination,
        spi=sa.spi,
        seq=number,
        iv=number.to_bytes(8, "big"),
        icv_len=sa.icv_len,
        icv=bytes(sa.icv_len),
    )


def sealed(sa: SecurityAssociation, frame: bytes) -> bytes:
    """``frame`` as it is on the wire."""
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    return protect(frame, parsed, sa)


def opened(sa: SecurityAssociation, frame: bytes) -> bytes:
    """Plaintext ``frame`` as the engine gives it to the host: decrypted, the ICV as it came."""
    end = len(frame) - sa.icv_len
    return frame[:end] + sealed(sa, frame)[end:]


class Witness:
    """SAs in both directions that nothing may disturb."""

    def __init__(self, bench: EngineBench, sa: SecurityAssociation, handles: tuple[int, int]) -> None:
        self.bench, self.sa, self.handles = bench, sa, handles
        self.number = 0

    @classmethod
    async def make(cls, bench: EngineBench, miniport: Miniport, rng: random.Random, abi: Abi) -> Witness:
        """A pair of SAs."""
        sa = random_sa(rng, algorithm=Algorithm.GCM_128, icv_len=12)
        return cls(bench, sa, (await add(miniport, sa, abi), await add(miniport, mirrored(sa), abi)))

    def frame(self) -> bytes:
        """The next plaintext."""
        self.number += 1
        return plain(self.sa, self.number)

    def check(self, frame: bytes, sent: TxResult | None = None, got: RxResult | None = None) -> None:
        """The frame was processed as it should be."""
        if sent is not None:
            assert sent == TxResult(STATUS_SENT, sealed(self.sa, frame)), "the witness SA is disturbed on transmit"
        if got is not None:
            assert (got.frame, got.slot1, got.handle) == (
                opened(self.sa, frame),
                CRYPTO_DONE_SUCCESS,
                self.handles[0],
            ), "the witness SA is disturbed on receive"

    async def works(self) -> None:
        """One frame in each direction."""
        frame = self.frame()
        (sent,), (got,) = await both(self.bench, [TxFrame(frame, self.handles[1])], [sealed(self.sa, frame)])
        self.check(frame, sent, got)


def _element(request: AddSaEx, **fields: Any) -> None:
    request.sec_assoc = (dataclasses.replace(request.sec_assoc[0], **fields), request.sec_assoc[1])


def _encryption(request: AddSaEx, **fields: Any) -> None:
    _element(request, encryption=dataclasses.replace(request.sec_assoc[0].encryption, **fields))


def _set(name: str, value: Any) -> Callable[[AddSaEx], None]:
    return lambda request: setattr(request, name, value)


REFUSED: list[tuple[str, Callable[[AddSaEx], None], NdisStatus, CommandStatus]] = [
    ("unknown flag", _set("flags", 0x3), NdisStatus.INVALID_PARAMETER, CommandStatus.MALFORMED_FLAGS),
    (
        "unknown operation",
        lambda r: _element(r, operation=3),
        NdisStatus.INVALID_PARAMETER,
        CommandStatus.MALFORMED_OPERATION,
    ),
    ("AH", lambda r: _element(r, operation=1), NdisStatus.NOT_SUPPORTED, CommandStatus.UNSUPPORTED_OPERATION),
    ("SPI 0", lambda r: _element(r, spi=bytes(4)), NdisStatus.INVALID_PARAMETER, CommandStatus.MALFORMED_SPI),
    ("UDP type 3", _set("udp_esp_encapsulation", 3), NdisStatus.INVALID_PARAMETER, CommandStatus.MALFORMED_UDP),
    ("nested UDP", _set("udp_esp_encapsulation", 4), NdisStatus.NOT_SUPPORTED, CommandStatus.UNSUPPORTED_UDP),
    (
        "two algorithms",
        lambda r: _encryption(r, identifier=0x18),
        NdisStatus.INVALID_PARAMETER,
        CommandStatus.MALFORMED_ALGORITHM,
    ),
    ("DES", lambda r: _encryption(r, identifier=0x2), NdisStatus.NOT_SUPPORTED, CommandStatus.UNSUPPORTED_ALGORITHM),
    (
        "short key",
        lambda r: _encryption(r, key_length=32),
        NdisStatus.INVALID_PARAMETER,
        CommandStatus.MALFORMED_KEY_LENGTH,
    ),
    (
        "ICV of 9",
        lambda r: _encryption(r, additional_info=9),
        NdisStatus.INVALID_PARAMETER,
        CommandStatus.MALFORMED_ICV_LENGTH,
    ),
]
"""What is changed in a good request, the NDIS status and the engine's: all of them different."""


@cocotb.test()
async def refused_requests(dut: Any) -> None:
    """Every refusal has a status of its own and leaves nothing behind."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench, miniport = await start(dut)
    witness = await Witness.make(bench, miniport, rng, Abi.X86)
    seen = set()
    active = await miniport.sa_active()
    assert active == 2
    for number, (name, change, ndis, engine) in enumerate(REFUSED):
        abi = list(Abi)[number % 2]
        sa = random_sa(rng, Direction.OUTBOUND if number % 3 else Direction.INBOUND)
        request = request_from_sa(sa)
        change(request)
        status, answer = await miniport.add_sa_ex(request.pack(abi), abi)
        assert (status, miniport.last_status) == (ndis, engine), f"{name}: {status.name}, {miniport.last_status.name}"
        assert read_offload_handle(answer, abi) == 0, name
        assert await miniport.sa_active() == active, name
        seen.add(engine)
        # the SA that was refused is not there
        frame = plain(sa, number + 1)
        (got,) = await bench.receive([sealed(sa, frame)])
        assert (got.frame, got.slot1, got.handle) == (sealed(sa, frame), 0, 0), name
    assert len(seen) == len(REFUSED)
    # what the driver refuses never reaches the engine: images cut short, offsets outside of the buffer, a bundle
    good = request_from_sa(random_sa(rng))
    for abi in Abi:
        image = good.pack(abi)
        for octets in (0, 3, len(image) // 2, len(image) - 1):
            status, answer = await miniport.add_sa_ex(image[:octets], abi)
            assert status in (NdisStatus.INVALID_LENGTH, NdisStatus.INVALID_PARAMETER)
        bundle = dataclasses.replace(good, num_ext_hdrs=2, sec_assoc=(good.sec_assoc[0], SecAssoc(operation=2)))
        assert (await miniport.add_sa_ex(bundle.pack(abi), abi))[0] == NdisStatus.NOT_SUPPORTED
        outside = dataclasses.replace(good, sec_assoc=(dataclasses.replace(
            good.sec_assoc[0], encryption=AlgorithmInfo(0x20, 36, 1 << 20, 16)), SecAssoc()))  # fmt: skip
        assert (await miniport.add_sa_ex(outside.pack(abi), abi))[0] == NdisStatus.INVALID_PARAMETER
    assert await miniport.sa_active() == active
    # duplicates: the same again, a wildcard beside an address, an address beside a wildcard
    exact = random_sa(rng, dst=V4[1])
    for abi, first in zip(Abi, (exact, dataclasses.replace(exact, dst=None)), strict=True):
        handle = await add(miniport, first, abi)
        for second in (first, exact, dataclasses.replace(exact, dst=None)):
            other = dataclasses.replace(second, key=rng.randbytes(32), salt=rng.randbytes(4))
            status, answer = await miniport.add_sa_ex(request_from_sa(other).pack(abi), abi)
            assert (status, miniport.last_status) == (NdisStatus.INVALID_PARAMETER, CommandStatus.DUPLICATE)
            assert read_offload_handle(answer, abi) == 0
        frame = plain(first, 77)
        (got,) = await bench.receive([sealed(first, frame)])
        assert (got.frame, got.handle) == (opened(first, frame), handle), "the first SA has the key of its duplicate"
        assert await miniport.sa_active() == active + 1
        await miniport.delete_sa(DeleteSa(handle).pack(abi), abi)
    await witness.works()
    assert await miniport.sa_active() == active
    bench.check()


@cocotb.test()
async def full_table(dut: Any) -> None:
    """As many SAs as the capability says and not one more; a stale handle misses for ever, its entry is used again."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench, miniport = await start(dut)
    capacity = (await miniport.capabilities()).sa_offload_capacity
    assert capacity == (await miniport.identify()).sa_count
    table: list[tuple[SecurityAssociation, int]] = []
    while len(table) < capacity:
        number = len(table)
        sa = random_sa(rng, list(Direction)[number % 2], algorithm=list(Algorithm)[number % 6], ipv6=number % 5 == 0)
        table.append((sa, await add(miniport, sa, list(Abi)[number // 2 % 2])))
    assert await miniport.sa_active() == capacity
    for abi in Abi:
        status, answer = await miniport.add_sa_ex(request_from_sa(random_sa(rng)).pack(abi), abi)
        assert (status, miniport.last_status) == (NdisStatus.RESOURCES, CommandStatus.TABLE_FULL)
        assert read_offload_handle(answer, abi) == 0
    assert await miniport.sa_active() == capacity

    async def check_all(gone: int | None = None) -> None:
        outbound = [(sa, handle) for sa, handle in table if not sa.inbound]
        inbound = [(sa, handle) for sa, handle in table if sa.inbound]
        frames = [plain(sa, n + 1) for n, (sa, _) in enumerate(outbound)]
        wire = [plain(sa, n + 1) for n, (sa, _) in enumerate(inbound)]
        sent, got = await both(
            bench,
            [TxFrame(frame, handle) for frame, (_, handle) in zip(frames, outbound, strict=True)],
            [sealed(sa, frame) for frame, (sa, _) in zip(wire, inbound, strict=True)],
        )
        for frame, (sa, handle), result in zip(frames, outbound, sent, strict=True):
            missed = TxResult(STATUS_FAILED_HANDLE, None)
            assert result == (missed if handle == gone else TxResult(STATUS_SENT, sealed(sa, frame)))
        for frame, (sa, handle), answer in zip(wire, inbound, got, strict=True):
            expected = (sealed(sa, frame), 0, 0) if handle == gone else (opened(sa, frame), CRYPTO_DONE_SUCCESS, handle)
            assert (answer.frame, answer.slot1, answer.handle) == expected

    await check_all()
    for index, abi in zip((4, 7), Abi, strict=True):
        sa, stale = table[index]
        assert await miniport.delete_sa(DeleteSa(stale).pack(abi), abi) == NdisStatus.SUCCESS
        assert await miniport.sa_active() == capacity - 1
        await check_all(gone=stale)
        unknown = miniport.deleted_unknown
        assert await miniport.delete_sa(DeleteSa(stale).pack(abi), abi) == NdisStatus.SUCCESS
        assert (miniport.deleted_unknown, miniport.last_status) == (unknown + 1, CommandStatus.UNKNOWN_HANDLE)
        table[index] = (sa, await add(miniport, sa, abi))
        assert table[index][1] & 0xFFFF == stale & 0xFFFF and table[index][1] != stale
        image = UpdateSa(stale, spi=sa.spi.to_bytes(4, "big"), sequence_number_high_order=1).pack(abi)
        assert await miniport.update_sa(image, abi) == NdisStatus.INVALID_PARAMETER
        assert miniport.last_status == CommandStatus.UNKNOWN_HANDLE
        (result,) = await bench.transmit([TxFrame(plain(sa, 9), stale)])
        assert result == TxResult(STATUS_FAILED_HANDLE, None)
        await check_all()
    bench.check()


@cocotb.test()
async def update_between_frames(dut: Any) -> None:
    """UPDATE_SA counts from the next frame on; every frame under way has one high half, the old or the new."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench, miniport = await start(dut)
    witness = await Witness.make(bench, miniport, rng, Abi.X64)
    sa = random_sa(rng, algorithm=Algorithm.GCM_192, esn=True, seq_hi=5)
    handles = await add(miniport, sa), await add(miniport, mirrored(sa))

    async def update(handle: int, high: int, abi: Abi, spi: int = sa.spi) -> NdisStatus:
        return await miniport.update_sa(
            UpdateSa(handle, spi=spi.to_bytes(4, "big"), sequence_number_high_order=high).pack(abi), abi
        )

    for number, high in enumerate((6, 0xEFFFFFFF, 0)):
        abi = list(Abi)[number % 2]
        new = dataclasses.replace(sa, seq_hi=high)
        for handle in handles:
            assert await update(handle, high, abi) == NdisStatus.SUCCESS
        frame = plain(sa, number + 1)
        (sent,), got = await both(bench, [TxFrame(frame, handles[1])], [sealed(sa, frame), sealed(new, frame)])
        assert sent == TxResult(STATUS_SENT, sealed(new, frame))
        assert [answer.slot1 for answer in got] == [CRYPTO_DONE_AUTH_FAILED, CRYPTO_DONE_SUCCESS]
        assert [answer.frame for answer in got] == [sealed(sa, frame), opened(new, frame)]
        sa = new
    for abi in Abi:
        assert await update(handles[1], 9, abi, spi=sa.spi ^ 1) == NdisStatus.INVALID_PARAMETER
        assert miniport.last_status == CommandStatus.SPI_MISMATCH
        assert await update(witness.handles[0], 9, abi, spi=witness.sa.spi) == NdisStatus.INVALID_PARAMETER
        assert (miniport.last_status,) == (CommandStatus.NOT_ESN,)
    await witness.works()
    # frames under way: long enough that the update comes in their midst
    new = dataclasses.replace(sa, seq_hi=1)
    frames = [plain(sa, number, 200) for number in range(100, 140)]
    traffic = cocotb.start_soon(
        both(bench, [TxFrame(frame, handles[1]) for frame in frames], [sealed(new, frame) for frame in frames])
    )
    for handle in reversed(handles):
        assert await update(handle, 1, Abi.X64) == NdisStatus.SUCCESS
    sent_all, got_all = await traffic
    is_new = [result.frame == sealed(new, frame) for frame, result in zip(frames, sent_all, strict=True)]
    for frame, result, fresh in zip(frames, sent_all, is_new, strict=True):
        assert fresh or result == TxResult(STATUS_SENT, sealed(sa, frame)), "a frame with neither high half"
    assert is_new == sorted(is_new), "the old high half came back"
    good = [answer.slot1 == CRYPTO_DONE_SUCCESS for answer in got_all]
    for frame, answer, fresh in zip(frames, got_all, good, strict=True):
        assert answer.frame == (opened(new, frame) if fresh else sealed(new, frame))
        assert answer.slot1 == (CRYPTO_DONE_SUCCESS if fresh else CRYPTO_DONE_AUTH_FAILED)
    assert good == sorted(good)
    dut._log.info("UPDATE_SA between frame %d and its neighbours", is_new.count(False))
    bench.check()


@cocotb.test()
async def delete_in_flight(dut: Any) -> None:
    """DELETE_SA with frames under way in both directions: each is processed or missed, other SAs go on."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench, miniport = await start(dut)
    witness = await Witness.make(bench, miniport, rng, Abi.X64)
    abis = list(Abi)
    midst = 0
    for number in range(6):
        bench.set_stalls(rng.choice((0, 60, 150)), rng.randrange(1, 1 << 32))
        sa = random_sa(rng, algorithm=rng.choice(list(Algorithm)))
        handles = await add(miniport, sa), await add(miniport, mirrored(sa))
        frames: list[tuple[bytes, bool]] = []
        for index in range(40):
            other = index % 4 == 3
            frames.append((witness.frame() if other else plain(sa, index + 1, rng.choice((0, 30, 150))), other))
        outbound = [TxFrame(frame, (witness.handles if other else handles)[1]) for frame, other in frames]
        inbound = [sealed(witness.sa if other else sa, frame) for frame, other in frames]
        traffic = cocotb.start_soon(both(bench, outbound, inbound))
        await ClockCycles(dut.clk, rng.randrange(20, 250))
        for which in rng.sample((0, 1), 2):
            assert (
                await miniport.delete_sa(DeleteSa(handles[which]).pack(abis[number % 2]), abis[number % 2])
                == NdisStatus.SUCCESS
            )
            assert miniport.last_status == CommandStatus.OK
        sent_all, got_all = await traffic
        missed_tx: list[bool] = []
        missed_rx: list[bool] = []
        for (frame, other), wire, sent, got in zip(frames, inbound, sent_all, got_all, strict=True):
            if other:
                witness.check(frame, sent, got)
                continue
            missed_tx.append(sent.status != STATUS_SENT)
            expected = (
                TxResult(STATUS_FAILED_HANDLE, None) if missed_tx[-1] else TxResult(STATUS_SENT, sealed(sa, frame))
            )
            assert sent == expected, "neither processed nor missed"
            missed_rx.append(got.handle == 0)
            if missed_rx[-1]:
                assert got == RxResult(wire, 0, 0, 0), "neither processed nor missed"
            else:
                assert (got.frame, got.slot1, got.handle) == (opened(sa, frame), CRYPTO_DONE_SUCCESS, handles[0])
        assert missed_tx == sorted(missed_tx) and missed_rx == sorted(missed_rx), "a deleted SA came back"
        midst += len(set(missed_tx)) + len(set(missed_rx)) - 2
        assert await miniport.sa_active() == 2
    assert midst, "no delete was in the midst of its frames: nothing was tested"
    bench.set_stalls(0)
    await witness.works()


@cocotb.test()
async def registers_tell_no_secret(dut: Any) -> None:
    """The whole register space in every state of the engine and of a command: no 32 bits of key, salt or H anywhere."""
    rng = random.Random("secret")
    bench, miniport = await start(dut)
    registers = bench.registers
    kept, other, refused = random_sa(rng), random_sa(rng), random_sa(rng)
    pieces = _pieces(kept, 4) | _pieces(other, 4) | _pieces(refused, 4)
    request = request_from_sa(refused)
    _element(request, operation=1)
    stage = range(regs.STAGE_OPTIONS // 4, regs.STAGE_KEY[-1] // 4 + 1)

    async def look(state: str) -> list[int]:
        words = await registers.read_many(range(0, 0x1000, 4))
        for number, word in enumerate(words):
            assert f"{word:032b}" not in pieces, f"{state}: register {4 * number:#05x} shows a secret"
        assert not any(words[number] for number in stage), f"{state}: a staged word can be read"
        return words

    await look("empty")
    handle = await add(miniport, kept)
    await look("added")
    await miniport.add_sa_ex(request.pack(Abi.X64))
    await look("refused")
    # staged and not started, then running: so many registers at a time as an ADD_SA lasts
    writes = miniport._stage_add(request_from_sa(other), SaOptions())
    await registers.write_many(writes)
    await look("staged")
    last = max(register.address for register in regs.REGISTERS.values())
    for first in range(0, last + 4, 4 * LOOKED_AT_WHILE_RUNNING):
        await registers.write_many([*writes, (regs.COMMAND, regs.Opcode.ADD_SA)])
        window = range(first, first + 4 * LOOKED_AT_WHILE_RUNNING, 4)
        *words, status = await registers.read_many([*window, regs.COMMAND_STATUS])
        assert status == regs.COMMAND_STATUS_BUSY_MASK, "the command ended before it was looked at"
        assert not {f"{word:032b}" for word in words} & pieces, f"running: one of {window} shows a secret"
        while not await registers.read(regs.COMMAND_STATUS) & regs.COMMAND_STATUS_DONE_MASK:
            pass
        assert await miniport.delete(await registers.read(regs.RESULT_HANDLE)) == NdisStatus.SUCCESS
    assert miniport.deleted_unknown == 0
    await look("done")
    sender = await add(miniport, mirrored(kept))
    wires = [sealed(kept, plain(kept, number)) for number in range(1, 20)]
    wires[3] = wires[3][:-1] + bytes((wires[3][-1] ^ 1,))
    frames = [TxFrame(plain(kept, number), sender) for number in range(1, 20)]
    traffic = cocotb.start_soon(both(bench, frames, wires))
    await look("traffic")
    await traffic
    await look("after traffic, with an ICV that failed")
    usage = await miniport.usage(handle)
    assert usage is not None and usage.packets == 18
    await look("queried")
    update = UpdateSa(handle, spi=kept.spi.to_bytes(4, "big"))
    assert await miniport.update_sa(update.pack(Abi.X64)) == NdisStatus.INVALID_PARAMETER
    await look("updated")
    await miniport.delete(handle)
    await look("deleted")
    await registers.write_many(writes)
    await registers.write(regs.COMMAND, regs.Opcode.RESET)
    await look("resetting")
    while not await registers.read(regs.COMMAND_STATUS) & regs.COMMAND_STATUS_DONE_MASK:
        await look("resetting")
    await look("reset")
    await registers.write_many(writes)
    await registers.write(regs.COMMAND, 0x7777)
    await look("unknown command")
    await registers.write_many(writes)
    await restart(bench)
    await look("hard reset")


@cocotb.test()
async def commands_in_any_order(dut: Any) -> None:
    """Any words in the staging window and any command, with writes and reads of anything between: SAs in use work on.

    What an SA is good for stays as it was; every command ends; a status is one of those documented; whatever is added
    by a lucky request is one SA more, and goes with its DELETE_SA.
    """
    rng = random.Random(cocotb.RANDOM_SEED)
    bench, miniport = await start(dut)
    registers = bench.registers
    witness = await Witness.make(bench, miniport, rng, Abi.X64)
    staged = [register.address for name, register in regs.REGISTERS.items() if name.startswith("STAGE_")]
    others = [register.address for register in regs.REGISTERS.values() if register.address not in staged]
    spared = (regs.COMMAND, regs.CONTROL, regs.STAGE_HANDLE)
    good = miniport._stage_add(request_from_sa(random_sa(rng, algorithm=Algorithm.GCM_128)), SaOptions())
    statuses: set[CommandStatus] = set()
    added = 0
    for number in range(COMMANDS):
        writes = dict(good) if rng.random() < 0.7 else {}
        for _ in range(rng.choice((0, 1, 1, 2, 5))):
            value = rng.choice((0, 1, 2, 4, 8, 16, 20, 1 << rng.randrange(32), rng.getrandbits(32)))
            writes[rng.choice(staged)] = value
        writes[regs.STAGE_SPI] = writes.get(regs.STAGE_SPI, 0) ^ (number << 8 if rng.random() < 0.9 else 0)
        handles = (*witness.handles, rng.getrandbits(32), 0, witness.handles[0] ^ 0x10000)
        handle = rng.choice(handles)
        opcode = rng.choice((1, 1, 1, 1, 2, 3, 5, 0, 6, rng.getrandbits(32)))
        if opcode == regs.Opcode.RESET or (opcode == regs.Opcode.DELETE_SA and handle in witness.handles):
            opcode = 1
        writes[regs.STAGE_HANDLE] = handle
        order = list(writes.items())
        rng.shuffle(order)
        await registers.write_many(order)
        for _ in range(rng.randrange(3)):
            address = rng.choice(others)
            if address not in spared:
                await registers.write(address, rng.getrandbits(32))
            await registers.read(rng.randrange(0x400) * 4)
        await registers.write(regs.COMMAND, opcode)
        if rng.random() < 0.3:  # while it runs: ignored
            await registers.write(rng.choice(staged), rng.getrandbits(32))
            await registers.write(regs.COMMAND, rng.choice((2, 4)))
        for _ in range(2000):
            word = await registers.read(regs.COMMAND_STATUS)
            if word & regs.COMMAND_STATUS_DONE_MASK:
                break
        else:
            raise AssertionError(f"command {opcode:#x} did not end")
        status = CommandStatus(word >> regs.COMMAND_STATUS_CODE_SHIFT & 0xFF)
        statuses.add(status)
        result = await registers.read(regs.RESULT_HANDLE)
        assert (result != 0) is (status is CommandStatus.OK and opcode == regs.Opcode.ADD_SA)
        if result:
            added += 1
            assert await miniport.sa_active() == 3
            assert await miniport.delete(result) == NdisStatus.SUCCESS
        assert await miniport.sa_active() == 2
        if number % 25 == 0:
            await witness.works()
    await witness.works()
    dut._log.info(
        "%d commands, %d SAs added, statuses: %s", COMMANDS, added, ", ".join(s.name for s in sorted(statuses))
    )
    assert added > COMMANDS // 20 and len(statuses) >= 15, statuses


@cocotb.test()
async def hard_reset_mid_traffic(dut: Any) -> None:
    """rst while frames are under way: no SA is left, nothing hangs, everything works again."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench, miniport = await start(dut)
    for number in range(3):
        sa = random_sa(rng, algorithm=rng.choice(list(Algorithm)))
        handles = await add(miniport, sa), await add(miniport, mirrored(sa))
        frames = [plain(sa, index + 1, 400) for index in range(20)]
        transmitting = cocotb.start_soon(bench.transmit([TxFrame(frame, handles[1]) for frame in frames]))
        receiving = cocotb.start_soon(bench.receive([sealed(sa, frame) for frame in frames]))
        await ClockCycles(dut.clk, rng.randrange(60, 400))
        transmitting.cancel()
        receiving.cancel()
        await restart(bench)
        await miniport.set_enables(True, True, True)
        assert await miniport.sa_active() == 0
        counters = await miniport.counters()
        assert not any(counters.values())
        frame = plain(sa, 50)
        (sent,), (got,) = await both(bench, [TxFrame(frame, handles[1])], [sealed(sa, frame)])
        assert sent == TxResult(STATUS_FAILED_HANDLE, None), "an SA survived the reset on transmit"
        assert got == RxResult(sealed(sa, frame), 0, 0, 0), "an SA survived the reset on receive"
        miniport.handles.clear()
        again = await add(miniport, sa), await add(miniport, mirrored(sa))
        (sent,), (got,) = await both(bench, [TxFrame(frame, again[1])], [sealed(sa, frame)])
        assert sent == TxResult(STATUS_SENT, sealed(sa, frame))
        assert (got.frame, got.handle) == (opened(sa, frame), again[0])
        witness = await Witness.make(bench, miniport, rng, list(Abi)[number % 2])
        await witness.works()
        await miniport.reset()
        assert await miniport.sa_active() == 0


# ---- secrets inside --------------------------------------------------------------------------------------------------


STORED_KEYS = BUILDS["stored_keys"]
SHARED_AES = BUILDS["shared_aes"]


def _round_keys(key: bytes) -> bytes:
    """The key expansion of FIPS-197, 5.2."""
    sbox, words = sbox_of_the_standard(), [key[i : i + 4] for i in range(0, len(key), 4)]
    length, rcon = len(words), 1
    for i in range(length, 4 * (length + 7)):
        word = words[-1]
        if i % length == 0:
            word = bytes(sbox[octet] for octet in word[1:] + word[:1])
            word = bytes((word[0] ^ rcon, *word[1:]))
            rcon = rcon << 1 ^ (0x11B if rcon & 0x80 else 0)
        elif length == 8 and i % 8 == 4:
            word = bytes(sbox[octet] for octet in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[-length], strict=True)))
    return b"".join(words)


def _pieces(sa: SecurityAssociation, stages: int) -> set[str]:
    """32 bits each, as text: everything secret about an SA, from every octet on, in both orders of octets."""
    secrets = [_round_keys(sa.key), sa.salt]
    h = int.from_bytes(aes_ecb(sa.key, bytes(16)), "big")
    secrets += [power.to_bytes(16, "big") for power in hash_powers(h, stages)]
    words = [secret[i : i + 4] for secret in secrets for i in range(len(secret) - 3)]
    return {f"{int.from_bytes(word, order):032b}" for word in words for order in ("big", "little")}


def _values(handle: Any) -> Iterator[tuple[str, str]]:
    """Path and bits of everything below ``handle`` that holds a value."""
    for child in handle:
        if isinstance(child, LogicObject | PackedObject):
            yield child._path, str(child.value)
        elif isinstance(child, HierarchyObject | HierarchyArrayObject | ArrayObject):
            yield from _values(child)


def _leaks(dut: Any, pieces: set[str]) -> list[str]:
    """Where inside the engine a piece is."""
    found = []
    for path, bits in _values(dut.ipsec_engine_inst):
        if len(bits) >= 32 and any(bits[i : i + 32] in pieces for i in range(len(bits) - 31)):
            found.append(path)
    return found


@cocotb.test()
async def deleted_key_is_gone(dut: Any) -> None:
    """After DELETE_SA with frames under way, no register and no memory of the engine holds a secret of the SA."""
    rng = random.Random("gone")
    logging.getLogger("gpi").setLevel(logging.ERROR)  # a line for each function of the RTL, which has no value
    bench, miniport = await start(dut)
    witness = await Witness.make(bench, miniport, rng, Abi.X64)
    sa = random_sa(rng)
    pieces = _pieces(sa, 4)
    assert not _leaks(dut, pieces), "the pieces are there before the SA is"
    handles = await add(miniport, sa), await add(miniport, mirrored(sa))
    held = _leaks(dut, pieces)
    if int(dut.SHARED_AES.value):
        keys = ["aes_indexed_pipe_inst.aes_indexed_key", "round[14].next.aes_indexed_round_inst.aes_indexed_key"]
    elif int(dut.KEY_STORE.value):
        keys = ["round[0].aes_round_key", "round[14].aes_round_key"]
    else:
        keys = ["cipher"]
    for what in ("hash", *keys):
        assert any(what in path for path in held), f"the search is blind for {what}: {held}"
    frames = [plain(sa, number + 1) for number in range(12)]
    traffic = cocotb.start_soon(
        both(bench, [TxFrame(frame, handles[1]) for frame in frames], [sealed(sa, frame) for frame in frames])
    )
    for handle in handles:
        await miniport.delete_sa(DeleteSa(handle).pack(Abi.X86), Abi.X86)
    left = _leaks(dut, pieces)
    assert not left, f"secrets of a deleted SA are in {', '.join(left)}"
    await traffic
    await witness.works()
    left = _leaks(dut, pieces)
    assert not left, f"secrets of a deleted SA are in {', '.join(left)}"


COMMON = [
    "refused_requests",
    "full_table",
    "update_between_frames",
    "delete_in_flight",
    "registers_tell_no_secret",
    "hard_reset_mid_traffic",
]


@pytest.mark.parametrize("build", [{}, STORED_KEYS], ids=["default", "stored_keys"])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_sa_commands(sim: str, build: dict[str, int]) -> None:
    """All of the commands on the whole engine; a smaller table for Icarus, for its time."""
    parameters = build if sim == "verilator" else {"SA_COUNT": 16, **build}
    run_cocotb(sim, "ipsec_bench", None, MODULE, parameters, testcase=COMMON)


@pytest.mark.skipif("icarus" not in SIMULATORS, reason="Icarus shows all signals; Verilator would need another build")
@pytest.mark.parametrize("parameters", [{}, STORED_KEYS, SHARED_AES], ids=["default", "stored_keys", "shared_aes"])
def test_deleted_key_is_gone(parameters: dict[str, int]) -> None:
    """The look into every memory, on Icarus."""
    run_cocotb("icarus", "ipsec_bench", None, MODULE, {"SA_COUNT": 16, **parameters}, testcase="deleted_key_is_gone")


@pytest.mark.skipif("icarus" not in SIMULATORS, reason="Icarus shows all signals; Verilator would need another build")
@pytest.mark.parametrize(
    ("module", "erasing", "instead", "parameters"),
    [
        (
            "sa_store",
            "hash[write_index][128*s +: 128] <= erase ? 128'd0 : write_hash_power;",
            "hash[write_index][128*s +: 128] <= erase ? hash[write_index][128*s +: 128] : write_hash_power;",
            {},
        ),
        ("sa_table", "erase_keys ? {2'b11, 4'd0,", "erase_keys ? {2'b10, 4'd0,", STORED_KEYS),
        (
            "sa_store",
            "hash_write_reg <= erase_power || write_hash",
            "hash_write_reg <= write_hash",
            STORED_KEYS,
        ),
    ],
    ids=["hash key", "stored round keys", "stored hash key"],
)
def test_the_look_into_the_memories_sees(
    tmp_path: Path, module: str, erasing: str, instead: str, parameters: dict[str, int]
) -> None:
    """A copy of the engine that does not erase a secret is caught."""
    sources = []
    for path in source_closure("ipsec_bench"):
        if path.stem == module:
            text = path.read_text(encoding="utf-8")
            assert text.count(erasing) == 1
            path = tmp_path / path.name
            path.write_text(text.replace(erasing, instead))
        sources.append(path)
    with pytest.raises(CocotbTestFailure, match="secrets of a deleted SA are in"):
        run_cocotb(
            "icarus", "ipsec_bench", sources, MODULE, {"SA_COUNT": 16, **parameters}, testcase="deleted_key_is_gone"
        )
