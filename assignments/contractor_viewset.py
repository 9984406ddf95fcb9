"""API of contractors; a change answers with the contractor's assignments in conflict."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from assignments.broken_bookings import conflicts_of, unmet_reasons
from contractors.models import Contractor
from contractors.serializers import (
    ChangedContractorSerializer,
    ContractorDetailSerializer,
    ContractorSerializer,
    NewContractorSerializer,
)
from contractors.viewsets import ContractorViewSet
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.rest.by_reference import BY_REFERENCE, ByReferenceMixin
from smartscheduler.core.rest.declarations import fails_with
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


class ContractorByReferenceView(ByReferenceMixin, BookedContractorViewSet):
    referenced = Contractor
    required_permissions = {
        "retrieve_by_reference": Permission.VIEW_CONTRACTORS,
        "put_by_reference": Permission.ADD_CONTRACTORS,
    }

    @extend_schema(
        parameters=BY_REFERENCE, responses=ContractorDetailSerializer, operation_id="contractors_retrieve_by_reference"
    )
    def retrieve_by_reference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get the contractor with this number in another system."""
        return super().retrieve_by_reference(request)

    @extend_schema(
        parameters=BY_REFERENCE,
        request=ContractorSerializer,
        responses={200: ChangedContractorSerializer, 201: NewContractorSerializer},
        operation_id="contractors_put_by_reference",
    )
    @fails_with("duplicate-email", "person-erased")
    def put_by_reference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create or replace the contractor with this number in another system.

        The status is 201 for a new record, and 200 for one whose writable fields were replaced.
        """
        return super().put_by_reference(request)
