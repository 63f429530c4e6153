# SPDX-License-Identifier: Apache-2.0
"""What several system tests do first: start the engine, offload an SA, drive both directions at once."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from typing import Any

import cocotb
from cocotb.triggers import ClockCycles

from models.ndis import Abi, CryptoStatus, NdisStatus, add_sa_ex_from_sa, read_offload_handle
from models.sa import Algorithm, Direction, SecurityAssociation
from tb.bench import EngineBench, RxResult, TxFrame, TxResult
from tb.miniport import Miniport

CRYPTO_DONE_SUCCESS = 1 << 1
"""Slot 1 of a frame that was decrypted (NDIS IPsec Task Offload version 2)."""
CRYPTO_DONE_AUTH_FAILED = 1 << 1 | CryptoStatus.TRANSPORT_ESP_AUTH_FAILED << 16
"""Slot 1 of a frame with a wrong ICV whose SA is not UDP-encapsulated in tunnel mode."""


async def restart(bench: EngineBench) -> None:
    """Reset the engine at any time, and with it what is in the transactors. No register access may be under way."""
    await bench.start()
    for source in (bench.tx_source, bench.rx_source):
        source.forget()
    for sink in (bench.tx_sink, bench.rx_sink, bench.status_sink):
        sink.forget()
    await ClockCycles(bench.dut.clk, 64)
    for queue in (bench.tx_frames, bench.tx_statuses, bench.rx_frames):
        queue.clear()


async def start(dut: Any) -> tuple[EngineBench, Miniport]:
    """The engine out of reset with every offload on."""
    bench = EngineBench(dut)
    await restart(bench)
    miniport = Miniport(bench.registers)
    await miniport.set_enables(True, True, True)
    return bench, miniport


async def add(miniport: Miniport, sa: SecurityAssociation, abi: Abi = Abi.X64) -> int:
    """Offload ``sa``; its handle."""
    status, answer = await miniport.add_sa_ex(add_sa_ex_from_sa(sa, abi), abi)
    assert status == NdisStatus.SUCCESS, miniport.last_status
    return read_offload_handle(answer, abi)


def mirrored(sa: SecurityAssociation) -> SecurityAssociation:
    """The same SA seen from the other end: what one side sends, the other receives."""
    other = Direction.OUTBOUND if sa.inbound else Direction.INBOUND
    return dataclasses.replace(sa, direction=other)


def random_sa(rng: random.Random, direction: Direction = Direction.INBOUND, **fields: Any) -> SecurityAssociation:
    """An SA with a random key and SPI; any address, IPv4, GCM-256 with the full ICV unless ``fields`` say else."""
    algorithm = fields.pop("algorithm", Algorithm.GCM_256)
    arguments: dict[str, Any] = {
        "spi": rng.randrange(256, 1 << 32),
        "key": rng.randbytes(algorithm.key_octets),
        "salt": rng.randbytes(4),
    }
    return SecurityAssociation(direction, algorithm, **(arguments | fields))


async def both(
    bench: EngineBench, outbound: Sequence[TxFrame], inbound: Sequence[bytes]
) -> tuple[list[TxResult], list[RxResult]]:
    """Frames in both directions at the same time."""
    transmitting = cocotb.start_soon(bench.transmit(outbound))
    received = await bench.receive(inbound)
    return await transmitting, received
