# SPDX-License-Identifier: Apache-2.0
"""What users of the engine need to know of its sources: ``python -m scripts.integration [--check] [--diagrams]``.

Writes ``ipsec_esp_engine.core`` (FuseSoC: files, parameters, targets) and the tables of ``docs/integration.md``
(parameters, ports), all from ``hdl/ipsec_engine.v`` and the files below it; with ``--diagrams`` also the timing
diagrams there, from a simulation of ``tb.jobs.core_simulation`` in Icarus. ``--check`` writes nothing, and fails if
anything is not fresh.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pywellen

from scripts.markdown import replace_part, table
from tb.sim import ROOT, TIMESCALE, VERILATOR_WARNINGS, WavesWindow, build, hdl_modules, source_closure

ENGINE, BENCH = "ipsec_engine", "ipsec_bench"
CORE = ROOT / "ipsec_esp_engine.core"
DOCUMENT = ROOT / "docs" / "integration.md"
JOB = "tb.jobs.core_simulation"
FIRST_BEAT_ONLY = "s_axis_tx_tuser"
"""What it is later means nothing."""


# ---- the sources ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Parameter:
    """``default`` is as written."""

    name: str
    default: str
    text: str


@dataclass(frozen=True)
class Port:
    """``group``: the comment above it and its neighbours; ``text``: the comment of this port."""

    name: str
    direction: str
    width: int
    group: str


def header_of(module: str) -> str:
    """The parameters and ports of a module, as written."""
    text = hdl_modules()[module].read_text(encoding="utf-8")
    match = re.search(rf"^module {module}\b.*?^\);", text, re.DOTALL | re.MULTILINE)
    assert match is not None
    return match[0]


def parameters_of(module: str) -> list[Parameter]:
    """The parameters of a module, each with the comment above it."""
    found, text = [], ""
    for line in header_of(module).splitlines():
        if match := re.match(r"\s*// (.*)", line):
            text = match[1]
        elif match := re.match(r"\s*parameter (?:\[.*?\] )?(\w+) = ([^,]+?),?$", line):
            found.append(Parameter(match[1], match[2], text))
    return found


def ports_of(module: str) -> list[Port]:
    """The ports of a module."""
    found, group = [], "Clock, reset, interrupt"
    for line in header_of(module).splitlines():
        if match := re.match(r"\s*\* (.*)", line):
            group = match[1]
        elif match := re.match(r"\s*(input|output)\s+wire\s+(?:\[(\d+):0\]\s*)?(\w+),?$", line):
            name = match[3]
            own = "Clock, reset, interrupt" if "_" not in name else group
            found.append(Port(name, match[1], int(match[2] or 0) + 1, own))
    return found


# ---- FuseSoC -------------------------------------------------------------------------------------------------------

_CORE = """CAPI=2:
# SPDX-License-Identifier: Apache-2.0
# Made from the sources by "make integration". Do not edit. How to use it: docs/integration.md
name: ::ipsec-esp-engine:{version}
description: {description}

filesets:
  rtl:
    file_type: verilogSource-2005
    files:
{rtl}
  lint:
    file_type: vlt
    files:
{waivers}
  bench:
    file_type: verilogSource-2005
    files:
{bench}

# without defaults: those of the source hold
parameters:
{parameters}

targets:
  default: &default
    filesets: [rtl]
    toplevel: {engine}
    parameters: [{names}]

  lint:
    <<: *default
    description: Verilator -Wall
    filesets: [lint, rtl]
    flow: lint
    flow_options:
      tool: verilator
      verilator_options: [{warnings}, --timing, --timescale, {timescale}, +1364-2005ext+v]

  sim:
    description: Frames in both directions through the engine, compared with the golden model (Icarus, cocotb)
    filesets: [rtl, bench]
    toplevel: {toplevel}
    parameters: [{bench_names}]
    flow: sim
    flow_options:
      tool: icarus
      iverilog_options: [-g2012, -DSYNTHESIS]
      cocotb_module: {job}

  synth:
    <<: *default
    description: Yosys for ECP5, without place and route
    flow: generic
    flow_options:
      tool: yosys
      arch: ecp5
      output_format: json
      yosys_synth_options: [-nowidelut, -noflatten]
"""


def _files(files: Sequence[Path]) -> str:
    lines = []
    for file in files:
        kind = ": {file_type: systemVerilogSource}" if file.suffix == ".sv" else ""
        lines.append(f"      - {file.relative_to(ROOT)}{kind}")
    return "\n".join(lines)


def core() -> str:
    """The core file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    rtl = source_closure(ENGINE)
    parameters = parameters_of(ENGINE)
    of_bench = {parameter.name for parameter in parameters_of(BENCH)}
    return _CORE.format(
        version=project["version"],
        description=project["description"],
        rtl=_files(rtl),
        waivers=_files([path for path in (file.with_suffix(".vlt") for file in rtl) if path.is_file()]),
        bench=_files([file for file in source_closure(BENCH) if file not in rtl]),
        parameters="\n".join(
            f'  {parameter.name}: {{datatype: int, paramtype: vlogparam, description: "{parameter.text}"}}'
            for parameter in parameters
        ),
        names=", ".join(parameter.name for parameter in parameters),
        bench_names=", ".join(parameter.name for parameter in parameters if parameter.name in of_bench),
        engine=ENGINE,
        toplevel=BENCH,
        warnings=", ".join(VERILATOR_WARNINGS),
        timescale="/".join(TIMESCALE),
        job=JOB,
    )


# ---- tables --------------------------------------------------------------------------------------------------------


def parameter_table() -> str:
    """Markdown."""
    rows = [(f"`{row.name}`", f"`{row.default}`", row.text) for row in parameters_of(ENGINE)]
    return table([("parameter", "default", ""), *rows])


def port_table() -> str:
    """Markdown."""
    rows = [("port", "direction", "bits")]
    group = ""
    for port in ports_of(ENGINE):
        if port.group != group:
            group = port.group
            rows.append((f"**{group}**", "", ""))
        rows.append((f"`{port.name}`", port.direction, str(port.width)))
    return table(rows, (2,))


# ---- timing diagrams -----------------------------------------------------------------------------------------------


class Trace:
    """The ports of the engine at each rising edge of the clock, from a waveform."""

    def __init__(self, waveform: Path) -> None:
        prefix = f"{BENCH}.{ENGINE}_inst."
        names = {port.name for port in ports_of(ENGINE)}
        self.signals: dict[str, Any] = {
            variable.full_name.removeprefix(prefix): variable.signal
            for variable in pywellen.Waveform(str(waveform)).all_vars()
            if variable.full_name.startswith(prefix) and variable.full_name.removeprefix(prefix) in names
        }

    def value(self, name: str, cycle: int) -> int:
        """In the cycle that ends with edge ``cycle`` (at 10 ``cycle`` + 5 ns); 0 for what is unknown before reset."""
        value = self.signals[name].value_at(1000 * (10 * cycle + 5) - 1)
        return 0 if set(str(value)) & set("xz") else int(value)

    def cycles(self, names: Sequence[str], start: int, end: int) -> list[int]:
        """Those in which one of ``names`` is 1."""
        return [cycle for cycle in range(start, end) if any(self.value(name, cycle) for name in names)]


def diagram(trace: Trace, streams: dict[str, tuple[str, ...]], start: int, end: int) -> str:
    """A column for each cycle in which something is valid, a row for each signal.

    ``streams``: a signal that says when the others of its row mean something, and these. Words of more than 16 bits
    are named, and follow below.
    """
    busy = trace.cycles(list(streams), start, end)
    columns: list[int | None] = []
    for cycle in busy:
        if columns and columns[-1] is not None and cycle > columns[-1] + 1:
            columns.append(None)
        columns.append(cycle)
    widths = {port.name: port.width for port in ports_of(ENGINE)}
    words: dict[tuple[str, int], str] = {}
    rows = [["cycle", *("..." if cycle is None else str(cycle - busy[0]) for cycle in columns)]]
    for valid, names in streams.items():
        for name in (valid, *names):
            row = [name]
            for column in columns:
                if column is None:
                    row.append("...")
                    continue
                always = name == valid or name.endswith("ready")
                if not (always or trace.value(valid, column)) or (name == FIRST_BEAT_ONLY and column != busy[0]):
                    row.append(".")
                elif widths[name] <= 16:
                    row.append(f"{trace.value(name, column):0{-(-widths[name] // 4)}x}")
                else:
                    row.append(words.setdefault((name, trace.value(name, column)), f"w{len(words)}"))
            rows.append(row)
    sizes = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "  ".join([row[0].ljust(sizes[0]), *(cell.rjust(size) for cell, size in zip(row[1:], sizes[1:], strict=True))])
        for row in rows
    ]
    lines += ["", *(f"{text:4}{value:0{widths[name] // 4}x}  {name}" for (name, value), text in words.items())]
    return "\n".join(["```", *lines, "```"])


def _stream(name: str, *more: str) -> dict[str, tuple[str, ...]]:
    return {f"{name}_tvalid": tuple(f"{name}_{part}" for part in ("tready", "tdata", *more))}


def diagrams() -> dict[str, str]:
    """The diagrams by their names, drawn from the first frames of the job."""
    built = build("icarus", BENCH, waves=True)
    run = built.run(JOB, seed=1, name="integration", window=WavesWindow())
    assert run.waveform is not None
    trace = Trace(run.waveform)
    transmit = (
        _stream("s_axis_tx", "tkeep", "tlast", "tuser")
        | _stream("m_axis_tx", "tkeep", "tlast", "tuser")
        | _stream("m_axis_tx_status")
    )
    receive = _stream("s_axis_rx", "tkeep", "tlast") | _stream("m_axis_rx", "tkeep", "tlast", "tuser")
    registers = {
        "s_axil_awvalid": ("s_axil_awready", "s_axil_awaddr"),
        "s_axil_wvalid": ("s_axil_wready", "s_axil_wdata", "s_axil_wstrb"),
        "s_axil_bvalid": ("s_axil_bready", "s_axil_bresp"),
        "s_axil_arvalid": ("s_axil_arready", "s_axil_araddr"),
        "s_axil_rvalid": ("s_axil_rready", "s_axil_rdata", "s_axil_rresp"),
    }
    result = {}
    for name, streams, last in (("transmit", transmit, "m_axis_tx"), ("receive", receive, "m_axis_rx")):
        first = trace.cycles([next(iter(streams))], 0, 20_000)[0]
        end = next(cycle for cycle in range(first, 20_000) if trace.value(f"{last}_tlast", cycle))
        result[name] = diagram(trace, streams, first, end + 4)
    written = trace.cycles(["s_axil_awvalid"], 0, 20_000)[0]
    read = [cycle for cycle in trace.cycles(["s_axil_arvalid"], 0, 20_000) if cycle < written][-1]
    result["registers"] = diagram(trace, registers, read, written + 6)
    return result


# ---- the command ---------------------------------------------------------------------------------------------------


def document(parts: dict[str, str]) -> str:
    """The document with these parts between their marks."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = replace_part(text, name, "make integration", part)
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; exit code 1 if something is not fresh."""
    parser = argparse.ArgumentParser(prog="python -m scripts.integration", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if anything would change")
    parser.add_argument("--diagrams", action="store_true", help="the timing diagrams, too")
    options = parser.parse_args(arguments)
    parts = {"parameters": parameter_table(), "ports": port_table()}
    if options.diagrams:
        parts |= diagrams()
    code = 0
    for path, text in ((CORE, core()), (DOCUMENT, document(parts))):
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text == before:
            continue
        if options.check:
            name = str(path.relative_to(ROOT))
            changes = difflib.unified_diff(
                before.splitlines(), text.splitlines(), name, "from the sources", lineterm=""
            )
            print("\n".join(changes))
            print(f"error: {name} is not what the sources say: make integration", file=sys.stderr)
            code = 1
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return code


if __name__ == "__main__":
    sys.exit(main())
