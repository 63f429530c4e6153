# SPDX-License-Identifier: Apache-2.0
"""Lints the Verilog: Verilator ``-Wall`` on every module as toplevel, and the rules of the house.

``python -m scripts.lint_hdl [MODULE...]``. Without names: every module under hdl/ and tb/hdl/, and it is an error
if the engine's own toplevel is not among them. Exit code 1 and the messages if anything is found.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tb.sim import (
    ROOT,
    TIMESCALE,
    VERILATOR_WARNINGS,
    hdl_modules,
    source_closure,
    verilator_command,
    verilator_environment,
)

ENGINE = "ipsec_engine"


def check_style(path: Path) -> list[str]:
    """Messages about the rules that every hand-written Verilog file keeps (generated ones are ``.sv``)."""
    text = path.read_text(encoding="utf-8")
    code = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
    name = path.relative_to(ROOT)
    messages = []
    if not text.startswith("// SPDX-License-Identifier: Apache-2.0\n"):
        messages.append(f"{name}: the first line must be the SPDX licence")
    if re.findall(r"^\s*module\s+(\w+)", code, re.MULTILINE) != [path.stem]:
        messages.append(f"{name}: must hold exactly the module {path.stem}")
    if "`default_nettype none" not in code:
        messages.append(f"{name}: `default_nettype none is missing")
    if not code.rstrip().endswith("`resetall"):
        messages.append(f"{name}: must end with `resetall")
    if "\t" in text or re.search(r"[ \r]$", text, re.MULTILINE):
        messages.append(f"{name}: tabs or spaces at the end of a line")
    return messages


def lint_module(name: str) -> list[str]:
    """Messages of Verilator about ``name`` as toplevel with its default parameters."""
    files = source_closure(name)
    command = [*verilator_command(), "--lint-only", "--quiet", "--timing", *VERILATOR_WARNINGS, "--top-module", name]
    command += ["--timescale", "/".join(TIMESCALE), "+1364-2005ext+v"]
    command += [f"-I{folder}" for folder in sorted({file.parent for file in files})]
    command += [str(file.with_suffix(".vlt")) for file in files if file.with_suffix(".vlt").is_file()]
    command += [str(file.relative_to(ROOT)) for file in files]
    done = subprocess.run(command, cwd=ROOT, env=verilator_environment(), capture_output=True, text=True, check=False)
    output = (done.stdout + done.stderr).strip()
    return [output] if done.returncode != 0 or output else []


def main() -> int:
    """Lint the modules named on the command line, or all; print what was found."""
    parser = argparse.ArgumentParser(description="Lint the Verilog with Verilator and the rules of the house.")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    arguments = parser.parse_args()
    known = hdl_modules()
    names: list[str] = arguments.modules or sorted(known)
    messages = [f"no file for module {name}" for name in names if name not in known]
    if not arguments.modules and ENGINE not in known:
        messages.append(f"no file for the engine's toplevel {ENGINE}")
    names = [name for name in names if name in known]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for found in pool.map(lint_module, names):
            messages += found
    for name in names:
        if known[name].suffix == ".v":
            messages += check_style(known[name])
    for message in messages:
        print(message)
    print(
        f"{len(names)} modules linted, {len(messages)} with findings" if messages else f"{len(names)} modules are clean"
    )
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
