# SPDX-License-Identifier: Apache-2.0
"""Runs inside the Linux guest of ``make interop`` as its only program: obeys commands on a terminal line.

Only the standard library: the guest starts it with ``python3 -I -S``. A command is a JSON object on one line with
``id`` and ``do`` (the methods of :class:`Agent` that start with ``do_``), the answer one with the same ``id``;
commands run at the same time. Without a word for :data:`_SILENCE_SECONDS`, or when the line closes, the guest powers
itself off.

Arguments: terminal, program that does what modprobe does, UDP echo port.
"""

from __future__ import annotations

import json
import os
import random
import select
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

_MODULES = "xfrm_user esp4 esp6 ctr ghash-generic gcm echainiv seqiv"
_UDP_ENCAP, _UDP_ENCAP_ESPINUDP = 100, 2
_UDP_NO_CHECK6_RX = 102
_PORT_NAT_T = 4500
_SILENCE_SECONDS = 30.0
_END = "end-of-batch"


def power_off() -> None:
    """The guest ends, and with it its process on the host."""
    Path("/proc/sysrq-trigger").write_text("o")
    time.sleep(60)


class Echoes:
    """Echo requests of one kind ("icmp" or "udp") to one address, ``window`` of them on the way at a time."""

    def __init__(self, kind: str, source: str, target: str, port: int) -> None:
        self.udp = kind == "udp"
        self.version6 = ":" in target
        family = socket.AF_INET6 if self.version6 else socket.AF_INET
        if self.udp:
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
        else:
            protocol = socket.IPPROTO_ICMPV6 if self.version6 else socket.IPPROTO_ICMP
            self.socket = socket.socket(family, socket.SOCK_RAW, protocol)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((source, 0))
        self.target = (target, port if self.udp else 0)
        self.identifier = random.randrange(1, 1 << 16)
        self.sequence = 0
        self.waiting: dict[int, tuple[bytes, float]] = {}
        self.times: list[float] = []
        self.good = self.bad = 0

    def send(self, payload: bytes) -> None:
        """One more request. Of UDP the payload itself tells the answers apart: these must be different."""
        self.sequence = self.sequence + 1 & 0xFFFF
        key = hash(payload) if self.udp else self.sequence
        data = payload
        if not self.udp:
            header = struct.pack(">BxHHH", 128 if self.version6 else 8, 0, self.identifier, self.sequence)
            data = header + payload
            if not self.version6:  # the kernel fills the checksum of ICMPv6 in
                data = data[:2] + _checksum(data).to_bytes(2, "big") + data[4:]
        while key in self.waiting:  # short payloads come again: one after the other
            if not self.collect(1.0):
                break
        self.waiting[key] = (payload, time.monotonic())
        self.socket.sendto(data, self.target)

    def collect(self, seconds: float) -> bool:
        """Take the answers that come within ``seconds``, at least one; False if none came."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return False
        data, address = self.socket.recvfrom(1 << 16)
        if self.udp:
            if address[0] != self.target[0]:
                return True
            key, payload = hash(data), data
        else:
            if not self.version6:
                data = data[(data[0] & 15) * 4 :]
            kind, identifier, key = struct.unpack_from(">BxxxHH", data)
            if kind != (129 if self.version6 else 0) or identifier != self.identifier:
                return True
            payload = data[8:]
        sent = self.waiting.pop(key, None)
        if sent is None or sent[0] != payload:
            self.bad += 1
        else:
            self.good += 1
            self.times.append(time.monotonic() - sent[1])
        return True

    def result(self) -> dict[str, Any]:
        """What became of the requests; round-trip times in milliseconds."""
        times = [1000 * value for value in self.times] or [0.0]
        return {
            "sent": self.good + self.bad + len(self.waiting),
            "good": self.good,
            "bad": self.bad,
            "lost": len(self.waiting),
            "rtt_ms": round(sum(times) / len(times), 3),
            "rtt_max_ms": round(max(times), 3),
        }


def _checksum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Agent:
    """The commands."""

    def __init__(self, line: int, modprobe: str, port: int) -> None:
        self.line = line
        self.modprobe = modprobe
        self.port = port
        self.writing = threading.Lock()
        self.heard = time.monotonic()
        self.sockets: list[socket.socket] = []
        self.stopping: dict[str, threading.Event] = {}
        self.ip: subprocess.Popen[bytes] | None = None
        self.ip_lock = threading.Lock()

    def say(self, message: dict[str, Any]) -> None:
        """One line to the other side."""
        data = json.dumps(message).encode() + b"\n"
        with self.writing:
            while data:
                data = data[os.write(self.line, data) :]

    # ---- set-up ------------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Load the modules, open the sockets."""
        subprocess.run([self.modprobe, "-a", *_MODULES.split()], check=True, capture_output=True)
        for family in (socket.AF_INET, socket.AF_INET6):
            encapsulation = self._bound(family, _PORT_NAT_T)
            encapsulation.setsockopt(socket.IPPROTO_UDP, _UDP_ENCAP, _UDP_ENCAP_ESPINUDP)
            self.sockets.append(encapsulation)
            threading.Thread(target=self._serve, args=(self._bound(family, self.port),), daemon=True).start()

    @staticmethod
    def _bound(family: int, port: int) -> socket.socket:
        bound = socket.socket(family, socket.SOCK_DGRAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # an engine that encrypts in line cannot know the checksum of the UDP header around it: 0, RFC 6935
            bound.setsockopt(socket.IPPROTO_UDP, _UDP_NO_CHECK6_RX, 1)
        bound.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
        return bound

    @staticmethod
    def _serve(service: socket.socket) -> None:
        """UDP echo, from the address that was asked."""
        ancillary = 64
        if service.family == socket.AF_INET:
            service.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
        else:
            service.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        while True:
            data, control, _, address = service.recvmsg(1 << 16, ancillary)
            answer: list[tuple[int, int, bytes]] = []
            for level, kind, info in control:
                if kind == 8 and level == socket.IPPROTO_IP:
                    # struct in_pktinfo: interface, local address (source of what is sent), destination
                    answer.append((level, kind, bytes(4) + info[8:12] + bytes(4)))
                elif kind == socket.IPV6_PKTINFO:
                    answer.append((level, kind, info[:16] + bytes(4)))
            service.sendmsg([data], answer, 0, address)

    # ---- commands ----------------------------------------------------------------------------------------------

    def do_ip(self, batch: str) -> dict[str, Any]:
        """Lines for ``ip -batch``: one process takes them all, because to start one costs the guest 150 ms.

        A last word that ``ip`` does not know makes it say on its standard error that it has come so far.
        """
        with self.ip_lock:
            if self.ip is None:
                self.ip = subprocess.Popen(
                    ["ip", "-force", "-batch", "-"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            assert self.ip.stdin is not None and self.ip.stderr is not None
            self.ip.stdin.write(f"{batch}\n{_END}\n".encode())
            self.ip.stdin.flush()
            errors = self.ip.stderr
            lines: list[str] = []
            while not lines or _END not in lines[-1]:
                line = errors.readline().decode()
                if not line:
                    self.ip = None
                    return {"ok": False, "text": "\n".join([*lines, "ip has ended"])}
                lines.append(line.rstrip())
            errors.readline()  # "Command failed" of the last word
        return {"ok": len(lines) == 1, "text": "\n".join(lines[:-1])}

    def do_echo(
        self, kind: str, source: str, target: str, lengths: list[int], seed: int, window: int, seconds: float
    ) -> dict[str, Any]:
        """Echo requests with random payloads of these lengths; waits ``seconds`` for the last answers."""
        echoes = Echoes(kind, source, target, self.port)
        rng = random.Random(seed)
        for length in lengths:
            while len(echoes.waiting) >= window and echoes.collect(seconds):
                pass
            echoes.send(rng.randbytes(length))
        while echoes.waiting and echoes.collect(seconds):
            pass
        echoes.socket.close()
        return echoes.result()

    def do_stream(
        self, name: str, kind: str, source: str, target: str, seed: int, window: int, low: int, high: int
    ) -> dict[str, Any]:
        """Echo requests without a break until ``stop``."""
        stopped = self.stopping[name] = threading.Event()
        echoes = Echoes(kind, source, target, self.port)
        rng = random.Random(seed)
        while not stopped.is_set():
            while len(echoes.waiting) >= window and echoes.collect(5.0):
                pass
            if len(echoes.waiting) >= window:
                break
            echoes.send(rng.randbytes(rng.randint(low, high)))
        while echoes.waiting and echoes.collect(5.0):
            pass
        echoes.socket.close()
        return echoes.result()

    def do_stop(self, name: str) -> dict[str, Any]:
        """End a stream."""
        self.stopping[name].set()
        return {}

    def do_shoot(self, source: str, target: str, lengths: list[int], seed: int) -> dict[str, Any]:
        """UDP echo requests without waiting for an answer."""
        rng = random.Random(seed)
        echoes = Echoes("udp", source, target, self.port)
        for length in lengths:
            echoes.send(rng.randbytes(length))
        while echoes.collect(0.3):
            pass
        echoes.socket.close()
        return echoes.result()

    def do_alive(self) -> dict[str, Any]:
        """Nothing, said in time."""
        return {}

    def do_statistics(self) -> dict[str, Any]:
        """The counters of /proc/net/xfrm_stat."""
        lines = Path("/proc/net/xfrm_stat").read_text().splitlines()
        return {name: int(value) for name, value in (line.split() for line in lines)}

    def do_serve(self) -> dict[str, Any]:
        """Start tb.interop_services; answers what it offers."""
        program = [sys.executable, "-I", "-S", str(Path(__file__).with_name("services.py"))]
        services = subprocess.Popen(program, stdout=subprocess.PIPE)
        assert services.stdout is not None
        offer: dict[str, Any] = json.loads(services.stdout.readline())
        return offer

    # ---- the line ----------------------------------------------------------------------------------------------

    def _obey(self, command: dict[str, Any]) -> None:
        number = command.pop("id")
        try:
            method: Callable[..., dict[str, Any]] = getattr(self, f"do_{command.pop('do')}")
            answer = method(**command)
        except Exception as error:  # noqa: BLE001, RUF100 - the other side has to know, whatever it is
            answer = {"error": f"{type(error).__name__}: {error}"}
        self.say({"id": number, **answer})

    def run(self) -> None:
        """Until the line closes."""
        threading.Thread(target=self._watch, daemon=True).start()
        text = b""
        while True:
            data = os.read(self.line, 4096)
            if not data:
                return
            self.heard = time.monotonic()
            *lines, text = (text + data).split(b"\n")
            for line in lines:
                command = json.loads(line)
                if command["do"] == "off":
                    return
                threading.Thread(target=self._obey, args=(command,), daemon=True).start()

    def _watch(self) -> None:
        while time.monotonic() - self.heard < _SILENCE_SECONDS:
            time.sleep(1)
        power_off()


def main() -> None:
    """Set up, obey, power off."""
    try:
        line = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
        tty.setraw(line, termios.TCSANOW)
        agent = Agent(line, sys.argv[2], int(sys.argv[3]))
        try:
            agent.set_up()
        except (OSError, subprocess.CalledProcessError) as error:
            detail = getattr(error, "stderr", b"") or b""
            agent.say({"id": 0, "error": f"{error} {detail.decode(errors='replace')}"})
            raise
        agent.say({"id": 0, "kernel": os.uname().release})
        agent.run()
    finally:
        power_off()


if __name__ == "__main__":
    main()
