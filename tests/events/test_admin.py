"""The event log in the admin is searchable and read-only."""

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.factories import ContractorFactory, JobFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/events/outboxevent/"


@pytest.fixture
def booked() -> Job:
    from assignments.services import assign_job

    job = JobFactory()
    assign_job(job_id=job.pk, contractor_id=ContractorFactory().pk, start=at(9, days=2), actor=None)
    OutboxEvent.objects.update(sequence=7)
    return job


@pytest.mark.parametrize("role", Role.values)
def test_every_role_can_read(role: str, booked: Job) -> None:
    client, event = signed_in(role), OutboxEvent.objects.get()
    assert booked.job_number in client.get(LIST).content.decode()
    page = reverse("admin:events_outboxevent_change", args=[event.pk])
    assert event.data["contractor_name"] in client.get(page).content.decode()


def test_searches_and_filters(booked: Job) -> None:
    client = signed_in()
    number = booked.job_number.lower()
    for query, count in {
        f"q={number}": 1,
        "q=7": 1,
        "q=8": 0,
        "q=²": 0,
        f"q={'9' * 40}": 0,
        "type=JobAssigned": 1,
        "type=JobCancelled": 0,
        "type=nonsense": 1,
        "occurred=hour": 1,
    }.items():
        assert client.get(f"{LIST}?{query}").context["cl"].result_count == count, query


def test_no_role_can_write(booked: Job) -> None:
    client, event = signed_in(Role.ADMINISTRATOR), OutboxEvent.objects.get()
    page = reverse("admin:events_outboxevent_change", args=[event.pk])
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(page, {"type": "JobCancelled"}).status_code == 403
    assert client.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [str(event.pk)], "post": "yes"})
    assert OutboxEvent.objects.get().type == "JobAssigned"


def test_the_list_stays_within_its_queries(booked: Job, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client, event = signed_in(), OutboxEvent.objects.get()
    with django_assert_max_num_queries(6):
        client.get(LIST)
    OutboxEvent.objects.bulk_create(
        OutboxEvent(type=event.type, occurred_at=event.occurred_at, data=event.data) for _ in range(200)
    )
    with django_assert_max_num_queries(6):
        client.get(LIST)
