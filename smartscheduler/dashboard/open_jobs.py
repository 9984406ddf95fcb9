"""List of open jobs on the live board."""

from dataclasses import dataclass

from jobs.models import Job

MOST_JOBS = 40


@dataclass(frozen=True)
class OpenJobs:
    jobs: list[Job]
    more: int


def open_jobs() -> OpenJobs:
    """The most urgent open jobs, and the number of further ones. Runs two queries."""
    jobs = list(Job.objects.open().by_urgency()[:MOST_JOBS])
    return OpenJobs(jobs, max(0, Job.objects.open().count() - len(jobs)))
