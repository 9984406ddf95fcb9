"""The log of a running server contains no personal data after searches at every entry point."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import IntegrityError
from pytest_django import Settings
from websockets.exceptions import WebSocketException

from contractors.models import Contractor
from smartscheduler.accounts.permissions import Role
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.services import begin
from smartscheduler.imports.tasks import work_on_imports
from smartscheduler.ops.local import process_specs
from tests.api import PLACE, V1
from tests.events.processes import running, wait_until, web_process
from tests.events.wire import connect, session_cookie, subscribed
from tests.factories import PASSWORD, ContractorFactory, UserFactory

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True)]

NAME, PHONE, MAIL = "Wilhelmina", "(512) 555-0143", "wilhelmina@private.example"
CLIENT = "198.51.100.77"
SEARCHES = [f"{NAME} Featherstone", PHONE, MAIL]
HEAD = "email,name,type,phone_number,address,city,state,zip_code,working_hours"
ROW = f"{MAIL},{NAME},tile,{PHONE},1 {NAME} Street,Austin,TX,78701,Mon-Fri 08:00-12:00"


@pytest.fixture(params=["INFO", "DEBUG"])
def production(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> Iterator[tuple[int, Path]]:
    """A web and a worker as production starts them; their port and the folder of their logs."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    settings.SECRET_KEY = "a key for this test alone, and long enough for tokens"
    variables = {
        "LOG_LEVEL": request.param,
        "LOG_FORMAT": "json",
        "DEBUG": "0",
        "HTTPS_REDIRECT": "0",
        "SECRET_KEY": settings.SECRET_KEY,
        "TRUSTED_PROXIES": "127.0.0.1",
        "SECOND_FACTOR_REQUIRED": "nobody",
        "STATIC_ROOT": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "tests.core.observability.unhashed_settings",
    }
    with (
        web_process(log=tmp_path / "web.log", **variables) as (port, _),
        running([sys.executable, *process_specs.WORKER], log=tmp_path / "worker.log", **variables),
        running([sys.executable, *process_specs.FILE_WORKER], log=tmp_path / "files.log", **variables),
    ):
        yield port, tmp_path


class Person:
    """Asks as a browser or a program behind the proxy."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https", "User-Agent": f"Agent of {NAME}"}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        sent = body if body is None or isinstance(body, str) else json.dumps(body)
        self.connection.request(method, path, sent, self.headers | headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def test_no_entry_point_logs_search_texts_or_addresses(production: tuple[int, Path]) -> None:
    port, logs = production
    user = UserFactory(name=NAME, email=MAIL, role=Role.ADMINISTRATOR)
    cookie = {"Cookie": session_cookie(user).replace("sessionid", "__Host-sessionid", 1)}
    person, form = Person(port), {"Content-Type": "application/x-www-form-urlencoded"}
    typed = {"Content-Type": "application/json"}

    status, answer = person.ask("POST", f"{V1}/auth/login/", {"email": MAIL, "password": PASSWORD}, **typed)
    assert status == 200, answer
    token = {"Authorization": f"Bearer {json.loads(answer)['access']}"}
    assert person.ask("POST", f"{V1}/auth/login/", {"email": MAIL, "password": PHONE}, **typed)[0] == 401
    assert person.ask("POST", f"{V1}/auth/login/", f'{{"email": "{MAIL}", "x', **typed)[0] == 400
    person.ask("POST", "/admin/login/", f"username={quote(MAIL)}&password={NAME}", **form)
    for words in map(quote, SEARCHES):
        for path in ("contractors", "jobs"):
            assert person.ask("GET", f"{V1}/{path}/?search={words}", **token)[0] == 200
        assert person.ask("GET", f"{V1}/jobs/?status={words}", **token)[0] == 400
        for path in ("contractors/contractor", "jobs/job", "assignments/assignment", "accounts/user", "audit/entry"):
            person.ask("GET", f"/admin/{path}/?q={words}", **cookie)
        assert person.ask("GET", f"/admin/contractors/contractor/?q={words}", **cookie)[0] == 200
        person.ask("GET", f"/admin/autocomplete/?term={words}&app_label=assignments&model_name=assignment", **cookie)
        person.ask("GET", f"/admin/personal-data/?q={words}", **cookie)
        assert person.ask("GET", f"/?q={words}", **cookie)[0] == 200
        person.ask("GET", f"/live/?parts=board&q={words}", **cookie)
        person.ask("GET", f"/admin/login/?next=/{words}")
        with suppress(WebSocketException), connect(f"ws://127.0.0.1:{port}/ws/events/?topics={words}"):
            pass
        with subscribed(port, user, f"?types={words}") as socket:
            assert "error" in socket.frame()
        with subscribed(port, user) as socket:
            socket.until("ready")
            socket.connection.send(words)
            socket.until("error")
    person.ask("GET", f"{V1}/contractors/?search={NAME}%00", **token)
    contractor = {
        "name": NAME,
        "type": "tile",
        "email": MAIL,
        "phone_number": PHONE,
        "location": PLACE,
        "working_hours": [{"day_of_week": 1, "start_time": "08:00", "end_time": "17:00"}],
    }
    answers = [person.ask("POST", f"{V1}/contractors/", contractor, **token, **typed)[0] for _ in range(2)]
    assert answers == [201, 409]

    run = begin(kind="contractors", name=f"{NAME}.csv", content=f"{HEAD}\n{ROW}\n{ROW}x\n".encode(), actor=user)
    work_on_imports.delay()
    wait_until(lambda: ImportRun.objects.get(pk=run.pk).state != run.state, 60)
    written = {file.name: file.read_text(errors="replace") for file in logs.glob("*.log")}
    with suppress(IntegrityError):  # as PostgreSQL writes what it refuses
        Contractor.objects.bulk_create([ContractorFactory.build(email=MAIL, name=NAME)])
    written["postgresql"] = (Path(os.environ["DATA_DIR"]) / "postgresql" / "server.log").read_text(errors="replace")
    assert "request_finished" in written["web.log"]
    assert "work_on_imports" in written["files.log"]
    for name, text in written.items():
        for personal in (NAME, "Featherstone", "555-0143", MAIL, CLIENT, *map(quote, SEARCHES)):
            assert not [line for line in text.splitlines() if personal in line][:3], (name, personal)
    assert not re.search(r"127\.0\.0\.1:\d{4,5} -", written["web.log"])
