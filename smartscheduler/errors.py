"""Errors of the domain. smartscheduler.core.rest.error_catalog has the status and title of each code."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A rule of the domain was broken, or a concurrent change came first.

    `detail` is a sentence for users, `errors` holds messages by field, and `extra` adds members to the problem
    document.
    """

    code: ClassVar[str]

    def __init__(
        self, detail: str, *, errors: Mapping[str, list[str]] | None = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = dict(errors or {})
        self.extra = dict(extra or {})


class InvalidInput(DomainError):
    """A value that is invalid in every state of the records. `errors` names the field and the rule."""

    code = "invalid-input"

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInput":
        """The error for a single field."""
        return cls(message, errors={field: [message]})


class InvalidTransition(DomainError):
    code = "invalid-transition"


class TooEarly(DomainError):
    """The work of a booking was started or completed before its day. `extra` holds the earliest instant."""

    code = "too-early"


class SlotUnavailable(DomainError):
    code = "slot-unavailable"


class OutsideWindow(DomainError):
    """The start is outside the arrival window that was promised to the customer. `extra` holds the window."""

    code = "outside-window"


class OtherWindowPromised(DomainError):
    """Another arrival window is promised than the caller knows of. `extra` holds the current one."""

    code = "window-promised"


class BookingInConflict(DomainError):
    """A booking that the rules would reject today was to be confirmed. `extra` holds the failed rules."""

    code = "booking-in-conflict"


class ContractorUnsuitable(DomainError):
    code = "contractor-unsuitable"


class JobNotOpen(DomainError):
    code = "job-not-open"


class RankingStale(DomainError):
    code = "ranking-stale"


class JobLocked(DomainError):
    code = "job-has-live-assignment"


class LiveAssignments(DomainError):
    code = "contractor-has-live-assignments"


class DuplicateEmail(DomainError):
    code = "duplicate-email"


class AlreadyRated(DomainError):
    code = "already-rated"


class PersonErased(DomainError):
    """The person of the record was erased. The record is kept for the statistics and is read-only."""

    code = "person-erased"


class NotAllowed(DomainError):
    """The actor's role does not allow this change in the present state of the record."""

    code = "permission-denied"


class PlanTooLarge(DomainError):
    """The scope of a plan exceeds a limit. `extra` holds the limit."""

    code = "plan-too-large"


class RulesChanged(DomainError):
    """Another version of the scheduling rules was published since the caller read them."""

    code = "precondition-failed"


class BookingChanged(DomainError):
    """A booking has another version than the one that the caller read. `extra` holds the current version."""

    code = "precondition-failed"


class Busy(DomainError):
    """The rows were locked for too long. The same request may succeed in a moment."""

    code = "busy"
    retry_after_seconds: ClassVar[int] = 1
