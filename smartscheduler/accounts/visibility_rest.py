"""Serializers, searches and orderings of the API that respect field visibility (accounts.visibility)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext
from rest_framework import filters, serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from smartscheduler.accounts.visibility import can_see, hidden_fields, visible_values
from smartscheduler.core.db.search_terms import search_terms
from smartscheduler.core.db.text_fields import ContactAddressField, NotesField, ShortNotesField
from smartscheduler.core.rest.fields import (
    ContactAddressTextField,
    HoursField,
    InstantField,
    LineTextField,
    NotesTextField,
    PhoneField,
    StrictSerializer,
    ZipCodeField,
)
from smartscheduler.core.text import normalize_search


# No docstring: the OpenAPI document would use it as the description of every derived serializer.
class VisibleFieldsSerializer(serializers.ModelSerializer[Any]):
    # Redacts fields for the user of the request in the context. Without a request, all protected fields are redacted.

    def to_representation(self, instance: Any) -> dict[str, Any]:
        values = super().to_representation(instance)
        model: Any = self.Meta.model
        return visible_values(model._meta.label_lower, values, self.reader)

    @property
    def reader(self) -> Any:
        return getattr(self.context.get("request"), "user", None)


class StrictModelSerializer(StrictSerializer, VisibleFieldsSerializer):
    """Model serializer with strict fields for text, instants and durations."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: LineTextField,
        ShortNotesField: NotesTextField,
        NotesField: NotesTextField,
        ContactAddressField: ContactAddressTextField,
        models.DateTimeField: InstantField,
        models.DurationField: HoursField,
    }
    # Fields that take more spellings than their column stores.
    spelled_fields = {"zip_code": ZipCodeField, "phone_number": PhoneField, "customer_phone": PhoneField}

    def build_standard_field(
        self, field_name: str, model_field: "models.Field[Any, Any]"
    ) -> tuple[type[Any], dict[str, Any]]:
        field_class, arguments = super().build_standard_field(field_name, model_field)
        return self.spelled_fields.get(field_name, field_class), arguments


class VisibleFieldsSearch(filters.SearchFilter):
    """`?search=` over visible text only: a match in a hidden field would reveal its value.

    `public_search_text` of a view is the text that every role can search; `full_search_permission` permits all text.
    """

    def get_search_terms(self, request: Request) -> list[str]:
        """Search terms in the normal form of stored text. Raises InvalidInput for a search that is too long."""
        text = request.query_params.get(self.search_param, "")
        try:
            text = serializers.CharField(trim_whitespace=False, allow_blank=True).run_validation(text)
        except serializers.ValidationError as refusal:
            raise serializers.ValidationError({self.search_param: refusal.detail}) from refusal
        terms = search_terms(text, field=self.search_param, split=filters.search_smart_split)  # type: ignore[arg-type]  # the stubs declare it as a list
        return [normalize_search(term) for term in terms]

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        rows = super().filter_queryset(request, queryset, view)
        public_search_text = getattr(view, "public_search_text", None)
        if public_search_text is None or can_see(request.user, view.full_search_permission):  # type: ignore[attr-defined]
            return rows
        # The index on the full text narrows the rows; each term must then match the public text.
        for term in self.get_search_terms(request):
            rows = rows.alias(public_search_text=public_search_text).filter(public_search_text__icontains=term)
        return rows


class StableOrdering(filters.OrderingFilter):
    """`?ordering=` with the id as the last key, so that no row appears on two pages.

    `ordering_aliases` of a view maps a public name to the annotation that it sorts by. Fields that the user may not see
    are refused, because the order would reveal their values.
    """

    def get_valid_fields(
        self, queryset: QuerySet[Any], view: Any, context: Mapping[str, Any] | None = None
    ) -> list[tuple[str, str]]:
        """DRF's fields without those hidden from the user. The OpenAPI document has no user and names all of them."""
        valid = super().get_valid_fields(queryset, view, dict(context or {}))
        request = getattr(view, "request", None)
        hidden = hidden_fields(queryset.model._meta.label_lower, request.user) if request else {}
        return [(name, title) for name, title in valid if name not in hidden]

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Sequence[str] | None:
        """The sort terms. Raises ValidationError for an unknown name."""
        aliases = getattr(view, "ordering_aliases", {})
        terms = [term.strip() for text in request.query_params.getlist(self.ordering_param) for term in text.split(",")]
        ordering: Sequence[str] | None = self.get_default_ordering(view)
        if terms and terms != [""]:
            ordering = self.remove_invalid_fields(queryset, terms, view, request)
        if not ordering:
            return ordering
        columns = [_renamed(term, aliases) for term in ordering]
        return columns if {"id", "-id"} & set(columns) else [*columns, "id"]

    def remove_invalid_fields(
        self, queryset: QuerySet[Any], fields: Iterable[str], view: Any, request: Request
    ) -> list[str]:
        """Refuse unknown and repeated names. DRF would silently ignore them, and the list would look sorted."""
        known = [name for name, _ in self.get_valid_fields(queryset, view, {"request": request})]
        terms = list(fields)
        names = [term.removeprefix("-") for term in terms]
        if len(set(names)) < len(names) or not set(names) <= set(known):
            rule = gettext("Use each of these names at most once, with a minus sign to reverse it: {names}.")
            raise serializers.ValidationError({self.ordering_param: [rule.format(names=", ".join(known))]})
        return terms

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """DRF's parameter with the permitted terms."""
        [parameter] = super().get_schema_operation_parameters(view)
        terms = [sign + name for name in view.ordering_fields for sign in ("", "-")]
        schema = {"type": "array", "items": {"type": "string", "enum": terms}, "maxItems": len(view.ordering_fields)}
        text = gettext("Names to sort by, separated by commas. A minus sign reverses a name.")
        return [{**parameter, "description": text, "schema": schema, "explode": False, "style": "form"}]


def _renamed(term: str, aliases: Mapping[str, str]) -> str:
    name = term.lstrip("-")
    return ("-" if term.startswith("-") else "") + aliases.get(name, name)
