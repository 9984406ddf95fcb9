"""An action returns to the page that it was started from, and never to another site."""

import pytest
from django.urls import reverse

from assignments.models import Assignment
from tests.factories import AssignmentFactory
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/contractors/contractor/?status__exact=active"
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "javascript:alert(1)",
    "evil.example",
    "http:evil.example",
    "/admin/\nLocation: https://evil.example/",
    "/\x00",
    "",
]


def act(name: str, **query: str) -> tuple[Assignment, str]:
    booking = AssignmentFactory()
    return booking, reverse(f"admin:assignments_assignment_{name}", args=[booking.pk], query=query)


def test_leads_back_after_the_act() -> None:
    booking, address = act("cancel", next=LIST)
    response = signed_in().post(address, {"reason": "Flooded"})
    assert (response.status_code, response["Location"]) == (302, LIST)
    booking.refresh_from_db()
    assert booking.status == Assignment.Status.CANCELLED


def test_the_question_has_the_way_back_too_and_keeps_it_through_a_refusal() -> None:
    booking, address = act("cancel", next=LIST)
    client = signed_in()
    assert client.get(address).context["back"] == LIST
    refused = client.post(address, {"reason": ""})
    assert refused.context["back"] == LIST
    booking.refresh_from_db()
    assert booking.is_live


def test_an_act_of_one_click_takes_it_from_its_form() -> None:
    _booking, address = act("confirm")
    assert signed_in().post(address, {"next": LIST})["Location"] == LIST


@pytest.mark.parametrize("target", ELSEWHERE)
def test_never_leads_off_the_site(target: str) -> None:
    booking, address = act("confirm", next=target)
    assert signed_in().post(address)["Location"] == reverse("admin:assignments_assignment_change", args=[booking.pk])
