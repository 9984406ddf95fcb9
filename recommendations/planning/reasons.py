"""Why a plan leaves a job out: one primary reason with its numbers, from the engine or from solving again.

A job that fits nowhere is explained by the eligibility rules and the availability engine; one that would fit, by the
best alternative plan that contains it (`alternatives`). The work is bounded: jobs that are worth more come first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from assignments.availability import Calendar, Visit, blocked_time, days_from, first_free_day
from assignments.calendars import load_calendars
from assignments.local_time import day_at, day_of
from assignments.models import Assignment
from assignments.states import MOVABLE, Status
from contractors.models import Contractor
from recommendations.near_misses import barriers, nearby_contractors
from recommendations.planning.alternatives import Alternative, Solve, with_job
from recommendations.planning.models import Plan, PlanMiss
from recommendations.planning.problem import Problem, Solution
from recommendations.planning.scope import LAST_ZONE, MOST_DAYS
from recommendations.planning.snapshot import LOOK_AHEAD_DAYS, PlannedJob, Snapshot
from recommendations.planning.states import Effort, MayChange, MissCode
from recommendations.planning.what_if import WhatIf
from smartscheduler.core.formatting import hours_and_minutes, short_day
from smartscheduler.rules.values import UNIT
from smartscheduler.timeslots import TimeSlot, unchecked

# Eligible contractors whose calendars are read for the first free day after the plan.
MOST_ASKED = 40
# Jobs for which an alternative is solved: with all segments or many of them, and then with few.
MOST_WHOLE, MOST_PARTS = 12, 100
FEW_SEGMENTS = 6
# Jobs that are named in a sentence.
MOST_NAMED = 3


@dataclass(frozen=True)
class Miss:
    """A job that is left out, with the primary reason, its sentence, and the numbers behind it."""

    job_id: UUID
    code: MissCode
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)


def explain_misses(
    snapshot: Snapshot,
    problem: Problem,
    solution: Solution,
    solve: Solve,
    ended: Callable[[], str] = lambda: "",
) -> list[Miss]:
    """The reason for each open job that `solution` leaves out, in the order of the problem.

    `solve` solves a problem with little effort. It is called at most MOST_WHOLE + MOST_PARTS times, twice for each job
    if changes are limited. `ended` is the limit that ends the run, `stopped` or `seconds`, or empty. Once there is one,
    nothing more is solved or looked for after the days of the plan.
    """
    planned = {placement.job for placement in solution.placements}
    left_out = [n for n, job in enumerate(snapshot.jobs) if job.so_far is None and n not in planned]
    left_out.sort(key=lambda number: (-problem.jobs[number].worth, number))
    has_option = {option.job for option in problem.options}
    solver = _Alternatives(snapshot, problem, solution, solve, ended)
    misses = {
        n: solver.miss(n) if n in has_option else _unfit(snapshot, snapshot.jobs[n], look_ahead=not ended())
        for n in left_out
    }
    return [misses[number] for number in sorted(left_out)]


def _unfit(snapshot: Snapshot, planned: PlannedJob, *, look_ahead: bool) -> Miss:
    """The reason for a job that the engine gives no start at all."""
    first, last = planned.days
    if first > last:
        return _without_days(snapshot, planned)
    if not planned.eligible:
        return _nobody_eligible(snapshot, planned)
    return _locked(snapshot, planned) or _no_slot(planned, look_ahead=look_ahead)


def _without_days(snapshot: Snapshot, planned: PlannedJob) -> Miss:
    """The reason for a job without a day in the plan: it is wanted later, was promised earlier, or has an own limit."""
    (first, last), scope, arrival = planned.days, snapshot.scope, planned.request.arrival
    numbers: dict[str, Any] = {}
    if first > scope.last_day:
        sentence = gettext("The job is not wanted before {day}, after the last day of this plan.")
        day, numbers = first, {"first_free": first.isoformat()}
    elif arrival and (promised := day_of(arrival.end, planned.request.zone)) < scope.first_day:
        sentence = gettext("The customer was promised an arrival on {day}, before the first day of this plan.")
        day = promised
    else:
        sentence = gettext("In this plan, the last day of the job is {day}, before the first day that it can begin on.")
        day = last
    return Miss(planned.job.pk, MissCode.NO_SLOT_IN_DAYS, sentence.format(day=short_day(day)), numbers)


def _nobody_eligible(snapshot: Snapshot, planned: PlannedJob) -> Miss:
    """Counts of failed rules among the contractors near the site."""
    near, request = nearby_contractors(planned.request), planned.request
    chosen = [each for each in near if _in_scope(snapshot, each.contractor.pk)]
    label = Contractor.Type(request.type).label.lower()
    numbers: dict[str, Any] = {"contractors": len(chosen), "outside_scope": len(near) - len(chosen)}
    for each in chosen:
        for reason in each.reasons:
            numbers[reason.code.value] = numbers.get(reason.code.value, 0) + 1
    if not near:
        sentence = gettext("There is no active {type} contractor near the site.").format(type=label)
    elif not chosen:
        message = ngettext(
            "This plan leaves out the {count} {type} contractor near the site.",
            "This plan leaves out all {count} {type} contractors near the site.",
            len(near),
        )
        sentence = message.format(count=len(near), type=label)
    else:
        message = ngettext(
            "{count} {type} contractor near the site: {barriers}.",
            "{count} {type} contractors near the site: {barriers}.",
            len(chosen),
        )
        sentence = message.format(count=len(chosen), type=label, barriers=", ".join(barriers(request, chosen)))
    return Miss(planned.job.pk, MissCode.NOBODY_ELIGIBLE, sentence, numbers)


def _in_scope(snapshot: Snapshot, contractor_id: UUID) -> bool:
    scope = snapshot.scope
    chosen = scope.contractors is None or contractor_id in set(scope.contractors)
    return chosen and contractor_id not in scope.excluded


def _asked(planned: PlannedJob) -> list[UUID]:
    """The eligible contractors whose calendars are read, the best first."""
    best = sorted(planned.eligible, key=lambda contender: contender.best_order)[:MOST_ASKED]
    return [contender.id for contender in best]


def _visit(planned: PlannedJob, since: date, days: int) -> Visit:
    request = planned.request
    span = days_from(since, days, request.zone)
    return Visit(request.duration, planned.site, span, planned.not_before, planned.query.rules)


def _locked(snapshot: Snapshot, planned: PlannedJob) -> Miss | None:
    """A start that only bookings prevent which the plan may not change; None if there is no such start.

    Bookings that the plan may change are in none of the calendars, so they prevent nothing.
    """
    if snapshot.scope.may_change == MayChange.OPEN_JOBS:
        return None
    first, last = planned.days
    visit = _visit(planned, first, (last - first).days)
    for contractor_id in _asked(planned):
        calendar = planned.within_hours(snapshot.calendars[contractor_id])
        calendar = calendar.for_job(planned.job.pk, planned.request.allowed)
        held = _held(calendar)
        open_calendar = replace(calendar, bookings=[each for each in calendar.bookings if each.job_id not in held])
        if opening := first_free_day(open_calendar, visit):
            slot = unchecked((opening.starts[0], opening.starts[0] + visit.duration))
            blocking = [held[each] for each in _blocking(calendar, planned, slot) if each in held]
            if blocking:
                return _lock_miss(snapshot, planned, contractor_id, slot, blocking)
    return None


def _held(calendar: Calendar) -> dict[UUID, Assignment]:
    """The bookings of a calendar that could move if the plan allowed it, by job."""
    jobs = [booking.job_id for booking in calendar.bookings]
    live = Assignment.objects.filter(job__in=jobs, status__in=MOVABLE).select_related("job", "contractor")
    return {assignment.job_id: assignment for assignment in live}


def _blocking(calendar: Calendar, planned: PlannedJob, slot: TimeSlot) -> Iterator[UUID]:
    """Jobs whose bookings, with the drives, overlap a slot."""
    for booking in calendar.bookings:
        (blocked,) = blocked_time(replace(calendar, bookings=[booking]), planned.site, planned.query.rules)
        if booking.job_id and blocked.overlaps(slot):
            yield booking.job_id


def _lock_miss(
    snapshot: Snapshot, planned: PlannedJob, contractor_id: UUID, slot: TimeSlot, blocking: Sequence[Assignment]
) -> Miss:
    contractor = blocking[0].contractor
    day = short_day(slot.start.astimezone(planned.request.zone).date())
    jobs = ", ".join(assignment.job.job_number for assignment in blocking[:MOST_NAMED])
    message = ngettext(
        "{contractor} could do it on {day} if the booking of {jobs} could change.",
        "{contractor} could do it on {day} if the bookings of {jobs} could change.",
        len(blocking),
    )
    locked = [str(assignment.pk) for assignment in blocking if assignment.pk in snapshot.scope.locks]
    frozen = snapshot.now + timedelta(hours=snapshot.scope.freeze_hours)
    # Confirmed bookings that nothing else keeps in their place.
    confirmed = snapshot.scope.may_change == MayChange.PENDING and all(
        assignment.status == Status.CONFIRMED and assignment.slot.start >= frozen for assignment in blocking
    )
    numbers = {
        "contractor": str(contractor_id),
        "eligible": len(planned.eligible),
        "assignments": [str(assignment.pk) for assignment in blocking],
        "locks": locked,
        "confirmed": confirmed,
        "day": slot.start.astimezone(planned.request.zone).date().isoformat(),
    }
    sentence = message.format(contractor=contractor.name, day=day, jobs=jobs)
    return Miss(planned.job.pk, MissCode.LOCKED, sentence, numbers)


def _no_slot(planned: PlannedJob, *, look_ahead: bool) -> Miss:
    """How many could do the job, and with `look_ahead` the first day after the plan on which one of them is free."""
    first, last = planned.days
    numbers: dict[str, Any] = {"eligible": len(planned.eligible)}
    if planned.bound_of_others is None:
        message = ngettext(
            "{count} contractor could do it, but is not free for {duration} from {first} through {last}.",
            "{count} contractors could do it, but none is free for {duration} from {first} through {last}.",
            len(planned.eligible),
        )
    else:
        message = gettext(
            "More than {count} contractors could do it; none of the best {count} is free for {duration} "
            "from {first} through {last}."
        )
    sentence = message.format(
        count=len(planned.eligible),
        duration=hours_and_minutes(planned.request.duration),
        first=short_day(first),
        last=short_day(last),
    )
    if planned.request.arrival:
        sentence += " " + gettext("The promised arrival window allows no other day.")
    elif not look_ahead:
        pass
    elif opening := _first_opening(planned, last + timedelta(days=1)):
        day, contender_id = opening
        name = next(contender.name for contender in planned.eligible if contender.id == contender_id)
        numbers |= {"first_free": day.isoformat(), "contractor": str(contender_id)}
        sentence += " " + gettext("The first free day is {day} ({contractor}).").format(
            day=short_day(day), contractor=name
        )
    else:
        sentence += " " + gettext("There is no free day in the {days} days after it.").format(days=LOOK_AHEAD_DAYS)
    return Miss(planned.job.pk, MissCode.NO_SLOT_IN_DAYS, sentence, numbers)


def _first_opening(planned: PlannedJob, since: date) -> tuple[date, UUID] | None:
    """The first day from `since` on with a free start, and whose it is; the better contractor on the same day."""
    zone = planned.request.zone
    window = TimeSlot(day_at(since, zone).start, day_at(since + timedelta(days=LOOK_AHEAD_DAYS), zone).end)
    asked = _asked(planned)
    calendars, visit = load_calendars(asked, window, planned.query.rules), _visit(planned, since, LOOK_AHEAD_DAYS)
    openings = [
        (free.days, position)
        for position, contractor_id in enumerate(asked)
        if (free := first_free_day(planned.within_hours(calendars[contractor_id].for_job(planned.job.pk, None)), visit))
    ]
    if not openings:
        return None
    days, position = min(openings)
    return since + timedelta(days=days), asked[position]


class _Alternatives:
    """Reasons of jobs that would fit somewhere, by the best alternative with them."""

    def __init__(
        self,
        snapshot: Snapshot,
        problem: Problem,
        solution: Solution,
        solve: Solve,
        ended: Callable[[], str],
    ) -> None:
        self.snapshot, self.problem, self.solution, self.solve = snapshot, problem, solution, solve
        self.ended = ended
        self.solved = 0

    def miss(self, number: int) -> Miss:
        if self.ended() or self.solved >= MOST_WHOLE + MOST_PARTS:
            return self._time_ran_out(number)
        self.solved += 1
        alternative = self._with(self.problem, number)
        if self.ended():  # so the alternative, or that there is none, says nothing
            return self._time_ran_out(number)
        if self.problem.max_changes is not None:
            unlimited = self._with(replace(self.problem, max_changes=None), number)
            if self.ended():
                return self._time_ran_out(number)
            if unlimited and unlimited.changes > self.problem.max_changes and unlimited.loss <= 0:
                return self._max_changes(number, unlimited)
            if alternative is None and unlimited:
                return self._max_changes(number, unlimited)
        if alternative is None or alternative.loss <= self._gap:
            return self._time_ran_out(number)
        return self._worth_less(number, alternative)

    def _with(self, problem: Problem, number: int) -> Alternative | None:
        few = {} if self.solved <= MOST_WHOLE else {"most_segments": FEW_SEGMENTS}
        return with_job(problem, self.solution, number, self.solve, **few)

    @property
    def _gap(self) -> int:
        """What a better plan could still gain; 0 if it is not known."""
        return 0 if self.solution.bound is None else self.solution.bound - self.solution.worth

    def _worth_less(self, number: int, alternative: Alternative) -> Miss:
        loss = f"{alternative.loss / UNIT:.2f}"
        jobs = [self.snapshot.jobs[other].job for other in alternative.left_out]
        numbers = {"loss": alternative.loss, "left_out": [str(job.pk) for job in jobs]}
        if jobs:
            named = [
                gettext("{job} ({priority})").format(job=job.job_number, priority=job.get_priority_display().lower())
                for job in jobs[:MOST_NAMED]
            ]
            message = ngettext(
                "Possible if {jobs} were left out: the plan would be worth {loss} less.",
                "Possible if {jobs} were left out: the plan would be worth {loss} less.",
                len(jobs),
            )
            sentence = message.format(jobs=", ".join(named), loss=loss)
        else:
            message = gettext("Possible if other jobs were planned differently: the plan would be worth {loss} less.")
            sentence = message.format(loss=loss)
        return Miss(self.snapshot.jobs[number].job.pk, MissCode.WORTH_LESS, sentence, numbers)

    def _max_changes(self, number: int, alternative: Alternative) -> Miss:
        most = self.problem.max_changes
        message = ngettext(
            "It would change {count} booking; {most} may change.",
            "It would change {count} bookings; {most} may change.",
            alternative.changes,
        )
        return Miss(
            self.snapshot.jobs[number].job.pk,
            MissCode.MAX_CHANGES,
            message.format(count=alternative.changes, most=most),
            {"changes": alternative.changes, "max_changes": most},
        )

    def _time_ran_out(self, number: int) -> Miss:
        ended = self.ended()
        numbers: dict[str, Any] = {"limit": ended or self.solution.limit}
        if ended:
            sentence = (
                gettext(
                    "The run reached its limit of time before every possibility was tried. Plan fewer jobs or days."
                )
                if ended == "seconds"
                else gettext("The run was stopped before every possibility was tried.")
            )
            return Miss(self.snapshot.jobs[number].job.pk, MissCode.TIME_RAN_OUT, sentence, numbers)
        if self._gap and self.solution.worth > 0:
            gain = f"{100 * self._gap / self.solution.worth:.2f}"
            numbers["gain_percent"] = float(gain)
            message = gettext("The limit of work was reached: at most {gain}% could still be gained.")
        else:
            gain = ""
            message = gettext("The limit of work was reached before every possibility was tried.")
        sentence = message.format(gain=gain)
        if self.snapshot.scope.effort != Effort.THOROUGH:
            sentence += " " + gettext("Try {effort}.").format(effort=Effort.THOROUGH.label.lower())
        return Miss(self.snapshot.jobs[number].job.pk, MissCode.TIME_RAN_OUT, sentence, numbers)


def what_ifs(miss: PlanMiss) -> list[tuple[str, WhatIf]]:
    """Changes that could get the job planned, each with its label."""
    return list(_what_ifs(miss))


def _through(plan: Plan, day: date) -> Iterator[tuple[str, WhatIf]]:
    """A later last day, if the days of the plan are not over and a plan can have as many days."""
    today = timezone.now().astimezone(LAST_ZONE).date()
    if plan.last_day >= today and (day - plan.first_day).days < MOST_DAYS:
        yield gettext("Plan through {day}").format(day=short_day(day)), WhatIf("last_day", day.isoformat())


def _unlocking(numbers: Mapping[str, Any]) -> Iterator[tuple[str, WhatIf]]:
    if numbers.get("locks"):
        yield gettext("Lift the lock"), WhatIf("unlock", numbers["locks"][0])
    elif numbers.get("confirmed"):
        yield gettext("Let confirmed bookings move"), WhatIf("may_change", MayChange.ALL_BUT_LOCKED.value)


def _what_ifs(miss: PlanMiss) -> Iterator[tuple[str, WhatIf]]:
    plan, numbers = miss.plan, miss.numbers
    match miss.code:
        case MissCode.NOBODY_ELIGIBLE if numbers.get("outside_scope"):
            yield gettext("Ask all contractors"), WhatIf("all_contractors", True)
        case MissCode.NO_SLOT_IN_DAYS if numbers.get("first_free"):
            yield from _through(plan, date.fromisoformat(numbers["first_free"]))
        case MissCode.LOCKED:
            yield from _unlocking(numbers)
        case MissCode.MAX_CHANGES:
            changes = numbers["changes"]
            label = ngettext("Allow {count} change", "Allow {count} changes", changes).format(count=changes)
            yield label, WhatIf("max_changes", changes)
        case MissCode.WORTH_LESS:
            yield from _through(plan, plan.last_day + timedelta(days=1))
        case MissCode.TIME_RAN_OUT if plan.effort != Effort.THOROUGH and numbers.get("limit") != "seconds":
            yield gettext("Plan thoroughly"), WhatIf("effort", Effort.THOROUGH.value)
    if miss.code in {MissCode.NO_SLOT_IN_DAYS, MissCode.WORTH_LESS} and plan.may_change == MayChange.OPEN_JOBS:
        yield gettext("Let unconfirmed bookings move"), WhatIf("may_change", MayChange.PENDING.value)
