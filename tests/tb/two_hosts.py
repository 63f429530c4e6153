# SPDX-License-Identifier: Apache-2.0
"""Two hosts that talk through the reference engine, for tests of tb.host_stack and what is built on it."""

from __future__ import annotations

import dataclasses
import random

from models.engine import ReferenceEngine
from models.packet import MAC_A, MAC_B
from models.sa import Direction, SecurityAssociation
from tb.bench import RxResult
from tb.host_stack import HostStack, Outgoing, SecurePath
from tb.interop_shapes import OURS, OURS_INNER, THEIRS, THEIRS_INNER, Shape, make_pair
from tb.transport import OwnedSa


def clear(frame: bytes) -> RxResult:
    """The frame as the engine gives it where no SA is for it."""
    return RxResult(frame, 0, 0, 0)


class Two:
    """Our host (or ``ours``) and theirs, each with its end of a pair, and one engine that does the work of both."""

    def __init__(self, shape: Shape, ours: HostStack | None = None) -> None:
        self.shape = shape
        self.engine = ReferenceEngine()
        pair = make_pair(shape, random.Random(5), 0x1000)
        self.ours = ours or HostStack([*OURS.values(), *OURS_INNER.values()], MAC_B)
        self.theirs = HostStack([*THEIRS.values(), *THEIRS_INNER.values()], MAC_A, mac=MAC_B)
        self.path = self._path(self.ours, shape.theirs, pair.outbound, pair.inbound)
        self._path(self.theirs, shape.ours, pair.inbound, pair.outbound)

    def _path(
        self, stack: HostStack, peer: bytes, sent: SecurityAssociation, received: SecurityAssociation
    ) -> SecurePath:
        owned = []
        for sa, direction in ((sent, Direction.OUTBOUND), (received, Direction.INBOUND)):
            turned = dataclasses.replace(sa, direction=direction)
            owned.append(OwnedSa(turned, self.engine.add_sa(turned), 0, 0, self.shape.start_seq))
        path = stack.paths[peer] = SecurePath(peer, self.shape.tunnel, owned[0], {owned[1].handle: owned[1]})
        return path

    def wire(self, item: Outgoing) -> bytes:
        """What the engine makes of a frame of either host."""
        frame = self.engine.transmit(item.frame.data, item.frame.handle).frame
        assert frame is not None
        return frame

    def arrive(self, frame: bytes) -> RxResult:
        """What the engine delivers."""
        got = self.engine.receive(frame)
        return RxResult(got.frame, got.slot1, got.slot12, got.handle)
