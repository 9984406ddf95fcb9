"""Hooks of django-axes: the account name under which failures count, and the response of a locked account."""

from typing import Any

import structlog
from axes.signals import user_locked_out
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.email_addresses import account_key
from smartscheduler.core.rest.problems import Problem, respond

log = structlog.get_logger(__name__)

TOO_OFTEN = _("Too many sign-in attempts. Try again later.")
DETAIL = _("Too many failed sign-in attempts. Try again later.")


def username_of(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """Name under which failures are counted (AXES_USERNAME_CALLABLE)."""
    return account_key(str((credentials or request.POST).get("username") or ""))


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, str] | None = None
) -> HttpResponse:
    """Response to a sign-in that is refused before the password is checked (AXES_LOCKOUT_CALLABLE)."""
    counted = getattr(request, "attempt_again_after", None)  # smartscheduler.accounts.sign_in_limits
    detail = str(DETAIL if counted is None else TOO_OFTEN)
    wait = str(counted or int(settings.AXES_COOLOFF_TIME.total_seconds()))
    if request.path.startswith("/api/"):
        code = "locked-out" if counted is None else "throttled"
        return respond(request, Problem(code=code, detail=detail, headers={"Retry-After": wait}))
    return HttpResponse(detail, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": wait})


# The log only has the fact. The account is in the audit, because logs must not contain personal data.
@receiver(user_locked_out)
def note_lockout(**_: Any) -> None:
    log.warning("account_locked_out")
