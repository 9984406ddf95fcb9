"""API of customers."""

from typing import Any, cast
from uuid import UUID

from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from customers import services
from customers.duplicates import Duplicate, duplicates_of, with_details
from customers.filters import CustomerFilter, CustomerSearch
from customers.models import PUBLIC_SEARCH_TEXT, Customer
from customers.querysets import CustomerQuerySet
from customers.serializers import (
    CustomerDuplicateSerializer,
    CustomerSerializer,
    MergeSerializer,
    NewCustomerSerializer,
)
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility_rest import StableOrdering
from smartscheduler.core.rest.by_reference import BY_REFERENCE, ByReferenceMixin
from smartscheduler.core.rest.declarations import fails_with
from smartscheduler.core.rest.etags import ConditionalRequestMixin
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.idempotency.mixin import IdempotencyMixin

# Parameters with which the list has merged customers, too.
WITH_MERGED = frozenset({"id", "updated_since"})


class CustomerViewSet(
    ReadsBody, IdempotencyMixin, ConditionalRequestMixin, ListModelMixin, RetrieveModelMixin, GenericViewSet[Customer]
):
    """Customers: names, phone numbers, addresses, language of messages, preferred and refused contractors."""

    queryset = Customer.objects.all()
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    filter_backends = [DjangoFilterBackend, CustomerSearch, StableOrdering]
    search_fields = ("search_text",)
    public_search_text, full_search_permission = PUBLIC_SEARCH_TEXT, Permission.VIEW_CUSTOMERS
    ordering_fields = ("created_at", "updated_at", "name", "company")
    ordering = ("-created_at", "id")
    lookup_value_converter = "uuid"
    required_permissions = {
        "list": Permission.VIEW_JOBS,
        "retrieve": Permission.VIEW_JOBS,
        "create": Permission.ADD_JOBS,
        "update": Permission.CHANGE_JOBS,
        "partial_update": Permission.CHANGE_JOBS,
        "merge": Permission.CHANGE_JOBS,
        "duplicates": Permission.VIEW_CUSTOMERS,
    }

    def get_queryset(self) -> CustomerQuerySet:
        customers = with_details(cast(CustomerQuerySet, super().get_queryset()))
        # Who keeps a copy has to learn of merged customers.
        if self.action != "list" or WITH_MERGED.intersection(self.request.query_params):
            return customers
        return customers.current()

    @property
    def actor(self) -> User:
        return cast(User, self.request.user)

    def lock(self, pk: UUID) -> None:
        Customer.objects.locked().get(pk=pk)

    def representation(self, pk: UUID) -> Any:
        return CustomerSerializer(self.get_queryset().get(pk=pk), context=self.get_serializer_context()).data

    @extend_schema(responses={201: NewCustomerSerializer})
    def create(self, request: Request) -> Response:
        """Create a customer.

        It needs a name, a company or a phone number. `possible_duplicates` lists similar customers.
        """
        customer = services.create_customer(actor=self.actor, **self.body(CustomerSerializer))
        listed = self._listed(duplicates_of(customer))
        return self.answer(customer.pk, status=status.HTTP_201_CREATED, possible_duplicates=listed)

    @fails_with("invalid-transition")
    def update(self, request: Request, pk: UUID) -> Response:
        """Replace all writable fields of a customer."""
        return self._update(pk, partial=False)

    @fails_with("invalid-transition")
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change the given fields of a customer."""
        return self._update(pk, partial=True)

    def _update(self, pk: UUID, *, partial: bool) -> Response:
        changes = self.body(CustomerSerializer, partial=partial)
        return self.after(services.update_customer(customer_id=pk, actor=self.actor, **changes))

    @extend_schema(request=MergeSerializer, responses=CustomerSerializer)
    @action(detail=True, methods=["post"])
    @fails_with("invalid-transition")
    def merge(self, request: Request, pk: UUID) -> Response:
        """Merge another customer into this one. All jobs move; a repeated request changes nothing."""
        other = self.body(MergeSerializer)["other"]
        return self.after(services.merge_customers(customer_id=pk, other_id=other, actor=self.actor))

    @extend_schema(responses=CustomerDuplicateSerializer(many=True), filters=False)
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def duplicates(self, request: Request, pk: UUID) -> Response:
        """List customers who are likely the same.

        Up to ten: with the same name, phone number, email address or street.
        """
        return Response(self._listed(duplicates_of(self.get_object())))

    def _listed(self, duplicates: list[Duplicate]) -> Any:
        for duplicate in duplicates:
            duplicate.customer.same = duplicate.same  # type: ignore[attr-defined]  # read by the serializer
        customers = [duplicate.customer for duplicate in duplicates]
        return CustomerDuplicateSerializer(customers, many=True, context=self.get_serializer_context()).data


class CustomerByReferenceView(ByReferenceMixin, CustomerViewSet):
    referenced = Customer
    required_permissions = {
        "retrieve_by_reference": Permission.VIEW_JOBS,
        "put_by_reference": Permission.ADD_JOBS,
    }

    @extend_schema(
        parameters=BY_REFERENCE, responses=CustomerSerializer, operation_id="customers_retrieve_by_reference"
    )
    def retrieve_by_reference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Get the customer with this number in another system."""
        return super().retrieve_by_reference(request)

    @extend_schema(
        parameters=BY_REFERENCE,
        request=CustomerSerializer,
        responses={200: CustomerSerializer, 201: NewCustomerSerializer},
        operation_id="customers_put_by_reference",
    )
    @fails_with("invalid-transition")
    def put_by_reference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Create or replace the customer with this number in another system.

        The status is 201 for a new record, and 200 for one whose writable fields were replaced.
        """
        return super().put_by_reference(request)
