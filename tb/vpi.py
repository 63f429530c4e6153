# SPDX-License-Identifier: Apache-2.0
"""Wide vectors of the toplevel as octets, straight through the VPI of the simulator.

cocotb carries the value of a vector as a text with a character for each bit, which takes longer than to simulate the
cycles in which these octets go over a stream. The VPI also has words (IEEE 1364-2005 section 27.14, vpiVectorVal): this
module calls it with ctypes, in Verilator and in Icarus alike. Values are deposited at once, not at the end of the time
step.
"""

from __future__ import annotations

import array
import ctypes
from typing import Any

_WORD_OCTETS = 4
_VPI_VECTOR_VAL = 9
_VPI_NO_DELAY = 1


class _Data(ctypes.Union):
    _fields_ = (("vector", ctypes.c_void_p), ("real", ctypes.c_double))


class _Value(ctypes.Structure):
    _fields_ = (("format", ctypes.c_int32), ("data", _Data))


def _functions() -> Any:
    library = ctypes.CDLL(None)
    library.vpi_handle_by_name.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    library.vpi_handle_by_name.restype = ctypes.c_void_p
    library.vpi_get_value.argtypes = (ctypes.c_void_p, ctypes.POINTER(_Value))
    library.vpi_get_value.restype = None
    library.vpi_put_value.argtypes = (ctypes.c_void_p, ctypes.POINTER(_Value), ctypes.c_void_p, ctypes.c_int32)
    library.vpi_put_value.restype = ctypes.c_void_p
    return library


class Vector:
    """The vector behind a cocotb handle; its bits 7:0 are octet 0."""

    def __init__(self, handle: Any) -> None:
        self._vpi = _functions()
        self._path = str(handle._path)
        self._handle = self._vpi.vpi_handle_by_name(self._path.encode(), None)
        if not self._handle:
            raise ValueError(f"{self._path}: the simulator does not know this vector")
        self._words = -(-len(handle) // (8 * _WORD_OCTETS))
        # the simulator has two words for 32 bits: the values, and whether they are unknown
        self._image = array.array("I", bytes(2 * _WORD_OCTETS * self._words))
        self._value = _Value(_VPI_VECTOR_VAL)
        self._reference = ctypes.byref(self._value)

    def write(self, octets: bytes) -> None:
        """Deposit ``octets``; whatever follows them in the vector is undefined. ValueError if they are too many."""
        words = array.array("I", octets + bytes(-len(octets) % _WORD_OCTETS))
        if len(words) > self._words:
            raise ValueError(f"{len(octets)} octets for {self._path}, which has {_WORD_OCTETS * self._words}")
        self._image[0 : 2 * len(words) : 2] = words
        self._value.data.vector = self._image.buffer_info()[0]
        self._vpi.vpi_put_value(self._handle, self._reference, None, _VPI_NO_DELAY)

    def read(self, octets: int) -> bytes:
        """The first ``octets`` octets; ValueError if a bit of them is unknown."""
        words = -(-octets // _WORD_OCTETS)
        self._vpi.vpi_get_value(self._handle, self._reference)
        image = array.array("I", ctypes.string_at(self._value.data.vector, 2 * _WORD_OCTETS * words))
        if image[1::2].tobytes().strip(b"\0"):
            raise ValueError(f"{self._path}: unknown bits in the first {octets} octets")
        return image[0::2].tobytes()[:octets]
