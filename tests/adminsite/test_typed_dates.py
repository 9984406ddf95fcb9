"""Dates in forms: what people type, and what the page says about it."""

from datetime import date
from typing import Any

import pytest
from django import forms
from django.test import Client

from smartscheduler.adminsite.form_fields import DayField
from smartscheduler.core.entry.moments import Direction
from tests.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]
URL = "/admin/read-date/"


def meaning(**query: str) -> Any:
    return signed_in().get(URL, {"zone": "America/Chicago", **query}).json()


class DayForm(forms.Form):
    day = DayField()
    last = DayField(direction=Direction.BACK, required=False)


@pytest.mark.parametrize("text", ["12/3", "Thu, Dec 3", "dec 3 2026", "2026-12-03", "Thu, Dec 3, 2026"])
def test_a_day_is_read_and_shown_in_full(text: str) -> None:
    form = DayForm({"day": text, "last": "11/2"})
    assert form.is_valid()
    assert form.cleaned_data == {"day": date(2026, 12, 3), "last": date(2026, 11, 2)}
    assert 'value="Thu, Dec 3, 2026"' in str(form["day"])
    assert 'value="Mon, Nov 2, 2026"' in str(form["last"])


@pytest.mark.parametrize("text", ["9999-12-31", "1/1/1999"])
def test_a_day_outside_the_calendar_names_the_field(text: str) -> None:
    assert DayForm({"day": text}).errors.keys() == {"day"}


@pytest.mark.parametrize("text", ["", "someday", "12/3 9am", "2026-02-30", "next fri"])
def test_what_is_no_day_names_the_field_and_stays(text: str) -> None:
    form = DayForm({"day": text})
    assert form.errors.keys() == {"day"}
    assert form["day"].value() == text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"kind": "day", "text": "12/3"}, "Thursday, December 3, 2026"),
        ({"kind": "day", "text": "7/4", "direction": "back"}, "Saturday, July 4, 2026"),
        ({"kind": "moment", "text": "tomorrow 7:30a"}, "Wed, Nov 25, 7:30 AM CST."),
        ({"kind": "moment", "text": "yesterday 2"}, "Mon, Nov 23, 2:00 PM CST. Read as PM. Add AM for the morning."),
        ({"kind": "moment", "text": "12/3", "edge": "end"}, "Fri, Dec 4, 12:00 AM CST. This is the end of Dec 3."),
        ({"kind": "day", "text": ""}, ""),
    ],
)
def test_a_text_is_read_while_it_is_typed(query: dict[str, str], text: str) -> None:
    assert meaning(**query) == {"text": text, "is_problem": False, "fixes": []}


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "day", "text": "someday"},
        {"kind": "day", "text": "\x00"},
        {"kind": "moment", "text": "12/3"},
        {"kind": "moment", "text": "3/14/2027 2:30am"},  # the clock skips it
        {"kind": "moment", "text": "x" * 5_000},
    ],
)
def test_a_problem_is_a_sentence(query: dict[str, str]) -> None:
    answer = meaning(**query)
    assert answer["is_problem"]
    assert answer["text"]


@pytest.mark.parametrize("query", [{"zone": "Mars/Base"}, {"zone": ""}, {"edge": "x"}, {"direction": "sideways"}])
def test_an_odd_question_is_refused(query: dict[str, str]) -> None:
    answer = signed_in().get(URL, {"zone": "America/Chicago", "text": "12/3", **query})
    assert answer.status_code == 400


def test_visitors_are_asked_to_sign_in(client: Client) -> None:
    assert client.get(URL).status_code == 302
