"""Headers of requests and responses in the OpenAPI document.

The headers that every HTTP server sends, and those for browsers only (security, CORS), are not part of it.
"""

from typing import Any, TypeAlias

from drf_spectacular.utils import OpenApiParameter

from smartscheduler.core.http.api_headers import RESPONSE_HEADERS

Schema: TypeAlias = dict[str, Any]

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
    OpenApiParameter.HEADER,
    description="A key of your choice, 1 to 255 visible ASCII characters. For 24 hours, the same request with the same "
    "key gets the same response and is not carried out again. A different request with this key is rejected with 422.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "maxLength": 1000},
    OpenApiParameter.HEADER,
    description="The ETag of the record as you read it. If the record has changed since, the request is rejected with "
    "412 and changes nothing.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    {"type": "string", "maxLength": 1000},
    OpenApiParameter.HEADER,
    description="The ETag of your copy. While it is current, the response is 304 without a body.",
)


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "format": "int32", "minimum": 0}
SCHEMAS: dict[str, Schema] = {
    "Idempotency-Replayed": {**TEXT, "enum": ["true"]},
    "Location": {**TEXT, "format": "uri-reference"},
    **dict.fromkeys(("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After"), NUMBER),
}
HEADERS: dict[str, Schema] = {
    name: {"description": f"{meaning[0].upper()}{meaning[1:]}.", "schema": SCHEMAS.get(name, TEXT)}
    for name, meaning in RESPONSE_HEADERS.items()
}
RATE_LIMIT = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
# Headers of the problem documents of a status.
OF_STATUS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def references(*names: str) -> Schema:
    """References to the components of the headers, sorted by name. Raises KeyError for an unknown one."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(set(names)) if HEADERS[name]}
