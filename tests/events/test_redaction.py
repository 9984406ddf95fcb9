"""Replayed and live events on the socket are redacted by the reader's present role."""

from subprocess import Popen

import pytest
from django.db import transaction

from contractors.events import ContractorUpdated
from contractors.models import Contractor
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.publishing import publish
from tests.events.wire import subscribed
from tests.factories import ContractorFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_each_subscriber_sees_what_the_role_may_see(web: int, relay: Popen[bytes], user: User) -> None:
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
