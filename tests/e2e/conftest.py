"""Fixtures: the running product, once per run, and browsers."""

import os
import random
import signal
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.e2e import stories
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, MANAGER, Api, sign_in
from tests.products import Product, free_port, product

CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
# Chooses what is left to chance in the tests, such as the jobs of the demo that they copy.
SEED = os.environ.get("E2E_SEED", "0")
ARGUMENTS = [
    "--no-sandbox",  # containers run as root, and these pages are our own
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
# Going back shows people a page from this cache; without it, a stale one would go unnoticed here.
KEPT = ["--disable-back-forward-cache"]
DESK = {"width": 1280, "height": 800}

Open = Callable[..., Page]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if stories.FINISHED:
        terminalreporter.section("Stories")
        for line in stories.table():
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _chance(request: pytest.FixtureRequest) -> None:
    """Make the random choices of a test depend on its name and `E2E_SEED` alone, in any order and selection."""
    random.seed(f"{SEED}/{request.node.nodeid}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections.append(("Random choices", f"Repeat them with E2E_SEED={SEED}"))
    return report


@pytest.fixture(scope="session")
def other_origin() -> str:
    """An origin whose scripts the product lets in."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
def running(other_origin: str) -> Iterator[Product]:
    """`manage.py up` with the demo data; stopped like with Ctrl-C, after which nothing may be left."""
    with product(DEMO="1", RATE_LIMITS="0", CORS_ALLOWED_ORIGINS=other_origin) as started:
        started.up()
        yield started
        assert started.stop(signal.SIGINT) == 0, started.output()
        assert started.processes() == []


@pytest.fixture(scope="session")
def address(running: Product) -> str:
    return f"http://127.0.0.1:{running.port}"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, ignore_default_args=KEPT)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def sessions(browser: Browser, address: str) -> dict[str | None, Any]:
    """Cookies by email address, after one sign-in through the form for each; empty for `None`."""
    states: dict[str | None, Any] = {None: None}
    for email in (COORDINATOR, MANAGER, ADMINISTRATOR):
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.goto("/admin/login/")
        sign_in(page, email)
        states[email] = context.storage_state()
        context.close()
    return states


@pytest.fixture
def visit(browser: Browser, sessions: dict[str | None, Any], address: str) -> Iterator[Open]:
    """Opens a URL in a new browser context, as the user with this email address."""
    contexts: list[BrowserContext] = []

    def open_page(path: str, email: str | None, viewport: Any = DESK, prepare: Callable[[Page], Any] = id) -> Page:
        context = browser.new_context(
            base_url=address, storage_state=sessions[email], viewport=viewport, reduced_motion="reduce"
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        prepare(page)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def demo_jobs(playwright: Playwright, address: str) -> list[Any]:
    """Open jobs of the demo, as they were before the first test: tests leave jobs of their own."""
    client = Api.of(playwright, address, COORDINATOR)
    jobs = client.listed("jobs/", status="open", ordering="created_at,job_number")
    client.request.dispose()
    return jobs


# An access token is valid for 15 minutes, and all modules together may take longer.
@pytest.fixture(scope="module")
def api(playwright: Playwright, address: str, demo_jobs: list[Any]) -> Iterator[Api]:
    """The API, as the coordinator."""
    client = Api.of(playwright, address, COORDINATOR, demo_jobs)
    yield client
    client.request.dispose()


@pytest.fixture
def job(api: Api) -> Iterator[Any]:
    """An open job of this test alone."""
    job = api.new_job()
    yield job
    # The board lists the 40 most urgent open jobs only; those of later tests have to be among them.
    if api.job(job["id"])["status"] == "open":
        api.post(f"jobs/{job['id']}/cancel/", reason="End of the test")
