"""Idempotent POST requests: key, work and response are stored in one transaction.

A second request with the same key waits for that transaction. It then finds the stored response, or no key if the
first request failed: a process that dies halfway leaves nothing behind. Refusals change nothing and are not stored,
so the same request can succeed later.

An action that commits several transactions of its own can't be in one. It is safe to repeat, and its response is stored
after it: a request that died halfway goes on when it is repeated.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, cast

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
KEPT_HEADERS = ("ETag", "Location")
TAKE = """
INSERT INTO idempotency_keptanswer (user_id, key, fingerprint, status, headers, body, created_at)
VALUES (%s, %s, %s, 0, '{}', '', %s) ON CONFLICT DO NOTHING
"""


class KeyReused(DomainError):
    code = "idempotency-key-reused"


def key_reused() -> KeyReused:
    message = gettext("This key was used for a different request. Use a new key for each request.")
    return KeyReused(message, errors={HEADER: [message]})


class IdempotencyMixin(APIView):
    """View mixin: every POST may have an `Idempotency-Key`.

    `several_transactions` names the actions that commit more than one transaction. Each must be safe to repeat.
    """

    several_transactions: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if HEADER in request.headers and request.method == "POST":
            is_one = getattr(self, "action", None) not in self.several_transactions
            around_handler(self, request, partial(_run_once, _in_one_transaction if is_one else _stored_after))


def _run_once(
    run: Callable[..., HttpResponse | Response],
    handler: Callable[..., Response],
    request: Request,
    *args: Any,
    **kwargs: Any,
) -> HttpResponse | Response:
    key = request.headers[HEADER]
    if not KEY.match(key):
        message = gettext("Enter 1 to 255 visible ASCII characters without spaces, such as a UUID.")
        raise InvalidInput.of(HEADER, message)
    return run(partial(handler, request, *args, **kwargs), cast(User, request.user), key, fingerprint_of(request))


def _in_one_transaction(
    handler: Callable[[], Response], user: User, key: str, fingerprint: str
) -> HttpResponse | Response:
    with transaction.atomic():
        if not take_key(user, key, fingerprint):
            return _replay(KeptAnswer.objects.get(user=user, key=key), fingerprint)
        response = handler()
        _store(user, key, response)
    return response


def _stored_after(handler: Callable[[], Response], user: User, key: str, fingerprint: str) -> HttpResponse | Response:
    """Two requests at the same time may both run; the second one finds nothing left to do."""
    present = KeptAnswer.objects.filter(user=user, key=key, created_at__gte=timezone.now() - KEPT_FOR).first()
    if present:
        return _replay(present, fingerprint)
    response = handler()
    if not getattr(response, "is_final", True):
        return response
    with transaction.atomic():
        if take_key(user, key, fingerprint):
            _store(user, key, response)
    return response


def _store(user: User, key: str, response: Response) -> None:
    KeptAnswer.objects.filter(user=user, key=key).update(
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        body="" if response.data is None else FastJSONRenderer().render(response.data).decode(),
    )


def fingerprint_of(request: Request) -> str:
    content = f"{request.method} {request.get_full_path()}\n".encode() + request._request.body
    return hashlib.sha256(content).hexdigest()


def take_key(user: User, key: str, fingerprint: str) -> bool:
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
        raise key_reused()
    headers = {**stored.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(stored.body, status=stored.status, content_type="application/json", headers=headers)
