"""Rows of the jobs that a plan leaves out."""

import json
from dataclasses import dataclass

from recommendations.planning.models import Plan, PlanMiss
from recommendations.planning.reasons import what_ifs
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import visible_values

# Rows of the page.
MOST_MISSES = 300


@dataclass(frozen=True)
class MissRow:
    """A job that is left out. `changes` are the texts and the values of the buttons that plan it again."""

    miss: PlanMiss
    sentence: str
    changes: list[tuple[str, str]]


def miss_rows(plan: Plan, reader: User, *, may_replan: bool) -> list[MissRow]:
    misses = plan.misses.select_related("job").order_by("position")[:MOST_MISSES]
    return [_row(miss, reader, may_replan=may_replan) for miss in misses]


def _row(miss: PlanMiss, reader: User, *, may_replan: bool) -> MissRow:
    shown = visible_values(miss._meta.label_lower, {"sentence": miss.sentence}, reader)
    offered = what_ifs(miss) if may_replan else []
    changes = [(text, json.dumps(change.as_json(), sort_keys=True)) for text, change in offered]
    return MissRow(miss, shown["sentence"] or "", changes)
