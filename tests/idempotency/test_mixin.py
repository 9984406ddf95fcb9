"""The same request with the same key is carried out once."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, NoReturn

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from smartscheduler.idempotency.models import KeptAnswer
from smartscheduler.idempotency.tasks import forget_answers
from tests.api import PLACE, V1, ApiResponse, client_as, client_of, problem
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db

JOBS = f"{V1}/jobs/"


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.COORDINATOR)


def job(**more: str) -> dict[Any, Any]:
    desired_date = at(12, days=2).isoformat()
    return {"type": "flooring", "desired_date": desired_date, "location": PLACE, "duration": "02:00:00", **more}


def keyed(api: APIClient, url: str, body: dict[Any, Any], key: str = "one") -> ApiResponse:
    return api.post(url, body, headers={"Idempotency-Key": key})


def test_a_second_time_gets_the_first_answer_and_makes_no_second_row(api: APIClient) -> None:
    body = job()
    first, second = keyed(api, JOBS, body), keyed(api, JOBS, body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["ETag"] == first["ETag"]
    assert second["Content-Type"] == "application/json"
    assert (second["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert (Job.objects.count(), OutboxEvent.objects.count()) == (1, 1)


def test_without_a_key_or_with_another_one_it_is_done_again(api: APIClient) -> None:
    body = job()
    for key in ("one", "two"):
        keyed(api, JOBS, body, key)
    api.post(JOBS, body)
    assert Job.objects.count() == 3


def test_the_same_key_of_another_account_is_another_key(api: APIClient) -> None:
    body = job()
    keyed(api, JOBS, body)
    assert "Idempotency-Replayed" not in keyed(client_as(Role.ADMINISTRATOR), JOBS, body)
    assert Job.objects.count() == 2


@pytest.mark.parametrize("change", ["body", "address"])
def test_the_same_key_for_another_request(api: APIClient, change: str) -> None:
    body = job()
    keyed(api, JOBS, body)
    other = (JOBS, {**body, "priority": "high"}) if change == "body" else (f"{V1}/contractors/", body)
    document = problem(keyed(api, *other), 422, "idempotency-key-reused")
    assert document["errors"].keys() == {"Idempotency-Key"}
    assert (Job.objects.count(), Contractor.objects.count()) == (1, 0)


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é", "\t"])
def test_a_key_that_is_none(api: APIClient, key: str) -> None:
    document = problem(keyed(api, JOBS, job(), key), 400, "invalid-input")
    assert document["errors"].keys() == {"Idempotency-Key"}
    assert not Job.objects.exists()


def test_a_refusal_is_not_kept_and_the_same_request_may_succeed_later(api: APIClient) -> None:
    held = AssignmentFactory()
    body = {"job": str(JobFactory().pk), "contractor": str(held.contractor_id), "start": held.slot.start.isoformat()}
    problem(keyed(api, f"{V1}/assignments/", body), 409, "slot-unavailable")
    problem(keyed(api, f"{V1}/assignments/", {}, "two"), 400, "invalid-input")
    assert not KeptAnswer.objects.exists()
    api.post(f"{V1}/assignments/{held.pk}/cancel/", {"reason": "Ill"})
    assert keyed(api, f"{V1}/assignments/", body).status_code == 201
    assert keyed(api, f"{V1}/assignments/", body)["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("act", ["confirm", "cancel", "reschedule", "reassign", "swap"])
def test_a_transition_is_made_once(api: APIClient, act: str) -> None:
    held, other = AssignmentFactory(start=at(9, days=2)), ContractorFactory()
    body = {
        "confirm": {},
        "cancel": {"reason": "Ill"},
        "reschedule": {"start": at(9, days=3).isoformat()},
        "reassign": {"contractor": str(other.pk)},
        "swap": {"other": str(AssignmentFactory(start=at(9, days=2)).pk)},
    }[act]
    url = f"{V1}/assignments/{held.pk}/{act}/"
    first = keyed(api, url, body)
    events = OutboxEvent.objects.count()
    assert first.status_code == 200
    assert keyed(api, url, body).content == first.content
    assert OutboxEvent.objects.count() == events


def test_an_absence_and_a_rating_are_taken_once(api: APIClient) -> None:
    contractor = ContractorFactory()
    for path, body in (("absences", {"start": "2027-01-04", "end": "2027-01-05"}), ("rate", {"rating": 5})):
        url = f"{V1}/contractors/{contractor.pk}/{path}/"
        assert keyed(api, url, body, path).content == keyed(api, url, body, path).content
    contractor.refresh_from_db()
    assert (contractor.absences.count(), contractor.rating_count) == (1, 11)


def test_an_answer_is_kept_for_a_day(api: APIClient) -> None:
    body = job(desired_date=at(12, days=9).isoformat())
    user = UserFactory(role=Role.COORDINATOR)
    keyed(client_of(user), JOBS, body)
    for hours, expected in ((23, "true"), (25, None)):
        with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
            assert keyed(client_of(user), JOBS, body).get("Idempotency-Replayed") == expected
    assert Job.objects.count() == 2


def test_old_answers_are_forgotten(api: APIClient) -> None:
    keyed(api, JOBS, job())
    assert forget_answers() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert (forget_answers(), forget_answers()) == (1, 0)


def test_nothing_is_left_when_it_falls_half_way(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the process is killed: the key goes with the work."""

    def fall(self: Any, data: Any, *args: Any) -> NoReturn:
        raise RuntimeError

    monkeypatch.setattr("smartscheduler.idempotency.mixin.FastJSONRenderer.render", fall)
    api.raise_request_exception = False
    assert keyed(api, JOBS, job()).status_code == 500
    assert (Job.objects.count(), KeptAnswer.objects.count(), OutboxEvent.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_identical_requests_at_the_same_moment_are_one() -> None:
    user, body = UserFactory(role=Role.COORDINATOR), json.dumps(job())
    clients, together = [client_of(user) for _ in range(16)], Barrier(16)

    def ask(client: APIClient) -> ApiResponse:
        try:
            together.wait()
            headers = {"Idempotency-Key": "one"}
            return client.generic("POST", JOBS, body, content_type="application/json", headers=headers)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, clients))
    assert Counter(answer.status_code for answer in answers) == {201: 16}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer for answer in answers) == 15
    assert (Job.objects.count(), OutboxEvent.objects.count(), Assignment.objects.count()) == (1, 1, 0)
