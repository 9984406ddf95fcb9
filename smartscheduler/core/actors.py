"""Who is changing something, and through which door: known wherever something is written, and asked only then."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import structlog

LONGEST_NAME = 200


class Actor(Protocol):
    """An account as history and audit know it; neither of them imports the accounts."""

    @property
    def pk(self) -> Any: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def role(self) -> str: ...


class Source(NamedTuple):
    """Where a change comes in: `kind` is back-office, API, page, task, command or script."""

    kind: str
    name: str
    address: str = ""


_source: ContextVar[Source | None] = ContextVar("history_source", default=None)
_person: ContextVar[Callable[[], Any]] = ContextVar("history_person", default=lambda: None)


@contextmanager
def source(kind: str, name: str, person: Callable[[], Any] | None = None, *, address: str = "") -> Iterator[None]:
    """What is written inside has this source; `person` is asked at the first write, not before."""
    source = _source.set(Source(kind, name[:LONGEST_NAME], address))
    asked = _person.set(person or _person.get())
    try:
        yield
    finally:
        _person.reset(asked)
        _source.reset(source)


@contextmanager
def acting(person: Actor | None) -> Iterator[None]:
    """What is written inside is written by `person`; by whoever it was before when there is none."""
    if person is None:
        yield
        return
    token = _person.set(lambda: person)
    try:
        yield
    finally:
        _person.reset(token)


def author() -> dict[str, str]:
    """Who is writing now: `user` (id) and `name` when it is a person, `door` and `at`, and `request` when in one."""
    source = _source.get() or _source_of_process()
    found = {"door": source.kind, "at": source.name}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        found["request"] = str(request_id)
    if (person := _current_person()) is not None and person.pk:
        found |= {"user": str(person.pk), "name": str(person)}
    return {key: storable(text) for key, text in found.items()}


def address() -> str:
    """From which address of the network it is written; empty outside of requests. The history does not keep it."""
    source = _source.get()
    return source.address if source else ""


def storable(text: str) -> str:
    """Without what JSON in PostgreSQL cannot hold: NUL, and bytes that are no UTF-8."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _current_person() -> Any:
    """The person. Finding out may end a stale session, which is a write: that one is nobody's."""
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
    """The source and the person meant, without asking who that is: the same as before means the same author."""
    return _source.get(), _person.get()
