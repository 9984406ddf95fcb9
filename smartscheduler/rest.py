"""What the viewsets of every app share: pages, ordering, and reading a body."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import QuerySet
from rest_framework import filters, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from smartscheduler.accounts.limits import may_see
from smartscheduler.parsing import LengthRequired
from smartscheduler.search_terms import search_terms

# Of digits, that is.
LONGEST_NUMBER = 100


class Pagination(PageNumberPagination):
    """`{"count", "next", "previous", "results"}`, 20 a page; more than 100 counts as 100."""

    page_size = 20
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_page_size(self, request: Request) -> int:
        """Raises ValidationError rather than guess what `page_size=lots` means."""
        given = request.query_params.get(self.page_size_query_param)
        return self.page_size if given is None else min(_whole("page_size", given), self.max_page_size)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return _whole("page", request.query_params.get(self.page_query_param, "1"))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """DRF's, with the limits."""
        found = super().get_schema_operation_parameters(view)
        return [{**one, "schema": {**one["schema"], "minimum": 1}} for one in found]


def _whole(name: str, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else 0
    if number < 1:
        raise serializers.ValidationError({name: ["A whole number from 1 on."]})
    return number


class Search(filters.SearchFilter):
    """`?search=`. Whoever may not see all words of a record finds nothing by those that are hidden.

    A view's `open_words` is the text that everybody may search, `all_words_for` the permission that frees from it.
    """

    def get_search_terms(self, request: Request) -> list[str]:
        """Raises InvalidInput for more than a search may ask (search_terms)."""
        text = request.query_params.get(self.search_param, "")
        text = serializers.CharField(trim_whitespace=False, allow_blank=True).run_validation(text)
        return search_terms(text, field=self.search_param, split=filters.search_smart_split)  # type: ignore[arg-type]  # the stubs take it for a list

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        found = super().filter_queryset(request, queryset, view)
        open_words = getattr(view, "open_words", None)
        if open_words is None or may_see(request.user, view.all_words_for):  # type: ignore[attr-defined]
            return found
        # Found by the index on all words first, then looked at more closely.
        for term in self.get_search_terms(request):
            found = found.alias(open_words=open_words).filter(open_words__icontains=term)
        return found


class StableOrdering(filters.OrderingFilter):
    """`?ordering=` with the id as the last word, so that no row is on two pages.

    A view's `ordering_aliases` maps a public name to the annotation that it sorts by.
    """

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Sequence[str] | None:
        aliases = getattr(view, "ordering_aliases", {})
        ordering = super().get_ordering(request, queryset, view)
        if not ordering:
            return ordering
        # Each field once: a name that is given again changes nothing but the length of the statement.
        terms: dict[str, str] = {}
        for term in ordering:
            terms.setdefault(term.lstrip("-"), _renamed(term, aliases))
        named = list(terms.values())
        return named if {"id", "-id"} & set(named) else [*named, "id"]


def _renamed(term: str, aliases: Mapping[str, str]) -> str:
    name = term.lstrip("-")
    return ("-" if term.startswith("-") else "") + aliases.get(name, name)


def around_handler(view: APIView, request: Request, wrapper: Callable[..., Any]) -> None:
    """Let `wrapper(handler, request, …)` stand around the method that is about to be called.

    For `initial` of a view. A method that the view does not know goes on to its 405.
    """
    name = (request.method or "").lower()
    if handler := getattr(view, name, None):
        setattr(view, name, partial(wrapper, handler))


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
