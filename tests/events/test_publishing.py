"""The outbox row is written in the transaction of the change."""

from uuid import uuid4

import pytest
from django.db import transaction

from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import RecommendationsUpdated, domain_event, publish
from tests.factories import UserFactory


@pytest.mark.django_db(transaction=True)
def test_refuses_to_publish_outside_a_transaction() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        publish(RecommendationsUpdated(job_id=uuid4()), actor=None)
    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_keeps_who_did_it_as_they_were_then() -> None:
    user = UserFactory(name="Ada")
    publish(RecommendationsUpdated(job_id=uuid4()), actor=user)
    user.name = "Grace"
    user.save()
    event = OutboxEvent.objects.get()
    assert event.actor == {"id": str(user.pk), "email": user.email, "name": "Ada", "role": "coordinator"}
    assert (event.sequence, event.type) == (None, "RecommendationsUpdated")


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_fails_undoes_the_event_too() -> None:
    def fail(**_: object) -> None:
        raise RuntimeError

    domain_event.connect(fail, dispatch_uid="failing")
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            publish(RecommendationsUpdated(job_id=uuid4()), actor=None)
    finally:
        domain_event.disconnect(dispatch_uid="failing")
    assert not OutboxEvent.objects.exists()
