# SPDX-License-Identifier: Apache-2.0
"""Where the result of a run lies whose job, files and tools are the same: a folder named by their hash.

A run writes its result there last, under a name of its own that is then changed (``store``): a result that is there is
whole. Used by scripts.synth_check and scripts.formal.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

RESULT = "result.json"


def place(
    folder: Path, name: str, job: Mapping[str, Any], files: Iterable[bytes | Path], packages: Iterable[str]
) -> Path:
    """The folder below ``folder`` for ``job``, the contents of ``files`` and the versions of ``packages``."""
    versions = [importlib.metadata.version(package) for package in packages]
    digest = hashlib.sha256(json.dumps([job, *versions]).encode())
    for file in files:
        digest.update(hashlib.sha256(file if isinstance(file, bytes) else file.read_bytes()).digest())
    return folder / f"{name}-{digest.hexdigest()[:12]}"


def store(result: Mapping[str, Any], file: Path) -> None:
    """Write ``result`` to ``file`` so that it is there whole or not at all."""
    part = file.with_suffix(".part")
    part.write_text(json.dumps(result, indent=1), encoding="utf-8")
    part.replace(file)
