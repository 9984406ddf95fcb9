"""Telling PostgreSQL who writes.

The triggers of the history cannot see a request. So the services say who writes when they begin their transaction
(smartscheduler.core.db.transactions), and every other INSERT, UPDATE or DELETE that Django sends says it in front, in
the same message; either holds for that transaction only, and costs no statement. Reads say nothing. What never passes
through Django, such as psql, has no author: it is the database, directly.
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

# pghistory's triggers read it.
SETTING = "pghistory.context_metadata"
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH")


class SessionActor(NamedTuple):
    """What the present transaction knows already: the source, the person meant, and the SQL."""

    source: Source | None
    person: Callable[[], Any]
    expression: str


_actor_set: ContextVar[SessionActor | None] = ContextVar("history_actor_set", default=None)


@contextmanager
def set_actor_once() -> Iterator[str]:
    """For an open transaction: an expression in SQL that tells who writes, to be sent first; writes inside need not."""
    outer, now = _actor_set.get(), SessionActor(*current(), _set_config())
    token = _actor_set.set(now)
    try:
        yield now.expression
    finally:
        _actor_set.reset(token)
        if outer and outer.expression != now.expression:
            _actor_set.set(None)  # the transaction around has to be told anew


def sign(execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's wrapper of every statement: puts the author in front of those that write."""
    if not _writes(statement) or _knows() or not isinstance(context["cursor"].cursor, ClientCursor):
        return execute(statement, params, many, context)
    _actor_set.set(None)  # what was said when the transaction began holds no longer
    if many:
        # Many at once are sent one by one; inside a transaction it is enough to say it before.
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
    """The author as SQL; a per cent sign would be taken for a parameter."""
    text = json.dumps(author()).replace("%", "\\u0025")
    return f"set_config('{SETTING}', {sql.quote(text)}, true)"


def install() -> None:
    on_transaction(set_actor_once)
    connection_created.connect(_wrap, dispatch_uid="history")


def _wrap(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """First of the wrappers: those that come and go take themselves off the end."""
    if sign not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, sign)
