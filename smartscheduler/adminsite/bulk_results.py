"""Bulk actions: run a service for each of several records and report the results."""

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

# A URL and the text of the link to it.
Remedy = tuple[str, str] | None


@dataclass(frozen=True)
class Outcome:
    """Result for one record: its name and URL, the reason of a refusal, and a link to what remains to be done.

    An empty `refusal` means success; `result` then says what has changed. `remedy` is a URL and the text of the link.
    """

    name: str
    url: str
    refusal: str = ""
    remedy: Remedy = None
    result: str = ""


def do_each(
    records: Iterable[models.Model],
    service: Callable[[Any], Any],
    remedy: Callable[[Any], Remedy] | None = None,
    follow_up: Callable[[Any], Remedy] | None = None,
) -> list[Outcome]:
    """Run `service` for each record independently: a refusal for one does not affect the others.

    `remedy` returns the link after a refusal, `follow_up` the link after a success, both None for none.
    """
    outcomes = []
    for record in records:
        name, url = str(record), page_of(record)
        try:
            service(record)
        except DomainError as refusal:
            outcomes.append(Outcome(name, url, refusal.detail, remedy(record) if remedy else None))
        else:
            outcomes.append(Outcome(name, url, remedy=follow_up(record) if follow_up else None))
    return outcomes


def report(request: HttpRequest, outcomes: list[Outcome], done: LazyText) -> None:
    """Show the results on the next page as one message with a table."""
    refused = sum(1 for outcome in outcomes if outcome.refusal)
    context = {"outcomes": outcomes, "done": done, "succeeded": len(outcomes) - refused, "refused": refused}
    text = mark_safe(render_to_string("admin/includes/outcomes.html", context))  # noqa: S308  (a template's own output)
    level = messages.SUCCESS if not refused else messages.WARNING if refused < len(outcomes) else messages.ERROR
    messages.add_message(request, level, text)


def page_of(record: models.Model) -> str:
    opts = record._meta
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[record.pk])
    except NoReverseMatch:
        return ""
