"""JSON Web Tokens: issue, rotate, revoke. Only this module, `authentication` and `active_sign_ins` use simplejwt.

A refresh token works once. A second use means that it was stolen, so its whole family is revoked, including the access
tokens (RFC 9700, section 4.14.2). The same client can repeat an exchange for a few seconds.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import InvalidToken, TokenBackendError, TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from smartscheduler.accounts.credentials import refusal, seal_of
from smartscheduler.accounts.models import TokenFamily, User
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.core.http.client_networks import network_of

FAMILY, PASSWORD = "family", "password"
REFUSED = _("The refresh token is no longer valid. Sign in again.")


class RotatedKeys(TokenBackend):
    """Signs with the current key; also accepts tokens signed with SECRET_KEY_FALLBACKS."""

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        try:
            return super().decode(token, verify=verify)
        except TokenBackendError as refusal:
            for key in settings.SECRET_KEY_FALLBACKS:
                try:
                    return _backend(key).decode(token, verify=verify)
                except TokenBackendError:
                    continue
            raise refusal


@lru_cache(maxsize=8)
def _backend(secret_key: str, kind: type[TokenBackend] = TokenBackend) -> TokenBackend:
    # Derived key: SECRET_KEY itself only signs cookies and cannot be recovered from a token.
    key = hmac.new(secret_key.encode(), b"smartscheduler.accounts.tokens", hashlib.sha256).hexdigest()
    return kind(
        api_settings.ALGORITHM,
        key,
        audience=api_settings.AUDIENCE,
        issuer=api_settings.ISSUER,
    )


class Signed:
    @property
    def token_backend(self) -> TokenBackend:
        return _backend(settings.SECRET_KEY, RotatedKeys)


class SignedAccess(Signed, AccessToken):
    """Access token signed with the derived keys."""


class SignedRefresh(Signed, RefreshToken):  # type: ignore[misc]  # simplejwt's own bases disagree
    """Refresh token signed with the derived keys."""

    access_token_class = SignedAccess


@dataclass(frozen=True)
class Pair:
    """Access and refresh token of a signed-in client."""

    access: str
    refresh: str
    user: User


def client_of(request: HttpRequest) -> str:
    """Identity of the client that can repeat a refresh: a keyed hash of user agent and network address."""
    client = f"{request.headers.get('User-Agent', '')}\n{network_of(request.META.get('REMOTE_ADDR', ''))}"
    return salted_hmac("smartscheduler.accounts.tokens.client", client, algorithm="sha256").hexdigest()


def sign_in(user: User) -> Pair:
    """Start a new token family and return its first pair. Deletes the expired families of `user`."""
    user.token_families.filter(expires_at__lt=timezone.now()).delete()
    family = TokenFamily(user=user)
    refresh = _refresh_token(user, family)
    family.current, family.expires_at = refresh["jti"], _expiry(refresh)
    family.save()
    return _pair(refresh, user)


def rotate(encoded: str, *, client: str = "") -> Pair:
    """Exchange a refresh token for a new pair. Raises InvalidToken; a token that was already used revokes its family.

    The same `client` can repeat the exchange for settings.REFRESH_RETRY_SECONDS and gets the new pair again. Browser
    tabs that refresh at the same time need this, and programs that lost the response.
    """
    token = _read(encoded)
    family = _living(token)
    refresh = _refresh_token(family.user, family)
    # One atomic UPDATE checks and replaces the current id, so that of concurrent exchanges only one succeeds.
    taken = TokenFamily.objects.filter(pk=family.pk, current=token["jti"], revoked_at=None).update(
        current=refresh["jti"],
        expires_at=_expiry(refresh),
        previous=token["jti"],
        rotated_at=timezone.now(),
        client=client,
    )
    if not taken:
        refresh = _repeated(token, family, client)
    return _pair(refresh, family.user)


def _repeated(token: Token, family: TokenFamily, client: str) -> SignedRefresh:
    """Return the current refresh token for a repeated exchange. Otherwise revoke the family and raise InvalidToken."""
    since = timezone.now() - timedelta(seconds=settings.REFRESH_RETRY_SECONDS)
    present = TokenFamily.objects.filter(
        pk=family.pk, previous=token["jti"], client=client, rotated_at__gt=since, revoked_at=None
    ).first()
    if not client or present is None:
        _end_stolen(family)
        raise InvalidToken(str(REFUSED))
    refresh = _refresh_token(family.user, present)
    refresh["jti"], refresh["exp"] = present.current, int(present.expires_at.timestamp())
    return refresh


@transaction.atomic
def _end_stolen(family: TokenFamily) -> None:
    """Revoke a family whose refresh token was used twice. Concurrent uses create only one audit entry."""
    if revoke(family):
        record(Act.TOKEN_REUSED, about=family.user, family=str(family.pk))


def revoke(family: TokenFamily) -> bool:
    """Revoke a family with all its tokens. Returns whether it was active."""
    return bool(TokenFamily.objects.filter(pk=family.pk, revoked_at=None).update(revoked_at=timezone.now()))


def revoke_token(encoded: str, *, user: User) -> None:
    """End the sign-in of a refresh token of `user`, if active. Raises InvalidToken for another user's token."""
    token = _read(encoded)
    if token.get(api_settings.USER_ID_CLAIM) != str(user.pk):
        raise InvalidToken(str(REFUSED))
    if family := TokenFamily.objects.filter(pk=token.get(FAMILY)).first():
        sign_out(family, user)


@transaction.atomic
def sign_out(family: TokenFamily, user: User) -> None:
    """End a sign-in at the request of `user`."""
    if revoke(family):
        record(Act.SIGNED_OUT, actor=user)


def family_of(token: Token) -> TokenFamily | None:
    """The family of a verified token, with its user. None if it was revoked."""
    families = TokenFamily.objects.select_related("user")
    return families.filter(pk=token.get(FAMILY), revoked_at=None).first()


def _living(token: Token) -> TokenFamily:
    family = family_of(token)
    if family is None or refusal(family.user, token.get(PASSWORD, "")):
        raise InvalidToken(str(REFUSED))
    return family


def _read(encoded: str) -> SignedRefresh:
    try:
        return SignedRefresh(encoded)  # type: ignore[arg-type]
    except TokenError as error:
        raise InvalidToken(str(REFUSED)) from error


def _refresh_token(user: User, family: TokenFamily) -> SignedRefresh:
    """The next refresh token of a family. It expires at the maximum age of the family at the latest."""
    token = SignedRefresh.for_user(user)
    token[FAMILY], token[PASSWORD] = str(family.pk), seal_of(user)
    began = family.created_at or timezone.now()
    last = began + timedelta(days=settings.TOKEN_LONGEST_DAYS)
    token["exp"] = min(token["exp"], int(last.timestamp()))
    return cast(SignedRefresh, token)


def _expiry(token: Token) -> datetime:
    return datetime.fromtimestamp(token["exp"], tz=UTC)


def _pair(refresh: SignedRefresh, user: User) -> Pair:
    return Pair(access=str(refresh.access_token), refresh=str(refresh), user=user)
