"""Context variables for the author and the source of a change, read by the history and the audit log."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import structlog

LONGEST_NAME = 200


class Actor(Protocol):
    """The part of an account that the history and the audit log need. Neither imports the accounts app."""

    @property
    def pk(self) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def role(self) -> str: ...


class Source(NamedTuple):
    """The entry point of a change. `kind`: back-office, API, page, task, command, or script."""

    kind: str
    name: str
    address: str = ""


_source: ContextVar[Source | None] = ContextVar("history_source", default=None)
_person: ContextVar[Callable[[], Any]] = ContextVar("history_person", default=lambda: None)


@contextmanager
def source(kind: str, name: str, person: Callable[[], Any] | None = None, *, address: str = "") -> Iterator[None]:
    """Set the source of all writes inside. `person` returns the author; it is called at the first write only."""
    source = _source.set(Source(kind, name[:LONGEST_NAME], address))
    asked = _person.set(person or _person.get())
    try:
        yield
    finally:
        _person.reset(asked)
        _source.reset(source)


@contextmanager
def acting(person: Actor | None) -> Iterator[None]:
    """Set the author of all writes inside to `person`; None keeps the present author."""
    if person is None:
        yield
        return
    token = _person.set(lambda: person)
    try:
        yield
    finally:
        _person.reset(token)


def author() -> dict[str, str]:
    """The present author as strings: `user` (id) and `name` of a person, `door` (kind of the source), `at`, `request`.

    `user`, `name`, and `request` are left out when they are unknown. The history stores this dictionary.
    """
    source = _source.get() or _source_of_process()
    actor = {"door": source.kind, "at": source.name}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        actor["request"] = str(request_id)
    if (person := _current_person()) is not None and person.pk:
        actor |= {"user": str(person.pk), "name": str(person)}
    return {key: storable(text) for key, text in actor.items()}


def address() -> str:
    """The network address of the client; empty outside requests. The history does not store it."""
    source = _source.get()
    return source.address if source else ""


def storable(text: str) -> str:
    """`text` without NUL characters and lone surrogates, which PostgreSQL cannot store in JSON."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _current_person() -> Any:
    """The present author.

    Looking up the author may delete an expired session, which is itself a write. During the look-up the author is
    None, so that this write does not start another look-up.
    """
    ask = _person.get()
    token = _person.set(lambda: None)
    try:
        return ask()
    finally:
        _person.reset(token)


def _source_of_process() -> Source:
    program, *arguments = [Path(sys.argv[0]).name, *sys.argv[1:]]
    if program in {"manage.py", "django-admin"} and arguments:
        return Source("command", arguments[0][:LONGEST_NAME])
    return Source("script", program[:LONGEST_NAME] or "python")


def current() -> tuple[Source | None, Callable[[], Any]]:
    """The source and the function that returns the author, as a key: equal values mean the same author."""
    return _source.get(), _person.get()
