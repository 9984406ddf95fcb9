"""Second factor at the API sign-in."""

from typing import Any

from django.utils.translation import gettext
from rest_framework.exceptions import AuthenticationFailed, Throttled

from smartscheduler.accounts.credentials import LACKS_SECOND_FACTOR
from smartscheduler.accounts.models import User
from smartscheduler.accounts.second_factor.services import CodeRefused, check
from smartscheduler.audit.models import Act, Reason
from smartscheduler.audit.services import record


class CodeNeeded(AuthenticationFailed):
    default_code = "second_factor_required"


class CodeWrong(AuthenticationFailed):
    default_code = "second_factor_failed"


class TooManyCodes(Throttled):
    default_code = "locked_out"

    def __init__(self, detail: str, wait: int) -> None:
        self.detail: Any = detail  # Throttled would append its own sentence
        self.wait = wait


def require_code(user: User, code: str) -> None:
    """Check the code of a user whose password is correct. Does nothing for an account without a second factor.

    Raises CodeNeeded, CodeWrong or TooManyCodes; each is recorded in the audit.
    """
    if user.lacks_second_factor:
        record(Act.SIGN_IN_FAILED, about=user, reason=Reason.NOT_SET_UP)
        raise CodeNeeded(LACKS_SECOND_FACTOR.detail)
    if user.second_factor_at is None:
        return
    if not code:
        record(Act.SIGN_IN_FAILED, about=user, reason=Reason.NO_CODE)
        raise CodeNeeded(gettext("This account has a second factor. Send its code as otp_code."))
    try:
        check(user, code, failed=Act.SIGN_IN_FAILED)
    except CodeRefused as refusal:
        raise (TooManyCodes(refusal.detail, refusal.wait) if refusal.wait else CodeWrong(refusal.detail)) from refusal
