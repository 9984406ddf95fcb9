"""Active sign-ins of an account: browser sessions and API token families. Listing and revocation."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework_simplejwt.settings import api_settings

from smartscheduler.accounts.models import BrowserSession, ServiceKey, TokenFamily, User
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record


@dataclass(frozen=True)
class ActiveSignIn:
    """A browser session or a token family. `id` is not a secret: it cannot be used to sign in."""

    id: UUID
    kind: str
    began_at: datetime
    seen_at: datetime
    is_this: bool = False


def active_sign_ins_of(user: User, *, here: str | None = None) -> list[ActiveSignIn]:
    """The active sign-ins of `user`, most recently used first. `here`: session key of the current request."""
    sessions = [
        ActiveSignIn(
            session.public_id, gettext("Browser"), session.began_at, session.seen_at, session.session_key == here
        )
        for session in BrowserSession.objects.filter(user=user, expire_date__gt=timezone.now())
    ]
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME
    families = [
        # Each refresh extends the expiry, so its time follows from it. At the maximum age the expiry stays fixed.
        ActiveSignIn(
            token_family.pk,
            gettext("API"),
            token_family.created_at,
            max(token_family.created_at, token_family.expires_at - lifetime),
        )
        for token_family in user.token_families.filter(revoked_at=None, expires_at__gt=timezone.now())
    ]
    return sorted([*sessions, *families], key=lambda sign_in: sign_in.seen_at, reverse=True)


def still_active(ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """The sign-ins and keys among `ids` that are active, as pairs of account id and their own. Runs one query."""
    now = timezone.now()
    families = TokenFamily.objects.filter(pk__in=ids, revoked_at=None, expires_at__gt=now)
    sessions = BrowserSession.objects.filter(public_id__in=ids, user__isnull=False, expire_date__gt=now)
    keys = ServiceKey.objects.filter(pk__in=ids, revoked_at=None, expires_at__gt=now)
    return set(
        families.values_list("user_id", "pk").union(
            sessions.values_list("user_id", "public_id"),
            keys.order_by().values_list("account_id", "pk"),
            all=True,
        )
    )


@transaction.atomic
def revoke(user: User, sign_in_id: UUID) -> bool:
    """End one sign-in. Returns whether `user` had an active sign-in with this id."""
    ended, _ = BrowserSession.objects.filter(user=user, public_id=sign_in_id).delete()
    return _note(user, ended or _revoke_families(user, sign_in_id))


@transaction.atomic
def revoke_all(user: User, *, but: str | None = None) -> None:
    """End all sign-ins of `user` with their tokens and keys, except the session with the key `but`."""
    ended, _ = BrowserSession.objects.filter(user=user).exclude(session_key=but).delete()
    keys = ServiceKey.objects.filter(account=user, revoked_at=None).update(revoked_at=timezone.now())
    _note(user, ended + keys + _revoke_families(user))


def _note(user: User, ended: int) -> bool:
    if ended:
        record(Act.SIGN_INS_ENDED, about=user, count=ended)
    return bool(ended)


def _revoke_families(user: User, family: UUID | None = None) -> int:
    families = TokenFamily.objects.filter(user=user, revoked_at=None)
    chosen = families if family is None else families.filter(pk=family)
    return chosen.update(revoked_at=timezone.now())
