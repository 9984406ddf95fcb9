"""The live page: content, permissions, and query counts."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.dashboard import open_jobs
from smartscheduler.dashboard.kpis import figures
from smartscheduler.events.models import EventHead, OutboxEvent
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory

pytestmark = pytest.mark.django_db

HONOLULU = {"latitude": Decimal("21.3069"), "longitude": Decimal("-157.8583"), "time_zone": "Pacific/Honolulu"}
# In Austin it is 22:00 on the 24th, in Honolulu 18:00 on the 24th, in UTC the 25th.
LATE = datetime(2026, 11, 25, 4, tzinfo=UTC)


@pytest.fixture
def visitor(client: Client) -> User:
    user = UserFactory(name="Ada Coordinator")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def numbered(event_type: str, sequence: int, **data: Any) -> OutboxEvent:
    EventHead.objects.update_or_create(pk=1, defaults={"sequence": sequence})
    return OutboxEvent.objects.create(
        type=event_type, sequence=sequence, occurred_at=timezone.now(), data=data, actor={"name": "Ada"}
    )


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_sends_strangers_to_the_login(client: Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/")
    assert client.get("/live/?parts=jobs").status_code == 401


@pytest.mark.parametrize("address", ["/", "/live/?parts=figures"])
def test_is_for_people_who_may_see_events(client: Client, visitor: User, address: str) -> None:
    User.objects.filter(pk=visitor.pk).update(role="nobody")
    assert client.get(address).status_code == 403


def test_is_whole_when_there_is_nothing_yet(client: Client, visitor: User) -> None:
    page = client.get("/").content.decode()
    for sentence in ("No open jobs.", "No contractor matches this search.", "No activity yet.", "Connecting…"):
        assert sentence in page
    assert 'data-after="0"' in page


def test_has_no_script_or_style_of_its_own_and_a_strict_policy(client: Client, visitor: User) -> None:
    answer = client.get("/")
    page = answer.content.decode()
    assert "style=" not in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=", page)
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_shows_the_most_urgent_jobs_and_says_how_many_more(client: Client, visitor: User) -> None:
    late = JobFactory(priority="urgent", desired_date=timezone.now() + timedelta(days=9))
    soon = JobFactory(priority="urgent", desired_date=timezone.now() + timedelta(days=1))
    JobFactory.create_batch(open_jobs.MOST_JOBS, priority="low")
    JobFactory(priority="urgent", status=Job.Status.ASSIGNED)
    page = client.get("/").content.decode()
    assert re.findall(r"/admin/jobs/job/([-0-9a-f]+)/recommend/", page)[:2] == [str(soon.pk), str(late.pk)]
    assert page.count("/recommend/") == open_jobs.MOST_JOBS
    assert "and 2 more" in page


def test_costs_the_same_whatever_there_is(client: Client, visitor: User) -> None:
    numbered("JobReopened", 1, job_id=str(JobFactory().pk), job_number="JOB-1")
    with time_machine.travel(LATE, tick=False):
        AssignmentFactory(start=LATE - timedelta(hours=9))
        few = queries(client, "/")
        for index in range(8):
            AssignmentFactory(start=LATE - timedelta(hours=index), contractor=ContractorFactory())
        JobFactory.create_batch(10)
        for sequence in range(2, 20):
            numbered("JobReopened", sequence, job_id=str(JobFactory().pk), job_number="JOB-1")
        assert queries(client, "/") == few <= 27


def test_a_part_costs_only_itself(client: Client, visitor: User) -> None:
    answer = client.get("/live/?parts=jobs,jobs,")
    assert re.findall(r'data-part="(\w+)"', answer.content.decode()) == ["jobs"]
    assert queries(client, "/live/?parts=jobs") <= 4
    assert re.findall(r'data-part="(\w+)"', client.get("/live/?parts=feed,board,figures").content.decode()) == [
        "figures",
        "board",
        "feed",
    ]
    assert client.get("/live/").content.strip() == b""
    assert client.get("/live/?parts=jobs,nonsense").status_code == 400


@time_machine.travel(LATE, tick=False)  # a slot of another year is written with its year
def test_the_feed_speaks_and_escapes(client: Client, visitor: User) -> None:
    job = JobFactory()
    numbered("JobCancelled", 1, job_id=str(job.pk), job_number=job.job_number, reason="<script>alert(1)</script>")
    slot = {"start": "2026-11-24T15:00:00Z", "end": "2026-11-24T17:30:00Z"}
    numbered("JobAssigned", 2, job_id=str(job.pk), job_number=job.job_number, contractor_name="Bo & Co", time_slot=slot)
    page = client.get("/").content.decode()
    assert f"{job.job_number} was assigned to Bo &amp; Co: Tue, Nov 24, 9:00–11:30 AM CST" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert re.findall(r'data-sequence="(\d)"', page) == ["2", "1"]
    assert 'data-after="2"' in page


def test_an_event_it_has_no_sentence_for_is_named(client: Client, visitor: User) -> None:
    numbered("SomethingNew", 1)
    assert "SomethingNew" in client.get("/").content.decode()


def test_the_figures_count_by_the_day_at_the_site() -> None:
    with time_machine.travel(LATE - timedelta(hours=2), tick=False):
        booked = AssignmentFactory()
        AssignmentFactory(job=JobFactory(status=Job.Status.IN_PROGRESS))
        gone = AssignmentFactory()
    with time_machine.travel(LATE - timedelta(hours=23), tick=False):
        AssignmentFactory(contractor=booked.contractor)  # 23:00 of the 23rd in Austin
    Assignment.objects.filter(pk=gone.pk).update(status="cancelled", cancelled_at=LATE)
    Job.objects.filter(pk=gone.job_id).update(status="open")
    JobFactory(priority="urgent")
    JobFactory(status="completed", completed_at=LATE - timedelta(hours=3))
    JobFactory(status="completed", completed_at=LATE - timedelta(hours=23))
    ContractorFactory(status="on_leave")
    values = figures(LATE).as_json()
    assert {name: values[name] for name in values if name not in {"utilisation", "median_wait_seconds"}} == {
        "open": 2,
        "urgent_open": 1,
        "assigned_today": 2,
        "in_progress": 1,
        "completed_today": 1,
        "active_contractors": 3,
    }


def test_a_booking_made_by_the_service_appears(client: Client, visitor: User) -> None:
    """The page reads what the services write, whatever the factories do."""
    from jobs.services import create_job

    with transaction.atomic():
        job = create_job(
            actor=visitor,
            type="tile",
            desired_date=timezone.now() + timedelta(days=1),
            duration=timedelta(hours=1, minutes=30),
            latitude=Decimal("30.2672"),
            longitude=Decimal("-97.7431"),
            address="100 Congress Avenue",
            city="Austin",
            state="TX",
            zip_code="78701",
        )
    part = client.get("/live/?parts=jobs").content.decode()
    assert job.job_number in part
    assert "Tile in Austin, TX" in part
    assert "1 h 30 min" in part


def test_what_is_meant_for_machines_is_not_in_the_feed(client: Client, visitor: User) -> None:
    numbered("JobReopened", 1, job_number="JOB-1")
    numbered("RecommendationsUpdated", 2)
    page = client.get("/").content.decode()
    assert re.findall(r'data-sequence="(\d)"', page) == ["1"]
    assert 'data-after="2"' in page


def test_a_job_that_should_have_been_done_is_marked(client: Client, visitor: User) -> None:
    JobFactory(desired_date=timezone.now() + timedelta(days=1))
    assert "overdue" not in client.get("/live/?parts=jobs").content.decode()
    JobFactory(desired_date=timezone.now() - timedelta(hours=1))
    assert client.get("/live/?parts=jobs").content.decode().count("overdue</strong>") == 1


@pytest.mark.parametrize(("delay_seconds", "undo_seconds"), [(75, 60), (0, 0)])
def test_the_page_says_how_long_a_change_can_be_undone(
    visitor: User, client: Client, settings: Settings, delay_seconds: int, undo_seconds: int
) -> None:
    settings.MAIL_DELAY = timedelta(seconds=delay_seconds)
    assert f'data-undo="{undo_seconds}"' in client.get("/").content.decode()


def test_coordinators_can_move_the_bookings_of_the_day(visitor: User, client: Client) -> None:
    link = 'href="/admin/assignments/assignment/move-day/?day=2026-12-01"'
    assert link in client.get("/?day=2026-12-01").content.decode()
    assert link in client.get("/live/?parts=board&day=2026-12-01").content.decode()
    visitor.role = Role.MANAGER
    visitor.save()
    assert link not in client.get("/?day=2026-12-01").content.decode()
