"""What a job asks for, whether it has been saved or not. Pure."""

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
    """Type, day, place, duration and skills: everything a contractor is measured against."""

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
        """The same, wanted on another day at the site, at the same time; as it is when `day` is None."""
        if day is None:
            return self
        time = self.desired_date.astimezone(self.zone).time()
        # In UTC: on the day of a clock change a duration added to a local time would be an hour off.
        return replace(self, desired_date=datetime.combine(day, time, self.zone).astimezone(UTC))

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.time_zone)

    @property
    def desired_day(self) -> date:
        """The day at the site on which the job is wanted."""
        return self.desired_date.astimezone(self.zone).date()
