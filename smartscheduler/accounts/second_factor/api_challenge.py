"""The second factor at the door of the API: a password alone opens it as little as it opens the pages."""

from typing import Any

from rest_framework.exceptions import AuthenticationFailed, Throttled

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
        self.detail: Any = detail  # Throttled would add a sentence of its own
        self.wait = wait


def require_code(user: User, code: str) -> None:
    """Let `user`, whose password is right, pass with a good code, or without one where none is asked for.

    Raises CodeNeeded, CodeWrong or TooManyCodes, each of which is written down.
    """
    if user.lacks_second_factor:
        record(Act.SIGN_IN_FAILED, about=user, reason=Reason.NOT_SET_UP)
        raise CodeNeeded("The role of this account needs a second factor: sign in to the back-office and set it up.")
    if user.second_factor_at is None:
        return
    if not code:
        record(Act.SIGN_IN_FAILED, about=user, reason=Reason.NO_CODE)
        raise CodeNeeded("This account has a second factor: send its code as otp_code.")
    try:
        check(user, code, failed=Act.SIGN_IN_FAILED)
    except CodeRefused as refusal:
        raise (TooManyCodes(refusal.detail, refusal.wait) if refusal.wait else CodeWrong(refusal.detail)) from refusal
