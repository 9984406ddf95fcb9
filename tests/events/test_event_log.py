"""Queries of the event log: position, limit, filters, and pruned events."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from smartscheduler.errors import InvalidInput
from smartscheduler.events import event_log
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.events.subscriptions import MOST_TOPICS, Selection
from smartscheduler.events.tasks import prune_events

pytestmark = pytest.mark.django_db


def numbered_events(count: int, *, days_old: int = 0, start: int = 1, **data: str) -> None:
    """`count` events as the relay leaves them, `days_old` days ago."""
    for number in range(start, start + count):
        OutboxEvent.objects.create(
            sequence=number,
            type="JobCreated",
            occurred_at=timezone.now() - timedelta(days=days_old),
            data=data or {"job_id": str(uuid4())},
        )
    EventHead.objects.update_or_create(pk=1, defaults={"sequence": start + count - 1})


def read(**question: Any) -> tuple[list[Any], int, int, bool]:
    page = event_log.read(**question)
    return [envelope["sequence"] for envelope in page.envelopes], page.head, page.upto, page.resync


def test_an_empty_log_reads_as_nothing() -> None:
    assert read() == read(after=0) == ([], 0, 0, False)
    assert event_log.head() == 0


def test_reads_on_page_by_page_without_gap_or_repeat() -> None:
    numbered_events(5)
    assert read(limit=2) == ([1, 2], 5, 2, False)
    assert read(after=2, limit=2) == ([3, 4], 5, 4, False)
    assert read(after=4, limit=2) == ([5], 5, 5, False)
    assert read(after=5) == ([], 5, 5, False)


def test_leaves_out_what_has_no_number_yet() -> None:
    numbered_events(1)
    OutboxEvent.objects.create(type="JobCreated", occurred_at=timezone.now(), data={})
    assert read() == ([1], 1, 1, False)
    assert [event.sequence for event in event_log.latest(10)] == [1]


def test_the_latest_come_newest_first() -> None:
    numbered_events(4)
    assert [event.sequence for event in event_log.latest(2)] == [4, 3]


def test_the_future_is_answered_with_resync() -> None:
    numbered_events(2)
    assert read(after=3) == ([], 2, 2, True)


def test_a_selection_says_the_same_of_a_row_and_of_an_envelope() -> None:
    mine, other = str(uuid4()), str(uuid4())
    numbered_events(1, job_id=mine, contractor_id=other)
    numbered_events(1, start=2, job_id=other)
    for selection, expected in [
        (Selection.parse(topics=f"job:{mine}"), [1]),
        (Selection.parse(topics=f"job:{other.upper()}, contractor:{other}"), [1, 2]),
        (Selection.parse(types="JobCreated", topics=f"contractor:{mine}"), []),
        (Selection.parse(types="JobAssigned,JobCreated"), [1, 2]),
        (Selection.parse(types="JobAssigned"), []),
    ]:
        assert read(selection=selection) == (expected, 2, 2, False)
        everything = event_log.read().envelopes
        assert [envelope["sequence"] for envelope in everything if selection.matches(envelope)] == expected


def test_at_most_a_hundred_topics() -> None:
    topics = [f"job:{uuid4()}" for _ in range(MOST_TOPICS + 1)]
    with pytest.raises(InvalidInput, match="at most"):
        Selection.parse(topics=",".join(topics))
    assert len(Selection.parse(topics=",".join(topics[1:])).topics) == MOST_TOPICS


@pytest.mark.parametrize("text", ["0", "1001", "-1", "ten", "1.0", " 1", "٣", ""])
def test_a_limit_is_a_whole_number_from_1_to_1000(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        event_log.parse_limit(text)
    assert list(refusal.value.errors) == ["limit"]
    assert (event_log.parse_limit("1"), event_log.parse_limit("1000"), event_log.parse_limit(None)) == (1, 1000, 100)


def test_pruning_takes_the_old_and_says_resync_to_those_who_missed_them() -> None:
    numbered_events(3, days_old=91)
    numbered_events(2, start=4, days_old=89)
    assert prune_events() == 3
    assert read(after=0) == read(after=2) == ([], 5, 5, True)
    assert read(after=3) == read() == ([4, 5], 5, 5, False)
    assert prune_events() == 0


def test_pruning_everything_keeps_the_head() -> None:
    numbered_events(3, days_old=91)
    assert prune_events() == 3
    assert read(after=3) == read() == ([], 3, 3, False)
    assert read(after=2) == ([], 3, 3, True)


def test_pruning_keeps_what_was_sequenced_after_something_young() -> None:
    numbered_events(1, days_old=91)
    numbered_events(1, start=2)
    numbered_events(1, start=3, days_old=91)
    assert prune_events() == 1
    assert read() == ([2, 3], 3, 3, False)


def test_pruning_leaves_alone_what_was_never_sent() -> None:
    OutboxEvent.objects.create(type="JobCreated", occurred_at=timezone.now() - timedelta(days=200), data={})
    assert prune_events() == 0
    assert OutboxEvent.objects.count() == 1


def test_pruning_goes_on_batch_after_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartscheduler.events.tasks.PRUNE_BATCH", 2)
    numbered_events(5, days_old=91)
    assert prune_events() == 5
    assert EventHead.objects.get().pruned_to == 5


def test_what_is_pruned_during_a_reading_is_not_passed_over_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first events are pruned between the reads of the head and of the rows."""
    numbered_events(3, days_old=91)
    numbered_events(2, start=4)
    states = iter([event_log._state(), EventHead(sequence=5, pruned_to=3)])
    monkeypatch.setattr(event_log, "_state", lambda: next(states))
    assert read(after=1) == ([], 5, 5, True)
