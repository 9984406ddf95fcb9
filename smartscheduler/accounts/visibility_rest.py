"""Serializers, searches and orderings of the API that respect which fields a role may see (accounts.visibility)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models
from django.db.models import QuerySet
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
    StrictSerializer,
)
from smartscheduler.core.text import normalize_search


# No docstring: the API's document would take it for that of every serializer below.
class VisibleFieldsSerializer(serializers.ModelSerializer[Any]):
    # Shows no more than its reader may see, whom the context names (accounts.visibility); nobody sees the least.

    def to_representation(self, instance: Any) -> dict[str, Any]:
        found = super().to_representation(instance)
        model: Any = self.Meta.model
        return visible_values(model._meta.label_lower, found, self.reader)

    @property
    def reader(self) -> Any:
        return getattr(self.context.get("request"), "user", None)


class StrictModelSerializer(StrictSerializer, VisibleFieldsSerializer):
    """Field for field what the model says, with the strict kinds of instants and durations."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: LineTextField,
        ShortNotesField: NotesTextField,
        NotesField: NotesTextField,
        ContactAddressField: ContactAddressTextField,
        models.DateTimeField: InstantField,
        models.DurationField: HoursField,
    }


class VisibleFieldsSearch(filters.SearchFilter):
    """`?search=`. Whoever may not see all words of a record finds nothing by those that are hidden.

    A view's `public_search_text` is the text that every role may search; `full_search_permission` allows all of it.
    """

    def get_search_terms(self, request: Request) -> list[str]:
        """In the normal form of stored text. Raises InvalidInput for more than a search may ask (search_terms)."""
        text = request.query_params.get(self.search_param, "")
        try:
            text = serializers.CharField(trim_whitespace=False, allow_blank=True).run_validation(text)
        except serializers.ValidationError as refusal:
            raise serializers.ValidationError({self.search_param: refusal.detail}) from refusal
        terms = search_terms(text, field=self.search_param, split=filters.search_smart_split)  # type: ignore[arg-type]  # the stubs take it for a list
        return [normalize_search(term) for term in terms]

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        found = super().filter_queryset(request, queryset, view)
        public_search_text = getattr(view, "public_search_text", None)
        if public_search_text is None or can_see(request.user, view.full_search_permission):  # type: ignore[attr-defined]
            return found
        # Found by the index on all words first, then looked at more closely.
        for term in self.get_search_terms(request):
            found = found.alias(public_search_text=public_search_text).filter(public_search_text__icontains=term)
        return found


class StableOrdering(filters.OrderingFilter):
    """`?ordering=` with the id as the last word, so that no row is on two pages.

    A view's `ordering_aliases` maps a public name to the annotation that it sorts by. Nothing is sorted by a field that
    the reader may not see: the order would tell.
    """

    def get_valid_fields(
        self, queryset: QuerySet[Any], view: Any, context: Mapping[str, Any] | None = None
    ) -> list[tuple[str, str]]:
        """DRF's, without what is hidden from the reader; the document, which has no reader, names them all."""
        valid = super().get_valid_fields(queryset, view, dict(context or {}))
        request = getattr(view, "request", None)
        hidden = hidden_fields(queryset.model._meta.label_lower, request.user) if request else {}
        return [(name, title) for name, title in valid if name not in hidden]

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Sequence[str] | None:
        """The terms to sort by. Raises ValidationError for a name that the list does not sort by."""
        aliases = getattr(view, "ordering_aliases", {})
        if not (ordering := super().get_ordering(request, queryset, view)):
            return ordering
        columns = [_renamed(term, aliases) for term in ordering]
        return columns if {"id", "-id"} & set(columns) else [*columns, "id"]

    def remove_invalid_fields(
        self, queryset: QuerySet[Any], fields: Iterable[str], view: Any, request: Request
    ) -> list[str]:
        """The terms as sent: DRF drops the unknown ones without a word, which looks like a sorted list."""
        known = [name for name, _ in self.get_valid_fields(queryset, view, {"request": request})]
        terms = list(fields)
        names = [term.removeprefix("-") for term in terms]
        if len(set(names)) < len(names) or not set(names) <= set(known):
            rule = f"Give each of these names at most once, with a minus to reverse it: {', '.join(known)}."
            raise serializers.ValidationError({self.ordering_param: [rule]})
        return terms

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """DRF's parameter, with the names that it takes."""
        [parameter] = super().get_schema_operation_parameters(view)
        names = ", ".join(f"`{name}`" for name in view.ordering_fields)
        return [{**parameter, "description": f"Comma-separated names, `-` before a name to reverse it: {names}."}]


def _renamed(term: str, aliases: Mapping[str, str]) -> str:
    name = term.lstrip("-")
    return ("-" if term.startswith("-") else "") + aliases.get(name, name)
