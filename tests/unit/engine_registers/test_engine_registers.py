# SPDX-License-Identifier: Apache-2.0
"""engine_registers over AXI4-Lite, the capability block octet by octet, and the freshness of the generated files."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from scripts import generate_registers
from tb import engine_registers as reg
from tb.sim import ROOT, SIMULATORS, run_cocotb

SPACE = 1 << 12
COUNTERS = (
    "tx_frames", "tx_protected", "tx_bypassed", "tx_failed_handle", "tx_failed_packet", "tx_failed_length",
    "tx_failed_limit", "tx_failed_sequence",
    "rx_frames", "rx_decrypted", "rx_not_esp", "rx_no_sa", "rx_icv_failed", "rx_syntax_failed", "rx_limit_failed",
    "rx_overflow",
)  # fmt: skip
STAGE_PORTS = {
    "flags": (reg.STAGE_FLAGS,), "sa_flags": (reg.STAGE_SA_FLAGS,), "operation": (reg.STAGE_OPERATION,),
    "spi": (reg.STAGE_SPI,),
    "auth_algorithm": (reg.STAGE_AUTHENTICATION_ALGORITHM,), "enc_algorithm": (reg.STAGE_ENCRYPTION_ALGORITHM,),
    "key_octets": (reg.STAGE_KEY_OCTETS,), "icv_octets": (reg.STAGE_ICV_OCTETS,), "seq_hi": (reg.STAGE_SEQUENCE_HIGH,),
    "udp_encapsulation": (reg.STAGE_UDP_ENCAPSULATION,), "handle": (reg.STAGE_HANDLE,), "salt": (reg.STAGE_SALT,),
    "options": (reg.STAGE_OPTIONS,),
    "limits": tuple(reversed(range(reg.STAGE_SOFT_PACKETS_LO, reg.STAGE_FLAGS, 4))),
    "src": reg.STAGE_SRC, "dst": reg.STAGE_DST, "key": reg.STAGE_KEY,
}  # fmt: skip


async def start(dut: Any) -> AxiLiteMaster:
    """Clock, quiet inputs, reset; the AXI4-Lite master."""
    Clock(dut.clk, 10, "ns").start()
    for name in (*(f"count_{c}" for c in COUNTERS), "count_tx_octets", "count_rx_octets"):
        getattr(dut, name).value = 0
    for name in ("command_done", "command_status", "command_handle", "command_use", "sa_active"):
        getattr(dut, name).value = 0
    for name in ("sa_event_new", "sa_event_handle"):
        getattr(dut, name).value = 0
    dut.rst.value = 1
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
    for _ in range(4):
        await RisingEdge(dut.clk)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    await RisingEdge(dut.clk)
    return master


async def pulse(dut: Any, **values: int) -> None:
    """Inputs high for one cycle, back to zero after it."""
    await FallingEdge(dut.clk)
    for name, value in values.items():
        getattr(dut, name).value = value
    await FallingEdge(dut.clk)
    for name in values:
        getattr(dut, name).value = 0


def staged(dut: Any) -> dict[str, int]:
    """All staging outputs."""
    return {name: int(getattr(dut, f"stage_{name}").value) for name in STAGE_PORTS}


@cocotb.test()
async def identification_and_reset_values(dut: Any) -> None:
    """Every readable register has its documented value after reset, what is write only or unmapped reads as zero."""
    master = await start(dut)
    driven = {
        reg.BUILD_TABLE: int(dut.MAX_KEY_BITS.value) << 16 | min(int(dut.SA_COUNT.value), 65535),
        reg.BUILD_CRYPTO: int(dut.SBOX_STYLE.value) << 16
        | int(dut.GHASH_STAGES.value) << 8
        | int(dut.CYCLES_PER_ROUND.value),
        reg.BUILD_STORE: int(dut.RX_STORE_OCTETS.value),
    }
    by_address = {register.address: register for register in reg.REGISTERS.values()}
    for address in range(0, 0x200, 4):
        value = await master.read_dword(address)
        if address in driven:
            assert value == driven[address], hex(address)
        elif address not in reg.CAPABILITY[5:]:
            register = by_address.get(address)
            assert value == (register.reset & register.readable if register else 0), hex(address)
    assert (await master.read_dword(reg.MAGIC)).to_bytes(4, "big") == b"IPSE"
    assert not (
        int(dut.tx_enable.value) or int(dut.rx_ipv4_enable.value) or int(dut.rx_ipv6_enable.value) or int(dut.irq.value)
    )


@cocotb.test()
async def capability_block_is_the_ndis_structure(dut: Any) -> None:
    """The eight words, little endian, are the 32 octets of NDIS_IPSEC_OFFLOAD_V2 (ndis layout of NDIS 6.1)."""
    master = await start(dut)
    bits = int(dut.MAX_KEY_BITS.value)
    gcm = sum(bit for bit, size in ((0x08, 128), (0x10, 192), (0x20, 256)) if size <= bits)
    flags = (1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1)
    expected = struct.pack("<I11BxIIII", 2, *flags, 3, gcm, gcm | 1, min(int(dut.SA_COUNT.value), 65535))
    words = [await master.read_dword(address) for address in reg.CAPABILITY]
    assert b"".join(word.to_bytes(4, "little") for word in words) == expected
    await master.write(reg.CAPABILITY[0], bytes(range(1, 33)))
    assert await master.read_dword(reg.CAPABILITY[0]) == words[0]


@cocotb.test()
async def staging_and_command(dut: Any) -> None:
    """Words reach their ports in wire order, can not be read, keep still in a command and are cleared after it."""
    master = await start(dut)
    starts: list[int] = []

    async def watch() -> None:
        while True:
            await FallingEdge(dut.clk)
            if int(dut.command_start.value):
                starts.append(int(dut.command_opcode.value))

    cocotb.start_soon(watch())
    for turn in range(3):
        octets = {name: random.randbytes(4 * len(words)) for name, words in STAGE_PORTS.items()}
        for name, words in STAGE_PORTS.items():
            for number, address in enumerate(words):
                await master.write_dword(address, int.from_bytes(octets[name][4 * number : 4 * number + 4], "big"))
        # a write of single octets changes these only; the first one on the bus is the last one of the word
        for lane in range(4):
            for name, words in STAGE_PORTS.items():
                for number, address in enumerate(words):
                    place = 4 * number + 3 - lane
                    octet = bytes([octets[name][place] ^ random.randrange(1, 256)])
                    await master.write(address + lane, octet)
                    octets[name] = octets[name][:place] + octet + octets[name][place + 1 :]
            expected = {name: int.from_bytes(value, "big") for name, value in octets.items()}
            assert staged(dut) == expected, lane
        await master.write(reg.STAGE_SPI + 1, b"\x5a\xa5")
        expected["spi"] = expected["spi"] & 0xFF0000FF | 0xA55A00
        octets["spi"] = expected["spi"].to_bytes(4, "big")
        assert staged(dut) == expected
        seen = b"".join([bytes((await master.read(address, 256)).data) for address in range(0, 0x400, 256)])
        for value in octets.values():
            for word in (value[i : i + 4] for i in range(0, len(value), 4)):
                assert word not in seen and word[::-1] not in seen, "a staged word can be read"

        await master.write_dword(reg.COMMAND, 0x80000001 + turn)
        assert await master.read_dword(reg.COMMAND_STATUS) == reg.COMMAND_STATUS_BUSY_MASK
        assert starts == [0x80000001 + i for i in range(turn + 1)]
        for words in STAGE_PORTS.values():
            await master.write_dword(words[-1], 0xFFFFFFFF)
        assert staged(dut) == expected
        assert await master.read_dword(reg.INTERRUPT_STATUS) == 0
        await master.write_dword(reg.COMMAND, reg.Opcode.RESET)
        assert await master.read_dword(reg.INTERRUPT_STATUS) == reg.INTERRUPT_STATUS_COMMAND_IGNORED_MASK
        assert staged(dut) == expected and len(starts) == turn + 1

        await pulse(
            dut, command_done=1, command_status=reg.CommandStatus.DUPLICATE + turn, command_handle=0x10002 + turn
        )
        await FallingEdge(dut.clk)
        assert not any(staged(dut).values()), "staged words are left after a command"
        status = await master.read_dword(reg.COMMAND_STATUS)
        assert (
            status == reg.COMMAND_STATUS_DONE_MASK | reg.CommandStatus.DUPLICATE + turn << reg.COMMAND_STATUS_CODE_SHIFT
        )
        assert await master.read_dword(reg.RESULT_HANDLE) == 0x10002 + turn
        done = reg.INTERRUPT_STATUS_COMMAND_DONE_MASK | reg.INTERRUPT_STATUS_COMMAND_IGNORED_MASK
        assert await master.read_dword(reg.INTERRUPT_STATUS) == done
        await master.write_dword(reg.INTERRUPT_STATUS, done)
        assert await master.read_dword(reg.COMMAND) == 0
    # no octet enabled: no command
    await master.write(reg.COMMAND, b"")
    assert len(starts) == 3


@cocotb.test()
async def back_to_back_writes_after_a_command(dut: Any) -> None:
    """Writes that follow COMMAND in the very next cycles do not reach the running command."""
    master = await start(dut)
    await master.write_dword(reg.STAGE_SPI, 0x11111111)
    writes = [
        cocotb.start_soon(master.write_dword(address, value))
        for address, value in (
            (reg.COMMAND, 1),
            (reg.STAGE_SPI, 0x22222222),
            (reg.COMMAND, 2),
            (reg.STAGE_KEY[0], 0x33333333),
        )
    ]
    await RisingEdge(dut.command_start)
    await ReadOnly()
    assert int(dut.command_opcode.value) == 1
    for write in writes:
        await write
    assert int(dut.stage_spi.value) == 0x11111111 and int(dut.stage_key.value) == 0
    assert await master.read_dword(reg.INTERRUPT_STATUS) == reg.INTERRUPT_STATUS_COMMAND_IGNORED_MASK


@cocotb.test()
async def enables_and_interrupt(dut: Any) -> None:
    """CONTROL drives its outputs; each event sets its sticky bit, writing 1 clears it alone; irq follows enables."""
    master = await start(dut)
    for value, port in ((1, dut.tx_enable), (2, dut.rx_ipv4_enable), (4, dut.rx_ipv6_enable)):
        await master.write_dword(reg.CONTROL, value)
        assert int(port.value) and await master.read_dword(reg.CONTROL) == value
        assert sum(int(p.value) for p in (dut.tx_enable, dut.rx_ipv4_enable, dut.rx_ipv6_enable)) == 1
    events = {
        "count_tx_failed_handle": reg.INTERRUPT_STATUS_TX_FAILED_MASK,
        "count_tx_failed_packet": reg.INTERRUPT_STATUS_TX_FAILED_MASK,
        "count_tx_failed_length": reg.INTERRUPT_STATUS_TX_FAILED_MASK,
        "count_tx_failed_limit": reg.INTERRUPT_STATUS_TX_FAILED_MASK,
        "count_tx_failed_sequence": reg.INTERRUPT_STATUS_TX_FAILED_MASK,
        "count_rx_overflow": reg.INTERRUPT_STATUS_RX_OVERFLOW_MASK,
        "count_rx_icv_failed": reg.INTERRUPT_STATUS_RX_FAILED_MASK,
        "count_rx_syntax_failed": reg.INTERRUPT_STATUS_RX_FAILED_MASK,
        "count_rx_limit_failed": reg.INTERRUPT_STATUS_RX_FAILED_MASK,
        "sa_event_new": reg.INTERRUPT_STATUS_SA_LIMIT_MASK,
        "command_done": reg.INTERRUPT_STATUS_COMMAND_DONE_MASK,
    }
    for name, mask in events.items():
        await master.write_dword(reg.INTERRUPT_ENABLE, 0x3F & ~mask)
        await pulse(dut, **{name: 1})
        assert await master.read_dword(reg.INTERRUPT_STATUS) == mask, name
        assert not int(dut.irq.value)
        await master.write_dword(reg.INTERRUPT_ENABLE, mask)
        assert int(dut.irq.value)
        await master.write_dword(reg.INTERRUPT_STATUS, 0x3F & ~mask)
        assert await master.read_dword(reg.INTERRUPT_STATUS) == mask
        await master.write_dword(reg.INTERRUPT_STATUS, mask)
        assert await master.read_dword(reg.INTERRUPT_STATUS) == 0 and not int(dut.irq.value)


@cocotb.test()
async def events_are_taken_by_their_handle(dut: Any) -> None:
    """SA_EVENT shows the oldest handle; only writing just this handle takes it, and reading changes nothing."""
    master = await start(dut)
    taken: list[int] = []

    async def watch() -> None:
        while True:
            await FallingEdge(dut.clk)
            if int(dut.sa_event_take.value):
                taken.append(int(dut.sa_event_handle.value))

    cocotb.start_soon(watch())
    dut.sa_event_handle.value = 0x12345678
    for _ in range(2):
        assert await master.read_dword(reg.SA_EVENT) == 0x12345678
    for wrong in (0, 0x12345679, 0x02345678, 0xFFFFFFFF):
        await master.write_dword(reg.SA_EVENT_TAKE, wrong)
    await master.write_dword(reg.SA_EVENT, 0x12345678)
    await master.write(reg.SA_EVENT_TAKE, b"")
    assert taken == [] and await master.read_dword(reg.SA_EVENT_TAKE) == 0
    await master.write_dword(reg.SA_EVENT_TAKE, 0x12345678)
    for _ in range(2):
        await FallingEdge(dut.clk)
    assert taken == [0x12345678]
    # none waits, and none is taken
    dut.sa_event_handle.value = 0
    await master.write_dword(reg.SA_EVENT_TAKE, 0)
    for _ in range(2):
        await FallingEdge(dut.clk)
    assert taken == [0x12345678]


@cocotb.test()
async def use_of_an_sa(dut: Any) -> None:
    """RESULT_PACKETS, _OCTETS and _SEQUENCE show what came with command_done, until the next command starts."""
    master = await start(dut)
    words = [random.getrandbits(32) for _ in range(6)]
    addresses = range(reg.RESULT_PACKETS_LO, reg.SA_EVENT, 4)
    await master.write_dword(reg.COMMAND, reg.Opcode.QUERY_SA)
    await pulse(dut, command_done=1, command_use=sum(word << 32 * number for number, word in enumerate(words)))
    assert [await master.read_dword(address) for address in addresses] == words
    await master.write_dword(reg.COMMAND, reg.Opcode.QUERY_SA)
    assert not any([await master.read_dword(address) for address in addresses])


@cocotb.test()
async def counters(dut: Any) -> None:
    """Each pulse input counts in its own register; octet counters are 64 bits with a consistent read."""
    master = await start(dut)
    expected = dict.fromkeys(COUNTERS, 0)
    octets = {"tx": 0, "rx": 0}
    await FallingEdge(dut.clk)
    for _ in range(100):
        events = {name: random.getrandbits(1) for name in COUNTERS}
        sizes = {side: random.getrandbits(16) for side in octets}
        for name, event in events.items():
            getattr(dut, f"count_{name}").value = event
            expected[name] += event
        for side, size in sizes.items():
            getattr(dut, f"count_{side}_octets").value = size
            octets[side] += size
        await FallingEdge(dut.clk)
    for name in (*(f"count_{c}" for c in COUNTERS), "count_tx_octets", "count_rx_octets"):
        getattr(dut, name).value = 0
    dut.sa_active.value = 0x1234
    for name, value in expected.items():
        assert await master.read_dword(reg.REGISTERS[name.upper()].address) == value, name
    assert await master.read_dword(reg.TX_OCTETS_LO) == octets["tx"]
    assert await master.read_dword(reg.RX_OCTETS_LO) == octets["rx"]
    assert await master.read_dword(reg.SA_ACTIVE) == 0x1234
    for side, low, high in (("tx", reg.TX_OCTETS_LO, reg.TX_OCTETS_HI), ("rx", reg.RX_OCTETS_LO, reg.RX_OCTETS_HI)):
        getattr(dut, f"{side}_octets_reg").value = 0x7_FFFFFF80
        await FallingEdge(dut.clk)
        assert await master.read_dword(low) == 0xFFFFFF80
        await pulse(dut, **{f"count_{side}_octets": 0x90})
        assert await master.read_dword(high) == 7, "HI is not that of the last read of LO"
        assert (await master.read_dword(low), await master.read_dword(high)) == (0x10, 8)
        # the carry comes in any cycle of the read
        for before in range(16):
            getattr(dut, f"{side}_octets_reg").value = 0x8_00000000 - 0x10 * before
            getattr(dut, f"count_{side}_octets").value = 0x10
            got = await master.read_dword(low)
            getattr(dut, f"count_{side}_octets").value = 0
            assert await master.read_dword(high) == (8 if got < 0x80000000 else 7), f"{got:08x}"
    dut.tx_frames_reg.value = 0xFFFFFFFF
    await pulse(dut, count_tx_frames=1)
    assert await master.read_dword(reg.TX_FRAMES) == 0


@cocotb.test()
async def any_access_is_answered(dut: Any) -> None:
    """Random reads and writes anywhere, any octets, with the master's channels stalling: all end with OKAY."""
    master = await start(dut)

    def stall() -> Any:
        while True:
            yield random.random() < 0.5

    for channel in (master.write_if.aw_channel, master.write_if.w_channel, master.read_if.ar_channel):
        channel.set_pause_generator(stall())
    for channel in (master.write_if.b_channel, master.read_if.r_channel):
        channel.set_pause_generator(stall())
    for _ in range(150):
        address = random.randrange(SPACE - 4)
        if random.getrandbits(1):
            assert (await master.write(address, random.randbytes(random.randint(1, 4)))).resp == AxiResp.OKAY
        else:
            assert (await master.read(address, random.randint(1, 4))).resp == AxiResp.OKAY
        if random.random() < 0.1:
            await pulse(dut, command_done=1)
    assert await master.read_dword(reg.MAGIC) == reg.MAGIC_RESET


@pytest.mark.parametrize("key_bits", [128, 256])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_engine_registers(sim: str, key_bits: int) -> None:
    """All cocotb tests of this file; the shorter key and the larger table only change the capabilities."""
    run_cocotb(
        sim=sim,
        toplevel="engine_registers",
        sources=[
            "hdl/registers/engine_registers.v",
            "hdl/registers/axil_slave.v",
            "hdl/registers/ipsec_engine_registers.sv",
        ],
        test_module="tests.unit.engine_registers.test_engine_registers",
        parameters={"MAX_KEY_BITS": key_bits, "SA_COUNT": 64 if key_bits == 256 else 65536},
        testcase=None
        if key_bits == 256
        else ["identification_and_reset_values", "capability_block_is_the_ndis_structure"],
    )


def test_generated_files_are_fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is committed is what the generators make; a changed or missing file is noticed and named."""
    files = generate_registers.generate()
    assert generate_registers.stale(files) == []
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    assert generate_registers.stale(files, tmp_path) == []
    changed, missing = generate_registers.PYTHON, generate_registers.MARKDOWN
    (tmp_path / changed).write_text(files[changed] + "#\n", encoding="utf-8")
    (tmp_path / missing).unlink()
    assert set(generate_registers.stale(files, tmp_path)) == {changed, missing}
    assert generate_registers.main(["--check"]) == 0
    assert not any(str(ROOT) in text for text in files.values())
    assert capsys.readouterr().out == ""


def test_version_is_that_of_the_project() -> None:
    """VERSION and pyproject.toml agree."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    value = reg.VERSION_RESET
    parts = [
        (value & reg.VERSION_MAJOR_MASK) >> reg.VERSION_MAJOR_SHIFT,
        (value & reg.VERSION_MINOR_MASK) >> reg.VERSION_MINOR_SHIFT,
        (value & reg.VERSION_PATCH_MASK) >> reg.VERSION_PATCH_SHIFT,
    ]
    assert ".".join(map(str, parts)) == project


def test_c_header_compiles(tmp_path: Path) -> None:
    """The C header is valid C11, and its addresses are those of its structure."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    prefix = generate_registers.BLOCK.upper()
    checks = "\n".join(
        f'_Static_assert(offsetof({prefix.lower()}_t, {name}) == {prefix}__{name}_address, "{name}");'
        for name in reg.REGISTERS
    )
    source = tmp_path / "check.c"
    source.write_text(
        f'#include <stddef.h>\n#include "{generate_registers.C_HEADER.name}"\n{checks}\n', encoding="utf-8"
    )
    include = ROOT / generate_registers.C_HEADER.parent
    subprocess.run([compiler, "-std=c11", "-Wall", "-Werror", f"-I{include}", "-fsyntax-only", str(source)], check=True)
