# SPDX-License-Identifier: Apache-2.0
"""A network namespace with nothing in it but a TAP device: what its programs send, this process reads. Needs root."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import struct
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

DEVICE = Path("/dev/net/tun")
_NAMES = Path("/run/netns")
# include/uapi/linux/if_tun.h
_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_HANG_UP_SECONDS = 2.0


class NamespaceError(Exception):
    """The namespace cannot be had; one line with the reason."""


def missing_privilege() -> str | None:
    """Why there cannot be a TAP device in a namespace of its own on this machine, in one line; None if there can."""
    if os.geteuid() != 0:
        return "a network namespace and a TAP device need root: sudo make demo"
    try:
        with DEVICE.open("rb+", buffering=0):
            pass
    except OSError as error:
        return f"{DEVICE} cannot be opened: {error.strerror}"
    done = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, text=True, check=False)
    return f"no network namespace: {' '.join(done.stderr.split())}" if done.returncode else None


def _ip(*words: str, lines: Sequence[str] = ()) -> str:
    batch = ["-batch", "-"] if lines else []
    text = "\n".join(lines)
    done = subprocess.run(["ip", *words, *batch], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NamespaceError(f"ip {' '.join(words)}: {' '.join(done.stderr.split())}")
    return done.stdout


class TapNamespace:
    """A context manager: the namespace ``name`` with a TAP device that ``lines`` for ``ip -batch`` set up.

    ``{tap}`` in a line stands for the name of the device. ``tap`` is a descriptor that does not block: each read is one
    Ethernet frame of the programs in the namespace, each write one for them. At the end these programs are hung up and
    the namespace is gone. NamespaceError where it cannot be made, or exists.
    """

    def __init__(self, name: str, lines: Sequence[str]) -> None:
        self.name = name
        self.lines = lines
        self.tap = -1

    def __enter__(self) -> Self:
        if (_NAMES / self.name).exists():
            raise NamespaceError(
                f"namespace {self.name} exists: another demo runs there, or ip netns delete {self.name}"
            )
        _ip("netns", "add", self.name)
        try:
            self.tap = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            # struct ifreq: the kernel puts a number where %d is
            request = fcntl.ioctl(self.tap, _TUNSETIFF, struct.pack("16sH22x", b"nic%d", _IFF_TAP | _IFF_NO_PI))
            device = request[:16].rstrip(b"\0").decode()
            _ip("link", "set", device, "netns", self.name)
            _ip("-netns", self.name, lines=[line.format(tap=device) for line in self.lines])
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise NamespaceError(f"no TAP device: {error.strerror}") from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def command(self, words: Sequence[str]) -> list[str]:
        """The command line that runs a program in here."""
        return ["ip", "netns", "exec", self.name, *words]

    def close(self) -> None:
        """Hang its programs up, wait for them, take device and namespace away."""
        for number in (signal.SIGHUP, signal.SIGKILL):
            end = time.monotonic() + _HANG_UP_SECONDS
            while (programs := _ip("netns", "pids", self.name).split()) and time.monotonic() < end:
                for program in programs:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(program), number)
                time.sleep(0.05)
        if self.tap >= 0:
            os.close(self.tap)
            self.tap = -1
        _ip("netns", "delete", self.name)
