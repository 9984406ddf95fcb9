"""Attributes of form widgets as HTML."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def attributes(values: Mapping[str, Any]) -> SafeString:
    """The text of Django's own `attrs.html`: names alone for `True`, none for `False`, else names with values."""
    parts = [
        f" {conditional_escape(name)}" + ("" if value is True else f'="{conditional_escape(value)}"')
        for name, value in values.items()
        if value is not False
    ]
    return mark_safe("".join(parts))  # noqa: S308  (each part is escaped)
