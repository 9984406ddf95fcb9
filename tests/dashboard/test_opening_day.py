"""The day that the board opens with: today while it has something left, else the next day with bookings."""

import re
from datetime import UTC, datetime, time

import pytest
import time_machine
from django.test import Client

from contractors.working_week import Shift
from smartscheduler.places import zone
from tests.factories import AssignmentFactory, ContractorFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
# In Austin: a Sunday, the Monday after it at nine in the morning, and that Monday at nine in the evening.
SUNDAY = datetime(2026, 11, 29, 18, tzinfo=UTC)
MORNING = datetime(2026, 11, 30, 15, tzinfo=UTC)
EVENING = datetime(2026, 12, 1, 3, tzinfo=UTC)
AUSTIN = zone("America/Chicago")
AT_WORK = datetime(2026, 12, 2, 16, tzinfo=UTC)


def shown_day(client: Client, address: str = "/") -> str:
    page = client.get(address).content.decode()
    days: list[str] = re.findall(r'data-part="board" data-day="([^"]+)"', page)
    return "".join(days)


def on_weekdays() -> list[Shift]:
    return [Shift(day, time(8), time(17)) for day in range(1, 6)]


@pytest.mark.parametrize(
    ("now", "day"), [(SUNDAY, "2026-12-02"), (MORNING, "2026-11-30"), (EVENING, "2026-12-02")], ids=str
)
def test_a_day_with_nothing_left_gives_way_to_the_next_one_with_bookings(now: datetime, day: str) -> None:
    with time_machine.travel(now, tick=False):
        AssignmentFactory(start=AT_WORK, contractor=ContractorFactory(hours=on_weekdays()))
        client = signed_in()
        assert shown_day(client) == day
        # Today is one click away, and so is any day that is asked for.
        assert shown_day(client, "/?day=") == now.astimezone(AUSTIN).date().isoformat()
        assert shown_day(client, "/?day=2026-12-05") == "2026-12-05"


def test_without_later_bookings_it_stays_today() -> None:
    with time_machine.travel(SUNDAY, tick=False):
        ContractorFactory(hours=on_weekdays())
        assert shown_day(signed_in()) == "2026-11-29"
