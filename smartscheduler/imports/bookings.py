"""Bookings of a file of jobs: contractor, start, status and rating of a row, carried out by the services."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from assignments.decision_record import imported_decision
from assignments.models import Assignment
from assignments.services import (
    assign_job,
    assign_new_job,
    cancel_job,
    complete_assignment,
    confirm_assignment,
    rate_assignment,
    reassign_assignment,
    record_past_work,
    reschedule_assignment,
    start_assignment,
)
from contractors.models import Contractor, Rating
from jobs.models import Job
from jobs.states import BOOKED as BOOKED_JOBS
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.email_addresses import contact_key
from smartscheduler.core.entry.written_dates import Order
from smartscheduler.core.text import UnsuitableText, fold
from smartscheduler.errors import InvalidInput, NotAllowed
from smartscheduler.imports.cell_formats import has_time, lacks_time, write_duration
from smartscheduler.imports.file_reader import Row
from smartscheduler.imports.row_to_payload import LONGEST_SHOWN, keep_as_notes
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot

Status = Assignment.Status
OPEN, BOOKED = "open", "booked"
# Words for the state of a job in our exports and in those of other systems.
WORDS = {
    OPEN: "open, new, unscheduled, unassigned, needs scheduling, to schedule, on hold, hold",
    BOOKED: "assigned, booked, scheduled, pending, tentative, upcoming, today, active",
    Status.CONFIRMED: "confirmed, accepted, dispatched",
    Status.IN_PROGRESS: "in progress, inprogress, started, working, on site, underway",
    Status.COMPLETED: "completed, complete, complete rated, complete unrated, done, finished, closed, invoiced, paid, "
    "requires invoicing, archived",
    Status.CANCELLED: "canceled, cancelled, user canceled, pro canceled, void, voided, no show, declined",
}
MEANINGS = {word: status for status, words in WORDS.items() for word in words.split(", ")}
BOOKING_COLUMNS = ("contractor", "start", "end", "status", "rating")
STEPS = (Status.PENDING, Status.CONFIRMED, Status.IN_PROGRESS, Status.COMPLETED)
SEPARATORS = " \t\r\n;&,"
BETWEEN_CONTRACTORS = re.compile(r"[;\n&,]| and ")
# Longer cells of contractors are cut. So many separators of a cell are looked at.
LONGEST_CELL, MOST_SEPARATORS = 1_000, 20


def read_status(text: str) -> str:
    """The meaning of a status: a key of WORDS; empty for an empty text. Raises InvalidInput for unknown words."""
    word = " ".join(re.findall(r"[a-z]+", text.lower()))
    if not text.strip():
        return ""
    if word not in MEANINGS:
        message = gettext("Enter a status: open, scheduled, confirmed, in progress, completed or canceled.")
        raise InvalidInput.of("status", message)
    return MEANINGS[word]


def booking_faults(row: Row, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """The faults of the columns that say how a job is booked, by column. `values`: the payload of the row."""
    faults: dict[str, list[str]] = {}
    for name, read in (("status", read_status), ("rating", read_rating)):
        try:
            read(row.get(name, ""))
        except InvalidInput as refusal:
            faults[name] = [refusal.detail]
    start, end = (_moment(values.get(name)) for name in ("start", "end"))
    if start and end and not start < end:
        faults["end"] = [gettext("The end must be after the start.")]
    return faults


def read_rating(text: str) -> Decimal | None:
    """A rating of 0 to 5 stars. Raises InvalidInput."""
    if not text.strip():
        return None
    try:
        rating = Decimal(text.strip())
    except InvalidOperation:
        rating = Decimal(-1)
    if not (rating.is_finite() and 0 <= rating <= 5):
        raise InvalidInput.of("rating", gettext("Enter a rating between 0 and 5."))
    return rating.quantize(Decimal("0.01"))


def contractors_of(cell: str) -> list[str]:
    """The names in a cell: `Ada Moore, Ben Hill` are two, `Moore, Ada` is one."""
    text = cell[:LONGEST_CELL]
    for sign in (";", "\n", "&", " and ", ","):
        names = [name for part in text.split(sign) if (name := part.strip(SEPARATORS))]
        if len(names) > 1 and (sign in ";\n" or all(" " in name for name in names)):
            return [whole for name in names for whole in contractors_of(name)]
    return [cell] if cell else []


def _splits_of(cell: str) -> Iterator[tuple[str, str]]:
    """A cell before and after each of its separators: what can be the first of several names, and the others."""
    text = cell[:LONGEST_CELL]
    for sign in islice(BETWEEN_CONTRACTORS.finditer(text), MOST_SEPARATORS):
        first, others = text[: sign.start()].strip(SEPARATORS), text[sign.end() :].strip(SEPARATORS)
        if first and others and (sign[0] in ";\n" or (" " in first and " " in others)):
            yield first, others


def contractor_key(text: str) -> str:
    """The key of a name in a cell; empty for a text that no contractor can have as name."""
    try:
        return fold(text)
    except UnsuitableText:
        return ""


class ContractorLookup:
    """The contractors whom the rows of a batch name by external ID, email address or name. One query for all."""

    def __init__(self, rows: Iterable[Row], *, jobs: Collection[Any] = (), lock: bool = False) -> None:
        texts = {text for row in rows if (text := row.get("contractor", ""))}
        texts |= {first for text in texts for first, _others in _splits_of(text)}
        texts = set(filter(contractor_key, texts))
        self._found: dict[str, list[Contractor]] = {}
        booked = Assignment.objects.live().filter(job__in=[job.pk for job in jobs]).values("contractor")
        keys = [contact_key(text) for text in texts]
        named = (
            Contractor.objects.perhaps_named(texts).values("pk") if texts else Contractor.objects.none().values("pk")
        )
        others = Q(external_id__in=texts) | Q(pk__in=named) | Q(pk__in=booked)
        is_empty = not (texts or jobs)
        contractors = Contractor.objects.none() if is_empty else Contractor.objects.with_email_or(keys, others)
        for contractor in contractors.locked() if lock else contractors:
            names = {("email", contact_key(contractor.email)), ("name", fold(contractor.name))}
            for key in names | ({("id", contractor.external_id)} if contractor.external_id else set()):
                self._found.setdefault(" ".join(key), []).append(contractor)

    def contractor(self, text: str, source: str) -> Contractor:
        """The contractor of a cell. Raises InvalidInput if there is none, or more than one with this name."""
        numbered = self._found.get(f"id {text}", [])
        same = [contractor for contractor in numbered if contractor.source == source] or numbered
        for contractors in (same, self._found.get(f"email {contact_key(text)}", []), self._named(text)):
            if len(contractors) == 1:
                return contractors[0]
            if contractors:
                message = gettext("{count} contractors match. Enter the email address of one of them.")
                raise InvalidInput.of("contractor", message.format(count=len(contractors)))
        message = gettext("There is no contractor with this external ID, email address or name.")
        raise InvalidInput.of("contractor", message)

    def names_in(self, cell: str) -> list[str]:
        """The names in a cell. A contractor whose name has a comma or an `and` is one name: the longest one counts."""
        if self._knows(cell):
            return [cell]
        for first, others in reversed(list(_splits_of(cell))):
            if self._knows(first):
                return [first, *contractors_of(others)]
        return contractors_of(cell)

    def _knows(self, text: str) -> bool:
        keys = (f"id {text}", f"email {contact_key(text)}", f"name {contractor_key(text)}")
        return any(key in self._found for key in keys)

    def _named(self, text: str) -> list[Contractor]:
        """The contractors with this name: those who take jobs now, if there are any."""
        named = self._found.get(f"name {contractor_key(text)}", [])
        return [contractor for contractor in named if contractor.status != Contractor.Status.INACTIVE] or named


@dataclass
class Booking:
    """What a row says about the booking of its job. `status` is a key of WORDS, or empty."""

    contractor: str = ""
    source: str = ""
    start: datetime | None = None
    status: str = ""
    rating: Decimal | None = None
    remarks: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, row: Row, values: dict[str, Any]) -> "Booking":
        """Read a row without booking faults, and take start and end out of the payload `values`."""
        start, end = (_moment(values.pop(name, None)) for name in ("start", "end"))
        booking = cls(
            contractor=row.get("contractor", "").strip(),
            source=row.get("source", ""),
            start=start,
            status=read_status(row.get("status", "")),
            rating=read_rating(row.get("rating", "")),
        )
        if start and "desired_date" not in values and not row.get("job_number"):
            values["desired_date"] = start.isoformat()
        begin = start or (_moment(values.get("desired_date")) if has_time(row.get("desired_date", "")) else None)
        if begin and end and begin < end and "duration" not in values:
            values["duration"] = write_duration(end - begin)
        if booking.contractor and start is None and booking.status != OPEN and "desired_date" in values:
            booking.start = _moment(values["desired_date"])
        return booking

    @property
    def is_wanted(self) -> bool:
        """Whether the row names a booking, and not an open job."""
        return bool(self.contractor and self.start) and self.status not in {OPEN, Status.CANCELLED}

    @property
    def is_open(self) -> bool:
        """Whether the row says that no contractor is booked."""
        return not self.contractor and self.status in {"", OPEN}

    @property
    def is_of_the_past(self) -> bool:
        """Whether the row is about work that has begun or ended, or that was canceled."""
        return self.status in {Status.IN_PROGRESS, Status.COMPLETED, Status.CANCELLED}


def first_of_several(row: Row, present: Job | None, contractors: ContractorLookup) -> tuple[Row, list[str]]:
    """The row with the first of several contractors, and a remark about it. The others are added to the notes."""
    names = contractors.names_in(row.get("contractor", ""))
    if len(names) < 2:
        return row, []
    others = ", ".join(names[1:])
    text = gettext("The cell names several contractors. {first} is used, and the notes name the others: {others}.")
    row, remarks = keep_as_notes(row, {"other_contractors": others}, "special_requirements", present)
    return row | {"contractor": names[0]}, [text.format(first=names[0], others=others), *remarks]


def without_booking_at_noon(row: Row, present: Job | None, order: Order) -> tuple[Row, list[str]]:
    """The row without its booking if it has a day and no time, and a remark. A day alone would mean a visit at noon.

    Rows of work that has begun or ended keep it: their record needs no exact time.
    """
    day = row.get("start") or row.get("desired_date", "")
    if not row.get("contractor") or not day or not lacks_time(day, order):
        return row, []
    try:
        status = read_status(row.get("status", ""))
    except InvalidInput:  # reported with the other faults of the row
        return row, []
    if status in {OPEN, Status.IN_PROGRESS, Status.COMPLETED, Status.CANCELLED}:
        return row, []
    if present is not None and present.status in BOOKED_JOBS:
        text = gettext("The booking keeps its contractor and time: the row names {contractor}, but no time.")
        removed = {"contractor", "start", "end", "desired_date"}
    else:
        text = gettext("Imported as an open job: the row names {contractor}, but no time.")
        removed = {"contractor", "start", "end", "status"}
        row = row | {"desired_date": row.get("desired_date") or day}
    remark = text.format(contractor=row["contractor"][:LONGEST_SHOWN])
    return {name: cell for name, cell in row.items() if name not in removed}, [remark]


def check_permission(booking: Booking, actor: User | None) -> None:
    """Raise NotAllowed if the actor may not do by the API what the row says."""
    required = []
    if booking.is_wanted or booking.rating is not None:
        required.append(Permission.ASSIGN)
    if booking.status == Status.CANCELLED:
        required.append(Permission.CANCEL_JOBS)
    if actor and not all(actor.allows(permission) for permission in required):
        raise NotAllowed(gettext("Your role does not allow bookings or cancellations."))


def carry_out(
    booking: Booking, job: Job, contractors: ContractorLookup, actor: User | None, *, is_new: bool = False
) -> bool:
    """Book, move, complete or cancel the job as the row says. Returns whether anything changed.

    `is_new`: this transaction has created the job. Then the contractors must be locked.
    Raises the errors of assignments.services, and InvalidInput by column.
    """
    if booking.status == Status.CANCELLED:
        return _cancel(job, actor)
    if job.status == Job.Status.CANCELLED or not (booking.contractor or booking.status):
        return False
    booked = Assignment.objects.live().filter(job=job).select_related("contractor")
    live = None if job.status == Job.Status.OPEN else booked.first()
    if job.status == Job.Status.COMPLETED:
        return _rate(booking, job, actor)
    if live is not None:
        return _update(booking, job, live, contractors, actor)
    if not booking.is_wanted:
        _check_has_booking(booking)
        return False
    contractor = contractors.contractor(booking.contractor, booking.source)
    assignment = _book(booking, job, contractor, actor, is_new=is_new)
    if booking.rating is not None:
        rate_assignment(assignment_id=assignment.pk, rating=booking.rating, actor=actor)
    return True


def _check_has_booking(booking: Booking) -> None:
    if booking.status in {Status.IN_PROGRESS, Status.COMPLETED, Status.CONFIRMED}:
        column = "start" if booking.contractor else "contractor"
        text = gettext("A job with this status needs a contractor and a start.")
        raise InvalidInput.of(column, text)


def _book(booking: Booking, job: Job, contractor: Contractor, actor: User | None, *, is_new: bool) -> Assignment:
    start = booking.start
    assert start, "checked by is_wanted"  # noqa: S101
    if booking.status in {Status.IN_PROGRESS, Status.COMPLETED}:
        is_over = booking.status == Status.COMPLETED
        return record_past_work(job_id=job.pk, contractor_id=contractor.pk, start=start, actor=actor, is_over=is_over)
    if start <= timezone.now():
        text = gettext("This visit is in the past. Enter a status: in progress, completed or canceled.")
        raise InvalidInput.of("status", text)
    slot = TimeSlot(start, start + job.duration)
    decision = imported_decision(job=job, contractor=contractor, slot=slot, rules=current_rules())
    if is_new:
        assignment = assign_new_job(job=job, contractor=contractor, start=start, actor=actor, decision=decision)
    else:
        assignment = assign_job(job_id=job.pk, contractor_id=contractor.pk, start=start, actor=actor, decision=decision)
    if booking.status == Status.CONFIRMED:
        assignment = confirm_assignment(assignment_id=assignment.pk, actor=actor)
    return assignment


def _update(booking: Booking, job: Job, live: Assignment, contractors: ContractorLookup, actor: User | None) -> bool:
    """Bring the live booking up to date: contractor and start first, then the status, which only moves forward."""
    changed = False
    start = booking.start or live.slot.start
    if booking.contractor and contractor_key(booking.contractor) != fold(live.contractor.name):
        contractor = contractors.contractor(booking.contractor, booking.source)
        if contractor.pk != live.contractor_id:
            live = reassign_assignment(assignment_id=live.pk, contractor_id=contractor.pk, start=start, actor=actor)
            changed = True
    if start != live.slot.start:
        live = reschedule_assignment(assignment_id=live.pk, start=start, actor=actor)
        changed = True
    acts: Mapping[str, Any] = {
        Status.CONFIRMED: confirm_assignment,
        Status.IN_PROGRESS: start_assignment,
        Status.COMPLETED: complete_assignment,
    }
    if booking.status in STEPS:
        for status in STEPS[STEPS.index(Status(live.status)) + 1 : STEPS.index(Status(booking.status)) + 1]:
            live = acts[status](assignment_id=live.pk, actor=actor)
            changed = True
    return _rate(booking, job, actor) or changed


def _rate(booking: Booking, job: Job, actor: User | None) -> bool:
    """Rate the completed work of the job, once."""
    if booking.rating is None or Rating.objects.filter(job_id=job.pk).exists():
        return False
    done = Assignment.objects.filter(job=job, status=Status.COMPLETED).values_list("pk", flat=True).first()
    if done is None:
        raise InvalidInput.of("rating", gettext("Only completed work can be rated."))
    rate_assignment(assignment_id=UUID(str(done)), rating=booking.rating, actor=actor)
    return True


def _cancel(job: Job, actor: User | None) -> bool:
    if job.status == Job.Status.CANCELLED:
        return False
    cancel_job(job_id=job.pk, reason=gettext("Imported as canceled."), actor=actor)
    return True


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
