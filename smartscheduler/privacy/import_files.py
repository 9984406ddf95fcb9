"""Search for imported files that name a person. The database searches file by file, within a time limit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext

from smartscheduler.errors import Busy, InvalidTransition
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.privacy.pii_matcher import PersonPatterns

TEXTS = ("label", "key", "remarks", "text_of_errors")
_is_limited = ContextVar("_is_limited", default=True)


@contextmanager
def without_time_limit() -> Iterator[None]:
    """Search without a time limit, for commands that no request waits for."""
    token = _is_limited.set(False)
    try:
        yield
    finally:
        _is_limited.reset(token)


def imports_naming(patterns: PersonPatterns) -> list[ImportRun]:
    """The files with a match in their name, their cells, or the results of their rows.

    Raises Busy if the search takes more than FILE_PROCESS_SECONDS, InvalidTransition while files from an older
    version are not converted yet.
    """
    if not patterns.pattern:
        return []
    if ImportRun.objects.unread().exists():
        raise InvalidTransition(
            gettext("Imported files from an older version are still being converted. Try again in a minute.")
        )
    deadline = time.monotonic() + settings.FILE_PROCESS_SECONDS
    return [run for run in _each(deadline) if _names(run, patterns)]


def _each(deadline: float) -> Iterator[ImportRun]:
    for run in ImportRun.objects.light().order_by("created_at", "pk"):
        if _is_limited.get() and time.monotonic() > deadline:
            text = gettext(
                "Searching the imported files takes more than {seconds} seconds. "
                "Use manage.py personal_data, which has no time limit."
            )
            raise Busy(text.format(seconds=settings.FILE_PROCESS_SECONDS))
        yield run


def _names(run: ImportRun, patterns: PersonPatterns) -> bool:
    in_results = Q()
    for text in TEXTS:
        in_results |= Q(**{f"{text}__iregex": patterns.pattern})
    rows = ImportedRow.objects.filter(run=OuterRef("pk")).alias(text_of_errors=Cast("errors", TextField()))
    inside = Q(name__iregex=patterns.pattern) | Q(table__iregex=patterns.pattern) | Exists(rows.filter(in_results))
    return ImportRun.objects.filter(inside, pk=run.pk).exists()
