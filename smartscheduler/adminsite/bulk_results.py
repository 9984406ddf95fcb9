"""One thing done to each of many records, and what became of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import mark_safe

from smartscheduler.core.text import LazyText
from smartscheduler.errors import DomainError


@dataclass(frozen=True)
class Outcome:
    """A record by its name and the address of its page, why it was refused, and where that can be helped.

    Without a refusal it was done. `remedy` is an address and the words of a link.
    """

    name: str
    url: str
    refusal: str = ""
    remedy: tuple[str, str] | None = None


def do_each(
    records: Iterable[models.Model],
    service: Callable[[Any], Any],
    remedy: Callable[[Any], tuple[str, str]] | None = None,
) -> list[Outcome]:
    """Each on its own: a refusal of one leaves the others done."""
    found = []
    for record in records:
        name, url = str(record), _page_of(record)
        try:
            service(record)
        except DomainError as refusal:
            found.append(Outcome(name, url, refusal.detail, remedy(record) if remedy else None))
        else:
            found.append(Outcome(name, url))
    return found


def report(request: HttpRequest, outcomes: list[Outcome], done: LazyText) -> None:
    """Say on the next page what became of each: one message, with a table."""
    refused = sum(1 for outcome in outcomes if outcome.refusal)
    context = {"outcomes": outcomes, "done": done, "succeeded": len(outcomes) - refused, "refused": refused}
    text = mark_safe(render_to_string("admin/includes/outcomes.html", context))  # noqa: S308  (a template's own output)
    level = messages.SUCCESS if not refused else messages.WARNING if refused < len(outcomes) else messages.ERROR
    messages.add_message(request, level, text)


def _page_of(record: models.Model) -> str:
    opts = record._meta
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[record.pk])
    except NoReverseMatch:
        return ""
