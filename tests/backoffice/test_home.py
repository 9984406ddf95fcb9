"""The home page: counts of open tasks that link to filtered lists."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment, Conflict
from contractors.services import add_absence, mark_on_leave
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.backoffice.home.attention import matters
from smartscheduler.timeslots import TimeSlot
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContractorFactory,
    JobFactory,
    UserFactory,
    at,
    many_contractors,
)
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def matters_by_icon() -> dict[Any, Any]:
    return {matter.icon: matter for matter in matters(timezone.now(), UserFactory())}


def rows(url: str) -> int:
    response = signed_in().get(url)
    assert response.status_code == 200, url
    return int(response.context["cl"].result_count)


def confirmed(assignment: Assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(status="confirmed", confirmed_at=timezone.now())


def test_when_all_is_well_it_says_so() -> None:
    page = signed_in().get("/admin/").content.decode()
    assert "Nothing needs your attention." in page
    assert "matter-title" not in page


def test_what_is_empty_has_no_heading() -> None:
    JobFactory(priority="urgent")
    page = signed_in().get("/admin/").content.decode()
    assert page.count('class="matter-title"') == 2  # urgent, and without a contractor
    assert "Nothing needs your attention." not in page


@pytest.mark.parametrize("role", Role.values)
def test_an_urgent_job_has_a_link_to_its_ranking(role: str) -> None:
    job = JobFactory(priority="urgent")
    page = signed_in(role).get("/admin/").content.decode()
    assert f'class="matter-act" href="/admin/jobs/job/{job.pk}/recommend/"' in page


def test_urgent_jobs_without_a_contractor() -> None:
    JobFactory(priority="urgent")
    JobFactory(priority="urgent", status="assigned")
    JobFactory(priority="high")
    matter = matters_by_icon()["priority_high"]
    assert (matter.count, rows(matter.url)) == (1, 1)


def test_urgent_jobs_without_candidates_with_reasons() -> None:
    ContractorFactory(hours=[])
    ContractorFactory(type="carpet", service_radius_miles=Decimal("0.5"), latitude=Decimal("30.6"), name="Far Carpets")
    busy = ContractorFactory(type="multi", service_radius_miles=20, skills=["Stairs"], name="Busy Crew")
    AbsenceFactory(contractor=busy, period=(at(0, days=-1), at(0, days=30)))
    skilled = JobFactory(type="tile", required_skills=["Mosaic"], desired_date=at(12, days=1))
    idle = JobFactory(desired_date=at(13, days=1))
    full = JobFactory(type="tile", required_skills=["Stairs"], desired_date=at(14, days=1))
    gone = JobFactory(desired_date=at(12, days=-12))
    JobFactory(type="tile", desired_date=at(12, days=9))
    matter = matters_by_icon()["person_off"]
    assert [line.detail for line in matter.lines] == [
        f"{gone.job_number} · The desired date is more than 10 days ago. Set a new date.",
        f"{skilled.job_number} · No active tile or multi contractor with Mosaic has Austin within the service radius. "
        "Closest is Busy Crew: Busy Crew lacks required skills: Mosaic. Choose another contractor, or add the skills.",
        f"{idle.job_number} · 1 contractor qualifies but is not free within 10 days.",
        f"{full.job_number} · 1 contractor qualifies but is not free within 10 days.",
    ]
    assert (matter.count, matter.at_least) == (4, False)
    assert rows(matter.url) == 4  # the one that is wanted later is not among them


def test_open_jobs_whose_day_has_passed() -> None:
    JobFactory(desired_date=at(9, days=-1))
    JobFactory(desired_date=at(9, days=-1), status="cancelled", cancelled_at=timezone.now())
    JobFactory(desired_date=at(0))
    matter = matters_by_icon()["event_repeat"]
    assert (matter.count, rows(matter.url)) == (1, 1)


def test_bookings_that_begin_soon_and_are_not_confirmed() -> None:
    AssignmentFactory(start=at(9, days=2))
    AssignmentFactory(start=at(9, days=-1))  # should have begun
    AssignmentFactory(start=at(0, days=3))
    confirmed(AssignmentFactory(start=at(9, days=1)))
    matter = matters_by_icon()["hourglass_top"]
    assert (matter.count, rows(matter.url)) == (2, 2)


@time_machine.travel("2026-11-24T16:00:00Z", tick=False)  # 10:00 AM in Austin
def test_bookings_that_are_late() -> None:
    not_started, reported = AssignmentFactory(start=at(9, 45)), AssignmentFactory(start=at(9, 50))
    AssignmentFactory(start=at(9, 46))
    confirmed(reported)
    Assignment.objects.filter(pk=reported.pk).update(late_until=at(12, 15))
    matter = matters_by_icon()["timer"]
    assert [line.detail.rpartition(" · ")[2] for line in matter.lines] == [
        "running late until 12:15 PM CST, 25 min late",
        "late: not started 15 min after its start",
    ]
    assert matter.lines[1].url.endswith(f"{not_started.pk}/change/")
    assert (matter.count, rows(matter.url)) == (2, 2)


def test_bookings_that_no_longer_hold() -> None:
    away, over, on_leave = (AssignmentFactory(start=at(9, days=days)) for days in (2, -2, 3))
    AssignmentFactory(start=at(9, days=2))
    for booking, day in ((away, 2), (over, -2)):
        period = TimeSlot(at(10, days=day), at(0, days=day + 1))
        add_absence(contractor_id=booking.contractor_id, period=period, actor=None)
    mark_on_leave(contractor_id=on_leave.contractor_id, actor=None)
    matter = matters_by_icon()["event_busy"]
    assert (matter.count, rows(matter.url)) == (2, 2)
    first, second = matter.lines
    assert away.contractor.name in first.text
    assert f"{away.contractor.name} is absent at that time." in first.detail
    assert f"{on_leave.contractor.name} is on leave." in second.detail


def test_promises_in_danger() -> None:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)

    def window(hours: int) -> dict[str, Any]:
        start = now + timedelta(hours=hours)
        return {"window_start": start, "window_end": start + timedelta(hours=2)}

    def booked(hours: int, start: int, **fields: Any) -> Assignment:
        job = {f"job__{name}": value for name, value in window(hours).items()}
        return AssignmentFactory(start=now + timedelta(hours=start), **job, **fields)

    open_job = JobFactory(**window(20))
    JobFactory(**window(30))  # still time
    pending = booked(10, 11)
    confirmed(booked(12, 13))  # all is well
    booked(40, 41)  # still time
    outside = booked(60, 70)
    booked(62, 72, window_break_reason="The customer agreed")
    JobFactory()
    matter = matters_by_icon()["handshake"]
    assert (matter.count, rows(matter.url)) == (3, 3)
    assert [line.text for line in matter.lines] == ["Flooring in Austin, TX"] * 3
    unconfirmed, not_booked, elsewhere = (line.detail for line in matter.lines)
    assert f"{pending.contractor.name} has not confirmed" in unconfirmed
    assert open_job.job_number in not_booked
    assert "no contractor is booked" in not_booked
    assert f"but {outside.contractor.name} is booked for" in elsewhere


@time_machine.travel("2026-11-24 18:00:00Z", tick=False)
def test_promises_of_late_and_conflicting_bookings() -> None:
    now = timezone.now()

    def booked(start: timedelta, **fields: Any) -> Assignment:
        window = {"job__window_start": now + start, "job__window_end": now + start + timedelta(hours=1)}
        made = AssignmentFactory(start=now + start, job__duration=timedelta(hours=1), **window, **fields)
        confirmed(made)
        return made

    passed = booked(-timedelta(hours=2))
    conflicting = booked(timedelta(hours=22))
    Conflict.objects.create(assignment=conflicting, rules=["drive_too_long"], found_at=now)
    delayed = booked(timedelta(hours=1))
    before = AssignmentFactory(contractor=delayed.contractor, start=now, job__duration=timedelta(hours=1))
    confirmed(before)
    Assignment.objects.filter(pk=before.pk).update(late_until=now + timedelta(hours=3))
    booked(timedelta(hours=4), contractor=delayed.contractor)  # after the late work
    matter = matters_by_icon()["handshake"]
    assert (matter.count, rows(matter.url)) == (3, 3)
    not_started, late, in_conflict = (line.detail for line in matter.lines)
    assert f"{passed.contractor.name} has not started" in not_started
    assert f"earlier work of {delayed.contractor.name} is late" in late
    assert f"the booking with {conflicting.contractor.name} is in conflict" in in_conflict


def test_every_number_of_the_page_is_that_of_its_list() -> None:
    """Whatever the page counts, the list behind the number has as many rows."""
    ContractorFactory(status="inactive")
    for zone in ("America/Los_Angeles", "America/New_York"):
        for days in range(-2, 7):
            AssignmentFactory(start=at(23, days=days, zone=zone), job__time_zone=zone)
            JobFactory(desired_date=at(1, days=days, zone=zone), time_zone=zone, priority="urgent")
    old, cancelled, done = AssignmentFactory.create_batch(3)
    Assignment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3))
    Assignment.objects.filter(pk=cancelled.pk).update(status="cancelled", cancelled_at=timezone.now())
    Job.objects.filter(pk=done.job_id).update(status="completed", completed_at=timezone.now())
    JobFactory(status="completed", completed_at=timezone.now() - timedelta(days=2))
    JobFactory(status="in_progress")
    context = signed_in().get("/admin/").context
    numbers = [
        (figure["title"], figure["value"], figure["url"]) for figure in context["glance"] if figure["kind"] == "count"
    ]
    numbers += [(matter.title, matter.count, matter.url) for matter in matters(timezone.now(), UserFactory())]
    numbers += [(bar.label, bar.value, bar.url) for chart in context["charts"] for bar in chart.bars]
    assert len(numbers) == 5 + 8 + 3 + 7
    assert sum(1 for _, value, _ in numbers if value) > 15, "most of them count something here"
    assert [(title, value) for title, value, url in numbers if rows(url) != value] == []


def test_charts_have_a_label_a_number_and_a_bar_for_each_row() -> None:
    JobFactory.create_batch(2)
    JobFactory(status="assigned")
    page = signed_in().get("/admin/").content.decode()
    assert re.search(r'href="[^"]*status__exact=open"><span>Open</span> <strong>2</strong>', page)
    assert re.findall(r'<rect width="(\d+)"', page)[:3] == ["100", "50", "0"]


@pytest.mark.parametrize("role", Role.values)
def test_every_role_has_a_home_page(role: str) -> None:
    JobFactory(priority="urgent")
    page = signed_in(role).get("/admin/").content.decode()
    assert "Urgent jobs without a contractor" in page
    assert "Jobs by status" in page


def test_it_costs_the_same_whatever_there_is(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = signed_in()
    client.get("/admin/")  # what a process reads once, such as content types
    many_contractors(30)
    for _ in range(12):
        JobFactory(priority="urgent", desired_date=at(12, days=1))
        JobFactory(type="carpet", desired_date=at(12, days=1))  # no contractor can take it
        AssignmentFactory(start=timezone.now() + timedelta(hours=20))
    with django_assert_max_num_queries(40):
        client.get("/admin/")
