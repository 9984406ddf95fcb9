"""A contractor's week in the admin, in the contractor's local time."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from psycopg.types.range import TimestamptzRange
from pytest_django import DjangoAssertNumQueries

from assignments.models import Conflict
from assignments.services import assign_job
from contractors.models import Contractor, Rating
from contractors.services import add_absence
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.timeslots import TimeSlot
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 23)


def austin(hour: int, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC) + timedelta(hours=6)


@pytest.fixture
def person() -> Contractor:
    return ContractorFactory(hours=[Shift(2, time(8), time(16))])


def week(person: Contractor, query: str = "", client: Client | None = None) -> PageResponse:
    response = (client or signed_in()).get(reverse("admin:contractors_contractor_week", args=[person.pk]) + query)
    assert response.status_code == 200
    return response


def bars(row: Any) -> list[Any]:
    return [(bar.kind, bar.text) for bar in row.bars]


def test_shows_hours_absences_bookings_drives_and_what_is_left(person: Contractor) -> None:
    first = AssignmentFactory(contractor=person, start=austin(8))
    far = JobFactory(status="assigned", latitude=Decimal("30.3672"), duration=timedelta(hours=1))
    AssignmentFactory(contractor=person, job=far, start=austin(12))
    AbsenceFactory(contractor=person, period=TimestamptzRange(austin(15), austin(15, day=25), "[)"))
    response = week(person, f"?start={MONDAY}")
    rows = response.context["rows"]
    assert [row.day for row in rows] == [MONDAY + timedelta(days=n) for n in range(7)]
    assert bars(rows[0]) == []
    assert bars(rows[1]) == [
        ("work", "works 8:00 AM–4:00 PM"),
        ("free", "free 10:00 AM–12:00 PM"),
        ("free", "free 1:00–3:00 PM"),
        ("absence", "absent 3:00 PM–12:00 AM"),
        ("drive", "drive 11:44 AM–12:00 PM"),
        ("pending", "8:00–10:00 AM"),
        ("pending", "12:00–1:00 PM"),
    ]
    assert rows[1].free == "free 10:00 AM–12:00 PM, 1:00–3:00 PM"
    assert rows[2].free == "does not work"
    page = response.content.decode()
    assert reverse("admin:assignments_assignment_change", args=[first.pk]) in page


def test_marks_a_live_booking_that_no_longer_holds(person: Contractor) -> None:
    AssignmentFactory(contractor=person, start=austin(8))
    AssignmentFactory(contractor=person, start=austin(12))
    with time_machine.travel(austin(12, day=22), tick=False):
        add_absence(contractor_id=person.pk, period=TimeSlot(austin(9), austin(12)), actor=None)
        tuesday = week(person, f"?start={MONDAY}").context["rows"][1]
    assert [bar.conflict for bar in tuesday.bars if bar.assignment] == [True, False]


def test_marks_nothing_that_only_exact_places_decide_for_who_may_not_see_them(person: Contractor) -> None:
    far, skill = (AssignmentFactory(contractor=person, start=austin(hour)) for hour in (8, 12))
    Conflict.objects.create(assignment=far, rules=["out_of_radius"], found_at=austin(0))
    Conflict.objects.create(assignment=skill, rules=["missing_skill", "out_of_radius"], found_at=austin(0))
    for role, marked in [(Role.MANAGER, [False, True]), (Role.COORDINATOR, [True, True])]:
        tuesday = week(person, f"?start={MONDAY}", signed_in(role)).context["rows"][1]
        assert [bar.conflict for bar in tuesday.bars if bar.assignment] == marked


def test_begins_on_the_monday_of_this_week_there(person: Contractor) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 4, tzinfo=UTC), tick=False):  # still Sunday in Austin
        response = week(person)
    assert response.context["start"] == MONDAY
    assert [row.is_today for row in response.context["rows"]] == [False] * 6 + [True]


def test_the_next_and_the_previous_week_are_a_click_away(person: Contractor) -> None:
    page = week(person, f"?start={MONDAY}").content.decode()
    assert "?start=2026-11-16" in page
    assert "?start=2026-11-30" in page


@pytest.mark.parametrize("start", ["nonsense", "2026-13-01", "", "%00"])
def test_what_is_no_day_is_this_week(person: Contractor, start: str) -> None:
    week(person, f"?start={start}")


def test_every_role_sees_it_and_visitors_do_not(person: Contractor, client: Client) -> None:
    week(person, client=signed_in(Role.MANAGER))
    address = reverse("admin:contractors_contractor_week", args=[person.pk])
    assert client.get(address).status_code == 302
    assert address in signed_in().get(reverse("admin:contractors_contractor_change", args=[person.pk])).content.decode()


def test_a_whole_week_costs_the_same_as_an_empty_one(
    person: Contractor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in()
    for hour in (8, 10, 12):
        AssignmentFactory(contractor=person, start=austin(hour))
    with django_assert_max_num_queries(8):
        week(person, f"?start={MONDAY}", client)


def test_the_contractor_page_has_assignments_and_ratings_to_read(
    person: Contractor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in()
    address = reverse("admin:contractors_contractor_change", args=[person.pk])
    booking = AssignmentFactory(contractor=person, start=austin(8))
    Rating.objects.create(contractor=person, value=Decimal("4.5"), comment="Neat corners")
    page = client.get(address).content.decode()
    assert booking.job.job_number in page
    assert "Neat corners" in page
    for day in range(25, 30):
        AssignmentFactory(contractor=person, start=austin(8, day=day))
    with django_assert_max_num_queries(25):
        client.get(address)


def test_the_week_of_any_of_its_days_is_the_same(person: Contractor) -> None:
    assert week(person, "?start=2026-11-26").context["start"] == MONDAY


@pytest.mark.usefixtures("november_2026")
@pytest.mark.parametrize("start", ["2000-01-01", "2099-12-31", "2031-12-01"])
def test_a_day_beyond_reach_is_refused_in_words_and_shows_this_week(person: Contractor, start: str) -> None:
    response = week(person, f"?start={start}")
    assert response.context["is_this_week"]
    assert "within five years from today" in response.content.decode()


NIGHTS = [Shift(0, time(0), time(8)), Shift(0, time(20), time(0)), Shift(6, time(20), time(0))]


def test_a_day_of_25_hours_shows_each_of_them_as_long_as_any_other() -> None:
    crew = ContractorFactory(hours=NIGHTS)
    sunday = week(crew, "?start=2026-10-26").context["rows"][6]
    assert sunday.note == "25 hours long: clocks go back"
    assert [hour for hour, _left in sunday.marks[:5]] == ["12 AM", "1 AM", "1 AM", "2 AM", "3 AM"]
    night = sunday.bars[0]
    assert night.text == "works 12:00 AM CDT–8:00 AM CST"
    assert (night.left, round(night.width, 2)) == (0, round(9 / 25 * 100, 2))
    assert week(crew, "?start=2026-10-26").context["rows"][5].note == ""


def test_a_booking_in_the_hour_that_comes_twice_has_its_length() -> None:
    crew = ContractorFactory(hours=NIGHTS)
    job = JobFactory(status="assigned", duration=timedelta(hours=1))
    AssignmentFactory(contractor=crew, job=job, start=datetime(2026, 11, 1, 6, 30, tzinfo=UTC))  # the first 01:30
    sunday = week(crew, "?start=2026-10-26").context["rows"][6]
    (booked,) = [bar for bar in sunday.bars if bar.assignment]
    assert booked.text == "1:30 AM CDT–1:30 AM CST"
    assert (booked.left, booked.width) == (1.5 / 25 * 100, 1 / 25 * 100)


def test_a_day_of_23_hours_leaves_out_the_hour_that_never_was() -> None:
    crew = ContractorFactory(hours=NIGHTS)
    sunday = week(crew, "?start=2027-03-08").context["rows"][6]
    assert sunday.note == "23 hours long: clocks go forward"
    assert [hour for hour, _left in sunday.marks[:4]] == ["12 AM", "1 AM", "3 AM", "4 AM"]
    assert round(sunday.bars[0].width, 2) == round(7 / 23 * 100, 2)


def test_day_hours_need_no_marks_of_their_own_when_the_clock_moves_at_night(person: Contractor) -> None:
    sunday = week(person, "?start=2026-10-26").context["rows"][6]
    assert sunday.note == "25 hours long: clocks go back"
    assert sunday.marks == []


def test_says_when_there_is_less_time_than_the_drive_takes(person: Contractor) -> None:
    AssignmentFactory(contractor=person, start=austin(8))
    far = JobFactory(status="assigned", latitude=Decimal("30.9"), duration=timedelta(hours=1))
    AssignmentFactory(contractor=person, job=far, start=austin(10) + timedelta(minutes=30))
    tuesday = week(person, f"?start={MONDAY}").context["rows"][1]
    (drive,) = [bar.text for bar in tuesday.bars if bar.kind == "drive"]
    assert drive.startswith("drive 10:00–10:30 AM, but it takes ")


TUESDAY_NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)


def fill(person: Contractor, hour: int = 8, client: Client | None = None) -> PageResponse:
    """The week as it is on Tuesday noon, with the free stretch that begins at `hour` of that day chosen."""
    with time_machine.travel(TUESDAY_NOON, tick=False):
        return week(person, f"?start={MONDAY}&free={austin(hour):%Y-%m-%dT%H:%M:%SZ}", client)


class TestOpenings:
    def job(self, **values: Any) -> Job:
        return JobFactory(**{"desired_date": austin(12, day=24), **values})

    def offered(self, response: PageResponse) -> list[Any]:
        return [opening["job"] for opening in response.context["openings"]]

    def test_lists_the_open_jobs_that_fit_most_urgent_first(self, person: Contractor) -> None:
        low, urgent = self.job(priority="low"), self.job(priority="urgent", desired_date=austin(9, day=20))
        response = fill(person)
        assert self.offered(response) == [urgent, low]
        first = response.context["openings"][0]
        assert first["starts"] == ["12:30 PM", "1:00 PM", "1:30 PM", "2:00 PM"]  # it is noon, and 16:00 is the end
        assert f"/admin/jobs/job/{urgent.pk}/recommend/?contractor={person.pk}&amp;day=2026-11-24" in (
            response.content.decode()
        )

    @pytest.mark.parametrize(
        "values",
        [
            {"type": "tile"},
            {"required_skills": ["mosaic"]},
            {"latitude": Decimal("31.5")},
            {"duration": timedelta(hours=8)},
            {"desired_date": austin(9, day=26)},  # wanted later
            {"desired_date": austin(9, day=10)},  # wanted too long ago to be offered today
            {"status": "assigned"},
        ],
    )
    def test_leaves_out_what_the_ranking_would_not_offer(self, person: Contractor, values: dict[str, Any]) -> None:
        self.job(**values)
        assert self.offered(fill(person)) == []

    def test_counts_the_drive_from_the_booking_before(self, person: Contractor) -> None:
        far = JobFactory(status="assigned", latitude=Decimal("30.6"), duration=timedelta(hours=4))
        AssignmentFactory(contractor=person, job=far, start=austin(8))
        self.job()
        opening = fill(person, hour=12).context["openings"][0]
        assert opening["starts"] == ["1:00 PM", "1:30 PM", "2:00 PM"]  # 23 miles are 52 minutes

    def test_what_it_offers_can_be_booked(self, person: Contractor) -> None:
        job = self.job()
        with time_machine.travel(TUESDAY_NOON, tick=False):
            (opening,) = fill(person).context["openings"]
            clock = datetime.strptime(opening["starts"][-1], "%I:%M %p")  # noqa: DTZ007  (a time of day)
            start = austin(clock.hour) + timedelta(minutes=clock.minute)
            assert assign_job(job_id=job.pk, contractor_id=person.pk, start=start, actor=None).job == job

    @pytest.mark.parametrize("status", ["inactive", "on_leave"])
    def test_contractors_out_of_service_are_left_out(self, status: str) -> None:
        away = ContractorFactory(hours=[Shift(2, time(8), time(16))], status=status)
        self.job()
        response = fill(away)
        assert self.offered(response) == []
        assert "New bookings are not possible" in response.content.decode()

    @pytest.mark.parametrize("free", ["2026-11-24T09:00:00Z", "nonsense", "%00", "9999-12-31T23:59:59Z"])
    def test_what_is_no_free_stretch_lists_nothing(self, person: Contractor, free: str) -> None:
        assert "openings" not in week(person, f"?start={MONDAY}&free={free}").context

    def test_the_past_is_no_link(self, person: Contractor) -> None:
        with time_machine.travel(TUESDAY_NOON + timedelta(days=1), tick=False):
            assert "&amp;free=" not in week(person, f"?start={MONDAY}").content.decode()
        with time_machine.travel(TUESDAY_NOON, tick=False):
            assert "&amp;free=" in week(person, f"?start={MONDAY}").content.decode()

    def test_a_hundred_jobs_cost_what_one_does(
        self, person: Contractor, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = signed_in()
        self.job()
        with django_assert_max_num_queries(10) as few:
            fill(person, client=client)
        for _ in range(30):
            self.job()
        with django_assert_max_num_queries(len(few)):
            assert len(self.offered(fill(person, client=client))) == 12
