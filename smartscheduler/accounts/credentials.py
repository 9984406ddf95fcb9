"""Validity of credentials: one decision for every kind (docs/adr/030).

Sessions, access tokens, refresh tokens, keys of service accounts, WebSocket tickets, open sockets and long polls are
checked here. A credential is valid while its sign-in or key is active, the account is active, password and second
factor are unchanged since it was issued, and the account has a second factor if its role requires one.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText

if TYPE_CHECKING:
    from smartscheduler.accounts.models import User

SALT = "smartscheduler.accounts.tokens.password"


class Refusal(NamedTuple):
    """Reason why a credential is no longer valid: a problem code of the API, and a sentence."""

    code: str
    detail: LazyText


SIGNED_OUT = Refusal("signed_out", _("This sign-in has ended. Sign in again."))
KEY_ENDED = Refusal("key_ended", _("This key is unknown, has expired or was revoked. Use a valid key."))
INACTIVE = Refusal("user_inactive", _("This account is not active."))
CHANGED = Refusal("password_changed", _("The password or the second factor was changed. Sign in again."))
LACKS_SECOND_FACTOR = Refusal(
    "second_factor_required",
    _("The role of this account requires a second factor. Sign in to the back office and set it up."),
)


class Credential(NamedTuple):
    """A presented credential: its account, the seal at the time of issue, and its sign-in.

    `sign_in_id` is the id of a token family, a browser session or a key of a service account; None if unknown.
    """

    user_id: UUID
    seal: str
    sign_in_id: UUID | None = None

    @classmethod
    def of(cls, user: "User", sign_in_id: UUID | str | None = None) -> "Credential":
        return cls(user.pk, seal_of(user), UUID(str(sign_in_id)) if sign_in_id else None)


def seal_of(user: "User", key: str | None = None) -> str:
    """Keyed hash (HMAC-SHA256) of password and second factor. It changes with either and reveals neither."""
    state = user.password
    if user.second_factor_at:
        state = f"{state}:{user.second_factor_at.isoformat()}"
    return salted_hmac(SALT, state, secret=key or settings.SECRET_KEY, algorithm="sha256").hexdigest()


def refusal(user: "User | None", seal: str) -> Refusal | None:
    """Reason why a credential of `user` with this seal is invalid; None while valid. `user` None: sign-in ended."""
    if user is None:
        return SIGNED_OUT
    if not user.is_active:
        return INACTIVE
    if user.lacks_second_factor:
        return LACKS_SECOND_FACTOR
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return None if any(constant_time_compare(seal, seal_of(user, key)) for key in keys) else CHANGED


def standing(credentials: Collection[Credential]) -> "list[User | Refusal]":
    """For each credential, its current account, or the reason why it is invalid. Runs two queries in total."""
    from smartscheduler.accounts.models import User

    users = User.objects.in_bulk({credential.user_id for credential in credentials})
    active = _still_active({credential.sign_in_id for credential in credentials if credential.sign_in_id})
    results: list[User | Refusal] = []
    for credential in credentials:
        sign_in = (credential.user_id, credential.sign_in_id)
        ended = credential.sign_in_id is not None and sign_in not in active
        user = None if ended else users.get(credential.user_id)
        reason = refusal(user, credential.seal)
        results.append(reason if user is None or reason else user)  # type: ignore[arg-type]  # without a user, a reason
    return results


def _still_active(sign_in_ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """The active sign-ins among these ids, as pairs of account id and sign-in id."""
    from smartscheduler.accounts.active_sign_ins import still_active

    ids = list(sign_in_ids)
    return still_active(ids) if ids else set()
