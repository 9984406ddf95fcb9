"""Statement time-outs of web processes and their responses; other processes have none."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from smartscheduler.accounts.permissions import Role
from tests.api import V1, client_as, problem
from tests.factories import JobFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
# Shows the time-out in a new session of one process after each step of its start, in milliseconds.
START = """
import asyncio, os
os.environ["DJANGO_SETTINGS_MODULE"] = "smartscheduler.settings"
import django
django.setup()
from asgiref.testing import ApplicationCommunicator
from django.db import connection

def show():
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'")
        print(cursor.fetchone()[0])
    connection.close()

async def start():
    server = ApplicationCommunicator(application, {"type": "lifespan"})
    await server.send_input({"type": "lifespan.startup"})
    assert await server.receive_output() == {"type": "lifespan.startup.complete"}

show()
from smartscheduler.asgi import application
show()
asyncio.run(start())
show()
"""


def timeouts(**variables: str) -> list[str]:
    """Of a command, worker or relay; with the web's module alone; of the web."""
    # The database of the settings: that of the tests belongs to their own connection.
    environment = {**os.environ, **variables}
    command = [sys.executable, "-c", START]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return done.stdout.split()[-3:]


@pytest.mark.system
def test_sessions_of_the_web_have_one_and_others_have_none() -> None:
    assert timeouts() == ["0", "0", "15000"]
    assert timeouts(DATABASE_STATEMENT_SECONDS="3") == ["0", "0", "3000"]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every reading of jobs takes a minute, and a statement a twentieth of a second."""

    def sleep(execute: Any, sql: str, *args: Any) -> Any:
        if "SELECT" in sql and "jobs_job" in sql:
            return execute("SELECT pg_sleep(60)", (), *args[1:])
        return execute(sql, *args)

    JobFactory()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '50ms'")
    with connection.execute_wrapper(sleep):
        yield


def test_the_api_says_so(slow: None) -> None:
    client = client_as(Role.COORDINATOR)
    client.raise_request_exception = False
    response = client.get(f"{V1}/jobs/")
    assert "Request less data" in problem(response, 503, "too-slow")["detail"]
    assert response["Retry-After"] == "30"


@pytest.mark.parametrize("path", ["/admin/jobs/job/", "/live/?parts=jobs", "/"])
def test_pages_say_so(slow: None, path: str) -> None:
    client = signed_in(Role.COORDINATOR)
    client.raise_request_exception = False
    response = client.get(path)
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "took too long" in response.content.decode()
