# SPDX-License-Identifier: Apache-2.0
"""What ``make lint`` must find: a small module with one fault for each tool, through the same code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.lint_hdl import ENGINE, Design, check_style, designs, parameter_sets, slang, verible, verilator, yosys
from tb import benchmark, sim
from tb.sim import ROOT, hdl_modules, source_closure

GOOD = """// SPDX-License-Identifier: Apache-2.0
`resetall
`default_nettype none

module scratch #(
    parameter WIDTH = 4
) (
    input  wire             clk,
    input  wire             enable,
    input  wire [WIDTH-1:0] d,
    output reg  [WIDTH-1:0] q
);

wire [WIDTH-1:0] next;
assign next = d + 1'b1;

always @(posedge clk) begin
  if (enable) q <= next;
end

endmodule

`resetall
"""


def scratch(folder: Path, *changes: tuple[str, str], **parameters: int) -> Design:
    """A design like GOOD, with these texts changed."""
    text = GOOD
    for before, after in changes:
        assert text.count(before) == 1
        text = text.replace(before, after)
    (folder / "scratch.v").write_text(text, encoding="utf-8")
    return Design("scratch", parameters, [folder / "scratch.v"])


def by_slang(design: Design) -> list[str]:
    """slang takes many designs."""
    return slang([design])


def by_verible(design: Design) -> list[str]:
    """Verible takes files."""
    return verible(design.files)


def by_house(design: Design) -> list[str]:
    """The rules of the house, of a file."""
    return check_style(design.files[0])


TOOLS = (verilator, by_slang, yosys, by_verible, by_house)
FAULTS = [
    (verilator, "WIDTH", ("wire [WIDTH-1:0] next;", "wire [WIDTH:0] next;")),
    (verilator, "UNDRIVEN", ("assign next = d + 1'b1;", "")),
    (verilator, "UNUSED", ("wire [WIDTH-1:0] next;", "wire [WIDTH-1:0] next;\nwire idle = enable;")),
    (by_slang, "always_ff", ("always @(posedge clk)", "always_ff @(posedge clk)")),
    (by_slang, "-Windex-oob", ("d + 1'b1", "d + d[WIDTH]")),
    (yosys, "Latch inferred", ("always @(posedge clk)", "always @*")),
    (yosys, "found logic loop", ("assign next = d", "assign next = next")),
    (yosys, "conflicting drivers", ("assign next = d + 1'b1;", "assign next = d + 1'b1;\nassign next = d;")),
    (by_verible, "no-tabs", ("  if (enable)", "\tif (enable)")),
    (by_verible, "module-filename", ("module scratch", "module other")),
    (by_house, "SPDX", ("// SPDX-License-Identifier: Apache-2.0\n", "")),
    (by_house, "default_nettype", ("`default_nettype none\n", "")),
    (by_house, "exactly the module", ("module scratch", "module other")),
]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: str(tool.__name__))
def test_good(tool: Callable[[Design], list[str]], tmp_path: Path) -> None:
    """Nothing is found where nothing is wrong."""
    assert tool(scratch(tmp_path)) == []


@pytest.mark.parametrize(("tool", "named", "change"), FAULTS, ids=lambda value: value if isinstance(value, str) else "")
def test_fault(tool: Callable[[Design], list[str]], named: str, change: tuple[str, str], tmp_path: Path) -> None:
    """Each fault is found by the tool that is there for it."""
    messages = tool(scratch(tmp_path, change))
    assert any(named in message for message in messages), messages


@pytest.mark.parametrize(
    ("tool", "fault"),
    [(verilator, "d + 4'd1"), (by_slang, "d + d[3]"), (yosys, "next + 1'b1")],
    ids=["verilator", "slang", "yosys"],
)
def test_fault_of_one_set(tool: Callable[[Design], list[str]], fault: str, tmp_path: Path) -> None:
    """A fault that is one with some parameters only."""
    branches = f"if (WIDTH == 3) begin : odd assign next = {fault}; end else begin : even assign next = d; end"
    change = ("assign next = d + 1'b1;", f"generate {branches} endgenerate")
    assert tool(scratch(tmp_path, change)) == []
    assert tool(scratch(tmp_path, change, WIDTH=3)) != []


def test_sets() -> None:
    """Every module is linted; the engine's sets reach every module of hdl/; benchmarks run on sets that are linted."""
    modules = {name for name, path in hdl_modules().items() if (ROOT / "hdl") in path.parents}
    assert {path.stem for path in source_closure(ENGINE)} == modules
    assert {design.top for design in designs(hdl_modules())} == set(hdl_modules())
    assert parameter_sets().keys() <= hdl_modules().keys()
    chosen = designs(["ipsec_bench"])
    assert all(any(design.parameters == build for design in chosen) for build in benchmark.BUILDS.values())
    assert len({design.name for design in chosen}) == len(chosen) > 5


def test_unknown_set_is_refused() -> None:
    """A test can not simulate what nobody lints."""
    with pytest.raises(pytest.fail.Exception, match=r"fifo \{'WIDTH': 10\} is not in lint.toml"):
        sim.build("icarus", "fifo", parameters={"WIDTH": 10})
