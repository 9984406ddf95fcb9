"""Liveness and readiness endpoints for load balancers and container engines."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

import psycopg
import structlog
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from smartscheduler.core.observability.metrics import heartbeats
from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key
from smartscheduler.events.lag import is_relay_active, lag
from smartscheduler.ops.write_probe import check_writes

# Clients give up after five seconds, and an unreachable server can take ten.
PATIENCE_SECONDS = 3.0
POOL_SECONDS = 1.0
# How long the result of the write check is reused, so that frequent requests do not cause constant writes.
WRITES_SECONDS = 5.0
IN_RECOVERY = "SELECT pg_is_in_recovery()"

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """Whether a check passes, and the late queues of the check of the workers."""

    holds: bool
    late_queues: tuple[str, ...] = ()


FAILED = Answer(False)


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 while the process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 without a primary database; 200 otherwise, `degraded` while another check fails.

    All web processes share one database, one Valkey, and the workers, so routing traffic to another process would not
    help and would make reading impossible too (docs/adr/027). A check without an answer in PATIENCE_SECONDS has failed.
    """
    answers = examine()
    checks = {name: "ok" if answer.holds else "failed" for name, answer in answers.items()}
    status = "failed" if not answers["database"].holds else "degraded" if "failed" in checks.values() else "ok"
    body = {"status": status, "checks": checks, "late_queues": list(answers["workers"].late_queues)}
    return JsonResponse(body, status=503 if status == "failed" else 200)


def examine() -> dict[str, Answer]:
    """The answers of all checks, after at most PATIENCE_SECONDS."""
    asked = {name: question.ask() for name, question in QUESTIONS.items()}
    wait(asked.values(), timeout=PATIENCE_SECONDS)
    return {name: answer.result() if answer.done() else FAILED for name, answer in asked.items()}


class Question:
    """A check that runs in its own thread, at most once at a time: concurrent requests wait for the same answer.

    An answer is reused for `fresh` seconds. `ask` returns None, False, or the names of late queues.
    """

    def __init__(self, ask: Callable[[], object], *, fresh: float = 0.0) -> None:
        self._ask = ask
        self._fresh = fresh
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._asking = threading.Lock()
        self._answer: Future[Answer] | None = None
        self._old_at = 0.0
        self._held = True

    def ask(self) -> "Future[Answer]":
        with self._asking:
            if self._answer is None or (self._answer.done() and time.monotonic() >= self._old_at):
                self._old_at = time.monotonic() + self._fresh
                self._answer = self._thread.submit(self._find)
            return self._answer

    def forget(self) -> None:
        """Discard the stored answer."""
        self._answer = None

    def _find(self) -> Answer:
        error = ""
        try:
            result = self._ask()
        except Exception as raised:  # any error counts as a failed check
            result, error = False, repr(raised)
        finally:
            connection.close()  # the connection of this thread
        late = tuple(result) if isinstance(result, list) else ()
        answer = Answer(result is not False and not late, late)
        if answer.holds != self._held:
            self._held = answer.holds
            say = log.info if answer.holds else log.warning
            say("readiness_changed", check=self._ask.__name__, holds=answer.holds, late_queues=list(late), error=error)
        return answer


def database() -> bool:
    """Whether a primary answers. When all pooled connections are busy, a new connection is used."""
    pool = getattr(connection, "pool", None)
    if pool is None:
        with connection.cursor() as cursor:
            cursor.execute(IN_RECOVERY)
            return not cursor.fetchone()[0]
    pool.open()
    try:
        with pool.connection(timeout=POOL_SECONDS) as session:
            return _is_primary(session)
    except psycopg.OperationalError:
        with psycopg.connect(**connection.get_connection_params()) as session:
            return _is_primary(session)


def _is_primary(session: psycopg.Connection) -> bool:
    row = session.execute(IN_RECOVERY).fetchone()
    return row is not None and not row[0]


def redis_writes() -> None:
    """Write to Valkey. PING is not enough: a replica and a full server answer it too."""
    valkey().set(redis_key("written"), "1", ex=60)


def relay() -> bool:
    """Whether a relay is active and not late."""
    return is_relay_active() and not lag().is_late


QUESTIONS = {
    "database": Question(database),
    "writes": Question(check_writes, fresh=WRITES_SECONDS),
    "valkey": Question(redis_writes),
    "events": Question(relay),
    "workers": Question(heartbeats.late_queues),
}
