# SPDX-License-Identifier: Apache-2.0
"""Every cycle takes a beat, and latency is within its bound: the benchmark's short sets as a test."""

from __future__ import annotations

import pytest
from rich.console import Console

from scripts.report import sections
from tb.benchmark import MINIMUM_RATIO, findings, run_benchmark
from tb.sim import SIMULATORS

SET = {"verilator": "quick", "icarus": "smoke"}


@pytest.mark.parametrize(
    ("sim", "build"),
    [
        (sim, build)
        for sim in SIMULATORS
        for build in ("default", "pipelined", "stored_keys", "shared_aes")
        if sim == "verilator" or build == "default"
    ],
)
def test_throughput_and_latency(sim: str, build: str) -> None:
    """No ratio below 0.999, no late frame, latency constant and within its bound, no wrong octet."""
    result = run_benchmark(sim, build, SET[sim], Console())
    assert result["throughput"]
    assert {row["direction"] for row in result["throughput"]} == {"transmit", "receive"}
    assert not findings(result), "\n".join(findings(result))
    content = sections.benchmark(*({"rows": result[name]} for name in ("throughput", "latency")))
    assert not content.wrong and content.figures["throughput"] >= MINIMUM_RATIO


needs_verilator = pytest.mark.skipif("verilator" not in SIMULATORS, reason="needs Verilator")


@needs_verilator
@pytest.mark.parametrize("build", ["default", "pipelined", "stored_keys", "shared_aes"])
@pytest.mark.parametrize("load", ["long_packets", "deepest"])
def test_hard_loads(build: str, load: str) -> None:
    """Frames that end before their IP packets cost no more than others; nor does the deepest header take too long."""
    lines = findings(run_benchmark("verilator", build, load, Console()))
    assert not lines, "\n".join(lines)
