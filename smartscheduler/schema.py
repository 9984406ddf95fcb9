"""The OpenAPI document: what drf-spectacular finds, and the problem document as every call's other answer."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from smartscheduler.problems import MEDIA_TYPE


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457. `type` ends in the code of the error; `errors` lists what is wrong with each field."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    trace_id = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class Schema(AutoSchema):
    def get_tags(self) -> list[str]:
        """The first word of the path after the version."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bodies = super()._get_response_bodies(*args, **kwargs)
        problem = self._get_response_for_code(ProblemSerializer, "default", media_types=[MEDIA_TYPE])
        return {**bodies, "default": {**problem, "description": "A problem document."}}


class BearerScheme(SimpleJWTScheme):
    """Known to drf-spectacular by being defined."""

    target_class = "smartscheduler.accounts.authentication.BearerAuthentication"
    name = "bearer"
