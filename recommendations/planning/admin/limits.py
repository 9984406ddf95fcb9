"""Limits of a plan's scope as sentences: contractors, those left out, bookings that stay."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from assignments.models import Assignment
from contractors.models import Contractor
from recommendations.planning.admin.scope_form import DEFAULT_FREEZE, DEFAULT_LEAD
from recommendations.planning.models import Plan
from recommendations.planning.scope import Scope
from recommendations.planning.states import Lock, MayChange
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import visible_values

# Records that a sentence names.
MOST_NAMED = 10


def limits(plan: Plan, reader: User) -> list[str]:
    """What the scope leaves out or keeps, as far as the reader may see it."""
    scope = Scope.of_json(visible_values(plan._meta.label_lower, {"scope": plan.scope}, reader)["scope"])
    sentences = [_contractors(scope), _excluded(scope), _lead(scope)]
    if scope.may_change != MayChange.OPEN_JOBS:
        sentences += [_freeze(scope), _most_changes(scope), _locks(scope)]
    return [sentence for sentence in sentences if sentence]


def _contractors(scope: Scope) -> str:
    if scope.contractors is None:
        return ""
    names = _names(scope.contractors)
    text = ngettext("Only {count} contractor: {names}", "Only {count} contractors: {names}", len(scope.contractors))
    return text.format(count=len(scope.contractors), names=_listed([names.get(pk, "–") for pk in scope.contractors]))


def _excluded(scope: Scope) -> str:
    if not scope.excluded:
        return ""
    names, reason = _names(scope.excluded), gettext("{name} ({reason})")
    people = [
        reason.format(name=names.get(pk, "–"), reason=text) if text else names.get(pk, "–")
        for pk, text in scope.excluded.items()
    ]
    return gettext("Left out: {names}").format(names=_listed(people))


def _lead(scope: Scope) -> str:
    if scope.lead_hours == DEFAULT_LEAD:
        return ""
    text = ngettext("Nothing new within {count} hour", "Nothing new within {count} hours", scope.lead_hours)
    return text.format(count=scope.lead_hours)


def conflicts(plan: Plan, reader: User) -> list[tuple[str, str]]:
    """Job numbers and URLs of the bookings that stay although a rule forbids them; empty if the reader sees none."""
    rows = visible_values(plan._meta.label_lower, {"conflicts": plan.conflicts}, reader)["conflicts"] or []
    return [(row["job"], reverse("admin:assignments_assignment_change", args=[row["assignment"]])) for row in rows]


def _freeze(scope: Scope) -> str:
    if scope.freeze_hours == DEFAULT_FREEZE:
        return ""
    text = ngettext(
        "No change of bookings within {count} hour", "No change of bookings within {count} hours", scope.freeze_hours
    )
    return text.format(count=scope.freeze_hours)


def _most_changes(scope: Scope) -> str:
    if scope.max_changes is None:
        return ""
    text = ngettext("At most {count} booking moves", "At most {count} bookings move", scope.max_changes)
    return text.format(count=scope.max_changes)


def _locks(scope: Scope) -> str:
    if not scope.locks:
        return ""
    shown = list(scope.locks)[:MOST_NAMED]
    numbers = dict(Assignment.objects.filter(pk__in=shown).values_list("pk", "job__job_number"))
    stays = gettext("{job} ({part})")
    locks = [stays.format(job=numbers.get(pk, "–"), part=Lock(lock).label.lower()) for pk, lock in scope.locks.items()]
    return gettext("Stays: {bookings}").format(bookings=_listed(locks))


def _names(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Contractor.objects.filter(pk__in=list(ids)[:MOST_NAMED]).values_list("pk", "name"))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
