"""Worths and prices of a plan in whole ten-thousandths, from the scheduling rules (docs/planning.md). Pure.

plan = Σ planned jobs ( worth of the priority + score ) − travel − fairness − disruption
"""

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from assignments.local_time import day_of
from assignments.states import Status
from smartscheduler.rules.values import UNIT, Rules
from smartscheduler.timeslots import TimeSlot


def priority_worth(priority: str, rules: Rules) -> int:
    """What planning a job of this priority is worth, beside its score."""
    return rules.prices.worth_of(priority)


def travel_price(miles: float, rules: Rules) -> int:
    """The price of miles between two sites: what they cost in the distance part of a score."""
    return math.floor(miles * rules.distance_weight / rules.max_miles + 0.5)


def fairness_price(position: int, rules: Rules) -> int:
    """The price of the job at `position` (from 0) among the newly planned jobs of one contractor.

    Their sum over n jobs is n(n−1)/2 times the price of the rules.
    """
    return position * rules.prices.price_fairness


@dataclass(frozen=True, slots=True)
class BookingSoFar:
    """The booking of a job that may change, as the plan has read it. `has_window`: its job has an arrival window."""

    assignment_id: UUID
    version: int
    contractor_id: UUID
    slot: TimeSlot
    status: str
    has_window: bool
    zone: ZoneInfo

    def changes(self, contractor_id: UUID, start: datetime) -> bool:
        return contractor_id != self.contractor_id or start != self.slot.start

    def disruption(self, contractor_id: UUID, start: datetime, rules: Rules) -> int:
        """The price of another contractor, and of another day or another time of the same day."""
        prices, price = rules.prices, 0
        if contractor_id != self.contractor_id:
            price += prices.price_contractor
        if day_of(start, self.zone) != day_of(self.slot.start, self.zone):
            price += prices.price_day
        elif start != self.slot.start:
            price += prices.price_time
        return self._while_pending(price, rules)

    def dropped(self, rules: Rules) -> int:
        """The price of leaving the job out, beside its worth: a promised arrival window would break."""
        return rules.prices.price_window if self.has_window else 0

    def _while_pending(self, price: int, rules: Rules) -> int:
        is_pending = self.status == Status.PENDING
        return math.floor(price * rules.prices.pending_share / UNIT + 0.5) if is_pending else price
