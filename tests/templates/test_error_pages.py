"""Pages for errors: in the colors of the product, and with a way out."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import Settings

from smartscheduler.accounts.permissions import Role
from tests.pages import signed_in


@pytest.mark.django_db
@pytest.mark.parametrize("is_debug", [False, True])
def test_unknown_and_forbidden_addresses_have_a_way_out(settings: Settings, is_debug: bool) -> None:
    settings.DEBUG = is_debug
    unknown, forbidden = Client().get("/unknown/"), signed_in(Role.MANAGER).get("/admin/accounts/user/")
    for answer, status, title in ((unknown, 404, "Page not found"), (forbidden, 403, "No access")):
        page = answer.content.decode()
        assert answer.status_code == status
        assert f"<h1>{title}</h1>" in page
        assert_has_a_way_out(page)


@pytest.mark.parametrize("name", ["500", "429"])
def test_so_have_a_failure_and_a_quota(name: str) -> None:
    assert_has_a_way_out(render_to_string(f"{name}.html", {"sentence": "Too many.", "seconds": 3}))


def assert_has_a_way_out(page: str) -> None:
    assert page.count("<main") == 1
    assert '<a href="/">Go to the board</a>' in page
    assert '<a href="/admin/">Go home</a>' in page
