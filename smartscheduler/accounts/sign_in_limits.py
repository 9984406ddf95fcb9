"""Limits of sign-in attempts, successful or not, counted in Valkey for all processes.

They stop attackers who try one password on many accounts or who use many addresses. In addition, django-axes counts
failures by account and address in the database (smartscheduler.accounts.axes_hooks), which also works without Valkey.
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
    """First entry of AUTHENTICATION_BACKENDS: limits the attempts and never signs a user in.

    The limit of an account does not apply to addresses from which the account has signed in before, so that an attack
    cannot lock out its owner.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> None:
        """Raises PermissionDenied. After too many attempts, smartscheduler.accounts.axes_hooks answers 429.

        An overlong password is refused here, before a later backend hashes it.
        """
        if password is not None and len(password) > LONGEST_PASSWORD:
            raise PermissionDenied
        if request is None or not username or not settings.RATE_LIMITS:
            return
        name = account_key(username)
        wait = _of_address("sign-ins", request) or _at_account(request, name)
        if wait:
            request.axes_locked_out = True  # type: ignore[attr-defined]  # read by the middleware of axes
            request.attempt_again_after = math.ceil(wait)  # type: ignore[attr-defined]
            raise PermissionDenied


class AddressThrottle(BaseThrottle):
    """Requests per minute and address for API endpoints without an account."""

    _wait = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        if settings.RATE_LIMITS:
            self._wait = _of_address(type(view).__name__, request._request)
        return not self._wait

    def wait(self) -> float:
        return self._wait


def _of_address(what: str, request: HttpRequest) -> float:
    """Seconds until the address can try again; 0 if it can now."""
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
