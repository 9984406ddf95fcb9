"""Collects all readers of input from the modules of the product."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.validators import RegexValidator

import assignments
import contractors
import jobs
import recommendations
import smartscheduler

PACKAGES = (smartscheduler, contractors, jobs, assignments, recommendations)
# Importing these starts or configures what a test process must not have; they read no input of their own.
NOT_IMPORTED = {"smartscheduler.asgi", "smartscheduler.settings", "smartscheduler.core.observability.sentry"}


@cache
def modules() -> tuple[ModuleType, ...]:
    """All modules of the product but its migrations."""
    found = list(PACKAGES)
    for package in PACKAGES:
        names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
        wanted = [name for name in names if name not in NOT_IMPORTED and ".migrations" not in name]
        found += [importlib.import_module(name) for name in wanted]
    return tuple(found)


def is_ours(kind: type) -> bool:
    return kind.__module__.split(".")[0] in {package.__name__ for package in PACKAGES}


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    """The product's subclasses of `kind`, at any depth."""
    one: type[Any]
    for one in kind.__subclasses__():
        if is_ours(one):
            yield one
        yield from subclasses(one)


@cache
def sources() -> dict[Path, ast.Module]:
    """Every file of the product but its migrations, parsed."""
    files = (file for package in PACKAGES for file in Path(package.__path__[0]).rglob("*.py"))
    return {file: ast.parse(file.read_text()) for file in sorted(files) if "migrations" not in file.parts}


def calls(names: set[str]) -> Iterator[tuple[Path, ast.Call, str]]:
    """The calls of `names`, given as `forms.CharField`, with the file that each stands in."""
    for file, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in names:
                yield file, node, name


@cache
def patterns() -> dict[str, "re.Pattern[str]"]:
    """Every pattern of the product by where it is: those that modules, classes, containers and calls of `re` hold."""
    found: dict[str, Any] = {}
    for module in modules():
        _reach(module.__name__, vars(module), found, set(), module.__name__)
    for file, call, name in calls({f"re.{function}" for function in SEARCHING | WHOLE}):
        if call.args and isinstance(call.args[0], ast.Constant):
            found[f"{file.stem}:{call.lineno} {name}"] = re.compile(call.args[0].value)
    return found


SEARCHING = {"search", "sub", "subn", "split", "findall", "finditer"}
WHOLE = {"match", "fullmatch"}


@cache
def uses() -> dict[str, set[str]]:
    """With which functions the product uses a pattern, by the pattern's last name."""
    found: dict[str, set[str]] = {}
    for tree in sources().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in SEARCHING | WHOLE:
                found.setdefault(ast.unparse(node.value).split(".")[-1], set()).add(node.attr)
    return found


def searches(name: str) -> bool:
    """Whether a pattern may be looked for anywhere in a text; those in containers may."""
    if " re." in name:
        return name.rsplit(".", 1)[1] in SEARCHING
    return not uses().get(name.rsplit(".", 1)[1], {"search"}) <= WHOLE


def made_of_variables() -> list[str]:
    """Where a pattern is made that no walk can find: inside a function, or of no fixed text."""
    found = []
    for file, tree in sources().items():
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).startswith("re."):
                continue
            function = ast.unparse(node.func)[3:]
            fixed = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if (function == "compile" and id(node) in inside) or (function in SEARCHING | WHOLE and not fixed):
                found.append(f"{file.stem}.{ast.unparse(node)}")
    return found


def readers() -> dict[str, Any]:
    """Every function and class method of the product that takes one text: parsers, cleaners, validators."""
    found: dict[str, Any] = {}
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                for method in (
                    name for name, one in vars(value).items() if isinstance(one, (classmethod, staticmethod))
                ):
                    _add_reader(f"{module.__name__}.{name}.{method}", getattr(value, method), found)
            elif getattr(value, "__module__", "") == module.__name__:
                _add_reader(f"{module.__name__}.{name}", value, found)
    return {name: one for name, one in found.items() if not OF_OPERATORS & set(name.split("."))}


# Input of operators, not of clients.
OF_OPERATORS = {"management", "care", "embedded", "demo", "supervisor", "processes"}


def _add_reader(name: str, value: Any, found: dict[str, Any]) -> None:
    if not inspect.isfunction(inspect.unwrap(value)) and not inspect.ismethod(value):
        return
    needed = [
        one
        for one in inspect.signature(value).parameters.values()
        if one.default is one.empty and one.kind in {one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD}
    ]
    if len(needed) == 1 and needed[0].annotation in {str, "str", str | None}:
        found[name] = value


def _reach(path: str, value: Any, found: dict[str, Any], seen: set[int], module: str) -> None:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            found.setdefault(path, value)
    elif id(value) not in seen:
        seen.add(id(value))
        for name, item in _inside(value, module):
            _reach(f"{path}.{name}", item, found, seen, module)


def _inside(value: Any, module: str) -> Iterator[tuple[str, Any]]:
    """What may hold patterns: containers, classes of the module, and validators."""
    if isinstance(value, type) and value.__module__ == module:
        value = dict(vars(value))
    if isinstance(value, dict):
        yield from ((str(name), item) for name, item in list(value.items()) if not str(name).startswith("__"))
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from ((str(number), item) for number, item in enumerate(value))
    elif isinstance(value, RegexValidator):
        yield "regex", value.regex
