"""The number of candidates is exact or reported as "at least n"."""

from typing import Any

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from assignments.services import assign_job
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from recommendations.search import rank
from recommendations.search.query import RankingQuery
from recommendations.search.rank import MOST_CANDIDATES, count_candidates
from smartscheduler.rules.current import current_rules
from tests.api import V1, client_as
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at, many_contractors
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def book(job: Job, contractor: Any, hour: int = 9) -> Assignment:
    return assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(hour, days=2), actor=None)


def unsuitable() -> None:
    """Three who fail a rule, two of whom only their calendars tell."""
    ContractorFactory(type="tile", rating="5.00")
    for contractor in ContractorFactory.create_batch(2, rating="5.00"):
        AbsenceFactory(contractor=contractor, period=(at(0, days=-1), at(0, days=60)))


@pytest.mark.parametrize("chosen", [0, 11, 22])
def test_the_record_counts_all_who_could_have_been_ranked(chosen: int) -> None:
    """Choosing the first of 23 is "1 of 23", not "1 of 2" because two calendars settled the rank."""
    unsuitable()
    people = sorted(many_contractors(23), key=lambda contractor: contractor.name)
    for place, contractor in enumerate(people):
        contractor.rating = 5 - place / 10
        contractor.save()
    made = book(JobFactory(), people[chosen])
    assert (made.rank, made.candidates_considered, made.candidates_exact) == (chosen + 1, 23, True)
    assert made.candidates == "23"


def test_beyond_the_limit_it_says_at_least() -> None:
    people = many_contractors(MOST_CANDIDATES + 20)
    made = book(JobFactory(), people[0])
    assert not made.candidates_exact
    assert MOST_CANDIDATES <= made.candidates_considered <= len(people)
    assert made.candidates == f"at least {made.candidates_considered}"


def test_the_count_is_never_below_the_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rank, "MOST_CANDIDATES", 2)
    people = many_contractors(30)
    last = people[-1]
    last.rating = 0
    last.save()
    made = book(JobFactory(), last)
    assert made.rank == 30
    assert made.candidates_considered >= 30


def test_who_is_no_candidate_is_not_counted_among_them() -> None:
    many_contractors(4)
    job = JobFactory(desired_date=at(12, days=40))
    other = ContractorFactory(rating="5.00")
    AbsenceFactory(contractor=other, period=(at(0, days=40), at(0, days=60)))
    made = book(job, other)
    assert (made.rank, made.candidates_considered, made.candidates_exact) == (None, 4, True)


def test_the_count_equals_that_of_a_full_ranking() -> None:
    unsuitable()
    many_contractors(9)
    AssignmentFactory()  # of a contractor who is free at other times
    job = JobFactory()
    everybody = rank_candidates(JobRequest.of(job), current_rules(), max_results=50)
    counted = count_candidates(RankingQuery.of(JobRequest.of(job), current_rules()))
    assert (counted.number, counted.exact) == (len(everybody.entries), True) == (10, True)
    assert (everybody.candidates_considered, everybody.candidates_exact) == (10, True)


def test_a_ranking_of_few_says_at_least() -> None:
    many_contractors(12)
    few = rank_candidates(JobRequest.of(JobFactory()), current_rules(), max_results=2)
    assert not few.candidates_exact
    assert 2 <= few.candidates_considered <= 12


def test_a_booking_opens_no_more_calendars_however_many_there_are(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    people, job = many_contractors(600), JobFactory()
    with django_assert_max_num_queries(40) as context:
        book(job, people[0])
    calendars = [query["sql"] for query in context.captured_queries if "array_agg(day_of_week)" in query["sql"]]
    assert len(calendars) <= 6


def test_pages_and_wire_say_which_it_is() -> None:
    many_contractors(3)
    job = JobFactory()
    made = book(job, ContractorFactory())
    page = signed_in().get(reverse("admin:assignments_assignment_change", args=[made.pk])).content.decode()
    assert "of 4 at the time of booking" in page
    answer = client_as().get(f"{V1}/assignments/{made.pk}/").json()
    assert (answer["candidates_considered"], answer["candidates_exact"]) == (4, True)
    ranking = client_as().get(f"{V1}/jobs/{JobFactory().pk}/recommendations/").json()
    assert (ranking["candidates_considered"], ranking["candidates_exact"]) == (4, True)
