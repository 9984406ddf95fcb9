"""GET events/?wait=: long polling of the event log."""

import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpRequest
from pytest_django import DjangoAssertNumQueries, Settings

from smartscheduler.accounts.credentials import SIGNED_OUT, Credential, Refusal
from smartscheduler.accounts.models import User
from smartscheduler.accounts.services import keep_account
from smartscheduler.core.http.concurrency_shares import Shares
from smartscheduler.events import long_polling
from smartscheduler.events.event_log import LONGEST_WAIT_SECONDS
from smartscheduler.events.models import OutboxEvent
from tests.api import V1, ApiResponse, client_of, refused_field
from tests.events.wire import happen, happen_numbered
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("long polling")]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Call it with what is to happen while the request waits."""

    def arrange(*acts: Any) -> None:
        left, rest = list(acts), long_polling._rest

        def act_and_rest() -> None:
            if left:
                left.pop(0)()
            rest()

        monkeypatch.setattr(long_polling, "_rest", act_and_rest)

    return arrange


def sequences(answer: ApiResponse) -> list[int]:
    return [envelope["sequence"] for envelope in answer.json()["results"]]


def test_waits_for_the_next_event(relay: None, user: User, meanwhile: Callable[..., Any]) -> None:
    happen_numbered(2)
    meanwhile(happen)
    answer = client_of(user).get(f"{V1}/events/?after=2&wait=25")
    assert sequences(answer) == [3]
    assert (answer.json()["next_after"], answer.json()["head"]) == (3, 3)


def test_does_not_wait_when_there_is_something(relay: None, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_polling, "_rest", pytest.fail)
    happen_numbered(2)
    assert sequences(client_of(user).get(f"{V1}/events/?after=1&wait=25")) == [2]
    assert client_of(user).get(f"{V1}/events/?after=500&wait=25").json()["resync"]
    assert sequences(client_of(user).get(f"{V1}/events/?after=2")) == []


def test_what_was_not_asked_for_does_not_end_the_waiting_but_counts(
    relay: None, user: User, meanwhile: Callable[..., Any]
) -> None:
    about = UserIds()
    meanwhile(lambda: happen_numbered(1), lambda: happen_numbered(1, job_id=about.job))
    answer = client_of(user).get(f"{V1}/events/?after=0&wait=25&topics=job:{about.job}")
    assert sequences(answer) == [2]


def switch_off(user: User) -> None:
    user.is_active = False
    keep_account(user)


def test_of_an_account_that_is_switched_off_it_ends_before_the_next_event_is_told(
    relay: None, user: User, meanwhile: Callable[..., Any]
) -> None:
    def act() -> None:
        switch_off(user)
        happen()

    meanwhile(act)
    answer = client_of(user).get(f"{V1}/events/?after=0&wait=20")
    assert answer.status_code == 401
    assert "results" not in answer.json()


def test_of_an_account_that_is_switched_off_it_ends_without_an_event_too(
    user: User, meanwhile: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_polling, "CHECK_EVERY_SECONDS", 0.0)
    meanwhile(lambda: switch_off(user))
    began = time.monotonic()
    assert client_of(user).get(f"{V1}/events/?after=0&wait=25").status_code == 401
    assert time.monotonic() - began < LONGEST_WAIT_SECONDS


def test_is_answered_with_the_role_of_the_moment(relay: None, user: User, meanwhile: Callable[..., Any]) -> None:
    def act() -> None:
        User.objects.filter(pk=user.pk).update(role="unknown")
        happen()

    meanwhile(act)
    assert client_of(user).get(f"{V1}/events/?after=0&wait=20").status_code == 403


def test_answers_with_nothing_after_the_time_given(user: User) -> None:
    began = time.monotonic()
    answer = client_of(user).get(f"{V1}/events/?after=0&wait=1")
    assert 1 <= time.monotonic() - began < LONGEST_WAIT_SECONDS
    assert (answer.status_code, sequences(answer), answer.json()["next_after"]) == (200, [], 0)


def test_is_not_called_slow_for_waiting(user: User, caplog: pytest.LogCaptureFixture) -> None:
    client_of(user).get(f"{V1}/events/?after=0&wait=1")
    assert "slow_request" not in caplog.text


def test_no_more_wait_at_once_than_a_process_can_bear(
    settings: Settings, user: User, meanwhile: Callable[..., Any]
) -> None:
    settings.EVENT_MOST_WAITING = 1
    client, answers = client_of(user), []

    def second() -> None:
        began = time.monotonic()
        answers.append((client.get(f"{V1}/events/?after=0&wait=25").status_code, time.monotonic() - began))

    def ask_from_elsewhere() -> None:
        other = threading.Thread(target=second)
        other.start()
        other.join()

    meanwhile(ask_from_elsewhere)
    client.get(f"{V1}/events/?after=0&wait=1")
    ((status, seconds),) = answers
    assert status == 200
    assert seconds < LONGEST_WAIT_SECONDS
    assert OutboxEvent.objects.count() == 0


def test_one_account_has_a_quarter_of_the_places(
    settings: Settings, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EVENT_MOST_WAITING = 8
    monkeypatch.setattr(long_polling, "WAITING", shares := Shares())
    monkeypatch.setattr(long_polling, "_rest", pytest.fail)
    for _ in range(2):
        assert shares.enter(str(user.pk), most=2)
    assert sequences(client_of(user).get(f"{V1}/events/?after=0&wait=20")) == []
    assert dict(shares._running) == {str(user.pk): 2}


def test_who_waits_has_left_the_place_of_a_request(
    user: User, meanwhile: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = []
    monkeypatch.setattr(HttpRequest, "leave_quota", lambda request: left.append(request.path), raising=False)
    meanwhile(lambda: left.append("waits"))
    client_of(user).get(f"{V1}/events/?after=0&wait=1")
    assert left == [f"{V1}/events/", "waits"]


class TestTogether:
    """What all who wait in a process ask of the database is asked once."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
        """The clock of the waiting, which stands where it is set."""
        now = SimpleNamespace(seconds=1_000.0)
        monkeypatch.setattr(long_polling, "time", SimpleNamespace(monotonic=lambda: now.seconds))
        return now

    def test_the_head_is_read_once_in_a_quarter_of_a_second(
        self, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heads = [7, 8]
        monkeypatch.setattr("smartscheduler.events.long_polling.event_log.head", lambda: heads.pop(0))
        lookout = long_polling.Lookout()
        assert [lookout.head() for _ in range(20)] == [7] * 20
        clock.seconds += long_polling.LOOK_EVERY_SECONDS
        assert lookout.head() == 8

    def test_credentials_are_looked_at_once_a_second_all_at_once(
        self, clock: SimpleNamespace, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        users = UserFactory.create_batch(10)
        credentials = [Credential.of(user, uuid4()) for user in users[:5]] + [Credential.of(user) for user in users[5:]]
        readers = long_polling.Readers()
        for credential in credentials:
            readers.enter(credential)
        with django_assert_max_num_queries(3):
            states = [readers.standing(credential) for credential in credentials for _ in range(4)]
        assert states[-1] == users[-1]
        assert states[0] == SIGNED_OUT  # there is no such sign-in
        switch_off(users[-1])
        clock.seconds += long_polling.CHECK_EVERY_SECONDS
        assert isinstance(readers.standing(credentials[-1]), Refusal)

    def test_one_that_comes_later_is_looked_at_and_one_that_has_left_is_forgotten(self, clock: SimpleNamespace) -> None:
        first, second = UserFactory.create_batch(2)
        readers = long_polling.Readers()
        for user in (first, second):
            readers.enter(Credential.of(user))
            assert readers.standing(Credential.of(user)) == user
            readers.leave(Credential.of(user))
        assert (readers._waiting, readers._standing) == ({}, {})


@pytest.mark.parametrize("wait", ["-1", "26", "x", "1.5", ""])
def test_refuses_other_times(user: User, wait: str) -> None:
    refused_field(client_of(user).get(f"{V1}/events/?wait={wait}"), "wait")


class UserIds:
    """An id that no other test uses."""

    def __init__(self) -> None:
        self.job = uuid4()
