# SPDX-License-Identifier: Apache-2.0
"""``make replay`` without a simulator: what it writes, each error as one line with exit code 2, nothing left behind."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import tb.replay
from models.packet import ParsedEsp, parse_frame
from models.sa import Direction
from tb.bench import RxResult
from tb.captures import read_capture, read_sas, write_capture
from tb.jobs.replay_simulation import replay_on
from tb.jobs.session import Session
from tb.sim import SimulationError
from tb.transport import clear_icv_room
from tests.tb.fake import FakeSystem, run

CAPTURES = Path(__file__).parent.parent / "data" / "captures"
NAME = "tun44-esnwrap-rfc4106-gcm-128_icv128"
SAS = CAPTURES / f"{NAME}.sa.json"
ESP = CAPTURES / f"{NAME}.esp.pcap"
REPORT_KEYS = ["index", "handle", "sent", "crypto_done", "crypto_status", "next_header", "pad_length", "frame"]


class Replay:
    """The command on the fake engine; ``prepare`` may change the engine before it starts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.out, self.report = folder / "out dir" / "out.pcapng", folder / "out dir" / "report.json"
        self.out.parent.mkdir()
        self.prepare: Callable[[FakeSystem], None] = lambda system: None
        self.sa_count = 64
        monkeypatch.setattr(tb.replay, "simulate", self.simulate)

    def simulate(self, options: argparse.Namespace, console: Console) -> dict[str, Any]:
        async def work() -> dict[str, Any]:
            system = FakeSystem(self.sa_count)
            self.prepare(system)
            await system.transport.enable()
            bench: Any = system.bench
            identification = await system.miniport.identify()
            session = Session(
                bench, identification, system.miniport, system.reference, system.scoreboard, system.transport
            )
            direction = Direction[options.direction.upper()]
            return await replay_on(session, read_sas(options.sas), read_capture(options.input), direction)

        return run(work())

    def __call__(self, direction: str = "inbound", sas: Path = SAS, capture: Path = ESP, **changes: Any) -> int:
        arguments = {
            "--direction": direction,
            "--sas": sas,
            "--in": capture,
            "--out": self.out,
            "--report": self.report,
        }
        arguments |= {f"--{name}": value for name, value in changes.items()}
        try:
            return tb.replay.main([str(word) for pair in arguments.items() for word in pair])
        except SystemExit as exit_:
            assert isinstance(exit_.code, int)
            return exit_.code

    def left(self) -> list[str]:
        return sorted(path.name for path in self.out.parent.iterdir())

    def records(self) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = json.loads(self.report.read_text())
        return records


@pytest.fixture
def replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Replay:
    return Replay(tmp_path, monkeypatch)


def plaintext(folder: Path, replay: Replay, name: str = NAME) -> Path:
    """The capture as ESP-framed plaintext, ICV room zero."""
    assert replay("inbound", CAPTURES / f"{name}.sa.json", CAPTURES / f"{name}.esp.pcap") == 0
    path = folder / "plain.pcapng"
    write_capture(path, 1, [clear_icv_room(frame, 16) for frame in read_capture(replay.out).packets])
    return path


def test_there_and_back(replay: Replay, tmp_path: Path) -> None:
    plain = plaintext(tmp_path, replay)
    wire, decrypted = read_capture(ESP), read_capture(replay.out)
    records = replay.records()
    assert [list(record) for record in records] == [REPORT_KEYS] * 36
    assert [record["index"] for record in records] == list(range(36))
    assert all(r["sent"] and r["crypto_done"] and r["crypto_status"] == 0 and r["handle"] for r in records)
    assert all(r["next_header"] == 4 for r in records) and len({r["handle"] for r in records}) == 2
    assert [bytes.fromhex(record["frame"]) for record in records] == list(decrypted.packets)
    assert decrypted.times == wire.times and decrypted.packets != wire.packets

    assert replay("outbound", capture=plain) == 0
    assert read_capture(replay.out).packets == wire.packets
    records = replay.records()
    assert all(r["sent"] and r["handle"] and not r["crypto_done"] for r in records)
    assert replay.left() == ["out.pcapng", "report.json"]


def test_raw_ip_stays_raw_ip(replay: Replay, tmp_path: Path) -> None:
    wire = read_capture(ESP)
    raw = tmp_path / "raw.pcapng"
    write_capture(raw, 101, [frame[14:] for frame in wire.packets])
    assert replay() == 0
    expected = [frame[14:] for frame in read_capture(replay.out).packets]
    assert replay(capture=raw) == 0
    again = read_capture(replay.out)
    assert again.linktype == 101 and list(again.packets) == expected
    assert [bytes.fromhex(record["frame"]) for record in replay.records()] == expected


def test_frames_that_are_not_for_an_sa_or_fail(replay: Replay, tmp_path: Path) -> None:
    """Inbound everything comes out, with its status; outbound a frame that fails is not in OUT and null in REPORT."""
    wire = read_capture(ESP).packets
    parsed = parse_frame(wire[0])
    assert isinstance(parsed, ParsedEsp)
    bad = bytearray(wire[0])
    bad[parsed.payload] ^= 1
    mixed = tmp_path / "mixed.pcapng"
    arp = b"\xff" * 12 + b"\x08\x06" + bytes(46)
    write_capture(mixed, 1, [arp, bytes(bad), wire[0], wire[1][:70]])
    assert replay(capture=mixed) == 0
    assert [r["crypto_status"] for r in replay.records()] == [0, 3, 0, 6]
    assert [r["crypto_done"] for r in replay.records()] == [False, True, True, True]
    assert read_capture(replay.out).packets[:2] == (arp, bytes(bad))

    assert replay("outbound", capture=mixed) == 0
    assert [r["sent"] for r in replay.records()] == [True, True, True, False]
    assert [r["frame"] is None for r in replay.records()] == [False, False, False, True]
    assert [r["handle"] == 0 for r in replay.records()] == [True, False, False, False]
    assert len(read_capture(replay.out).packets) == 3


def test_open_addresses(replay: Replay, tmp_path: Path) -> None:
    description = json.loads(SAS.read_text())
    for element in description["sas"]:
        del element["src"], element["dst"]
    path = tmp_path / "open.json"
    path.write_text(json.dumps(description))
    assert replay(sas=path) == 0
    assert all(record["crypto_done"] for record in replay.records())


def test_longest_frame(replay: Replay, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The longest frame of the engine passes; one octet more is refused, not processed wrongly."""
    path = tmp_path / "long.pcapng"
    write_capture(path, 1, [bytes(60), bytes(16351)])
    assert replay(capture=path) == 0
    capsys.readouterr()
    replay.out.unlink()
    replay.report.unlink()
    write_capture(path, 1, [bytes(60), bytes(16352)])
    for direction in ("inbound", "outbound"):
        assert replay(direction, capture=path) == 2
        assert capsys.readouterr().err == f"error: {path}: packet 1 has 16352 octets, the engine takes 16351\n"
        assert replay.left() == []


def test_empty_capture(replay: Replay, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pcapng"
    write_capture(empty, 1, [])
    assert replay(capture=empty) == 0
    assert replay.records() == [] and read_capture(replay.out).packets == ()


def changed_sas(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    description = json.loads(SAS.read_text())
    change(description)
    path = folder / "changed.sa.json"
    path.write_text(json.dumps(description))
    return path


def _many(description: dict[str, Any]) -> None:
    description["sas"] = [description["sas"][0] | {"spi": 1000 + n} for n in range(65)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d["sas"].append(d["sas"][0]), ("sas[2]", "4143", "DUPLICATE")),
        (_many, ("65 SAs", "capacity of the engine is 64")),
        (lambda d: d["sas"][1].update(alg="rfc4309-ccm-128"), ("sas[1].alg", "rfc4309-ccm-128")),
        (lambda d: d["sas"][0].update(enc_key="00"), ("sas[0].enc_key", "1 octets")),
        (lambda d: d["sas"][0].pop("salt"), ("sas[0].salt", "missing")),
    ],
)
def test_bad_sas(
    replay: Replay,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[dict[str, Any]], None],
    words: tuple[str, ...],
) -> None:
    path = changed_sas(tmp_path, change)
    assert replay(sas=path) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith(f"error: {path}: ")
    for word in words:
        assert word in error
    assert replay.left() == []


def test_other_errors(replay: Replay, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing, text = tmp_path / "missing", tmp_path / "text"
    text.write_text("hello")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"direction": "sideways"}, "DIR=sideways"),
        ({"sas": missing}, str(missing)),
        ({"capture": missing}, str(missing)),
        ({"capture": text}, "neither pcap nor pcapng"),
        ({"sas": ESP}, "not JSON"),
        ({"out": tmp_path / "no" / "out"}, "cannot be written"),
        ({"report": tmp_path}, "not a regular file"),
        ({"report": "/dev/null"}, "not a regular file"),
        ({"report": replay.out}, "same file"),
        ({"out": ESP}, "same file"),
        ({"sim": "spice"}, "spice"),
    ]
    for arguments, word in cases:
        assert replay(**arguments) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and error.startswith("error: ") and word in error
        assert replay.left() == []


def test_an_error_leaves_older_files_as_they_were(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    replay.out.write_text("old out")
    replay.report.write_text("old report")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert replay() == 2
    monkeypatch.undo()
    assert replay.left() == ["out.pcapng", "report.json"]
    assert (replay.out.read_text(), replay.report.read_text()) == ("old out", "old report")


def test_a_broken_engine(replay: Replay, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A difference from the reference is exit code 1, with the files and the text of the scoreboard."""

    def zeros(index: int, result: RxResult) -> RxResult:
        return RxResult(bytes(len(result.frame)), result.slot1, result.slot12, result.handle)

    def prepare(system: FakeSystem) -> None:
        system.bench.spoil_receive = zeros

    replay.prepare = prepare
    assert replay() == 1
    assert "36 mismatches" in capsys.readouterr().err and replay.left() == ["out.pcapng", "report.json"]

    def crash(options: argparse.Namespace, console: Console) -> dict[str, Any]:
        raise SimulationError("it died")

    replay.out.unlink()
    replay.report.unlink()
    monkeypatch.setattr(tb.replay, "simulate", crash)
    assert replay() == 1
    assert "error: it died" in capsys.readouterr().err and replay.left() == []
