"""Authentication of API requests by access token, or by the key of a service account."""

from typing import cast

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from smartscheduler.accounts.credentials import INACTIVE, KEY_ENDED, SIGNED_OUT, Credential, refusal
from smartscheduler.accounts.models import ServiceKey, User
from smartscheduler.accounts.service_accounts import find_key, note_use
from smartscheduler.accounts.service_key_text import PREFIX
from smartscheduler.accounts.session_store import NAME
from smartscheduler.accounts.tokens import FAMILY, PASSWORD, family_of


class BearerAuthentication(JWTAuthentication):
    """Loads the account through the token family or the key, so that role, state and revocation are current."""

    def authenticate(self, request: Request) -> tuple[User, Token | ServiceKey] | None:  # type: ignore[override]
        """The account with its token or key; None without a Bearer header. Raises AuthenticationFailed."""
        header = self.get_header(request)
        raw = None if header is None else self.get_raw_token(header)
        if raw is not None and raw.startswith(PREFIX.encode()):
            return _by_key(request, raw)
        return super().authenticate(request)  # type: ignore[return-value]

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token of an Authorization header. The scheme is case-insensitive (RFC 9110, section 11.1)."""
        scheme, _, rest = header.partition(b" ")
        return super().get_raw_token(scheme.capitalize() + b" " + rest)

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]
        """The account of the token. Runs one query. Raises AuthenticationFailed."""
        family = family_of(validated_token)
        user = family.user if family else None
        reason = refusal(user, validated_token.get(PASSWORD, ""))
        if user is None or reason:
            code, detail = reason or SIGNED_OUT
            raise AuthenticationFailed(str(detail), code)
        return user


def credential_of(request: Request) -> Credential:
    """The credential of an authenticated request, for later checks with `standing`."""
    user = cast(User, request.user)
    if isinstance(request.auth, ServiceKey):
        return Credential.of(user, request.auth.pk)
    sign_in_id = request.auth[FAMILY] if isinstance(request.auth, Token) else request._request.session.get(NAME)
    return Credential.of(user, sign_in_id)


def key_of(header: str) -> str | None:
    """The key of a service account in an Authorization header; None for any other header. The key is not checked."""
    scheme, _, rest = header.partition(" ")
    text = rest.strip()
    return text if scheme.lower() == "bearer" and text.startswith(PREFIX) else None


def _by_key(request: Request, raw: bytes) -> tuple[User, ServiceKey]:
    # QuotaMiddleware has looked the key up already, unless limits are off.
    key = getattr(request._request, "service_key", None) or find_key(raw.decode("latin-1"))
    if key is None:
        raise AuthenticationFailed(str(KEY_ENDED.detail), KEY_ENDED.code)
    if not key.account.is_active:
        raise AuthenticationFailed(str(INACTIVE.detail), INACTIVE.code)
    note_use(key)
    return key.account, key
