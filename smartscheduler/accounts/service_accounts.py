"""Services of service accounts: create and change them, create, rotate and revoke their keys, check a key."""

import uuid
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from smartscheduler.accounts.models import ServiceAccount, ServiceKey, User
from smartscheduler.accounts.permissions import SERVICE
from smartscheduler.accounts.scopes import Scope
from smartscheduler.accounts.service_key_text import SHOWN, digest_of, is_key, new_key
from smartscheduler.accounts.services import keep_account
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import InvalidInput, InvalidTransition

# Lifetime of a key in days, and valid keys of one account: two for a rotation, and one spare.
LONGEST_DAYS, MOST_VALID = 365, 3
# For this long after a rotation, in hours, the preceding keys can stay valid.
LONGEST_OVERLAP = 7 * 24
USE_NOTED_EVERY = timedelta(minutes=1)
# RFC 2606: no mail can be delivered to it.
DOMAIN = "service.invalid"


class NewKey(NamedTuple):
    """A key that was just created, and its text, which is stored nowhere."""

    key: ServiceKey
    text: str


@domain_transaction
def create_service_account(*, name: str, scopes: Collection[str], days: int, actor: User | None) -> NewKey:
    """Create a service account with its first key. Raises InvalidInput."""
    account_id = uuid.uuid4()
    account = ServiceAccount(pk=account_id, email=f"{account_id}@{DOMAIN}", role=SERVICE)
    account.set_unusable_password()
    return _new_key(_keep(account, name=name, scopes=scopes), days)


@domain_transaction
def change_service_account(
    *, account_id: uuid.UUID, name: str, scopes: Collection[str], is_active: bool, actor: User | None
) -> ServiceAccount:
    """Change name and scopes at once for all keys. Deactivating the account revokes its keys. Raises InvalidInput."""
    account = _locked(account_id)
    account.is_active = is_active
    return _keep(account, name=name, scopes=scopes)


@domain_transaction
def rotate_key(*, account_id: uuid.UUID, days: int, overlap_hours: int, actor: User | None) -> NewKey:
    """Create a key; the valid keys of the account expire after `overlap_hours`, or earlier as planned.

    Raises InvalidInput, and InvalidTransition for an account that is not active.
    """
    account = _locked(account_id)
    if not account.is_active:
        raise InvalidTransition(gettext("Activate the account before you create a key."))
    if not 0 <= overlap_hours <= LONGEST_OVERLAP:
        message = ngettext("Enter 0 to {most} hour.", "Enter 0 to {most} hours.", LONGEST_OVERLAP)
        raise InvalidInput.of("overlap_hours", message.format(most=LONGEST_OVERLAP))
    valid = _valid(account)
    if overlap_hours and valid.count() >= MOST_VALID:
        message = gettext("This account has {count} valid keys. Revoke one first, or end the overlap at once.")
        raise InvalidInput.of("overlap_hours", message.format(count=MOST_VALID))
    now = timezone.now()
    if overlap_hours:
        end = now + timedelta(hours=overlap_hours)
        valid.filter(expires_at__gt=end).update(expires_at=end)
    else:
        valid.update(revoked_at=now)
    return _new_key(account, days)


@domain_transaction
def revoke_key(*, account_id: uuid.UUID, key_id: uuid.UUID, actor: User | None) -> ServiceKey:
    """End a key at once. Raises ServiceKey.DoesNotExist, and InvalidTransition for a key that has ended."""
    account = _locked(account_id)
    key = ServiceKey.objects.get(pk=key_id, account=account)
    if not key.is_valid:
        raise InvalidTransition(gettext("This key has already ended."))
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    record(Act.KEY_REVOKED, about=account, key=key.prefix)
    return key


def find_key(text: str) -> ServiceKey | None:
    """The valid key with this text, with its account; None for any other text. Runs at most one query."""
    if not is_key(text):
        return None
    keys = ServiceKey.objects.select_related("account")
    return keys.filter(digest=digest_of(text), revoked_at=None, expires_at__gt=timezone.now()).first()


def note_use(key: ServiceKey) -> None:
    """Store the time of use, at most once a minute, so that requests of one key do not wait for each other.

    While the database refuses writes, the time is not stored, and requests that read are still answered.
    """
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at <= now - USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        with suppress(DatabaseError), transaction.atomic():
            ServiceKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def _locked(account_id: uuid.UUID) -> ServiceAccount:
    return ServiceAccount.objects.select_for_update(no_key=True).get(pk=account_id)  # type: ignore[return-value]


def _keep(account: ServiceAccount, *, name: str, scopes: Collection[str]) -> ServiceAccount:
    account.name = name.strip()
    if not account.name:
        raise InvalidInput.of("name", gettext("Enter a name."))
    if unknown := sorted(set(scopes) - set(Scope.values)):
        raise InvalidInput.of("scopes", gettext("Unknown scope: {name}.").format(name=unknown[0]))
    if not scopes:
        raise InvalidInput.of("scopes", gettext("Choose at least one scope."))
    account.scopes = [scope for scope in Scope.values if scope in scopes]
    account.clean_fields(exclude=["role"])
    keep_account(account)
    return account


def _valid(account: User) -> QuerySet[ServiceKey]:
    return ServiceKey.objects.filter(account=account, revoked_at=None, expires_at__gt=timezone.now())


def _new_key(account: User, days: int) -> NewKey:
    if not 1 <= days <= LONGEST_DAYS:
        message = ngettext("Enter 1 to {most} day.", "Enter 1 to {most} days.", LONGEST_DAYS)
        raise InvalidInput.of("days", message.format(most=LONGEST_DAYS))
    text, now = new_key(), timezone.now()
    key = ServiceKey.objects.create(
        account=account,
        prefix=text[:SHOWN],
        digest=digest_of(text),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    record(Act.KEY_CREATED, about=account, key=key.prefix, days=days)
    return NewKey(key, text)
