"""Contractors over HTTP, where the answer to a change names the bookings that no longer hold."""

from typing import Any
from uuid import UUID

from assignments.broken_bookings import conflicts_of, unmet_reasons
from contractors.viewsets import ContractorViewSet
from smartscheduler.core.rest.fields import slot_as_json
from smartscheduler.rules.current import current_rules


class BookedContractorViewSet(ContractorViewSet):
    """Who does the jobs: base, working hours, skills and rating."""

    def conflicts(self, pk: UUID) -> dict[str, Any]:
        listed, count = conflicts_of(pk)
        reasons = unmet_reasons(listed, current_rules(), reader=self.actor) if listed else {}
        return {
            "conflicts": [
                {
                    "assignment": str(one.pk),
                    "job": str(one.job_id),
                    "job_number": one.job.job_number,
                    "status": one.status,
                    "time_slot": slot_as_json(one.slot),
                    "reasons": [reason.as_json() for reason in reasons[one.pk]],
                }
                for one in listed
            ],
            "conflicts_count": count,
        }
