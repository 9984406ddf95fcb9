"""JSON Web Tokens: issued, rotated, revoked. simplejwt is used here, in `authentication` and `active_sign_ins` only.

A refresh token works once. A second use says that it was stolen: its whole family is revoked, and with it the
access tokens (RFC 9700, section 4.14.2). For some seconds the same client may repeat an exchange.
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
REFUSED = "The refresh token is not valid any more; sign in again."


class RotatedKeys(TokenBackend):
    """Signs with the key of now, and believes those of SECRET_KEY_FALLBACKS too."""

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
    # A key of its own: the one that signs cookies signs nothing else, and cannot be found by way of this one.
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
    """An access token, by our keys."""


class SignedRefresh(Signed, RefreshToken):  # type: ignore[misc]  # simplejwt's own bases disagree
    """A refresh token, by our keys."""

    access_token_class = SignedAccess


@dataclass(frozen=True)
class Pair:
    """What a client holds after signing in."""

    access: str
    refresh: str
    user: User


def client_of(request: HttpRequest) -> str:
    """A keyed hash of the user agent and the network address: the client that may repeat a refresh."""
    said = f"{request.headers.get('User-Agent', '')}\n{network_of(request.META.get('REMOTE_ADDR', ''))}"
    return salted_hmac("smartscheduler.accounts.tokens.client", said, algorithm="sha256").hexdigest()


def sign_in(user: User) -> Pair:
    """A first pair of tokens, and with it a new family. Forgets the families of `user` that have expired."""
    user.token_families.filter(expires_at__lt=timezone.now()).delete()
    family = TokenFamily(user=user)
    refresh = _refresh_token(user, family)
    family.current, family.expires_at = refresh["jti"], _expiry(refresh)
    family.save()
    return _pair(refresh, user)


def rotate(encoded: str, *, client: str = "") -> Pair:
    """Exchange a refresh token for a new pair. Raises InvalidToken; a token used before revokes its family.

    The same `client` may repeat the exchange for settings.REFRESH_RETRY_SECONDS, as browser tabs do that refresh at
    once and programs whose answer was lost: each gets the new pair.
    """
    token = _read(encoded)
    family = _living(token)
    refresh = _refresh_token(family.user, family)
    # One statement both asks and takes: of any number of uses at once, one finds its own id there.
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
    """The present refresh token once more, for a repeated exchange; else the family ends. Raises InvalidToken."""
    since = timezone.now() - timedelta(seconds=settings.REFRESH_RETRY_SECONDS)
    present = TokenFamily.objects.filter(
        pk=family.pk, previous=token["jti"], client=client, rotated_at__gt=since, revoked_at=None
    ).first()
    if not client or present is None:
        _end_stolen(family)
        raise InvalidToken(REFUSED)
    refresh = _refresh_token(family.user, present)
    refresh["jti"], refresh["exp"] = present.current, int(present.expires_at.timestamp())
    return refresh


@transaction.atomic
def _end_stolen(family: TokenFamily) -> None:
    """End a signing-in of which one refresh token was used twice; of many uses at once, one is written down."""
    if revoke(family):
        record(Act.TOKEN_REUSED, about=family.user, family=str(family.pk))


def revoke(family: TokenFamily) -> bool:
    """End a signing-in: none of its tokens works from now on. Whether it lasted until now."""
    return bool(TokenFamily.objects.filter(pk=family.pk, revoked_at=None).update(revoked_at=timezone.now()))


def revoke_token(encoded: str, *, user: User) -> None:
    """End the signing-in of a refresh token of `user`, if it lasts. Raises InvalidToken for one of somebody else."""
    token = _read(encoded)
    if token.get(api_settings.USER_ID_CLAIM) != str(user.pk):
        raise InvalidToken(REFUSED)
    if family := TokenFamily.objects.filter(pk=token.get(FAMILY)).first():
        sign_out(family, user)


@transaction.atomic
def sign_out(family: TokenFamily, user: User) -> None:
    """End a signing-in of `user` because they say so."""
    if revoke(family):
        record(Act.SIGNED_OUT, actor=user)


def family_of(token: Token) -> TokenFamily | None:
    """The family of a verified token, with its user, unless it has been revoked."""
    families = TokenFamily.objects.select_related("user")
    return families.filter(pk=token.get(FAMILY), revoked_at=None).first()


def _living(token: Token) -> TokenFamily:
    family = family_of(token)
    if family is None or refusal(family.user, token.get(PASSWORD, "")):
        raise InvalidToken(REFUSED)
    return family


def _read(encoded: str) -> SignedRefresh:
    try:
        return SignedRefresh(encoded)  # type: ignore[arg-type]
    except TokenError as error:
        raise InvalidToken(REFUSED) from error


def _refresh_token(user: User, family: TokenFamily) -> SignedRefresh:
    """The next of a family; none lives longer than the family may."""
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
