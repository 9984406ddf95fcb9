"""Collects all readers of input from the modules of the product."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from django.core.validators import RegexValidator

import assignments
import contractors
import customers
import jobs
import recommendations
import smartscheduler

PACKAGES = (smartscheduler, contractors, customers, jobs, assignments, recommendations)
# Importing these starts or configures what a test process must not have; they read no input of their own.
NOT_IMPORTED = {"smartscheduler.asgi", "smartscheduler.settings", "smartscheduler.core.observability.sentry"}


@cache
def modules() -> tuple[ModuleType, ...]:
    """All modules of the product but its migrations."""
    packages = list(PACKAGES)
    for package in PACKAGES:
        names = [info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
        importable = [name for name in names if name not in NOT_IMPORTED and ".migrations" not in name]
        packages += [importlib.import_module(name) for name in importable]
    return tuple(packages)


def is_ours(kind: type) -> bool:
    return kind.__module__.split(".")[0] in {package.__name__ for package in PACKAGES}


def subclasses(kind: type[Any]) -> Iterator[type[Any]]:
    """The product's subclasses of `kind`, at any depth."""
    subclass: type[Any]
    for subclass in kind.__subclasses__():
        if is_ours(subclass):
            yield subclass
        yield from subclasses(subclass)


@cache
def texts() -> dict[Path, str]:
    """Every file of the product but its migrations."""
    files = (file for package in PACKAGES for file in Path(package.__path__[0]).rglob("*.py"))
    return {file: file.read_text() for file in sorted(files) if "migrations" not in file.parts}


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(texts()[file])


def sources(words: Iterable[str]) -> dict[Path, ast.Module]:
    """The files in which one of the words stands, parsed: each process would need seconds for all of them."""
    looked_for = re.compile("|".join(map(re.escape, words)))
    return {file: parsed(file) for file, text in texts().items() if looked_for.search(text)}


def calls(names: set[str]) -> Iterator[tuple[Path, ast.Call, str]]:
    """The calls of `names`, given as `forms.CharField`, with the file that each stands in."""
    last_parts = {name.rpartition(".")[2] for name in names}
    for file, tree in sources(names).items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") in last_parts):
                continue
            if (name := ast.unparse(node.func)) in names:
                yield file, node, name


@cache
def patterns() -> dict[str, "re.Pattern[str]"]:
    """Every pattern of the product by where it is: those that modules, classes, containers and calls of `re` hold."""
    compiled: dict[str, Any] = {}
    for module in modules():
        _reach(module.__name__, vars(module), compiled, set(), module.__name__)
    for file, call, name in calls({f"re.{function}" for function in SEARCHING | WHOLE}):
        if call.args and isinstance(call.args[0], ast.Constant):
            compiled[f"{file.stem}:{call.lineno} {name}"] = re.compile(call.args[0].value)
    return compiled


SEARCHING = {"search", "sub", "subn", "split", "findall", "finditer"}
WHOLE = {"match", "fullmatch"}


@cache
def uses() -> dict[str, set[str]]:
    """With which functions the product uses a pattern, by the pattern's last name."""
    methods: dict[str, set[str]] = {}
    for tree in sources(f".{method}" for method in SEARCHING | WHOLE).values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in SEARCHING | WHOLE:
                methods.setdefault(ast.unparse(node.value).split(".")[-1], set()).add(node.attr)
    return methods


def searches(name: str) -> bool:
    """Whether a pattern may be looked for anywhere in a text; those in containers may."""
    if " re." in name:
        return name.rsplit(".", 1)[1] in SEARCHING
    return not uses().get(name.rsplit(".", 1)[1], {"search"}) <= WHOLE


def made_of_variables() -> list[str]:
    """Where a pattern is made that no walk can find: inside a function, or of no fixed text."""
    calls = []
    for file, tree in sources(["re."]).items():
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
                calls.append(f"{file.stem}.{ast.unparse(node)}")
    return calls


def readers() -> dict[str, Any]:
    """Every function and class method of the product that takes one text: parsers, cleaners, validators."""
    functions: dict[str, Any] = {}
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__:
                for method in (
                    name
                    for name, attribute in vars(value).items()
                    if isinstance(attribute, (classmethod, staticmethod))
                ):
                    _add_reader(f"{module.__name__}.{name}.{method}", getattr(value, method), functions)
            elif getattr(value, "__module__", "") == module.__name__:
                _add_reader(f"{module.__name__}.{name}", value, functions)
    return {name: reader for name, reader in functions.items() if not OF_OPERATORS & set(name.split("."))}


# Input of operators, not of clients.
OF_OPERATORS = {"management", "ops"}


def _add_reader(name: str, value: Any, functions: dict[str, Any]) -> None:
    if not inspect.isfunction(inspect.unwrap(value)) and not inspect.ismethod(value):
        return
    needed = [
        parameter
        for parameter in inspect.signature(value).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    if len(needed) == 1 and needed[0].annotation in {str, "str", str | None}:
        functions[name] = value


def _reach(path: str, value: Any, compiled: dict[str, Any], seen: set[int], module: str) -> None:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            compiled.setdefault(path, value)
    elif id(value) not in seen:
        seen.add(id(value))
        for name, item in _inside(value, module):
            _reach(f"{path}.{name}", item, compiled, seen, module)


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
