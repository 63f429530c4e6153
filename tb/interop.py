# SPDX-License-Identifier: Apache-2.0
"""``make interop``: a Linux kernel on the wire of the simulated engine; each decrypts what the other encrypts.

A Linux kernel in user mode (Debian's user-mode-linux) boots as an ordinary process, without root; its network is a
socketpair whose other end goes to the simulation (tb.jobs.interop_simulation). Writes ``build/interop/``: result.json,
wire.pcapng and host.pcapng (frame n of one belongs to frame n of the other), wireshark/esp_sa (keys).

Exit code 0 if everything agreed; 1 if not; 2 for a wrong command line; 77 (skipped, with the reason) where the kernel
cannot be had. Whatever the end is, Ctrl-C too: no process and no temporary folder is left.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table

from tb.captures import read_capture
from tb.host_stack import ECHO_PORT
from tb.interop_shapes import EVENT_MARK
from tb.main_job import TOPLEVEL
from tb.progress import JobProgress
from tb.sim import BUILD_FOLDER, ROOT, SimulationError, build
from tb.wireshark import DECRYPT

JOB = "tb.jobs.interop_simulation"
FOLDER = BUILD_FOLDER / "interop"
EXIT_SKIPPED = 77

_MODULES = Path("/usr/lib/uml/modules")
_SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_PR_SET_CHILD_SUBREAPER = 36
_END_SECONDS = 5.0
_SHOWN_ROWS = 12


def missing_kernel() -> str | None:
    """Install what the Linux peer needs where that asks nobody; None if it is there, else the reason in one line."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        return f"user-mode-linux runs on x86_64 Linux, this is {os.uname().machine} {sys.platform}"
    done = subprocess.run([ROOT / "scripts" / "require", "uml"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return " ".join((done.stderr or done.stdout).split()).removeprefix("error: ")


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}")


# ---- the guest -------------------------------------------------------------------------------------------------


class Guest:
    """A Linux kernel in user mode, running tb.interop_guest. ``network`` and ``terminal`` are our ends of its lines."""

    def __init__(self, folder: Path) -> None:
        """Boot in ``folder``, an empty one with a short path; SimulationError if what it needs cannot be made."""
        self.folder = folder
        self.console = folder / "console.log"
        modules = folder / "modules"
        (modules / "lib").mkdir(parents=True)
        (modules / "lib" / "modules").symlink_to(_MODULES)
        library = folder / "ptrace.so"
        compiler = ["g++", "-x", "c", "-O2", "-shared", "-fPIC", "-o", str(library), str(ROOT / "tb/interop_ptrace.c")]
        done = subprocess.run(compiler, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SimulationError(f"{' '.join(compiler)}:\n{done.stderr}")
        # the guest sees the files of the host, read-only; what it runs may be moved away meanwhile, so it gets copies
        agent = folder / "guest.py"
        shutil.copy(ROOT / "tb" / "interop_guest.py", agent)
        helper = folder / "modprobe"
        helper.write_text(
            f"#!/bin/sh\nexport PATH={_SYSTEM_PATH}\nexec modprobe -d '{modules}' \"$@\"\n", encoding="utf-8"
        )
        helper.chmod(0o755)
        init = folder / "init"
        python = Path(sys.executable).resolve()
        init.write_text(
            "#!/bin/sh\n"
            f"export PATH={_SYSTEM_PATH}\n"
            "mount -t proc proc /proc\n"
            "mount -t sysfs sysfs /sys\n"
            "[ -c /dev/tty1 ] || mount -t devtmpfs dev /dev\n"
            f"echo '{helper}' >/proc/sys/kernel/modprobe\n"
            f"exec '{python}' -I -S '{agent}' /dev/tty1 '{helper}' {ECHO_PORT}\n",
            encoding="utf-8",
        )
        init.chmod(0o755)
        self.network, guest_network = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.terminal, guest_terminal = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        kernel = _program("linux.uml")
        assert kernel is not None
        command = [
            kernel,
            "mem=192M",
            *("root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro"),
            *("quiet", "con=null", "con0=null,fd:1"),
            f"init={init}",
            f"con1=fd:{guest_terminal.fileno()}",
            "umid=peer",
            f"uml_dir={folder}/",
            f"vec0:transport=fd,fd={guest_network.fileno()},mac=02:00:00:00:00:02,depth=32,mtu=9000",
        ]
        with self.console.open("wb") as console:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                pass_fds=[guest_network.fileno(), guest_terminal.fileno()],
                env={**os.environ, "LD_PRELOAD": str(library), "TMPDIR": str(folder)},
                start_new_session=True,
            )
        guest_network.close()
        guest_terminal.close()

    def hand_over(self, listener: socket.socket) -> None:
        """Give both lines to the simulation as soon as it connects."""
        connection, _ = listener.accept()
        with connection:
            socket.send_fds(connection, [b"\0"], [self.network.fileno(), self.terminal.fileno()])
        # the guest has to notice when the simulation goes away
        self.network.close()
        self.terminal.close()

    def end(self) -> None:
        """Wait for its power to go off, then make sure."""
        self.network.close()
        self.terminal.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS if self.console.exists() else 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        # the processes of the guest are not children of its kernel's process alone: they were given to us when it ended
        deadline = time.monotonic() + _END_SECONDS
        while time.monotonic() < deadline:
            try:
                if os.waitpid(-self.process.pid, os.WNOHANG) == (0, 0):
                    time.sleep(0.01)
            except ChildProcessError:
                return

    def last_words(self) -> str:
        """The end of what its kernel printed."""
        text = self.console.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(line for line in text[-40:] if "[<" not in line)


@contextlib.contextmanager
def _guest() -> Iterator[tuple[Guest, Path]]:
    """A guest, and a socket that hands its lines over."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="interop-") as name:
        folder = Path(name)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        guest: Guest | None = None
        try:
            address = folder / "lines"
            listener.bind(str(address))
            listener.listen(1)
            guest = Guest(folder)
            threading.Thread(target=_hand_over, args=(guest, listener), daemon=True).start()
            yield guest, address
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            if guest is not None:
                guest.end()


def _hand_over(guest: Guest, listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        guest.hand_over(listener)


# ---- the terminal ----------------------------------------------------------------------------------------------


class View:
    """What goes on: a live table on a terminal, a line for each path elsewhere, nothing with ``quiet``."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self.console = console
        self.quiet = quiet
        self.records: deque[dict[str, Any]] = deque(maxlen=_SHOWN_ROWS)
        self.state: dict[str, Any] = {}
        self.parts = self.done = self.failed = 0
        self.now = "Linux boots"
        self.group = ""
        self._live: Live | None = None

    def __enter__(self) -> View:
        if self.console.is_terminal and not self.quiet:
            self._live = Live(self.table(), console=self.console, refresh_per_second=8, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def line(self, line: str) -> None:
        """A line of the simulation."""
        if not line.startswith(EVENT_MARK):
            return
        event = json.loads(line.removeprefix(EVENT_MARK))
        self.state |= {name: value for name, value in event.items() if name not in ("begin", "end")}
        self.parts = event.get("parts", self.parts)
        self.now = event.get("begin", self.now)
        record = event.get("end")
        if record is not None:
            self.records.append(record)
            self.done += 1
            self.failed += bool(record["errors"])
            if not self.quiet:
                self._plain(record)
        if self._live is not None:
            self._live.update(self.table())

    def _plain(self, record: dict[str, Any]) -> None:
        if record["errors"]:
            self._print(f"FAILED {record['name']}: {'; '.join(record['errors'])}")
        group = record["kind"] if record["kind"] != "shape" else "jumbo frames" if record["jumbo"] else record["path"]
        if group != self.group and self._live is None:
            self.group = group
            self._print(f"{self.done}/{self.parts} {group}")

    def _print(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

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
        state = self.state
        text = (
            f"{self.done}/{self.parts} done, {self.failed} failed   {state.get('total_frames', 0):,} frames, "
            f"{state.get('total_octets', 0):,} octets of ESP   simulated {state.get('simulated_ms', 0):.2f} ms"
            f" in {state.get('wall_s', 0):.1f} s of wall clock ({state.get('idle_s', 0):.1f} s idle)"
        )
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
    program = _program("tshark")
    if program is None:
        return "not installed (sudo apt-get install tshark)", True
    command = [program, "-n", "-r", str(folder / "wire.pcapng"), "-T", "fields", *DECRYPT]
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
    with _guest() as (guest, address), View(console, quiet) as view:
        result_file = guest.folder / "result.json"
        environment = {
            "INTEROP_SOCKET": str(address),
            "INTEROP_MATRIX": matrix,
            "INTEROP_ONLY": only,
            "INTEROP_FOLDER": str(FOLDER),
            "JOB_RESULT": str(result_file),
        }
        name = f"interop-{os.getpid()}"
        try:
            run = built.run(JOB, extra_env=environment, name=name, seed=seed, line=view.line, check=False)
        finally:
            log = built.folder / "runs" / name
            if (log / "sim.log").is_file():
                shutil.copy(log / "sim.log", FOLDER / "sim.log")
            shutil.rmtree(log, ignore_errors=True)
        if not result_file.is_file():
            failure = "\n".join(case.failure or "" for case in run.failures) or "no result"
            text = f"the run did not end (seed {run.seed}, log: {FOLDER / 'sim.log'})\n{failure}"
            raise SimulationError(f"{text}\nthe kernel's last words:\n{guest.last_words()}")
        result: dict[str, Any] = json.loads(result_file.read_text(encoding="utf-8"))
    result["seed"] = run.seed
    result["tshark"], result["tshark_agrees"] = check_with_tshark(
        FOLDER, {int(number): esn for number, esn in result.pop("readable").items()}
    )
    result["passed"] = (
        not result["failed"] and not result["mismatches"] and result["tshark_agrees"] and not run.failures
    )
    (FOLDER / "result.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return result


def _terminated(number: int, frame: object) -> None:
    raise KeyboardInterrupt


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
    signal.signal(signal.SIGTERM, _terminated)
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
