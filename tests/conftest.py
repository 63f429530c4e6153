# SPDX-License-Identifier: Apache-2.0
"""Settings of every test run: a wrong SIM is one line, and the header names the simulators."""

from __future__ import annotations

import os

import pytest

ALL = ("verilator", "icarus")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a wrong SIM before the test modules are imported."""
    simulator = os.environ.get("SIM", "")
    if simulator not in ("", *ALL):
        raise pytest.UsageError(f"SIM={simulator}: must be one of {', '.join(ALL)}")


def pytest_report_header(config: pytest.Config) -> str:
    """Say which simulators the run uses."""
    return f"simulators: {os.environ.get('SIM') or ', '.join(ALL)}"
