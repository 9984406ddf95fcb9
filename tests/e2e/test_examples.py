"""The examples of docs/examples against the running product: a page on another origin, and a script."""

import contextlib
import csv
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copy
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from smartscheduler import BASE_DIR
from tests.e2e.office import COORDINATOR, PASSWORD, Api
from tests.e2e.test_pages import barriers
from tests.products import wait_until

EXAMPLES = BASE_DIR / "docs" / "examples"
TOOLS = BASE_DIR / "frontend" / "node_modules" / ".bin"


# Keeps the sockets of a page, so that a test can close one.
SOCKETS = """window.sockets = [];
const Own = window.WebSocket;
window.WebSocket = class extends Own { constructor(...given) { super(...given); window.sockets.push(this); } };"""


def run(*command: str | Path, cwd: Path) -> None:
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, timeout=600)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, other_origin: str) -> Iterator[str]:
    """The page, built as its reader would build it, with strict types, on the origin that the product lets in."""
    home = tmp_path_factory.mktemp("board")
    for file in (EXAMPLES / "board").iterdir():
        copy(file, home)
    schema = BASE_DIR / "docs" / "openapi.yaml"
    run(TOOLS / "openapi-typescript", schema, "--default-non-nullable=false", "-o", "api.d.ts", cwd=home)
    run(TOOLS / "tsc", "--noEmit", "-p", ".", cwd=home)
    run(TOOLS / "esbuild", "board.ts", "--bundle", "--format=esm", "--outfile=board.js", cwd=home)
    handler = partial(SimpleHTTPRequestHandler, directory=str(home))
    server = ThreadingHTTPServer(("127.0.0.1", urlsplit(other_origin).port or 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield other_origin
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tabs(browser: Browser, site: str, address: str) -> Iterator[list[Page]]:
    """Two tabs of one browser with the page, signed in through the first."""
    context = browser.new_context()
    context.set_default_timeout(30_000)
    context.add_init_script(SOCKETS)
    first, second = context.new_page(), context.new_page()
    first.goto(f"{site}/?server={address}")
    assert barriers(first) == []
    first.get_by_label("Email").fill(COORDINATOR)
    first.get_by_label("Password").fill(PASSWORD)
    first.get_by_role("button", name="Sign in").click()
    expect(first.get_by_text("Live", exact=True)).to_be_visible()
    second.goto(f"{site}/?server={address}")
    expect(second.get_by_text("Live", exact=True)).to_be_visible()
    yield [first, second]
    context.close()


def test_a_page_on_another_origin_books_and_follows(tabs: list[Page], job: Any, api: Api) -> None:
    first, second = tabs
    listed = second.get_by_role("listitem").filter(has_text=job["job_number"])
    expect(listed).to_be_visible()  # created before or after the page was opened
    first.get_by_role("listitem").filter(has_text=job["job_number"]).get_by_role("button", name="Rank").click()
    first.get_by_role("button", name="Book").first.click()
    expect(first.get_by_text(f"{job['job_number']} is booked: pending.")).to_be_visible()
    expect(listed).to_have_count(0)  # the other tab follows the events
    assert [booking["status"] for booking in api.bookings(job)] == ["pending"]


def test_two_tabs_refresh_once(tabs: list[Page]) -> None:
    exchanges: list[str] = []
    for tab in tabs:
        tab.on("request", lambda sent: exchanges.append(sent.method) if sent.url.endswith("/auth/refresh/") else None)
    # As after a quarter of an hour: the access token is not taken any more.
    tabs[0].evaluate(
        """() => { const tokens = JSON.parse(localStorage.getItem("tokens"));
        localStorage.setItem("tokens", JSON.stringify({ ...tokens, access: `${tokens.access}x` })); }"""
    )
    for tab in tabs:
        tab.evaluate("setTimeout(() => location.reload())")
    for tab in tabs:
        expect(tab.get_by_text("Live", exact=True)).to_be_visible()
        expect(tab.get_by_role("button", name="Rank").first).to_be_visible()
    assert [method for method in exchanges if method == "POST"] == ["POST"]


def test_a_lost_socket_resumes(tabs: list[Page], api: Api) -> None:
    tab, _other = tabs
    tab.context.route("**/auth/ws-ticket/", lambda route: route.abort())
    tab.evaluate("sockets.at(-1).close()")
    expect(tab.get_by_text("Reconnecting …")).to_be_visible()
    job = api.new_job()  # without the position of the socket, its event would be missed
    tab.context.unroute("**/auth/ws-ticket/")
    expect(tab.get_by_text("Live", exact=True)).to_be_visible()
    expect(tab.get_by_role("listitem").filter(has_text=job["job_number"])).to_be_visible()


ROW = {
    "number": "A-1",
    "type": "tile",
    "desired_date": "2030-03-04T15:00:00Z",
    "duration": "02:00:00",
    "address": "100 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
    "latitude": "30.2672",
    "longitude": "-97.7431",
}


def test_a_script_pushes_jobs_and_follows_their_bookings(address: str, api: Api, tmp_path: Path) -> None:
    jobs, bookings, source = tmp_path / "jobs.csv", tmp_path / "bookings.csv", "example-crm"
    environment = os.environ | {
        "SMARTSCHEDULER_URL": address,
        "SMARTSCHEDULER_EMAIL": COORDINATOR,
        "SMARTSCHEDULER_PASSWORD": PASSWORD,
        "SMARTSCHEDULER_SOURCE": source,
    }

    def push(*rows: dict[str, str]) -> list[list[str]]:
        with jobs.open("w", newline="") as file:
            lines = csv.DictWriter(file, list(ROW))
            lines.writeheader()
            lines.writerows(rows)
        command = [sys.executable, str(EXAMPLES / "push_jobs.py"), "push", str(jobs)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert not done.stderr, done.stderr
        return [line.split(maxsplit=2) for line in done.stdout.splitlines()]

    other = ROW | {"number": "A-2", "type": "wood"}
    (number, act, job_number), refused = push(ROW, other)
    assert (number, act, refused[:2]) == ("A-1", "created", ["A-2", "refused"])
    assert "type" in refused[2]
    job = api.get(f"jobs/by-ref/{source}/A-1/")
    assert push(ROW) == [["A-1", "known", job_number]]
    assert api.get(f"jobs/by-ref/{source}/A-1/")["version"] == job["version"]
    changed, corrected = push(ROW | {"duration": "PT3H"}, other | {"type": "carpet"})
    assert changed == ["A-1", "known", job_number]
    assert api.get(f"jobs/by-ref/{source}/A-1/")["version"] == job["version"] + 1
    assert corrected == ["A-2", "created", api.get(f"jobs/by-ref/{source}/A-2/")["job_number"]]

    command = [sys.executable, str(EXAMPLES / "push_jobs.py"), "follow", str(bookings)]
    api.assign_best(api.new_job())  # of another system

    def written() -> list[list[str]]:
        return list(csv.reader(bookings.open())) if bookings.exists() else []

    def followed(*types: str) -> None:
        """Follow until the file ends with these events."""
        wait_until(lambda: [line[2] for line in written()][-len(types) :] == list(types))

    follower = subprocess.Popen(command, env=environment)
    with contextlib.closing(Stopped(follower)):
        wait_until(lambda: bookings.with_suffix(".position").exists() or follower.poll() is not None)
        booking = api.assign_best(job)
        followed("JobAssigned")
    follower.wait()
    # Killed and started again: what happened meanwhile follows, and nothing comes twice.
    api.post(f"assignments/{booking['id']}/cancel/", reason="The customer called")
    follower = subprocess.Popen(command, env=environment)
    with contextlib.closing(Stopped(follower)):
        followed("JobAssigned", "AssignmentCancelled")
    follower.wait()
    assert [line[1] for line in written()] == ["A-1", "A-1"]


class Stopped:
    """Kills a process when it is closed."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def close(self) -> None:
        self.process.kill()
