# SPDX-License-Identifier: Apache-2.0
"""``make gate-level``: the netlists that Yosys makes for ECP5 pass the unit tests of their modules.

The cells are simulated by the models that come with Yosys. By its name no run of all tests finds this file: it takes
minutes to map and to compile the netlists. Those that did not change are not made again. Verilator runs all tests;
Icarus, which comes to some six cycles of AES a second, all of the CAM, and the published vectors of AES and GHASH.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Sequence
from pathlib import Path

import pyosys
import pytest

from scripts.integration import header_of
from scripts.synth_check import Block, read_table, run_block
from tb.sim import BUILD_FOLDER, SIMULATORS, CocotbTestFailure, run_cocotb

MODELS = [Path(pyosys.__path__[0], "share", "ecp5", name) for name in ("common_sim.vh", "ccu2c_sim.vh")]
FOLDER = BUILD_FOLDER / "gate-level"
# one selection, where Yosys's model has four: a fraction of the C++ of Verilator
LUT4 = """module LUT4(input A, B, C, D, output Z);
parameter [15:0] INIT = 16'h0000;
assign Z = INIT[{D, C, B, A}];
endmodule
"""
# an input that does not count may be X
LUT4_WITH_X = """module LUT4(input A, B, C, D, output Z);
parameter [15:0] INIT = 16'h0000;
wire [7:0] of_d = D ? INIT[15:8] : INIT[7:0];
wire [3:0] of_c = C ? of_d[7:4] : of_d[3:0];
wire [1:0] of_b = B ? of_c[3:2] : of_c[1:0];
assign Z = A ? of_b[1] : of_b[0];
endmodule
"""
# neither the netlist nor the cells are ours
LINT_OFF = "".join(
    f"/* verilator lint_off {warning} */\n"
    for warning in (
        "DECLFILENAME",
        "GENUNNAMED",
        "PINMISSING",
        "SPECIFYIGN",
        "UNUSEDPARAM",
        "UNUSEDSIGNAL",
        "WIDTHEXPAND",
    )
)
AES_PIPE = Block("aes_pipe", {"MAX_KEY_BITS": 128, "CYCLES_PER_ROUND": 2, "SBOX_STYLE": 1}, netlist=True)
GHASH = Block("ghash", {"STAGES": 4}, netlist=True)
SA_CAM = Block("sa_cam", {"SA_COUNT": 16}, netlist=True)
BLOCKS = [AES_PIPE, GHASH, SA_CAM, Block("sa_cam", {"SA_COUNT": 64}, netlist=True)]

IN_ICARUS = [(AES_PIPE, ["fips_197", "nist_vectors"]), (GHASH, ["known_answers"]), (SA_CAM, None)]
"""a block and the tests of it"""

in_verilator = pytest.mark.skipif("verilator" not in SIMULATORS, reason="no Verilator")
in_icarus = pytest.mark.skipif("icarus" not in SIMULATORS, reason="no Icarus")


@functools.cache
def netlist(top: str, **parameters: int) -> str:
    """The Verilog that Yosys writes; the checks of ``make synth-check`` hold for it."""
    result = run_block(Block(top, parameters, netlist=True), read_table()[1])
    assert result.errors == [] and result.netlist is not None
    return result.netlist.read_text(encoding="utf-8")


def models(sim: str) -> str:
    """The models of the cells but the one for place and route, which is SystemVerilog; the LUT is our own."""
    text = "".join(path.read_text(encoding="utf-8") for path in MODELS)
    others = re.sub(r"^module (TRELLIS_COMB|LUT4)\b.*?^endmodule", "", text, flags=re.DOTALL | re.MULTILINE)
    return f"{others}\n{LUT4 if sim == 'verilator' else LUT4_WITH_X}"


def run(block: Block, gates: str, name: str, sim: str = "verilator", testcases: Sequence[str] | None = None) -> None:
    """The unit tests of a module on these gates, which stand below a module with the name and the ports of the RTL."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    ports = re.search(rf"^module {block.top}_netlist\((.*?)\);", gates, re.DOTALL | re.MULTILINE)
    assert ports is not None
    connected = ", ".join(f".{port}({port})" for port in re.split(r",\s*", ports[1]))
    shell = re.sub(r"\boutput\s+reg\b", "output wire", header_of(block.top))
    texts = {
        block.top: f"{shell}\n{block.top}_netlist gates ({connected});\nendmodule\n",
        f"{block.top}_netlist": gates,
        "cells": models(sim),
    }
    for file, text in texts.items():
        (folder / f"{file}.v").write_text(LINT_OFF + text, encoding="utf-8")
    sources = [folder / f"{file}.v" for file in texts]
    module = f"tests.unit.{block.top}.test_{block.top}"
    run_cocotb(
        sim,
        block.top,
        sources,
        module,
        block.parameters,
        testcases,
        plusargs=["+netlist"],
        defines={"NO_INCLUDES": "1"},  # the same cells again, by other names
        name=f"gate-level-{sim}-{name}",
    )


@in_verilator
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name.replace(" ", "-"))
def test_netlist(block: Block) -> None:
    """The tests of the RTL, on gates."""
    gates = netlist(block.top, **block.parameters)
    assert len(re.findall(r"^ *LUT4 #", gates, re.MULTILINE)) > 900
    run(block, gates, block.name.replace(" ", "-"))


@in_icarus
@pytest.mark.parametrize(
    ("block", "testcases"), IN_ICARUS, ids=lambda value: value.top if isinstance(value, Block) else ""
)
def test_netlist_in_icarus(block: Block, testcases: Sequence[str] | None) -> None:
    """The same in Icarus, as far as it gets in minutes."""
    run(block, netlist(block.top, **block.parameters), f"icarus-{block.top}", "icarus", testcases)


@pytest.mark.parametrize("sim", SIMULATORS)
def test_one_wrong_gate(sim: str) -> None:
    """With the table of one LUT inverted the same tests fail."""
    block = SA_CAM
    gates = netlist(block.top, **block.parameters)
    tables = list(re.finditer(r"\.INIT\(16'h([0-9a-f]+)\)", gates))
    table = random.Random(1).choice(tables)
    wrong = gates[: table.start(1)] + f"{int(table[1], 16) ^ 0xFFFF:04x}" + gates[table.end(1) :]
    with pytest.raises(CocotbTestFailure):
        run(block, wrong, f"wrong-{sim}-{block.top}", sim)
