# SPDX-License-Identifier: Apache-2.0
"""A Linux kernel in user mode as the peer of a simulation: how it comes up, how a job gets at it, how it ends.

The kernel (Debian's user-mode-linux) boots as an ordinary process, without root; its network is a socketpair whose
other end goes to the job inside the simulation (tb.jobs.peer_link), with the terminal of its only program,
tb.interop_guest.
Whatever the end is, Ctrl-C too: no process and no temporary folder is left.
"""

from __future__ import annotations

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tb.host_stack import ECHO_PORT
from tb.interop_shapes import LINK_MTU
from tb.sim import ROOT, Build, RunResult, SimulationError

EXIT_SKIPPED = 77
"""Exit code where the machine has not what the peer needs."""

_MODULES = Path("/usr/lib/uml/modules")
_SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_PR_SET_CHILD_SUBREAPER = 36
_END_SECONDS = 5.0


def missing_kernel() -> str | None:
    """Install what the Linux peer needs where that asks nobody; None if it is there, else the reason in one line."""
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        return f"user-mode-linux runs on x86_64 Linux, this is {os.uname().machine} {sys.platform}"
    done = subprocess.run([ROOT / "scripts" / "require", "uml"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    return " ".join((done.stderr or done.stdout).split()).removeprefix("error: ")


def program(name: str) -> str | None:
    """Where a program is, also one that only root has in the path; None if it is missing."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}")


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
        shutil.copy(ROOT / "tb" / "interop_services.py", folder / "services.py")
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
        kernel = program("linux.uml")
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
            f"vec0:transport=fd,fd={guest_network.fileno()},mac=02:00:00:00:00:02,depth=32,mtu={LINK_MTU}",
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

    def hand_over(self, listener: socket.socket, others: Sequence[int]) -> None:
        """Give both lines to the simulation as soon as it connects, and the descriptors ``others`` after them."""
        connection, _ = listener.accept()
        with connection:
            socket.send_fds(connection, [b"\0"], [self.network.fileno(), self.terminal.fileno(), *others])
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
def linux_guest(others: Sequence[int] = ()) -> Iterator[tuple[Guest, Path]]:
    """A guest, and the path of a socket that hands its lines over to one job, with the descriptors ``others``."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="linux-peer-") as name:
        folder = Path(name)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        guest: Guest | None = None
        try:
            address = folder / "lines"
            listener.bind(str(address))
            listener.listen(1)
            guest = Guest(folder)
            threading.Thread(target=_hand_over, args=(guest, listener, others), daemon=True).start()
            yield guest, address
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            if guest is not None:
                guest.end()


def _hand_over(guest: Guest, listener: socket.socket, others: Sequence[int]) -> None:
    with contextlib.suppress(OSError):
        guest.hand_over(listener, others)


def run_beside(
    guest: Guest,
    address: Path,
    built: Build,
    job: str,
    folder: Path,
    environment: Mapping[str, str],
    *,
    line: Callable[[str], None],
    seed: int | None = None,
    timeout_seconds: float = 1800.0,
) -> tuple[RunResult, dict[str, Any]]:
    """Run ``job`` (a module of tb.jobs) as the simulation between the guest and a host; returns its run and its result.

    ``folder`` takes its files (the job finds it as ``PEER_FOLDER``) and its log. Raises SimulationError, with the last
    words of the kernel, where there is no result.
    """
    result_file = guest.folder / "result.json"
    name = f"{folder.name}-{os.getpid()}"
    variables = {"PEER_SOCKET": str(address), "PEER_FOLDER": str(folder), "JOB_RESULT": str(result_file)}
    try:
        run = built.run(
            job,
            extra_env={**variables, **environment},
            name=name,
            seed=seed,
            line=line,
            timeout_seconds=timeout_seconds,
            check=False,
        )
    finally:
        log = built.folder / "runs" / name
        if (log / "sim.log").is_file():
            shutil.copy(log / "sim.log", folder / "sim.log")
        shutil.rmtree(log, ignore_errors=True)
    if not result_file.is_file():
        failure = "\n".join(case.failure or "" for case in run.failures) or "no result"
        text = f"the run did not end (seed {run.seed}, log: {folder / 'sim.log'})\n{failure}"
        raise SimulationError(f"{text}\nthe kernel's last words:\n{guest.last_words()}")
    result: dict[str, Any] = json.loads(result_file.read_text(encoding="utf-8"))
    return run, result


def terminated(number: int, frame: object) -> None:
    """A signal handler: SIGTERM ends a command as Ctrl-C does."""
    raise KeyboardInterrupt
