"""Services of the second factor: set up, check, renew recovery codes, remove. Keys and codes are never logged."""

import math
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from smartscheduler.accounts.active_sign_ins import revoke_all
from smartscheduler.accounts.models import User
from smartscheduler.accounts.second_factor import recovery_codes
from smartscheduler.audit.models import Act, Reason
from smartscheduler.audit.services import record
from smartscheduler.core.text import LazyText
from smartscheduler.errors import InvalidInput

DIGITS = 6
WRONG = _("The code is wrong or was already used. Enter the code that your authenticator app shows now.")


class CodeRefused(InvalidInput):
    """A rejected code. `wait` is the number of seconds until another code is accepted."""

    def __init__(self, detail: LazyText, *, wait: int = 0) -> None:
        super().__init__(str(detail), errors={"code": [str(detail)]})
        self.wait = wait


@transaction.atomic
def set_up(*, user: User, key: str, code: str, here: str | None = None) -> list[str]:
    """Set up the authenticator with `key` (hexadecimal) as the second factor, after a valid `code` has proved it.

    Ends all other sign-ins, because they were opened with the password alone; `here` is the session key that remains.
    Returns the recovery codes, which are shown only once. Raises InvalidInput if the account already has a second
    factor, CodeRefused if the code does not match the key.
    """
    held = _held(user)
    if held.second_factor_at:
        raise InvalidInput(gettext("This account already has a second factor. Switch it off first."))
    device = TOTPDevice.objects.create(user=held, name="authenticator", key=key)
    if not device.verify_token(_plain(code)):
        raise CodeRefused(_("The code does not match this key. Check that the clock of your phone is correct."))
    _mark(held, user, timezone.now())
    revoke_all(user, but=here)
    record(Act.SECOND_FACTOR_SET_UP, actor=user, about=user)
    return recovery_codes.renew(held)


def check(user: User, code: str, *, failed: Act = Act.SECOND_FACTOR_FAILED) -> None:
    """Check and use a code of `user`, from the authenticator or a recovery code. Raises CodeRefused and audits it.

    Each wrong code doubles the time during which no code is accepted, starting with one second.
    """
    refusal = _spend(user, _plain(code))
    if refusal:
        record(failed, about=user, reason=Reason.THROTTLED if refusal.wait else Reason.CODE)
        raise refusal


def renew_codes(*, user: User, code: str) -> list[str]:
    """Replace the recovery codes after a valid code of the authenticator or a recovery code. Raises CodeRefused."""
    check(user, code)
    with transaction.atomic():
        codes = recovery_codes.renew(_held(user))
        record(Act.RECOVERY_CODES_MADE, actor=user, about=user)
    return codes


def switch_off(*, user: User, code: str, here: str | None = None) -> User:
    """Remove the second factor after a valid code of `user`. See `remove` for `here`. Raises CodeRefused."""
    check(user, code)
    return remove(user=user, actor=user, here=here)


@transaction.atomic
def remove(*, user: User, actor: User | None, here: str | None = None) -> User:
    """Remove authenticator and recovery codes, and end all sessions and tokens of `user`.

    `here` is the session key of the session that remains. Raises InvalidInput without a second factor.
    """
    held = _held(user)
    if not held.second_factor_at:
        raise InvalidInput(gettext("{user} has no second factor.").format(user=user))
    TOTPDevice.objects.filter(user=held).delete()
    StaticDevice.objects.filter(user=held).delete()
    _mark(held, user, None)
    revoke_all(user, but=here)
    record(Act.SECOND_FACTOR_REMOVED, actor=actor, about=user)
    return user


@transaction.atomic
def _spend(user: User, code: str) -> CodeRefused | None:
    """Use a code while the account is locked, so that of two concurrent uses of the same code only one succeeds."""
    held = _held(user)
    of_authenticator = len(code) == DIGITS and code.isascii() and code.isdigit()
    devices: Any = TOTPDevice if of_authenticator else StaticDevice
    device = devices.objects.filter(user=held, confirmed=True).first()
    if device is None:
        return CodeRefused(WRONG)
    allowed, details = device.verify_is_allowed()
    if not allowed:
        wait = max(1, math.ceil((details["locked_until"] - timezone.now()).total_seconds()))
        text = ngettext(
            "Too many wrong codes. Try again in {count} second.",
            "Too many wrong codes. Try again in {count} seconds.",
            wait,
        )
        return CodeRefused(text.format(count=wait), wait=wait)
    if not (device.verify_token(code) if of_authenticator else recovery_codes.spend(device, held, code)):
        return CodeRefused(WRONG)
    if not of_authenticator:
        record(Act.RECOVERY_CODE_USED, actor=user, about=user, left=recovery_codes.left(held))
    return None


def _held(user: User) -> User:
    """The account with a row lock, so that operations on its second factor run one at a time."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _mark(held: User, user: User, moment: Any) -> None:
    held.second_factor_at = user.second_factor_at = moment
    held.save(update_fields=["second_factor_at"])


def _plain(code: str) -> str:
    """Normalized code: users type spaces, dashes and capital letters."""
    return "".join(character for character in code.lower() if character not in " -\u00a0\u2011\u2013")
