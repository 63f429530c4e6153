# SPDX-License-Identifier: Apache-2.0
"""Unit tests: one folder for each module, named after it."""

import cocotb


def is_netlist() -> bool:
    """Is the module a netlist of gates (tests/synthesis/gate_level.py)? It has no registers by their names."""
    return "netlist" in cocotb.plusargs
