"""Records by their number in another system: `by-ref/{source}/{external_id}/` (core.db.external_ids)."""

from typing import Any, ClassVar
from uuid import UUID

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from smartscheduler.core.db.external_ids import LONGEST_ID, LONGEST_SOURCE, SOURCE, SOURCE_RULE
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.rest.etags import ConditionalRequestMixin, PreconditionFailed
from smartscheduler.core.rest.fields import LineTextField, StrictSerializer
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.errors import DomainError, InvalidInput

# In a URL, in place of an empty source, which could not be a part of a path.
NO_SOURCE = "-"
BY_REFERENCE = [
    OpenApiParameter(
        "source",
        {"type": "string", "maxLength": LONGEST_SOURCE},
        OpenApiParameter.PATH,
        description="The other system, as in the field `source`; `-` if that is empty.",
    ),
    OpenApiParameter(
        "external_id",
        {"type": "string", "minLength": 1, "maxLength": LONGEST_ID},
        OpenApiParameter.PATH,
        description="The number in the other system, percent-encoded: a slash is `%2F`.",
    ),
]


class ReferenceSerializer(StrictSerializer):
    source = LineTextField(  # type: ignore[assignment]  # the name of the field in the API
        max_length=LONGEST_SOURCE, allow_blank=True, validators=[RegexValidator(SOURCE, SOURCE_RULE)]
    )
    external_id = LineTextField(max_length=LONGEST_ID)


class ByReferenceMixin(ReadsBody, ConditionalRequestMixin):
    """Mixin before the viewset of a model with an external ID: GET and PUT by source and external ID.

    The viewset's own `retrieve`, `create` and `update` do the work.
    """

    referenced: ClassVar[type[models.Model]]
    retrieve: Any
    create: Any
    update: Any

    def find(self, reference: dict[str, Any]) -> UUID | None:
        """The id of the record with the reference, or None."""
        pk: UUID | None = self.referenced._default_manager.filter(**reference).values_list("pk", flat=True).first()
        return pk

    def reference(self) -> dict[str, Any]:
        """`source` and `external_id` of the URL in their stored form. Raises ValidationError."""
        source, external_id = (self.kwargs[name] for name in ("source", "external_id"))
        serializer = ReferenceSerializer(
            data={"source": "" if source == NO_SOURCE else source, "external_id": external_id}
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def body(self, serializer: type[serializers.BaseSerializer[Any]], **kwargs: Any) -> dict[str, Any]:
        """The validated body with the reference of the URL. Raises ValidationError if the body names another one."""
        values, reference = super().body(serializer, **kwargs), self.reference()
        for name, value in reference.items():
            if isinstance(self.request.data, dict) and self.request.data.get(name, value) != value:
                message = gettext("The URL has another value. Leave this out, or send the same value.")
                raise InvalidInput.of(name, message)
        return {**values, **reference}

    def retrieve_by_reference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        pk = self.find(self.reference())
        if pk is None:
            raise NotFound(gettext("No record has this reference."))
        self.kwargs = {"pk": pk}
        response: Response = self.retrieve(request, pk=pk)
        return response

    def put_by_reference(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Of concurrent requests with the same reference, one creates the record and the others change it."""
        reference = self.reference()
        pk = self.find(reference)
        if pk is None and "If-Match" in request.headers:
            raise PreconditionFailed(gettext("No record has this reference."))
        if pk is not None and request.headers.get("If-None-Match") == "*":
            raise PreconditionFailed(gettext("A record has this reference."))
        if pk is None:
            try:
                created: Response = self.create(request)
            except DomainError:
                # Another request may have created the record in the meantime.
                pk = self.find(reference)
                if pk is None:
                    raise
            else:
                return created
        if "If-Match" in request.headers:
            return self._update_matching(request, pk)
        # Not in a transaction of its own: the service repeats its own after a deadlock or a lock time-out.
        updated: Response = self.update(request, pk=pk)
        return updated

    @domain_transaction
    def _update_matching(self, request: Request, pk: UUID) -> Response:
        self.lock(pk)
        self._check(request, pk)
        response: Response = self.update(request, pk=pk)
        return response
