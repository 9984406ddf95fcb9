"""The one road of every write: a transaction with bounded waits, and database refusals as domain errors."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache, wraps
from importlib import import_module
from typing import NoReturn, ParamSpec, TypeVar, cast

from django.apps import apps
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import module_has_submodule
from psycopg import IsolationLevel

from smartscheduler.core.actors import Actor, acting
from smartscheduler.core.observability import tracing
from smartscheduler.core.text import LazyText
from smartscheduler.errors import Busy, DomainError, InvalidInput

P = ParamSpec("P")
R = TypeVar("R")

LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED, QUERY_CANCELED = "55P03", "40P01", "57014"

# Entered with each transaction: a context manager that gives an expression in SQL for its first statement.
Opening = Callable[[], AbstractContextManager[str]]
_openings: list[Opening] = []


def on_transaction(opening: Opening) -> None:
    """Have `opening` entered with each domain transaction, and its SQL expression sent with the first statement.

    Apps that this module must not import register theirs when they are ready.
    """
    if opening not in _openings:
        _openings.append(opening)


@cache
def constraint_errors() -> dict[str, tuple[type[DomainError], LazyText]]:
    """By the names of constraints, the domain errors and messages that apps declare in `errors.CONSTRAINT_ERRORS`."""
    found: dict[str, tuple[type[DomainError], LazyText]] = {}
    for config in apps.get_app_configs():
        if config.module and module_has_submodule(config.module, "errors"):
            found |= getattr(import_module(f"{config.name}.errors"), "CONSTRAINT_ERRORS", {})
    return found


def domain_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a transaction that waits at most LOCK_TIMEOUT_SECONDS for a lock.

    A lock time-out or a deadlock is tried once more after a short random pause, unless an outer
    transaction is open; then, and the second time, it is `Busy`. A refusal by a constraint becomes
    its domain error; a ValidationError becomes `InvalidInput`. The `actor` that the function is given is the author
    of what it writes.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with acting(cast("Actor | None", kwargs.get("actor"))):
            return _run(function, *args, **kwargs)

    return run


def _run(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    nested = connection.in_atomic_block
    try:
        return _attempt(function, *args, **kwargs)
    except DatabaseError as error:
        if nested or sqlstate(error) not in {LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED}:
            refuse(error)
    time.sleep(random.uniform(0.02, 0.2))  # noqa: S311  (jitter, not a secret)
    try:
        return _attempt(function, *args, **kwargs)
    except DatabaseError as error:
        refuse(error)


def _attempt(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    with transaction.atomic(), ExitStack() as stack:
        _begin([stack.enter_context(opening()) for opening in _openings])
        try:
            with tracing.span(function.__qualname__):
                return function(*args, **kwargs)
        except ValidationError as error:
            raise invalid_input(error) from error


def _begin(expressions: Iterable[str]) -> None:
    timeout = f"set_config('lock_timeout', '{lock_timeout()}', true)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([timeout, *expressions])}")


def lock_timeout(times: int = 1) -> str:
    """LOCK_TIMEOUT_SECONDS, or a multiple of it, in the form that PostgreSQL reads."""
    return f"{max(1, round(times * settings.LOCK_TIMEOUT_SECONDS * 1000))}ms"


@contextmanager
def snapshot() -> Iterator[None]:
    """Everything read inside is one state of the database (REPEATABLE READ); nothing can be written.

    Inside an open transaction it is that transaction's business what is seen, and this does nothing.
    """
    if connection.in_atomic_block:
        yield
        return
    connection.ensure_connection()
    session = connection.connection
    session.isolation_level, session.read_only = IsolationLevel.REPEATABLE_READ, True
    try:
        with transaction.atomic():
            yield
    finally:
        if not session.closed:
            session.isolation_level = session.read_only = None


def sqlstate(error: DatabaseError) -> str:
    """PostgreSQL's five-character code of an error, or the empty string."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def refuse(error: DatabaseError) -> NoReturn:
    """Raise the domain error that a database error stands for; the error itself when it stands for none."""
    if sqlstate(error) in {LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED}:
        raise Busy("Somebody else is changing the same records; try again in a moment.") from error
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if constraint and (declared := constraint_errors().get(constraint)):
        kind, detail = declared
        raise kind(str(detail)) from error
    raise error


def invalid_input(error: ValidationError) -> InvalidInput:
    """Django's ValidationError as `InvalidInput`, field by field."""
    errors = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    named = {("non_field_errors" if name == NON_FIELD_ERRORS else name): found for name, found in errors.items()}
    return InvalidInput(next(iter(named.values()))[0], errors=named)
