"""Timeline of the history pages: author, action, record, old and new values, with related changes grouped."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.accounts.visibility import HIDDEN, FieldRule, hidden_fields, redact_record, sees_everything
from smartscheduler.adminsite.history.queries import DIRECTLY
from smartscheduler.adminsite.history.snapshots import Gone, address_of, names_before, records_of, zone_of
from smartscheduler.adminsite.history.value_text import NOTHING, UTC, from_json, in_words, title_of
from smartscheduler.core.formatting import exact_time
from smartscheduler.core.observability.logging import impersonal
from smartscheduler.core.text import LazyText
from smartscheduler.history.triggers import CHANGED, CREATED, PASSWORD, REMOVED, Change, tracked_fields

ACTS = {CREATED: _("created"), CHANGED: _("changed"), REMOVED: _("deleted"), PASSWORD: _("password changed")}
COLORS = {CREATED: "success", CHANGED: "info", REMOVED: "danger", PASSWORD: "warning"}
SOURCES = {"back-office": _("in the back office"), "API": _("through the API"), "page": _("on a page")}
# A created or deleted record with more fields than this is collapsed.
MOST_OPEN = 4
ONCE = timedelta(seconds=1)


@dataclass(frozen=True)
class Line:
    field: str
    was: str
    became: str


@dataclass(frozen=True)
class RecordChange:
    """One change of one record. `lines` are its fields; `changed` is false for created and deleted records."""

    act: LazyText
    color: str
    what: str
    title: str
    of: str
    url: str
    lines: list[Line]
    changed: bool

    @property
    def folded(self) -> bool:
        return not self.changed and len(self.lines) > MOST_OPEN


@dataclass(frozen=True)
class Occasion:
    """Changes by one author at one time."""

    moment: datetime
    when: str
    who: str
    person: str
    door: LazyText
    details: list[tuple[str, str]]
    changes: list[RecordChange]


def build_timeline(changes: Sequence[Change], *, reader: Any, zone: tzinfo = UTC) -> list[Occasion]:
    """Group changes into occasions, newest first, in local time of `zone`. Within an occasion, oldest change first.

    A change of a value that `reader` may not see is listed, but its old and new values are hidden.
    """
    names = names_before(changes)
    pairs = zip(changes, records_of(changes), strict=True)
    occasions = [_occasion(together, names, zone, reader) for together in _at_once(pairs)]
    return occasions if sees_everything(reader) else [_without_contacts(occasion) for occasion in occasions]


def _at_once(pairs: Iterable[tuple[Change, Any]]) -> Iterator[list[tuple[Change, Any]]]:
    """Group neighboring changes by the same author within one second."""
    together: list[tuple[Change, Any]] = []
    for change, record in pairs:
        newest = together[0][0] if together else change
        near = newest.pgh_created_at - change.pgh_created_at <= ONCE
        if not (near and newest.pgh_context == change.pgh_context):
            yield together
            together = []
        together.append((change, record))
    if together:
        yield together


def _occasion(pairs: list[tuple[Change, Any]], names: dict[Any, Any], zone: tzinfo, reader: Any) -> Occasion:
    newest = pairs[0][0]
    context = newest.pgh_context
    moment = newest.pgh_created_at
    return Occasion(
        moment=moment,
        when=exact_time(moment, zone),
        who=_who(context),
        person=DIRECTLY if context is None else context.get("user", ""),
        door=_source(context or {}),
        details=[(str(name), context[key]) for key, name in DETAILS.items() if context.get(key)] if context else [],
        changes=[_record_change(change, record, names, reader) for change, record in reversed(pairs)],
    )


DETAILS = {"at": _("Where"), "request": _("Request")}


def _who(context: dict[str, str] | None) -> str:
    if context is None:
        return gettext("Direct database access")
    return context.get("name") or gettext("The system")


def _source(context: dict[str, str]) -> LazyText:
    """Interface of the change: a text for people, or the kind and name of the command, task or script."""
    kind = context.get("door", "")
    if kind in SOURCES or not kind:
        return SOURCES.get(kind, "")
    return gettext("by the {kind} {name}").format(kind=kind, name=context.get("at", "").rsplit(".", 1)[-1])


def _record_change(change: Change, record: Any, names: dict[Any, Any], reader: Any) -> RecordChange:
    # Titles of customers are their names.
    record = redact_record(record, reader, instead=HIDDEN)
    title, owner = str(record), str(getattr(record, change.owner)) if change.owner else ""
    lines, changed = list(_lines(change, record, names, reader)), change.pgh_label == CHANGED
    if not changed and all(line.was in title and line.became in title for line in lines):
        lines = []  # the title has all values
    return RecordChange(
        act=ACTS.get(change.pgh_label, change.pgh_label),
        color=COLORS.get(change.pgh_label, ""),
        what=str(record._meta.verbose_name),
        title=title,
        of="" if owner in title else owner,
        url=_page_of(change, record),
        lines=lines,
        changed=changed,
    )


def _lines(change: Change, record: Any, names: dict[Any, Any], reader: Any) -> Iterator[Line]:
    if change.pgh_label == PASSWORD:
        return
    zone, before = zone_of(record), change.pgh_before or {}
    rules = hidden_fields(record._meta.label_lower, reader)
    for name in tracked_fields(type(change)):
        field: Any = record._meta.get_field(name)
        now = _shown(rules.get(name), _value(field, record, zone))
        if change.pgh_label == CHANGED:
            if field.column in before:
                was = _former(field, before[field.column], zone, names)
                yield Line(title_of(field), _shown(rules.get(name), was), now)
        elif now != NOTHING and not (field.primary_key or name == change.owner):
            yield Line(title_of(field), *(("", now) if change.pgh_label == CREATED else (now, "")))


def _shown(rule: FieldRule | None, words: str) -> str:
    """The visible text of a value. An empty value is never hidden."""
    if rule is None or words == NOTHING:
        return words
    return impersonal(words) if rule.shown is impersonal else str(HIDDEN)


def _without_contacts(occasion: Occasion) -> Occasion:
    """Remove phone numbers and email addresses from all texts. A user without a name is listed by email address."""
    changes = [
        replace(
            change,
            title=impersonal(change.title),
            of=impersonal(change.of),
            lines=[Line(line.field, impersonal(line.was), impersonal(line.became)) for line in change.lines],
        )
        for change in occasion.changes
    ]
    return replace(occasion, who=impersonal(occasion.who), changes=changes)


def _value(field: Any, record: Any, zone: tzinfo) -> str:
    if field.is_relation:
        return str(getattr(record, field.name) or NOTHING) if getattr(record, field.attname) else NOTHING
    return in_words(field, getattr(record, field.attname), zone)


def _former(field: Any, value: Any, zone: tzinfo, names: dict[Any, Any]) -> str:
    was = from_json(field, value)
    if field.is_relation and was is not None:
        return str(names.get((field.related_model, was), Gone()))
    return in_words(field, was, zone)


def _page_of(change: Change, record: Any) -> str:
    """URL of the record, or of the record that it belongs to. Empty if that was deleted."""
    shown: Any = record if admin.site.is_registered(type(record)) else getattr(record, change.owner, None)
    if isinstance(shown, Gone) or not admin.site.is_registered(type(shown)):
        return ""
    if shown is record and change.pgh_label == REMOVED:
        return ""
    return address_of(shown, "change")
