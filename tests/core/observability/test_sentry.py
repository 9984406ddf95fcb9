"""Error reports contain the ids of the request and no personal data."""

import subprocess
import sys

import pytest

from smartscheduler.core.observability.sentry import without_people
from tests.core.observability.receivers import receiver
from tests.events.processes import environment

ASK = """
import asyncio
import django
django.setup()
import sentry_sdk
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.core.asgi import get_asgi_application
settings.ROOT_URLCONF = "tests.core.observability.broken"
headers = {
    "Host": "localhost", "X-Request-ID": "the-request", "Cookie": "sessionid=s3cret",
    "traceparent": "00-%s-00f067aa0ba902b7-01",
}
scope = {
    "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/broken/", "root_path": "",
    "query_string": b"search=Zebulon", "client": ("127.0.0.1", 9), "server": ("localhost", 80),
    "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
}
async def ask():
    web = ApplicationCommunicator(get_asgi_application(), scope)
    await web.send_input({"type": "http.request", "body": b"Quackenbush", "more_body": False})
    return await web.receive_output(30)
answer = asyncio.run(ask())
assert answer["status"] == 500, answer
sentry_sdk.flush(10)
"""
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_an_error_is_reported_without_people() -> None:
    with receiver() as server:
        there = environment(SENTRY_DSN=f"http://key@127.0.0.1:{server.port}/1", DEBUG="0", SECRET_KEY="x" * 60)
        done = subprocess.run(
            [sys.executable, "-c", ASK % TRACE],
            env=there | {"HTTPS_REDIRECT": "0"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    reports = [body.decode() for path, body in server.bodies if path == "/api/1/envelope/" and b"ValueError" in body]
    assert len(reports) == 1
    (report,) = reports
    for text in ("the-request", TRACE, "/broken/", "No reply from [phone] or [e-mail]", "smartscheduler@"):
        assert text in report
    for personal in ("Zebulon", "Quackenbush", "555-0143", "example.com", "s3cret", "127.0.0.1"):
        assert personal not in report, personal


def test_of_a_user_only_the_id_is_told() -> None:
    event = {"user": {"id": "7", "email": "ann@example.com", "ip_address": "192.0.2.1"}, "breadcrumbs": ["x"]}
    assert without_people(event, {})["user"] == {"id": "7"}
    assert "breadcrumbs" not in without_people(dict(event), {})
