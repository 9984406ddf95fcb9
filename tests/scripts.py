"""Python files outside the packages, used by `make` and by workflows."""

import importlib.util
from types import ModuleType

from smartscheduler import BASE_DIR


def script(path: str) -> ModuleType:
    """The module in the file at `path`, relative to the root of the repository."""
    spec = importlib.util.spec_from_file_location(path.rpartition("/")[2].removesuffix(".py"), BASE_DIR / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
