"""The pages that reassign or move many bookings at once: contractor, deactivation, all conflicts, and a day."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from assignments.services import confirm_assignment
from contractors.models import Contractor
from contractors.services import add_absence, mark_on_leave
from jobs.models import Job
from recommendations.admin import replace_bookings
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot
from tests.assignments.test_races import assert_nobody_is_booked_twice, together
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db


def conflicts_url(contractor: Contractor) -> str:
    return reverse("admin:contractors_contractor_conflicts", args=[contractor.pk])


def move_day_url(**query: Any) -> str:
    return f"{reverse('admin:assignments_assignment_move-day')}?{urlencode(query)}"


def chosen_form(response: PageResponse) -> dict[str, Any]:
    """What the browser sends when the page is submitted as it is."""
    rows = response.context["rows"]
    choices = {
        f"choice-{row.booking.pk}": value
        for row in rows
        for _title, options in row.groups
        for value, _text, chosen, *_ in options
        if chosen
    }
    return {"row": [str(row.booking.pk) for row in rows if row.selected], **choices}


def message_of(response: PageResponse) -> str:
    return " ".join(" ".join(str(message) for message in get_messages(response.wsgi_request)).split())


@pytest.fixture
def ill() -> Contractor:
    """A contractor with three bookings on a day of sickness; the one at 13:00 is confirmed."""
    contractor = ContractorFactory(name="Ida Ill")
    bookings = [AssignmentFactory(contractor=contractor, start=at(hour, days=2)) for hour in (8, 10, 13)]
    confirm_assignment(assignment_id=bookings[2].pk, actor=None)
    add_absence(contractor_id=contractor.pk, period=TimeSlot(at(0, days=2), at(0, days=3)), actor=None)
    return contractor


class TestIllContractor:
    def test_three_bookings_keep_their_times_by_one_click(self, ill: Contractor) -> None:
        other, client = ContractorFactory(name="Otto Other"), signed_in()
        page = client.get(conflicts_url(ill))
        assert [row.selected for row in page.context["rows"]] == [True] * 3
        assert "Ida Ill has 3 bookings with conflicts." in page.content.decode()
        response = client.post(conflicts_url(ill), chosen_form(page))
        assert response["Location"] == reverse("admin:contractors_contractor_change", args=[ill.pk])
        live = Assignment.objects.live().order_by("time_slot")
        assert [(booking.contractor, booking.slot.start, booking.status) for booking in live] == [
            (other, at(8, days=2), "pending"),
            (other, at(10, days=2), "pending"),
            (other, at(13, days=2), "confirmed"),
        ]
        assert "Reassigned or moved: 3." in message_of(response)
        assert "Otto Other" in message_of(response)

    def test_a_confirmed_visit_keeps_the_time_of_its_confirmation(self, ill: Contractor) -> None:
        ContractorFactory()
        confirmed = Assignment.objects.get(contractor=ill, status="confirmed")
        client = signed_in()
        client.post(conflicts_url(ill), chosen_form(client.get(conflicts_url(ill))))
        replaced = Assignment.objects.live().get(job=confirmed.job)
        assert (replaced.status, replaced.confirmed_at) == ("confirmed", confirmed.confirmed_at)
        types = OutboxEvent.objects.filter(data__assignment_id=str(replaced.pk)).order_by("position")
        assert list(types.values_list("type", flat=True)) == ["JobAssigned", "AssignmentConfirmed"]

    def test_a_row_that_is_refused_leaves_the_others_and_gets_new_replacements(self, ill: Contractor) -> None:
        best, second = ContractorFactory(rating=Decimal("5.00")), ContractorFactory(rating=Decimal("3.00"))
        client = signed_in()
        sent = chosen_form(client.get(conflicts_url(ill)))
        taken = AssignmentFactory(contractor=best, start=at(10, days=2))
        response = client.post(conflicts_url(ill), sent)
        assert response["Location"] == conflicts_url(ill)
        assert "Reassigned or moved: 2. Failed: 1." in message_of(response)
        assert f"{best.name} has another assignment at that time." in message_of(response)
        (row,) = client.get(conflicts_url(ill)).context["rows"]
        assert row.booking.slot.start == taken.slot.start
        assert row.groups[0][1][0][0].startswith(str(second.pk))

    def test_a_second_click_says_the_same_and_changes_nothing(self, ill: Contractor) -> None:
        ContractorFactory()
        client = signed_in()
        sent = chosen_form(client.get(conflicts_url(ill)))
        client.post(conflicts_url(ill), sent)
        events, count = OutboxEvent.objects.count(), Assignment.objects.count()
        response = client.post(conflicts_url(ill), sent)
        assert "Reassigned or moved: 3." in message_of(response)
        assert "Failed" not in message_of(response)
        assert (OutboxEvent.objects.count(), Assignment.objects.count()) == (events, count)

    @pytest.mark.parametrize(
        "choice", ["", "x", "|", "x|2026-01-01T00:00:00", "3fa85f64-5717-4562-b3fc-2c963f66afa6|2026-01-01T00:00:00"]
    )
    def test_an_odd_choice_is_refused_for_its_row_only(self, ill: Contractor, choice: str) -> None:
        ContractorFactory()
        client = signed_in()
        sent = chosen_form(client.get(conflicts_url(ill)))
        odd = sent["row"][0]
        response = client.post(conflicts_url(ill), {**sent, f"choice-{odd}": choice})
        assert "Reassigned or moved: 2. Failed: 1." in message_of(response)
        assert "Select a replacement." in message_of(response)
        assert Assignment.objects.get(pk=odd).status == "pending"

    def test_a_choice_that_is_not_the_first_keeps_its_reason(self, ill: Contractor) -> None:
        best, second = ContractorFactory(rating=Decimal("5.00")), ContractorFactory(rating=Decimal("3.00"))
        client = signed_in()
        page = client.get(conflicts_url(ill))
        assert "Why not the first of the ranking? (optional)" in page.content.decode()
        sent = {**chosen_form(page), "override_reason": " Knows the house "}
        row = page.context["rows"][1]
        overrides = {option.value: option.is_override for _title, options in row.groups for option in options}
        assert {value.split("|")[0]: is_override for value, is_override in overrides.items()} == {
            str(best.pk): False,
            str(second.pk): True,
            str(ill.pk): False,  # at another time
        }
        sent[f"choice-{row.booking.pk}"] = next(value for value, is_override in overrides.items() if is_override)
        client.post(conflicts_url(ill), sent)
        made = Assignment.objects.live().order_by("time_slot").values_list("contractor", "override_reason")
        assert list(made) == [(best.pk, ""), (second.pk, "Knows the house"), (best.pk, "")]

    def test_a_reason_that_is_too_long_is_named_and_nothing_is_moved(self, ill: Contractor) -> None:
        ContractorFactory()
        client = signed_in()
        sent = {**chosen_form(client.get(conflicts_url(ill))), "override_reason": "x" * 501}
        assert "at most 500 characters" in message_of(client.post(conflicts_url(ill), sent))
        assert Assignment.objects.live().filter(contractor=ill).count() == 3

    def test_an_unknown_contractor_is_refused(self, ill: Contractor) -> None:
        client = signed_in()
        (row, *_) = client.get(conflicts_url(ill)).context["rows"]
        choice = f"3fa85f64-5717-4562-b3fc-2c963f66afa6|{at(8, days=2).isoformat()}"
        sent = {"row": [str(row.booking.pk), "not-an-id"], f"choice-{row.booking.pk}": choice}
        assert "This contractor no longer exists." in message_of(client.post(conflicts_url(ill), sent))
        assert Assignment.objects.live().filter(contractor=ill).count() == 3

    def test_without_a_replacement_at_the_time_a_row_is_not_ticked(self, ill: Contractor) -> None:
        client = signed_in()
        rows = client.get(conflicts_url(ill)).context["rows"]
        assert [row.selected for row in rows] == [False] * 3
        (title, options), *_ = rows[0].groups
        assert title == "The same contractor, another time"
        assert "1 day later than booked" in options[0][1]

    def test_a_manager_looks_and_moves_nothing(self, ill: Contractor) -> None:
        ContractorFactory()
        sent = chosen_form(signed_in().get(conflicts_url(ill)))
        manager = signed_in(Role.MANAGER)
        assert "Reassign selected" not in manager.get(conflicts_url(ill)).content.decode()
        manager.post(conflicts_url(ill), sent)
        assert Assignment.objects.live().filter(contractor=ill).count() == 3

    def test_more_than_a_page_holds_are_counted(self, ill: Contractor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(replace_bookings, "MOST_BOOKINGS", 2)
        page = signed_in().get(conflicts_url(ill))
        assert len(page.context["rows"]) == 2
        assert "Showing the first 2 of 3." in page.content.decode()

    def test_costs_about_the_same_however_many(
        self, ill: Contractor, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        ContractorFactory.create_batch(10)
        client = signed_in()
        client.get(conflicts_url(ill))
        with django_assert_max_num_queries(36) as few:
            client.get(conflicts_url(ill))
        for days in range(3, 30):
            AssignmentFactory(contractor=ill, start=at(9, days=days))
        mark_on_leave(contractor_id=ill.pk, actor=None)
        with django_assert_max_num_queries(len(few) + 6):
            assert len(client.get(conflicts_url(ill)).context["rows"]) == 30


class TestDeactivation:
    def test_leads_through_the_bookings_back_to_the_deactivation(self) -> None:
        booking, other, client = AssignmentFactory(), ContractorFactory(), signed_in()
        deactivate = reverse("admin:contractors_contractor_deactivate", args=[booking.contractor_id])
        together = client.get(deactivate).context["panel"].context["together"]
        page = client.get(together)
        response = client.post(together, chosen_form(page))
        assert response["Location"] == deactivate
        assert Assignment.objects.live().get().contractor == other
        client.post(deactivate)
        assert Contractor.objects.get(pk=booking.contractor_id).status == "inactive"

    def test_does_not_offer_the_contractor_who_leaves(self) -> None:
        booking = AssignmentFactory()
        url = reverse("admin:contractors_contractor_replace", args=[booking.contractor_id])
        (row,) = signed_in().get(url).context["rows"]
        assert row.groups == []
        assert "No contractor is free for this job within 10 days." in row.note


class TestAllConflicts:
    url = "/admin/assignments/assignment/conflicts/"

    def test_of_all_contractors_are_reassigned_together(self, ill: Contractor) -> None:
        also = AssignmentFactory(start=at(9, days=2))
        mark_on_leave(contractor_id=also.contractor_id, actor=None)
        ContractorFactory.create_batch(2)
        client = signed_in()
        page = client.get(self.url)
        assert "4 bookings have conflicts." in page.content.decode()
        response = client.post(self.url, chosen_form(page))
        assert "Reassigned or moved: 4." in message_of(response)
        assert "No booking has a conflict." in client.get(self.url).content.decode()

    def test_home_and_the_list_lead_there(self, ill: Contractor) -> None:
        client = signed_in()
        for page in (reverse("admin:index"), reverse("admin:assignments_assignment_changelist")):
            assert self.url in client.get(page).content.decode()

    def test_a_manager_is_not_led_there(self, ill: Contractor) -> None:
        client = signed_in(Role.MANAGER)
        for page in (reverse("admin:index"), reverse("admin:assignments_assignment_changelist")):
            assert self.url not in client.get(page).content.decode()
        assert client.get(self.url).status_code == 403
        assert client.get(move_day_url()).status_code == 403


class TestSelected:
    """Bookings that are selected in the list."""

    def lead(self, client: Client, *bookings: Assignment) -> str:
        chosen = [str(booking.pk) for booking in bookings]
        sent = {"action": "replace_selected", "_selected_action": chosen}
        response = client.post(reverse("admin:assignments_assignment_changelist") + "?kept=live", sent)
        assert response.status_code == 302
        return str(response["Location"])

    def test_are_reassigned_and_the_list_follows(self) -> None:
        bookings, client = [AssignmentFactory(start=at(9, days=days)) for days in (2, 3)], signed_in()
        other = AssignmentFactory(start=at(9, days=4))
        ContractorFactory.create_batch(2)
        url = self.lead(client, *bookings)
        page = client.get(url)
        assert [row.booking for row in page.context["rows"]] == bookings
        response = client.post(url, chosen_form(page))
        assert response["Location"] == "/admin/assignments/assignment/?kept=live"
        assert "Reassigned or moved: 2." in message_of(response)
        assert Assignment.objects.live().count() == 3
        other.refresh_from_db()
        assert other.is_live

    def test_those_that_are_not_ticked_remain(self) -> None:
        first, second = (AssignmentFactory(start=at(9, days=days)) for days in (2, 3))
        ContractorFactory()
        client = signed_in()
        url = self.lead(client, first, second)
        sent = chosen_form(client.get(url))
        response = client.post(url, {**sent, "row": [str(first.pk)]})
        (row,) = client.get(response["Location"]).context["rows"]
        assert row.booking == second

    def test_what_is_not_live_is_told(self) -> None:
        gone = AssignmentFactory(status="cancelled", cancelled_at=at(0), cancel_reason="Rain")
        client = signed_in()
        page = client.get(self.lead(client, gone)).content.decode()
        assert "None of the selected bookings is live" in page
        assert "/admin/assignments/assignment/?kept=live" in page

    @pytest.mark.parametrize("query", ["", "?id=x", "?id=3fa85f64-5717-4562-b3fc-2c963f66afa6&id=%00"])
    def test_odd_ids_are_no_server_error(self, query: str) -> None:
        assert signed_in().get(reverse("admin:assignments_assignment_replace") + query).status_code == 200

    def test_a_manager_may_not(self) -> None:
        assert signed_in(Role.MANAGER).get(reverse("admin:assignments_assignment_replace")).status_code == 403


class TestMoveDay:
    def test_the_jobs_of_a_rainy_day_move_by_one_click(self) -> None:
        crews, client = ContractorFactory.create_batch(4), signed_in()
        for crew in crews:
            for hour in (8, 11):
                AssignmentFactory(contractor=crew, start=at(hour, days=2))
        elsewhere = AssignmentFactory(start=at(8, days=2), job=JobFactory(city="Dallas", status="assigned"))
        next_day = AssignmentFactory(start=at(8, days=3))
        url = move_day_url(day=f"{at(0, days=2):%Y-%m-%d}", area="austin, tx")
        page = client.get(url)
        assert [row.selected for row in page.context["rows"]] == [True] * 8
        response = client.post(url, chosen_form(page))
        assert response["Location"] == url
        assert "Reassigned or moved: 8." in message_of(response)
        moved = Assignment.objects.exclude(pk__in=[elsewhere.pk, next_day.pk]).order_by("contractor__name", "time_slot")
        assert [(booking.contractor, booking.slot.start) for booking in moved] == [
            (crew, at(hour, days=3)) for crew in crews for hour in (8, 11)
        ]
        assert "No bookings to move on this day in this area." in client.get(url).content.decode()
        elsewhere.refresh_from_db()
        assert elsewhere.slot.start == at(8, days=2)

    @pytest.mark.parametrize(
        ("area", "count"),
        [
            *[("", 2), ("Austin", 1), ("TX", 2), ("tx", 2), ("OK", 0), ("Dallas, TX", 1), ("78701", 1), ("Houston", 0)],
            *[("752", 1), ("787", 1), ("786", 0)],
        ],
    )
    def test_the_area_is_a_city_a_state_or_the_miles_around_a_zip_code(self, area: str, count: int) -> None:
        AssignmentFactory()
        there = {"city": "Dallas", "zip_code": "75201", "latitude": Decimal("32.78"), "longitude": Decimal("-96.80")}
        AssignmentFactory(job=JobFactory(status="assigned", **there))
        page = signed_in().get(move_day_url(day=f"{at(0, days=2):%Y-%m-%d}", area=area))
        assert len(page.context["conflicts"]) == count

    def test_offers_the_areas_of_the_day_with_their_bookings(self) -> None:
        for city, zip_code in (("Austin", "78701"), ("Austin", "78704"), ("Del Valle", "78717"), ("Dallas", "75201")):
            AssignmentFactory(job=JobFactory(status="assigned", city=city, zip_code=zip_code))
        day = f"{at(0, days=2):%Y-%m-%d}"
        page = signed_in().get(move_day_url(day=day, area="Dallas, TX"))
        assert [tuple(area) for area in page.context["scope"].areas] == [
            ("Austin, TX area (ZIP 787…)", "787", 3),
            ("Austin, TX", "Austin, TX", 2),
            ("Dallas, TX", "Dallas, TX", 1),
            ("Del Valle, TX", "Del Valle, TX", 1),
        ]
        assert f"?day={day}&amp;area=787" in page.content.decode()
        assert len(page.context["rows"]) == 1

    def test_of_one_contractor(self) -> None:
        booking, _other = AssignmentFactory(), AssignmentFactory()
        client = signed_in()
        page = client.get(reverse("admin:contractors_contractor_change", args=[booking.contractor_id]))
        (url,) = [button.url for button in page.context["buttons"] if button.label == "Move a day"]
        assert client.get(url).context["conflicts"] == []  # today
        page = client.get(move_day_url(day=f"{at(0, days=2):%Y-%m-%d}", contractor=booking.contractor_id))
        assert [row.booking for row in page.context["rows"]] == [booking]

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"day": "x"}, "day"),
            ({"day": ""}, "day"),
            ({"day": "2099-01-01"}, "day"),
            ({"day": "2026-12-01", "area": "99999"}, "area"),
            ({"day": "2026-12-01", "area": "x" * 81}, "area"),
            ({"day": "2026-12-01", "miles": "0"}, "miles"),
            ({"day": "2026-12-01", "contractor": "x"}, "contractor"),
        ],
    )
    def test_an_odd_question_names_the_field(self, query: dict[str, str], field: str) -> None:
        query = {**query, "day": f"{at(0, days=2):%Y-%m-%d}"} if query["day"].startswith("2026") else query
        page = signed_in().get(move_day_url(**query))
        assert page.status_code == 200
        assert field in page.context["scope"].form.errors
        assert page.context["conflicts"] == []

    def test_a_promised_booking_moves_only_with_a_reason_for_breaking_its_window(self) -> None:
        window = {"job__window_start": at(8, days=2), "job__window_end": at(10, days=2)}
        booking = AssignmentFactory(start=at(9, days=2), **window)
        client, url = signed_in(Role.ADMINISTRATOR), move_day_url(day=f"{at(0, days=2):%Y-%m-%d}")
        page = client.get(url)
        seen = " ".join(page.content.decode().split())
        assert "The customer of 1 booking was promised an arrival window." in seen
        assert "No contractor has a free start in the promised arrival window" in seen
        assert not page.context["rows"][0].groups
        page = client.get(f"{url}&outside_windows=1")
        assert "outside the arrival window" in page.content.decode()
        client.post(f"{url}&outside_windows=1", chosen_form(page))
        booking.refresh_from_db()
        assert booking.slot.start == at(9, days=2)
        client.post(f"{url}&outside_windows=1", {**chosen_form(page), "window_break_reason": "Heavy rain"})
        booking.refresh_from_db()
        assert (booking.slot.start, booking.window_break_reason) == (at(9, days=3), "Heavy rain")

    def test_a_coordinator_is_not_offered_to_break_windows(self) -> None:
        AssignmentFactory(start=at(9, days=2), job__window_start=at(8, days=2), job__window_end=at(10, days=2))
        page = signed_in().get(move_day_url(day=f"{at(0, days=2):%Y-%m-%d}", outside_windows=1))
        assert not page.context["rows"][0].groups
        assert "Offer starts outside the windows too" not in page.content.decode()

    def test_a_booking_in_progress_stays(self) -> None:
        AssignmentFactory(start=at(9, days=2), status="in_progress", confirmed_at=at(0), started_at=at(0))
        page = signed_in().get(move_day_url(day=f"{at(0, days=2):%Y-%m-%d}"))
        assert page.context["conflicts"] == []

    def test_names_how_each_time_changes(self) -> None:
        booking = AssignmentFactory(start=at(9, days=2))
        add_absence(contractor_id=booking.contractor_id, period=TimeSlot(at(0, days=3), at(12, days=3)), actor=None)
        page = signed_in().get(move_day_url(day=f"{at(0, days=2):%Y-%m-%d}")).content.decode()
        assert "1 day later than booked and 3 h later in the day" in page

    def test_has_few_queries(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        for _ in range(20):
            AssignmentFactory(job=JobFactory(status="assigned", duration=timedelta(hours=1)))
        client, url = signed_in(), move_day_url(day=f"{at(0, days=2):%Y-%m-%d}")
        client.get(url)
        with django_assert_max_num_queries(33):
            assert len(client.get(url).context["rows"]) == 20


def test_visitors_are_asked_to_sign_in(client: Client) -> None:
    for url in (move_day_url(), TestAllConflicts.url, conflicts_url(ContractorFactory())):
        assert client.get(url).status_code == 302
    client.force_login(UserFactory(role=Role.COORDINATOR))
    assert client.get(move_day_url()).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_at_once_move_each_booking_once(dice: Random) -> None:
    """Both submit the page at the same moment, each with choices of their own."""
    for _ in range(3):
        crews = ContractorFactory.create_batch(3)
        ill = ContractorFactory()
        for hour in (8, 10, 13):
            AssignmentFactory(contractor=ill, start=at(hour, days=2))
        mark_on_leave(contractor_id=ill.pk, actor=None)
        clients = [signed_in(), signed_in()]
        posts = [partial(client.post, conflicts_url(ill), _some_choice(client, ill, dice)) for client in clients]
        answers = [message_of(response) for response in together(posts)]
        live = Assignment.objects.live().exclude(contractor=ill)
        assert live.filter(contractor__in=crews).count() == 3
        assert_nobody_is_booked_twice()
        counts = [sum(map(int, re.findall(r"(?:moved|Failed): (\d)", answer))) for answer in answers]
        assert counts == [3, 3], answers
        for booking in live:
            assert any(booking.contractor.name in answer for answer in answers)
        Assignment.objects.all().delete()
        Contractor.objects.update(status="inactive")
        Job.objects.all().delete()


def _some_choice(client: Client, ill: Contractor, dice: Random) -> dict[str, Any]:
    """All rows, each with one of the replacements at the same time."""
    rows = client.get(conflicts_url(ill)).context["rows"]
    choices = {f"choice-{row.booking.pk}": dice.choice(row.groups[0][1])[0] for row in rows}
    return {"row": [str(row.booking.pk) for row in rows], **choices}
