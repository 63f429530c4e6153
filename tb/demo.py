# SPDX-License-Identifier: Apache-2.0
"""``make demo``: programs of this machine talk through the simulated engine to a Linux kernel, in ESP on the wire.

A network namespace gets a TAP device; what its programs send is framed by the host (tb.tap_host), encrypted by the
engine, decrypted by a Linux kernel in user mode (tb.linux_peer), and the other way round. Runs until Ctrl-C, or as long
as the command that is given; writes ``build/demo/`` as ``make interop`` does. Needs root.

Exit code: that of the command, else 0; 1 if the engine, the host or the kernel did anything wrong; 2 for a wrong
command line; 77 (skipped, with the reason) where this machine cannot do it; 130 if interrupted before the end. No
namespace, device, process or temporary folder is left.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from models.packet import MAC_A, MAC_B
from tb.interop_shapes import LINK_MTU, demo_shapes
from tb.linux_peer import EXIT_SKIPPED, linux_guest, missing_kernel, run_beside
from tb.live_view import LiveView
from tb.main_job import TOPLEVEL
from tb.namespace import NamespaceError, TapNamespace, missing_privilege
from tb.progress import JobProgress
from tb.sim import BUILD_FOLDER, ROOT, SimulationError, build

JOB = "tb.jobs.demo_simulation"
FOLDER = BUILD_FOLDER / "demo"
NAME = "ipsec-demo"
MTU = 1500
LEAST_MTU = 1400
"""IPv6 needs links of 1280 octets (RFC 8200 section 5), and the tunnel takes its part."""

# in the device: more than a few only make round trips longer
_QUEUED_FRAMES = 128


def tap_mtu(mtu: int) -> int:
    """MTU of the TAP device where packets on the wire have at most ``mtu`` octets: every tunnel has to fit."""
    return min(shape.inner_mtu(mtu) for shape in demo_shapes())


def tap_lines(mtu: int) -> list[str]:
    """For ``ip -batch`` in the namespace: the addresses of our end of the tunnels, routes to the other end."""
    lines = [
        "link set lo up",
        "link set {tap} addrgenmode none",
        f"link set {{tap}} address {MAC_A.hex(':')} mtu {tap_mtu(mtu)} txqueuelen {_QUEUED_FRAMES} up",
    ]
    for shape in demo_shapes():
        ours, theirs = ip_address(shape.ours), ip_address(shape.theirs)
        lines += [
            f"address add {ours}/{ours.max_prefixlen} dev {{tap}}{' nodad' if ours.version == 6 else ''}",
            f"neighbour add {theirs} lladdr {MAC_B.hex(':')} dev {{tap}} nud permanent",
            f"route add {theirs} dev {{tap}} src {ours}",
        ]
    return lines


def suggestions(name: str, iperf3: bool) -> list[str]:
    """Commands to type in another terminal."""
    four, six = (ip_address(shape.theirs) for shape in demo_shapes())
    commands = [
        f"ping {four}",
        f"ping {six}",
        f"curl http://{four}/",
        f"curl -o /dev/null 'http://[{six}]/1000000'",
    ]
    if iperf3:
        commands.append(f"iperf3 -c {four}")
    sudo = "sudo " if "SUDO_USER" in os.environ else ""
    return [f"{sudo}ip netns exec {name} {command}" for command in commands]


class View(LiveView):
    """What goes on: a live table on a terminal; elsewhere the commands to type, once; nothing with ``quiet``."""

    def __init__(self, console: Console, quiet: bool, name: str, ready: Callable[[], None]) -> None:
        super().__init__(console, quiet)
        self.name = name
        self.ready = ready

    def event(self, event: dict[str, Any]) -> None:
        """The job is ready, or has counted."""
        if event.get("ready"):
            if not self.quiet and not self.live:
                self.print("\n".join(self.help()))
            self.ready()

    def help(self) -> list[str]:
        """What a user can do now."""
        iperf3 = bool(self.state["iperf3"])
        lines = ["In another terminal:", *(f"  {command}" for command in suggestions(self.name, iperf3))]
        return lines if iperf3 else [*lines, "  (iperf3 as well, where it is installed: sudo apt-get install iperf3)"]

    def table(self) -> Group:
        """The live table."""
        state = self.state
        if "kernel" not in state:
            return Group("Linux boots")
        table = Table(title=f"Linux {state['kernel']} behind the simulated engine", title_justify="left")
        table.add_column("SA")
        table.add_column("direction")
        for column in ("SPI", "frames", "octets", "errors"):
            table.add_column(column, justify="right")
        for row in state["sas"]:
            table.add_row(
                row["name"],
                row["direction"],
                f"{row['spi']:#x}",
                *(f"{row[column]:,}" for column in ("frames", "octets", "errors")),
                style="bold red" if row["errors"] else "",
            )
        host = ", ".join(f"{name} {count:,}" for name, count in state["host"].items())
        lines = [self.totals(), f"host: {host}", "", *self.help(), "Ctrl-C ends it."]
        return Group(table, Text("\n".join(lines)))


class Ending:
    """How it comes to an end: a signal, or the command is done. ``pipe`` can be read then."""

    def __init__(self) -> None:
        self.pipe, self._end = os.pipe()
        self.signals = 0
        self.running = False
        self.code: int | None = None
        """Exit code of the command."""

    def __call__(self, number: int, frame: object) -> None:
        """A signal. The job gets the time to end by itself, unless there is one more."""
        self.signals += 1
        self.stop()
        if self.running and self.signals > 1:
            raise KeyboardInterrupt

    def stop(self) -> None:
        """Now."""
        os.write(self._end, b"\0")

    def after(self, command: Sequence[str]) -> None:
        """As soon as this command has ended, which begins now."""
        threading.Thread(target=self._wait, args=(subprocess.Popen(command),)).start()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        self.code = code if code >= 0 else 128 - code
        self.stop()


def run_demo(name: str, mtu: int, command: Sequence[str], console: Console, ending: Ending) -> dict[str, Any]:
    """Build, boot, and carry frames until the end; returns the result. SimulationError, NamespaceError."""
    with JobProgress(console) as progress:
        built = build("verilator", TOPLEVEL, progress=progress.step)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ending)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)

    with TapNamespace(name, tap_lines(mtu)) as namespace, linux_guest([namespace.tap, ending.pipe]) as (guest, address):

        def ready() -> None:
            if command:
                ending.after(namespace.command(command))

        with View(console, bool(command), name, ready) as view:
            ending.running = True
            try:
                run, result = run_beside(
                    *(guest, address, built, JOB, FOLDER, {}), line=view.line, timeout_seconds=threading.TIMEOUT_MAX
                )
            finally:
                ending.running = False
    result["kernel"] = view.state["kernel"]
    result["passed"] = not run.failures and not result["mismatches"] and not result["problems"]
    (FOLDER / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tb.demo", description="Programs talk through the simulated engine to a Linux kernel."
    )
    parser.add_argument("--name", default=NAME, help=f"of the network namespace (default: {NAME})")
    parser.add_argument("--mtu", type=int, default=MTU, help=f"octets of a packet on the wire (default: {MTU})")
    parser.add_argument("command", nargs="*", help="after --: run this in the namespace, then end")
    options = parser.parse_args(arguments)
    if not LEAST_MTU <= options.mtu <= LINK_MTU:
        print(f"error: --mtu {options.mtu}: must be {LEAST_MTU} to {LINK_MTU}", file=sys.stderr)
        return 2
    if not re.fullmatch(r"\w[\w.-]*", options.name):
        print(f"error: --name {options.name}: must be letters, digits, - and .", file=sys.stderr)
        return 2
    reason = missing_privilege() or missing_kernel()
    if reason is not None:
        print(f"skipped: {reason}", file=sys.stderr)
        return EXIT_SKIPPED
    ending = Ending()
    # the standard output belongs to the command
    console = Console(stderr=bool(options.command))
    try:
        result = run_demo(options.name, options.mtu, options.command, console, ending)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except NamespaceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except SimulationError as error:
        print("interrupted" if ending.signals else f"error: {error}", file=sys.stderr)
        return 130 if ending.signals else 1
    text = (
        f"{result['frames']:,} ESP frames, {result['octets']:,} octets, {result['mismatches']} mismatches; simulated"
        f" {result['simulated_ms']:.2f} ms in {result['wall_s']:.1f} s; captures and keys: {FOLDER.relative_to(ROOT)}"
    )
    console.print(text, markup=False, highlight=False, soft_wrap=True)
    if not result["passed"]:
        for line in [*result["problems"], *([result["text"]] if result["mismatches"] else [])]:
            print(f"FAILED {line}", file=sys.stderr)
        return 1
    if options.command:
        return 130 if ending.signals or ending.code is None else ending.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
