"""Pagination of the lists of the API: by cursor, which stays exact while rows change, or by page number.

A cursor holds the values by which the list is ordered, as they were in the last row that the client has read (keyset
pagination). A page by cursor costs the same wherever it is, and rows that come or go before it do not move it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.core import signing
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext, gettext_lazy
from drf_spectacular.plumbing import build_basic_type
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from smartscheduler.core.rest.filters import ValuesFilter, split_values

# Digits of a number in the query string.
LONGEST_NUMBER = 100
LONGEST_CURSOR = 4096
# Rows that are counted; beyond it, the planner of PostgreSQL estimates.
MOST_COUNTED = 10_000
# Rows before the end of a numbered page: PostgreSQL reads all of them.
MOST_NUMBERED = 100_000
SALT = "api-list-cursor"
PAGE, PAGE_SIZE, CURSOR = "page", "page_size", "cursor"
# Parameters that do not change which rows a list has. The terms of the ordering stand for `ordering`.
NEUTRAL = frozenset({PAGE, PAGE_SIZE, CURSOR, "ordering"})
NOT_A_CURSOR = gettext_lazy("This is not a cursor. Send `next_cursor` or `previous_cursor` of a page as it is.")
OTHER_LIST = gettext_lazy(
    "This cursor belongs to a list with another path, filter, search or ordering. Read the first page again."
)


class Term(NamedTuple):
    """A term of an ordering: a field, an alias of the query, or a transform of a field."""

    name: str
    descending: bool

    @classmethod
    def parse(cls, text: str) -> "Term":
        return cls(text.removeprefix("-"), text.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.name}" if self.descending else self.name

    def reversed(self) -> "Term":
        # PostgreSQL then also reverses the place of nulls.
        return Term(self.name, not self.descending)

    def beyond(self, value: Any, *, nullable: bool) -> Q | None:
        """The rows after `value`; None if there are none. Nulls are last, and first in descending order."""
        if value is None:
            return Q((f"{self.name}__isnull", False)) if self.descending else None
        if self.descending:
            return Q((f"{self.name}__lt", value))
        after = Q((f"{self.name}__gt", value))
        return after | Q((f"{self.name}__isnull", True)) if nullable else after

    def equal(self, value: Any) -> Q:
        return Q((f"{self.name}__isnull", True)) if value is None else Q((self.name, value))

    def from_on(self, value: Any, *, nullable: bool) -> Q:
        """A superset of the rows from `value` on that an index can find."""
        if value is None or (nullable and not self.descending):
            return Q()
        return Q((f"{self.name}__{'lte' if self.descending else 'gte'}", value))


class Cursor(NamedTuple):
    """A position between two rows, and the direction in which the page lies."""

    values: tuple[Any, ...]
    backward: bool = False
    # Whether the row with these values belongs to the page.
    inclusive: bool = False

    def as_text(self, list_id: str) -> str:
        content = [list_id, [_as_json(value) for value in self.values], int(self.backward), int(self.inclusive)]
        return signing.Signer(salt=SALT).sign(signing.b64_encode(json.dumps(content).encode()).decode())

    @classmethod
    def parse(cls, text: str, list_id: str, length: int) -> "Cursor":
        """Raises ValidationError for a text that is not a cursor of this list."""
        try:
            if len(text) > LONGEST_CURSOR:
                raise signing.BadSignature
            content = signing.Signer(salt=SALT).unsign(text)
        except signing.BadSignature:
            raise _refused(CURSOR, NOT_A_CURSOR) from None
        of_list, values, backward, inclusive = json.loads(signing.b64_decode(content.encode()))
        if of_list != list_id or len(values) != length:
            raise _refused(CURSOR, OTHER_LIST)
        return cls(tuple(values), bool(backward), bool(inclusive))


class Keyset:
    """The ordering of a query, by which it is cut at a cursor."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self.model: type[Model] = rows.model
        terms = [Term.parse(str(text)) for text in rows.query.order_by or self.model._meta.ordering]
        if not {"id", "pk"} & {term.name for term in terms}:
            terms.append(Term("id", descending=False))
        self.terms = terms
        # Aliases and transforms are read with the rows. They are not null.
        fields = {term.name: self._field(term.name) for term in terms}
        self.attributes = {
            term.name: field.attname if (field := fields[term.name]) else f"cursor_value_{number}"
            for number, term in enumerate(terms)
        }
        self.nullable = {name: bool(field and field.null) for name, field in fields.items()}
        read = {self.attributes[name]: F(name) for name, field in fields.items() if field is None}
        self.rows = rows.annotate(**read) if read else rows

    def _field(self, name: str) -> Any:
        try:
            field = self.model._meta.get_field("id" if name == "pk" else name)
        except FieldDoesNotExist:
            return None
        return field if field.concrete else None

    def read(self, cursor: Cursor | None, size: int) -> tuple[list[Any], bool]:
        """The rows of the page at `cursor`, in the order of the list, and whether more follow in its direction."""
        backward = cursor is not None and cursor.backward
        terms = [term.reversed() for term in self.terms] if backward else self.terms
        rows = self.rows if cursor is None else self.rows.filter(self._cut(terms, cursor))
        read = list(rows.order_by(*map(str, terms))[: size + 1])
        page = read[:size]
        return (page[::-1] if backward else page), len(read) > size

    def _cut(self, terms: Sequence[Term], cursor: Cursor) -> Q:
        """The rows beyond the cursor: beyond its first value, or equal to it and beyond its second value, and so on."""
        condition: Q | None = None
        for number, (term, value) in reversed(list(enumerate(zip(terms, cursor.values, strict=True)))):
            beyond = term.beyond(value, nullable=self.nullable[term.name])
            is_last = number == len(terms) - 1
            tie = term.equal(value) if is_last and cursor.inclusive else None
            if condition is not None:
                tie = term.equal(value) & condition
            parts = [part for part in (beyond, tie) if part is not None]
            condition = parts[0] | parts[1] if len(parts) == 2 else (parts[0] if parts else None)
        if condition is None:
            return Q(pk__in=[])
        first = terms[0]
        return first.from_on(cursor.values[0], nullable=self.nullable[first.name]) & condition

    def at(self, row: Any, *, backward: bool = False) -> Cursor:
        """The cursor of what follows `row`, or of what precedes it."""
        return Cursor(tuple(getattr(row, self.attributes[term.name]) for term in self.terms), backward)


class Pagination(BasePagination):
    """20 rows a page, at most 100. Links are cursors, or page numbers in answers to a request with `page`."""

    page_size = 20
    max_page_size = 100

    request: Request
    next_cursor: str | None
    previous_cursor: str | None
    next_page: int | None
    previous_page: int | None
    count: int
    count_is_estimate: bool

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows of the requested page. Raises ValidationError by parameter, and NotFound beyond the last page."""
        self.request = request
        query, keyset = request.query_params, Keyset(queryset)
        filters = getattr(getattr(view, "filterset_class", None), "base_filters", {})
        size = min(_whole(PAGE_SIZE, query.get(PAGE_SIZE, str(self.page_size))), self.max_page_size)
        text_of = partial(Cursor.as_text, list_id=(list_id := _list_id(request, keyset.terms, filters)))
        if CURSOR in query and PAGE in query:
            raise _refused(PAGE, gettext("Send either `cursor` or `page`."))
        cursor = Cursor.parse(query[CURSOR], list_id, len(keyset.terms)) if CURSOR in query else None
        self.next_page = self.previous_page = None
        self.count, self.count_is_estimate = count_of(queryset)
        if PAGE in query:
            rows, has_next, has_previous = self._numbered(keyset, size)
        else:
            rows, more = keyset.read(cursor, size)
            backward = cursor is not None and cursor.backward
            has_next, has_previous = (True, more) if backward else (more, cursor is not None)
        # A page without rows lies between two that may have some: the cursor's own row then belongs to its way back.
        behind = cursor._replace(backward=not cursor.backward, inclusive=not cursor.inclusive) if cursor else None
        after = keyset.at(rows[-1]) if rows else behind
        before = keyset.at(rows[0], backward=True) if rows else behind
        self.next_cursor = text_of(after) if has_next and after else None
        self.previous_cursor = text_of(before) if has_previous and before else None
        return rows

    def _numbered(self, keyset: Keyset, size: int) -> tuple[list[Any], bool, bool]:
        number = _whole(PAGE, self.request.query_params[PAGE])
        if number > 1 and not self.count_is_estimate and (number - 1) * size >= self.count:
            raise NotFound(gettext("There is no page with this number."))
        if number * size > MOST_NUMBERED:
            message = gettext("Page numbers reach the first {most} rows. Go on with `next_cursor` of the last page.")
            raise _refused(PAGE, message.format(most=MOST_NUMBERED))
        start = (number - 1) * size
        read = list(keyset.rows.order_by(*map(str, keyset.terms))[start : start + size + 1])
        if number > 1 and not read:
            raise NotFound(gettext("There is no page with this number."))
        has_next, has_previous = len(read) > size, number > 1
        is_reachable = (number + 1) * size <= MOST_NUMBERED
        self.next_page = number + 1 if has_next and is_reachable else None
        self.previous_page = number - 1 if has_previous else None
        return read[:size], has_next, has_previous

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "count": self.count,
                "count_is_estimate": self.count_is_estimate,
                "next": self._link(self.next_page, self.next_cursor),
                "previous": self._link(self.previous_page, self.previous_cursor),
                "next_cursor": self.next_cursor,
                "previous_cursor": self.previous_cursor,
                "results": data,
            }
        )

    def _link(self, page: int | None, cursor: str | None) -> str | None:
        """The URL of another page, by number if it has one."""
        url = self.request.build_absolute_uri()
        if page is not None:
            return str(replace_query_param(remove_query_param(url, CURSOR), PAGE, page))
        return cursor and str(replace_query_param(remove_query_param(url, PAGE), CURSOR, cursor))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters of every list in the OpenAPI document."""
        whole = {"type": "integer", "minimum": 1}
        most = gettext("Rows on a page; {usual} by default. More than {most} count as {most}.")
        parameters = {
            CURSOR: (
                {"type": "string", "minLength": 1, "maxLength": LONGEST_CURSOR},
                gettext("`next_cursor` or `previous_cursor` of another page of the same list."),
            ),
            PAGE: (whole, gettext("Number of a page, from 1, instead of a cursor. Rows that come or go move pages.")),
            PAGE_SIZE: (
                {**whole, "default": self.page_size},
                most.format(usual=self.page_size, most=self.max_page_size),
            ),
        }
        return [
            {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
            for name, (schema, description) in parameters.items()
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A page in the OpenAPI document. All of its members are in every answer."""
        link = {"type": ["string", "null"], "format": "uri"}
        cursor = {"type": ["string", "null"]}
        properties: dict[str, Any] = {
            "count": {
                "type": "integer",
                "minimum": 0,
                "description": gettext("Number of rows on all pages: exact up to {most}, estimated beyond.").format(
                    most=MOST_COUNTED
                ),
            },
            "count_is_estimate": build_basic_type(bool),
            "next": {**link, "description": gettext("URL of the next page; null on the last one.")},
            "previous": {**link, "description": gettext("URL of the previous page; null on the first one.")},
            "next_cursor": {**cursor, "description": gettext("Value of `cursor` for the next page.")},
            "previous_cursor": {**cursor, "description": gettext("Value of `cursor` for the previous page.")},
            "results": schema,
        }
        return {"type": "object", "required": list(properties), "properties": properties}


def count_of(rows: QuerySet[Any]) -> tuple[int, bool]:
    """The number of rows, and whether it is an estimate: beyond MOST_COUNTED, PostgreSQL's planner is asked."""
    unordered = rows.order_by()
    counted = unordered.values("pk")[: MOST_COUNTED + 1].count()
    if counted <= MOST_COUNTED:
        return counted, False
    [plan] = json.loads(unordered.explain(format="json"))
    return max(counted, int(plan["Plan"]["Plan Rows"])), True


def _list_id(request: Request, terms: Iterable[Term], filters_of_view: Mapping[str, Any]) -> str:
    """Digest of what decides on the rows of a list and on their order."""
    multiple = {name for name, each in filters_of_view.items() if isinstance(each, ValuesFilter)}
    filters = [
        [name, sorted(split_values(values)) if name in multiple else values]
        for name, values in sorted(request.query_params.lists())
        if name not in NEUTRAL
    ]
    content = json.dumps([request.path, [str(term) for term in terms], filters])
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _as_json(value: Any) -> Any:
    """A value of an ordering without loss: its lookup parses it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def _whole(name: str, text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else 0
    if number < 1:
        raise _refused(name, gettext("Enter a whole number of 1 or more."))
    return number


def _refused(name: str, message: Any) -> serializers.ValidationError:
    return serializers.ValidationError({name: [message]})
