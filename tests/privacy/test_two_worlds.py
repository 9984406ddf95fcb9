"""Two worlds with the same grid cells but different exact places give managers the same responses.

Every page that can be reached, every address of the back-office and every GET of the API's document is asked in both.
A new one is asked by itself; one with an unknown place-holder fails the test.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from psycopg.types.range import TimestamptzRange
from rest_framework.test import APIClient

from assignments import services as bookings
from assignments.models import Assignment
from contractors import services as people
from contractors.models import Contractor
from customers.models import Customer
from jobs import services as work
from jobs.models import Job
from recommendations.change_announcer import concerned_jobs
from recommendations.planning.models import Plan, PlanItem, PlanMiss
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.geo.blur import blurred
from smartscheduler.events.models import OutboxEvent
from smartscheduler.places import great_circle_miles
from smartscheduler.privacy.history_rewrite import deliberately
from tests.api import V1, client_of
from tests.backoffice.test_roles import addresses
from tests.factories import AssignmentFactory, JobFactory, PlanFactory, PlanItemFactory, UserFactory, at
from tests.pages import signed_in
from tests.privacy.homes import AUSTIN, home, living_at, other_corner, shifted
from tests.privacy.test_limits import crawl, models_position, text_of

# The longest tests of the suite; groups begin before single tests, so that no process waits for them at the end.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("two worlds")]
# What differs from one answer to the next, whatever the data.
OF_THE_MOMENT = [
    (
        re.compile(r'(name="csrfmiddlewaretoken" value=|"X-CSRFToken": |x-csrftoken&quot;: &quot;)"?[\w-]+', re.I),
        "csrf",
    ),
    (re.compile(r'nonce="[^"]+"'), "nonce"),
    (re.compile(r'"trace_id":\s*"[^"]+"'), "trace"),
]
FIXED: dict[str, Any] = {"HTTP_X_REQUEST_ID": "the-same"}


@pytest.fixture
def world() -> None:
    """A day's work around Austin, with radii, drives and ties that the exact places decide."""
    actor = UserFactory(name="Colleague")
    jobs = [_job(seed) for seed in range(20, 25)]
    crews = []
    for seed in range(40, 44):
        point = home(seed)
        # Inside or outside by the exact places, for one of the jobs.
        radius = great_circle_miles(blurred(point), blurred(jobs[seed % len(jobs)].exact_point))
        crews.append(living_at(point, service_radius_miles=f"{radius:.2f}", name=f"Crew {seed % 5}", rating="4.00"))
    free = [living_at(home(seed), service_radius_miles=None, rating="4.50") for seed in (60, 61)]
    for person, job, hour in ((free[0], jobs[0], 8), (free[0], jobs[1], 12), (free[1], jobs[2], 9)):
        bookings.assign_job(job_id=job.pk, contractor_id=person.pk, start=at(hour, days=2), actor=actor)
    AssignmentFactory(
        contractor=free[1], job=_job(29, status="assigned"), time_slot=TimestamptzRange(at(8), at(10), "[)")
    )
    plan = PlanFactory(state="ready", worth=40_000, bound=40_400, figures={"plan": {"planned": 2, "miles": 12.5}})
    for person, job in ((free[1], jobs[3]), (free[0], jobs[4])):
        PlanItemFactory(plan=plan, contractor=person, job=job, start=at(14, days=2), score="0.7", worth=20_000)
    PlanMiss.objects.create(plan=plan, position=1, job=_job(30), code="nobody-eligible", sentence="12.3 miles away.")
    moved = dict(zip(("latitude", "longitude"), (Decimal(str(degrees)) for degrees in home(70)), strict=True))
    people.update_contractor(contractor_id=crews[0].pk, **moved, actor=actor)
    work.update_job(job_id=jobs[4].pk, **moved, actor=actor)
    OutboxEvent.objects.update(sequence=models_position())


def _job(seed: int, **values: str) -> Job:
    point = home(seed)
    return JobFactory(latitude=str(point[0]), longitude=str(point[1]), duration=timedelta(hours=1 + seed % 3), **values)


def change_the_world() -> None:
    """Move all contractors and sites to the other corner of their cell, also in decision records and events."""
    with transaction.atomic(), deliberately():
        for model in (Contractor, Job):
            for place in model.objects.all():
                latitude, longitude = other_corner(place.exact_point)
                model.objects.filter(pk=place.pk).update(latitude=latitude, longitude=longitude)
        for booking in Assignment.objects.all():
            kept = {**booking.score_breakdown, "distance_score": 0.1234, "explanation": "12.3 miles, 34 min drive"}
            Assignment.objects.filter(pk=booking.pk).update(
                score="0.4321", score_breakdown=kept, candidates_considered=77
            )
        PlanItem.objects.update(score="0.4321", worth=10_000, travel=77, miles_after="12.3", rank=3)
        PlanMiss.objects.update(sentence="34.5 miles away.", numbers={"miles": 34.5})
        # How far it is from the best plan says nothing of places.
        Plan.objects.update(worth=20_000, bound=20_200, figures={"plan": {"planned": 2, "miles": 99.9}})
        for event in OutboxEvent.objects.filter(type__in=["ContractorUpdated", "JobUpdated"]):
            for values in (event.data.get("changed", {}), event.data.get("previous", {})):
                values |= {
                    name: value + 0.000001 for name, value in values.items() if name in {"latitude", "longitude"}
                }
            OutboxEvent.objects.filter(pk=event.pk).update(data=event.data)


PLACEHOLDERS = {
    "/customers/": lambda: Customer.objects.order_by("pk"),
    "/contractors/": lambda: Contractor.objects.order_by("pk"),
    "/jobs/": lambda: Job.objects.order_by("pk"),
    "/assignments/": lambda: Assignment.objects.order_by("pk"),
    "/plans/": lambda: Plan.objects.order_by("pk"),
}


def calls(client: APIClient) -> Iterator[str]:
    """Every GET of the document with the records of the world in its place-holders."""
    document = client.get(f"{V1}/schema/?format=json").json()
    for path, methods in sorted(document["paths"].items()):
        if "get" not in methods:
            continue
        filled = [path]
        for place_holder in re.findall(r"\{(\w+)\}", path):
            stem = "/contractors/" if place_holder == "contractor_id" else path.removeprefix(V1)
            records = next((items for start, items in PLACEHOLDERS.items() if stem.startswith(start)), None)
            if records is None:
                assert "auth/" in path, f"say what {place_holder} of {path} stands for"
                filled = []
                break
            filled = [path.replace(f"{{{place_holder}}}", str(record.pk), 1) for path in filled for record in records()]
        yield from filled
    for contractor in Contractor.objects.order_by("pk"):
        for job in Job.objects.order_by("pk"):
            yield f"{V1}/contractors/{contractor.pk}/availability/?job={job.pk}&date={at(9, days=2).date()}"
    for ordering in ("score", "-score", "rank", "-rank", "latitude", "-latitude"):
        yield f"{V1}/assignments/?ordering={ordering}"
        yield f"{V1}/contractors/?ordering={ordering}"
    yield from (f"{V1}/{name}/?latitude__gte=30.27&search=30.2" for name in ("contractors", "jobs"))


class Selection:
    """All addresses, or the first few with each of some parts."""

    FEW = 8

    def __init__(self, parts: Sequence[str] = ()) -> None:
        self.parts = parts
        self._taken: Counter[str] = Counter()

    def takes(self, path: str) -> bool:
        if not self.parts:
            return True
        parts = [part for part in self.parts if part in path]
        is_taken = any(self._taken[part] < self.FEW for part in parts)
        self._taken.update(parts if is_taken else [])
        return is_taken


def of_the_api(client: APIClient, selection: Selection) -> Iterator[tuple[str, Any]]:
    for call in calls(client):
        if selection.takes(call):
            yield call, client.get(call, **FIXED)
    ids = [str(pk) for pk in Job.objects.order_by("pk").values_list("pk", flat=True)]
    yield "batch", client.post(f"{V1}/recommendations/batch/", {"jobs": ids, "max_results": 50}, **FIXED)
    for bearing in range(0, 360, 45):
        point = shifted(AUSTIN, 6, bearing)
        body = {
            "type": "flooring",
            "desired_date": at(12, days=2).isoformat(),
            "duration": "02:00:00",
            "location": {"latitude": round(point[0], 7), "longitude": round(point[1], 7)},
            "max_results": 50,
        }
        yield f"of one's own {bearing}", client.post(f"{V1}/recommendations/", body, **FIXED)


def of_the_pages(client: Client, selection: Selection) -> dict[str, Any]:
    """The pages of the list below, and if all are selected also what can be reached from the home page."""
    pages: dict[str, Any] = {} if selection.parts else dict(crawl(client))
    extra = [path for _, path in addresses()]
    for job in Job.objects.order_by("pk"):
        extra += [f"/admin/jobs/job/{job.pk}/recommend/?max_results=50", f"/admin/jobs/job/{job.pk}/people/?q=Crew"]
        extra += [f"/live/jobs/{job.pk}/", f"/live/jobs/{job.pk}/?q=Crew"]
    for person in Contractor.objects.order_by("pk"):
        extra += [f"/admin/contractors/contractor/{person.pk}/{page}/" for page in ("change", "week", "history")]
        extra += [f"/admin/jobs/job/{Job.objects.order_by('pk')[0].pk}/recommend/?contractor={person.pk}"]
        extra += [f"/day-sheets/{person.pk}/?day={at(9, days=2).date()}"]
    extra += [f"/admin/planning/plan/{plan.pk}/{page}/" for plan in Plan.objects.all() for page in ("change", "watch")]
    extra += ["/live/map/", f"/live/map/?day={at(9, days=2).date()}"]
    extra += [f"/live/?parts=board&day={at(9, days=days).date()}" for days in (0, 2)]
    extra += [f"/live/?parts=board&sort={sort}&group=metro" for sort in ("next_free", "hours_free", "rating")]
    for job in Job.objects.order_by("pk"):
        extra += [f"/live/?parts=board&sort=distance&for_job={job.pk}"]
        # In the evening no contractor is able to take a job on the day that the board opens with.
        extra += [f"/live/?parts=board&able=1&for_job={job.pk}&day={at(9, days=2).date()}"]
    extra += [f"/live/rows/?q={words}" for words in ("Crew", "Austin", "JOB", "Congress", "example.com")]
    extra += ["/admin/jobs/job/?candidates=none", "/admin/jobs/job/?candidates=some"]
    exported = ("contractors", "jobs", "customers", "assignments")
    extra += [reverse("admin:imports_export", args=[kind, "csv"]) for kind in exported]
    extra += [f"/admin/reports/?csv={part}" for part in ("choices", "waits", "starts", "cancellations", "utilisation")]
    for path in extra:
        if path not in pages and "logout" not in path and "xlsx" not in path and selection.takes(path):
            pages[path] = text_of(client.get(path, **FIXED))
    return pages


def plain(text: Any) -> Any:
    for pattern, instead in OF_THE_MOMENT:
        text = pattern.sub(instead, text)
    return text


def everything(programs: APIClient, browser: Client, *, parts: Sequence[str]) -> dict[str, Any]:
    """The responses to an account, by URL; of a few URLs with each of these parts, or of all."""
    selection = Selection(parts)
    texts = {call: plain(answer.content.decode()) for call, answer in of_the_api(programs, selection)}
    return texts | {path: plain(text) for path, text in of_the_pages(browser, selection).items()}


def told_apart(role: Role, *, parts: Sequence[str] = ()) -> tuple[list[Any], Any, Any]:
    """The addresses that differ between the two worlds, or that one alone leads to; and all answers of both."""
    with time_machine.travel(timezone.now(), tick=False):
        clients = client_of(UserFactory(role=role)), signed_in(role)
        before = everything(*clients, parts=parts)
        change_the_world()
        after = everything(*clients, parts=parts)
    return sorted(path for path in before | after if before.get(path) != after.get(path)), before, after


def first_difference(before: Any, after: Any) -> tuple[Any, Any]:
    place = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    return before[max(0, place - 80) : place + 80], after[max(0, place - 80) : place + 80]


def test_no_answer_to_a_manager_tells_two_worlds_apart(world: None) -> None:
    differing, before, after = told_apart(Role.MANAGER)
    assert before.keys() == after.keys()
    assert [(path, *first_difference(before[path], after[path])) for path in differing[:5]] == []
    assert not differing
    assert len(before) > 150, "hardly anything was asked"


MUST_DIFFER = ["recommendations/", "availability/?job=", "/live/jobs/", "/live/map/", "recommend/", "parts=board"]
MUST_DIFFER += ["sort=distance", "able=1"]
MUST_DIFFER += ["day-sheets/", "change/", "export/assignments.csv", "events/", "contractors/", "batch", "of one's own"]


def test_the_same_answers_tell_a_coordinator(world: None) -> None:
    """The worlds differ in everything that the first test is about; other pages add nothing to that."""
    differing, _, _ = told_apart(Role.COORDINATOR, parts=MUST_DIFFER)
    assert [part for part in MUST_DIFFER if not any(part in path for path in differing)] == []


def test_events_and_hints_are_the_same_in_both_worlds(world: None) -> None:
    events = list(OutboxEvent.objects.order_by("position"))
    before = concerned_jobs(events)
    change_the_world()
    assert concerned_jobs(list(OutboxEvent.objects.order_by("position"))) == before
    assert json.dumps(sorted(map(str, before)))
