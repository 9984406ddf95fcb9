"""Imported files that name a person: their text is searched by the database, file by file, within a time limit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast

from smartscheduler.errors import Busy, InvalidTransition
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.privacy.pii_matcher import PersonPatterns

TEXTS = ("label", "key", "remarks", "text_of_errors")
_is_limited = ContextVar("_is_limited", default=True)


@contextmanager
def without_time_limit() -> Iterator[None]:
    """For commands: no request waits for them."""
    token = _is_limited.set(False)
    try:
        yield
    finally:
        _is_limited.reset(token)


def imports_naming(patterns: PersonPatterns) -> list[ImportRun]:
    """The files in which a pattern matches their name, their cells, or what was noted about their rows.

    Raises Busy when the search takes more than FILE_PROCESS_SECONDS, InvalidTransition while files of an older
    version are still to be read.
    """
    if not patterns.pattern:
        return []
    if ImportRun.objects.unread().exists():
        raise InvalidTransition("Imported files of an older version are still being read: try again in a minute.")
    deadline = time.monotonic() + settings.FILE_PROCESS_SECONDS
    return [run for run in _each(deadline) if _names(run, patterns)]


def _each(deadline: float) -> Iterator[ImportRun]:
    for run in ImportRun.objects.light().order_by("created_at", "pk"):
        if _is_limited.get() and time.monotonic() > deadline:
            raise Busy(
                f"Searching the imported files takes more than {settings.FILE_PROCESS_SECONDS} seconds: use "
                "manage.py personal_data, which has no time limit."
            )
        yield run


def _names(run: ImportRun, patterns: PersonPatterns) -> bool:
    noted = Q()
    for text in TEXTS:
        noted |= Q(**{f"{text}__iregex": patterns.pattern})
    rows = ImportedRow.objects.filter(run=OuterRef("pk")).alias(text_of_errors=Cast("errors", TextField()))
    inside = Q(name__iregex=patterns.pattern) | Q(table__iregex=patterns.pattern) | Exists(rows.filter(noted))
    return ImportRun.objects.filter(inside, pk=run.pk).exists()
