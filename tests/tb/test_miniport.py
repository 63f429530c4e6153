# SPDX-License-Identifier: Apache-2.0
"""The driver: images in, register accesses out, statuses back."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest

from models.ndis import (
    ADD_SA_EX_HANDLE,
    Abi,
    DeleteSa,
    NdisStatus,
    SecAssoc,
    UpdateSa,
    add_sa_ex_from_sa,
    read_offload_handle,
    request_from_sa,
)
from models.sa import Algorithm, Direction, SecurityAssociation
from tb import engine_registers as regs
from tb.engine_registers import CommandStatus, Opcode
from tb.miniport import NDIS_STATUS, EngineError, Miniport
from tests.tb.fake import FakeSystem, run

KEY = bytes(range(0x10, 0x30))
SALT = b"\xca\xfe\xba\xbe"


def association(algorithm: Algorithm = Algorithm.GCM_128, spi: int = 0x01020304) -> SecurityAssociation:
    return SecurityAssociation(
        Direction.OUTBOUND,
        algorithm,
        spi,
        KEY[: algorithm.key_octets],
        SALT,
        src=bytes((10, 0, 0, 1)),
        dst=bytes((10, 0, 0, 2)),
    )


def writes(system: FakeSystem) -> dict[int, int]:
    return {address: value for kind, address, value in system.bench.registers.accesses if kind == "write"}


def test_identification_and_capability() -> None:
    async def work() -> None:
        system = FakeSystem(sa_count=48)
        identification = await system.miniport.identify()
        assert identification.sa_count == 48 and identification.max_key_bits == 256
        assert identification.version == (0, 1, 0) and identification.rx_store_octets == 32768
        assert identification.ghash_stages == 4 and identification.cycles_per_round == 1
        image = await system.miniport.capability_image()
        assert len(image) == 32 and image[:4] == b"\x02\0\0\0" and image[28:] == b"\x30\0\0\0"
        capability = await system.miniport.capabilities()
        assert capability.extended_sequence_numbers and not capability.ah and capability.udp_esp == 3
        system.bench.registers.words[regs.MAGIC] = 0
        with pytest.raises(EngineError, match="MAGIC"):
            await system.miniport.identify()

    run(work())


def test_golden_image_becomes_register_writes() -> None:
    """The golden vector of section 2.9 of the contract, and the word that each register has to get."""

    async def work() -> None:
        system = FakeSystem()
        image = bytearray(0xC4)
        image[0:4] = bytes.fromhex("8001aa00")
        image[4] = 1
        image[0x0C:0x14] = bytes((10, 0, 0, 1, 10, 0, 0, 2))
        image[0x40:0x48] = bytes.fromhex("0200000001020304")
        image[0x58:0x60] = bytes.fromhex("0800000014000000")
        image[0x64] = 16
        image[0x9C] = 20
        image[0xA0] = 0xB0
        image[0xB0:0xC4] = bytes(range(16)) + SALT
        before = bytes(image)
        status, answer = await system.miniport.add_sa_ex(image)
        assert status == NdisStatus.SUCCESS and bytes(image) == before
        handle = read_offload_handle(answer, Abi.X64)
        assert handle and system.miniport.handles == {handle: b"\x01\x02\x03\x04"}
        answer[0x30:0x38] = bytes(8)
        assert bytes(answer) == before
        got = writes(system)
        assert got[regs.STAGE_SPI] == 0x01020304 and got[regs.STAGE_FLAGS] == 0
        assert got[regs.STAGE_SRC[0]] == 0x0A000001 and got[regs.STAGE_DST[0]] == 0x0A000002
        assert got[regs.STAGE_KEY[0]] == 0x00010203 and got[regs.STAGE_KEY[3]] == 0x0C0D0E0F
        assert got[regs.STAGE_KEY[4]] == 0 and got[regs.STAGE_SALT] == 0xCAFEBABE
        assert got[regs.STAGE_KEY_OCTETS] == 20 and got[regs.STAGE_ICV_OCTETS] == 16
        assert got[regs.STAGE_ENCRYPTION_ALGORITHM] == 8 and got[regs.STAGE_AUTHENTICATION_ALGORITHM] == 0
        assert got[regs.STAGE_OPERATION] == 2 and got[regs.COMMAND] == Opcode.ADD_SA

    run(work())


@pytest.mark.parametrize("abi", list(Abi))
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_every_sa_arrives_as_it_was_meant(abi: Abi, algorithm: Algorithm) -> None:
    async def work() -> None:
        system = FakeSystem()
        shapes = itertools.product(Direction, (False, True), (0, 1, 2), (False, True), (8, 12, 16))
        for number, (direction, ipv6, udp, esn, icv_len) in enumerate(shapes):
            size = 16 if ipv6 else 4
            if (algorithm.gmac and icv_len != 16) or number >= 64:
                continue
            sa = replace(
                association(algorithm, spi=0x80000000 + number),
                direction=direction,
                ipv6=ipv6,
                udp_encapsulation=udp,
                esn=esn,
                seq_hi=0x89ABCDEF if esn else 0,
                icv_len=icv_len,
                src=bytes(range(1, size + 1)),
                dst=None if udp == 1 else bytes(range(0x41, 0x41 + size)),
            )
            status, answer = await system.miniport.add_sa_ex(add_sa_ex_from_sa(sa, abi), abi.name.lower())
            assert status == NdisStatus.SUCCESS
            assert system.bench.engine.sa(read_offload_handle(answer, abi)) == sa

    run(work())


@pytest.mark.parametrize("status", [status for status in CommandStatus if status is not CommandStatus.OK])
@pytest.mark.parametrize("abi", list(Abi))
def test_refusals(status: CommandStatus, abi: Abi) -> None:
    """Each status has its NDIS status, and the handle is NULL, whatever it was before."""

    async def work() -> None:
        system = FakeSystem()
        image = bytearray(add_sa_ex_from_sa(association(), abi))
        image[ADD_SA_EX_HANDLE[abi] : ADD_SA_EX_HANDLE[abi] + 4] = b"\xde\xad\xbe\xef"
        system.bench.registers.force = status
        ndis, answer = await system.miniport.add_sa_ex(image, abi)
        assert ndis == NDIS_STATUS[status] != NdisStatus.SUCCESS
        assert read_offload_handle(answer, abi) == 0 and not system.miniport.handles
        assert system.miniport.last_status is status

    run(work())


def test_statuses_of_the_contract() -> None:
    async def work() -> None:
        system = FakeSystem(sa_count=2)
        image = add_sa_ex_from_sa(association(), Abi.X64)
        assert (await system.miniport.add_sa_ex(image))[0] == NdisStatus.SUCCESS
        assert (await system.miniport.add_sa_ex(image))[0] == NdisStatus.INVALID_PARAMETER
        other = add_sa_ex_from_sa(association(spi=2), Abi.X64)
        assert (await system.miniport.add_sa_ex(other))[0] == NdisStatus.SUCCESS
        third = add_sa_ex_from_sa(association(spi=3), Abi.X64)
        assert (await system.miniport.add_sa_ex(third))[0] == NdisStatus.RESOURCES
        small = FakeSystem(max_key_bits=128)
        image = add_sa_ex_from_sa(association(Algorithm.GCM_256), Abi.X64)
        assert (await small.miniport.add_sa_ex(image))[0] == NdisStatus.NOT_SUPPORTED

    run(work())


def test_images_that_never_reach_the_engine() -> None:
    async def work() -> None:
        system = FakeSystem()
        good = request_from_sa(association())
        short = good.pack(Abi.X64)[:-1]
        bundle = replace(good, num_ext_hdrs=2).pack(Abi.X64)
        header = bytearray(good.pack(Abi.X64))
        header[2] = 0x10
        offset = bytearray(good.pack(Abi.X64))
        offset[0xA0:0xA4] = b"\xff\xff\xff\xff"
        for image, status in (
            (b"", NdisStatus.INVALID_LENGTH),
            (short, NdisStatus.INVALID_PARAMETER),
            (bundle, NdisStatus.NOT_SUPPORTED),
            (bytes(header), NdisStatus.INVALID_LENGTH),
            (bytes(offset), NdisStatus.INVALID_PARAMETER),
        ):
            ndis, answer = await system.miniport.add_sa_ex(image)
            assert ndis == status and len(answer) == len(image)
        assert system.bench.registers.accesses == []

    run(work())


def test_fields_go_to_the_engine_unjudged() -> None:
    """What the engine has to refuse, the driver passes on: unknown flags, AH, a key of any length, an odd ICV."""

    async def work() -> None:
        system = FakeSystem()
        good = request_from_sa(association())
        element = good.sec_assoc[0]
        strange = replace(
            good,
            flags=0x80000002,
            udp_esp_encapsulation=8,
            sec_assoc=(
                replace(
                    element,
                    flags=0xFFFFFFFE,
                    operation=7,
                    encryption=replace(element.encryption, key_length=50, additional_info=13),
                ),
                SecAssoc(),
            ),
            key=bytes(50),
        )
        system.bench.registers.force = CommandStatus.MALFORMED_FLAGS
        await system.miniport.add_sa_ex(strange.pack(Abi.X64))
        got = writes(system)
        assert got[regs.STAGE_FLAGS] == 0x80000002 and got[regs.STAGE_SA_FLAGS] == 0xFFFFFFFE
        assert got[regs.STAGE_OPERATION] == 7 and got[regs.STAGE_UDP_ENCAPSULATION] == 8
        assert got[regs.STAGE_KEY_OCTETS] == 50 and got[regs.STAGE_ICV_OCTETS] == 13
        assert regs.STAGE_KEY[0] not in got

    run(work())


@pytest.mark.parametrize(("value", "octets"), [(0, 16), (8, 8), (12, 12), (16, 16), (64, 8), (96, 12), (128, 16)])
def test_unit_of_the_icv_length(value: int, octets: int) -> None:
    async def work() -> None:
        system = FakeSystem()
        request = request_from_sa(association())
        element = request.sec_assoc[0]
        changed = replace(element, encryption=replace(element.encryption, additional_info=value))
        await system.miniport.add_sa_ex(replace(request, sec_assoc=(changed, SecAssoc())).pack(Abi.X64))
        assert writes(system)[regs.STAGE_ICV_OCTETS] == octets

    run(work())


def test_delete_and_update() -> None:
    async def work() -> None:
        system = FakeSystem()
        sa = replace(association(), esn=True, seq_hi=7)
        _, answer = await system.miniport.add_sa_ex(add_sa_ex_from_sa(sa, Abi.X64))
        handle = read_offload_handle(answer, Abi.X64)
        spi = sa.spi.to_bytes(4, "big")
        update = UpdateSa(handle, spi=spi, sequence_number_high_order=8)
        for abi in Abi:
            assert await system.miniport.update_sa(update.pack(abi), abi) == NdisStatus.SUCCESS
        stored = system.bench.engine.sa(handle)
        assert stored is not None and stored.seq_hi == 8
        for wrong in (
            replace(update, offload_handle=handle + 1),
            replace(update, offload_handle=1 << 32 | handle),
            replace(update, spi=b"\0\0\0\1"),
            replace(update, operation=1),
        ):
            assert await system.miniport.update_sa(wrong.pack(Abi.X64)) == NdisStatus.INVALID_PARAMETER
        assert await system.miniport.delete_sa(DeleteSa(handle).pack(Abi.X86), Abi.X86) == NdisStatus.SUCCESS
        assert not system.miniport.handles and not system.bench.engine.handles
        assert system.miniport.deleted_unknown == 0
        for image in (DeleteSa(handle).pack(Abi.X64), DeleteSa(1 << 40).pack(Abi.X64), b"\x80"):
            assert await system.miniport.delete_sa(image) == NdisStatus.SUCCESS
        assert system.miniport.deleted_unknown == 3

    run(work())


def test_commands_do_not_mix() -> None:
    """Forty requests at once: the fake asserts that no command starts while one runs, the SAs must come out right."""

    async def work() -> None:
        system = FakeSystem()
        sas = [association(spi=100 + number) for number in range(40)]
        answers = await asyncio.gather(*(system.miniport.add_sa_ex(add_sa_ex_from_sa(sa, Abi.X64)) for sa in sas))
        for sa, (status, answer) in zip(sas, answers, strict=True):
            assert status == NdisStatus.SUCCESS
            assert system.bench.engine.sa(read_offload_handle(answer, Abi.X64)) == sa
        assert len(system.miniport.handles) == 40

    run(work())


def test_secrets_go_to_write_only_registers_only() -> None:
    async def work() -> None:
        system = FakeSystem()
        sa = association(Algorithm.GCM_256)
        await system.miniport.add_sa_ex(add_sa_ex_from_sa(sa, Abi.X64))
        secret = {int.from_bytes((KEY + SALT)[i : i + 4], "big") for i in range(0, 36, 4)}
        write_only = {*regs.STAGE_KEY, regs.STAGE_SALT}
        seen = {address for _, address, value in system.bench.registers.accesses if value in secret}
        assert seen == write_only
        assert not any(kind == "read" and address in write_only for kind, address, _ in system.bench.registers.accesses)
        assert not any(value in secret for value in vars(system.miniport).values() if isinstance(value, int))

    run(work())


def test_a_command_that_never_ends() -> None:
    async def work() -> None:
        system = FakeSystem()
        system.bench.registers.latency = 1000
        miniport = Miniport(system.bench.registers, lock=asyncio.Lock(), poll_limit=10)
        with pytest.raises(EngineError, match="ADD_SA did not end"):
            await miniport.add_sa_ex(add_sa_ex_from_sa(association(), Abi.X64))

    run(work())


def test_enables_counters_reset() -> None:
    async def work() -> None:
        system = FakeSystem()
        await system.miniport.set_enables(True, False, True)
        assert system.bench.registers.words[regs.CONTROL] == 5
        system.bench.octets[0] = 1234
        counters = await system.miniport.counters()
        assert counters["TX_OCTETS"] == 1234 and counters["RX_FRAMES"] == 0 and "RX_OVERFLOW" in counters
        await system.miniport.add_sa_ex(add_sa_ex_from_sa(association(), Abi.X64))
        assert await system.miniport.sa_active() == 1
        await system.miniport.reset()
        assert await system.miniport.sa_active() == 0 and not system.miniport.handles

    run(work())
