"""The desired time is offered when it is free, and differences from it are shown before a booking."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from assignments.availability import Calendar, first_free_day, is_free
from assignments.models import Assignment
from assignments.services import confirm_assignment
from assignments.wanted_time import differs_from_booking, differs_from_wanted, suggested_slot
from contractors.working_week import Shift
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from recommendations.search.query import RankingQuery
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from tests.api import V1, client_as
from tests.factories import EVERY_DAY, AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import signed_in


def slot_from(start: datetime, hours: int = 2) -> TimeSlot:
    return TimeSlot(start, start + timedelta(hours=hours))


def request_for(start: datetime, hours: int = 2) -> JobRequest:
    job = JobFactory.build(desired_date=start, duration=timedelta(hours=hours))
    return JobRequest.of(job)


@given(
    minute=st.integers(0, 24 * 60 - 1),
    minutes=st.integers(15, 480),
    shifts=st.lists(st.tuples(st.integers(0, 46), st.integers(1, 20)), min_size=1, max_size=2),
    busy=st.lists(st.tuples(st.integers(0, 1400), st.integers(1, 300)), max_size=3),
)
def test_it_is_the_wanted_time_exactly_where_that_is_free(
    minute: int, minutes: int, shifts: list[Any], busy: list[Any]
) -> None:
    """Whatever the hours and bookings: what is suggested can be booked, and is the wanted time where that can be."""
    day = at(0, days=3)
    job = JobFactory.build(desired_date=day + timedelta(minutes=minute), duration=timedelta(minutes=minutes))
    search = RankingQuery.of(JobRequest.of(job), Rules.of_settings(), 3, at(0, days=1))
    (begins, length), *_ = shifts
    hour = at(begins // 2, begins % 2 * 30).time()
    end = at(min(23, begins // 2 + length), 30).time()
    calendar = Calendar(
        job.zone,
        [Shift(weekday, hour, end) for weekday in range(7)],
        [TimeSlot(day + timedelta(minutes=since), day + timedelta(minutes=since + long)) for since, long in busy],
    )
    free = first_free_day(calendar, search.visit)
    if free is None:
        return
    suggested = suggested_slot(search.request, free.starts, calendar, search.rules, site=search.site, now=search.now)
    assert is_free(calendar, suggested, search.site, search.rules)
    asked = TimeSlot(job.desired_date, job.desired_date + job.duration)
    assert (suggested == asked) == (free.days == 0 and is_free(calendar, asked, search.site, search.rules))


def test_the_nearest_one_is_suggested_where_the_wanted_time_is_not_free() -> None:
    search = RankingQuery.of(request_for(at(11, days=3)), Rules.of_settings(), 3, at(0, days=1))
    busy = [TimeSlot(at(10, days=3), at(14, days=3))]
    calendar = Calendar(search.request.zone, EVERY_DAY, busy)
    free = first_free_day(calendar, search.visit)
    assert free
    suggested = suggested_slot(search.request, free.starts, calendar, search.rules, site=search.site, now=search.now)
    assert suggested == slot_from(at(8, days=3))  # three hours before, and 14:00 is three hours after: the earlier one


def test_on_a_later_day_the_same_time_of_day_is_suggested() -> None:
    search = RankingQuery.of(request_for(at(11, days=3)), Rules.of_settings(), 3, at(0, days=1))
    calendar = Calendar(search.request.zone, EVERY_DAY, [TimeSlot(at(0, days=3), at(0, days=4))])
    free = first_free_day(calendar, search.visit)
    assert free
    suggested = suggested_slot(search.request, free.starts, calendar, search.rules, site=search.site, now=search.now)
    assert suggested == slot_from(at(11, days=4))


@pytest.mark.parametrize(("day", "hour"), [(date(2027, 11, 7), 0), (date(2027, 3, 14), 1)])
def test_a_suggestion_lasts_as_long_as_the_work_across_a_clock_change(day: date, hour: int) -> None:
    """In hours that pass, not by what the clock on the wall says."""
    request = request_for(datetime(2027, 6, 1, hour, tzinfo=ZoneInfo("America/Chicago")), hours=4).wanted_on(day)
    calendar = Calendar(request.zone, [Shift(number, time(0), time(12)) for number in range(7)])
    start = datetime.combine(day, time(hour), request.zone).astimezone(UTC)
    search = RankingQuery.of(request, Rules.of_settings(), 0, start - timedelta(days=1))
    slot = suggested_slot(request, [start], calendar, search.rules, site=search.site, now=search.now)
    assert (slot.start, slot.end.astimezone(UTC) - slot.start.astimezone(UTC)) == (start, timedelta(hours=4))


@pytest.mark.parametrize(
    ("start", "text"),
    [
        (lambda: at(11, days=3), ""),
        (lambda: at(7, 30, days=3), "This slot is 3 h 30 min earlier in the day."),
        (lambda: at(11, 15, days=3), "This slot is 15 min later in the day."),
        (lambda: at(11, days=4), "This slot is 1 day later."),
        (lambda: at(11, days=1), "This slot is 2 days earlier."),
        (lambda: at(13, days=5), "This slot is 2 days later and 2 h later in the day."),
    ],
)
def test_every_difference_from_the_wanted_time_is_named(start: Callable[[], datetime], text: str) -> None:
    sentence = differs_from_wanted(slot_from(start()), request_for(at(11, days=3)))
    assert sentence.endswith(text)
    assert bool(sentence) == bool(text)
    assert not sentence or sentence.startswith("The customer asked for ")


def test_a_move_names_the_time_and_the_confirmation_that_it_costs() -> None:
    contractor, job = ContractorFactory.build(hours=[]), JobFactory.build()
    booking = AssignmentFactory.build(contractor=contractor, start=at(12, 30, days=3), status="confirmed", job=job)
    moved = differs_from_booking(slot_from(at(8, days=3)), booking, other_contractor=True)
    assert "This moves the visit from" in moved
    assert "12:30–2:30 PM" in moved
    assert "at the new time, it has to be confirmed again" in moved
    assert differs_from_booking(booking.slot, booking, other_contractor=True) == ""


@pytest.mark.django_db
class TestRanking:
    def test_of_a_contractor_who_is_free_at_the_wanted_time(self) -> None:
        contractor, job = ContractorFactory(), JobFactory(desired_date=at(11, days=2))
        (entry,) = rank_candidates(JobRequest.of(job), current_rules()).entries
        assert (entry.contractor, entry.suggested) == (contractor, slot_from(at(11, days=2)))
        assert entry.slots[0] == slot_from(at(8, days=2))

    def test_off_the_grid_too(self) -> None:
        ContractorFactory()
        (entry,) = rank_candidates(JobRequest.of(JobFactory(desired_date=at(11, 10, days=2))), current_rules()).entries
        assert entry.suggested == slot_from(at(11, 10, days=2))
        assert entry.suggested not in entry.slots

    def test_the_api_says_which_slot_to_book_and_takes_it(self) -> None:
        contractor, job, api = ContractorFactory(), JobFactory(desired_date=at(11, 10, days=2)), client_as()
        (best,) = api.get(f"{V1}/jobs/{job.pk}/recommendations/").json()["recommendations"]
        answer = api.get(f"{V1}/jobs/{job.pk}/recommendations/{contractor.pk}/").json()
        assert answer["suggested_time_slot"] == best["suggested_time_slot"]
        start = best["suggested_time_slot"]["start"]
        made = api.post(
            f"{V1}/assignments/", {"job": str(job.pk), "contractor": str(contractor.pk), "start": start}, format="json"
        )
        assert made.status_code == 201, made.content
        assert made.json()["time_slot"] == best["suggested_time_slot"]

    def test_a_contractor_who_cannot_take_it_has_none(self) -> None:
        contractor, job = ContractorFactory(type="tile"), JobFactory()
        answer = client_as().get(f"{V1}/jobs/{job.pk}/recommendations/{contractor.pk}/").json()
        assert answer["suggested_time_slot"] is None


def checked(page: str) -> list[Any]:
    """The value and the note of the radio button that is chosen first, of each candidate."""
    return re.findall(r'name="start" value="([^"]+)"[^>]*data-note="([^"]*)"[^>]*checked', page)


@pytest.mark.django_db
class TestPages:
    def test_recommend_presets_the_wanted_time(self) -> None:
        ContractorFactory()
        job = JobFactory(desired_date=at(11, days=2))
        page = signed_in().get(reverse("admin:jobs_job_recommend", args=[job.pk])).content.decode()
        ((start, note),) = checked(page)
        assert (datetime.fromisoformat(start), note) == (at(11, days=2), "")
        assert "3 h earlier in the day" in page  # of the first slot of the day

    def test_another_day_of_the_question_is_still_named_as_another_day(self) -> None:
        """Ranking as if it were wanted a day later does not change what the customer wanted."""
        ContractorFactory()
        job = JobFactory(desired_date=at(11, days=2))
        url = reverse("admin:jobs_job_recommend", args=[job.pk])
        page = signed_in().get(f"{url}?day={at(11, days=3):%Y-%m-%d}").content.decode()
        ((start, note),) = checked(page)
        assert datetime.fromisoformat(start) == at(11, days=3)
        assert note.endswith("This slot is 1 day later.")

    def test_the_question_without_scripts_names_the_differences(self) -> None:
        contractor, job = ContractorFactory(), JobFactory(desired_date=at(11, days=2))
        sent = {"contractor": str(contractor.pk), "start": at(8, days=3).isoformat(), "override_reason": ""}
        page = signed_in().post(reverse("admin:jobs_job_recommend", args=[job.pk]), sent).content.decode()
        assert "This slot is 1 day later and 3 h earlier in the day." in page

    def test_the_panel_presets_it_too(self) -> None:
        ContractorFactory()
        job = JobFactory(desired_date=at(11, days=2))
        page = signed_in().get(f"/live/jobs/{job.pk}/").content.decode()
        (start,) = re.findall(r'<option value="([^"]+)"[^>]* selected', page)
        assert datetime.fromisoformat(start) == at(11, days=2)

    def test_the_board_names_the_differences_of_each_start(self) -> None:
        contractor, job = ContractorFactory(), JobFactory(desired_date=at(11, days=2))
        answer = signed_in().get(f"/live/fits/?job={job.pk}&day={at(11, days=2):%Y-%m-%d}").json()
        notes = {row["minute"]: row["note"] for row in answer[str(contractor.pk)]["starts"]}
        assert notes[11 * 60] == ""
        assert "3 h earlier in the day" in notes[8 * 60]

    @pytest.fixture
    def confirmed(self) -> Assignment:
        """A confirmed visit at 12:30; the best of the others is not free then, the second is."""
        booking = AssignmentFactory(start=at(12, 30, days=2), job__desired_date=at(12, 30, days=2))
        confirm_assignment(assignment_id=booking.pk, actor=None)
        self.best = ContractorFactory(rating="5.00")
        AbsenceFactory(contractor=self.best, period=(at(12, days=2), at(15, days=2)))
        self.second = ContractorFactory(rating="3.00")
        return booking

    @pytest.mark.parametrize("page", ["reassign", "panel"])
    def test_who_keeps_the_time_comes_first_and_a_move_is_named(self, confirmed: Assignment, page: str) -> None:
        url = (
            reverse("admin:assignments_assignment_reassign", args=[confirmed.pk])
            if page == "reassign"
            else f"/live/jobs/{confirmed.job_id}/"
        )
        response = signed_in().get(url)
        cards = [card for card in response.context["cards"] if card["contractor"].pk != confirmed.contractor_id]
        assert [card["contractor"] for card in cards] == [self.second, self.best]
        keeps, moves = cards
        assert keeps["same"].note == ""  # a visit that keeps its time stays confirmed
        (preset,) = [offer for offer in moves["offers"] if offer.preset]
        assert "This moves the visit from" in preset.note
        assert "confirmed again" in preset.note
        assert not any(offer.preset for offer in keeps["offers"])
        assert preset.note in response.content.decode()

    def test_the_question_of_a_reassignment_says_what_it_changes(self, confirmed: Assignment) -> None:
        sent = {"contractor": str(self.best.pk), "start": at(8, days=2).isoformat(), "override_reason": ""}
        url = reverse("admin:assignments_assignment_reassign", args=[confirmed.pk])
        page = signed_in().post(url, sent).content.decode()
        assert "This moves the visit from" in page
        assert "has to be confirmed again" in page
        assert "4 h 30 min earlier in the day" in page

    def test_the_question_of_a_reschedule_names_the_wanted_time(self, confirmed: Assignment) -> None:
        sent = {"slot": at(9, days=3).isoformat(), "start": ""}
        url = reverse("admin:assignments_assignment_reschedule", args=[confirmed.pk])
        page = signed_in().post(url, sent).content.decode()
        assert "This slot is 1 day later and 3 h 30 min earlier in the day." in page
