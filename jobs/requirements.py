"""Requirements of a job that the ranking and the availability engine read, saved or not. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from smartscheduler.places import Point, zone
from smartscheduler.timeslots import TimeSlot

if TYPE_CHECKING:
    from jobs.models import Job


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """Type, desired date (UTC), site, duration, required skills and arrival window: the input to the engine.

    The work must start in `arrival`, both ends included; None if no window was promised. `preferred` and `refused` are
    the ids of the contractors whom the customer prefers and refuses.
    """

    type: str
    desired_date: datetime
    point: Point
    time_zone: str
    duration: timedelta
    required_skills: tuple[str, ...] = ()
    job_id: UUID | None = None
    arrival: TimeSlot | None = None
    preferred: frozenset[UUID] = frozenset()
    refused: frozenset[UUID] = frozenset()

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
            arrival=job.window,
            preferred=frozenset(job.preferred_contractors),
            refused=frozenset(job.refused_contractors),
        )

    def wanted_on(self, day: date | None) -> "JobRequest":
        """Copy with the desired date on `day` at the same local time of the site; unchanged when `day` is None."""
        if day is None:
            return self
        time = self.desired_date.astimezone(self.zone).time()
        # In UTC: on the day of a clock change, a duration added to a local time would be an hour off.
        return replace(self, desired_date=datetime.combine(day, time, self.zone).astimezone(UTC))

    def despite_window(self) -> "JobRequest":
        """Copy without the arrival window, for starts that break it."""
        return replace(self, arrival=None)

    @property
    def zone(self) -> ZoneInfo:
        return zone(self.time_zone)

    @property
    def desired_day(self) -> date:
        """Day of the desired date in the time zone of the site."""
        return self.desired_date.astimezone(self.zone).date()

    @property
    def allowed(self) -> TimeSlot | None:
        """The time in which work that starts in the arrival window lies; None without a window."""
        return self.arrival and TimeSlot(self.arrival.start, self.arrival.end + self.duration)

    def allows(self, start: datetime) -> bool:
        """Whether `start` is in the arrival window, or there is none."""
        return self.arrival is None or self.arrival.start <= start <= self.arrival.end
