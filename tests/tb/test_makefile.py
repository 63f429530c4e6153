# SPDX-License-Identifier: Apache-2.0
"""The Makefile refuses a variable that it does not know; workflows and documents name only what it has."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tb.sim import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
NIGHTLY = ROOT / ".github" / "workflows" / "nightly.yml"
CALLERS = [ROOT / ".ci" / "run", *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def targets() -> set[str]:
    """The targets of the Makefile that are for people."""
    return set(re.findall(r"^([a-z-]+):.* ## ", MAKEFILE, re.MULTILINE))


def variables() -> set[str]:
    """The variables that the Makefile takes from its command line."""
    match = re.search(r"^VARIABLES := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert match is not None
    return set(match[1].replace("\\\n", " ").split())


def calls(text: str) -> list[tuple[str, list[str]]]:
    """Target and names of variables of every call of make in a text: in code (also in the middle of a line)."""
    found = []
    for call in re.finditer(
        r"(?:^|[`|&;:'\"] ?|\+ )make ([a-z-]+)((?: +[A-Z_]+=(?:'[^']*'|\"[^\"]*\"|[^\s'`]*))*)", text, re.M
    ):
        found.append((call[1], re.findall(r" ([A-Z_]+)=", re.sub(r"'.*?'|\".*?\"", "", call[2]))))
    return found


@pytest.mark.parametrize("file", [*CALLERS, *DOCUMENTS], ids=lambda path: path.name)
def test_calls_are_of_the_makefile(file: Path) -> None:
    """Every call names a target and variables that exist."""
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    for target, names in calls(text):
        assert target in targets(), target
        assert set(names) <= variables(), (target, names)


def test_calls_are_found() -> None:
    """In the workflow that must have them."""
    nightly = calls(NIGHTLY.read_text(encoding="utf-8"))
    assert ("regress", ["SIM", "SEEDS", "START"]) in nightly and ("mutate", ["SEED"]) in nightly
    assert ("coverage", []) in nightly


@pytest.mark.parametrize(("given", "code"), [("SEED_START=5", 2), ("START=5", 0)])
def test_unknown_variable(given: str, code: int) -> None:
    """One line that names it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--dry-run", "regress", given]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    if code:
        assert f"*** {given}: no such variable; there are AGAIN" in done.stderr and done.stderr.count("\n") == 1
    else:
        assert done.stderr == "" and "tb.regress" in done.stdout
