"""Signing in and out of the API."""

from typing import cast

from django.contrib.auth import authenticate, logout, user_logged_in
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
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
from smartscheduler.core.rest.fields import EmptySerializer
from smartscheduler.core.rest.views import KnownParameters, ReadsBody


class OpenView(ReadsBody):
    """For those who have no credentials yet; stale ones in a header do not matter."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get_authenticate_header(self, request: Request) -> str:
        """Makes a failure here a 401, which DRF would else turn into a 403."""
        return 'Bearer realm="api"'


class LoginView(OpenView):
    @extend_schema(request=LoginSerializer, responses=PairSerializer, tags=["auth"], operation_id="auth_login")
    def post(self, request: Request) -> Response:
        """Sign in with e-mail address and password, and a code where the account has a second factor."""
        given = self.body(LoginSerializer)
        user = authenticate(request._request, username=given["email"], password=given["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed("No active account has this e-mail address and password.")
        require_code(user, given.get("otp_code", ""))
        # Forgets the failed attempts, and notes the time.
        user_logged_in.send(sender=User, request=request._request, user=user)
        return Response(PairSerializer(sign_in(user)).data)


class RefreshView(OpenView):
    throttle_classes = (AddressThrottle,)

    @extend_schema(request=RefreshSerializer, responses=PairSerializer, tags=["auth"], operation_id="auth_refresh")
    def post(self, request: Request) -> Response:
        """Exchange a refresh token, which works once, for a new pair.

        The same client may repeat the exchange for some seconds: it gets a pair with the same new refresh token.
        """
        pair = rotate(self.body(RefreshSerializer)["refresh"], client=client_of(request._request))
        return Response(PairSerializer(pair).data)


class LogoutView(ReadsBody):
    required_permissions = {"post": SIGNED_IN}

    @extend_schema(request=LogoutSerializer, responses={204: None}, tags=["auth"], operation_id="auth_logout")
    def post(self, request: Request) -> Response:
        """Sign out: neither the access nor the refresh token of this signing-in works any more."""
        user = cast(User, request.user)
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
        """Who is signed in, and what the role allows."""
        return Response(UserSerializer(cast(User, request.user)).data)


class TicketView(ReadsBody):
    required_permissions = {"post": Permission.VIEW_EVENTS}

    @extend_schema(request=EmptySerializer, responses=TicketSerializer, tags=["auth"], operation_id="auth_ws_ticket")
    def post(self, request: Request) -> Response:
        """A ticket that opens the event socket once, within seconds."""
        self.body(EmptySerializer)
        ticket, expires_in = issue_ticket(credential_of(request))
        return Response({"ticket": ticket, "expires_in": expires_in})
