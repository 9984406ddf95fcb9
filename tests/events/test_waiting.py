"""GET events/?wait=: the same stream for those without a socket."""

import threading
import time

import pytest

from smartscheduler.events import waiting
from smartscheduler.events.feed import LONGEST_WAIT_SECONDS
from smartscheduler.events.models import OutboxEvent
from tests.api import V1, client_of, refused_field
from tests.events.wire import happen, happen_numbered

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meanwhile(monkeypatch):
    """Call it with what is to happen while the request waits."""

    def arrange(*acts):
        left, rest = list(acts), waiting._rest

        def act_and_rest():
            if left:
                left.pop(0)()
            rest()

        monkeypatch.setattr(waiting, "_rest", act_and_rest)

    return arrange


def sequences(answer) -> list[int]:
    return [envelope["sequence"] for envelope in answer.json()["results"]]


def test_waits_for_the_next_event(relay, user, meanwhile):
    happen_numbered(2)
    meanwhile(happen)
    answer = client_of(user).get(f"{V1}/events/?after=2&wait=25")
    assert sequences(answer) == [3]
    assert (answer.json()["next_after"], answer.json()["head"]) == (3, 3)


def test_does_not_wait_when_there_is_something(relay, user, monkeypatch):
    monkeypatch.setattr(waiting, "_rest", pytest.fail)
    happen_numbered(2)
    assert sequences(client_of(user).get(f"{V1}/events/?after=1&wait=25")) == [2]
    assert client_of(user).get(f"{V1}/events/?after=500&wait=25").json()["resync"]
    assert sequences(client_of(user).get(f"{V1}/events/?after=2")) == []


def test_what_was_not_asked_for_does_not_end_the_waiting_but_counts(relay, user, meanwhile):
    about = UserIds()
    meanwhile(lambda: happen_numbered(1), lambda: happen_numbered(1, job_id=about.job))
    answer = client_of(user).get(f"{V1}/events/?after=0&wait=25&topics=job:{about.job}")
    assert sequences(answer) == [2]


def test_answers_with_nothing_after_the_time_given(user):
    began = time.monotonic()
    answer = client_of(user).get(f"{V1}/events/?after=0&wait=1")
    assert 1 <= time.monotonic() - began < LONGEST_WAIT_SECONDS
    assert (answer.status_code, sequences(answer), answer.json()["next_after"]) == (200, [], 0)


def test_is_not_called_slow_for_waiting(user, caplog):
    client_of(user).get(f"{V1}/events/?after=0&wait=1")
    assert "slow_request" not in caplog.text


def test_no_more_wait_at_once_than_a_process_can_bear(settings, user, meanwhile):
    settings.EVENT_MOST_WAITING = 1
    client, found = client_of(user), []

    def second():
        began = time.monotonic()
        found.append((client.get(f"{V1}/events/?after=0&wait=25").status_code, time.monotonic() - began))

    def ask_from_elsewhere():
        other = threading.Thread(target=second)
        other.start()
        other.join()

    meanwhile(ask_from_elsewhere)
    client.get(f"{V1}/events/?after=0&wait=1")
    ((status, seconds),) = found
    assert status == 200
    assert seconds < LONGEST_WAIT_SECONDS
    assert OutboxEvent.objects.count() == 0


@pytest.mark.parametrize("wait", ["-1", "26", "x", "1.5", ""])
def test_refuses_other_times(user, wait):
    refused_field(client_of(user).get(f"{V1}/events/?wait={wait}"), "wait")


class UserIds:
    """An id that no other test uses."""

    def __init__(self) -> None:
        from uuid import uuid4

        self.job = uuid4()
