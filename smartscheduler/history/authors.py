"""Who is changing something, and through which door: what PostgreSQL is told with every write.

The triggers of the history cannot see a request. So the services say who writes when they begin their transaction
(smartscheduler.transactions), and every other INSERT, UPDATE or DELETE that Django sends says it in front, in the same
message; either holds for that transaction only, and costs no statement. Reads say nothing. What never passes through
Django, such as psql, has no author: it is the database, directly.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse
from psycopg import ClientCursor, sql

if TYPE_CHECKING:
    from smartscheduler.accounts.models import User

# pghistory's triggers read it.
SETTING = "pghistory.context_metadata"
WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "WITH")
LONGEST_NAME = 200


class Door(NamedTuple):
    """Where a change comes in: `kind` is back-office, API, page, task, command or script."""

    kind: str
    name: str


_door: ContextVar[Door | None] = ContextVar("history_door", default=None)
_person: ContextVar[Callable[[], Any]] = ContextVar("history_person", default=lambda: None)


class Said(NamedTuple):
    """What the present transaction knows already: the door and the person meant, and the words."""

    door: Door | None
    person: Callable[[], Any]
    words: str


_said: ContextVar[Said | None] = ContextVar("history_said", default=None)


@contextmanager
def through(kind: str, name: str, person: Callable[[], Any] | None = None) -> Iterator[None]:
    """What is written inside comes through this door; `person` is asked at the first write, not before."""
    door = _door.set(Door(kind, name[:LONGEST_NAME]))
    asked = _person.set(person or _person.get())
    try:
        yield
    finally:
        _person.reset(asked)
        _door.reset(door)


@contextmanager
def acting(person: "User | None") -> Iterator[None]:
    """What is written inside is written by `person`; by whoever it was before when there is none."""
    if person is None:
        yield
        return
    token = _person.set(lambda: person)
    try:
        yield
    finally:
        _person.reset(token)


class AuthorMiddleware:
    """The door of a request. Its person is known when something is written: a token is read by the view itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        kind = next((kind for start, kind in DOORS.items() if request.path_info.startswith(start)), "page")
        with through(kind, f"{request.method} {request.path_info}", lambda: getattr(request, "user", None)):
            return self.get_response(request)


DOORS = {"/admin/": "back-office", "/api/": "API"}


def author() -> dict[str, str]:
    """Who is writing now: `user` (id) and `name` when it is a person, `door` and `at`, and `request` when in one."""
    door = _door.get() or _door_of_process()
    found = {"door": door.kind, "at": door.name}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        found["request"] = str(request_id)
    if (person := _whoever()) is not None and person.pk:
        found |= {"user": str(person.pk), "name": str(person)}
    return found


def _whoever() -> Any:
    """The person. Finding out may end a stale session, which is a write: that one is nobody's."""
    ask = _person.get()
    token = _person.set(lambda: None)
    try:
        return ask()
    finally:
        _person.reset(token)


def _door_of_process() -> Door:
    program, *arguments = [Path(sys.argv[0]).name, *sys.argv[1:]]
    if program in {"manage.py", "django-admin"} and arguments:
        return Door("command", arguments[0][:LONGEST_NAME])
    return Door("script", program[:LONGEST_NAME] or "python")


@contextmanager
def said_once(say: Callable[[str], Any]) -> Iterator[None]:
    """Tell an open transaction who writes, by one call of `say` with an expression in SQL; writes inside need not."""
    outer, now = _said.get(), Said(_door.get(), _person.get(), _words())
    say(now.words)
    token = _said.set(now)
    try:
        yield
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
    said = _said.get()
    return said is not None and said.person is _person.get() and said.door is _door.get()


def _words() -> str:
    """The author as SQL. JSON in PostgreSQL has no NUL; a per cent sign would be taken for a parameter."""
    text = json.dumps(author()).replace("\\u0000", "").replace("%", "\\u0025")
    return f"set_config('{SETTING}', {sql.quote(text)}, true)"


def listen() -> None:
    connection_created.connect(_wrap, dispatch_uid="history")


def _wrap(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """First of the wrappers: those that come and go take themselves off the end."""
    if sign not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, sign)
