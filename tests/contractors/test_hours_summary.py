"""The summary of working hours for the ranking is current after any change of the hours."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection

from contractors.models import Contractor, WorkingHours
from contractors.services import update_schedule
from contractors.working_week import Shift
from tests.factories import ContractorFactory

pytestmark = pytest.mark.django_db
NIGHTS = [
    Shift(6, time(20), time(0)),
    Shift(0, time(0), time(4)),
    Shift(0, time(4), time(6)),
    Shift(3, time(8), time(9)),
]


def kept(contractor: Contractor) -> tuple[int, int]:
    return Contractor.objects.values_list("weekdays", "longest_stretch").get(pk=contractor.pk)


def true(contractor: Contractor) -> tuple[int, int]:
    """The same two, by walking through two weeks a minute at a time."""
    working = set()
    weekdays = 0
    for hours in WorkingHours.objects.filter(contractor=contractor):
        weekdays |= 1 << hours.day_of_week
        for week in (0, 7):
            midnight = (week + hours.day_of_week) * 1440
            start, end = (int(offset / timedelta(minutes=1)) for offset in (hours.shift.starts, hours.shift.ends))
            working |= set(range(midnight + start, midnight + end))
    longest = run = 0
    for minute in range(14 * 1440):
        run = run + 1 if minute in working else 0
        longest = max(longest, run)
    return weekdays, min(longest, 7 * 1440)


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def copy_in(contractor: Contractor) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY contractors_workinghours (contractor_id, day_of_week, start_time, end_time) FROM STDIN"
        ) as copy,
    ):
        copy.write_row((contractor.pk, 6, time(6), time(22)))


ROADS = {
    "create": lambda person: WorkingHours.objects.create(
        contractor=person, day_of_week=6, start_time=time(17), end_time=time(20)
    ),
    "bulk_create": lambda person: WorkingHours.objects.bulk_create(
        WorkingHours(contractor=person, day_of_week=day, start_time=time(17), end_time=time(20)) for day in (2, 6)
    ),
    "save": lambda person: person.working_hours.first().save(),
    "update": lambda person: person.working_hours.filter(day_of_week=3).update(end_time=time(22)),
    "update of the day": lambda person: person.working_hours.filter(day_of_week=3).update(day_of_week=5),
    "delete": lambda person: person.working_hours.filter(day_of_week=0).delete(),
    "delete all": lambda person: person.working_hours.all().delete(),
    "service": lambda person: update_schedule(contractor_id=person.pk, working_hours=NIGHTS[:1], actor=None),
    "SQL insert": lambda person: sql(
        "INSERT INTO contractors_workinghours (contractor_id, day_of_week, start_time, end_time) "
        "VALUES (%s, 1, '09:30', '10:00'), (%s, 2, '00:00', '16:00')",
        person.pk,
        person.pk,
    ),
    "SQL update": lambda person: sql("UPDATE contractors_workinghours SET end_time = '05:00' WHERE end_time = '06:00'"),
    "SQL delete": lambda person: sql("DELETE FROM contractors_workinghours WHERE day_of_week = 6"),
    # TRUNCATE fails while deferred constraints are pending.
    "truncate": lambda person: sql("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE contractors_workinghours"),
    "copy": copy_in,
}


@pytest.mark.parametrize("road", ROADS)
def test_follows_the_hours(road: str) -> None:
    contractor = ContractorFactory(hours=[shift for shift in NIGHTS if road != "copy" or shift.day_of_week != 6])
    before = kept(contractor)
    ROADS[road](contractor)
    assert kept(contractor) == true(contractor)
    assert (kept(contractor) == before) == (road == "save")


def test_takes_adjoining_shifts_together_across_midnight_and_the_end_of_the_week() -> None:
    assert kept(ContractorFactory(hours=NIGHTS)) == (0b1001001, 10 * 60)


def test_a_contractor_who_always_works_has_a_week() -> None:
    hours = [Shift(day, start, end) for day in range(7) for start, end in [(time(0), time(12)), (time(12), time(0))]]
    assert kept(ContractorFactory(hours=hours)) == (127, 7 * 24 * 60)


def test_hours_moved_to_another_contractor_count_there() -> None:
    giver, taker = ContractorFactory(hours=NIGHTS), ContractorFactory(hours=[])
    WorkingHours.objects.filter(contractor=giver, day_of_week=3).update(contractor=taker)
    assert (kept(giver), kept(taker)) == (true(giver), true(taker))
    assert kept(taker) == (0b1000, 60)


def test_an_outdated_contractor_that_is_saved_brings_nothing_old_back() -> None:
    old = Contractor.objects.get(pk=ContractorFactory(hours=[]).pk)
    WorkingHours.objects.create(contractor=old, day_of_week=1, start_time=time(8), end_time=time(17))
    old.save()
    assert kept(old) == (0b10, 540)


@pytest.mark.parametrize("statement", ["weekdays = 127", "longest_stretch = 9999, name = 'Somebody'"])
def test_no_role_can_write_them(statement: str) -> None:
    contractor = ContractorFactory(hours=NIGHTS)
    sql(f"UPDATE contractors_contractor SET {statement}")  # noqa: S608
    assert kept(contractor) == true(contractor)


def test_a_new_contractor_has_none_for_any_input() -> None:
    assert kept(ContractorFactory(hours=[], weekdays=127, longest_stretch=600)) == (0, 0)
