"""Terminal output: progress of steps, and the errors of a restore."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError, OutputWrapper
from rich.console import Console

from smartscheduler.ops.backups.restore import Restored

# Characters of a line where there is no terminal.
WIDTH = 160


def console_of(stdout: OutputWrapper) -> Console:
    """The console of a command that prints tables: as wide as the terminal, or `WIDTH` without one."""
    return Console(file=stdout, highlight=False, width=None if stdout.isatty() else WIDTH)  # type: ignore[arg-type]  # it has write and flush


class Steps:
    """A context manager for each named step; prints the name and the duration when the step succeeds."""

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
    """Raise CommandError with the broken checks of the doctor, if any."""
    if not restored.broken:
        return
    lines = [
        f"  {outcome.check.holds}: {outcome.failure or '; '.join(outcome.findings.shown)}\n  → {outcome.check.remedy}"
        for outcome in restored.broken
    ]
    raise CommandError("\n".join([f"{what}, but the doctor reports broken checks:", *lines]))
