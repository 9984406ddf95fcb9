"""Too many wrong passwords: how they are counted, and what somebody sees then."""

from typing import Any

import structlog
from axes.signals import user_locked_out
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from smartscheduler.core.email_addresses import account_key
from smartscheduler.core.rest.problems import Problem, respond

log = structlog.get_logger(__name__)

TOO_OFTEN = "Too many attempts to sign in; try again later."
DETAIL = "Too many failed attempts to sign in; try again later."


def username_of(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """Under which name failures are counted (AXES_USERNAME_CALLABLE)."""
    return account_key(str((credentials or request.POST).get("username") or ""))


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, str] | None = None
) -> HttpResponse:
    """The answer to a sign-in that is refused whatever the password (AXES_LOCKOUT_CALLABLE)."""
    counted = getattr(request, "attempt_again_after", None)  # smartscheduler.accounts.sign_in_limits
    detail = DETAIL if counted is None else TOO_OFTEN
    wait = str(counted or int(settings.AXES_COOLOFF_TIME.total_seconds()))
    if request.path.startswith("/api/"):
        code = "locked-out" if counted is None else "throttled"
        return respond(request, Problem(code=code, detail=detail, headers={"Retry-After": wait}))
    return HttpResponse(detail, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": wait})


# Whose account it was stands in the audit; the log knows that it happened.
@receiver(user_locked_out)
def note_lockout(**_: Any) -> None:
    log.warning("account_locked_out")
