"""Security headers and cache headers of every kind of response."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.permissions import Role
from smartscheduler.core.http.api_headers import REQUEST_HEADERS, RESPONSE_HEADERS
from smartscheduler.core.http.security_headers import METHODS
from tests.api import NOBODY, V1, ApiResponse, client_as, problem, unexposed_headers
from tests.factories import PASSWORD, JobFactory, UserFactory
from tests.pages import PageResponse, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_middleware")]

STRICT = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
LOOSE_PAGES = ["/admin/login/", "/admin/", "/admin/jobs/job/", "/admin/no-such-page/", f"{V1}/docs/"]
STRICT_PAGES = ["/", "/live/", "/nowhere/", "/static/icon.svg", "/static/nothing.js"]
DATA = [f"{V1}/auth/me/", f"{V1}/jobs/", f"{V1}/nowhere/", f"{V1}/health/live", f"{V1}/metrics", f"{V1}/schema/"]
EVERY = [*LOOSE_PAGES, *STRICT_PAGES, *DATA]


def policy(answer: PageResponse | ApiResponse | dict[str, str]) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


@pytest.fixture(scope="module")
def icon() -> None:
    assert finders.find("icon.svg")


@pytest.fixture
def client(icon: None) -> Client:
    return signed_in(Role.ADMINISTRATOR)


@pytest.mark.parametrize("path", EVERY)
def test_every_answer_cannot_be_framed_sniffed_or_watched(client: Client, path: str) -> None:
    answer = client.get(path)
    directives = policy(answer)
    for directive in ("object-src", "base-uri", "frame-ancestors"):
        assert directives[directive] == "'none'", directive
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert path.startswith("/static/icon") or answer["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in answer
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]


@pytest.mark.parametrize("path", STRICT_PAGES)
def test_pages_run_scripts_of_their_own_alone(client: Client, path: str) -> None:
    assert policy(client.get(path)) == policy({"Content-Security-Policy": STRICT})


@pytest.mark.parametrize("path", LOOSE_PAGES)
def test_the_back_office_and_the_docs_are_looser_in_scripts_and_styles_only(client: Client, path: str) -> None:
    directives = policy(client.get(path))
    assert directives["form-action"] == "'self'"
    assert {name for name, value in directives.items() if "unsafe" in value} == {"script-src", "style-src"}
    assert not any("*" in value or "http" in value for value in directives.values())


@pytest.mark.parametrize("path", DATA)
def test_data_opened_as_a_page_can_do_nothing(client: Client, path: str) -> None:
    directives = policy(client.get(path))
    assert (directives["default-src"], directives["form-action"], directives["sandbox"]) == ("'none'", "'none'", "")
    assert not {"img-src", "script-src"} & directives.keys()


def test_refusals_before_any_view_carry_them_as_well() -> None:
    for answer in (
        Client().get("/", HTTP_HOST="evil.example"),
        Client(enforce_csrf_checks=True).post("/admin/login/", {}),
        Client().get("/admin/"),
    ):
        assert answer.status_code in {302, 400, 403}
        assert policy(answer)["frame-ancestors"] == "'none'"
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", [path for path in EVERY if not path.startswith("/static/icon")])
def test_nothing_about_people_is_kept(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]


def test_files_are_kept(settings: Settings) -> None:
    settings.SERVESTATIC_USE_FINDERS = True
    client = signed_in()
    answer = client.get("/static/icon.svg")
    assert answer.status_code == 200
    assert "public" in answer["Cache-Control"]
    test_every_answer_cannot_be_framed_sniffed_or_watched(client, "/static/icon.svg")


def test_an_etag_is_of_use_all_the_same() -> None:
    api, job = client_as(), JobFactory()
    path = f"{V1}/jobs/{job.pk}/"
    first = api.get(path)
    again = api.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first["Cache-Control"] == again["Cache-Control"] == "no-store"
    listed = api.get(f"{V1}/jobs/")
    assert api.get(f"{V1}/jobs/", headers={"If-None-Match": listed["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "path", ["/static/", "/static/live/", "/static/../smartscheduler/settings.py", "/static/%2e%2e/.env"]
)
def test_folders_are_not_listed_and_lead_nowhere_else(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    # The page of the error links to some files, but not to these.
    assert not any(name in answer.content for name in (b"main.js", b"Index of", b"SECRET_KEY"))


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND"])
def test_unneeded_methods_are_refused(client: Client, method: str) -> None:
    for path in ("/admin/", "/", f"{V1}/jobs/"):
        answer = client.generic(method, path, HTTP_X_SECRET="do not echo me")
        assert answer.status_code in {405, 501}, path
        assert b"echo" not in answer.content
    assert "TRACE" not in METHODS


class TestCookies:
    @pytest.fixture
    def person(self) -> Client:
        """Signed in through the form, with a message waiting."""
        client = Client()
        sent = {"username": UserFactory(role=Role.ADMINISTRATOR).email, "password": PASSWORD}
        assert client.post("/admin/login/", sent).status_code == 302
        assert client.get(f"/admin/jobs/job/{NOBODY}/change/").status_code == 302
        return client

    def test_no_script_reads_them_and_no_other_site_sends_them(self, person: Client) -> None:
        for cookie in person.cookies.values():
            assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")

    def test_there_are_two_and_messages_are_in_neither(self, person: Client) -> None:
        assert set(person.cookies) == {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME}
        assert list(get_messages(person.get("/admin/").wsgi_request))


class TestOtherOrigins:
    ORIGIN = "https://board.example.com"
    PREFLIGHT = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match,traceparent,tracestate",
    }

    def preflight(self, path: str = f"{V1}/jobs/", origin: str = ORIGIN) -> ApiResponse:
        return APIClient().options(path, headers={"Origin": origin, **self.PREFLIGHT})

    def allowed(self, answer: PageResponse | ApiResponse) -> dict[str, str]:
        return {name: value for name, value in answer.items() if name.startswith("Access-Control-")}

    def test_are_kept_out_by_default(self) -> None:
        assert settings.CORS_ALLOWED_ORIGINS == []
        answer = client_as().get(f"{V1}/auth/me/", headers={"Origin": self.ORIGIN})
        assert (answer.status_code, self.allowed(answer)) == (200, {})
        assert self.allowed(self.preflight()) == {}

    @pytest.fixture
    def opened(self, settings: Settings) -> None:
        settings.CORS_ALLOWED_ORIGINS = [self.ORIGIN]

    def test_one_that_is_named_may_ask_with_a_token(self, opened: None) -> None:
        answer = client_as().get(f"{V1}/auth/me/", headers={"Origin": self.ORIGIN})
        assert answer["Access-Control-Allow-Origin"] == self.ORIGIN
        assert answer["Access-Control-Expose-Headers"].split(", ") == list(RESPONSE_HEADERS)
        assert "Access-Control-Allow-Credentials" not in answer
        assert "origin" in answer["Vary"].lower()

    def test_its_preflight_is_answered(self, opened: None) -> None:
        answer = self.preflight()
        assert answer.status_code == 200
        assert answer["Access-Control-Allow-Origin"] == self.ORIGIN
        requested = self.PREFLIGHT["Access-Control-Request-Headers"].split(",")
        assert set(requested) <= set(answer["Access-Control-Allow-Headers"].split(", "))
        assert "POST" in answer["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in answer

    def test_the_documentation_lists_the_headers(self) -> None:
        page = (settings.BASE_DIR / "docs" / "single-page-programs.md").read_text()
        for names in (REQUEST_HEADERS, RESPONSE_HEADERS):
            assert f"| {', '.join(f'`{name}`' for name in names)} |" in page

    @pytest.mark.parametrize("path", ["jobs/", f"jobs/{NOBODY}/", "auth/me/", "events/?limit=0", "nowhere/"])
    def test_it_can_read_every_refusal_and_every_header(self, opened: None, settings: Settings, path: str) -> None:
        for client in (client_as(), APIClient()):
            answer = client.get(f"{V1}/{path}", headers={"Origin": self.ORIGIN})
            assert answer["Access-Control-Allow-Origin"] == self.ORIGIN
            assert unexposed_headers(answer) == set()
        settings.SECURE_SSL_REDIRECT = True
        answer = APIClient().get(f"{V1}/{path}", headers={"Origin": self.ORIGIN})
        problem(answer, 403, "https-required")
        assert answer["Access-Control-Allow-Origin"] == self.ORIGIN

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://board.example.com", "https://board.example.com.evil.example"]
    )
    def test_others_are_not(self, opened: None, origin: str) -> None:
        assert self.allowed(self.preflight(origin=origin)).keys() <= set()
        assert self.allowed(client_as().get(f"{V1}/auth/me/", headers={"Origin": origin})) == {}

    @pytest.mark.parametrize("path", ["/admin/", "/live/", "/"])
    def test_pages_are_not_for_them(self, opened: None, client: Client, path: str) -> None:
        assert self.allowed(client.get(path, headers={"Origin": self.ORIGIN})) == {}
        assert self.allowed(self.preflight(path)) == {}


@pytest.mark.system
def test_a_tile_server_is_allowed_for_images_alone() -> None:
    """In a process of its own: the policy is made when the settings are read."""
    script = (
        "import django; django.setup(); from django.conf import settings; "
        "print(*settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['img-src'])"
    )
    environment = os.environ | {
        "MAP_TILE_URL": "https://tiles.example.com/{z}/{x}/{y}.png?key=1",
        "MAP_TILE_ATTRIBUTION": "Someone",
        "DJANGO_SETTINGS_MODULE": "smartscheduler.settings",
    }
    command = [sys.executable, "-c", script]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == "'self' data: https://tiles.example.com"
