"""Excessive inputs are rejected by name in time proportional to their length."""

import json
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from smartscheduler.accounts.models import User
from smartscheduler.accounts.password_validators import LONGEST_PASSWORD
from smartscheduler.accounts.permissions import Role
from smartscheduler.adminsite.changelists import ListAdmin, SearchedList
from smartscheduler.core.db.search_terms import LONGEST_SEARCH, MOST_WORDS
from smartscheduler.core.rest.parsers import MOST_NAMES
from smartscheduler.core.rest.problems import MOST_ERRORS
from tests.api import V1, changed, client_as, problem, refused_field
from tests.factories import PASSWORD, ContractorFactory, JobFactory, UserFactory
from tests.pages import PageResponse, model_admins, signed_in

pytestmark = pytest.mark.django_db

# What a linear reader needs is a few hundredths of a second; a quadratic one needs minutes.
MOST_SECONDS = 5.0
MEGABYTE = 1024 * 1024
WORDS = " ".join(["a"] * 800)


@pytest.fixture(autouse=True)
def little_work() -> Iterator[None]:
    """No test of this module may take long, on however slow a machine: the time of the processor counts."""
    began = time.process_time()
    yield
    assert time.process_time() - began < MOST_SECONDS


def post(client: Client, path: str, text: str) -> PageResponse:
    return client.generic("POST", f"{V1}/{path}", text, content_type="application/json")


def names(count: int, last: str = "n0") -> str:
    return "{" + ",".join(f'"n{number}":0' for number in range(count)) + f',"{last}":0}}'


@pytest.mark.parametrize("count", [MOST_NAMES - 1, 12_000, 70_000])
def test_a_login_whose_last_name_is_given_twice(client: Client, count: int) -> None:
    document = problem(post(client, "auth/login/", names(count)), 400, "parse-error")
    assert ("twice" in document["detail"]) == (count < MOST_NAMES)


def test_a_name_given_twice_is_told_in_short(client: Client) -> None:
    name = "x" * 400_000
    response = post(client, "auth/login/", f'{{"{name}":0,"{name}":0}}')
    assert "twice" in problem(response, 400, "parse-error")["detail"]
    assert len(response.content) < 1_000


def test_eighty_thousand_unknown_names(client: Client) -> None:
    response = post(client, "auth/login/", names(80_000, last="another"))
    assert f"The limit is {MOST_NAMES}" in problem(response, 400, "parse-error")["detail"]


def test_only_the_first_unknown_names_are_told(client: Client) -> None:
    response = post(client, "auth/login/", names(900, last="another"))
    errors = problem(response, 400, "invalid-input")["errors"]
    assert errors["n0"] == ["Unknown field."]
    assert "more unknown fields" in errors["non_field_errors"][0]
    assert len(errors) <= MOST_ERRORS
    assert len(response.content) < 10_000


@pytest.mark.parametrize(
    ("name", "value"), [("é" * 400_000, 1), ("type", "é" * 400_000), ("location", {"é" * 400_000: 1})], ids=range(3)
)
def test_what_is_refused_is_told_in_short(name: str, value: int | str | dict[str, int]) -> None:
    response = client_as(Role.COORDINATOR).post("/api/v1/jobs/", {name: value}, format="json")
    assert problem(response, 400, "invalid-input")["errors"]
    assert len(response.content) < 20_000


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("recommendations/batch/", "jobs", ["x"] * 200_000),
        ("recommendations/batch/", "jobs", [[]] * 200_000),
        ("contractors/", "skills", [""] * 200_000),
        ("contractors/", "skills", [{}] * 200_000),
        ("contractors/", "working_hours", [{}] * 200_000),
        ("jobs/", "required_skills", [0] * 200_000),
        ("jobs/", "location", [0] * 200_000),
    ],
)
def test_long_lists_are_not_looked_through(path: str, field: str, value: list[Any]) -> None:
    response = post(client_as(Role.ADMINISTRATOR), path, json.dumps({field: value}))
    errors = problem(response, 400, "invalid-input")["errors"]
    assert any(name.split(".")[0] == field for name in errors)
    assert len(response.content) < 20_000


@pytest.mark.parametrize("number", ["1e999", "-1e400", "1" + "0" * 400 + ".5"])
def test_numbers_beyond_a_float_are_not_read(number: str) -> None:
    response = post(client_as(Role.ADMINISTRATOR), "jobs/", f'{{"location": {{"latitude": {number}}}}}')
    problem(response, 400, "parse-error")


LISTS = ["contractors/", "jobs/", "assignments/"]
TOO_MUCH = {
    "words": " ".join(["a"] * (MOST_WORDS + 1)),
    "commas": "a," * (MOST_WORDS + 1),
    "quoted": '"' + "a " * (MOST_WORDS + 1) + '"',
    "letters": "a" * (LONGEST_SEARCH + 1),
    "many words": "a " * 8_000,
    "many quotes": "\"'" * 5_000,
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("search", TOO_MUCH.values(), ids=TOO_MUCH)
@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMINISTRATOR])
def test_a_search_of_the_api_is_bounded(path: str, search: str, role: Role) -> None:
    ContractorFactory()
    response = client_as(role).get(f"{V1}/{path}", {"search": search})
    assert len(refused_field(response, "search")) == 1


def test_a_search_with_what_no_text_has_is_refused_by_name() -> None:
    response = client_as(Role.COORDINATOR).get(f"{V1}/jobs/", {"search": "oak\0"})
    assert refused_field(response, "search") == ["Null characters are not allowed."]


@pytest.mark.parametrize("path", LISTS)
def test_the_longest_search_is_answered(path: str) -> None:
    client = client_as(Role.MANAGER)
    assert client.get(f"{V1}/{path}", {"search": " ".join(["word"] * MOST_WORDS)}).status_code == 200
    assert client.get(f"{V1}/{path}", {"search": "a" * LONGEST_SEARCH}).status_code == 200


@pytest.mark.parametrize("value", ["a" * 61, "a" * 19_999, "a " * 9_000, "a" * 20_001, "ab" * 25_000])
def test_a_skill_is_bounded(value: str) -> None:
    refused_field(client_as().get(f"{V1}/contractors/", {"skill": value}), "skill")


@pytest.mark.parametrize(
    "value", ["0E-1000000", "1E+1000000", "NaN", "sNaN", "Infinity", "-0E-99999", "0." + "0" * 15_000]
)
def test_an_absurd_rating_is_refused_by_name(value: str) -> None:
    refused_field(client_as().get(f"{V1}/contractors/", {"min_rating": value}), "min_rating")


@pytest.mark.parametrize("value", ["0E-1000000", "1E1000000", "-1E-1000000", "NaN", "sNaN", "Infinity", "9" * 100_000])
@pytest.mark.parametrize("field", ["location.latitude", "location.longitude", "service_radius_miles"])
def test_an_absurd_number_of_a_body_is_refused_by_name(field: str, value: str) -> None:
    response = post(client_as(Role.ADMINISTRATOR), "contractors/", json.dumps(changed({}, field, value)))
    assert len(refused_field(response, field)) >= 1


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("value", ["9" * 15_000, "0E-1000000", "١", "²", "1_0", "+1", "1e9", "-0"])
@pytest.mark.parametrize("name", ["page", "page_size"])
def test_an_absurd_page_is_refused_by_name(path: str, value: str, name: str) -> None:
    refused_field(client_as().get(f"{V1}/{path}", {name: value}), name)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("jobs/", "date_from"),
        ("jobs/", "contractor"),
        ("assignments/", "job"),
        ("assignments/", "date_to"),
        ("contractors/", "state"),
        ("events/", "after"),
        ("events/", "limit"),
        ("events/", "wait"),
        ("events/", "topics"),
    ],
)
@pytest.mark.parametrize("value", ["0E-1000000", "NaN", "9" * 5_000, "x" * 19_000, "0001-01-01T00:00:00"])
def test_other_absurd_values_are_refused_by_name(path: str, name: str, value: str) -> None:
    refused_field(client_as().get(f"{V1}/{path}", {name: value}), name)


def test_a_field_is_ordered_by_once() -> None:
    ContractorFactory()
    client = client_as()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"{V1}/contractors/", {"ordering": ",".join(["name", "-name", "rating"] * 500)})
    assert "at most once" in refused_field(response, "ordering")[0]
    assert len(response.content) < 1_000
    assert not any('ORDER BY "contractors_contractor"' in query["sql"] for query in queries)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{V1}/contractors/", {"ordering": "name,-rating"}).status_code == 200
    assert max(query["sql"].count('"contractors_contractor"."name" ASC') for query in queries) == 1


@pytest.mark.parametrize("name", ["anything", "page", "x" * 3_000])
def test_a_parameter_has_a_longest_value_everywhere(client: Client, name: str) -> None:
    value = "x" * (3 if len(name) > 100 else 20_001)
    for path in (f"{V1}/jobs/", f"{V1}/auth/me/", f"{V1}/nowhere/"):
        document = problem(client.get(path, {name: value}), 400, "invalid-input")
        assert list(document["errors"]) == [name[:100]]
    for path in ("/", "/admin/login/", "/nowhere/"):
        response = client.get(path, {name: value})
        assert response.status_code == 400
        assert response.content.decode().startswith(name[:100])


def lists() -> dict[Any, Any]:
    """Pages that a role may see; those of Django and axes are visible to none."""
    request = RequestFactory().get("/")
    request.user = User(role=Role.ADMINISTRATOR)
    return {model: listed for model, listed in model_admins().items() if listed.has_view_permission(request)}


PAGES = sorted(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in lists())


@pytest.mark.parametrize("search", [WORDS, "a" * (LONGEST_SEARCH + 1), "\"'" * 500], ids=["words", "letters", "quotes"])
@pytest.mark.parametrize("page", PAGES)
def test_a_search_of_the_back_office_is_bounded_and_says_so(page: str, search: str) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(reverse(page), {"q": search})
    assert response.status_code == 200
    assert "Search for at most" in response.content.decode()
    assert not any(search in query["sql"] for query in queries)


def test_every_list_bounds_its_searches() -> None:
    assert len(PAGES) > 8
    for listed in lists().values():
        assert type(listed).get_search_results is ListAdmin.get_search_results, listed
        assert issubclass(listed.get_changelist(None), SearchedList), listed


@pytest.mark.parametrize("path", ["/admin/imports/importrun/export/jobs.csv", "/admin/audit/auditentry/export.csv"])
def test_a_file_of_a_search_that_is_too_long_is_not_made(path: str) -> None:
    JobFactory()
    client = signed_in(Role.ADMINISTRATOR)
    response = client.get(path, {"q": WORDS, "o": "1"})
    assert response.status_code == 302
    assert response["Location"].endswith("?o=1")
    assert "Search for at most" in client.get(response["Location"]).content.decode()


def test_what_completes_a_field_is_bounded() -> None:
    contractor = ContractorFactory()
    client = signed_in(Role.ADMINISTRATOR)
    asked = {"app_label": "assignments", "model_name": "assignment", "field_name": "contractor"}
    path = reverse("admin:autocomplete")
    assert len(client.get(path, {**asked, "term": contractor.name}).json()["results"]) == 1
    assert client.get(path, {**asked, "term": WORDS}).json()["results"] == []


def test_the_board_is_searched_by_so_many_words() -> None:
    ContractorFactory(name="Ada Tiles")
    client = signed_in(Role.COORDINATOR)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/live/", {"parts": "board", "q": "a " * 45}).status_code == 200
    assert max(query["sql"].upper().count("LIKE") for query in queries) <= 2 * MOST_WORDS


LONG = "Aa1!" * 4_000


def test_a_long_password_is_refused_on_every_page(client: Client) -> None:
    user = UserFactory(role=Role.ADMINISTRATOR)
    pages = {
        "admin:password_change": ("old_password", "new_password1", "new_password2"),
        "admin:accounts_user_add": ("password1", "password2"),
        "second-factor-off": ("password",),
    }
    for page, fields in pages.items():
        user.second_factor_at = timezone.now() if page == "second-factor-off" else None
        user.save()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        response = client.post(reverse(page), dict.fromkeys(fields, LONG))
        assert response.status_code == 200
        assert f"at most {LONGEST_PASSWORD} characters" in response.content.decode(), page
    user.second_factor_at = None
    user.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:auth_user_password_change", args=[UserFactory().pk])
    response = client.post(page, {"password1": LONG, "password2": LONG})
    assert f"at most {LONGEST_PASSWORD} characters" in response.content.decode()


def test_a_long_password_is_refused_by_page_and_api(client: Client) -> None:
    UserFactory(email="ann@example.com")
    response = post(client, "auth/login/", json.dumps({"email": "ann@example.com", "password": LONG}))
    assert refused_field(response, "password")
    response = client.post("/admin/login/", {"username": "ann@example.com", "password": LONG})
    assert f"at most {LONGEST_PASSWORD} characters" in response.content.decode()


def test_a_long_password_is_hashed_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("hashed")

    user = UserFactory()
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.encode", refuse)
    for email in (user.email, "unknown@example.com"):
        assert authenticate(RequestFactory().post("/"), username=email, password="x" * MEGABYTE) is None
    with pytest.raises(ValidationError):
        user.set_password("x" * (LONGEST_PASSWORD + 1))


def test_a_command_makes_no_account_with_a_long_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", LONG)
    with pytest.raises(CommandError, match="at most"):
        call_command("createsuperuser", "--noinput", email="ann@example.com")
    assert not User.objects.exists()


def test_the_longest_password_signs_in(client: Client) -> None:
    user = UserFactory(email="ann@example.com")
    longest = (PASSWORD * 20)[:LONGEST_PASSWORD]
    user.set_password(longest)
    user.save()
    response = post(client, "auth/login/", json.dumps({"email": "ann@example.com", "password": longest}))
    assert response.status_code == 200
