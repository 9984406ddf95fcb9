"""The look-up queue: from events to stored road distances and notifications."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from time_machine import travel

from assignments.services import assign_job
from contractors.services import update_contractor
from jobs.requirements import JobRequest
from jobs.services import create_job, update_job
from recommendations import tasks
from recommendations.models import Lookup
from recommendations.ranking import rank_candidates
from recommendations.tasks import LOOKUP_LEASE, LOOKUPS_AT_ONCE
from recommendations.travel import event_receiver, lookup_queue
from recommendations.travel.lookup import look_up
from recommendations.travel.needed_routes import wanted_drives
from recommendations.travel.requests import pop_refresh_requests, refresh_requests, uses
from smartscheduler.core.outbound import circuit_breaker
from smartscheduler.core.redis import valkey
from smartscheduler.core.redis_keys import redis_key
from smartscheduler.events.models import OutboxEvent
from smartscheduler.leases.services import lease
from smartscheduler.ops.demo.fake_road_provider import drive
from smartscheduler.rules.current import current_rules
from smartscheduler.travel.geocells import Pair, cell
from smartscheduler.travel.models import TravelEstimate
from tests.events.numbers import number_events
from tests.events.processes import wait_until
from tests.factories import AUSTIN, AssignmentFactory, ContractorFactory, JobFactory, at
from tests.recommendations.travel.places import base
from tests.recommendations.travel.servers import Providers

pytestmark = pytest.mark.django_db


def crew(count: int, **fields: Any) -> list[Any]:
    return [
        ContractorFactory(latitude=Decimal(str(base(n).latitude)), longitude=Decimal(str(base(n).longitude)), **fields)
        for n in range(count)
    ]


def turn() -> Lookup:
    """One turn of the worker."""
    lookup = lookup_queue.claim()
    assert lookup
    look_up(lookup)
    return Lookup.objects.get(pk=lookup.pk)


def later(seconds: Any = 5) -> travel:
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds))


def news() -> list[Any]:
    return list(OutboxEvent.objects.filter(type="RecommendationsUpdated").values_list("data__job_id", flat=True))


def test_a_job_is_ranked_by_road_after_one_turn_and_pages_are_told(roads: Providers) -> None:
    crew(8)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    done = turn()
    assert (done.state, done.drives, done.known, done.asked) == ("done", 8, 8, 8)
    assert news() == [str(job.pk)]
    entries = rank_candidates(JobRequest.of(job), current_rules()).entries
    assert {entry.source for entry in entries} == {"road"}
    for entry in entries:
        meters = drive(entry.contractor.point, job.point).meters
        assert entry.miles == pytest.approx(meters / 1609.344, abs=1e-3)
        assert entry.route.provider == "google_routes"


def test_nothing_is_asked_or_told_twice(roads: Providers) -> None:
    crew(3)
    job = JobFactory()
    for _ in range(2):
        lookup_queue.want([job.pk], urgent=True)
        turn()
    assert roads.calls == {"google_routes": 1}
    assert len(news()) == 1


def test_the_sites_of_neighboring_bookings_are_asked_both_ways(roads: Providers) -> None:
    person, *_ = crew(2)
    other = JobFactory(status="assigned", latitude=Decimal("30.4000"))
    AssignmentFactory(contractor=person, job=other, start=at(9, days=2))
    AssignmentFactory(contractor=person, start=at(9, days=9), job=JobFactory(status="assigned", latitude="30.5"))
    job = JobFactory()
    here, there = cell(job.point), cell(other.point)
    drives = wanted_drives(JobRequest.of(job), current_rules())
    assert {Pair(there, here), Pair(here, there)} < drives
    assert len(drives) == 4


def test_only_those_who_could_lead_are_asked_about(roads: Providers, settings: Settings) -> None:
    settings.TRAVEL_LEADERS = 5
    crew(40)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    done = turn()
    assert 5 <= done.asked < 20
    assert {entry.source for entry in rank_candidates(JobRequest.of(job), current_rules(), max_results=5).entries} == {
        "road"
    }


def test_the_first_are_exactly_those_of_a_full_ranking(roads: Any, settings: Settings) -> None:
    settings.TRAVEL_LEADERS = 4
    crew(60, service_radius_miles=None)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    turn()
    leaders = [
        entry.contractor.pk for entry in rank_candidates(JobRequest.of(job), current_rules(), max_results=4).entries
    ]
    settings.TRAVEL_LEADERS = 60
    lookup_queue.want([job.pk], urgent=True)
    assert turn().known == 60
    assert [
        entry.contractor.pk for entry in rank_candidates(JobRequest.of(job), current_rules(), max_results=4).entries
    ] == leaders


def test_a_failure_is_tried_again_later_and_later(roads: Providers) -> None:
    roads.behavior |= {"google_routes": "denied", "openrouteservice": "denied"}
    crew(2)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    late = turn()
    assert (late.state, late.attempts, late.error) == ("late", 1, "2 drives could not be looked up.")
    assert news() == []
    assert lookup_queue.claim() is None
    assert {entry.source for entry in rank_candidates(JobRequest.of(job), current_rules()).entries} == {"straight_line"}
    roads.behavior.clear()
    with later(61):
        assert turn().state == "done"
    assert news() == [str(job.pk)]
    assert [lookup_queue.delay(n).total_seconds() // 60 for n in (1, 2, 3, 9)] == [1, 2, 4, 60]


def test_part_of_an_answer_is_better_than_none(roads: Providers) -> None:
    roads.behavior |= {"google_routes": "partial", "openrouteservice": "broken"}
    crew(6)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    assert turn().state == "late"
    assert news() == [str(job.pk)]
    assert TravelEstimate.objects.count() == 2


def test_a_missing_road_is_not_asked_for_again_today(roads: Providers) -> None:
    roads.behavior |= {"google_routes": "partial", "openrouteservice": "partial"}
    crew(4)
    job = JobFactory()
    for _ in range(2):
        lookup_queue.want([job.pk], urgent=True)
        assert turn().state == "done"
    assert roads.calls == {"google_routes": 1, "openrouteservice": 1}


def test_what_a_dead_worker_was_at_is_taken_up(roads: Providers, settings: Settings) -> None:
    crew(2)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    lookup = lookup_queue.claim()
    assert lookup
    assert lookup.pk == job.pk  # and never heard of again
    assert lookup_queue.claim() is None
    with later(settings.TRAVEL_LEASE_SECONDS + 1):
        assert turn().state == "done"


def test_a_request_during_the_turn_is_one_more_turn(roads: Providers) -> None:
    crew(2)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    lookup = lookup_queue.claim()
    assert lookup
    lookup_queue.want([job.pk])
    look_up(lookup)
    assert Lookup.objects.get().state == "waiting"
    with later():
        assert turn().state == "done"


def test_many_requests_are_one_lookup_after_a_moment(roads: Providers) -> None:
    crew(2)
    job = JobFactory()
    for _ in range(5):
        lookup_queue.want([job.pk])
    assert lookup_queue.claim() is None
    with later():
        turn()
        assert lookup_queue.claim() is None
        lookup_queue.want([job.pk], soft=True)
        assert Lookup.objects.get().state == "done"


def test_new_moved_and_reopened_jobs_and_moved_contractors_want_roads(roads: Providers) -> None:
    person, *_ = crew(2)
    job = create_job(actor=None, type="flooring", desired_date=at(12, days=3), duration=timedelta(hours=2), **AUSTIN)
    assert waiting() == {job.pk}
    finish()
    update_job(job_id=job.pk, actor=None, customer_name="Somebody else")
    assert waiting() == set()
    update_job(job_id=job.pk, actor=None, latitude=Decimal("30.3"))
    assert waiting() == {job.pk}
    finish()
    update_contractor(contractor_id=person.pk, actor=None, phone_number="(512) 555-0199")
    assert waiting() == set()
    update_contractor(contractor_id=person.pk, actor=None, latitude=Decimal("30.2"))
    assert waiting() == {job.pk}


def waiting() -> set[Any]:
    number_events()
    while event_receiver.note_events():
        pass
    return {*Lookup.objects.exclude(state="done").values_list("pk", flat=True)}


def finish() -> None:
    Lookup.objects.update(state="done", finished_at=timezone.now() - timedelta(hours=1))


def test_a_booked_job_wants_nothing(roads: Providers) -> None:
    person, *_ = crew(1)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    assign_job(job_id=job.pk, contractor_id=person.pk, start=at(9, days=2), actor=None)
    assert turn().state == "done"
    assert not roads.calls
    lookup_queue.want([job.pk], urgent=True)
    assert lookup_queue.claim() is None


def test_a_ranking_with_straight_lines_is_a_refresh_request(roads: Providers) -> None:
    crew(2)
    job = JobFactory()
    nothing_left_to_tell()
    rank_candidates(JobRequest.of(job), current_rules())
    wait_until(lambda: uses()["straight_line"] == 2)
    rank_candidates(JobRequest.of(job), current_rules())  # the same again soon is no news
    event_receiver.queue_requested_refreshes()
    assert Lookup.objects.get().pk == job.pk
    wait_until(lambda: uses()["straight_line"] == 4)
    assert pop_refresh_requests() == set()
    with later():
        turn()
    rank_candidates(JobRequest.of(job), current_rules())
    wait_until(lambda: uses()["road"] == 2)


def test_a_ranking_that_is_not_displayed_does_not_count(roads: Any) -> None:
    crew(2)
    job = JobFactory()
    nothing_left_to_tell()
    with refresh_requests.silent():
        rank_candidates(JobRequest.of(job), current_rules())
    assert not refresh_requests._thread
    assert pop_refresh_requests() == set()
    rank_candidates(JobRequest.of(job), current_rules())
    assert refresh_requests._thread
    nothing_left_to_tell()


def nothing_left_to_tell() -> None:
    """What the rankings of earlier tests have gathered is passed on after them, and would be counted as ours."""
    if thread := refresh_requests._thread:
        thread.join()
    valkey().delete(redis_key("travel", "wishes"), redis_key("travel", "wishes", "uses"))


def test_the_night_asks_again_for_what_grows_old(roads: Providers) -> None:
    crew(2)
    soon, far = JobFactory(desired_date=at(12, days=3)), JobFactory(desired_date=at(12, days=20), latitude="30.3")
    lookup_queue.want([soon.pk, far.pk], urgent=True)
    turn(), turn()
    asked = roads.calls["google_routes"]
    assert event_receiver.refresh() == 1
    with later():
        turn()
    assert roads.calls["google_routes"] == asked
    TravelEstimate.objects.update(fetched_at=timezone.now() - timedelta(days=24))
    event_receiver.refresh()
    with later():
        assert turn().known == 2
    assert roads.calls["google_routes"] == asked + 1


def test_looking_up_again_asks_for_everything(roads: Providers) -> None:
    crew(3)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    turn()
    first = TravelEstimate.objects.earliest("fetched_at").fetched_at
    assert event_receiver.look_up_again([job.pk]) == 1
    turn()
    assert roads.calls == {"google_routes": 2}
    assert TravelEstimate.objects.earliest("fetched_at").fetched_at > first
    assert Lookup.objects.get().newer_than is None


def test_the_task_does_it_all(roads: Providers) -> None:
    crew(3)
    job = create_job(actor=None, type="flooring", desired_date=at(12, days=3), duration=timedelta(hours=2), **AUSTIN)
    number_events()
    tasks.look_up_roads()
    with later():
        tasks.look_up_roads()
    assert Lookup.objects.get(pk=job.pk).state == "done"


def test_without_a_key_the_task_does_nothing(
    settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.TRAVEL_KEYS = {}
    with django_assert_num_queries(0):
        tasks.look_up_roads()


@pytest.mark.django_db(transaction=True)
def test_there_are_only_so_many_seats(roads: Providers) -> None:
    """Sessions have locks, so each of these is one of its own."""
    taken, leave = threading.Barrier(LOOKUPS_AT_ONCE + 1), threading.Event()

    def sit() -> None:
        with lease(LOOKUP_LEASE, LOOKUPS_AT_ONCE) as free:
            assert free
            taken.wait()
            leave.wait()
        connection.close()

    people = [threading.Thread(target=sit) for _ in range(LOOKUPS_AT_ONCE)]
    for thread in people:
        thread.start()
    taken.wait()
    with lease(LOOKUP_LEASE, LOOKUPS_AT_ONCE) as free:
        assert not free
    leave.set()
    for thread in people:
        thread.join()
    with lease(LOOKUP_LEASE, LOOKUPS_AT_ONCE) as free:
        assert free


def test_a_breaker_that_is_closed_by_hand_lets_them_ask(roads: Providers) -> None:
    circuit_breaker.breaker("google_routes").open()
    circuit_breaker.rest("google_routes", 100)
    circuit_breaker.close("google_routes")
    crew(1)
    job = JobFactory()
    lookup_queue.want([job.pk], urgent=True)
    turn()
    assert roads.calls == {"google_routes": 1}
