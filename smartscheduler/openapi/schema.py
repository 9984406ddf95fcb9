"""The generator of the OpenAPI document: what each operation takes and answers."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from smartscheduler.core.http.rate_limits import RoleThrottle
from smartscheduler.core.rest.declarations import Declared, declared_of
from smartscheduler.core.rest.deprecations import HEADERS as DEPRECATION
from smartscheduler.core.rest.deprecations import deprecation_of
from smartscheduler.core.rest.etags import ConditionalRequestMixin
from smartscheduler.idempotency.mixin import IdempotencyMixin
from smartscheduler.openapi import problems
from smartscheduler.openapi.headers import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, RATE_LIMIT, references

BEARER = "An access token, a JWT with one algorithm, a type and an expiry (RFC8725); or the key of a service account."
MERGE_NOTE = (
    "The body is merged into the record: fields that it does not name keep their values, also inside `location`. "
    "A list is replaced as a whole."
)
# Summaries of the actions that describe the records of the view instead of what they do.
SUMMARIES = {"list": "List {noun}s", "retrieve": "Get {a} {noun}"}
OF_ALL = (
    *("invalid-input", "bad-request", "https-required", "not-acceptable", "throttled"),
    *("internal-error", "too-slow", "unavailable"),
)
OF_ACCOUNTS = ("not-authenticated", "authentication-failed", "token-not-valid", "permission-denied")
OF_BODIES = ("parse-error", "request-timeout", "length-required", "payload-too-large", "unsupported-media-type")
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class Schema(AutoSchema):
    """The schema generator of all views."""

    def get_tags(self) -> list[str]:
        """The first word of the path after the version."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_operation_id(self) -> str:
        """`assignments_confirm` instead of `assignments_confirm_create`: an action creates no record."""
        operation, action = super().get_operation_id(), getattr(self.view, "action", None)
        return operation.removesuffix("_create") if action and operation.endswith(f"_{action}_create") else operation

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular takes no arguments
        """The docstring; for PATCH, also how the body is merged."""
        description: str = super().get_description() or ""
        return f"{description}\n\n{MERGE_NOTE}".strip() if self.method == "PATCH" else description

    def get_summary(self) -> str:
        """What the operation does: the first sentence of its description, without the period."""
        description, name = self.get_description(), getattr(self.view, "action", None)
        if name in SUMMARIES and description == get_doc(type(self.view)):
            view: Any = self.view
            noun = str(view.queryset.model._meta.verbose_name)
            return SUMMARIES[name].format(noun=noun, a="an" if noun[0] in "aeiou" else "a")
        return re.split(r"[.:;]\s|\.$", " ".join(description.split()), maxsplit=1)[0]

    def _map_serializer_field(self, field: Any, *args: Any, **kwargs: Any) -> Any:
        """The schema of a field, with the length of a list of objects, which drf-spectacular leaves out."""
        map_field: Callable[..., Any] = super()._map_serializer_field
        schema, most = map_field(field, *args, **kwargs), getattr(field, "max_length", None)
        is_list = isinstance(field, serializers.ListSerializer) and schema.get("type") == "array"
        return {**schema, "maxItems": most} if is_list and most else schema

    def get_override_parameters(self) -> list[Any]:
        """The headers for conditional and idempotent requests."""
        parameters = list(super().get_override_parameters())
        if self._is_idempotent:
            parameters.append(IDEMPOTENCY_KEY)
        if self.method == "GET":
            parameters.append(IF_NONE_MATCH)
        elif self._is_conditional:
            parameters.append(IF_MATCH)
        return parameters

    @property
    def _declared(self) -> Declared:
        return declared_of(self.view, self.method)

    @property
    def _is_idempotent(self) -> bool:
        return isinstance(self.view, IdempotencyMixin) and self.method == "POST"

    @property
    def _is_conditional(self) -> bool:
        has_record = "{id}" in self.path or "/by-ref/" in self.path
        return isinstance(self.view, ConditionalRequestMixin) and self.method != "GET" and has_record

    def is_deprecated(self) -> bool:
        """Whether the whole operation is deprecated, not only some of its fields."""
        deprecation = deprecation_of(self.view, self.method)
        return deprecation is not None and not deprecation.fields

    @property
    def _is_open(self) -> bool:
        return AllowAny in self.view.permission_classes

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bodies = super()._get_response_bodies(*args, **kwargs)
        limits = RATE_LIMIT if RoleThrottle in self.view.throttle_classes and not self._is_open else ()
        headers = references("X-Request-ID", *limits, *self._success_headers())
        answers = {
            status: {**body, "description": body.get("description") or "Success.", "headers": headers}
            for status, body in bodies.items()
        }
        if self.method == "GET":
            unchanged = "The ETag of `If-None-Match` is current."
            answers["304"] = {"description": unchanged, "headers": references("X-Request-ID", *limits, "ETag")}
        return answers | problems.responses(self._codes(), ("X-Request-ID",), limits)

    def _success_headers(self) -> Iterator[str]:
        yield from self._declared.headers
        if deprecation_of(self.view, self.method):
            yield from DEPRECATION
        if self.method == "GET" or (isinstance(self.view, ConditionalRequestMixin) and self.method != "DELETE"):
            yield "ETag"
        if self._is_idempotent:
            yield "Idempotency-Replayed"

    def _codes(self) -> Iterator[str]:
        yield from OF_ALL
        yield from self._declared.codes
        if not self._is_open:
            yield from OF_ACCOUNTS
        if "{" in self.path or self._is_list_view():
            yield "not-found"
        if self.method in WITH_BODY:
            yield from OF_BODIES
        if self.method != "GET":
            yield "busy"
        if self._is_conditional:
            yield "precondition-failed"
        if self._is_idempotent:
            yield "idempotency-key-reused"


class InstantOrDaySchema(OpenApiSerializerFieldExtension):
    """Schema of fields that take an instant or a day, and answer an instant."""

    target_class = "smartscheduler.core.rest.fields.InstantOrDayField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        forms = [{"type": "string", "format": form} for form in ("date-time", "date")]
        return {"anyOf": forms} if direction == "request" else forms[0]


class MonitoringScheme(OpenApiAuthenticationExtension):
    """Security scheme of the metrics. drf-spectacular registers subclasses when they are defined."""

    target_class = "smartscheduler.ops.metrics.MonitoringAuthentication"
    name = "monitoring"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The token of METRICS_TOKEN."}


class BearerScheme(SimpleJWTScheme):
    """Security scheme of access tokens."""

    target_class = "smartscheduler.accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        define: Callable[..., dict[str, Any]] = super().get_security_definition
        return {
            **define(auto_schema),
            "description": BEARER,
        }
