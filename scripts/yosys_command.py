# SPDX-License-Identifier: Apache-2.0
"""The part of the command ``yosys`` that Edalize calls, on pyosys: ``yosys -l LOG -p 'tcl FILE'``.

pyosys is built without Tcl. The scripts of Edalize are commands of Yosys, one a line, with ``proc``, ``set``,
``source``, words in braces and ``$name``; that much is understood here. ``foreach`` is only as long as its list is
empty (it is for macros, which the engine has none of). The messages of Yosys go to LOG; at an error it ends the process
with exit code 1.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from pathlib import Path

from pyosys import libyosys


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command; those in braces with their braces, and with the lines in them."""
    words: list[str] = []
    position = 0
    for token in re.finditer(r"[^\S\n]*(\n|[^\s{][^\s]*|\{)", text):
        if token.start() < position:
            continue
        position = token.end()
        if token[1] == "\n":
            if words:
                yield words
            words = []
            continue
        word = token[1]
        while word.startswith("{") and word.count("{") > word.count("}"):
            closing = text.index("}", position) + 1
            word += text[position:closing]
            position = closing
        words.append(word)
    if words:
        yield words


class Script:
    """Runs scripts on one design."""

    def __init__(self) -> None:
        self.design = libyosys.Design()
        self.procedures: dict[str, tuple[list[str], str]] = {}
        self.variables: dict[str, str] = {}

    def run(self, text: str) -> None:
        """Run commands; files are relative to the working directory."""
        for words in commands(text):
            name, *rest = [self._value(word) for word in words]
            if name == "proc":
                self.procedures[rest[0]] = (rest[1].split(), rest[2])
            elif name == "set":
                self.variables[rest[0]] = rest[1]
            elif name == "source":
                self.run(Path(rest[0]).read_text(encoding="utf-8"))
            elif name in self.procedures:
                arguments, body = self.procedures[name]
                self.variables.update(zip(arguments, rest, strict=True))
                self.run(body)
            elif name == "foreach" and not rest[1]:
                pass
            elif name != "yosys":  # "yosys -import" is of Tcl
                libyosys.run_pass(" ".join([name, *rest]), self.design)

    def _value(self, word: str) -> str:
        if word.startswith("{"):
            return word[1:-1]
        return re.sub(r"\$\{?(\w+)\}?", lambda match: self.variables[match[1]], word)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="yosys")
    parser.add_argument("-l", dest="log", type=Path, required=True)
    parser.add_argument("-p", dest="command", required=True)
    options = parser.parse_args()
    name, _, file = options.command.partition(" ")
    if name != "tcl":
        parser.error(f"-p {options.command}: only 'tcl FILE' is known")
    with options.log.open("w", encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)
    Script().run(Path(file).read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
