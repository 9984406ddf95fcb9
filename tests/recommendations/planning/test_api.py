"""Plans over the API: request, follow, lists, comparison, acceptance, files."""

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from assignments.models import Assignment
from jobs.models import Job
from recommendations.planning.models import Plan, PlanItem, PlanMiss
from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import AuditEntry
from smartscheduler.events.models import OutboxEvent
from tests.api import NOBODY, V1, ApiResponse, client_as, problem, refused_field
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, PlanFactory, PlanItemFactory, at

pytestmark = pytest.mark.django_db

PLANS = f"{V1}/plans/"


def days(last: int = 5) -> dict[str, str]:
    """From tomorrow on."""
    return {"first_day": at(0, days=1).date().isoformat(), "last_day": at(0, days=last).date().isoformat()}


@pytest.fixture
def api() -> APIClient:
    return client_as(Role.COORDINATOR)


@pytest.fixture
def plan() -> Plan:
    """An open proposal with figures."""
    figures = {"planned": 2, "unplanned": 1, "mean_score": 0.8, "miles": 12.5}
    return PlanFactory(
        state="ready",
        worth=20_000,
        bound=20_100,
        figures={"plan": figures, "today": {"planned": 0}},
        expires_at=timezone.now() + timedelta(hours=48),
    )


def proposal(plan: Plan, **values: Any) -> PlanItem:
    return PlanItemFactory(
        plan=plan,
        score=Decimal("0.8"),
        score_breakdown={"explanation": "Made for a test."},
        priority_worth=15_000,
        travel=100,
        worth=22_900,
        rank=1,
        candidates_considered=3,
        candidates_exact=True,
        **values,
    )


def take(item: PlanItem) -> None:
    """Book the time of an item for another job."""
    assert item.slot
    AssignmentFactory(contractor=item.contractor, start=item.slot.start)


def requested(response: ApiResponse) -> dict[str, Any]:
    assert response.status_code == 202, response.content
    plan: dict[str, Any] = response.json()
    assert response["Location"] == f"{PLANS}{plan['id']}/"
    return plan


class TestRequest:
    def test_jobs_by_their_ids(self, api: APIClient) -> None:
        jobs = [JobFactory(), JobFactory()]
        response = api.post(PLANS, {"jobs": [str(job.pk) for job in jobs], **days(), "seed": 7, "effort": "quick"})
        plan = requested(response)
        assert (plan["state"], plan["seed"], plan["effort"], plan["place_in_queue"]) == ("queued", 7, "quick", 1)
        assert plan["scope"]["jobs"] == sorted(str(job.pk) for job in jobs)
        assert api.get(response["Location"])["ETag"] == response["ETag"]
        assert OutboxEvent.objects.get().type == "PlanRequested"

    def test_the_last_day_and_the_start_hours_of_a_job(self, api: APIClient) -> None:
        job = str(JobFactory().pk)
        hours = [{"job": job, "earliest": "08:00", "latest": "12:00"}]
        body = {"jobs": [job], **days(), "last_days": [{"job": job, "day": days()["first_day"]}], "start_hours": hours}
        plan = requested(api.post(PLANS, body))
        assert plan["scope"]["last_days"] == {job: days()["first_day"]}
        assert plan["scope"]["start_hours"] == {job: ["08:00", "12:00"]}

    def test_a_filter_of_the_list_is_frozen_into_open_jobs(self, api: APIClient) -> None:
        urgent, _low, _closed = (
            JobFactory(priority="urgent"),
            JobFactory(priority="low"),
            JobFactory(priority="urgent", status=Job.Status.CANCELLED, cancelled_at=timezone.now()),
        )
        plan = requested(api.post(PLANS, {"filter": {"priority": ["urgent"]}, **days()}))
        assert plan["scope"]["jobs"] == [str(urgent.pk)]

    def test_an_area_narrows_the_jobs(self, api: APIClient) -> None:
        near, far = JobFactory(), JobFactory(zip_code="10001", latitude=Decimal("40.75"), longitude=Decimal("-73.99"))
        both = [str(near.pk), str(far.pk)]
        for area in [
            {"zip_code": "78701", "miles": 25},
            {"latitude": 30.26, "longitude": -97.74, "miles": 25},
            {"zip_codes": ["78701"]},
            {"zip_codes": ["78745", "78701", "78745"], "miles": 3},
        ]:
            plan = requested(api.post(PLANS, {"jobs": both, "area": area, **days()}))
            assert plan["scope"]["jobs"] == [str(near.pk)], area

    def test_a_filter_that_no_job_matches_gives_a_plan_without_jobs(self, api: APIClient) -> None:
        assert requested(api.post(PLANS, {"filter": {"type": ["tile"]}, **days()}))["scope"]["jobs"] == []

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "jobs"),
            ({"jobs": []}, "jobs"),
            ({"jobs": [NOBODY]}, "jobs"),
            ({"jobs": ["x"]}, "jobs.0"),
            ({"jobs": [NOBODY], "filter": {}}, "jobs"),
            ({"filter": {"color": "red"}}, "filter.color"),
            ({"filter": {"type": ["wood"]}}, "filter.type.0"),
            ({"filter": {}, "area": {"zip_code": "78701"}}, "area"),
            ({"filter": {}, "area": {"zip_code": "00000", "miles": 5}}, "area.zip_code"),
            ({"filter": {}, "area": {"zip_codes": ["78701", "00000"], "miles": 5}}, "area.zip_codes"),
            (
                {"filter": {}, "area": {"zip_codes": [str(code) for code in range(78701, 78722)], "miles": 5}},
                "area.zip_codes",
            ),
            ({"filter": {}, "first_day": "2020-01-01"}, "first_day"),
            ({"filter": {}, "last_day": "2020-01-01"}, "last_day"),
            ({"filter": {}, "contractors": [NOBODY]}, "contractors"),
            ({"filter": {}, "excluded": [{"contractor": NOBODY}]}, "excluded.0.reason"),
            ({"filter": {}, "locks": [{"assignment": NOBODY, "lock": "all"}]}, "locks.0.lock"),
            ({"filter": {}, "last_days": [{"job": NOBODY, "day": "2030-03-04"}]}, "last_days"),
            ({"filter": {}, "start_hours": [{"job": NOBODY, "earliest": "08:00", "latest": "12:00"}]}, "start_hours"),
            ({"filter": {}, "start_hours": [{"job": NOBODY, "earliest": "8"}]}, "start_hours.0.earliest"),
            ({"filter": {}, "may_change": "everything"}, "may_change"),
            ({"filter": {}, "max_changes": -1}, "max_changes"),
            ({"filter": {}, "seed": 1.5}, "seed"),
            ({"filter": {}, "secret": 1}, "secret"),
        ],
    )
    def test_bad_input_is_named_and_makes_no_plan(self, api: APIClient, body: dict[str, Any], field: str) -> None:
        refused_field(api.post(PLANS, {**days(), **body}), field)
        assert not Plan.objects.exists()
        assert not OutboxEvent.objects.exists()

    def test_a_job_that_is_not_open(self, api: APIClient) -> None:
        booked = AssignmentFactory()
        document = problem(api.post(PLANS, {"jobs": [str(booked.job_id)], **days()}), 409, "job-not-open")
        assert document["jobs"] == [booked.job.job_number]

    def test_too_many_days(self, api: APIClient) -> None:
        body = {"filter": {}, **days(60)}
        assert problem(api.post(PLANS, body), 422, "plan-too-large")["limit"] == {"days": 31}

    def test_the_same_key_makes_one_plan(self, api: APIClient) -> None:
        answers = [api.post(PLANS, {"filter": {}, **days()}, headers={"Idempotency-Key": "one"}) for _ in range(2)]
        assert [answer["Location"] for answer in answers] == [answers[0]["Location"]] * 2
        assert Plan.objects.count() == 1


class TestRead:
    def test_the_list_has_no_scopes_and_a_fixed_number_of_queries(
        self, api: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        PlanFactory.create_batch(20)
        with django_assert_max_num_queries(4):
            page = api.get(f"{PLANS}?page_size=100&state=queued").json()
        assert page["count"] == 20
        assert "scope" not in page["results"][0]

    def test_the_gap_to_the_bound(self, api: APIClient, plan: Plan) -> None:
        shown = api.get(f"{PLANS}{plan.pk}/").json()
        assert (shown["worth"], shown["bound"], shown["gap_percent"]) == (20_000, 20_100, 0.5)

    def test_items_with_the_parts_of_their_worth(
        self, api: APIClient, plan: Plan, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(10):
            proposal(plan, start=at(9 + number % 5, days=2))
        with django_assert_max_num_queries(5):
            items = api.get(f"{PLANS}{plan.pk}/items/", {"page_size": 100}).json()["results"]
        assert len(items) == 10
        assert items[0]["parts"] == {"priority": 15_000, "score": 8_000, "travel": -100, "fairness": 0, "disruption": 0}
        assert sum(items[0]["parts"].values()) == items[0]["worth"]
        assert items[0]["time_slot"]["start"]

    def test_items_by_action(self, api: APIClient, plan: Plan) -> None:
        proposal(plan)
        assert api.get(f"{PLANS}{plan.pk}/items/", {"action": "move"}).json()["count"] == 0
        assert api.get(f"{PLANS}{plan.pk}/items/", {"action": "book"}).json()["count"] == 1
        refused_field(api.get(f"{PLANS}{plan.pk}/items/", {"action": "steal"}), "action")

    def test_misses_with_what_could_be_done(self, api: APIClient, plan: Plan) -> None:
        PlanMiss.objects.create(
            plan=plan, position=1, job=JobFactory(), code="time-ran-out", sentence="At most 0.8% could be gained."
        )
        (miss,) = api.get(f"{PLANS}{plan.pk}/misses/").json()["results"]
        assert (miss["code"], miss["sentence"]) == ("time-ran-out", "At most 0.8% could be gained.")
        assert all(offer["text"] and offer["change"] for offer in miss["what_ifs"])

    def test_the_comparison(self, api: APIClient, plan: Plan) -> None:
        shown = api.get(f"{PLANS}{plan.pk}/compare/").json()
        assert shown["plan"]["planned"] == 2
        assert shown["by_hand"]["planned"] is None

    @pytest.mark.parametrize("part", ["", "items/", "misses/", "compare/", "export/"])
    def test_an_unknown_plan(self, api: APIClient, part: str) -> None:
        problem(api.get(f"{PLANS}{NOBODY}/{part}"), 404, "not-found")

    def test_a_manager_sees_no_score_and_no_place(self, plan: Plan) -> None:
        proposal(plan)
        PlanMiss.objects.create(plan=plan, position=1, job=JobFactory(), code="nobody-eligible", sentence="9 miles.")
        manager = client_as(Role.MANAGER)
        (item,) = manager.get(f"{PLANS}{plan.pk}/items/").json()["results"]
        hidden = ("score", "rank", "worth", "miles_before", "miles_after")
        assert {name: item[name] for name in hidden} == dict.fromkeys(hidden)
        figures = manager.get(f"{PLANS}{plan.pk}/compare/").json()["plan"]
        assert (figures["planned"], figures["miles"], figures["mean_score"]) == (2, None, None)
        assert manager.get(f"{PLANS}{plan.pk}/").json()["worth"] is None
        assert item["parts"] == {
            "priority": 15_000,
            "score": None,
            "travel": None,
            "fairness": None,
            "disruption": 0,
        }
        (miss,) = manager.get(f"{PLANS}{plan.pk}/misses/").json()["results"]
        assert (miss["code"], miss["sentence"], miss["numbers"]) == ("nobody-eligible", None, None)
        rows = list(csv.DictReader(io.StringIO(manager.get(f"{PLANS}{plan.pk}/export/").content.decode("utf-8-sig"))))
        assert (rows[0]["score"], rows[0]["worth"], rows[0]["action"]) == ("", "", "book")

    def test_the_file(self, api: APIClient, plan: Plan) -> None:
        item = proposal(plan, contractor=ContractorFactory(name="=1+1"))
        response = api.get(f"{PLANS}{plan.pk}/export/")
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"] == f'attachment; filename="{plan.number}.csv"'
        (row,) = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline=""))
        assert (row["job_number"], row["contractor"], row["score"]) == (item.job.job_number, "'=1+1", "0.8000")
        assert AuditEntry.objects.get(act="data-exported").details["rows"] == 1


class TestAct:
    def test_a_queued_plan_is_canceled_once(self, api: APIClient) -> None:
        plan = PlanFactory()
        assert api.post(f"{PLANS}{plan.pk}/cancel/").json()["state"] == "cancelled"
        problem(api.post(f"{PLANS}{plan.pk}/cancel/"), 409, "invalid-transition")
        problem(api.post(f"{PLANS}{plan.pk}/stop/"), 409, "invalid-transition")

    def test_a_proposal_is_discarded_if_it_is_the_one_that_was_read(self, api: APIClient, plan: Plan) -> None:
        url = f"{PLANS}{plan.pk}/"
        problem(api.post(f"{url}discard/", headers={"If-Match": '"other"'}), 412, "precondition-failed")
        tag = api.get(url)["ETag"]
        assert api.post(f"{url}discard/", headers={"If-Match": tag}).json()["state"] == "discarded"

    def test_the_rest_is_planned_again(self, api: APIClient) -> None:
        first = requested(api.post(PLANS, {"jobs": [str(JobFactory().pk)], **days()}))
        Plan.objects.update(state="ready")
        again = requested(api.post(f"{PLANS}{first['id']}/replan/", {"change": {"effort": "thorough"}}))
        assert (again["parent"], again["effort"]) == (first["id"], "thorough")
        refused_field(api.post(f"{PLANS}{first['id']}/replan/", {"change": {"luck": True}}), "change.luck")
        refused_field(api.post(f"{PLANS}{first['id']}/replan/", {"change": {}}), "change")
        refused_field(api.post(f"{PLANS}{first['id']}/replan/", {"change": 7}), "change")

    def test_one_item_is_booked_and_undone(self, api: APIClient, plan: Plan) -> None:
        item, _other = proposal(plan), proposal(plan, start=at(13, days=2))
        answer = api.post(f"{PLANS}{plan.pk}/accept/", {"items": [item.pk]}).json()
        assert (answer["accepted"], answer["stale"]) == ([item.pk], [])
        assert answer["plan"]["state"] == "partly_accepted"
        assert Assignment.objects.get().slot == item.slot
        assert api.post(f"{PLANS}{plan.pk}/undo/").json()["state"] == "ready"
        assert not Assignment.objects.live().exists()

    def test_the_others_are_booked_when_one_is_stale(self, api: APIClient, plan: Plan) -> None:
        good, taken = proposal(plan), proposal(plan)
        take(taken)
        answer = api.post(f"{PLANS}{plan.pk}/accept/", {}).json()
        assert answer["accepted"] == [good.pk]
        (stale,) = answer["stale"]
        assert (stale["item"], stale["job_number"], stale["code"]) == (
            taken.pk,
            taken.job.job_number,
            "slot-unavailable",
        )
        assert taken.contractor
        assert taken.contractor.name in stale["message"]
        assert stale["suggestion"]["time_slot"]["start"]

    def test_all_or_nothing(self, api: APIClient, plan: Plan) -> None:
        _good, taken = proposal(plan), proposal(plan)
        take(taken)
        before = Assignment.objects.count()
        document = problem(api.post(f"{PLANS}{plan.pk}/accept/", {"all_or_nothing": True}), 409, "plan-stale")
        assert [each["item"] for each in document["stale"]] == [taken.pk]
        assert Assignment.objects.count() == before

    def test_a_repeated_acceptance_books_once(self, api: APIClient, plan: Plan) -> None:
        item = proposal(plan)
        answers = [
            api.post(f"{PLANS}{plan.pk}/accept/", {}, headers={"Idempotency-Key": key}) for key in ("one", "one", "two")
        ]
        assert [answer.json()["accepted"] for answer in answers] == [[item.pk]] * 3
        assert [answer.get("Idempotency-Replayed") for answer in answers] == [None, "true", None]
        assert Assignment.objects.count() == 1
        problem(
            api.post(f"{PLANS}{plan.pk}/accept/", {"items": [item.pk]}, headers={"Idempotency-Key": "one"}),
            422,
            "idempotency-key-reused",
        )

    def test_an_item_of_another_plan(self, api: APIClient, plan: Plan) -> None:
        other = proposal(PlanFactory(state="ready"))
        refused_field(api.post(f"{PLANS}{plan.pk}/accept/", {"items": [other.pk]}), "items")
        refused_field(api.post(f"{PLANS}{plan.pk}/accept/", {"items": []}), "items")
        refused_field(api.post(f"{PLANS}{plan.pk}/accept/", {"items": ["x"]}), "items.0")
        assert not Assignment.objects.exists()
