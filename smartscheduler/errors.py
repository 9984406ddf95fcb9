"""Errors of the domain: each has a code (the `type` of its problem document) and an HTTP status."""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A rule of the domain was broken, or a race was lost.

    `detail` is a sentence for people; `errors` names fields; `extra` joins the problem document.
    """

    code: ClassVar[str] = "domain-error"
    title: ClassVar[str] = "A rule of the domain was broken"
    status: ClassVar[int] = 409

    def __init__(
        self, detail: str, *, errors: Mapping[str, list[str]] | None = None, extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = dict(errors or {})
        self.extra = dict(extra or {})


class InvalidInput(DomainError):
    """A value that no state of the world could make right. `errors` names the field and the rule."""

    code, title, status = "invalid-input", "The input is not valid", 400

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInput":
        return cls(message, errors={field: [message]})


class InvalidTransition(DomainError):
    code, title = "invalid-transition", "That move is not allowed from the present state"


class SlotUnavailable(DomainError):
    code, title = "slot-unavailable", "The contractor is not free in that slot"


class ContractorUnsuitable(DomainError):
    code, title = "contractor-unsuitable", "The contractor does not pass every rule for this job"


class JobNotOpen(DomainError):
    code, title = "job-not-open", "Only an open job can be assigned"


class JobLocked(DomainError):
    code, title = "job-has-live-assignment", "The job has a live assignment"


class LiveAssignments(DomainError):
    code, title = "contractor-has-live-assignments", "The contractor still has live assignments"


class DuplicateEmail(DomainError):
    code, title = "duplicate-email", "Another contractor has this e-mail address"


class AlreadyRated(DomainError):
    code, title = "already-rated", "The assignment has been rated before"


class NotAllowed(DomainError):
    """The actor's role does not reach this far; what it may do depends on the state of the record."""

    code, title, status = "permission-denied", "Your role does not allow this", 403


class Busy(DomainError):
    """The rows were locked for too long; the same request may succeed in a moment."""

    code, title, status = "busy", "Somebody else is changing the same record", 503
    retry_after_seconds: ClassVar[int] = 1
