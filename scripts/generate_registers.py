# SPDX-License-Identifier: Apache-2.0
"""Makes everything that follows from the register map ``hdl/registers/ipsec_engine.rdl``.

    generate_registers.py           writes the files
    generate_registers.py --check   writes nothing; names each file that is not what would be written, exit code 1

The Verilog block is PeakRDL-etana's, the C header PeakRDL-cheader's (plus addresses and enumerations); the Python
constants and the Markdown page are written here from the compiled SystemRDL tree. The output depends on the .rdl file
and the pinned generators only: no date, no path.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

from systemrdl import RDLCompiler
from systemrdl.node import AddrmapNode, FieldNode, RegNode

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Path("hdl/registers/ipsec_engine.rdl")
BLOCK = "ipsec_engine_registers"
VERILOG = Path(f"hdl/registers/{BLOCK}.sv")
PYTHON = Path("tb/engine_registers.py")
C_HEADER = Path("include/ipsec_engine_registers.h")
MARKDOWN = Path("docs/registers.md")

NOTICE = f"Generated from {SOURCE} by scripts/generate_registers.py. Do not edit."


def peakrdl(exporter: str, output: Path, *arguments: str) -> None:
    """Run one exporter of PeakRDL on the register map; its messages go to standard error if it fails."""
    command = [sys.executable, "-m", "peakrdl", exporter, str(ROOT / SOURCE), "-o", str(output), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
        raise SystemExit(f"generate_registers.py: PeakRDL {exporter} failed")


def registers_of(top: AddrmapNode) -> list[RegNode]:
    """All registers in the order of their addresses."""
    return sorted(
        (node for node in top.children() if isinstance(node, RegNode)), key=lambda node: node.absolute_address
    )


def reset_of(register: RegNode) -> int:
    """Reset value of a register; a field that the hardware drives counts as 0."""
    value = 0
    for field in register.fields():
        reset = field.get_property("reset")
        if isinstance(reset, int):
            value |= reset << field.low
    return value


def access_of(field: FieldNode) -> str:
    """What software may do with a field: ``r``, ``w``, ``rw`` or ``w1c``."""
    if field.get_property("woclr"):
        return "w1c"
    return str(field.get_property("sw").name)


def enumerations_of(top: AddrmapNode) -> dict[str, list[tuple[str, int, str]]]:
    """The encodings used by fields: type name to (name, value, description) in the order of the values."""
    found: dict[str, list[tuple[str, int, str]]] = {}
    for register in registers_of(top):
        for field in register.fields():
            encode = field.get_property("encode")
            if encode is not None:
                members = [(m.name, m.value, " ".join((m.rdl_desc or "").split())) for m in encode.members.values()]
                found[encode.type_name.removesuffix("_e")] = sorted(members, key=lambda member: member[1])
    return found


def groups_of(names: list[str]) -> dict[str, list[str]]:
    """Registers numbered NAME_0, NAME_1, ...: NAME to the list of them."""
    groups: dict[str, list[str]] = {}
    for name in names:
        match = re.fullmatch(r"(.+)_(\d+)", name)
        if match:
            groups.setdefault(match[1], []).append(name)
    return groups


def register_read_address(body: str) -> str:
    """The module with a register between address and read data, which then come a cycle after their address.

    etana's read data are a chain of as many multiplexers as there are registers, behind a comparison each: too long for
    a cycle. Here one bit of a register says which word is read, and the data are a sum of products.
    """

    def word(match: re.Match[str]) -> str:
        select = f"read_select[{int(match[1], 16) // 4}]"

        def part(match: re.Match[str]) -> str:
            high, low = (int(bit) for bit in (match[2].split(":") * 2)[:2])
            return f"{match[1]} = {match[1]} | ({{{high - low + 1}{{{select}}}}} & ({match[3]}));"

        return "begin" + re.sub(r"(readback_data_var\[([\d:]+)\]) = (.+);", part, match[2])

    body, words = re.subn(r"if\(rd_mux_addr == 9'h([0-9a-f]+)\) begin(.+?)(?=\n +end\n)", word, body, flags=re.DOTALL)
    body, registers = re.subn(
        r"logic \[8:0\] rd_mux_addr;\n *assign rd_mux_addr = cpuif_addr;\n",
        "logic [127:0] read_select;\n    always_ff @(posedge clk) read_select <= 128'd1 << cpuif_addr[8:2];\n",
        body,
    )
    if registers != 1 or not words or "rd_mux_addr" in body:
        raise SystemExit(
            "generate_registers: PeakRDL-etana writes the read data in another way than this version expects"
        )
    return body


def write_octets(body: str) -> str:
    """The module with a choice of new or old for each octet of a word that is written.

    etana spells it as AND and OR with a mask, of which Yosys makes a LUT for each bit and no enable. The mask is
    made of byte strobes (axil_slave): all bits of an octet are alike.
    """

    def word(match: re.Match[str]) -> str:
        choices = (
            f"decoded_wr_biten[{low}] ? decoded_wr_data[{low + 7}:{low}] : {match[1]}[{low + 7}:{low}]"
            for low in (24, 16, 8, 0)
        )
        return "{" + ", ".join(choices) + "}"

    body, words = re.subn(
        r"\((\w+) & ~decoded_wr_biten\[31:0\]\) \| \(decoded_wr_data\[31:0\] & decoded_wr_biten\[31:0\]\)", word, body
    )
    if not words or "~decoded_wr_biten[31:0]" in body:
        raise SystemExit("generate_registers: PeakRDL-etana writes registers in another way than this version expects")
    return body


def make_verilog() -> str:
    """The register block behind axil_slave.v."""
    with tempfile.TemporaryDirectory() as folder:
        peakrdl(
            "etana", Path(folder), "--cpuif", "passthrough", "--addr-width", "9", "--default-reset", "rst",
            "--module-name", BLOCK,
        )  # fmt: skip
        text = (Path(folder) / f"{BLOCK}.sv").read_text(encoding="utf-8")
    # without its `timescale: the build sets that for all files
    body = write_octets(register_read_address(text[text.index(f"module {BLOCK}") :]))
    lines = [line.rstrip() for line in body.splitlines()]
    head = f"// SPDX-License-Identifier: Apache-2.0\n// {NOTICE}\n// The Verilog is PeakRDL-etana's.\n\n"
    return head + "\n".join(lines) + "\n"


def make_c_header(top: AddrmapNode) -> str:
    """The C header: PeakRDL-cheader's structure and masks, and the addresses and enumerations as macros."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / C_HEADER.name
        peakrdl("c-header", path)
        text = path.read_text(encoding="utf-8")
    body = text[text.index("#ifndef") :]
    prefix = BLOCK.upper()
    lines = ["", "// addresses"]
    lines += [f"#define {prefix}__{r.inst_name}_address 0x{r.absolute_address:03x}" for r in registers_of(top)]
    for name, members in enumerations_of(top).items():
        lines += ["", f"// values of {name}"]
        lines += [f"#define {prefix}__{name.upper()}__{member} 0x{value:02x}" for member, value, _ in members]
    marker = "#include <assert.h>\n"
    if marker not in body:
        raise SystemExit("generate_registers.py: the C header has no place for the addresses")
    body = body.replace(marker, marker + "\n".join(lines) + "\n", 1)
    head = f"// SPDX-License-Identifier: Apache-2.0\n// {NOTICE}\n// Masks and structure are PeakRDL-cheader's.\n\n"
    return head + body


def make_python(top: AddrmapNode) -> str:
    """The Python constants."""
    lines = [
        "# SPDX-License-Identifier: Apache-2.0",
        '"""Addresses, masks, shifts and reset values of the registers of the engine.',
        "",
        NOTICE,
        "",
        "``NAME`` is the byte address of a register, ``NAME_RESET`` its value after reset (0 where the hardware drives",
        "it), ``NAME_FIELD_MASK`` and ``NAME_FIELD_SHIFT`` belong to a field. docs/registers.md says what they do.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "import enum",
        "from typing import Final, NamedTuple",
        "",
    ]
    for name, members in enumerations_of(top).items():
        class_name = "".join(part.capitalize() for part in name.split("_"))
        lines += ["", f"class {class_name}(enum.IntEnum):", f'    """Values of {name.replace("_", " ")}."""', ""]
        for member, value, description in members:
            lines.append(f"    {member} = 0x{value:02X}")
            lines += textwrap.wrap(f'"""{description}"""', 110, initial_indent="    ", subsequent_indent="    ")
        lines += [""]
    lines += [
        "",
        "class Register(NamedTuple):",
        '    """One register: byte address, value after reset, bits that software can read, bits that it can write."""',
        "",
        "    address: int",
        "    reset: int",
        "    readable: int",
        "    writable: int",
        "",
        "",
    ]
    table: list[str] = []
    for register in registers_of(top):
        name = register.inst_name
        lines.append(f"{name}: Final = 0x{register.absolute_address:03X}")
        lines.append(f"{name}_RESET: Final = 0x{reset_of(register):08X}")
        readable = writable = 0
        for field in register.fields():
            mask = ((1 << field.width) - 1) << field.low
            lines.append(f"{name}_{field.inst_name}_MASK: Final = 0x{mask:08X}")
            lines.append(f"{name}_{field.inst_name}_SHIFT: Final = {field.low}")
            readable |= mask if field.is_sw_readable else 0
            writable |= mask if field.is_sw_writable else 0
        arguments = f"{name}, {name}_RESET, 0x{readable:08X}, 0x{writable:08X}"
        row = f'    "{name}": Register({arguments}),'
        table += [row] if len(row) <= 120 else [f'    "{name}": Register(', f"        {arguments}", "    ),"]
    lines.append("")
    for group, names in groups_of([register.inst_name for register in registers_of(top)]).items():
        lines += [f"{group}: Final = (", *(f"    {name}," for name in names), ")"]
        lines.append(f'"""The words of {group}, word 0 first."""')
    lines += ["", "REGISTERS: Final[dict[str, Register]] = {", *table, "}", '"""Every register by name."""', ""]
    return "\n".join(lines)


def make_markdown(top: AddrmapNode) -> str:
    """The documentation page."""
    lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        f"<!-- {NOTICE} -->",
        "",
        f"# Registers: {top.get_property('name')}",
        "",
        str(top.get_property("desc")),
        "",
        "Access: `r` read, `w` write (reads as 0), `rw` both, `w1c` read, writing 1 clears.",
        "Reset `-`: driven by the hardware.",
        "",
        "| address | register | bits | field | access | reset | |",
        "|---|---|---|---|---|---|---|",
    ]
    for register in registers_of(top):
        title = str(register.get_property("name") or "")
        description = " ".join(str(register.get_property("desc") or "").split())
        text = f"**{title}.** {description}".strip()
        lines.append(f"| 0x{register.absolute_address:03X} | `{register.inst_name}` | | | | | {text} |")
        for field in reversed(register.fields()):
            reset = field.get_property("reset")
            reset_text = f"0x{reset:X}" if isinstance(reset, int) else "-"
            bits = f"{field.high}:{field.low}" if field.width > 1 else f"{field.low}"
            about = " ".join(str(field.get_property("desc") or "").split())
            lines.append(f"| | | {bits} | `{field.inst_name}` | {access_of(field)} | {reset_text} | {about} |")
    for name, members in enumerations_of(top).items():
        lines += ["", f"## Values of {name.replace('_', ' ')}", "", "| value | name | |", "|---|---|---|"]
        lines += [f"| 0x{value:02X} | `{member}` | {description} |" for member, value, description in members]
    return "\n".join(lines) + "\n"


def generate() -> dict[Path, str]:
    """All files, by path from the root of the project."""
    compiler = RDLCompiler()
    compiler.compile_file(str(ROOT / SOURCE))
    top = compiler.elaborate().top
    return {
        VERILOG: make_verilog(),
        C_HEADER: make_c_header(top),
        PYTHON: make_python(top),
        MARKDOWN: make_markdown(top),
    }


def stale(files: dict[Path, str], root: Path = ROOT) -> list[Path]:
    """Those of ``files`` which are missing under ``root`` or differ there."""
    return [
        path
        for path, text in files.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file is not up to date")
    options = parser.parse_args(arguments)
    files = generate()
    old = stale(files)
    for path in old:
        if options.check:
            print(f"{path} is stale: run make regs")
        else:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(files[path], encoding="utf-8")
            print(f"wrote {path}")
    return 1 if options.check and old else 0


if __name__ == "__main__":
    raise SystemExit(main())
