"""Idempotent POST requests: key, work and response are stored in one transaction.

A second request with the same key waits for that transaction. It then finds the stored response, or no key if the
first request failed: a process that dies halfway leaves nothing behind. Refusals change nothing and are not stored,
so the same request can succeed later.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from smartscheduler.accounts.models import User
from smartscheduler.core.db.transactions import lock_timeout, refuse
from smartscheduler.core.rest.renderers import FastJSONRenderer
from smartscheduler.core.rest.views import around_handler
from smartscheduler.errors import DomainError, InvalidInput
from smartscheduler.idempotency.models import KeptAnswer

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)
# How long the second of two identical requests waits, in multiples of the lock time-out: the first one may itself
# wait for several locks before it ends.
WAIT_IN_LOCK_TIMEOUTS = 5
KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
KEPT_HEADERS = ("ETag",)
TAKE = """
INSERT INTO idempotency_keptanswer (user_id, key, fingerprint, status, headers, body, created_at)
VALUES (%s, %s, %s, 0, '{}', '', %s) ON CONFLICT DO NOTHING
"""


class KeyReused(DomainError):
    code = "idempotency-key-reused"


class IdempotencyMixin(APIView):
    """View mixin: every POST may have an `Idempotency-Key`."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if HEADER in request.headers and request.method == "POST":
            around_handler(self, request, _run_once)


def _run_once(handler: Callable[..., Response], request: Request, *args: Any, **kwargs: Any) -> HttpResponse | Response:
    key = request.headers[HEADER]
    if not KEY.match(key):
        message = gettext("Enter 1 to 255 visible ASCII characters without spaces, such as a UUID.")
        raise InvalidInput.of(HEADER, message)
    user, fingerprint = cast(User, request.user), _fingerprint(request)
    with transaction.atomic():
        if not _take(user, key, fingerprint):
            return _replay(KeptAnswer.objects.get(user=user, key=key), fingerprint)
        response = handler(request, *args, **kwargs)
        KeptAnswer.objects.filter(user=user, key=key).update(
            status=response.status_code,
            headers={name: response[name] for name in KEPT_HEADERS if name in response},
            body="" if response.data is None else FastJSONRenderer().render(response.data).decode(),
        )
    return response


def _fingerprint(request: Request) -> str:
    content = f"{request.method} {request.get_full_path()}\n".encode() + request._request.body
    return hashlib.sha256(content).hexdigest()


def _take(user: User, key: str, fingerprint: str) -> bool:
    """Insert the key and return whether it was free. Waits for a concurrent request with the same key."""
    now = timezone.now()
    KeptAnswer.objects.filter(user=user, key=key, created_at__lt=now - KEPT_FOR).delete()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [lock_timeout(WAIT_IN_LOCK_TIMEOUTS)])
            cursor.execute(TAKE, [user.pk, key, fingerprint, now])
            return bool(cursor.rowcount)
    except DatabaseError as error:
        refuse(error)


def _replay(stored: KeptAnswer, fingerprint: str) -> HttpResponse:
    if stored.fingerprint != fingerprint:
        message = gettext("This key was used for a different request. Use a new key for each request.")
        raise KeyReused(message, errors={HEADER: [message]})
    headers = {**stored.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(stored.body, status=stored.status, content_type="application/json", headers=headers)
