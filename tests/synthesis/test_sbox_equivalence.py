# SPDX-License-Identifier: Apache-2.0
"""Proof by Yosys' SAT solver that the S-boxes of hdl/crypto (table, composite, block RAM) are that of FIPS-197."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tb.sim import ROOT

DRIVER = """
import sys
from pyosys import libyosys
design = libyosys.Design()
for command in sys.argv[1:]:
    libyosys.run_pass(command, design)
"""


def table_of_the_specification() -> bytes:
    """FIPS-197 5.1.1: the inverse in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (0 for 0), then the affine map."""

    def times(a: int, b: int) -> int:
        product = 0
        while b:
            product ^= a if b & 1 else 0
            a = (a << 1) ^ (0x11B if a & 0x80 else 0)
            b >>= 1
        return product

    table = bytearray()
    for value in range(256):
        inverse = next((other for other in range(256) if times(value, other) == 1), 0)
        rotations = [((inverse << n) | (inverse >> (8 - n))) & 0xFF for n in range(5)]
        table.append(0x63 ^ rotations[0] ^ rotations[1] ^ rotations[2] ^ rotations[3] ^ rotations[4])
    return bytes(table)


def table_of_the_round() -> bytes:
    """The table in the source of aes_round, entry 0 first."""
    source = (ROOT / "hdl/crypto/aes_round.v").read_text(encoding="utf-8")
    match = re.search(r"localparam \[2047:0\] SBOX = \{(.*?)\};", source, re.DOTALL)
    assert match is not None
    table = bytes.fromhex("".join(re.findall(r"256'h([0-9a-f]{64})", match[1])))
    assert len(table) == 256
    return table


COMPOSITE = "aes_sbox_composite #(.LANES(1), .REGISTER({register})) sbox (.clk(clk), .s_bytes(x), .m_bytes(y));"
ROM = "aes_sbox_rom #(.LANES(2)) sbox (.clk(clk), .s_bytes({{x, x}}), .m_bytes({{y, other}})); wire [7:0] other;"


def equal(folder: Path, table: bytes, register: int = 0, sbox: str = COMPOSITE) -> bool:
    """Does ``sbox`` give entry x of ``table`` for every x (and from every state, if registered)?"""
    entries = "\n".join(f"8'd{x}: q = 8'd{value};" for x, value in enumerate(table))
    (folder / "gold.v").write_text(
        f"module gold(input wire clk, input wire [7:0] x, output reg [7:0] y);\nreg [7:0] q;\n"
        f"always @* case (x)\n{entries}\nendcase\n"
        + ("always @(posedge clk) y <= q;\n" if register else "always @* y = q;\n")
        + "endmodule\n"
        f"module gate(input wire clk, input wire [7:0] x, output wire [7:0] y);\n"
        f"{sbox.format(register=register)}\n"
        "endmodule\n",
        encoding="utf-8",
    )
    prove = "sat -verify -seq 2 -prove-skip 1 -prove trigger 0" if register else "sat -verify -prove trigger 0"
    commands = [
        f"read_verilog {folder}/gold.v hdl/crypto/aes_sbox_composite.v hdl/crypto/aes_sbox_rom.v",
        "hierarchy -check",
        "proc -norom",
        "flatten",
        "memory_collect",
        "memory_map",
        "opt_clean",
        "miter -equiv -flatten -make_outputs gold gate miter",
        f"{prove} miter",
    ]
    command = [sys.executable, "-c", DRIVER, *commands]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        assert "ERROR: Called with -verify and proof did fail!" in done.stdout + done.stderr, done.stdout[-2000:]
    return done.returncode == 0


def test_table_is_that_of_the_specification() -> None:
    assert table_of_the_round() == table_of_the_specification()


def test_composite_equals_table(tmp_path: Path) -> None:
    assert equal(tmp_path, table_of_the_round())


def test_registered_composite_equals_table(tmp_path: Path) -> None:
    assert equal(tmp_path, table_of_the_round(), register=1)


def test_rom_equals_table(tmp_path: Path) -> None:
    swapped = ROM.replace("{{y, other}}", "{{other, y}}")
    assert equal(tmp_path, table_of_the_round(), 1, ROM)
    assert equal(tmp_path, table_of_the_round(), 1, swapped)


def test_one_wrong_bit_is_found(tmp_path: Path) -> None:
    for register, sbox in ((0, COMPOSITE), (1, COMPOSITE), (1, ROM)):
        table = bytearray(table_of_the_round())
        table[0xA7] ^= 0x10
        assert not equal(tmp_path, bytes(table), register, sbox)
