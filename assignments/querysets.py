"""Questions asked of assignments, in the words of the domain."""

from typing import TYPE_CHECKING

from django.db import models
from psycopg.types.range import TimestamptzRange

from assignments.states import LIVE
from smartscheduler.timeslots import TimeSlot

if TYPE_CHECKING:
    from assignments.models import Assignment  # noqa: F401


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def live(self) -> "AssignmentQuerySet":
        """Assignments that hold their slot: pending, confirmed or in progress."""
        return self.filter(status__in=LIVE)

    def overlapping(self, slot: TimeSlot) -> "AssignmentQuerySet":
        return self.filter(time_slot__overlap=TimestamptzRange(slot.start, slot.end, "[)"))

    def locked(self) -> "AssignmentQuerySet":
        """The same rows, locked against other writers in the order of their ids."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")
