"""API of assignments, and the action to cancel a job together with its assignment."""

from collections.abc import Callable
from typing import Any, TypeVar, cast
from uuid import UUID

from django.utils.translation import gettext
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from assignments import services
from assignments.filters import AssignmentFilter, AssignmentSearch
from assignments.models import Assignment
from assignments.querysets import AssignmentQuerySet
from assignments.serializers import (
    AssignmentSerializer,
    ConfirmSerializer,
    NewAssignmentSerializer,
    ReassignSerializer,
    RescheduleSerializer,
    RunningLateSerializer,
    SwapSerializer,
)
from contractors.models import Contractor
from jobs.models import Job
from jobs.serializers import JobSerializer, WindowSerializer
from jobs.viewsets import JobViewSet
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility_rest import StableOrdering
from smartscheduler.core.rest.declarations import fails_with
from smartscheduler.core.rest.etags import ConditionalRequestMixin
from smartscheduler.core.rest.fields import EmptySerializer, RatingSerializer, ReasonSerializer
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.errors import InvalidInput
from smartscheduler.idempotency.mixin import IdempotencyMixin
from smartscheduler.timeslots import TimeSlot

Handler = TypeVar("Handler", bound=Callable[..., Response])


def act(body: type[serializers.BaseSerializer[Any]], **shape: Any) -> Callable[[Handler], Handler]:
    """Decorator for a POST action of one assignment with the request body `body`; responds with an assignment."""

    def decorate(method: Handler) -> Handler:
        # `extend_schema` comes second, because `action` replaces earlier annotations.
        routed = action(detail=True, methods=["post"], **shape)(method)
        return cast(Handler, extend_schema(request=body, responses=AssignmentSerializer)(routed))

    return decorate


class AssignmentViewSet(
    ReadsBody, IdempotencyMixin, ConditionalRequestMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet[Assignment]
):
    """Assignments: contractor, job and time slot, with score, rank and reason at the time of booking."""

    queryset = Assignment.objects.select_related("job", "contractor", "assigned_by")
    serializer_class = AssignmentSerializer
    filterset_class = AssignmentFilter
    filter_backends = (DjangoFilterBackend, AssignmentSearch, StableOrdering)
    ordering_fields = ("created_at", "start", "status", "score", "rank", "updated_at")
    ordering_aliases = {"start": "time_slot__startswith"}
    ordering = ("-created_at", "id")
    lookup_value_converter = "uuid"
    required_permissions = {
        "list": Permission.VIEW_ASSIGNMENTS,
        "retrieve": Permission.VIEW_ASSIGNMENTS,
        **dict.fromkeys(
            (
                *("create", "confirm", "start", "running_late", "complete", "cancel"),
                *("reschedule", "reassign", "swap", "rate"),
            ),
            Permission.ASSIGN,
        ),
    }

    def get_queryset(self) -> AssignmentQuerySet:
        return cast(AssignmentQuerySet, super().get_queryset()).with_rating_and_plan()

    @property
    def actor(self) -> User:
        return cast(User, self.request.user)

    def lock(self, pk: UUID) -> None:
        services.lock_assignment(pk)

    def representation(self, pk: UUID) -> Any:
        return AssignmentSerializer(self.get_queryset().get(pk=pk), context=self.get_serializer_context()).data

    @extend_schema(request=NewAssignmentSerializer, responses={201: AssignmentSerializer})
    @fails_with("slot-unavailable", "outside-window", "contractor-unsuitable", "job-not-open", "ranking-stale")
    def create(self, request: Request) -> Response:
        """Assign an open job to a contractor.

        The booking is from `start` on for the duration of the job.
        """
        assignment = self.assign(self.body(NewAssignmentSerializer))
        return self.answer(assignment.pk, status=status.HTTP_201_CREATED)

    def assign(self, payload: dict[str, Any]) -> Assignment:
        """The new assignment of a valid body."""
        _check_known(job=payload["job"], contractor=payload["contractor"])
        return services.assign_job(
            job_id=payload["job"],
            contractor_id=payload["contractor"],
            start=payload["start"],
            override_reason=payload["override_reason"],
            window_break_reason=payload["window_break_reason"],
            ranking_token=payload["ranking_token"],
            actor=self.actor,
        )

    @act(ConfirmSerializer)
    @fails_with("invalid-transition", "booking-in-conflict")
    def confirm(self, request: Request, pk: UUID) -> Response:
        """Confirm an assignment after the contractor has agreed.

        Fails with `booking-in-conflict` if the contractor can no longer do the job as booked.
        """
        options = self.body(ConfirmSerializer)
        return self.after(services.confirm_assignment(assignment_id=pk, actor=self.actor, **options))

    @act(EmptySerializer)
    @fails_with("invalid-transition", "too-early")
    def start(self, request: Request, pk: UUID) -> Response:
        """Start the work and the job. Fails with `too-early` before the day of the slot."""
        self.body(EmptySerializer)
        return self.after(services.start_assignment(assignment_id=pk, actor=self.actor))

    @act(RunningLateSerializer, url_path="running-late")
    @fails_with("invalid-transition")
    def running_late(self, request: Request, pk: UUID) -> Response:
        """Report until when the work is expected to take. The slot stays; later work of that day is shown as late."""
        return self.after(
            services.report_running_late(assignment_id=pk, actor=self.actor, **self.body(RunningLateSerializer))
        )

    @act(EmptySerializer)
    @fails_with("invalid-transition", "too-early")
    def complete(self, request: Request, pk: UUID) -> Response:
        """Complete the work and the job. Fails with `too-early` before the day of the slot."""
        self.body(EmptySerializer)
        return self.after(services.complete_assignment(assignment_id=pk, actor=self.actor))

    @act(ReasonSerializer)
    @fails_with("invalid-transition")
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Cancel an assignment and reopen its job."""
        return self.after(services.cancel_assignment(assignment_id=pk, actor=self.actor, **self.body(ReasonSerializer)))

    @act(RescheduleSerializer)
    @fails_with("invalid-transition", "slot-unavailable", "outside-window", "contractor-unsuitable")
    def reschedule(self, request: Request, pk: UUID) -> Response:
        """Move an assignment to another start with the same contractor."""
        return self.after(
            services.reschedule_assignment(assignment_id=pk, actor=self.actor, **self.body(RescheduleSerializer))
        )

    @act(ReassignSerializer)
    @fails_with("invalid-transition", "slot-unavailable", "outside-window", "contractor-unsuitable", "ranking-stale")
    def reassign(self, request: Request, pk: UUID) -> Response:
        """Assign the job to another contractor. Cancels the old assignment and returns the new one.

        At the same time, a confirmed assignment stays confirmed. At another time, the new one is pending.
        """
        payload = self.body(ReassignSerializer)
        contractor_id = payload.pop("contractor")
        _check_known(contractor=contractor_id)
        return self.after(
            services.reassign_assignment(assignment_id=pk, contractor_id=contractor_id, actor=self.actor, **payload)
        )

    @act(SwapSerializer)
    @fails_with("invalid-transition", "slot-unavailable", "outside-window", "contractor-unsuitable")
    def swap(self, request: Request, pk: UUID) -> Response:
        """Let two assignments trade contractors.

        Each keeps its time. Two assignments of one contractor trade their start times.

        Both change, or none. Returns the assignment that the job of this one has then.
        """
        payload = self.body(SwapSerializer)
        other_id = payload.pop("other")
        return self.after(services.swap_assignments(assignment_id=pk, other_id=other_id, actor=self.actor, **payload))

    @act(RatingSerializer)
    @fails_with("invalid-transition", "already-rated")
    def rate(self, request: Request, pk: UUID) -> Response:
        """Rate the contractor for a completed assignment. Possible once."""
        return self.after(services.rate_assignment(assignment_id=pk, actor=self.actor, **self.body(RatingSerializer)))


class JobCancelView(JobViewSet):
    """`POST jobs/{id}/cancel/`."""

    required_permissions = {"cancel": Permission.CANCEL_JOBS}

    def lock(self, pk: UUID) -> None:
        services.lock_job(pk)

    @extend_schema(request=ReasonSerializer, responses=JobSerializer, operation_id="jobs_cancel", filters=False)
    @fails_with("invalid-transition")
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Cancel a job and its live assignment, if any."""
        payload = self.body(ReasonSerializer)
        return self.after(services.cancel_job(job_id=pk, actor=cast(User, request.user), **payload))


class JobWindowView(JobViewSet):
    """`POST` and `DELETE jobs/{id}/window/`."""

    required_permissions = dict.fromkeys(("promise", "withdraw"), Permission.PROMISE_WINDOW)

    def lock(self, pk: UUID) -> None:
        services.lock_job(pk)

    @extend_schema(request=WindowSerializer, responses=JobSerializer, operation_id="jobs_promise_window", filters=False)
    @fails_with("invalid-transition", "window-promised")
    def promise(self, request: Request, pk: UUID) -> Response:
        """Promise the customer an arrival window, or change the promise.

        Bookings have to start in it from now on. A live booking stays where it is; outside the window it becomes a
        conflict.
        """
        payload = self.body(WindowSerializer)
        if not payload["start"] < payload["end"]:
            raise InvalidInput.of("end", gettext("The end must be after the start."))
        job = services.promise_window(
            job_id=pk,
            window=TimeSlot(payload["start"], payload["end"]),
            replaces=payload["replaces"],
            actor=cast(User, request.user),
        )
        return self.after(job)

    @extend_schema(responses={200: JobSerializer}, operation_id="jobs_withdraw_window", filters=False)
    @fails_with("invalid-transition")
    def withdraw(self, request: Request, pk: UUID) -> Response:
        """Withdraw the arrival window.

        Do it after the customer has been informed that it no longer holds.
        """
        return self.after(services.withdraw_window(job_id=pk, actor=cast(User, request.user)))


def _check_known(*, contractor: UUID, job: UUID | None = None) -> None:
    """Raise InvalidInput for the first id in a request body that does not exist."""
    if job is not None and not Job.objects.filter(pk=job).exists():
        raise InvalidInput.of("job", gettext("There is no job with this id."))
    if not Contractor.objects.filter(pk=contractor).exists():
        raise InvalidInput.of("contractor", gettext("There is no contractor with this id."))
