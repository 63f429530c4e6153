# SPDX-License-Identifier: Apache-2.0
"""SMT-LIB on standard input and output for yosys-smtbmc, by the library of bitwuzla (its wheel has no program).

Assertion levels and queries go through the interface of the solver, because its parser forgets the levels between two
texts; everything else is parsed command by command.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, TextIO

import bitwuzla


def expressions(stream: TextIO) -> Iterator[str]:
    """The complete expressions of ``stream`` one after the other, as soon as each is there."""
    text: list[str] = []
    depth = 0
    inside = ""  # of a quoted symbol or a string: its delimiter
    # not "for line in stream", which reads ahead
    while line := stream.readline():
        for character in line:
            if inside:
                inside = "" if character == inside else inside
            elif character == ";":
                break
            elif character in '|"':
                inside = character
            elif character == "(":
                depth += 1
            elif character == ")":
                depth -= 1
            if depth or text or not character.isspace():
                text.append(character)
            if text and depth == 0 and not inside and character == ")":
                yield "".join(text)
                text = []


def terms(text: str) -> Iterator[str]:
    """The terms of a list, one after the other: of ``(a (b c) |d e|)`` these are ``a``, ``(b c)``, ``|d e|``."""
    depth, start, quoted = 0, -1, False
    body = text.strip()[1:-1]
    for position, character in enumerate(body + " "):
        if character == "|":
            quoted = not quoted
        if quoted or not character.isspace() or depth:
            start = position if start < 0 else start
        elif start >= 0:
            yield body[start:position]
            start = -1
        if not quoted:
            depth += (character == "(") - (character == ")")


class Solver:
    """One session."""

    def __init__(self) -> None:
        options = bitwuzla.Options()
        options.set(bitwuzla.Option.PRODUCE_MODELS, True)
        self.parser = bitwuzla.Parser(bitwuzla.TermManager(), options)

    def answer(self, command: str) -> str:
        """Do ``command``; what it prints, or an empty string."""
        name, _, rest = command[1:-1].strip().partition(" ")
        if name in ("push", "pop"):
            getattr(self.parser.bitwuzla(), name)(int(rest or "1"))
        elif name == "check-sat":
            result: Any = self.parser.bitwuzla().check_sat()
            return {bitwuzla.Result.SAT: "sat", bitwuzla.Result.UNSAT: "unsat"}.get(result, "unknown")
        elif name == "get-value":
            solver = self.parser.bitwuzla()
            return "(" + " ".join(f"({t} {solver.get_value(self.parser.parse_term(t))})" for t in terms(rest)) + ")"
        elif name != "set-info":
            self.parser.parse(command, False, False)
        return ""


def main() -> int:
    """Serve until ``(exit)`` or the end of the input."""
    solver = Solver()
    for command in expressions(sys.stdin):
        if command == "(exit)":
            break
        try:
            answer = solver.answer(command)
        except bitwuzla.BitwuzlaException as error:
            answer = '(error "{}")'.format(str(error).replace('"', "'"))
        if answer:
            print(answer, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
