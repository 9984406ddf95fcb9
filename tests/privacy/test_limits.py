"""Managers cannot see restricted values in any page, list, file, event, or search."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.db.models.expressions import F
from django.test import Client
from django.urls import Resolver404, resolve
from pytest_django import Settings
from rest_framework.test import APIClient

from assignments import services as bookings
from assignments.models import Assignment
from contractors import services as people
from contractors.models import Absence, Contractor
from jobs import services as work
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.events.models import OutboxEvent
from smartscheduler.notifications.models import Mail
from smartscheduler.timeslots import TimeSlot
from tests.api import V1, ApiResponse, client_of
from tests.backoffice.test_roles import Links
from tests.factories import ContractorFactory, JobFactory, UserFactory, at
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db

PHONES = ("(512) 555-7701", "(512) 555-7702", "(512) 555-7703", "(512) 555-7704")
MAILS = ("ada.tiles@crews.example", "colleague@office.example", "ada.before@crews.example")
STREETS = ("17 Hidden Hollow", "23 Whisper Lane")
PLACES = ("30.2671234", "-97.7431234", "30.3119876", "-97.7559876")
WORDS = ("Grace Hillcrest", "under the third pot", "chemotherapy")
SECRETS = (*PHONES, *MAILS, *STREETS, *PLACES, *WORDS)
SPELLINGS = {secret: re.compile(r"\D*".join(re.sub(r"\D", "", secret))) for secret in PHONES}


@pytest.fixture
def world(settings: Settings) -> tuple[Contractor, list[Job]]:
    """A contractor and a customer with all possible data, a change, a booking, and events."""
    actor = UserFactory(email="colleague@office.example", name="")
    ada = ContractorFactory(
        name="Ada Tiles",
        email="ada.before@crews.example",
        phone_number=PHONES[1],
        address=STREETS[0],
        latitude=Decimal(PLACES[0]),
        longitude=Decimal(PLACES[1]),
    )
    people.update_contractor(contractor_id=ada.pk, email=MAILS[0], phone_number=PHONES[0], actor=actor)
    people.add_absence(
        contractor_id=ada.pk, period=TimeSlot(at(8, days=5), at(17, days=5)), note="chemotherapy", actor=actor
    )
    people.update_rating(contractor_id=ada.pk, rating=Decimal(4), comment=f"Ring {PHONES[3]} again", actor=actor)
    site = {
        "customer_name": "Grace Hillcrest",
        "address": STREETS[1],
        "latitude": Decimal(PLACES[2]),
        "longitude": Decimal(PLACES[3]),
    }
    jobs = [JobFactory(customer_phone=PHONES[2], **site) for _ in range(3)]
    work.update_job(job_id=jobs[0].pk, special_requirements="Key under the third pot", actor=actor)
    work.update_job(job_id=jobs[2].pk, customer_name="Grace Hillcrest-Smith", actor=actor)
    for job, hour in zip(jobs[:2], (9, 13), strict=True):
        booked = bookings.assign_job(
            job_id=job.pk,
            contractor_id=ada.pk,
            start=at(hour, days=2),
            actor=actor,
            override_reason=f"Knows {PHONES[2]}",
        )
        Mail.objects.create(
            id=OutboxEvent.objects.latest("position").id,
            kind=Mail.Kind.ASSIGNED,
            assignment=booked,
            revision=0,
            state="failed",
            recipient=MAILS[0],
            error=f"refused {MAILS[0]}",
            due_at=at(9),
        )
    bookings.cancel_job(job_id=jobs[1].pk, reason=f"Rang from {PHONES[2]}", actor=actor)
    OutboxEvent.objects.update(sequence=models_position())
    return ada, jobs


def models_position() -> F:
    from django.db.models import F

    from smartscheduler.events.models import EventHead

    EventHead.objects.update_or_create(pk=1, defaults={"sequence": OutboxEvent.objects.latest("position").position})
    return F("position")


def shown(text: Any) -> set[Any]:
    """Which of the secrets stand in an answer, however a number is grouped."""
    secrets = {secret for secret in SECRETS if secret in text}
    return secrets | {phone for phone, spelling in SPELLINGS.items() if spelling.search(text)}


def text_of(answer: PageResponse | ApiResponse) -> str:
    body = answer.getvalue() if answer.streaming else answer.content
    return body.decode("utf-8", "replace")


def name_of(path: str) -> str | None:
    return _name_of(urlsplit(path).path)


@cache
def _name_of(path: str) -> str | None:
    try:
        return resolve(path).url_name
    except Resolver404:
        return None


def crawl(client: Client) -> Iterator[tuple[str, str]]:
    """Every kind of page that can be reached from the home, a few of each: its address and what it says."""
    seen: dict[str | None, list[str]] = {}
    waiting = ["/", "/admin/", "/admin/reports/?csv=choices", "/admin/reports/?csv=cancellations"]
    waiting += ["/live/map/", "/live/?parts=jobs,board,feed", *(f"/live/jobs/{job.pk}/" for job in Job.objects.all())]
    while waiting:
        path = waiting.pop()
        name = name_of(path)
        if name in {None, "logout", "docs", "schema"} or len(seen.setdefault(name, [])) >= 5 or path in seen[name]:
            continue
        seen[name].append(path)
        answer = client.get(path)
        if answer.status_code != 200:
            continue
        text = text_of(answer)
        yield path, text
        if answer.headers["Content-Type"].startswith("text/html"):
            page = Links(path)
            page.feed(text)
            waiting += sorted(page.links)


def test_no_page_shows_a_manager_whom_to_ring(world: tuple[Contractor, list[Job]]) -> None:
    texts = dict(crawl(signed_in(Role.MANAGER)))
    names = {name_of(path) for path in texts}
    expected = {"page", "history", "jobs_job_change", "jobs_job_recommend", "contractors_contractor_change"}
    expected |= {"imports_export", "events_outboxevent_change", "notifications_mail_change"}
    expected |= {
        "assignments_assignment_change",
        "contractors_contractor_week",
        "contractors_contractor_history",
        "reports",
        "jobs_job_history",
        "map",
        "parts",
        "job",
    }
    assert expected <= names
    assert {path: shown(text) for path, text in texts.items() if shown(text)} == {}


def test_the_same_pages_show_a_coordinator_everything(world: tuple[Contractor, list[Job]]) -> None:
    missing = set(SECRETS)
    for _, text in crawl(signed_in(Role.COORDINATOR)):
        missing -= shown(text)
        if not missing:  # further pages could only show them again
            break
    assert missing == set()


def test_a_setting_lets_managers_see_it_too(world: tuple[Contractor, list[Job]], settings: Settings) -> None:
    settings.MANAGERS_SEE_PERSONAL_DATA = True
    ada, _ = world
    page = text_of(signed_in(Role.MANAGER).get(f"/admin/contractors/contractor/{ada.pk}/change/"))
    assert {MAILS[0], PHONES[0], STREETS[0]} <= shown(page)


def calls(world: Any) -> Iterator[str]:
    ada, jobs = world
    yield from ("contractors/", "jobs/", "assignments/", "events/?limit=1000", "dashboard/", "auth/me/")
    yield from (f"contractors/{ada.pk}/", f"contractors/{ada.pk}/absences/", f"contractors/{ada.pk}/schedule/")
    yield f"contractors/{ada.pk}/availability/?job={jobs[2].pk}"
    yield from (f"jobs/{job.pk}/" for job in jobs)
    yield f"jobs/{jobs[2].pk}/recommendations/"
    yield f"jobs/{jobs[2].pk}/recommendations/{ada.pk}/"
    yield from (f"assignments/{assignment.pk}/" for assignment in Assignment.objects.all())


def answers(client: APIClient, world: tuple[Contractor, list[Job]]) -> Iterator[tuple[str, Any]]:
    for call in calls(world):
        answer = client.get(f"{V1}/{call}")
        assert answer.status_code == 200, call
        yield call, answer.content.decode()
    asked = {"jobs": [str(world[1][2].pk)]}
    yield "batch", client.post(f"{V1}/recommendations/batch/", asked).content.decode()


def test_no_answer_of_the_api_tells_a_manager(world: tuple[Contractor, list[Job]]) -> None:
    client = client_of(UserFactory(role=Role.MANAGER, email="me@office.example"))
    assert {call: shown(text) for call, text in answers(client, world) if shown(text)} == {}


def test_the_api_tells_a_coordinator(world: tuple[Contractor, list[Job]]) -> None:
    client = client_of(UserFactory(email="me@office.example"))
    assert set(SECRETS) - {secret for _, text in answers(client, world) for secret in shown(text)} <= {PHONES[3]}


def test_hidden_fields_are_there_and_null(world: tuple[Contractor, list[Job]]) -> None:
    ada, jobs = world
    client = client_of(UserFactory(role=Role.MANAGER))
    body = client.get(f"{V1}/contractors/{ada.pk}/").json()
    assert (body["phone_number"], body["email"], body["location"]["address"]) == (None, None, None)
    assert (body["location"]["latitude"], body["location"]["longitude"]) == (30.27, -97.74)
    assert (body["name"], body["location"]["city"], body["location"]["zip_code"]) == ("Ada Tiles", "Austin", "78701")
    assert [absence["note"] for absence in body["absences"]] == [None]
    body = client.get(f"{V1}/jobs/{jobs[1].pk}/").json()
    assert (body["customer_name"], body["customer_phone"], body["special_requirements"]) == (None, None, None)
    assert body["cancel_reason"] == "Rang from [phone]"


def test_events_keep_their_shape(world: tuple[Contractor, list[Job]]) -> None:
    client = client_of(UserFactory(role=Role.MANAGER))
    events = client.get(f"{V1}/events/?limit=1000").json()["results"]
    changed = next(event for event in events if event["type"] == "ContractorUpdated")
    assert changed["data"]["changed"] == {"email": None, "phone_number": None}
    assert changed["actor"]["email"] is None
    assert changed["data"]["contractor_name"] == "Ada Tiles"


SEARCHES = [
    ("contractors/contractor", ["ada.tiles@crews", "crews.example"], "Ada"),
    ("jobs/job", ["Hillcrest", "555-7703", "Whisper"], "Austin"),
    ("assignments/assignment", ["Hillcrest", "555-7703", "Whisper", "crews.example"], "Ada"),
    ("notifications/mail", ["ada.tiles", "Hillcrest"], "Ada"),
]


@pytest.mark.parametrize(("page", "hidden", "open_"), SEARCHES)
def test_hidden_values_find_no_record(
    world: tuple[Contractor, list[Job]], page: str, hidden: list[str], open_: str
) -> None:
    manager, coordinator = signed_in(Role.MANAGER), signed_in()
    for words in hidden:
        assert rows(manager, page, f"q={quote(words)}") == 0, words
        assert rows(coordinator, page, f"q={quote(words)}") > 0, words
    assert rows(manager, page, f"q={open_}") > 0


def rows(client: Client, page: str, query: str) -> int:
    return len(client.get(f"/admin/{page}/?{query}").context["cl"].result_list)


@pytest.mark.parametrize(
    ("call", "hidden", "open_"),
    [
        ("contractors", ["crews.example"], "Ada"),
        ("jobs", ["Hillcrest", "555-7703", "Whisper"], "Austin"),
        ("assignments", ["Hillcrest", "Whisper"], "Ada"),
    ],
)
def test_nor_over_http(world: tuple[Contractor, list[Job]], call: str, hidden: list[str], open_: str) -> None:
    manager, coordinator = client_of(UserFactory(role=Role.MANAGER)), client_of(UserFactory())
    for words in hidden:
        assert manager.get(f"{V1}/{call}/", {"search": words}).json()["count"] == 0
        assert coordinator.get(f"{V1}/{call}/", {"search": words}).json()["count"] > 0
    assert manager.get(f"{V1}/{call}/", {"search": open_}).json()["count"] > 0


def test_nor_on_the_board_and_in_why_not(world: tuple[Contractor, list[Job]]) -> None:
    _, jobs = world
    manager = signed_in(Role.MANAGER)
    assert b"Ada Tiles" not in manager.get("/live/?parts=board&q=crews.example").content
    assert b"Ada Tiles" in manager.get("/live/?parts=board&q=ada").content
    assert b"Ada" not in manager.get(f"/admin/jobs/job/{jobs[2].pk}/people/?q=crews.example").content
    assert b"Ada" in manager.get(f"/admin/jobs/job/{jobs[2].pk}/people/?q=ada").content


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("contractors/contractor", "phone_number__startswith=(512)"),
        ("contractors/contractor", "email=ada.tiles@crews.example"),
        ("contractors/contractor", "latitude__gt=30.2671"),
        ("jobs/job", "customer_phone__contains=7703"),
        ("notifications/mail", "recipient__startswith=a"),
    ],
)
def test_an_address_with_a_filter_of_ones_own_is_refused(
    world: tuple[Contractor, list[Job]], page: str, query: str
) -> None:
    assert signed_in(Role.MANAGER).get(f"/admin/{page}/?{query}").status_code == 400
    assert signed_in().get(f"/admin/{page}/?{query}").status_code == 200


def test_a_record_that_is_cut_down_cannot_be_saved(world: tuple[Contractor, list[Job]]) -> None:
    ada, _ = world
    with pytest.raises(RuntimeError, match="cannot be saved"):
        redact_record(ada, UserFactory(role=Role.MANAGER)).save()
    ada.refresh_from_db()
    assert ada.email == MAILS[0]
    whole: Any = redact_record(ada, User.objects.get(email=MAILS[1]))
    assert whole.phone_number == PHONES[0]


def test_the_notes_are_where_the_test_looks(world: tuple[Contractor, list[Job]]) -> None:
    """The secrets are in the database at all."""
    assert Absence.objects.get().note == "chemotherapy"
    assert json.dumps(list(OutboxEvent.objects.values_list("data", flat=True))).count("7702") >= 1
