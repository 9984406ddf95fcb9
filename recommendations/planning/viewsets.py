"""API of plans: request, follow, compare, accept."""

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.viewsets import GenericViewSet

from recommendations.planning import services
from recommendations.planning.acceptance import accept_plan
from recommendations.planning.export import csv_of
from recommendations.planning.filters import PlanFilter, PlanItemFilter, PlanMissFilter
from recommendations.planning.models import Plan, PlanItem, PlanMiss
from recommendations.planning.replans import replan
from recommendations.planning.serializers import (
    AcceptanceSerializer,
    AcceptSerializer,
    ComparisonSerializer,
    PlanDetailSerializer,
    PlanItemSerializer,
    PlanMissSerializer,
    PlanRequestSerializer,
    PlanSerializer,
    ReplanSerializer,
    comparison_as_json,
    scope_of,
    stale_as_json,
)
from recommendations.planning.undo import undo_plan
from recommendations.planning.what_if import WhatIf
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.core.json_values import as_json
from smartscheduler.core.rest.declarations import fails_with, sends
from smartscheduler.core.rest.etags import ConditionalRequestMixin
from smartscheduler.core.rest.fields import EmptySerializer
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.idempotency.mixin import IdempotencyMixin


class PlanViewSet(
    ReadsBody, IdempotencyMixin, ConditionalRequestMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet[Plan]
):
    """Plans: proposals for many jobs, of which any part can be accepted. Nothing is booked until then."""

    queryset = Plan.objects.select_related("requested_by")
    serializer_class = PlanSerializer
    filterset_class = PlanFilter
    search_fields = ("number",)
    ordering_fields = ("created_at", "state", "finished_at", "worth", "updated_at")
    ordering = ("-created_at", "id")
    lookup_value_converter = "uuid"
    several_transactions = frozenset({"accept"})
    required_permissions = {
        **dict.fromkeys(("list", "retrieve", "compare"), Permission.VIEW_PLANS),
        **dict.fromkeys(("create", "stop", "cancel", "discard", "replan"), Permission.MAKE_PLANS),
        **dict.fromkeys(("accept", "undo"), (Permission.MAKE_PLANS, Permission.ASSIGN)),
    }

    def get_queryset(self) -> QuerySet[Plan]:
        plans = super().get_queryset()
        # The scope holds all ids.
        return plans.defer("scope", "figures", "conflicts") if self.action == "list" else plans

    @property
    def actor(self) -> User:
        return cast(User, self.request.user)

    def lock(self, pk: UUID) -> None:
        Plan.objects.locked().get(pk=pk)

    def representation(self, pk: UUID) -> Any:
        return PlanDetailSerializer(self.get_queryset().get(pk=pk), context=self.get_serializer_context()).data

    @extend_schema(responses=PlanDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get a plan with its progress and its scope."""
        return Response(PlanDetailSerializer(self.get_object(), context=self.get_serializer_context()).data)

    @extend_schema(request=PlanRequestSerializer, responses={202: PlanDetailSerializer})
    @sends("Location")
    @fails_with("job-not-open", "plan-too-large")
    def create(self, request: Request) -> Response:
        """Request a plan. It runs in the background: follow it at `Location`, or over the topic `plan:ID`.

        Fails with `job-not-open` if one of the jobs is not open, and with `plan-too-large` if there are too many.
        """
        return self._accepted(services.request_plan(scope=scope_of(self.body(PlanRequestSerializer)), actor=self.actor))

    def _accepted(self, plan: Plan) -> Response:
        response = self.answer(plan.pk, status=status.HTTP_202_ACCEPTED)
        response["Location"] = reverse("api:plan-detail", args=[plan.pk])
        return response

    @extend_schema(responses=ComparisonSerializer)
    @action(detail=True)
    def compare(self, request: Request, pk: UUID) -> Response:
        """Compare the plan with today's bookings.

        Figures of today's bookings, of booking each job alone by hand, and of the plan.
        """
        return Response(comparison_as_json(self.get_object(), reader=request.user))

    @extend_schema(request=EmptySerializer, responses=PlanDetailSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("invalid-transition")
    def stop(self, request: Request, pk: UUID) -> Response:
        """Stop the run of a plan and keep the best plan so far."""
        self.body(EmptySerializer)
        return self.after(services.stop_plan(plan_id=pk, actor=self.actor))

    @extend_schema(request=EmptySerializer, responses=PlanDetailSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("invalid-transition")
    def cancel(self, request: Request, pk: UUID) -> Response:
        """Cancel the run of a plan. Nothing of it is kept."""
        self.body(EmptySerializer)
        return self.after(services.cancel_plan(plan_id=pk, actor=self.actor))

    @extend_schema(request=EmptySerializer, responses=PlanDetailSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("invalid-transition")
    def discard(self, request: Request, pk: UUID) -> Response:
        """Discard the rest of a plan. Bookings that were accepted stay."""
        self.body(EmptySerializer)
        return self.after(services.discard_plan(plan_id=pk, actor=self.actor))

    @extend_schema(request=AcceptSerializer, responses=AcceptanceSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("invalid-transition", "plan-stale")
    def accept(self, request: Request, pk: UUID) -> Response:
        """Book items of the plan, each bundle in its own transaction.

        Every item is checked against the bookings of now. Those that no longer hold are listed as `stale` with the
        reason and a suggestion, and the others are booked; with `all_or_nothing`, the request fails with `plan-stale`
        and changes nothing. A repeated request books nothing twice and goes on where an interrupted one ended.
        """
        payload = self.body(AcceptSerializer)
        acceptance = accept_plan(
            plan_id=pk,
            item_ids=payload.get("items"),
            all_or_nothing=payload["all_or_nothing"],
            actor=self.actor,
        )
        return Response(
            {
                "plan": self.representation(pk),
                "accepted": [item.pk for item in acceptance.accepted],
                "stale": [stale_as_json(item, reader=self.actor) for item in acceptance.stale],
            }
        )

    @extend_schema(request=EmptySerializer, responses=PlanDetailSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("invalid-transition", "slot-unavailable", "outside-window", "contractor-unsuitable")
    def undo(self, request: Request, pk: UUID) -> Response:
        """Undo the acceptance of a plan.

        Takes back what was accepted in the last 30 minutes, while none of it is confirmed or started.
        """
        self.body(EmptySerializer)
        return self.after(undo_plan(plan_id=pk, actor=self.actor))

    @extend_schema(request=ReplanSerializer, responses={202: PlanDetailSerializer})
    @action(detail=True, methods=["post"])
    @sends("Location")
    @fails_with("invalid-transition", "job-not-open", "plan-too-large")
    def replan(self, request: Request, pk: UUID) -> Response:
        """Plan the rest again: a new plan that keeps what was accepted. `change` is the one thing to do differently."""
        payload = self.body(ReplanSerializer)
        change = (
            WhatIf.parse({name: as_json(value) for name, value in payload["change"].items()})
            if "change" in payload
            else None
        )
        return self._accepted(replan(plan_id=pk, change=change, actor=self.actor))


class OfPlan(ReadsBody, ListModelMixin, GenericViewSet[Any]):
    """Base of the lists of a plan's parts."""

    required_permissions = {"list": Permission.VIEW_PLANS, "export": Permission.VIEW_PLANS}

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return rows
        pk = self.kwargs["pk"]
        if not Plan.objects.filter(pk=pk).exists():
            raise Http404
        return rows.filter(plan_id=pk)


class PlanItemsView(OfPlan):
    """`GET plans/{id}/items/`."""

    queryset = PlanItem.objects.select_related("job", "contractor", "previous_contractor")
    serializer_class = PlanItemSerializer
    filterset_class = PlanItemFilter
    ordering_fields = ("position", "worth", "score", "rank")
    ordering = ("position", "id")

    @extend_schema(operation_id="plans_items_list")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the changes of a plan, and the bookings that it keeps."""
        return super().list(request, *args, **kwargs)


class PlanMissesView(OfPlan):
    """`GET plans/{id}/misses/`."""

    queryset = PlanMiss.objects.select_related("job", "plan")
    serializer_class = PlanMissSerializer
    filterset_class = PlanMissFilter
    ordering_fields = ("position", "code")
    ordering = ("position", "id")

    @extend_schema(operation_id="plans_misses_list")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the jobs that a plan leaves out, each with its primary reason."""
        return super().list(request, *args, **kwargs)


class CsvRenderer(BaseRenderer):
    """The response of a view that has made a CSV file."""

    media_type, format, charset = "text/csv", "csv", "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        return bytes(data)


class PlanExportView(OfPlan):
    """`GET plans/{id}/export/`."""

    queryset = PlanItem.objects.select_related("job", "contractor", "previous_contractor")
    serializer_class = PlanItemSerializer
    filter_backends = ()
    renderer_classes = (CsvRenderer,)

    @extend_schema(operation_id="plans_export", responses={(200, "text/csv"): OpenApiTypes.STR}, filters=False)
    @sends("Content-Disposition")
    def export(self, request: Request, pk: UUID) -> Response:
        """Export the items of a plan as a CSV file."""
        plan, items = Plan.objects.get(pk=pk), list(self.get_queryset())
        record(Act.DATA_EXPORTED, what="plan", plan=str(plan.pk), rows=len(items), format="csv")
        headers = {"Content-Disposition": f'attachment; filename="{plan.number}.csv"', "Cache-Control": "no-store"}
        return Response(csv_of(items, reader=cast(User, request.user)), headers=headers)
