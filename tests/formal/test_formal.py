# SPDX-License-Identifier: Apache-2.0
"""The runner of the proofs: a tiny proof passes, its bug is found, a wrong list or name is one clear line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import formal, formal_document, normal_form, paths, smt_solver
from scripts.formal import Bug, Proof, ProofError, Task
from tb.sim import ROOT

CHECKER = """module tiny(input wire clk, input wire rst, input wire [1:0] s_event, input wire m_ready);
wire m_event;
event_queue #(.INPUTS(2), .WIDTH(2)) dut (.*);
reg past_valid = 1'b0;
reg [2:0] count_reg;
always @(posedge clk) begin
    past_valid <= 1'b1;
    count_reg <= rst ? 0 : count_reg + s_event[0] + s_event[1] - (m_event && m_ready);
    if (!past_valid) assume (rst);
    assume (count_reg + s_event[0] + s_event[1] < 4);
    if (past_valid) begin
        counts: assert (dut.waiting_reg == count_reg);
        full: cover (count_reg == 3);
        never: cover (count_reg == 4);
    end
end
endmodule
"""
TINY = Proof(name="tiny", property="", top="tiny", method="k-induction", depth=2, covers=["full"], cover_depth=6)
BUG = Bug("counts up only", "hdl/axis/event_queue.v", "m_event && m_ready}", "1'b0}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formal")
    (folder / "tiny.sv").write_text(CHECKER, encoding="utf-8")
    return folder


def test_a_proof_passes_and_is_not_run_again(folder: Path) -> None:
    for cached in (False, True):
        outcome = formal.run_task(Task(TINY, "prove", {}), folder, folder / "build")
        assert (outcome.good, outcome.detail, outcome.cached) == (True, "pass", cached)


def test_a_bug_is_found_and_one_that_is_none_is_an_error(folder: Path) -> None:
    assert formal.run_task(Task(TINY, "bug", {}, BUG), folder, folder / "build").detail == "counts"
    none = Bug("none", BUG.file, BUG.before, "m_event && m_ready && 1'b1}")
    outcome = formal.run_task(Task(TINY, "bug", {}, none), folder, folder / "build")
    assert not outcome.good
    assert outcome.detail.startswith("not found (pass)")


def test_a_goal_that_is_not_reached_is_an_error(folder: Path) -> None:
    never = Proof(**{**vars(TINY), "covers": ["full", "never"]})
    outcome = formal.run_task(Task(never, "cover", {}), folder, folder / "build")
    assert "not reached: never" in outcome.detail


def test_a_bug_must_be_at_one_place(folder: Path) -> None:
    for before in ("waiting_reg", "not there"):
        with pytest.raises(ProofError, match=r"its text is \d+ times in hdl/axis/event_queue.v"):
            formal.sources(Task(TINY, "bug", {}, Bug("x", BUG.file, before, "")), folder)


def test_an_unknown_name_is_one_line() -> None:
    command = [sys.executable, "-m", "scripts.formal", "nothing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no proof nothing in proofs.toml: fifo, ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('method = "magic"', "no method magic"),
        ('method = "pdr"\ncovers = ["a"]', "no deliberate bug"),
        ('method = "pdr"\n[[proofs.bugs]]\nname = "a"\nfile = "b"\nbefore = "c"\nafter = "d"', "no cover goals"),
        ('method = "pdr"\ndepht = 3', "unexpected keyword argument 'depht'"),
    ],
)
def test_a_wrong_list_is_refused(tmp_path: Path, row: str, message: str) -> None:
    file = tmp_path / "proofs.toml"
    file.write_text(f'[[proofs]]\nname = "x"\nproperty = ""\n{row}\n', encoding="utf-8")
    with pytest.raises(ProofError, match=message):
        formal.read_table(file)


def test_the_list_holds() -> None:
    """Every bug is at one place of the RTL as it is, every checker there; and the table of the document is fresh."""
    proofs = formal.read_table()
    assert any(proof.quick for proof in proofs)
    for proof in proofs:
        for task in formal.tasks_of(proof):
            assert formal.sources(task, formal.TABLE.parent)
    text = formal_document.DOCUMENT.read_text(encoding="utf-8")
    assert formal_document.table(proofs, formal_document.times(text)) in text, "python -m scripts.formal_document"


def netlist(tmp_path: Path, body: str, module: str) -> Path:
    """The job for a module ``t`` with ``body``, and where its result comes."""
    (tmp_path / "t.sv").write_text(f"module t({body}\nendmodule\n", encoding="utf-8")
    rule = {"from": ["a"], "to": ["result"], "registers": module == "registers"}
    commands = [f"read_slang --top t {tmp_path}/t.sv", "hierarchy -top t", "prep -top t -flatten"]
    job = {"top": "t", "depth": 3, "commands": commands, "no_paths": [rule]}
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return tmp_path / "found.json"


def different(tmp_path: Path, script: str, body: str, mode: str = "") -> str:
    """What one of our own methods says about a module."""
    result = netlist(tmp_path, body, mode)
    command = [sys.executable, "-m", script, str(tmp_path / "job.json"), str(result)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return str(json.loads(result.read_text(encoding="utf-8"))["different"])


def test_normal_form(tmp_path: Path) -> None:
    ports = "input wire clk, input wire a, b, output wire done, result, specification);"
    same = f"{ports} assign done = 1; assign result = (a | b) & ~(a & b); assign specification = a ^ b;"
    assert different(tmp_path, "scripts.normal_form", same) == ""
    assert different(tmp_path, "scripts.normal_form", same.replace("a ^ b", "a | b")) == "bits 0 of 1"
    former = f"{ports} reg c; always @(posedge clk) if (b) c <= a; assign done = 1; assign result = c;"
    former += "assign specification = c;"
    assert different(tmp_path, "scripts.normal_form", former) == "bits 0 of 1"


def test_products_of_sums() -> None:
    a, b = frozenset((1, 2)), frozenset((1, 0))
    assert normal_form.multiply(a, b) == frozenset((3, 2))
    assert normal_form.multiply(None, normal_form.ZERO) == normal_form.ZERO
    assert normal_form.multiply(None, b) is None


def test_paths(tmp_path: Path) -> None:
    gate = "input wire clk, input wire a, b, output wire result); assign result = a & b;"
    assert different(tmp_path, "scripts.paths", gate) == "a to result"
    register = "input wire clk, input wire a, b, output reg result); always @(posedge clk) result <= a;"
    assert different(tmp_path, "scripts.paths", register) == ""
    assert different(tmp_path, "scripts.paths", register, "registers") == "a to result"
    with pytest.raises(paths.PathError, match="no output a"):
        paths.ports({"ports": {"a": {"bits": [2], "direction": "input"}}}, "output", ["a"])


def test_expressions_of_the_solver() -> None:
    text = "(set-info :status |a ) b|) ; no ( end\n(push 1)\n(get-value (a\n (f |x y| b) c))\n"
    found = list(smt_solver.expressions(io.StringIO(text)))
    assert found == ["(set-info :status |a ) b|)", "(push 1)", "(get-value (a\n (f |x y| b) c))"]
    assert list(smt_solver.terms("(a\n (f |x y| b) c)")) == ["a", "(f |x y| b)", "c"]
    solver = smt_solver.Solver()
    for command in ("(set-option :produce-models true)", "(set-logic QF_BV)", "(declare-const x Bool)", "(push 1)"):
        assert solver.answer(command) == ""
    assert solver.answer("(assert (not x))") == ""
    assert (solver.answer("(check-sat)"), solver.answer("(get-value (x))")) == ("sat", "((x false))")
    assert solver.answer("(assert x)") == ""
    assert (solver.answer("(check-sat)"), solver.answer("(pop 1)")) == ("unsat", "")
    assert solver.answer("(check-sat)") == "sat"
