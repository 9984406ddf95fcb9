"""Job services: changes and refusals."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.models import Job
from jobs.services import create_job, update_job
from smartscheduler.errors import Busy, InvalidInput, InvalidTransition, JobLocked
from smartscheduler.events.models import OutboxEvent
from tests.factories import AUSTIN, JobFactory, at

pytestmark = pytest.mark.django_db

GOOD = {**AUSTIN, "type": "tile", "duration": timedelta(hours=3), "customer_phone": "(512) 555-0143"}


def create(**changes: Any) -> Job:
    return create_job(**{"desired_date": at(12, days=2), "actor": None, **GOOD, **changes})


def test_creates_an_open_job_with_the_defaults() -> None:
    with time_machine.travel(timezone.now(), tick=False):
        job = create(time_zone="", required_skills=["Mosaic", "mosaic"])
        today = f"{timezone.now():%Y%m%d}"
    job.refresh_from_db()
    assert (job.status, job.priority, job.time_zone) == ("open", "medium", "America/Chicago")
    assert re.fullmatch(rf"JOB-{today}-[0-9A-F]{{8}}", job.job_number)
    assert job.required_skills == ["Mosaic"]
    event = OutboxEvent.objects.get(type="JobCreated")
    assert event.data["job_number"] == job.job_number


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", "multi"),
        ("desired_date", datetime(2020, 1, 2, 9, tzinfo=UTC)),
        ("desired_date", datetime(2199, 1, 2, 9, tzinfo=UTC)),
        ("duration", timedelta(0)),
        ("duration", timedelta(seconds=-1)),
        ("duration", timedelta(hours=8, seconds=1)),
        ("priority", "asap"),
        ("latitude", Decimal("-90.0000001")),
        ("longitude", Decimal("Infinity")),
        ("address", ""),
        ("zip_code", "7870"),
        ("customer_phone", "555"),
        ("time_zone", "Nowhere"),
    ],
)
def test_refuses_a_broken_rule_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        create(**{field: value})
    assert field in refused.value.errors
    assert not Job.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_a_used_job_number_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = "JOB-20261129-00C0FFEE", "JOB-20261129-00C0FFED"
    JobFactory(job_number=taken)
    monkeypatch.setattr("jobs.services.new_job_number", lambda: free)
    assert create(job_number=taken).job_number == free
    monkeypatch.setattr("jobs.services.new_job_number", lambda: taken)
    with pytest.raises(Busy):
        create(job_number=taken)
    assert Job.objects.count() == 2


def test_an_update_tells_what_changed() -> None:
    job = create()
    update_job(job_id=job.pk, actor=None, priority="urgent", type="tile")
    assert OutboxEvent.objects.get(type="JobUpdated").data["changed"] == {"priority": "urgent"}


def test_a_zone_given_by_hand_stays_while_the_site_does() -> None:
    job = JobFactory(time_zone="America/Denver")
    place = {"latitude": job.latitude, "longitude": job.longitude, "address": "9 New Street"}
    assert update_job(job_id=job.pk, actor=None, **place).time_zone == "America/Denver"
    assert OutboxEvent.objects.get(type="JobUpdated").data["changed"] == {"address": "9 New Street"}
    Job.objects.filter(pk=job.pk).update(status="assigned")
    with pytest.raises(JobLocked) as refused:
        update_job(job_id=job.pk, actor=None, time_zone="")
    assert set(refused.value.errors) == {"time_zone"}


def test_an_overdue_job_can_still_be_edited_but_not_moved_into_the_past() -> None:
    job = JobFactory(desired_date=at(9, days=-2))
    assert update_job(job_id=job.pk, actor=None, priority="high").priority == "high"
    with pytest.raises(InvalidInput):
        update_job(job_id=job.pk, actor=None, desired_date=at(9, days=-1))


def test_a_day_alone_is_noon_at_the_site() -> None:
    day = at(12, days=9).date()
    job = create(time_zone="", desired_date=day)
    assert job.desired_date == at(12, days=9)
    assert update_job(job_id=job.pk, actor=None, desired_date=day).version == job.version
    moved = update_job(job_id=job.pk, actor=None, desired_date=day + timedelta(days=1))
    assert moved.desired_date == at(12, days=10)


@pytest.mark.parametrize("hour", [9, 12, 23])
def test_today_is_not_the_past(hour: int) -> None:
    with time_machine.travel(at(hour, 30), tick=False):
        assert create(desired_date=at(12).date()).desired_date == at(12)
        assert create(desired_date=at(12)).desired_date == at(12)
        for past in (at(12, days=-1), at(9)):
            with pytest.raises(InvalidInput) as refused:
                create(desired_date=past)
            assert list(refused.value.errors) == ["desired_date"]


def test_a_finished_job_is_not_edited() -> None:
    job = JobFactory(status="cancelled", cancelled_at=timezone.now())
    with pytest.raises(InvalidTransition):
        update_job(job_id=job.pk, actor=None, priority="low")
    job.refresh_from_db()
    assert job.priority == "medium"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"duration": timedelta(hours=9)}, "job_duration_in_range"),
        ({"duration": timedelta(0)}, "job_duration_in_range"),
        ({"status": "lost"}, "job_status_known"),
        ({"status": "completed"}, "job_completed_at_in_step"),
        ({"status": "cancelled"}, "job_cancelled_at_in_step"),
        ({"job_number": "JOB-1"}, "job_number_shape"),
        ({"latitude": Decimal(91)}, "job_latitude_in_range"),
    ],
)
def test_the_database_keeps_the_rules_of_a_job(change: dict[str, Any], constraint: str) -> None:
    job = JobFactory()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(**change)
