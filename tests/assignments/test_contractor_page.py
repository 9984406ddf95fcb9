"""Bookings on a contractor's page: list, ratings, conflicts, and obstacles."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from assignments.broken_bookings import recheck_contractor
from assignments.models import Assignment
from contractors.models import Contractor, Rating
from contractors.services import add_absence
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.timeslots import TimeSlot
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at
from tests.pages import PageResponse, fields, saved, signed_in

pytestmark = pytest.mark.django_db


def address(name: str, contractor: Contractor) -> str:
    return reverse(f"admin:contractors_contractor_{name}", args=[contractor.pk])


def away(contractor: Contractor, period: TimeSlot) -> None:
    add_absence(contractor_id=contractor.pk, period=period, actor=None)


def tab(response: PageResponse, name: str) -> Any:
    tabs = vars(response.wsgi_request)["further_tabs"]
    return next(tab for tab in tabs if tab.name == name).context


def booked(contractor: Contractor, days: int, status: str = "confirmed") -> Assignment:
    return AssignmentFactory(
        contractor=contractor, start=at(9, days=days), status=status, confirmed_at=at(9, days=-40), **_times(status)
    )


def _times(status: str) -> dict[Any, Any]:
    now = timezone.now()
    if status == "completed":
        return {"started_at": now, "completed_at": now}
    return {"cancelled_at": now, "cancel_reason": "Rain"} if status == "cancelled" else {}


def many_bookings(contractor: Contractor, count: int) -> None:
    """As many completed ones, one a day back into the past, in two statements."""
    now = timezone.now()
    finished = {"status": Job.Status.COMPLETED, "completed_at": now}
    jobs = Job.objects.bulk_create(JobFactory.build(**finished) for _ in range(count))
    done = {"status": "completed", "confirmed_at": now, "started_at": now, "completed_at": now}
    Assignment.objects.bulk_create(
        AssignmentFactory.build(contractor=contractor, job=job, start=at(9, days=-day), **done)
        for day, job in enumerate(jobs, 1)
    )


class TestAssignments:
    def test_come_with_what_is_ahead_first_and_lead_back_to_the_tab(self) -> None:
        contractor = ContractorFactory()
        far, old, soon, called_off = (
            booked(contractor, days, status)
            for days, status in [(9, "confirmed"), (-9, "completed"), (2, "confirmed"), (5, "cancelled")]
        )
        response = signed_in().get(address("change", contractor))
        lines = tab(response, "assignments")["lines"]
        assert [line.booking for line in lines] == [soon, far, called_off, old]
        assert [label for label, _url in lines[0].acts] == ["Reschedule", "Reassign", "Cancel assignment"]
        assert lines[2].acts == lines[3].acts == []
        (back,) = parse_qs(urlsplit(lines[0].acts[0][1]).query)["next"]
        assert back == f"{address('change', contractor)}#assignments"

    def test_a_manager_reads_them_without_acts(self) -> None:
        booking = AssignmentFactory()
        response = signed_in(Role.MANAGER).get(address("change", booking.contractor))
        assert [line.acts for line in tab(response, "assignments")["lines"]] == [[]]

    def test_are_paged(self) -> None:
        contractor, client = ContractorFactory(), signed_in()
        many_bookings(contractor, 45)
        first = tab(client.get(address("change", contractor)), "assignments")
        assert len(first["lines"]) == 20
        last = tab(client.get(f"{address('change', contractor)}?assignments=3"), "assignments")
        assert len(last["lines"]) == 5
        assert last["lines"][-1].booking.slot.start == at(9, days=-45)

    @pytest.mark.parametrize("page", ["0", "-1", "999999", "x", "%00"])
    def test_an_odd_page_is_one_that_there_is(self, page: str) -> None:
        contractor = AssignmentFactory().contractor
        response = signed_in().get(f"{address('change', contractor)}?assignments={page}", follow=True)
        assert len(tab(response, "assignments")["lines"]) == 1

    def test_three_hundred_cost_what_three_do(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        contractor, other, client = ContractorFactory(), ContractorFactory(), signed_in()
        many_bookings(contractor, 3)
        many_bookings(other, 300)
        # Created before queries are counted, because an aged session is saved again.
        client.get(address("change", contractor))
        with django_assert_max_num_queries(20) as few:
            client.get(address("change", contractor))
        with django_assert_max_num_queries(len(few)):
            response = client.get(address("change", other))
        assert len(response.content) < 250_000


class TestRatings:
    def test_say_who_for_which_job_and_why(self) -> None:
        contractor, job = ContractorFactory(), JobFactory()
        fields = {"contractor": contractor, "value": Decimal("4.5")}
        Rating.objects.create(**fields, comment="<b>Neat</b> corners", job_id=job.pk, given_by=UserFactory(name="Ann"))
        Rating.objects.create(**fields, job_id=uuid4())
        page = signed_in().get(address("change", contractor)).content.decode()
        assert "&lt;b&gt;Neat&lt;/b&gt; corners" in page
        assert reverse("admin:jobs_job_change", args=[job.pk]) in page
        assert "Ann" in page
        assert "no job" in page

    def test_cost_the_same_however_many(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        contractor, client = ContractorFactory(), signed_in()
        for job in JobFactory.create_batch(2):
            Rating.objects.create(contractor=contractor, value=5, job_id=job.pk, given_by=UserFactory())
        with django_assert_max_num_queries(20) as few:
            client.get(address("change", contractor))
        for job in JobFactory.create_batch(25):
            Rating.objects.create(contractor=contractor, value=5, job_id=job.pk, given_by=UserFactory())
        with django_assert_max_num_queries(len(few)):
            client.get(address("change", contractor))


class TestConflicts:
    def clashing(self) -> Assignment:
        booking = AssignmentFactory(start=at(9, days=2))
        away(booking.contractor, TimeSlot(at(0, days=2), at(0, days=3)))
        return booking

    def test_an_absence_leads_to_the_bookings_in_it(self) -> None:
        booking, client = AssignmentFactory(start=at(9, days=2)), signed_in()
        contractor = booking.contractor
        dates = {"how_long": "dates", "start": f"{at(0, days=2):%Y-%m-%dT%H:%M}", "kind": "sickness"}
        response = client.post(address("absent", contractor), {**dates, "end": f"{at(0, days=3):%Y-%m-%dT%H:%M}"})
        assert urlsplit(response["Location"]).path == address("conflicts", contractor)
        (line,) = client.get(response["Location"]).context["conflicts"]
        assert line.booking == booking
        assert [label for label, _url in line.acts] == ["Reschedule", "Reassign", "Cancel assignment"]
        assert [reason.code for reason in line.reasons] == ["absent"]

    def test_a_leave_leads_to_the_bookings_too(self) -> None:
        booking, client = AssignmentFactory(start=at(9, days=2)), signed_in()
        response = client.post(address("mark-on-leave", booking.contractor))
        assert urlsplit(response["Location"]).path == address("conflicts", booking.contractor)
        page = client.get(response["Location"]).content.decode()
        assert f"{booking.contractor.name} is on leave." in page

    def test_saving_the_page_says_which_bookings_no_longer_hold(self) -> None:
        booking, client = AssignmentFactory(start=at(9, days=2)), signed_in()
        url = address("change", booking.contractor)
        assert saved(client.post(url, fields(client, url, "contractor_form") | {"type": "tile"}))
        page = client.get(url)
        assert "1 booking has a conflict" in page.content.decode()
        assert "does tile jobs, but this is a flooring job." in page.content.decode()
        (notice,) = page.context["notices"]
        assert [line.booking for line in notice.context["lines"]] == [booking]

    def test_the_page_of_the_booking_says_why(self) -> None:
        booking = self.clashing()
        page = signed_in().get(reverse("admin:assignments_assignment_change", args=[booking.pk])).content.decode()
        assert "This booking has a conflict" in page
        assert f"{booking.contractor.name} is absent at that time." in page

    def test_moving_one_leads_back_until_none_is_left(self) -> None:
        booking, client = self.clashing(), signed_in()
        (line,) = client.get(address("conflicts", booking.contractor)).context["conflicts"]
        cancel = dict(line.acts)["Cancel assignment"]
        response = client.post(cancel, {"reason": "The crew is ill"})
        assert response["Location"] == address("conflicts", booking.contractor)
        page = client.get(response["Location"])
        assert page.context["conflicts"] == []
        assert f"{booking.contractor.name} has no bookings with conflicts." in page.content.decode()

    def test_are_shown_on_top_of_the_contractors_page(self) -> None:
        booking = self.clashing()
        response = signed_in().get(address("change", booking.contractor))
        (notice,) = response.context["notices"]
        assert [line.booking for line in notice.context["lines"]] == [booking]
        assert "Bookings with conflicts: 1" in response.content.decode()
        other = signed_in().get(address("change", ContractorFactory()))
        assert "has a conflict" not in other.content.decode()

    def test_what_is_over_or_ended_collides_with_nothing(self) -> None:
        contractor = ContractorFactory()
        booked(contractor, -2)
        booked(contractor, 2, "cancelled")
        away(contractor, TimeSlot(at(0, days=-5), at(0, days=5)))
        response = signed_in().get(address("conflicts", contractor))
        assert response.context["conflicts"] == []

    def test_a_manager_sees_them_and_cannot_move_them(self) -> None:
        (line,) = signed_in(Role.MANAGER).get(address("conflicts", self.clashing().contractor)).context["conflicts"]
        assert line.acts == []

    def test_visitors_do_not_see_them(self, client: Client) -> None:
        assert client.get(address("conflicts", ContractorFactory())).status_code == 302

    def test_costs_the_same_however_many(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        client, contractor = signed_in(), ContractorFactory()
        booked(contractor, 2)
        away(contractor, TimeSlot(at(0, days=1), at(0, days=40)))
        with django_assert_max_num_queries(16) as few:
            client.get(address("conflicts", contractor))
        for day in range(3, 20):
            booked(contractor, day)
        recheck_contractor(contractor.pk)
        with django_assert_max_num_queries(len(few)):
            assert len(client.get(address("conflicts", contractor)).context["conflicts"]) == 18


class TestObstacles:
    def test_are_listed_before_anything_is_tried_each_with_a_remedy(self) -> None:
        contractor, client = ContractorFactory(), signed_in()
        booking = booked(contractor, 2)
        at_work = AssignmentFactory(
            contractor=contractor,
            start=timezone.now(),
            status="in_progress",
            confirmed_at=timezone.now(),
            started_at=timezone.now(),
        )
        booked(contractor, -9, "completed")
        response = client.get(address("deactivate", contractor))
        lines = response.context["panel"].context["lines"]
        assert [line.booking for line in lines] == [at_work, booking]
        assert [[label for label, _url in line.acts] for line in lines] == [
            ["Complete", "Cancel assignment"],
            ["Reassign", "Cancel assignment"],
        ]
        assert "Check again" in response.content.decode()  # instead of the button

    def test_when_the_last_is_gone_the_button_is_there(self) -> None:
        booking, client = AssignmentFactory(), signed_in()
        here = address("deactivate", booking.contractor)
        (line,) = client.get(here).context["panel"].context["lines"]
        response = client.post(dict(line.acts)["Cancel assignment"], {"reason": "They leave us"})
        assert response["Location"] == here
        page = client.get(here)
        assert page.context["panel"].blocks is False
        assert client.post(here).status_code == 302
        booking.contractor.refresh_from_db()
        assert booking.contractor.status == "inactive"

    def test_a_booking_made_meanwhile_refuses_it(self) -> None:
        booking = AssignmentFactory()
        response = signed_in().post(address("deactivate", booking.contractor))
        assert response.status_code == 200
        assert [line.booking for line in response.context["panel"].context["lines"]] == [booking]
        assert "still has live assignments" in response.content.decode()
        booking.contractor.refresh_from_db()
        assert booking.contractor.status == "active"

    def test_more_than_are_shown_are_counted(self) -> None:
        contractor = ContractorFactory()
        for day in range(1, 53):
            booked(contractor, day)
        response = signed_in().get(address("deactivate", contractor))
        panel = response.context["panel"].context
        assert (len(panel["lines"]), panel["count"]) == (50, 52)


class TestMap:
    def area(self, contractor: Contractor) -> PageResponse:
        return signed_in().get(address("change", contractor))

    def test_says_in_words_what_it_draws(self) -> None:
        booking = AssignmentFactory()
        booked(booking.contractor, -3, "completed")
        page = self.area(booking.contractor).content.decode()
        assert "Accepts jobs up to 50 miles away" in page
        assert f"{booking.job.job_number}</a> Austin, TX, 0.0 miles away" in page
        assert page.count('"when"') == 1

    def test_anywhere_is_said(self) -> None:
        page = self.area(ContractorFactory(service_radius_miles=None)).content.decode()
        assert "Accepts jobs at any distance" in page
        assert '"radius": null' in page
        assert "No upcoming bookings." in page

    def test_data_cannot_break_out_of_its_script(self) -> None:
        page = self.area(ContractorFactory(name="</script><script>alert(1)</script>")).content.decode()
        assert "<script>alert(1)" not in page


@pytest.mark.parametrize("days", [1, 30])
def test_the_list_narrowed_to_conflicts_has_few_queries(
    days: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in()
    for _ in range(3):
        booking = booked(ContractorFactory(), days)
        away(booking.contractor, TimeSlot(booking.slot.start, booking.slot.end + timedelta(hours=1)))
    with django_assert_max_num_queries(8):
        listed = client.get("/admin/contractors/contractor/?conflict=any")
    assert listed.context["cl"].result_count == 3
