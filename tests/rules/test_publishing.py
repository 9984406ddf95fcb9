import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from pytest_django import Settings

from smartscheduler.accounts.permissions import Role
from smartscheduler.errors import InvalidInput, RulesChanged
from smartscheduler.events.models import OutboxEvent
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.services import publish_rules
from smartscheduler.rules.values import FIELDS, Rules
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def numbers(**others: Any) -> dict[Any, Any]:
    return {**Rules.of_settings().as_fields(), **others}


def weights(*shares: str) -> dict[Any, Any]:
    return dict(zip(FIELDS[:3], map(Decimal, shares), strict=True))


def test_the_settings_hold_until_something_is_published(settings: Settings) -> None:
    settings.MINIMUM_GAP = timedelta(minutes=20)
    assert current_rules().minimum_gap == timedelta(minutes=20)
    assert current_rules().version is None


def test_a_version_takes_the_place_of_the_settings(settings: Settings) -> None:
    settings.MINIMUM_GAP = timedelta(minutes=20)
    admin = UserFactory(role=Role.ADMINISTRATOR)
    first = publish_rules(based_on=None, actor=admin, note=" Summer ", **numbers(minimum_gap_minutes=15))
    second = publish_rules(based_on=1, actor=admin, **{**numbers(), **weights("0.5", "0.3", "0.2")})
    assert (first.number, first.note, first.published_by) == (1, "Summer", admin)
    assert current_rules() == second.rules
    assert current_rules().version == 2
    rules = current_rules()
    assert (rules.availability_weight, rules.rating_weight, rules.distance_weight) == (5000, 3000, 2000)


def test_publishing_is_told_with_what_changed() -> None:
    admin = UserFactory(role=Role.ADMINISTRATOR)
    publish_rules(based_on=None, actor=admin, **numbers(horizon_days=5, drive_mph=Decimal("40")))
    event = OutboxEvent.objects.get(type="RulesPublished")
    assert event.actor
    assert event.actor["email"] == admin.email
    assert event.data == {
        "version": 1,
        "changed": {"drive_mph": 40.0, "horizon_days": 5},
        "previous": {"drive_mph": 35.0, "horizon_days": 10},
    }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (weights("0.5", "0.3", "0.1"), "distance_weight"),
        (weights("1.2", "-0.2", "0"), "availability_weight"),
        (weights("0.33333", "0.33333", "0.33334"), "availability_weight"),
        ({"max_miles": Decimal(0)}, "max_miles"),
        ({"max_miles": Decimal(501)}, "max_miles"),
        ({"minimum_gap_minutes": 481}, "minimum_gap_minutes"),
        ({"drive_mph": Decimal("4.9")}, "drive_mph"),
        ({"road_factor": Decimal("0.99")}, "road_factor"),
        ({"road_factor": Decimal("3.1")}, "road_factor"),
        ({"horizon_days": 31}, "horizon_days"),
    ],
)
def test_refuses_by_field_what_makes_no_sense(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        publish_rules(based_on=None, actor=None, **numbers(**wrong))
    assert field in refusal.value.errors
    assert not RulesVersion.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_refuses_the_numbers_current_rules() -> None:
    with pytest.raises(InvalidInput, match="nothing to publish"):
        publish_rules(based_on=None, actor=None, **numbers())
    assert not RulesVersion.objects.exists()


def test_tells_the_second_administrator_who_was_faster() -> None:
    faster = UserFactory(role=Role.ADMINISTRATOR, name="Fay Faster")
    publish_rules(based_on=None, actor=faster, **numbers(horizon_days=5))
    with pytest.raises(RulesChanged, match="Fay Faster published version 1 just now"):
        publish_rules(based_on=None, actor=None, **numbers(horizon_days=7))
    assert current_rules().horizon_days == 5


@pytest.mark.parametrize("change", ["UPDATE rules_rulesversion SET horizon_days = 1", "DELETE FROM rules_rulesversion"])
def test_a_version_is_never_changed_not_even_by_sql(change: str) -> None:
    publish_rules(based_on=None, actor=None, **numbers(horizon_days=5))
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert RulesVersion.objects.get().horizon_days == 5


@pytest.mark.parametrize(
    "wrong",
    [weights("0.5", "0.3", "0.1"), weights("1.2", "-0.2", "0"), {"road_factor": Decimal("0.5")}, {"horizon_days": 31}],
)
def test_the_database_refuses_as_well(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RulesVersion.objects.create(number=1, **numbers(**wrong))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_publish_at_once_one_does() -> None:
    results: list[int | None] = []

    def publish(horizon: int) -> None:
        try:
            results.append(publish_rules(based_on=None, actor=None, **numbers(horizon_days=horizon)).number)
        except RulesChanged:
            results.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=publish, args=[horizon]) for horizon in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == [1, *[None] * 7]
    assert RulesVersion.objects.count() == 1
