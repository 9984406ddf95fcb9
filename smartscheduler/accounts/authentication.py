"""Authentication of API requests by access token."""

from typing import cast

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from smartscheduler.accounts.credentials import SIGNED_OUT, Credential, refusal
from smartscheduler.accounts.models import User
from smartscheduler.accounts.session_store import NAME
from smartscheduler.accounts.tokens import FAMILY, PASSWORD, family_of


class BearerAuthentication(JWTAuthentication):
    """Loads the account through the token family, so that role, state and revocation are current."""

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
    sign_in_id = request.auth[FAMILY] if isinstance(request.auth, Token) else request._request.session.get(NAME)
    return Credential.of(cast(User, request.user), sign_in_id)
