# SPDX-License-Identifier: Apache-2.0
"""Unit tests, one folder for each module."""
