"""Filters of lists: several values in both forms, many ids, and what has changed since an instant."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from assignments.models import Assignment
from assignments.services import cancel_job
from contractors.models import Contractor
from customers.models import Customer
from customers.services import merge_customers
from jobs.models import Job
from recommendations.planning.models import Plan
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.json_values import instant
from smartscheduler.core.rest.filters import split_values
from tests.api import NOBODY, V1, client_as, refused_field
from tests.factories import (
    AssignmentFactory,
    ContractorFactory,
    JobFactory,
    PlanFactory,
    PlanItemFactory,
    many_contractors,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.ADMINISTRATOR)


def listed(api: APIClient, path: str, query: str = "") -> set[str]:
    response = api.get(f"{V1}/{path}/?page_size=100&{query}")
    assert response.status_code == 200, response.content
    return {row["id"] for row in response.json()["results"]}


def test_several_values_are_sent_with_commas_or_by_repeating(api: APIClient) -> None:
    plan = PlanFactory()
    item = PlanItemFactory(plan=plan, position=1)
    assignment = AssignmentFactory(job__priority="high")
    tiler = ContractorFactory(
        type="tile", state="NV", skills=["Grout", "Tile, large"], external_id="A,1", source="Jobber"
    )
    for path, name, value, other, row in (
        ("jobs", "status", "assigned", "completed", assignment.job_id),
        ("jobs", "type", "flooring", "tile", assignment.job_id),
        ("jobs", "priority", "high", "urgent", assignment.job_id),
        ("jobs", "contractor", str(assignment.contractor_id), NOBODY, assignment.job_id),
        ("assignments", "status", "pending", "cancelled", assignment.pk),
        ("assignments", "contractor", str(assignment.contractor_id), NOBODY, assignment.pk),
        ("assignments", "job", str(assignment.job_id), NOBODY, assignment.pk),
        ("assignments", "id", str(assignment.pk), NOBODY, assignment.pk),
        ("contractors", "type", "tile", "carpet", tiler.pk),
        ("contractors", "status", "active", "on_leave", tiler.pk),
        ("contractors", "state", "NV", "WA", tiler.pk),
        ("contractors", "skill", "GROUT", "Marble", tiler.pk),
        ("contractors", "skill", '"tile, large"', "Marble", tiler.pk),
        ("contractors", "external_id", '"A,1"', "B2", tiler.pk),
        ("contractors", "source", "Jobber", "HCP", tiler.pk),
        ("plans", "state", "queued", "failed", plan.pk),
        ("plans", "id", str(plan.pk), NOBODY, plan.pk),
        (f"plans/{plan.pk}/items", "action", "book", "drop", item.pk),
        (f"plans/{plan.pk}/items", "state", "proposed", "stale", item.pk),
        (f"plans/{plan.pk}/items", "contractor", str(item.contractor_id), NOBODY, item.pk),
        (f"plans/{plan.pk}/items", "id", str(item.pk), "999999", item.pk),
    ):
        key: Any = row if isinstance(row, int) else str(row)
        value, other = quote(value), quote(other)
        for query in (f"{name}={value}", f"{name}={other},%20{value}", f"{name}={other}&{name}={value},{value}"):
            assert key in listed(api, path, query), (path, query)
        assert key not in listed(api, path, f"{name}={other}"), (path, name)


def test_each_bad_value_is_named(api: APIClient) -> None:
    messages = refused_field(api.get(f"{V1}/jobs/?status=opne,open&status=gone"), "status")
    assert [text.partition("”")[0] for text in messages] == ["“opne", "“gone"]
    assert "in_progress" in messages[0]
    assert len(refused_field(api.get(f"{V1}/jobs/?id=1,2,{NOBODY}"), "id")) == 2
    assert len(refused_field(api.get(f"{V1}/jobs/?id={','.join(map(str, range(100)))}"), "id")) == 20
    for path, query, field in (
        ("jobs", f"id={','.join([NOBODY] * 101)}", "id"),
        ("jobs", "id=", "id"),
        ("jobs", "status=", "status"),
        ("jobs", "status=open,", "status"),
        ("contractors", 'skill="Grout', "skill"),
        ("contractors", f"skill={'x' * 61}", "skill"),
        ("contractors", "skill=%00", "skill"),
        ("contractors", "skill=a%0Ab%0A", "skill"),
        ("contractors", "external_id=,", "external_id"),
    ):
        assert refused_field(api.get(f"{V1}/{path}/?{query}"), field), query


def test_values_are_split_once() -> None:
    assert split_values(["a, b", '"c, d",e"f', '"say ""hi"""']) == ["a", "b", "c, d", 'e"f', 'say "hi"']


def test_a_cursor_stays_good_when_values_are_written_in_another_way(api: APIClient) -> None:
    JobFactory.create_batch(3)
    cursor = api.get(f"{V1}/jobs/?page_size=1&status=open,assigned").json()["next_cursor"]
    assert len(api.get(f"{V1}/jobs/?status=assigned&status=open&cursor={cursor}").json()["results"]) == 2


def test_a_hundred_rows_by_their_ids(api: APIClient) -> None:
    ids = [str(contractor.pk) for contractor in many_contractors(101)][:100]
    assert listed(api, "contractors", f"id={','.join(ids)}") == set(ids)
    assert listed(api, "contractors", f"id={NOBODY}") == set()


def test_what_has_changed_since_an_instant(api: APIClient) -> None:
    """Cancellations, merges and deactivations are changes: the row stays in the list with its state."""
    now, booking = timezone.now(), AssignmentFactory()
    merged, kept = Customer.objects.create(name="Ann"), Customer.objects.create(name="Anne")
    PlanFactory()
    models: list[tuple[str, Any]] = [
        ("jobs", Job),
        ("contractors", Contractor),
        ("customers", Customer),
        ("assignments", Assignment),
        ("plans", Plan),
    ]
    for _, model in models:
        model.objects.update(updated_at=now - timedelta(days=2))
    since = quote(instant(now - timedelta(days=1)))
    for path, model in models:
        assert listed(api, path, f"updated_since={since}") == set()
        [row, *_] = model.objects.order_by("pk")
        model.objects.filter(pk=row.pk).update(updated_at=now - timedelta(days=1))
        # The instant itself is included.
        assert listed(api, path, f"updated_since={since}&ordering=updated_at") == {str(row.pk)}
        model.objects.update(updated_at=now - timedelta(days=2))
    cancel_job(job_id=booking.job_id, actor=None, reason="Gone")
    merge_customers(customer_id=kept.pk, other_id=merged.pk, actor=None)
    assert listed(api, "jobs", f"updated_since={since}") == {str(booking.job_id)}
    assert listed(api, "assignments", f"updated_since={since}") == {str(booking.pk)}
    assert listed(api, "customers", f"updated_since={since}") == {str(kept.pk), str(merged.pk)}
    assert listed(api, "customers", f"id={merged.pk}") == {str(merged.pk)}
    assert listed(api, "customers") == {str(kept.pk)}


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01T00:00:00", "yesterday", "1", "2026-01-01T00:00:00Z" * 9])
def test_since_takes_an_instant(api: APIClient, text: str) -> None:
    assert refused_field(api.get(f"{V1}/jobs/?updated_since={text}"), "updated_since")


def test_changes_are_found_by_an_index() -> None:
    since = timezone.now() - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for model in (Job, Contractor, Customer, Assignment, Plan):
            changed = model.objects.filter(updated_at__gte=since).order_by("updated_at", "id")[:21]
            assert "_by_update" in changed.explain()
