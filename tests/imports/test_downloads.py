"""Exports of thousands of rows from a real server: complete, and stopped when the client disconnects."""

import ast
import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.urls import get_resolver, reverse
from openpyxl import load_workbook

from customers.models import Customer
from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import AuditEntry
from smartscheduler.backoffice.reports.csv import PARTS
from smartscheduler.backoffice.reports.period import usual
from smartscheduler.imports.admin import MODELS
from smartscheduler.imports.export_views import FORMS, Download, download
from smartscheduler.imports.file_reader import MOST_ROWS
from smartscheduler.imports.models import ImportedRow, ImportRun
from smartscheduler.imports.services import begin
from tests.events.processes import web
from tests.factories import EVERY_DAY, AssignmentFactory, UserFactory
from tests.pages import signed_in

# Reports leave out some.
ROWS, LEAST = 20_000, 9_000
# The functions that send a file piece by piece; each is requested below.
SENDERS = {"export", "export_view", "export_selected", "result_view", "template_view", "_csv"}
CSRF = "c" * 32


async def collected(response: Download) -> list[bytes]:
    return [piece async for piece in response]


@pytest.mark.parametrize("form", FORMS)
async def test_a_file_does_not_end_before_its_last_row(form: str) -> None:
    """Rows that compress well make pieces of nothing, which are not the end."""
    response = download("x", form, ["a"], ([str(number)] for number in range(5_000)))
    pieces = await collected(response)
    assert all(pieces)
    assert len(_lines(form, b"".join(pieces))) == 5_001


async def test_empty_pieces_are_neither_sent_nor_the_end() -> None:
    assert await collected(Download(iter([b"", b"a", b"", b"b", b""]))) == [b"a", b"b"]


async def test_the_rows_end_when_the_client_goes_away() -> None:
    ended = []

    def rows() -> Iterator[list[Any]]:
        try:
            while True:
                yield ["x"]
        finally:
            ended.append(True)

    response = download("x", "xlsx", ["a"], rows())
    async for _ in response:
        break
    response.close()  # as Django does after a disconnect
    assert ended


def test_every_stream_is_a_download_and_every_download_is_tested() -> None:
    """Collected from the source: a new stream has to be a Download, and to be fetched below."""
    senders = set()
    for path in Path(settings.BASE_DIR).glob("*/**/*.py"):
        if not {"tests", ".venv", "frontend", "node_modules"} & set(path.relative_to(settings.BASE_DIR).parts):
            tree = ast.parse(path.read_text())
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            if path.name != "export_views.py":
                assert not names & {"StreamingHttpResponse", "FileResponse"}, path
            senders |= {
                function.name
                for function in ast.walk(tree)
                if isinstance(function, ast.FunctionDef)
                for node in ast.walk(function)
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"download", "export"}
            }
    assert senders == SENDERS


def test_every_address_with_a_form_is_fetched() -> None:
    """Collected from the addresses of the product."""
    named = {name for name in get_resolver().namespace_dict["admin"][1].reverse_dict if isinstance(name, str)}
    patterns: Any = get_resolver().namespace_dict["admin"][1]
    with_form = {name for name in named if any("form" in params for _, params in patterns.reverse_dict[name][0])}
    assert with_form == {"imports_export", "imports_template", "imports_importrun_result", "audit_export"}


def exports() -> dict[str, tuple[str, dict[str, str]]]:
    """Each address of an export: of a whole list, and of half of it. With its kind and its filter."""
    whole = {
        (kind, form): reverse("admin:imports_export", args=[kind, form]) + "?all=1" for kind in LISTS for form in FORMS
    }
    filters = {kind: {copies.field: copies.filtered} for kind, copies in LISTS.items()}
    return {address: (kind, {}) for (kind, _form), address in whole.items()} | {
        f"{address}&{copies.field}__exact={copies.filtered}": (kind, filters[kind])
        for (kind, _form), address in whole.items()
        for copies in [LISTS[kind]]
    }


def addresses(run: ImportRun) -> dict[str, str]:
    """Each address of a download, and its form."""
    forms: dict[str, str] = {}
    for form in FORMS:
        lists = [address for address in exports() if address.partition("?")[0].endswith(form)]
        lists.append(reverse("admin:imports_importrun_result", args=[run.pk, form]))
        lists.append(reverse("admin:audit_export", args=[form]))
        forms |= dict.fromkeys(lists, form)
    first, last = usual(datetime.now(UTC).date())["Last 4 weeks"]
    period = f"since={first}&until={last + timedelta(days=14)}"
    return forms | {f"{reverse('reports')}?{period}&csv={part}": "csv" for part in PARTS}


class Copies(NamedTuple):
    """A list and one of its filters: the field, the values of its records by turns, and the one that is asked for."""

    field: str
    values: tuple[str, str]
    # Column of the export, and lookup of the model.
    key: tuple[str, str]

    @property
    def filtered(self) -> str:
        return self.values[1]


LISTS = {
    "contractors": Copies("type", ("tile", "carpet"), ("email", "email")),
    "jobs": Copies("priority", ("low", "high"), ("job_number", "job_number")),
    "customers": Copies("language", ("en", "es"), ("id", "pk")),
    "assignments": Copies("status", ("cancelled", "confirmed"), ("job_number", "job__job_number")),
}


def copy(kind: str, record: Model, **columns: str) -> None:
    """ROWS - 1 copies of a record, in one statement. `columns`: their SQL, of the number `n`."""
    table, names = (
        record._meta.db_table,
        [field.column for field in record._meta.concrete_fields if not field.generated],
    )
    columns = {"id": f"md5('{kind}' || n)::uuid", "created_at": "created_at + n * interval '1 ms'"} | columns
    if kind in LISTS:
        field, (first, second), _key = LISTS[kind]
        columns[field] = f"CASE mod(n, 2) WHEN 0 THEN '{first}' ELSE '{second}' END"
    cells = ", ".join(columns.get(str(name), f'"{name}"') for name in names)
    fields = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        # Without the triggers, which would write as many rows of the history.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"INSERT INTO {table} ({fields}) SELECT {cells} FROM {table}, generate_series(1, %s) n WHERE id = %s",  # noqa: S608
            [ROWS - 1, record.pk],
        )
        cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def thousands(transactional_db: None) -> ImportRun:
    """ROWS rows in every list, and a file of as many rows as there can be, with its results."""
    booking = AssignmentFactory(contractor__hours=EVERY_DAY[:1], contractor__skills=["Mosaic", "Stairs; 2"])
    shift = booking.contractor.working_hours.get()
    copy("contractors", booking.contractor, email="'crew' || n || '@example.com'", name="'Zoë ' || n || ', Ltd.'")
    copy("hours", shift, contractor_id="md5('contractors' || n)::uuid", id=f"{shift.pk} + n")
    copy(
        "jobs",
        booking.job,
        job_number="'JOB-20261201-' || lpad(upper(to_hex(n)), 8, '0')",
        special_requirements="E'a\\n\"b'",
    )
    of_job = {"contractor_id": "md5('contractors' || n)::uuid", "job_id": "md5('jobs' || n)::uuid"}
    of_status = {
        "confirmed_at": "CASE mod(n, 2) WHEN 1 THEN created_at END",
        "cancelled_at": "CASE mod(n, 2) WHEN 0 THEN created_at END",
        "started_at": "CASE mod(n, 2) WHEN 0 THEN created_at END",
        "cancel_reason": "CASE mod(n, 2) WHEN 0 THEN 'Flooded' ELSE '' END",
    }
    copy("assignments", booking, **of_job, **of_status)
    copy("customers", Customer.objects.create(name="Grace Hill"), name="'=Customer ' || n")
    AuditEntry.objects.bulk_create(AuditEntry(act="signed-in", name="Grace", door="back-office") for _ in range(ROWS))
    people = "\n".join(["email,name", *(f"crew{n}@example.com,Crew {n}" for n in range(MOST_ROWS))])
    run = begin(kind="contractors", name="crews.csv", content=people.encode(), actor=UserFactory())
    ImportedRow.objects.bulk_create(ImportedRow(run=run, number=n + 2, outcome="unchanged") for n in range(MOST_ROWS))
    return run


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_every_list_is_whole_from_the_real_server(thousands: ImportRun) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    session = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    headers = {
        "Cookie": f"{session}; {settings.CSRF_COOKIE_NAME}={CSRF}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    with web() as port:
        for address, form, body in [
            *((address, form, None) for address, form in addresses(thousands).items()),
            *((address, "csv", body) for address, body in actions().items()),
        ]:
            server = HTTPConnection("127.0.0.1", port, timeout=120)
            server.request("POST" if body else "GET", address, body, headers)
            lines = _lines(form, server.getresponse().read())
            server.close()
            # Counted by the database before the first row left.
            counted = AuditEntry.objects.filter(act="data-exported").latest("pk").details["rows"]
            own = address.startswith(reverse("admin:audit_export", args=[form]))  # its own entry is one of its rows
            assert len(lines) - 1 == counted + own >= LEAST, address
            if address in exports():
                kind, filters = exports()[address]
                heading, lookup = LISTS[kind].key
                keys = MODELS[kind]._default_manager.filter(**filters).values_list(lookup, flat=True)
                position = lines[0].index(heading)
                assert {line[position] for line in lines[1:]} == set(map(str, keys)), address


def actions() -> dict[str, str]:
    """The address of each list, and the form that exports all of its rows."""
    forms = {}
    for model in MODELS.values():
        fields = {"csrfmiddlewaretoken": CSRF, "action": "export_selected", "select_across": "1"}
        selected = {"_selected_action": str(model._default_manager.values_list("pk", flat=True)[0])}
        # The list of jobs shows open jobs only, unless it is asked for more.
        forms[reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + "?all=1"] = urlencode(
            fields | selected
        )
    return forms


def _lines(form: str, content: bytes) -> list[Any]:
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    return [line for line in sheet.iter_rows(values_only=True) if any(line)]
