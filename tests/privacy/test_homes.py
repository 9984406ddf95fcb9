"""Attacks on blurred places: exact coordinates cannot be derived from any response."""

import math
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from assignments import services as bookings
from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.accounts.permissions import PERMISSIONS, PERSONAL, Permission, Role
from smartscheduler.core.geo.blur import blurred
from smartscheduler.places import Point
from smartscheduler.travel.estimates import NewEstimate, known_site, store
from smartscheduler.travel.routes import pairs_between
from tests.api import V1, client_as
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import PageResponse, signed_in
from tests.privacy.homes import (
    AUSTIN,
    LEAST_ERROR_METERS,
    center_of,
    edge,
    home,
    living_at,
    located,
    meters,
    other_corner,
    shifted,
)

pytestmark = pytest.mark.django_db
SEEDS = (1, 2, 3)
AROUND = [shifted(AUSTIN, 22, bearing) for bearing in (0, 72, 144, 216, 288)]


@pytest.fixture(params=SEEDS)
def each_place(request: pytest.FixtureRequest) -> Point:
    return home(request.param)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Point:
    """One of the homes: an answer depends on the cell only (tests/core/geo/test_blur.py), so that one is enough."""
    return home(SEEDS[len(request.node.name) % len(SEEDS)])


def asked(client: Any, point: Any, **more: Any) -> Any:
    """The ranking for a site that the attacker chooses."""
    body = {
        "type": "flooring",
        "desired_date": at(12, days=2).isoformat(),
        "duration": "02:00:00",
        "location": {"latitude": round(point[0], 7), "longitude": round(point[1], 7)},
        **more,
    }
    answer = client.post(f"{V1}/recommendations/", body)
    assert answer.status_code == 200, answer.content
    return answer.json()["recommendations"]


def sites(points: list[Any] = AROUND) -> list[Any]:
    """Open jobs whose places the attacker knows: each at the center of its cell."""
    return [
        JobFactory(latitude=str(blurred(point)[0]), longitude=str(blurred(point)[1]), duration=timedelta(hours=1))
        for point in points
    ]


def of_sites(jobs: Any, miles_of: Callable[..., Any]) -> Point:
    return located([(job.exact_point, miles_of(job)) for job in jobs])


def first_number(pattern: str, text: str) -> float:
    return float(re.findall(pattern, text)[0])


MEASURES = {
    "miles": lambda entry: entry["distance_miles"],
    "whole miles": lambda entry: float(round(entry["distance_miles"])),
    "minutes": lambda entry: entry["travel_minutes"] / 1.3 * 35 / 60,
    "part score": lambda entry: 50 * (1 - entry["score_breakdown"]["distance_score"]),
    "score": lambda entry: 50 * (1 - (entry["score"] - 0.4 - 0.35 * 0.8) / 0.25),
    "sentence": lambda entry: first_number(r"([\d.]+) miles", entry["score_breakdown"]["explanation"]),
}


def test_distances_from_points_of_ones_own(each_place: Point) -> None:
    living_at(each_place, service_radius_miles=None)
    entries = [(point, asked(client_as(Role.MANAGER), point)[0]) for point in AROUND]
    for name, measure in MEASURES.items():
        position = located([(point, measure(entry)) for point, entry in entries])
        assert meters(position, each_place) >= LEAST_ERROR_METERS, name


def test_the_same_distances_find_a_home_for_roles_that_may_know_it(place: Point) -> None:
    living_at(place, service_radius_miles=None)
    position = located([(point, asked(client_as(), point)[0]["distance_miles"]) for point in AROUND])
    assert meters(position, place) < 1


def test_the_edge_of_the_radius_by_bisection(place: Point) -> None:
    living_at(place, service_radius_miles="10")
    manager, exact = client_as(Role.MANAGER), client_as()
    for client, least, most in ((manager, LEAST_ERROR_METERS, 2000), (exact, 0, 5)):
        edges = [
            edge(lambda point, client=client: bool(asked(client, point)), blurred(place), bearing, low=8, high=12)
            for bearing in (0, 120, 240)
        ]
        assert least <= meters(center_of(edges, 10), place) <= most


def test_whole_miles_by_bisection(place: Point) -> None:
    living_at(place, service_radius_miles=None)
    manager = client_as(Role.MANAGER)

    def inside(point: Any) -> Any:
        return round(asked(manager, point)[0]["distance_miles"]) <= 10

    edges = [edge(inside, blurred(place), bearing, low=8, high=12) for bearing in (0, 120, 240)]
    assert meters(center_of(edges, 10.5), place) >= LEAST_ERROR_METERS


def test_who_comes_first_by_bisection(place: Point) -> None:
    """Between two equals the nearer comes first: the line half-way between them tells of both."""
    rival = AUSTIN
    own = living_at(place, service_radius_miles=None, name="Own")
    living_at(rival, service_radius_miles=None, name="Rival")

    def error(client: APIClient) -> float:
        def nearer(point: Any) -> Any:
            return asked(client, point)[0]["contractor"]["id"] == str(own.pk)

        # Three rays across the line between; a point on it is as far from either.
        bearing = math.degrees(math.atan2((rival[1] - place[1]) * 0.86, rival[0] - place[0]))
        rays = (bearing - 35, bearing, bearing + 35)
        line = [edge(nearer, blurred(place), ray, low=0, high=60) for ray in rays]
        return max(abs(meters(point, place) - meters(point, rival)) for point in line)

    assert error(client_as()) < 5
    assert error(client_as(Role.MANAGER)) > 100


def test_repeating_moving_about_and_doubling_give_nothing_new(each_place: Point) -> None:
    """The same answer every time, after a move within the cell, and of another record at the same home."""
    person = living_at(each_place, service_radius_miles=None)
    manager = client_as(Role.MANAGER)
    first = [asked(manager, point)[0]["distance_miles"] for point in AROUND]
    assert [asked(manager, point)[0]["distance_miles"] for point in AROUND] == first
    moved = other_corner(each_place)
    for name, value in zip(("latitude", "longitude"), moved, strict=True):
        setattr(person, name, value)
    person.save()
    twin = living_at(each_place, service_radius_miles=None)
    for point, miles in zip(AROUND, first, strict=True):
        distances = {entry["contractor"]["id"]: entry["distance_miles"] for entry in asked(manager, point)}
        assert distances == {str(person.pk): miles, str(twin.pk): miles}


def ranked(client: Any, jobs: Any, pk: Any) -> Callable[..., Any]:
    return lambda job: client.get(f"{V1}/jobs/{job.pk}/recommendations/").json()["recommendations"][0]["distance_miles"]


def why_not(client: Any, jobs: Any, pk: Any) -> Callable[..., Any]:
    return lambda job: client.get(f"{V1}/jobs/{job.pk}/recommendations/{pk}/").json()["distance_miles"]


def batch(client: Any, jobs: Any, pk: Any) -> Callable[..., Any]:
    results = client.post(f"{V1}/recommendations/batch/", {"jobs": [str(job.pk) for job in jobs]}).json()["results"]
    by_job = {result["job"]: result["recommendations"][0]["distance_miles"] for result in results}
    return lambda job: by_job[str(job.pk)]


CALLS = {"ranking": ranked, "why not": why_not, "batch": batch}


@pytest.mark.parametrize("call", CALLS)
def test_distances_from_jobs_over_http(place: Point, call: str) -> None:
    pk, jobs = living_at(place, service_radius_miles=None).pk, sites()
    assert meters(of_sites(jobs, CALLS[call](client_as(Role.MANAGER), jobs, pk)), place) >= LEAST_ERROR_METERS
    assert meters(of_sites(jobs, CALLS[call](client_as(), jobs, pk)), place) < 1


def miles_on(page: PageResponse, pattern: str = r"([\d.]+) miles, \d+ (?:h|min)") -> float:
    """The first distance on a page, in miles."""
    return first_number(pattern, page.content.decode())


PAGES = {
    "recommend": lambda client, job, pk: miles_on(client.get(f"/admin/jobs/job/{job.pk}/recommend/")),
    "asked": lambda client, job, pk: miles_on(client.get(f"/admin/jobs/job/{job.pk}/recommend/?contractor={pk}")),
    "panel": lambda client, job, pk: miles_on(client.get(f"/live/jobs/{job.pk}/")),
}


@pytest.mark.parametrize("name", PAGES)
def test_distances_from_jobs_on_pages(place: Point, name: str) -> None:
    pk, jobs = living_at(place, service_radius_miles=None).pk, sites()
    for role, least, most in ((Role.MANAGER, LEAST_ERROR_METERS, 2000), (Role.COORDINATOR, 0, 150)):
        client = signed_in(role)
        position = of_sites(jobs, lambda job, client=client: PAGES[name](client, job, pk))
        assert least <= meters(position, place) <= most


REASONS = {
    "why not": lambda job, pk: f"/admin/jobs/job/{job.pk}/recommend/?contractor={pk}",
    "people": lambda job, pk: f"/admin/jobs/job/{job.pk}/people/?q=Far",
    "nearest": lambda job, pk: f"/admin/jobs/job/{job.pk}/recommend/",
    "availability": lambda job, pk: f"{V1}/contractors/{pk}/availability/?job={job.pk}",
}


@pytest.mark.parametrize("name", REASONS)
def test_sentences_about_the_radius(place: Point, name: str) -> None:
    pk, jobs = living_at(place, service_radius_miles="1", name="Far Away").pk, sites()
    for role, least, most in ((Role.MANAGER, LEAST_ERROR_METERS, 2000), (Role.COORDINATOR, 0, 150)):
        client = client_as(role) if name == "availability" else signed_in(role)

        def least_miles(job: Job, client: Client = client) -> float:
            return miles_on(client.get(REASONS[name](job, pk)), r"The site is ([\d.]+) miles away")

        assert least <= meters(of_sites(jobs, least_miles), place) <= most


def test_the_map_and_the_list_of_sites_on_the_page_of_a_contractor(place: Point) -> None:
    person = living_at(place, service_radius_miles=None)
    jobs = sites()
    for job, day in zip(jobs, range(2, 7), strict=True):
        bookings.assign_job(job_id=job.pk, contractor_id=person.pk, start=at(9, days=day), actor=None)
    for role, least, most in ((Role.MANAGER, LEAST_ERROR_METERS, 2000), (Role.COORDINATOR, 0, 150)):
        page = signed_in(role).get(f"/admin/contractors/contractor/{person.pk}/change/").content.decode()
        by_number = dict(re.findall(r">(JOB-[\w-]+)</a> [^<]*?, ([\d.]+) miles away", page))
        assert len(by_number) == len(jobs)
        position = of_sites(jobs, lambda job, by_number=by_number: float(by_number[job.job_number]))
        assert least <= meters(position, place) <= most


def test_what_a_booking_keeps_of_its_decision(place: Point) -> None:
    """The score depends on exact places, so its parts and explanation are hidden and not sortable."""
    person = living_at(place, service_radius_miles=None)
    for job, day in zip(sites(), range(2, 7), strict=True):
        bookings.assign_job(job_id=job.pk, contractor_id=person.pk, start=at(9, days=day), actor=None)
    manager = client_as(Role.MANAGER)
    for assignment in manager.get(f"{V1}/assignments/").json()["results"]:
        kept = assignment["score_breakdown"]
        assert (assignment["score"], assignment["rank"], assignment["candidates_considered"]) == (None, None, None)
        assert {kept[name] for name in ("distance_score", "availability_score", "explanation")} == {None}
        assert (kept["rating_score"], kept["rating_weight"]) == (0.8, 0.35)
    by_date = manager.get(f"{V1}/assignments/").json()["results"]
    Assignment.objects.update(score="0.5")
    Assignment.objects.filter(pk=by_date[2]["id"]).update(score="0.9")
    for ordering in ("-score", "-rank"):
        answer = manager.get(f"{V1}/assignments/?ordering={ordering}")
        assert (
            answer.status_code == 400 or answer.json()["results"] == manager.get(f"{V1}/assignments/").json()["results"]
        )
    assert client_as().get(f"{V1}/assignments/?ordering=-score").json()["results"][0]["id"] == by_date[2]["id"]
    pages = signed_in(Role.MANAGER)
    booking = Assignment.objects.get(pk=by_date[2]["id"])
    for path in (
        f"assignments/assignment/{booking.pk}/change/",
        f"assignments/assignment/{booking.pk}/history/",
        "assignments/assignment/",
    ):
        page = pages.get(f"/admin/{path}").content.decode()
        assert not re.search(r"0\.9000|\d miles| of \d+ considered|\d of \d+</td>", page), path
    files = [
        b"".join(pages.get("/admin/imports/export/assignments/csv/")),
        b"".join(pages.get("/admin/reports/?csv=choices")),
    ]
    assert all(b"miles" not in file and b"0.9000" not in file for file in files)
    assert b"0.9000" in b"".join(signed_in(Role.ADMINISTRATOR).get("/admin/reports/?csv=choices"))


def test_lists_are_not_narrowed_or_sorted_by_a_hidden_rank() -> None:
    first, second = AssignmentFactory(rank=1, score="0.5"), AssignmentFactory(rank=2, score="0.9")
    manager = signed_in(Role.MANAGER)
    for query in ("choice=first", "choice=other", "rank=2", "score__gt=0.6", "rank__exact=1"):
        answer = manager.get(f"/admin/assignments/assignment/?{query}")
        assert answer.status_code in {302, 400} or len(answer.context["cl"].result_list) == 2, query
    column = manager.get("/admin/assignments/assignment/").context["cl"].list_display.index("score")
    by_score = [
        [
            assignment.pk
            for assignment in manager.get(f"/admin/assignments/assignment/?o={sign}{column}").context["cl"].result_list
        ]
        for sign in ("", "-")
    ]
    assert by_score[0] == by_score[1]
    listed = signed_in().get("/admin/assignments/assignment/?choice=first").context["cl"].result_list
    assert [assignment.pk for assignment in listed] == [first.pk]
    assert second.pk not in {assignment.pk for assignment in listed}


def test_drives_between_sites_on_the_board_and_in_slots() -> None:
    """Two sites of a day: minutes of the drive on the board, and the first slot after it, go by the blurred sites."""
    day, known = at(9, days=2).date(), AUSTIN
    hidden = home(5)
    person = living_at(known, service_radius_miles=None)
    near, far = JobFactory(latitude=str(known[0]), longitude=str(known[1])), JobFactory()
    Job.objects.filter(pk=far.pk).update(latitude=hidden[0], longitude=hidden[1])
    for job, hour in ((near, 8), (far, 13)):
        bookings.assign_job(job_id=job.pk, contractor_id=person.pk, start=at(hour, days=2), actor=None)
    open_job = sites([AROUND[0]])[0]
    answers: dict[str, Any] = {}
    for role in (Role.MANAGER, Role.COORDINATOR):
        for corner in (hidden, other_corner(hidden)):
            Job.objects.filter(pk=far.pk).update(latitude=corner[0], longitude=corner[1])
            board = signed_in(role).get(f"/live/?parts=board&day={day}").content.decode()
            free = (
                client_as(role).get(f"{V1}/contractors/{person.pk}/availability/?job={open_job.pk}&date={day}").json()
            )
            drives = re.findall(r"[\d hmin]+ drive", board)
            assert drives
            answers.setdefault(role, []).append((drives, free["available_time_slots"]))
    assert answers[Role.MANAGER][0] == answers[Role.MANAGER][1]
    assert answers[Role.COORDINATOR][0] != answers[Role.COORDINATOR][1]


def test_roads_of_exact_places_are_not_used_for_blurred_ones(settings: Settings, place: Point) -> None:
    settings.TRAVEL_PROVIDERS, settings.TRAVEL_KEYS = ["google"], {"google": "key"}
    living_at(place, service_radius_miles=None)
    (job,) = sites([AROUND[0]])
    store({pair: NewEstimate(99.0, 100, None, "google") for pair in pairs_between([(place, job.exact_point)])})
    assert known_site(job.exact_point).miles_from(place) == 99.0
    by_role = [
        client_as(role).get(f"{V1}/jobs/{job.pk}/recommendations/").json()["recommendations"][0]
        for role in (Role.COORDINATOR, Role.MANAGER)
    ]
    assert [entry["distance_source"] for entry in by_role] == ["road", "straight_line"]
    assert by_role[1]["distance_miles"] < 40


def test_writers_see_exact_places() -> None:
    """Blurred places decide nothing that is kept: no role that may change or book is without the exact ones."""
    writing = {
        Permission.ASSIGN,
        Permission.ADD_JOBS,
        Permission.CHANGE_JOBS,
        Permission.ADD_CONTRACTORS,
        Permission.CHANGE_CONTRACTORS,
        Permission.MANAGE_SETTINGS,
    }
    for role, allowed in PERMISSIONS.items():
        assert not (writing & allowed) or allowed >= PERSONAL, role
        assert PERSONAL & allowed in (PERSONAL, set()), role


def test_a_setting_gives_managers_exact_places(settings: Settings, place: Point) -> None:
    settings.MANAGERS_SEE_PERSONAL_DATA = True
    living_at(place, service_radius_miles=None)
    position = located([(point, asked(client_as(Role.MANAGER), point)[0]["distance_miles"]) for point in AROUND])
    assert meters(position, place) < 1


def test_work_without_a_request_is_exact(place: Point) -> None:
    person = ContractorFactory(latitude=str(place[0]), longitude=str(place[1]))
    assert person.point == person.exact_point == place
