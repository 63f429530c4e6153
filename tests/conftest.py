# SPDX-License-Identifier: Apache-2.0
"""Settings of every test run: a wrong SIM or seed is one line, and the header names the simulators and the seed."""

from __future__ import annotations

import os

import pytest

ALL = ("verilator", "icarus")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a wrong SIM or seed before the test modules are imported."""
    simulator = os.environ.get("SIM", "")
    if simulator not in ("", *ALL):
        raise pytest.UsageError(f"SIM={simulator}: must be one of {', '.join(ALL)}")
    seed = os.environ.get("COCOTB_RANDOM_SEED", "")
    if seed and not (seed.isdecimal() and int(seed) < 1 << 31):
        raise pytest.UsageError(f"COCOTB_RANDOM_SEED={seed}: must be a number below 2147483648")


def pytest_report_header(config: pytest.Config) -> str:
    """Say which simulators and which seed the run uses."""
    seed = os.environ.get("COCOTB_RANDOM_SEED") or "a new one for each simulation"
    return f"simulators: {os.environ.get('SIM') or ', '.join(ALL)}; seed: {seed}"
