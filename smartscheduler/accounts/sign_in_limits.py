"""How often somebody may try to sign in, whatever the outcome; counted in Valkey, for all processes together.

Behind it stand the failures that axes counts by account and address (smartscheduler.accounts.axes_hooks): they hold
without Valkey too. What is counted here stops those who try one password at many accounts, or come from many addresses.
"""

import hashlib
import math
from typing import Any

from axes.models import AccessLog
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from limits import RateLimitItemPerMinute
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from smartscheduler.accounts.password_validators import LONGEST_PASSWORD
from smartscheduler.core.email_addresses import account_key
from smartscheduler.core.http.client_networks import network_of
from smartscheduler.core.http.rate_limits import counted

ACCOUNT_MINUTES = 10


class CountingBackend:
    """The first of AUTHENTICATION_BACKENDS: signs nobody in, and lets no more attempts through than settings allow.

    An address from which an account has signed in before is not kept out by what others do to that account.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> None:
        """Raises PermissionDenied; after too many attempts smartscheduler.accounts.axes_hooks answers with 429.

        A password that is too long to be one is refused here, before a later backend hashes it.
        """
        if password is not None and len(password) > LONGEST_PASSWORD:
            raise PermissionDenied
        if request is None or not username or not settings.RATE_LIMITS:
            return
        name = account_key(username)
        wait = _of_address("sign-ins", request) or _at_account(request, name)
        if wait:
            request.axes_locked_out = True  # type: ignore[attr-defined]  # the middleware of axes looks at it
            request.attempt_again_after = math.ceil(wait)  # type: ignore[attr-defined]
            raise PermissionDenied


class AddressThrottle(BaseThrottle):
    """For calls of the API that need no account: so many a minute from one address."""

    _wait = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        if settings.RATE_LIMITS:
            self._wait = _of_address(type(view).__name__, request._request)
        return not self._wait

    def wait(self) -> float:
        return self._wait


def _of_address(what: str, request: HttpRequest) -> float:
    """Seconds until the address may try again; 0 when it may now."""
    item = RateLimitItemPerMinute(settings.SIGN_IN_LIMITS["address"], namespace=what)
    count = counted(item, network_of(request.META.get("REMOTE_ADDR", "")))
    return 0.0 if count is None or count.allowed else max(count.wait, 1.0)


def _at_account(request: HttpRequest, name: str) -> float:
    item = RateLimitItemPerMinute(settings.SIGN_IN_LIMITS["account"], ACCOUNT_MINUTES, namespace="sign-ins-at")
    count = counted(item, hashlib.sha256(name.encode()).hexdigest())
    if count is None or count.allowed or _has_been_here(request, name):
        return 0.0
    return max(count.wait, 1.0)


def _has_been_here(request: HttpRequest, name: str) -> bool:
    return AccessLog.objects.filter(username=name, ip_address=request.META.get("REMOTE_ADDR") or None).exists()
