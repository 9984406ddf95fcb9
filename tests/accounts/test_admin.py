"""Accounts in the admin: access, self-protection of administrators, and navigation by role."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.services import ensure_logins
from tests.factories import PASSWORD, UserFactory
from tests.pages import errors, fields, saved, signed_in

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/accounts/user/", "/admin/accounts/user/add/"
VALID = {
    "email": "New.Person@Example.com",
    "name": "New Person",
    "role": "manager",
    "is_active": "on",
    "password1": "correct horse battery",
    "password2": "correct horse battery",
}


def page(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def test_an_administrator_makes_an_account() -> None:
    assert saved(signed_in(Role.ADMINISTRATOR).post(ADD, VALID))
    user = User.objects.get(email="new.person@example.com")
    assert (user.role, user.name, user.is_active) == ("manager", "New Person", True)
    assert user.check_password("correct horse battery")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "TAKEN@example.com"}, "email"),
        ({"email": "nobody"}, "email"),
        ({"role": "owner"}, "role"),
        ({"password1": "short", "password2": "short"}, "password2"),
        ({"password2": "something else here"}, "password2"),
    ],
)
def test_refuses_a_broken_account(values: dict[str, str], field: str) -> None:
    UserFactory(email="taken@example.com")
    client = signed_in(Role.ADMINISTRATOR)
    assert field in errors(client.post(ADD, {**VALID, **values}))
    assert User.objects.count() == 2


def test_changes_the_role_and_switches_off() -> None:
    user, client = UserFactory(), signed_in(Role.ADMINISTRATOR)
    sent = {**fields(client, page(user), "user_form"), "role": "manager"}
    del sent["is_active"]
    assert saved(client.post(page(user), sent))
    user.refresh_from_db()
    assert (user.role, user.is_active) == ("manager", False)
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(("name", "value"), [("is_active", None), ("role", "coordinator")])
def test_administrators_cannot_lock_themselves_out(name: str, value: str | None) -> None:
    client = signed_in(Role.ADMINISTRATOR)
    me = User.objects.get()
    sent = fields(client, page(me), "user_form") | {name: value}
    assert name in errors(client.post(page(me), {key: entry for key, entry in sent.items() if entry is not None}))
    me.refresh_from_db()
    assert (me.role, me.is_active) == ("administrator", True)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
def test_others_see_no_accounts(role: Role) -> None:
    user, client = UserFactory(), signed_in(role)
    for url in [LIST, ADD, page(user), reverse("admin:auth_user_password_change", args=[user.pk])]:
        assert client.get(url).status_code == 403
    assert client.post(ADD, VALID).status_code == 403
    assert User.objects.count() == 2


def test_no_role_can_delete_an_account() -> None:
    user, client = UserFactory(), signed_in(Role.ADMINISTRATOR)
    assert client.post(f"{LIST}{user.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=user.pk).exists()


EVERYBODYS = {
    "Home",
    "Board",
    "Jobs",
    "Assignments",
    "Contractors",
    "Customers",
    "History",
    "Events",
    "Plans",
    "Messages to contractors",
    "Messages to customers",
    "API docs",
    "Documentation",
    "Keyboard shortcuts",
    "Take the tour",
}


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        (Role.COORDINATOR, EVERYBODYS | {"Imports"}),
        (Role.MANAGER, EVERYBODYS | {"Reports"}),
        (
            Role.ADMINISTRATOR,
            EVERYBODYS
            | {"Audit", "Explanations", "Imports", "Reports", "Road distances", "Scheduling rules", "Users"}
            | {"Message templates", "Personal data", "Service accounts"},
        ),
    ],
)
def test_the_header_shows_what_the_role_may_see(role: Role, titles: set[str]) -> None:
    for address in ("/admin/", "/"):
        header = header_of(signed_in(role), address)
        links = set(re.findall(r"<a href=[^>]*>([^<]+)</a>", header))
        assert links == titles | {"My settings", "Change password", "Second factor", "Active sign-ins"}


def test_the_board_and_the_back_office_have_the_same_places_in_the_same_order() -> None:
    client = signed_in(Role.ADMINISTRATOR)
    pages = ("/", "/admin/", "/admin/jobs/job/", "/admin/reports/", "/admin/roads/")
    headers = [header_of(client, address) for address in pages]
    places = [re.findall(r'<nav class="places".*?</nav>', header, re.DOTALL)[0] for header in headers]
    titles = [re.findall(r">([^<]+)</a>", navigation) for navigation in places]
    assert titles == [["Board", "Jobs", "Customers", "Contractors", "Assignments", "Reports"]] * len(pages)
    current = [re.findall(r'aria-current="page">([^<]+)</a>', header) for header in headers]
    assert current == [["Board"], ["Home"], ["Jobs"], ["Reports"], ["Road distances"]]


def header_of(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    assert page.count('<main id="main"') == 1
    return page[page.index('<header class="top"') : page.index("</header>")]


def demo_forms(page: str) -> list[tuple[str, str]]:
    return re.findall(r'name="username" value="([^"]+)">\s*<input type="hidden" name="password" value="([^"]+)"', page)


def test_the_demo_offers_its_logins_in_one_click(settings: Settings) -> None:
    settings.DEBUG, settings.DEMO = True, True
    ensure_logins(settings.DEMO_PASSWORD)
    client = Client()
    forms = demo_forms(client.get("/admin/login/").content.decode())
    assert [email.partition("@")[0] for email, _ in forms] == ["coordinator", "manager", "admin"]
    for email, password in forms:
        assert Client().post("/admin/login/?next=/admin/", {"username": email, "password": password}).status_code == 302


@pytest.mark.parametrize(("debug", "demo"), [(False, True), (False, False), (True, False)])
def test_without_the_demo_no_login_is_offered(settings: Settings, debug: bool, demo: bool) -> None:
    settings.DEBUG = True
    ensure_logins(settings.DEMO_PASSWORD)
    settings.DEBUG, settings.DEMO = debug, demo
    page = Client().get("/admin/login/").content.decode()
    assert demo_forms(page) == []
    assert settings.DEMO_PASSWORD not in page
    assert "coordinator@example.com" not in page


def test_a_removed_demo_login_is_not_offered(settings: Settings) -> None:
    settings.DEBUG, settings.DEMO = True, True
    ensure_logins(settings.DEMO_PASSWORD)
    User.objects.filter(email="manager@example.com").update(is_active=False)
    forms = demo_forms(Client().get("/admin/login/").content.decode())
    assert [email.partition("@")[0] for email, _ in forms] == ["coordinator", "admin"]


def test_the_login_page_names_the_product_and_signs_in() -> None:
    user = UserFactory(email="casey@example.com")
    client = Client()
    page = client.get("/admin/login/").content.decode()
    assert "SmartScheduler" in page
    assert "The right contractor for every flooring, tile, and carpet job." in page
    sent = {"username": "Casey@Example.com", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/?next=/admin/", sent)["Location"] == "/admin/"
    assert client.get("/admin/").context["user"] == user
