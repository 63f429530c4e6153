# SPDX-License-Identifier: Apache-2.0
"""Tests of the models, of every module and of the engine."""
