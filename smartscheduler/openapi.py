"""Extensions of drf-spectacular: problem documents, conditional headers, and fields with restricted visibility."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from smartscheduler.accounts.visibility import (
    FIELD_RULES,
    FieldRule,
    blur_coordinate,
    hide,
    without_places,
    without_reasons,
    without_travel,
)
from smartscheduler.core.rest.error_catalog import KINDS
from smartscheduler.core.rest.etags import ConditionalRequestMixin
from smartscheduler.core.rest.problems import MEDIA_TYPE
from smartscheduler.idempotency.mixin import IdempotencyMixin

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A key of your choice, 1 to 255 visible ASCII characters. For 24 hours, the same request with the same "
    "key gets the same response and is not carried out again. A different request with this key is rejected with 422.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the record as you read it. If the record has changed since, the request is rejected with "
    "412 and changes nothing.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of your copy. While it is current, the response is 304 without a body.",
)


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem document (RFC 9457). `type` identifies the error; `errors` lists the messages of each field."""

    type = serializers.ChoiceField(choices=[(f"/problems/{code}", kind.title) for code, kind in KINDS.items()])
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    trace_id = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


# The schemas of each model with fields that some roles may not see.
LIMITED_COMPONENTS = {
    "contractors.contractor": (
        *("Contractor", "ContractorDetail", "NewContractor"),
        *("ContractorLocation", "RankedContractor"),
    ),
    "contractors.absence": ("Absence",),
    "customers.customer": ("Customer", "NewCustomer", "CustomerDuplicate"),
    "customers.customerphone": ("CustomerPhone",),
    "customers.customeraddress": ("CustomerAddress",),
    "jobs.job": ("Job", "JobLocation"),
    "assignments.assignment": ("Assignment",),
    "planning.plan": ("Plan", "PlanDetail"),
    "planning.planitem": ("PlanItem",),
    "planning.planmiss": ("PlanMiss",),
}
MERGE_NOTE = (
    "The body is merged into the record: fields that it does not name keep their values, also inside `location`. "
    "A list is replaced as a whole."
)
HIDDEN_NOTE = "Null for roles that may not see it."
BLURRED_NOTE = "Rounded to two decimals for roles that may not see the exact value."
REASONLESS_NOTE = "The reasons why contractors are left out are null for roles that may not see them."
TRAVELLESS_NOTE = "Roles that may not see exact places do not get miles, scores, worth and bound."
PLACELESS_NOTE = "For roles that may not see exact places, everything except the rating part and the weights is null."


def allow_empty_texts(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: an optional email address is either one or empty.

    A validator that does not check formats takes an empty text for both, which `oneOf` forbids.
    """
    for component in result["components"]["schemas"].values():
        for schema in component.get("properties", {}).values():
            if {"type": "string", "maxLength": 0} in schema.get("oneOf", []):
                schema["anyOf"] = schema.pop("oneOf")
    return result


def describe_visibility(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: mark fields that are null or rounded for some roles, and describe it."""
    components = result.get("components", {}).get("schemas", {})
    for label, names in LIMITED_COMPONENTS.items():
        for name in names:
            for field, rule in FIELD_RULES[label].items():
                if field_schema := components.get(name, {}).get("properties", {}).get(field):
                    _describe_rule(field_schema, rule)
    return result


def _describe_rule(field: dict[str, Any], rule: FieldRule) -> None:
    # A field of any JSON has no type, and can be null anyway.
    if rule.shown is hide and "type" in field:
        kinds = field["type"]
        field["type"] = list(dict.fromkeys([*([kinds] if isinstance(kinds, str) else kinds), "null"]))
    notes: dict[Any, str] = {
        hide: HIDDEN_NOTE,
        blur_coordinate: BLURRED_NOTE,
        without_places: PLACELESS_NOTE,
        without_reasons: REASONLESS_NOTE,
        without_travel: TRAVELLESS_NOTE,
    }
    note = notes.get(rule.shown, "")
    if description := " ".join(filter(None, [field.get("description", ""), note])):
        field["description"] = description


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

    def get_override_parameters(self) -> list[Any]:
        """The headers for conditional and idempotent requests."""
        parameters = list(super().get_override_parameters())
        if isinstance(self.view, IdempotencyMixin) and self.method == "POST":
            parameters.append(IDEMPOTENCY_KEY)
        if isinstance(self.view, ConditionalRequestMixin) and ("{id}" in self.path or "/by-ref/" in self.path):
            parameters += [IF_NONE_MATCH] if self.method == "GET" else [IF_MATCH]
        return parameters

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bodies = super()._get_response_bodies(*args, **kwargs)
        answer_of: Callable[..., dict[str, Any]] = self._get_response_for_code
        problem = answer_of(ProblemSerializer, "default", media_types=[MEDIA_TYPE])
        if self.method == "GET":
            bodies = {**bodies, "304": {"description": "The ETag of `If-None-Match` is current."}}
        return {**bodies, "default": {**problem, "description": "A problem document."}}


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
