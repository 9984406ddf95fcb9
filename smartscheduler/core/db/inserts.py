"""New records of a batch, inserted together instead of one by one.

`insert` keeps them until a statement could read them, and `savepoint` puts back what is undone.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model


class NotInserted(Exception):
    """A record of a batch was refused by the database. Which one is unknown; the caller inserts them one by one."""


class Batch:
    """The records that are not inserted yet."""

    def __init__(self) -> None:
        self.records: list[Model] = []
        # Whether a statement needs a record; otherwise it is told by the names of the tables.
        self._needs: Callable[[Model], bool] | None = None

    def before(
        self, execute: Callable[..., Any], statement: Any, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        """Execute wrapper of Django: inserts the records that a statement could read."""
        if self.records and self._needs is None:
            self._insert_for(str(statement))
        elif self._needs and any(map(self._needs, self.records)):
            self.insert_all()
        return execute(statement, params, many, context)

    def _insert_for(self, statement: str) -> None:
        if statement.startswith("RELEASE"):
            return
        if statement.startswith("ROLLBACK"):
            # They are newer than the savepoint, before which all others were inserted, or `savepoint` puts them back.
            self.records.clear()
            return
        # Writes can have triggers, which read any table. A savepoint of another caller does not put records back.
        is_read = statement.lstrip().startswith("SELECT") and ";" not in statement
        if not is_read or any(table in statement for table in self._tables()):
            self.insert_all()

    def _tables(self) -> set[str]:
        return {record._meta.db_table for record in self.records}

    def insert_all(self) -> None:
        """Insert the records, by model. Raises NotInserted.

        Models come in the order of INSTALLED_APPS and of their definition: a job is inserted after all phone numbers of
        customers, because its triggers read them.
        """
        by_model: dict[type[Model], list[Model]] = {}
        for record in self.records:
            by_model.setdefault(type(record), []).append(record)
        self.records.clear()
        try:
            with self.needing(None):
                for model in sorted(by_model, key=list(apps.get_models()).index):
                    model._base_manager.bulk_create(by_model[model])
        except (DatabaseError, ValueError, OverflowError) as error:
            if connection.connection is None or connection.connection.closed:
                raise  # The database is away, so nothing can be inserted one by one either.
            raise NotInserted from error

    @contextmanager
    def needing(self, needs: Callable[[Model], bool] | None) -> Iterator[None]:
        before, self._needs = self._needs, needs
        try:
            yield
        finally:
            self._needs = before


_batch: ContextVar[Batch | None] = ContextVar("batch_of_inserts", default=None)


def insert(*records: Model) -> None:
    """Insert new records. In a batch (`inserting_together`) they can wait."""
    if batch := _batch.get():
        batch.records.extend(records)
        return
    for record in records:
        record.save(force_insert=True)


def insert_many(records: Iterable[Model]) -> None:
    """Insert new records of one model by one statement. In a batch they can wait."""
    new = list(records)
    if batch := _batch.get():
        batch.records.extend(new)
    elif new:
        type(new[0])._base_manager.bulk_create(new)


def is_waiting(record: Model) -> bool:
    """Whether a new record of a batch is not inserted yet: what is changed now is inserted with it."""
    batch = _batch.get()
    return batch is not None and any(each is record for each in batch.records)


@contextmanager
def needing(needs: Callable[[Model], bool]) -> Iterator[None]:
    """Say which new records the statements inside read, where the names of their tables would name too many."""
    batch = _batch.get()
    with batch.needing(needs) if batch else nullcontext():
        yield


@contextmanager
def inserting_together() -> Iterator[None]:
    """Let new records wait until a statement could read them, or until the end.

    For a batch in one transaction. What can fail alone runs in a `savepoint`. Raises NotInserted.
    """
    batch = Batch()
    token = _batch.set(batch)
    try:
        with connection.execute_wrapper(batch.before):
            yield
            batch.insert_all()
    finally:
        _batch.reset(token)


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of a batch that can fail alone. The records from before it that were inserted in it wait again."""
    batch = _batch.get()
    if batch is None:
        with transaction.atomic():
            yield
        return
    before = list(batch.records)
    try:
        with ExitStack() as part:
            with batch.needing(lambda _record: False):
                part.enter_context(transaction.atomic())
            yield
    except BaseException:
        batch.records[:] = before
        raise
