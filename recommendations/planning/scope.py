"""Scope of a plan: which jobs, days and contractors, and what may change. Validated, then frozen as JSON."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext, ngettext

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from recommendations.planning.states import Effort, Lock, MayChange
from smartscheduler.errors import InvalidInput, JobNotOpen, PlanTooLarge
from smartscheduler.timeslots import FARTHEST

MOST_DAYS, MOST_HOURS, MOST_SEED, MOST_LOCKS = 31, 14 * 24, 2**31 - 1, 5_000
# Where a day ends last: a day is in the past when it is over there.
LAST_ZONE = timezone(timedelta(hours=-12))
# At most so many ids or job numbers in an error.
MOST_NAMED = 20


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a plan is made for.

    `jobs` are ids of open jobs; with `chosen_by_filter` there may be none. `contractors` narrows the contractors; None:
    all who meet the requirements of a job. `excluded` maps contractors to the reason why they are left out, `locks`
    maps assignments to what may not change. `last_days` limits single jobs further, and `start_hours` maps jobs to the
    earliest and latest start of a day, at the site. Nothing is proposed within `lead_hours` from now, and no booking
    that starts within `freeze_hours` changes. `max_changes` limits the changed bookings; None: no limit. The same
    snapshot, `seed` and `effort` give the same plan; without a seed, one is chosen.
    """

    jobs: Collection[UUID]
    first_day: date
    last_day: date
    chosen_by_filter: bool = False
    contractors: Collection[UUID] | None = None
    excluded: Mapping[UUID, str] = field(default_factory=dict)
    may_change: str = MayChange.OPEN_JOBS
    locks: Mapping[UUID, str] = field(default_factory=dict)
    last_days: Mapping[UUID, date] = field(default_factory=dict)
    start_hours: Mapping[UUID, tuple[time, time]] = field(default_factory=dict)
    lead_hours: int = 2
    freeze_hours: int = 24
    max_changes: int | None = None
    effort: str = Effort.NORMAL
    seed: int | None = None

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    def as_json(self) -> dict[str, Any]:
        return {
            "jobs": sorted(map(str, self.jobs)),
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "chosen_by_filter": self.chosen_by_filter,
            "contractors": None if self.contractors is None else sorted(map(str, self.contractors)),
            "excluded": {str(contractor): reason for contractor, reason in sorted(self.excluded.items())},
            "may_change": str(self.may_change),
            "locks": {str(assignment): str(lock) for assignment, lock in sorted(self.locks.items())},
            "last_days": {str(job): day.isoformat() for job, day in sorted(self.last_days.items())},
            "start_hours": {
                str(job): [hour.isoformat("minutes") for hour in hours]
                for job, hours in sorted(self.start_hours.items())
            },
            "lead_hours": self.lead_hours,
            "freeze_hours": self.freeze_hours,
            "max_changes": self.max_changes,
            "effort": str(self.effort),
            "seed": self.seed,
        }

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> "Scope":
        """The inverse of `as_json`."""
        contractors = value["contractors"]
        return cls(
            jobs=list(map(UUID, value["jobs"])),
            first_day=date.fromisoformat(value["first_day"]),
            last_day=date.fromisoformat(value["last_day"]),
            chosen_by_filter=value["chosen_by_filter"],
            contractors=None if contractors is None else list(map(UUID, contractors)),
            excluded={UUID(contractor): reason for contractor, reason in value["excluded"].items()},
            may_change=value["may_change"],
            locks={UUID(assignment): lock for assignment, lock in value["locks"].items()},
            last_days={UUID(job): date.fromisoformat(day) for job, day in value["last_days"].items()},
            start_hours={
                UUID(job): (time.fromisoformat(earliest), time.fromisoformat(latest))
                for job, (earliest, latest) in value.get("start_hours", {}).items()
            },
            lead_hours=value["lead_hours"],
            freeze_hours=value["freeze_hours"],
            max_changes=value["max_changes"],
            effort=value["effort"],
            seed=value["seed"],
        )


def check_scope(scope: Scope, *, now: datetime) -> Scope:
    """The valid scope, without repeated ids.

    Raises InvalidInput by field, JobNotOpen with the jobs that are not open, and PlanTooLarge with the limit.
    """
    scope = replace(scope, jobs=list(dict.fromkeys(scope.jobs)))
    check_days(scope.first_day, scope.last_day, now=now)
    _check_numbers(scope)
    _check_jobs(scope)
    if scope.contractors is not None:
        if not scope.contractors:
            raise InvalidInput.of("contractors", gettext("Choose at least one contractor, or leave this empty."))
        _check_known("contractors", scope.contractors, Contractor.objects.filter(pk__in=scope.contractors))
    _check_known("excluded", scope.excluded, Contractor.objects.filter(pk__in=scope.excluded))
    if scope.contractors is not None and not set(scope.contractors) - scope.excluded.keys():
        raise InvalidInput.of("excluded", gettext("All chosen contractors are left out. Leave at least one."))
    _check_known("locks", scope.locks, Assignment.objects.filter(pk__in=scope.locks))
    return scope


def check_days(first: date, last: date, *, now: datetime) -> None:
    """Raise InvalidInput, or PlanTooLarge for too many days."""
    if last < first:
        raise InvalidInput.of("last_day", gettext("The last day is before the first day."))
    if first < now.astimezone(LAST_ZONE).date():
        raise InvalidInput.of("first_day", gettext("The first day is in the past. Choose today or a later day."))
    if first > (now + FARTHEST).date():
        raise InvalidInput.of("first_day", gettext("Choose a day within five years from today."))
    days = (last - first).days + 1
    if days > MOST_DAYS:
        message = gettext("A plan covers at most {most} days, not {days}. Make one plan for each month.")
        raise PlanTooLarge(message.format(most=MOST_DAYS, days=days), extra={"limit": {"days": MOST_DAYS}})


def _check_numbers(scope: Scope) -> None:
    limits = {"lead_hours": MOST_HOURS, "freeze_hours": MOST_HOURS, "seed": MOST_SEED, "max_changes": MOST_SEED}
    for name, most in limits.items():
        value = getattr(scope, name)
        if value is not None and not 0 <= value <= most:
            message = gettext("Enter a whole number from {least} to {most}.")
            raise InvalidInput.of(name, message.format(least=0, most=most))
    if any(latest < earliest for earliest, latest in scope.start_hours.values()):
        raise InvalidInput.of("start_hours", gettext("The latest start is before the earliest one."))
    _check_choice("may_change", [scope.may_change], MayChange.values)
    _check_choice("effort", [scope.effort], Effort.values)
    _check_choice("locks", scope.locks.values(), Lock.values)
    if len(scope.locks) > MOST_LOCKS:
        message = gettext("A plan takes at most {most} locks. Plan without changes of bookings, or fewer days.")
        raise PlanTooLarge(message.format(most=MOST_LOCKS), extra={"limit": {"locks": MOST_LOCKS}})


def _check_choice(name: str, values: Iterable[str], choices: Collection[str]) -> None:
    for value in values:
        if value not in choices:
            message = gettext("“{value}” is not a choice. Choose one of: {choices}.")
            raise InvalidInput.of(name, message.format(value=value, choices=", ".join(sorted(choices))))


def _check_jobs(scope: Scope) -> None:
    most = settings.PLAN_MOST_JOBS
    if len(scope.jobs) > most:
        message = gettext(
            "A plan takes at most {most} jobs, not {number}. "
            "Split it by area, type or days, and plan the parts one by one."
        )
        raise PlanTooLarge(message.format(most=most, number=len(scope.jobs)), extra={"limit": {"jobs": most}})
    if not scope.jobs and not scope.chosen_by_filter:
        raise InvalidInput.of("jobs", gettext("Choose at least one job."))
    jobs = {job.pk: job for job in Job.objects.filter(pk__in=scope.jobs).only("job_number", "status")}
    _refuse_unknown("jobs", [job for job in scope.jobs if job not in jobs])
    _refuse_unknown("last_days", [job for job in scope.last_days if job not in jobs])
    _refuse_unknown("start_hours", [job for job in scope.start_hours if job not in jobs])
    closed = [jobs[job].job_number for job in scope.jobs if jobs[job].status != Job.Status.OPEN]
    if closed:
        message = ngettext("This job is not open: {jobs}.", "These jobs are not open: {jobs}.", len(closed))
        named = ", ".join(closed[:MOST_NAMED]) + (" …" if len(closed) > MOST_NAMED else "")
        raise JobNotOpen(message.format(jobs=named), extra={"jobs": closed})


def _check_known(name: str, ids: Collection[UUID], rows: Any) -> None:
    known = set(rows.values_list("pk", flat=True)) if ids else set()
    _refuse_unknown(name, [pk for pk in ids if pk not in known])


def _refuse_unknown(name: str, unknown: list[UUID]) -> None:
    if unknown:
        message = ngettext(
            "There is no record with this id: {ids}.", "There are no records with these ids: {ids}.", len(unknown)
        )
        named = ", ".join(map(str, unknown[:MOST_NAMED])) + (" …" if len(unknown) > MOST_NAMED else "")
        raise InvalidInput.of(name, message.format(ids=named))
