"""Pending sign-in between password and code. The session stores the account but is not signed in yet.

Pages, the API and the socket read the user from Django's own session keys, so for them the session is anonymous.
"""

import time

from django.contrib.auth import BACKEND_SESSION_KEY, login, logout
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from smartscheduler.accounts.models import User

KEY = "second_factor"
# Long enough to find the phone.
SECONDS = 300


def stop_halfway(request: HttpRequest, user: User) -> None:
    """Start a pending sign-in after a correct password. Signs out the previous user and renews the session key."""
    backend = getattr(user, "backend", None) or request.session[BACKEND_SESSION_KEY]
    logout(request)
    request.session[KEY] = {"user": str(user.pk), "backend": backend, "at": time.time(), "seal": _seal(user)}


def halfway(request: HttpRequest) -> User | None:
    """The user of the pending sign-in. None if there is none, it timed out, or the account has changed since."""
    pending = request.session.get(KEY)
    if not pending or time.time() - pending["at"] > SECONDS:
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    return user if user and constant_time_compare(pending["seal"], _seal(user)) else None


def enter(request: HttpRequest, user: User) -> None:
    """Complete the pending sign-in after a correct code. The session gets a new key."""
    login(request, user, backend=request.session.pop(KEY)["backend"])


def _seal(user: User) -> str:
    """Keyed hash that changes with the password and with the second factor, to invalidate a pending sign-in."""
    state = f"{user.password}:{user.second_factor_at}"
    return salted_hmac("smartscheduler.halfway", state, algorithm="sha256").hexdigest()
