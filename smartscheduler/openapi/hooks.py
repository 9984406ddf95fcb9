"""Postprocessing hooks of the OpenAPI document."""

import json
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from smartscheduler.core.http.query_limits import LONGEST_VALUE
from smartscheduler.core.rest.problems import MEDIA_TYPE
from smartscheduler.openapi import problems
from smartscheduler.openapi.headers import HEADERS

FIRST_ERROR = "400"
# Values of a parameter that can be given more than once, and the largest number.
MOST_VALUES, LARGEST = 100, 2**63 - 1
# Reading has no body that could be wrong, and waits for no lock.
OF_READS = {"400", "503"}


def bound_integers(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: give each integer a format, so that clients choose a type that is wide enough."""
    for schema in _schemas_in(result):
        if "integer" in schema.get("type", ()) and isinstance(schema["type"], str | list):
            schema.setdefault("format", "int64")
    return result


def bound_parameters(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: the limits that all parameters of a URL have."""
    for calls in result["paths"].values():
        for call in calls.values():
            for parameter in call.get("parameters", []):
                schema = parameter["schema"]
                if schema["type"] == "array":
                    schema.setdefault("maxItems", len(schema["items"].get("enum", ())) or MOST_VALUES)
                    schema = schema["items"]
                if schema["type"] == "integer":
                    schema.setdefault("minimum", 0)
                    schema.setdefault("maximum", LARGEST)
                elif schema["type"] == "string" and not {"enum", "format"} & schema.keys():
                    schema.setdefault("maxLength", LONGEST_VALUE)
    return result


def merge_nested_objects(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: a PATCH takes a part of a nested object too. Objects in lists are replaced as a whole."""
    schemas = result["components"]["schemas"]
    for name, schema in list(schemas.items()):
        if name.startswith("Patched"):
            for field in schema["properties"].values():
                nested = str(field.get("$ref", "")).rsplit("/", maxsplit=1)[-1]
                if "properties" in schemas.get(nested, {}):
                    part = {key: value for key, value in schemas[nested].items() if key != "required"}
                    schemas[f"Patched{nested}"] = part
                    field["$ref"] = f"#/components/schemas/Patched{nested}"
    return result


def _schemas_in(part: Any) -> Iterator[dict[str, Any]]:
    """All objects with a `type` in a part of the document."""
    if isinstance(part, dict):
        if "type" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _schemas_in(each)


def allow_empty_texts(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: an optional email address is either one or empty.

    A validator that does not check formats takes an empty text for both, which `oneOf` forbids.
    """
    for component in result["components"].setdefault("schemas", {}).values():
        for schema in component.get("properties", {}).values():
            if schema.get("oneOf") == [{}, {"type": "null"}]:  # any JSON may be null
                del schema["oneOf"]
            if {"type": "string", "maxLength": 0} in schema.get("oneOf", []):
                schema["anyOf"] = schema.pop("oneOf")
            for choice in schema.get("anyOf", []):
                if choice.get("default") == "" and "maxLength" in choice and choice["maxLength"] > 0:
                    schema["default"] = choice.pop("default")
    return result


def add_components(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Postprocessing hook: add the headers and the problem documents, and move shared responses there."""
    components = result["components"]
    components["responses"] = _share_problems(result)
    text = json.dumps([result["paths"], components["responses"]], default=str)
    components["headers"] = {name: header for name, header in HEADERS.items() if f'headers/{name}"' in text}
    used = {name: schema for name, schema in problems.components().items() if f'schemas/{name}"' in text}
    used |= {"FieldErrors": problems.components()["FieldErrors"]}
    components["schemas"] = dict(sorted((components["schemas"] | used).items()))
    return result


def _share_problems(result: dict[str, Any]) -> dict[str, Any]:
    """Replace the responses that several operations have by references. Returns them by name.

    The name is that of the problem, or that of the status for the most frequent response with several problems.
    """
    answers = [
        (call["responses"], status, _name(method, status, answer), json.dumps(answer, default=str))
        for calls in result["paths"].values()
        for method, call in calls.items()
        for status, answer in call["responses"].items()
        if status >= FIRST_ERROR
    ]
    shared: dict[str, str] = {}
    for (name, text), number in Counter((name, text) for *_, name, text in answers).most_common():
        if number > 1:
            shared.setdefault(name, text)
    for responses, status, name, text in answers:
        if shared.get(name) == text:
            responses[status] = {"$ref": f"#/components/responses/{name}"}
    return {name: json.loads(text) for name, text in sorted(shared.items())}


def _name(method: str, status: str, answer: dict[str, Any]) -> str:
    schema = answer["content"][MEDIA_TYPE]["schema"]
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/")[-1].removesuffix("Problem"))
    phrase = HTTPStatus(int(status)).phrase.title().replace(" ", "")
    return f"Read{phrase}" if method == "get" and status in OF_READS else phrase
