"""Entries of the audit log: their content, their immutability, and their retention."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.http import HttpResponse, QueryDict
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import Settings

from smartscheduler.accounts.models import User
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.audit.services import filters_of, record
from smartscheduler.history.middleware import AuthorMiddleware
from smartscheduler.ops.tasks import remove_what_is_old
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def recorded(**meta: Any) -> tuple[AuditEntry, User]:
    """An entry written while a request is answered."""
    person = UserFactory(name="Ann Audit")
    kept = []

    def view(request: Any) -> HttpResponse:
        request.user = person
        kept.append(record(Act.DATA_EXPORTED, what="jobs", rows=3))
        return HttpResponse()

    AuthorMiddleware(view)(RequestFactory().get("/admin/imports/importrun/export/jobs.csv?q=x", **meta))
    return kept[0], person


def test_keeps_who_when_from_which_address_and_what() -> None:
    before = timezone.now()
    entry, person = recorded(REMOTE_ADDR="192.0.2.7")
    entry.refresh_from_db()
    assert (entry.user, entry.name, entry.address) == (person, "Ann Audit", "192.0.2.7")
    assert (entry.door, entry.place) == ("back-office", "GET /admin/imports/importrun/export/jobs.csv")
    assert (entry.act, entry.details) == ("data-exported", {"what": "jobs", "rows": 3})
    assert before <= entry.at <= timezone.now()


@pytest.mark.parametrize("address", ["", "unix:", "not an address"])
def test_an_address_that_is_none_is_left_out(address: str) -> None:
    assert recorded(REMOTE_ADDR=address)[0].address is None


def test_outside_a_request_it_has_a_source_and_no_author() -> None:
    entry = record(Act.IMPORT_STARTED)
    assert (entry.user, entry.name, entry.address) == (None, "", None)
    assert entry.door == "script"


def test_goes_with_the_transaction_it_is_written_in() -> None:
    with transaction.atomic():
        record(Act.DATA_EXPORTED)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.filter(act=Act.DATA_EXPORTED).exists()


@pytest.mark.parametrize("change", [lambda rows: rows.update(name="Nobody"), lambda rows: rows.delete()])
def test_entries_cannot_be_changed_or_removed(change: Callable[..., Any]) -> None:
    kept = record(Act.DATA_EXPORTED, what="jobs")
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        change(AuditEntry.objects.filter(pk=kept.pk))
    assert AuditEntry.objects.get(pk=kept.pk).details == {"what": "jobs"}


def test_goes_after_three_years_and_not_before(settings: Settings) -> None:
    AuditEntry.objects.create(act=Act.SIGNED_IN, at=timezone.now() - settings.AUDIT_RETENTION - timedelta(days=1))
    young = AuditEntry.objects.create(
        act=Act.SIGNED_IN, at=timezone.now() - settings.AUDIT_RETENTION + timedelta(days=1)
    )
    assert remove_what_is_old() == {"audit": 1}
    assert list(AuditEntry.objects.filter(act=Act.SIGNED_IN)) == [young]


def test_filters_are_kept_and_what_was_searched_for_is_not() -> None:
    query = QueryDict("q=Grace+Hopkins&status__exact=open&p=3&o=1&mail=ann@example.com&empty=&odd%00=%00a")
    assert filters_of(query) == {
        "q": "(a search)",
        "status__exact": "open",
        "mail": "[e-mail]",
        "odd": "a",
    }


def test_the_log_knows_that_it_happened_and_no_names(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        recorded(REMOTE_ADDR="192.0.2.7")
    output = caplog.text
    assert "'event': 'audit'" in output
    assert "data-exported" in output
    assert "Ann" not in output
    assert "192.0.2.7" not in output
