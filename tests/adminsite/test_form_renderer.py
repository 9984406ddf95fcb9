"""The renderer of forms writes what Django's own writes."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from smartscheduler.adminsite.form_renderer import FormRenderer

ODD: dict[str, Any] = {
    "class": "one two",
    "required": True,
    "disabled": False,
    "data-none": None,
    "maxlength": 5,
    "title": "<i>\"'&",
    "data-safe": mark_safe("&amp;"),
    "placeholder": gettext_lazy("Search"),
}
CHOICES = [("", "None"), ("<a>", "A & B"), ("Group", [("b", "B"), (3, "C")])]


@pytest.mark.parametrize(
    ("widget", "value"),
    [
        (forms.TextInput(ODD), 'say "a" < b'),
        (forms.TextInput(), None),
        (forms.NumberInput(ODD), 0),
        (forms.CheckboxInput(ODD), True),
        (forms.Textarea(ODD), "<b>"),
        (forms.Select(ODD, CHOICES), "<a>"),
        (forms.SelectMultiple({}, CHOICES), ["b", 3]),
        (forms.RadioSelect(ODD, CHOICES), "b"),
        (forms.ClearableFileInput(ODD), None),
    ],
    ids=lambda part: type(part).__name__,
)
def test_writes_what_djangos_own_writes(widget: forms.Widget, value: Any) -> None:
    ours, djangos = (
        widget.render("field", value, {"id": "id_field"}, renderer) for renderer in (FormRenderer(), DjangoTemplates())
    )
    assert ours == djangos


def test_is_that_of_all_forms() -> None:
    assert isinstance(get_default_renderer(), FormRenderer)
