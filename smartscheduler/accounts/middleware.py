"""Middleware that blurs places depending on the account of the request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from smartscheduler.accounts.visibility import sees_everything
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
