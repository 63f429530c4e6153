# SPDX-License-Identifier: Apache-2.0
"""Settings of every test run: a wrong SIM, seed or window of waveforms is one line, the header names the first two.

A cocotb test that failed unexpectedly gets its failure kit. No module is simulated with parameters that nobody lints.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest

ALL = ("verilator", "icarus")

NIGHTLY_ONLY = (
    r"unit/aes_pipe/.*\[(verilator-256-1-0|.*-(256-3-0|256-2-1|192-3-1|128-1-0))\]",
    r"unit/aes_double_pipe/.*\[.*-192\]",
    r"unit/aes_stored_pipe/.*\[verilator-192-3\]",
    r"unit/aes_sbox_composite/.*\[verilator-20-0\]",
    r"unit/delay_line/.*\[verilator-(2-4|16-4)\]",
    r"unit/gf128_serial/.*\[.*-(2|32)\]",
    r"unit/ghash/.*\[verilator-(1|8)-.*\]",
    r"unit/keystream/.*\[verilator-(1-.*-1-0|0-128-0-1)\]",
    r"unit/octet_count/.*\[verilator\]",
    r"unit/sa_cam/.*\[verilator-256\]",
    r"unit/sa_hash/.*(65536|too_small\[.*-32'h(9e3779b9|ffffffff)\])",
    r"unit/sa_hash_mix/.*\[verilator-(34|65)-.*\]",
    r"unit/sa_table/.*(\[verilator-65536\]|short_keys\[verilator-192\])",
    r"unit/vpi/.*\[verilator-(8|40)\]",
    r"system/test_random_frames.*\[verilator-hash\]",
    r"system/test_sa_commands.*\[icarus-stored_keys\]",
    r"system/test_adds_under_load.*\[icarus-stored_keys\]",
    r"system/test_robustness.*hostile_frames\[verilator-1\]",
)
"""Tests that only widen others, by parameters that take long to build or large tables: every night (NIGHTLY=1), with
``make coverage`` and ``make mutate``, and whenever they are named. Each pattern ends at the end of the test's name.
"""


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a wrong SIM or seed before the test modules are imported."""
    simulator = os.environ.get("SIM", "")
    if simulator not in ("", *ALL):
        raise pytest.UsageError(f"SIM={simulator}: must be one of {', '.join(ALL)}")
    seed = os.environ.get("COCOTB_RANDOM_SEED", "")
    if seed and not (seed.isdecimal() and int(seed) < 1 << 31):
        raise pytest.UsageError(f"COCOTB_RANDOM_SEED={seed}: must be a number below 2147483648")
    os.environ.setdefault("QUICK_BUILDS", "1")
    from tb.sim import SimulationError, WavesWindow  # refuses a wrong SIM itself, in more than one line

    try:
        WavesWindow.from_environment()
    except SimulationError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_report_header(config: pytest.Config) -> str:
    """Say which simulators and which seed the run uses."""
    seed = os.environ.get("COCOTB_RANDOM_SEED") or "a new one for each simulation"
    nightly = "too" if os.environ.get("NIGHTLY") else "only where named"
    return f"simulators: {os.environ.get('SIM') or ', '.join(ALL)}; seed: {seed}; tests of the night: {nightly}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the night, unless NIGHTLY is set or tests are named one by one."""
    if os.environ.get("NIGHTLY") or any("::" in argument for argument in config.args):
        return
    left_out = []
    for pattern in NIGHTLY_ONLY:
        found = [item for item in items if re.search(f"{pattern}$", item.nodeid)]
        if not found and config.args_source is pytest.Config.ArgsSource.TESTPATHS and not os.environ.get("SIM"):
            raise pytest.UsageError(f"tests/conftest.py: no test of the night is called {pattern}")
        left_out += found
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Note in the JUnit XML, if one is written, what ``make report`` has to know of this run."""
    from _pytest.junitxml import xml_key  # there is no public way that works with xdist

    xml = session.config.stash.get(xml_key, None)
    if xml is not None:
        from tb.report_file import STARTED

        for name, value in STARTED.items():
            xml.add_global_property(name, value)
        chosen = [f"SIM={os.environ.get('SIM', '')}", *session.config.invocation_params.args]
        xml.add_global_property("selection", " ".join(chosen))


@pytest.fixture(autouse=True, scope="session")
def only_linted_parameters() -> Iterator[None]:
    """A set of parameters that is not in scripts/lint.toml fails the test that asks for it."""
    from scripts.lint_hdl import TABLE, designs
    from tb import sim

    unchecked = sim.build

    def build(
        simulator: str, toplevel: str, *args: Any, parameters: Mapping[str, int | str] | None = None, **rest: Any
    ) -> sim.Build:
        linted = [design.parameters for design in designs([toplevel])]
        if parameters and toplevel in sim.hdl_modules() and dict(parameters) not in linted:
            pytest.fail(f"{toplevel} {dict(parameters)} is not in {TABLE.name}: make lint would not see it")
        return unchecked(simulator, toplevel, *args, parameters=parameters, **rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim, "build", build)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
    """Make the failure kit of a cocotb test, and name it in the text of the failure."""
    from tb.sim import CocotbTestFailure

    if call.excinfo is not None and isinstance(call.excinfo.value, CocotbTestFailure):
        from tb.failure_kit import add_kits

        add_kits(call.excinfo.value)
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the failure kits again at the end, where they are seen."""
    texts = [report.longreprtext for report in terminalreporter.stats.get("failed", [])]
    kits = [kit for text in texts for kit in re.findall(r"^E +failure kit: (.*)$", text, re.MULTILINE)]
    if kits:
        terminalreporter.section("failure kits (docs/debugging.md)")
        for kit in kits:
            terminalreporter.line(kit)
