# SPDX-License-Identifier: Apache-2.0
"""``make sim`` on both simulators: report, table, exit code."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from scripts.report import sections
from tb import failure_kit
from tb.main_job import CAPTURES, main, run_main_job
from tb.sim import BUILD_FOLDER, SIMULATORS

FIELDS = {"simulator", "sas_added", "frames", "octets", "mismatches", "cycles", "frames_per_second"}


@pytest.mark.parametrize("sim", SIMULATORS)
def test_main_job(sim: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "reports" / "sim.json"
    frames = 120 if sim == "icarus" else 600
    assert main(["--sim", sim, "--seed", "20", "--frames", str(frames), "--report", str(report)]) == 0
    result = json.loads(report.read_text())
    assert set(result) >= FIELDS and result["simulator"] == sim and result["mismatches"] == 0
    assert result["transmit_frames"] == result["receive_frames"] == 212 + frames
    assert result["frames"] == 2 * (212 + frames) and result["octets"] > 100 * result["frames"]
    assert result["octets"] == result["transmit_octets"] + result["receive_octets"]
    assert result["sas_added"] == 6 * 4 + 2 + 64 and result["updates"] > 4 and result["captures"] == 6
    assert result["cycles"] > result["octets"] // 32 and result["frames_per_second"] > 1
    fates = result["fates"]
    assert fates["rx_decrypted"] >= 212 and fates["tx_protected"] >= 212
    for fate in ("rx_icv_failed", "rx_syntax_failed", "rx_unchanged", "tx_bypassed", "tx_failed_syntax"):
        assert fates[fate] > 0
    assert sections.main_job(result).headline == f"{result['frames']:,} frames on {sim}, 0 mismatches"
    shown = capsys.readouterr().out
    assert "mismatches" in shown and "SAs added" in shown and f"IPsec engine on {sim}" in shown


def test_failed_job_has_a_kit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packet that differs from the clear side of a capture, in its last octet."""
    monkeypatch.setattr(failure_kit, "FOLDER", BUILD_FOLDER / "failures-on-purpose")
    name = "tun44-rfc4106-gcm-128_icv128"
    for path in CAPTURES.glob(f"{name}.*"):
        shutil.copy(path, tmp_path)
    clear = tmp_path / f"{name}.clear.pcap"
    octets = bytearray(clear.read_bytes())
    octets[-1] ^= 1
    clear.write_bytes(octets)
    console = Console(file=io.StringIO())
    result = run_main_job(SIMULATORS[-1], console, captures=tmp_path, random_frames=2, seed=3, name="red-main-job")
    assert result["mismatches"] == 1 and name in result["text"]
    folder = BUILD_FOLDER / "failures-on-purpose" / "red-main-job.every_octet-3"
    assert [kit.splitlines()[0] for kit in result["kits"]] == [f"failure kit: {folder}"]
    assert (folder / "waves.fst").is_file()
    assert f"difference  {name} packet" in (folder / "first_difference.txt").read_text(encoding="utf-8")
