"""The critical times are in the future, and the servers of a run share the simulated clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.redis import valkey
from tests.clocks.moments import moments

NOWS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(NOWS)
def test_the_moments_lie_ahead(now: datetime) -> None:
    moment_of = {moment.name: moment.at for moment in moments(now)}
    assert len(moment_of) == 6
    for at in moment_of.values():
        assert timedelta(0) < at - now < timedelta(days=375)
    assert f"{moment_of['sunday-morning']:%a %H:%M}" == "Sun 08:00"
    assert f"{moment_of['saturday-night']:%a %H:%M}" == "Sat 23:30"
    assert f"{moment_of['year-end']:%m-%d %H:%M}" == "12-31 23:56"
    assert f"{moment_of['february-end']:%m-%d %H:%M}" == "02-28 23:56"


@given(NOWS)
def test_the_clock_changes_during_one_run_and_has_just_changed_in_the_other(now: datetime) -> None:
    moment_of = {moment.name: moment.at.astimezone(ZoneInfo("America/Chicago")) for moment in moments(now)}
    assert f"{moment_of['clock-forward']:%a %H:%M %Z}" == "Sun 01:56 CST"
    assert f"{moment_of['clock-back']:%a %H:%M %Z}" == "Sun 01:04 CST"


@pytest.mark.django_db
def test_postgresql_and_valkey_share_the_clock_of_the_run() -> None:
    before = datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (of_postgresql,) = cursor.fetchone()
    of_valkey = datetime.fromtimestamp(valkey().time()[0], UTC)
    after = datetime.now(UTC)
    for clock in (of_postgresql, of_valkey):
        assert before - timedelta(minutes=1) < clock < after + timedelta(minutes=1)
