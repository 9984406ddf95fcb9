"""Comments and docstrings name who acts: a contractor, a client, a process."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartscheduler import BASE_DIR

# A new package is found by itself.
PLACES = [
    "assignments",
    "benchmarks",
    "contractors",
    "jobs",
    "recommendations",
    "smartscheduler",
    "tests",
    ".ci",
    ".github",
]

VAGUE = re.compile(r"\b(?:whoever|nobody|somebody|everybody|anybody)\b", re.IGNORECASE)
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def files() -> list[Path]:
    return [path for place in PLACES for path in (BASE_DIR / place).rglob("*.py") if "node_modules" not in path.parts]


def prose(source: str) -> Iterator[tuple[int, str]]:
    """Each comment and each line of a docstring, with its line number."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines = source.splitlines()[docstring.lineno - 1 : docstring.end_lineno]
            yield from enumerate(lines, start=docstring.lineno)


def vague(source: str) -> list[str]:
    return [f"line {number}: {line.strip()}" for number, line in sorted(prose(source)) if VAGUE.search(line)]


def test_prose_names_who_acts() -> None:
    found = {str(path.relative_to(BASE_DIR)): vague(path.read_text()) for path in files()}
    assert {path: lines for path, lines in found.items() if lines} == {}
    assert len(found) > 500


@pytest.mark.parametrize(
    "source",
    [
        "x = 1  # nobody reads it",
        "# Whoever is asked\nx = 1",
        '"""A module\nfor everybody."""',
        'def f():\n    """Tell somebody."""',
        'class C:\n    """Not for anybody."""',
    ],
)
def test_vague_words_are_found(source: str) -> None:
    assert vague(source)


@pytest.mark.parametrize("source", ["x = 'nobody'", "nobody = 1", "# The name is `nobodys`"])
def test_code_and_other_words_are_left_alone(source: str) -> None:
    assert vague(source) == []
