"""GET events/?wait=: the same stream for those without a socket."""

import threading
import time

import pytest
from django.http import HttpRequest

from smartscheduler.accounts.models import User
from smartscheduler.accounts.services import keep_account
from smartscheduler.events import waiting
from smartscheduler.events.models import OutboxEvent
from smartscheduler.shares import Shares
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
    answer = client_of(user).get(f"{V1}/events/?after=2&wait=20")
    assert sequences(answer) == [3]
    assert (answer.json()["next_after"], answer.json()["head"]) == (3, 3)


def test_does_not_wait_when_there_is_something(relay, user, monkeypatch):
    monkeypatch.setattr(waiting, "_rest", pytest.fail)
    happen_numbered(2)
    assert sequences(client_of(user).get(f"{V1}/events/?after=1&wait=20")) == [2]
    assert client_of(user).get(f"{V1}/events/?after=500&wait=20").json()["resync"]
    assert sequences(client_of(user).get(f"{V1}/events/?after=2")) == []


def test_what_was_not_asked_for_does_not_end_the_waiting_but_counts(relay, user, meanwhile):
    about = UserIds()
    meanwhile(lambda: happen_numbered(1), lambda: happen_numbered(1, job_id=about.job))
    answer = client_of(user).get(f"{V1}/events/?after=0&wait=20&topics=job:{about.job}")
    assert sequences(answer) == [2]


def switch_off(user):
    user.is_active = False
    keep_account(user)


def test_of_an_account_that_is_switched_off_it_ends_before_the_next_event_is_told(relay, user, meanwhile):
    meanwhile(lambda: (switch_off(user), happen()))
    answer = client_of(user).get(f"{V1}/events/?after=0&wait=20")
    assert answer.status_code == 401
    assert "results" not in answer.json()


def test_of_an_account_that_is_switched_off_it_ends_without_an_event_too(user, meanwhile, monkeypatch):
    monkeypatch.setattr(waiting, "CHECK_EVERY_SECONDS", 0.0)
    meanwhile(lambda: switch_off(user))
    began = time.monotonic()
    assert client_of(user).get(f"{V1}/events/?after=0&wait=25").status_code == 401
    assert time.monotonic() - began < 20


def test_is_answered_with_the_role_of_the_moment(relay, user, meanwhile):
    meanwhile(lambda: (User.objects.filter(pk=user.pk).update(role="unknown"), happen()))
    assert client_of(user).get(f"{V1}/events/?after=0&wait=20").status_code == 403


def test_answers_with_nothing_after_the_time_given(user):
    began = time.monotonic()
    answer = client_of(user).get(f"{V1}/events/?after=0&wait=1")
    assert 1 <= time.monotonic() - began < 5
    assert (answer.status_code, sequences(answer), answer.json()["next_after"]) == (200, [], 0)


def test_is_not_called_slow_for_waiting(user, caplog):
    client_of(user).get(f"{V1}/events/?after=0&wait=1")
    assert "slow_request" not in caplog.text


def test_no_more_wait_at_once_than_a_process_can_bear(settings, user, meanwhile):
    settings.EVENT_MOST_WAITING = 1
    client, found = client_of(user), []

    def second():
        began = time.monotonic()
        found.append((client.get(f"{V1}/events/?after=0&wait=20").status_code, time.monotonic() - began))

    def ask_from_elsewhere():
        other = threading.Thread(target=second)
        other.start()
        other.join()

    meanwhile(ask_from_elsewhere)
    client.get(f"{V1}/events/?after=0&wait=1")
    ((status, seconds),) = found
    assert status == 200
    assert seconds < 10
    assert OutboxEvent.objects.count() == 0


def test_one_account_has_a_quarter_of_the_places(settings, user, monkeypatch):
    settings.EVENT_MOST_WAITING = 8
    monkeypatch.setattr(waiting, "WAITING", shares := Shares())
    monkeypatch.setattr(waiting, "_rest", pytest.fail)
    for _ in range(2):
        assert shares.enter(str(user.pk), most=2)
    assert sequences(client_of(user).get(f"{V1}/events/?after=0&wait=20")) == []
    assert dict(shares._running) == {str(user.pk): 2}


def test_who_waits_has_left_the_place_of_a_request(user, meanwhile, monkeypatch):
    left = []
    monkeypatch.setattr(HttpRequest, "leave_quota", lambda request: left.append(request.path), raising=False)
    meanwhile(lambda: left.append("waits"))
    client_of(user).get(f"{V1}/events/?after=0&wait=1")
    assert left == [f"{V1}/events/", "waits"]


@pytest.mark.parametrize("wait", ["-1", "26", "x", "1.5", ""])
def test_refuses_other_times(user, wait):
    refused_field(client_of(user).get(f"{V1}/events/?wait={wait}"), "wait")


class UserIds:
    """An id that no other test uses."""

    def __init__(self) -> None:
        from uuid import uuid4

        self.job = uuid4()
