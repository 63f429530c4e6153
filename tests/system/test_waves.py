# SPDX-License-Identifier: Apache-2.0
"""The GTKWave save file: every signal it names is in the waveforms of both simulators, its filters know every state."""

from __future__ import annotations

import enum
import itertools
import random
import re
from pathlib import Path
from typing import Any

import cocotb
import pytest
import pywellen

from models.ndis import CryptoStatus
from models.packet import esp_frame
from tb.bench import STATUS_SENT, TxFrame
from tb.engine_registers import CommandStatus, Opcode
from tb.gtkwave import SAVE_FILE
from tb.sim import ROOT, SIMULATORS, run_cocotb
from tests.system.common import add, mirrored, random_sa, start

GROUPS = (
    "s_axis_tx: from the host",
    "parse",
    "SA lookup",
    "keystream",
    "XOR",
    "GHASH",
    "ICV",
    "m_axis_tx: to the wire",
    "s_axis_rx: from the wire",
    "parse",
    "SA search",
    "hash",
    "verify",
    "release",
    "m_axis_rx: to the host",
)
"""In the order of the data path."""


def saved_signals(path: Path = SAVE_FILE) -> dict[str, str | None]:
    """Signals of a save file, with the filter file that each is shown through."""
    signals: dict[str, str | None] = {}
    translate = None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("^"):
            translate = line.split(" ", 1)[1]
        elif re.match(r"[A-Za-z_]", line):
            signals[line] = translate
            translate = None
    return signals


def waveform_signals(path: Path) -> set[str]:
    """Signals of a waveform by the names GTKWave gives them."""
    names = set()
    for variable in pywellen.Waveform(str(path)).all_vars():
        width = variable.bitwidth or 1
        names.add(variable.full_name if width == 1 else f"{variable.full_name}[{width - 1}:0]")
    return names


@cocotb.test()
async def short_run(dut: Any) -> None:
    """One frame out and in again."""
    rng = random.Random(1)
    bench, miniport = await start(dut)
    sa = random_sa(rng)
    await add(miniport, sa)
    handle = await add(miniport, mirrored(sa))
    frame = esp_frame(b"payload", src=bytes(4), dst=bytes(4), spi=sa.spi, seq=1, iv=bytes(8))
    (sent,) = await bench.transmit([TxFrame(frame, handle)])
    assert sent.status == STATUS_SENT and sent.frame is not None
    await bench.receive([sent.frame])


@pytest.mark.parametrize("sim", SIMULATORS)
def test_every_signal_exists(sim: str) -> None:
    """The names of the save file resolve in the FST of this simulator, as make sim WAVES=1 writes it."""
    result = run_cocotb(sim, "ipsec_bench", None, "tests.system.test_waves", testcase="short_run", waves=True)
    assert result.waveform is not None
    missing = sorted(saved_signals().keys() - waveform_signals(result.waveform))
    assert not missing, f"{len(missing)} signals of {SAVE_FILE.name} are not in the waveform: {missing[:10]}"


def test_groups_follow_the_data_path() -> None:
    """Groups are opened in the order of the path, and each is closed."""
    lines = SAVE_FILE.read_text(encoding="utf-8").splitlines()
    opened = [name[1:] for flags, name in itertools.pairwise(lines) if flags == "@800200"]
    closed = [name[1:] for flags, name in itertools.pairwise(lines) if flags == "@1000200"]
    assert sorted(opened) == sorted(closed)
    remaining = iter(opened)
    assert all(group in remaining for group in GROUPS), opened


def _constants(file: str, prefix: str, digits: tuple[int, ...] = (1,)) -> dict[str, str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    values = {m[1]: int(m[2]) for m in re.finditer(rf"\b{prefix}(\w+) = \d+'d(\d+)\b", text)}
    return {f"{value:0{width}x}": name for width in digits for name, value in values.items()}


def _members(kind: type[enum.IntEnum], digits: int) -> dict[str, str]:
    return {f"{member:0{digits}x}": member.name for member in kind}


FILTERS = {
    "parser_state": _constants("hdl/esp/esp_parser.v", "STATE_", (2,)),
    "keystream_kind": _constants("hdl/esp/keystream.v", "KIND_"),
    "receive_kind": _constants("hdl/esp/esp_receive.v", "KIND_"),
    "transmit_status": _constants("hdl/esp/esp_transmit.v", "STATUS_", (1, 2)),
    "command_state": _constants("hdl/sa/sa_command.v", "STATE_", (2,)),
    "crypto_status": _members(CryptoStatus, 1),
    "command_status": _members(CommandStatus, 2),
    "command_opcode": _members(Opcode, 8),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters_know_every_value(name: str) -> None:
    """The filter files hold the encodings of the RTL, in the digits GTKWave shows, and the save file uses each."""
    text = (ROOT / "tb" / "waves" / f"{name}.txt").read_text(encoding="utf-8")
    assert dict(line.split(" ") for line in text.splitlines()) == FILTERS[name] != {}
    assert f"tb/waves/{name}.txt" in saved_signals().values()


def test_no_file_is_left_over() -> None:
    """Every file of the folder is checked here."""
    assert {path.name for path in SAVE_FILE.parent.iterdir()} == {SAVE_FILE.name, *(f"{name}.txt" for name in FILTERS)}
