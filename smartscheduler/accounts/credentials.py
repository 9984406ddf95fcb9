"""Whether a credential still carries its role: the one place that decides, for every kind (docs/adr/030).

Sessions, access tokens, refresh tokens, WebSocket tickets, open sockets and long polls all ask here. A credential
holds while its sign-in lasts, the account is active, password and second factor are those that it was issued
under, and the account has a second factor where its role needs one.
"""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

if TYPE_CHECKING:
    from smartscheduler.accounts.models import User

SALT = "smartscheduler.accounts.tokens.password"


class Refusal(NamedTuple):
    """Why a credential no longer holds: the code of the API's problem, and a sentence."""

    code: str
    detail: str


SIGNED_OUT = Refusal("signed_out", "You have signed out; sign in again.")
INACTIVE = Refusal("user_inactive", "The account is not active.")
CHANGED = Refusal("password_changed", "The password or the second factor has been changed; sign in again.")
LACKS_SECOND_FACTOR = Refusal(
    "second_factor_required",
    "The role of this account needs a second factor: sign in to the back-office and set it up.",
)


class Credential(NamedTuple):
    """What a client presented: whose it is, the seal that it was issued under, and its sign-in.

    `sign_in_id` is the id of a token family or a browser session; None where no sign-in is known.
    """

    user_id: UUID
    seal: str
    sign_in_id: UUID | None = None

    @classmethod
    def of(cls, user: "User", sign_in_id: UUID | str | None = None) -> "Credential":
        return cls(user.pk, seal_of(user), UUID(str(sign_in_id)) if sign_in_id else None)


def seal_of(user: "User", key: str | None = None) -> str:
    """A keyed hash of password and second factor; it changes with either, and tells neither."""
    state = user.password
    if user.second_factor_at:
        state = f"{state}:{user.second_factor_at.isoformat()}"
    return salted_hmac(SALT, state, secret=key or settings.SECRET_KEY, algorithm="sha256").hexdigest()


def refusal(user: "User | None", seal: str) -> Refusal | None:
    """Why a credential of `user` (None: its sign-in has ended) with this seal no longer holds; None while it does."""
    if user is None:
        return SIGNED_OUT
    if not user.is_active:
        return INACTIVE
    if user.lacks_second_factor:
        return LACKS_SECOND_FACTOR
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return None if any(constant_time_compare(seal, seal_of(user, key)) for key in keys) else CHANGED


def standing(credentials: Collection[Credential]) -> "list[User | Refusal]":
    """For each credential the account as it is now, or why it no longer holds. Three queries for any number."""
    from smartscheduler.accounts.models import User

    users = User.objects.in_bulk({credential.user_id for credential in credentials})
    active = _still_active({credential.sign_in_id for credential in credentials if credential.sign_in_id})
    found: list[User | Refusal] = []
    for one in credentials:
        ended = one.sign_in_id is not None and (one.user_id, one.sign_in_id) not in active
        user = None if ended else users.get(one.user_id)
        why = refusal(user, one.seal)
        found.append(why if user is None or why else user)  # type: ignore[arg-type]  # a refusal where there is no user
    return found


def _still_active(sign_in_ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """The sign-ins among these that have not ended, as pairs of account and id."""
    from smartscheduler.accounts.active_sign_ins import still_active

    wanted = list(sign_in_ids)
    return still_active(wanted) if wanted else set()
