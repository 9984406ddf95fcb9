"""New records of a batch: when they are inserted, and what a failure undoes."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from smartscheduler.accounts.models import User
from smartscheduler.core.db.inserts import NotInserted, insert, inserting_together, is_waiting, needing, savepoint
from smartscheduler.events.models import OutboxEvent

pytestmark = pytest.mark.django_db


def event(kind: str) -> OutboxEvent:
    return OutboxEvent(type=kind, occurred_at=timezone.now(), data={})


def stored() -> list[str]:
    return list(OutboxEvent.objects.order_by("position").values_list("type", flat=True))


def fail_after_an_insert(*, is_read: bool) -> None:
    insert(event("b"))
    if is_read:
        assert stored() == ["a", "b"]
    raise ValueError("fails")


def test_new_records_are_inserted_by_one_statement_at_the_end() -> None:
    with CaptureQueriesContext(connection) as queries, transaction.atomic(), inserting_together():
        for kind in "abc":
            with savepoint():
                insert(event(kind))
        User.objects.exists()
    assert sum("INSERT" in query["sql"] for query in queries) == 1
    assert stored() == ["a", "b", "c"]


def test_a_statement_that_could_read_them_finds_them() -> None:
    with inserting_together():
        insert(event("a"))
        assert stored() == ["a"]
        insert(event("b"))
        OutboxEvent.objects.filter(type="b").update(type="c")
        assert stored() == ["a", "c"]


def test_a_statement_can_say_which_of_them_it_reads() -> None:
    with inserting_together():
        first = event("a")
        insert(first)
        with needing(lambda record: record is not first):
            assert stored() == []
        assert is_waiting(first)
        with needing(lambda record: record is first):
            assert stored() == ["a"]
        assert not is_waiting(first)


@pytest.mark.parametrize("is_read", [False, True], ids=["waiting", "inserted meanwhile"])
def test_a_part_that_fails_takes_no_other_record_with_it(is_read: bool) -> None:
    with inserting_together():
        insert(event("a"))
        with pytest.raises(ValueError, match="fails"), savepoint():
            fail_after_an_insert(is_read=is_read)
        with savepoint():
            insert(event("c"))
    assert stored() == ["a", "c"]


@pytest.mark.parametrize("is_read", [False, True], ids=["waiting", "inserted meanwhile"])
def test_so_does_a_savepoint_of_other_code(is_read: bool) -> None:
    with inserting_together():
        insert(event("a"))
        with pytest.raises(ValueError, match="fails"), transaction.atomic():
            fail_after_an_insert(is_read=is_read)
        insert(event("c"))
    assert stored() == ["a", "c"]


def test_a_refused_record_fails_the_batch() -> None:
    first = event("a")
    with pytest.raises(NotInserted), transaction.atomic(), inserting_together():
        insert(first, OutboxEvent(id=first.id, type="b", occurred_at=timezone.now(), data={}))
    assert stored() == []


def test_without_a_batch_they_are_inserted_at_once() -> None:
    insert(event("a"))
    assert stored() == ["a"]
