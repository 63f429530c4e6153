# SPDX-License-Identifier: Apache-2.0
"""``make interop``: a Linux kernel on the wire of the simulated engine; each decrypts what the other encrypts.

A Linux kernel in user mode (Debian's user-mode-linux) boots as an ordinary process, without root; its network is a
socketpair whose other end goes to the simulation (tb.jobs.interop_simulation). Writes ``build/interop/``: result.json,
wire.pcapng and host.pcapng (frame n of one belongs to frame n of the other), wireshark/esp_sa (keys for Wireshark).

Exit code 0 if everything agreed; 1 if not; 2 for a wrong command line; 77 (skipped, with the reason) where the kernel
cannot be had. Whatever the end is, Ctrl-C too: no process and no temporary folder is left.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table

from tb.captures import read_capture
from tb.host_stack import ECHO_PORT
from tb.linux_peer import EXIT_SKIPPED, linux_guest, missing_kernel, program, run_beside, terminated
from tb.live_view import LiveView
from tb.main_job import TOPLEVEL
from tb.progress import JobProgress
from tb.sim import BUILD_FOLDER, ROOT, SimulationError, build
from tb.wireshark import DECRYPT

JOB = "tb.jobs.interop_simulation"
FOLDER = BUILD_FOLDER / "interop"

_SHOWN_ROWS = 12

# ---- the terminal ----------------------------------------------------------------------------------------------


class View(LiveView):
    """What goes on: a live table on a terminal, a line for each path elsewhere, nothing with ``quiet``."""

    def __init__(self, console: Console, quiet: bool) -> None:
        super().__init__(console, quiet)
        self.records: deque[dict[str, Any]] = deque(maxlen=_SHOWN_ROWS)
        self.parts = self.done = self.failed = 0
        self.now = "Linux boots"
        self.group = ""

    def event(self, event: dict[str, Any]) -> None:
        """A part begins or has ended."""
        self.parts = event.get("parts", self.parts)
        self.now = event.get("begin", self.now)
        record = event.get("end")
        if record is not None:
            self.records.append(record)
            self.done += 1
            self.failed += bool(record["errors"])
            if not self.quiet:
                self._plain(record)

    def _plain(self, record: dict[str, Any]) -> None:
        if record["errors"]:
            self.print(f"FAILED {record['name']}: {'; '.join(record['errors'])}")
        group = record["kind"] if record["kind"] != "shape" else "jumbo frames" if record["jumbo"] else record["path"]
        if group != self.group and not self.live:
            self.group = group
            self.print(f"{self.done}/{self.parts} {group}")

    def table(self) -> Group:
        """The live table."""
        table = Table(title=f"Linux {self.state.get('kernel', '')}: {self.now}", title_justify="left")
        table.add_column("SA")
        for column in ("frames", "octets", "errors", "round trip"):
            table.add_column(column, justify="right")
        for record in self.records:
            rtt = f"{record['rtt_ms']:.1f} ms" if "rtt_ms" in record else ""
            errors = len(record["errors"])
            table.add_row(
                record["name"],
                f"{record['frames']:,}",
                f"{record['octets']:,}",
                str(errors),
                rtt,
                style="bold red" if errors else "",
            )
        text = f"{self.done}/{self.parts} done, {self.failed} failed   {self.totals()}"
        return Group(table, text)


def _matrix_table(records: Sequence[dict[str, Any]]) -> Table:
    """Paths down, ciphers across; each cell says how many of the kinds of sequence numbers passed."""
    shapes = [record for record in records if record["kind"] == "shape"]
    ciphers = list(dict.fromkeys(record["cipher"] for record in shapes))
    title = "Shapes that passed (sequence numbers of 32 bits, ESN, ESN across 2^32; jumbo)"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for cipher in ciphers:
        table.add_column(cipher.replace(" ICV ", "-").replace("-", "\n"), justify="right", no_wrap=True)
    for path in dict.fromkeys(record["path"] for record in shapes):
        cells = []
        for cipher in ciphers:
            cell = [record for record in shapes if record["path"] == path and record["cipher"] == cipher]
            good = sum(not record["errors"] for record in cell)
            text = f"{good}/{len(cell)}" if cell else ""
            cells.append(f"[red]{text}[/]" if good != len(cell) else text)
        table.add_row(path, *cells)
    return table


def summary(result: dict[str, Any]) -> list[str]:
    """The totals, a line each."""
    records = result["records"]
    kinds = Counter(record["kind"] for record in records)
    passed = Counter(record["kind"] for record in records if not record["errors"])
    times = [record["rtt_ms"] for record in records if "rtt_ms" in record]
    lines = [f"{kind}: {passed[kind]} of {count} passed" for kind, count in kinds.items()]
    rekeys = sum(record.get("rekeys", 0) for record in records)
    lines += [
        f"{rekeys} rekeys under traffic, {result['sas_added']} SAs, {result['updates']} UPDATE_SA",
        f"{result['frames']:,} ESP frames, {result['octets']:,} octets, {result['mismatches']} mismatches",
        f"round trip {sum(times) / max(len(times), 1):.1f} ms on average",
        f"simulated {result['simulated_ms']:.2f} ms in {result['wall_s']:.1f} s ({result['idle_s']:.1f} s idle)",
        f"tshark: {result['tshark']}",
        f"kernel {result['kernel']}, seed {result['seed']}",
    ]
    return lines


# ---- tshark ----------------------------------------------------------------------------------------------------


def check_with_tshark(folder: Path, numbers: Mapping[int, bool]) -> tuple[str, bool]:
    """Let tshark decrypt the frames ``numbers`` of wire.pcapng; what it finds must be in the same frame of host.pcapng.

    ``numbers``: frame number to whether it has an extended sequence number, whose ICV tshark 4.0 cannot check. No other
    ICV may be bad; tshark says nothing about one where a dissector above gave up on random octets, that is not counted.
    Returns a line for people, and whether nothing is wrong (also where there is no tshark).
    """
    tshark = program("tshark")
    if tshark is None:
        return "not installed (sudo apt-get install tshark)", True
    command = [tshark, "-n", "-r", str(folder / "wire.pcapng"), "-T", "fields", *DECRYPT]
    command += ["-d", f"udp.port=={ECHO_PORT},data"]
    for name in ("frame.number", "esp.contained_data", "esp.icv_good"):
        command += ["-e", name]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SimulationError(f"tshark: {done.stderr.strip()}")
    rows = {int(row[0]): row for row in (line.split("\t") for line in done.stdout.splitlines())}
    host = read_capture(folder / "host.pcapng").packets
    wrong, checked = [], 0
    for number, esn in numbers.items():
        _, contained, good = rows[number]
        packet = host[number - 1][14:]
        # a tunnel has the whole packet, transport mode what follows the IP header; a short frame is padded
        header = 20 if packet[0] >> 4 == 4 else 40
        length = int.from_bytes(packet[2:4], "big") if header == 20 else 40 + int.from_bytes(packet[4:6], "big")
        checked += not esn and good in ("1", "True")
        if bytes.fromhex(contained) not in (packet[:length], packet[header:length]) or (
            not esn and good in ("0", "False")
        ):
            wrong.append(number)
    text = f"{len(numbers) - len(wrong):,} of {len(numbers):,} AES-GCM frames decrypted to the host's packet"
    text += f", {checked:,} ICVs checked"
    return text if not wrong else f"{text}; the first that differs is frame {wrong[0]}", not wrong


# ---- the command -----------------------------------------------------------------------------------------------


def run_interop(
    matrix: str, console: Console, *, only: str = "", quiet: bool = False, seed: int | None = None
) -> dict[str, Any]:
    """Build, boot and run; returns the result. Raises SimulationError where there is none."""
    with JobProgress(Console(quiet=True) if quiet else console) as progress:
        built = build("verilator", TOPLEVEL, progress=progress.step)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    environment = {"INTEROP_MATRIX": matrix, "INTEROP_ONLY": only}
    with linux_guest() as (guest, address), View(console, quiet) as view:
        run, result = run_beside(guest, address, built, JOB, FOLDER, environment, line=view.line, seed=seed)
    result["seed"] = run.seed
    result["tshark"], result["tshark_agrees"] = check_with_tshark(
        FOLDER, {int(number): esn for number, esn in result.pop("readable").items()}
    )
    result["passed"] = (
        not result["failed"] and not result["mismatches"] and result["tshark_agrees"] and not run.failures
    )
    (FOLDER / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tb.interop", description="The simulated engine against a Linux kernel."
    )
    parser.add_argument("--matrix", choices=("quick", "full"), default="full", help="SA shapes (default: full)")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help='shapes with this in their name, e.g. "transport v6"'
    )
    parser.add_argument("--quiet", action="store_true", help="print the result only")
    parser.add_argument("--seed", type=int, help="of keys and payloads (default: new ones)")
    options = parser.parse_args(arguments)
    reason = missing_kernel()
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return EXIT_SKIPPED
    signal.signal(signal.SIGTERM, terminated)
    console = Console()
    begin = time.monotonic()
    try:
        result = run_interop(options.matrix, console, only=options.only, quiet=options.quiet, seed=options.seed)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except SimulationError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not options.quiet:
        console.print(_matrix_table(result["records"]))
    for line in summary(result):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(f"{time.monotonic() - begin:.1f} s in all", highlight=False)
    if result["passed"]:
        return 0
    for record in result["records"]:
        for text in record["errors"]:
            print(f"FAILED {record['name']}: {text}", file=sys.stderr)
    if result["mismatches"]:
        print(result["text"], file=sys.stderr)
    again = f".venv/bin/python -m tb.interop --matrix {options.matrix} --seed {result['seed']}"
    print(f"frames and keys: {FOLDER.relative_to(ROOT)}; again: {again}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
