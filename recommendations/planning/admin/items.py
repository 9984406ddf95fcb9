"""Rows of the changes and of the jobs left out, as the page of a plan shows them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext, ngettext

from jobs.models import Job
from recommendations.planning.models import PlanItem
from recommendations.planning.states import Action, ItemState
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import hidden_fields, visible_values
from smartscheduler.adminsite.registry import record_url
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.text import LazyText
from smartscheduler.rules.values import UNIT
from smartscheduler.timeslots import TimeSlot

# Rows of a page of changes.
MOST_ITEMS = 300


@dataclass(frozen=True)
class ItemRow:
    """A change. `kinds` are its filters. `figures` and `parts` are empty if the reader must not see them."""

    item: PlanItem
    what: str
    before: str
    late: str
    figures: str
    parts: list[tuple[LazyText, str]]
    belongs: str
    kinds: str
    can_be_accepted: bool
    stale_note: str
    booking_url: str
    suggestion: tuple[str, str] | None


def item_rows(items: Sequence[PlanItem], reader: User, *, is_open: bool) -> list[ItemRow]:
    bundles: dict[int, list[PlanItem]] = defaultdict(list)
    for item in items:
        if item.is_change:
            bundles[item.bundle].append(item)
    return [_row(item, bundles[item.bundle], reader, is_open=is_open) for item in items if item.is_change]


def _row(item: PlanItem, bundle: list[PlanItem], reader: User, *, is_open: bool) -> ItemRow:
    hides = bool(hidden_fields(PlanItem._meta.label_lower, reader))
    return ItemRow(
        item=item,
        what=_what(item),
        before=_before(item),
        late=_late(item),
        figures="" if hides else _figures(item),
        parts=[] if hides else _parts(item),
        belongs=_belongs(item, bundle),
        kinds=" ".join(_kinds(item)),
        can_be_accepted=is_open and item.state in {ItemState.PROPOSED, ItemState.STALE},
        stale_note=stale_note(item.stale_reason, reader) if item.state == ItemState.STALE else "",
        booking_url=record_url(item.assignment, "change") if item.assignment else "",
        suggestion=suggestion_of(item, reader),
    )


def _what(item: PlanItem) -> str:
    """Contractor and time; a dropped booking says so."""
    if item.slot is None or item.contractor is None:
        return gettext("The booking is canceled, and the job is open again")
    text = gettext("{contractor}, {slot}")
    return text.format(contractor=item.contractor.name, slot=local_slot(item.slot, item.job.zone))


def _before(item: PlanItem) -> str:
    """What the booking is so far; empty for a new one."""
    if item.slot_so_far is None or item.previous_contractor is None:
        return ""
    text = gettext("so far: {contractor}, {slot}")
    slot = local_slot(item.slot_so_far, item.job.zone)
    return text.format(contractor=item.previous_contractor.name, slot=slot)


def _late(item: PlanItem) -> str:
    """How many days after the desired date; empty on the day or before it."""
    if item.slot is None:
        return ""
    job = item.job
    days = (item.slot.start.astimezone(job.zone).date() - job.desired_date.astimezone(job.zone).date()).days
    if days <= 0:
        return ""
    text = ngettext("{count} day after the desired date", "{count} days after the desired date", days)
    return text.format(count=days)


def _figures(item: PlanItem) -> str:
    parts = []
    if item.rank:
        number = f"{item.candidates_considered:,}"
        of = number if item.candidates_exact else gettext("at least {number}").format(number=number)
        parts.append(gettext("rank {rank} of {number} for this job alone").format(rank=item.rank, number=of))
    if item.score is not None:
        parts.append(gettext("score {score}").format(score=f"{item.score:.2f}"))
    if item.miles_before is not None and item.miles_after is not None:
        text = gettext("miles of that day {before} → {after}")
        parts.append(text.format(before=f"{item.miles_before:.1f}", after=f"{item.miles_after:.1f}"))
    return " · ".join(parts)


def _parts(item: PlanItem) -> list[tuple[LazyText, str]]:
    """The parts of the worth, and their sum."""
    titles = {
        "priority": gettext("Priority"),
        "score": gettext("Score"),
        "travel": gettext("Travel"),
        "fairness": gettext("Fairness"),
        "disruption": gettext("Disruption"),
    }
    rows: list[tuple[LazyText, str]] = [(titles[name], _points(value)) for name, value in item.parts().items() if value]
    return [*rows, (gettext("Together"), _points(item.worth))]


def _points(value: int) -> str:
    return f"{value / UNIT:+.4f}"


def _belongs(item: PlanItem, bundle: list[PlanItem]) -> str:
    """Why other rows are selected with this one."""
    others = [other.job.job_number for other in bundle if other is not item]
    if not others:
        return ""
    text = gettext("Belongs with {jobs}: one of them uses time that another one frees.")
    return text.format(jobs=", ".join(others))


def _kinds(item: PlanItem) -> list[str]:
    kinds = [item.action]
    if item.state == ItemState.STALE:
        kinds.append("stale")
    if item.state == ItemState.ACCEPTED:
        kinds.append("accepted")
    if item.job.priority == "urgent":
        kinds.append("urgent")
    return kinds


def stale_note(reason: str, reader: User) -> str:
    """Why a change is stale, as far as the reader may see it."""
    shown = visible_values(PlanItem._meta.label_lower, {"stale_reason": reason}, reader)["stale_reason"]
    return shown or gettext("This change is no longer possible.")


def suggestion_of(item: PlanItem, reader: User) -> tuple[str, str] | None:
    """Text and URL of what to do about a stale change: its suggestion if it has one, else the page of the job."""
    if item.state != ItemState.STALE:
        return None
    if item.job.status != Job.Status.OPEN:
        return gettext("Open the job"), record_url(item.job, "change")
    url = record_url(item.job, "recommend")
    suggestion = visible_values(item._meta.label_lower, {"suggestion": item.suggestion}, reader)["suggestion"]
    if not suggestion:
        return gettext("Recommend"), url
    start, end = (datetime.fromisoformat(suggestion["time_slot"][edge]) for edge in ("start", "end"))
    query = {"contractor": suggestion["contractor"], "day": start.astimezone(item.job.zone).date()}
    text = gettext("Instead: {contractor}, {slot}").format(
        contractor=suggestion["contractor_name"], slot=local_slot(TimeSlot(start, end), item.job.zone)
    )
    return text, f"{url}?{urlencode(query)}"


def filters(rows: Sequence[ItemRow]) -> list[dict[str, Any]]:
    """The filters that have rows: value, text and number."""
    names = [
        (Action.BOOK.value, gettext("New")),
        (Action.MOVE.value, gettext("Moved")),
        (Action.REASSIGN.value, gettext("Other contractor")),
        (Action.DROP.value, gettext("Dropped")),
        ("urgent", gettext("Urgent")),
        ("stale", gettext("No longer possible")),
        ("accepted", gettext("Accepted")),
    ]
    counts = {value: sum(value in row.kinds.split() for row in rows) for value, _text in names}
    own = [{"value": value, "text": text, "count": counts[value]} for value, text in names if counts[value]]
    return [{"value": "", "text": gettext("All"), "count": len(rows)}, *own]
