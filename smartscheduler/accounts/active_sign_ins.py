"""Where an account is signed in, by browser and by API, and how that is ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings

from smartscheduler.accounts.models import BrowserSession, TokenFamily, User
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record


@dataclass(frozen=True)
class ActiveSignIn:
    """A browser's session or a client's tokens; `id` says nothing by which either could be used."""

    id: UUID
    kind: str
    began_at: datetime
    seen_at: datetime
    is_this: bool = False


def active_sign_ins_of(user: User, *, here: str | None = None) -> list[ActiveSignIn]:
    """Where `user` is signed in now, the latest first; `here` is the session key of who asks."""
    sessions = [
        ActiveSignIn(one.public_id, "Browser", one.began_at, one.seen_at, one.session_key == here)
        for one in BrowserSession.objects.filter(user=user, expire_date__gt=timezone.now())
    ]
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME
    families = [
        # A family's end moves with each refresh; at its very end it does no longer.
        ActiveSignIn(
            token_family.pk,
            "API",
            token_family.created_at,
            max(token_family.created_at, token_family.expires_at - lifetime),
        )
        for token_family in user.token_families.filter(revoked_at=None, expires_at__gt=timezone.now())
    ]
    return sorted([*sessions, *families], key=lambda one: one.seen_at, reverse=True)


def still_active(ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Those of these sign-ins that have not ended, as pairs of account and id. Two queries."""
    now = timezone.now()
    families = TokenFamily.objects.filter(pk__in=ids, revoked_at=None, expires_at__gt=now)
    sessions = BrowserSession.objects.filter(public_id__in=ids, user__isnull=False, expire_date__gt=now)
    return {*families.values_list("user_id", "pk"), *sessions.values_list("user_id", "public_id")}


@transaction.atomic
def revoke(user: User, sign_in_id: UUID) -> bool:
    """End one of them; whether `user` had one of this id."""
    ended, _ = BrowserSession.objects.filter(user=user, public_id=sign_in_id).delete()
    return _note(user, ended or _revoke_families(user, sign_in_id))


@transaction.atomic
def revoke_all(user: User, *, but: str | None = None) -> None:
    """End all of them, with every token; `but` is the session key of the one that stays."""
    ended, _ = BrowserSession.objects.filter(user=user).exclude(session_key=but).delete()
    _note(user, ended + _revoke_families(user))


def _note(user: User, ended: int) -> bool:
    if ended:
        record(Act.SIGN_INS_ENDED, about=user, count=ended)
    return bool(ended)


def _revoke_families(user: User, family: UUID | None = None) -> int:
    families = TokenFamily.objects.filter(user=user, revoked_at=None)
    chosen = families if family is None else families.filter(pk=family)
    return chosen.update(revoked_at=timezone.now())
