"""Rankings: content, refusals, and query counts."""

from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from assignments.calendars import bookable_slots
from contractors.models import Absence, Contractor
from contractors.working_week import Shift
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from recommendations.results import Ranking
from recommendations.why_not import Answer, why_not
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.current import current_rules
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at, many_contractors

pytestmark = pytest.mark.django_db


def rank(job: Job, **options: Any) -> Ranking:
    return rank_candidates(JobRequest.of(job), current_rules(), **options)


def test_an_entry_says_who_when_and_why() -> None:
    # 0.3618 degrees of latitude are 25.0 miles.
    near = ContractorFactory(rating=Decimal("4.50"), rating_count=37, latitude=Decimal("30.2672"))
    far = ContractorFactory(rating=Decimal("5.00"), latitude=Decimal("30.6290071"))
    ranking = rank(JobFactory())
    assert [entry.contractor for entry in ranking.entries] == [near, far]
    first, second = ranking.entries
    assert (first.rank, second.rank, ranking.candidates_considered) == (1, 2, 2)
    assert first.score == Decimal("0.9650")
    assert second.score == Decimal("0.8750")  # 0.40 + 0.35 + 0.25 × 0.5
    assert second.miles == pytest.approx(25, abs=1e-3)
    assert second.minutes == 56  # 25 × 1.3 / 35 h = 55.7 min
    assert second.source == "straight_line"
    assert [slot.start for slot in first.slots] == [at(8, days=2) + timedelta(minutes=30 * n) for n in range(15)]
    assert "rated 4.50 of 5 by 37 customers" in first.breakdown.explanation
    assert "Score 0.9650 = 0.4 × 1.0000 + 0.35 × 0.9000 + 0.25 × 1.0000" in first.breakdown.explanation
    assert first.breakdown.as_json()["rating_weight"] == 0.35


def test_each_day_of_waiting_costs_a_tenth() -> None:
    contractor = ContractorFactory()
    AbsenceFactory(contractor=contractor, period=(at(0, days=2), at(0, days=5)))
    (entry,) = rank(JobFactory()).entries
    assert entry.breakdown.availability_score == Decimal("0.7")
    assert entry.slots[0].start == at(8, days=5)
    assert "3 days later" in entry.breakdown.explanation


def test_with_horizon_0_only_the_desired_day_counts() -> None:
    contractor, job = ContractorFactory(), JobFactory()
    AbsenceFactory(contractor=contractor, period=(at(0, days=2), at(0, days=3)))
    assert rank(job, horizon_days=0).entries == []
    assert len(rank(job, horizon_days=1).entries) == 1


def test_ties_go_by_distance_then_rating_then_name_then_id() -> None:
    same = [ContractorFactory(name="Bee"), ContractorFactory(name="Ant"), ContractorFactory(name="Bee")]
    ranked = [entry.contractor for entry in rank(JobFactory()).entries]
    assert ranked == sorted(same, key=lambda contractor: (contractor.name, str(contractor.pk)))


@pytest.mark.parametrize(("has", "needs"), [("İznik tile", "i̇znik TILE"), ("ΜΩΣΑΪΚΟΣ", "μωσαϊκος"), ("Émail", "ÉMAIL")])
def test_skills_of_any_alphabet_count_the_same_for_the_ranking_and_for_the_check(has: str, needs: str) -> None:
    contractor, job = ContractorFactory(skills=[has]), JobFactory(required_skills=[needs])
    assert bool(rank(job).entries) == ask(contractor, job).eligible


def test_an_overdue_job_finds_slots_from_now_on() -> None:
    ContractorFactory()
    job = JobFactory(desired_date=at(12, days=-2))
    (entry,) = rank(job).entries
    assert entry.breakdown.availability_score <= Decimal("0.8")
    assert entry.slots[0].start >= at(0)


def test_the_job_s_own_booking_excludes_no_contractor() -> None:
    """What would be freed by moving the job is free for it, here as in the slot list and in the check."""
    only_shift = [Shift(at(0, days=2).isoweekday() % 7, time(9), time(17))]
    booked = AssignmentFactory(contractor=ContractorFactory(hours=only_shift), job__duration=timedelta(hours=8))
    (entry,) = rank(booked.job, horizon_days=0).entries
    slots = bookable_slots(
        contractor=booked.contractor,
        day=at(0, days=2).date(),
        duration=booked.job.duration,
        job=booked.job,
        rules=current_rules(),
    )
    assert entry.slots == slots == [booked.slot]
    assert why_not(JobRequest.of(booked.job), booked.contractor, current_rules(), horizon_days=0).slots == slots
    assert rank(JobFactory(), horizon_days=0).entries == []


def test_no_contractor_at_all() -> None:
    ranking = rank(JobFactory())
    assert (ranking.entries, ranking.candidates_considered) == ([], 0)


@pytest.mark.parametrize(
    "options", [{"max_results": 0}, {"max_results": 51}, {"horizon_days": -1}, {"horizon_days": 31}]
)
def test_refuses_limits_out_of_range(options: dict[str, int]) -> None:
    with pytest.raises(InvalidInput) as refused:
        rank(JobFactory(), **options)
    assert set(refused.value.errors) == set(options)


def queries(act: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as context:
        act()
    return len(context)


def test_a_ranking_costs_the_same_number_of_queries_however_many_contractors() -> None:
    """The rules, a sample, a page of contenders, calendars, names: more pages only where all are alike."""
    job = JobFactory()
    ContractorFactory.create_batch(10)
    assert queries(lambda: rank(job)) == 5
    many_contractors(290)
    assert queries(lambda: rank(job)) <= 9


def test_even_when_every_calendar_must_be_opened_the_queries_are_counted() -> None:
    """All contractors are absent, which no bound shows: pages and batches of calendars grow."""
    away = TimestamptzRange(at(0, days=-1), at(0, days=60))
    Absence.objects.bulk_create(
        AbsenceFactory.build(contractor=contractor, period=away) for contractor in many_contractors(600)
    )
    job = JobFactory()
    assert queries(lambda: rank(job)) <= 24
    assert rank(job).calendars_opened == 600


# --- why not ---------------------------------------------------------------------------------


def ask(contractor: Contractor, job: Job | None = None, **options: int) -> Answer:
    return why_not(JobRequest.of(job or JobFactory()), contractor, current_rules(), **options)


@pytest.mark.parametrize(
    ("who", "code", "words"),
    [
        ({"status": "on_leave"}, "inactive", "on leave"),
        ({"type": "carpet"}, "wrong_type", "does carpet jobs, but this is a flooring job"),
        ({"latitude": Decimal("31.0000000")}, "out_of_radius", "0.6 miles outside"),
        ({"hours": [Shift(day, time(8), time(9)) for day in range(7)]}, "not_working", "no shift long enough"),
    ],
)
def test_names_the_rule_that_failed(who: dict[str, Any], code: str, words: str) -> None:
    answer = ask(ContractorFactory(**who))
    assert not answer.eligible
    assert [reason.code for reason in answer.reasons] == [code]
    assert words in answer.reasons[0].message
    assert answer.suggestion


def test_says_when_the_shifts_lie_in_the_past() -> None:
    answer = ask(ContractorFactory(), JobFactory(desired_date=at(12, days=-2)), horizon_days=0)
    (reason,) = answer.reasons
    assert reason.code == "not_working"
    assert "too little working time left for the job on the desired date" in reason.message
    assert "is first free on" in answer.suggestion


def test_names_every_rule_that_failed() -> None:
    contractor = ContractorFactory(type="tile", status="inactive")
    answer = ask(contractor, JobFactory(required_skills=["Stairs", "Mosaic"]))
    assert [reason.code for reason in answer.reasons] == ["inactive", "wrong_type", "missing_skill"]
    assert "Mosaic, Stairs" in answer.reasons[2].message


def test_absent_and_when_back() -> None:
    contractor = ContractorFactory()
    AbsenceFactory(contractor=contractor, period=(at(0, days=1), at(0, days=20)))
    answer = ask(contractor)
    assert [reason.code for reason in answer.reasons] == ["absent"]
    day = at(0, days=20)
    assert f"first free on {day:%A, %B} {day.day}" in answer.suggestion


def test_fully_booked() -> None:
    contractor = ContractorFactory()
    for days in (2, 3):
        AssignmentFactory(contractor=contractor, start=at(8, days=days), job__duration=timedelta(hours=8))
    assert [reason.code for reason in ask(contractor, horizon_days=1).reasons] == ["fully_booked"]


def test_a_drive_too_long() -> None:
    contractor = ContractorFactory(hours=[Shift(day, time(8), time(13)) for day in range(7)])
    AssignmentFactory(
        contractor=contractor,
        start=at(8, days=2),
        job__duration=timedelta(hours=3),
        job__latitude=Decimal("30.6290071"),
    )
    answer = ask(contractor, horizon_days=0)
    assert [reason.code for reason in answer.reasons] == ["drive_too_long"]


def test_the_second_is_told_what_the_first_has() -> None:
    ContractorFactory(name="Ann", rating=Decimal("5.00"))
    second = ContractorFactory(rating=Decimal("4.00"))
    answer = ask(second)
    assert (answer.eligible, answer.rank) == (True, 2)
    assert answer.suggestion == "Ranked 2nd. The score is 0.0700 below that of Ann, mainly because of rating."
