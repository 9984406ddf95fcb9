"""Who sends a request: the bearer of an access token."""

from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.tokens import Token

from smartscheduler.accounts.models import User
from smartscheduler.accounts.tokens import family_of, password_unchanged


class BearerAuthentication(JWTAuthentication):
    """Looks the account up with the signing-in that the token comes from: role and state are those of now."""

    def get_raw_token(self, header: bytes) -> bytes | None:
        """The token of an Authorization header; the name of the scheme has no case (RFC 9110, section 11.1)."""
        scheme, _, rest = header.partition(b" ")
        return super().get_raw_token(scheme.capitalize() + b" " + rest)

    def get_user(self, validated_token: Token) -> User:  # type: ignore[override]
        """The active account behind the token, in one query. Raises AuthenticationFailed."""
        family = family_of(validated_token)
        if family is None:
            raise AuthenticationFailed("You have signed out; sign in again.", code="signed_out")
        if not family.user.is_active:
            raise AuthenticationFailed("The account is not active.", code="user_inactive")
        if not password_unchanged(validated_token, family.user):
            raise AuthenticationFailed("The password has been changed; sign in again.", code="password_changed")
        return family.user
