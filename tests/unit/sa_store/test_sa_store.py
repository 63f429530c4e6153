# SPDX-License-Identifier: Apache-2.0
"""sa_store: random writes against a Python table, every read port, old contents in the cycle of a write, erase."""

from __future__ import annotations

import random
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

from tb.sim import SIMULATORS, run_cocotb

# port suffix of what write_sa writes, and its width
FIELDS = {
    "src": 128, "dst": 128, "gmac": 1, "esn": 1, "icv_words": 3, "udp_type": 2, "iv_sequence": 1, "spi": 32,
    "ipv6": 1, "inbound": 1, "key": 256, "key_size": 2, "salt": 32, "seq_hi": 32,
}  # fmt: skip

# outputs of each read port and where their value comes from
READS = {
    "rx_index": {
        f"rx_{name}": name for name in ("src", "dst", "gmac", "esn", "icv_words", "udp_type", "seq_hi", "generation")
    }
    | {"rx_src_any": "src_any", "rx_dst_any": "dst_any"},
    "tx_index": {
        f"tx_{name}": name
        for name in (
            "gmac",
            "esn",
            "icv_words",
            "udp_type",
            "iv_sequence",
            "spi",
            "ipv6",
            "inbound",
            "seq_hi",
            "generation",
        )
    },
    "command_index": {f"command_{name}": name for name in ("esn", "inbound", "spi", "generation")},
    "rx_cipher_index": {f"rx_cipher_{name}": name for name in ("key", "key_size", "salt")},
    "tx_cipher_index": {f"tx_cipher_{name}": name for name in ("key", "key_size", "salt")},
    "rx_hash_index": {"rx_hash_powers": "hash"},
    "tx_hash_index": {"tx_hash_powers": "hash"},
}


def erased(generation: int) -> dict[str, int]:
    """An entry after erase: everything zero but its generation."""
    return dict.fromkeys((*FIELDS, "src_any", "dst_any", "hash"), 0) | {"generation": generation}


@cocotb.test()
async def random_writes_and_reads(dut: Any) -> None:
    """All kinds of writes, all ports reading each cycle; after erase nothing but the generation is left."""
    Clock(dut.clk, 10, "ns").start()
    count = int(dut.SA_COUNT.value)
    stages = int(dut.GHASH_STAGES.value)
    strobes = ("erase", "write_sa", "write_seq_hi_valid", "write_generation_valid", "write_hash")
    for name in (
        *strobes,
        *READS,
        "write_index",
        "write_generation",
        "write_hash_power",
        *(f"write_{f}" for f in FIELDS),
    ):
        getattr(dut, name).value = 0
    await FallingEdge(dut.clk)

    table: list[dict[str, int]] = []
    for index in range(count):
        dut.erase.value = dut.write_generation_valid.value = 1
        dut.write_index.value = index
        dut.write_generation.value = index
        table.append(erased(index))
        await FallingEdge(dut.clk)

    erased_entries = 0
    for _ in range(1200):
        indices = {port: random.randrange(count) for port in READS}
        write_index = random.choice([*indices.values(), random.randrange(count)])
        for port, index in indices.items():
            getattr(dut, port).value = index
        expected = {
            output: table[indices[port]][name] for port, outputs in READS.items() for output, name in outputs.items()
        }
        values = {name: random.choice((0, random.getrandbits(width))) for name, width in FIELDS.items()}
        for name, value in values.items():
            getattr(dut, f"write_{name}").value = value
        dut.write_src_any.value, dut.write_dst_any.value = int(values["src"] == 0), int(values["dst"] == 0)
        power = random.getrandbits(128)
        generation = random.getrandbits(16)
        kind = {name: random.random() < 0.3 for name in strobes}
        kind["erase"] = random.random() < 0.15
        enables = random.getrandbits(stages) if kind["write_hash"] else 0
        for name in strobes:
            getattr(dut, name).value = int(kind[name])
        dut.write_hash.value = enables
        dut.write_index.value = write_index
        dut.write_hash_power.value = power
        dut.write_generation.value = generation

        entry = table[write_index]
        if kind["write_sa"]:
            entry.update(values, src_any=int(values["src"] == 0), dst_any=int(values["dst"] == 0))
        if kind["write_seq_hi_valid"]:
            entry["seq_hi"] = values["seq_hi"]
        for stage in range(stages):
            if enables >> stage & 1:
                entry["hash"] = entry["hash"] & ~((1 << 128) - 1 << 128 * stage) | power << 128 * stage
        if kind["erase"]:
            table[write_index] = entry = erased(entry["generation"])
            erased_entries += 1
        if kind["write_generation_valid"]:
            entry["generation"] = generation

        await FallingEdge(dut.clk)
        for output, value in expected.items():
            assert int(getattr(dut, output).value) == value, output
    assert erased_entries > 100


@pytest.mark.parametrize("sim", SIMULATORS)
def test_sa_store(sim: str) -> None:
    """All cocotb tests of this file."""
    run_cocotb(
        sim=sim,
        toplevel="sa_store",
        sources=["hdl/sa/sa_store.v"],
        test_module="tests.unit.sa_store.test_sa_store",
        parameters={"SA_COUNT": 16, "GHASH_STAGES": 3},
    )
