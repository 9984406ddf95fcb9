"""Example request bodies for the OpenAPI document."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

Serializer = TypeVar("Serializer", bound=type[Any])

AUSTIN = {
    "latitude": 30.2672,
    "longitude": -97.7431,
    "address": "100 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
}
# A Monday morning in Austin, far enough ahead.
SOME_DAY = "2030-03-04T15:00:00Z"


def sent_as(title: str, body: Mapping[str, Any]) -> Callable[[Serializer], Serializer]:
    """Decorator for serializers of request bodies: adds an example to the OpenAPI document."""
    return extend_schema_serializer(examples=[OpenApiExample(title, value=body, request_only=True)])
