"""Audit entries for sign-in, sign-out and failed sign-ins of all interfaces."""

from typing import Any

import structlog
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from smartscheduler.accounts.models import User
from smartscheduler.audit.models import Act, Reason
from smartscheduler.audit.services import record

log = structlog.get_logger(__name__)


@receiver(user_logged_in)
def note_sign_in(user: User, **_: Any) -> None:
    record(Act.SIGNED_IN, actor=user)


@receiver(user_logged_out)
def note_sign_out(user: User | None, **_: Any) -> None:
    if user is not None:
        record(Act.SIGNED_OUT, actor=user)


@receiver(user_login_failed)
def note_failure(credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
    """Record a failure with its account. An unknown name is not stored: it may be a mistyped password."""
    log.warning("sign_in_failed")
    user = User.objects.with_address(str(credentials.get("username") or ""))
    record(Act.SIGN_IN_FAILED, about=user, reason=_reason(user, request))


def _reason(user: User | None, request: Any) -> Reason:
    if getattr(request, "axes_locked_out", False):
        return Reason.LOCKED
    if user is None:
        return Reason.UNKNOWN
    return Reason.PASSWORD if user.is_active else Reason.INACTIVE
