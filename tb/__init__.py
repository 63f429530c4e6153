# SPDX-License-Identifier: Apache-2.0
"""Testbench: transport, miniport, transactors, scoreboard and the runner of the simulators."""
