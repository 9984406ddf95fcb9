"""Audit entries for every export and import."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import AuditEntry
from smartscheduler.backoffice.reports.csv import PARTS
from smartscheduler.imports.services import import_checked
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory
from tests.imports.test_imports import ANN, HEAD, checked
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def taken(**filters: Any) -> AuditEntry:
    """The only recorded export."""
    return AuditEntry.objects.get(act="data-exported", **filters)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize(("kind", "rows"), [("contractors", 3), ("jobs", 4), ("assignments", 2)])
def test_a_list_with_its_filters_and_how_many_rows(kind: str, form: str, rows: int) -> None:
    AssignmentFactory.create_batch(2)
    ContractorFactory()
    JobFactory.create_batch(2)
    client = signed_in()
    client.get(reverse("admin:imports_export", args=[kind, form]))
    assert taken().details == {"what": kind, "rows": rows, "format": form, "filters": {}}
    assert (taken().user, taken().door) == (client.get("/admin/").context["user"], "back-office")


def test_of_a_search_that_there_was_one() -> None:
    ContractorFactory(name="Grace Hopkins")
    ContractorFactory(name="Ada Tiles", status="inactive")
    address = reverse("admin:imports_export", args=["contractors", "csv"])
    signed_in().get(f"{address}?q=Grace+Hopkins&status__exact=active")
    assert taken().details["rows"] == 1
    assert taken().details["filters"] == {"q": "(a search)", "status__exact": "active"}
    assert "Grace" not in str(taken().__dict__)


def test_a_refused_export_is_none() -> None:
    signed_in(Role.MANAGER).get(reverse("admin:imports_export", args=["mails", "csv"]))
    assert not AuditEntry.objects.filter(act="data-exported").exists()


@pytest.mark.parametrize("part", PARTS)
def test_a_report(part: str) -> None:
    booking = AssignmentFactory()
    day = f"{booking.slot.start:%Y-%m-%d}"
    address = f"{reverse('reports')}?since={booking.created_at:%Y-%m-%d}&until={day}&csv={part}"
    lines = b"".join(signed_in(Role.MANAGER).get(address)).decode().splitlines()
    details = taken().details
    assert details["what"] == f"report: {part}"
    assert details["rows"] == len(lines) - 1
    assert details["filters"]["until"] == day


def test_an_import_and_its_result() -> None:
    run = checked(f"{HEAD}\n{ANN}\nnobody,,,,,,,,,,,,", UserFactory())
    assert not AuditEntry.objects.filter(act="import-started").exists()
    import_checked(run_id=run.pk)
    started = AuditEntry.objects.get(act="import-started")
    assert started.details == {"what": "contractors", "rows": 1, "run": str(run.pk)}
    address = reverse("admin:imports_importrun_result", args=[run.pk, "csv"])
    signed_in().get(address)
    assert taken().details == {
        "what": "import result",
        "of": "contractors",
        "run": str(run.pk),
        "rows": 2,
        "format": "csv",
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("backups")
@pytest.mark.system
def test_a_backup(tmp_path: Path) -> None:
    call_command("backup", to=tmp_path, stdout=StringIO())
    assert (taken().details["what"], taken().details["format"], taken().door) == ("backup", "dump", "script")
