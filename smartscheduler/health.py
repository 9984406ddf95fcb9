"""Is the process alive, and can it do its work? For load balancers and container engines."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import psycopg
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from smartscheduler.events.lag import lag
from smartscheduler.valkey import valkey

# Whoever asks has given up after five seconds; a server that is cut off may leave us waiting for ten.
PATIENCE_SECONDS = 3.0
POOL_SECONDS = 1.0


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """503 without the database; 200 otherwise, `degraded` while Valkey is away or events wait for a relay.

    Bookings and rankings need the database alone: sending the traffic elsewhere would help nobody. What has not
    answered within three seconds counts as failed.
    """
    asked = {name: question.ask() for name, question in QUESTIONS.items()}
    wait(asked.values(), timeout=PATIENCE_SECONDS)
    checks = {name: answer.done() and answer.result() for name, answer in asked.items()}
    status = "failed" if not checks["database"] else "ok" if all(checks.values()) else "degraded"
    named = {name: "ok" if holds else "failed" for name, holds in checks.items()}
    return JsonResponse({"status": status, "checks": named}, status=503 if status == "failed" else 200)


class Question:
    """Asked in a thread of its own, and not again before there is an answer: many who ask wait for the same one."""

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self._asking = threading.Lock()
        self._answer: Future[bool] | None = None

    def ask(self) -> "Future[bool]":
        with self._asking:
            if self._answer is None or self._answer.done():
                self._answer = self._thread.submit(_holds, self._ask)
            return self._answer


def _holds(ask: Callable[[], object]) -> bool:
    try:
        return ask() is not False
    except Exception:  # whatever is wrong, the answer is no
        return False
    finally:
        connection.close()  # this thread's own


def _ask_database() -> None:
    """A pool that is merely busy is no failure: then a new connection tells whether PostgreSQL is there for us."""
    pool = getattr(connection, "pool", None)
    if pool is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return
    pool.open()
    try:
        with pool.connection(timeout=POOL_SECONDS) as session:
            session.execute("SELECT 1")
    except psycopg.OperationalError:
        psycopg.connect(**connection.get_connection_params()).close()


def _ask_valkey() -> None:
    valkey().ping()


def _ask_relay() -> bool:
    return not lag().is_late


QUESTIONS = {
    "database": Question(_ask_database),
    "valkey": Question(_ask_valkey),
    "events": Question(_ask_relay),
}
