"""What a request's account decides for everything that the request works out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from smartscheduler.accounts.visibility import sees_everything
from smartscheduler.core.geo.blur import blurring


class BlurredPlacesMiddleware:
    """Blur every place for a reader who may not see them all exactly.

    The account is looked up late, when a place is read: the API signs in inside the view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with blurring(lambda: not sees_everything(getattr(request, "user", None))):
            return self.get_response(request)
