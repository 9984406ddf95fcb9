"""Export of lists as files that can be imported again."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import StreamingHttpResponse
from django.utils import timezone

from assignments.models import Assignment
from assignments.states import LIVE
from contractors.models import Rating
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.core.file_writer import write_csv, write_xlsx
from smartscheduler.imports.export_rows import HEADINGS, assignment_cells, contractor_cells, customer_cells, job_cells

CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMS = {"csv": CSV, "xlsx": XLSX}
CHUNK = 500


class Download(StreamingHttpResponse):
    """Streaming response. Under ASGI, Django would collect a synchronous iterator completely before sending it.

    Empty pieces are skipped, because some servers and proxies read them as the end of the body.
    """

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self)
        while (piece := await sync_to_async(_next)(pieces)) is not None:
            if piece:
                yield piece


def _next(pieces: Iterator[bytes]) -> bytes | None:
    """The next piece, or None at the end. StopIteration cannot be raised from a thread into a coroutine."""
    return next(pieces, None)


def download(name: str, form: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Download:
    """Download rows of text as the file `name.form`. `form`: csv or xlsx."""
    pieces = write_xlsx(headings, rows) if form == "xlsx" else write_csv(headings, rows)
    safe = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "").replace("\\", "")
    return Download(
        pieces,
        content_type=FORMS[form],
        headers={"Content-Disposition": f'attachment; filename="{safe}.{form}"', "Cache-Control": "no-store"},
    )


def export(kind: str, records: QuerySet[Any], form: str, reader: User) -> Download:
    """Download `records` of a list, redacted for `reader`."""
    prepare, cells = EXPORTERS[kind]
    records = prepare(records.select_related(None).prefetch_related(None))
    return download(f"{kind}-{timezone.now():%Y-%m-%d}", form, HEADINGS[kind], _rows(records, cells, reader))


def _rows(records: QuerySet[Any], cells: Callable[[Any], list[str]], reader: User) -> Iterator[list[str]]:
    for record in records.iterator(chunk_size=CHUNK):
        yield cells(redact_record(record, reader))


def _contractors(records: QuerySet[Any]) -> QuerySet[Any]:
    return records.prefetch_related("working_hours")


def _jobs(records: QuerySet[Any]) -> QuerySet[Any]:
    """Jobs with the customer, the live or completed booking, and its rating."""
    kept = [*LIVE, Assignment.Status.COMPLETED]
    bookings = Assignment.objects.filter(status__in=kept).select_related("contractor")
    stars = Rating.objects.filter(job_id=OuterRef("pk")).values("value")[:1]
    jobs: QuerySet[Any] = (
        records.annotate(stars=Subquery(stars))
        .select_related("customer")
        .prefetch_related(Prefetch("assignments", bookings, "bookings"))
    )
    return jobs


def _customers(records: QuerySet[Any]) -> QuerySet[Any]:
    return records.prefetch_related("phones", "addresses")


def _assignments(records: QuerySet[Any]) -> QuerySet[Any]:
    return records.select_related("job", "contractor", "assigned_by")


EXPORTERS: dict[str, tuple[Callable[[QuerySet[Any]], QuerySet[Any]], Callable[[Any], list[str]]]] = {
    "contractors": (_contractors, contractor_cells),
    "jobs": (_jobs, job_cells),
    "customers": (_customers, customer_cells),
    "assignments": (_assignments, assignment_cells),
}
