"""The event WebSocket on a real server: authentication and frames."""

from collections import deque
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from django.db import transaction
from websockets.exceptions import ConnectionClosed, InvalidStatus

from contractors.events import ContractorUpdated
from contractors.models import Contractor
from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.models import BrowserSession, User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.websocket_auth import FORBIDDEN, SIGNED_OUT, TICKET_GONE
from smartscheduler.accounts.websocket_tickets import issue_ticket
from smartscheduler.core.redis import valkey
from smartscheduler.events.publishing import publish
from tests.events import processes
from tests.events.wire import (
    Subscriber,
    connect,
    happen,
    happen_numbered,
    sequences,
    session_cookie,
    subprotocols,
    subscribed,
    url,
)
from tests.factories import ContractorFactory, UserFactory

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("event socket")]


def refused(port: int, **options: Any) -> int:
    """The code with which the server closes the socket at once, with its reason."""
    with connect(url(port), **options) as connection, pytest.raises(ConnectionClosed) as end:
        connection.recv(60)
    assert end.value.rcvd
    assert end.value.rcvd.reason
    return end.value.rcvd.code


def refused_before_accept(address: str, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as refusal, connect(address, **options):
        pass
    return refusal.value.response.status_code


def closed(subscriber: Subscriber) -> int:
    """The code of the close that follows whatever is still on its way."""
    with pytest.raises(ConnectionClosed) as end:
        deque(subscriber.frames(), maxlen=0)
    return end.value.rcvd.code if end.value.rcvd else 1006


def test_takes_a_ticket_once_and_answers_the_subprotocol(web: int, user: User) -> None:
    ticket, seconds = issue_ticket(Credential.of(user))
    assert seconds == 30
    offer = subprotocols(ticket)
    with connect(url(web), subprotocols=offer) as connection:
        assert connection.subprotocol == "events.v1"
        assert Subscriber(connection).frame() == {"ready": 0}
    assert refused(web, subprotocols=offer) == TICKET_GONE


def test_takes_the_session_cookie_of_its_own_origin(web: int, user: User) -> None:
    headers = {"Cookie": session_cookie(user), "Origin": f"http://127.0.0.1:{web}"}
    with connect(url(web), additional_headers=headers) as connection:
        assert Subscriber(connection).frame() == {"ready": 0}


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://127.0.0.1:1",
        "https://127.0.0.1:{web}",
        "http://127.0.0.1:{web}.evil.example",
        None,
    ],
)
def test_refuses_the_session_cookie_from_anywhere_else(web: int, user: User, origin: str | None) -> None:
    headers = {"Cookie": session_cookie(user)} | ({"Origin": origin.format(web=web)} if origin else {})
    assert refused(web, additional_headers=headers) == FORBIDDEN


def test_refuses_a_ticket_from_a_foreign_origin_without_spending_it(web: int, user: User) -> None:
    ticket, _ = issue_ticket(Credential.of(user))
    offer = subprotocols(ticket)
    assert refused(web, subprotocols=offer, origin="https://evil.example") == FORBIDDEN
    with connect(url(web), subprotocols=offer) as connection:
        assert Subscriber(connection).frame() == {"ready": 0}


def test_refuses_a_host_it_does_not_serve(web: int, user: User) -> None:
    headers = {"Cookie": session_cookie(user), "Origin": "http://evil.example", "Host": "evil.example"}
    assert refused(web, additional_headers=headers) == FORBIDDEN


def test_refuses_without_credentials_or_with_made_up_ones(web: int) -> None:
    own = {"Origin": f"http://127.0.0.1:{web}"}
    assert refused(web) == SIGNED_OUT
    assert refused(web, additional_headers=own) == SIGNED_OUT
    assert refused(web, additional_headers=own | {"Cookie": "sessionid=no-such-session"}) == SIGNED_OUT
    assert refused(web, subprotocols=["events.v1", "ticket.no-such-ticket"]) == TICKET_GONE
    assert refused(web, subprotocols=["events.v1", f"ticket.{'x' * 5000}"]) == TICKET_GONE


@pytest.mark.parametrize(("change", "code"), [({"is_active": False}, SIGNED_OUT), ({"role": "nobody"}, FORBIDDEN)])
def test_refuses_a_role_that_may_not_see_events(web: int, user: User, change: dict[str, Any], code: int) -> None:
    User.objects.filter(pk=user.pk).update(**change)
    ticket, _ = issue_ticket(Credential.of(user))
    assert refused(web, subprotocols=["events.v1", f"ticket.{ticket}"]) == code


def test_there_is_no_other_socket(web: int) -> None:
    assert refused_before_accept(f"ws://127.0.0.1:{web}/ws/other/") == 403


def test_sends_what_happens_after_the_present_head(web: int, relay: None, user: User) -> None:
    happen_numbered()
    with subscribed(web, user) as live:
        assert live.frame() == {"ready": 1}
        happen(2)
        assert sequences(live.events(2)) == [2, 3]


def test_replays_then_says_ready_then_goes_live(web: int, relay: None, user: User) -> None:
    happen_numbered(5)
    with subscribed(web, user, "?after=2") as subscriber:
        frames = subscriber.until("ready")
        assert sequences([frame["event"] for frame in frames[:-1]]) == [3, 4, 5]
        assert frames[-1] == {"ready": 5}
        happen()
        assert sequences(subscriber.events(1)) == [6]


def test_an_envelope_has_the_six_fields(web: int, relay: None, user: User) -> None:
    job_id = uuid4()
    with subscribed(web, user) as subscriber:
        subscriber.until("ready")
        happen(job_id=job_id)
        [envelope] = subscriber.events(1)
    assert envelope.keys() == {"sequence", "id", "type", "occurred_at", "actor", "data"}
    assert envelope["type"] == "RecommendationsUpdated"
    assert envelope["occurred_at"].endswith("Z")
    assert (envelope["actor"], envelope["data"]) == (None, {"job_id": str(job_id)})


def test_narrows_to_topics_and_types_in_the_replay_and_live(web: int, relay: None, user: User) -> None:
    mine, other = uuid4(), uuid4()
    happen_numbered(job_id=other)
    happen_numbered(job_id=mine)
    with subscribed(web, user, f"?after=0&topics=job:{mine},contractor:{uuid4()}") as subscriber:
        assert sequences(subscriber.events(1)) == [2]
        assert subscriber.until("ready")[-1] == {"ready": 2}
        happen(job_id=other)
        happen(job_id=mine)
        assert sequences(subscriber.events(1)) == [4]
    with subscribed(web, user, "?after=0&types=JobAssigned,JobCreated") as subscriber:
        assert subscriber.frame() == {"ready": 4}
    with subscribed(web, user, "?after=3&types=RecommendationsUpdated") as subscriber:
        assert sequences(subscriber.events(1)) == [4]


def test_a_heartbeat_carries_the_head_even_when_the_selection_is_empty(web: int, relay: None, user: User) -> None:
    with subscribed(web, user, "?types=JobCreated") as subscriber:
        subscriber.until("ready")
        happen(3)
        while (frame := subscriber.frame()) != {"heartbeat": 3}:
            assert frame.keys() == {"heartbeat"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?after=-1", "after"),
        ("?after=1&after=2", "after"),
        ("?aftr=1", "aftr"),
        ("?after=", "after"),
        ("?after=1e3", "after"),
        ("?after=99999999999999999999", "after"),
        ("?after=%D9%A3", "after"),
        ("?types=JobExploded", "types"),
        ("?topics=job:42", "topics"),
        ("?topics=planet:9f0c2d8a-7d6f-4f0e-9d1a-0c4b8f2f6a11", "topics"),
    ],
)
def test_names_the_parameter_that_is_wrong_and_closes(web: int, user: User, query: str, field: str) -> None:
    with subscribed(web, user, query) as subscriber:
        problem = subscriber.frame()["error"]
        assert (problem["status"], list(problem["errors"])) == (400, [field])
        assert closed(subscriber) == 4400


def test_answers_the_future_with_resync_and_goes_on_from_the_head(web: int, relay: None, user: User) -> None:
    happen_numbered()
    with subscribed(web, user, "?after=500") as subscriber:
        assert subscriber.frame() == {"resync": 1}
        assert subscriber.frame() == {"ready": 1}
        happen()
        assert sequences(subscriber.events(1)) == [2]


def test_answers_a_message_with_an_error_and_sends_a_talker_away(web: int, user: User) -> None:
    with subscribed(web, user) as subscriber:
        subscriber.until("ready")
        subscriber.connection.send("{not json")
        assert subscriber.until("error")[-1]["error"]["status"] == 400
        subscriber.connection.send(b"\x00\xff")
        assert subscriber.until("error")[-1]["error"]["status"] == 400


def test_refuses_a_huge_message(web: int, user: User) -> None:
    with subscribed(web, user) as subscriber:
        subscriber.until("ready")
        subscriber.connection.send("x" * 5000)
        assert closed(subscriber) == 1009


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "nobody"}, {"password": "changed"}])
def test_closes_the_socket_after_a_lost_permission(web: int, user: User, change: dict[str, Any]) -> None:
    with subscribed(web, user) as subscriber:
        subscriber.until("ready")
        User.objects.filter(pk=user.pk).update(**change)
        assert closed(subscriber) == 4401


def test_closes_the_socket_after_a_sign_out(web: int, user: User) -> None:
    headers = {"Cookie": session_cookie(user), "Origin": f"http://127.0.0.1:{web}"}
    with connect(url(web), additional_headers=headers) as connection:
        subscriber = Subscriber(connection)
        subscriber.until("ready")
        BrowserSession.objects.all().delete()
        assert closed(subscriber) == 4401


def test_a_second_of_frames_or_a_minute_of_messages_is_the_most(web: int, user: User) -> None:
    with subscribed(web, user) as subscriber:
        subscriber.until("ready")
        subscriber.connection.socket.sendall(b"\x01\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 50_000)
        assert closed(subscriber) == 1008
    with subscribed(web, user) as subscriber:
        subscriber.until("ready")
        for _ in range(8):
            subscriber.connection.send("hello")
            subscriber.until("error")  # read one by one, so that no answer waits
        subscriber.connection.send("hello")
        assert closed(subscriber) == 1008


def test_an_account_opens_so_many_a_minute_and_an_address_fails_so_often(user: User) -> None:
    other, another = UserFactory(), UserFactory()
    with processes.web(RATE_LIMIT_SOCKETS="2", RATE_LIMIT_VISITORS="3") as port:
        for _ in range(2):
            with subscribed(port, user) as subscriber:
                subscriber.until("ready")
        with subscribed(port, user) as subscriber:
            assert closed(subscriber) == 4429
        # Requests without an account from the same address do not close sockets.
        visits = [httpx2.get(f"http://127.0.0.1:{port}/admin/login/", timeout=120).status_code for _ in range(5)]
        assert visits == [200] * 3 + [429] * 2
        with subscribed(port, another) as subscriber:
            subscriber.until("ready")
        for _ in range(3):
            assert refused(port) == SIGNED_OUT
        ticket, _ = issue_ticket(Credential.of(other))
        assert refused_before_accept(url(port), subprotocols=["events.v1", f"ticket.{ticket}"]) == 403
        assert valkey().exists(f"smartscheduler:ws-ticket:{ticket}")  # not even checked


def change(contractor: Contractor, actor: User) -> None:
    with transaction.atomic():
        publish(
            ContractorUpdated(
                contractor_id=contractor.pk,
                contractor_name=contractor.name,
                changed={"email": "new@crews.example", "status": "active"},
                previous={"email": "old@crews.example", "status": "on_leave"},
            ),
            actor=actor,
        )


def test_each_subscriber_sees_what_the_role_may_see(web: int, relay: None, user: User) -> None:
    """Replayed and live events are redacted by the present role of the reader."""
    manager, ada = UserFactory(role=Role.MANAGER), ContractorFactory()
    with subscribed(web, user) as coordinator, subscribed(web, manager) as other:
        for socket in (coordinator, other):
            socket.until("ready")
        change(ada, user)
        ((seen,), (limited,)) = (socket.events(1) for socket in (coordinator, other))
    assert seen["data"]["changed"] == {"email": "new@crews.example", "status": "active"}
    assert seen["actor"]["email"] == user.email
    assert limited["data"]["changed"] == {"email": None, "status": "active"}
    assert limited["data"]["previous"] == {"email": None, "status": "on_leave"}
    assert (limited["actor"]["email"], limited["sequence"]) == (None, seen["sequence"])
    with subscribed(web, manager, "?after=0") as replayed:
        assert replayed.events(1) == [limited]
