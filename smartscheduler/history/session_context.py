"""Author of database changes, passed to PostgreSQL as a setting of the transaction.

The history triggers cannot see the request, so they read the author from a setting. Services send it when they start
their transaction (smartscheduler.core.db.transactions). For all other INSERT, UPDATE and DELETE statements of Django, a
wrapper sends it in front, in the same network message. The setting is local to the transaction (`set_config(…, true)`),
so that a pooled connection never keeps an author. Neither way costs a round trip. Changes made outside Django, for
example with psql, have no author and are shown as direct database access.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg import ClientCursor, sql

from smartscheduler.core.actors import Source, author, current
from smartscheduler.core.db.transactions import on_transaction

# Setting that the triggers of pghistory read.
SETTING = "pghistory.context_metadata"
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH")


class SessionActor(NamedTuple):
    """The author already sent in the current transaction: source, function that returns the user, and SQL."""

    source: Source | None
    person: Callable[[], Any]
    expression: str


_actor_set: ContextVar[SessionActor | None] = ContextVar("history_actor_set", default=None)


@contextmanager
def set_actor_once() -> Iterator[str]:
    """Yield the SQL expression that sets the author, for the start of a transaction. Writes inside do not send it."""
    outer, now = _actor_set.get(), SessionActor(*current(), _set_config())
    token = _actor_set.set(now)
    try:
        yield now.expression
    finally:
        _actor_set.reset(token)
        if outer and outer.expression != now.expression:
            _actor_set.set(None)  # the outer transaction must send its author again


def sign(execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Execute wrapper of Django: sends the author in front of statements that write."""
    if not _writes(statement) or _knows() or not isinstance(context["cursor"].cursor, ClientCursor):
        return execute(statement, params, many, context)
    _actor_set.set(None)  # the author sent at the start of the transaction is outdated
    if many:
        # executemany sends one message per row. Inside a transaction, one statement before them is sufficient.
        with context["connection"].cursor() as cursor:
            cursor.execute(f"SELECT {_set_config()}")
        return execute(statement, params, many, context)
    answer = execute(f"SELECT {_set_config()}; {statement}", params, many, context)
    while answer is not None and answer.nextset():
        pass
    return answer


def _writes(statement: Any) -> bool:
    return isinstance(statement, str) and statement.lstrip()[:6].upper().startswith(WRITES)


def _knows() -> bool:
    known, (source, person) = _actor_set.get(), current()
    return known is not None and known.person is person and known.source is source


def _set_config() -> str:
    """SQL expression that sets the author. Percent signs are escaped, because psycopg would read them as parameters."""
    text = json.dumps(author()).replace("%", "\\u0025")
    return f"set_config('{SETTING}', {sql.quote(text)}, true)"


def install() -> None:
    on_transaction(set_actor_once)
    connection_created.connect(_wrap, dispatch_uid="history")


def _wrap(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Insert `sign` as the first wrapper: temporary wrappers are pushed to and popped from the end of the list."""
    if sign not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, sign)
