"""States of plans: one table, read by the model and by the pages."""

import pytest

from recommendations.planning.states import AT_WORK, OPEN, TRANSITIONS, State, check_transition
from smartscheduler.errors import InvalidTransition


def test_each_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)
    assert {after for states in TRANSITIONS.values() for after in states} <= set(State)


def test_every_state_can_be_reached() -> None:
    reached = {State.QUEUED}
    for _ in State:
        reached |= {State(after) for before in reached for after in TRANSITIONS[before]}
    assert reached == set(State)


@pytest.mark.parametrize("state", sorted(AT_WORK | OPEN))
def test_what_is_at_work_or_open_can_end(state: str) -> None:
    assert TRANSITIONS[state]


def test_a_refusal_names_both_states() -> None:
    with pytest.raises(InvalidTransition) as refusal:
        check_transition(State.DISCARDED, State.ACCEPTED)
    assert refusal.value.extra == {"from": "discarded", "to": "accepted"}
    assert "discarded" in refusal.value.detail
    assert "accepted" in refusal.value.detail
