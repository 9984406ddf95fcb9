"""Comparison of a plan with today and with booking each job alone, as rows of a table."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext, ngettext

from recommendations.planning.models import Plan
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import visible_values
from smartscheduler.core.text import LazyText

COLUMNS = ("today", "by_hand", "plan")


class Row(NamedTuple):
    """A figure in the three columns. `verdict` compares the plan with booking by hand: better, worse or empty."""

    title: LazyText
    values: list[str]
    verdict: str
    note: str


def comparison(plan: Plan, reader: User) -> list[Row]:
    """The rows of the table; a figure that no column has is left out, as those that the reader must not see."""
    figures = visible_values(plan._meta.label_lower, {"figures": plan.figures}, reader)["figures"]
    rows = [_row(figures, *figure) for figure in _figures()]
    return [row for row in rows if any(value != "–" for value in row.values)]


def _figures() -> list[tuple[str, str, Callable[[Any], str], int]]:
    """Name, title, format, and 1 if more is better, -1 if less is, 0 if neither."""
    return [
        ("planned", gettext("Jobs planned"), _whole, 1),
        ("unplanned", gettext("Jobs left over"), _whole, -1),
        ("urgent_unplanned", gettext("Urgent jobs left over"), _whole, -1),
        ("mean_score", gettext("Mean score"), lambda value: f"{float(value):.3f}", 1),
        ("days_late", gettext("Days after the desired date"), _tenths, -1),
        ("miles", gettext("Miles between jobs"), _tenths, -1),
        ("busiest_hours", gettext("Hours of the busiest contractor"), _hours, 0),
        ("idlest_hours", gettext("Hours of the least busy contractor"), _hours, 0),
        ("customers_moved", gettext("Customers whose time changes"), _whole, -1),
    ]


def _row(figures: Mapping[str, Any], name: str, title: str, written: Callable[[Any], str], better: int) -> Row:
    values = [(figures.get(column) or {}).get(name) for column in COLUMNS]
    _, by_hand, planned = values
    verdict = ""
    if better and by_hand is not None and planned is not None and by_hand != planned:
        verdict = "better" if (planned > by_hand) == (better > 0) else "worse"
    return Row(title, ["–" if value is None else written(value) for value in values], verdict, _note(verdict))


def _note(verdict: str) -> str:
    return {"better": gettext("better than by hand"), "worse": gettext("worse than by hand")}.get(verdict, "")


def _whole(value: Any) -> str:
    return f"{round(value):,}"


def _tenths(value: Any) -> str:
    return f"{float(value):,.1f}"


def _hours(value: Any) -> str:
    return gettext("{hours} h").format(hours=f"{float(value):,.1f}")


def best_possible(plan: Plan) -> str:
    """How far from the best plan this one can be at most."""
    if plan.proven:
        return gettext("No better plan exists: this is proven.")
    if plan.gap_percent is None:
        return gettext("How much better a plan could be is not known.")
    percent = f"{plan.gap_percent:.3f}".rstrip("0").rstrip(".")
    return gettext("At most {percent}% better is possible.").format(percent=percent)


def scope_sentence(jobs: int, contractors: int, days: int, kept: int, movable: int) -> str:
    """`60 jobs, 214 contractors could do at least one, 5 days. 38 bookings stay as they are, and none may move.`"""
    parts = [
        ngettext("{count} job", "{count} jobs", jobs).format(count=f"{jobs:,}"),
        ngettext(
            "{count} contractor could do at least one", "{count} contractors could do at least one", contractors
        ).format(count=f"{contractors:,}"),
        ngettext("{count} day", "{count} days", days).format(count=days),
        ngettext("{count} booking stays as it is", "{count} bookings stay as they are", kept).format(count=f"{kept:,}"),
        ngettext("{count} may move", "{count} may move", movable).format(count=f"{movable:,}")
        if movable
        else gettext("none may move"),
    ]
    return gettext("{parts}.").format(parts=", ".join(parts))
