"""Placeholders in the texts for customers: which are accepted, and what replaces them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.errors import InvalidInput
from smartscheduler.notifications.models import MessageKind
from smartscheduler.notifications.standard_texts import STANDARD
from smartscheduler.notifications.template_text import PLACEHOLDERS, check_text, filled


@pytest.mark.parametrize("kind", MessageKind.values)
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_standard_texts_pass_their_own_check(kind: str, language: str) -> None:
    text = STANDARD[language][kind]
    for field in ("subject", "body"):
        check_text(kind, field, getattr(text, field))
    values = dict.fromkeys(PLACEHOLDERS[kind], "x")
    assert "{" not in filled(text.subject + text.body, values)


@pytest.mark.parametrize(
    ("field", "text", "rule"),
    [
        ("subject", "Hello {nobody}", "There is no placeholder {nobody}"),
        ("body", "{when} {rating_link}", "There is no placeholder {rating_link}"),
        ("body", "Hello {customer}", "The text must contain {when}."),
        ("body", "{when} {", "A brace belongs to a placeholder"),
        ("body", "{when} }", "A brace belongs to a placeholder"),
        ("body", "{when} {customer.email}", "A brace belongs to a placeholder"),
        ("body", "{when} {customer!r}", "A brace belongs to a placeholder"),
        ("body", "{when} {customer:>1000000000}", "A brace belongs to a placeholder"),
        ("body", "{when} {0}", "A brace belongs to a placeholder"),
        ("body", "{when} {}", "A brace belongs to a placeholder"),
    ],
)
def test_other_texts_are_refused_with_the_rule(field: str, text: str, rule: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_text(MessageKind.BOOKED, field, text)
    assert rule in refusal.value.errors[field][0]


def test_an_empty_text_stands_for_the_standard_one() -> None:
    check_text(MessageKind.DONE, "body", "")


def test_doubled_braces_are_shown_as_one() -> None:
    assert filled("{{when}} {when}", {"when": "now"}) == "{when} now"


def test_a_value_is_not_read_as_a_placeholder() -> None:
    assert filled("{customer}", {"customer": "{when}", "when": "now"}) == "{when}"


@given(st.text(alphabet="{}ab_when ", max_size=60))
def test_an_accepted_text_leaves_no_placeholder(text: str) -> None:
    try:
        check_text(MessageKind.BOOKED, "subject", text)
    except InvalidInput:
        return
    values = dict.fromkeys(PLACEHOLDERS[MessageKind.BOOKED], "x")
    assert filled(text, values).count("{") == text.count("{{")
