"""The event buffer: order, gaps, and size."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.events.sockets.ring_buffer import RingBuffer


def envelopes(*numbers: int) -> list[Any]:
    return [{"sequence": number} for number in numbers]


def numbers(envelopes: list[dict[str, Any]] | None) -> list[Any] | None:
    return None if envelopes is None else [envelope["sequence"] for envelope in envelopes]


def test_repeats_and_what_follows_a_gap_are_left_out() -> None:
    recent = RingBuffer()
    recent.begin(4)
    assert numbers(recent.add(envelopes(4, 5, 6, 8))) == [5, 6]
    assert recent.position == 6
    assert numbers(recent.since(4)) == [5, 6]
    assert numbers(recent.since(6)) == numbers(recent.since(9)) == []


def test_nothing_is_known_of_the_time_before_it_began() -> None:
    recent = RingBuffer()
    recent.begin(4)
    assert recent.since(3) is None
    assert recent.since(4) == []


def test_what_is_dropped_is_no_longer_known_and_the_rest_is() -> None:
    recent = RingBuffer()
    recent.begin(4)
    recent.add(envelopes(5, 6, 7, 8))
    recent.drop(6)
    recent.drop(5)
    assert recent.since(5) is None
    assert numbers(recent.since(6)) == [7, 8]
    assert numbers(recent.since(6, 1)) == [7]
    recent.drop(20)
    assert recent.since(8) == []
    assert numbers(recent.add(envelopes(9))) == [9]


@given(
    most=st.integers(1, 5),
    begin=st.integers(0, 3),
    hints=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 12)), max_size=20),
    after=st.integers(0, 60),
)
def test_a_reader_gets_all_following_events_or_a_resync(most: int, begin: int, hints: list[Any], after: int) -> None:
    recent = RingBuffer(most)
    recent.begin(begin)
    for first, count in hints:
        recent.add(envelopes(*range(first, first + count)))
    sequences = numbers(recent.since(after))
    if sequences is not None:
        assert sequences == list(range(after + 1, recent.position + 1))
    # What is kept is bounded, and never less than was promised.
    kept = recent.position - recent.start
    assert kept < 2 * most
    assert kept >= min(most, recent.position - begin)
