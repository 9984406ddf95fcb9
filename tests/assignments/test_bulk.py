"""Many jobs and assignments in one request, each row with a result of its own."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from assignments.models import Assignment
from jobs.models import Job
from jobs.services import create_job
from smartscheduler.accounts.permissions import Role
from smartscheduler.errors import Busy
from smartscheduler.events.models import OutboxEvent
from smartscheduler.idempotency import rows
from smartscheduler.idempotency.models import KeptAnswer
from tests.api import NOBODY, V1, ApiResponse, client_as, problem, refused_field
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.jobs.test_api import BODY

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rate limits")]
JOBS, JOB_STATUS = f"{V1}/jobs/bulk/", f"{V1}/jobs/bulk-status/"
ASSIGNMENTS, STATUS = f"{V1}/assignments/bulk/", f"{V1}/assignments/bulk-status/"


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.COORDINATOR)


def sent(api: APIClient, url: str, listed: list[Any], key: str | None = None) -> ApiResponse:
    return api.post(url, {"rows": listed}, headers={"Idempotency-Key": key} if key else {})


def codes(response: ApiResponse) -> list[str]:
    """The code of each row: `ok`, or that of its problem."""
    assert response.status_code == 200, response.content
    results = response.json()["results"]
    assert all((result["body"] is None) != (result["problem"] is None) for result in results)
    assert all(result["problem"] is None or result["problem"]["status"] == result["status"] for result in results)
    return [result["problem"]["type"].rpartition("/")[2] if result["problem"] else "ok" for result in results]


def test_each_job_has_its_own_result_in_order(api: APIClient) -> None:
    listed: list[Any] = [
        {**BODY, "external_id": "1"},
        {**BODY, "type": "roof"},
        {**BODY, "external_id": "1"},
        {**BODY, "external_id": "2"},
    ]
    response = sent(api, JOBS, listed)
    assert codes(response) == ["ok", "invalid-input", "invalid-input", "ok"]
    body = response.json()
    assert (body["succeeded"], body["failed"]) == (2, 2)
    assert [result["status"] for result in body["results"]] == [201, 400, 400, 201]
    assert [body["results"][place]["body"]["external_id"] for place in (0, 3)] == ["1", "2"]
    assert "type" in body["results"][1]["problem"]["errors"]
    first = body["results"][0]["body"]
    assert first == api.get(f"{V1}/jobs/{first['id']}/").json()
    assert (Job.objects.count(), OutboxEvent.objects.filter(type="JobCreated").count()) == (2, 2)


def test_assignments_are_booked_and_clash_as_one_by_one(api: APIClient) -> None:
    contractor = ContractorFactory()
    jobs = [JobFactory(desired_date=at(9, days=3)) for _ in range(2)]
    row = {"job": str(jobs[0].pk), "contractor": str(contractor.pk), "start": at(9, days=3).isoformat()}
    listed = [row, row, {**row, "job": str(jobs[1].pk)}, {**row, "job": NOBODY}, {"job": str(jobs[1].pk)}]
    assert codes(sent(api, ASSIGNMENTS, listed)) == [
        *("ok", "job-not-open", "slot-unavailable", "invalid-input", "invalid-input")
    ]
    assert Assignment.objects.count() == 1


def test_states_change_as_by_the_single_requests(api: APIClient) -> None:
    held = AssignmentFactory(start=at(9, days=2))
    begun = AssignmentFactory(start=at(9, days=-2), status="confirmed", confirmed_at=at(8, days=-2))
    listed = [
        {"id": str(held.pk), "action": "confirm"},
        {"id": str(held.pk), "action": "confirm"},
        {"id": str(held.pk), "action": "cancel"},
        {"id": str(held.pk), "action": "start", "reason": "x"},
        {"id": str(held.pk), "action": "erase"},
        {"id": NOBODY, "action": "start"},
        {"id": str(begun.pk), "action": "start"},
        {"id": str(begun.pk), "action": "complete"},
        {"id": str(held.pk), "action": "cancel", "reason": "Rain"},
    ]
    response = sent(api, STATUS, listed)
    assert codes(response) == [
        *("ok", "invalid-transition", "invalid-input", "invalid-input", "invalid-input", "not-found"),
        *("ok", "ok", "ok"),
    ]
    held.refresh_from_db()
    begun.refresh_from_db()
    assert (held.status, held.cancel_reason, begun.status) == ("cancelled", "Rain", "completed")
    # A record that several rows name is shown as it is after the last one.
    assert response.json()["results"][0]["body"]["status"] == "cancelled"


def test_jobs_are_cancelled_with_their_bookings(api: APIClient) -> None:
    held, other = AssignmentFactory(), JobFactory()
    listed = [{"id": str(pk), "action": "cancel", "reason": "Sold"} for pk in (held.job_id, other.pk, held.job_id)]
    assert codes(sent(api, JOB_STATUS, listed)) == ["ok", "ok", "invalid-transition"]
    held.refresh_from_db()
    assert held.status == "cancelled"


@pytest.mark.parametrize("listed", [[], [BODY] * 501, ["a"], None, {}])
def test_refuses_what_is_no_list_of_rows(api: APIClient, listed: Any) -> None:
    response = sent(api, JOBS, listed)
    assert problem(response, 400, "invalid-input")["errors"]
    assert not Job.objects.exists()


def test_a_lone_surrogate_breaks_its_row_alone(api: APIClient) -> None:
    text = '{"rows": [{"type": "\\ud800", "\\udc00": 1}]}'
    response = api.post(JOBS, text, content_type="application/json")
    assert response.status_code == 400 or codes(response) == ["invalid-input"]


class TestTwice:
    def test_a_repeated_request_gets_the_same_answer(self, api: APIClient) -> None:
        listed = [{**BODY, "external_id": "1"}, {**BODY, "type": "roof"}]
        first, second = (sent(api, JOBS, listed, "key") for _ in range(2))
        assert second.content == first.content
        assert second["Idempotency-Replayed"] == "true"
        assert Job.objects.count() == 1
        problem(sent(api, JOBS, listed[:1], "key"), 422, "idempotency-key-reused")

    def test_a_request_that_died_halfway_goes_on(self, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        class Killed(BaseException):
            pass

        def dies(place: int) -> Any:
            original = rows._Once.run

            def run(once: Any, row: int, work: Any) -> Any:
                if row == place:
                    raise Killed
                return original(once, row, work)

            return run

        listed = [{**BODY, "special_requirements": str(number)} for number in range(5)]
        for place, created in ((3, 3), (4, 4)):
            with monkeypatch.context() as patch:
                patch.setattr(rows._Once, "run", dies(place))
                with pytest.raises(Killed):
                    sent(api, JOBS, listed, "key")
            assert Job.objects.count() == created
        problem(sent(api, JOBS, listed[1:], "key"), 422, "idempotency-key-reused")
        response = sent(api, JOBS, listed, "key")
        assert codes(response) == ["ok"] * 5
        assert [result["body"]["special_requirements"] for result in response.json()["results"]] == list("01234")
        assert (Job.objects.count(), OutboxEvent.objects.filter(type="JobCreated").count()) == (5, 5)

    def test_a_failed_row_is_not_stored(self, api: APIClient) -> None:
        sent(api, JOBS, [{**BODY, "type": "roof"}], "key")
        assert [kept.status for kept in KeptAnswer.objects.all()] == [200]

    def test_a_row_that_failed_for_the_moment_is_tried_again(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        busy = ["2"]

        def create_or_wait(**values: Any) -> Job:
            if values["external_id"] in busy:
                raise Busy("Later.")
            return create_job(**values)

        monkeypatch.setattr("assignments.bulk_viewsets.create_job", create_or_wait)
        listed = [{**BODY, "external_id": number} for number in ("1", "2")]
        assert codes(sent(api, JOBS, listed, "k")) == ["ok", "busy"]
        busy.clear()
        assert codes(sent(api, JOBS, listed, "k")) == ["ok", "ok"]
        assert Job.objects.count() == 2

    def test_two_bodies_with_one_key_at_once_are_two_requests(
        self, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second request runs as a whole after the first one has looked for the key."""
        begin = rows._Once.__init__

        def overtaken(once: Any, request: Any) -> None:
            begin(once, request)
            monkeypatch.setattr(rows._Once, "__init__", begin)
            assert codes(sent(api, JOBS, [{**BODY, "external_id": "second"}], "k")) == ["ok"]

        monkeypatch.setattr(rows._Once, "__init__", overtaken)
        problem(sent(api, JOBS, [{**BODY, "external_id": "first"}], "k"), 422, "idempotency-key-reused")
        assert Job.objects.get().external_id == "second"

    def test_a_request_that_died_halfway_goes_on_after_an_erasure(self, api: APIClient) -> None:
        """An erasure empties stored bodies (privacy.copy_erasure)."""
        listed = [{**BODY, "external_id": number} for number in ("1", "2")]
        assert codes(sent(api, JOBS, listed, "k")) == ["ok", "ok"]
        KeptAnswer.objects.filter(key="k").delete()
        assert KeptAnswer.objects.update(body="{}") == 2
        assert codes(sent(api, JOBS, listed, "k")) == ["ok", "ok"]
        assert Job.objects.count() == 2

    def test_keys_belong_to_the_account(self, api: APIClient) -> None:
        for client in (api, client_as(Role.COORDINATOR)):
            assert codes(sent(client, JOBS, [BODY], "key")) == ["ok"]
        assert Job.objects.count() == 2


def test_costs_by_the_number_of_rows(api: APIClient, settings: Settings) -> None:
    settings.RATE_LIMITS, settings.REQUESTS_A_MINUTE = True, {"coordinator": 5}
    assert codes(sent(api, JOBS, [{"type": "roof"}] * 31))[0] == "invalid-input"
    response = sent(api, JOBS, [BODY] * 11)
    assert "counts as 2 requests" in problem(response, 429, "throttled")["detail"]
    assert not Job.objects.exists()


def test_six_rows_stay_within_their_queries(
    api: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    held = [str(AssignmentFactory().job_id) for _ in range(6)]
    listed = [{"id": pk, "action": "cancel", "reason": "Sold"} for pk in held]
    with django_assert_max_num_queries(100):
        assert codes(sent(api, JOB_STATUS, listed)) == ["ok"] * 6


def test_more_rows_than_bytes_are_refused(api: APIClient) -> None:
    listed = [{**BODY, "special_requirements": "x" * 1_900} for _ in range(600)]
    assert sent(api, JOBS, listed).status_code in {400, 413}
    assert refused_field(sent(api, JOBS, [BODY] * 501), "rows")
