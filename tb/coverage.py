# SPDX-License-Identifier: Apache-2.0
"""Functional coverage of a simulation: counts which situations the checked frames and the commands were in.

A bin is a text of values with slashes between them; docs/testplan.toml says which bins there are, ``make coverage``
which of them were hit. Sampled where a frame is compared or a command ends, never in a clock cycle (those are the
cover points in tb/cover/). A Counter of texts is all there is: cocotb-coverage's decorators go through all bins of a
point for each sample, and merging means XML; here it is an addition.

Switched on by the environment variable COVERAGE_TO, the folder where each simulation leaves its counts when it ends.
"""

from __future__ import annotations

import atexit
import functools
import json
import uuid
from collections import Counter
from pathlib import Path

from models.engine import ReceiveResult, TransmitReason
from models.ndis import CRYPTO_DONE, SA_DELETE_REQ, CryptoStatus
from models.packet import NotEsp, ParsedEsp, parse_frame
from models.sa import SecurityAssociation
from tb.engine_registers import CommandStatus, Opcode
from tb.sim import coverage_folder


def length_class(octets: int) -> str:
    """The class of a number of protected octets (payload, padding and trailer)."""
    if octets < 16:
        return "below a block"
    if octets % 16 == 0:
        return "whole blocks"
    return "below 256" if octets < 256 else "below 1400" if octets < 1400 else "jumbo"


class FunctionalCoverage:
    """``counts``: how often each bin was hit."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def transmit(self, frame: bytes, sa: SecurityAssociation | None, reason: TransmitReason) -> None:
        """A frame of the host that came out as expected."""
        self._hit("fate", "transmit", reason.name)
        parsed = self._parser("transmit", frame)
        if isinstance(parsed, ParsedEsp) and sa is not None and not sa.inbound:
            self._crypto("transmit", parsed, sa, reason is TransmitReason.PROTECTED)

    def receive(self, frame: bytes, sa: SecurityAssociation | None, expected: ReceiveResult) -> None:
        """A frame from the wire that came out as expected."""
        fate = CryptoStatus(expected.crypto_status).name if expected.slot1 & CRYPTO_DONE else "UNCHANGED"
        self._hit("fate", "receive", fate)
        if expected.slot1 & SA_DELETE_REQ:
            self._hit("fate", "receive", f"{fate} with SaDeleteReq")
        parsed = self._parser("receive", frame)
        if isinstance(parsed, ParsedEsp) and sa is not None and expected.handle:
            self._crypto("receive", parsed, sa, expected.crypto_status == CryptoStatus.SUCCESS)

    def command(self, opcode: Opcode, status: CommandStatus) -> None:
        """A command that has ended."""
        self._hit("command", opcode.name, status.name)

    def save(self, folder: Path) -> None:
        """Write the counts to a file of their own."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"functional-{uuid.uuid4().hex}.json"
        path.write_text(json.dumps(self.counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")

    def _hit(self, *values: str) -> None:
        self.counts["/".join(values)] += 1

    def _parser(self, direction: str, frame: bytes) -> ParsedEsp | NotEsp:
        parsed = parse_frame(frame)
        if isinstance(parsed, NotEsp):
            self._hit("not ESP", direction, parsed.reason.name)
            return parsed
        headers = (parsed.udp or parsed.esp) - parsed.ip
        if parsed.ip_version == 4:
            layers = f"IPv4 IHL {headers // 4}"
        else:
            layers = f"IPv6 and {headers - 40}" if headers <= 40 + 32 else "IPv6 and more"
        self._hit("layers", direction, f"{parsed.vlan_tags} tags", layers, "UDP" if parsed.udp else "plain")
        return parsed

    def _crypto(self, direction: str, parsed: ParsedEsp, sa: SecurityAssociation, good: bool) -> None:
        octets = parsed.icv(sa.icv_len) - parsed.payload
        if octets < 2:
            return
        self._hit(
            "crypto",
            direction,
            f"{sa.algorithm.name} {sa.icv_len}",
            f"IPv{6 if sa.ipv6 else 4}{' UDP' if parsed.udp else ''}",
            "ESN" if sa.esn else "32 bits",
            length_class(octets),
            "good" if good else "bad",
        )


@functools.cache
def recorder() -> FunctionalCoverage | None:
    """What this simulation counts with; None if it does not count."""
    folder = coverage_folder()
    if folder is None:
        return None
    coverage = FunctionalCoverage()
    atexit.register(coverage.save, folder)
    return coverage
