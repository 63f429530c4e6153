# SPDX-License-Identifier: Apache-2.0
"""Command lines that answer a mistake with one line."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn


class OneLineParser(argparse.ArgumentParser):
    """One line on stderr, exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Without the usage that argparse prints."""
        print(f"error: {message}", file=sys.stderr)
        raise SystemExit(2)
