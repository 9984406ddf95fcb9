"""Proposals of the newest open plan that has any, which the board shows beside the bookings."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from recommendations.planning.models import Plan, PlanItem
from smartscheduler.timeslots import TimeSlot


@dataclass(frozen=True)
class Proposals:
    """The plan, or None, and its proposals by contractor in the order of their starts."""

    plan: Plan | None
    by_contractor: dict[UUID, list[PlanItem]]

    @property
    def count(self) -> int:
        return sum(map(len, self.by_contractor.values()))


NONE = Proposals(None, {})


def proposals(people: Collection[UUID], span: TimeSlot, now: datetime) -> Proposals:
    """The proposals for these contractors that overlap `span`. Runs one query without an open plan, else two.

    Each item has `bundle_size`, the number of changes that are accepted with it.
    """
    valid = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    proposed = PlanItem.objects.changes().proposed().as_seen().filter(plan=OuterRef("pk"))
    plans = Plan.objects.open().filter(valid, Exists(proposed)).defer("scope", "figures")
    plan = plans.order_by("-created_at", "pk").first()
    if plan is None:
        return NONE
    bundle = PlanItem.objects.changes().proposed().filter(plan=plan, bundle=OuterRef("bundle")).order_by()
    size = bundle.values("bundle").annotate(size=Count("pk")).values("size")
    possible = plan.items.changes().proposed().as_seen()
    items = possible.filter(contractor__in=people, time_slot__overlap=(span.start, span.end))
    shown = items.select_related("job").annotate(bundle_size=Coalesce(Subquery(size), 1)).order_by("time_slot", "pk")
    by_contractor: dict[UUID, list[PlanItem]] = defaultdict(list)
    for item in shown:
        if item.contractor_id:
            by_contractor[item.contractor_id].append(item)
    return Proposals(plan, by_contractor)
