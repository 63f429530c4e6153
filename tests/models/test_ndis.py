# SPDX-License-Identifier: Apache-2.0
"""Byte images of models.ndis: layouts, the bounds checks of ADD_SA_EX, conversions."""

from __future__ import annotations

import enum
import logging
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import ndis
from models.ndis import Abi, AddSaEx, AlgorithmInfo, ImageError, NdisStatus, SecAssoc
from models.sa import Algorithm, Direction, SecurityAssociation

INVALID_LENGTH = NdisStatus.INVALID_LENGTH
INVALID_PARAMETER = NdisStatus.INVALID_PARAMETER
NOT_SUPPORTED = NdisStatus.NOT_SUPPORTED

ABIS = [Abi.X64, Abi.X86]

GOLDEN_SA = SecurityAssociation(
    direction=Direction.OUTBOUND,
    algorithm=Algorithm.GCM_128,
    spi=0x01020304,
    key=bytes(range(16)),
    salt=bytes.fromhex("cafebabe"),
    src=bytes((10, 0, 0, 1)),
    dst=bytes((10, 0, 0, 2)),
)

# Section 2.9 of the contract reference, octet for octet.
GOLDEN_X64 = bytes.fromhex(
    """
    80 01 aa 00 01 00 00 00 00 00 00 00 0a 00 00 01
    0a 00 00 02 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    02 00 00 00 01 02 03 04 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 08 00 00 00 14 00 00 00
    00 00 00 00 10 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 14 00 00 00
    b0 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
    ca fe ba be
    """
)

# Offsets of sections 2.4 and 2.2: (x64, x86).
OFFSETS = {
    "Header.Size": (0x02, 0x02),
    "NumExtHdrs": (0x04, 0x04),
    "Flags": (0x08, 0x08),
    "Endpoints": (0x0C, 0x0C),
    "OffloadHandle": (0x30, 0x2C),
    "UdpEspEncapsulation": (0x38, 0x30),
    "SecAssoc": (0x3C, 0x34),
    "KeyLength": (0x9C, 0x94),
    "KeyOffset": (0xA0, 0x98),
    "SourceSwitchPortId": (0xA4, 0x9C),
    "VlanId": (0xA8, 0xA0),
}


def offset(name: str, abi: Abi) -> int:
    return OFFSETS[name][abi is Abi.X86]


def sa_offset(abi: Abi, inside: int) -> int:
    return offset("SecAssoc", abi) + inside


def poke(image: bytes, at: int, *words: int) -> bytes:
    data = struct.pack(f"<{len(words)}I", *words)
    return image[:at] + data + image[at + len(data) :]


def refused(image: bytes, abi: Abi, status: NdisStatus, field: str, **switches: bool) -> None:
    with pytest.raises(ImageError) as error:
        ndis.sa_from_add_sa_ex(image, abi, **switches)
    assert (error.value.status, error.value.field) == (status, field), error.value
    assert field in str(error.value) and status.name in str(error.value)


def random_sa(rng: random.Random) -> SecurityAssociation:
    algorithm = rng.choice(list(Algorithm))
    esn, ipv6 = rng.random() < 0.5, rng.random() < 0.5
    size = 16 if ipv6 else 4
    return SecurityAssociation(
        direction=rng.choice(list(Direction)),
        algorithm=algorithm,
        spi=rng.randrange(1, 1 << 32),
        key=rng.randbytes(algorithm.key_octets),
        salt=rng.randbytes(4),
        icv_len=16 if algorithm.gmac else rng.choice((8, 12, 16)),
        esn=esn,
        seq_hi=rng.getrandbits(32) if esn else 0,
        ipv6=ipv6,
        src=rng.choice((None, rng.randbytes(size))),
        dst=rng.choice((None, rng.randbytes(size))),
        udp_encapsulation=rng.randrange(3),
    )


# ---- layouts -------------------------------------------------------------------------------------------------------


def test_golden_vector() -> None:
    assert ndis.add_sa_ex_from_sa(GOLDEN_SA, Abi.X64) == GOLDEN_X64
    assert ndis.sa_from_add_sa_ex(GOLDEN_X64, Abi.X64) == GOLDEN_SA


@pytest.mark.parametrize("abi", ABIS)
def test_offsets_of_add_sa_ex(abi: Abi) -> None:
    request = AddSaEx(
        num_ext_hdrs=1,
        flags=0x10,
        endpoints=bytes(range(100, 132)),
        offload_handle=0x11223344,
        udp_esp_encapsulation=2,
        sec_assoc=(
            SecAssoc(1, 2, b"\1\2\3\4", AlgorithmInfo(5, 6, 7, 8), AlgorithmInfo(9, 10, 11, 12), 13),
            SecAssoc(21, 22, b"\5\6\7\x08", AlgorithmInfo(25, 26, 27, 28), AlgorithmInfo(29, 30, 31, 32), 33),
        ),
        key=b"k" * 40,
        source_switch_port_id=0x55667788,
        vlan_id=0x99AA,
    )
    image = request.pack(abi)
    assert len(image) == ndis.ADD_SA_EX_SIZEOF[abi] + 40

    def word(name: str) -> int:
        return int.from_bytes(image[offset(name, abi) :][:4], "little")

    assert image[:2] == b"\x80\x01"
    assert word("Header.Size") & 0xFFFF == (0xAA if abi is Abi.X64 else 0xA2)
    assert (word("NumExtHdrs"), word("Flags"), word("OffloadHandle")) == (1, 0x10, 0x11223344)
    assert image[offset("Endpoints", abi) :][:32] == bytes(range(100, 132))
    assert word("UdpEspEncapsulation") == 2
    first = (1, 2, 0x04030201, 5, 6, 7, 8, 9, 10, 11, 12, 13)
    assert struct.unpack_from("<12I", image, sa_offset(abi, 0)) == first
    second = (21, 22, 0x08070605, 25, 26, 27, 28, 29, 30, 31, 32, 33)
    assert struct.unpack_from("<12I", image, sa_offset(abi, 48)) == second
    assert (word("KeyLength"), word("KeyOffset")) == (40, ndis.ADD_SA_EX_SIZEOF[abi])
    assert word("SourceSwitchPortId") == 0x55667788 and word("VlanId") & 0xFFFF == 0x99AA
    assert ndis.read_offload_handle(image, abi) == 0x11223344


@pytest.mark.parametrize("abi", ABIS)
def test_add_sa_ex_image_and_back(abi: Abi) -> None:
    rng = random.Random(abi.value)
    for _ in range(300):
        sa = random_sa(rng)
        for host_order in (False, True):
            image = ndis.add_sa_ex_from_sa(sa, abi, spi_host_order=host_order)
            assert ndis.sa_from_add_sa_ex(image, abi, spi_host_order=host_order) == sa
            at = sa_offset(abi, 8)
            assert image[at : at + 4] == sa.spi.to_bytes(4, "little" if host_order else "big")
        # what means nothing changes nothing: bytes behind IPv4 endpoints, handle, switch port, VLAN, second element
        request = ndis.request_from_sa(sa)
        if not sa.ipv6:
            request.endpoints = request.endpoints[:8] + rng.randbytes(24)
        request.offload_handle = rng.getrandbits(32)
        request.source_switch_port_id, request.vlan_id = rng.getrandbits(32), rng.getrandbits(16)
        request.sec_assoc = (request.sec_assoc[0], SecAssoc(9, 9, b"junk", AlgorithmInfo(9, 9, 9, 9)))
        if not sa.esn:
            request.sec_assoc[0].sequence_number_high_order = 5
        assert ndis.sa_from_add_sa_ex(request.pack(abi), abi) == sa


@pytest.mark.parametrize("abi", ABIS)
def test_write_offload_handle(abi: Abi) -> None:
    image = bytearray(b"\xff" * 200)
    ndis.write_offload_handle(image, abi, 0x10003)
    at, size = offset("OffloadHandle", abi), abi.value
    assert image == b"\xff" * at + (0x10003).to_bytes(size, "little") + b"\xff" * (200 - at - size)
    assert ndis.read_offload_handle(image, abi) == 0x10003


@pytest.mark.parametrize("abi", ABIS)
def test_add_sa(abi: Abi) -> None:
    request = ndis.request_from_sa(GOLDEN_SA)
    old = ndis.AddSa(
        next=0x1234, flags=request.flags, endpoints=request.endpoints, sec_assoc=request.sec_assoc, key=request.key
    )
    image = old.pack(abi)
    at = {Abi.X64: (0x08, 0x10, 0x18, 0x44, 0xA4, 0xA8), Abi.X86: (0x04, 0x08, 0x10, 0x38, 0x98, 0x9C)}[abi]
    words = [int.from_bytes(image[i : i + 4], "little") for i in (at[0], at[1], at[4])]
    assert words == [0x1234, 1, 20]
    assert image[2] == ndis.ADD_SA_SIZE[abi]
    assert image[at[2] : at[2] + 8] == bytes((10, 0, 0, 1, 10, 0, 0, 2))
    assert image[at[3] + 4] == 2 and image[at[5] :] == bytes(range(16)) + b"\xca\xfe\xba\xbe"
    parsed = ndis.AddSa.parse(image, abi)
    assert ndis.sa_from_request(parsed) == GOLDEN_SA and parsed.next == 0x1234
    for length in range(len(image)):
        with pytest.raises(ImageError) as error:
            ndis.AddSa.parse(image[:length], abi)
        assert error.value.status is INVALID_LENGTH


def test_delete_and_update() -> None:
    image = ndis.DeleteSa(0x10003, next=0x8877).pack(Abi.X64)
    assert image == bytes.fromhex("80011800 00000000 7788000000000000 0300010000000000")
    assert ndis.DeleteSa.parse(image, Abi.X64).offload_handle == 0x10003
    image = ndis.DeleteSa(0x10003, next=0x8877).pack(Abi.X86)
    assert image == bytes.fromhex("80010c00 77880000 03000100")
    assert ndis.DeleteSa.parse(image, Abi.X86).next == 0x8877
    update = ndis.UpdateSa(0x10003, 2, b"\1\2\3\4", 7)
    image = update.pack(Abi.X64)
    assert image == bytes.fromhex("80011c00 00000000 0300010000000000 02000000 01020304 07000000 00000000")
    assert ndis.UpdateSa.parse(image[:0x1C], Abi.X64).spi_number() == 0x01020304
    assert ndis.UpdateSa.parse(image, Abi.X64).spi_number(spi_host_order=True) == 0x04030201
    image = update.pack(Abi.X86)
    assert image == bytes.fromhex("80011400 03000100 02000000 01020304 07000000")
    parsed = ndis.UpdateSa.parse(image, Abi.X86)
    assert (parsed.offload_handle, parsed.sequence_number_high_order) == (0x10003, 7)
    for operation in (0, 1, 3):
        with pytest.raises(ImageError, match="Operation") as error:
            ndis.UpdateSa.parse(poke(image, 8, operation), Abi.X86)
        assert error.value.status is INVALID_PARAMETER


@pytest.mark.parametrize("abi", ABIS)
@pytest.mark.parametrize("kind", [ndis.DeleteSa, ndis.UpdateSa])
def test_headers_of_delete_and_update(kind: Any, abi: Abi) -> None:
    image = kind().pack(abi)
    minimum = (ndis.DELETE_SA_SIZE if kind is ndis.DeleteSa else ndis.UPDATE_SA_SIZE)[abi]
    cases = [
        (image[: minimum - 1], INVALID_LENGTH),
        (b"", INVALID_LENGTH),
        (b"\x81" + image[1:], INVALID_PARAMETER),
        (image[:1] + b"\2" + image[2:], INVALID_PARAMETER),
        (image[:2] + struct.pack("<H", minimum - 1) + image[4:], INVALID_LENGTH),
        (image[:2] + struct.pack("<H", len(image) + 1) + image[4:], INVALID_LENGTH),
    ]
    for bad, status in cases:
        with pytest.raises(ImageError) as error:
            kind.parse(bad, abi)
        assert error.value.status is status
    kind.parse(image[:2] + struct.pack("<H", len(image)) + image[4:], abi)


def test_capabilities() -> None:
    minimal = ndis.IpsecOffloadV2(encryption_algorithms=0x28, sa_offload_capacity=64)
    # section 6.3
    expected = "02000000 01000000 01000101 00000000 00000000 00000000 28000000 40000000"
    assert minimal.pack() == bytes.fromhex(expected)
    assert ndis.IpsecOffloadV2.parse(minimal.pack()) == minimal
    esn = ndis.IpsecOffloadV2(extended_sequence_numbers=True, udp_esp=3, authentication_algorithms=0x38)
    assert esn.pack()[0x0E] == 1 and esn.pack()[0x10] == 3 and esn.pack()[0x14] == 0x38
    with pytest.raises(ImageError):
        ndis.IpsecOffloadV2.parse(bytes(31))


@pytest.mark.parametrize("abi", ABIS)
def test_oid_request(abi: Abi) -> None:
    request = ndis.OidRequest(
        ndis.Oid.TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
        0x11223344,
        0xC4,
        timeout=3,
        request_id=0x55,
        request_handle=0x66,
        bytes_read=0x77,
        bytes_needed=0x88,
        port_number=9,
    )
    image = request.pack(abi)
    assert len(image) == {Abi.X64: 0xEC, Abi.X86: 0x8C}[abi]
    where = {
        Abi.X64: (0x04, 0x08, 0x0C, 0x10, 0x18, 0x20, 0x28, 0x30, 0x34, 0x38),
        Abi.X86: (0x04, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C, 0x20, 0x24, 0x28),
    }[abi]
    values = [int.from_bytes(image[i : i + 4], "little") for i in where]
    assert values == [1, 9, 3, 0x55, 0x66, 0xFC030205, 0x11223344, 0xC4, 0x77, 0x88]
    assert image[0] == 0x96
    parsed = ndis.OidRequest.parse(image, abi)
    request.header.size = len(image)
    assert parsed == request
    second = ndis.OidRequest(switch_id=1, vport_id=2, flags=3, supported_revision=2)
    second.header.revision = 2
    image = second.pack(abi)
    assert len(image) == {Abi.X64: 0xF8, Abi.X86: 0x98}[abi]
    assert struct.unpack_from("<BBHIII", image, {Abi.X64: 0xE8, Abi.X86: 0x88}[abi]) == (2, 0, 0, 1, 2, 3)
    assert ndis.OidRequest.parse(image, abi).vport_id == 2
    for bad in (image[:-1], b"\x80" + image[1:], image[:1] + b"\3" + image[2:], image[:8]):
        with pytest.raises(ImageError):
            ndis.OidRequest.parse(bad, abi)


CONSTANTS: dict[type[enum.IntEnum] | type[enum.IntFlag], str] = {
    ndis.Oid: """
        TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA fc030202  TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA fc030203
        TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA fc030204  TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX fc030205
        TCP_OFFLOAD_CURRENT_CONFIG fc01020b  TCP_OFFLOAD_PARAMETERS fc01020c
        TCP_OFFLOAD_HARDWARE_CAPABILITIES fc01020d  OFFLOAD_ENCAPSULATION 0101010a""",
    NdisStatus: """
        SUCCESS 0  PENDING 103  NOT_RECOGNIZED 10001  NOT_ACCEPTED 10003  BUFFER_OVERFLOW 80000005
        HARD_ERRORS 80010004  REQUEST_ABORTED c001000c  RESET_IN_PROGRESS c001000d  ADAPTER_NOT_READY c0010011
        DEVICE_FAILED c0010008  SEND_ABORTED c023000c  INVALID_PARAMETER c000000d  NOT_SUPPORTED c00000bb
        RESOURCES c000009a  FAILURE c0000001  INVALID_LENGTH c0010014  INVALID_DATA c0010015
        BUFFER_TOO_SHORT c0010016  INVALID_OID c0010017  ADAPTER_REMOVED c0010018  CLOSING c0010002
        PAUSED c023002a  LOW_POWER_STATE c023002f  TASK_OFFLOAD_CURRENT_CONFIG 40020006
        TASK_OFFLOAD_HARDWARE_CAPABILITIES 40020007""",
    ndis.ObjectType: "DEFAULT 80  OID_REQUEST 96  OFFLOAD a7  OFFLOAD_ENCAPSULATION a8",
    ndis.SaFlags: "INBOUND 1  IPV6 10",
    ndis.SecAssocFlags: "ESN_SA 1",
    ndis.Operation: "AH 1  ESP 2",
    ndis.UdpEsp: """
        NONE 0  TRANSPORT 1  TUNNEL 2  TRANSPORT_OVER_UDP_ESP_TUNNEL 4  UDP_ESP_TRANSPORT_OVER_TUNNEL 8""",
    ndis.AuthenticationAlgorithm: "MD5 1  SHA_1 2  SHA_256 4  AES_GCM_128 8  AES_GCM_192 10  AES_GCM_256 20",
    ndis.EncryptionAlgorithm: """
        NONE 1  DES_CBC 2  TRIPLE_DES_CBC 4  AES_GCM_128 8  AES_GCM_192 10  AES_GCM_256 20
        AES_CBC_128 40  AES_CBC_192 80  AES_CBC_256 100""",
    ndis.Encapsulation: """
        NULL 1  IEEE_802_3 2  IEEE_802_3_P_AND_Q 4  IEEE_802_3_P_AND_Q_IN_OOB 8  LLC_SNAP_ROUTED 10""",
    ndis.CryptoStatus: """
        SUCCESS 0  GENERIC_ERROR 1  TRANSPORT_AH_AUTH_FAILED 2  TRANSPORT_ESP_AUTH_FAILED 3
        TUNNEL_AH_AUTH_FAILED 4  TUNNEL_ESP_AUTH_FAILED 5  INVALID_PACKET_SYNTAX 6  INVALID_PROTOCOL 7""",
    ndis.NetBufferListInfo: """
        TCP_IP_CHECKSUM 0  IPSEC_OFFLOAD_V2 1  TCP_LARGE_SEND 2  IEEE_8021Q 4  IPSEC_OFFLOAD_V2_TUNNEL b
        IPSEC_OFFLOAD_V2_HEADER c""",
    ndis.RequestType: "QUERY_INFORMATION 0  SET_INFORMATION 1",
}


@pytest.mark.parametrize("kind", list(CONSTANTS))
def test_constants(kind: type[enum.IntEnum] | type[enum.IntFlag]) -> None:
    words = CONSTANTS[kind].split()
    expected = {name: int(value, 16) for name, value in zip(words[::2], words[1::2], strict=True)}
    assert {name: int(member) for name, member in kind.__members__.items()} == expected


def test_out_of_band_words() -> None:
    # the example words of section 2.8
    assert ndis.ReceiveInfo(crypto_done=True).pack() == 0x00000002
    assert ndis.ReceiveInfo(crypto_done=True, next_crypto_done=True).pack() == 0x00000006
    assert ndis.ReceiveInfo(crypto_done=True, crypto_status=3).pack() == 0x00030002
    assert ndis.ReceiveInfo(crypto_done=True, crypto_status=6).pack() == 0x00060002
    assert ndis.ReceiveInfo().pack() == 0 and ndis.ReceiveInfo(sa_delete_req=True).pack() == 1
    assert ndis.ReceiveInfo.parse(0xFFFFFFFF) == (True, True, True, 0xFFFF)
    header = ndis.ReceiveHeaderInfo(17, 3, True)
    assert header.pack() == 0x00010311 and ndis.ReceiveHeaderInfo.parse(0x00010311) == header
    transmit = ndis.TransmitHeaderInfo(6, 2, 5, 8)
    assert transmit.pack() == 0x08050206 and ndis.TransmitHeaderInfo.parse(0x08050206) == transmit


# ---- bounds of ADD_SA_EX -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("abi", ABIS)
def test_size_and_length(abi: Abi) -> None:
    good = ndis.add_sa_ex_from_sa(GOLDEN_SA, abi)
    macro = ndis.ADD_SA_EX_SIZE[abi]
    for size in (macro, macro + 1, ndis.ADD_SA_EX_SIZEOF[abi], len(good)):
        assert ndis.sa_from_add_sa_ex(good[:2] + struct.pack("<H", size) + good[4:], abi) == GOLDEN_SA
    for size in (0, macro - 1, len(good) + 1, 0xFFFF):
        refused(good[:2] + struct.pack("<H", size) + good[4:], abi, INVALID_LENGTH, "Header.Size")
    for length in range(macro):
        refused(good[:length], abi, INVALID_LENGTH, "InformationBufferLength")
    for length in range(macro, len(good)):
        status = INVALID_PARAMETER
        refused(good[:length], abi, status, "KeyOffset" if length < ndis.ADD_SA_EX_SIZEOF[abi] else "KeyLength")
    assert ndis.sa_from_add_sa_ex(good + bytes(1000), abi) == GOLDEN_SA
    refused(b"\x7f" + good[1:], abi, INVALID_PARAMETER, "Header.Type")
    for revision in (0, 2):
        refused(good[:1] + bytes((revision,)) + good[2:], abi, INVALID_PARAMETER, "Header.Revision")


@pytest.mark.parametrize("abi", ABIS)
def test_key_buffer(abi: Abi) -> None:
    request = ndis.request_from_sa(GOLDEN_SA)
    macro = ndis.ADD_SA_EX_SIZE[abi]
    # anywhere from the macro on, also in the tail padding and far behind
    for where in (macro, macro + 1, macro + 3, ndis.ADD_SA_EX_SIZEOF[abi], 0x1001):
        request.key_offset = where
        assert ndis.sa_from_add_sa_ex(request.pack(abi), abi) == GOLDEN_SA
    request.key_offset = 0
    good = request.pack(abi)
    key_offset, key_length = offset("KeyOffset", abi), offset("KeyLength", abi)
    for value in (0, 1, offset("SecAssoc", abi), macro - 1, len(good) + 1, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFEC):
        refused(poke(good, key_offset, value), abi, INVALID_PARAMETER, "KeyOffset")
    for value in (21, 0x80000000, 0xFFFFFFFF, 0x100000000 - ndis.ADD_SA_EX_SIZEOF[abi]):
        refused(poke(good, key_length, value), abi, INVALID_PARAMETER, "KeyLength")
    refused(poke(good, key_offset, len(good)), abi, INVALID_PARAMETER, "KeyLength")

    encryption = sa_offset(abi, 0x1C)
    name = "SecAssoc[0].EncryptionAlgorithm"
    for inner_offset in (21, 0xFFFFFFFF, 0xFFFFFFEC):
        refused(poke(good, encryption + 8, inner_offset), abi, INVALID_PARAMETER, f"{name}.KeyOffsetBytes")
    for inner_offset, length in ((1, 20), (20, 1), (0, 21), (4, 0xFFFFFFFC), (0, 0xFFFFFFFF)):
        bad = poke(good, encryption + 4, length, inner_offset)
        refused(bad, abi, INVALID_PARAMETER, f"{name}.KeyLength")
    # the key of the algorithm anywhere inside the key buffer
    request.key = b"before" + GOLDEN_SA.key + GOLDEN_SA.salt + b"behind"
    request.sec_assoc[0].encryption.key_offset_bytes = 6
    assert ndis.sa_from_add_sa_ex(request.pack(abi), abi) == GOLDEN_SA


@pytest.mark.parametrize("abi", ABIS)
def test_fields_of_add_sa_ex(abi: Abi) -> None:
    good = ndis.add_sa_ex_from_sa(GOLDEN_SA, abi)
    for value in (0, 3, 0xFFFFFFFF):
        refused(poke(good, offset("NumExtHdrs", abi), value), abi, INVALID_PARAMETER, "NumExtHdrs")
    refused(poke(good, offset("NumExtHdrs", abi), 2), abi, NOT_SUPPORTED, "NumExtHdrs")
    for value in (2, 0x20, 0x80000000):
        refused(poke(good, offset("Flags", abi), value), abi, INVALID_PARAMETER, "Flags")
        refused(poke(good, sa_offset(abi, 0), value), abi, INVALID_PARAMETER, "SecAssoc[0].Flags")
    for value in (4, 8):
        refused(poke(good, offset("UdpEspEncapsulation", abi), value), abi, NOT_SUPPORTED, "UdpEspEncapsulation")
    for value in (3, 16, 0xFFFFFFFF):
        refused(poke(good, offset("UdpEspEncapsulation", abi), value), abi, INVALID_PARAMETER, "UdpEspEncapsulation")
    refused(poke(good, sa_offset(abi, 4), 1), abi, NOT_SUPPORTED, "SecAssoc[0].Operation")
    for value in (0, 3, 0xFFFFFFFF):
        refused(poke(good, sa_offset(abi, 4), value), abi, INVALID_PARAMETER, "SecAssoc[0].Operation")
    refused(poke(good, sa_offset(abi, 8), 0), abi, INVALID_PARAMETER, "spi")


@pytest.mark.parametrize("abi", ABIS)
def test_algorithms(abi: Abi) -> None:
    good = ndis.add_sa_ex_from_sa(GOLDEN_SA, abi)
    authentication, encryption = sa_offset(abi, 0x0C), sa_offset(abi, 0x1C)
    auth_name = "SecAssoc[0].AuthenticationAlgorithm"
    name = "SecAssoc[0].EncryptionAlgorithm"
    for value in (0, 3, 0x18, 0x200, 0x80000000):
        refused(poke(good, encryption, value), abi, INVALID_PARAMETER, f"{name}.Identifier")
    for value in (2, 4, 0x40, 0x80, 0x100):
        refused(poke(good, encryption, value), abi, NOT_SUPPORTED, f"{name}.Identifier")
    for value in (0x10, 0x20):
        refused(poke(good, encryption, value), abi, INVALID_PARAMETER, f"{name}.KeyLength")
    # beside AES-GCM: nothing, or the same once more
    assert ndis.sa_from_add_sa_ex(poke(good, authentication, 8), abi) == GOLDEN_SA
    for value in (1, 2, 4, 0x10, 0x20, 3, 0x40):
        refused(poke(good, authentication, value), abi, INVALID_PARAMETER, f"{auth_name}.Identifier")

    gmac = SecurityAssociation(Direction.INBOUND, Algorithm.GMAC_192, 5, bytes(24), b"salt")
    image = ndis.add_sa_ex_from_sa(gmac, abi)
    assert struct.unpack_from("<4I", image, authentication) == (0x10, 28, 0, 16)
    assert struct.unpack_from("<4I", image, encryption) == (1, 0, 0, 0)
    refused(poke(image, authentication, 0), abi, INVALID_PARAMETER, f"{auth_name}.Identifier")
    for value in (1, 2, 4):
        refused(poke(image, authentication, value), abi, NOT_SUPPORTED, f"{auth_name}.Identifier")
    refused(poke(image, encryption, 0), abi, INVALID_PARAMETER, f"{name}.Identifier")
    for value in (8, 12, 64, 96, 1, 17):
        refused(poke(image, authentication + 12, value), abi, INVALID_PARAMETER, f"{auth_name}.AdditionalInfo")
    for value in (0, 16, 128):
        assert ndis.sa_from_add_sa_ex(poke(image, authentication + 12, value), abi) == gmac


@pytest.mark.parametrize("abi", ABIS)
def test_icv_and_salt(abi: Abi, caplog: pytest.LogCaptureFixture) -> None:
    good = ndis.add_sa_ex_from_sa(GOLDEN_SA, abi)
    encryption = sa_offset(abi, 0x1C)
    name = "SecAssoc[0].EncryptionAlgorithm"
    with caplog.at_level(logging.WARNING):
        for value, octets in ((0, 16), (8, 8), (12, 12), (16, 16)):
            assert ndis.sa_from_add_sa_ex(poke(good, encryption + 12, value), abi).icv_len == octets
        assert not caplog.records
        for value, octets in ((64, 8), (96, 12), (128, 16)):
            assert ndis.sa_from_add_sa_ex(poke(good, encryption + 12, value), abi).icv_len == octets
        assert len(caplog.records) == 3
    for value in (1, 4, 10, 14, 15, 17, 32, 0xFFFFFFFF):
        refused(poke(good, encryption + 12, value), abi, INVALID_PARAMETER, f"{name}.AdditionalInfo")
    for length in (0, 4, 15, 16, 17, 19):
        refused(poke(good, encryption + 4, length), abi, INVALID_PARAMETER, f"{name}.KeyLength")
    sa = ndis.sa_from_add_sa_ex(poke(good, encryption + 4, 16), abi, key_without_salt=True)
    assert sa.key == GOLDEN_SA.key and sa.salt == bytes(4)
    refused(poke(good, encryption + 4, 17), abi, INVALID_PARAMETER, f"{name}.KeyLength", key_without_salt=True)


# ---- nothing but ImageError ----------------------------------------------------------------------------------------

INTERESTING = st.one_of(
    st.sampled_from((0, 1, 2, 4, 8, 0x10, 20, 0x14, 0xA2, 0xAA, 0xB0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFEC, 0xFFFFFFFF)),
    st.integers(0, 0xFFFFFFFF),
)


def parses(image: bytes, abi: Abi) -> None:
    """An SA that is in order, or an ImageError with a status that says no."""
    try:
        sa = ndis.sa_from_add_sa_ex(image, abi)
    except ImageError as error:
        assert error.status in (INVALID_LENGTH, INVALID_PARAMETER, NOT_SUPPORTED)
        return
    # whatever is accepted lies inside the image
    assert sa.key in image and sa.salt in image
    assert ndis.sa_from_add_sa_ex(ndis.add_sa_ex_from_sa(sa, abi), abi) == sa


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(ABIS))
@example(b"", Abi.X64)
def test_fuzz_any_octets(image: bytes, abi: Abi) -> None:
    parses(image, abi)


@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from(ABIS),
    st.integers(0, 50),
    st.lists(st.tuples(st.integers(0, 50), INTERESTING), max_size=4),
    st.integers(0, 260),
    st.binary(max_size=16),
)
def test_fuzz_words_of_a_good_image(
    abi: Abi, seed: int, changes: list[tuple[int, int]], length: int, tail: bytes
) -> None:
    image = ndis.add_sa_ex_from_sa(random_sa(random.Random(seed)), abi)
    for word, value in changes:
        if 4 * word + 4 <= len(image):
            image = poke(image, 4 * word, value)
    parses(image + tail, abi)
    parses(image[:length], abi)


PARSERS: list[Callable[[bytes, Abi], object]] = [
    ndis.AddSa.parse,
    ndis.DeleteSa.parse,
    ndis.UpdateSa.parse,
    ndis.OidRequest.parse,
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PARSERS), st.sampled_from(ABIS), st.binary(max_size=260), st.booleans())
def test_fuzz_the_other_structures(
    parse: Callable[[bytes, Abi], object], abi: Abi, image: bytes, with_header: bool
) -> None:
    if with_header:
        kind = 0x96 if parse == ndis.OidRequest.parse else 0x80
        image = bytes((kind, 1)) + struct.pack("<H", len(image)) + image[4:]
    try:
        parse(image, abi)
    except ImageError as error:
        assert error.status in (INVALID_LENGTH, INVALID_PARAMETER)
