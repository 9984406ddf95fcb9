"""The Recommend page: candidates, explanations, reasons, and assignment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from assignments.services import assign_job
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.entry.moments import write_day
from smartscheduler.core.formatting import local_slot
from smartscheduler.events.models import OutboxEvent
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db


def url(job: Job, query: str = "") -> str:
    return reverse("admin:jobs_job_recommend", args=[job.pk]) + query


def assign(
    client: Client, job: Job, contractor: Contractor, start: datetime | None = None, *, follow: bool = True, **more: str
) -> PageResponse:
    """The second step; the first one only asks."""
    when = (start or at(9, days=2)).isoformat()
    sent = {"contractor": str(contractor.pk), "start": when, "confirmed": "1", **more}
    return client.post(url(job), sent, follow=follow)


def nothing_assigned(job: Job) -> bool:
    job.refresh_from_db()
    booked = OutboxEvent.objects.filter(type="JobAssigned").exists()
    return (job.status, job.assignments.exists(), booked) == ("open", False, False)


def test_shows_the_ranking_with_its_reasons() -> None:
    near, far = ContractorFactory(name="Near Floors"), ContractorFactory(name="Far Floors", rating=Decimal("2.50"))
    ContractorFactory(name="Tile Only", type="tile")
    response = signed_in().get(url(JobFactory()))
    seen = response.content.decode()
    assert [card["contractor"] for card in response.context["cards"]] == [near, far]
    for text in ["0.9300", "1.00</strong> × 0.40 = 0.4000", 'rect width="80"', "0.0 miles, 0 min (straight line)"]:
        assert text in seen
    assert "Free on the desired day" in seen
    assert "8:00–10:00 AM" in seen
    assert "2 available of 2 contractors who meet the requirements" in " ".join(seen.split())
    assert "Tile Only" not in seen


def test_slots_are_shown_in_local_time_of_the_site() -> None:
    ContractorFactory()
    response = signed_in().get(url(JobFactory(time_zone="America/Los_Angeles")))
    offer = response.context["cards"][0]["offers"][0]
    assert offer.hours == "6:00–8:00 AM"
    assert offer.value == at(8, days=2).astimezone(UTC).isoformat()


def test_the_first_click_asks_and_books_nothing() -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    offer = client.get(url(job)).context["cards"][0]["offers"][0]
    choice = {"contractor": str(contractor.pk), "start": offer.value, "override_reason": "Has the key"}
    asked = client.post(url(job), choice)
    assert nothing_assigned(job)
    assert (asked.context["contractor"], asked.context["slot"]) == (contractor, offer.full)
    assert 'value="Has the key"' in asked.content.decode()


def test_the_second_click_assigns_and_goes_to_the_assignment() -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    card = client.get(url(job)).context["cards"][0]
    choice = {"contractor": str(card["contractor"].pk), "start": card["offers"][0].value, "confirmed": "1"}
    response = client.post(url(job), choice)
    assignment = Assignment.objects.get()
    assert response["Location"] == reverse("admin:assignments_assignment_change", args=[assignment.pk])
    assert (assignment.contractor, assignment.slot.start) == (contractor, at(8, days=2))
    assert OutboxEvent.objects.get().type == "JobAssigned"


def test_the_page_itself_asks_for_the_ranking_alone() -> None:
    """As htmx does: the address can be kept, and a browser does not take the part for the whole."""
    ContractorFactory(name="Ann")
    job, client = JobFactory(), signed_in()
    whole, part = client.get(url(job)), client.get(url(job), headers={"HX-Request": "true"})
    assert whole["Vary"] == part["Vary"]
    assert "HX-Request" in part["Vary"]
    assert "<html" in whole.content.decode()
    seen = part.content.decode()
    assert "<html" not in seen
    assert seen.lstrip().startswith('<div id="ranking"')
    assert "Ann" in seen


def test_says_whom_one_may_mean() -> None:
    ContractorFactory(name="Lily Annex", city="Nowhere")
    ContractorFactory(name="Anna Tiles", type="tile")
    ContractorFactory(name="Bo Floors", city="Annandale")
    job, client = JobFactory(), signed_in()
    people = reverse("admin:jobs_job_people", args=[job.pk])
    response = client.get(people, {"q": "ann"})
    assert [option["contractor"].name for option in response.context["people"]] == ["Anna Tiles", "Lily Annex"]
    assert [option["hint"] for option in response.context["people"]] == [
        "Anna Tiles does tile jobs, but this is a flooring job. Choose another contractor.",
        "",
    ]
    for q in ("", "\x00", "x" * 101, "nobody"):
        assert client.get(people, {"q": q}).context["people"] == []


def test_keeps_the_reason_for_someone_else_than_the_first() -> None:
    ContractorFactory(rating=Decimal("5.00"))
    second, job, client = ContractorFactory(), JobFactory(), signed_in()
    assert client.get(url(job)).content.decode().count('name="override_reason"') == 1  # the first needs none
    assign(client, job, second, override_reason="Has the key")
    assignment = Assignment.objects.get()
    assert (assignment.rank, assignment.override_reason) == (2, "Has the key")


def test_the_reason_is_asked_at_the_second_step() -> None:
    first, second = ContractorFactory(rating=Decimal("5.00")), ContractorFactory()
    job, client = JobFactory(), signed_in()
    choice = {"start": at(9, days=2).isoformat()}
    asked = client.post(url(job), {**choice, "contractor": str(second.pk), "override_reason": ""}).content.decode()
    assert '<input type="text" name="override_reason"' in asked
    asked = client.post(url(job), {**choice, "contractor": str(first.pk)}).content.decode()
    assert "override_reason" not in asked
    assert nothing_assigned(job)


def test_the_message_names_a_start_other_than_the_desired_one() -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    assert "This slot is 3 h earlier in the day." in assign(client, job, contractor).content.decode()


@pytest.mark.parametrize("query", ["", "?max_results=2", "?horizon_days=3", "day", "?free_that_day=on"])
def test_a_ranking_that_has_not_changed_is_booked_from(query: str) -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    query = f"?day={at(0, days=3):%Y-%m-%d}" if query == "day" else query
    token = client.get(url(job, query)).context["ranking_token"]
    sent = {"contractor": str(contractor.pk), "start": at(9, days=3).isoformat(), "ranking_token": token}
    asked = client.post(url(job, query), sent)
    assert f'name="ranking_token" value="{token}"' in asked.content.decode()
    client.post(url(job, query), {**sent, "confirmed": "1"})
    assert Assignment.objects.get().contractor == contractor


@pytest.mark.parametrize("day", [None, 3])
def test_a_ranking_that_has_changed_is_refused_and_shown_anew(day: int | None) -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    query = f"?day={at(0, days=day):%Y-%m-%d}" if day else ""
    token = client.get(url(job, query)).context["ranking_token"]
    better = ContractorFactory(rating=Decimal("5.00"))
    choice = {"contractor": str(contractor.pk), "start": at(9, days=2).isoformat(), "confirmed": "1"}
    response = client.post(url(job, query), {**choice, "ranking_token": token}, follow=True)
    assert f"Not assigned. The ranking of {job} has changed since you saw it." in response.content.decode()
    assert response.context["cards"][0]["contractor"] == better
    assert nothing_assigned(job)


def test_a_token_of_another_job_is_refused() -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    token = client.get(url(JobFactory())).context["ranking_token"]
    assert (
        "belongs to the ranking of another job" in assign(client, job, contractor, ranking_token=token).content.decode()
    )
    assert nothing_assigned(job)


def test_clicking_twice_is_one_booking() -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    first = assign(client, job, contractor, follow=False)
    second = assign(client, job, contractor, follow=False)
    assert first["Location"] == second["Location"]
    assert Assignment.objects.count() == 1
    assert OutboxEvent.objects.count() == 1


def test_another_coordinator_was_faster_with_the_slot() -> None:
    contractor, job, other, client = ContractorFactory(), JobFactory(), JobFactory(), signed_in()
    client.get(url(job))
    assign_job(job_id=other.pk, contractor_id=contractor.pk, start=at(9, days=2), actor=None)
    OutboxEvent.objects.all().delete()
    response = assign(client, job, contractor)
    seen = response.content.decode()
    assert "Not assigned." in seen
    assert "has another assignment at that time" in seen
    assert "9:00–11:00 AM" not in seen
    assert "11:00 AM–1:00 PM" in seen
    assert nothing_assigned(job)


def test_another_coordinator_was_faster_with_the_job() -> None:
    contractor, winner, job, client = ContractorFactory(), ContractorFactory(), JobFactory(), signed_in()
    colleague = UserFactory(name="Casey Coordinator")
    made = assign_job(job_id=job.pk, contractor_id=winner.pk, start=at(9, days=2), actor=colleague)
    seen = assign(client, job, contractor).content.decode()
    assert "only an open job can be assigned" in seen
    when = local_slot(made.slot, job.zone)
    assert f"Casey Coordinator assigned {job} to {winner.name}, {when}, just now." in seen
    assert seen.count(reverse("admin:assignments_assignment_change", args=[made.pk])) == 2  # in the message, and below
    assert Assignment.objects.get().contractor == winner


@pytest.mark.parametrize(
    "values",
    [
        {"start": ""},
        {"start": "soon"},
        {"start": "2027-03-02T09:00"},
        {"start": "9999-12-31T23:59+00:00"},
        {"start": "0001-01-01T00:00+14:00"},
        {"contractor": ""},
        {"contractor": "x"},
        {"contractor": "3f2504e0-4f89-11d3-9a0c-0305e82c3301"},
        {"override_reason": "x" * 501},
        {"override_reason": "Nul\x00"},
    ],
)
def test_refuses_a_broken_request(values: dict[str, str]) -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    sent = {"contractor": str(contractor.pk), "start": at(9, days=2).isoformat(), "confirmed": "1", **values}
    response = client.post(url(job), sent, follow=True)
    assert [str(message) for message in response.context["messages"]]
    assert nothing_assigned(job)


@pytest.mark.parametrize(
    "start", [lambda: at(7, days=2), lambda: at(16, days=2), lambda: at(9, days=-1), lambda: at(13, days=4)]
)
def test_refuses_a_start_that_is_not_free(start: Callable[[], datetime]) -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in()
    AbsenceFactory(contractor=contractor, period=(at(0, days=4), at(0, days=5)))
    assert "Not assigned." in assign(client, job, contractor, start()).content.decode()
    assert nothing_assigned(job)


@pytest.mark.parametrize("who", [{"type": "tile"}, {"status": "inactive"}, {"latitude": Decimal("31.5")}])
def test_refuses_someone_unsuitable(who: dict[str, Any]) -> None:
    job = JobFactory()
    assert "Not assigned." in assign(signed_in(), job, ContractorFactory(**who)).content.decode()
    assert nothing_assigned(job)


def test_a_manager_sees_the_ranking_and_cannot_assign() -> None:
    contractor, job, client = ContractorFactory(), JobFactory(), signed_in(Role.MANAGER)
    seen = client.get(url(job)).content.decode()
    assert contractor.name in seen
    assert f"Assign {contractor.name}" not in seen
    assert assign(client, job, contractor, follow=False).status_code == 403
    assert nothing_assigned(job)


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    job = JobFactory()
    assert "/login/" in client.get(url(job))["Location"]
    assert "/login/" in client.post(url(job))["Location"]
    assert nothing_assigned(job)


def test_says_when_no_contractor_passes_the_rules() -> None:
    seen = signed_in().get(url(JobFactory(required_skills=["Mosaic"]))).content.decode()
    assert "No contractor can take this job" in seen
    assert "No active contractor of type flooring or multi with the skills Mosaic" in seen


def test_says_what_keeps_those_around_away_and_who_comes_closest() -> None:
    ContractorFactory.create_batch(2, service_radius_miles=1, latitude=Decimal("30.5"))
    near = ContractorFactory(name="Near Floors")
    ContractorFactory(type="tile")
    seen = signed_in().get(url(JobFactory(required_skills=["Mosaic"]))).content.decode()
    barriers = "3 lack a required skill (Mosaic); 2 do not travel that far."
    assert f"Of 3 flooring or multi contractors nearby: {barriers}" in seen
    assert reverse("admin:contractors_contractor_change", args=[near.pk]) in seen
    assert "Would be eligible with the skill Mosaic." in seen


def test_says_when_no_contractor_is_free_and_offers_a_wider_search() -> None:
    contractor = ContractorFactory()
    AbsenceFactory(contractor=contractor, period=(at(0, days=1), at(0, days=15)))
    job, client = JobFactory(), signed_in()
    seen = client.get(url(job)).content.decode()
    assert "1 contractor meets the requirements" in seen
    assert "horizon_days=30" in seen
    assert client.get(url(job, "?horizon_days=30")).context["cards"]


def test_limits_are_taken_and_wrong_ones_named() -> None:
    ContractorFactory.create_batch(3)
    job, client = JobFactory(), signed_in()
    assert len(client.get(url(job, "?max_results=2")).context["cards"]) == 2
    for query in ["horizon_days=31", "horizon_days=-1", "max_results=0", "max_results=51", "max_results=x"]:
        response = client.get(url(job, f"?{query}"))
        assert response.context["form"].errors[query.split("=")[0]]
        assert len(response.context["cards"]) == 3


def test_another_day_is_asked_about_without_changing_the_job() -> None:
    person, job, client = ContractorFactory(name="Ann"), JobFactory(), signed_in()
    AbsenceFactory(contractor=person)  # of the desired day
    later = at(0, days=5).date()
    page = client.get(url(job, f"?day={later}&horizon_days=0"))
    (card,) = page.context["cards"]
    assert card["offers"][0].value == at(8, days=5).astimezone(UTC).isoformat()
    assert not client.get(url(job, "?horizon_days=0")).context["cards"]
    why = client.get(url(job, f"?day={later}&horizon_days=0&q=Ann")).content.decode()
    assert "Ann can take this job" in why
    assert f'name="day" value="{write_day(later)}"' in why
    job.refresh_from_db()
    assert job.desired_date == at(12, days=2)
    assert client.get(url(job, "?day=nonsense")).status_code == 200


def test_why_not_this_one() -> None:
    ContractorFactory()
    job, client = JobFactory(), signed_in()
    ContractorFactory(name="Tilda Tiles", type="tile", latitude=Decimal("31.5"))
    seen = client.get(url(job, "?q=tilda")).content.decode()
    assert "Tilda Tiles does tile jobs, but this is a flooring job." in seen
    assert "outside the service radius" in seen
    assert "Would be eligible with a service radius" in seen


def test_why_not_names_the_rank_and_lets_assign() -> None:
    ContractorFactory.create_batch(2, rating=Decimal("5.00"))
    last, job, client = ContractorFactory(name="Zed Floors"), JobFactory(), signed_in()
    response = client.get(url(job, "?max_results=1&q=zed"))
    assert response.context["answer"]["rank"] == 3
    seen = response.content.decode()
    assert "Ranked 3rd" in seen
    assert f"Assign {last.name}" in seen


def test_why_not_asks_which_one() -> None:
    first, _ = ContractorFactory.create_batch(2, name="Twin Floors")
    job, client = JobFactory(), signed_in()
    response = client.get(url(job, "?q=twin"))
    assert len(response.context["people"]) == 2
    assert f"contractor={first.pk}" in response.content.decode()
    assert client.get(url(job, f"?contractor={first.pk}")).context["answer"]["contractor"] == first
    assert "No contractor has this name" in client.get(url(job, "?q=nobody")).content.decode()


@pytest.mark.parametrize("query", ["?q=%00", "?contractor=x", "?q=" + "x" * 200, "?horizon_days=%00", "?q=%25_%27"])
def test_odd_questions_are_no_server_error(query: str) -> None:
    ContractorFactory()
    assert signed_in().get(url(JobFactory(), query)).status_code == 200


def test_a_booked_job_shows_its_assignment_instead() -> None:
    assignment = AssignmentFactory()
    seen = signed_in().get(url(assignment.job)).content.decode()
    assert reverse("admin:assignments_assignment_change", args=[assignment.pk]) in seen
    assert assignment.contractor.name in seen
    assert "best first" not in seen


def test_an_unknown_job_is_not_found() -> None:
    assert signed_in().get(url(JobFactory.build())).status_code == 404


def test_the_page_costs_the_same_at_any_size(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    ContractorFactory.create_batch(10)
    job, client = JobFactory(), signed_in()
    with django_assert_max_num_queries(12):
        client.get(url(job))
    ContractorFactory.create_batch(60)
    AssignmentFactory.create_batch(20, start=at(9, days=2), job__duration=timedelta(hours=1))
    with django_assert_max_num_queries(12):
        client.get(url(job, "?max_results=50"))
    with django_assert_max_num_queries(30):
        client.get(url(job, "?max_results=50&q=Contractor 000"))


class TestArrivalWindow:
    """Promising a window from the ranking, and breaking one."""

    def promised(self) -> Job:
        return JobFactory(window_start=at(8, days=2), window_end=at(10, days=2))

    def test_an_offered_window_is_promised_by_one_click(self) -> None:
        ContractorFactory()
        job, client = JobFactory(), signed_in()
        page = client.get(url(job))
        offered = page.context["cards"][0]["windows"][0]
        assert f'<button type="submit" name="promise" value="{offered["start"]}"' in page.content.decode()
        page = client.post(url(job), {"promise": offered["start"]}, follow=True)
        job.refresh_from_db()
        assert job.window
        assert (job.window.start.isoformat(), job.window.end.isoformat()) == (offered["start"], offered["end"])
        seen = " ".join(page.content.decode().split())
        assert "Only starts in this window are offered now." in seen
        assert "Only starts in the promised arrival window are offered:" in seen
        assert page.context["cards"][0]["windows"] == []
        assert all(job.window.start <= start <= job.window.end for start in self.starts(page))

    def starts(self, page: PageResponse) -> list[datetime]:
        return [datetime.fromisoformat(offer.value) for card in page.context["cards"] for offer in card["offers"]]

    def test_the_second_of_two_promises_is_refused(self) -> None:
        ContractorFactory()
        job, client = self.promised(), signed_in()
        page = client.post(url(job), {"promise": at(13, days=2).isoformat()}, follow=True)
        assert "Not promised. The customer is already promised an arrival on" in page.content.decode()
        job.refresh_from_db()
        assert job.window_start == at(8, days=2)

    @pytest.mark.parametrize("value", ["", "soon", "2026-13-01T00:00:00+00:00"])
    def test_a_broken_promise_request_is_named(self, value: str) -> None:
        job = JobFactory()
        page = signed_in().post(url(job), {"promise": value}, follow=True)
        assert "Arrival window: " in page.content.decode()
        job.refresh_from_db()
        assert job.window is None

    def test_a_manager_promises_nothing(self) -> None:
        ContractorFactory()
        job, client = JobFactory(), signed_in(Role.MANAGER)
        assert 'name="promise"' not in client.get(url(job)).content.decode()
        assert client.post(url(job), {"promise": at(8, days=2).isoformat()}).status_code == 403
        job.refresh_from_db()
        assert job.window is None

    def test_an_administrator_breaks_the_window_with_a_reason(self) -> None:
        contractor, job, client = ContractorFactory(), self.promised(), signed_in(Role.ADMINISTRATOR)
        query = "?outside_window=on"
        page = client.get(url(job, query))
        offers = {offer.hours: offer for offer in page.context["cards"][0]["offers"]}
        assert not offers["9:00–11:00 AM"].breaks_window
        assert offers["2:00–4:00 PM"].breaks_window
        choice = {
            "contractor": str(contractor.pk),
            "start": at(14, days=2).isoformat(),
            "ranking_token": page.context["ranking_token"],
        }
        asked = client.post(url(job, query), choice).content.decode()
        assert 'name="window_break_reason" value="" maxlength="500" required' in asked
        refused = client.post(url(job, query), {**choice, "confirmed": "1"}, follow=True)
        assert "Not assigned. The customer was promised an arrival" in refused.content.decode()
        assert nothing_assigned(job)
        client.post(url(job, query), {**choice, "confirmed": "1", "window_break_reason": "The customer agreed"})
        made = Assignment.objects.get()
        assert (made.slot.start, made.window_break_reason) == (at(14, days=2), "The customer agreed")

    def test_a_coordinator_gets_starts_in_the_window_only(self) -> None:
        ContractorFactory()
        job, client = self.promised(), signed_in()
        page = client.get(url(job, "?outside_window=on"))
        assert not any(offer.breaks_window for card in page.context["cards"] for offer in card["offers"])
        assert 'name="outside_window"' not in page.content.decode()

    def test_without_a_candidate_the_window_is_what_can_be_changed(self) -> None:
        AssignmentFactory(start=at(8, days=2), job__duration=timedelta(hours=4))
        job = self.promised()
        seen = signed_in(Role.ADMINISTRATOR).get(url(job)).content.decode()
        assert "None has a free start in the promised arrival window" in seen
        assert reverse("admin:jobs_job_change-window", args=[job.pk]) in seen
        assert "Show starts outside the window" in seen
        assert "Show starts outside the window" not in signed_in().get(url(job)).content.decode()
