"""API of jobs. The actions to cancel and to rank a job are in the apps `assignments` and `recommendations`."""

from typing import Any, cast
from uuid import UUID

from django.db.models import Case, Value, When
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from jobs import services
from jobs.filters import JobFilter
from jobs.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Job
from jobs.querysets import URGENCY, JobQuerySet
from jobs.serializers import JobSerializer
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.rest.by_reference import BY_REFERENCE, ByReferenceMixin
from smartscheduler.core.rest.declarations import fails_with
from smartscheduler.core.rest.etags import ConditionalRequestMixin
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.idempotency.mixin import IdempotencyMixin


class JobViewSet(
    ReadsBody, IdempotencyMixin, ConditionalRequestMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet[Job]
):
    """Jobs: type, site, desired date, duration and requirements, with the assignment in short form."""

    queryset = Job.objects.all()
    serializer_class = JobSerializer
    filterset_class = JobFilter
    search_fields = ("search_text",)
    public_search_text, full_search_permission = PUBLIC_SEARCH_TEXT, Permission.VIEW_CUSTOMERS
    ordering_fields = ("created_at", "desired_date", "priority", "status", "type", "job_number", "updated_at")
    ordering_aliases = {"priority": "importance"}
    ordering = ("-created_at", "id")
    lookup_value_converter = "uuid"
    required_permissions = {
        "list": Permission.VIEW_JOBS,
        "retrieve": Permission.VIEW_JOBS,
        "create": Permission.ADD_JOBS,
        "update": Permission.CHANGE_JOBS,
        "partial_update": Permission.CHANGE_JOBS,
    }

    def get_queryset(self) -> JobQuerySet:
        jobs = cast(JobQuerySet, super().get_queryset()).prefetch_related("assignments__contractor")
        # Ascending from low to urgent, so that "-priority" lists urgent jobs first.
        importance = Case(*(When(priority=name, then=Value(-rank)) for name, rank in URGENCY.items()))
        return jobs.alias(importance=importance, search_text=SEARCH_TEXT)

    def lock(self, pk: UUID) -> None:
        Job.objects.locked().get(pk=pk)

    def representation(self, pk: UUID) -> Any:
        return JobSerializer(self.get_queryset().get(pk=pk), context=self.get_serializer_context()).data

    @extend_schema(responses={201: JobSerializer})
    def create(self, request: Request) -> Response:
        """Create an open job."""
        job = services.create_job(actor=cast(User, request.user), **self.body(JobSerializer))
        return self.answer(job.pk, status=status.HTTP_201_CREATED)

    @fails_with("job-has-live-assignment", "invalid-transition")
    def update(self, request: Request, pk: UUID) -> Response:
        """Replace all writable fields of a job."""
        return self._update(request, pk, partial=False)

    @fails_with("job-has-live-assignment", "invalid-transition")
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the given fields of a job."""
        return self._update(request, pk, partial=True)

    def _update(self, request: Request, pk: UUID, *, partial: bool) -> Response:
        changes = self.body(JobSerializer, partial=partial)
        return self.after(services.update_job(job_id=pk, actor=cast(User, request.user), **changes))


class JobByReferenceView(ByReferenceMixin, JobViewSet):
    referenced = Job
    required_permissions = {
        "retrieve_by_reference": Permission.VIEW_JOBS,
        "put_by_reference": Permission.ADD_JOBS,
    }

    @extend_schema(parameters=BY_REFERENCE, responses=JobSerializer, operation_id="jobs_retrieve_by_reference")
    def retrieve_by_reference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get the job with this number in another system."""
        return super().retrieve_by_reference(request)

    @extend_schema(
        parameters=BY_REFERENCE,
        request=JobSerializer,
        responses={200: JobSerializer, 201: JobSerializer},
        operation_id="jobs_put_by_reference",
    )
    @fails_with("job-has-live-assignment", "invalid-transition")
    def put_by_reference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create or replace the job with this number in another system.

        The status is 201 for a new record, and 200 for one whose writable fields were replaced.
        """
        return super().put_by_reference(request)
