# SPDX-License-Identifier: Apache-2.0
"""make mutate: which faults a module of a few lines can have, and that killed and survived are told apart."""

from __future__ import annotations

import dataclasses
import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from scripts.mutants import mutants_of
from scripts.mutate import Group, MutationError, Plan, Verdict, campaign, keep, kept, main, missed, report, select
from tb.progress import JobProgress
from tb.sim import hdl_modules

MODULE = """`define BOTH(a, b) ((a) && (b))
module counter #(
    parameter WIDTH = 4
) (
    input wire clk,
    input wire rst,
    input wire up,
    output reg [WIDTH-1:0] count,
    output wire top
);
localparam [1:0] STEP = 2'd1;
assign top = `BOTH(up, count[1] == 1'b1);
always @(posedge clk) begin
    if (up) count <= count + STEP;
    if (rst) begin
        count <= 0; // reset
    end
end
endmodule
"""


def test_every_fault_of_a_small_module(tmp_path: Path) -> None:
    """All of them, and none in widths, event controls, parameters or what a macro expands to."""
    file = tmp_path / "counter.v"
    file.write_text(MODULE, encoding="ascii")
    mutants = mutants_of(file)
    assert {(m.line, m.kind, m.before, m.after) for m in mutants if m.line != 12} == {
        (11, "constant", "2'd1", "2'd0"),
        (11, "constant", "2'd1", "2'd2"),
        (14, "condition", "up", "!(up)"),
        (14, "condition", "up", "1'b0"),
        (14, "condition", "up", "1'b1"),
        (14, "assignment", "count <= count + STEP;", "begin end"),
        (14, "operator", "count + STEP", "((count) - (STEP))"),
        (15, "condition", "rst", "!(rst)"),
        (15, "condition", "rst", "1'b0"),
        (15, "condition", "rst", "1'b1"),
        (16, "reset", "count <= 0;", "begin end"),
    }
    for mutant in mutants:
        changed = mutant.apply(MODULE)
        assert changed != MODULE and changed.startswith(MODULE[: mutant.start])
        assert changed.endswith(MODULE[mutant.end :])
    assert [mutant.source for mutant in mutants if mutant.kind == "reset"] == ["count <= 0; // reset"]
    file.write_text("module counter; assign = 1; endmodule\n", encoding="ascii")
    with pytest.raises(ValueError, match="syntax error"):
        mutants_of(file)


def test_plan_and_selection() -> None:
    """The plan names every module; of a seed always the same faults, of another one others, groups have their share."""
    plan = Plan.read()
    hand_written = {name for name, path in hdl_modules().items() if "hdl" in path.parts and path.suffix == ".v"}
    assert set(plan.tests) == {name for name in hand_written if "tb" not in hdl_modules()[name].parts}
    chosen = select(plan, 400, 1, None)
    assert 380 <= sum(quota for quota, _ in chosen.values()) <= 450
    assert chosen == select(plan, 400, 1, None) != select(plan, 400, 2, None)
    for group in plan.groups:
        faults = [fault for name in group.modules for fault in chosen[name][1][: chosen[name][0]] if group.holds(fault)]
        assert len(faults) >= 3 * plan.least, group.name
    with pytest.raises(MutationError, match="no line"):
        entry = {"module": "fifo", "source": "not there", "before": "", "after": "", "reason": "none"}
        dataclasses.replace(plan, harmless=[entry]).check()


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus")
def test_killed_and_survived(tmp_path: Path) -> None:
    """The tests of the module find its faults, those of another one do not; the score and AGAIN=1 follow."""
    module = hdl_modules()["lane_mask"]
    faults = mutants_of(module)[:2]
    broken = dataclasses.replace(faults[0], after="(")
    right, wrong = "tests/unit/lane_mask/test_lane_mask.py", "tests/unit/octet_reverse/test_octet_reverse.py"
    outcomes = {}
    for test in (right, wrong):
        plan = Plan(95.0, 1, {"lane_mask": [test]}, [], [Group("mask", ("lane_mask",))], [])
        with JobProgress(Console(file=io.StringIO())) as progress:
            verdicts, complete = campaign(plan, {"lane_mask": (2, [broken, *faults])}, 1, 1, progress)
        assert complete
        outcomes[test] = sorted(verdict.outcome for verdict in verdicts)
        result = report(plan, verdicts, 1, True, 0.0)
        assert missed(result) == ([] if test == right else ["all", "mask"])
        keep(verdicts, tmp_path / "verdicts.json")
        assert {(v.mutant, v.outcome) for v in kept(tmp_path / "verdicts.json")} == {
            (v.mutant, v.outcome) for v in verdicts
        }
    # the one that does not compile is replaced by the next
    assert outcomes == {right: ["discarded", "killed", "killed"], wrong: ["discarded", "survived", "survived"]}


def test_harmless_faults_do_not_count() -> None:
    """A survivor that the plan knows is in the report with its reason, not in the score."""
    mutant = mutants_of(hdl_modules()["lane_mask"])[0]
    entry = {"module": "lane_mask", "source": mutant.source, "before": mutant.before, "after": mutant.after}
    plan = Plan(95.0, 1, {"lane_mask": []}, [], [], [entry | {"reason": "for the test"}])
    result = report(plan, [Verdict(mutant, "survived")], 1, True, 0.0)
    assert result["all"] == {"faults": 0, "killed": 0, "harmless": 1, "score": None}
    assert result["survivors"][0]["harmless"] == "for the test"
    assert not missed(result)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--module", "nothing"], "MODULE=nothing: must be one of"), (["--mutants", "0"], "MUTANTS=0")],
)
def test_wrong_options(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit code 2."""
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
