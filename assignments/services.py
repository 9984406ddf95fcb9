"""Services that create, move and end assignments.

All of them take locks in the same order, so that they cannot deadlock: contractors by id, then the job, then the
assignment. After the locks they check, write and publish events. Database constraints enforce the same rules again.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext

from assignments.booking_changes import BookingChange
from assignments.booking_checks import check_booking, check_restored
from assignments.broken_bookings import reasons_of, recheck_contractor
from assignments.conflict_details import explain_conflict
from assignments.customer_notices import customer_notice
from assignments.decision_record import Decision, decide, imported_decision
from assignments.events import (
    AssignmentCancelled,
    AssignmentCompleted,
    AssignmentConfirmed,
    AssignmentEvent,
    AssignmentMoved,
    AssignmentRescheduled,
    AssignmentRunningLate,
    AssignmentStarted,
    JobAssigned,
    WindowBroken,
)
from assignments.lateness import check_late_until
from assignments.models import NO_DOUBLE_BOOKING, OF_THE_DECISION, Assignment
from assignments.start_window import check_time_of_work
from assignments.states import check_movable, check_transition
from contractors.models import Contractor
from contractors.services import update_rating
from jobs.events import JobCancelled, JobCompleted, JobReopened
from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.services import set_window
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.db.inserts import insert, is_waiting
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.json_values import as_json
from smartscheduler.core.observability.metrics.definitions import ARRIVAL_WINDOWS, BOOKINGS, counting
from smartscheduler.errors import (
    BookingChanged,
    BookingInConflict,
    DomainError,
    InvalidInput,
    InvalidTransition,
    JobNotOpen,
    NotAllowed,
    OtherWindowPromised,
    OutsideWindow,
)
from smartscheduler.events.publishing import publish, without_messages
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, within_reach

# References of a new assignment to records that were just read, and which a check would read again.
LOCKED = {"contractor", "job", "assigned_by"}


@counting(BOOKINGS, "assign")
@explain_conflict
def assign_job(
    *,
    job_id: UUID,
    contractor_id: UUID,
    start: datetime,
    actor: User | None,
    override_reason: str = "",
    window_break_reason: str = "",
    ranking_token: str = "",
    decision: Decision | None = None,
) -> Assignment:
    """Assign the open job to the contractor from `start` on, for the duration of the job.

    With `window_break_reason`, the start can be outside the arrival window, if the actor is allowed to break it.
    With `decision` (decision_record.imported_decision), nothing is ranked.
    Raises JobNotOpen, ContractorUnsuitable, SlotUnavailable, OutsideWindow, NotAllowed, or RankingStale if
    `ranking_token` is out of date.
    """
    if decision is None:
        job = Job.objects.get(pk=job_id)
        contractor = Contractor.objects.get(pk=contractor_id)
        # Before the locks, because ranking reads much; `_book` checks the booking again under the locks.
        decision = decide(
            job=job,
            contractor=contractor,
            slot=_slot(job, start),
            rules=current_rules(),
            ranking_token=ranking_token,
            reader=actor,
        )
    return _book(
        job_id=job_id,
        contractor_id=contractor_id,
        start=start,
        decision=decision,
        actor=actor,
        override_reason=override_reason,
        window_break_reason=window_break_reason,
    )


@counting(BOOKINGS, "assign")
@domain_transaction
def assign_new_job(
    *, job: Job, contractor: Contractor, start: datetime, actor: User | None, decision: Decision
) -> Assignment:
    """Assign a job that the caller has created in this transaction to a contractor whom the caller has locked.

    Nothing is read again: for an import of thousands of bookings. Raises as `assign_job` does.
    """
    _check_open(job)
    job.assign()
    try:
        assignment = _create(job, contractor, start, decision, actor=actor, override_reason="", window_break_reason="")
    except DomainError:
        job.status = Job.Status.OPEN
        raise
    if not is_waiting(job):
        job.save(update_fields=["status"])
    return assignment


@domain_transaction
def _book(
    *,
    job_id: UUID,
    contractor_id: UUID,
    start: datetime,
    decision: Decision,
    actor: User | None,
    **reasons: str,
) -> Assignment:
    contractor = Contractor.objects.locked().get(pk=contractor_id)
    job = Job.objects.locked().get(pk=job_id)
    _check_open(job)
    job.assign()
    job.save(update_fields=["status"])
    return _create(job, contractor, start, decision, actor=actor, **reasons)


@counting(BOOKINGS, "record")
@explain_conflict
@domain_transaction
def record_past_work(
    *, job_id: UUID, contractor_id: UUID, start: datetime, actor: User | None, is_over: bool = True
) -> Assignment:
    """Record work that was begun before it was entered: the completed assignment of an open job.

    With `is_over` false, the work is in progress. The rules of a booking (working hours, absences, type, skills,
    radius, drives) do not apply to what has happened; the database still refuses overlapping work in progress. The
    times of the slot are the times of the work, and the decision says that nothing was ranked. No messages are sent.
    Raises JobNotOpen, InvalidInput for work in the future or not over, and SlotUnavailable.
    """
    contractor = Contractor.objects.locked().get(pk=contractor_id)
    job = Job.objects.locked().get(pk=job_id)
    _check_open(job)
    slot, now = _slot(job, start), timezone.now()
    if (slot.end if is_over else slot.start) > now:
        message = gettext("This work is not over yet.") if is_over else gettext("This work has not started yet.")
        raise InvalidInput.of("start", message)
    assignment = Assignment(job=job, contractor=contractor, assigned_by=actor, is_recorded=is_over)
    assignment.slot = slot
    assignment.record(imported_decision(job=job, contractor=contractor, slot=slot, rules=current_rules()))
    assignment.confirm(at=slot.start)
    assignment.start(at=slot.start)
    job.assign()
    job.start()
    if is_over:
        assignment.complete(at=slot.end)
        job.complete(at=slot.end)
    assignment.clean_fields(exclude=LOCKED)
    assignment.save()
    job.save(update_fields=["status", "completed_at"])
    with without_messages():
        _publish_recorded(assignment, actor)
    return assignment


def _publish_recorded(assignment: Assignment, actor: User | None) -> None:
    job = assignment.job
    publish(JobAssigned.of(assignment), actor=actor)
    if job.completed_at is None:
        publish(_moved(AssignmentStarted, assignment, Assignment.Status.CONFIRMED), actor=actor)
        return
    publish(_moved(AssignmentCompleted, assignment, Assignment.Status.IN_PROGRESS), actor=actor)
    publish(JobCompleted.of(job, completed_at=job.completed_at), actor=actor)


def _check_open(job: Job) -> None:
    if job.status != Job.Status.OPEN:
        message = gettext("{job} is {status}; only an open job can be assigned.")
        raise JobNotOpen(message.format(job=job.job_number, status=job.get_status_display().lower()))


def _create(
    job: Job,
    contractor: Contractor,
    start: datetime,
    decision: Decision,
    *,
    actor: User | None,
    override_reason: str,
    window_break_reason: str,
) -> Assignment:
    """Check the booking, save the assignment and publish its events; contractor and job are locked."""
    slot = _slot(job, start)
    assignment = Assignment(job=job, contractor=contractor, assigned_by=actor, override_reason=override_reason)
    assignment.slot = slot
    assignment.record(decision)
    _check_slot(assignment, decision.rules, window_break_reason, actor)
    if assignment.breaks_window:
        assignment.score_breakdown["explanation"] += f" {_break_sentence(assignment)}"
    assignment.clean_fields(exclude=LOCKED)
    insert(assignment)
    publish(JobAssigned.of(assignment), actor=actor)
    _publish_break(assignment, actor)
    return assignment


def _check_slot(assignment: Assignment, rules: Rules, window_break_reason: str, actor: User | None) -> None:
    """Check the slot of a new or moved assignment, and set or clear its reason for breaking the arrival window.

    A reason that is not needed is dropped.
    """
    request, reason = JobRequest.of(assignment.job), window_break_reason.strip()
    breaks = bool(reason) and not request.allows(assignment.slot.start)
    if breaks and actor and not actor.allows(Permission.BREAK_WINDOW):
        raise NotAllowed(
            gettext("Your role does not allow a booking outside the arrival window. Choose a start in the window.")
        )
    try:
        check_booking(assignment.contractor, request, assignment.slot, rules, now=timezone.now(), despite_window=breaks)
    except OutsideWindow as refusal:
        notice = customer_notice(assignment.job)
        refusal.extra["customer_notice"] = {"is_told": notice.is_told, "text": notice.before}
        raise
    assignment.window_break_reason = reason if breaks else ""


def _publish_break(assignment: Assignment, actor: User | None) -> None:
    if assignment.breaks_window and (window := assignment.job.window):
        broken = WindowBroken.of(assignment, window=window, reason=assignment.window_break_reason)
        publish(broken, actor=actor)


def _break_sentence(assignment: Assignment) -> str:
    assert assignment.job.window, "only a window can be broken"  # noqa: S101
    window = local_slot(assignment.job.window, assignment.job.zone)
    return gettext("Booked outside the promised arrival window, {window}.").format(window=window)


def _slot(job: Job, start: datetime) -> TimeSlot:
    if not within_reach(start, now=timezone.now()):
        raise InvalidInput.of("start", gettext("Choose a start within five years from now."))
    return TimeSlot(start, start + job.duration)


def lock_assignment(assignment_id: UUID, *, also: UUID | None = None) -> Assignment:
    """Lock the contractor (and the contractor `also`), the job and the assignment; return the assignment.

    Raises DoesNotExist. The ids are read without a lock first, because contractors come first in the order of locks;
    the contractor and the job of an assignment never change.
    """
    unlocked = Assignment.objects.only("contractor_id", "job_id").get(pk=assignment_id)
    ids = {unlocked.contractor_id} | ({also} if also else set())
    contractors = {contractor.pk: contractor for contractor in Contractor.objects.locked().filter(pk__in=ids)}
    if also and also not in contractors:
        raise Contractor.DoesNotExist
    job = Job.objects.locked().get(pk=unlocked.job_id)
    assignment = Assignment.objects.locked().get(pk=assignment_id)
    assignment.contractor, assignment.job = contractors[unlocked.contractor_id], job
    return assignment


def lock_job(job_id: UUID) -> Job:
    """Lock the booked contractor, if any, and then the job, which is the order of locks; return the job."""
    booked = Assignment.objects.live().filter(job_id=job_id).values_list("contractor_id", flat=True).first()
    list(Contractor.objects.locked().filter(pk__in=[booked] if booked else []))
    return Job.objects.locked().get(pk=job_id)


@explain_conflict
@domain_transaction
def confirm_assignment(*, assignment_id: UUID, actor: User | None, despite_conflict: bool = False) -> Assignment:
    """Confirm a pending assignment.

    Raises InvalidTransition from any other state, and BookingInConflict (which lists the failed rules) for a booking
    that the rules would reject today, unless `despite_conflict`.
    """
    assignment = lock_assignment(assignment_id)
    check_transition(assignment.status, Assignment.Status.CONFIRMED)
    if not despite_conflict:
        _check_still_possible(assignment, actor)
    _confirm(assignment, at=timezone.now(), actor=actor)
    return assignment


def _confirm(assignment: Assignment, *, at: datetime, actor: User | None, plan_id: UUID | None = None) -> None:
    previous = assignment.status
    assignment.confirm(at=at)
    assignment.save(update_fields=["status", "confirmed_at"])
    publish(_moved(AssignmentConfirmed, assignment, previous, plan_id=plan_id), actor=actor)


def _check_still_possible(assignment: Assignment, actor: User | None) -> None:
    """Raise BookingInConflict if the rules would reject the booking today. One query if there is no conflict."""
    if reasons := reasons_of(assignment.pk, reader=actor):
        message = gettext(
            "{job} cannot be done as booked. {reasons} Move the booking, or confirm it despite the conflict."
        )
        raise BookingInConflict(
            message.format(job=assignment.job.job_number, reasons=" ".join(reason.message for reason in reasons)),
            extra={"reasons": [reason.as_json() for reason in reasons]},
        )


@explain_conflict
@domain_transaction
def start_assignment(*, assignment_id: UUID, actor: User | None) -> Assignment:
    """Start a confirmed assignment and its job.

    Raises InvalidTransition from any other state, and TooEarly before the day of the slot.
    """
    assignment = lock_assignment(assignment_id)
    previous, now = assignment.status, timezone.now()
    assignment.start(at=now)
    check_time_of_work(assignment.slot, assignment.job.zone, act="started", now=now)
    assignment.job.start()
    assignment.save(update_fields=["status", "started_at"])
    assignment.job.save(update_fields=["status"])
    publish(_moved(AssignmentStarted, assignment, previous), actor=actor)
    return assignment


@explain_conflict
@domain_transaction
def report_running_late(*, assignment_id: UUID, until: datetime | None, actor: User | None) -> Assignment:
    """Report that the work of an assignment is expected to end at `until`; None withdraws the report.

    Nothing moves: the slot stays booked as it is. Raises InvalidTransition unless the assignment is confirmed or in
    progress, or if there is no report to withdraw; TooEarly before the day of the slot; and InvalidInput for an `until`
    that is past, within the slot, or more than eight hours after it.
    """
    assignment = lock_assignment(assignment_id)
    slot, zone, now = assignment.slot, assignment.job.zone, timezone.now()
    if until is None and assignment.late_until is None:
        message = gettext("The assignment is not reported late.")
        raise InvalidTransition(message, extra={"from": assignment.status, "to": "on_time"})
    assignment.run_late(until)
    if until is not None:
        check_time_of_work(slot, zone, act="reported late", now=now)
        check_late_until(until, slot, zone, now=now)
    assignment.save(update_fields=["late_until"])
    publish(AssignmentRunningLate.of(assignment, until=until), actor=actor)
    return assignment


@explain_conflict
@domain_transaction
def complete_assignment(*, assignment_id: UUID, actor: User | None) -> Assignment:
    """Complete an assignment in progress and its job.

    Raises InvalidTransition from any other state, and TooEarly before the day of the slot.
    """
    assignment = lock_assignment(assignment_id)
    previous, job, now = assignment.status, assignment.job, timezone.now()
    assignment.complete(at=now)
    check_time_of_work(assignment.slot, job.zone, act="completed", now=now)
    job.complete(at=now)
    assignment.save(update_fields=["status", "completed_at", "late_until"])
    job.save(update_fields=["status", "completed_at"])
    publish(_moved(AssignmentCompleted, assignment, previous), actor=actor)
    publish(JobCompleted.of(job, completed_at=now), actor=actor)
    return assignment


@explain_conflict
@domain_transaction
def cancel_assignment(*, assignment_id: UUID, reason: str, actor: User | None) -> Assignment:
    """Cancel a live assignment and reopen its job.

    Raises InvalidTransition if it is completed or cancelled, and InvalidInput without a reason.
    """
    assignment = lock_assignment(assignment_id)
    _cancel(assignment, reason, actor)
    _reopen(assignment.job, actor)
    return assignment


def _reopen(job: Job, actor: User | None) -> None:
    job.reopen()
    job.save(update_fields=["status"])
    publish(JobReopened.of(job), actor=actor)


@explain_conflict
@domain_transaction
def cancel_job(*, job_id: UUID, reason: str, actor: User | None) -> Job:
    """Cancel a job and its live assignment, if any.

    Raises InvalidTransition if the job is completed or cancelled, and InvalidInput without a reason.
    """
    job = lock_job(job_id)
    job.cancel(reason=_reason(reason), at=timezone.now())
    for assignment in Assignment.objects.live().filter(job_id=job_id).locked().select_related("contractor"):
        assignment.job = job
        _cancel(assignment, reason, actor)
    job.save(update_fields=["status", "cancel_reason", "cancelled_at"])
    publish(JobCancelled.of(job, reason=job.cancel_reason), actor=actor)
    return job


@counting(BOOKINGS, "reschedule")
@explain_conflict
@domain_transaction
def reschedule_assignment(
    *, assignment_id: UUID, start: datetime, actor: User | None, window_break_reason: str = ""
) -> Assignment:
    """Move a pending or confirmed assignment to another start with the same contractor.

    With `window_break_reason`, the start can be outside the arrival window, if the actor is allowed to break it.
    Raises InvalidTransition from any other state, ContractorUnsuitable, SlotUnavailable, OutsideWindow, or NotAllowed.
    """
    rules = current_rules()
    assignment = lock_assignment(assignment_id)
    previous = assignment.slot
    assignment.reschedule(_slot(assignment.job, start))
    _check_slot(assignment, rules, window_break_reason, actor)
    assignment.clean_fields()
    assignment.save(update_fields=["time_slot", "late_until", "window_break_reason"])
    publish(_moved(AssignmentRescheduled, assignment, assignment.status, previous_time_slot=previous), actor=actor)
    _publish_break(assignment, actor)
    return assignment


@counting(ARRIVAL_WINDOWS, "promise")
@explain_conflict
@domain_transaction
def promise_window(*, job_id: UUID, window: TimeSlot, actor: User | None, replaces: datetime | None = None) -> Job:
    """Promise the customer of an open or booked job an arrival window.

    `replaces` is the start of the window that was promised before; None for the first one. A live booking stays where
    it is: one that starts outside the new window becomes a conflict. Promising the same window again changes nothing.
    Raises OtherWindowPromised if another window is promised than the caller knows, InvalidInput, and InvalidTransition
    for a completed or cancelled job.
    """
    job = lock_job(job_id)
    if job.window == window:
        return job
    if job.window_start != replaces:
        raise _other_window(job)
    _set_window(job, window, actor)
    return job


@counting(ARRIVAL_WINDOWS, "withdraw")
@explain_conflict
@domain_transaction
def withdraw_window(*, job_id: UUID, actor: User | None) -> Job:
    """Withdraw the arrival window of a job: the customer has been told that it no longer holds.

    Raises InvalidInput if there is none, and InvalidTransition for a completed or cancelled job.
    """
    job = lock_job(job_id)
    if job.window is None:
        raise InvalidInput.of("window_start", gettext("No arrival window is promised for this job."))
    _set_window(job, None, actor)
    return job


def _set_window(job: Job, window: TimeSlot | None, actor: User | None) -> None:
    """Store the window of a job that was locked by `lock_job`, and check its booking again."""
    set_window(job=job, window=window, actor=actor)
    for assignment in Assignment.objects.live().filter(job=job).locked():
        if assignment.window_break_reason:  # it is about the previous window
            assignment.window_break_reason = ""
            assignment.save(update_fields=["window_break_reason"])
        recheck_contractor(assignment.contractor_id)


def _other_window(job: Job) -> OtherWindowPromised:
    if job.window is None:
        message = gettext("The arrival window was withdrawn in the meantime. Promise a new one.")
    else:
        message = gettext(
            "The customer is already promised an arrival on {window}. Change that window instead."
        ).format(window=local_slot(job.window, job.zone))
    return OtherWindowPromised(message, extra={"window": as_json(job.window)})


@counting(BOOKINGS, "reassign")
@explain_conflict
def reassign_assignment(
    *,
    assignment_id: UUID,
    contractor_id: UUID,
    actor: User | None,
    start: datetime | None = None,
    override_reason: str = "",
    window_break_reason: str = "",
    ranking_token: str = "",
) -> Assignment:
    """Reassign the job of a pending or confirmed assignment to another contractor, at `start` or at the same time.

    Cancels the old assignment and returns the new one in one transaction. At the same time, a confirmed assignment
    stays confirmed, because the visit does not change for the customer. Raises InvalidTransition from any other state,
    InvalidInput for the same contractor, ContractorUnsuitable, SlotUnavailable, OutsideWindow, NotAllowed, or
    RankingStale if `ranking_token` is out of date.
    """
    assignment = Assignment.objects.select_related("job").get(pk=assignment_id)
    contractor = Contractor.objects.get(pk=contractor_id)
    start = start or assignment.slot.start
    decision = decide(
        job=assignment.job,
        contractor=contractor,
        slot=_slot(assignment.job, start),
        rules=current_rules(),
        ranking_token=ranking_token,
        reader=actor,
    )
    return _reassign(
        assignment_id=assignment_id,
        contractor_id=contractor_id,
        start=start,
        decision=decision,
        actor=actor,
        override_reason=override_reason,
        window_break_reason=window_break_reason,
    )


@domain_transaction
def _reassign(
    *,
    assignment_id: UUID,
    contractor_id: UUID,
    start: datetime,
    decision: Decision,
    actor: User | None,
    **reasons: str,
) -> Assignment:
    assignment = lock_assignment(assignment_id, also=contractor_id)
    check_movable(assignment.status, "reassigned")
    if assignment.contractor_id == contractor_id:
        raise InvalidInput.of(
            "contractor", gettext("The job is already assigned to this contractor. Reschedule it instead.")
        )
    contractor = Contractor.objects.get(pk=contractor_id)
    was_confirmed = assignment.status == Assignment.Status.CONFIRMED
    _cancel(assignment, gettext("Reassigned to {contractor}").format(contractor=contractor.name), actor)
    created = _create(assignment.job, contractor, start, decision, actor=actor, **reasons)
    if was_confirmed and assignment.confirmed_at and created.slot == assignment.slot:
        _confirm(created, at=assignment.confirmed_at, actor=actor)
    return created


@counting(BOOKINGS, "change")
@explain_conflict
def change_bookings(
    *, changes: Sequence[BookingChange], actor: User | None, plan_id: UUID | None = None
) -> list[Assignment]:
    """Make several changes of bookings together, all or none: what they free is free for all of them.

    Two contractors can trade their jobs, and two bookings of one contractor their times. Returns the bookings in the
    order of `changes`: the canceled one for a dropped booking. `plan_id` is sent with the events.
    Raises the errors of `assign_job` and `reassign_assignment`, and BookingChanged for another `version`; `job_id` in
    the `extra` of an error names the job.
    """
    rules = current_rules()
    decided = [replace(change, decision=_decision(change, rules, actor)) for change in changes]
    return _change_together(changes=decided, rules=rules, actor=actor, plan_id=plan_id)


@explain_conflict
def swap_assignments(
    *,
    assignment_id: UUID,
    other_id: UUID,
    actor: User | None,
    override_reason: str = "",
    versions: tuple[int | None, int | None] = (None, None),
) -> Assignment:
    """Let two bookings trade contractors; each keeps its time. Two of one contractor trade their start times.

    `versions` are those of the two assignments which the caller has read; None for any. Returns the booking of the
    first job. Raises DoesNotExist, InvalidInput unless `other_id` is another booking, and the errors of
    `change_bookings`.
    """
    first = Assignment.objects.get(pk=assignment_id)
    second = Assignment.objects.filter(pk=other_id).first()
    if second is None or second.pk == first.pk:
        raise InvalidInput.of("other", gettext("Choose another assignment to swap with."))
    changes = [
        BookingChange(
            job_id=booking.job_id,
            assignment_id=booking.pk,
            version=version or booking.version,
            contractor_id=other.contractor_id,
            start=(other if first.contractor_id == second.contractor_id else booking).slot.start,
            override_reason=override_reason,
        )
        for booking, other, version in ((first, second, versions[0]), (second, first, versions[1]))
    ]
    return change_bookings(changes=changes, actor=actor)[0]


def _decision(change: BookingChange, rules: Rules, actor: User | None) -> Decision | None:
    """The decision of a change that makes an assignment, computed before the locks unless the caller has one."""
    if change.decision or change.contractor_id is None:
        return change.decision
    job, contractor = Job.objects.get(pk=change.job_id), Contractor.objects.get(pk=change.contractor_id)
    booked = change.assignment_id and Assignment.objects.only("contractor_id").get(pk=change.assignment_id)
    if booked and booked.contractor_id == contractor.pk:
        return None
    with _of_job(change):
        return decide(job=job, contractor=contractor, slot=_slot(job, _start(change)), rules=rules, reader=actor)


def _start(change: BookingChange) -> datetime:
    if change.start is None:
        raise InvalidInput.of("start", gettext("Enter a start."))
    return change.start


@contextmanager
def _of_job(change: BookingChange) -> Iterator[None]:
    """Add the job of a change to the `extra` of its refusal."""
    try:
        yield
    except DomainError as refusal:
        refusal.extra.setdefault("job_id", str(change.job_id))
        raise


@domain_transaction
def _change_together(
    *, changes: Sequence[BookingChange], rules: Rules, actor: User | None, plan_id: UUID | None
) -> list[Assignment]:
    locked = lock_for_changes(changes)
    with _double_booking_checked_at_end():
        # First everything is freed, then written, then checked: each check sees the bookings of all changes.
        steps = [_free(change, locked, actor, plan_id) for change in changes]
        for step in steps:
            step.write(actor)
        for step in steps:
            step.check(rules)
    for step in steps:
        _publish_step(step, actor, plan_id)
    return [step.assignment for step in steps]


class LockedRecords(NamedTuple):
    """Locked records of several changes, by id."""

    contractors: dict[UUID, Contractor]
    jobs: dict[UUID, Job]
    assignments: dict[UUID, Assignment]


def lock_for_changes(changes: Sequence[BookingChange]) -> LockedRecords:
    """Lock the contractors, jobs and assignments of the changes, in the order of locks. Raises DoesNotExist."""
    job_ids = Counter(change.job_id for change in changes)
    if twice := next((job_id for job_id, count in job_ids.items() if count > 1), None):
        message = gettext("A job can be changed once only.")
        raise InvalidInput(message, errors={"job": [message]}, extra={"job_id": str(twice)})
    assignment_ids = {change.assignment_id for change in changes if change.assignment_id}
    unlocked = Assignment.objects.filter(pk__in=assignment_ids, job__in=job_ids)
    contractor_ids = {change.contractor_id for change in changes if change.contractor_id}
    contractor_ids |= set(unlocked.values_list("contractor_id", flat=True))
    locked = LockedRecords(
        {contractor.pk: contractor for contractor in Contractor.objects.locked().filter(pk__in=contractor_ids)},
        {job.pk: job for job in Job.objects.locked().filter(pk__in=job_ids)},
        {assignment.pk: assignment for assignment in unlocked.locked()},
    )
    if not contractor_ids <= locked.contractors.keys():
        raise Contractor.DoesNotExist
    if not job_ids.keys() <= locked.jobs.keys():
        raise Job.DoesNotExist
    if not assignment_ids <= locked.assignments.keys():
        raise Assignment.DoesNotExist
    for assignment in locked.assignments.values():
        assignment.contractor = locked.contractors[assignment.contractor_id]
        assignment.job = locked.jobs[assignment.job_id]
    return locked


@contextmanager
def _double_booking_checked_at_end() -> Iterator[None]:
    """Let bookings overlap between statements; the constraint is checked at the end instead."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {NO_DOUBLE_BOOKING} DEFERRED")
        yield
        cursor.execute(f"SET CONSTRAINTS {NO_DOUBLE_BOOKING} IMMEDIATE")


@dataclass(frozen=True)
class _Step:
    """A change and its assignment: new, moved from `previous`, or canceled. A new one can stay confirmed."""

    change: BookingChange
    assignment: Assignment
    previous: TimeSlot | None = None
    confirmed_at: datetime | None = None

    @property
    def is_dropped(self) -> bool:
        return self.change.contractor_id is None

    def write(self, actor: User | None) -> None:
        if self.is_dropped:
            return
        with _of_job(self.change):
            self.assignment.clean_fields()
        if self.previous:
            self.assignment.save(update_fields=["time_slot", "late_until", "window_break_reason", *OF_THE_DECISION])
        else:
            self.assignment.save()

    def check(self, rules: Rules) -> None:
        if self.is_dropped:
            return
        assignment, request = self.assignment, JobRequest.of(self.assignment.job)
        with _of_job(self.change):
            check = check_restored if self.change.restores else check_booking
            check(assignment.contractor, request, assignment.slot, rules, now=timezone.now())


def _free(change: BookingChange, locked: LockedRecords, actor: User | None, plan_id: UUID | None) -> _Step:
    """Free what the change frees, and prepare its assignment, which is not saved yet."""
    job = locked.jobs[change.job_id]
    contractor = locked.contractors[change.contractor_id] if change.contractor_id else None
    with _of_job(change):
        if change.assignment_id is None:
            _check_open(job)
            job.assign()
            job.save(update_fields=["status"])
            return _Step(change, _prepared(change, job, contractor, actor), confirmed_at=change.confirmed_at)
        before = locked.assignments[change.assignment_id]
        _check_version(before, change)
        if contractor is None:
            return _drop(change, before, actor, plan_id)
        if contractor.pk == before.contractor_id:
            return _move(change, before)
        check_movable(before.status, "reassigned")
        confirmed_at = before.confirmed_at
        reason = change.reason or gettext("Reassigned to {contractor}").format(contractor=contractor.name)
        _cancel(before, reason, actor, plan_id)
        after = _prepared(change, job, contractor, actor)
        return _Step(change, after, confirmed_at=confirmed_at if after.slot == before.slot else change.confirmed_at)


def _prepared(change: BookingChange, job: Job, contractor: Contractor | None, actor: User | None) -> Assignment:
    if contractor is None:
        raise InvalidInput.of("contractor", gettext("Choose a contractor."))
    assert change.decision, "decided before the locks"  # noqa: S101
    assignment = Assignment(job=job, contractor=contractor, assigned_by=actor, override_reason=change.override_reason)
    assignment.slot = _slot(job, _start(change))
    assignment.record(change.decision)
    return assignment


def _check_version(assignment: Assignment, change: BookingChange) -> None:
    if change.version is not None and change.version != assignment.version:
        message = gettext("The booking of {job} has changed in the meantime.").format(job=assignment.job.job_number)
        raise BookingChanged(message, extra={"current_version": assignment.version})


def _move(change: BookingChange, assignment: Assignment) -> _Step:
    previous = assignment.slot
    assignment.reschedule(_slot(assignment.job, _start(change)))
    assignment.window_break_reason = ""
    if change.decision:
        assignment.record(change.decision)
    return _Step(change, assignment, previous)


def _drop(change: BookingChange, assignment: Assignment, actor: User | None, plan_id: UUID | None) -> _Step:
    check_movable(assignment.status, "dropped")
    _cancel(assignment, change.reason, actor, plan_id)
    _reopen(assignment.job, actor)
    return _Step(change, assignment)


def _publish_step(step: _Step, actor: User | None, plan_id: UUID | None) -> None:
    if step.is_dropped:
        return
    assignment = step.assignment
    if step.previous:
        event = _moved(
            AssignmentRescheduled, assignment, assignment.status, previous_time_slot=step.previous, plan_id=plan_id
        )
        publish(event, actor=actor)
        return
    publish(JobAssigned.of(assignment, plan_id=plan_id), actor=actor)
    if step.confirmed_at:
        _confirm(assignment, at=step.confirmed_at, actor=actor, plan_id=plan_id)


@domain_transaction
def rate_assignment(
    *, assignment_id: UUID, rating: Decimal, actor: User | None, comment: str = "", by_customer: bool = False
) -> Assignment:
    """Rate the contractor (0–5) for a completed assignment; `by_customer` through the link of a message.

    Raises InvalidTransition before completion, InvalidInput outside 0–5, and AlreadyRated the second time.
    """
    assignment = lock_assignment(assignment_id)
    if assignment.status != Assignment.Status.COMPLETED:
        message = gettext("An assignment that is {status} cannot be rated.")
        raise InvalidTransition(
            message.format(status=assignment.get_status_display().lower()),
            extra={"from": assignment.status, "to": "rated"},
        )
    assignment.contractor = update_rating(
        contractor_id=assignment.contractor_id,
        rating=rating,
        comment=comment,
        job_id=assignment.job_id,
        actor=actor,
        by_customer=by_customer,
    )
    # A client that asks for what has changed learns of the rating, which the API returns with the assignment.
    assignment.save(update_fields=[])
    return assignment


def _cancel(assignment: Assignment, reason: str, actor: User | None, plan_id: UUID | None = None) -> None:
    assignment.cancel(reason=_reason(reason), at=timezone.now())
    assignment.save(update_fields=["status", "cancel_reason", "cancelled_at", "late_until"])
    publish(AssignmentCancelled.of(assignment, reason=assignment.cancel_reason, plan_id=plan_id), actor=actor)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput.of("reason", gettext("Enter a reason."))
    if len(reason) > 500:
        raise InvalidInput.of("reason", gettext("A reason can have at most 500 characters."))
    return reason.strip()


def _moved(
    kind: type[AssignmentMoved], assignment: Assignment, previous_status: str, **facts: TimeSlot | UUID | None
) -> AssignmentEvent:
    return kind.of(assignment, previous_status=previous_status, **facts)
