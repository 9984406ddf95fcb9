"""Detection of test code that depends on the clock or on the speed of the machine."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from smartscheduler import BASE_DIR

TESTS = BASE_DIR / "tests"
# What these measure is how soon something happens, in processes that nothing else disturbs.
TIMED = {"faults", "e2e", "upgrade", "image"}
FILES = [path for path in sorted(TESTS.rglob("*.py")) if path.relative_to(TESTS).parts[0] not in TIMED]
WAITS = {"wait", "join", "result", "communicate", "wait_until", "timeout"}
LEAST_SECONDS = 30
# A shorter wait is meant to run out: one look in a loop, or a server that answers late.
MOST_OF_ONE_LOOK = 1
# A pause that something outlasts (a timeout of the product), and the loops of the helpers that wait for conditions.
PAUSES = {
    "ops/test_backups.py": 1,
    "events/processes.py": 1,
    "events/test_resume.py": 1,
    "events/test_stream.py": 3,
    "products.py": 1,
    "core/http/test_protocols.py": 1,
}


@cache
def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Each call with the last part of the name that is called."""
    all_calls = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    all_calls.append((name, node))
    return all_calls


def seconds_of(name: str, call: ast.Call) -> float | None:
    """The limit of a wait, when it stands there as a number."""
    position = 1 if name == "wait_until" else 0
    arguments = [each.value for each in call.keywords if each.arg in {"timeout", "seconds"}] + call.args[position:][:1]
    limits = [
        each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, int | float)
    ]
    return float(limits[0]) if limits else None


def short_limits(tree: ast.AST) -> Iterator[str]:
    for name, call in calls(tree):
        limit = seconds_of(name, call) if name in WAITS else None
        if limit is not None and MOST_OF_ONE_LOOK < limit < LEAST_SECONDS:
            yield f"line {call.lineno}: {name} for {limit:g} seconds"


def speed_checks(tree: ast.AST) -> Iterator[str]:
    """Comparisons such as `time.monotonic() - began < 2`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(name in {"monotonic", "perf_counter"} for name, _ in calls(node)):
            for operator, bound in zip(node.ops, node.comparators, strict=True):
                if not (isinstance(operator, ast.Lt | ast.LtE) and isinstance(bound, ast.Constant)):
                    continue
                if isinstance(bound.value, int | float) and bound.value < LEAST_SECONDS:
                    yield f"line {node.lineno}: something must take less than {bound.value} seconds"


def unseeded(tree: ast.AST) -> Iterator[str]:
    for name, call in calls(tree):
        if name == "Random" and not call.args:
            yield f"line {call.lineno}: random numbers without a seed; use the fixture `dice`"


def at_import(tree: ast.AST) -> Iterator[str]:
    """What is counted from the present moment when the module is read, and may be used on the day after."""
    waiting = [*ast.iter_child_nodes(tree)]
    while waiting:
        match waiting.pop():
            case ast.FunctionDef() | ast.AsyncFunctionDef() as function:
                waiting += [*function.decorator_list, *function.args.defaults]
            case ast.Lambda():
                """It is called later."""
            case ast.Call(func=ast.Attribute(attr="at" | "now" | "today") | ast.Name(id="at" | "now")) as call:
                yield f"line {call.lineno}: {ast.unparse(call)} at import; use a function"
            case node:
                waiting += ast.iter_child_nodes(node)


def shared_settings(tree: ast.AST) -> Iterator[str]:
    """Changes of the one Valkey that the other processes of the run use at the same moment."""
    for name, call in calls(tree):
        if name == "config_set" and not ast.unparse(call.func).startswith("own_valkey."):
            yield f"line {call.lineno}: the configuration of the shared Valkey; use the fixture `own_valkey`"


def sessions_read_once(tree: ast.AST) -> Iterator[str]:
    """PostgreSQL reads its sessions once a transaction: a wait for one that begins later would never end."""
    queries = [
        (call.lineno, argument.value)
        for name, call in calls(tree)
        if name == "execute"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    if not any("pg_stat_clear_snapshot()" in query for _, query in queries):
        for line, query in queries:
            if "FROM pg_stat_activity" in query:
                yield f"line {line}: pg_stat_activity without pg_stat_clear_snapshot()"


def pauses(tree: ast.AST) -> int:
    """Sleeps of any length but nothing, which only gives way."""
    lengths = [call.args[0] for name, call in calls(tree) if name == "sleep" and call.args]
    return sum(1 for length in lengths if not (isinstance(length, ast.Constant) and length.value == 0))


def habits(tree: ast.AST) -> Iterator[str]:
    for seen in (short_limits, speed_checks, unseeded, at_import, shared_settings, sessions_read_once):
        yield from seen(tree)


def test_no_test_depends_on_the_hour_the_speed_or_unknown_chance() -> None:
    trees = {str(path.relative_to(TESTS)): ast.parse(path.read_text()) for path in FILES}
    assert [(name, habit) for name, tree in trees.items() for habit in habits(tree)] == []
    assert [name for name, tree in trees.items() if pauses(tree) > PAUSES.get(name, 0)] == []
    assert len(trees) > 200


@pytest.mark.parametrize(
    "line",
    [
        "event.wait(5)",
        "process.communicate(timeout=20)",
        "wait_until(holds, 10)",
        "assert time.monotonic() - began < 2",
        "assert 1 <= time.monotonic() - began < 5",
        "dice = random.Random()",
        "time.sleep(0.5)",
        "TOMORROW = at(0, days=1).date()",
        "@pytest.mark.parametrize('start', [at(9), at(10)])\ndef test(start): ...",
        "class TestX:\n    now = timezone.now()",
        "valkey().config_set('maxmemory', '1')",
        "cursor.execute('SELECT 1 FROM pg_stat_activity')",
    ],
)
def test_each_habit_is_seen(line: str) -> None:
    tree = ast.parse(line)
    assert list(habits(tree)) or pauses(tree)


@pytest.mark.parametrize(
    "line",
    [
        "event.wait(60)",
        "event.wait(0.05)",
        "wait_until(holds)",
        "random.Random(7)",
        "await asyncio.sleep(0)",
        "', '.join(x)",
        "later = lambda: at(9)",
        "own_valkey.config_set('maxmemory', '1')",
    ],
)
def test_what_is_fine_is_not_refused(line: str) -> None:
    tree = ast.parse(line)
    assert list(habits(tree)) == []
    assert pauses(tree) == 0
