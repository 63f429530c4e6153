# SPDX-License-Identifier: Apache-2.0
"""The contract of NDIS IPsec Task Offload version 2 on the whole engine, through NDIS_OID_REQUEST images.

``directed_01`` to ``directed_10`` are the directed tests of section 6.4 of the contract reference; ``race_*`` run
several requests, or requests and frames, at the same time. docs/contract.md names the test of every rule.
"""

from __future__ import annotations

import dataclasses
import os
import random
from collections.abc import Sequence
from typing import Any

import cocotb
import pytest
from cocotb.triggers import ClockCycles

from models.esp import protect
from models.ndis import (
    ADD_SA_EX_HANDLE,
    ADD_SA_EX_SIZE,
    ADD_SA_HANDLE,
    SA_DELETE_REQ,
    Abi,
    AddSa,
    AddSaEx,
    AlgorithmInfo,
    CryptoStatus,
    DeleteSa,
    IpsecV2Parameter,
    NdisOffload,
    NdisStatus,
    ObjectHeader,
    OffloadEncapsulation,
    OffloadParameters,
    OffloadSet,
    Oid,
    SecAssoc,
    UpdateSa,
    request_from_sa,
)
from models.packet import ParsedEsp, esp_frame, parse_frame
from models.sa import Algorithm, Direction, SaLimits, SecurityAssociation
from tb.bench import (
    STATUS_FAILED_HANDLE,
    STATUS_FAILED_SEQUENCE,
    STATUS_SENT,
    EngineBench,
    RxResult,
    TxFrame,
    TxResult,
)
from tb.miniport import Miniport, SaOptions
from tb.ndis_host import Completion, NdisHost
from tb.sim import SIMULATORS, run_cocotb

SA_COUNT = int(os.environ.get("SA_COUNT", "0"))
"""Of the build that is simulated."""
ADD_EX = Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX
ADD = Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA
DELETE = Oid.TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA
UPDATE = Oid.TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA
HERE = bytes((192, 0, 2, 1))
THERE = bytes((192, 0, 2, 2))
DONE = 1 << 1
"""Slot 1 with CryptoDone and CRYPTO_SUCCESS."""
ON_8023 = (OffloadSet.ON, 2, 14)


def association(number: int, direction: Direction = Direction.INBOUND, **fields: Any) -> SecurityAssociation:
    """An SA between HERE and THERE; its key depends on ``number`` only, so both directions fit each other."""
    rng = random.Random(number)
    algorithm = fields.pop("algorithm", Algorithm.GCM_128)
    arguments: dict[str, Any] = {
        "spi": 0x1000 + number,
        "key": rng.randbytes(algorithm.key_octets),
        "salt": rng.randbytes(4),
        "src": HERE,
        "dst": THERE,
    }
    return SecurityAssociation(direction, algorithm, **(arguments | fields))


def plain(sa: SecurityAssociation, seq: int = 1, octets: int = 40, **fields: Any) -> bytes:
    """An ESP-framed plaintext frame of ``sa``."""
    arguments: dict[str, Any] = {"src": sa.src, "dst": sa.dst, "spi": sa.spi, "icv_len": sa.icv_len}
    return esp_frame(bytes(octets), seq=seq, **(arguments | {"iv": seq.to_bytes(8, "big")} | fields))


def sealed(sa: SecurityAssociation, frame: bytes) -> bytes:
    """``frame`` as it is on the wire."""
    parsed = parse_frame(frame)
    assert isinstance(parsed, ParsedEsp)
    return protect(frame, parsed, sa)


class Rig:
    """The engine out of reset, the driver, and NDIS above it with every offload on."""

    def __init__(self, bench: EngineBench, abi: Abi, pends: bool, **switches: Any) -> None:
        self.bench = bench
        self.miniport = Miniport(self.bench.registers, **switches)
        self.host = NdisHost(self.miniport, abi, pends=pends)
        self.abi = abi

    @classmethod
    async def start(cls, dut: Any, abi: Abi = Abi.X64, pends: bool = True, active: bool = True, **switches: Any) -> Rig:
        """``active``: OID_OFFLOAD_ENCAPSULATION has allowed receive offload."""
        return await cls.on(EngineBench(dut), abi, pends, active, **switches)

    @classmethod
    async def on(
        cls, bench: EngineBench, abi: Abi = Abi.X64, pends: bool = True, active: bool = True, **switches: Any
    ) -> Rig:
        """As :meth:`start`, on the transactors of an earlier rig of the same test."""
        rig = cls(bench, abi, pends, **switches)
        await rig.bench.start()
        await rig.host.initialize()
        if active:
            await rig.encapsulation(ON_8023, ON_8023)
        return rig

    async def encapsulation(self, ipv4: tuple[int, int, int], ipv6: tuple[int, int, int]) -> NdisStatus:
        return (await self.host.regular(Oid.OFFLOAD_ENCAPSULATION, OffloadEncapsulation(ipv4, ipv6).pack())).status

    async def parameters(self, ipsec_v2: int) -> NdisStatus:
        return (await self.host.regular(Oid.TCP_OFFLOAD_PARAMETERS, OffloadParameters(ipsec_v2).pack())).status

    def image(self, sa: SecurityAssociation) -> bytes:
        return request_from_sa(sa).pack(self.abi)

    def handle_in(self, completion: Completion) -> int:
        where = ADD_SA_EX_HANDLE[self.abi]
        return int.from_bytes(completion.buffer[where : where + self.abi.value], "little")

    async def try_add(self, sa: SecurityAssociation | AddSaEx, request_id: int = 0) -> tuple[NdisStatus, int]:
        """ADD_SA_EX: status and handle, of which exactly one says success."""
        image = sa.pack(self.abi) if isinstance(sa, AddSaEx) else self.image(sa)
        completion = await self.host.direct(ADD_EX, image, request_id)
        handle = self.handle_in(completion)
        assert (completion.status == NdisStatus.SUCCESS) is (handle != 0)
        return completion.status, handle

    async def add(self, sa: SecurityAssociation) -> int:
        status, handle = await self.try_add(sa)
        assert status == NdisStatus.SUCCESS, (status, self.miniport.last_status)
        return handle

    async def delete(self, handle: int) -> NdisStatus:
        return (await self.host.direct(DELETE, DeleteSa(handle).pack(self.abi))).status

    async def update(self, handle: int, spi: int, high: int, **fields: Any) -> NdisStatus:
        image = UpdateSa(handle, spi=spi.to_bytes(4, "big"), sequence_number_high_order=high, **fields)
        return (await self.host.direct(UPDATE, image.pack(self.abi))).status

    async def receives(
        self, sa: SecurityAssociation, handle: int, seq: int = 1, slot1: int = DONE, **fields: Any
    ) -> None:
        """A frame of the inbound ``sa`` is decrypted."""
        frame = plain(sa, seq, **fields)
        wire = sealed(sa, frame)
        (got,) = await self.bench.receive([wire])
        end = len(frame) - sa.icv_len
        assert (got.frame[:end], got.slot1, got.handle) == (frame[:end], slot1, handle)

    async def passes(self, wire: bytes) -> None:
        """A frame from the wire comes unchanged, every out-of-band word 0."""
        assert await self.bench.receive([wire]) == [RxResult(wire, 0, 0, 0)]

    async def fails(self, wire: bytes, status: CryptoStatus) -> None:
        """A frame from the wire comes unchanged, marked with ``status``."""
        (got,) = await self.bench.receive([wire])
        assert (got.frame, got.slot1, got.slot12) == (wire, DONE | status << 16, 0)

    async def sends(self, sa: SecurityAssociation, handle: int, seq: int = 1) -> None:
        """A frame of the outbound ``sa`` is protected."""
        frame = plain(sa, seq)
        assert await self.bench.transmit([TxFrame(frame, handle)]) == [TxResult(STATUS_SENT, sealed(sa, frame))]

    async def send_fails(self, sa: SecurityAssociation, handle: int) -> None:
        """A frame with this handle does not leave."""
        assert await self.bench.transmit([TxFrame(plain(sa), handle)]) == [TxResult(STATUS_FAILED_HANDLE, None)]

    def list_of(self, sas: Sequence[SecurityAssociation | None], contiguous: bool) -> list[int]:
        """Addresses of the elements of an ADD_SA list in host memory; None: an element no engine supports."""
        elements = [_list_element(sa) for sa in sas]
        sizes = [(len(element.pack(self.abi)) + 15) & ~15 for element in elements]
        if contiguous:
            start = self.host.memory.allocate(sum(sizes))
            addresses = [start + sum(sizes[:number]) for number in range(len(elements))]
        else:
            addresses = [self.host.memory.allocate(size) for size in sizes[::-1]][::-1]
        for number, element in enumerate(elements):
            element.next = addresses[number + 1] if number + 1 < len(elements) else 0
            self.host.memory.write(addresses[number], element.pack(self.abi))
        return addresses

    async def add_list(self, addresses: Sequence[int], length: int) -> tuple[NdisStatus, list[int]]:
        """ADD_SA of the list: status and the handles of its elements."""
        completion = await self.host.direct_at(ADD, addresses[0], length)
        where = ADD_SA_HANDLE[self.abi]
        return completion.status, [self.host.memory.read_pointer(address + where) for address in addresses]


def _list_element(sa: SecurityAssociation | None) -> AddSa:
    request = request_from_sa(association(99) if sa is None else sa)
    if sa is None:
        request.sec_assoc[0].encryption.identifier = 0x40  # AES-CBC
    return AddSa(
        flags=request.flags,
        endpoints=request.endpoints,
        offload_handle=0xDEAD,
        udp_esp_encapsulation=request.udp_esp_encapsulation,
        sec_assoc=request.sec_assoc,
        key=request.key,
    )


# ---- section 6.4 ---------------------------------------------------------------------------------------------------


@cocotb.test()
async def capability_report(dut: Any) -> None:
    """NDIS_OFFLOAD says what the registers say; queries are answered from the report, then from the indications."""
    rig = await Rig.start(dut, active=False)
    report = NdisOffload.parse(rig.host.hardware_capabilities)
    assert len(rig.host.hardware_capabilities) == 0x9C and report.revision == 3
    assert len(await rig.host.oids.initialize(2)) == 0x90
    assert report.ipsec_v2.pack() == await rig.miniport.capability_image()
    assert report.ipsec_v2.sa_offload_capacity == SA_COUNT and report.ipsec_v2.tunnel and report.ipsec_v2.esp
    assert report.ipsec_v2.extended_sequence_numbers and not report.ipsec_v2.ah and report.ipsec_v2.encapsulation == 2
    assert report.ipsec_v2.udp_esp == 3 and report.ipsec_v2.encryption_algorithms == 0x39
    assert rig.host.query(Oid.TCP_OFFLOAD_CURRENT_CONFIG, 0x9B)[0] == NdisStatus.BUFFER_TOO_SHORT
    assert rig.host.query(Oid.TCP_OFFLOAD_CURRENT_CONFIG, 0x9C)[1] == rig.host.hardware_capabilities
    assert await rig.parameters(IpsecV2Parameter.DISABLED) == NdisStatus.SUCCESS
    status, image = rig.host.indications[-1]
    off = NdisOffload.parse(image).ipsec_v2
    assert status == NdisStatus.TASK_OFFLOAD_CURRENT_CONFIG and off.pack() == bytes(32)
    assert rig.host.query(Oid.TCP_OFFLOAD_CURRENT_CONFIG, 0x9C)[1] == image
    assert rig.host.query(Oid.TCP_OFFLOAD_HARDWARE_CAPABILITIES, 0x9C)[1] == rig.host.hardware_capabilities


@cocotb.test()
async def directed_01_add_happy_path(dut: Any) -> None:
    """ADD_SA_EX, x64 and x86, pending and not: a handle of its own, written on success only, and nothing else."""
    bench = EngineBench(dut)
    for abi in Abi:
        for pends in (True, False):
            rig = await Rig.on(bench, abi, pends)
            handles = set()
            for number, direction in enumerate((Direction.INBOUND, Direction.OUTBOUND) * 2):
                sa = association(number, direction, algorithm=list(Algorithm)[number])
                request = request_from_sa(sa)
                request.offload_handle = 0xDEADBEEF
                request.source_switch_port_id, request.vlan_id = 0x1234, 77  # reserved: no meaning
                request.header.size = ADD_SA_EX_SIZE[abi] + 2 * (number & 1)
                image = request.pack(abi)
                completion = await rig.host.direct(ADD_EX, image)
                assert completion.status == NdisStatus.SUCCESS and completion.pended is pends
                assert completion.bytes_read == len(image) and completion.bytes_needed == 0
                handle = rig.handle_in(completion)
                where = ADD_SA_EX_HANDLE[abi]
                assert (
                    completion.buffer
                    == image[:where] + handle.to_bytes(abi.value, "little") + image[where + abi.value :]
                )
                assert handle and handle not in handles
                handles.add(handle)
                await (rig.receives if sa.inbound else rig.sends)(sa, handle)
            short = await rig.host.direct(ADD_EX, image[: ADD_SA_EX_SIZE[abi] - 1])
            assert (short.status, short.bytes_needed) == (NdisStatus.INVALID_LENGTH, ADD_SA_EX_SIZE[abi])
            assert rig.handle_in(short) == 0 and short.bytes_read == 0


@cocotb.test()
async def directed_02_capacity(dut: Any) -> None:
    """SaOffloadCapacity SAs, both directions; one more is RESOURCES; after a delete there is room for one."""
    rig = await Rig.start(dut)
    sas = [association(number, Direction(number & 1)) for number in range(SA_COUNT)]
    handles = [await rig.add(sa) for sa in sas]
    more = association(SA_COUNT)
    assert await rig.try_add(more) == (NdisStatus.RESOURCES, 0)
    await rig.passes(sealed(more, plain(more)))
    assert await rig.delete(handles[3]) == NdisStatus.SUCCESS
    handles[3], sas[3] = await rig.add(more), more
    assert await rig.try_add(association(SA_COUNT + 1)) == (NdisStatus.RESOURCES, 0)
    for sa, handle in zip(sas, handles, strict=True):
        await (rig.receives if sa.inbound else rig.sends)(sa, handle)
    assert await rig.miniport.sa_active() == SA_COUNT


@cocotb.test()
async def directed_03_list(dut: Any) -> None:
    """ADD_SA of three, the middle one unsupported: SUCCESS, {h1, 0, h3}. All bad: failure, all 0. DELETE_SA list."""
    bench = EngineBench(dut)
    for abi in Abi:
        rig = await Rig.on(bench, abi)
        for contiguous in (True, False):
            sas = [association(1), None, association(2, Direction.OUTBOUND, algorithm=Algorithm.GMAC_256)]
            addresses = rig.list_of(sas, contiguous)
            length = len(_list_element(sas[0]).pack(abi))
            status, (first, middle, last) = await rig.add_list(addresses, length)
            assert status == NdisStatus.SUCCESS and first and last and first != last and middle == 0
            assert await rig.miniport.sa_active() == 2
            assert sas[0] is not None and sas[2] is not None
            await rig.receives(sas[0], first)
            await rig.sends(sas[2], last)
            status, handles = await rig.add_list(rig.list_of([None, None, None], contiguous), length)
            assert status == NdisStatus.NOT_SUPPORTED and handles == [0, 0, 0]
            memory = rig.host.memory
            second = memory.allocate(DeleteSa(last).pack(abi))
            assert (await rig.host.direct(DELETE, DeleteSa(first, second).pack(abi))).status == NdisStatus.SUCCESS
            assert await rig.miniport.sa_active() == 0


@cocotb.test()
async def list_that_does_not_end(dut: Any) -> None:
    """ADD_SA of a loop, or with a pointer to nowhere, adds nothing; DELETE_SA deletes what it can reach."""
    rig = await Rig.start(dut)
    length = len(_list_element(association(1)).pack(rig.abi))
    for following in (None, 0x123456789):
        addresses = rig.list_of([association(1), association(2)], False)
        rig.host.memory.write_pointer(addresses[1] + 8, addresses[0] if following is None else following)
        assert await rig.add_list(addresses, length) == (NdisStatus.INVALID_PARAMETER, [0, 0])
    assert await rig.miniport.sa_active() == 0
    handle = await rig.add(association(1))
    assert (await rig.host.direct(DELETE, DeleteSa(handle, 0x123456789).pack(rig.abi))).status == NdisStatus.SUCCESS
    assert await rig.miniport.sa_active() == 0 and rig.host.oids.malformed_deletes == 1


@cocotb.test()
async def directed_04_enumerations(dut: Any) -> None:
    """Operation 0 and 3, flag 0x2 and unknown bits are refused; IPv6 is flag 0x10; what is absent is NOT_SUPPORTED."""
    rig = await Rig.start(dut)

    async def status_of(element: dict[str, Any] | None = None, **fields: Any) -> NdisStatus:
        request = request_from_sa(association(1))
        first = dataclasses.replace(request.sec_assoc[0], **(element or {}))
        request = dataclasses.replace(request, sec_assoc=(first, SecAssoc()), **fields)
        return (await rig.try_add(request))[0]

    cbc, des = AlgorithmInfo(0x40, 16), AlgorithmInfo(0x02, 8)
    for operation, status in (
        (0, NdisStatus.INVALID_PARAMETER),
        (3, NdisStatus.INVALID_PARAMETER),
        (1, NdisStatus.NOT_SUPPORTED),
    ):
        assert await status_of({"operation": operation}) == status
    for flags in (0x2, 0x20, 0x80000001):
        assert await status_of(flags=flags) == NdisStatus.INVALID_PARAMETER
    assert await status_of({"flags": 2}) == NdisStatus.INVALID_PARAMETER
    assert await status_of(num_ext_hdrs=2) == NdisStatus.NOT_SUPPORTED
    for ext in (0, 3, 0xFFFFFFFF):
        assert await status_of(num_ext_hdrs=ext) == NdisStatus.INVALID_PARAMETER
    for udp in (4, 8):
        assert await status_of(udp_esp_encapsulation=udp) == NdisStatus.NOT_SUPPORTED
    assert await status_of(udp_esp_encapsulation=3) == NdisStatus.INVALID_PARAMETER
    assert await status_of({"spi": bytes(4)}) == NdisStatus.INVALID_PARAMETER
    sha = AlgorithmInfo(0x02, 20)
    for element in ({"encryption": des}, {"encryption": cbc}, {"encryption": cbc, "authentication": sha}):
        assert await status_of(element) == NdisStatus.NOT_SUPPORTED, element
    null = {"encryption": AlgorithmInfo(1), "authentication": sha}
    assert await status_of(null) == NdisStatus.NOT_SUPPORTED
    for info in (0, 9, 20, 4, 256):
        expected = NdisStatus.SUCCESS if info == 0 else NdisStatus.INVALID_PARAMETER
        assert await status_of({"encryption": AlgorithmInfo(8, 20, 0, info)}) == expected, info
    sa = association(2, ipv6=True, src=None, dst=bytes(range(16)))
    assert request_from_sa(sa).flags == 0x11
    handle = await rig.add(sa)
    await rig.receives(sa, handle, src=bytes(16))


@cocotb.test()
async def directed_05_key_ranges(dut: Any) -> None:
    """Key ranges that wrap, lie in the structure or leave the buffer are refused; any other place is as good."""
    rig = await Rig.start(dut)
    base = request_from_sa(association(1))
    image = base.pack(rig.abi)
    field = {"KeyLength": 0x9C, "KeyOffset": 0xA0, "alg.KeyLength": 0x5C, "alg.KeyOffsetBytes": 0x60}
    values = {
        "KeyLength": (0, 19, 21, 0x80000000, 0xFFFFFFFF, 0x100000000 - 0xB0),
        "KeyOffset": (0, 4, 0xA9, 0xB1, 0xC4, 0x7FFFFFFF, 0xFFFFFFF0),
        "alg.KeyLength": (0, 16, 19, 21, 36, 0xFFFFFFFF),
        "alg.KeyOffsetBytes": (1, 20, 0x80000000, 0xFFFFFFFF, 0x100000000 - 20),
    }
    for name, bad in values.items():
        for value in bad:
            spoilt = bytearray(image)
            spoilt[field[name] : field[name] + 4] = value.to_bytes(4, "little")
            completion = await rig.host.direct(ADD_EX, bytes(spoilt))
            assert completion.status == NdisStatus.INVALID_PARAMETER, (name, value)
            assert rig.handle_in(completion) == 0
    assert await rig.miniport.sa_active() == 0
    moved = dataclasses.replace(base, key_offset=0x123, key=b"\xee" * 7 + base.key)
    moved.sec_assoc[0].encryption.key_offset_bytes = 7
    status, handle = await rig.try_add(moved)
    assert status == NdisStatus.SUCCESS
    await rig.receives(association(1), handle)


@cocotb.test()
async def directed_06_delete_statuses(dut: Any) -> None:
    """DELETE_SA only ever succeeds; a stale handle fails the send and does not match on receive."""
    bench = EngineBench(dut)
    for abi in Abi:
        rig = await Rig.on(bench, abi)
        inbound, outbound = association(1), association(1, Direction.OUTBOUND)
        handles = await rig.add(inbound), await rig.add(outbound)
        for handle in (0, 1, 0xFFFFFFFF, handles[0] ^ 0x10000, handles[1] | 0x8000, 0xFFFF0000 | SA_COUNT):
            assert await rig.delete(handle) == NdisStatus.SUCCESS
        if abi is Abi.X64:
            assert await rig.delete(handles[0] | 1 << 32) == NdisStatus.SUCCESS
        image = DeleteSa(handles[0], header=ObjectHeader(0x81, 9, 3)).pack(abi)
        for octets in (b"", image[:3], image[:-1], image):
            assert (await rig.host.direct(DELETE, octets)).status == NdisStatus.SUCCESS
        assert (await rig.host.direct_at(DELETE, 0x1000, 24)).status == NdisStatus.SUCCESS
        assert await rig.miniport.sa_active() == 2
        await rig.receives(inbound, handles[0])
        await rig.sends(outbound, handles[1])
        for handle in handles:
            assert await rig.delete(handle) == NdisStatus.SUCCESS
        await rig.passes(sealed(inbound, plain(inbound)))
        await rig.send_fails(outbound, handles[1])
        assert await rig.delete(handles[1]) == NdisStatus.SUCCESS


@cocotb.test()
async def directed_07_delete_with_frames_in_flight(dut: Any) -> None:
    """DELETE_SA amid frames: every frame is whole, processed before some point and not after; completion comes last."""
    rig = await Rig.start(dut)
    inbound, outbound = association(1), association(2, Direction.OUTBOUND)
    for round_ in range(3):
        handles = await rig.add(inbound), await rig.add(outbound)
        frames = [plain(outbound, seq, 200) for seq in range(1, 61)]
        clear = [plain(inbound, seq, 200) for seq in range(1, 61)]
        wires = [sealed(inbound, frame) for frame in clear]
        sending = cocotb.start_soon(rig.bench.transmit([TxFrame(frame, handles[1]) for frame in frames]))
        receiving = cocotb.start_soon(rig.bench.receive(wires))
        await ClockCycles(dut.clk, 150 + 130 * round_)
        deleting = [cocotb.start_soon(rig.delete(handle)) for handle in handles]
        assert [await task for task in deleting] == [NdisStatus.SUCCESS] * 2
        sent, received = await sending, await receiving
        good = [result.status == STATUS_SENT for result in sent]
        assert good == sorted(good, reverse=True), "an outbound frame was protected after one had failed"
        for frame, result in zip(frames, sent, strict=True):
            expected = TxResult(STATUS_SENT, sealed(outbound, frame))
            assert result in (expected, TxResult(STATUS_FAILED_HANDLE, None))
        done = [result.slot1 == DONE for result in received]
        assert done == sorted(done, reverse=True), "an inbound frame was decrypted after one had passed"
        for frame, wire, got in zip(clear, wires, received, strict=True):
            end = len(frame) - inbound.icv_len
            assert got == RxResult(wire, 0, 0, 0) or (got.frame[:end], got.slot1) == (frame[:end], DONE)
        assert 0 < sum(good) < 60 and 0 < sum(done) < 60, "the delete came too early or too late to tell"
        assert await rig.miniport.sa_active() == 0


@cocotb.test()
async def directed_07_delete_of_pending_add(dut: Any) -> None:
    """DELETE_SA of the handle an ADD_SA_EX that is still pending will get: served after it, nothing is left."""
    rig = await Rig.start(dut)
    expected = await rig.add(association(1)) + 1  # a fresh table gives its entries in order
    adding = cocotb.start_soon(rig.try_add(association(2)))
    await ClockCycles(dut.clk, 5)
    deleting = cocotb.start_soon(rig.delete(expected))
    assert await adding == (NdisStatus.SUCCESS, expected)
    assert await deleting == NdisStatus.SUCCESS
    assert await rig.miniport.sa_active() == 1 and rig.miniport.deleted_unknown == 0


@cocotb.test()
async def directed_07_parameters_race_add(dut: Any) -> None:
    """OFFLOAD_PARAMETERS takes ESP away while ADDs are pending: those that have not begun are NOT_SUPPORTED."""
    rig = await Rig.start(dut)
    sas = [association(number) for number in range(4)]
    adding = [cocotb.start_soon(rig.try_add(sa)) for sa in sas]
    await ClockCycles(dut.clk, 150)
    assert await rig.parameters(IpsecV2Parameter.DISABLED) == NdisStatus.SUCCESS
    results = [await task for task in adding]
    assert results[0][0] == NdisStatus.SUCCESS and results[-1] == (NdisStatus.NOT_SUPPORTED, 0), results
    added = [(sa, handle) for sa, (status, handle) in zip(sas, results, strict=True) if status == NdisStatus.SUCCESS]
    assert {status for status, _ in results} == {NdisStatus.SUCCESS, NdisStatus.NOT_SUPPORTED}
    assert await rig.miniport.sa_active() == len(added)
    for sa, _ in added:
        await rig.passes(sealed(sa, plain(sa)))  # processing has stopped, the SA stays until its DELETE
    assert await rig.parameters(IpsecV2Parameter.AH_AND_ESP) == NdisStatus.SUCCESS
    for sa, handle in added:
        await rig.receives(sa, handle)
    assert await rig.parameters(IpsecV2Parameter.AH) == NdisStatus.SUCCESS
    assert (await rig.try_add(association(9)))[0] == NdisStatus.NOT_SUPPORTED
    for _, handle in added:
        assert await rig.delete(handle) == NdisStatus.SUCCESS
    assert await rig.parameters(5) == NdisStatus.INVALID_DATA


@cocotb.test()
async def directed_08_update_errors(dut: Any) -> None:
    """UPDATE_SA of an unknown SA, a wrong SPI, an SA without ESN or AH is INVALID_PARAMETER and changes nothing."""
    bench = EngineBench(dut)
    for abi in Abi:
        rig = await Rig.on(bench, abi)
        with_esn = association(1, esn=True, seq_hi=5)
        without = association(2)
        esn, not_esn = await rig.add(with_esn), await rig.add(without)
        invalid = NdisStatus.INVALID_PARAMETER
        assert await rig.update(esn ^ 0x10000, with_esn.spi, 6) == invalid
        assert await rig.update(0, with_esn.spi, 6) == invalid
        assert await rig.update(esn, with_esn.spi + 1, 6) == invalid
        assert await rig.update(not_esn, without.spi, 6) == invalid
        assert await rig.update(esn, with_esn.spi, 6, operation=1) == invalid
        await rig.receives(with_esn, esn)
        await rig.receives(without, not_esn)
        assert await rig.update(esn, with_esn.spi, 6) == NdisStatus.SUCCESS
        await rig.receives(dataclasses.replace(with_esn, seq_hi=6), esn)
        image = UpdateSa(esn, spi=with_esn.spi.to_bytes(4, "big")).pack(abi)
        short = await rig.host.direct(UPDATE, image[:8])
        assert (short.status, short.bytes_needed) == (NdisStatus.INVALID_LENGTH, 0x1C if abi is Abi.X64 else 0x14)


@cocotb.test()
async def directed_09_receive(dut: Any) -> None:
    """What is not offloaded passes untouched; what fails is marked; nothing is dropped; replays are the host's."""
    rig = await Rig.start(dut, active=False)
    sa = association(1)
    handle = await rig.add(sa)
    wire = sealed(sa, plain(sa))
    await rig.passes(wire)  # before OFFLOAD_ENCAPSULATION
    assert await rig.encapsulation((OffloadSet.ON, 4, 14), (OffloadSet.ON, 1, 0)) == NdisStatus.INVALID_PARAMETER
    await rig.passes(wire)
    assert await rig.encapsulation(ON_8023, (OffloadSet.NO_CHANGE, 0, 0)) == NdisStatus.SUCCESS
    await rig.receives(sa, handle)
    await rig.receives(sa, handle)  # replayed
    await rig.receives(sa, handle, options=bytes((1, 1, 1, 0)))
    await rig.passes(sealed(sa, plain(sa, spi=sa.spi + 1)))
    await rig.passes(sealed(sa, plain(sa, dst=HERE)))
    await rig.passes(sealed(sa, plain(sa, src=THERE)))
    await rig.passes(sealed(sa, plain(sa, udp_encapsulation=True)))
    await rig.passes(plain(sa, fragment_flags=1))
    await rig.passes(plain(sa, fragment_offset=8))
    spoilt = bytearray(wire)
    spoilt[14 + 20 + 16] ^= 1
    await rig.fails(bytes(spoilt), CryptoStatus.TRANSPORT_ESP_AUTH_FAILED)
    await rig.fails(wire[: 14 + 20 + 16 + 4], CryptoStatus.INVALID_PACKET_SYNTAX)
    ah = bytearray(wire)
    ah[14 + 9] = 51  # A26: AH is not advertised, so the packet passes, whatever its SPI
    await rig.passes(bytes(ah))
    assert await rig.encapsulation((OffloadSet.OFF, 0, 0), (OffloadSet.OFF, 0, 0)) == NdisStatus.SUCCESS
    await rig.passes(wire)
    await rig.send_fails(sa, handle)


@cocotb.test()
async def directed_10_entry_lives_until_its_delete(dut: Any) -> None:
    """A full table takes nothing away and raises no SaDeleteReq: each of a pair works until its own DELETE."""
    rig = await Rig.start(dut)
    pairs = [(association(n), association(n, Direction.OUTBOUND)) for n in range(SA_COUNT // 2)]
    handles = [(await rig.add(inbound), await rig.add(outbound)) for inbound, outbound in pairs]
    for number in range(3):
        assert (await rig.try_add(association(SA_COUNT + number)))[0] == NdisStatus.RESOURCES
    (inbound, outbound), (first, second) = pairs[0], handles[0]
    await rig.receives(inbound, first)
    assert await rig.delete(first) == NdisStatus.SUCCESS
    await rig.passes(sealed(inbound, plain(inbound)))
    await rig.sends(outbound, second)
    assert await rig.delete(second) == NdisStatus.SUCCESS
    await rig.send_fails(outbound, second)
    for (inbound, outbound), (first, second) in zip(pairs[1:], handles[1:], strict=True):
        await rig.receives(inbound, first)
        await rig.sends(outbound, second)


@cocotb.test()
async def directed_10_sa_delete_req(dut: Any) -> None:
    """SaDeleteReq: the SA works on until the host has issued DELETE twice, for it and then for its outbound twin."""
    options = SaOptions(SaLimits(soft_packets=2))
    rig = await Rig.start(dut, options=options)
    inbound, outbound = association(1), association(1, Direction.OUTBOUND)
    handles = await rig.add(inbound), await rig.add(outbound)
    for seq in (1, 2):
        await rig.receives(inbound, handles[0], seq)
    for seq in range(3, 7):
        await rig.receives(inbound, handles[0], seq, slot1=DONE | SA_DELETE_REQ)
        await rig.sends(outbound, handles[1], seq)
    spoilt = bytearray(sealed(inbound, plain(inbound)))
    spoilt[-1] ^= 1
    await rig.fails(bytes(spoilt), CryptoStatus.TRANSPORT_ESP_AUTH_FAILED)  # whoever made it does not ask for anything
    assert await rig.miniport.take_events() == [handles[0], handles[1]]
    assert await rig.delete(handles[0]) == NdisStatus.SUCCESS
    await rig.passes(sealed(inbound, plain(inbound)))
    await rig.sends(outbound, handles[1], 7)
    assert await rig.delete(handles[1]) == NdisStatus.SUCCESS
    await rig.send_fails(outbound, handles[1])
    assert await rig.miniport.sa_active() == 0


# ---- races and the life of a request -------------------------------------------------------------------------------


@cocotb.test()
async def race_add_add_same_spi(dut: Any) -> None:
    """Four ADDs of one SPI at the same time: one is taken, the others are INVALID_PARAMETER with a NULL handle."""
    rig = await Rig.start(dut)
    sas = [association(1, key=bytes([number]) * 16) for number in range(4)]
    tasks = [cocotb.start_soon(rig.try_add(sa)) for sa in sas]
    results = [await task for task in tasks]
    assert sorted(status.name for status, _ in results) == ["INVALID_PARAMETER"] * 3 + ["SUCCESS"]
    assert await rig.miniport.sa_active() == 1
    for sa, (status, handle) in zip(sas, results, strict=True):
        if status == NdisStatus.SUCCESS:
            await rig.receives(sa, handle)


@cocotb.test()
async def race_adds_of_all(dut: Any) -> None:
    """ADDs, DELETEs and UPDATEs from many tasks: no staged word of one gets into another."""
    rig = await Rig.start(dut)
    keep = association(100, esn=True, seq_hi=1)
    kept = await rig.add(keep)

    async def life(number: int) -> None:
        sa = association(number, list(Direction)[number & 1], algorithm=list(Algorithm)[number])
        for seq in range(1, 4):
            handle = await rig.add(sa)
            assert await rig.update(kept, keep.spi, number) == NdisStatus.SUCCESS
            assert await rig.update(handle, sa.spi, 1) == NdisStatus.INVALID_PARAMETER
            if number == 0:
                frame = plain(sa, seq)
                results = await rig.bench.transmit([TxFrame(frame, handle)])
                assert results == [TxResult(STATUS_SENT, sealed(sa, frame))]
            assert await rig.delete(handle) == NdisStatus.SUCCESS

    for task in [cocotb.start_soon(life(number)) for number in range(6)]:
        await task
    assert await rig.miniport.sa_active() == 1


@cocotb.test()
async def race_update_between_frames(dut: Any) -> None:
    """UPDATE_SA amid frames of both high halves: no frame is decrypted with a mixture, and none is lost."""
    rig = await Rig.start(dut)
    low = association(1, esn=True, seq_hi=7)
    high = dataclasses.replace(low, seq_hi=8)
    handle = await rig.add(low)
    # the frames before the roll-over belong to half 7, those after it to half 8; the update falls among the latter
    clear = [plain(low, 0xFFFFFFFF - 39 + n, 100) for n in range(40)] + [plain(high, n, 100) for n in range(1, 81)]
    wires = [sealed(low if number < 40 else high, frame) for number, frame in enumerate(clear)]
    receiving = cocotb.start_soon(rig.bench.receive(wires))
    await ClockCycles(dut.clk, 620)
    assert await rig.update(handle, low.spi, 8) == NdisStatus.SUCCESS
    received = await receiving
    done = [got.slot1 == DONE for got in received]
    failed = DONE | CryptoStatus.TRANSPORT_ESP_AUTH_FAILED << 16
    assert {got.slot1 for got in received} == {DONE, failed}
    first = done.index(False)
    last = len(done) - done[::-1].index(False)
    assert not any(done[first:last]), "the high half changed more than once"
    for frame, wire, got in zip(clear, wires, received, strict=True):
        end = len(frame) - low.icv_len
        assert got.frame == wire if got.slot1 == failed else got.frame[:end] == frame[:end]
    assert first == 40 and last < 120, "the update came at the wrong time"
    for seq in range(1, last - 39):  # the stack repeats what failed: nothing is lost
        await rig.receives(high, handle, seq, octets=100)


@cocotb.test()
async def esn_roll_over_without_loss(dut: Any) -> None:
    """Traffic across 2^32 with the UPDATE_SA at the right moment: every frame is decrypted, and protected."""
    rig = await Rig.start(dut)
    sa, out = association(1, esn=True, seq_hi=7), association(1, Direction.OUTBOUND, esn=True, seq_hi=7)
    handle, sender = await rig.add(sa), await rig.add(out)
    for seq in range(0xFFFFFFFC, 0x100000000):
        await rig.receives(sa, handle, seq)
        await rig.sends(out, sender, seq)
    for updated in (handle, sender):
        assert await rig.update(updated, sa.spi, 8) == NdisStatus.SUCCESS
    for seq in range(4):
        await rig.receives(dataclasses.replace(sa, seq_hi=8), handle, seq)
        await rig.sends(dataclasses.replace(out, seq_hi=8), sender, seq)


@cocotb.test()
async def race_reset_during_command(dut: Any) -> None:
    """Reset: what is pending ends with REQUEST_ABORTED and no handle, what comes is NOT_ACCEPTED, no SA survives."""
    rig = await Rig.start(dut)
    old = association(30)
    handle = await rig.add(old)
    adding = [cocotb.start_soon(rig.try_add(association(number))) for number in range(3)]
    deleting = cocotb.start_soon(rig.delete(handle))
    await ClockCycles(dut.clk, 120)
    resetting = cocotb.start_soon(rig.host.oids.reset())
    await ClockCycles(dut.clk, 2)
    assert await rig.try_add(association(9)) == (NdisStatus.NOT_ACCEPTED, 0)
    assert await rig.delete(handle) == NdisStatus.NOT_ACCEPTED
    assert await rig.encapsulation(ON_8023, ON_8023) == NdisStatus.NOT_ACCEPTED
    assert [await task for task in adding] == [(NdisStatus.REQUEST_ABORTED, 0)] * 3
    assert await deleting == NdisStatus.REQUEST_ABORTED
    await resetting
    assert await rig.miniport.sa_active() == 0
    await rig.passes(sealed(old, plain(old)))
    fresh = await rig.add(old)
    assert fresh != handle
    assert await rig.delete(handle) == NdisStatus.SUCCESS
    await rig.receives(old, fresh)
    await rig.host.oids.surprise_remove()
    assert await rig.try_add(association(9)) == (NdisStatus.NOT_ACCEPTED, 0)


@cocotb.test()
async def cancel_of_pending_requests(dut: Any) -> None:
    """Cancel by RequestId: a request that waits ends with REQUEST_ABORTED; one that runs, and DELETE, end as usual."""
    rig = await Rig.start(dut)
    running = cocotb.start_soon(rig.try_add(association(1), 0x51))
    waiting = cocotb.start_soon(rig.try_add(association(2), 0x52))
    other = cocotb.start_soon(rig.try_add(association(3), 0x53))
    await ClockCycles(dut.clk, 100)
    for request_id in (0x51, 0x52, 0x99):
        rig.host.oids.cancel_direct_oid_request(request_id)
    assert (await running)[0] == NdisStatus.SUCCESS
    assert await waiting == (NdisStatus.REQUEST_ABORTED, 0)
    status, handle = await other
    assert status == NdisStatus.SUCCESS and await rig.miniport.sa_active() == 2
    addresses = rig.list_of([association(4), association(5), association(6)], True)
    length = len(_list_element(association(4)).pack(rig.abi))
    request = rig.host.make(ADD, addresses[0], length, 0x54)
    adding = cocotb.start_soon(rig.host.direct_request(request))
    await ClockCycles(dut.clk, 100)
    rig.host.oids.cancel_direct_oid_request(0x54)
    assert (await adding).status == NdisStatus.REQUEST_ABORTED
    assert [rig.host.memory.read_pointer(address + 0x38) for address in addresses] == [0, 0, 0]
    assert await rig.miniport.sa_active() == 2
    deleting = cocotb.start_soon(rig.host.direct(DELETE, DeleteSa(handle).pack(rig.abi), 0x55))
    await ClockCycles(dut.clk, 2)
    rig.host.oids.cancel_direct_oid_request(0x55)
    assert (await deleting).status == NdisStatus.SUCCESS and await rig.miniport.sa_active() == 1


@cocotb.test()
async def race_stale_handle_of_reused_index(dut: Any) -> None:
    """A handle whose index was given again names nothing: not for a send, an UPDATE, a DELETE."""
    rig = await Rig.start(dut)
    sa = association(1, Direction.OUTBOUND, esn=True)
    stale = [await rig.add(sa)]
    for _ in range(2 * SA_COUNT):
        assert await rig.delete(stale[-1]) == NdisStatus.SUCCESS
        stale.append(await rig.add(sa))
    current = stale.pop()
    assert len({*stale, current}) == 2 * SA_COUNT + 1, "a handle came a second time"
    assert sum(handle & 0xFFFF == current & 0xFFFF for handle in stale) == 2
    tasks = [cocotb.start_soon(rig.delete(handle)) for handle in stale]
    tasks += [cocotb.start_soon(rig.update(handle, sa.spi, 9)) for handle in stale]
    statuses = [await task for task in tasks]
    assert statuses == [NdisStatus.SUCCESS] * 2 * SA_COUNT + [NdisStatus.INVALID_PARAMETER] * 2 * SA_COUNT
    for handle in stale[::SA_COUNT]:
        await rig.send_fails(sa, handle)
    await rig.sends(sa, current)
    assert rig.miniport.deleted_unknown == 2 * SA_COUNT


@cocotb.test()
async def spi_host_order_switch(dut: Any) -> None:
    """A5 and A10: with the switches the SPI is a little-endian number, and a key without salt has salt 0."""
    rig = await Rig.start(dut, spi_host_order=True, key_without_salt=True)
    sa = association(1, salt=bytes(4))
    request = request_from_sa(sa, spi_host_order=True)
    request.key = sa.key
    request.sec_assoc[0].encryption.key_length = 16
    status, handle = await rig.try_add(request)
    assert status == NdisStatus.SUCCESS
    await rig.receives(sa, handle)


@cocotb.test()
async def iv_from_sequence_switch(dut: Any) -> None:
    """A7: with the switch the engine makes the IV of each frame of an outbound SA, and sends no number twice."""
    rig = await Rig.start(dut, options=SaOptions(iv_from_sequence=True))
    for esn in (False, True):
        sa = association(1 + esn, Direction.OUTBOUND, esn=esn, seq_hi=7 * esn)
        handle = await rig.add(sa)
        frame = plain(sa, 5, iv=bytes(8))
        expected = sealed(sa, plain(sa, 5, iv=bytes((0, 0, 0, 7 * esn, 0, 0, 0, 5))))
        results = await rig.bench.transmit([TxFrame(frame, handle)] * 2)
        assert results == [TxResult(STATUS_SENT, expected), TxResult(STATUS_FAILED_SEQUENCE, None)]
    # the IV of a received frame is its own
    inbound = association(9)
    await rig.receives(inbound, await rig.add(inbound), iv=b"whatever")


TESTS = (
    "capability_report",
    "directed_01_add_happy_path",
    "directed_02_capacity",
    "directed_03_list",
    "list_that_does_not_end",
    "directed_04_enumerations",
    "directed_05_key_ranges",
    "directed_06_delete_statuses",
    "directed_07_delete_with_frames_in_flight",
    "directed_07_delete_of_pending_add",
    "directed_07_parameters_race_add",
    "directed_08_update_errors",
    "directed_09_receive",
    "directed_10_entry_lives_until_its_delete",
    "directed_10_sa_delete_req",
    "race_add_add_same_spi",
    "race_adds_of_all",
    "race_update_between_frames",
    "esn_roll_over_without_loss",
    "race_reset_during_command",
    "cancel_of_pending_requests",
    "race_stale_handle_of_reused_index",
    "spi_host_order_switch",
    "iv_from_sequence_switch",
)


PARTS = 4


@pytest.mark.parametrize("sim", SIMULATORS)
@pytest.mark.parametrize("part", range(PARTS))
def test_oid(part: int, sim: str) -> None:
    """All of them, in some simulations; Icarus, for its time, on a small table."""
    parameters = {} if sim == "verilator" else {"SA_COUNT": 8}
    environment = {"SA_COUNT": str(parameters.get("SA_COUNT", 64))}
    run_cocotb(
        sim,
        "ipsec_bench",
        None,
        "tests.system.test_oid",
        parameters,
        testcase=TESTS[part::PARTS],
        extra_env=environment,
    )
