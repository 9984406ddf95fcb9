"""A contractor's schedule and offered slots."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from assignments.calendars import bookable_slots, schedule
from assignments.services import assign_job
from contractors.working_week import Shift
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from tests.factories import WEEKDAYS, AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db


def day(days: int) -> date:
    return at(0, days=days).date()


def test_a_day_shows_hours_absences_assignments_and_what_is_left() -> None:
    contractor = ContractorFactory()
    booked = AssignmentFactory(contractor=contractor, start=at(9, days=2))
    cancelled = AssignmentFactory(
        contractor=contractor, start=at(9, days=2), status="cancelled", cancelled_at=at(0), job__status="open"
    )
    AbsenceFactory(contractor=contractor, period=(at(15, days=2), at(12, days=3)))
    two, three = schedule(contractor=contractor, start=day(2), end=day(3), rules=current_rules())
    assert two.working_hours == [TimeSlot(at(8, days=2), at(17, days=2))]
    assert two.assignments == [booked]
    assert cancelled not in two.assignments
    assert two.absences == [TimeSlot(at(15, days=2), at(0, days=3))]
    assert two.free == [TimeSlot(at(8, days=2), at(9, days=2)), TimeSlot(at(11, days=2), at(15, days=2))]
    assert three.free == [TimeSlot(at(12, days=3), at(17, days=3))]


def test_a_night_shift_shows_on_both_days() -> None:
    contractor = ContractorFactory(
        hours=[Shift(d, time(22), time(0)) for d in range(7)] + [Shift(d, time(0), time(6)) for d in range(7)]
    )
    (day_schedule,) = schedule(contractor=contractor, start=day(2), end=day(2), rules=current_rules())
    assert day_schedule.free == [TimeSlot(at(0, days=2), at(6, days=2)), TimeSlot(at(22, days=2), at(0, days=3))]


def test_slots_without_a_job_count_no_drives() -> None:
    contractor = ContractorFactory()
    AssignmentFactory(contractor=contractor, start=at(9, days=2), job__latitude="30.6000000")
    slots = bookable_slots(contractor=contractor, day=day(2), duration=timedelta(hours=1), rules=current_rules())
    assert [slot.start for slot in slots][:2] == [at(8, days=2), at(11, days=2)]


def test_every_slot_on_offer_can_be_booked_and_the_ranking_offers_the_same() -> None:
    contractor, job = ContractorFactory(hours=WEEKDAYS), JobFactory()
    AssignmentFactory(contractor=contractor, start=at(11, days=2), job__latitude="30.4000000")
    (entry,) = rank_candidates(JobRequest.of(job), current_rules()).entries
    first = entry.slots[0].start.astimezone(job.zone).date()
    slots = bookable_slots(contractor=contractor, day=first, duration=job.duration, job=job, rules=current_rules())
    assert slots == entry.slots
    for slot in entry.slots:
        candidate = JobFactory()
        made = assign_job(job_id=candidate.pk, contractor_id=contractor.pk, start=slot.start, actor=None)
        assert made.slot == slot
        type(made).objects.filter(pk=made.pk).delete()


def test_no_slot_lies_in_the_past() -> None:
    contractor = ContractorFactory(hours=[Shift(d, time(h), time((h + 12) % 24)) for d in range(7) for h in (0, 12)])
    now = datetime.now(UTC)
    slots = bookable_slots(contractor=contractor, day=day(0), duration=timedelta(minutes=1), rules=current_rules())
    assert all(slot.start >= now for slot in slots)


def test_rescheduling_sees_its_own_slot_as_free() -> None:
    booked = AssignmentFactory(start=at(9, days=2))
    slots = bookable_slots(
        contractor=booked.contractor, day=day(2), duration=booked.job.duration, job=booked.job, rules=current_rules()
    )
    assert at(9, days=2) in [slot.start for slot in slots]


@pytest.mark.parametrize("far", [date(1, 1, 1), date(9999, 12, 31)])
def test_the_ends_of_the_calendar_are_refused(far: date) -> None:
    contractor = ContractorFactory()
    with pytest.raises(InvalidInput):
        bookable_slots(contractor=contractor, day=far, duration=timedelta(hours=1), rules=current_rules())
    with pytest.raises(InvalidInput):
        schedule(contractor=contractor, start=far, end=far, rules=current_rules())
    job = JobFactory()
    start = datetime.combine(far, time(1), UTC)
    with pytest.raises(InvalidInput):
        assign_job(job_id=job.pk, contractor_id=contractor.pk, start=start, actor=None)
    job.refresh_from_db()
    assert job.status == "open"
