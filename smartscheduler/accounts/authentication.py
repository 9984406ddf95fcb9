"""Who sends a request: the bearer of an access token."""

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
    """Looks the account up with the signing-in that the token comes from: role and state are those of now."""

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token of an Authorization header; the name of the scheme has no case (RFC 9110, section 11.1)."""
        scheme, _, rest = header.partition(b" ")
        return super().get_raw_token(scheme.capitalize() + b" " + rest)

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]
        """The account behind the token, in one query. Raises AuthenticationFailed."""
        family = family_of(validated_token)
        user = family.user if family else None
        why = refusal(user, validated_token.get(PASSWORD, ""))
        if user is None or why:
            raise AuthenticationFailed(*reversed(why or SIGNED_OUT))
        return user


def credential_of(request: Request) -> Credential:
    """The credential that an authenticated request came with, for later looks at it."""
    sign_in_id = request.auth[FAMILY] if isinstance(request.auth, Token) else request._request.session.get(NAME)
    return Credential.of(cast(User, request.user), sign_in_id)
