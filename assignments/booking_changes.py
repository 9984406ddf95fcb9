"""One of several changes of bookings that are made together (`assignments.services.change_bookings`)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from assignments.decision_record import Decision


@dataclass(frozen=True, kw_only=True)
class BookingChange:
    """A booking to make, move, reassign or drop.

    Without `assignment_id`, the open job is booked. With it, the booking moves to `start` or to another contractor;
    without a contractor it is dropped, and its job is open again. `version` is that of the assignment which the caller
    has read; None for any. Without a `decision`, the score and rank are those of now; a booking that only moves then
    keeps its own.

    A confirmed booking that keeps its time stays confirmed. `confirmed_at` confirms a new booking: for a change that is
    taken back. It also `restores` an earlier place, which may break the rules that concern no other booking.
    """

    job_id: UUID
    contractor_id: UUID | None
    start: datetime | None = None
    assignment_id: UUID | None = None
    version: int | None = None
    decision: Decision | None = None
    override_reason: str = ""
    reason: str = ""
    confirmed_at: datetime | None = None
    restores: bool = False
