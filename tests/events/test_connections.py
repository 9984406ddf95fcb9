"""Connections of sockets: credential checks and presence."""

from typing import Any
from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries

from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.tokens import revoke, sign_in
from smartscheduler.accounts.websocket_auth import Visitor
from smartscheduler.core.redis import valkey
from smartscheduler.events.sockets import presence
from smartscheduler.events.sockets.connections import Connection, may_stay, note_closed, note_open
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def connection(user: User, sign_in_id: UUID | None = None) -> Connection:
    """An open socket of `user`."""
    return Connection(Visitor(user, Credential.of(user, sign_in_id)))


def test_all_sockets_are_looked_at_in_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    demoted, other, gone, off = (UserFactory(role=Role.COORDINATOR) for _ in range(4))
    family = sign_in(gone).user.token_families.get()
    sockets = [
        *(connection(demoted) for _ in range(3)),
        connection(other),
        connection(gone, family.pk),
        connection(off),
    ]
    assert may_stay(sockets) == [True] * 6
    User.objects.filter(pk=demoted.pk).update(role=Role.MANAGER)
    User.objects.filter(pk=off.pk).update(is_active=False)
    User.objects.filter(pk=other.pk).update(role="unknown")
    revoke(family)
    with django_assert_num_queries(2):
        assert may_stay(sockets) == [True, True, True, False, False, False]
    assert [socket.reader.role for socket in sockets[:3]] == [Role.MANAGER] * 3


def test_presence_is_recorded_again_after_valkey_lost_it() -> None:
    user = UserFactory()
    here = connection(user)
    note_open([here])
    assert valkey().zrange(presence._of(here.account), 0, -1) == [here.socket]
    assert not presence.enter(here.account, "another", most=1)
    note_closed(here)
    assert presence.enter(here.account, "another", most=1)


def test_who_leaves_while_presence_is_noted_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    user = UserFactory()
    leaving = connection(user)
    stay = presence.stay

    def leaves_meanwhile(sockets: Any) -> None:
        note_closed(leaving)
        stay(sockets)

    monkeypatch.setattr("smartscheduler.events.sockets.connections.presence.stay", leaves_meanwhile)
    note_open([leaving])
    assert not valkey().zcard(presence._of(leaving.account))
