# SPDX-License-Identifier: Apache-2.0
"""Writes the table of ``docs/proofs.md`` from ``formal/proofs.toml``: ``python -m scripts.formal_document [--check]``.

The times are those of the last report of ``make formal``; a proof that it does not have keeps the time it had.
``--check`` only compares, with the times as they are, and ends with exit code 1 if the table is stale.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence

from scripts.formal import REPORT, TABLE, Proof, method_text, modules_of, read_table
from tb.sim import ROOT

DOCUMENT = ROOT / "docs" / "proofs.md"
BEGIN, END = "<!-- table: python -m scripts.formal_document -->", "<!-- end of table -->"


def row(proof: Proof, seconds: str) -> list[str]:
    """The cells of a proof."""
    sets = [", ".join(f"{name} {value}" for name, value in values.items()) for values in proof.parameters]
    modules = ", ".join(f"`{module}`" for module in modules_of(proof))
    parameters = "; ".join(values or "defaults of the checker" for values in sets)
    assumptions = [*proof.assumptions]
    if proof.cut:
        assumptions.append(f"cut out: {', '.join(proof.cut)}")
    if proof.models:
        assumptions.append(f"for {', '.join(proof.models)} its contract stands")
    if proof.free_tables:
        assumptions.append("tables hold anything")
    bugs = "; ".join(bug.name for bug in proof.bugs)
    name = f"{proof.name}{' (quick)' if proof.quick else ''}"
    return [name, proof.property, f"{modules}: {parameters}", method_text(proof), seconds, bugs, "; ".join(assumptions)]


def table(proofs: Sequence[Proof], seconds: Mapping[str, str]) -> str:
    """The table in Markdown."""
    head = ["proof", "property", "modules: parameters", "method, depth", "s", "deliberate bugs it finds", "assumptions"]
    rows = [head, ["---"] * len(head), *(row(proof, seconds.get(proof.name, "")) for proof in proofs)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |" for cells in rows)


def times(text: str) -> dict[str, str]:
    """The times in the document, by proof."""
    cells = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {row[0].removeprefix("| ").split(" (")[0]: row[4] for row in cells if len(row) == 7}


def main() -> int:
    """Write or check."""
    parser = argparse.ArgumentParser(description="Write the table of docs/proofs.md.")
    parser.add_argument("--check", action="store_true", help="compare only")
    arguments = parser.parse_args()
    text = DOCUMENT.read_text(encoding="utf-8")
    seconds = times(text)
    if REPORT.is_file() and not arguments.check:
        rows = json.loads(REPORT.read_text(encoding="utf-8"))["proofs"]
        seconds |= {row["name"]: f"{row['seconds']:.0f}" for row in rows}
    pattern = re.compile(f"{re.escape(BEGIN)}\n.*{re.escape(END)}", re.DOTALL)
    new = pattern.sub(lambda _: f"{BEGIN}\n{table(read_table(TABLE), seconds)}\n{END}", text)
    if arguments.check:
        if new != text:
            print(f"error: {DOCUMENT.relative_to(ROOT)} is stale: python -m scripts.formal_document", file=sys.stderr)
        return int(new != text)
    DOCUMENT.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
