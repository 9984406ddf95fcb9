"""Conditional requests: unchanged records are not sent again, and unseen changes are not overwritten."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.api import V1, client_as, client_of, problem
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db

RECORDS: dict[str, Callable[[], Any]] = {
    "contractors": ContractorFactory,
    "jobs": JobFactory,
    "assignments": AssignmentFactory,
}


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.ADMINISTRATOR)


@pytest.mark.parametrize("kind", RECORDS)
def test_what_has_not_changed_is_not_sent_again(api: APIClient, kind: str) -> None:
    url = f"{V1}/{kind}/{RECORDS[kind]().pk}/"
    tag = api.get(url)["ETag"]
    again = api.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert api.get(url, headers={"If-None-Match": '"another"'}).status_code == 200


def test_a_list_is_not_sent_again_either(api: APIClient) -> None:
    tag = api.get(f"{V1}/contractors/")["ETag"]
    assert api.get(f"{V1}/contractors/", headers={"If-None-Match": tag}).status_code == 304
    ContractorFactory()
    assert api.get(f"{V1}/contractors/", headers={"If-None-Match": tag}).status_code == 200


def test_the_tag_of_a_change_is_that_of_the_next_read(api: APIClient) -> None:
    contractor = ContractorFactory()
    url = f"{V1}/contractors/{contractor.pk}/"
    changed = api.patch(url, {"name": "Ada"})
    assert changed["ETag"] == api.get(url)["ETag"]
    held = AssignmentFactory()
    url = f"{V1}/assignments/{held.pk}/"
    assert api.post(f"{url}confirm/")["ETag"] == api.get(url)["ETag"]


def test_a_job_has_another_tag_when_its_booking_changes(api: APIClient) -> None:
    held = AssignmentFactory()
    url = f"{V1}/jobs/{held.job_id}/"
    tag = api.get(url)["ETag"]
    api.post(f"{V1}/assignments/{held.pk}/confirm/")
    assert api.get(url)["ETag"] != tag


def requests() -> Iterator[tuple[str, str, str, dict[str, str]]]:
    held, contractor, job = AssignmentFactory(start=at(9, days=2)), ContractorFactory(), JobFactory()
    yield "patch", f"contractors/{contractor.pk}/", f"contractors/{contractor.pk}/", {"name": "Ada"}
    yield "post", f"contractors/{contractor.pk}/mark-on-leave/", f"contractors/{contractor.pk}/", {}
    yield "delete", f"contractors/{contractor.pk}/", f"contractors/{contractor.pk}/", {}
    yield "patch", f"jobs/{job.pk}/", f"jobs/{job.pk}/", {"priority": "urgent"}
    yield "post", f"jobs/{job.pk}/cancel/", f"jobs/{job.pk}/", {"reason": "Flood"}
    yield "post", f"assignments/{held.pk}/confirm/", f"assignments/{held.pk}/", {}
    yield "post", f"assignments/{held.pk}/reschedule/", f"assignments/{held.pk}/", {"start": at(9, days=3).isoformat()}
    yield "post", f"jobs/{held.job_id}/cancel/", f"jobs/{held.job_id}/", {"reason": "Flood"}


def test_a_change_of_what_has_changed_meanwhile_is_refused_and_changes_nothing(api: APIClient) -> None:
    for method, path, record, body in requests():
        events = OutboxEvent.objects.count()
        before = api.get(f"{V1}/{record}")
        answer = getattr(api, method)(f"{V1}/{path}", body, headers={"If-Match": '"old", "older"'})
        assert problem(answer, 412, "precondition-failed")["current_etag"] == before["ETag"]
        assert api.get(f"{V1}/{record}").content == before.content
        assert OutboxEvent.objects.count() == events


def test_a_change_of_what_was_read_is_made(api: APIClient) -> None:
    for method, path, record, body in requests():
        tag = api.get(f"{V1}/{record}")["ETag"]
        answer = getattr(api, method)(f"{V1}/{path}", body, headers={"If-Match": f'"old", {tag}'})
        assert answer.status_code in {200, 204}, answer.content
        assert api.get(f"{V1}/{record}")["ETag"] != tag


def test_any_tag_will_do_for_a_star(api: APIClient) -> None:
    url = f"{V1}/contractors/{ContractorFactory().pk}/"
    assert api.patch(url, {"name": "Ada"}, headers={"If-Match": "*"}).status_code == 200
    # A weak tag says "about the same": not enough to overwrite.
    weak = f"W/{api.get(url)['ETag']}"
    problem(api.patch(url, {"name": "Bea"}, headers={"If-Match": weak}), 412, "precondition-failed")


def test_a_method_that_the_address_does_not_know(api: APIClient) -> None:
    url = f"{V1}/assignments/{AssignmentFactory().pk}/confirm/"
    problem(api.put(url, {}, headers={"If-Match": '"x"'}), 405, "method-not-allowed")
    headers = {"Idempotency-Key": "one"}
    problem(api.post(f"{V1}/assignments/{AssignmentFactory().pk}/", {}, headers=headers), 405, "method-not-allowed")


def test_one_that_does_not_exist(api: APIClient) -> None:
    for kind in RECORDS:
        if kind != "assignments":
            url = f"{V1}/{kind}/00000000-0000-4000-8000-000000000000/"
            problem(api.patch(url, {}, headers={"If-Match": '"x"'}), 404, "not-found")


def test_a_key_and_a_tag_together_repeat_the_answer(api: APIClient) -> None:
    url = f"{V1}/assignments/{AssignmentFactory().pk}/"
    headers = {"If-Match": api.get(url)["ETag"], "Idempotency-Key": "one"}
    first, second = (api.post(f"{url}confirm/", {}, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content


@pytest.mark.django_db(transaction=True)
def test_of_many_who_read_the_same_one_may_write() -> None:
    user, contractor = UserFactory(role=Role.COORDINATOR), ContractorFactory()
    url = f"{V1}/contractors/{contractor.pk}/"
    clients, together = [client_of(user) for _ in range(8)], Barrier(8)
    tag = clients[0].get(url)["ETag"]

    def write(number: int) -> int:
        try:
            together.wait()
            return clients[number].patch(url, {"name": f"Crew {number}"}, headers={"If-Match": tag}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(write, range(8))) == [200] + [412] * 7


@pytest.mark.django_db(transaction=True)
def test_a_long_wait_for_the_record_is_reported(settings: Settings) -> None:
    settings.LOCK_TIMEOUT_SECONDS = 0.05
    api, contractor = client_as(Role.COORDINATOR), ContractorFactory()
    url = f"{V1}/contractors/{contractor.pk}/"
    tag = api.get(url)["ETag"]
    with psycopg.connect(connection.connection.info.dsn) as other:
        other.execute("SELECT FROM contractors_contractor WHERE id = %s FOR UPDATE", [contractor.pk])
        problem(api.patch(url, {"name": "Ada"}, headers={"If-Match": tag}), 503, "busy")
