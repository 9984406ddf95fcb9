"""The engine takes the rules as an argument and runs without a database.

These tests have no `django_db` mark, so that pytest-django refuses every connection.
"""

from datetime import timedelta
from decimal import Decimal
from functools import cache

import grimp
import pytest
from grimp.application.graph import ImportGraph
from pytest_django import Settings

from assignments.availability import Booking, Calendar, first_free_day, free_time, is_free, offered_slots
from assignments.eligibility import Rule, unmet_rules
from assignments.scoring import Weights, availability_part, distance_part, rating_part, score
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.search.query import RankingQuery
from smartscheduler.places import Origin, Pace, Point, drive_minutes
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import Site
from tests.factories import AUSTIN, EVERY_DAY, JobFactory, at

RULES = Rules(
    availability_weight=5_000,
    rating_weight=3_000,
    distance_weight=2_000,
    max_miles=40.0,
    minimum_gap=timedelta(minutes=60),
    drive_mph=30.0,
    road_factor=1.2,
    horizon_days=3,
)
HERE = Point(float(AUSTIN["latitude"]), float(AUSTIN["longitude"]))
THERE = Point(30.5, -97.7)


@pytest.fixture
def request_of_job() -> JobRequest:
    return JobRequest.of(JobFactory.build(desired_date=at(12, days=2)))


@pytest.fixture
def calendar(request_of_job: JobRequest) -> Calendar:
    booked = Booking(TimeSlot(at(9, days=2), at(11, days=2)), HERE)
    return Calendar(request_of_job.zone, EVERY_DAY, bookings=[booked])


def test_without_the_mark_the_database_is_refused() -> None:
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        current_rules()


def test_records_are_made_without_a_query(settings: Settings) -> None:
    assert Contractor(name="Ann").service_radius_miles == Decimal(str(settings.SCORE_MAX_MILES))
    assert str(Job(job_number="JOB-000001"))


def test_free_time_and_slots_go_by_the_gap_that_they_are_given(request_of_job: JobRequest, calendar: Calendar) -> None:
    site, day = Site(HERE), TimeSlot(at(0, days=2), at(0, days=3))
    assert TimeSlot(at(12, days=2), at(17, days=2)) in free_time(calendar, day, site, RULES)
    assert TimeSlot(at(11, days=2), at(17, days=2)) in free_time(calendar, day, None, RULES)
    slots = offered_slots(calendar, day, timedelta(hours=2), RULES, site=site, not_before=at(0))
    assert slots[0].start == at(12, days=2)
    assert is_free(calendar, slots[0], site, RULES)
    assert not is_free(calendar, TimeSlot(at(11, 30, days=2), at(13, 30, days=2)), site, RULES)


def test_drives_go_by_the_pace_that_they_are_given() -> None:
    miles = Origin(HERE).miles_to(THERE)
    assert drive_minutes(10, RULES.pace) == 24
    assert Site(HERE).drive_to_site(THERE, RULES.pace) == timedelta(minutes=drive_minutes(miles, RULES.pace))
    assert (
        Site(HERE).route_from(THERE, Pace(1.2, 60.0)).minutes
        <= Site(HERE).route_from(THERE, RULES.pace).minutes / 2 + 1
    )


def test_eligibility_and_score_are_worked_out_from_values(request_of_job: JobRequest) -> None:
    person = Contractor(name="Ann", type=Contractor.Type.TILE, service_radius_miles=Decimal(5), **AUSTIN)
    failed = {reason.code for reason in unmet_rules(person, request_of_job, miles=8.0)}
    assert failed == {Rule.WRONG_TYPE, Rule.OUT_OF_RADIUS}
    total = score(
        availability=availability_part(1),
        rating=rating_part(400),
        distance=distance_part(10.0, RULES.max_miles),
        weights=Weights.of(RULES),
    )
    assert total.total == 8_400


def test_a_search_scores_a_candidate_by_the_rules_that_it_is_given(
    request_of_job: JobRequest, calendar: Calendar
) -> None:
    search = RankingQuery.of(request_of_job, RULES, now=at(0), site=Site(HERE))
    assert len(search.visit.days) == RULES.horizon_days + 1
    free = first_free_day(calendar, search.visit)
    assert free
    assert free.days == 0
    person = Contractor(name="Ann", **AUSTIN)
    candidate = search.candidate(search.contender(person.pk, person.name, 500, 0.0, 0), calendar)
    assert candidate
    assert candidate.score.total == 10_000
    assert search.suggested(candidate) == TimeSlot(at(12, days=2), at(14, days=2))


ENGINE = {
    "smartscheduler": "places timeslots rules.values travel.routes travel.estimates",
    "contractors": "models working_week states",
    "jobs": "models requirements states",
    "assignments": "admin.week_grid availability booking_checks calendars decision_record drop_targets eligibility"
    " gap_filling local_time models scoring states wanted_time",
    "recommendations": "admin.same_slot counterfactuals decision_record explanations near_misses ranking ranking_tokens"
    " search.bounds search.candidates search.density search.query search.rank search.threshold"
    " travel.needed_routes travel.provider_chain travel.providers.great_circle unfillable_jobs why_not",
}
MODULES = [f"{package}.{module}" for package, modules in ENGINE.items() for module in modules.split()]


@cache
def imports() -> ImportGraph:
    return grimp.build_graph(*ENGINE, exclude_type_checking_imports=True, cache_dir=None)


@pytest.mark.parametrize("module", MODULES)
def test_the_engine_cannot_reach_the_rules_in_force(module: str) -> None:
    """Neither itself nor through what it imports."""
    assert imports().find_shortest_chain(module, "smartscheduler.rules.current") is None
