# SPDX-License-Identifier: Apache-2.0
"""What programs can talk to in the Linux guest of ``make demo``: a small web server, and iperf3 where it is installed.

``GET /`` tells what the kernel knows of its SAs, ``GET /N`` gives N octets (those of :func:`pattern`), and ``POST /``
answers the SHA-256 of what was posted. Only the standard library, as in tb.interop_guest, which starts it; one JSON
object on the standard output says that it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

HTTP_PORT = 80
MOST_OCTETS = 1 << 30
_CHUNK = 1 << 16
_IPERF3_PORT = 5201
_SCRATCH = Path("/dev/iperf3")
_SHOWN_OF_A_STATE = re.compile(r"src|\s+proto|\s+aead|\s+\d+\(bytes\)")


def pattern(count: int) -> Iterator[bytes]:
    """``count`` octets that depend on nothing else, in pieces."""
    rng = random.Random(count)
    for start in range(0, count, _CHUNK):
        yield rng.randbytes(min(_CHUNK, count - start))


class Pages(BaseHTTPRequestHandler):
    """The pages, see above."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """``/`` or ``/N``."""
        name = self.path.removeprefix("/")
        if not name:
            text = self._about().encode()
            self._answer(200, "text/plain; charset=utf-8", len(text), [text])
        elif name.isascii() and name.isdecimal() and len(name) < 12 and int(name) <= MOST_OCTETS:
            self._answer(200, "application/octet-stream", int(name), pattern(int(name)))
        else:
            self.send_error(404, f"neither / nor /N with N up to {MOST_OCTETS}")

    def do_POST(self) -> None:
        """The SHA-256 of the body."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True
            self.send_error(411)
            return
        left, digest = int(length), hashlib.sha256()
        while left:
            piece = self.rfile.read(min(left, _CHUNK))
            if not piece:
                self.close_connection = True
                return
            digest.update(piece)
            left -= len(piece)
        text = f"{digest.hexdigest()}\n".encode()
        self._answer(200, "text/plain", len(text), [text])

    def _answer(self, status: int, kind: str, length: int, body: Iterator[bytes] | list[bytes]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        for piece in body:
            self.wfile.write(piece)

    def _about(self) -> str:
        here, there = self.connection.getsockname()[0], self.client_address[0]
        command = ["ip", "-s", "xfrm", "state", "list", "nokeys"]
        states = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        lines = [line for line in states if _SHOWN_OF_A_STATE.match(line)]
        return "\n".join([f"Linux {os.uname().release} at {here}, you are {there}. My SAs:", *lines, ""])

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        """Without the look-up of a host name, which takes long where there is no name server."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "linux-peer", self.socket.getsockname()[1]


class _Server6(_Server):
    address_family = socket.AF_INET6


def serve(port: int = HTTP_PORT) -> list[ThreadingHTTPServer]:
    """Start the web server on every address, IPv4 and IPv6; ``port`` 0: any."""
    servers: list[ThreadingHTTPServer] = [_Server(("", port), Pages), _Server6(("::", port), Pages)]
    for server in servers:
        Thread(target=server.serve_forever, daemon=True).start()
    return servers


def serve_iperf3() -> bool:
    """Start iperf3 where it is installed; returns whether it listens."""
    program = shutil.which("iperf3")
    if program is None:
        return False
    # it wants a place for its buffers, and the files of the host are read-only
    _SCRATCH.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(_SCRATCH)}
    process = subprocess.Popen([program, "-s"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        if _listens(_IPERF3_PORT):
            return True
        time.sleep(0.02)
    return False


def _listens(port: int) -> bool:
    """Whether any program listens on a TCP port; proc(5)."""
    lines = [line for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()]
    return any(re.match(rf"\s*\d+: [0-9A-F]+:{port:04X} \S+ 0A ", line) for line in lines)


def main() -> None:
    """Start everything, say so, go on for ever."""
    serve()
    print(json.dumps({"iperf3": serve_iperf3()}), flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
