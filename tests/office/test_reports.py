"""Reports: each figure against the rows that it is made of; for those who may see them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse

from assignments.models import Assignment
from contractors.shifts import Shift
from jobs.models import Job
from smartscheduler.accounts.policy import Role
from smartscheduler.office.reports import report
from tests.factories import AssignmentFactory, ContractorFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
SINCE, UNTIL = date(2026, 11, 2), date(2026, 11, 15)


def austin(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC) + timedelta(hours=6)


def booked(day: int, hour: int = 9, *, waited: int = 2, **changes) -> Assignment:
    """A booking that begins then, made a day before, `waited` hours after the job came in."""
    contractor = changes.pop("contractor", None) or ContractorFactory()
    one = AssignmentFactory(start=austin(day, hour), contractor=contractor)
    made = austin(day, hour) - timedelta(days=1)
    Job.objects.filter(pk=one.job_id).update(created_at=made - timedelta(hours=waited))
    Assignment.objects.filter(pk=one.pk).update(created_at=made, **changes)
    return one


def test_nothing_happened():
    found = report(SINCE, UNTIL)
    assert (found.waited, found.median_wait, found.first_choice.percent, found.weeks) == (0, None, None, [])


def test_the_wait_is_from_the_job_to_its_first_booking():
    for hours in (1, 2, 9):
        booked(4, waited=hours)
    booked(17, waited=100)
    found = report(SINCE, UNTIL)
    assert (found.waited, found.median_wait) == (3, timedelta(hours=2))
    assert found.slow_wait == timedelta(hours=7, minutes=36)


def test_the_first_of_the_ranking_and_why_another():
    booked(4)
    booked(5, rank=2, override_reason="Knows the house")
    booked(6, rank=3, override_reason="Knows the house")
    booked(7, rank=None, override_reason="Boss said so")
    found = report(SINCE, UNTIL)
    assert (found.first_choice.part, found.first_choice.percent) == (1, 25)
    assert found.override_reasons == [("Knows the house", 2), ("Boss said so", 1)]


def test_cancellations_and_their_reasons():
    booked(4)
    booked(5, status="cancelled", cancelled_at=austin(4), cancel_reason="Flooded")
    found = report(SINCE, UNTIL)
    assert (found.cancelled.percent, found.cancel_reasons) == (50, [("Flooded", 1)])


def test_on_time_is_within_a_quarter_of_an_hour():
    for minutes in (-5, 15, 16, 60):
        start = austin(4) + timedelta(minutes=minutes)
        booked(4, status="in_progress", confirmed_at=austin(3), started_at=start)
    found = report(SINCE, UNTIL)
    assert (found.on_time.part, found.on_time.whole) == (2, 4)
    assert found.median_delay == timedelta(minutes=15, seconds=30)


def test_the_share_of_the_working_week():
    person = ContractorFactory(name="Ann", hours=[Shift(1, time(8), time(16)), Shift(2, time(20), time(0))])
    booked(3, contractor=person)
    booked(4, contractor=person)
    booked(10, contractor=person)
    booked(5, contractor=person, status="cancelled", cancelled_at=austin(4), cancel_reason="No")
    weeks = [(one.week, one.booked, one.working, one.percent) for one in report(SINCE, UNTIL).weeks]
    assert weeks == [(date(2026, 11, 2), 4.0, 12.0, 33), (date(2026, 11, 9), 2.0, 12.0, 17)]


def test_a_day_is_a_day_at_the_site():
    booked(1, hour=23)  # in UTC it is the 2nd
    booked(15, hour=23)  # in UTC it is the 16th
    assert len(report(SINCE, UNTIL).weeks) == 1


class TestThePage:
    def test_for_managers_and_administrators(self):
        booked(4)
        for role in (Role.MANAGER, Role.ADMINISTRATOR):
            page = signed_in(role).get(f"{reverse('reports')}?since={SINCE}&until={UNTIL}").content.decode()
            assert "First of the ranking taken" in page
        assert signed_in(Role.COORDINATOR).get(reverse("reports")).status_code == 403

    @pytest.mark.parametrize(
        ("query", "said"),
        [
            ("since=2026-11-20&until=2026-11-01", "not before the first"),
            ("since=2020-01-01&until=2026-11-01", "At most a year"),
            ("since=nonsense", "Enter a valid date"),
            ("", "Nobody was booked in this time."),
        ],
    )
    def test_says_what_is_wrong(self, query, said):
        assert said in signed_in(Role.MANAGER).get(f"{reverse('reports')}?{query}").content.decode()

    def test_all_of_it_as_csv(self):
        booked(4, contractor=ContractorFactory(name="=Ann"))
        answer = signed_in(Role.MANAGER).get(f"{reverse('reports')}?since={SINCE}&until={UNTIL}&csv=1")
        assert "utilisation-2026-11-02-2026-11-15.csv" in answer["Content-Disposition"]
        assert b"".join(answer).decode().splitlines()[1] == "'=Ann,2026-11-02,2.00,63.00,3"

    def test_costs_the_same_at_any_number(self, django_assert_max_num_queries):
        client = signed_in(Role.MANAGER)
        for day in range(2, 14):
            booked(day)
        with django_assert_max_num_queries(10):
            client.get(f"{reverse('reports')}?since={SINCE}&until={UNTIL}")
