# SPDX-License-Identifier: Apache-2.0
"""Every small fault that can be put into a Verilog file: one changed piece of text each, found in slang's syntax tree.

Left alone are widths, parameters (but not named constants), conditions of generate blocks, headers of loops, event
controls, initial blocks and what a macro expands to: a fault there makes another design, or one that does not simulate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyslang.syntax import DeclaratorSyntax, SyntaxKind, SyntaxNode, SyntaxTree

_OPERATORS = {
    SyntaxKind.EqualityExpression: ("!=",),
    SyntaxKind.InequalityExpression: ("==",),
    SyntaxKind.LessThanExpression: ("<=", ">="),
    SyntaxKind.LessThanEqualExpression: ("<", ">"),
    SyntaxKind.GreaterThanExpression: (">=", "<="),
    SyntaxKind.GreaterThanEqualExpression: (">", "<"),
    SyntaxKind.LogicalAndExpression: ("||",),
    SyntaxKind.LogicalOrExpression: ("&&",),
    SyntaxKind.BinaryAndExpression: ("|",),
    SyntaxKind.BinaryOrExpression: ("&",),
    SyntaxKind.BinaryXorExpression: ("|",),
    SyntaxKind.AddExpression: ("-",),
    SyntaxKind.SubtractExpression: ("+",),
    SyntaxKind.LogicalShiftLeftExpression: (">>",),
    SyntaxKind.LogicalShiftRightExpression: ("<<",),
}
_INVERSIONS = (SyntaxKind.UnaryLogicalNotExpression, SyntaxKind.UnaryBitwiseNotExpression)
_ASSIGNMENTS = (SyntaxKind.AssignmentExpression, SyntaxKind.NonblockingAssignmentExpression)
_LEFT_ALONE = (
    SyntaxKind.VariableDimension,
    SyntaxKind.ParameterPortList,
    SyntaxKind.ParameterValueAssignment,
    SyntaxKind.EventControlWithExpression,
    SyntaxKind.InitialBlock,
)
_VECTOR = re.compile(r"(\d+)'([bdh])([0-9a-fA-F_]+)")
_DIGITS = {"b": 2, "d": 10, "h": 16}


@dataclass(frozen=True)
class Mutant:
    """``before`` at octets ``start`` to ``end`` of the file becomes ``after``."""

    file: Path
    line: int
    kind: str
    start: int
    end: int
    before: str
    after: str
    source: str
    """the line of the file, without spaces at its ends"""

    @property
    def module(self) -> str:
        return self.file.stem

    def apply(self, text: str) -> str:
        """The file's text with the fault in it."""
        return text[: self.start] + self.after + text[self.end :]


def mutants_of(file: Path) -> list[Mutant]:
    """All mutants of a Verilog file of ASCII characters, in the order of its text. ValueError if it has an error."""
    text = file.read_bytes().decode("ascii")
    # from a text: files are kept by their names, as they were first read
    tree = SyntaxTree.fromText(text, name=file.name)
    errors = [diagnostic for diagnostic in tree.diagnostics if diagnostic.isError()]
    if errors:
        raise ValueError(f"{file}: {len(errors)} syntax errors")
    lines = text.split("\n")
    found = []
    for kind, start, end, after in _walk(tree.root, text, False):
        before = text[start:end]
        if after != before:
            line = text.count("\n", 0, start)
            found.append(Mutant(file, line + 1, kind, start, end, before, after, lines[line].strip()))
    return sorted(set(found), key=lambda mutant: (mutant.start, mutant.end, mutant.after))


_Change = tuple[str, int, int, str]
"""Kind, first octet, octet behind the last, the text in its place."""


def _children(node: SyntaxNode) -> Iterator[SyntaxNode]:
    for child in node:
        if isinstance(child, SyntaxNode):
            yield child


def _span(node: SyntaxNode, text: str) -> tuple[int, int] | None:
    """Where a node stands in the file; None for what comes of a macro."""
    where = node.sourceRange
    start, end = where.start.offset, where.end.offset
    return (start, end) if start < end and str(node).rstrip().endswith(text[start:end]) else None


def _walk(node: Any, text: str, in_reset: bool) -> Iterator[_Change]:
    kind = node.kind
    if kind in _LEFT_ALONE:
        return
    if kind == SyntaxKind.ParameterDeclaration:
        # a named constant: its value, if it is a sized number
        for declarator in node.declarators:
            value = declarator.initializer.expr if isinstance(declarator, DeclaratorSyntax) else None
            if value is not None and value.kind == SyntaxKind.IntegerVectorExpression:
                yield from _constant(value, text)
        return
    skip: list[SyntaxNode] = []
    if kind == SyntaxKind.MultipleConcatenationExpression:
        skip = [node.expression]
    elif kind == SyntaxKind.IfGenerate:
        skip = [node.condition]
    elif kind == SyntaxKind.LoopGenerate:
        skip = [node.initialExpr, node.stopExpr, node.iterationExpr]
    elif kind == SyntaxKind.ForLoopStatement:
        skip = [child for child in _children(node) if child != node.statement]
    yield from _changes(node, text, in_reset)
    if kind == SyntaxKind.SimpleRangeSelect:
        return
    reset_branch = None
    if kind == SyntaxKind.ConditionalStatement and re.search(r"\brst\b", str(node.predicate)):
        reset_branch = node.statement
    for child in _children(node):
        if any(child is other or child.sourceRange == other.sourceRange for other in skip):
            continue
        inside = in_reset or (reset_branch is not None and child.sourceRange == reset_branch.sourceRange)
        yield from _walk(child, text, inside)


def _changes(node: Any, text: str, in_reset: bool) -> Iterator[_Change]:
    """The faults of this node itself, not of those below it."""
    kind, span = node.kind, _span(node, text)
    if span is None:
        return
    start, end = span
    if kind in _OPERATORS:
        left, right = _span(node.left, text), _span(node.right, text)
        if left and right:
            for operator in _OPERATORS[kind]:
                yield "operator", start, end, f"(({text[slice(*left)]}) {operator} ({text[slice(*right)]}))"
    elif kind in _INVERSIONS:
        operand = _span(node.operand, text)
        if operand:
            yield "inversion", start, end, f"({text[slice(*operand)]})"
    elif kind == SyntaxKind.ConditionalPredicate:
        condition = text[start:end]
        for after in (f"!({condition})", "1'b0", "1'b1"):
            yield "condition", start, end, after
    elif kind == SyntaxKind.ExpressionStatement and node.expr.kind in _ASSIGNMENTS:
        yield "reset" if in_reset else "assignment", start, end, "begin end"
    elif kind == SyntaxKind.IntegerVectorExpression:
        yield from _constant(node, text)
    elif kind == SyntaxKind.BitSelect:
        index = text[start:end]
        yield "index", start, end, str(int(index) + 1) if index.isdecimal() else f"({index}) + 1"
        if index.isdecimal() and int(index):
            yield "index", start, end, str(int(index) - 1)
    elif kind == SyntaxKind.SimpleRangeSelect:
        bounds = re.fullmatch(r"(\d+)\s*:\s*(\d+)", text[start:end])
        if bounds:
            high, low = int(bounds[1]), int(bounds[2])
            yield "index", start, end, f"{high + 1}:{low + 1}"
            if low:
                yield "index", start, end, f"{high - 1}:{low - 1}"


def _constant(node: SyntaxNode, text: str) -> Iterator[_Change]:
    """A sized number one up and one down, within its width."""
    span = _span(node, text)
    literal = _VECTOR.fullmatch(text[slice(*span)]) if span else None
    if span is None or literal is None:
        return
    width, base = int(literal[1]), literal[2]
    value = int(literal[3].replace("_", ""), _DIGITS[base])
    for other in {(value + 1) % (1 << width), (value - 1) % (1 << width)} - {value}:
        yield "constant", *span, f"{width}'{base}{format(other, {'b': 'b', 'd': 'd', 'h': 'x'}[base])}"
