"""No session state in PostgreSQL outside the relay, because a pooler would share it between clients.

Every text of the product's modules is looked at, so that a new statement cannot escape.
"""

import ast
import re
from pathlib import Path

import pytest

from smartscheduler import BASE_DIR

PACKAGES = ("assignments", "contractors", "customers", "jobs", "recommendations", "smartscheduler")
# The relay has a connection of its own, past any pooler (docs/operations.md).
RELAY = {"smartscheduler/events/relay.py", "smartscheduler/events/sequencer.py"}
SESSION_STATE = {
    "advisory lock": r"pg_(try_)?advisory_(lock|unlock)",
    "setting": r"(\A|;)\s*(SET(?!\s+(LOCAL|CONSTRAINTS|TRANSACTION)\b)|RESET)\s+(SESSION\s+)?[a-z_.]+\s*(=|TO\b|$)",
    "setting by function": r"set_config\([^()]*(\([^()]*\)[^()]*)*,\s*false\s*\)",
    "LISTEN": r"^\s*(UN)?LISTEN\b",
    "temporary table": r"\bCREATE\s+(GLOBAL\s+|LOCAL\s+)?TEMP(ORARY)?\b",
    "prepared statement": r"^\s*(PREPARE|DEALLOCATE|DISCARD)\b",
    "cursor that outlives its transaction": r"\bWITH\s+HOLD\b",
}


def texts(path: Path) -> list[str]:
    """Every string of a module; what an f-string fills in is a question mark."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in node.values}
    formatted = ["".join(str(getattr(part, "value", "?")) for part in node.values) for node in joined]
    whole = (node for node in nodes if isinstance(node, ast.Constant) and id(node) not in parts)
    return formatted + [node.value for node in whole if isinstance(node.value, str)]


def docstrings(path: Path) -> set[str]:
    nodes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    tree = ast.walk(ast.parse(path.read_text()))
    texts_of_nodes = (ast.get_docstring(node, clean=False) for node in tree if isinstance(node, nodes))
    return {docstring for docstring in texts_of_nodes if docstring is not None}


def session_state(text: str) -> list[str]:
    flags = re.IGNORECASE | re.MULTILINE
    upper = re.MULTILINE  # words of prose that happen to be keywords are in small letters
    return [
        name
        for name, pattern in SESSION_STATE.items()
        if re.search(pattern, text, flags if "pg_" in pattern or "set_config" in pattern else upper)
    ]


def modules() -> list[str]:
    paths = (path for package in PACKAGES for path in (BASE_DIR / package).rglob("*.py"))
    return sorted(str(path.relative_to(BASE_DIR)) for path in paths if "migrations" not in path.parts)


def test_no_module_leaves_anything_in_a_session() -> None:
    left = [
        (module, what, text)
        for module in modules()
        if module not in RELAY
        for text in set(texts(BASE_DIR / module)) - docstrings(BASE_DIR / module)
        for what in session_state(text)
    ]
    assert left == []
    assert len(modules()) > 400


def test_the_relay_is_seen_to_have_some() -> None:
    kinds = {what for module in RELAY for text in texts(BASE_DIR / module) for what in session_state(text)}
    assert {"advisory lock", "setting", "setting by function", "LISTEN"} <= kinds


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("SELECT pg_try_advisory_lock(%s)", ["advisory lock"]),
        ("SELECT pg_advisory_xact_lock(%s)", []),
        ("SET lock_timeout = '1s'", ["setting"]),
        ("SET LOCAL lock_timeout = '1s'", []),
        ("RESET lock_timeout", ["setting"]),
        ("SELECT set_config('lock_timeout', %s, true)", []),
        ("SELECT set_config('application_name', %s, false)", ["setting by function"]),
        ("CREATE TEMP TABLE t (x int)", ["temporary table"]),
        ("UPDATE t\nSET x = 1", []),
    ],
)
def test_the_patterns_tell_one_from_the_other(text: str, what: list[str]) -> None:
    assert session_state(text) == what
