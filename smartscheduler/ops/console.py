"""Lines of progress on a terminal, and the end of a restore in words."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from rich.console import Console

from smartscheduler.ops.backups.restore import Restored


class Steps:
    """Called with a name it gives a context; a line with the time it took follows when that ends well."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self._console.print(f"[green]✓[/] {name:<44} {time.monotonic() - began:6.2f} s")

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)


def complain(restored: Restored, *, what: str) -> None:
    """Raise CommandError with what the doctor has found broken; quiet when that is nothing."""
    if not restored.broken:
        return
    told = [
        f"  {outcome.check.holds}: {outcome.failure or '; '.join(outcome.found.shown)}\n  → {outcome.check.remedy}"
        for outcome in restored.broken
    ]
    raise CommandError("\n".join([f"{what}, but the doctor finds broken in it:", *told]))
