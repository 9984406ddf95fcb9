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

from smartscheduler.core.actors import Door, author, present
from smartscheduler.core.db.transactions import on_transaction

# pghistory's triggers read it.
SETTING = "pghistory.context_metadata"
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH")


class Said(NamedTuple):
    """What the present transaction knows already: the door and the person meant, and the words."""

    door: Door | None
    person: Callable[[], Any]
    words: str


_said: ContextVar[Said | None] = ContextVar("history_said", default=None)


@contextmanager
def said_once() -> Iterator[str]:
    """For an open transaction: an expression in SQL that tells who writes, to be sent first; writes inside need not."""
    outer, now = _said.get(), Said(*present(), _words())
    token = _said.set(now)
    try:
        yield now.words
    finally:
        _said.reset(token)
        if outer and outer.words != now.words:
            _said.set(None)  # the transaction around has to be told anew


def sign(execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's wrapper of every statement: puts the author in front of those that write."""
    if not _writes(statement) or _knows() or not isinstance(context["cursor"].cursor, ClientCursor):
        return execute(statement, params, many, context)
    _said.set(None)  # what was said when the transaction began holds no longer
    if many:
        # Many at once are sent one by one; inside a transaction it is enough to say it before.
        with context["connection"].cursor() as cursor:
            cursor.execute(f"SELECT {_words()}")
        return execute(statement, params, many, context)
    answer = execute(f"SELECT {_words()}; {statement}", params, many, context)
    while answer is not None and answer.nextset():
        pass
    return answer


def _writes(statement: Any) -> bool:
    return isinstance(statement, str) and statement.lstrip()[:6].upper().startswith(WRITES)


def _knows() -> bool:
    said, (door, person) = _said.get(), present()
    return said is not None and said.person is person and said.door is door


def _words() -> str:
    """The author as SQL; a per cent sign would be taken for a parameter."""
    text = json.dumps(author()).replace("%", "\\u0025")
    return f"set_config('{SETTING}', {sql.quote(text)}, true)"


def listen() -> None:
    on_transaction(said_once)
    connection_created.connect(_wrap, dispatch_uid="history")


def _wrap(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """First of the wrappers: those that come and go take themselves off the end."""
    if sign not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, sign)
