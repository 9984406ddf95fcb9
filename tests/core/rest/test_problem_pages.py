"""The pages behind the types of problem documents."""

import pytest
from django.test import Client

from smartscheduler.core.rest.error_catalog import KINDS
from smartscheduler.core.rest.problem_members import MEMBERS

pytestmark = pytest.mark.django_db


def test_every_type_opens_a_page_that_says_what_happened_and_what_to_do() -> None:
    for code, kind in KINDS.items():
        response = Client().get(f"/problems/{code}")
        page = response.content.decode()
        assert response.status_code == 200, code
        assert f"<h1>{kind.title}</h1>" in page
        assert f"<code>/problems/{code}</code>" in page
        assert kind.meaning.split("`")[0].replace("'", "&#x27;") in page
        assert all(f"<code>{name}</code>" in page for name in MEMBERS.get(code, {}))


def test_an_unknown_type_has_none() -> None:
    assert Client().get("/problems/unknown").status_code == 404
