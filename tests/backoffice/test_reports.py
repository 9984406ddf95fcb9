"""Reports: each number, compared with its rows, and permissions."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.urls import reverse
from psycopg.types.range import TimestamptzRange
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.backoffice.reports.period import before, usual
from smartscheduler.backoffice.reports.queries import headline, report
from smartscheduler.backoffice.reports.utilization import loads, totals
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
SINCE, UNTIL = date(2026, 11, 2), date(2026, 11, 15)


def austin(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC) + timedelta(hours=6)


def booked(day: int, hour: int = 9, *, waited: int = 2, **changes: Any) -> Assignment:
    """A booking that begins then, made a day before, `waited` hours after the job came in."""
    contractor = changes.pop("contractor", None) or ContractorFactory()
    booking = AssignmentFactory(start=austin(day, hour), contractor=contractor)
    made = austin(day, hour) - timedelta(days=1)
    Job.objects.filter(pk=booking.job_id).update(created_at=made - timedelta(hours=waited))
    Assignment.objects.filter(pk=booking.pk).update(created_at=made, **changes)
    return booking


def test_nothing_happened() -> None:
    figures = report(SINCE, UNTIL)
    assert (figures.waited, figures.median_wait, figures.first_choice.percent, figures.weeks) == (0, None, None, [])
    assert figures.is_empty


def test_the_wait_is_from_the_job_to_its_first_booking() -> None:
    for hours in (1, 2, 9):
        booked(4, waited=hours)
    booked(17, waited=100)
    figures = report(SINCE, UNTIL)
    assert (figures.waited, figures.median_wait) == (3, timedelta(hours=2))
    assert figures.slow_wait == timedelta(hours=7, minutes=36)


def test_the_first_of_the_ranking_and_why_another() -> None:
    booked(4)
    booked(5, rank=2, override_reason="Knows the house")
    booked(6, rank=3, override_reason="Knows the house")
    booked(7, rank=None, override_reason="Boss said so")
    figures = report(SINCE, UNTIL)
    assert (figures.first_choice.part, figures.first_choice.percent) == (1, 25)
    assert figures.override_reasons == [("Knows the house", 2), ("Boss said so", 1)]


def test_cancellations_and_their_reasons() -> None:
    booked(4)
    booked(5, status="cancelled", cancelled_at=austin(4), cancel_reason="Flooded")
    figures = report(SINCE, UNTIL)
    assert (figures.cancelled.percent, figures.cancel_reasons) == (50, [("Flooded", 1)])


def test_on_time_is_within_a_quarter_of_an_hour() -> None:
    for minutes in (-5, 15, 16, 60):
        start = austin(4) + timedelta(minutes=minutes)
        booked(4, status="in_progress", confirmed_at=austin(3), started_at=start)
    figures = report(SINCE, UNTIL)
    assert (figures.on_time.part, figures.on_time.whole) == (2, 4)
    assert figures.median_delay == timedelta(minutes=15, seconds=30)


def test_a_window_is_kept_by_work_that_starts_in_it() -> None:
    for minutes in (-1, 0, 120, 121):
        start = austin(4)
        started = start + timedelta(minutes=minutes)
        ended = started + timedelta(hours=1)
        booking = booked(4, status="completed", confirmed_at=austin(3), started_at=started, completed_at=ended)
        Job.objects.filter(pk=booking.job_id).update(window_start=start, window_end=start + timedelta(hours=2))
    booked(5, status="in_progress", confirmed_at=austin(3), started_at=austin(5))
    figures = report(SINCE, UNTIL)
    assert (figures.windows_kept.part, figures.windows_kept.whole) == (2, 4)


def test_the_share_of_the_working_week() -> None:
    person = ContractorFactory(name="Ann", hours=[Shift(1, time(8), time(16)), Shift(2, time(20), time(0))])
    booked(3, contractor=person)
    booked(4, contractor=person)
    booked(10, contractor=person)
    booked(5, contractor=person, status="cancelled", cancelled_at=austin(4), cancel_reason="No")
    assert weeks_of(person) == [(date(2026, 11, 2), 4.0, 12.0, 33), (date(2026, 11, 9), 2.0, 12.0, 17)]


def weeks_of(person: Contractor, since: date = SINCE, until: date = UNTIL) -> list[Any]:
    return [(load.week, load.booked, load.working, load.percent) for load in loads(since, until, [person.pk])]


def test_absences_are_no_working_time() -> None:
    person = ContractorFactory(hours=[Shift(day, time(8), time(16)) for day in range(1, 6)])
    booked(3, contractor=person)
    day = austin(4, 0), austin(5, 12)  # a whole Wednesday and half of Thursday
    AbsenceFactory(contractor=person, period=TimestamptzRange(*day, "[)"))
    AbsenceFactory(contractor=person, period=TimestamptzRange(austin(5, 10), austin(5, 14), "[)"))  # overlaps it
    assert weeks_of(person)[0] == (date(2026, 11, 2), 2.0, 40.0 - 8 - 6, 8)


def test_a_week_with_nothing_booked_is_there() -> None:
    person = ContractorFactory(hours=[Shift(1, time(8), time(16))])
    booked(9, contractor=person)
    assert weeks_of(person) == [(date(2026, 11, 2), 0.0, 8.0, 0), (date(2026, 11, 9), 2.0, 8.0, 25)]


@pytest.mark.parametrize(("sunday", "hours"), [(date(2026, 3, 8), 3.0), (date(2026, 11, 1), 5.0)])
def test_a_night_on_which_the_clock_moves_is_as_long_as_it_is(sunday: date, hours: float) -> None:
    person = ContractorFactory(hours=[Shift(0, time(0), time(4))])
    start = datetime.combine(sunday, time(0), UTC) + timedelta(hours=6)
    AssignmentFactory(start=start if sunday.month == 3 else start - timedelta(hours=1), contractor=person)
    assert weeks_of(person, sunday, sunday) == [(sunday - timedelta(days=6), 2.0, hours, round(200 / hours))]


def test_only_days_of_the_range_count() -> None:
    person = ContractorFactory(hours=[Shift(day, time(8), time(16)) for day in range(1, 6)])
    booked(4, contractor=person)
    assert weeks_of(person, date(2026, 11, 4), date(2026, 11, 5)) == [(date(2026, 11, 2), 2.0, 16.0, 12)]


def test_hours_changed_since_are_no_error() -> None:
    person = ContractorFactory(hours=[])
    booked(4, contractor=person)
    assert weeks_of(person) == [(date(2026, 11, 2), 2.0, 0.0, None)]


def test_booked_hours_by_week_and_the_most_booked_first() -> None:
    ann, bob = ContractorFactory(name="Ann"), ContractorFactory(name="Bob")
    booked(4, contractor=ann)
    booked(4, contractor=bob)
    booked(10, contractor=bob)
    sums = totals(SINCE, UNTIL)
    assert sums.weeks == [(date(2026, 11, 2), 4.0), (date(2026, 11, 9), 2.0)]
    assert sums.people == [bob.pk, ann.pk]


def test_a_day_is_a_day_at_the_site() -> None:
    booked(1, hour=23)  # in UTC it is the 2nd
    booked(15, hour=23)  # in UTC it is the 16th
    assert report(SINCE, UNTIL).cancelled.whole == 1


def test_a_job_booked_again_has_waited_once() -> None:
    """Cancelled and reassigned: the first booking ended the wait, and every booking is a choice of its own."""
    first = booked(4, waited=3, status="cancelled", cancelled_at=austin(3, 12), cancel_reason="Sick")
    again = AssignmentFactory(job=first.job, start=austin(6), rank=2)
    Assignment.objects.filter(pk=again.pk).update(created_at=austin(5))
    figures = report(SINCE, UNTIL)
    assert (figures.waited, figures.median_wait) == (1, timedelta(hours=3))
    assert (figures.first_choice.part, figures.first_choice.whole) == (1, 2)
    assert (figures.cancelled.part, figures.cancelled.whole) == (1, 2)
    assert dict(figures.ranks)["2"] == 1
    assert dict(figures.spread) == {
        "under 1 h": 0,
        "1–4 h": 1,
        "4–24 h": 0,
        "1–3 days": 0,
        "3–7 days": 0,
        "over 7 days": 0,
    }
    # In the second week alone the job was booked again, and did not wait.
    assert report(date(2026, 11, 5), UNTIL).waited == 0


def test_weeks_by_what_became_of_their_bookings() -> None:
    booked(4, status="in_progress", confirmed_at=austin(3), started_at=austin(4))
    booked(5, status="cancelled", cancelled_at=austin(4), cancel_reason="Flooded")
    booked(9)
    weeks = report(SINCE, UNTIL).weeks
    assert [(row.monday.day, row.bookings, row.cancelled, row.started, row.on_time) for row in weeks] == [
        (2, 2, 1, 1, 1),
        (9, 1, 0, 0, 0),
    ]


def test_usual_ranges_and_the_time_before() -> None:
    ranges = usual(date(2026, 11, 26))
    assert ranges["Last week"] == (date(2026, 11, 16), date(2026, 11, 22))
    assert ranges["This week"] == (date(2026, 11, 23), date(2026, 11, 29))
    assert ranges["Last month"] == (date(2026, 10, 1), date(2026, 10, 31))
    assert ranges["This quarter"] == (date(2026, 10, 1), date(2026, 11, 26))
    assert usual(date(2026, 1, 1))["Last month"] == (date(2025, 12, 1), date(2025, 12, 31))
    assert before(date(2026, 11, 8), date(2026, 11, 14)) == (date(2026, 11, 1), date(2026, 11, 7))


def test_the_time_before_is_compared() -> None:
    booked(4, rank=2)
    booked(11)
    earlier = headline(*before(date(2026, 11, 9), UNTIL))
    assert (earlier.first_choice.part, earlier.first_choice.whole, earlier.median_wait) == (0, 1, timedelta(hours=2))


class TestThePage:
    def test_for_managers_and_administrators(self) -> None:
        booked(4)
        for role in (Role.MANAGER, Role.ADMINISTRATOR):
            page = signed_in(role).get(f"{reverse('reports')}?since={SINCE}&until={UNTIL}").content.decode()
            assert "First in the ranking chosen" in page
        assert signed_in(Role.COORDINATOR).get(reverse("reports")).status_code == 403

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("since=2026-11-20&until=2026-11-01", "must not be before"),
            ("since=2020-01-01&until=2026-11-01", "at most one year"),
            ("since=nonsense", "Enter a date"),
            ("", "Choose another range, or open the list of all assignments."),
        ],
    )
    def test_says_what_is_wrong(self, query: str, message: str) -> None:
        assert message in signed_in(Role.MANAGER).get(f"{reverse('reports')}?{query}").content.decode()

    def test_all_of_it_as_csv(self) -> None:
        booked(4, contractor=ContractorFactory(name="=Ann"))
        answer = signed_in(Role.MANAGER).get(f"{reverse('reports')}?since={SINCE}&until={UNTIL}&csv=utilisation")
        assert "utilisation-2026-11-02-2026-11-15.csv" in answer["Content-Disposition"]
        assert b"".join(answer).decode().splitlines()[1] == "'=Ann,2026-11-02,2.00,63.00,3"

    @pytest.mark.parametrize(
        ("part", "line"),
        [
            ("waits", "{number},flooring,medium,Austin,TX,2026-11-03T13:00:00+00:00,2026-11-03T15:00:00+00:00,2.00"),
            ("choices", "{number},'=Ann,2026-11-03 09:00,2,1,no,0.8000,'=cmd|x,"),
            ("starts", "{number},'=Ann,2026-11-04 09:00,2026-11-04 09:20,20,no,,,"),
        ],
    )
    def test_the_rows_behind_each_part(self, part: str, line: str) -> None:
        person = ContractorFactory(name="=Ann")
        late: dict[str, Any] = {
            "status": "in_progress",
            "confirmed_at": austin(3),
            "started_at": austin(4) + timedelta(minutes=20),
        }
        booking = booked(4, contractor=person, rank=2, override_reason="=cmd|x", **late)
        assert self.lines(part, Role.ADMINISTRATOR)[1:] == [line.format(number=booking.job.job_number)]

    def test_managers_get_nothing_that_was_worked_out_from_exact_places(self) -> None:
        booking = booked(4, contractor=ContractorFactory(name="=Ann"), rank=2, override_reason="=cmd|x")
        assert self.lines("choices")[1:] == [f"{booking.job.job_number},'=Ann,2026-11-03 09:00,,,,,'=cmd|x,"]

    def test_the_rows_behind_cancellations(self) -> None:
        booking = booked(5, status="cancelled", cancelled_at=austin(4), cancel_reason="+Flooded")
        assert self.lines("cancellations")[1:] == [
            f"{booking.job.job_number},{booking.contractor.name},2026-11-05 09:00,2026-11-04 09:00,'+Flooded"
        ]

    def lines(self, part: str, role: Role = Role.MANAGER) -> list[str]:
        answer = signed_in(role).get(f"{reverse('reports')}?since={SINCE}&until={UNTIL}&csv={part}")
        return b"".join(answer).decode().splitlines()

    def test_there_is_no_other_part_and_no_coordinator_gets_one(self) -> None:
        address = f"{reverse('reports')}?since={SINCE}&until={UNTIL}&csv="
        assert signed_in(Role.MANAGER).get(f"{address}salaries").status_code == 404
        assert signed_in(Role.COORDINATOR).get(f"{address}waits").status_code == 403

    def test_bars_say_the_figures_of_the_database(self) -> None:
        booked(4, waited=2, rank=1)
        booked(5, waited=30, rank=2)
        booked(6, waited=30, rank=2, status="cancelled", cancelled_at=austin(5), cancel_reason="Flooded")
        started: dict[str, Any] = {"status": "in_progress", "confirmed_at": austin(3)}
        booked(9, **started, started_at=austin(9))
        booked(10, **started, started_at=austin(10, 12))
        response = signed_in(Role.MANAGER).get(f"{reverse('reports')}?since={SINCE}&until={UNTIL}")
        rows = re.findall(
            r"<p><span>([^<]+)</span> <strong>([^<]+)</strong></p>\s+<svg[^>]*><rect width=\"(\d+)\"[^>]*>"
            r"(?:<rect class=\"part\" width=\"(\d+)\")?",
            response.content.decode(),
        )
        assert rows == [
            *[("under 1 h", "0", "0", ""), ("1–4 h", "3", "100", ""), ("4–24 h", "0", "0", "")],
            *[("1–3 days", "2", "67", ""), ("3–7 days", "0", "0", ""), ("over 7 days", "0", "0", "")],
            *[("1", "3", "100", ""), ("2", "2", "67", ""), ("3", "0", "0", ""), ("4", "0", "0", "")],
            *[("5", "0", "0", ""), ("6 or more", "0", "0", ""), ("no rank", "0", "0", "")],
            *[("Nov 2", "1 of 3", "100", "33"), ("Nov 9", "0 of 2", "67", "")],
            *[("Nov 9", "1 of 2", "100", "50")],
            *[("Nov 2", "4 h", "100", ""), ("Nov 9", "4 h", "100", "")],
        ]
        assert "2.0 of 63.0 h" in response.content.decode()

    def test_nothing_has_a_heading_that_is_empty(self) -> None:
        client, url = signed_in(Role.MANAGER), f"{reverse('reports')}?since={SINCE}&until={UNTIL}"
        empty = client.get(url).content.decode()
        assert "No bookings from Mon, Nov 2" in empty
        assert "glance" not in empty
        booked(4)
        page = client.get(url).content.decode()
        assert "Cancellations by week" in page
        for heading in ("Starts on time by week", "Reasons for canceling", "Reasons for not choosing the first"):
            assert heading not in page
        assert "<canvas" not in page

    def test_the_weeks_of_a_year_scroll(self) -> None:
        for day in range(0, 20 * 7, 7):
            start = austin(4) - timedelta(days=day)
            Assignment.objects.filter(pk=AssignmentFactory(start=start).pk).update(created_at=start)
        url = f"{reverse('reports')}?since=2026-01-01&until={UNTIL}"
        page = signed_in(Role.MANAGER).get(url).content.decode()
        assert page.count('class="bar-scroll" tabindex="0"') == 2

    def test_costs_the_same_at_any_number(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        client = signed_in(Role.MANAGER)
        for day in range(2, 14):
            booked(day)
        with django_assert_max_num_queries(16):
            client.get(f"{reverse('reports')}?since={SINCE}&until={UNTIL}")
