"""Assertions about demo data."""

from datetime import datetime, timedelta

from assignments.models import Assignment
from jobs.models import Job


def assert_moments_in_order(now: datetime) -> None:
    """Jobs are ordered, booked, confirmed, started and completed in this order, and what is past at `now` is over."""
    for assignment in Assignment.objects.select_related("job"):
        assert assignment.job.created_at < assignment.created_at <= now
        match assignment.status:
            case "pending" | "confirmed":
                assert assignment.slot.start > now
            case "cancelled":
                assert assignment.cancelled_at
                assert assignment.created_at <= assignment.cancelled_at <= now
            case _:
                assert assignment.confirmed_at
                assert assignment.started_at
                assert assignment.created_at < assignment.confirmed_at < assignment.slot.start <= assignment.started_at
                assert assignment.job.desired_date <= assignment.slot.end
                assert assignment.started_at <= now
        if assignment.status == "completed":
            assert assignment.started_at
            assert assignment.completed_at
            assert assignment.job.completed_at
            assert assignment.started_at < assignment.completed_at == assignment.job.completed_at <= now
            assert now - timedelta(days=30) < assignment.slot.end <= now
    for job in Job.objects.all():
        assert job.created_at <= (job.cancelled_at or now) <= now
        assert not job.completed_at or job.created_at < job.completed_at
