"""The rows of a list as a file that can be imported again."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from assignments.models import Assignment
from smartscheduler.exchange.columns import CONTRACTOR_COLUMNS, JOB_COLUMNS, READ_ONLY, contractor_cells, job_cells
from smartscheduler.exchange.tables import write_csv, write_xlsx

CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 500


def export(kind: str, records: QuerySet[Any], form: str) -> HttpResponseBase:
    """`records` as a download; `form` is csv or xlsx."""
    cells: Callable[[Any], list[str]]
    if kind == "contractors":
        headings = (*CONTRACTOR_COLUMNS, *READ_ONLY[kind])
        records, cells = records.prefetch_related("working_hours"), contractor_cells
    else:
        headings = (*JOB_COLUMNS, *READ_ONLY[kind])
        live = Assignment.objects.live().select_related("contractor")
        records, cells = (
            records.prefetch_related(None).prefetch_related(Prefetch("assignments", live, "live")),
            job_cells,
        )
    name = f"{kind}-{timezone.now():%Y-%m-%d}.{form}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    rows = _rows(records, cells)
    if form == "xlsx":
        return HttpResponse(write_xlsx(headings, rows), content_type=XLSX, headers=disposition)
    return StreamingHttpResponse(write_csv(headings, rows), content_type=CSV, headers=disposition)


def _rows(records: QuerySet[Any], cells: Any) -> Iterator[list[str]]:
    for record in records.iterator(chunk_size=CHUNK):
        yield cells(record)
