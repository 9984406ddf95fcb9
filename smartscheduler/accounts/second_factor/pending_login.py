"""Between the password and the code: the session knows who it may become, and is nobody's until then.

Pages, the API and the socket ask Django whose session it is, and are told nobody's.
"""

import time

from django.contrib.auth import BACKEND_SESSION_KEY, login, logout
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from smartscheduler.accounts.models import User

KEY = "second_factor"
# Long enough to find the telephone.
SECONDS = 300


def stop_halfway(request: HttpRequest, user: User) -> None:
    """`user` has given the right password. Whoever was signed in here before is not any more; the key is a new one."""
    backend = getattr(user, "backend", None) or request.session[BACKEND_SESSION_KEY]
    logout(request)
    request.session[KEY] = {"user": str(user.pk), "backend": backend, "at": time.time(), "seal": _seal(user)}


def halfway(request: HttpRequest) -> User | None:
    """Whose code is waited for; None when nobody's is, for too long, or the account has changed since."""
    said = request.session.get(KEY)
    if not said or time.time() - said["at"] > SECONDS:
        return None
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    return user if user and constant_time_compare(said["seal"], _seal(user)) else None


def enter(request: HttpRequest, user: User) -> None:
    """The code was right: the session is that of `user` from here on, under another key."""
    login(request, user, backend=request.session.pop(KEY)["backend"])


def _seal(user: User) -> str:
    """Breaks with a new password, and when a second factor is set up or removed meanwhile."""
    state = f"{user.password}:{user.second_factor_at}"
    return salted_hmac("smartscheduler.halfway", state, algorithm="sha256").hexdigest()
