# SPDX-License-Identifier: Apache-2.0
"""Tables in Markdown, and the parts of documents that are made from something else."""

from __future__ import annotations

import re
from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """``rows``, the head first, as a table; the columns ``numbers`` are aligned to the right."""
    rule = ["---:" if column in numbers else "---" for column in range(len(rows[0]))]
    lines = [[cell.replace("|", "\\|") for cell in row] for row in (rows[0], rule, *rows[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def replace_part(text: str, name: str, maker: str, part: str) -> str:
    """``text`` with ``part`` between ``<!-- name: made by maker -->`` and ``<!-- end -->``; ValueError without them."""
    pattern = re.compile(rf"(<!-- {re.escape(name)}: made by {re.escape(maker)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"the part {name!r}, made by {maker}, must be there once")
    return pattern.sub(lambda match: f"{match[1]}{part}\n{match[2]}", text)
