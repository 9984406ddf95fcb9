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


class Door(NamedTuple):
    """Where a change comes in: `kind` is back-office, API, page, task, command or script."""

    kind: str
    name: str
    address: str = ""


_door: ContextVar[Door | None] = ContextVar("history_door", default=None)
_person: ContextVar[Callable[[], Any]] = ContextVar("history_person", default=lambda: None)


@contextmanager
def through(kind: str, name: str, person: Callable[[], Any] | None = None, *, address: str = "") -> Iterator[None]:
    """What is written inside comes through this door; `person` is asked at the first write, not before."""
    door = _door.set(Door(kind, name[:LONGEST_NAME], address))
    asked = _person.set(person or _person.get())
    try:
        yield
    finally:
        _person.reset(asked)
        _door.reset(door)


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
    door = _door.get() or _door_of_process()
    found = {"door": door.kind, "at": door.name}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        found["request"] = str(request_id)
    if (person := _whoever()) is not None and person.pk:
        found |= {"user": str(person.pk), "name": str(person)}
    return {key: storable(text) for key, text in found.items()}


def address() -> str:
    """From which address of the network it is written; empty outside of requests. The history does not keep it."""
    door = _door.get()
    return door.address if door else ""


def storable(text: str) -> str:
    """Without what JSON in PostgreSQL cannot hold: NUL, and bytes that are no UTF-8."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


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


def present() -> tuple[Door | None, Callable[[], Any]]:
    """The door and the person meant, without asking who that is: the same as before means the same author."""
    return _door.get(), _person.get()
