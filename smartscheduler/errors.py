"""Errors of the domain: the code of each leads to its status and title (smartscheduler.core.rest.error_catalogue)."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A rule of the domain was broken, or a race was lost.

    `detail` is a sentence for people; `errors` names fields; `extra` joins the problem document.
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
    """A value that no state of the world could make right. `errors` names the field and the rule."""

    code = "invalid-input"

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInput":
        return cls(message, errors={field: [message]})


class InvalidTransition(DomainError):
    code = "invalid-transition"


class TooEarly(DomainError):
    """The work of a booking is started or completed before its day. `extra` names the earliest moment."""

    code = "too-early"


class SlotUnavailable(DomainError):
    code = "slot-unavailable"


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
    """The record is still there, for the statistics, and is nobody's any more."""

    code = "person-erased"


class NotAllowed(DomainError):
    """The actor's role does not reach this far; what it may do depends on the state of the record."""

    code = "permission-denied"


class RulesChanged(DomainError):
    """Another version of the scheduling rules was published since they were read."""

    code = "precondition-failed"


class Busy(DomainError):
    """The rows were locked for too long; the same request may succeed in a moment."""

    code = "busy"
    retry_after_seconds: ClassVar[int] = 1
