# SPDX-License-Identifier: Apache-2.0
"""What ``make synth-check`` must refuse and accept: one small module for each case, through the same code."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.synth_check import Block, Result, _plain, read_table, run_block
from tb.sim import ROOT, hdl_modules

PORTS = "input wire clk, input wire [3:0] a, input wire [7:0] d, input wire e, output reg [7:0] q"


def synthesise(folder: Path, body: str, mapping: str | None = None, hierarchical: bool = False) -> Result:
    """Map a module ``scratch`` with the usual ports and ``body``; its memory ``mem`` must be mapped to ``mapping``."""
    source = folder / "scratch.v"
    source.write_text(f"module scratch({PORTS});\n{body}\nendmodule\n", encoding="utf-8")
    memories = {"scratch.mem": [mapping]} if mapping else {}
    return run_block(Block("scratch", hierarchical=hierarchical, sources=[source]), memories, folder / "synth")


def test_counts_and_takes_an_equal_run_from_the_store(tmp_path: Path) -> None:
    body = "always @(posedge clk) q <= e ? d ^ {a, a} : q;"
    first = synthesise(tmp_path, body)
    assert first.errors == []
    assert (first.area.luts, first.area.flip_flops, first.area.block_rams, first.area.distributed_rams) == (8, 8, 0, 0)
    assert not first.cached
    again = synthesise(tmp_path, body)
    assert again.cached
    assert again.area == first.area
    assert not synthesise(tmp_path, body.replace("^", "&")).cached


def test_a_latch_is_refused(tmp_path: Path) -> None:
    result = synthesise(tmp_path, "always @* if (e) q = d;")
    assert any(error.startswith("ERROR: Latch inferred") for error in result.errors), result.errors


def test_a_loop_is_refused(tmp_path: Path) -> None:
    result = synthesise(tmp_path, "wire [7:0] x = q & d;\nalways @* q = x ^ {8{e}};")
    assert any("found logic loop" in error for error in result.errors), result.errors


def test_a_loop_through_two_modules_is_refused_where_they_are_kept_apart(tmp_path: Path) -> None:
    below = tmp_path / "below.v"
    below.write_text("module below(input wire x, output wire y);\nassign y = ~x;\nendmodule\n", encoding="utf-8")
    top = tmp_path / "scratch.v"
    body = "wire x, y;\nassign x = y & e;\nbelow below_inst (.x(x), .y(y));\nalways @(posedge clk) q <= {8{y}};"
    top.write_text(f"module scratch({PORTS});\n{body}\nendmodule\n", encoding="utf-8")
    result = run_block(Block("scratch", sources=[below, top], hierarchical=True), {}, tmp_path / "synth")
    assert any("found logic loop" in error for error in result.errors), result.errors


def test_two_drivers_are_refused(tmp_path: Path) -> None:
    result = synthesise(tmp_path, "wire x;\nassign x = e;\nassign x = d[0];\nalways @(posedge clk) q <= {8{x}};")
    assert any("multiple conflicting drivers" in error for error in result.errors), result.errors


def test_a_wire_without_a_driver_is_refused(tmp_path: Path) -> None:
    result = synthesise(tmp_path, "wire x;\nalways @(posedge clk) q <= {8{x}};")
    assert any(error.startswith("ERROR: Found 1 problems") for error in result.errors), result.errors


MEMORY = "reg [7:0] mem [0:15];\nalways @(posedge clk) begin if (e) mem[a] <= d; q <= mem[a]; end"
# a reset of all words: no RAM can do that
DISSOLVING = """reg [7:0] mem [0:15];
integer i;
always @(posedge clk) begin
    if (e) mem[a] <= d;
    if (d == 8'd0) for (i = 0; i < 16; i = i + 1) mem[i] <= 8'd0;
    q <= mem[a];
end"""


@pytest.mark.parametrize("hierarchical", [False, True])
def test_a_memory_that_dissolves_is_refused(tmp_path: Path, hierarchical: bool) -> None:
    result = synthesise(tmp_path, DISSOLVING, "distributed", hierarchical=hierarchical)
    assert result.errors == ["memory mem, scratch.mem (16 x 8 bits): mapped to registers, not distributed"]
    assert result.area.flip_flops >= 128


def test_a_memory_that_the_front_end_takes_apart_is_refused(tmp_path: Path) -> None:
    body = """reg [7:0] mem [0:3];
always @* begin mem[0] = d; mem[1] = ~d; mem[2] = 8'd1; mem[3] = {a, a}; q = mem[a[1:0]]; end"""
    errors = synthesise(tmp_path, body, "distributed").errors
    assert errors == ["memory mem, scratch.mem: mapped to registers, not distributed"]


@pytest.mark.parametrize(
    ("body", "mapping"),
    [
        (MEMORY, "distributed"),
        (MEMORY.replace("0:15", "0:2047").replace("mem[a]", "mem[{a, d[6:0]}]"), "block"),
        (DISSOLVING, "registers"),
        ("reg [7:0] mem [0:15];\ninitial $readmemh(`TABLE, mem);\nalways @(posedge clk) q <= mem[a];", "logic"),
    ],
)
def test_a_memory_as_stated_is_accepted(tmp_path: Path, body: str, mapping: str) -> None:
    (tmp_path / "table.hex").write_text(" ".join(f"{37 * word % 256:02x}" for word in range(16)), encoding="utf-8")
    body = body.replace("`TABLE", f'"{tmp_path}/table.hex"')
    assert synthesise(tmp_path, body, mapping).errors == []


def test_a_memory_that_nobody_stated_is_refused(tmp_path: Path) -> None:
    errors = synthesise(tmp_path, MEMORY).errors
    assert errors == ["memory scratch.mem (distributed) is not in synth_blocks.toml: state how it must be mapped"]


def test_names_of_modules_with_parameters() -> None:
    assert _plain("\\fifo") == "fifo"
    assert _plain("$paramod\\fifo\\WIDTH=s32'00000000000000000000000000001000") == "fifo"
    assert _plain("$paramod$0123456789abcdef0123456789abcdef01234567\\aes_round") == "aes_round"


def test_the_table_of_blocks_holds() -> None:
    """Every block and every memory of the table is one of hdl/, and the quick set is not empty."""
    blocks, memories = read_table()
    modules = {name for name, path in hdl_modules().items() if (ROOT / "hdl") in path.parents}
    assert {block.top for block in blocks} <= modules
    assert {name.split(".")[0] for name in memories} <= modules
    assert any(block.quick for block in blocks)
    assert len({block.name for block in blocks}) == len(blocks)


def test_checks_without_mapping_find_the_same(tmp_path: Path) -> None:
    source = tmp_path / "scratch.v"
    for body, good in (("q <= d;", True), ("q <= {8{x}};", False)):
        source.write_text(
            f"module scratch({PORTS});\nwire x;\nalways @(posedge clk) {body}\nendmodule\n", encoding="utf-8"
        )
        result = run_block(Block("scratch", check_only=True, sources=[source]), {}, tmp_path / "synth")
        assert (result.errors == []) is good
        assert result.area.flip_flops == 0
