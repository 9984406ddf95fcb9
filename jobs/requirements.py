"""Requirements of a job that the ranking and the availability engine read, saved or not. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from smartscheduler.places import Point, zone

if TYPE_CHECKING:
    from jobs.models import Job


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """Type, desired date (UTC), site, duration and required skills: the input to eligibility and availability."""

    type: str
    desired_date: datetime
    point: Point
    time_zone: str
    duration: timedelta
    required_skills: tuple[str, ...] = ()
    job_id: UUID | None = None

    @classmethod
    def of(cls, job: "Job") -> "JobRequest":
        return cls(
            type=job.type,
            desired_date=job.desired_date,
            point=job.point,
            time_zone=job.time_zone,
            duration=job.duration,
            required_skills=tuple(job.required_skills),
            job_id=job.pk,
        )

    def wanted_on(self, day: date | None) -> "JobRequest":
        """Copy with the desired date on `day` at the same local time of the site; unchanged when `day` is None."""
        if day is None:
            return self
        time = self.desired_date.astimezone(self.zone).time()
        # In UTC: on the day of a clock change, a duration added to a local time would be an hour off.
        return replace(self, desired_date=datetime.combine(day, time, self.zone).astimezone(UTC))

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.time_zone)

    @property
    def desired_day(self) -> date:
        """Day of the desired date in the time zone of the site."""
        return self.desired_date.astimezone(self.zone).date()
