# SPDX-License-Identifier: Apache-2.0
"""The slang compiler on many designs in one process: ``python -m scripts.slang_worker < jobs.json``.

The jobs are a JSON list of lists: the arguments of slang, one list for each design. For each design, in this order, a
line "design n: passed" or "design n: failed" goes to standard output behind what slang has to say. Used by
scripts.lint_hdl.
"""

from __future__ import annotations

import json
import os
import shlex
import sys

from pyslang import driver


def compiles(arguments: list[str]) -> bool:
    """Parse, elaborate and analyse a design; slang writes its messages to the standard error of the process."""
    slang = driver.Driver()
    slang.addStandardArgs()
    options = driver.CommandLineOptions()
    read = slang.parseCommandLine(shlex.join(["slang", *arguments]), options) and slang.processOptions()
    return read and slang.parseAllSources() and slang.runFullCompilation(quiet=True)


def main() -> int:
    """Run the jobs of standard input."""
    os.dup2(1, 2)  # of the messages, which do not pass Python
    for number, arguments in enumerate(json.load(sys.stdin)):
        print(f"design {number}: {'passed' if compiles(arguments) else 'failed'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
