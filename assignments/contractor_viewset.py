"""API of contractors; a change answers with the contractor's assignments in conflict."""

from typing import Any
from uuid import UUID

from assignments.broken_bookings import conflicts_of, unmet_reasons
from contractors.viewsets import ContractorViewSet
from smartscheduler.core.rest.fields import slot_as_json
from smartscheduler.rules.current import current_rules


class BookedContractorViewSet(ContractorViewSet):
    """Contractors: base, working hours, skills and rating."""

    def conflicts(self, pk: UUID) -> dict[str, Any]:
        listed, count = conflicts_of(pk)
        reasons = unmet_reasons(listed, current_rules(), reader=self.actor) if listed else {}
        return {
            "conflicts": [
                {
                    "assignment": str(assignment.pk),
                    "job": str(assignment.job_id),
                    "job_number": assignment.job.job_number,
                    "status": assignment.status,
                    "time_slot": slot_as_json(assignment.slot),
                    "reasons": [reason.as_json() for reason in reasons[assignment.pk]],
                }
                for assignment in listed
            ],
            "conflicts_count": count,
        }
