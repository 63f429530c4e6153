# SPDX-License-Identifier: Apache-2.0
"""The engine without a simulator: registers and datapath around the reference engine, for tests of the testbench."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from models.engine import CommandError, ReferenceEngine
from models.engine import CommandStatus as ModelStatus
from models.ndis import IpsecOffloadV2
from models.sa import Algorithm, Direction, SaLimits, SecurityAssociation, SecurityAssociationError
from tb import engine_registers as regs
from tb.bench import RxResult, TxFrame, TxResult
from tb.engine_registers import CommandStatus, Opcode
from tb.miniport import Miniport
from tb.scoreboard import COUNTERS, Scoreboard, expected_status
from tb.transport import Transport

T = TypeVar("T")

_STATUS = {
    ModelStatus.DUPLICATE: CommandStatus.DUPLICATE,
    ModelStatus.TABLE_FULL: CommandStatus.TABLE_FULL,
    ModelStatus.UNSUPPORTED_ALGORITHM: CommandStatus.UNSUPPORTED_KEY_SIZE,
    ModelStatus.UNKNOWN_HANDLE: CommandStatus.UNKNOWN_HANDLE,
    ModelStatus.SPI_MISMATCH: CommandStatus.SPI_MISMATCH,
    ModelStatus.NOT_ESN: CommandStatus.NOT_ESN,
}
_BITS = {0x08: 128, 0x10: 192, 0x20: 256}


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of the testbench without cocotb."""
    return asyncio.run(asyncio.wait_for(work, 20))


class FakeRegisters:
    """Registers of docs/registers.md as far as the driver uses them. ``accesses``: every read and write, in order.

    A command takes ``latency`` reads of INTERRUPT_STATUS. ``force``: answer the next command with this status.
    """

    def __init__(self, engine: ReferenceEngine, octets: Callable[[], tuple[int, int]], latency: int = 2) -> None:
        self.engine = engine
        self.words = {register.address: register.reset for register in regs.REGISTERS.values()}
        self.words[regs.BUILD_TABLE] = engine.max_key_bits << 16 | engine.sa_count
        self.words[regs.BUILD_CRYPTO] = 4 << 8 | 1
        self.words[regs.BUILD_STORE] = 32768
        capability = IpsecOffloadV2(
            ipv4_options=True,
            ipv6_non_ipsec_extension_headers=True,
            extended_sequence_numbers=True,
            udp_esp=3,
            authentication_algorithms=0x38,
            encryption_algorithms=0x39,
            sa_offload_capacity=engine.sa_count,
        ).pack()
        for index, address in enumerate(regs.CAPABILITY):
            self.words[address] = int.from_bytes(capability[4 * index : 4 * index + 4], "little")
        self.accesses: list[tuple[str, int, int]] = []
        self.latency = latency
        self.force: CommandStatus | None = None
        self._octets = octets
        self._pending: tuple[CommandStatus, int] | None = None
        self._left = 0

    async def read(self, address: int) -> int:
        await asyncio.sleep(0)
        if address == regs.INTERRUPT_STATUS and self._pending is not None:
            self._left -= 1
            if self._left < 0:
                status, self.words[regs.RESULT_HANDLE] = self._pending
                self._pending = None
                self.words[regs.COMMAND_STATUS] = status << 8 | regs.COMMAND_STATUS_DONE_MASK
                self.words[regs.INTERRUPT_STATUS] |= regs.INTERRUPT_STATUS_COMMAND_DONE_MASK
        value = self._counter(address)
        if address == regs.SA_EVENT:
            value = next(iter(self.engine.events), 0)
        if value is None:
            name = next(name for name, register in regs.REGISTERS.items() if register.address == address)
            value = self.words[address] & regs.REGISTERS[name].readable
        self.accesses.append(("read", address, value))
        return value

    def _counter(self, address: int) -> int | None:
        for name, parts in COUNTERS.items():
            if regs.REGISTERS[name].address == address:
                return sum(self.engine.statistics[part] for part in parts)
        tx, rx = self._octets()
        return {regs.TX_OCTETS_LO: tx, regs.RX_OCTETS_LO: rx, regs.SA_ACTIVE: len(self.engine.handles)}.get(address)

    async def write(self, address: int, value: int) -> None:
        await asyncio.sleep(0)
        assert 0 <= value <= 0xFFFFFFFF and address % 4 == 0
        self.accesses.append(("write", address, value))
        if address == regs.INTERRUPT_STATUS:
            self.words[address] &= ~value
        elif address == regs.SA_EVENT_TAKE:
            if self.engine.events and self.engine.events[0] == value:
                del self.engine.events[0]
        elif address == regs.COMMAND:
            assert self._pending is None, "COMMAND was written while a command was running"
            self._left = self.latency
            self.words[regs.COMMAND_STATUS] = regs.COMMAND_STATUS_BUSY_MASK
            self._pending = self._execute(Opcode(value))
        else:
            self.words[address] = value
            if address == regs.CONTROL:
                self.engine.transmit_enabled = bool(value & 1)
                self.engine.receive_ipv4_enabled = bool(value & 2)
                self.engine.receive_ipv6_enabled = bool(value & 4)

    async def write_many(self, writes: list[tuple[int, int]]) -> None:
        for address, value in writes:
            await self.write(address, value)

    def _execute(self, opcode: Opcode) -> tuple[CommandStatus, int]:
        if self.force is not None:
            status, self.force = self.force, None
            return status, 0
        words = self.words
        try:
            if opcode is Opcode.ADD_SA:
                return CommandStatus.OK, self.engine.add_sa(self._staged())
            if opcode is Opcode.DELETE_SA:
                self.engine.delete_sa(words[regs.STAGE_HANDLE])
            elif opcode is Opcode.UPDATE_SA:
                self.engine.update_sa(words[regs.STAGE_HANDLE], words[regs.STAGE_SPI], words[regs.STAGE_SEQUENCE_HIGH])
            elif opcode is Opcode.QUERY_SA:
                use = self.engine.usage(words[regs.STAGE_HANDLE])
                for address, value in zip(range(regs.RESULT_PACKETS_LO, regs.SA_EVENT, 8), use, strict=True):
                    words[address], words[address + 4] = value & 0xFFFFFFFF, value >> 32
            else:
                self.engine.reset()
        except CommandError as error:
            return _STATUS[error.status], 0
        except (SecurityAssociationError, KeyError):
            return CommandStatus.MALFORMED_ALGORITHM, 0
        finally:
            for name, register in regs.REGISTERS.items():
                if name.startswith("STAGE_"):
                    words[register.address] = 0
        return CommandStatus.OK, 0

    def _staged(self) -> SecurityAssociation:
        words = self.words
        ipv6, size = (True, 16) if words[regs.STAGE_FLAGS] & 0x10 else (False, 4)
        gmac = words[regs.STAGE_ENCRYPTION_ALGORITHM] == 1
        identifier = words[regs.STAGE_AUTHENTICATION_ALGORITHM if gmac else regs.STAGE_ENCRYPTION_ALGORITHM]
        esn = words[regs.STAGE_SA_FLAGS] == 1
        limits = [
            words[address] | words[address + 4] << 32
            for address in range(regs.STAGE_SOFT_PACKETS_LO, regs.STAGE_FLAGS, 8)
        ]
        return SecurityAssociation(
            direction=Direction.INBOUND if words[regs.STAGE_FLAGS] & 1 else Direction.OUTBOUND,
            algorithm=Algorithm.of(gmac, _BITS[identifier]),
            spi=words[regs.STAGE_SPI],
            key=self._octets_of(regs.STAGE_KEY)[: words[regs.STAGE_KEY_OCTETS] - 4],
            salt=self._octets_of((regs.STAGE_SALT,)),
            icv_len=words[regs.STAGE_ICV_OCTETS],
            esn=esn,
            seq_hi=words[regs.STAGE_SEQUENCE_HIGH] if esn else 0,
            ipv6=ipv6,
            src=self._octets_of(regs.STAGE_SRC)[:size],
            dst=self._octets_of(regs.STAGE_DST)[:size],
            udp_encapsulation=words[regs.STAGE_UDP_ENCAPSULATION],
            limits=SaLimits(*limits),
            iv_from_sequence=words[regs.STAGE_OPTIONS] == 1,
        )

    def _octets_of(self, addresses: Sequence[int]) -> bytes:
        return b"".join(self.words[address].to_bytes(4, "big") for address in addresses)


class FakeBench:
    """``EngineBench`` without a simulator. ``spoil_*`` change a result on its way, to play a broken engine."""

    def __init__(self, sa_count: int = 64, max_key_bits: int = 256) -> None:
        self.engine = ReferenceEngine(sa_count, max_key_bits)
        self.octets = [0, 0]
        self.registers = FakeRegisters(self.engine, lambda: (self.octets[0], self.octets[1]))
        self.batches: list[tuple[str, int]] = []
        self.aborted: list[bytes] = []
        self.spoil_transmit: Callable[[int, TxResult], TxResult] = lambda index, result: result
        self.spoil_receive: Callable[[int, RxResult], RxResult] = lambda index, result: result

    async def transmit(self, frames: Sequence[TxFrame]) -> list[TxResult]:
        self.batches.append(("transmit", len(frames)))
        results = []
        for index, frame in enumerate(frames):
            await asyncio.sleep(0)
            self.octets[0] += len(frame.data)
            result = self.engine.transmit(frame.data, frame.handle, frame.tunnel_handle)
            results.append(self.spoil_transmit(index, TxResult(expected_status(result.reason), result.frame)))
        return results

    async def receive(self, frames: Sequence[bytes]) -> list[RxResult]:
        self.batches.append(("receive", len(frames)))
        results = []
        for index, frame in enumerate(frames):
            await asyncio.sleep(0)
            self.octets[1] += len(frame)
            result = self.engine.receive(frame)
            answer = RxResult(result.frame, result.slot1, result.slot12, result.handle)
            results.append(self.spoil_receive(index, answer))
        return results

    def take_aborted(self) -> list[bytes]:
        aborted, self.aborted = self.aborted, []
        return aborted


class FakeSystem:
    """Bench, driver, stack and scoreboard together. Make it inside :func:`run`: the lock belongs to an event loop."""

    def __init__(self, sa_count: int = 64, max_key_bits: int = 256) -> None:
        self.bench = FakeBench(sa_count, max_key_bits)
        self.miniport = Miniport(self.bench.registers, lock=asyncio.Lock())
        self.reference = ReferenceEngine(sa_count, max_key_bits)
        self.scoreboard = Scoreboard()
        self.transport = Transport(self.miniport, self.bench, self.reference, self.scoreboard)
