"""The pages of plans: from a selection to a scope, progress, the proposal, acceptance."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from jobs.models import Job
from recommendations.planning.admin.comparison import scope_sentence
from recommendations.planning.models import Plan, PlanItem, PlanMiss
from recommendations.planning.scope import Scope
from smartscheduler.accounts.permissions import Role
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, PlanFactory, PlanItemFactory, at
from tests.pages import PageResponse, fields, signed_in
from tests.recommendations.planning.test_api import take
from tests.recommendations.test_replace_bookings_page import message_of

pytestmark = pytest.mark.django_db

ADD, JOBS = reverse("admin:planning_plan_add"), reverse("admin:jobs_job_changelist")


UNKNOWN = "00000000-0000-4000-8000-000000000001"


def choices(field: str) -> str:
    return reverse("admin:planning_plan_choices", args=[field])


def page_of(plan: Plan, name: str = "change") -> str:
    return reverse(f"admin:planning_plan_{name}", args=[plan.pk])


def text_of(response: PageResponse) -> str:
    assert response.status_code == 200, response
    return " ".join(response.content.decode().split())


@pytest.fixture
def plan() -> Plan:
    return PlanFactory(
        state="ready",
        worth=20_000,
        bound=20_160,
        figures={
            "today": {"planned": 0, "unplanned": 3, "miles": 0},
            "by_hand": {"planned": 1, "unplanned": 2, "miles": 30.5},
            "plan": {"planned": 2, "unplanned": 1, "miles": 12.5},
        },
        expires_at=timezone.now() + timedelta(hours=48),
    )


def proposal(plan: Plan, **values: Any) -> PlanItem:
    values = {"score": Decimal("0.8"), "priority_worth": 15_000, "travel": 100, "worth": 22_900, "rank": 1, **values}
    return PlanItemFactory(plan=plan, candidates_considered=3, candidates_exact=True, **values)


class TestScope:
    def test_selected_jobs_lead_to_a_page_that_says_what_the_plan_reads(self) -> None:
        ContractorFactory.create_batch(2)
        chosen, _other = JobFactory.create_batch(2), JobFactory()
        client = signed_in()
        sent = {"action": "plan_selected", "_selected_action": [str(job.pk) for job in chosen]}
        response = client.post(JOBS, sent)
        assert response["Location"].startswith(f"{ADD}?id=")
        shown = text_of(client.get(response["Location"]))
        assert "2 selected jobs." in shown
        assert (
            "2 jobs, 2 contractors could do at least one, 7 days, 0 bookings stay as they are, none may move." in shown
        )
        assert "Plan 2 jobs" in shown

    def test_a_list_with_its_filters_is_planned(self) -> None:
        JobFactory(priority="urgent")
        JobFactory(priority="low")
        client = signed_in()
        shown = text_of(client.get(JOBS, {"priority__exact": "urgent"}))
        assert f"{ADD}?list=priority__exact%3Durgent" in shown
        assert "1 job, " in text_of(client.get(ADD, {"list": "priority__exact=urgent"}))
        assert "2 jobs, " in text_of(client.get(ADD))

    def test_the_form_requests_the_plan(self) -> None:
        job, client = JobFactory(), signed_in()
        sent = {"id": str(job.pk), "first_day": "tomorrow", "last_day": "tomorrow", "may_change": "pending"}
        response = client.post(ADD, {**sent, "max_changes": "2", "effort": "quick"})
        plan = Plan.objects.get()
        assert response["Location"] == page_of(plan)
        assert (plan.scope["jobs"], plan.may_change, plan.scope["max_changes"]) == ([str(job.pk)], "pending", 2)
        assert "Waiting for the worker." in text_of(client.get(page_of(plan)))

    @pytest.mark.parametrize(
        ("sent", "text"),
        [
            ({"first_day": "2020-01-01"}, "in the past"),
            ({"last_day": "2020-01-01"}, "The last day is before the first day."),
            ({"zip_codes": "78701 00000"}, "The location of this ZIP code is unknown: 00000."),
            ({"zip_codes": "00000, 00001,78701"}, "The locations of these ZIP codes are unknown: 00000, 00001."),
            ({"zip_codes": "78701, 7870; Austin"}, "Not ZIP codes: 7870, Austin."),
            ({"zip_codes": " ".join(str(code) for code in range(78701, 78722))}, "from at most 20 ZIP codes."),
            ({"may_change": "everything"}, "Select a valid choice."),
            ({"max_changes": "-1"}, "greater than or equal to 0"),
            ({"freeze_hours": "400"}, "less than or equal to 336"),
            ({"freeze_hours": ""}, "This field is required."),
            ({"contractors": "x"}, "“x” is not an id."),
            ({"contractors": UNKNOWN}, f"There is no record with this id: {UNKNOWN}."),
            (
                {"contractors-typed": "Ann"},
                "“Ann” is not selected. Choose it from the suggestions, or delete the text.",
            ),
            ({"contractors": [str(number) for number in range(101)]}, "Choose at most 100."),
            ({"excluded": UNKNOWN}, f"{UNKNOWN}: Enter a reason."),
            ({"excluded": UNKNOWN, f"excluded-{UNKNOWN}": "x" * 501}, "The reason has at most 500 characters."),
            ({"excluded": UNKNOWN, f"excluded-{UNKNOWN}": "On leave"}, f"There is no record with this id: {UNKNOWN}."),
            ({"locks": UNKNOWN, f"locks-{UNKNOWN}": "never"}, f"{UNKNOWN}: Choose what stays."),
            ({"locks": UNKNOWN, f"locks-{UNKNOWN}": "day"}, f"There is no record with this id: {UNKNOWN}."),
        ],
    )
    def test_bad_input_is_named_beside_its_field_and_makes_no_plan(self, sent: dict[str, Any], text: str) -> None:
        JobFactory()
        shown = text_of(signed_in().post(ADD, sent))
        [name] = {name.partition("-")[0] for name in sent}
        beside = shown.split(f'id="errors-{name}">')[1].split("</ul>")[0]
        assert text in beside
        assert f'Correct these fields first: <a class="text-link underline" href="#id_{name}">' in shown
        assert not Plan.objects.exists()

    def test_all_errors_are_named_at_once(self) -> None:
        sent = {"first_day": "2020-01-01", "zip_codes": "00000", "miles": "0", "freeze_hours": "x"}
        shown = text_of(signed_in().post(ADD, sent))
        wrong = shown.split("Correct these fields first:")[1].split("</p>")[0]
        for name in sent:
            assert f'href="#id_{name}"' in wrong
        assert not Plan.objects.exists()

    def test_the_area_is_around_zip_codes_or_exactly_these(self) -> None:
        here = JobFactory()  # 78701
        north = JobFactory(zip_code="78758", latitude="30.3881", longitude="-97.7068")
        JobFactory(zip_code="10001", latitude="40.75", longitude="-73.99")
        client = signed_in()
        for typed, miles, expected in [
            ("78701", "25", {here, north}),
            ("78701, 78701-1234", "3", {here}),
            ("78701;10301 78758", "3", {here, north}),
            ("78758 10301", "", {north}),
            ("10302", "", set()),
        ]:
            client.post(ADD, {"zip_codes": typed, "miles": miles})
            plan = Plan.objects.order_by("-created_at").first()
            assert plan
            assert set(plan.scope["jobs"]) == {str(job.pk) for job in expected}, (typed, miles)

    def test_contractors_and_bookings_are_chosen(self) -> None:
        job, kept = JobFactory(), AssignmentFactory()
        only, out = ContractorFactory(), ContractorFactory(name="Oda Out")
        sent: dict[str, Any] = {"id": str(job.pk), "may_change": "pending", "freeze_hours": "48"}
        sent |= {"lead_hours": "5"}
        sent |= {"contractors": [str(only.pk), str(out.pk)], "excluded": str(out.pk)}
        sent |= {f"excluded-{out.pk}": " Fixes the van ", "locks": str(kept.pk), f"locks-{kept.pk}": "day"}
        client = signed_in()
        response = client.post(ADD, {**sent, "preview": "1"})
        assert "1 job, 1 contractor could do at least one" in text_of(response)
        # The address shows the same page again.
        assert not Plan.objects.exists()
        shown = text_of(client.get(response["HX-Replace-Url"]))
        assert "1 job, 1 contractor could do at least one" in shown
        assert f'name="excluded-{out.pk}" value=" Fixes the van "' in shown
        assert 'aria-label="Reason why Oda Out is left out"' in shown
        assert '<option value="day" selected>Day</option>' in shown
        client.post(ADD, sent)
        shown = text_of(client.get(page_of(plan := Plan.objects.get())))
        assert "Only 2 contractors: " in shown
        assert "Left out: Oda Out (Fixes the van)" in shown
        assert f"Stays: {kept.job.job_number} (day)" in shown
        assert "No change of bookings within 48 hours" in shown
        assert "Nothing new within 5 hours" in shown
        assert "Left out: Oda Out</li>" in text_of(signed_in(Role.MANAGER).get(page_of(plan)))
        scope = plan.scope
        assert sorted(scope["contractors"]) == sorted([str(only.pk), str(out.pk)])
        assert scope["excluded"] == {str(out.pk): "Fixes the van"}
        assert (scope["locks"], scope["freeze_hours"], scope["lead_hours"]) == ({str(kept.pk): "day"}, 48, 5)

    def test_one_of_the_chosen_contractors_must_stay(self) -> None:
        JobFactory()
        pk = str(ContractorFactory().pk)
        shown = text_of(signed_in().post(ADD, {"contractors": pk, "excluded": pk, f"excluded-{pk}": "Ill"}))
        assert "All chosen contractors are left out. Leave at least one." in shown
        assert not Plan.objects.exists()

    def test_an_address_that_would_be_too_long_stays_as_it_is(self) -> None:
        JobFactory()
        people = ContractorFactory.create_batch(30)
        sent: dict[str, Any] = {"preview": "1", "excluded": [str(each.pk) for each in people]}
        sent |= {f"excluded-{each.pk}": "x" * 450 for each in people}
        response = signed_in().post(ADD, sent)
        assert "0 contractors could do at least one" in text_of(response)
        assert "HX-Replace-Url" not in response

    def test_a_second_click_leads_to_the_same_plan(self) -> None:
        job, client = JobFactory(), signed_in()
        sent = fields(client, f"{ADD}?id={job.pk}", "plan-form")
        first, second = client.post(ADD, sent), client.post(ADD, sent)
        assert first["Location"] == second["Location"] == page_of(Plan.objects.get())
        signed_in().post(ADD, {**sent, "token": str(uuid4())})
        assert Plan.objects.count() == 2

    def test_the_page_takes_the_same_queries_with_many_contractors(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        JobFactory.create_batch(3)
        chosen = [str(each.pk) for each in ContractorFactory.create_batch(20)]
        client = signed_in()
        with django_assert_max_num_queries(24):
            client.get(ADD, {"contractors": chosen})

    def test_closed_jobs_cannot_be_planned(self) -> None:
        booked, client = AssignmentFactory(), signed_in()
        client.post(f"{JOBS}?all=1", {"action": "plan_selected", "_selected_action": str(booked.job_id)})
        response = client.get(ADD, {"id": str(booked.job_id)})
        assert f"This job is not open: {booked.job.job_number}." in text_of(response)

    def test_a_manager_makes_no_plan(self) -> None:
        job, manager = JobFactory(), signed_in(Role.MANAGER)
        assert manager.get(ADD).status_code == 403
        assert "Plan the open jobs of this list" not in text_of(manager.get(JOBS))
        response = manager.post(JOBS, {"action": "plan_selected", "_selected_action": str(job.pk)})
        assert ADD not in response.get("Location", "")

    def test_the_sentence(self) -> None:
        assert scope_sentence(jobs=60, contractors=214, days=5, kept=38, movable=0) == (
            "60 jobs, 214 contractors could do at least one, 5 days, 38 bookings stay as they are, none may move."
        )
        assert scope_sentence(jobs=1, contractors=1, days=1, kept=1, movable=2) == (
            "1 job, 1 contractor could do at least one, 1 day, 1 booking stays as it is, 2 may move."
        )


class TestChoices:
    def test_contractors_are_found_by_name_and_email(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        ann = ContractorFactory(name="Ann Long-Name", email="tiles@example.com")
        ContractorFactory(name="Ann Away", status="inactive")
        ContractorFactory.create_batch(20)
        client = signed_in()
        for q in ("ann", "tiles@"):
            with django_assert_max_num_queries(6):
                shown = text_of(client.get(choices("excluded"), {"q": q}))
            assert shown.count('role="option"') == 1
            assert f'<input type="hidden" name="excluded" value="{ann.pk}">' in shown
            assert f'name="excluded-{ann.pk}"' in shown
        assert f'name="contractors-{ann.pk}"' not in text_of(client.get(choices("contractors"), {"q": "ann"}))

    def test_coming_bookings_are_found_by_job_customer_and_contractor(self) -> None:
        kept = AssignmentFactory(contractor=ContractorFactory(name="Bea Booked"))
        Job.objects.filter(pk=kept.job_id).update(customer_name="Mara Miller")
        AssignmentFactory(contractor=kept.contractor, start=at(9, days=-3))
        client = signed_in()
        for q in ("bea", "miller", kept.job.job_number, "bea miller"):
            shown = text_of(client.get(choices("locks"), {"q": q}))
            assert shown.count('role="option"') == 1, q
            assert '<option value="contractor_and_time" selected>' in shown

    @pytest.mark.parametrize("q", ["", "zz", "\x00", "x" * 101])
    def test_nothing_matches(self, q: str) -> None:
        ContractorFactory(name="Ann")
        assert "No active contractor has this name." in text_of(signed_in().get(choices("contractors"), {"q": q}))

    def test_other_fields_and_other_roles_have_no_choices(self) -> None:
        assert signed_in().get(choices("effort")).status_code == 404
        assert signed_in(Role.MANAGER).get(choices("contractors"), {"q": "an"}).status_code == 403


class TestProgress:
    def test_a_run_shows_the_best_plan_so_far(self) -> None:
        best = {"planned": 57, "unplanned": 3, "miles": 210.4, "worth": 1_000_000, "bound": 1_008_000}
        plan = PlanFactory(state="running", started_at=timezone.now(), percent=40, progress=best)
        client = signed_in()
        for url in (page_of(plan), page_of(plan, "progress")):
            shown = text_of(client.get(url))
            assert "40% of the work" in shown
            assert "At most 0.80% better is possible." in shown
        assert "Stop and keep" in text_of(client.get(page_of(plan)))
        client.post(page_of(plan, "stop"))
        assert "It stops and keeps the best plan so far." in text_of(client.get(page_of(plan)))

    def test_the_queue_has_places(self) -> None:
        PlanFactory()
        second = PlanFactory()
        assert "Plans ahead of it: 1." in text_of(signed_in().get(page_of(second)))

    def test_the_page_loads_again_when_the_run_has_ended(self, plan: Plan) -> None:
        assert signed_in().get(page_of(plan, "progress"))["HX-Refresh"] == "true"

    def test_a_failure_says_why(self) -> None:
        plan = PlanFactory(state="failed", failure="The worker was stopped twice. Try a smaller plan.")
        assert "The worker was stopped twice. Try a smaller plan." in text_of(signed_in().get(page_of(plan)))


class TestProposal:
    def test_the_comparison_and_the_bound(self, plan: Plan) -> None:
        proposal(plan)
        shown = text_of(signed_in().get(page_of(plan)))
        assert "At most 0.8% better is possible." in shown
        row = '<th scope="row">Miles between jobs</th><td>0.0</td><td>30.5</td><td class="better">12.5'
        assert row in shown

    def test_the_changes_the_board_and_the_map(self, plan: Plan) -> None:
        new = proposal(plan, contractor=ContractorFactory(name="Nora New"))
        booking = AssignmentFactory(start=at(9, days=2))
        moved = proposal(
            plan,
            action="move",
            job=booking.job,
            contractor=booking.contractor,
            start=at(13, days=2),
            previous_assignment=booking,
            previous_version=booking.version,
            previous_contractor=booking.contractor,
            previous_slot=booking.time_slot,
        )
        response = signed_in().get(page_of(plan))
        shown = text_of(response)
        assert "rank 1 of 3 for this job alone" in shown
        assert "so far: " in shown
        kinds = {
            (row.contractor.name, block.kind, block.number)
            for row in response.context["board"].rows
            for _day, blocks in row.cells
            for block in blocks
        }
        assert kinds == {
            ("Nora New", "proposed", new.job.job_number),
            (booking.contractor.name, "leaves", booking.job.job_number),
            (booking.contractor.name, "proposed", moved.job.job_number),
        }
        drawn = response.context["map"]
        assert {stop["kind"] for stop in drawn["stops"]} == {"today", "proposed"}
        # Scripts put the map of another state in its place.
        assert 'data-plan-part="map"' in response.content.decode()
        moved.state = "stale"
        moved.save()
        stops = signed_in().get(page_of(plan)).context["map"]["stops"]
        assert {stop["kind"] for stop in stops if stop["url"] == f"#item-{moved.pk}"} == {"stale"}
        assert [choice["text"] for choice in response.context["filters"]] == ["All", "New", "Moved"]

    def test_a_bundle_says_what_belongs_together(self, plan: Plan) -> None:
        first, second = proposal(plan, bundle=900), proposal(plan, bundle=900, start=at(13, days=2))
        shown = text_of(signed_in().get(page_of(plan)))
        sentence = "Belongs with {number}: one of them uses time that another one frees."
        assert sentence.format(number=second.job.job_number) in shown
        assert sentence.format(number=first.job.job_number) in shown

    def test_the_number_of_queries_does_not_grow(
        self, plan: Plan, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(12):
            proposal(plan, start=at(8 + number % 8, days=2))
            PlanMiss.objects.create(plan=plan, position=number, job=JobFactory(), code="time-ran-out")
        client = signed_in()
        with django_assert_max_num_queries(20):
            client.get(page_of(plan))

    def test_jobs_left_out_have_reasons_and_changes(self, plan: Plan) -> None:
        job = JobFactory()
        PlanMiss.objects.create(
            plan=plan, position=1, job=job, code="time-ran-out", sentence="At most 0.8% could still be gained."
        )
        client = signed_in()
        response = client.get(page_of(plan))
        assert "At most 0.8% could still be gained." in text_of(response)
        [row] = response.context["misses"]
        assert row.changes
        Plan.objects.update(scope={**new_scope(job), "effort": "normal"})
        again = client.post(page_of(plan, "what-if"), {"change": row.changes[0][1]})
        child = Plan.objects.get(parent=plan)
        assert (again["Location"], child.kind) == (page_of(child), "what_if")
        assert child.number in text_of(client.get(page_of(plan)))
        client.post(page_of(plan, "what-if"), {"change": "["})
        assert Plan.objects.count() == 2

    def test_a_manager_looks_and_changes_nothing(self, plan: Plan) -> None:
        proposal(plan)
        PlanMiss.objects.create(plan=plan, position=1, job=JobFactory(), code="locked", sentence="Only 9 miles away.")
        manager = signed_in(Role.MANAGER)
        shown = text_of(manager.get(page_of(plan)))
        assert "Jobs planned" in shown
        for hidden in (
            "Miles between jobs",
            "score 0.80",
            "rank 1",
            "Only 9 miles away.",
            "Accept all",
            page_of(plan, "discard"),
        ):
            assert hidden not in shown
        assert "A lock prevents it." in shown
        assert manager.post(page_of(plan, "accept"), {"all": "1"}).status_code == 403
        assert manager.post(page_of(plan, "discard")).status_code == 403
        assert not Assignment.objects.exists()


def new_scope(*jobs: Job) -> dict[str, Any]:
    first, last = (at(0, days=days).date() for days in (1, 3))
    return Scope(jobs=[job.pk for job in jobs], first_day=first, last_day=last).as_json()


class TestAcceptance:
    def test_all_changes(self, plan: Plan) -> None:
        items = [proposal(plan), proposal(plan)]
        client = signed_in()
        response = client.post(page_of(plan, "accept"), {"all": "1"})
        assert response["Location"] == f"{page_of(plan)}#changes"
        assert "Booked: 2." in message_of(response)
        assert set(Assignment.objects.values_list("job", flat=True)) == {item.job_id for item in items}
        assert "Undo the acceptance" in text_of(client.get(page_of(plan)))
        client.post(page_of(plan, "undo"))
        assert not Assignment.objects.live().exists()

    def test_some_or_one(self, plan: Plan) -> None:
        first, second, third = proposal(plan), proposal(plan), proposal(plan)
        client = signed_in()
        client.post(page_of(plan, "accept"), {"item": [str(first.pk), "x", "9" * 30]})
        client.post(page_of(plan, "accept"), {"one": str(second.pk), "item": str(third.pk)})
        assert set(Assignment.objects.values_list("job", flat=True)) == {first.job_id, second.job_id}

    def test_the_content_for_scripts_leaves_the_messages_to_the_page(self, plan: Plan) -> None:
        item = proposal(plan)
        client = signed_in()
        client.post(page_of(plan, "accept"), {"all": "1"})
        content = text_of(client.get(page_of(plan), {"content": ""}))
        assert content.startswith('<div class="plan"')
        assert f'id="item-{item.pk}" class="accepted"' in content
        assert "Booked: 1." in text_of(client.get(page_of(plan)))

    def test_nothing_selected(self, plan: Plan) -> None:
        proposal(plan)
        response = signed_in().post(page_of(plan, "accept"), {})
        assert "Select the changes to accept." in message_of(response)
        assert not Assignment.objects.exists()

    def test_a_stale_change_is_named_with_what_can_be_done(self, plan: Plan) -> None:
        good, taken = proposal(plan), proposal(plan)
        take(taken)
        client = signed_in()
        watched = client.get(page_of(plan, "watch")).json()
        assert (watched["state"], [each["id"] for each in watched["stale"]]) == ("ready", [str(taken.pk)])
        response = client.post(page_of(plan, "accept"), {"all": "1"})
        assert "Booked: 1. Failed: 1." in message_of(response)
        assert "Instead: " in message_of(response)
        assert taken.job.job_number in message_of(response)
        shown = text_of(client.get(page_of(plan)))
        assert "No longer possible" in shown
        assert Assignment.objects.filter(job=good.job).exists()


class TestHistory:
    def test_the_list_of_plans(self, plan: Plan, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        PlanFactory.create_batch(5)
        client = signed_in()
        with django_assert_max_num_queries(12):
            shown = text_of(client.get(reverse("admin:planning_plan_changelist")))
        assert plan.number in shown
        assert "2 of 3" in shown
        assert "0.80%" in shown
        assert plan.number in text_of(signed_in(Role.MANAGER).get(reverse("admin:planning_plan_changelist")))

    def test_home_says_that_a_plan_is_ready(self, plan: Plan) -> None:
        shown = text_of(signed_in().get(reverse("admin:index")))
        assert "Plans ready to accept" in shown
        assert plan.number in shown
        client = signed_in()
        listed = client.get(reverse("admin:planning_plan_changelist"), {"state__in": "ready,stopped,partly_accepted"})
        assert plan.number in text_of(listed)

    @pytest.mark.parametrize("odd", ["x", "00000000-0000-4000-8000-000000000000"])
    def test_an_unknown_plan(self, client: Client, odd: str) -> None:
        assert signed_in().get(f"/admin/planning/plan/{odd}/change/").status_code in {302, 404}
