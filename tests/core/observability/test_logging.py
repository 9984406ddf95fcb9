"""Log lines are JSON with ids and without personal data."""

import json
import logging
import time
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import structlog
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from structlog.dev import ConsoleRenderer
from structlog.processors import JSONRenderer

from contractors.models import Contractor
from jobs.admin import JobAdmin
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.observability.logging import LONGEST, PROCESSORS, impersonal
from smartscheduler.imports.runner import work_on_files
from smartscheduler.imports.services import begin, import_checked
from smartscheduler.notifications.tasks import send_mails
from tests.api import PLACE, V1, client_of
from tests.events.numbers import number_events
from tests.factories import PASSWORD, ContractorFactory, UserFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
NAMES = ["Wilhelmina", "Featherstone", "Zebulon", "Quackenbush", "Persephone"]
PHONES = ["555-0143", "555-0188", "555-0199"]
SHIFTS = [{"day_of_week": day, "start_time": "08:00", "end_time": "17:00"} for day in range(7)]


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What production's handler writes."""
    text = StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=structlog.processors.JSONRenderer(), foreign_pre_chain=PROCESSORS)
    )
    root = logging.getLogger()
    level, handlers = root.level, root.handlers
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)
    assert handlers is root.handlers


def lines(log: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_a_request_has_its_ids_in_each_of_its_lines(log: StringIO) -> None:
    user = UserFactory()
    headers = {"X-Request-ID": "from-the-client", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    client_of(user).get(f"{V1}/jobs/?search=Wilhelmina", headers=headers)
    begun, finished = [line for line in lines(log) if line["event"].startswith("request_")]
    for line in (begun, finished):
        assert line["request"] == f"GET {V1}/jobs/"
        assert (line["request_id"], line["trace_id"]) == ("from-the-client", TRACE)
        assert line.keys() & {"ip", "user_agent"} == set()
    assert finished["user_id"] == str(user.pk)
    assert finished["code"] == 200


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"99-{TRACE}-x-01"])
def test_without_a_good_trace_of_its_own_a_request_begins_one(log: StringIO, client: Client, header: str) -> None:
    for _ in range(2):
        client.get(f"{V1}/health/live", headers={"traceparent": header})
    traces = {line["trace_id"] for line in lines(log)}
    assert len(traces) == 2
    assert all(len(trace) == 32 and trace not in {TRACE, "0" * 32} for trace in traces)


def test_a_day_of_work_leaves_no_person_in_it(log: StringIO, client: Client, mailoutbox: list[EmailMessage]) -> None:
    user = UserFactory(name="Wilhelmina Featherstone", email="wilhelmina@example.com", role=Role.ADMINISTRATOR)
    sign_in = {"email": user.email, "password": "wrong-" + PASSWORD}
    assert client.post(f"{V1}/auth/login/", sign_in, content_type="application/json").status_code == 401
    answer = client.post(f"{V1}/auth/login/", sign_in | {"password": PASSWORD}, content_type="application/json")
    tokens = answer.json()
    assert client.post(reverse("admin:login"), {"username": user.email, "password": PASSWORD}).status_code == 302

    api = client_of(user)
    person = {
        "name": "Zebulon Quackenbush",
        "type": "flooring",
        "email": "zebulon@example.com",
        "phone_number": "(512) 555-0143",
        "location": PLACE,
        "working_hours": SHIFTS,
    }
    made = api.post(f"{V1}/contractors/", person)
    assert made.status_code == 201, made.content
    assert api.post(f"{V1}/contractors/", person).status_code == 409
    assert api.post(f"{V1}/contractors/", person | {"phone_number": "555-0143"}).status_code == 400
    api.get(f"{V1}/contractors/?search=zebulon@example.com")
    job = api.post(
        f"{V1}/jobs/",
        {
            "type": "flooring",
            "desired_date": at(12, days=2).isoformat(),
            "duration": "02:00:00",
            "location": PLACE,
            "customer_name": "Persephone Smith",
            "customer_phone": "(512) 555-0188",
        },
    )
    assert job.status_code == 201, job.content
    booking = {"job": job.json()["id"], "contractor": made.json()["id"], "start": at(9, days=2).isoformat()}
    assert [api.post(f"{V1}/assignments/", booking).status_code for _ in range(2)] == [201, 409]

    head = "email,name,type,phone_number,address,city,state,zip_code,working_hours"
    row = "percy@example.com,Persephone,tile,(512) 555-0199,100 Congress Avenue,Austin,TX,78701,Mon-Fri 08:00-12:00"
    run = begin(kind="contractors", name="Zebulon.csv", content=f"{head}\n{row}\n".encode(), actor=user)
    work_on_files()
    import_checked(run_id=run.pk)
    work_on_files()
    assert Contractor.objects.filter(email="percy@example.com").exists()
    number_events()
    send_mails()
    assert mailoutbox

    text = log.getvalue()
    assert "request_finished" in text
    assert "sign_in_failed" in text
    secrets = [PASSWORD, tokens["access"], tokens["refresh"]]
    for personal in [*NAMES, *PHONES, *secrets, "@example.com", "wilhelmina", "zebulon", "127.0.0.1"]:
        assert personal not in text, personal


def test_what_postgresql_says_of_a_row_is_left_out(log: StringIO) -> None:
    somebody = ContractorFactory(email="zebulon@example.com", name="Zebulon Quackenbush")
    for wrong in ({"email": "zebulon@example.com"}, {"email": "other@example.com", "rating": 7}):
        named = {"name": "Wilhelmina", **wrong}  # not in the line that the traceback quotes
        try:
            with transaction.atomic():
                ContractorFactory(**named)
        except IntegrityError:
            structlog.get_logger("anything").exception("failed", contractor=str(somebody.pk))
            logging.getLogger("somebody.else").exception("failed for %s", "zebulon@example.com")
    text = log.getvalue()
    assert text.count("IntegrityError") >= 4
    assert str(somebody.pk) in text
    for personal in [*NAMES, "@example.com"]:
        assert personal not in text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("ann@example.com is taken", "[e-mail] is taken"),
        ("call (512) 555-0143 or 512-555-0143 now", "call [phone] or [phone] now"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [token]"),
        ("events.v1, ticket.aB3_x-9", "events.v1, ticket.[token]"),
        ("write to ann.b+c@mail.example.com.", "write to [e-mail]."),
        ("eyJhbGciOiJI.eyJ1c2VyX2lk.c2lnbmF0dXJl", "[token]"),
        ("Key (email)=(ann) already exists.", "Key (email)=[values] already exists."),
        ("Key (lower(email::text))=(ann) already exists.", "Key (lower(email::text))=[values] already exists."),
        ("JOB-20261126-0123ABCD at 2026-11-26T12:00:00Z", "JOB-20261126-0123ABCD at 2026-11-26T12:00:00Z"),
        ("00000000-0000-4000-8000-000000000000", "00000000-0000-4000-8000-000000000000"),
        ("smartscheduler@0.1.0", "smartscheduler@0.1.0"),
        ("notifications.send_mails", "notifications.send_mails"),
    ],
)
def test_texts_keep_their_ids_and_lose_people(text: str, left: str) -> None:
    assert impersonal(text) == left
    assert impersonal({"a": [text], "b": (text, 1)}) == {"a": [left], "b": [left, 1]}
    assert impersonal(ValueError(text)) == f"ValueError({left!r})"


def test_both_rows_of_a_conflict_are_left_out() -> None:
    text = "Key (id, slot)=(1, x) conflicts with existing key (id, slot)=(1, y)."
    assert impersonal(text) == "Key (id, slot)=[values] conflicts with existing key (id, slot)=[values]"


def test_a_long_text_loses_its_middle_and_no_part_of_an_address_stays() -> None:
    for length in range(LONGEST // 2 - 40, LONGEST // 2 + 40):
        text = "x" * length + " wilhelmina@example.com " + "x" * LONGEST + " Disk full."
        left = impersonal(text)
        assert "wilhelmina" not in left
        assert "example" not in left
        assert left.endswith("Disk full.")
        assert len(left) <= LONGEST


@pytest.mark.parametrize("letters", ["a", "a@", "eyJ-", "eyJaaaaa.", "Key (", "Key (a)=(", "a.", "ticket.", "Bearer "])
def test_a_path_of_many_letters_costs_no_more_than_its_length(client: Client, letters: str) -> None:
    client.get("/warm/")
    began = time.process_time()
    client.get("/" + letters * (60_000 // len(letters)))
    assert time.process_time() - began < 2.0


FORGED = "odd\n2026-11-26T00:00:00Z [info] all is well\x1b[2K\u2028"


@pytest.mark.parametrize("renderer", [structlog.processors.JSONRenderer(), structlog.dev.ConsoleRenderer(colors=False)])
def test_input_cannot_forge_a_log_line(renderer: JSONRenderer | ConsoleRenderer) -> None:
    text, handler = StringIO(), logging.StreamHandler()
    handler.setStream(text)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=PROCESSORS))
    logger = logging.getLogger("somebody.careless")
    logger.addHandler(handler)
    try:
        logger.warning("Not found: %s", FORGED)
        structlog.get_logger("somebody.careless").warning(FORGED, path=FORGED)
    finally:
        logger.removeHandler(handler)
    assert text.getvalue().count("\n") == 2
    assert not any(sign in text.getvalue() for sign in ("\x1b", "\u2028", "\r"))


def test_pages_are_followed_like_the_api(log: StringIO) -> None:
    signed_in(Role.MANAGER).get("/admin/jobs/job/?q=Persephone")
    finished = [line for line in lines(log) if line["event"] == "request_finished"][-1]
    assert finished["request"] == "GET /admin/jobs/job/"
    assert finished["user_id"]


def test_a_refusal_shows_no_place_in_the_code_and_a_failure_does(
    log: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = signed_in(Role.MANAGER)
    assert manager.get("/admin/accounts/user/").status_code == 403
    assert manager.get("/admin/jobs/no-such-page/").status_code == 404
    assert "Forbidden" in log.getvalue()
    assert "Traceback" not in log.getvalue()
    monkeypatch.setattr(JobAdmin, "get_queryset", lambda *arguments: 1 / 0)
    manager.raise_request_exception = False
    assert manager.get("/admin/jobs/job/").status_code == 500
    assert "ZeroDivisionError" in log.getvalue()
