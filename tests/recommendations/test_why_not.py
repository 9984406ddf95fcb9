"""Changes that would improve a rank, found by the ranking engine."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from recommendations.search import rank
from recommendations.why_not import Answer, why_not
from smartscheduler.core.formatting import local_clock
from smartscheduler.rules.current import current_rules
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db
CHICAGO = ZoneInfo("America/Chicago")


def ask(contractor: Contractor, job: Job | None = None, **options: Any) -> Answer:
    return why_not(JobRequest.of(job or JobFactory()), contractor, current_rules(), **options)


def said_day(moment: datetime) -> str:
    return f"{moment:%A, %B} {moment.day}"


def test_the_first_choice_free_at_another_hour_than_wanted() -> None:
    contractor = ContractorFactory(name="Ann")
    AssignmentFactory(contractor=contractor, start=at(12, days=2), job__duration=timedelta(hours=1))
    desired = local_clock(at(12, days=2), CHICAGO)
    assert ask(contractor).suggestion == f"Ann ranks first. Free at 1:00 PM instead of the desired {desired}."


def test_first_if_the_job_were_wanted_later() -> None:
    best, other = ContractorFactory(rating=Decimal("5.00")), ContractorFactory(rating=Decimal("4.00"))
    AbsenceFactory(contractor=best, period=(at(0, days=1), at(0, days=4)))
    answer = ask(best)
    assert (answer.eligible, answer.rank) == (True, 2)
    assert f"below that of {other.name}, mainly because of availability." in answer.suggestion
    assert f"Would rank 1st if the desired date were {said_day(at(0, days=4))}." in answer.suggestion


def test_too_far_and_then_which_rank() -> None:
    near = ContractorFactory(rating=Decimal("3.00"))
    far = ContractorFactory(latitude=Decimal("31.0000000"), rating=Decimal("5.00"), name="Zoe")
    answer = ask(far)
    assert answer.suggestion == "Would be eligible with a service radius 0.6 miles larger. Would then rank 2nd."
    near.rating = Decimal("0.00")
    near.save()
    assert ask(far).suggestion.endswith("Would then rank 1st.")


def test_busy_beyond_the_horizon_and_then_which_rank() -> None:
    contractor = ContractorFactory(name="Ann")
    AbsenceFactory(contractor=contractor, period=(at(0, days=1), at(0, days=20)))
    assert ask(contractor).suggestion == (
        f"Ann is first free on {said_day(at(0, days=20))} at {local_clock(at(8, days=20), CHICAGO)}. "
        f"Would rank 1st if the desired date were {said_day(at(0, days=20))}."
    )


def test_never_free() -> None:
    contractor = ContractorFactory(hours=[Shift(1, time(8), time(9))])
    assert ask(contractor).suggestion == "No free slot for this job in the next 60 days."


def test_the_rank_is_the_place_in_the_whole_ranking() -> None:
    people = ContractorFactory.create_batch(50)
    job = JobFactory()
    ranking = rank_candidates(JobRequest.of(job), current_rules(), max_results=50)
    for entry in (ranking.entries[place] for place in (0, 7, 49)):
        answer = ask(entry.contractor, job)
        assert (answer.rank, answer.rank_at_least, answer.score) == (entry.rank, entry.rank, entry.score)
        assert answer.slots == entry.slots
    assert len(people) == 50


def test_a_low_ranked_contractor_gets_at_least_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rank.RankQuestion, "__new__", _with_most(rank.RankQuestion.__new__, 5))
    ContractorFactory.create_batch(9, rating=Decimal("5.00"))
    last = ContractorFactory(rating=Decimal("3.00"))
    answer = ask(last)
    assert (answer.eligible, answer.rank, answer.rank_at_least) == (True, None, 6)
    assert answer.suggestion.startswith("Ranked 6th or lower. ")


def _with_most(new: Callable[..., Any], most: int) -> Callable[..., Any]:
    def changed(cls: Any, search: Any, own: Any, ignored: int = 0, leader: bool = False) -> Any:
        return new(cls, search, own, most, leader)

    return changed


def test_costs_the_same_number_of_queries_for_every_contractor() -> None:
    crew = ContractorFactory.create_batch(30)
    away, tiler = ContractorFactory(), ContractorFactory(type="tile")
    AbsenceFactory(contractor=away, period=(at(0, days=1), at(0, days=5)))
    job = JobFactory()
    for contractor in (crew[0], crew[-1], away, tiler):
        with CaptureQueriesContext(connection) as asked:
            ask(contractor, job)
        assert len(asked) <= 8
