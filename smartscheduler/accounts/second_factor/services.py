"""The second factor of an account: set up, asked for, renewed, removed. Nothing here says a key or a code to a log."""

import math
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from smartscheduler.accounts.active_sign_ins import revoke_all
from smartscheduler.accounts.models import User
from smartscheduler.accounts.second_factor import recovery_codes
from smartscheduler.audit.models import Act, Reason
from smartscheduler.audit.services import record
from smartscheduler.errors import InvalidInput

DIGITS = 6
WRONG = "The code is not right, or was used before. Enter the one that is shown now."


class CodeRefused(InvalidInput):
    """A code that does not open the door; `wait` is how many seconds pass before another one is looked at."""

    def __init__(self, detail: str, *, wait: int = 0) -> None:
        super().__init__(detail, errors={"code": [detail]})
        self.wait = wait


@transaction.atomic
def set_up(*, user: User, key: str, code: str, here: str | None = None) -> list[str]:
    """Make the authenticator that has `key` (hexadecimal) the second factor, proved by a `code` of it.

    All other sign-ins end: a password alone has opened them. `here` is the session key of the one that stays.
    Returns the recovery codes, which are shown once. Raises InvalidInput when there is one already,
    CodeRefused when the code is not of this key.
    """
    held = _held(user)
    if held.second_factor_at:
        raise InvalidInput("There is a second factor already: switch that one off first.")
    device = TOTPDevice.objects.create(user=held, name="authenticator", key=key)
    if not device.verify_token(_plain(code)):
        raise CodeRefused("That is not the code of this key. Is the clock of the telephone right?")
    _mark(held, user, timezone.now())
    revoke_all(user, but=here)
    record(Act.SECOND_FACTOR_SET_UP, actor=user, about=user)
    return recovery_codes.renew(held)


def check(user: User, code: str, *, failed: Act = Act.SECOND_FACTOR_FAILED) -> None:
    """Spend a code of `user`, of the authenticator or a recovery code. Raises CodeRefused, which is written down.

    Each wrong code doubles the time in which none is looked at, from a second on.
    """
    refusal = _spend(user, _plain(code))
    if refusal:
        record(failed, about=user, reason=Reason.THROTTLED if refusal.wait else Reason.CODE)
        raise refusal


def renew_codes(*, user: User, code: str) -> list[str]:
    """New recovery codes, for whoever has the authenticator or one of the old codes. Raises CodeRefused."""
    check(user, code)
    with transaction.atomic():
        codes = recovery_codes.renew(_held(user))
        record(Act.RECOVERY_CODES_MADE, actor=user, about=user)
    return codes


def switch_off(*, user: User, code: str, here: str | None = None) -> User:
    """Remove one's own second factor, with a code of it; see `remove` for `here`. Raises CodeRefused."""
    check(user, code)
    return remove(user=user, actor=user, here=here)


@transaction.atomic
def remove(*, user: User, actor: User | None, here: str | None = None) -> User:
    """Remove authenticator and recovery codes; every session and token of `user` ends with it.

    `here` is the session key of the one that stays. Raises InvalidInput.
    """
    held = _held(user)
    if not held.second_factor_at:
        raise InvalidInput(f"{user} has no second factor.")
    TOTPDevice.objects.filter(user=held).delete()
    StaticDevice.objects.filter(user=held).delete()
    _mark(held, user, None)
    revoke_all(user, but=here)
    record(Act.SECOND_FACTOR_REMOVED, actor=actor, about=user)
    return user


@transaction.atomic
def _spend(user: User, code: str) -> CodeRefused | None:
    """One code at a time for each account: of the same one twice at once, the second finds it used."""
    held = _held(user)
    of_authenticator = len(code) == DIGITS and code.isascii() and code.isdigit()
    devices: Any = TOTPDevice if of_authenticator else StaticDevice
    device = devices.objects.filter(user=held, confirmed=True).first()
    if device is None:
        return CodeRefused(WRONG)
    allowed, why = device.verify_is_allowed()
    if not allowed:
        wait = max(1, math.ceil((why["locked_until"] - timezone.now()).total_seconds()))
        return CodeRefused(f"Too many wrong codes; try again in {wait} s.", wait=wait)
    if not (device.verify_token(code) if of_authenticator else recovery_codes.spend(device, held, code)):
        return CodeRefused(WRONG)
    if not of_authenticator:
        record(Act.RECOVERY_CODE_USED, actor=user, about=user, left=recovery_codes.left(held))
    return None


def _held(user: User) -> User:
    """The account, locked: whatever is done with its second factor is done by one at a time."""
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _mark(held: User, user: User, moment: Any) -> None:
    held.second_factor_at = user.second_factor_at = moment
    held.save(update_fields=["second_factor_at"])


def _plain(code: str) -> str:
    """As it is kept: people write codes with spaces and dashes, and in capitals."""
    return "".join(one for one in code.lower() if one not in " -\u00a0\u2011\u2013")
