# SPDX-License-Identifier: Apache-2.0
"""A host whose upper layers are the programs behind a TAP device: ESP in the middle between them and the peer.

What they send leaves through a secure path or not at all; what came through one, decrypted by the engine, in order and
between the right addresses, goes to them. Nothing else does. No device in here: frames come in by
:meth:`TapHost.from_tap` and go out through ``deliver``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from models.packet import ETHERTYPE_IPV4, ETHERTYPE_IPV6, ethernet
from tb.host_stack import HostStack, Outgoing, SecurePath, ends, whole_packet


class TapHost(HostStack):
    """``inner``: the addresses of the programs, ``outer``: those of the host on the wire (4 or 16 octets each).

    ``deliver`` gets Ethernet frames for the TAP device, whose hardware address is ``mac``. Counters besides those of
    HostStack: ``from_tap``, ``to_tap``, ``no_policy`` (sent by the programs, dropped).
    """

    def __init__(
        self, outer: Iterable[bytes], inner: Iterable[bytes], peer_mac: bytes, deliver: Callable[[bytes], None]
    ) -> None:
        self.inner = set(inner)
        super().__init__([*outer, *self.inner], peer_mac)
        self.deliver = deliver

    def from_tap(self, frame: bytes) -> Outgoing | None:
        """A frame of the programs, ready for the engine; None where there is no secure path for it."""
        ethertype = int.from_bytes(frame[12:14], "big")
        if ethertype in (ETHERTYPE_IPV4, ETHERTYPE_IPV6):
            try:
                packet = whole_packet(frame[14:])
            except (IndexError, ValueError):
                self.counters["malformed"] += 1
                return None
            src, dst = ends(packet)
            if src in self.inner and dst in self.paths:
                self.counters["from_tap"] += 1
                return self.send(packet)
        self.counters["no_policy"] += 1
        return None

    def upper(self, packet: bytes, path: SecurePath | None) -> list[Outgoing]:
        """A packet for the programs."""
        if path is None:
            self.counters["clear_refused"] += 1
            return []
        self.counters["to_tap"] += 1
        ethertype = ETHERTYPE_IPV6 if packet[0] >> 4 == 6 else ETHERTYPE_IPV4
        self.deliver(ethernet(packet, ethertype, dst=self.mac, src=self.peer_mac))
        return []
