"""Progress of a plan while it waits or runs."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from recommendations.planning.models import Plan
from recommendations.planning.services import place_in_queue
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import visible_values


def progress(plan: Plan, reader: User) -> dict[str, Any]:
    """Template context: the plan, its place in the queue, and the best plan so far, as far as the reader may see it."""
    best = visible_values(plan._meta.label_lower, {"progress": plan.progress}, reader)["progress"]
    return {
        "plan": plan,
        "place": place_in_queue(plan),
        "seconds": round((timezone.now() - plan.started_at).total_seconds()) if plan.started_at else 0,
        "best": _best(best),
        "bound": _bound(best),
    }


def _best(best: dict[str, Any]) -> list[tuple[str, str]]:
    figures = [
        ("planned", gettext("Planned"), "{:,.0f}"),
        ("unplanned", gettext("Left over"), "{:,.0f}"),
        ("mean_score", gettext("Mean score"), "{:.3f}"),
        ("miles", gettext("Miles between jobs"), "{:,.1f}"),
    ]
    return [(title, form.format(float(best[name]))) for name, title, form in figures if best.get(name) is not None]


def _bound(best: dict[str, Any]) -> str:
    """`At most 0.8% better is possible.`"""
    worth, bound = best.get("worth"), best.get("bound")
    if not worth or bound is None:
        return ""
    percent = max(0.0, (bound - worth) * 100 / worth)
    if percent < 0.005:
        return gettext("No better plan exists.")
    return gettext("At most {percent}% better is possible.").format(percent=f"{percent:.2f}")
