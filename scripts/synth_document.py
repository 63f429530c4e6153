# SPDX-License-Identifier: Apache-2.0
"""Writes the tables of ``docs/synthesis.md`` from the report of ``make synth``: ``python -m scripts.synth_document``.

Only a report without an error is taken; a block that it does not have is said to be missing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from scripts.floorplan import COMB
from scripts.markdown import replace_part, table
from scripts.synth import BEAT_BITS, REPORT, XILINX, read_jobs
from tb.sim import ROOT

DOCUMENT = ROOT / "docs" / "synthesis.md"
MAKER = "python -m scripts.synth_document"


def parameters_text(parameters: Mapping[str, int]) -> str:
    """In a cell of a table."""
    return ", ".join(f"`{name}` {value}" for name, value in parameters.items())


def best_of(block: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The seed with the highest clock rate, or None if no run of nextpnr ended."""
    done = [run for run in block["routed"] if run["mhz"] is not None]
    return max(done, key=lambda run: float(run["mhz"])) if done else None


def gigabits(mhz: float) -> float:
    """Gbit/s of one beat a cycle."""
    return mhz * BEAT_BITS / 1000


def routed_table(report: Mapping[str, Any]) -> str:
    """Size and clock rate of each block."""
    rows = [
        ["block", "parameters", "places", "LUT4", "FF", "EBR", "speed", "placed", "MHz (seed)", "at least", "Gbit/s"]
    ]
    for block in report["blocks"]:
        best = best_of(block)
        used = f"{best['utilisation'][COMB][0]:,}" if best else "" if block["fits"] else "too many"
        before = ", ".join(f"{run['placed_mhz'] or '-'}" for run in block["routed"])
        seeds = ", ".join(f"{run['mhz'] or '-'} ({run['seed']})" for run in block["routed"])
        if not best and block["routed"]:
            seeds = block["routed"][0]["reason"].removeprefix("ERROR: ").split(" (see")[0]
        asked = "" if block["minimum_mhz"] is None else f"{block['minimum_mhz']:g}"
        rate = f"{gigabits(best['mhz']):.1f}" if best else ""
        sizes = [f"{block[name]:,}" for name in ("luts", "flip_flops", "block_rams")]
        name, parameters = block["name"], parameters_text(block["parameters"])
        rows.append([name, parameters, used, *sizes, str(block["speed"]), before, seeds, asked, rate])
    done = {block["name"] for block in report["blocks"]}
    rows += [
        [job.name, parameters_text(job.parameters), *[""] * 8, "not run"] for job in read_jobs() if job.name not in done
    ]
    return table(rows, range(2, 11))


def path_table(report: Mapping[str, Any]) -> str:
    """The critical path of each block."""
    rows = [["block", "ns logic", "ns routing", "from", "to", "on the way"]]
    for block in report["blocks"]:
        if best := best_of(block):
            logic, routing = best["path_ns"]
            nets = [f"`{net}`" for net in best["path"]]
            between = ", ".join(nets[1:-1])
            rows.append([block["name"], f"{logic:.1f}", f"{routing:.1f}", nets[0], nets[-1], between])
    return table(rows, (1, 2))


def xilinx_table(report: Mapping[str, Any]) -> str:
    """What ``synth_xilinx -flatten`` makes of the blocks, without place and route."""
    rows = [["block", "family", "LUT", "LUT as RAM", "FF", "RAMB18"]]
    for block in report["blocks"]:
        for family, cells in block["xilinx"].items():
            rows.append([block["name"], XILINX[family], *(f"{number:,}" for number in cells.values())])
    return table(rows, range(2, 6))


def document(text: str, report: Mapping[str, Any]) -> str:
    """The document with the tables of this report."""
    versions = ", ".join(f"{name} {version}" for name, version in report["tools"].items())
    places = "Places: LUT4, carry cells and LUT RAM as nextpnr packs them."
    device = f"{report['device']}, {report['package']}; {versions}. {places}"
    parts = {
        "routed": f"{device}\n\n{routed_table(report)}",
        "paths": path_table(report),
        "xilinx": xilinx_table(report),
    }
    for name, part in parts.items():
        text = replace_part(text, name, MAKER, f"\n{part}\n")
    return text


def main(arguments: Sequence[str] = ()) -> int:
    """Write; 1 without a report."""
    if arguments:
        print(f"error: {MAKER} takes no arguments", file=sys.stderr)
        return 2
    report: dict[str, Any] = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.is_file() else {}
    if not report or report["errors"]:
        print(f"error: {REPORT.relative_to(ROOT)} is missing or has errors: make synth", file=sys.stderr)
        return 1
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8"), report), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
