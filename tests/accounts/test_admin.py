"""Accounts in the admin: access, self-protection of administrators, and navigation by role."""

import pytest
from django.test import Client
from django.urls import reverse

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
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
    "Live board",
    "Jobs",
    "Assignments",
    "Contractors",
    "History",
    "Events",
    "Messages",
    "API docs",
    "Keyboard shortcuts",
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
            | {"Personal data"},
        ),
    ],
)
def test_the_side_bar_shows_what_the_role_may_see(role: Role, titles: set[str]) -> None:
    groups = signed_in(role).get("/admin/").context["sidebar_navigation"]
    assert {item["title"] for group in groups for item in group["items"]} == titles


def test_the_login_page_names_the_product_and_signs_in() -> None:
    user = UserFactory(email="casey@example.com")
    client = Client()
    assert "SmartScheduler" in client.get("/admin/login/").content.decode()
    sent = {"username": "Casey@Example.com", "password": PASSWORD, "next": "/admin/"}
    assert client.post("/admin/login/?next=/admin/", sent)["Location"] == "/admin/"
    assert client.get("/admin/").context["user"] == user
