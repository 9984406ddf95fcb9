"""Is the process alive, and can it do its work? For load balancers and container engines."""

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

# Whoever asks has given up after five seconds; a server that is cut off may leave us waiting for ten.
PATIENCE_SECONDS = 3.0
POOL_SECONDS = 1.0
# How long an answer about writes is given again: many who ask must not make PostgreSQL write all the time.
WRITES_SECONDS = 5.0
IN_RECOVERY = "SELECT pg_is_in_recovery()"

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """Whether a check holds; if not, which queues it is about, when it is about queues."""

    holds: bool
    late_queues: tuple[str, ...] = ()


FAILED = Answer(False)


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 without a primary database; 200 otherwise, `degraded` while another check fails.

    All web processes share one database, one Valkey and the workers: sending the traffic elsewhere would take reading
    away too (docs/adr/027). What has not answered within three seconds counts as failed.
    """
    answers = examine()
    checks = {name: "ok" if answer.holds else "failed" for name, answer in answers.items()}
    status = "failed" if not answers["database"].holds else "degraded" if "failed" in checks.values() else "ok"
    body = {"status": status, "checks": checks, "late_queues": list(answers["workers"].late_queues)}
    return JsonResponse(body, status=503 if status == "failed" else 200)


def examine() -> dict[str, Answer]:
    """The answer to every question, after PATIENCE_SECONDS at most."""
    asked = {name: question.ask() for name, question in QUESTIONS.items()}
    wait(asked.values(), timeout=PATIENCE_SECONDS)
    return {name: answer.result() if answer.done() else FAILED for name, answer in asked.items()}


class Question:
    """Asked in a thread of its own, and not again before there is an answer: many who ask wait for the same one.

    An answer is given again for `fresh` seconds. `ask` returns None, False or the names of late queues.
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
        """Ask anew the next time."""
        self._answer = None

    def _find(self) -> Answer:
        error = ""
        try:
            found = self._ask()
        except Exception as raised:  # whatever is wrong, the answer is no
            found, error = False, repr(raised)
        finally:
            connection.close()  # this thread's own
        late = tuple(found) if isinstance(found, list) else ()
        answer = Answer(found is not False and not late, late)
        if answer.holds != self._held:
            self._held = answer.holds
            say = log.info if answer.holds else log.warning
            say("readiness_changed", check=self._ask.__name__, holds=answer.holds, late_queues=list(late), error=error)
        return answer


def database() -> bool:
    """A primary answers. A pool that is merely busy is no failure: then a new connection tells."""
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
    """Valkey takes writes: a replica and one without memory answer PING, too."""
    valkey().set(redis_key("written"), "1", ex=60)


def relay() -> bool:
    """A relay is active, and no event waits for its number."""
    return is_relay_active() and not lag().is_late


QUESTIONS = {
    "database": Question(database),
    "writes": Question(check_writes, fresh=WRITES_SECONDS),
    "valkey": Question(redis_writes),
    "events": Question(relay),
    "workers": Question(heartbeats.late_queues),
}
