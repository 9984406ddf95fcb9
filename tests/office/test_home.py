"""The home of the back-office: what needs attention, each a count that leads to the list of it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment
from smartscheduler.accounts.policy import Role
from smartscheduler.office.attention import matters
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at, many_contractors
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def found():
    return {matter.icon: matter for matter in matters(timezone.now())}


def rows(url: str) -> int:
    response = signed_in().get(url)
    assert response.status_code == 200
    return response.context["cl"].result_count


def test_when_all_is_well_it_says_so():
    page = signed_in().get("/admin/").content.decode()
    for sentence in ("Every urgent job has somebody.", "Everything that begins soon is confirmed."):
        assert sentence in page


def test_urgent_jobs_without_anybody():
    JobFactory(priority="urgent")
    JobFactory(priority="urgent", status="assigned")
    JobFactory(priority="high")
    matter = found()["priority_high"]
    assert (matter.count, rows(matter.url)) == (1, 1)


def test_jobs_wanted_soon_that_nobody_can_take_and_why():
    ContractorFactory(hours=[])
    ContractorFactory(type="carpet")
    nobody = JobFactory(type="tile", required_skills=["Stairs"], desired_date=at(12, days=1))
    full = JobFactory(desired_date=at(13, days=1))
    JobFactory(type="carpet", desired_date=at(12, days=1))
    JobFactory(type="tile", desired_date=at(12, days=9))
    matter = found()["person_off"]
    assert [line.detail for line in matter.lines] == [
        f"{nobody.job_number} · no active tile or multi crew with Stairs has Austin in reach",
        f"{full.job_number} · no active flooring or multi crew has Austin in reach",
    ]
    assert (matter.count, matter.at_least) == (2, False)
    assert rows(matter.url) == 3  # the list has the one that is wanted later, too


def test_bookings_that_begin_soon_and_are_not_confirmed():
    AssignmentFactory(start=timezone.now() + timedelta(hours=20))
    AssignmentFactory(start=timezone.now() + timedelta(hours=90))
    sure = AssignmentFactory(start=timezone.now() + timedelta(hours=10))
    Assignment.objects.filter(pk=sure.pk).update(status="confirmed", confirmed_at=timezone.now())
    assert found()["hourglass_top"].count == 1


def test_bookings_during_an_absence():
    clash = AssignmentFactory(start=at(9, days=2))
    AssignmentFactory(start=at(9, days=2))
    AbsenceFactory(contractor=clash.contractor, period=TimestamptzRange(at(10, days=2), at(0, days=3), "[)"))
    matter = found()["event_busy"]
    assert (matter.count, rows(matter.url)) == (1, 1)
    assert clash.contractor.name in matter.lines[0].text


@pytest.mark.parametrize("role", Role.values)
def test_everybody_has_a_home(role):
    JobFactory(priority="urgent")
    page = signed_in(role).get("/admin/").content.decode()
    assert "Urgent jobs without anybody" in page
    assert "Jobs by status" in page


def test_it_costs_the_same_whatever_there_is(django_assert_max_num_queries):
    client = signed_in()
    many_contractors(30)
    for _ in range(12):
        JobFactory(priority="urgent", desired_date=at(12, days=1))
        AssignmentFactory(start=timezone.now() + timedelta(hours=20))
    with django_assert_max_num_queries(40):
        client.get("/admin/")
