"""Everything of the product that reads input, found by walking its modules: a new reader cannot escape."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import assignments
import contractors
import jobs
import recommendations
import smartscheduler

PACKAGES = (smartscheduler, contractors, jobs, assignments, recommendations)
# Importing these starts or configures what a test process must not have; they read no input of their own.
NOT_IMPORTED = {"smartscheduler.asgi", "smartscheduler.settings", "smartscheduler.sentry"}


@cache
def modules() -> tuple[ModuleType, ...]:
    """All modules of the product but its migrations."""
    found = list(PACKAGES)
    for package in PACKAGES:
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name not in NOT_IMPORTED and ".migrations" not in info.name:
                found.append(importlib.import_module(info.name))
    return tuple(found)


def is_ours(kind: type) -> bool:
    return kind.__module__.split(".")[0] in {package.__name__ for package in PACKAGES}


def subclasses(kind: type) -> Iterator[type]:
    """The product's subclasses of `kind`, at any depth."""
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


def patterns() -> dict[str, "re.Pattern[str]"]:
    """Every compiled pattern of the product by where it is: those that modules, classes and containers hold ..."""
    found: dict[str, Any] = {}
    for module in modules():
        _reach(module.__name__, vars(module), found, set(), module.__name__)
    return found


def _reach(path: str, value: Any, found: dict[str, Any], seen: set[int], module: str) -> None:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            found.setdefault(path, value)
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        items: Any = ((str(name), item) for name, item in list(value.items()) if not str(name).startswith("__"))
    elif isinstance(value, (list, tuple, set, frozenset)):
        items = ((str(number), item) for number, item in enumerate(value))
    elif isinstance(value, type) and value.__module__ == module:
        items = ((name, item) for name, item in list(vars(value).items()) if not name.startswith("__"))
    elif hasattr(value, "regex") and hasattr(value, "inverse_match"):  # a RegexValidator
        items = (("regex", value.regex),)
    else:
        return
    for name, item in items:
        if isinstance(item, (re.Pattern, dict, list, tuple, set, frozenset, type)) or hasattr(item, "inverse_match"):
            _reach(f"{path}.{name}", item, found, seen, module)
