"""API endpoints for sign-in, token refresh, sign-out, the current user and WebSocket tickets."""

from typing import cast

from django.contrib.auth import authenticate, logout, user_logged_in
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import Token

from smartscheduler.accounts.authentication import credential_of
from smartscheduler.accounts.drf_permissions import SIGNED_IN
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.second_factor.api_challenge import require_code
from smartscheduler.accounts.serializers import (
    LoginSerializer,
    LogoutSerializer,
    PairSerializer,
    RefreshSerializer,
    TicketSerializer,
    UserSerializer,
)
from smartscheduler.accounts.sign_in_limits import AddressThrottle
from smartscheduler.accounts.tokens import client_of, family_of, revoke_token, rotate, sign_in, sign_out
from smartscheduler.accounts.websocket_tickets import issue_ticket
from smartscheduler.core.rest.declarations import fails_with
from smartscheduler.core.rest.fields import EmptySerializer
from smartscheduler.core.rest.views import KnownParameters, ReadsBody


class OpenView(ReadsBody):
    """View for clients without credentials. Stale credentials in a header are ignored."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """Let a failure be a 401. Without this header, DRF would answer 403."""
        return 'Bearer realm="api"'


class LoginView(OpenView):
    @extend_schema(request=LoginSerializer, responses=PairSerializer, tags=["auth"], operation_id="auth_login")
    @fails_with("authentication-failed", "second-factor-required", "second-factor-failed", "locked-out")
    def post(self, request: Request) -> Response:
        """Sign in with email address and password.

        An account with a second factor sends a code too.
        """
        payload = self.body(LoginSerializer)
        user = authenticate(request._request, username=payload["email"], password=payload["password"])
        if not isinstance(user, User) or user.is_service:
            raise AuthenticationFailed(gettext("No active account has this email address and password."))
        require_code(user, payload.get("otp_code", ""))
        # The receivers reset the failed attempts and store the time of the sign-in.
        user_logged_in.send(sender=User, request=request._request, user=user)
        return Response(PairSerializer(sign_in(user)).data)


class RefreshView(OpenView):
    throttle_classes = (AddressThrottle,)

    @extend_schema(request=RefreshSerializer, responses=PairSerializer, tags=["auth"], operation_id="auth_refresh")
    @fails_with("authentication-failed", "token-not-valid")
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair of tokens.

        A refresh token can be used once. The same client can repeat the exchange for a few seconds and gets a pair
        with the same new refresh token.
        """
        pair = rotate(self.body(RefreshSerializer)["refresh"], client=client_of(request._request))
        return Response(PairSerializer(pair).data)


class LogoutView(ReadsBody):
    required_permissions = {"post": SIGNED_IN}

    @extend_schema(request=LogoutSerializer, responses={204: None}, tags=["auth"], operation_id="auth_logout")
    def post(self, request: Request) -> Response:
        """Sign out. The access and refresh tokens of this sign-in stop working."""
        user = cast(User, request.user)
        if user.is_service:
            raise PermissionDenied(gettext("A key has no sign-in to end. An administrator can revoke the key."))
        if encoded := self.body(LogoutSerializer).get("refresh"):
            revoke_token(encoded, user=user)
        if isinstance(request.auth, Token):
            if family := family_of(request.auth):
                sign_out(family, user)
        else:
            logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(KnownParameters):
    required_permissions = {"get": SIGNED_IN}

    @extend_schema(responses=UserSerializer, tags=["auth"], operation_id="auth_me")
    def get(self, request: Request) -> Response:
        """Get the signed-in user or service account, and its permissions."""
        return Response(UserSerializer(cast(User, request.user)).data)


class TicketView(ReadsBody):
    required_permissions = {"post": Permission.VIEW_EVENTS}

    @extend_schema(request=EmptySerializer, responses=TicketSerializer, tags=["auth"], operation_id="auth_ws_ticket")
    def post(self, request: Request) -> Response:
        """Issue a ticket for the event socket. It can be used once, within a few seconds."""
        self.body(EmptySerializer)
        ticket, expires_in = issue_ticket(credential_of(request))
        return Response({"ticket": ticket, "expires_in": expires_in})
