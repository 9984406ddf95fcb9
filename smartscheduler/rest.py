"""What the viewsets of every app share: pages, ordering, and reading a body."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework import filters, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from smartscheduler.parsing import LengthRequired


class Pagination(PageNumberPagination):
    """`{"count", "next", "previous", "results"}`, 20 a page, at most 100."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100


class StableOrdering(filters.OrderingFilter):
    """`?ordering=` with the id as the last word, so that no row is on two pages.

    A view's `ordering_aliases` maps a public name to the annotation that it sorts by.
    """

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Sequence[str] | None:
        aliases = getattr(view, "ordering_aliases", {})
        ordering = super().get_ordering(request, queryset, view)
        if not ordering:
            return ordering
        named = [_renamed(term, aliases) for term in ordering]
        return named if {"id", "-id"} & set(named) else [*named, "id"]


def _renamed(term: str, aliases: Mapping[str, str]) -> str:
    name = term.lstrip("-")
    return ("-" if term.startswith("-") else "") + aliases.get(name, name)


class ReadsBody:
    """For views: a body or a query string, checked by a serializer, as plain values."""

    def body(self: APIView, serializer: type[serializers.BaseSerializer], **kwargs: Any) -> dict[str, Any]:  # type: ignore[misc]
        """The values of the request's body. Raises ValidationError naming each field that is not right."""
        # Without a length DRF would take any body for an empty one.
        if "HTTP_TRANSFER_ENCODING" in self.request.META and not self.request.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        return _values(serializer, self.request.data, **kwargs)

    def query(self: APIView, serializer: type[serializers.BaseSerializer]) -> dict[str, Any]:  # type: ignore[misc]
        """The values of the query string; parameters that the serializer does not know are left alone."""
        return _values(serializer, self.request.query_params.dict())


def _values(kind: type[serializers.BaseSerializer], data: Any, **kwargs: Any) -> dict[str, Any]:
    serializer = kind(data=data, **kwargs)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
