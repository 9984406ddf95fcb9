"""Those who listen: whether they may stay, and that they are there."""

import pytest

from smartscheduler.accounts.handshakes import Visitor
from smartscheduler.accounts.models import User
from smartscheduler.accounts.policy import Role
from smartscheduler.events import attendance, members
from smartscheduler.events.members import Member, may_stay, say_gone, say_present
from smartscheduler.valkey import valkey
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def member(user, credentials, now):
    """Somebody whose credentials say `now` when they are looked at again."""
    return Member(Visitor(user, credentials, now))


def test_credentials_are_looked_at_once_however_many_sockets_they_have_opened():
    looks = []
    user = UserFactory(role=Role.COORDINATOR)
    demoted = User(pk=user.pk, role=Role.MANAGER, password=user.password)
    sockets = [member(user, "one session", lambda: looks.append("a look") or demoted) for _ in range(3)]
    other = UserFactory(role=Role.COORDINATOR)
    gone = member(other, "another session", lambda: None)
    nobody = User(pk=other.pk, role="nobody", password=other.password)
    without_rights = member(other, "a third one", lambda: nobody)
    assert may_stay([*sockets, gone, without_rights]) == [True, True, True, False, False]
    assert looks == ["a look"]
    assert [one.reader.role for one in sockets] == [Role.MANAGER] * 3


def test_whoever_is_there_is_noted_again_after_valkey_has_forgotten():
    user = UserFactory()
    here = member(user, "session", lambda: user)
    say_present([here])
    assert valkey().zrange(attendance._of(here.account), 0, -1) == [here.socket]
    assert not attendance.enter(here.account, "another", most=1)
    say_gone(here)
    assert attendance.enter(here.account, "another", most=1)


def test_who_leaves_while_presence_is_noted_is_gone(monkeypatch):
    user = UserFactory()
    leaving = member(user, "session", lambda: user)
    stay = attendance.stay

    def leaves_meanwhile(sockets):
        say_gone(leaving)
        stay(sockets)

    monkeypatch.setattr(members.attendance, "stay", leaves_meanwhile)
    say_present([leaving])
    assert not valkey().zcard(attendance._of(leaving.account))
