# SPDX-License-Identifier: Apache-2.0
"""Byte images of NDIS IPsec Task Offload version 2, for 64-bit and 32-bit Windows.

Source: the contract reference of the project (NDIS 6.30, OID_TCP_TASK_IPSEC_OFFLOAD_V2_*), its sections and
open questions (A1 to A26) are named below. Integers are little-endian with natural alignment; addresses, and
by default the SPI, are in wire order.

``parse`` never trusts an image: every length and offset is compared with what is left of the buffer, one
at a time, so that no sum can wrap. The only exception it raises is :class:`ImageError`, which carries the NDIS
status the driver has to answer with.
"""

from __future__ import annotations

import enum
import logging
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

from models.sa import Algorithm, Direction, SecurityAssociation, SecurityAssociationError

_log = logging.getLogger(__name__)

MAX_EXTENSION_HEADERS = 2
"""IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS: elements of SecAssoc."""


class Abi(enum.Enum):
    """Which Windows made the image; the value is the size of a pointer in octets."""

    X64 = 8
    X86 = 4


class Oid(enum.IntEnum):
    """Object identifiers, section 1."""

    TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA = 0xFC030202
    TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA = 0xFC030203
    TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA = 0xFC030204
    TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX = 0xFC030205
    TCP_OFFLOAD_CURRENT_CONFIG = 0xFC01020B
    TCP_OFFLOAD_PARAMETERS = 0xFC01020C
    TCP_OFFLOAD_HARDWARE_CAPABILITIES = 0xFC01020D
    OFFLOAD_ENCAPSULATION = 0x0101010A


class NdisStatus(enum.IntEnum):
    """NDIS_STATUS values, section 1.3 (NOT_ACCEPTED has no error bit: compare for equality)."""

    SUCCESS = 0x00000000
    PENDING = 0x00000103
    NOT_RECOGNIZED = 0x00010001
    NOT_ACCEPTED = 0x00010003
    TASK_OFFLOAD_CURRENT_CONFIG = 0x40020006
    TASK_OFFLOAD_HARDWARE_CAPABILITIES = 0x40020007
    BUFFER_OVERFLOW = 0x80000005
    HARD_ERRORS = 0x80010004
    FAILURE = 0xC0000001
    INVALID_PARAMETER = 0xC000000D
    RESOURCES = 0xC000009A
    NOT_SUPPORTED = 0xC00000BB
    CLOSING = 0xC0010002
    DEVICE_FAILED = 0xC0010008
    REQUEST_ABORTED = 0xC001000C
    RESET_IN_PROGRESS = 0xC001000D
    ADAPTER_NOT_READY = 0xC0010011
    INVALID_LENGTH = 0xC0010014
    INVALID_DATA = 0xC0010015
    BUFFER_TOO_SHORT = 0xC0010016
    INVALID_OID = 0xC0010017
    ADAPTER_REMOVED = 0xC0010018
    SEND_ABORTED = 0xC023000C
    PAUSED = 0xC023002A
    LOW_POWER_STATE = 0xC023002F


class ObjectType(enum.IntEnum):
    """NDIS_OBJECT_HEADER.Type."""

    DEFAULT = 0x80
    OID_REQUEST = 0x96
    OFFLOAD = 0xA7
    OFFLOAD_ENCAPSULATION = 0xA8


class SaFlags(enum.IntFlag):
    """``Flags`` of ADD_SA and ADD_SA_EX."""

    INBOUND = 0x00000001
    IPV6 = 0x00000010


class SecAssocFlags(enum.IntFlag):
    """``Flags`` of one SECURITY_ASSOCIATION."""

    ESN_SA = 0x00000001


class Operation(enum.IntEnum):
    """IPSEC_OFFLOAD_V2_OPERATION."""

    AH = 1
    ESP = 2


class UdpEsp(enum.IntFlag):
    """``UdpEspEncapsulation`` (one value) and ``NDIS_IPSEC_OFFLOAD_V2.UdpEsp`` (mask)."""

    NONE = 0
    TRANSPORT = 1
    TUNNEL = 2
    TRANSPORT_OVER_UDP_ESP_TUNNEL = 4
    UDP_ESP_TRANSPORT_OVER_TUNNEL = 8


class AuthenticationAlgorithm(enum.IntFlag):
    """Identifier and capability mask, section 3.1. The AES_GCM values mean GMAC."""

    MD5 = 0x01
    SHA_1 = 0x02
    SHA_256 = 0x04
    AES_GCM_128 = 0x08
    AES_GCM_192 = 0x10
    AES_GCM_256 = 0x20


class EncryptionAlgorithm(enum.IntFlag):
    """Identifier and capability mask, section 3.1. NONE is null encryption, not absence."""

    NONE = 0x001
    DES_CBC = 0x002
    TRIPLE_DES_CBC = 0x004
    AES_GCM_128 = 0x008
    AES_GCM_192 = 0x010
    AES_GCM_256 = 0x020
    AES_CBC_128 = 0x040
    AES_CBC_192 = 0x080
    AES_CBC_256 = 0x100


class Encapsulation(enum.IntFlag):
    """NDIS_ENCAPSULATION_*."""

    NULL = 0x01
    IEEE_802_3 = 0x02
    IEEE_802_3_P_AND_Q = 0x04
    IEEE_802_3_P_AND_Q_IN_OOB = 0x08
    LLC_SNAP_ROUTED = 0x10


class CryptoStatus(enum.IntEnum):
    """CRYPTO_*: the result of a received frame, section 2.8."""

    SUCCESS = 0
    GENERIC_ERROR = 1
    TRANSPORT_AH_AUTH_FAILED = 2
    TRANSPORT_ESP_AUTH_FAILED = 3
    TUNNEL_AH_AUTH_FAILED = 4
    TUNNEL_ESP_AUTH_FAILED = 5
    INVALID_PACKET_SYNTAX = 6
    INVALID_PROTOCOL = 7


class NetBufferListInfo(enum.IntEnum):
    """Slots of NET_BUFFER_LIST.NetBufferListInfo that concern the engine."""

    TCP_IP_CHECKSUM = 0
    IPSEC_OFFLOAD_V2 = 1
    TCP_LARGE_SEND = 2
    IEEE_8021Q = 4
    IPSEC_OFFLOAD_V2_TUNNEL = 11
    IPSEC_OFFLOAD_V2_HEADER = 12


class ImageError(ValueError):
    """An image is not acceptable: which ``field`` has which ``value``, and the NDIS ``status`` to answer with."""

    def __init__(self, field_name: str, value: object, status: NdisStatus, rule: str) -> None:
        super().__init__(f"{field_name} = {value!r}: {rule} ({status.name})")
        self.field = field_name
        self.value = value
        self.status = status


def _invalid(field_name: str, value: object, rule: str) -> ImageError:
    return ImageError(field_name, value, NdisStatus.INVALID_PARAMETER, rule)


def _unsupported(field_name: str, value: object, rule: str) -> ImageError:
    return ImageError(field_name, value, NdisStatus.NOT_SUPPORTED, rule)


def _length(field_name: str, value: object, rule: str) -> ImageError:
    return ImageError(field_name, value, NdisStatus.INVALID_LENGTH, rule)


# ---------------------------------------------------------------------------------------------------------------
# Layouts (section 2.9 and section 1.5)
# ---------------------------------------------------------------------------------------------------------------

_HEADER = struct.Struct("<BBH")
_ALGORITHM_INFO = struct.Struct("<IIII")
_SECURITY_ASSOCIATION = struct.Struct("<II4s16s16sI")
_ADD_SA = {
    Abi.X64: struct.Struct("<BBH4xQII32sQI48s48sI"),
    Abi.X86: struct.Struct("<BBHIII32sII48s48sI"),
}
_ADD_SA_EX = {
    Abi.X64: struct.Struct("<BBHII32s4xQI48s48sIIIH6x"),
    Abi.X86: struct.Struct("<BBHII32sII48s48sIIIH2x"),
}
_DELETE_SA = {Abi.X64: struct.Struct("<BBH4xQQ"), Abi.X86: struct.Struct("<BBHII")}
_UPDATE_SA = {Abi.X64: struct.Struct("<BBH4xQI4sI4x"), Abi.X86: struct.Struct("<BBHII4sI")}
_IPSEC_OFFLOAD_V2 = struct.Struct("<I11?xIIII")
_OID_REQUEST = {
    Abi.X64: struct.Struct("<BBHIIIQQI4xQIII12x128x16x16xBBHIII"),
    Abi.X86: struct.Struct("<BBHIIIIIIIIII12x64x8x8xBBHIII"),
}

ADD_SA_SIZE = {Abi.X64: 0xA9, Abi.X86: 0x9D}
"""NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1 (through KeyData)."""
ADD_SA_KEY_DATA = {Abi.X64: 0xA8, Abi.X86: 0x9C}
"""Offset of KeyData in ADD_SA."""
ADD_SA_HANDLE = {Abi.X64: 0x38, Abi.X86: 0x30}
"""Offset of OffloadHandle in ADD_SA."""
ADD_SA_NEXT = {Abi.X64: 0x08, Abi.X86: 0x04}
"""Offset of Next in ADD_SA and DELETE_SA."""
ADD_SA_EX_SIZE = {Abi.X64: 0xAA, Abi.X86: 0xA2}
"""NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1 (through VlanId)."""
ADD_SA_EX_SIZEOF = {Abi.X64: 0xB0, Abi.X86: 0xA4}
"""sizeof of ADD_SA_EX, with its tail padding."""
ADD_SA_EX_HANDLE = {Abi.X64: 0x30, Abi.X86: 0x2C}
"""Offset of OffloadHandle in ADD_SA_EX."""
DELETE_SA_SIZE = {Abi.X64: 0x18, Abi.X86: 0x0C}
"""NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1."""
UPDATE_SA_SIZE = {Abi.X64: 0x1C, Abi.X86: 0x14}
"""NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1 (through SequenceNumberHighOrder)."""
OID_REQUEST_SIZE_1 = {Abi.X64: 0xEC, Abi.X86: 0x8C}
"""NDIS_SIZEOF_OID_REQUEST_REVISION_1."""
OID_REQUEST_SIZE_2 = {Abi.X64: 0xF8, Abi.X86: 0x98}
"""NDIS_SIZEOF_OID_REQUEST_REVISION_2."""
OID_REQUEST_BYTES_READ = {Abi.X64: 0x34, Abi.X86: 0x24}
"""Offset of BytesRead in the set form of NDIS_OID_REQUEST; BytesNeeded follows."""


def _complete(image: bytes, minimum: int, layout: struct.Struct, field_name: str) -> bytes:
    """The fixed part, its missing tail padding filled with zeros; ImageError if a field is missing."""
    if len(image) < minimum:
        raise _length(field_name, len(image), f"needs at least {minimum} octets")
    fixed = image[: layout.size]
    return fixed + bytes(layout.size - len(fixed))


def _spi_to_number(octets: bytes, host_order: bool) -> int:
    return int.from_bytes(octets, "little" if host_order else "big")


def _spi_to_octets(spi: int, host_order: bool) -> bytes:
    return spi.to_bytes(4, "little" if host_order else "big")


@dataclass(slots=True)
class ObjectHeader:
    """NDIS_OBJECT_HEADER, 4 octets."""

    type: int = ObjectType.DEFAULT
    revision: int = 1
    size: int = 0

    def pack(self) -> bytes:
        """The 4 octets."""
        return _HEADER.pack(self.type, self.revision, self.size)

    @classmethod
    def parse(cls, image: bytes) -> ObjectHeader:
        """Only the length of ``image`` is checked; see :meth:`check`."""
        return cls(*_HEADER.unpack(_complete(image, 4, _HEADER, "NDIS_OBJECT_HEADER")))

    def check(self, object_type: int, minimum: int, available: int) -> None:
        """Type, revision 1 and ``minimum <= Size <= available`` (A1: any Size from the macro's on), else ImageError."""
        if self.type != object_type:
            raise _invalid("Header.Type", self.type, f"must be {object_type:#x}")
        if self.revision != 1:
            raise _invalid("Header.Revision", self.revision, "must be 1")
        if self.size < minimum:
            raise _length("Header.Size", self.size, f"must be at least {minimum}")
        if self.size > available:
            raise _length("Header.Size", self.size, f"buffer has {available} octets")


@dataclass(slots=True)
class AlgorithmInfo:
    """IPSEC_OFFLOAD_V2_ALGORITHM_INFO, 16 octets, section 2.1."""

    identifier: int = 0
    key_length: int = 0
    key_offset_bytes: int = 0
    additional_info: int = 0

    def pack(self) -> bytes:
        """The 16 octets."""
        return _ALGORITHM_INFO.pack(self.identifier, self.key_length, self.key_offset_bytes, self.additional_info)

    @classmethod
    def parse(cls, image: bytes) -> AlgorithmInfo:
        """ImageError if shorter than 16 octets."""
        return cls(*_ALGORITHM_INFO.unpack(_complete(image, 16, _ALGORITHM_INFO, "ALGORITHM_INFO")))


@dataclass(slots=True)
class SecAssoc:
    """IPSEC_OFFLOAD_V2_SECURITY_ASSOCIATION, 48 octets, section 2.2. ``spi``: the four octets in memory."""

    flags: int = 0
    operation: int = 0
    spi: bytes = bytes(4)
    authentication: AlgorithmInfo = field(default_factory=AlgorithmInfo)
    encryption: AlgorithmInfo = field(default_factory=AlgorithmInfo)
    sequence_number_high_order: int = 0

    def pack(self) -> bytes:
        """The 48 octets."""
        return _SECURITY_ASSOCIATION.pack(
            self.flags,
            self.operation,
            self.spi,
            self.authentication.pack(),
            self.encryption.pack(),
            self.sequence_number_high_order,
        )

    @classmethod
    def parse(cls, image: bytes) -> SecAssoc:
        """ImageError if shorter than 48 octets."""
        octets = _complete(image, 48, _SECURITY_ASSOCIATION, "SECURITY_ASSOCIATION")
        flags, operation, spi, authentication, encryption, high = _SECURITY_ASSOCIATION.unpack(octets)
        return cls(flags, operation, spi, AlgorithmInfo.parse(authentication), AlgorithmInfo.parse(encryption), high)


def _check_keys(sec_assoc: tuple[SecAssoc, SecAssoc], num_ext_hdrs: int, key_length: int) -> None:
    """The key of every algorithm in use lies inside the key buffer (section 3.3)."""
    for index in range(num_ext_hdrs):
        for name in ("authentication", "encryption"):
            info: AlgorithmInfo = getattr(sec_assoc[index], name)
            if info.identifier == 0:
                continue
            where = f"SecAssoc[{index}].{name.capitalize()}Algorithm"
            if info.key_offset_bytes > key_length:
                raise _invalid(f"{where}.KeyOffsetBytes", info.key_offset_bytes, f"key buffer has {key_length} octets")
            if info.key_length > key_length - info.key_offset_bytes:
                raise _invalid(
                    f"{where}.KeyLength", info.key_length, f"{key_length - info.key_offset_bytes} octets are left"
                )


@dataclass(slots=True)
class AddSa:
    """IPSEC_OFFLOAD_V2_ADD_SA (NDIS 6.1 and 6.20), section 2.3; ``key`` follows the fixed part."""

    header: ObjectHeader = field(default_factory=ObjectHeader)
    next: int = 0
    num_ext_hdrs: int = 1
    flags: int = 0
    endpoints: bytes = bytes(32)
    offload_handle: int = 0
    udp_esp_encapsulation: int = 0
    sec_assoc: tuple[SecAssoc, SecAssoc] = field(default_factory=lambda: (SecAssoc(), SecAssoc()))
    key: bytes = b""

    def pack(self, abi: Abi) -> bytes:
        """The image; ``Header.Size`` is the NDIS_SIZEOF macro where it is 0."""
        return (
            _ADD_SA[abi].pack(
                self.header.type,
                self.header.revision,
                self.header.size or ADD_SA_SIZE[abi],
                self.next,
                self.num_ext_hdrs,
                self.flags,
                self.endpoints,
                self.offload_handle,
                self.udp_esp_encapsulation,
                self.sec_assoc[0].pack(),
                self.sec_assoc[1].pack(),
                len(self.key),
            )
            + self.key
        )

    @classmethod
    def parse(cls, image: bytes, abi: Abi) -> AddSa:
        """Fields and key, all lengths checked; the meaning of the fields is not (see :func:`sa_from_add_sa_ex`)."""
        image = bytes(image)
        minimum = ADD_SA_SIZE[abi]
        octets = _complete(image, minimum, _ADD_SA[abi], "InformationBufferLength")
        header = ObjectHeader.parse(octets)
        header.check(ObjectType.DEFAULT, minimum, len(image))
        following, ext, flags, endpoints, handle, udp, first, second, key_length = _ADD_SA[abi].unpack(octets)[3:]
        if not 1 <= ext <= MAX_EXTENSION_HEADERS:
            raise _invalid("NumExtHdrs", ext, "must be 1 or 2")
        left = len(image) - ADD_SA_KEY_DATA[abi]
        if key_length > left:
            raise _length("KeyLength", key_length, f"{left} octets are left in the buffer")
        sec_assoc = (SecAssoc.parse(first), SecAssoc.parse(second))
        _check_keys(sec_assoc, ext, key_length)
        key = image[ADD_SA_KEY_DATA[abi] :][:key_length]
        return cls(header, following, ext, flags, endpoints, handle, udp, sec_assoc, key)


@dataclass(slots=True)
class AddSaEx:
    """IPSEC_OFFLOAD_V2_ADD_SA_EX (NDIS 6.30), section 2.4.

    ``endpoints``: source and destination in wire order, 4 + 4 octets (the rest ignored) or 16 + 16.
    ``key``: the key buffer; ``key_offset``: where it lies, from the start of the structure, 0 = at sizeof.
    """

    header: ObjectHeader = field(default_factory=ObjectHeader)
    num_ext_hdrs: int = 1
    flags: int = 0
    endpoints: bytes = bytes(32)
    offload_handle: int = 0
    udp_esp_encapsulation: int = 0
    sec_assoc: tuple[SecAssoc, SecAssoc] = field(default_factory=lambda: (SecAssoc(), SecAssoc()))
    key: bytes = b""
    key_offset: int = 0
    source_switch_port_id: int = 0
    vlan_id: int = 0

    def pack(self, abi: Abi) -> bytes:
        """The image with its key buffer; ``Header.Size`` is the NDIS_SIZEOF macro where it is 0."""
        offset = self.key_offset or ADD_SA_EX_SIZEOF[abi]
        fixed = _ADD_SA_EX[abi].pack(
            self.header.type,
            self.header.revision,
            self.header.size or ADD_SA_EX_SIZE[abi],
            self.num_ext_hdrs,
            self.flags,
            self.endpoints,
            self.offload_handle,
            self.udp_esp_encapsulation,
            self.sec_assoc[0].pack(),
            self.sec_assoc[1].pack(),
            len(self.key),
            offset,
            self.source_switch_port_id,
            self.vlan_id,
        )
        image = bytearray(max(len(fixed), offset + len(self.key)))
        image[: len(fixed)] = fixed
        image[offset : offset + len(self.key)] = self.key
        return bytes(image)

    @classmethod
    def parse(cls, image: bytes, abi: Abi) -> AddSaEx:
        """Fields and key buffer, every length and offset checked (section 3.3, A1, A3); raises :class:`ImageError`.

        ``image`` is the whole InformationBuffer. SourceSwitchPortId and VlanId are kept and mean nothing (A20).
        """
        image = bytes(image)
        minimum = ADD_SA_EX_SIZE[abi]
        octets = _complete(image, minimum, _ADD_SA_EX[abi], "InformationBufferLength")
        header = ObjectHeader.parse(octets)
        header.check(ObjectType.DEFAULT, minimum, len(image))
        (ext, flags, endpoints, handle, udp, first, second, key_length, key_offset, port, vlan) = _ADD_SA_EX[
            abi
        ].unpack(octets)[3:]
        if not 1 <= ext <= MAX_EXTENSION_HEADERS:
            raise _invalid("NumExtHdrs", ext, "must be 1 or 2")
        if key_offset < minimum:
            raise _invalid("KeyOffset", key_offset, f"inside the structure, which has {minimum} octets")
        if key_offset > len(image):
            raise _invalid("KeyOffset", key_offset, f"buffer has {len(image)} octets")
        if key_length > len(image) - key_offset:
            raise _invalid("KeyLength", key_length, f"{len(image) - key_offset} octets are left in the buffer")
        sec_assoc = (SecAssoc.parse(first), SecAssoc.parse(second))
        _check_keys(sec_assoc, ext, key_length)
        key = image[key_offset : key_offset + key_length]
        return cls(header, ext, flags, endpoints, handle, udp, sec_assoc, key, key_offset, port, vlan)


@dataclass(slots=True)
class DeleteSa:
    """IPSEC_OFFLOAD_V2_DELETE_SA, section 2.5. ``next``: address of the next element, 0 ends the list."""

    offload_handle: int = 0
    next: int = 0
    header: ObjectHeader = field(default_factory=ObjectHeader)

    def pack(self, abi: Abi) -> bytes:
        """The image; ``Header.Size`` is the NDIS_SIZEOF macro where it is 0."""
        return _DELETE_SA[abi].pack(
            self.header.type,
            self.header.revision,
            self.header.size or DELETE_SA_SIZE[abi],
            self.next,
            self.offload_handle,
        )

    @classmethod
    def parse(cls, image: bytes, abi: Abi) -> DeleteSa:
        """Raises :class:`ImageError`."""
        image = bytes(image)
        octets = _complete(image, DELETE_SA_SIZE[abi], _DELETE_SA[abi], "InformationBufferLength")
        header = ObjectHeader.parse(octets)
        header.check(ObjectType.DEFAULT, DELETE_SA_SIZE[abi], len(image))
        following, handle = _DELETE_SA[abi].unpack(octets)[3:]
        return cls(handle, following, header)


@dataclass(slots=True)
class UpdateSa:
    """IPSEC_OFFLOAD_V2_UPDATE_SA, section 2.6; one element for each request (A4).

    ``spi``: the four octets in memory.
    """

    offload_handle: int = 0
    operation: int = Operation.ESP
    spi: bytes = bytes(4)
    sequence_number_high_order: int = 0
    header: ObjectHeader = field(default_factory=ObjectHeader)

    def pack(self, abi: Abi) -> bytes:
        """The image, with tail padding; ``Header.Size`` is the NDIS_SIZEOF macro where it is 0."""
        return _UPDATE_SA[abi].pack(
            self.header.type,
            self.header.revision,
            self.header.size or UPDATE_SA_SIZE[abi],
            self.offload_handle,
            self.operation,
            self.spi,
            self.sequence_number_high_order,
        )

    @classmethod
    def parse(cls, image: bytes, abi: Abi) -> UpdateSa:
        """Raises :class:`ImageError`; an AH operation is INVALID_PARAMETER, as for an SA that is not there."""
        image = bytes(image)
        octets = _complete(image, UPDATE_SA_SIZE[abi], _UPDATE_SA[abi], "InformationBufferLength")
        header = ObjectHeader.parse(octets)
        header.check(ObjectType.DEFAULT, UPDATE_SA_SIZE[abi], len(image))
        handle, operation, spi, high = _UPDATE_SA[abi].unpack(octets)[3:]
        if operation != Operation.ESP:
            raise _invalid("Operation", operation, "the engine holds ESP only, Operation must be 2")
        return cls(handle, operation, spi, high, header)

    def spi_number(self, spi_host_order: bool = False) -> int:
        """The SPI as a number; see A5 for ``spi_host_order``."""
        return _spi_to_number(self.spi, spi_host_order)


@dataclass(slots=True)
class IpsecOffloadV2:
    """NDIS_IPSEC_OFFLOAD_V2, the 32 octets of the capability block, section 2.7."""

    encapsulation: int = Encapsulation.IEEE_802_3
    ipv6_supported: bool = True
    ipv4_options: bool = False
    ipv6_non_ipsec_extension_headers: bool = False
    ah: bool = False
    esp: bool = True
    ah_esp_combined: bool = False
    transport: bool = True
    tunnel: bool = True
    transport_tunnel_combined: bool = False
    lso_supported: bool = False
    extended_sequence_numbers: bool = False
    udp_esp: int = 0
    authentication_algorithms: int = 0
    encryption_algorithms: int = 0
    sa_offload_capacity: int = 0

    def pack(self) -> bytes:
        """The 32 octets."""
        return _IPSEC_OFFLOAD_V2.pack(
            self.encapsulation,
            self.ipv6_supported,
            self.ipv4_options,
            self.ipv6_non_ipsec_extension_headers,
            self.ah,
            self.esp,
            self.ah_esp_combined,
            self.transport,
            self.tunnel,
            self.transport_tunnel_combined,
            self.lso_supported,
            self.extended_sequence_numbers,
            self.udp_esp,
            self.authentication_algorithms,
            self.encryption_algorithms,
            self.sa_offload_capacity,
        )

    @classmethod
    def parse(cls, image: bytes) -> IpsecOffloadV2:
        """ImageError if shorter than 32 octets."""
        return cls(*_IPSEC_OFFLOAD_V2.unpack(_complete(bytes(image), 32, _IPSEC_OFFLOAD_V2, "NDIS_IPSEC_OFFLOAD_V2")))


class OffloadSet(enum.IntEnum):
    """NDIS_OFFLOAD_SET_*: ``Enabled`` of NDIS_OFFLOAD_ENCAPSULATION."""

    NO_CHANGE = 0
    ON = 1
    OFF = 2


class IpsecV2Parameter(enum.IntEnum):
    """NDIS_OFFLOAD_PARAMETERS.IPsecV2 and .IPsecV2IPv4."""

    NO_CHANGE = 0
    DISABLED = 1
    AH = 2
    ESP = 3
    AH_AND_ESP = 4


class OffloadFlags(enum.IntFlag):
    """NDIS_OFFLOAD.Flags."""

    GROUP_CHECKSUM_CAPABILITIES = 1
    IPSEC_AND_TCP_CHECKSUM = 2
    IPSEC_AND_UDP_CHECKSUM = 4


NDIS_OFFLOAD_SIZE = {2: 0x90, 3: 0x9C}
"""NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_*: revision 1 (0x70) has no room for IPsec offload version 2."""
_OFFLOAD_FLAGS = 0x6C
_OFFLOAD_IPSEC_V2 = 0x70


@dataclass(slots=True)
class NdisOffload:
    """NDIS_OFFLOAD, section 2.7: no offload but IPsec version 2. The same octets for 64 and 32 bits."""

    ipsec_v2: IpsecOffloadV2
    flags: int = 0
    revision: int = 3

    def pack(self) -> bytes:
        """The image: 0x90 octets for revision 2, 0x9C for revision 3."""
        image = bytearray(NDIS_OFFLOAD_SIZE[self.revision])
        image[:4] = ObjectHeader(ObjectType.OFFLOAD, self.revision, len(image)).pack()
        image[_OFFLOAD_FLAGS:_OFFLOAD_IPSEC_V2] = self.flags.to_bytes(4, "little")
        image[_OFFLOAD_IPSEC_V2 : _OFFLOAD_IPSEC_V2 + 32] = self.ipsec_v2.pack()
        return bytes(image)

    @classmethod
    def parse(cls, image: bytes) -> NdisOffload:
        """Raises :class:`ImageError`; a later revision is read as revision 3, which it extends."""
        image = bytes(image)
        header = ObjectHeader.parse(image)
        if header.type != ObjectType.OFFLOAD:
            raise _invalid("Header.Type", header.type, f"must be {int(ObjectType.OFFLOAD):#x}")
        if header.revision < 2:
            raise _invalid("Header.Revision", header.revision, "must be 2 or later")
        revision = min(header.revision, 3)
        if not NDIS_OFFLOAD_SIZE[revision] <= header.size <= len(image):
            raise _length("Header.Size", header.size, f"must be {NDIS_OFFLOAD_SIZE[revision]} to {len(image)}")
        flags = int.from_bytes(image[_OFFLOAD_FLAGS:_OFFLOAD_IPSEC_V2], "little")
        return cls(IpsecOffloadV2.parse(image[_OFFLOAD_IPSEC_V2:]), flags, revision)


OFFLOAD_PARAMETERS_SIZE = {1: 0x14, 2: 0x16, 3: 0x1A}
"""NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_*."""
_OFFLOAD_PARAMETERS = struct.Struct("<BBH11sxI6B")


@dataclass(slots=True)
class OffloadParameters:
    """NDIS_OFFLOAD_PARAMETERS, section 2.7. ``settings``: the eleven settings that do not concern IPsec version 2."""

    ipsec_v2: int = 0
    ipsec_v2_ipv4: int = 0
    settings: bytes = bytes(11)
    flags: int = 0
    header: ObjectHeader = field(default_factory=lambda: ObjectHeader(revision=3))

    def pack(self) -> bytes:
        """The image, as long as its revision says; ``Header.Size`` is the NDIS_SIZEOF macro where it is 0."""
        revision = self.header.revision
        size = OFFLOAD_PARAMETERS_SIZE[revision]
        values = (self.settings, self.flags, self.ipsec_v2, self.ipsec_v2_ipv4, 0, 0, 0, 0)
        return _OFFLOAD_PARAMETERS.pack(self.header.type, revision, self.header.size or size, *values)[:size]

    @classmethod
    def parse(cls, image: bytes) -> OffloadParameters:
        """Raises :class:`ImageError`: INVALID_LENGTH, or INVALID_DATA for contents. Revision 1 has no IPsec setting."""
        image = bytes(image)
        octets = _complete(image, OFFLOAD_PARAMETERS_SIZE[1], _OFFLOAD_PARAMETERS, "InformationBufferLength")
        header = ObjectHeader.parse(octets)
        if header.type != ObjectType.DEFAULT or header.revision == 0:
            raise ImageError("Header", octets[:4].hex(), NdisStatus.INVALID_DATA, "Type 0x80, Revision 1 or later")
        revision = min(header.revision, 3)
        if not OFFLOAD_PARAMETERS_SIZE[revision] <= header.size <= len(image):
            raise _length("Header.Size", header.size, f"must be {OFFLOAD_PARAMETERS_SIZE[revision]} to {len(image)}")
        settings, flags, both, ipv4 = _OFFLOAD_PARAMETERS.unpack(octets)[3:7]
        if revision == 1:
            both = ipv4 = IpsecV2Parameter.NO_CHANGE
        for name, value in (("IPsecV2", both), ("IPsecV2IPv4", ipv4)):
            if value > IpsecV2Parameter.AH_AND_ESP:
                raise ImageError(name, value, NdisStatus.INVALID_DATA, "must be 0 to 4")
        return cls(both, ipv4, settings, flags, header)


_OFFLOAD_ENCAPSULATION = struct.Struct("<BBH6I")


@dataclass(slots=True)
class OffloadEncapsulation:
    """NDIS_OFFLOAD_ENCAPSULATION, section 2.7. ``ipv4``, ``ipv6``: Enabled, EncapsulationType, HeaderSize."""

    ipv4: tuple[int, int, int] = (OffloadSet.NO_CHANGE, 0, 0)
    ipv6: tuple[int, int, int] = (OffloadSet.NO_CHANGE, 0, 0)
    header: ObjectHeader = field(default_factory=lambda: ObjectHeader(ObjectType.OFFLOAD_ENCAPSULATION))

    def pack(self) -> bytes:
        """The image; ``Header.Size`` is 0x1C where it is 0."""
        return _OFFLOAD_ENCAPSULATION.pack(
            self.header.type,
            self.header.revision,
            self.header.size or _OFFLOAD_ENCAPSULATION.size,
            *self.ipv4,
            *self.ipv6,
        )

    @classmethod
    def parse(cls, image: bytes) -> OffloadEncapsulation:
        """Raises :class:`ImageError`."""
        image = bytes(image)
        size = _OFFLOAD_ENCAPSULATION.size
        octets = _complete(image, size, _OFFLOAD_ENCAPSULATION, "InformationBufferLength")
        header = ObjectHeader.parse(octets)
        header.check(ObjectType.OFFLOAD_ENCAPSULATION, size, len(image))
        values = _OFFLOAD_ENCAPSULATION.unpack(octets)[3:]
        for name, value in (("IPv4.Enabled", values[0]), ("IPv6.Enabled", values[3])):
            if value > OffloadSet.OFF:
                raise _invalid(name, value, "must be 0, 1 or 2")
        return cls(values[:3], values[3:], header)


class RequestType(enum.IntEnum):
    """NDIS_REQUEST_TYPE values used here."""

    QUERY_INFORMATION = 0
    SET_INFORMATION = 1


@dataclass(slots=True)
class OidRequest:
    """NDIS_OID_REQUEST (set form), section 1.5. ``information_buffer`` is an address."""

    oid: int = 0
    information_buffer: int = 0
    information_buffer_length: int = 0
    request_type: int = RequestType.SET_INFORMATION
    port_number: int = 0
    timeout: int = 0
    request_id: int = 0
    request_handle: int = 0
    bytes_read: int = 0
    bytes_needed: int = 0
    supported_revision: int = 0
    switch_id: int = 0
    vport_id: int = 0
    flags: int = 0
    header: ObjectHeader = field(default_factory=lambda: ObjectHeader(ObjectType.OID_REQUEST))

    def pack(self, abi: Abi) -> bytes:
        """The image: 0xEC or 0x8C octets for revision 1, 0xF8 or 0x98 for revision 2."""
        size = (OID_REQUEST_SIZE_2 if self.header.revision >= 2 else OID_REQUEST_SIZE_1)[abi]
        return _OID_REQUEST[abi].pack(
            self.header.type,
            self.header.revision,
            self.header.size or size,
            self.request_type,
            self.port_number,
            self.timeout,
            self.request_id,
            self.request_handle,
            self.oid,
            self.information_buffer,
            self.information_buffer_length,
            self.bytes_read,
            self.bytes_needed,
            self.supported_revision,
            0,
            0,
            self.switch_id,
            self.vport_id,
            self.flags,
        )[:size]

    @classmethod
    def parse(cls, image: bytes, abi: Abi) -> OidRequest:
        """Revisions 1 and 2; raises :class:`ImageError`."""
        image = bytes(image)
        octets = _complete(image, OID_REQUEST_SIZE_1[abi], _OID_REQUEST[abi], "NDIS_OID_REQUEST")
        header = ObjectHeader.parse(octets)
        if header.type != ObjectType.OID_REQUEST:
            raise _invalid("Header.Type", header.type, f"must be {int(ObjectType.OID_REQUEST):#x}")
        if header.revision not in (1, 2):
            raise _invalid("Header.Revision", header.revision, "must be 1 or 2")
        minimum = (OID_REQUEST_SIZE_2 if header.revision == 2 else OID_REQUEST_SIZE_1)[abi]
        if not minimum <= header.size <= len(image):
            raise _length("Header.Size", header.size, f"must be {minimum} to {len(image)}, the octets of the image")
        values = _OID_REQUEST[abi].unpack(octets)
        kind, port, timeout, request_id, handle, oid, buffer, length, read, needed, revision = values[3:14]
        switch_id, vport_id, flags = values[16:] if header.revision == 2 else (0, 0, 0)
        return cls(
            oid,
            buffer,
            length,
            kind,
            port,
            timeout,
            request_id,
            handle,
            read,
            needed,
            revision,
            switch_id,
            vport_id,
            flags,
            header,
        )


# ---------------------------------------------------------------------------------------------------------------
# A security association from and to ADD_SA_EX
# ---------------------------------------------------------------------------------------------------------------

_GCM_BITS = {0x08: 128, 0x10: 192, 0x20: 256}
_GCM_IDENTIFIER = {bits: identifier for identifier, bits in _GCM_BITS.items()}
_ICV_OCTETS = {8: 8, 12: 12, 16: 16, 64: 8, 96: 12, 128: 16}
# as plain numbers: the inverse of a Flag keeps only the bits that have a name
_KNOWN_SA_FLAGS = int(SaFlags.INBOUND) | int(SaFlags.IPV6)
_KNOWN_SEC_ASSOC_FLAGS = int(SecAssocFlags.ESN_SA)
_KNOWN_AUTHENTICATION = frozenset(int(a) for a in AuthenticationAlgorithm)
_KNOWN_ENCRYPTION = frozenset(int(e) for e in EncryptionAlgorithm)


def _icv_octets(info: AlgorithmInfo, gmac: bool, where: str) -> int:
    """AdditionalInfo to octets: 8, 12, 16, unambiguously bits 64, 96, 128, or 0 for 16; GMAC has only 16 (A10)."""
    value = info.additional_info
    if value > 16:
        _log.warning("%s.AdditionalInfo = %d: taken as an ICV length in bits", where, value)
    octets = 16 if value == 0 else _ICV_OCTETS.get(value)
    if octets is None or (gmac and octets != 16):
        raise _invalid(f"{where}.AdditionalInfo", value, f"{'GMAC needs 16' if gmac else 'must be 8, 12 or 16 octets'}")
    return octets


def _select_algorithm(element: SecAssoc) -> tuple[Algorithm, AlgorithmInfo, str]:
    """Algorithm, the info that carries its key, and the name of that field (section 3.2)."""
    authentication, encryption = element.authentication, element.encryption
    if authentication.identifier and authentication.identifier not in _KNOWN_AUTHENTICATION:
        raise _invalid(
            "SecAssoc[0].AuthenticationAlgorithm.Identifier", authentication.identifier, "must be one known algorithm"
        )
    where = "SecAssoc[0].EncryptionAlgorithm"
    if encryption.identifier not in _KNOWN_ENCRYPTION:
        raise _invalid(f"{where}.Identifier", encryption.identifier, "must be one known algorithm")
    if encryption.identifier in _GCM_BITS:
        # Combined mode: the authentication algorithm is not used; the same AES-GCM there says nothing else.
        if authentication.identifier not in (0, encryption.identifier):
            raise _invalid(
                "SecAssoc[0].AuthenticationAlgorithm.Identifier", authentication.identifier, "no other beside AES-GCM"
            )
        return Algorithm.of(False, _GCM_BITS[encryption.identifier]), encryption, where
    if encryption.identifier != EncryptionAlgorithm.NONE:
        raise _unsupported(f"{where}.Identifier", encryption.identifier, "only AES-GCM and null encryption")
    where = "SecAssoc[0].AuthenticationAlgorithm"
    if authentication.identifier == 0:
        raise _invalid(f"{where}.Identifier", 0, "null encryption needs an authentication algorithm")
    if authentication.identifier not in _GCM_BITS:
        raise _unsupported(f"{where}.Identifier", authentication.identifier, "only AES-GMAC")
    return Algorithm.of(True, _GCM_BITS[authentication.identifier]), authentication, where


def sa_from_add_sa_ex(
    image: bytes, abi: Abi, *, spi_host_order: bool = False, key_without_salt: bool = False
) -> SecurityAssociation:
    """The security association an ADD_SA_EX image asks for; raises :class:`ImageError` for anything else.

    ``spi_host_order``: the SPI is a little-endian number; default: its octets are in wire order (A5).
    ``key_without_salt``: also accept keys of 16, 24 or 32 octets, the salt is then zero (A10).
    INVALID_PARAMETER: malformed; NOT_SUPPORTED: well-formed, but AH, a bundle, nested UDP-ESP or
    another algorithm.
    """
    request = AddSaEx.parse(image, abi)
    return sa_from_request(request, spi_host_order=spi_host_order, key_without_salt=key_without_salt)


def sa_from_request(
    request: AddSaEx | AddSa, *, spi_host_order: bool = False, key_without_salt: bool = False
) -> SecurityAssociation:
    """As :func:`sa_from_add_sa_ex`, from a parsed structure."""
    if request.flags & ~_KNOWN_SA_FLAGS:
        raise _invalid("Flags", request.flags, "only 0x1 (inbound) and 0x10 (IPv6) are defined")
    if request.num_ext_hdrs != 1:
        raise _unsupported("NumExtHdrs", request.num_ext_hdrs, "AH and ESP bundles are not supported")
    udp = request.udp_esp_encapsulation
    if udp in (UdpEsp.TRANSPORT_OVER_UDP_ESP_TUNNEL, UdpEsp.UDP_ESP_TRANSPORT_OVER_TUNNEL):
        raise _unsupported("UdpEspEncapsulation", udp, "nested encapsulation is not supported")
    if udp > UdpEsp.TUNNEL:
        raise _invalid("UdpEspEncapsulation", udp, "must be 0, 1 or 2")
    element = request.sec_assoc[0]
    if element.operation == Operation.AH:
        raise _unsupported("SecAssoc[0].Operation", element.operation, "AH is not supported")
    if element.operation != Operation.ESP:
        raise _invalid("SecAssoc[0].Operation", element.operation, "must be 1 (AH) or 2 (ESP)")
    if element.flags & ~_KNOWN_SEC_ASSOC_FLAGS:
        raise _invalid("SecAssoc[0].Flags", element.flags, "only 0x1 (ESN) is defined")
    algorithm, info, where = _select_algorithm(element)
    icv_len = _icv_octets(info, algorithm.gmac, where)
    material = request.key[info.key_offset_bytes :][: info.key_length]
    octets = algorithm.key_octets
    if len(material) == octets and key_without_salt:
        material += bytes(4)
    if len(material) != octets + 4:
        raise _invalid(f"{where}.KeyLength", info.key_length, f"must be {octets + 4}, key and salt")
    ipv6 = bool(request.flags & SaFlags.IPV6)
    size = 16 if ipv6 else 4
    esn = bool(element.flags & SecAssocFlags.ESN_SA)
    try:
        return SecurityAssociation(
            direction=Direction.INBOUND if request.flags & SaFlags.INBOUND else Direction.OUTBOUND,
            algorithm=algorithm,
            spi=_spi_to_number(element.spi, spi_host_order),
            key=material[:octets],
            salt=material[octets:],
            icv_len=icv_len,
            esn=esn,
            seq_hi=element.sequence_number_high_order if esn else 0,
            ipv6=ipv6,
            src=request.endpoints[:size],
            dst=request.endpoints[size : 2 * size],
            udp_encapsulation=udp,
        )
    except SecurityAssociationError as error:
        raise _invalid(error.field, error.value, str(error)) from error


def request_from_sa(sa: SecurityAssociation, *, spi_host_order: bool = False) -> AddSaEx:
    """The ADD_SA_EX structure that asks for ``sa``; change its fields at will, then :meth:`AddSaEx.pack` it."""
    info = AlgorithmInfo(_GCM_IDENTIFIER[sa.algorithm.key_bits], len(sa.key) + 4, 0, sa.icv_len)
    null = AlgorithmInfo(EncryptionAlgorithm.NONE)
    element = SecAssoc(
        flags=SecAssocFlags.ESN_SA if sa.esn else 0,
        operation=Operation.ESP,
        spi=_spi_to_octets(sa.spi, spi_host_order),
        authentication=info if sa.algorithm.gmac else AlgorithmInfo(),
        encryption=null if sa.algorithm.gmac else info,
        sequence_number_high_order=sa.seq_hi,
    )
    size = 16 if sa.ipv6 else 4
    endpoints = (sa.src or bytes(size)) + (sa.dst or bytes(size))
    return AddSaEx(
        flags=(SaFlags.INBOUND if sa.inbound else 0) | (SaFlags.IPV6 if sa.ipv6 else 0),
        endpoints=endpoints.ljust(32, b"\0"),
        udp_esp_encapsulation=sa.udp_encapsulation,
        sec_assoc=(element, SecAssoc()),
        key=sa.key + sa.salt,
    )


def add_sa_ex_from_sa(sa: SecurityAssociation, abi: Abi, *, spi_host_order: bool = False) -> bytes:
    """The ADD_SA_EX image of ``sa``: Size is the macro, the key lies at sizeof."""
    return request_from_sa(sa, spi_host_order=spi_host_order).pack(abi)


def write_offload_handle(image: bytearray, abi: Abi, handle: int) -> None:
    """Write OffloadHandle into an ADD_SA_EX image, in place; the only thing completion changes."""
    where = ADD_SA_EX_HANDLE[abi]
    image[where : where + abi.value] = handle.to_bytes(abi.value, "little")


def read_offload_handle(image: bytes | bytearray, abi: Abi) -> int:
    """OffloadHandle of an ADD_SA_EX image."""
    where = ADD_SA_EX_HANDLE[abi]
    return int.from_bytes(image[where : where + abi.value], "little")


# ---------------------------------------------------------------------------------------------------------------
# Out-of-band words of a packet (section 2.8). On transmit, slots 1 and 11 hold nothing but a handle.
# ---------------------------------------------------------------------------------------------------------------

SA_DELETE_REQ = 1 << 0
"""Slot 1, receive: the engine asks for deletion of the SA."""
CRYPTO_DONE = 1 << 1
"""Slot 1, receive: an ESP payload was checked."""
NEXT_CRYPTO_DONE = 1 << 2
"""Slot 1, receive: tunnel and transport portion were both checked."""
HEADER_INFO_SET = 1 << 16
"""Slot 12, receive: NextHeader and PadLength are valid."""


class ReceiveInfo(NamedTuple):
    """Slot 1 of a received frame; ``crypto_status`` is a number, since the wire may hold one that has no name."""

    sa_delete_req: bool = False
    crypto_done: bool = False
    next_crypto_done: bool = False
    crypto_status: int = CryptoStatus.SUCCESS

    def pack(self) -> int:
        """The 32-bit word."""
        return self.sa_delete_req | self.crypto_done << 1 | self.next_crypto_done << 2 | self.crypto_status << 16

    @classmethod
    def parse(cls, word: int) -> ReceiveInfo:
        """Bits 3 to 15 are reserved and ignored."""
        return cls(
            bool(word & SA_DELETE_REQ), bool(word & CRYPTO_DONE), bool(word & NEXT_CRYPTO_DONE), word >> 16 & 0xFFFF
        )


class ReceiveHeaderInfo(NamedTuple):
    """Slot 12 of a received frame."""

    next_header: int = 0
    pad_length: int = 0
    header_info_set: bool = False

    def pack(self) -> int:
        """The 32-bit word."""
        return self.next_header | self.pad_length << 8 | self.header_info_set << 16

    @classmethod
    def parse(cls, word: int) -> ReceiveHeaderInfo:
        """Bits above 16 are ignored."""
        return cls(word & 0xFF, word >> 8 & 0xFF, bool(word & HEADER_INFO_SET))


class TransmitHeaderInfo(NamedTuple):
    """Slot 12 of a frame to send; the offsets are in units of 4 octets from the start of the IP header."""

    next_header: int = 0
    pad_length: int = 0
    ah_header_offset: int = 0
    esp_header_offset: int = 0

    def pack(self) -> int:
        """The 32-bit word."""
        return self.next_header | self.pad_length << 8 | self.ah_header_offset << 16 | self.esp_header_offset << 24

    @classmethod
    def parse(cls, word: int) -> TransmitHeaderInfo:
        """All 32 bits are fields."""
        return cls(word & 0xFF, word >> 8 & 0xFF, word >> 16 & 0xFF, word >> 24 & 0xFF)
