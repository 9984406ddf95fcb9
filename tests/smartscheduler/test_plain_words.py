"""Comments and docstrings name who acts: a contractor, a client, a process. Variables name the thing they hold."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartscheduler import BASE_DIR

# All packages at the top level, and the tools.
PLACES = [*sorted(path.parent.name for path in BASE_DIR.glob("*/__init__.py")), ".ci", ".github"]

VAGUE = re.compile(r"\b(?:whoever|nobody|somebody|everybody|anybody)\b", re.IGNORECASE)
# Names that say nothing about the value.
EMPTY_NAMES = frozenset({"one", "found", "wanted", "given", "said", "told"})
LOOP = re.compile(r"{%-? for ([\w, ]+) in ")
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
    if not VAGUE.search(source):  # saves reading most files token by token
        return []
    return [f"line {number}: {line.strip()}" for number, line in sorted(prose(source)) if VAGUE.search(line)]


def test_prose_names_who_acts() -> None:
    lines_of = {str(path.relative_to(BASE_DIR)): vague(path.read_text()) for path in files()}
    assert {path: lines for path, lines in lines_of.items() if lines} == {}
    assert len(lines_of) > 500


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


def bound_names(source: str) -> Iterator[tuple[int, str]]:
    """Each name that the code defines, with its line number: variables, arguments, attributes, functions, aliases."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield node.lineno, name
            case ast.MatchMapping(rest=str(name)):
                yield node.lineno, name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((node.lineno, alias.asname) for alias in aliases if alias.asname)


def empty_names(source: str) -> list[str]:
    if EMPTY_NAMES.isdisjoint(re.findall(r"\w+", source)):
        return []
    return [f"line {number}: {name}" for number, name in sorted(bound_names(source)) if name in EMPTY_NAMES]


def test_names_say_what_the_value_is() -> None:
    code = {str(path.relative_to(BASE_DIR)): empty_names(path.read_text()) for path in files()}
    assert {path: names for path, names in code.items() if names} == {}


def test_loops_of_templates_name_their_items() -> None:
    templates = list((BASE_DIR / "templates").rglob("*.html"))
    loops = {str(path.relative_to(BASE_DIR)): LOOP.findall(path.read_text()) for path in templates}
    assert {path: names for path, names in loops.items() if not EMPTY_NAMES.isdisjoint(names)} == {}
    assert sum(map(len, loops.values())) > 50


@pytest.mark.parametrize(
    "source",
    [
        "one = 1",
        "for one in x: pass",
        "[one for one in x]",
        "lambda one: 1",
        "(found := 1)",
        "def f(*, wanted): pass",
        "def given(): pass",
        "self.told = 1",
        "class C:\n    said: str",
        "with x as said: pass",
        "from x import y as given",
        "match x:\n    case [one, *found]: pass",
    ],
)
def test_empty_names_are_found(source: str) -> None:
    assert empty_names(source)


@pytest.mark.parametrize(
    "source", ["f(found=1)", "x = {'found': one}", "x.wanted", "from hypothesis import given", "someone = 1"]
)
def test_uses_and_longer_names_are_left_alone(source: str) -> None:
    assert empty_names(source) == []
