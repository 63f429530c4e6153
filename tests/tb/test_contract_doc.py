# SPDX-License-Identifier: Apache-2.0
"""docs/contract.md: no empty cell, every rule names a test that exists, every open question has its answer."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _rows(text: str) -> list[list[str]]:
    rows = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_table_holds() -> None:
    """The functions of the tests are read from their sources."""
    text = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    rows = _rows(text)
    assert len(rows) > 80 and all(all(row) for row in rows), "an empty cell"
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    tests = set(re.findall(r"^(?:async )?def (\w+)\(", sources, re.MULTILINE))
    last = [row[-1] for row in rows if len(row) > 3 and row[-1] != "test"]
    assert all(re.fullmatch(r"`\w+`", cell) for cell in last), "a rule without a test"
    named = {cell.strip("`") for cell in last}
    assert len(named) > 30 and not named - tests, f"no such test: {sorted(named - tests)}"
    questions = [row[0] for row in rows if re.fullmatch(r"A\d+", row[0])]
    assert questions == [f"A{number}" for number in range(1, 27)]
