# SPDX-License-Identifier: Apache-2.0
"""The SA table as a whole (sa_table and all below it), with sa_cam and with sa_hash: commands, searches, erasure.

The AES pipe that makes H is played by a coroutine; inputs change and outputs are read at the falling edge of the clock.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, with_timeout

from models.crypto import aes_ecb, hash_powers
from tb.engine_registers import CommandStatus, Opcode
from tb.sim import SIMULATORS, run_cocotb

LATENCY = int(os.environ.get("LATENCY", "4"))
ENTRIES = 16
STAGES = 4
GCM = {16: 0x08, 24: 0x10, 32: 0x20}
SECRET_MEMORIES = ("cipher", "hash")
MEMORIES = (*SECRET_MEMORIES, "match", "policy", "seq_hi")


@dataclass(frozen=True)
class Sa:
    """An SA as staged: addresses are 128-bit blocks, key without salt."""

    spi: int
    key: bytes = field(default_factory=lambda: random.randbytes(16))
    salt: int = field(default_factory=lambda: random.getrandbits(32))
    inbound: bool = True
    ipv6: bool = False
    esn: bool = False
    gmac: bool = False
    icv: int = 16
    seq_hi: int = 0
    udp: int = 0
    src: int = 0
    dst: int = 0

    def staged(self) -> dict[str, int]:
        """The words of the staging window."""
        algorithm = GCM[len(self.key)]
        return {
            "flags": int(self.inbound) | int(self.ipv6) << 4,
            "sa_flags": int(self.esn),
            "operation": 2,
            "spi": self.spi,
            "auth_algorithm": algorithm if self.gmac else 0,
            "enc_algorithm": 1 if self.gmac else algorithm,
            "key_octets": len(self.key) + 4,
            "icv_octets": self.icv,
            "seq_hi": self.seq_hi,
            "udp_encapsulation": self.udp,
            "salt": self.salt,
            "src": self.src,
            "dst": self.dst,
            # octets beyond the key are ignored
            "key": int.from_bytes(self.key + random.randbytes(32 - len(self.key)), "big"),
        }

    def collides(self, other: Sa) -> bool:
        """True for the same uniqueness key (architecture.md section 4)."""
        same = (self.inbound, self.spi, self.ipv6) == (other.inbound, other.spi, other.ipv6)
        return same and (self.dst == other.dst or not self.dst or not other.dst)

    def receives(self, spi: int, ipv6: bool, udp: bool, dst: int, src: int) -> bool:
        """True where a received packet belongs to this SA (rule R1)."""
        return (
            (self.inbound, self.spi, self.ipv6, self.udp != 0) == (True, spi, ipv6, udp)
            and self.dst in (0, dst)
            and self.src in (0, src)
        )


def ipv4(text: str) -> int:
    """Dotted address as block."""
    return int.from_bytes(bytes(int(part) for part in text.split(".")), "big") << 96


class Table:
    """Drives sa_table: commands, searches, and the AES pipe that answers h_req."""

    WORDS = (
        "flags", "sa_flags", "operation", "spi", "auth_algorithm", "enc_algorithm", "key_octets", "icv_octets",
        "seq_hi", "udp_encapsulation", "handle", "salt", "src", "dst", "key", "options", "limits",
    )  # fmt: skip

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.running = False
        self.h_requests = 0
        self.h_delay: Callable[[], int] = lambda: random.randrange(3)

    async def start(self, settle: bool = True) -> None:
        """Clock, reset, the AES pipe; with ``settle`` until the first erasure has ended. May be called again."""
        dut = self.dut
        if not self.running:
            Clock(dut.clk, 10, "ns").start()
        for word in self.WORDS:
            getattr(dut, f"stage_{word}").value = 0
        for name in (
            "command_start", "command_opcode", "h_req_ready", "h_rsp_valid", "h_rsp_block", "rx_search_valid",
            "rx_search_spi", "rx_search_ipv6", "rx_search_udp", "rx_search_dst", "rx_search_src", "rx_retire_valid",
            "rx_retire_epoch", "tx_lookup_valid", "tx_lookup_handle", "tx_retire_valid", "tx_retire_epoch",
            "tx_cipher_index", "rx_cipher_index", "tx_hash_index", "rx_hash_index", "tx_usage_index", "rx_usage_index",
            "tx_use_valid", "rx_use_valid", "event_take",
        ):  # fmt: skip
            getattr(dut, name).value = 0
        dut.rst.value = 1
        await self.cycles(3)
        dut.rst.value = 0
        if not self.running:
            cocotb.start_soon(self.answer_h())
            self.running = True
        if settle:
            await self.cycles(int(dut.SA_COUNT.value) + 4)

    async def cycles(self, count: int = 1) -> None:
        """Wait for falling edges."""
        for _ in range(count):
            await FallingEdge(self.dut.clk)

    async def answer_h(self) -> None:
        """H = E_K(0) for each request, after random delays."""
        dut = self.dut
        while True:
            while dut.rst.value != 0 or dut.h_req_valid.value != 1:
                await RisingEdge(dut.h_req_valid)
                await FallingEdge(dut.clk)
            await self.cycles(self.h_delay())
            octets = (16, 24, 32)[int(dut.h_req_key_size.value)]
            key = int(dut.h_req_key.value).to_bytes(32, "big")
            assert not any(key[octets:]), "unused key bits are not zero"
            dut.h_req_ready.value = 1
            await self.cycles(1)
            dut.h_req_ready.value = 0
            self.h_requests += 1
            await self.cycles(self.h_delay())
            dut.h_rsp_valid.value = 1
            dut.h_rsp_block.value = int.from_bytes(aes_ecb(key[:octets], bytes(16)), "big")
            await self.cycles(1)
            dut.h_rsp_valid.value = 0
            dut.h_rsp_block.value = 0

    def stage(self, words: dict[str, int]) -> None:
        """Put words on the staging ports, all others zero."""
        for word in self.WORDS:
            getattr(self.dut, f"stage_{word}").value = words.get(word, 0)

    async def begin(self, opcode: int, words: dict[str, int]) -> None:
        """Start a command: its start pulse is over on return."""
        self.stage(words)
        self.dut.command_opcode.value = opcode
        self.dut.command_start.value = 1
        await self.cycles(1)
        self.dut.command_start.value = 0

    async def end(self) -> tuple[CommandStatus, int]:
        """Wait for the end of a command: status and handle; the staging ports go to zero as the registers do it."""
        if not int(self.dut.command_done.value):
            await with_timeout(RisingEdge(self.dut.command_done), 100, "us")
            await FallingEdge(self.dut.clk)
        result = CommandStatus(int(self.dut.command_status.value)), int(self.dut.command_handle.value)
        await self.cycles(1)
        self.stage({})
        assert not int(self.dut.command_done.value)
        assert self.left_overs() == 0, "a copy of H is left in the command engine"
        return result

    async def command(self, opcode: int, words: dict[str, int]) -> tuple[CommandStatus, int]:
        """A whole command."""
        await self.begin(opcode, words)
        return await self.end()

    async def add(self, sa: Sa) -> int:
        """ADD_SA that must succeed; the handle."""
        status, handle = await self.command(Opcode.ADD_SA, sa.staged())
        assert status == CommandStatus.OK and handle >> 16, (status, handle)
        assert handle & 0xFFFF < int(self.dut.SA_COUNT.value)
        return handle

    async def delete(self, handle: int) -> CommandStatus:
        """DELETE_SA."""
        status, result = await self.command(Opcode.DELETE_SA, {"handle": handle})
        assert result == 0
        return status

    def left_overs(self) -> int:
        """Bits of H or its powers in the registers of the command engine."""
        command = self.dut.command_inst
        return sum(
            int(register.value)
            for register in (
                command.h_reg,
                command.multiply_inst.product,
                command.multiply_inst.a_reg,
            )
        )

    def memories(self) -> dict[str, list[int]]:
        """Contents of the memories that an SA fills."""
        store = self.dut.store_inst
        return {name: [int(getattr(store, name)[i].value) for i in range(ENTRIES)] for name in MEMORIES}

    async def search(self, spi: int, ipv6: bool, udp: bool, dst: int, src: int, retire: bool = True) -> dict[str, int]:
        """One receive search: the found_* outputs."""
        dut = self.dut
        dut.rx_search_valid.value = 1
        for name, value in (("spi", spi), ("ipv6", int(ipv6)), ("udp", int(udp)), ("dst", dst), ("src", src)):
            getattr(dut, f"rx_search_{name}").value = value
        await self.cycles(1)
        dut.rx_search_valid.value = 0
        return await self.found("rx", retire)

    async def lookup(self, handle: int, retire: bool = True) -> dict[str, int]:
        """One transmit lookup: the found_* outputs."""
        self.dut.tx_lookup_valid.value = 1
        self.dut.tx_lookup_handle.value = handle
        await self.cycles(1)
        self.dut.tx_lookup_valid.value = 0
        return await self.found("tx", retire)

    async def found(self, side: str, retire: bool) -> dict[str, int]:
        """The result of a search that went in one cycle ago, its latency, its zeros in a miss."""
        names = ["hit", "epoch", "gmac", "esn", "seq_hi", "icv_words", "udp_type"]
        names += ["handle"] if side == "rx" else ["spi", "ipv6"]
        for _ in range(LATENCY - 1):
            assert not int(getattr(self.dut, f"{side}_found_valid").value)
            await self.cycles(1)
        assert int(getattr(self.dut, f"{side}_found_valid").value)
        result = {name: int(getattr(self.dut, f"{side}_found_{name}").value) for name in names}
        if not result["hit"]:
            assert not any(result.values()), result
        elif retire:
            await self.retire(side, result["epoch"])
        return result

    async def retire(self, side: str, epoch: int) -> None:
        """A frame has left."""
        getattr(self.dut, f"{side}_retire_valid").value = 1
        getattr(self.dut, f"{side}_retire_epoch").value = epoch
        await self.cycles(1)
        getattr(self.dut, f"{side}_retire_valid").value = 0

    async def check_secrets(self, handle: int, sa: Sa) -> None:
        """Key, salt and powers of H are at the secret ports one cycle after the index."""
        index = handle & 0xFFFF
        h = int.from_bytes(aes_ecb(sa.key, bytes(16)), "big")
        powers = sum(power << 128 * number for number, power in enumerate(hash_powers(h, STAGES)))
        for side in ("tx", "rx"):
            getattr(self.dut, f"{side}_cipher_index").value = index
            getattr(self.dut, f"{side}_hash_index").value = index
        await self.cycles(1)
        for side in ("tx", "rx"):
            assert int(getattr(self.dut, f"{side}_cipher_key").value) == int.from_bytes(sa.key.ljust(32, b"\0"), "big")
            assert int(getattr(self.dut, f"{side}_cipher_key_size").value) == len(sa.key) // 8 - 2
            assert int(getattr(self.dut, f"{side}_cipher_salt").value) == sa.salt
            assert int(getattr(self.dut, f"{side}_hash_powers").value) == powers

    async def check_lookups(self, handle: int, sa: Sa) -> None:
        """The SA is found with its policy by the side it belongs to, and by no other."""
        policy = {"hit": 1, "gmac": int(sa.gmac), "esn": int(sa.esn), "seq_hi": sa.seq_hi}
        policy |= {"icv_words": sa.icv // 4, "udp_type": sa.udp}
        dst, src = sa.dst or ipv4("9.9.9.9"), sa.src or ipv4("8.8.8.8")
        received = await self.search(sa.spi, sa.ipv6, sa.udp != 0, dst, src)
        sent = await self.lookup(handle)
        if sa.inbound:
            assert received == policy | {"handle": handle, "epoch": received["epoch"]}
            assert not sent["hit"]
        else:
            assert sent == policy | {"spi": sa.spi, "ipv6": int(sa.ipv6), "epoch": sent["epoch"]}


def random_sa() -> Sa:
    """An SA out of few SPIs and addresses, so that some collide."""
    ipv6 = random.random() < 0.4
    gmac = random.random() < 0.3
    if ipv6:
        addresses = [0, 0x20010DB8 << 96 | 1, 0x20010DB8 << 96 | 2, 0x20010DB8 << 96 | 1 << 64 | 2]
    else:
        addresses = [0, ipv4("10.0.0.1"), ipv4("10.0.0.2"), ipv4("192.0.2.1")]
    esn = random.random() < 0.5
    return Sa(
        spi=random.choice((0x1000, 0x1001, 0x80001000, 0x77)),
        key=random.randbytes(random.choice((16, 24, 32))),
        inbound=random.random() < 0.6,
        ipv6=ipv6,
        esn=esn,
        gmac=gmac,
        icv=16 if gmac else random.choice((8, 12, 16)),
        seq_hi=random.getrandbits(32),
        udp=random.choice((0, 0, 1, 2)),
        src=random.choice(addresses),
        dst=random.choice(addresses),
    )


@cocotb.test()
async def power_up_erases(dut: Any) -> None:
    """After reset every memory is overwritten; a command given meanwhile waits for that and then works."""
    table = Table(dut)
    await table.start(settle=False)
    sa = Sa(0x1234)
    await table.begin(Opcode.ADD_SA, sa.staged())
    await table.cycles(ENTRIES + 2)
    assert all(not any(words) for words in table.memories().values())
    assert all(int(dut.store_inst.generation[i].value) == 0 for i in range(ENTRIES))
    status, handle = await table.end()
    assert (status, handle) == (CommandStatus.OK, 0x00010000)
    await table.check_lookups(handle, sa)
    await table.check_secrets(handle, sa)


@cocotb.test()
async def random_commands_and_searches(dut: Any) -> None:
    """Add, delete, update and search at random against a Python table."""
    table = Table(dut)
    await table.start()
    known: dict[int, Sa] = {}
    stale: list[int] = []
    outcomes: dict[CommandStatus, int] = {}
    for _ in range(130):
        kind = random.random()
        if kind < 0.6:
            sa = random_sa()
            status, handle = await table.command(Opcode.ADD_SA, sa.staged())
            if any(sa.collides(other) for other in known.values()):
                assert status == CommandStatus.DUPLICATE
            elif len(known) == ENTRIES:
                assert status == CommandStatus.TABLE_FULL
            else:
                assert status == CommandStatus.OK and handle not in stale
                known[handle] = sa
                await table.check_secrets(handle, sa)
                await table.check_lookups(handle, sa)
            assert (handle != 0) == (status == CommandStatus.OK)
        elif kind < 0.8:
            handle = random.choice([*known, *stale, 0, 0x00010000 | ENTRIES])
            status = await table.delete(handle)
            assert status == (CommandStatus.OK if handle in known else CommandStatus.UNKNOWN_HANDLE)
            if known.pop(handle, None):
                stale.append(handle)
                memories = table.memories()
                assert not any(memories[name][handle & 0xFFFF] for name in MEMORIES)
        else:
            handle = random.choice([*known, *stale, 0])
            sa = known.get(handle, Sa(1))
            spi = sa.spi if random.random() < 0.8 else sa.spi ^ 1 << random.randrange(32)
            words = {"handle": handle, "spi": spi, "seq_hi": random.getrandbits(32)}
            status, result = await table.command(Opcode.UPDATE_SA, words)
            assert result == 0
            if handle not in known:
                assert status == CommandStatus.UNKNOWN_HANDLE
            elif spi != sa.spi:
                assert status == CommandStatus.SPI_MISMATCH
            elif not sa.esn:
                assert status == CommandStatus.NOT_ESN
            else:
                assert status == CommandStatus.OK
                known[handle] = replace(sa, seq_hi=words["seq_hi"])
        outcomes[status] = outcomes.get(status, 0) + 1
        assert int(dut.sa_active.value) == len(known)
        probe = random_sa()
        packet = (probe.spi, probe.ipv6, probe.udp != 0, probe.dst or ipv4("7.7.7.7"), probe.src or ipv4("6.6.6.6"))
        found = await table.search(*packet)
        matching = [handle for handle, sa in known.items() if sa.receives(*packet)]
        assert found["hit"] == len(matching), (packet, matching)
        if matching:
            assert found["handle"] == matching[0] and found["seq_hi"] == known[matching[0]].seq_hi
        for handle in random.sample(stale, min(2, len(stale))):
            assert not (await table.lookup(handle))["hit"]
        if known:
            handle = random.choice(list(known))
            sa = known[handle]
            sent = await table.lookup(handle)
            assert sent["hit"] == (not sa.inbound) and (sa.inbound or sent["seq_hi"] == sa.seq_hi)
    for handle, sa in known.items():
        await table.check_secrets(handle, sa)
    assert outcomes.keys() >= {CommandStatus.OK, CommandStatus.DUPLICATE, CommandStatus.UNKNOWN_HANDLE}, outcomes


REFUSED: list[tuple[CommandStatus, dict[str, int]]] = [
    (CommandStatus.MALFORMED_FLAGS, {"flags": 0x2}),
    (CommandStatus.MALFORMED_FLAGS, {"flags": 0x80000001}),
    (CommandStatus.MALFORMED_FLAGS, {"sa_flags": 0x2}),
    (CommandStatus.MALFORMED_FLAGS, {"flags": 0x20, "operation": 0, "spi": 0}),
    (CommandStatus.MALFORMED_OPERATION, {"operation": 0}),
    (CommandStatus.MALFORMED_OPERATION, {"operation": 3, "spi": 0}),
    (CommandStatus.MALFORMED_OPERATION, {"operation": 0x102}),
    (CommandStatus.UNSUPPORTED_OPERATION, {"operation": 1, "auth_algorithm": 2, "enc_algorithm": 0, "spi": 0}),
    (CommandStatus.MALFORMED_SPI, {"spi": 0, "udp_encapsulation": 3}),
    (CommandStatus.MALFORMED_UDP, {"udp_encapsulation": 3}),
    (CommandStatus.MALFORMED_UDP, {"udp_encapsulation": 0x10000}),
    (CommandStatus.UNSUPPORTED_UDP, {"udp_encapsulation": 4, "enc_algorithm": 0}),
    (CommandStatus.UNSUPPORTED_UDP, {"udp_encapsulation": 8}),
    (CommandStatus.MALFORMED_FLAGS, {"options": 2}),
    (CommandStatus.MALFORMED_FLAGS, {"options": 0x80000001, "flags": 0}),
    (CommandStatus.MALFORMED_FLAGS, {"options": 1}),
    (CommandStatus.MALFORMED_ALGORITHM, {"enc_algorithm": 0}),
    (CommandStatus.MALFORMED_ALGORITHM, {"enc_algorithm": 0, "auth_algorithm": 8}),
    (CommandStatus.MALFORMED_ALGORITHM, {"enc_algorithm": 1, "auth_algorithm": 0}),
    (CommandStatus.MALFORMED_ALGORITHM, {"enc_algorithm": 8, "auth_algorithm": 8}),
    (CommandStatus.MALFORMED_ALGORITHM, {"enc_algorithm": 8, "auth_algorithm": 4}),
    (CommandStatus.MALFORMED_ALGORITHM, {"enc_algorithm": 0x18}),
    (CommandStatus.MALFORMED_ALGORITHM, {"enc_algorithm": 1, "auth_algorithm": 0x30}),
    (CommandStatus.UNSUPPORTED_ALGORITHM, {"enc_algorithm": 0x40}),
    (CommandStatus.UNSUPPORTED_ALGORITHM, {"enc_algorithm": 0x40, "auth_algorithm": 4}),
    (CommandStatus.UNSUPPORTED_ALGORITHM, {"enc_algorithm": 1, "auth_algorithm": 2, "key_octets": 0}),
    (CommandStatus.UNSUPPORTED_ALGORITHM, {"enc_algorithm": 0x40, "auth_algorithm": 8}),
    (CommandStatus.UNSUPPORTED_ALGORITHM, {"enc_algorithm": 0x80000000}),
    (CommandStatus.MALFORMED_KEY_LENGTH, {"key_octets": 16}),
    (CommandStatus.MALFORMED_KEY_LENGTH, {"key_octets": 28}),
    (CommandStatus.MALFORMED_KEY_LENGTH, {"key_octets": 0x114}),
    (CommandStatus.MALFORMED_KEY_LENGTH, {"enc_algorithm": 0x20, "key_octets": 20, "icv_octets": 0}),
    (CommandStatus.MALFORMED_ICV_LENGTH, {"icv_octets": 0}),
    (CommandStatus.MALFORMED_ICV_LENGTH, {"icv_octets": 4}),
    (CommandStatus.MALFORMED_ICV_LENGTH, {"icv_octets": 15}),
    (CommandStatus.MALFORMED_ICV_LENGTH, {"icv_octets": 0x110}),
    (CommandStatus.MALFORMED_ICV_LENGTH, {"enc_algorithm": 1, "auth_algorithm": 8, "icv_octets": 12}),
]


@cocotb.test()
async def refused_requests_leave_nothing(dut: Any) -> None:
    """Each refusal has its own status, in the documented order, writes no memory and asks for no H."""
    table = Table(dut)
    await table.start()
    await table.add(Sa(0x55, inbound=False))
    before = table.memories()
    requests = table.h_requests
    good = Sa(0x1000, dst=ipv4("10.0.0.2")).staged()
    for expected, change in REFUSED:
        status, handle = await table.command(Opcode.ADD_SA, good | change)
        assert (status, handle) == (expected, 0), (change, status, expected)
    for opcode in (0, 6, 0x101, 0x80000001):
        assert await table.command(opcode, good) == (CommandStatus.UNKNOWN_COMMAND, 0)
    assert table.memories() == before and table.h_requests == requests and int(dut.sa_active.value) == 1
    status, handle = await table.command(Opcode.ADD_SA, good)
    assert status == CommandStatus.OK and handle


@cocotb.test()
async def duplicates_and_wildcards(dut: Any) -> None:
    """The uniqueness key: direction, SPI, IP version, destination; wildcards collide with all; so do equal digests."""
    table = Table(dut)
    await table.start()
    one, two = ipv4("10.0.0.1"), ipv4("10.0.0.2")
    first = await table.add(Sa(0x1000, dst=one))
    refused = [Sa(0x1000, dst=one), Sa(0x1000, dst=one, src=two), Sa(0x1000, dst=one, udp=1, gmac=True), Sa(0x1000)]
    for sa in refused:
        assert await table.command(Opcode.ADD_SA, sa.staged()) == (CommandStatus.DUPLICATE, 0)
    # words 1 to 3 of an IPv4 address do not count
    assert (await table.command(Opcode.ADD_SA, Sa(0x1000, dst=one | 5).staged()))[0] == CommandStatus.DUPLICATE
    handles = [
        await table.add(sa)
        for sa in (
            Sa(0x1000, dst=two),
            Sa(0x1001, dst=one),
            Sa(0x1000, dst=one, inbound=False),
            Sa(0x1000, dst=one, ipv6=True),
        )
    ]
    # a wildcard meets several entries and is met by each
    assert (await table.command(Opcode.ADD_SA, Sa(0x1000).staged()))[0] == CommandStatus.DUPLICATE
    wildcard = await table.add(Sa(0x2000))
    assert (await table.command(Opcode.ADD_SA, Sa(0x2000, dst=two).staged()))[0] == CommandStatus.DUPLICATE
    assert (await table.command(Opcode.ADD_SA, Sa(0x2000).staged()))[0] == CommandStatus.DUPLICATE
    assert await table.delete(wildcard) == CommandStatus.OK
    handles.append(await table.add(Sa(0x2000, dst=two)))
    # two IPv6 destinations with one digest: word 0 and word 1 rotated by 7 cancel
    six = 0x20010DB8 << 96
    assert await table.add(Sa(0x3000, ipv6=True, dst=six))
    twin = six ^ 0x80 << 96 ^ 0x1 << 64
    assert await table.command(Opcode.ADD_SA, Sa(0x3000, ipv6=True, dst=twin).staged()) == (CommandStatus.COLLISION, 0)
    assert (await table.search(0x3000, True, False, six, 1))["hit"]
    assert not (await table.search(0x3000, True, False, twin, 1))["hit"]
    assert len({first, wildcard, *handles}) == 2 + len(handles)


@cocotb.test()
async def duplicate_search_waits_for_receive_searches(dut: Any) -> None:
    """A search in every cycle: ADD_SA waits for a free one, then finds its duplicate; no receive search is harmed."""
    table = Table(dut)
    await table.start()
    sa, other = Sa(0x1000, dst=ipv4("10.0.0.1")), Sa(0x2000, dst=ipv4("10.0.0.1"))
    await table.add(sa)
    handle = await table.add(other)
    dut.rx_search_spi.value, dut.rx_search_dst.value = other.spi, other.dst
    dut.rx_search_valid.value = 1
    await table.cycles(LATENCY)
    await table.begin(Opcode.ADD_SA, sa.staged())
    for _ in range(40):
        await table.cycles(1)
        assert int(dut.rx_found_handle.value) == handle and not int(dut.command_done.value)
    dut.rx_search_valid.value = 0
    await table.cycles(1)
    dut.rx_search_valid.value = 1
    assert await table.end() == (CommandStatus.DUPLICATE, 0)
    await table.cycles(LATENCY)
    assert int(dut.rx_found_handle.value) == handle


@cocotb.test()
async def full_table(dut: Any) -> None:
    """SA_COUNT SAs fit, the next is refused; after a DELETE one more fits and the old handle stays unknown."""
    table = Table(dut)
    await table.start()
    sas = [Sa(0x100 + number, inbound=bool(number & 1), dst=ipv4("10.1.1.1")) for number in range(ENTRIES)]
    handles = [await table.add(sa) for sa in sas]
    assert len({handle & 0xFFFF for handle in handles}) == ENTRIES == int(dut.sa_active.value)
    before = table.memories()
    assert await table.command(Opcode.ADD_SA, Sa(0x999).staged()) == (CommandStatus.TABLE_FULL, 0)
    assert (await table.command(Opcode.ADD_SA, sas[3].staged()))[0] == CommandStatus.DUPLICATE
    assert table.memories() == before
    for handle, sa in zip(handles, sas, strict=True):
        await table.check_lookups(handle, sa)
    victim = random.randrange(ENTRIES)
    assert await table.delete(handles[victim]) == CommandStatus.OK
    new = await table.add(Sa(0x999, inbound=False))
    assert new & 0xFFFF == victim and new >> 16 == (handles[victim] >> 16) + 1
    assert not (await table.lookup(handles[victim]))["hit"]
    assert (await table.lookup(new))["hit"]
    assert await table.delete(handles[victim]) == CommandStatus.UNKNOWN_HANDLE


@cocotb.test()
async def last_entries(dut: Any) -> None:
    """The entries with the highest numbers, then entry 0 again; the table is full when the 16 bits of sa_active are."""
    table = Table(dut)
    await table.start()
    size = int(dut.SA_COUNT.value)
    dut.free_list_inst.read_ptr_reg.value = size - 3
    await table.cycles(3)
    sas = [Sa(0x1000 + number, inbound=bool(number & 1), dst=ipv4("10.1.1.1")) for number in range(5)]
    added = [await table.add(sa) for sa in sas]
    assert [handle & 0xFFFF for handle in added] == [size - 3, size - 2, size - 1, 0, 1]
    for handle, sa in zip(added, sas, strict=True):
        await table.check_lookups(handle, sa)
        await table.check_secrets(handle, sa)
    assert await table.delete(added[2]) == CommandStatus.OK
    assert not (await table.lookup(added[2]))["hit"]
    await table.check_lookups(added[3], sas[3])
    dut.command_inst.active_reg.value = min(size, 65535) - 1
    await table.cycles(1)
    await table.add(Sa(0x2000))
    assert int(dut.sa_active.value) == min(size, 65535)
    assert await table.command(Opcode.ADD_SA, Sa(0x2001).staged()) == (CommandStatus.TABLE_FULL, 0)


_BY_BUCKETS: dict[tuple[int, int], list[Sa]] = {}


async def sas_by_buckets(table: Table) -> dict[tuple[int, int], list[Sa]]:
    """SAs that differ in their destination, by the two buckets of their exact key: 25 of (3, 5), some of any other."""
    dut = table.dut
    exact = dut.hash.hash_inst.exact_inst
    dut.rx_search_spi.value = 0x1000
    address = 0x0A000000
    while len(_BY_BUCKETS.get((3, 5), ())) < 25:
        address += 1
        dut.rx_search_valid.value = 1
        dut.rx_search_dst.value = address << 96
        await table.cycles(1)
        buckets = int(exact.search_bucket_0.value), int(exact.search_bucket_1.value)
        _BY_BUCKETS.setdefault(buckets, []).append(Sa(0x1000, dst=address << 96))
    dut.rx_search_valid.value = 0
    await table.cycles(LATENCY + 1)
    return _BY_BUCKETS


@cocotb.test(skip="COLLIDE" not in os.environ)
async def each_entry_can_move(dut: Any) -> None:
    """Two full buckets, and one of their eight entries has a place in its other bucket: that one moves."""
    table = Table(dut)
    await table.start()
    sas = await sas_by_buckets(table)
    for bank in (0, 1):
        for way in range(4):
            # buckets 3 and 5 are those of the new entry; the one that may move has 7 for its other bucket
            movable = sas[(3, 7) if bank == 0 else (7, 5)][0]
            blockers = sas[(9, 7) if bank == 0 else (7, 9)][:8]
            blocking = [await table.add(sa) for sa in blockers]
            handles: dict[int, Sa] = {}
            for sa in sas[3, 5][: 2 * way + bank]:  # they go to bank 0 and bank 1 in turn
                handles[await table.add(sa)] = sa
            handles[await table.add(movable)] = movable
            for handle in blocking:
                assert await table.delete(handle) == CommandStatus.OK
            for sa in sas[3, 5][2 * way + bank : 7]:
                handles[await table.add(sa)] = sa
            exact = dut.hash.hash_inst.exact_inst
            new = sas[3, 5][7]
            handles[await table.add(new)] = new
            assert (int(exact.victim_bank_reg.value), int(exact.victim_way_reg.value)) == (bank, way)
            assert int(exact.overflow_valid.value) == 0
            for handle, sa in handles.items():
                await table.check_lookups(handle, sa)
            for handle in handles:
                assert await table.delete(handle) == CommandStatus.OK
            for sa in handles.values():
                assert not (await table.search(0x1000, False, False, sa.dst, 1))["hit"]


@cocotb.test(skip="COLLIDE" not in os.environ)
async def keys_made_to_collide(dut: Any) -> None:
    """SAs of the same two buckets fill these and the overflow CAM; the next is refused, nothing else suffers."""
    table = Table(dut)
    await table.start()
    chosen = (await sas_by_buckets(table))[3, 5]  # 2 buckets of 4, 16 in the CAM, one too many
    longest = 0

    async def watch() -> None:
        nonlocal longest
        cycles = 0
        while True:
            await FallingEdge(dut.clk)
            cycles = cycles + 1 if int(dut.hash.hash_inst.exact_inst.busy.value) else 0
            longest = max(longest, cycles)

    cocotb.start_soon(watch())
    added = [await table.add(sa) for sa in chosen[:24]]
    before = table.memories()
    assert await table.command(Opcode.ADD_SA, chosen[24].staged()) == (CommandStatus.TABLE_FULL, 0)
    assert table.memories() == before and int(dut.sa_active.value) == 24
    assert longest == 54, "the longest search for a place, of at most 60 cycles"
    other = Sa(0x1000, dst=ipv4("192.0.2.1"))
    await table.check_lookups(await table.add(other), other)
    for handle, sa in zip(added, chosen[:24], strict=True):
        await table.check_lookups(handle, sa)
        assert (await table.command(Opcode.ADD_SA, sa.staged()))[0] == CommandStatus.DUPLICATE
    assert not (await table.search(0x1000, False, False, chosen[24].dst, 1))["hit"]
    # of the buckets, of the CAM, and at once all others
    for place in (2, 23):
        assert await table.delete(added[place]) == CommandStatus.OK
        assert not int(dut.hash.hash_inst.busy.value), "DELETE_SA ended before the search had forgotten the entry"
        assert not (await table.search(0x1000, False, False, chosen[place].dst, 1))["hit"]
        new = await table.add(chosen[24])
        await table.check_lookups(new, chosen[24])
        assert await table.delete(new) == CommandStatus.OK
        added[place] = await table.add(chosen[place])
    for handle in added:
        assert await table.delete(handle) == CommandStatus.OK
    wildcard = Sa(0x1000)
    assert (await table.command(Opcode.ADD_SA, wildcard.staged()))[0] == CommandStatus.DUPLICATE
    for sa in chosen[:24]:
        assert not (await table.search(0x1000, False, False, sa.dst, 1))["hit"]


@cocotb.test()
async def handles(dut: Any) -> None:
    """Index out of range, wrong generation, wrong direction: a miss; the generation skips 0 when it wraps."""
    table = Table(dut)
    await table.start()
    out = await table.add(Sa(0x10, inbound=False))
    into = await table.add(Sa(0x11))
    assert (await table.lookup(out))["hit"]
    for handle in (0, out & 0xFFFF, into, out ^ 0x10000, out | 0x8000, out + ENTRIES, out | 0xFFFF, out ^ 1):
        assert not (await table.lookup(handle))["hit"], hex(handle)
        if handle != into:
            assert await table.delete(handle) == CommandStatus.UNKNOWN_HANDLE
    for index in range(ENTRIES):
        if index not in (out & 0xFFFF, into & 0xFFFF):
            dut.store_inst.generation[index].value = 0xFFFF
    await table.cycles(1)
    wrapped = await table.add(Sa(0x12, inbound=False))
    assert wrapped >> 16 == 1
    assert (await table.lookup(wrapped))["hit"] and not (await table.lookup(0xFFFF << 16 | wrapped & 0xFFFF))["hit"]


@cocotb.test()
async def delete_waits_for_frames_in_flight(dut: Any) -> None:
    """A deleted SA is missed at once, frames in flight keep its secrets, then they are gone; others go on."""
    table = Table(dut)
    await table.start()
    for inbound in (True, False):
        side = "rx" if inbound else "tx"
        sa = Sa(0x500, inbound=inbound, dst=ipv4("10.0.0.9"))
        other = Sa(0x501, inbound=inbound, dst=ipv4("10.0.0.9"))
        handle, other_handle = await table.add(sa), await table.add(other)

        async def find(of: Sa, by: int, retire: bool) -> dict[str, int]:
            if of.inbound:
                return await table.search(of.spi, False, False, of.dst, 1, retire)
            return await table.lookup(by, retire)

        flying = [await find(sa, handle, False) for _ in range(3)]
        assert all(found["hit"] for found in flying)
        await table.begin(Opcode.DELETE_SA, {"handle": handle})
        await table.cycles(5)
        assert not (await find(sa, handle, False))["hit"]
        for _ in range(30):  # frames of another SA come and go, one is always in flight
            newer = await find(other, other_handle, False)
            assert newer["hit"]
            await table.check_secrets(handle, sa)
            if newer["epoch"] != flying[0]["epoch"]:
                break
            await table.retire(side, newer["epoch"])
        assert newer["epoch"] != flying[0]["epoch"]
        for found in flying:
            await table.cycles(20)
            assert int(dut.command_inst.state_reg.value) != 1, "DELETE_SA ended with a frame in flight"
            await table.retire(side, found["epoch"])
        assert await table.end() == (CommandStatus.OK, 0)
        index = handle & 0xFFFF
        assert not any(table.memories()[name][index] for name in MEMORIES)
        assert int(getattr(dut, f"{side}_cipher_key").value) == 0 == int(getattr(dut, f"{side}_hash_powers").value)
        await table.retire(side, newer["epoch"])
        await table.check_lookups(other_handle, other)
        assert await table.delete(other_handle) == CommandStatus.OK


@cocotb.test()
async def delete_races_with_lookups(dut: Any) -> None:
    """A lookup in each cycle around DELETE_SA: it misses, or it hits and the command waits for its frame."""
    table = Table(dut)
    await table.start()
    hits = 0
    for inbound in (True, False):
        for offset in range(18):
            sa = Sa(0x600, inbound=inbound)
            handle = await table.add(sa)
            begun = cocotb.start_soon(table.begin(Opcode.DELETE_SA, {"handle": handle}))
            await table.cycles(offset)
            if inbound:
                found = await table.search(sa.spi, False, False, 5, 6, retire=False)
            else:
                found = await table.lookup(handle, retire=False)
            await begun
            if found["hit"]:
                hits += 1
                await table.cycles(60)
                assert int(dut.command_inst.state_reg.value) != 1, f"offset {offset}: the frame was not waited for"
                await table.check_secrets(handle, sa)
                await table.retire("rx" if inbound else "tx", found["epoch"])
                assert await table.end() == (CommandStatus.OK, 0)
            else:
                await table.cycles(50)
                assert int(dut.command_inst.state_reg.value) == 1
            assert not any(any(words) for words in table.memories().values())
            table.stage({})
    assert 2 <= hits <= 34, hits


@cocotb.test()
async def add_is_never_half_visible(dut: Any) -> None:
    """Search every cycle during ADD_SA into a used entry: misses, then hits with the whole new policy."""
    table = Table(dut)
    await table.start()
    for inbound in (True, False):
        handles = [await table.add(Sa(0x700 + i, inbound=inbound, udp=1)) for i in range(ENTRIES)]
        assert await table.delete(handles[5]) == CommandStatus.OK
        sa = Sa(0x800, inbound=inbound, esn=True, icv=8, seq_hi=0xA5A5A5A5, udp=2)
        side = "rx" if inbound else "tx"
        new = handles[5] + 0x10000
        results: list[tuple[int, int, int, int, int]] = []
        await table.begin(Opcode.ADD_SA, sa.staged())
        if inbound:
            # leave the duplicate search its cycle first
            await table.cycles(12)
            dut.rx_search_spi.value, dut.rx_search_udp.value, dut.rx_search_ipv6.value = sa.spi, 1, 0
            dut.rx_search_valid.value = 1
        else:
            dut.tx_lookup_valid.value = 1
        hits = 0
        for cycle in range(400):
            if not inbound:  # the stale and the new handle in turns
                dut.tx_lookup_handle.value = new if cycle & 1 else handles[5]
            await table.cycles(1)
            if cycle >= LATENCY and int(getattr(dut, f"{side}_found_hit").value):
                hits += 1
                names = ("esn", "seq_hi", "icv_words", "udp_type", "epoch")
                results.append(tuple(int(getattr(dut, f"{side}_found_{name}").value) for name in names))  # type: ignore[arg-type]
        dut.rx_search_valid.value = dut.tx_lookup_valid.value = 0
        await table.cycles(LATENCY + 1)
        assert hits > 20 and {result[:4] for result in results} == {(1, 0xA5A5A5A5, 2, 2)}
        await table.start()  # the hits were not retired
    assert int(dut.sa_active.value) == 0


@cocotb.test()
async def reset_command(dut: Any) -> None:
    """RESET misses at once, waits for frames in flight, erases everything; old handles stay unknown afterwards."""
    table = Table(dut)
    await table.start()
    sas = [Sa(0x900 + i, inbound=bool(i & 1)) for i in range(ENTRIES)]
    handles = [await table.add(sa) for sa in sas]
    sent = await table.lookup(handles[0], retire=False)
    received = await table.search(sas[1].spi, False, False, 1, 2, retire=False)
    assert sent["hit"] and received["hit"]
    await table.begin(Opcode.RESET, {})
    await table.cycles(3)
    for handle in handles:
        assert not (await table.lookup(handle))["hit"]
    await table.cycles(30)
    await table.check_secrets(handles[0], sas[0])
    await table.retire("tx", sent["epoch"])
    await table.cycles(30)
    await table.check_secrets(handles[1], sas[1])
    await table.retire("rx", received["epoch"])
    # the last two entries are erased last: one for each side
    dut.tx_lookup_handle.value, dut.rx_search_spi.value = handles[-2], sas[-1].spi
    dut.tx_lookup_valid.value = dut.rx_search_valid.value = 1
    while not int(dut.command_done.value):
        await table.cycles(1)
        for side in ("tx", "rx"):
            found = int(getattr(dut, f"{side}_found_valid").value) and int(getattr(dut, f"{side}_found_hit").value)
            assert not found, side
    dut.tx_lookup_valid.value = dut.rx_search_valid.value = 0
    assert await table.end() == (CommandStatus.OK, 0)
    assert all(not any(words) for words in table.memories().values()) and int(dut.sa_active.value) == 0
    for number in range(ENTRIES):
        new = await table.add(Sa(0x900 + number, inbound=False))
        assert new not in handles and new & 0xFFFF == number
    for handle in handles:
        assert not (await table.lookup(handle))["hit"]
        assert await table.delete(handle) == CommandStatus.UNKNOWN_HANDLE


@cocotb.test()
async def reset_hides_the_last_entry(dut: Any) -> None:
    """A lookup of the entry that RESET erases last misses in every cycle up to its end, that of its erasure too."""
    table = Table(dut)
    await table.start()
    handles = [await table.add(Sa(0xA00 + i, inbound=False)) for i in range(ENTRIES)]
    assert (await table.lookup(handles[-1]))["hit"]
    await table.begin(Opcode.RESET, {})
    dut.tx_lookup_handle.value = handles[-1]
    await table.cycles(3)
    dut.tx_lookup_valid.value = 1
    await table.cycles(LATENCY)
    while not int(dut.command_done.value):
        assert int(dut.tx_found_valid.value) and not int(dut.tx_found_hit.value)
        await table.cycles(1)
    assert await table.end() == (CommandStatus.OK, 0)
    for _ in range(2 * LATENCY):
        await table.cycles(1)
        assert not int(dut.tx_found_hit.value)
    dut.tx_lookup_valid.value = 0


@cocotb.test()
async def update_is_seen_by_the_next_lookup(dut: Any) -> None:
    """UPDATE_SA under a lookup in every cycle: the old value, then the new one, never anything else."""
    table = Table(dut)
    await table.start()
    for inbound in (True, False):
        sa = Sa(0xA00, inbound=inbound, esn=True, seq_hi=0x11111111)
        handle = await table.add(sa)
        seen: list[int] = []
        side = "rx" if inbound else "tx"
        dut.rx_search_spi.value, dut.rx_search_udp.value, dut.rx_search_ipv6.value = sa.spi, 0, 0
        dut.tx_lookup_handle.value = handle
        getattr(dut, "rx_search_valid" if inbound else "tx_lookup_valid").value = 1
        await table.cycles(LATENCY)
        begun = cocotb.start_soon(
            table.begin(Opcode.UPDATE_SA, {"handle": handle, "spi": sa.spi, "seq_hi": 0x22222222})
        )
        done = None
        for cycle in range(16):
            await table.cycles(1)
            assert int(getattr(dut, f"{side}_found_hit").value)
            seen.append(int(getattr(dut, f"{side}_found_seq_hi").value))
            if int(dut.command_done.value):
                done = cycle
        await begun
        getattr(dut, "rx_search_valid" if inbound else "tx_lookup_valid").value = 0
        assert done is not None
        assert seen == sorted(seen) and set(seen) == {0x11111111, 0x22222222}
        assert seen[done + LATENCY] == 0x22222222, "a lookup after the end of the command saw the old value"
        table.stage({})


@cocotb.test()
async def key_size_limit(dut: Any) -> None:
    """A build with short keys refuses the longer ones (MAX_KEY_BITS)."""
    table = Table(dut)
    await table.start()
    limit = int(dut.MAX_KEY_BITS.value)
    for octets in (16, 24, 32):
        for gmac in (False, True):
            sa = Sa(0xB00 + octets + gmac, key=random.randbytes(octets), gmac=gmac)
            status, handle = await table.command(Opcode.ADD_SA, sa.staged())
            assert status == (CommandStatus.OK if 8 * octets <= limit else CommandStatus.UNSUPPORTED_KEY_SIZE)
            assert bool(handle) == (status == CommandStatus.OK)


MODULE = "tests.unit.sa_table.test_sa_table"


@pytest.mark.parametrize("sim", SIMULATORS)
def test_keys_made_to_collide(sim: str) -> None:
    """A hashed table of 64 entries."""
    parameters = {"SA_COUNT": 64, "CAM_LIMIT": 0}
    tests = ["each_entry_can_move", "keys_made_to_collide"]
    run_cocotb(sim, "sa_table", None, MODULE, parameters, tests, {"COLLIDE": "1"}, public_all=True)


@pytest.mark.parametrize("extra", [0, 1], ids=["short", "extra"])
@pytest.mark.parametrize("cam_limit", [256, 0], ids=["cam", "hash"])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_sa_table(sim: str, cam_limit: int, extra: int) -> None:
    """All cocotb tests of this file, on both kinds of search, with and without more register stages."""
    parameters = {"SA_COUNT": ENTRIES, "CAM_LIMIT": cam_limit, "GHASH_STAGES": STAGES, "EXTRA_REGISTERS": extra}
    run_cocotb(sim, "sa_table", None, MODULE, parameters, extra_env={"LATENCY": str(4 + 2 * extra)}, public_all=True)


@pytest.mark.parametrize("key_bits", [128, 192])
@pytest.mark.parametrize("sim", SIMULATORS)
def test_sa_table_with_short_keys(sim: str, key_bits: int) -> None:
    """Builds that refuse long keys."""
    parameters = {"SA_COUNT": ENTRIES, "GHASH_STAGES": 1, "MAX_KEY_BITS": key_bits}
    run_cocotb(sim, "sa_table", None, MODULE, parameters, "key_size_limit", public_all=True)


# each size where it takes less: Icarus needs no time to build, Verilator none to erase
SIZES = [(sim, entries) for sim, entries in (("icarus", 257), ("verilator", 65536)) if sim in SIMULATORS]


@pytest.mark.parametrize(("sim", "entries"), SIZES)
def test_sa_table_past_the_cam(sim: str, entries: int) -> None:
    """The sizes at the borders."""
    tests = ["last_entries", "delete_waits_for_frames_in_flight"] if entries < 2000 else ["last_entries"]
    run_cocotb(sim, "sa_table", None, MODULE, {"SA_COUNT": entries}, tests, public_all=True)
