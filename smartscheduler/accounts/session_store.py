"""Browser sessions with an account and an expiry (SESSION_ENGINE).

A session ends after settings.SESSION_IDLE_MINUTES without use, and settings.SESSION_LONGEST_HOURS after sign-in in any
case. Both limits apply wherever a session is read: in requests, in WebSocket handshakes, and in later checks of open
sockets.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

from django.apps import apps
from django.conf import settings
from django.contrib.auth import SESSION_KEY, user_logged_in
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from smartscheduler.accounts.models import BrowserSession

BEGAN, SEEN, NAME = "began", "seen", "name"
# The last use is stored at most once a minute, not with each request.
GRAIN_SECONDS = 60


class SessionStore(DatabaseStore):
    """Django's database store, with the account and a limited lifetime in each row."""

    @classmethod
    def get_model_class(cls) -> "type[BrowserSession]":
        return apps.get_model("accounts.BrowserSession")

    def cycle_key(self) -> None:
        self.pop(NAME, None)  # the new key gets a new row with its own public id
        super().cycle_key()

    def create_model_instance(self, data: dict[str, Any]) -> "BrowserSession":
        if SESSION_KEY in data:
            data.setdefault(BEGAN, int(time.time()))
            data.setdefault(NAME, str(uuid4()))
        session = cast("BrowserSession", super().create_model_instance(data))
        if SESSION_KEY in data:
            session.user_id, session.public_id = data[SESSION_KEY], UUID(data[NAME])
            session.began_at = datetime.fromtimestamp(data[BEGAN], tz=UTC)
            longest = timedelta(hours=settings.SESSION_LONGEST_HOURS)
            session.expire_date = min(session.expire_date, session.began_at + longest)
        return session


@receiver(user_logged_in)
def begin(request: HttpRequest, **_: Any) -> None:
    """Start the lifetime of the session at sign-in, also for a session that existed before."""
    if hasattr(request, "session") and SESSION_KEY in request.session:
        request.session[BEGAN] = request.session[SEEN] = int(time.time())
        request.session[NAME] = str(uuid4())


class SeenMiddleware:
    """Records the last use of a session. Must run inside Django's SessionMiddleware, which saves the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session, now = request.session, int(time.time())
        if session.accessed and SESSION_KEY in session and now - session.get(SEEN, 0) >= GRAIN_SECONDS:
            session[SEEN] = now
        return response
