# SPDX-License-Identifier: Apache-2.0
"""``make synth``: what it makes of reports and cells, its targets, and one small module placed and routed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts import synth, synth_document
from scripts.synth import CAPACITY, Job, Outcome, Routed, critical_path, plain_net, read_jobs, target_errors
from scripts.synth_check import Area, run_yosys
from scripts.yosys_worker import pins

SMALL = Area(luts=100, flip_flops=100, block_rams=1, distributed_rams=0)


def routed(mhz: float | None, seed: int = 1) -> Routed:
    """A result of nextpnr."""
    return Routed(seed, mhz, mhz, [], (0.0, 0.0), {}, 1.0, "" if mhz else "ERROR: no place", False)


def outcome(area: Area, *results: Routed, minimum: float | None = 100.0) -> Outcome:
    """What is known of a job with these results."""
    return Outcome(Job("block", "block", minimum_mhz=minimum), area, list(results), {}, 1.0, [])


def test_the_table_is_right() -> None:
    jobs = read_jobs()
    assert {"ipsec_engine", "esp_transmit", "esp_receive", "ghash", "sa_cam"} <= {job.top for job in jobs}
    assert {job.parameters["MAX_KEY_BITS"] for job in jobs if job.top == "ipsec_engine"} == {128, 256}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("speed = 5", "a: speed = 5 must be 6, 7 or 8"),
        ('xilinx = ["xc6"]', r"a: xilinx = \['xc6'\] must be of xc7, xcup"),
        ('floorplan = "f"', "a: floorplan = 'f' has no file scripts/floorplans/f.toml"),
        ('router = "r"', "a: router = 'r' must be of router1, router2"),
        (
            'settings = { "router2/histCongWeight" = "1" }\nrouter = "router2"',
            r"a: settings = \{'router2/histCongWeight': '1'\} must be numbers",
        ),
        ('settings = { "router2/histCongWeight" = 1.0 }', r"a: settings = .* need router = 'router2'"),
        ("settings = { x = 1 }", r"a: settings = \{'x': 1\} must be of router2/initCurrCongWeight, router2/curr"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, message: str) -> None:
    table = tmp_path / "table.toml"
    table.write_text(f'[[routed]]\nname = "a"\ntop = "a"\n{line}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_jobs(table)


def test_targets() -> None:
    assert target_errors(outcome(SMALL, routed(99.0), routed(101.5, 2))) == []
    assert target_errors(outcome(SMALL, routed(99.0))) == ["99.0 MHz (seed 1) is below 100 MHz"]
    assert target_errors(outcome(SMALL, routed(99.0), minimum=None)) == []
    assert target_errors(outcome(SMALL, routed(None))) == ["seed 1: ERROR: no place"]
    assert target_errors(outcome(SMALL, routed(None), minimum=None)) == []
    for name, most in vars(CAPACITY).items():
        big = replace(SMALL, **{name: most + 1})
        assert target_errors(outcome(big, minimum=None)) == []
        (error,) = target_errors(outcome(big))
        assert error.startswith("too big for LFE5U-85F: ")
        assert f"{most + 1:,} of {most:,}" in error


def test_names_of_the_critical_path() -> None:
    assert plain_net("block.a_inst.match_reg_TRELLIS_FF_Q_10_DI_LUT4_Z_D") == "a_inst.match_reg"
    assert plain_net("block.r[3].state[127]") == "r[3].state"
    step = {"from": {"cell": "x"}, "to": {"cell": "block.u.b_reg_TRELLIS_FF_Q"}}
    path = [
        {**step, "type": "clk-to-q", "delay": 0.5},
        {**step, "type": "routing", "delay": 1.0, "net": "block.t.a_reg[4]"},
        {**step, "type": "logic", "delay": 0.25},
        {**step, "type": "routing", "delay": 2.0, "net": "block.u.b_reg_TRELLIS_FF_Q_DI_LUT4_Z_A"},
        {**step, "type": "setup", "delay": 0.0},
    ]
    clocked = {"from": "posedge clk", "to": "posedge clk", "path": path}
    other = {"from": "<async>", "to": "posedge clk", "path": [*path, *path]}
    held = {"clk": {"constraint": 78.125}, "fast": {"constraint": 156.25}}
    assert critical_path({"fmax": held, "critical_paths": [other, clocked]}) == (["t.a_reg", "u.b_reg"], (0.75, 3.0))
    # a shorter one with less time for it
    double = {"from": "posedge fast", "to": "posedge fast", "path": path[2:]}
    assert critical_path({"fmax": held, "critical_paths": [clocked, double]}) == (["u.b_reg"], (0.25, 2.0))


def test_the_slowest_of_both_clocks_and_the_ways_between_counts() -> None:
    figures = """
Info: Max frequency for clock '$glbnet$block.pipe.clk': 167.53 MHz (PASS at 156.25 MHz)
Info: Max frequency for clock    '$glbnet$block.clk': 127.75 MHz (PASS at 78.12 MHz)

Info: Max delay <async>                      -> posedge $glbnet$block.clk   : 14.09 ns
Info: Max delay posedge $glbnet$block.clk    -> posedge $glbnet$block.pipe.clk: {} ns

Info: Slack histogram:
Info: Max frequency for clock '$glbnet$block.pipe.clk': 20.00 MHz (FAIL at 156.25 MHz)
"""
    assert synth.placed_rate(figures.format("2.81")) == 83.77
    assert synth.placed_rate(figures.format("16.00")) == 62.5
    assert synth.placed_rate("Info: Max frequency for clock 'clk': 99.00 MHz (FAIL at 100.00 MHz)") == 99.0
    assert synth.placed_rate("ERROR: no place") is None


def test_cells_of_xilinx() -> None:
    cells = {
        "LUT6": 3,
        "LUT2": 1,
        "INV": 1,
        "FDRE": 7,
        "FDSE": 1,
        "RAMB36E1": 2,
        "RAMB18E1": 1,
        "RAM32M": 2,
        "CARRY4": 9,
    }
    assert synth.xilinx_cells(cells) == {"luts": 5, "lut_rams": 8, "flip_flops": 8, "ramb18": 5}


def test_the_pins_take_every_port() -> None:
    ports = {
        "clk": {"direction": "input", "bits": [2]},
        "a": {"direction": "input", "bits": [3, 4, 5]},
        "q": {"direction": "output", "bits": [6] * 20},
    }
    text = pins("top", ports, False)
    assert "top block (.clk(clk), .a(inputs[0 +: 3]), .q(outputs[0 +: 20]));" in text
    assert "reg [31:0] outputs_reg;" in text
    assert "EHXPLLL" not in text
    ports["clk_2x"] = {"direction": "input", "bits": [7]}
    assert ".clk_2x(1'b0)" in pins("top", ports, False)
    text = pins("top", ports, True)
    assert "top block (.clk(clk), .clk_2x(clk_2x), .a(inputs[0 +: 3]), .q(outputs[0 +: 20]));" in text
    assert "EHXPLLL" in text
    assert "input wire clk_in," in text


def test_a_small_module_is_placed_routed_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "scratch.v"
    source.write_text(
        "module scratch(input wire clk, input wire [7:0] d, output reg [7:0] q);\n"
        "reg [7:0] sum_reg;\nalways @(posedge clk) begin sum_reg <= sum_reg + d; q <= sum_reg ^ d; end\nendmodule\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("scripts.synth.run_yosys", lambda block, flow: run_yosys(block, flow, tmp_path / "synth"))
    job = Job("scratch", "scratch", sources=[source], minimum_mhz=20.0, xilinx=["xc7"])
    (error,) = synth.run_job(replace(job, minutes=0.001)).errors
    assert error.startswith("seed 1: ERROR: no result in 0.001 minutes (see ")
    first = synth.run_job(job)
    assert first.errors == []
    assert first.best is not None
    assert first.best.mhz is not None
    assert first.best.mhz > 20.0
    assert first.best.placed_mhz is not None
    assert first.best.placed_mhz > 20.0
    assert first.best.utilisation["TRELLIS_FF"][0] >= 16
    assert first.best.path
    assert not any("TRELLIS" in net for net in first.best.path)
    assert first.xilinx["xc7"]["flip_flops"] == 16
    again = synth.run_job(job)
    assert again.best is not None
    assert again.best.cached
    assert again.best.mhz == first.best.mhz
    (error,) = synth.run_job(replace(job, minimum_mhz=5000.0)).errors
    assert error.endswith("is below 5000 MHz")


def test_settings_get_into_the_netlist(tmp_path: Path) -> None:
    netlist = tmp_path / "netlist.json"
    top: dict[str, Any] = {"cells": {"a": {}}}
    netlist.write_text(json.dumps({"modules": {"LUT4": {"cells": {}}, "top": top}}), encoding="utf-8")
    settings = {synth.SETTINGS[0]: 1.5, synth.SETTINGS[1]: 2}
    job = Job("scratch", "scratch", settings=settings, ripup=True, double_clock=True)
    modules = json.loads(synth.prepare(netlist, job).read_text(encoding="utf-8"))["modules"]
    assert modules["top"]["settings"] == {synth.SETTINGS[0]: "1.5", synth.SETTINGS[1]: "2.0"}
    clocks = tmp_path.joinpath(synth.CLOCKS).read_text(encoding="utf-8")
    assert clocks == 'FREQUENCY PORT "clk_in" 100 MHZ;\n'
    assert "settings" not in modules["LUT4"]
    assert "--tmg-ripup" in synth.router_options(job)
    assert "--tmg-ripup" not in synth.router_options(replace(job, ripup=False))
    assert synth.CLOCKS in synth.nextpnr_options(job, 1)
    assert synth.CLOCKS not in synth.nextpnr_options(replace(job, double_clock=False), 1)


def test_tables_of_the_document() -> None:
    """Every block of the table of synth_blocks.toml has its line; the tables of a report are those of its numbers."""
    text = synth_document.DOCUMENT.read_text(encoding="utf-8")
    assert [job.name for job in read_jobs() if f"\n| {job.name} | " not in text] == [], synth_document.MAKER
    run = {
        "seed": 2,
        "mhz": 101.5,
        "placed_mhz": 80.5,
        "path": ["a", "b", "c"],
        "path_ns": [3.0, 6.85],
        "utilisation": {"TRELLIS_COMB": [123, 83640]},
    }
    unplaced: dict[str, Any] = {"seed": 1, "mhz": None, "placed_mhz": None, "utilisation": {}}
    block = {"name": "x", "parameters": {"P": 1}, "luts": 100, "flip_flops": 10, "block_rams": 1, "speed": 8}
    block |= {
        "minimum_mhz": 100,
        "routed": [run, unplaced],
        "xilinx": {"xc7": {"luts": 60}},
    }
    report = {"blocks": [block], "tools": {"yosys": "0.70"}, "device": "d", "package": "p"}
    assert synth_document.routed_table(report).splitlines()[2] == (
        "| x | `P` 1 | 123 | 100 | 10 | 1 | 8 | 80.5, - | 101.5 (2), - (1) | 100 | 13.0 |"
    )
    failed = {**unplaced, "reason": "ERROR: no place (see x)"}
    nothing = {**block, "fits": True, "routed": [failed]}
    assert "| x | `P` 1 |  | 100 | 10 | 1 | 8 | - | no place | 100 |  |" in synth_document.routed_table(
        {**report, "blocks": [nothing]}
    )
    assert synth_document.path_table(report).splitlines()[2] == "| x | 3.0 | 6.8 | `a` | `c` | `b` |"
    assert synth_document.xilinx_table(report).splitlines()[2] == "| x | 7 series | 60 |"
    assert "| x | `P` 1 |" in synth_document.document(text, report)
