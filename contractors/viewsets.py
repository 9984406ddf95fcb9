"""API of contractors. Schedule and availability need assignments and are in that app."""

from typing import Any, cast
from uuid import UUID

from django.db.models import Prefetch
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from contractors import services
from contractors.filters import ContractorFilter
from contractors.models import PUBLIC_SEARCH_TEXT, SEARCH_TEXT, Absence, Contractor
from contractors.querysets import ContractorQuerySet
from contractors.serializers import (
    AbsenceSerializer,
    AddedAbsenceSerializer,
    ChangedContractorSerializer,
    ContractorDetailSerializer,
    ContractorSerializer,
    DuplicateSerializer,
    NewAbsenceSerializer,
    NewContractorSerializer,
    period_of,
)
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.models import Record
from smartscheduler.core.rest.declarations import fails_with
from smartscheduler.core.rest.etags import ConditionalRequestMixin
from smartscheduler.core.rest.fields import EmptySerializer, RatingSerializer
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.idempotency.mixin import IdempotencyMixin


class ContractorViewSet(
    ReadsBody, IdempotencyMixin, ConditionalRequestMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet[Contractor]
):
    """Contractors: base, working hours, skills and rating."""

    queryset = Contractor.objects.all()
    serializer_class = ContractorSerializer
    filterset_class = ContractorFilter
    search_fields = ("search_text",)
    public_search_text, full_search_permission = PUBLIC_SEARCH_TEXT, Permission.VIEW_CONTACTS
    ordering_fields = ("name", "rating", "type", "status", "city", "state", "created_at", "updated_at")
    ordering = ("name", "id")
    lookup_value_converter = "uuid"
    list_actions = frozenset({"list", "absences"})
    required_permissions = {
        "list": Permission.VIEW_CONTRACTORS,
        "retrieve": Permission.VIEW_CONTRACTORS,
        "create": Permission.ADD_CONTRACTORS,
        "update": Permission.CHANGE_CONTRACTORS,
        "partial_update": Permission.CHANGE_CONTRACTORS,
        "destroy": Permission.DEACTIVATE_CONTRACTORS,
        "activate": Permission.CHANGE_CONTRACTORS,
        "deactivate": Permission.DEACTIVATE_CONTRACTORS,
        "mark_on_leave": Permission.CHANGE_CONTRACTORS,
        "rate": Permission.CHANGE_CONTRACTORS,
        "absences": Permission.VIEW_CONTRACTORS,
        "add_absence": Permission.CHANGE_CONTRACTORS,
        "remove_absence": Permission.CHANGE_CONTRACTORS,
    }

    def get_queryset(self) -> ContractorQuerySet:
        contractors = cast(ContractorQuerySet, super().get_queryset()).prefetch_related("working_hours")
        if self.action == "list":
            return contractors.alias(search_text=SEARCH_TEXT)
        to_come = Absence.objects.filter(period__endswith__gt=timezone.now())
        return contractors.prefetch_related(Prefetch("absences", to_come, to_attr="absences_to_come"))

    @property
    def actor(self) -> User:
        return cast(User, self.request.user)

    def lock(self, pk: UUID) -> None:
        Contractor.objects.locked().get(pk=pk)

    def representation(self, pk: UUID) -> Any:
        return ContractorDetailSerializer(self.get_queryset().get(pk=pk), context=self.get_serializer_context()).data

    def conflicts(self, pk: UUID) -> dict[str, Any]:
        """Fields that a change adds to its response; the app `assignments` overrides it with the conflicts."""
        return {"conflicts": [], "conflicts_count": 0}

    def after(self, changed: Record) -> Response:
        return self.answer(changed.pk, **self.conflicts(changed.pk))

    @extend_schema(responses=ContractorDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get a contractor, with current and future absences."""
        return Response(ContractorDetailSerializer(self.get_object(), context=self.get_serializer_context()).data)

    @extend_schema(responses={201: NewContractorSerializer})
    @fails_with("duplicate-email")
    def create(self, request: Request) -> Response:
        """Create a contractor. `possible_duplicates` lists others with the same name and base."""
        contractor = services.create_contractor(actor=self.actor, **self.body(ContractorSerializer))
        duplicates = DuplicateSerializer(services.likely_duplicates(contractor), many=True).data
        return self.answer(contractor.pk, status=status.HTTP_201_CREATED, possible_duplicates=duplicates)

    @extend_schema(responses=ChangedContractorSerializer)
    @fails_with("duplicate-email", "person-erased")
    def update(self, request: Request, pk: UUID) -> Response:
        """Replace all writable fields of a contractor."""
        return self._update(pk, partial=False)

    @extend_schema(responses=ChangedContractorSerializer)
    @fails_with("duplicate-email", "person-erased")
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the given fields of a contractor."""
        return self._update(pk, partial=True)

    def _update(self, pk: UUID, *, partial: bool) -> Response:
        changes = self.body(ContractorSerializer, partial=partial)
        return self.after(services.update_contractor(contractor_id=pk, actor=self.actor, **changes))

    @extend_schema(responses={204: None})
    @fails_with("contractor-has-live-assignments", "invalid-transition")
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Deactivate a contractor. Fails with a list of the live assignments while there are any."""
        services.deactivate_contractor(contractor_id=pk, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=EmptySerializer, responses=ChangedContractorSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("invalid-transition", "person-erased")
    def activate(self, request: Request, pk: UUID) -> Response:
        """Activate a contractor. Only an administrator can restore an inactive contractor."""
        self.body(EmptySerializer)
        return self.after(services.activate_contractor(contractor_id=pk, actor=self.actor))

    @extend_schema(request=EmptySerializer, responses=ChangedContractorSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("contractor-has-live-assignments", "invalid-transition")
    def deactivate(self, request: Request, pk: UUID) -> Response:
        """Deactivate a contractor. Fails with a list of the live assignments while there are any."""
        self.body(EmptySerializer)
        return self.after(services.deactivate_contractor(contractor_id=pk, actor=self.actor))

    @extend_schema(request=EmptySerializer, responses=ChangedContractorSerializer)
    @action(detail=True, methods=["post"], url_path="mark-on-leave")
    @fails_with("invalid-transition")
    def mark_on_leave(self, request: Request, pk: UUID) -> Response:
        """Mark a contractor as on leave until activation. Existing assignments stay."""
        self.body(EmptySerializer)
        return self.after(services.mark_on_leave(contractor_id=pk, actor=self.actor))

    @extend_schema(request=RatingSerializer, responses=ChangedContractorSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("person-erased")
    def rate(self, request: Request, pk: UUID) -> Response:
        """Add a rating to the mean of the contractor."""
        return self.after(services.update_rating(contractor_id=pk, actor=self.actor, **self.body(RatingSerializer)))

    @extend_schema(responses=AbsenceSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filter_backends=[])
    def absences(self, request: Request, pk: UUID) -> Response:
        """List the absences of a contractor, including past ones, in order of time."""
        absences = self.get_object().absences.order_by("period__startswith", "id")
        page = self.paginate_queryset(absences)  # type: ignore[arg-type]  # of another model than the viewset's
        return self.get_paginated_response(
            AbsenceSerializer(page, many=True, context=self.get_serializer_context()).data
        )

    @extend_schema(request=NewAbsenceSerializer, responses={201: AddedAbsenceSerializer})
    @absences.mapping.post
    def add_absence(self, request: Request, pk: UUID) -> Response:
        """Add an absence: a period in which the contractor does not work."""
        payload = self.body(NewAbsenceSerializer)
        period = period_of(payload.pop("start"), payload.pop("end"), self.get_object().zone)
        absence = services.add_absence(contractor_id=pk, period=period, actor=self.actor, **payload)
        representation = AbsenceSerializer(absence, context=self.get_serializer_context()).data
        return Response({**representation, **self.conflicts(pk)}, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    @action(detail=True, methods=["delete"], url_path="absences/<int:absence_id>")
    def remove_absence(self, request: Request, pk: UUID, absence_id: int) -> Response:
        """Delete an absence."""
        services.remove_absence(contractor_id=pk, absence_id=absence_id, actor=self.actor)
        return Response(status=status.HTTP_204_NO_CONTENT)
