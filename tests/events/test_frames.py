"""Text of event frames: encoded once for readers with the same visibility, without hidden values."""

import json
from typing import Any

import pytest

from smartscheduler.accounts.permissions import Role
from smartscheduler.events.sockets import frames
from tests.factories import UserFactory

PHONE = "(512) 555-0143"


@pytest.fixture
def readers() -> dict[Any, Any]:
    return {role: UserFactory.build(role=role) for role in Role}


def envelope(sequence: int = 1) -> dict[Any, Any]:
    changed = {"phone_number": PHONE}
    return {
        "sequence": sequence,
        "id": f"of {sequence}",
        "type": "ContractorUpdated",
        "actor": None,
        "data": {"changed": changed},
    }


def test_each_role_sees_what_it_may_after_any_other_reader(readers: dict[Any, Any]) -> None:
    event = {"event": envelope()}
    for role in (Role.COORDINATOR, Role.MANAGER, Role.ADMINISTRATOR, Role.MANAGER, Role.COORDINATOR):
        assert (PHONE in frames.as_text(event, readers[role])) == (role != Role.MANAGER)


def test_is_written_once_for_all_who_see_the_same(readers: dict[Any, Any]) -> None:
    event = envelope()
    first = frames.as_text({"event": event}, readers[Role.COORDINATOR])
    assert frames.as_text({"event": event}, readers[Role.ADMINISTRATOR]) is first
    assert json.loads(first) == {"event": event}


def test_a_changed_row_is_encoded_again(readers: dict[Any, Any]) -> None:
    frames.as_text({"event": envelope()}, readers[Role.COORDINATOR])
    erased = envelope() | {"data": {"changed": {"phone_number": None}}}
    assert PHONE not in frames.as_text({"event": erased}, readers[Role.COORDINATOR])


def test_keeps_no_more_than_are_on_their_way(readers: dict[Any, Any]) -> None:
    for number in range(frames.MOST_KEPT + 50):
        frames.as_text({"event": envelope(number)}, readers[Role.COORDINATOR])
    assert len(frames._kept) == frames.MOST_KEPT


def test_other_frames_are_as_they_are(readers: dict[Any, Any]) -> None:
    assert frames.as_text({"ready": 7}, readers[Role.MANAGER]) == '{"ready":7}'
