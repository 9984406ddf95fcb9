"""The sentence about its plan that a booking keeps."""

from django.utils.translation import gettext, ngettext

from recommendations.explanations import ordinal
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.states import Action
from smartscheduler.core.formatting import local_slot

# The id of the first contractor of the job's own ranking, kept in the breakdown of an item.
FIRST_CONTRACTOR = "first_contractor"


def of_plan(plan: Plan, item: PlanItem) -> str:
    """`Planned with 59 others (PLAN-…); 3rd for this job alone, because the 1st was worth more on JOB-….`

    For a booking that only moves, the former slot comes first.
    """
    if item.action != Action.MOVE or item.slot_so_far is None:
        return _planned(plan, item)
    moved = gettext("Moved from {slot}.").format(slot=local_slot(item.slot_so_far, item.job.zone))
    return f"{moved} {_planned(plan, item)}"


def _planned(plan: Plan, item: PlanItem) -> str:
    others = plan.items.exclude(action=Action.DROP).count() - 1
    planned = ngettext("Planned with {count} other job", "Planned with {count} other jobs", others)
    sentence = gettext("{planned} ({plan})").format(planned=planned.format(count=others), plan=plan.number)
    if item.rank is None:
        return f"{sentence}."
    rank = gettext("{rank} for this job alone").format(rank=ordinal(item.rank))
    return f"{sentence}; {rank}{_because(plan, item)}."


def _because(plan: Plan, item: PlanItem) -> str:
    """Where the plan has put the first contractor of the ranking, if that is not this item's contractor."""
    first = item.score_breakdown.get(FIRST_CONTRACTOR) if item.rank and item.rank > 1 else None
    if not first:
        return ""
    elsewhere = plan.items.filter(contractor_id=first).select_related("job").order_by("-worth", "position").first()
    if not elsewhere:
        return ""
    return gettext(", because the 1st was worth more on {job}").format(job=elsewhere.job.job_number)
