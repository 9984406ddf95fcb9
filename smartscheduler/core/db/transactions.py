"""Transactions of the domain services: bounded lock waits, one retry, and database errors as domain errors."""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from importlib import import_module
from typing import Any, NamedTuple, NoReturn, ParamSpec, TypeVar, cast

from django.apps import apps
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext
from psycopg import IsolationLevel

from smartscheduler.core.actors import Actor, acting
from smartscheduler.core.db.inserts import inserting_together
from smartscheduler.core.observability import tracing
from smartscheduler.core.text import LazyText
from smartscheduler.errors import Busy, DomainError, InvalidInput

P = ParamSpec("P")
R = TypeVar("R")

LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED, QUERY_CANCELED = "55P03", "40P01", "57014"

# A context manager that is entered with each transaction and yields an SQL expression for its first statement.
Opening = Callable[[], AbstractContextManager[str]]
_openings: list[Opening] = []


class Shared(NamedTuple):
    """The transaction that the services of a batch share, and its author."""

    actor: "Actor | None"


_shared: ContextVar[Shared | None] = ContextVar("shared_transaction", default=None)


def on_transaction(opening: Opening) -> None:
    """Register `opening`: it is entered with each domain transaction, and the first statement sends its expression.

    For apps that this module must not import; they register in `AppConfig.ready`.
    """
    if opening not in _openings:
        _openings.append(opening)


@cache
def constraint_errors() -> dict[str, tuple[type[DomainError], LazyText]]:
    """Domain error and message for each constraint name, from the `errors.CONSTRAINT_ERRORS` of all apps."""
    errors: dict[str, tuple[type[DomainError], LazyText]] = {}
    for config in apps.get_app_configs():
        if config.module and module_has_submodule(config.module, "errors"):
            errors |= getattr(import_module(f"{config.name}.errors"), "CONSTRAINT_ERRORS", {})
    return errors


def domain_transaction(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in a transaction that waits at most LOCK_TIMEOUT_SECONDS for a lock.

    After a lock time-out or a deadlock it runs once more, after a short random pause. The second failure, or the first
    inside an outer transaction, raises `Busy`. A violated constraint raises its domain error, and a ValidationError
    becomes `InvalidInput`. The keyword argument `actor` is the author of all writes.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _is_shared_by(kwargs.get("actor")):
            return _join(function, *args, **kwargs)
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


@contextmanager
def sharing_transaction(actor: "Actor | None") -> Iterator[None]:
    """Let the services inside join the open transaction. For a batch of thousands of records.

    Its author and lock time-out are sent once, new records are inserted together, and a service has no savepoint of
    its own: the caller opens one for each record (`inserts.savepoint`). Raises NotInserted; then the caller rolls all
    back, and does it without this.
    """
    with acting(actor), ExitStack() as stack:
        _begin([stack.enter_context(opening()) for opening in _openings])
        token = _shared.set(Shared(actor))
        try:
            with inserting_together():
                yield
        finally:
            _shared.reset(token)


def is_shared() -> bool:
    """Whether services join the transaction of their caller."""
    return _shared.get() is not None


def _is_shared_by(actor: Any) -> bool:
    shared = _shared.get()
    return shared is not None and (actor is None or actor == shared.actor)


def _join(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        with transaction.atomic(savepoint=False), tracing.span(function.__qualname__):
            return function(*args, **kwargs)
    except ValidationError as error:
        raise invalid_input(error) from error
    except DatabaseError as error:
        refuse(error)


def _begin(expressions: Iterable[str]) -> None:
    timeout = f"set_config('lock_timeout', '{lock_timeout()}', true)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([timeout, *expressions])}")


def lock_timeout(times: int = 1) -> str:
    """LOCK_TIMEOUT_SECONDS times `times`, as a PostgreSQL duration."""
    return f"{max(1, round(times * settings.LOCK_TIMEOUT_SECONDS * 1000))}ms"


@contextmanager
def snapshot() -> Iterator[None]:
    """Read one consistent state of the database (REPEATABLE READ, read-only).

    Inside an open transaction this does nothing, because PostgreSQL cannot change the isolation level there.
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
    """Raise the domain error for a database error, or the database error itself when it has none."""
    if sqlstate(error) in {LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED}:
        message = gettext("Another user is changing the same records. Try again in a moment.")
        raise Busy(message) from error
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if constraint and (declared := constraint_errors().get(constraint)):
        kind, detail = declared
        raise kind(str(detail)) from error
    raise error


def invalid_input(error: ValidationError) -> InvalidInput:
    """`InvalidInput` with the messages of a Django ValidationError by field."""
    errors = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    named = {("non_field_errors" if name == NON_FIELD_ERRORS else name): messages for name, messages in errors.items()}
    return InvalidInput(next(iter(named.values()))[0], errors=named)
