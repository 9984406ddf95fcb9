"""API for many rows at once: create jobs and assignments, and change their states.

Each row does what the request of this one record does, through the same service, in its own transaction.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from assignments import services
from assignments.bulk_serializers import (
    AssignmentChangeSerializer,
    BulkAssignmentChangesSerializer,
    BulkAssignmentResultsSerializer,
    BulkAssignmentsSerializer,
    BulkJobChangesSerializer,
    BulkJobResultsSerializer,
    BulkJobsSerializer,
    JobChangeSerializer,
)
from assignments.models import Assignment
from assignments.serializers import NewAssignmentSerializer
from assignments.viewsets import AssignmentViewSet
from jobs.models import Job
from jobs.serializers import JobSerializer
from jobs.services import create_job
from jobs.viewsets import JobViewSet
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.rest.views import values_of
from smartscheduler.idempotency.rows import BulkMixin

CHANGES: dict[str, Callable[..., Assignment]] = {
    "confirm": services.confirm_assignment,
    "start": services.start_assignment,
    "complete": services.complete_assignment,
    "cancel": services.cancel_assignment,
}


class BulkJobsView(BulkMixin, JobViewSet):
    """`POST jobs/bulk/`."""

    row_status = HTTPStatus.CREATED
    several_transactions = frozenset({"bulk_create"})
    required_permissions = {"bulk_create": Permission.ADD_JOBS}

    @extend_schema(
        request=BulkJobsSerializer,
        responses=BulkJobResultsSerializer,
        operation_id="jobs_bulk_create",
        filters=False,
    )
    def bulk_create(self, request: Request) -> Response:
        """Create up to 500 jobs. Each row has the body of `POST jobs/` and a result of its own."""
        return self.run_rows(request, self._create)

    def _create(self, row: dict[str, Any]) -> Job:
        return create_job(actor=cast(User, self.request.user), **values_of(JobSerializer, row))


class BulkJobStatusView(BulkMixin, JobViewSet):
    """`POST jobs/bulk-status/`."""

    several_transactions = frozenset({"bulk_status"})
    required_permissions = {"bulk_status": Permission.CANCEL_JOBS}

    @extend_schema(
        request=BulkJobChangesSerializer,
        responses=BulkJobResultsSerializer,
        operation_id="jobs_bulk_status",
        filters=False,
    )
    def bulk_status(self, request: Request) -> Response:
        """Cancel up to 500 jobs with their live assignments. Each row has a result of its own."""
        return self.run_rows(request, self._change)

    def _change(self, row: dict[str, Any]) -> Job:
        change = values_of(JobChangeSerializer, row)
        return services.cancel_job(job_id=change["id"], reason=change["reason"], actor=cast(User, self.request.user))


class BulkAssignmentsView(BulkMixin, AssignmentViewSet):
    """`POST assignments/bulk/`."""

    # A booking ranks the contractors of its job.
    rows_per_unit, row_status = 5, HTTPStatus.CREATED
    several_transactions = frozenset({"bulk_create"})
    required_permissions = {"bulk_create": Permission.ASSIGN}

    @extend_schema(
        request=BulkAssignmentsSerializer,
        responses=BulkAssignmentResultsSerializer,
        operation_id="assignments_bulk_create",
        filters=False,
    )
    def bulk_create(self, request: Request) -> Response:
        """Assign up to 500 jobs, in order. Each row has the body of `POST assignments/` and a result of its own."""
        return self.run_rows(request, lambda row: self.assign(values_of(NewAssignmentSerializer, row)))


class BulkAssignmentStatusView(BulkMixin, AssignmentViewSet):
    """`POST assignments/bulk-status/`."""

    several_transactions = frozenset({"bulk_status"})
    required_permissions = {"bulk_status": Permission.ASSIGN}

    @extend_schema(
        request=BulkAssignmentChangesSerializer,
        responses=BulkAssignmentResultsSerializer,
        operation_id="assignments_bulk_status",
        filters=False,
    )
    def bulk_status(self, request: Request) -> Response:
        """Confirm, start, complete or cancel up to 500 assignments, in order. Each row has a result of its own."""
        return self.run_rows(request, self._change)

    def _change(self, row: dict[str, Any]) -> Assignment:
        change = values_of(AssignmentChangeSerializer, row)
        assignment_id, run = change.pop("id"), CHANGES[change.pop("action")]
        return run(assignment_id=assignment_id, actor=self.actor, **change)
