"""Middleware that blurs places and writes times depending on the account of the request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from rest_framework_simplejwt.tokens import Token

from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import sees_everything
from smartscheduler.core.formatting import DEFAULT_CLOCK, Clock, reading_clock
from smartscheduler.core.geo.blur import blurring


class BlurredPlacesMiddleware:
    """Blurs all places for users without permission for exact places.

    The account is read lazily, when a place is read: the API authenticates inside the view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with blurring(lambda: not sees_everything(getattr(request, "user", None))):
            return self.get_response(request)


class ClockMiddleware:
    """Writes times with the clock that the user has chosen. Read lazily, as in BlurredPlacesMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with reading_clock(lambda: _clock_of(request)):
            return self.get_response(request)


def _clock_of(request: HttpRequest) -> Clock:
    """The clock of the signed-in user; the default for API tokens, so that programs get one form of text."""
    user = getattr(request, "user", None)
    if isinstance(getattr(request, "auth", None), Token) or not isinstance(user, User):
        return DEFAULT_CLOCK
    return Clock(user.clock)
