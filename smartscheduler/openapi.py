"""The OpenAPI document: what drf-spectacular finds, and the problem document as every call's other answer."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from smartscheduler.accounts.visibility import FIELD_RULES, FieldRule, blur_coordinate, hide, without_places
from smartscheduler.core.rest.error_catalogue import KINDS
from smartscheduler.core.rest.etags import ConditionalRequestMixin
from smartscheduler.core.rest.problems import MEDIA_TYPE
from smartscheduler.idempotency.mixin import IdempotencyMixin

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 visible ASCII characters, your choice. For 24 hours the same request with the same key gets "
    "the same answer and is not carried out again; with another body it is refused with 422.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the record as you read it. When it has changed since, nothing is done: the answer is 412.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that you have. While it is still right the answer is 304, without a body.",
)


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457. `type` tells the kind of error; `errors` lists what is wrong with each field."""

    type = serializers.ChoiceField(choices=[(f"/problems/{code}", kind.title) for code, kind in KINDS.items()])
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    trace_id = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


# What is answered of each model of which not every role sees all.
LIMITED_COMPONENTS = {
    "contractors.contractor": (
        *("Contractor", "ContractorDetail", "NewContractor"),
        *("ContractorLocation", "RankedContractor"),
    ),
    "contractors.absence": ("Absence",),
    "jobs.job": ("Job", "JobLocation"),
    "assignments.assignment": ("Assignment",),
}
HIDDEN_NOTE = "Null for roles that may not see it."
BLURRED_NOTE = "Rounded to two decimals for roles that may not see it."
PLACELESS_NOTE = "For roles that may not see places exactly, all but the rating part and the weights is null."


def tell_limits(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Hook: fields that some roles do not see may be null in answers, and say so."""
    components = result.get("components", {}).get("schemas", {})
    for label, names in LIMITED_COMPONENTS.items():
        for name in names:
            for field, rule in FIELD_RULES[label].items():
                if found := components.get(name, {}).get("properties", {}).get(field):
                    _tell(found, rule)
    return result


def _tell(field: dict[str, Any], rule: FieldRule) -> None:
    if rule.shown is hide:
        kinds = field.get("type", "string")
        field["type"] = list(dict.fromkeys([*([kinds] if isinstance(kinds, str) else kinds), "null"]))
    notes: dict[Any, str] = {hide: HIDDEN_NOTE, blur_coordinate: BLURRED_NOTE, without_places: PLACELESS_NOTE}
    note = notes.get(rule.shown, "")
    if said := " ".join(filter(None, [field.get("description", ""), note])):
        field["description"] = said


class Schema(AutoSchema):
    def get_tags(self) -> list[str]:
        """The first word of the path after the version."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_operation_id(self) -> str:
        """`assignments_confirm` rather than `assignments_confirm_create`: an act creates nothing."""
        found, act = super().get_operation_id(), getattr(self.view, "action", None)
        return found.removesuffix("_create") if act and found.endswith(f"_{act}_create") else found

    def get_override_parameters(self) -> list[Any]:
        """The headers that make a call conditional, or safe to repeat."""
        found = list(super().get_override_parameters())
        if isinstance(self.view, IdempotencyMixin) and self.method == "POST":
            found.append(IDEMPOTENCY_KEY)
        if isinstance(self.view, ConditionalRequestMixin) and "{id}" in self.path:
            found += [IF_NONE_MATCH] if self.method == "GET" else [IF_MATCH]
        return found

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bodies = super()._get_response_bodies(*args, **kwargs)
        answer_of: Callable[..., dict[str, Any]] = self._get_response_for_code
        problem = answer_of(ProblemSerializer, "default", media_types=[MEDIA_TYPE])
        if self.method == "GET":
            bodies = {**bodies, "304": {"description": "The ETag of `If-None-Match` is still right."}}
        return {**bodies, "default": {**problem, "description": "A problem document."}}


class MonitoringScheme(OpenApiAuthenticationExtension):
    """Known to drf-spectacular by being defined."""

    target_class = "smartscheduler.ops.metrics.MonitoringAuthentication"
    name = "monitoring"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The token of METRICS_TOKEN."}


class BearerScheme(SimpleJWTScheme):
    """Known to drf-spectacular by being defined."""

    target_class = "smartscheduler.accounts.authentication.BearerAuthentication"
    name = "bearer"
