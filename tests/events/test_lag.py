"""The lag of the relay in health checks, metrics, and log statistics."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from smartscheduler.events import relay
from smartscheduler.events.lag import is_relay_active, lag
from smartscheduler.events.models import EventHead, OutboxEvent
from smartscheduler.ops import health
from tests.api import V1
from tests.events import processes

pytestmark = pytest.mark.django_db


def waiting_for(seconds: float) -> None:
    OutboxEvent.objects.create(type="JobCreated", occurred_at=timezone.now() - timedelta(seconds=seconds), data={})


def test_nothing_waits_in_a_log_that_is_all_sent() -> None:
    OutboxEvent.objects.create(sequence=1, type="JobCreated", occurred_at=timezone.now(), data={})
    assert lag() == (0, timedelta(0))
    assert not lag().is_late


def test_the_oldest_counts() -> None:
    for seconds in (3, 40, 1):
        waiting_for(seconds)
    state = lag()
    assert state.unsent == 3
    assert 40 <= state.oldest.total_seconds() < 60
    assert state.is_late


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seconds", "status"), [(5, "ok"), (11, "failed")])
def test_the_health_check_says_when_the_oldest_is_over_ten_seconds_old(
    seconds: int, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "is_relay_active", lambda: True)
    waiting_for(seconds)
    response = Client().get(f"{V1}/health/ready")
    assert (response.status_code, response.json()["checks"]["events"]) == (200, status)


@pytest.mark.django_db(transaction=True)
def test_the_check_of_the_relay_fails_without_one_and_with_one_that_is_stuck(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="No event relay is active"):
        call_command("check_relay")
    # The holder of the lock counts as the relay; this one numbers no events.
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [relay.RELAY_LOCK])
        assert is_relay_active()
        call_command("check_relay")
        waiting_for(30)
        with pytest.raises(CommandError, match="Undelivered events: 1, the oldest for 3"):
            call_command("check_relay")
        cursor.execute("SELECT pg_advisory_unlock(%s)", [relay.RELAY_LOCK])


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_an_active_relay_leaves_nothing_waiting() -> None:
    waiting_for(30)
    with processes.relay():
        processes.wait_until(lambda: lag().unsent == 0)
        assert is_relay_active()
    assert EventHead.objects.get().sequence == 1
