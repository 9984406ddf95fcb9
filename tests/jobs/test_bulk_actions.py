"""The list of jobs: its order, and actions on selected jobs."""

import pytest
from django.test import Client

from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import AuditEntry
from tests.factories import AssignmentFactory, JobFactory, at
from tests.pages import PageResponse, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]
LIST = "/admin/jobs/job/"


def act(client: Client, action: str, jobs: list[Job], **values: str) -> PageResponse:
    selected = [str(job.pk) for job in jobs]
    return client.post(LIST, {"action": action, "_selected_action": selected, **values}, follow=True)


def test_open_jobs_come_first_by_desired_date_and_closed_ones_last() -> None:
    late, early = JobFactory(desired_date=at(9, days=5)), JobFactory(desired_date=at(9, days=2))
    booked = AssignmentFactory(job=JobFactory(desired_date=at(9, days=1), status="assigned")).job
    gone = [JobFactory(desired_date=at(9, days=days)) for days in (3, 4)]
    client = signed_in()
    act(client, "cancel_selected", gone, confirmed="1", reason="Flooded")
    listed = client.get(LIST).context["cl"].result_list
    assert list(listed) == [early, late, booked, gone[1], gone[0]]


def test_the_count_names_what_it_counts() -> None:
    JobFactory.create_batch(2)
    client = signed_in()
    assert "2 jobs" in " ".join(client.get(LIST).content.decode().split())
    filtered = " ".join(client.get(f"{LIST}?priority__exact=urgent").content.decode().split())
    assert "0 jobs" in filtered
    assert "Clear filters" in filtered


def test_sets_the_priority_of_several() -> None:
    jobs = JobFactory.create_batch(2)
    client = signed_in()
    assert "Set the priority of these jobs?" in act(client, "prioritize_selected", jobs).content.decode()
    assert "Changed: 2." in act(client, "prioritize_selected", jobs, confirmed="1", priority="urgent").content.decode()
    assert {job.priority for job in Job.objects.all()} == {"urgent"}


def test_moves_several_to_another_day_at_their_time_of_day() -> None:
    west = JobFactory(desired_date=at(23, days=1, zone="America/Los_Angeles"), time_zone="America/Los_Angeles")
    east = JobFactory(desired_date=at(8, 30, days=2, zone="America/New_York"), time_zone="America/New_York")
    booked = AssignmentFactory().job
    day = at(0, days=6).date()
    shown = act(signed_in(), "move_selected", [west, east, booked], confirmed="1", day=f"{day}").content.decode()
    assert "Changed: 2. Failed: 1." in " ".join(shown.split())
    west.refresh_from_db()
    east.refresh_from_db()
    assert west.desired_date == at(23, days=6, zone="America/Los_Angeles")
    assert east.desired_date == at(8, 30, days=6, zone="America/New_York")


@pytest.mark.parametrize("day", ["", "2026-02-30", "someday", "2026-11-01"])
def test_moves_none_to_a_day_that_is_none_or_past(day: str) -> None:
    job = JobFactory()
    act(signed_in(), "move_selected", [job], confirmed="1", day=day)
    job.refresh_from_db()
    assert job.version == 1


def test_refuses_a_time_that_a_clock_change_skips() -> None:
    job = JobFactory(desired_date=at(2, 30, days=3))
    shown = act(signed_in(), "move_selected", [job], confirmed="1", day="2027-03-14").content.decode()
    assert "Failed: 1." in shown
    job.refresh_from_db()
    assert job.version == 1


def test_cancels_several_with_a_reason() -> None:
    job, booked = JobFactory(), AssignmentFactory().job
    client = signed_in()
    assert "Their live assignments are canceled too" in act(client, "cancel_selected", [job, booked]).content.decode()
    act(client, "cancel_selected", [job, booked], confirmed="1", reason=" ")
    assert not Job.objects.filter(status="cancelled").exists()
    assert (
        "Canceled: 2."
        in act(client, "cancel_selected", [job, booked], confirmed="1", reason="Flooded").content.decode()
    )
    assert set(Job.objects.values_list("status", "cancel_reason")) == {("cancelled", "Flooded")}


def test_exports_the_selected_ones_and_records_it() -> None:
    job, other = JobFactory.create_batch(2)
    answer = signed_in().post(LIST, {"action": "export_selected", "_selected_action": [str(job.pk)]})
    text = b"".join(answer).decode()
    assert job.job_number in text
    assert other.job_number not in text
    assert AuditEntry.objects.filter(act="data-exported").exists()


def test_a_manager_changes_nothing() -> None:
    job, client = JobFactory(), signed_in(Role.MANAGER)
    for action in ("prioritize_selected", "move_selected", "cancel_selected"):
        act(client, action, [job], confirmed="1", priority="urgent", day="2026-12-24", reason="Flooded")
    job.refresh_from_db()
    assert job.version == 1
